//! Lines for programs: columns by key, and typed values in them.

use chrono::{DateTime, NaiveDate, Utc};

use crate::register::time::instant;
use crate::register::{Money, Number, Slug, When};

/// A table for spreadsheets and programs.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The key of each column, and what is in it.
    pub columns: &'static [(&'static str, Kind)],
    /// A value for each column.
    pub rows: Vec<Vec<Value>>,
}

/// What is in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Anything that takes one cell.
    Plain,
    /// Amounts: where a table has no such thing, their currencies stand in a column of their own.
    Money,
}

/// What is in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Nothing,
    /// Text.
    Text(String),
    /// Several texts.
    List(Vec<String>),
    /// A day.
    Day(NaiveDate),
    /// An instant.
    Instant(DateTime<Utc>),
    /// A whole number.
    Count(i64),
    /// Whether something is so.
    Flag(bool),
    /// An amount.
    Money(Money),
}

impl Sheet {
    /// The keys of the columns of a table that has only text; the currencies of amounts behind them.
    #[must_use]
    pub fn heads(&self) -> Vec<String> {
        let heads = self.columns.iter().map(|(key, kind)| match kind {
            Kind::Plain => vec![(*key).to_owned()],
            Kind::Money => vec![(*key).to_owned(), format!("{key}_currency")],
        });
        heads.flatten().collect()
    }

    /// Its rows as text, as long as [`Sheet::heads`].
    pub fn texts(&self) -> impl Iterator<Item = Vec<String>> {
        self.rows.iter().map(|row| {
            let texts = row.iter().zip(self.columns).map(|(value, (_, kind))| match (kind, value) {
                (Kind::Money, Value::Money(money)) => vec![money.decimal(), money.currency.code().to_owned()],
                (Kind::Money, value) => vec![value.text(), String::new()],
                (Kind::Plain, value) => vec![value.text()],
            });
            texts.flatten().collect()
        })
    }

    /// Its rows as JSON.
    #[must_use]
    pub fn json(&self) -> Vec<serde_json::Value> {
        let object = |row: &Vec<Value>| {
            let pairs = self.columns.iter().zip(row).map(|((key, _), value)| ((*key).to_owned(), value.json()));
            serde_json::Value::Object(pairs.collect())
        };
        self.rows.iter().map(object).collect()
    }
}

impl Value {
    fn text(&self) -> String {
        match self {
            Value::Nothing => String::new(),
            Value::Text(text) => text.clone(),
            Value::List(texts) => texts.join("; "),
            Value::Day(day) => day.to_string(),
            Value::Instant(at) => instant(*at),
            Value::Count(count) => count.to_string(),
            Value::Flag(is_so) => is_so.to_string(),
            Value::Money(money) => money.to_string(),
        }
    }

    fn json(&self) -> serde_json::Value {
        match self {
            Value::Nothing => serde_json::Value::Null,
            Value::List(texts) => texts.clone().into(),
            Value::Count(count) => (*count).into(),
            Value::Flag(is_so) => (*is_so).into(),
            other => other.text().into(),
        }
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Nothing, Into::into)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        if text.is_empty() { Value::Nothing } else { Value::Text(text.to_owned()) }
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Value {
        text.as_str().into()
    }
}

impl From<&Number> for Value {
    fn from(number: &Number) -> Value {
        number.as_str().into()
    }
}

impl From<&Slug> for Value {
    fn from(slug: &Slug) -> Value {
        slug.as_str().into()
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Value {
        Value::Day(day)
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(at: DateTime<Utc>) -> Value {
        Value::Instant(at)
    }
}

impl From<When> for Value {
    fn from(when: When) -> Value {
        match when {
            When::Day(day) => Value::Day(day),
            When::Instant(at) => Value::Instant(at),
        }
    }
}

impl From<Money> for Value {
    fn from(money: Money) -> Value {
        Value::Money(money)
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Value {
        Value::List(texts)
    }
}

impl From<bool> for Value {
    fn from(is_so: bool) -> Value {
        Value::Flag(is_so)
    }
}

impl From<i64> for Value {
    fn from(count: i64) -> Value {
        Value::Count(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[(&str, Kind)] = &[("name", Kind::Plain), ("cost", Kind::Money), ("files", Kind::Plain)];

    #[test]
    fn an_amount_has_its_currency_beside_it_where_there_is_only_text() {
        let money = Money::parse("3899.50 EUR").unwrap();
        let full = vec!["FX3".into(), money.into(), vec!["a".to_owned(), "b".to_owned()].into()];
        let empty = vec!["".into(), None::<Money>.into(), Vec::new().into()];
        let sheet = Sheet { columns: COLUMNS, rows: vec![full, empty] };
        assert_eq!(sheet.heads(), ["name", "cost", "cost_currency", "files"]);
        let texts: Vec<_> = sheet.texts().collect();
        assert_eq!(texts, [["FX3", "3899.50", "EUR", "a; b"], ["", "", "", ""]]);
        let json = serde_json::json!([
            {"name": "FX3", "cost": "3899.50 EUR", "files": ["a", "b"]},
            {"name": null, "cost": null, "files": []},
        ]);
        assert_eq!(serde_json::Value::from(sheet.json()), json);
    }
}
