//! What may be recorded: the past, people and their roles, undoing, intents, kits.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::pedantic, reason = "a test may fail, and panics to say so")]

mod shop;

use shop::{Shop, instant, line, slug};
use tagbook::register::decide::{Request, back, decide, have, next_instant, with_parts};
use tagbook::register::event::Condition;
use tagbook::register::{Action, Event, EventId, Ground, Number, Refusal, Tz};

fn camera() -> Shop {
    Shop::new().asset("CAM-0001")
}

#[test]
fn a_refusal_says_who_has_it_since_when_and_by_which_event() {
    let shop = camera().did("checkout", "to = 'ben'");
    let refusal = shop.ask_all(&[shop.event("checkout", "to = 'chi'")]).unwrap_err();
    assert_eq!(refusal.code, "held");
    assert_eq!(refusal.holder, Some(slug("ben")));
    assert_eq!(refusal.since, Some(instant("2026-03-02T09:00:00Z")));
    assert_eq!(refusal.event, Some(EventId::parse("a0000001").unwrap()));
    assert_eq!(refusal.message, "`ben` has it since 2026-03-02 09:00, by event `a0000001`");
    assert!(refusal.instead.is_some());
}

#[test]
fn what_happened_before_may_be_recorded_where_it_fits() {
    // Out from ten to twelve, and again from two.
    let shop = camera()
        .at("2026-03-02T10:00:00Z")
        .did("checkout", "to = 'ben'")
        .at("2026-03-02T12:00:00Z")
        .did("return", "")
        .at("2026-03-02T14:00:00Z")
        .did("checkout", "to = 'chi'")
        .at("2026-03-02T18:00:00Z");
    for (at, kind, fields, answer) in [
        ("2026-03-02T09:00:00Z", "note", "note = 'x'", Ok(())),
        ("2026-03-02T11:00:00Z", "transfer", "to = 'ana'", Ok(())),
        ("2026-03-02T11:00:00Z", "checkout", "to = 'ana'", Err("held")),
        ("2026-03-02T11:00:00Z", "return", "", Err("displaces")),
        ("2026-03-02T13:00:00Z", "checkout", "to = 'ana'", Err("displaces")),
        ("2026-03-02T13:00:00Z", "missing", "", Err("displaces")),
        ("2026-03-02T13:00:00Z", "retire", "method = 'sold'", Err("displaces")),
        ("2026-03-02T13:00:00Z", "move", "location = 'van'", Ok(())),
        ("2026-03-02T15:00:00Z", "return", "", Ok(())),
    ] {
        assert_eq!(shop.ask_of(at, kind, fields).map_err(|refusal| refusal.code), answer, "{kind} at {at}");
    }
    let refusal = shop.ask_of("2026-03-02T11:00:00Z", "return", "").unwrap_err();
    assert_eq!(refusal.event, Some(EventId::parse("a0000002").unwrap()));
    assert!(refusal.message.contains("`a0000002` (return at 2026-03-02 12:00)"), "{}", refusal.message);
}

#[test]
fn voiding_what_others_stand_on_is_refused_and_names_them() {
    let shop = camera().did("checkout", "to = 'ben'").did("return", "").did("checkout", "to = 'chi'");
    assert_eq!(shop.ask("void", "of = 'a0000001'"), Err("displaces"));
    assert_eq!(shop.ask("void", "of = 'a0000002'"), Err("displaces"));
    assert_eq!(shop.ask("void", "of = ['a0000001', 'a0000002']"), Ok(()));
    assert_eq!(shop.ask("void", "of = 'a0000003'"), Ok(()));
}

#[test]
fn a_wrong_log_can_be_put_right() {
    // The return is missing in between; the second checkout is refused until it is recorded.
    let shop = camera().did("checkout", "to = 'ben'").did("checkout", "to = 'chi'").did("return", "");
    assert_eq!(shop.refused(), ["held"]);
    assert_eq!(shop.ask("checkout", "to = 'ana'"), Ok(()));
    assert_eq!(shop.ask("return", ""), Err("not-out"));
    let returned = shop.ask_of("2026-03-02T09:30:00Z", "return", "");
    assert_eq!(returned, Ok(()));
}

#[test]
fn what_has_not_happened_is_not_recorded() {
    let shop = camera();
    for (minutes, answer) in [(9, Ok(())), (11, Err("future"))] {
        let event = shop.clone().wait(minutes).event("note", "note = 'x'");
        assert_eq!(shop.ask_all(&[event]).map_err(|refusal| refusal.code), answer, "in {minutes} minutes");
    }
}

