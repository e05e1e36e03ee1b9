//! The QR symbol of a label: what it says, how robust it is, and how it is drawn.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

/// Modules of white around a QR symbol (ISO/IEC 18004, §5.3.8), and on stock under [`LOW_STOCK`].
const QUIET: usize = 4;
const QUIET_LOW: usize = 2;

/// Modules of white around a Data Matrix symbol (ISO/IEC 16022 asks for one), and beside a Code 128 (ISO/IEC 15417).
const QUIET_MATRIX: usize = 2;
const QUIET_BARS: usize = 10;

/// Millimetres of height under which two modules of white are enough.
pub const LOW_STOCK: f64 = 15.0;

/// Millimetres a module needs to be read at arm's length: the knee of measured reading rates.
const READABLE: f64 = 0.5;

/// Millimetres under which a module is hard to read for a phone.
pub const SMALL: f64 = 0.4;

/// Millimetres of a module beyond which nothing is won.
const LARGE: f64 = 1.0;

/// Of its size, what a module keeps as a whole number of dots; where it would keep less, size reads better than straight edges.
const SNAPPED: f64 = 0.99;

/// What kinds of symbols there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Code {
    /// The one that every phone reads.
    #[default]
    Qr,
    /// A smaller one, for scanners.
    DataMatrix,
    /// Bars with the number alone, for scanners that read nothing else.
    Code128,
}

/// The room that a symbol has, in millimetres.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// The side of the square for the symbol with its white.
    pub whole: f64,
    /// The side of the square in it that can be printed on.
    pub printed: f64,
    /// One dot of the printer.
    pub dot: f64,
    /// Modules of white that are wanted around it.
    pub quiet: usize,
    /// On how many sides its white must lie in what can be printed on: where something is printed next to it.
    pub sides: usize,
}

impl Room {
    /// The room for a QR symbol on a screen or paper of any kind.
    #[must_use]
    pub fn of(side: f64) -> Room {
        Room { whole: side, printed: side, dot: 0.0, quiet: quiet_on(side), sides: 0 }
    }

    /// The module of a symbol of so many modules on a side, in millimetres.
    #[must_use]
    pub fn module(&self, modules: usize) -> f64 {
        let all = count(modules + 2 * self.quiet);
        // A dot is spent on beginning at one.
        let (whole, printed) = (self.whole - self.dot, self.printed - self.dot);
        let largest = (whole / all).min(printed / count(modules + self.sides * self.quiet)).min(LARGE);
        let dots = if self.dot > 0.0 { (largest / self.dot + 1e-6).floor() * self.dot } else { largest };
        if dots >= largest * SNAPPED { dots } else { largest }
    }
}

/// Modules of white around a QR symbol on a label of this height in millimetres.
#[must_use]
pub fn quiet_on(height: f64) -> usize {
    if height < LOW_STOCK { QUIET_LOW } else { QUIET }
}

/// A symbol with the white around it.
#[derive(Clone)]
pub struct Symbol {
    dark: Vec<bool>,
    width: usize,
    quiet: usize,
    level: Option<QrCodeEcc>,
}

/// The text of the symbol for `number`: the address of its page with the host, and without a path everything behind it,
/// in capitals, which a symbol packs tighter. The scheme stays small: some phones know no other.
#[must_use]
pub fn address(base_url: &str, number: &str) -> String {
    let base = base_url.trim_end_matches('/');
    let Some((scheme, rest)) = base.split_once("://") else { return format!("{base}/{number}") };
    let (host, path) = rest.split_once('/').map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
    format!("{}://{}{path}/{number}", scheme.to_ascii_lowercase(), host.to_ascii_uppercase())
}

impl Symbol {
    /// The QR symbol for `text` in this room.
    ///
    /// Of levels Q and H the higher whose modules stay readable; else the highest that needs no larger symbol than M.
    /// Never L.
    ///
    /// # Errors
    /// When no symbol can hold the text.
    pub fn fitting(text: &str, room: Room) -> Result<Symbol, String> {
        let segments = segments(text);
        let encode = |level| {
            QrCode::encode_segments_advanced(&segments, level, Version::MIN, Version::MAX, None, false)
                .map_err(|_| format!("{} characters are too many for a symbol", text.len()))
        };
        for level in [QrCodeEcc::High, QrCodeEcc::Quartile] {
            if let Ok(code) = encode(level)
                && room.module(side(&code)) >= READABLE
            {
                return Ok(Symbol::of_qr(&code, room.quiet));
            }
        }
        let medium = encode(QrCodeEcc::Medium)?;
        let same_size = [QrCodeEcc::High, QrCodeEcc::Quartile]
            .into_iter()
            .filter_map(|level| encode(level).ok())
            .find(|code| code.version() == medium.version());
        Ok(Symbol::of_qr(&same_size.unwrap_or(medium), room.quiet))
    }

