//! What is overdue and what is broken.

use std::collections::HashMap;

use super::here::Here;
use super::listing::{Listing, Nothing, Section};
use super::lookup::{Lookup, Thing};
use super::phrase::Phrase;
use super::press::Sheet;
use super::rows::{PAGE, Row, Rows};
use crate::register::Status;

/// What should be back, by whoever has it: the person first whose time is longest over.
pub(super) fn overdue(site: &Lookup) -> Vec<Sheet<Listing>> {
    let mut late: Vec<&Thing> = site.things.values().filter(|thing| thing.summary.overdue).collect();
    late.sort_by_key(|thing| thing.summary.due);
    let mut turn: HashMap<_, usize> = HashMap::new();
    for (place, thing) in late.iter().enumerate() {
        turn.entry(&thing.summary.custodian).or_insert(place);
    }
    late.sort_by_key(|thing| turn.get(&thing.summary.custodian));
    let person = |here: &Here, thing: &Thing| thing.summary.custodian.as_ref().map(|person| here.person(person));
    pages(site, "overdue", "overdue.html", &late, person, |here, thing| here.lateness(thing).unwrap_or_default())
}

/// What is reported broken and not given up, the unsafe first.
pub(super) fn faults(site: &Lookup) -> Vec<Sheet<Listing>> {
    let mut faulty: Vec<&Thing> = site.things.values().filter(|thing| is_broken(thing)).collect();
    faulty.sort_by_key(|thing| !thing.summary.unsafe_);
    pages(
        site,
        "faults",
        "faults.html",
        &faulty,
        |_, _| None,
        |_, thing| {
            let notes = thing.state().faults.iter().filter_map(|fault| fault.note.as_deref());
            Phrase::joined(&notes.map(Phrase::name).collect::<Vec<_>>(), " · ")
        },
    )
}

fn is_broken(thing: &Thing) -> bool {
    !thing.summary.faults.is_empty() && thing.status() != Status::Retired
}

fn pages(
    site: &Lookup,
    name: &str,
    template: &'static str,
    things: &[&Thing],
    heading: impl Fn(&Here, &Thing) -> Option<Phrase>,
    line: impl Fn(&Here, &Thing) -> Phrase,
) -> Vec<Sheet<Listing>> {
    let base = format!("{name}/");
    let sheets = Here::at(site, &base).pages(&base, things, PAGE).into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let row = |thing: &Thing| Row { line: Some(line(&here, thing)), ..here.row_of(thing) };
        let mut sections: Vec<Section> = Vec::new();
        for thing in page.items {
            let word = heading(&here, thing);
            if let Some(last) = sections.last_mut().filter(|last| last.word == word) {
                last.assets.rows.push(row(thing));
            } else {
                let assets = Rows { rows: vec![row(thing)], pager: None };
                sections.push(Section { word, assets, ..Section::default() });
            }
        }
        if let Some(last) = sections.last_mut() {
            last.assets.pager = page.pager;
        }
        let nothing =
            Nothing { title: here.word(&format!("{name}_none")), line: here.word(&format!("{name}_none_line")) };
        let view = Listing {
            title: site.words.word(name).to_owned(),
            sentence: (!things.is_empty()).then(|| site.words.count(&format!("{name}_sentence"), things.len())),
            nothing: things.is_empty().then_some(nothing),
            sections,
            ..Listing::default()
        };
        Sheet { title: view.title.clone(), path: page.path, template, name: "list", view, state: None }
    });
    sheets.collect()
}
