//! `tagbook audits`: counts of what is there against the register: opened, scanned, reported, closed, and what they found recorded.

mod report;
mod scan;

use std::path::Path;

use chrono::Utc;
use serde_json::Value;

use self::scan::Scanner;
use super::log::local;
use super::motion::{all_refused, seal, seed};
use super::place::Here;
use super::record::{self, How, Wish, all_but_last, only_keepers, record};
use super::table::{Cell, Format};
use super::{End, Outcome, Stop, paint, table};
use crate::register::auditing::{self, Opening};
use crate::register::settlement::Left;
use crate::register::time::instant;
use crate::register::typed::{Typing, happened};
use crate::register::{Audit, Count, Moment, Number, Posting, Register, Settlement, Slug, did_you_mean};

/// Count what is there against the register
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(subcommand)]
    what: Option<Which>,
    /// How the list is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, clap::Subcommand)]
enum Which {
    /// Begin to count
    Open {
        /// What it is called, such as Q4
        title: String,
        /// Count what should be in this location and inside it [default: everywhere]
        #[arg(long)]
        location: Option<String>,
        /// Count only things of this category
        #[arg(long)]
        category: Option<String>,
        /// When it began, such as 14:30, yesterday or 2026-11-20T14:30 [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// Record what was seen: numbers as they are given, or as they come on standard input, one a line
    Scan {
        /// The audit
        slug: String,
        /// Numbers, or the addresses on labels [default: standard input]
        #[arg(value_name = "NUMBER")]
        numbers: Vec<String>,
        /// Where it is seen
        #[arg(long)]
        location: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// What was found, is missing, was not expected, lies in the wrong place, or is in no register
    Show {
        /// The audit
        slug: String,
        /// How it is written
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// End an audit; with --apply, record what it found: what is missing, and where things are
    Close {
        /// The audit
        slug: String,
        /// Record what it found, whether it is open or closed already
        #[arg(long)]
        apply: bool,
        #[command(flatten)]
        how: How,
    },
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    match &args.what {
        None => list(register, args.format),
        Some(Which::Open { title, location, category, at, how }) => {
            let (location, category, at) = (location.as_deref(), category.as_deref(), at.as_deref());
            let mut wish = Open { title, location, category, at, opened: None };
            let recorded = record(register, how, &mut wish).map_err(all_but_last)?;
            let Some((slug, opening)) = wish.opened else { return Ok(End::Clean) };
            let slug = paint::in_style(paint::BOLD, slug);
            paint::say(format!("{slug} {} is open{}", paint::plain(&opening.title), seal(&recorded)))?;
            Ok(End::Clean)
        }
        Some(Which::Scan { slug, numbers, location, how }) => {
            Scanner::new(register, slug, location.as_deref(), how).scan(numbers)
        }
        Some(Which::Show { slug, format }) => report::show(register, slug, *format),
        Some(Which::Close { slug, apply, how }) => close(register, slug, *apply, how),
    }
}

/// The audit of this name.
fn named<'r>(register: &'r Register, typed: &str) -> Result<&'r Audit, Stop> {
    let slug = typed.trim().to_lowercase();
    register.audits.get(slug.as_str()).ok_or_else(|| {
        let hint = did_you_mean(&slug, register.audits.keys().map(Slug::as_str));
        let hint = hint.unwrap_or_else(|| "`tagbook audits` lists them".into());
        Stop::Refused(format!("there is no audit `{}`", typed.escape_debug()), Some(hint))
    })
}

fn list(register: Option<&Path>, format: Format) -> Outcome {
    let here = Here::open(register, None)?;
    let moment = Moment::at(Utc::now(), here.zone());
    let mut audits: Vec<&Audit> = here.opened.register.audits.values().collect();
    audits.sort_by_key(|audit| (std::cmp::Reverse(audit.opened), &audit.slug));
    let counts: Vec<(&Audit, Count)> =
        audits.into_iter().map(|audit| (audit, here.opened.count(audit, &moment))).collect();
    let said = |slug: &Option<Slug>| slug.as_ref().map(Slug::to_string).unwrap_or_default();
    let time = |at: Option<chrono::DateTime<Utc>>| at.map(instant).unwrap_or_default();
    match format {
        Format::Json => {
            let all: Vec<Value> = counts.iter().map(|(audit, count)| count.head(audit)).collect();
            table::json(&all)?;
        }
        Format::Csv => table::csv(
            &["audit", "title", "location", "category", "opened", "closed", "by", "seen", "expected"],
            counts.iter().map(|(audit, count)| {
                let scope = [said(&audit.location), said(&audit.category), time(audit.opened), time(audit.closed)];
                let names = [audit.slug.to_string(), audit.title.clone()];
                let ends = [said(&audit.by), count.seen().to_string(), count.expected().to_string()];
                names.into_iter().chain(scope).chain(ends).collect()
            }),
        )?,
        Format::Table if counts.is_empty() => {
            paint::note("there are no audits; `tagbook audits open Q4 --location PLACE` opens one");
        }
        Format::Table => {
            let rows: Vec<Vec<Cell>> = counts.iter().map(|(audit, count)| line(&here, audit, count)).collect();
            table::aligned(&["audit", "title", "counts", "when", "seen"], &rows)?;
        }
    }
    Ok(End::Clean)
}

fn line(here: &Here, audit: &Audit, count: &Count) -> Vec<Cell> {
    let day = |at: chrono::DateTime<Utc>| at.with_timezone(&here.zone()).format("%Y-%m-%d").to_string();
    let from = audit.opened.map(day).unwrap_or_default();
    let when = match audit.closed.map(day) {
        _ if count.is_open => Cell::new(paint::BLUE, format!("open since {from}")),
        Some(until) if until != from => Cell::plain(format!("{from} to {until}")),
        _ => Cell::plain(from),
    };
    vec![
        Cell::new(paint::BOLD, audit.slug.as_str()),
        Cell::plain(&audit.title),
        Cell::plain(scope(&here.opened.register, audit)),
        when,
        Cell::plain(format!("{} of {}", count.seen(), count.expected())),
    ]
}

/// What it counts: `Cameras in Studio`.
fn scope(register: &Register, audit: &Audit) -> String {
    let category = audit.category.as_ref();
    let name = category.map(|slug| register.categories.get(slug).map_or(slug.as_str(), |known| known.name.as_str()));
    let place = audit.location.as_ref().map(|slug| register.location_name(slug));
    match (name, place) {
        (None, None) => "everything".into(),
        (Some(name), None) => name.into(),
        (None, Some(place)) => place.into(),
        (Some(name), Some(place)) => format!("{name} in {place}"),
    }
}

/// An audit that someone wants opened.
struct Open<'a> {
    title: &'a str,
    location: Option<&'a str>,
    category: Option<&'a str>,
    at: Option<&'a str>,
    opened: Option<(Slug, Opening)>,
}

