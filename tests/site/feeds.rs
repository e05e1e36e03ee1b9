//! What programs read: the feed, the calendar, the tables.

use crate::harness::{Shelf, stuffed};

fn calendar() -> String {
    stuffed(|field| format!("a {field}, b; c\\d\r\nBEGIN:VEVENT")).team()["due.ics"].clone()
}

#[test]
fn calendar_entries_end_after_they_begin() {
    let unfolded = calendar().replace("\r\n ", "");
    let entries: Vec<&str> = unfolded.split("BEGIN:VEVENT").skip(1).filter(|entry| entry.contains("DTSTART")).collect();
    assert!(
        entries
            .iter()
            .any(|entry| entry.contains("DTSTART;VALUE=DATE:20261121") && entry.contains("DTEND;VALUE=DATE:20261122"))
    );
    assert!(
        entries
            .iter()
            .any(|entry| entry.contains("DTSTART;VALUE=DATE:20270301") && entry.contains("DTEND;VALUE=DATE:20270306"))
    );
    for wanted in ["warranty ends", "hire ends", "inspection due", "reserved for"] {
        assert!(entries.iter().any(|entry| entry.contains(wanted)), "{wanted}");
    }
}

#[test]
fn names_cannot_break_out_of_the_calendar() {
    let calendar = calendar();
    for line in calendar.split("\r\n") {
        assert!(line.len() <= 75 && !line.contains('\n') && !line.contains('\r'), "{line:?}");
    }
    assert_eq!(calendar.matches("\r\nBEGIN:VEVENT\r\n").count(), calendar.matches("\r\nEND:VEVENT\r\n").count());
    assert_eq!(calendar, self::calendar(), "ids and stamps are stable");
}

#[test]
fn the_feed_tells_what_happened_in_plain_words() {
    let feed = stuffed(|field| format!("a {field}")).team()["feed.xml"].clone();
    assert!(feed.starts_with("<?xml") && feed.contains("<id>https://kit.example.org/CAM-1/#e-e000000f</id>"), "{feed}");
    assert!(feed.contains("<title>CAM-1: ") && feed.contains("until Sat 21 Nov</title>"), "{feed}");
}

#[test]
fn spreadsheets_take_nothing_for_a_formula() {
    let shelf = Shelf::new().file("categories.toml", "[a]\nname = 'A'\n");
    let site = shelf.asset("A-1", "=cmd|' /C calc'!A0", "a", "serial = '@SUM(1)'\nmodel = '+1'").team();
    assert!(site["assets.csv"].contains(",'=cmd") || site["assets.csv"].contains("\"'=cmd"), "{}", site["assets.csv"]);
    assert!(site["assets.csv"].contains("'@SUM(1)") && site["assets.csv"].contains("'+1"));
    assert!(site["register.json"].contains("\"=cmd"), "JSON is exact");
}

#[test]
fn the_search_has_a_line_for_every_asset() {
    let table = stuffed(|field| format!("a\t{field}\nb")).team()["search.tsv"].clone();
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines.len(), 5, "{table}");
    assert!(lines.iter().all(|line| line.len() == lines[0].len()), "{table}");
    assert_eq!(lines[1][0], "CAM-1");
}

#[test]
fn json_says_the_state_with_slugs() {
    let site = stuffed(|field| format!("a {field}")).team();
    let register: serde_json::Value = serde_json::from_str(&site["register.json"]).unwrap();
    let asset: serde_json::Value = serde_json::from_str(&site["CAM-1/asset.json"]).unwrap();
    assert_eq!(register["version"], 1);
    assert_eq!(register["assets"][0], asset);
    assert_eq!(
        (&asset["status"], &asset["custodian"], &asset["overdue"]),
        (&"checked-out".into(), &"ben".into(), &true.into())
    );
    let about: serde_json::Value = serde_json::from_str(&site["tagbook.json"]).unwrap();
    assert_eq!((&about["commit"], &about["counts"]["assets"]), (&"3f9c21a0aabbccddeeff".into(), &4.into()));
    assert_eq!(site["tagbook.json"], site[".well-known/tagbook.json"]);
}
