//! `tagbook log`: what happened, oldest first.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::list::{Filters, known};
use super::past::{Past, Recorded};
use super::place::{Here, When};
use super::table::{self, Cell, Format};
use super::{End, Outcome, Stop, paint};
use crate::register::event::{self, KINDS};
use crate::register::time::instant;
use crate::register::{Event, Folded, Logged, Number, Slug, Tz, did_you_mean};
use crate::trail;

/// Show what happened, oldest first
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only to these assets
    numbers: Vec<String>,
    #[command(flatten)]
    filters: Filters,
    /// Only events of this kind
    #[arg(long, value_parser = kind)]
    kind: Vec<String>,
    /// Only what this person recorded
    #[arg(long, value_name = "PERSON")]
    by: Vec<String>,
    /// How the log is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    when: When,
    /// As it was recorded at a commit
    #[arg(long)]
    rev: Option<String>,
}

fn kind(word: &str) -> Result<String, String> {
    let no = || did_you_mean(word, KINDS.iter().copied()).unwrap_or_else(|| format!("one of {}", KINDS.join(", ")));
    if KINDS.contains(&word) { Ok(word.to_owned()) } else { Err(no()) }
}

/// An event of an asset, and what became of it.
struct Line<'a> {
    number: &'a Number,
    event: &'a Event,
    voided: bool,
    refused: Option<String>,
    recorded: Option<Recorded<'a>>,
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    let here = Here::open(register, args.rev.as_deref())?;
    let moment = args.when.moment(here.zone());
    let selection = args.filters.selection(&here, &[])?;
    let recorders = recorders(&here, &args.by)?;
    let numbers = args.numbers.iter().map(|typed| here.number(typed)).collect::<Result<Vec<_>, Stop>>()?;
    let past = Past::of(&here)?.map(|(_, past)| past);
    let mut lines = Vec::new();
    for asset in here.opened.register.assets.values() {
        if !numbers.is_empty() && !numbers.contains(&asset.number) {
            continue;
        }
        let folded = here.opened.folded(&asset.number, &moment);
        if selection.takes(&here.opened.register, asset, &folded.state, moment.today) {
            lines.extend(happened(&here, past.as_ref(), &asset.number, &folded, moment.now));
        }
    }
    lines.retain(|line| args.kind.is_empty() || args.kind.iter().any(|kind| kind == line.event.action.kind()));
    lines.retain(|line| recorders.is_empty() || recorders.contains(&line.event.by));
    lines.sort_by(|a, b| (a.event.at, &a.event.id, a.number).cmp(&(b.event.at, &b.event.id, b.number)));
    match args.format {
        Format::Json => table::json(&lines.iter().map(object).collect::<Vec<_>>())?,
        Format::Csv => table::csv(
            &[
                "number", "at", "kind", "by", "detail", "note", "job", "batch", "id", "counts", "commit", "recorded",
                "author", "merge", "signed",
            ],
            lines.iter().map(cells),
        )?,
        Format::Table => aligned(&here, &lines)?,
    }
    here.mention_errors(&moment);
    Ok(End::Clean)
}

/// Who was named with `--by`: people, the desk or an import.
fn recorders(here: &Here, typed: &[String]) -> Result<Vec<Slug>, Stop> {
    let people = here.opened.register.people.keys().map(Slug::as_str);
    known("person", typed, &people.chain(["desk", "import"]).collect::<Vec<_>>())
}

fn happened<'a>(
    here: &'a Here,
    past: Option<&'a Past>,
    number: &'a Number,
    folded: &Folded,
    until: DateTime<Utc>,
) -> Vec<Line<'a>> {
    let line = |logged: &'a Logged| Line {
        number,
        event: &logged.event,
        voided: folded.voided.contains(&logged.event.id),
        refused: folded.refusal(&logged.event.id).map(|refusal| refusal.message.clone()),
        recorded: past.and_then(|past| past.recorded(&here.opened.register, number, logged)),
    };
    let events = here.opened.ledger.log(number).events().iter();
    events.filter(|logged| logged.event.at <= until).map(line).collect()
}

fn aligned(here: &Here, lines: &[Line]) -> Result<(), Stop> {
    if lines.is_empty() {
        paint::note("nothing happened");
        return Ok(());
    }
    let rows: Vec<_> = lines.iter().map(|line| row(here, line)).collect();
    table::aligned(&["WHEN", "NUMBER", "WHAT", "BY", "COMMIT", ""], &rows)
}

fn row(here: &Here, line: &Line) -> Vec<Cell> {
    let register = &here.opened.register;
    let note = line.event.note.as_deref().map(|note| format!("“{note}”")).unwrap_or_default();
    let fate = match (&line.refused, line.voided) {
        (Some(why), _) => format!("refused: {why}"),
        (None, true) => "void".to_owned(),
        (None, false) => String::new(),
    };
    let style = if line.refused.is_some() || line.voided { paint::DIM } else { anstyle::Style::new() };
    let detail = [event::detail(&line.event.action), note, fate]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ");
    vec![
        Cell::new(paint::DIM, local(line.event.at, here.zone())),
        Cell::new(paint::BOLD, line.number.as_str()),
        Cell::new(style, line.event.action.kind()),
        Cell::plain(register.person_name(&line.event.by)),
        Cell::new(paint::DIM, line.recorded.as_ref().map(short).unwrap_or_default()),
        Cell::new(style, detail),
    ]
}

/// The commit, by the beginning of its id, and what is unusual about it.
fn short(recorded: &Recorded) -> String {
    let author = recorded.author.map(|author| format!(" by {author}")).unwrap_or_default();
    let signed = if recorded.signer.is_some() { ", signed" } else { "" };
    format!("{}{author}{signed}", &recorded.witness.commit.hex()[..8])
}

/// An instant in the register's timezone, to the minute.
pub(super) fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

fn object(line: &Line) -> Value {
    let mut object = Map::new();
    object.insert("number".into(), line.number.as_str().into());
    object.extend(event::fields(line.event).into_iter().map(|(key, value)| (key.to_owned(), value)));
    object.insert("voided".into(), line.voided.into());
    object.insert("refused".into(), line.refused.clone().into());
    let recorded = line.recorded.as_ref().map(|recorded| {
        let Recorded { witness, signer, .. } = recorded;
        json!({
            "commit": witness.commit.hex(),
            "at": instant(witness.commit.at()),
            "author": witness.author.name,
            "email": witness.author.email,
            "merge": witness.merge.map(trail::Commit::hex),
            "signed": signer,
        })
    });
    object.insert("recorded".into(), recorded.unwrap_or_default());
    Value::Object(object)
}

fn cells(line: &Line) -> Vec<String> {
    let event = line.event;
    let recorded = |said: &dyn Fn(&Recorded) -> String| line.recorded.as_ref().map(said).unwrap_or_default();
    vec![
        line.number.to_string(),
        instant(event.at),
        event.action.kind().to_owned(),
        event.by.to_string(),
        event::detail(&event.action),
        event.note.clone().unwrap_or_default(),
        event.job.as_ref().map(Slug::to_string).unwrap_or_default(),
        event.batch.clone().unwrap_or_default(),
        event.id.to_string(),
        (!line.voided && line.refused.is_none()).to_string(),
        recorded(&|recorded| recorded.witness.commit.hex()),
        recorded(&|recorded| instant(recorded.witness.commit.at())),
        recorded(&|recorded| recorded.witness.author.name.clone()),
        recorded(&|recorded| recorded.witness.merge.map(trail::Commit::hex).unwrap_or_default()),
        recorded(&|recorded| recorded.signer.unwrap_or_default().to_owned()),
    ]
}
