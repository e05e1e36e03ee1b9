//! Depreciation: what a thing is worth in the books on a day, in whole minor units, by the convention below.
//!
//! # The convention
//! - It begins with the month in which a thing came into use (`in_service`, else the day of purchase), and that month counts
//!   in full: an asset is depreciated from when it is available for use (IAS 16, §55), by whole months (the full-month
//!   convention; in Germany § 7 (1) sentence 4 of the `EStG`).
//! - A month is written off on its last day. So the month in which a thing leaves is not, unless it leaves on that day.
//! - **Straight line**: the cost less the residual value, spread evenly over the months of its life (IAS 16, §62).
//! - **Reducing balance**: the double declining balance with a change to straight line. Twice the straight-line share of what
//!   is left at the beginning of each year of service, spread evenly over its months; from the year on in which the rest in
//!   equal parts over what is left of its life is more, that; never below the residual value (IRS Publication 946,
//!   "Declining Balance Method" at 200 %; as `VDB` of `OpenFormula` and spreadsheets, with factor 2 and years as periods).
//! - Each sum is rounded to the minor unit, half up, from the beginning on, so that no rounding adds up: the parts of a
//!   schedule are together exactly the cost less the residual value.

use chrono::{Datelike, Months, NaiveDate};

use super::assets::{Asset, Method};
use super::money::Money;
use super::{Category, Register};

/// Months of a year of service.
const YEAR: u32 = 12;

/// How one thing is written off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// By which method.
    pub method: Method,
    /// What it cost.
    pub cost: Money,
    /// What is left at the end, of the same currency and never more than the cost.
    pub residual: Money,
    /// The first day of its first month.
    pub first: NaiveDate,
    /// Over how many months.
    pub months: u32,
}

/// Why something that should be written off cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// Nobody wrote down what it cost.
    Cost,
    /// Nobody wrote down when it was bought, or came into use.
    Day,
    /// Neither it nor its category says how long it lasts.
    Life,
    /// What is left at the end is in another currency than the cost.
    Currency,
    /// What is left at the end is more than the cost.
    Residual,
}

impl Lack {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Lack::Cost => "cost",
            Lack::Day => "date",
            Lack::Life => "life",
            Lack::Currency => "currency",
            Lack::Residual => "residual",
        }
    }
}

/// What happens to the value in the books in one calendar year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Year {
    /// Which.
    pub year: i32,
    /// What is written off in it.
    pub charge: Money,
    /// What is left at its end.
    pub left: Money,
}

impl Plan {
    /// How an asset is written off; `None` where its record has no `[depreciation]`.
    ///
    /// # Errors
    /// What its record lacks for that.
    #[must_use]
    pub fn of(register: &Register, asset: &Asset) -> Option<Result<Plan, Lack>> {
        asset.depreciation.as_ref()?;
        Some(Plan::read(asset, register.categories.get(&asset.category)))
    }

    fn read(asset: &Asset, category: Option<&Category>) -> Result<Plan, Lack> {
        let purchase = asset.purchase.as_ref();
        let cost = purchase.and_then(|purchase| purchase.cost).ok_or(Lack::Cost)?;
        let began = asset.in_service.or_else(|| purchase?.date).ok_or(Lack::Day)?;
        let written = asset.depreciation.as_ref().ok_or(Lack::Life)?;
        let life = written.life.or_else(|| category?.life).ok_or(Lack::Life)?;
        let residual = written.residual.unwrap_or(Money { minor: 0, ..cost });
        if residual.currency != cost.currency {
            return Err(Lack::Currency);
        }
        if residual.minor > cost.minor {
            return Err(Lack::Residual);
        }
        let first = began.with_day(1).unwrap_or(began);
        Ok(Plan { method: written.method, cost, residual, first, months: life.months() })
    }

    /// What was written off by the end of `day`.
    #[must_use]
    pub fn depreciated(&self, day: NaiveDate) -> Money {
        self.money(self.written_off(self.over(day)))
    }

    /// What was written off in the calendar year of `day`, by its end.
    #[must_use]
    pub fn in_year(&self, day: NaiveDate) -> Money {
        let before = NaiveDate::from_yo_opt(day.year(), 1).and_then(|first| first.pred_opt());
        let before = before.map_or(0, |before| self.written_off(self.over(before)));
        self.money(self.written_off(self.over(day)) - before)
    }

