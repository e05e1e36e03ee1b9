//! Reports as documents: what an auditor or an insurer asks for, in the words of the register's language.

mod books;
mod goods;

use std::collections::BTreeMap;

use super::here::Here;
use super::lookup::Lookup;
use super::phrase::Phrase;
use super::{Build, Theme};
use crate::document::{Cell, Document, Fact};
use crate::register::reports::{Basis, Report};
use crate::register::select::Selection;
use crate::register::state::State;
use crate::register::{Asset, Money, Number, Opened, Slug, Status};
use crate::tree::Tree;

/// Characters of a commit's id that a report names.
const COMMIT: usize = 12;

/// Photos to be shown in a report, as `data:` addresses.
pub type Pictures = BTreeMap<Number, String>;

/// A report of the register as a document.
#[must_use]
pub fn report(
    report: &Report,
    basis: &Basis,
    (opened, tree): (&Opened, &Tree),
    theme: &Theme,
    build: &Build,
    pictures: &Pictures,
) -> Document {
    let site = Lookup::new(opened, tree, theme, build);
    let here = Here::at(&site, "").lasting();
    let mut document = match report {
        Report::Insurance(report) => goods::insurance(&here, report, pictures),
        Report::Depreciation(report) => books::depreciation(&here, report),
        Report::Schedule(report) => books::schedule(&here, report),
        Report::Leaver(report) => goods::leaver(&here, report),
        Report::Overdue(report) => goods::overdue(&here, report),
        Report::Unseen(report) => goods::unseen(&here, report),
        Report::Disposals(report) => goods::disposals(&here, report),
    };
    document.state = here.state();
    let only = here.only(basis.selection);
    document.sentence = std::iter::once(document.sentence).chain(only).collect::<Vec<_>>().join(" ");
    if basis.is_uncommitted {
        document.notes.push(here.site.words.word("report_uncommitted").to_owned());
    }
    document.totals = totals(&here, report);
    if document.rows.is_empty() {
        document.columns.clear();
    }
    document
}

/// A fact for each sum.
fn totals(here: &Here, report: &Report) -> Vec<Fact> {
    let sums = report.totals().into_iter().flat_map(|(key, sums)| sums.into_iter().map(move |sum| (key, sum)));
    sums.filter_map(|(key, sum)| here.plain_fact(total_word(key), Some(here.site.words.money(&sum)))).collect()
}

/// What a sum is called.
fn total_word(key: &'static str) -> &'static str {
    match key {
        "price" | "cost" => "purchase_cost",
        "sum_insured" => "report_sum_insured",
        "depreciated" => "report_depreciated",
        "this_year" => "report_this_year",
        "book_value" => "report_book_value",
        "disposed" => "report_disposed",
        "residual" => "report_residual",
        "charge" => "report_charge",
        "proceeds" => "report_proceeds",
        "hired" => "report_hired_sum",
        "gain" => "report_gain_sum",
        "loss" => "report_loss_sum",
        _ => "document_total",
    }
}

impl Here<'_> {
    /// A report with nothing in it yet, and nothing to sign.
    fn report(&self, title: &str) -> Document {
        Document { signatures: Vec::new(), ..self.blank("report", self.site.words.word(title)) }
    }

    /// The day that a report speaks of, and the commit that it is made from.
    fn state(&self) -> String {
        let commit = self.site.build.commits.head.as_ref();
        let commit = commit.map(|commit| self.apart(commit.id.get(..COMMIT).unwrap_or(&commit.id)));
        let day = self.site.dates.long(self.site.dates.today);
        self.said("report_state", &[("day", Some(day)), ("commit", commit)])
    }

    /// The places and the categories that a report is about, where it is not about all.
    fn only(&self, selection: &Selection) -> Vec<String> {
        let register = self.site.register();
        let place = |slug: &Slug| self.apart(register.location_name(slug));
        let category = |slug: &Slug| {
            self.apart(register.categories.get(slug).map_or(slug.as_str(), |category| category.name.as_str()))
        };
        let places: Vec<Phrase> = selection.location.iter().map(place).collect();
        let categories: Vec<Phrase> = selection.category.iter().map(category).collect();
        let mut only = Vec::new();
        if !places.is_empty() {
            only.push(self.said("report_only_in", &[("places", Some(self.listed(&places)))]));
        }
        if !categories.is_empty() {
            only.push(self.said("report_only_of", &[("categories", Some(self.listed(&categories)))]));
        }
        only
    }

    fn assets(&self, n: usize) -> Phrase {
        self.site.words.count("assets", n)
    }

    fn amount(&self, money: Option<Money>) -> Cell {
        Cell::of(money.map(|money| self.site.words.money(&money)))
    }

    fn number_cell(asset: &Asset) -> Cell {
        Cell::of(Some(asset.number.as_str()))
    }

    /// A thing by its name, with who made it, its serial number and other smaller lines below.
    fn name_cell(&self, asset: &Asset, more: impl IntoIterator<Item = String>) -> Cell {
        let make: Vec<&str> = [&asset.manufacturer, &asset.model].into_iter().flatten().map(String::as_str).collect();
        let make = Some(make.join(" ")).filter(|make| !make.is_empty() && !asset.name.contains(make.as_str()));
        let serial = asset.serial.as_deref().map(|serial| self.apart(serial));
        let serial = serial.map(|serial| self.said("report_serial", &[("serial", Some(serial))]));
        let small = make.into_iter().chain(serial).chain(more).collect();
        Cell { text: asset.name.clone(), small, ..Cell::default() }
    }

    /// With whom a thing is, where, and whether it can be had.
    fn whereabouts(&self, state: &State) -> Cell {
        let register = self.site.register();
        let person = state.custody.as_ref().map(|custody| register.person_name(&custody.person).to_owned());
        let place = state.location.as_ref().map(|slug| self.place(slug).plain().to_owned());
        let is_away = matches!(state.status(), Status::Missing | Status::InRepair);
        let status = is_away.then(|| self.status(state.status()).word.plain().to_owned());
        let mut lines = [person, place, status].into_iter().flatten();
        Cell { text: lines.next().unwrap_or_default(), small: lines.collect(), ..Cell::default() }
    }
}
