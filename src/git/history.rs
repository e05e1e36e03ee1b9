//! Which commit touched each asset last, and which recorded each event: one walk over the history, looking only where
//! the ids of trees differ.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use git2::{ObjectType, Oid, Sort};

use super::trees::{Entry, entries, find};
use super::{Error, Repo, failed};

/// Trees that are kept at hand: those of a commit are looked at again with the next.
const AT_HAND: usize = 4_096;

/// A commit and when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The full id.
    pub id: String,
    /// The committer's time.
    pub at: DateTime<Utc>,
}

/// What the history says of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The newest commit that changed its folder. A merge that takes it as one of its parents has it did not change it.
    pub newest: Commit,
    /// The commit that first had each event, by the event's id; `None` for what a shallow clone has from before its end.
    pub recorded: BTreeMap<String, Option<Commit>>,
}

/// What the history says of each asset, by the name of its folder.
pub type Pasts = BTreeMap<String, Past>;

impl Repo {
    /// A commit with its time.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn describe(&self, id: Oid) -> Result<Commit, Error> {
        let commit = self.git.find_commit(id).map_err(failed("read a commit"))?;
        Ok(Commit { id: id.to_string(), at: DateTime::from_timestamp(commit.time().seconds(), 0).unwrap_or_default() })
    }

    /// What the history up to `head` says of each asset that there is or was.
    ///
    /// # Errors
    /// Where commits or trees cannot be read.
    pub fn pasts(&self, head: Oid) -> Result<Pasts, Error> {
        let mut walk = self.git.revwalk().map_err(failed("walk the history"))?;
        walk.push(head).map_err(failed("walk the history"))?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME | Sort::REVERSE).map_err(failed("walk the history"))?;
        let mut walker = Walker { repo: self, at_hand: HashMap::new(), roots: HashMap::new(), pasts: Pasts::new() };
        for id in walk {
            walker.visit(id.map_err(failed("walk the history"))?)?;
        }
        Ok(walker.pasts)
    }
}

/// An asset's folder that a commit has otherwise than a parent: its name, its tree, and that of the parent.
struct Changed {
    name: String,
    here: Oid,
    before: Option<Oid>,
}

struct Walker<'r> {
    repo: &'r Repo,
    at_hand: HashMap<Oid, Arc<Vec<u8>>>,
    /// The id of `assets/` at each commit that was visited.
    roots: HashMap<Oid, Option<Oid>>,
    pasts: Pasts,
}

