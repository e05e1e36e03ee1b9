//! `tagbook reports`: what an auditor or an insurer asks for, in every format, on any day and at any commit.

use std::fs;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::shop::Shop;

const FORMATS: [&str; 6] = ["table", "csv", "xlsx", "json", "html", "pdf"];

const ALL: [&str; 7] =
    ["insurance", "depreciation", "depreciation --schedule", "leaver ben", "overdue", "unseen", "disposals"];

/// A picture of one pixel.
fn photo() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[127]).unwrap();
    bytes
}

/// Two cameras in two currencies, a kit with a part that ben has, a drill of which little is known, and a saw that was sold.
fn studio() -> Shop {
    let shop = Shop::new();
    shop.file("categories.toml", "[camera]\nname = \"Cameras\"\n[tool]\nname = \"Tools\"\nlife = \"2y\"\n");
    shop.file("people/ben.toml", "name = \"Ben Adler\"\nemail = \"ben@example.org\"\nleft = 2024-08-31\n");
    shop.asset(
        "CAM-0001",
        "=Sony FX3",
        "camera",
        "home = \"shelf\"\nserial = \"@S-1\"\nphoto = \"files/photo.png\"\nreplacement_value = \"4000.00 EUR\"\n\
         documents = [{ file = \"files/a.pdf\", title = \"Manual\" }, { file = \"files/b.pdf\", title = \"Kaufbeleg\" }]\n\
         [purchase]\ndate = 2023-01-15\ncost = \"3600.00 EUR\"\n\
         [depreciation]\nmethod = \"straight-line\"\nlife = \"5y\"\nresidual = \"600.00 EUR\"",
    );
    shop.file("assets/CAM-0001/files/photo.png", photo());
    shop.file("assets/CAM-0001/files/a.pdf", "%PDF-");
    shop.file("assets/CAM-0001/files/b.pdf", "%PDF-1");
    shop.asset(
        "CAM-0002",
        "كاميرا سوني",
        "camera",
        "photo = \"files/none.png\"\npart_of = \"KIT-1\"\n[purchase]\ndate = 2023-12-20\ncost = \"2400.00 USD\"\n\
         [depreciation]\nmethod = \"reducing-balance\"\nlife = \"10y\"\nresidual = \"300.00 USD\"",
    );
    shop.asset("KIT-1", "Interview kit", "camera", "");
    for number in ["CAM-0002", "KIT-1"] {
        shop.event(number, "2024-03-02T08:00:00Z", "checkout", "to = \"ben\"\ndue = 2024-03-06");
    }
    shop.event("CAM-0002", "2024-03-03T08:00:00Z", "report", "severity = \"major\"\nnote = \"+lens loose\"");
    shop.asset("TOL-1", "Drill", "tool", "[depreciation]\nmethod = \"straight-line\"");
    shop.event("TOL-1", "2023-02-01T08:00:00Z", "audit", "location = \"van\"");
    shop.event("TOL-1", "2024-05-01T08:00:00Z", "missing", "");
    let days = "for = \"ben\"\nfrom = 2024-12-01\nuntil = 2024-12-04";
    shop.event("CAM-0001", "2024-05-01T08:00:00Z", "reserve", days);
    shop.asset(
        "TOL-2",
        "Saw",
        "tool",
        "[purchase]\ndate = 2023-07-09\ncost = \"1200.00 EUR\"\n[depreciation]\nmethod = \"straight-line\"",
    );
    shop.file("assets/TOL-2/files/sold.png", photo());
    let sold = "method = \"sold\"\nproceeds = \"100.00 EUR\"\nreference = \"=RE-7\"\nphotos = [\"files/sold.png\"]";
    shop.event("TOL-2", "2024-06-20T08:00:00Z", "retire", sold);
    shop
}

fn report(shop: &Shop, line: &str) -> Value {
    shop.json(&format!("reports {line}"))
}

