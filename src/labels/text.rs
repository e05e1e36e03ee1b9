//! The type on a label: which fonts draw it, how wide it is, where it breaks and where it is cut.

use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::{Database, ID, Source};
use resvg::usvg::{self, FontResolver, Options};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use unicode_segmentation::UnicodeSegmentation;

/// The height of capitals and the depth of letters below the line, of all three styles, in parts of the size.
pub(super) const CAPITALS: f64 = 0.668;
pub(super) const BELOW: f64 = 0.24;

/// From one line to the next, in parts of the size.
pub(super) const LINE: f64 = 1.18;

/// How wide a character may be that none of these fonts draws, in parts of the size.
const WIDEST: f64 = 1.05;

/// What a text is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// The number: a bold font of one width, whose 0 and O, 1, l and I are told apart.
    Number,
    /// The name, and whose it is.
    Strong,
    /// All else.
    Plain,
}

impl Style {
    /// Family and weight, as SVG names them.
    pub(super) fn font(self) -> (&'static str, u16) {
        match self {
            Style::Number => ("Atkinson Hyperlegible Mono", 700),
            Style::Strong => ("Atkinson Hyperlegible Next", 700),
            Style::Plain => ("Atkinson Hyperlegible Next", 400),
        }
    }

    /// Its files: Latin, then the rest of the Latin letters.
    fn files(self) -> &'static [Face; 2] {
        let at = match self {
            Style::Number => 0,
            Style::Strong => 1,
            Style::Plain => 2,
        };
        &FACES[at]
    }
}

const STYLES: [Style; 3] = [Style::Number, Style::Strong, Style::Plain];

/// One font file.
struct Face {
    bytes: &'static [u8],
    font: Option<FontRef<'static>>,
}

impl Face {
    fn new(bytes: &'static [u8]) -> Face {
        Face { bytes, font: FontRef::new(bytes).ok() }
    }

    /// How far a character takes the line on, in parts of the size; `None` where the font has it not.
    fn advance(&self, c: char) -> Option<f64> {
        advance(self.font.as_ref()?, c)
    }
}

fn advance(font: &FontRef, c: char) -> Option<f64> {
    let glyph = font.charmap().map(c).filter(|glyph| glyph.to_u32() != 0)?;
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let units = font.metrics(Size::unscaled(), LocationRef::default()).units_per_em;
    Some(f64::from(metrics.advance_width(glyph)?) / f64::from(units))
}

/// Atkinson Hyperlegible Next and Mono of the Braille Institute, under the SIL Open Font License 1.1 that lies beside them.
static FACES: LazyLock<[[Face; 2]; 3]> = LazyLock::new(|| {
    [
        [
            Face::new(include_bytes!("fonts/atkinson-hyperlegible-mono-latin-700.ttf")),
            Face::new(include_bytes!("fonts/atkinson-hyperlegible-mono-latin-ext-700.ttf")),
        ],
        [
            Face::new(include_bytes!("fonts/atkinson-hyperlegible-next-latin-700.ttf")),
            Face::new(include_bytes!("fonts/atkinson-hyperlegible-next-latin-ext-700.ttf")),
        ],
        [
            Face::new(include_bytes!("fonts/atkinson-hyperlegible-next-latin-400.ttf")),
            Face::new(include_bytes!("fonts/atkinson-hyperlegible-next-latin-ext-400.ttf")),
        ],
    ]
});

/// The fonts that labels are drawn with: those of this program, and others for the scripts that these have not.
pub struct Fonts {
    options: Options<'static>,
    all: Arc<Database>,
}

impl Default for Fonts {
    fn default() -> Fonts {
        Fonts::with(Database::new())
    }
}

