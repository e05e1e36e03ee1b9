//! What the history proves, and what speaks against it, as findings.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::event::Told;
use super::{Again, Breach, Commit, Id, Name, Paper, Trail, Witness, hex};
use crate::register::{Finding, Place, Severity, Tz};

/// By how much clocks may differ.
pub(super) const CLOCKS: Duration = Duration::minutes(10);

/// After how long it is said that an event was recorded late.
const LATE: Duration = Duration::days(30);

/// How alike two names of one thing are at least, from 0 to 1.
const ALIKE: f64 = 0.4;

/// Whoever brings a register from elsewhere records what happened long before.
const IMPORT: &str = "import";

/// What the name of the desk is where it commits.
const DESK: &str = "desk";

/// What a check of a signature came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// By someone who is known to sign.
    Good(String),
    /// Whole, but by a key that nobody vouches for, or one that is not here.
    Unknown(String),
    /// Not what was signed.
    Bad(String),
}

/// A number that was one thing's, and became another's.
#[derive(Debug, Clone)]
pub struct Reused<'t> {
    again: Again<'t>,
    /// What it was, and what it became.
    was: String,
    is: String,
}

impl<'t> Reused<'t> {
    /// Whether two records of one number are of two things: of two serials, or, where one of them has none, of two names.
    #[must_use]
    pub fn between(again: Again<'t>, was: &str, is: &str) -> Option<Reused<'t>> {
        let read = |text: &str| text.parse::<toml::Table>().ok();
        let (was, is) = (read(was)?, read(is)?);
        let said = |table: &toml::Table, key: &str| table.get(key).and_then(|value| value.as_str()).map(str::to_owned);
        let both = |key: &str| said(&was, key).zip(said(&is, key));
        // Names are mended and made longer: only one that is quite another is another thing's.
        let names = || both("name").filter(|(was, is)| strsim::normalized_levenshtein(was, is) < ALIKE);
        let (key, (old, new)) = both("serial").map(|both| ("serial ", both)).or_else(|| Some(("", names()?)))?;
        let told = |table: &toml::Table, serial: String| match key {
            "" => serial,
            _ => format!("{}, {key}{serial}", said(table, "name").unwrap_or_default()),
        };
        (old != new).then(|| Reused { again, was: told(&was, old), is: told(&is, new) })
    }
}

/// What the history is held against.
#[derive(Debug, Clone)]
pub struct Facts<'f> {
    /// The addresses of people, by their slugs.
    pub people: BTreeMap<&'f str, &'f str>,
    /// What the checks of signatures came to.
    pub signatures: BTreeMap<Id, Signature>,
    /// Whether every commit that records an event has to be signed.
    pub wants_signatures: bool,
    /// A head that was kept, and whether it is still part of the history; `None` where it is not here at all.
    pub since: Option<(String, Option<bool>)>,
    /// Numbers that were used again.
    pub reused: Vec<Reused<'f>>,
    /// Where the register is.
    pub zone: Tz,
}

/// A finding, and what it is about.
#[derive(Debug, Clone)]
pub struct Proof {
    /// What is wrong.
    pub finding: Finding,
    /// The commit that did it.
    pub commit: Option<String>,
    /// The number of the asset that it is about.
    pub number: Option<String>,
    /// The event that it is about.
    pub event: Option<String>,
}

/// Everything that speaks against a history.
#[must_use]
pub fn verify(trail: &Trail, facts: &Facts) -> Vec<Proof> {
    let mut proofs = Vec::new();
    proofs.extend(facts.since.as_ref().and_then(rewritten));
    proofs.extend(trail.breaches().map(|(breach, witness, restored)| altered(breach, &witness, restored, facts)));
    proofs.extend(trail.papers().map(|(paper, witness)| replaced(paper, &witness, facts)));
    proofs.extend(trail.backdated().map(|(witness, parent)| backdated(&witness, parent, facts)));
    proofs.extend(times(trail, facts));
    proofs.extend(facts.reused.iter().map(|reused| used_again(reused, facts)));
    proofs.extend(authors(trail, facts));
    proofs.extend(signatures(trail, facts));
    proofs.extend(trail.is_shallow().then(shallow));
    proofs
}

