//! Everything pages are made from, looked up once: no page walks the register.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rayon::prelude::*;

use super::chronicle::{Chronicle, Told};
use super::dates::Dates;
use super::words::Words;
use super::{Build, Theme};
use crate::labels::layout;
use crate::labels::symbol::Room;
use crate::register::stock::Stock;
use crate::register::{Asset, Config, EventId, Folded, Moment, Number, Opened, Register, Slug, State, Status, Summary};
use crate::tree::{Entry, Facts, Tree};

/// Numbers of assets by something they have in common.
pub(super) type Groups<'a> = BTreeMap<&'a Slug, Vec<&'a Number>>;

/// The register as pages see it at one moment.
pub(super) struct Lookup<'a> {
    pub opened: &'a Opened,
    pub tree: &'a Tree,
    pub build: &'a Build,
    pub words: &'a Words,
    pub dates: Dates<'a>,
    /// The room for the symbol on a label.
    pub room: Room,
    /// Each asset and what became of it.
    pub things: BTreeMap<&'a Number, Thing<'a>>,
    /// What each person has.
    pub held: Groups<'a>,
    /// What is reserved for each person.
    pub reserved: Groups<'a>,
    /// What is at each location.
    pub at: Groups<'a>,
    /// What is of each category.
    pub of_category: Groups<'a>,
    /// All that happened, oldest first.
    pub events: Vec<Happened<'a>>,
    /// How each person is called in a sentence: by their first name where nobody else has it.
    short_names: HashMap<&'a Slug, &'a str>,
}

/// An asset and what became of it.
pub(super) struct Thing<'a> {
    pub asset: &'a Asset,
    pub folded: Folded,
    pub summary: Summary,
    pub chronicle: Chronicle<'a>,
}

/// The place of an event in its asset's chronicle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Happened<'a> {
    pub at: DateTime<Utc>,
    pub id: &'a EventId,
    pub number: &'a Number,
    pub index: usize,
}

impl Thing<'_> {
    pub fn state(&self) -> &State {
        &self.folded.state
    }

    pub fn status(&self) -> Status {
        self.folded.state.status()
    }
}

impl<'a> Lookup<'a> {
    pub fn new(opened: &'a Opened, tree: &'a Tree, theme: &'a Theme, build: &'a Build) -> Lookup<'a> {
        let register = &opened.register;
        let things = things(opened, &build.moment);
        let group = |key: &dyn Fn(&Thing<'a>) -> Vec<&'a Slug>| group(&things, key);
        let known = |slug: &Slug| register.locations.named(slug).map(|place| &place.slug);
        let labels = &register.config.labels;
        let stock = Stock::called(&labels.stock, &labels.stocks);
        Lookup {
            room: stock.map_or_else(|_| Room::of(38.1), |stock| layout::room(&stock)),
            held: group(&|thing| {
                one(thing.state().custody.as_ref().and_then(|c| declared(&register.people, &c.person)))
            }),
            reserved: group(&|thing| {
                let people = thing.state().reservations.iter().filter_map(|r| declared(&register.people, &r.person));
                people.collect::<BTreeSet<_>>().into_iter().collect()
            }),
            at: group(&|thing| one(thing.state().is_at().and_then(known))),
            of_category: group(&|thing| one(declared(&register.categories, &thing.asset.category))),
            events: events(&things),
            short_names: short_names(register),
            dates: Dates::new(theme.words(), build.moment.today, register.config.timezone),
            words: theme.words(),
            things,
            opened,
            tree,
            build,
        }
    }

