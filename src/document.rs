//! PURE: documents that people sign, send along or file: a heading, facts, a table and lines to sign, on A4 as PDF.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use crate::labels::pdf::{self, About};
use crate::labels::sheet::Page;
use crate::labels::{Anchor, Fonts, Style, apart_on_each, direction};

/// Millimetres of an A4 page, and of what is left free around it.
const WIDTH: f64 = 210.0;
const HEIGHT: f64 = 297.0;
const SIDE: f64 = 16.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 276.0;
const FOOT: f64 = 285.0;

/// Millimetres of type: the title, what is read, what is read beside it, and what names it.
const TITLE: f64 = 7.2;
const TEXT: f64 = 3.2;
const SMALL: f64 = 2.75;
const WORD: f64 = 2.5;

/// From one line to the next, and from its top to its base, in parts of the size.
const STEP: f64 = 1.32;
const RISE: f64 = 0.84;

/// Millimetres for lines to sign, and above a rule for whoever writes on it.
const SIGNED: f64 = 27.0;
const WRITTEN: f64 = 20.0;

/// Millimetres between columns, above and below a row, and by which a part is set in below its kit.
const GAP: f64 = 4.0;
const PAD: f64 = 1.5;
const INDENT: f64 = 4.0;

/// Lines of a text in a cell, and of a cell: a row must fit on a page.
const LINES: usize = 8;
const MOST_LINES: usize = 40;

/// Kits in kits that are set in.
const DEEPEST: usize = 4;

/// A document: plain text throughout, of which what is empty is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Document {
    /// What kind of document it is, such as `Packing list`.
    pub kind: String,
    /// What it is about.
    pub title: String,
    /// Whose it is.
    pub owner: String,
    /// The day it speaks of.
    pub state: String,
    /// What it says first.
    pub sentence: String,
    /// What else is to be known.
    pub facts: Vec<Fact>,
    /// The columns of its table.
    pub columns: Vec<Column>,
    /// The rows of its table.
    pub rows: Vec<Row>,
    /// Sums below the last column of amounts.
    pub totals: Vec<Fact>,
    /// What is said below the table.
    pub notes: Vec<String>,
    /// What is written above each line at its end: a date, a signature.
    pub signatures: Vec<String>,
    /// How its pages are counted: `Page {n} of {all}`.
    pub page: String,
    /// The language it is in.
    pub language: String,
    /// Whether that is read from the right.
    pub is_from_right: bool,
}

/// A word and what it is here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact {
    /// The word.
    pub word: String,
    /// What it is.
    pub value: String,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    /// What stands above it.
    pub word: String,
    /// What is in it.
    pub kind: Kind,
    /// Millimetres across; the column of names has what is left.
    pub width: f64,
}

/// What is in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A box to be ticked by hand.
    Tick,
    /// An asset's number.
    Number,
    /// What a thing is called, with smaller lines below; set in where it is part of a kit.
    Name,
    /// Text.
    Text,
    /// Figures, which end below each other.
    Amount,
}

/// A row of a table: a cell for each column.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Row {
    /// How many kits it is in.
    pub depth: usize,
    /// What stands in it.
    pub cells: Vec<Cell>,
}

/// What stands in a cell.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Cell {
    /// Its text.
    pub text: String,
    /// Smaller lines below.
    pub small: Vec<String>,
    /// A picture below, as a `data:` address, on a page; paper has none.
    pub picture: Option<String>,
}

impl Cell {
    /// A text alone; nothing where it is absent.
    pub fn of(text: Option<impl Into<String>>) -> Cell {
        Cell { text: text.map(Into::into).unwrap_or_default(), ..Cell::default() }
    }
}

