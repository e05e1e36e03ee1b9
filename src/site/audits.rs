//! The pages of audits: what was found, what was not, what nobody expected or knows.

use rayon::prelude::*;

use super::charts::count_as_f64;
use super::dashboard::Share;
use super::here::{Chip, Here, has_page};
use super::listing::{Action, Bar, Link, Listing, Nothing, Section};
use super::lookup::Lookup;
use super::phrase::Phrase;
use super::press::Sheet;
use super::rows::{PAGE, Row, Rows};
use crate::register::audit::{Belief, Count, Sighted};
use crate::register::{Audit, Number};

/// The audits that have a page, the newest first, each with what it found.
pub(super) fn counted<'a>(site: &Lookup<'a>) -> Vec<(&'a Audit, Count)> {
    let mut audits: Vec<&Audit> = site.register().audits.values().filter(|audit| has_page(true, &audit.slug)).collect();
    audits.sort_by_key(|audit| (std::cmp::Reverse(audit.opened), &audit.slug));
    audits.into_par_iter().map(|audit| (audit, site.opened.count(audit, &site.build.moment))).collect()
}

/// The list of all audits.
pub(super) fn index(site: &Lookup, audits: &[(&Audit, Count)]) -> Vec<Sheet<Listing>> {
    let sheets = Here::at(site, "audits/").pages("audits/", audits, PAGE).into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let links = page.items.iter().map(|(audit, count)| Link {
            path: format!("audits/{}/", audit.slug),
            name: Phrase::name(&audit.title),
            line: Some(Phrase::joined(&[here.audit_time(audit, count), here.audit_progress(count)], " · ")),
            chips: count.is_open.then(|| Chip::new(here.word("chip_open"), "out")).into_iter().collect(),
            depth: 0,
        });
        let nothing = Nothing { title: here.word("audits_none"), line: here.word("audits_none_line") };
        let view = Listing {
            title: site.words.word("audits").to_owned(),
            nothing: audits.is_empty().then_some(nothing),
            action: here.audit_action("audits", "audits_at_desk").filter(|_| page.first),
            sections: vec![Section { links: links.collect(), pager: page.pager, ..Section::default() }],
            ..Listing::default()
        };
        Sheet { title: view.title.clone(), path: page.path, template: "audits.html", name: "list", view, state: None }
    });
    sheets.collect()
}

/// The pages of one audit: what is wrong first, then what was found.
pub(super) fn pages(site: &Lookup, audit: &Audit, count: &Count) -> Vec<Sheet<Listing>> {
    let base = format!("audits/{}/", audit.slug);
    let sheets = Here::at(site, &base).pages(&base, &count.found, PAGE).into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let mut sections = if page.first { here.audit_gaps(count) } else { Vec::new() };
        if !count.found.is_empty() {
            let rows = page.items.iter().filter_map(|sighted| here.sighted(sighted));
            let assets = Rows { rows: rows.collect(), pager: page.pager };
            let word = Some(here.audit_heading("audit_found", count.found.len()));
            sections.push(Section { word, assets, ..Section::default() });
        }
        let go_on = here.audit_action(&format!("audits/{}", audit.slug), "audit_at_desk");
        let view = Listing {
            title: audit.title.clone(),
            trail: Some(here.audit_time(audit, count)),
            sentence: Some(here.audit_sentence(audit, count)),
            bar: Some(here.audit_bar(count)),
            action: go_on.filter(|_| count.is_open && page.first),
            sections,
            ..Listing::default()
        };
        Sheet { title: audit.title.clone(), path: page.path, template: "audit.html", name: "list", view, state: None }
    });
    sheets.collect()
}

