//! What every writing command does: decide on what is committed, commit it, share it, and say how it went.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use chrono::Utc;

use super::place;
use super::{Stop, paint};
use crate::disk::{self, Tried};
use crate::git::{self, Answer, Author, Branch, Change, Failure, Job, Reach, Repo, Verdict, Writer};
use crate::register::picture::Photo;
use crate::register::{self, Moment, Number, Opened, Person, Posting, Register, Role, Slug, did_you_mean};
use crate::site::photo::taken;
use crate::tree::{Entry, Tree};

/// How it is recorded.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Recording")]
pub(super) struct How {
    /// Who says so [default: the person with your git e-mail address]
    #[arg(long, value_name = "PERSON")]
    by: Option<String>,
    /// Leave the new files in the folder, and commit nothing
    #[arg(long)]
    pub(super) no_commit: bool,
    /// Commit here, and leave the remote for later
    #[arg(long)]
    no_push: bool,
}

/// Something that someone wants recorded.
pub(super) trait Wish: Send {
    /// The assets whose logs it must know: it writes to no others.
    fn concerns(&self, register: &Register, by: &Slug, moment: &Moment) -> Result<Vec<Number>, Vec<Stop>>;

    /// Folders of assets beside theirs whose logs it must know.
    fn folders(&self, _: &Register) -> Vec<String> {
        Vec::new()
    }

    /// What has to be written, so that it is recorded; `None` where it is already.
    fn decide(&mut self, here: &Here, by: &Slug, moment: &Moment) -> Result<Option<Posting>, Vec<Stop>>;
}

/// The register that is decided on: every record, and the logs of those concerned.
pub(super) struct Here<'r> {
    /// Without logs where it is a commit's.
    pub(super) tree: Tree,
    pub(super) opened: Opened,
    /// The logs, where they are apart.
    logs: Option<Tree>,
    inside: &'r dyn Fn(&str) -> Result<Tree, Stop>,
    bytes: &'r dyn Fn(&str) -> Result<Vec<u8>, Stop>,
}

impl Here<'_> {
    /// The files of the logs of those concerned.
    pub(super) fn logs(&self) -> &Tree {
        self.logs.as_ref().unwrap_or(&self.tree)
    }

    /// All that is in a folder, whatever it is, by its path.
    pub(super) fn inside(&self, folder: &str) -> Result<Tree, Stop> {
        (self.inside)(folder)
    }

    /// The bytes of a file.
    pub(super) fn bytes(&self, path: &str) -> Result<Vec<u8>, Stop> {
        (self.bytes)(path)
    }
}

/// Where it is recorded now.
pub(super) struct Recorded {
    /// The commit, where there is one.
    pub(super) commit: Option<String>,
    /// The name of the remote that has it.
    pub(super) shared: Option<String>,
}

/// Records a wish in the register: as a commit on the branch that is checked out, or as files where that is what is asked.
pub(super) fn record(named: Option<&Path>, how: &How, wish: &mut dyn Wish) -> Result<Recorded, Vec<Stop>> {
    let root = place::find(named).map_err(one)?;
    let who = Who::new(&root, how);
    let repo = Repo::around(&root).map_err(one)?;
    let uncommitted = Recorded { commit: None, shared: None };
    let Some(repo) = repo else {
        if !how.no_commit {
            paint::note("this folder is in no git repository: the files are written, and there is no commit");
        }
        return write_files(&root, &who, wish).map(|_| uncommitted);
    };
    if how.no_commit {
        let _alone = repo.alone().map_err(one)?;
        return write_files(&root, &who, wish).map(|_| uncommitted);
    }
    if !branch(&repo)?.is_born {
        let _alone = repo.alone().map_err(one)?;
        // Whoever held the lock before may have made the first commit.
        if !branch(&repo)?.is_born {
            return begin(&root, &repo, &who, wish);
        }
    }
    let branch = branch(&repo)?;
    commit(&root, repo, branch, how, &who, wish)
}

fn one(stop: impl Into<Stop>) -> Vec<Stop> {
    vec![stop.into()]
}

/// The branch that is checked out, with nothing half done on it.
fn branch(repo: &Repo) -> Result<Branch, Vec<Stop>> {
    let or = "or leave the files uncommitted with --no-commit";
    if let Some(what) = repo.unfinished() {
        let why = format!("{what} is going on in this repository");
        return Err(one(Stop::Refused(why, Some(format!("finish it or call it off first, {or}")))));
    }
    let none = || Stop::Refused("no branch is checked out".into(), Some(format!("`git switch` to one, {or}")));
    repo.branch().map_err(one)?.ok_or_else(|| one(none()))
}

/// Whoever records.
struct Who {
    named: Option<String>,
    identity: Result<Author, git::Error>,
}

