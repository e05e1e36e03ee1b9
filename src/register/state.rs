//! The state of one asset: independent facts, and what follows from them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::event::{Condition, Disposal, Grade, Outcome};
pub use super::fold::fold;
use super::number::{EventId, Slug};
use super::refusal::Refusal;
use super::time::When;

/// What is known of an asset at a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// Who has it.
    pub custody: Option<Custody>,
    /// Where it is; with its custodian, or nobody knows, where absent.
    pub location: Option<Slug>,
    /// The repair it is in.
    pub repair: Option<Repair>,
    /// Since when it is missing.
    pub missing: Option<Since>,
    /// Since when it is retired.
    pub retired: Option<Retired>,
    /// Faults that nobody has mended, oldest first.
    pub faults: Vec<Fault>,
    /// Reservations that have neither ended nor been fulfilled or cancelled.
    pub reservations: Vec<Reservation>,
    /// The state it was last said to be in.
    pub condition: Option<Condition>,
    /// When and where it was last audited or sighted.
    pub seen: Option<Seen>,
    /// When it was last audited.
    pub audited: Option<DateTime<Utc>>,
    /// Its last inspection.
    pub inspected: Option<Inspected>,
}

/// Who has an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custody {
    /// The custodian.
    pub person: Slug,
    /// Since when they have it.
    pub since: DateTime<Utc>,
    /// The day they bring it back.
    pub due: Option<NaiveDate>,
    /// The event that gave it to them.
    pub event: EventId,
    /// What they have it for.
    pub job: Option<Slug>,
    /// Whether they have yet to confirm that they have it.
    pub unconfirmed: bool,
}

/// A repair that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// Since when.
    pub since: DateTime<Utc>,
    /// With whom.
    pub vendor: Option<String>,
    /// The day it should be back.
    pub due: Option<NaiveDate>,
    /// The event that began it.
    pub event: EventId,
}

/// A fact, since when, and the event that made it one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// Since when.
    pub at: DateTime<Utc>,
    /// The event.
    pub event: EventId,
}

/// How and when an asset left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// Since when.
    pub at: DateTime<Utc>,
    /// How.
    pub method: Disposal,
    /// The event.
    pub event: EventId,
}

/// A reported defect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The id of the event that reported it.
    pub id: EventId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: Slug,
    /// How bad.
    pub grade: Grade,
    /// What.
    pub note: Option<String>,
}

/// A reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The id of the event that made it.
    pub id: EventId,
    /// For whom.
    pub person: Slug,
    /// Its beginning.
    pub from: When,
    /// Its end, inclusive.
    pub until: When,
    /// What for.
    pub job: Option<Slug>,
}

/// When and where a thing was last seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// When.
    pub at: DateTime<Utc>,
    /// At which location.
    pub location: Option<Slug>,
    /// Degrees north and east.
    pub position: Option<(f64, f64)>,
    /// The event.
    pub event: EventId,
}

/// An inspection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// When.
    pub at: DateTime<Utc>,
    /// What it found.
    pub outcome: Outcome,
    /// The day the next is due, where the inspector said.
    pub next: Option<NaiveDate>,
}

/// The first that holds, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Out of use for good.
    Retired,
    /// Not to be found.
    Missing,
    /// Being repaired.
    InRepair,
    /// Someone has it.
    CheckedOut,
    /// To be had.
    Available,
}

impl Status {
    /// All of them, in order.
    pub const ALL: [Status; 5] =
        [Status::Retired, Status::Missing, Status::InRepair, Status::CheckedOut, Status::Available];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::Retired => "retired",
            Status::Missing => "missing",
            Status::InRepair => "in-repair",
            Status::CheckedOut => "checked-out",
            Status::Available => "available",
        }
    }
}

/// What the fold of an asset's log stands on besides the log.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// Where the asset belongs.
    pub home: Option<&'a Slug>,
    /// Where days begin and end.
    pub zone: Tz,
}

/// A log, folded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Folded {
    /// What came of it.
    pub state: State,
    /// Events that were refused and changed nothing, and why.
    pub refused: BTreeMap<EventId, Refusal>,
    /// Events that count no more.
    pub voided: BTreeSet<EventId>,
}

impl Folded {
    /// Why the event was refused, if it was.
    #[must_use]
    pub fn refusal(&self, id: &EventId) -> Option<&Refusal> {
        self.refused.get(id)
    }
}

impl State {
    /// The state before anything has happened: at home.
    #[must_use]
    pub fn new(ground: Ground) -> State {
        State { location: ground.home.cloned(), ..State::default() }
    }

    /// The first status that holds.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.retired.is_some() {
            Status::Retired
        } else if self.missing.is_some() {
            Status::Missing
        } else if self.repair.is_some() {
            Status::InRepair
        } else if self.custody.is_some() {
            Status::CheckedOut
        } else {
            Status::Available
        }
    }

    /// The first open fault that makes it unsafe.
    #[must_use]
    pub fn unsafe_fault(&self) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.grade == Grade::Unsafe)
    }

    /// Whether it should have been brought back before `today`.
    #[must_use]
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.custody.as_ref().is_some_and(|custody| custody.due.is_some_and(|due| due < today))
    }

    /// A reservation of someone other than `person` that covers `at`.
    #[must_use]
    pub fn reserved_by_another(&self, person: &Slug, at: DateTime<Utc>, zone: Tz) -> Option<&Reservation> {
        self.reservations
            .iter()
            .find(|other| other.person != *person && other.from.start(zone) <= at && at <= other.until.end(zone))
    }

    /// The location where it can be found: none of what is missing or gone for good.
    #[must_use]
    pub fn is_at(&self) -> Option<&Slug> {
        self.location.as_ref().filter(|_| self.missing.is_none() && self.retired.is_none())
    }

    /// Drops reservations that ended before `now`.
    pub(super) fn lapse(&mut self, now: DateTime<Utc>, zone: Tz) {
        self.reservations.retain(|reservation| reservation.until.end(zone) >= now);
    }
}
