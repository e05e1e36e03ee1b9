//! The work tree: brought along to a commit by the git program, which touches no file that somebody is working on.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use git2::{Delta, Oid, Repository};

use super::lock::{Lock, failed as io_failed, identity};
use super::program::{Program, Said, finished, last_line};
use super::{Error, failed};

/// What a lock of ours says; an index begins with other letters.
const MARK: &[u8] = b"tagbook\n";

/// How long another program may hold the index.
const PATIENCE: Duration = Duration::from_secs(10);

/// The work tree of a repository and its index, while nobody else can change the index.
///
/// Everything is done on a copy of the index, which takes the place of the index at the end. Git's own lock, `index.lock`, is a
/// second name of a file of ours, so that one that is left behind can be told from anybody else's; where the file system knows
/// no second names, what it says tells it.
pub(super) struct WorkTree<'r> {
    repo: &'r Repository,
    program: Program,
    shared: &'r Lock,
    files: Files,
}

/// The files in the git directory that are in play.
struct Files {
    index: PathBuf,
    lock: PathBuf,
    own: PathBuf,
    next: PathBuf,
}

/// Files in the work tree stand in the way, as the git program says it.
pub(super) struct InTheWay(pub(super) String);

impl Files {
    fn of(repo: &Repository) -> Files {
        let at = |name: &str| repo.path().join(name);
        Files { index: at("index"), lock: at("index.lock"), own: at("tagbook-index-held"), next: at("tagbook-index") }
    }

    fn lock(&self) -> std::io::Result<()> {
        match fs::hard_link(&self.own, &self.lock) {
            Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
                fs::File::create_new(&self.lock)?.write_all(MARK)
            }
            result => result,
        }
    }

    /// Removes what a writer that died has left.
    fn sweep(&self) {
        let inode = |path: &Path| path.symlink_metadata().ok().map(|metadata| identity(&metadata));
        let is_ours = inode(&self.own).is_some_and(|ours| inode(&self.lock) == Some(ours))
            || fs::read(&self.lock).is_ok_and(|text| text == MARK);
        for left in [&self.next, &self.next.with_extension("lock")] {
            let _ = fs::remove_file(left);
        }
        // As long as the lock stays, so does what tells that it is ours.
        if !is_ours || fs::remove_file(&self.lock).is_ok() {
            let _ = fs::remove_file(&self.own);
        }
    }
}

/// Removes the locks and copies of the index that a writer that died has left. Only who holds the writer's lock may.
pub(super) fn sweep(repo: &Repository) {
    Files::of(repo).sweep();
}

