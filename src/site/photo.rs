//! Photos as they may be shown: judged by their first bytes, and without what a camera wrote about place and person.

use img_parts::jpeg::Jpeg;
use img_parts::png::Png;
use img_parts::webp::WebP;
use img_parts::{Bytes, ImageEXIF};

use crate::register::picture::{Kind, MOST_BYTES, Photo, kind, showable};
use crate::tree::Entry;

/// Why a photo is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It is of the kind that phones keep for themselves, and that browsers do not show.
    Heic,
    /// It is no picture, or of another kind than the three.
    NoPicture,
    /// It has more pixels than a page shows.
    TooManyPixels,
    /// It is not all there.
    Broken,
    /// It has more than [`MOST_BYTES`].
    TooLarge,
}

impl Unfit {
    /// What the site's words call it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Unfit::Heic => "photo_heic",
            Unfit::NoPicture => "photo_none",
            Unfit::TooManyPixels => "photo_pixels",
            Unfit::Broken => "photo_broken",
            Unfit::TooLarge => "photo_large",
        }
    }
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Unfit::Heic => "it is HEIC or AVIF, which many browsers do not show; save it as JPEG",
            Unfit::NoPicture => "it is not a JPEG, PNG or WebP picture",
            Unfit::TooManyPixels => "it has too many pixels; 2,000 a side are plenty",
            Unfit::Broken => "it is not all there",
            Unfit::TooLarge => "it has more than 8 MiB; 2,000 pixels a side are plenty",
        })
    }
}

/// A photo that someone hands in, as it is recorded: without metadata and whatever hides in it or behind it.
///
/// # Errors
/// Why it is not taken in.
pub fn taken(bytes: Vec<u8>) -> Result<Photo, Unfit> {
    let Some(kind) = kind(&bytes) else { return Err(if is_heic(&bytes) { Unfit::Heic } else { Unfit::NoPicture }) };
    if bytes.len() > MOST_BYTES {
        return Err(Unfit::TooLarge);
    }
    if kind == Kind::Jpeg && !picture(&bytes[2..]).1 {
        return Err(Unfit::Broken);
    }
    let stripped = strip(bytes).map_err(|_| Unfit::Broken)?;
    match Entry::file("", &stripped) {
        Entry::Other(facts) if facts.pixels.is_none_or(|(width, height)| width * height == 0) => Err(Unfit::Broken),
        Entry::Other(facts) if !showable(&facts) => Err(Unfit::TooManyPixels),
        _ => Photo::new(stripped).ok_or(Unfit::NoPicture),
    }
}

