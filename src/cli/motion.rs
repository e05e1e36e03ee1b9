//! `tagbook have`, `back`, and a command for every kind of event: what happened, to one asset or many, in one commit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Args as _, Command};
use serde_json::{Map, Value, json};

use super::record::{Here, How, Recorded, Wish, all_but_last, photo, record, short};
use super::said::sentence;
use super::{End, Outcome, Stop, paint, place, table};
use crate::desk::reply;
use crate::register::event::{self, Kind, SHAPES};
use crate::register::motion::{Decided, INTENTS, moves_kits};
use crate::register::picture::Photo;
use crate::register::time::instant;
use crate::register::typed::{Typing, happened};
use crate::register::{Moment, Motion, Number, Opened, Posting, Refusals, Register, Slug, Summary, What, did_you_mean};

/// What every motion takes.
#[derive(Debug, Clone, clap::Args)]
struct Common {
    /// The assets' numbers, or former numbers
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<String>,
    /// When it happened, such as 14:30, yesterday or 2026-11-20T14:30 [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Anything worth saying
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// A picture of it; of several, each by itself
    #[arg(long, value_name = "FILE")]
    photo: Vec<PathBuf>,
    /// The job it is done for
    #[arg(long)]
    job: Option<String>,
    /// One id for things done together [default: one of their own]
    #[arg(long)]
    batch: Option<String>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    format: Answers,
    #[command(flatten)]
    how: How,
}

/// How answers are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Answers {
    /// In sentences
    #[default]
    Human,
    /// For programs
    Json,
}

/// A motion as it was asked for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    kind: String,
    fields: BTreeMap<String, Vec<String>>,
    except: Vec<String>,
    common: Common,
}

impl clap::Subcommand for Asked {
    fn augment_subcommands(command: Command) -> Command {
        let all = INTENTS.iter().chain(SHAPES);
        all.fold(command, |command, kind| command.subcommand(subcommand(kind)))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        INTENTS.iter().chain(SHAPES).any(|kind| kind.name == name)
    }
}

fn subcommand(kind: &Kind) -> Command {
    let Kind { name: kind, about, fields } = *kind;
    let mut command = Command::new(kind);
    for (key, shape) in fields {
        // What was recorded last is what a void is of, unless it says otherwise.
        let needed = shape.needed && kind != "void";
        let value = key.to_uppercase();
        let mut field =
            Arg::new(*key).long(key.replace('_', "-")).value_name(value).required(needed).help(help(kind, key));
        if !shape.words.is_empty() {
            field = field.value_parser(PossibleValuesParser::new(shape.words)).ignore_case(true);
        }
        // Half the globe lies south or west of nothing.
        field = field.allow_negative_numbers(matches!(*key, "lat" | "lon" | "accuracy_m"));
        command = command.arg(field.action(if shape.many { ArgAction::Append } else { ArgAction::Set }));
    }
    if moves_kits(kind) {
        let except = Arg::new("except").long("except").value_name("NUMBER").action(ArgAction::Append);
        command = command.arg(except.help("A part of the kit that stays behind"));
    }
    let command = Common::augment_args(command).about(about.trim().trim_end_matches('.')).long_about(None);
    if matches!(kind, "report" | "note") { command.mut_arg("note", |note| note.required(true)) } else { command }
}

