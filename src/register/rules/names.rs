//! Whether every name that the register uses is declared, and every record has what it must.

use super::Scope;
use crate::register::decide::receiver;
use crate::register::event::Action;
use crate::register::finding::{Finding, Place, did_you_mean};
use crate::register::number::{Number, Slug};
use crate::register::{Asset, Logged, Source};

pub(super) fn people_are_known(scope: &Scope, findings: &mut Vec<Finding>) {
    let register = scope.register;
    let mut check = |slug: &Slug, place: Place| {
        if !register.people.contains_key(slug) {
            let known = register.people.keys().map(Slug::as_str);
            findings.push(unknown("unknown-person", "person", slug, place, known));
        }
    };
    for (_, Logged { event, source }) in scope.events() {
        if !matches!(event.by.as_str(), "desk" | "import") {
            check(&event.by, source.place("by"));
        }
        if let Some(person) = receiver(&event.action) {
            let key = if matches!(event.action, Action::Reserve { .. }) { "for" } else { "to" };
            check(person, source.place(key));
        }
    }
    for audit in register.audits.values() {
        audit.by.iter().for_each(|by| check(by, audit.source.place("by")));
    }
    for job in register.jobs.values() {
        job.lead.iter().for_each(|lead| check(lead, job.source.place("lead")));
    }
    for batch in register.tags.values() {
        batch.by.iter().for_each(|by| check(by, batch.source.place("by")));
    }
    // A device at the counter is nobody's.
    for phone in register.phones.iter().filter(|phone| phone.person.as_str() != "desk") {
        check(&phone.person, phone.source.whole());
    }
}

pub(super) fn locations_are_known(scope: &Scope, findings: &mut Vec<Finding>) {
    let register = scope.register;
    if register.locations.is_partial() {
        return;
    }
    let mut check = |slug: Option<&Slug>, place: Place| {
        if let Some(slug) = slug.filter(|slug| register.locations.named(slug).is_none()) {
            let known = register.locations.iter().map(|place| place.slug.as_str());
            findings.push(unknown("unknown-location", "location", slug, place, known));
        }
    };
    for (_, Logged { event, source }) in scope.events() {
        check(event.action.location(), source.place("location"));
    }
    for asset in register.assets.values() {
        check(asset.home.as_ref(), asset.source.place("home"));
    }
    for place in register.locations.iter() {
        check(place.within.as_ref(), place.source.place("within"));
    }
    for audit in register.audits.values() {
        check(audit.location.as_ref(), audit.source.place("location"));
    }
}

pub(super) fn categories_are_known(scope: &Scope, findings: &mut Vec<Finding>) {
    let categories = &scope.register.categories;
    if scope.register.has_unread_categories() {
        return;
    }
    let mut check = |slug: &Slug, source: &Source| {
        if !categories.contains_key(slug) {
            let known = categories.keys().map(Slug::as_str);
            findings.push(unknown("unknown-category", "category", slug, source.place("category"), known));
        }
    };
    // A record without a category is a finding of its own.
    for asset in scope.register.assets.values().filter(|asset| !asset.category.as_str().is_empty()) {
        check(&asset.category, &asset.source);
    }
    for audit in scope.register.audits.values() {
        audit.category.iter().for_each(|category| check(category, &audit.source));
    }
}

pub(super) fn kits_are_known(scope: &Scope, findings: &mut Vec<Finding>) {
    let assets = &scope.register.assets;
    for asset in assets.values() {
        if let Some(kit) = asset.part_of.as_ref().filter(|kit| !assets.contains_key(*kit)) {
            let known = assets.keys().map(Number::as_str);
            findings.push(unknown("unknown-asset", "asset", kit, asset.source.place("part_of"), known));
        }
    }
}

pub(super) fn jobs_are_known(scope: &Scope, findings: &mut Vec<Finding>) {
    let jobs = &scope.register.jobs;
    for (_, Logged { event, source }) in scope.events() {
        if let Some(job) = event.job.as_ref().filter(|job| !jobs.contains_key(*job)) {
            findings.push(unknown("unknown-job", "job", job, source.place("job"), jobs.keys().map(Slug::as_str)));
        }
    }
}

