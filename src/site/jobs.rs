//! The pages of jobs: what is reserved for each, packed, out, back and missing, and what was taken.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Fact;
use super::here::{Here, has_page};
use super::listing::{Go, Link, Listing, Nothing, Section};
use super::lookup::{Happened, Lookup, Thing};
use super::phrase::Phrase;
use super::press::Sheet;
use super::rows::{PAGE, Rows};
use crate::register::job::{self, Stage, Standing, by_kit};
use crate::register::money::totals;
use crate::register::motion::MOST_AT_ONCE;
use crate::register::{Job, Number, Slug};

/// Events that a job's page shows.
const TAKEN: usize = 100;

/// People that a sentence names; of more it says how many.
const NAMED: usize = 3;

/// The jobs that have a page, the newest first.
pub(super) fn declared<'a>(site: &Lookup<'a>) -> Vec<&'a Job> {
    let mut jobs: Vec<&Job> = site.register().jobs.values().filter(|job| has_page(true, &job.slug)).collect();
    jobs.sort_by_key(|job| (std::cmp::Reverse(job.from), &job.slug));
    jobs
}

/// What happened for a job, and where everything stands in it.
#[derive(Default)]
pub(super) struct Work<'s, 'a> {
    events: Vec<&'s Happened<'a>>,
    pub standing: Standing,
}

/// The work of all jobs that a log names.
pub(super) type AllWork<'s, 'a> = BTreeMap<Slug, Work<'s, 'a>>;

/// The work of all jobs.
pub(super) fn work<'s, 'a>(site: &'s Lookup<'a>) -> AllWork<'s, 'a> {
    let mut work = AllWork::new();
    for happened in site.events.iter().rev() {
        if let Some((_, told)) = site.told(happened)
            && let Some(job) = &told.event.job
        {
            work.entry(job.clone()).or_default().events.push(happened);
        }
    }
    for (number, thing) in &site.things {
        for (job, stage) in job::stages(site.opened, thing.asset, &thing.folded, &site.build.moment) {
            work.entry(job).or_default().standing.insert((*number).clone(), stage);
        }
    }
    work.retain(|_, work| !work.events.is_empty() || !work.standing.is_empty());
    work
}