impl Who {
    fn new(root: &Path, how: &How) -> Who {
        Who { named: how.by.clone(), identity: git::identity(root) }
    }

    /// The person of the register who records.
    fn person(&self, register: &Register) -> Result<Slug, Stop> {
        let people = &register.people;
        if let Some(named) = &self.named {
            let slug = named.trim().to_lowercase();
            let hint = || did_you_mean(&slug, people.keys().map(Slug::as_str));
            let no = || Stop::Refused(format!("there is no person `{}`", named.escape_debug()), hint());
            return people.keys().find(|known| known.as_str() == slug).cloned().ok_or_else(no);
        }
        let or = "say who you are with --by";
        let author = self.identity.as_ref().map_err(|error| Stop::Refused(error.to_string(), Some(or.into())))?;
        let is_theirs = |email: &String| email.eq_ignore_ascii_case(&author.email);
        let person = people.values().find(|person| person.email.as_ref().is_some_and(is_theirs));
        person.map(|person| person.slug.clone()).ok_or_else(|| {
            let why = format!("nobody in people/ has the e-mail address `{}`", author.email);
            Stop::Refused(why, Some(format!("{or}, or write it into your file in people/")))
        })
    }
}

fn now(opened: &Opened) -> Moment {
    Moment::at(Utc::now(), opened.register.config.timezone)
}

/// Decides on what lies in the folder, and writes files.
fn write_files(root: &Path, who: &Who, wish: &mut dyn Wish) -> Result<Option<Posting>, Vec<Stop>> {
    let tree = disk::read(root).map_err(one)?;
    let inside = |folder: &str| Ok(disk::read_folder(root, folder));
    let bytes = |path: &str| Ok(fs::read(root.join(path)).tried("read", path.as_ref())?);
    let here = Here { opened: register::open(&tree), tree, logs: None, inside: &inside, bytes: &bytes };
    let by = who.person(&here.opened.register).map_err(one)?;
    let posting = wish.decide(&here, &by, &now(&here.opened))?;
    if let Some(posting) = &posting {
        disk::write_all(root, &posting.files).map_err(one)?;
        disk::remove(root, &posting.removed).map_err(one)?;
    }
    Ok(posting)
}

/// The first commit of a repository takes the whole register along.
fn begin(root: &Path, repo: &Repo, who: &Who, wish: &mut dyn Wish) -> Result<Recorded, Vec<Stop>> {
    who.identity.as_ref().map_err(|error| one(Stop::Failed(error.to_string())))?;
    let Some(posting) = write_files(root, who, wish)? else { return Ok(Recorded { commit: None, shared: None }) };
    let own = disk::own_files(root).map_err(one)?;
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let new: Vec<&str> = posting.files.iter().map(|(path, _)| path.as_str()).collect();
    let commit = repo.commit_first(&own, &new, posting.message.trim_end()).map_err(|error| {
        disk::remove_all(root, &posting.files);
        one(error)
    })?;
    Ok(Recorded { commit: Some(commit.to_string()), shared: None })
}

fn commit(
    root: &Path,
    repo: Repo,
    branch: Branch,
    how: &How,
    who: &Who,
    wish: &mut dyn Wish,
) -> Result<Recorded, Vec<Stop>> {
    let pushes = !how.no_push && repo.setting("tagbook.push").map_err(one)?.unwrap_or(true);
    let remote = branch.remote.filter(|_| pushes);
    let name = remote.as_ref().map(|remote| remote.name.clone());
    if repo.setting("commit.gpgsign").is_ok_and(|signs| signs == Some(true)) {
        paint::note("git is set to sign commits; those that tagbook makes are not signed");
    }
    let author = who.identity.as_ref().map_err(|error| one(Stop::Failed(error.to_string())))?.clone();
    let here = branch.name.clone();
    let job = |repo: &Repo, commit: git2::Oid| {
        // While others held the lock, the branch has moved.
        let local = repo.commit(&here)?;
        Ok(match decide(root, repo, local, commit, who, wish)? {
            Err(stops) => Verdict::No(stops),
            Ok(None) => Verdict::Known,
            Ok(Some(Posting { files, removed, message })) => {
                Verdict::Write(Change { files, removed, message, author: author.clone(), committer: None })
            }
        })
    };
    let mut writer = Writer::new(repo, branch.name, remote);
    let mut jobs: [Job<Vec<Stop>>; 1] = [Box::new(job)];
    match writer.record(&mut jobs).pop() {
        Some(Answer::Recorded(receipt)) => {
            match (receipt.reach, &name) {
                (Reach::Ahead, Some(name)) => paint::note(&format!(
                    "`{name}` has it, but your branch could not follow; bring it along with `git pull`"
                )),
                (Reach::Unshared, Some(name)) => paint::note(&format!(
                    "recorded here only: `{name}` has a work tree on this branch, which takes no pushes"
                )),
                _ => {}
            }
            let shared = name.filter(|_| matches!(receipt.reach, Reach::Shared | Reach::Ahead));
            Ok(Recorded { commit: Some(receipt.commit.to_string()), shared })
        }
        Some(Answer::Known(commit)) => Ok(Recorded { commit: Some(commit.to_string()), shared: None }),
        Some(Answer::No(stops)) => Err(stops.into_iter().map(|stop| with_uncommitted(stop, root)).collect()),
        Some(Answer::Failed(failure)) => Err(one(failure)),
        None => Err(one(Stop::Failed("nothing was answered".into()))),
    }
}

