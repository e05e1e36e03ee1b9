//! A crowd at one repository: two processes with eight writers each, and the git program, which commits as well.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use tagbook::desk::job;
use tagbook::git::{Answer, Author, Queue, Repo, Writer};
use tagbook::register::{Motion, Number, Refusals, Slug, What};

use crate::studio::{Receipt, Studio};
use crate::{rounds, seed};

const WRITERS: u64 = 8;
pub const CAMERAS: usize = 6;

/// What a process of the crowd does: its writers take and bring back cameras, and say what was acknowledged.
pub fn process(words: Vec<String>) {
    let [repository, seed, count] = words.as_slice() else { panic!("crowd REPOSITORY SEED COUNT") };
    let (seed, count): (u64, usize) = (seed.parse().unwrap(), count.parse().unwrap());
    let repo = Repo::at(Path::new(repository)).unwrap();
    let queue: Arc<Queue<Refusals>> = Arc::new(Queue::start(Writer::new(repo, "refs/heads/main".into(), None)));
    let writer = |index: u64| {
        let queue = Arc::clone(&queue);
        thread::spawn(move || work(&queue, seed * WRITERS + index, count))
    };
    let writers: Vec<_> = (0..WRITERS).map(writer).collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
}

fn work(queue: &Queue<Refusals>, seed: u64, count: usize) {
    take_turns(queue, seed, count, |receipt| {
        // One write: lines of several writers do not mix.
        std::io::stdout().write_all(format!("{receipt}\n").as_bytes()).unwrap();
    });
}

/// Takes and brings back cameras, and says what was acknowledged.
pub fn take_turns(queue: &Queue<Refusals>, seed: u64, count: usize, mut acknowledged: impl FnMut(Receipt)) {
    let mut chance = Rng::with_seed(seed);
    for round in 0..count {
        let number = Number::parse(&format!("CAM-{:04}", chance.usize(1..=CAMERAS))).unwrap();
        let by = Slug::parse(chance.choice(crate::studio::PEOPLE).unwrap()).unwrap();
        let what = if chance.bool() {
            What::Have { person: by.clone(), due: None }
        } else {
            What::Back { location: None, condition: None }
        };
        let motion = Motion {
            what,
            numbers: vec![number.clone()],
            except: Vec::new(),
            by: by.clone(),
            at: None,
            note: None,
            batch: None,
            job: None,
            photos: Vec::new(),
            after: None,
            seed: format!("{seed} {round}"),
        };
        let first = motion.first_id(&number);
        let author = Author { name: by.to_string(), email: format!("{by}@example.org") };
        match queue.record(job(motion, author, None)) {
            Answer::Recorded(_) | Answer::Known(_) => acknowledged(format!("{number}/{first}")),
            other => panic!("{number}: {other:?}"),
        }
    }
}

fn start(studio: &Studio, repository: &str, seed: u64, count: usize) -> Child {
    let mut command: Command = studio.program(std::env::current_exe().unwrap(), ".");
    command.arg("crowd").arg(studio.path(repository)).args([seed.to_string(), count.to_string()]);
    command.stdout(Stdio::piped()).spawn().unwrap()
}

/// What a process said until it ended, in whatever way.
fn acknowledged(child: &mut Child) -> Vec<Receipt> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).filter(|line| line.len() == "CAM-0001/0123456789".len()).collect()
}

pub fn sixteen_writers() {
    let studio = Studio::new(CAMERAS);
    studio.bare("kit.git");
    let seed = seed();
    let count = rounds(25);
    let mut crowd: Vec<Child> = (0..2).map(|index| start(&studio, "kit.git", seed + index, count)).collect();
    let (mut own, mut turns) = (0, 0);
    while crowd.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
        own += usize::from(git_commits(&studio, "kit.git", own));
        // Housekeeping at the worst of times: what nothing refers to yet is no rubbish.
        turns += 1;
        match turns % 10 {
            0 => drop(studio.git("kit.git", "repack -a -d --quiet")),
            5 => drop(studio.git("kit.git", "gc --quiet --prune=now")),
            _ => {}
        }
    }
    let mut all = Vec::new();
    for child in &mut crowd {
        all.extend(acknowledged(child));
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(all.len(), 2 * WRITERS as usize * count, "everyone got their answer");
    let notes = studio.git("kit.git", "log --format=%s main").lines().filter(|line| *line == "a note").count();
    assert_eq!(notes, own, "what git committed is there as well");
    assert!(own > 0, "git got its turn");
    studio.prove("kit.git", "main", &all);
}

/// A commit by the git program alone, of the same tree; whether nobody else was faster.
fn git_commits(studio: &Studio, repository: &str, turn: usize) -> bool {
    let head = studio.git(repository, "rev-parse main");
    let head = head.trim();
    let tree = format!("commit-tree {head}^{{tree}} -p {head} -F -");
    let mut commit = studio.program("git", repository);
    commit.args(tree.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = commit.spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("a note\n\n{turn}\n").as_bytes()).unwrap();
    let commit = child.wait_with_output().unwrap().stdout;
    let commit = String::from_utf8(commit).unwrap();
    studio.try_git(repository, &format!("update-ref refs/heads/main {} {head}", commit.trim())).status.success()
}

pub fn killed() {
    let studio = Studio::new(CAMERAS);
    studio.bare("kit.git");
    let seed = seed();
    let mut chance = Rng::with_seed(seed);
    let mut all = Vec::new();
    for round in 0..rounds(20) as u64 {
        let mut crowd: Vec<Child> =
            (0..2).map(|index| start(&studio, "kit.git", seed + 2 * round + index, 1000)).collect();
        let mut listeners = Vec::new();
        for child in &mut crowd {
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            listeners.push(thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>()));
        }
        thread::sleep(Duration::from_millis(chance.u64(20..300)));
        for child in &mut crowd {
            child.kill().unwrap();
            child.wait().unwrap();
            thread::sleep(Duration::from_millis(chance.u64(0..50)));
        }
        for listener in listeners {
            let whole = |line: &String| line.len() == "CAM-0001/0123456789".len();
            all.extend(listener.join().unwrap().into_iter().filter(whole));
        }
    }
    assert!(!all.is_empty(), "something was acknowledged before the kills");
    // Whoever comes next tidies up.
    let mut last = start(&studio, "kit.git", seed + 1_000_000, 1);
    all.extend(acknowledged(&mut last));
    assert!(last.wait().unwrap().success());
    studio.prove("kit.git", "main", &all);
}
