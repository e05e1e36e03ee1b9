//! Motions: what someone wants recorded of one asset or many, and the events that it comes down to.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::decide::{Request, decide, next_instant};
use super::event::{Action, Condition, Event, Kind, SHAPES, Shape};
use super::intents::{back, have, with_parts};
use super::log::Log;
use super::number::{EventId, Number, Slug};
use super::picture::Photo;
use super::refusal::{Refusal, Refusals};
use super::time::{Moment, day_of};
use super::typed::Typing;
use super::{Opened, Register};

/// Assets that are moved at once, at most.
pub const MOST_AT_ONCE: usize = 200;

/// What someone wants recorded, of all these assets or of none.
#[derive(Debug, Clone, PartialEq)]
pub struct Motion {
    /// What happened.
    pub what: What,
    /// To which assets. Checked out, handed over or brought back, a kit moves with its parts, and so it does when that is undone.
    pub numbers: Vec<Number>,
    /// Parts of those kits that stay behind.
    pub except: Vec<Number>,
    /// Who says so.
    pub by: Slug,
    /// When it happened; as it is recorded where absent.
    pub at: Option<DateTime<Utc>>,
    /// Anything worth saying.
    pub note: Option<String>,
    /// One id for things done together; motions of several events have one of their own where absent.
    pub batch: Option<String>,
    /// The job it was done for.
    pub job: Option<Slug>,
    /// Pictures of it. They go with the last event of each asset that is named, but not of parts that are named with their kit.
    pub photos: Vec<Photo>,
    /// The newest event that whoever undoes it has seen: what came later is not undone in its place.
    pub after: Option<EventId>,
    /// What the ids of its events are made from: the same motion, decided again, has the same ids.
    pub seed: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// "I have it now", or this person has.
    Have {
        /// Who has it.
        person: Slug,
        /// Until when.
        due: Option<NaiveDate>,
    },
    /// "It is back."
    Back {
        /// Where; at home where absent.
        location: Option<Slug>,
        /// As what it came back.
        condition: Option<Condition>,
    },
    /// The newest event counts no more, with whatever was done together with it.
    Undo,
    /// An event.
    Act(Action),
}

/// The intents, which stand above the kinds of events.
pub const INTENTS: &[Kind] = &[
    Kind {
        name: "have",
        about: "I have it now: checked out, handed over or found, as it comes",
        fields: &[("to", OPTIONAL), ("due", OPTIONAL)],
    },
    Kind {
        name: "back",
        about: "It is back: returned, found or counted, as it comes",
        fields: &[("location", OPTIONAL), ("condition", CONDITION)],
    },
];

const OPTIONAL: Shape = Shape { needed: false, ..Shape::NEEDED };
const CONDITION: Shape = Shape { words: &["new", "good", "worn", "damaged", "unusable"], ..OPTIONAL };

/// The intent or the kind of event of this name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Kind> {
    INTENTS.iter().chain(SHAPES).find(|kind| kind.name == name)
}

/// Whether a motion of this kind moves a kit with its parts.
#[must_use]
pub fn moves_kits(kind: &str) -> bool {
    matches!(kind, "have" | "back" | "checkout" | "return" | "transfer")
}

impl What {
    /// What people typed for the fields of an intent or a kind: `have` is by whoever says it, and a `void` of nothing in
    /// particular is of what came last.
    ///
    /// # Errors
    /// The fields that are wrong, each with the reason; `kind` where there is no such kind.
    pub fn typed(
        kind: &str,
        given: &dyn Fn(&str) -> Vec<String>,
        by: &Slug,
        typing: &Typing,
    ) -> Result<What, Vec<(&'static str, String)>> {
        let is_empty = |key: &str| given(key).iter().all(|value| value.trim().is_empty());
        // The intents' fields are those of the kinds that they come down to.
        match kind {
            "have" => {
                let to = |key: &str| if key == "to" && is_empty("to") { vec![by.to_string()] } else { given(key) };
                match Action::typed("checkout", &to, typing)? {
                    Action::Checkout { to, due, .. } => Ok(What::Have { person: to, due }),
                    other => Ok(What::Act(other)),
                }
            }
            "back" => match Action::typed("return", &given, typing)? {
                Action::Return { location, condition } => Ok(What::Back { location, condition }),
                other => Ok(What::Act(other)),
            },
            "void" if is_empty("of") => Ok(What::Undo),
            kind => Action::typed(kind, &given, typing).map(What::Act),
        }
    }
}

