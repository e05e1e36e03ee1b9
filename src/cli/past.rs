//! The history of a register: taken commit by commit, kept beside the repository's objects, and taken up again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use git2::Oid;
use sha2::{Digest, Sha256};

use super::Stop;
use super::place::Here;
use crate::git::Repo;
use crate::git::history;
use crate::register::{Logged, Number, Register};
use crate::trail::{Id, LogFile, Name, Reused, Signature, Step, Touched, Trail, Witness, is_by};

/// What the trail is kept as.
const TRAIL: &str = "trail";

/// So many commits are read anew rather than all be written that is known.
const FEW: usize = 400;

/// What the checks of signatures came to are kept as.
const SIGNATURES: &str = "signatures";

/// The file of a register that names who may sign, as ssh-keygen reads it.
pub(super) const SIGNERS: &str = "allowed_signers";

/// What the history says of events, and of the signatures of its commits.
pub(super) struct Past {
    pub(super) trail: Trail,
    pub(super) signatures: BTreeMap<Id, Signature>,
    /// Files of the folder that are not as they were committed: of what they say, no commit is the witness.
    changed: BTreeSet<String>,
}

/// How an event came into the register.
pub(super) struct Recorded<'p> {
    pub(super) witness: Witness<'p>,
    /// Who made the commit, where that is not who recorded the event, or the desk for them.
    pub(super) author: Option<&'p str>,
    /// By whom the commit is signed, where they are vouched for.
    pub(super) signer: Option<&'p str>,
}

impl Past {
    /// The history of a register up to the commit that is looked at; none where it is in no repository, or in one without
    /// commits.
    pub(super) fn of(here: &Here) -> Result<Option<(git2::Oid, Past)>, Stop> {
        if let Some((repo, commit)) = &here.rev {
            let repo = repo.lock().unwrap_or_else(PoisonError::into_inner);
            return Past::up_to(&repo, *commit).map(|past| Some((*commit, past)));
        }
        let Some(repo) = Repo::around(&here.root)? else { return Ok(None) };
        let Some(head) = repo.head()? else { return Ok(None) };
        let past = Past::up_to(&repo, head)?;
        Ok(Some((head, Past { changed: repo.changed_files("assets")?, ..past })))
    }

    fn up_to(repo: &Repo, head: git2::Oid) -> Result<Past, Stop> {
        let trail = trail(repo, head, false)?;
        let signatures = signatures(repo, &trail, head, false)?;
        Ok(Past { trail, signatures, changed: BTreeSet::new() })
    }

    /// How an event came into the register; none where that was not committed, or before a shallow clone's end.
    pub(super) fn recorded(&self, register: &Register, number: &Number, logged: &Logged) -> Option<Recorded<'_>> {
        let Logged { event, source } = logged;
        if self.changed.contains(source.path()) {
            return None;
        }
        let witness = self.trail.witness_of(number.as_str(), event.id.as_str())?;
        let email = register.people.get(&event.by).and_then(|person| person.email.as_deref());
        let author = (!is_by(witness.author, witness.committer, event.by.as_str(), email))
            .then_some(witness.author.name.as_str());
        let signer = match self.signatures.get(&witness.commit.id) {
            Some(Signature::Good(signer)) => Some(signer.as_str()),
            _ => None,
        };
        Some(Recorded { witness, author, signer })
    }
}

/// What the history up to `head` says. Of what was kept only as much is taken as the history still has.
pub(super) fn trail(repo: &Repo, head: Oid, is_afresh: bool) -> Result<Trail, Stop> {
    // Where a shallow clone ends may move.
    let kept = repo.kept(TRAIL).filter(|_| !is_afresh).and_then(|bytes| Trail::from_bytes(&bytes));
    let kept = kept.filter(|trail| !trail.is_shallow());
    let known = kept.as_ref().and_then(Trail::head).and_then(|id| Oid::from_bytes(&id).ok());
    let is_before = |known: Oid| Ok::<_, Stop>(repo.is_before(known, head)? == Some(true));
    let known = known.map(|known| Ok::<_, Stop>(is_before(known)?.then_some(known))).transpose()?.flatten();
    let is_older = known.is_none() && kept.is_some();
    let mut trail = kept.filter(|_| known.is_some()).unwrap_or_default();
    if known != Some(head) {
        let before = trail.commits().len();
        repo.walk(head, known, &mut |step| {
            trail.take(&taken(step), &mut |id| Ok::<_, Stop>(repo.blob(oid(id)?)?.to_vec()))
        })?;
        // A look back does not throw away what is known of later, and a few commits are read sooner than all is written.
        let is_worth = trail.commits().len() > before + FEW || before == 0;
        if is_worth && (!is_older || repo.head()? == Some(head)) {
            repo.keep(TRAIL, &trail.to_bytes());
        }
    }
    trail.find_merges();
    Ok(trail)
}

