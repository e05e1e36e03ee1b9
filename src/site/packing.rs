//! Packing lists: what goes out for a job, for whoever packs, drives, clears or insures it.

use super::here::Here;
use super::lookup::{Lookup, Thing};
use super::phrase::Phrase;
use super::tables::written;
use super::{Build, Theme};
use crate::document::{Cell, Document, Kind, Row};
use crate::register::job::{self, Standing, by_kit, to_pack};
use crate::register::{Job, Money, Opened, Slug};
use crate::tree::Tree;

const COLUMNS: &[&str] = &[
    "line",
    "number",
    "name",
    "contents",
    "manufacturer",
    "model",
    "serial",
    "value",
    "currency",
    "part_of",
    "stage",
    "custodian",
];

/// A packing list.
#[derive(Debug, Clone)]
pub struct Packing {
    /// To be printed.
    pub document: Document,
    /// For spreadsheets.
    pub csv: String,
}

/// The packing list of a job; `None` where nothing was ever reserved or taken for it.
#[must_use]
pub fn packing(opened: &Opened, tree: &Tree, theme: &Theme, build: &Build, slug: &Slug) -> Option<Packing> {
    let job = opened.register.jobs.get(slug)?;
    let standing = job::all(opened, &build.moment).remove(slug)?;
    let site = Lookup::new(opened, tree, theme, build);
    let document = document(&Here::at(&site, ""), job, &standing);
    Some(Packing { document, csv: csv(&site, &standing) })
}

/// What is on the list, parts below their kits.
fn things<'s, 'a>(site: &'s Lookup<'a>, standing: &Standing) -> Vec<(&'s Thing<'a>, usize)> {
    let listed = by_kit(site.register(), &to_pack(standing)).into_iter();
    listed.filter_map(|(number, depth)| Some((site.things.get(number)?, depth))).collect()
}

/// The list as a document.
pub(super) fn document(here: &Here, job: &Job, standing: &Standing) -> Document {
    let things = things(here.site, standing);
    let all: Vec<&Thing> = things.iter().map(|(thing, _)| *thing).collect();
    let (totals, notes) = here.worth(&all);
    let is_over = all.iter().all(|thing| standing.get(&thing.asset.number).is_some_and(|stage| !stage.is_ahead()));
    let count = here.site.words.count("assets", things.len());
    let sentence = here.said(if is_over { "packing_went" } else { "packing_goes" }, &[("assets", Some(count))]);
    let lead = job.lead.as_ref().map(|lead| here.site.register().person_name(lead).to_owned());
    let facts = [
        here.plain_fact("job_when", Some(here.job_days(job).plain().to_owned())),
        here.plain_fact("job_lead", lead),
        here.contact_fact(),
    ];
    let rows = things.iter().enumerate().map(|(at, (thing, depth))| Row {
        depth: *depth,
        cells: vec![
            Cell::default(),
            Cell::of(Some((at + 1).to_string())),
            Cell::of(Some(thing.asset.number.as_str())),
            Cell { text: thing.asset.name.clone(), small: here.beside(thing), ..Cell::default() },
            Cell::of(thing.asset.serial.as_deref()),
            Cell::of(thing.asset.value().map(|value| here.site.words.money(&value))),
        ],
    });
    Document {
        sentence,
        facts: facts.into_iter().flatten().collect(),
        columns: vec![
            here.column("", Kind::Tick, 7.0),
            here.column("", Kind::Amount, 8.0),
            here.column("document_number", Kind::Number, 27.0),
            here.column("document_name", Kind::Name, 0.0),
            here.column("fact_serial", Kind::Text, 36.0),
            here.column("document_value", Kind::Amount, 29.0),
        ],
        rows: rows.collect(),
        totals,
        notes,
        ..here.blank("packing", &job.title)
    }
}

/// The list for spreadsheets.
pub(super) fn csv(site: &Lookup, standing: &Standing) -> String {
    let rows = things(site, standing).into_iter().enumerate().map(|(at, (thing, _))| {
        let (asset, value) = (thing.asset, thing.asset.value());
        let stage = standing.get(&asset.number).map(|stage| stage.word());
        vec![
            (at + 1).to_string(),
            asset.number.to_string(),
            asset.name.clone(),
            asset.contents.join(", "),
            asset.manufacturer.clone().unwrap_or_default(),
            asset.model.clone().unwrap_or_default(),
            asset.serial.clone().unwrap_or_default(),
            value.as_ref().map(Money::decimal).unwrap_or_default(),
            value.map(|value| value.currency.code().to_owned()).unwrap_or_default(),
            asset.part_of.as_ref().map(ToString::to_string).unwrap_or_default(),
            stage.unwrap_or_default().to_owned(),
            thing.summary.custodian.as_ref().map(ToString::to_string).unwrap_or_default(),
        ]
    });
    written(COLUMNS, rows)
}

impl Here<'_> {
    /// `16 Nov 2026 to 27 Nov 2026`.
    pub(super) fn job_days(&self, job: &Job) -> Phrase {
        let day = |day: Option<_>| day.map(|day| self.site.dates.full(day));
        let until = job.until.filter(|until| job.from != Some(*until));
        self.say("job_days", &[("from", day(job.from)), ("until", day(until))])
    }
}
