//! The command line from end to end: registers on disk, the program run on them as from a shell.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::pedantic, reason = "a test may fail, and panics to say so")]

mod add;
mod audits;
mod build;
mod check;
mod clones;
mod diff;
mod examples;
mod git;
mod histories;
mod jobs;
mod kinds;
mod labels;
mod look;
mod motions;
mod pack;
mod people;
mod photos;
mod recording;
mod renumber;
mod reports;
mod serve;
mod shop;
mod start;
mod verify;
mod world;
