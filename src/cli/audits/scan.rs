//! `tagbook audits scan`: numbers from a scanner or a keyboard, recorded a handful at once.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal};
use std::path::Path;

use chrono::Utc;

use super::{named, text};
use crate::cli::motion::{all_refused, seal, seed};
use crate::cli::place::{self, Here};
use crate::cli::record::{self, How, Recorded, Wish, all_but_last, record};
use crate::cli::{End, Outcome, Stop, paint};
use crate::register::auditing::unknown_tag;
use crate::register::tags::{Mistyped, on_label, words};
use crate::register::{Action, EventId, Moment, Motion, Number, Posting, Register, Slug, What, did_you_mean};

/// Numbers that are recorded at once while more are being scanned.
const AT_ONCE: usize = 25;

/// Numbers on their way into an audit, a handful at once: whoever scans may go on meanwhile.
pub(super) struct Scanner<'a> {
    register: Option<&'a Path>,
    slug: &'a str,
    location: Option<&'a str>,
    how: &'a How,
    /// What was scanned and is not recorded yet.
    pending: Vec<String>,
    /// What is recorded, as it was scanned: once is enough.
    known: BTreeSet<String>,
    /// Why what is pending could not be recorded.
    failed: Option<Stop>,
    /// Why some of what was scanned never will be.
    refused: Option<Stop>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(
        register: Option<&'a Path>,
        slug: &'a str,
        location: Option<&'a str>,
        how: &'a How,
    ) -> Scanner<'a> {
        let (pending, known) = (Vec::new(), BTreeSet::new());
        Scanner { register, slug, location, how, pending, known, failed: None, refused: None }
    }

    pub(super) fn scan(mut self, numbers: &[String]) -> Outcome {
        // Nobody scans a shelf to hear then that there is no such audit.
        let here = Here::open(self.register, None)?;
        let audit = named(&here.opened.register, self.slug)?;
        if !audit.is_open(Utc::now()) {
            paint::note(&format!("`{}` is closed; what is seen now counts all the same", audit.slug));
        }
        let locations = &here.opened.register.locations;
        if let Some(typed) =
            self.location.filter(|typed| locations.named(&Slug::referred(&typed.to_lowercase())).is_none())
        {
            let hint = did_you_mean(typed, locations.iter().map(|place| place.slug.as_str()));
            return Err(Stop::Refused(format!("there is no location `{}`", typed.escape_debug()), hint));
        }
        for typed in numbers {
            self.take(typed);
        }
        if numbers.is_empty() {
            self.listen()?;
        }
        self.record();
        self.end()
    }

    fn listen(&mut self) -> Result<(), Stop> {
        let input = std::io::stdin();
        if input.is_terminal() {
            paint::note("scan or type numbers, one a line; end with Ctrl-D");
        }
        for line in input.lock().lines() {
            match line {
                Ok(line) => {
                    for word in words(&line) {
                        self.take(word);
                    }
                }
                // A scanner that sends garbage once is scanned with again.
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                    paint::note("a line was no text; scan it again");
                }
                Err(error) => {
                    self.record();
                    self.end()?;
                    return Err(Stop::Failed(format!("cannot read standard input: {error}")));
                }
            }
            if self.pending.len() >= AT_ONCE {
                self.record();
            }
        }
        Ok(())
    }

    fn take(&mut self, typed: &str) {
        if self.known.insert(on_label(typed).to_uppercase()) {
            self.pending.push(typed.to_owned());
        }
    }

    /// Records what was scanned so far. Where that fails, it stays pending.
    fn record(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let mut wish = Sightings::new(self.slug, self.location, &self.pending);
        match record(self.register, self.how, &mut wish) {
            Ok(recorded) => {
                self.refused = wish.tell(&recorded).err().or(self.refused.take());
                self.failed = None;
                self.pending.clear();
            }
            Err(stops) => self.failed = Some(all_but_last(stops)),
        }
    }

    fn end(&mut self) -> Outcome {
        if !self.pending.is_empty() {
            let place = self.location.map(|location| format!(" --location {location}")).unwrap_or_default();
            let all = self.pending.join(" ");
            paint::note(&format!("not recorded: `tagbook audits scan {}{place} {all}`", self.slug));
        }
        self.failed.take().or(self.refused.take()).map_or(Ok(End::Clean), Err)
    }
}

