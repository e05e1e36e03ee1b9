//! What things are worth in the books on a day, and year by year.

use chrono::{Datelike, NaiveDate};

use super::sheet::Kind::{Money as Amount, Plain};
use super::{Asked, Kind, Sheet, Totals};
use crate::register::assets::Method;
use crate::register::depreciation::{Lack, Plan, Year};
use crate::register::money::totals;
use crate::register::{Asset, Money, Number};

const COLUMNS: &[(&str, Kind)] = &[
    ("number", Plain),
    ("name", Plain),
    ("category", Plain),
    ("owner", Plain),
    ("method", Plain),
    ("from", Plain),
    ("months", Plain),
    ("last_day", Plain),
    ("cost", Amount),
    ("residual", Amount),
    ("depreciated", Amount),
    ("this_year", Amount),
    ("book_value", Amount),
    ("retired", Plain),
    ("disposed", Amount),
];

const SCHEDULE: &[(&str, Kind)] = &[
    ("number", Plain),
    ("name", Plain),
    ("year", Plain),
    ("opening", Amount),
    ("charge", Amount),
    ("disposed", Amount),
    ("closing", Amount),
];

/// What things are worth in the books.
#[derive(Debug, Clone, PartialEq)]
pub struct Books<'a> {
    /// What is written off, in order of their numbers; what has left, only in the year it did.
    pub lines: Vec<Booked<'a>>,
    /// What should be written off and cannot be.
    pub lacking: Vec<(&'a Asset, Lack)>,
    /// How many others there are, of which nothing says how they are written off.
    pub unwritten: usize,
}

/// One thing of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Booked<'a> {
    /// What it is.
    pub asset: &'a Asset,
    /// How it is written off.
    pub plan: Plan,
    /// The day it left.
    pub retired: Option<NaiveDate>,
    /// What was written off by then.
    pub depreciated: Money,
    /// What of that in the calendar year.
    pub this_year: Money,
    /// What is left; nothing of what has left.
    pub book_value: Money,
    /// What was left of it when it left.
    pub disposed: Option<Money>,
}

/// A year of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheduled {
    /// The year, and what is left at its end while the thing is there.
    pub year: Year,
    /// What was left at its beginning, or when it was bought.
    pub opening: Money,
    /// What was left of it when it left in that year.
    pub disposed: Option<Money>,
    /// What is left at its end.
    pub closing: Money,
}