#[test]
fn days_are_in_order() {
    let shop = camera();
    assert_eq!(shop.ask("checkout", "to = 'ben'; due = 2026-03-01"), Err("out-of-order"));
    assert_eq!(shop.ask("checkout", "to = 'ben'; due = 2026-03-02"), Ok(()));
    assert_eq!(shop.ask("repair", "due = 2026-03-01"), Err("out-of-order"));
    assert_eq!(shop.ask("sighting", "source = 'gps'; lat = 91.0; lon = 0.0"), Err("out-of-order"));
    assert_eq!(shop.ask("sighting", "source = 'gps'; lat = 1.0"), Err("out-of-order"));
    assert_eq!(shop.ask("sighting", "source = 'gps'; lat = 1.0; lon = 1.0; accuracy_m = -1"), Err("out-of-order"));
}

#[test]
fn names_are_known() {
    let shop = camera();
    assert_eq!(shop.ask("checkout", "to = 'bne'"), Err("unknown-person"));
    assert_eq!(shop.ask("move", "location = 'vna'"), Err("unknown-location"));
    assert_eq!(shop.clone().by("nobody").ask("note", "note = 'x'"), Err("unknown-person"));
    let refusal = shop.ask_all(&[shop.event("checkout", "to = 'bne'")]).unwrap_err();
    assert_eq!(refusal.instead.unwrap(), "did you mean `ben`?");
    let request = Request { number: Number::parse("CAM-0002").unwrap(), event: shop.event("note", "note = 'x'") };
    let refusals = decide(&shop.opened(), &[request], &shop.moment()).unwrap_err();
    assert_eq!(refusals[0].1.code, "unknown-asset");
    assert_eq!(refusals[0].1.instead.as_deref(), Some("did you mean `CAM-0001`?"));
}

#[test]
fn who_has_left_takes_nothing_and_records_nothing() {
    let shop = camera().at("2026-01-20T09:00:00Z").did("checkout", "to = 'gus'").at("2026-03-02T09:00:00Z");
    assert_eq!(shop.refused(), Vec::<&str>::new());
    assert_eq!(shop.rules(), ["inactive-custodian"]);
    assert_eq!(shop.clone().by("gus").ask("return", ""), Err("has-left"));
    assert_eq!(shop.ask("return", ""), Ok(()));
    let shop = shop.did("return", "");
    assert_eq!(shop.ask("checkout", "to = 'gus'"), Err("has-left"));
    // On their last day they are still here, and what they took then may be recorded later.
    assert_eq!(shop.clone().at("2026-01-31T23:00:00Z").by("gus").ask("note", "note = 'bye'"), Ok(()));
    let other = Shop::new().asset("CAM-0002");
    assert_eq!(other.ask_of("2026-01-31T10:00:00Z", "checkout", "to = 'gus'"), Ok(()));
    assert_eq!(other.ask_of("2026-02-01T10:00:00Z", "checkout", "to = 'gus'").unwrap_err().code, "has-left");
}

#[test]
fn members_hand_out_for_others_and_leave_the_rest_to_keepers() {
    let shop = camera().by("ben");
    assert_eq!(shop.ask("checkout", "to = 'chi'"), Ok(()));
    assert_eq!(shop.ask("report", "severity = 'minor'; note = 'x'"), Ok(()));
    assert_eq!(shop.ask("retire", "method = 'sold'"), Err("keepers-only"));
    assert_eq!(shop.clone().by("desk").ask("retire", "method = 'sold'"), Ok(()));
    let retired = shop.by("ana").did("retire", "method = 'sold'");
    assert_eq!(retired.clone().by("ben").ask("reinstate", ""), Err("keepers-only"));
    assert_eq!(retired.ask("reinstate", ""), Ok(()));
}

#[test]
fn members_undo_their_own_newest_event_for_a_quarter_of_an_hour() {
    let shop = camera().by("ben").did("checkout", "to = 'ben'").wait(-60);
    let undo = "of = 'a0000001'";
    assert_eq!(shop.clone().wait(15).ask("void", undo), Ok(()));
    assert_eq!(shop.clone().wait(16).ask("void", undo), Err("keepers-only"));
    assert_eq!(shop.clone().wait(5).by("chi").ask("void", undo), Err("keepers-only"));
    assert_eq!(shop.clone().wait(600).by("ana").ask("void", undo), Ok(()));
    let later = shop.clone().wait(1).did("note", "note = 'x'").wait(-55);
    assert_eq!(later.ask("void", undo), Err("keepers-only"));
    assert_eq!(later.ask("void", "of = 'a0000002'"), Ok(()));
    assert_eq!(later.ask("void", "of = ['a0000001', 'a0000002']"), Ok(()));
    assert_eq!(shop.wait(5).ask("void", "of = []"), Err("no-such-event"));
}

