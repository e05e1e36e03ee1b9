//! Who may record what, and who is said to have done it.

use std::fs;

use crate::shop::Shop;

#[test]
fn a_member_undoes_only_their_own_newest_and_soon() {
    let shop = Shop::workshop();
    shop.git("config user.email BEN@example.ORG");
    let only = "a member may void their own newest event for 15 minutes";
    let own = shop.did("have CAM-0001")["event"].as_str().unwrap().to_owned();
    assert_eq!(shop.newest("CAM-0001")["by"], "ben");
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
    assert_eq!((&shop.newest("CAM-0001")["by"], &shop.newest("CAM-0001")["to"]), (&"ben".into(), &"ben".into()));
    assert_eq!(shop.git("log -1 --format=%an/%ae/%cn/%ce").trim(), "Ana Ruiz/BEN@EXAMPLE.ORG/Ana Ruiz/BEN@EXAMPLE.ORG");
    shop.git("config user.email nobody@example.org");
    let said = shop.refuses("have CAM-0001", "nobody in people/ has the e-mail address `nobody@example.org`");
    assert!(said.contains("hint: say who you are with --by"), "{said}");
    shop.did("have CAM-0001 --by ana");
    assert_eq!(shop.newest("CAM-0001")["to"], "ana");

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
