//! What the world owes the register: returns, audits, inspections, repairs, ends of warranties and hires.

use chrono::{Days, NaiveDate};

use super::Scope;
use crate::register::decide::receiver;
use crate::register::event::Action;
use crate::register::finding::{Finding, Place};
use crate::register::state::{Custody, Fault};
use crate::register::summary::Dues;
use crate::register::time::day_of;
use crate::register::{Asset, Folded, Logged};

/// Days ahead of its end that a warranty or a hire is spoken of.
pub const SOON: Days = Days::new(30);

pub(super) fn things_come_back_in_time(scope: &Scope, findings: &mut Vec<Finding>) {
    for (asset, folded) in scope.assets().filter(|(_, folded)| folded.state.is_overdue(scope.moment.today)) {
        let Some(custody) = &folded.state.custody else { continue };
        let due = custody.due.map(|due| due.to_string()).unwrap_or_default();
        let name = scope.register.person_name(&custody.person);
        let message = format!("`{}` was due back on {due} from {name}", asset.number);
        findings.push(Finding::new("overdue", message).at(where_due(scope, asset, folded, custody)));
    }
}

pub(super) fn leavers_hold_nothing(scope: &Scope, findings: &mut Vec<Finding>) {
    let (register, zone) = (scope.register, scope.register.config.timezone);
    for (asset, folded) in scope.assets() {
        let holding = folded.state.custody.as_ref().map(|custody| &custody.event);
        for logged in scope.opened.ledger.log(&asset.number).events() {
            let event = &logged.event;
            let person = receiver(&event.action).filter(|_| !matches!(event.action, Action::Reserve { .. }));
            let Some(person) = person.and_then(|slug| register.people.get(slug)) else { continue };
            let Some(left) = person.left.filter(|_| person.has_left(scope.moment)) else { continue };
            let counts = event.at <= scope.moment.now
                && !folded.voided.contains(&event.id)
                && folded.refusal(&event.id).is_none();
            let verb = if holding == Some(&event.id) {
                "still has"
            } else if day_of(event.at, zone) > left {
                "was given"
            } else {
                continue;
            };
            if counts {
                let message = format!("{} left on {left} and {verb} `{}`", person.name, asset.number);
                findings.push(Finding::new("inactive-custodian", message).at(logged.source.place("to")));
            }
        }
    }
}

pub(super) fn audits_are_done_in_time(scope: &Scope, findings: &mut Vec<Finding>) {
    for_each_past(
        scope,
        |dues| dues.audit,
        |asset, day| {
            let message = format!("`{}` was to be audited by {day}", asset.number);
            findings.push(Finding::new("audit-due", message).at(asset.source.place("category")));
        },
    );
}

pub(super) fn inspections_are_done_in_time(scope: &Scope, findings: &mut Vec<Finding>) {
    for_each_past(
        scope,
        |dues| dues.inspection,
        |asset, day| {
            let message = format!("`{}` was to be inspected by {day}", asset.number);
            findings.push(Finding::new("inspection-due", message).at(asset.source.place("category")));
        },
    );
}

pub(super) fn faults_are_mended(scope: &Scope, findings: &mut Vec<Finding>) {
    for (asset, folded) in in_use(scope) {
        for fault in &folded.state.faults {
            let note = fault.note.as_deref().and_then(|note| note.lines().next()).unwrap_or("failed its inspection");
            let message = format!("`{}` has an open {} fault: {note}", asset.number, fault.grade);
            findings.push(Finding::new("open-fault", message).at(where_reported(scope, asset, fault)));
        }
    }
}

pub(super) fn nothing_expires_unnoticed(scope: &Scope, findings: &mut Vec<Finding>) {
    let today = scope.moment.today;
    let soon = |day: NaiveDate| today.checked_add_days(SOON).is_none_or(|soon| day <= soon);
    for (asset, _) in in_use(scope) {
        let warranty = asset.purchase.as_ref().and_then(|purchase| purchase.warranty_until);
        if let Some(day) = warranty.filter(|day| soon(*day) && *day >= today) {
            let message = format!("the warranty of `{}` ends on {day}", asset.number);
            findings.push(Finding::new("expiring", message).at(asset.source.place("purchase.warranty_until")));
        }
        if let Some(day) = asset.hire.as_ref().and_then(|hire| hire.until).filter(|day| soon(*day)) {
            let ends = if day < today { "ended" } else { "ends" };
            let message = format!("the hire of `{}` {ends} on {day}", asset.number);
            findings.push(Finding::new("expiring", message).at(asset.source.place("hire.until")));
        }
    }
}

fn in_use<'s, 'a: 's>(scope: &'s Scope<'a>) -> impl Iterator<Item = (&'a Asset, &'s Folded)> {
    scope.assets().filter(|(_, folded)| folded.state.retired.is_none())
}

fn for_each_past(scope: &Scope, due: fn(&Dues) -> Option<NaiveDate>, mut found: impl FnMut(&Asset, NaiveDate)) {
    for (asset, folded) in in_use(scope) {
        if let Some(day) = due(&Dues::of(scope.opened, asset, &folded.state)).filter(|day| *day < scope.moment.today) {
            found(asset, day);
        }
    }
}

/// The last event that said when it is due.
fn where_due(scope: &Scope, asset: &Asset, folded: &Folded, custody: &Custody) -> Place {
    let says = |logged: &&Logged| {
        let due = match &logged.event.action {
            Action::Checkout { due, .. } | Action::Transfer { due, .. } => *due,
            Action::Extend { due } => Some(*due),
            _ => None,
        };
        let id = &logged.event.id;
        due == custody.due && !folded.voided.contains(id) && folded.refusal(id).is_none()
    };
    let events = scope.opened.ledger.log(&asset.number).events();
    let said = events.iter().rev().filter(|logged| logged.event.at <= scope.moment.now).find(says);
    said.map_or_else(|| asset.source.place("name"), |logged| logged.source.place("due"))
}

fn where_reported(scope: &Scope, asset: &Asset, fault: &Fault) -> Place {
    let logged = scope.opened.ledger.log(&asset.number).event(&fault.id);
    let source = logged.map_or(&asset.source, |logged| &logged.source);
    ["note", "result", "name"].iter().find_map(|key| source.field(key)).unwrap_or_else(|| source.whole())
}