#[test]
fn requests_are_decided_together() {
    let shop = camera().did("missing", "");
    let found = shop.event("found", "");
    let out = Event { id: EventId::parse("zzzzzzzz").unwrap(), ..shop.clone().wait(1).event("checkout", "to = 'ben'") };
    assert_eq!(shop.ask_all(&[found.clone(), out.clone()]), Ok(()));
    assert_eq!(shop.ask_all(std::slice::from_ref(&out)).unwrap_err().code, "missing");
    // In order of their instants, however they are handed over.
    assert_eq!(shop.ask_all(&[out, found]), Ok(()));
}

#[test]
fn an_id_is_recorded_once() {
    let shop = camera().did("note", "note = 'x'");
    let again = Event { id: EventId::parse("a0000001").unwrap(), ..shop.event("note", "note = 'y'") };
    assert_eq!(shop.ask_all(&[again]).unwrap_err().code, "known-id");
    let twice = shop.event("note", "note = 'y'");
    assert_eq!(shop.ask_all(&[twice.clone(), twice]).unwrap_err().code, "known-id");
}

#[test]
fn several_assets_are_all_or_nothing() {
    let shop = camera().did("checkout", "to = 'ben'").asset("CAM-0002").asset("CAM-0003");
    let request = |number: &str, id: &str| {
        let event = Event { id: EventId::parse(id).unwrap(), ..shop.event("checkout", "to = 'chi'") };
        Request { number: Number::parse(number).unwrap(), event }
    };
    let ask = |requests: &[Request]| decide(&shop.opened(), requests, &shop.moment());
    assert_eq!(ask(&[request("CAM-0002", "zzzzzzz2"), request("CAM-0003", "zzzzzzz3")]), Ok(()));
    let refusals = ask(&[request("CAM-0001", "zzzzzzz1"), request("CAM-0002", "zzzzzzz2")]).unwrap_err();
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].0.as_str(), "CAM-0001");
}

#[test]
fn the_next_event_comes_after_the_newest() {
    let shop = camera().did("note", "note = 'x'");
    let log = shop.log();
    let next = |now: &str| tagbook::register::time::instant(next_instant(&log, instant(now)));
    assert_eq!(next("2026-03-02T10:00:00.1239Z"), "2026-03-02T10:00:00.123Z");
    assert_eq!(next("2026-03-02T08:55:00Z"), "2026-03-02T09:00:00.001Z");
    // What is further ahead than clocks differ has not happened, and holds nothing up.
    assert_eq!(next("2026-03-02T08:00:00Z"), "2026-03-02T08:00:00Z");
}

/// What an intent comes to: the kinds, and the state in a line after they are recorded.
fn intent(shop: &Shop, actions: Result<Vec<Action>, Refusal>) -> Result<(String, String), &'static str> {
    let actions = actions.map_err(|refusal| refusal.code)?;
    let kinds: Vec<_> = actions.iter().map(Action::kind).collect();
    let mut shop = shop.clone();
    let log = shop.log();
    let first = next_instant(&log, shop.clock);
    let event = |(at, action): (i64, Action)| Event {
        id: EventId::parse(&format!("zzzzzzz{at}")).unwrap(),
        at: first + chrono::TimeDelta::milliseconds(at),
        by: slug("ben"),
        action,
        note: None,
        batch: None,
        job: None,
        photos: Vec::new(),
    };
    let events: Vec<_> = (0..).zip(actions.iter().cloned()).map(event).collect();
    shop.ask_all(&events).map_err(|refusal| refusal.code)?;
    for event in &events {
        shop = shop.recorded(event);
    }
    shop.clock = events.last().unwrap().at;
    assert_eq!(shop.refused(), Vec::<&str>::new());
    Ok((kinds.join(" "), line(&shop.state())))
}

fn ground() -> (tagbook::register::Slug, Tz) {
    (slug("studio"), Tz::UTC)
}

#[test]
fn i_have_it_now() {
    let (home, zone) = ground();
    let ground = Ground { home: Some(&home), zone };
    let ask = |shop: Shop| intent(&shop, have(&shop.state(), &slug("ben"), &slug("ben"), None, shop.clock, ground));
    let said = |kinds: &str, line: &str| Ok((kinds.to_owned(), line.to_owned()));
    let mine = "checked-out ben, with them";
    assert_eq!(ask(camera()), said("checkout", mine));
    assert_eq!(ask(camera().did("checkout", "to = 'chi'")), said("transfer", mine));
    assert_eq!(ask(camera().did("checkout", "to = 'ben'")), said("sighting", mine));
    assert_eq!(ask(camera().did("checkout", "to = 'chi'").did("transfer", "to = 'ben'")), said("accept", mine));
    assert_eq!(ask(camera().did("missing", "")), said("found checkout", mine));
    assert_eq!(ask(camera().did("checkout", "to = 'ben'").did("missing", "")), said("found", mine));
    assert_eq!(ask(camera().did("checkout", "to = 'chi'").did("missing", "")), said("found transfer", mine));
    assert_eq!(ask(camera().did("repair", "")), said("repaired checkout", mine));
    let fault = ", minor fault a0000001";
    let broken = camera().did("report", "severity = 'minor'; note = 'x'").did("repair", "");
    assert_eq!(ask(broken), said("repaired checkout", &format!("{mine}{fault}")));
    let reserved = camera().did("reserve", "for = 'chi'; from = 2026-03-02; until = 2026-03-03");
    assert_eq!(ask(reserved), said("cancel checkout", mine));
    assert_eq!(ask(camera().did("retire", "method = 'sold'")), Err("retired"));
    assert_eq!(ask(camera().did("report", "severity = 'unsafe'; note = 'x'")), Err("unsafe"));
}

