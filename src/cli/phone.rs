//! `tagbook phone`: who may act at the desk, with which phone.

use std::path::Path;

use chrono::Utc;

use super::motion::seal;
use super::place::Here;
use super::record::{self, How, Wish, all_but_last, record};
use super::table::Cell;
use super::{End, Outcome, Stop, demo, paint, table};
use crate::desk::{Code, MINUTES};
use crate::register::{Moment, Number, Posting, Register, Slug, did_you_mean};

/// Enrol, list and revoke phones
#[derive(Debug, clap::Subcommand)]
pub(super) enum Args {
    /// A code for a phone, which works once and for fifteen minutes
    Enrol {
        /// Whose phone it is; `desk` for a device at the counter, which may act for anyone
        person: String,
        #[command(flatten)]
        how: How,
    },
    /// The phones that are enrolled, and the codes that wait
    List {
        /// Only this person's
        person: Option<String>,
    },
    /// End a phone
    Revoke {
        /// The phone, such as 7k2m
        phone: String,
        #[command(flatten)]
        how: How,
    },
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    match args {
        Args::Enrol { person, how } => enrol(register, person, how),
        Args::List { person } => list(register, person.as_deref()),
        Args::Revoke { phone, how } => {
            let mut wish = Revocation { phone: phone.trim().to_lowercase(), whose: None };
            let recorded = record(register, how, &mut wish).map_err(all_but_last)?;
            let whose = wish.whose.map(|slug| slug.to_string()).unwrap_or_default();
            paint::say(format!("{} of {whose} may do nothing more{}", wish.phone, seal(&recorded)))?;
            Ok(End::Clean)
        }
    }
}

fn enrol(register: Option<&Path>, person: &str, how: &How) -> Outcome {
    let mut wish = Enrolment { person: Slug::referred(&person.trim().to_lowercase()), code: None };
    let recorded = record(register, how, &mut wish).map_err(all_but_last)?;
    let Some(code) = wish.code else { return Ok(End::Clean) };
    let here = Here::open(register, None)?;
    let desk = here.opened.register.config.desk_url.clone();
    paint::say(format!("{}{}", paint::in_style(paint::BOLD, &code.typed), seal(&recorded)))?;
    match desk {
        Some(desk) => {
            let link = format!("{desk}/enrol#{}", code.typed);
            paint::say(demo::terminal_symbol(&link))?;
            paint::say(format!("open it on the phone, or type the code at {desk}/enrol"))?;
        }
        None => paint::say(
            "type it on the phone, at /desk/enrol of wherever the desk is; `desk_url` in tagbook.toml makes it a link",
        )?,
    }
    paint::say(format!("it works once, and for {MINUTES} minutes"))?;
    Ok(End::Clean)
}

fn list(register: Option<&Path>, person: Option<&str>) -> Outcome {
    let here = Here::open(register, None)?;
    let phones = here.opened.register.phones.iter();
    let phones = phones.filter(|phone| person.is_none_or(|person| phone.person.as_str() == person.to_lowercase()));
    let rows: Vec<Vec<Cell>> = phones
        .map(|phone| {
            let id = id_of(phone.source.path());
            let state = match (phone.since, phone.until) {
                (Some(since), _) => format!("since {}", since.format("%Y-%m-%d")),
                (None, Some(until)) if until < Utc::now() => "its code is too old".into(),
                (None, _) => "its code waits".into(),
            };
            let name = phone.name.as_deref().unwrap_or_default();
            vec![Cell::new(paint::BOLD, id), Cell::plain(phone.person.as_str()), Cell::plain(name), Cell::plain(state)]
        })
        .collect();
    if rows.is_empty() {
        paint::note("no phone is enrolled; `tagbook phone enrol PERSON` makes a code");
        return Ok(End::Clean);
    }
    table::aligned(&["phone", "whose", "name", "state"], &rows)?;
    Ok(End::Clean)
}

/// `7k2m` of `phones/ana/7k2m.toml`.
fn id_of(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".toml").to_owned()
}

/// A code that someone wants for a phone.
struct Enrolment {
    person: Slug,
    code: Option<Code>,
}

impl Wish for Enrolment {
    fn concerns(&self, _: &Register, _: &Slug, _: &Moment) -> Result<Vec<Number>, Vec<Stop>> {
        Ok(Vec::new())
    }

    fn decide(&mut self, here: &record::Here, by: &Slug, moment: &Moment) -> Result<Option<Posting>, Vec<Stop>> {
        let people = &here.opened.register.people;
        only_keepers(&here.opened.register, by, &self.person)?;
        match people.get(&self.person) {
            Some(person) if person.has_left(moment) => {
                return Err(vec![Stop::refused(format!("`{}` has left", self.person))]);
            }
            None if self.person.as_str() != "desk" => {
                let hint = did_you_mean(self.person.as_str(), people.keys().map(Slug::as_str));
                return Err(vec![Stop::Refused(format!("there is no person `{}`", self.person), hint)]);
            }
            _ => {}
        }
        // Decided anew, it is the same code.
        let code = match self.code.take() {
            Some(code) => code,
            None => Code::mint(&self.person, Utc::now())
                .ok_or_else(|| vec![Stop::Failed("the system has no randomness to give".into())])?,
        };
        let posting = Posting {
            files: vec![(code.file.0.clone(), code.file.1.clone().into_bytes())],
            message: format!("a code for a phone of {}\n", self.person),
            ..Posting::default()
        };
        self.code = Some(code);
        Ok(Some(posting))
    }
}

/// A phone that is to be no more.
struct Revocation {
    phone: String,
    whose: Option<Slug>,
}

impl Wish for Revocation {
    fn concerns(&self, _: &Register, _: &Slug, _: &Moment) -> Result<Vec<Number>, Vec<Stop>> {
        Ok(Vec::new())
    }

    fn decide(&mut self, here: &record::Here, by: &Slug, _: &Moment) -> Result<Option<Posting>, Vec<Stop>> {
        let phones = &here.opened.register.phones;
        let found = phones.iter().find(|phone| id_of(phone.source.path()) == self.phone);
        let Some(phone) = found else {
            let why = format!("there is no phone `{}`", self.phone.escape_debug());
            return Err(vec![Stop::Refused(why, Some("`tagbook phone list` names them".into()))]);
        };
        only_keepers(&here.opened.register, by, &phone.person)?;
        self.whose = Some(phone.person.clone());
        Ok(Some(Posting {
            removed: vec![phone.source.path().to_owned()],
            message: format!("revoke a phone of {}\n", phone.person),
            ..Posting::default()
        }))
    }
}

/// A phone is its owner's business, and the keepers'.
fn only_keepers(register: &Register, by: &Slug, owner: &Slug) -> Result<(), Vec<Stop>> {
    let is_keeper = register.people.get(by).is_some_and(|person| person.role == crate::register::Role::Keeper);
    if is_keeper || by == owner {
        return Ok(());
    }
    Err(vec![Stop::Refused("only keepers may do that for others".into(), Some("ask a keeper".into()))])
}
