//! `tagbook diff`: a branch in the words of the register; and what only a merge breaks.

use std::fs;

use serde_json::{Value, json};

use crate::shop::Shop;

/// A branch on which a keeper bought a camera, moved a drill, handed one out, and let somebody in.
fn branch() -> Shop {
    let shop = Shop::workshop();
    shop.git("checkout -q -b spring");
    shop.asset(
        "CAM-0004",
        "Sony <b>FX9</b> @all",
        "camera",
        "home = \"shelf\"\nserial = \"S-9\"\nreplacement_value = \"5400.00 EUR\"",
    );
    shop.file(
        "assets/TOL-0001/asset.toml",
        "name = \"Drill\"\ncategory = \"tool\"\nhome = \"shelf\"\nserial = \"D-1\"\n",
    );
    shop.file("people/dora.toml", "name = \"Dora\"\n");
    shop.file("assets/CAM-0004/files/receipt.pdf", "%PDF-1.4");
    shop.commit("spring");
    shop.did("checkout CAM-0001 --to ben --due 2099-01-05");
    shop.git("checkout -q main");
    shop.did("note TOL-0001 --note oiled");
    shop
}

#[test]
fn a_branch_is_told_in_the_words_of_the_register() {
    let shop = branch();
    let said = shop.says("diff main..spring");
    for words in [
        "1 new asset, 1 record changed, 1 event, worth 5400.00 EUR more",
        "CAM-0004  Sony <b>FX9</b> @all · Cameras · Shelf · S-9 · 5400.00 EUR",
        "TOL-0001  home: Van → Shelf",
        "TOL-0001  serial: nothing → D-1",
        "Ana gave it to Ben until 5 Jan 2099",
        "people/dora  new: name Dora",
        "CAM-0004  new: files/receipt.pdf",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("oiled"), "that was done on the other branch: {said}");
    let markdown = shop.says("diff main..spring --format markdown");
    assert!(
        markdown.starts_with("**1 new asset") && markdown.contains("### New assets\n\n- **CAM-0004** Sony"),
        "{markdown}"
    );
    assert!(!markdown.contains("<b>") && !markdown.contains("@all") && !markdown.contains("toml"), "{markdown}");
    let read: Value = serde_json::from_str(&shop.says("diff main..spring --format json")).unwrap();
    assert_eq!(
        (&read["added"], &read["value"]),
        (&json!(["CAM-0004"]), &json!([{"was": "0.00 EUR", "is": "5400.00 EUR"}]))
    );
    assert_eq!(read["events"][0]["kind"], "checkout");
    assert_eq!(read["assets"][0]["changed"][0], json!({"key": "home", "was": "van", "is": "shelf"}));
    // From the branch itself, and the other way round.
    shop.git("checkout -q spring");
    assert_eq!(shop.says("diff main"), said);
    assert!(shop.says("diff spring..main").contains("oiled"));
    assert_eq!(shop.says("diff spring..spring").trim(), "nothing changed");
    shop.refuses("diff main..nowhere", "nowhere");
}

#[test]
fn what_is_not_committed_yet_is_told_with_what_it_breaks_and_cures() {
    let shop = Shop::workshop();
    assert_eq!(shop.says("diff").trim(), "nothing changed");
    shop.asset("CAM-0002", "Sony FX6", "cameras", "home = \"shelf\"");
    let ran = shop.run("diff");
    assert!(
        ran.code == Some(1) && ran.out.contains("Findings that come with it") && ran.out.contains("cameras"),
        "{}",
        ran.out
    );
    shop.commit("broken");
    shop.asset("CAM-0002", "Sony FX6", "camera", "home = \"shelf\"");
    let said = shop.says("diff");
    assert!(said.contains("1 finding cured") && said.contains("Findings that it cures"), "{said}");
}

#[test]
fn events_that_were_altered_or_removed_stand_out() {
    let shop = Shop::workshop();
    shop.did("checkout CAM-0001 --to ben");
    shop.did("note TOL-0001 --note oiled");
    let log = |number: &str| shop.git(&format!("ls-files assets/{number}/log")).trim().to_owned();
    let path = log("CAM-0001");
    let text = fs::read_to_string(shop.root().join(&path)).unwrap();
    shop.file(&path, text.replace("to = \"ben\"", "to = \"ana\""));
    fs::remove_file(shop.root().join(log("TOL-0001"))).unwrap();
    let ran = shop.run("diff");
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.out.contains("Events that were altered") && ran.out.contains("Events that were removed"),
        "{}",
        ran.out
    );
}

#[test]
fn two_days_are_compared_asset_by_asset() {
    let shop = Shop::workshop();
    shop.event("CAM-0001", "2024-03-02T10:00:00Z", "checkout", "to = \"ben\"\ndue = 2024-03-06");
    shop.event("CAM-0001", "2024-03-05T10:00:00Z", "return", "location = \"van\"");
    shop.commit("log");
    let said = shop.says("diff --at 2024-03-01 --at 2024-03-03");
    assert!(said.contains("1 asset otherwise") && said.contains("CAM-0001  custodian: nothing → Ben Adler"), "{said}");
    assert!(said.contains("status: available → checked-out"), "{said}");
    let said = shop.says("diff --at 2024-03-01 --at 2024-03-06");
    assert!(said.contains("location: Shelf → Van") && !said.contains("custodian"), "{said}");
    let before = shop.says("diff --at 2024-03-01 --at 2024-03-03 --rev HEAD~1");
    assert!(before.contains("0 assets otherwise"), "as it was recorded then: {before}");
    assert_eq!(shop.run("diff --at 2024-03-01").code, Some(2));
    assert_eq!(shop.run("diff --at 2024-03-03 --at 2024-03-01").code, Some(2));
}

#[test]
fn check_finds_what_only_the_merge_breaks() {
    let shop = Shop::workshop();
    shop.git("checkout -q -b one");
    shop.did("checkout CAM-0001 --to ben");
    shop.is_sound();
    shop.git("checkout -q -b other main");
    shop.did("checkout CAM-0001 --to ana");
    shop.is_sound();
    assert_eq!(shop.run("check --base main").code, Some(0));
    let ran = shop.run("check --base one");
    assert!(ran.code == Some(1) && ran.out.contains("refused-event"), "{}{}", ran.out, ran.err);
    assert_eq!(shop.run("check --rev one --base other").code, Some(1));
    assert_eq!(shop.git("status --porcelain"), "", "nothing was merged");
    // What git itself cannot merge is said.
    shop.file("people/ben.toml", "name = \"Ben A\"\n");
    shop.commit("name");
    shop.git("checkout -q one");
    shop.file("people/ben.toml", "name = \"Ben B\"\n");
    shop.commit("name");
    shop.refuses("check --base other", "people/ben.toml");
}
