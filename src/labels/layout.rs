//! One label: what stands on it, how large and where, drawn as SVG in millimetres.

use std::fmt::Write;

use super::symbol::{Code, Room, SMALL, Symbol, count, quiet_on};
use super::text::{Anchor, BELOW, CAPITALS, Fonts, LINE, Style, is_from_right};
use crate::register::stock::{INCH, Stock};

/// What a label says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The number: the largest.
    pub number: String,
    /// The address that the symbol holds.
    pub address: String,
    /// What the thing is.
    pub name: String,
    /// Whose it is.
    pub owner: String,
    /// What whoever finds it does.
    pub found: String,
}

/// How a label is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// By the proportions of the stock.
    #[default]
    Usual,
    /// Folded around a cable: the same on both ends, nothing where the cable is.
    Flag,
    /// The symbol and the number alone.
    Tiny,
}

/// A label as it is printed.
#[derive(Debug, Clone)]
pub struct Label {
    /// Its drawing, from its upper left corner, as the elements of an SVG in millimetres.
    pub drawing: String,
    /// The side of a module in millimetres.
    pub module: f64,
    /// The symbols on it: left, top, width and height in millimetres, without their white.
    pub symbols: Vec<[f64; 4]>,
}

impl Label {
    /// A label with nothing on it.
    #[must_use]
    pub fn blank() -> Label {
        Label { drawing: String::new(), module: f64::INFINITY, symbols: Vec::new() }
    }

    /// Whether a phone may not read it.
    #[must_use]
    pub fn is_small(&self) -> bool {
        self.module < SMALL - 1e-9
    }
}

/// Millimetres that the type of a number must have, and that of all else.
const LEAST_NUMBER: f64 = 1.6;
const LEAST: f64 = 1.5;

/// Millimetres between a symbol's white, the type and the edge.
const GAP: f64 = 0.6;

/// Millimetres around a cable that a flag leaves free, at most, and as a part of its length.
const WRAP: f64 = 20.0;
const WRAPPED: f64 = 0.25;

/// Millimetres of a module of a Code 128 that any scanner reads, and under which a label is not printed at all.
const BAR: f64 = 0.5;
const LEAST_MODULE: f64 = 0.2;

/// Millimetres that are left beside a symbol for the number.
const LEAST_TEXT: f64 = 12.2;

/// Millimetres between type and the edge at its end, where the printer would print up to it.
const LEAST_EDGE: f64 = 0.8;

/// The most of its length that a label gives to its symbol.
const SHARE: f64 = 0.6;

/// A rectangle in millimetres.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Area {
    fn width(self) -> f64 {
        self.right - self.left
    }

    fn height(self) -> f64 {
        self.bottom - self.top
    }

    /// Whether there is more room beside a symbol than below it.
    fn is_long(self) -> bool {
        self.width() >= self.height() * 1.35
    }

    fn within(self, margin: (f64, f64)) -> Area {
        Area {
            left: self.left + margin.0,
            top: self.top + margin.1,
            right: self.right - margin.0,
            bottom: self.bottom - margin.1,
        }
    }
}

/// What a label is made of.
struct Setter<'a> {
    words: &'a Words,
    fonts: &'a Fonts,
    code: Code,
    /// The symbol, where it was made before.
    made: Option<Symbol>,
    dot: f64,
    is_centred: bool,
    drawing: String,
    symbols: Vec<[f64; 4]>,
    module: f64,
}

/// A label as it is read: its sides, and what of it can be printed on. Labels that are fed by their short side are read along
/// the long one.
fn areas(stock: &Stock) -> (Area, Area, bool) {
    let is_turned = stock.height > stock.width * 1.2;
    let (right, bottom) = if is_turned { (stock.height, stock.width) } else { (stock.width, stock.height) };
    let margin = if is_turned { (stock.margin.1, stock.margin.0) } else { stock.margin };
    let whole = Area { left: 0.0, top: 0.0, right, bottom };
    (whole, whole.within(margin), is_turned)
}

/// The room that the symbol of a label has on this stock.
#[must_use]
pub fn room(stock: &Stock) -> Room {
    let (label, inner, _) = areas(stock);
    if label.is_long() { beside(label, inner, INCH / stock.dpi) } else { below(label, inner, INCH / stock.dpi) }
}

/// The room for a symbol at the left of a label.
fn beside(label: Area, inner: Area, dot: f64) -> Room {
    let whole = label.height().min(label.width() * SHARE).min(label.width() - LEAST_TEXT);
    let printed = inner.height().min(whole - (inner.left - label.left));
    Room { whole, printed, dot, quiet: quiet_on(label.height()), sides: 0 }
}

