//! Label stock: sheets of labels, die-cut rolls and tapes, in millimetres.

use std::sync::LazyLock;

use super::finding::Finding;
use super::reader::{Table, Value, Wrong, file};
use super::{Slug, did_you_mean};
use crate::tree::Tree;

/// Millimetres of an inch.
pub const INCH: f64 = 25.4;

/// Sides in millimetres that labels and pages may have.
const SIDES: std::ops::RangeInclusive<f64> = 5.0..=2000.0;

/// Labels that one sheet may have.
const MOST_LABELS: usize = 1000;

/// Millimetres from the edge of a label on a sheet that nothing but white is printed in: printers take a sheet in askew.
const SHEET_MARGIN: f64 = 1.5;

/// Dots an inch that printers may have.
pub const DPI: std::ops::RangeInclusive<f64> = 50.0..=5000.0;

/// Dots an inch that office printers have.
const OFFICE_DPI: f64 = 600.0;

/// Labels as they are bought.
#[derive(Debug, Clone, PartialEq)]
pub struct Stock {
    /// What it is called in `tagbook.toml` and on the command line.
    pub slug: Slug,
    /// What it is called on its box.
    pub name: String,
    /// Of one label as it is cut, in millimetres.
    pub width: f64,
    /// The same, downwards.
    pub height: f64,
    /// How labels lie on a page; `None` for rolls and tapes, whose pages are labels.
    pub sheet: Option<Sheet>,
    /// Whether the width is only the usual one: a tape, cut where one likes.
    pub is_tape: bool,
    /// Dots an inch of the printers that it is made for.
    pub dpi: f64,
    /// Millimetres at left and right, and at top and bottom, that cannot be printed on, or should not be.
    pub margin: (f64, f64),
}

/// How labels lie on a page, in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sheet {
    /// Width and height of the page.
    pub page: (f64, f64),
    /// Labels beside each other.
    pub columns: usize,
    /// Labels below each other.
    pub rows: usize,
    /// From the left edge of the page to the first label.
    pub left: f64,
    /// From the top edge of the page to the first label.
    pub top: f64,
    /// From one label to the next, across and down.
    pub pitch: (f64, f64),
}

impl Sheet {
    /// Labels on a page.
    #[must_use]
    pub fn count(&self) -> usize {
        self.columns * self.rows
    }

    /// Where the label at `index` begins, row by row: from the left and from the top.
    #[must_use]
    pub fn place(&self, index: usize) -> (f64, f64) {
        let (column, row) = (index % self.columns, index / self.columns);
        (self.left + count(column) * self.pitch.0, self.top + count(row) * self.pitch.1)
    }
}

fn count(labels: usize) -> f64 {
    u32::try_from(labels).map_or(f64::INFINITY, f64::from)
}

impl Stock {
    /// Width and height of a page that is printed.
    #[must_use]
    pub fn page(&self) -> (f64, f64) {
        self.sheet.map_or((self.width, self.height), |sheet| sheet.page)
    }

    /// A tape, cut to labels of this length in millimetres.
    ///
    /// # Errors
    /// Where it is no tape, or no label is so long.
    pub fn cut(self, length: f64) -> Result<Stock, String> {
        if !self.is_tape {
            return Err(format!("labels of {} have the length that they have", self.name));
        }
        if !SIDES.contains(&length) {
            return Err(format!("{length} mm is no length for a label"));
        }
        Ok(Stock { width: length, ..self })
    }