/// The values under these keys of each line, as texts.
fn lines(report: &Value, keys: &[&str]) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |line: &Value| keys.iter().map(|key| text(&line[*key])).collect::<Vec<_>>().join(" ");
    report["lines"].as_array().unwrap().iter().map(line).collect()
}

/// The rows of the first sheet of a workbook that the command writes to standard output.
fn workbook(shop: &Shop, line: &str) -> Vec<Vec<Data>> {
    let mut command = shop.tagbook();
    command.args(["reports"]).args(line.split_whitespace()).args(["--format", "xlsx", "--output", "-"]);
    let bytes = command.output().unwrap().stdout;
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let name = book.sheet_names()[0].clone();
    assert!(book.worksheet_formula(&name).unwrap().is_empty(), "no cell is a formula");
    book.worksheet_range(&name).unwrap().rows().map(<[Data]>::to_vec).collect()
}

#[test]
fn an_insurer_gets_what_is_there_and_what_proves_it() {
    let shop = studio();
    let all = report(&shop, "insurance --at 2024-07-31");
    let keys = ["number", "price", "replacement_value", "status"];
    let expected = [
        "CAM-0001 3600.00 EUR 4000.00 EUR available",
        "CAM-0002 2400.00 USD null checked-out",
        "KIT-1 null null checked-out",
        "TOL-1 null null missing",
    ];
    assert_eq!(lines(&all, &keys), expected, "what was sold is not insured");
    assert_eq!(
        all["totals"],
        json!({"price": ["3600.00 EUR", "2400.00 USD"], "sum_insured": ["4000.00 EUR", "2400.00 USD"], "hired": []})
    );
    let without =
        json!({"assets": 4, "without_serial": 3, "without_photo": 3, "without_receipt": 3, "without_price": 2});
    assert_eq!(all["counts"], without, "a photo that is not there is none");
    let first = &all["lines"][0];
    assert_eq!(
        (&first["photo"], &first["receipt"]),
        (&json!("assets/CAM-0001/files/photo.png"), &json!("assets/CAM-0001/files/b.pdf"))
    );
    let hash: String = Sha256::digest(photo()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(first["photo_sha256"], hash);
    assert_eq!(all["lines"][1]["photo_sha256"], Value::Null);
    assert_eq!(lines(&report(&shop, "insurance --at 2024-06-19"), &["number"]).len(), 5, "the saw was there");
    assert_eq!(lines(&report(&shop, "insurance --at 2023-06-30"), &["number"]), ["CAM-0001", "KIT-1", "TOL-1"]);
    assert_eq!(lines(&report(&shop, "insurance --at 2024-07-31 --location van"), &["number"]), ["TOL-1"]);
    assert_eq!(
        lines(&report(&shop, "insurance --at 2024-07-31 --location hq --category camera"), &["number"]),
        ["CAM-0001"]
    );
    let table = shop.says("reports insurance --at 2024-07-31");
    assert!(table.contains("3,600.00\u{a0}EUR") && table.contains("Without a photo 3"), "{table}");
    assert!(table.contains("Sum insured 2,400.00\u{a0}USD"), "{table}");
}

#[test]
fn books_are_as_they_were_at_the_end_of_a_day() {
    let shop = studio();
    let keys = ["number", "depreciated", "this_year", "book_value", "disposed"];
    let at = |day: &str| lines(&report(&shop, &format!("depreciation --at {day}")), &keys);
    let expected = [
        "CAM-0001 950.00 EUR 350.00 EUR 2650.00 EUR null",
        "CAM-0002 320.00 USD 280.00 USD 2080.00 USD null",
        "TOL-2 550.00 EUR 250.00 EUR 0.00 EUR 650.00 EUR",
    ];
    assert_eq!(at("2024-07-31"), expected);
    assert_eq!(at("2024-06-19")[2], "TOL-2 550.00 EUR 250.00 EUR 650.00 EUR null");
    assert_eq!(at("2025-01-01").len(), 2, "what left is in the books of its year");
    assert_eq!(at("2023-01-30"), ["CAM-0001 0.00 EUR 0.00 EUR 3600.00 EUR null"]);
    assert_eq!(at("2040-01-01")[0], "CAM-0001 3000.00 EUR 0.00 EUR 600.00 EUR null");
    let all = report(&shop, "depreciation --at 2024-07-31");
    assert_eq!(all["lacking"], json!([{"number": "TOL-1", "lacks": "cost"}]));
    assert_eq!(all["counts"], json!({"assets": 3, "lacking": 1, "not_written_off": 1}));
    assert_eq!(all["totals"]["book_value"], json!(["2650.00 EUR", "2080.00 USD"]));
    let table = shop.says("reports depreciation --at 2024-07-31");
    assert!(table.contains("double declining") && table.contains("for want of cost: TOL-1"), "{table}");
    assert!(table.contains("1 asset is not written off: nothing says how."), "{table}");
    shop.asset(
        "TOL-3",
        "Lamp",
        "tool",
        "[purchase]\ndate = 2023-07-09\ncost = \"100.00 EUR\"\n\
         [depreciation]\nmethod = \"straight-line\"\nresidual = \"100.01 EUR\"",
    );
    let lacking = json!([{"number": "TOL-1", "lacks": "cost"}, {"number": "TOL-3", "lacks": "residual"}]);
    assert_eq!(report(&shop, "depreciation --at 2024-07-31")["lacking"], lacking);
    let table = shop.says("reports depreciation --at 2024-07-31");
    assert!(table.contains("for want of a residual value of at most the cost: TOL-3"), "{table}");
}

#[test]
fn a_schedule_is_together_the_cost_less_the_residual_value() {
    let shop = studio();
    let keys = ["year", "opening", "charge", "disposed", "closing"];
    let of = |line: &str| lines(&report(&shop, &format!("depreciation --schedule {line}")), &keys);
    let camera = of("cam-0001 --at 2024-07-31");
    assert_eq!((camera.len(), camera[0].as_str()), (5, "2023 3600.00 EUR 600.00 EUR null 3000.00 EUR"));
    assert_eq!(camera[4], "2027 1200.00 EUR 600.00 EUR null 600.00 EUR");
    let saw = ["2023 1200.00 EUR 300.00 EUR null 900.00 EUR", "2024 900.00 EUR 250.00 EUR 650.00 EUR 0.00 EUR"];
    assert_eq!(of("TOL-2 --at 2030-01-01"), saw);
    assert_eq!(of("TOL-2 --at 2024-06-19").len(), 3, "it had not left");
    let totals = report(&shop, "depreciation --schedule CAM-0001 CAM-0002 --at 2024-07-31")["totals"].clone();
    assert_eq!(totals["charge"], json!(["3000.00 EUR", "2100.00 USD"]));
    let ran = shop.run("reports depreciation --schedule CAM-9");
    assert!(ran.code == Some(1) && ran.err.contains("there is no asset `CAM-9`"), "{}", ran.err);
    let ran = shop.run("reports depreciation KIT-1");
    assert!(ran.code == Some(1) && ran.err.contains("the record of KIT-1 has no `[depreciation]`"), "{}", ran.err);
}

#[test]
fn a_leaver_brings_back_what_they_hold() {
    let shop = studio();
    let ben = report(&shop, "leaver ben --at 2024-07-31");
    let keys = ["stands", "number", "due", "days_late", "value"];
    let expected = [
        "held KIT-1 2024-03-06 147 null",
        "held CAM-0002 2024-03-06 147 2400.00 USD",
        "reserved CAM-0001 2024-12-04 null 4000.00 EUR",
    ];
    assert_eq!(lines(&ben, &keys), expected, "parts below their kit");
    assert_eq!((&ben["lines"][1]["faults"], &ben["person"]), (&json!(["major: +lens loose"]), &json!("ben")));
    let page = shop.says("reports leaver BEN --at 2024-07-31 --format html --output -");
    assert!(page.contains("Reserved for Ben Adler: CAM-0001 =Sony FX3") && page.contains("class=\"sign\""), "{page}");
    assert!(page.contains("Fault, major: +lens loose"), "{page}");
    let ana = shop.says("reports leaver ana --at 2024-07-31");
    assert!(ana.contains("Ana Ruiz holds nothing."), "{ana}");
    assert_eq!(lines(&report(&shop, "leaver ana"), &["number"]), Vec::<String>::new());
    assert_eq!(shop.run("reports leaver ben --location van").code, Some(2), "everything is to be brought back");
    let ran = shop.run("reports leaver bne");
    assert!(
        ran.code == Some(1) && ran.err.contains("there is no person `bne`") && ran.err.contains("ben"),
        "{}",
        ran.err
    );
}

#[test]
fn what_is_late_unseen_or_gone_is_listed() {
    let shop = studio();
    let late = report(&shop, "overdue --at 2024-03-07");
    assert_eq!(
        lines(&late, &["number", "custodian", "email", "days_late"]),
        ["CAM-0002 ben ben@example.org 1", "KIT-1 ben ben@example.org 1"]
    );
    assert_eq!(lines(&report(&shop, "overdue --at 2024-03-06"), &["number"]).len(), 0, "the day is not over");
    let unseen = |flags: &str| lines(&report(&shop, &format!("unseen {flags}")), &["number", "seen_as", "days"]);
    // Neither a reservation nor that it is missing has seen it; nobody ever saw the other.
    assert_eq!(unseen("--at 2024-07-31 --days 200"), ["CAM-0001 null null", "TOL-1 audit 546"]);
    assert_eq!(unseen("--at 2024-07-31 --since 2024-03-02").len(), 4);
    assert_eq!(unseen("--at 2023-01-20 --days 30"), ["KIT-1 null null", "TOL-1 null null"], "the camera came lately");
    let gone = report(&shop, "disposals --at 2024-07-31");
    let keys = ["number", "retired", "method", "proceeds", "book_value", "reference", "by"];
    assert_eq!(lines(&gone, &keys), ["TOL-2 2024-06-20 sold 100.00 EUR 650.00 EUR =RE-7 ana"]);
    assert_eq!(gone["lines"][0]["proof"], json!(["assets/TOL-2/files/sold.png"]));
    assert_eq!(gone["lines"][0]["proof_sha256"][0].as_str().unwrap().len(), 64);
    for (flags, n) in [("--from 2024-06-21", 0), ("--until 2024-06-19", 0), ("--from 2024-06-20 --until 2024-06-20", 1)]
    {
        assert_eq!(lines(&report(&shop, &format!("disposals {flags}")), &["number"]).len(), n, "{flags}");
    }
    assert_eq!(lines(&gone, &["cost", "gain", "loss"]), ["1200.00 EUR null 550.00 EUR"]);
    assert_eq!((&gone["totals"]["gain"], &gone["totals"]["loss"]), (&json!([]), &json!(["550.00 EUR"])));
    let table = shop.says("reports disposals --at 2024-07-31");
    assert!(table.contains("1,200.00\u{a0}EUR") && table.contains("loss 550.00\u{a0}EUR"), "{table}");
    assert!(!table.contains('—'), "{table}");
    shop.asset("TOL-3", "Lamp", "tool", "");
    shop.event("TOL-3", "2024-06-21T08:00:00Z", "retire", "method = \"scrapped\"");
    assert_eq!(lines(&report(&shop, "disposals --from 2024-06-21"), &["cost", "gain", "loss"]), ["null null null"]);
    let table = shop.says("reports disposals --from 2024-06-21");
    assert_eq!(table.matches('—').count(), 3, "neither cost nor book value nor proceeds are known: {table}");
    assert_eq!(shop.run("reports disposals --from 2024-02-01 --until 2024-01-01").code, Some(2));
    let ran = shop.run("reports disposals --from 2020");
    assert!(ran.code == Some(2) && ran.err.contains("write a day such as 2026-11-27"), "{}", ran.err);
    assert_eq!(shop.run("reports unseen --days 3 --since 2024-01-01").code, Some(2));
}

#[test]
fn what_is_hired_is_insured_until_it_goes_back() {
    let shop = studio();
    shop.asset(
        "HIR-1",
        "Crane",
        "tool",
        "replacement_value = \"9000.00 EUR\"\npolicy = \"P-9\"\n\
         [hire]\nfrom = 2024-03-01\nuntil = 2024-05-31\nsupplier = \"Kran AG\"",
    );
    shop.asset("HIR-2", "Dolly", "tool", "[purchase]\ninvoice = \"R-1\"\n[hire]\nfrom = 2024-03-01");
    let hired = |day: &str| {
        let all = report(&shop, &format!("insurance --at {day}"));
        lines(&all, &["number", "hired"]).into_iter().filter(|line| line.ends_with("true")).collect::<Vec<_>>()
    };
    assert_eq!(hired("2024-02-29"), Vec::<String>::new());
    assert_eq!(hired("2024-03-01"), ["HIR-1 true", "HIR-2 true"]);
    assert_eq!(hired("2024-05-31"), ["HIR-1 true", "HIR-2 true"]);
    assert_eq!(hired("2024-06-01"), ["HIR-2 true"], "an open end counts on");
    let all = report(&shop, "insurance --at 2024-06-01");
    assert!(!lines(&all, &["number"]).contains(&"HIR-1".to_owned()), "it went back");
    let all = report(&shop, "insurance --at 2024-05-31");
    assert_eq!(all["totals"]["hired"], json!(["9000.00 EUR"]));
    assert_eq!(all["lines"][0]["hired"], false);
    let table = shop.says("reports insurance --at 2024-05-31");
    for said in
        ["hired from Kran AG until 31 May 2024", "policy P-9", "invoice R-1", "Of this, hired 9,000.00\u{a0}EUR"]
    {
        assert!(table.contains(said), "{said}: {table}");
    }
    let rows = workbook(&shop, "insurance --at 2024-05-31");
    let column = rows[0].iter().position(|head| *head == Data::String("hired".into())).unwrap();
    let hired = rows.iter().filter(|row| row[column] == Data::Bool(true)).count();
    assert_eq!(hired, 2);
}

#[test]
fn a_report_says_what_it_is_not_about() {
    let shop = studio();
    let only = json!({"locations": ["van"], "categories": ["camera"]});
    for line in ["insurance", "depreciation", "depreciation --schedule", "overdue", "unseen", "disposals"] {
        let line = format!("{line} --at 2024-07-31 --location van --category camera");
        assert_eq!(report(&shop, &line)["only"], only, "{line}");
        let table = shop.says(&format!("reports {line}"));
        assert!(table.lines().next().unwrap().ends_with("Only in: Van. Only of: Cameras."), "{table}");
        let page = shop.says(&format!("reports {line} --format html --output -"));
        assert!(page.contains("Only in: Van. Only of: Cameras."), "{page}");
    }
    assert_eq!(report(&shop, "overdue")["only"], Value::Null);
    assert!(!shop.says("reports overdue").contains("Only"));
}

#[test]
fn a_leaver_is_found_by_name() {
    let shop = studio();
    shop.file("people/nys.toml", "name = \"Bo Nyström\"\n");
    let of = |name: &str| shop.run_words(&["reports", "leaver", name]);
    for name in ["nys", "Bo Nyström", "BO  nystrom", "bo", "Ben Adler"] {
        let ran = of(name);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.err);
    }
    shop.file("people/berg.toml", "name = \"Bo Berg\"\n");
    assert_eq!(of("bo nyström").code, Some(0));
    let ran = of("Bo");
    assert!(ran.code == Some(1) && ran.err.contains("several people are called `Bo`"), "{}", ran.err);
    assert!(ran.err.contains("berg, nys"), "{}", ran.err);
}

