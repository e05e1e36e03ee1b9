//! `tagbook serve`
use std::path::Path;

use super::{Outcome, Stop};

/// Serve the site
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: Option<&Path>, _: &Args) -> Outcome {
    Err(Stop::refused("wip"))
}
