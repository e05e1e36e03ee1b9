//! What each kind of event is allowed to do, and what it does: the table of events and states, line by line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::pedantic, reason = "a test may fail, and panics to say so")]

mod shop;

use std::fmt::Write;

use shop::Shop;

/// Every situation that an event may meet, each reached by a short story about one camera.
fn situations() -> Vec<(&'static str, Shop)> {
    let shelf = || Shop::new().asset("CAM-0001").did("note", "note = 'new'");
    let out = || shelf().did("checkout", "to = 'ben'");
    vec![
        ("shelf", shelf()),
        ("out", out()),
        ("missing", shelf().did("missing", "")),
        ("lost", out().did("missing", "")),
        ("repair", shelf().did("repair", "")),
        ("broken", out().did("repair", "")),
        ("retired", shelf().did("retire", "method = 'sold'")),
        ("unsafe", shelf().did("report", "severity = 'unsafe'; note = 'sparks'")),
        ("reserved", shelf().did("reserve", "for = 'chi'; from = 2026-03-02; until = 2026-03-03")),
    ]
}

/// `shelf`: at home. `out`: with Ben. `lost`: out and missing. `broken`: out and in repair.
/// `unsafe`: at home with an unsafe fault. `reserved`: at home, reserved for Chi today. A dot is a yes.
const ALLOWED: &str = "
           shelf          out            missing        lost           repair         broken         retired        unsafe         reserved
checkout   .              held           missing        missing        in-repair      in-repair      retired        unsafe         reserved
return     not-out        .              not-out        missing        not-out        .              not-out        not-out        not-out
transfer   not-out        .              not-out        missing        not-out        .              not-out        not-out        not-out
accept     not-out        .              not-out        .              not-out        .              not-out        not-out        not-out
extend     not-out        .              not-out        .              not-out        .              not-out        not-out        not-out
move       .              .              missing        missing        .              .              retired        .              .
report     .              .              .              .              .              .              retired        .              .
repair     .              .              missing        missing        in-repair      in-repair      retired        .              .
repaired   not-in-repair  not-in-repair  not-in-repair  not-in-repair  .              .              not-in-repair  .              not-in-repair
inspect    .              .              .              .              .              .              retired        .              .
audit      .              .              .              .              .              .              .              .              .
sighting   .              .              .              .              .              .              .              .              .
missing    .              .              missing        missing        .              .              retired        .              .
found      not-missing    not-missing    .              .              not-missing    not-missing    not-missing    not-missing    not-missing
reserve    .              .              .              .              .              .              retired        .              .
cancel     no-such-reservation no-such-reservation no-such-reservation no-such-reservation no-such-reservation no-such-reservation no-such-reservation no-such-reservation .
retire     .              held           .              .              .              held           retired        .              .
reinstate  not-retired    not-retired    not-retired    not-retired    not-retired    not-retired    .              not-retired    not-retired
note       .              .              .              .              .              .              .              .              .
void       .              .              .              .              .              .              .              .              .
";

const FIELDS: &[(&str, &str)] = &[
    ("checkout", "to = 'ben'"),
    ("return", ""),
    ("transfer", "to = 'chi'"),
    ("accept", ""),
    ("extend", "due = 2026-04-01"),
    ("move", "location = 'van'"),
    ("report", "severity = 'minor'; note = 'scratch'"),
    ("repair", ""),
    ("repaired", ""),
    ("inspect", "result = 'pass'"),
    ("audit", ""),
    ("sighting", "source = 'scan'"),
    ("missing", ""),
    ("found", ""),
    ("reserve", "for = 'ben'; from = 2026-05-01; until = 2026-05-02"),
    ("cancel", "of = 'a0000002'"),
    ("retire", "method = 'sold'"),
    ("reinstate", ""),
    ("note", "note = 'x'"),
    ("void", "of = 'a0000001'"),
];