#[test]
fn every_report_is_written_in_every_format() {
    let shop = studio();
    for line in ALL {
        for format in FORMATS {
            let text = format!("reports {line} --at 2024-07-31 --format {format}");
            let said = shop.says(&text);
            let is_file = matches!(format, "xlsx" | "html" | "pdf");
            let name = line.replace("depreciation --schedule", "schedule").replace(' ', "-");
            let file = format!("{name}-2024-07-31.{format}");
            assert_eq!(said.trim() == file, is_file, "{text}: {said}");
            let first = is_file.then(|| fs::read(shop.root().join(&file)).unwrap());
            let again = shop.says(&text);
            assert_eq!(said, again, "{text}");
            assert!(first == is_file.then(|| fs::read(shop.root().join(&file)).unwrap()), "{text}: the same bytes");
        }
    }
    let of = |name: &str| fs::read(shop.root().join(name)).unwrap();
    assert!(of("insurance-2024-07-31.pdf").starts_with(b"%PDF-1.7"));
    let page = String::from_utf8(of("insurance-2024-07-31.html")).unwrap();
    assert!(page.contains("src=\"data:image/png;base64,") && page.contains("<bdi>كاميرا سوني</bdi>"), "{page}");
    let csv = shop.says("reports insurance --at 2024-07-31 --format csv");
    assert!(csv.contains("\r\nCAM-0001,'=Sony FX3,,,'@S-1,camera,2023-01-15,,,3600.00,EUR,4000.00,EUR,"), "{csv}");
    let file = shop.outside("x.json");
    shop.says(&format!("reports overdue --output {}", file.display()));
    assert!(fs::read_to_string(&file).unwrap().starts_with("{\n"), "the name says what it is");
    let ran = shop.run("reports overdue --format table --output x");
    assert!(ran.code == Some(2) && ran.err.contains("--format csv"), "{}", ran.err);
    assert_eq!(shop.run("reports overdue --output nonesuch/x.pdf").code, Some(3));
    assert_eq!(shop.run("reports overdue --category nonesuch").code, Some(1));
}

