//! The remote: fetched from and pushed to by the git program, and what its answers mean.

use std::io::IsTerminal;
use std::time::Duration;

use git2::Oid;

use super::lock::Lock;
use super::program::{LONG, Program, SHORT, Said, finished_within, last_line};
use super::{Error, failed};

/// The reference from which commits are pushed: they are safe from being collected before a branch has them.
const OUTGOING: &str = "refs/tagbook/outgoing";

/// The reference into which the remote's branch is fetched.
const INCOMING: &str = "refs/tagbook/incoming";

/// A branch of another repository, which decides whose commit comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its name in the configuration, or its address.
    pub name: String,
    /// The branch there, as `refs/heads/main`.
    pub branch: String,
    /// The reference that follows it here, as `refs/remotes/origin/main`.
    pub tracking: Option<String>,
    /// How many commits deep it is fetched; as deep as it goes where absent.
    pub depth: Option<u32>,
    /// Whether people wait for every answer.
    pub is_awaited: bool,
}

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pushed {
    /// The branch there has it.
    Accepted,
    /// Someone was faster, in the remote's words: fetch and decide again.
    Lost(String),
    /// No, and no again if asked again.
    Refused(String),
    /// It is not there: nothing was sent.
    Barred(String),
    /// The repository there has a work tree with this branch in it, which no push may change.
    CheckedOut,
    /// Whether it was taken is not known.
    Unknown(String),
    /// It was not sent: something here, such as a hook, stood in the way, and may the next time.
    Unsent(String),
}

/// What became of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fetched {
    /// The newest commit of the branch; `None` where there is no such branch.
    Newest(Option<Oid>),
    /// This user may not.
    Refused(String),
    /// It is not there.
    Barred(String),
    /// It did not answer; it may the next time.
    Unknown(String),
}

impl Remote {
    /// What a shallow clone was made of. Its address, which may hold a password, is git's affair.
    #[must_use]
    pub fn of_clone(branch: String) -> Remote {
        Remote { name: "origin".into(), branch, tracking: None, depth: Some(1), is_awaited: false }
    }

    /// The same for a desk, where people wait for every answer, and nobody sits who could be asked for a password.
    #[must_use]
    pub fn awaited(self) -> Remote {
        Remote { is_awaited: true, ..self }
    }

    /// How long it may take: where only the newest commit is fetched there is never much. A person at a terminal, who may be
    /// asked for a password, has as long as they like.
    fn patience(&self) -> Option<Duration> {
        match self.depth {
            _ if self.is_awaited => Some(SHORT),
            _ if std::io::stdin().is_terminal() => None,
            Some(_) => Some(SHORT),
            None => Some(LONG),
        }
    }

    /// Asks the remote to take `commit` as the newest of its branch.
    pub(super) fn push(&self, repo: &git2::Repository, commit: Oid, lock: &Lock) -> Result<Pushed, Error> {
        lock.outwait_own(&repo.commondir().join(format!("{OUTGOING}.lock")))?;
        repo.reference(OUTGOING, commit, true, "tagbook: to be pushed").map_err(failed("write a reference"))?;
        let refspec = format!("{OUTGOING}:{}", self.branch);
        let words = ["push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no", &self.name, &refspec];
        let said = finished_within(Program::of(repo).command(&words).stdin(lock.shared()?), self.patience())?;
        Ok(outcome(&said, &self.branch))
    }

    /// The newest commit of the remote's branch, with its history as deep as wanted.
    pub(super) fn fetch(&self, repo: &git2::Repository, lock: &Lock) -> Result<Fetched, Error> {
        lock.outwait_own(&repo.commondir().join(format!("{INCOMING}.lock")))?;
        if let Some(tracking) = &self.tracking {
            lock.outwait(&repo.commondir().join(format!("{tracking}.lock")))?;
        }
        let refspec = format!("+{}:{INCOMING}", self.branch);
        let depth = self.depth.map(|depth| format!("--depth={depth}"));
        let quiet = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
        let mut words = quiet.to_vec();
        words.push("--recurse-submodules=no");
        words.extend(depth.as_deref());
        words.extend([self.name.as_str(), &refspec]);
        let said = finished_within(&mut Program::of(repo).command(&words), self.patience())?;
        if !said.ok {
            let none = said.err.contains("couldn't find remote ref");
            let unknown = || Fetched::Unknown(last_line(&said.err));
            return Ok(match permanent(&said.err) {
                _ if none => Fetched::Newest(None),
                Some(Permanent::Denied(why)) => Fetched::Refused(why),
                Some(Permanent::Gone(why)) => Fetched::Barred(why),
                None => unknown(),
            });
        }
        let newest = repo.refname_to_id(INCOMING).map_err(failed("read a reference"))?;
        Ok(Fetched::Newest(Some(newest)))
    }

