//! Reports: what an auditor or an insurer asks for, as typed lines; the same lines as a sheet for programs.

mod books;
mod gone;
mod insurance;
mod late;
mod leaver;
mod sheet;

use std::collections::BTreeSet;

use chrono::NaiveDate;

pub use books::{Booked, Books, Scheduled};
pub use gone::{Disposals, Disposed};
pub use insurance::{Insurance, Insured};
pub use late::{Late, Overdue, Unseen, Unsighted};
pub use leaver::{Held, Leaver, Promised};
pub use sheet::{Kind, Sheet, Value};

use super::select::Selection;
use super::state::{Folded, State};
use super::time::{Moment, day_of};
use super::{Asset, Money, Number, Opened};
use crate::tree::{Entry, Tree};

/// What a report is asked of.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The register.
    pub opened: &'a Opened,
    /// Its files.
    pub tree: &'a Tree,
    /// When it is looked at.
    pub moment: &'a Moment,
    /// Which assets it is about.
    pub selection: &'a Selection,
    /// The SHA-256 of a file of the register in hexadecimal digits, where somebody wants to know it.
    pub hash: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The places and categories that it is about; all where there is none.
    pub selection: &'a Selection,
    /// Whether files of the register are otherwise than in the commit that the report names.
    pub is_uncommitted: bool,
}

/// A report.
#[derive(Debug, Clone, PartialEq)]
pub enum Report<'a> {
    /// What is insured.
    Insurance(Insurance<'a>),
    /// What things are worth in the books.
    Depreciation(Books<'a>),
    /// The same, year by year.
    Schedule(Books<'a>),
    /// What somebody has.
    Leaver(Leaver<'a>),
    /// What is late.
    Overdue(Overdue<'a>),
    /// What nobody has seen for long.
    Unseen(Unseen<'a>),
    /// What has left.
    Disposals(Disposals<'a>),
}

/// Sums by what they are of, one amount for each currency.
pub type Totals = Vec<(&'static str, Vec<Money>)>;

impl Report<'_> {
    /// The word for it, such as `insurance`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Report::Insurance(_) => "insurance",
            Report::Depreciation(_) => "depreciation",
            Report::Schedule(_) => "schedule",
            Report::Leaver(_) => "leaver",
            Report::Overdue(_) => "overdue",
            Report::Unseen(_) => "unseen",
            Report::Disposals(_) => "disposals",
        }
    }

    /// Its lines for programs.
    #[must_use]
    pub fn sheet(&self) -> Sheet {
        match self {
            Report::Insurance(report) => report.sheet(),
            Report::Depreciation(report) => report.sheet(),
            Report::Schedule(report) => report.schedule_sheet(),
            Report::Leaver(report) => report.sheet(),
            Report::Overdue(report) => report.sheet(),
            Report::Unseen(report) => report.sheet(),
            Report::Disposals(report) => report.sheet(),
        }
    }

    /// Its sums.
    #[must_use]
    pub fn totals(&self) -> Totals {
        match self {
            Report::Insurance(report) => report.totals(),
            Report::Depreciation(report) => report.totals(),
            Report::Schedule(report) => report.schedule_totals(),
            Report::Leaver(report) => report.totals(),
            Report::Overdue(report) => report.totals(),
            Report::Unseen(report) => report.totals(),
            Report::Disposals(report) => report.totals(),
        }
    }

    /// What is to be known of it besides, in numbers of assets.
    #[must_use]
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        match self {
            Report::Insurance(report) => report.counts(),
            Report::Depreciation(report) | Report::Schedule(report) => report.counts(),
            Report::Leaver(report) => vec![("held", report.held.len()), ("reserved", report.promised.len())],
            Report::Overdue(report) => vec![("assets", report.lines.len())],
            Report::Unseen(report) => report.counts(),
            Report::Disposals(report) => vec![("assets", report.lines.len())],
        }
    }
}

/// A file of the register that proves something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Its path in the register.
    pub path: String,
    /// Whether it is there.
    pub is_there: bool,
    /// Its SHA-256, where it is there and somebody wants to know it.
    pub sha256: Option<String>,
}

impl<'a> Asked<'a> {
    /// The assets that are asked for and that had come by then, each with what its log comes to.
    fn lines(&self) -> impl Iterator<Item = (&'a Asset, Folded)> {
        let (opened, moment, selection) = (self.opened, self.moment, self.selection);
        opened.register.assets.values().filter(move |asset| has_come(asset, moment.today)).filter_map(move |asset| {
            let folded = opened.folded(&asset.number, moment);
            selection.takes(&opened.register, asset, &folded.state, moment.today).then_some((asset, folded))
        })
    }

    fn day_of_leaving(&self, state: &State) -> Option<NaiveDate> {
        state.retired.as_ref().map(|retired| day_of(retired.at, self.opened.register.config.timezone))
    }

    /// A file of an asset, by its path in the asset's folder; `None` for one that leads out of it.
    fn proof(&self, asset: &Asset, file: &str) -> Option<Proof> {
        let path = asset.inside(file)?;
        let is_there = matches!(self.tree.entry(&path), Some(Entry::Other(_)));
        let sha256 = if is_there { (self.hash)(&path) } else { None };
        Some(Proof { path, is_there, sha256 })
    }
}

/// Whether an asset was bought by `day`, as far as the record says.
fn has_come(asset: &Asset, day: NaiveDate) -> bool {
    let bought = asset.purchase.as_ref().and_then(|purchase| purchase.date).or(asset.in_service);
    bought.is_none_or(|bought| bought <= day)
}

/// The path of a proof and its hash, as two cells.
fn cells(proof: Option<&Proof>) -> [Value; 2] {
    [proof.map(|proof| proof.path.as_str()).into(), proof.and_then(|proof| proof.sha256.as_deref()).into()]
}

/// What somebody has, or is late, is told with what it is worth.
fn worth<'a>(assets: impl Iterator<Item = &'a Asset>) -> Totals {
    vec![("value", super::money::totals(assets.filter_map(Asset::value)))]
}

fn numbers<'a>(all: impl Iterator<Item = &'a Asset>) -> BTreeSet<&'a Number> {
    all.map(|asset| &asset.number).collect()
}