#[test]
fn i_have_it_until() {
    let (home, zone) = ground();
    let ground = Ground { home: Some(&home), zone };
    let due = "2026-03-09".parse().ok();
    let ask = |shop: Shop| intent(&shop, have(&shop.state(), &slug("ben"), &slug("ben"), due, shop.clock, ground));
    let mine = "checked-out ben, due 2026-03-09, with them";
    for (shop, kinds) in [
        (camera(), "checkout"),
        (camera().did("checkout", "to = 'chi'; due = 2026-03-05"), "transfer"),
        (camera().did("checkout", "to = 'ben'"), "extend"),
        (camera().did("checkout", "to = 'ben'; due = 2026-03-09"), "sighting"),
        (camera().did("checkout", "to = 'chi'").did("transfer", "to = 'ben'"), "accept extend"),
        (camera().did("checkout", "to = 'ben'").did("missing", ""), "found extend"),
    ] {
        assert_eq!(ask(shop), Ok((kinds.to_owned(), mine.to_owned())));
    }
}

#[test]
fn it_is_back() {
    let (home, zone) = ground();
    let ground = Ground { home: Some(&home), zone };
    let van = slug("van");
    let ask = |shop: Shop, at, condition| intent(&shop, back(&shop.state(), at, condition, ground));
    let said = |kinds: &str, line: &str| Ok((kinds.to_owned(), line.to_owned()));
    assert_eq!(ask(camera().did("checkout", "to = 'chi'"), None, None), said("return", "available, in studio"));
    assert_eq!(ask(camera().did("checkout", "to = 'chi'"), Some(&van), None), said("return", "available, in van"));
    assert_eq!(ask(camera(), None, None), said("audit", "available, in studio"));
    assert_eq!(ask(camera(), Some(&van), None), said("audit", "available, in van"));
    let lost = || camera().did("move", "location = 'van'").did("missing", "");
    assert_eq!(ask(lost(), None, None), said("found", "available, in studio"));
    let worn = Some(Condition::Worn);
    assert_eq!(ask(lost(), None, worn), said("found audit", "available, in studio, worn"));
    let lost = camera().did("checkout", "to = 'chi'").did("missing", "");
    assert_eq!(ask(lost, None, worn), said("found return", "available, in studio, worn"));
    assert_eq!(ask(camera().did("repair", ""), None, None), said("audit", "in-repair, in studio"));
    let broken = camera().did("report", "severity = 'unsafe'; note = 'x'");
    assert_eq!(ask(broken, None, None), said("audit", "available, in studio, unsafe fault a0000001"));
    assert_eq!(ask(camera().did("retire", "method = 'sold'"), None, None), Err("retired"));
}

#[test]
fn a_kit_moves_with_its_parts() {
    let shop = Shop::new()
        .asset("KIT-0001")
        .part("CAM-0001", "KIT-0001")
        .part("KIT-0002", "KIT-0001")
        .part("MIC-0001", "KIT-0002")
        .part("KIT-0003", "KIT-0004")
        .part("KIT-0004", "KIT-0003");
    let opened = shop.opened();
    let number = |text: &str| Number::parse(text).unwrap();
    let parts = |kit: &str, except: &[&str]| {
        let except: Vec<_> = except.iter().map(|text| number(text)).collect();
        let all = with_parts(&opened.register, &number(kit), &except).map_err(|refusal| refusal.code)?;
        Ok(all.iter().map(Number::as_str).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(parts("KIT-0001", &[]), Ok("KIT-0001 CAM-0001 KIT-0002 MIC-0001".to_owned()));
    assert_eq!(parts("KIT-0001", &["CAM-0001"]), Ok("KIT-0001 KIT-0002 MIC-0001".to_owned()));
    assert_eq!(parts("KIT-0001", &["CAM-0009"]), Err("no-part"));
    assert_eq!(parts("CAM-0001", &[]), Ok("CAM-0001".to_owned()));
    assert_eq!(parts("KIT-0003", &[]), Ok("KIT-0003 KIT-0004".to_owned()));
}
