//! What is read again and again: people, phones, places, audits and settings, kept as long as no commit changes them.

use std::sync::{Arc, Mutex};

use git2::Oid;

use super::index::Index;
use super::locked;
use crate::git::{self, Repo};
use crate::register::{self, Number, Opened};
use crate::tree::Tree;

/// The small part of a register, as it was last read.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    kept: Mutex<Option<(Vec<u8>, Arc<Opened>)>>,
}

impl Shelf {
    /// The register at a commit with the records and logs of these assets alone, wherever they are filed, and what was read of
    /// them; photos and papers too where they are wanted.
    pub(super) fn read(
        &self,
        repo: &Repo,
        commit: Oid,
        numbers: &[Number],
        with_files: bool,
        index: &Mutex<Index>,
    ) -> Result<(Opened, Tree), git::Error> {
        let small = self.small(repo, commit)?;
        if numbers.is_empty() {
            return Ok((Opened::clone(&small), Tree::default()));
        }
        let inside: &[&str] = if with_files { &["log", "files"] } else { &["log"] };
        let usual = numbers
            .iter()
            .flat_map(|number| [format!("assets/{}/{number}", number.group()), format!("assets/{number}")]);
        let tree = repo.folders_at(commit, &usual.collect(), inside)?;
        let opened = register::with_assets(&small, &tree);
        if numbers.iter().all(|number| opened.register.assets.contains_key(number)) {
            return Ok((opened, tree));
        }
        // Elsewhere than usual, or nowhere.
        let mut index = locked(index);
        index.follow(repo, commit, self)?;
        let folders = numbers.iter().filter_map(|number| Some(index.folder(number)?.trim_end_matches('/').to_owned()));
        let folders = folders.collect();
        drop(index);
        let tree = repo.folders_at(commit, &folders, inside)?;
        Ok((register::with_assets(&small, &tree), tree))
    }

    pub(super) fn small(&self, repo: &Repo, commit: Oid) -> Result<Arc<Opened>, git::Error> {
        let key = repo.fingerprint(commit, &["assets", "tags", "theme"])?;
        if let Some((known, small)) = &*locked(&self.kept)
            && *known == key
        {
            return Ok(Arc::clone(small));
        }
        let small = Arc::new(small(repo, commit)?);
        *locked(&self.kept) = Some((key, Arc::clone(&small)));
        Ok(small)
    }
}

/// The register at a commit without any asset.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn small(repo: &Repo, commit: Oid) -> Result<Opened, git::Error> {
    let wanted = |folder: &str| matches!(folder.split('/').next(), Some("people" | "phones" | "jobs" | "audits"));
    Ok(register::open(&repo.part_at(commit, &wanted)?))
}
