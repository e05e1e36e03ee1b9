//! The fields of events: how each type is read from TOML, typed by people, and written as TOML and JSON.

use chrono::{DateTime, NaiveDate, Utc};

use super::event::toml_string;
use super::money::Money;
use super::number::{EventId, Slug};
use super::reader::Table;
use super::time::{When, instant};
use super::typed::{Typed, Typing};

/// What can be given for a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Whether there is no event without it.
    pub needed: bool,
    /// Whether several values can be given.
    pub many: bool,
    /// The words that it may be; any text of its type where there are none.
    pub words: &'static [&'static str],
}

impl Shape {
    /// One value that must be given.
    pub const NEEDED: Shape = Shape { needed: true, many: false, words: &[] };
}

/// A field of an event: how it is read, and how it is written.
pub(super) trait Field: Sized {
    const SHAPE: Shape = Shape::NEEDED;

    fn take(table: &mut Table, key: &'static str) -> Option<Self>;
    /// As TOML; `None` for a field that is not there.
    fn written(&self) -> Option<String>;
    /// As JSON; null for a field that is not there.
    fn json(&self) -> serde_json::Value;
    /// From what people typed for it.
    fn given(values: &[String], typing: &Typing) -> Result<Self, String>;
}

impl<T: Field> Field for Option<T> {
    const SHAPE: Shape = Shape { needed: false, ..T::SHAPE };

    fn take(table: &mut Table, key: &'static str) -> Option<Self> {
        table.knows(key);
        Some(if table.has(key) { T::take(table, key) } else { None })
    }
    fn written(&self) -> Option<String> {
        self.as_ref().and_then(T::written)
    }
    fn json(&self) -> serde_json::Value {
        self.as_ref().map_or(serde_json::Value::Null, T::json)
    }
    fn given(values: &[String], typing: &Typing) -> Result<Self, String> {
        if values.iter().all(|value| value.trim().is_empty()) { Ok(None) } else { T::given(values, typing).map(Some) }
    }
}

/// One id or several: `of = "a1b2c3d4"` or `of = ["a1b2c3d4", "a1b2c3d5"]`.
impl Field for Vec<EventId> {
    const SHAPE: Shape = Shape { many: true, ..Shape::NEEDED };

    fn take(table: &mut Table, key: &'static str) -> Option<Self> {
        if table.has(key) { table.one_or_many(key) } else { table.need::<EventId>(key).map(|id| vec![id]) }
    }
    fn written(&self) -> Option<String> {
        match self.as_slice() {
            [one] => one.written(),
            many => {
                let ids: Vec<_> = many.iter().filter_map(Field::written).collect();
                Some(format!("[{}]", ids.join(", ")))
            }
        }
    }
    fn json(&self) -> serde_json::Value {
        self.iter().map(Field::json).collect()
    }
    fn given(values: &[String], typing: &Typing) -> Result<Self, String> {
        let ids = values.iter().flat_map(|value| value.split([' ', ',']));
        let ids: Vec<_> =
            ids.filter(|id| !id.is_empty()).map(|id| EventId::typed(id, typing)).collect::<Result<_, _>>()?;
        if ids.is_empty() { Err("which event is not said".into()) } else { Ok(ids) }
    }
}

macro_rules! fields {
    ($($type:ty: |$value:ident| $written:expr, $json:expr;)*) => {$(
        impl Field for $type {
            fn take(table: &mut Table, key: &'static str) -> Option<Self> {
                table.need(key)
            }
            fn written(&self) -> Option<String> {
                let $value = self;
                Some($written)
            }
            fn json(&self) -> serde_json::Value {
                let $value = self;
                $json.into()
            }
            fn given(values: &[String], typing: &Typing) -> Result<Self, String> {
                only(values, typing)
            }
        }
    )*};
}
fields! {
    String: |text| toml_string(text), text.as_str();
    Slug: |slug| toml_string(slug.as_str()), slug.as_str();
    EventId: |id| toml_string(id.as_str()), id.as_str();
    Money: |money| toml_string(&money.to_string()), money.to_string();
    NaiveDate: |day| day.to_string(), day.to_string();
    DateTime<Utc>: |at| instant(*at), instant(*at);
    When: |when| when.to_string(), when.to_string();
    f64: |number| number.to_string(), *number;
}

/// The one value that was typed.
pub(super) fn only<T: Typed>(values: &[String], typing: &Typing) -> Result<T, String> {
    match values {
        [value] if !value.trim().is_empty() => T::typed(value.trim(), typing),
        [] | [_] => Err("it is not said".into()),
        _ => Err("it is said more than once".into()),
    }
}
