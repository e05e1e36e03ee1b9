//! The QR symbol of a label: what it says, how robust it is, and how it is drawn.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

/// Modules of white around a symbol, and on stock under [`LOW_STOCK`].
const QUIET: usize = 4;
const QUIET_LOW: usize = 2;

/// Millimetres of height under which two modules of white are enough.
const LOW_STOCK: f64 = 15.0;

/// Millimetres a module needs to be read at arm's length: the knee of measured reading rates.
const READABLE: f64 = 0.5;

/// A QR symbol with the white around it.
#[derive(Clone)]
pub struct Symbol {
    code: QrCode,
    quiet: usize,
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

/// Millimetres of height that a symbol may take on a stock; the usual sheet's where the stock is not known here.
#[must_use]
pub fn side_on(stock: &str) -> f64 {
    const SIDES: &[(&str, f64)] = &[
        ("avery-l7160", 38.1),
        ("avery-l7159", 33.86),
        ("avery-l7161", 46.56),
        ("avery-l7163", 38.1),
        ("avery-l7651", 21.17),
        ("avery-l6009", 21.17),
        ("avery-l6011", 29.63),
        ("avery-l4731rev", 10.0),
        ("zweckform-3490", 36.0),
        ("zweckform-3659", 42.3),
        ("zweckform-3667", 16.9),
        ("herma-4226", 16.93),
        ("herma-4346", 21.17),
        ("herma-4334", 16.93),
        ("avery-5160", 25.4),
        ("avery-5163", 50.8),
        ("avery-5167", 12.7),
        ("brother-dk-11209", 22.9),
        ("brother-dk-11204", 14.0),
        ("brother-dk-11221", 17.1),
        ("dymo-11352", 25.0),
        ("dymo-99010", 28.0),
        ("dymo-99012", 36.0),
        ("dymo-11354", 32.0),
        ("dymo-11353", 13.0),
        ("zebra-2x1", 25.4),
    ];
    SIDES.iter().find(|(slug, _)| *slug == stock).map_or(38.1, |(_, side)| *side)
}

impl Symbol {
    /// The symbol for `text` where `side` millimetres are free for it and its white.
    ///
    /// Of levels Q and H the higher whose modules stay readable; else the highest that needs no larger symbol than M.
    /// Never L.
    ///
    /// # Errors
    /// When no symbol can hold the text.
    pub fn fitting(text: &str, side: f64) -> Result<Symbol, String> {
        let segments = segments(text);
        let quiet = if side < LOW_STOCK { QUIET_LOW } else { QUIET };
        let encode = |level| {
            QrCode::encode_segments_advanced(&segments, level, Version::MIN, Version::MAX, None, false)
                .map_err(|_| format!("{} characters are too many for a symbol", text.len()))
        };
        for level in [QrCodeEcc::High, QrCodeEcc::Quartile] {
            if let Ok(code) = encode(level) {
                let symbol = Symbol { code, quiet };
                if side / modules_as_f64(symbol.size()) >= READABLE {
                    return Ok(symbol);
                }
            }
        }
        let medium = encode(QrCodeEcc::Medium)?;
        let same_size = [QrCodeEcc::High, QrCodeEcc::Quartile]
            .into_iter()
            .filter_map(|level| encode(level).ok())
            .find(|code| code.version() == medium.version());
        Ok(Symbol { code: same_size.unwrap_or(medium), quiet })
    }

    /// Modules on a side, the white included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.code.size().unsigned_abs() as usize + 2 * self.quiet
    }

    /// Whether the module in column `x`, row `y` (the white included) is black.
    #[must_use]
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        let inner =
            |at: usize| i32::try_from(at).ok().zip(i32::try_from(self.quiet).ok()).map(|(at, quiet)| at - quiet);
        inner(x).zip(inner(y)).is_some_and(|(x, y)| self.code.get_module(x, y))
    }

    /// The error correction level: `M`, `Q` or `H`.
    #[must_use]
    pub fn level(&self) -> char {
        match self.code.error_correction_level() {
            QrCodeEcc::Low => 'L',
            QrCodeEcc::Medium => 'M',
            QrCodeEcc::Quartile => 'Q',
            QrCodeEcc::High => 'H',
        }
    }

    /// All black modules as one SVG path, a stroke of one module's height for every run.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = String::new();
        for y in 0..self.size() {
            let mut x = 0;
            while x < self.size() {
                let run = (x..self.size()).take_while(|x| self.is_dark(*x, y)).count();
                if run > 0 {
                    // Writing to a string does not fail.
                    let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
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

fn modules_as_f64(modules: usize) -> f64 {
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
            assert_eq!(read(&Symbol::fitting(&text, 38.1).unwrap()), text);
        }
    }

    #[test]
    fn segments_mix_modes_and_save_room() {
        let text = address("https://kit.example.org/", "CAM-0001");
        let modes = segments(&text).len();
        assert_eq!(modes, 2, "bytes for the scheme, capitals for the rest");
        assert_eq!(Symbol::fitting(&text, 38.1).unwrap().level(), 'H');
        assert!(segments("").is_empty());
        assert_eq!(segments("12345678901234567890").len(), 1);
    }

    #[test]
    fn the_level_is_what_the_stock_allows_and_never_l() {
        let text = address("https://a-rather-long-host.example.org/", "CAM-0001");
        let levels: Vec<char> =
            [38.1, 21.17, 10.0, 4.0].iter().map(|side| Symbol::fitting(&text, *side).unwrap().level()).collect();
        assert_eq!(levels[0], 'H');
        assert!(!levels.contains(&'L'), "{levels:?}");
        assert!(Symbol::fitting(&"x".repeat(5000), 38.1).is_err());
    }

    #[test]
    fn the_path_draws_the_symbol() {
        let symbol = Symbol::fitting("https://A.EXAMPLE/B", 38.1).unwrap();
        assert!(symbol.path().starts_with("M4 4h7v1h-7z"), "{}", symbol.path());
        assert!(symbol.svg().contains("crispEdges"));
    }
}
