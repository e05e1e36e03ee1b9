//! The site as a whole: a register in memory goes in, files come out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::pedantic, reason = "a test may fail, and panics to say so")]

mod feeds;
mod harness;
mod hostile;
mod languages;
mod links;
mod offline;
mod public;
mod scanner;
mod stories;
mod work;
