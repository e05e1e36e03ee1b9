//! Labels on pages: where each lies, which are used up, how far the printer is off; and a page to measure that with.

use std::fmt::Write;

use super::layout::Label;
use crate::register::stock::Stock;

/// How pages are printed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Printing {
    /// Labels of the first sheet that are used up.
    pub skip: usize,
    /// Millimetres by which everything is moved right and down, for a printer that is off by as much.
    pub nudge: (f64, f64),
}

/// A page as an SVG of its true size.
#[derive(Debug, Clone)]
pub struct Page {
    /// Millimetres across.
    pub width: f64,
    /// Millimetres down.
    pub height: f64,
    /// The drawing.
    pub svg: String,
    /// Where the symbols are, as of [`Label::symbols`], on the page.
    pub symbols: Vec<[f64; 4]>,
}

/// How many pages so many labels take.
#[must_use]
pub fn pages(count: usize, stock: &Stock, printing: &Printing) -> usize {
    (count + skipped(stock, printing)).div_ceil(per_page(stock))
}

/// Labels on a page of this stock.
#[must_use]
pub fn per_page(stock: &Stock) -> usize {
    stock.sheet.map_or(1, |sheet| sheet.count())
}

fn skipped(stock: &Stock, printing: &Printing) -> usize {
    if stock.sheet.is_some() { printing.skip } else { 0 }
}

/// Which of so many labels lie on the page at `index`.
#[must_use]
pub fn on_page(index: usize, count: usize, stock: &Stock, printing: &Printing) -> std::ops::Range<usize> {
    let (per_page, skipped) = (per_page(stock), skipped(stock, printing));
    let from = (index * per_page).saturating_sub(skipped).min(count);
    from..((index + 1) * per_page).saturating_sub(skipped).clamp(from, count)
}

/// The page at `index` with its labels: those of [`on_page`].
#[must_use]
pub fn page(index: usize, labels: &[Label], stock: &Stock, printing: &Printing) -> Page {
    let first = skipped(stock, printing).saturating_sub(index * per_page(stock));
    let (mut drawing, mut symbols) = (String::new(), Vec::new());
    for (at, label) in labels.iter().enumerate() {
        let (x, y) = stock.sheet.map_or((0.0, 0.0), |sheet| sheet.place(first + at));
        let (x, y) = (x + printing.nudge.0, y + printing.nudge.1);
        // Writing to a string does not fail.
        let _ = write!(drawing, "<g transform=\"translate({x:.4} {y:.4})\">{}</g>", label.drawing);
        symbols.extend(label.symbols.iter().map(|[left, top, width, height]| [x + left, y + top, *width, *height]));
    }
    let (width, height) = stock.page();
    Page { width, height, svg: svg(width, height, &drawing), symbols }
}

fn svg(width: f64, height: f64, drawing: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {width} {height}\">{drawing}</svg>\n"
    )
}

/// A page that shows where labels lie and how far the printer is off: every label's outline, and rulers from the upper left
/// corner of the page in millimetres.
#[must_use]
pub fn ruler(stock: &Stock, printing: &Printing) -> Page {
    let (width, height) = stock.page();
    let (dx, dy) = printing.nudge;
    let mut drawing = String::new();
    for index in 0..per_page(stock) {
        let (x, y) = stock.sheet.map_or((0.0, 0.0), |sheet| sheet.place(index));
        let _ = write!(
            drawing,
            "<path fill=\"none\" stroke=\"#000\" stroke-width=\"0.1\" d=\"M{:.3} {:.3}h{}v{}h-{}z\"/>",
            x + dx,
            y + dy,
            stock.width,
            stock.height,
            stock.width
        );
    }
    let mut ticks = String::new();
    let step = if width.min(height) < 60.0 { 5 } else { 10 };
    for (length, is_across) in [(width, true), (height, false)] {
        let other = if is_across { height } else { width };
        let (mut mm, mut at) = (0_u32, if is_across { dx } else { dy });
        while at < length {
            let tick = if mm.is_multiple_of(10) {
                4.0
            } else if mm.is_multiple_of(5) {
                3.0
            } else {
                1.8
            };
            let tick: f64 = if other < 30.0 { tick / 2.0 } else { tick };
            let (x, y) = (if is_across { at } else { other / 2.0 + dx }, if is_across { other / 2.0 + dy } else { at });
            let (right, down) = if is_across { (0.0, tick) } else { (tick, 0.0) };
            let _ = write!(ticks, "M{x:.3} {y:.3}l{right} {down}");
            if mm > 0 && mm.is_multiple_of(step) {
                let (x, y) = if is_across { (x, y + tick + 2.2) } else { (x + tick + 0.6, y + 0.7) };
                let anchor = if is_across { " text-anchor=\"middle\"" } else { "" };
                let _ = write!(
                    drawing,
                    "<text x=\"{x:.3}\" y=\"{y:.3}\" font-family=\"Atkinson Hyperlegible Next\" font-weight=\"400\" font-size=\"2\"{anchor}>{mm}</text>"
                );
            }
            mm += 1;
            at += 1.0;
        }
    }
    let _ = write!(drawing, "<path fill=\"none\" stroke=\"#000\" stroke-width=\"0.12\" d=\"{ticks}\"/>");
    Page { width, height, svg: svg(width, height, &drawing), symbols: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_labels_are_left_free_on_the_first_sheet_alone() {
        let stock = Stock::called("avery-l7160", &[]).unwrap();
        let printing = Printing { skip: 5, ..Printing::default() };
        assert_eq!(pages(16, &stock, &printing), 1);
        assert_eq!(pages(17, &stock, &printing), 2);
        assert_eq!(on_page(0, 40, &stock, &printing), 0..16);
        assert_eq!(on_page(1, 40, &stock, &printing), 16..37);
        assert_eq!(on_page(2, 40, &stock, &printing), 37..40);
        let label = Label { drawing: String::new(), module: 1.0, symbols: vec![[1.0, 2.0, 3.0, 3.0]] };
        let is_at = |index, printing, at: [f64; 4]| {
            let place = page(index, std::slice::from_ref(&label), &stock, printing).symbols[0];
            place.iter().zip(at).all(|(is, at)| (is - at).abs() < 1e-9)
        };
        assert!(is_at(0, &printing, [7.2 + 2.0 * 66.04 + 1.0, 15.15 + 38.1 + 2.0, 3.0, 3.0]));
        assert!(is_at(1, &Printing { nudge: (0.5, -0.5), ..printing }, [8.7, 16.65, 3.0, 3.0]));
        let roll = Stock::called("zebra-2x1", &[]).unwrap();
        assert_eq!(pages(3, &roll, &printing), 3);
        assert_eq!(on_page(2, 3, &roll, &printing), 2..3);
    }

    #[test]
    fn all_of_a_sheet_may_be_used_up() {
        let stock = Stock::called("avery-l7160", &[]).unwrap();
        let printing = Printing { skip: 43, ..Printing::default() };
        assert_eq!(on_page(0, 3, &stock, &printing), 0..0);
        assert_eq!(on_page(2, 3, &stock, &printing), 0..3);
    }
}
