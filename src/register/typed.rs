//! What people type for a field, on a command line or in a form: days in words, money without a currency, any case.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc, Weekday};
use iso_currency::Currency;

use super::money::Money;
use super::number::{EventId, Slug};
use super::text;
use super::time::{Moment, Term, Tz, When, first_instant};

/// What typed words are read against.
#[derive(Debug, Clone, Copy)]
pub struct Typing {
    /// The moment they are typed at.
    pub moment: Moment,
    /// The register's timezone.
    pub zone: Tz,
    /// What an amount without a currency is in.
    pub currency: Option<Currency>,
}

/// A type that people can type.
pub(super) trait Typed: Sized {
    /// Reads text without blanks around it.
    fn typed(text: &str, typing: &Typing) -> Result<Self, String>;
}

impl Typed for String {
    fn typed(typed: &str, _: &Typing) -> Result<String, String> {
        text(typed)
    }
}

impl Typed for Slug {
    fn typed(text: &str, _: &Typing) -> Result<Slug, String> {
        let lower = text.to_lowercase();
        Slug::parse(&lower).map_err(|why| format!("`{}` is not a name of the register: {why}", lower.escape_debug()))
    }
}

impl Typed for EventId {
    fn typed(text: &str, _: &Typing) -> Result<EventId, String> {
        let lower = text.to_lowercase();
        EventId::parse(&lower).map_err(|why| format!("`{}` is not an event's id: {why}", lower.escape_debug()))
    }
}

impl Typed for Money {
    fn typed(text: &str, typing: &Typing) -> Result<Money, String> {
        let upper = text.to_uppercase();
        let money = match typing.currency {
            Some(currency) if !upper.contains(' ') => Money::amount(&upper, currency),
            _ => Money::parse(&upper),
        };
        money.map_err(|why| format!("`{}` is not money: {why}; write it as 3899.00 EUR", text.escape_debug()))
    }
}

impl Typed for f64 {
    fn typed(text: &str, _: &Typing) -> Result<f64, String> {
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| format!("`{}` is not a decimal number", text.escape_debug()))
    }
}

impl Typed for NaiveDate {
    fn typed(text: &str, typing: &Typing) -> Result<NaiveDate, String> {
        day(text, typing.moment.today).ok_or_else(|| {
            format!("`{}` is not a day; write it as 2026-11-27, tomorrow, fri or 3d", text.escape_debug())
        })
    }
}

impl Typed for DateTime<Utc> {
    fn typed(text: &str, typing: &Typing) -> Result<DateTime<Utc>, String> {
        happened(text, typing)
    }
}

impl Typed for When {
    fn typed(text: &str, typing: &Typing) -> Result<When, String> {
        let instant = || local_time(text, typing).map(When::Instant);
        day(text, typing.moment.today).map(When::Day).or_else(instant).ok_or_else(|| {
            format!("`{}` is neither a day nor a time; write it as 2026-11-27 or 2026-11-27T14:30", text.escape_debug())
        })
    }
}

/// Free text, which may hold nothing that changes how it reads.
///
/// # Errors
/// What is wrong with it.
pub fn text(text: &str) -> Result<String, String> {
    match text.chars().find(|c| text::is_bidi_control(*c) || text::is_stray_control(*c)) {
        Some(c) => Err(format!("it has the hidden character U+{:04X}", u32::from(c))),
        None => Ok(text.replace("\r\n", "\n")),
    }
}

/// A day that is written about a thing, past or to come: a date, `today`, `yesterday`.
///
/// # Errors
/// What is wrong with it.
pub fn day_of_record(text: &str, typing: &Typing) -> Result<NaiveDate, String> {
    past_day(text, typing.moment.today)
        .ok_or_else(|| format!("`{}` is not a day; write it as 2026-11-27", text.escape_debug()))
}

/// When something happened, as people say it: `2026-11-27T14:30`, `14:30`, or a day, which stands for its noon.
///
/// # Errors
/// What is wrong with it.
pub fn happened(text: &str, typing: &Typing) -> Result<DateTime<Utc>, String> {
    let text = text.trim();
    let noon = |day: NaiveDate| {
        let local = day.and_hms_opt(12, 0, 0).and_then(|noon| typing.zone.from_local_datetime(&noon).earliest());
        let noon = local.map_or_else(|| first_instant(day, typing.zone), |at| at.with_timezone(&Utc));
        // Today's noon may be yet to come.
        if day == typing.moment.today { noon.min(typing.moment.now) } else { noon }
    };
    local_time(text, typing).or_else(|| past_day(text, typing.moment.today).map(noon)).ok_or_else(|| {
        format!("`{}` is no time; write it as 2026-11-27T14:30, 14:30, yesterday or 2026-11-27", text.escape_debug())
    })
}

