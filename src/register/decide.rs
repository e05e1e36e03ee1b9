//! Deciding: whether events may be added to the register, and what the two intents come to.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::event::{Action, Condition, Event, Sensor, one_of};
use super::log::Log;
use super::number::{EventId, Number, Slug};
use super::people::Role;
use super::refusal::{Refusal, said};
use super::state::{Ground, State, fold_events};
use super::time::{Moment, day_of};
use super::{Opened, Register, did_you_mean};

/// How far ahead of the clock an event may be: clocks of phones differ.
pub const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(10);

/// How long a member may void their own newest event.
pub const UNDO: TimeDelta = TimeDelta::minutes(15);

/// An event that someone wants recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The asset it happened to.
    pub number: Number,
    /// The event, with its id and instant.
    pub event: Event,
}

/// Decides requests together: each asset's log is folded with its events added.
///
/// # Errors
/// Every refusal with the number of its asset; then none of the requests may be recorded.
pub fn decide(opened: &Opened, requests: &[Request], moment: &Moment) -> Result<(), Vec<(Number, Refusal)>> {
    let mut refusals = Vec::new();
    let mut by_asset: BTreeMap<&Number, Vec<&Event>> = BTreeMap::new();
    for request in requests {
        by_asset.entry(&request.number).or_default().push(&request.event);
    }
    for (number, events) in by_asset {
        if let Err(refusal) = decide_asset(opened, number, &events, moment) {
            refusals.push((number.clone(), refusal));
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(refusals) }
}

fn decide_asset(opened: &Opened, number: &Number, events: &[&Event], moment: &Moment) -> Result<(), Refusal> {
    let register = &opened.register;
    let asset = register.assets.get(number).ok_or_else(|| unknown_asset(register, number))?;
    let log = opened.ledger.log(number);
    for event in events {
        may_act(register, log, event, moment)?;
        names_are_known(register, &event.action)?;
        makes_sense(event, register, moment)?;
    }
    add(log, register.ground(asset), events)
}

fn unknown_asset(register: &Register, number: &Number) -> Refusal {
    let refusal = Refusal::new("unknown-asset", format!("there is no asset `{number}`"));
    match did_you_mean(number.as_str(), register.assets.keys().map(Number::as_str)) {
        Some(hint) => refusal.instead(hint),
        None => refusal,
    }
}

/// Folds `log` with `events` added: refused if one of them is, or if an event that counted before would be.
///
/// # Errors
/// The refusal, which names the event that stands in the way.
pub fn add(log: &Log, ground: Ground, events: &[&Event]) -> Result<(), Refusal> {
    let logged = || log.events().iter().map(|logged| &logged.event);
    if let Some(event) = events.iter().find(|event| log.event(&event.id).is_some()) {
        return Err(Refusal::new("known-id", format!("`{}` is recorded already", event.id)).event(&event.id));
    }
    let end = DateTime::<Utc>::MAX_UTC;
    let before = fold_events(logged(), ground, end);
    let mut all: Vec<&Event> = logged().chain(events.iter().copied()).collect();
    all.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let after = fold_events(all.iter().copied(), ground, end);
    for event in events {
        if let Some(refusal) = after.refusal(&event.id) {
            return Err(refusal.clone());
        }
    }
    let displaced = after.refused.iter().find(|(id, _)| before.refusal(id).is_none() && !before.voided.contains(id));
    match displaced {
        Some((id, refusal)) => Err(displaces(id, refusal, log, ground)),
        None => Ok(()),
    }
}

fn displaces(id: &EventId, refusal: &Refusal, log: &Log, ground: Ground) -> Refusal {
    let event = log.event(id).map(|logged| &logged.event);
    let what = event
        .map_or_else(String::new, |event| format!(" ({} at {})", event.action.kind(), said(event.at, ground.zone)));
    let message = format!("event `{id}`{what} could not stand any more: {}", refusal.message);
    Refusal::new("displaces", message).event(id).instead("`void` that event too, or choose another time")
}

/// Whether the person who records may do so.
fn may_act(register: &Register, log: &Log, event: &Event, moment: &Moment) -> Result<(), Refusal> {
    if matches!(event.by.as_str(), "desk" | "import") {
        return Ok(());
    }
    let person = register.people.get(&event.by).ok_or_else(|| unknown_person(register, &event.by))?;
    if person.has_left(moment) {
        return Err(has_left(register, &event.by));
    }
    if person.role == Role::Keeper {
        return Ok(());
    }
    match &event.action {
        Action::Retire { .. } | Action::Reinstate { .. } => Err(keepers_only(event.action.kind())),
        Action::Void { of } => may_undo(log, of, &event.by, moment),
        _ => Ok(()),
    }
}

fn keepers_only(kind: &str) -> Refusal {
    Refusal::new("keepers-only", format!("only keepers may `{kind}`")).instead("ask a keeper")
}

/// A member may void what they recorded last, within a quarter of an hour.
fn may_undo(log: &Log, of: &[EventId], by: &Slug, moment: &Moment) -> Result<(), Refusal> {
    let own = |id: &EventId| {
        log.event(id).is_none_or(|logged| logged.event.by == *by && moment.now - logged.event.at <= UNDO)
    };
    let newest = log.events().iter().rev().take(of.len()).all(|logged| of.contains(&logged.event.id));
    if newest && of.iter().all(own) {
        return Ok(());
    }
    let message = format!("a member may void their own newest event for {} minutes", UNDO.num_minutes());
    Err(Refusal::new("keepers-only", message).instead("ask a keeper"))
}

fn unknown_person(register: &Register, slug: &Slug) -> Refusal {
    let refusal = Refusal::new("unknown-person", format!("there is no person `{slug}`"));
    match did_you_mean(slug.as_str(), register.people.keys().map(Slug::as_str)) {
        Some(hint) => refusal.instead(hint),
        None => refusal,
    }
}

fn has_left(register: &Register, slug: &Slug) -> Refusal {
    let day = register.people.get(slug).and_then(|person| person.left);
    let day = day.map(|day| format!(" on {day}")).unwrap_or_default();
    Refusal::new("has-left", format!("`{slug}` left{day}")).instead("choose someone who is still here")
}

/// Whether the people, places and jobs that the event names are there to be named.
fn names_are_known(register: &Register, action: &Action) -> Result<(), Refusal> {
    match action.location().filter(|slug| register.locations.named(slug).is_none()) {
        None => Ok(()),
        Some(slug) => {
            let refusal = Refusal::new("unknown-location", format!("there is no location `{slug}`"));
            let known = register.locations.iter().map(|place| place.slug.as_str());
            Err(match did_you_mean(slug.as_str(), known) {
                Some(hint) => refusal.instead(hint),
                None => refusal,
            })
        }
    }
}

/// Whether who is given something is here, and the days and instants are in order.
fn makes_sense(event: &Event, register: &Register, moment: &Moment) -> Result<(), Refusal> {
    if let Some(receiver) = receiver(&event.action) {
        let person = register.people.get(receiver).ok_or_else(|| unknown_person(register, receiver))?;
        if person.has_left(moment) {
            return Err(has_left(register, receiver));
        }
    }
    if event.at > moment.now + CLOCKS_DIFFER {
        return Err(Refusal::new("future", "it has not happened yet").instead("`reserve` is for what is to come"));
    }
    match out_of_order(event, register.config.timezone) {
        Some(why) => Err(Refusal::new("out-of-order", why)),
        None => Ok(()),
    }
}

/// The person whom the event gives something.
#[must_use]
pub fn receiver(action: &Action) -> Option<&Slug> {
    match action {
        Action::Checkout { to, .. } | Action::Transfer { to, .. } | Action::Reserve { person: to, .. } => Some(to),
        _ => None,
    }
}

/// What is wrong with the days of an event by itself: due before it begins, an end before its beginning.
#[must_use]
pub fn out_of_order(event: &Event, zone: chrono_tz::Tz) -> Option<String> {
    let day = day_of(event.at, zone);
    match &event.action {
        Action::Checkout { due: Some(due), .. }
        | Action::Transfer { due: Some(due), .. }
        | Action::Extend { due }
        | Action::Repair { due: Some(due), .. }
            if *due < day =>
        {
            Some(format!("`due` {due} is before the day it happened, {day}"))
        }
        Action::Reserve { from, until, .. } if until.end(zone) < from.start(zone) => {
            Some(format!("`until` {until} is before `from` {from}"))
        }
        Action::Sighting { lat, lon, accuracy_m, .. } => {
            let off = |value: &Option<f64>, most: f64| value.is_some_and(|value| value.abs() > most);
            (off(lat, 90.0) || off(lon, 180.0) || accuracy_m.is_some_and(|metres| metres < 0.0))
                .then(|| "no such position on earth".to_owned())
        }
        _ => None,
    }
}

/// The instant for an event that is recorded as it happens: now, or just after what the log knows.
#[must_use]
pub fn next_instant(log: &Log, now: DateTime<Utc>) -> DateTime<Utc> {
    let now = DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now);
    match log.events().last() {
        Some(newest) => now.max(newest.event.at + TimeDelta::milliseconds(1)),
        None => now,
    }
}

/// "I have it now": what has to be recorded so that `person` has the asset.
///
/// # Errors
/// Where the asset is retired or unsafe. Everything else that stands in the way is recorded as having ended.
pub fn have(
    state: &State,
    person: &Slug,
    due: Option<chrono::NaiveDate>,
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
        Some(custody) if custody.unconfirmed => actions.push(Action::Accept {}),
        Some(_) if !actions.is_empty() => {}
        Some(_) => actions.push(Action::Sighting {
            source: Sensor::Scan,
            location: None,
            lat: None,
            lon: None,
            accuracy_m: None,
        }),
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
