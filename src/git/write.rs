//! The write path: decisions become commits on a branch, one writer at a time, none lost, none twice.
//!
//! 1. The lock is taken; what a writer that died left behind is tidied up.
//! 2. Each job is asked, on the newest commit, what it wants written. Blobs, trees and commits are made without an index, and
//!    written as one pack, which is durable before anything refers to it.
//! 3. With a remote, the commits are pushed. A race that was lost begins again at 2, on what the remote has now.
//! 4. The work tree is brought along, where the branch is checked out, and the branch moves: only from where it was.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use git2::{ErrorCode, ObjectType, Oid, Signature, Transaction};

use super::lock::{Lock, outwait_gits};
use super::pack::{Kept, sync};
use super::remote::{Fetched, Pushed, Remote};
use super::trees::Pen;
use super::worktree::{self, InTheWay, WorkTree};
use super::{Author, Error, Repo, failed, found};

/// How often a race is run again before the writer gives up.
const ATTEMPTS: u32 = 40;

/// How many races a writer loses to programs of git's before it decides behind a locked door.
const POLITE: u32 = 2;

/// Objects that are kept at hand from one round to the next: what some hundred commits are made of.
const FRESH: usize = 1000;

/// What the reflog says of it.
const MOVED: &str = "tagbook: recorded";

/// How often a remote that does not answer is asked again.
const CALLS: u32 = 3;

/// How long a remote that does not answer is asked again.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is to be written as one commit.
#[derive(Debug, Clone)]
pub struct Change {
    /// Files relative to the register, with their new bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// Files relative to the register that are to be no more.
    pub removed: Vec<String>,
    /// The commit's message.
    pub message: String,
    /// Who says so.
    pub author: Author,
    /// Who writes it down; the author where absent.
    pub committer: Option<Author>,
}

/// What a job says of the register as it is.
#[derive(Debug, Clone)]
pub enum Verdict<N> {
    /// This is to be written.
    Write(Change),
    /// It stands there already.
    Known,
    /// No.
    No(N),
}

/// What became of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<N> {
    /// It is recorded, in this commit.
    Recorded(Receipt),
    /// It was recorded already, at the latest in this commit.
    Known(Oid),
    /// The answer was no.
    No(N),
    /// It could not be recorded.
    Failed(Failure),
}

/// Where a job is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The commit.
    pub commit: Oid,
    /// How far it has got.
    pub reach: Reach,
}

/// How far a commit has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The branch has it; there is no remote.
    Local,
    /// The branch has it, and the remote took it.
    Shared,
    /// The remote took it; the branch here could not follow, since files that it touches were changed meanwhile.
    Ahead,
    /// The branch has it. The remote has a work tree of its own on that branch, which takes no pushes.
    Unshared,
}

/// Why nothing could be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The world failed.
    #[error("{0}")]
    World(String),
    /// Files in the work tree are in the way.
    #[error("files in the work tree are in the way: {0}")]
    InTheWay(String),
    /// Another work tree of the repository shows the branch, and nobody would bring it along.
    #[error("the branch is checked out in another work tree too, that of `{0}`")]
    Elsewhere(String),
    /// The remote said no, and will say so again.
    #[error("`{0}` does not take it: {1}")]
    Refused(String, String),
    /// The remote could not be reached; whether it was recorded there is known to nobody here.
    #[error("`{0}` cannot be reached: {1}")]
    Unreachable(String, String),
    /// The remote is not there: it was sent nothing.
    #[error("`{0}` cannot be used: {1}")]
    Barred(String, String),
    /// The branch has commits that the remote lacks, and they are not events that were recorded here.
    #[error("the branch has commits of yours that `{1}` does not have ({0})")]
    Unpushed(usize, String),
    /// Branch and remote have each gone their own way.
    #[error("the branch and `{0}` have each gone their own way")]
    Diverged(String),
    /// It is recorded, but the disk did not confirm that it will last.
    #[error("it is recorded, but the disk does not say that it will last: {0}")]
    Unconfirmed(String),
    /// Others were faster every time.
    #[error("others were faster {0} times{1}")]
    Busy(u32, String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::World(error.to_string())
    }
}

/// Something that wants to be written, asked anew for every commit that it may come after.
pub type Job<'j, N> = Box<dyn FnMut(&Repo, Oid) -> Result<Verdict<N>, Error> + Send + 'j>;

