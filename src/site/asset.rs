//! The page of one asset.

use serde::Serialize;

use super::facts::Block;
use super::here::{Chip, Here};
use super::history::Year;
use super::lookup::Thing;
use super::motions::{Hidden, Motions};
use super::papers::photo;
use super::phrase::Phrase;
use super::rows::Rows;
use super::strip::Strip;
use super::{facts, markdown};

/// Events that an asset's page shows at once.
pub(super) const RECENT: usize = 5;

/// What stands on an asset's page.
#[derive(Debug, Serialize)]
pub(super) struct AssetPage {
    number: String,
    name: String,
    kind: Phrase,
    photo: Option<String>,
    photo_alt: String,
    tone: &'static str,
    status: &'static str,
    status_word: String,
    now: Phrase,
    now_line: Option<Phrase>,
    chips: Vec<Chip>,
    motions: Option<Motions>,
    faults: Vec<FaultLine>,
    reservations: Vec<Phrase>,
    facts: Vec<facts::Fact>,
    parts: Rows,
    strip: Option<Strip>,
    history: Vec<Year>,
    /// What leads to all that happened, where that is more.
    earlier: Option<Phrase>,
    notes: Option<Phrase>,
    blocks: Vec<Block>,
    /// What the symbol of its label is called.
    symbol: String,
    /// What leads from the page to its own files.
    base: String,
    /// Where the desk says how it is by now, and the newest event that the page knows; not on a page that is live itself.
    live: Option<String>,
    last: String,
}

/// An open fault.
#[derive(Debug, Serialize)]
struct FaultLine {
    note: String,
    chip: Chip,
    line: Phrase,
}

impl AssetPage {
    pub fn new(here: &Here, thing: &Thing) -> AssetPage {
        let asset = thing.asset;
        let (now, now_line, tone) = here.now(thing);
        let told = &thing.chronicle.told;
        let name = || Some(Phrase::text(&asset.name));
        let alt = here.say("label_alt", &[("number", Some(Phrase::text(asset.number.as_str())))]);
        AssetPage {
            number: asset.number.to_string(),
            name: asset.name.clone(),
            kind: here.kind(asset),
            photo: photo(here.site, asset),
            photo_alt: here.say("photo_alt", &[("name", name())]).plain().to_owned(),
            tone,
            status: thing.status().word(),
            status_word: here.status(thing.status()).word.plain().to_owned(),
            now,
            now_line,
            chips: here.overlays(thing),
            motions: here.motions(thing),
            faults: here.fault_lines(thing).map(|(note, chip, line)| FaultLine { note, chip, line }).collect(),
            reservations: here.reservation_lines(thing),
            facts: here.facts(thing),
            parts: here.rows(&here.site.register().parts(&asset.number).collect::<Vec<_>>()),
            strip: here.strip(thing),
            history: here.years(thing, told.iter().rev().take(RECENT)),
            earlier: (told.len() > RECENT).then(|| {
                let events = here.site.words.count("events", told.len());
                here.say("history_all", &[("events", Some(events))])
            }),
            notes: asset.notes.as_deref().map(|notes| Phrase::raw(markdown::to_html(notes), notes)),
            blocks: here.blocks(thing),
            symbol: alt.plain().to_owned(),
            base: String::new(),
            live: here.site.config().desk_url.as_ref().map(|desk| format!("{desk}/{}", asset.number)),
            last: told.last().map(|told| told.event.id.to_string()).unwrap_or_default(),
        }
    }

    /// Makes buttons of the motions that need no more than a tap: they send this along.
    pub fn send(&mut self, hidden: Hidden) {
        self.live = None;
        if let Some(motions) = &mut self.motions {
            motions.hidden = Some(hidden);
        }
    }

    /// Its files are at `base`, which ends in `/`.
    pub fn stand_at(&mut self, base: &str) {
        base.clone_into(&mut self.base);
    }
}

impl Here<'_> {
    /// Open faults: what each is, how bad, who reported it when.
    pub fn fault_lines(&self, thing: &Thing) -> impl Iterator<Item = (String, Chip, Phrase)> {
        thing.state().faults.iter().map(|fault| {
            let (who, since) = (self.actor(&fault.by), self.since(fault.at));
            (
                fault.note.clone().unwrap_or_else(|| "…".into()),
                self.severity(fault.grade),
                self.say("fault_by", &[("who", Some(who)), ("since", Some(since))]),
            )
        })
    }

    fn reservation_lines(&self, thing: &Thing) -> Vec<Phrase> {
        let reservations = thing.state().reservations.iter().map(|reservation| {
            self.say(
                "reservation_line",
                &[
                    ("who", Some(self.person(&reservation.person))),
                    ("from", Some(self.when(reservation.from))),
                    ("until", Some(self.when(reservation.until))),
                    ("job", reservation.job.as_ref().map(|job| self.job(job))),
                ],
            )
        });
        reservations.collect()
    }
}
