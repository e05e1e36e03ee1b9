//! Pages as dots: PNG files that know their size, and the language of Zebra printers.

use std::fmt::Write;

use resvg::tiny_skia::{Color, Pixmap, Transform};

use super::sheet::Page;
use super::text::Fonts;
use crate::register::stock::INCH;

/// Dots that one page may have: a square metre at 300 dots an inch.
const MOST_DOTS: f64 = 140e6;

/// A page in grey, `width` dots in a row, white where nothing is.
struct Dots {
    width: usize,
    grey: Vec<u8>,
}

impl Dots {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked against what a page may have")]
    fn of(page: &Page, dpi: f64, fonts: &Fonts) -> Result<Dots, String> {
        let (width, height) = ((page.width / INCH * dpi).round(), (page.height / INCH * dpi).round());
        if !(width >= 1.0 && height >= 1.0 && width * height <= MOST_DOTS) {
            return Err(format!("a page of {width} by {height} dots is too large; choose another --dpi"));
        }
        let tree = fonts.read(&page.svg)?;
        let mut map = Pixmap::new(width as u32, height as u32).ok_or("there is no room for a page")?;
        map.fill(Color::WHITE);
        // Dots of the printer, whatever is rounded at the far edge.
        let scale = (page.width / INCH * dpi) as f32 / tree.size().width();
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut map.as_mut());
        // All is black, white, or between them.
        let grey = map.pixels().iter().map(|pixel| pixel.green()).collect();
        Ok(Dots { width: width as usize, grey })
    }
}

/// A page as a PNG in grey that says how many dots an inch it has.
///
/// # Errors
/// Where the page is too large.
pub fn png(page: &Page, dpi: f64, fonts: &Fonts) -> Result<Vec<u8>, String> {
    let dots = Dots::of(page, dpi, fonts)?;
    let height = dots.grey.len() / dots.width;
    let mut bytes = Vec::new();
    let size = |side: usize| u32::try_from(side).map_err(|_| "the page is too large".to_owned());
    let mut encoder = png::Encoder::new(&mut bytes, size(dots.width)?, size(height)?);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "dots a metre, of fewer than 10,000 an inch"
    )]
    let metre = (dpi / INCH * 1000.0).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: metre, yppu: metre, unit: png::Unit::Meter }));
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&dots.grey));
    written.map_err(|error| format!("a picture cannot be written: {error}"))?;
    Ok(bytes)
}

/// A page as a label for a Zebra printer: one graphic field, so that it is what was drawn, whatever fonts the printer has
/// (Zebra, "ZPL II Programming Guide", `^GF` and its "alternative data compression scheme").
///
/// # Errors
/// Where the page is too large.
pub fn zpl(page: &Page, dpi: f64, fonts: &Fonts) -> Result<String, String> {
    let dots = Dots::of(page, dpi, fonts)?;
    let height = dots.grey.len() / dots.width;
    let row = dots.width.div_ceil(8);
    let mut field = String::new();
    let mut last = String::new();
    for line in dots.grey.chunks(dots.width) {
        let bytes = line.chunks(8).map(|eight| {
            eight.iter().enumerate().fold(0_u8, |byte, (at, grey)| byte | (u8::from(*grey < 128) << (7 - at)))
        });
        let hex: String = bytes.map(|byte| format!("{byte:02X}")).collect();
        field.push_str(if hex == last { ":" } else { "" });
        if hex != last {
            field.push_str(&squeezed(&hex));
            last = hex;
        }
    }
    let total = row * height;
    Ok(format!("^XA\n^PW{}\n^LL{height}\n^LH0,0\n^FO0,0^GFA,{total},{total},{row},{field}^FS\n^PQ1\n^XZ\n", dots.width))
}

