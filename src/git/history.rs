//! The history, commit by commit: what each did to the folders of assets and to their logs.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use git2::{ErrorCode, ObjectType, Oid};

use super::program::{Program, last_line};
use super::trees::entries;
use super::{Author, Error, Repo, failed};
use crate::tree::{FOLDERS, Tree};

/// What fails where it fails.
const DOING: &str = "walk the history";

/// The file that makes a folder an asset's.
const RECORD: &str = "asset.toml";

/// A commit and when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The full id.
    pub id: String,
    /// The committer's time.
    pub at: DateTime<Utc>,
}

/// One commit, and what it has otherwise than its parents.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its id.
    pub id: Oid,
    /// Its parents, as far as they are here.
    pub parents: Vec<Oid>,
    /// Whether all of them are: a shallow clone ends with commits of which they are not.
    pub is_whole: bool,
    /// Who made the change.
    pub author: Author,
    /// Who committed it.
    pub committer: Author,
    /// When it was committed.
    pub at: DateTime<Utc>,
    /// Whether it bears a signature, right or wrong.
    pub is_signed: bool,
    /// The first line of its message.
    pub subject: String,
    /// The folders of assets that it has otherwise than each of its parents; without parents, than nothing.
    pub sides: Vec<Vec<Touched>>,
}

/// A folder of an asset that a commit has otherwise than a parent.
#[derive(Debug, Clone)]
pub struct Touched {
    /// Its name, wherever it lies.
    pub number: String,
    /// Whether the commit has none.
    pub is_gone: bool,
    /// Whether only the commit has one.
    pub is_new: bool,
    /// Files in its `files/` that the two have otherwise: their path in the folder, what the parent has, and the commit.
    pub papers: Vec<(String, Option<Oid>, Option<Oid>)>,
    /// Files of its log that only the parent has.
    pub lost: Vec<LogFile>,
    /// Files of its log that only the commit has.
    pub gained: Vec<LogFile>,
    /// Those that both have, where something was lost.
    pub kept: Vec<LogFile>,
}

/// A file of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// Relative to the register.
    pub path: String,
    /// Its content.
    pub id: Oid,
}

