//! A real git server, `git http-backend` behind nginx, and a line to it that loses replies.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use crate::studio::{Studio, text};

/// The server, which ends with the test.
pub struct Server {
    programs: Vec<Child>,
    pub port: u16,
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    /// Serves every repository of the studio, for reading and writing.
    pub fn start(studio: &Studio) -> Server {
        let at = studio.path("server");
        fs::create_dir(&at).unwrap();
        let port = free_port();
        let socket = at.join("git.sock");
        let backend = PathBuf::from(studio.git(".", "--exec-path").trim()).join("git-http-backend");
        fs::write(at.join("nginx.conf"), configuration(studio, port, &backend)).unwrap();
        let start = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            // Where Debian keeps servers is not on everybody's path.
            let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap());
            command.args(arguments).env("PATH", path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            // With what they start, they are a group of their own.
            command.process_group(0).spawn().unwrap_or_else(|error| {
                panic!("{program}: {error}; install it with: apt-get install nginx-light fcgiwrap")
            })
        };
        let socket = format!("unix:{}", socket.display());
        let programs = vec![
            start("fcgiwrap", &["-c", "4", "-s", &socket]),
            start("nginx", &["-e", "stderr", "-p", at.to_str().unwrap(), "-c", "nginx.conf"]),
        ];
        let server = Server { programs, port };
        let start = Instant::now();
        while !studio.try_git(".", &format!("ls-remote {}", server.address("kit.git"))).status.success() {
            assert!(start.elapsed() < Duration::from_secs(20), "the git server does not answer");
            sleep(Duration::from_millis(20));
        }
        server
    }

    pub fn address(&self, repository: &str) -> String {
        format!("http://127.0.0.1:{}/{repository}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for program in &mut self.programs {
            // Gently, and all of them: fcgiwrap leaves what it started behind.
            let _ = Command::new("kill").args(["--", &format!("-{}", program.id())]).status();
            let _ = program.wait();
        }
    }
}

fn configuration(studio: &Studio, port: u16, backend: &std::path::Path) -> String {
    let at = studio.path("server");
    let (at, root, backend) = (at.display(), studio.path("."), backend.display());
    let who = text(&Command::new("id").args(["-u", "-n"]).output().unwrap().stdout);
    let user = if who.trim() == "root" { "user root;" } else { "" };
    let path = std::env::var("PATH").unwrap();
    format!(
        "{user}
daemon off;
worker_processes 1;
pid {at}/nginx.pid;
events {{ }}
http {{
  access_log off;
  error_log {at}/error.log;
  client_body_temp_path {at}/body;
  fastcgi_temp_path {at}/fastcgi;
  proxy_temp_path {at}/proxy;
  scgi_temp_path {at}/scgi;
  uwsgi_temp_path {at}/uwsgi;
  server {{
    listen 127.0.0.1:{port};
    client_max_body_size 0;
    location / {{
      fastcgi_pass unix:{at}/git.sock;
      fastcgi_param SCRIPT_FILENAME {backend};
      fastcgi_param GIT_HTTP_EXPORT_ALL 1;
      fastcgi_param GIT_PROJECT_ROOT {root};
      fastcgi_param PATH {path};
      fastcgi_param HOME {home};
      fastcgi_param PATH_INFO $uri;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
      fastcgi_param HTTP_GIT_PROTOCOL $http_git_protocol;
      fastcgi_param REMOTE_USER someone;
      fastcgi_param REMOTE_ADDR $remote_addr;
    }}
  }}
}}
",
        root = root.display(),
        home = studio.path("home").display()
    )
}

/// A line to the server that loses the reply to every so many pushes, once the server has done what was asked.
pub struct Line {
    pub port: u16,
    pub pushes: Arc<AtomicUsize>,
    pub lost: Arc<AtomicUsize>,
}

impl Line {
    /// Loses the reply to one push of `every`.
    pub fn new(server: &Server, every: usize) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, to) = (listener.local_addr().unwrap().port(), server.port);
        let lost = Arc::new(AtomicUsize::new(0));
        let pushes = Arc::new(AtomicUsize::new(0));
        let line = Line { port, pushes: Arc::clone(&pushes), lost: Arc::clone(&lost) };
        thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                let (pushes, lost) = (Arc::clone(&pushes), Arc::clone(&lost));
                thread::spawn(move || carry(&caller, to, every, &pushes, &lost));
            }
        });
        line
    }

    pub fn address(&self, repository: &str) -> String {
        format!("http://127.0.0.1:{}/{repository}", self.port)
    }
}

/// Carries what is said both ways, until a reply is to be lost.
fn carry(caller: &TcpStream, to: u16, every: usize, pushes: &AtomicUsize, lost: &AtomicUsize) {
    let server = TcpStream::connect(("127.0.0.1", to)).unwrap();
    let loses = Arc::new(AtomicUsize::new(0));
    let (mut from, mut on) = (caller.try_clone().unwrap(), server.try_clone().unwrap());
    let mut back = caller.try_clone().unwrap();
    thread::scope(|scope| {
        let decides = Arc::clone(&loses);
        scope.spawn(move || {
            let mut bytes = [0; 65_536];
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                let is_push = bytes[..count].starts_with(b"POST ") && contains(&bytes[..count], b"/git-receive-pack ");
                // The first bytes of a push ask whether one may; the pack is sent in chunks or whole.
                let loses = is_push && pushes.fetch_add(1, Ordering::Relaxed).is_multiple_of(every);
                decides.store(usize::from(loses), Ordering::SeqCst);
                if on.write_all(&bytes[..count]).is_err() {
                    break;
                }
            }
            let _ = on.shutdown(Shutdown::Write);
        });
        let mut server = server;
        let mut bytes = [0; 65_536];
        while let Ok(count @ 1..) = server.read(&mut bytes) {
            if loses.load(Ordering::SeqCst) == 1 {
                // The server has answered: what it was asked is done, or refused.
                lost.fetch_add(1, Ordering::Relaxed);
                let _ = caller.shutdown(Shutdown::Both);
                let _ = server.shutdown(Shutdown::Both);
                break;
            }
            if back.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = caller.shutdown(Shutdown::Both);
    });
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