    fn of_qr(code: &QrCode, quiet: usize) -> Symbol {
        let dark = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| code.get_module(x, y))).collect();
        Symbol { dark, width: side(code), quiet, level: Some(code.error_correction_level()) }
    }

    /// The Data Matrix symbol (ECC 200, square) for `text`.
    ///
    /// # Errors
    /// When no symbol can hold the text.
    pub fn matrix(text: &str) -> Result<Symbol, String> {
        let squares = datamatrix::SymbolList::default().enforce_square();
        let code = datamatrix::DataMatrix::encode(text.as_bytes(), squares)
            .map_err(|_| format!("{} characters are too many for a symbol", text.len()))?;
        let bitmap = code.bitmap();
        let mut dark = vec![false; bitmap.width() * bitmap.height()];
        for (x, y) in bitmap.pixels() {
            dark[y * bitmap.width() + x] = true;
        }
        Ok(Symbol { dark, width: bitmap.width(), quiet: QUIET_MATRIX, level: None })
    }

    /// The bars of a Code 128 for `text`: one row of modules. Pairs of digits take the room of one character.
    ///
    /// # Errors
    /// When a character is none of the code's.
    pub fn bars(text: &str) -> Result<Symbol, String> {
        let digits = text.chars().rev().take_while(char::is_ascii_digit).count() & !1;
        let (head, tail) = text.split_at(text.len() - digits);
        // How this library is told of the sets B and C.
        let spelled = match (head, digits) {
            ("", 1..) => format!("\u{106}{tail}"),
            (_, 4..) => format!("\u{181}{head}\u{106}{tail}"),
            _ => format!("\u{181}{text}"),
        };
        let code = barcoders::sym::code128::Code128::new(spelled)
            .map_err(|_| format!("`{}` has characters that are not in Code 128", text.escape_debug()))?;
        let dark: Vec<bool> = code.encode().into_iter().map(|module| module == 1).collect();
        Ok(Symbol { width: dark.len(), dark, quiet: QUIET_BARS, level: None })
    }

    /// Modules across, without the white.
    #[must_use]
    pub fn modules(&self) -> usize {
        self.width
    }

    /// Modules of white around it.
    #[must_use]
    pub fn quiet(&self) -> usize {
        self.quiet
    }

    /// Modules on a side, the white included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.width + 2 * self.quiet
    }

    /// Whether the module in column `x`, row `y` (the white included) is black.
    #[must_use]
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        let inner = x.checked_sub(self.quiet).zip(y.checked_sub(self.quiet));
        inner.is_some_and(|(x, y)| x < self.width && self.dark.get(y * self.width + x) == Some(&true))
    }

    /// The error correction level of a QR symbol: `M`, `Q` or `H`.
    #[must_use]
    pub fn level(&self) -> Option<char> {
        self.level.map(|level| match level {
            QrCodeEcc::Low => 'L',
            QrCodeEcc::Medium => 'M',
            QrCodeEcc::Quartile => 'Q',
            QrCodeEcc::High => 'H',
        })
    }

    /// All black modules as one SVG path, a stroke of one module's height for every run.
    #[must_use]
    pub fn path(&self) -> String {
        self.drawn(self.quiet, 1.0)
    }

    /// The same without the white, rows of `height` modules.
    #[must_use]
    pub fn dark_path(&self, height: f64) -> String {
        self.drawn(0, height)
    }

    fn drawn(&self, quiet: usize, height: f64) -> String {
        let mut path = String::new();
        for (y, row) in self.dark.chunks(self.width).enumerate() {
            let (mut x, top) = (0, y + quiet);
            while x < row.len() {
                let run = row[x..].iter().take_while(|dark| **dark).count();
                if run > 0 {
                    // Writing to a string does not fail.
                    let _ = write!(path, "M{} {top}h{run}v{height}h-{run}z", x + quiet);
                }
                x += run.max(1);
            }
        }
        path
    }

    /// The symbol as a file of its own: black on white.
    #[must_use]
    pub fn svg(&self) -> String {
        let (size, path) = (self.size(), self.path());
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path d=\"{path}\"/></svg>\n"
        )
    }
}

fn side(code: &QrCode) -> usize {
    code.size().unsigned_abs() as usize
}

/// A number of modules, to reckon with.
#[must_use]
pub fn count(modules: usize) -> f64 {
    u32::try_from(modules).map_or(f64::INFINITY, f64::from)
}

/// The modes of a QR symbol and what a character costs in each, in sixths of a bit (ISO/IEC 18004, table 2 and §7.4).
const MODES: [Mode; 3] = [Mode::Numeric, Mode::Alphanumeric, Mode::Byte];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Numeric,
    Alphanumeric,
    Byte,
}

