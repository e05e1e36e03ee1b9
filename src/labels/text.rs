//! The type on a label: which fonts draw it, how wide it is, where it breaks and where it is cut.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use harfrust::{Direction, ShapeOptions, ShaperData, UnicodeBuffer};
use resvg::usvg::fontdb::{self, Database, ID, Source};
use resvg::usvg::{self, FontResolver, Options};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use unicode_bidi::{BidiInfo, Level};
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use crate::register::is_invisible;

/// The height of capitals and the depth of letters below the line, of all three styles, in parts of the size.
pub(super) const CAPITALS: f64 = 0.668;
pub(super) const BELOW: f64 = 0.24;

/// From one line to the next, in parts of the size.
pub(super) const LINE: f64 = 1.18;

/// How wide a character may be that none of these fonts draws, in parts of the size.
const WIDEST: f64 = 1.05;

/// What stands for a character that no font draws.
const UNDRAWN: char = '?';

/// What a text is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// The number: a bold font of one width, whose 0 and O, 1, l and I are told apart.
    Number,
    /// The name, and whose it is.
    Strong,
    /// All else.
    Plain,
}

/// Which end of a line stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// The left one.
    Start,
    /// Neither: it is centred.
    Middle,
    /// The right one.
    End,
}

const STYLES: [Style; 3] = [Style::Number, Style::Strong, Style::Plain];

impl Style {
    /// Family and weight, as SVG names them.
    pub(super) fn font(self) -> (&'static str, u16) {
        match self {
            Style::Number => ("Atkinson Hyperlegible Mono", 700),
            Style::Strong => ("Atkinson Hyperlegible Next", 700),
            Style::Plain => ("Atkinson Hyperlegible Next", 400),
        }
    }

    /// How far a character takes the line on, in parts of the size; `None` where the font has it not.
    fn advance(self, c: char) -> Option<f64> {
        let at = STYLES.iter().position(|style| *style == self)?;
        ADVANCES.get(at)?.get(&c).copied()
    }
}

fn advance(font: &FontRef, c: char) -> Option<f64> {
    let glyph = font.charmap().map(c).filter(|glyph| glyph.to_u32() != 0)?;
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let units = font.metrics(Size::unscaled(), LocationRef::default()).units_per_em;
    Some(f64::from(metrics.advance_width(glyph)?) / f64::from(units))
}

macro_rules! fonts {
    ($($name:literal),*) => { &[$(($name, include_bytes!(concat!("fonts/", $name)))),*] };
}

/// Atkinson Hyperlegible Mono and Next of the Braille Institute, under the SIL Open Font License 1.1 that lies beside them, with
/// the Latin letters of all Europe: one for each style.
pub const FONTS: &[(&str, &[u8])] = fonts![
    "atkinson-hyperlegible-mono-700.ttf",
    "atkinson-hyperlegible-next-700.ttf",
    "atkinson-hyperlegible-next-400.ttf"
];

/// How far each character of each of them takes the line on.
static ADVANCES: LazyLock<Vec<HashMap<char, f64>>> = LazyLock::new(|| {
    let of = |font: &FontRef| {
        let all = font.charmap().mappings().filter_map(|(c, _)| char::from_u32(c));
        all.filter_map(|c| Some((c, advance(font, c)?))).collect()
    };
    FONTS.iter().map(|(_, bytes)| FontRef::new(bytes).ok().as_ref().map(of).unwrap_or_default()).collect()
});

/// The fonts that labels are drawn with: those of this program, and others for what these have not.
pub struct Fonts {
    options: Options<'static>,
    all: Arc<Database>,
    /// One for each style.
    own: Vec<ID>,
    others: Vec<Other>,
    /// Whether whoever shows the drawing has fonts of its own for what these lack.
    is_shown_elsewhere: bool,
}

