//! Drafts: new records as people type them, field by field, and as the text of their files.

use std::fmt::Write;

use super::categories::FieldKind;
use super::event::toml_string;
use super::money::Money;
use super::number::{Number, Slug};
use super::time::Term;
use super::typed::{self, Typed, Typing};
use super::{Category, did_you_mean};

/// A field of a record that can be typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftField {
    /// How it is called on the command line and in forms.
    pub flag: &'static str,
    /// Where it stands in the record.
    pub key: &'static str,
    /// What it holds.
    pub kind: DraftKind,
    /// What it means.
    pub about: &'static str,
}

/// What a field of a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftKind {
    /// Any text.
    Text,
    /// Several texts.
    Texts,
    /// The slug of a location.
    Slug,
    /// An asset's number.
    Number,
    /// Several former numbers.
    Numbers,
    /// A day.
    Day,
    /// An amount.
    Money,
    /// A length of time.
    Term,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Yes.
    Yes,
}

macro_rules! draft_fields {
    ($($flag:literal $key:literal $kind:expr, $about:literal;)*) => {
        &[$(DraftField { flag: $flag, key: $key, kind: $kind, about: $about }),*]
    };
}

use DraftKind::{Day, Money as Amount, Numbers, Term as Length, Text, Texts, Word, Yes};

/// Every field of a record but its name, category and `[fields]`, in the order in which records have them.
pub const DRAFT_FIELDS: &[DraftField] = draft_fields! {
    "serial" "serial" Text, "The maker's number for this one";
    "manufacturer" "manufacturer" Text, "Who made it";
    "model" "model" Text, "What the maker calls it";
    "home" "home" DraftKind::Slug, "The location where it belongs";
    "owner" "owner" Text, "Cost centre or company";
    "part-of" "part_of" DraftKind::Number, "The kit that it belongs to";
    "contents" "contents" Texts, "What comes with it and has no number of its own";
    "alias" "aliases" Numbers, "A former number, whose label keeps resolving";
    "notes" "notes" Text, "Notes, in Markdown";
    "private" "private" Yes, "Keep its name out of public builds";
    "in-service" "in_service" Day, "The day from which it is in use";
    "replacement-value" "replacement_value" Amount, "What it would cost to replace";
    "policy" "policy" Text, "The insurance policy that it is under";
    "date" "purchase.date" Day, "The day on which it was bought";
    "cost" "purchase.cost" Amount, "What it cost, such as 3899.00 EUR";
    "supplier" "purchase.supplier" Text, "From whom it was bought";
    "order" "purchase.order" Text, "The number of our order";
    "invoice" "purchase.invoice" Text, "The number of their invoice";
    "warranty-until" "purchase.warranty_until" Day, "The last day of its warranty";
    "hire-from" "hire.from" Day, "The first day of its hire";
    "hire-until" "hire.until" Day, "The last day of its hire";
    "hire-rate" "hire.rate" Amount, "What its hire costs";
    "hire-supplier" "hire.supplier" Text, "From whom it is hired";
    "depreciation" "depreciation.method" Word(&["straight-line", "reducing-balance"]), "How it loses value in the books";
    "life" "depreciation.life" Length, "Over how long it does, such as 5y";
    "residual" "depreciation.residual" Amount, "What it is worth in the end";
    "rfid" "identifiers.rfid" Texts, "The code of an RFID tag on it";
    "gps" "identifiers.gps" Text, "The tracker in it";
    "barcode" "identifiers.barcode" Texts, "A barcode that it came with";
};

impl DraftField {
    /// What was typed for it, as TOML.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn typed(&self, values: &[String], typing: &Typing) -> Result<String, String> {
        let texts =
            |values: &[String]| values.iter().map(|value| typed::text(value.trim())).collect::<Result<Vec<_>, _>>();
        let number = |value: &String| Number::typed(value).map_err(|why| format!("`{}`: {why}", value.escape_debug()));
        let list = |texts: Vec<String>| {
            format!("[{}]", texts.iter().map(|text| toml_string(text)).collect::<Vec<_>>().join(", "))
        };
        match (self.kind, values) {
            (Texts, values) => texts(values).map(list),
            (Numbers, values) => values
                .iter()
                .map(|value| number(value).map(|number| number.to_string()))
                .collect::<Result<_, _>>()
                .map(list),
            (Yes, _) => Ok("true".into()),
            (_, [value]) => {
                let value = value.trim();
                match self.kind {
                    DraftKind::Slug => Slug::typed(value, typing).map(|slug| toml_string(slug.as_str())),
                    DraftKind::Number => number(&value.to_owned()).map(|number| toml_string(number.as_str())),
                    Day => typed::day_of_record(value, typing).map(|day| day.to_string()),
                    Amount => Money::typed(value, typing).map(|money| toml_string(&money.to_string())),
                    Length => Term::parse(value).map(|term| toml_string(&term.to_string())),
                    _ => typed::text(value).map(|text| toml_string(&text)),
                }
            }
            _ => Err("it is said more than once".into()),
        }
    }
}

