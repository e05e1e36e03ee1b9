//! Commands that are killed in a repository with a work tree.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use fastrand::Rng;

use crate::studio::{Receipt, Studio, receipts};
use crate::{rounds, seed};

/// A motion of one of three cameras, by either person.
pub fn motion(chance: &mut Rng, person: &str) -> String {
    let verb = chance.choice(["have", "back"]).unwrap();
    format!("{verb} CAM-{:04} --by {person} --format json", chance.usize(1..=3))
}

/// Kills a program, and every other time those that it started, once a while has passed; the events that it acknowledged before.
pub fn cut_short(mut command: Command, after: Duration, with_children: bool) -> Vec<Receipt> {
    let mut child = command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let id = child.id();
    let output = thread::spawn(move || {
        thread::sleep(after);
        if with_children {
            // A negative number stands for the group.
            Command::new("kill").args(["-KILL", "--", &format!("-{id}")]).stderr(Stdio::null()).status().unwrap();
        } else {
            let _ = child.kill();
        }
        child.wait_with_output().unwrap()
    });
    receipts(&output.join().unwrap())
}

pub fn commands() {
    let studio = Studio::new(3);
    let mut chance = Rng::with_seed(seed());
    let mut all = Vec::new();
    for round in 0..rounds(60) {
        let line = motion(&mut chance, "ana");
        let with_children = round % 2 == 0;
        let after = Duration::from_micros(chance.u64(1_000..45_000));
        let one = studio.tagbook("main", &line);
        let other = studio.tagbook("main", &motion(&mut chance, "ben"));
        let second = thread::spawn({
            let after = Duration::from_micros(chance.u64(1_000..60_000));
            move || cut_short(other, after, with_children)
        });
        all.extend(cut_short(one, after, with_children));
        all.extend(second.join().unwrap());
        if round % 7 == 0 {
            studio.prove_goes_on(&mut all);
        }
    }
    studio.prove_goes_on(&mut all);
    assert!(all.len() > 3, "some commands came through");
    studio.prove("main", "main", &all);
}

impl Studio {
    /// The next command in `main` works as if nothing had been, and leaves the work tree as its branch is.
    fn prove_goes_on(&self, all: &mut Vec<Receipt>) {
        let output = self.tagbook("main", "have CAM-0001 --format json").output().unwrap();
        let receipts = receipts(&output);
        assert!(!receipts.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        all.extend(receipts);
        self.prove_unlocked("main");
        self.prove_work_tree("main");
    }
}
