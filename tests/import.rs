//! Imports from other trackers, as a register takes them: whole or not at all, twice as once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::pedantic, reason = "a test may fail, and panics to say so")]

use chrono::{DateTime, Utc};
use iso_currency::Currency;
use proptest::prelude::*;
use tagbook::exchange::{Origin, Plan, Rejection, Terms, plan};
use tagbook::register::{Finding, Moment, Status, open};
use tagbook::tree::Tree;

const HEADER: &str = "Company,Name,Asset Tag,Category,Supplier,Manufacturer,Location,Order Number,Model,Model Notes,\
    Model Number,Asset Notes,Purchase Date,Purchase Cost,Checkout Type,Checked Out To: Username,\
    Checked Out To: First Name,Checked Out To: Last Name,Checked Out To: Email,Checked Out To: Location,Asset EOL Date";

/// A register in memory that takes imports.
struct Shop {
    tree: Tree,
}

impl Shop {
    fn new() -> Shop {
        Shop { tree: Tree::default() }.file("tagbook.toml", "title = \"Nord\"\ncurrency = \"EUR\"\n")
    }

    fn file(mut self, path: &str, text: &str) -> Shop {
        self.tree.insert_toml(path, text.as_bytes().to_vec());
        self
    }

    fn plan(&self, csv: impl AsRef<[u8]>, at: &str) -> Result<Plan, Vec<Rejection>> {
        let terms = Terms { at: instant(at), currency: None };
        plan(Origin::SnipeIt, csv.as_ref(), &self.tree, &open(&self.tree), terms)
    }

    fn import(&mut self, csv: impl AsRef<[u8]>) -> Plan {
        let plan = self.plan(csv, NOW).unwrap();
        for (path, text) in &plan.files {
            self.tree.insert_toml(path.as_str(), text.clone().into_bytes());
        }
        plan
    }

    fn rejected(&self, csv: impl AsRef<[u8]>) -> Vec<String> {
        self.plan(csv, NOW).unwrap_err().iter().map(ToString::to_string).collect()
    }

    fn check(&self) -> Vec<Finding> {
        let opened = open(&self.tree);
        let now = instant(NOW);
        opened.check(&Moment::at(now, opened.register.config.timezone), now)
    }

    fn text(&self, path: &str) -> &str {
        self.tree.text(path).unwrap()
    }

    /// `status`, and who has it or where it is.
    fn state(&self, number: &str) -> (Status, Option<String>) {
        let opened = open(&self.tree);
        let number = tagbook::register::Number::parse(number).unwrap();
        let state = opened.folded(&number, &Moment::at(instant(NOW), opened.register.config.timezone)).state;
        let custodian = state.custody.as_ref().map(|custody| custody.person.to_string());
        (state.status(), custodian.or(state.location.map(|location| location.to_string())))
    }
}

const NOW: &str = "2026-11-23T10:00:00Z";
const LATER: &str = "2026-12-24T18:00:00Z";

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn shown<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

/// Rows with everything that Snipe-IT's own sample does, and worse.
fn nord() -> String {
    format!(
        "\u{feff}{HEADER}\r\n\
        Nord GmbH,Body A,nb-0001,Notebooks,Foto Koch,Berge,Shelf A,3271901481,\"Macbook Pro 13\"\"\",Never lend,17VM,\"First line\r\nSecond\",1/23/23,\"2,266.13\",User,ana,Ana,Ruiz,ana@example.org,,10/27/28\r\n\
        ,,NB-0002,notebooks,,,Shelf A,,Robby,,,,11/4/22,899.5,Location,,,,,\"Van, B-NK 42\",\r\n\
        ,Kran,0017,Kräne,,,,,,,,,,,,,,,,,\r\n\
        ,,,,,,,,,,,,,,,,,,,,\r\n\
        ,Tripod,0018,Stative,,,北京,,,,,,3/1/23,,Location,,,,,東京,\r\n"
    )
}