pub(super) fn audits_are_known(scope: &Scope, findings: &mut Vec<Finding>) {
    let audits = &scope.register.audits;
    for (_, Logged { event, source }) in scope.events() {
        if let Action::Audit { audit: Some(audit), .. } = &event.action
            && !audits.contains_key(audit)
        {
            findings.push(unknown(
                "unknown-audit",
                "audit",
                audit,
                source.place("audit"),
                audits.keys().map(Slug::as_str),
            ));
        }
    }
}

pub(super) fn locations_are_trees(scope: &Scope, findings: &mut Vec<Finding>) {
    let locations = &scope.register.locations;
    for circle in locations.circles() {
        let place = circle.first().and_then(|slug| locations.named(slug)).map(|place| place.source.place("within"));
        let message = format!("locations within each other: {}", around(circle));
        findings.push(Finding { place, ..Finding::new("location-cycle", message) });
    }
}

pub(super) fn kits_are_trees(scope: &Scope, findings: &mut Vec<Finding>) {
    let assets = &scope.register.assets;
    let circles =
        crate::register::circles(assets.keys(), |number| assets.get(number).and_then(|asset| asset.part_of.as_ref()));
    for circle in circles {
        let place = circle.first().and_then(|number| assets.get(number)).map(|asset| asset.source.place("part_of"));
        let message = format!("kits that are parts of each other: {}", around(&circle));
        findings.push(Finding { place, ..Finding::new("kit-cycle", message) });
    }
}

pub(super) fn serials_are_there(scope: &Scope, findings: &mut Vec<Finding>) {
    for (asset, wanted) in required(scope) {
        if wanted == "serial" && asset.serial.as_deref().is_none_or(|serial| serial.trim().is_empty()) {
            let message = format!("`{}` has no serial, which its category `{}` requires", asset.number, asset.category);
            findings.push(Finding::new("missing-serial", message).at(asset.source.place("name")));
        }
    }
}

pub(super) fn required_fields_are_there(scope: &Scope, findings: &mut Vec<Finding>) {
    let mut missing = |asset: &Asset, field: &str| {
        let message = format!("`{field}` is missing, which category `{}` requires", asset.category);
        findings.push(Finding::new("missing-field", message).at(asset.source.place("name")));
    };
    for (asset, wanted) in required(scope) {
        if wanted != "serial" && !asset.has(wanted) {
            missing(asset, wanted);
        }
    }
    for asset in scope.register.assets.values() {
        let Some(category) = scope.register.categories.get(&asset.category) else { continue };
        for name in category.fields.iter().filter(|(_, rule)| rule.required).map(|(name, _)| name) {
            // A value that is there and wrong is a finding already.
            if !asset.source.is_partial() && asset.source.field(&format!("fields.{name}")).is_none() {
                missing(asset, &format!("fields.{name}"));
            }
        }
    }
}

/// Every record that was read as a whole with the fields that its category requires.
fn required<'a>(scope: &Scope<'a>) -> impl Iterator<Item = (&'a Asset, &'a str)> {
    let register = scope.register;
    register.assets.values().filter(|asset| !asset.source.is_partial()).flat_map(|asset| {
        let category = register.categories.get(&asset.category);
        category.into_iter().flat_map(|category| &category.require).map(move |wanted| (asset, wanted.as_str()))
    })
}

fn unknown<'a>(
    rule: &'static str,
    what: &str,
    name: &impl std::fmt::Display,
    place: Place,
    known: impl Iterator<Item = &'a str>,
) -> Finding {
    let name = name.to_string();
    let message = format!("there is no {what} `{}`", name.escape_debug());
    Finding::new(rule, message).at(place).maybe_hint(did_you_mean(&name, known))
}

fn around<T: std::fmt::Display>(circle: &[T]) -> String {
    let shown = circle.iter().take(8).map(ToString::to_string);
    let rest = if circle.len() > 8 { vec!["…".to_owned()] } else { Vec::new() };
    let first = circle.first().map(ToString::to_string);
    shown.chain(rest).chain(first).collect::<Vec<_>>().join(" → ")
}
