//! Tags that are printed before they are needed: their numbers, the check character in them, and how one becomes an asset's.

use chrono::{DateTime, Utc};

use super::amend;
use super::event::toml_string;
use super::number::{CROCKFORD, Number};
use super::time::instant;
use super::{Posting, Register, Slug};

/// Random characters of a minted number, before its check character.
const RANDOM: usize = 5;

/// Tags that are minted at once.
pub const MOST: u16 = 2000;

/// The check character of a text in Crockford's base 32: Damm's over the field of 32 elements with x⁵ + x² + 1, where each
/// character d takes x to 2·(x ⊕ d) from 0, and the check character takes it back to 0. It catches every single wrong
/// character and every two neighbours that changed places (H. M. Damm, "Totally anti-symmetric quasigroups for all orders
/// n ≠ 2, 6", 2007).
///
/// `None` where a character is not of the alphabet.
#[must_use]
pub fn check_character(text: &str) -> Option<char> {
    let mut x: u8 = 0;
    for c in text.chars() {
        let digit = u8::try_from(CROCKFORD.find(c.to_ascii_lowercase())?).ok()?;
        let twice = (x ^ digit) << 1;
        x = if twice & 0b10_0000 == 0 { twice } else { twice ^ 0b10_0101 };
    }
    CROCKFORD.chars().nth(usize::from(x)).map(|c| c.to_ascii_uppercase())
}

impl Register {
    /// So many new numbers with a check character, none of which anything here bears or bore. `random` gives bytes that nobody
    /// can foresee.
    ///
    /// # Errors
    /// Where there is no randomness.
    pub fn mint(&self, count: u16, random: &mut dyn FnMut() -> Option<[u8; 4]>) -> Result<Vec<Number>, String> {
        let mut minted: Vec<Number> = Vec::new();
        while minted.len() < usize::from(count) {
            let bytes = random().ok_or("the system has no randomness to give")?;
            let bits = u32::from_be_bytes(bytes);
            let place = |place: usize| CROCKFORD.as_bytes()[(bits >> (place * 5) & 31) as usize].to_ascii_uppercase();
            let head: String = (0..RANDOM).map(|at| char::from(place(at))).collect();
            let Some(check) = check_character(&head) else { continue };
            let is_new = |number: &Number| !self.is_taken(number) && !self.is_tag(number) && !minted.contains(number);
            minted.extend(Number::parse(&format!("{head}{check}")).ok().filter(is_new));
        }
        Ok(minted)
    }

    /// Whether a number is printed on a tag, claimed or not.
    #[must_use]
    pub fn is_tag(&self, number: &Number) -> bool {
        self.tags.values().any(|batch| batch.numbers.contains(number))
    }

    /// The number that someone typed or read aloud: in any case, with or without blanks and hyphens, with O for 0 and I or L
    /// for 1, as long as it can be only one.
    ///
    /// # Errors
    /// What may have been meant, or what is wrong with it.
    pub fn read_number(&self, typed: &str) -> Result<Number, Mistyped> {
        if let Some(number) = Number::typed(typed).ok().filter(|number| self.is_taken(number) || self.is_tag(number)) {
            return Ok(number);
        }
        let wanted = plain(typed);
        let tags = self.tags.values().flat_map(|batch| &batch.numbers);
        let all = self.assets.keys().chain(self.aliases.keys()).chain(tags);
        let mut alike: Vec<&Number> = all.filter(|number| plain(number.as_str()) == wanted).collect();
        alike.sort();
        alike.dedup();
        match alike.as_slice() {
            [one] => Ok((*one).clone()),
            [] if !self.tags.is_empty() && self.is_mistyped_tag(typed) => Err(Mistyped::Check),
            [] => Err(Mistyped::Unknown),
            several => Err(Mistyped::Ambiguous(several.iter().map(|number| (*number).clone()).collect())),
        }
    }

