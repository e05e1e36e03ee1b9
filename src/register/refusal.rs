//! Refusals: "no" to an event or a request, with the reason and what would work instead.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::event::Event;
use super::number::{EventId, Number, Slug};
use super::state::{Custody, Fault, Repair, Reservation, Retired, Since};
use super::text::one_line;

/// Why something may not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A slug that programs can go by.
    pub code: &'static str,
    /// The reason in words.
    pub message: String,
    /// Who has it.
    pub holder: Option<Slug>,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// The event that stands in the way.
    pub event: Option<EventId>,
    /// What would work.
    pub instead: Option<String>,
}

/// Refusals, each with the number of its asset.
pub type Refusals = Vec<(Number, Refusal)>;

impl Refusal {
    /// A refusal, for a reason.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { code, message: one_line(message.into()), holder: None, since: None, event: None, instead: None }
    }

    /// The same, with what would work.
    #[must_use]
    pub fn instead(mut self, what: impl Into<String>) -> Refusal {
        self.instead = Some(what.into());
        self
    }

    pub(super) fn maybe_instead(mut self, what: Option<String>) -> Refusal {
        self.instead = what;
        self
    }

    pub(super) fn event(mut self, id: &EventId) -> Refusal {
        self.event = Some(id.clone());
        self
    }

    fn since(mut self, at: DateTime<Utc>) -> Refusal {
        self.since = Some(at);
        self
    }

    /// No to what was recorded once, and is not so any more.
    #[must_use]
    pub fn recorded_before(event: &Event, zone: Tz) -> Refusal {
        let message = format!("it was recorded at {}; something came after it", said(event.at, zone));
        Refusal::new("recorded-before", message).since(event.at).event(&event.id).instead("a fresh form")
    }

    pub(super) fn held(custody: &Custody, zone: Tz) -> Refusal {
        let message =
            format!("`{}` has it since {}, by event `{}`", custody.person, said(custody.since, zone), custody.event);
        let mut refusal = Refusal::new("held", message).since(custody.since).event(&custody.event);
        refusal.holder = Some(custody.person.clone());
        refusal.instead("`have` takes it over, `back` brings it back")
    }

    pub(super) fn unsafe_(fault: &Fault, zone: Tz) -> Refusal {
        let note = fault.note.as_deref().unwrap_or("it failed its inspection");
        let message = format!("it is unsafe since {}, by event `{}`: {note}", said(fault.at, zone), fault.id);
        Refusal::new("unsafe", message).since(fault.at).event(&fault.id).instead("`repaired` closes the fault")
    }

    pub(super) fn reserved(reservation: &Reservation, zone: Tz) -> Refusal {
        let days = format!("{} to {}", reservation.from.day(zone), reservation.until.day(zone));
        let message = format!("it is reserved for `{}` from {days}, by event `{}`", reservation.person, reservation.id);
        let mut refusal = Refusal::new("reserved", message).event(&reservation.id);
        refusal.holder = Some(reservation.person.clone());
        refusal.instead("`cancel` gives the reservation up")
    }

    pub(super) fn retired(retired: &Retired, zone: Tz) -> Refusal {
        let message = format!(
            "it is retired ({}) since {}, by event `{}`",
            retired.method,
            said(retired.at, zone),
            retired.event
        );
        Refusal::new("retired", message)
            .since(retired.at)
            .event(&retired.event)
            .instead("`reinstate` puts it back in use")
    }

    pub(super) fn missing(missing: &Since, custody: Option<&Custody>, zone: Tz) -> Refusal {
        let message = format!("it is missing since {}, by event `{}`", said(missing.at, zone), missing.event);
        let mut refusal = Refusal::new("missing", message).since(missing.at).event(&missing.event);
        refusal.holder = custody.map(|custody| custody.person.clone());
        refusal.instead("`found` says that it is back; `have` and `back` do so by themselves")
    }

    pub(super) fn in_repair(repair: &Repair, zone: Tz) -> Refusal {
        let with = repair.vendor.as_deref().map(|vendor| format!(" with {vendor}")).unwrap_or_default();
        let message = format!("it is in repair{with} since {}, by event `{}`", said(repair.since, zone), repair.event);
        Refusal::new("in-repair", message)
            .since(repair.since)
            .event(&repair.event)
            .instead("`repaired` ends the repair")
    }
}

/// An instant as people on the spot say it.
pub(super) fn said(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}
