//! `tagbook reports`: what an auditor or an insurer asks for, on any day and as recorded at any commit.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use anstyle::Style;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{Days, NaiveDate};
use serde_json::{Map, json};
use sha2::{Digest, Sha256};

use super::jobs::write;
use super::list::known;
use super::place::{Here, When};
use super::table::{self, Cell};
use super::{End, Outcome, Stop, build, fonts, paint};
use crate::document::{Document, Kind, Row};
use crate::exchange::xlsx;
use crate::git::{Repo, history};
use crate::register::picture::{kind, showable};
use crate::register::reports::{Asked, Basis, Books, Disposals, Insurance, Leaver, Overdue, Report, Unseen};
use crate::register::select::{Selection, folded};
use crate::register::{Number, Person, Slug};
use crate::site::{self, Audience, Build, Commit, Commits, Pictures};
use crate::tree::{Entry, Tree};

/// Bytes of one photo that a page has in itself, and of all of them.
const PICTURE: u64 = 1 << 20;
const PICTURES: u64 = 12 << 20;

/// Days after which a thing that nobody saw is asked for.
const LONG: u64 = 365;

/// Reports for auditors and insurers: value, depreciation, what leavers hold, what is late, unseen or gone
///
/// (To report a fault of a thing, `tagbook report NUMBER`.)
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    which: Which,
}

#[derive(Debug, clap::Subcommand)]
enum Which {
    /// Everything that is insured: what proves it, what it cost, what it costs to replace, where it is
    Insurance {
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        only: Only,
    },
    /// What things are worth in the books; months count whole, from the one in which a thing came into use
    ///
    /// A month is written off on its last day, and the month in which a thing leaves only if it leaves on that day.
    /// `straight-line` is the cost less the residual value, the same every month of its life. `reducing-balance` is double
    /// declining with a change to straight line: in each year of service, twice the straight-line share of what is left at
    /// its beginning; once equal parts of the rest are more, these; never below the residual value.
    Depreciation {
        /// Only these
        #[arg(value_name = "NUMBER")]
        numbers: Vec<String>,
        /// Year by year, to the end of each life
        #[arg(long)]
        schedule: bool,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        only: Only,
    },
    /// What somebody has to bring back, with lines to sign
    Leaver {
        /// Who: ana of people/ana.toml, or a name, or a first name that nobody else has
        person: String,
        #[command(flatten)]
        how: How,
    },
    /// What should have been brought back
    Overdue {
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        only: Only,
    },
    /// What nobody has had in hand or in sight for long: counted, moved, handed out, brought back, repaired, scanned
    Unseen {
        /// Not for so many days
        #[arg(long, value_name = "N", default_value_t = LONG, value_parser = clap::value_parser!(u64).range(0..=36_500))]
        days: u64,
        /// Not after this day
        #[arg(long, value_name = "DATE", value_parser = day, conflicts_with = "days")]
        since: Option<NaiveDate>,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        only: Only,
    },
    /// What has left: when, how, for how much, and what proves it
    Disposals {
        /// On this day or later
        #[arg(long, value_name = "DATE", value_parser = day)]
        from: Option<NaiveDate>,
        /// On this day or earlier
        #[arg(long, value_name = "DATE", value_parser = day)]
        until: Option<NaiveDate>,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        only: Only,
    },
}

#[derive(Debug, clap::Args)]
struct How {
    /// What is written [default: what the name of --output ends in, else a table]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Where to; `-` is standard output [default: for csv and json standard output, else a file such as
    /// insurance-2026-11-25.pdf]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    when: When,
    /// As it was recorded at a commit
    #[arg(long)]
    rev: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Only {
    /// Only what is here or in a place within it
    #[arg(long)]
    location: Vec<String>,
    /// Only those of this category
    #[arg(long)]
    category: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Aligned, for people
    Table,
    /// For spreadsheets, as text
    Csv,
    /// For spreadsheets, with numbers and dates
    Xlsx,
    /// For programs
    Json,
    /// A page that needs no other file, with photos
    Html,
    /// To be printed, sent along and filed
    Pdf,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Format::Table => "txt",
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::Json => "json",
            Format::Html => "html",
            Format::Pdf => "pdf",
        }
    }
}

impl Which {
    fn how(&self) -> &How {
        match self {
            Which::Insurance { how, .. }
            | Which::Depreciation { how, .. }
            | Which::Leaver { how, .. }
            | Which::Overdue { how, .. }
            | Which::Unseen { how, .. }
            | Which::Disposals { how, .. } => how,
        }
    }