/// A font for characters that those of this program have not: how far each takes the line on, in parts of the size.
struct Other {
    family: String,
    id: ID,
    advances: BTreeMap<char, f64>,
}

impl Default for Fonts {
    fn default() -> Fonts {
        Fonts::with(&Database::new(), &BTreeSet::new())
    }
}

impl Fonts {
    /// The fonts of this program, and of `others` as many as it takes to draw what these lack.
    #[must_use]
    pub fn with(others: &Database, lacking: &BTreeSet<char>) -> Fonts {
        let mut all = Database::new();
        let own = FONTS
            .iter()
            .filter_map(|(_, bytes)| all.load_font_source(Source::Binary(Arc::new(*bytes))).first().copied());
        let own: Vec<ID> = own.collect();
        let mut left = lacking.clone();
        let (mut found, mut ids) = (Vec::new(), Vec::new());
        for face in ranked(others) {
            if left.is_empty() {
                break;
            }
            let covered = others.with_face_data(face.id, |bytes, index| {
                let font = FontRef::from_index(bytes, index).ok()?;
                // No other outlines are embedded in a PDF.
                let has = |tag| font.table_data(skrifa::Tag::new(tag)).is_some();
                if !has(b"glyf") && !has(b"CFF ") {
                    return None;
                }
                let advances: BTreeMap<char, f64> =
                    left.iter().filter_map(|c| Some((*c, advance(&font, *c)?))).collect();
                (!advances.is_empty()).then(|| (bytes.to_vec(), index, advances))
            });
            let Some((bytes, index, advances)) = covered.flatten() else { continue };
            let loaded = all.load_font_source(Source::Binary(Arc::new(bytes)));
            let Some(id) = loaded.get(index as usize).or(loaded.first()) else { continue };
            left.retain(|c| !advances.contains_key(c));
            let family = face.families.first().map(|(name, _)| name.clone()).unwrap_or_default();
            ids.push((family.clone(), *id));
            found.push(Other { family, id: *id, advances });
        }
        let all = Arc::new(all);
        let resolver =
            FontResolver { select_font: select(own.clone(), ids), select_fallback: Box::new(|_, _, _| None) };
        let options = Options { fontdb: Arc::clone(&all), font_resolver: resolver, ..Options::default() };
        Fonts { options, all, own, others: found, is_shown_elsewhere: false }
    }

    /// The fonts of this program for a browser, which has others.
    #[must_use]
    pub fn of_browser() -> Fonts {
        Fonts { is_shown_elsewhere: true, ..Fonts::default() }
    }

    /// A drawing, read with these fonts.
    ///
    /// # Errors
    /// Where it is none.
    pub(super) fn read(&self, svg: &str) -> Result<usvg::Tree, String> {
        usvg::Tree::from_str(svg, &self.options).map_err(|error| format!("a label is no drawing: {error}"))
    }

    /// The bytes of a font that a drawing uses, and which font of the file it is.
    pub(super) fn face<T>(&self, id: ID, read: impl FnOnce(&[u8], u32) -> T) -> Option<T> {
        self.all.with_face_data(id, read)
    }

    /// Characters of a text that no font here draws: a question mark stands for each.
    pub fn lacks<'t>(&'t self, text: &'t str) -> impl Iterator<Item = char> + 't {
        text.chars().filter(|c| {
            let takes_no_ink = c.is_whitespace()
                || c.is_control()
                || is_invisible(*c)
                || is_setting_apart(*c)
                || is_combining_mark(*c);
            !takes_no_ink && Style::Plain.advance(*c).is_none() && self.other(*c).is_none()
        })
    }

    fn other(&self, c: char) -> Option<(&Other, f64)> {
        self.others.iter().find_map(|other| Some((other, *other.advances.get(&c)?)))
    }

    /// How wide a text is at a size of one, at most: without what shaping saves.
    pub(crate) fn width(&self, text: &str, style: Style) -> f64 {
        text.chars().map(|c| self.advance(c, style)).sum()
    }

