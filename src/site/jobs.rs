//! The pages of jobs: what is out for each, what is reserved for it, what was taken.

use std::collections::BTreeMap;

use super::here::{Here, has_page};
use super::listing::{Link, Listing, Nothing, Section};
use super::lookup::{Happened, Lookup};
use super::phrase::Phrase;
use super::press::Sheet;
use super::rows::PAGE;
use crate::register::{Job, Number, Slug};

/// Events that a job's page shows.
const TAKEN: usize = 100;

/// The jobs that have a page, the newest first.
pub(super) fn declared<'a>(site: &Lookup<'a>) -> Vec<&'a Job> {
    let mut jobs: Vec<&Job> = site.register().jobs.values().filter(|job| has_page(true, &job.slug)).collect();
    jobs.sort_by_key(|job| (std::cmp::Reverse(job.from), &job.slug));
    jobs
}

/// What happened for each job, and what is out or reserved for it.
#[derive(Default)]
pub(super) struct Work<'s, 'a> {
    events: Vec<&'s Happened<'a>>,
    out: Vec<&'a Number>,
    reserved: Vec<&'a Number>,
}

/// The work of all jobs.
pub(super) fn work<'s, 'a>(site: &'s Lookup<'a>) -> BTreeMap<&'s Slug, Work<'s, 'a>> {
    let mut work: BTreeMap<&Slug, Work> = BTreeMap::new();
    for happened in site.events.iter().rev() {
        if let Some((_, told)) = site.told(happened)
            && let Some(job) = &told.event.job
        {
            work.entry(job).or_default().events.push(happened);
        }
    }
    for (number, thing) in &site.things {
        if let Some(job) = thing.state().custody.as_ref().and_then(|custody| custody.job.as_ref()) {
            work.entry(job).or_default().out.push(number);
        }
        for job in thing.state().reservations.iter().filter_map(|reservation| reservation.job.as_ref()) {
            work.entry(job).or_default().reserved.push(number);
        }
    }
    work
}

/// The list of all jobs.
pub(super) fn index(site: &Lookup) -> Vec<Sheet<Listing>> {
    let jobs = declared(site);
    let sheets = Here::at(site, "jobs/").pages("jobs/", &jobs, PAGE).into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let links = page.items.iter().map(|job| Link {
            path: format!("jobs/{}/", job.slug),
            name: Phrase::name(&job.title),
            line: Some(here.job_time(job)),
            chips: Vec::new(),
            depth: 0,
        });
        let nothing = Nothing { title: here.word("jobs_none"), line: here.word("jobs_none_line") };
        let view = Listing {
            title: site.words.word("jobs").to_owned(),
            nothing: jobs.is_empty().then_some(nothing),
            sections: vec![Section { links: links.collect(), pager: page.pager, ..Section::default() }],
            ..Listing::default()
        };
        Sheet { title: view.title.clone(), path: page.path, template: "jobs.html", name: "list", view, state: None }
    });
    sheets.collect()
}

/// The page of one job.
pub(super) fn page(site: &Lookup, job: &Job, work: Option<&Work>) -> Sheet<Listing> {
    let path = format!("jobs/{}/", job.slug);
    let here = Here::at(site, &path);
    let mut sections = Vec::new();
    if let Some(work) = work {
        for (word, numbers) in [("job_out", &work.out), ("job_reserved", &work.reserved)] {
            let assets = here.rows(&numbers[..numbers.len().min(PAGE)]);
            let section = Section { word: Some(here.word(word)), assets, ..Section::default() };
            sections.extend((!numbers.is_empty()).then_some(section));
        }
        let told = work.events.iter().take(TAKEN).filter_map(|happened| site.told(happened));
        let log: Vec<_> = told.map(|(thing, told)| here.item_of(thing, told)).collect();
        let section = Section { word: Some(here.word("job_history")), log, ..Section::default() };
        sections.extend((!work.events.is_empty()).then_some(section));
    }
    if sections.is_empty() {
        sections.push(Section { empty: Some(here.word("list_empty")), ..Section::default() });
    }
    let view = Listing {
        title: job.title.clone(),
        sentence: Some(here.job_time(job)).filter(|time| !time.plain().is_empty()),
        sections,
        ..Listing::default()
    };
    Sheet { title: job.title.clone(), path, template: "job.html", name: "list", view, state: None }
}

impl Here<'_> {
    fn job_time(&self, job: &Job) -> Phrase {
        let day = |day: Option<_>| day.map(|day| self.site.dates.full(day));
        let lead = job.lead.as_ref().map(|lead| Phrase::name(self.site.register().person_name(lead)));
        self.say("job_time", &[("from", day(job.from)), ("until", day(job.until)), ("who", lead)])
    }
}
