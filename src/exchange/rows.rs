//! The rows of Snipe-IT's asset CSV, each read as what it says of one asset.

use std::collections::BTreeMap;

use iso_currency::Currency;

use super::cells::{self, DateOrder};
use super::columns::{Columns, Meaning};
use super::declare::Names;
use super::people::Holders;
use super::record::{self, Value};
use super::sheet::{Row, Sheet};
use super::{Adapted, Rejections};
use crate::register::categories::FieldKind;
use crate::register::event::toml_string;
use crate::register::{Number, Register, Slug};

/// What a row says of an asset.
pub(super) struct Entry {
    pub(super) row: usize,
    pub(super) number: Number,
    pub(super) category: Slug,
    pub(super) home: Option<Slug>,
    pub(super) values: Vec<Value>,
    /// Fields that the category has yet to be given: key and type.
    pub(super) fields: Vec<(String, &'static str)>,
    pub(super) whereabouts: Whereabouts,
}

/// Who has an asset, or where it is.
pub(super) enum Whereabouts {
    /// Nobody has it: it is at home.
    Home,
    /// A person has it, by username, perhaps at a location.
    With { username: String, column: usize, location: Option<Slug> },
    /// It is at a location.
    At { location: Slug, column: usize },
}

/// Reads the rows of a sheet.
pub(super) struct Reader<'a> {
    pub(super) sheet: &'a Sheet,
    pub(super) columns: &'a Columns,
    pub(super) register: &'a Register,
    pub(super) currency: Option<Currency>,
    pub(super) order: DateOrder,
    pub(super) categories: Names,
    pub(super) locations: Names,
    pub(super) holders: Holders,
    pub(super) rejections: Rejections,
    pub(super) adapted: Vec<Adapted>,
    numbers: BTreeMap<Number, usize>,
}

/// Columns whose text goes into the record as it is.
const TEXTS: &[(Meaning, &str)] = &[
    (Meaning::Manufacturer, "manufacturer"),
    (Meaning::Model, "model"),
    (Meaning::Serial, "serial"),
    (Meaning::Owner, "owner"),
    (Meaning::Supplier, "purchase.supplier"),
    (Meaning::Order, "purchase.order"),
];

