//! A studio's register in a git repository, and the programs that work on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Who works here; each has a clone of their own where there are clones.
pub const PEOPLE: [&str; 2] = ["ana", "ben"];

pub struct Studio {
    folder: TempDir,
}

/// An event that was acknowledged: `CAM-0001/k7q2m9x4jd`.
pub type Receipt = String;

impl Studio {
    /// A register with so many cameras, committed, in `main/`.
    pub fn new(cameras: usize) -> Studio {
        let studio = Studio { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(studio.path("home")).unwrap();
        let config = "[user]\nname = Ana Ruiz\nemail = ana@example.org\n[init]\ndefaultBranch = main\n[gc]\nauto = 0\n\
                      [maintenance]\nauto = false\n[protocol \"file\"]\nallow = always\n";
        fs::write(studio.path("home/.gitconfig"), config).unwrap();
        let write = |path: &str, text: &str| {
            let path = studio.path("main").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("tagbook.toml", "title = \"Studio\"\ncurrency = \"EUR\"\ntimezone = \"Europe/Berlin\"\n");
        write("people/ana.toml", "name = \"Ana Ruiz\"\nemail = \"ana@example.org\"\nrole = \"keeper\"\n");
        write("people/ben.toml", "name = \"Ben Adler\"\nemail = \"ben@example.org\"\nrole = \"keeper\"\n");
        write("locations.toml", "[studio]\nname = \"Studio\"\n");
        write("categories.toml", "[camera]\nname = \"Cameras\"\nprefix = \"CAM\"\n");
        write("notes.txt", "not tagbook's\n");
        for camera in 1..=cameras {
            let path = format!("assets/CAM-00xx/CAM-{camera:04}/asset.toml");
            write(&path, "name = \"Camera\"\ncategory = \"camera\"\nhome = \"studio\"\n");
        }
        studio.git("main", "init --quiet");
        studio.git("main", "add --all");
        studio.git("main", "commit --quiet --message register");
        studio
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// `program` in a folder, with nothing of the environment that the tests run in.
    pub fn program(&self, program: impl AsRef<Path>, folder: &str) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .current_dir(self.path(folder))
            .stdin(Stdio::null());
        command
    }

    pub fn tagbook(&self, folder: &str, line: &str) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_tagbook"), folder);
        command.args(line.split_whitespace());
        command
    }

    pub fn try_git(&self, folder: &str, line: &str) -> Output {
        self.program("git", folder).args(line.split_whitespace()).output().unwrap()
    }

    pub fn git(&self, folder: &str, line: &str) -> String {
        let output = self.try_git(folder, line);
        assert!(output.status.success(), "git {line} in {folder}\n{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// A bare copy of `main`, to which people push.
    pub fn bare(&self, name: &str) {
        self.git("main", &format!("clone --quiet --bare . {}", self.path(name).display()));
        self.git(name, "config http.receivepack true");
    }

    /// A clone of `from` in which `person` works.
    pub fn clone(&self, from: &str, person: &str) {
        let to = self.path(person);
        self.git(".", &format!("clone --quiet {from} {}", to.display()));
        self.git(person, &format!("config user.name {person}"));
        self.git(person, &format!("config user.email {person}@example.org"));
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The events that a command with `--format json` acknowledged; none where it did not end well.
pub fn receipts(output: &Output) -> Vec<Receipt> {
    if !output.status.success() {
        return Vec::new();
    }
    let Ok(answer) = serde_json::from_slice::<Value>(&output.stdout) else { return Vec::new() };
    let all = if answer.is_array() { answer.as_array().unwrap().clone() } else { vec![answer] };
    all.iter().map(|one| format!("{}/{}", one["number"].as_str().unwrap(), one["event"].as_str().unwrap())).collect()
}
