//! Reading TOML tables field by field: every value with its span, every mistake a finding, nothing unread unnoticed.

use std::borrow::Cow;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::finding::{Finding, Place, Span, did_you_mean};
use super::text;
use crate::tree::{Entry, Tree};

/// Errors of grammar that are looked at in one file: more than anyone reads.
const MOST_ERRORS: usize = 1000;

/// Where the fields of one table stand, by dotted key (`purchase.date`, `aliases.0`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    path: Arc<str>,
    whole: Option<Span>,
    /// In order of their keys.
    fields: Vec<(Cow<'static, str>, Span)>,
    partial: bool,
}

impl Source {
    /// The place of a field; of the whole table where it has no such field.
    #[must_use]
    pub fn place(&self, key: &str) -> Place {
        self.field(key).unwrap_or_else(|| self.whole())
    }

    /// The place of a field that is there, be its value right or wrong.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<Place> {
        let at = self.fields.partition_point(|(name, _)| name.as_ref() < key);
        let (_, span) = self.fields.get(at).filter(|(name, _)| name == key)?;
        Some(Place { path: self.path.clone(), span: Some(*span) })
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

    /// Whether the file could not be read or parsed as a whole, so that fields may be missing that are there.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.partial
    }
}

/// Reads the TOML file at `path` with `read`, which is handed its top table.
///
/// A file that cannot be read or parsed is read as far as it goes, if only as an empty table: what names it, or what it
/// would have said, is nobody else's fault. `None` where there is no such file.
pub(super) fn file<T>(
    tree: &Tree,
    path: &str,
    findings: &mut Vec<Finding>,
    read: impl FnOnce(&mut Table) -> T,
) -> Option<T> {
    let mut found = Vec::new();
    let text = readable(path, tree.entry(path)?, &mut found);
    let (table, errors) = DeTable::parse_recoverable(text.unwrap_or_default());
    let told = Told::of(&found);
    let mut errors = syntax_errors(path, text.unwrap_or_default(), &errors);
    errors.retain(|error| !told.covers(error));
    found.append(&mut errors);
    let told = Told::of(&found);
    let partial = text.is_none() || found.iter().any(|finding| finding.rule == "syntax");
    // What a file lacks is missing at its top.
    let whole = text.map(|_| Span { start: 0, end: 0 });
    let source = Source { path: path.into(), whole, fields: Vec::new(), partial };
    let mut top = Table::new(table.get_ref(), source, "".into(), "missing-field");
    let value = read(&mut top);
    let follows = |finding: &Finding| partial && (finding.rule.starts_with("missing-") || finding.rule == "wrong-type");
    let new: Vec<_> = top.findings.into_iter().filter(|new| !follows(new) && !told.covers(new)).collect();
    found.extend(new);
    findings.append(&mut found);
    Some(value)
}

/// Where looking at the text and its grammar has found something: a hidden character is an error of the grammar too, and
/// what cannot be parsed is of no type.
struct Told(Vec<Span>);

impl Told {
    fn of(found: &[Finding]) -> Told {
        let rules = ["hidden-character", "syntax", "bad-date"];
        let mut spans: Vec<_> =
            found.iter().filter(|finding| rules.contains(&finding.rule)).filter_map(Finding::span).collect();
        spans.sort();
        Told(spans)
    }

    /// Whether something was found inside or around of what `finding` is about.
    fn covers(&self, finding: &Finding) -> bool {
        let Some(span) = finding.span() else { return false };
        let next = self.0.partition_point(|told| told.start < span.start);
        let around = next.checked_sub(1).and_then(|before| self.0.get(before));
        self.0.get(next).is_some_and(|inside| inside.start <= span.end)
            || around.is_some_and(|around| around.end > span.start)
    }
}