impl Repo {
    /// A commit with its time.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn describe(&self, id: Oid) -> Result<Commit, Error> {
        let commit = self.git.find_commit(id).map_err(failed("read a commit"))?;
        Ok(Commit { id: id.to_string(), at: DateTime::from_timestamp(commit.time().seconds(), 0).unwrap_or_default() })
    }

    /// Whether a commit is another, or one of those before it. `None` where it is not here.
    ///
    /// # Errors
    /// Where the history cannot be read.
    pub fn is_before(&self, one: Oid, other: Oid) -> Result<Option<bool>, Error> {
        match self.git.find_commit(one) {
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(failed("read a commit")(error)),
            Ok(_) if one == other => Ok(Some(true)),
            Ok(_) => self.git.graph_descendant_of(other, one).map(Some).map_err(failed(DOING)),
        }
    }

    /// The commit from which two went apart.
    ///
    /// # Errors
    /// Where there is none: their histories have nothing in common, or are not all here.
    pub fn fork(&self, one: Oid, other: Oid) -> Result<Oid, Error> {
        self.git.merge_base(one, other).map_err(failed(format!("find where {one:.8} and {other:.8} went apart")))
    }

    /// The register as a merge of two commits would have it; where files cannot be merged, their paths.
    ///
    /// # Errors
    /// Where the commits cannot be read.
    pub fn merged(&self, one: Oid, other: Oid) -> Result<Result<Tree, Vec<String>>, Error> {
        const DOING: &str = "merge two commits";
        let commit = |id| self.git.find_commit(id).map_err(failed(DOING));
        let index = self.git.merge_commits(&commit(one)?, &commit(other)?, None).map_err(failed(DOING))?;
        if index.has_conflicts() {
            let mut paths = Vec::new();
            for conflict in index.conflicts().map_err(failed(DOING))? {
                let conflict = conflict.map_err(failed(DOING))?;
                let side = conflict.our.or(conflict.their).or(conflict.ancestor);
                paths.extend(side.map(|side| text(&side.path)));
            }
            return Ok(Err(paths));
        }
        // It stays in memory: a repository that is only looked at gets no new objects.
        let mut merged = Tree::default();
        let odb = self.git.odb().map_err(failed(DOING))?;
        for entry in index.iter() {
            let path = text(&entry.path);
            let Some(path) = Path::new(&path).strip_prefix(&self.inside).ok().and_then(Path::to_str) else { continue };
            let is_ours = if path.contains('/') {
                FOLDERS.iter().any(|folder| path.starts_with(folder))
            } else {
                path.ends_with(".toml")
            };
            if is_ours && entry.mode & 0o170_000 == 0o100_000 {
                let object = odb.read(entry.id).map_err(failed(DOING))?;
                merged.insert_file(path, object.data());
            }
        }
        Ok(Ok(merged))
    }

    /// Takes every commit up to `head` that is none up to `known`, parents first, to `take`. The git program tells what each
    /// has otherwise than its parents: it reads trees several times faster than libgit2 does.
    ///
    /// # Errors
    /// Where commits or trees cannot be read, or what `take` says.
    pub fn walk<E: From<Error>>(
        &self,
        head: Oid,
        known: Option<Oid>,
        take: &mut dyn FnMut(Step) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |error: io::Error| Error { doing: DOING.into(), why: error.to_string() };
        // What replaces a commit on this machine is no part of the history.
        let mut words = vec!["--no-replace-objects", "-c", "core.quotePath=false", "log", "--topo-order", "--reverse"];
        words.extend([
            "--pretty=raw",
            "--raw",
            "--diff-merges=separate",
            "--no-abbrev",
            "--no-renames",
            "--root",
            "--no-show-signature",
        ]);
        words.extend(["--no-decorate", "--no-notes", "--no-color", "--no-ext-diff", "--encoding=UTF-8"]);
        let (head, known) = (head.to_string(), known.map(|known| format!("^{known}")));
        words.push(&head);
        words.extend(known.as_deref());
        words.push("--");
        let mut child = Program::of(&self.git).command(&words);
        // Nor are parents that somebody says it has.
        child.env("GIT_GRAFT_FILE", "/dev/null");
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
        let Some(out) = child.stdout.take() else { return Ok(()) };
        let ends = fs::read_to_string(self.git.commondir().join("shallow")).unwrap_or_default();
        let mut lines = Lines { out: BufReader::new(out), line: Vec::new() };
        let mut story = Story { repo: self, ends: ends.lines().map(str::to_owned).collect(), step: None };
        while let Some(line) = lines.next().map_err(failed)? {
            if let Some(step) = story.hear(line)? {
                take(step)?;
            }
        }
        if let Some(step) = story.end()? {
            take(step)?;
        }
        let said = child.wait_with_output().map_err(failed)?;
        if said.status.success() {
            return Ok(());
        }
        Err(Error { doing: DOING.into(), why: last_line(&String::from_utf8_lossy(&said.stderr)) }.into())
    }

    /// Files below a folder of the register that the work tree has otherwise than the newest commit, or not at all.
    ///
    /// # Errors
    /// Where the git program cannot tell.
    pub fn changed_files(&self, folder: &str) -> Result<BTreeSet<String>, Error> {
        let below = self.inside.join(folder);
        let words = ["--no-optional-locks", "diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", "HEAD", "--"];
        let said = Program::of(&self.git).run(&[&words[..], &[&*below.to_string_lossy()]].concat())?;
        if !said.ok {
            return Err(Error { doing: "look for changes".into(), why: last_line(&said.err) });
        }
        let inside = |path: &str| Some(Path::new(path).strip_prefix(&self.inside).ok()?.to_str()?.to_owned());
        Ok(said.out.split('\0').filter(|path| !path.is_empty()).filter_map(inside).collect())
    }

    /// The content of a file of a log.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn blob(&self, id: Oid) -> Result<Arc<Vec<u8>>, Error> {
        self.content(id, ObjectType::Blob)
    }

    /// What was kept under this name beside the repository's objects.
    #[must_use]
    pub fn kept(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.shelf().join(name)).ok()
    }

    /// Keeps something that can be made again. Where there is no room for it, it is made again.
    pub fn keep(&self, name: &str, bytes: &[u8]) {
        let folder = self.shelf();
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&folder)?;
            let file = tempfile::NamedTempFile::new_in(&folder)?;
            fs::write(file.path(), bytes)?;
            file.persist(folder.join(name))?;
            Ok(())
        };
        // Whoever may read a repository may not always write to it.
        write().ok();
    }

    fn shelf(&self) -> PathBuf {
        // A repository may hold several registers.
        let inside: Vec<_> = self.inside.iter().map(|part| part.to_string_lossy()).collect();
        self.git.commondir().join("tagbook").join(inside.join("+"))
    }
}

