//! Words that stand for something in an event: conditions, grades of faults, outcomes, sensors, ways to leave.

use toml::de::DeValue;

use super::event::toml_string;
use super::field::{Field, Shape};
use super::finding::did_you_mean;
use super::reader::{Table, Value, Wrong};
use super::typed::{Typed, Typing};

/// An enumeration whose values are words in the register.
macro_rules! words {
    ($($(#[$about:meta])* $name:ident { $($case:ident = $word:literal),* $(,)? })*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $(#[doc = concat!("`", $word, "`")] $case),* }

        impl $name {
            /// All values, in order.
            pub const ALL: &[$name] = &[$($name::$case),*];

            /// The word that stands in the register.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $($name::$case => $word),* }
            }

            /// The value that `word` stands for.
            #[must_use]
            pub fn from_word(word: &str) -> Option<$name> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }

        impl Value for $name {
            fn read(value: &DeValue) -> Result<$name, Wrong> {
                let text = String::read(value)?;
                $name::from_word(&text).ok_or_else(|| one_of(&text, &[$($word),*]))
            }
        }

        impl Typed for $name {
            fn typed(text: &str, _: &Typing) -> Result<$name, String> {
                let word = text.to_lowercase();
                $name::from_word(&word).ok_or_else(|| one_of(&word, &[$($word),*]).message)
            }
        }

        impl Field for $name {
            const SHAPE: Shape = Shape { words: &[$($word),*], ..Shape::NEEDED };

            fn take(table: &mut Table, key: &'static str) -> Option<Self> {
                table.need(key)
            }
            fn written(&self) -> Option<String> {
                Some(toml_string(self.word()))
            }
            fn json(&self) -> serde_json::Value {
                self.word().into()
            }
            fn given(values: &[String], typing: &Typing) -> Result<Self, String> {
                super::field::only(values, typing)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    )*};
}

/// What is wrong with a word that is not one of those allowed.
pub(super) fn one_of(text: &str, words: &[&str]) -> Wrong {
    let message = format!("`{}` is not one of {}", text.escape_debug(), words.join(", "));
    let wrong = Wrong::new("bad-field-value", message);
    match did_you_mean(text, words.iter().copied()) {
        Some(hint) => wrong.hint(hint),
        None => wrong,
    }
}

words! {
    /// The state a thing is in, from best to worst.
    Condition { New = "new", Good = "good", Worn = "worn", Damaged = "damaged", Unusable = "unusable" }
    /// How bad a fault is; an unsafe thing is not handed out.
    Grade { Minor = "minor", Major = "major", Unsafe = "unsafe" }
    /// What an inspection found.
    Outcome { Pass = "pass", Fail = "fail" }
    /// What saw a thing.
    Sensor { Rfid = "rfid", Gps = "gps", Scan = "scan" }
    /// How a thing left.
    Disposal { Sold = "sold", Scrapped = "scrapped", Donated = "donated", Lost = "lost", Stolen = "stolen", Returned = "returned" }
}
