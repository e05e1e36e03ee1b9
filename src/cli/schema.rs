//! `tagbook schema`: what holds of the files that programs read.

use super::{End, Outcome, table};
use crate::site;

/// Print the JSON Schema of a file that programs read
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which file
    #[arg(value_enum)]
    of: Of,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Of {
    /// `register.json` of a team's site
    Register,
}

pub(super) fn run(args: &Args) -> Outcome {
    match args.of {
        Of::Register => table::json(&site::register_schema())?,
    }
    Ok(End::Clean)
}