/// Things that were seen in an audit.
struct Sightings<'a> {
    slug: &'a str,
    location: Option<&'a str>,
    typed: &'a [String],
    seed: String,
    seen: Vec<(Number, String)>,
    unknown: Vec<String>,
    refused: Vec<Stop>,
}

impl<'a> Sightings<'a> {
    fn new(slug: &'a str, location: Option<&'a str>, typed: &'a [String]) -> Sightings<'a> {
        let (seen, unknown, refused) = (Vec::new(), Vec::new(), Vec::new());
        Sightings { slug, location, typed, seed: seed(), seen, unknown, refused }
    }

    /// What was typed: assets, and tags that are in no register.
    fn read(&self, register: &Register) -> (Vec<Number>, Vec<String>, Vec<Stop>) {
        let (mut numbers, mut unknown, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for typed in self.typed {
            let word = on_label(typed);
            let asset = |number: &Number| register.resolve(number).map(|asset| asset.number.clone());
            match register.read_number(word).as_ref().map(asset) {
                Ok(Some(number)) if numbers.contains(&number) => {}
                Ok(Some(number)) => numbers.push(number),
                Err(Mistyped::Ambiguous(_)) => refused.extend(place::number(register, word).err()),
                _ => unknown.extend(unknown_tag(typed).filter(|tag| !unknown.contains(tag))),
            }
        }
        (numbers, unknown, refused)
    }

    fn tell(&self, recorded: &Recorded) -> Result<(), Stop> {
        for (number, name) in &self.seen {
            let number = paint::in_style(paint::BOLD, number);
            paint::say(format!("{number} {} was seen{}", paint::plain(name), seal(recorded)))?;
        }
        for tag in &self.unknown {
            let tag = paint::in_style(paint::YELLOW, paint::plain(tag));
            paint::say(format!("{tag} is in no register: it is on the audit's list{}", seal(recorded)))?;
        }
        self.refused.iter().for_each(Stop::say);
        if self.refused.is_empty() { Ok(()) } else { Err(Stop::refused("not all of it is recorded")) }
    }
}

impl Wish for Sightings<'_> {
    fn concerns(&self, register: &Register, _: &Slug, _: &Moment) -> Result<Vec<Number>, Vec<Stop>> {
        Ok(self.read(register).0)
    }

    fn decide(&mut self, here: &record::Here, by: &Slug, moment: &Moment) -> Result<Option<Posting>, Vec<Stop>> {
        let (opened, register) = (&here.opened, &here.opened.register);
        let audit = named(register, self.slug).map_err(|stop| vec![stop])?;
        let location = self.location.map(|typed| Slug::referred(&typed.trim().to_lowercase()));
        let (numbers, unknown, mut refused) = self.read(register);
        let action = Action::Audit { location, condition: None, audit: Some(audit.slug.clone()) };
        let mut requests = Vec::new();
        for number in &numbers {
            let motion = Motion {
                what: What::Act(action.clone()),
                numbers: vec![number.clone()],
                except: Vec::new(),
                by: by.clone(),
                at: None,
                note: None,
                photos: Vec::new(),
                batch: Some(EventId::hashed(&[&self.seed, "batch"]).as_str()[..8].to_owned()),
                job: None,
                after: None,
                seed: self.seed.clone(),
            };
            match motion.decide(opened, moment) {
                Ok(decided) => requests.extend(decided.requests),
                Err(refusals) => refused.extend(all_refused(refusals)),
            }
        }
        let tags = audit.new_tags(&unknown);
        if requests.is_empty() && tags.is_empty() && !refused.is_empty() {
            return Err(refused);
        }
        let posting = if requests.is_empty() { Posting::default() } else { Posting::new(register, &requests, &[]) };
        let posting = if tags.is_empty() {
            posting
        } else {
            audit.noting(posting, text(here, audit)?, &tags).map_err(|why| vec![Stop::Failed(why)])?
        };
        let name = |number: &Number| register.assets.get(number).map(|asset| asset.name.clone()).unwrap_or_default();
        self.seen = requests.iter().map(|request| (request.number.clone(), name(&request.number))).collect();
        (self.unknown, self.refused) = (unknown, refused);
        Ok((!posting.files.is_empty()).then_some(posting))
    }
}