/// An asset that a motion is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its number.
    pub number: Number,
    /// The kit that it comes with, or as.
    pub kit: Option<Number>,
}

/// A part of a kit that a motion passes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Its number.
    pub number: Number,
    /// Who else has it and keeps it; `None` where nobody has it.
    pub holder: Option<Slug>,
}

/// What a motion comes down to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decided {
    /// The events, in the order in which they are recorded.
    pub requests: Vec<Request>,
    /// Parts of kits that the motion passes over.
    pub passed_over: Vec<PassedOver>,
    /// Photos of the events: where they are filed, relative to the register.
    pub photos: Vec<(String, Photo)>,
}

impl Motion {
    /// What has to be recorded in `opened`, which has the records of all assets and the logs of those concerned.
    ///
    /// # Errors
    /// Every refusal with the number of its asset; then nothing may be recorded.
    pub fn decide(&self, opened: &Opened, moment: &Moment) -> Result<Decided, Refusals> {
        let mut decided = Decided::default();
        let mut refusals = Vec::new();
        for Moved { number, kit } in self.moved(&opened.register)? {
            if self.what == What::Undo && !self.is_undone(opened, &number, moment) {
                continue;
            }
            if let Some(kit) = &kit
                && let Some(passed) = self.passes_over(opened, kit, &number, moment)
            {
                decided.passed_over.push(passed);
                continue;
            }
            match self.events(opened, &number, moment) {
                Ok(events) => {
                    let request = |event| Request { number: number.clone(), event };
                    decided.requests.extend(events.into_iter().map(request));
                }
                Err(refusal) => refusals.push((number, refusal)),
            }
        }
        if decided.requests.len() > 1 && self.batch.is_none() {
            let batch = EventId::hashed(&[&self.seed, "batch"]).as_str()[..8].to_owned();
            decided.requests.iter_mut().for_each(|request| request.event.batch = Some(batch.clone()));
        }
        if let Err(more) = decide(opened, &decided.requests, moment) {
            refusals.extend(more);
        }
        if let (true, true, Some(number)) =
            (refusals.is_empty(), decided.requests.is_empty(), decided.passed_over.first())
        {
            refusals.push((number.number.clone(), Refusal::new("not-out", "nobody has any part of the kit")));
        }
        decided.photos = self.file_photos(&opened.register, &mut decided.requests);
        if refusals.is_empty() { Ok(decided) } else { Err(refusals) }
    }

    /// Gives the photos to the last event of each asset that they are of, and says where they are filed.
    fn file_photos(&self, register: &Register, requests: &mut [Request]) -> Vec<(String, Photo)> {
        let numbers: BTreeSet<Number> = requests.iter().map(|request| request.number.clone()).collect();
        let mut pictured: Vec<&Number> = numbers.iter().filter(|number| self.is_pictured(register, number)).collect();
        // A kit whose parts alone have moved is pictured by one of them.
        if pictured.is_empty() {
            pictured.extend(numbers.first());
        }
        let mut filed = Vec::new();
        for number in pictured {
            let Some(Request { event, .. }) = requests.iter_mut().rev().find(|request| request.number == *number)
            else {
                continue;
            };
            let folder = register.assets.get(number).map(|asset| asset.folder.as_str()).unwrap_or_default();
            let day = day_of(event.at, register.config.timezone);
            for (at, photo) in self.photos.iter().enumerate() {
                let file = photo.file_of_event(day, &event.id, at);
                filed.push((format!("{folder}/{file}"), photo.clone()));
                event.photos.push(file);
            }
        }
        filed
    }

