//! The write path against git: CPU per commit, durable commits a second, memory. `cargo bench --bench write`.
//!
//! All that is compared is measured in one run on one machine, on the same changes: a new event in a random asset, one commit each.
//! The peer is `git commit` in a work tree, the floor `git fast-import`, which is told everything in one stream and keeps it in memory.
//! What is set against the floor is done three times in turn, and the cheapest counts: what else the machine does adds, and never
//! takes away.
//! `TAGBOOK_BENCH_COMMITS` says how many commits each makes (400), `TAGBOOK_BENCH_ASSETS` in registers of which sizes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::pedantic, reason = "a bench may fail, and panics to say so")]

mod studio;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tagbook::desk::job;
use tagbook::git::{Answer, Author, Change, Job, Queue, Repo, Verdict, Writer};
use tagbook::register::{Motion, Number, Refusals, Slug, What};

use studio::{Bench, Whose, cpu, most_memory, number, parsed, setting};

/// How often everything is measured.
const TURNS: usize = 3;

/// Seconds that the writers at one queue get.
const WHILE: Duration = Duration::from_secs(3);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["write", repository, assets, commits] => alone(repository, parsed(assets), parsed(commits), false),
        ["decide", repository, assets, commits] => alone(repository, parsed(assets), parsed(commits), true),
        ["queue", repository, assets, writers] => together(repository, parsed(assets), parsed(writers)),
        _ => compare(),
    }
}

fn compare() {
    let commits = parsed(&setting("TAGBOOK_BENCH_COMMITS", "400"));
    let sizes = setting("TAGBOOK_BENCH_ASSETS", "100,10000,100000");
    let folder = tempfile::tempdir_in(setting("TAGBOOK_BENCH_FOLDER", ".")).unwrap();
    println!("{commits} commits each; CPU is user and system time per commit in ms\n");
    println!("  assets   write  decide+write  fast-import  git commit   write/fast-import  write/git commit   memory");
    let mut writes = Vec::new();
    for assets in sizes.split(',').map(parsed) {
        let bench = Bench { folder: folder.path().join(assets.to_string()), assets };
        bench.prepare();
        let (mut write, mut decide, mut floor, mut memory) = (f64::MAX, f64::MAX, f64::MAX, 0);
        for turn in 0..TURNS {
            let (cpu, most) = bench.ours("write", turn, commits);
            (write, memory) = (write.min(cpu), memory.max(most));
            decide = decide.min(bench.ours("decide", turn, commits).0);
            floor = floor.min(bench.fast_import(turn, commits));
        }
        let few = (700_000 / assets).clamp(7, commits);
        let peer = (0..TURNS).map(|turn| bench.git_commit(turn, few)).fold(f64::MAX, f64::min);
        println!(
            "{assets:>8} {write:>7.3} {decide:>13.3} {floor:>12.3} {peer:>11.2} {:>19.2} {:>17.3} {memory:>5} MiB",
            write / floor,
            write / peer
        );
        // Nothing is removed before the end: some file systems are slow to create files soon after.
        writes.push(write);
    }
    let (least, most) = (writes.iter().copied().fold(f64::MAX, f64::min), writes.iter().copied().fold(0.0, f64::max));
    println!("\nthe dearest write is {:.2} times the cheapest", most / least);
    println!("\ndurable commits a second, 10,000 assets");
    let bench = Bench { folder: folder.path().join("queue"), assets: 10_000 };
    bench.prepare();
    let peer = bench.git_commits_a_second(40);
    for writers in [1, 8, 64] {
        let rate = bench.queue(writers);
        println!("{writers:>4} writers {rate:>8.0}   {:>6.1} times `git commit` ({peer:.0})", rate / peer);
    }
}

/// The events that everyone commits, from one seed: paths and texts.
fn changes(assets: usize, commits: usize) -> impl Iterator<Item = (String, String)> {
    let mut chance = Rng::with_seed(7);
    (0..commits).map(move |index| {
        let number = number(chance.usize(0..assets));
        let path = format!("assets/{}/{number}/log/2026-11-23T{index:06}.000Z-note-a{index:07}.toml", number.group());
        let text = format!(
            "[[event]]\nid = \"a{index:07}\"\nat = 2026-11-23T09:00:00Z\nkind = \"note\"\nby = \"ana\"\nnote = \"{}\"\n",
            chance.u64(..)
        );
        (path, text)
    })
}

impl Bench {
    /// Milliseconds of CPU per commit, and the most memory in MiB, of a process that does what `what` says.
    fn ours(&self, what: &str, turn: usize, commits: usize) -> (f64, usize) {
        let copy = format!("{what}-{turn}.git");
        self.copy(&copy);
        let said = self.this(what, &copy, commits);
        let mut words = said.split_whitespace();
        (words.next().unwrap().parse().unwrap(), parsed(words.next().unwrap()))
    }

