//! Events as sentences, the person first, and a small line of what else is known.

use chrono::Duration;
use serde::Serialize;

use super::asset::RECENT;
use super::chronicle::{Mark, Told};
use super::dates::stamp;
use super::here::{Chip, Here};
use super::listing::{Listing, Section};
use super::lookup::{Lookup, Thing};
use super::papers;
use super::phrase::Phrase;
use super::press::Sheet;
use super::rows::PAGE;
use crate::register::event::{Condition, Grade, Outcome};
use crate::register::{Action, Event, Number, Slug};

/// How long after it happened an event may be recorded without a word about that.
const AS_IT_HAPPENS: Duration = Duration::minutes(15);

/// An event as a page tells it.
#[derive(Debug, Serialize)]
pub(super) struct Item {
    pub id: Option<String>,
    pub stamp: String,
    pub day: String,
    pub time: String,
    pub sentence: Phrase,
    pub small: Option<Phrase>,
    pub chips: Vec<Chip>,
    /// Pictures of it, where the page is its asset's own.
    pub photos: Vec<Picture>,
    pub mark: &'static str,
    /// The asset, where the page is not its own.
    pub number: Option<String>,
    pub name: Option<String>,
}

/// A picture of an event: where its page finds it, and what it shows in words.
#[derive(Debug, Serialize)]
pub(super) struct Picture {
    pub file: String,
    pub alt: String,
}

/// The events of a year, newest first.
#[derive(Debug, Serialize)]
pub(super) struct Year {
    /// The year, unless it is the one that everybody means.
    pub word: Option<String>,
    pub items: Vec<Item>,
}

/// The pages of all that happened to an asset, where that is more than its own page shows.
pub(super) fn pages(site: &Lookup, thing: &Thing) -> Vec<Sheet<Listing>> {
    let told: Vec<&Told> = thing.chronicle.told.iter().rev().collect();
    if told.len() <= RECENT {
        return Vec::new();
    }
    let base = format!("{}/history/", thing.asset.number);
    let sheets = Here::at(site, &base).pages(&base, &told, PAGE).into_iter().map(|page| {
        let here = Here::at(site, &page.path);
        let years = here.years(thing, page.items.iter().copied());
        let sections = years.into_iter().map(|year| Section {
            word: year.word.as_deref().map(Phrase::text),
            log: year.items,
            ..Section::default()
        });
        let mut sections: Vec<Section> = sections.collect();
        if let Some(last) = sections.last_mut() {
            last.pager = page.pager;
        }
        let title = site.words.word("history").to_owned();
        let view = Listing {
            title: title.clone(),
            trail: Some(here.asset(&thing.asset.number)),
            sections,
            photos: format!("{}{}/", here.root, thing.asset.number),
            ..Listing::default()
        };
        let title = format!("{} {title}", thing.asset.number);
        Sheet { title, path: page.path, template: "history.html", name: "list", view, state: None }
    });
    sheets.collect()
}

