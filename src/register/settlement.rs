//! Settlements: what is left to record of an audit once it is over.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Opened;
use super::audit::Sighted;
use super::decide::{CLOCKS_DIFFER, Request};
use super::event::{Action, Event};
use super::motion::{Motion, What};
use super::number::{EventId, Number, Slug};
use super::papers::Audit;
use super::refusal::Refusals;
use super::time::Moment;

/// What is left to record of an audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settlement {
    /// What was seen at a place that the register does not have it at, by that place.
    pub moves: BTreeMap<Slug, Vec<Number>>,
    /// What should have been seen and was not.
    pub missing: Vec<Number>,
    /// What the audit found and nobody can record by itself, and why.
    pub left: Vec<(Number, Left)>,
}

/// Why something that an audit found is not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// By the register somebody has it: only they, or who brings it back, can say what happened.
    Held(Slug),
    /// It is retired.
    Retired,
    /// What was recorded since says more than the audit.
    Since(EventId),
}

impl Opened {
    /// What is left to record of an audit: moves to where things were seen, as far as the sightings did not move them, and
    /// `missing` for what was not seen. What is recorded already, or told otherwise by what came later, is not among it.
    #[must_use]
    pub fn settlement(&self, audit: &Audit, moment: &Moment) -> Settlement {
        // A phone's clock may be ahead: what it saw counts all the same.
        let moment = Moment { now: moment.now + CLOCKS_DIFFER, ..*moment };
        let end = audit.end(&moment, &self.register).now;
        let count = self.count(audit, &moment);
        let mut settlement = Settlement::default();
        for number in count.unseen {
            let state = self.folded(&number, &moment).state;
            // Whatever was handled while the audit was open is not missing for want of a scan.
            match self.told_since(audit, &number, audit.opened.unwrap_or(end).min(end)) {
                _ if state.missing.is_some() || state.retired.is_some() => {}
                Some(event) => settlement.left.push((number, Left::Since(event))),
                None => settlement.missing.push(number),
            }
        }
        for sighted in count.misplaced.into_iter().chain(count.unexpected) {
            self.settle(audit, sighted, &moment, &mut settlement);
        }
        settlement.left.sort_by(|a, b| a.0.cmp(&b.0));
        settlement
    }

    /// The instant at which an audit is closed: now, and after whatever it has seen.
    #[must_use]
    pub fn closing_at(&self, audit: &Audit, moment: &Moment) -> DateTime<Utc> {
        let now = DateTime::from_timestamp_millis(moment.now.timestamp_millis()).unwrap_or(moment.now);
        let seen = self.ledger.iter().flat_map(|(_, log)| log.events()).map(|logged| &logged.event);
        let seen = seen.filter(|event| audit.has_seen(event) && event.at <= now + CLOCKS_DIFFER);
        seen.map(|event| event.at).chain(audit.opened).fold(now, DateTime::max)
    }

    fn settle(&self, audit: &Audit, sighted: Sighted, moment: &Moment, settlement: &mut Settlement) {
        let Sighted { number, at, location, .. } = sighted;
        let target = location.clone().or_else(|| audit.location.clone());
        let state = self.folded(&number, moment).state;
        let is_there = match (&state.location, &location) {
            (Some(now), Some(seen)) => now == seen,
            (Some(now), None) => audit.covers(now, &self.register),
            (None, _) => target.is_none(),
        };
        if let Some(event) = self.told_since(audit, &number, at) {
            if !is_there && state.retired.is_none() {
                settlement.left.push((number, Left::Since(event)));
            }
        } else if state.retired.is_some() {
            settlement.left.push((number, Left::Retired));
        } else if let Some(custody) = state.custody {
            settlement.left.push((number, Left::Held(custody.person)));
        } else if let Some(target) = target.filter(|_| !is_there) {
            settlement.moves.entry(target).or_default().push(number);
        }
    }

