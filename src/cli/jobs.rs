//! `tagbook jobs`: what is reserved for each job, packed, out, back and missing; its packing list.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::list::{known, style};
use super::place::{Here, When};
use super::table::{self, Cell, Format};
use super::{End, Outcome, Stop, build, fonts, paint};
use crate::document::Document;
use crate::register::job::{self, Stage, Standing, by_kit};
use crate::register::{Job, Moment, Slug, Summary};
use crate::site::{self, Audience, Build, Commits};

/// Jobs: what is reserved for each, packed, out, back and missing, and its packing list
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    view: View,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List all jobs, the newest first (what `tagbook jobs` alone does)
    List(View),
    /// Show where everything stands in a job
    Show {
        /// The name of its file: nord of jobs/nord.toml
        job: String,
        #[command(flatten)]
        view: View,
    },
    /// Print what goes out for a job, for whoever packs, drives, clears or insures it; once all is back, what went
    Packing {
        /// The name of its file: nord of jobs/nord.toml
        job: String,
        /// What is written
        #[arg(long, value_enum, default_value_t)]
        format: Paper,
        /// Where to; `-` is standard output [default: packing-JOB.pdf; else standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        when: Seen,
    },
}

#[derive(Debug, clap::Args)]
struct View {
    /// How it is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    when: Seen,
}

#[derive(Debug, clap::Args)]
struct Seen {
    #[command(flatten)]
    when: When,
    /// As it was recorded at a commit
    #[arg(long)]
    rev: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Paper {
    /// To be printed and signed
    #[default]
    Pdf,
    /// For spreadsheets
    Csv,
    /// Aligned, for people
    Table,
}

/// A job, as JSON has it.
#[derive(Serialize)]
struct About<'a> {
    job: &'a Slug,
    title: &'a str,
    from: Option<String>,
    until: Option<String>,
    lead: Option<&'a Slug>,
    /// How many things stand at each stage.
    counts: BTreeMap<&'static str, usize>,
}

impl<'a> About<'a> {
    fn new(job: &'a Job, standing: &Standing) -> About<'a> {
        let count = |stage: Stage| standing.values().filter(|at| **at == stage).count();
        About {
            job: &job.slug,
            title: &job.title,
            from: job.from.map(|day| day.to_string()),
            until: job.until.map(|day| day.to_string()),
            lead: job.lead.as_ref(),
            counts: Stage::ALL.into_iter().map(|stage| (stage.word(), count(stage))).collect(),
        }
    }
}

/// A thing of a job, as JSON has it.
#[derive(Serialize)]
struct Thing<'a> {
    stage: &'static str,
    #[serde(flatten)]
    summary: &'a Summary,
}

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    about: About<'a>,
    assets: Vec<Thing<'a>>,
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    match &args.command {
        None => list(register, &args.view),
        Some(Command::List(view)) => list(register, view),
        Some(Command::Show { job, view }) => show(register, job, view),
        Some(Command::Packing { job, format, output, when }) => {
            packing(register, job, *format, output.as_deref(), when)
        }
    }
}

fn list(register: Option<&Path>, view: &View) -> Outcome {
    let (here, moment) = view.when.open(register)?;
    let all = job::all(&here.opened, &moment);
    let nothing = Standing::new();
    let mut jobs: Vec<&Job> = here.opened.register.jobs.values().collect();
    jobs.sort_by_key(|job| (std::cmp::Reverse(job.from), &job.slug));
    let jobs: Vec<About> =
        jobs.into_iter().map(|job| About::new(job, all.get(&job.slug).unwrap_or(&nothing))).collect();
    match view.format {
        Format::Json => table::json(&jobs)?,
        Format::Csv => {
            let counted = |about: &About| Stage::ALL.map(|stage| about.counts[stage.word()].to_string());
            let heads = [&["job", "title", "from", "until", "lead"][..], &Stage::ALL.map(Stage::word)].concat();
            table::csv(&heads, jobs.iter().map(|about| [&cells(about)[..], &counted(about)].concat()))?;
        }
        Format::Table if jobs.is_empty() => paint::note("there are no jobs"),
        Format::Table => {
            let row = |about: &About| {
                let [job, title, from, until, _] = cells(about);
                let lead = about.lead.map(|lead| here.opened.register.person_name(lead)).unwrap_or_default();
                let counts = said(&about.counts);
                vec![
                    Cell::new(paint::BOLD, job),
                    Cell::plain(title),
                    Cell::plain(from),
                    Cell::plain(until),
                    Cell::plain(lead),
                    Cell::plain(counts),
                ]
            };
            let rows: Vec<_> = jobs.iter().map(row).collect();
            table::aligned(&["JOB", "TITLE", "FROM", "UNTIL", "LEAD", ""], &rows)?;
        }
    }
    here.mention_errors(&moment);
    Ok(End::Clean)
}

