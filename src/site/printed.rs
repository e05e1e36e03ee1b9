//! What is printed and signed: packing lists of jobs and hand-over sheets of people, each as a page and as a PDF.

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde::Serialize;
use tera::{Context, Value};

use super::here::Here;
use super::jobs::{self, Work};
use super::lookup::{Lookup, Thing};
use super::phrase::Phrase;
use super::press::{Press, Sheet, visible};
use super::{Body, Failure, Output, Theme, handover, packing, people};
use crate::document::{Column, Document, Fact, Kind};
use crate::labels::layout::in_one_piece;
use crate::labels::{Fonts, is_from_right, set_apart};
use crate::register::money::totals;
use crate::register::{Job, Person};

/// A document as a page, and where else it is.
#[derive(Serialize)]
struct View {
    document: Document,
    /// The page that it belongs to, and what that is called.
    up: String,
    up_word: String,
    pdf: String,
    csv: Option<String>,
}

/// What a document is made from.
enum Subject<'w> {
    Job(&'w Job, &'w Work<'w, 'w>),
    Person(&'w Person),
}

impl Subject<'_> {
    /// The folder of the page that the document belongs to, and the name of its own files.
    fn place(&self) -> (String, &'static str) {
        match self {
            Subject::Job(job, _) => (format!("jobs/{}/", job.slug), "packing"),
            Subject::Person(person) => (format!("people/{}/", person.slug), "handover"),
        }
    }

    fn document(&self, here: &Here) -> Document {
        match self {
            Subject::Job(job, work) => packing::document(here, job, &work.standing),
            Subject::Person(person) => handover::document(here, person),
        }
    }
}

/// Prints all packing lists and hand-over sheets.
pub(super) fn print<S, E>(press: &Press<S>, work: &jobs::AllWork) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E> + Sync,
    E: Send,
{
    let site = press.site;
    let of_jobs = jobs::declared(site).into_iter().filter_map(|job| Some(Subject::Job(job, work.get(&job.slug)?)));
    let of_people = people::declared(site).filter(|person| site.held.contains_key(&person.slug)).map(Subject::Person);
    let subjects: Vec<Subject> = of_jobs.chain(of_people).collect();
    let fonts = fonts(site, &subjects);
    subjects.par_iter().try_for_each(|subject| one(press, subject, &fonts))
}

/// The fonts of this program, and others where a document has what these lack.
fn fonts(site: &Lookup, subjects: &[Subject]) -> Fonts {
    let (own, here) = (Fonts::default(), Here::at(site, ""));
    let lacking = subjects.par_iter().map(|subject| subject.document(&here).lacks(&own));
    let lacking: BTreeSet<char> = lacking.reduce(BTreeSet::new, |mut all, more| {
        all.extend(more);
        all
    });
    if lacking.is_empty() { own } else { Fonts::with((site.build.fonts)(), &lacking) }
}

fn one<S, E>(press: &Press<S>, subject: &Subject, fonts: &Fonts) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E>,
{
    let (up, name) = subject.place();
    let path = format!("{up}{name}/");
    let here = press.here(&path);
    let document = subject.document(&here);
    let failed = |reason| Failure::Template { template: "document.html", reason };
    let pdf = document.pdf(fonts).map_err(failed)?;
    press.give(Output { path: format!("{up}{name}.pdf"), body: Body::Bytes(pdf.into()) })?;
    let mut csv = None;
    if let Subject::Job(_, work) = subject {
        let file = format!("{up}{name}.csv");
        press.hand_out(file.clone(), packing::csv(press.site, &work.standing))?;
        csv = Some(file);
    }
    let title = format!("{}: {}", document.kind, document.title);
    let view = View { up_word: document.title.clone(), document, up: up.clone(), pdf: format!("{up}{name}.pdf"), csv };
    press.print(&Sheet { path, template: "document.html", title, name: "printed", view, state: None })
}

