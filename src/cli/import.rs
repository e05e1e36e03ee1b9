//! `tagbook import`: other trackers' exports become records.

use std::path::Path;

use super::{Outcome, Stop};

/// Import another tracker's export
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: Option<&Path>, _: &Args) -> Outcome {
    Err(Stop::refused("wip"))
}
