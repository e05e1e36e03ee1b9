//! Git: a register read at a commit, which commit touched what, and commits written that nobody loses.

mod branch;
mod folders;
pub mod history;
mod lock;
pub mod make;
mod pack;
mod program;
mod queue;
mod remote;
mod signature;
mod trees;
mod worktree;
mod write;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use git2::{ErrorCode, ObjectType, Oid, Repository};

pub use branch::Branch;
pub use program::identity;
pub(crate) use program::wait_at_most;
pub use queue::Queue;
pub use remote::Remote;
pub use write::{Answer, Change, Failure, Job, Reach, Receipt, Verdict, Writer};

use crate::tree::{Entry, FOLDERS, Facts, Tree};

/// Folders within folders that a register can have; what lies deeper is none of its files.
const DEEPEST: usize = 64;

/// Bytes of objects that are kept at hand: photos are large.
const MOST_BYTES: usize = 64 << 20;

/// Files of which it is kept what they are: a picture is read once, however often its page is looked at.
const MOST_KNOWN: usize = 8192;

/// Git failed: what could not be done, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing}: {why}")]
pub struct Error {
    doing: String,
    why: String,
}

fn failed(doing: impl Into<String>) -> impl FnOnce(git2::Error) -> Error {
    let doing = doing.into();
    move |error| Error { doing, why: error.message().to_owned() }
}

/// Whom a commit is by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// What was looked for; `None` where it is not there.
fn found<T>(result: Result<T, git2::Error>, doing: impl Into<String>) -> Result<Option<T>, Error> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::UnbornBranch) => Ok(None),
        Err(error) => Err(failed(doing)(error)),
    }
}

/// A git repository and where in it a register lies.
pub struct Repo {
    git: Repository,
    /// The register's folder relative to the work tree, empty where it is the top.
    inside: PathBuf,
    /// Objects that were written lately: they are read before they are on the disk.
    fresh: Fresh,
    /// What is known of files that are not TOML, by the names of their objects.
    known: Arc<Mutex<HashMap<Oid, Facts>>>,
}

/// Objects by name, for everybody who reads what one writer writes.
type Fresh = Arc<Mutex<HashMap<Oid, Object>>>;

/// What is at a path: its name among the objects, and whether it is a folder.
struct Found {
    id: Oid,
    is_folder: bool,
}

/// An object: what it is, and its content.
#[derive(Debug, Clone)]
struct Object {
    kind: ObjectType,
    bytes: Arc<Vec<u8>>,
}

impl Repo {
    /// The repository that the folder `root` lies in; `None` where it lies in none.
    ///
    /// # Errors
    /// Where there is one that cannot be opened.
    pub fn around(root: &Path) -> Result<Option<Repo>, Error> {
        let doing = || format!("open the git repository around `{}`", root.display());
        let Some(repo) = found(Repository::discover(root), doing())? else { return Ok(None) };
        let Some(top) = repo.workdir() else { return Ok(Some(Repo::new(repo, PathBuf::new()))) };
        let real = |path: &Path| path.canonicalize().map_err(|error| Error { doing: doing(), why: error.to_string() });
        let (top, root) = (real(top)?, real(root)?);
        let outside = || Error { doing: doing(), why: format!("its work tree is `{}`", top.display()) };
        let inside = root.strip_prefix(&top).map_err(|_| outside())?.to_owned();
        Ok(Some(Repo::new(repo, inside)))
    }