#[test]
fn a_workbook_has_numbers_days_and_no_formula() {
    let shop = studio();
    let rows = workbook(&shop, "insurance --at 2024-07-31");
    let column = |key: &str| rows[0].iter().position(|head| *head == Data::String(key.into())).unwrap();
    let cell = |row: usize, key: &str| &rows[row][column(key)];
    assert_eq!(*cell(1, "name"), Data::String("=Sony FX3".into()));
    assert_eq!(*cell(1, "price"), Data::Float(3600.0));
    assert_eq!(*cell(2, "price_currency"), Data::String("USD".into()));
    assert_eq!(*cell(2, "name"), Data::String("كاميرا سوني".into()));
    assert_eq!(*cell(3, "price"), Data::Empty);
    let Data::DateTime(day) = cell(1, "bought") else { panic!("{:?}", cell(1, "bought")) };
    assert_eq!(day.to_ymd_hms_milli(), (2023, 1, 15, 0, 0, 0, 0));
    let rows = workbook(&shop, "disposals");
    assert!(rows[1].contains(&Data::String("=RE-7".into())));
    // Instants are as the clocks of the register show them: an hour ahead in Berlin.
    let rows = workbook(&shop, "overdue --at 2024-07-31");
    let Data::DateTime(since) = &rows[1][5] else { panic!("{:?}", rows[1]) };
    assert_eq!(since.to_ymd_hms_milli(), (2024, 3, 2, 9, 0, 0, 0));
}

