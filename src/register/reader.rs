//! Reading TOML tables field by field: every value with its span, every mistake a finding, nothing unread unnoticed.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::finding::{Finding, Place, Span, did_you_mean};
use super::money::Money;
use super::number::{EventId, Slug};
use super::text;
use super::time::{Term, When};
use crate::tree::{Entry, Tree};

/// Where the fields of one table stand, by dotted key (`purchase.date`, `aliases.0`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    path: Arc<str>,
    whole: Option<Span>,
    fields: Vec<(Cow<'static, str>, Span)>,
}

impl Source {
    /// The whole of the file at `path`.
    #[must_use]
    pub fn of_file(path: &str) -> Source {
        Source { path: path.into(), whole: None, fields: Vec::new() }
    }

    /// The place of a field; of the whole table where it has no such field.
    #[must_use]
    pub fn place(&self, key: &str) -> Place {
        let span = self.fields.iter().find(|(name, _)| name == key).map(|(_, span)| *span);
        Place { path: self.path.clone(), span: span.or(self.whole) }
    }

    /// The place of the table itself.
    #[must_use]
    pub fn whole(&self) -> Place {
        Place { path: self.path.clone(), span: self.whole }
    }

    /// The file that the table stands in.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// Reads the TOML file at `path` with `read`, which is handed its top table.
///
/// `None` where there is no such file or its text cannot be parsed at all.
pub(super) fn file<T>(
    tree: &Tree,
    path: &str,
    findings: &mut Vec<Finding>,
    read: impl FnOnce(&mut Table) -> T,
) -> Option<T> {
    let text = readable(path, tree.entry(path)?, findings)?;
    let (table, errors) = DeTable::parse_recoverable(text);
    let broken = !errors.is_empty();
    let hidden: Vec<_> =
        findings.iter().filter(|f| f.rule == "hidden-character").filter_map(|f| f.place.clone()).collect();
    for error in errors {
        let finding = syntax(path, text, &error);
        if !hidden.iter().any(|place| Some(place) == finding.place.as_ref()) {
            findings.push(finding);
        }
    }
    let mut top = Table {
        table: table.get_ref(),
        source: Source::of_file(path),
        prefix: Cow::Borrowed(""),
        asked: Vec::new(),
        open: false,
        findings: Vec::new(),
        missing: "missing-field",
    };
    let value = read(&mut top);
    findings.extend(top.findings.into_iter().filter(|finding| !(broken && finding.rule.starts_with("missing-"))));
    Some(value)
}

/// The text of a TOML file that may be parsed; findings where there is none.
fn readable<'t>(path: &str, entry: &'t Entry, findings: &mut Vec<Finding>) -> Option<&'t str> {
    match entry {
        Entry::Toml(text) => {
            let found = text::look_over(path, text);
            let stop = found.iter().any(text::stops_parsing);
            findings.extend(found);
            (!stop).then_some(text)
        }
        Entry::NotUtf8(before) => {
            let span = Span { start: before.len(), end: before.len() };
            let place = Place { path: path.into(), span: Some(span) };
            findings
                .push(Finding::new("not-utf8", "this byte is not UTF-8 text").at(place).hint("save the file as UTF-8"));
            None
        }
        Entry::TooLarge(size) => {
            let message = format!("{size} bytes are more than a register's file may have ({})", crate::tree::MAX_TOML);
            findings.push(Finding::new("too-large", message).at(Place::file(path)));
            None
        }
        // What is no plain file is the finding of the rules about files.
        _ => None,
    }
}

fn syntax(path: &str, text: &str, error: &toml::de::Error) -> Finding {
    let span = error.span().map(|range| Span {
        start: text.floor_char_boundary(range.start.min(text.len())),
        end: text.ceil_char_boundary(range.end.min(text.len())),
    });
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    let rule = if message.contains("date") || message.contains("time") { "bad-date" } else { "syntax" };
    let hint = (message.contains("duplicate key") && path.contains("/log/"))
        .then(|| "a merge may have fused two events: each needs an `[[event]]` of its own".to_owned());
    Finding::new(rule, message).at(Place { path: path.into(), span }).maybe_hint(hint)
}