/// Writes to one branch of a repository, and shares what it writes.
pub struct Writer {
    repo: Repo,
    /// Such as `refs/heads/main`.
    branch: String,
    remote: Option<Remote>,
    /// Whether every commit here is one that the remote took, so that the branch can follow it anywhere.
    follows: bool,
}

/// The commit to build on, where the branch is, and where the remote's was when last seen.
#[derive(Debug, Clone, Copy)]
struct Base {
    local: Oid,
    tip: Oid,
    theirs: Option<Oid>,
}

/// What the jobs of a round want: the answers as they will be, and the newest commit.
struct Round<N> {
    answers: Vec<Answer<N>>,
    tip: Oid,
    kept: Kept,
}

/// The newest commit of a remote that somebody else was faster at, and what it said.
type Lost = (Option<Oid>, String);

/// What became of an attempt to publish.
enum Published {
    Done(Reach),
    Moved,
    /// The remote moved on; this is its newest now, and what it said.
    Lost(Option<Oid>, String),
}

impl Writer {
    /// A writer to `branch`, such as `refs/heads/main`, which shares what it writes with `remote`.
    #[must_use]
    pub fn new(repo: Repo, branch: String, remote: Option<Remote>) -> Writer {
        Writer { repo, branch, remote, follows: false }
    }

    /// The same for a repository of the writer's own, in which nobody else commits: its branch is where the remote's is.
    #[must_use]
    pub fn following(mut self) -> Writer {
        self.follows = true;
        self
    }

    /// The repository that is written to.
    #[must_use]
    pub fn repo(&self) -> &Repo {
        &self.repo
    }

    /// Has every job decided on the newest commit, one after the other, and records what they want written: a commit for each
    /// job, one push for all.
    ///
    /// The answers are in the order of the jobs. What is answered as recorded is durable, and the remote has it.
    pub fn record<N>(&mut self, jobs: &mut [Job<N>]) -> Vec<Answer<N>> {
        let count = jobs.len();
        let answers = self.repo.forget(FRESH).map_err(Failure::from).and_then(|()| self.attempt_all(jobs));
        answers.unwrap_or_else(|failure| (0..count).map(|_| Answer::Failed(failure.clone())).collect())
    }

    fn attempt_all<N>(&self, jobs: &mut [Job<N>]) -> Result<Vec<Answer<N>>, Failure> {
        let git = &self.repo.git;
        let mut lock = Lock::take(git.commondir())?;
        if !git.is_bare() {
            worktree::sweep(git);
        }
        self.mend(&mut lock)?;
        let answers = self.attempt(jobs, &mut lock);
        Remote::tidy(git);
        if !lock.owes {
            // What failed before anything was brought leaves nothing to tidy up.
            let _ = lock.about("");
        }
        answers
    }

    fn attempt<N>(&self, jobs: &mut [Job<N>], lock: &mut Lock) -> Result<Vec<Answer<N>>, Failure> {
        let mut theirs = self.known_remote()?;
        let mut is_newest = self.remote.is_none();
        let mut why = String::new();
        let mut sent = vec![None; jobs.len()];
        for attempt in 0..ATTEMPTS {
            // Whoever is always faster has to wait once: the branch is locked before anything is decided.
            let hold = if self.remote.is_none() && attempt > POLITE { Some(self.hold(lock)?) } else { None };
            let base = match self.base(theirs) {
                // What looks like a quarrel may be news that have not come here yet.
                Err(Failure::Unpushed(..) | Failure::Diverged(_)) if !is_newest => {
                    (theirs, is_newest) = (self.fetch(lock)?, true);
                    continue;
                }
                base => base?,
            };
            // Its objects are kept from being collected until the branch has moved.
            let Round { mut answers, tip, kept } = self.decide(jobs, base.tip)?;
            for (answer, sent) in answers.iter_mut().zip(&mut sent) {
                match (&*answer, *sent) {
                    // What an earlier attempt sent has arrived, though nobody said so.
                    (Answer::Known(tip), Some(commit)) if self.leads_to(*tip, commit)? => {
                        *answer = Answer::Recorded(Receipt { commit, reach: Reach::Shared });
                    }
                    (Answer::Recorded(receipt), _) => *sent = Some(receipt.commit),
                    _ => {}
                }
            }
            let is_final = tip != base.tip && answers.iter().all(|answer| !matches!(answer, Answer::No(_)));
            if !is_final && !is_newest {
                // A no is said only of the newest that there is.
                (theirs, is_newest) = (self.fetch(lock)?, true);
                continue;
            }
            if tip == base.tip {
                drop(hold);
                let has = |answer: &Answer<N>| matches!(answer, Answer::Known(_) | Answer::Recorded(_));
                if base.local != tip && (self.follows || answers.iter().any(has)) {
                    // The remote has it already, and what was refused was by what it has. That the branch cannot follow takes
                    // nothing from that.
                    let _ = self.advance(base.local, tip, Reach::Shared, lock, None);
                }
                return Ok(answers);
            }
            let reach = match self.publish(base, tip, lock, hold)? {
                Published::Done(reach) => reach,
                Published::Moved => continue,
                Published::Lost(newest, said) => {
                    (theirs, is_newest, why) = (newest, true, format!("; the last time: {said}"));
                    continue;
                }
            };
            drop(kept);
            let reached = |answer| match answer {
                Answer::Recorded(receipt) => Answer::Recorded(Receipt { reach, ..receipt }),
                other => other,
            };
            return Ok(answers.into_iter().map(reached).collect());
        }
        Err(Failure::Busy(ATTEMPTS, why))
    }

