//! The log of an asset: the union of its files' events, each id once, in order of (`at`, `id`).

use std::collections::BTreeMap;

use super::event::{self, Logged};
use super::finding::Finding;
use super::number::EventId;
use super::reader::file;
use crate::tree::Tree;

/// All that happened to one asset, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    events: Vec<Logged>,
}

impl Log {
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

    /// A log of these events, whatever order they come in; of two with one id, the first by content stays.
    #[must_use]
    pub fn new(events: impl IntoIterator<Item = Logged>) -> Log {
        let mut log = Log { events: events.into_iter().collect() };
        log.events.sort_by_cached_key(order);
        let mut seen = std::collections::HashSet::new();
        log.events.retain(|logged| seen.insert(logged.event.id.clone()));
        log
    }
}

/// The one order of events: by instant, then id, then (where ids are not unique) content, so that files' names do not count.
fn order(logged: &Logged) -> (i64, EventId, String) {
    (logged.event.at.timestamp_millis(), logged.event.id.clone(), event::to_toml(&logged.event))
}

/// Reads the log of the asset in `folder`, and says which ids stand in it more than once.
pub(super) fn read(tree: &Tree, folder: &str, findings: &mut Vec<Finding>) -> Log {
    let prefix = format!("{folder}/log/");
    let mut events = Vec::new();
    for (path, _) in tree.under(&prefix).filter(|(path, _)| path.ends_with(".toml")) {
        let read = file(tree, path, findings, |top| {
            let read = top.tables("event", event::read);
            top.nothing_else();
            read
        });
        events.extend(read.into_iter().flatten().flatten());
    }
    repeated(&events, findings);
    Log::new(events)
}

fn repeated(events: &[Logged], findings: &mut Vec<Finding>) {
    let mut first: BTreeMap<&EventId, &Logged> = BTreeMap::new();
    for logged in events {
        let earlier = *first.entry(&logged.event.id).or_insert(logged);
        if std::ptr::eq(earlier, logged) {
            continue;
        }
        let (rule, what, hint) = if earlier.event == logged.event {
            ("repeated-event", "stands in the log twice", "delete one of the two files")
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
