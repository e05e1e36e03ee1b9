//! `tagbook add`.

use std::fs;

use crate::shop::Shop;

/// A workshop whose cameras have fields of every type, and whose lenses have no numbers of their own.
fn studio() -> Shop {
    let shop = Shop::workshop();
    let fields = "[camera.fields.mount]\ntype = \"text\"\n[camera.fields.weight]\ntype = \"number\"\nunit = \"g\"\n\
        [camera.fields.tested]\ntype = \"date\"\n[camera.fields.insured]\ntype = \"bool\"\n[camera.fields.value]\ntype = \"money\"\n\
        [camera.fields.sensor]\ntype = \"choice\"\nchoices = [\"APS-C\", \"full frame\"]\n[camera.fields.manual]\ntype = \"link\"\n";
    let others = "[lens]\nname = \"Lenses\"\n[safety]\nname = \"Safety\"\nprefix = \"SAF\"\nrequire = [\"serial\", \"manufacturer\"]\n\
        [safety.fields.class]\ntype = \"choice\"\nchoices = [\"A\", \"B\"]\nrequired = true\n";
    shop.file(
        "categories.toml",
        format!("[camera]\nname = \"Cameras\"\nprefix = \"CAM\"\n{fields}[tool]\nname = \"Tools\"\n{others}"),
    );
    shop.file("tags/a.toml", "minted = 2024-01-01T09:00:00Z\nby = \"ana\"\nnumbers = [\"CAM-0098\"]\n");
    shop.commit("categories");
    shop.is_sound();
    shop
}

/// Adds, and gives the numbers that it says are in the register now. The commit has their records and nothing else.
fn adds(shop: &Shop, words: &[&str]) -> Vec<String> {
    let before = shop.git("rev-parse HEAD");
    let ran = shop.run_words(&[&["add"], words].concat());
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{words:?}");
    assert_eq!(shop.git("rev-parse HEAD~1"), before);
    assert_eq!(shop.git("status --porcelain --untracked-files=all"), "");
    let said: Vec<_> = ran.out.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    let trailers = shop.git("log -1 --format=%(trailers:only)");
    let trailers: Vec<_> = trailers.lines().filter_map(|line| line.strip_prefix("Tagbook-Asset: ")).collect();
    assert_eq!(trailers, said);
    let files = shop.git("show --format= --name-status HEAD");
    let numbers: Vec<_> = files.lines().map(|line| line.rsplit('/').nth(1).unwrap()).collect();
    assert!(files.lines().all(|line| line.starts_with("A\tassets/") && line.ends_with("/asset.toml")), "{files}");
    assert_eq!(numbers, said);
    said
}

fn add(shop: &Shop, line: &str) -> Vec<String> {
    adds(shop, &line.split_whitespace().collect::<Vec<_>>())
}

/// Where the record of a number lies.
fn place(shop: &Shop, number: &str) -> String {
    let all = shop.git("ls-files assets");
    all.lines().find(|path| path.ends_with(&format!("/{number}/asset.toml"))).unwrap().to_owned()
}

fn record(shop: &Shop, number: &str) -> toml::Table {
    fs::read_to_string(shop.root().join(place(shop, number))).unwrap().parse().unwrap()
}

#[test]
fn numbers_count_on_from_every_one_that_was_ever_used() {
    let shop = studio();
    assert_eq!(add(&shop, "--category camera --name Body"), ["CAM-0099"]);
    assert_eq!(shop.git("log -1 --format=%s").trim(), "add CAM-0099");
    assert_eq!(place(&shop, "CAM-0099"), "assets/CAM-00xx/CAM-0099/asset.toml");
    assert_eq!(add(&shop, "--category CAMERA --name Body --count 3"), ["CAM-0100", "CAM-0101", "CAM-0102"]);
    assert_eq!(shop.git("log -1 --format=%s").trim(), "add CAM-0100, CAM-0101, CAM-0102");
    assert_eq!(place(&shop, "CAM-0100"), "assets/CAM-01xx/CAM-0100/asset.toml");
    assert_eq!(add(&shop, "--category camera --name Old --number cam-7000 --alias cam-7005"), ["CAM-7000"]);
    assert_eq!(add(&shop, "--category camera --name Next"), ["CAM-7006"]);
    shop.git("rm --quiet -r assets/CAM-70xx/CAM-7006");
    shop.git("commit --quiet --message gone");
    assert_eq!(shop.json("show CAM-7005")["number"], "CAM-7000");
    shop.did("have CAM-0099 CAM-7005");
    shop.is_sound();
}

