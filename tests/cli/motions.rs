//! The commands that record what happened: the intents, kits, several things at once, undoing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::shop::Shop;

/// Records `line`, and gives the kinds of events that it came down to, with the state after it.
fn came_down_to(shop: &Shop, line: &str) -> (Vec<String>, Value) {
    let number = line.split_whitespace().nth(1).unwrap();
    let before = shop.kinds(number).len();
    let answer = shop.did(line);
    let after = shop.kinds(number).split_off(before);
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
    let batches: BTreeSet<_> = numbers.iter().map(|number| shop.newest(number)["batch"].to_string()).collect();
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
    assert_eq!(shop.kinds("BAG-1").last().unwrap(), "audit");
    assert_eq!(shop.kinds("MIC-1").last().unwrap(), "return");
    shop.refuses("have KIT-1 --except CAM-0001", "`CAM-0001` is no part of what is moved");
    shop.refuses("have CAM-0001 --except CAM-0001", "nothing is left of what is moved");
    shop.refuses("have BAG-1 --except BAG-1 --except LMP-1", "nothing is left of what is moved");
    shop.refuses("have KIT-1 --except CAM-9999", "there is no asset `CAM-9999`");
    assert_eq!(shop.run("move KIT-1 --location van --except MIC-1").code, Some(2));
    shop.did("move KIT-1 --location van");
    assert_eq!(shop.kinds("MIC-1").last().unwrap(), "return");
    shop.is_sound();
}

#[test]
fn one_part_that_cannot_move_keeps_the_whole_kit() {
    let shop = Shop::workshop();
    shop.did("checkout LMP-1 --to ben");
    let said = shop.refuses("checkout KIT-1 --to ana", "LMP-1: `ben` has it since");
    assert!(said.contains("hint: `have` takes it over"), "{said}");
    // Nobody takes what somebody else has by taking a kit: it is named, or it stays.
    let answer = shop.did("have KIT-1");
    assert_eq!(answer.as_array().map(Vec::len), Some(3));
    assert_eq!(shop.kinds("LMP-1"), ["checkout"]);
    let said = shop.run("have KIT-1 --note again").err;
    assert!(said.contains("ben has LMP-1, and keeps it; name it"), "{said}");
    shop.did("have KIT-1 LMP-1");
    assert_eq!(shop.kinds("LMP-1"), ["checkout", "transfer"]);
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
    assert_eq!(shop.newest("CAM-0001")["batch"], shop.newest("CAM-0002")["batch"]);
    assert_eq!((shop.kinds("CAM-0001").len(), shop.kinds("CAM-0002").len()), (1, 2));
    let answer = shop.did("note Old-17 --note hello");
    assert_eq!((&answer["number"], &shop.newest("CAM-0001")["batch"]), (&"CAM-0001".into(), &Value::Null));
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
    assert_eq!((&state["custodian"], &shop.newest("CAM-0001")["of"]), (&"ana".into(), &json!([returned])));
    assert_eq!(shop.did("void CAM-0001")["state"]["custodian"], Value::Null);
    assert_eq!(shop.newest("CAM-0001")["of"], json!([checkout]));
    shop.refuses("void CAM-0001", "nothing was recorded of it that could be undone");
    let again = checkout.as_str().unwrap();
    shop.refuses(&format!("void CAM-0001 --of {again}"), "is void already");
    let void = shop.newest("CAM-0001")["id"].as_str().unwrap().to_owned();
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
    assert_eq!(shop.newest("CAM-0001")["of"], json!([back]));
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

#[test]
fn a_kit_is_undone_with_the_parts_that_moved_with_it() {
    let shop = Shop::stocked();
    shop.commit("register");
    shop.says("note CAM-0002 --note before");
    shop.says("have KIT-1");
    assert_eq!(shop.json("show CAM-0002")["status"], "checked-out");
    let said = shop.says("void KIT-1");
    assert!(said.contains("KIT-1") && said.contains("CAM-0002"), "{said}");
    assert_eq!(shop.json("show CAM-0002")["status"], "available");
    // What was done to a part alone is not the kit's to undo.
    shop.says("have KIT-1");
    shop.says("note CAM-0002 --note after");
    let said = shop.says("void KIT-1");
    assert!(!said.contains("CAM-0002"), "{said}");
    assert_eq!(shop.json("show CAM-0002")["status"], "checked-out");
}