#[test]
fn a_real_export_becomes_a_register_that_checks_clean() {
    let mut shop = Shop::new();
    let plan = shop.import(nord());
    assert_eq!(shop.check(), []);
    assert_eq!((plan.rows, plan.events, plan.unchanged), (4, 3, 0));
    assert_eq!(shown(&plan.assets), ["NB-0001", "NB-0002", "0017", "0018"]);
    assert_eq!(shown(&plan.people), ["ana"]);
    assert_eq!(shown(&plan.locations), ["location", "location-2", "shelf-a", "van-b-nk-42"]);
    assert_eq!(shown(&plan.categories), ["krane", "notebooks", "stative"]);
    assert_eq!(shop.state("NB-0001"), (Status::CheckedOut, Some("ana".into())));
    assert_eq!(shop.state("NB-0002"), (Status::Available, Some("van-b-nk-42".into())));
    assert_eq!(shop.state("0017"), (Status::Available, None));
    assert_eq!(shown(&plan.adapted), ["row 2, column `Asset Tag`: `nb-0001` is written `NB-0001`"]);
    let text = r#"name = "Body A"
category = "notebooks"
manufacturer = "Berge"
model = 'Macbook Pro 13"'
home = "shelf-a"
owner = "Nord GmbH"
notes = """
First line
Second

Never lend"""

[purchase]
date = 2023-01-23
cost = "2266.13 EUR"
supplier = "Foto Koch"
order = "3271901481"

[fields]
model_number = "17VM"
end_of_life = 2028-10-27
"#;
    assert_eq!(shop.text("assets/NB-00xx/NB-0001/asset.toml"), text);
    assert_eq!(shop.text("people/ana.toml"), "name = \"Ana Ruiz\"\nemail = \"ana@example.org\"\nrole = \"member\"\n");
}

#[test]
fn a_second_import_changes_nothing() {
    let mut shop = Shop::new();
    shop.import(nord());
    let again = shop.plan(nord(), LATER).unwrap();
    assert_eq!(again.files, []);
    assert_eq!(again.differs, []);
    assert_eq!(again.unchanged, 4);
}

#[test]
fn every_column_is_accounted_for() {
    let plan = Shop::new().import("Asset Tag,Name,Category,MAC Address,Größe,Requestable\nA-1,X,Y,00:11,L,\n");
    let expected = [
        "`Asset Tag`: 1 value into the asset's number",
        "`Name`: 1 value into `name`; where it is empty, the model is the name",
        "`Category`: 1 value into `category`",
        "`MAC Address`: 1 value into `fields.mac_address`",
        "`Größe`: 1 value into `fields.größe`",
        "`Requestable`: no value in any row",
    ];
    assert_eq!(shown(&plan.columns), expected);
    let categories = r#"[y]
name = "Y"
prefix = "A"

[y.fields."größe"]
type = "text"

[y.fields.mac_address]
type = "text"
"#;
    assert!(plan.files.contains(&("categories.toml".into(), categories.into())), "{:?}", plan.files);
}

#[test]
fn every_cell_that_cannot_be_taken_is_named_at_once() {
    let csv = "Asset Tag,Name,Category,Serial,Purchase Date,Purchase Cost,Checkout Type,Username,Checkout Location\n\
        A 1,X,Y,,2/30/23,12.50,,,\n\
        A-2,X,,6.37702E+15,3/1/23,about 12,User,,\n\
        A-3,X,Y,,,$12.58,Asset,,\n\
        a-3,X,Y,,44949,,Location,,\n\
        A-5,X,Y\n\
        A-6,X\u{202e},Y,,,-1,Location,ana,\n\
        PEOPLE,X,Y,,,,Lent,,\n";
    let expected = [
        "row 2, column `Asset Tag`: `A 1` cannot be an asset's number: ` ` is not one of capital letters A to Z, digits and `-`",
        "row 2, column `Purchase Date`: `2/30/23` is not a day of the calendar, read as month/day/year",
        "row 3, column `Category`: is empty: every asset has a category",
        "row 3, column `Serial`: `6.37702E+15` was shortened by a spreadsheet: put the whole number back",
        "row 3, column `Purchase Cost`: `about 12` is in `about`, and amounts without a code are in EUR",
        "row 3, column `Checkout Type`: `User` is what has it, and no user is named",
        "row 4, column `Purchase Cost`: `$12.58` is in `$`, and amounts without a code are in EUR",
        "row 4, column `Checkout Type`: `Asset` is what has it: an asset is a part of a kit here, check it in first",
        "row 5, column `Asset Tag`: `a-3` is also the tag of row 4",
        "row 5, column `Purchase Date`: `44949` is not a date: write month/day/year or 2026-11-27",
        "row 5, column `Checkout Type`: `Location` is what has it, and no location is named",
        "row 6: has 3 cells, the header has 9",
        "row 7, column `Name`: `X\\u{202e}` holds the hidden character U+202E: delete it",
        "row 7, column `Purchase Cost`: `-1` is not an amount: write it like 1234.56 or 1,234.56",
        "row 7, column `Username`: `ana` is named, though a location has it",
        "row 8, column `Asset Tag`: `PEOPLE` cannot be an asset's number: it is the name of a page of the site",
        "row 8, column `Checkout Type`: `Lent` is neither `User` nor `Location`",
    ];
    assert_eq!(Shop::new().rejected(csv), expected);
}