    fn advance(&self, c: char, style: Style) -> f64 {
        let drawn = style.advance(c).or_else(|| self.other(c).map(|(_, advance)| advance));
        if self.is_shown_elsewhere && drawn.is_none() {
            return if unicode_width::UnicodeWidthChar::width(c) == Some(0) { 0.0 } else { WIDEST };
        }
        drawn.unwrap_or_else(|| undrawn(c).and_then(|c| style.advance(c)).unwrap_or_default())
    }

    /// A text in runs of one font each: `None` is the style's own. What no font draws is left out or replaced.
    pub(super) fn runs(&self, text: &str, style: Style) -> Vec<(Option<&str>, String)> {
        let mut runs: Vec<(Option<&str>, String)> = Vec::new();
        for c in text.chars() {
            let other = || self.other(c).map(|(other, _)| (Some(other.family.as_str()), c));
            let own = style.advance(c).map(|_| (None, c));
            // Directions and joiners belong to what they stand beside.
            let joined =
                || (is_invisible(c) || is_setting_apart(c)).then(|| (runs.last().and_then(|(font, _)| *font), c));
            let kept = || self.is_shown_elsewhere.then_some((None, c));
            let found = own.or_else(kept).or_else(other).or_else(joined).or_else(|| Some((None, undrawn(c)?)));
            match (found, runs.last_mut()) {
                (Some((font, c)), Some((last, run))) if *last == font => run.push(c),
                (Some((font, c)), _) => runs.push((font, c.to_string())),
                (None, _) => {}
            }
        }
        runs
    }

    /// A line of type on its base line, as SVG.
    pub(crate) fn line(
        &self,
        text: &str,
        style: Style,
        size: f64,
        (x, base): (f64, f64),
        anchor: Anchor,
        is_from_right: bool,
    ) -> String {
        let runs = self.runs(text, style);
        let (x, anchor, runs) = if let [(font, run)] = runs.as_slice() {
            let anchor = match anchor {
                Anchor::Start => "",
                Anchor::Middle => " text-anchor=\"middle\"",
                Anchor::End => " text-anchor=\"end\"",
            };
            // The whole line is read from the right, whatever it has in it.
            let run = if is_from_right { format!("\u{2067}{run}\u{2069}") } else { run.clone() };
            (x, anchor, span(*font, "", &run))
        } else {
            let (width, runs) = self.mixed(&runs, style, size, is_from_right);
            let left = match anchor {
                Anchor::Start => x,
                Anchor::Middle => x - width / 2.0,
                Anchor::End => x - width,
            };
            let placed = |run: &Run| span(run.font, &format!(" x=\"{:.3}\"", left + run.left), &run.text);
            (left, "", runs.iter().map(placed).collect())
        };
        let (family, weight) = style.font();
        format!(
            "<text x=\"{x:.3}\" y=\"{base:.3}\" font-family=\"{family}\" font-weight=\"{weight}\" font-size=\"{size:.3}\"{anchor}>{runs}</text>"
        )
    }

