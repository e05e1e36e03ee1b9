//! The commands that record what happened: `have`, `back`, and every kind of event.

use std::collections::BTreeSet;
use std::fs;

use chrono::DateTime;
use serde_json::{Value, json};
use tagbook::register::event::KINDS;
use tagbook::register::time::instant;

use crate::shop::Shop;

/// The newest event of an asset, as `log` has it.
fn newest(shop: &Shop, number: &str) -> Value {
    shop.json(&format!("log {number}")).as_array().unwrap().last().unwrap().clone()
}

/// The kinds of an asset's events, oldest first.
fn kinds(shop: &Shop, number: &str) -> Vec<String> {
    let log = shop.json(&format!("log {number}"));
    log.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

/// The text of the newest commit's only file.
fn file(shop: &Shop) -> String {
    let path = shop.git("show --format= --name-only HEAD");
    fs::read_to_string(shop.root().join(path.trim())).unwrap()
}

/// A value of JSON, where TOML writes it otherwise.
fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(at) => {
            let at = at.to_string();
            DateTime::parse_from_rfc3339(&at).map_or(at, |at| instant(at.to_utc())).into()
        }
        toml::Value::Array(all) => all.into_iter().map(plain).collect(),
        toml::Value::Integer(number) => (number as f64).into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::String(text) => text.into(),
        other => panic!("{other}"),
    }
}

/// Records one event, and looks at it from every side: the log, its file, the first line of the commit.
fn happens(shop: &Shop, words: &[&str], subject: &str, fields: Value) -> String {
    let answer = shop.records(words);
    let number = answer["number"].as_str().unwrap();
    let id = answer["event"].as_str().unwrap().to_owned();
    let mut event = newest(shop, number).as_object().unwrap().clone();
    assert_eq!((event.remove("voided"), event.remove("refused")), (Some(false.into()), Some(Value::Null)));
    assert_eq!(event.remove("number"), Some(number.into()));
    assert_eq!((event["id"].as_str(), &event["at"]), (Some(id.as_str()), &answer["at"]));
    assert_eq!(event["kind"], words[0]);

    let toml: toml::Table = file(shop).parse().unwrap();
    assert_eq!(toml.len(), 1);
    let toml = toml["event"].as_array().unwrap();
    assert_eq!(toml.len(), 1);
    // One id stands there without brackets.
    let listed =
        |key: &str, value| if event[key].is_array() && !Value::is_array(&value) { json!([value]) } else { value };
    let written = toml[0].as_table().unwrap().clone();
    let written = written.into_iter().map(|(key, value)| (key.clone(), listed(&key, plain(value))));
    assert_eq!(Value::Object(written.collect()), Value::Object(event.clone()), "{words:?}");

    event.retain(|key, _| !["id", "at", "kind"].contains(&key.as_str()));
    let mut expected = fields;
    expected.as_object_mut().unwrap().entry("by").or_insert("ana".into());
    assert_eq!(Value::Object(event), expected, "{words:?}");
    assert_eq!(shop.git("log -1 --format=%s").trim(), subject);
    id
}