/// Numbers that one thing had and another has: what was retired or removed is compared with what is there under its number.
pub(super) fn reused<'t>(repo: &Repo, trail: &'t Trail, head: Oid) -> Result<Vec<Reused<'t>>, Stop> {
    let mut all = Vec::new();
    for again in trail.again() {
        let (before, since) = (oid(&again.before.commit.id)?, oid(&again.since.commit.id)?);
        // What was removed on one branch was on another all the while.
        if repo.is_before(before, since)? != Some(true) {
            continue;
        }
        let (was, is) = match again.last {
            Some(last) => (oid(&last.id)?, since),
            None => (before, head),
        };
        let records = (repo.record_at(was, again.number)?, repo.record_at(is, again.number)?);
        if let (Some(was), Some(is)) = records {
            all.extend(Reused::between(again, &was, &is));
        }
    }
    Ok(all)
}

fn oid(id: &Id) -> Result<Oid, Stop> {
    Oid::from_bytes(id).map_err(|error| Stop::Failed(error.message().to_owned()))
}

fn id(oid: Oid) -> Id {
    let mut id = Id::default();
    id.copy_from_slice(oid.as_bytes());
    id
}

fn taken(step: history::Step) -> Step {
    let name = |author: crate::git::Author| Name { name: author.name, email: author.email };
    let files = |files: Vec<history::LogFile>| {
        files.into_iter().map(|file| LogFile { path: file.path, id: id(file.id) }).collect()
    };
    let touched = |touched: history::Touched| Touched {
        number: touched.number,
        is_gone: touched.is_gone,
        is_new: touched.is_new,
        papers: touched.papers.into_iter().map(|(path, was, is)| (path, was.map(id), is.map(id))).collect(),
        lost: files(touched.lost),
        gained: files(touched.gained),
        kept: files(touched.kept),
    };
    Step {
        id: id(step.id),
        parents: step.parents.into_iter().map(id).collect(),
        is_whole: step.is_whole,
        author: name(step.author),
        committer: name(step.committer),
        at: step.at,
        is_signed: step.is_signed,
        subject: step.subject,
        sides: step.sides.into_iter().map(|side| side.into_iter().map(touched).collect()).collect(),
    }
}

/// What the checks of all signatures in a history come to. Who may sign stands in the register as it was at `base`: what is
/// to be checked cannot vouch for itself.
pub(super) fn signatures(
    repo: &Repo,
    trail: &Trail,
    base: Oid,
    is_afresh: bool,
) -> Result<BTreeMap<Id, Signature>, Stop> {
    let signed: Vec<Id> = trail.commits().iter().filter(|commit| commit.is_signed).map(|commit| commit.id).collect();
    if signed.is_empty() {
        return Ok(BTreeMap::new());
    }
    let signers = repo.file_at(base, SIGNERS).ok();
    let of: String =
        Sha256::digest(signers.as_deref().unwrap_or_default()).iter().map(|byte| format!("{byte:02x}")).collect();
    // What git's own settings say of keys may change any time.
    let is_kept = signers.is_some();
    let kept = repo
        .kept(SIGNATURES)
        .filter(|_| is_kept && !is_afresh)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default();
    let mut known: BTreeMap<Oid, String> = BTreeMap::new();
    if let Some(lines) = kept.strip_prefix(&format!("{of}\n")) {
        let read = |line: &str| Some((Oid::from_str(line.split('\t').next()?).ok()?, line.to_owned()));
        known.extend(lines.lines().filter_map(read));
    }
    let all = signed.iter().map(oid).collect::<Result<Vec<Oid>, Stop>>()?;
    let unknown: Vec<Oid> = all.iter().filter(|id| !known.contains_key(id)).copied().collect();
    if !unknown.is_empty() {
        for line in repo.signatures(&unknown, signers.as_deref())? {
            if let Some(id) = line.split('\t').next().and_then(|id| Oid::from_str(id).ok()) {
                known.insert(id, line);
            }
        }
        // A key that is not here today may be tomorrow.
        let lasting = |line: &&String| ["\tG\t", "\tB\t"].iter().any(|letter| line.contains(letter));
        let lines: Vec<&str> = known.values().filter(lasting).map(String::as_str).collect();
        if is_kept {
            repo.keep(SIGNATURES, format!("{of}\n{}\n", lines.join("\n")).as_bytes());
        }
    }
    Ok(signed.into_iter().zip(all).filter_map(|(id, oid)| Some((id, signature(known.get(&oid)?)))).collect())
}

/// What git's letter for a signature means (`%G?` in git-log, "Pretty formats").
fn signature(line: &str) -> Signature {
    let mut parts = line.split('\t').skip(1);
    let mut part = || parts.next().unwrap_or_default().to_owned();
    let (letter, signer, key) = (part(), part(), part());
    let who = if signer.is_empty() { key } else { signer };
    match letter.as_str() {
        "G" => Signature::Good(who),
        "B" => Signature::Bad("it is not what was signed".to_owned()),
        "R" => Signature::Bad(format!("the key of {who} was revoked")),
        "X" | "Y" => Signature::Unknown(format!("{who}, expired")),
        _ => Signature::Unknown(if who.is_empty() { "the key is not here".to_owned() } else { who }),
    }
}
