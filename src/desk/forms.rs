//! What can be filled in for a motion: a field for each that its kind takes, with what was typed still in it.

use super::asked::Fields;
use super::parts::PHOTO;
use super::photos::PICTURED;
use super::{View, who};
use crate::register::event::{Kind, Shape};
use crate::register::picture::MOST_PHOTOS;
use crate::register::{Number, Opened, Slug};
use crate::site::desk::{Choice, Input, Look};

/// Fields that programs may send and forms do not ask for.
const UNASKED: &[&str] = &["lat", "lon", "accuracy_m", "source", "audit", "proceeds", "reference", "of"];

/// What every motion takes besides what its kind does.
pub(super) const COMMON: &[&str] =
    &["note", "job", "batch", "at", "by", "last", "nonce", "except", "ticked", "return_to"];

/// Whether a motion of this kind is for whoever records it, where nobody else is named.
pub(super) fn is_for_oneself(kind: &str) -> bool {
    matches!(kind, "have" | "checkout" | "reserve")
}

/// Fields of one form.
pub(super) struct Sheet<'v> {
    pub(super) view: &'v View,
    pub(super) look: &'v Look<'v>,
    pub(super) fields: &'v Fields,
    /// What is wrong with which field.
    pub(super) wrong: &'v [(String, String)],
    /// Whoever fills it in; where absent, it asks.
    pub(super) person: Option<&'v Slug>,
    pub(super) is_counter: bool,
}