/// What a program prints, line by line.
struct Lines<R> {
    out: BufReader<R>,
    line: Vec<u8>,
}

impl<R: io::Read> Lines<R> {
    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        if self.out.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        Ok(Some(self.line.strip_suffix(b"\n").unwrap_or(&self.line)))
    }
}

/// What `git log --pretty=raw --raw --diff-merges=separate` tells, commit by commit.
struct Story<'r> {
    repo: &'r Repo,
    /// Commits with which a shallow clone ends.
    ends: HashSet<String>,
    step: Option<Telling>,
}

/// A commit of which not everything was told yet.
struct Telling {
    step: Step,
    /// All parents, as the commit names them.
    parents: Vec<Oid>,
    /// The parent that the lines are about.
    side: usize,
    changes: Vec<Vec<Change>>,
    is_header: bool,
    /// Whether its header was heard before, for another parent.
    is_again: bool,
}

/// A file that a commit has otherwise than a parent.
struct Change {
    path: String,
    before: Option<Oid>,
    here: Option<Oid>,
}

impl Story<'_> {
    /// Hears the next line; where a commit is told with that, gives it.
    fn hear(&mut self, line: &[u8]) -> Result<Option<Step>, Error> {
        if let Some(rest) = line.strip_prefix(b"commit ").filter(|_| self.step.as_ref().is_none_or(|it| !it.is_header))
        {
            let rest = text(rest);
            let (id, from) = rest.split_once(" (from ").unwrap_or((&rest, ""));
            let id = oid(id)?;
            let from = from.strip_suffix(')').map(oid).transpose()?;
            // The same commit, compared with its next parent.
            let told = if self.step.as_ref().is_some_and(|telling| telling.step.id == id) { None } else { self.end()? };
            let telling = self.step.get_or_insert_with(|| Telling::of(id));
            telling.is_header = true;
            if let Some(from) = from {
                telling.side = telling.parents.iter().position(|parent| *parent == from).unwrap_or_default();
            }
            // Before its header was heard, the first of its parents is the one.
            return Ok(told);
        }
        let Some(telling) = &mut self.step else { return Ok(None) };
        if telling.is_header {
            telling.header(line)?;
        } else if let Some(subject) = line.strip_prefix(b"    ") {
            if telling.step.subject.is_empty() {
                telling.step.subject = text(subject);
            }
        } else if let Some(entry) = line.strip_prefix(b":") {
            telling.changes.resize_with(telling.parents.len().max(1), Vec::new);
            if let Some(change) = change(entry, &self.repo.inside)? {
                telling.changes[telling.side].push(change);
            }
        }
        Ok(None)
    }

    /// The commit that was told last, if any.
    fn end(&mut self) -> Result<Option<Step>, Error> {
        let Some(mut telling) = self.step.take() else { return Ok(None) };
        if self.ends.contains(&telling.step.id.to_string()) {
            telling.step.is_whole = false;
            telling.parents.clear();
        }
        telling.changes.resize_with(telling.parents.len().max(1), Vec::new);
        telling.step.parents = telling.parents;
        for changes in telling.changes {
            let side = self.side(telling.step.id, changes)?;
            telling.step.sides.push(side);
        }
        Ok(Some(telling.step))
    }

    /// What changes of files mean for assets and their logs.
    fn side(&self, commit: Oid, changes: Vec<Change>) -> Result<Vec<Touched>, Error> {
        let mut assets: BTreeMap<String, Vec<Change>> = BTreeMap::new();
        for change in changes {
            if let Some(number) = number_in(&change.path) {
                assets.entry(number.to_owned()).or_default().push(change);
            }
        }
        let mut touched = Vec::new();
        for (number, changes) in assets {
            touched.extend(self.touched(commit, number, &changes)?);
        }
        Ok(touched)
    }

    /// What changes of its files mean for one asset; nothing where its folder was only moved.
    fn touched(&self, commit: Oid, number: String, changes: &[Change]) -> Result<Option<Touched>, Error> {
        let inner = |path: &str| split(path).map(|(_, inner)| inner.to_owned()).unwrap_or_default();
        let mut was: Vec<(String, Oid)> = changes.iter().filter_map(|it| Some((inner(&it.path), it.before?))).collect();
        let mut is: Vec<(String, Oid)> = changes.iter().filter_map(|it| Some((inner(&it.path), it.here?))).collect();
        was.sort();
        is.sort();
        let has_record = |all: &[(String, Oid)]| all.iter().any(|(path, _)| path == RECORD);
        // Without its record, an event that goes elsewhere is gone.
        if was == is && has_record(&was) {
            return Ok(None);
        }
        let is_new = has_record(&is) && !has_record(&was);
        // Where two folders had the number, one is left.
        let is_gone = has_record(&was) && !has_record(&is) && self.repo.record_at(commit, &number)?.is_none();
        let find = |all: &[(String, Oid)], path: &str| all.iter().find(|(other, _)| other == path).map(|(_, id)| *id);
        let files: BTreeSet<&String> =
            was.iter().chain(&is).map(|(path, _)| path).filter(|path| path.starts_with("files/")).collect();
        let papers = files.into_iter().map(|path| (path.clone(), find(&was, path), find(&is, path)));
        let papers = papers.filter(|(_, was, is)| was != is).collect();
        let log = |side: fn(&Change) -> Option<Oid>| -> Vec<LogFile> {
            let is_log = |path: &str| inner(path).starts_with("log/") && path.ends_with(".toml");
            let files = changes.iter().filter(|change| is_log(&change.path));
            files.filter_map(|change| Some(LogFile { path: change.path.clone(), id: side(change)? })).collect()
        };
        let (mut lost, mut gained) = (log(|change| change.before), log(|change| change.here));
        let mut folders: BTreeSet<&str> = changes.iter().filter_map(|change| Some(split(&change.path)?.0)).collect();
        if folders.len() > 1 {
            // What lies in a folder without a record is no event of the asset.
            let records = folders.iter().map(|folder| Ok((*folder, self.has_record_in(commit, folder)?)));
            let records = records.collect::<Result<BTreeMap<_, _>, Error>>()?;
            gained.retain(|file| split(&file.path).is_some_and(|(folder, _)| records.get(folder) == Some(&true)));
            folders.retain(|folder| records.get(folder) == Some(&true));
        }
        // What has another name is the same.
        let (moved, came): (Vec<Oid>, Vec<Oid>) =
            (lost.iter().map(|file| file.id).collect(), gained.iter().map(|file| file.id).collect());
        lost.retain(|file| !came.contains(&file.id));
        gained.retain(|file| !moved.contains(&file.id));
        let mut kept = Vec::new();
        if !lost.is_empty() && !is_gone {
            for folder in folders {
                kept.extend(self.log_at(commit, &format!("{folder}/log"))?);
                kept.retain(|file| !gained.iter().any(|gained| gained.id == file.id));
            }
        }
        Ok(Some(Touched { number, is_gone, is_new, papers, lost, gained, kept }))
    }

    fn has_record_in(&self, commit: Oid, folder: &str) -> Result<bool, Error> {
        let Some(register) = self.repo.register_tree(commit)? else { return Ok(false) };
        Ok(self.repo.find(register, format!("{folder}/{RECORD}").as_ref())?.is_some_and(|found| !found.is_folder))
    }

    /// The files of a log at a commit.
    fn log_at(&self, commit: Oid, folder: &str) -> Result<Vec<LogFile>, Error> {
        let Some(register) = self.repo.register_tree(commit)? else { return Ok(Vec::new()) };
        let Some(found) = self.repo.find(register, folder.as_ref())?.filter(|found| found.is_folder) else {
            return Ok(Vec::new());
        };
        let raw = self.repo.content(found.id, ObjectType::Tree)?;
        let mut files = Vec::new();
        for entry in entries(&raw) {
            let entry = entry?;
            let path = format!("{folder}/{}", text(entry.name));
            if entry.is_folder() {
                files.extend(self.log_at(commit, &path)?);
            } else if path.ends_with(".toml") {
                files.push(LogFile { path, id: entry.id()? });
            }
        }
        Ok(files)
    }
}