#[test]
fn many_at_once_are_one_commit() {
    let shop = studio();
    assert_eq!(
        add(&shop, "--category safety --name Helmet --serial 7 --manufacturer X --field class=a --count 1").len(),
        1
    );
    let many = add(&shop, "--category camera --name Body --count 150");
    assert_eq!((many.len(), many[0].as_str(), many[149].as_str()), (150, "CAM-0099", "CAM-0248"));
    let subject = shop.git("log -1 --format=%s");
    assert!(subject.trim().chars().count() <= 72 && subject.trim().ends_with(" more"), "{subject}");
    assert_eq!(shop.git("ls-tree HEAD assets/").lines().filter(|line| line.contains("CAM-")).count(), 5);
    shop.is_sound();
}

#[test]
fn a_number_of_ones_own_must_be_free() {
    let shop = studio();
    assert_eq!(add(&shop, "--category lens --name Fifty --number lens-50mm"), ["LENS-50MM"]);
    assert_eq!(place(&shop, "LENS-50MM"), "assets/LE/LENS-50MM/asset.toml");
    for (number, why) in [
        ("CAM-0001", "`CAM-0001` is taken"),
        ("cam-0001", "`CAM-0001` is taken"),
        ("old-17", "`OLD-17` is taken"),
        ("people", "`people` is not an asset number: it is the name of a page of the site"),
        ("CAM_1", "`CAM_1` is not an asset number"),
        ("../../x", "is not an asset number"),
        ("con", "is not an asset number"),
    ] {
        shop.refuses(&format!("add --category camera --name Body --number {number}"), why);
    }
    let said = shop.refuses("add --category lens --name Fifty", "the category `lens` has no prefix");
    assert!(said.contains("hint: give it a `prefix` in categories.toml, or say --number"), "{said}");
    shop.refuses("add --category lens --name Fifty --number L-1 --alias CAM-0001", "CAM-0001");
    shop.refuses("add --category camera --name Fifty --count 2 --alias L-9", "L-9");
    // A tag that was printed before takes its asset.
    assert_eq!(add(&shop, "--category camera --name Tagged --number CAM-0098"), ["CAM-0098"]);
    shop.is_sound();
}

#[test]
fn every_field_of_a_record_can_be_said() {
    let shop = studio();
    let words = [
        "--category",
        "camera",
        "--name",
        "Sony \"FX\" 👩‍👩‍👧 Ünï",
        "--serial",
        "S-1",
        "--manufacturer",
        "Sony",
        "--model",
        "FX3",
        "--home",
        "Shelf",
        "--owner",
        "K 7",
        "--part-of",
        "kit-1",
        "--contents",
        "2 batteries",
        "--contents",
        "charger",
        "--alias",
        "old-18",
        "--notes",
        "One\n\n[[two]]",
        "--private",
        "--in-service",
        "2024-02-01",
        "--replacement-value",
        "4000",
        "--policy",
        "P-1",
        "--date",
        "2024-01-15",
        "--cost",
        "3899.00 EUR",
        "--supplier",
        "Shop",
        "--order",
        "O-1",
        "--invoice",
        "I-1",
        "--warranty-until",
        "2026-01-15",
        "--depreciation",
        "straight-line",
        "--life",
        "5y",
        "--residual",
        "100",
        "--rfid",
        "E280AB",
        "--gps",
        "tracker-7",
        "--barcode",
        "4006381333931",
    ];
    assert_eq!(adds(&shop, &words), ["CAM-0099"]);
    let expected = r#"
        name = "Sony \"FX\" 👩‍👩‍👧 Ünï"
        category = "camera"
        serial = "S-1"
        manufacturer = "Sony"
        model = "FX3"
        home = "shelf"
        owner = "K 7"
        part_of = "KIT-1"
        contents = ["2 batteries", "charger"]
        aliases = ["OLD-18"]
        notes = "One\n\n[[two]]"
        private = true
        in_service = 2024-02-01
        replacement_value = "4000.00 EUR"
        policy = "P-1"
        purchase = { date = 2024-01-15, cost = "3899.00 EUR", supplier = "Shop", order = "O-1", invoice = "I-1", warranty_until = 2026-01-15 }
        depreciation = { method = "straight-line", life = "5y", residual = "100.00 EUR" }
        identifiers = { rfid = ["E280AB"], gps = "tracker-7", barcode = ["4006381333931"] }
    "#;
    assert_eq!(record(&shop, "CAM-0099"), expected.parse().unwrap());
    let hire = "--category camera --name Hired --hire-from 2024-01-01 --hire-until 2099-02-01 --hire-rate 10.50 --hire-supplier R";
    add(&shop, hire);
    let hire = "hire = { from = 2024-01-01, until = 2099-02-01, rate = \"10.50 EUR\", supplier = \"R\" }";
    assert_eq!(record(&shop, "CAM-0100")["hire"], hire.parse::<toml::Table>().unwrap()["hire"]);
    assert_eq!(shop.json("show OLD-18")["home"], "shelf");
    shop.is_sound();
}