impl<'a> Books<'a> {
    /// The books of those `numbers`, or of all where there is none; `all_years` also has what left in earlier years.
    #[must_use]
    pub fn of(asked: &Asked<'a>, numbers: &[Number], all_years: bool) -> Books<'a> {
        let today = asked.moment.today;
        let mut books = Books { lines: Vec::new(), lacking: Vec::new(), unwritten: 0 };
        for (asset, folded) in asked.lines() {
            let retired = asked.day_of_leaving(&folded.state);
            let is_named = numbers.contains(&asset.number);
            let is_over = retired.is_some_and(|day| day.year() < today.year());
            if !(is_named || numbers.is_empty() && (all_years || !is_over)) {
                continue;
            }
            match Plan::of(&asked.opened.register, asset) {
                Some(Ok(plan)) => books.lines.push(Booked::new(asset, plan, retired, today)),
                Some(Err(lack)) => books.lacking.push((asset, lack)),
                None => books.unwritten += 1,
            }
        }
        books
    }

    pub(super) fn counts(&self) -> Vec<(&'static str, usize)> {
        vec![("assets", self.lines.len()), ("lacking", self.lacking.len()), ("not_written_off", self.unwritten)]
    }

    pub(super) fn totals(&self) -> Totals {
        let sum = |of: fn(&Booked) -> Option<Money>| totals(self.lines.iter().filter_map(of));
        vec![
            ("cost", sum(|line| Some(line.plan.cost))),
            ("depreciated", sum(|line| Some(line.depreciated))),
            ("this_year", sum(|line| Some(line.this_year))),
            ("book_value", sum(|line| Some(line.book_value))),
            ("disposed", sum(|line| line.disposed)),
        ]
    }

    pub(super) fn sheet(&self) -> Sheet {
        let rows = self.lines.iter().map(|line| {
            let (asset, plan) = (line.asset, &line.plan);
            vec![
                (&asset.number).into(),
                (&asset.name).into(),
                (&asset.category).into(),
                asset.owner.as_ref().into(),
                word(plan.method).into(),
                plan.first.into(),
                i64::from(plan.months).into(),
                plan.last_day().into(),
                plan.cost.into(),
                plan.residual.into(),
                line.depreciated.into(),
                line.this_year.into(),
                line.book_value.into(),
                line.retired.into(),
                line.disposed.into(),
            ]
        });
        Sheet { columns: COLUMNS, rows: rows.collect() }
    }

    pub(super) fn schedule_totals(&self) -> Totals {
        let years = || self.lines.iter().flat_map(Booked::years);
        vec![
            ("cost", totals(self.lines.iter().map(|line| line.plan.cost))),
            ("residual", totals(self.lines.iter().map(|line| line.plan.residual))),
            ("charge", totals(years().map(|year| year.year.charge))),
            ("disposed", totals(years().filter_map(|year| year.disposed))),
        ]
    }

    pub(super) fn schedule_sheet(&self) -> Sheet {
        let rows = self.lines.iter().flat_map(|line| {
            line.years().into_iter().map(|year| {
                vec![
                    (&line.asset.number).into(),
                    (&line.asset.name).into(),
                    i64::from(year.year.year).into(),
                    year.opening.into(),
                    year.year.charge.into(),
                    year.disposed.into(),
                    year.closing.into(),
                ]
            })
        });
        Sheet { columns: SCHEDULE, rows: rows.collect() }
    }
}

impl<'a> Booked<'a> {
    fn new(asset: &'a Asset, plan: Plan, retired: Option<NaiveDate>, today: NaiveDate) -> Booked<'a> {
        let day = retired.unwrap_or(today);
        let in_year = if day.year() < today.year() { None } else { Some(plan.in_year(day)) };
        let nothing = Money { minor: 0, ..plan.cost };
        let left = plan.book_value(day);
        Booked {
            asset,
            plan,
            retired,
            depreciated: plan.depreciated(day),
            this_year: in_year.unwrap_or(nothing),
            book_value: if retired.is_some() { nothing } else { left },
            disposed: retired.map(|_| left),
        }
    }

    /// Its years, to the end of its life or until it left.
    #[must_use]
    pub fn years(&self) -> Vec<Scheduled> {
        let nothing = Money { minor: 0, ..self.plan.cost };
        let mut opening = self.plan.cost;
        let mut years: Vec<Scheduled> = Vec::new();
        for year in self.plan.years(self.retired) {
            years.push(Scheduled { year, opening, disposed: None, closing: year.left });
            opening = year.left;
        }
        if let (Some(day), Some(left)) = (self.retired, self.disposed) {
            let is_in = years.last().is_some_and(|last| last.year.year == day.year());
            if !is_in {
                let year = Year { year: day.year(), charge: nothing, left };
                years.push(Scheduled { year, opening, disposed: None, closing: left });
            }
            if let Some(last) = years.last_mut() {
                (last.disposed, last.closing) = (Some(left), nothing);
            }
        }
        years
    }
}

/// The word for a method, as the register has it.
fn word(method: Method) -> &'static str {
    match method {
        Method::StraightLine => "straight-line",
        Method::ReducingBalance => "reducing-balance",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::open;
    use crate::tree::Tree;

    /// The years of a thing of 120 EUR that lasts from 2023 to 2024, and leaves on a day.
    fn years(left: Option<&str>) -> Vec<String> {
        let mut tree = Tree::default();
        let record = "name = 'x'\ncategory = 'x'\n[purchase]\ndate = 2023-01-09\ncost = '120.00 EUR'\n\
                      [depreciation]\nmethod = 'straight-line'\nlife = '2y'\nresidual = '24.00 EUR'\n";
        tree.insert_toml("assets/A-1/asset.toml", record.into());
        let opened = open(&tree);
        let asset = opened.register.assets.values().next().unwrap();
        let plan = Plan::of(&opened.register, asset).unwrap().unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let line = Booked::new(asset, plan, left.map(day), day("2026-12-31"));
        let said = |year: Scheduled| {
            let disposed = year.disposed.map(|left| format!(", {} gone", left.decimal())).unwrap_or_default();
            format!("{} {} {}{disposed}", year.year.year, year.year.charge.decimal(), year.closing.decimal())
        };
        line.years().into_iter().map(said).collect()
    }

    #[test]
    fn years_end_with_the_life_or_when_a_thing_leaves() {
        assert_eq!(years(None), ["2023 48.00 72.00", "2024 48.00 24.00"]);
        assert_eq!(years(Some("2024-03-15")), ["2023 48.00 72.00", "2024 8.00 0.00, 64.00 gone"]);
        let later = ["2023 48.00 72.00", "2024 48.00 24.00", "2026 0.00 0.00, 24.00 gone"];
        assert_eq!(years(Some("2026-05-01")), later);
        assert_eq!(years(Some("2022-05-01")), ["2022 0.00 0.00, 120.00 gone"]);
    }
}