impl Here<'_> {
    pub(super) fn audit_time(&self, audit: &Audit, count: &Count) -> Phrase {
        let day = |at| self.site.dates.full(self.site.dates.day_of(at));
        let (opened, closed) = (audit.opened.map(day), audit.closed.map(day));
        match closed {
            _ if count.is_open => self.say("audit_open", &[("day", opened)]),
            Some(closed) if opened.as_ref() == Some(&closed) => closed,
            closed => self.say("audit_closed", &[("from", opened), ("until", closed)]),
        }
    }

    /// `38 of 41 seen`.
    pub(super) fn audit_progress(&self, count: &Count) -> Phrase {
        let number = |n: usize| Some(self.number(n));
        self.say("audit_sentence", &[("seen", number(count.seen())), ("all", number(count.expected()))])
    }

    /// `38 of 41 seen · Counts what should be in Studio · by Ana`.
    pub(super) fn audit_sentence(&self, audit: &Audit, count: &Count) -> Phrase {
        let place = audit.location.as_ref().map(|place| self.place(place));
        let category = audit.category.as_ref().map(|category| self.category(category));
        let scope = if place.is_some() { "audit_scope" } else { "audit_scope_all" };
        let mut parts = vec![self.audit_progress(count), self.say(scope, &[("where", place), ("category", category)])];
        parts.extend(audit.by.as_ref().map(|by| self.say("audit_by", &[("who", Some(self.actor(by)))])));
        Phrase::joined(&parts, " · ")
    }

    /// What was found and what is amiss, as a bar of what was expected, and in figures.
    pub(super) fn audit_bar(&self, count: &Count) -> Bar {
        let unseen = if count.is_open { ("audit_part_not_yet", "off") } else { ("audit_part_missing", "bad") };
        // What nobody expected is no part of the bar.
        let parts = [
            ("audit_part_found", "go", count.found.len(), true),
            ("audit_part_misplaced", "warn", count.misplaced.len(), true),
            (unseen.0, unseen.1, count.unseen.len(), true),
            ("audit_part_unexpected", "out", count.unexpected.len(), false),
            ("audit_part_unknown", "p7", count.unknown.len(), false),
        ];
        let all = count_as_f64(count.expected()).max(1.0);
        let mut x = 0.0;
        let shown = parts.into_iter().filter(|(.., n, is_expected)| *n > 0 || *is_expected);
        let shares = shown.map(|(word, tone, n, is_expected)| {
            let width = if is_expected { count_as_f64(n) / all * 100.0 } else { 0.0 };
            let number = Some(self.number(n));
            let title = self.say(word, &[("n", number)]).plain().to_owned();
            let share = Share { tone, x: format!("{x:.2}"), width: format!("{width:.2}"), title };
            x += width;
            share
        });
        Bar { label: self.audit_progress(count).plain().to_owned(), shares: shares.collect() }
    }

    /// `Missing (3)`.
    pub(super) fn audit_heading(&self, word: &str, n: usize) -> Phrase {
        let number = Some(self.number(n));
        self.say("audit_heading", &[("what", Some(self.word(word))), ("n", number)])
    }

    fn audit_action(&self, path: &str, word: &str) -> Option<Action> {
        let desk = self.site.config().desk_url.as_deref()?;
        Some(Action { href: format!("{desk}/{path}"), word: self.word(word) })
    }

    fn audit_gaps(&self, count: &Count) -> Vec<Section> {
        let unseen = if count.is_open { "audit_not_yet" } else { "audit_missing" };
        let all_seen = (count.unseen.is_empty() && count.expected() > 0).then(|| self.word("audit_all_seen"));
        let unseen_rows: Vec<Row> = count.unseen.iter().take(PAGE).filter_map(|number| self.row(number)).collect();
        let word = (!count.unseen.is_empty()).then(|| self.audit_heading(unseen, count.unseen.len()));
        let mut sections = vec![self.audit_section(word, unseen_rows, count.unseen.len(), all_seen)];
        for (word, all) in [("audit_misplaced", &count.misplaced), ("audit_unexpected", &count.unexpected)] {
            let rows: Vec<Row> = all.iter().take(PAGE).filter_map(|sighted| self.sighted(sighted)).collect();
            let heading = Some(self.audit_heading(word, all.len()));
            sections.extend((!all.is_empty()).then(|| self.audit_section(heading, rows, all.len(), None)));
        }
        if !count.unknown.is_empty() {
            let lines = count.unknown.iter().map(|tag| self.unknown_tag(tag)).collect();
            let word = Some(self.audit_heading("audit_unknown", count.unknown.len()));
            sections.push(Section { word, lines, ..Section::default() });
        }
        sections
    }

    fn audit_section(&self, word: Option<Phrase>, rows: Vec<Row>, all: usize, empty: Option<Phrase>) -> Section {
        let more = all.saturating_sub(PAGE);
        let more = (more > 0).then(|| self.site.words.count("and_more", more));
        Section { word, assets: Rows { rows, pager: None }, empty: empty.or(more), ..Section::default() }
    }

    /// A tag that was in no register, and what it is on by now.
    fn unknown_tag(&self, tag: &str) -> Phrase {
        let bearer = Number::parse(tag).ok().and_then(|number| self.site.register().resolve(&number));
        let bearer = bearer.map(|asset| self.asset(&asset.number));
        self.say("audit_unknown_line", &[("tag", Some(Phrase::name(tag).code())), ("bearer", bearer)])
    }

    /// A thing that was seen, with where, and where it should have been.
    fn sighted(&self, sighted: &Sighted) -> Option<Row> {
        let row = self.row(&sighted.number)?;
        Some(Row { line: Some(self.sighted_line(sighted)), ..row })
    }

    /// `seen in Shelf B, belongs in Shelf A`.
    pub(super) fn sighted_line(&self, sighted: &Sighted) -> Phrase {
        let at = |place: &Option<crate::register::Slug>| place.as_ref().map(|place| self.place(place));
        let seen = at(&sighted.location);
        let who = Some(self.actor(&sighted.by));
        let (name, filling) = match &sighted.belief {
            Belief::Here(believed) if *believed == sighted.location => ("audit_line", None),
            Belief::Here(believed) | Belief::Elsewhere(believed) => ("audit_line_place", at(believed)),
            Belief::With(person) => ("audit_line_with", Some(self.actor(person))),
            Belief::InRepair(vendor) => ("audit_line_repair", Some(Phrase::name(vendor))),
            Belief::Retired => ("audit_line_retired", None),
            Belief::Uncounted(category) => ("audit_line_category", Some(self.category(category))),
        };
        self.say(name, &[("where", seen), ("who", who), ("what", filling)])
    }
}
