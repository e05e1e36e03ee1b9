//! What no single asset says: whose part it is, which number stands for another, who has what. Kept along from commit to commit.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use git2::Oid;

use super::shelf::Shelf;
use crate::git::{self, Repo};
use crate::register::tags::plain;
use crate::register::{self, Audit, Number, Register, Slug, Tz};
use crate::tree::{Entry, Tree};

/// The whole register in a line for each asset. Following a commit costs what it changed; only the first reads everything.
#[derive(Debug, Default)]
pub struct Index {
    at: Option<Oid>,
    zone: Option<Tz>,
    lines: BTreeMap<String, Line>,
    folders: BTreeMap<Number, String>,
    parts: BTreeMap<Number, BTreeSet<Number>>,
    aliases: BTreeMap<Number, Number>,
    /// By what is the same however it is typed.
    alike: BTreeMap<String, BTreeSet<Number>>,
    held: BTreeMap<Slug, BTreeSet<Number>>,
    /// Bytes of the files of all assets.
    bytes: u64,
}

/// An asset, as others refer to it.
#[derive(Debug, Clone)]
struct Line {
    number: Number,
    kit: Option<Number>,
    aliases: Vec<Number>,
    custodian: Option<Slug>,
    location: Option<Slug>,
    is_retired: bool,
    /// The audits that have seen it, taken back or not.
    audits: BTreeSet<Slug>,
    /// Bytes of its files.
    bytes: u64,
}

impl Index {
    /// Brings the index to what the register is at a commit.
    ///
    /// # Errors
    /// Where the register cannot be read.
    pub(super) fn follow(&mut self, repo: &Repo, commit: Oid, shelf: &Shelf) -> Result<(), git::Error> {
        if self.at == Some(commit) {
            return Ok(());
        }
        let small = shelf.small(repo, commit)?;
        if self.zone != Some(small.register.config.timezone) {
            // What was accepted hangs on where a day begins.
            *self = Index { zone: Some(small.register.config.timezone), ..Index::default() };
        }
        // The commit that was followed may be gone: one that a faster desk took the place of.
        let changed = repo.changed_folders(self.at, commit).or_else(|_| {
            *self = Index { zone: self.zone, ..Index::default() };
            repo.changed_folders(None, commit)
        })?;
        let tree = read(repo, commit, &changed)?;
        let opened = register::with_assets(&small, &tree);
        for folder in &changed {
            self.remove(folder);
        }
        for asset in opened.register.assets.values() {
            // Who has it hangs on no day.
            let folded = register::state::fold(
                opened.ledger.log(&asset.number),
                opened.register.ground(asset),
                chrono::DateTime::<chrono::Utc>::MAX_UTC,
            );
            let events = opened.ledger.log(&asset.number).events().iter();
            let line = Line {
                number: asset.number.clone(),
                kit: asset.part_of.clone(),
                aliases: asset.aliases.clone(),
                custodian: folded.state.custody.map(|custody| custody.person),
                location: folded.state.location,
                is_retired: folded.state.retired.is_some(),
                audits: events.filter_map(|logged| logged.event.action.audit().cloned()).collect(),
                bytes: bytes(&tree, &format!("{}/files/", asset.folder)),
            };
            self.insert(format!("{}/", asset.folder), line);
        }
        self.at = Some(commit);
        Ok(())
    }

    /// The parts of a kit, and theirs.
    #[must_use]
    pub fn parts(&self, kit: &Number) -> Vec<Number> {
        let mut all = vec![kit.clone()];
        let mut next = 0;
        while let Some(kit) = all.get(next) {
            let new: Vec<_> =
                self.parts.get(kit).into_iter().flatten().filter(|part| !all.contains(part)).cloned().collect();
            all.extend(new);
            next += 1;
        }
        all.remove(0);
        all
    }

    /// The number that an asset has, of the one on its tag.
    #[must_use]
    pub fn resolve(&self, number: &Number) -> Option<&Number> {
        self.folders.get_key_value(number).map(|(number, _)| number).or_else(|| self.aliases.get(number))
    }

