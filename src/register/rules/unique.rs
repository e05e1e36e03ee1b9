//! Whether numbers and serials stand for one thing each.

use std::collections::BTreeMap;

use super::Scope;
use crate::register::finding::{Finding, Place};
use crate::register::number::Number;

pub(super) fn numbers_are_unique(scope: &Scope, findings: &mut Vec<Finding>) {
    let register = scope.register;
    let mut twice = |number: &Number, place: Place, first: &str| {
        let message = format!("number `{number}` is taken: {first} has it");
        findings.push(
            Finding::new("duplicate-number", message)
                .at(place)
                .hint("a number is never used again; give one of the two another"),
        );
    };
    for asset in register.folders_with_a_taken_number() {
        let first = register.assets.get(&asset.number).map_or("", |first| first.source.path());
        twice(&asset.number, asset.source.place("name"), first);
    }
    let mut aliases: BTreeMap<&Number, &str> = BTreeMap::new();
    for asset in register.assets.values() {
        for (index, alias) in asset.aliases.iter().enumerate() {
            let number = register.assets.get(alias).map(|asset| asset.source.path());
            if let Some(first) = number.or_else(|| aliases.get(alias).copied()) {
                twice(alias, asset.source.place(&format!("aliases.{index}")), first);
            }
            aliases.entry(alias).or_insert(asset.source.path());
        }
    }
    let mut tags: BTreeMap<&Number, &str> = BTreeMap::new();
    for batch in register.tags.values() {
        for (index, number) in batch.numbers.iter().enumerate() {
            if let Some(first) = tags.get(number) {
                twice(number, batch.source.place(&format!("numbers.{index}")), first);
            }
            tags.entry(number).or_insert(batch.source.path());
        }
    }
}

pub(super) fn serials_are_unique(scope: &Scope, findings: &mut Vec<Finding>) {
    let mut first = BTreeMap::new();
    for asset in scope.register.assets.values() {
        let Some(serial) = &asset.serial else { continue };
        match first.entry((&asset.manufacturer, &asset.model, serial)) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(asset);
            }
            std::collections::btree_map::Entry::Occupied(earlier) => {
                let message = format!(
                    "serial `{}` is also that of `{}` ({})",
                    serial.escape_debug(),
                    earlier.get().number,
                    earlier.get().source.path()
                );
                findings.push(Finding::new("duplicate-serial", message).at(asset.source.place("serial")));
            }
        }
    }
}
