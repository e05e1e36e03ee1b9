//! Assets: the record of each identifiable thing, `assets/…/NUMBER/asset.toml`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use toml::de::DeValue;

use super::categories::{Category, FieldKind};
use super::event::one_of;
use super::finding::{Finding, Span, did_you_mean};
use super::money::Money;
use super::number::{Number, Slug};
use super::reader::{Source, Table, Value, Wrong, file};
use super::time::Term;
use crate::tree::Tree;

/// What is written about one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Asset {
    /// Its number, the name of its folder.
    pub number: Number,
    /// Its folder, relative to the register, without a `/` at its end.
    pub folder: String,
    /// What people call it.
    pub name: String,
    /// What kind of thing it is.
    pub category: Slug,
    /// The maker's number for this one.
    pub serial: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// What the maker calls it.
    pub model: Option<String>,
    /// Where it belongs.
    pub home: Option<Slug>,
    /// Cost centre or company.
    pub owner: Option<String>,
    /// The kit it belongs to.
    pub part_of: Option<Number>,
    /// What comes with it and has no number of its own.
    pub contents: Vec<String>,
    /// Former numbers, whose labels still resolve.
    pub aliases: Vec<Number>,
    /// A picture, relative to the folder.
    pub photo: Option<String>,
    /// Receipts, manuals.
    pub documents: Vec<Document>,
    /// Markdown.
    pub notes: Option<String>,
    /// Never in public builds.
    pub private: bool,
    /// In use since.
    pub in_service: Option<NaiveDate>,
    /// What it would cost to replace.
    pub replacement_value: Option<Money>,
    /// The insurance policy it is under.
    pub policy: Option<String>,
    /// `[purchase]`
    pub purchase: Option<Purchase>,
    /// `[hire]`
    pub hire: Option<Hire>,
    /// `[depreciation]`
    pub depreciation: Option<Depreciation>,
    /// `[identifiers]`
    pub identifiers: Identifiers,
    /// `[fields]`, by name, as the category declares them.
    pub fields: BTreeMap<String, FieldValue>,
    /// Where it is written.
    pub source: Source,
}

/// A file that belongs to an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Relative to the asset's folder.
    pub file: String,
    /// What it is.
    pub title: Option<String>,
    /// Where it is written.
    pub source: Source,
}

/// How a thing was bought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Purchase {
    /// When.
    pub date: Option<NaiveDate>,
    /// For how much.
    pub cost: Option<Money>,
    /// From whom.
    pub supplier: Option<String>,
    /// Our order.
    pub order: Option<String>,
    /// Their invoice.
    pub invoice: Option<String>,
    /// The warranty's last day.
    pub warranty_until: Option<NaiveDate>,
}

/// How a thing is hired.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hire {
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub until: Option<NaiveDate>,
    /// For how much.
    pub rate: Option<Money>,
    /// From whom.
    pub supplier: Option<String>,
}

/// How a thing loses value in the books.
#[derive(Debug, Clone, PartialEq)]
pub struct Depreciation {
    /// By which method.
    pub method: Method,
    /// Over how long; the category's life where absent.
    pub life: Option<Term>,
    /// What is left at the end.
    pub residual: Option<Money>,
}

/// A method of depreciation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The same every year.
    StraightLine,
    /// The same share of what is left every year.
    ReducingBalance,
}

/// What machines know a thing by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identifiers {
    /// RFID tags.
    pub rfid: Vec<String>,
    /// The tracker.
    pub gps: Option<String>,
    /// Barcodes it came with.
    pub barcode: Vec<String>,
}

/// The value of a category's field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// Text, a choice or a link.
    Text(String),
    /// A number, as it was written.
    Number(String),
    /// A day.
    Date(NaiveDate),
    /// Yes or no.
    Bool(bool),
    /// An amount.
    Money(Money),
}

impl Asset {
    /// The path in the register of one of the asset's files; `None` for a path that leads out of its folder.
    #[must_use]
    pub fn inside(&self, file: &str) -> Option<String> {
        let plain = |part: &str| {
            !matches!(part, "" | "." | "..") && !part.contains(['\\', ':']) && !part.contains(char::is_control)
        };
        file.split('/').all(plain).then(|| format!("{}/{file}", self.folder))
    }

    /// What it is worth to whoever insures or clears it: what it would cost to replace, else what it cost.
    #[must_use]
    pub fn value(&self) -> Option<Money> {
        self.replacement_value.or_else(|| self.purchase.as_ref()?.cost)
    }