    /// The value in the books at the end of `day`.
    #[must_use]
    pub fn book_value(&self, day: NaiveDate) -> Money {
        Money { minor: self.cost.minor - self.depreciated(day).minor, ..self.cost }
    }

    /// The last day of its life.
    #[must_use]
    pub fn last_day(&self) -> Option<NaiveDate> {
        self.first.checked_add_months(Months::new(self.months))?.pred_opt()
    }

    /// Every calendar year with its part, until the end of its life or of the day on which the thing left.
    #[must_use]
    pub fn years(&self, left: Option<NaiveDate>) -> Vec<Year> {
        let end = [self.last_day(), left].into_iter().flatten().min().unwrap_or(self.first);
        let last_of = |year: i32| NaiveDate::from_ymd_opt(year, 12, 31).map_or(end, |day| day.min(end));
        let years = self.first.year()..=end.year();
        years.map(|year| (year, last_of(year))).map(|(year, day)| self.year(year, day)).collect()
    }

    fn year(&self, year: i32, day: NaiveDate) -> Year {
        Year { year, charge: self.in_year(day), left: self.book_value(day) }
    }

    fn money(&self, minor: i128) -> Money {
        // No more is written off than the cost, which fits.
        Money { minor: i64::try_from(minor).unwrap_or(i64::MAX), ..self.cost }
    }

    /// How many months of its life are over at the end of `day`.
    fn over(&self, day: NaiveDate) -> u32 {
        let is_last = day.succ_opt().is_none_or(|next| next.day() == 1);
        let years = i64::from(day.year()) - i64::from(self.first.year());
        let begun = years * 12 + i64::from(day.month()) - i64::from(self.first.month());
        let over = begun + i64::from(is_last);
        u32::try_from(over.max(0)).unwrap_or(u32::MAX).min(self.months)
    }

    /// Minor units that were written off after so many months.
    fn written_off(&self, over: u32) -> i128 {
        let (cost, residual) = (i128::from(self.cost.minor), i128::from(self.residual.minor));
        match self.method {
            Method::StraightLine => part(cost - residual, over, self.months),
            Method::ReducingBalance => self.declined(cost, residual, over),
        }
    }

    fn declined(&self, cost: i128, residual: i128, over: u32) -> i128 {
        let (mut left, mut from) = (cost, 0);
        while from < over && left > residual {
            let months = YEAR.min(self.months - from);
            let twice = part(left, months.saturating_mul(2), self.months);
            let evenly = part(left - residual, months, self.months - from);
            let charge = twice.max(evenly).min(left - residual);
            left -= part(charge, months.min(over - from), months);
            from += months;
        }
        cost - left
    }
}