    /// Forgets the references that were needed on the way.
    pub(super) fn tidy(repo: &git2::Repository) {
        // Those of a writer that died are files yet, or packed by now.
        let is_there = |place: &str| repo.commondir().join(place).exists();
        if !is_there("refs/tagbook") && !is_there("packed-refs") {
            return;
        }
        for name in [OUTGOING, INCOMING] {
            // One that stays does no harm: the next push or fetch moves it.
            let _ = repo.find_reference(name).and_then(|mut reference| reference.delete());
        }
    }
}

/// Reads what `git push --porcelain` said of one branch: a line of flag, references and, in brackets, the reason.
fn outcome(said: &Said, branch: &str) -> Pushed {
    let line = said.out.lines().find(|line| line.contains(&format!(":{branch}\t")));
    let Some((flag, summary)) = line.and_then(|line| Some((line.chars().next()?, line.rsplit('\t').next()?))) else {
        return match permanent(&said.err) {
            Some(Permanent::Denied(why)) => Pushed::Refused(why),
            Some(Permanent::Gone(why)) => Pushed::Barred(why),
            None if said.ok => Pushed::Unknown("git said nothing of the branch".into()),
            None if CUT.iter().any(|words| said.err.contains(words)) => Pushed::Unknown(reason(&said.err)),
            None => Pushed::Unsent(reason(&said.err)),
        };
    };
    if flag != '!' {
        return if said.ok { Pushed::Accepted } else { Pushed::Unknown(reason(&said.err)) };
    }
    if LOST.iter().any(|words| summary.contains(words)) {
        return Pushed::Lost(summary.to_owned());
    }
    if summary.contains("branch is currently checked out") {
        return Pushed::CheckedOut;
    }
    if summary.starts_with("[remote failure]") {
        return Pushed::Unknown(summary.to_owned());
    }
    let remarks: Vec<_> = said.err.lines().filter_map(|line| line.strip_prefix("remote: ")).map(str::trim).collect();
    let remarks = remarks.into_iter().filter(|line| !line.is_empty()).take(5).collect::<Vec<_>>().join(" ");
    let why = summary.split_once('(').map_or(summary, |(_, why)| why.trim_end_matches(')'));
    Pushed::Refused(if remarks.is_empty() { why.to_owned() } else { format!("{why}: {remarks}") })
}

/// What git says when a connection was cut, at whatever time.
const CUT: &[&str] = &[
    "hung up",
    "RPC failed",
    "early EOF",
    "disconnect",
    "onnection",
    "timed out",
    "Could not resolve",
    "unable to access",
    "Broken pipe",
];

/// What git and its servers say when another push came first.
const LOST: &[&str] = &[
    "(fetch first)",
    "(non-fast-forward)",
    "(stale info)",
    "(failed to update ref)",
    "(cannot lock ref",
    "(incorrect old value provided)",
    "but expected",
    "reference already exists",
    "(atomic",
];

/// The last line that says more than that it failed.
fn reason(err: &str) -> String {
    let lines: Vec<_> = err.lines().filter(|line| !line.starts_with("error: failed to push some refs")).collect();
    last_line(&lines.join("\n"))
}

/// What nobody gets further with by asking again, and the line that says so.
enum Permanent {
    /// This user may not.
    Denied(String),
    /// There is no such repository, or none that can be trusted to be it.
    Gone(String),
}

