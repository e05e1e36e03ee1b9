//! The columns of Snipe-IT's asset CSV: what each means, and where its values go.

use super::Rejections;

/// What a column's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Number,
    Name,
    Category,
    Owner,
    Manufacturer,
    Model,
    ModelNotes,
    Notes,
    Serial,
    Home,
    Supplier,
    Order,
    Bought,
    Cost,
    Checkout,
    Username,
    FirstName,
    LastName,
    FullName,
    Email,
    Place,
    /// A field of the asset's category: text.
    Field,
    /// A field of the asset's category: a day.
    DateField,
}

/// Headers in small letters with their meaning and where their values go: those of `sample_csvs/assets-sample.csv`,
/// of the importer's field map and of the custom asset report (Snipe-IT 8).
const HEADERS: &[(&str, Meaning, &str)] = &[
    ("asset tag", Meaning::Number, "the asset's number"),
    ("name", Meaning::Name, "`name`; where it is empty, the model is the name"),
    ("asset name", Meaning::Name, "`name`; where it is empty, the model is the name"),
    ("item name", Meaning::Name, "`name`; where it is empty, the model is the name"),
    ("category", Meaning::Category, "`category`"),
    ("company", Meaning::Owner, "`owner`"),
    ("manufacturer", Meaning::Manufacturer, "`manufacturer`"),
    ("model", Meaning::Model, "`model`"),
    ("model name", Meaning::Model, "`model`"),
    ("model notes", Meaning::ModelNotes, "`notes`, after those of the asset"),
    ("asset notes", Meaning::Notes, "`notes`"),
    ("notes", Meaning::Notes, "`notes`"),
    ("serial", Meaning::Serial, "`serial`"),
    ("serial number", Meaning::Serial, "`serial`"),
    ("location", Meaning::Home, "`home`"),
    ("supplier", Meaning::Supplier, "`purchase.supplier`"),
    ("order number", Meaning::Order, "`purchase.order`"),
    ("purchase date", Meaning::Bought, "`purchase.date`"),
    ("purchase cost", Meaning::Cost, "`purchase.cost`"),
    ("checkout type", Meaning::Checkout, "the choice between checkout and move"),
    ("checked out to: username", Meaning::Username, "the file of a person, and checkouts"),
    ("username", Meaning::Username, "the file of a person, and checkouts"),
    ("checked out to: first name", Meaning::FirstName, "`name` of a person"),
    ("first name", Meaning::FirstName, "`name` of a person"),
    ("checked out to: last name", Meaning::LastName, "`name` of a person"),
    ("last name", Meaning::LastName, "`name` of a person"),
    ("checked out to: full name", Meaning::FullName, "`name` of a person"),
    ("full name", Meaning::FullName, "`name` of a person"),
    ("checked out to: email", Meaning::Email, "`email` of a person"),
    ("email", Meaning::Email, "`email` of a person"),
    ("checked out to: location", Meaning::Place, "moves"),
    ("checkout location", Meaning::Place, "moves"),
    ("model number", Meaning::Field, "model_number"),
    ("model no.", Meaning::Field, "model_number"),
    ("asset eol date", Meaning::DateField, "end_of_life"),
];

/// The columns of one file.
pub(super) struct Columns {
    columns: Vec<Column>,
}

struct Column {
    header: String,
    meaning: Meaning,
    /// Where the values go, or the key of the field.
    into: String,
}

impl Columns {
    /// What the headers mean; `None` where two mean the same or the tags are missing.
    pub(super) fn of(headers: &[String], rejections: &mut Rejections) -> Option<Columns> {
        let mut columns = Columns { columns: Vec::new() };
        let mut sound = true;
        for (at, header) in headers.iter().enumerate() {
            let column = columns.column(at, header);
            if let Some(first) = columns.columns.iter().find(|first| first.is_same(&column)) {
                let why = format!("means the same as column `{}`: keep one of them", first.header);
                rejections.column(at, header, why);
                sound = false;
            }
            columns.columns.push(column);
        }
        if columns.at(Meaning::Number).is_none() {
            let separated = headers.len() == 1 && headers[0].contains([';', '\t']);
            let hint = if separated { ": save it with commas between the cells" } else { "" };
            rejections.file(format!("the file has no column `Asset Tag`{hint}"));
            sound = false;
        }
        sound.then_some(columns)
    }

