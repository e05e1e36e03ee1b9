//! The site as a whole: a register in memory goes in, files come out.

mod feeds;
mod harness;
mod hostile;
mod links;
mod public;
mod stories;
