//! Names of another tracker as slugs of the register: known ones found, new ones made and declared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::cells::same_name;
use crate::register::event::toml_string;
use crate::register::{Number, Slug};

/// The locations or the categories of a register, and those that a file adds.
pub(super) struct Names {
    /// What a slug begins with where a name leaves none.
    fallback: &'static str,
    known: BTreeMap<String, Vec<Slug>>,
    taken: BTreeSet<Slug>,
    /// Names that the register does not know, and whether anything is written that needs them.
    fresh: BTreeMap<Slug, (String, bool)>,
}

impl Names {
    pub(super) fn new<'a>(fallback: &'static str, all: impl Iterator<Item = (&'a Slug, &'a str)>) -> Names {
        let mut names = Names { fallback, known: BTreeMap::new(), taken: BTreeSet::new(), fresh: BTreeMap::new() };
        for (slug, name) in all {
            names.known.entry(same_name(name)).or_default().push(slug.clone());
            names.taken.insert(slug.clone());
        }
        names
    }

    /// The slug of what is called `name`: a known one of that name, else of that slug, else a new one.
    ///
    /// # Errors
    /// Where several are called so.
    pub(super) fn slug(&mut self, name: &str) -> Result<Slug, String> {
        let key = same_name(name);
        match self.known.get(&key).map(Vec::as_slice) {
            Some([one]) => return Ok(one.clone()),
            Some([first, second, ..]) => {
                return Err(format!("is the name of both `{first}` and `{second}`: write one of these"));
            }
            _ => {}
        }
        if let Some(slug) = self.taken.get(key.as_str()).filter(|slug| !self.fresh.contains_key(*slug)) {
            return Ok(slug.clone());
        }
        let slug = free_slug(Slug::from_name(name), self.fallback, |slug| self.taken.contains(slug));
        self.taken.insert(slug.clone());
        self.known.insert(key, vec![slug.clone()]);
        self.fresh.insert(slug.clone(), (name.to_owned(), false));
        Ok(slug)
    }

    /// Says that something is written that needs `slug`.
    pub(super) fn need(&mut self, slug: &Slug) {
        if let Some((_, needed)) = self.fresh.get_mut(slug) {
            *needed = true;
        }
    }

    /// Slugs and names that have to be declared.
    pub(super) fn needed(&self) -> impl Iterator<Item = (&Slug, &str)> {
        self.fresh.iter().filter(|(_, (_, needed))| *needed).map(|(slug, (name, _))| (slug, name.as_str()))
    }
}

/// `base`, or the first of `base-2`, `base-3` and so on that is free.
pub(super) fn free_slug(base: Option<Slug>, fallback: &str, taken: impl Fn(&Slug) -> bool) -> Slug {
    let base = base.unwrap_or_else(|| Slug::referred(fallback));
    let mut slug = base.clone();
    let mut count = 1_usize;
    while taken(&slug) {
        count += 1;
        slug = numbered(&base, count);
    }
    slug
}

/// `base-2`, no longer than a slug may be.
pub(super) fn numbered(base: &Slug, count: usize) -> Slug {
    let ending = format!("-{count}");
    let room = 32_usize.saturating_sub(ending.len());
    let start: String = base.as_str().chars().take(room).collect();
    Slug::referred(&format!("{}{ending}", start.trim_end_matches('-')))
}

/// The lines that declare a location.
pub(super) fn location(slug: &Slug, name: &str) -> String {
    format!("[{slug}]\nname = {}\n", toml_string(name))
}

/// The lines that declare a category.
pub(super) fn category(slug: &Slug, name: &str, prefix: Option<&str>) -> String {
    let mut text = location(slug, name);
    if let Some(prefix) = prefix {
        let _ = writeln!(text, "prefix = {}", toml_string(prefix));
    }
    text
}

/// The lines that give a category a field.
pub(super) fn field(category: &Slug, key: &str, kind: &str) -> String {
    format!("[{category}.fields.{}]\ntype = {}\n", toml_key(key), toml_string(kind))
}

/// A key as TOML, in quotes where it needs them.
pub(super) fn toml_key(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if bare { key.to_owned() } else { toml_string(key) }
}