/// Whether it is a picture of the family of HEIC and AVIF (ISO/IEC 14496-12, §4.3; ISO/IEC 23008-12, annex B).
fn is_heic(bytes: &[u8]) -> bool {
    const BRANDS: &[&[u8]] =
        &[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"];
    bytes.get(4..8) == Some(b"ftyp") && bytes.get(8..12).is_some_and(|brand| BRANDS.contains(&brand))
}

/// The same picture without EXIF, GPS, XMP, comments and whatever stands behind its end. Only the orientation is kept.
///
/// # Errors
/// Why it is not a picture of one of the three kinds.
pub fn strip(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let kind = kind(&bytes).ok_or("it is not a JPEG, PNG or WebP picture")?;
    let bytes = Bytes::from(bytes);
    match kind {
        Kind::Jpeg => jpeg(&bytes),
        Kind::Png => png(bytes),
        Kind::WebP => webp(bytes),
    }
}

fn jpeg(bytes: &Bytes) -> Result<Vec<u8>, String> {
    let photo = Jpeg::from_bytes(bytes.clone()).map_err(|error| error.to_string())?;
    let mut kept = vec![0xFF, 0xD8];
    if let Some(orientation) = photo.exif().and_then(|exif| orientation(&exif)) {
        let exif = [b"Exif\0\0".as_slice(), &exif_with(orientation)].concat();
        kept.extend([0xFF, 0xE1, 0, u8::try_from(exif.len() + 2).unwrap_or(u8::MAX)]);
        kept.extend(exif);
    }
    kept.extend(picture(&bytes[2..]).0);
    Ok(kept)
}

/// A JPEG's segments and scans behind its first marker, without what is not picture, up to its end:
/// phones hang previews and films behind that, with EXIF of their own (ITU-T T.81, annex B). And whether the end was there.
fn picture(bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut kept = Vec::with_capacity(bytes.len());
    let (mut at, mut is_whole) = (0, false);
    while let Some(&[first, second]) = bytes.get(at..).and_then(|rest| rest.first_chunk::<2>()) {
        match (first, second) {
            (0xFF, 0xD9) => {
                is_whole = true;
                break;
            }
            (0xFF, 0x00 | 0x01 | 0xD0..=0xD8) => {
                kept.extend([first, second]);
                at += 2;
            }
            (0xFF, 0xFF) | (0..0xFF, _) => {
                kept.push(first);
                at += 1;
            }
            (0xFF, marker) => {
                let length =
                    bytes.get(at + 2..at + 4).map_or(2, |pair| usize::from(u16::from_be_bytes([pair[0], pair[1]])));
                let end = (at + 2 + length.max(2)).min(bytes.len());
                let segment = &bytes[at..end];
                if is_picture(marker, segment.get(4..).unwrap_or_default()) {
                    kept.extend(segment);
                }
                at = end;
            }
        }
    }
    kept.extend([0xFF, 0xD9]);
    (kept, is_whole)
}

/// Whether a segment is more than a comment or an application's own: of those only JFIF, Adobe's colour transform and
/// colour profiles are.
fn is_picture(marker: u8, contents: &[u8]) -> bool {
    match marker {
        0xE0 => contents.starts_with(b"JFIF\0"),
        0xE2 => contents.starts_with(b"ICC_PROFILE\0"),
        0xEE => contents.starts_with(b"Adobe"),
        0xE1..=0xEF | 0xFE => false,
        _ => true,
    }
}

/// Chunks that a PNG is drawn from (W3C, PNG 3rd edition, §11).
const PNG_CHUNKS: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"bKGD",
    b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

fn png(bytes: Bytes) -> Result<Vec<u8>, String> {
    let mut photo = Png::from_bytes(bytes).map_err(|error| error.to_string())?;
    let orientation = photo.exif().and_then(|exif| orientation(&exif));
    photo.chunks_mut().retain(|chunk| PNG_CHUNKS.contains(&&chunk.kind()));
    photo.set_exif(orientation.map(exif_with));
    Ok(photo.encoder().bytes().to_vec())
}

/// Chunks that a WebP is drawn from (RFC 9649, §2.7).
const WEBP_CHUNKS: &[&[u8; 4]] = &[b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];

fn webp(bytes: Bytes) -> Result<Vec<u8>, String> {
    let mut photo = WebP::from_bytes(bytes).map_err(|error| error.to_string())?;
    let orientation = photo.exif().and_then(|exif| orientation(&exif));
    photo.chunks_mut().retain(|chunk| WEBP_CHUNKS.contains(&&chunk.id()));
    photo.set_exif(orientation.map(exif_with));
    Ok(photo.encoder().bytes().to_vec())
}

/// The orientation (2 to 8) in an EXIF block; `None` where it is upright or not said (EXIF 2.32, §4.6.4, tag 0x0112).
fn orientation(exif: &[u8]) -> Option<u8> {
    let little = match exif.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let pair: [u8; 2] = exif.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(usize::from(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }))
    };
    let offset: [u8; 4] = exif.get(4..8)?.try_into().ok()?;
    let table = if little { u32::from_le_bytes(offset) } else { u32::from_be_bytes(offset) } as usize;
    let first = table.checked_add(2)?;
    let entry = (0..short(table)?).map(|n| first + n * 12).find(|at| short(*at) == Some(0x0112))?;
    short(entry + 8).and_then(|value| u8::try_from(value).ok()).filter(|value| (2..=8).contains(value))
}

