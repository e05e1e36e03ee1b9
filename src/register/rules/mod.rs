//! The rules of a register: a table of small functions, each with what `check --explain` says of it.

pub mod dues;
mod events;
mod files;
mod names;
mod texts;
mod unique;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rayon::prelude::*;

use super::finding::{Finding, Severity};
use super::number::Number;
use super::state::Folded;
use super::time::Moment;
use super::{Asset, Logged, Opened, Register};
use crate::tree::Tree;

/// One rule.
pub struct Rule {
    /// Its slug.
    pub name: &'static str,
    /// How much it matters where the register says nothing else.
    pub severity: Severity,
    /// What it asks, why, and what to do where it is broken.
    pub about: &'static str,
    find: Find,
}

impl Rule {
    /// Whether what breaks it is not read as it stands, so that no register can do without it.
    #[must_use]
    pub fn is_structural(&self) -> bool {
        self.severity == Severity::Error && !matches!(self.find, Find::Whole(_))
    }

    /// Whether it is `tagbook verify` that finds what breaks it, for it looks at more than the register as it stands.
    #[must_use]
    pub fn is_of_history(&self) -> bool {
        matches!(self.find, Find::History)
    }
}

enum Find {
    /// Found while files are read.
    Reading,
    /// Found by looking at the files that are not TOML.
    Files(fn(&Tree, &Opened, &mut Vec<Finding>)),
    /// Found by looking at the history, which `tagbook verify` does.
    History,
    /// Found by looking at the whole register.
    Whole(fn(&Scope, &mut Vec<Finding>)),
}

/// What the rules look at.
struct Scope<'a> {
    opened: &'a Opened,
    register: &'a Register,
    moment: &'a Moment,
    /// The real time, which a look back does not change.
    clock: DateTime<Utc>,
    states: BTreeMap<&'a Number, Folded>,
}

impl<'a> Scope<'a> {
    fn assets(&self) -> impl Iterator<Item = (&'a Asset, &Folded)> {
        self.register.assets.values().filter_map(|asset| Some((asset, self.states.get(&asset.number)?)))
    }

    /// The events of every asset that count or were refused; those that are void are corrected by that.
    fn events(&self) -> impl Iterator<Item = (&'a Asset, &'a Logged)> {
        self.assets().flat_map(|(asset, folded)| {
            let events = self.opened.ledger.log(&asset.number).events().iter();
            events.filter(|logged| !folded.voided.contains(&logged.event.id)).map(move |logged| (asset, logged))
        })
    }
}

/// The rule called `name`.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// What the rules about the whole register find.
pub(super) fn check(opened: &Opened, moment: &Moment, clock: DateTime<Utc>) -> Vec<Finding> {
    let register = &opened.register;
    let states = register.assets.par_iter().map(|(number, _)| (number, opened.folded(number, moment))).collect();
    let scope = Scope { opened, register, moment, clock, states };
    let find = |rule: &Rule| {
        let mut findings = Vec::new();
        if let Find::Whole(find) = rule.find {
            find(&scope, &mut findings);
        }
        findings
    };
    RULES.par_iter().flat_map_iter(find).collect()
}

/// What the rules about files find.
pub(super) fn about_files(tree: &Tree, opened: &Opened) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        if let Find::Files(find) = rule.find {
            find(tree, opened, &mut findings);
        }
    }
    findings
}

macro_rules! rules {
    ($($name:literal $severity:ident $find:expr, $about:literal;)*) => {
        &[$(Rule { name: $name, severity: Severity::$severity, about: $about, find: $find }),*]
    };
}

use Find::{Files, History, Reading, Whole};