#[test]
fn every_kind_of_event_is_recorded_with_all_its_fields() {
    let shop = Shop::workshop();
    let state = |key: &str| shop.json("show CAM-0001")[key].clone();
    let cam = "CAM-0001";

    let words = ["checkout", cam, "--to", "Ben", "--due", "2099-01-05", "--location", "Van", "--job", "nord"];
    let more = ["--batch", "b1", "--note", "for Nord"];
    let fields =
        json!({"to": "ben", "due": "2099-01-05", "location": "van", "job": "nord", "batch": "b1", "note": "for Nord"});
    happens(&shop, &[&words[..], &more].concat(), "check out CAM-0001 to ben until 2099-01-05 in van", fields);
    assert_eq!(
        (state("custodian"), state("due"), state("location")),
        ("ben".into(), "2099-01-05".into(), "van".into())
    );

    let words = ["transfer", cam, "--to", "ana", "--due", "2099-02-01", "--location", "studio", "--by", "BEN"];
    let fields = json!({"to": "ana", "due": "2099-02-01", "location": "studio", "by": "ben"});
    happens(&shop, &words, "hand over CAM-0001 to ana until 2099-02-01 in studio", fields);
    assert_eq!((state("custodian"), state("due")), ("ana".into(), "2099-02-01".into()));

    happens(&shop, &["accept", cam], "confirm having CAM-0001", json!({}));
    let words = ["extend", cam, "--due", "2099-03-01"];
    happens(&shop, &words, "extend CAM-0001 until 2099-03-01", json!({"due": "2099-03-01"}));
    assert_eq!(state("due"), "2099-03-01");
    happens(&shop, &["move", cam, "--location", "hq"], "move CAM-0001 to hq", json!({"location": "hq"}));
    assert_eq!(state("location"), "hq");

    let words = ["report", cam, "--severity", "Minor", "--note", "a scratch"];
    let fields = json!({"severity": "minor", "note": "a scratch"});
    let minor = happens(&shop, &words, "report a fault of CAM-0001, minor", fields);
    let words = ["report", cam, "--severity", "unsafe", "--note", "sparks"];
    let fields = json!({"severity": "unsafe", "note": "sparks"});
    let sparks = happens(&shop, &words, "report a fault of CAM-0001, unsafe", fields);
    let words = ["report", cam, "--severity", "major", "--note", "no sound"];
    let fields = json!({"severity": "major", "note": "no sound"});
    let major = happens(&shop, &words, "report a fault of CAM-0001, major", fields);
    assert_eq!(state("faults").as_array().map(Vec::len), Some(3));

    let words = ["repair", cam, "--vendor", "Holt & Söhne", "--due", "2099-04-01"];
    let fields = json!({"vendor": "Holt & Söhne", "due": "2099-04-01"});
    happens(&shop, &words, "send to repair CAM-0001 until 2099-04-01", fields);
    assert_eq!((state("status"), state("custodian")), ("in-repair".into(), "ana".into()));
    let words = ["repaired", cam, "--of", &minor, "--of", &sparks, "--condition", "Worn", "--cost", "89"];
    let fields = json!({"of": [minor, sparks], "condition": "worn", "cost": "89.00 EUR"});
    happens(&shop, &words, "say repaired CAM-0001", fields);
    assert_eq!((state("faults")[0]["id"].clone(), state("condition")), (major.into(), "worn".into()));
    assert_eq!(state("faults").as_array().map(Vec::len), Some(1));

    let words = ["return", cam, "--location", "studio", "--condition", "good"];
    let fields = json!({"location": "studio", "condition": "good"});
    happens(&shop, &words, "bring back CAM-0001 in studio, good", fields);
    assert_eq!(
        (state("custodian"), state("location"), state("condition")),
        (Value::Null, "studio".into(), "good".into())
    );

    let words = ["inspect", cam, "--result", "PASS", "--next", "2099-06-01", "--certificate", "TÜV 17"];
    let fields = json!({"result": "pass", "next": "2099-06-01", "certificate": "TÜV 17"});
    happens(&shop, &words, "inspect CAM-0001: pass", fields);
    let words = ["audit", cam, "--location", "shelf", "--condition", "worn", "--audit", "2024-Q1"];
    let fields = json!({"location": "shelf", "condition": "worn", "audit": "2024-q1"});
    happens(&shop, &words, "count CAM-0001 in shelf", fields);

    let words = ["sighting", cam, "--source", "gps", "--location", "van", "--lat", "-33.85", "--lon", "151.2"];
    let fields = json!({"source": "gps", "location": "van", "lat": -33.85, "lon": 151.2, "accuracy_m": 12.5});
    happens(&shop, &[&words[..], &["--accuracy-m", "12.5"]].concat(), "see CAM-0001 in van (gps)", fields);
    assert_eq!(state("location"), "shelf");

    happens(&shop, &["missing", cam], "miss CAM-0001", json!({}));
    assert_eq!(state("status"), "missing");
    happens(&shop, &["found", cam, "--location", "hq"], "find CAM-0001 in hq", json!({"location": "hq"}));
    assert_eq!((state("status"), state("location")), ("available".into(), "hq".into()));

    let words =
        ["reserve", cam, "--for", "ben", "--from", "2099-05-01", "--until", "2099-05-03T18:00", "--job", "NORD"];
    let fields = json!({"for": "ben", "from": "2099-05-01", "until": "2099-05-03T16:00:00Z", "job": "nord"});
    let subject = "reserve CAM-0001 for ben from 2099-05-01 to 2099-05-03T16:00:00Z";
    let reservation = happens(&shop, &words, subject, fields);
    assert_eq!(state("reservations")[0]["for"], "ben");
    let subject = format!("cancel a reservation of CAM-0001, {reservation}");
    happens(&shop, &["cancel", cam, "--of", &reservation.to_uppercase()], &subject, json!({"of": reservation}));
    assert_eq!(state("reservations"), json!([]));

    let words = ["retire", cam, "--method", "sold", "--proceeds", "1500.5 usd", "--reference", "R-1"];
    let fields = json!({"method": "sold", "proceeds": "1500.50 USD", "reference": "R-1"});
    happens(&shop, &words, "retire CAM-0001, sold", fields);
    assert_eq!(state("status"), "retired");
    happens(&shop, &["reinstate", cam, "--location", "van"], "reinstate CAM-0001 in van", json!({"location": "van"}));
    assert_eq!((state("status"), state("location")), ("available".into(), "van".into()));

    let note =
        happens(&shop, &["note", cam, "--note", " new strap "], "note on CAM-0001", json!({"note": "new strap"}));
    happens(&shop, &["void", cam, "--of", &note], &format!("void in CAM-0001 {note}"), json!({"of": [note]}));

    let recorded: BTreeSet<_> = kinds(&shop, cam).into_iter().collect();
    assert_eq!(recorded, KINDS.iter().map(|kind| (*kind).to_owned()).collect());
    shop.is_sound();
}

