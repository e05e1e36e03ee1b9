//! A motion on its way into the register: decided on the newest commit, asset by asset, and written as one commit.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Utc;
use git2::Oid;

use super::index::Index;
use super::photos::have_room;
use super::shelf::Shelf;
use super::who::Caller;
use crate::git::{self, Author, Change, Job, Repo, Verdict};
use crate::register::decide::Request;
use crate::register::motion::PassedOver;
use crate::register::picture::Photo;
use crate::register::{Event, Moment, Motion, Number, Opened, Posting, Refusal, Refusals, Slug, auditing};

/// A motion as a job for a [`git::Writer`], which has it decided on every commit that it may come after.
///
/// Of the assets only those that the motion names are read, whatever else there is: it costs the same in any register.
/// A kit moves with the parts that are named beside it.
#[must_use]
pub fn job(motion: Motion, author: Author, committer: Option<Author>) -> Job<'static, Refusals> {
    Box::new(move |repo, commit| {
        let (opened, _) = Shelf::default().read(repo, commit, &motion.numbers, false, &Mutex::default())?;
        if motion.numbers.iter().any(|number| motion.is_recorded(&opened, number)) {
            return Ok(Verdict::Known);
        }
        let moment = Moment::at(Utc::now(), opened.register.config.timezone);
        Ok(match motion.decide(&opened, &moment) {
            Err(refusals) => Verdict::No(refusals),
            Ok(decided) => {
                let posting = Posting::new(&opened.register, &decided.requests, &decided.photos);
                Verdict::Write(change(posting, author.clone(), committer.clone()))
            }
        })
    })
}

/// A posting as a commit of `author`.
pub(super) fn change(posting: Posting, author: Author, committer: Option<Author>) -> Change {
    let Posting { files, removed, message } = posting;
    Change { files, removed, message, author, committer }
}

/// What became of motions that were decided together: each for itself, so that one that is refused keeps no other back.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The register as it was decided on: the assets concerned, without what was added.
    pub opened: Option<Opened>,
    /// What was recorded.
    pub done: Vec<Request>,
    /// What had been recorded before, by the same request.
    pub known: Vec<Known>,
    /// What was refused, by the number that was named.
    pub refused: Refusals,
    /// Parts of kits that stayed as they were.
    pub passed_over: Vec<PassedOver>,
    /// Photos of what was recorded, by where they are filed.
    pub photos: Vec<(String, Photo)>,
    /// Tags that stand on the list of an audit now.
    pub noted: Vec<String>,
    /// Whether whoever asked is nobody any more: their phone is enrolled no longer, or they have left.
    pub is_revoked: bool,
}

/// An event that stood in the register already.
#[derive(Debug, Clone)]
pub struct Known {
    /// The asset that was named.
    pub number: Number,
    /// The event.
    pub event: Event,
    /// Whether something came after it.
    pub is_past: bool,
}

/// Where a job leaves what it decided last.
pub type Slot = Arc<Mutex<Outcome>>;

/// Tags that an audit saw and that are in no register.
#[derive(Debug, Clone)]
pub(super) struct Noting {
    /// The audit.
    pub audit: Slug,
    /// The tags.
    pub tags: Vec<String>,
}

impl Noting {
    /// A posting with the tags on the audit's list, and whether they stand on it then.
    fn on(&self, repo: &Repo, commit: Oid, opened: &Opened, posting: Posting) -> Result<(Posting, bool), git::Error> {
        let Some(audit) = opened.register.audits.get(&self.audit) else { return Ok((posting, false)) };
        let new = audit.new_tags(&self.tags);
        if new.is_empty() {
            return Ok((posting, true));
        }
        let tree = repo.part_at(commit, &|folder| folder == "audits/")?;
        let noted = tree.text(&auditing::path(&audit.slug)).map(|text| audit.noting(posting.clone(), text, &new));
        Ok(match noted {
            Some(Ok(noted)) => (noted, true),
            _ => (posting, false),
        })
    }
}