    /// The same of a photo of one of its events, which is in its folder `files`.
    #[must_use]
    pub fn inside_files(&self, file: &str) -> Option<String> {
        self.inside(file).filter(|_| file.starts_with("files/"))
    }

    /// Whether an optional field of the record, by its key, is filled in.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        match field {
            "serial" => self.serial.is_some(),
            "manufacturer" => self.manufacturer.is_some(),
            "model" => self.model.is_some(),
            "home" => self.home.is_some(),
            "owner" => self.owner.is_some(),
            "photo" => self.photo.is_some(),
            "documents" => !self.documents.is_empty(),
            "notes" => self.notes.is_some(),
            "in_service" => self.in_service.is_some(),
            "replacement_value" => self.replacement_value.is_some(),
            "policy" => self.policy.is_some(),
            "purchase" => self.purchase.is_some(),
            _ => true,
        }
    }
}

pub(super) fn read(
    tree: &Tree,
    folder: &str,
    number: &Number,
    categories: &BTreeMap<Slug, Category>,
    findings: &mut Vec<Finding>,
) -> Option<Asset> {
    let path = format!("{folder}/asset.toml");
    file(tree, &path, findings, |top| record(top, folder, number, categories))
}

fn record(top: &mut Table, folder: &str, number: &Number, categories: &BTreeMap<Slug, Category>) -> Asset {
    let name = top.need_words("name").unwrap_or_else(|| number.to_string());
    let category: Slug = top.need("category").unwrap_or_else(|| Slug::referred(""));
    let declared = categories.get(&category);
    let mut asset = Asset {
        number: number.clone(),
        folder: folder.to_owned(),
        name,
        category,
        serial: top.take::<Text>("serial").map(|text| text.0),
        manufacturer: top.take("manufacturer"),
        model: top.take("model"),
        home: top.take("home"),
        owner: top.take("owner"),
        part_of: top.take("part_of"),
        contents: top.list("contents").unwrap_or_default(),
        aliases: top.list("aliases").unwrap_or_default(),
        photo: top.take("photo"),
        documents: top.tables("documents", document).into_iter().flatten().collect(),
        notes: top.take("notes"),
        private: top.take("private").unwrap_or_default(),
        in_service: top.take("in_service"),
        replacement_value: top.take("replacement_value"),
        policy: top.take("policy"),
        purchase: top.table("purchase", purchase),
        hire: top.table("hire", hire),
        depreciation: top.table("depreciation", depreciation).flatten(),
        identifiers: top.table("identifiers", identifiers).unwrap_or_default(),
        fields: top.table("fields", |table| fields(table, declared)).unwrap_or_default(),
        source: Source::default(),
    };
    asset.source = top.finish();
    asset
}

fn document(table: &mut Table) -> Option<Document> {
    let (file, title) = (table.need("file"), table.take("title"));
    let source = table.finish();
    Some(Document { file: file?, title, source })
}

fn purchase(table: &mut Table) -> Purchase {
    let purchase = Purchase {
        date: table.take("date"),
        cost: table.take("cost"),
        supplier: table.take("supplier"),
        order: table.take::<Text>("order").map(|text| text.0),
        invoice: table.take::<Text>("invoice").map(|text| text.0),
        warranty_until: table.take("warranty_until"),
    };
    table.nothing_else();
    purchase
}

fn hire(table: &mut Table) -> Hire {
    let hire = Hire {
        from: table.take("from"),
        until: table.take("until"),
        rate: table.take("rate"),
        supplier: table.take("supplier"),
    };
    table.nothing_else();
    hire
}

fn depreciation(table: &mut Table) -> Option<Depreciation> {
    let (method, life, residual) = (table.need("method"), table.take("life"), table.take("residual"));
    table.nothing_else();
    Some(Depreciation { method: method?, life, residual })
}

fn identifiers(table: &mut Table) -> Identifiers {
    let identifiers = Identifiers {
        rfid: table.one_or_many("rfid").unwrap_or_default(),
        gps: table.take("gps"),
        barcode: table.one_or_many("barcode").unwrap_or_default(),
    };
    table.nothing_else();
    identifiers
}