/// Every rule, in order of their names.
pub const RULES: &[Rule] = rules! {
    "altered-event" Error History, "An event stays as it was recorded. Put it back as it was, and `void` it where it is wrong; that is a new event, with a name and a time of its own.";
    "audit-due" Warning Whole(dues::audits_are_done_in_time), "An asset is counted as often as its category's `audit_every` says.\nRecord an `audit` event when you have seen it.";
    "backdated-commit" Warning History, "A commit is no older than those that it stands on, give or take ten minutes between two clocks. One that is was made with a clock put back, and its time proves nothing.";
    "bad-date" Error Reading, "A date is written without quotes: a day as 2026-11-27, an instant with its offset as 2026-11-27T09:14:00Z.";
    "bad-field-value" Error Whole(events::days_are_in_order), "A field holds what it is for: one of the words it knows, a value of the type its category declares, days in order (nothing is due before it went out, nothing ends before it begins).";
    "bad-money" Error Reading, "Money is an amount and an ISO 4217 code in quotes: \"3899.00 EUR\". Never a bare number, never negative, no separators of thousands.";
    "bad-number" Error Reading, "An asset number is 1 to 32 of A to Z, 0 to 9 and `-`, does not begin with `-`, and is neither a page of the site (PEOPLE) nor a device of some system (CON).";
    "bad-photo" Error Files(files::photos_are_pictures), "A photo is a JPEG, PNG or WebP picture by its content, of at most 20 MiB, 16,000 pixels a side and 64 million pixels in all. Other files would be run or would choke the browser that opens them.";
    "bad-signature" Error History, "A commit that bears a signature is what was signed. One that is not was made up or altered.";
    "bad-slug" Error Reading, "People, locations, categories, audits, jobs and batches of tags are named by 1 to 32 of a to z, 0 to 9 and `-`. `desk` and `import` are not people.";
    "bad-url" Error Reading, "An address of the site or the desk is http or https, has a host, and no query or fragment.";
    "duplicate-event" Error Reading, "An event's id stands for one event. Two with the same id and other content mean that one was edited after it was copied; events are never edited, `void` corrects.";
    "duplicate-number" Error Whole(unique::numbers_are_unique), "A number stands for one asset for ever, whether as the name of its folder or as an alias, and on one printed tag only.";
    "duplicate-serial" Error Whole(unique::serials_are_unique), "No two assets of one manufacturer and model have the same serial. One of them was mistyped, or entered twice.";
    "early-event" Error History, "An event is recorded after it happened, give or take ten minutes between two clocks. One that was committed before could not be known.";
    "event-before-purchase" Error Whole(events::nothing_happens_before_purchase), "Nothing happens to an asset before it is bought. Correct the purchase date, or `void` the event and record it again with the right time.";
    "expiring" Warning Whole(dues::nothing_expires_unnoticed), "A warranty that ends within 30 days deserves a look at the asset; a hire that ends within 30 days, or has ended, wants its asset returned.";
    "future-event" Error Whole(events::events_have_happened), "An event has happened: it is at most 10 minutes ahead of the clock of whoever checks. What is to come is a `reserve`.";
    "future-purchase" Warning Whole(events::purchases_have_happened), "An asset was bought in the past. A purchase date to come is most often a mistyped year.";
    "hidden-character" Error Reading, "No text holds characters that change how the rest reads or that a terminal acts on: bidirectional controls, and control characters other than tabs and line breaks.";
    "inactive-custodian" Warning Whole(dues::leavers_hold_nothing), "Whoever has left holds nothing. Get the thing back and record a `return`, or hand it over with a `transfer`.";
    "inspection-due" Warning Whole(dues::inspections_are_done_in_time), "An asset is inspected as often as its category's `inspect_every` says, or by the day its last inspection named.";
    "invisible-character" Warning Whole(texts::names_show_what_they_are), "A name has no characters that take no ink (zero-width space, no-break space, soft hyphen): two names would look the same and not be the same.";
    "kit-cycle" Error Whole(names::kits_are_trees), "A kit is not a part of itself, not even through other kits.";
    "late-event" Warning History, "An event is recorded when it happens. One that was committed more than 30 days later deserves a look at who says so; what an `import` brought is let be.";
    "lfs-pointer" Warning Files(files::files_are_there_themselves), "A photo or document is the file itself, not a pointer of Git LFS: fetch it with `git lfs pull` before you build.";
    "location-cycle" Error Whole(names::locations_are_trees), "A location does not lie within itself, not even through other locations.";
    "look-alike" Warning Whole(texts::people_can_be_told_apart), "No two people have names that look the same, such as with a Cyrillic letter in place of a Latin one. Things would be handed to the wrong one.";
    "merge-conflict" Error Reading, "No file has markers of an unresolved merge. Keep what is right of both sides, and delete the lines with <<<<<<<, ======= and >>>>>>>.";
    "missing-event-field" Error Reading, "An event has `id`, `at`, `kind`, `by`, and what its kind cannot be without: a `checkout` says `to` whom, a `move` to which `location`.";
    "missing-field" Error Whole(names::required_fields_are_there), "A record has what it cannot be without: a name and a category, and what its category requires.";
    "missing-file" Error Files(files::files_exist), "A photo or document that a record or an event names is in the asset's folder, and a folder with a log has a record.";
    "missing-serial" Error Whole(names::serials_are_there), "An asset has a serial where its category requires one. Without it an insurance claim stalls.";
    "nested-repository" Warning Files(files::folders_are_plain), "No folder of a register is a git repository of its own: its files would not be committed with the rest.";
    "not-a-file" Error Files(files::files_are_plain), "A register holds plain files, no pipes, devices or sockets, and every name is UTF-8.";
    "not-utf8" Error Reading, "TOML files are UTF-8 text.";
    "open-fault" Warning Whole(dues::faults_are_mended), "A reported fault gets mended. Record `repaired` when it is.";
    "other-author" Warning History, "Whoever records an event commits it: the address of the commit is that of the person in `by`, or the desk's for them.";
    "other-signer" Warning History, "Whoever signs a commit is who made or committed it: the address that `allowed_signers` gives the key is theirs.";
    "overdue" Warning Whole(dues::things_come_back_in_time), "A thing is back by the end of the day it is due. Record the `return`, or `extend` the loan.";
    "path-escape" Error Files(files::paths_stay_inside), "A path in a record stays in the asset's folder, one in an event in its `files/`, and no file of a register is a symbolic link: a link is never followed.";
    "refused-event" Error Whole(events::events_are_allowed), "An event that contradicts the log before it changes nothing: a checkout of what is out, a return of what is not. `void` the event that is wrong, or record the one that is missing before it, with `--at` the time when it happened.";
    "removed-event" Error History, "An event stays where it was recorded; packing a log and moving a folder move it. Put it back, and `void` it where it is wrong.";
    "repeated-event" Warning Reading, "An event stands in one file. Two copies of the same count once; delete one.";
    "retired-but-seen" Warning Whole(events::retired_things_stay_away), "A retired asset is not seen again. If it is back in use, record a `reinstate`.";
    "reused-number" Warning History, "A number stands for one thing for ever, for its label, its log and every paper that names it. What was retired or removed leaves its number behind; another thing gets one of its own.";
    "rewritten-history" Error History, "A head that was seen is part of the history for ever. One that is not shows that commits were replaced: nothing before is proof any more.";
    "shallow-history" Warning History, "A history is evidence as far as it goes: a clone that ends before the beginning knows nothing of what lies before.";
    "stray-file" Warning Files(files::files_are_where_they_count), "A TOML file in a folder of the register stands where tagbook reads it. One elsewhere counts for nothing.";
    "syntax" Error Reading, "A file is well-formed TOML.";
    "toml-1-1" Warning Reading, "A register keeps to TOML 1.0, which every other tool reads too.";
    "too-deep" Error Reading, "Nothing in a register is nested deeper than 32.";
    "too-large" Error Reading, "A TOML file is at most 1 MiB.";
    "unknown-asset" Error Whole(names::kits_are_known), "The kit that an asset is `part_of` is an asset of the register.";
    "unknown-audit" Warning Whole(names::audits_are_known), "The audit that an event names has a file in `audits/`.";
    "unknown-category" Error Whole(names::categories_are_known), "The category of an asset, and the one that an audit counts, stand in `categories.toml`.";
    "unknown-job" Warning Whole(names::jobs_are_known), "The job that an event names has a file in `jobs/`.";
    "unknown-key" Error Reading, "Every key is one that tagbook knows. A mistyped one would be passed over in silence.";
    "unknown-kind" Error Reading, "An event's `kind` is one of those that the log knows.";
    "unknown-location" Error Whole(names::locations_are_known), "Every location that is named stands in `locations.toml`.";
    "unknown-person" Error Whole(names::people_are_known), "Every person who is named has a file in `people/`; it stays when they leave, with `left` set.";
    "unknown-signer" Warning History, "Whoever signs is vouched for: their key stands in `allowed_signers`, a file of the register in the form that ssh-keygen reads, or in the keyring of gpg.";
    "unreadable" Error Files(files::files_can_be_read), "Every file of a register can be read.";
    "unsafe-link" Warning Whole(texts::links_are_harmless), "A link in notes leads to http, https, mailto or tel, or to a page of the site. Any other is shown as text.";
    "unsigned-commit" Error History, "Where `verify --require-signatures` asks for it, every commit that records an event bears a signature.";
    "wrong-type" Error Reading, "A value is of the type that its key takes: a string in quotes, a date without, a list in brackets.";
};
