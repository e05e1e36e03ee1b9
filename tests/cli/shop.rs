//! A register in a folder of its own, written by sentences, on which tagbook runs as from a shell.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// The files of a folder by their path; of a site, without what tagbook keeps for itself.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Whoever is nobody on most systems.
const NOBODY: u32 = 65_534;

pub struct Shop {
    folder: TempDir,
    events: Cell<u32>,
}

/// How a command ended, and what it said.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Shop {
    /// A folder with a home and no register.
    pub fn empty() -> Shop {
        let shop = Shop { folder: TempDir::new().unwrap(), events: Cell::new(0) };
        fs::set_permissions(shop.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir_all(shop.outside("home")).unwrap();
        fs::create_dir_all(shop.root()).unwrap();
        let config = "[user]\nname = Ana Ruiz\nemail = ana@example.org\n[init]\ndefaultBranch = main\n[protocol \"file\"]\nallow = always\n";
        fs::write(shop.outside("home/.gitconfig"), config).unwrap();
        shop
    }

    /// A register with people, places and kinds of things, and no thing.
    pub fn new() -> Shop {
        let shop = Shop::empty();
        shop.file(
            "tagbook.toml",
            "title = \"Kit of Nord\"\ncurrency = \"EUR\"\ntimezone = \"Europe/Berlin\"\n[site]\naudience = \"team\"\n",
        );
        shop.file("people/ana.toml", "name = \"Ana Ruiz\"\nemail = \"ana@example.org\"\nrole = \"keeper\"\n");
        shop.file("people/ben.toml", "name = \"Ben Adler\"\n");
        shop.file(
            "locations.toml",
            "[hq]\nname = \"House\"\n[studio]\nname = \"Studio\"\nwithin = \"hq\"\n[shelf]\nname = \"Shelf\"\nwithin = \"studio\"\n[van]\nname = \"Van\"\n",
        );
        shop.file("categories.toml", "[camera]\nname = \"Cameras\"\n[tool]\nname = \"Tools\"\n");
        shop
    }

    /// A register with a thing in every state.
    pub fn stocked() -> Shop {
        let shop = Shop::new();
        shop.asset("CAM-0001", "Sony FX3", "camera", "home = \"shelf\"\naliases = [\"OLD-17\"]\nserial = \"S-4471\"");
        shop.event("CAM-0001", "2024-03-02T23:30:00Z", "checkout", "to = \"ana\"\ndue = 2024-03-06");
        shop.asset("CAM-0002", "Sony FX6", "camera", "home = \"shelf\"\npart_of = \"KIT-1\"");
        shop.asset("CAM-0003", "Bolex", "camera", "home = \"studio\"");
        shop.event("CAM-0003", "2024-04-01T08:00:00Z", "retire", "method = \"sold\"");
        shop.asset("KIT-1", "Interview kit", "camera", "home = \"studio\"");
        shop.asset("TOL-0001", "Drill", "tool", "home = \"van\"");
        shop.event("TOL-0001", "2024-03-05T08:00:00Z", "report", "severity = \"minor\"\nnote = \"=cmd|' /C calc'!A0\"");
        shop.asset("TOL-0002", "Saw", "tool", "home = \"van\"");
        shop.event("TOL-0002", "2024-03-06T08:00:00Z", "repair", "vendor = \"Holt\"");
        shop.asset("TOL-0003", "Lamp", "tool", "home = \"van\"");
        shop.event("TOL-0003", "2024-03-07T08:00:00Z", "missing", "");
        shop
    }

    /// A register in its first commit: two cameras, a drill, and a kit with a kit in it; a keeper, a member, and one who left.
    pub fn workshop() -> Shop {
        let shop = Shop::new();
        shop.file("people/ben.toml", "name = \"Ben Adler\"\nemail = \"Ben@Example.org\"\n");
        shop.file("people/cleo.toml", "name = \"Cleo\"\nemail = \"cleo@example.org\"\nleft = 2024-01-31\n");
        shop.file("categories.toml", "[camera]\nname = \"Cameras\"\nprefix = \"CAM\"\n[tool]\nname = \"Tools\"\n");
        shop.file("jobs/nord.toml", "title = \"Nord\"\nfrom = 2024-01-01\nuntil = 2099-12-31\nlead = \"ben\"\n");
        shop.file("audits/2024-q1.toml", "title = \"Q1\"\nopened = 2024-01-02T08:00:00Z\nby = \"ana\"\n");
        shop.asset("CAM-0001", "Sony FX3", "camera", "home = \"shelf\"\naliases = [\"OLD-17\"]");
        shop.asset("CAM-0002", "Sony FX6", "camera", "home = \"shelf\"");
        shop.asset("TOL-0001", "Drill", "tool", "home = \"van\"");
        shop.asset("KIT-1", "Interview kit", "camera", "home = \"studio\"");
        shop.asset("MIC-1", "Microphone", "tool", "part_of = \"KIT-1\"");
        shop.asset("BAG-1", "Bag of lamps", "tool", "part_of = \"KIT-1\"");
        shop.asset("LMP-1", "Lamp", "tool", "part_of = \"BAG-1\"");
        shop.commit("first");
        shop
    }

    /// The register's folder.
    pub fn root(&self) -> PathBuf {
        self.outside("shop")
    }

    /// A path beside the register.
    pub fn outside(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn file(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn asset(&self, number: &str, name: &str, category: &str, more: &str) {
        let name = serde_json::to_string(name).unwrap();
        self.file(
            &format!("assets/{number}/asset.toml"),
            format!("name = {name}\ncategory = \"{category}\"\n{more}\n"),
        );
    }

    /// One event by ana; gives its id.
    pub fn event(&self, number: &str, at: &str, kind: &str, fields: &str) -> String {
        self.events.set(self.events.get() + 1);
        let id = format!("e{:07}", self.events.get());
        let text = format!("[[event]]\nid = \"{id}\"\nat = {at}\nkind = \"{kind}\"\nby = \"ana\"\n{fields}\n");
        self.file(&format!("assets/{number}/log/{kind}-{id}.toml"), text);
        id
    }

    /// `program` with nothing of the environment that the tests run in.
    pub fn program(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.outside("home"))
            .env("GIT_CONFIG_GLOBAL", self.outside("home/.gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", self.folder.path())
            .current_dir(self.root());
        command
    }

    pub fn tagbook(&self) -> Command {
        self.program(env!("CARGO_BIN_EXE_tagbook"))
    }

    /// tagbook for someone who may not do everything, as root may.
    pub fn tagbook_without_rights(&self) -> Command {
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            return self.tagbook();
        }
        let program = self.outside("tagbook");
        if !program.exists() && fs::hard_link(env!("CARGO_BIN_EXE_tagbook"), &program).is_err() {
            fs::copy(env!("CARGO_BIN_EXE_tagbook"), &program).unwrap();
        }
        let mut command = self.program(program);
        command.uid(NOBODY).gid(NOBODY);
        command
    }

    /// Runs tagbook in the register with the words of `line`.
    pub fn run(&self, line: &str) -> Ran {
        let mut command = self.tagbook();
        command.args(line.split_whitespace());
        ran(command)
    }

    /// Runs tagbook in the register with these words, blanks and all.
    pub fn run_words(&self, words: &[&str]) -> Ran {
        let mut command = self.tagbook();
        command.args(words);
        ran(command)
    }

    /// What a command that records something answers as JSON: it must end well, in one commit that has its events and no more,
    /// with nothing left over.
    pub fn records(&self, words: &[&str]) -> Value {
        let before = self.git("rev-parse HEAD");
        let ran = self.run_words(&[words, &["--format", "json"]].concat());
        assert_eq!(ran.code, Some(0), "{words:?}\n{}\n{}", ran.out, ran.err);
        assert_eq!(self.git("rev-parse HEAD~1"), before, "{words:?}");
        assert_eq!(self.git("status --porcelain --untracked-files=all"), "", "{words:?}");
        let mut trailers: Vec<_> =
            self.git("log -1 --format=%(trailers:only,unfold)").lines().map(str::to_owned).collect();
        trailers.retain(|line| !line.is_empty());
        trailers.sort();
        let mut written: Vec<_> = self.git("show --format= --name-status HEAD").lines().map(trailer).collect();
        written.sort();
        assert_eq!(trailers, written, "{words:?}");
        let answer: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out));
        let one = answer.as_array().map_or(&answer, |all| &all[0]);
        assert_eq!((&one["ok"], one["commit"].as_str()), (&true.into(), Some(self.git("rev-parse HEAD").trim())));
        answer
    }

    /// Records as somebody says it in one line.
    pub fn did(&self, line: &str) -> Value {
        self.records(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// A command that is refused, with these words in the reason, and that changes nothing at all; gives what it said.
    pub fn refuses(&self, line: &str, why: &str) -> String {
        let before = self.everything();
        let ran = self.run(line);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "tagbook {line}\n{}", ran.err);
        assert!(ran.err.contains(why), "tagbook {line}: {}", ran.err);
        assert_eq!(self.everything(), before, "tagbook {line}");
        ran.err
    }

    /// What git knows of the register and of the folder.
    pub fn everything(&self) -> String {
        let status = self.git("status --porcelain --untracked-files=all --ignored");
        format!("{}{}{status}{}", self.git("for-each-ref"), self.git("rev-parse HEAD"), self.git("diff HEAD"))
    }

    /// `check` finds no error; warnings may be.
    pub fn is_sound(&self) {
        let errors: Vec<_> = self.findings().into_iter().filter(|finding| finding["severity"] == "error").collect();
        assert_eq!(errors, Vec::<Value>::new());
    }

    /// What a command prints that must end well.
    pub fn says(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, Some(0), "tagbook {line}\n{}\n{}", ran.out, ran.err);
        ran.out
    }

    pub fn json(&self, line: &str) -> Value {
        let text = self.says(&format!("{line} --format json"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The newest event of an asset, as `log` has it.
    pub fn newest(&self, number: &str) -> Value {
        self.json(&format!("log {number}")).as_array().unwrap().last().unwrap().clone()
    }

    /// The kinds of an asset's events, oldest first.
    pub fn kinds(&self, number: &str) -> Vec<String> {
        let log = self.json(&format!("log {number}"));
        log.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// The findings of `check`, whatever its exit code.
    pub fn findings(&self) -> Vec<Value> {
        let ran = self.run("check --format json");
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub fn git(&self, line: &str) -> String {
        let output = self.program("git").args(line.split_whitespace()).output().unwrap();
        assert!(output.status.success(), "git {line}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Commits all that is there; gives the commit's id.
    pub fn commit(&self, message: &str) -> String {
        if !self.root().join(".git").exists() {
            self.git("init --quiet");
            self.file(".gitignore", "/site/\n");
        }
        self.git("add --all");
        self.git(&format!("commit --quiet --message {message}"));
        self.git("rev-parse HEAD").trim().to_owned()
    }

    /// The built site.
    pub fn site(&self) -> Files {
        files(&self.root().join("site"))
    }

    /// The site as it is built where none was.
    pub fn fresh_site(&self) -> Files {
        let out = self.outside("fresh");
        let _ = fs::remove_dir_all(&out);
        self.says(&format!("build --out {}", out.display()));
        files(&out)
    }
}

/// The trailer for a file that a commit added: of an event `Tagbook-Event: NUMBER/ID`.
fn trailer(line: &str) -> String {
    let path = line.strip_prefix("A\t").unwrap_or_else(|| panic!("not only added: {line}"));
    let (folder, name) = path.rsplit_once('/').unwrap();
    let number = |folder: &str| folder.rsplit('/').next().unwrap().to_owned();
    match folder.strip_suffix("/log") {
        Some(asset) => {
            let id = name.strip_suffix(".toml").unwrap().rsplit('-').next().unwrap();
            format!("Tagbook-Event: {}/{id}", number(asset))
        }
        None => format!("Tagbook-Asset: {}", number(folder)),
    }
}

/// Runs a command to its end, which must not take minutes.
pub fn ran(command: Command) -> Ran {
    let output: Output = assert_cmd::Command::from_std(command).timeout(Duration::from_secs(240)).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Every file below `folder`, without tagbook's own.
pub fn files(folder: &Path) -> Files {
    let mut files = Files::new();
    for entry in walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok) {
        let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        let is_own = name.starts_with(".tagbook-") || name.starts_with(".git/tagbook/");
        if entry.file_type().is_file() && !is_own {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    files
}

/// The paths whose bytes differ, for a message that can be read.
pub fn assert_same(left: &Files, right: &Files) {
    let all: std::collections::BTreeSet<_> = left.keys().chain(right.keys()).collect();
    let differ: Vec<_> = all.into_iter().filter(|path| left.get(*path) != right.get(*path)).collect();
    assert!(differ.is_empty(), "these differ: {differ:?}");
}