    /// Who leaves brings back everything, so nothing is left out of that.
    fn selection(&self, here: &Here) -> Result<Selection, Stop> {
        match self {
            Which::Leaver { .. } => Ok(Selection::default()),
            Which::Insurance { only, .. }
            | Which::Depreciation { only, .. }
            | Which::Overdue { only, .. }
            | Which::Unseen { only, .. }
            | Which::Disposals { only, .. } => only.selection(here),
        }
    }

    fn ask<'a>(&self, here: &'a Here, asked: &Asked<'a>) -> Result<Report<'a>, Stop> {
        Ok(match self {
            Which::Insurance { .. } => Report::Insurance(Insurance::of(asked)),
            Which::Depreciation { numbers, schedule, .. } => {
                let numbers = numbers.iter().map(|typed| here.number(typed)).collect::<Result<Vec<_>, Stop>>()?;
                written_off(here, &numbers)?;
                let books = Books::of(asked, &numbers, *schedule);
                if *schedule { Report::Schedule(books) } else { Report::Depreciation(books) }
            }
            Which::Leaver { person, .. } => Report::Leaver(Leaver::of(asked, somebody(here, person)?)),
            Which::Overdue { .. } => Report::Overdue(Overdue::of(asked)),
            Which::Unseen { days, since, .. } => {
                let ago = || asked.moment.today.checked_sub_days(Days::new(*days)).unwrap_or(NaiveDate::MIN);
                Report::Unseen(Unseen::of(asked, since.unwrap_or_else(ago)))
            }
            Which::Disposals { from, until, .. } => {
                if from.zip(*until).is_some_and(|(from, until)| until < from) {
                    return Err(Stop::Misused("--until is before --from".into()));
                }
                Report::Disposals(Disposals::of(asked, *from, *until))
            }
        })
    }
}

impl How {
    fn format(&self) -> Format {
        let ending = self.output.as_ref().and_then(|file| file.extension()).and_then(|ending| ending.to_str());
        let all = [Format::Csv, Format::Xlsx, Format::Json, Format::Html, Format::Pdf];
        let meant = || all.into_iter().find(|format| ending.is_some_and(|e| e.eq_ignore_ascii_case(format.ending())));
        self.format.or_else(meant).unwrap_or(Format::Table)
    }
}

impl Only {
    fn selection(&self, here: &Here) -> Result<Selection, Stop> {
        let register = &here.opened.register;
        let places: Vec<&str> = register.locations.iter().map(|place| place.slug.as_str()).collect();
        let categories: Vec<&str> = register.categories.keys().map(Slug::as_str).collect();
        Ok(Selection {
            location: known("location", &self.location, &places)?,
            category: known("category", &self.category, &categories)?,
            ..Selection::default()
        })
    }
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    let how = args.which.how();
    let format = how.format();
    if format == Format::Table && how.output.is_some() {
        let why = "a table is for reading; --output takes --format csv, xlsx, json, html or pdf";
        return Err(Stop::Misused(why.into()));
    }
    let here = Here::open(register, how.rev.as_deref())?;
    let moment = how.when.moment(here.zone());
    let is_data = matches!(format, Format::Csv | Format::Xlsx | Format::Json);
    let hash = |path: &str| if is_data { hash(&here, path) } else { None };
    let (opened, tree) = (&here.opened, &here.tree);
    let selection = args.which.selection(&here)?;
    let asked = Asked { opened, tree, moment: &moment, selection: &selection, hash: &hash };
    let report = args.which.ask(&here, &asked)?;
    let (head, is_uncommitted) = recorded(&here)?;
    let basis = Basis { selection: &selection, is_uncommitted };
    let commits = Commits { head, ..Commits::default() };
    let built = Build { audience: Audience::Team, moment, commits, is_past: false, fonts: fonts::system };
    let usual = PathBuf::from(format!("{}-{}.{}", usual_name(&report), moment.today, format.ending()));
    let output = |text: bool| how.output.as_deref().unwrap_or(if text { Path::new("-") } else { &usual });
    match format {
        Format::Table => print(&document(&here, &report, &basis, &built, &Pictures::new())?)?,
        Format::Csv => write(output(true), csv(&report).as_bytes())?,
        Format::Json => write(output(true), json_of(&report, &basis, &built)?.as_bytes())?,
        Format::Xlsx => write(output(false), &xlsx::workbook(&report, moment.now, here.zone())?)?,
        Format::Html => {
            let document = document(&here, &report, &basis, &built, &pictures(&here, &report))?;
            write(output(false), site::page(&document, &build::theme(&here)?).map_err(Stop::refused)?.as_bytes())?;
        }
        Format::Pdf => {
            let document = document(&here, &report, &basis, &built, &Pictures::new())?;
            write(output(false), &document.pdf(&fonts::drawing(|fonts| document.lacks(fonts)))?)?;
        }
    }
    if is_uncommitted {
        paint::note("made from files that are not committed");
    }
    here.mention_errors(&moment);
    Ok(End::Clean)
}

