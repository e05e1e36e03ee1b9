//! Trees written without an index: a few files put in or taken out, every other entry left byte for byte as it is.

use std::cmp::Ordering;
use std::sync::Arc;

use git2::{ObjectType, Oid};

use super::pack::{Kept, Packer};
use super::{Error, Object, Repo, failed};

/// The modes of git's, as trees spell them.
const FILE: &[u8] = b"100644";
const FOLDER: &[u8] = b"40000";
pub(super) const LINK: &[u8] = b"120000";
pub(super) const REPOSITORY: &[u8] = b"160000";

/// What reads trees and writes objects.
pub(super) struct Pen<'r> {
    repo: &'r Repo,
    packer: Packer,
}

/// A file to be put at a path, or taken from it.
type Leaf<'p> = (&'p str, Option<Oid>);

/// One entry of a tree, as it stands in it.
pub(super) struct Entry<'t> {
    pub(super) mode: &'t [u8],
    pub(super) name: &'t [u8],
    pub(super) raw: &'t [u8],
}

impl Entry<'_> {
    pub(super) fn is_folder(&self) -> bool {
        self.mode == FOLDER
    }

    pub(super) fn id(&self) -> Result<Oid, Error> {
        Oid::from_bytes(&self.raw[self.raw.len() - 20..]).map_err(failed("read a tree"))
    }
}

impl<'r> Pen<'r> {
    pub(super) fn new(repo: &'r Repo) -> Pen<'r> {
        Pen { repo, packer: Packer::new() }
    }

    /// Takes an object. It can be read at once, and is on the disk when [`Pen::settle`] was called.
    pub(super) fn write(&mut self, kind: ObjectType, bytes: Vec<u8>) -> Result<Oid, Error> {
        let id = self.packer.add(kind, &bytes)?;
        self.repo.fresh().insert(id, Object { kind, bytes: Arc::new(bytes) });
        Ok(id)
    }

    /// Writes all that was taken to the disk, durably.
    pub(super) fn settle(self) -> Result<Kept, Error> {
        self.packer.settle(self.repo.git.commondir())
    }

    /// The tree `base` with `leaves`, in order of their paths, put in or taken out. `None` where nothing is left.
    pub(super) fn edit(&mut self, base: Option<Oid>, leaves: &[Leaf]) -> Result<Option<Oid>, Error> {
        let content = base.map(|id| self.repo.content(id, ObjectType::Tree)).transpose()?;
        let mut entries = parse(content.as_ref().map_or(&[][..], |content| content.as_slice()))?;
        let mut made: Vec<(Vec<u8>, Vec<u8>, bool)> = Vec::new();
        let mut rest = leaves;
        while let Some((path, leaf)) = rest.first() {
            let name = path.split('/').next().unwrap_or_default();
            let here = rest.iter().take_while(|(path, _)| path.split('/').next() == Some(name)).count();
            let old = entries.iter().position(|entry| entry.name == name.as_bytes());
            let (mode, id) = if path.len() == name.len() {
                (FILE, *leaf)
            } else {
                let inner: Vec<Leaf> =
                    rest[..here].iter().filter_map(|(path, leaf)| Some((path.split_once('/')?.1, *leaf))).collect();
                if old.is_some_and(|at| !entries[at].is_folder()) {
                    let why = "it is a link, a submodule or a file, and stays one".into();
                    return Err(Error { doing: format!("write into `{name}`"), why });
                }
                let base = old.map(|at| entries[at].id()).transpose()?;
                (FOLDER, self.edit(base, &inner)?)
            };
            if let Some(at) = old {
                entries.remove(at);
            }
            if let Some(id) = id {
                let raw = [mode, b" ", name.as_bytes(), b"\0", id.as_bytes()].concat();
                made.push((name.as_bytes().to_vec(), raw, mode == FOLDER));
            }
            rest = &rest[here..];
        }
        for (name, raw, is_folder) in &made {
            let entry = Entry { mode: if *is_folder { FOLDER } else { FILE }, name, raw };
            let at = entries.partition_point(|other| order(other, &entry) == Ordering::Less);
            entries.insert(at, entry);
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let bytes = entries.iter().map(|entry| entry.raw).collect::<Vec<_>>().concat();
        self.write(ObjectType::Tree, bytes).map(Some)
    }
}

/// The order of git's: names by their bytes, those of folders as if they ended with `/`.
fn order(one: &Entry, other: &Entry) -> Ordering {
    let end = |entry: &Entry| if entry.is_folder() { &b"/"[..] } else { &[] };
    let key = |entry: &Entry| entry.name.iter().chain(end(entry)).copied().collect::<Vec<u8>>();
    match one.name.iter().zip(other.name).map(|(a, b)| a.cmp(b)).find(|order| order.is_ne()) {
        Some(order) => order,
        None => key(one).cmp(&key(other)),
    }
}

/// The entries of a tree, one after the other; the first that is none is the last.
pub(super) fn entries(mut raw: &[u8]) -> impl Iterator<Item = Result<Entry<'_>, Error>> {
    std::iter::from_fn(move || {
        if raw.is_empty() {
            return None;
        }
        let entry = first(raw);
        raw = entry.as_ref().map_or(&[], |entry| &raw[entry.raw.len()..]);
        Some(entry.ok_or_else(|| Error { doing: "read a tree".into(), why: "it is not one".into() }))
    })
}

/// The entry that a tree begins with.
fn first(raw: &[u8]) -> Option<Entry<'_>> {
    let space = raw.iter().position(|byte| *byte == b' ')?;
    let nul = space + raw[space..].iter().position(|byte| *byte == 0)?;
    let raw = raw.get(..nul + 21)?;
    Some(Entry { mode: &raw[..space], name: &raw[space + 1..nul], raw })
}