#[test]
fn bytes_that_are_not_utf8_are_named_and_hide_nothing() {
    let csv = b"Asset Tag,Name,Category,Checkout Type,Username\nA-1,M\xfcller,\xff,User,\xfe\nA-2,X,,,\n";
    let expected = [
        "row 2, column `Name`: `M\u{fffd}ller` is not UTF-8: save the file as CSV in UTF-8",
        "row 2, column `Category`: `\u{fffd}` is not UTF-8: save the file as CSV in UTF-8",
        "row 2, column `Username`: `\u{fffd}` is not UTF-8: save the file as CSV in UTF-8",
        "row 3, column `Category`: is empty: every asset has a category",
    ];
    assert_eq!(Shop::new().rejected(csv), expected);
}

#[test]
fn amounts_need_a_currency() {
    let shop = Shop::new().file("tagbook.toml", "title = \"Nord\"\n");
    let csv = "Asset Tag,Category,Purchase Cost\nA-1,Y,$12.58\nA-2,Y,3 USD\nA-3,Y,7\n";
    let why = "has no currency: set `currency` in tagbook.toml, or give `--currency` with a code such as EUR";
    let expected =
        [format!("row 2, column `Purchase Cost`: `$12.58` {why}"), format!("row 4, column `Purchase Cost`: `7` {why}")];
    assert_eq!(shop.rejected(csv), expected);
    let terms = Terms { at: instant(NOW), currency: Some(Currency::USD) };
    let plan = plan(Origin::SnipeIt, csv.as_bytes(), &shop.tree, &open(&shop.tree), terms).unwrap();
    let record = &plan.files.iter().find(|(path, _)| path == "assets/A-/A-1/asset.toml").unwrap().1;
    assert!(record.contains("cost = \"12.58 USD\""), "{record}");
}

const REGISTER: &str = "Asset Tag,Name,Category,Location,Checkout Type,Username,First Name,Last Name,Email,Checkout Location,Weight,Colour\n";

/// A register with a camera, a van and two people, in its keeper's own hand.
fn lived_in() -> Shop {
    Shop::new()
        .file(
            "categories.toml",
            "# ours\r\n[cam]\r\nname = \"Cameras\" # all\r\n[cam.fields.weight]\r\ntype = \"number\"",
        )
        .file("locations.toml", "[van]\nname = \"Van\"\n[hq]\nname = \"HQ\"\n")
        .file("people/ana.toml", "name = \"Ana Ruiz\"\nemail = \"ana@example.org\"\n")
        .file("people/gus.toml", "name = \"Gus Lind\"\nleft = 2026-01-31\n")
        .file(
            "assets/CAM-0001/asset.toml",
            "name = \"FX3\"\ncategory = \"cam\"\nhome = \"hq\"\naliases = [\"OLD-17\"]\n",
        )
}

#[test]
fn what_the_register_knows_is_found_and_stays() {
    let mut shop = lived_in();
    let before = shop.text("categories.toml").to_owned();
    let plan = shop.import(format!(
        "{REGISTER}C-2,FX6,cameras,VAN,User,aruiz,Ana,Ruiz,ANA@example.org,,640,red\nC-3,FX6,CAM,Attic,,,,,,,,\n"
    ));
    assert_eq!(shop.check(), []);
    assert_eq!((shown(&plan.people), shown(&plan.categories)), (vec![], vec![]));
    assert_eq!(shown(&plan.locations), ["attic"]);
    assert_eq!(
        shop.text("locations.toml"),
        "[van]\nname = \"Van\"\n[hq]\nname = \"HQ\"\n\n[attic]\nname = \"Attic\"\n"
    );
    assert_eq!(shop.text("categories.toml"), format!("{before}\r\n\r\n[cam.fields.colour]\r\ntype = \"text\"\r\n"));
    assert!(shop.text("assets/C-/C-2/asset.toml").ends_with("weight = 640\ncolour = \"red\"\n"));
    assert_eq!(shop.state("C-2"), (Status::CheckedOut, Some("ana".into())));
    assert_eq!(
        shop.rejected(format!("{REGISTER}C-4,X,cam,,,,,,,,heavy,\nC-5,X,cam,,User,gus,,,,,,\n")),
        [
            "row 2, column `Weight`: `heavy` is not a number, as its category declares",
            "row 3, column `Username`: `gus` is `gus`, who has left: check it in first"
        ]
    );
}

