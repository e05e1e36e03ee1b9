//! The house keeps its rooms: no import climbs, pure rooms touch nothing of the world, only `cli` prints.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::pedantic, reason = "a test may fail, and panics to say so")]

use std::path::{Path, PathBuf};

/// Every room and the rooms it may use.
const ROOMS: &[(&str, &[&str])] = &[
    ("tree", &[]),
    ("register", &["tree"]),
    ("labels", &["tree", "register"]),
    ("document", &["labels"]),
    ("site", &["tree", "register", "labels", "document"]),
    ("exchange", &["tree", "register"]),
    ("trail", &["tree", "register"]),
    ("disk", &["tree"]),
    ("git", &["tree"]),
    ("desk", &["tree", "register", "site", "git"]),
    ("cli", &["tree", "register", "labels", "document", "site", "exchange", "trail", "disk", "git", "desk"]),
    ("main", &["cli"]),
];

/// Rooms that know no disk, clock, network or terminal.
const PURE: &[&str] = &["tree", "register", "labels", "document", "site", "exchange", "trail"];

/// What the world is reached by.
const WORLD: &[&str] = &[
    "std::fs",
    "std::io",
    "std::env",
    "std::net",
    "std::process",
    "std::os",
    "SystemTime",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "tokio",
    "axum",
    "git2",
    "walkdir",
    "notify",
    "tempfile",
    "getrandom",
    "clap",
];

/// What a terminal is written to by.
const TERMINAL: &[&str] = &["println!", "print!", "eprintln!", "eprint!", "dbg!", "anstream"];

#[test]
fn rooms_use_only_the_rooms_below_them() {
    let broken: Vec<String> = sources().iter().flat_map(|(path, text)| broken(path, text)).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_room_has_its_rule() {
    for (path, _) in sources() {
        let room = room(&path);
        assert!(room == "lib" || ROOMS.iter().any(|(name, _)| *name == room), "`{room}` is no room of the house");
    }
}

#[test]
fn what_breaks_a_rule_is_seen() {
    let seen = |path: &str, text: &str| !broken(Path::new(path), text).is_empty();
    for (path, text) in [
        ("register/mod.rs", "use crate::site::Theme;"),
        ("register/rules/mod.rs", "use crate::{tree::Tree, disk};"),
        ("register/mod.rs", "use super::cli;"),
        ("register/rules/names.rs", "fn f() { super::super::super::git::x() }"),
        ("site/mod.rs", "let now = chrono::Utc::now();"),
        ("tree.rs", "use std::{fs, path::Path};"),
        ("tree.rs", "use std::fs;"),
        ("disk.rs", "eprintln!(\"no\");"),
        ("main.rs", "use tagbook::site;"),
    ] {
        assert!(seen(path, text), "{path}: {text}");
    }
    for (path, text) in [
        ("register/mod.rs", "use crate::tree::Tree; // use crate::cli"),
        ("register/state.rs", "use super::event::Event;"),
        ("site/mod.rs", "use crate::{labels, register::Opened};"),
        ("cli/mod.rs", "println!(); use crate::site;"),
    ] {
        assert!(!seen(path, text), "{path}: {text}");
    }
}

/// What a file does that its room may not.
fn broken(path: &Path, text: &str) -> Vec<String> {
    let here = room(path);
    let allowed = ROOMS.iter().find(|(name, _)| *name == here).map_or(&[][..], |(_, rooms)| rooms);
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut broken = Vec::new();
    for used in rooms_used(&code, depth(path)) {
        if used != here && here != "lib" && !allowed.contains(&used.as_str()) {
            broken.push(format!("src/{}: `{here}` uses `{used}`", path.display()));
        }
    }
    let flat = flat(&code);
    let world = WORLD.iter().filter(|_| PURE.contains(&here.as_str()));
    let terminal = TERMINAL.iter().filter(|_| here != "cli");
    for word in world.chain(terminal).filter(|word| has_word(&flat, word)) {
        broken.push(format!("src/{}: `{here}` reaches for `{word}`", path.display()));
    }
    broken
}

/// Names that follow `crate::`, `tagbook::` or enough `super::` to leave the room, and are rooms.
fn rooms_used(code: &str, depth: usize) -> Vec<String> {
    let top = "super::".repeat(depth);
    let mut used = Vec::new();
    for start in ["crate::", "tagbook::", top.as_str()] {
        for (at, _) in code.match_indices(start) {
            let rest = &code[at + start.len()..];
            let names = match rest.strip_prefix('{') {
                Some(group) => group_names(group),
                None => vec![first_name(rest)],
            };
            used.extend(names.into_iter().filter(|name| ROOMS.iter().any(|(room, _)| room == name)));
        }
    }
    used
}

/// The first names of the paths in a `{…}` of a `use`.
fn group_names(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut open = 0;
    let mut start = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open > 0 => open -= 1,
            '}' | ',' if open == 0 => {
                names.push(first_name(group[start..at].trim()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

fn first_name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Code with `std::{a, b}` also written as `std::a std::b`.
fn flat(code: &str) -> String {
    let mut flat = code.to_owned();
    for (at, _) in code.match_indices("std::{") {
        for name in group_names(&code[at + "std::{".len()..]) {
            flat.push_str(&format!("\nstd::{name}"));
        }
    }
    flat
}

fn has_word(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let after = code[at + word.len()..].chars().next();
        !code[..at].ends_with(part) && (word.ends_with('!') || !after.is_some_and(part))
    })
}

fn room(path: &Path) -> String {
    let first = path.iter().next().unwrap_or_default().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// How many modules deep a file's own module is.
fn depth(path: &Path) -> usize {
    path.iter().count() - usize::from(path.ends_with("mod.rs"))
}

fn sources() -> Vec<(PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = walkdir::WalkDir::new(&src).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let sources: Vec<_> = files
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "rs"))
        .map(|entry| {
            (entry.path().strip_prefix(&src).unwrap().to_owned(), std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    assert!(sources.len() > 30);
    sources
}
