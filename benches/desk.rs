//! The desk over HTTP against the bare write path: CPU per request, latency, memory. `cargo bench --bench desk`.
//!
//! The floor is the writer alone with the same changes, in the same run. The desk is a process of its own that real connections
//! are made to; its time is the system's count of that process. `TAGBOOK_BENCH_REQUESTS` says how many requests (400).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::pedantic, reason = "a bench may fail, and panics to say so")]

mod studio;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tagbook::desk::{Desk, Settings, Trust, http};
use tagbook::git::{Author, Change, Job, Repo, Verdict, Writer};
use tagbook::site::Theme;

use studio::{Bench, TOKEN, Whose, cpu, cpu_of, most_memory, number, parsed, setting};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", repository, _, _] => serve(repository),
        ["write", repository, assets, count] => write(repository, parsed(assets), parsed(count)),
        _ => compare(),
    }
}

fn compare() {
    let requests = parsed(&setting("TAGBOOK_BENCH_REQUESTS", "400"));
    let sizes = setting("TAGBOOK_BENCH_ASSETS", "100,10000,100000");
    let folder = tempfile::tempdir_in(setting("TAGBOOK_BENCH_FOLDER", ".")).unwrap();
    println!("{requests} requests each, one after the other; CPU per request in ms, latency in ms\n");
    println!("  assets    desk   write  desk/write   median    99 %   first answer   first of all assets   memory");
    let mut costs = Vec::new();
    for assets in sizes.split(',').map(parsed) {
        let bench = Bench { folder: folder.path().join(assets.to_string()), assets };
        bench.prepare();
        bench.copy("write.git");
        let floor: f64 = bench.this("write", "write.git", requests).trim().parse().unwrap();
        bench.copy("desk.git");
        let start = Instant::now();
        let server = Server::start(&bench, "desk.git");
        server.get("/desk/CAM-000000.json");
        let first = start.elapsed();
        let start = Instant::now();
        server.get("/desk/me");
        let index = start.elapsed();
        let before = server.cpu();
        let times = together(&server, assets, 1, requests);
        let cost = (server.cpu() - before) / requests as f64 * 1e3;
        println!(
            "{assets:>8} {cost:>7.2} {floor:>7.2} {:>11.2} {:>8.1} {:>7.1} {:>11.0} ms {:>18.0} ms {:>5} MiB",
            cost / floor,
            at(&times, 0.5),
            at(&times, 0.99),
            first.as_secs_f64() * 1e3,
            index.as_secs_f64() * 1e3,
            most_memory(&server.child.id().to_string()),
        );
        costs.push(cost);
    }
    let (least, most) = (costs.iter().copied().fold(f64::MAX, f64::min), costs.iter().copied().fold(0.0, f64::max));
    println!("\nthe dearest request is {:.2} times the cheapest", most / least);
    println!("\n  phones   requests a second   median    99 %   (10,000 assets)");
    let bench = Bench { folder: folder.path().join("phones"), assets: 10_000 };
    bench.prepare();
    for phones in [1, 8, 64] {
        let copy = format!("desk-{phones}.git");
        bench.copy(&copy);
        let server = Server::start(&bench, &copy);
        server.get("/desk/me");
        let start = Instant::now();
        let times = together(&server, 10_000, phones, requests.max(phones * 10));
        let rate = times.len() as f64 / start.elapsed().as_secs_f64();
        println!("{phones:>8} {rate:>19.0} {:>8.1} {:>7.1}", at(&times, 0.5), at(&times, 0.99));
    }
}

/// The time in ms below which so many of the requests were answered.
fn at(times: &[Duration], share: f64) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
}

