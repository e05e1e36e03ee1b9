//! The pages of locations: what is here, what belongs here and is elsewhere, what lies inside.

use std::collections::{HashMap, HashSet};

use super::feed;
use super::here::{Here, has_page};
use super::listing::{Go, Link, Listing, Nothing, Section};
use super::lookup::{Happened, Lookup};
use super::phrase::Phrase;
use super::press::Sheet;
use super::rows::PAGE;
use crate::register::{Location, Number, Slug, Status};

/// Steps that the list of locations is set in by.
const DEEP: usize = 5;

/// Places around a place that its contents are counted among: nobody nests deeper by hand.
const AROUND: usize = 24;

/// All locations in the order in which they lie in each other, with how deep (at most [`DEEP`]), and how many assets are
/// in each and inside it.
pub(super) struct Places<'a> {
    pub ordered: Vec<(&'a Location, usize)>,
    inside: HashMap<&'a Slug, Vec<&'a Location>>,
    totals: HashMap<&'a Slug, usize>,
    /// What is in a place inside each.
    deeper: HashMap<&'a Slug, Vec<&'a Number>>,
    /// What belongs at each or inside it, and is neither.
    away: HashMap<&'a Slug, Vec<&'a Number>>,
    /// What is at each or inside it, and belongs elsewhere.
    strangers: HashMap<&'a Slug, Vec<&'a Number>>,
}

impl<'a> Places<'a> {
    pub fn new(site: &Lookup<'a>) -> Places<'a> {
        let locations = &site.register().locations;
        let mut inside: HashMap<&Slug, Vec<&Location>> = HashMap::new();
        let mut outermost = Vec::new();
        for place in locations.iter() {
            match place.within.as_ref().and_then(|outer| locations.named(outer)) {
                Some(outer) => inside.entry(&outer.slug).or_default().push(place),
                None => outermost.push(place),
            }
        }
        let mut places = Places {
            ordered: Vec::new(),
            inside,
            totals: HashMap::new(),
            deeper: HashMap::new(),
            away: HashMap::new(),
            strangers: HashMap::new(),
        };
        let mut seen = HashSet::new();
        places.walk(outermost, &mut seen);
        // What lies in a circle is reached from nowhere.
        places.walk(locations.iter().filter(|place| !seen.contains(&place.slug)).collect(), &mut seen.clone());
        places.count(site);
        places.sort_out(site);
        places
    }

    /// Depth first, on a stack of its own.
    fn walk(&mut self, starts: Vec<&'a Location>, seen: &mut HashSet<&'a Slug>) {
        let mut stack: Vec<(&Location, usize)> = starts.into_iter().rev().map(|place| (place, 0)).collect();
        while let Some((place, depth)) = stack.pop() {
            if seen.insert(&place.slug) {
                self.ordered.push((place, depth));
                let inside = self.inside.get(&place.slug).into_iter().flatten().rev();
                stack.extend(inside.map(|inner| (*inner, (depth + 1).min(DEEP))));
            }
        }
    }

    /// The innermost first: each adds what it has to the one around it.
    fn count(&mut self, site: &Lookup<'a>) {
        for (place, _) in self.ordered.iter().rev() {
            let here = site.at.get(&place.slug).map_or(0, Vec::len);
            let total = self.totals.get(&place.slug).copied().unwrap_or_default() + here;
            self.totals.insert(&place.slug, total);
            if let Some(outer) = place.within.as_ref().and_then(|outer| site.register().locations.named(outer)) {
                *self.totals.entry(&outer.slug).or_default() += total;
            }
        }
    }

    /// What is where it belongs and what is not, for each place around where it is and where it should be.
    fn sort_out(&mut self, site: &Lookup<'a>) {
        let around = |slug: Option<&Slug>| slug.map(|slug| around(site, slug)).unwrap_or_default();
        for (number, thing) in &site.things {
            if thing.status() == Status::Retired {
                continue;
            }
            let (is, home) = (around(thing.state().is_at()), around(thing.asset.home.as_ref()));
            let mut put = |map: fn(&mut Self) -> &mut HashMap<&'a Slug, Vec<&'a Number>>, slug: &'a Slug| {
                map(self).entry(slug).or_default().push(number);
            };
            for slug in is.iter().skip(1) {
                put(|places| &mut places.deeper, slug);
            }
            for slug in home.iter().filter(|slug| !is.contains(slug)) {
                put(|places| &mut places.away, slug);
            }
            for slug in is.iter().filter(|slug| !home.is_empty() && !home.contains(slug)) {
                put(|places| &mut places.strangers, slug);
            }
        }
    }

    fn total(&self, place: &Slug) -> usize {
        self.totals.get(place).copied().unwrap_or_default()
    }
}