    /// Whether the photos are of this asset: it is named, and not only beside a kit that it is a part of.
    fn is_pictured(&self, register: &Register, number: &Number) -> bool {
        let is_part_of = |kit: &Number| {
            kit != number && register.assets.get(number).is_some_and(|asset| register.is_in_kit(asset, kit))
        };
        self.numbers.contains(number) && !self.numbers.iter().any(is_part_of)
    }

    /// The assets that it is about, each once.
    ///
    /// # Errors
    /// Exceptions that are no part of what is moved, or all of it.
    pub fn moved(&self, register: &Register) -> Result<Vec<Moved>, Refusals> {
        let mut moved: Vec<Moved> = Vec::new();
        let mut add = |number: Number, kit: Option<&Number>| {
            if !moved.iter().any(|known| known.number == number) {
                // What is named by itself does not move because its kit does.
                let kit = kit.filter(|kit| **kit == number || !self.numbers.contains(&number)).cloned();
                moved.push(Moved { number, kit });
            }
        };
        for number in &self.numbers {
            let is_kit = self.moves_parts() && register.parts(number).next().is_some();
            let all = if is_kit { with_parts(register, number, &[]) } else { Ok(vec![number.clone()]) };
            for part in all.map_err(|refusal| vec![(number.clone(), refusal)])? {
                add(part, is_kit.then_some(number));
            }
        }
        if let Some(stranger) = self.except.iter().find(|except| !moved.iter().any(|moved| moved.number == **except)) {
            let refusal = Refusal::new("no-part", format!("`{stranger}` is no part of what is moved"));
            return Err(vec![(stranger.clone(), refusal)]);
        }
        moved.retain(|moved| !self.except.contains(&moved.number));
        match (moved.is_empty(), self.numbers.first()) {
            (true, Some(number)) => {
                let refusal = Refusal::new("nothing-left", "nothing is left of what is moved");
                Err(vec![(number.clone(), refusal)])
            }
            _ => Ok(moved),
        }
    }

    /// Whether its first event, and so all of it, stands in the register already.
    #[must_use]
    pub fn is_recorded(&self, opened: &Opened, number: &Number) -> bool {
        opened.ledger.log(number).event(&self.first_id(number)).is_some()
    }

    /// The id of the first event that it writes into the log of `number`.
    #[must_use]
    pub fn first_id(&self, number: &Number) -> EventId {
        self.id(number, 0)
    }

    /// Whether a kit's parts move with it.
    pub(crate) fn moves_parts(&self) -> bool {
        match &self.what {
            What::Have { .. } | What::Back { .. } | What::Undo => true,
            What::Act(action) => moves_kits(action.kind()),
        }
    }

    /// Whether an undo reaches an asset: it was named, or its newest event was done together with that of one that was.
    fn is_undone(&self, opened: &Opened, number: &Number, moment: &Moment) -> bool {
        let batch = |number: &Number| {
            let of = newest(opened, number, moment).ok()?;
            opened.ledger.log(number).event(of.first()?)?.event.batch.clone()
        };
        let together =
            || batch(number).is_some_and(|own| self.numbers.iter().any(|kit| batch(kit).as_ref() == Some(&own)));
        self.numbers.contains(number) || together()
    }

    fn needs_custodian(&self) -> bool {
        matches!(&self.what, What::Act(Action::Return { .. } | Action::Transfer { .. }))
    }

    /// Whether a part stays as it is when its kit moves: nobody has it who could bring it back, or somebody else has it than
    /// has the kit, and says nothing.
    fn passes_over(&self, opened: &Opened, kit: &Number, part: &Number, moment: &Moment) -> Option<PassedOver> {
        let then = Moment { now: self.at.unwrap_or(moment.now), ..*moment };
        let custodian = |number: &Number| opened.folded(number, &then).state.custody.map(|custody| custody.person);
        let passed = |holder| Some(PassedOver { number: part.clone(), holder });
        let Some(holder) = custodian(part) else { return if self.needs_custodian() { passed(None) } else { None } };
        let own = match &self.what {
            What::Have { person, .. } => person,
            What::Back { .. } => &self.by,
            _ => return None,
        };
        if holder == *own || custodian(kit) == Some(holder.clone()) { None } else { passed(Some(holder)) }
    }

