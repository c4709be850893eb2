//! Eight processes share one table, here, in another PID namespace and as another user, and are killed and stopped at
//! random, fork in the middle of operations, replace their program, close and open: nobody waits, nothing is torn or
//! goes back, and the totals balance.
//!
//! `QUIPU_TORTURE_SECONDS` says for how long (60). A minute has a table that grows, one that wipes, one that evicts, one that is full,
//! and a process that is stopped inside an operation; longer runs have many such minutes, each with fresh tables.
#![deny(unsafe_code)]

#[path = "torture/balance.rs"]
mod balance;
#[path = "torture/halt.rs"]
mod halt;
#[path = "torture/home.rs"]
mod home;
#[path = "torture/key.rs"]
mod key;
#[path = "torture/number.rs"]
mod number;
#[path = "torture/own.rs"]
mod own;
#[path = "torture/record.rs"]
mod record;
#[path = "torture/sequence.rs"]
mod sequence;
#[path = "torture/storm.rs"]
mod storm;
#[path = "torture/tally.rs"]
mod tally;
#[path = "torture/upheaval.rs"]
mod upheaval;
#[path = "torture/worker.rs"]
mod worker;

use balance::{Kept, balance};
use quipu::{OnFull, Options};
use quipu_tests::child;
use std::env;
use std::sync::{Mutex, PoisonError};
use storm::{Storm, Totals};

/// So much of each minute is for each of them; the ends of the storms take the rest.
const GROWING_MS: u64 = 18_000;
const WIPING_MS: u64 = 6_000;
const EVICTING_MS: u64 = 11_000;
const FULL_MS: u64 = 11_000;
const HALTS_MS: u64 = 10_000;
const MINUTE_MS: u64 = 60_000;

#[test]
fn child() {
    child::play(&[
        ("worker", worker::play),
        ("other user", home::other_user),
        ("first", home::first),
        ("runner", halt::runner),
        ("halted", halt::halted),
    ]);
}

/// Runs something for its part of each minute, with the number of the minute.
fn for_minutes(part_ms: u64, mut run: impl FnMut(u64, u64)) {
    // One after the other, however many threads run the tests: each buries whatever child of this process is dead.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let seconds = env::var("QUIPU_TORTURE_SECONDS").ok().map_or(60, |text| {
        text.parse().expect("QUIPU_TORTURE_SECONDS is a number")
    });
    let mut left_ms = 1000 * seconds;
    for minute in 0.. {
        if left_ms == 0 {
            return;
        }
        let ms = left_ms.min(MINUTE_MS);
        run(minute, ms * part_ms / MINUTE_MS);
        left_ms -= ms;
    }
}

fn storms(part_ms: u64, options: &Options, kept: Kept, is_worth_it: fn(&Storm) -> bool) {
    let mut totals = Totals::default();
    for_minutes(part_ms, |minute, ms| {
        let storm = Storm::rage(options.clone(), minute, ms);
        assert!(is_worth_it(&storm), "the table was not what it should be");
        balance(&storm, kept);
        totals.add(&storm.totals);
    });
    println!("{totals}");
}

#[test]
#[ignore = "takes its part of QUIPU_TORTURE_SECONDS (60)"]
fn killed_and_stopped_processes_lose_nothing_and_keep_nobody_waiting() {
    let options = Options {
        max_bytes: Some(1 << 30),
        ..Options::default()
    };
    storms(GROWING_MS, &options, Kept::All, |storm| {
        storm.table.stats().splits > 0
    });
}

#[test]
#[ignore = "takes its part of QUIPU_TORTURE_SECONDS (60)"]
fn a_table_that_wipes_under_fire_loses_nothing() {
    let options = Options {
        max_bytes: Some(1 << 30),
        wipe: true,
        ..Options::default()
    };
    storms(WIPING_MS, &options, Kept::All, |storm| {
        storm.table.stats().wipe
    });
}

#[test]
#[ignore = "takes its part of QUIPU_TORTURE_SECONDS (60)"]
fn a_table_that_evicts_under_fire_stays_whole() {
    let options = Options {
        max_bytes: Some(24 << 20),
        on_full: OnFull::Evict,
        ..Options::default()
    };
    storms(EVICTING_MS, &options, Kept::Some, |storm| {
        storm.table.stats().evicted > 0
    });
}

#[test]
#[ignore = "takes its part of QUIPU_TORTURE_SECONDS (60)"]
fn a_table_that_is_full_under_fire_loses_nothing() {
    let options = Options {
        max_bytes: Some(20 << 20),
        ..Options::default()
    };
    storms(FULL_MS, &options, Kept::All, |storm| {
        storm.table.stats().full > 0
    });
}

#[test]
#[ignore = "takes its part of QUIPU_TORTURE_SECONDS (60)"]
fn nobody_waits_for_a_process_that_is_stopped_inside_an_operation() {
    let mut rates = halt::Rates::new();
    for_minutes(HALTS_MS, |_, ms| halt::measure(ms, &mut rates));
    halt::report(&rates);
}
