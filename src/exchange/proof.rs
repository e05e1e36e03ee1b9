//! Whether a plan can be kept: its files are put into the register, which must not hold more errors than before.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::Rejections;
use crate::register::{Finding, Moment, Opened, Severity, open};
use crate::tree::Tree;

/// A file of a plan, and the row that it comes from.
pub(super) struct Planned {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) row: Option<usize>,
}

/// Rejects what would be an error in the register at `now`; `latest` is when the last of the plan's events is.
pub(super) fn rehearse(
    tree: &Tree,
    opened: &Opened,
    files: &[Planned],
    now: DateTime<Utc>,
    latest: DateTime<Utc>,
    rejections: &mut Rejections,
) {
    let moment = Moment::at(latest, opened.register.config.timezone);
    let before: BTreeSet<_> = opened.check(&moment, now).iter().map(key).collect();
    let mut after = tree.clone();
    for file in files {
        after.insert_toml(file.path.as_str(), file.text.clone().into_bytes());
    }
    let rows: BTreeMap<&str, Option<usize>> = files.iter().map(|file| (file.path.as_str(), file.row)).collect();
    let found = open(&after).check(&moment, now);
    for finding in found.iter().filter(|finding| finding.severity == Severity::Error && !before.contains(&key(finding)))
    {
        let path = path(finding);
        match rows.get(path).copied().flatten() {
            Some(row) => rejections.row(row, format!("would be an error in the register: {}", finding.message)),
            None => rejections.file(format!("`{path}` would have an error: {}", finding.message)),
        }
    }
}

fn path(finding: &Finding) -> &str {
    finding.place.as_ref().map_or("", |place| &*place.path)
}

fn key(finding: &Finding) -> (&'static str, String, String) {
    (finding.rule, path(finding).to_owned(), finding.message.clone())
}
