//! Depreciation as documents: on a day, and year by year.

use crate::document::{Cell, Document, Kind, Row};
use crate::register::Number;
use crate::register::assets::Method;
use crate::register::depreciation::Lack;
use crate::register::reports::{Booked, Books};
use crate::site::here::Here;
use crate::site::phrase::Phrase;

/// What things are worth in the books on a day.
pub(super) fn depreciation(here: &Here, books: &Books) -> Document {
    let rows = books.lines.iter().map(|line| {
        let residual = here.site.words.money(&line.plan.residual);
        let residual = here.said("report_to", &[("residual", Some(Phrase::text(&residual)))]);
        Row {
            depth: 0,
            cells: vec![
                Here::number_cell(line.asset),
                here.name_cell(line.asset, here.plan(line, false)),
                Cell { small: vec![residual], ..here.amount(Some(line.plan.cost)) },
                here.amount(Some(line.depreciated)),
                here.amount(Some(line.this_year)),
                Cell { small: here.disposed(line), ..here.amount(Some(line.book_value)) },
            ],
        }
    });
    let said = here.said("report_depreciation_said", &[("assets", Some(here.assets(books.lines.len())))]);
    Document {
        sentence: said,
        columns: vec![
            here.column("document_number", Kind::Number, 25.0),
            here.column("document_name", Kind::Name, 0.0),
            here.column("purchase_cost", Kind::Amount, 27.0),
            here.column("report_depreciated", Kind::Amount, 27.0),
            here.column("report_this_year", Kind::Amount, 27.0),
            here.column("report_book_value", Kind::Amount, 27.0),
        ],
        rows: rows.collect(),
        notes: here.convention(books),
        ..here.report("report_depreciation")
    }
}

/// What is written off in each year.
pub(super) fn schedule(here: &Here, books: &Books) -> Document {
    let rows = books.lines.iter().flat_map(|line| {
        let first = Row {
            depth: 0,
            cells: vec![
                Here::number_cell(line.asset),
                here.name_cell(line.asset, here.plan(line, true)),
                Cell::default(),
                Cell::default(),
                Cell::default(),
            ],
        };
        let years = line.years().into_iter().map(|year| {
            let disposed = if year.disposed.is_some() { here.disposed(line) } else { Vec::new() };
            Row {
                depth: 1,
                cells: vec![
                    Cell::default(),
                    Cell::of(Some(year.year.year.to_string())),
                    here.amount(Some(year.opening)),
                    here.amount(Some(year.year.charge)),
                    Cell { small: disposed, ..here.amount(Some(year.closing)) },
                ],
            }
        });
        std::iter::once(first).chain(years).collect::<Vec<_>>()
    });
    let said = here.said("report_depreciation_said", &[("assets", Some(here.assets(books.lines.len())))]);
    Document {
        sentence: said,
        columns: vec![
            here.column("document_number", Kind::Number, 25.0),
            here.column("document_name", Kind::Name, 0.0),
            here.column("report_opening", Kind::Amount, 30.0),
            here.column("report_charge", Kind::Amount, 30.0),
            here.column("report_closing", Kind::Amount, 30.0),
        ],
        rows: rows.collect(),
        notes: here.convention(books),
        ..here.report("report_schedule")
    }
}

impl Here<'_> {
    /// By which method a thing is written off, over how long, to what where that is asked for, and when it left.
    fn plan(&self, line: &Booked, with_residual: bool) -> Vec<String> {
        let plan = &line.plan;
        let method = match plan.method {
            Method::StraightLine => "method_straight_line",
            Method::ReducingBalance => "method_reducing_balance",
        };
        let (years, months) = (plan.months / 12, plan.months % 12);
        let (word, n) = if months == 0 { ("years", years) } else { ("months", plan.months) };
        let life = self.site.words.count(word, usize::try_from(n).unwrap_or(usize::MAX));
        let residual = with_residual.then(|| Phrase::text(&self.site.words.money(&plan.residual)));
        let fillings = [("method", Some(self.word(method))), ("life", Some(life)), ("residual", residual)];
        let day = |day| self.site.dates.full(day);
        let days = [("from", Some(day(plan.first))), ("until", plan.last_day().map(day))];
        let left = line.retired.map(|retired| {
            let method = self.site.things.get(&line.asset.number).and_then(|thing| thing.state().retired.as_ref());
            let method = method.map(|retired| self.word(&format!("method_{}", retired.method)));
            self.said("now_retired", &[("day", Some(day(retired))), ("method", method)])
        });
        let lines = [self.said("purchase_depreciation_line", &fillings), self.said("range", &days)];
        lines.into_iter().chain(left).collect()
    }

    /// With what value in the books a thing left.
    fn disposed(&self, line: &Booked) -> Vec<String> {
        let amount = line.disposed.map(|left| Phrase::text(&self.site.words.money(&left)));
        let said = amount.map(|amount| self.said("report_left_with", &[("amount", Some(amount))]));
        said.into_iter().collect()
    }

    /// How it is counted, and what is not among it for want of something.
    fn convention(&self, books: &Books) -> Vec<String> {
        let word = |name: &str| self.site.words.word(name).to_owned();
        let uses = |method| books.lines.iter().any(|line| line.plan.method == method);
        let mut notes = Vec::new();
        if !books.lines.is_empty() {
            notes.push(word("report_convention"));
        }
        if uses(Method::StraightLine) {
            notes.push(word("report_convention_straight"));
        }
        if uses(Method::ReducingBalance) {
            notes.push(word("report_convention_reducing"));
        }
        for lack in [Lack::Cost, Lack::Day, Lack::Life, Lack::Currency, Lack::Residual] {
            let of = books.lacking.iter().filter(|(_, other)| *other == lack).map(|(asset, _)| &asset.number);
            let numbers: Vec<Phrase> = of.map(Number::as_str).map(Phrase::text).collect();
            if !numbers.is_empty() {
                let what = Some(self.word(&format!("report_lack_{}", lack.word())));
                let numbers = Some(self.listed(&numbers));
                notes.push(self.said("report_incomplete", &[("what", what), ("numbers", numbers)]));
            }
        }
        if books.unwritten > 0 {
            notes.push(self.site.words.count("report_unwritten", books.unwritten).plain().to_owned());
        }
        notes
    }
}