    /// How wide a line in several fonts is, and its runs from left to right, each with a place of its own: what draws them joins
    /// letters within one font only.
    fn mixed<'f>(
        &self,
        runs: &[(Option<&'f str>, String)],
        style: Style,
        size: f64,
        is_from_right: bool,
    ) -> (f64, Vec<Run<'f>>) {
        let text: String = runs.iter().map(|(_, run)| run.as_str()).collect();
        let base = if is_from_right { Level::rtl() } else { Level::ltr() };
        let bidi = BidiInfo::new(&text, Some(base));
        let (mut left, mut placed) = (0.0, Vec::new());
        for paragraph in &bidi.paragraphs {
            let (levels, directed) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for range in directed {
                let is_rtl = levels[range.start].is_rtl();
                let mut start = 0;
                let fonts = runs.iter().map(|(font, run)| {
                    start += run.len();
                    (*font, start - run.len()..start)
                });
                let mut parts: Vec<_> = fonts
                    .map(|(font, part)| (font, part.start.max(range.start)..part.end.min(range.end)))
                    .filter(|(_, part)| !part.is_empty())
                    .collect();
                if is_rtl {
                    parts.reverse();
                }
                for (font, part) in parts {
                    let (part, letters) = (&text[part.clone()], text[part].trim());
                    let (before, after) = part.split_at(part.find(letters).unwrap_or_default());
                    // Blanks at an end are left out: they would be moved to where the line ends.
                    let blank = if is_rtl { &after[letters.len()..] } else { before };
                    let direction = if is_rtl { '\u{202e}' } else { '\u{202d}' };
                    let from = left + self.shaped(blank, font, style, is_rtl) * size;
                    let letters: String = letters.chars().filter(|c| !is_setting_apart(*c)).collect();
                    placed.push(Run { font, left: from, text: format!("{direction}{letters}\u{202c}") });
                    left += self.shaped(part, font, style, is_rtl) * size;
                }
            }
        }
        (left, placed)
    }

    /// How wide letters of one font and direction are at a size of one, joined as they are drawn.
    fn shaped(&self, text: &str, font: Option<&str>, style: Style, is_rtl: bool) -> f64 {
        let id = match font {
            None => STYLES.iter().position(|known| *known == style).and_then(|at| self.own.get(at)),
            Some(family) => self.others.iter().find(|other| other.family == family).map(|other| &other.id),
        };
        let shaped = id.and_then(|id| {
            self.face(*id, |bytes, index| {
                let font = harfrust::FontRef::from_index(bytes, index).ok()?;
                let units = FontRef::from_index(bytes, index).ok()?.metrics(Size::unscaled(), LocationRef::default());
                let mut buffer = UnicodeBuffer::new();
                buffer.push_str(text);
                buffer.set_direction(if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight });
                buffer.guess_segment_properties();
                let glyphs = ShaperData::new(&font).shaper(&font).build().shape(buffer, ShapeOptions::new());
                let advance: i32 = glyphs.glyph_positions().iter().map(|glyph| glyph.x_advance).sum();
                Some(f64::from(advance) / f64::from(units.units_per_em))
            })
        });
        shaped.flatten().unwrap_or_else(|| self.width(text, style))
    }

    /// A text in at most `most` lines of this width, broken between words; a word that is wider alone is broken between
    /// characters, and what is left over is cut with `…`.
    pub(crate) fn wrap(&self, text: &str, style: Style, width: f64, most: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        // What does not break is no blank here.
        let blanks = |c: char| c.is_whitespace() && c != '\u{a0}';
        let mut rest = text.split(blanks).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        while !rest.is_empty() && lines.len() < most {
            let is_last = lines.len() + 1 == most;
            if self.width(&rest, style) <= width {
                lines.push(std::mem::take(&mut rest));
            } else if is_last {
                let cut = self.cut(&rest, style, width);
                lines.extend((cut != "…").then_some(cut));
                rest.clear();
            } else {
                let at = self.break_at(&rest, style, width);
                let (line, after) = rest.split_at(at);
                let (line, after) = (line.trim_end().to_owned(), after.trim_start().to_owned());
                lines.push(line);
                rest = after;
            }
        }
        lines
    }

    /// Where a line ends that has as much of the text as fits: before a word, or a character where no word fits.
    fn break_at(&self, text: &str, style: Style, width: f64) -> usize {
        let (mut spent, mut word, mut letter) = (0.0, 0, 0);
        for (at, grapheme) in text.grapheme_indices(true) {
            spent += self.width(grapheme, style);
            if spent > width {
                break;
            }
            letter = at + grapheme.len();
            if grapheme == " " || grapheme.ends_with(['-', '/']) || is_breakable(grapheme) {
                word = letter;
            }
        }
        let first = || text.graphemes(true).next().map_or(text.len(), str::len);
        [word, letter].into_iter().find(|at| *at > 0).unwrap_or_else(first)
    }