fn fields(table: &mut Table, category: Option<&Category>) -> BTreeMap<String, FieldValue> {
    let named = table.named(|table, name, span, value| {
        let kind = match category {
            // An unknown category is a finding of its own; its fields are taken as they are.
            None => None,
            Some(category) => Some(declared_field(table, category, name, span)?),
        };
        table.remember(name.to_owned().into(), value.span().into());
        match field(kind, value.get_ref()) {
            Ok(read) => Some(read),
            Err(wrong) => {
                table.wrong(value, wrong);
                None
            }
        }
    });
    named.into_iter().collect()
}

fn declared_field<'c>(table: &mut Table, category: &'c Category, name: &str, span: Span) -> Option<&'c FieldKind> {
    if let Some(rule) = category.fields.get(name) {
        return Some(&rule.kind);
    }
    let hint = did_you_mean(name, category.fields.keys().map(String::as_str));
    let message = format!("category `{}` has no field `{}`", category.slug, name.escape_debug());
    table.found(Finding::new("unknown-key", message).at(table.at(span)).maybe_hint(hint));
    None
}

fn field(kind: Option<&FieldKind>, value: &DeValue) -> Result<FieldValue, Wrong> {
    let bad =
        |wrong: Wrong| if wrong.rule == "wrong-type" { Wrong { rule: "bad-field-value", ..wrong } } else { wrong };
    match kind {
        None => Ok(match value {
            DeValue::Boolean(truth) => FieldValue::Bool(*truth),
            DeValue::String(text) => FieldValue::Text(text.to_string()),
            DeValue::Integer(number) => FieldValue::Number(number.to_string()),
            DeValue::Float(number) => FieldValue::Number(number.to_string()),
            DeValue::Datetime(_) => FieldValue::Date(NaiveDate::read(value)?),
            DeValue::Array(_) | DeValue::Table(_) => {
                return Err(String::read(value).err().unwrap_or_else(|| one_of("", &[])));
            }
        }),
        Some(FieldKind::Text) => String::read(value).map(FieldValue::Text).map_err(bad),
        Some(FieldKind::Number(_)) => {
            f64::read(value).map_err(bad)?;
            Ok(FieldValue::Number(match value {
                DeValue::Float(number) => number.as_str().replace('_', ""),
                DeValue::Integer(number) => number.as_str().replace('_', ""),
                _ => String::new(),
            }))
        }
        Some(FieldKind::Date) => NaiveDate::read(value).map(FieldValue::Date).map_err(bad),
        Some(FieldKind::Bool) => bool::read(value).map(FieldValue::Bool).map_err(bad),
        Some(FieldKind::Money) => Money::read(value).map(FieldValue::Money).map_err(bad),
        Some(FieldKind::Link) => {
            let text = String::read(value).map_err(bad)?;
            let link = text.starts_with("https://") || text.starts_with("http://");
            let message = || Wrong::new("bad-field-value", "a link begins with `https://` or `http://`");
            if link { Ok(FieldValue::Text(text)) } else { Err(message()) }
        }
        Some(FieldKind::Choice(choices)) => {
            let text = String::read(value).map_err(bad)?;
            let words: Vec<_> = choices.iter().map(String::as_str).collect();
            if choices.contains(&text) { Ok(FieldValue::Text(text)) } else { Err(one_of(&text, &words)) }
        }
    }
}

/// Text that some people write as a number: serials, orders, invoices.
struct Text(String);

impl Value for Text {
    fn read(value: &DeValue) -> Result<Text, Wrong> {
        let wrong = |wrong: Wrong| match value {
            DeValue::Integer(_) | DeValue::Float(_) => wrong.hint("put it in quotes, so that no zero is lost"),
            _ => wrong,
        };
        String::read(value).map(Text).map_err(wrong)
    }
}

impl Value for Number {
    fn read(value: &DeValue) -> Result<Number, Wrong> {
        let text = String::read(value)?;
        Number::parse(&text).map_err(|why| {
            let wrong = Wrong::new("bad-number", format!("`{}` is not an asset number: {why}", text.escape_default()));
            match Number::typed(&text) {
                Ok(number) => wrong.hint(format!("write `{number}`")),
                Err(_) => wrong,
            }
        })
    }
}

impl Value for Method {
    fn read(value: &DeValue) -> Result<Method, Wrong> {
        match String::read(value)?.as_str() {
            "straight-line" => Ok(Method::StraightLine),
            "reducing-balance" => Ok(Method::ReducingBalance),
            other => Err(one_of(other, &["straight-line", "reducing-balance"])),
        }
    }
}