/// Motions as one job and one commit, with tags that nobody knows. What each came to is left in `slot`, as it was decided last.
pub(super) fn together(
    (motions, noting): (Vec<Motion>, Option<Noting>),
    (index, shelf): (Arc<Mutex<Index>>, Arc<Shelf>),
    (caller, who): (Caller, (Author, Author)),
    slot: &Slot,
) -> Job<'static, Refusals> {
    let slot = Arc::clone(slot);
    Box::new(move |repo, commit| {
        let mut outcome = Outcome::default();
        let (author, committer) = who.clone();
        let (concerned, bytes) = {
            let mut index = index.lock().unwrap_or_else(PoisonError::into_inner);
            index.follow(repo, commit, &shelf)?;
            let named = motions.iter().flat_map(|motion| &motion.numbers);
            let concerned = named.flat_map(|number| std::iter::once(number.clone()).chain(index.parts(number)));
            (concerned.collect::<Vec<_>>(), index.bytes())
        };
        let (opened, _) = shelf.read(repo, commit, &concerned, false, &index)?;
        let moment = Moment::at(Utc::now(), opened.register.config.timezone);
        // Whoever asked was known on an older commit.
        if caller.again(&opened, &moment).is_none() {
            outcome.is_revoked = true;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
            return Ok(Verdict::No(Vec::new()));
        }
        for motion in &motions {
            weigh(motion, &opened, &moment, bytes, &mut outcome);
        }
        let nothing = outcome.done.is_empty();
        let mut posting =
            if nothing { Posting::default() } else { Posting::new(&opened.register, &outcome.done, &outcome.photos) };
        if let Some(noting) = &noting {
            let (with_tags, is_noted) = noting.on(repo, commit, &opened, posting)?;
            posting = with_tags;
            outcome.noted = if is_noted { noting.tags.clone() } else { Vec::new() };
        }
        let verdict = if !posting.files.is_empty() {
            Verdict::Write(change(posting, author, Some(committer)))
        } else if outcome.refused.is_empty() {
            Verdict::Known
        } else {
            Verdict::No(outcome.refused.clone())
        };
        outcome.opened = Some(opened);
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
        Ok(verdict)
    })
}

/// What a motion comes to where the register's files have so many bytes already.
fn weigh(motion: &Motion, opened: &Opened, moment: &Moment, bytes: u64, outcome: &mut Outcome) {
    let known = known(motion, opened);
    if !known.is_empty() {
        outcome.known.extend(known);
        return;
    }
    if !have_room(&motion.photos, opened, bytes) {
        let refusal =
            Refusal::new("no-room", "the register takes no more photos: its files have as many bytes as they may");
        outcome.refused.extend(motion.numbers.first().map(|number| (number.clone(), refusal)));
        return;
    }
    match motion.decide(opened, moment) {
        Err(refusals) => outcome.refused.extend(refusals),
        Ok(decided) => {
            // What moved with its kit already does not move again.
            let done: BTreeSet<Number> = outcome.done.iter().map(|done| done.number.clone()).collect();
            outcome.done.extend(decided.requests.into_iter().filter(|request| !done.contains(&request.number)));
            outcome.passed_over.extend(decided.passed_over);
            outcome.photos.extend(decided.photos);
        }
    }
}

/// What the same motion wrote before, to each of the assets that it moved.
fn known(motion: &Motion, opened: &Opened) -> Vec<Known> {
    let moved = motion.moved(&opened.register).unwrap_or_default();
    let known = moved.iter().filter_map(|moved| {
        let log = opened.ledger.log(&moved.number);
        let event = &log.event(&motion.first_id(&moved.number))?.event;
        let own = |other: &Event| event.batch.is_some() && other.batch == event.batch;
        let mut later = log.events().iter().rev().take_while(|logged| logged.event.id != event.id);
        let is_past = later.any(|later| !own(&later.event));
        Some(Known { number: moved.number.clone(), event: event.clone(), is_past })
    });
    known.collect()
}
