//! Clones that race to one server, which sometimes does what it is asked without being heard.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use tagbook::git::{Queue, Remote, Repo, Writer};
use tagbook::register::Refusals;

use crate::crowd::{CAMERAS, take_turns};
use crate::kills::cut_short;
use crate::server::{Line, Server};
use crate::studio::{PEOPLE, Receipt, Studio, receipts, text};
use crate::{rounds, seed};

pub fn lost_replies() {
    let studio = Studio::new(2);
    studio.bare("kit.git");
    let server = Server::start(&studio);
    let line = Line::new(&server, 2);
    studio.clone(&line.address("kit.git"), "ana");
    let mut all = Vec::new();
    let count = rounds(12);
    for round in 0..count {
        let verb = if round % 2 == 0 { "checkout --to ana" } else { "return" };
        let output = studio.tagbook("ana", &format!("{verb} CAM-0001 --format json")).output().unwrap();
        let receipts = receipts(&output);
        assert_eq!(receipts.len(), 1, "round {round}: {}{}", text(&output.stdout), text(&output.stderr));
        all.extend(receipts);
    }
    assert!(line.lost.load(Ordering::Relaxed) >= count / 3, "replies were lost");
    studio.prove("kit.git", "main", &all);
    studio.prove("ana", "main", &all);
    studio.prove_work_tree("ana");
}

/// Two desks, each with a shallow bare clone of its own and a queue at which four people wait.
pub fn two_desks() {
    let studio = Studio::new(CAMERAS);
    studio.bare("kit.git");
    let server = Server::start(&studio);
    let line = Line::new(&server, 7);
    let (seed, count) = (seed(), rounds(8));
    let queues: Vec<Queue<Refusals>> = ["one.git", "two.git"]
        .iter()
        .map(|desk| {
            let address = line.address("kit.git");
            studio.git(".", &format!("clone --quiet --bare --depth 1 {address} {}", studio.path(desk).display()));
            let repo = Repo::at(&studio.path(desk)).unwrap();
            let main = "refs/heads/main".to_owned();
            let remote =
                Remote { name: address, branch: main.clone(), tracking: None, depth: Some(1), is_awaited: true };
            Queue::start(Writer::new(repo, main, Some(remote)).following())
        })
        .collect();
    let all = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (person, queue) in (0..4).flat_map(|person| queues.iter().map(move |queue| (person, queue))) {
            let seed = seed + 100 * person + u64::from(std::ptr::eq(queue, &queues[0]));
            let all = &all;
            scope.spawn(move || take_turns(queue, seed, count, |receipt| all.lock().unwrap().push(receipt)));
        }
    });
    drop(queues);
    let all = all.into_inner().unwrap();
    assert_eq!(all.len(), 8 * count, "everyone got their answer");
    let pushes = line.pushes.load(Ordering::Relaxed) - line.lost.load(Ordering::Relaxed);
    eprintln!("{} events in {pushes} pushes, {} replies lost", all.len(), line.lost.load(Ordering::Relaxed));
    assert!(pushes < all.len(), "those who waited were pushed together");
    studio.prove("kit.git", "main", &all);
    for desk in ["one.git", "two.git"] {
        studio.prove_unlocked(desk);
    }
}

pub fn two_clones() {
    let studio = Studio::new(3);
    studio.bare("kit.git");
    let server = Server::start(&studio);
    let line = Line::new(&server, 9);
    let seed = seed();
    let count = rounds(60);
    for person in PEOPLE {
        studio.clone(&line.address("kit.git"), person);
    }
    studio.clone(&server.address("kit.git"), "cleo");
    let is_over = AtomicBool::new(false);
    let (mut all, merges) = thread::scope(|scope| {
        let people: Vec<_> = PEOPLE
            .iter()
            .zip(seed..)
            .map(|(person, seed)| {
                scope.spawn({
                    let studio = &studio;
                    move || works(studio, person, seed, count)
                })
            })
            .collect();
        let cleo = scope.spawn(|| merges(&studio, &is_over));
        let ended: Vec<_> = people.into_iter().map(|person| person.join()).collect();
        // However they ended, so does Cleo.
        is_over.store(true, Ordering::SeqCst);
        let all: Vec<Receipt> = ended.into_iter().flat_map(Result::unwrap).collect();
        (all, cleo.join().unwrap())
    });
    // Whatever was killed last, work goes on.
    for person in PEOPLE {
        let output = studio.tagbook(person, "have CAM-0001 --format json").output().unwrap();
        assert_eq!(receipts(&output).len(), 1, "{person}: {}", text(&output.stderr));
        all.extend(receipts(&output));
    }
    eprintln!("{} events acknowledged, {merges} merges, {} replies lost", all.len(), line.lost.load(Ordering::Relaxed));
    assert!(all.len() > count / 2 && merges > 0, "{} events, {merges} merges", all.len());
    studio.prove("kit.git", "main", &all);
    for person in PEOPLE {
        studio.git(person, "pull --quiet --ff-only");
        studio.prove(person, "main", &all);
        studio.prove_work_tree(person);
    }
}

/// Someone's day: things are taken and brought back by command, and every fourth command is killed.
fn works(studio: &Studio, person: &str, seed: u64, count: usize) -> Vec<Receipt> {
    let mut chance = Rng::with_seed(seed);
    let mut all = Vec::new();
    for round in 0..count {
        let verb = chance.choice(["have", "back", "checkout", "return"]).unwrap();
        let to = if verb == "checkout" { format!(" --to {person}") } else { String::new() };
        let line = format!("{verb} CAM-{:04}{to} --format json", chance.usize(1..=3));
        let command = studio.tagbook(person, &line);
        if chance.u8(0..4) == 0 {
            all.extend(cut_short(command, Duration::from_millis(chance.u64(1..250)), round % 2 == 0));
            continue;
        }
        let mut command = command;
        let output = command.output().unwrap();
        // What the rules forbid is refused; nothing else may fail.
        assert!(matches!(output.status.code(), Some(0 | 1)), "{line}: {}", text(&output.stderr));
        let said = text(&output.stdout);
        let is_rule = said.contains("has it since") || said.contains("nobody has it");
        assert!(output.status.success() || is_rule, "{line}: {said}{}", text(&output.stderr));
        all.extend(receipts(&output));
    }
    all
}

/// A person who merges branches into the one that the others write to, until they are done.
fn merges(studio: &Studio, is_over: &AtomicBool) -> usize {
    let mut merges = 0;
    for turn in 0.. {
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        studio.git("cleo", &format!("switch --quiet --create note-{turn}"));
        std::fs::write(studio.path(&format!("cleo/note-{turn}.txt")), "a note\n").unwrap();
        studio.git("cleo", "add --all");
        studio.git("cleo", "commit --quiet --message note");
        studio.git("cleo", "switch --quiet main");
        loop {
            studio.git("cleo", "fetch --quiet origin");
            studio.git("cleo", "reset --quiet --hard origin/main");
            studio.git("cleo", &format!("merge --quiet --no-ff --no-edit note-{turn}"));
            if studio.try_git("cleo", "push --quiet origin main").status.success() {
                merges += 1;
                break;
            }
            if is_over.load(Ordering::SeqCst) {
                break;
            }
        }
        thread::sleep(Duration::from_millis(300));
    }
    merges
}
