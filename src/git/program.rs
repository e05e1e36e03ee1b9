//! The git program: what needs the network, the user's configuration, or their work tree.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::{Author, Error};

/// The git program, run in one repository.
#[derive(Debug, Clone)]
pub(super) struct Program {
    git_dir: PathBuf,
    work_tree: Option<PathBuf>,
}

/// Variables of git's that would lead it to another repository or index than the one that is meant.
const ELSEWHERE: &[&str] =
    &["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"];

/// What the git program said in the end.
pub(super) struct Said {
    pub(super) ok: bool,
    pub(super) out: String,
    pub(super) err: String,
}

impl Program {
    pub(super) fn of(repo: &git2::Repository) -> Program {
        Program { git_dir: repo.path().to_owned(), work_tree: repo.workdir().map(Path::to_owned) }
    }

    /// A command of git's, with nothing on its standard input.
    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut command = plain();
        command.arg("--git-dir").arg(&self.git_dir);
        // The folder that this program was started in may be gone.
        command.current_dir(self.work_tree.as_ref().unwrap_or(&self.git_dir));
        if let Some(top) = &self.work_tree {
            command.arg("--work-tree").arg(top);
        }
        command.args(words);
        command
    }

    /// Runs a command to its end.
    pub(super) fn run(&self, words: &[&str]) -> Result<Said, Error> {
        finished(&mut self.command(words))
    }
}

fn plain() -> Command {
    let mut command = Command::new("git");
    command.stdin(Stdio::null()).env("LC_ALL", "C");
    for name in ELSEWHERE {
        command.env_remove(name);
    }
    command
}

/// Clones a branch of `url`, or the one that is checked out there, as a bare and shallow repository at `path`; gives its name.
pub(super) fn clone_bare(url: &str, branch: Option<&str>, path: &Path) -> Result<String, Error> {
    let mut command = plain();
    command.args(["clone", "--quiet", "--bare", "--depth", "1", "--single-branch", "--no-tags"]);
    if let Some(branch) = branch {
        command.args(["--branch", branch.trim_start_matches("refs/heads/")]);
    }
    let said = finished(command.arg("--").arg(url).arg(path))?;
    if !said.ok {
        return Err(Error { doing: format!("clone `{url}`"), why: last_line(&said.err) });
    }
    let mut command = plain();
    let said = finished(command.arg("--git-dir").arg(path).args(["symbolic-ref", "HEAD"]))?;
    if said.ok {
        Ok(said.out.trim().to_owned())
    } else {
        Err(Error { doing: format!("clone `{url}`"), why: last_line(&said.err) })
    }
}

/// Runs a command to its end, and gives what it said.
pub(super) fn finished(command: &mut Command) -> Result<Said, Error> {
    let failed = |error: std::io::Error| Error { doing: "run the git program".into(), why: error.to_string() };
    let Output { status, stdout, stderr } = command.output().map_err(failed)?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Said { ok: status.success(), out: text(stdout), err: text(stderr) })
}

/// Whom git knows as the author of what is committed in `folder`, a repository or not.
///
/// # Errors
/// Where git does not know, or cannot be run.
pub fn identity(folder: &Path) -> Result<Author, Error> {
    let mut command = plain();
    let said = finished(command.current_dir(folder).args(["var", "GIT_AUTHOR_IDENT"]))?;
    let unknown = || Error { doing: "tell who you are".into(), why: last_line(&said.err) };
    if !said.ok {
        return Err(unknown());
    }
    let (name, rest) = said.out.split_once('<').ok_or_else(unknown)?;
    let (email, _) = rest.split_once('>').ok_or_else(unknown)?;
    Ok(Author { name: name.trim().to_owned(), email: email.to_owned() })
}

/// The last line of what the git program says on the side, which says what went wrong.
pub(super) fn last_line(text: &str) -> String {
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it does not say why");
    let plain =
        ["fatal: ", "error: ", "remote: "].iter().fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
    plain.to_owned()
}
