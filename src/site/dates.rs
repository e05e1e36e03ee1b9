//! How days and instants are written, in one place.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;

use super::phrase::Phrase;
use super::words::Words;

/// Writes days and instants as seen from one day in one timezone, in the words of the site.
#[derive(Debug, Clone)]
pub struct Dates<'a> {
    /// The day the site is built for.
    pub today: NaiveDate,
    /// The register's timezone.
    pub zone: Tz,
    /// Whether every day has its year, as on what is filed.
    pub is_full: bool,
    words: &'a Words,
}

impl<'a> Dates<'a> {
    /// Dates in the words of the site.
    #[must_use]
    pub fn new(words: &'a Words, today: NaiveDate, zone: Tz) -> Dates<'a> {
        Dates { today, zone, is_full: false, words }
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
        time(&stamp(instant), &self.with_time(&self.near_text(local.date_naive()), local))
    }

    fn near_text(&self, day: NaiveDate) -> String {
        let away = (day - self.today).num_days().abs();
        match away {
            _ if self.is_full => self.written("date_full", day),
            0..=31 => self.written("date_week", day),
            _ if away <= 183 || day.year() == self.today.year() => self.written("date_short", day),
            _ => self.written("date_full", day),
        }
    }

    /// A day on record: `12 Jan 2024`.
    #[must_use]
    pub fn full(&self, day: NaiveDate) -> Phrase {
        time(&day.to_string(), &self.written("date_full", day))
    }

    /// `23 November 2026`.
    #[must_use]
    pub fn long(&self, day: NaiveDate) -> Phrase {
        time(&day.to_string(), &self.written("date_long", day))
    }

    /// When something began: `today 09:14`, `Monday 09:14` within a week, else as [`Dates::near`].
    #[must_use]
    pub fn since(&self, instant: DateTime<Utc>) -> Phrase {
        let local = instant.with_timezone(&self.zone);
        let day = local.date_naive();
        let word = match (self.today - day).num_days() {
            0 => self.words.word("today"),
            1..=6 => self.listed("weekdays_long", day.weekday().num_days_from_monday()),
            _ => return self.near(day),
        };
        time(&stamp(instant), &self.with_time(word, local))
    }

    /// `23 Nov, Mon` and `09:14`, for a column of times.
    #[must_use]
    pub fn column(&self, instant: DateTime<Utc>) -> (String, String) {
        let local = instant.with_timezone(&self.zone);
        (self.written("date_column", local.date_naive()), local.format("%H:%M").to_string())
    }

    /// The day an instant falls on.
    #[must_use]
    pub fn day_of(&self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.zone).date_naive()
    }

    /// `Nov`.
    #[must_use]
    pub fn month(&self, day: NaiveDate) -> &str {
        self.listed("months", day.month0())
    }

    /// The month as it stands below a narrow mark.
    #[must_use]
    pub fn narrow_month(&self, day: NaiveDate) -> &str {
        self.listed("months_narrow", day.month0())
    }

    /// `November 2026`.
    #[must_use]
    pub fn month_year(&self, day: NaiveDate) -> String {
        self.written("date_month", day)
    }

    fn with_time(&self, day: &str, local: DateTime<Tz>) -> String {
        let time = local.format("%H:%M").to_string();
        let fillings = [("date", Some(Phrase::text(day))), ("time", Some(Phrase::text(&time)))];
        self.words.say("date_time", &fillings).plain().to_owned()
    }

    /// A day by one of the patterns of the site's language.
    fn written(&self, pattern: &str, day: NaiveDate) -> String {
        let text = |text: &str| Some(Phrase::text(text));
        let fillings = [
            ("day", text(&day.day().to_string())),
            ("weekday", text(self.listed("weekdays", day.weekday().num_days_from_monday()))),
            ("month", text(self.month(day))),
            ("long_month", text(self.listed("months_long", day.month0()))),
            ("year", text(&day.year().to_string())),
        ];
        self.words.say(pattern, &fillings).plain().to_owned()
    }

    fn listed(&self, list: &'a str, index: u32) -> &'a str {
        self.words.word(list).split_ascii_whitespace().nth(index as usize).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::theme::Theme;

    fn in_words(language: &str, check: impl FnOnce(&Dates)) {
        let theme = Theme::named("paper", language).unwrap();
        check(&Dates::new(theme.words(), "2026-11-23".parse().unwrap(), Tz::Europe__Berlin));
    }

    #[test]
    fn days_are_as_long_as_they_need_to_be() {
        in_words("en", |dates| {
            let near = |day: &str| dates.near(day.parse().unwrap()).plain().to_owned();
            assert_eq!(near("2026-11-27"), "Fri 27 Nov");
            assert_eq!(near("2027-01-12"), "12 Jan");
            assert_eq!(near("2026-01-12"), "12 Jan");
            assert_eq!(near("2028-01-12"), "12 Jan 2028");
            assert_eq!(dates.long("2026-11-23".parse().unwrap()).plain(), "23 November 2026");
        });
    }

    #[test]
    fn days_are_written_as_the_language_does() {
        let said = |language: &str| {
            let mut all = Vec::new();
            in_words(language, |dates| {
                all = [dates.near("2026-11-27".parse().unwrap()), dates.full("2026-03-01".parse().unwrap())].to_vec();
                all.push(dates.since("2026-11-20T08:14:00Z".parse().unwrap()));
            });
            all.iter().map(|phrase| phrase.plain().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(said("de"), ["Fr., 27. Nov.", "1. März 2026", "Freitag, 09:14"]);
        assert_eq!(said("ar"), ["الجمعة 27 نوفمبر", "1 مارس 2026", "الجمعة، 09:14"]);
    }

    #[test]
    fn instants_are_local() {
        in_words("en", |dates| {
            let since = |at: &str| dates.since(at.parse().unwrap()).plain().to_owned();
            assert_eq!(since("2026-11-23T08:14:00Z"), "today 09:14");
            assert_eq!(since("2026-11-22T23:30:00Z"), "today 00:30");
            assert_eq!(since("2026-11-20T08:14:00Z"), "Friday 09:14");
            assert_eq!(since("2026-10-22T08:05:00Z"), "22 Oct");
            assert_eq!(dates.near_instant("2026-12-01T08:05:00Z".parse().unwrap()).plain(), "Tue 1 Dec 09:05");
        });
    }
}
