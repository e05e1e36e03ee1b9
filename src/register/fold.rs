//! Folding: a log's events in order, each changing its own facts of the state or refused.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use super::event::{Action, Condition, Disposal, Event, Grade, Outcome};
use super::log::Log;
use super::number::{EventId, Slug};
use super::refusal::Refusal;
use super::state::{Custody, Fault, Folded, Ground, Inspected, Repair, Reservation, Retired, Seen, Since, State};
use super::time::When;

/// Folds what had happened by `until`. Never stops: a refused event changes nothing, and later ones go on.
#[must_use]
pub fn fold(log: &Log, ground: Ground, until: DateTime<Utc>) -> Folded {
    let events = log.events().iter().map(|logged| &logged.event);
    fold_events(events, ground, until)
}

/// As [`fold`], of events that are already in order of (`at`, `id`).
pub(super) fn fold_events<'e>(
    events: impl Iterator<Item = &'e Event> + Clone,
    ground: Ground,
    until: DateTime<Utc>,
) -> Folded {
    let (voided, mut refused) = voids(&events);
    let mut state = State::new(ground);
    for event in events.filter(|event| event.at <= until && !voided.contains(&event.id)) {
        if let Err(refusal) = state.apply(event, ground) {
            refused.insert(event.id.clone(), refusal);
        }
    }
    state.lapse(until, ground.zone);
    Folded { state, refused, voided }
}

/// The events that the log's voids name, whenever they were voided, and the voids that are refused.
fn voids<'e>(events: &(impl Iterator<Item = &'e Event> + Clone)) -> (BTreeSet<EventId>, BTreeMap<EventId, Refusal>) {
    let kinds: HashMap<&EventId, &Action> = events.clone().map(|event| (&event.id, &event.action)).collect();
    let mut voided = BTreeSet::new();
    let mut refused = BTreeMap::new();
    for event in events.clone() {
        let Action::Void { of } = &event.action else { continue };
        let nothing = || of.is_empty().then(|| Refusal::new("no-such-event", "it names no event"));
        match of.iter().find_map(|id| why_not_void(id, &kinds)).or_else(nothing) {
            Some(refusal) => drop(refused.insert(event.id.clone(), refusal)),
            None => voided.extend(of.iter().cloned()),
        }
    }
    (voided, refused)
}

/// What two branches both voided is void once they are merged: only a void of nothing or of a void is refused.
fn why_not_void(id: &EventId, kinds: &HashMap<&EventId, &Action>) -> Option<Refusal> {
    match kinds.get(id) {
        None => Some(Refusal::new("no-such-event", format!("this log has no event `{id}`"))),
        Some(Action::Void { .. }) => {
            let refusal = Refusal::new("void-of-void", format!("`{id}` is itself a void"));
            Some(refusal.event(id).instead("record again what should count"))
        }
        Some(_) => None,
    }
}

impl State {
    /// Lets one event change its own facts.
    ///
    /// # Errors
    /// Why it may not; then nothing has changed.
    pub fn apply(&mut self, event: &Event, ground: Ground) -> Result<(), Refusal> {
        self.lapse(event.at, ground.zone);
        match &event.action {
            Action::Checkout { to, due, location } => self.check_out(event, to, *due, location.as_ref(), ground),
            Action::Return { location, condition } => self.give_back(location.as_ref(), *condition, ground),
            Action::Transfer { to, due, location } => self.hand_over(event, to, *due, location.as_ref(), ground),
            Action::Accept {} => self.accept(&event.by, ground),
            Action::Extend { due } => {
                self.held_mut()?.due = Some(*due);
                Ok(())
            }
            Action::Move { location } => {
                self.not_retired(ground)?;
                self.not_missing(ground)?;
                self.location = Some(location.clone());
                Ok(())
            }
            Action::Report { severity } => {
                self.not_retired(ground)?;
                self.open_fault(event, *severity);
                Ok(())
            }
            Action::Repair { vendor, due } => self.send_to_repair(event, vendor.as_ref(), *due, ground),
            Action::Repaired { of, condition, .. } => self.end_repair(of.as_deref(), *condition),
            Action::Inspect { result, next, .. } => self.inspect(event, *result, *next, ground),
            Action::Audit { location, condition, .. } => {
                self.audit(event, location.as_ref(), *condition);
                Ok(())
            }
            Action::Sighting { location, lat, lon, .. } => {
                let position = lat.zip(*lon);
                self.seen = Some(Seen { at: event.at, location: location.clone(), position, event: event.id.clone() });
                Ok(())
            }
            Action::Missing {} => self.lose(event, ground),
            Action::Found { location } => self.find(location.as_ref()),
            Action::Reserve { person, from, until } => self.reserve(event, person, *from, *until, ground),
            Action::Cancel { of } => self.cancel(of),
            Action::Retire { method, .. } => self.retire(event, *method, ground),
            Action::Reinstate { location } => self.reinstate(location.as_ref(), ground),
            Action::Note {} | Action::Void { .. } => Ok(()),
        }
    }

