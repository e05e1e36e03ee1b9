//! What holds for every log and every text, whatever stands in it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::pedantic, reason = "a test may fail, and panics to say so")]

mod shop;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tagbook::register::decide::{add, back, have};
use tagbook::register::event::{Condition, Disposal, Grade, Outcome, Sensor, file_name, to_toml};
use tagbook::register::state::fold;
use tagbook::register::{
    Action, Event, EventId, Folded, Ground, Log, Logged, Moment, Money, Slug, Source, Tz, When, open,
};
use tagbook::tree::{Entry, Tree};

use shop::{Shop, instant, slug};

/// `PROPTEST_CASES` says how many cases of each are tried.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

// ---- events at random

fn person() -> impl Strategy<Value = Slug> {
    select(vec!["ana", "ben", "chi", "gus"]).prop_map(slug)
}

fn place() -> impl Strategy<Value = Slug> {
    select(vec!["hq", "studio", "van"]).prop_map(slug)
}

/// Ids of few, so that they meet; in a log an event's place gives its id.
fn id(of: usize) -> EventId {
    EventId::referred(&format!("{of:08}"))
}

fn ids() -> impl Strategy<Value = Vec<EventId>> {
    vec((0_usize..24).prop_map(id), 0..3)
}

/// An instant within a few days, often the same as another's, now and then with milliseconds.
fn at() -> impl Strategy<Value = DateTime<Utc>> {
    let start = instant("2026-03-01T00:00:00Z");
    (0_i64..96, prop_oneof![4 => Just(0_i64), 1 => 0_i64..3])
        .prop_map(move |(hours, milliseconds)| start + TimeDelta::hours(hours) + TimeDelta::milliseconds(milliseconds))
}

fn day() -> impl Strategy<Value = NaiveDate> {
    (1_u32..6).prop_map(|day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap())
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![day().prop_map(When::Day), at().prop_map(When::Instant)]
}

/// Text that is hard on quotes, lines and terminals; controls are no text of a register.
fn text() -> impl Strategy<Value = String> {
    let nasty = [
        "\"",
        "'",
        "\"\"\"",
        "'''",
        "\\",
        "\\n",
        "\n",
        "\t",
        " ",
        "  ",
        "#",
        "=",
        "[[event]]",
        "{}",
        "👩‍🔧",
        "é",
        "שלום",
        "\u{200d}",
        "\u{fe0f}",
        "\u{a0}",
        "{{ 7*7 }}",
        "<script>",
        "=cmd|",
        "::error::",
        "a",
        "0",
        "-",
        ",",
    ];
    prop_oneof![vec(select(nasty.to_vec()), 0..8).prop_map(|parts| parts.concat()), "[^\\p{C}]{0,20}",]
}

fn money() -> impl Strategy<Value = Money> {
    (0_i64..1_000_000, select(vec!["EUR", "JPY", "BHD"])).prop_map(|(minor, code)| {
        let money = Money::parse(&format!("1 {code}")).unwrap();
        Money { minor, ..money }
    })
}

fn degrees() -> impl Strategy<Value = f64> {
    prop_oneof![-90.0..90.0, Just(0.0), Just(1e-7)]
}

fn action() -> impl Strategy<Value = Action> {
    let condition = || option::of(select(Condition::ALL));
    prop_oneof![
        4 => (person(), option::of(day()), option::of(place())).prop_map(|(to, due, location)| Action::Checkout { to, due, location }),
        4 => (option::of(place()), condition()).prop_map(|(location, condition)| Action::Return { location, condition }),
        2 => (person(), option::of(day()), option::of(place())).prop_map(|(to, due, location)| Action::Transfer { to, due, location }),
        1 => Just(Action::Accept {}),
        1 => day().prop_map(|due| Action::Extend { due }),
        1 => place().prop_map(|location| Action::Move { location }),
        2 => select(Grade::ALL).prop_map(|severity| Action::Report { severity }),
        1 => (option::of(text()), option::of(day())).prop_map(|(vendor, due)| Action::Repair { vendor, due }),
        2 => (option::of(ids()), condition(), option::of(money())).prop_map(|(of, condition, cost)| Action::Repaired { of, condition, cost }),
        1 => (select(Outcome::ALL), option::of(day()), option::of(text()))
            .prop_map(|(result, next, certificate)| Action::Inspect { result, next, certificate }),
        1 => (option::of(place()), condition(), option::of(text().prop_map(|text| slug(&text))))
            .prop_map(|(location, condition, audit)| Action::Audit { location, condition, audit }),
        1 => (select(Sensor::ALL), option::of(place()), option::of(degrees()), option::of(degrees()), option::of(0.0..1e6))
            .prop_map(|(source, location, lat, lon, accuracy_m)| Action::Sighting { source, location, lat, lon, accuracy_m }),
        1 => Just(Action::Missing {}),
        1 => option::of(place()).prop_map(|location| Action::Found { location }),
        2 => (person(), when(), when()).prop_map(|(person, from, until)| Action::Reserve { person, from, until }),
        1 => (0_usize..24).prop_map(|of| Action::Cancel { of: id(of) }),
        1 => (select(Disposal::ALL), option::of(money()), option::of(text()))
            .prop_map(|(method, proceeds, reference)| Action::Retire { method, proceeds, reference }),
        1 => option::of(place()).prop_map(|location| Action::Reinstate { location }),
        1 => Just(Action::Note {}),
        2 => ids().prop_map(|of| Action::Void { of }),
    ]
}

