//! Runs every case of `tests/findings/`: a small register, and exactly what `check` finds in it.
//!
//! A case is a text file: a comment that says what it shows, then sections that begin with `--- PATH`, one per file of
//! the register, and last `--- findings` with what is to be found. Every case starts from the files of `BASE`, which a
//! section may replace. What text cannot hold is said behind the path:
//!
//! ```text
//! --- PATH (escaped)          \r, \xff, \u{202e} and \\ stand for what they say; the last line break does not count
//! --- PATH (times N)          the section N times, `{n}` counting from 0 and `{n+1}` from 1; the last line break does not count
//! --- PATH (more)             goes on with the section before
//! --- PATH (picture WxH)      a file that is not TOML, with these pixels; its bytes as in `escaped`
//! --- PATH (other)            any other file that is not TOML; its bytes as in `escaped`
//! --- PATH (bytes N)          a TOML file of this many bytes
//! --- PATH (link) (special) (repository) (unnamed) (unreadable WHY) (absent)
//! ```
//!
//! `TAGBOOK_BLESS=1 cargo test --test findings` writes what is found into the cases. Look at every caret before you keep it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::pedantic, reason = "a test may fail, and panics to say so")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use tagbook::register::rules::{RULES, Rule};
use tagbook::register::{Finding, Moment, Severity, open};
use tagbook::tree::{Entry, Facts, Tree};

/// When every case is checked.
const NOW: &str = "2026-11-27T12:00:00Z";

/// The case that the others start from.
const BASE: &str = "base.txt";

/// Lines shown of a file are cut after this many characters.
const SHOWN: usize = 100;

struct Case {
    name: String,
    path: PathBuf,
    /// The text before the findings.
    head: String,
    sections: Vec<Section>,
    expected: String,
}

struct Section {
    path: String,
    how: String,
    body: String,
}

