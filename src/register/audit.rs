//! Audits: what should have been seen, and what was.

use chrono::{DateTime, Utc};
use rayon::prelude::*;

use super::event::{Action, Event};
use super::fold::fold_events;
use super::number::{Number, Slug};
use super::papers::Audit;
use super::state::State;
use super::time::Moment;
use super::{Asset, Log, Opened, Register};

/// What an audit has found by a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Count {
    /// Whether it is still going on.
    pub is_open: bool,
    /// Expected, and seen where the register has it.
    pub found: Vec<Sighted>,
    /// Expected, and seen at another place than the register's.
    pub misplaced: Vec<Sighted>,
    /// Seen, though the register did not expect it.
    pub unexpected: Vec<Sighted>,
    /// Expected and not seen: missing, or while the audit is open not seen yet.
    pub unseen: Vec<Number>,
    /// Tags that were seen and are in no register, each once.
    pub unknown: Vec<String>,
}

/// An asset that an audit saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighted {
    /// Its number.
    pub number: Number,
    /// When it was last seen in this audit.
    pub at: DateTime<Utc>,
    /// Who saw it.
    pub by: Slug,
    /// Where, as far as it was said; somewhere in the audit's scope where absent.
    pub location: Option<Slug>,
    /// What the register believed before.
    pub belief: Belief,
}

/// What a register believes of an asset that an audit asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Belief {
    /// It is in the audit's scope, at this location where one is known.
    Here(Option<Slug>),
    /// It is somewhere else, or nobody knows where.
    Elsewhere(Option<Slug>),
    /// Somebody has it.
    With(Slug),
    /// It is away to be repaired, by this vendor.
    InRepair(String),
    /// It is no longer in use.
    Retired,
    /// It is of a category that this audit does not count.
    Uncounted(Slug),
}

impl Count {
    /// How many the register expected.
    #[must_use]
    pub fn expected(&self) -> usize {
        self.seen() + self.unseen.len()
    }

    /// How many of those were seen.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.found.len() + self.misplaced.len()
    }
}

impl Audit {
    /// Whether it had not ended by then.
    #[must_use]
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.closed.is_none_or(|closed| closed > now)
    }

    /// The last moment that it speaks of: its end, or now.
    pub(super) fn end(&self, moment: &Moment, register: &Register) -> Moment {
        match self.closed {
            Some(closed) if closed <= moment.now => Moment::at(closed, register.config.timezone),
            _ => *moment,
        }
    }

    /// Whether a location is one that it counts.
    #[must_use]
    pub fn covers(&self, location: &Slug, register: &Register) -> bool {
        self.location.as_ref().is_none_or(|scope| register.locations.is_within(location, scope))
    }

    /// Whether an event is a sighting of this audit.
    #[must_use]
    pub fn has_seen(&self, event: &Event) -> bool {
        event.action.audit() == Some(&self.slug)
    }

    fn belief(&self, register: &Register, asset: &Asset, state: &State) -> Belief {
        let vendor = state.repair.as_ref().and_then(|repair| repair.vendor.clone());
        let location = state.location.clone();
        let is_here = match &location {
            Some(at) => self.covers(at, register),
            None => self.location.is_none(),
        };
        match (&state.custody, vendor) {
            _ if state.retired.is_some() => Belief::Retired,
            _ if self.category.as_ref().is_some_and(|category| *category != asset.category) => {
                Belief::Uncounted(asset.category.clone())
            }
            (Some(custody), _) if location.is_none() || !is_here => Belief::With(custody.person.clone()),
            (_, Some(vendor)) => Belief::InRepair(vendor),
            _ if is_here => Belief::Here(location),
            _ => Belief::Elsewhere(location),
        }
    }
}

/// What became of one asset.
enum Line {
    Seen(Sighted),
    Unseen(Number),
}

impl Opened {
    /// What an audit has found by `moment`; of one that has ended, what it had found then. Of the register, only the assets that
    /// are in it are counted.
    ///
    /// What the register believed of an asset is its state just before it was last seen, as if the audit itself had moved
    /// nothing: a sighting at a location moves a thing there at once.
    #[must_use]
    pub fn count(&self, audit: &Audit, moment: &Moment) -> Count {
        let end = audit.end(moment, &self.register);
        let assets: Vec<&Asset> = self.register.assets.values().collect();
        let lines: Vec<Line> =
            assets.into_par_iter().filter_map(|asset| self.line(audit, asset, moment, &end)).collect();
        let mut count = Count { is_open: audit.is_open(moment.now), ..Count::default() };
        for line in lines {
            match line {
                Line::Unseen(number) => count.unseen.push(number),
                Line::Seen(sighted) => match &sighted.belief {
                    Belief::Here(believed) if self.fits(believed.as_ref(), sighted.location.as_ref()) => {
                        count.found.push(sighted);
                    }
                    Belief::Here(_) => count.misplaced.push(sighted),
                    _ => count.unexpected.push(sighted),
                },
            }
        }
        for tag in &audit.unknown {
            if !count.unknown.contains(tag) {
                count.unknown.push(tag.clone());
            }
        }
        count
    }