    fn column(&self, at: usize, header: &str) -> Column {
        let small = header.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let (meaning, into) = match HEADERS.iter().find(|(known, ..)| *known == small) {
            Some((_, meaning, into)) => (*meaning, (*into).to_owned()),
            None => (Meaning::Field, self.free_key(at, &small)),
        };
        Column { header: header.to_owned(), meaning, into }
    }

    /// The key of a field for a header that means nothing in particular.
    fn free_key(&self, at: usize, header: &str) -> String {
        let words = header.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut key = words.collect::<Vec<_>>().join("_");
        if key.is_empty() {
            key = format!("column_{}", at + 1);
        }
        let own = |key: &str| HEADERS.iter().any(|(_, meaning, into)| meaning.is_field() && *into == key);
        let taken = |key: &str| own(key) || self.columns.iter().any(|other| other.into == key);
        let mut free = key.clone();
        let mut count = 1;
        while taken(&free) {
            count += 1;
            free = format!("{key}_{count}");
        }
        free
    }

    /// The index of the column with this meaning.
    pub(super) fn at(&self, meaning: Meaning) -> Option<usize> {
        self.columns.iter().position(|column| column.meaning == meaning)
    }

    /// The header of a column.
    pub(super) fn header(&self, at: usize) -> &str {
        self.columns.get(at).map_or("", |column| column.header.as_str())
    }

    /// The columns that are fields of categories: index, key, meaning.
    pub(super) fn fields(&self) -> impl Iterator<Item = (usize, &str, Meaning)> {
        let columns = self.columns.iter().enumerate();
        columns.filter(|(_, c)| c.meaning.is_field()).map(|(at, column)| (at, column.into.as_str(), column.meaning))
    }

    /// Where the values of a column go, in words.
    pub(super) fn destination(&self, at: usize, dates: &str) -> String {
        let Some(column) = self.columns.get(at) else { return String::new() };
        let into = &column.into;
        match column.meaning {
            Meaning::Bought => format!("{into}, `/` read as in {dates}"),
            Meaning::Field => format!("`fields.{into}`"),
            Meaning::DateField => format!("`fields.{into}`, `/` read as in {dates}"),
            _ => into.clone(),
        }
    }
}

impl Column {
    fn is_same(&self, other: &Column) -> bool {
        self.meaning == other.meaning && (!self.meaning.is_field() || self.into == other.into)
    }
}

impl Meaning {
    fn is_field(self) -> bool {
        matches!(self, Meaning::Field | Meaning::DateField)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(headers: &[&str]) -> (Option<Columns>, Vec<String>) {
        let headers: Vec<_> = headers.iter().map(ToString::to_string).collect();
        let mut rejections = Rejections::default();
        let columns = Columns::of(&headers, &mut rejections);
        (columns, rejections.in_order().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_header_goes_somewhere() {
        let (columns, _) = columns(&["ASSET  tag", "MAC Address", "mac-address", "Größe", "***", "End of life"]);
        let columns = columns.unwrap();
        let keys: Vec<_> = columns.fields().map(|(_, key, _)| key).collect();
        assert_eq!(keys, ["mac_address", "mac_address_2", "größe", "column_5", "end_of_life_2"]);
        assert_eq!(columns.at(Meaning::Number), Some(0));
    }

    #[test]
    fn headers_that_do_not_tell_are_rejected() {
        let (none, why) = columns(&["Name", "Item Name"]);
        assert!(none.is_none());
        assert_eq!(
            why,
            [
                "the file has no column `Asset Tag`",
                "column `Item Name`: means the same as column `Name`: keep one of them"
            ]
        );
        assert!(columns(&["Asset Tag;Name"]).1[0].contains("with commas"));
    }
}