/// An EXIF block that says nothing but the orientation.
fn exif_with(orientation: u8) -> Bytes {
    let mut block = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0]);
    block.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"GPS 52.52 13.41";

    fn segment(marker: u8, contents: &[u8]) -> Vec<u8> {
        let length = u16::try_from(contents.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], length.as_slice(), contents].concat()
    }

    fn exif(orientation: u8) -> Vec<u8> {
        [b"Exif\0\0".as_slice(), &exif_with(orientation), SECRET].concat()
    }

    fn holds(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn a_jpeg_keeps_its_picture_and_its_orientation() {
        let photo = [
            &[0xFF, 0xD8][..],
            &segment(0xE0, b"JFIF\0\x01\x01"),
            &segment(0xE1, &exif(6)),
            &segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", SECRET].concat()),
            &segment(0xFE, SECRET),
            &segment(0xE2, b"ICC_PROFILE\0\x01\x01profile"),
            &segment(0xDA, b"scan"),
            &[1, 2, 0xFF, 0x00, 3, 0xFF, 0xD9],
            SECRET,
        ]
        .concat();
        let stripped = strip(photo).unwrap();
        assert!(!holds(&stripped, SECRET) && !holds(&stripped, b"xap"));
        assert!(holds(&stripped, b"profile") && holds(&stripped, &[1, 2, 0xFF, 0, 3, 0xFF, 0xD9]));
        let read = Jpeg::from_bytes(stripped.into()).unwrap().exif().unwrap();
        assert_eq!(orientation(&read), Some(6));
    }

    #[test]
    fn a_png_keeps_what_it_is_drawn_from() {
        let chunk = |kind: [u8; 4], data: &[u8]| img_parts::png::PngChunk::new(kind, Bytes::copy_from_slice(data));
        let start =
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\0IEND\xaeB`\x82";
        let mut photo = Png::from_bytes(Bytes::from_static(start)).unwrap();
        let end = photo.chunks().len() - 1;
        photo.chunks_mut().insert(end, chunk(*b"tEXt", SECRET));
        photo.chunks_mut().insert(end, chunk(*b"sRGB", &[0]));
        let stripped = strip(photo.encoder().bytes().to_vec()).unwrap();
        assert!(!holds(&stripped, SECRET) && holds(&stripped, b"sRGB") && holds(&stripped, b"IHDR"));
    }

    #[test]
    fn a_webp_loses_its_metadata() {
        use img_parts::riff::{RiffChunk, RiffContent};
        let data = |id: &[u8; 4], bytes: &[u8]| RiffChunk::new(*id, RiffContent::Data(Bytes::copy_from_slice(bytes)));
        let extended = [0x0C, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let picture = b"\x50\x5a\x00\x9d\x01\x2a\x01\x00\x01\x00";
        let subchunks =
            vec![data(b"VP8X", &extended), data(b"VP8 ", picture), data(b"EXIF", &exif(3)), data(b"XMP ", SECRET)];
        let riff = RiffChunk::new(*b"RIFF", RiffContent::List { kind: Some(*b"WEBP"), subchunks });
        let stripped = strip(riff.encoder().bytes().to_vec()).unwrap();
        assert!(!holds(&stripped, SECRET) && holds(&stripped, picture));
    }

    /// A JPEG that says it has so many pixels, with whatever a phone hangs behind it.
    fn frame(width: u16, height: u16, behind: &[u8]) -> Vec<u8> {
        let ([a, b], [c, d]) = (height.to_be_bytes(), width.to_be_bytes());
        let whole = [&segment(0xC0, &[8, a, b, c, d, 1, 1, 0x11, 0])[..], &segment(0xDA, b"scan"), &[1, 2, 0xFF, 0xD9]];
        [&[0xFF, 0xD8], &whole.concat()[..], behind].concat()
    }

    #[test]
    fn a_photo_is_taken_in_without_what_hides_behind_it() {
        let film = [SECRET, b"\0\0\0\x18ftypmp42 <script>alert(1)</script> PK\x03\x04"].concat();
        let photo = taken(frame(4000, 3000, &film)).unwrap();
        assert_eq!(photo.bytes(), frame(4000, 3000, b""));
        assert!(photo.file_of_record().ends_with(".jpg"));
    }

    #[test]
    fn what_is_no_photo_is_not_taken_in() {
        let whole = frame(40, 30, b"");
        let heif = |brand: &[u8]| [b"\0\0\0\x18ftyp", brand, b"\0\0\0\0"].concat();
        for (bytes, why) in [
            (heif(b"heic"), Unfit::Heic),
            (heif(b"avif"), Unfit::Heic),
            (heif(b"mp42"), Unfit::NoPicture),
            (b"<svg onload=alert(1)>".to_vec(), Unfit::NoPicture),
            ([b"<html>".as_slice(), &whole].concat(), Unfit::NoPicture),
            (Vec::new(), Unfit::NoPicture),
            (whole[..whole.len() - 2].to_vec(), Unfit::Broken),
            (vec![0xFF, 0xD8, 0xFF], Unfit::Broken),
            (vec![0xFF, 0xD8, 0xFF, 0xD9], Unfit::Broken),
            (frame(0, 0, b""), Unfit::Broken),
            (frame(60_000, 60_000, b""), Unfit::TooManyPixels),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0".to_vec(), Unfit::Broken),
            (b"RIFF\xff\xff\0\0WEBPVP8 \xff\xff\0\0".to_vec(), Unfit::Broken),
            ([whole.clone(), vec![0; MOST_BYTES]].concat(), Unfit::TooLarge),
        ] {
            assert_eq!(taken(bytes.clone()).err(), Some(why), "{:?}", &bytes[..bytes.len().min(40)]);
        }
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert!(strip(b"<svg onload=alert(1)>".to_vec()).is_err());
        assert!(strip(vec![0xFF, 0xD8, 0xFF]).is_err());
    }
}
