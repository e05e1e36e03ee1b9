//! How days and instants are written, in one place.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;

use super::phrase::Phrase;
use super::words::Words;

/// Writes days and instants as seen from one day in one timezone.
#[derive(Debug, Clone)]
pub struct Dates {
    /// The day the site is built for.
    pub today: NaiveDate,
    /// The register's timezone.
    pub zone: Tz,
    months: Vec<String>,
    long_months: Vec<String>,
    weekdays: Vec<String>,
    long_weekdays: Vec<String>,
    today_word: String,
}

impl Dates {
    /// Dates in the words of the site.
    #[must_use]
    pub fn new(words: &Words, today: NaiveDate, zone: Tz) -> Dates {
        let list = |name: &str| words.word(name).split_whitespace().map(str::to_owned).collect();
        Dates {
            today,
            zone,
            months: list("months"),
            long_months: list("months_long"),
            weekdays: list("weekdays"),
            long_weekdays: list("weekdays_long"),
            today_word: words.word("today").to_owned(),
        }
    }

    /// A day that matters now: `Fri 27 Nov` within a month, `12 Jan` within half a year or this year, `12 Jan 2028` beyond.
    #[must_use]
    pub fn near(&self, day: NaiveDate) -> Phrase {
        time(&day.to_string(), &self.near_text(day))
    }

    /// An instant that matters now: as [`Dates::near`], with the time.
    #[must_use]
    pub fn near_instant(&self, instant: DateTime<Utc>) -> Phrase {
        let local = instant.with_timezone(&self.zone);
        time(&stamp(instant), &format!("{} {}", self.near_text(local.date_naive()), local.format("%H:%M")))
    }

    fn near_text(&self, day: NaiveDate) -> String {
        let away = (day - self.today).num_days().abs();
        match away {
            0..=31 => format!("{} {}", self.weekday(day), self.day_month(day)),
            _ if away <= 183 || day.year() == self.today.year() => self.day_month(day),
            _ => self.full_text(day),
        }
    }

    /// A day on record: `12 Jan 2024`.
    #[must_use]
    pub fn full(&self, day: NaiveDate) -> Phrase {
        time(&day.to_string(), &self.full_text(day))
    }

    /// `23 November 2026`.
    #[must_use]
    pub fn long(&self, day: NaiveDate) -> Phrase {
        let month = pick(&self.long_months, day.month0());
        time(&day.to_string(), &format!("{} {month} {}", day.day(), day.year()))
    }

    /// When something began: `today 09:14`, `Monday 09:14` within a week, else as [`Dates::near`].
    #[must_use]
    pub fn since(&self, instant: DateTime<Utc>) -> Phrase {
        let local = instant.with_timezone(&self.zone);
        let day = local.date_naive();
        let word = match (self.today - day).num_days() {
            0 => self.today_word.clone(),
            1..=6 => pick(&self.long_weekdays, day.weekday().num_days_from_monday()).to_owned(),
            _ => return self.near(day),
        };
        time(&stamp(instant), &format!("{word} {}", local.format("%H:%M")))
    }

    /// `23 Nov, Mon` and `09:14`, for a column of times.
    #[must_use]
    pub fn column(&self, instant: DateTime<Utc>) -> (String, String) {
        let local = instant.with_timezone(&self.zone);
        let day = local.date_naive();
        (format!("{}, {}", self.day_month(day), self.weekday(day)), local.format("%H:%M").to_string())
    }

    /// The day an instant falls on.
    #[must_use]
    pub fn day_of(&self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.zone).date_naive()
    }

    /// `Nov`.
    #[must_use]
    pub fn month(&self, day: NaiveDate) -> &str {
        pick(&self.months, day.month0())
    }

    /// `November 2026`.
    #[must_use]
    pub fn month_year(&self, day: NaiveDate) -> String {
        format!("{} {}", pick(&self.long_months, day.month0()), day.year())
    }

    fn weekday(&self, day: NaiveDate) -> &str {
        pick(&self.weekdays, day.weekday().num_days_from_monday())
    }

    fn day_month(&self, day: NaiveDate) -> String {
        format!("{} {}", day.day(), self.month(day))
    }

    fn full_text(&self, day: NaiveDate) -> String {
        format!("{} {}", self.day_month(day), day.year())
    }
}

/// An instant as machines read it.
#[must_use]
pub fn stamp(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

fn time(machine: &str, text: &str) -> Phrase {
    let html = format!("<time datetime=\"{machine}\">{}</time>", super::phrase::escape(text));
    Phrase::raw(html, text)
}

fn pick(list: &[String], index: u32) -> &str {
    list.get(index as usize).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::theme::Theme;

    fn dates() -> Dates {
        Dates::new(Theme::embedded().words(), "2026-11-23".parse().unwrap(), Tz::Europe__Berlin)
    }

    #[test]
    fn days_are_as_long_as_they_need_to_be() {
        let near = |day: &str| dates().near(day.parse().unwrap()).plain().to_owned();
        assert_eq!(near("2026-11-27"), "Fri 27 Nov");
        assert_eq!(near("2027-01-12"), "12 Jan");
        assert_eq!(near("2026-01-12"), "12 Jan");
        assert_eq!(near("2028-01-12"), "12 Jan 2028");
        assert_eq!(dates().long("2026-11-23".parse().unwrap()).plain(), "23 November 2026");
    }

    #[test]
    fn instants_are_local() {
        let since = |at: &str| dates().since(at.parse().unwrap()).plain().to_owned();
        assert_eq!(since("2026-11-23T08:14:00Z"), "today 09:14");
        assert_eq!(since("2026-11-22T23:30:00Z"), "today 00:30");
        assert_eq!(since("2026-11-20T08:14:00Z"), "Friday 09:14");
        assert_eq!(since("2026-10-22T08:05:00Z"), "22 Oct");
        assert_eq!(dates().near_instant("2026-12-01T08:05:00Z".parse().unwrap()).plain(), "Tue 1 Dec 09:05");
    }
}