/// What a field of a kind means.
fn help(kind: &str, key: &str) -> &'static str {
    match (kind, key) {
        ("have", "to") => "Who has it [default: you]",
        ("repaired", "of") => "The faults that are mended [default: all]",
        ("void", "of") => "The events that count no more [default: the newest]",
        ("repair", "due") => "When it will be back from repair",
        ("return" | "back" | "found" | "reinstate", "location") => "Where it is now [default: where it belongs]",
        (_, "to") => "Who has it now",
        (_, "due") => "Until when: 2026-11-27, tomorrow, fri or 3d",
        (_, "location") => "Where it is",
        (_, "condition") => "The state it is in",
        (_, "severity") => "How bad it is; what is unsafe is not handed out",
        (_, "vendor") => "Who repairs it",
        (_, "cost") => "What it cost, such as 89.00 EUR",
        (_, "result") => "What was found",
        (_, "next") => "When it is due again",
        (_, "audit") => "The audit that it was counted in",
        (_, "source") => "What saw it",
        (_, "lat") => "Degrees north",
        (_, "lon") => "Degrees east",
        (_, "accuracy_m") => "Metres that it may be off",
        (_, "for") => "For whom",
        (_, "from") => "The first day, or the time",
        (_, "until") => "The last day, or the time",
        ("cancel", "of") => "The reservation",
        (_, "method") => "How it left",
        (_, "proceeds") => "What it brought, such as 1500.00 EUR",
        (_, "certificate" | "reference") => "The number of the paper",
        _ => "",
    }
}

