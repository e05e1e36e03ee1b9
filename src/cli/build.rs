//! `tagbook build`: a register becomes a static site.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::past::Past;
use super::place::{Here, When, has_errors};
use super::{End, Outcome, Stop, check, fonts, paint};
use crate::disk::{self, Tried, Unfit};
use crate::git::Repo;
use crate::register::{Audience, Moment, Number, Severity};
use crate::site::{self, Body, Build, Commit, Commits, Failure, Output, Recorded, Theme, photo};
use crate::trail;

/// Build the site
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder it is written to [default: `site` in the register]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Whom it is for [default: as `tagbook.toml` says, else public]
    #[arg(long, value_parser = audience)]
    audience: Option<Audience>,
    #[command(flatten)]
    when: When,
    /// As it was recorded at a commit
    #[arg(long)]
    rev: Option<String>,
}

pub(super) fn audience(word: &str) -> Result<Audience, String> {
    match word {
        "team" => Ok(Audience::Team),
        "public" => Ok(Audience::Public),
        _ => Err("one of team, public".into()),
    }
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    let mut here = Here::open(register, args.rev.as_deref())?;
    let moment = moment(&here, &args.when)?;
    let is_past = args.when.at.is_some() || is_look_back(&here, &moment)?;
    if is_past {
        // Nothing can be recorded where nothing is as it is now.
        here.opened.register.config.desk_url = None;
    }
    let findings = here.opened.check(&moment, Utc::now());
    if has_errors(&findings) {
        let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        for finding in &errors {
            paint::aside(&format!("{}\n", check::human(finding, &here.tree)));
        }
        let why = format!("{}, so nothing was built and the old site stands", paint::count(errors.len(), "error"));
        return Err(Stop::refused(why));
    }
    let audience = args.audience.unwrap_or(here.opened.register.config.site.audience);
    let out = args.out.clone().unwrap_or_else(|| here.root.join("site"));
    let files = write(
        &here,
        &Build { audience, moment, commits: commits(&here)?, is_past, fonts: fonts::system },
        &theme(&here)?,
        &out,
    )?;
    let assets = paint::count(here.opened.register.assets.len(), "asset");
    let whom = if audience == Audience::Team { "the team" } else { "the public" };
    paint::say(format!("{assets} · {} for {whom} in {}", paint::count(files, "file"), out.display()))?;
    Ok(End::Clean)
}

/// Whether more is known by now: of what happened since the moment, or in another commit than the one that is looked at.
fn is_look_back(here: &Here, moment: &Moment) -> Result<bool, Stop> {
    let newest =
        here.opened.ledger.iter().filter_map(|(_, log)| log.events().last()).map(|logged| logged.event.at).max();
    let is_older = match &here.rev {
        Some((repo, commit)) => open(repo).head()? != Some(*commit),
        None => false,
    };
    Ok(is_older || newest > Some(moment.now))
}

/// The moment of a build is a day: the one asked for, `SOURCE_DATE_EPOCH`, or today where the register is.
pub(super) fn moment(here: &Here, when: &When) -> Result<Moment, Stop> {
    if let Some(at) = when.at {
        return Ok(at.moment(here.zone()));
    }
    let day = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => seconds
            .trim()
            .parse()
            .ok()
            .and_then(epoch)
            .ok_or_else(|| Stop::refused("`SOURCE_DATE_EPOCH` is not a number of seconds since 1970"))?,
        Err(_) => Utc::now(),
    };
    let today: NaiveDate = day.with_timezone(&here.zone()).date_naive();
    Ok(Moment::end_of(today, here.zone()))
}

/// The instant so many seconds after 1970, within the years that a calendar of four digits has.
fn epoch(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0).filter(|at| (1..=9998).contains(&at.year()))
}

/// The theme that the register asks for, in its language, with its own files in their place.
pub(super) fn theme(here: &Here) -> Result<Theme, Stop> {
    let config = &here.opened.register.config;
    let theme = Theme::named(&config.site.theme, &config.language);
    let mut theme = theme.map_err(|why| Stop::refused(format!("tagbook.toml: {why}")))?;
    let files = match &here.rev {
        Some((repo, commit)) => open(repo).texts_at(*commit, "theme")?,
        None => disk::theme(&here.root)?,
    };
    for (name, text) in files {
        theme = theme.with_override(&name, &text).map_err(|error| Stop::refused(format!("theme/{name}: {error}")))?;
    }
    Ok(theme)
}

/// What git knows of the register; nothing where it is in no repository.
pub(super) fn commits(here: &Here) -> Result<Commits, Stop> {
    let Some((head, past)) = Past::of(here)? else { return Ok(Commits::default()) };
    let told = |commit: &trail::Commit| Commit { id: commit.hex(), at: commit.at() };
    let mut commits = Commits { head: past.trail.commit(head.as_bytes()).map(told), ..Commits::default() };
    commits.is_shallow = past.trail.is_shallow();
    let register = &here.opened.register;
    let newest = |number: &Number| Some((number.clone(), told(past.trail.newest(number.as_str())?)));
    commits.newest = register.assets.keys().filter_map(newest).collect();
    for (number, log) in here.opened.ledger.iter() {
        let events = log.events().iter().filter_map(|logged| {
            let recorded = past.recorded(register, number, logged)?;
            let recorded = Recorded {
                commit: told(recorded.witness.commit),
                author: recorded.author.map(str::to_owned),
                merge: recorded.witness.merge.map(told),
                signer: recorded.signer.map(str::to_owned),
            };
            Some((logged.event.id.clone(), recorded))
        });
        commits.recorded.insert(number.clone(), events.collect());
    }
    Ok(commits)
}

fn open(repo: &Mutex<Repo>) -> MutexGuard<'_, Repo> {
    repo.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes the site to `out`; gives how many files it has.
pub(super) fn write(here: &Here, build: &Build, theme: &Theme, out: &Path) -> Result<usize, Stop> {
    let site = disk::Site::open(out, &here.root)?;
    let sink = |output: Output| -> Result<(), Stop> {
        match output.body {
            Body::Text(text) => site.put(&output.path, text.as_bytes())?,
            Body::Bytes(bytes) => site.put(&output.path, &bytes)?,
            Body::File { from, strip } => site.put(&output.path, &carried(here, &from, strip)?)?,
        }
        Ok(())
    };
    match site::render(&here.opened, &here.tree, theme, build, &sink) {
        Ok(()) => Ok(site.finish()?),
        Err(failure) => {
            site.abandon();
            Err(match failure {
                Failure::Sink(stop) => stop,
                failure @ Failure::Template { .. } => Stop::refused(failure_in_words(&failure)),
            })
        }
    }
}

fn failure_in_words(failure: &Failure<Stop>) -> String {
    match failure {
        Failure::Template { template, reason } => format!("theme/{template}: {reason}"),
        Failure::Sink(_) => String::new(),
    }
}

/// The bytes of a file of the register; of a photo, without what it says about where and by whom it was taken.
pub(super) fn carried(here: &Here, from: &str, strip: bool) -> Result<Vec<u8>, Stop> {
    let path = here.root.join(from);
    let bytes = match &here.rev {
        Some((repo, commit)) => open(repo).file_at(*commit, from)?,
        None => fs::read(&path).tried("read", &path)?,
    };
    if !strip {
        return Ok(bytes);
    }
    photo::strip(bytes).map_err(|why| Stop::refused(format!("{from}: {why}")))
}

impl From<Unfit> for Stop {
    fn from(unfit: Unfit) -> Stop {
        match unfit {
            Unfit::Refused(why) => Stop::refused(why),
            Unfit::Failed(error) => error.into(),
        }
    }
}