/// A line of hexadecimal digits as the printer takes it: repeats counted in letters, a comma for zeros to the end.
fn squeezed(hex: &str) -> String {
    let kept = hex.trim_end_matches('0');
    let digits = kept.as_bytes();
    let mut line = String::new();
    let mut at = 0;
    while at < digits.len() {
        let run = digits[at..].iter().take_while(|digit| **digit == digits[at]).count();
        let mut left = if run < 3 { 0 } else { run };
        while left > 0 {
            // `g` to `z` are 20 to 400 in twenties, `G` to `Y` 1 to 19.
            let twenties = (left / 20).min(20);
            if twenties > 0 {
                line.push(char::from(b'f' + u8::try_from(twenties).unwrap_or_default()));
                left -= twenties * 20;
            }
            if left < 20 {
                if left > 0 {
                    line.push(char::from(b'F' + u8::try_from(left).unwrap_or_default()));
                }
                left = 0;
            } else {
                line.push(char::from(digits[at]));
            }
        }
        let count = if run < 3 { run } else { 1 };
        // Writing to a string does not fail.
        let _ = write!(line, "{}", char::from(digits[at]).to_string().repeat(count));
        at += run;
    }
    if kept.len() < hex.len() {
        line.push(',');
    }
    line
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "dots of small pictures"
)]
mod tests {
    use super::*;
    use crate::labels::layout::{Label, Shape, Words, lay};
    use crate::labels::sheet::{self, Printing};
    use crate::labels::symbol::{Code, address, quiet_on};
    use crate::register::stock::Stock;

    /// What a printer makes of a line, by the table of the programming guide.
    fn read(line: &str, digits: usize) -> String {
        let (mut hex, mut count) = (String::new(), 0);
        for c in line.chars() {
            match c {
                'G'..='Y' => count += c as usize - 'F' as usize,
                'g'..='z' => count += (c as usize - 'f' as usize) * 20,
                ',' => hex.push_str(&"0".repeat(digits - hex.len())),
                digit => {
                    hex.push_str(&digit.to_string().repeat(count.max(1)));
                    count = 0;
                }
            }
        }
        hex
    }

    #[test]
    fn a_line_is_read_as_it_was() {
        let long = format!("{}A{}", "F".repeat(1500), "0".repeat(33));
        for hex in
            ["", "00", "0F", "FFFF0000", "A1B2C3", "0000000000000000000000F0", "FFF", "FFFFFFFFFFFFFFFFFFFFF", &long]
        {
            assert_eq!(read(&squeezed(hex), hex.len()), hex, "{}", squeezed(hex));
        }
    }

    fn words(number: &str, name: &str) -> Words {
        Words {
            number: number.into(),
            address: address("https://kit.nord.test/", number),
            name: name.into(),
            owner: "Kit of Nord".into(),
            found: "Found it? Scan, or kit@nord.test, +49 30 5550 123".into(),
        }
    }

    fn lay_on(stock: &Stock, words: &Words) -> Result<Label, String> {
        lay(words, stock, Code::Qr, Shape::Usual, &Fonts::default())
    }

    /// The picture of a single label, `dpi` dots an inch.
    fn picture(stock: &Stock, label: &Label, dpi: f64) -> Dots {
        let single = Stock { sheet: None, ..stock.clone() };
        let page = sheet::page(0, std::slice::from_ref(label), &single, &Printing::default());
        Dots::of(&page, dpi, &Fonts::default()).unwrap()
    }

    /// What a decoder reads from a picture.
    fn decoded(dots: &Dots) -> Vec<String> {
        let height = dots.grey.len() / dots.width;
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(dots.width, height, |x, y| dots.grey[y * dots.width + x]);
        image.detect_grids().iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
    }

    impl Dots {
        fn map(&self, width: usize, height: usize, at: impl Fn(usize, usize) -> (f64, f64)) -> Dots {
            let rows = self.grey.len() / self.width;
            let grey = |(x, y): (f64, f64)| {
                let is_inside = x >= 0.0 && y >= 0.0 && x < self.width as f64 && y < rows as f64;
                if is_inside { self.grey[y as usize * self.width + x as usize] } else { 255 }
            };
            let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
            Dots { width, grey: all.map(|(x, y)| grey(at(x, y))).collect() }
        }

