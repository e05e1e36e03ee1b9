//! What is overdue and what is broken.

use super::here::Here;
use super::listing::{Listing, Nothing, Section};
use super::lookup::{Lookup, Thing};
use super::phrase::Phrase;
use super::press::Sheet;
use super::rows::{PAGE, Row, Rows};

/// What should be back, the latest first.
pub(super) fn overdue(site: &Lookup) -> Vec<Sheet<Listing>> {
    let mut late: Vec<&Thing> = site.things.values().filter(|thing| thing.summary.overdue).collect();
    late.sort_by_key(|thing| thing.summary.due);
    pages(site, "overdue", "overdue.html", &late, |here, thing| {
        let who = thing.summary.custodian.as_ref().map(|person| here.person(person));
        here.say("attention_overdue", &[("who", who), ("late", here.lateness(thing))])
    })
}

/// What is reported broken, the unsafe first.
pub(super) fn faults(site: &Lookup) -> Vec<Sheet<Listing>> {
    let mut faulty: Vec<&Thing> = site.things.values().filter(|thing| !thing.summary.faults.is_empty()).collect();
    faulty.sort_by_key(|thing| !thing.summary.unsafe_);
    pages(site, "faults", "faults.html", &faulty, |_, thing| {
        let notes = thing.state().faults.iter().filter_map(|fault| fault.note.as_deref());
        Phrase::joined(&notes.map(Phrase::name).collect::<Vec<_>>(), " · ")
    })
}

fn pages(
    site: &Lookup,
    name: &str,
    template: &'static str,
    things: &[&Thing],
    line: impl Fn(&Here, &Thing) -> Phrase,
) -> Vec<Sheet<Listing>> {
    let base = format!("{name}/");
    let sheets = Here::at(site, &base).pages(&base, things, PAGE).into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let rows = page.items.iter().map(|thing| Row { line: Some(line(&here, thing)), ..here.row_of(thing) });
        let rows = Rows { rows: rows.collect(), pager: page.pager };
        let nothing =
            Nothing { title: here.word(&format!("{name}_none")), line: here.word(&format!("{name}_none_line")) };
        let view = Listing {
            title: site.words.word(name).to_owned(),
            sentence: (!things.is_empty()).then(|| site.words.count(&format!("{name}_sentence"), things.len())),
            nothing: things.is_empty().then_some(nothing),
            sections: vec![Section { assets: rows, ..Section::default() }],
            ..Listing::default()
        };
        Sheet { title: view.title.clone(), path: page.path, template, name: "list", view, state: None }
    });
    sheets.collect()
}