/// Records `line`, and gives the kinds of events that it came down to, with the state after it.
fn came_down_to(shop: &Shop, line: &str) -> (Vec<String>, Value) {
    let number = line.split_whitespace().nth(1).unwrap();
    let before = kinds(shop, number).len();
    let answer = shop.did(line);
    let after = kinds(shop, number).split_off(before);
    assert_eq!(answer["state"], shop.json(&format!("show {number}")), "{line}");
    (after, answer["state"].clone())
}

#[test]
fn have_works_in_every_state_but_retired_and_unsafe() {
    let shop = Shop::workshop();
    let have = |line: &str, expected: &[&str]| {
        let (events, state) = came_down_to(&shop, line);
        assert_eq!(events, expected, "{line}");
        state
    };
    assert_eq!(have("have CAM-0001", &["checkout"])["custodian"], "ana");
    assert_eq!(have("have CAM-0001", &["sighting"])["custodian"], "ana");
    assert_eq!(have("have CAM-0001 --due 2099-01-05", &["extend"])["due"], "2099-01-05");
    assert_eq!(have("have CAM-0001 --by ben", &["transfer"])["due"], "2099-01-05");
    assert_eq!(have("have CAM-0001 --to ana --due 2099-02-01 --by ben", &["transfer"])["due"], "2099-02-01");
    have("have CAM-0001", &["accept"]);
    shop.did("missing CAM-0001");
    assert_eq!(have("have CAM-0001", &["found"])["status"], "checked-out");
    shop.did("missing CAM-0001");
    assert_eq!(have("have CAM-0001 --to ben", &["found", "transfer"])["custodian"], "ben");
    shop.did("back CAM-0001");
    shop.did("missing CAM-0001");
    assert_eq!(have("have CAM-0001", &["found", "checkout"])["custodian"], "ana");

    shop.did("repair CAM-0002");
    assert_eq!(have("have CAM-0002", &["repaired", "checkout"])["status"], "checked-out");
    shop.did("back CAM-0002");
    shop.did("reserve CAM-0002 --for ben --from today --until 3d");
    let state = have("have CAM-0002", &["cancel", "checkout"]);
    assert_eq!((&state["custodian"], &state["reservations"]), (&"ana".into(), &json!([])));
    shop.did("back CAM-0002");
    shop.did("reserve CAM-0002 --for ana --from today --until 3d");
    assert_eq!(have("have CAM-0002", &["checkout"])["reservations"], json!([]));

    shop.did("report TOL-0001 --severity unsafe --note sparks");
    let said = shop.refuses("have TOL-0001", "TOL-0001: it is unsafe since");
    assert!(said.contains("sparks") && said.contains("hint: `repaired` closes the fault"), "{said}");
    shop.did("retire TOL-0001 --method scrapped");
    shop.refuses("have TOL-0001", "it is retired (scrapped)");
    shop.refuses("back TOL-0001", "it is retired (scrapped)");
    shop.is_sound();
}

#[test]
fn back_works_in_every_state_but_retired() {
    let shop = Shop::workshop();
    let back = |line: &str, expected: &[&str]| {
        let (events, state) = came_down_to(&shop, line);
        assert_eq!(events, expected, "{line}");
        state
    };
    let state = back("back CAM-0001", &["audit"]);
    assert_eq!((&state["status"], &state["location"]), (&"available".into(), &"shelf".into()));
    shop.did("have CAM-0001 --to ben");
    let state = back("back CAM-0001 --location van --condition worn", &["return"]);
    assert_eq!(
        (&state["location"], &state["condition"], &state["custodian"]),
        (&"van".into(), &"worn".into(), &Value::Null)
    );
    shop.did("missing CAM-0001");
    assert_eq!(back("back CAM-0001", &["found"])["location"], "shelf");
    shop.did("missing CAM-0001");
    assert_eq!(back("back CAM-0001 --condition damaged", &["found", "audit"])["condition"], "damaged");
    shop.did("have CAM-0001 --to ben");
    shop.did("missing CAM-0001");
    assert_eq!(back("back CAM-0001 --by ben", &["found", "return"])["status"], "available");
    shop.did("have CAM-0001");
    shop.did("repair CAM-0001");
    let state = back("back CAM-0001", &["return"]);
    assert_eq!((&state["status"], &state["custodian"]), (&"in-repair".into(), &Value::Null));
    shop.did("report CAM-0002 --severity unsafe --note sparks");
    assert_eq!(back("back CAM-0002", &["audit"])["status"], "available");
    shop.is_sound();
}

