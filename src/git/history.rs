//! Which commit touched each asset last: one walk over the history, looking only where tree ids differ.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use git2::{ObjectType, Oid, Sort};

use super::{Error, Repo, failed};

/// A commit and when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The full id.
    pub id: String,
    /// The committer's time.
    pub at: DateTime<Utc>,
}

/// The folders of assets in a tree, by name of their last part, with the ids of their trees.
type Folders = BTreeMap<String, Oid>;

impl Repo {
    /// A commit with its time.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn describe(&self, id: Oid) -> Result<Commit, Error> {
        let commit = self.git.find_commit(id).map_err(failed("read a commit"))?;
        Ok(Commit { id: id.to_string(), at: DateTime::from_timestamp(commit.time().seconds(), 0).unwrap_or_default() })
    }

    /// The newest commit up to `head` that changed each asset's folder, by the folder's name.
    ///
    /// A merge that takes an asset's folder as one of its parents has it did not change it.
    ///
    /// # Errors
    /// Where commits or trees cannot be read. The history of a shallow clone ends where the clone does.
    pub fn newest_commits(&self, head: Oid) -> Result<BTreeMap<String, Commit>, Error> {
        let mut walk = self.git.revwalk().map_err(failed("walk the history"))?;
        walk.push(head).map_err(failed("walk the history"))?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME).map_err(failed("walk the history"))?;
        let mut assets = AssetTrees::new(self);
        let mut open: Folders = match assets.root(head)? {
            Some(root) => assets.folders(root)?,
            None => return Ok(BTreeMap::new()),
        };
        let mut newest = BTreeMap::new();
        for id in walk {
            if open.is_empty() {
                break;
            }
            let id = id.map_err(failed("walk the history"))?;
            for name in self.touched(id, &mut assets)? {
                if open.remove(&name).is_some() {
                    newest.insert(name, self.describe(id)?);
                }
            }
        }
        Ok(newest)
    }

    /// The folders that a commit has otherwise than all its parents have them.
    fn touched(&self, id: Oid, assets: &mut AssetTrees) -> Result<Vec<String>, Error> {
        let commit = self.git.find_commit(id).map_err(failed("read a commit"))?;
        let Some(here) = assets.root(id)? else { return Ok(Vec::new()) };
        let mut touched: Option<Vec<String>> = None;
        for parent in commit.parent_ids() {
            // The parents of a shallow clone's last commits are not there.
            if self.git.find_commit(parent).is_err() {
                continue;
            }
            let changed = match assets.root(parent)? {
                Some(before) => assets.changed(here, before)?,
                None => assets.folders(here)?.into_keys().collect(),
            };
            touched = Some(match touched {
                None => changed,
                Some(touched) => touched.into_iter().filter(|name| changed.contains(name)).collect(),
            });
            if touched.as_ref().is_some_and(Vec::is_empty) {
                break;
            }
        }
        match touched {
            Some(touched) => Ok(touched),
            None => Ok(assets.folders(here)?.into_keys().collect()),
        }
    }
}

/// The trees below `assets/`, at most one level of groups deep.
struct AssetTrees<'r> {
    repo: &'r Repo,
    roots: HashMap<Oid, Option<Oid>>,
}

impl<'r> AssetTrees<'r> {
    fn new(repo: &'r Repo) -> AssetTrees<'r> {
        AssetTrees { repo, roots: HashMap::new() }
    }

    /// The id of `assets/` at a commit.
    fn root(&mut self, commit: Oid) -> Result<Option<Oid>, Error> {
        if let Some(known) = self.roots.get(&commit) {
            return Ok(*known);
        }
        let root = match self.repo.register_tree(commit)? {
            Some(register) => self.subtrees(register)?.remove("assets"),
            None => None,
        };
        self.roots.insert(commit, root);
        Ok(root)
    }

    fn subtrees(&self, id: Oid) -> Result<Folders, Error> {
        let tree = self.repo.git.find_tree(id).map_err(failed("read a tree"))?;
        let folders = tree.iter().filter(|entry| entry.kind() == Some(ObjectType::Tree));
        Ok(folders.map(|entry| (String::from_utf8_lossy(entry.name_bytes()).into_owned(), entry.id())).collect())
    }

    fn is_asset(&self, id: Oid) -> Result<bool, Error> {
        let tree = self.repo.git.find_tree(id).map_err(failed("read a tree"))?;
        Ok(tree.get_name("asset.toml").is_some())
    }

    /// Every asset's folder below the tree `root`.
    fn folders(&self, root: Oid) -> Result<Folders, Error> {
        let mut folders = Folders::new();
        for (name, id) in self.subtrees(root)? {
            if self.is_asset(id)? {
                folders.insert(name, id);
            } else {
                folders.extend(self.subtrees(id)?);
            }
        }
        Ok(folders)
    }

    /// The folders in `here` that are otherwise, or not at all, in `before`.
    fn changed(&self, here: Oid, before: Oid) -> Result<Vec<String>, Error> {
        if here == before {
            return Ok(Vec::new());
        }
        let old = self.subtrees(before)?;
        let mut changed = Vec::new();
        for (name, id) in self.subtrees(here)? {
            if old.get(&name) == Some(&id) {
                continue;
            }
            if self.is_asset(id)? {
                changed.push(name);
                continue;
            }
            let inside = old.get(&name).map(|old| self.subtrees(*old)).transpose()?.unwrap_or_default();
            changed.extend(
                self.subtrees(id)?.into_iter().filter(|(name, id)| inside.get(name) != Some(id)).map(|(name, _)| name),
            );
        }
        Ok(changed)
    }
}
