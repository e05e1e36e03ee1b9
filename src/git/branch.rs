//! What is checked out, what it follows, and what is half done in the work tree.

use git2::{ErrorCode, Oid};

use super::lock::Lock;
use super::program::{Program, finished, last_line};
use super::remote::Remote;
use super::{Error, Repo, failed, found};

/// The branch that is checked out, and the remote that it follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Such as `refs/heads/main`.
    pub name: String,
    /// Whether it has a commit.
    pub is_born: bool,
    /// What it follows.
    pub remote: Option<Remote>,
}

impl Repo {
    /// The branch that is checked out; `None` where a commit is checked out that is no branch's.
    ///
    /// # Errors
    /// Where the repository cannot be read.
    pub fn branch(&self) -> Result<Option<Branch>, Error> {
        let doing = "read which branch is checked out";
        let head = self.git.find_reference("HEAD").map_err(failed(doing))?;
        let Some(name) = head.symbolic_target().map_err(failed(doing))?.map(str::to_owned) else { return Ok(None) };
        let is_born = found(self.git.refname_to_id(&name), doing)?.is_some();
        let text = |result: Result<git2::Buf, git2::Error>| match result {
            // A remote may be given by its address; it has no name, then, and nothing here follows it.
            Err(error) if error.code() == ErrorCode::InvalidSpec => Ok(None),
            result => Ok(found(result, doing)?.map(|buf| String::from_utf8_lossy(&buf).into_owned())),
        };
        let config = self.git.config().map_err(failed(doing))?;
        let short = name.strip_prefix("refs/heads/").unwrap_or(&name);
        let setting = |key: &str| found(config.get_string(&format!("branch.{short}.{key}")), doing);
        let tracking = text(self.git.branch_upstream_name(&name))?;
        let upstream = setting("remote")?.filter(|name| !name.is_empty() && name != ".").zip(setting("merge")?);
        let remote =
            upstream.map(|(remote, branch)| Remote { name: remote, branch, tracking, depth: None, is_awaited: false });
        Ok(Some(Branch { name, is_born, remote }))
    }

    /// A setting of the repository that is yes or no.
    ///
    /// # Errors
    /// Where the configuration cannot be read, or holds something else.
    pub fn setting(&self, name: &str) -> Result<Option<bool>, Error> {
        found(self.git.config().and_then(|config| config.get_bool(name)), format!("read the setting `{name}`"))
    }

    /// Waits until nobody else of ours writes to the repository, and keeps it so as long as what it gives is kept.
    ///
    /// # Errors
    /// Where the lock cannot be taken.
    pub fn alone(&self) -> Result<impl Sized, Error> {
        Lock::take(self.git.commondir())
    }

    /// What is half done in the work tree, such as a merge.
    #[must_use]
    pub fn unfinished(&self) -> Option<&'static str> {
        use git2::RepositoryState as State;
        match self.git.state() {
            State::Clean => None,
            State::Merge => Some("a merge"),
            State::Revert | State::RevertSequence => Some("a revert"),
            State::CherryPick | State::CherryPickSequence => Some("a cherry-pick"),
            State::Bisect => Some("a bisect"),
            _ => Some("a rebase"),
        }
    }

    /// Commits files of the work tree as the first of the repository, by the git program, with its hooks and settings: those at
    /// `paths` that git does not ignore, and those at `new` in any case.
    ///
    /// # Errors
    /// What the git program says.
    pub fn commit_first(&self, paths: &[&str], new: &[&str], message: &str) -> Result<Oid, Error> {
        let program = Program::of(&self.git);
        let places = |paths: &[&str]| paths.iter().map(|path| self.path_in_repository(path)).collect::<Vec<_>>();
        let (paths, new) = (places(paths), places(new));
        let add: Vec<&str> = ["add", "--"].into_iter().chain(paths.iter().map(String::as_str)).collect();
        let force: Vec<&str> = ["add", "--force", "--"].into_iter().chain(new.iter().map(String::as_str)).collect();
        // In an index of its own, so that nothing else that is staged goes along, and nothing is left if a hook says no.
        let index = self.git.path().join("tagbook-index");
        let _ = std::fs::remove_file(&index);
        let mut said = Ok(());
        for words in [&add[..], &force, &["commit", "--quiet", "--message", message]] {
            said = said.and_then(|()| match finished(program.command(words).env("GIT_INDEX_FILE", &index))? {
                said if said.ok => Ok(()),
                said => Err(Error { doing: format!("`git {}`", words[0]), why: last_line(&said.err) }),
            });
        }
        let _ = std::fs::remove_file(&index);
        said?;
        program.run(&add)?;
        program.run(&force)?;
        self.head()?.ok_or_else(|| Error { doing: "`git commit`".into(), why: "it made no commit".into() })
    }
}