#[test]
fn events_are_allowed_as_the_table_says() {
    let situations = situations();
    let mut table = String::from("\n          ");
    for (name, _) in &situations {
        let _ = write!(table, " {name:<14}");
    }
    for (kind, fields) in FIELDS {
        let _ = write!(table, "\n{kind:<10}");
        for (_, shop) in &situations {
            // Ben is who has it wherever anybody has; only keepers retire, reinstate and void.
            let shop = if *kind == "accept" { shop.clone().by("ben") } else { shop.clone() };
            let _ = write!(table, " {:<14}", shop.ask(kind, fields).err().unwrap_or("."));
        }
    }
    let trimmed = |text: &str| text.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>();
    assert_eq!(trimmed(&table), trimmed(ALLOWED.trim_end()), "{table}");
}

#[test]
fn the_log_refuses_what_would_not_have_been_allowed_and_goes_on() {
    for (kind, fields) in FIELDS {
        for (name, shop) in situations() {
            let shop = if *kind == "accept" { shop.by("ben") } else { shop };
            let asked = shop.ask(kind, fields);
            let before = shop.clone().wait(60).state();
            let shop = shop.did(kind, fields);
            assert_eq!(shop.refused(), Vec::from_iter(asked.err()), "{kind} while {name}");
            if asked.is_err() {
                assert_eq!(shop.state(), before, "{kind} while {name}");
            }
            assert!(shop.did("note", "note = 'later'").refused().len() <= 1);
        }
    }
}

/// A story: events, each with the state in a line after it.
fn story(shop: Shop, steps: &[(&str, &str, &str)]) -> Shop {
    steps.iter().fold(shop, |shop, (kind, fields, after)| {
        let shop = shop.did(kind, fields);
        assert_eq!(shop.refused(), Vec::<&str>::new(), "{kind} {fields}");
        assert_eq!(shop.line(), *after, "{kind} {fields}");
        shop
    })
}

#[test]
fn it_goes_out_from_hand_to_hand_and_back() {
    let shop = Shop::new().file("jobs/nord.toml", "title = 'Nord'").asset("CAM-0001");
    assert_eq!(shop.line(), "available, in studio");
    let steps = [
        (
            "checkout",
            "to = 'ben'; due = 2026-03-05; job = 'nord'",
            "checked-out ben, due 2026-03-05, for nord, with them",
        ),
        ("transfer", "to = 'chi'", "checked-out chi, due 2026-03-05, for nord, unconfirmed, with them"),
    ];
    let steps_of_chi = [
        ("accept", "", "checked-out chi, due 2026-03-05, for nord, with them"),
        ("extend", "due = 2026-03-09", "checked-out chi, due 2026-03-09, for nord, with them"),
        ("move", "location = 'van'", "checked-out chi, due 2026-03-09, for nord, in van"),
        (
            "transfer",
            "to = 'ana'; due = 2026-03-07; location = 'hq'",
            "checked-out ana, due 2026-03-07, for nord, unconfirmed, in hq",
        ),
        ("return", "condition = 'worn'", "available, in studio, worn"),
        ("checkout", "to = 'ben'; location = 'van'", "checked-out ben, in van, worn"),
        ("return", "location = 'hq'", "available, in hq, worn"),
    ];
    story(story(shop, &steps).by("chi"), &steps_of_chi);
}

#[test]
fn whoever_takes_it_over_themselves_has_confirmed_it() {
    let shop = Shop::new().asset("CAM-0001").did("checkout", "to = 'ben'").by("chi");
    story(shop, &[("transfer", "to = 'chi'", "checked-out chi, with them")]);
}

#[test]
fn only_the_custodian_confirms() {
    let shop = Shop::new().asset("CAM-0001").did("checkout", "to = 'ben'").did("transfer", "to = 'chi'");
    assert_eq!(shop.clone().by("ben").ask("accept", ""), Err("held"));
    assert_eq!(shop.clone().by("ana").ask("accept", ""), Err("held"));
    assert_eq!(shop.by("chi").ask("accept", ""), Ok(()));
}

