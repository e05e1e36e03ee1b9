//! What is shown to newcomers: every register that comes along, every command line of the README.

use std::path::{Path, PathBuf};

use clap::Parser;

use crate::shop::{Shop, files};

fn registers() -> Vec<PathBuf> {
    let house = Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples = std::fs::read_dir(house.join("examples")).unwrap().map(|entry| entry.unwrap().path());
    examples.chain([house.join("register")]).collect()
}

#[test]
fn every_register_that_comes_along_checks_clean_and_builds_for_everyone() {
    let shop = Shop::empty();
    assert!(registers().len() >= 3);
    for root in registers() {
        let root = root.display();
        // They were written up to this day; the clock of whoever runs the tests may be behind.
        let check = shop.run(&format!("-C {root} check --at 2026-11-30"));
        assert!(!check.out.contains("error["), "{root}: {}", check.out);
        for audience in ["team", "public"] {
            let out = shop.outside(audience);
            let _ = std::fs::remove_dir_all(&out);
            shop.says(&format!("-C {root} build --at 2026-11-30 --audience {audience} --out {}", out.display()));
            assert!(files(&out).len() > 20);
        }
    }
}

/// Command lines of tagbook in the README: lines of its shell blocks, and what stands between backticks.
fn shown() -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if inside {
            lines.push(line.trim_start_matches("$ ").to_owned());
        } else {
            lines.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    let cargo = |line: &String| {
        line.strip_prefix("cargo run")
            .map(|rest| format!("tagbook {}", rest.split_once(" -- ").map_or("", |(_, arguments)| arguments)))
    };
    let own = |line: &String| line.starts_with("tagbook ").then(|| line.clone());
    lines.iter().filter_map(|line| cargo(line).or_else(|| own(line))).collect()
}

#[test]
fn every_command_line_of_the_readme_is_understood() {
    let lines = shown();
    assert!(lines.len() >= 5, "{lines:?}");
    for line in lines {
        let line = line.split(" #").next().unwrap_or_default();
        // What stands between quotes is one word, and what ends with dots stands for any.
        let quoted = line
            .split('"')
            .enumerate()
            .map(|(at, part)| if at % 2 == 1 { part.replace(' ', "_") } else { part.into() });
        let is_help = |error: &clap::Error| error.kind() == clap::error::ErrorKind::DisplayHelp;
        if let Err(error) = tagbook::cli::Args::try_parse_from(quoted.collect::<String>().split_whitespace()) {
            assert!(is_help(&error), "{line}\n{error}");
        }
    }
    assert!(tagbook::cli::Args::try_parse_from(["tagbook", "lsit"]).is_err());
}