/// The room for a symbol atop a label.
fn below(label: Area, inner: Area, dot: f64) -> Room {
    let lines = (inner.height() * 0.16).clamp(2.2, 12.0);
    let whole = label.width().min(label.height() - lines - (label.bottom - inner.bottom));
    let printed = inner.width().min(whole - (inner.top - label.top));
    Room { whole, printed, dot, quiet: quiet_on(label.height()), sides: 1 }
}

impl Words {
    /// The same, with letters and their marks made one where they can be, and numbers of telephones kept in one piece.
    #[must_use]
    pub fn composed(self) -> Words {
        use unicode_normalization::UnicodeNormalization;
        let nfc = |text: &str| text.nfc().collect::<String>();
        let found = in_one_piece(&nfc(&self.found));
        Words { name: nfc(&self.name), owner: nfc(&self.owner), found, ..self }
    }
}

/// A text in which numbers of telephones are not broken over lines.
pub(crate) fn in_one_piece(text: &str) -> String {
    let all: Vec<char> = text.chars().collect();
    let is_of_number = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_digit() || matches!(c, '(' | ')' | '+'));
    let joins = |at: usize| all[at] == ' ' && at > 0 && is_of_number(all.get(at - 1)) && is_of_number(all.get(at + 1));
    (0..all.len()).map(|at| if joins(at) { '\u{a0}' } else { all[at] }).collect()
}

/// Lays out one label.
///
/// # Errors
/// Where what must stand on it does not fit.
pub fn lay(words: &Words, stock: &Stock, code: Code, shape: Shape, fonts: &Fonts) -> Result<Label, String> {
    lay_with(None, words, stock, (code, shape), fonts)
}

/// The same of the usual shape, with a QR symbol that was made for the [`room`] on this stock.
///
/// # Errors
/// As [`lay`].
pub fn lay_made(symbol: Symbol, words: &Words, stock: &Stock, fonts: &Fonts) -> Result<Label, String> {
    lay_with(Some(symbol), words, stock, (Code::Qr, Shape::Usual), fonts)
}

fn lay_with(
    made: Option<Symbol>,
    words: &Words,
    stock: &Stock,
    (code, shape): (Code, Shape),
    fonts: &Fonts,
) -> Result<Label, String> {
    let (whole, inner, is_turned) = areas(stock);
    let mut setter = Setter {
        words,
        fonts,
        code,
        made,
        dot: INCH / stock.dpi,
        is_centred: false,
        drawing: String::new(),
        symbols: Vec::new(),
        module: f64::INFINITY,
    };
    if shape == Shape::Flag {
        let end = (whole.width() - (whole.width() * WRAPPED).min(WRAP)) / 2.0;
        setter.lay(Area { right: end, ..whole }, Area { right: end - GAP, ..inner }, shape)?;
        let left = whole.right - end;
        setter.lay(Area { left, ..whole }, Area { left: left + GAP, ..inner }, shape)?;
    } else {
        setter.lay(whole, inner, shape)?;
    }
    let Setter { mut drawing, mut symbols, module, .. } = setter;
    if is_turned {
        drawing = format!("<g transform=\"translate({} 0) rotate(90)\">{drawing}</g>", stock.width);
        for symbol in &mut symbols {
            let [left, top, across, down] = *symbol;
            *symbol = [stock.width - top - down, left, down, across];
        }
    }
    Ok(Label { drawing, module, symbols })
}

