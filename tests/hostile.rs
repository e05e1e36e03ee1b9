//! Files that were made to hurt: as large as may be, as deep as may be, full of mistakes. All are survived; what grew with the square would not end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::pedantic, reason = "a test may fail, and panics to say so")]

use std::fmt::Write;

use chrono::{DateTime, Utc};
use tagbook::register::{Finding, Moment, Tz, open};
use tagbook::tree::{MAX_TOML, Tree};

/// What is found in a register of these files, and looks at where it is, as whoever prints it does.
fn found(files: &[(&str, String)]) -> Vec<Finding> {
    let mut tree = Tree::default();
    tree.insert_toml("tagbook.toml", b"title = 'Shop'".to_vec());
    for (path, text) in files {
        tree.insert_toml(*path, text.clone().into_bytes());
    }
    let clock: DateTime<Utc> = "2026-11-27T12:00:00Z".parse().unwrap();
    let findings = open(&tree).check(&Moment::at(clock, Tz::UTC), clock);
    for finding in &findings {
        let place = finding.place.as_ref().unwrap();
        place.span.map(|span| tree.position(&place.path, span.start).unwrap());
    }
    findings
}

fn rules(findings: &[Finding]) -> Vec<&'static str> {
    let mut rules: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
    rules.dedup();
    rules
}

/// So many bytes of `text`.
fn of(text: &str, bytes: u64) -> String {
    text.repeat(usize::try_from(bytes).unwrap() / text.len())
}

/// Lines by their numbers, half a file full.
fn numbered(line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for n in 0.. {
        let next = line(n);
        if (text.len() + next.len()) as u64 > MAX_TOML / 2 {
            break;
        }
        text.push_str(&next);
    }
    text
}

#[test]
fn a_lot_of_one_thing_is_survived() {
    let things = [
        "[",
        "{",
        "(",
        "\"",
        "'",
        "\\",
        "#",
        "=",
        ".",
        ",",
        "a",
        "0",
        "-",
        "\n",
        "\r",
        "\t",
        " ",
        "é",
        "👩‍🔧",
        "\u{202e}",
        "\0",
        "\u{1}",
        "[[",
        "[a]\n",
        "[[event]]\n",
        "a=",
        "a.",
        "a.b=1\n",
        "a=1\n",
        "'''",
        "\"\"\"",
        "x=\"\\u",
        "<<<<<<< a\n",
        "a=[",
        "a={b=",
        "1:2:3",
        "2026-",
        "a = '",
        "\n\u{1}a",
    ];
    let asset = || ("assets/A-1/asset.toml", "name = 'x'\ncategory = 'c'".to_owned());
    for thing in things {
        for path in ["tagbook.toml", "locations.toml", "assets/A-1/log/a.toml"] {
            assert!(found(&[asset(), (path, of(thing, MAX_TOML / 64))]).len() < 1000, "{thing:?} in {path}");
        }
    }
    for thing in ["[", "\n\u{1}a", "[[event]]\n"] {
        found(&[asset(), ("assets/A-1/log/a.toml", of(thing, MAX_TOML))]);
    }
}

#[test]
fn a_flood_of_mistakes_is_a_hundred_and_a_word() {
    let findings = found(&[("people/ana.toml", numbered(|n| format!("k{n} = 1\n")))]);
    assert_eq!(rules(&findings), ["missing-field", "unknown-key"]);
    assert_eq!(findings.len(), 101);
    assert!(findings[100].message.ends_with("(and more like this in the file)"), "{}", findings[100].message);
    let hidden = found(&[("people/ana.toml", format!("name = '{}'", "\u{1}a".repeat(5000)))]);
    assert_eq!((hidden.len(), rules(&hidden)), (100, vec!["hidden-character"]));
    let run = found(&[("people/ana.toml", format!("name = '{}'", "\u{1}".repeat(5000)))]);
    assert_eq!((run.len(), rules(&run)), (1, vec!["hidden-character"]));
}

#[test]
fn long_lists_and_logs_do_not_take_their_square() {
    let record = |more: &str| ("assets/A-1/asset.toml", format!("name = 'x'\ncategory = 'c'\n{more}"));
    let list = |key: &str, item: &str| {
        let item = format!("{item}, ");
        format!("{key} = [{}]", item.repeat(400_000 / item.len()))
    };
    for more in
        [list("aliases", "'B'"), list("aliases", "'b'"), list("contents", "'b'"), list("documents", "{ file = 'x' }")]
    {
        found(&[record(&more)]);
    }
    found(&[("tags/a.toml", list("numbers", "'B'"))]);
    let event =
        |n: usize, rest: &str| format!("[[event]]\nid='{n:08}'\nat=2026-01-01T00:00:00Z\nkind='{rest}\nby='a'\n");
    for rest in [
        "checkout'\nto='a'",
        "return'",
        "void'\nof='00000000'",
        "note'",
        "nothing'",
        "report'\nnote='x'\nseverity='minor'",
        "reserve'\nfor='a'\nfrom=2026-01-01\nuntil=2026-01-02",
    ] {
        let log = ("assets/A-1/log/a.toml", numbered(|n| event(n, rest)));
        found(&[record(""), log]);
    }
    let voids = numbered(|n| event(2 * n, "note'\nnote='x'") + &event(2 * n + 1, &format!("void'\nof='{:08}'", 2 * n)));
    found(&[record(""), ("assets/A-1/log/a.toml", voids)]);
    let same = ("assets/A-1/log/a.toml", numbered(|_| event(0, "note'\nnote='x'")));
    assert!(rules(&found(&[record(""), same])).contains(&"repeated-event"));
}

#[test]
fn ten_thousand_places_and_kits_within_each_other_are_survived() {
    let mut files = Vec::new();
    for n in 0..2_000 {
        let path: &'static str = Box::leak(format!("assets/K-{n}/asset.toml").into_boxed_str());
        files.push((path, format!("name = 'x'\ncategory = 'c'\npart_of = 'K-{}'", n + 1)));
    }
    files.push(("assets/K-2000/asset.toml", "name = 'x'\ncategory = 'c'".to_owned()));
    files.push(("categories.toml", "[c]\nname = 'C'".to_owned()));
    let mut places = String::new();
    for n in 0..10_000 {
        let _ = writeln!(places, "[p{n}]\nname = 'P'\nwithin = 'p{}'", n + 1);
    }
    places.push_str("[p10000]\nname = 'P'");
    files.push(("locations.toml", places));
    assert_eq!(found(&files), []);
}