/// Where photos of events lie.
fn photo() -> impl Strategy<Value = String> {
    "files/[a-z0-9-]{1,20}\\.(jpg|png|webp)"
}

fn event() -> impl Strategy<Value = Event> {
    let by = prop_oneof![4 => person(), 1 => select(vec!["desk", "import"]).prop_map(slug)];
    let job = option::of(text().prop_map(|text| slug(&text)));
    let extra = (option::of(text()), option::of(text()), job, vec(photo(), 0..2));
    (at(), by, action(), extra).prop_map(|(at, by, action, (note, batch, job, photos))| {
        // A fault is told and a note is one.
        let told = matches!(action, Action::Report { .. } | Action::Note {});
        let note = if told { Some(note.unwrap_or_else(|| "x".into())) } else { note };
        Event { id: id(0), at, by, action, note, batch, job, photos }
    })
}

/// A log with ids of its own, allowed events and others.
fn events() -> impl Strategy<Value = Vec<Event>> {
    vec(event(), 0..24).prop_map(|events| {
        events.into_iter().enumerate().map(|(place, event)| Event { id: id(place), ..event }).collect()
    })
}

fn log(events: &[Event]) -> Log {
    Log::new(events.iter().map(|event| Logged { event: event.clone(), source: Source::default() }))
}

/// A log in which every event was allowed when it was added.
fn walk(events: &[Event]) -> Vec<Event> {
    let home = slug("studio");
    let mut kept: Vec<Event> = Vec::new();
    for event in events {
        if add(&log(&kept), ground(&home), &[event]).is_ok() {
            kept.push(event.clone());
        }
    }
    kept
}

fn ground(home: &Slug) -> Ground<'_> {
    Ground { home: Some(home), zone: Tz::Europe__Berlin }
}

fn folded(events: &[Event], until: DateTime<Utc>) -> Folded {
    fold(&log(events), ground(&slug("studio")), until)
}

fn end() -> DateTime<Utc> {
    instant("2027-01-01T00:00:00Z")
}

fn refused(events: &[Event]) -> BTreeSet<EventId> {
    folded(events, end()).refused.into_keys().collect()
}

