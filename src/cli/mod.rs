//! The command line: the only room that talks to a person at a keyboard, and the only one that prints.

mod add;
mod audits;
mod build;
mod check;
mod demo;
mod desk;
mod diff;
mod fonts;
mod import;
mod init;
mod jobs;
mod label;
#[cfg(feature = "lambda")]
mod lambda;
mod list;
mod live;
mod log;
mod motion;
mod pack;
mod paint;
mod past;
mod phone;
mod place;
mod record;
mod renumber;
mod reports;
mod said;
mod schema;
mod serve;
mod show;
mod table;
mod tags;
mod verify;

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::register::{Number, Refusal};

/// Know what your team owns, where each thing is, who has it and what state it is in.
#[derive(Debug, Parser)]
#[command(name = "tagbook", version, max_term_width = 100)]
pub struct Args {
    /// The register's folder [default: the nearest upward that has a `tagbook.toml`]
    #[arg(short = 'C', value_name = "DIR", global = true)]
    register: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Init(init::Args),
    Check(check::Args),
    Build(build::Args),
    Serve(serve::Args),
    Desk(desk::Args),
    #[command(subcommand)]
    Phone(phone::Args),
    List(list::Args),
    Show(show::Args),
    Log(log::Args),
    Diff(diff::Args),
    Verify(verify::Args),
    Jobs(jobs::Args),
    Reports(reports::Args),
    Add(add::Args),
    Label(label::Args),
    #[command(subcommand)]
    Tags(tags::Args),
    Audits(audits::Args),
    Renumber(renumber::Args),
    Pack(pack::Args),
    #[command(flatten)]
    Motion(motion::Asked),
    Import(import::Args),
    Schema(schema::Args),
}

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// What was asked was done, and there was nothing wrong.
    Clean,
    /// The register has errors, or the answer is no.
    No,
}

/// Why a command failed: one line each for the terminal.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The answer is no: what, and what would work instead.
    Refused(String, Option<String>),
    /// The rules say no to something about this asset.
    Ruled(Box<(Number, Refusal)>),
    /// What was typed makes no sense.
    Misused(String),
    /// The world failed.
    Failed(String),
    /// Whoever read what was printed stopped reading, such as `head`.
    Unheard,
}

impl Stop {
    /// Says on standard error what is wrong.
    pub(crate) fn say(&self) {
        match self {
            Stop::Refused(why, hint) => paint::error(why, hint.as_deref()),
            Stop::Ruled(ruled) => {
                let (number, refusal) = &**ruled;
                let why = &refusal.message;
                // Most messages speak of "it".
                let named = why.contains(number.as_str());
                let why = if named { why.clone() } else { format!("{number}: {why}") };
                paint::error(&why, refusal.instead.as_deref());
            }
            Stop::Misused(why) | Stop::Failed(why) => paint::error(why, None),
            Stop::Unheard => {}
        }
    }

    fn code(&self) -> u8 {
        match self {
            Stop::Refused(..) | Stop::Ruled(..) => 1,
            Stop::Misused(_) => 2,
            Stop::Failed(_) | Stop::Unheard => 3,
        }
    }

    pub(crate) fn refused(why: impl Display) -> Stop {
        Stop::Refused(why.to_string(), None)
    }
}

impl From<String> for Stop {
    fn from(why: String) -> Stop {
        Stop::Failed(why)
    }
}

impl From<crate::disk::Error> for Stop {
    fn from(error: crate::disk::Error) -> Stop {
        Stop::Failed(error.to_string())
    }
}

impl From<crate::git::Error> for Stop {
    fn from(error: crate::git::Error) -> Stop {
        Stop::Failed(error.to_string())
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Stop::Unheard,
            _ => Stop::Failed(format!("cannot write: {error}")),
        }
    }
}

type Outcome = Result<End, Stop>;

/// Whether the runtime of AWS Lambda has started this program with nothing on its command line: then it is the desk.
fn is_function() -> bool {
    cfg!(feature = "lambda") && std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() && std::env::args_os().len() == 1
}

/// Does what the command line asks for. The exit code is 0 clean, 1 errors or a refusal, 2 usage, 3 the world failed.
#[must_use]
pub fn run() -> ExitCode {
    let args = if is_function() { Args::parse_from(["tagbook", "desk"]) } else { Args::parse() };
    let register = args.register.as_deref();
    let outcome = match &args.command {
        Command::Demo(demo) => demo::run(demo),
        Command::Init(init) => init::run(register, init),
        Command::Check(check) => check::run(register, check),
        Command::Build(build) => build::run(register, build),
        Command::Serve(serve) => serve::run(register, serve),
        Command::Desk(desk) => desk::run(register, desk),
        Command::Phone(phone) => phone::run(register, phone),
        Command::List(list) => list::run(register, list),
        Command::Show(show) => show::run(register, show),
        Command::Log(log) => log::run(register, log),
        Command::Diff(diff) => diff::run(register, diff),
        Command::Verify(verify) => verify::run(register, verify),
        Command::Jobs(jobs) => jobs::run(register, jobs),
        Command::Reports(reports) => reports::run(register, reports),
        Command::Add(add) => add::run(register, add),
        Command::Label(label) => label::run(register, label),
        Command::Tags(tags) => tags::run(register, tags),
        Command::Audits(audits) => audits::run(register, audits),
        Command::Renumber(args) => renumber::run(register, args),
        Command::Pack(args) => pack::run(register, args),
        Command::Motion(asked) => motion::run(register, asked),
        Command::Import(import) => import::run(register, import),
        Command::Schema(schema) => schema::run(schema),
    };
    match outcome {
        Ok(End::Clean) => ExitCode::SUCCESS,
        Ok(End::No) => ExitCode::from(1),
        Err(stop) => {
            stop.say();
            ExitCode::from(stop.code())
        }
    }
}
