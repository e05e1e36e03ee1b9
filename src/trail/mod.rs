//! The git history read as evidence: which commit recorded each event, and which altered or removed one.
//!
//! A [`Trail`] takes commits one after the other, parents first. It can be kept as bytes and taken up again where new
//! commits came.

mod diff;
mod event;
mod take;
mod verify;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use diff::{Changed, Changes, Fate, Field, State, Sum};
pub use event::Told;
pub use verify::{Facts, Proof, Reused, Signature, is_by, verify};

/// The name of a git object: 20 bytes.
pub type Id = [u8; 20];

/// What the bytes of a kept trail begin with: another makes them unreadable.
const FORMAT: &[u8] = b"tagbook trail 3\n";

/// A person as commits name them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Name {
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// One commit, and what it has otherwise than its parents.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its id.
    pub id: Id,
    /// Its parents, as far as they are here.
    pub parents: Vec<Id>,
    /// Whether all of them are: a shallow clone ends with commits of which they are not.
    pub is_whole: bool,
    /// Who made the change.
    pub author: Name,
    /// Who committed it.
    pub committer: Name,
    /// When it was committed.
    pub at: DateTime<Utc>,
    /// Whether it bears a signature, right or wrong.
    pub is_signed: bool,
    /// The first line of its message.
    pub subject: String,
    /// The folders of assets that it has otherwise than each of its parents, in order of the numbers; without parents, than
    /// nothing.
    pub sides: Vec<Vec<Touched>>,
}

/// A folder of an asset that a commit has otherwise than a parent.
#[derive(Debug, Clone)]
pub struct Touched {
    /// The asset's number.
    pub number: String,
    /// Whether the commit has none.
    pub is_gone: bool,
    /// Whether only the commit has one.
    pub is_new: bool,
    /// Photos and papers that the two have otherwise: their path in the asset's folder, what the parent has, and the commit.
    pub papers: Vec<(String, Option<Id>, Option<Id>)>,
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
    pub id: Id,
}

/// A commit that was taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Commit {
    /// Its id.
    pub id: Id,
    parents: Vec<u32>,
    is_whole: bool,
    author: u32,
    committer: u32,
    /// Seconds since 1970.
    at: i64,
    /// Whether it bears a signature, right or wrong.
    pub is_signed: bool,
    /// The first line of the message of a merge; of others nobody asks for it here.
    pub subject: String,
}

impl Commit {
    /// When it was committed.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.at, 0).unwrap_or_default()
    }

    /// Its id as git writes it.
    #[must_use]
    pub fn hex(&self) -> String {
        hex(&self.id)
    }
}

/// An id as git writes it.
#[must_use]
pub fn hex(id: &Id) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An event, as the history has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Recorded {
    /// The commit that had it first; none where that lies before a shallow clone's end.
    commit: Option<u32>,
    /// Who recorded it.
    by: u32,
    /// When it happened, in milliseconds since 1970; none where that cannot be read.
    at: Option<i64>,
    /// What tells what it says from all else.
    print: u64,
}

/// What the history says of an asset.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Past {
    /// The newest commit that changed its folder. A merge that takes it as one of its parents has it did not change it.
    newest: Option<u32>,
    events: BTreeMap<String, Recorded>,
    /// Events that count no more.
    voided: BTreeSet<String>,
    /// The last commit that retired it, with the event.
    retired: Option<(u32, String)>,
    /// The commit that removed its folder.
    gone: Option<u32>,
    /// The numbers that it had before.
    former: BTreeSet<String>,
    /// Photos that events name, and the first event that names each.
    photos: BTreeMap<String, String>,
}

/// A photo of an event that is not what was recorded any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Paper {
    /// The asset's number.
    pub number: String,
    /// The event's id.
    pub event: String,
    /// Its path in the asset's folder.
    pub path: String,
    /// Whether it is no more.
    pub is_gone: bool,
    commit: u32,
    was: Id,
}

/// A number that a thing had, and that was there again.
#[derive(Debug, Clone, Copy)]
pub struct Again<'t> {
    /// The number.
    pub number: &'t str,
    /// The commit that retired the thing, or removed it.
    pub before: Witness<'t>,
    /// Its first parent, where it removed the thing: there it is for the last time.
    pub last: Option<&'t Commit>,
    /// The commit from which on it was there again; of a retired one, the newest that changed something.
    pub since: Witness<'t>,
}

/// An event that is not as it was recorded any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Breach {
    /// The asset's number.
    pub number: String,
    /// The event's id.
    pub event: String,
    /// The commit that did it.
    commit: u32,
    /// The file that it stood in.
    pub path: String,
    /// The event as it was, as TOML; empty where another was recorded under its id.
    pub was: String,
    /// As it is since then; none where it was removed.
    pub is: Option<String>,
    /// The commit that put it back.
    restored: Option<u32>,
}