// ---- reading and writing

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_written_is_read_back(event in event()) {
        let shop = Shop::new().asset("CAM-0001").recorded(&event);
        let opened = shop.opened();
        // Its photos are not there.
        let found = opened.findings.iter().filter(|finding| finding.rule != "missing-file").collect::<Vec<_>>();
        prop_assert!(found.is_empty(), "{found:?} {}", to_toml(&event));
        let read: Vec<_> = shop.log().events().iter().map(|logged| logged.event.clone()).collect();
        prop_assert_eq!(read, vec![event]);
    }

    #[test]
    fn neither_files_nor_their_names_nor_their_order_count(
        events in events(),
        files in vec((any::<Index>(), "[a-z0-9]{1,6}"), 24),
        copies in vec(any::<Index>(), 0..3),
    ) {
        // Each event goes into a file of any name, some share one, some stand twice.
        let mut texts = std::collections::BTreeMap::<String, Vec<String>>::new();
        let places: Vec<usize> = (0..events.len()).chain(copies.iter().filter(|_| !events.is_empty()).map(|copy| copy.index(events.len()))).collect();
        for (place, (index, name)) in places.iter().zip(files.iter().cycle()) {
            let name = if index.index(3) == 0 { "packed".to_owned() } else { name.clone() };
            texts.entry(name).or_default().insert(0, to_toml(&events[*place]));
        }
        let mut shuffled = Shop::new().asset("CAM-0001");
        for (name, texts) in &texts {
            shuffled = shuffled.file(&format!("assets/CAM-0001/log/{name}.toml"), &texts.join("\n"));
        }
        let plain = events.iter().fold(Shop::new().asset("CAM-0001"), |shop, event| shop.recorded(event));
        let log = |shop: &Shop| shop.log().events().iter().map(|logged| logged.event.clone()).collect::<Vec<_>>();
        prop_assert_eq!(log(&shuffled), log(&plain));
        prop_assert_eq!(shuffled.at("2026-03-03T00:00:00Z").folded(), plain.at("2026-03-03T00:00:00Z").folded());
    }

    #[test]
    fn of_two_events_with_one_id_the_same_one_counts_whatever_the_files_are_called(one in event(), other in event()) {
        let kept = |first: &Event, second: &Event| {
            let shop = Shop::new().asset("CAM-0001")
                .file("assets/CAM-0001/log/a.toml", &to_toml(first))
                .file("assets/CAM-0001/log/b.toml", &to_toml(second));
            shop.log().events().iter().map(|logged| logged.event.clone()).collect::<Vec<_>>()
        };
        prop_assert_eq!(kept(&one, &other), kept(&other, &one));
    }

    #[test]
    fn files_of_events_sort_as_the_events_do(one in event(), other in event()) {
        if one.at < other.at {
            prop_assert!(file_name(&one) < file_name(&other));
        }
    }
}

// ---- folding and deciding

proptest! {
    #![proptest_config(config())]

    #[test]
    fn deciding_and_folding_agree(events in events(), new in vec(event(), 1..4), valid in any::<bool>()) {
        let before = if valid { walk(&events) } else { events };
        let new: Vec<_> = new.into_iter().enumerate().map(|(place, event)| Event { id: id(100 + place), ..event }).collect();
        let home = slug("studio");
        let answer = add(&log(&before), ground(&home), &new.iter().collect::<Vec<_>>());
        let all = [before.clone(), new.clone()].concat();
        // What counted before and was neither refused nor made void by the new events.
        let news: Vec<_> = refused(&all).difference(&refused(&before)).cloned().collect();
        let already_void = folded(&before, end()).voided;
        let news: Vec<_> = news.into_iter().filter(|id| !already_void.contains(id)).collect();
        // What two branches both voided is void in the log; one who sees that it is void does not void it again.
        let again = new.iter().any(|event| matches!(&event.action, Action::Void { of } if of.iter().any(|id| already_void.contains(id))));
        prop_assert_eq!(answer.is_ok(), news.is_empty() && !again, "{:?}, and newly refused are {:?}", answer, news);
        if valid && answer.is_ok() {
            prop_assert_eq!(refused(&all), BTreeSet::new());
        }
    }

    #[test]
    fn nothing_refused_changes_anything(events in events()) {
        let all = folded(&events, end());
        let refused: BTreeSet<_> = all.refused.keys().cloned().collect();
        let rest: Vec<_> = events.into_iter().filter(|event| !refused.contains(&event.id)).collect();
        let without = folded(&rest, end());
        prop_assert_eq!(without.state, all.state);
        prop_assert_eq!(without.refused, std::collections::BTreeMap::new());
    }

    #[test]
    fn what_is_void_might_as_well_not_be_there(events in events()) {
        let all = folded(&events, end());
        let counts = |event: &Event| !all.voided.contains(&event.id) && !matches!(event.action, Action::Void { .. });
        let rest: Vec<_> = events.iter().filter(|event| counts(event)).cloned().collect();
        let without = folded(&rest, end());
        prop_assert_eq!(without.state, all.state);
        let other_than_voids: std::collections::BTreeMap<_, _> = all.refused.into_iter()
            .filter(|(id, _)| events.iter().any(|event| event.id == *id && counts(event)))
            .collect();
        prop_assert_eq!(without.refused, other_than_voids);
    }

    #[test]
    fn a_look_back_knows_nothing_of_later_events_but_voids(events in events(), until in at()) {
        let past: Vec<_> = events.iter()
            .filter(|event| event.at <= until || matches!(event.action, Action::Void { .. }))
            .cloned()
            .collect();
        // A later event that is void must be there to be voided.
        let all = folded(&events, until);
        let past: Vec<_> = past.into_iter()
            .chain(events.iter().filter(|event| event.at > until && all.voided.contains(&event.id)).cloned())
            .collect();
        prop_assert_eq!(folded(&past, until).state, all.state);
    }

    #[test]
    fn the_past_does_not_change_when_more_happens(events in events(), until in at()) {
        let events: Vec<_> = events.into_iter().filter(|event| !matches!(event.action, Action::Void { .. })).collect();
        let past: Vec<_> = events.iter().filter(|event| event.at <= until).cloned().collect();
        prop_assert_eq!(folded(&past, until), folded(&events, until));
    }

    #[test]
    fn facts_do_not_contradict_each_other(events in events(), until in at()) {
        let state = folded(&events, until).state;
        if state.retired.is_some() {
            prop_assert!(state.custody.is_none() && state.missing.is_none() && state.repair.is_none());
            prop_assert!(state.reservations.is_empty());
        }
        for reservation in &state.reservations {
            prop_assert!(reservation.until.end(Tz::Europe__Berlin) >= until);
        }
    }
}