impl<'a> Reader<'a> {
    pub(super) fn new(
        sheet: &'a Sheet,
        columns: &'a Columns,
        register: &'a Register,
        currency: Option<Currency>,
        rejections: Rejections,
    ) -> Reader<'a> {
        let categories = register.categories.values().map(|category| (&category.slug, category.name.as_str()));
        let locations = register.locations.iter().map(|place| (&place.slug, place.name.as_str()));
        Reader {
            sheet,
            columns,
            register,
            currency: currency.or(register.config.currency),
            order: date_order(sheet, columns),
            categories: Names::new("category", categories),
            locations: Names::new("location", locations),
            holders: Holders::default(),
            rejections,
            adapted: Vec::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// All rows; those that are rejected may be missing.
    pub(super) fn entries(&mut self) -> Vec<Entry> {
        let sheet = self.sheet;
        for row in &sheet.rows {
            self.meet(row);
        }
        self.holders.settle(&self.register.people);
        sheet.rows.iter().filter_map(|row| self.entry(row)).collect()
    }

    fn entry(&mut self, row: &Row) -> Option<Entry> {
        let number = self.number(row);
        let category = self.category(row);
        let mut values = Vec::new();
        for (meaning, key) in TEXTS {
            if let Some(column) = self.filled(row, *meaning) {
                let toml = toml_string(&self.text(row, column));
                values.push(Value { column, key: (*key).to_owned(), toml });
            }
        }
        values.extend(self.name(row, number.as_ref(), &values));
        values.extend(notes(self.columns, row));
        values.extend(self.purchase(row));
        let home = self.home(row, &mut values);
        let fields = self.fields(row, category.as_ref(), &mut values);
        let whereabouts = self.whereabouts(row)?;
        let (number, category) = (number?, category?);
        if let Some(column) = self.columns.at(Meaning::Category) {
            values.push(Value { column, key: "category".into(), toml: toml_string(category.as_str()) });
        }
        Some(Entry { row: row.number, number, category, home, values, fields, whereabouts })
    }

    /// The column with this meaning, where the row has a value in it.
    fn filled(&self, row: &Row, meaning: Meaning) -> Option<usize> {
        self.columns.at(meaning).filter(|column| !cell(row, *column).is_empty())
    }

    fn reject(&mut self, row: &Row, column: usize, why: impl Into<String>) {
        self.rejections.cell(row.number, column, self.columns.header(column), cell(row, column), why);
    }

    fn adapt(&mut self, row: &Row, column: usize, to: &str) {
        if cell(row, column) != to {
            let column_header = self.columns.header(column).to_owned();
            let from = cell(row, column).to_owned();
            self.adapted.push(Adapted { row: row.number, column: column_header, from, to: to.to_owned() });
        }
    }

    /// A cell as text on one line.
    fn text(&mut self, row: &Row, column: usize) -> String {
        let text = cells::one_line(cell(row, column));
        if cells::is_shortened(&text) {
            self.reject(row, column, "was shortened by a spreadsheet: put the whole number back");
        }
        self.adapt(row, column, &text);
        text
    }

    fn number(&mut self, row: &Row) -> Option<Number> {
        let column = self.columns.at(Meaning::Number)?;
        let typed = match Number::typed(cell(row, column)) {
            Ok(number) => number,
            Err(why) => {
                self.reject(row, column, format!("cannot be an asset's number: {why}"));
                return None;
            }
        };
        self.adapt(row, column, typed.as_str());
        let number = self.register.resolve(&typed).map_or(typed, |asset| asset.number.clone());
        if let Some(first) = self.numbers.get(&number) {
            self.reject(row, column, format!("is also the tag of row {first}"));
            return None;
        }
        self.numbers.insert(number.clone(), row.number);
        Some(number)
    }

    fn category(&mut self, row: &Row) -> Option<Slug> {
        let Some(column) = self.columns.at(Meaning::Category) else {
            self.rejections.row(row.number, "has no category: the file needs a column `Category`");
            return None;
        };
        if cell(row, column).is_empty() {
            self.reject(row, column, "is empty: every asset has a category");
            return None;
        }
        let name = self.text(row, column);
        let slug = self.categories.slug(&name);
        slug.map_err(|why| self.reject(row, column, why)).ok()
    }

    /// The name; where it is empty, the model; where that is too, the number.
    fn name(&mut self, row: &Row, number: Option<&Number>, values: &[Value]) -> Option<Value> {
        if let Some(column) = self.filled(row, Meaning::Name) {
            let toml = toml_string(&self.text(row, column));
            return Some(Value { column, key: "name".into(), toml });
        }
        let instead = match values.iter().find(|value| value.key == "model") {
            Some(model) => (model.column, model.toml.clone()),
            None => (self.columns.at(Meaning::Number)?, toml_string(number?.as_str())),
        };
        Some(Value { column: instead.0, key: "name".into(), toml: instead.1 })
    }

    fn purchase(&mut self, row: &Row) -> Vec<Value> {
        let mut values = Vec::new();
        let mut read = |column, key: &str, toml: Result<String, String>, reader: &mut Self| match toml {
            Ok(toml) => values.push(Value { column, key: key.to_owned(), toml }),
            Err(why) => reader.reject(row, column, why),
        };
        if let Some(column) = self.filled(row, Meaning::Bought) {
            let day = cells::day(cell(row, column), self.order).map(|day| day.to_string());
            read(column, "purchase.date", day, self);
        }
        if let Some(column) = self.filled(row, Meaning::Cost) {
            let cost = cells::money(cell(row, column), self.currency).map(|cost| toml_string(&cost.to_string()));
            read(column, "purchase.cost", cost, self);
        }
        values
    }

    fn home(&mut self, row: &Row, values: &mut Vec<Value>) -> Option<Slug> {
        let column = self.filled(row, Meaning::Home)?;
        let home = self.location(row, column)?;
        values.push(Value { column, key: "home".into(), toml: toml_string(home.as_str()) });
        Some(home)
    }

    fn location(&mut self, row: &Row, column: usize) -> Option<Slug> {
        let name = self.text(row, column);
        let slug = self.locations.slug(&name);
        slug.map_err(|why| self.reject(row, column, why)).ok()
    }

    /// Puts the values of the category's fields among `values`, and gives those that it has yet to be given.
    fn fields(&mut self, row: &Row, category: Option<&Slug>, values: &mut Vec<Value>) -> Vec<(String, &'static str)> {
        let columns = self.columns;
        let declared = category.and_then(|slug| self.register.categories.get(slug)).map(|category| &category.fields);
        let mut fresh = Vec::new();
        for (column, key, meaning) in columns.fields().filter(|(column, ..)| !cell(row, *column).is_empty()) {
            let usual =
                if meaning == Meaning::DateField { (FieldKind::Date, "date") } else { (FieldKind::Text, "text") };
            let kind = declared.and_then(|fields| fields.get(key)).map(|rule| &rule.kind);
            if kind.is_none() {
                fresh.push((key.to_owned(), usual.1));
            }
            let kind = kind.unwrap_or(&usual.0);
            if *kind == FieldKind::Text && cells::is_shortened(cell(row, column)) {
                self.reject(row, column, "was shortened by a spreadsheet: put the whole number back");
            }
            match record::typed(kind, cell(row, column), self.order, self.currency) {
                Ok(toml) => values.push(Value { column, key: format!("fields.{key}"), toml }),
                Err(why) => self.reject(row, column, why),
            }
        }
        fresh
    }

    /// The username of the person whom the row names, else what names them, and its column.
    fn username(&self, row: &Row) -> Option<(usize, String)> {
        let own = self.filled(row, Meaning::Username).or_else(|| self.filled(row, Meaning::Email));
        if let Some(column) = own {
            return Some((column, cells::one_line(cell(row, column))));
        }
        let columns = [Meaning::FullName, Meaning::FirstName, Meaning::LastName];
        let column = columns.into_iter().find_map(|meaning| self.filled(row, meaning))?;
        Some((column, self.persons_name(row)?))
    }

    fn persons_name(&self, row: &Row) -> Option<String> {
        let part = |meaning| self.filled(row, meaning).map(|column| cells::one_line(cell(row, column)));
        part(Meaning::FullName).or_else(|| {
            let parts: Vec<_> = [part(Meaning::FirstName), part(Meaning::LastName)].into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        })
    }

    /// Takes note of the person whom the row names.
    fn meet(&mut self, row: &Row) {
        let Some((_, username)) = self.username(row) else { return };
        let name = self.persons_name(row);
        let email = self.filled(row, Meaning::Email).map(|column| cells::one_line(cell(row, column)));
        let met = self.holders.meet(row.number, &username, name.as_deref(), email.as_deref());
        let Err(other) = met else { return };
        let names = [Meaning::FullName, Meaning::FirstName, Meaning::LastName];
        let column = if other.of_email {
            self.filled(row, Meaning::Email)
        } else {
            names.into_iter().find_map(|meaning| self.filled(row, meaning))
        };
        if let Some(column) = column {
            self.reject(row, column, format!("contradicts row {}, where `{username}` is `{}`", other.row, other.said));
        }
    }

    /// Who has the asset, or where it is; `None` where that is rejected.
    fn whereabouts(&mut self, row: &Row) -> Option<Whereabouts> {
        let person = self.username(row);
        let place = self.filled(row, Meaning::Place);
        let kind = self.filled(row, Meaning::Checkout);
        let word = kind.map(|column| cell(row, column).to_lowercase()).unwrap_or_default();
        match (word.as_str(), person, place) {
            ("" | "user", Some((column, username)), place) => {
                let location = place.and_then(|column| self.location(row, column));
                Some(Whereabouts::With { username, column, location })
            }
            ("" | "location", None, Some(column)) => {
                Some(Whereabouts::At { location: self.location(row, column)?, column })
            }
            ("", None, None) => Some(Whereabouts::Home),
            (word, person, _) => {
                let (column, why) = match (word, person) {
                    ("user", _) => (kind, "is what has it, and no user is named"),
                    ("location", Some((column, _))) => (Some(column), "is named, though a location has it"),
                    ("location", None) => (kind, "is what has it, and no location is named"),
                    ("asset", _) => (kind, "is what has it: an asset is a part of a kit here, check it in first"),
                    _ => (kind, "is neither `User` nor `Location`"),
                };
                // A cell that is rejected already is not missing.
                let named = [Meaning::Username, Meaning::Email, Meaning::Place].map(|meaning| self.columns.at(meaning));
                if !named.into_iter().flatten().any(|column| self.rejections.has(row.number, column)) {
                    self.reject(row, column?, why);
                }
                None
            }
        }
    }
}

fn cell(row: &Row, column: usize) -> &str {
    row.cells.get(column).map_or("", String::as_str)
}

fn date_order(sheet: &Sheet, columns: &Columns) -> DateOrder {
    let fields = columns.fields().filter(|(.., meaning)| *meaning == Meaning::DateField).map(|(column, ..)| column);
    let dates: Vec<usize> = columns.at(Meaning::Bought).into_iter().chain(fields).collect();
    DateOrder::of(sheet.rows.iter().flat_map(|row| dates.iter().map(|column| cell(row, *column))))
}

/// The asset's notes and, after an empty line, its model's.
fn notes(columns: &Columns, row: &Row) -> Option<Value> {
    let filled = |meaning| columns.at(meaning).filter(|column| !cell(row, *column).is_empty());
    let both: Vec<usize> = [filled(Meaning::Notes), filled(Meaning::ModelNotes)].into_iter().flatten().collect();
    let text = both.iter().map(|column| cell(row, *column)).collect::<Vec<_>>().join("\n\n");
    both.first().map(|column| Value { column: *column, key: "notes".into(), toml: toml_string(&text) })
}