#[test]
fn a_kit_moves_with_its_parts_and_theirs() {
    let shop = Shop::workshop();
    let custodians = || -> Vec<Value> {
        let all = shop.json("show KIT-1 MIC-1 BAG-1 LMP-1");
        all.as_array().unwrap().iter().map(|asset| asset["custodian"].clone()).collect()
    };
    let answer = shop.did("checkout kit-1 --to ben --due 2099-01-05");
    let numbers: Vec<_> = answer.as_array().unwrap().iter().map(|one| one["number"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["KIT-1", "BAG-1", "MIC-1", "LMP-1"]);
    assert_eq!(custodians(), ["ben"; 4]);
    let batches: BTreeSet<_> = numbers.iter().map(|number| newest(&shop, number)["batch"].to_string()).collect();
    assert_eq!(batches.len(), 1);
    assert_ne!(batches.first().unwrap(), "null");
    let subject = "check out KIT-1, BAG-1, MIC-1, LMP-1 to ben until 2099-01-05";
    assert_eq!(shop.git("log -1 --format=%s").trim(), subject);

    shop.did("transfer KIT-1 --to ana --except mic-1");
    assert_eq!(custodians(), ["ana", "ben", "ana", "ana"]);
    shop.did("return MIC-1");
    let ran = shop.run("return KIT-1");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(ran.err, "note: nobody had MIC-1: it is passed over\n");
    assert_eq!(custodians(), [Value::Null, Value::Null, Value::Null, Value::Null]);
    shop.refuses("return KIT-1", "nobody has any part of the kit");

    shop.did("have KIT-1 --except BAG-1 --except LMP-1");
    assert_eq!(custodians(), ["ana".into(), "ana".into(), Value::Null, Value::Null]);
    shop.did("back BAG-1 KIT-1 --except LMP-1");
    assert_eq!(kinds(&shop, "BAG-1").last().unwrap(), "audit");
    assert_eq!(kinds(&shop, "MIC-1").last().unwrap(), "return");
    shop.refuses("have KIT-1 --except CAM-0001", "`CAM-0001` is no part of what is moved");
    shop.refuses("have CAM-0001 --except CAM-0001", "nothing is left of what is moved");
    shop.refuses("have BAG-1 --except BAG-1 --except LMP-1", "nothing is left of what is moved");
    shop.refuses("have KIT-1 --except CAM-9999", "there is no asset `CAM-9999`");
    assert_eq!(shop.run("move KIT-1 --location van --except MIC-1").code, Some(2));
    shop.did("move KIT-1 --location van");
    assert_eq!(kinds(&shop, "MIC-1").last().unwrap(), "return");
    shop.is_sound();
}

#[test]
fn one_part_that_cannot_move_keeps_the_whole_kit() {
    let shop = Shop::workshop();
    shop.did("checkout LMP-1 --to ben");
    let said = shop.refuses("checkout KIT-1 --to ana", "LMP-1: `ben` has it since");
    assert!(said.contains("hint: `have` takes it over"), "{said}");
    let answer = shop.did("have KIT-1");
    assert_eq!(answer.as_array().map(Vec::len), Some(4));
    assert_eq!(kinds(&shop, "LMP-1"), ["checkout", "transfer"]);
    shop.did("report MIC-1 --severity unsafe --note hum");
    shop.did("back KIT-1");
    shop.refuses("have KIT-1", "MIC-1: it is unsafe");
    shop.did("have KIT-1 --except MIC-1");
}

#[test]
fn several_numbers_are_all_or_nothing() {
    let shop = Shop::workshop();
    shop.did("checkout CAM-0002 --to ben");
    shop.did("retire TOL-0001 --method sold");
    let said = shop.refuses("checkout CAM-0001 CAM-0002 TOL-0001 --to ana", "CAM-0002: `ben` has it");
    assert!(said.contains("TOL-0001: it is retired"), "{said}");
    let said = shop.refuses("have CAM-0001 CAM-001 NONE-1", "there is no asset `CAM-001`");
    assert!(said.contains("did you mean `CAM-0001`?") && said.contains("there is no asset `NONE-1`"), "{said}");

    let answer = shop.did("have cam-0001 OLD-17 old-17 CAM-0001 cam-0002");
    assert_eq!(answer.as_array().map(Vec::len), Some(2));
    assert_eq!(newest(&shop, "CAM-0001")["batch"], newest(&shop, "CAM-0002")["batch"]);
    assert_eq!((kinds(&shop, "CAM-0001").len(), kinds(&shop, "CAM-0002").len()), (1, 2));
    let answer = shop.did("note Old-17 --note hello");
    assert_eq!((&answer["number"], &newest(&shop, "CAM-0001")["batch"]), (&"CAM-0001".into(), &Value::Null));
    shop.is_sound();
}

#[test]
fn unknown_names_are_refused_with_what_was_meant() {
    let shop = Shop::workshop();
    let cases = [
        ("have CAM-00001", "there is no asset `CAM-00001`", "CAM-0001"),
        ("checkout CAM-0001 --to anna", "there is no person `anna`", "ana"),
        ("have CAM-0001 --to bem", "there is no person `bem`", "ben"),
        ("reserve CAM-0001 --for bem --from today --until today", "there is no person `bem`", "ben"),
        ("have CAM-0001 --by anna", "there is no person `anna`", "ana"),
        ("move CAM-0001 --location shelv", "there is no location `shelv`", "shelf"),
        ("back CAM-0001 --location studoi", "there is no location `studoi`", "studio"),
        ("sighting CAM-0001 --source scan --location vam", "there is no location `vam`", "van"),
    ];
    for (line, why, hint) in cases {
        let said = shop.refuses(line, why);
        assert!(said.contains(&format!("hint: did you mean `{hint}`?")), "{line}: {said}");
    }
    for by in ["desk", "import"] {
        shop.refuses(&format!("have CAM-0001 --by {by}"), &format!("there is no person `{by}`"));
    }
}

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    let shop = Shop::workshop();
    let before = shop.everything();
    let lines = [
        "have",
        "checkout CAM-0001",
        "extend CAM-0001",
        "report CAM-0001 --severity minor",
        "report CAM-0001 --severity awful --note x",
        "note CAM-0001",
        "sighting CAM-0001 --source radar",
        "sighting CAM-0001 --source gps --lat north --lon 1",
        "checkout CAM-0001 --to ana --due someday",
        "checkout CAM-0001 --to ana --due 2099-02-30",
        "checkout CAM-0001 --to not/a/name",
        "back CAM-0001 --condition shiny",
        "repaired CAM-0001 --cost much",
        "cancel CAM-0001 --of !",
        "have CAM-0001 --at noon",
        "have CAM-0001 --location van",
        "have CAM-0001 --to ana --to ben",
        "accept CAM-0001 --due 2099-01-01",
        "have CAM-0001 --format yaml",
    ];
    for line in lines {
        let ran = shop.run(line);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{line}: {}", ran.err);
        assert!(ran.err.contains("error: "), "{line}: {}", ran.err);
    }
    assert_eq!(shop.everything(), before);
}