    /// Whether what was typed can only be a tag's number with a wrong character in it: it is as long, begins no category's
    /// numbers, and its check character does not fit.
    #[must_use]
    pub fn is_mistyped_tag(&self, typed: &str) -> bool {
        let wanted = plain(typed);
        let mut prefixes = self.categories.values().filter_map(|category| category.prefix.as_deref());
        let is_as_long = wanted.chars().count() == RANDOM + 1;
        is_as_long && !checks(&wanted) && !prefixes.any(|prefix| wanted.starts_with(&plain(prefix)))
    }
}

/// Why a typed number names nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistyped {
    /// There is no such number.
    Unknown,
    /// It is as long as a tag's, and its check character does not fit: one of its characters is wrong.
    Check,
    /// It can be read as several.
    Ambiguous(Vec<Number>),
}

/// What numbers that are easily taken for each other have in common.
#[must_use]
pub fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐'..='―' | '_' | '.'));
    let read = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    kept.map(read).collect()
}

/// The words of a text, as numbers are typed or scanned one after the other.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).filter(|word| !word.is_empty())
}

/// `CAM-0001` of the address on a label, in capitals or not; any other word as it is.
#[must_use]
pub fn on_label(word: &str) -> &str {
    if word.contains("://") { word.trim_end_matches('/').rsplit('/').next().unwrap_or(word) } else { word }
}

/// Whether the last character of a text in capitals checks the others.
fn checks(text: &str) -> bool {
    let mut head = text.to_owned();
    let last = head.pop();
    // What is not of the alphabet is no tag's number, and checks nothing.
    check_character(&head).is_none_or(|check| last == Some(check))
}

/// A batch of tags as a file of the register.
#[must_use]
pub fn batch(slug: &Slug, numbers: &[Number], by: &Slug, minted: DateTime<Utc>) -> Posting {
    let all: Vec<String> = numbers.iter().map(|number| format!("    {},\n", toml_string(number.as_str()))).collect();
    let text =
        format!("minted = {}\nby = {}\nnumbers = [\n{}]\n", instant(minted), toml_string(by.as_str()), all.concat());
    let count = numbers.len();
    let message = format!("mint {count} {}: {slug}\n", if count == 1 { "tag" } else { "tags" });
    Posting { files: vec![(format!("tags/{slug}.toml"), text.into_bytes())], removed: Vec::new(), message }
}

/// A name for a batch of tags that no batch has, from its day: `2026-11-24-a`.
#[must_use]
pub fn batch_name(register: &Register, day: chrono::NaiveDate) -> Slug {
    let letters = (b'a'..=b'z').map(|letter| char::from(letter).to_string());
    let names = letters.chain((1..).map(|n: u32| format!("z{n}"))).map(|end| Slug::referred(&format!("{day}-{end}")));
    let mut free = names.filter(|name| !register.tags.contains_key(name));
    free.next().unwrap_or_else(|| Slug::referred(&day.to_string()))
}

