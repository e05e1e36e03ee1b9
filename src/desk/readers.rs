//! Repositories to read from, one for each thread that reads.

use std::path::PathBuf;
use std::sync::Mutex;

use super::locked;
use crate::git::{self, Repo};

/// How often one is read from before it is opened anew: what git has packed meanwhile is forgotten then.
const USES: u32 = 500;

pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<(Repo, u32)>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Readers {
        Readers { path, idle: Mutex::default() }
    }

    /// Has `read` read from a repository that nobody else reads from meanwhile.
    pub(super) fn with<T>(&self, read: impl FnOnce(&Repo) -> Result<T, git::Error>) -> Result<T, git::Error> {
        let idle = locked(&self.idle).pop();
        let (repo, uses) = match idle {
            Some(idle) => idle,
            None => (Repo::of(&self.path)?, 0),
        };
        let result = read(&repo);
        if uses < USES && result.is_ok() {
            locked(&self.idle).push((repo, uses + 1));
        }
        result
    }
}
