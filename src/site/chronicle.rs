//! What happened to an asset, event by event, with what held just before each: what sentences and pictures are made of.

use chrono::{DateTime, Utc};

use crate::register::state::Reservation;
use crate::register::{Action, Asset, Event, Folded, Moment, Opened, Slug, State};

/// All that happened to an asset until a moment, oldest first.
pub(super) struct Chronicle<'a> {
    pub told: Vec<Told<'a>>,
}

/// One event and what held before it.
pub(super) struct Told<'a> {
    pub event: &'a Event,
    pub mark: Mark,
    /// Who had it.
    pub holder: Option<Slug>,
    /// Whether it was in repair.
    pub in_repair: bool,
    /// The reservation that it ends.
    pub cancelled: Option<Reservation>,
    /// Where it stands afterwards.
    pub standing: Standing,
    /// Where it was and where it is afterwards, where that is not the same.
    pub moved: Option<(Option<Slug>, Option<Slug>)>,
}

/// Whether an event counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    Counts,
    Voided,
    Refused(String),
}

/// Where a thing is, as far as a picture of a year shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Standing {
    Shelf,
    With(Slug),
    Repair,
    Missing,
    Retired,
}

impl<'a> Chronicle<'a> {
    pub fn of(opened: &'a Opened, asset: &Asset, folded: &Folded, moment: &Moment) -> Chronicle<'a> {
        let ground = opened.register.ground(asset);
        let mut state = State::new(ground);
        let events = opened.ledger.log(&asset.number).events().iter().map(|logged| &logged.event);
        let told = events.take_while(|event| event.at <= moment.now).map(|event| {
            let (holder, in_repair) = (holder(&state), state.repair.is_some());
            let cancelled = cancelled(&state, event);
            let before = state.is_at().cloned();
            let mark = match folded.refusal(&event.id) {
                Some(refusal) => Mark::Refused(refusal.message.clone()),
                None if folded.voided.contains(&event.id) => Mark::Voided,
                None => Mark::Counts,
            };
            if mark == Mark::Counts {
                // What is refused here is refused in the fold too, and marked above.
                let _ = state.apply(event, ground);
            }
            let after = state.is_at();
            let moved = (before.as_ref() != after).then(|| (before, after.cloned()));
            Told { event, mark, holder, in_repair, cancelled, standing: Standing::of(&state), moved }
        });
        Chronicle { told: told.collect() }
    }

    /// The spans in which it stood somewhere, oldest first: from an instant to the next one's.
    pub fn spans(&self) -> Vec<(DateTime<Utc>, &Standing)> {
        let mut spans: Vec<(DateTime<Utc>, &Standing)> = Vec::new();
        for told in &self.told {
            if spans.last().is_none_or(|(_, before)| **before != told.standing) {
                spans.push((told.event.at, &told.standing));
            }
        }
        spans
    }
}

impl Standing {
    fn of(state: &State) -> Standing {
        if state.retired.is_some() {
            Standing::Retired
        } else if state.missing.is_some() {
            Standing::Missing
        } else if state.repair.is_some() {
            Standing::Repair
        } else {
            holder(state).map_or(Standing::Shelf, Standing::With)
        }
    }
}

fn holder(state: &State) -> Option<Slug> {
    state.custody.as_ref().map(|custody| custody.person.clone())
}

fn cancelled(state: &State, event: &Event) -> Option<Reservation> {
    let Action::Cancel { of } = &event.action else { return None };
    state.reservations.iter().find(|reservation| reservation.id == *of).cloned()
}
