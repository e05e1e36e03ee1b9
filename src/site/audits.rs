//! The pages of audits: what was seen, what was not, what nobody knows.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::chronicle::Mark;
use super::here::{Here, has_page};
use super::listing::{Link, Listing, Nothing, Section};
use super::lookup::{Lookup, Thing};
use super::phrase::Phrase;
use super::press::Sheet;
use super::rows::PAGE;
use crate::register::{Action, Audit, Moment, Number, Slug, Status};

/// What each audit saw.
pub(super) fn seen<'a>(site: &'a Lookup) -> BTreeMap<&'a Slug, BTreeSet<&'a Number>> {
    let mut seen: BTreeMap<&Slug, BTreeSet<&Number>> = BTreeMap::new();
    for (number, thing) in &site.things {
        for told in thing.chronicle.told.iter().filter(|told| told.mark == Mark::Counts) {
            if let Action::Audit { audit: Some(audit), .. } = &told.event.action {
                seen.entry(audit).or_default().insert(number);
            }
        }
    }
    seen
}

/// The audits that have a page, the newest first.
pub(super) fn declared<'a>(site: &Lookup<'a>) -> Vec<&'a Audit> {
    let mut audits: Vec<&Audit> = site.register().audits.values().filter(|audit| has_page(true, &audit.slug)).collect();
    audits.sort_by_key(|audit| (std::cmp::Reverse(audit.opened), &audit.slug));
    audits
}

/// The list of all audits.
pub(super) fn index(site: &Lookup) -> Vec<Sheet<Listing>> {
    let audits = declared(site);
    let sheets = Here::at(site, "audits/").pages("audits/", &audits, PAGE).into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let links = page.items.iter().map(|audit| Link {
            path: format!("audits/{}/", audit.slug),
            name: Phrase::name(&audit.title),
            line: Some(here.audit_time(audit)),
            chips: Vec::new(),
            depth: 0,
        });
        let nothing = Nothing { title: here.word("audits_none"), line: here.word("audits_none_line") };
        let view = Listing {
            title: site.words.word("audits").to_owned(),
            nothing: audits.is_empty().then_some(nothing),
            sections: vec![Section { links: links.collect(), pager: page.pager, ..Section::default() }],
            ..Listing::default()
        };
        Sheet { title: view.title.clone(), path: page.path, template: "audits.html", name: "list", view, state: None }
    });
    sheets.collect()
}

/// The pages of one audit, which saw `seen`.
pub(super) fn pages(site: &Lookup, audit: &Audit, seen: &BTreeSet<&Number>) -> Vec<Sheet<Listing>> {
    let unseen = unseen(site, audit, seen);
    let found: Vec<&Number> = seen.iter().copied().collect();
    let base = format!("audits/{}/", audit.slug);
    let sheets = Here::at(site, &base).pages(&base, &found, PAGE).into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let mut rows = here.rows(page.items);
        rows.pager = page.pager;
        let mut sections = if page.first { here.gaps(audit, &unseen) } else { Vec::new() };
        let word = (!found.is_empty()).then(|| here.word("audit_seen"));
        sections.push(Section { word, assets: rows, ..Section::default() });
        let view = Listing {
            title: audit.title.clone(),
            trail: Some(here.audit_time(audit)),
            sentence: Some(here.audit_sentence(audit, found.len(), unseen.len())),
            sections,
            ..Listing::default()
        };
        Sheet { title: audit.title.clone(), path: page.path, template: "audit.html", name: "list", view, state: None }
    });
    sheets.collect()
}

/// What should have been seen when the audit ended, or should be by now, and was not.
fn unseen<'a>(site: &Lookup<'a>, audit: &Audit, seen: &BTreeSet<&Number>) -> Vec<&'a Number> {
    let until = audit.closed.map_or(site.build.moment, |at| Moment::at(at, site.dates.zone));
    let things: Vec<_> = site.things.iter().filter(|(number, _)| !seen.contains(**number)).collect();
    let expected = things.into_par_iter().filter(|(number, thing)| {
        let state = site.opened.folded(number, &until).state;
        let scope = audit.location.as_ref();
        let inside = |at: &Slug| scope.is_none_or(|scope| site.register().locations.is_within(at, scope));
        let here = state.location.as_ref().is_some_and(inside);
        was_there(thing, until) && here && !matches!(state.status(), Status::Retired | Status::CheckedOut)
    });
    expected.map(|(number, _)| *number).collect()
}

/// Whether the asset had come by then, as far as its record says.
fn was_there(thing: &Thing, until: Moment) -> bool {
    let bought = thing.asset.purchase.as_ref().and_then(|purchase| purchase.date);
    thing.asset.in_service.or(bought).is_none_or(|came| came <= until.today)
}

impl Here<'_> {
    fn audit_time(&self, audit: &Audit) -> Phrase {
        let day = |at| self.site.dates.full(self.site.dates.day_of(at));
        let (opened, closed) = (audit.opened.map(day), audit.closed.map(day));
        if closed.is_some() && opened == closed {
            return opened.unwrap_or_default();
        }
        match closed {
            Some(closed) => self.say("audit_closed", &[("from", opened), ("until", Some(closed))]),
            None => self.say("audit_open", &[("day", opened)]),
        }
    }

    /// `38 of 41 seen · Counts what should be in Studio · by Ana`.
    fn audit_sentence(&self, audit: &Audit, seen: usize, unseen: usize) -> Phrase {
        let number = |n: usize| Some(self.number(n));
        let place = audit.location.as_ref().map(|place| self.place(place));
        let scope = if place.is_some() { "audit_scope" } else { "audit_scope_all" };
        let mut parts = vec![
            self.say("audit_sentence", &[("seen", number(seen)), ("all", number(seen + unseen))]),
            self.say(scope, &[("where", place), ("category", None)]),
        ];
        parts.extend(audit.by.as_ref().map(|by| self.say("audit_by", &[("who", Some(self.actor(by)))])));
        Phrase::joined(&parts, " · ")
    }

    fn gaps(&self, audit: &Audit, unseen: &[&Number]) -> Vec<Section> {
        let mut sections = Vec::new();
        let all_seen = unseen.is_empty().then(|| self.word("audit_all_seen"));
        let shown = &unseen[..unseen.len().min(PAGE)];
        let word = (!unseen.is_empty()).then(|| self.word("audit_unseen"));
        sections.push(Section { word, assets: self.rows(shown), empty: all_seen, ..Section::default() });
        if !audit.unknown.is_empty() {
            let lines = audit.unknown.iter().map(|tag| Phrase::name(tag)).collect();
            sections.push(Section { word: Some(self.word("audit_unknown")), lines, ..Section::default() });
        }
        sections
    }
}