/// The list of all locations.
pub(super) fn index(site: &Lookup, places: &Places) -> Vec<Sheet<Listing>> {
    let pages = Here::at(site, "locations/").pages("locations/", &places.ordered, PAGE);
    let sheets = pages.into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let links = page.items.iter().map(|(place, depth)| here.place_link(place, places, *depth)).collect();
        let none = Nothing { title: here.word("locations_none"), line: Phrase::default() };
        let view = Listing {
            title: site.words.word("locations").to_owned(),
            nothing: places.ordered.is_empty().then_some(none),
            sections: vec![Section { links, pager: page.pager, ..Section::default() }],
            ..Listing::default()
        };
        Sheet {
            title: view.title.clone(),
            path: page.path,
            template: "locations.html",
            name: "list",
            view,
            state: None,
        }
    });
    sheets.collect()
}

/// The pages of one location.
pub(super) fn pages(site: &Lookup, place: &Location, places: &Places) -> Vec<Sheet<Listing>> {
    let at: &[&Number] = site.at.get(&place.slug).map(Vec::as_slice).unwrap_or_default();
    let base = format!("locations/{}/", place.slug);
    let pages = Here::at(site, &base).pages(&base, at, PAGE);
    let sheets = pages.into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let mut rows = here.rows(page.items);
        rows.pager = page.pager;
        let nothing = places.total(&place.slug) == 0;
        let empty = nothing.then(|| here.word("location_none"));
        let mut sections = Vec::new();
        if page.first {
            sections.extend(here.inside_section(place, places));
        }
        let word = (!at.is_empty()).then(|| here.word("location_here"));
        sections.push(Section { word, assets: rows, empty, ..Section::default() });
        if page.first {
            for (word, numbers) in [
                ("location_inside", &places.deeper),
                ("location_home_away", &places.away),
                ("location_stranger", &places.strangers),
            ] {
                let numbers = numbers.get(&place.slug).map(Vec::as_slice).unwrap_or_default();
                sections.extend(here.cut_section(word, numbers));
            }
        }
        let total = site.words.count("assets", places.total(&place.slug));
        let view = Listing {
            title: place.name.clone(),
            trail: place.within.as_ref().map(|outer| here.trail(outer)),
            sentence: Some(here.location_stands(place, places, total)).filter(|said| !said.plain().is_empty()),
            papers: vec![Go::to(here.link(&format!("{base}feed.xml")), here.word("feed_here"))],
            feed: Some(here.feed_of(&base, &place.name)),
            sections,
            ..Listing::default()
        };
        Sheet { title: place.name.clone(), path: page.path, template: "location.html", name: "list", view, state: None }
    });
    sheets.collect()
}

impl Here<'_> {
    fn place_link(&self, place: &Location, places: &Places, depth: usize) -> Link {
        let total = places.total(&place.slug);
        let line = (total > 0).then(|| self.site.words.count("assets", total));
        Link {
            path: format!("locations/{}/", place.slug),
            name: Phrase::name(&place.name),
            line,
            chips: Vec::new(),
            depth,
        }
    }

    fn inside_section(&self, place: &Location, places: &Places) -> Option<Section> {
        let inside = places.inside.get(&place.slug)?.iter().filter(|inner| has_page(true, &inner.slug)).take(PAGE);
        let links: Vec<Link> = inside.map(|inner| self.place_link(inner, places, 0)).collect();
        (!links.is_empty()).then(|| Section { links, ..Section::default() })
    }

    /// `12 assets here and inside; 3 belong here and are elsewhere`.
    fn location_stands(&self, place: &Location, places: &Places, total: Phrase) -> Phrase {
        let of = |map: &HashMap<&Slug, Vec<&Number>>| map.get(&place.slug).map_or(0, Vec::len);
        let counted = |word: &str, n: usize| (n > 0).then(|| self.site.words.count(word, n));
        let here = (places.total(&place.slug) > 0).then(|| self.say("location_total", &[("assets", Some(total))]));
        let away = counted("location_said_away", of(&places.away));
        let strangers = counted("location_said_stranger", of(&places.strangers));
        self.clauses(&[here, away, strangers].into_iter().flatten().collect::<Vec<_>>())
    }

    /// A section of as many assets as a page has, and how many more there are.
    fn cut_section(&self, word: &str, numbers: &[&Number]) -> Option<Section> {
        let more = numbers.len().checked_sub(PAGE).filter(|more| *more > 0);
        let empty = more.map(|more| self.say("more_to_show", &[("n", Some(self.number(more)))]));
        let assets = self.rows(&numbers[..numbers.len().min(PAGE)]);
        (!numbers.is_empty()).then(|| Section { word: Some(self.word(word)), assets, empty, ..Section::default() })
    }
}

/// The newest events that brought something to each place, took it from there, or moved it inside, for its feed.
pub(super) fn moves<'s, 'a>(site: &'s Lookup<'a>) -> HashMap<&'s Slug, Vec<&'s Happened<'a>>> {
    site.newest(feed::LATELY, |told| {
        let (from, to) = told.moved.as_ref().map_or((None, None), |(from, to)| (from.as_ref(), to.as_ref()));
        [from, to].into_iter().flatten().flat_map(|slug| around(site, slug)).collect()
    })
}

/// A place and those around it, innermost first.
fn around<'a>(site: &Lookup<'a>, slug: &Slug) -> Vec<&'a Slug> {
    site.register().locations.outward(slug).map(|place| &place.slug).take(AROUND).collect()
}
