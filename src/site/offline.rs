//! What a phone keeps for where there is no network: the register in one file, and the page that shows it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::here::{Chip, Here};
use super::lookup::{Lookup, Thing};
use super::phrase::Phrase;
use super::press::{Press, Sheet};
use super::{Failure, Output};
use crate::register::event::SHAPES;
use crate::register::motion::INTENTS;
use crate::register::{EventId, Number};

/// An asset, as much of it as somebody in front of it wants to know. What is absent is not written.
#[derive(Serialize)]
struct Kept<'a> {
    name: &'a str,
    kind: String,
    status: &'static str,
    tone: &'static str,
    now: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    chips: Vec<Word>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    facts: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<&'a Number>,
    /// What takes no more than a tap, the likeliest first.
    taps: Vec<&'static str>,
    /// The newest event.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<&'a EventId>,
}

/// A word and its colour.
type Word = (String, &'static str);

/// An open fault: what it is, how bad, who reported it when.
#[derive(Serialize)]
struct Fault {
    note: String,
    chip: Word,
    line: String,
}

/// What stands before the assets.
#[derive(Serialize)]
struct Head<'a> {
    version: u32,
    commit: Option<&'a str>,
    /// Who may act, by what they are called.
    people: BTreeMap<&'a str, &'a str>,
    /// Former numbers.
    aliases: BTreeMap<&'a Number, &'a Number>,
}

/// The page without a network.
#[derive(Serialize)]
struct OfflinePage {
    zone: &'static str,
    /// What can happen, by what it is called.
    kinds: Vec<(&'static str, String)>,
}

/// Hands out the page, and what it shows.
pub(super) fn print<S, E>(press: &Press<S>) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E>,
{
    let site = press.site;
    press.hand_out("snapshot.json", snapshot(site))?;
    let kinds = INTENTS.iter().chain(SHAPES).map(|kind| (kind.name, site.words.of_kind(kind.name).to_owned()));
    press.print(&Sheet {
        path: "offline/".into(),
        template: "offline.html",
        title: site.words.word("offline_title").to_owned(),
        name: "offline",
        view: OfflinePage { zone: site.dates.zone.name(), kinds: kinds.collect() },
        state: None,
    })
}

/// The register in one file. It is JSON, and has an asset on each line: who looks for one need not read the rest.
fn snapshot(site: &Lookup) -> String {
    let here = Here::at(site, "").lasting();
    let people = site.register().people.values().filter(|person| !person.has_left(&site.build.moment));
    let aliases = site.things.values().flat_map(|thing| {
        let own = thing.asset.aliases.iter().filter(|old| !site.things.contains_key(old));
        own.map(|old| (old, &thing.asset.number))
    });
    let head = Head {
        version: 1,
        commit: site.build.commits.head.as_ref().map(|commit| commit.id.as_str()),
        people: people.map(|person| (person.slug.as_str(), site.short_name(&person.slug))).collect(),
        aliases: aliases.collect(),
    };
    let mut text = serde_json::to_string(&head).unwrap_or_default();
    text.pop();
    text.push_str(",\"assets\":{");
    for (at, thing) in site.things.values().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let kept = serde_json::to_string(&here.kept(thing)).unwrap_or_default();
        // Writing to memory does not fail.
        let _ = write!(text, "{comma}\n\"{}\":{kept}", thing.asset.number);
    }
    text + "\n}}\n"
}

impl Here<'_> {
    fn kept<'t>(&'t self, thing: &'t Thing) -> Kept<'t> {
        let asset = thing.asset;
        let (now, line, tone) = self.now(thing);
        let last = self.site.opened.ledger.log(&asset.number).events().last();
        Kept {
            name: &asset.name,
            kind: plain(&self.kind(asset)),
            status: thing.status().word(),
            tone,
            now: plain(&now),
            line: line.as_ref().map(plain).filter(|line| !line.is_empty()),
            chips: self.overlays(thing).iter().map(word).collect(),
            faults: self
                .fault_lines(thing)
                .map(|(note, chip, line)| Fault { note, chip: word(&chip), line: plain(&line) })
                .collect(),
            facts: self.facts(thing).into_iter().map(|fact| (fact.word, plain(&fact.value))).collect(),
            parts: self.site.register().parts(&asset.number).collect(),
            taps: super::motions::taps(thing),
            last: last.map(|logged| &logged.event.id),
        }
    }
}

fn plain(phrase: &Phrase) -> String {
    phrase.plain().to_owned()
}

fn word(chip: &Chip) -> Word {
    (plain(&chip.word), chip.tone)
}
