//! Deciding: whether events may be added to the register.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::event::{Action, Event};
use super::fold::fold_events;
pub use super::intents::{back, have, with_parts};
use super::log::Log;
use super::number::{EventId, Number, Slug};
use super::people::Role;
use super::refusal::{Refusal, Refusals, said};
use super::state::Ground;
use super::time::{Moment, day_of};
use super::{Asset, Opened, Register, did_you_mean};

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
pub fn decide(opened: &Opened, requests: &[Request], moment: &Moment) -> Result<(), Refusals> {
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
    is_whole(asset, log)?;
    for event in events {
        may_act(register, log, event, moment)?;
        names_are_known(register, event)?;
        makes_sense(register, event, moment)?;
    }
    add(log, register.ground(asset), events)
}

/// Whether all that was written about the asset could be read: on less, nothing is decided.
fn is_whole(asset: &Asset, log: &Log) -> Result<(), Refusal> {
    if log.unread_since().is_none() && !asset.source.is_partial() {
        return Ok(());
    }
    let refusal = Refusal::new("unreadable", format!("not all that is written about `{}` can be read", asset.number));
    Err(refusal.instead("`tagbook check` says where"))
}

fn unknown_asset(register: &Register, number: &Number) -> Refusal {
    Refusal::new("unknown-asset", format!("there is no asset `{number}`"))
        .maybe_instead(did_you_mean(number.as_str(), register.assets.keys().map(Number::as_str)))
}

/// Folds `log` with `events` added: refused if one of them is, or if an event that counted before would be.
///
/// # Errors
/// The refusal, which names the event that stands in the way.
pub fn add(log: &Log, ground: Ground, events: &[&Event]) -> Result<(), Refusal> {
    let logged = || log.events().iter().map(|logged| &logged.event);
    let is_known = |(at, event): &(usize, &&Event)| {
        log.event(&event.id).is_some() || events[..*at].iter().any(|earlier| earlier.id == event.id)
    };
    if let Some((_, event)) = events.iter().enumerate().find(is_known) {
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
    for event in events {
        if let Action::Void { of } = &event.action
            && let Some(id) = of.iter().find(|id| before.voided.contains(*id))
        {
            return Err(Refusal::new("already-void", format!("`{id}` is void already")).event(id));
        }
    }
    let displaced = after.refused.iter().find(|(id, _)| before.refusal(id).is_none() && !before.voided.contains(*id));
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
    Refusal::new("unknown-person", format!("there is no person `{slug}`"))
        .maybe_instead(did_you_mean(slug.as_str(), register.people.keys().map(Slug::as_str)))
}

fn has_left(register: &Register, slug: &Slug) -> Refusal {
    let day = register.people.get(slug).and_then(|person| person.left);
    let day = day.map(|day| format!(" on {day}")).unwrap_or_default();
    Refusal::new("has-left", format!("`{slug}` left{day}")).instead("choose someone who is still here")
}

/// Whether the person and the place that the event names are declared, and the person is still here.
fn names_are_known(register: &Register, event: &Event) -> Result<(), Refusal> {
    if let Some(receiver) = receiver(&event.action) {
        let person = register.people.get(receiver).ok_or_else(|| unknown_person(register, receiver))?;
        // What a leaver took while they were here may be recorded later.
        if person.left.is_some_and(|left| left < day_of(event.at, register.config.timezone)) {
            return Err(has_left(register, receiver));
        }
    }
    match event.action.location().filter(|slug| register.locations.named(slug).is_none()) {
        None => Ok(()),
        Some(slug) => {
            let known = register.locations.iter().map(|place| place.slug.as_str());
            Err(Refusal::new("unknown-location", format!("there is no location `{slug}`"))
                .maybe_instead(did_you_mean(slug.as_str(), known)))
        }
    }
}

/// Whether the event has happened, and its days are in order.
fn makes_sense(register: &Register, event: &Event, moment: &Moment) -> Result<(), Refusal> {
    if event.at > moment.now + CLOCKS_DIFFER {
        return Err(Refusal::new("future", "it has not happened yet").instead("`reserve` is for what is to come"));
    }
    if matches!(event.action, Action::Report { .. } | Action::Note {})
        && event.note.as_ref().is_none_or(|note| note.trim().is_empty())
    {
        return Err(Refusal::new("no-note", format!("a `{}` says something: it has a note", event.action.kind())));
    }
    if let Action::Sighting { lat, lon, .. } = &event.action
        && let Some((one, other)) = half_position(*lat, *lon)
    {
        return Err(Refusal::new("out-of-order", format!("`{one}` without `{other}` is no position")));
    }
    match out_of_order(event, register.config.timezone).into_iter().next() {
        Some((_, why)) => Err(Refusal::new("out-of-order", why)),
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

/// What is wrong with an event by itself, by the keys of its fields: due before it begins, an end before its beginning,
/// a position that is none.
#[must_use]
pub fn out_of_order(event: &Event, zone: Tz) -> Vec<(&'static str, String)> {
    let day = day_of(event.at, zone);
    match &event.action {
        Action::Checkout { due: Some(due), .. }
        | Action::Transfer { due: Some(due), .. }
        | Action::Extend { due }
        | Action::Repair { due: Some(due), .. }
            if *due < day =>
        {
            vec![("due", format!("`due` {due} is before the day it happened, {day}"))]
        }
        Action::Reserve { from, until, .. } if until.end(zone) < from.start(zone) => {
            vec![("until", format!("`until` {until} is before `from` {from}"))]
        }
        Action::Sighting { lat, lon, accuracy_m, .. } => {
            let mut wrong = no_position(*lat, *lon);
            wrong.extend(
                accuracy_m.filter(|m| *m < 0.0).map(|m| ("accuracy_m", format!("{m} metres are less than none"))),
            );
            wrong
        }
        _ => Vec::new(),
    }
}

/// The half of a position that is there and the one that is not.
pub(super) fn half_position(lat: Option<f64>, lon: Option<f64>) -> Option<(&'static str, &'static str)> {
    match (lat, lon) {
        (Some(_), None) => Some(("lat", "lon")),
        (None, Some(_)) => Some(("lon", "lat")),
        _ => None,
    }
}

/// What is wrong with a position: off the globe.
pub(super) fn no_position(lat: Option<f64>, lon: Option<f64>) -> Vec<(&'static str, String)> {
    let off = |value: Option<f64>, most: f64| value.is_some_and(|value| value.abs() > most);
    let wrong = [
        (off(lat, 90.0), "lat", "a latitude is -90 to 90 degrees"),
        (off(lon, 180.0), "lon", "a longitude is -180 to 180 degrees"),
    ];
    wrong.into_iter().filter(|(is_wrong, ..)| *is_wrong).map(|(_, key, why)| (key, why.to_owned())).collect()
}

/// The instant for an event that is recorded as it happens: now, or just after what the log knows.
#[must_use]
pub fn next_instant(log: &Log, now: DateTime<Utc>) -> DateTime<Utc> {
    let now = DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now);
    // An event that claims to come later than clocks differ has not happened: nothing comes after it.
    let newest = log.events().iter().rev().map(|logged| logged.event.at).find(|at| *at <= now + CLOCKS_DIFFER);
    newest.map_or(now, |newest| now.max(newest + TimeDelta::milliseconds(1)))
}
