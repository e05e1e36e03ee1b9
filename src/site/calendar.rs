//! The calendar of activity: events a day over the last weeks, as a picture and as a table by month.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use serde::Serialize;

use super::here::Here;
use super::phrase::Phrase;

const WEEKS: u32 = 53;

/// Units of the picture from one day to the next, and above the first for the months.
const STEP: u32 = 10;
const HEAD: u32 = 14;

/// Events a day over the last weeks.
#[derive(Debug, Serialize)]
pub(super) struct Calendar {
    width: u32,
    height: u32,
    label: String,
    months: Vec<MonthWord>,
    days: Vec<Day>,
    table: Vec<MonthLine>,
}

#[derive(Debug, Serialize)]
struct MonthWord {
    x: u32,
    word: String,
}

#[derive(Debug, Serialize)]
struct Day {
    x: u32,
    y: u32,
    /// From 0, nothing, to 4, as much as ever.
    level: usize,
    title: String,
}

#[derive(Debug, Serialize)]
struct MonthLine {
    month: String,
    events: usize,
}

/// The darker the more, by the square root: one busy day does not bleach the others.
fn level(count: usize, most: usize) -> usize {
    (1..=4).find(|level| count * 16 <= most * level * level).map_or(4, |level| level.min(count * 4))
}

impl Here<'_> {
    /// The calendar, where anything has happened in its weeks.
    pub fn calendar(&self) -> Option<Calendar> {
        let today = self.site.dates.today;
        let monday = today.checked_sub_days(Days::new(u64::from(today.weekday().num_days_from_monday())))?;
        let first = monday.checked_sub_days(Days::new(u64::from(WEEKS - 1) * 7))?;
        let counts = self.counts(first);
        let most = counts.values().copied().max()?;
        let weeks = Phrase::text(&WEEKS.to_string());
        Some(Calendar {
            width: WEEKS * STEP - 2,
            height: HEAD + 7 * STEP - 2,
            label: self.say("calendar_label", &[("weeks", Some(weeks))]).plain().to_owned(),
            months: self.month_words(first),
            days: first
                .iter_days()
                .take_while(|day| *day <= today)
                .zip(0..)
                .map(|(day, place)| self.day(day, place, &counts, most))
                .collect(),
            table: self.month_lines(&counts),
        })
    }

    fn counts(&self, first: NaiveDate) -> BTreeMap<NaiveDate, usize> {
        let mut counts = BTreeMap::new();
        let days = self.site.events.iter().rev().map(|happened| self.site.dates.day_of(happened.at));
        for day in days.take_while(|day| *day >= first) {
            *counts.entry(day).or_default() += 1;
        }
        counts
    }

    fn day(&self, day: NaiveDate, place: u32, counts: &BTreeMap<NaiveDate, usize>, most: usize) -> Day {
        let count = counts.get(&day).copied().unwrap_or_default();
        let events = self.site.words.count("events", count);
        let fillings = [("day", Some(self.site.dates.near(day))), ("events", Some(events))];
        Day {
            x: place / 7 * STEP,
            y: HEAD + place % 7 * STEP,
            level: level(count, most),
            title: self.say("calendar_mark", &fillings).plain().to_owned(),
        }
    }

    /// Each month above its first whole week, where there is room for it.
    fn month_words(&self, first: NaiveDate) -> Vec<MonthWord> {
        let mondays = first.iter_weeks().zip(0..WEEKS);
        let begins = mondays.filter(|(monday, week)| monday.day() <= 7 && *week + 2 < WEEKS);
        begins
            .map(|(monday, week)| MonthWord { x: week * STEP, word: self.site.dates.month(monday).to_owned() })
            .collect()
    }

    fn month_lines(&self, counts: &BTreeMap<NaiveDate, usize>) -> Vec<MonthLine> {
        let mut months: BTreeMap<NaiveDate, usize> = BTreeMap::new();
        for (day, count) in counts {
            *months.entry(day.with_day(1).unwrap_or(*day)).or_default() += count;
        }
        let line = |(day, events): (&NaiveDate, &usize)| MonthLine {
            month: self.site.dates.month_year(*day),
            events: *events,
        };
        months.iter().rev().map(line).collect()
    }
}
