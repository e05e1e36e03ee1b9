//! `tagbook import`: another tracker's export becomes records, the whole file or nothing.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::Utc;
use iso_currency::Currency;

use super::place::Here;
use super::{End, Outcome, Stop, paint};
use crate::disk::{self, Tried};
use crate::exchange::{self, Origin, Plan, Terms};

/// Import another tracker's export: the whole file or nothing
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The export
    file: PathBuf,
    /// Where it is from
    #[arg(long, value_parser = origin)]
    from: Origin,
    /// What amounts without a currency are in, as an ISO 4217 code [default: the register's]
    #[arg(long, value_parser = currency)]
    currency: Option<Currency>,
    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

fn origin(word: &str) -> Result<Origin, String> {
    Origin::from_word(word).ok_or_else(|| format!("one of {}", Origin::ALL.map(Origin::word).join(", ")))
}

fn currency(code: &str) -> Result<Currency, String> {
    Currency::from_code(&code.to_uppercase()).ok_or_else(|| "write an ISO 4217 code such as EUR".to_owned())
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    let here = Here::open(register, None)?;
    let bytes = fs::read(&args.file).tried("read", &args.file)?;
    let terms = Terms { at: Utc::now(), currency: args.currency };
    let plan = match exchange::plan(args.from, &bytes, &here.tree, &here.opened, terms) {
        Ok(plan) => plan,
        Err(rejections) => {
            for rejection in &rejections {
                paint::error(&rejection.to_string(), None);
            }
            let cells = paint::count(rejections.len(), "rejection");
            return Err(Stop::Refused(
                format!("{cells}; nothing was imported"),
                Some("mend the file and import it again".into()),
            ));
        }
    };
    tell(&plan)?;
    if args.dry_run {
        paint::say(format!("{} nothing was written", paint::in_style(paint::BOLD, "dry run:")))?;
        return Ok(End::Clean);
    }
    disk::write_all(&here.root, &plan.files)?;
    paint::say(outcome(&plan))?;
    Ok(End::Clean)
}

/// What became of each column and of every value that is not written as it stood.
fn tell(plan: &Plan) -> Result<(), Stop> {
    for column in &plan.columns {
        paint::say(paint::plain(&column.to_string()))?;
    }
    for adapted in &plan.adapted {
        paint::say(format!("{} {}", paint::in_style(paint::YELLOW, "changed:"), paint::plain(&adapted.to_string())))?;
    }
    for difference in &plan.differs {
        let word = paint::in_style(paint::YELLOW, "left as it is:");
        paint::say(format!("{word} {}", paint::plain(&difference.to_string())))?;
    }
    Ok(())
}

fn outcome(plan: &Plan) -> String {
    let counts = [
        (plan.assets.len(), "asset"),
        (plan.people.len(), "person"),
        (plan.locations.len(), "location"),
        (plan.categories.len(), "category"),
        (plan.events, "event"),
    ];
    let new: Vec<_> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| paint::count(count, what)).collect();
    let known = (plan.unchanged > 0).then(|| format!("{} known already", paint::count(plan.unchanged, "asset")));
    match (new.is_empty(), known) {
        (true, known) => known.map_or_else(|| "nothing to import".to_owned(), |known| format!("nothing new · {known}")),
        (false, None) => format!("new: {}", new.join(", ")),
        (false, Some(known)) => format!("new: {} · {known}", new.join(", ")),
    }
}
