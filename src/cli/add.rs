//! `tagbook add`: a new record, with the next number of its category.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::record::{Here, How, Recorded, Wish, all_but_last, photo, record, short};
use super::{End, Outcome, Stop, paint};
use crate::register::draft::{self, DRAFT_FIELDS, DraftKind};
use crate::register::event::toml_string;
use crate::register::picture::Photo;
use crate::register::typed::Typing;
use crate::register::{
    self, Category, Finding, Moment, Number, Opened, Posting, Register, Role, Severity, Slug, did_you_mean,
};

/// Add an asset to the register, with the next number of its category
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// What people call it
    #[arg(long)]
    name: String,
    /// What kind of thing it is, a category of the register
    #[arg(long)]
    category: String,
    /// Its number [default: the category's next]
    #[arg(long)]
    number: Option<String>,
    /// How many like it, each with a number of its own
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000), conflicts_with = "number")]
    count: u16,
    /// A value of a field that the category declares
    #[arg(long, value_name = "KEY=VALUE")]
    field: Vec<String>,
    /// A picture of it
    #[arg(long, value_name = "FILE")]
    photo: Option<PathBuf>,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    how: How,
}

/// What was typed for the fields of the record, by flag.
#[derive(Debug, Clone)]
struct Fields(Vec<(&'static str, Vec<String>)>);

impl clap::Args for Fields {
    fn augment_args(command: Command) -> Command {
        let flag = |command: Command, field: &draft::DraftField| {
            let name = field.flag.rsplit('-').next().unwrap_or_default().to_uppercase();
            let arg = Arg::new(field.flag).long(field.flag).value_name(name).help(field.about);
            command.arg(match field.kind {
                DraftKind::Texts | DraftKind::Numbers => arg.action(ArgAction::Append),
                DraftKind::Yes => arg.action(ArgAction::SetTrue),
                DraftKind::Word(words) => arg.value_parser(PossibleValuesParser::new(words)),
                _ => arg,
            })
        };
        DRAFT_FIELDS.iter().fold(command.next_help_heading("What is written about it"), flag)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Fields {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Fields, clap::Error> {
        let given = |field: &draft::DraftField| match field.kind {
            DraftKind::Yes => matches.get_flag(field.flag).then(|| "yes".to_owned()).into_iter().collect(),
            _ => matches.get_many::<String>(field.flag).into_iter().flatten().cloned().collect::<Vec<_>>(),
        };
        let all = DRAFT_FIELDS.iter().map(|field| (field.flag, given(field)));
        Ok(Fields(all.filter(|(_, values)| !values.is_empty()).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// New records on their way into the register.
struct Addition<'a> {
    args: &'a Args,
    photo: Option<Photo>,
    added: Vec<Number>,
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    let photo = args.photo.as_deref().map(photo).transpose()?;
    let mut addition = Addition { args, photo, added: Vec::new() };
    let recorded = record(register, &args.how, &mut addition).map_err(all_but_last)?;
    tell(&addition, &recorded)
}

fn tell(addition: &Addition, recorded: &Recorded) -> Outcome {
    let name = paint::plain(addition.args.name.trim());
    let commit = recorded.commit.as_ref().map(|commit| format!(" · {}", short(commit))).unwrap_or_default();
    for number in &addition.added {
        let commit = paint::in_style(paint::DIM, &commit);
        paint::say(format!("{} {name} is in the register{commit}", paint::in_style(paint::BOLD, number)))?;
    }
    Ok(End::Clean)
}

impl Wish for Addition<'_> {
    fn concerns(&self, _: &Register, _: &Slug, _: &Moment) -> Result<Vec<Number>, Vec<Stop>> {
        Ok(Vec::new())
    }

    /// Whoever lost a race with another addition takes the number after that.
    fn decide(&mut self, here: &Here, by: &Slug, moment: &Moment) -> Result<Option<Posting>, Vec<Stop>> {
        let register = &here.opened.register;
        if register.people.get(by).is_none_or(|person| person.role != Role::Keeper || person.has_left(moment)) {
            return Err(vec![Stop::Refused("only keepers may `add`".into(), Some("ask a keeper".into()))]);
        }
        let category = category(register, &self.args.category).map_err(|stop| vec![stop])?;
        let text = self.text(register, category, moment)?;
        self.added = self.numbers(register, category).map_err(|stop| vec![stop])?;
        let posting = Posting::records(&self.added, &text, self.photo.as_ref());
        errors(here, &posting, moment)?;
        Ok(Some(posting))
    }
}

impl Addition<'_> {
    fn numbers(&self, register: &Register, category: &Category) -> Result<Vec<Number>, Stop> {
        let Some(typed) = &self.args.number else {
            let own = "give it a `prefix` in categories.toml, or say --number";
            let none = || Stop::Refused(format!("the category `{}` has no prefix", category.slug), Some(own.into()));
            let prefix = category.prefix.as_deref().ok_or_else(none)?;
            return register.next_numbers(prefix, self.args.count.into()).map_err(|why| {
                Stop::Refused(format!("the prefix of `{}` begins no number: {why}", category.slug), Some(own.into()))
            });
        };
        let number = Number::typed(typed);
        let number = number
            .map_err(|why| Stop::Refused(format!("`{}` is not an asset number: {why}", typed.escape_debug()), None))?;
        if register.is_taken(&number) {
            let hint = "a number is never used again; leave --number away to take the next";
            return Err(Stop::Refused(format!("`{number}` is taken"), Some(hint.into())));
        }
        Ok(vec![number])
    }

    fn text(&self, register: &Register, category: &Category, moment: &Moment) -> Result<String, Vec<Stop>> {
        let typing = Typing { moment: *moment, zone: register.config.timezone, currency: register.config.currency };
        let mut wrong = Vec::new();
        let mut values = Vec::new();
        let mut add = |flag: &str, key: String, value: Result<String, String>| match value {
            Ok(value) => values.push((key, value)),
            Err(why) => wrong.push(Stop::Misused(format!("--{flag}: {why}"))),
        };
        let name = crate::register::typed::text(self.args.name.trim());
        add("name", "name".into(), name.map(|name| toml_string(&name)));
        add("category", "category".into(), Ok(toml_string(category.slug.as_str())));
        if let Some(photo) = &self.photo {
            add("photo", "photo".into(), Ok(toml_string(&photo.file_of_record())));
        }
        for field in DRAFT_FIELDS {
            if let Some((_, typed)) = self.args.fields.0.iter().find(|(flag, _)| *flag == field.flag) {
                add(field.flag, field.key.into(), field.typed(typed, &typing));
            }
        }
        let mut own = BTreeSet::new();
        for typed in &self.args.field {
            match draft::own_field(category, typed, &typing) {
                Ok((key, _)) if !own.insert(key.clone()) => {
                    add("field", String::new(), Err(format!("`{}` is said more than once", key.escape_debug())));
                }
                Ok((key, value)) => add("field", format!("fields.{key}"), Ok(value)),
                Err(why) => add("field", String::new(), Err(why)),
            }
        }
        if wrong.is_empty() { Ok(draft::record(&values)) } else { Err(wrong) }
    }
}

fn category<'r>(register: &'r Register, typed: &str) -> Result<&'r Category, Stop> {
    let slug = typed.trim().to_lowercase();
    register.categories.values().find(|category| category.slug.as_str() == slug).ok_or_else(|| {
        let hint = did_you_mean(&slug, register.categories.keys().map(Slug::as_str));
        Stop::Refused(format!("there is no category `{}`", typed.escape_debug()), hint)
    })
}

/// What would be an error in the register that is none yet.
fn errors(here: &Here, posting: &Posting, moment: &Moment) -> Result<(), Vec<Stop>> {
    let key = |finding: Finding| (finding.message, finding.hint);
    let errors = |opened: &Opened| {
        let findings = opened.check(moment, moment.now).into_iter();
        findings.filter(|finding| finding.severity == Severity::Error).map(key).collect::<BTreeSet<_>>()
    };
    let mut tree = here.tree.clone();
    for (path, bytes) in &posting.files {
        tree.insert_file(path.as_str(), bytes);
    }
    let before = errors(&here.opened);
    let found = errors(&register::open(&tree)).into_iter().filter(|finding| !before.contains(finding));
    let stops: Vec<Stop> = found.map(|(message, hint)| Stop::Refused(message, hint)).collect();
    if stops.is_empty() { Ok(()) } else { Err(stops) }
}
