//! The log of an asset: the union of its files' events, each id once, in order of (`at`, `id`).

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, NaiveDateTime, Utc};

use super::event::{self, Event, Logged};
use super::finding::Finding;
use super::number::EventId;
use super::reader::{Table, file};
use crate::tree::Tree;

/// All that happened to one asset, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    events: Vec<Logged>,
    unread_since: Option<DateTime<Utc>>,
}

impl Log {
    /// A log of these events, whatever order they come in; of two with one id, the first by content stays.
    #[must_use]
    pub fn new(events: impl IntoIterator<Item = Logged>) -> Log {
        let mut log = Log { events: events.into_iter().collect(), unread_since: None };
        log.events.sort_by(|a, b| order(&a.event, &b.event));
        let mut seen = HashSet::new();
        log.events.retain(|logged| seen.insert(logged.event.id.clone()));
        log
    }

    /// The events, oldest first; of those at one instant, by id.
    #[must_use]
    pub fn events(&self) -> &[Logged] {
        &self.events
    }

    /// The event with this id.
    #[must_use]
    pub fn event(&self, id: &EventId) -> Option<&Logged> {
        self.events.iter().find(|logged| logged.event.id == *id)
    }

    /// When the first event happened that stands in the log and cannot be read: what comes after cannot be judged.
    #[must_use]
    pub fn unread_since(&self) -> Option<DateTime<Utc>> {
        self.unread_since
    }
}

/// The one order of events: by instant, then id, then (where ids are not unique) content, so that files' names do not count.
fn order(a: &Event, b: &Event) -> Ordering {
    (a.at, &a.id).cmp(&(b.at, &b.id)).then_with(|| event::to_toml(a).cmp(&event::to_toml(b)))
}

/// Reads the log of the asset in `folder`, and says which ids stand in it more than once.
pub(super) fn read(tree: &Tree, folder: &str, findings: &mut Vec<Finding>) -> Log {
    let Written { events, unread_since } = Written::read(tree, folder, findings);
    repeated(&events, findings);
    Log { unread_since, ..Log::new(events) }
}

/// The events of a log as they stand in its files, in order of their paths: one may stand there twice.
pub(super) struct Written {
    pub(super) events: Vec<Logged>,
    /// When the first happened that cannot be read.
    pub(super) unread_since: Option<DateTime<Utc>>,
}

impl Written {
    pub(super) fn read(tree: &Tree, folder: &str, findings: &mut Vec<Finding>) -> Written {
        let prefix = format!("{folder}/log/");
        let (mut events, mut unread) = (Vec::new(), Vec::new());
        for (path, _) in tree.under(&prefix).filter(|(path, _)| path.strip_suffix(".toml").is_some()) {
            let read = file(tree, path, findings, |top| (read_file(top), top.is_partial()));
            let Some((read, is_partial)) = read else { continue };
            if is_partial {
                let first =
                    read.iter().filter_map(|read| read.as_ref().map_or_else(|at| *at, |logged| Some(logged.event.at)));
                unread.push(named_instant(path).or(first.min()).unwrap_or(DateTime::<Utc>::MIN_UTC));
            }
            for read in read {
                match read {
                    Ok(logged) => events.push(logged),
                    Err(at) => unread.push(at.or_else(|| named_instant(path)).unwrap_or(DateTime::<Utc>::MIN_UTC)),
                }
            }
        }
        Written { events, unread_since: unread.into_iter().min() }
    }
}

fn read_file(top: &mut Table) -> Vec<Result<Logged, Option<DateTime<Utc>>>> {
    let read = top.tables("event", event::read);
    if top.is_empty() {
        top.missing_is("missing-event-field");
        top.need::<String>("event");
    }
    top.nothing_else();
    read
}

/// The instant that the name of an event's file begins with, as [`event::file_name`] writes it.
fn named_instant(path: &str) -> Option<DateTime<Utc>> {
    let name = path.rsplit('/').next()?;
    let at = NaiveDateTime::parse_from_str(name.get(..22)?, "%Y-%m-%dT%H%M%S%.3fZ").ok()?;
    Some(at.and_utc())
}

fn repeated(events: &[Logged], findings: &mut Vec<Finding>) {
    let mut first: BTreeMap<&EventId, &Logged> = BTreeMap::new();
    for logged in events {
        let earlier = *first.entry(&logged.event.id).or_insert(logged);
        if std::ptr::eq(earlier, logged) {
            continue;
        }
        let (rule, what, hint) = if earlier.event == logged.event {
            ("repeated-event", "stands in the log twice", "delete one of the two")
        } else {
            (
                "duplicate-event",
                "is the id of two different events",
                "an event is never edited: give one of them an id of its own, or delete the one that is wrong",
            )
        };
        let message = format!("`{}` {what}: here and in {}", logged.event.id, earlier.source.path());
        findings.push(Finding::new(rule, message).at(logged.source.place("id")).hint(hint));
    }
}