    pub fn register(&self) -> &'a Register {
        &self.opened.register
    }

    pub fn config(&self) -> &'a Config {
        &self.opened.register.config
    }

    /// The event at this place, and the asset it happened to.
    pub fn told(&self, happened: &Happened<'a>) -> Option<(&Thing<'a>, &Told<'a>)> {
        let thing = self.things.get(happened.number)?;
        Some((thing, thing.chronicle.told.get(happened.index)?))
    }

    /// The newest events under each key, newest first, at most so many of each.
    pub fn newest<'s>(
        &'s self,
        most: usize,
        keys: impl Fn(&'s Told<'a>) -> Vec<&'s Slug>,
    ) -> HashMap<&'s Slug, Vec<&'s Happened<'a>>> {
        let mut newest: HashMap<&Slug, Vec<&Happened>> = HashMap::new();
        for happened in self.events.iter().rev() {
            let Some((_, told)) = self.told(happened) else { continue };
            for key in keys(told) {
                let events = newest.entry(key).or_default();
                if events.len() < most && events.last() != Some(&happened) {
                    events.push(happened);
                }
            }
        }
        newest
    }

    /// The same, as what is filed has it: every day with its year, everybody by their whole name.
    pub fn on_file(mut self) -> Lookup<'a> {
        self.dates.is_full = true;
        self.short_names = self.register().people.values().map(|person| (&person.slug, person.name.as_str())).collect();
        self
    }

    /// What people call someone in a sentence.
    pub fn short_name<'s>(&'s self, slug: &'s Slug) -> &'s str {
        self.short_names.get(slug).copied().unwrap_or(slug.as_str())
    }

    /// What is known of a file of `asset`, if it is one that may be handed out: inside the folder, and not TOML.
    pub fn file(&self, asset: &Asset, file: &str) -> Option<(String, &'a Facts)> {
        let inside = file.split('/').all(|part| !matches!(part, "" | "." | ".."));
        let path = format!("{}/{file}", asset.folder);
        match self.tree.entry(&path) {
            Some(Entry::Other(facts)) if inside => Some((path, facts)),
            _ => None,
        }
    }
}

fn things<'a>(opened: &'a Opened, moment: &Moment) -> BTreeMap<&'a Number, Thing<'a>> {
    let assets: Vec<_> = opened.register.assets.iter().collect();
    let things = assets.into_par_iter().map(|(number, asset)| {
        let folded = opened.folded(number, moment);
        let summary = Summary::new(opened, asset, &folded, moment);
        let chronicle = Chronicle::of(opened, asset, &folded, moment);
        (number, Thing { asset, folded, summary, chronicle })
    });
    things.collect()
}

fn group<'a>(things: &BTreeMap<&'a Number, Thing<'a>>, keys: &dyn Fn(&Thing<'a>) -> Vec<&'a Slug>) -> Groups<'a> {
    let mut groups = Groups::new();
    for (number, thing) in things {
        for key in keys(thing) {
            groups.entry(key).or_default().push(number);
        }
    }
    groups
}

fn one<T>(found: Option<T>) -> Vec<T> {
    found.into_iter().collect()
}

fn declared<'a, T>(all: &'a BTreeMap<Slug, T>, slug: &Slug) -> Option<&'a Slug> {
    all.get_key_value(slug).map(|(slug, _)| slug)
}

fn events<'a>(things: &BTreeMap<&'a Number, Thing<'a>>) -> Vec<Happened<'a>> {
    let mut events: Vec<Happened> = things
        .iter()
        .flat_map(|(number, thing)| {
            let told = thing.chronicle.told.iter().enumerate();
            told.map(|(index, told)| Happened { at: told.event.at, id: &told.event.id, number, index })
        })
        .collect();
    events.par_sort_unstable();
    events
}

/// First names that only one person has; else the whole name.
fn short_names(register: &Register) -> HashMap<&Slug, &str> {
    let first = |name: &'_ str| name.split_whitespace().next().map(str::to_owned);
    let mut bearers: HashMap<String, usize> = HashMap::new();
    for person in register.people.values() {
        *bearers.entry(first(&person.name).unwrap_or_default()).or_default() += 1;
    }
    let short = |name: &'_ str| first(name).is_some_and(|first| bearers.get(&first) == Some(&1));
    let named = register.people.iter().map(|(slug, person)| {
        let name = person.name.as_str();
        (slug, if short(name) { name.split_whitespace().next().unwrap_or(name) } else { name })
    });
    named.collect()
}