        /// The mean of a square around every dot.
        fn blurred(&self, reach: usize) -> Dots {
            let rows = self.grey.len() / self.width;
            let mean = |at: usize| {
                let (x, y) = (at % self.width, at / self.width);
                let across = x.saturating_sub(reach)..(x + reach + 1).min(self.width);
                let down = y.saturating_sub(reach)..(y + reach + 1).min(rows);
                let count = across.len() * down.len();
                let sum: usize = down
                    .flat_map(|y| across.clone().map(move |x| (x, y)))
                    .map(|(x, y)| usize::from(self.grey[y * self.width + x]))
                    .sum();
                (sum / count) as u8
            };
            Dots { width: self.width, grey: (0..self.grey.len()).map(mean).collect() }
        }

        fn faded(&self) -> Dots {
            Dots { width: self.width, grey: self.grey.iter().map(|grey| 90 + grey / 2).collect() }
        }

        fn turned(&self, degrees: f64) -> Dots {
            let (height, (sin, cos)) = (self.grey.len() / self.width, degrees.to_radians().sin_cos());
            let side = (self.width.pow(2) + height.pow(2)).isqrt() + 2;
            let (cx, cy, c) = (self.width as f64 / 2.0, height as f64 / 2.0, side as f64 / 2.0);
            self.map(side, side, |x, y| {
                let (x, y) = (x as f64 - c, y as f64 - c);
                (x * cos + y * sin + cx, y * cos - x * sin + cy)
            })
        }

        /// Seen from the right: what is far is small.
        fn tilted(&self) -> Dots {
            let height = self.grey.len() / self.width;
            let (width, middle) = (self.width as f64, height as f64 / 2.0);
            self.map(self.width, height, |x, y| {
                let near = 1.0 - 0.2 * x as f64 / width;
                (x as f64, middle + (y as f64 - middle) / near)
            })
        }

        /// Specks of so many dots on one dot in a thousand, from a fixed seed.
        fn dirty(&self, side: usize) -> Dots {
            let mut chance = fastrand::Rng::with_seed(7);
            let (mut grey, rows) = (self.grey.clone(), self.grey.len() / self.width);
            for _ in 0..grey.len() / 1000 / side {
                let (x, y) = (chance.usize(0..self.width - side), chance.usize(0..rows - side));
                for (dx, dy) in (0..side).flat_map(|dx| (0..side).map(move |dy| (dx, dy))) {
                    grey[(y + dy) * self.width + x + dx] = 60;
                }
            }
            Dots { width: self.width, grey }
        }
    }

    /// Every label that is printed reads, on every stock; those with modules under 0.3 mm from more dots.
    #[test]
    fn every_stock_reads_clean() {
        for stock in Stock::known() {
            let said = words("CAM-0001", "Sony FX3, body with cage");
            let label = lay_on(stock, &said).unwrap();
            assert_eq!(decoded(&picture(stock, &label, 600.0)), [said.address.as_str()], "{}", stock.slug);
        }
    }

    #[test]
    fn labels_of_usual_stock_read_through_what_befalls_them() {
        for slug in ["avery-l7160", "avery-5160", "brother-dk-11209", "zebra-2x1"] {
            let stock = Stock::called(slug, &[]).unwrap();
            for number in ["CAM-0001", "LNS-0042", "7K3QXJ"] {
                let said = words(number, "Sigma 35 mm T1.5 FF High Speed");
                let clean = picture(&stock, &lay_on(&stock, &said).unwrap(), 300.0);
                let far = picture(&stock, &lay_on(&stock, &said).unwrap(), 110.0);
                let seen = [
                    ("blurred", clean.blurred(2)),
                    ("blurred more", clean.blurred(3)),
                    ("faded", clean.faded()),
                    ("turned", clean.turned(17.0)),
                    ("turned more", clean.turned(45.0)),
                    ("upside down", clean.turned(180.0)),
                    ("tilted", clean.tilted()),
                    ("dirty", clean.dirty(3)),
                    ("from afar", far),
                    ("faded, turned and blurred", clean.turned(30.0).blurred(1).faded()),
                ];
                for (what, dots) in seen {
                    assert_eq!(decoded(&dots), [said.address.as_str()], "{slug} {number} {what}");
                }
            }
        }
    }