impl Sheet<'_> {
    /// The fields of a kind for an asset.
    pub(super) fn of(&self, kind: &Kind, number: Option<&Number>) -> Vec<Input> {
        let mut inputs = Vec::new();
        if self.is_counter {
            inputs.push(self.speaker());
        }
        for (key, shape) in kind.fields.iter().filter(|(key, _)| !UNASKED.contains(key)) {
            inputs.push(self.field(kind.name, key, shape));
        }
        inputs.extend(number.and_then(|number| self.of_what(kind.name, number)));
        if self
            .view
            .opened
            .register
            .jobs
            .values()
            .any(|job| job.until.is_none_or(|until| until >= self.view.moment.today))
            && matches!(kind.name, "have" | "checkout" | "reserve" | "transfer")
        {
            inputs.push(self.job());
        }
        inputs.push(self.note(kind.name));
        // Strangers hand in none.
        if number.is_some() && PICTURED.contains(&kind.name) {
            inputs.push(self.photo(MOST_PHOTOS));
        }
        inputs
    }

    /// What it looks like: at most so many photos.
    pub(super) fn photo(&self, most: usize) -> Input {
        Input { most, ..self.plain(PHOTO, self.look.word("field_photo"), "photo", "", false) }
    }

    /// Says of photos that came with what was typed that no browser sends them again.
    pub(super) fn ask_again(&self, inputs: &mut [Input]) {
        for input in inputs.iter_mut().filter(|input| input.kind == "photo" && input.error.is_none()) {
            input.hint = Some(self.look.word("photo_again"));
        }
    }

    /// Who says so, at a counter.
    pub(super) fn speaker(&self) -> Input {
        let chosen = self.fields.said("by").or(self.person.map(Slug::as_str)).unwrap_or_default();
        let none = self.look.word("field_by_none");
        self.select("by", self.look.word("field_by"), true, Some(none), self.people(), chosen)
    }

    fn field(&self, kind: &str, key: &'static str, shape: &Shape) -> Input {
        let label = self.label(kind, key);
        let said = self.fields.said(key).unwrap_or_default();
        let mut input = match key {
            "to" | "for" => {
                let is_own = is_for_oneself(kind);
                let none = self.look.word(if is_own { "field_to_me" } else { "field_by_none" });
                self.select(key, label, shape.needed && !is_own, Some(none), self.people(), said)
            }
            "location" => {
                let none = match (kind, shape.needed) {
                    (_, true) => "field_choose",
                    ("back" | "return" | "found" | "reinstate", _) => "field_home",
                    _ => "field_location_none",
                };
                self.select(key, label, shape.needed, Some(self.look.word(none)), self.places(), said)
            }
            "due" | "from" | "until" | "next" => self.plain(key, label, "date", said, shape.needed),
            _ if !shape.words.is_empty() => {
                let words = shape.words.iter().map(|word| self.worded(key, word)).collect();
                let none = (!shape.needed).then(|| self.look.word("field_unsaid"));
                let first = if shape.needed { shape.words[0] } else { "" };
                self.select(key, label, shape.needed, none, words, if said.is_empty() { first } else { said })
            }
            _ => self.plain(key, label, "text", said, shape.needed),
        };
        input.error = self.error(key);
        input
    }

    /// Which fault, reservation or event it is about.
    fn of_what(&self, kind: &str, number: &Number) -> Option<Input> {
        let state = self.view.opened.folded(number, &self.view.moment).state;
        let said = self.fields.said("of").unwrap_or_default();
        let choices: Vec<(String, String)> = match kind {
            "repaired" if state.faults.len() > 1 => {
                let note =
                    |fault: &crate::register::state::Fault| fault.note.clone().unwrap_or_else(|| fault.id.to_string());
                state.faults.iter().map(|fault| (fault.id.to_string(), note(fault))).collect()
            }
            "cancel" => {
                let line = |of: &crate::register::state::Reservation| {
                    format!("{}, {} – {}", self.look.called(&of.person), of.from, of.until)
                };
                state.reservations.iter().map(|of| (of.id.to_string(), line(of))).collect()
            }
            "void" => {
                let log = self.view.opened.ledger.log(number).events().iter().rev().take(10);
                let line =
                    |id: &crate::register::EventId| self.look.sentence(number, id).map(|said| said.plain().to_owned());
                log.map(|logged| &logged.event.id)
                    .map(|id| (id.to_string(), line(id).unwrap_or_else(|| id.to_string())))
                    .collect()
            }
            _ => return None,
        };
        let none = (kind == "repaired").then(|| self.look.word("field_of_all"));
        let mut input = self.select("of", self.label(kind, "of"), kind != "repaired", none, choices, said);
        input.error = self.error("of");
        Some(input)
    }

    pub(super) fn job(&self) -> Input {
        let today = self.view.moment.today;
        let jobs = self.view.opened.register.jobs.values().filter(|job| job.until.is_none_or(|until| until >= today));
        let jobs = jobs.map(|job| (job.slug.to_string(), job.title.clone())).collect();
        let said = self.fields.said("job").unwrap_or_default();
        self.select("job", self.look.word("field_job"), false, Some(self.look.word("field_job_none")), jobs, said)
    }

    pub(super) fn note(&self, kind: &str) -> Input {
        let is_needed = matches!(kind, "report" | "note");
        let label = self.look.word(if kind == "report" { "field_note_report" } else { "field_note" });
        let mut input = self.plain("note", label, "area", self.fields.said("note").unwrap_or_default(), is_needed);
        input.error = self.error("note");
        input
    }

    pub(super) fn plain(&self, name: &str, label: String, kind: &'static str, value: &str, needed: bool) -> Input {
        let error = self.error(name);
        Input { name: name.to_owned(), label, kind, value: value.to_owned(), needed, error, ..Input::default() }
    }

    pub(super) fn select(
        &self,
        name: &str,
        label: String,
        needed: bool,
        none: Option<String>,
        all: Vec<(String, String)>,
        chosen: &str,
    ) -> Input {
        let none = none.map(|word| (String::new(), word));
        let choice = |(value, word): (String, String)| Choice { is_chosen: value == chosen, value, word };
        let choices = none.into_iter().chain(all).map(choice).collect();
        let error = self.error(name);
        Input { name: name.to_owned(), label, kind: "select", choices, needed, error, ..Input::default() }
    }

    pub(super) fn people(&self) -> Vec<(String, String)> {
        people(&self.view.opened, |slug| who::is_here(&self.view.opened, slug, &self.view.moment))
    }

    pub(super) fn places(&self) -> Vec<(String, String)> {
        let locations = &self.view.opened.register.locations;
        let trail = |slug: &Slug| {
            let mut names: Vec<&str> = locations.outward(slug).take(3).map(|place| place.name.as_str()).collect();
            names.reverse();
            names.join(" › ")
        };
        let mut places: Vec<_> = locations.iter().map(|place| (place.slug.to_string(), trail(&place.slug))).collect();
        places.sort_by(|a, b| a.1.cmp(&b.1));
        places
    }

    fn worded(&self, key: &str, word: &str) -> (String, String) {
        let prefix = match key {
            "condition" | "severity" | "method" => key,
            _ => return (word.to_owned(), word.to_owned()),
        };
        (word.to_owned(), self.look.word(&format!("{prefix}_{word}")))
    }

    fn label(&self, kind: &str, key: &str) -> String {
        let own = format!("field_{key}_{kind}");
        let word = self.look.word(&own);
        if word == own { self.look.word(&format!("field_{key}")) } else { word }
    }

    fn error(&self, name: &str) -> Option<String> {
        self.wrong.iter().find(|(key, _)| key == name).map(|(_, why)| why.clone())
    }
}

/// People who can be chosen, by name.
fn people(opened: &Opened, is_here: impl Fn(&Slug) -> bool) -> Vec<(String, String)> {
    let all = opened.register.people.values().filter(|person| is_here(&person.slug));
    let mut all: Vec<_> = all.map(|person| (person.slug.to_string(), person.name.clone())).collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
}