fn past_day(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    match text.to_lowercase().as_str() {
        "today" => Some(today),
        "yesterday" => today.pred_opt(),
        _ => text.parse().ok().filter(|day| is_written(*day)),
    }
}

/// A day to come: a date, `today`, `tomorrow`, a day of the week, or how long from today.
fn day(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    said_day(text, today).filter(|day| is_written(*day))
}

/// Whether TOML can write the day: its years have four digits.
fn is_written(day: NaiveDate) -> bool {
    (0..=9999).contains(&day.year())
}

fn said_day(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let lower = text.to_lowercase();
    match lower.as_str() {
        "today" => return Some(today),
        "tomorrow" => return today.succ_opt(),
        _ => {}
    }
    if let Ok(weekday) = lower.parse::<Weekday>() {
        return today.iter_days().skip(1).find(|day| day.weekday() == weekday);
    }
    text.parse().ok().or_else(|| Term::parse(&lower).ok()?.after(today))
}

/// An instant with its offset, or a time on the spot; a time without a day is today's.
fn local_time(text: &str, typing: &Typing) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        // A day more or less is what an offset can make of it.
        if !(1..=9998).contains(&at.year()) {
            return None;
        }
        return DateTime::from_timestamp_millis(at.timestamp_millis());
    }
    let text = text.replace('T', " ");
    let time = |text: &str| {
        NaiveTime::parse_from_str(text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S")).ok()
    };
    let local = match text.split_once(' ') {
        Some((day, at)) => NaiveDateTime::new(day.parse().ok().filter(|day| is_written(*day))?, time(at)?),
        None => NaiveDateTime::new(typing.moment.today, time(&text)?),
    };
    typing.zone.from_local_datetime(&local).earliest().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::time::instant;

    /// Monday 23 November 2026, ten in the morning in Berlin.
    fn typing() -> Typing {
        let zone = Tz::Europe__Berlin;
        let now = "2026-11-23T09:00:00Z".parse().unwrap();
        Typing { moment: Moment::at(now, zone), zone, currency: Currency::from_code("EUR") }
    }

    #[test]
    fn days_are_said_in_words() {
        let cases = [
            ("2026-12-01", "2026-12-01"),
            ("today", "2026-11-23"),
            ("Tomorrow", "2026-11-24"),
            ("fri", "2026-11-27"),
            ("Monday", "2026-11-30"),
            ("2w", "2026-12-07"),
        ];
        for (text, wanted) in cases {
            assert_eq!(NaiveDate::typed(text, &typing()).unwrap().to_string(), wanted, "{text}");
        }
        for bad in ["", "27.11.2026", "2026-02-30", "someday", "0d", "-1d", "9999y", "+12025-11-24", "-0001-01-01"] {
            assert!(NaiveDate::typed(bad, &typing()).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_happened_is_said_in_the_time_of_the_place() {
        let cases = [
            ("2026-11-20T14:30", "2026-11-20T13:30:00Z"),
            ("2026-11-20 14:30:05", "2026-11-20T13:30:05Z"),
            ("09:15", "2026-11-23T08:15:00Z"),
            ("2026-11-20", "2026-11-20T11:00:00Z"),
            ("yesterday", "2026-11-22T11:00:00Z"),
            ("today", "2026-11-23T09:00:00Z"),
            ("2026-11-20T14:30:00.1234+01:00", "2026-11-20T13:30:00.123Z"),
        ];
        for (text, wanted) in cases {
            assert_eq!(instant(happened(text, &typing()).unwrap()), wanted, "{text}");
        }
        for bad in ["", "noon", "25:00", "2026-11-20T", "20.11.2026", "+12025-11-24", "9999-12-31T23:59:00-09:00"] {
            assert!(happened(bad, &typing()).is_err(), "{bad}");
        }
    }

    #[test]
    fn amounts_are_in_the_registers_currency_unless_they_say_otherwise() {
        assert_eq!(Money::typed("89", &typing()).unwrap().to_string(), "89.00 EUR");
        assert_eq!(Money::typed("89.5 usd", &typing()).unwrap().to_string(), "89.50 USD");
        assert!(Money::typed("89", &Typing { currency: None, ..typing() }).is_err());
    }

    #[test]
    fn hidden_characters_are_not_typed() {
        assert!(String::typed("a\u{202e}b", &typing()).is_err());
        assert_eq!(String::typed("a\r\nb", &typing()).as_deref(), Ok("a\nb"));
    }
}
