//! Which assets' folders differ between two commits: only trees whose ids differ are looked into.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use git2::{ObjectType, Oid};

use super::{Error, Repo, trees};

impl Repo {
    /// The folders below `assets/` that are otherwise at `here` than at `before`, or that one of them has not: of assets, as
    /// `assets/CAM-00xx/CAM-0001/`, in order. Without a commit before, all of them.
    ///
    /// # Errors
    /// Where a tree cannot be read.
    pub fn changed_folders(&self, before: Option<Oid>, here: Oid) -> Result<BTreeSet<String>, Error> {
        let old = before.map(|before| self.assets_tree(before)).transpose()?.flatten();
        let mut changed = BTreeSet::new();
        self.compare(old, self.assets_tree(here)?, "assets/", 0, &mut changed)?;
        Ok(changed)
    }

    /// The commit that brought the file at `path`, with when it was committed; `None` where that is more than `most` commits
    /// back, or before the history begins here.
    ///
    /// # Errors
    /// Where a commit or a tree cannot be read.
    pub fn origin(&self, head: Oid, path: &str, most: usize) -> Result<Option<super::history::Commit>, Error> {
        let mut here = head;
        for _ in 0..most {
            let Ok(commit) = self.git.find_commit(here) else { return Ok(None) };
            let mut has = None;
            let parents: Vec<Oid> = commit.parent_ids().collect();
            for parent in parents {
                // The parents of a shallow clone's last commits are not there.
                if self.git.find_commit(parent).is_err() {
                    return Ok(None);
                }
                if has.is_none() && self.has_file(parent, path)? {
                    has = Some(parent);
                }
            }
            match has {
                Some(parent) => here = parent,
                None => return self.describe(here).map(Some),
            }
        }
        Ok(None)
    }

    /// The record of the asset with this number at a commit, wherever it is filed; `None` where there is none.
    ///
    /// # Errors
    /// Where a tree or the record cannot be read.
    pub fn record_at(&self, commit: Oid, number: &str) -> Result<Option<String>, Error> {
        let Some(assets) = self.assets_tree(commit)? else { return Ok(None) };
        let path = format!("{number}/asset.toml");
        let mut found = self.find(assets, path.as_ref())?;
        for (_, _, group) in self.otherwise(None, Some(assets))? {
            if let (None, Some(group)) = (&found, group) {
                found = self.find(group, path.as_ref())?;
            }
        }
        let Some(record) = found.filter(|found| !found.is_folder) else { return Ok(None) };
        let bytes = self.content(record.id, ObjectType::Blob)?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// What tells the top of a register from every other, but for these folders: the names and ids of all else in it.
    ///
    /// # Errors
    /// Where its tree cannot be read.
    pub fn fingerprint(&self, commit: Oid, but: &[&str]) -> Result<Vec<u8>, Error> {
        let Some(top) = self.register_tree(commit)? else { return Ok(Vec::new()) };
        let raw = self.content(top, ObjectType::Tree)?;
        let mut others = Vec::new();
        for entry in trees::entries(&raw) {
            let entry = entry?;
            if !but.iter().any(|but| entry.name == but.as_bytes()) {
                others.extend_from_slice(entry.raw);
            }
        }
        Ok(others)
    }

    /// Whether the register has a file at `path` at a commit.
    fn has_file(&self, commit: Oid, path: &str) -> Result<bool, Error> {
        let Some(top) = self.register_tree(commit)? else { return Ok(false) };
        Ok(self.find(top, path.as_ref())?.is_some_and(|found| !found.is_folder))
    }

    fn assets_tree(&self, commit: Oid) -> Result<Option<Oid>, Error> {
        let Some(top) = self.register_tree(commit)? else { return Ok(None) };
        Ok(self.find(top, "assets".as_ref())?.filter(|found| found.is_folder).map(|found| found.id))
    }

    /// The folders that two trees have otherwise, by name: what the one has, and what the other.
    fn otherwise(&self, old: Option<Oid>, new: Option<Oid>) -> Result<Vec<Otherwise>, Error> {
        let raw = |tree: Option<Oid>| tree.map(|id| self.content(id, ObjectType::Tree)).transpose();
        let (old, new) = (raw(old)?, raw(new)?);
        let (old, new) = (parse_some(old.as_ref())?, parse_some(new.as_ref())?);
        let (mut old, mut new) = (old.as_slice(), new.as_slice());
        let mut all: BTreeMap<String, (Option<Oid>, Option<Oid>)> = BTreeMap::new();
        // Most is alike, and stands in the same order.
        while let ([one, rest @ ..], [other, others @ ..]) = (old, new) {
            if one.raw == other.raw {
                (old, new) = (rest, others);
            } else if one.name <= other.name {
                note(&mut all, one, true)?;
                old = rest;
            } else {
                note(&mut all, other, false)?;
                new = others;
            }
        }
        old.iter().try_for_each(|entry| note(&mut all, entry, true))?;
        new.iter().try_for_each(|entry| note(&mut all, entry, false))?;
        Ok(all.into_iter().filter(|(_, (old, new))| old != new).map(|(name, (old, new))| (name, old, new)).collect())
    }

    fn has_record(&self, tree: Oid) -> Result<bool, Error> {
        let raw = self.content(tree, ObjectType::Tree)?;
        Ok(trees::parse(&raw)?.iter().any(|entry| entry.name == b"asset.toml"))
    }

    fn compare(
        &self,
        old: Option<Oid>,
        new: Option<Oid>,
        prefix: &str,
        depth: usize,
        changed: &mut BTreeSet<String>,
    ) -> Result<(), Error> {
        for (name, old, new) in self.otherwise(old, new)? {
            let path = format!("{prefix}{name}/");
            let mut is_asset = depth > 0;
            for tree in [old, new].into_iter().flatten() {
                is_asset = is_asset || self.has_record(tree)?;
            }
            if is_asset {
                changed.insert(path);
            } else {
                self.compare(old, new, &path, depth + 1, changed)?;
            }
        }
        Ok(())
    }
}

/// A folder's name, and what it is in each of two trees.
type Otherwise = (String, Option<Oid>, Option<Oid>);

fn parse_some(raw: Option<&Arc<Vec<u8>>>) -> Result<Vec<trees::Entry<'_>>, Error> {
    raw.map_or_else(|| Ok(Vec::new()), |raw| trees::parse(raw))
}

