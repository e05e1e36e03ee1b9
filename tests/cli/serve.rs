//! `tagbook serve` over HTTP.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::shop::Shop;

/// A server that ends with the test.
struct Served {
    child: Child,
    /// Such as `127.0.0.1:41234`.
    address: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    fn start(shop: &Shop, flags: &[&str]) -> Served {
        let mut command = shop.tagbook();
        let mut child = command.arg("serve").args(flags).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
        Served { child, address }
    }

    /// Status, kind of content and text at a path.
    fn page(&self, path: &str) -> (u16, String, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(format!("http://{}{path}", self.address)).call().unwrap();
        let kind =
            answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
        (answer.status().as_u16(), kind, answer.body_mut().read_to_string().unwrap())
    }

    /// What is answered to a request line exactly as it is written.
    fn raw(&self, target: &str) -> String {
        let mut stream = self.open(target);
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn open(&self, target: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address).unwrap();
        stream
    }

    /// Asks for a page until it is as wanted.
    fn until(&self, path: &str, wanted: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let (_, _, text) = self.page(path);
            if wanted(&text) {
                return text;
            }
            assert!(Instant::now() < end, "{path} stayed {text}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The version of the next event.
fn version(events: &mut impl BufRead) -> u64 {
    let mut line = String::new();
    loop {
        line.clear();
        assert!(events.read_line(&mut line).unwrap() > 0, "the events ended");
        if let Some(version) = line.trim().strip_prefix("data:") {
            return version.trim().parse().unwrap();
        }
    }
}

#[test]
fn pages_are_served_and_follow_the_register() {
    let shop = Shop::stocked();
    let served = Served::start(&shop, &[]);
    let (status, kind, text) = served.page("/");
    assert_eq!((status, kind.starts_with("text/html")), (200, true));
    assert!(text.contains("src=\"/_live.js\"") && !text.contains("live-findings"), "{text}");
    assert!(served.page("/_live.js").1.starts_with("text/javascript"));
    assert!(served.page("/_live.css").1.starts_with("text/css"));
    let json: serde_json::Value = serde_json::from_str(&served.page("/CAM-0001/asset.json").2).unwrap();
    assert_eq!(json["custodian"], "ana");
    assert!(!shop.root().join("site").exists());

    let mut events = BufReader::new(served.open("/_live"));
    let first = version(&mut events);
    shop.asset("CAM-0002", "Sony Venice", "camera", "home = \"shelf\"");
    assert!(version(&mut events) > first);
    served.until("/CAM-0002/", |text| text.contains("Sony Venice"));

    let good = fs::read(shop.root().join("assets/CAM-0002/asset.toml")).unwrap();
    shop.file("assets/CAM-0002/asset.toml", "name = \"<b>Arri</b>\"\ncategory = \"camra\"\n");
    let alert = served.until("/CAM-0002/", |text| text.contains("role=\"alert\""));
    assert!(alert.contains("unknown-category") && alert.contains("assets/CAM-0002/asset.toml:2:12"), "{alert}");
    assert!(alert.contains("Sony Venice") && !alert.contains("<b>Arri") && !alert.contains('\x1b'), "{alert}");
    assert!(served.page("/").2.contains("role=\"alert\""));

    shop.file("assets/CAM-0002/asset.toml", good);
    let mended = served.until("/CAM-0002/", |text| !text.contains("role=\"alert\""));
    assert!(mended.contains("Sony Venice"));
    shop.asset("NEW-1", "New", "tool", "");
    served.until("/NEW-1/", |text| text.contains("New"));
}

#[test]
fn what_is_not_there_is_not_found() {
    let shop = Shop::stocked();
    let served = Served::start(&shop, &["--audience", "public"]);
    let (status, kind, text) = served.page("/NONESUCH/");
    assert_eq!((status, kind.starts_with("text/html")), (404, true));
    assert!(text.contains("/_live.js"));
    assert_eq!(served.page("/people/ana/").0, 404);
    assert_eq!(served.page("/CAM-0001/").0, 200);
}

#[test]
fn no_path_leads_out_of_the_site() {
    let shop = Shop::stocked();
    let served = Served::start(&shop, &[]);
    for up in ["..", "%2e%2e", "%2E.", "..%2f..", "..%5c..", "%252e%252e"] {
        for target in ["etc/passwd", "tagbook.toml"] {
            let way = [up; 8].join("/");
            for path in [
                format!("/{way}/{target}"),
                format!("/CAM-0001/{way}/{target}"),
                format!("//{target}"),
                format!("/%00/{way}/{target}"),
            ] {
                let answer = served.raw(&path);
                assert!(!answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
                assert!(!answer.contains("root:") && !answer.contains("currency ="), "{path}: {answer}");
            }
        }
    }
    assert!(served.raw("/").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_register_that_was_never_right_is_served_with_what_is_wrong() {
    let shop = Shop::stocked();
    shop.asset("CAM-0002", "Body", "camra", "");
    let served = Served::start(&shop, &[]);
    let (status, _, text) = served.page("/");
    assert_eq!(status, 503);
    assert!(text.contains("unknown-category"), "{text}");
    shop.asset("CAM-0002", "Body", "camera", "");
    served.until("/CAM-0002/", |text| text.contains("Body") && !text.contains("role=\"alert\""));
}

#[test]
fn a_port_that_is_taken_is_refused() {
    let shop = Shop::stocked();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = shop.run(&format!("serve --port {}", taken.local_addr().unwrap().port()));
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("is taken") && refused.err.contains("--port"), "{}", refused.err);
}
