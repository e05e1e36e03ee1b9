//! `tagbook list`: assets and where they are, chosen by filters.

use std::path::Path;

use super::place::{Here, When};
use super::table::{self, Cell, Format};
use super::{End, Outcome, Stop, paint};
use crate::register::select::Selection;
use crate::register::{Asset, Moment, Number, Register, Slug, Status, Summary, did_you_mean};

/// List assets, who has them and where they are
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only those with each of these words in their number, name, serial, holder or place
    text: Vec<String>,
    #[command(flatten)]
    filters: Filters,
    /// How the list is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    when: When,
    /// As it was recorded at a commit
    #[arg(long)]
    rev: Option<String>,
}

/// Which assets; flags of one kind add up, those of two kinds narrow down.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Filters {
    /// Only those with this status
    #[arg(long, value_parser = status)]
    status: Vec<Status>,
    /// Only what this person has
    #[arg(long, value_name = "PERSON")]
    custodian: Vec<String>,
    /// Only what is here or in a place within it
    #[arg(long)]
    location: Vec<String>,
    /// Only those of this category
    #[arg(long)]
    category: Vec<String>,
    /// Only this kit and its parts
    #[arg(long, value_name = "NUMBER")]
    kit: Option<String>,
    /// Only what is late
    #[arg(long)]
    overdue: bool,
    /// Only what has an open fault
    #[arg(long)]
    faulty: bool,
}

fn status(word: &str) -> Result<Status, String> {
    let words = Status::ALL.map(Status::word);
    let found = Status::ALL.into_iter().find(|status| status.word() == word);
    found.ok_or_else(|| did_you_mean(word, words).unwrap_or_else(|| format!("one of {}", words.join(", "))))
}

impl Filters {
    /// Whether nothing is asked for.
    pub(super) fn is_empty(&self) -> bool {
        let Filters { status, custodian, location, category, kit, overdue, faulty } = self;
        let lists = [custodian, location, category];
        status.is_empty() && lists.iter().all(|list| list.is_empty()) && kit.is_none() && !overdue && !faulty
    }

    /// Whether assets of this status are asked for.
    pub(super) fn wants(&self, status: Status) -> bool {
        self.status.contains(&status)
    }

    /// The filters with every name looked up.
    pub(super) fn selection(&self, here: &Here, text: &[String]) -> Result<Selection, Stop> {
        let register = &here.opened.register;
        let places: Vec<&str> = register.locations.iter().map(|place| place.slug.as_str()).collect();
        let people: Vec<&str> = register.people.keys().map(Slug::as_str).collect();
        let categories: Vec<&str> = register.categories.keys().map(Slug::as_str).collect();
        Ok(Selection {
            status: self.status.clone(),
            custodian: known("person", &self.custodian, &people)?,
            location: known("location", &self.location, &places)?,
            category: known("category", &self.category, &categories)?,
            kit: self.kit.as_deref().map(|kit| here.number(kit)).transpose()?,
            text: text.to_vec(),
            overdue: self.overdue,
            faulty: self.faulty,
        })
    }
}

/// Typed names, each of which must be one of `names`.
pub(super) fn known(what: &str, typed: &[String], names: &[&str]) -> Result<Vec<Slug>, Stop> {
    let look_up = |typed: &String| {
        let name = typed.trim().to_lowercase();
        let no = || {
            Stop::Refused(
                format!("there is no {what} `{}`", typed.escape_debug()),
                did_you_mean(&name, names.iter().copied()),
            )
        };
        names.contains(&name.as_str()).then(|| Slug::referred(&name)).ok_or_else(no)
    };
    typed.iter().map(look_up).collect()
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    let here = Here::open(register, args.rev.as_deref())?;
    let moment = args.when.moment(here.zone());
    let selection = args.filters.selection(&here, &args.text)?;
    let chosen: Vec<Summary> = chosen(&here, &selection, &moment);
    match args.format {
        Format::Json => table::json(&chosen)?,
        Format::Csv => table::csv(COLUMNS, chosen.iter().map(cells))?,
        Format::Table => aligned(&here.opened.register, &chosen)?,
    }
    here.mention_errors(&moment);
    Ok(End::Clean)
}

