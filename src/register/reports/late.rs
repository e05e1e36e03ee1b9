//! What is late, and what nobody has seen for long.

use chrono::{DateTime, NaiveDate, Utc};

use super::sheet::Kind::{Money as Amount, Plain};
use super::{Asked, Kind, Sheet, Totals, worth};
use crate::register::settlement::is_in_hand;
use crate::register::state::{Custody, State};
use crate::register::time::day_of;
use crate::register::{Asset, Event, Folded};

const OVERDUE: &[(&str, Kind)] = &[
    ("number", Plain),
    ("name", Plain),
    ("serial", Plain),
    ("custodian", Plain),
    ("email", Plain),
    ("since", Plain),
    ("due", Plain),
    ("days_late", Plain),
    ("status", Plain),
    ("location", Plain),
    ("job", Plain),
    ("value", Amount),
];

const UNSEEN: &[(&str, Kind)] = &[
    ("number", Plain),
    ("name", Plain),
    ("serial", Plain),
    ("seen", Plain),
    ("seen_by", Plain),
    ("seen_as", Plain),
    ("days", Plain),
    ("status", Plain),
    ("custodian", Plain),
    ("location", Plain),
    ("value", Amount),
];

/// What is late.
#[derive(Debug, Clone, PartialEq)]
pub struct Overdue<'a> {
    /// What is late for longest first.
    pub lines: Vec<Late<'a>>,
}

/// One thing that is late.
#[derive(Debug, Clone, PartialEq)]
pub struct Late<'a> {
    /// What it is.
    pub asset: &'a Asset,
    /// How it stands.
    pub state: State,
    /// Who has it.
    pub custody: Custody,
    /// Where to write to them.
    pub email: Option<&'a str>,
    /// For how many days.
    pub days: i64,
}

/// What nobody has seen for long.
#[derive(Debug, Clone, PartialEq)]
pub struct Unseen<'a> {
    /// The last day that is too long ago.
    pub since: NaiveDate,
    /// What was never seen first, then what was seen longest ago.
    pub lines: Vec<Unsighted<'a>>,
}

/// One thing that nobody has seen for long.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsighted<'a> {
    /// What it is.
    pub asset: &'a Asset,
    /// How it stands.
    pub state: State,
    /// The last event that had it in hand or in sight.
    pub seen: Option<&'a Event>,
    /// For how many days nobody has.
    pub days: Option<i64>,
}

impl<'a> Overdue<'a> {
    /// What is late.
    #[must_use]
    pub fn of(asked: &Asked<'a>) -> Overdue<'a> {
        let people = &asked.opened.register.people;
        let late = asked.lines().filter_map(|(asset, folded)| {
            let state = folded.state;
            let days = days_late(&state, asked.moment.today)?;
            let custody = state.custody.clone()?;
            let email = people.get(&custody.person).and_then(|person| person.email.as_deref());
            Some(Late { asset, state, custody, email, days })
        });
        let mut lines: Vec<_> = late.collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.days));
        Overdue { lines }
    }

    pub(super) fn totals(&self) -> Totals {
        worth(self.lines.iter().map(|line| line.asset))
    }

    pub(super) fn sheet(&self) -> Sheet {
        let rows = self.lines.iter().map(|line| {
            vec![
                (&line.asset.number).into(),
                (&line.asset.name).into(),
                line.asset.serial.as_ref().into(),
                (&line.custody.person).into(),
                line.email.into(),
                line.custody.since.into(),
                line.custody.due.into(),
                line.days.into(),
                line.state.status().word().into(),
                line.state.location.as_ref().into(),
                line.custody.job.as_ref().into(),
                line.asset.value().into(),
            ]
        });
        Sheet { columns: OVERDUE, rows: rows.collect() }
    }
}

impl<'a> Unseen<'a> {
    /// What nobody had in hand or in sight after the day `since`; what came later is not among it.
    #[must_use]
    pub fn of(asked: &Asked<'a>, since: NaiveDate) -> Unseen<'a> {
        let zone = asked.opened.register.config.timezone;
        let unseen =
            asked.lines().filter(|(_, folded)| folded.state.retired.is_none()).filter_map(|(asset, folded)| {
                let seen = last_in_hand(asked, asset, &folded);
                let came = asset.purchase.as_ref().and_then(|purchase| purchase.date).or(asset.in_service);
                let last = seen.map(|event| day_of(event.at, zone)).or(came);
                let days = seen.map(|event| (asked.moment.today - day_of(event.at, zone)).num_days());
                last.is_none_or(|day| day <= since).then_some(Unsighted { asset, state: folded.state, seen, days })
            });
        let mut lines: Vec<_> = unseen.collect();
        lines.sort_by_key(|line| line.seen.map_or(DateTime::<Utc>::MIN_UTC, |event| event.at));
        Unseen { since, lines }
    }

    pub(super) fn counts(&self) -> Vec<(&'static str, usize)> {
        let never = self.lines.iter().filter(|line| line.seen.is_none()).count();
        vec![("assets", self.lines.len()), ("never_seen", never)]
    }

    pub(super) fn totals(&self) -> Totals {
        worth(self.lines.iter().map(|line| line.asset))
    }

    pub(super) fn sheet(&self) -> Sheet {
        let rows = self.lines.iter().map(|line| {
            vec![
                (&line.asset.number).into(),
                (&line.asset.name).into(),
                line.asset.serial.as_ref().into(),
                line.seen.map(|event| event.at).into(),
                line.seen.map(|event| &event.by).into(),
                line.seen.map(|event| event.action.kind()).into(),
                line.days.into(),
                line.state.status().word().into(),
                line.state.custody.as_ref().map(|custody| &custody.person).into(),
                line.state.location.as_ref().into(),
                line.asset.value().into(),
            ]
        });
        Sheet { columns: UNSEEN, rows: rows.collect() }
    }
}

/// For how many days it should have been brought back.
pub(super) fn days_late(state: &State, today: NaiveDate) -> Option<i64> {
    let due = state.custody.as_ref()?.due?;
    Some((today - due).num_days()).filter(|days| *days > 0)
}

/// The last event that counts and for which somebody had it in hand or in sight.
fn last_in_hand<'a>(asked: &Asked<'a>, asset: &Asset, folded: &Folded) -> Option<&'a Event> {
    let events = asked.opened.ledger.log(&asset.number).events().iter().rev().map(|logged| &logged.event);
    let counts = |event: &&Event| !folded.voided.contains(&event.id) && folded.refusal(&event.id).is_none();
    let mut events = events.filter(|event| event.at <= asked.moment.now).filter(counts);
    events.find(|event| is_in_hand(&event.action))
}
