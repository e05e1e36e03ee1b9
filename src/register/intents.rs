//! The two intents, `have` and `back`, and what a motion of a kit moves.

use chrono::{DateTime, NaiveDate, Utc};

use super::Register;
use super::event::{Action, Condition, Sensor, one_of};
use super::number::{Number, Slug};
use super::refusal::Refusal;
use super::state::{Ground, State};

/// Seen by whoever has it: nothing changes but when it was last seen.
const SCANNED: Action =
    Action::Sighting { source: Sensor::Scan, location: None, lat: None, lon: None, accuracy_m: None };

/// "I have it now": what `by` has to record so that `person` has the asset.
///
/// # Errors
/// Where the asset is retired or unsafe. Everything else that stands in the way is recorded as having ended.
pub fn have(
    state: &State,
    person: &Slug,
    by: &Slug,
    due: Option<NaiveDate>,
    at: DateTime<Utc>,
    ground: Ground,
) -> Result<Vec<Action>, Refusal> {
    if let Some(retired) = &state.retired {
        return Err(Refusal::retired(retired, ground.zone));
    }
    if let Some(fault) = state.unsafe_fault() {
        return Err(Refusal::unsafe_(fault, ground.zone));
    }
    let mut actions = Vec::new();
    if state.missing.is_some() {
        actions.push(Action::Found { location: None });
    }
    match &state.custody {
        Some(custody) if custody.person != *person => {
            actions.push(Action::Transfer { to: person.clone(), due, location: None });
        }
        Some(custody) => {
            // Only who has it can confirm that.
            if custody.unconfirmed && by == person {
                actions.push(Action::Accept {});
            }
            if let Some(due) = due.filter(|due| custody.due != Some(*due)) {
                actions.push(Action::Extend { due });
            }
            if actions.is_empty() {
                actions.push(SCANNED);
            }
        }
        None => {
            if state.repair.is_some() {
                actions.push(Action::Repaired { of: Some(Vec::new()), condition: None, cost: None });
            }
            if let Some(other) = state.reserved_by_another(person, at, ground.zone) {
                actions.push(Action::Cancel { of: other.id.clone() });
            }
            actions.push(Action::Checkout { to: person.clone(), due, location: None });
        }
    }
    Ok(actions)
}

/// "It is back": what has to be recorded so that the asset is at `location`, or at home.
///
/// # Errors
/// Where the asset is retired.
pub fn back(
    state: &State,
    location: Option<&Slug>,
    condition: Option<Condition>,
    ground: Ground,
) -> Result<Vec<Action>, Refusal> {
    if let Some(retired) = &state.retired {
        return Err(Refusal::retired(retired, ground.zone));
    }
    let mut actions = Vec::new();
    let at = location.or(ground.home).cloned();
    if state.missing.is_some() {
        actions.push(Action::Found { location: at.clone() });
    }
    if state.custody.is_some() {
        actions.push(Action::Return { location: location.cloned(), condition });
    } else if actions.is_empty() || condition.is_some() {
        actions.push(Action::Audit { location: at, condition, audit: None });
    }
    Ok(actions)
}

/// The assets that a motion of `number` moves: the asset, and where it is a kit its parts and theirs, but for `except`.
///
/// # Errors
/// An exception that is no part of it.
pub fn with_parts(register: &Register, number: &Number, except: &[Number]) -> Result<Vec<Number>, Refusal> {
    let mut all = vec![number.clone()];
    let mut next = 0;
    while let Some(kit) = all.get(next) {
        let parts: Vec<_> = register.parts(kit).filter(|part| !all.contains(part)).cloned().collect();
        all.extend(parts);
        next += 1;
    }
    if let Some(stranger) = except.iter().find(|number| !all.contains(number)) {
        let wrong = one_of(stranger.as_str(), &all.iter().map(Number::as_str).collect::<Vec<_>>());
        return Err(Refusal::new("no-part", wrong.message));
    }
    all.retain(|part| !except.contains(part));
    Ok(all)
}