#[test]
fn it_is_not_handed_to_whom_has_it() {
    let shop = Shop::new().asset("CAM-0001").did("checkout", "to = 'ben'");
    assert_eq!(shop.ask("transfer", "to = 'ben'"), Err("held"));
}

#[test]
fn it_breaks_and_is_mended() {
    let shop = Shop::new().asset("CAM-0001");
    let steps = [
        ("report", "severity = 'minor'; note = 'dust'", "available, in studio, minor fault a0000001"),
        (
            "report",
            "severity = 'major'; note = 'lens'",
            "available, in studio, minor fault a0000001, major fault a0000002",
        ),
        ("checkout", "to = 'ben'", "checked-out ben, with them, minor fault a0000001, major fault a0000002"),
        ("repair", "vendor = 'Foto Koch'", "in-repair ben, with them, minor fault a0000001, major fault a0000002"),
        ("return", "", "in-repair, in studio, minor fault a0000001, major fault a0000002"),
        (
            "repaired",
            "of = ['a0000002']; condition = 'good'; cost = '89.00 EUR'",
            "available, in studio, good, minor fault a0000001",
        ),
        ("repaired", "", "available, in studio, good"),
        ("inspect", "result = 'fail'", "available, in studio, good, unsafe fault a0000008"),
        ("repair", "", "in-repair, in studio, good, unsafe fault a0000008"),
        ("repaired", "of = []", "available, in studio, good, unsafe fault a0000008"),
        ("repaired", "of = 'a0000008'", "available, in studio, good"),
    ];
    let shop = story(shop, &steps);
    assert_eq!(shop.ask("repaired", "of = 'a0000008'"), Err("not-in-repair"));
    assert_eq!(shop.did("repair", "").ask("repaired", "of = 'a0000008'"), Err("no-such-fault"));
}

#[test]
fn it_is_lost_and_found() {
    let shop = Shop::new().asset("CAM-0001");
    let steps = [
        ("move", "location = 'van'", "available, in van"),
        ("missing", "", "missing, in van"),
        ("sighting", "source = 'rfid'; location = 'hq'", "missing, in van"),
        ("found", "", "available, in van"),
        ("missing", "", "missing, in van"),
        ("found", "location = 'hq'", "available, in hq"),
        ("checkout", "to = 'ben'; due = 2026-03-05", "checked-out ben, due 2026-03-05, with them"),
        ("missing", "", "missing ben, due 2026-03-05, with them"),
        ("found", "", "checked-out ben, due 2026-03-05, with them"),
        ("missing", "", "missing ben, due 2026-03-05, with them"),
        ("audit", "location = 'van'; condition = 'damaged'", "checked-out ben, due 2026-03-05, with them, damaged"),
        ("return", "", "available, in studio, damaged"),
        ("audit", "location = 'van'", "available, in van, damaged"),
    ];
    story(shop, &steps);
}

#[test]
fn it_is_counted_and_seen() {
    let shop = Shop::new().asset("CAM-0001");
    assert_eq!(shop.state().seen, None);
    let shop = shop.did("sighting", "source = 'gps'; lat = 52.5; lon = 13.4; accuracy_m = 12");
    let state = shop.state();
    assert_eq!(state.seen.unwrap().position, Some((52.5, 13.4)));
    assert_eq!(state.audited, None);
    let shop = shop.did("audit", "location = 'van'");
    let state = shop.state();
    assert_eq!(state.seen.unwrap().location, Some(shop::slug("van")));
    assert_eq!(state.audited, Some(shop.clock - chrono::TimeDelta::minutes(60)));
}

#[test]
fn it_is_inspected() {
    let shop = Shop::new().asset("CAM-0001").did("inspect", "result = 'pass'; next = 2027-06-01; certificate = 'C-1'");
    let inspected = shop.state().inspected.unwrap();
    assert_eq!(inspected.next.unwrap().to_string(), "2027-06-01");
    assert_eq!(shop.line(), "available, in studio");
}

