//! A form that photos come with: `multipart/form-data`, read as it arrives, and no more of it than a form has.

use axum::body::Body;
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::asked::{Fields, Handed, Unread};
use crate::register::picture::{MOST_BYTES, MOST_PHOTOS};

/// The field that photos come in.
pub(super) const PHOTO: &str = "photo";

/// Bytes that the whole of such a form may have: beyond that nobody waits for its end.
const MOST: u64 = 64 << 20;

/// The same where nobody knows who sends it: what was typed is read, and no photo.
const MOST_OF_STRANGERS: u64 = 2 << 20;

/// Why the parts could not be read.
pub(super) enum Broken {
    /// They are more than a form has.
    TooLarge,
    /// They say what no form says.
    Unread(Unread),
}

impl From<multer::Error> for Broken {
    fn from(error: multer::Error) -> Broken {
        match error {
            multer::Error::StreamSizeExceeded { .. } => Broken::TooLarge,
            _ => Broken::Unread(Unread::NotText),
        }
    }
}

/// The fields and photos of a form. What is typed may have `most` bytes; a photo that is too large is read to its end, so
/// that what comes behind it is not lost.
pub(super) async fn read(
    body: Body,
    boundary: String,
    most: usize,
    is_known: bool,
) -> Result<(Fields, Vec<Handed>), Broken> {
    let whole = SizeLimit::new().whole_stream(if is_known { MOST } else { MOST_OF_STRANGERS });
    let constraints = Constraints::new().size_limit(whole);
    let mut parts = Multipart::with_constraints(body.into_data_stream(), boundary, constraints);
    let (mut fields, mut photos, mut typed) = (Fields::default(), Vec::new(), 0);
    while let Some(mut part) = parts.next_field().await? {
        let name = part.name().ok_or(Broken::Unread(Unread::NotText))?.to_owned();
        let is_file = part.file_name().is_some();
        if is_file && name == PHOTO {
            // One more than there may be is enough to say so.
            let keeps = is_known && photos.len() <= MOST_PHOTOS;
            let handed = photo(&mut part).await?;
            // A field in which nothing was chosen is sent all the same.
            photos.extend(handed.filter(|_| keeps));
            continue;
        }
        if is_file {
            return Err(Broken::Unread(Unread::NotText));
        }
        let left = most.saturating_sub(typed + name.len());
        let value = text(&mut part, left).await?;
        typed += name.len() + value.len();
        fields.add(name, value).map_err(Broken::Unread)?;
    }
    Ok((fields, photos))
}

async fn text(part: &mut Field<'_>, most: usize) -> Result<String, Broken> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await? {
        if bytes.len() + chunk.len() > most {
            return Err(Broken::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Broken::Unread(Unread::NotText))
}

async fn photo(part: &mut Field<'_>) -> Result<Option<Handed>, Broken> {
    let (mut bytes, mut is_large) = (Vec::new(), false);
    while let Some(chunk) = part.chunk().await? {
        is_large = is_large || bytes.len() + chunk.len() > MOST_BYTES;
        if is_large {
            bytes = Vec::new();
        } else {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(match (is_large, bytes.is_empty()) {
        (true, _) => Some(Handed::TooLarge),
        (false, true) => None,
        (false, false) => Some(Handed::Whole(bytes)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a browser sends: the name of a field, that of its file where it is one, and what is in it.
    fn parts(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
        let mut form = Vec::new();
        for (name, file, bytes) in parts {
            let file =
                file.map(|file| format!("; filename=\"{file}\"\r\nContent-Type: image/jpeg")).unwrap_or_default();
            form.extend(format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").into_bytes());
            form.extend_from_slice(bytes);
            form.extend(b"\r\n");
        }
        form.extend(b"--x--\r\n");
        form
    }

    fn of(form: Vec<u8>, is_known: bool) -> Result<(Fields, Vec<Handed>), Broken> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(read(Body::from(form), "x".into(), 100, is_known))
    }

    #[test]
    fn what_was_typed_and_what_was_chosen_are_told_apart() {
        let form =
            parts(&[("note", None, b"a\r\nb"), ("photo", Some("../../x.jpg"), b"\xff\xd8"), ("photo", Some(""), b"")]);
        let (fields, photos) = of(form.clone(), true).ok().unwrap();
        assert_eq!(fields.iter().collect::<Vec<_>>(), [("note", "a\r\nb")]);
        assert_eq!(photos, [Handed::Whole(vec![0xff, 0xd8])]);
        let (fields, photos) = of(form, false).ok().unwrap();
        assert_eq!((fields.said("note"), photos.len()), (Some("a\r\nb"), 0), "of a stranger no photo is kept");
    }

    #[test]
    fn a_photo_that_is_too_large_takes_nothing_of_the_form_along() {
        let large = vec![1; MOST_BYTES + 1];
        let fits = vec![1; MOST_BYTES];
        let (fields, photos) =
            of(parts(&[("photo", Some("a"), &large), ("photo", Some("b"), &fits), ("note", None, b"kept")]), true)
                .ok()
                .unwrap();
        assert_eq!(fields.said("note"), Some("kept"));
        assert_eq!(photos, [Handed::TooLarge, Handed::Whole(fits)]);
    }

    #[test]
    fn what_no_form_says_is_not_read() {
        let unread = |form: Vec<u8>| matches!(of(form, true), Err(Broken::Unread(_)));
        assert!(unread(parts(&[("note", None, b"a"), ("note", None, b"b")])), "a field twice");
        assert!(unread(parts(&[("note", None, b"\xff")])), "no text");
        assert!(unread(parts(&[("paper", Some("a.pdf"), b"%PDF")])), "a file that nobody asked for");
        assert!(unread(parts(&[("photo", Some("a"), b"\xff\xd8")])[..60].to_vec()), "half a form");
        assert!(unread(b"note=a".to_vec()));
        assert!(matches!(of(parts(&[("note", None, &[b'a'; 97])]), true), Err(Broken::TooLarge)));
        assert!(matches!(of(parts(&[("photo", Some("a"), &vec![0; 3 << 20])]), false), Err(Broken::TooLarge)));
    }

    #[test]
    fn no_more_photos_are_kept_than_say_that_there_are_too_many() {
        let many = [("photo", Some("a"), b"\xff".as_slice()); 20];
        assert_eq!(of(parts(&many), true).ok().unwrap().1.len(), MOST_PHOTOS + 1);
    }
}
