//! Running an audit: what opening it, closing it, and noting tags that nobody knows writes into the register.

use std::fmt::Write;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::decide::Request;
use super::event::toml_string;
use super::number::{Number, Slug};
use super::papers::Audit;
use super::settlement::Settlement;
use super::tags::on_label;
use super::time::{day_of, instant};
use super::{Posting, Register, amend, did_you_mean, is_bidi_control, is_invisible, typed};

/// Characters that a title has at most, and a tag that is in no register.
const MOST: usize = 80;

/// An audit that someone opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// What it is called.
    pub title: String,
    /// Where things are counted; everywhere where absent.
    pub location: Option<Slug>,
    /// Of which category; of any where absent.
    pub category: Option<Slug>,
    /// When it begins.
    pub opened: DateTime<Utc>,
}

impl Opening {
    /// What people typed.
    ///
    /// # Errors
    /// The fields that are wrong, each with the reason.
    pub fn typed(
        register: &Register,
        title: &str,
        location: Option<&str>,
        category: Option<&str>,
        opened: DateTime<Utc>,
    ) -> Result<Opening, Vec<(&'static str, String)>> {
        let mut wrong = Vec::new();
        let mut known = |field: &'static str, typed: Option<&str>, all: &mut dyn Iterator<Item = &Slug>| {
            let slug = Slug::referred(&typed?.trim().to_lowercase());
            let all: Vec<&Slug> = all.collect();
            if !all.contains(&&slug) {
                let near = did_you_mean(slug.as_str(), all.into_iter().map(Slug::as_str));
                let near = near.map(|near| format!("; {near}")).unwrap_or_default();
                wrong.push((field, format!("there is no {field} `{}`{near}", slug.as_str().escape_debug())));
            }
            Some(slug)
        };
        let location = known("location", location, &mut register.locations.iter().map(|place| &place.slug));
        let category = known("category", category, &mut register.categories.keys());
        let title = titled(title).map_err(|why| wrong.push(("title", why))).unwrap_or_default();
        let opening = Opening { title, location, category, opened };
        if wrong.is_empty() { Ok(opening) } else { Err(wrong) }
    }

    /// The name of its file: its year and title, such as `2026-q4`; its day, and a letter where that is taken, where the title
    /// makes no name.
    ///
    /// # Errors
    /// Where an audit of that name is there already.
    pub fn slug(&self, register: &Register) -> Result<Slug, String> {
        let day = day_of(self.opened, register.config.timezone);
        let Some(slug) = slug_of(&self.title, day) else {
            let letters = (b'b'..=b'z').map(|letter| format!("{day}-{}", char::from(letter)));
            let mut names = std::iter::once(day.to_string()).chain(letters).map(|name| Slug::referred(&name));
            let free = names.find(|name| !register.audits.contains_key(name));
            return free.ok_or_else(|| format!("there are too many audits of {day}"));
        };
        match register.audits.get(&slug) {
            Some(_) => Err(format!("there is an audit `{slug}` already; give this one another title")),
            None => Ok(slug),
        }
    }

    /// What opening it writes.
    #[must_use]
    pub fn posting(&self, slug: &Slug, by: &Slug) -> Posting {
        let mut text = format!("title = {}\n", toml_string(&self.title));
        for (key, scope) in [("location", &self.location), ("category", &self.category)] {
            if let Some(scope) = scope {
                let _ = writeln!(text, "{key} = {}", toml_string(scope.as_str()));
            }
        }
        let _ = write!(text, "opened = {}\nby = {}\n", instant(self.opened), toml_string(by.as_str()));
        let files = vec![(path(slug), text.into_bytes())];
        Posting { files, removed: Vec::new(), message: format!("open audit {slug}\n") }
    }
}

/// The file of an audit.
#[must_use]
pub fn path(slug: &Slug) -> String {
    format!("audits/{slug}.toml")
}

/// A title as it is typed: a line of text.
fn titled(typed: &str) -> Result<String, String> {
    let title = typed::text(typed.trim())?;
    match title.chars().count() {
        0 => Err("say what it is called".into()),
        length if length > MOST => Err(format!("a title has at most {MOST} characters")),
        _ if title.contains(char::is_control) => Err("a title is one line".into()),
        _ => Ok(title),
    }
}

