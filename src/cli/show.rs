//! `tagbook show`: one asset, what is written about it and what state it is in.

use std::path::{Path, PathBuf};

use super::list::overlays;
use super::log::local;
use super::place::{Here, When};
use super::table::{self, Format};
use super::{End, Outcome, Stop, build, fonts, jobs, paint, verify};
use crate::git::Repo;
use crate::register::{Asset, Audience, Folded, Moment, Number, Slug, Summary};
use crate::site::{self, Build};
use crate::tree::Entry;

/// Show assets: record and state
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Their numbers, or former numbers
    #[arg(required = true)]
    numbers: Vec<String>,
    /// How they are shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    when: When,
    /// As it was recorded at a commit
    #[arg(long)]
    rev: Option<String>,
    /// Its chain of custody, to be printed: all that happened, with the commits that recorded it, and how to check them
    #[arg(long, value_enum, value_name = "AS", num_args = 0..=1, require_equals = true, default_missing_value = "pdf")]
    certificate: Option<Paper>,
    /// Where the chain of custody is written; `-` is standard output [default: certificate-NUMBER.pdf]
    #[arg(short, long, value_name = "FILE", requires = "certificate")]
    output: Option<PathBuf>,
}

/// What a chain of custody is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Paper {
    /// Pages of A4
    Pdf,
    /// One page for browsers, with nothing beside it
    Html,
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    let here = match args.certificate {
        Some(_) => committed(register, args.rev.as_deref())?,
        None => Here::open(register, args.rev.as_deref())?,
    };
    let moment = args.when.moment(here.zone());
    let numbers = args.numbers.iter().map(|typed| here.number(typed)).collect::<Result<Vec<_>, Stop>>()?;
    if let Some(asked) = args.certificate {
        // Named after what it is to be, a file is that.
        let is_page = args.output.as_ref().is_some_and(|file| file.extension().is_some_and(|ending| ending == "html"));
        let paper = if is_page { Paper::Html } else { asked };
        return certificates(&here, &numbers, moment, paper, args.output.as_deref());
    }
    let assets = numbers.iter().filter_map(|number| here.opened.register.assets.get(number));
    let shown = assets.map(|asset| {
        let folded = here.opened.folded(&asset.number, &moment);
        (asset, Summary::new(&here.opened, asset, &folded, &moment), folded)
    });
    let shown: Vec<_> = shown.collect();
    match args.format {
        Format::Json if shown.len() == 1 => table::json(&shown[0].1)?,
        Format::Json => table::json(&shown.iter().map(|(_, summary, _)| summary).collect::<Vec<_>>())?,
        Format::Csv => table::csv(
            &["number", "field", "value"],
            shown.iter().flat_map(|(asset, summary, folded)| {
                facts(&here, asset, summary, folded, &moment)
                    .into_iter()
                    .map(|(field, value)| vec![asset.number.to_string(), field.to_owned(), value])
            }),
        )?,
        Format::Table => {
            for (asset, summary, folded) in &shown {
                card(asset, summary, &facts(&here, asset, summary, folded, &moment))?;
            }
        }
    }
    here.mention_errors(&moment);
    Ok(End::Clean)
}

/// The register as it was recorded: a certificate is of what stands in commits, not of what lies in the folder.
fn committed(register: Option<&Path>, rev: Option<&str>) -> Result<Here, Stop> {
    let here = Here::open(register, rev)?;
    let has_commits = match Repo::around(&here.root)? {
        Some(repo) => rev.is_none() && repo.head()?.is_some(),
        None => false,
    };
    if !has_commits {
        return Ok(here);
    }
    let there = Here::open(register, Some("HEAD"))?;
    let texts = |here: &Here| -> Vec<(String, Entry)> {
        let all = here.tree.iter().filter(|(_, entry)| matches!(entry, Entry::Toml(_)));
        all.map(|(path, entry)| (path.to_owned(), entry.clone())).collect()
    };
    if texts(&here) != texts(&there) {
        paint::note("the folder has changes that are not committed; a certificate is of what is");
    }
    Ok(there)
}

/// Writes the chain of custody of each asset.
fn certificates(here: &Here, numbers: &[Number], moment: Moment, paper: Paper, output: Option<&Path>) -> Outcome {
    if output.is_some() && numbers.len() > 1 {
        return Err(Stop::Misused(
            "--output takes the chain of custody of one asset; name one, or leave it out".into(),
        ));
    }
    let theme = build::theme(here)?;
    let build = Build {
        audience: Audience::Team,
        moment,
        commits: build::commits(here)?,
        is_past: false,
        fonts: fonts::system,
    };
    for number in numbers {
        let (former, against) = verify::against(here, number)?;
        let former: Vec<&str> = former.iter().map(String::as_str).collect();
        let document = site::certificate(&here.opened, &here.tree, &theme, &build, number, (&former, &against));
        let document = document.ok_or_else(|| Stop::refused(format!("there is no asset {number}")))?;
        let (ending, bytes) = match paper {
            Paper::Pdf => ("pdf", document.pdf(&fonts::drawing(|fonts| document.lacks(fonts)))?),
            Paper::Html => ("html", site::page(&document, &theme).map_err(Stop::refused)?.into_bytes()),
        };
        let usual = PathBuf::from(format!("certificate-{number}.{ending}"));
        jobs::write(output.unwrap_or(&usual), &bytes)?;
    }
    here.mention_errors(&build.moment);
    Ok(End::Clean)
}