    fn check_out(
        &mut self,
        event: &Event,
        to: &Slug,
        due: Option<NaiveDate>,
        location: Option<&Slug>,
        ground: Ground,
    ) -> Result<(), Refusal> {
        self.not_retired(ground)?;
        self.not_missing(ground)?;
        self.not_in_repair(ground)?;
        if let Some(custody) = &self.custody {
            return Err(Refusal::held(custody, ground.zone));
        }
        if let Some(fault) = self.unsafe_fault() {
            return Err(Refusal::unsafe_(fault, ground.zone));
        }
        if let Some(reservation) = self.reserved_by_another(to, event.at, ground.zone) {
            return Err(Refusal::reserved(reservation, ground.zone));
        }
        let until = due.map_or(event.at, |due| When::Day(due).end(ground.zone));
        self.reservations.retain(|own| own.person != *to || own.from.start(ground.zone) > until);
        self.custody = Some(custody(event, to, due));
        self.location = location.cloned();
        Ok(())
    }

    fn give_back(
        &mut self,
        location: Option<&Slug>,
        condition: Option<Condition>,
        ground: Ground,
    ) -> Result<(), Refusal> {
        self.held_mut()?;
        self.not_missing(ground)?;
        self.custody = None;
        self.location = location.or(ground.home).cloned();
        self.condition = condition.or(self.condition);
        Ok(())
    }

    fn hand_over(
        &mut self,
        event: &Event,
        to: &Slug,
        due: Option<NaiveDate>,
        location: Option<&Slug>,
        ground: Ground,
    ) -> Result<(), Refusal> {
        let held = self.held_mut()?.clone();
        self.not_missing(ground)?;
        if held.person == *to {
            return Err(Refusal::held(&held, ground.zone).instead("`extend` sets another due date"));
        }
        // Whoever takes it over themselves has confirmed it by that.
        let unconfirmed = event.by != *to;
        self.custody =
            Some(Custody { unconfirmed, job: event.job.clone().or(held.job), ..custody(event, to, due.or(held.due)) });
        self.location = location.cloned().or(self.location.take());
        Ok(())
    }

    fn accept(&mut self, by: &Slug, ground: Ground) -> Result<(), Refusal> {
        let custody = self.held_mut()?;
        if custody.person != *by {
            return Err(Refusal::held(custody, ground.zone).instead("only who has it can confirm that"));
        }
        custody.unconfirmed = false;
        Ok(())
    }

    fn open_fault(&mut self, event: &Event, grade: Grade) {
        self.faults.push(Fault {
            id: event.id.clone(),
            at: event.at,
            by: event.by.clone(),
            grade,
            note: event.note.clone(),
        });
    }

    fn send_to_repair(
        &mut self,
        event: &Event,
        vendor: Option<&String>,
        due: Option<NaiveDate>,
        ground: Ground,
    ) -> Result<(), Refusal> {
        self.not_retired(ground)?;
        self.not_missing(ground)?;
        self.not_in_repair(ground)?;
        self.repair = Some(Repair { since: event.at, vendor: vendor.cloned(), due, event: event.id.clone() });
        Ok(())
    }

    fn end_repair(&mut self, of: Option<&[EventId]>, condition: Option<Condition>) -> Result<(), Refusal> {
        if self.repair.is_none() && self.faults.is_empty() {
            return Err(Refusal::new("not-in-repair", "it is not in repair and has no open fault"));
        }
        if let Some(unknown) =
            of.unwrap_or_default().iter().find(|id| !self.faults.iter().any(|fault| fault.id == **id))
        {
            let open: Vec<_> = self.faults.iter().map(|fault| format!("`{}`", fault.id)).collect();
            let refusal = Refusal::new("no-such-fault", format!("`{unknown}` is not an open fault of it"));
            return Err(if open.is_empty() { refusal } else { refusal.instead(format!("open: {}", open.join(", "))) });
        }
        self.repair = None;
        self.faults.retain(|fault| of.is_some_and(|of| !of.contains(&fault.id)));
        self.condition = condition.or(self.condition);
        Ok(())
    }