    /// The only number that this can mean, however it is typed: without hyphens, with O for 0 and I or L for 1.
    pub(super) fn alike(&self, typed: &str) -> Option<&Number> {
        let alike = self.alike.get(&plain(typed))?;
        alike.first().filter(|_| alike.len() == 1)
    }

    /// The folder of an asset, as `assets/CAM-00xx/CAM-0001/`.
    pub(super) fn folder(&self, number: &Number) -> Option<&str> {
        self.folders.get(number).map(String::as_str)
    }

    /// What someone has, in order of the numbers.
    #[must_use]
    pub fn held(&self, person: &Slug) -> Vec<Number> {
        self.held.get(person).into_iter().flatten().cloned().collect()
    }

    /// Bytes of the files of all assets: photos, receipts, manuals.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// All that an audit may be about, in order of the numbers: of one that is open at that moment what it has seen, and
    /// whatever else it may expect; of any other everything, as things may have gone anywhere since.
    #[must_use]
    pub fn counted(&self, audit: &Audit, register: &Register, now: DateTime<Utc>) -> Vec<Number> {
        if !audit.is_open(now) {
            return self.all();
        }
        let is_inside = |line: &Line| match &line.location {
            Some(at) => audit.covers(at, register),
            None => audit.location.is_none(),
        };
        let counts = |line: &&Line| line.audits.contains(&audit.slug) || (!line.is_retired && is_inside(line));
        self.lines.values().filter(counts).map(|line| line.number.clone()).collect()
    }

    /// All numbers.
    #[must_use]
    pub fn all(&self) -> Vec<Number> {
        self.folders.keys().cloned().collect()
    }

    fn insert(&mut self, folder: String, line: Line) {
        self.bytes += line.bytes;
        if let Some(kit) = &line.kit {
            self.parts.entry(kit.clone()).or_default().insert(line.number.clone());
        }
        for number in line.aliases.iter().chain([&line.number]) {
            self.alike.entry(plain(number.as_str())).or_default().insert(line.number.clone());
        }
        for alias in &line.aliases {
            self.aliases.insert(alias.clone(), line.number.clone());
        }
        if let Some(person) = &line.custodian {
            self.held.entry(person.clone()).or_default().insert(line.number.clone());
        }
        self.folders.insert(line.number.clone(), folder.clone());
        self.lines.insert(folder, line);
    }

    fn remove(&mut self, folder: &str) {
        let Some(line) = self.lines.remove(folder) else { return };
        self.bytes -= line.bytes;
        let mut take = |number: &Number| {
            if let Some(parts) = self.parts.get_mut(number) {
                parts.remove(&line.number);
            }
        };
        line.kit.iter().for_each(&mut take);
        for number in line.aliases.iter().chain([&line.number]) {
            if let Some(alike) = self.alike.get_mut(&plain(number.as_str())) {
                alike.remove(&line.number);
            }
        }
        // Another may claim the same.
        for alias in &line.aliases {
            if self.aliases.get(alias) == Some(&line.number) {
                self.aliases.remove(alias);
            }
        }
        if let Some(held) = line.custodian.as_ref().and_then(|person| self.held.get_mut(person)) {
            held.remove(&line.number);
        }
        if self.folders.get(&line.number).is_some_and(|known| known == folder) {
            self.folders.remove(&line.number);
        }
    }
}

/// The records and logs in these folders, and how large their files are.
fn read(repo: &Repo, commit: Oid, folders: &BTreeSet<String>) -> Result<Tree, git::Error> {
    repo.outline_at(commit, &|folder| {
        let is_above = folders.range(folder.to_owned()..).next().is_some_and(|asset| asset.starts_with(folder));
        let asset = folder.strip_suffix("log/").or_else(|| Some(&folder[..=folder.find("/files/")?]));
        is_above || asset.is_some_and(|asset| folders.contains(asset))
    })
}

/// Bytes of the files below a folder.
fn bytes(tree: &Tree, folder: &str) -> u64 {
    let size = |entry: &Entry| match entry {
        Entry::Toml(text) | Entry::NotUtf8(text) => text.len() as u64,
        Entry::TooLarge(size) => *size,
        Entry::Other(facts) => facts.size,
        _ => 0,
    };
    tree.under(folder).map(|(_, entry)| size(entry)).sum()
}