impl Mode {
    /// Mode indicator and character count of versions 1 to 9.
    fn header(self) -> usize {
        6 * match self {
            Mode::Numeric => 4 + 10,
            Mode::Alphanumeric => 4 + 9,
            Mode::Byte => 4 + 8,
        }
    }

    fn cost(self, c: char) -> Option<usize> {
        const SYMBOLS: &str = " $%*+-./:";
        match self {
            Mode::Numeric => c.is_ascii_digit().then_some(20),
            Mode::Alphanumeric => (c.is_ascii_digit() || c.is_ascii_uppercase() || SYMBOLS.contains(c)).then_some(33),
            Mode::Byte => Some(48 * c.len_utf8()),
        }
    }

    fn segment(self, text: &str) -> QrSegment {
        match self {
            Mode::Numeric => QrSegment::make_numeric(text),
            Mode::Alphanumeric => QrSegment::make_alphanumeric(text),
            Mode::Byte => QrSegment::make_bytes(text.as_bytes()),
        }
    }
}

/// `text` cut into the segments that cost the fewest bits: the cheapest mode for each character, switches counted.
fn segments(text: &str) -> Vec<QrSegment> {
    let mut best: [Option<(usize, Vec<Mode>)>; 3] = [const { None }; 3];
    for (place, c) in text.chars().enumerate() {
        let next = MODES.map(|mode| {
            let cost = mode.cost(c)?;
            if place == 0 {
                return Some((mode.header() + cost, vec![mode]));
            }
            let (before, path) = best
                .iter()
                .flatten()
                .map(|(spent, path)| (spent + if path.last() == Some(&mode) { 0 } else { mode.header() }, path))
                .min_by_key(|(spent, _)| *spent)?;
            Some((before + cost, [path.as_slice(), &[mode]].concat()))
        });
        best = next;
    }
    let modes = best.into_iter().flatten().min_by_key(|(cost, _)| *cost).map(|(_, modes)| modes).unwrap_or_default();
    let mut runs: Vec<(Mode, String)> = Vec::new();
    for (mode, c) in modes.into_iter().zip(text.chars()) {
        match runs.last_mut() {
            Some((last, run)) if *last == mode => run.push(c),
            _ => runs.push((mode, c.to_string())),
        }
    }
    runs.into_iter().map(|(mode, run)| mode.segment(&run)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a phone reads: the symbol drawn at eight pixels a module.
    fn read(symbol: &Symbol) -> String {
        let side = symbol.size() * 8;
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(
                side,
                side,
                |x, y| {
                    if symbol.is_dark(x / 8, y / 8) { 0 } else { 255 }
                },
            );
        image.detect_grids()[0].decode().unwrap().1
    }

    #[test]
    fn addresses_are_in_capitals_where_that_is_safe() {
        assert_eq!(address("https://kit.example.org/", "CAM-0001"), "https://KIT.EXAMPLE.ORG/CAM-0001");
        assert_eq!(address("HTTP://localhost:8080", "A"), "http://LOCALHOST:8080/A");
        assert_eq!(address("https://example.org/Our/kit/", "A"), "https://EXAMPLE.ORG/Our/kit/A");
    }

    #[test]
    fn a_phone_reads_the_address() {
        for base in ["https://kit.example.org/", "https://example.org/our/kit", "http://127.0.0.1:8080/"] {
            let text = address(base, "CAM-0001");
            assert_eq!(read(&Symbol::fitting(&text, Room::of(38.1)).unwrap()), text);
        }
    }

    #[test]
    fn segments_mix_modes_and_save_room() {
        let text = address("https://kit.example.org/", "CAM-0001");
        let modes = segments(&text).len();
        assert_eq!(modes, 2, "bytes for the scheme, capitals for the rest");
        assert_eq!(Symbol::fitting(&text, Room::of(38.1)).unwrap().level(), Some('H'));
        assert!(segments("").is_empty());
        assert_eq!(segments("12345678901234567890").len(), 1);
    }

    #[test]
    fn the_level_is_what_the_stock_allows_and_never_l() {
        let text = address("https://a-rather-long-host.example.org/", "CAM-0001");
        let levels: Vec<char> = [38.1, 21.17, 10.0, 4.0]
            .iter()
            .map(|side| Symbol::fitting(&text, Room::of(*side)).unwrap().level().unwrap())
            .collect();
        assert_eq!(levels[0], 'H');
        assert!(!levels.contains(&'L'), "{levels:?}");
        assert!(Symbol::fitting(&"x".repeat(5000), Room::of(38.1)).is_err());
    }

    #[test]
    fn the_path_draws_the_symbol() {
        let symbol = Symbol::fitting("https://A.EXAMPLE/B", Room::of(38.1)).unwrap();
        assert!(symbol.path().starts_with("M4 4h7v1h-7z"), "{}", symbol.path());
        assert!(symbol.svg().contains("crispEdges"));
    }
}