impl Walker<'_> {
    fn visit(&mut self, id: Oid) -> Result<(), Error> {
        let commit = self.repo.git.find_commit(id).map_err(failed("read a commit"))?;
        let parents: Vec<Oid> = commit.parent_ids().collect();
        // The parents of a shallow clone's last commits are not there, and were not visited.
        let known: Vec<Oid> = parents.iter().copied().filter(|parent| self.roots.contains_key(parent)).collect();
        let header = String::from_utf8_lossy(commit.raw_header_bytes());
        let is_whole = known.len() == header.lines().filter(|line| line.starts_with("parent ")).count();
        let root = self.root(id)?;
        self.roots.insert(id, root);
        let Some(root) = root else { return Ok(()) };
        let before = known.first().and_then(|parent| self.roots[parent]);
        let changed = self.changed(before, root)?;
        if changed.is_empty() {
            return Ok(());
        }
        let described = self.repo.describe(id)?;
        let mut events = Vec::new();
        for asset in &changed {
            events.push(self.events(asset)?);
        }
        let mut names: Vec<&str> = changed.iter().map(|asset| asset.name.as_str()).collect();
        for parent in known.iter().skip(1) {
            let others = self.changed(self.roots[parent], root)?;
            names.retain(|name| others.iter().any(|other| other.name == *name));
        }
        for name in names {
            let past = self.pasts.entry(name.to_owned());
            past.and_modify(|past| past.newest.clone_from(&described))
                .or_insert_with(|| Past { newest: described.clone(), recorded: BTreeMap::new() });
        }
        for (asset, ids) in changed.iter().zip(events) {
            if let Some(past) = self.pasts.get_mut(&asset.name) {
                for id in ids {
                    past.recorded.entry(id).or_insert_with(|| is_whole.then(|| described.clone()));
                }
            }
        }
        Ok(())
    }

    /// The id of `assets/` at a commit.
    fn root(&mut self, commit: Oid) -> Result<Option<Oid>, Error> {
        match self.repo.register_tree(commit)? {
            Some(register) => self.folder(register, b"assets"),
            None => Ok(None),
        }
    }

    fn tree(&mut self, id: Oid) -> Result<Arc<Vec<u8>>, Error> {
        if let Some(raw) = self.at_hand.get(&id) {
            return Ok(Arc::clone(raw));
        }
        if self.at_hand.len() >= AT_HAND {
            self.at_hand.clear();
        }
        let raw = self.repo.content(id, ObjectType::Tree)?;
        self.at_hand.insert(id, Arc::clone(&raw));
        Ok(raw)
    }

    /// The folder `name` of a tree.
    fn folder(&mut self, tree: Oid, name: &[u8]) -> Result<Option<Oid>, Error> {
        let raw = self.tree(tree)?;
        find(&raw, name)?.filter(Entry::is_folder).map(|entry| entry.id()).transpose()
    }

    /// The entries of `here` that are otherwise, or not at all, in `before`: name, whether a folder, id, and the old id.
    #[expect(clippy::type_complexity, reason = "it is read at once")]
    fn differing(&mut self, before: Option<Oid>, here: Oid) -> Result<Vec<(Vec<u8>, bool, Oid, Option<Oid>)>, Error> {
        if before == Some(here) {
            return Ok(Vec::new());
        }
        let new = self.tree(here)?;
        let old = before.map(|before| self.tree(before)).transpose()?.unwrap_or_default();
        let mut old = entries(&old).peekable();
        let mut differing = Vec::new();
        for entry in entries(&new) {
            let entry = entry?;
            while let Some(Ok(other)) = old.peek() {
                if order(other, &entry) != Ordering::Less {
                    break;
                }
                old.next();
            }
            let twin = old.next_if(|other| other.as_ref().is_ok_and(|other| other.name == entry.name)).transpose()?;
            if twin.as_ref().is_none_or(|twin| twin.raw != entry.raw) {
                let old = twin.map(|twin| twin.id()).transpose()?;
                differing.push((entry.name.to_vec(), entry.is_folder(), entry.id()?, old));
            }
        }
        Ok(differing)
    }

    /// The folders of assets below the tree `here` that are otherwise in `before`, at most one level of groups deep.
    fn changed(&mut self, before: Option<Oid>, here: Oid) -> Result<Vec<Changed>, Error> {
        let mut changed = Vec::new();
        let folders = self.differing(before, here)?.into_iter().filter(|(_, is_folder, ..)| *is_folder);
        for (name, _, here, before) in folders {
            let is_asset = find(&self.tree(here)?, b"asset.toml")?.is_some();
            if is_asset {
                changed.push(Changed { name: text(&name), here, before });
                continue;
            }
            let inside = self.differing(before, here)?.into_iter().filter(|(_, is_folder, ..)| *is_folder);
            changed.extend(inside.map(|(name, _, here, before)| Changed { name: text(&name), here, before }));
        }
        Ok(changed)
    }

    /// The ids of the events that came to an asset's log.
    fn events(&mut self, asset: &Changed) -> Result<Vec<String>, Error> {
        let Some(log) = self.folder(asset.here, b"log")? else { return Ok(Vec::new()) };
        let before = match asset.before {
            Some(before) => self.folder(before, b"log")?,
            None => None,
        };
        let mut ids = Vec::new();
        for (name, is_folder, id, _) in self.differing(before, log)? {
            let name = text(&name);
            let Some(stem) = name.strip_suffix(".toml").filter(|_| !is_folder) else { continue };
            match stem.rsplit_once('-').map(|(_, id)| id).filter(|id| is_id(id)) {
                Some(id) => ids.push(id.to_owned()),
                None => ids.extend(ids_in(&self.repo.content(id, ObjectType::Blob)?)),
            }
        }
        Ok(ids)
    }
}