    /// Whether a thing that is believed to be in one place can have been seen in the other: a place around it says less, and
    /// nothing else.
    fn fits(&self, believed: Option<&Slug>, seen: Option<&Slug>) -> bool {
        believed.zip(seen).is_none_or(|(believed, seen)| self.register.locations.is_within(believed, seen))
    }

    fn line(&self, audit: &Audit, asset: &Asset, moment: &Moment, end: &Moment) -> Option<Line> {
        let log = self.ledger.log(&asset.number);
        let sightings = self.sightings(audit, asset, log, moment);
        if let Some(last) = sightings.last() {
            let state = self.state_before(audit, asset, log, last);
            let named = |event: &&&Event| event.action.location().is_some();
            return Some(Line::Seen(Sighted {
                number: asset.number.clone(),
                at: last.at,
                by: last.by.clone(),
                location: sightings.iter().rev().find(named).and_then(|event| event.action.location()).cloned(),
                belief: audit.belief(&self.register, asset, &state),
            }));
        }
        let is_counted = audit.category.as_ref().is_none_or(|category| *category == asset.category);
        if !is_counted || !was_there(asset, end) {
            return None;
        }
        let state = self.folded(&asset.number, end).state;
        let is_expected = matches!(audit.belief(&self.register, asset, &state), Belief::Here(_));
        is_expected.then(|| Line::Unseen(asset.number.clone()))
    }

    /// The audit's sightings of an asset that count, oldest first.
    fn sightings<'l>(&self, audit: &Audit, asset: &Asset, log: &'l Log, moment: &Moment) -> Vec<&'l Event> {
        let own = || log.events().iter().map(|logged| &logged.event).filter(|event| audit.has_seen(event));
        if own().next().is_none() {
            return Vec::new();
        }
        let voided = self.folded(&asset.number, moment).voided;
        own().filter(|event| event.at <= moment.now && !voided.contains(&event.id)).collect()
    }

    /// The state just before an event, as if the audit had seen what it saw and moved none of it.
    fn state_before(&self, audit: &Audit, asset: &Asset, log: &Log, last: &Event) -> State {
        let ground = self.register.ground(asset);
        let voided = fold_events(log.events().iter().map(|logged| &logged.event), ground, last.at).voided;
        let before = log.events().iter().map(|logged| &logged.event).take_while(|event| event.id != last.id);
        let counts = |event: &&Event| !voided.contains(&event.id) && !matches!(event.action, Action::Void { .. });
        let unmoved = |event: &Event| match &event.action {
            Action::Audit { condition, audit: of, .. } if audit.has_seen(event) => Event {
                action: Action::Audit { location: None, condition: *condition, audit: of.clone() },
                ..event.clone()
            },
            _ => event.clone(),
        };
        let before: Vec<Event> = before.filter(counts).map(unmoved).collect();
        fold_events(before.iter(), ground, last.at).state
    }
}

