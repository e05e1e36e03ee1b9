//! Whether what the logs say can have happened.

use super::Scope;
use crate::register::decide::{CLOCKS_DIFFER, out_of_order};
use crate::register::event::Action;
use crate::register::finding::Finding;
use crate::register::time::{day_of, first_instant, instant};

pub(super) fn events_are_allowed(scope: &Scope, findings: &mut Vec<Finding>) {
    for (asset, folded) in scope.assets() {
        let log = scope.opened.ledger.log(&asset.number);
        for (id, refusal) in &folded.refused {
            let Some(logged) = log.event(id) else { continue };
            let message = format!(
                "this {} of `{}` cannot have happened: {}",
                logged.event.action.kind(),
                asset.number,
                refusal.message
            );
            let finding = Finding::new("refused-event", message).at(logged.source.place("kind"));
            findings.push(
                finding.hint("`void` the event that is wrong, or record with `--at` what is missing between the two"),
            );
        }
    }
}

pub(super) fn events_have_happened(scope: &Scope, findings: &mut Vec<Finding>) {
    for (_, log) in scope.opened.ledger.iter() {
        // The newest come last.
        for logged in log.events().iter().rev().take_while(|logged| logged.event.at > scope.clock + CLOCKS_DIFFER) {
            let message =
                format!("this {} has not happened yet: it is now {}", logged.event.action.kind(), instant(scope.clock));
            findings.push(
                Finding::new("future-event", message)
                    .at(logged.source.place("at"))
                    .hint("what is to come is a `reserve`"),
            );
        }
    }
}

pub(super) fn nothing_happens_before_purchase(scope: &Scope, findings: &mut Vec<Finding>) {
    let zone = scope.register.config.timezone;
    for asset in scope.register.assets.values() {
        let Some(bought) = asset.purchase.as_ref().and_then(|purchase| purchase.date) else { continue };
        let opening = first_instant(bought, zone);
        for logged in
            scope.opened.ledger.log(&asset.number).events().iter().take_while(|logged| logged.event.at < opening)
        {
            let message = format!(
                "this {} happened before `{}` was bought, on {bought}",
                logged.event.action.kind(),
                asset.number
            );
            findings.push(Finding::new("event-before-purchase", message).at(logged.source.place("at")));
        }
    }
}

pub(super) fn purchases_have_happened(scope: &Scope, findings: &mut Vec<Finding>) {
    let today = day_of(scope.clock, scope.register.config.timezone);
    for asset in scope.register.assets.values() {
        let date = asset.purchase.as_ref().and_then(|purchase| purchase.date);
        if let Some(date) = date.filter(|date| *date > today) {
            let message = format!("`{}` is bought on {date}, which is yet to come", asset.number);
            findings.push(Finding::new("future-purchase", message).at(asset.source.place("purchase.date")));
        }
    }
}

pub(super) fn days_are_in_order(scope: &Scope, findings: &mut Vec<Finding>) {
    let zone = scope.register.config.timezone;
    for logged in scope.opened.ledger.iter().flat_map(|(_, log)| log.events()) {
        if let Some(why) = out_of_order(&logged.event, zone) {
            let key = match logged.event.action {
                Action::Reserve { .. } => "until",
                Action::Sighting { .. } => "lat",
                _ => "due",
            };
            findings.push(Finding::new("bad-field-value", why).at(logged.source.place(key)));
        }
    }
    let mut ends = Vec::new();
    for asset in scope.register.assets.values() {
        let hire = asset.hire.iter().map(|hire| (hire.from, hire.until, "hire.until"));
        let purchase =
            asset.purchase.iter().map(|purchase| (purchase.date, purchase.warranty_until, "purchase.warranty_until"));
        ends.extend(hire.chain(purchase).map(|(from, until, key)| (from, until, asset.source.place(key))));
    }
    ends.extend(scope.register.jobs.values().map(|job| (job.from, job.until, job.source.place("until"))));
    for (from, until, place) in ends {
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            findings
                .push(Finding::new("bad-field-value", format!("{until} is before {from}, when it begins")).at(place));
        }
    }
}

pub(super) fn retired_things_stay_away(scope: &Scope, findings: &mut Vec<Finding>) {
    for (asset, folded) in scope.assets() {
        let Some(retired) = &folded.state.retired else { continue };
        let later = |at| at > retired.at && at <= scope.moment.now;
        for logged in scope.opened.ledger.log(&asset.number).events().iter().filter(|logged| later(logged.event.at)) {
            let seen = matches!(logged.event.action, Action::Audit { .. } | Action::Sighting { .. });
            if seen && !folded.voided.contains(&logged.event.id) {
                let message = format!("`{}` is retired ({}) and was seen", asset.number, retired.method);
                findings.push(
                    Finding::new("retired-but-seen", message)
                        .at(logged.source.place("kind"))
                        .hint("`reinstate` it if it is back in use"),
                );
            }
        }
    }
}