/// Decides on the register as it is recorded at a commit: every record is read, and the logs of those concerned.
fn decide(
    root: &Path,
    repo: &Repo,
    local: git2::Oid,
    commit: git2::Oid,
    who: &Who,
    wish: &mut dyn Wish,
) -> Result<Result<Option<Posting>, Vec<Stop>>, git::Error> {
    let tree = repo.part_at(commit, &without_logs)?;
    let opened = register::open(&tree);
    let moment = now(&opened);
    let concerned = who
        .person(&opened.register)
        .map_err(one)
        .and_then(|by| Ok((wish.concerns(&opened.register, &by, &moment)?, by)));
    let (concerned, by) = match concerned {
        Ok(concerned) => concerned,
        Err(stops) => return Ok(Err(stops)),
    };
    let assets = &opened.register.assets;
    let mut folders = wish.folders(&opened.register);
    folders.extend(concerned.iter().filter_map(|number| Some(assets.get(number)?.folder.clone())));
    let ways = Ways::to(&folders);
    if let Some(stop) = uncommitted(root, repo, local, &ways)? {
        return Ok(Err(vec![stop]));
    }
    let logs = repo.part_at(commit, &|folder| ways.lead_through(folder))?;
    let opened = Opened { ledger: register::open(&logs).ledger, ..opened };
    let inside = |folder: &str| {
        let one = [folder.to_owned()];
        let ways = Ways::to(&one);
        Ok(repo.part_at(commit, &|folder| ways.lead_through(folder) || ways.lead_into(folder))?)
    };
    let bytes = |path: &str| Ok(repo.file_at(commit, path)?);
    let here = Here { tree, opened, logs: Some(logs), inside: &inside, bytes: &bytes };
    let posting = wish.decide(&here, &by, &moment);
    // What has no record yet has no log, either.
    let is_new = |path: &str| {
        let folder = path.split("/log/").next().unwrap_or_default();
        here.tree.entry(&format!("{folder}/asset.toml")).is_none()
    };
    let unknown = |path: &str| path.contains("/log/") && !ways.lead_into(path) && !is_new(path);
    if let Ok(Some(posting)) = &posting
        && let Some((path, _)) = posting.files.iter().find(|(path, _)| unknown(path))
    {
        return Ok(Err(one(Stop::Failed(format!("`{path}` would be written without its log having been read")))));
    }
    Ok(posting)
}

/// The folders of some assets, and all that lie above them.
struct Ways<'f> {
    assets: BTreeSet<&'f str>,
    above: BTreeSet<&'f str>,
}

impl Ways<'_> {
    fn to(folders: &[String]) -> Ways<'_> {
        let slashes = |folder: &'_ str| folder.match_indices('/').map(|(at, _)| at + 1).collect::<Vec<_>>();
        let above = folders.iter().flat_map(|folder| slashes(folder).into_iter().map(|end| &folder[..end]));
        Ways { assets: folders.iter().map(String::as_str).collect(), above: above.collect() }
    }

    /// Whether a path lies in the folder of one of the assets.
    fn lead_into(&self, path: &str) -> bool {
        path.match_indices('/').any(|(end, _)| self.assets.contains(&path[..end]))
    }

    /// Whether a folder has something to do with their records and logs: it lies above them, or in them.
    fn lead_through(&self, folder: &str) -> bool {
        folder.is_empty() || self.above.contains(folder) || (self.lead_into(folder) && !folder.ends_with("/files/"))
    }
}

/// Whether a folder is none of an asset's with its log or files. A group of assets may be called so.
pub(super) fn without_logs(folder: &str) -> bool {
    let is_inside = folder.starts_with("assets/") && folder.matches('/').count() > 2;
    !(is_inside && (folder.ends_with("/log/") || folder.ends_with("/files/")))
}

