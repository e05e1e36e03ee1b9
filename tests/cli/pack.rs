//! `tagbook pack`: fewer files, the same events, whenever they are looked at.

use std::fs;

use crate::shop::Shop;

/// A workshop with events of three years, one of them at the end of a year where the register is.
fn long_used() -> Shop {
    let shop = Shop::workshop();
    shop.event("CAM-0001", "2023-03-01T10:00:00Z", "checkout", "to = \"ben\"");
    shop.event("CAM-0001", "2023-04-01T10:00:00Z", "return", "location = \"van\"");
    // In Berlin, it is 2024 already.
    shop.event("CAM-0001", "2023-12-31T23:30:00Z", "move", "location = \"studio\"");
    shop.event("CAM-0001", "2024-02-01T10:00:00Z", "note", "note = \"\"\"\n[[event]]\nis no event\"\"\"");
    shop.event("TOL-0001", "2023-03-05T08:00:00Z", "report", "severity = \"minor\"\nnote = \"loose\"");
    shop.commit("log");
    shop.did("note CAM-0001 --note now");
    shop
}

fn files(shop: &Shop, number: &str) -> Vec<String> {
    let listed = shop.git(&format!("ls-files assets/{number}/log"));
    listed.lines().map(|path| path.rsplit('/').next().unwrap().to_owned()).collect()
}

/// What the register says on days of its past, and what its log is.
fn told(shop: &Shop) -> Vec<String> {
    let days = ["2023-02-01", "2023-03-02", "2023-12-31", "2024-01-01", "2024-03-01", "2099-01-01"];
    let mut told: Vec<String> = days.iter().map(|day| shop.says(&format!("list --format json --at {day}"))).collect();
    told.push(shop.says("log --format csv"));
    told
}

#[test]
fn closed_years_are_one_file_each_and_everything_is_as_it_was() {
    let shop = long_used();
    let before = told(&shop);
    assert!(
        shop.says("pack --dry-run").contains("5 files of 2 assets would be 3 now"),
        "{}",
        shop.says("pack --dry-run")
    );
    assert_eq!(files(&shop, "CAM-0001").len(), 5, "nothing is packed yet");
    let said = shop.says("pack");
    assert!(said.contains("5 files of 2 assets are 3 now"), "{said}");
    let packed = files(&shop, "CAM-0001");
    assert_eq!((packed.len(), &packed[..2]), (3, &["2023.toml".to_owned(), "2024.toml".to_owned()][..]), "{packed:?}");
    assert_eq!(files(&shop, "TOL-0001"), ["2023.toml"]);
    assert_eq!(shop.git("status --porcelain"), "");
    shop.is_sound();
    assert_eq!(told(&shop), before, "with the commit that recorded each event");
    let verified = shop.says("verify");
    assert!(verified.contains("verified"), "{verified}");
    let text = fs::read_to_string(shop.root().join("assets/CAM-0001/log/2024.toml")).unwrap();
    assert_eq!(text.matches("[[event]]\nid").count(), 2, "the last of 2023 in Greenwich, and the note: {text}");

    // Once more, there is nothing to do; what comes late goes in with the others.
    let head = shop.git("rev-parse HEAD");
    assert!(shop.run("pack").err.contains("nothing to pack"));
    assert_eq!(shop.git("rev-parse HEAD"), head);
    shop.did("note CAM-0001 --note late --at 2023-06-01T10:00");
    let before = told(&shop);
    assert!(shop.says("pack CAM-0001").contains("2 files of 1 asset are 1 now"));
    assert_eq!((files(&shop, "CAM-0001"), told(&shop)), (packed, before));
    assert_eq!(shop.run("verify --format json").out.matches("removed-event").count(), 0);
}

#[test]
fn what_is_written_beside_events_stays_with_them() {
    let shop = Shop::workshop();
    let event = |id: &str, at: &str| {
        format!("[[event]]\nid = \"{id}\" # {id}\nat = {at}\nkind = \"note\"\nby = \"ana\"\nnote = \"x\"\n")
    };
    let (old, new) = (event("aaaaaaaa", "2023-05-01T08:00:00+02:00"), event("bbbbbbbb", "2024-05-01T08:00:00Z"));
    shop.file("assets/TOL-0001/log/both.toml", format!("# From the paper book.\n{new}\n# Older.\n{old}"));
    shop.file("assets/TOL-0001/log/crlf.toml", event("cccccccc", "2023-06-01T08:00:00Z").replace('\n', "\r\n"));
    shop.file(
        "assets/TOL-0001/log/inline.toml",
        "event = [{ id = \"dddddddd\", at = 2023-07-01T08:00:00Z, kind = \"note\", by = \"ana\", note = \"y\" }]\n",
    );
    // The same event twice counts once.
    shop.file("assets/TOL-0001/log/again.toml", event("cccccccc", "2023-06-01T08:00:00Z"));
    shop.commit("book");
    let before = shop.says("log TOL-0001 --format json");
    shop.says("pack --before 2024");
    assert_eq!(files(&shop, "TOL-0001"), ["2023.toml", "both.toml"]);
    assert_eq!(shop.says("log TOL-0001 --format json"), before);
    let text = |name: &str| fs::read_to_string(shop.root().join("assets/TOL-0001/log").join(name)).unwrap();
    assert_eq!(text("both.toml"), format!("# From the paper book.\n{new}\n# Older.\n"));
    let packed = text("2023.toml");
    assert!(packed.starts_with(&old) && packed.contains("id = \"dddddddd\""), "{packed}");
    assert_eq!((packed.matches("cccccccc\" #").count(), packed.contains('\r')), (1, false), "{packed}");
    assert_eq!(shop.run("verify --format json").out.matches("\"error\"").count(), 0, "{}", shop.says("verify"));
}

#[test]
fn what_cannot_be_judged_is_not_packed_and_nothing_else_is() {
    let shop = long_used();
    shop.file("assets/CAM-0002/log/broken.toml", "[[event]]\nid = ");
    shop.file(
        "assets/TOL-0001/log/later.toml",
        "[[event]]\nid = \"e0000005\"\nat = 2023-01-01T08:00:00Z\nkind = \"note\"\nby = \"ana\"\nnote = \"x\"\n",
    );
    shop.commit("broken");
    let said = shop.refuses("pack", "CAM-0002");
    assert!(said.contains("broken.toml") && said.contains("two different events"), "all at once: {said}");
    assert!(shop.says("pack CAM-0001").contains("1 asset"), "others can be, by name");
}

#[test]
fn packing_is_for_keepers_and_for_years_that_are_over() {
    let shop = long_used();
    shop.refuses("pack --by ben", "only keepers");
    shop.refuses("pack --before 2999", "is not over");
    shop.refuses("pack NOPE-1", "no asset `NOPE-1`");
    shop.file(
        "assets/CAM-0001/log/new.toml",
        "[[event]]\nid = \"ffffffff\"\nat = 2023-01-01T08:00:00Z\nkind = \"note\"\nby = \"ana\"\nnote = \"x\"\n",
    );
    shop.refuses("pack", "not committed");
    // Without a commit, the files are packed where they are.
    let before = told(&shop);
    assert!(shop.says("pack --no-commit").contains("are"));
    let left = fs::read_dir(shop.root().join("assets/CAM-0001/log")).unwrap().count();
    assert_eq!((left, told(&shop)[..6].to_vec()), (3, before[..6].to_vec()));
}