/// The order of git's: a folder is where its name with a `/` is.
fn order(one: &Entry, other: &Entry) -> Ordering {
    let key = |entry: &Entry| entry.name.iter().copied().chain(entry.is_folder().then_some(b'/')).collect::<Vec<u8>>();
    if one.name == other.name { Ordering::Equal } else { key(one).cmp(&key(other)) }
}

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// Whether it is an event's id, as files of one event have it at the end of their names.
fn is_id(text: &str) -> bool {
    text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

/// The ids in a file of several events, or of one that is named otherwise.
fn ids_in(file: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(file);
    let said = text.lines().filter_map(|line| line.trim().strip_prefix("id")?.trim_start().strip_prefix('='));
    let quoted = said.filter_map(|value| value.trim().trim_matches(['"', '\'']).split(['"', '\'']).next());
    quoted.filter(|id| is_id(id)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::*;

    fn git(at: &Path, args: &[&str]) -> String {
        let out = Command::new("git")
            .current_dir(at)
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
            .args(args)
            .output()
            .unwrap();
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    }

    fn put(at: &Path, path: &str, text: &str) {
        let path = at.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit(at: &Path) -> String {
        git(at, &["add", "-A"]);
        git(at, &["commit", "-qm", "x"]);
        git(at, &["rev-parse", "HEAD"])
    }

    fn recorded(past: &Past) -> Vec<(&str, Option<&str>)> {
        past.recorded
            .iter()
            .map(|(id, commit)| (id.as_str(), commit.as_ref().map(|commit| commit.id.as_str())))
            .collect()
    }

    #[test]
    fn events_are_recorded_once_over_merges_packing_moves_and_to_the_end_of_a_shallow_clone() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("kit");
        fs::create_dir(&at).unwrap();
        git(&at, &["init", "-qb", "main"]);
        put(&at, "tagbook.toml", "title = 'x'\n");
        put(&at, "assets/A-00xx/A-0001/asset.toml", "");
        put(&at, "assets/A-00xx/A-0001/log/2026-01-01T000000.000Z-note-aaaaaaaa.toml", "");
        put(&at, "assets/B-1/asset.toml", "");
        let first = commit(&at);
        git(&at, &["checkout", "-qb", "side"]);
        put(&at, "assets/A-00xx/A-0001/log/2026-01-02T000000.000Z-note-bbbbbbbb.toml", "");
        let side = commit(&at);
        git(&at, &["checkout", "-q", "main"]);
        put(&at, "assets/A-00xx/A-0001/log/2026-01-03T000000.000Z-note-cccccccc.toml", "");
        let main = commit(&at);
        git(&at, &["merge", "-q", "--no-edit", "side"]);
        let merge = git(&at, &["rev-parse", "HEAD"]);
        git(&at, &["mv", "assets/A-00xx", "assets/cameras"]);
        put(
            &at,
            "assets/cameras/A-0001/log/2026.toml",
            "[[event]]\nid = \"aaaaaaaa\"\n[[event]]\n  id='dddddddd' # new\n",
        );
        fs::remove_file(at.join("assets/cameras/A-0001/log/2026-01-01T000000.000Z-note-aaaaaaaa.toml")).unwrap();
        let moved = commit(&at);

        let repo = Repo::around(&at).unwrap().unwrap();
        let pasts = repo.pasts(repo.head().unwrap().unwrap()).unwrap();
        let past = &pasts["A-0001"];
        let said = recorded(past);
        let expected = [("aaaaaaaa", &first), ("bbbbbbbb", &side), ("cccccccc", &main), ("dddddddd", &moved)];
        assert_eq!(said, expected.map(|(id, commit)| (id, Some(commit.as_str()))));
        assert_eq!((&past.newest.id, &pasts["B-1"].newest.id), (&moved, &first));

        let shallow = folder.path().join("shallow");
        let from = format!("file://{}", at.display());
        git(folder.path(), &["clone", "-q", "--depth", "2", &from, "shallow"]);
        let repo = Repo::around(&shallow).unwrap().unwrap();
        let pasts = repo.pasts(repo.head().unwrap().unwrap()).unwrap();
        let known: Vec<_> = recorded(&pasts["A-0001"]).into_iter().filter(|(_, commit)| commit.is_some()).collect();
        assert_eq!(known, [("dddddddd", Some(moved.as_str()))], "{merge}");
    }
}