#[test]
fn fields_of_the_category_are_read_by_their_type() {
    let shop = studio();
    let words = [
        "--category",
        "camera",
        "--name",
        "Body",
        "--field",
        "mount=E = \"E\"",
        "--field",
        " weight = 640.5 ",
        "--field",
        "tested=2024-03-01",
        "--field",
        "insured=Yes",
        "--field",
        "value=89.9",
        "--field",
        "sensor=aps-c",
        "--field",
        "manual=https://example.org/a?b=c",
    ];
    adds(&shop, &words);
    let expected = "mount = 'E = \"E\"'\nweight = 640.5\ntested = 2024-03-01\ninsured = true\nvalue = \"89.90 EUR\"\nsensor = \"APS-C\"\nmanual = \"https://example.org/a?b=c\"\n";
    assert_eq!(record(&shop, "CAM-0099")["fields"].as_table().unwrap(), &expected.parse::<toml::Table>().unwrap());
    for (typed, written) in
        [("640", "640"), ("007", "7"), (".5", "0.5"), ("5.", "5"), ("+2e3", "2000"), ("-1.25", "-1.25")]
    {
        let number = adds(&shop, &["--category", "camera", "--name", "Body", "--field", &format!("weight={typed}")]);
        let weight = record(&shop, &number[0])["fields"]["weight"].clone();
        let weight = weight.as_float().or(weight.as_integer().map(|whole| whole as f64)).unwrap();
        assert_eq!(weight.to_string(), written, "{typed}");
    }
    let before = shop.everything();
    for (field, why) in [
        ("weight=heavy", "--field: `heavy` is not a decimal number"),
        ("weight=inf", "--field: `inf` is not a decimal number"),
        ("tested=someday", "is not a day"),
        ("insured=perhaps", "insured: `perhaps` is not yes or no"),
        ("sensor=large", "sensor: `large` is not one of APS-C, full frame"),
        ("value=much", "is not money"),
        ("wieght=1", "`camera` has no field `wieght`; did you mean `weight`?"),
        ("weight", "write it as KEY=VALUE"),
        ("mount=a\u{7}", "it has the hidden character U+0007"),
    ] {
        let ran = shop.run_words(&["add", "--category", "camera", "--name", "Body", "--field", field]);
        assert_eq!(ran.code, Some(2), "{field}: {}", ran.err);
        assert!(ran.err.contains(why), "{field}: {}", ran.err);
    }
    assert_eq!(shop.everything(), before);
    let twice = shop.run("add --category camera --name Body --field mount=E --field mount=F");
    assert_eq!(twice.code, Some(2));
    assert!(twice.err.contains("--field: `mount` is said more than once"), "{}", twice.err);
    assert_eq!(shop.everything(), before);
    let link = shop.run("add --category camera --name Body --field manual=javascript:alert(1)");
    assert_eq!(link.code, Some(1), "{}", link.err);
    shop.is_sound();
}

