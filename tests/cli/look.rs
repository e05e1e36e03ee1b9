//! `tagbook list`, `show` and `log`.

use serde_json::Value;

use crate::shop::Shop;

/// The numbers that `list` gives with these flags.
fn listed(shop: &Shop, flags: &str) -> Vec<String> {
    let json = shop.json(&format!("list {flags}"));
    json.as_array().unwrap().iter().map(|asset| asset["number"].as_str().unwrap().to_owned()).collect()
}

/// The kinds of events that `log` gives with these flags.
fn happened(shop: &Shop, flags: &str) -> Vec<String> {
    let json = shop.json(&format!("log {flags}"));
    json.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_filter_narrows_the_list() {
    let shop = Shop::stocked();
    let all = ["CAM-0001", "CAM-0002", "CAM-0003", "KIT-1", "TOL-0001", "TOL-0002", "TOL-0003"];
    let cases: &[(&str, &[&str])] = &[
        ("", &all),
        ("--status checked-out", &["CAM-0001"]),
        ("--status available", &["CAM-0002", "KIT-1", "TOL-0001"]),
        ("--status in-repair --status missing", &["TOL-0002", "TOL-0003"]),
        ("--status retired", &["CAM-0003"]),
        ("--custodian ana", &["CAM-0001"]),
        ("--custodian ANA", &["CAM-0001"]),
        ("--custodian ben", &[]),
        ("--location shelf", &["CAM-0002"]),
        ("--location hq --status available", &["CAM-0002", "KIT-1"]),
        ("--location hq --category tool", &[]),
        ("--category tool", &["TOL-0001", "TOL-0002", "TOL-0003"]),
        ("--kit kit-1", &["CAM-0002", "KIT-1"]),
        ("--overdue", &["CAM-0001"]),
        ("--faulty", &["TOL-0001"]),
        ("sony", &["CAM-0001", "CAM-0002"]),
        ("sony fx6", &["CAM-0002"]),
        ("S-4471", &["CAM-0001"]),
        ("nonesuch", &[]),
    ];
    for (flags, numbers) in cases {
        assert_eq!(listed(&shop, flags), *numbers, "{flags}");
    }
}

#[test]
fn a_day_or_a_commit_shows_what_was() {
    let shop = Shop::stocked();
    let before = shop.commit("first");
    shop.event("CAM-0001", "2024-03-05T08:00:00Z", "return", "");
    shop.commit("second");
    assert_eq!(listed(&shop, "--status checked-out"), Vec::<String>::new());
    assert_eq!(listed(&shop, "--status checked-out --at 2024-03-04"), ["CAM-0001"]);
    assert_eq!(listed(&shop, "--status checked-out --at 2024-03-02T23:29:59Z"), Vec::<String>::new());
    assert_eq!(listed(&shop, &format!("--status checked-out --rev {before}")), ["CAM-0001"]);
    assert_eq!(listed(&shop, "--status checked-out --rev HEAD~1"), ["CAM-0001"]);
    assert_eq!(shop.json("show CAM-0001 --rev HEAD~1")["custodian"], "ana");
    assert_eq!(happened(&shop, "CAM-0001"), ["checkout", "return"]);
    assert_eq!(happened(&shop, "CAM-0001 --rev HEAD~1"), ["checkout"]);
    assert_eq!(happened(&shop, "CAM-0001 --at 2024-03-04"), ["checkout"]);
    // In Berlin the day of the checkout is the third.
    assert_eq!(happened(&shop, "CAM-0001 --at 2024-03-02"), Vec::<String>::new());
    let unknown = shop.run("list --rev nonesuch");
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("nonesuch"), "{}", unknown.err);
    assert_eq!(shop.run("list --at yesterday").code, Some(2));
}

#[test]
fn without_a_repository_there_is_no_rev() {
    let shop = Shop::stocked();
    let ran = shop.run("list --rev HEAD");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("no git repository"), "{}", ran.err);
}

#[test]
fn the_state_in_json_has_slugs_and_nulls() {
    let shop = Shop::stocked();
    let out = shop.json("show CAM-0001");
    let expected = [
        ("number", "\"CAM-0001\""),
        ("name", "\"Sony FX3\""),
        ("category", "\"camera\""),
        ("status", "\"checked-out\""),
        ("custodian", "\"ana\""),
        ("since", "\"2024-03-02T23:30:00Z\""),
        ("due", "\"2024-03-06\""),
        ("location", "null"),
        ("home", "\"shelf\""),
        ("condition", "null"),
        ("faults", "[]"),
        ("reservations", "[]"),
        ("overdue", "true"),
    ];
    for (key, value) in expected {
        assert_eq!(out[key].to_string(), value, "{key}");
    }
    let both = shop.json("show CAM-0001 TOL-0001");
    assert_eq!(both.as_array().map(Vec::len), Some(2));
    assert_eq!(both[1]["faults"].as_array().map(Vec::len), Some(1));
    let listed = shop.json("list --kit KIT-1");
    assert_eq!(listed[0], shop.json("show CAM-0002"));
}