fn chosen(here: &Here, selection: &Selection, moment: &Moment) -> Vec<Summary> {
    let register = &here.opened.register;
    let summary = |asset: &Asset| {
        let folded = here.opened.folded(&asset.number, moment);
        let takes = selection.takes(register, asset, &folded.state, moment.today);
        takes.then(|| Summary::new(&here.opened, asset, &folded, moment))
    };
    register.assets.values().filter_map(summary).collect()
}

fn aligned(register: &Register, chosen: &[Summary]) -> Result<(), Stop> {
    if chosen.is_empty() {
        paint::note("no asset is like that");
        return Ok(());
    }
    let rows: Vec<_> = chosen.iter().map(|summary| row(register, summary)).collect();
    table::aligned(&["NUMBER", "NAME", "STATUS", "WITH", "DUE", "LOCATION", ""], &rows)
}

fn row(register: &Register, summary: &Summary) -> Vec<Cell> {
    let with = summary.custodian.as_ref().map(|slug| register.person_name(slug)).unwrap_or_default();
    let due = summary.due.map(|day| day.format("%a %d %b").to_string()).unwrap_or_default();
    let place = summary.location.as_ref().map(|slug| register.location_name(slug)).unwrap_or_default();
    vec![
        Cell::new(paint::BOLD, summary.number.as_str()),
        Cell::plain(&summary.name),
        Cell::new(style(summary.status), summary.status),
        Cell::plain(with),
        Cell::new(if summary.overdue { paint::RED } else { anstyle::Style::new() }, due),
        Cell::plain(place),
        Cell::new(paint::YELLOW, overlays(summary).join(", ")),
    ]
}

/// What else there is to say of an asset besides its status.
pub(super) fn overlays(summary: &Summary) -> Vec<&'static str> {
    let all = [
        (summary.overdue, "overdue"),
        (summary.unsafe_, "unsafe"),
        (!summary.unsafe_ && !summary.faults.is_empty(), "fault"),
        (summary.unconfirmed, "unconfirmed"),
        (!summary.reservations.is_empty(), "reserved"),
        (summary.audit_due, "audit due"),
        (summary.inspection_due, "inspection due"),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| word).collect()
}

/// The colour of a status.
pub(super) fn style(status: &str) -> anstyle::Style {
    match status {
        "available" => paint::GREEN,
        "checked-out" => paint::BLUE,
        "in-repair" => paint::YELLOW,
        "missing" => paint::RED,
        _ => paint::DIM,
    }
}

const COLUMNS: &[&str] = &[
    "number",
    "name",
    "category",
    "status",
    "custodian",
    "since",
    "due",
    "overdue",
    "location",
    "home",
    "condition",
    "faults",
    "last_seen",
    "part_of",
    "manufacturer",
    "model",
    "serial",
];

fn cells(summary: &Summary) -> Vec<String> {
    let text = |value: &Option<Slug>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    vec![
        summary.number.to_string(),
        summary.name.clone(),
        summary.category.to_string(),
        summary.status.to_owned(),
        text(&summary.custodian),
        summary.since.clone().unwrap_or_default(),
        summary.due.map(|due| due.to_string()).unwrap_or_default(),
        summary.overdue.to_string(),
        text(&summary.location),
        text(&summary.home),
        summary.condition.unwrap_or_default().to_owned(),
        summary.faults.len().to_string(),
        summary.last_seen.clone().unwrap_or_default(),
        summary.part_of.as_ref().map(Number::to_string).unwrap_or_default(),
        summary.manufacturer.clone().unwrap_or_default(),
        summary.model.clone().unwrap_or_default(),
        summary.serial.clone().unwrap_or_default(),
    ]
}