impl Here<'_> {
    /// An event on its asset's own page, with its pictures.
    fn own_item(&self, thing: &Thing, told: &Told) -> Item {
        let item = self.item(&thing.asset.number, told);
        let photos = papers::photos(self.site, thing.asset, told.event);
        let place = |at: usize| (photos.len() > 1).then(|| Phrase::text(&(at + 1).to_string()));
        let alt = |at: usize| self.say("event_photo_alt", &[("n", place(at)), ("what", Some(item.sentence.clone()))]);
        let photos = photos
            .iter()
            .enumerate()
            .map(|(at, (file, _))| Picture { file: file.clone(), alt: alt(at).plain().to_owned() });
        Item { photos: photos.collect(), ..item }
    }

    /// An event as any page tells it.
    pub fn item(&self, number: &Number, told: &Told) -> Item {
        let (day, time) = self.site.dates.column(told.event.at);
        let mut chips = Vec::new();
        if let Action::Report { severity } = told.event.action
            && severity != Grade::Unsafe
        {
            chips.push(self.severity(severity));
        }
        let mark = match told.mark {
            Mark::Counts => "",
            Mark::Voided => {
                chips.push(Chip::new(self.word("chip_voided"), "off"));
                "voided"
            }
            Mark::Refused(_) => {
                chips.push(Chip::new(self.word("chip_refused"), "warn"));
                "refused"
            }
        };
        Item {
            id: Some(told.event.id.to_string()),
            stamp: stamp(told.event.at),
            day,
            time,
            sentence: self.sentence(told),
            small: self.small(number, told),
            chips,
            photos: Vec::new(),
            mark,
            number: None,
            name: None,
        }
    }

    /// An event on a page about more than one asset.
    pub fn item_of(&self, thing: &Thing, told: &Told) -> Item {
        Item {
            id: None,
            number: Some(thing.asset.number.to_string()),
            name: Some(thing.asset.name.clone()),
            ..self.item(&thing.asset.number, told)
        }
    }

    /// What happened, in one sentence.
    pub fn sentence(&self, told: &Told) -> Phrase {
        let event = told.event;
        let by = || Some(self.actor(&event.by));
        let person = |slug: &Slug| Some(self.actor(slug));
        let place = |slug: &Option<Slug>| slug.as_ref().map(|slug| self.place(slug).strong());
        let day = |day: &Option<_>| day.map(|day| self.site.dates.near(day).strong());
        let holder = || told.holder.as_ref().map(|slug| self.actor(slug));
        let note = || Some(event.note.as_deref().map_or_else(|| Phrase::text("…"), Phrase::name));
        let own = |to: &Slug| event.by == *to;
        match &event.action {
            Action::Checkout { to, due, location } => {
                let name = if own(to) { "event_checkout" } else { "event_checkout_by" };
                self.say(name, &[("by", by()), ("who", person(to)), ("due", day(due)), ("where", place(location))])
            }
            Action::Return { location, condition } => {
                let for_another = told.holder.as_ref().is_some_and(|holder| *holder != event.by);
                let name = if for_another { "event_return_for" } else { "event_return" };
                let condition = self.condition(*condition);
                self.say(
                    name,
                    &[("who", by()), ("holder", holder()), ("where", place(location)), ("condition", condition)],
                )
            }
            Action::Transfer { to, due, .. } => {
                let handed = told.holder.as_ref() == Some(&event.by);
                let name = if own(to) {
                    "event_transfer_took"
                } else if handed {
                    "event_transfer"
                } else {
                    "event_transfer_by"
                };
                self.say(name, &[("by", by()), ("who", person(to)), ("holder", holder()), ("due", day(due))])
            }
            Action::Accept {} => self.say("event_accept", &[("who", by())]),
            Action::Extend { due } => {
                let own = told.holder.as_ref().is_none_or(own);
                let name = if own { "event_extend" } else { "event_extend_by" };
                let who = if own { by() } else { holder() };
                self.say(name, &[("by", by()), ("who", who), ("due", day(&Some(*due)))])
            }
            Action::Move { location } => {
                self.say("event_move", &[("who", by()), ("where", place(&Some(location.clone())))])
            }
            Action::Report { severity } => {
                let name = if *severity == Grade::Unsafe { "event_report_unsafe" } else { "event_report" };
                self.say(name, &[("who", by()), ("note", note())])
            }
            Action::Repair { vendor, due } => {
                let vendor = vendor.as_deref().map(Phrase::name);
                self.say("event_repair", &[("who", by()), ("vendor", vendor), ("due", day(due))])
            }
            Action::Repaired { condition, cost, .. } => {
                let name = if told.in_repair { "event_repaired" } else { "event_repaired_here" };
                let cost = cost.as_ref().map(|cost| self.money(cost));
                self.say(name, &[("who", by()), ("condition", self.condition(*condition)), ("cost", cost)])
            }
            Action::Inspect { result, next, .. } => {
                let name = if *result == Outcome::Pass { "event_inspect_pass" } else { "event_inspect_fail" };
                self.say(name, &[("who", by()), ("next", day(next))])
            }
            Action::Audit { location, condition, .. } => {
                let condition = self.condition(*condition);
                self.say("event_audit", &[("who", by()), ("where", place(location)), ("condition", condition)])
            }
            Action::Sighting { source, location, lat, lon, .. } => {
                let spot = lat.zip(*lon).map(|(lat, lon)| Phrase::left_to_right(&format!("{lat:.4}, {lon:.4}")));
                self.say(&format!("event_sighting_{}", source.word()), &[("where", place(location)), ("place", spot)])
            }
            Action::Missing {} => self.say("event_missing", &[("who", by())]),
            Action::Found { location } => self.say("event_found", &[("who", by()), ("where", place(location))]),
            Action::Reserve { person: whom, from, until } => {
                let name = if own(whom) { "event_reserve" } else { "event_reserve_by" };
                let span = [("from", Some(self.when(*from).strong())), ("until", Some(self.when(*until).strong()))];
                self.say(name, &[[("by", by()), ("who", person(whom))], span].concat())
            }
            Action::Cancel { .. } => {
                let ended = told.cancelled.as_ref();
                let whose = ended.filter(|ended| !own(&ended.person)).map(|ended| self.actor(&ended.person));
                let (from, until) =
                    (ended.map(|ended| self.when(ended.from)), ended.map(|ended| self.when(ended.until)));
                self.say("event_cancel", &[("who", by()), ("holder", whose), ("from", from), ("until", until)])
            }
            Action::Retire { method, proceeds, .. } => {
                let (method, proceeds) = (
                    self.word(&format!("method_{}", method.word())),
                    proceeds.as_ref().map(|proceeds| self.money(proceeds)),
                );
                self.say("event_retire", &[("who", by()), ("method", Some(method)), ("proceeds", proceeds)])
            }
            Action::Reinstate { location } => self.say("event_reinstate", &[("who", by()), ("where", place(location))]),
            Action::Note {} => self.say("event_note", &[("who", by()), ("note", note())]),
            Action::Void { .. } => self.say("event_void", &[("who", by()), ("what", None)]),
        }
    }

    /// What else is known of it: what for, who recorded it, why it did not count.
    fn small(&self, number: &Number, told: &Told) -> Option<Phrase> {
        let mut parts = self.more(told);
        parts.extend(self.recorded(number, told.event));
        (!parts.is_empty()).then(|| Phrase::joined(&parts, " · "))
    }

    /// What else is known of an event.
    pub fn more(&self, told: &Told) -> Vec<Phrase> {
        let event = told.event;
        let text = |text: &Option<String>| text.as_deref().map(Phrase::name);
        let mut parts = Vec::new();
        if let Some(job) = &event.job {
            parts.push(self.say("small_job", &[("job", Some(self.job(job)))]));
        }
        match &event.action {
            Action::Audit { audit: Some(audit), .. } => {
                parts.push(self.say("small_audit", &[("audit", Some(self.audit(audit)))]));
            }
            Action::Retire { reference, .. } if reference.is_some() => {
                parts.push(self.say("small_reference", &[("reference", text(reference))]));
            }
            Action::Inspect { certificate, .. } if certificate.is_some() => {
                parts.push(self.say("small_certificate", &[("certificate", text(certificate))]));
            }
            Action::Sighting { .. } => parts.push(self.say("small_by", &[("who", Some(self.actor(&event.by)))])),
            _ => {}
        }
        if let Some(note) = quotable(event) {
            parts.push(self.say("small_quote", &[("note", Some(Phrase::name(note)))]));
        }
        if let Mark::Refused(why) = &told.mark {
            parts.push(self.say("small_refused", &[("why", Some(Phrase::name(why)))]));
        }
        parts
    }

    /// The commit that recorded it; when, where that was not as it happened; who made it, where that was somebody else; in
    /// which merge it came, and who signed it.
    fn recorded(&self, number: &Number, event: &Event) -> Option<Phrase> {
        let recorded = self.site.build.commits.recorded.get(number)?.get(&event.id)?;
        let is_late = recorded.commit.at - event.at > AS_IT_HAPPENS;
        let at = is_late.then(|| self.site.dates.near_instant(recorded.commit.at));
        let name = |name: &Option<String>| name.as_deref().map(Phrase::name);
        let fillings = [
            ("at", at),
            ("commit", Some(Here::commit(&recorded.commit))),
            ("author", name(&recorded.author)),
            ("merge", recorded.merge.as_ref().map(Here::commit)),
            ("signer", name(&recorded.signer)),
        ];
        Some(self.say("small_recorded", &fillings))
    }

    pub fn condition(&self, condition: Option<Condition>) -> Option<Phrase> {
        condition.map(|condition| self.word(&format!("condition_{}", condition.word())))
    }

    /// Events of an asset in the order given, cut into years.
    pub fn years<'t>(&self, thing: &Thing, told: impl Iterator<Item = &'t Told<'t>>) -> Vec<Year> {
        use chrono::Datelike;
        let mut years: Vec<(i32, Year)> = Vec::new();
        for told in told {
            let year = self.site.dates.day_of(told.event.at).year();
            if years.last().is_none_or(|(last, _)| *last != year) {
                let word = (year != self.site.dates.today.year()).then(|| year.to_string());
                years.push((year, Year { word, items: Vec::new() }));
            }
            if let Some((_, last)) = years.last_mut() {
                last.items.push(self.own_item(thing, told));
            }
        }
        years.into_iter().map(|(_, year)| year).collect()
    }
}

/// The note, where the sentence does not already say it.
fn quotable(event: &Event) -> Option<&str> {
    let said = matches!(event.action, Action::Report { .. } | Action::Note {});
    event.note.as_deref().filter(|_| !said)
}
