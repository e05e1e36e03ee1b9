//! Categories and the fields they give their assets: `categories.toml`.

use std::collections::BTreeMap;

use super::declared_at;
use super::event::one_of;
use super::finding::Finding;
use super::number::Slug;
use super::reader::{Source, Table, file};
use super::time::Term;
use crate::tree::Tree;

/// A kind of assets.
#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    /// Its key in `categories.toml`.
    pub slug: Slug,
    /// As people say it.
    pub name: String,
    /// What the numbers of its assets begin with.
    pub prefix: Option<String>,
    /// How often its assets are counted.
    pub audit_every: Option<Term>,
    /// How often its assets are inspected.
    pub inspect_every: Option<Term>,
    /// How long its assets are expected to serve.
    pub life: Option<Term>,
    /// Fields of the record that its assets cannot be without.
    pub require: Vec<String>,
    /// Whether strangers may see names of its assets.
    pub public: bool,
    /// Fields of its assets' `[fields]`, by name.
    pub fields: BTreeMap<String, FieldRule>,
    /// Where it is written.
    pub source: Source,
}

/// What a field of a category may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRule {
    /// Its type.
    pub kind: FieldKind,
    /// Whether every asset must have it.
    pub required: bool,
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// Any text.
    Text,
    /// A number, in a unit.
    Number(Option<String>),
    /// A day.
    Date,
    /// Yes or no.
    Bool,
    /// An amount.
    Money,
    /// One of these.
    Choice(Vec<String>),
    /// An http or https address.
    Link,
}

/// Fields of the record that a category may require.
pub const REQUIRABLE: &[&str] = &[
    "serial",
    "manufacturer",
    "model",
    "home",
    "owner",
    "photo",
    "documents",
    "notes",
    "in_service",
    "replacement_value",
    "policy",
    "purchase",
];

/// Every category, and whether the file could not be read as a whole, so that there may be others.
pub(super) fn read(tree: &Tree, findings: &mut Vec<Finding>) -> (BTreeMap<Slug, Category>, bool) {
    let read = file(tree, "categories.toml", findings, |top| {
        let named = top.named(|top, name, span, value| {
            let slug = declared_at(name, top.at(span), top);
            top.inner("".into(), value, |table| category(slug, table))
        });
        let categories = named.into_iter().map(|(_, category)| (category.slug.clone(), category));
        (categories.collect(), top.is_partial())
    });
    read.unwrap_or_default()
}

fn category(slug: Slug, table: &mut Table) -> Category {
    let mut category = Category {
        name: table.need_words("name").unwrap_or_else(|| slug.to_string()),
        slug,
        prefix: table.take("prefix"),
        audit_every: table.take("audit_every"),
        inspect_every: table.take("inspect_every"),
        life: table.take("life"),
        require: table.list("require").unwrap_or_default(),
        public: table.take("public").unwrap_or(true),
        fields: table.table("fields", fields).unwrap_or_default(),
        source: Source::default(),
    };
    for (index, wanted) in category.require.iter().enumerate() {
        if !REQUIRABLE.contains(&wanted.as_str()) {
            let wrong = one_of(wanted, REQUIRABLE);
            table.found(
                Finding::new(wrong.rule, wrong.message)
                    .at(table.place(&format!("require.{index}")))
                    .maybe_hint(wrong.hint),
            );
        }
    }
    if let Some(prefix) = &category.prefix
        && let Err(why) = super::Number::parse(&format!("{prefix}-1"))
    {
        table.found(
            Finding::new("bad-number", format!("`{prefix}` cannot begin a number: {why}")).at(table.place("prefix")),
        );
    }
    category.source = table.finish();
    category
}

fn fields(table: &mut Table) -> BTreeMap<String, FieldRule> {
    let named = table.named(|table, name, _, value| {
        table.inner(format!("fields.{name}.").into(), value, |field| {
            let word: Option<String> = field.need("type");
            let choices: Option<Vec<String>> = field.list("choices");
            let unit = field.take("unit");
            let required = field.take("required").unwrap_or_default();
            let kind = word.and_then(|word| kind(&word, unit, choices, field));
            field.nothing_else();
            FieldRule { kind: kind.unwrap_or(FieldKind::Text), required }
        })
    });
    named.into_iter().collect()
}

fn kind(word: &str, unit: Option<String>, choices: Option<Vec<String>>, field: &mut Table) -> Option<FieldKind> {
    Some(match word {
        "text" => FieldKind::Text,
        "number" => FieldKind::Number(unit),
        "date" => FieldKind::Date,
        "bool" => FieldKind::Bool,
        "money" => FieldKind::Money,
        "link" => FieldKind::Link,
        "choice" => match choices {
            Some(choices) if !choices.is_empty() => FieldKind::Choice(choices),
            _ => {
                let message = "a choice needs `choices`, a list of what may be chosen";
                field.found(Finding::new("missing-field", message).at(field.place("type")));
                return None;
            }
        },
        other => {
            let wrong = one_of(other, &["text", "number", "date", "bool", "money", "choice", "link"]);
            field.found(Finding::new(wrong.rule, wrong.message).at(field.place("type")).maybe_hint(wrong.hint));
            return None;
        }
    })
}
