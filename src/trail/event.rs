//! Events as files of a log tell of them, whether or not they hold.

use chrono::DateTime;
use toml::{Table, Value};

/// An event, as a file tells of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its id.
    pub id: String,
    /// Who recorded it; empty where that is not said.
    pub by: String,
    /// When it happened, in milliseconds since 1970; none where that cannot be read.
    pub at: Option<i64>,
    /// All that it says.
    pub table: Table,
}

impl Told {
    /// The events in the text of a file; none in one that cannot be read.
    #[must_use]
    pub fn all_in(bytes: &[u8]) -> Vec<Told> {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let Ok(mut file) = text.parse::<Table>() else { return Vec::new() };
        let Some(Value::Array(events)) = file.remove("event") else { return Vec::new() };
        events.into_iter().filter_map(Told::of).collect()
    }

    fn of(event: Value) -> Option<Told> {
        let Value::Table(table) = event else { return None };
        let text = |key: &str| table.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let at = table.get("at").and_then(Value::as_datetime).map(ToString::to_string);
        let at = at.and_then(|at| DateTime::parse_from_rfc3339(&at).ok()).map(|at| at.timestamp_millis());
        let (id, by) = (text("id"), text("by"));
        (!id.is_empty()).then_some(Told { id, by, at, table })
    }

    /// What kind of event it is; empty where that is not said.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.table.get("kind").and_then(Value::as_str).unwrap_or_default()
    }

    /// The photos of it, relative to the asset's folder.
    pub fn photos(&self) -> impl Iterator<Item = &str> {
        let photos = self.table.get("photos").and_then(Value::as_array);
        photos.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The events that it says count no more.
    pub fn voided(&self) -> impl Iterator<Item = &str> {
        let of = self.table.get("of").filter(|_| self.kind() == "void");
        of.into_iter()
            .flat_map(|of| of.as_array().map_or(std::slice::from_ref(of), Vec::as_slice))
            .filter_map(Value::as_str)
    }

    /// What it says, as TOML, in order of the keys.
    #[must_use]
    pub fn as_toml(&self) -> String {
        toml::to_string(&self.table).unwrap_or_default()
    }

    /// What two tellings of an event have otherwise: keys, each with its value before and after.
    #[must_use]
    pub fn differences(was: &str, is: &str) -> Vec<(String, Option<String>, Option<String>)> {
        let read = |text: &str| text.parse::<Table>().unwrap_or_default();
        let (was, is) = (read(was), read(is));
        let mut keys: Vec<&String> = was.keys().chain(is.keys()).collect();
        keys.sort();
        keys.dedup();
        let said = |table: &Table, key: &str| table.get(key).map(ToString::to_string);
        let each = keys.into_iter().map(|key| (key.clone(), said(&was, key), said(&is, key)));
        each.filter(|(_, was, is)| was != is).collect()
    }
}