fn permanent(err: &str) -> Option<Permanent> {
    let denied = [
        "ermission denied",
        "Permission to",
        "Authentication failed",
        "could not read Username",
        "ccess denied",
        "returned error: 401",
        "returned error: 403",
        "shallow update not allowed",
        "not allowed to push",
    ];
    let gone =
        ["not found", "does not appear to be a git repository", "does not exist", "Host key verification failed"];
    // What ssh or a server remarks on the side is not why it failed.
    let verdicts = || {
        err.lines().filter(|line| {
            let is_last_word = ["fatal:", "ERROR:", "remote: Permission to", "remote: ERROR"].iter();
            line.contains("Permission denied (") || is_last_word.clone().any(|word| line.starts_with(word))
        })
    };
    let line = |words: &[&str]| verdicts().find(|line| words.iter().any(|word| line.contains(word))).map(last_line);
    line(&denied).map(Permanent::Denied).or_else(|| line(&gone).map(Permanent::Gone))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = "refs/heads/main";

    fn pushed(ok: bool, line: &str, err: &str) -> Pushed {
        let out =
            if line.is_empty() { String::new() } else { format!("To https://git.example.org/kit\n{line}\nDone\n") };
        outcome(&Said { ok, out, err: err.into() }, MAIN)
    }

    fn line(flag: char, summary: &str) -> String {
        format!("{flag}\trefs/tagbook/outgoing:refs/heads/main\t{summary}")
    }

    #[test]
    fn a_push_is_accepted_only_where_the_branch_says_so() {
        assert_eq!(pushed(true, &line(' ', "1234567..89abcde"), ""), Pushed::Accepted);
        assert_eq!(pushed(true, &line('*', "[new reference]"), ""), Pushed::Accepted);
        assert_eq!(pushed(true, &line('=', "[up to date]"), ""), Pushed::Accepted);
        assert!(matches!(pushed(true, "", ""), Pushed::Unknown(_)));
        assert!(matches!(pushed(false, "", "fatal: the remote end hung up unexpectedly"), Pushed::Unknown(_)));
        assert!(matches!(
            pushed(false, &line('!', "[remote failure] (remote failed to report status)"), ""),
            Pushed::Unknown(_)
        ));
    }

    #[test]
    fn what_stopped_a_push_on_its_way_is_named() {
        let hook = "not from here\nerror: failed to push some refs to '../hub.git'\n";
        assert_eq!(pushed(false, "", hook), Pushed::Unsent("not from here".into()));
    }

    #[test]
    fn a_lost_race_is_told_from_a_refusal() {
        for lost in [
            "[rejected] (fetch first)",
            "[rejected] (non-fast-forward)",
            "[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)",
            "[remote rejected] (failed to update ref)",
            "[remote rejected] (incorrect old value provided)",
        ] {
            assert_eq!(pushed(false, &line('!', lost), ""), Pushed::Lost(lost.into()));
        }
        let hook = pushed(
            false,
            &line('!', "[remote rejected] (pre-receive hook declined)"),
            "remote: no pushes on Sundays  \nremote: \n",
        );
        assert_eq!(hook, Pushed::Refused("pre-receive hook declined: no pushes on Sundays".into()));
        let protected = pushed(false, &line('!', "[remote rejected] (protected branch hook declined)"), "");
        assert_eq!(protected, Pushed::Refused("protected branch hook declined".into()));
        assert_eq!(
            pushed(false, &line('!', "[remote rejected] (branch is currently checked out)"), ""),
            Pushed::CheckedOut
        );
    }

    #[test]
    fn who_may_not_is_told_so_and_who_cannot_reach_it_asks_again() {
        for denied in [
            "git@git.example.org: Permission denied (publickey).\nfatal: Could not read from remote repository.",
            "fatal: unable to access 'https://git.example.org/': The requested URL returned error: 403",
            "fatal: Authentication failed for 'https://git.example.org/'",
        ] {
            assert!(matches!(pushed(false, "", denied), Pushed::Refused(_)), "{denied}");
        }
        for gone in [
            "warning: Permission denied\nfatal: '/gone' does not appear to be a git repository",
            "fatal: repository 'https://git.example.org/kit/' not found",
        ] {
            assert!(matches!(pushed(false, "", gone), Pushed::Barred(_)), "{gone}");
        }
        for unknown in [
            "fatal: unable to access 'https://x/': Could not resolve host: x",
            "error: RPC failed; curl 52 Empty reply from server",
            "Could not create directory '~/.ssh' (Permission denied).\nfatal: the remote end hung up unexpectedly",
        ] {
            assert!(matches!(pushed(false, "", unknown), Pushed::Unknown(_)), "{unknown}");
        }
    }
}