#[test]
fn a_record_that_differs_is_left_alone_and_listed() {
    let mut shop = lived_in();
    let plan = shop.import(format!("{REGISTER}old-17,FX3 body,Cameras,HQ,User,ana,Ana,Lopez,,,,\n"));
    assert_eq!((plan.assets.len(), plan.events, plan.unchanged), (0, 1, 0));
    assert_eq!(
        shown(&plan.differs),
        [
            "row 2, column `Name`: CAM-0001 has `FX3`, the file `FX3 body`",
            "row 2, column `First Name`: person `ana` has `Ana Ruiz`, the file `Ana Lopez`"
        ]
    );
    assert_eq!(shop.state("CAM-0001"), (Status::CheckedOut, Some("ana".into())));
    assert_eq!(shop.plan(format!("{REGISTER}OLD-17,FX3,cam,HQ,User,ana,,,,,,\n"), LATER).unwrap().files, []);
}

#[test]
fn what_happened_since_is_not_undone_by_importing_again() {
    let mut shop = lived_in();
    let csv = format!("{REGISTER}CAM-0001,FX3,cam,HQ,User,ana,,,,,,\n");
    shop.import(&csv);
    let back = "[[event]]\nid = \"a1b2c3d4\"\nat = 2026-11-23T12:00:00Z\nkind = \"return\"\nby = \"ana\"\n";
    let shop = shop.file("assets/CAM-0001/log/2026-11-23T120000.000Z-return-a1b2c3d4.toml", back);
    let again = shop.plan(&csv, LATER).unwrap();
    assert_eq!(again.files, []);
    assert_eq!(shown(&again.differs), ["row 2, column `Username`: CAM-0001 has `available: hq`, the file `ana`"]);
    let missing = "[[event]]\nid = \"a1b2c3d5\"\nat = 2026-11-24T12:00:00Z\nkind = \"missing\"\nby = \"ana\"\n";
    let shop = shop.file("assets/CAM-0001/log/2026-11-24T120000.000Z-missing-a1b2c3d5.toml", missing);
    let moved = shop.plan(format!("{REGISTER}CAM-0001,FX3,cam,HQ,Location,,,,,Van,,\n"), LATER).unwrap();
    assert_eq!(moved.files, []);
    assert_eq!(
        shown(&moved.differs),
        ["row 2, column `Checkout Location`: CAM-0001 has `missing: hq`, the file `van`"]
    );
}

#[test]
fn an_import_comes_after_what_the_log_knows() {
    let event = "[[event]]\nid = \"a1b2c3d4\"\nat = 2026-11-23T10:00:05Z\nkind = \"audit\"\nby = \"ana\"\n";
    let mut shop = lived_in().file("assets/CAM-0001/log/2026-11-23T100005.000Z-audit-a1b2c3d4.toml", event);
    let plan = shop.import(format!("{REGISTER}CAM-0001,FX3,cam,HQ,Location,,,,,Van,,\n"));
    assert!(plan.files[0].0.starts_with("assets/CAM-0001/log/2026-11-23T100005.001Z-move-"), "{:?}", plan.files);
    assert_eq!(plan.files.len(), 1);
}

