//! What has left, and what proves that it did.

use chrono::NaiveDate;

use super::sheet::Kind::{Money as Amount, Plain};
use super::{Asked, Kind, Proof, Sheet, Totals};
use crate::register::depreciation::Plan;
use crate::register::event::Disposal;
use crate::register::money::totals;
use crate::register::{Action, Asset, Money, Slug};

const COLUMNS: &[(&str, Kind)] = &[
    ("number", Plain),
    ("name", Plain),
    ("serial", Plain),
    ("retired", Plain),
    ("method", Plain),
    ("cost", Amount),
    ("book_value", Amount),
    ("proceeds", Amount),
    ("gain", Amount),
    ("loss", Amount),
    ("reference", Plain),
    ("by", Plain),
    ("note", Plain),
    ("proof", Plain),
    ("proof_sha256", Plain),
];

/// What has left.
#[derive(Debug, Clone, PartialEq)]
pub struct Disposals<'a> {
    /// The first day of those on which it left.
    pub from: Option<NaiveDate>,
    /// The last.
    pub until: Option<NaiveDate>,
    /// In order of the days on which they left.
    pub lines: Vec<Disposed<'a>>,
}

/// One thing that has left.
#[derive(Debug, Clone, PartialEq)]
pub struct Disposed<'a> {
    /// What it is.
    pub asset: &'a Asset,
    /// When it left.
    pub day: NaiveDate,
    /// How.
    pub method: Disposal,
    /// For how much.
    pub proceeds: Option<Money>,
    /// What their or our papers call that.
    pub reference: Option<&'a str>,
    /// Who says so.
    pub by: Option<&'a Slug>,
    /// What else they said.
    pub note: Option<&'a str>,
    /// Files that prove it: pictures of the event, and its reference where that is a file of the asset.
    pub proofs: Vec<Proof>,
    /// What it had cost.
    pub cost: Option<Money>,
    /// What was left of it in the books.
    pub book_value: Option<Money>,
}

impl<'a> Disposals<'a> {
    /// What left from one day to another.
    #[must_use]
    pub fn of(asked: &Asked<'a>, from: Option<NaiveDate>, until: Option<NaiveDate>) -> Disposals<'a> {
        let is_asked = |day: NaiveDate| from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until);
        let gone = asked.lines().filter_map(|(asset, folded)| {
            let day = asked.day_of_leaving(&folded.state).filter(|day| is_asked(*day))?;
            let retired = folded.state.retired?;
            let event = asked.opened.ledger.log(&asset.number).event(&retired.event).map(|logged| &logged.event);
            let (proceeds, reference) = match event.map(|event| &event.action) {
                Some(Action::Retire { proceeds, reference, .. }) => (*proceeds, reference.as_deref()),
                _ => (None, None),
            };
            let photos = event.into_iter().flat_map(|event| &event.photos).filter_map(|file| asked.proof(asset, file));
            let paper = reference.and_then(|file| asked.proof(asset, file)).filter(|proof| proof.is_there);
            let plan = Plan::of(&asked.opened.register, asset).and_then(Result::ok);
            Some(Disposed {
                asset,
                day,
                method: retired.method,
                proceeds,
                reference,
                by: event.map(|event| &event.by),
                note: event.and_then(|event| event.note.as_deref()),
                proofs: photos.chain(paper).collect(),
                cost: asset.purchase.as_ref().and_then(|purchase| purchase.cost),
                book_value: plan.map(|plan| plan.book_value(day)),
            })
        });
        let mut lines: Vec<_> = gone.collect();
        lines.sort_by_key(|line| line.day);
        Disposals { from, until, lines }
    }

    pub(super) fn totals(&self) -> Totals {
        vec![
            ("cost", totals(self.lines.iter().filter_map(|line| line.cost))),
            ("book_value", totals(self.lines.iter().filter_map(|line| line.book_value))),
            ("proceeds", totals(self.lines.iter().filter_map(|line| line.proceeds))),
            ("gain", totals(self.lines.iter().filter_map(Disposed::gain))),
            ("loss", totals(self.lines.iter().filter_map(Disposed::loss))),
        ]
    }

    pub(super) fn sheet(&self) -> Sheet {
        let rows = self.lines.iter().map(|line| {
            let hashes = line.proofs.iter().map(|proof| proof.sha256.clone().unwrap_or_default());
            vec![
                (&line.asset.number).into(),
                (&line.asset.name).into(),
                line.asset.serial.as_ref().into(),
                line.day.into(),
                line.method.word().into(),
                line.cost.into(),
                line.book_value.into(),
                line.proceeds.into(),
                line.gain().into(),
                line.loss().into(),
                line.reference.into(),
                line.by.into(),
                line.note.into(),
                line.proofs.iter().map(|proof| proof.path.clone()).collect::<Vec<_>>().into(),
                hashes.collect::<Vec<_>>().into(),
            ]
        });
        Sheet { columns: COLUMNS, rows: rows.collect() }
    }
}

impl Disposed<'_> {
    /// By how much the proceeds are more than the book value, or just as much; `None` where either is not known.
    #[must_use]
    pub fn gain(&self) -> Option<Money> {
        let (proceeds, book_value) = self.settled()?;
        let minor = proceeds.minor.checked_sub(book_value.minor).filter(|minor| *minor >= 0)?;
        Some(Money { minor, ..proceeds })
    }

    /// By how much they are less.
    #[must_use]
    pub fn loss(&self) -> Option<Money> {
        let (proceeds, book_value) = self.settled()?;
        let minor = book_value.minor.checked_sub(proceeds.minor).filter(|minor| *minor > 0)?;
        Some(Money { minor, ..book_value })
    }

    /// Proceeds and book value, in one currency. What was sold for nobody knows how much has no result; what went otherwise
    /// and brought nothing is a loss.
    fn settled(&self) -> Option<(Money, Money)> {
        let book_value = self.book_value?;
        let nothing = (self.method != Disposal::Sold).then_some(Money { minor: 0, ..book_value });
        let proceeds = self.proceeds.or(nothing)?;
        (proceeds.currency == book_value.currency).then_some((proceeds, book_value))
    }
}
