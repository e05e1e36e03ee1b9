//! Which files are pictures that a page may show, judged by their first bytes, size and pixels; photos on their way in.

use std::sync::Arc;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::number::EventId;
use crate::tree::Facts;

/// Bytes of a photo that is taken in: what a phone's camera makes of one where nothing makes it smaller.
pub const MOST_BYTES: usize = 8 << 20;

/// Photos that one event has at the desk.
pub const MOST_PHOTOS: usize = 2;

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

impl Kind {
    /// How names of such files end.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Kind::Jpeg => "jpg",
            Kind::Png => "png",
            Kind::WebP => "webp",
        }
    }
}

/// A photo that is to be recorded with what it shows. Whoever makes one has seen to it that it may be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Photo {
    kind: Kind,
    bytes: Arc<[u8]>,
}

impl Photo {
    /// A photo of these bytes; `None` where they begin no picture.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Photo> {
        Some(Photo { kind: kind(&bytes)?, bytes: bytes.into() })
    }

    /// What it is made of.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The SHA-256 of its bytes, in hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> String {
        Sha256::digest(&self.bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The file of the record's photo, relative to the asset's folder.
    #[must_use]
    pub fn file_of_record(&self) -> String {
        format!("files/photo.{}", self.kind.ending())
    }

    /// The file of the photo of an event, relative to the asset's folder: `at` counts its photos from 0.
    #[must_use]
    pub fn file_of_event(&self, day: NaiveDate, id: &EventId, at: usize) -> String {
        let more = if at == 0 { String::new() } else { format!("-{}", at + 1) };
        format!("files/{day}-{id}{more}.{}", self.kind.ending())
    }
}

impl std::fmt::Debug for Photo {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "Photo({:?}, {} bytes)", self.kind, self.bytes.len())
    }
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