/// Who recorded an event, and how.
#[derive(Debug, Clone, Copy)]
pub struct Witness<'t> {
    /// The commit that recorded it.
    pub commit: &'t Commit,
    /// Who made the change.
    pub author: &'t Name,
    /// Who committed it: the same, or the desk.
    pub committer: &'t Name,
    /// The merge that brought it into the main line, where one did.
    pub merge: Option<&'t Commit>,
}

/// All that the history up to a commit says of events.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Trail {
    commits: Vec<Commit>,
    names: Vec<Name>,
    people: Vec<String>,
    assets: BTreeMap<String, Past>,
    breaches: Vec<Breach>,
    papers: Vec<Paper>,
    /// Numbers whose folder was removed, and that were there again: the number, and the two commits.
    again: Vec<(String, u32, u32)>,
    /// Events whose time did not fit that of a commit that recorded them: the asset's number, and the id.
    odd: Vec<(String, String)>,
    /// Who recorded events, in whose commits, committed by whom.
    hands: BTreeSet<(u32, u32, u32)>,
    #[serde(skip)]
    known: Known,
}

/// Where commits, names and people are in their lists.
#[derive(Debug, Clone, Default)]
struct Known {
    /// Only where one was asked for that is none of the newest.
    commits: Option<HashMap<Id, u32>>,
    names: HashMap<Name, u32>,
    people: HashMap<String, u32>,
    merges: Vec<Option<u32>>,
}