fn rewritten((head, is_before): &(String, Option<bool>)) -> Option<Proof> {
    let message = match is_before {
        Some(true) => return None,
        Some(false) => format!("the history was rewritten: commit {} is no part of it any more", short(head)),
        None => format!("the history was rewritten, or is not all here: there is no commit {}", short(head)),
    };
    let hint = "compare with another clone; a shallow one gets the rest with `git fetch --unshallow`";
    Some(Proof {
        finding: Finding::new("rewritten-history", message).hint(hint),
        commit: Some(head.clone()),
        number: None,
        event: None,
    })
}

/// An event that is otherwise than it was recorded.
fn altered(breach: &Breach, witness: &Witness, restored: Option<&Commit>, facts: &Facts) -> Proof {
    let Breach { number, event, path, was, is, .. } = breach;
    let by = made_by(witness, facts.zone);
    let again = restored.map(|commit| format!("; {} put it back", short(&commit.hex()))).unwrap_or_default();
    let (rule, message) = match is {
        None => ("removed-event", format!("event `{event}` of {number} was removed {by}{again}")),
        Some(_) if was.is_empty() => {
            ("altered-event", format!("event `{event}` of {number} was recorded again, otherwise, {by}{again}"))
        }
        Some(is) => {
            let changes = Told::differences(was, is);
            let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
            let each = changes.iter().map(|(key, was, is)| format!("`{key}` was {}, is {}", said(was), said(is)));
            let changes = each.collect::<Vec<_>>().join("; ");
            ("altered-event", format!("event `{event}` of {number} was altered {by}: {changes}{again}"))
        }
    };
    let id = witness.commit.hex();
    let hint = match restored {
        Some(_) => "it is as it was recorded; nothing is to be done".to_owned(),
        None => {
            format!("`git show {}^:./{path}` shows it as it was: put that back; `void` corrects an event", short(&id))
        }
    };
    let mut finding = Finding::new(rule, message).at(Place::file(path)).hint(hint);
    if restored.is_some() {
        // What is as it was recorded is whole, and its history deserves a look.
        finding.severity = Severity::Warning;
    }
    Proof { finding, commit: Some(id), number: Some(number.clone()), event: Some(event.clone()) }
}

/// A number that was given to another thing.
fn used_again(Reused { again, was, is }: &Reused, facts: &Facts) -> Proof {
    let (number, before) = (again.number, made_by(&again.before, facts.zone));
    let since = made_by(&again.since, facts.zone);
    let message = match again.last {
        Some(_) => format!("{number} was {was} until it was removed {before}, and is {is} since it came back {since}"),
        None => format!("{number} was {was} when it was retired {before}, and is {is} now"),
    };
    let hint = format!("a number stands for one thing for ever: `tagbook renumber {number}` gives the new one its own");
    Proof {
        finding: Finding::new("reused-number", message).hint(hint),
        commit: Some(again.since.commit.hex()),
        number: Some(number.to_owned()),
        event: None,
    }
}

/// A photo of an event that is another, or none.
fn replaced(paper: &Paper, witness: &Witness, facts: &Facts) -> Proof {
    let Paper { number, event, path, is_gone, .. } = paper;
    let what = if *is_gone { "removed" } else { "replaced" };
    let by = made_by(witness, facts.zone);
    let message = format!("`{path}`, the photo of event `{event}` of {number}, was {what} {by}");
    let hint = "put it back as it was recorded; a new event may have a new photo";
    Proof {
        finding: Finding::new("altered-event", message).hint(hint),
        commit: Some(witness.commit.hex()),
        number: Some(number.clone()),
        event: Some(event.clone()),
    }
}

/// A commit that says it is older than one that it stands on.
fn backdated(witness: &Witness, parent: &Commit, facts: &Facts) -> Proof {
    let (by, of) = (made_by(witness, facts.zone), day_and_time(parent.at(), facts.zone));
    let message = format!("what was committed {by} stands on commit {}, which is of {of}", short(&parent.hex()));
    let hint = "a clock was wrong, or was put back: the time of what it records proves nothing";
    Proof {
        finding: Finding::new("backdated-commit", message).hint(hint),
        commit: Some(witness.commit.hex()),
        number: None,
        event: None,
    }
}

