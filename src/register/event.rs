//! Events: what happened to an asset, read from and written as `[[event]]` tables.

use std::fmt::Write;

use chrono::{DateTime, NaiveDate, Utc};
use toml::de::DeValue;

use super::field::Field;
pub use super::field::Shape;
use super::finding::{Finding, did_you_mean};
use super::money::Money;
use super::number::{EventId, Slug};
use super::reader::{Source, Table, Value, Wrong};
use super::time::{When, instant};
use super::typed::Typing;
pub(super) use super::words::one_of;
pub use super::words::{Condition, Disposal, Grade, Outcome, Sensor};

/// One thing that happened to one asset.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Unique in its log.
    pub id: EventId,
    /// When it happened, in whole milliseconds. When it was recorded, git knows.
    pub at: DateTime<Utc>,
    /// The person who says so, or `desk` or `import`.
    pub by: Slug,
    /// What happened.
    pub action: Action,
    /// Anything worth saying.
    pub note: Option<String>,
    /// One id for things done together.
    pub batch: Option<String>,
    /// The job it was done for.
    pub job: Option<Slug>,
    /// Pictures of it, relative to the asset's folder: `files/2026-11-25-k7q2m9x4.jpg`.
    pub photos: Vec<String>,
}

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its name in the register.
    pub name: &'static str,
    /// What it means.
    pub about: &'static str,
    /// Its fields, by key.
    pub fields: &'static [(&'static str, Shape)],
}

/// An event as it stands in a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// The event.
    pub event: Event,
    /// Where it and its fields stand.
    pub source: Source,
}

/// How an event's file is named: when it happened, what it was, its id.
#[must_use]
pub fn file_name(event: &Event) -> String {
    let at = event.at.format("%Y-%m-%dT%H%M%S%.3fZ");
    format!("{at}-{}-{}.toml", event.action.kind(), event.id)
}

/// An event as the text of its file.
#[must_use]
pub fn to_toml(event: &Event) -> String {
    let mut text = String::from("[[event]]\n");
    line(&mut text, "id", &event.id);
    line(&mut text, "at", &event.at);
    line(&mut text, "kind", &event.action.kind().to_owned());
    line(&mut text, "by", &event.by);
    event.action.write(&mut text);
    line(&mut text, "job", &event.job);
    line(&mut text, "batch", &event.batch);
    line(&mut text, "note", &event.note);
    if !event.photos.is_empty() {
        let photos: Vec<_> = event.photos.iter().map(|photo| toml_string(photo)).collect();
        let _ = writeln!(text, "photos = [{}]", photos.join(", "));
    }
    text
}

/// An event's fields as JSON, by key, in the order in which they are written.
#[must_use]
pub fn fields(event: &Event) -> Vec<(&'static str, serde_json::Value)> {
    let mut fields = vec![
        ("id", event.id.as_str().into()),
        ("at", instant(event.at).into()),
        ("kind", event.action.kind().into()),
        ("by", event.by.as_str().into()),
    ];
    fields.extend(event.action.fields());
    let photos = if event.photos.is_empty() { serde_json::Value::Null } else { event.photos.clone().into() };
    let ends =
        [("job", event.job.json()), ("batch", event.batch.json()), ("note", event.note.json()), ("photos", photos)];
    fields.extend(ends.into_iter().filter(|(_, value)| !value.is_null()));
    fields
}

/// What an action says besides its kind, in a line: `to ana, due 2026-11-27`.
#[must_use]
pub fn detail(action: &Action) -> String {
    let said = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        serde_json::Value::Array(all) => all.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    let parts: Vec<_> = action.fields().into_iter().map(|(key, value)| format!("{key} {}", said(value))).collect();
    parts.join(", ")
}

fn line(text: &mut String, key: &str, field: &impl Field) {
    if let Some(value) = field.written() {
        let _ = writeln!(text, "{key} = {value}");
    }
}

