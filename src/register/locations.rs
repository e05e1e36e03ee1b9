//! Locations: `locations.toml`, places within places.

use std::collections::{BTreeMap, HashMap};

use super::decide::{half_position, no_position};
use super::declared_at;
use super::finding::Finding;
use super::number::Slug;
use super::reader::{Source, Table, file};
use crate::tree::Tree;

/// A place where things are.
#[derive(Debug, Clone, PartialEq)]
pub struct Location {
    /// Its key in `locations.toml`.
    pub slug: Slug,
    /// As people say it.
    pub name: String,
    /// The place that it is in.
    pub within: Option<Slug>,
    /// Degrees north.
    pub lat: Option<f64>,
    /// Degrees east.
    pub lon: Option<f64>,
    /// Metres around `lat` and `lon` that still count as here.
    pub radius_m: Option<f64>,
    /// Where it is written.
    pub source: Source,
}

/// All locations, and how they lie in each other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Locations {
    places: BTreeMap<Slug, Location>,
    /// Entry and exit of each location in a walk over the tree they form: one is within another where its walk is.
    walk: HashMap<Slug, (usize, usize)>,
    /// The circles that some of them form.
    circles: Vec<Vec<Slug>>,
    partial: bool,
}

impl Locations {
    /// The location called `slug`.
    #[must_use]
    pub fn named(&self, slug: &Slug) -> Option<&Location> {
        self.places.get(slug)
    }

    /// All locations in order of their slugs.
    pub fn iter(&self) -> impl Iterator<Item = &Location> {
        self.places.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The location and those around it, innermost first. Ends where a circle closes.
    pub fn outward<'a>(&'a self, slug: &Slug) -> impl Iterator<Item = &'a Location> {
        let mut next = self.places.get(slug);
        let mut left = self.places.len();
        std::iter::from_fn(move || {
            let here = next?;
            left = left.checked_sub(1)?;
            next = here.within.as_ref().and_then(|outer| self.places.get(outer));
            Some(here)
        })
    }

    /// Whether `inner` is `outer` or lies anywhere within it.
    #[must_use]
    pub fn is_within(&self, inner: &Slug, outer: &Slug) -> bool {
        if inner == outer {
            return true;
        }
        match (self.walk.get(inner), self.walk.get(outer)) {
            (Some(inner), Some(outer)) => outer.0 <= inner.0 && inner.1 <= outer.1,
            _ => false,
        }
    }

    /// Circles of locations that lie in each other.
    #[must_use]
    pub fn circles(&self) -> &[Vec<Slug>] {
        &self.circles
    }

    /// Whether the file could not be read as a whole, so that there may be others.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    fn new(places: BTreeMap<Slug, Location>, partial: bool) -> Locations {
        let mut inside: HashMap<&Slug, Vec<&Slug>> = HashMap::new();
        let mut outermost = Vec::new();
        for place in places.values() {
            match place.within.as_ref().filter(|outer| places.contains_key(*outer)) {
                Some(outer) => inside.entry(outer).or_default().push(&place.slug),
                None => outermost.push(&place.slug),
            }
        }
        let walk = walk(&outermost, &inside);
        let circles = super::circles(places.keys().filter(|slug| !walk.contains_key(*slug)), |slug| {
            places.get(slug).and_then(|place| place.within.as_ref())
        });
        Locations { places, walk, circles, partial }
    }
}

/// Numbers every location reached from the outermost ones, on a stack of its own: places may be nested ten thousand deep.
fn walk(outermost: &[&Slug], inside: &HashMap<&Slug, Vec<&Slug>>) -> HashMap<Slug, (usize, usize)> {
    let mut walk = HashMap::new();
    let mut clock = 0;
    let mut stack: Vec<(&Slug, bool)> = outermost.iter().rev().map(|slug| (*slug, false)).collect();
    while let Some((slug, done)) = stack.pop() {
        clock += 1;
        if done {
            walk.entry(slug.clone()).and_modify(|span: &mut (usize, usize)| span.1 = clock);
            continue;
        }
        walk.insert(slug.clone(), (clock, clock));
        stack.push((slug, true));
        stack.extend(inside.get(slug).into_iter().flatten().rev().map(|inner| (*inner, false)));
    }
    walk
}

pub(super) fn read(tree: &Tree, findings: &mut Vec<Finding>) -> Locations {
    let read = file(tree, "locations.toml", findings, |top| {
        let named = top.named(|top, name, span, value| {
            let slug = declared_at(name, top.at(span), top);
            top.inner("".into(), value, |table| location(slug, table))
        });
        let places = named.into_iter().map(|(_, place)| (place.slug.clone(), place));
        Locations::new(places.collect(), top.is_partial())
    });
    read.unwrap_or_default()
}

fn location(slug: Slug, table: &mut Table) -> Location {
    let mut place = Location {
        name: table.need_words("name").unwrap_or_else(|| slug.to_string()),
        slug,
        within: table.take("within"),
        lat: table.take("lat"),
        lon: table.take("lon"),
        radius_m: table.take("radius_m"),
        source: Source::default(),
    };
    let half = half_position(place.lat, place.lon).filter(|(_, other)| !table.has(other));
    let half = half.map(|(one, other)| (one, format!("`{one}` without `{other}` is no position")));
    let radius = place.radius_m.filter(|metres| *metres <= 0.0);
    let radius = radius.map(|metres| ("radius_m", format!("{metres} metres are no radius")));
    for (key, why) in no_position(place.lat, place.lon).into_iter().chain(half).chain(radius) {
        table.found(Finding::new("bad-field-value", why).at(table.place(key)));
    }
    place.source = table.finish();
    place
}
