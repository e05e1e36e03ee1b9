//! The names of things: asset numbers, slugs, the ids of events.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// First path parts of the site and the desk, which no asset's number may equal in any case.
pub const PAGES: &[&str] = &[
    "404",
    "activity",
    "assets",
    "audits",
    "batch",
    "categories",
    "desk",
    "enrol",
    "faults",
    "healthz",
    "index",
    "jobs",
    "labels",
    "locations",
    "me",
    "offline",
    "overdue",
    "people",
    "receipt",
    "scan",
    "search",
    "snapshot",
    "static",
];

/// File names that some systems keep for devices, whatever the extension
/// (Microsoft, "Naming Files, Paths, and Namespaces").
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];

/// An asset number such as `CAM-0001`: `[A-Z0-9][A-Z0-9-]{0,31}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct Number(#[schemars(regex(pattern = r"^[A-Z0-9][A-Z0-9-]{0,31}$"))] Box<str>);

/// A short name of a person, location or category such as `shelf-a`: `[a-z0-9][a-z0-9-]{0,31}`.
///
/// A slug that is referred to may be one that nobody declared: it folds all the same and is a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct Slug(Box<str>);

/// The id of an event: eight or more characters of lower-case Crockford base32.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct EventId(#[schemars(regex(pattern = r"^[0-9a-hjkmnp-tv-z]{8,}$"))] Box<str>);

impl Number {
    /// Reads a number exactly as it must stand in a register.
    ///
    /// # Errors
    /// What is wrong with it, in words that can follow "is not an asset number: ".
    pub fn parse(text: &str) -> Result<Number, String> {
        well_formed(text, |c| c.is_ascii_uppercase() || c.is_ascii_digit(), "capital letters A to Z")?;
        if PAGES.iter().any(|page| page.eq_ignore_ascii_case(text)) {
            return Err("it is the name of a page of the site".into());
        }
        Ok(Number(text.into()))
    }

    /// A number that nobody has checked, for reading a folder that is wrongly named.
    pub(super) fn unchecked(text: &str) -> Number {
        Number(text.into())
    }

    /// Reads a number as people type it: in any case, with blanks around it.
    ///
    /// # Errors
    /// As [`Number::parse`].
    pub fn typed(text: &str) -> Result<Number, String> {
        Number::parse(&text.trim().to_uppercase())
    }

    /// The group that `add` files this number under: by hundred, `CAM-0042` in `CAM-00xx`;
    /// where the last two characters are not digits, by the first two.
    #[must_use]
    pub fn group(&self) -> String {
        let text = self.as_str();
        match text.split_at_checked(text.len().saturating_sub(2)) {
            Some((head, tail)) if tail.len() == 2 && tail.bytes().all(|b| b.is_ascii_digit()) => format!("{head}xx"),
            _ => text.chars().take(2).collect(),
        }
    }

    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Slug {
    /// Reads a slug as it must be declared.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Slug, String> {
        well_formed(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit(), "small letters a to z")?;
        Ok(Slug(text.into()))
    }

    /// A slug that something refers to, whether anybody declared it or not.
    #[must_use]
    pub fn referred(text: &str) -> Slug {
        Slug(text.into())
    }

    /// A slug made from a person's or a place's name: `Ana Ruiz` becomes `ana-ruiz`. `None` where nothing is left.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Slug> {
        use unicode_normalization::UnicodeNormalization;
        let mut slug = String::new();
        for c in name.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
            if c.is_ascii_alphanumeric() {
                slug.push(c.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(32);
        Slug::parse(slug.trim_end_matches('-')).ok()
    }

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl EventId {
    /// Reads an event's id.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<EventId, String> {
        if text.len() < 8 || text.len() > 32 {
            return Err("an event's id has 8 to 32 characters".into());
        }
        match text.chars().find(|c| !CROCKFORD.contains(*c)) {
            Some(c) => Err(format!("`{}` is not one of {CROCKFORD}", c.escape_default())),
            None => Ok(EventId(text.into())),
        }
    }

    /// An id that something refers to, whether such an event exists or not.
    #[must_use]
    pub fn referred(text: &str) -> EventId {
        EventId(text.into())
    }

    /// An id of 8 characters from 5 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 5]) -> EventId {
        let bits = bytes.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        EventId(crockford(bits, 8).into())
    }