impl Document {
    /// The characters in it that no font here draws.
    #[must_use]
    pub fn lacks(&self, fonts: &Fonts) -> BTreeSet<char> {
        let facts = self.facts.iter().chain(&self.totals).flat_map(|fact| [&fact.word, &fact.value]);
        let cells = self.rows.iter().flat_map(|row| &row.cells);
        let texts = [&self.kind, &self.title, &self.owner, &self.state, &self.sentence, &self.page]
            .into_iter()
            .chain(facts)
            .chain(self.columns.iter().map(|column| &column.word))
            .chain(cells.flat_map(|cell| [&cell.text].into_iter().chain(&cell.small)))
            .chain(&self.notes)
            .chain(&self.signatures);
        texts.flat_map(|text| fonts.lacks(&composed(text)).collect::<Vec<_>>()).collect()
    }

    /// The document as a PDF. The same document and fonts give the same bytes.
    ///
    /// # Errors
    /// Where it cannot be drawn.
    pub fn pdf(&self, fonts: &Fonts) -> Result<Vec<u8>, String> {
        let mut setter = Setter::new(self, fonts);
        setter.heading();
        setter.table();
        setter.ending();
        let pages = setter.finish();
        let title = format!("{}: {}", self.kind, self.title);
        let about = About { title: &title, language: Some(&self.language), is_to_scale: false };
        pdf::document(pages.len(), &about, fonts, |index| {
            let svg = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}mm\" height=\"{HEIGHT}mm\" viewBox=\"0 0 {WIDTH} {HEIGHT}\">{}</svg>",
                pages[index]
            );
            Ok::<_, String>(Page { width: WIDTH, height: HEIGHT, svg, symbols: Vec::new() })
        })
    }
}

/// Sets a document on pages, from above.
struct Setter<'a> {
    document: &'a Document,
    fonts: &'a Fonts,
    /// The left and right end of each column.
    columns: Vec<(f64, f64)>,
    pages: Vec<String>,
    drawing: String,
    /// Where what comes next begins.
    y: f64,
}

/// Lines of one size in one style.
struct Setting {
    lines: Vec<String>,
    style: Style,
    size: f64,
    is_from_right: bool,
}

impl Setting {
    fn height(&self) -> f64 {
        self.size * STEP * count(self.lines.len())
    }
}