    fn new(git: Repository, inside: PathBuf) -> Repo {
        // Before it moves a reference, libgit2 would look for the new commit among all packs anew. It was written here.
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| git2::opts::strict_object_creation(false));
        Repo { git, inside, fresh: Fresh::default(), known: Arc::default() }
    }

    /// The repository at `path`, bare or not, whose top is a register.
    ///
    /// # Errors
    /// Where there is none that can be opened.
    pub fn at(path: &Path) -> Result<Repo, Error> {
        let repo = Repository::open(path);
        let repo = repo.map_err(failed(format!("open the git repository `{}`", path.display())))?;
        Ok(Repo::new(repo, PathBuf::new()))
    }

    /// The repository that the folder `root` lies in, bare or not.
    ///
    /// # Errors
    /// Where it lies in none, or in one that cannot be opened.
    pub fn of(root: &Path) -> Result<Repo, Error> {
        let none = || Error {
            doing: format!("open the git repository around `{}`", root.display()),
            why: "there is none".to_owned(),
        };
        Repo::around(root)?.ok_or_else(none)
    }

    /// A bare repository at `path` with the newest commit of a remote's branch, fetched as shallow as it goes, and the remote
    /// to share commits with.
    ///
    /// # Errors
    /// What the git program says.
    pub fn shallow_clone(url: &str, branch: Option<&str>, path: &Path) -> Result<(String, Remote), Error> {
        let name = program::clone_bare(url, branch, path)?;
        Ok((name.clone(), Remote::of_clone(name)))
    }

    /// Whether the repository is a bare clone of `url`.
    ///
    /// # Errors
    /// Where its configuration cannot be read.
    pub fn is_clone_of(&self, url: &str) -> Result<bool, Error> {
        if !self.git.is_bare() {
            return Ok(false);
        }
        let known = self.git.config().and_then(|config| config.get_string("remote.origin.url"));
        // Git makes the path of a folder a whole one.
        let whole = |url: &str| {
            let path = Path::new(url).canonicalize();
            path.map_or_else(|_| url.trim_end_matches('/').to_owned(), |path| path.display().to_string())
        };
        Ok(found(known, "read where it was cloned from")?.is_some_and(|known| whole(&known) == whole(url)))
    }

    /// The commit that is checked out; `None` before the first.
    ///
    /// # Errors
    /// Where the reference cannot be read.
    pub fn head(&self) -> Result<Option<Oid>, Error> {
        let commit = self.git.head().and_then(|head| head.peel_to_commit());
        Ok(found(commit, "read the checked-out commit")?.map(|commit| commit.id()))
    }

    /// The commit that `rev` names.
    ///
    /// # Errors
    /// Where there is none.
    pub fn commit(&self, rev: &str) -> Result<Oid, Error> {
        let found = self.git.revparse_single(rev).and_then(|object| object.peel_to_commit());
        found.map(|commit| commit.id()).map_err(failed(format!("find the commit `{rev}`")))
    }

    /// The register as it was recorded at a commit.
    ///
    /// # Errors
    /// Where its trees or files cannot be read.
    pub fn tree_at(&self, commit: Oid) -> Result<Tree, Error> {
        self.part_at(commit, &|_| true)
    }

    /// As much of the register as it was recorded at a commit as lies in the folders that are `wanted`: of each its path is
    /// asked, with a `/` at the end, before it is looked into.
    ///
    /// # Errors
    /// Where its trees or files cannot be read.
    pub fn part_at(&self, commit: Oid, wanted: &dyn Fn(&str) -> bool) -> Result<Tree, Error> {
        self.read_part(commit, wanted, false)
    }

    /// The same, but of files that are not TOML nothing is read but how large they are.
    ///
    /// # Errors
    /// Where its trees or files cannot be read.
    pub fn outline_at(&self, commit: Oid, wanted: &dyn Fn(&str) -> bool) -> Result<Tree, Error> {
        self.read_part(commit, wanted, true)
    }

    fn read_part(&self, commit: Oid, wanted: &dyn Fn(&str) -> bool, is_outline: bool) -> Result<Tree, Error> {
        let mut tree = Tree::default();
        if let Some(top) = self.register_tree(commit)? {
            self.collect(top, &mut String::new(), wanted, is_outline, &mut tree)?;
        }
        Ok(tree)
    }

    /// Of the register as it was recorded at a commit, what lies in these folders, and in those `inside` of them, by their names.
    /// What else there is costs nothing.
    ///
    /// # Errors
    /// Where its trees or files cannot be read.
    pub fn folders_at(&self, commit: Oid, folders: &BTreeSet<String>, inside: &[&str]) -> Result<Tree, Error> {
        let mut tree = Tree::default();
        let Some(top) = self.register_tree(commit)? else { return Ok(tree) };
        for folder in folders {
            let Some(found) = self.find(top, folder.as_ref())?.filter(|found| found.is_folder) else { continue };
            let mut path = format!("{folder}/");
            let start = path.len();
            let wanted = |path: &str| inside.contains(&&path[start..path.len() - 1]);
            self.collect(found.id, &mut path, &wanted, false, &mut tree)?;
        }
        Ok(tree)
    }

    /// The bytes of a file of the register as they were recorded at a commit.
    ///
    /// # Errors
    /// Where there is no such file.
    pub fn file_at(&self, commit: Oid, path: &str) -> Result<Vec<u8>, Error> {
        let doing = format!("read `{path}` at {commit}");
        let found = self.git.find_commit(commit).and_then(|commit| {
            let entry = commit.tree()?.get_path(&self.inside.join(path))?;
            Ok(self.git.find_blob(entry.id())?.content().to_vec())
        });
        found.map_err(failed(doing))
    }

    /// The texts directly in a folder of the register at a commit, by name; none where there was no such folder.
    ///
    /// # Errors
    /// Where a tree or a file cannot be read.
    pub fn texts_at(&self, commit: Oid, folder: &str) -> Result<Vec<(String, String)>, Error> {
        let Some(top) = self.register_tree(commit)? else { return Ok(Vec::new()) };
        let tree = self.git.find_tree(top).map_err(failed("read a tree"))?;
        let Some(entry) = tree.get_name(folder).filter(|entry| entry.kind() == Some(ObjectType::Tree)) else {
            return Ok(Vec::new());
        };
        let inside = self.git.find_tree(entry.id()).map_err(failed("read a tree"))?;
        let mut texts = Vec::new();
        for file in inside.iter().filter(|file| file.filemode() != i32::from(git2::FileMode::Link)) {
            let name = String::from_utf8_lossy(file.name_bytes()).into_owned();
            if file.kind() == Some(ObjectType::Blob) && !name.starts_with('.') {
                let bytes = self.git.find_blob(file.id()).map_err(failed(format!("read `{folder}/{name}`")))?;
                texts.push((name, String::from_utf8_lossy(bytes.content()).into_owned()));
            }
        }
        Ok(texts)
    }

    /// Lets go of the objects that were written lately, and of packs that are no more, where there are more than `most` objects
    /// or [`MOST_BYTES`].
    ///
    /// libgit2 never forgets a pack, and looks into all that it ever knew.
    fn forget(&mut self, most: usize) -> Result<(), Error> {
        let is_much = {
            let fresh = self.fresh();
            fresh.len() > most || fresh.values().map(|object| object.bytes.len()).sum::<usize>() > MOST_BYTES
        };
        if is_much {
            self.fresh().clear();
            self.git = Repository::open(self.git.path()).map_err(failed("open the git repository again"))?;
        }
        Ok(())
    }

    fn fresh(&self) -> MutexGuard<'_, HashMap<Oid, Object>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same repository for another thread, which reads at once what is written by way of this one.
    ///
    /// # Errors
    /// Where it cannot be opened again.
    pub fn beside(&self) -> Result<Repo, Error> {
        let git = Repository::open(self.git.path()).map_err(failed("open the git repository again"))?;
        Ok(Repo { git, inside: self.inside.clone(), fresh: Arc::clone(&self.fresh), known: Arc::clone(&self.known) })
    }

    /// The newest commit of a branch, such as `refs/heads/main`.
    ///
    /// # Errors
    /// Where there is no such branch.
    pub fn tip(&self, branch: &str) -> Result<Oid, Error> {
        self.git.refname_to_id(branch).map_err(failed(format!("read `{branch}`")))
    }

    /// The content of an object that is of this kind.
    fn content(&self, id: Oid, kind: ObjectType) -> Result<Arc<Vec<u8>>, Error> {
        let doing = || format!("read the {} {id}", kind.str());
        let fresh = self.fresh().get(&id).cloned();
        let object = if let Some(object) = fresh {
            object
        } else {
            let odb = self.git.odb().map_err(failed(doing()))?;
            let read = odb.read(id).map_err(failed(doing()))?;
            Object { kind: read.kind(), bytes: Arc::new(read.data().to_vec()) }
        };
        let other = || Error { doing: doing(), why: format!("it is a {}", object.kind.str()) };
        if object.kind == kind { Ok(object.bytes) } else { Err(other()) }
    }

    /// How many bytes an object has.
    fn size(&self, id: Oid) -> Result<u64, Error> {
        if let Some(object) = self.fresh().get(&id) {
            return Ok(object.bytes.len() as u64);
        }
        let header = self.git.odb().and_then(|odb| odb.read_header(id));
        header.map(|(size, _)| size as u64).map_err(failed(format!("read the size of {id}")))
    }

    /// The tree of a commit.
    fn top(&self, commit: Oid) -> Result<Oid, Error> {
        let text = self.content(commit, ObjectType::Commit)?;
        let id = text.strip_prefix(b"tree ").and_then(|rest| std::str::from_utf8(rest.get(..40)?).ok());
        let broken = || Error { doing: format!("read the commit {commit}"), why: "it names no tree".into() };
        Oid::from_str(id.ok_or_else(broken)?).map_err(failed("read a commit"))
    }

    /// The id of the register's tree at a commit; `None` where it was not there yet.
    fn register_tree(&self, commit: Oid) -> Result<Option<Oid>, Error> {
        let found = self.find(self.top(commit)?, &self.inside)?;
        Ok(found.filter(|found| found.is_folder).map(|found| found.id))
    }

    /// The path of a file of the register, from the top of the repository.
    fn path_in_repository(&self, path: &str) -> String {
        let parts = self.inside.iter().map(|part| part.to_string_lossy().into_owned());
        parts.chain([path.to_owned()]).collect::<Vec<_>>().join("/")
    }

    /// Reads what lies in a folder at `path`, which ends in `/` but at the top and is given back as it came.
    fn collect(
        &self,
        id: Oid,
        path: &mut String,
        wanted: &dyn Fn(&str) -> bool,
        is_outline: bool,
        into: &mut Tree,
    ) -> Result<(), Error> {
        let raw = self.content(id, ObjectType::Tree)?;
        let start = path.len();
        for entry in trees::entries(&raw) {
            let entry = entry?;
            path.push_str(&String::from_utf8_lossy(entry.name));
            if entry.is_folder() {
                path.push('/');
                let is_ours = start > 0 || FOLDERS.contains(&path.as_str());
                if is_ours && path.matches('/').count() <= DEEPEST && wanted(path) {
                    self.collect(entry.id()?, path, wanted, is_outline, into)?;
                }
            } else if start > 0 || path.ends_with(".toml") {
                into.insert(path.clone(), self.entry(path, &entry, is_outline)?);
            }
            path.truncate(start);
        }
        Ok(())
    }

    /// What a folder has at `path`; `None` where there is nothing.
    fn find(&self, tree: Oid, path: &Path) -> Result<Option<Found>, Error> {
        let mut here = Found { id: tree, is_folder: true };
        for part in path {
            if !here.is_folder {
                return Ok(None);
            }
            let raw = self.content(here.id, ObjectType::Tree)?;
            match trees::find(&raw, part.as_encoded_bytes())? {
                Some(entry) => here = Found { id: entry.id()?, is_folder: entry.is_folder() },
                None => return Ok(None),
            }
        }
        Ok(Some(here))
    }

    fn entry(&self, path: &str, entry: &trees::Entry, is_outline: bool) -> Result<Entry, Error> {
        if entry.mode == trees::REPOSITORY {
            return Ok(Entry::Repository);
        }
        if entry.mode == trees::LINK {
            return Ok(Entry::Link);
        }
        if is_outline && !path.ends_with(".toml") {
            return Ok(Entry::Other(Facts { size: self.size(entry.id()?)?, ..Facts::default() }));
        }
        let id = entry.id()?;
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(facts) = known().get(&id).filter(|_| !path.ends_with(".toml")) {
            return Ok(Entry::Other(facts.clone()));
        }
        let read = Entry::file(path, &self.content(id, ObjectType::Blob)?);
        if let Entry::Other(facts) = &read {
            let mut known = known();
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(id, facts.clone());
        }
        Ok(read)
    }
}
