//! Which files are pictures that a page may show, judged by their first bytes, size and pixels.

use crate::tree::Facts;

/// Bytes a photo may have to be shown on a page.
const MAX_BYTES: u64 = 20 << 20;

/// Pixels a photo may have on one side, and in all.
const MAX_SIDE: usize = 16_000;
const MAX_PIXELS: usize = 64_000_000;

/// A picture that a page may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    WebP,
}

/// What a file is by its first bytes; `None` for whatever a page should not show (SVG, HTML, anything else).
#[must_use]
pub fn kind(head: &[u8]) -> Option<Kind> {
    match head {
        [0xFF, 0xD8, 0xFF, ..] => Some(Kind::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Kind::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Kind::WebP),
        _ => None,
    }
}

/// Whether a page may show a file.
#[must_use]
pub fn showable(facts: &Facts) -> bool {
    let sane = facts
        .pixels
        .is_none_or(|(width, height)| width.max(height) <= MAX_SIDE && width.saturating_mul(height) <= MAX_PIXELS);
    kind(&facts.head).is_some() && facts.size <= MAX_BYTES && sane
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_of_a_sane_size_are_shown() {
        let shown = |size, head: &[u8], pixels| showable(&Facts { size, head: head.to_vec(), pixels });
        let jpeg = [0xFF, 0xD8, 0xFF, 0xE0];
        assert!(shown(1000, &jpeg, Some((4000, 3000))));
        assert!(!shown(1000, &jpeg, Some((50_000, 50_000))));
        assert!(!shown(1000, b"<!doctype html>", None));
        assert!(!shown(MAX_BYTES + 1, &jpeg, None));
    }
}