    fn inspect(
        &mut self,
        event: &Event,
        outcome: Outcome,
        next: Option<NaiveDate>,
        ground: Ground,
    ) -> Result<(), Refusal> {
        self.not_retired(ground)?;
        self.inspected = Some(Inspected { at: event.at, outcome, next });
        if outcome == Outcome::Fail {
            self.open_fault(event, Grade::Unsafe);
        }
        Ok(())
    }

    fn audit(&mut self, event: &Event, location: Option<&Slug>, condition: Option<Condition>) {
        self.missing = None;
        self.audited = Some(event.at);
        self.seen = Some(Seen { at: event.at, location: location.cloned(), position: None, event: event.id.clone() });
        self.condition = condition.or(self.condition);
        if let (Some(location), None) = (location, &self.custody) {
            self.location = Some(location.clone());
        }
    }

    fn lose(&mut self, event: &Event, ground: Ground) -> Result<(), Refusal> {
        self.not_retired(ground)?;
        self.not_missing(ground)?;
        self.missing = Some(Since { at: event.at, event: event.id.clone() });
        Ok(())
    }

    fn find(&mut self, location: Option<&Slug>) -> Result<(), Refusal> {
        self.missing.take().ok_or_else(|| Refusal::new("not-missing", "it is not missing"))?;
        self.location = location.cloned().or(self.location.take());
        Ok(())
    }

    fn reserve(
        &mut self,
        event: &Event,
        person: &Slug,
        from: When,
        until: When,
        ground: Ground,
    ) -> Result<(), Refusal> {
        self.not_retired(ground)?;
        let (start, end) = (from.start(ground.zone), until.end(ground.zone));
        let overlaps =
            |other: &&Reservation| other.from.start(ground.zone) <= end && start <= other.until.end(ground.zone);
        if let Some(other) = self.reservations.iter().find(overlaps) {
            return Err(Refusal::reserved(other, ground.zone));
        }
        let (id, job) = (event.id.clone(), event.job.clone());
        self.reservations.push(Reservation { id, person: person.clone(), from, until, job });
        Ok(())
    }

    fn cancel(&mut self, of: &EventId) -> Result<(), Refusal> {
        let at = self.reservations.iter().position(|reservation| reservation.id == *of);
        let at =
            at.ok_or_else(|| Refusal::new("no-such-reservation", format!("`{of}` is not a live reservation of it")))?;
        self.reservations.remove(at);
        Ok(())
    }

    fn retire(&mut self, event: &Event, method: Disposal, ground: Ground) -> Result<(), Refusal> {
        self.not_retired(ground)?;
        if let (Some(custody), None) = (&self.custody, &self.missing) {
            return Err(Refusal::held(custody, ground.zone).instead("`return` it first, or say that it is `missing`"));
        }
        self.custody = None;
        self.repair = None;
        self.missing = None;
        self.reservations.clear();
        self.retired = Some(Retired { at: event.at, method, event: event.id.clone() });
        Ok(())
    }

    fn reinstate(&mut self, location: Option<&Slug>, ground: Ground) -> Result<(), Refusal> {
        self.retired.take().ok_or_else(|| Refusal::new("not-retired", "it is not retired"))?;
        self.location = location.or(ground.home).cloned();
        Ok(())
    }

    fn held_mut(&mut self) -> Result<&mut Custody, Refusal> {
        self.custody.as_mut().ok_or_else(|| Refusal::new("not-out", "nobody has it").instead("`back` says where it is"))
    }

    fn not_retired(&self, ground: Ground) -> Result<(), Refusal> {
        match &self.retired {
            Some(retired) => Err(Refusal::retired(retired, ground.zone)),
            None => Ok(()),
        }
    }

    fn not_missing(&self, ground: Ground) -> Result<(), Refusal> {
        match &self.missing {
            Some(missing) => Err(Refusal::missing(missing, self.custody.as_ref(), ground.zone)),
            None => Ok(()),
        }
    }

    fn not_in_repair(&self, ground: Ground) -> Result<(), Refusal> {
        match &self.repair {
            Some(repair) => Err(Refusal::in_repair(repair, ground.zone)),
            None => Ok(()),
        }
    }
}

fn custody(event: &Event, to: &Slug, due: Option<NaiveDate>) -> Custody {
    Custody {
        person: to.clone(),
        since: event.at,
        due,
        event: event.id.clone(),
        job: event.job.clone(),
        unconfirmed: false,
    }
}