/// The text of a TOML file that may be parsed; findings where there is none.
fn readable<'t>(path: &str, entry: &'t Entry, findings: &mut Vec<Finding>) -> Option<&'t str> {
    match entry {
        Entry::Toml(text) => {
            let found = text::look_over(path, text);
            let stop = text::stops_parsing(text, &found);
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

fn syntax_errors(path: &str, text: &str, errors: &[toml::de::Error]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut fused_until = None;
    for error in errors.iter().take(MOST_ERRORS) {
        let range = error.span().unwrap_or_default();
        let start = text.floor_char_boundary(range.start.min(text.len()));
        let end = text.ceil_char_boundary(range.end.min(text.len()));
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        let rule = if message.contains("date") || message.contains("time") { "bad-date" } else { "syntax" };
        let mut finding = Finding::new(rule, &message).at(Place { path: path.into(), span: Some(Span { start, end }) });
        if message.contains("duplicate key") && path.contains("/log/") {
            finding = finding.hint("a merge may have fused two events: each needs an `[[event]]` of its own");
            // Every further key of the same two events says the same.
            let between = fused_until.replace(end).and_then(|until| text.get(until..start));
            if between.is_some_and(|between: &str| !between.contains("[[")) {
                continue;
            }
        }
        findings.push(finding);
    }
    findings
}

/// A table being read. Keys that nobody asks for are findings when it is finished.
pub(super) struct Table<'r, 't> {
    entries: &'r DeTable<'t>,
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

    pub(super) fn type_(expected: &str, value: &DeValue) -> Wrong {
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
    fn new(
        entries: &'r DeTable<'t>,
        source: Source,
        prefix: Cow<'static, str>,
        missing: &'static str,
    ) -> Table<'r, 't> {
        Table { entries, source, prefix, asked: Vec::new(), open: false, findings: Vec::new(), missing }
    }

    /// The value of an optional key.
    pub(super) fn take<T: Value>(&mut self, key: &'static str) -> Option<T> {
        let value = self.find(key)?;
        self.read(key.into(), value)
    }

    /// The value of a key that must be there.
    pub(super) fn need<T: Value>(&mut self, key: &'static str) -> Option<T> {
        if !self.entries.contains_key(key) {
            self.asked.push(key);
            let (rule, place) = (self.missing, self.source.whole());
            self.findings.push(Finding::new(rule, format!("`{}{key}` is missing", self.prefix)).at(place));
            return None;
        }
        self.take(key)
    }

    /// The words of a key that must be there and must not be blank.
    pub(super) fn need_words(&mut self, key: &'static str) -> Option<String> {
        let words: String = self.need(key)?;
        if words.trim().is_empty() {
            let place = self.place(key);
            self.findings.push(Finding::new(self.missing, format!("`{}{key}` is blank", self.prefix)).at(place));
        }
        Some(words)
    }

    /// Every element of an optional list; those that are wrong are left out.
    pub(super) fn list<T: Value>(&mut self, key: &'static str) -> Option<Vec<T>> {
        let value = self.find(key)?;
        let DeValue::Array(elements) = value.get_ref() else {
            self.wrong(value, Wrong::type_("a list", value.get_ref()));
            return None;
        };
        self.remember(key.into(), value.span().into());
        let mut list = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            list.extend(self.read(format!("{key}.{index}").into(), element));
        }
        Some(list)
    }

    /// A string or a list of strings.
    pub(super) fn one_or_many<T: Value>(&mut self, key: &'static str) -> Option<Vec<T>> {
        match self.entries.get(key).map(Spanned::get_ref) {
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
        let table = self.entries;
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
        let source = Source {
            path: self.source.path.clone(),
            whole: Some(value.span().into()),
            fields: Vec::new(),
            partial: self.source.partial,
        };
        let mut inner = Table::new(table, source, prefix, self.missing);
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
        let key = format!("{}{key}", self.prefix);
        let field = self.source.fields.iter().find(|(name, _)| *name == key);
        field.map_or_else(|| self.source.whole(), |(_, span)| self.at(*span))
    }

    /// The place of one of this file's spans.
    pub(super) fn at(&self, span: Span) -> Place {
        Place { path: self.source.path.clone(), span: Some(span) }
    }

    /// Says `rule` from here on where a field that must be there is not.
    pub(super) fn missing_is(&mut self, rule: &'static str) {
        self.missing = rule;
    }

    /// Whether the file could not be read or parsed as a whole.
    pub(super) fn is_partial(&self) -> bool {
        self.source.partial
    }

    /// Whether there is no key at all.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
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
        let table = self.entries;
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
        self.source.fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        std::mem::take(&mut self.source)
    }

    fn find(&mut self, key: &'static str) -> Option<&'r Spanned<DeValue<'t>>> {
        self.asked.push(key);
        self.entries.get(key)
    }
}