/// That each of these is to be written off.
fn written_off(here: &Here, numbers: &[Number]) -> Result<(), Stop> {
    let is_not =
        |number: &&Number| here.opened.register.assets.get(*number).is_some_and(|asset| asset.depreciation.is_none());
    match numbers.iter().find(is_not) {
        None => Ok(()),
        Some(number) => {
            let hint = "write `[depreciation]` with `method = \"straight-line\"` and `life = \"5y\"` into it";
            Err(Stop::Refused(format!("the record of {number} has no `[depreciation]`"), Some(hint.into())))
        }
    }
}

fn usual_name(report: &Report) -> String {
    match report {
        Report::Leaver(leaver) => format!("{}-{}", report.word(), leaver.person.slug),
        _ => report.word().to_owned(),
    }
}

fn document(here: &Here, report: &Report, basis: &Basis, built: &Build, shown: &Pictures) -> Result<Document, Stop> {
    Ok(site::report(report, basis, (&here.opened, &here.tree), &build::theme(here)?, built, shown))
}

/// The commit that the register is as of, and whether files of it are otherwise now; none where it is in none.
fn recorded(here: &Here) -> Result<(Option<Commit>, bool), Stop> {
    if let Some((repo, commit)) = &here.rev {
        let repo = repo.lock().unwrap_or_else(PoisonError::into_inner);
        return Ok((Some(told(repo.describe(*commit)?)), false));
    }
    let Some(repo) = Repo::around(&here.root)? else { return Ok((None, false)) };
    let Some(head) = repo.head()? else { return Ok((None, false)) };
    let then = repo.outline_at(head, &|_| true)?;
    if then.entry("tagbook.toml").is_none() {
        return Ok((None, false));
    }
    Ok((Some(told(repo.describe(head)?)), !records(&then).eq(records(&here.tree))))
}

fn told(commit: history::Commit) -> Commit {
    Commit { id: commit.id, at: commit.at }
}

/// What a register says: its TOML files.
fn records(tree: &Tree) -> impl Iterator<Item = (&str, &Entry)> {
    tree.iter().filter(|(path, _)| path.ends_with(".toml"))
}

/// Who was typed: by the name of their file, their whole name, or a first name that one of them has.
fn somebody<'a>(here: &'a Here, typed: &str) -> Result<&'a Person, Stop> {
    let people = &here.opened.register.people;
    let slugs: Vec<&str> = people.keys().map(Slug::as_str).collect();
    let unknown = match known("person", &[typed.to_owned()], &slugs) {
        Ok(found) => return found.first().and_then(|slug| people.get(slug)).ok_or_else(|| nobody(typed)),
        Err(unknown) => unknown,
    };
    let meant: Vec<String> = words(typed);
    let mut found: Vec<&Person> = people.values().filter(|person| words(&person.name) == meant).collect();
    if found.is_empty() && meant.len() == 1 {
        found = people.values().filter(|person| words(&person.name).first() == meant.first()).collect();
    }
    match found.as_slice() {
        [] => Err(unknown),
        [person] => Ok(*person),
        several => {
            let slugs: Vec<&str> = several.iter().map(|person| person.slug.as_str()).collect();
            let why = format!("several people are called `{}`", typed.escape_debug());
            Err(Stop::Refused(why, Some(format!("type one of {}", slugs.join(", ")))))
        }
    }
}

fn nobody(typed: &str) -> Stop {
    Stop::refused(format!("there is no person `{}`", typed.escape_debug()))
}

/// The words of a name, without case and accents.
fn words(name: &str) -> Vec<String> {
    name.split_whitespace().map(folded).collect()
}

fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| "write a day such as 2026-11-27".to_owned())
}