// ---- intents

/// Some hours after the newest event.
fn after(events: &[Event], hours: i64) -> DateTime<Utc> {
    let newest = events.iter().map(|event| event.at).max().unwrap_or_else(|| instant("2026-03-01T00:00:00Z"));
    newest + TimeDelta::milliseconds(1) + TimeDelta::hours(hours)
}

fn record(actions: Vec<Action>, by: &Slug, at: DateTime<Utc>) -> Vec<Event> {
    let event = |(place, action)| Event {
        id: id(200 + place),
        at: at + TimeDelta::milliseconds(i64::try_from(place).unwrap()),
        by: by.clone(),
        action,
        note: None,
        batch: None,
        job: None,
        photos: Vec::new(),
    };
    actions.into_iter().enumerate().map(event).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn who_holds_it_can_always_say_so(events in events(), person in person(), due in option::of(day()), later in 0_i64..50) {
        let home = slug("studio");
        let at = after(&events, later);
        let state = folded(&events, at).state;
        match have(&state, &person, &person, due, at, ground(&home)) {
            Err(refusal) => prop_assert!(state.retired.is_some() || state.unsafe_fault().is_some(), "{:?}", refusal),
            Ok(actions) => {
                let new = record(actions, &person, at);
                prop_assert_eq!(add(&log(&events), ground(&home), &new.iter().collect::<Vec<_>>()), Ok(()), "{:?}", new);
                let after = folded(&[events, new].concat(), end()).state;
                let custody = after.custody.unwrap();
                prop_assert_eq!(custody.person, person);
                prop_assert!(!custody.unconfirmed);
                prop_assert!(due.is_none() || custody.due == due);
                prop_assert!(after.missing.is_none());
            }
        }
    }

    #[test]
    fn who_brings_it_back_can_always_say_so(
        events in events(), place in option::of(place()), condition in option::of(select(Condition::ALL)), later in 0_i64..50,
    ) {
        let home = slug("studio");
        let at = after(&events, later);
        let state = folded(&events, at).state;
        match back(&state, place.as_ref(), condition, ground(&home)) {
            Err(_) => prop_assert!(state.retired.is_some()),
            Ok(actions) => {
                let new = record(actions, &slug("ben"), at);
                prop_assert_eq!(add(&log(&events), ground(&home), &new.iter().collect::<Vec<_>>()), Ok(()), "{:?}", new);
                let after = folded(&[events, new].concat(), end()).state;
                prop_assert!(after.custody.is_none() && after.missing.is_none());
                prop_assert_eq!(after.location, place.or(Some(home)));
                prop_assert!(condition.is_none() || after.condition == condition);
            }
        }
    }
}

// ---- text that is none of ours

