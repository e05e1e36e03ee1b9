//! What somebody has and has reserved, for the day they leave.

use super::sheet::Kind::{Money as Amount, Plain};
use super::{Asked, Kind, Sheet, Totals, Value, numbers, worth};
use crate::register::job::by_kit;
use crate::register::state::{Reservation, State};
use crate::register::{Asset, Person, Slug};

const COLUMNS: &[(&str, Kind)] = &[
    ("stands", Plain),
    ("number", Plain),
    ("name", Plain),
    ("serial", Plain),
    ("part_of", Plain),
    ("since", Plain),
    ("due", Plain),
    ("days_late", Plain),
    ("value", Amount),
    ("status", Plain),
    ("condition", Plain),
    ("faults", Plain),
    ("location", Plain),
    ("job", Plain),
];

/// What somebody has to bring back.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaver<'a> {
    /// Who.
    pub person: &'a Person,
    /// What they have, parts below their kits.
    pub held: Vec<Held<'a>>,
    /// What is reserved for them.
    pub promised: Vec<Promised<'a>>,
}

/// One thing they have.
#[derive(Debug, Clone, PartialEq)]
pub struct Held<'a> {
    /// What it is.
    pub asset: &'a Asset,
    /// Since when and until when they have it, and what is wrong with it.
    pub state: State,
    /// How many kits it is in that they have, too.
    pub depth: usize,
    /// For how many days it is late.
    pub days_late: Option<i64>,
}

/// One thing that is reserved for them.
#[derive(Debug, Clone, PartialEq)]
pub struct Promised<'a> {
    /// What it is.
    pub asset: &'a Asset,
    /// From when to when.
    pub reservation: Reservation,
}

impl<'a> Leaver<'a> {
    /// What `person` has.
    #[must_use]
    pub fn of(asked: &Asked<'a>, person: &'a Person) -> Leaver<'a> {
        let is_theirs = |slug: &Slug| *slug == person.slug;
        let mut held = Vec::new();
        let mut promised = Vec::new();
        for (asset, folded) in asked.lines() {
            let state = folded.state;
            let theirs = state.reservations.iter().filter(|reservation| is_theirs(&reservation.person));
            promised.extend(theirs.map(|reservation| Promised { asset, reservation: reservation.clone() }));
            if state.custody.as_ref().is_some_and(|custody| is_theirs(&custody.person)) {
                let days_late = super::late::days_late(&state, asked.moment.today);
                held.push(Held { asset, state, depth: 0, days_late });
            }
        }
        let ordered = by_kit(&asked.opened.register, &numbers(held.iter().map(|line| line.asset)));
        for line in &mut held {
            line.depth =
                ordered.iter().find(|(number, _)| **number == line.asset.number).map_or(0, |(_, depth)| *depth);
        }
        held.sort_by_key(|line| ordered.iter().position(|(number, _)| **number == line.asset.number));
        promised.sort_by_key(|line| line.reservation.from.start(asked.opened.register.config.timezone));
        Leaver { person, held, promised }
    }

    pub(super) fn totals(&self) -> Totals {
        worth(self.held.iter().map(|line| line.asset))
    }

    pub(super) fn sheet(&self) -> Sheet {
        let held = self.held.iter().map(|line| {
            let (state, custody) = (&line.state, line.state.custody.as_ref());
            let since = custody.map(|custody| custody.since).into();
            let due = custody.and_then(|custody| custody.due).into();
            let more = [
                line.days_late.into(),
                line.asset.value().into(),
                state.status().word().into(),
                state.condition.map(crate::register::event::Condition::word).into(),
                state.faults.iter().map(fault).collect::<Vec<_>>().into(),
                state.location.as_ref().into(),
                custody.and_then(|custody| custody.job.as_ref()).into(),
            ];
            row("held", line.asset, [since, due], more)
        });
        let promised = self.promised.iter().map(|line| {
            let days = [line.reservation.from.into(), line.reservation.until.into()];
            let nothing = || Value::Nothing;
            let job = line.reservation.job.as_ref().into();
            let value = line.asset.value().into();
            row("reserved", line.asset, days, [nothing(), value, nothing(), nothing(), nothing(), nothing(), job])
        });
        Sheet { columns: COLUMNS, rows: held.chain(promised).collect() }
    }
}

fn row(stands: &str, asset: &Asset, days: [Value; 2], more: [Value; 7]) -> Vec<Value> {
    let first = [
        stands.into(),
        (&asset.number).into(),
        (&asset.name).into(),
        asset.serial.as_ref().into(),
        asset.part_of.as_ref().into(),
    ];
    first.into_iter().chain(days).chain(more).collect()
}

fn fault(fault: &crate::register::state::Fault) -> String {
    match &fault.note {
        Some(note) => format!("{}: {note}", fault.grade),
        None => fault.grade.to_string(),
    }
}