    /// The newest event after `at` that says where an asset is or who has it, and is none of the audit's.
    fn told_since(&self, audit: &Audit, number: &Number, at: DateTime<Utc>) -> Option<EventId> {
        let folded = self.folded(number, &Moment { now: DateTime::<Utc>::MAX_UTC, today: chrono::NaiveDate::MAX });
        let log = self.ledger.log(number);
        let later = log.events().iter().rev().map(|logged| &logged.event).take_while(|event| event.at > at);
        let counts = |event: &&Event| !folded.voided.contains(&event.id) && folded.refusal(&event.id).is_none();
        let mut telling = later.filter(counts).filter(|event| !audit.has_seen(event) && tells_of_place(&event.action));
        telling.next().map(|event| event.id.clone())
    }
}

/// Whether what happened says where an asset is, or that somebody had it in hand.
fn tells_of_place(action: &Action) -> bool {
    !matches!(
        action,
        Action::Extend { .. }
            | Action::Reserve { .. }
            | Action::Cancel { .. }
            | Action::Note {}
            | Action::Report { .. }
            | Action::Void { .. }
    )
}

/// Whether somebody had it in hand or in sight for what happened: all that tells of its place, but that it is missing.
pub(super) fn is_in_hand(action: &Action) -> bool {
    tells_of_place(action) && !matches!(action, Action::Missing {})
}

