//! Days, instants, periods, and the moment that a question is asked of.

use std::fmt;

use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, SecondsFormat, TimeZone, Utc};
pub use chrono_tz::Tz;

/// The moment a register is looked at: what lies after `now` has not happened yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub now: DateTime<Utc>,
    /// The day it falls on in the register's timezone.
    pub today: NaiveDate,
}

impl Moment {
    /// The moment `now`, seen from `zone`.
    #[must_use]
    pub fn at(now: DateTime<Utc>, zone: Tz) -> Moment {
        Moment { now, today: now.with_timezone(&zone).date_naive() }
    }

    /// The last instant of `day` in `zone`.
    #[must_use]
    pub fn end_of(day: NaiveDate, zone: Tz) -> Moment {
        Moment { now: last_instant(day, zone), today: day }
    }
}

/// The day that `instant` falls on in `zone`.
#[must_use]
pub fn day_of(instant: DateTime<Utc>, zone: Tz) -> NaiveDate {
    instant.with_timezone(&zone).date_naive()
}

/// The first instant of `day` in `zone` (the day's first existing one where clocks skip midnight).
#[must_use]
pub fn first_instant(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    (0..=4 * 60)
        .filter_map(|minutes| day.and_hms_opt(minutes / 60, minutes % 60, 0))
        .find_map(|local| zone.from_local_datetime(&local).earliest())
        .map_or_else(|| day.and_time(NaiveTime::MIN).and_utc(), |found| found.with_timezone(&Utc))
}

/// The last millisecond of `day` in `zone`.
#[must_use]
pub fn last_instant(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    match day.succ_opt() {
        Some(next) => first_instant(next, zone) - chrono::TimeDelta::milliseconds(1),
        None => day.and_time(NaiveTime::MIN).and_utc(),
    }
}

/// One end of a reservation: a day (inclusive) or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub enum When {
    /// A whole day in the register's timezone.
    Day(NaiveDate),
    /// An instant.
    Instant(DateTime<Utc>),
}

impl When {
    /// The first instant it covers.
    #[must_use]
    pub fn start(self, zone: Tz) -> DateTime<Utc> {
        match self {
            When::Day(day) => first_instant(day, zone),
            When::Instant(instant) => instant,
        }
    }

    /// The last instant it covers.
    #[must_use]
    pub fn end(self, zone: Tz) -> DateTime<Utc> {
        match self {
            When::Day(day) => last_instant(day, zone),
            When::Instant(instant) => instant,
        }
    }

    /// The day it falls on.
    #[must_use]
    pub fn day(self, zone: Tz) -> NaiveDate {
        match self {
            When::Day(day) => day,
            When::Instant(instant) => day_of(instant, zone),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Day(day) => write!(f, "{day}"),
            When::Instant(at) => f.write_str(&instant(*at)),
        }
    }
}

/// An instant as it is written: UTC, with milliseconds where there are any.
#[must_use]
pub fn instant(at: DateTime<Utc>) -> String {
    let format = if at.timestamp_subsec_millis() == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    at.to_rfc3339_opts(format, true)
}

/// A length of time as people write it: `180d`, `2w`, `6m`, `5y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    count: u32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Days,
    Weeks,
    Months,
    Years,
}

impl Term {
    /// Reads `N` + d, w, m or y.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Term, String> {
        let wrong = || format!("`{}` is not a length of time", text.escape_default());
        let (at, letter) = text.char_indices().last().ok_or_else(wrong)?;
        let unit = match letter {
            'd' => Unit::Days,
            'w' => Unit::Weeks,
            'm' => Unit::Months,
            'y' => Unit::Years,
            _ => return Err(wrong()),
        };
        let count = &text[..at];
        if !count.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        let count = count.parse().ok().filter(|n| (1..=36_500).contains(n)).ok_or_else(wrong)?;
        Ok(Term { count, unit })
    }

    /// The day this long after `day`; `None` past the end of the calendar.
    #[must_use]
    pub fn after(self, day: NaiveDate) -> Option<NaiveDate> {
        match self.unit {
            Unit::Days => day.checked_add_days(Days::new(self.count.into())),
            Unit::Weeks => day.checked_add_days(Days::new(u64::from(self.count) * 7)),
            Unit::Months => day.checked_add_months(Months::new(self.count)),
            Unit::Years => day.checked_add_months(Months::new(self.count * 12)),
        }
    }

    /// How many months it is; days and weeks to the nearest month, of which 48 have 1,461 days, and at least one.
    #[must_use]
    pub fn months(self) -> u32 {
        let of_days = |days: u32| ((days * 96 + 1461) / 2922).max(1);
        match self.unit {
            Unit::Days => of_days(self.count),
            Unit::Weeks => of_days(self.count * 7),
            Unit::Months => self.count,
            Unit::Years => self.count * 12,
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Days => 'd',
            Unit::Weeks => 'w',
            Unit::Months => 'm',
            Unit::Years => 'y',
        };
        write!(f, "{}{unit}", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_ends_when_its_timezone_says() {
        let end = last_instant(day("2026-11-23"), Tz::Europe__Berlin);
        assert_eq!(instant(end), "2026-11-23T22:59:59.999Z");
        // Clocks in Beirut skip midnight on 27 March 2022.
        assert_eq!(instant(first_instant(day("2022-03-27"), Tz::Asia__Beirut)), "2022-03-26T22:00:00Z");
        assert!(last_instant(NaiveDate::MAX, Tz::UTC) > first_instant(day("9999-12-31"), Tz::UTC));
    }

    #[test]
    fn terms_count_calendar_months() {
        assert_eq!(Term::parse("1m").unwrap().after(day("2026-01-31")), Some(day("2026-02-28")));
        assert_eq!(Term::parse("180d").unwrap().to_string(), "180d");
        let months = ["1d", "31d", "365d", "52w", "18m", "5y"].map(|term| Term::parse(term).unwrap().months());
        assert_eq!(months, [1, 1, 12, 12, 18, 60]);
        for bad in ["", "d", "0d", "-1d", "5x", "5 d", "é", "99999999999d"] {
            assert!(Term::parse(bad).is_err(), "{bad}");
        }
    }
}