fn shallow() -> Proof {
    let message = "this is a shallow clone: nothing is known of what lies before it";
    let hint = "`git fetch --unshallow` fetches the rest; in CI, fetch with depth 0";
    let finding = Finding::new("shallow-history", message).hint(hint);
    Proof { finding, commit: None, number: None, event: None }
}

/// Events whose time does not fit that of their commit.
fn times(trail: &Trail, facts: &Facts) -> Vec<Proof> {
    let mut proofs = Vec::new();
    let mut late: BTreeMap<u32, (usize, &str, &str, DateTime<Utc>)> = BTreeMap::new();
    for (number, id, recorded) in trail.odd() {
        let (Some(at), Some(place)) = (recorded.at.and_then(DateTime::from_timestamp_millis), recorded.commit) else {
            continue;
        };
        let Some(witness) = trail.witness(place) else { continue };
        let committed = witness.commit.at();
        if committed.checked_add_signed(CLOCKS).is_some_and(|committed| at > committed) {
            let at = day_and_time(at, facts.zone);
            let message = format!(
                "event `{id}` of {number} happened {at}, and was recorded before that, {}",
                made_by(&witness, facts.zone)
            );
            let hint = "a clock was wrong, or it was not yet so: `void` it, and record it again";
            proofs.push(Proof {
                finding: Finding::new("early-event", message).hint(hint),
                commit: Some(witness.commit.hex()),
                number: Some(number.to_owned()),
                event: Some(id.to_owned()),
            });
        } else if at.checked_add_signed(LATE).is_some_and(|at| at < committed) && trail.person(recorded.by) != IMPORT {
            let first = late.entry(place).or_insert((0, number, id, at));
            first.0 += 1;
            if at < first.3 {
                *first = (first.0, number, id, at);
            }
        }
    }
    for (place, (count, number, id, at)) in late {
        let Some(witness) = trail.witness(place) else { continue };
        let days = (witness.commit.at() - at).num_days();
        let others = if count == 1 { String::new() } else { format!(", and {} more", count - 1) };
        let message = format!(
            "event `{id}` of {number} was recorded {days} days after it happened, {}{others}",
            made_by(&witness, facts.zone)
        );
        proofs.push(Proof {
            finding: Finding::new("late-event", message),
            commit: Some(witness.commit.hex()),
            number: Some(number.to_owned()),
            event: Some(id.to_owned()),
        });
    }
    proofs
}

/// Whether an event's time, in milliseconds since 1970, may not fit that of its commit, in seconds.
pub(super) fn is_odd(at: i64, committed: i64) -> bool {
    let (at, committed) = (Duration::milliseconds(at), Duration::seconds(committed));
    at > committed + CLOCKS || at + LATE < committed
}

/// Events that name someone else than the commit does, once for each two.
fn authors(trail: &Trail, facts: &Facts) -> Vec<Proof> {
    let is_own = |(by, author, committer): (&str, &Name, &Name)| {
        [IMPORT, DESK].contains(&by) || is_by(author, committer, by, facts.people.get(by).copied())
    };
    if trail.hands().all(is_own) {
        return Vec::new();
    }
    let mut others: BTreeMap<(&str, &str), (usize, &str, &str, u32)> = BTreeMap::new();
    for (number, id, recorded) in trail.all() {
        let by = trail.person(recorded.by);
        let Some(place) = recorded.commit.filter(|_| ![IMPORT, DESK].contains(&by)) else { continue };
        let Some(witness) = trail.witness(place) else { continue };
        let author = witness.author.email.as_str();
        if !is_by(witness.author, witness.committer, by, facts.people.get(by).copied()) {
            others.entry((by, author)).or_insert((0, number, id, place)).0 += 1;
        }
    }
    let proof = |((by, author), (count, number, id, place)): (_, (usize, &str, &str, u32))| {
        let witness = trail.witness(place)?;
        let of = if count == 1 { format!("event `{id}` of {number} is") } else { format!("{count} events are") };
        let first = if count == 1 { "" } else { "the first " };
        let message = format!("{of} by `{by}`, and committed by {author}, {first}{}", made_by(&witness, facts.zone));
        let hint = format!("where both are one person, their address stands in `people/{by}.toml`");
        Some(Proof {
            finding: Finding::new("other-author", message).hint(hint),
            commit: Some(witness.commit.hex()),
            number: Some(number.to_owned()),
            event: Some(id.to_owned()),
        })
    };
    others.into_iter().filter_map(proof).collect()
}