/// `amount · share / all`, rounded half up.
fn part(amount: i128, share: u32, all: u32) -> i128 {
    let all = i128::from(all.max(1));
    (amount * i128::from(share) * 2 + all) / (all * 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan(method: Method, cost: &str, residual: &str, first: &str, months: u32) -> Plan {
        let money = |text: &str| Money::parse(text).unwrap();
        Plan { method, cost: money(cost), residual: money(residual), first: day(first), months }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn charges(plan: &Plan) -> Vec<String> {
        plan.years(None).iter().map(|year| year.charge.decimal()).collect()
    }

    #[test]
    fn a_straight_line_is_the_same_every_year() {
        // SLN(30000; 7500; 10) is 2,250 in the manuals of spreadsheets.
        let ten = plan(Method::StraightLine, "30000.00 USD", "7500.00 USD", "2020-01-01", 120);
        assert_eq!(charges(&ten), vec!["2250.00"; 10]);
        // From July on: half a year at both ends.
        let half = plan(Method::StraightLine, "1000.00 EUR", "0 EUR", "2023-07-01", 36);
        assert_eq!(charges(&half), ["166.67", "333.33", "333.33", "166.67"]);
        assert_eq!(half.book_value(day("2024-12-31")).decimal(), "500.00");
    }

    #[test]
    fn a_reducing_balance_is_the_double_declining_one_of_spreadsheets() {
        // VDB(2400; 300; 10; n-1; n): 480.00 in the first year, and 22.12 in the last as DDB (manual of Microsoft Excel).
        let ten = plan(Method::ReducingBalance, "2400.00 USD", "300.00 USD", "2010-01-01", 120);
        let all = ["480.00", "384.00", "307.20", "245.76", "196.61", "157.29", "125.83", "100.66", "80.53", "22.12"];
        assert_eq!(charges(&ten), all);
        // 40 %, 24 %, 14.4 %, then what is left in equal parts (IRS Publication 946, 200 % without a half year).
        let five = plan(Method::ReducingBalance, "10000.00 USD", "0 USD", "2021-01-01", 60);
        assert_eq!(charges(&five), ["4000.00", "2400.00", "1440.00", "1080.00", "1080.00"]);
        // A first year of seven months: the following are the same as if the years of service were calendar years.
        let part = plan(Method::ReducingBalance, "1200.00 EUR", "0 EUR", "2022-06-01", 60);
        assert_eq!(charges(&part)[..2], ["280.00", "368.00"]);
        assert_eq!((1200 - 280) * 2 / 5, 368);
    }

    #[test]
    fn a_month_is_written_off_on_its_last_day() {
        let plan = plan(Method::StraightLine, "120.00 EUR", "0 EUR", "2024-02-01", 12);
        let at = |text: &str| plan.depreciated(day(text)).decimal();
        assert_eq!([at("2024-01-31"), at("2024-02-28"), at("2024-02-29")], ["0.00", "0.00", "10.00"]);
        assert_eq!([at("2024-03-30"), at("2024-03-31"), at("2030-01-01")], ["10.00", "20.00", "120.00"]);
        assert_eq!(plan.in_year(day("2025-01-31")).decimal(), "10.00");
        assert_eq!(plan.in_year(day("2026-01-31")).decimal(), "0.00");
        assert_eq!(plan.last_day(), Some(day("2025-01-31")));
    }

    #[test]
    fn what_leaves_is_written_off_until_then() {
        let plan = plan(Method::StraightLine, "120.00 EUR", "0 EUR", "2024-02-01", 12);
        let left =
            |text: &str| plan.years(Some(day(text))).last().map(|year| (year.year, year.left.decimal())).unwrap();
        assert_eq!(left("2024-05-20"), (2024, "90.00".to_owned()));
        assert_eq!(left("2024-05-31"), (2024, "80.00".to_owned()));
        assert!(plan.years(Some(day("2023-05-31"))).is_empty());
    }

    fn any_plan() -> impl Strategy<Value = Plan> {
        let method = prop_oneof![Just(Method::StraightLine), Just(Method::ReducingBalance)];
        let amounts = (prop_oneof![0..=i64::MAX, 0..100_000_i64], 0.0..=1.0);
        (method, amounts, 1..600_u32, 0..40_000_u64).prop_map(|(method, (cost, share), months, days)| {
            let mut plan = plan(method, "0 EUR", "0 EUR", "1990-01-01", months);
            plan.first = (plan.first + chrono::Days::new(days)).with_day(1).unwrap();
            plan.cost.minor = cost;
            #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
            let residual = (cost as f64 * share) as i64;
            plan.residual.minor = residual.min(cost);
            plan
        })
    }

    proptest! {
        #[test]
        fn a_schedule_is_exactly_the_cost_less_the_residual(plan in any_plan()) {
            let years = plan.years(None);
            let sum: i128 = years.iter().map(|year| i128::from(year.charge.minor)).sum();
            prop_assert_eq!(sum, i128::from(plan.cost.minor) - i128::from(plan.residual.minor));
            prop_assert_eq!(years.last().unwrap().left, plan.residual);
            prop_assert!(years.iter().all(|year| year.charge.minor >= 0));
        }

        #[test]
        fn years_follow_on_each_other_and_on_the_days(plan in any_plan(), days in 0..20_000_u64) {
            let at = plan.first + chrono::Days::new(days);
            prop_assert_eq!(plan.book_value(at).minor + plan.depreciated(at).minor, plan.cost.minor);
            prop_assert!(plan.depreciated(at).minor <= plan.depreciated(at + chrono::Days::new(31)).minor);
            let (mut before, years) = (plan.cost.minor, plan.years(Some(at)));
            for year in &years {
                prop_assert_eq!(before - year.charge.minor, year.left.minor);
                before = year.left.minor;
            }
            prop_assert_eq!(years.last().map(|year| year.left), Some(plan.book_value(at)));
        }
    }
}
