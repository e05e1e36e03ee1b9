//! `tagbook pack`: the logs of closed years, each year's in one file.

use std::path::Path;

use chrono::Datelike;

use super::motion::seal;
use super::record::{self, How, Wish, all_but_last, only_keepers, record};
use super::{End, Outcome, Stop, paint, place};
use crate::register::pack::{Packed, pack};
use crate::register::{Asset, Moment, Number, Posting, Register, Slug};

/// Pack closed years of logs, each into one file of its asset: fewer files, the same events
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The assets whose logs are packed [default: all]
    #[arg(value_name = "NUMBER")]
    numbers: Vec<String>,
    /// Pack the years before this one [default: the current year]
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(1..=9999))]
    before: Option<i32>,
    /// Say what would be packed, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    how: How,
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    let mut wish = Wanted { args, files: 0, into: 0, logs: 0 };
    let recorded = record(register, &args.how, &mut wish).map_err(all_but_last)?;
    if wish.logs == 0 {
        paint::note("there is nothing to pack: every closed year is in one file already");
        return Ok(End::Clean);
    }
    let Wanted { files, into, logs, .. } = wish;
    let (of, would) = (paint::count(logs, "asset"), if args.dry_run { "would be" } else { "are" });
    paint::say(format!("{} of {of} {would} {into} now{}", paint::count(files, "file"), seal(&recorded)))?;
    Ok(End::Clean)
}

struct Wanted<'a> {
    args: &'a Args,
    /// How many files there were, how many they became, and of how many assets.
    files: usize,
    into: usize,
    logs: usize,
}

impl Wish for Wanted<'_> {
    fn concerns(&self, register: &Register, _: &Slug, _: &Moment) -> Result<Vec<Number>, Vec<Stop>> {
        if self.args.numbers.is_empty() {
            return Ok(register.assets.keys().cloned().collect());
        }
        let (mut numbers, mut stops) = (Vec::new(), Vec::new());
        for typed in &self.args.numbers {
            match place::number(register, typed) {
                Ok(number) => numbers.push(number),
                Err(stop) => stops.push(stop),
            }
        }
        if stops.is_empty() { Ok(numbers) } else { Err(stops) }
    }

    fn decide(&mut self, here: &record::Here, by: &Slug, moment: &Moment) -> Result<Option<Posting>, Vec<Stop>> {
        let register = &here.opened.register;
        only_keepers(register, by, moment)?;
        let open = self.args.before.unwrap_or(moment.today.year());
        if open > moment.today.year() {
            let why = format!("the year {} is not over: what it will bring is not known", moment.today.year());
            return Err(vec![Stop::Refused(why, Some(format!("pack with --before {}", moment.today.year())))]);
        }
        let numbers = self.concerns(register, by, moment)?;
        let (mut packed, mut stops) = (Vec::new(), Vec::new());
        for asset in numbers.iter().filter_map(|number| register.assets.get(number)) {
            match pack(here.logs(), &asset.folder, register.config.timezone, open) {
                Ok(one) if one.is_empty() => {}
                Ok(one) => packed.push((asset, one)),
                Err(why) => {
                    let hint = "`tagbook check` says more; nothing was packed".to_owned();
                    stops.push(Stop::Refused(
                        format!("the log of {} cannot be packed: {why}", asset.number),
                        Some(hint),
                    ));
                }
            }
        }
        if !stops.is_empty() {
            return Err(stops);
        }
        self.logs = packed.len();
        self.into = packed.iter().map(|(_, one)| one.files.len()).sum();
        let stays = |one: &Packed| one.files.iter().filter(|(path, _)| here.logs().entry(path).is_some()).count();
        self.files = packed.iter().map(|(_, one)| one.removed.len() + stays(one)).sum();
        Ok((self.logs > 0 && !self.args.dry_run).then(|| posting(packed, open)))
    }
}

fn posting(packed: Vec<(&Asset, Packed)>, open: i32) -> Posting {
    let mut posting = Posting { message: format!("pack the logs of years before {open}\n"), ..Posting::default() };
    for (_, one) in packed {
        posting.files.extend(one.files.into_iter().map(|(path, text)| (path, text.into_bytes())));
        posting.removed.extend(one.removed);
    }
    posting
}
