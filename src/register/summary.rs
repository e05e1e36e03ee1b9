//! The state of an asset in a line: what `list`, `show` and the JSON files say of it.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::assets::Asset;
use super::event::Grade;
use super::number::{EventId, Number, Slug};
use super::state::{Fault, Folded, Reservation, State, Status};
use super::time::{Moment, Term, day_of, instant};
use super::{Category, Opened};

/// An asset and its state, as JSON has it. Slugs stand for people and places; absent is null.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the JSON")]
pub struct Summary {
    /// Its number.
    pub number: Number,
    /// What people call it.
    pub name: String,
    /// What kind of thing it is.
    pub category: Slug,
    /// `available`, `checked-out`, `in-repair`, `missing` or `retired`.
    #[schemars(extend("enum" = Status::ALL.map(Status::word)))]
    pub status: &'static str,
    /// Who has it.
    pub custodian: Option<Slug>,
    /// Since when they have it.
    pub since: Option<String>,
    /// The day they bring it back.
    pub due: Option<NaiveDate>,
    /// Whether that day is over.
    pub overdue: bool,
    /// Whether they have yet to confirm that they have it.
    pub unconfirmed: bool,
    /// What they have it for.
    pub job: Option<Slug>,
    /// Where it is.
    pub location: Option<Slug>,
    /// Where it belongs.
    pub home: Option<Slug>,
    /// The state it was last said to be in.
    pub condition: Option<&'static str>,
    /// Whether an open fault makes it unsafe.
    #[serde(rename = "unsafe")]
    pub unsafe_: bool,
    /// Open faults.
    pub faults: Vec<FaultSummary>,
    /// Live reservations.
    pub reservations: Vec<ReservationSummary>,
    /// When it was last audited or sighted.
    pub last_seen: Option<String>,
    /// The day the next audit is due.
    pub next_audit: Option<NaiveDate>,
    /// Whether that day is over.
    pub audit_due: bool,
    /// The day the next inspection is due.
    pub next_inspection: Option<NaiveDate>,
    /// Whether that day is over.
    pub inspection_due: bool,
    /// The kit it belongs to.
    pub part_of: Option<Number>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// What the maker calls it.
    pub model: Option<String>,
    /// The maker's number for this one.
    pub serial: Option<String>,
    /// Former numbers.
    pub aliases: Vec<Number>,
}

/// An open fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FaultSummary {
    /// The event that reported it.
    pub id: EventId,
    /// `minor`, `major` or `unsafe`.
    #[schemars(extend("enum" = Grade::ALL.iter().map(|grade| grade.word()).collect::<Vec<_>>()))]
    pub severity: &'static str,
    /// When it was reported.
    pub since: String,
    /// Who reported it.
    pub by: Slug,
    /// What it is.
    pub note: Option<String>,
}

/// A live reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReservationSummary {
    /// The event that made it.
    pub id: EventId,
    /// For whom.
    #[serde(rename = "for")]
    pub person: Slug,
    /// Its first day or instant.
    pub from: String,
    /// Its last.
    pub until: String,
    /// What for.
    pub job: Option<Slug>,
}

impl Summary {
    /// The summary of `asset`, whose log comes to `folded` at `moment`.
    #[must_use]
    pub fn new(opened: &Opened, asset: &Asset, folded: &Folded, moment: &Moment) -> Summary {
        let state = &folded.state;
        let custody = state.custody.as_ref();
        let dues = Dues::of(opened, asset, state);
        let in_use = state.retired.is_none();
        let over = |day: Option<NaiveDate>| in_use && day.is_some_and(|day| day < moment.today);
        Summary {
            number: asset.number.clone(),
            name: asset.name.clone(),
            category: asset.category.clone(),
            status: state.status().word(),
            custodian: custody.map(|custody| custody.person.clone()),
            since: custody.map(|custody| instant(custody.since)),
            due: custody.and_then(|custody| custody.due),
            overdue: state.is_overdue(moment.today),
            unconfirmed: custody.is_some_and(|custody| custody.unconfirmed),
            job: custody.and_then(|custody| custody.job.clone()),
            location: state.location.clone(),
            home: asset.home.clone(),
            condition: state.condition.map(super::event::Condition::word),
            unsafe_: state.unsafe_fault().is_some(),
            faults: state.faults.iter().map(FaultSummary::new).collect(),
            reservations: state.reservations.iter().map(ReservationSummary::new).collect(),
            last_seen: state.seen.as_ref().map(|seen| instant(seen.at)),
            next_audit: dues.audit.filter(|_| in_use),
            audit_due: over(dues.audit),
            next_inspection: dues.inspection.filter(|_| in_use),
            inspection_due: over(dues.inspection),
            part_of: asset.part_of.clone(),
            manufacturer: asset.manufacturer.clone(),
            model: asset.model.clone(),
            serial: asset.serial.clone(),
            aliases: asset.aliases.clone(),
        }
    }
}

impl FaultSummary {
    fn new(fault: &Fault) -> FaultSummary {
        let (id, by) = (fault.id.clone(), fault.by.clone());
        FaultSummary { id, severity: fault.grade.word(), since: instant(fault.at), by, note: fault.note.clone() }
    }
}

impl ReservationSummary {
    fn new(reservation: &Reservation) -> ReservationSummary {
        let (id, person, job) = (reservation.id.clone(), reservation.person.clone(), reservation.job.clone());
        ReservationSummary { id, person, from: reservation.from.to_string(), until: reservation.until.to_string(), job }
    }
}

/// When an asset is to be counted and inspected next, as its category demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dues {
    /// The last day for its next audit.
    pub audit: Option<NaiveDate>,
    /// The last day for its next inspection.
    pub inspection: Option<NaiveDate>,
}

impl Dues {
    /// Counted from the last audit and inspection; before the first ones, from when the asset came.
    #[must_use]
    pub fn of(opened: &Opened, asset: &Asset, state: &State) -> Dues {
        let zone = opened.register.config.timezone;
        let category = opened.register.categories.get(&asset.category);
        let came = || came(opened, asset);
        let after = |term: Option<Term>, last: Option<DateTime<Utc>>| {
            term?.after(last.map(|at| day_of(at, zone)).or_else(came)?)
        };
        let term = |of: fn(&Category) -> Option<Term>| category.and_then(of);
        let said = state.inspected.as_ref().and_then(|inspected| inspected.next);
        Dues {
            audit: after(term(|category| category.audit_every), state.audited),
            inspection: said
                .or_else(|| after(term(|category| category.inspect_every), state.inspected.as_ref().map(|i| i.at))),
        }
    }
}

/// The day an asset came, as far as the register says.
fn came(opened: &Opened, asset: &Asset) -> Option<NaiveDate> {
    let first = || opened.ledger.log(&asset.number).events().first();
    asset
        .in_service
        .or_else(|| asset.purchase.as_ref()?.date)
        .or_else(|| asset.hire.as_ref()?.from)
        .or_else(|| first().map(|logged| day_of(logged.event.at, opened.register.config.timezone)))
}