/// The SHA-256 of a file of the register; `None` where it cannot be read.
fn hash(here: &Here, path: &str) -> Option<String> {
    let bytes = build::carried(here, path, false).ok()?;
    Some(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The photos that a page has in itself, without what they say about where they were taken; what is too large is only named.
fn pictures(here: &Here, report: &Report) -> Pictures {
    let Report::Insurance(insurance) = report else { return Pictures::new() };
    let (mut pictures, mut left) = (Pictures::new(), PICTURES);
    for line in &insurance.lines {
        let Some(photo) = &line.photo else { continue };
        let Some(Entry::Other(facts)) = here.tree.entry(&photo.path) else { continue };
        if !showable(facts) || facts.size > PICTURE || facts.size > left {
            continue;
        }
        let Ok(bytes) = build::carried(here, &photo.path, true) else { continue };
        let Some(kind) = kind(&bytes) else { continue };
        left -= facts.size;
        let media = if kind.ending() == "jpg" { "jpeg" } else { kind.ending() };
        pictures.insert(line.asset.number.clone(), format!("data:image/{media};base64,{}", BASE64.encode(bytes)));
    }
    pictures
}

fn csv(report: &Report) -> String {
    let sheet = report.sheet();
    site::written(&sheet.heads(), sheet.texts())
}

fn json_of(report: &Report, basis: &Basis, built: &Build) -> Result<String, Stop> {
    let said = |sums: Vec<crate::register::Money>| sums.iter().map(ToString::to_string).collect::<Vec<_>>();
    let totals = report.totals().into_iter().map(|(key, sums)| (key.to_owned(), json!(said(sums))));
    let counts = report.counts().into_iter().map(|(key, n)| (key.to_owned(), json!(n)));
    let (totals, counts): (Map<_, _>, Map<_, _>) = (totals.collect(), counts.collect());
    let commit = built.commits.head.as_ref();
    let mut whole = json!({
        "report": report.word(),
        "at": built.moment.today.to_string(),
        "commit": commit.map(|commit| commit.id.as_str()),
        "uncommitted": commit.map(|_| basis.is_uncommitted),
        "counts": counts,
        "totals": totals,
        "lines": report.sheet().json(),
    });
    let Selection { location, category, .. } = basis.selection;
    if !location.is_empty() || !category.is_empty() {
        whole["only"] = json!({"locations": location, "categories": category});
    }
    match report {
        Report::Leaver(leaver) => whole["person"] = leaver.person.slug.as_str().into(),
        Report::Unseen(unseen) => whole["since"] = unseen.since.to_string().into(),
        Report::Depreciation(books) | Report::Schedule(books) => {
            let lacking = books.lacking.iter();
            let lacking = lacking.map(|(asset, lack)| json!({"number": asset.number, "lacks": lack.word()}));
            whole["lacking"] = lacking.collect();
        }
        _ => {}
    }
    let text = serde_json::to_string_pretty(&whole).map_err(|error| Stop::Failed(error.to_string()))?;
    Ok(text + "\n")
}

/// A report for people at a terminal: its smaller lines below each row.
fn print(document: &Document) -> Result<(), Stop> {
    paint::say(plain(&format!("{} · {} · {}", document.title, document.state, document.sentence)))?;
    let shown: Vec<usize> = (0..document.columns.len())
        .filter(|at| document.rows.iter().any(|row| !row.cells[*at].text.is_empty()))
        .collect();
    if !shown.is_empty() {
        let heads: Vec<String> = shown.iter().map(|at| bare(&document.columns[*at].word).to_uppercase()).collect();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        table::aligned(&heads, &document.rows.iter().flat_map(|row| lines(document, row, &shown)).collect::<Vec<_>>())?;
    }
    for fact in document.facts.iter().chain(&document.totals) {
        paint::say(plain(&format!("{} {}", fact.word, fact.value)))?;
    }
    for note in &document.notes {
        paint::say(paint::in_style(paint::DIM, plain(note)))?;
    }
    Ok(())
}

/// Text without the marks that set it apart: a table has no room for them, and says so of all others.
fn bare(text: &str) -> String {
    text.replace(['\u{2068}', '\u{2069}'], "")
}

fn plain(text: &str) -> String {
    paint::plain(&bare(text))
}

fn lines(document: &Document, row: &Row, shown: &[usize]) -> Vec<Vec<Cell>> {
    let below = shown.iter().map(|at| row.cells[*at].small.len()).max().unwrap_or_default();
    let set_in = |at: usize, text: &str| {
        let depth = if document.columns[at].kind == Kind::Name && !text.is_empty() { row.depth.min(4) } else { 0 };
        format!("{}{}", "  ".repeat(depth), bare(text))
    };
    let first = shown.iter().map(|at| {
        let is_number = document.columns[*at].kind == Kind::Number;
        Cell::new(if is_number { paint::BOLD } else { Style::new() }, set_in(*at, &row.cells[*at].text))
    });
    let small = |n: usize| {
        let line = |at: &usize| row.cells[*at].small.get(n).map(|text| set_in(*at, text)).unwrap_or_default();
        let dim = |text: String| if text.is_empty() { Cell::plain(text) } else { Cell::new(paint::DIM, text) };
        shown.iter().map(line).map(dim).collect()
    };
    std::iter::once(first.collect()).chain((0..below).map(small)).collect()
}