impl Setter<'_> {
    fn lay(&mut self, label: Area, inner: Area, shape: Shape) -> Result<(), String> {
        if self.code == Code::Code128 {
            return self.lay_bars(inner);
        }
        if label.is_long() || shape == Shape::Tiny {
            self.lay_beside(label, inner, shape)
        } else {
            self.lay_below(label, inner)
        }
    }

    fn symbol(&self, room: Room) -> Result<Symbol, String> {
        match self.code {
            Code::DataMatrix => Symbol::matrix(&self.words.address),
            _ => self.made.clone().map_or_else(|| Symbol::fitting(&self.words.address, room), Ok),
        }
    }

    /// The symbol at the left, all else at its right.
    fn lay_beside(&mut self, label: Area, inner: Area, shape: Shape) -> Result<(), String> {
        let room = beside(label, inner, self.dot);
        let symbol = self.symbol(room)?;
        let room = Room { quiet: symbol.quiet(), ..room };
        let module = room.module(symbol.modules());
        let (dark, white) = (module * count(symbol.modules()), module * count(symbol.quiet()));
        let top = self.snap(label.top + (label.height() - dark) / 2.0).max(inner.top);
        let left =
            self.snap_on((label.left + white).max(inner.left).max(label.left + (top - label.top).min(white * 2.0)));
        self.draw(&symbol, left, top, module, module)?;
        let mut text = Area {
            left: left + dark + white.max(GAP),
            right: inner.right.min(label.right - LEAST_EDGE) - GAP,
            ..inner
        };
        if label.height() >= 25.0 {
            // Type and symbol begin and end at the same heights.
            (text.top, text.bottom) = (top.max(inner.top), (top + dark).min(inner.bottom));
        } else {
            (text.top, text.bottom) = (inner.top + GAP / 2.0, inner.bottom - GAP / 2.0);
        }
        self.set(text, if shape == Shape::Tiny { Said::Number } else { Said::All })
    }

    /// The symbol atop, the number below it.
    fn lay_below(&mut self, label: Area, inner: Area) -> Result<(), String> {
        let room = below(label, inner, self.dot);
        let symbol = self.symbol(room)?;
        let room = Room { quiet: symbol.quiet(), ..room };
        let module = room.module(symbol.modules());
        let (dark, white) = (module * count(symbol.modules()), module * count(symbol.quiet()));
        let left = self.snap(label.left + (label.width() - dark) / 2.0);
        let top = self.snap_on((label.top + white).max(inner.top));
        self.draw(&symbol, left, top, module, module)?;
        let text = Area {
            left: inner.left + GAP / 2.0,
            right: inner.right - GAP / 2.0,
            top: top + dark + white,
            bottom: inner.bottom,
        };
        self.is_centred = true;
        self.set(text, if text.height() < 8.0 { Said::Name } else { Said::All })
    }

    /// Bars across, the number and the name below them.
    fn lay_bars(&mut self, inner: Area) -> Result<(), String> {
        let symbol = Symbol::bars(&self.words.number)?;
        let room =
            Room { whole: inner.width(), printed: inner.width(), dot: self.dot, quiet: symbol.quiet(), sides: 0 };
        let module = room.module(symbol.modules()).min((BAR / self.dot).ceil() * self.dot);
        let height = inner.height() * 0.42;
        let dark = module * count(symbol.modules());
        let left = self.snap(inner.left + (inner.width() - dark) / 2.0);
        self.draw(&symbol, left, inner.top + GAP, module, height - GAP)?;
        self.is_centred = true;
        let text =
            Area { left: inner.left + GAP, right: inner.right - GAP, top: inner.top + height + 2.0 * GAP, ..inner };
        self.set(text, if text.height() < 10.0 { Said::Name } else { Said::All })
    }

    /// The first whole number of dots from a place on.
    fn snap_on(&self, at: f64) -> f64 {
        (at / self.dot - 1e-6).ceil() * self.dot
    }

    /// The whole number of dots next to a place.
    fn snap(&self, at: f64) -> f64 {
        (at / self.dot).round() * self.dot
    }

    fn draw(&mut self, symbol: &Symbol, left: f64, top: f64, module: f64, row: f64) -> Result<(), String> {
        if module < LEAST_MODULE {
            return Err(format!(
                "the symbol of `{}` does not fit: its modules would be {:.2} mm",
                self.words.address.escape_debug(),
                module.max(0.0)
            ));
        }
        let path = symbol.dark_path(1.0);
        let scale = format!("translate({left:.4} {top:.4}) scale({module:.6} {row:.6})");
        // Writing to a string does not fail.
        let _ = write!(self.drawing, "<path transform=\"{scale}\" shape-rendering=\"crispEdges\" d=\"{path}\"/>");
        let width = module * count(symbol.modules());
        self.symbols.push([left, top, width, if self.code == Code::Code128 { row } else { width }]);
        self.module = self.module.min(module);
        Ok(())
    }

    /// The number, the name and the foot in the order in which they give way: of the name all but the first line, then the
    /// foot, then the name.
    fn set(&mut self, area: Area, said: Said) -> Result<(), String> {
        let number = self.number(area)?;
        let mut top = area.top;
        for line in &number.lines {
            self.line(line, Style::Number, number.size, area, top + CAPITALS * number.size, false);
            top += number.size * if number.lines.len() > 1 { 0.95 } else { CAPITALS };
        }
        if said == Said::Number {
            return Ok(());
        }
        // What is smaller than the number is so to the eye.
        let name = (number.size * 0.74).min((area.height() * 0.115).clamp(1.9, 4.4)).max(LEAST);
        let foot = (area.height() * 0.075).min(name * 0.9).clamp(LEAST, 2.7);
        let feet = |text: &str, style, most| {
            if said == Said::All { self.fonts.wrap(text, style, area.width() / foot, most) } else { Vec::new() }
        };
        let (owner, found) = (feet(&self.words.owner, Style::Strong, 1), feet(&self.words.found, Style::Plain, 3));
        let height = |lines: usize, size: f64| {
            if lines == 0 { 0.0 } else { size * (CAPITALS + BELOW + LINE * count(lines - 1)) }
        };
        let gap = name * 0.75;
        let left = area.bottom - top - gap;
        // The foot as a whole, else its first line, else nothing.
        let feet = [owner.len() + found.len(), owner.len().min(1), 0];
        let needed = |feet: usize| height(feet, foot) + if feet == 0 { 0.0 } else { foot * 0.9 };
        let one_name = if self.words.name.trim().is_empty() { 0.0 } else { height(1, name) };
        let feet = feet.into_iter().find(|feet| one_name + needed(*feet) <= left + 1e-6).unwrap_or(0);
        let most = ((left - needed(feet) - height(1, name)) / (LINE * name) + 1e-6).floor();
        let most = (0..=2).rev().find(|more| count(*more) <= most).map_or(0, |more| more + 1);
        let mut base = top + gap + CAPITALS * name;
        for line in self.fonts.wrap(&self.words.name, Style::Strong, area.width() / name, most) {
            self.line(&line, Style::Strong, name, area, base, is_from_right(&self.words.name));
            base += LINE * name;
        }
        let lines = owner.iter().map(|line| (line, Style::Strong)).chain(found.iter().map(|line| (line, Style::Plain)));
        let mut base = area.bottom - BELOW * foot * 0.5 - LINE * foot * count(feet.saturating_sub(1));
        for (line, style) in lines.take(feet) {
            self.line(line, style, foot, area, base, is_from_right(line));
            base += LINE * foot;
        }
        Ok(())
    }

    /// The number as large as it goes: in one line, or in two where it has a hyphen and that is larger by a good deal.
    fn number(&self, area: Area) -> Result<Number, String> {
        let text = self.words.number.as_str();
        // Numbers of eight characters and fewer are of one size.
        let least = self.fonts.width("00000000", Style::Number);
        let widest = |lines: &[&str]| {
            let least = if lines.len() == 1 { least } else { 0.0 };
            lines.iter().map(|line| self.fonts.width(line, Style::Number)).fold(least, f64::max)
        };
        let room = area.height() * 0.24;
        let fit = |lines: Vec<&str>| {
            let high =
                if lines.len() > 1 { area.height() * 0.2 } else { room.max(area.height().min(3.4) / CAPITALS * 0.5) };
            let size = (area.width() / widest(&lines))
                .min(high)
                .min(area.height() / (0.95 * count(lines.len() - 1) + CAPITALS));
            Number { size, lines: lines.into_iter().map(str::to_owned).collect() }
        };
        let one = fit(vec![text]);
        let middle = |at: &(usize, &str)| at.0.abs_diff(text.len() / 2);
        let hyphen = text.match_indices('-').min_by_key(middle).map(|(at, _)| at + 1).filter(|at| *at < text.len());
        let two = hyphen.map(|at| fit(vec![&text[..at], &text[at..]]));
        let best = match two {
            Some(two) if one.size < LEAST_NUMBER * 1.4 && two.size > one.size * 1.3 => two,
            _ => one,
        };
        if best.size < LEAST_NUMBER {
            return Err(format!(
                "`{text}` does not fit: {:.1} mm are left for it, and its type would be {:.1} mm",
                area.width(),
                best.size.max(0.0)
            ));
        }
        Ok(best)
    }

    /// One line of type on its base line.
    fn line(&mut self, text: &str, style: Style, size: f64, area: Area, base: f64, is_from_right: bool) {
        let (x, anchor) = match (self.is_centred, is_from_right) {
            (true, _) => (f64::midpoint(area.left, area.right), Anchor::Middle),
            (false, true) => (area.right, Anchor::End),
            (false, false) => (area.left, Anchor::Start),
        };
        self.drawing.push_str(&self.fonts.line(text, style, size, (x, base), anchor, is_from_right));
    }
}

/// How much is said beside a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Number,
    Name,
    All,
}

/// A number as it is set.
struct Number {
    size: f64,
    lines: Vec<String>,
}
