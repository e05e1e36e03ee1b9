//! Other people's formats, in and out: what a file of theirs comes to in a register. Pure.

mod cells;
mod columns;
mod declare;
mod people;
mod proof;
mod record;
mod rows;
mod sheet;
mod snipe_it;
pub mod xlsx;

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};
use iso_currency::Currency;

use crate::register::{Number, Opened, Slug};
use crate::tree::Tree;

/// A tracker whose export can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Snipe-IT's asset CSV.
    SnipeIt,
}

impl Origin {
    /// All of them.
    pub const ALL: [Origin; 1] = [Origin::SnipeIt];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Origin::SnipeIt => "snipe-it",
        }
    }

    /// The tracker that `word` stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Origin> {
        Origin::ALL.into_iter().find(|origin| origin.word() == word)
    }
}

/// What an import goes by besides the file and the register.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// When it happens: the instant of the events that say who has what.
    pub at: DateTime<Utc>,
    /// What amounts without a currency are in; the register's own where absent.
    pub currency: Option<Currency>,
}

/// What a file comes to: the files to write, and an account of everything that was in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Path in the register and whole text: new files, and `locations.toml` and `categories.toml` with more at their ends.
    pub files: Vec<(String, String)>,
    /// Rows that hold an asset.
    pub rows: usize,
    /// Assets that are new.
    pub assets: Vec<Number>,
    /// People who are new.
    pub people: Vec<Slug>,
    /// Locations that are new.
    pub locations: Vec<Slug>,
    /// Categories that are new.
    pub categories: Vec<Slug>,
    /// Events that say who has what, or where it is.
    pub events: usize,
    /// Assets that the register has already and about which nothing is written.
    pub unchanged: usize,
    /// Each column of the file and where its values went.
    pub columns: Vec<Column>,
    /// Cells that are not written as they stood.
    pub adapted: Vec<Adapted>,
    /// What the file says otherwise than the register, which stays as it is.
    pub differs: Vec<Difference>,
}

/// A column of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its header.
    pub header: String,
    /// Cells that hold a value.
    pub values: usize,
    /// Where they go in the register.
    pub into: String,
}

/// A cell that is not written as it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapted {
    /// The row, as a spreadsheet counts them.
    pub row: usize,
    /// The column's header.
    pub column: String,
    /// What stood there.
    pub from: String,
    /// What is written.
    pub to: String,
}

/// A value that the register has otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The row, as a spreadsheet counts them.
    pub row: usize,
    /// The column's header.
    pub column: String,
    /// The asset or person that it is about.
    pub about: String,
    /// What the register says.
    pub register: Option<String>,
    /// What the file says.
    pub file: String,
}

/// A cell, a row or a file that cannot be taken; then nothing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The row, as a spreadsheet counts them: the header is row 1. `None` for the file as a whole.
    pub row: Option<usize>,
    /// The column's header. `None` for the row as a whole.
    pub column: Option<String>,
    /// What stands there.
    pub value: String,
    /// Why it cannot be taken, as the end of a sentence that the value begins.
    pub why: String,
}

/// Plans the import of a file. Nothing is written: the plan's files are all or nothing.
///
/// # Errors
/// Everything that cannot be taken, in order of rows and columns, never just the first.
pub fn plan(origin: Origin, file: &[u8], tree: &Tree, opened: &Opened, terms: Terms) -> Result<Plan, Vec<Rejection>> {
    match origin {
        Origin::SnipeIt => snipe_it::plan(file, tree, opened, terms),
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.value.is_empty() { String::new() } else { format!("`{}` ", shown(&self.value)) };
        match (self.row, &self.column) {
            (Some(row), Some(column)) => write!(f, "row {row}, column `{}`: {value}{}", shown(column), self.why),
            (Some(row), None) => write!(f, "row {row}: {value}{}", self.why),
            (None, Some(column)) => write!(f, "column `{}`: {value}{}", shown(column), self.why),
            (None, None) => write!(f, "{value}{}", self.why),
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.values {
            0 => write!(f, "`{}`: no value in any row", shown(&self.header)),
            1 => write!(f, "`{}`: 1 value into {}", shown(&self.header), self.into),
            values => write!(f, "`{}`: {values} values into {}", shown(&self.header), self.into),
        }
    }
}

impl fmt::Display for Adapted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (shown(&self.from), shown(&self.to));
        write!(f, "row {}, column `{}`: `{from}` is written `{to}`", self.row, shown(&self.column))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let register = match &self.register {
            Some(value) => format!("`{}`", shown(value)),
            None => "nothing".to_owned(),
        };
        let (column, file) = (shown(&self.column), shown(&self.file));
        write!(f, "row {}, column `{column}`: {} has {register}, the file `{file}`", self.row, self.about)
    }
}

/// Text as a message can show it: short, and without what a terminal would act on.
fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == MOST {
            shown.push('…');
            break;
        }
        if c.is_control() || crate::register::is_bidi_control(c) || crate::register::is_invisible(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Rejections as they come in: of those about one cell, the first.
#[derive(Debug, Default)]
struct Rejections {
    list: Vec<(Option<usize>, Option<usize>, Rejection)>,
    /// Rows and columns of the cells in the list.
    cells: BTreeSet<(usize, usize)>,
}

impl Rejections {
    /// Rejects the cell in `row` and the column with index `column` and that header.
    fn cell(&mut self, row: usize, column: usize, header: &str, value: &str, why: impl Into<String>) {
        self.add(Some(row), Some((column, header)), value, why.into());
    }

    fn row(&mut self, row: usize, why: impl Into<String>) {
        self.add(Some(row), None, "", why.into());
    }

    fn column(&mut self, column: usize, header: &str, why: impl Into<String>) {
        self.add(None, Some((column, header)), "", why.into());
    }

    fn file(&mut self, why: impl Into<String>) {
        self.add(None, None, "", why.into());
    }

    fn add(&mut self, row: Option<usize>, column: Option<(usize, &str)>, value: &str, why: String) {
        let index = column.map(|(index, _)| index);
        if row.zip(index).is_none_or(|cell| self.cells.insert(cell)) {
            let column = column.map(|(_, header)| header.to_owned());
            self.list.push((row, index, Rejection { row, column, value: value.to_owned(), why }));
        }
    }

    /// Whether the cell is rejected already.
    fn has(&self, row: usize, column: usize) -> bool {
        self.cells.contains(&(row, column))
    }

    fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn in_order(mut self) -> Vec<Rejection> {
        self.list.sort_by_key(|(row, column, _)| (*row, *column));
        self.list.into_iter().map(|(_, _, rejection)| rejection).collect()
    }
}
