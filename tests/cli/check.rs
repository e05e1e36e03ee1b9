//! `tagbook check`.

use crate::shop::{Shop, ran};

/// A name that would do harm in a terminal or in the log of a continuous integration.
const HARMFUL: &str = "\\u001b[31mred\\u009b1m\\n::error file=x::pwned%0A::warning::more";

#[test]
fn the_exit_code_says_how_it_ended() {
    let shop = Shop::new();
    shop.asset("CAM-1", "Body", "camera", "");
    assert_eq!(shop.says("check"), "clean · 1 asset, 0 events\n");

    shop.event("CAM-1", "2024-03-02T09:00:00Z", "checkout", "to = \"ana\"\ndue = 2024-03-06");
    let warned = shop.run("check");
    assert_eq!(warned.code, Some(0));
    assert!(warned.out.contains("warning[overdue]") && warned.out.ends_with("clean · 1 warning · 1 asset, 1 event\n"));
    assert_eq!(shop.run("check --deny-warnings").code, Some(1));
    assert_eq!(shop.run("check --deny-warnings --at 2024-03-06").code, Some(0));
    assert_eq!(shop.run("check --deny-warnings --at 2024-03-07").code, Some(1));

    shop.asset("CAM-2", "Body", "camra", "");
    let wrong = shop.run("check");
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.out.contains("did you mean `camera`?") && wrong.out.contains("1 error"), "{}", wrong.out);

    assert_eq!(shop.run("check --format yaml").code, Some(2));
    assert_eq!(shop.run("chekc").code, Some(2));
    assert_eq!(shop.run("-C nowhere check").code, Some(3));
    let mut elsewhere = shop.tagbook();
    elsewhere.arg("check").current_dir(shop.outside("home"));
    let elsewhere = ran(elsewhere);
    assert_eq!(elsewhere.code, Some(1));
    assert!(elsewhere.err.contains("hint: ") && elsewhere.err.contains("tagbook init"), "{}", elsewhere.err);
}

#[test]
fn the_register_is_found_upward_from_where_one_stands() {
    let shop = Shop::stocked();
    let mut inside = shop.tagbook();
    inside.arg("check").current_dir(shop.root().join("assets/CAM-0001"));
    assert!(ran(inside).out.contains("7 assets"));
}

#[test]
fn json_has_its_keys_and_counts_in_characters() {
    let shop = Shop::new();
    let line = "documents = [{ title = \"Ünïcödé 日本\", fiel = \"a.pdf\" }]";
    shop.file(
        "assets/CAM-1/asset.toml",
        format!("\u{feff}serail = \"1\"\r\nname = \"Å\"\r\ncategory = \"camera\"\r\n{line}\r\n"),
    );
    let findings = shop.findings();
    let keys = ["rule", "severity", "message", "path", "line", "column", "end_line", "end_column", "hint"];
    for finding in &findings {
        let object = finding.as_object().unwrap();
        assert_eq!(object.len(), keys.len());
        assert!(keys.iter().all(|key| object.contains_key(*key)), "{finding}");
    }
    let about = |word: &str| {
        let found = findings.iter().find(|finding| finding["message"].as_str().unwrap().contains(word)).unwrap();
        let at = |key: &str| found[key].as_u64().unwrap();
        assert_eq!((found["rule"].as_str(), found["severity"].as_str()), (Some("unknown-key"), Some("error")));
        assert_eq!(found["path"].as_str(), Some("assets/CAM-1/asset.toml"));
        (at("line"), at("column"), at("end_line"), at("end_column"))
    };
    assert_eq!(about("`serail`"), (1, 1, 1, 7));
    let column = line[..line.find("fiel").unwrap()].chars().count() as u64 + 1;
    assert_eq!(about("`fiel`"), (4, column, 4, column + 4));

    shop.file("assets/CAM-2/asset.toml", "name = \"x\"\n");
    let missing = shop.findings().into_iter().find(|finding| finding["path"] == "assets/CAM-2/asset.toml").unwrap();
    assert_eq!(missing["rule"], "missing-field");
}

#[test]
fn nothing_is_coloured_in_a_pipe() {
    let shop = Shop::new();
    shop.asset("CAM-1", "Body", "camra", "");
    for line in ["check", "list", "show CAM-1", "log", "build", "check --explain overdue"] {
        let ran = shop.run(line);
        assert!(!ran.out.contains('\x1b') && !ran.err.contains('\x1b'), "{line}");
    }
}