#[test]
fn it_leaves_and_comes_back() {
    let shop = Shop::new().asset("CAM-0001");
    let steps = [
        ("report", "severity = 'unsafe'; note = 'sparks'", "available, in studio, unsafe fault a0000001"),
        (
            "reserve",
            "for = 'ben'; from = 2026-05-01; until = 2026-05-02",
            "available, in studio, unsafe fault a0000001, reserved for ben 2026-05-01 to 2026-05-02",
        ),
        ("repair", "", "in-repair, in studio, unsafe fault a0000001, reserved for ben 2026-05-01 to 2026-05-02"),
        (
            "missing",
            "",
            "missing, in studio, repairing, unsafe fault a0000001, reserved for ben 2026-05-01 to 2026-05-02",
        ),
        (
            "retire",
            "method = 'stolen'; proceeds = '10.00 EUR'; reference = 'POL-1'",
            "retired, in studio, unsafe fault a0000001",
        ),
        ("audit", "", "retired, in studio, unsafe fault a0000001"),
        ("reinstate", "location = 'van'", "available, in van, unsafe fault a0000001"),
    ];
    let shop = story(shop, &steps);
    let shop = shop.did("retire", "method = 'lost'");
    story(shop, &[("reinstate", "", "available, in studio, unsafe fault a0000001")]);
}

#[test]
fn what_is_lost_while_out_is_retired_from_whom_had_it() {
    let shop = Shop::new().asset("CAM-0001").did("checkout", "to = 'ben'").did("missing", "");
    story(shop, &[("retire", "method = 'lost'", "retired, with them")]);
}

#[test]
fn a_thing_without_a_home_is_somewhere() {
    let shop = Shop::new().file("assets/CAM-0001/asset.toml", "name = 'x'\ncategory = 'camera'").about("CAM-0001");
    story(shop, &[("checkout", "to = 'ben'", "checked-out ben, with them"), ("return", "", "available, with them")]);
}

#[test]
fn it_is_set_aside() {
    let shop = Shop::new().asset("CAM-0001").did("reserve", "for = 'ben'; from = 2026-03-10; until = 2026-03-12");
    for (fields, answer) in [
        ("for = 'chi'; from = 2026-03-12; until = 2026-03-13", Err("reserved")),
        ("for = 'chi'; from = 2026-03-08; until = 2026-03-10", Err("reserved")),
        ("for = 'ben'; from = 2026-03-11; until = 2026-03-11", Err("reserved")),
        ("for = 'chi'; from = 2026-03-12T23:59:59Z; until = 2026-03-13", Err("reserved")),
        ("for = 'chi'; from = 2026-03-13T00:00:00Z; until = 2026-03-13", Ok(())),
        ("for = 'chi'; from = 2026-03-09; until = 2026-03-09", Ok(())),
        ("for = 'chi'; from = 2026-03-15; until = 2026-03-14", Err("out-of-order")),
        ("for = 'gus'; from = 2026-04-15; until = 2026-04-16", Err("has-left")),
        ("for = 'nobody'; from = 2026-04-15; until = 2026-04-16", Err("unknown-person")),
    ] {
        assert_eq!(shop.ask("reserve", fields), answer, "{fields}");
    }
    // Before it begins, anyone may have it; inside, only whom it is for; after, anyone.
    for (at, person, answer) in [
        ("2026-03-09T23:59:59Z", "chi", Ok(())),
        ("2026-03-10T00:00:00Z", "chi", Err("reserved")),
        ("2026-03-10T00:00:00Z", "ben", Ok(())),
        ("2026-03-12T23:59:59Z", "chi", Err("reserved")),
        ("2026-03-13T00:00:00Z", "chi", Ok(())),
    ] {
        assert_eq!(shop.clone().at(at).ask("checkout", &format!("to = '{person}'")), answer, "{at} {person}");
    }
}