/// Reads one `[[event]]` table. One that lacks what an event cannot be without is none: then its instant, where it has one.
pub(super) fn read(table: &mut Table) -> Result<Logged, Option<DateTime<Utc>>> {
    table.missing_is("missing-event-field");
    let id = table.need::<NewId>("id");
    let at = table.need("at");
    let kind = table.need::<String>("kind");
    let by = table.need("by");
    let note = table.take("note");
    let batch = table.take("batch");
    let job = table.take("job");
    let photos = table.list("photos").unwrap_or_default();
    let action = kind.and_then(|kind| Action::read(&kind, table).unwrap_or_else(|| unknown_kind(&kind, table)));
    if matches!(action, Some(Action::Report { .. } | Action::Note {})) && !table.has("note") {
        table.need::<String>("note");
    }
    let source = table.finish();
    match (id, at, by, action) {
        (Some(NewId(id)), Some(at), Some(by), Some(action)) => {
            Ok(Logged { event: Event { id, at, by, action, note, batch, job, photos }, source })
        }
        _ => Err(at),
    }
}

fn unknown_kind(kind: &str, table: &mut Table) -> Option<Action> {
    let message = format!("unknown kind of event `{}`", kind.escape_debug());
    let hint = did_you_mean(kind, KINDS.iter().copied());
    table.found(Finding::new("unknown-kind", message).at(table.place("kind")).maybe_hint(hint));
    table.anything_else();
    None
}

/// An id at the place where it is given, which must be well formed.
struct NewId(EventId);

impl Value for NewId {
    fn read(value: &DeValue) -> Result<NewId, Wrong> {
        let text = String::read(value)?;
        EventId::parse(&text).map(NewId).map_err(|why| {
            Wrong::new("bad-field-value", format!("`{}` cannot be an event's id: {why}", text.escape_debug()))
        })
    }
}