/// Sends so many motions from so many phones, each with a connection of its own, and gives how long each took.
fn together(server: &Server, assets: usize, phones: usize, requests: usize) -> Vec<Duration> {
    let next = Arc::new(AtomicUsize::new(0));
    let phones: Vec<_> = (0..phones)
        .map(|phone| {
            let (next, port) = (Arc::clone(&next), server.port);
            thread::spawn(move || {
                let mut chance = Rng::with_seed(phone as u64);
                let mut line = Line::open(port);
                let mut times = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= requests {
                        return times;
                    }
                    let number = number(chance.usize(0..assets));
                    let start = Instant::now();
                    let (status, said) = line.post(&format!("/desk/{number}/have"), &format!("nonce={index}-{phone}"));
                    assert_eq!(status, 200, "{said}");
                    times.push(start.elapsed());
                }
            })
        })
        .collect();
    phones.into_iter().flat_map(|phone| phone.join().unwrap()).collect()
}

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(bench: &Bench, repository: &str) -> Server {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["serve", bench.folder.join(repository).to_str().unwrap(), "0", "0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Server { child, port: line.trim().parse().unwrap() }
    }

    fn cpu(&self) -> f64 {
        cpu_of(&self.child.id().to_string(), Whose::Own)
    }

    fn get(&self, path: &str) {
        let (status, said) = Line::open(self.port).get(path);
        assert_eq!(status, 200, "{said}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept.
struct Line {
    stream: BufReader<TcpStream>,
}

impl Line {
    fn open(port: u16) -> Line {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        Line { stream: BufReader::new(stream) }
    }

    fn get(&mut self, path: &str) -> (u16, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\n{}\r\n", head()))
    }

    fn post(&mut self, path: &str, body: &str) -> (u16, String) {
        let kind = "Content-Type: application/x-www-form-urlencoded";
        self.ask(&format!("POST {path} HTTP/1.1\r\n{}{kind}\r\nContent-Length: {}\r\n\r\n{body}", head(), body.len()))
    }

    fn ask(&mut self, request: &str) -> (u16, String) {
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            let line = line.trim_end();
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest[..3].parse().unwrap();
            }
            if let Some(rest) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = rest.parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        (status, String::from_utf8(body).unwrap())
    }
}

fn head() -> String {
    format!("Host: localhost\r\nAccept: application/json\r\nAuthorization: Bearer {TOKEN}\r\n")
}

/// The desk, until it is killed.
fn serve(repository: &str) {
    let settings = Settings {
        repository: repository.into(),
        branch: "refs/heads/main".into(),
        remote: None,
        is_own: false,
        url: "/desk".into(),
        site: "/".into(),
        origins: Vec::new(),
        trust: Trust::Enrolled,
        usual: None,
        proxies: Vec::new(),
        messages: None,
    };
    let desk = Arc::new(Desk::open(settings, Theme::embedded()).unwrap().without_limits());
    let app = http::router(desk, Arc::new(|| {}));
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        http::serve(listener, app, std::future::pending()).await.unwrap();
    });
}

/// The floor: as many events, each committed by the writer alone. Prints CPU per commit in ms.
fn write(repository: &str, assets: usize, count: usize) {
    let mut writer = Writer::new(Repo::of(repository.as_ref()).unwrap(), "refs/heads/main".into(), None);
    let ana = Author { name: "Ana".into(), email: "ana@example.org".into() };
    let mut chance = Rng::with_seed(0);
    let before = cpu(Whose::Own);
    for index in 0..count {
        let number = number(chance.usize(0..assets));
        let path = format!("assets/{}/{number}/log/2026-11-23T{index:06}.000Z-note-a{index:07}.toml", number.group());
        let text =
            format!("[[event]]\nid = \"a{index:07}\"\nat = 2026-11-23T09:00:00Z\nkind = \"accept\"\nby = \"ana\"\n");
        let files = vec![(path, text.into_bytes())];
        let change =
            Change { files, removed: Vec::new(), message: "accept\n".into(), author: ana.clone(), committer: None };
        let mut jobs: [Job<()>; 1] = [Box::new(move |_, _| Ok(Verdict::Write(change.clone())))];
        writer.record(&mut jobs);
    }
    println!("{}", (cpu(Whose::Own) - before) / count as f64 * 1e3);
}