/// The posting that has a tag lead to an asset whose record at `path` is this.
///
/// # Errors
/// Where the record cannot be read.
pub fn tied(path: String, record: &str, tag: &Number, number: &Number) -> Result<Posting, String> {
    let text = amend::listed(record, "aliases", &[tag.as_str()])?;
    let message = format!("{tag} leads to {number}\n\nTagbook-Asset: {number}\n");
    Ok(Posting { files: vec![(path, text.into_bytes())], removed: Vec::new(), message })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::register::open;
    use crate::tree::Tree;

    fn is_minted(number: &Number) -> bool {
        number.as_str().len() == RANDOM + 1 && checks(number.as_str())
    }

    fn register() -> Register {
        let mut tree = Tree::default();
        tree.insert_toml("assets/CAM-0001/asset.toml", b"name = 'A'\ncategory = 'c'\naliases = ['OLD-17']".to_vec());
        tree.insert_toml("assets/CAM-OOO2/asset.toml", b"name = 'A'\ncategory = 'c'".to_vec());
        tree.insert_toml("assets/B-11/asset.toml", b"name = 'A'\ncategory = 'c'".to_vec());
        tree.insert_toml("assets/B1-1/asset.toml", b"name = 'A'\ncategory = 'c'".to_vec());
        tree.insert_toml("tags/a.toml", b"numbers = ['7K3QXJ', '9ZP4MJ']".to_vec());
        open(&tree).register
    }

    #[test]
    fn check_characters_are_those_of_the_contract() {
        for minted in ["7K3QXJ", "9ZP4MJ", "ABCDE4"] {
            assert!(is_minted(&Number::parse(minted).unwrap()), "{minted}");
        }
        for other in ["7K3QXK", "CAM-0001", "ABCDE", "7K3QXJJ"] {
            assert!(!is_minted(&Number::parse(other).unwrap()), "{other}");
        }
    }

    proptest! {
        /// Every single substitution and every swap of neighbours is caught: no two differ and check alike.
        #[test]
        fn a_check_character_catches_one_wrong_character_and_two_swapped(
            text in "[0-9A-HJKMNP-TV-Z]{5}", at in 0_usize..6, other in 0_usize..32
        ) {
            let whole = format!("{text}{}", check_character(&text).unwrap());
            let mut wrong: Vec<char> = whole.chars().collect();
            wrong[at] = CROCKFORD.to_uppercase().chars().nth(other).unwrap();
            let wrong: String = wrong.into_iter().collect();
            prop_assert_eq!(checks(&wrong), wrong == whole);
            if at < 5 {
                let mut swapped: Vec<char> = whole.chars().collect();
                swapped.swap(at, at + 1);
                let swapped: String = swapped.into_iter().collect();
                prop_assert_eq!(checks(&swapped), swapped == whole);
            }
        }
    }

    #[test]
    fn minted_numbers_are_new_and_check() {
        let mut chance = fastrand::Rng::with_seed(1);
        let mut first = true;
        let minted = register().mint(300, &mut || {
            // `7K3QX`, which is a tag already.
            let taken = [7_u32, 19, 3, 23, 29].iter().enumerate().fold(0, |bits, (at, digit)| bits | digit << (at * 5));
            let bits = if std::mem::take(&mut first) { taken } else { chance.u32(..) };
            Some(bits.to_be_bytes())
        });
        let minted = minted.unwrap();
        assert!(minted.iter().all(is_minted) && !minted.contains(&Number::parse("7K3QXJ").unwrap()));
        let all: std::collections::BTreeSet<_> = minted.iter().collect();
        assert_eq!(all.len(), 300);
        assert!(register().mint(1, &mut || None).is_err());
    }

    #[test]
    fn typed_numbers_forgive_what_can_mean_only_one_thing() {
        let register = register();
        let read = |typed| register.read_number(typed).map(|number| number.to_string());
        for typed in ["cam-0001", "CAM 0001", "cam0001", "CAM–OOO1", " cam-ooo1 ", "CAM-000l"] {
            assert_eq!(read(typed).as_deref(), Ok("CAM-0001"), "{typed}");
        }
        assert_eq!(read("old 17").as_deref(), Ok("OLD-17"));
        assert_eq!(read("cam-0002").as_deref(), Ok("CAM-OOO2"));
        assert_eq!(read("7k3 qxj").as_deref(), Ok("7K3QXJ"));
        assert_eq!(read("7k3 qjx"), Err(Mistyped::Check));
        assert_eq!(read("CAM-0009"), Err(Mistyped::Unknown));
        assert!(matches!(read("b11"), Err(Mistyped::Ambiguous(several)) if several.len() == 2));
        assert_eq!(read("B-11").as_deref(), Ok("B-11"), "what is typed exactly is meant exactly");
    }

    #[test]
    fn batches_are_named_by_their_day() {
        let register = register();
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        assert_eq!(batch_name(&register, day).as_str(), "2026-11-24-a");
        let posting = batch(
            &Slug::referred("2026-11-24-a"),
            &[Number::parse("7K3QXJ").unwrap()],
            &Slug::referred("ana"),
            DateTime::<Utc>::UNIX_EPOCH,
        );
        let mut tree = Tree::default();
        for (path, text) in posting.files {
            tree.insert_toml(path, text);
        }
        assert_eq!(open(&tree).register.unclaimed_tags().map(Number::as_str).collect::<Vec<_>>(), ["7K3QXJ"]);
    }
}