impl<'a> Setter<'a> {
    fn new(document: &'a Document, fonts: &'a Fonts) -> Setter<'a> {
        let fixed: f64 = document.columns.iter().filter(|column| column.kind != Kind::Name).map(|c| c.width).sum();
        let mut left = SIDE;
        let columns = document.columns.iter().map(|column| {
            let width = if column.kind == Kind::Name { WIDTH - 2.0 * SIDE - fixed } else { column.width };
            let from = left;
            left += width;
            (from, left - if left < WIDTH - SIDE - 0.1 { GAP } else { 0.0 })
        });
        let columns = columns.collect();
        Setter { document, fonts, columns, pages: Vec::new(), drawing: String::new(), y: TOP }
    }

    fn wrap(&self, text: &str, style: Style, size: f64, width: f64, most: usize) -> Setting {
        let mut lines = self.fonts.wrap(&composed(text), style, width / size, most);
        apart_on_each(&mut lines);
        // All of it is read as it begins, the lines that begin otherwise too; what is but names, as the document is.
        let is_names = text.contains('\u{2068}');
        let is_from_right = direction(text).unwrap_or(is_names && self.document.is_from_right);
        Setting { lines, style, size, is_from_right }
    }

    /// Two places as they are on the page: what is read from the right begins there.
    fn mirrored(&self, (left, right): (f64, f64)) -> (f64, f64) {
        if self.document.is_from_right { (WIDTH - right, WIDTH - left) } else { (left, right) }
    }

    /// Sets lines between two places from `y` on; gives where they end.
    fn set(&mut self, lines: &Setting, place: (f64, f64), mut y: f64, at_end: bool) -> f64 {
        let (left, right) = self.mirrored(place);
        for line in &lines.lines {
            let from_right = lines.is_from_right;
            let is_right = if self.document.is_from_right { !at_end } else { at_end || from_right };
            let (x, anchor) = if is_right { (right, Anchor::End) } else { (left, Anchor::Start) };
            let base = y + lines.size * RISE;
            self.drawing.push_str(&self.fonts.line(line, lines.style, lines.size, (x, base), anchor, from_right));
            y += lines.size * STEP;
        }
        y
    }

    fn rule(&mut self, left: f64, right: f64, y: f64, weight: f64) {
        let (left, right) = self.mirrored((left, right));
        // Writing to a string does not fail.
        let _ = write!(
            self.drawing,
            "<path fill=\"none\" stroke=\"#000\" stroke-width=\"{weight}\" d=\"M{left:.3} {y:.3}H{right:.3}\"/>"
        );
    }

    /// Whose it is, what it is, and what is to be known.
    fn heading(&mut self) {
        let all = (SIDE, WIDTH - SIDE);
        let width = all.1 - all.0;
        let document = self.document;
        let owner = self.wrap(&document.owner, Style::Strong, TEXT, width * 0.62, 1);
        let state = self.wrap(&document.state, Style::Plain, SMALL, width * 0.36, 1);
        self.set(&state, all, self.y + (TEXT - SMALL) * RISE, true);
        self.y = self.set(&owner, all, self.y, false) + 1.6;
        self.rule(all.0, all.1, self.y, 0.4);
        self.y += 9.0;
        for (text, style, size, most, after) in [
            (&document.kind, Style::Plain, TEXT * 1.12, 1, 0.6),
            (&document.title, Style::Strong, TITLE, 3, 1.6),
            (&document.sentence, Style::Plain, TEXT * 1.12, 6, 0.0),
        ] {
            let lines = self.wrap(text, style, size, width * 0.86, most);
            self.y = self.set(&lines, all, self.y, false) + if lines.lines.is_empty() { 0.0 } else { after };
        }
        self.y += 4.5;
        for facts in document.facts.chunks(3) {
            let column = width / 3.0;
            let mut lowest = self.y;
            for (at, fact) in facts.iter().enumerate() {
                let left = SIDE + column * count(at);
                let place = (left, left + column - GAP);
                let word = self.wrap(&fact.word, Style::Plain, WORD, column - GAP, 1);
                let value = self.wrap(&fact.value, Style::Strong, TEXT * 1.06, column - GAP, 4);
                let y = self.set(&word, place, self.y, false);
                lowest = lowest.max(self.set(&value, place, y, false));
            }
            self.y = lowest + 3.0;
        }
        self.y += 3.0;
    }

    fn table(&mut self) {
        if !self.document.columns.is_empty() {
            self.table_head();
        }
        if let [all @ .., last] = self.document.rows.as_slice() {
            for row in all {
                self.row(row, 0.0);
            }
            // Nobody signs a page that has nothing on it.
            self.row(last, self.ending_height());
        }
    }

    /// What sums, notes and lines to sign take, where that is no more than a third of a page.
    fn ending_height(&self) -> f64 {
        let notes = self.document.notes.iter().map(|note| self.note(note).height()).sum::<f64>();
        let totals = TEXT * STEP * count(self.document.totals.len());
        let height = PAD + totals + 3.0 + notes + SIGNED;
        if height < HEIGHT / 3.0 { height } else { 0.0 }
    }

    fn note(&self, note: &str) -> Setting {
        self.wrap(note, Style::Plain, SMALL, WIDTH - 2.0 * SIDE, LINES)
    }

    fn table_head(&mut self) {
        let document = self.document;
        let mut lowest = self.y;
        for (column, place) in document.columns.iter().zip(self.columns.clone()) {
            let word = self.wrap(&column.word, Style::Plain, WORD, place.1 - place.0, 2);
            lowest = lowest.max(self.set(&word, place, self.y, column.kind == Kind::Amount));
        }
        self.y = lowest + 0.8;
        self.rule(SIDE, WIDTH - SIDE, self.y, 0.3);
    }

    /// A row, on a page that has as much room below it.
    fn row(&mut self, row: &Row, below: f64) {
        let document = self.document;
        let mut set = Vec::new();
        for ((column, cell), place) in document.columns.iter().zip(&row.cells).zip(self.columns.clone()) {
            let style = match column.kind {
                Kind::Number => Style::Number,
                Kind::Name => Style::Strong,
                _ => Style::Plain,
            };
            let indent = if column.kind == Kind::Name { INDENT * count(row.depth.min(DEEPEST)) } else { 0.0 };
            let place = (place.0 + indent, place.1);
            let width = place.1 - place.0;
            let mut all = vec![self.wrap(&cell.text, style, TEXT, width, LINES)];
            all.extend(cell.small.iter().map(|text| self.wrap(text, Style::Plain, SMALL, width, LINES)));
            let mut left = MOST_LINES;
            for lines in &mut all {
                lines.lines.truncate(left);
                left -= lines.lines.len();
            }
            set.push((column.kind, all, place));
        }
        let height = |all: &[Setting]| all.iter().map(Setting::height).sum::<f64>();
        let tallest = set.iter().map(|(_, all, _)| height(all)).fold(TEXT * STEP, f64::max);
        self.need(tallest + 2.0 * PAD + below, true);
        let top = self.y + PAD;
        for (kind, all, place) in &set {
            let mut y = top;
            for lines in all {
                y = self.set(lines, *place, y, *kind == Kind::Amount);
            }
            if *kind == Kind::Tick {
                let (x, y) = (self.mirrored((place.0 + 0.2, place.0 + 3.6)).0, top + 0.1);
                let _ = write!(
                    self.drawing,
                    "<path fill=\"none\" stroke=\"#000\" stroke-width=\"0.25\" d=\"M{x:.3} {y:.3}h3.4v3.4h-3.4z\"/>"
                );
            }
        }
        self.y = top + tallest + PAD;
        self.rule(SIDE, WIDTH - SIDE, self.y, 0.1);
    }

    /// Sums, what else is said, and the lines to sign.
    fn ending(&mut self) {
        let document = self.document;
        let amounts = document.columns.iter().rposition(|column| column.kind == Kind::Amount);
        let end = amounts.map_or(WIDTH - SIDE, |at| self.columns[at].1);
        self.y += PAD;
        for total in &document.totals {
            self.need(TEXT * STEP, false);
            let value = self.wrap(&total.value, Style::Strong, TEXT, 50.0, 1);
            let width = value.lines.first().map_or(0.0, |line| self.fonts.width(line, Style::Strong) * TEXT);
            let word = self.wrap(&total.word, Style::Plain, TEXT, 60.0, 1);
            self.set(&word, (SIDE, end - width - 2.5), self.y, true);
            self.y = self.set(&value, (SIDE, end), self.y, true);
        }
        self.y += 3.0;
        for note in &document.notes {
            let lines = self.note(note);
            self.need(lines.height(), false);
            self.y = self.set(&lines, (SIDE, WIDTH - SIDE), self.y, false);
        }
        let signatures = &document.signatures;
        if !signatures.is_empty() {
            self.need(SIGNED, false);
            self.y += WRITTEN;
            let column = (WIDTH - 2.0 * SIDE) / count(signatures.len());
            for (at, word) in signatures.iter().enumerate() {
                let left = SIDE + column * count(at);
                let right = left + column - if at + 1 < signatures.len() { 2.0 * GAP } else { 0.0 };
                self.rule(left, right, self.y, 0.25);
                let word = self.wrap(word, Style::Plain, WORD, right - left, 2);
                self.set(&word, (left, right), self.y + 0.9, false);
            }
        }
    }

    /// Begins another page where what comes next does not fit on this one.
    fn need(&mut self, height: f64, in_table: bool) {
        if self.y + height <= BOTTOM {
            return;
        }
        self.pages.push(std::mem::take(&mut self.drawing));
        self.y = TOP;
        if in_table {
            self.table_head();
        }
    }

    /// The drawings of all pages, each with its foot.
    fn finish(mut self) -> Vec<String> {
        self.pages.push(std::mem::take(&mut self.drawing));
        let mut pages = std::mem::take(&mut self.pages);
        let all = pages.len().to_string();
        let document = self.document;
        for (at, page) in pages.iter_mut().enumerate() {
            let place = document.page.replace("{n}", &(at + 1).to_string()).replace("{all}", &all);
            let place = self.wrap(&place, Style::Plain, WORD, 40.0, 1);
            let about = format!("{} · {}", document.kind, document.title);
            let about = self.wrap(&about, Style::Plain, WORD, 130.0, 1);
            self.set(&about, (SIDE, SIDE + 130.0), FOOT, false);
            self.set(&place, (SIDE, WIDTH - SIDE), FOOT, true);
            page.push_str(&std::mem::take(&mut self.drawing));
        }
        pages
    }
}