impl Trail {
    /// A trail that was kept; none where it cannot be read, or is another program's.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Trail> {
        let mut trail: Trail = postcard::from_bytes(bytes.strip_prefix(FORMAT)?).ok()?;
        let places = |list: usize| 0..u32::try_from(list).unwrap_or(u32::MAX);
        trail.known.names = trail.names.iter().cloned().zip(places(trail.names.len())).collect();
        trail.known.people = trail.people.iter().cloned().zip(places(trail.people.len())).collect();
        Some(trail)
    }

    /// The trail as bytes, to be kept.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = FORMAT.to_vec();
        bytes.extend(postcard::to_stdvec(self).unwrap_or_default());
        bytes
    }

    /// The commit that was taken last; none of an empty trail.
    #[must_use]
    pub fn head(&self) -> Option<Id> {
        self.commits.last().map(|commit| commit.id)
    }

    /// Whether the history ends before its beginning, as that of a shallow clone does.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.commits.iter().any(|commit| !commit.is_whole)
    }

    /// Commits, in the order in which they were taken.
    #[must_use]
    pub fn commits(&self) -> &[Commit] {
        &self.commits
    }

    /// A commit that was taken.
    #[must_use]
    pub fn commit(&self, id: &[u8]) -> Option<&Commit> {
        self.commits.iter().rev().find(|commit| commit.id == id)
    }

    /// How many events it knows of.
    #[must_use]
    pub fn events(&self) -> usize {
        self.assets.values().map(|past| past.events.len()).sum()
    }

    /// The numbers of the assets that there are or were.
    pub fn numbers(&self) -> impl Iterator<Item = &str> {
        self.assets.keys().map(String::as_str)
    }

    /// The newest commit that changed an asset's folder.
    #[must_use]
    pub fn newest(&self, number: &str) -> Option<&Commit> {
        self.commits.get(self.assets.get(number)?.newest? as usize)
    }

    /// Who recorded each event of an asset, as far as the history goes.
    pub fn recorded<'t>(&'t self, number: &str) -> impl Iterator<Item = (&'t str, Witness<'t>)> {
        let events = self.assets.get(number).into_iter().flat_map(|past| &past.events);
        events.filter_map(|(id, recorded)| Some((id.as_str(), self.witness(recorded.commit?)?)))
    }

    /// Who recorded an event.
    #[must_use]
    pub fn witness_of(&self, number: &str, event: &str) -> Option<Witness<'_>> {
        self.witness(self.assets.get(number)?.events.get(event)?.commit?)
    }

    fn witness(&self, commit: u32) -> Option<Witness<'_>> {
        let of = self.commits.get(commit as usize)?;
        Some(Witness {
            commit: of,
            author: self.names.get(of.author as usize)?,
            committer: self.names.get(of.committer as usize)?,
            merge: self
                .known
                .merges
                .get(commit as usize)
                .copied()
                .flatten()
                .and_then(|at| self.commits.get(at as usize)),
        })
    }

    /// Finds, for each commit beside the main line, the merge that brought it there. The main line is what one comes to
    /// by first parents.
    pub fn find_merges(&mut self) {
        let mut line = Vec::new();
        let mut next = self.commits.len().checked_sub(1);
        let mut is_on_line = vec![false; self.commits.len()];
        while let Some(at) = next {
            is_on_line[at] = true;
            line.push(at);
            next = self.commits[at].parents.first().map(|parent| *parent as usize);
        }
        let mut merges = vec![None; self.commits.len()];
        for at in line.into_iter().rev() {
            let mut rest: Vec<u32> = self.commits[at].parents.iter().skip(1).copied().collect();
            while let Some(beside) = rest.pop() {
                let place = beside as usize;
                if !is_on_line[place] && merges[place].is_none() {
                    merges[place] = u32::try_from(at).ok();
                    rest.extend(&self.commits[place].parents);
                }
            }
        }
        self.known.merges = merges;
    }

    /// All that was altered or removed, with the commit that did it, and the one that put it back.
    pub fn breaches(&self) -> impl Iterator<Item = (&Breach, Witness<'_>, Option<&Commit>)> {
        self.breaches.iter().filter_map(|breach| {
            let restored = breach.restored.and_then(|at| self.commits.get(at as usize));
            Some((breach, self.witness(breach.commit)?, restored))
        })
    }

    /// The number of an asset, and all that it had before.
    pub fn names_of<'t>(&'t self, number: &'t str) -> impl Iterator<Item = &'t str> {
        let former = self.assets.get(number).into_iter().flat_map(|past| &past.former).map(String::as_str);
        std::iter::once(number).chain(former)
    }

    /// The author and the committer of a commit.
    fn hands_of(&self, commit: &Commit) -> [Option<&Name>; 2] {
        [commit.author, commit.committer].map(|place| self.names.get(place as usize))
    }

    /// Photos of events that were replaced or removed, with the commit that did it.
    pub fn papers(&self) -> impl Iterator<Item = (&Paper, Witness<'_>)> {
        self.papers.iter().filter_map(|paper| Some((paper, self.witness(paper.commit)?)))
    }

    /// Commits that are older, by what they say, than one that they stand on; each with that one.
    pub fn backdated(&self) -> impl Iterator<Item = (Witness<'_>, &Commit)> {
        self.commits.iter().zip(0..).filter_map(|(commit, place)| {
            let parents = commit.parents.iter().filter_map(|parent| self.commits.get(*parent as usize));
            let newest = parents.max_by_key(|parent| parent.at)?;
            let is_before = commit.at.saturating_add(verify::CLOCKS.num_seconds()) < newest.at;
            Some((self.witness(place).filter(|_| is_before)?, newest))
        })
    }

    /// For each commit, whether it is `id` or one that it stands on.
    fn up_to(&self, id: &[u8]) -> Vec<bool> {
        let mut is_before: Vec<bool> = self.commits.iter().map(|commit| commit.id == id).collect();
        for place in (0..self.commits.len()).rev() {
            if is_before[place] {
                for parent in &self.commits[place].parents {
                    is_before[*parent as usize] = true;
                }
            }
        }
        is_before
    }

    /// Numbers of things that were retired or removed, and of which something was changed later.
    pub fn again(&self) -> impl Iterator<Item = Again<'_>> {
        let removed = self.again.iter().map(|(number, gone, since)| (number, *gone, *since, true));
        let retired = self.assets.iter().filter_map(|(number, past)| {
            let ((retired, event), newest) = (past.retired.as_ref()?, past.newest?);
            let is_out = past.gone.is_none() && !past.voided.contains(event);
            (is_out && newest > *retired).then_some((number, *retired, newest, false))
        });
        removed.chain(retired).filter_map(|(number, before, since, is_removed)| {
            let (before, since) = (self.witness(before)?, self.witness(since)?);
            let last = before.commit.parents.first().and_then(|parent| self.commits.get(*parent as usize));
            Some(Again { number, before, last: last.filter(|_| is_removed), since })
        })
    }

    /// Every event, with the number of its asset.
    fn all(&self) -> impl Iterator<Item = (&str, &str, &Recorded)> {
        self.assets.iter().flat_map(|(number, past)| {
            past.events.iter().map(move |(id, recorded)| (number.as_str(), id.as_str(), recorded))
        })
    }

    /// Events whose time may not fit that of their commit, each once, of those that count.
    fn odd(&self) -> impl Iterator<Item = (&str, &str, &Recorded)> {
        let each: BTreeSet<&(String, String)> = self.odd.iter().collect();
        each.into_iter().filter_map(|(number, id)| {
            let past = self.assets.get(number).filter(|past| !past.voided.contains(id))?;
            Some((number.as_str(), id.as_str(), past.events.get(id)?))
        })
    }

    /// Who recorded events, and the author and the committer of the commits that did.
    fn hands(&self) -> impl Iterator<Item = (&str, &Name, &Name)> {
        let name = |place: u32| self.names.get(place as usize);
        self.hands
            .iter()
            .filter_map(move |(by, author, committer)| Some((self.person(*by), name(*author)?, name(*committer)?)))
    }

    fn person(&self, place: u32) -> &str {
        self.people.get(place as usize).map_or("", String::as_str)
    }

    /// Commits that recorded events, each once.
    fn recording(&self) -> BTreeSet<u32> {
        self.assets.values().flat_map(|past| past.events.values().filter_map(|event| event.commit)).collect()
    }
}