impl Telling {
    fn of(id: Oid) -> Telling {
        let nobody = || Author { name: String::new(), email: String::new() };
        let step = Step {
            id,
            parents: Vec::new(),
            is_whole: true,
            author: nobody(),
            committer: nobody(),
            at: DateTime::UNIX_EPOCH,
            is_signed: false,
            subject: String::new(),
            sides: Vec::new(),
        };
        Telling { step, parents: Vec::new(), side: 0, changes: Vec::new(), is_header: true, is_again: false }
    }

    /// A line of the commit's header, as git keeps it.
    fn header(&mut self, line: &[u8]) -> Result<(), Error> {
        let line = text(line);
        let (word, value) = line.split_once(' ').unwrap_or((&line, ""));
        match word {
            "" if line.is_empty() => (self.is_header, self.is_again) = (false, true),
            // Told again for another parent, it says the same.
            "parent" if !self.is_again => self.parents.push(oid(value)?),
            "author" => (self.step.author, _) = signed(value),
            "committer" => (self.step.committer, self.step.at) = signed(value),
            "gpgsig" | "gpgsig-sha256" => self.step.is_signed = true,
            _ => {}
        }
        Ok(())
    }
}

/// `Ana Ruiz <ana@example.org> 1763888040 +0100`
fn signed(value: &str) -> (Author, DateTime<Utc>) {
    let (name, rest) = value.split_once('<').unwrap_or((value, ""));
    let (email, when) = rest.rsplit_once('>').unwrap_or((rest, ""));
    let seconds = when.split_ascii_whitespace().next().and_then(|seconds| seconds.parse().ok());
    let at = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or_default();
    (Author { name: name.trim().to_owned(), email: email.to_owned() }, at)
}