/// Letters and their marks made one where they can be: fonts have them so.
fn composed(text: &str) -> String {
    text.nfc().collect()
}

#[expect(clippy::cast_precision_loss, reason = "a number of lines or columns")]
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rows: usize) -> Document {
        let column = |word: &str, kind, width| Column { word: word.into(), kind, width };
        let row = |n: usize| Row {
            depth: n % 3,
            cells: vec![
                Cell::default(),
                Cell::of(Some(format!("CAM-{n:04}"))),
                Cell {
                    text: "Zażółć gęślą jaźń".into(),
                    small: vec!["2 batteries, charger".into()],
                    ..Cell::default()
                },
                Cell::of(Some("3,899.00 EUR")),
            ],
        };
        Document {
            kind: "Packing list".into(),
            title: "Winterlicht".into(),
            owner: "Kit of Nord".into(),
            facts: vec![Fact { word: "Lead".into(), value: "Ana Ruiz".into() }],
            columns: vec![
                column("", Kind::Tick, 8.0),
                column("Number", Kind::Number, 30.0),
                column("What", Kind::Name, 0.0),
                column("Value", Kind::Amount, 30.0),
            ],
            rows: (0..rows).map(row).collect(),
            signatures: vec!["Date".into(), "Signature".into()],
            page: "Page {n} of {all}".into(),
            ..Document::default()
        }
    }

    fn pages(document: &Document) -> Vec<String> {
        let fonts = Fonts::default();
        let mut setter = Setter::new(document, &fonts);
        setter.heading();
        setter.table();
        setter.ending();
        setter.finish()
    }

    #[test]
    fn the_head_of_the_table_stands_on_every_page_and_each_row_once() {
        let pages = pages(&list(100));
        assert!(pages.len() > 3, "{}", pages.len());
        for (at, page) in pages.iter().enumerate() {
            assert_eq!(page.matches(">Number<").count(), 1, "page {at}");
            assert!(page.contains(&format!("Page {} of {}", at + 1, pages.len())), "page {at}");
        }
        for row in 0..100 {
            let number = format!(">CAM-{row:04}<");
            assert_eq!(pages.iter().filter(|page| page.contains(&number)).count(), 1, "{number}");
        }
    }

    #[test]
    fn nothing_stands_below_the_margin() {
        for rows in 0..60 {
            for page in pages(&list(rows)) {
                let bases =
                    page.split(" y=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse::<f64>().unwrap());
                for base in bases {
                    assert!(!(BOTTOM + 4.0..=FOOT).contains(&base), "{rows} rows: a line at {base} mm");
                }
            }
        }
    }

    #[test]
    fn a_row_that_is_endless_is_cut() {
        let mut long = list(3);
        long.title = "endless ".repeat(500);
        long.rows[1].cells[2].text = "word ".repeat(5000);
        long.rows[1].cells[2].small = vec!["word ".repeat(500); 500];
        assert!(pages(&long).len() <= 3);
        assert!(long.pdf(&Fonts::default()).unwrap().starts_with(b"%PDF"));
    }

    #[test]
    fn the_same_document_is_the_same_bytes() {
        let fonts = Fonts::default();
        assert_eq!(list(50).pdf(&fonts), list(50).pdf(&fonts));
        assert!(Document::default().pdf(&fonts).is_ok(), "an empty one too");
        let mut far = list(1);
        far.title = "北京 e\u{301}".into();
        assert_eq!(far.lacks(&fonts).into_iter().collect::<String>(), "京北");
    }
}
