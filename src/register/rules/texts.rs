//! Whether names and notes show what they are.

use std::collections::BTreeMap;

use pulldown_cmark::{Event, Parser, Tag};

use super::Scope;
use crate::register::finding::{Finding, Place};
use crate::register::select::folded;
use crate::register::text::{is_invisible, is_safe_link};

pub(super) fn names_show_what_they_are(scope: &Scope, findings: &mut Vec<Finding>) {
    let register = scope.register;
    let people = register.people.values().map(|person| (&person.name, person.source.place("name")));
    let places = register.locations.iter().map(|place| (&place.name, place.source.place("name")));
    let categories = register.categories.values().map(|category| (&category.name, category.source.place("name")));
    let assets = register.assets.values().flat_map(|asset| {
        let serial = asset.serial.iter().map(|serial| (serial, asset.source.place("serial")));
        std::iter::once((&asset.name, asset.source.place("name"))).chain(serial)
    });
    let named: Vec<(&String, Place)> = people.chain(places).chain(categories).chain(assets).collect();
    for (name, place) in named {
        if let Some(c) = name.chars().find(|c| is_invisible(*c) || c.is_control()) {
            let message = format!("invisible character U+{:04X} in `{name}`", u32::from(c));
            findings
                .push(Finding::new("invisible-character", message).at(place).hint("delete it, or write a plain space"));
        }
    }
}

pub(super) fn people_can_be_told_apart(scope: &Scope, findings: &mut Vec<Finding>) {
    let mut first = BTreeMap::new();
    for person in scope.register.people.values() {
        let earlier = *first.entry(skeleton(&person.name)).or_insert(person);
        if earlier.slug != person.slug {
            let message = format!("`{}` and `{}` have names that look the same", earlier.slug, person.slug);
            findings.push(Finding::new("look-alike", message).at(person.source.place("name")));
        }
    }
}

pub(super) fn links_are_harmless(scope: &Scope, findings: &mut Vec<Finding>) {
    for asset in scope.register.assets.values() {
        for event in asset.notes.iter().flat_map(|notes| Parser::new(notes)) {
            let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event else { continue };
            if !is_safe_link(&dest_url) {
                let message = format!("a link to `{}` is shown as text", dest_url.escape_debug());
                findings.push(Finding::new("unsafe-link", message).at(asset.source.place("notes")));
            }
        }
    }
}

/// A name as the eye takes it: without case and accents, letters of other scripts as the Latin ones they look like
/// (the pairs are those of Unicode Technical Standard #39 that occur in names).
fn skeleton(name: &str) -> String {
    let look = |c: char| match c {
        'а' | 'α' => 'a',
        'е' | 'ε' => 'e',
        'о' | 'ο' | '0' => 'o',
        'р' | 'ρ' => 'p',
        'с' | 'ϲ' => 'c',
        'у' | 'γ' => 'y',
        'х' | 'χ' => 'x',
        'і' | 'ι' | '1' | 'l' | '|' => 'i',
        'ј' => 'j',
        'ѕ' => 's',
        'в' | 'β' => 'b',
        'к' | 'κ' => 'k',
        'м' | 'μ' => 'm',
        'н' | 'η' => 'h',
        'т' | 'τ' => 't',
        'ν' => 'v',
        c => c,
    };
    folded(name)
        .chars()
        .filter(|c| !c.is_whitespace() && !is_invisible(*c) && !matches!(c, '\u{200c}' | '\u{200d}'))
        .map(look)
        .collect()
}
