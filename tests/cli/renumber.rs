//! `tagbook renumber`: another number for the same thing, with all that is filed under the one it had.

use std::fs;

use serde_json::Value;

use crate::shop::Shop;

/// The commits that recorded an asset's events, oldest first.
fn recorded(shop: &Shop, number: &str) -> Vec<Value> {
    let log = shop.json(&format!("log {number}"));
    log.as_array().unwrap().iter().map(|event| event["recorded"]["commit"].clone()).collect()
}

#[test]
fn an_asset_moves_with_its_files_its_log_its_parts_and_its_label() {
    let shop = Shop::workshop();
    shop.did("checkout KIT-1 --to ben");
    shop.file("assets/KIT-1/files/manual.pdf", b"%PDF-1.4\xff\x00");
    shop.commit("manual");
    let commits = recorded(&shop, "KIT-1");
    let said = shop.says("renumber kit-1 SET-0001");
    assert!(said.contains("KIT-1 is SET-0001 now"), "{said}");
    assert_eq!(shop.git("log -1 --format=%s").trim(), "renumber KIT-1 to SET-0001");
    assert_eq!(shop.git("status --porcelain"), "");
    shop.is_sound();
    assert!(!shop.root().join("assets/KIT-1").exists());
    assert_eq!(fs::read(shop.root().join("assets/SET-0001/files/manual.pdf")).unwrap(), b"%PDF-1.4\xff\x00");
    assert_eq!(shop.json("show KIT-1")["number"], "SET-0001", "its label leads to it");
    assert_eq!(shop.json("show SET-0001")["custodian"], "ben");
    for part in ["MIC-1", "BAG-1"] {
        assert_eq!(shop.json(&format!("show {part}"))["part_of"], "SET-0001");
    }
    // Whoever recorded its events before did so still.
    assert_eq!(recorded(&shop, "SET-0001"), commits);
    assert!(shop.says("verify --deny-warnings").contains("verified"));
    // And back again.
    shop.says("renumber SET-0001 KIT-1");
    let asset = shop.json("show KIT-1");
    assert_eq!((&asset["number"], &asset["aliases"]), (&"KIT-1".into(), &serde_json::json!(["SET-0001"])));
    assert_eq!(recorded(&shop, "KIT-1"), commits);
    shop.is_sound();
}

#[test]
fn the_next_number_is_one_that_nothing_ever_had() {
    let shop = Shop::workshop();
    assert!(shop.says("renumber CAM-0001").contains("CAM-0001 is CAM-0003 now"));
    assert!(shop.says("renumber OLD-17").contains("CAM-0003 is CAM-0004 now"), "by a label of long ago");
    shop.refuses("renumber CAM-0002 OLD-17", "OLD-17 is the number of CAM-0004");
    shop.refuses("renumber CAM-0002 TOL-0001", "TOL-0001 is the number of TOL-0001 Drill");
    shop.refuses("renumber CAM-0002 people", "not an asset number");
    shop.refuses("renumber NOPE-9", "no asset `NOPE-9`");
    shop.refuses("renumber CAM-0002 CAM-0009 --by ben", "only keepers");
    shop.asset("X", "X", "tool", "");
    shop.commit("x");
    shop.refuses("renumber X", "no next");
    let head = shop.git("rev-parse HEAD");
    shop.says("renumber CAM-0002 CAM-0002");
    assert_eq!(shop.git("rev-parse HEAD"), head);
}

#[test]
fn two_branches_that_gave_the_same_number_to_two_things_are_mended() {
    let shop = Shop::workshop();
    shop.git("checkout -q -b one");
    let added = shop.says("add --name Tripod --category camera");
    assert!(added.contains("CAM-0003"), "{added}");
    shop.did("checkout CAM-0003 --to ben");
    shop.git("checkout -q -b other main");
    shop.says("add --name Slider --category camera");
    shop.says("add --name Dolly --category camera");
    shop.did("note CAM-0003 --note heavy");
    let said = shop.refuses("check --base one", "does not merge");
    let mend = "renumber CAM-0003 --base one";
    assert!(said.contains(&format!("`tagbook {mend}`")), "{said}");
    let ran = shop.run(mend);
    assert!(
        ran.out.contains("CAM-0003 is CAM-0005 now") && ran.err.contains("take its old label off"),
        "{}{}",
        ran.out,
        ran.err
    );
    assert_eq!(shop.run("check --base one").code, Some(0));
    shop.git("merge -q --no-edit one");
    shop.did("note CAM-0003 --note light");
    shop.is_sound();
    assert_eq!(shop.json("show CAM-0003")["name"], "Tripod");
    assert_eq!(shop.json("show CAM-0005")["name"], "Slider");
    assert!(shop.says("verify --deny-warnings").contains("verified"), "{}", shop.says("verify"));
}

#[test]
fn two_folders_with_one_number_are_told_apart_by_name() {
    let shop = Shop::workshop();
    shop.file("assets/a/CAM-0003/asset.toml", "name = \"Tripod\"\ncategory = \"camera\"\n");
    shop.file("assets/b/CAM-0003/asset.toml", "name = \"Slider\"\ncategory = \"camera\"\n");
    shop.file(
        "assets/b/CAM-0003/log/x.toml",
        "[[event]]\nid = \"aaaaaaaa\"\nat = 2024-05-05T08:00:00Z\nkind = \"note\"\nby = \"ana\"\nnote = \"x\"\n",
    );
    shop.commit("twice");
    assert_eq!(shop.run("check").code, Some(1));
    let said = shop.refuses("renumber CAM-0003", "two assets are CAM-0003");
    assert!(said.contains("`tagbook renumber assets/b/CAM-0003`"), "{said}");
    shop.refuses("renumber assets/c/CAM-0003", "no record in the folder");
    assert!(shop.says("renumber assets/b/CAM-0003").contains("CAM-0003 is CAM-0004 now"));
    assert_eq!(shop.json("show CAM-0003")["name"], "Tripod");
    assert_eq!(shop.json("show CAM-0004")["name"], "Slider");
    assert!(shop.root().join("assets/b/CAM-0004/log/x.toml").exists());
    shop.is_sound();
}

#[test]
fn a_number_that_is_gone_is_not_given_again_and_what_lies_there_is_not_taken_over() {
    let shop = Shop::workshop();
    shop.git("rm -qr assets/CAM-0002");
    shop.commit("gone");
    assert!(shop.says("renumber CAM-0001").contains("CAM-0001 is CAM-0003 now"));
    shop.file(
        "assets/CAM-0009/log/x.toml",
        "[[event]]\nid = \"aaaaaaaa\"\nat = 2024-05-05T08:00:00Z\nkind = \"note\"\nby = \"ana\"\nnote = \"x\"\n",
    );
    shop.commit("stray");
    shop.refuses("renumber CAM-0003 CAM-0009", "would become this asset's");
}

#[test]
fn a_branch_that_renumbers_is_told_as_that() {
    let shop = Shop::workshop();
    shop.did("checkout KIT-1 --to ben");
    shop.git("checkout -q -b spring");
    shop.says("renumber KIT-1 SET-1");
    let ran = shop.run("diff main..spring");
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert!(ran.out.contains("1 asset renumbered") && ran.out.contains("was KIT-1 until now"), "{}", ran.out);
    assert!(!ran.out.contains("removed") && !ran.out.contains("What happened"), "{}", ran.out);
    let json: Value = serde_json::from_str(&shop.says("diff main..spring --format json")).unwrap();
    assert_eq!(json["renumbered"], serde_json::json!([{ "from": "KIT-1", "to": "SET-1" }]));
}
