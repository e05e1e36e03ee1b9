//! What is said first of an asset: who has it, until when, where it is, and what to mind.

use super::here::{Chip, Here, tone};
use super::lookup::Thing;
use super::phrase::Phrase;
use crate::register::Status;
use crate::register::event::Grade;

/// Days before an inspection or an audit that an asset's page begins to speak of it.
const INSPECTION_SOON: i64 = 60;
const AUDIT_SOON: i64 = 14;

impl Here<'_> {
    /// The sentence that an asset's page begins with, the line below it, and their colour.
    pub fn now(&self, thing: &Thing) -> (Phrase, Option<Phrase>, &'static str) {
        let state = thing.state();
        let status = thing.status();
        if state.unsafe_fault().is_some() && status == Status::Available {
            return (self.word("now_unsafe"), Some(self.word("now_unsafe_line")), "bad");
        }
        let line = match status {
            Status::Retired => None,
            Status::Missing => self.missing_line(thing),
            Status::InRepair => self.repair_line(thing),
            Status::CheckedOut => self.custody_line(thing),
            Status::Available => self.seen(thing).map(|seen| self.say("now_seen", &[("seen", Some(seen))])),
        };
        let late = status == Status::CheckedOut && state.is_overdue(self.site.dates.today);
        (self.short(thing), line, if late { "bad" } else { tone(status) })
    }

    /// The same sentence, for a line of a list.
    pub fn short(&self, thing: &Thing) -> Phrase {
        let state = thing.state();
        let dates = &self.site.dates;
        match thing.status() {
            Status::Retired => {
                let retired = state.retired.as_ref();
                let day = retired.map(|retired| dates.full(dates.day_of(retired.at)));
                let method = retired.map(|retired| self.word(&format!("method_{}", retired.method.word())));
                self.say("now_retired", &[("day", day), ("method", method)])
            }
            Status::Missing => {
                let since = state.missing.as_ref().map(|missing| self.since(missing.at));
                self.say("now_missing", &[("since", since)])
            }
            Status::InRepair => {
                let repair = state.repair.as_ref();
                let vendor = repair.and_then(|repair| repair.vendor.as_deref()).map(Phrase::name);
                let due = repair.and_then(|repair| repair.due).map(|due| dates.near(due));
                self.say("now_repair", &[("vendor", vendor), ("due", due)])
            }
            Status::CheckedOut => {
                let custody = state.custody.as_ref();
                let who = custody.map(|custody| self.person(&custody.person));
                let due = custody.and_then(|custody| custody.due).map(|due| dates.near(due));
                self.say("now_with", &[("who", who), ("due", due)])
            }
            Status::Available => match &state.location {
                Some(place) => self.say("now_in", &[("where", Some(self.place(place)))]),
                None => self.word("now_available"),
            },
        }
    }

    fn custody_line(&self, thing: &Thing) -> Option<Phrase> {
        let custody = thing.state().custody.as_ref()?;
        let mut parts = vec![self.say(
            "now_since",
            &[
                ("since", Some(self.since(custody.since))),
                ("job", custody.job.as_ref().map(|job| self.job(job))),
                ("where", thing.state().location.as_ref().map(|place| self.place(place))),
            ],
        )];
        parts.splice(0..0, self.lateness(thing).map(Phrase::strong));
        Some(Phrase::joined(&parts, " · "))
    }

    fn repair_line(&self, thing: &Thing) -> Option<Phrase> {
        let repair = thing.state().repair.as_ref()?;
        let who = thing.state().custody.as_ref().map(|custody| self.person(&custody.person));
        Some(self.say("now_repair_since", &[("since", Some(self.since(repair.since))), ("who", who)]))
    }

    fn missing_line(&self, thing: &Thing) -> Option<Phrase> {
        let state = thing.state();
        let who = state.custody.as_ref().map(|custody| self.person(&custody.person));
        let place = state.seen.as_ref().and_then(|seen| seen.location.as_ref()).map(|place| self.place(place));
        let with = who.map(|who| self.say("now_missing_with", &[("who", Some(who))]));
        let seen = self.seen(thing).map(|seen| self.say("now_missing_seen", &[("seen", Some(seen)), ("where", place)]));
        let parts: Vec<_> = [with, seen].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| self.listed(&parts))
    }

    pub fn seen(&self, thing: &Thing) -> Option<Phrase> {
        thing.state().seen.as_ref().map(|seen| self.since(seen.at))
    }

    /// What to mind besides the status: overdue, faults, hand-overs, reservations, audits, inspections.
    pub fn overlays(&self, thing: &Thing) -> Vec<Chip> {
        let (state, summary) = (thing.state(), &thing.summary);
        let mut chips = Vec::new();
        if thing.status() == Status::Retired {
            return chips;
        }
        let mut add = |condition: bool, name: &str, tone| {
            if condition {
                chips.push(Chip::new(self.word(name), tone));
            }
        };
        add(summary.overdue && thing.status() == Status::CheckedOut, "chip_overdue", "bad");
        add(summary.unsafe_, "chip_unsafe", "bad");
        add(state.faults.iter().any(|fault| fault.grade != Grade::Unsafe), "chip_fault", "warn");
        add(summary.unconfirmed, "chip_handover", "warn");
        if let Some(next) =
            state.reservations.iter().min_by_key(|reservation| reservation.from.start(self.site.dates.zone))
        {
            chips.push(Chip::new(self.say("chip_reserved", &[("from", Some(self.when(next.from)))]), "out"));
        }
        chips.extend(self.due_chip("audit", summary.next_audit, AUDIT_SOON));
        chips.extend(self.due_chip("inspection", summary.next_inspection, INSPECTION_SOON));
        chips
    }

    fn due_chip(&self, what: &str, day: Option<chrono::NaiveDate>, soon: i64) -> Option<Chip> {
        let day = day?;
        let left = (day - self.site.dates.today).num_days();
        if left < 0 {
            return Some(Chip::new(self.word(&format!("chip_{what}_due")), "warn"));
        }
        let day = [("day", Some(self.site.dates.near(day)))];
        (left <= soon).then(|| Chip::new(self.say(&format!("chip_{what}_due_on"), &day), "warn"))
    }
}
