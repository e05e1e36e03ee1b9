//! What a phone keeps: the register in one file that is true on other days too, where desk and site are one.

use serde_json::Value;

use crate::harness::{Shelf, Site};

const OWN: &str = "title = 'Kit'\nbase_url = 'https://kit.example.org/gear/'\ndesk_url = 'https://kit.example.org/gear/desk'\ntimezone = 'Europe/Berlin'\n";

fn studio() -> Shelf {
    Shelf::new()
        .file("tagbook.toml", OWN)
        .file("people/ana.toml", "name = 'Ana Ruiz'\nrole = 'keeper'\n")
        .file("people/ben.toml", "name = 'Ben Okafor'\nleft = 2026-01-31\n")
        .file("locations.toml", "[shelf-a]\nname = 'Shelf A'\n")
        .file("categories.toml", "[camera]\nname = 'Cameras'\n")
        .asset("CAM-0001", "Sony \"FX3\"\u{2028}, body", "camera", "home = 'shelf-a'\nserial = '12'\ncontents = ['strap']\naliases = ['OLD-1']")
        .asset("CAM-0002", "Canon R5", "camera", "part_of = 'CAM-0001'")
        .log("CAM-0001", "2026-11-10T08:14:00Z checkout ana to = 'ana' ;; due = 2026-11-14\n2026-11-22T10:00:00Z report ana severity = 'minor' ;; note = 'dirty'")
}

fn snapshot(site: &Site) -> Value {
    serde_json::from_str(&site["snapshot.json"]).unwrap()
}

#[test]
fn the_snapshot_says_of_each_asset_what_somebody_before_it_wants_to_know() {
    let site = studio().team();
    let camera = &snapshot(&site)["assets"]["CAM-0001"];
    assert_eq!(camera["now"], "With Ana Ruiz until Sat 14 Nov");
    assert_eq!(camera["tone"], "bad");
    assert_eq!(camera["chips"], serde_json::json!([["overdue", "bad"], ["fault", "warn"]]));
    assert_eq!(camera["faults"][0]["note"], "dirty");
    assert_eq!(camera["facts"].to_string(), r#"[["Belongs in","Shelf A"],["Comes with","strap"],["Serial","12"]]"#);
    assert_eq!(camera["parts"], serde_json::json!(["CAM-0002"]));
    assert_eq!(camera["taps"], serde_json::json!(["back", "have", "audit"]));
    assert_eq!(camera["last"], "e0000001");
    let head = snapshot(&site);
    assert_eq!(head["people"], serde_json::json!({"ana": "Ana"}), "who has left records nothing");
    assert_eq!(head["aliases"], serde_json::json!({"OLD-1": "CAM-0001"}));
}

#[test]
fn the_snapshot_is_true_on_any_other_day() {
    let site = studio().log("CAM-0002", "2026-11-23T08:14:00Z checkout ana to = 'ana'").team();
    assert_eq!(snapshot(&site)["assets"]["CAM-0002"]["line"], "since Mon 23 Nov 09:14");
    assert!(site["CAM-0002/index.html"].contains("today 09:14"));
    assert!(!site["snapshot.json"].contains("today") && !site["snapshot.json"].contains("days late"));
}

#[test]
fn an_asset_has_a_line_of_its_own() {
    let site = studio().team();
    let lines: Vec<&str> = site["snapshot.json"].lines().collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    let head: Value = serde_json::from_str(&format!("{}}}}}", lines[0])).unwrap();
    assert_eq!(head["version"], 1);
    let own: Value = serde_json::from_str(&format!("{{{}}}", lines[1].trim_end_matches(','))).unwrap();
    assert!(own["CAM-0001"]["name"].as_str().unwrap().starts_with("Sony"));
}

#[test]
fn a_worker_stands_only_before_a_teams_site_and_its_own_desk() {
    let files = ["sw.js", "snapshot.json", "offline/index.html", "static/offline.js"];
    let with = |settings: &str| studio().file("tagbook.toml", settings).team();
    let own = with(OWN);
    assert!(files.iter().all(|file| own.contains_key(*file)));
    assert!(own["index.html"].contains(" data-desk=\"https://kit.example.org/gear/desk\" data-offline=\""));
    assert!(own["_headers"].contains("/sw.js\n  Cache-Control: no-cache\n"), "{}", own["_headers"]);
    let others = [
        studio().public(),
        with("title = 'Kit'\nbase_url = 'https://kit.example.org/'\n"),
        with("title = 'Kit'\nbase_url = 'https://kit.example.org/gear/'\ndesk_url = 'https://kit.example.org/desk'\n"),
        with(
            "title = 'Kit'\nbase_url = 'https://kit.example.org'\ndesk_url = 'https://kit.example.org.evil.example/desk'\n",
        ),
        with("title = 'Kit'\nbase_url = 'https://kit.example.org/'\ndesk_url = 'https://desk.kit.example.org'\n"),
    ];
    for site in others {
        assert!(files.iter().all(|file| !site.contains_key(*file)));
        assert!(site.values().all(|text| !text.contains(" data-offline=\"") || text.contains("'use strict'")));
    }
}
