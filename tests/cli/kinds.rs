//! Every kind of event by its command: what is typed is what the log, the file and the commit say.

use std::collections::BTreeSet;
use std::fs;

use chrono::DateTime;
use serde_json::{Value, json};
use tagbook::register::event::KINDS;
use tagbook::register::time::instant;

use crate::shop::Shop;

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
    let mut event = shop.newest(number).as_object().unwrap().clone();
    assert_eq!((event.remove("voided"), event.remove("refused")), (Some(false.into()), Some(Value::Null)));
    assert_eq!(event.remove("number"), Some(number.into()));
    let recorded = event.remove("recorded").unwrap();
    assert_eq!(recorded["commit"], shop.git("rev-parse HEAD").trim());
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

    let recorded: BTreeSet<_> = shop.kinds(cam).into_iter().collect();
    assert_eq!(recorded, KINDS.iter().map(|kind| (*kind).to_owned()).collect());
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
        assert_eq!(shop.newest("CAM-0001")["note"], expected.as_str());
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
