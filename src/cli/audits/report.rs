//! `tagbook audits show`: what an audit found, in words, for spreadsheets and for programs.

use std::path::Path;

use chrono::Utc;

use super::{named, scope};
use crate::cli::log::local;
use crate::cli::place::Here;
use crate::cli::table::{self, Format};
use crate::cli::{End, Outcome, Stop, paint};
use crate::register::audit::Sighted;
use crate::register::time::instant;
use crate::register::{Audit, Count, Moment, Number, Opened, Slug};

pub(super) fn show(register: Option<&Path>, slug: &str, format: Format) -> Outcome {
    let here = Here::open(register, None)?;
    let audit = named(&here.opened.register, slug)?;
    let moment = Moment::at(Utc::now(), here.zone());
    let count = here.opened.count(audit, &moment);
    match format {
        Format::Json => table::json(&count.report(audit))?,
        Format::Csv => table::csv(&["result", "number", "name", "seen", "by", "location", "expected", "why"], {
            rows(&here.opened, &count).into_iter().map(|row| {
                let name = |number: &Number| here.opened.register.assets.get(number).map(|asset| asset.name.clone());
                let number = row.number.as_ref();
                let mut cells = vec![row.result.to_owned(), row.tag.clone()];
                cells.push(number.and_then(name).unwrap_or_default());
                cells.extend([row.at, row.by, row.location, row.expected, row.why]);
                cells
            })
        })?,
        Format::Table => tell(&here, audit, &count)?,
    }
    Ok(End::Clean)
}

/// A line of a report.
#[derive(Default)]
struct Row {
    result: &'static str,
    tag: String,
    number: Option<Number>,
    at: String,
    by: String,
    location: String,
    expected: String,
    why: String,
}

fn rows(opened: &Opened, count: &Count) -> Vec<Row> {
    let named = |slug: Option<&Slug>| slug.map(|slug| opened.register.location_name(slug).to_owned());
    let seen = |result: &'static str, all: &[Sighted]| {
        let row = |sighted: &Sighted| {
            let (expected, why) = sighted.belief.said();
            Row {
                result,
                tag: sighted.number.to_string(),
                number: Some(sighted.number.clone()),
                at: instant(sighted.at),
                by: sighted.by.to_string(),
                location: named(sighted.location.as_ref()).unwrap_or_default(),
                expected: named(expected).unwrap_or_default(),
                why: why.unwrap_or_default(),
            }
        };
        all.iter().map(row).collect::<Vec<_>>()
    };
    let word = if count.is_open { "not-yet-seen" } else { "missing" };
    let unseen =
        |number: &Number| Row { result: word, tag: number.to_string(), number: Some(number.clone()), ..Row::default() };
    let unknown = |tag: &String| Row { result: "unknown", tag: tag.clone(), ..Row::default() };
    let mut rows: Vec<Row> = count.unseen.iter().map(unseen).collect();
    rows.extend(seen("wrong-place", &count.misplaced));
    rows.extend(seen("unexpected", &count.unexpected));
    rows.extend(count.unknown.iter().map(unknown));
    rows.extend(seen("found", &count.found));
    rows
}

/// A report in words.
fn tell(here: &Here, audit: &Audit, count: &Count) -> Result<(), Stop> {
    let opened = &here.opened;
    let title = paint::in_style(paint::BOLD, paint::plain(&audit.title));
    let by = audit.by.as_ref().map(|by| format!(", by {}", opened.register.person_name(by))).unwrap_or_default();
    let time = |at: Option<chrono::DateTime<Utc>>| at.map(|at| local(at, here.zone())).unwrap_or_default();
    let state = if count.is_open {
        format!("open since {}", time(audit.opened))
    } else {
        format!("{} to {}", time(audit.opened), time(audit.closed))
    };
    let scope = paint::plain(&scope(&opened.register, audit));
    paint::say(format!("{title} · {scope} · {state}{}", paint::plain(&by)))?;
    paint::say(format!("{} of {} seen", count.seen(), count.expected()))?;
    let mut last = "";
    for row in rows(opened, count) {
        if row.result != last {
            last = row.result;
            let (word, style) = match last {
                "found" => ("found", paint::GREEN),
                "missing" => ("missing", paint::RED),
                "not-yet-seen" => ("not seen yet", paint::YELLOW),
                "wrong-place" => ("in the wrong place", paint::YELLOW),
                "unexpected" => ("not expected", paint::YELLOW),
                _ => ("in no register", paint::RED),
            };
            paint::say(format!("\n{}", paint::in_style(style, word)))?;
        }
        let name = row.number.as_ref().and_then(|number| opened.register.assets.get(number));
        let name = name.map(|asset| format!(" {}", paint::plain(&asset.name))).unwrap_or_default();
        let seen = (!row.location.is_empty()).then(|| format!("seen in {}", row.location));
        let expected =
            (!row.expected.is_empty() && row.result != "found").then(|| format!("belongs in {}", row.expected));
        let why = (!row.why.is_empty() && row.expected.is_empty()).then(|| row.why.clone());
        let said: Vec<String> = [seen, expected, why].into_iter().flatten().collect();
        let said = if said.is_empty() { String::new() } else { format!("  {}", said.join(", ")) };
        let number = paint::in_style(paint::BOLD, paint::plain(&row.tag));
        paint::say(format!("  {number}{name}{}", paint::in_style(paint::DIM, paint::plain(&said))))?;
    }
    Ok(())
}