/// A file of the register in which a few bytes were changed, cut out, doubled or put in.
fn damaged(bytes: &[u8], damage: &[(Index, u8, u8)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (index, how, byte) in damage {
        let at = index.index(bytes.len() + 1);
        match how % 4 {
            0 if at < bytes.len() => bytes[at] = *byte,
            1 => bytes.truncate(at.max(bytes.len().saturating_sub(40))),
            2 => bytes.insert(at, *byte),
            _ => {
                let piece = bytes[at.saturating_sub(12)..at].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

fn survives(tree: &Tree) {
    let opened = open(tree);
    let clock = instant("2026-11-27T12:00:00Z");
    for finding in opened.check(&Moment::at(clock, opened.register.config.timezone), clock) {
        let place = finding.place.unwrap();
        if let Some(span) = place.span {
            let text = tree.text(&place.path).unwrap();
            assert!(span.start <= span.end && span.end <= text.len(), "{}: {}", place.path, finding.message);
            assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{}", finding.message);
            tree.position(&place.path, span.start).unwrap();
        }
        assert!(!finding.message.contains(char::is_control), "{:?}", finding.message);
    }
}

const PATHS: &[&str] = &[
    "tagbook.toml",
    "locations.toml",
    "categories.toml",
    "people/ana.toml",
    "phones/ana/a.toml",
    "audits/a.toml",
    "jobs/a.toml",
    "tags/a.toml",
    "assets/CAM-0001/asset.toml",
    "assets/CAM-0001/log/a.toml",
];

/// A sound file for each of [`PATHS`], with every kind of value.
const TEXTS: &[&str] = &[
    "title = 'Shop'\nbase_url = 'https://x.org/'\ncurrency = 'EUR'\ntimezone = 'Europe/Berlin'\n[rules]\noverdue = 'off'\n",
    "[hq]\nname = 'House'\nlat = 52.5\nlon = 13.4\nradius_m = 60\n[studio]\nname = 'Studio'\nwithin = 'hq'\n",
    "[camera]\nname = 'Cameras'\nprefix = 'CAM'\naudit_every = '180d'\nrequire = ['serial']\n[camera.fields]\na = { type = 'number', unit = 'g' }\n",
    "name = \"Ana \\u00e9\"\nrole = 'keeper'\nleft = 2026-01-31\n",
    "name = 'x'\nsince = 2026-01-31T10:00:00+02:00\n",
    "title = 'Q4'\nopened = 2026-01-31T10:00:00Z\nunknown = ['X']\n",
    "title = 'Nord'\nfrom = 2026-01-31\nuntil = 2026-02-01\n",
    "numbers = ['7K3QXJ', '9ZP4MJ']\n",
    "name = 'FX3'\ncategory = 'camera'\nserial = '1'\naliases = ['OLD-1']\ndocuments = [{ file = 'a.pdf' }]\nnotes = '''\n*x*\n'''\n[purchase]\ndate = 2024-01-12\ncost = '3899.00 EUR'\n[fields]\na = 640\n",
    "[[event]]\nid = 'a1b2c3d4'\nat = 2026-02-02T08:00:00.123Z\nkind = 'checkout'\nby = 'ana'\nto = 'ana'\ndue = 2026-02-06\n\n[[event]]\nid = 'a1b2c3d5'\nat = 2026-02-03T08:00:00Z\nkind = 'return'\nby = 'ana'\n",
];

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_are_survived(path in select(PATHS), bytes in vec(any::<u8>(), 0..200)) {
        let mut tree = Tree::default();
        tree.insert_toml(path, bytes);
        survives(&tree);
    }

    #[test]
    fn any_text_that_looks_like_toml_is_survived(path in select(PATHS), text in "([a-z.\"'\\[\\]{}=,#:T0-9 +-]|\\n|\\r\\n|é|\u{202e}|\u{0}|event|kind|name){0,60}") {
        let mut tree = Tree::default();
        tree.insert_toml(path, text.into_bytes());
        survives(&tree);
    }

    #[test]
    fn any_damage_is_survived(damage in vec((any::<Index>(), vec((any::<Index>(), any::<u8>(), any::<u8>()), 1..6)), 1..4)) {
        let mut texts: Vec<Vec<u8>> = TEXTS.iter().map(|text| text.as_bytes().to_vec()).collect();
        for (file, damage) in &damage {
            let file = file.index(texts.len());
            texts[file] = damaged(&texts[file], damage);
        }
        let mut tree = Tree::default();
        for (path, text) in PATHS.iter().zip(texts) {
            tree.insert_toml(*path, text);
        }
        survives(&tree);
    }

    #[test]
    fn any_path_is_survived(path in "(assets|people|locations.toml|log|files|[A-Z0-9.-]{1,5}|[^\\p{C}/]{1,3}|asset.toml)(/(log|files|asset.toml|CAM-1|[^/]{1,4})){0,4}") {
        let mut tree = Tree::default();
        for (path, entry) in [(path.clone(), Entry::toml(b"name = 'x'".to_vec())), (format!("{path}.toml"), Entry::Link)] {
            tree.insert(path, entry);
        }
        survives(&tree);
    }
}

#[test]
fn the_sound_files_are_sound() {
    let mut tree = Tree::default();
    for (path, text) in PATHS.iter().zip(TEXTS) {
        tree.insert_toml(*path, text.as_bytes().to_vec());
    }
    tree.insert("assets/CAM-0001/a.pdf", Entry::Other(tagbook::tree::Facts::default()));
    assert_eq!(open(&tree).findings, []);
}