/// Signatures that do not hold, and commits without one where all have to have one.
fn signatures(trail: &Trail, facts: &Facts) -> Vec<Proof> {
    let proof = |rule, commit: &Commit, message, hint| Proof {
        finding: Finding::new(rule, message).maybe_hint(hint),
        commit: Some(commit.hex()),
        number: None,
        event: None,
    };
    let mut proofs = Vec::new();
    for commit in trail.commits().iter().filter(|commit| commit.is_signed) {
        let id = commit.hex();
        let id = short(&id);
        match facts.signatures.get(&commit.id) {
            Some(Signature::Bad(why)) => {
                let message = format!("the signature of commit {id} does not hold: {why}");
                proofs.push(proof(
                    "bad-signature",
                    commit,
                    message,
                    Some("`git show --show-signature` says more".to_owned()),
                ));
            }
            Some(Signature::Unknown(who)) => {
                let message = format!("commit {id} is signed by a key that nobody vouches for: {who}");
                let hint = "name it in the file `allowed_signers` of the register, as ssh-keygen reads it";
                proofs.push(proof("unknown-signer", commit, message, Some(hint.to_owned())));
            }
            Some(Signature::Good(who)) if who.contains('@') && !is_of(commit, who, trail) => {
                let message = format!("commit {id} is signed by {who}, who neither made nor committed it");
                let hint = "whoever signs what another made vouches for it; ask them whether they did";
                proofs.push(proof("other-signer", commit, message, Some(hint.to_owned())));
            }
            _ => {}
        }
    }
    if facts.wants_signatures {
        let since = facts.since.as_ref().filter(|(_, is_before)| *is_before == Some(true));
        let before = since.and_then(|(head, _)| id_of(head)).map(|id| trail.up_to(&id)).unwrap_or_default();
        for place in trail.recording().into_iter().filter(|place| before.get(*place as usize) != Some(&true)) {
            let Some(witness) = trail.witness(place).filter(|witness| !witness.commit.is_signed) else { continue };
            let message = format!("events are recorded without a signature {}", made_by(&witness, facts.zone));
            proofs.push(proof("unsigned-commit", witness.commit, message, None));
        }
    }
    proofs
}

/// Whether the signer of a commit, by their address, is its author or its committer.
fn is_of(commit: &Commit, signer: &str, trail: &Trail) -> bool {
    let address = signer.rsplit_once('<').map_or(signer, |(_, rest)| rest.trim_end_matches('>'));
    trail.hands_of(commit).into_iter().flatten().any(|name| name.email.eq_ignore_ascii_case(address))
}

/// An id as git writes it, as bytes.
fn id_of(hex: &str) -> Option<Vec<u8>> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect()
}

/// Whether a commit of this author and committer is by the person with this slug and address, as far as that can be told: by
/// themselves, or by the desk for them.
#[must_use]
pub fn is_by(author: &Name, committer: &Name, by: &str, email: Option<&str>) -> bool {
    let author = author.email.as_str();
    if is_desk(committer) {
        return by == DESK || author.split('@').next() == Some(by);
    }
    by != IMPORT && email.is_none_or(|email| email.eq_ignore_ascii_case(author))
}

/// Whether it is the desk that committed, for whoever tapped.
fn is_desk(committer: &Name) -> bool {
    committer.name == DESK && committer.email.starts_with("desk@")
}

/// `by commit 3f9c21a (Ana Ruiz, 2026-11-23 14:03)`
fn made_by(witness: &Witness, zone: Tz) -> String {
    let at = day_and_time(witness.commit.at(), zone);
    format!("by commit {} ({}, {at})", short(&hex(&witness.commit.id)), witness.author.name)
}

fn day_and_time(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}