    fn fast_import(&self, turn: usize, commits: usize) -> f64 {
        let copy = format!("floor-{turn}.git");
        self.copy(&copy);
        let mut stream = String::new();
        for (index, (path, text)) in changes(self.assets, commits).enumerate() {
            let from = if index == 0 { "from refs/heads/main^0\n" } else { "" };
            let time = 1_700_000_001 + index;
            write!(
                stream,
                "commit refs/heads/main\ncommitter Ana <ana@example.org> {time} +0000\ndata 4\nnote\n{from}M 100644 inline {path}\ndata {}\n{text}\n",
                text.len()
            )
            .unwrap();
        }
        self.import(&copy, &stream) / commits as f64 * 1e3
    }

    /// CPU of `git add` and `git commit` in a work tree.
    fn git_commit(&self, turn: usize, commits: usize) -> f64 {
        let folder = format!("peer-{turn}");
        let before = self.work_tree(&folder);
        self.commit_all(&folder, commits);
        (cpu(Whose::Children) - before) / commits as f64 * 1e3
    }

    fn git_commits_a_second(&self, commits: usize) -> f64 {
        self.work_tree("peer");
        let start = Instant::now();
        self.commit_all("peer", commits);
        commits as f64 / start.elapsed().as_secs_f64()
    }

    fn work_tree(&self, name: &str) -> f64 {
        self.run(".", &format!("clone --quiet base.git {name}"));
        self.run(name, "status --short");
        cpu(Whose::Children)
    }

    fn commit_all(&self, folder: &str, commits: usize) {
        for (path, text) in changes(self.assets, commits) {
            let place = self.folder.join(folder).join(&path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, text).unwrap();
            self.run(folder, &format!("add -- {path}"));
            // As durable as what it is compared with.
            self.run(
                folder,
                "-c core.fsync=committed,reference -c core.fsyncMethod=fsync commit --quiet --message note",
            );
        }
    }

    fn queue(&self, writers: usize) -> f64 {
        let copy = format!("queue-{writers}.git");
        self.copy(&copy);
        let said = self.this("queue", &copy, writers);
        said.trim().parse().unwrap()
    }
}

fn writer(repository: &str) -> Writer {
    Writer::new(Repo::at(Path::new(repository)).unwrap(), "refs/heads/main".into(), None)
}

fn ana() -> Author {
    Author { name: "Ana".into(), email: "ana@example.org".into() }
}

fn motion(index: usize, number: Number) -> Motion {
    Motion {
        what: What::Have { person: Slug::referred("ana"), due: None },
        numbers: vec![number],
        except: Vec::new(),
        by: Slug::referred("ana"),
        at: None,
        note: None,
        batch: None,
        job: None,
        photos: Vec::new(),
        after: None,
        seed: index.to_string(),
    }
}

/// Commits one change after the other, and says what it took: CPU per commit in ms, the most memory in MiB.
fn alone(repository: &str, assets: usize, commits: usize, decides: bool) {
    let mut writer = writer(repository);
    let all: Vec<_> = changes(assets, commits).collect();
    let mut chance = Rng::with_seed(7);
    let before = cpu(Whose::Own);
    for (index, (path, text)) in all.into_iter().enumerate() {
        let change = Change {
            files: vec![(path, text.into_bytes())],
            removed: Vec::new(),
            message: "note\n".into(),
            author: ana(),
            committer: None,
        };
        let what: Job<Refusals> = if decides {
            job(motion(index, number(chance.usize(0..assets))), ana(), None)
        } else {
            Box::new(move |_, _| Ok(Verdict::Write(change.clone())))
        };
        let answer = writer.record(&mut [what]).pop().unwrap();
        assert!(matches!(answer, Answer::Recorded(_)), "{answer:?}");
    }
    let spent = cpu(Whose::Own) - before;
    println!("{} {}", spent / commits as f64 * 1e3, most_memory("self"));
}

/// Lets so many writers at one queue for a while, and says how many commits a second were acknowledged.
fn together(repository: &str, assets: usize, writers: usize) {
    let queue: Arc<Queue<Refusals>> = Arc::new(Queue::start(writer(repository)));
    let done = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let all: Vec<_> = (0..writers)
        .map(|one| {
            let (queue, done) = (Arc::clone(&queue), Arc::clone(&done));
            thread::spawn(move || {
                let mut chance = Rng::with_seed(one as u64);
                while start.elapsed() < WHILE {
                    let index = done.load(Ordering::Relaxed) * writers + one;
                    let answer = queue.record(job(motion(index, number(chance.usize(0..assets))), ana(), None));
                    assert!(matches!(answer, Answer::Recorded(_)), "{answer:?}");
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    all.into_iter().for_each(|writer| writer.join().unwrap());
    println!("{}", done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64());
}