/// A value for a field that the category declares, as `KEY=VALUE`: the key, and the value as TOML.
///
/// # Errors
/// What is wrong with it.
pub fn own_field(category: &Category, typed: &str, typing: &Typing) -> Result<(String, String), String> {
    let (key, value) = typed.split_once('=').ok_or("write it as KEY=VALUE")?;
    let (key, value) = (key.trim(), value.trim());
    let rule = category.fields.get(key).ok_or_else(|| {
        let near = did_you_mean(key, category.fields.keys().map(String::as_str)).map(|near| format!("; {near}"));
        format!("`{}` has no field `{}`{}", category.slug, key.escape_debug(), near.unwrap_or_default())
    })?;
    let wrong = |what: &str| format!("{key}: `{}` is not {what}", value.escape_debug());
    let written = match &rule.kind {
        FieldKind::Text | FieldKind::Link => toml_string(&typed::text(value)?),
        // Not as it was typed: TOML takes neither `007` nor `.5`.
        FieldKind::Number(_) => f64::typed(value, typing)?.to_string(),
        FieldKind::Date => typed::day_of_record(value, typing)?.to_string(),
        FieldKind::Money => toml_string(&Money::typed(value, typing)?.to_string()),
        FieldKind::Bool => match value.to_lowercase().as_str() {
            "yes" | "y" | "true" | "1" => "true".into(),
            "no" | "n" | "false" | "0" => "false".into(),
            _ => return Err(wrong("yes or no")),
        },
        FieldKind::Choice(choices) => {
            let choice = choices.iter().find(|choice| choice.to_lowercase() == value.to_lowercase());
            toml_string(choice.ok_or_else(|| wrong(&format!("one of {}", choices.join(", "))))?)
        }
    };
    Ok((key.to_owned(), written))
}

/// The text of a record: keys such as `name` and `purchase.cost` in the order in which they stand in it, with their TOML.
#[must_use]
pub fn record(values: &[(String, String)]) -> String {
    let mut text = String::new();
    let mut table = "";
    for (key, value) in values {
        let (inside, key) = key.split_once('.').unwrap_or(("", key));
        if inside != table {
            let _ = writeln!(text, "\n[{inside}]");
            table = inside;
        }
        let bare =
            !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        let _ = if bare { writeln!(text, "{key} = {value}") } else { writeln!(text, "{} = {value}", toml_string(key)) };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::{Moment, Tz, open};
    use crate::tree::Tree;

    fn typing() -> Typing {
        let zone = Tz::UTC;
        let moment = Moment::at("2026-11-23T09:00:00Z".parse().unwrap(), zone);
        Typing { moment, zone, currency: iso_currency::Currency::from_code("EUR") }
    }

    /// What every field is typed as, once.
    fn example(field: &DraftField) -> Vec<String> {
        let texts: &[&str] = match field.kind {
            Text => &["a \"b\""],
            Texts => &["2 batteries", "charger"],
            DraftKind::Slug => &["Shelf"],
            DraftKind::Number => &["kit-1"],
            Numbers => &["old-17"],
            Day => &["2026-03-01"],
            Amount => &["89"],
            Length => &["5y"],
            Word(words) => &words[..1],
            Yes => &["true"],
        };
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_record_of_every_field_is_read_back_without_a_finding() {
        let mut values = vec![("name".to_owned(), "\"A\"".to_owned()), ("category".into(), "\"camera\"".into())];
        for field in DRAFT_FIELDS {
            values.push((field.key.into(), field.typed(&example(field), &typing()).unwrap()));
        }
        let mut tree = Tree::default();
        let categories = "[camera]\nname = 'C'\n[camera.fields.sensor]\ntype = 'choice'\nchoices = ['APS-C']\n[camera.fields.'größe']\ntype = 'number'\n";
        tree.insert_toml("categories.toml", categories.into());
        tree.insert_toml("locations.toml", b"[shelf]\nname = 'S'\n".to_vec());
        tree.insert_toml("assets/KIT-1/asset.toml", b"name = 'K'\ncategory = 'camera'\n".to_vec());
        let category = open(&tree).register.categories.values().next().unwrap().clone();
        for typed in ["sensor = aps-c", "größe=01.50"] {
            let (key, value) = own_field(&category, typed, &typing()).unwrap();
            values.push((format!("fields.{key}"), value));
        }
        for bad in ["sensor", "sensor=full", "senso=APS-C", "größe=big"] {
            assert!(own_field(&category, bad, &typing()).is_err(), "{bad}");
        }
        tree.insert_toml("assets/CAM-1/asset.toml", record(&values).into_bytes());
        let opened = open(&tree);
        assert_eq!(opened.findings, [], "{}", record(&values));
        let asset = &opened.register.assets["CAM-1"];
        assert_eq!(asset.contents, ["2 batteries", "charger"]);
        assert_eq!(asset.purchase.as_ref().unwrap().cost.unwrap().to_string(), "89.00 EUR");
        assert_eq!(asset.part_of.as_ref().unwrap().as_str(), "KIT-1");
        assert_eq!(asset.fields.len(), 2);
        assert!(record(&values).ends_with("\"größe\" = 1.5\n"), "{}", record(&values));
    }
}