impl<'r> WorkTree<'r> {
    /// Takes the index, once no program of git's holds it any more.
    pub(super) fn take(repo: &'r Repository, shared: &'r Lock) -> Result<WorkTree<'r>, Error> {
        let files = Files::of(repo);
        files.sweep();
        fs::write(&files.own, MARK).map_err(io_failed("write", &files.own))?;
        let start = Instant::now();
        while let Err(error) = files.lock() {
            if error.kind() != ErrorKind::AlreadyExists || start.elapsed() > PATIENCE {
                files.sweep();
                let why = if error.kind() == ErrorKind::AlreadyExists {
                    "another git program holds it; end it, or remove the file if there is none".to_owned()
                } else {
                    error.to_string()
                };
                return Err(Error { doing: format!("lock the index with `{}`", files.lock.display()), why });
            }
            sleep(Duration::from_millis(10));
        }
        Ok(WorkTree { repo, program: Program::of(repo), shared, files })
    }

    /// Whether the work tree could be brought from one commit to another; nothing is changed.
    pub(super) fn rehearse(&self, from: Oid, to: Oid) -> Result<Result<(), InTheWay>, Error> {
        self.copy_index()?;
        self.two_way(&["-n", "-u"], from, to)
    }

    /// Brings files and index from one commit to another: all that differs between the two, and nothing else.
    pub(super) fn bring(&self, from: Oid, to: Oid) -> Result<(), Error> {
        self.copy_index()?;
        let failed = |InTheWay(why)| Error { doing: "bring the work tree along".into(), why };
        self.two_way(&["-u"], from, to)?.map_err(failed)?;
        self.swap_index()
    }

    /// Takes back what a writer had brought from `to` on the way to `from` when it died, as far as nobody has changed it since.
    pub(super) fn take_back(&self, from: Oid, to: Oid) -> Result<(), Error> {
        self.copy_index()?;
        let index = self.read_tree(&["-i"], from, to)?;
        if index.ok {
            self.swap_index()?;
            self.copy_index()?;
        }
        let tree = |id| self.repo.find_commit(id).and_then(|commit| commit.tree()).map_err(failed("read a commit"));
        let diff = self.repo.diff_tree_to_tree(Some(&tree(to)?), Some(&tree(from)?), None);
        for delta in diff.map_err(failed("compare commits"))?.deltas() {
            let Some(path) = delta.new_file().path() else { continue };
            self.take_back_file(path, delta.status(), delta.new_file().id())?;
        }
        Ok(())
    }

    fn take_back_file(&self, path: &Path, brought: Delta, blob: Oid) -> Result<(), Error> {
        let Some(top) = self.repo.workdir() else { return Ok(()) };
        let place = top.join(path);
        let ours = match (brought, fs::read(&place)) {
            (Delta::Deleted, Err(error)) => error.kind() == ErrorKind::NotFound,
            (Delta::Added | Delta::Modified, Ok(there)) => {
                let blob = self.repo.find_blob(blob).map_err(failed("read an object"))?;
                // It may have died half way through a new file.
                there == blob.content() || (brought == Delta::Added && blob.content().starts_with(&there))
            }
            _ => false,
        };
        if !ours {
            return Ok(());
        }
        if brought != Delta::Added {
            self.git(&["checkout-index", "--force", "--quiet", "--", &path.to_string_lossy()])?;
            return Ok(());
        }
        fs::remove_file(&place).map_err(io_failed("remove", &place))?;
        let above = place.ancestors().skip(1).take_while(|folder| *folder != top);
        let _ = above.map(fs::remove_dir).take_while(Result::is_ok).count();
        Ok(())
    }

    fn two_way(&self, flags: &[&str], from: Oid, to: Oid) -> Result<Result<(), InTheWay>, Error> {
        let mut said = self.read_tree(flags, from, to)?;
        if !said.ok {
            // Git goes by when files were changed, and what only looks changed stands in its way until it looks again.
            self.git(&["update-index", "-q", "--refresh"])?;
            said = self.read_tree(flags, from, to)?;
        }
        Ok(if said.ok { Ok(()) } else { Err(InTheWay(last_line(&said.err))) })
    }

    fn read_tree(&self, flags: &[&str], from: Oid, to: Oid) -> Result<Said, Error> {
        let (from, to) = (from.to_string(), to.to_string());
        self.git(&[&["read-tree", "-m"], flags, &[&from, &to]].concat())
    }

    /// Runs the git program on the copy of the index. While it runs, nobody else writes, even should this program die.
    fn git(&self, words: &[&str]) -> Result<Said, Error> {
        let mut command = self.program.command(words);
        finished(command.env("GIT_INDEX_FILE", &self.files.next).stdin(self.shared.shared()?))
    }

    fn copy_index(&self) -> Result<(), Error> {
        match fs::copy(&self.files.index, &self.files.next) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(io_failed("copy", &self.files.index)(error)),
        }
    }

    fn swap_index(&self) -> Result<(), Error> {
        fs::rename(&self.files.next, &self.files.index).map_err(io_failed("write", &self.files.index))
    }
}

impl Drop for WorkTree<'_> {
    fn drop(&mut self) {
        self.files.sweep();
    }
}
