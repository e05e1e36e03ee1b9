//! Whether what the logs say can have happened.

use std::fmt::Display;

use super::Scope;
use crate::register::decide::{CLOCKS_DIFFER, half_position, out_of_order};
use crate::register::event::Action;
use crate::register::finding::Finding;
use crate::register::reader::Source;
use crate::register::time::{When, day_of, first_instant, instant};
use crate::register::{Logged, Refusal};

pub(super) fn events_are_allowed(scope: &Scope, findings: &mut Vec<Finding>) {
    for (asset, folded) in scope.assets() {
        let log = scope.opened.ledger.log(&asset.number);
        // What follows an event that could not be read may be right: the fold has not seen all there is.
        let is_known = |logged: &&Logged| log.unread_since().is_none_or(|unread| logged.event.at < unread);
        for (id, refusal) in &folded.refused {
            let Some(logged) = log.event(id).filter(is_known) else { continue };
            let action = &logged.event.action;
            let message =
                format!("this `{}` of `{}` cannot have happened: {}", action.kind(), asset.number, refusal.message);
            let finding = Finding::new("refused-event", message).at(logged.source.place(culprit(action, refusal)));
            findings.push(
                finding.hint("`void` the event that is wrong, or record the one that is missing before it with `--at`"),
            );
        }
    }
}

/// The key of a refused event that a refusal is about.
fn culprit(action: &Action, refusal: &Refusal) -> &'static str {
    match action {
        Action::Void { .. } | Action::Cancel { .. } => "of",
        Action::Repaired { .. } if refusal.code == "no-such-fault" => "of",
        _ => "kind",
    }
}

pub(super) fn events_have_happened(scope: &Scope, findings: &mut Vec<Finding>) {
    for (_, logged) in scope.events().filter(|(_, logged)| logged.event.at > scope.clock + CLOCKS_DIFFER) {
        let message =
            format!("this `{}` has not happened yet: it is now {}", logged.event.action.kind(), instant(scope.clock));
        findings.push(
            Finding::new("future-event", message)
                .at(logged.source.place("at"))
                .hint("what is to come is a `reserve`; `void` what was recorded with a wrong time"),
        );
    }
}

pub(super) fn nothing_happens_before_purchase(scope: &Scope, findings: &mut Vec<Finding>) {
    let zone = scope.register.config.timezone;
    for (asset, logged) in scope.events() {
        let bought = asset.purchase.as_ref().and_then(|purchase| purchase.date);
        if let Some(bought) = bought.filter(|bought| logged.event.at < first_instant(*bought, zone)) {
            let kind = logged.event.action.kind();
            let message = format!("this `{kind}` happened before `{}` was bought, on {bought}", asset.number);
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
    let (register, zone) = (scope.register, scope.register.config.timezone);
    for (_, logged) in scope.events() {
        for (key, why) in out_of_order(&logged.event, zone) {
            findings.push(Finding::new("bad-field-value", why).at(logged.source.place(key)));
        }
        // Where the other half is there and wrong, that is a finding already.
        if let Action::Sighting { lat, lon, .. } = &logged.event.action
            && let Some((one, other)) = half_position(*lat, *lon)
            && logged.source.field(other).is_none()
        {
            let why = format!("`{one}` without `{other}` is no position");
            findings.push(Finding::new("bad-field-value", why).at(logged.source.place(one)));
        }
    }
    for asset in register.assets.values() {
        let mut order = |from, until, key| findings.extend(ends_early(from, until, &asset.source, key));
        if let Some(hire) = &asset.hire {
            order(hire.from, hire.until, "hire.until");
        }
        if let Some(purchase) = &asset.purchase {
            order(purchase.date, purchase.warranty_until, "purchase.warranty_until");
        }
    }
    for job in register.jobs.values() {
        findings.extend(ends_early(job.from, job.until, &job.source, "until"));
    }
    for audit in register.audits.values() {
        let (opened, closed) = (audit.opened.map(When::Instant), audit.closed.map(When::Instant));
        findings.extend(ends_early(opened, closed, &audit.source, "closed"));
    }
}

fn ends_early<T: PartialOrd + Display>(
    from: Option<T>,
    until: Option<T>,
    source: &Source,
    key: &str,
) -> Option<Finding> {
    let (from, until) = from.zip(until)?;
    let message = || format!("{until} is before {from}, when it begins");
    (until < from).then(|| Finding::new("bad-field-value", message()).at(source.place(key)))
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