#[test]
fn days_and_positions_must_be_in_order() {
    let shop = Shop::workshop();
    for (line, why) in [
        ("checkout CAM-0001 --to ana --due 2024-01-01", "`due` 2024-01-01 is before the day it happened"),
        ("repair CAM-0001 --due 2024-01-01", "`due` 2024-01-01 is before the day it happened"),
        ("reserve CAM-0001 --for ana --from 2099-01-02 --until 2099-01-01", "is before `from`"),
        ("sighting CAM-0001 --source gps --lat 91 --lon 1", "a latitude is -90 to 90 degrees"),
        ("sighting CAM-0001 --source gps --lat 1", "`lat` without `lon` is no position"),
        ("sighting CAM-0001 --source gps --lat 1 --lon 1 --accuracy-m -5", "-5 metres are less than none"),
        ("return CAM-0001", "CAM-0001: "),
        ("repaired CAM-0001", "it is not in repair and has no open fault"),
        ("found CAM-0001", "it is not missing"),
        ("reinstate CAM-0001", "CAM-0001: "),
        ("cancel CAM-0001 --of a1b2c3d4", "a1b2c3d4"),
        ("void CAM-0001 --of a1b2c3d4", "this log has no event `a1b2c3d4`"),
        ("void CAM-0001", "nothing was recorded of it that could be undone"),
    ] {
        shop.refuses(line, why);
    }
    shop.refuses("note CAM-0001 --note=", "a `note` says something");
}

