//! Faults: many writers, kills, full disks, lost replies and lost races, on real repositories and a real git server.
//!
//! Every test can be repeated from its seed: `TAGBOOK_SEED=7 cargo test --test faults`. `TAGBOOK_ROUNDS=1000` makes those that go
//! in rounds as long as one likes. After each, every event that was acknowledged stands in the register exactly once, `git fsck
//! --strict` and `tagbook check` find nothing, and no lock is left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::pedantic, reason = "a test may fail, and panics to say so")]

mod crowd;
mod desks;
mod disk;
mod kills;
mod proof;
mod races;
mod server;
mod studio;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some("crowd") {
        crowd::process(words.collect());
        return ExitCode::SUCCESS;
    }
    let tests: &[(&str, fn())] = &[
        ("sixteen_writers_in_two_processes_and_git_lose_nothing", crowd::sixteen_writers),
        ("a_crowd_that_is_killed_loses_nothing_that_was_acknowledged", crowd::killed),
        ("commands_that_are_killed_leave_a_work_tree_that_goes_on", kills::commands),
        ("every_file_operation_may_fail_once", disk::once),
        ("every_file_operation_may_fail_from_then_on", disk::for_ever),
        ("every_file_operation_may_fail_with_a_remote", disk::with_remote),
        ("a_reply_that_is_lost_is_no_event_that_is_lost", races::lost_replies),
        ("two_desks_of_their_own_share_one_remote_and_push_in_rounds", races::two_desks),
        ("two_desks_that_are_killed_lose_nothing_that_was_acknowledged_to_64_phones", desks::killed),
        ("two_clones_race_to_one_server_under_kills_and_merges", races::two_clones),
    ];
    let args = Arguments::from_args();
    let trial = |(name, test): &(&'static str, fn())| {
        let test = *test;
        Trial::test(*name, move || {
            test();
            Ok(())
        })
    };
    // One after the other: each wants the machine to itself, and says what it does.
    let args = Arguments { test_threads: args.test_threads.or(Some(1)), ..args };
    libtest_mimic::run(&args, tests.iter().map(trial).collect()).exit_code()
}

/// What chance is made from.
pub fn seed() -> u64 {
    let seed = std::env::var("TAGBOOK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_123);
    eprintln!("TAGBOOK_SEED={seed}");
    seed
}

/// How many rounds are wanted; `usual` where nobody says.
pub fn rounds(usual: usize) -> usize {
    std::env::var("TAGBOOK_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}