#[test]
fn every_case_is_found_as_it_says() {
    let cases = cases();
    let mut wrong = String::new();
    for case in &cases {
        let found = found(case, &cases).1;
        if std::env::var_os("TAGBOOK_BLESS").is_some() {
            std::fs::write(&case.path, format!("{}--- findings\n{found}", case.head)).unwrap();
        } else if found != case.expected {
            let _ = writeln!(wrong, "== {}\n-- expected\n{}-- found\n{found}", case.name, case.expected);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The register with every kind of mistake at once: each stands in a line that ends in the rule that it breaks.
#[test]
fn a_broken_register_has_all_its_mistakes_named_and_no_others() {
    let cases = cases();
    let broken = cases.iter().find(|case| case.name == "broken.txt").unwrap();
    let (findings, _) = found(broken, &cases);
    let tree = tree(broken, &cases);
    let mut named: Vec<_> = findings.iter().map(|finding| (line(finding, &tree), finding.rule.to_owned())).collect();
    let mut planted = Vec::new();
    for (path, _) in tree.iter() {
        for (number, text) in (1..).zip(tree.text(path).unwrap_or_default().lines()) {
            let rules =
                text.split_once(" #! ").map_or("", |(_, rules)| rules).split(", ").filter(|rule| !rule.is_empty());
            planted.extend(rules.map(|rule| (format!("{path}:{number}"), rule.to_owned())));
        }
    }
    named.sort();
    planted.sort();
    assert_eq!(named, planted);
    assert!(planted.len() > 55);
}

fn line(finding: &Finding, tree: &Tree) -> String {
    let place = finding.place.as_ref().unwrap();
    let start = place.span.unwrap_or_else(|| panic!("{finding:?} is of no line")).start;
    format!("{}:{}", place.path, tree.position(&place.path, start).unwrap().0)
}

#[test]
fn every_rule_has_a_case() {
    let cases = cases();
    let shown: BTreeSet<_> = cases.iter().flat_map(|case| found(case, &cases).0).map(|finding| finding.rule).collect();
    // A case is a register without a history; what only a history shows is planted in real ones.
    let histories = include_str!("cli/verify.rs");
    let is_shown = |rule: &Rule| match rule.is_of_history() {
        true => histories.contains(&format!("\"{}\"", rule.name)) && !shown.contains(rule.name),
        false => shown.contains(rule.name),
    };
    let without: Vec<_> = RULES.iter().filter(|rule| !is_shown(rule)).map(|rule| rule.name).collect();
    assert!(without.is_empty(), "rules without a case in tests/findings or tests/cli/verify.rs: {without:?}");
}

#[test]
fn every_finding_is_of_a_rule() {
    let cases = cases();
    for finding in cases.iter().flat_map(|case| found(case, &cases).0) {
        assert!(RULES.iter().any(|rule| rule.name == finding.rule), "{} is no rule", finding.rule);
        assert!(!finding.message.contains(char::is_control), "{:?} is not one line", finding.message);
    }
}

#[test]
fn rules_stand_in_order_of_their_names() {
    assert!(RULES.is_sorted_by_key(|rule| rule.name));
}

fn cases() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/findings");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(case).collect()
}

fn case(path: PathBuf) -> Case {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, expected) = text.split_once("--- findings\n").unwrap_or_else(|| panic!("{name} has no findings"));
    let mut sections: Vec<Section> = Vec::new();
    for line in head.split_inclusive('\n') {
        if let Some(title) = line.strip_prefix("--- ") {
            let (path, how) = title.trim_end().split_once(" (").unwrap_or((title.trim_end(), ""));
            let how = how.trim_end_matches(')').to_owned();
            sections.push(Section { path: path.to_owned(), how, body: String::new() });
        } else if let Some(section) = sections.last_mut() {
            section.body.push_str(line);
        }
    }
    Case { name, head: head.to_owned(), expected: expected.to_owned(), sections, path }
}

fn tree(case: &Case, cases: &[Case]) -> Tree {
    let mut tree = Tree::default();
    let base = cases.iter().find(|case| case.name == BASE).unwrap();
    let own = |path: &str| case.sections.iter().any(|section| section.path == path);
    for section in base.sections.iter().filter(|section| !own(&section.path)).chain(&case.sections) {
        match (section.how.as_str(), tree.text(&section.path).map(str::to_owned)) {
            ("absent", _) => {}
            ("more", Some(text)) => tree.insert(&section.path, Entry::Toml(text + &section.body)),
            _ => tree.insert(&section.path, section.entry()),
        }
    }
    tree
}

fn found(case: &Case, cases: &[Case]) -> (Vec<Finding>, String) {
    let tree = tree(case, cases);
    let opened = open(&tree);
    let clock: DateTime<Utc> = NOW.parse().unwrap();
    let findings = opened.check(&Moment::at(clock, opened.register.config.timezone), clock);
    let text = findings.iter().map(|finding| shown(finding, &tree)).collect();
    (findings, text)
}

impl Section {
    fn entry(&self) -> Entry {
        let (how, what) = self.how.split_once(' ').unwrap_or((&self.how, ""));
        match how {
            "" => Entry::toml(self.body.clone().into_bytes()),
            "escaped" => Entry::toml(unescaped(self.one())),
            "times" => Entry::toml(self.times(what.parse().unwrap()).into_bytes()),
            "bytes" => Entry::toml(vec![b'#'; what.parse().unwrap()]),
            "picture" => {
                let (width, height) = what.split_once('x').unwrap();
                self.other(Some((width.parse().unwrap(), height.parse().unwrap())))
            }
            "other" => self.other(None),
            "link" => Entry::Link,
            "special" => Entry::Special,
            "repository" => Entry::Repository,
            "unnamed" => Entry::Unnamed,
            "unreadable" => Entry::Unreadable(what.to_owned()),
            _ => panic!("{}: what is ({how})?", self.path),
        }
    }

    fn one(&self) -> &str {
        self.body.strip_suffix('\n').unwrap_or(&self.body)
    }

    fn times(&self, count: usize) -> String {
        let one = |n: usize| self.one().replace("{n}", &n.to_string()).replace("{n+1}", &(n + 1).to_string());
        (0..count).map(one).collect()
    }

    fn other(&self, pixels: Option<(usize, usize)>) -> Entry {
        let head = unescaped(self.one());
        Entry::Other(Facts { size: head.len() as u64, head, pixels })
    }
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        bytes.extend(plain.bytes());
        let length = match escape.as_bytes()[0] {
            b'x' => 3,
            b'u' => escape.find('}').unwrap() + 1,
            _ => 1,
        };
        match &escape[..length] {
            "r" => bytes.push(b'\r'),
            "\\" => bytes.push(b'\\'),
            hex if hex.starts_with('x') => bytes.push(u8::from_str_radix(&hex[1..], 16).unwrap()),
            code => {
                let code = u32::from_str_radix(&code[2..code.len() - 1], 16).unwrap();
                bytes.extend(char::from_u32(code).unwrap().to_string().bytes());
            }
        }
        rest = &escape[length..];
    }
    bytes.extend(rest.bytes());
    bytes
}

/// A finding as a case has it: rule and place, the line with a caret, the message, the hint.
fn shown(finding: &Finding, tree: &Tree) -> String {
    let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
    let mut text = format!("{severity}[{}]", finding.rule);
    if let Some(place) = &finding.place {
        let _ = write!(text, " {}", place.path);
        if let Some(span) = place.span {
            let (line, column) = tree.position(&place.path, span.start).unwrap();
            let (end_line, end_column) = tree.position(&place.path, span.end).unwrap();
            let _ = write!(text, ":{line}:{column}-{end_line}:{end_column}");
            if column <= SHOWN {
                let source = tree.text(&place.path).unwrap().split('\n').nth(line - 1).unwrap();
                let end = if line == end_line { end_column } else { source.chars().count() + 1 };
                let visible: String = source.chars().take(SHOWN).map(|c| if hides(c) { '¿' } else { c }).collect();
                let carets = "^".repeat(end.saturating_sub(column).clamp(1, SHOWN));
                let _ = write!(text, "\n  {visible}\n  {}{carets}", " ".repeat(column - 1));
            }
        }
    }
    let _ = writeln!(text, "\n  {}", finding.message);
    if let Some(hint) = &finding.hint {
        let _ = writeln!(text, "  hint: {hint}");
    }
    text
}

fn hides(c: char) -> bool {
    use tagbook::register::{is_bidi_control, is_invisible};
    c.is_control() || is_bidi_control(c) || is_invisible(c)
}
