//! `tagbook audits`: a count from its opening to what it leaves in the register.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::shop::{Ran, Shop};

/// A workshop without an audit; what is there, is at home.
fn workshop() -> Shop {
    let shop = Shop::workshop();
    fs::remove_file(shop.root().join("audits/2024-q1.toml")).unwrap();
    shop.commit("no audits");
    shop
}

/// The year that audits opened now are named by.
fn year(shop: &Shop) -> String {
    let listed = shop.json("audits");
    listed[0]["audit"].as_str().unwrap()[..4].to_owned()
}

/// A workshop in which the house, with studio and shelf, is being counted; and the audit's name.
fn counting() -> (Shop, String) {
    let shop = workshop();
    shop.says("audits open Q4 --location hq");
    let slug = format!("{}-q4", year(&shop));
    (shop, slug)
}

/// Times are whole seconds: what is done after this is done later.
fn a_second_passes() {
    std::thread::sleep(std::time::Duration::from_millis(1010));
}

/// What scanning these lines on standard input comes to.
fn scanned(shop: &Shop, line: &str, input: &str) -> Ran {
    let mut command = shop.tagbook();
    command.args(line.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Whoever reads nothing closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn commits(shop: &Shop) -> usize {
    shop.git("rev-list --count HEAD").trim().parse().unwrap()
}

/// The numbers on one list of a report.
fn numbers(report: &Value, list: &str) -> Vec<String> {
    let all = report[list].as_array().unwrap().iter();
    all.map(|line| line["number"].as_str().or(line.as_str()).unwrap().to_owned()).collect()
}

#[test]
fn an_audit_is_opened_scanned_reported_and_closed_with_what_it_found() {
    let (shop, slug) = counting();
    assert_eq!(shop.git("log -1 --format=%s").trim(), format!("open audit {slug}"));
    assert_eq!(shop.git("status --porcelain"), "");
    // The drill stands in the van, by the register; Ben has the second camera.
    shop.did("have CAM-0002 --to ben");
    let before = commits(&shop);
    let input = "https://KIT.NORD.TEST/CAM-0001\ncam-0002\n\ntol0001 CAM-0001\nzh-040\nZH-040\n";
    let scan = scanned(&shop, &format!("audits scan {slug}"), input);
    assert_eq!((scan.code, commits(&shop)), (Some(0), before + 1), "{}", scan.err);
    assert!(
        scan.out.contains("CAM-0001 Sony FX3 was seen") && scan.out.contains("ZH-040 is in no register"),
        "{}",
        scan.out
    );
    shop.says(&format!("audits scan {slug} KIT-1 --location shelf"));
    let file = fs::read_to_string(shop.root().join(format!("audits/{slug}.toml"))).unwrap();
    assert!(file.ends_with("unknown = [\"ZH-040\"]\n"), "{file}");
    let report = shop.json(&format!("audits show {slug}"));
    assert_eq!((&report["seen"], &report["expected"], &report["closed"]), (&json!(2), &json!(2), &Value::Null));
    assert_eq!(numbers(&report, "found"), ["CAM-0001"]);
    assert_eq!(numbers(&report, "wrong_place"), ["KIT-1"]);
    assert_eq!(numbers(&report, "unexpected"), ["CAM-0002", "TOL-0001"]);
    assert_eq!(report["unexpected"][0]["why"], "with ben");
    assert_eq!(report["unknown"], json!(["ZH-040"]));

    // A camera that nobody sees.
    shop.asset("CAM-0003", "Bolex", "camera", "home = \"studio\"");
    shop.commit("camera");
    let report = shop.json(&format!("audits show {slug}"));
    assert_eq!((numbers(&report, "not_yet_seen"), numbers(&report, "missing")), (vec!["CAM-0003".into()], vec![]));
    let before = commits(&shop);
    let closed = shop.run(&format!("audits close {slug} --apply"));
    assert_eq!((closed.code, commits(&shop)), (Some(0), before + 1), "{}", closed.err);
    assert!(
        closed.out.contains("2 of 3 seen, 1 missing") && closed.out.contains("TOL-0001 is in House"),
        "{}",
        closed.out
    );
    assert!(closed.err.contains("CAM-0002 was seen, and Ben Adler has it by the register"), "{}", closed.err);
    assert_eq!(shop.git("log -1 --format=%s").trim(), format!("close audit {slug}: 1 missing, 1 moved"));
    let (moved, missing) = (shop.newest("TOL-0001"), shop.newest("CAM-0003"));
    assert_eq!((&moved["kind"], &moved["location"]), (&json!("move"), &json!("hq")));
    assert_eq!((&missing["kind"], &missing["batch"]), (&json!("missing"), &moved["batch"]));
    assert_eq!(missing["note"], format!("audit {slug}: not seen"));
    let trailers = shop.git("log -1 --format=%(trailers:key=Tagbook-Event,valueonly)");
    assert!(trailers.contains(&format!("TOL-0001/{}", moved["id"].as_str().unwrap())), "{trailers}");
    assert_eq!(shop.git("status --porcelain"), "");
    shop.is_sound();
    let report = shop.json(&format!("audits show {slug}"));
    assert_eq!((numbers(&report, "not_yet_seen"), numbers(&report, "missing")), (vec![], vec!["CAM-0003".into()]));
    assert_eq!(numbers(&report, "wrong_place"), ["KIT-1"]);

    // Once more, there is nothing to record.
    let before = shop.everything();
    let again = shop.run(&format!("audits close {slug} --apply"));
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert!(again.err.contains("nothing is left to record"), "{}", again.err);
    assert_eq!(shop.everything(), before);
    shop.refuses(&format!("audits close {slug}"), "is closed since");
}

#[test]
fn a_closed_audit_is_applied_later_but_not_against_what_came_since() {
    let (shop, slug) = counting();
    shop.says(&format!("audits scan {slug} KIT-1"));
    let closed = shop.run(&format!("audits close {slug}"));
    assert!(
        closed.out.contains("1 of 3 seen, 2 missing") && closed.err.contains("--apply"),
        "{} {}",
        closed.out,
        closed.err
    );
    assert!(!shop.kinds("CAM-0001").contains(&"missing".to_owned()));
    shop.did("have CAM-0002 --to ben");
    let before = commits(&shop);
    let applied = shop.run(&format!("audits close {slug} --apply"));
    assert_eq!((applied.code, commits(&shop)), (Some(0), before + 1), "{}", applied.err);
    assert_eq!(applied.out.lines().skip(1).collect::<Vec<_>>(), ["CAM-0001 is missing"]);
    assert!(applied.err.contains("CAM-0002 is left as it is"), "{}", applied.err);
    assert_eq!(shop.git("log -1 --format=%s").trim(), format!("apply audit {slug}: 1 missing"));
    assert_eq!(shop.json("show CAM-0002")["custodian"], "ben");
    shop.is_sound();

    // The next count misses it too, and says which one is missing without being recorded anew.
    a_second_passes();
    shop.says("audits open Q5 --location hq");
    // Who reports that it cannot be found has not had it in hand.
    shop.did("report KIT-1 --severity minor --note gone?");
    let next = format!("{}-q5", year(&shop));
    let closed = shop.run(&format!("audits close {next} --apply"));
    assert!(closed.err.contains("CAM-0001 was missing before"), "{} {}", closed.out, closed.err);
    assert!(closed.out.contains("KIT-1 is missing") && !closed.out.contains("CAM-0001 is missing"), "{}", closed.out);

    // Whatever is handled while an audit is open is not missing for want of a scan.
    a_second_passes();
    shop.says("audits open Q6 --location hq");
    let meanwhile = format!("{}-q6", year(&shop));
    shop.did("found KIT-1");
    let closed = shop.run(&format!("audits close {meanwhile} --apply"));
    assert!(closed.err.contains("KIT-1 is left as it is: event `"), "{} {}", closed.out, closed.err);
    assert!(!closed.out.contains("KIT-1"), "{}", closed.out);
}

#[test]
fn what_cannot_all_be_recorded_is_not_recorded_at_all() {
    let (shop, slug) = counting();
    shop.says(&format!("audits scan {slug} KIT-1"));
    // A log that cannot be read: nothing is decided on it.
    shop.file(
        "assets/CAM-0002/log/broken.toml",
        "[[event]]\nid = \"e9999999\"\nat = 2024-02-02T08:00:00Z\nkind = \"mve\"\nby = \"ana\"\n",
    );
    shop.commit("broken");
    let said = shop.refuses(&format!("audits close {slug} --apply"), "CAM-0002");
    assert!(said.contains("can be read"), "{said}");
    let closed = shop.run(&format!("audits close {slug}"));
    assert_eq!(closed.code, Some(0), "it can be closed all the same: {}", closed.err);
}

#[test]
fn an_audit_is_opened_by_keepers_under_a_name_of_its_own() {
    let shop = workshop();
    let opened = shop.says("audits open Q4 --location Studio --category camera --at 2024-11-20T14:30");
    assert!(opened.starts_with("2024-q4 Q4 is open · "), "{opened}");
    let file = fs::read_to_string(shop.root().join("audits/2024-q4.toml")).unwrap();
    let wanted =
        "title = \"Q4\"\nlocation = \"studio\"\ncategory = \"camera\"\nopened = 2024-11-20T13:30:00Z\nby = \"ana\"\n";
    assert_eq!(file, wanted);
    shop.refuses("audits open q4 --at 2024-12-01", "there is an audit `2024-q4` already");
    shop.refuses("audits open Q1 --location studo", "did you mean `studio`?");
    shop.refuses("audits open Q1 --category lens", "there is no category `lens`");
    shop.refuses("audits open Q1 --at 2099-01-01", "is opened when it begins");
    shop.refuses("audits open Q1 --by ben", "only keepers may do that");
    shop.refuses("audits close 2024-q4 --by ben", "only keepers may do that");
    shop.refuses("audits close 2024-q5", "did you mean `2024-q4`?");
    for line in ["audits show nope", "audits scan nope CAM-0001"] {
        shop.refuses(line, "there is no audit `nope`");
    }
    assert_eq!(shop.run_words(&["audits", "open", " "]).code, Some(2));
    shop.says("audits open Q1 --no-commit");
    assert!(shop.git("status --porcelain --untracked-files=all").contains("-q1.toml"));
    let listed = shop.json("audits");
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let table = shop.says("audits");
    assert!(
        table.contains("Cameras in Studio") && table.contains("open since 2024-11-20") && table.contains("0 of 3"),
        "{table}"
    );
    assert!(shop.says("audits --format csv").contains("\n2024-q4,Q4,studio,camera,2024-11-20T13:30:00Z,,ana,0,3"));
}

#[test]
fn a_report_is_for_people_programs_and_spreadsheets() {
    let (shop, slug) = counting();
    shop.says(&format!("audits scan {slug} CAM-0001 TOL-0001 =1+1"));
    let table = shop.says(&format!("audits show {slug}"));
    for words in
        ["1 of 3 seen", "not seen yet", "CAM-0002 Sony FX6", "not expected", "belongs in Van", "in no register", "=1+1"]
    {
        assert!(table.contains(words), "{words} in {table}");
    }
    let csv = shop.says(&format!("audits show {slug} --format csv"));
    assert!(csv.starts_with("result,number,name,seen,by,location,expected,why\n"), "{csv}");
    assert!(csv.contains("not-yet-seen,KIT-1,Interview kit,,,,,\n") && csv.contains("\nunknown,'=1+1,"), "{csv}");
}

#[test]
fn comments_in_the_file_of_an_audit_stay() {
    let (shop, slug) = counting();
    let path = format!("audits/{slug}.toml");
    let text = format!("# Twice a year.\n{}", fs::read_to_string(shop.root().join(&path)).unwrap());
    let text = text.replace("by = \"ana\"", "by = \"ana\" # with Ben");
    shop.file(&path, &text);
    shop.refuses(&format!("audits scan {slug} ZH-040"), "files in the work tree are in the way");
    shop.commit("comments");
    shop.says(&format!("audits scan {slug} ZH-040 CAM-0001 CAM-0002 KIT-1"));
    shop.says(&format!("audits close {slug} --apply"));
    let now = fs::read_to_string(shop.root().join(&path)).unwrap();
    assert!(now.starts_with(&format!("{text}unknown = [\"ZH-040\"]\nclosed = ")), "{now}");
}

#[test]
fn what_is_scanned_is_recorded_in_handfuls_and_never_lost() {
    let (shop, slug) = counting();
    let many: String = (0..60).map(|n| format!("BOX-{n:03}\n")).collect();
    let before = commits(&shop);
    let scan = scanned(&shop, &format!("audits scan {slug}"), &format!("{many}CAM-0001\nBOX-001"));
    assert_eq!((scan.code, commits(&shop)), (Some(0), before + 3), "{}", scan.err);
    let report = shop.json(&format!("audits show {slug}"));
    assert_eq!((report["unknown"].as_array().unwrap().len(), numbers(&report, "found")), (60, vec!["CAM-0001".into()]));
    let bad = scanned(&shop, &format!("audits scan {slug} --location studo"), "CAM-0002\n");
    assert!(bad.code == Some(1) && bad.err.contains("did you mean `studio`?"), "{}", bad.err);
    // The repository cannot be written to for a while: what was scanned is said again.
    shop.git("checkout --quiet --detach");
    let lost = scanned(&shop, &format!("audits scan {slug} --location studio"), "CAM-0002\nkit-1\n");
    assert_eq!(lost.code, Some(1));
    assert!(
        lost.err.contains(&format!("not recorded: `tagbook audits scan {slug} --location studio CAM-0002 kit-1`")),
        "{}",
        lost.err
    );
    // What can be read as two numbers is neither.
    shop.git("checkout --quiet main");
    shop.asset("B-11", "Box", "tool", "home = \"studio\"");
    shop.asset("B1-1", "Box", "tool", "home = \"studio\"");
    shop.commit("boxes");
    let partly = scanned(&shop, &format!("audits scan {slug}"), "b11\nCAM-0002\n");
    assert!(partly.code == Some(1) && partly.err.contains("B-11 or B1-1"), "{}", partly.err);
    assert_eq!(shop.kinds("CAM-0002"), ["audit"]);
}
