//! `tagbook demo`: the embedded demo register in a new git repository, served.

use super::{Outcome, Stop};

/// Show a demo register
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: &Args) -> Outcome {
    Err(Stop::refused("wip"))
}