/// `100644 100644 ID ID M<tab>path`, of a file in the register; only plain files count.
fn change(entry: &[u8], inside: &Path) -> Result<Option<Change>, Error> {
    let entry = text(entry);
    let Some((facts, path)) = entry.split_once('\t') else { return Ok(None) };
    let path = unquoted(path);
    let Some(path) = Path::new(&path).strip_prefix(inside).ok().and_then(Path::to_str) else { return Ok(None) };
    let facts: Vec<&str> = facts.split(' ').collect();
    let [old_mode, mode, old, new, _] = facts.as_slice() else { return Ok(None) };
    let side = |mode: &str, id: &str| mode.starts_with("100").then(|| oid(id)).transpose();
    let (before, here) = (side(old_mode, old)?, side(mode, new)?);
    Ok((before.is_some() || here.is_some()).then(|| Change { path: path.to_owned(), before, here }))
}

/// The number of the asset that a file belongs to: `assets/NUMBER/…` or `assets/GROUP/NUMBER/…`.
fn number_in(path: &str) -> Option<&str> {
    split(path)?.0.rsplit('/').next()
}

/// The folder of the asset that a file belongs to, and its path in there.
fn split(path: &str) -> Option<(&str, &str)> {
    let inside = path.strip_prefix("assets/")?;
    let mut slashes = inside.match_indices('/').map(|(at, _)| at);
    let first = slashes.next()?;
    let second = slashes.next();
    let is_inside = second.is_none_or(|second| ["log", "files"].contains(&&inside[first + 1..second]));
    let end = path.len() - inside.len() + if is_inside { first } else { second? };
    Some((&path[..end], &path[end + 1..]))
}

/// A path as git writes it, where it has quotes around it: C's escapes, bytes in octal.
fn unquoted(path: &str) -> String {
    let Some(quoted) = path.strip_prefix('"').and_then(|path| path.strip_suffix('"')) else { return path.to_owned() };
    let mut bytes = Vec::new();
    let mut rest = quoted.bytes();
    while let Some(byte) = rest.next() {
        let escaped = if byte == b'\\' { rest.next() } else { None };
        bytes.push(match escaped {
            None => byte,
            Some(digit @ b'0'..=b'3') => {
                let next = |rest: &mut std::str::Bytes| rest.next().unwrap_or(b'0') & 7;
                ((digit & 7) << 6) | (next(&mut rest) << 3) | next(&mut rest)
            }
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(other) => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn oid(id: &str) -> Result<Oid, Error> {
    Oid::from_str(id).map_err(failed(DOING))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