    /// The stock that this program knows.
    #[must_use]
    pub fn known() -> &'static [Stock] {
        static KNOWN: LazyLock<Vec<Stock>> = LazyLock::new(|| {
            let mut tree = Tree::default();
            tree.insert_toml("stock.toml", include_bytes!("stock.toml").to_vec());
            file(&tree, "stock.toml", &mut Vec::new(), stocks).unwrap_or_default()
        });
        &KNOWN
    }

    /// The stock that is called so: of one's own, or of the known.
    ///
    /// # Errors
    /// Where there is none, with what may have been meant.
    pub fn called(slug: &str, own: &[Stock]) -> Result<Stock, String> {
        let all = || own.iter().chain(Stock::known());
        let found = all().find(|stock| stock.slug.as_str() == slug).cloned();
        found.ok_or_else(|| {
            let meant = did_you_mean(slug, all().map(|stock| stock.slug.as_str()));
            let meant = meant.map(|meant| format!("; {meant}")).unwrap_or_default();
            format!("there is no stock `{}`{meant}", slug.escape_debug())
        })
    }

    /// What makes it no stock to print on, by the key that is wrong.
    fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        for (key, side) in [("width", self.width), ("height", self.height)] {
            if !SIDES.contains(&side) {
                faults.push((key, format!("{side} mm is no side of a label")));
            }
        }
        if self.margin.0 < 0.0 || self.margin.1 < 0.0 {
            faults.push(("margin", "a margin is not less than nothing".into()));
        }
        if !DPI.contains(&self.dpi) {
            faults.push(("dpi", format!("{} is no number of dots an inch", self.dpi)));
        }
        if self.margin.0 * 2.0 >= self.width || self.margin.1 * 2.0 >= self.height {
            faults.push(("margin", "nothing is left to print on".into()));
        }
        let Some(sheet) = &self.sheet else { return faults };
        if sheet.count() == 0 || sheet.count() > MOST_LABELS {
            faults.push(("columns", format!("a sheet has 1 to {MOST_LABELS} labels")));
        }
        let across = ("left", "pitch", sheet.left, count(sheet.columns), sheet.pitch.0, self.width, sheet.page.0);
        let down = ("top", "pitch", sheet.top, count(sheet.rows), sheet.pitch.1, self.height, sheet.page.1);
        for (start, step, first, labels, pitch, side, page) in [across, down] {
            if labels > 1.0 && pitch < side {
                faults.push((step, format!("labels of {side} mm overlap at every {pitch} mm")));
            }
            let end = first + (labels - 1.0) * pitch + side;
            // Some sheets are cut to their very edges, and rounded.
            if first < 0.0 || end > page + 0.3 {
                faults.push((start, format!("labels end at {end:.2} mm on a page of {page} mm")));
            }
        }
        faults
    }
}

/// The tables of stock below `top`.
pub(super) fn stocks(top: &mut Table) -> Vec<Stock> {
    let named = top.named(|top, name, span, value| {
        let slug = Slug::parse(name).map_err(|why| {
            let finding = Finding::new("bad-slug", format!("`{}` is no name for stock: {why}", name.escape_debug()));
            top.found(finding.at(top.at(span)));
        });
        top.inner(format!("{name}.").into(), value, |table| stock(slug.ok()?, table)).flatten()
    });
    named.into_iter().map(|(_, stock)| stock).collect()
}

fn stock(slug: Slug, table: &mut Table) -> Option<Stock> {
    let name = table.take("name").unwrap_or_else(|| slug.to_string());
    let tape: Option<f64> = table.take("tape");
    let (width, height) = match tape {
        Some(tape) => (table.need("length"), Some(tape)),
        None => (table.need("width"), table.need("height")),
    };
    let has_page = table.has("page");
    let page = table.take::<Page>("page");
    if has_page && page.is_none() {
        // What is meant as a sheet is no roll.
        table.anything_else();
        return None;
    }
    let sheet = page.map(|page| {
        let mut whole = |key| table.need::<f64>(key).filter(|many| *many >= 1.0).map_or(0, whole);
        let (columns, rows) = (whole("columns"), whole("rows"));
        let (left, top) = (table.need("left"), table.need("top"));
        let pitch = pair(table, "pitch");
        Some(Sheet { page: page.0, columns, rows, left: left?, top: top?, pitch: pitch? })
    });
    let dpi = table.take::<f64>("dpi");
    let dots = table.list::<f64>("dots");
    let margin: Option<f64> = table.take("margin");
    table.nothing_else();
    let (width, height, dpi) = (width?, height?, dpi.unwrap_or(OFFICE_DPI));
    let free = |side: f64, dots: f64| ((side - dots / dpi * INCH) / 2.0).max(0.0);
    let margin = match (margin, dots.as_deref(), tape) {
        (along, Some([across]), Some(tape)) => (along.unwrap_or_default(), free(tape, *across)),
        (Some(margin), ..) => (margin, margin),
        (None, Some([across, down]), None) => (free(width, *across), free(height, *down)),
        _ if sheet.is_some() => (SHEET_MARGIN, SHEET_MARGIN),
        _ => (0.0, 0.0),
    };
    let sheet = match sheet {
        Some(sheet) => Some(sheet?),
        None => None,
    };
    let stock = Stock { slug, name, width, height, sheet, is_tape: tape.is_some(), dpi, margin };
    let faults = stock.faults();
    for (key, why) in &faults {
        table.found(Finding::new("bad-field-value", why.clone()).at(table.place(key)));
    }
    faults.is_empty().then_some(stock)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is too large is no sheet, and said so"
)]
fn whole(many: f64) -> usize {
    many.min(f64::from(u16::MAX)) as usize
}