    /// An id of 10 characters: the first 50 bits of the SHA-256 of these texts, whatever they are.
    #[must_use]
    pub fn hashed(texts: &[&str]) -> EventId {
        let mut hash = Sha256::new();
        for text in texts {
            // The length goes before the text: what is said in two texts is not what is said in one.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        let bits = hash.finalize().iter().take(7).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        EventId(crockford(bits >> 6, 10).into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The lowest `count` groups of five bits, the highest first.
fn crockford(bits: u64, count: u32) -> String {
    let alphabet = CROCKFORD.as_bytes();
    (0..count).rev().map(|place| char::from(alphabet[(bits >> (place * 5) & 31) as usize])).collect()
}

/// Crockford's base 32 alphabet in small letters (<https://www.crockford.com/base32.html>).
pub const CROCKFORD: &str = "0123456789abcdefghjkmnpqrstvwxyz";

fn well_formed(text: &str, letter: impl Fn(char) -> bool, letters: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("it is empty".into());
    }
    if text.chars().count() > 32 {
        return Err("it is longer than 32 characters".into());
    }
    if let Some(c) = text.chars().find(|c| !letter(*c) && *c != '-') {
        return Err(format!("`{}` is not one of {letters}, digits and `-`", c.escape_default()));
    }
    if text.starts_with('-') {
        return Err("it begins with `-`".into());
    }
    if is_device(text) {
        return Err("some systems keep this name for a device".into());
    }
    Ok(())
}

fn is_device(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let port = lower.strip_prefix("com").or_else(|| lower.strip_prefix("lpt"));
    DEVICES.contains(&lower.as_str()) || port.is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit())
}

macro_rules! shown_as_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }
    )*};
}
shown_as_text!(Number, Slug, EventId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_capitals_digits_and_hyphens() {
        for good in ["CAM-0001", "7K3QXJ", "A", "COM10", "SCANNER", &"A".repeat(32)] {
            assert!(Number::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["", "cam-1", "-A", "A B", "É", "А-1", "A/B", "..", "CON", "LPT1", "PEOPLE", "SCAN", "%2E", &"A".repeat(33)]
        {
            assert!(Number::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Number::typed(" cam-0001 ").unwrap().as_str(), "CAM-0001");
    }

    #[test]
    fn numbers_are_grouped_by_hundred() {
        let group = |text| Number::parse(text).unwrap().group();
        assert_eq!(group("CAM-0042"), "CAM-00xx");
        assert_eq!(group("7K3QXJ"), "7K");
        assert_eq!(group("A"), "A");
        assert_eq!(group("12"), "xx");
    }

    #[test]
    fn names_become_slugs() {
        assert_eq!(Slug::from_name("Zoë  Müller-Lind").unwrap().as_str(), "zoe-muller-lind");
        assert_eq!(Slug::from_name("北京"), None);
    }

    #[test]
    fn ids_are_crockford_base32() {
        assert_eq!(EventId::from_random([0xff; 5]).as_str(), "zzzzzzzz");
        assert_eq!(EventId::from_random([0, 0, 0, 0, 1]).as_str(), "00000001");
        let hashed = |texts: &[&str]| EventId::hashed(texts);
        assert!(EventId::parse(hashed(&["a", "bc"]).as_str()).is_ok());
        assert_eq!(hashed(&["a", "bc"]).as_str().len(), 10);
        assert_ne!(hashed(&["a", "bc"]), hashed(&["ab", "c"]));
        assert!(EventId::parse("a1b2c3d4").is_ok());
        assert!(EventId::parse("a1b2c3dl").is_err());
        assert!(EventId::parse("a1b2").is_err());
    }
}
