//! The types that TOML values are read as, beside those that the room of each thing declares.

use chrono::{DateTime, NaiveDate, Utc};
use toml::de::DeValue;

use super::money::Money;
use super::number::{EventId, Slug};
use super::reader::{Value, Wrong};
use super::text;
use super::time::{Term, When};

impl Value for String {
    fn read(value: &DeValue) -> Result<String, Wrong> {
        let DeValue::String(text) = value else { return Err(Wrong::type_("a string", value)) };
        match text.chars().find(|c| text::is_bidi_control(*c) || text::is_stray_control(*c)) {
            Some(c) => Err(Wrong::new("hidden-character", format!("hidden character U+{:04X}", u32::from(c)))
                .hint("delete it: what is shown would not be what is written")),
            None => Ok(text.replace("\r\n", "\n")),
        }
    }
}

impl Value for bool {
    fn read(value: &DeValue) -> Result<bool, Wrong> {
        match value {
            DeValue::Boolean(truth) => Ok(*truth),
            _ => Err(Wrong::type_("true or false", value)),
        }
    }
}

impl Value for f64 {
    fn read(value: &DeValue) -> Result<f64, Wrong> {
        let number = match value {
            DeValue::Integer(number) => (number.radix() == 10).then(|| number.as_str().parse().ok()).flatten(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => return Err(Wrong::type_("a number", value)),
        };
        number
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| Wrong::new("bad-field-value", "expected a decimal number"))
    }
}

impl Value for Slug {
    fn read(value: &DeValue) -> Result<Slug, Wrong> {
        String::read(value).map(|text| Slug::referred(&text))
    }
}

impl Value for EventId {
    fn read(value: &DeValue) -> Result<EventId, Wrong> {
        String::read(value).map(|text| EventId::referred(&text))
    }
}

impl Value for Money {
    fn read(value: &DeValue) -> Result<Money, Wrong> {
        let hint = "write an amount and a currency, such as \"3899.00 EUR\"";
        match value {
            DeValue::String(_) => {}
            DeValue::Integer(_) | DeValue::Float(_) => {
                return Err(Wrong::new("bad-money", "a number is not money").hint(hint));
            }
            _ => return Err(Wrong::type_("money", value)),
        }
        let text = String::read(value)?;
        Money::parse(&text)
            .map_err(|why| Wrong::new("bad-money", format!("`{}` is not money: {why}", text.escape_debug())).hint(hint))
    }
}

impl Value for Term {
    fn read(value: &DeValue) -> Result<Term, Wrong> {
        let text = String::read(value)?;
        Term::parse(&text)
            .map_err(|why| Wrong::new("bad-field-value", why).hint("write a number and d, w, m or y, such as \"180d\""))
    }
}

impl Value for NaiveDate {
    fn read(value: &DeValue) -> Result<NaiveDate, Wrong> {
        match When::read(value)? {
            When::Day(day) => Ok(day),
            When::Instant(_) => {
                Err(Wrong::new("bad-date", "expected a day, found an instant").hint("write a date such as 2026-11-27"))
            }
        }
    }
}

impl Value for DateTime<Utc> {
    fn read(value: &DeValue) -> Result<DateTime<Utc>, Wrong> {
        match When::read(value)? {
            When::Instant(at) => Ok(at),
            When::Day(_) => Err(Wrong::new("bad-date", "expected an instant, found a day")
                .hint("write a date and time such as 2026-11-27T09:14:00Z")),
        }
    }
}

impl Value for When {
    fn read(value: &DeValue) -> Result<When, Wrong> {
        let DeValue::Datetime(written) = value else {
            let quoted =
                matches!(value, DeValue::String(text) if text.bytes().next().is_some_and(|b| b.is_ascii_digit()));
            let wrong = Wrong::type_("a date", value);
            return Err(if quoted { wrong.hint("write it without quotes") } else { wrong });
        };
        // TOML 1.1 may leave the seconds out.
        let time = written.time.map(|time| toml::value::Time { second: time.second.or(Some(0)), ..time });
        let text = toml::value::Datetime { time, ..*written }.to_string();
        let wrong = |why: &str| Wrong::new("bad-date", format!("`{text}` {why}"));
        match (written.date, written.time, written.offset) {
            (Some(_), None, None) => text.parse().map(When::Day).map_err(|_| wrong("is not a day of the calendar")),
            (Some(_), Some(time), Some(_)) => {
                if time.second.is_some_and(|second| second > 59) {
                    return Err(wrong("has a second 60, which no clock of a register shows"));
                }
                let at = DateTime::parse_from_rfc3339(&text).map_err(|_| wrong("is not an instant"))?;
                Ok(When::Instant(milliseconds(at.with_timezone(&Utc))))
            }
            (Some(_), Some(_), None) => {
                Err(wrong("has no offset").hint(format!("say which zone it is in: {text}Z or {text}+01:00")))
            }
            _ => Err(wrong("has no date")),
        }
    }
}

/// A register's instants are whole milliseconds; what is finer is dropped.
fn milliseconds(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at)
}
