//! A disk that fails at the k-th operation of a command and of the programs that it starts, for every k.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::studio::{Studio, receipts, text};

/// How often it fails.
#[derive(Clone, Copy, PartialEq)]
enum Fails {
    Once,
    FromThenOn,
}

pub fn once() {
    every_operation(Fails::Once, false);
}

pub fn for_ever() {
    every_operation(Fails::FromThenOn, false);
}

pub fn with_remote() {
    every_operation(Fails::Once, true);
}

/// The library that fails on purpose, compiled for this run.
fn shim(studio: &Studio) -> PathBuf {
    let to = studio.path("shim.so");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/shim.c");
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&to).arg(from).arg("-ldl").output();
    let compiled = compiled.expect("a C compiler; install it with: apt-get install build-essential");
    assert!(compiled.status.success(), "{}", text(&compiled.stderr));
    to
}

fn every_operation(fails: Fails, remote: bool) {
    let studio = Studio::new(2);
    if remote {
        studio.bare("kit.git");
        studio.clone("kit.git", "ben");
    }
    let template = if remote { "ben" } else { "main" };
    // What the first writers in a repository make is there, and so much that the next has packs to join.
    for _ in 0..9 {
        assert!(studio.tagbook(template, "have CAM-0002").output().unwrap().status.success());
    }
    let shim = shim(&studio);
    let all = attempt(&studio, &shim, template, 0, fails, remote);
    assert!(all > 100, "{all} operations are too few to be all");
    let next = AtomicU64::new(1);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at > all {
                        break;
                    }
                    attempt(&studio, &shim, template, at, fails, remote);
                }
            });
        }
    });
    eprintln!("{all} operations");
}

/// Has a command run into a failure at operation `at`, proves what must hold, and gives how many operations there were.
fn attempt(studio: &Studio, shim: &Path, template: &str, at: u64, fails: Fails, remote: bool) -> u64 {
    let folder = format!("at-{at}");
    let copy = |from: &str, to: &str| {
        let copied = Command::new("cp").arg("-a").arg(studio.path(from)).arg(studio.path(to)).status().unwrap();
        assert!(copied.success());
    };
    copy(template, &folder);
    let shared = format!("{folder}.git");
    if remote {
        copy("kit.git", &shared);
        studio.git(&folder, &format!("remote set-url origin {}", studio.path(&shared).display()));
    }
    let counter = studio.path(&format!("{folder}.counter"));
    fs::write(&counter, [0; 8]).unwrap();
    let mut command = studio.tagbook(&folder, "have CAM-0001 --format json");
    command.env("LD_PRELOAD", shim).env("TAGBOOK_FAULT_COUNTER", &counter).env("TAGBOOK_FAULT_AT", at.to_string());
    command.env("TAGBOOK_FAULT_UNDER", studio.path(&folder).join(""));
    if fails == Fails::FromThenOn {
        command.env("TAGBOOK_FAULT_FOR_EVER", "1");
    }
    let output = command.output().unwrap();
    let count = u64::from_ne_bytes(fs::read(&counter).unwrap().try_into().unwrap());
    let said = format!("at {at}: {}{}", text(&output.stdout), text(&output.stderr));
    assert!(!said.contains("panicked"), "{said}");
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{:?} {said}", output.status);
    if at == 0 {
        assert!(output.status.success(), "{said}");
    }
    let mut acknowledged = receipts(&output);
    let fsck = studio.try_git(&folder, "fsck --strict --no-dangling");
    assert!(fsck.status.success(), "{said}{}", text(&fsck.stderr));
    if said.contains("nothing was recorded") {
        let of = if remote { &shared } else { &folder };
        let files = studio.git(of, "ls-tree -r --name-only main");
        assert!(!files.contains("CAM-0001/log/"), "it was recorded, though it is said that nothing was: {said}");
    }
    // The disk is mended, and work goes on.
    let after = studio.tagbook(&folder, "have CAM-0001 --format json").output().unwrap();
    let again = receipts(&after);
    assert_eq!(again.len(), 1, "{said}then {:?} {}{}", after.status, text(&after.stdout), text(&after.stderr));
    acknowledged.extend(again);
    let branch = if remote { &shared } else { &folder };
    let files = studio.git(branch, "ls-tree -r --name-only main");
    for event in &acknowledged {
        let id = event.split('/').nth(1).unwrap();
        assert_eq!(files.matches(&format!("-{id}.toml")).count(), 1, "{event} {said}");
    }
    studio.prove_unlocked(&folder);
    studio.prove_work_tree(&folder);
    let check = studio.tagbook(&folder, "check").output().unwrap();
    assert!(check.status.success(), "{said}{}", text(&check.stdout));
    for path in [folder, shared] {
        let _ = fs::remove_dir_all(studio.path(&path));
    }
    count
}
