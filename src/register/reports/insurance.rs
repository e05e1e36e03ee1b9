//! What is insured: everything that has not left, with what proves that it was there and what it is worth.

use chrono::NaiveDate;

use super::sheet::Kind::{Money as Amount, Plain};
use super::{Asked, Kind, Proof, Sheet, Totals, cells};
use crate::register::assets::Document;
use crate::register::money::totals;
use crate::register::select::folded;
use crate::register::state::State;
use crate::register::{Asset, Money};

const COLUMNS: &[(&str, Kind)] = &[
    ("number", Plain),
    ("name", Plain),
    ("manufacturer", Plain),
    ("model", Plain),
    ("serial", Plain),
    ("category", Plain),
    ("bought", Plain),
    ("supplier", Plain),
    ("invoice", Plain),
    ("price", Amount),
    ("replacement_value", Amount),
    ("policy", Plain),
    ("hired", Plain),
    ("status", Plain),
    ("location", Plain),
    ("custodian", Plain),
    ("photo", Plain),
    ("photo_sha256", Plain),
    ("receipt", Plain),
    ("receipt_sha256", Plain),
];

/// What the title or the name of a receipt's file says, without accents and capitals.
const RECEIPTS: &[&str] = &[
    "receipt",
    "invoice",
    "rechnung",
    "beleg",
    "quittung",
    "facture",
    "factura",
    "fattura",
    "faktura",
    "recibo",
    "فاتورة",
    "ايصال",
];

/// The inventory for an insurer.
#[derive(Debug, Clone, PartialEq)]
pub struct Insurance<'a> {
    /// In order of their numbers.
    pub lines: Vec<Insured<'a>>,
}

/// One thing of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Insured<'a> {
    /// What it is.
    pub asset: &'a Asset,
    /// Where and with whom it is.
    pub state: State,
    /// Its photo.
    pub photo: Option<Proof>,
    /// Whether it is somebody else's, and hired.
    pub is_hired: bool,
    /// Its receipt: the first of its papers whose title or file says that it is one.
    pub receipt: Option<Proof>,
}

impl<'a> Insurance<'a> {
    /// What is insured.
    #[must_use]
    pub fn of(asked: &Asked<'a>) -> Insurance<'a> {
        let today = asked.moment.today;
        let is_here = |asset: &Asset, state: &State| state.retired.is_none() && !is_elsewhere(asset, today);
        let lines = asked.lines().filter(|(asset, folded)| is_here(asset, &folded.state)).map(|(asset, folded)| {
            let photo = asset.photo.as_ref().and_then(|file| asked.proof(asset, file));
            let receipt = asset.documents.iter().find(|document| is_receipt(document));
            let receipt = receipt.and_then(|receipt| asked.proof(asset, &receipt.file));
            Insured { asset, state: folded.state, photo, is_hired: is_hired(asset, today), receipt }
        });
        Insurance { lines: lines.collect() }
    }

    /// How many have none of what a claim asks for.
    #[must_use]
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        let mut counts = vec![("assets", self.lines.len())];
        let without = [("without_serial", "serial"), ("without_photo", "photo"), ("without_receipt", "receipt")];
        counts.extend(
            without
                .into_iter()
                .chain([("without_price", "price")])
                .map(|(key, what)| (key, self.lines.iter().filter(|line| line.lacks().contains(&what)).count())),
        );
        counts
    }

    pub(super) fn totals(&self) -> Totals {
        let assets = || self.lines.iter().map(|line| line.asset);
        let hired = self.lines.iter().filter(|line| line.is_hired).map(|line| line.asset);
        vec![
            ("price", totals(assets().filter_map(price))),
            ("sum_insured", totals(assets().filter_map(Asset::value))),
            ("hired", totals(hired.filter_map(Asset::value))),
        ]
    }

    pub(super) fn sheet(&self) -> Sheet {
        let rows = self.lines.iter().map(|line| {
            let (asset, state) = (line.asset, &line.state);
            let purchase = asset.purchase.as_ref();
            let mut row = vec![
                (&asset.number).into(),
                (&asset.name).into(),
                asset.manufacturer.as_ref().into(),
                asset.model.as_ref().into(),
                asset.serial.as_ref().into(),
                (&asset.category).into(),
                purchase.and_then(|purchase| purchase.date).into(),
                purchase.and_then(|purchase| purchase.supplier.as_ref()).into(),
                purchase.and_then(|purchase| purchase.invoice.as_ref()).into(),
                price(asset).into(),
                asset.replacement_value.into(),
                asset.policy.as_ref().into(),
                line.is_hired.into(),
                state.status().word().into(),
                state.location.as_ref().into(),
                state.custody.as_ref().map(|custody| &custody.person).into(),
            ];
            row.extend(cells(line.photo.as_ref()).into_iter().chain(cells(line.receipt.as_ref())));
            row
        });
        Sheet { columns: COLUMNS, rows: rows.collect() }
    }
}

impl Insured<'_> {
    /// What a claim asks for and the register does not have, by word.
    #[must_use]
    pub fn lacks(&self) -> Vec<&'static str> {
        let is_there = |proof: &Option<Proof>| proof.as_ref().is_some_and(|proof| proof.is_there);
        let all = [
            ("serial", self.asset.serial.is_some()),
            ("photo", is_there(&self.photo)),
            ("receipt", is_there(&self.receipt)),
            ("price", price(self.asset).is_some()),
        ];
        all.into_iter().filter(|(_, has)| !has).map(|(what, _)| what).collect()
    }
}

/// What it cost.
fn price(asset: &Asset) -> Option<Money> {
    asset.purchase.as_ref()?.cost
}

/// Whether it is hired and nobody had bought it by `day`.
fn is_hired(asset: &Asset, day: NaiveDate) -> bool {
    let bought = asset.purchase.as_ref().and_then(|purchase| purchase.date);
    asset.hire.is_some() && bought.is_none_or(|bought| bought > day)
}

/// Whether it is hired, but not on `day`: an open end of a hire counts on.
fn is_elsewhere(asset: &Asset, day: NaiveDate) -> bool {
    let hire = asset.hire.as_ref().filter(|_| is_hired(asset, day));
    hire.is_some_and(|hire| hire.from.is_some_and(|from| day < from) || hire.until.is_some_and(|until| until < day))
}

fn is_receipt(document: &Document) -> bool {
    let name = document.file.rsplit('/').next().unwrap_or_default();
    let said = folded(&format!("{} {name}", document.title.as_deref().unwrap_or_default()));
    RECEIPTS.iter().any(|word| said.contains(&folded(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_says_that_it_is_one() {
        let is = |title: Option<&str>, file: &str| {
            let title = title.map(str::to_owned);
            is_receipt(&Document { file: file.to_owned(), title, source: crate::register::Source::default() })
        };
        assert!(is(Some("Kaufbeleg"), "files/a.pdf") && is(None, "files/2024-RECEIPT.pdf"));
        assert!(is(Some("الإيصال"), "a.jpg") && is(Some("Fattura n. 7"), "a.pdf"));
        assert!(!is(Some("Manual"), "receipts/manual.pdf") && !is(None, "files/quick-card.pdf"));
    }
}