fn slug_of(title: &str, day: NaiveDate) -> Option<Slug> {
    let name = Slug::from_name(title)?;
    let is_year = |part: &&str| part.len() == 4 && part.starts_with("20") && part.bytes().all(|b| b.is_ascii_digit());
    let year = name.as_str().split('-').find(is_year).map_or_else(|| day.year().to_string(), str::to_owned);
    let rest = name.as_str().split('-').filter(|part| *part != year);
    let mut slug = std::iter::once(year.as_str()).chain(rest).collect::<Vec<_>>().join("-");
    slug.truncate(32);
    Slug::parse(slug.trim_end_matches('-')).ok()
}

/// A tag that is in no register, as an audit keeps it: as a number where it can be one. `None` where nothing is left.
#[must_use]
pub fn unknown_tag(typed: &str) -> Option<String> {
    let word = on_label(typed);
    if let Ok(number) = Number::typed(word) {
        return Some(number.to_string());
    }
    let plain = word.chars().filter(|c| !c.is_control() && !is_bidi_control(*c) && !is_invisible(*c));
    let plain: String = plain.take(MOST).collect();
    let plain = plain.trim();
    (!plain.is_empty()).then(|| plain.to_owned())
}

impl Audit {
    /// The tags that it does not list yet, each once.
    #[must_use]
    pub fn new_tags(&self, tags: &[String]) -> Vec<String> {
        let mut new: Vec<String> = Vec::new();
        for tag in tags {
            if !self.unknown.contains(tag) && !new.contains(tag) {
                new.push(tag.clone());
            }
        }
        new
    }