fn cells(about: &About) -> [String; 5] {
    [
        about.job.to_string(),
        about.title.to_owned(),
        about.from.clone().unwrap_or_default(),
        about.until.clone().unwrap_or_default(),
        about.lead.map(ToString::to_string).unwrap_or_default(),
    ]
}

/// `12 back, 2 out, 1 missing`.
fn said(counts: &BTreeMap<&'static str, usize>) -> String {
    let some =
        Stage::ALL.iter().rev().map(|stage| (stage.word(), counts.get(stage.word()).copied().unwrap_or_default()));
    some.filter(|(_, count)| *count > 0).map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

fn show(register: Option<&Path>, typed: &str, view: &View) -> Outcome {
    let (here, moment) = view.when.open(register)?;
    let job = find(&here, typed)?;
    let standing = job::all(&here.opened, &moment).remove(&job.slug).unwrap_or_default();
    let summaries = in_order(&here, &standing, &moment);
    match view.format {
        Format::Json => {
            let assets = summaries.iter().map(|(stage, _, summary)| Thing { stage: stage.word(), summary }).collect();
            table::json(&Whole { about: About::new(job, &standing), assets })?;
        }
        Format::Csv => {
            let row = |(stage, _, summary): &(Stage, usize, Summary)| {
                let with = summary.custodian.as_ref().map(ToString::to_string).unwrap_or_default();
                let kit = summary.part_of.as_ref().map(ToString::to_string).unwrap_or_default();
                vec![
                    stage.word().into(),
                    summary.number.to_string(),
                    summary.name.clone(),
                    summary.status.into(),
                    with,
                    kit,
                ]
            };
            table::csv(&["stage", "number", "name", "status", "custodian", "part_of"], summaries.iter().map(row))?;
        }
        Format::Table => aligned(&here, job, &standing, &summaries)?,
    }
    here.mention_errors(&moment);
    Ok(End::Clean)
}

/// Everything of a job, stage by stage, parts below their kits.
fn in_order(here: &Here, standing: &Standing, moment: &Moment) -> Vec<(Stage, usize, Summary)> {
    let register = &here.opened.register;
    let at = |stage: Stage| {
        let numbers = standing.iter().filter(|(_, at)| **at == stage).map(|(number, _)| number).collect();
        by_kit(register, &numbers)
            .into_iter()
            .filter_map(move |(number, depth)| {
                let asset = register.assets.get(number)?;
                let folded = here.opened.folded(number, moment);
                Some((stage, depth, Summary::new(&here.opened, asset, &folded, moment)))
            })
            .collect::<Vec<_>>()
    };
    Stage::ALL.into_iter().flat_map(at).collect()
}

fn aligned(here: &Here, job: &Job, standing: &Standing, all: &[(Stage, usize, Summary)]) -> Result<(), Stop> {
    let register = &here.opened.register;
    let about = About::new(job, standing);
    let days = [about.from.as_deref(), about.until.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" to ");
    let lead = about.lead.map(|lead| format!("led by {}", register.person_name(lead)));
    let line = [Some(days), lead, Some(said(&about.counts))].into_iter().flatten().filter(|part| !part.is_empty());
    paint::say(format!(
        "{} · {}",
        paint::in_style(paint::BOLD, paint::plain(&job.title)),
        paint::plain(&line.collect::<Vec<_>>().join(" · "))
    ))?;
    if all.is_empty() {
        paint::note("nothing was reserved or taken for it");
        return Ok(());
    }
    let row = |(stage, depth, summary): &(Stage, usize, Summary)| {
        let with = summary.custodian.as_ref().map(|slug| register.person_name(slug)).unwrap_or_default();
        vec![
            Cell::plain(stage.word()),
            Cell::new(paint::BOLD, format!("{}{}", "  ".repeat((*depth).min(4)), summary.number)),
            Cell::plain(&summary.name),
            Cell::new(style(summary.status), summary.status),
            Cell::plain(with),
        ]
    };
    table::aligned(&["STAGE", "NUMBER", "NAME", "STATUS", "WITH"], &all.iter().map(row).collect::<Vec<_>>())
}

fn packing(register: Option<&Path>, typed: &str, format: Paper, output: Option<&Path>, when: &Seen) -> Outcome {
    let (here, moment) = when.open(register)?;
    let slug = find(&here, typed)?.slug.clone();
    let built = Build { audience: Audience::Team, moment, commits: Commits::default(), fonts: fonts::system };
    let packing = site::packing(&here.opened, &here.tree, &build::theme(&here)?, &built, &slug);
    let packing = packing.ok_or_else(|| {
        let hint = format!("`tagbook reserve NUMBER --for ana --from DAY --until DAY --job {slug}` reserves something");
        Stop::Refused(format!("nothing was reserved or taken for `{slug}`"), Some(hint))
    })?;
    match (format, output) {
        (Paper::Table, None) => table_of(&packing.document)?,
        (Paper::Table, Some(_)) => {
            return Err(Stop::Misused("a table is for reading; --output takes --format pdf or csv".into()));
        }
        (Paper::Csv, None) => write(Path::new("-"), packing.csv.as_bytes())?,
        (Paper::Csv, Some(file)) => write(file, packing.csv.as_bytes())?,
        (Paper::Pdf, file) => {
            let usual = PathBuf::from(format!("packing-{slug}.pdf"));
            let pdf = packing.document.pdf(&fonts::drawing(|fonts| packing.document.lacks(fonts)))?;
            write(file.unwrap_or(&usual), &pdf)?;
        }
    }
    here.mention_errors(&moment);
    Ok(End::Clean)
}

/// The table of a document, for people at a terminal.
fn table_of(document: &Document) -> Result<(), Stop> {
    paint::say(paint::plain(&format!("{} · {}", document.title, document.sentence)))?;
    let heads: Vec<String> = document.columns.iter().skip(1).map(|column| column.word.to_uppercase()).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let row = |row: &crate::document::Row| row.cells.iter().skip(1).map(|cell| Cell::plain(&cell.text)).collect();
    table::aligned(&heads, &document.rows.iter().map(row).collect::<Vec<_>>())?;
    for total in &document.totals {
        paint::say(format!("{} {}", total.word, total.value))?;
    }
    Ok(())
}

/// Writes a file, or what it would be to standard output.
pub(super) fn write(file: &Path, bytes: &[u8]) -> Result<(), Stop> {
    if file == Path::new("-") {
        return Ok(std::io::stdout().lock().write_all(bytes)?);
    }
    fs::write(file, bytes).map_err(|error| Stop::Failed(format!("cannot write `{}`: {error}", file.display())))?;
    paint::say(file.display())
}

fn find<'h>(here: &'h Here, typed: &str) -> Result<&'h Job, Stop> {
    let jobs = &here.opened.register.jobs;
    let names: Vec<&str> = jobs.keys().map(Slug::as_str).collect();
    let found = known("job", &[typed.to_owned()], &names)?;
    found.first().and_then(|slug| jobs.get(slug)).ok_or_else(|| Stop::refused("there is no such job"))
}

impl Seen {
    fn open(&self, register: Option<&Path>) -> Result<(Here, Moment), Stop> {
        let here = Here::open(register, self.rev.as_deref())?;
        let moment = self.when.moment(here.zone());
        Ok((here, moment))
    }
}
