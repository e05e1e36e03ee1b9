//! Repositories to read from, one for each thread that reads.

use std::sync::Mutex;

use super::locked;
use crate::git::{self, Repo};

/// How often one is read from before it is opened anew: what git has packed meanwhile is forgotten then.
const USES: u32 = 500;

pub(super) struct Readers {
    first: Mutex<Repo>,
    idle: Mutex<Vec<(Repo, u32)>>,
}

impl Readers {
    /// Readers of what is written by way of `repo`.
    pub(super) fn beside(repo: &Repo) -> Result<Readers, git::Error> {
        Ok(Readers { first: Mutex::new(repo.beside()?), idle: Mutex::default() })
    }

    /// Has `read` read from a repository that nobody else reads from meanwhile.
    pub(super) fn with<T>(&self, read: impl FnOnce(&Repo) -> Result<T, git::Error>) -> Result<T, git::Error> {
        let idle = locked(&self.idle).pop();
        let (repo, uses) = match idle {
            Some(idle) => idle,
            None => (locked(&self.first).beside()?, 0),
        };
        let result = read(&repo);
        if uses < USES && result.is_ok() {
            locked(&self.idle).push((repo, uses + 1));
        }
        result
    }
}