    /// What was posted of sightings, with tags that are in no register put on the list of the audit whose file says `text`.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn noting(&self, mut posting: Posting, text: &str, tags: &[String]) -> Result<Posting, String> {
        let items: Vec<&str> = tags.iter().map(String::as_str).collect();
        posting.files.push((path(&self.slug), amend::listed(text, "unknown", &items)?.into_bytes()));
        if posting.message.is_empty() {
            let what = if tags.len() == 1 { "a tag" } else { "tags" };
            posting.message = format!("note {what} that nobody knows in audit {}\n", self.slug);
        }
        Ok(posting)
    }

    /// What closing it at `at` writes, its file saying `text`, with the events of its settlement.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn closing(
        &self,
        register: &Register,
        text: &str,
        at: DateTime<Utc>,
        settled: (&Settlement, &[Request]),
    ) -> Result<Posting, String> {
        let closed = instant(at).parse::<toml_edit::Datetime>().map_err(|error| error.to_string())?;
        let mut posting = self.settling(register, settled, "close");
        posting.files.push((path(&self.slug), amend::set(text, "closed", closed)?.into_bytes()));
        Ok(posting)
    }

    /// What recording its settlement writes, once it is closed.
    #[must_use]
    pub fn applying(&self, register: &Register, settled: (&Settlement, &[Request])) -> Posting {
        self.settling(register, settled, "apply")
    }

    fn settling(&self, register: &Register, (settlement, requests): (&Settlement, &[Request]), verb: &str) -> Posting {
        let moved: usize = settlement.moves.values().map(Vec::len).sum();
        let parts = [(settlement.missing.len(), "missing"), (moved, "moved")];
        let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        let what = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
        let posting = Posting::new(register, requests, &[]);
        let (_, trailers) = posting.message.split_once("\n\n").unwrap_or_default();
        let message = format!("{verb} audit {}{what}\n\n{trailers}", self.slug);
        Posting { message: format!("{}\n", message.trim_end()), ..posting }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::audit::tests::{at, audit, tree, with};
    use crate::register::open;

    fn register(audit: &str) -> Register {
        open(&tree(&[("C", "home = 'shelf-a'")], audit)).register
    }

    fn opening(title: &str) -> Opening {
        Opening { title: title.into(), location: None, category: None, opened: at("25T09:00").now }
    }

    #[test]
    fn audits_are_named_by_their_year_and_title() {
        let register = register("");
        let slug = |title: &str| opening(title).slug(&register).map(|slug| slug.to_string());
        for (title, wanted) in [
            ("Q4", "2026-q4"),
            ("Q4 2026", "2026-q4"),
            ("2025 Q4", "2025-q4"),
            ("Kit room, second count", "2026-kit-room-second-count"),
            ("2026", "2026"),
            ("Zählung Büro", "2026-zahlung-buro"),
            ("北京", "2026-11-25"),
            ("A title that is far too long to be a name", "2026-a-title-that-is-far-too-lon"),
        ] {
            assert_eq!(slug(title).as_deref(), Ok(wanted), "{title}");
        }
        let mut tree = tree(&[], "");
        for name in ["2026-q4", "2026-11-25"] {
            tree.insert_toml(format!("audits/{name}.toml"), b"title = 'T'\nopened = 2026-11-02T14:00:00Z\n".to_vec());
        }
        let register = open(&tree).register;
        assert!(opening("q4").slug(&register).unwrap_err().contains("`2026-q4` already"));
        assert_eq!(opening("北京").slug(&register).unwrap().as_str(), "2026-11-25-b");
    }

    #[test]
    fn an_opened_audit_is_read_back() {
        let register = register("");
        let now = at("25T09:00").now;
        let typed = |title: &str, location: Option<&str>, category: Option<&str>| {
            Opening::typed(&register, title, location, category, now)
        };
        let opening = typed(" The \"Q4\" ", Some("Studio"), Some("camera")).unwrap();
        let posting = opening.posting(&Slug::referred("2026-q4"), &Slug::referred("ana"));
        let mut tree = tree(&[], "");
        let (path, text) = posting.files[0].clone();
        tree.insert_toml(path, text);
        let opened = open(&tree);
        assert_eq!(opened.findings, []);
        let audit = &opened.register.audits["2026-q4"];
        assert_eq!((audit.title.as_str(), audit.opened, audit.closed), ("The \"Q4\"", Some(now), None));
        assert_eq!(audit.location.as_ref().unwrap().as_str(), "studio");
        assert_eq!(audit.category.as_ref().unwrap().as_str(), "camera");
        for (title, location, category, fields) in [
            ("", None, None, vec!["title"]),
            ("a\u{202e}b", Some("studo"), Some("lens"), vec!["location", "category", "title"]),
            (&*"x".repeat(81), None, None, vec!["title"]),
            ("a\nb", None, None, vec!["title"]),
        ] {
            let wrong = typed(title, location, category).unwrap_err();
            assert_eq!(wrong.iter().map(|(field, _)| *field).collect::<Vec<_>>(), fields, "{title:?}");
        }
    }

    #[test]
    fn tags_that_nobody_knows_are_kept_as_they_can_be_read() {
        for (typed, wanted) in [
            ("old-88", Some("OLD-88")),
            ("HTTPS://KIT.EXAMPLE.ORG/ZH-040/", Some("ZH-040")),
            ("4006381333931", Some("4006381333931")),
            ("a b\u{7}\u{202e}", Some("a b")),
            (" \u{200b}", None),
        ] {
            assert_eq!(unknown_tag(typed).as_deref(), wanted, "{typed:?}");
        }
        let long = "é".repeat(200);
        assert_eq!(unknown_tag(&long).unwrap().chars().count(), MOST);
    }

    #[test]
    fn closing_keeps_what_stands_in_the_file_and_records_what_is_left() {
        let opened = with(tree(&[("C", "home = 'shelf-a'")], "location = 'studio'"), &[]);
        let (audit, by, moment) = (audit(&opened), Slug::referred("ana"), at("03T09:00"));
        let settlement = opened.settlement(audit, &moment);
        let requests = settlement.decide(&opened, audit, &by, &moment, "seed").unwrap();
        let file = "# Ours.\ntitle = \"Q4\" # the last\nunknown = [\n    \"X\", # a box\n]\n";
        let posting = audit.closing(&opened.register, file, moment.now, (&settlement, &requests)).unwrap();
        assert!(posting.message.starts_with("close audit q4: 1 missing\n\nTagbook-Event: C/"), "{}", posting.message);
        assert_eq!(posting.files.len(), 2);
        let text = |posting: &Posting, file: usize| String::from_utf8(posting.files[file].1.clone()).unwrap();
        let event = text(&posting, 0);
        assert!(event.contains("kind = \"missing\"") && event.contains("audit q4: not seen"));
        assert_eq!(text(&posting, 1), format!("{file}closed = 2026-11-03T09:00:00Z\n"));
        let tags = audit.new_tags(&["Y".into(), "Y".into(), "Z".into()]);
        let noted = audit.noting(Posting::default(), file, &tags).unwrap();
        assert_eq!(text(&noted, 0), file.replace("]\n", "    \"Y\",\n    \"Z\",\n]\n"));
        assert_eq!(noted.message, "note tags that nobody knows in audit q4\n");
        let nothing = audit.closing(&opened.register, file, moment.now, (&Settlement::default(), &[])).unwrap();
        assert_eq!((nothing.message.as_str(), nothing.files.len()), ("close audit q4\n", 1));
    }
}