fn note(
    all: &mut BTreeMap<String, (Option<Oid>, Option<Oid>)>,
    entry: &trees::Entry,
    is_old: bool,
) -> Result<(), Error> {
    if entry.is_folder() {
        let both = all.entry(String::from_utf8_lossy(entry.name).into_owned()).or_default();
        *(if is_old { &mut both.0 } else { &mut both.1 }) = Some(entry.id()?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use git2::Repository;

    use super::*;
    use crate::git::{Answer, Author, Change, Job, Verdict, Writer};

    fn commit(writer: &mut Writer, files: &[&str], removed: &[&str]) -> Oid {
        let change = Change {
            files: files.iter().map(|path| ((*path).to_owned(), path.as_bytes().to_vec())).collect(),
            removed: removed.iter().map(|path| (*path).to_owned()).collect(),
            message: "m\n".into(),
            author: Author { name: "A".into(), email: "a@example.org".into() },
            committer: None,
        };
        let mut jobs: [Job<()>; 1] = [Box::new(move |_, _| Ok(Verdict::Write(change.clone())))];
        match writer.record(&mut jobs).pop() {
            Some(Answer::Recorded(receipt)) => receipt.commit,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_differs_is_named_and_the_commit_that_brought_a_file_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repository::init_bare(folder.path()).unwrap();
        let tree = repo.treebuilder(None).unwrap().write().unwrap();
        let who = git2::Signature::now("A", "a@example.org").unwrap();
        let tree = repo.find_tree(tree).unwrap();
        repo.commit(Some("refs/heads/main"), &who, &who, "first", &tree, &[]).unwrap();
        let mut writer = Writer::new(Repo::at(folder.path()).unwrap(), "refs/heads/main".into(), None);
        let first = commit(&mut writer, &["assets/A-00xx/A-0001/asset.toml", "assets/B-1/asset.toml"], &[]);
        let second = commit(&mut writer, &["assets/A-00xx/A-0002/asset.toml", "assets/B-1/log/e.toml"], &[]);
        let third = commit(&mut writer, &["people/ana.toml"], &["assets/A-00xx/A-0002/asset.toml"]);
        let repo = writer.repo();
        let all = |before, here| repo.changed_folders(before, here).unwrap().into_iter().collect::<Vec<_>>();
        assert_eq!(all(None, first), ["assets/A-00xx/A-0001/", "assets/B-1/"]);
        assert_eq!(all(Some(first), second), ["assets/A-00xx/A-0002/", "assets/B-1/"]);
        assert_eq!(all(Some(second), third), ["assets/A-00xx/A-0002/"]);
        assert_eq!(all(Some(third), third), [""; 0]);
        let origin = |path: &str, most| repo.origin(third, path, most).unwrap().map(|commit| commit.id);
        assert_eq!(origin("assets/B-1/log/e.toml", 9), Some(second.to_string()));
        assert_eq!(origin("assets/B-1/asset.toml", 9), Some(first.to_string()));
        assert_eq!(origin("assets/B-1/asset.toml", 1), None);
    }
}