impl Wish for Open<'_> {
    fn concerns(&self, _: &Register, _: &Slug, _: &Moment) -> Result<Vec<Number>, Vec<Stop>> {
        Ok(Vec::new())
    }

    fn decide(&mut self, here: &record::Here, by: &Slug, moment: &Moment) -> Result<Option<Posting>, Vec<Stop>> {
        let register = &here.opened.register;
        only_keepers(register, by, moment)?;
        let typing = Typing { moment: *moment, zone: register.config.timezone, currency: register.config.currency };
        let at = self.at.map(|at| happened(at, &typing)).transpose();
        let at = at.map_err(|why| vec![Stop::Misused(format!("--at: {why}"))])?.unwrap_or(moment.now);
        if at > moment.now {
            return Err(vec![Stop::refused("an audit that is to come is opened when it begins")]);
        }
        let at = chrono::DateTime::from_timestamp(at.timestamp(), 0).unwrap_or(at);
        let opening = Opening::typed(register, self.title, self.location, self.category, at).map_err(|wrong| {
            let stop = |(field, why): (&str, String)| match field {
                "title" => Stop::Misused(format!("TITLE: {why}")),
                _ => Stop::refused(why),
            };
            wrong.into_iter().map(stop).collect::<Vec<_>>()
        })?;
        let slug = opening.slug(register).map_err(|why| vec![Stop::refused(why)])?;
        let posting = opening.posting(&slug, by);
        self.opened = Some((slug, opening));
        Ok(Some(posting))
    }
}

/// The text of an audit's file.
fn text<'h>(here: &'h record::Here, audit: &Audit) -> Result<&'h str, Vec<Stop>> {
    let path = auditing::path(&audit.slug);
    let text = here.tree.text(&path).filter(|_| !audit.source.is_partial());
    text.ok_or_else(|| {
        let hint = "`tagbook check` says what is wrong with it".to_owned();
        vec![Stop::Refused(format!("`{path}` cannot be read"), Some(hint))]
    })
}

