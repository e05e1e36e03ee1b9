//! What must hold of a repository, whatever befell it.

use std::collections::BTreeMap;

use crate::studio::{Receipt, Studio, text};

impl Studio {
    /// Every acknowledged event stands in `branch` once; the repository is whole, the register without contradiction, no lock left.
    pub fn prove(&self, repository: &str, branch: &str, acknowledged: &[Receipt]) {
        let fsck = self.try_git(repository, "fsck --strict --full --no-dangling");
        assert!(fsck.status.success(), "fsck of {repository}: {}{}", text(&fsck.stdout), text(&fsck.stderr));
        let complaints: Vec<_> = text(&fsck.stderr).lines().map(str::to_owned).collect();
        assert!(complaints.iter().all(|line| line.starts_with("notice")), "fsck of {repository}: {complaints:?}");
        self.prove_events(repository, branch, acknowledged);
        self.prove_clean(repository, branch);
        self.prove_unlocked(repository);
    }

    fn prove_events(&self, repository: &str, branch: &str, acknowledged: &[Receipt]) {
        let mut files: BTreeMap<String, usize> = BTreeMap::new();
        for path in self.git(repository, &format!("ls-tree -r --name-only {branch}")).lines() {
            if let Some((asset, name)) = path.split_once("/log/") {
                let id = name.trim_end_matches(".toml").rsplit('-').next().unwrap();
                *files.entry(format!("{}/{id}", asset.rsplit('/').next().unwrap())).or_default() += 1;
            }
        }
        let mut commits: BTreeMap<String, usize> = BTreeMap::new();
        let trailers = self.git(repository, &format!("log --format=%(trailers:key=Tagbook-Event,valueonly) {branch}"));
        for event in trailers.lines().filter(|line| !line.is_empty()) {
            *commits.entry(event.to_owned()).or_default() += 1;
        }
        for event in acknowledged {
            assert_eq!(files.get(event), Some(&1), "{event} was acknowledged, in {repository}");
            assert_eq!(commits.get(event), Some(&1), "{event} was acknowledged, in the history of {repository}");
        }
        let twice: Vec<_> = files.iter().chain(&commits).filter(|(_, count)| **count != 1).collect();
        assert!(twice.is_empty(), "more than once in {repository}: {twice:?}");
        let (filed, committed): (Vec<_>, Vec<_>) = (files.keys().collect(), commits.keys().collect());
        assert_eq!(filed, committed, "files and commits of {repository} tell of the same events");
    }

    /// What is committed checks clean.
    fn prove_clean(&self, repository: &str, branch: &str) {
        let folder = format!("proof-{repository}");
        let _ = std::fs::remove_dir_all(self.path(&folder));
        let to = self.path(&folder);
        self.git(repository, &format!("clone --quiet --no-hardlinks --branch {branch} . {}", to.display()));
        let check = self.tagbook(&folder, "check").output().unwrap();
        assert!(check.status.success(), "check of {repository}:\n{}{}", text(&check.stdout), text(&check.stderr));
        std::fs::remove_dir_all(to).unwrap();
    }

    pub fn prove_unlocked(&self, repository: &str) {
        let git = self.path(repository).join(".git");
        let git = if git.is_dir() { git } else { self.path(repository) };
        let all = walkdir::WalkDir::new(&git).into_iter().filter_map(Result::ok);
        let locks: Vec<_> = all
            .filter(|entry| {
                let name = entry.file_name().to_string_lossy();
                name.ends_with(".lock") || name.starts_with("tagbook-index") || name == "tagbook-stale"
            })
            .map(|entry| entry.into_path())
            .collect();
        assert!(locks.is_empty(), "left behind: {locks:?}");
        let writer = git.join("tagbook-writer");
        assert_eq!(std::fs::read_to_string(&writer).unwrap_or_default(), "", "a writer left its journal");
    }

    /// The work tree shows what is committed, and nothing else.
    pub fn prove_work_tree(&self, repository: &str) {
        let status = self.git(repository, "status --porcelain --untracked-files=all");
        assert_eq!(status, "", "{repository} shows other than its branch has");
    }
}
