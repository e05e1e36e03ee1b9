//! The pages of people: what each has, what is reserved for them, what they did lately.

use std::collections::HashMap;

use super::feed;
use super::here::{Chip, Here, has_page};
use super::listing::{Go, Link, Listing, Nothing, Section};
use super::lookup::{Happened, Lookup};
use super::phrase::Phrase;
use super::press::Sheet;
use super::rows::PAGE;
use crate::register::{Action, Number, Person, Role, Slug};

/// Events that a person's page shows.
const LATELY: usize = 15;

/// The list of all people.
pub(super) fn index(site: &Lookup) -> Vec<Sheet<Listing>> {
    let people: Vec<&Person> = declared(site).collect();
    let pages = Here::at(site, "people/").pages("people/", &people, PAGE);
    let sheets = pages.into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let links = page.items.iter().map(|person| here.person_link(person)).collect();
        let section = Section { links, pager: page.pager, ..Section::default() };
        let view = Listing {
            title: site.words.word("people").to_owned(),
            nothing: people.is_empty().then(|| Nothing { title: here.word("people_none"), line: Phrase::default() }),
            sections: vec![section],
            ..Listing::default()
        };
        Sheet { title: view.title.clone(), path: page.path, template: "people.html", name: "list", view, state: None }
    });
    sheets.collect()
}

/// The people who have a page.
pub(super) fn declared<'a>(site: &Lookup<'a>) -> impl Iterator<Item = &'a Person> {
    site.register().people.values().filter(|person| has_page(true, &person.slug))
}

/// The newest events recorded by each person.
pub(super) fn lately<'s, 'a>(site: &'s Lookup<'a>) -> HashMap<&'s Slug, Vec<&'s Happened<'a>>> {
    site.newest(LATELY, |told| vec![&told.event.by])
}

/// The newest events recorded by or about each person, for their feed.
pub(super) fn about<'s, 'a>(site: &'s Lookup<'a>) -> HashMap<&'s Slug, Vec<&'s Happened<'a>>> {
    site.newest(feed::LATELY, |told| {
        let named = match &told.event.action {
            Action::Checkout { to, .. } | Action::Transfer { to, .. } => Some(to),
            Action::Reserve { person, .. } => Some(person),
            _ => None,
        };
        let reserved = told.cancelled.as_ref().map(|reservation| &reservation.person);
        [Some(&told.event.by), named, told.holder.as_ref(), reserved].into_iter().flatten().collect()
    })
}

/// The pages of one person.
pub(super) fn pages(site: &Lookup, person: &Person, lately: &[&Happened]) -> Vec<Sheet<Listing>> {
    let held: &[&Number] = site.held.get(&person.slug).map(Vec::as_slice).unwrap_or_default();
    let base = format!("people/{}/", person.slug);
    let pages = Here::at(site, &base).pages(&base, held, PAGE);
    let sheets = pages.into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let mut rows = here.rows(page.items);
        rows.pager = page.pager;
        let who = || Some(Phrase::name(&person.name));
        let none = held.is_empty().then(|| here.say("person_holds_none", &[("who", who())]));
        let mut sections =
            vec![Section { word: Some(here.word("person_holds")), assets: rows, empty: none, ..Section::default() }];
        if page.first {
            sections.extend(here.reserved_section(person));
            sections.extend(here.lately_section(person, lately));
        }
        let view = Listing {
            title: person.name.clone(),
            sentence: Some(here.about(person)),
            warning: here.leaver_warning(person, held.len()),
            papers: here.person_papers(&base, held.len()),
            feed: Some(here.feed_of(&base, &person.name)),
            sections,
            ..Listing::default()
        };
        Sheet { title: person.name.clone(), path: page.path, template: "person.html", name: "list", view, state: None }
    });
    sheets.collect()
}

impl Here<'_> {
    fn person_link(&self, person: &Person) -> Link {
        let held = self.site.held.get(&person.slug).map_or(0, Vec::len);
        let assets = [("assets", Some(self.site.words.count("assets", held)))];
        let mut chips = Vec::new();
        if person.has_left(&self.site.build.moment) {
            let day = person.left.map(|day| self.site.dates.near(day));
            chips.push(Chip::new(self.say("people_left", &[("day", day)]), if held > 0 { "bad" } else { "off" }));
        }
        let holds = (held > 0).then(|| self.say("people_holding", &assets));
        let line: Vec<Phrase> = person.team.as_deref().map(Phrase::name).into_iter().chain(holds).collect();
        let line = (!line.is_empty()).then(|| Phrase::joined(&line, " · "));
        Link { path: format!("people/{}/", person.slug), name: Phrase::name(&person.name), line, chips, depth: 0 }
    }

    /// `Camera · keeper · ana@example.org`.
    fn about(&self, person: &Person) -> Phrase {
        let role = if person.role == Role::Keeper { "role_keeper" } else { "role_member" };
        let email = person.email.as_deref().map(|email| match super::markdown::safe_link(&format!("mailto:{email}")) {
            Some(target) => Phrase::name(email).linked(&target),
            None => Phrase::name(email),
        });
        let parts = [person.team.as_deref().map(Phrase::name), Some(self.word(role)), email];
        Phrase::joined(&parts.into_iter().flatten().collect::<Vec<_>>(), " · ")
    }

    /// The sheet to sign, and what of them can be subscribed to.
    fn person_papers(&self, base: &str, held: usize) -> Vec<Go> {
        let files = [("handover/", "handover"), ("handover.pdf", "handover_pdf"), ("feed.xml", "feed_here")];
        let files = files.into_iter().filter(|(file, _)| held > 0 || *file == "feed.xml");
        files.map(|(file, word)| Go::to(self.link(&format!("{base}{file}")), self.word(word))).collect()
    }

    fn leaver_warning(&self, person: &Person, held: usize) -> Option<Phrase> {
        let left = person.left.filter(|_| person.has_left(&self.site.build.moment) && held > 0)?;
        let fillings = [
            ("who", Some(Phrase::name(&person.name))),
            ("day", Some(self.site.dates.full(left))),
            ("assets", Some(self.site.words.count("assets", held))),
        ];
        Some(self.say("people_left_line", &fillings))
    }

    fn reserved_section(&self, person: &Person) -> Option<Section> {
        let numbers = self.site.reserved.get(&person.slug)?;
        let word = Some(self.say("person_reserved", &[("who", Some(Phrase::name(&person.name)))]));
        Some(Section { word, assets: self.rows(numbers), ..Section::default() })
    }

    fn lately_section(&self, person: &Person, lately: &[&Happened]) -> Option<Section> {
        let told = lately.iter().filter_map(|happened| self.site.told(happened));
        let log: Vec<_> = told.map(|(thing, told)| self.item_of(thing, told)).collect();
        let word = Some(self.say("person_recent", &[("who", Some(Phrase::name(&person.name)))]));
        (!log.is_empty()).then(|| Section { word, log, ..Section::default() })
    }
}
