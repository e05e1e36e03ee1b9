//! The git program: what needs the network, the user's configuration, or their work tree.

use std::io::{IsTerminal, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

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
    if !std::io::stdin().is_terminal() {
        // There is nobody whom it could ask.
        command.env("GIT_TERMINAL_PROMPT", "0");
    }
    for name in ELSEWHERE {
        command.env_remove(name);
    }
    command
}

/// Clones a branch of `url`, or the one that is checked out there, as a bare and shallow repository at `path`; gives its name.
pub(super) fn clone_bare(url: &str, branch: Option<&str>, path: &Path) -> Result<String, Error> {
    // The address may hold a password.
    let failed = |why: String| Error { doing: "clone the remote".into(), why };
    let mut command = plain();
    command.args(["clone", "--quiet", "--bare", "--depth", "1", "--single-branch", "--no-tags"]);
    if let Some(branch) = branch {
        command.args(["--branch", branch.trim_start_matches("refs/heads/")]);
    }
    // Half a clone is none: it has its name once it is whole.
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let place = tempfile::Builder::new().prefix(".tagbook-clone-").tempdir_in(beside);
    let place = place.map_err(|error| failed(format!("`{}`: {error}", beside.display())))?;
    let part = place.path().join("clone.git");
    let patience = (!std::io::stdin().is_terminal()).then_some(LONG);
    let said = finished_within(command.arg("--").arg(url).arg(&part), patience)?;
    if !said.ok {
        return Err(failed(last_line(&said.err)));
    }
    let moved = std::fs::rename(&part, path);
    moved.map_err(|error| failed(format!("`{}` cannot hold the clone: {error}", path.display())))?;
    let mut command = plain();
    let said = finished(command.arg("--git-dir").arg(path).args(["symbolic-ref", "HEAD"]))?;
    if said.ok { Ok(said.out.trim().to_owned()) } else { Err(failed(last_line(&said.err))) }
}

/// How long a remote may take for what is small, and for what may be large.
pub(super) const SHORT: Duration = Duration::from_secs(15);
pub(super) const LONG: Duration = Duration::from_mins(10);

/// Runs a command to its end, or ends it when that takes too long.
pub(super) fn finished_within(command: &mut Command, limit: Option<Duration>) -> Result<Said, Error> {
    match limit {
        Some(limit) => limited(command, limit),
        None => finished(command),
    }
}

fn limited(command: &mut Command, limit: Duration) -> Result<Said, Error> {
    let failed = |error: std::io::Error| Error { doing: "run the git program".into(), why: error.to_string() };
    // With a group of its own, so that those whom git starts end with it: they hold the writer's lock too.
    command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let read = |from: Option<Box<dyn Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = from.map(|mut from| from.read_to_end(&mut bytes));
            String::from_utf8_lossy(&bytes).into_owned()
        })
    };
    let out = read(child.stdout.take().map(|out| Box::new(out) as Box<dyn Read + Send>));
    let err = read(child.stderr.take().map(|err| Box::new(err) as Box<dyn Read + Send>));
    let Some(status) = wait_at_most(&mut child, limit).map_err(failed)? else {
        let seconds = limit.as_secs();
        return Ok(Said { ok: false, out: String::new(), err: format!("fatal: timed out after {seconds} s\n") });
    };
    let text = |reader: std::thread::JoinHandle<String>| reader.join().unwrap_or_default();
    Ok(Said { ok: status.success(), out: text(out), err: text(err) })
}

/// Waits for a child, which leads a group of processes of its own; when that takes too long, all of them are ended, and `None`
/// is given.
pub(crate) fn wait_at_most(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > limit {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            let _ = child.kill();
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_ended_with_all_that_it_started() {
        let start = Instant::now();
        let mut command = Command::new("sh");
        let folder = tempfile::tempdir().unwrap();
        let script = "(while true; do touch still-here; sleep 0.05; done) & sleep 30";
        command.current_dir(folder.path()).args(["-c", script]).stdin(Stdio::null());
        let said = limited(&mut command, Duration::from_millis(300)).unwrap();
        assert!(!said.ok && said.err.contains("timed out"), "{}", said.err);
        assert!(start.elapsed() < Duration::from_secs(10));
        std::fs::remove_file(folder.path().join("still-here")).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        assert!(!folder.path().join("still-here").exists(), "what it started goes on");
        let said = limited(Command::new("sh").args(["-c", "echo out; echo err >&2"]), LONG).unwrap();
        assert_eq!((said.ok, said.out.as_str(), said.err.as_str()), (true, "out\n", "err\n"));
    }
}
