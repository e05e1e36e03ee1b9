//! The people who have things in another tracker, matched with those of the register.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::cells::same_name;
use super::declare::{free_slug, numbered};
use crate::register::event::toml_string;
use crate::register::{Person, Slug};

/// A person as a file knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    /// The first row that names them.
    pub(super) row: usize,
    /// What they log in with, else what names them.
    pub(super) username: String,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    /// Who they are in the register, once that is settled.
    pub(super) slug: Slug,
    /// Whether the register knows them already.
    known: bool,
    /// Whether anything is written that needs them.
    needed: bool,
}

/// Everyone a file names, by username.
#[derive(Debug, Default)]
pub(super) struct Holders {
    all: BTreeMap<String, Holder>,
}

impl Holders {
    /// Takes note of a person.
    ///
    /// # Errors
    /// The earlier holder, where name or e-mail contradict what an earlier row says of that username.
    pub(super) fn meet(
        &mut self,
        row: usize,
        username: &str,
        name: Option<&str>,
        email: Option<&str>,
    ) -> Result<(), Contradiction> {
        let holder = self.all.entry(same_name(username)).or_insert_with(|| Holder {
            row,
            username: username.to_owned(),
            name: None,
            email: None,
            slug: Slug::referred(""),
            known: false,
            needed: false,
        });
        let contradiction = |of_email, said: &str| Contradiction { of_email, row: holder.row, said: said.to_owned() };
        if let (Some(before), Some(now)) = (&holder.email, email)
            && same_name(before) != same_name(now)
        {
            return Err(contradiction(true, before));
        }
        if let (Some(before), Some(now)) = (&holder.name, name)
            && same_name(before) != same_name(now)
        {
            return Err(contradiction(false, before));
        }
        holder.name = holder.name.take().or_else(|| name.map(str::to_owned));
        holder.email = holder.email.take().or_else(|| email.map(str::to_owned));
        Ok(())
    }

    /// Settles who everyone is in the register. Those whose usernames are slugs come first and keep them.
    pub(super) fn settle(&mut self, people: &BTreeMap<Slug, Person>) {
        let mut taken: BTreeMap<Slug, Known> =
            people.values().map(|person| (person.slug.clone(), Known::person(person))).collect();
        let mut by_email: BTreeMap<String, Vec<&Person>> = BTreeMap::new();
        for person in people.values() {
            if let Some(email) = &person.email {
                by_email.entry(same_name(email)).or_default().push(person);
            }
        }
        let mut order: Vec<_> =
            self.all.iter_mut().map(|(key, holder)| (key.as_str(), holder.base(), holder)).collect();
        order.sort_by_key(|(key, base, holder)| (base.as_str() != *key, holder.row));
        let mut made = BTreeSet::new();
        for (key, base, holder) in order {
            let same_email = holder.email.as_deref().and_then(|email| by_email.get(&same_name(email)));
            let literally = |slug: &Slug| slug.as_str() == key && !made.contains(slug);
            let slug = by_their_email(same_email.map_or(&[], Vec::as_slice), holder, &base)
                .unwrap_or_else(|| by_their_slug(&taken, holder, &base, literally));
            holder.known = people.contains_key(&slug);
            if !taken.contains_key(&slug) {
                made.insert(slug.clone());
                taken.insert(slug.clone(), Known::holder(holder));
            }
            holder.slug = slug;
        }
    }

    /// The person with this username.
    pub(super) fn named(&self, username: &str) -> Option<&Holder> {
        self.all.get(&same_name(username))
    }

    /// Says that something is written that needs the person.
    pub(super) fn need(&mut self, username: &str) {
        if let Some(holder) = self.all.get_mut(&same_name(username)) {
            holder.needed = true;
        }
    }

    /// Those who have to be given a file, once each.
    pub(super) fn needed(&self) -> BTreeMap<&Slug, &Holder> {
        let new = self.all.values().filter(|holder| holder.needed && !holder.known);
        new.map(|holder| (&holder.slug, holder)).collect()
    }

    /// Those whom the register knows already.
    pub(super) fn known(&self) -> impl Iterator<Item = &Holder> {
        self.all.values().filter(|holder| holder.known)
    }
}

/// What a row says of a person against an earlier one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contradiction {
    /// It is about the e-mail, not the name.
    pub(super) of_email: bool,
    /// The earlier row.
    pub(super) row: usize,
    /// What it says.
    pub(super) said: String,
}

impl Holder {
    /// The slug that the username leaves.
    fn base(&self) -> Slug {
        free_slug(Slug::from_name(&self.username), "person", reserved)
    }

    /// What people call them.
    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.username)
    }

    /// Their file.
    pub(super) fn to_toml(&self) -> String {
        let mut text = format!("name = {}\n", toml_string(self.name()));
        if let Some(email) = &self.email {
            let _ = writeln!(text, "email = {}", toml_string(email));
        }
        text.push_str("role = \"member\"\n");
        text
    }
}

/// What tells people with one slug apart.
struct Known {
    name: String,
    email: Option<String>,
}

impl Known {
    fn person(person: &Person) -> Known {
        Known { name: same_name(&person.name), email: person.email.as_deref().map(same_name) }
    }

    fn holder(holder: &Holder) -> Known {
        Known { name: same_name(holder.name()), email: holder.email.as_deref().map(same_name) }
    }