    /// Asks every job what it wants, each on top of the one before.
    fn decide<N>(&self, jobs: &mut [Job<N>], base: Oid) -> Result<Round<N>, Failure> {
        let mut pen = Pen::new(&self.repo);
        let mut tip = base;
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            let written = match job(&self.repo, tip) {
                Ok(Verdict::No(no)) => Ok(Answer::No(no)),
                Ok(Verdict::Known) => Ok(Answer::Known(tip)),
                Ok(Verdict::Write(change)) => self.commit(&change, tip, &mut pen).map(|commit| {
                    tip = commit;
                    Answer::Recorded(Receipt { commit, reach: Reach::Local })
                }),
                Err(error) => Err(error),
            };
            answers.push(written.unwrap_or_else(|error| Answer::Failed(error.into())));
        }
        let kept = pen.settle()?;
        Ok(Round { answers, tip, kept })
    }

    fn commit(&self, change: &Change, parent: Oid, pen: &mut Pen) -> Result<Oid, Error> {
        let mut leaves = Vec::with_capacity(change.files.len());
        for (path, bytes) in &change.files {
            leaves.push((self.repo.path_in_repository(path), Some(pen.write(ObjectType::Blob, bytes.clone())?)));
        }
        leaves.extend(change.removed.iter().map(|path| (self.repo.path_in_repository(path), None)));
        leaves.sort();
        let leaves: Vec<_> = leaves.iter().map(|(path, blob)| (path.as_str(), *blob)).collect();
        let nothing = || Error { doing: "write a commit".into(), why: "it would have no files".into() };
        let tree = pen.edit(Some(self.repo.top(parent)?), &leaves)?.ok_or_else(nothing)?;
        let sign = |author: &Author| Signature::now(&author.name, &author.email).map_err(failed("sign a commit"));
        let author = sign(&change.author)?;
        let committer = sign(change.committer.as_ref().unwrap_or(&change.author))?;
        pen.write(ObjectType::Commit, commit_text(tree, parent, &author, &committer, &change.message))
    }

    fn publish(&self, base: Base, tip: Oid, lock: &mut Lock, hold: Option<Transaction>) -> Result<Published, Failure> {
        let Some(remote) = &self.remote else { return self.advance(base.local, tip, Reach::Local, lock, hold) };
        if self.is_checked_out()? {
            let tree = WorkTree::take(&self.repo.git, lock)?;
            tree.rehearse(base.local, tip)?.map_err(in_the_way)?;
        }
        match self.push(remote, base.theirs, tip, lock)? {
            Ok(Reach::Unshared) if self.follows => {
                let why = "it has a work tree on this branch, which takes no pushes".to_owned();
                Err(Failure::Refused(remote.name.clone(), why))
            }
            Ok(Reach::Unshared) => self.advance(base.local, tip, Reach::Unshared, lock, None),
            Err((newest, said)) => Ok(Published::Lost(newest, said)),
            // The remote has it: whatever happens here now, it is recorded.
            Ok(_) => match self.advance(base.local, tip, Reach::Shared, lock, None) {
                Ok(Published::Done(reach)) => Ok(Published::Done(reach)),
                Ok(_) | Err(_) => Ok(Published::Done(Reach::Ahead)),
            },
        }
    }

    /// Pushes, and where the answer was lost asks the remote what it has. A lost race gives its newest commit.
    fn push(
        &self,
        remote: &Remote,
        theirs: Option<Oid>,
        tip: Oid,
        lock: &Lock,
    ) -> Result<Result<Reach, Lost>, Failure> {
        let git = &self.repo.git;
        let (mut why, mut is_unsure) = (String::new(), false);
        for call in 0..CALLS {
            match remote.push(git, tip, lock)? {
                Pushed::Accepted => return Ok(Ok(Reach::Shared)),
                Pushed::CheckedOut => return Ok(Ok(Reach::Unshared)),
                Pushed::Refused(why) | Pushed::Barred(why) if is_unsure => {
                    return Err(Failure::Unreachable(remote.name.clone(), why));
                }
                Pushed::Refused(why) => return Err(Failure::Refused(remote.name.clone(), why)),
                Pushed::Barred(why) => return Err(Failure::Barred(remote.name.clone(), why)),
                Pushed::Lost(said) | Pushed::Unsent(said) => why = said,
                Pushed::Unknown(said) => (why, is_unsure) = (said, true),
            }
            let newest = self.fetch(lock).map_err(|failure| match failure {
                // It may have arrived before the remote went away.
                Failure::Barred(name, why) => Failure::Unreachable(name, why),
                other => other,
            })?;
            if newest.map_or(Ok(false), |newest| self.leads_to(newest, tip))? {
                return Ok(Ok(Reach::Shared));
            }
            if newest != theirs {
                return Ok(Err((newest, why)));
            }
            // Nobody was faster: it is the push that fails.
            sleep(jitter() * (call + 1) * 10);
        }
        let name = remote.name.clone();
        // What was sent and not heard of may arrive yet.
        Err(if is_unsure { Failure::Unreachable(name, why) } else { Failure::Refused(name, why) })
    }

    /// Moves branch, index and files from `from` to `to`, files first: until the branch has moved, nothing is recorded.
    fn advance(
        &self,
        from: Oid,
        to: Oid,
        reach: Reach,
        lock: &mut Lock,
        hold: Option<Transaction>,
    ) -> Result<Published, Failure> {
        let about = format!("bring {} {from} {to}\n", self.branch);
        if self.repo.git.is_bare() {
            lock.about(&about)?;
            let moved = self.move_branch(from, to, hold)?;
            return self.moved(moved, reach, lock);
        }
        if self.is_checked_out()? {
            WorkTree::take(&self.repo.git, lock)?.rehearse(from, to)?.map_err(in_the_way)?;
        }
        lock.about(&about)?;
        // While the index is locked, `git switch` waits, and what is checked out stays so.
        let index = WorkTree::take(&self.repo.git, lock)?;
        if !self.is_checked_out()? {
            let moved = self.move_branch(from, to, hold)?;
            drop(index);
            return self.moved(moved, reach, lock);
        }
        let moved = index.bring(from, to).and_then(|()| self.move_branch(from, to, hold));
        let taken_back = if matches!(moved, Ok(true)) { Ok(()) } else { index.take_back(to, from) };
        drop(index);
        lock.owes = taken_back.is_err();
        taken_back?;
        self.moved(moved?, reach, lock)
    }

    /// Whether the work tree shows the branch.
    ///
    /// # Errors
    /// Where another work tree of the repository does: nobody would bring that one along.
    fn is_checked_out(&self) -> Result<bool, Failure> {
        let git = &self.repo.git;
        let shows = |folder: &Path| {
            let head = fs::read_to_string(folder.join("HEAD")).unwrap_or_default();
            head.strip_prefix("ref: ").is_some_and(|name| name.trim_end() == self.branch)
        };
        let linked = fs::read_dir(git.commondir().join("worktrees")).into_iter().flatten().filter_map(Result::ok);
        // A bare repository has a HEAD, and linked work trees at most.
        let main = (!self.repo.setting("core.bare")?.unwrap_or_default()).then(|| git.commondir().to_owned());
        let others = linked.map(|entry| entry.path()).chain(main);
        let here = git.path().canonicalize().map_err(|error| Failure::World(error.to_string()))?;
        let is_other = |folder: &PathBuf| folder.canonicalize().is_ok_and(|folder| folder != here);
        if let Some(other) = others.filter(is_other).find(|folder| shows(folder)) {
            return Err(Failure::Elsewhere(other.display().to_string()));
        }
        let head = self.repo.branch()?;
        Ok(!git.is_bare() && head.is_some_and(|head| head.name == self.branch))
    }

    /// Ends an attempt to move the branch.
    fn moved(&self, moved: bool, reach: Reach, lock: &mut Lock) -> Result<Published, Failure> {
        if !moved {
            lock.about("")?;
            return Ok(Published::Moved);
        }
        let refs = self.repo.git.commondir().join("refs");
        let file = self.branch_file("");
        let folders = file.ancestors().skip(1).take_while(|folder| folder.starts_with(&refs));
        let durable = std::iter::once(file.as_path()).chain(folders).try_for_each(sync).and_then(|()| lock.about(""));
        durable.map(|()| Published::Done(reach)).map_err(|error| Failure::Unconfirmed(error.to_string()))
    }

    /// Locks the branch, so that not even the git program moves it.
    fn hold(&self, lock: &mut Lock) -> Result<Transaction<'_>, Error> {
        lock.about(&format!("hold {}\n", self.branch))?;
        let doing = || format!("lock `{}`", self.branch);
        let mut hold = self.repo.git.transaction().map_err(failed(doing()))?;
        loop {
            match hold.lock_ref(&self.branch) {
                Ok(()) => return Ok(hold),
                Err(error) if error.code() == ErrorCode::Locked => outwait_gits(&self.branch_file("lock"))?,
                Err(error) => return Err(failed(doing())(error)),
            }
        }
    }

    /// Moves the branch, unless someone else did.
    fn move_branch(&self, from: Oid, to: Oid, hold: Option<Transaction>) -> Result<bool, Error> {
        let git = &self.repo.git;
        let error = if let Some(mut hold) = hold {
            match hold.set_target(&self.branch, to, None, MOVED).and_then(|()| hold.commit()) {
                Ok(()) => return Ok(true),
                Err(error) => error,
            }
        } else {
            loop {
                match git.reference_matching(&self.branch, to, true, from, MOVED) {
                    Ok(_) => return Ok(true),
                    Err(error) if matches!(error.code(), ErrorCode::Modified | ErrorCode::NotFound) => {
                        return Ok(false);
                    }
                    Err(error) if error.code() == ErrorCode::Locked => {
                        outwait_gits(&self.branch_file("lock"))?;
                    }
                    Err(error) => break error,
                }
            }
        };
        // It may have failed once the branch had moved.
        if self.local()? == to { Ok(true) } else { Err(failed(format!("move `{}`", self.branch))(error)) }
    }

    /// The file of the branch's reference, or its lock.
    fn branch_file(&self, ending: &str) -> PathBuf {
        let dot = if ending.is_empty() { "" } else { "." };
        self.repo.git.commondir().join(format!("{}{dot}{ending}", self.branch))
    }

    /// Tidies up after a writer that died.
    fn mend(&self, lock: &mut Lock) -> Result<(), Error> {
        let Some(left) = lock.left().map(str::to_owned) else { return Ok(()) };
        let words: Vec<&str> = left.split_whitespace().collect();
        let branch_lock = self.repo.git.commondir().join(format!("{}.lock", words.get(1).unwrap_or(&"")));
        let text = fs::read_to_string(&branch_lock).unwrap_or_default();
        // Ours says nothing yet, or what the branch was to be moved to.
        if text.is_empty() || words.last().is_some_and(|to| text.trim_end() == *to) {
            lock.outwait_own(&branch_lock)?;
        }
        lock.outwait(&self.repo.git.commondir().join("packed-refs.lock"))?;
        if let ["bring", branch, from, to] = words.as_slice()
            && let (Ok(from), Ok(to)) = (Oid::from_str(from), Oid::from_str(to))
            && self.repo.branch()?.is_some_and(|head| head.name == *branch)
            && self.repo.commit(branch)? == from
            && !self.repo.git.is_bare()
            && found(self.repo.git.find_commit(to), "read a commit")?.is_some()
        {
            WorkTree::take(&self.repo.git, lock)?.take_back(to, from)?;
        }
        Remote::tidy(&self.repo.git);
        lock.about("")
    }

    fn local(&self) -> Result<Oid, Error> {
        self.repo.tip(&self.branch)
    }

    /// The newest commit of the remote that is known without asking it.
    fn known_remote(&self) -> Result<Option<Oid>, Error> {
        let Some(remote) = &self.remote else { return Ok(None) };
        match &remote.tracking {
            Some(tracking) => found(self.repo.git.refname_to_id(tracking), format!("read `{tracking}`")),
            None => self.local().map(Some),
        }
    }

    fn fetch(&self, lock: &Lock) -> Result<Option<Oid>, Failure> {
        let Some(remote) = &self.remote else { return Ok(None) };
        let (mut why, start) = (String::new(), Instant::now());
        for call in 0..CALLS {
            match remote.fetch(&self.repo.git, lock)? {
                Fetched::Newest(newest) => return Ok(newest),
                Fetched::Refused(why) => return Err(Failure::Refused(remote.name.clone(), why)),
                Fetched::Barred(why) => return Err(Failure::Barred(remote.name.clone(), why)),
                Fetched::Unknown(error) => why = error,
            }
            // Whoever took its whole time takes it again.
            if start.elapsed() > PATIENCE {
                break;
            }
            sleep(jitter() * (call + 1) * 10);
        }
        Err(Failure::Unreachable(remote.name.clone(), why))
    }

    /// The commit to build on, where the remote's newest commit is `theirs`.
    fn base(&self, theirs: Option<Oid>) -> Result<Base, Failure> {
        let local = self.local()?;
        let Some(remote) = &self.remote else { return Ok(Base { local, tip: local, theirs }) };
        let Some(theirs) = theirs else {
            return match self.strangers(local, None)? {
                0 => Ok(Base { local, tip: local, theirs }),
                count => Err(Failure::Unpushed(count, remote.name.clone())),
            };
        };
        if self.follows || self.leads_to(theirs, local)? {
            return Ok(Base { local, tip: theirs, theirs: Some(theirs) });
        }
        if !self.leads_to(local, theirs)? {
            return Err(Failure::Diverged(remote.name.clone()));
        }
        match self.strangers(local, Some(theirs))? {
            0 => Ok(Base { local, tip: local, theirs: Some(theirs) }),
            count => Err(Failure::Unpushed(count, remote.name.clone())),
        }
    }

    /// Commits up to `local` that the remote lacks and that tagbook has not written.
    fn strangers(&self, local: Oid, theirs: Option<Oid>) -> Result<usize, Error> {
        let git = &self.repo.git;
        let walk = || {
            let mut walk = git.revwalk()?;
            walk.push(local)?;
            theirs.map_or(Ok(()), |theirs| walk.hide(theirs))?;
            let mut count = 0;
            for id in walk {
                let commit = git.find_commit(id?)?;
                let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
                count += usize::from(!message.lines().any(|line| line.starts_with("Tagbook-")));
            }
            Ok(count)
        };
        walk().map_err(failed("walk the history"))
    }

    /// Whether `commit` is `ancestor` or comes after it, as far as the history goes here.
    fn leads_to(&self, commit: Oid, ancestor: Oid) -> Result<bool, Error> {
        if commit == ancestor {
            return Ok(true);
        }
        let leads = found(self.repo.git.graph_descendant_of(commit, ancestor), "walk the history")?;
        Ok(leads.unwrap_or_default())
    }
}

/// The content of a commit as `git cat-file commit` shows it.
fn commit_text(tree: Oid, parent: Oid, author: &Signature, committer: &Signature, message: &str) -> Vec<u8> {
    let mut text = format!("tree {tree}\nparent {parent}\n").into_bytes();
    for (role, who) in [("author", author), ("committer", committer)] {
        let time = who.when();
        let minutes = time.offset_minutes().abs();
        let zone = format!("{}{:02}{:02}", time.sign(), minutes / 60, minutes % 60);
        let parts = [role.as_bytes(), b" ", who.name_bytes(), b" <", who.email_bytes(), b"> "];
        text.extend(parts.concat());
        text.extend(format!("{} {zone}\n", time.seconds()).into_bytes());
    }
    text.push(b'\n');
    text.extend_from_slice(message.as_bytes());
    text
}

fn in_the_way(InTheWay(why): InTheWay) -> Failure {
    Failure::InTheWay(why)
}

/// A short wait that differs between those who lost the same race.
fn jitter() -> Duration {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    let mixed = nanos.wrapping_mul(2_654_435_761) ^ std::process::id().wrapping_mul(40_503);
    Duration::from_millis(u64::from(mixed >> 16) % 25)
}
