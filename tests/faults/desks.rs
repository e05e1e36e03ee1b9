//! Two desks at one remote, asked by many phones at once, killed in between, at lines that lose replies.

use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::Value;
use tagbook::desk::hashed;

use crate::server::{Line, Server, free_port};
use crate::studio::{Receipt, Studio};
use crate::{rounds, seed};

/// Phones that tap at once, and the assets that they tap at.
const PHONES: usize = 64;
const ASSETS: usize = 200;

/// How long a phone goes on trying until a desk is there again.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn killed() {
    let studio = Studio::new(ASSETS);
    for phone in 0..PHONES {
        let person = if phone % 2 == 0 { "ana" } else { "ben" };
        let path = studio.path(&format!("main/phones/{person}/p{phone:03}.toml"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = format!("token_sha256 = \"{}\"\nsince = 2026-01-01T00:00:00Z\n", hashed(&token(phone)));
        std::fs::write(path, text).unwrap();
    }
    studio.git("main", "add --all");
    studio.git("main", "commit --quiet --message phones");
    studio.bare("kit.git");
    let server = Server::start(&studio);
    let lines = [Line::new(&server, 7), Line::new(&server, 11)];
    let desks = [Counter::open(&studio, &lines[0], "one.git"), Counter::open(&studio, &lines[1], "two.git")];
    let (seed, count) = (seed(), rounds(400));
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (all, kills) = thread::scope(|scope| {
        let killer = scope.spawn(|| kill_now_and_then(&desks, seed, &is_over));
        let phones: Vec<_> = (0..PHONES)
            .map(|phone| {
                let (desks, next) = (&desks, &next);
                scope.spawn(move || taps(desks, phone, seed, next, count))
            })
            .collect();
        let ended: Vec<_> = phones.into_iter().map(|phone| phone.join()).collect();
        is_over.store(true, Ordering::SeqCst);
        let all: Vec<Receipt> = ended.into_iter().flat_map(Result::unwrap).collect();
        (all, killer.join().unwrap())
    });
    let lost: usize = lines.iter().map(|line| line.lost.load(Ordering::Relaxed)).sum();
    eprintln!("{} of {count} motions acknowledged, {kills} kills, {lost} replies lost", all.len());
    assert!(all.len() > count / 2 && kills > 0 && lost > 4, "{} events, {kills} kills, {lost} lost", all.len());
    drop(desks);
    studio.prove("kit.git", "main", &all);
}

fn token(phone: usize) -> String {
    format!("the-token-of-phone-{phone}")
}

/// A desk with a clone of its own, which outlives it.
struct Counter<'s> {
    studio: &'s Studio,
    remote: String,
    clone: &'static str,
    port: u16,
    child: Mutex<Child>,
}

impl<'s> Counter<'s> {
    fn open(studio: &'s Studio, line: &Line, clone: &'static str) -> Counter<'s> {
        let (remote, port) = (line.address("kit.git"), free_port());
        let child = Mutex::new(start(studio, &remote, clone, port));
        Counter { studio, remote, clone, port, child }
    }

    /// Ends it as a loss of power would, and opens it again.
    fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        *child = start(self.studio, &self.remote, self.clone, self.port);
    }
}

impl Drop for Counter<'_> {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap();
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn start(studio: &Studio, remote: &str, clone: &str, port: u16) -> Child {
    let line = format!(
        "desk --remote {remote} --clone {clone} --port {port} --url https://kit.example.org/desk --proxy 127.0.0.1"
    );
    let mut command = studio.tagbook(".", &line);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn kill_now_and_then(desks: &[Counter], seed: u64, is_over: &AtomicBool) -> usize {
    let mut chance = Rng::with_seed(seed ^ 1);
    let mut kills = 0;
    loop {
        let until = Instant::now() + Duration::from_millis(chance.u64(500..3000));
        while Instant::now() < until {
            if is_over.load(Ordering::SeqCst) {
                return kills;
            }
            thread::sleep(Duration::from_millis(20));
        }
        desks[chance.usize(0..desks.len())].kill();
        kills += 1;
    }
}

/// A phone taps, as long as there is something to tap, and gives what it was told.
fn taps(desks: &[Counter], phone: usize, seed: u64, next: &AtomicUsize, count: usize) -> Vec<Receipt> {
    let mut chance = Rng::with_seed(seed + 1000 * phone as u64);
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(20)))
        .http_status_as_error(false)
        .build()
        .new_agent();
    let mut all = Vec::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= count {
            return all;
        }
        let path = format!("CAM-{:04}/{}", chance.usize(1..=ASSETS), chance.choice(["have", "back"]).unwrap());
        let end = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < end, "no desk answers {path}");
            // Whoever gets no answer asks again, the same or the other one: it is the same motion.
            let port = desks[chance.usize(0..desks.len())].port;
            let answer = agent
                .post(format!("http://127.0.0.1:{port}/desk/{path}"))
                .header("Accept", "application/json")
                .header("Authorization", format!("Bearer {}", token(phone)))
                .header("X-Forwarded-For", format!("192.0.2.{phone}"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .send(format!("nonce={index}"));
            let said =
                answer.and_then(|mut answer| Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?)));
            let Ok((status, text)) = said else {
                thread::sleep(Duration::from_millis(50));
                continue;
            };
            let told: Value = serde_json::from_str(&text).unwrap_or_default();
            match status {
                200 => {
                    all.push(receipt(&told["number"], &told["event"]));
                    break;
                }
                // It was recorded, and something came after it.
                409 if told["refusal"]["code"] == "recorded-before" => {
                    all.push(receipt(&told["refusal"]["number"], &told["refusal"]["event"]));
                    break;
                }
                503 => thread::sleep(Duration::from_millis(50)),
                other => panic!("{path}: {other} {text}"),
            }
        }
    }
}

fn receipt(number: &Value, event: &Value) -> Receipt {
    format!("{}/{}", number.as_str().unwrap(), event.as_str().unwrap())
}
