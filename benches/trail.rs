//! The history read as evidence against `git log`: CPU of `tagbook verify`, cold and after a hundred more commits, and whether it
//! names what was planted. `cargo bench --bench trail`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::pedantic, reason = "a bench may fail, and panics to say so")]

mod studio;

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use fastrand::Rng;
use studio::{Bench, Whose, cpu, number, parsed, setting};

/// Of so many commits, one brings a branch of three.
const MERGES: usize = 100;

fn main() {
    let assets = parsed(&setting("TAGBOOK_BENCH_ASSETS", "10000"));
    let commits = parsed(&setting("TAGBOOK_BENCH_COMMITS", "50000"));
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench { folder: folder.path().to_owned(), assets };
    bench.prepare();
    let mut history = History { assets, chance: Rng::with_seed(7), next: 0, stream: String::new() };
    history.grow(commits / 2);
    history.alter(2);
    history.grow(commits - commits / 2);
    bench.import("base.git", &std::mem::take(&mut history.stream));
    bench.run(".", "clone --quiet base.git kit");

    println!("{assets} assets, {commits} commits, one in {MERGES} a merge; CPU in seconds");
    let log = bench.spent(bench.git("kit", "log --raw --no-abbrev"));
    let cold = bench.verify(2);
    println!("  git log --raw --no-abbrev   {log:>7.2}");
    println!("  verify, cold                {cold:>7.2}   {:>6.2} times that", cold / log);
    history.grow(100);
    bench.import("base.git", &history.stream);
    bench.run("kit", "pull --quiet --ff-only");
    let warm = bench.verify(2);
    println!(
        "  verify, 100 commits later   {warm:>7.2}   1/{:.0} of a cold one, 1/{:.0} of git log",
        cold / warm,
        log / warm
    );
}

/// Commits of one event each, from one seed.
struct History {
    assets: usize,
    chance: Rng,
    next: usize,
    stream: String,
}

impl History {
    fn grow(&mut self, commits: usize) {
        let end = self.next + commits;
        while self.next < end {
            if self.next % MERGES == MERGES - 1 && self.next + 4 <= end {
                self.merge();
            } else {
                self.commit("main", "");
            }
        }
    }

    /// A branch of three commits beside one of the main line, and the merge that brings it.
    fn merge(&mut self) {
        self.stream.push_str("reset refs/heads/side\nfrom refs/heads/main\n\n");
        let mut brought = String::new();
        for _ in 0..3 {
            let file = self.commit("side", "");
            brought.push_str(&file);
        }
        self.commit("main", "merge refs/heads/side\n");
        self.stream.push_str(&brought);
    }

    /// A commit with an event; gives how that is told.
    fn commit(&mut self, branch: &str, merge: &str) -> String {
        let index = self.next;
        self.next += 1;
        let number = number(self.chance.usize(0..self.assets));
        let path = path(&number.to_string(), &number.group(), index);
        let file = file(&path, &event(index, &self.chance.u64(..).to_string()));
        // The first of a stream names where the branch is.
        let from = if self.stream.is_empty() { "from refs/heads/main^0\n" } else { "" };
        let time = 1_700_000_001 + index * 60;
        write!(
            self.stream,
            "commit refs/heads/{branch}\ncommitter Ana <ana@example.org> {time} +0000\ndata 4\nnote\n{from}{merge}{file}"
        )
        .unwrap();
        file
    }

    /// Alters so many events, each in a commit of its own.
    fn alter(&mut self, events: usize) {
        for planted in 0..events {
            let paths: Vec<&str> =
                self.stream.lines().filter_map(|line| line.strip_prefix("M 100644 inline ")).collect();
            let path = paths[paths.len() / (planted + 2)].to_owned();
            let index: usize = path.rsplit_once("-a").unwrap().1.trim_end_matches(".toml").parse().unwrap();
            let time = 1_700_000_001 + self.next * 60;
            let file = file(&path, &event(index, "nothing happened"));
            write!(
                self.stream,
                "commit refs/heads/main\ncommitter Mallory <mallory@example.org> {time} +0000\ndata 4\ntidy\n{file}"
            )
            .unwrap();
        }
    }
}

fn path(number: &str, group: &str, index: usize) -> String {
    format!("assets/{group}/{number}/log/2023-11-14T{index:06}.000Z-note-a{index:07}.toml")
}

fn event(index: usize, note: &str) -> String {
    let at = chrono::DateTime::from_timestamp(1_700_000_000 + i64::try_from(index * 60).unwrap(), 0).unwrap();
    let at = at.format("%Y-%m-%dT%H:%M:%SZ");
    format!("[[event]]\nid = \"a{index:07}\"\nat = {at}\nkind = \"note\"\nby = \"ana\"\nnote = \"{note}\"\n")
}

fn file(path: &str, text: &str) -> String {
    format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len())
}

impl Bench {
    /// Seconds of CPU that a command takes.
    fn spent(&self, mut command: Command) -> f64 {
        let before = cpu(Whose::Children);
        command.stdout(Stdio::null()).status().unwrap();
        cpu(Whose::Children) - before
    }

    /// Seconds of CPU that `tagbook verify` takes, which has to name exactly what was planted.
    fn verify(&self, planted: usize) -> f64 {
        let before = cpu(Whose::Children);
        let mut command = Command::new(env!("CARGO_BIN_EXE_tagbook"));
        let said =
            command.arg("-C").arg(self.folder.join("kit")).args(["verify", "--format", "json"]).output().unwrap();
        let spent = cpu(Whose::Children) - before;
        let said = String::from_utf8(said.stdout).unwrap();
        assert_eq!(said.lines().count(), planted, "{said}");
        assert!(said.lines().all(|line| line.contains("\"altered-event\"") && line.contains("Mallory")), "{said}");
        spent
    }
}