/// The list of all jobs.
pub(super) fn index(site: &Lookup, work: &AllWork) -> Vec<Sheet<Listing>> {
    let jobs = declared(site);
    let sheets = Here::at(site, "jobs/").pages("jobs/", &jobs, PAGE).into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let links = page.items.iter().map(|job| {
            let stands = work.get(&job.slug).map(|work| here.job_stands(&work.standing));
            let line: Vec<Phrase> = [Some(here.job_time(job)), stands].into_iter().flatten().collect();
            let line: Vec<Phrase> = line.into_iter().filter(|part| !part.plain().is_empty()).collect();
            Link {
                path: format!("jobs/{}/", job.slug),
                name: Phrase::name(&job.title),
                line: Some(Phrase::joined(&line, " · ")),
                chips: Vec::new(),
                depth: 0,
            }
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
    let nothing = Work::default();
    let work = work.unwrap_or(&nothing);
    let mut sections: Vec<Section> =
        Stage::ALL.into_iter().filter_map(|stage| here.stage_section(stage, &work.standing)).collect();
    let told = work.events.iter().take(TAKEN).filter_map(|happened| site.told(happened));
    let log: Vec<_> = told.map(|(thing, told)| here.item_of(thing, told)).collect();
    let section = Section { word: Some(here.word("job_history")), log, ..Section::default() };
    sections.extend((!work.events.is_empty()).then_some(section));
    if sections.is_empty() {
        sections.push(Section { empty: Some(here.word("list_empty")), ..Section::default() });
    }
    let view = Listing {
        title: job.title.clone(),
        sentence: Some(here.job_stands(&work.standing)).filter(|said| !said.plain().is_empty()),
        facts: here.job_facts(job, &work.standing),
        does: here.job_does(job, &work.standing),
        papers: if work.standing.is_empty() { Vec::new() } else { here.job_papers(&path) },
        sections,
        ..Listing::default()
    };
    Sheet { title: job.title.clone(), path, template: "job.html", name: "list", view, state: None }
}

/// The numbers at one stage.
fn at(standing: &Standing, stage: Stage) -> BTreeSet<&Number> {
    standing.iter().filter(|(_, at)| **at == stage).map(|(number, _)| number).collect()
}

impl Here<'_> {
    fn job_time(&self, job: &Job) -> Phrase {
        let days = Some(self.job_days(job)).filter(|days| !days.plain().is_empty());
        let lead = job.lead.as_ref().map(|lead| Phrase::name(self.site.register().person_name(lead)));
        self.say("job_time", &[("days", days), ("who", lead)])
    }

    /// `12 of 15 are back; 2 out with Ben; 1 missing`.
    fn job_stands(&self, standing: &Standing) -> Phrase {
        let gone = standing.values().filter(|stage| stage.has_gone()).count();
        let of = |stage: Stage| Some(at(standing, stage)).filter(|numbers| !numbers.is_empty());
        let back = of(Stage::Back).map(|back| {
            let all = self.number(gone);
            let word = if back.len() == gone { "job_said_all_back" } else { "job_said_back" };
            self.site.words.count_of(word, back.len(), &[("all", Some(all))])
        });
        let said = |stage: Stage| {
            let numbers = of(stage)?;
            let fillings = [("n", Some(self.number(numbers.len()))), ("who", self.holders(&numbers))];
            Some(self.say(&format!("job_said_{}", stage.word()), &fillings))
        };
        let parts = [back, said(Stage::Out), said(Stage::Missing), said(Stage::Packed), said(Stage::Reserved)];
        let parts: Vec<Phrase> = parts.into_iter().flatten().collect();
        self.clauses(&parts)
    }

    /// Whoever has something of this: by name, or how many they are.
    fn holders(&self, numbers: &BTreeSet<&Number>) -> Option<Phrase> {
        let things = numbers.iter().filter_map(|number| self.site.things.get(*number));
        let people: BTreeSet<&Slug> =
            things.filter_map(|thing| Some(&thing.state().custody.as_ref()?.person)).collect();
        if people.len() > NAMED {
            return Some(self.site.words.count("people", people.len()));
        }
        let named: Vec<Phrase> = people.into_iter().map(|person| self.actor(person)).collect();
        (!named.is_empty()).then(|| self.listed(&named))
    }

    fn stage_section(&self, stage: Stage, standing: &Standing) -> Option<Section> {
        let numbers = at(standing, stage);
        let ordered = by_kit(self.site.register(), &numbers);
        let rows = ordered.iter().take(PAGE).filter_map(|(number, depth)| {
            let row = self.row(number)?;
            Some(super::rows::Row { depth: (*depth).min(super::rows::DEEP), ..row })
        });
        let rows = Rows { rows: rows.collect(), pager: None };
        let more = ordered.len().checked_sub(PAGE).filter(|more| *more > 0);
        let empty = more.map(|more| self.say("more_to_show", &[("n", Some(self.number(more)))]));
        let word = Some(self.word(&format!("job_{}", stage.word())));
        (!numbers.is_empty()).then(|| Section { word, assets: rows, empty, ..Section::default() })
    }

    fn job_facts(&self, job: &Job, standing: &Standing) -> Vec<Fact> {
        let things: Vec<&Thing> = standing.keys().filter_map(|number| self.site.things.get(number)).collect();
        let values: Vec<Phrase> =
            totals(things.iter().filter_map(|thing| thing.asset.value())).iter().map(|sum| self.money(sum)).collect();
        let facts = [
            ("job_when", Some(self.job_days(job))),
            ("job_lead", job.lead.as_ref().map(|lead| self.person(lead))),
            ("job_worth", Some(self.listed(&values))),
        ];
        let said = facts.into_iter().filter_map(|(word, value)| {
            let value = value.filter(|value| !value.plain().is_empty())?;
            Some(Fact { word: self.site.words.word(word).to_owned(), value, code: false, chips: Vec::new() })
        });
        said.collect()
    }

    fn job_papers(&self, path: &str) -> Vec<Go> {
        let files = [("packing/", "packing"), ("packing.pdf", "as_pdf"), ("packing.csv", "as_csv")];
        files.into_iter().map(|(file, word)| Go::to(self.link(&format!("{path}{file}")), self.word(word))).collect()
    }

    /// Where all that is reserved can be handed out at once, and all that is out brought back.
    fn job_does(&self, job: &Job, standing: &Standing) -> Vec<Go> {
        let reserved = at(standing, Stage::Reserved);
        let out: BTreeSet<&Number> = at(standing, Stage::Out).union(&at(standing, Stage::Packed)).copied().collect();
        // Everybody it is reserved for, where that is one.
        let whose = reserved.iter().filter_map(|number| {
            let of_job = |of: &&crate::register::state::Reservation| of.job.as_ref() == Some(&job.slug);
            Some(&self.site.things.get(*number)?.state().reservations.iter().find(of_job)?.person)
        });
        let whose: BTreeSet<&Slug> = whose.collect();
        let to = whose.first().filter(|_| whose.len() == 1).map(|person| format!("&to={person}")).unwrap_or_default();
        let take = self.basket(&reserved, &format!("&kind=checkout&job={}{to}", job.slug));
        let back = self.basket(&out, "&kind=back");
        let take = take.map(|link| Go::to(link, self.word("job_do_take")));
        let back = back.map(|link| Go::to(link, self.word("job_do_back")));
        take.into_iter().chain(back).collect()
    }

    /// The desk's basket with these in it, where there is a desk that takes so many at once.
    fn basket(&self, numbers: &BTreeSet<&Number>, more: &str) -> Option<String> {
        let desk = self.site.config().desk_url.as_ref()?;
        let numbers: Vec<&str> = numbers.iter().map(|number| number.as_str()).collect();
        let fits = (1..=MOST_AT_ONCE).contains(&numbers.len());
        fits.then(|| format!("{desk}/batch?numbers={}{more}", numbers.join("+")))
    }
}
