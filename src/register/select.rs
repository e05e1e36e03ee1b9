//! Choosing assets: by status, custodian, place, category, kit, text.

use unicode_normalization::UnicodeNormalization;

use super::number::{Number, Slug};
use super::state::{State, Status};
use super::{Asset, Register};

/// What an asset must be to be chosen; what is not said, any asset is.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// One of these statuses.
    pub status: Vec<Status>,
    /// With one of these people.
    pub custodian: Vec<Slug>,
    /// In one of these places or anywhere inside them.
    pub location: Vec<Slug>,
    /// Of one of these categories.
    pub category: Vec<Slug>,
    /// This kit or one of its parts.
    pub kit: Option<Number>,
    /// With each of these words in its number, name, maker, model, serial, aliases, or holder's or place's name.
    pub text: Vec<String>,
    /// Brought back too late.
    pub overdue: bool,
    /// With an open fault.
    pub faulty: bool,
}

impl Selection {
    /// Whether an asset in `state` is chosen.
    #[must_use]
    pub fn takes(&self, register: &Register, asset: &Asset, state: &State, today: chrono::NaiveDate) -> bool {
        let custodian = state.custody.as_ref().map(|custody| &custody.person);
        (self.status.is_empty() || self.status.contains(&state.status()))
            && (self.custodian.is_empty() || custodian.is_some_and(|person| self.custodian.contains(person)))
            && (self.location.is_empty() || state.location.as_ref().is_some_and(|at| self.is_here(register, at)))
            && (self.category.is_empty() || self.category.contains(&asset.category))
            && self.kit.as_ref().is_none_or(|kit| register.is_in_kit(asset, kit))
            && (!self.overdue || state.is_overdue(today))
            && (!self.faulty || !state.faults.is_empty())
            && self.says(register, asset, state)
    }

    fn is_here(&self, register: &Register, at: &Slug) -> bool {
        self.location.iter().any(|place| register.locations.is_within(at, place))
    }

    fn says(&self, register: &Register, asset: &Asset, state: &State) -> bool {
        if self.text.is_empty() {
            return true;
        }
        let mut text = format!("{} {}", asset.number, asset.name);
        let record = [&asset.manufacturer, &asset.model, &asset.serial];
        let names = state.custody.iter().map(|custody| register.person_name(&custody.person));
        let places = state.location.iter().map(|at| register.location_name(at));
        let aliases = asset.aliases.iter().map(Number::as_str);
        for part in record.into_iter().flatten().map(String::as_str).chain(names).chain(places).chain(aliases) {
            text.push('\n');
            text.push_str(part);
        }
        let text = folded(&text);
        self.text.iter().all(|word| text.contains(&folded(word)))
    }
}

/// Text without case and accents, as a search compares it.
#[must_use]
pub fn folded(text: &str) -> String {
    text.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}