#[test]
fn reservations_of_others_are_kept() {
    let shop = Shop::workshop();
    shop.did("reserve CAM-0001 --for ben --from 2099-01-01 --until 2099-01-03");
    shop.refuses("reserve CAM-0001 --for ana --from 2099-01-03 --until 2099-01-04", "`ben`");
    shop.did("reserve CAM-0001 --for ana --from 2099-01-04 --until 2099-01-04");
    shop.did("reserve CAM-0002 --for ben --from today --until 2w");
    let said = shop.refuses("checkout CAM-0002 --to ana", "it is reserved for `ben` from");
    assert!(said.contains("hint: `cancel` gives the reservation up"), "{said}");
    assert_eq!(shop.did("checkout CAM-0002 --to ben")["state"]["reservations"], json!([]));
}

#[test]
fn void_undoes_what_was_recorded_last() {
    let shop = Shop::workshop();
    let checkout = shop.did("have CAM-0001")["event"].clone();
    let returned = shop.did("back CAM-0001")["event"].clone();
    let state = shop.did("void CAM-0001")["state"].clone();
    assert_eq!((&state["custodian"], &newest(&shop, "CAM-0001")["of"]), (&"ana".into(), &json!([returned])));
    assert_eq!(shop.did("void CAM-0001")["state"]["custodian"], Value::Null);
    assert_eq!(newest(&shop, "CAM-0001")["of"], json!([checkout]));
    shop.refuses("void CAM-0001", "nothing was recorded of it that could be undone");
    let again = checkout.as_str().unwrap();
    shop.refuses(&format!("void CAM-0001 --of {again}"), "is void already");
    let void = newest(&shop, "CAM-0001")["id"].as_str().unwrap().to_owned();
    shop.refuses(&format!("void CAM-0001 --of {void}"), "is itself a void");

    let first = shop.did("note CAM-0002 --note one")["event"].as_str().unwrap().to_owned();
    let second = shop.did("note CAM-0002 --note two")["event"].as_str().unwrap().to_owned();
    shop.did("note CAM-0002 --note three");
    shop.did(&format!("void CAM-0002 --of {first},{second}"));
    let voided: Vec<_> =
        shop.json("log CAM-0002").as_array().unwrap().iter().map(|event| event["voided"].clone()).collect();
    assert_eq!(voided, [true, true, false, false]);

    // What an intent came down to is undone as one, and a kit with its parts where they are named.
    shop.did("missing TOL-0001");
    shop.did("have TOL-0001");
    assert_eq!(shop.did("void TOL-0001")["state"]["status"], "missing");
    shop.did("have KIT-1 --except BAG-1 --except LMP-1");
    shop.did("void KIT-1 MIC-1");
    assert_eq!(shop.json("show MIC-1")["custodian"], Value::Null);
    shop.is_sound();
}

#[test]
fn void_undoes_one_thing_of_many_in_a_batch() {
    let shop = Shop::workshop();
    shop.did("have CAM-0001 --batch shoot");
    let back = shop.did("back CAM-0001 --batch shoot")["event"].clone();
    assert_eq!(shop.did("void CAM-0001")["state"]["custodian"], "ana");
    assert_eq!(newest(&shop, "CAM-0001")["of"], json!([back]));
    shop.did("missing CAM-0002 --batch shoot");
    shop.did("have CAM-0002 --batch shoot");
    assert_eq!(shop.did("void CAM-0002")["state"]["status"], "missing");
}

#[test]
fn what_holds_others_up_is_not_voided() {
    let shop = Shop::workshop();
    let checkout = shop.did("checkout CAM-0001 --to ben")["event"].as_str().unwrap().to_owned();
    let back = shop.did("return CAM-0001")["event"].as_str().unwrap().to_owned();
    let said = shop.refuses(&format!("void CAM-0001 --of {checkout}"), &format!("event `{back}` (return at"));
    assert!(said.contains("could not stand any more"), "{said}");
    shop.did(&format!("void CAM-0001 --of {checkout} --of {back}"));
}