fn card(asset: &Asset, summary: &Summary, facts: &[(&'static str, String)]) -> Result<(), Stop> {
    let status = paint::in_style(super::list::style(summary.status), summary.status);
    let also = overlays(summary);
    let also = if also.is_empty() {
        String::new()
    } else {
        format!(" · {}", paint::in_style(paint::YELLOW, also.join(", ")))
    };
    let name = paint::plain(&asset.name);
    paint::say(format!("{}  {name}  {status}{also}", paint::in_style(paint::BOLD, &asset.number)))?;
    let width = facts.iter().map(|(field, _)| field.len()).max().unwrap_or_default();
    for (field, value) in facts {
        let field = paint::in_style(paint::DIM, format!("{field:width$}"));
        paint::say(format!("  {field}  {}", paint::plain(value)))?;
    }
    paint::say("")
}

fn facts(
    here: &Here,
    asset: &Asset,
    summary: &Summary,
    folded: &Folded,
    moment: &Moment,
) -> Vec<(&'static str, String)> {
    let register = &here.opened.register;
    let place = |slug: &Slug| {
        let mut names: Vec<_> = register.locations.outward(slug).take(4).map(|place| place.name.as_str()).collect();
        names.reverse();
        if names.is_empty() { slug.to_string() } else { names.join(" › ") }
    };
    let state = &folded.state;
    let mut facts: Vec<(&'static str, String)> = Vec::new();
    let mut add = |field, value: Option<String>| {
        facts.extend(value.filter(|value| !value.is_empty()).map(|value| (field, value)));
    };
    add(
        "with",
        state.custody.as_ref().map(|custody| {
            let due = custody.due.map(|due| format!(" until {due}")).unwrap_or_default();
            let late = if state.is_overdue(moment.today) { ", overdue" } else { "" };
            format!("{}{due}{late}, since {}", register.person_name(&custody.person), local(custody.since, here.zone()))
        }),
    );
    add("location", state.location.as_ref().map(place));
    add("belongs in", asset.home.as_ref().map(place));
    add("condition", state.condition.map(|condition| condition.to_string()));
    for fault in &state.faults {
        add("fault", Some(format!("{}: {}", fault.grade, fault.note.as_deref().unwrap_or("failed its inspection"))));
    }
    add(
        "repair",
        state.repair.as_ref().map(|repair| {
            format!("{} since {}", repair.vendor.as_deref().unwrap_or("in house"), local(repair.since, here.zone()))
        }),
    );
    for reservation in &state.reservations {
        add(
            "reserved",
            Some(format!(
                "{} from {} until {}",
                register.person_name(&reservation.person),
                reservation.from,
                reservation.until
            )),
        );
    }
    add("last seen", state.seen.as_ref().map(|seen| local(seen.at, here.zone())));
    add("next audit", summary.next_audit.map(|day| day.to_string()));
    add("next inspection", summary.next_inspection.map(|day| day.to_string()));
    record(here, asset, &mut add);
    facts
}

fn record(here: &Here, asset: &Asset, add: &mut impl FnMut(&'static str, Option<String>)) {
    let register = &here.opened.register;
    add(
        "category",
        Some(
            register
                .categories
                .get(&asset.category)
                .map_or_else(|| asset.category.to_string(), |category| category.name.clone()),
        ),
    );
    let made = [&asset.manufacturer, &asset.model].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    add("made", Some(made));
    add("serial", asset.serial.clone());
    add("owner", asset.owner.clone());
    add("part of", asset.part_of.as_ref().map(Number::to_string));
    add("parts", Some(register.parts(&asset.number).map(Number::as_str).collect::<Vec<_>>().join(", ")));
    add("comes with", Some(asset.contents.join(", ")));
    add("also known as", Some(asset.aliases.iter().map(Number::as_str).collect::<Vec<_>>().join(", ")));
    if let Some(purchase) = &asset.purchase {
        let parts = [
            purchase.date.map(|day| day.to_string()),
            purchase.cost.map(|cost| cost.to_string()),
            purchase.supplier.clone(),
        ];
        add("bought", Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", ")));
        add("warranty", purchase.warranty_until.map(|day| format!("until {day}")));
    }
    if let Some(hire) = &asset.hire {
        let parts = [
            hire.supplier.clone(),
            hire.until.map(|day| format!("until {day}")),
            hire.rate.map(|rate| rate.to_string()),
        ];
        add("hired", Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", ")));
    }
}