#[test]
fn what_the_category_requires_is_named() {
    let shop = studio();
    let said = shop.refuses("add --category safety --name Helmet", "serial");
    assert!(said.contains("manufacturer") && said.contains("class"), "{said}");
    shop.refuses("add --category safety --name Helmet --serial 1 --manufacturer X", "class");
    add(&shop, "--category safety --name Helmet --serial 1 --manufacturer X --field class=b");
    for line in ["add", "add --category camera", "add --name Body", "add --category camera --name Body --count 0"] {
        assert_eq!(shop.run(line).code, Some(2), "{line}");
    }
    assert_eq!(shop.run("add --category camera --name Body --count 2 --number X-1").code, Some(2));
    let blank = shop.run_words(&["add", "--category", "camera", "--name", " "]);
    assert!(matches!(blank.code, Some(1 | 2)), "{}", blank.err);
    shop.is_sound();
}

#[test]
fn only_keepers_add() {
    let shop = studio();
    let said = shop.refuses("add --category camera --name Body --by ben", "only keepers may `add`");
    assert!(said.contains("hint: ask a keeper"), "{said}");
    shop.refuses("add --category camera --name Body --by cleo", "only keepers may `add`");
    shop.refuses("add --category camera --name Body --by nobody", "there is no person `nobody`");
    shop.git("config user.email ben@example.org");
    shop.refuses("add --category camera --name Body", "only keepers may `add`");
    add(&shop, "--category camera --name Body --by ANA");
}

#[test]
fn what_would_be_an_error_is_not_added() {
    let shop = studio();
    add(&shop, "--category camera --name Body --serial S-1");
    for (flags, why) in [
        ("--category camra", "there is no category `camra`"),
        ("--category camera --serial S-1", "S-1"),
        ("--category camera --serial S-2 --count 2", "S-2"),
        ("--category camera --home shelv", "shelv"),
        ("--category camera --part-of KIT-9", "KIT-9"),
    ] {
        shop.refuses(&format!("add --name Body {flags}"), why);
    }
    let said = shop.refuses("add --name Body --category camra", "there is no category");
    assert!(said.contains("hint: did you mean `camera`?"), "{said}");
    let before = shop.everything();
    for flags in [
        "--cost much",
        "--date tomorrow",
        "--life long",
        "--depreciation fast",
        "--home a/b",
        "--part-of a_b",
        "--serial 1 --serial 2",
    ] {
        let ran = shop.run(&format!("add --category camera --name Body {flags}"));
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{flags}: {}", ran.err);
    }
    let hidden = shop.run_words(&["add", "--category", "camera", "--name", "a\u{202e}b"]);
    assert_eq!(hidden.code, Some(2), "{}", hidden.err);
    assert_eq!(shop.everything(), before);
}

#[test]
fn errors_that_were_there_before_do_not_stop_it() {
    let shop = studio();
    shop.asset("CAM-0050", "Broken", "nothing", "serail = 1");
    shop.commit("broken");
    assert_eq!(add(&shop, "--category camera --name Body"), ["CAM-0099"]);
}

#[test]
fn without_commit_the_next_number_counts_on_from_the_folder() {
    let shop = studio();
    assert_eq!(shop.says("add --category camera --name One --no-commit"), "CAM-0099 One is in the register\n");
    assert_eq!(shop.says("add --category camera --name Two --no-commit"), "CAM-0100 Two is in the register\n");
    assert_eq!(shop.git("status --porcelain --untracked-files=all").lines().count(), 2);
    // What is committed does not know of them, and does not overwrite them.
    let said = shop.refuses("add --category camera --name Three", "assets/CAM-00xx/CAM-0099/asset.toml");
    assert!(said.contains("nothing was recorded") && said.contains("hint: "), "{said}");
    shop.commit("both");
    assert_eq!(add(&shop, "--category camera --name Three"), ["CAM-0101"]);
    shop.is_sound();
}

#[test]
fn the_first_of_a_new_register_is_its_first_commit() {
    let shop = Shop::empty();
    shop.says("init .");
    assert!(shop.root().join("tagbook.toml").exists());
    if !shop.root().join(".git").exists() {
        shop.git("init --quiet");
    }
    shop.file("people/ana.toml", "name = \"Ana\"\nemail = \"ANA@example.org\"\nrole = \"keeper\"\n");
    shop.file("categories.toml", "[tool]\nname = \"Tools\"\nprefix = \"TOL\"\n");
    assert!(shop.says("add --category tool --name Drill").starts_with("TOL-0001 Drill is in the register · "));
    assert!(shop.says("have tol-0001").starts_with("TOL-0001 is with Ana"));
    assert_eq!(shop.git("status --porcelain"), "");
    shop.is_sound();
}
