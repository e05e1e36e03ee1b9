//! The record of an asset, written key by key, and what a record has under a key already.

use std::fmt::Write;

use iso_currency::Currency;

use super::cells::{self, DateOrder};
use super::declare::toml_key;
use crate::register::Asset;
use crate::register::assets::FieldValue;
use crate::register::categories::FieldKind;
use crate::register::event::toml_string;

/// One value of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// The column that it comes from.
    pub(super) column: usize,
    /// Its key, as in `name`, `purchase.cost`, `fields.sensor`.
    pub(super) key: String,
    /// As TOML.
    pub(super) toml: String,
}

/// Keys in the order in which records have them; `fields.…` come last.
const KEYS: &[&str] = &[
    "name",
    "category",
    "manufacturer",
    "model",
    "serial",
    "home",
    "owner",
    "notes",
    "purchase.date",
    "purchase.cost",
    "purchase.supplier",
    "purchase.order",
];

/// A record as the text of its file.
pub(super) fn to_toml(values: &[Value]) -> String {
    let find = |key: &str| values.iter().find(|value| value.key == key);
    let (mut top, mut purchase, mut fields) = (String::new(), String::new(), String::new());
    for value in KEYS.iter().filter_map(|key| find(key)) {
        let _ = match value.key.strip_prefix("purchase.") {
            Some(key) => writeln!(purchase, "{key} = {}", value.toml),
            None => writeln!(top, "{} = {}", value.key, value.toml),
        };
    }
    for value in values {
        if let Some(key) = value.key.strip_prefix("fields.") {
            let _ = writeln!(fields, "{} = {}", toml_key(key), value.toml);
        }
    }
    for (table, lines) in [("purchase", purchase), ("fields", fields)] {
        if !lines.is_empty() {
            let _ = write!(top, "\n[{table}]\n{lines}");
        }
    }
    top
}

/// What the record has under `key`, as TOML.
pub(super) fn written(asset: &Asset, key: &str) -> Option<String> {
    let text = |text: &Option<String>| text.as_deref().map(toml_string);
    let purchase = asset.purchase.as_ref();
    match key {
        "name" => Some(toml_string(&asset.name)),
        "category" => Some(toml_string(asset.category.as_str())),
        "manufacturer" => text(&asset.manufacturer),
        "model" => text(&asset.model),
        "serial" => text(&asset.serial),
        "home" => asset.home.as_ref().map(|home| toml_string(home.as_str())),
        "owner" => text(&asset.owner),
        "notes" => asset.notes.as_deref().map(|notes| toml_string(notes.trim())),
        "purchase.date" => purchase?.date.map(|date| date.to_string()),
        "purchase.cost" => purchase?.cost.map(|cost| toml_string(&cost.to_string())),
        "purchase.supplier" => text(&purchase?.supplier),
        "purchase.order" => text(&purchase?.order),
        _ => asset.fields.get(key.strip_prefix("fields.")?).map(field),
    }
}

fn field(value: &FieldValue) -> String {
    match value {
        FieldValue::Text(text) => toml_string(text),
        FieldValue::Number(number) => number.clone(),
        FieldValue::Date(day) => day.to_string(),
        FieldValue::Bool(truth) => truth.to_string(),
        FieldValue::Money(money) => toml_string(&money.to_string()),
    }
}

/// A cell as the value of a field of this kind, in TOML.
pub(super) fn typed(
    kind: &FieldKind,
    cell: &str,
    order: DateOrder,
    currency: Option<Currency>,
) -> Result<String, String> {
    match kind {
        FieldKind::Text => Ok(toml_string(cell)),
        FieldKind::Date => cells::day(cell, order).map(|day| day.to_string()),
        FieldKind::Money => cells::money(cell, currency).map(|money| toml_string(&money.to_string())),
        FieldKind::Number(_) => number(cell).ok_or_else(|| "is not a number, as its category declares".into()),
        FieldKind::Bool => match cell.to_lowercase().as_str() {
            "yes" | "y" | "true" | "1" => Ok("true".into()),
            "no" | "n" | "false" | "0" => Ok("false".into()),
            _ => Err("is neither yes nor no, as its category declares".into()),
        },
        FieldKind::Link if cell.starts_with("https://") || cell.starts_with("http://") => Ok(toml_string(cell)),
        FieldKind::Link => Err("is not an http or https address, as its category declares".into()),
        FieldKind::Choice(choices) => match choices.iter().find(|choice| choice.eq_ignore_ascii_case(cell)) {
            Some(choice) => Ok(toml_string(choice)),
            None => Err(format!("is not one of {}", choices.join(", "))),
        },
    }
}

/// A plain decimal number as TOML writes it.
fn number(cell: &str) -> Option<String> {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // TOML's integers have 64 bits and no leading zeros.
    let short = digits.len() <= 18 && (whole == "0" || !whole.starts_with('0'));
    (plain(whole) && plain(fraction) && short).then(|| cell.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_written_in_their_order() {
        let value = |key: &str, toml: &str| Value { column: 0, key: key.into(), toml: toml.into() };
        let values = [
            value("fields.größe", "\"L\""),
            value("purchase.date", "2023-03-01"),
            value("category", "\"camera\""),
            value("name", "\"FX3\""),
        ];
        let text =
            "name = \"FX3\"\ncategory = \"camera\"\n\n[purchase]\ndate = 2023-03-01\n\n[fields]\n\"größe\" = \"L\"\n";
        assert_eq!(to_toml(&values), text);
    }

    #[test]
    fn fields_are_what_their_category_declares() {
        let typed = |kind, cell| typed(&kind, cell, DateOrder::MonthFirst, None);
        let choices = || FieldKind::Choice(vec!["APS-C".into()]);
        assert_eq!(typed(choices(), "aps-c").as_deref(), Ok("\"APS-C\""));
        assert!(typed(choices(), "full").is_err());
        assert_eq!(typed(FieldKind::Number(None), "-0.5").as_deref(), Ok("-0.5"));
        for bad in ["007", "1e3", "", "-", "1.", "12345678901234567890"] {
            assert!(typed(FieldKind::Number(None), bad).is_err(), "{bad}");
        }
        assert_eq!(typed(FieldKind::Bool, "Yes").as_deref(), Ok("true"));
        assert_eq!(typed(FieldKind::Date, "3/1/23").as_deref(), Ok("2023-03-01"));
        assert_eq!(typed(FieldKind::Money, "5 EUR").as_deref(), Ok("\"5.00 EUR\""));
        assert!(typed(FieldKind::Link, "javascript:x").is_err());
    }
}
