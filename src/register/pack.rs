//! Packing: the events of closed years, each year's in one file of its log, word for word as they were written.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;

use super::event::{Event, Logged, to_toml};
use super::finding::{Finding, Severity};
use super::log::{self, Written};
use super::time::Tz;
use crate::tree::{MAX_TOML, Tree};

/// What packing a log makes of its files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packed {
    /// Files with what is in them now: their paths relative to the register.
    pub files: Vec<(String, String)>,
    /// Files that are to be no more.
    pub removed: Vec<String>,
}

impl Packed {
    /// Whether it is packed already.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.removed.is_empty()
    }
}

/// Packs the log of the asset in `folder`: the events of each year before `open` (a calendar year of the register's zone)
/// come into one file, such as `log/2025.toml`. Later ones stay where they are.
///
/// # Errors
/// Why it cannot be packed: what is in the log cannot be read, or one year of it is more than a file may hold.
pub fn pack(tree: &Tree, folder: &str, zone: Tz, open: i32) -> Result<Packed, String> {
    let mut findings = Vec::new();
    let before = log::read(tree, folder, &mut findings);
    if let Some(wrong) = findings.iter().find(|finding| finding.severity == Severity::Error) {
        return Err(named(wrong));
    }
    let events = Written::read(tree, folder, &mut Vec::new()).events;
    let mut files: BTreeMap<String, Vec<Piece>> = BTreeMap::new();
    for piece in pieces(tree, &events) {
        let year = piece.event.at.with_timezone(&zone).year();
        let path = if year < open { format!("{folder}/log/{year:04}.toml") } else { piece.path.to_owned() };
        files.entry(path).or_default().push(piece);
    }
    let mut packed = Packed::default();
    for (path, pieces) in &mut files {
        // As they are where all of it was in this file.
        let mut sources: BTreeSet<&str> = pieces.iter().map(|piece| piece.path).collect();
        let all = events.iter().filter(|logged| logged.source.path() == path).count();
        if sources.remove(path.as_str()) && sources.is_empty() && all == pieces.len() {
            continue;
        }
        let text = joined(pieces);
        if text.len() as u64 > MAX_TOML {
            return Err(format!("`{path}` would have {} bytes, more than a file may have ({MAX_TOML})", text.len()));
        }
        packed.files.push((path.clone(), text));
    }
    let emptied: BTreeSet<&str> = events.iter().map(|logged| logged.source.path()).collect();
    packed.removed = emptied.into_iter().filter(|path| !files.contains_key(*path)).map(str::to_owned).collect();
    if !is_same(&packed, tree, folder, &before) {
        return Err(format!("packing `{folder}/log` would change what it says"));
    }
    Ok(packed)
}

/// An event as it stands in its file, with what is said about it there.
struct Piece<'t> {
    event: &'t Event,
    path: &'t str,
    text: String,
}

fn pieces<'e>(tree: &Tree, events: &'e [Logged]) -> Vec<Piece<'e>> {
    let mut pieces = Vec::new();
    for file in events.chunk_by(|one, next| one.source.path() == next.source.path()) {
        let Some(path) = file.first().map(|logged| logged.source.path()) else { continue };
        let text = tree.text(path).unwrap_or_default();
        let start = |logged: &Logged| logged.source.whole().span.map(|span| span.start);
        let starts: Option<Vec<usize>> = file.iter().map(start).collect();
        // Tables in a list of one line cannot be cut out of it.
        let starts =
            starts.filter(|starts| starts.is_sorted() && starts.iter().all(|at| text[*at..].starts_with("[[")));
        for (at, Logged { event, .. }) in file.iter().enumerate() {
            let text = match &starts {
                Some(starts) => {
                    // What stands above the first is said about all.
                    let from = if at == 0 { 0 } else { starts[at] };
                    text[from..starts.get(at + 1).copied().unwrap_or(text.len())].replace("\r\n", "\n")
                }
                None => to_toml(event),
            };
            pieces.push(Piece { event, path, text });
        }
    }
    pieces
}

/// The text of a file with these pieces: the oldest first, each event once.
fn joined(pieces: &mut [Piece]) -> String {
    pieces.sort_by(|one, other| (one.event.at, &one.event.id).cmp(&(other.event.at, &other.event.id)));
    let mut seen = BTreeSet::new();
    let once = pieces.iter().filter(|piece| seen.insert(&piece.event.id));
    let texts: Vec<String> = once.map(|piece| format!("{}\n", piece.text.trim())).collect();
    texts.join("\n")
}

/// Whether a packed log tells the same events in the same order, and as readably.
fn is_same(packed: &Packed, tree: &Tree, folder: &str, before: &log::Log) -> bool {
    let mut after = Tree::default();
    for (path, entry) in tree.under(&format!("{folder}/log/")) {
        if !packed.removed.iter().any(|removed| removed == path) {
            after.insert(path, entry.clone());
        }
    }
    for (path, text) in &packed.files {
        after.insert_toml(path, text.clone().into_bytes());
    }
    let after = log::read(&after, folder, &mut Vec::new());
    let told = |log: &log::Log| log.events().iter().map(|logged| logged.event.clone()).collect::<Vec<_>>();
    told(&after) == told(before) && after.unread_since() == before.unread_since()
}

fn named(finding: &Finding) -> String {
    let path = finding.place.as_ref().map(|place| format!("`{}`: ", place.path)).unwrap_or_default();
    format!("{path}{}", finding.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(events: impl Iterator<Item = (String, String)>) -> Tree {
        let mut tree = Tree::default();
        tree.insert_toml("assets/A-1/asset.toml", b"name = 'A'\ncategory = 'c'".to_vec());
        for (at, (day, note)) in events.enumerate() {
            let text = format!(
                "[[event]]\nid = \"aaaa{at:04}\"\nat = {day}T08:00:00Z\nkind = \"note\"\nby = \"ana\"\nnote = \"{note}\"\n"
            );
            tree.insert_toml(format!("assets/A-1/log/{at:04}.toml"), text.into_bytes());
        }
        tree
    }

    #[test]
    fn a_year_that_is_more_than_a_file_may_hold_is_not_packed() {
        let events = (0..300).map(|_| ("2023-05-01".to_owned(), "x".repeat(4000)));
        let why = pack(&log(events), "assets/A-1", Tz::UTC, 2024).unwrap_err();
        assert!(why.contains("assets/A-1/log/2023.toml") && why.contains("more than a file may have"), "{why}");
    }

    #[test]
    fn years_that_are_open_stay_as_they_are() {
        let days = ["2022-01-01", "2023-12-31", "2024-01-01"].map(|day| (day.to_owned(), "x".to_owned()));
        let tree = log(days.into_iter());
        let packed = |open| {
            let packed = pack(&tree, "assets/A-1", Tz::UTC, open).unwrap();
            let names = packed.files.iter().map(|(path, _)| path.rsplit('/').next().unwrap().to_owned());
            (names.collect::<Vec<_>>().join(" "), packed.removed.len())
        };
        assert_eq!(packed(2022), (String::new(), 0));
        assert_eq!(packed(2023), ("2022.toml".to_owned(), 1));
        assert_eq!(packed(2025), ("2022.toml 2023.toml 2024.toml".to_owned(), 3));
        assert!(pack(&Tree::default(), "assets/A-1", Tz::UTC, 2025).unwrap().is_empty());
    }
}