#[test]
fn a_report_is_as_it_was_recorded() {
    let shop = studio();
    assert_eq!(report(&shop, "overdue")["commit"], Value::Null, "it is in no repository");
    let before = shop.commit("first");
    shop.asset("CAM-0001", "Sold", "camera", "");
    shop.event("CAM-0002", "2024-03-05T08:00:00Z", "return", "");
    shop.file("assets/CAM-0001/files/photo.png", "no picture");
    let ran = shop.run("reports overdue");
    assert!(ran.code == Some(0) && ran.err.contains("made from files that are not committed"), "{}", ran.err);
    assert!(ran.out.contains(&format!(", commit {} ", &before[..12])), "{}", ran.out);
    assert!(ran.out.contains("Made from files that are not committed."), "{}", ran.out);
    let all = report(&shop, "overdue");
    assert_eq!((&all["commit"], &all["uncommitted"]), (&json!(before), &json!(true)));
    let all = report(&shop, &format!("overdue --rev {before}"));
    assert_eq!((&all["commit"], &all["uncommitted"]), (&json!(before), &json!(false)));
    let after = shop.commit("second");
    let ran = shop.run("reports overdue");
    assert!(ran.out.contains(&format!(", commit {} ", &after[..12])), "{}", ran.out);
    assert!(!format!("{}{}", ran.out, ran.err).contains("not committed"), "{}{}", ran.out, ran.err);
    let now = lines(&report(&shop, "insurance --at 2024-07-31"), &["name", "price", "photo_sha256"]);
    assert_eq!(now[0], "Sold null null");
    let then = report(&shop, &format!("insurance --at 2024-07-31 --rev {before}"));
    let hash: String = Sha256::digest(photo()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(lines(&then, &["name", "price", "photo_sha256"])[0], format!("=Sony FX3 3600.00 EUR {hash}"));
    let held = |flags: &str| lines(&report(&shop, &format!("leaver ben --at 2024-07-31 {flags}")), &["number"]).len();
    assert_eq!((held(""), held(&format!("--rev {before}"))), (2, 3));
    let page = shop.says(&format!("reports insurance --rev {before} --format html --output -"));
    assert!(page.contains("data:image/png"), "the photo as it was");
    assert_eq!(shop.run("reports overdue --rev nonesuch").code, Some(1));
}

#[test]
fn an_empty_register_has_empty_reports() {
    let shop = Shop::new();
    for line in ALL {
        for format in FORMATS {
            let out = shop.run(&format!("reports {line} --format {format}"));
            assert_eq!(out.code, Some(0), "{line} {format}: {}", out.err);
        }
    }
    assert!(shop.says("reports overdue").contains("Nothing is overdue"));
    let page = shop.says("reports unseen --format html --output -");
    assert!(!page.contains("<table>"), "{page}");
}

#[test]
fn reports_are_in_the_language_of_the_register() {
    for (language, word, said) in [("de", "Was versichert ist", "4 Gegenstände"), ("ar", "ما هو مؤمَّن عليه", "4 قطع")]
    {
        let shop = studio();
        let config =
            format!("title = \"Kit\"\ncurrency = \"EUR\"\ntimezone = \"Europe/Berlin\"\nlanguage = \"{language}\"\n");
        shop.file("tagbook.toml", config);
        let table = shop.says("reports insurance --at 2024-07-31");
        assert!(table.contains(word) && table.contains(said), "{table}");
        for line in ALL {
            shop.says(&format!("reports {line} --at 2024-07-31 --format pdf"));
            let text = shop.says(&format!("reports {line} --at 2024-07-31"));
            assert!(!text.contains("report_") && !text.contains('{'), "{text}");
            assert!(!text.contains(['\u{2068}', '\u{2069}', char::REPLACEMENT_CHARACTER]), "{text}");
        }
    }
}