impl Fonts {
    /// The fonts of this program, then `others`.
    #[must_use]
    pub fn with(others: Database) -> Fonts {
        let mut all = others;
        // What is loaded last is asked for by its id, whatever else is called the same.
        let own: Vec<Vec<ID>> = STYLES
            .iter()
            .map(|style| {
                style
                    .files()
                    .iter()
                    .flat_map(|face| all.load_font_source(Source::Binary(Arc::new(face.bytes))))
                    .collect()
            })
            .collect();
        let all = Arc::new(all);
        let resolver = FontResolver { select_font: select(own.clone()), select_fallback: fall_back(own) };
        let options = Options { fontdb: Arc::clone(&all), font_resolver: resolver, ..Options::default() };
        Fonts { options, all }
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

    /// Characters of a text that no font draws.
    #[must_use]
    pub fn lacks(&self, text: &str) -> Vec<char> {
        let drawn = |c: char| {
            c.is_whitespace()
                || crate::register::is_invisible(c)
                || Style::Plain.files().iter().any(|face| face.advance(c).is_some())
                || self.all.faces().any(|face| has(&self.all, face.id, c))
        };
        let mut lacking: Vec<char> = text.chars().filter(|c| !drawn(*c)).collect();
        lacking.sort_unstable();
        lacking.dedup();
        lacking
    }

    /// How wide a text is at a size of one, at most: without what shaping saves.
    pub(super) fn width(&self, text: &str, style: Style) -> f64 {
        text.chars().map(|c| self.advance(c, style)).sum()
    }

    fn advance(&self, c: char, style: Style) -> f64 {
        let own = style.files().iter().find_map(|face| face.advance(c));
        own.unwrap_or_else(|| match unicode_width::UnicodeWidthChar::width(c) {
            Some(0) | None => 0.0,
            Some(_) => self.widest(c).unwrap_or(WIDEST),
        })
    }

    /// The widest that any of the other fonts draws it.
    fn widest(&self, c: char) -> Option<f64> {
        let of = |id: ID| {
            self.all.with_face_data(id, |bytes, index| advance(&FontRef::from_index(bytes, index).ok()?, c))?
        };
        self.all.faces().filter_map(|face| of(face.id)).reduce(f64::max)
    }

    /// A text in at most `most` lines of this width, broken between words; a word that is wider alone is broken between
    /// characters, and what is left over is cut with `…`.
    pub(super) fn wrap(&self, text: &str, style: Style, width: f64, most: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut rest = text.split_whitespace().collect::<Vec<_>>().join(" ");
        while !rest.is_empty() && lines.len() < most {
            let is_last = lines.len() + 1 == most;
            if self.width(&rest, style) <= width {
                lines.push(std::mem::take(&mut rest));
            } else if is_last {
                lines.push(self.cut(&rest, style, width));
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

/// Whether a text is read from the right: its first letter is.
pub(super) fn is_from_right(text: &str) -> bool {
    let strong = text.chars().find(|c| c.is_alphabetic());
    strong.is_some_and(|c| matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}'))
}

fn select(own: Vec<Vec<ID>>) -> usvg::FontSelectionFn<'static> {
    Box::new(move |font, _| {
        let is = |style: &Style| {
            let (family, weight) = style.font();
            let named = |name: &usvg::FontFamily| matches!(name, usvg::FontFamily::Named(name) if name == family);
            font.weight() == weight && font.families().iter().any(named)
        };
        let at = STYLES.iter().position(is).unwrap_or(STYLES.len() - 1);
        own.get(at)?.first().copied()
    })
}

/// Whether a font draws a character.
fn has(fonts: &Database, id: ID, c: char) -> bool {
    let has = |bytes: &[u8], index| advance(&FontRef::from_index(bytes, index).ok()?, c).is_some().then_some(());
    fonts.with_face_data(id, has).flatten().is_some()
}

/// The other file of the same style; then whatever has the character, upright and as heavy.
fn fall_back(own: Vec<Vec<ID>>) -> usvg::FallbackSelectionFn<'static> {
    Box::new(move |c, used, fonts| {
        let first = used.first()?;
        let weight = fonts.face(*first)?.weight.0;
        let sibling = own.iter().find(|style| style.contains(first))?.iter().copied();
        let mut others: Vec<_> = fonts.faces().filter(|face| !own.iter().flatten().any(|id| *id == face.id)).collect();
        others.sort_by_key(|face| {
            (
                face.style != usvg::fontdb::Style::Normal,
                face.monospaced,
                face.weight.0.abs_diff(weight),
                face.post_script_name.clone(),
            )
        });
        let all = sibling.chain(others.into_iter().map(|face| face.id)).collect::<Vec<_>>();
        all.into_iter().find(|id| !used.contains(id) && has(fonts, *id, c))
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
        assert_eq!(fonts.lacks("Zażółć 北京 €"), ['京', '北']);
        assert!(is_from_right("كاميرا A") && is_from_right("(עברית)") && !is_from_right("Camera كاميرا"));
    }
}