/// Whether one of the assets has events or a record in the folder that are not committed: on less than is known, nothing is decided.
fn uncommitted(root: &Path, repo: &Repo, local: git2::Oid, ways: &Ways) -> Result<Option<Stop>, git::Error> {
    let committed = repo.part_at(local, &|folder| ways.lead_through(folder))?;
    for asset in &ways.assets {
        let there = disk::read_folder(root, asset);
        let text = |entry: Option<&Entry>| match entry {
            Some(Entry::Toml(text)) => Some(text.replace("\r\n", "\n")),
            _ => None,
        };
        let prefix = format!("{asset}/");
        let files = format!("{asset}/files/");
        let counts = |path: &str| path.ends_with(".toml") && !path.starts_with(&files);
        let differs = |(path, entry): &(&str, &Entry)| counts(path) && text(Some(entry)) != text(committed.entry(path));
        let gone = |(path, _): &(&str, &Entry)| counts(path) && there.entry(path).is_none();
        let is_here = there.iter().next().is_some();
        let changed =
            there.iter().find(differs).or_else(|| committed.under(&prefix).find(|file| is_here && gone(file)));
        if let Some((path, _)) = changed {
            let why = format!("`{path}` has changes that are not committed");
            let hint = "commit them first, or add to them with --no-commit";
            return Ok(Some(Stop::Refused(why, Some(hint.into()))));
        }
    }
    Ok(None)
}

/// Says of what nobody knows that it stands in the folder, but in no commit.
fn with_uncommitted(mut stop: Stop, root: &Path) -> Stop {
    let (why, hint) = match &mut stop {
        Stop::Refused(why, hint) => (why, hint),
        Stop::Ruled(ruled) => (&mut ruled.1.message, &mut ruled.1.instead),
        _ => return stop,
    };
    let is_unknown = why.contains("there is no ") || why.contains("nobody in people/");
    let name = why.split('`').nth(1).filter(|_| is_unknown);
    if name.is_some_and(|name| is_declared(&disk::read(root).unwrap_or_default(), name)) {
        *hint = Some("it stands in the folder, but is not committed yet".to_owned());
    }
    stop
}

/// Whether something, or somebody with this e-mail address, is declared.
fn is_declared(tree: &Tree, name: &str) -> bool {
    let register = register::open(tree).register;
    let slug = name.to_lowercase();
    register.people.keys().any(|known| known.as_str() == slug)
        || register
            .people
            .values()
            .any(|person| person.email.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(name)))
        || register.locations.iter().any(|place| place.slug.as_str() == slug)
        || register.categories.keys().any(|known| known.as_str() == slug)
        || Number::typed(name).is_ok_and(|number| register.is_taken(&number))
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        let why = format!("{failure}; nothing was recorded");
        let here = "record it here only with --no-push";
        let hint = match &failure {
            Failure::World(_) => return Stop::Failed(why),
            Failure::Unconfirmed(_) => return Stop::Failed(failure.to_string()),
            Failure::Unreachable(..) => {
                return Stop::Failed(format!(
                    "{failure}; nothing was recorded here, and what was sent may have arrived all the same. \
                     To record it here only, say --no-push"
                ));
            }
            Failure::Barred(..) => return Stop::Failed(format!("{why}. To record it here only, say --no-push")),
            Failure::Busy(..) => return Stop::Failed(format!("{why}; try again")),
            Failure::Elsewhere(_) => "switch that one to another branch, or record it there".to_owned(),
            Failure::InTheWay(_) => "commit them or move them away".to_owned(),
            Failure::Refused(..) => format!("record it on a branch of your own, or {here}"),
            Failure::Unpushed(..) => format!("share them with `git push`, or {here}"),
            Failure::Diverged(_) => format!("bring the two together with `git pull --rebase`, or {here}"),
        };
        Stop::Refused(why, Some(hint))
    }
}

/// The photo in a file, as it is recorded: without metadata.
pub(super) fn photo(path: &Path) -> Result<Photo, Stop> {
    let bytes = fs::read(path).tried("read", path)?;
    let why = |unfit| Stop::Refused(format!("`{}` is no photo to keep: {unfit}", path.display()), None);
    taken(bytes).map_err(why)
}

/// A refusal for whoever is no keeper, or not any more.
pub(super) fn only_keepers(register: &Register, by: &Slug, moment: &Moment) -> Result<(), Vec<Stop>> {
    let is_keeper = |person: &Person| person.role == Role::Keeper && !person.has_left(moment);
    if register.people.get(by).is_some_and(is_keeper) {
        return Ok(());
    }
    Err(vec![Stop::Refused("only keepers may do that".into(), Some("ask a keeper".into()))])
}

/// A commit's id as people read it.
pub(super) fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

/// Says all that is wrong but the last, which is how the command ends.
pub(super) fn all_but_last(mut stops: Vec<Stop>) -> Stop {
    let last = stops.pop();
    for stop in &stops {
        stop.say();
    }
    last.unwrap_or_else(|| Stop::Failed("nothing was answered".into()))
}