#[test]
fn a_member_undoes_only_their_own_newest_and_soon() {
    let shop = Shop::workshop();
    shop.git("config user.email BEN@example.ORG");
    let only = "a member may void their own newest event for 15 minutes";
    let own = shop.did("have CAM-0001")["event"].as_str().unwrap().to_owned();
    assert_eq!(newest(&shop, "CAM-0001")["by"], "ben");
    shop.did("note CAM-0001 --note later");
    shop.refuses(&format!("void CAM-0001 --of {own}"), only);
    shop.did("void CAM-0001");
    shop.refuses(&format!("void CAM-0001 --of {own}"), only);
    shop.refuses("void CAM-0001", only);

    shop.did("note CAM-0002 --note hers --by ana");
    shop.refuses("void CAM-0002", only);
    shop.did("missing TOL-0001");
    shop.did("have TOL-0001");
    assert_eq!(shop.did("void TOL-0001")["state"]["status"], "missing");

    shop.event("MIC-1", "2024-03-02T09:00:00Z", "note", "note = \"long ago\"");
    shop.file(
        "assets/LMP-1/log/old.toml",
        "[[event]]\nid = \"b0000001\"\nat = 2024-03-02T09:00:00Z\nkind = \"note\"\nby = \"ben\"\nnote = \"long ago\"\n",
    );
    shop.commit("old");
    shop.refuses("void MIC-1", only);
    let said = shop.refuses("void LMP-1", only);
    assert!(said.contains("hint: ask a keeper"), "{said}");
    shop.did("void LMP-1 --by ana");
}

#[test]
fn only_keepers_retire_and_reinstate() {
    let shop = Shop::workshop();
    shop.refuses("retire CAM-0001 --method sold --by ben", "only keepers may `retire`");
    shop.did("retire CAM-0001 --method sold");
    shop.refuses("reinstate CAM-0001 --by ben", "only keepers may `reinstate`");
    shop.did("reinstate CAM-0001");
    shop.did("checkout CAM-0001 --to ana --by ben");
    shop.did("return CAM-0001 --by ben");
    shop.refuses("accept CAM-0001", "CAM-0001: ");
    shop.did("checkout CAM-0001 --to ben");
    shop.refuses("accept CAM-0001", "`ben` has it");
    shop.refuses("retire CAM-0001 --method sold", "`ben` has it");
}

#[test]
fn who_has_left_takes_nothing_and_says_nothing() {
    let shop = Shop::workshop();
    shop.refuses("checkout CAM-0001 --to cleo", "`cleo` left on 2024-01-31");
    shop.refuses("reserve CAM-0001 --for cleo --from today --until 2w", "`cleo` left on 2024-01-31");
    shop.refuses("have CAM-0001 --by cleo", "`cleo` left on 2024-01-31");
    shop.git("config user.email cleo@example.org");
    shop.refuses("have CAM-0001", "`cleo` left on 2024-01-31");
    // What they took while they were here may be recorded later, and anyone brings it back.
    shop.did("checkout CAM-0001 --to cleo --at 2024-01-30 --by ana");
    shop.did("have CAM-0001 --by ben");
}

#[test]
fn git_knows_who_records_unless_they_say() {
    let shop = Shop::workshop();
    shop.git("config user.email BEN@EXAMPLE.ORG");
    shop.did("have CAM-0001");
    assert_eq!((&newest(&shop, "CAM-0001")["by"], &newest(&shop, "CAM-0001")["to"]), (&"ben".into(), &"ben".into()));
    assert_eq!(shop.git("log -1 --format=%an/%ae/%cn/%ce").trim(), "Ana Ruiz/BEN@EXAMPLE.ORG/Ana Ruiz/BEN@EXAMPLE.ORG");
    shop.git("config user.email nobody@example.org");
    let said = shop.refuses("have CAM-0001", "nobody in people/ has the e-mail address `nobody@example.org`");
    assert!(said.contains("hint: say who you are with --by"), "{said}");
    shop.did("have CAM-0001 --by ana");
    assert_eq!(newest(&shop, "CAM-0001")["to"], "ana");

    fs::write(shop.outside("home/.gitconfig"), "[user]\nuseConfigOnly = true\n").unwrap();
    shop.git("config --unset user.email");
    let before = shop.everything();
    for line in ["have CAM-0001", "have CAM-0001 --by ana"] {
        let ran = shop.run(line);
        assert!(ran.code == Some(1) || ran.code == Some(3), "{line}: {:?} {}", ran.code, ran.err);
        assert!(ran.err.contains("cannot tell who you are"), "{line}: {}", ran.err);
    }
    assert_eq!(shop.everything(), before);
}

