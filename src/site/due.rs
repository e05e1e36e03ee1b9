//! The calendar of what is due: things to be back, reservations, inspections, audits, warranties, hire (RFC 5545).

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use icalendar::{Calendar, Component, Event, EventLike, Property};

use super::here::Here;
use super::lookup::{Lookup, Thing};
use super::phrase::Phrase;
use crate::register::state::Reservation;
use crate::register::time::first_instant;
use crate::register::{Number, Status, When};

/// Letters of a title; longer ones help nobody in a calendar.
const LONGEST: usize = 200;

/// The text of the calendar.
pub(super) fn calendar(site: &Lookup) -> String {
    let here = Here::at(site, "");
    let dues = Dues { here: &here, host: host(site), stamp: first_instant(site.dates.today, site.dates.zone) };
    let mut calendar = Calendar::empty();
    for (name, value) in [("VERSION", "2.0"), ("PRODID", "-//tagbook//tagbook//EN"), ("CALSCALE", "GREGORIAN")] {
        calendar.append_property(Property::new(name, value));
    }
    calendar.name(&short(&site.config().title));
    for thing in site.things.values().filter(|thing| thing.status() != Status::Retired) {
        for event in dues.of(thing) {
            calendar.push(event);
        }
    }
    for event in dues.audits() {
        calendar.push(event);
    }
    calendar.to_string()
}

struct Dues<'h, 'a> {
    here: &'h Here<'a>,
    host: String,
    stamp: DateTime<Utc>,
}

impl Dues<'_, '_> {
    fn of(&self, thing: &Thing) -> Vec<Event> {
        let (asset, state) = (thing.asset, thing.state());
        let number = &asset.number;
        let mut events = Vec::new();
        let mut add = |day: Option<NaiveDate>, kind: &str, uid: &str, who| {
            events.extend(day.map(|day| self.day(thing, day, kind, uid, who)));
        };
        if let Some(custody) = &state.custody {
            add(custody.due, "due_back", custody.event.as_str(), Some(self.name(&custody.person)));
        }
        if let Some(repair) = &state.repair {
            add(repair.due, "due_repair", repair.event.as_str(), None);
        }
        add(thing.summary.next_inspection, "due_inspection", "inspection", None);
        let today = self.here.site.dates.today;
        let warranty = asset.purchase.as_ref().and_then(|purchase| purchase.warranty_until);
        add(warranty.filter(|day| *day >= today), "due_warranty", "warranty", None);
        add(asset.hire.as_ref().and_then(|hire| hire.until).filter(|day| *day >= today), "due_hire", "hire", None);
        events.extend(state.reservations.iter().map(|reservation| self.reservation(thing, number, reservation)));
        events
    }

    /// Audits are many and fall on few days: one entry a day.
    fn audits(&self) -> Vec<Event> {
        let mut days: BTreeMap<NaiveDate, Vec<&Thing>> = BTreeMap::new();
        for thing in self.here.site.things.values() {
            if let Some(day) = thing.summary.next_audit {
                days.entry(day).or_default().push(thing);
            }
        }
        let event = |(day, things): (NaiveDate, Vec<&Thing>)| {
            let assets = Some(self.here.site.words.count("assets", things.len()));
            let title = match things.as_slice() {
                [thing] => self.title(thing, "due_audit", None),
                _ => self.here.say("due_audits", &[("assets", assets)]),
            };
            let numbers: Vec<&str> = things.iter().map(|thing| thing.asset.number.as_str()).collect();
            // However many there are, it is the same entry.
            let mut event = self.blank(&format!("audit-{day}"), title.plain());
            event.description(&numbers.join(" "));
            if let [thing] = things.as_slice() {
                self.link(&mut event, &thing.asset.number);
            }
            all_day(&mut event, day, day);
            event
        };
        days.into_iter().map(event).collect()
    }

    fn day(&self, thing: &Thing, day: NaiveDate, kind: &str, uid: &str, who: Option<Phrase>) -> Event {
        let number = &thing.asset.number;
        let mut event = self.blank(&format!("{number}-{uid}"), self.title(thing, kind, who).plain());
        self.link(&mut event, number);
        all_day(&mut event, day, day);
        event
    }

    fn reservation(&self, thing: &Thing, number: &Number, reservation: &Reservation) -> Event {
        let title = self.title(thing, "due_reserved", Some(self.name(&reservation.person)));
        let mut event = self.blank(&format!("{number}-{}", reservation.id), title.plain());
        self.link(&mut event, number);
        let zone = self.here.site.dates.zone;
        match (reservation.from, reservation.until) {
            (When::Day(from), When::Day(until)) => all_day(&mut event, from, until),
            (from, until) => {
                event.starts(from.start(zone));
                event.ends(until.end(zone).max(from.start(zone) + chrono::TimeDelta::seconds(1)));
            }
        }
        event
    }

    fn blank(&self, uid: &str, title: &str) -> Event {
        let mut event = Event::new();
        event.uid(&format!("{uid}@{}", self.host)).timestamp(self.stamp).summary(&short(title));
        event.append_property(Property::new("TRANSP", "TRANSPARENT"));
        event
    }

    fn title(&self, thing: &Thing, kind: &str, who: Option<Phrase>) -> Phrase {
        let (number, name) = (Phrase::text(thing.asset.number.as_str()), Phrase::text(&thing.asset.name));
        self.here.say(kind, &[("number", Some(number)), ("name", Some(name)), ("who", who)])
    }

    fn link(&self, event: &mut Event, number: &Number) {
        if let Some(base) = &self.here.site.config().base_url {
            event.url(&format!("{base}{number}/"));
        }
    }

    fn name(&self, person: &crate::register::Slug) -> Phrase {
        Phrase::text(self.here.site.register().person_name(person))
    }
}

/// `DTEND` is the day after the last: an all-day entry must not end when it begins (RFC 5545, §3.6.1).
fn all_day(event: &mut Event, from: NaiveDate, until: NaiveDate) {
    event.starts(from);
    event.ends(until.max(from).succ_opt().unwrap_or(until));
}

/// On one line, without control characters, and not endless.
fn short(title: &str) -> String {
    title.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}

/// The host that makes ids unique beyond this register.
fn host(site: &Lookup) -> String {
    let base = site.config().base_url.as_deref().and_then(|url| url.split_once("://"));
    let host = base.and_then(|(_, rest)| rest.split(['/', ':']).next());
    host.unwrap_or("tagbook").to_owned()
}
