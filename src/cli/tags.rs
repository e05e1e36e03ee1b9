//! `tagbook tags`: tags that are printed before they are needed, and tied to things later.

use std::path::Path;

use chrono::Utc;

use super::label::{Labels, Print};
use super::motion::seal;
use super::place::Here;
use super::record::{self, How, Wish, all_but_last, only_keepers, record};
use super::table::Cell;
use super::{End, Outcome, Stop, paint, place, table};
use crate::register::tags::{self, MOST, Mistyped, batch, batch_name};
use crate::register::{Finding, Moment, Number, Posting, Register, Slug};

/// Mint tags before they are needed, list them, and tie them to things
#[derive(Debug, clap::Subcommand)]
pub(super) enum Args {
    /// Make numbers with a check character, list them in tags/, and print them
    Mint {
        /// How many
        #[arg(value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST)))]
        count: u16,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        print: Print,
    },
    /// The batches, and how many of each nothing bears yet
    List,
    /// Make a tag lead to an asset, which keeps its own number
    Tie {
        /// The tag's number
        tag: String,
        /// The asset's number
        number: String,
        #[command(flatten)]
        how: How,
    },
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    match args {
        Args::Mint { count, how, print } => mint(register, *count, how, print),
        Args::List => list(register),
        Args::Tie { tag, number, how } => {
            let mut wish = Tie { tag: Some(tag.clone()), number: number.clone(), tied: None };
            let recorded = record(register, how, &mut wish).map_err(all_but_last)?;
            let Some((tag, number)) = wish.tied else { return Ok(End::Clean) };
            paint::say(format!("{} leads to {number} now{}", paint::in_style(paint::BOLD, tag), seal(&recorded)))?;
            Ok(End::Clean)
        }
    }
}

fn mint(register: Option<&Path>, count: u16, how: &How, print: &Print) -> Outcome {
    // What cannot be printed is not minted.
    Labels::new(&Here::open(register, None)?, print)?.rehearse(count.into(), "")?;
    let mut wish = Mint { count, minted: Vec::new(), batch: None };
    let recorded = record(register, how, &mut wish).map_err(all_but_last)?;
    let Some(batch) = wish.batch else { return Ok(End::Clean) };
    paint::say(format!("{} in tags/{batch}.toml{}", paint::count(wish.minted.len(), "tag"), seal(&recorded)))?;
    let here = Here::open(register, None)?;
    let labels = Labels::new(&here, print)?;
    labels.print(&wish.minted.iter().map(|number| labels.words(number.as_str(), "")).collect::<Vec<_>>())
}

fn list(register: Option<&Path>) -> Outcome {
    let here = Here::open(register, None)?;
    let register = &here.opened.register;
    if register.tags.is_empty() {
        paint::note("there are no tags; `tagbook tags mint 50` makes some");
        return Ok(End::Clean);
    }
    let rows: Vec<Vec<Cell>> = register
        .tags
        .values()
        .map(|batch| {
            let free = batch.numbers.iter().filter(|number| register.resolve(number).is_none()).count();
            let day = batch.minted.map(|minted| minted.format("%Y-%m-%d").to_string()).unwrap_or_default();
            vec![
                Cell::new(paint::BOLD, batch.slug.as_str()),
                Cell::plain(day),
                Cell::plain(batch.by.as_ref().map(Slug::to_string).unwrap_or_default()),
                Cell::plain(batch.numbers.len().to_string()),
                Cell::plain(free.to_string()),
            ]
        })
        .collect();
    table::aligned(&["batch", "minted", "by", "tags", "free"], &rows)?;
    Ok(End::Clean)
}

/// Tags that someone wants.
struct Mint {
    count: u16,
    minted: Vec<Number>,
    batch: Option<Slug>,
}

impl Wish for Mint {
    fn concerns(&self, _: &Register, _: &Slug, _: &Moment) -> Result<Vec<Number>, Vec<Stop>> {
        Ok(Vec::new())
    }

    fn decide(&mut self, here: &record::Here, by: &Slug, moment: &Moment) -> Result<Option<Posting>, Vec<Stop>> {
        let register = &here.opened.register;
        only_keepers(register, by, moment)?;
        let is_of_tags =
            |finding: &&Finding| finding.place.as_ref().is_some_and(|place| place.path.starts_with("tags/"));
        if let Some(broken) = here.opened.findings.iter().find(is_of_tags) {
            let path = broken.place.as_ref().map(|place| place.path.to_string()).unwrap_or_default();
            let why = format!("`{path}` cannot be read, and its numbers are not to be minted again");
            return Err(vec![Stop::Refused(why, Some("`tagbook check` says what is wrong with it".into()))]);
        }
        let failed = |why| vec![Stop::Failed(why)];
        self.minted = register.mint(self.count, &mut random).map_err(failed)?;
        let name = batch_name(register, moment.today);
        self.batch = Some(name.clone());
        Ok(Some(batch(&name, &self.minted, by, Utc::now())))
    }
}

/// A tag that is to lead to an asset: one that was printed, or a new one where none is named.
pub(super) struct Tie {
    pub(super) tag: Option<String>,
    pub(super) number: String,
    pub(super) tied: Option<(Number, Number)>,
}

impl Wish for Tie {
    fn concerns(&self, register: &Register, _: &Slug, _: &Moment) -> Result<Vec<Number>, Vec<Stop>> {
        place::number(register, &self.number).map(|number| vec![number]).map_err(|stop| vec![stop])
    }

    fn decide(&mut self, here: &record::Here, by: &Slug, moment: &Moment) -> Result<Option<Posting>, Vec<Stop>> {
        let register = &here.opened.register;
        only_keepers(register, by, moment)?;
        let number = place::number(register, &self.number).map_err(|stop| vec![stop])?;
        let one = |why: String| vec![Stop::refused(why)];
        let tag = match &self.tag {
            Some(typed) => {
                let read = register.read_number(typed);
                let tag = read.clone().ok().filter(|number| register.is_tag(number));
                let tag = tag.ok_or_else(|| {
                    let hint = match read {
                        Err(Mistyped::Check) => {
                            "its check character does not fit: one of its characters is wrong, or two changed places"
                        }
                        _ => "`tagbook tags list` shows the batches, tags/ the numbers",
                    };
                    vec![Stop::Refused(
                        format!("`{}` is no tag that was minted", typed.escape_debug()),
                        Some(hint.into()),
                    )]
                })?;
                if let Some(bearer) = register.resolve(&tag) {
                    return Err(one(format!("{tag} is on {} {} already", bearer.number, bearer.name)));
                }
                tag
            }
            None => register.mint(1, &mut random).map_err(one)?.remove(0),
        };
        let posting = tied(here, register, &tag, &number).map_err(one)?;
        self.tied = Some((tag, number));
        Ok(Some(posting))
    }
}

fn tied(here: &record::Here, register: &Register, tag: &Number, number: &Number) -> Result<Posting, String> {
    let folder = register.assets.get(number).map(|asset| asset.folder.clone()).unwrap_or_default();
    let path = format!("{folder}/asset.toml");
    let record = here.tree.text(&path).ok_or_else(|| format!("`{path}` cannot be read"))?;
    tags::tied(path.clone(), record, tag, number)
}

fn random() -> Option<[u8; 4]> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}