#[test]
fn events_are_recorded_when_they_happened() {
    let shop = Shop::workshop();
    let at = |line: &str| shop.did(line)["at"].as_str().unwrap().to_owned();
    // Berlin is one hour ahead in winter, two in summer; a day stands for its noon.
    assert_eq!(at("note CAM-0001 --note a --at 2024-01-10T14:30"), "2024-01-10T13:30:00Z");
    assert_eq!(at("note CAM-0001 --note a --at 2024-07-10T14:30:05"), "2024-07-10T12:30:05Z");
    assert_eq!(at("note CAM-0001 --note a --at 2024-01-11"), "2024-01-11T11:00:00Z");
    assert_eq!(at("note CAM-0001 --note a --at 2024-01-12T14:30:00.5-08:00"), "2024-01-12T22:30:00.500Z");
    let path = shop.git("show --format= --name-only HEAD");
    assert!(path.starts_with("assets/CAM-0001/log/2024-01-12T223000.500Z-note-"), "{path}");
    assert!(file(&shop).contains("at = 2024-01-12T22:30:00.500Z\n"), "{}", file(&shop));

    shop.did("checkout CAM-0001 --to ben --at 2024-02-01T09:00 --due 2024-02-03");
    shop.did("return CAM-0001 --at 2024-02-10T09:00");
    shop.did("extend CAM-0001 --due 2024-02-12 --at 2024-02-02");
    shop.did("checkout CAM-0001 --to ana --at 2024-02-20");
    let held = shop.json("show CAM-0001 --at 2024-02-05");
    assert_eq!((&held["custodian"], &held["due"]), (&"ben".into(), &"2024-02-12".into()));
    let said = shop.refuses("checkout CAM-0001 --to ana --at 2024-01-20", "could not stand any more");
    assert!(said.contains("(checkout at 2024-02-01 09:00)"), "{said}");
    shop.refuses("return CAM-0001 --at 2024-02-15", "CAM-0001: ");
    shop.refuses("have CAM-0001 --at 2099-01-01", "it has not happened yet");
    shop.refuses("have CAM-0001 --at 2099-01-01T09:00:00Z", "hint: `reserve` is for what is to come");
    assert_eq!(shop.did("back CAM-0001 --at 2024-02-21")["state"]["custodian"], Value::Null);
    shop.is_sound();
}

#[test]
fn what_people_write_stays_what_they_wrote() {
    let shop = Shop::workshop();
    let long = "lång ".repeat(20_000);
    let texts = [
        "two\nlines\n\nTagbook-Event: CAM-0002/a1b2c3d4\n",
        "\"quotes\" 'single' '''three''' \"\"\"three\"\"\" back\\slash \\u0041",
        "👩‍👩‍👧 🎥\u{fe0f}",
        "tab\tand\r\nold line ends",
        "]]\n[[event]]\nid = \"x\"\n# not a comment",
        &long,
    ];
    for text in texts {
        shop.records(&["note", "CAM-0001", "--note", text]);
        let expected = text.trim().replace("\r\n", "\n");
        assert_eq!(newest(&shop, "CAM-0001")["note"], expected.as_str());
        assert_eq!(shop.git("log -1 --format=%s").trim(), "note on CAM-0001");
    }
    shop.records(&[
        "repair",
        "CAM-0001",
        "--vendor",
        "Holt\n\nTagbook-Event: CAM-0002/a1b2c3d4",
        "--batch",
        "b\n\nX: y",
    ]);
    assert_eq!(shop.git("log -1 --format=%s").trim(), "send to repair CAM-0001");
    let before = shop.everything();
    for words in [
        ["repaired", "CAM-0001", "--note", "bell\u{7}"],
        ["repaired", "CAM-0001", "--batch", "esc\u{1b}[31m"],
        ["note", "CAM-0001", "--note", "a\u{202e}b"],
        ["repair", "CAM-0002", "--vendor", "a\u{1b}b"],
    ] {
        let ran = shop.run_words(&words);
        assert_eq!(ran.code, Some(2), "{words:?}: {}", ran.err);
        assert!(ran.err.contains("it has the hidden character U+"), "{}", ran.err);
    }
    assert_eq!(shop.everything(), before);
    shop.is_sound();
}

#[test]
fn the_answer_is_a_sentence_or_json() {
    let shop = Shop::workshop();
    let said = shop.says("have CAM-0001 --to ben --due 2099-11-27");
    let commit = shop.git("rev-parse HEAD")[..7].to_owned();
    assert_eq!(said, format!("CAM-0001 is with Ben Adler until Fri 27 Nov 2099 · {commit}\n"));
    let said = shop.run("note CAM-0001 --note hello --job nrod");
    assert!(said.err.contains("note: there is no job `nrod` in jobs/; did you mean `nord`?"), "{}", said.err);
    let before = shop.everything();
    let ran = shop.run("checkout CAM-0001 --to ana --format json");
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
    let refused: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(refused["ok"], false);
    assert!(refused["refusal"]["message"].as_str().unwrap().contains("`ben` has it"), "{refused}");
    assert_eq!(shop.everything(), before);
}

#[test]
fn a_job_that_is_no_name_is_not_written() {
    let shop = Shop::workshop();
    let before = shop.everything();
    let ran = shop.run_words(&["have", "CAM-0001", "--job", "Nord film!"]);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert_eq!(shop.everything(), before);
}