    /// Whether it is they. A username that is the slug itself needs less proof.
    fn is(&self, other: &Known, literally: bool) -> bool {
        let same_name = self.name == other.name;
        match (&self.email, &other.email) {
            (Some(own), Some(other)) => own == other || literally && same_name,
            _ => literally || same_name,
        }
    }
}

/// Of those with the holder's e-mail, the one who is meant.
fn by_their_email(same: &[&Person], holder: &Holder, base: &Slug) -> Option<Slug> {
    let name = same_name(holder.name());
    let slug = same.iter().find(|person| person.slug == *base);
    let named = || same.iter().find(|person| same_name(&person.name) == name);
    let only = || same.first().filter(|_| same.len() == 1);
    slug.or_else(named).or_else(only).map(|person| person.slug.clone())
}

/// The first of `base`, `base-2` and so on that is theirs or free.
fn by_their_slug(
    taken: &BTreeMap<Slug, Known>,
    holder: &Holder,
    base: &Slug,
    literally: impl Fn(&Slug) -> bool,
) -> Slug {
    let own = Known::holder(holder);
    let mut slug = base.clone();
    let mut count = 1;
    while taken.get(&slug).is_some_and(|known| !known.is(&own, literally(&slug))) {
        count += 1;
        slug = numbered(base, count);
    }
    slug
}

/// Those by whom events are that nobody in particular records.
fn reserved(slug: &Slug) -> bool {
    matches!(slug.as_str(), "desk" | "import")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::open;
    use crate::tree::Tree;

    type Said = (&'static str, Option<&'static str>, Option<&'static str>);

    fn met(said: &[Said]) -> Holders {
        let mut holders = Holders::default();
        for (at, (username, name, email)) in said.iter().enumerate() {
            holders.meet(at + 2, username, *name, *email).unwrap();
        }
        holders
    }

    fn slugs(said: &[Said], people: &BTreeMap<Slug, Person>) -> Vec<String> {
        let mut holders = met(said);
        holders.settle(people);
        said.iter().map(|(username, ..)| holders.named(username).unwrap().slug.to_string()).collect()
    }

    fn imported(said: &[Said]) -> BTreeMap<Slug, Person> {
        let mut holders = met(said);
        holders.settle(&BTreeMap::new());
        for (username, ..) in said {
            holders.need(username);
        }
        let mut tree = Tree::default();
        for (slug, holder) in holders.needed() {
            tree.insert_toml(format!("people/{slug}.toml"), holder.to_toml().into_bytes());
        }
        let opened = open(&tree);
        assert_eq!(opened.findings, []);
        opened.register.people
    }

    #[test]
    fn whoever_is_imported_twice_is_the_same_person() {
        let files: &[(&[Said], &[&str])] = &[
            (&[("ana", Some("Ana Ruiz"), Some("ana@example.org"))], &["ana"]),
            (&[("a.b", Some("Ana B"), None), ("a-b", Some("Ben B"), None)], &["a-b-2", "a-b"]),
            (&[("a.b", None, None), ("a b", None, None), ("A-B", None, None)], &["a-b-2", "a-b-3", "a-b"]),
            (
                &[("北京", None, None), ("東京", None, None), ("person", None, None)],
                &["person-2", "person-3", "person"],
            ),
            (
                &[("u1", Some("A"), Some("office@example.org")), ("u2", Some("B"), Some("office@example.org"))],
                &["u1", "u2"],
            ),
            (&[("desk", None, None), ("import", Some("I"), None)], &["desk-2", "import-2"]),
            (&[("u-", None, None), ("u", None, None)], &["u-2", "u"]),
            (&[("a.b", Some("Al"), None), ("a-b", Some("Al"), None)], &["a-b", "a-b"]),
        ];
        for (said, expected) in files {
            assert_eq!(slugs(said, &BTreeMap::new()), *expected, "{said:?}");
            assert_eq!(slugs(said, &imported(said)), *expected, "again: {said:?}");
        }
    }

    #[test]
    fn people_of_the_register_are_known_by_email_or_slug() {
        let people = imported(&[("ana", Some("Ana Ruiz"), Some("ana@example.org")), ("ben", Some("Ben Okafor"), None)]);
        let slug = |username, name, email| slugs(&[(username, name, email)], &people).remove(0);
        assert_eq!(slug("aruiz", None, Some("ANA@example.org")), "ana");
        assert_eq!(slug("ben", Some("B. Okafor"), Some("ben@example.org")), "ben");
        assert_eq!(slug("Ana", Some("Ana Lopez"), Some("lopez@example.org")), "ana-2");
        assert_eq!(slug("chi", None, None), "chi");
    }

    #[test]
    fn contradictions_are_said() {
        let mut holders = met(&[("ana", Some("Ana Ruiz"), None)]);
        assert_eq!(holders.meet(3, "ANA", None, Some("ana@example.org")), Ok(()));
        let why = holders.meet(4, "ana", Some("Ana Lopez"), None).unwrap_err();
        assert_eq!(why, Contradiction { of_email: false, row: 2, said: "Ana Ruiz".into() });
        assert!(holders.meet(5, "ana", None, Some("lopez@example.org")).unwrap_err().of_email);
    }
}