fn pair(table: &mut Table, key: &'static str) -> Option<(f64, f64)> {
    let list = table.list::<f64>(key)?;
    if let [across, down] = list.as_slice() {
        return Some((*across, *down));
    }
    table.found(Finding::new("bad-field-value", "expected two numbers, across and down").at(table.place(key)));
    None
}

/// A page: a usual one by its name, or its width and height in millimetres as `[210, 297]`.
struct Page((f64, f64));

impl Value for Page {
    fn read(value: &toml::de::DeValue) -> Result<Page, Wrong> {
        if let toml::de::DeValue::Array(sides) = value {
            let sides: Vec<f64> = sides.iter().map(|side| f64::read(side.get_ref())).collect::<Result<_, _>>()?;
            return match sides.as_slice() {
                [width, height] if SIDES.contains(width) && SIDES.contains(height) => Ok(Page((*width, *height))),
                _ => Err(Wrong::new("bad-field-value", "a page has a width and a height in millimetres")),
            };
        }
        match String::read(value)?.as_str() {
            "A4" => Ok(Page((210.0, 297.0))),
            "Letter" => Ok(Page((215.9, 279.4))),
            other => Err(super::words::one_of(other, &["A4", "Letter"]).hint("or give its sides: page = [210, 297]")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_known_is_read() {
        let text = include_str!("stock.toml");
        let tables = text.lines().filter(|line| line.starts_with('[')).count();
        assert_eq!(Stock::known().len(), tables);
        assert!(tables >= 34, "{tables}");
    }

    /// What any sheet must be: the labels lie in the middle of the page, within it, and apart from each other.
    #[test]
    fn sheets_are_symmetric_within_the_page_and_without_overlap() {
        let sheets = Stock::known().iter().filter_map(|stock| Some((stock, stock.sheet?)));
        let mut count = 0;
        for (stock, sheet) in sheets {
            count += 1;
            let across = 2.0 * sheet.left + super::count(sheet.columns - 1) * sheet.pitch.0 + stock.width;
            let down = 2.0 * sheet.top + super::count(sheet.rows - 1) * sheet.pitch.1 + stock.height;
            assert!((across - sheet.page.0).abs() <= 0.3, "{}: {across}", stock.name);
            assert!((down - sheet.page.1).abs() <= 0.3, "{}: {down}", stock.name);
            let boxes: Vec<_> = (0..sheet.count()).map(|index| sheet.place(index)).collect();
            for (index, (left, top)) in boxes.iter().enumerate() {
                assert!(*left >= 0.0 && left + stock.width <= sheet.page.0 + 0.15, "{} {index}", stock.name);
                assert!(*top >= 0.0 && top + stock.height <= sheet.page.1 + 0.15, "{} {index}", stock.name);
                for (other_left, other_top) in &boxes[..index] {
                    let apart = left - other_left >= stock.width - 1e-9 || top - other_top >= stock.height - 1e-9;
                    let apart = apart || other_left - left >= stock.width - 1e-9;
                    assert!(apart, "{} {index}", stock.name);
                }
            }
        }
        assert_eq!(count, 17);
    }

    #[test]
    fn a_tape_is_cut_and_nothing_else_is() {
        let stock = |slug| Stock::called(slug, &[]).unwrap();
        assert!((stock("brother-tze-12").cut(33.0).unwrap().width - 33.0).abs() < 1e-9);
        assert!(stock("brother-tze-12").cut(1e9).is_err());
        assert!(stock("avery-l7160").cut(33.0).is_err());
        assert!(Stock::called("avery-l7610", &[]).unwrap_err().contains("`avery-l7160`"));
        assert!((stock("brother-tze-24").margin.1 - 2.97).abs() < 0.01, "18.06 mm of 24 are printed on");
    }
}