/// A string as TOML, on one line unless it has line breaks.
#[must_use]
pub fn toml_string(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Every kind of event with its fields: the one list that reading, writing and the command line go by.
macro_rules! actions {
    ($(#[doc = $about:literal] $case:ident = $kind:literal { $($(#[$field_about:meta])* $field:ident ($key:literal): $type:ty),* $(,)? })*) => {
        /// What happened.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Action {
            $(#[doc = $about] $case { $(#[doc = concat!("`", $key, "`")] $(#[$field_about])* $field: $type),* }),*
        }

        /// The kinds of events, as the register names them.
        pub const KINDS: &[&str] = &[$($kind),*];

        /// Every kind, and what can be given for it.
        pub const SHAPES: &[Kind] =
            &[$(Kind { name: $kind, about: $about, fields: &[$(($key, <$type as Field>::SHAPE)),*] }),*];

        impl Action {
            /// The kind, as the register names it.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self { $(Action::$case { .. } => $kind),* }
            }

            /// Reads the fields of `kind`: `None` for an unknown kind, `Some(None)` where a field is missing or wrong.
            #[allow(unused_variables, reason = "not every kind has fields")]
            fn read(kind: &str, table: &mut Table) -> Option<Option<Action>> {
                match kind {
                    $($kind => {
                        $(let $field = <$type as Field>::take(table, $key);)*
                        $(let Some($field) = $field else { return Some(None) };)*
                        Some(Some(Action::$case { $($field),* }))
                    })*
                    _ => None,
                }
            }

            /// What people typed for the fields of `kind`, by key: the action, or what is wrong with each field.
            ///
            /// # Errors
            /// The fields that are wrong, each with the reason; `kind` where there is no such kind.
            #[allow(unused_variables, unused_mut, reason = "not every kind has fields")]
            pub fn typed(
                kind: &str,
                given: &dyn Fn(&str) -> Vec<String>,
                typing: &Typing,
            ) -> Result<Action, Vec<(&'static str, String)>> {
                let mut wrong = Vec::new();
                match kind {
                    $($kind => {
                        $(let $field = <$type as Field>::given(&given($key), typing);
                        let $field = $field.map_err(|why| wrong.push(($key, why))).ok();)*
                        $(let Some($field) = $field else { return Err(wrong) };)*
                        Ok(Action::$case { $($field),* })
                    })*
                    _ => Err(vec![("kind", format!("there is no kind of event `{}`", kind.escape_debug()))]),
                }
            }

            /// The fields that are there, as JSON, by key.
            fn fields(&self) -> Vec<(&'static str, serde_json::Value)> {
                let fields: Vec<(&'static str, serde_json::Value)> = match self {
                    $(Action::$case { $($field),* } => vec![$(($key, $field.json())),*],)*
                };
                fields.into_iter().filter(|(_, value)| !value.is_null()).collect()
            }

            fn write(&self, text: &mut String) {
                match self {
                    $(Action::$case { $($field),* } => { let _ = &text; $(line(text, $key, $field);)* })*
                }
            }
        }
    };
}

actions! {
    /// Handed out from the shelf.
    Checkout = "checkout" { to("to"): Slug, due("due"): Option<NaiveDate>, location("location"): Option<Slug> }
    /// Brought back, by anyone.
    Return = "return" { location("location"): Option<Slug>, condition("condition"): Option<Condition> }
    /// Handed from one custodian to the next.
    Transfer = "transfer" { to("to"): Slug, due("due"): Option<NaiveDate>, location("location"): Option<Slug> }
    /// "Yes, I have it", by the new custodian.
    Accept = "accept" {}
    /// Kept for longer (or shorter).
    Extend = "extend" { due("due"): NaiveDate }
    /// Put somewhere else.
    Move = "move" { location("location"): Slug }
    /// A fault was seen; the note says which.
    Report = "report" { severity("severity"): Grade }
    /// Gone to be repaired.
    Repair = "repair" { vendor("vendor"): Option<String>, due("due"): Option<NaiveDate> }
    /// Back from repair, or a fault mended here.
    Repaired = "repaired" {
        /// The faults that are mended; all that are open where it is absent.
        of("of"): Option<Vec<EventId>>,
        condition("condition"): Option<Condition>,
        cost("cost"): Option<Money>,
    }
    /// Inspected as its category demands.
    Inspect = "inspect" { result("result"): Outcome, next("next"): Option<NaiveDate>, certificate("certificate"): Option<String> }
    /// Counted against the register.
    Audit = "audit" { location("location"): Option<Slug>, condition("condition"): Option<Condition>, audit("audit"): Option<Slug> }
    /// Seen by a machine or in passing.
    Sighting = "sighting" {
        source("source"): Sensor,
        location("location"): Option<Slug>,
        /// Degrees north.
        lat("lat"): Option<f64>,
        /// Degrees east.
        lon("lon"): Option<f64>,
        /// Metres.
        accuracy_m("accuracy_m"): Option<f64>,
    }
    /// Not to be found.
    Missing = "missing" {}
    /// Found again.
    Found = "found" { location("location"): Option<Slug> }
    /// Set aside for someone.
    Reserve = "reserve" { person("for"): Slug, from("from"): When, until("until"): When }
    /// A reservation given up.
    Cancel = "cancel" { of("of"): EventId }
    /// Out of the register's use for good.
    Retire = "retire" { method("method"): Disposal, proceeds("proceeds"): Option<Money>, reference("reference"): Option<String> }
    /// Back in use after all.
    Reinstate = "reinstate" { location("location"): Option<Slug> }
    /// Only the note.
    Note = "note" {}
    /// These events count no more.
    Void = "void" { of("of"): Vec<EventId> }
}

impl Action {
    /// The location that the event names.
    #[must_use]
    pub fn location(&self) -> Option<&Slug> {
        match self {
            Action::Checkout { location, .. }
            | Action::Transfer { location, .. }
            | Action::Return { location, .. }
            | Action::Audit { location, .. }
            | Action::Sighting { location, .. }
            | Action::Found { location }
            | Action::Reinstate { location } => location.as_ref(),
            Action::Move { location } => Some(location),
            _ => None,
        }
    }

    /// The audit that the event is a sighting of.
    #[must_use]
    pub fn audit(&self) -> Option<&Slug> {
        match self {
            Action::Audit { audit, .. } => audit.as_ref(),
            _ => None,
        }
    }
}