#[test]
fn what_a_register_says_cannot_act_on_a_terminal() {
    let shop = Shop::new();
    shop.file(
        "assets/CAM-1/asset.toml",
        format!("name = \"{HARMFUL}\"\ncategory = \"camera\"\nserial = \"{HARMFUL}\"\n"),
    );
    shop.event("CAM-1", "2024-03-02T09:00:00Z", "note", &format!("note = \"{HARMFUL}\""));
    shop.file("people/eve.toml", format!("name = \"{HARMFUL}\"\n"));
    shop.file(
        "assets/CAM-2/asset.toml",
        "name = \"\u{1b}[31m\u{9b}1m\u{202e}\"\ncategory = \"\\u001bcamera\"\n\"\\u001b[2J\" = 1\n",
    );
    for line in ["check", "list", "show CAM-1 CAM-2", "log"] {
        for format in ["human", "table", "github", "json", "csv"] {
            let ran = shop.run(&format!("{line} --format {format}"));
            for text in [&ran.out, &ran.err] {
                let acts = |c: char| c != '\n' && c.is_control();
                assert!(!text.contains(acts), "{line} --format {format}: {text:?}");
            }
        }
    }
}

#[test]
fn what_a_register_says_cannot_command_the_forge() {
    let shop = Shop::new();
    shop.file("assets/CAM-1/asset.toml", format!("name = \"Body\"\ncategory = \"{HARMFUL}\"\n\"{HARMFUL}\" = 1\n"));
    shop.asset("CAM-2", "Body", "x\\n::error file=x::pwned", "home = \"%0A::error::x,line=9\"");
    shop.event("CAM-2", "2024-03-02T09:00:00Z", "checkout", &format!("to = \"{HARMFUL}\""));
    let ran = shop.run("check --format github");
    assert_eq!(ran.code, Some(1));
    for line in ran.out.lines() {
        assert!(line.starts_with("::error file=") || line.starts_with("::warning file="), "{line}");
        let (_, rest) = line.split_once(" file=").unwrap();
        let (properties, message) = rest.split_once("::").unwrap();
        assert!(properties.split(',').all(|part| !part.contains("pwned")), "{line}");
        assert!(!message.replace("%0Ahint: ", "").contains("%0A"), "{line}");
    }
    assert_eq!(ran.out.lines().count(), shop.findings().len());
}

#[test]
fn rules_explain_themselves() {
    let shop = Shop::empty();
    let text = shop.says("check --explain overdue");
    assert!(text.starts_with("overdue (warning)\n\n") && text.len() > 40, "{text}");
    let unknown = shop.run("check --explain overdu");
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("there is no rule `overdu`") && unknown.err.contains("`overdue`"), "{}", unknown.err);
}

#[test]
fn a_register_may_weigh_rules_otherwise() {
    let shop = Shop::new();
    shop.file("categories.toml", "[camera]\nname = \"Cameras\"\nrequire = [\"serial\"]\n");
    shop.asset("CAM-1", "Body", "camera", "");
    let with = |weight: &str| {
        shop.file("tagbook.toml", format!("title = \"Nord\"\n[rules]\nmissing-serial = \"{weight}\"\n"));
        let severities: Vec<_> = shop.findings().iter().map(|finding| finding["severity"].to_string()).collect();
        (shop.run("check").code, severities.concat())
    };
    assert_eq!(with("error"), (Some(1), "\"error\"".into()));
    assert_eq!(with("warning"), (Some(0), "\"warning\"".into()));
    assert_eq!(with("off"), (Some(0), String::new()));
    shop.file("tagbook.toml", "title = \"Nord\"\n[rules]\nmissing-seril = \"off\"\n");
    assert!(shop.run("check").out.contains("missing-serial"));
}

#[test]
fn a_reader_that_stops_reading_is_no_mishap() {
    let shop = Shop::new();
    for n in 0..300 {
        shop.asset(&format!("CAM-{n}"), &"long name ".repeat(40), "camra", "");
    }
    for line in ["check", "list", "list --format json", "list --format csv", "check --format json"] {
        let mut shell = shop.program("sh");
        shell.args(["-c", &format!("{} {line} | head -n 1", env!("CARGO_BIN_EXE_tagbook"))]);
        let ran = ran(shell);
        assert!(!ran.err.contains("error:") && !ran.err.contains("panicked"), "{line}: {}", ran.err);
    }
}

#[test]
fn output_that_cannot_be_written_is_the_worlds_failure() {
    let shop = Shop::stocked();
    for line in ["check", "list", "show CAM-0001", "log --format json", "list --format csv", "check --explain overdue"]
    {
        let mut shell = shop.program("sh");
        shell.args(["-c", &format!("{} {line} > /dev/full", env!("CARGO_BIN_EXE_tagbook"))]);
        let ran = ran(shell);
        assert_eq!(ran.code, Some(3), "{line}: {}", ran.err);
        assert!(ran.err.contains("cannot write"), "{line}: {}", ran.err);
    }
}