/// `text` with `sections` after it, in its own line ends; what was there stays byte for byte.
pub(super) fn with_more(text: &str, sections: &[String]) -> String {
    let mut more = String::new();
    if !text.is_empty() && !text.ends_with('\n') {
        more.push('\n');
    }
    for section in sections {
        if !text.is_empty() || !more.is_empty() {
            more.push('\n');
        }
        more.push_str(section);
    }
    if text.contains("\r\n") {
        more = more.replace('\n', "\r\n");
    }
    format!("{text}{more}")
}

/// What the numbers of a new category begin with: what its tags have in common up to a `-`, else letters of its slug.
pub(super) fn prefix<'a>(
    slug: &Slug,
    mut numbers: impl Iterator<Item = &'a Number>,
    taken: &[String],
) -> Option<String> {
    let before = |number: &'a Number| number.as_str().rsplit_once('-').map(|(before, _)| before);
    let common = numbers.next().and_then(before).filter(|common| numbers.all(|other| before(other) == Some(common)));
    let usable = |prefix: &str| Number::parse(&format!("{prefix}-1")).is_ok();
    if let Some(common) = common.filter(|common| usable(common)) {
        return Some(common.to_owned());
    }
    let letters: String = slug.as_str().chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    let lengths = 3.min(letters.len())..=letters.len();
    lengths.map(|length| letters[..length].to_owned()).find(|prefix| usable(prefix) && !taken.contains(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<(Slug, &'static str)> {
        [("studio", "Studio"), ("attic", "Loft"), ("a", "Twin"), ("b", "Twin")]
            .map(|(s, n)| (Slug::referred(s), n))
            .into()
    }

    #[test]
    fn names_are_found_before_they_are_made() {
        let known = known();
        let mut names = Names::new("location", known.iter().map(|(slug, name)| (slug, *name)));
        let mut slug = |name| names.slug(name).map(|slug| slug.to_string());
        assert_eq!(slug("STUDIO").as_deref(), Ok("studio"));
        assert_eq!(slug("Attic").as_deref(), Ok("attic"));
        assert_eq!(slug("Loft").as_deref(), Ok("attic"));
        assert_eq!(slug("Studio!").as_deref(), Ok("studio-2"));
        assert_eq!(slug("studio!").as_deref(), Ok("studio-2"));
        assert_eq!(slug("studio-2").as_deref(), Ok("studio-2-2"));
        assert_eq!(slug("北京").as_deref(), Ok("location"));
        assert_eq!(slug("東京").as_deref(), Ok("location-2"));
        assert!(slug("twin").unwrap_err().contains("`a` and `b`"));
        assert_eq!(names.needed().count(), 0);
        names.need(&Slug::referred("location"));
        assert_eq!(names.needed().collect::<Vec<_>>(), [(&Slug::referred("location"), "北京")]);
    }

    #[test]
    fn long_names_keep_room_for_their_number() {
        let long = Slug::from_name(&"x".repeat(40));
        let slug = free_slug(long.clone(), "person", |slug| Some(slug) == long.as_ref());
        assert_eq!(slug.as_str(), format!("{}-2", "x".repeat(30)));
    }

    #[test]
    fn more_is_put_after_what_is_there() {
        let more = [location(&Slug::referred("van"), "The \"van\"")];
        assert_eq!(with_more("", &more), "[van]\nname = 'The \"van\"'\n");
        assert!(
            with_more("[hq]\r\nname = \"HQ\" # x", &more).starts_with("[hq]\r\nname = \"HQ\" # x\r\n\r\n[van]\r\n")
        );
    }

    #[test]
    fn prefixes_come_from_tags_or_slugs() {
        let numbers = |tags: &[&str]| tags.iter().map(|tag| Number::parse(tag).unwrap()).collect::<Vec<_>>();
        let of = |slug, tags: &[&str], taken: &[&str]| {
            let taken: Vec<_> = taken.iter().map(ToString::to_string).collect();
            prefix(&Slug::referred(slug), numbers(tags).iter(), &taken)
        };
        assert_eq!(of("laptops", &["NB-1", "NB-2"], &[]).as_deref(), Some("NB"));
        assert_eq!(of("laptops", &["NB-1", "PC-2"], &[]).as_deref(), Some("LAP"));
        assert_eq!(of("laptops", &["0017"], &["LAP"]).as_deref(), Some("LAPT"));
        assert_eq!(of("tv", &["0017"], &[]).as_deref(), Some("TV"));
        assert_eq!(of("tv", &["0017"], &["TV"]), None);
    }
}