/// A table being read. Keys that nobody asks for are findings when it is finished.
pub(super) struct Table<'r, 't> {
    table: &'r DeTable<'t>,
    source: Source,
    prefix: Cow<'static, str>,
    asked: Vec<&'static str>,
    /// Keys that nobody asked for are no findings.
    open: bool,
    findings: Vec<Finding>,
    missing: &'static str,
}

/// What a value is wrong about.
pub(super) struct Wrong {
    pub(super) rule: &'static str,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Wrong {
    pub(super) fn new(rule: &'static str, message: impl Into<String>) -> Wrong {
        Wrong { rule, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Wrong {
        self.hint = Some(hint.into());
        self
    }

    fn type_(expected: &str, value: &DeValue) -> Wrong {
        Wrong::new("wrong-type", format!("expected {expected}, found {}", kind_of(value)))
    }
}

fn kind_of(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A type that a TOML value can be read as.
pub(super) trait Value: Sized {
    fn read(value: &DeValue) -> Result<Self, Wrong>;
}

impl<'r, 't> Table<'r, 't> {
    /// The value of an optional key.
    pub(super) fn take<T: Value>(&mut self, key: &'static str) -> Option<T> {
        let value = self.find(key)?;
        self.read(key.into(), value)
    }

    /// The value of a key that must be there.
    pub(super) fn need<T: Value>(&mut self, key: &'static str) -> Option<T> {
        if !self.table.contains_key(key) {
            self.asked.push(key);
            let (rule, place) = (self.missing, self.source.whole());
            self.findings.push(Finding::new(rule, format!("`{}{key}` is missing", self.prefix)).at(place));
            return None;
        }
        self.take(key)
    }

    /// Every element of an optional list; those that are wrong are left out.
    pub(super) fn list<T: Value>(&mut self, key: &'static str) -> Option<Vec<T>> {
        let value = self.find(key)?;
        let DeValue::Array(elements) = value.get_ref() else {
            self.wrong(value, Wrong::type_("a list", value.get_ref()));
            return None;
        };
        let mut list = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            list.extend(self.read(format!("{key}.{index}").into(), element));
        }
        Some(list)
    }

    /// A string or a list of strings.
    pub(super) fn one_or_many<T: Value>(&mut self, key: &'static str) -> Option<Vec<T>> {
        match self.table.get(key).map(Spanned::get_ref) {
            Some(DeValue::Array(_)) => self.list(key),
            _ => self.take(key).map(|one| vec![one]),
        }
    }

    /// The table under an optional key, read with `read`.
    pub(super) fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Table<'_, 't>) -> T) -> Option<T> {
        let value = self.find(key)?;
        self.inner(format!("{}{key}.", self.prefix).into(), value, read)
    }

    /// Every table of a list of tables, read with `read`; the places of their fields are each table's own.
    pub(super) fn tables<T>(&mut self, key: &'static str, mut read: impl FnMut(&mut Table<'_, 't>) -> T) -> Vec<T> {
        let Some(value) = self.find(key) else { return Vec::new() };
        let DeValue::Array(elements) = value.get_ref() else {
            self.wrong(value, Wrong::type_("a list of tables", value.get_ref()));
            return Vec::new();
        };
        elements.iter().filter_map(|element| self.inner("".into(), element, &mut read)).collect()
    }

    /// Every key with its value, where the keys are names that the user chose.
    pub(super) fn named<T>(
        &mut self,
        mut read: impl FnMut(&mut Self, &str, Span, &'_ Spanned<DeValue<'t>>) -> Option<T>,
    ) -> Vec<(String, T)> {
        let table = self.table;
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let mut named = Vec::new();
        for (key, value) in entries {
            if let Some(read) = read(self, key.get_ref(), key.span().into(), value) {
                named.push((key.get_ref().clone().into_owned(), read));
            }
        }
        named
    }

