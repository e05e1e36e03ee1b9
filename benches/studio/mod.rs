//! Registers of any size in real repositories, and what a process has used: what benches stand on.

#![allow(dead_code, reason = "no bench uses all of it")]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tagbook::desk::hashed;
use tagbook::register::Number;

/// The token of the phone that may act in every register here.
pub const TOKEN: &str = "a-token-of-a-phone";

pub fn parsed(text: &str) -> usize {
    text.parse().unwrap()
}

pub fn setting(name: &str, usual: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| usual.to_owned())
}

pub struct Bench {
    pub folder: PathBuf,
    pub assets: usize,
}

/// The number of the asset at `index`.
pub fn number(index: usize) -> Number {
    Number::parse(&format!("CAM-{index:06}")).unwrap()
}

impl Bench {
    pub fn git(&self, folder: &str, line: &str) -> Command {
        let mut command = Command::new("git");
        let config = ["user.name=Ana", "user.email=ana@example.org", "gc.auto=0", "maintenance.auto=false"];
        command.current_dir(self.folder.join(folder)).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", &self.folder);
        command.args(config.iter().flat_map(|setting| ["-c", setting])).args(line.split_whitespace());
        command
    }

    pub fn run(&self, folder: &str, line: &str) {
        assert!(self.git(folder, line).stdout(Stdio::null()).status().unwrap().success(), "git {line}");
    }

    /// A bare repository with a register of so many assets, in groups of a hundred.
    pub fn prepare(&self) {
        fs::create_dir_all(&self.folder).unwrap();
        self.run(".", "init --quiet --bare --initial-branch main base.git");
        let mut stream = String::from(
            "commit refs/heads/main\ncommitter Ana <ana@example.org> 1700000000 +0000\ndata 8\nregister\n",
        );
        let mut file = |path: &str, text: &str| {
            write!(stream, "M 100644 inline {path}\ndata {}\n{text}\n", text.len()).unwrap();
        };
        file("tagbook.toml", "title = \"Studio\"\n");
        file("people/ana.toml", "name = \"Ana\"\nrole = \"keeper\"\n");
        file("phones/ana/7k2m.toml", &format!("token_sha256 = \"{}\"\nsince = 2026-01-01T00:00:00Z\n", hashed(TOKEN)));
        for index in 0..self.assets {
            let number = number(index);
            let text = format!("name = \"Camera {index}\"\ncategory = \"camera\"\n");
            file(&format!("assets/{}/{number}/asset.toml", number.group()), &text);
        }
        self.import("base.git", &stream);
    }

    /// Feeds `git fast-import`, and gives the CPU that it took, in seconds.
    pub fn import(&self, repository: &str, stream: &str) -> f64 {
        let before = cpu(Whose::Children);
        let mut command = self.git(repository, "fast-import --quiet");
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        cpu(Whose::Children) - before
    }

    pub fn copy(&self, to: &str) {
        let copied = Command::new("cp").args(["-a", "base.git", to]).current_dir(&self.folder).status().unwrap();
        assert!(copied.success());
    }

    pub fn this(&self, what: &str, repository: &str, count: usize) -> String {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let words =
            [what, self.folder.join(repository).to_str().unwrap(), &self.assets.to_string(), &count.to_string()]
                .map(str::to_owned);
        let output = command.args(words).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Whose time.
#[derive(Clone, Copy)]
pub enum Whose {
    Own,
    Children,
}

/// User and system time in seconds, as Linux counts it (proc(5): fields 14 to 17 of `stat`, in hundredths of a second).
pub fn cpu(whose: Whose) -> f64 {
    cpu_of("self", whose)
}

/// The same of another process.
pub fn cpu_of(process: &str, whose: Whose) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<f64> =
        stat.rsplit(')').next().unwrap().split_whitespace().skip(1).map(|field| field.parse().unwrap_or(0.0)).collect();
    let first = match whose {
        Whose::Own => 10,
        Whose::Children => 12,
    };
    (fields[first] + fields[first + 1]) / 100.0
}

/// The most memory that a process has had, in MiB.
pub fn most_memory(process: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    parsed(line.split_whitespace().nth(1).unwrap()) / 1024
}
