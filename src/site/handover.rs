//! Hand-over sheets: what a person has, to be signed by them, and ticked when it comes back.

use super::here::Here;
use super::lookup::Thing;
use crate::document::{Cell, Document, Kind, Row};
use crate::register::Person;
use crate::register::job::by_kit;

/// The sheet of what a person has.
pub(super) fn document(here: &Here, person: &Person) -> Document {
    let site = here.site;
    let held = site.held.get(&person.slug).into_iter().flatten().copied().collect();
    let things: Vec<(&Thing, usize)> = by_kit(site.register(), &held)
        .into_iter()
        .filter_map(|(number, depth)| Some((site.things.get(number)?, depth)))
        .collect();
    let all: Vec<&Thing> = things.iter().map(|(thing, _)| *thing).collect();
    let (totals, notes) = here.worth(&all);
    let who = Some(here.apart(&person.name));
    let owner = Some(here.apart(&site.config().title));
    let facts = [
        here.plain_fact("document_things", Some(site.words.count("assets", all.len()).plain().to_owned())),
        here.plain_fact("document_team", person.team.clone()),
        here.contact_fact(),
    ];
    let rows = things.iter().enumerate().map(|(at, (thing, depth))| Row {
        depth: *depth,
        cells: vec![
            Cell::of(Some((at + 1).to_string())),
            Cell::of(Some(thing.asset.number.as_str())),
            Cell { text: thing.asset.name.clone(), small: here.beside(thing), ..Cell::default() },
            Cell::of(thing.asset.serial.as_deref()),
            Cell::of(thing.asset.value().map(|value| here.site.words.money(&value))),
            here.since_when(thing),
            Cell::default(),
        ],
    });
    Document {
        sentence: here.said("handover_sentence", &[("who", who), ("title", owner)]),
        facts: facts.into_iter().flatten().collect(),
        columns: vec![
            here.column("", Kind::Amount, 8.0),
            here.column("document_number", Kind::Number, 26.0),
            here.column("document_name", Kind::Name, 0.0),
            here.column("fact_serial", Kind::Text, 30.0),
            here.column("document_value", Kind::Amount, 28.0),
            here.column("handover_since", Kind::Text, 27.0),
            here.column("handover_returned", Kind::Tick, 13.0),
        ],
        rows: rows.collect(),
        totals,
        notes,
        signatures: ["document_date", "document_gave", "handover_took"]
            .map(|name| site.words.word(name).to_owned())
            .to_vec(),
        ..here.blank("handover", &person.name)
    }
}

impl Here<'_> {
    /// Since when it is in these hands, until when, and in which state.
    fn since_when(&self, thing: &Thing) -> Cell {
        let dates = &self.site.dates;
        let Some(custody) = &thing.state().custody else { return Cell::default() };
        let due = custody.due.map(|due| self.said("handover_until", &[("day", Some(dates.full(due)))]));
        let condition = self.condition(thing.state().condition).map(|condition| condition.plain().to_owned());
        Cell {
            text: dates.full(dates.day_of(custody.since)).plain().to_owned(),
            small: [due, condition].into_iter().flatten().collect(),
            ..Cell::default()
        }
    }
}