    fn events(&self, opened: &Opened, number: &Number, moment: &Moment) -> Result<Vec<Event>, Refusal> {
        let register = &opened.register;
        let log = opened.ledger.log(number);
        let at = self.at.map_or_else(|| next_instant(log, moment.now), |at| after_its_second(log, at));
        // Of an unknown asset nothing is known; that there is none, `decide` says.
        let ground = match register.assets.get(number) {
            Some(asset) => register.ground(asset),
            None => super::Ground { home: None, zone: register.config.timezone },
        };
        let state = || opened.folded(number, &Moment { now: at, ..*moment }).state;
        let actions = match &self.what {
            What::Act(action) => vec![action.clone()],
            What::Have { person, due } => have(&state(), person, &self.by, *due, at, ground)?,
            What::Back { location, condition } => back(&state(), location.as_ref(), *condition, ground)?,
            What::Undo => {
                let of = newest(opened, number, moment)?;
                let seen = |after: &EventId| of.contains(after) || !self.numbers.contains(number);
                if !self.after.iter().all(seen) {
                    let refusal = Refusal::new("changed", "something was recorded since, and that would be undone");
                    return Err(refusal.event(&of[0]).instead("`void` with the event that is meant"));
                }
                vec![Action::Void { of }]
            }
        };
        let last = actions.len().saturating_sub(1);
        let event = |(index, action): (usize, Action)| Event {
            id: self.id(number, index),
            at: at + TimeDelta::milliseconds(i64::try_from(index).unwrap_or_default()),
            by: self.by.clone(),
            action,
            note: self.note.clone().filter(|_| index == last),
            batch: self.batch.clone(),
            job: self.job.clone(),
            photos: Vec::new(),
        };
        Ok(actions.into_iter().enumerate().map(event).collect())
    }

    fn id(&self, number: &Number, index: usize) -> EventId {
        EventId::hashed(&[&self.seed, number.as_str(), &index.to_string()])
    }
}

/// An instant that was said to the second, or less exactly: after whatever the log has in that second already.
fn after_its_second(log: &Log, at: DateTime<Utc>) -> DateTime<Utc> {
    if at.timestamp_subsec_nanos() > 0 {
        return at;
    }
    let second = at..at + TimeDelta::seconds(1);
    let last = log.events().iter().rev().map(|logged| logged.event.at).find(|logged| second.contains(logged));
    last.map_or(at, |last| last + TimeDelta::milliseconds(1))
}

/// The newest event of an asset that counts, with those that it took to do the same thing: one batch, a millisecond apart.
fn newest(opened: &Opened, number: &Number, moment: &Moment) -> Result<Vec<EventId>, Refusal> {
    let folded = opened.folded(number, moment);
    let log = opened.ledger.log(number);
    let counts = |event: &Event| {
        !matches!(event.action, Action::Void { .. })
            && !folded.voided.contains(&event.id)
            && folded.refusal(&event.id).is_none()
    };
    let events = log.events().iter().rev().map(|logged| &logged.event).filter(|event| counts(event));
    let events: Vec<&Event> = events.collect();
    let Some(newest) = events.first() else {
        return Err(Refusal::new("no-such-event", "nothing was recorded of it that could be undone"));
    };
    let together = |pair: &&[&Event]| {
        let step = pair[0].at - pair[1].at;
        pair[0].batch.is_some() && pair[0].batch == pair[1].batch && step == TimeDelta::milliseconds(1)
    };
    let mut of = vec![newest.id.clone()];
    of.extend(events.windows(2).take_while(together).map(|pair| pair[1].id.clone()));
    Ok(of)
}