impl clap::FromArgMatches for Asked {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Asked, clap::Error> {
        let none = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (kind, matches) = matches.subcommand().ok_or_else(none)?;
        let fields = INTENTS.iter().chain(SHAPES).find(|known| known.name == kind).ok_or_else(none)?.fields;
        let many =
            |key: &str| -> Vec<String> { matches.get_many::<String>(key).into_iter().flatten().cloned().collect() };
        Ok(Asked {
            kind: kind.to_owned(),
            fields: fields.iter().map(|(key, _)| ((*key).to_owned(), many(key))).collect(),
            except: if moves_kits(kind) { many("except") } else { Vec::new() },
            common: Common::from_arg_matches(matches)?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// A motion on its way into the register, and what was decided of it last.
struct Entry<'a> {
    asked: &'a Asked,
    seed: String,
    photos: Vec<Photo>,
    decided: Option<(Opened, Decided, Moment)>,
}

pub(super) fn run(register: Option<&Path>, asked: &Asked) -> Outcome {
    let photos = asked.common.photo.iter().map(|path| photo(path)).collect::<Result<_, Stop>>()?;
    let mut entry = Entry { asked, seed: seed(), photos, decided: None };
    match record(register, &asked.common.how, &mut entry) {
        Ok(recorded) => tell(&entry, &recorded),
        Err(stops) if asked.common.format == Answers::Json => {
            let refusals: Vec<Value> = stops.iter().filter_map(refusal).collect();
            if refusals.len() < stops.len() {
                return Err(all_but_last(stops));
            }
            one_or_all(&refusals)?;
            Ok(End::No)
        }
        Err(stops) => Err(all_but_last(stops)),
    }
}

/// Something that no other command has: what the ids of its events are made from.
pub(super) fn seed() -> String {
    let mut bytes = [0; 20];
    // Without the system's randomness the time and the process tell commands apart.
    if getrandom::fill(&mut bytes).is_err() {
        return format!("{:?} {}", std::time::SystemTime::now(), std::process::id());
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Entry<'_> {
    fn motion(&self, register: &Register, by: &Slug, moment: &Moment) -> Result<Motion, Vec<Stop>> {
        let Asked { kind, common, except, .. } = self.asked;
        let typing = Typing { moment: *moment, zone: register.config.timezone, currency: register.config.currency };
        let at = common.at.as_deref().map(|at| happened(at, &typing)).transpose();
        let at = at.map_err(|why| vec![Stop::Misused(format!("--at: {why}"))])?;
        Ok(Motion {
            what: self.what(by, &typing)?,
            numbers: numbers(register, &common.numbers)?,
            except: numbers(register, except)?,
            by: by.clone(),
            at,
            note: free_text("--note", common.note.as_deref())?,
            batch: free_text("--batch", common.batch.as_deref())?,
            job: common.job.as_deref().map(job).transpose()?,
            photos: self.photos.clone(),
            after: None,
            seed: format!("{} {kind}", self.seed),
        })
    }

    fn what(&self, by: &Slug, typing: &Typing) -> Result<What, Vec<Stop>> {
        let given = |key: &str| self.asked.fields.get(key).cloned().unwrap_or_default();
        What::typed(&self.asked.kind, &given, by, typing).map_err(|wrong| {
            let say = |(key, why): (&str, String)| Stop::Misused(format!("--{}: {why}", key.replace('_', "-")));
            wrong.into_iter().map(say).collect()
        })
    }
}

impl Wish for Entry<'_> {
    fn concerns(&self, register: &Register, by: &Slug, moment: &Moment) -> Result<Vec<Number>, Vec<Stop>> {
        let moved = self.motion(register, by, moment)?.moved(register).map_err(all_refused)?;
        Ok(moved.into_iter().map(|moved| moved.number).collect())
    }

    fn decide(&mut self, here: &Here, by: &Slug, moment: &Moment) -> Result<Option<Posting>, Vec<Stop>> {
        let opened = &here.opened;
        let motion = self.motion(&opened.register, by, moment)?;
        let moved = motion.moved(&opened.register).map_err(all_refused)?;
        if moved.iter().any(|moved| motion.is_recorded(opened, &moved.number)) {
            return Ok(None);
        }
        let decided = motion.decide(opened, moment).map_err(all_refused)?;
        let posting = Posting::new(&opened.register, &decided.requests, &decided.photos);
        self.decided = Some((opened.clone(), decided, *moment));
        Ok(Some(posting))
    }
}

pub(super) fn all_refused(refusals: Refusals) -> Vec<Stop> {
    refusals.into_iter().map(|refused| Stop::Ruled(Box::new(refused))).collect()
}

/// A refusal for programs, as the desk tells it; `None` for whatever else stops a command.
fn refusal(stop: &Stop) -> Option<Value> {
    match stop {
        Stop::Ruled(ruled) => Some(json!({"ok": false, "refusal": reply::refused(&ruled.0, &ruled.1)})),
        Stop::Refused(message, instead) => {
            let mut answer = reply::no("refused", message);
            answer["refusal"]["instead"] = json!(instead);
            Some(answer)
        }
        _ => None,
    }
}

/// One answer as it is, several as a list.
fn one_or_all(answers: &[Value]) -> Result<(), Stop> {
    match answers {
        [] => Ok(()),
        [one] => table::json(one),
        all => table::json(&all),
    }
}

/// The assets whose numbers or former numbers were typed, each once.
fn numbers(register: &Register, typed: &[String]) -> Result<Vec<Number>, Vec<Stop>> {
    let (mut numbers, mut unknown) = (Vec::new(), Vec::new());
    for typed in typed {
        match place::number(register, typed) {
            Ok(number) if numbers.contains(&number) => {}
            Ok(number) => numbers.push(number),
            Err(stop) => unknown.push(stop),
        }
    }
    if unknown.is_empty() { Ok(numbers) } else { Err(unknown) }
}

fn free_text(flag: &str, text: Option<&str>) -> Result<Option<String>, Vec<Stop>> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let typed = crate::register::typed::text(text);
    typed.map(Some).map_err(|why| vec![Stop::Misused(format!("{flag}: {why}"))])
}

/// The name of a job, declared or not.
fn job(typed: &str) -> Result<Slug, Vec<Stop>> {
    let name = typed.trim().to_lowercase();
    let wrong =
        |why| vec![Stop::Misused(format!("--job: `{}` is not a name of the register: {why}", name.escape_debug()))];
    Slug::parse(&name).map_err(wrong)
}

/// Says what was recorded: a sentence for each asset, with the commit.
fn tell(entry: &Entry, recorded: &Recorded) -> Outcome {
    let Some((before, decided, moment)) = &entry.decided else {
        paint::note("it was recorded already");
        return Ok(End::Clean);
    };
    let mut opened = before.clone();
    for request in &decided.requests {
        opened.ledger.add(&request.number, request.event.clone());
    }
    mention_unknown_job(&opened.register, entry.asked);
    let last = decided
        .requests
        .iter()
        .enumerate()
        .filter(|(at, request)| decided.requests[at + 1..].iter().all(|later| later.number != request.number));
    let mut answers = Vec::new();
    for (_, request) in last {
        // What was recorded a millisecond after the newest event may lie ahead of the clock.
        let then = Moment { now: moment.now.max(request.event.at), ..*moment };
        let folded = opened.folded(&request.number, &then);
        if entry.asked.common.format == Answers::Json {
            answers.push(answer(&opened, &request.number, &request.event, recorded, &then));
            continue;
        }
        let said = sentence(&opened, &folded.state, &request.event, &then);
        let number = paint::in_style(paint::BOLD, &request.number);
        paint::say(format!("{number} {}{}", paint::plain(&said), seal(recorded)))?;
    }
    for passed in &decided.passed_over {
        let number = &passed.number;
        paint::note(&match &passed.holder {
            Some(holder) => format!("{holder} has {number}, and keeps it; name it to move it as well"),
            None => format!("nobody had {number}: it is passed over"),
        });
    }
    one_or_all(&answers)?;
    Ok(End::Clean)
}

/// The commit, and who else has it.
pub(super) fn seal(recorded: &Recorded) -> String {
    let Some(commit) = &recorded.commit else { return String::new() };
    let shared = recorded.shared.as_ref().map(|remote| format!(", on {remote}")).unwrap_or_default();
    paint::in_style(paint::DIM, format!(" · {}{shared}", short(commit)))
}

fn answer(opened: &Opened, number: &Number, event: &event::Event, recorded: &Recorded, moment: &Moment) -> Value {
    let mut object = Map::new();
    object.insert("ok".into(), true.into());
    object.insert("number".into(), number.as_str().into());
    object.insert("event".into(), event.id.as_str().into());
    object.insert("at".into(), instant(event.at).into());
    object.insert("commit".into(), recorded.commit.clone().into());
    if let Some(asset) = opened.register.assets.get(number) {
        let folded = opened.folded(number, moment);
        let state = serde_json::to_value(Summary::new(opened, asset, &folded, moment));
        object.insert("state".into(), state.unwrap_or_default());
    }
    Value::Object(object)
}

/// A job that nobody declared is recorded all the same; it may be a slip.
fn mention_unknown_job(register: &Register, asked: &Asked) {
    let Some(job) = asked.common.job.as_deref().map(|job| job.trim().to_lowercase()) else { return };
    if !register.jobs.keys().any(|known| known.as_str() == job) {
        let near = did_you_mean(&job, register.jobs.keys().map(Slug::as_str)).map(|near| format!("; {near}"));
        paint::note(&format!("there is no job `{}` in jobs/{}", job.escape_debug(), near.unwrap_or_default()));
    }
}

#[cfg(test)]
mod tests {
    use clap::Subcommand;

    use super::*;
    use crate::register::EventId;

    #[test]
    fn every_kind_is_a_command_and_every_field_a_flag_with_help() {
        let command = Asked::augment_subcommands(Command::new("tagbook"));
        for Kind { name: kind, fields, .. } in SHAPES {
            let found = command.find_subcommand(kind).unwrap();
            assert!(found.get_about().is_some(), "{kind}");
            for (key, _) in *fields {
                let flag = found.get_arguments().find(|arg| arg.get_id() == *key).unwrap();
                assert!(!flag.get_help().unwrap().to_string().is_empty(), "{kind} --{key}");
            }
        }
        command.debug_assert();
    }

    #[test]
    fn two_commands_do_not_share_ids() {
        assert_ne!(EventId::hashed(&[&seed()]), EventId::hashed(&[&seed()]));
    }
}