/// Whether the asset had come by then, as far as its record says.
fn was_there(asset: &Asset, then: &Moment) -> bool {
    let bought = asset.purchase.as_ref().and_then(|purchase| purchase.date);
    asset.in_service.or(bought).is_none_or(|came| came <= then.today)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::register::{Tz, open};
    use crate::tree::Tree;

    const PLACES: &str = "[hq]\nname = 'H'\n[studio]\nname = 'S'\nwithin = 'hq'\n[shelf-a]\nname = 'A'\nwithin = 'studio'\n\
                          [shelf-b]\nname = 'B'\nwithin = 'studio'\n[van]\nname = 'V'\n";

    /// A register of cameras and tools at their homes, and an audit of the studio on 2 November from 14:00 on.
    pub fn tree(assets: &[(&str, &str)], audit: &str) -> Tree {
        let mut tree = Tree::default();
        let mut add = |path: &str, text: &str| tree.insert_toml(path.to_owned(), text.as_bytes().to_vec());
        add("tagbook.toml", "title = 'T'\n");
        add("locations.toml", PLACES);
        add("categories.toml", "[camera]\nname = 'C'\n[tool]\nname = 'T'\n");
        add("people/ana.toml", "name = 'Ana'\nrole = 'keeper'\n");
        add("people/ben.toml", "name = 'Ben'\n");
        add("audits/q4.toml", &format!("title = 'Q4'\nopened = 2026-11-02T14:00:00Z\nby = 'ana'\n{audit}\n"));
        for (number, record) in assets {
            let category = if number.starts_with('T') { "tool" } else { "camera" };
            add(&format!("assets/{number}/asset.toml"), &format!("name = 'A'\ncategory = '{category}'\n{record}\n"));
        }
        tree
    }

    /// The same, with what happened: the asset, the time on 2 November, the kind, and its fields.
    pub fn with(mut tree: Tree, events: &[(&str, &str, &str, &str)]) -> Opened {
        for (at, (number, time, kind, fields)) in events.iter().enumerate() {
            let day = if time.contains('T') { "" } else { "2026-11-02T" };
            let text = format!(
                "[[event]]\nid = 'a000000{at}'\nat = {day}{time}:00Z\nkind = '{kind}'\nby = 'ana'\n{}\n",
                fields.replace("; ", "\n")
            );
            tree.insert_toml(format!("assets/{number}/log/{at}.toml"), text.into_bytes());
        }
        let opened = open(&tree);
        assert_eq!(opened.findings, []);
        opened
    }

    pub fn at(text: &str) -> Moment {
        Moment::at(format!("2026-11-{text}:00Z").parse().unwrap(), Tz::UTC)
    }

    pub fn audit(opened: &Opened) -> &Audit {
        &opened.register.audits["q4"]
    }

    /// `found A; misplaced B; unexpected C; unseen D` at a moment.
    fn said(opened: &Opened, moment: &Moment) -> String {
        let count = opened.count(audit(opened), moment);
        let numbers = |all: &[Sighted]| all.iter().map(|one| one.number.to_string()).collect::<Vec<_>>().join(" ");
        let unseen: Vec<_> = count.unseen.iter().map(Number::to_string).collect();
        let parts = [
            ("found", numbers(&count.found)),
            ("misplaced", numbers(&count.misplaced)),
            ("unexpected", numbers(&count.unexpected)),
            ("unseen", unseen.join(" ")),
        ];
        let parts = parts.iter().filter(|(_, all)| !all.is_empty()).map(|(word, all)| format!("{word} {all}"));
        parts.collect::<Vec<_>>().join("; ")
    }

    /// What happened to one thing: the time, the kind, and the fields.
    pub type Events<'a> = &'a [(&'a str, &'a str, &'a str)];

    const SEEN: &str = "audit = 'q4'";
    const SEEN_ON_B: &str = "audit = 'q4'; location = 'shelf-b'";

    /// What is said of one camera that belongs on shelf A, when the audit of the studio is over.
    fn of_one(events: Events) -> String {
        let events: Vec<_> = events.iter().map(|(time, kind, fields)| ("C", *time, *kind, *fields)).collect();
        let closed = "location = 'studio'\nclosed = 2026-11-02T18:00:00Z";
        said(&with(tree(&[("C", "home = 'shelf-a'")], closed), &events), &at("20T09:00"))
    }

    #[test]
    fn a_thing_is_counted_by_what_the_register_believed_before_it_was_seen() {
        let to_ben = "to = 'ben'";
        let cases: &[(Events, &str)] = &[
            (&[], "unseen C"),
            (&[("15:00", "audit", SEEN)], "found C"),
            (&[("15:00", "audit", "location = 'shelf-a'")], "unseen C"),
            (&[("15:00", "audit", "audit = 'q3'")], "unseen C"),
            // The audit itself moved it to shelf B.
            (&[("15:00", "audit", SEEN_ON_B)], "misplaced C"),
            (&[("15:00", "audit", SEEN_ON_B), ("15:10", "audit", SEEN_ON_B)], "misplaced C"),
            (&[("15:00", "audit", SEEN_ON_B), ("15:10", "audit", "audit = 'q4'; location = 'shelf-a'")], "found C"),
            (&[("15:00", "audit", SEEN_ON_B), ("15:10", "audit", SEEN)], "misplaced C"),
            // The place around it says less, and nothing else.
            (&[("15:00", "audit", "audit = 'q4'; location = 'studio'")], "found C"),
            (&[("15:00", "audit", "audit = 'q4'; location = 'van'")], "misplaced C"),
            (&[("14:30", "move", "location = 'shelf-b'"), ("15:00", "audit", SEEN_ON_B)], "found C"),
            (&[("14:30", "move", "location = 'van'"), ("15:00", "audit", SEEN_ON_B)], "unexpected C"),
            (&[("14:30", "move", "location = 'van'")], ""),
            (&[("14:30", "move", "location = 'studio'"), ("15:00", "audit", SEEN_ON_B)], "misplaced C"),
            // Somebody has it.
            (&[("14:30", "checkout", to_ben)], ""),
            (&[("14:30", "checkout", to_ben), ("15:00", "audit", SEEN)], "unexpected C"),
            (&[("14:30", "checkout", "to = 'ben'; location = 'shelf-b'")], "unseen C"),
            (&[("14:30", "checkout", "to = 'ben'; location = 'van'"), ("15:00", "audit", SEEN)], "unexpected C"),
            (&[("14:30", "checkout", "to = 'ben'; location = 'shelf-b'"), ("15:00", "audit", SEEN_ON_B)], "found C"),
            (&[("14:30", "checkout", to_ben), ("15:00", "audit", SEEN), ("16:00", "return", "")], "unexpected C"),
            // What came after it was seen says nothing against that.
            (&[("15:00", "audit", SEEN), ("16:00", "checkout", to_ben)], "found C"),
            (&[("15:00", "audit", SEEN), ("16:00", "checkout", to_ben), ("17:00", "audit", SEEN)], "unexpected C"),
            (&[("16:00", "checkout", to_ben), ("19:00", "return", "")], ""),
            (&[("19:00", "checkout", to_ben)], "unseen C"),
            // Retired, missing, in repair.
            (&[("14:30", "retire", "method = 'sold'")], ""),
            (&[("14:30", "retire", "method = 'sold'"), ("15:00", "audit", SEEN)], "unexpected C"),
            (&[("14:30", "missing", "")], "unseen C"),
            (&[("14:30", "missing", ""), ("15:00", "audit", SEEN)], "found C"),
            (&[("14:30", "repair", "")], "unseen C"),
            (&[("14:30", "repair", "vendor = 'Holt'")], ""),
            (&[("14:30", "repair", "vendor = 'Holt'"), ("15:00", "audit", SEEN)], "unexpected C"),
            // A sighting that counts no more is none, and one that came late is one all the same.
            (&[("15:00", "audit", SEEN), ("15:10", "void", "of = 'a0000000'")], "unseen C"),
            (&[("15:00", "audit", SEEN_ON_B), ("19:00", "void", "of = 'a0000000'")], "unseen C"),
            (
                &[
                    ("14:30", "move", "location = 'van'"),
                    ("15:00", "audit", SEEN),
                    ("19:00", "void", "of = 'a0000000'"),
                ],
                "found C",
            ),
            (&[("19:00", "audit", SEEN)], "found C"),
        ];
        for (events, wanted) in cases {
            assert_eq!(of_one(events), *wanted, "{events:?}");
        }
    }

    #[test]
    fn a_scope_is_a_place_a_category_both_or_everything() {
        let all = [("C1", "home = 'shelf-a'"), ("C2", "home = 'van'"), ("C3", ""), ("T1", "home = 'studio'")];
        let counts = |scope: &str| said(&with(tree(&all, scope), &[]), &at("02T15:00"));
        assert_eq!(counts("location = 'studio'"), "unseen C1 T1");
        assert_eq!(counts("location = 'studio'\ncategory = 'camera'"), "unseen C1");
        assert_eq!(counts("category = 'camera'"), "unseen C1 C2 C3");
        assert_eq!(counts(""), "unseen C1 C2 C3 T1");
        assert_eq!(counts("location = 'nowhere'"), "");
        let seen = with(
            tree(&all, "category = 'camera'"),
            &[("T1", "14:10", "audit", SEEN), ("C3", "14:11", "audit", SEEN_ON_B)],
        );
        assert_eq!(said(&seen, &at("02T15:00")), "found C3; unexpected T1; unseen C1 C2");
        let count = seen.count(audit(&seen), &at("02T15:00"));
        assert_eq!((count.seen(), count.expected(), count.is_open), (1, 3, true));
        assert_eq!(count.unexpected[0].belief, Belief::Uncounted(Slug::referred("tool")));
    }

    #[test]
    fn a_closed_audit_says_what_it_said_then() {
        let all = [
            ("C1", "home = 'shelf-a'"),
            ("C2", "home = 'shelf-a'"),
            ("C3", "home = 'shelf-a'\nin_service = 2026-11-03"),
        ];
        let closed = "location = 'studio'\nclosed = 2026-11-02T18:00:00Z\nunknown = ['X', 'Y', 'X']";
        let events = [("C1", "15:00", "audit", SEEN), ("C2", "2026-11-05T09:00", "move", "location = 'van'")];
        let opened = with(tree(&all, closed), &events);
        for (moment, is_open) in [("02T17:00", true), ("02T18:00", false), ("20T09:00", false)] {
            assert_eq!(said(&opened, &at(moment)), "found C1; unseen C2", "{moment}");
            assert_eq!(opened.count(audit(&opened), &at(moment)).is_open, is_open);
        }
        assert_eq!(said(&opened, &at("02T14:30")), "unseen C1 C2", "what is to come has not happened");
        assert_eq!(opened.count(audit(&opened), &at("20T09:00")).unknown, ["X", "Y"]);
    }

    /// Events as they may come, most of them in this audit.
    fn events() -> impl Strategy<Value = Vec<(usize, u32, &'static str, &'static str)>> {
        let what = prop_oneof![
            4 => Just(("audit", SEEN)),
            4 => Just(("audit", SEEN_ON_B)),
            1 => Just(("audit", "location = 'van'")),
            2 => Just(("move", "location = 'van'")),
            2 => Just(("move", "location = 'shelf-b'")),
            2 => Just(("checkout", "to = 'ben'")),
            2 => Just(("return", "")),
            1 => Just(("missing", "")),
            1 => Just(("retire", "method = 'sold'")),
            1 => Just(("repair", "vendor = 'Holt'")),
        ];
        prop::collection::vec(
            (0_usize..3, 0_u32..600, what).prop_map(|(of, at, (kind, fields))| (of, at, kind, fields)),
            0..9,
        )
    }

    pub const THREE: [&str; 3] = ["C1", "C2", "T1"];

    pub fn any_register() -> impl Strategy<Value = Opened> {
        let audit = prop_oneof![
            Just("location = 'studio'"),
            Just("location = 'studio'\nclosed = 2026-11-02T18:00:00Z"),
            Just("category = 'camera'\nclosed = 2026-11-02T18:00:00Z"),
            Just("")
        ];
        (events(), audit).prop_map(|(events, audit)| {
            let times: Vec<String> =
                events.iter().map(|(_, at, ..)| format!("{}:{:02}", 13 + at / 60, at % 60)).collect();
            let events = events
                .iter()
                .zip(&times)
                .map(|((of, _, kind, fields), time)| (THREE[*of], time.as_str(), *kind, *fields));
            with(tree(&THREE.map(|number| (number, "home = 'shelf-a'")), audit), &events.collect::<Vec<_>>())
        })
    }

    proptest! {
        /// Everything seen is on one list, nothing is on two, and where a sighting said the place matters to no count of how much
        /// was expected.
        #[test]
        fn every_thing_is_on_one_list_at_most(opened in any_register()) {
            let moment = at("20T09:00");
            let audit = audit(&opened);
            let count = opened.count(audit, &moment);
            let seen: Vec<&Number> = [&count.found, &count.misplaced, &count.unexpected].into_iter().flatten().map(|one| &one.number).collect();
            let mut listed: Vec<&Number> = seen.iter().copied().chain(&count.unseen).collect();
            let all = listed.len();
            listed.sort();
            listed.dedup();
            prop_assert_eq!(listed.len(), all);
            for number in opened.register.assets.keys() {
                let was_seen = opened.ledger.log(number).events().iter().any(|logged| audit.has_seen(&logged.event));
                prop_assert_eq!(seen.contains(&number), was_seen, "{}", number);
            }
            for number in &count.unseen {
                let end = Moment { now: audit.closed.unwrap_or(moment.now), ..moment };
                let state = opened.folded(number, &end).state;
                prop_assert!(state.retired.is_none() && (state.custody.is_none() || state.location.is_some()));
                prop_assert!(state.location.is_some_and(|at| audit.covers(&at, &opened.register)));
            }
        }

        /// Had nothing been said of where things were seen, the same would have been expected.
        #[test]
        fn an_audit_does_not_change_what_it_expects(opened in any_register()) {
            let mut still = opened.clone();
            still.ledger = crate::register::Ledger::default();
            for (number, log) in opened.ledger.iter() {
                for logged in log.events() {
                    let mut event = logged.event.clone();
                    if let (true, Action::Audit { location, .. }) = (audit(&opened).has_seen(&logged.event), &mut event.action) {
                        *location = None;
                    }
                    still.ledger.add(number, event);
                }
            }
            let moment = at("20T09:00");
            let (moved, unmoved) = (opened.count(audit(&opened), &moment), still.count(audit(&still), &moment));
            prop_assert_eq!(moved.expected(), unmoved.expected());
            prop_assert_eq!(moved.unexpected.len(), unmoved.unexpected.len());
            prop_assert_eq!(moved.unseen, unmoved.unseen);
        }
    }
}