impl Settlement {
    /// Whether nothing is left to record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moves.is_empty() && self.missing.is_empty()
    }

    /// The numbers of all that is to be recorded.
    pub fn numbers(&self) -> impl Iterator<Item = &Number> {
        self.missing.iter().chain(self.moves.values().flatten())
    }

    /// What tells this settlement from any other of the same audit.
    #[must_use]
    pub fn mark(&self) -> String {
        let moves = self.moves.iter().flat_map(|(to, all)| all.iter().map(move |number| format!("{number} {to}")));
        let all: Vec<String> = self.missing.iter().map(Number::to_string).chain(moves).collect();
        EventId::hashed(&all.iter().map(String::as_str).collect::<Vec<_>>()).to_string()
    }

    /// The events that record it, all in one batch. `seed` is what their ids are made from.
    ///
    /// # Errors
    /// Every refusal with the number of its asset; then nothing may be recorded.
    pub fn decide(
        &self,
        opened: &Opened,
        audit: &Audit,
        by: &Slug,
        moment: &Moment,
        seed: &str,
    ) -> Result<Vec<Request>, Refusals> {
        let batch = EventId::hashed(&[seed, "batch"]).as_str()[..8].to_owned();
        let motion = |action: Action, numbers: &[Number], said: &str| Motion {
            seed: format!("{seed} {}", action.kind()),
            what: What::Act(action),
            numbers: numbers.to_vec(),
            except: Vec::new(),
            by: by.clone(),
            at: None,
            note: Some(format!("audit {}: {said}", audit.slug)),
            batch: Some(batch.clone()),
            job: None,
            photos: Vec::new(),
            after: None,
        };
        let moves = self.moves.iter().map(|(to, all)| motion(Action::Move { location: to.clone() }, all, "seen here"));
        let missing = (!self.missing.is_empty()).then(|| motion(Action::Missing {}, &self.missing, "not seen"));
        let (mut requests, mut refusals) = (Vec::new(), Refusals::new());
        for motion in moves.chain(missing) {
            match motion.decide(opened, moment) {
                Ok(decided) => requests.extend(decided.requests),
                Err(more) => refusals.extend(more),
            }
        }
        if refusals.is_empty() { Ok(requests) } else { Err(refusals) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::audit::tests::{Events, any_register, at, audit, tree, with};
    use super::*;

    const SEEN: &str = "audit = 'q4'";

    /// What is left of one camera that belongs on shelf A, a while after the audit of the studio.
    fn left(events: Events) -> String {
        let events: Vec<_> = events.iter().map(|(time, kind, fields)| ("C", *time, *kind, *fields)).collect();
        let closed = "location = 'studio'\nclosed = 2026-11-02T18:00:00Z";
        let opened = with(tree(&[("C", "home = 'shelf-a'")], closed), &events);
        let settlement = opened.settlement(audit(&opened), &at("20T09:00"));
        let moves = settlement.moves.iter().map(|(to, all)| format!("{} to {to}", all[0]));
        let missing = settlement.missing.iter().map(|number| format!("{number} missing"));
        let others = settlement.left.iter().map(|(number, why)| match why {
            Left::Held(person) => format!("{number} with {person}"),
            Left::Retired => format!("{number} retired"),
            Left::Since(event) => format!("{number} since {event}"),
        });
        moves.chain(missing).chain(others).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn only_what_the_sightings_did_not_say_themselves_is_left() {
        let cases: &[(Events, &str)] = &[
            (&[], "C missing"),
            (&[("15:00", "audit", SEEN)], ""),
            (&[("15:00", "audit", "audit = 'q4'; location = 'shelf-b'")], ""),
            (&[("14:30", "missing", "")], ""),
            // Seen somewhere in the studio, which is not where the register has it.
            (&[("14:30", "move", "location = 'van'"), ("15:00", "audit", SEEN)], "C to studio"),
            (&[("14:30", "move", "location = 'van'"), ("15:00", "audit", "audit = 'q4'; location = 'hq'")], ""),
            (
                &[("14:30", "move", "location = 'van'"), ("15:00", "audit", SEEN), ("15:10", "note", "note = 'x'")],
                "C to studio",
            ),
            (
                &[
                    ("14:30", "move", "location = 'van'"),
                    ("15:00", "audit", SEEN),
                    ("19:00", "move", "location = 'hq'"),
                ],
                "C since a0000002",
            ),
            (
                &[
                    ("14:30", "move", "location = 'van'"),
                    ("15:00", "audit", SEEN),
                    ("19:00", "move", "location = 'studio'"),
                ],
                "",
            ),
            (&[("14:30", "checkout", "to = 'ben'"), ("15:00", "audit", SEEN)], "C with ben"),
            (&[("14:30", "checkout", "to = 'ben'"), ("15:00", "audit", SEEN), ("16:00", "return", "")], ""),
            (&[("14:30", "retire", "method = 'sold'"), ("15:00", "audit", SEEN)], "C retired"),
            (&[("14:30", "retire", "method = 'sold'"), ("15:00", "audit", SEEN), ("16:00", "reinstate", "")], ""),
            // Not seen, but handled while the audit was open, or on the shelf for another audit.
            (&[("15:00", "checkout", "to = 'ben'"), ("16:00", "return", "location = 'shelf-a'")], "C since a0000001"),
            (&[("15:00", "move", "location = 'shelf-a'")], "C since a0000000"),
            (&[("15:00", "audit", "location = 'shelf-a'")], "C since a0000000"),
            // Who reports that it cannot be found has not had it in hand.
            (&[("15:00", "report", "severity = 'minor'\nnote = 'gone?'")], "C missing"),
            // Not seen, and then it turned up, or went.
            (&[("19:00", "checkout", "to = 'ben'")], "C since a0000000"),
            (&[("19:00", "note", "note = 'x'")], "C missing"),
            (&[("19:00", "checkout", "to = 'ben'"), ("19:10", "void", "of = 'a0000000'")], "C missing"),
            (&[("19:00", "missing", "")], ""),
            (&[("19:00", "retire", "method = 'lost'")], ""),
        ];
        for (events, wanted) in cases {
            assert_eq!(left(events), *wanted, "{events:?}");
        }
    }

    proptest! {
        /// What is settled can be recorded, all of it, and then nothing is left; and the report says what it said before.
        #[test]
        fn what_is_settled_stays_settled(mut opened in any_register()) {
            let (audit, moment, by) = (audit(&opened).clone(), at("20T09:00"), Slug::referred("ana"));
            let before = opened.count(&audit, &moment);
            let settlement = opened.settlement(&audit, &moment);
            let requests = settlement.decide(&opened, &audit, &by, &moment, "seed");
            let requests = requests.expect("it can be recorded");
            prop_assert_eq!(requests.len(), settlement.numbers().count());
            for request in requests {
                opened.ledger.add(&request.number, request.event);
            }
            let after = opened.settlement(&audit, &moment);
            prop_assert!(after.is_empty(), "{after:?}");
            prop_assert_eq!(opened.count(&audit, &moment), before);
        }
    }
}