    /// The value under a user's key as a table, read with `read`.
    pub(super) fn inner<T>(
        &mut self,
        prefix: Cow<'static, str>,
        value: &Spanned<DeValue<'t>>,
        read: impl FnOnce(&mut Table<'_, 't>) -> T,
    ) -> Option<T> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong(value, Wrong::type_("a table", value.get_ref()));
            return None;
        };
        let mut inner = Table {
            table,
            source: Source { path: self.source.path.clone(), whole: Some(value.span().into()), fields: Vec::new() },
            prefix,
            asked: Vec::new(),
            open: false,
            findings: Vec::new(),
            missing: self.missing,
        };
        let read = read(&mut inner);
        self.findings.append(&mut inner.findings);
        self.source.fields.append(&mut inner.source.fields);
        Some(read)
    }

    /// Reads one value, remembering where it stands.
    pub(super) fn read<T: Value>(&mut self, key: Cow<'static, str>, value: &Spanned<DeValue>) -> Option<T> {
        self.remember(key, value.span().into());
        match T::read(value.get_ref()) {
            Ok(read) => Some(read),
            Err(wrong) => {
                self.wrong(value, wrong);
                None
            }
        }
    }

    /// Remembers where the field `key` stands.
    pub(super) fn remember(&mut self, key: Cow<'static, str>, span: Span) {
        let name = if self.prefix.is_empty() { key } else { format!("{}{key}", self.prefix).into() };
        self.source.fields.push((name, span));
    }

    /// A finding about `value`.
    pub(super) fn wrong(&mut self, value: &Spanned<DeValue>, wrong: Wrong) {
        let place = Place { path: self.source.path.clone(), span: Some(value.span().into()) };
        self.findings.push(Finding::new(wrong.rule, wrong.message).at(place).maybe_hint(wrong.hint));
    }

    /// A finding of this table's own.
    pub(super) fn found(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The place of a key that was read, or of the table.
    pub(super) fn place(&self, key: &str) -> Place {
        self.source.place(&format!("{}{key}", self.prefix))
    }

    /// The place of one of this file's spans.
    pub(super) fn at(&self, span: Span) -> Place {
        Place { path: self.source.path.clone(), span: Some(span) }
    }

    /// Says `rule` from here on where a field that must be there is not.
    pub(super) fn missing_is(&mut self, rule: &'static str) {
        self.missing = rule;
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Says that the key is one of this table's, there or not.
    pub(super) fn knows(&mut self, key: &'static str) {
        self.asked.push(key);
    }

    /// Leaves keys that nobody asked for alone: what they should be is not known.
    pub(super) fn anything_else(&mut self) {
        self.open = true;
    }

    /// Makes a finding of every key that nobody asked for.
    pub(super) fn nothing_else(&mut self) {
        if self.open {
            return;
        }
        let table = self.table;
        for key in table.keys().filter(|key| !self.asked.contains(&key.get_ref().as_ref())) {
            let hint = did_you_mean(key.get_ref(), self.asked.iter().copied());
            let message = format!("unknown key `{}{}`", self.prefix, key.get_ref().escape_debug());
            let place = self.at(key.span().into());
            self.findings.push(Finding::new("unknown-key", message).at(place).maybe_hint(hint));
        }
    }

    /// The last word on a table: no other key, and where those that were read stand.
    pub(super) fn finish(&mut self) -> Source {
        self.nothing_else();
        std::mem::take(&mut self.source)
    }

    fn find(&mut self, key: &'static str) -> Option<&'r Spanned<DeValue<'t>>> {
        self.asked.push(key);
        self.table.get(key)
    }
}

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
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => return Err(Wrong::type_("a number", value)),
        };
        number
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| Wrong::new("bad-field-value", "this is not a number one can use"))
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
        Money::parse(&text).map_err(|why| Wrong::new("bad-money", format!("`{text}` is not money: {why}")).hint(hint))
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
        let text = written.to_string();
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
