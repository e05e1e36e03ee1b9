//! A new repository with a given past: commits made from files, without the git program.

use std::path::Path;

use chrono::{DateTime, Utc};
use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Repository, RepositoryInitOptions, Signature, Time};

use super::{Author, Error, failed};

/// A commit to be made: the files that it adds or changes.
#[derive(Debug, Clone)]
pub struct Commit {
    /// When it is said to have been made.
    pub at: DateTime<Utc>,
    /// By whom.
    pub author: Author,
    /// Why.
    pub message: String,
    /// Paths and bytes.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Makes a repository on branch `main` in `root`, whose files are there already, with `commits`, if any, oldest first.
///
/// # Errors
/// Where git fails.
pub fn repository(root: &Path, commits: &[Commit]) -> Result<(), Error> {
    let doing = || format!("make the git repository `{}`", root.display());
    make(root, commits).map_err(failed(doing()))
}

fn make(root: &Path, commits: &[Commit]) -> Result<(), git2::Error> {
    let repo = Repository::init_opts(root, RepositoryInitOptions::new().initial_head("main").no_reinit(true))?;
    let mut tree = repo.find_tree(repo.treebuilder(None)?.write()?)?;
    let mut parent = None;
    for commit in commits {
        let mut update = TreeUpdateBuilder::new();
        for (path, bytes) in &commit.files {
            update.upsert(path.as_str(), repo.blob(bytes)?, FileMode::Blob);
        }
        tree = repo.find_tree(update.create_updated(&repo, &tree)?)?;
        let who = Signature::new(&commit.author.name, &commit.author.email, &Time::new(commit.at.timestamp(), 0))?;
        let parents: Vec<_> = parent.iter().collect();
        let made = repo.commit(None, &who, &who, &format!("{}\n", commit.message), &tree, &parents)?;
        parent = Some(repo.find_commit(made)?);
    }
    if let Some(head) = parent {
        repo.reference("refs/heads/main", head.id(), true, "the past of the demo")?;
        let mut index = repo.index()?;
        index.read_tree(&head.tree()?)?;
        index.write()?;
    }
    Ok(())
}