    /// The white around every symbol is white, whatever is said beside it.
    #[test]
    fn nothing_is_printed_in_the_quiet_zone_or_beyond_what_can_be_printed_on() {
        let names = [
            "Sony FX3, body with cage".to_owned(),
            "W".repeat(200),
            "Großformat-Gegenlichtblende ".repeat(9),
            "👩‍👩‍👧‍👦 e\u{301} كاميرا عربية 北京相机".into(),
        ];
        for stock in Stock::known() {
            for name in &names {
                let label = lay_on(stock, &words("CAM-0001", name)).unwrap();
                let dpi = 300.0;
                let dots = picture(stock, &label, dpi);
                let is_dark = |x: f64, y: f64| {
                    let (x, y) = ((x / INCH * dpi) as usize, (y / INCH * dpi) as usize);
                    dots.grey.get(y * dots.width + x).is_some_and(|grey| x < dots.width && *grey < 200)
                };
                let [left, top, width, height] = label.symbols[0];
                let quiet = label.module * quiet_on(stock.height.min(stock.width)) as f64;
                // A dot less: edges lie between dots.
                let (near, far) = (0.1, quiet - 0.1);
                for step in 0..400 {
                    let along = f64::from(step) / 400.0;
                    let (x, y) = (left - far + along * (width + 2.0 * far), top - far + along * (height + 2.0 * far));
                    for depth in [near, far / 2.0, far] {
                        let around =
                            [(x, top - depth), (x, top + height + depth), (left - depth, y), (left + width + depth, y)];
                        for (x, y) in around {
                            assert!(!is_dark(x, y), "{} {name}: dark at {x:.2}, {y:.2}", stock.slug);
                        }
                    }
                }
                let edge = |x: f64, y: f64| {
                    let (right, bottom) = (stock.width - stock.margin.0, stock.height - stock.margin.1);
                    x < stock.margin.0 - 0.1 || x > right + 0.1 || y < stock.margin.1 - 0.1 || y > bottom + 0.1
                };
                for (at, grey) in dots.grey.iter().enumerate().filter(|(_, grey)| **grey < 128) {
                    let (x, y) = ((at % dots.width) as f64 / dpi * INCH, (at / dots.width) as f64 / dpi * INCH);
                    assert!(!edge(x, y), "{} {name}: {grey} at {x:.2}, {y:.2}", stock.slug);
                }
            }
        }
    }

    #[test]
    fn what_must_stand_on_a_label_and_does_not_fit_is_refused() {
        let small = Stock::called("avery-l4731rev", &[]).unwrap();
        assert!(lay_on(&small, &words(&"W".repeat(32), "")).unwrap_err().contains("does not fit"));
        let long = Words { address: format!("https://{}.test/CAM-0001", "kit".repeat(60)), ..words("CAM-0001", "") };
        assert!(lay_on(&small, &long).unwrap_err().contains("modules would be"));
        assert!(lay_on(&small, &words("CAM-0001", "")).unwrap().is_small());
    }

    #[test]
    fn a_flag_has_its_symbol_on_both_ends_and_nothing_where_the_cable_is() {
        let stock = Stock::called("brother-tze-24", &[]).unwrap();
        let said = words("CAB-0001", "XLR 10 m");
        let label = lay(&said, &stock, Code::Qr, Shape::Flag, &Fonts::default()).unwrap();
        let dots = picture(&stock, &label, 600.0);
        assert_eq!(decoded(&dots), [said.address.as_str(), said.address.as_str()]);
        let middle = (stock.width / 2.0 / INCH * 600.0) as usize;
        let column = |x: usize| (0..dots.grey.len() / dots.width).all(|y| dots.grey[y * dots.width + x] == 255);
        assert!((middle - 100..middle + 100).all(column));
    }
}
