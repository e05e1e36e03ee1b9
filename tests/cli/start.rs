//! `tagbook init`, `demo` and `import`.

use std::fs;

use crate::shop::{Shop, files};

#[test]
fn a_new_register_checks_clean_and_builds() {
    let shop = Shop::empty();
    let said = shop.says("init gear --title Kit\u{2019}s --currency CHF --timezone Europe/Zurich");
    assert!(said.contains("gear") && said.contains("next:"), "{said}");
    assert!(said.contains("a git repository of its own"), "{said}");
    assert_eq!(shop.git("-C gear symbolic-ref HEAD").trim(), "refs/heads/main");
    assert_eq!(shop.says("-C gear check --deny-warnings"), "clean · 0 assets, 0 events\n");
    let settings = fs::read_to_string(shop.root().join("gear/tagbook.toml")).unwrap();
    assert!(settings.contains("title = \"Kit’s\"") && settings.contains("audience = \"public\""), "{settings}");
    assert!(shop.says("-C gear build").contains("for the public"));
    // What the comments suggest is right, too.
    for name in ["tagbook.toml", "categories.toml", "locations.toml"] {
        let path = shop.root().join("gear").join(name);
        let text = fs::read_to_string(&path).unwrap();
        let is_setting = |line: &str| line.starts_with("# [") || line.contains(" = ");
        let bare =
            |line: &str| if is_setting(line) { line.trim_start_matches("# ").to_owned() } else { line.to_owned() };
        fs::write(&path, text.lines().map(|line| bare(line) + "\n").collect::<String>()).unwrap();
    }
    assert_eq!(shop.says("-C gear check --deny-warnings"), "clean · 0 assets, 0 events\n");

    let before = files(&shop.root().join("gear"));
    let refused = shop.run("init gear");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("gear/tagbook.toml"), "{}", refused.err);
    assert!(files(&shop.root().join("gear")) == before);
    assert_eq!(shop.run("init other --currency GOLD").code, Some(1));
    assert_eq!(shop.run("init other --timezone Mars/Olympus").code, Some(1));
    assert!(!shop.root().join("other").exists());
    shop.file("file", "");
    let failed = shop.run("init file/gear");
    assert_eq!(failed.code, Some(3));
    assert!(failed.err.contains("`file/gear`"), "{}", failed.err);
}

#[test]
fn a_new_register_leaves_what_is_there() {
    let shop = Shop::empty();
    shop.file(".gitignore", "node_modules");
    shop.file("README.md", "# Ours\n");
    shop.git("init --quiet");
    assert!(!shop.says("init").contains("git"));
    assert_eq!(fs::read_to_string(shop.root().join(".gitignore")).unwrap(), "node_modules\n/site/\n");
    shop.says("build");
    assert!(!shop.git("status --short --untracked-files=all").contains("site/"));
}

#[test]
fn the_demo_is_a_repository_that_was_lived_in_until_yesterday() {
    let shop = Shop::empty();
    let today = chrono::Utc::now().date_naive();
    shop.says("demo --no-serve");
    let folder = "tagbook-demo";
    let commits: usize = shop.git(&format!("-C {folder} rev-list --count HEAD")).trim().parse().unwrap();
    assert!(commits > 300, "{commits}");
    assert_eq!(shop.git(&format!("-C {folder} status --porcelain")), "");
    assert_eq!(shop.git(&format!("-C {folder} symbolic-ref HEAD")).trim(), "refs/heads/main");
    shop.git(&format!("-C {folder} fsck --strict --full"));
    let newest =
        shop.json(&format!("-C {folder} log")).as_array().unwrap().last().unwrap()["at"].as_str().unwrap().to_owned();
    assert_eq!(newest[..10], today.pred_opt().unwrap().to_string());
    let check = shop.says(&format!("-C {folder} check"));
    assert!(check.lines().last().unwrap().starts_with("clean · "), "{check}");
    shop.says(&format!("-C {folder} build"));
    assert_eq!(shop.git(&format!("-C {folder} status --porcelain")), "");
    let past = shop.json(&format!("-C {folder} log --rev HEAD~50"));
    assert!(!past.as_array().unwrap().is_empty());

    shop.says("demo --no-serve");
    assert!(shop.root().join("tagbook-demo-2/tagbook.toml").is_file());
    let refused = shop.run("demo --no-serve tagbook-demo");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("is not empty"), "{}", refused.err);
}

const EXPORT: &str = "Asset Tag,Name,Category,Location,Serial,Purchase Date,Purchase Cost,Checkout Type,Checked Out To: Username,Checked Out To: First Name,Checked Out To: Last Name\n\
    nb-0001,Laptop,Notebooks,Studio,S-1,2023-01-23,\"2,266.13\",User,cleo,Cleo,Marin\n\
    NB-0002,\"Screen, 27 inch\",Notebooks,Attic,,,,,,,\n";

#[test]
fn an_import_is_the_whole_file_and_twice_is_as_good_as_once() {
    let shop = Shop::stocked();
    shop.file("../export.csv", EXPORT);
    let before = files(&shop.root());
    let dry = shop.says("import ../export.csv --from snipe-it --dry-run");
    assert!(dry.contains("nothing was written"), "{dry}");
    assert_same_files(&before, &shop);

    let said = shop.says("import ../export.csv --from snipe-it");
    assert!(said.contains("new: 2 assets, 1 person"), "{said}");
    let laptop = shop.json("show nb-0001");
    assert_eq!((&laptop["status"], &laptop["custodian"]), (&"checked-out".into(), &"cleo".into()));
    let check = shop.run("check");
    assert_eq!(check.code, Some(0), "{}", check.out);
    shop.says("build");

    let once = files(&shop.root());
    let again = shop.says("import ../export.csv --from snipe-it");
    assert!(again.contains("nothing new · 2 assets known already"), "{again}");
    assert_same_files(&once, &shop);
}

#[test]
fn a_rejected_import_names_the_cell_and_writes_nothing() {
    let shop = Shop::stocked();
    shop.file("../export.csv", EXPORT.replace("2023-01-23", "23rd of May"));
    let before = files(&shop.root());
    let refused = shop.run("import ../export.csv --from snipe-it");
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("row 2, column `Purchase Date`") && refused.err.contains("nothing was imported"),
        "{}",
        refused.err
    );
    assert_same_files(&before, &shop);
    let missing = shop.run("import ../nonesuch.csv --from snipe-it");
    assert_eq!(missing.code, Some(3));
    assert!(missing.err.contains("`../nonesuch.csv`"), "{}", missing.err);
    assert_eq!(shop.run("import ../export.csv --from paper").code, Some(2));
}

#[test]
fn an_import_that_cannot_be_written_is_taken_back() {
    let shop = Shop::stocked();
    shop.file("../export.csv", EXPORT);
    let before = files(&shop.root());
    fs::set_permissions(shop.root().join("people"), std::os::unix::fs::PermissionsExt::from_mode(0o555)).unwrap();
    let mut command = shop.tagbook_without_rights();
    command.args(["import", "../export.csv", "--from", "snipe-it"]);
    let ran = crate::shop::ran(command);
    fs::set_permissions(shop.root().join("people"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(ran.code, Some(3), "{}", ran.err);
    assert!(ran.err.contains("ermission denied"), "{}", ran.err);
    assert_same_files(&before, &shop);
}

fn assert_same_files(before: &crate::shop::Files, shop: &Shop) {
    crate::shop::assert_same(before, &files(&shop.root()));
}
