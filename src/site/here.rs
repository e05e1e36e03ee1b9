//! A page's place in the site: how it names and links people, places and things from there.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Commit;
use super::lookup::{Lookup, Thing};
use super::phrase::Phrase;
use crate::register::event::Grade;
use crate::register::{Money, Number, Slug, Status, When};

/// Places that a trail names before it writes `…`.
const TRAIL: usize = 3;

/// Where a page stands, and the register it speaks of.
pub(super) struct Here<'a> {
    pub site: &'a Lookup<'a>,
    /// What leads from the page to the root of the site: `./`, `../`, …
    pub root: String,
    /// Whether it is read on other days than the one it is made for, so that no day is told by its distance.
    pub is_lasting: bool,
}

/// A word on a coloured ground.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub(super) struct Chip {
    pub word: Phrase,
    pub tone: &'static str,
}

impl Chip {
    pub fn new(word: Phrase, tone: &'static str) -> Chip {
        Chip { word, tone }
    }
}

impl<'a> Here<'a> {
    /// The place of the page at `path`.
    pub fn at(site: &'a Lookup<'a>, path: &str) -> Here<'a> {
        let depth = path.matches('/').count();
        let root = if depth == 0 { "./".to_owned() } else { "../".repeat(depth) };
        Here { site, root, is_lasting: false }
    }

    /// The same for what is read on other days, too.
    pub fn lasting(self) -> Here<'a> {
        Here { is_lasting: true, ..self }
    }

    pub fn say(&self, name: &str, fillings: &super::words::Fillings) -> Phrase {
        self.site.words.say(name, fillings)
    }

    pub fn word(&self, name: &str) -> Phrase {
        Phrase::text(self.site.words.word(name))
    }

    pub fn number(&self, n: usize) -> Phrase {
        self.site.words.number(n as u64)
    }

    /// Several phrases with what the language writes between them.
    pub fn listed(&self, parts: &[Phrase]) -> Phrase {
        Phrase::joined(parts, self.site.words.word("comma"))
    }

    /// Several clauses of one sentence.
    pub fn clauses(&self, parts: &[Phrase]) -> Phrase {
        Phrase::joined(parts, self.site.words.word("semicolon"))
    }

    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.root)
    }

    /// A person by their full name.
    pub fn person(&self, slug: &Slug) -> Phrase {
        self.linked_person(slug, self.site.register().person_name(slug))
    }

    /// A person as in a sentence; `desk` and `import` by what they are.
    pub fn actor(&self, slug: &Slug) -> Phrase {
        match slug.as_str() {
            "desk" => self.word("desk_actor"),
            "import" => self.word("import_actor"),
            _ => self.linked_person(slug, self.site.short_name(slug)),
        }
    }

    fn linked_person(&self, slug: &Slug, name: &str) -> Phrase {
        let phrase = Phrase::name(name);
        if has_page(self.site.register().people.contains_key(slug), slug) {
            phrase.linked(&self.link(&format!("people/{slug}/")))
        } else {
            phrase
        }
    }

    /// A location and the one around it: `Studio › Shelf A`.
    pub fn place(&self, slug: &Slug) -> Phrase {
        self.trail_of(slug, 2, false)
    }

    /// A location with those around it, outermost first: `… › House › Studio › Shelf A`.
    pub fn trail(&self, slug: &Slug) -> Phrase {
        self.trail_of(slug, TRAIL, true)
    }

    fn trail_of(&self, slug: &Slug, named: usize, with_more: bool) -> Phrase {
        let locations = &self.site.register().locations;
        let mut trail: Vec<&str> = locations.outward(slug).take(named + 1).map(|place| place.name.as_str()).collect();
        if trail.is_empty() {
            return Phrase::name(slug.as_str());
        }
        if trail.len() > named {
            trail.truncate(named);
            trail.extend(with_more.then_some("…"));
        }
        let trail: Vec<Phrase> = trail.into_iter().rev().map(Phrase::name).collect();
        let trail = Phrase::joined(&trail, " › ");
        if has_page(true, slug) { trail.linked(&self.link(&format!("locations/{slug}/"))) } else { trail }
    }

    pub fn job(&self, slug: &Slug) -> Phrase {
        match self.site.register().jobs.get(slug) {
            Some(job) => Phrase::name(&job.title).linked(&self.link(&format!("jobs/{slug}/"))),
            None => Phrase::name(slug.as_str()),
        }
    }

    pub fn audit(&self, slug: &Slug) -> Phrase {
        match self.site.register().audits.get(slug) {
            Some(audit) => Phrase::name(&audit.title).linked(&self.link(&format!("audits/{slug}/"))),
            None => Phrase::name(slug.as_str()),
        }
    }

    pub fn category(&self, slug: &Slug) -> Phrase {
        match self.site.register().categories.get(slug) {
            Some(category) => Phrase::name(&category.name).linked(&self.link(&format!("categories/{slug}/"))),
            None => Phrase::name(slug.as_str()),
        }
    }

    /// An asset by its number, with its name where it is one of the register.
    pub fn asset(&self, number: &Number) -> Phrase {
        match self.site.things.get(number) {
            Some(thing) => {
                let mut phrase = Phrase::raw(format!("<span class=\"n\">{number}</span> "), &format!("{number} "));
                phrase.push(&Phrase::name(&thing.asset.name));
                phrase.linked(&self.link(&format!("{number}/")))
            }
            None => Phrase::text(number.as_str()),
        }
    }

    /// A commit by the beginning of its id.
    pub fn commit(commit: &Commit) -> Phrase {
        Phrase::text(commit.id.get(..7).unwrap_or(&commit.id)).code()
    }

    /// `3,899.00 EUR`, not broken over lines.
    pub fn money(&self, money: &Money) -> Phrase {
        Phrase::text(&self.site.words.money(money))
    }

    pub fn when(&self, when: When) -> Phrase {
        match when {
            When::Day(day) => self.site.dates.near(day),
            When::Instant(at) => self.site.dates.near_instant(at),
        }
    }

    /// When something began.
    pub fn since(&self, at: DateTime<Utc>) -> Phrase {
        if self.is_lasting { self.site.dates.near_instant(at) } else { self.site.dates.since(at) }
    }

    pub fn status(&self, status: Status) -> Chip {
        Chip::new(self.word(&format!("status_{}", status.word())), tone(status))
    }

    pub fn severity(&self, grade: Grade) -> Chip {
        let tone = if grade == Grade::Unsafe { "bad" } else { "warn" };
        Chip::new(self.word(&format!("severity_{}", grade.word())), tone)
    }

    /// `9 days late`, of what is overdue.
    pub fn lateness(&self, thing: &Thing) -> Option<Phrase> {
        if self.is_lasting {
            return None;
        }
        let due = thing.state().custody.as_ref()?.due?;
        let days = usize::try_from((self.site.dates.today - due).num_days()).ok().filter(|days| *days > 0)?;
        Some(self.site.words.count("days_late", days))
    }
}

/// The colour of a status.
pub(super) fn tone(status: Status) -> &'static str {
    match status {
        Status::Available => "go",
        Status::CheckedOut => "out",
        Status::InRepair => "warn",
        Status::Missing => "bad",
        Status::Retired => "off",
    }
}

/// Whether something declared has a page of its own: its slug must be fit for an address.
pub(super) fn has_page(declared: bool, slug: &Slug) -> bool {
    declared && Slug::parse(slug.as_str()).is_ok()
}