fn close(register: Option<&Path>, slug: &str, apply: bool, how: &How) -> Outcome {
    let mut wish = Close { slug, apply, seed: seed(), done: None };
    let recorded = record(register, how, &mut wish).map_err(all_but_last)?;
    let Some(Closed { register, audit, was_open, count, settlement }) = wish.done else { return Ok(End::Clean) };
    let name = paint::in_style(paint::BOLD, &audit.slug);
    let is_left = |number: &Number| settlement.left.iter().any(|(left, _)| left == number);
    let missing = count.unseen.iter().filter(|number| !is_left(number)).count();
    let gaps = if missing == 0 { String::new() } else { format!(", {missing} missing") };
    if was_open {
        let seen = format!("{} of {} seen{gaps}", count.seen(), count.expected());
        paint::say(format!("{name} is closed: {seen}{}", seal(&recorded)))?;
    } else if settlement.is_empty() {
        paint::note(&format!("nothing is left to record of {}", audit.slug));
    } else {
        paint::say(format!("{name} is recorded{}", seal(&recorded)))?;
    }
    for (place, numbers) in &settlement.moves {
        let place = paint::plain(register.location_name(place));
        for number in numbers {
            paint::say(format!("{} is in {place}", paint::in_style(paint::BOLD, number)))?;
        }
    }
    for number in &settlement.missing {
        paint::say(format!("{} is missing", paint::in_style(paint::BOLD, number)))?;
    }
    let was_missing = |number: &&Number| was_open && apply && !settlement.missing.contains(number) && !is_left(number);
    for number in count.unseen.iter().filter(was_missing) {
        paint::note(&format!("{number} was missing before"));
    }
    for (number, why) in &settlement.left {
        paint::note(&left(&register, number, why));
    }
    if was_open && !apply && !count.unseen.is_empty() {
        paint::note(&format!("`tagbook audits close {} --apply` records what is missing", audit.slug));
    }
    Ok(End::Clean)
}

fn left(register: &Register, number: &Number, why: &Left) -> String {
    match why {
        Left::Held(person) => {
            let who = register.person_name(person);
            format!("{number} was seen, and {who} has it by the register; `back` or `have` says what is so")
        }
        Left::Retired => format!("{number} was seen, and is retired; `reinstate` puts it back in use"),
        Left::Since(event) => format!("{number} is left as it is: event `{event}` was recorded meanwhile"),
    }
}

/// An audit that is to end, or has ended, with what is left to record of it.
struct Close<'a> {
    slug: &'a str,
    apply: bool,
    seed: String,
    done: Option<Closed>,
}

struct Closed {
    register: Register,
    audit: Audit,
    was_open: bool,
    count: Count,
    settlement: Settlement,
}

impl Wish for Close<'_> {
    /// What was not seen is known by every log alone.
    fn concerns(&self, register: &Register, _: &Slug, _: &Moment) -> Result<Vec<Number>, Vec<Stop>> {
        named(register, self.slug).map_err(|stop| vec![stop])?;
        Ok(register.assets.keys().cloned().collect())
    }

    fn decide(&mut self, here: &record::Here, by: &Slug, moment: &Moment) -> Result<Option<Posting>, Vec<Stop>> {
        let (opened, register) = (&here.opened, &here.opened.register);
        only_keepers(register, by, moment)?;
        let audit = named(register, self.slug).map_err(|stop| vec![stop])?;
        let was_open = audit.is_open(moment.now);
        if !was_open && !self.apply {
            let when = audit.closed.map(|closed| local(closed, register.config.timezone)).unwrap_or_default();
            let hint = "with --apply, what it found and is not recorded yet is recorded".to_owned();
            return Err(vec![Stop::Refused(format!("`{}` is closed since {when}", audit.slug), Some(hint))]);
        }
        let text = text(here, audit)?;
        let settlement = if self.apply { opened.settlement(audit, moment) } else { Settlement::default() };
        let requests = settlement.decide(opened, audit, by, moment, &self.seed).map_err(all_refused)?;
        let settled = (&settlement, requests.as_slice());
        let posting = if was_open {
            let at = opened.closing_at(audit, moment);
            Some(audit.closing(register, text, at, settled).map_err(|why| vec![Stop::Failed(why)])?)
        } else {
            (!requests.is_empty()).then(|| audit.applying(register, settled))
        };
        let count = opened.count(audit, moment);
        let (register, audit) = (register.clone(), audit.clone());
        self.done = Some(Closed { register, audit, was_open, count, settlement });
        Ok(posting)
    }
}