/// A document as one HTML page that stands by itself: it needs no other file and asks for none.
///
/// # Errors
/// Where a template of the register's own cannot be filled.
pub fn page(document: &Document, theme: &Theme) -> Result<String, String> {
    let mut context = Context::new();
    context.insert_value("document", Value::from_serializable(document));
    context.insert_value("style", Value::safe_string(&theme.whole_style()));
    theme.fill("alone.html", &context).map(visible)
}

impl Here<'_> {
    /// A document of this register about something, with nothing in it yet.
    pub(super) fn blank(&self, kind: &str, title: &str) -> Document {
        let config = self.site.config();
        let today = self.site.dates.long(self.site.dates.today);
        let word = |name: &str| self.site.words.word(name).to_owned();
        Document {
            kind: word(kind),
            title: title.to_owned(),
            owner: config.title.clone(),
            state: self.said("document_state", &[("day", Some(today))]),
            signatures: ["document_date", "document_gave", "document_took"].map(word).to_vec(),
            page: word("page_of"),
            language: word("lang"),
            is_from_right: word("direction") == "rtl",
            ..Document::default()
        }
    }

    /// A pattern, filled, as plain text.
    pub(super) fn said(&self, name: &str, fillings: &super::words::Fillings) -> String {
        self.say(name, fillings).plain().to_owned()
    }

    /// What people wrote, for a sentence of plain text: set apart where either may be read from the right.
    pub(super) fn apart(&self, text: &str) -> Phrase {
        let is_mixed = self.site.words.word("direction") == "rtl" || is_from_right(text);
        if is_mixed { Phrase::text(&set_apart(text)) } else { Phrase::text(text) }
    }

    /// Whom to ask, with telephone numbers in one piece.
    pub(super) fn contact_fact(&self) -> Option<Fact> {
        self.plain_fact("document_contact", self.site.config().contact.as_deref().map(in_one_piece))
    }

    pub(super) fn column(&self, word: &str, kind: Kind, width: f64) -> Column {
        let word = if word.is_empty() { String::new() } else { self.site.words.word(word).to_owned() };
        Column { word, kind, width }
    }

    /// A fact where there is one.
    pub(super) fn plain_fact(&self, word: &str, value: Option<String>) -> Option<Fact> {
        let value = value.filter(|value| !value.is_empty())?;
        Some(Fact { word: self.site.words.word(word).to_owned(), value })
    }

    /// What things are worth together, in each currency, and how many of them nobody has put a value on.
    pub(super) fn worth(&self, things: &[&Thing]) -> (Vec<Fact>, Vec<String>) {
        let values = things.iter().filter_map(|thing| thing.asset.value());
        let sums = totals(values).into_iter();
        let sums = sums.filter_map(|sum| self.plain_fact("document_total", Some(self.site.words.money(&sum))));
        let sums: Vec<Fact> = sums.collect();
        let without = things.iter().filter(|thing| thing.asset.value().is_none()).count();
        let mut notes = Vec::new();
        if !sums.is_empty() {
            notes.push(self.site.words.word("document_values").to_owned());
        }
        if without > 0 {
            notes.push(self.said("document_unvalued", &[("n", Some(self.number(without)))]));
        }
        (sums, notes)
    }

    /// The smaller lines below a thing's name: what comes with it, and who made it.
    pub(super) fn beside(&self, thing: &Thing) -> Vec<String> {
        let asset = thing.asset;
        let contents: Vec<Phrase> = asset.contents.iter().map(|text| self.apart(text)).collect();
        let contents = (!contents.is_empty()).then(|| self.listed(&contents));
        let contents = contents.map(|contents| self.said("document_with", &[("contents", Some(contents))]));
        let make: Vec<&str> = [&asset.manufacturer, &asset.model].into_iter().flatten().map(String::as_str).collect();
        let make = Some(make.join(" ")).filter(|make| !make.is_empty() && !asset.name.contains(make.as_str()));
        [contents, make].into_iter().flatten().collect()
    }
}
