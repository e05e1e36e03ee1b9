//! People and the phones they scan with: `people/ana.toml`, `phones/ana/7k2m.toml`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use toml::de::DeValue;

use super::event::one_of;
use super::finding::Finding;
use super::number::Slug;
use super::reader::{Source, Value, Wrong, file};
use super::time::Moment;
use super::{declared, stem};
use crate::tree::Tree;

/// Someone who can have things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name of their file.
    pub slug: Slug,
    /// As people say it.
    pub name: String,
    /// Matched with the git identity.
    pub email: Option<String>,
    /// Whom they work with.
    pub team: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Their last day, once known.
    pub left: Option<NaiveDate>,
    /// Where it is written.
    pub source: Source,
}

/// What a person may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Hands out and brings back.
    #[default]
    Member,
    /// Runs the register.
    Keeper,
}

impl Person {
    /// Whether they have left by `moment`: the day after their last.
    #[must_use]
    pub fn has_left(&self, moment: &Moment) -> bool {
        self.left.is_some_and(|day| day < moment.today)
    }
}

/// An enrolled phone, or a code that has yet to be claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// Whose it is.
    pub person: Slug,
    /// What they call it.
    pub name: Option<String>,
    /// The hash of its token, once claimed.
    pub token_sha256: Option<String>,
    /// Since when it is enrolled.
    pub since: Option<DateTime<Utc>>,
    /// The hash of its code, while unclaimed.
    pub code_sha256: Option<String>,
    /// Until when the code can be claimed.
    pub until: Option<DateTime<Utc>>,
    /// Where it is written.
    pub source: Source,
}

pub(super) fn read(tree: &Tree, findings: &mut Vec<Finding>) -> BTreeMap<Slug, Person> {
    let mut people = BTreeMap::new();
    for (path, _) in tree.under("people/") {
        let Some(name) = stem(path, "people/") else { continue };
        let slug = declared(name, path, findings);
        if matches!(name, "desk" | "import") {
            let message =
                format!("`{name}` cannot be a person: events that nobody in particular records are by `{name}`");
            findings.push(Finding::new("bad-slug", message).at(super::Place::file(path)));
        }
        people.extend(file(tree, path, findings, |top| {
            let mut person = Person {
                slug: slug.clone(),
                name: top.need_words("name").unwrap_or_else(|| name.to_owned()),
                email: top.take("email"),
                team: top.take("team"),
                role: top.take("role").unwrap_or_default(),
                left: top.take("left"),
                source: Source::default(),
            };
            person.source = top.finish();
            (slug, person)
        }));
    }
    people
}

pub(super) fn phones(tree: &Tree, findings: &mut Vec<Finding>) -> Vec<Phone> {
    let mut phones = Vec::new();
    for (path, _) in tree.under("phones/") {
        let Some((person, _)) =
            path.strip_prefix("phones/").and_then(|rest| rest.strip_suffix(".toml")?.split_once('/'))
        else {
            continue;
        };
        phones.extend(file(tree, path, findings, |top| {
            let mut phone = Phone {
                person: Slug::referred(person),
                name: top.take("name"),
                token_sha256: top.take("token_sha256"),
                since: top.take("since"),
                code_sha256: top.take("code_sha256"),
                until: top.take("until"),
                source: Source::default(),
            };
            phone.source = top.finish();
            phone
        }));
    }
    phones
}

impl Value for Role {
    fn read(value: &DeValue) -> Result<Role, Wrong> {
        match String::read(value)?.as_str() {
            "keeper" => Ok(Role::Keeper),
            "member" => Ok(Role::Member),
            other => Err(one_of(other, &["keeper", "member"])),
        }
    }
}