#[test]
fn what_would_not_check_clean_is_rejected_by_row() {
    let shop = Shop::new().file("categories.toml", "[cam]\nname = \"Cameras\"\nrequire = [\"serial\"]\n");
    let csv = "Asset Tag,Category,Serial,Model,Purchase Date,Checkout Type,Username\n\
        A-1,cam,,,,,\nA-2,x,S1,M,,,\nA-3,x,S1,M,,,\nA-4,x,,,1/1/30,User,ana\n";
    let would = "would be an error in the register";
    assert_eq!(
        shop.rejected(csv),
        [
            format!("row 2: {would}: `A-1` has no serial, which its category `cam` requires"),
            format!("row 4: {would}: serial `S1` is also that of `A-2` (assets/A-/A-2/asset.toml)"),
            format!("row 5: {would}: this `checkout` happened before `A-4` was bought, on 2030-01-01"),
        ]
    );
    let inline = Shop::new().file("categories.toml", "cam = { name = \"Cameras\" }\n");
    let why = inline.rejected("Asset Tag,Category,Colour\nA-1,cam,red\n");
    assert!(why[0].starts_with("`categories.toml` cannot be added to: "), "{why:?}");
}

#[test]
fn one_username_is_one_person() {
    let csv = "Asset Tag,Category,Username,First Name,Email\n\
        A-1,x,ana,Ana,\nA-2,x,ANA,Anna,ana@example.org\nA-3,x,ana,,anna@example.org\n";
    assert_eq!(
        Shop::new().rejected(csv),
        ["row 3, column `First Name`: `Anna` contradicts row 2, where `ANA` is `Ana`",]
    );
}

/// Text of a cell: names that collide, that leave no slug, that a spreadsheet or a parser trips over.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just(String::new()),
        4 => prop::sample::select(vec![
            "Studio", "studio", "Studio!", "studio-2", "a.b", "a-b", "A B", "北京", "東京", "Café", "Cafe\u{301}", "con", "desk",
            "import", "ana@example.org", "x\ny", "say \"hi\"", "a, b", "'", "\"\"\"", "\\", "[[event]]", "=1+1", "-",
            "\u{a0}", "Zoë\u{200b}", "a  b", "User", "Location", "3/1/23", "1,234.50", "640",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,40}",
    ]
}

fn sheet() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(vec!["", "User", "Location"]);
    let row = (0..40_u32, prop::collection::vec(cell(), 9), kind, "[1-9]/[1-9]/2[0-5]", "[1-9]{1,5}(\\.[0-9])?");
    prop::collection::vec(row, 1..12).prop_map(|rows| {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let headers = [
            "Asset Tag",
            "Category",
            "Checkout Type",
            "Purchase Date",
            "Purchase Cost",
            "Name",
            "Location",
            "Model",
            "Asset Notes",
            "Username",
            "First Name",
            "Checkout Location",
            "Colour!",
        ];
        writer.write_record(headers).unwrap();
        for (tag, mut cells, kind, date, cost) in rows {
            let category = Some(cells.remove(0)).filter(|name| !name.is_empty()).unwrap_or_else(|| "X".into());
            // What contradicts the type of a checkout is rejected; most rows should not be.
            cells[4] = if kind == "User" { format!("u{}", cells[4]) } else { String::new() };
            cells[5] = String::new();
            cells[6] = if kind == "Location" { format!("at {}", cells[6]) } else { String::new() };
            let start = [format!("T-{tag}"), category, kind.into(), date, cost];
            writer.write_record(start.into_iter().chain(cells)).unwrap();
        }
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_imported_checks_clean_and_twice_is_once(csv in sheet()) {
        let mut shop = Shop::new();
        if shop.plan(&csv, NOW).is_ok() {
            shop.import(&csv);
            let errors: Vec<_> = shop.check().into_iter().filter(|f| f.severity == tagbook::register::Severity::Error).collect();
            prop_assert_eq!(errors, vec![]);
            let again = shop.plan(&csv, LATER).unwrap();
            prop_assert_eq!(again.files, vec![]);
            prop_assert_eq!(again.differs, vec![]);
        } else {
            for why in shop.rejected(&csv) {
                prop_assert!(why.starts_with("row ") || why.starts_with("column ") || why.starts_with('`'), "{}", why);
            }
        }
    }

    #[test]
    fn no_bytes_stop_the_program(bytes in prop::collection::vec(any::<u8>(), 0..400), rows in "[\"a,;\\r\\n/1U$E+-]{0,200}") {
        let shop = Shop::new();
        let _ = shop.plan(&bytes, NOW).map_err(|why| shown(&why));
        let mut csv = HEADER.as_bytes().to_vec();
        csv.extend_from_slice(rows.as_bytes());
        csv.extend_from_slice(&bytes);
        let _ = shop.plan(&csv, NOW).map_err(|why| shown(&why));
    }
}