#[test]
fn people_read_tables_in_their_own_time() {
    let shop = Shop::stocked();
    let list = shop.says("list");
    assert!(list.starts_with("NUMBER"), "{list}");
    assert!(list.contains("Ana Ruiz") && list.contains("overdue"), "{list}");
    assert_eq!(list.lines().count(), 8);
    let show = shop.says("show cam-0001");
    assert!(show.contains("since 2024-03-03 00:30") && show.contains("OLD-17"), "{show}");
    assert!(show.contains("House › Studio › Shelf"), "{show}");
    let log = shop.says("log CAM-0001");
    assert!(log.contains("2024-03-03 00:30  CAM-0001  checkout  Ana Ruiz"), "{log}");
}

#[test]
fn spreadsheets_run_nothing() {
    let shop = Shop::stocked();
    shop.asset("CAM-9", "=1+1", "camera", "serial = \"@SUM(A1)\"\nmodel = \"+1, \\\"quoted\\\"\"");
    let list = shop.says("list --format csv");
    assert!(list.starts_with("number,name,category,status,custodian,"), "{list}");
    assert!(
        list.contains("CAM-9,'=1+1,") && list.contains("'@SUM(A1)") && list.contains("\"'+1, \"\"quoted\"\"\""),
        "{list}"
    );
    let log = shop.says("log --format csv");
    assert!(log.starts_with("number,at,kind,by,") && log.contains("'=cmd|"), "{log}");
    assert!(shop.says("show CAM-9 --format csv").contains("CAM-9,serial,'@SUM(A1)"));
    assert_eq!(shop.json("show CAM-9")["name"], "=1+1");
}

#[test]
fn numbers_resolve_in_any_case_and_by_alias() {
    let shop = Shop::stocked();
    for typed in ["CAM-0001", "cam-0001", "Cam-0001", "OLD-17", "old-17"] {
        assert_eq!(shop.json(&format!("show {typed}"))["number"], "CAM-0001", "{typed}");
        assert_eq!(happened(&shop, typed), ["checkout"], "{typed}");
    }
}

#[test]
fn unknown_names_are_refused_with_what_was_meant() {
    let shop = Shop::stocked();
    let cases = [
        ("show CAM-0010", "there is no asset `CAM-0010`", "CAM-0001"),
        ("log CAM-00001", "there is no asset `CAM-00001`", "CAM-0001"),
        ("list --custodian anna", "there is no person `anna`", "ana"),
        ("list --location studoi", "there is no location `studoi`", "studio"),
        ("list --category camra", "there is no category `camra`", "camera"),
        ("list --kit KIT-2", "there is no asset `KIT-2`", "KIT-1"),
        ("log --by anna", "there is no person `anna`", "ana"),
    ];
    for (line, why, hint) in cases {
        let ran = shop.run(line);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{line}");
        assert!(ran.err.contains(why), "{line}: {}", ran.err);
        assert!(ran.err.contains("hint: ") && ran.err.contains(&format!("`{hint}`")), "{line}: {}", ran.err);
    }
    assert_eq!(shop.run("list --status lost").code, Some(2));
    assert_eq!(shop.run("log --kind checkuot").code, Some(2));
}

#[test]
fn the_log_is_an_array_oldest_first() {
    let shop = Shop::stocked();
    assert_eq!(happened(&shop, ""), ["checkout", "report", "repair", "missing", "retire"]);
    assert_eq!(happened(&shop, "--kind report --kind retire"), ["report", "retire"]);
    assert_eq!(happened(&shop, "--category tool"), ["report", "repair", "missing"]);
    assert_eq!(happened(&shop, "--by ana tol-0002 TOL-0003"), ["repair", "missing"]);
    assert_eq!(happened(&shop, "--by ben"), Vec::<String>::new());
    assert_eq!(happened(&shop, "--by desk --by import"), Vec::<String>::new());
    let first = &shop.json("log CAM-0001")[0];
    assert_eq!((&first["number"], &first["to"], &first["voided"]), (&"CAM-0001".into(), &"ana".into(), &false.into()));
    assert_eq!(first["refused"], Value::Null);
}

#[test]
fn what_is_void_or_refused_is_shown_as_such() {
    let shop = Shop::stocked();
    let id = shop.event("CAM-0002", "2024-05-01T08:00:00Z", "checkout", "to = \"ben\"");
    shop.event("CAM-0002", "2024-05-02T08:00:00Z", "void", &format!("of = \"{id}\""));
    shop.event("CAM-0001", "2024-05-03T08:00:00Z", "checkout", "to = \"ben\"");
    assert_eq!(shop.json("log CAM-0002")[0]["voided"], true);
    assert!(shop.json("log CAM-0001")[1]["refused"].as_str().unwrap().contains("ana"));
    let said = shop.run("show CAM-0001");
    assert_eq!(said.code, Some(0));
    assert!(said.err.contains("1 error; run `tagbook check`"), "{}", said.err);
}