/// The entries of a tree.
pub(super) fn parse(raw: &[u8]) -> Result<Vec<Entry<'_>>, Error> {
    entries(raw).collect()
}

/// The entry of this name.
pub(super) fn find<'t>(raw: &'t [u8], name: &[u8]) -> Result<Option<Entry<'t>>, Error> {
    entries(raw).find(|entry| entry.as_ref().map_or(true, |entry| entry.name == name)).transpose()
}

#[cfg(test)]
mod tests {
    use git2::Repository;
    use git2::build::TreeUpdateBuilder;
    use proptest::prelude::*;

    use super::*;

    fn names() -> impl Strategy<Value = String> {
        proptest::collection::vec("[a-c.-]{1,2}", 1..4).prop_map(|parts| parts.join("/"))
    }

    /// Whether a path is, or lies in, another.
    fn clash(one: &str, other: &str) -> bool {
        one == other || one.starts_with(&format!("{other}/")) || other.starts_with(&format!("{one}/"))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

        /// The same tree as libgit2's builder makes, entry by entry.
        #[test]
        fn trees_are_those_of_libgit2(steps in proptest::collection::vec(proptest::collection::vec((names(), any::<bool>()), 1..6), 1..5)) {
            let folder = tempfile::tempdir().unwrap();
            let repo = Repository::init_bare(folder.path()).unwrap();
            let ours_repo = Repo::at(folder.path()).unwrap();
            let mut pen = Pen::new(&ours_repo);
            let (mut ours, mut theirs) = (None, repo.treebuilder(None).unwrap().write().unwrap());
            let mut there: Vec<String> = Vec::new();
            for (round, step) in steps.into_iter().enumerate() {
                let mut leaves: Vec<(String, Option<Oid>)> = Vec::new();
                for (path, put) in step {
                    let bad = |part: &str| matches!(part, "." | "..");
                    let known = there.contains(&path);
                    let blocked = there.iter().any(|other| *other != path && clash(&path, other));
                    if path.split('/').any(bad) || blocked || leaves.iter().any(|(other, _)| clash(&path, other)) || (!put && !known) {
                        continue;
                    }
                    let blob = put.then(|| repo.blob(format!("{path}{round}").as_bytes()).unwrap());
                    leaves.push((path, blob));
                }
                leaves.sort();
                let mut update = TreeUpdateBuilder::new();
                for (path, blob) in &leaves {
                    there.retain(|other| other != path);
                    match blob {
                        Some(blob) => {
                            there.push(path.clone());
                            update.upsert(path.as_str(), *blob, git2::FileMode::Blob);
                        }
                        None => drop(update.remove(path.as_str())),
                    }
                }
                theirs = update.create_updated(&repo, &repo.find_tree(theirs).unwrap()).unwrap();
                let leaves: Vec<Leaf> = leaves.iter().map(|(path, blob)| (path.as_str(), *blob)).collect();
                if !leaves.is_empty() {
                    ours = pen.edit(ours, &leaves).unwrap();
                }
                if let Some(ours) = ours {
                    prop_assert_eq!(ours, theirs);
                }
            }
        }
    }

    #[test]
    fn what_is_no_tree_is_not_read_as_one() {
        for broken in [&b"100644 a"[..], b"100644 a\0short", b"nothing", b"a\0b c"] {
            assert!(parse(broken).is_err());
        }
    }
}