    /// As much of a text as fits with `…` behind it.
    fn cut(&self, text: &str, style: Style, width: f64) -> String {
        let mut spent = self.width("…", style);
        let mut end = 0;
        for (at, grapheme) in text.grapheme_indices(true) {
            spent += self.width(grapheme, style);
            if spent > width {
                break;
            }
            end = at + grapheme.len();
        }
        format!("{}…", text[..end].trim_end_matches([' ', ',', '-', '/']))
    }
}

/// Whether a line may end behind this character in any script: ideographs and syllables stand without blanks.
fn is_breakable(grapheme: &str) -> bool {
    grapheme.chars().next().is_some_and(|c| matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}'))
}

/// A name that its direction stays with, whatever it stands among.
pub(crate) fn set_apart(text: &str) -> String {
    format!("\u{2068}{text}\u{2069}")
}

/// Lines of one text, each of which sets apart what the text does: a name may be broken between two.
pub(crate) fn apart_on_each(lines: &mut [String]) {
    let mut depth = 0_usize;
    for line in lines {
        let before = "\u{2068}".repeat(depth);
        for c in line.chars() {
            match c {
                '\u{2068}' => depth += 1,
                '\u{2069}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        *line = format!("{before}{line}{}", "\u{2069}".repeat(depth));
    }
}

/// What sets a name apart: it takes no room.
fn is_setting_apart(c: char) -> bool {
    matches!(c, '\u{2068}' | '\u{2069}')
}

/// Whether a text is read from the right: its first letter is, of those that are not set apart.
pub(crate) fn is_from_right(text: &str) -> bool {
    direction(text).unwrap_or_default()
}

/// The same; none where it has no letter but in what is set apart.
pub(crate) fn direction(text: &str) -> Option<bool> {
    let mut depth = 0_usize;
    let strong = text.chars().find(|c| {
        depth = match c {
            '\u{2068}' => depth + 1,
            '\u{2069}' => depth.saturating_sub(1),
            _ => depth,
        };
        depth == 0 && c.is_alphabetic()
    });
    strong.map(|c| matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}'))
}

/// Letters of one font on a line of several, in the order in which they are drawn.
struct Run<'f> {
    font: Option<&'f str>,
    left: f64,
    text: String,
}

/// A run as SVG, in a font by name or that of the line.
fn span(font: Option<&str>, place: &str, run: &str) -> String {
    let run = escaped(run);
    match font {
        None if place.is_empty() => run,
        None => format!("<tspan{place}>{run}</tspan>"),
        Some(font) => format!("<tspan{place} font-family=\"{}\">{run}</tspan>", escaped(font)),
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // No character that XML has not.
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// What is drawn for a character that no font has: nothing for what takes no ink.
fn undrawn(c: char) -> Option<char> {
    let takes_no_ink = c.is_control() || is_invisible(c) || is_setting_apart(c) || is_combining_mark(c);
    (!takes_no_ink).then_some(if c.is_whitespace() { ' ' } else { UNDRAWN })
}

/// Fonts in the order in which they are asked: upright, without serifs, bold, and not of one width first.
fn ranked(fonts: &Database) -> Vec<&fontdb::FaceInfo> {
    let mut all: Vec<_> = fonts.faces().collect();
    all.sort_by_cached_key(|face| {
        let family = face.families.first().map(|(name, _)| name.clone()).unwrap_or_default();
        let is_plain = family.contains("Sans") || family.contains("Gothic");
        let upright = face.style == fontdb::Style::Normal;
        (
            !upright,
            !is_plain,
            family.contains("Serif"),
            face.monospaced,
            face.weight.0.abs_diff(700),
            face.post_script_name.clone(),
        )
    });
    all
}

fn select(own: Vec<ID>, others: Vec<(String, ID)>) -> usvg::FontSelectionFn<'static> {
    Box::new(move |font, _| {
        let named = |family: &str| {
            font.families().iter().any(|name| matches!(name, usvg::FontFamily::Named(name) if name == family))
        };
        let is = |style: &Style| style.font().1 == font.weight() && named(style.font().0);
        let style = STYLES.iter().position(is).and_then(|at| own.get(at));
        style.or_else(|| others.iter().find(|(family, _)| named(family)).map(|(_, id)| id)).or(own.last()).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_what_is_over_is_cut_between_characters() {
        let fonts = Fonts::default();
        let wrap = |text: &str, width, most| fonts.wrap(text, Style::Strong, width, most);
        assert_eq!(wrap("Sony FX3, body", 50.0, 3), ["Sony FX3, body"]);
        assert_eq!(wrap("Sigma 35 mm T1.5 FF High Speed", 7.0, 3), ["Sigma 35 mm", "T1.5 FF High", "Speed"]);
        assert_eq!(wrap("Sigma 35 mm T1.5 FF High Speed", 7.0, 1), ["Sigma 35 m…"]);
        assert_eq!(wrap("Pneumonoultramicroscopic", 4.0, 2).len(), 2);
        assert!(wrap("", 4.0, 2).is_empty());
        for line in wrap("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦 e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", 3.0, 2)
        {
            assert!(
                !line.starts_with('\u{200d}') && !line.starts_with('\u{301}') && !line.contains("\u{200d}…"),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_wrapped_fits() {
        let fonts = Fonts::default();
        for text in
            ["Großformat-Gegenlichtblende 114 mm", "Zażółć gęślą jaźń", "A B C D E F G H I J", "WWWWWWWWWWWWWWWWW"]
        {
            for width in [2.0, 3.5, 8.0] {
                for line in fonts.wrap(text, Style::Plain, width, 4) {
                    assert!(
                        fonts.width(&line, Style::Plain) <= width || line.graphemes(true).count() <= 2,
                        "{line} in {width}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_no_font_draws_is_named() {
        let fonts = Fonts::default();
        assert_eq!(fonts.lacks("Zażółć 北京 €").collect::<Vec<_>>(), ['北', '京']);
        let runs = fonts.runs("Zażółć 北 a\u{302}\u{323}b", Style::Strong);
        assert_eq!(runs, [(None, "Zażółć ? ab".to_owned())]);
        assert!(is_from_right("كاميرا A") && is_from_right("(עברית)") && !is_from_right("Camera كاميرا"));
        assert!(is_from_right(&format!("{}: استلام", set_apart("Bo"))) && !is_from_right(&set_apart("كاميرا")));
    }

    #[test]
    fn a_name_that_is_broken_is_set_apart_on_each_line() {
        let mut lines =
            ["مع \u{2068}one two".to_owned(), "three\u{2069}، \u{2068}four\u{2069}".to_owned(), "five".to_owned()];
        apart_on_each(&mut lines);
        assert_eq!(lines, ["مع \u{2068}one two\u{2069}", "\u{2068}three\u{2069}، \u{2068}four\u{2069}", "five"]);
        assert_eq!([direction(&lines[0]), direction(&lines[1]), direction("5 m")], [Some(true), None, Some(false)]);
    }

    #[test]
    fn what_sets_a_name_apart_takes_no_room_and_no_font() {
        let fonts = Fonts::default();
        let apart = set_apart("Bo Nyström");
        assert_eq!(fonts.lacks(&apart).count(), 0);
        assert!((fonts.width(&apart, Style::Plain) - fonts.width("Bo Nyström", Style::Plain)).abs() < 1e-9);
        assert_eq!(fonts.runs(&format!("a {apart}"), Style::Plain), [(None, format!("a {apart}"))]);
    }
}