#[test]
fn a_reservation_ends_when_it_is_fulfilled_cancelled_or_over() {
    let reserved = "available, in studio, reserved for ben 2026-03-10 to 2026-03-12";
    let shop = Shop::new().asset("CAM-0001").did("reserve", "for = 'ben'; from = 2026-03-10; until = 2026-03-12");
    assert_eq!(shop.line(), reserved);
    assert_eq!(shop.clone().at("2026-03-12T23:59:59Z").line(), reserved);
    assert_eq!(shop.clone().at("2026-03-13T00:00:00Z").line(), "available, in studio");
    assert_eq!(shop.clone().did("cancel", "of = 'a0000001'").line(), "available, in studio");
    // A loan that reaches into it fulfils it, one that ends before does not, nor one of somebody else.
    let shop = shop.at("2026-03-09T09:00:00Z");
    let out = |fields: &str| shop.clone().did("checkout", fields).line();
    assert_eq!(out("to = 'ben'; due = 2026-03-10"), "checked-out ben, due 2026-03-10, with them");
    let kept = "reserved for ben 2026-03-10 to 2026-03-12";
    assert_eq!(out("to = 'ben'; due = 2026-03-09"), format!("checked-out ben, due 2026-03-09, with them, {kept}"));
    assert_eq!(out("to = 'chi'; due = 2026-03-11"), format!("checked-out chi, due 2026-03-11, with them, {kept}"));
    assert_eq!(shop.at("2026-03-10T09:00:00Z").did("checkout", "to = 'ben'").line(), "checked-out ben, with them");
}

#[test]
fn what_is_void_never_happened() {
    let shop = Shop::new().asset("CAM-0001").did("checkout", "to = 'ben'");
    let wrong = shop.clone().at("2026-03-03T09:00:00Z").did("void", "of = 'a0000001'");
    assert_eq!(wrong.line(), "available, in studio");
    assert_eq!(wrong.clone().at("2026-03-02T10:00:00Z").line(), "available, in studio");
    assert_eq!(wrong.ask("void", "of = 'a0000001'"), Err("already-void"));
    assert_eq!(wrong.ask("void", "of = 'a0000002'"), Err("void-of-void"));
    assert_eq!(wrong.ask("void", "of = 'zzzzzzzz'"), Err("no-such-event"));
    assert_eq!(wrong.ask("void", "of = []"), Err("no-such-event"));
    assert_eq!(wrong.ask("void", "of = 'a0000003'"), Err("void-of-void"));
    // A refused event may be voided: that is how the log comes clean again.
    let shop = shop.did("checkout", "to = 'chi'");
    assert_eq!(shop.refused(), ["held"]);
    let shop = shop.did("void", "of = 'a0000002'");
    assert_eq!((shop.refused(), shop.line().as_str()), (vec![], "checked-out ben, with them"));
    // One of several that cannot be void leaves the others as they are.
    let shop = shop.did("void", "of = ['a0000001', 'zzzzzzzz']");
    assert_eq!((shop.refused(), shop.line().as_str()), (vec!["no-such-event"], "checked-out ben, with them"));
}

#[test]
fn days_end_when_the_register_says() {
    let shop = |zone: &str| {
        Shop::new()
            .file("tagbook.toml", &format!("title = 'x'\ntimezone = '{zone}'"))
            .asset("CAM-0001")
            .did("reserve", "for = 'ben'; from = 2026-03-10; until = 2026-03-12")
    };
    for (zone, from, until) in [
        ("Europe/Berlin", "2026-03-09T23:00:00Z", "2026-03-12T22:59:59.999Z"),
        ("America/Los_Angeles", "2026-03-10T07:00:00Z", "2026-03-13T06:59:59.999Z"),
        ("Pacific/Kiritimati", "2026-03-09T10:00:00Z", "2026-03-12T09:59:59.999Z"),
    ] {
        let asks = |at| shop(zone).at(at).ask("checkout", "to = 'chi'");
        assert_eq!((asks(from), asks(until)), (Err("reserved"), Err("reserved")), "{zone}");
        let before = shop(zone).at(from).wait(-1).ask("checkout", "to = 'chi'");
        let after = shop(zone).at(until).wait(1).ask("checkout", "to = 'chi'");
        assert_eq!((before, after), (Ok(()), Ok(())), "{zone}");
    }
}
