//! What was recorded, in a sentence: "CAM-0001 is with Ben until Fri 27 Nov".

use chrono::{Datelike, NaiveDate};

use super::log::local;
use crate::register::event::{Condition, Grade, Outcome};
use crate::register::{Action, Event, Moment, Opened, Register, Slug, State, Status, When};

/// What became of an asset by an event that is its newest now.
pub(super) fn sentence(opened: &Opened, state: &State, event: &Event, moment: &Moment) -> String {
    let register = &opened.register;
    let person = |slug: &Slug| register.person_name(slug).to_owned();
    let zone = register.config.timezone;
    let day = |day: NaiveDate| said_day(day, moment.today);
    let when = |when: When| match when {
        When::Day(date) => day(date),
        When::Instant(at) => local(at, zone),
    };
    match &event.action {
        Action::Report { severity: Grade::Unsafe } => "is unsafe: it is not handed out until it is repaired".into(),
        Action::Report { severity } => format!("has a {severity} fault"),
        Action::Inspect { result: Outcome::Fail, .. } => "failed its inspection: it is not handed out".into(),
        Action::Inspect { next, .. } => {
            format!("passed its inspection{}", next.map(|next| format!(", next by {}", day(next))).unwrap_or_default())
        }
        Action::Reserve { person: whom, from, until } => {
            format!("is reserved for {} from {} to {}", person(whom), when(*from), when(*until))
        }
        Action::Cancel { .. } => "is reserved once less".into(),
        Action::Retire { method, .. } => format!("is retired: {method}"),
        Action::Note {} => "has one more note".into(),
        Action::Sighting { location: Some(at), .. } => format!("was seen in {}", register.location_name(at)),
        Action::Sighting { .. } => format!("was seen; it {}", standing(register, state, moment)),
        Action::Void { of } => {
            let many = if of.len() == 1 { "an event is void" } else { "events are void" };
            format!("{}; {many}", standing(register, state, moment))
        }
        Action::Accept {} => format!("{}, confirmed", standing(register, state, moment)),
        _ => standing(register, state, moment),
    }
}

/// Who has it, or where it is.
fn standing(register: &Register, state: &State, moment: &Moment) -> String {
    let place = state.location.as_ref().map(|at| register.location_name(at));
    let status = match (state.status(), &state.custody) {
        (Status::Retired, _) => "is retired".to_owned(),
        (Status::Missing, _) => "is missing".into(),
        (Status::InRepair, _) => {
            let repair = state.repair.as_ref();
            let vendor = repair.and_then(|repair| repair.vendor.as_deref()).map(|vendor| format!(" with {vendor}"));
            let due = repair.and_then(|repair| repair.due).map(|due| format!(" until {}", said_day(due, moment.today)));
            format!("is in repair{}{}", vendor.unwrap_or_default(), due.unwrap_or_default())
        }
        (_, Some(custody)) => {
            let due = custody.due.map(|due| format!(" until {}", said_day(due, moment.today))).unwrap_or_default();
            let at = place.map(|place| format!(", in {place}")).unwrap_or_default();
            let open = if custody.unconfirmed { ", who has yet to confirm it" } else { "" };
            format!("is with {}{due}{at}{open}", register.person_name(&custody.person))
        }
        (_, None) => place.map_or_else(|| "is available".to_owned(), |place| format!("is in {place}")),
    };
    let condition = state.condition.filter(|condition| *condition > Condition::Good);
    condition.map_or(status.clone(), |condition| format!("{status}, {condition}"))
}

/// A day as people say it, with its year where that is another.
pub(super) fn said_day(day: NaiveDate, today: NaiveDate) -> String {
    let format = if day.year() == today.year() { "%a %-d %b" } else { "%a %-d %b %Y" };
    day.format(format).to_string()
}
