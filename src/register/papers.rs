//! Audits, jobs and batches of tags: `audits/2026-q4.toml`, `jobs/2026-12-nord.toml`, `tags/2026-11-23-a.toml`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::finding::Finding;
use super::number::{Number, Slug};
use super::reader::{Source, Table, file};
use super::{declared, stem};
use crate::tree::Tree;

/// A physical count against the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// The name of its file.
    pub slug: Slug,
    /// What it is called.
    pub title: String,
    /// Its scope: this location and everything inside it; everywhere where absent.
    pub location: Option<Slug>,
    /// The category that it is about; things of any where absent.
    pub category: Option<Slug>,
    /// When counting began.
    pub opened: Option<DateTime<Utc>>,
    /// When it ended; open where absent.
    pub closed: Option<DateTime<Utc>>,
    /// Who leads it.
    pub by: Option<Slug>,
    /// Tags that were seen and that nobody knows.
    pub unknown: Vec<String>,
    /// Where it is written.
    pub source: Source,
}

/// Something that gear goes out for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The name of its file.
    pub slug: Slug,
    /// What it is called.
    pub title: String,
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub until: Option<NaiveDate>,
    /// Who leads it.
    pub lead: Option<Slug>,
    /// Where it is written.
    pub source: Source,
}

/// Tags printed before they are needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagBatch {
    /// The name of its file.
    pub slug: Slug,
    /// When they were made.
    pub minted: Option<DateTime<Utc>>,
    /// By whom.
    pub by: Option<Slug>,
    /// The numbers on them.
    pub numbers: Vec<Number>,
    /// Where it is written.
    pub source: Source,
}

pub(super) fn audits(tree: &Tree, findings: &mut Vec<Finding>) -> BTreeMap<Slug, Audit> {
    each(tree, "audits/", findings, |slug, top| {
        let mut audit = Audit {
            title: top.need_words("title").unwrap_or_else(|| slug.to_string()),
            slug,
            location: top.take("location"),
            category: top.take("category"),
            opened: top.need("opened"),
            closed: top.take("closed"),
            by: top.take("by"),
            unknown: top.list("unknown").unwrap_or_default(),
            source: Source::default(),
        };
        audit.source = top.finish();
        audit
    })
}

pub(super) fn jobs(tree: &Tree, findings: &mut Vec<Finding>) -> BTreeMap<Slug, Job> {
    each(tree, "jobs/", findings, |slug, top| {
        let mut job = Job {
            title: top.need_words("title").unwrap_or_else(|| slug.to_string()),
            slug,
            from: top.take("from"),
            until: top.take("until"),
            lead: top.take("lead"),
            source: Source::default(),
        };
        job.source = top.finish();
        job
    })
}

pub(super) fn tags(tree: &Tree, findings: &mut Vec<Finding>) -> BTreeMap<Slug, TagBatch> {
    each(tree, "tags/", findings, |slug, top| {
        let mut batch = TagBatch {
            slug,
            minted: top.take("minted"),
            by: top.take("by"),
            numbers: top.list("numbers").unwrap_or_default(),
            source: Source::default(),
        };
        batch.source = top.finish();
        batch
    })
}

fn each<T>(
    tree: &Tree,
    folder: &str,
    findings: &mut Vec<Finding>,
    read: impl Fn(Slug, &mut Table) -> T,
) -> BTreeMap<Slug, T> {
    let mut all = BTreeMap::new();
    for (path, _) in tree.under(folder) {
        let Some(name) = stem(path, folder) else { continue };
        let slug = declared(name, path, findings);
        all.extend(file(tree, path, findings, |top| (slug.clone(), read(slug, top))));
    }
    all
}
