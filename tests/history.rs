//! Histories of real processes are linearizable: whatever several processes did to a key at once, and whichever of
//! them was killed in it, there is an order of their operations, with what happened before what kept, in which a
//! table used by one process at a time answers the same.
//!
//! Children follow plans of a few operations on up to three keys (`history/plan.rs`), all at once, and write down in
//! shared memory when they began and ended each and what they were answered (`history/notes.rs`). The judge is the
//! linearizability tester of the crate stateright; the sequential table that it compares with is
//! `history/spec.rs`. An operation whose process was killed in it may have taken effect or not. The end of a time to
//! live is an operation that nobody asked for, with a first and a last instant.
//!
//! That the judge notices is shown each time by workers that do a `take` in two steps, by the API. For the engine
//! itself `scripts/history-mutant` does it, or a run of this with `QUIPU_HISTORY_MUTANT=1`: a copy of the workspace
//! whose `take` is a read and a write has to fail here.
#[path = "history/judge.rs"]
mod judge;
#[path = "history/notes.rs"]
mod notes;
#[path = "history/plan.rs"]
mod plan;
#[path = "history/spec.rs"]
mod spec;
#[path = "history/worker.rs"]
mod worker;

use judge::{Call, calls, is_linearizable, last_read, story};
use notes::{GONE, Notes};
use plan::{Batch, STYLES, Style, key_name};
use quipu::{Options, Table};
use quipu_tests::child::{self, Child, was_killed};
use quipu_tests::files::{TableName, mib};
use quipu_tests::program::root;
use quipu_tests::random::mix;
use quipu_tests::shared::put;
use quipu_tests::system;
use spec::{Answer, Op, Value};
use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

/// A batch takes a second or two.
const HANGS: Duration = Duration::from_secs(60);

#[test]
fn child() {
    child::play(&[("worker", worker::worker)]);
}

/// What was found in all batches of a test.
#[derive(Debug, Default)]
struct Totals {
    histories: u64,
    operations: u64,
    /// Histories in which two operations overlap.
    overlapping: u64,
    kills: u64,
    /// Operations whose process was killed in them.
    pending: u64,
    /// Ends of times to live that somebody could see.
    ends: u64,
    /// Histories without an order.
    bad: Vec<String>,
}

/// Seconds that each of the tests records histories for: `QUIPU_HISTORY_SECONDS`, or 12.
fn duration() -> Duration {
    let seconds = env::var("QUIPU_HISTORY_SECONDS").ok();
    Duration::from_secs(seconds.and_then(|text| text.parse().ok()).unwrap_or(12))
}

/// Another one in each run; a failure prints it.
fn seed() -> u64 {
    let seed = env::var("QUIPU_HISTORY_SEED").ok();
    seed.and_then(|text| text.parse().ok())
        .unwrap_or_else(system::now_ns)
}

fn record(style: Style, rounds: u64, enough: impl Fn(&Totals, Duration) -> bool) -> Totals {
    let (start, seed) = (Instant::now(), seed());
    let mut totals = Totals::default();
    for number in 0.. {
        let seed = mix(seed ^ number);
        let batch = Batch {
            seed,
            workers: 3 + seed % 2,
            rounds,
            style,
        };
        totals.run(&batch);
        if enough(&totals, start.elapsed()) {
            break;
        }
    }
    println!(
        "{style:?}, seed {seed}: {} histories of {} operations, {} with overlaps, {} processes killed, {} operations \
         pending, {} ends of times to live, {} without an order, in {:.1?}",
        totals.histories,
        totals.operations,
        totals.overlapping,
        totals.kills,
        totals.pending,
        totals.ends,
        totals.bad.len(),
        start.elapsed()
    );
    totals
}

impl Totals {
    fn run(&mut self, batch: &Batch) {
        let name = TableName::new();
        let options = Options {
            tick_ms: 1,
            ..mib(64)
        };
        let table = Table::create(&name, options).expect("a table");
        let notes = Notes::create(batch.workers, batch.rounds);
        self.play(batch, &name, &notes);
        for round in 1..=batch.rounds {
            for key in judge::keys() {
                self.judge(&calls_of(&table, &notes, batch, (round, key)), round);
            }
        }
        let report = table.check();
        if !report.problems.is_empty() {
            self.bad.push(format!("check: {:?}", report.problems));
        }
    }

    /// Runs the workers until all have ended.
    fn play(&mut self, batch: &Batch, name: &TableName, notes: &Notes) {
        let style = STYLES.iter().position(|style| *style == batch.style);
        let style = style.expect("one of them");
        let (table, path) = (name.as_str(), notes.path());
        let start_worker = |worker: u64| {
            let numbers = [
                batch.seed,
                batch.workers,
                batch.rounds,
                style as u64,
                worker,
            ];
            let mut arguments: Vec<&dyn ToString> = vec![&table, &path];
            arguments.extend(numbers.iter().map(|number| number as &dyn ToString));
            Child::start("worker", &arguments)
        };
        let mut children: Vec<Child> = (0..batch.workers).map(start_worker).collect();
        let start = Instant::now();
        let mut left: Vec<u64> = (0..batch.workers).collect();
        while !left.is_empty() {
            assert!(start.elapsed() < HANGS, "a worker hangs: {batch:?}");
            left.retain(|worker| {
                let child = &mut children[usize::try_from(*worker).expect("few")];
                let Some(status) = child.try_wait() else {
                    return true;
                };
                let may_die = batch.death(*worker) != 0 && was_killed(status);
                assert!(status.success() || may_die, "{status}: {batch:?}");
                self.kills += u64::from(may_die);
                put(notes.progress(*worker), GONE);
                false
            });
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    fn judge(&mut self, calls: &[Call], round: u64) {
        if calls.len() < 2 {
            return;
        }
        let is_end = |call: &&Call| matches!(call.op, Op::End(_));
        self.histories += 1;
        self.operations += calls.iter().filter(|call| !is_end(call)).count() as u64 - 1;
        self.overlapping += u64::from(overlap(calls));
        self.ends += calls.iter().filter(is_end).count() as u64;
        let pending = calls
            .iter()
            .filter(|call| call.done.is_none() && !is_end(call));
        self.pending += pending.count() as u64;
        if !is_linearizable(calls) {
            self.bad.push(format!("round {round}:\n{}", story(calls)));
        }
    }

    fn assert_good(&self) {
        let first = self.bad.first();
        assert!(
            self.bad.is_empty(),
            "{} histories are not linearizable; the first: {}",
            self.bad.len(),
            first.map_or("", String::as_str)
        );
        assert!(self.overlapping > 0, "nothing happened at once: {self:?}");
    }
}

fn calls_of(table: &Table, notes: &Notes, batch: &Batch, (round, key): (u64, u64)) -> Vec<Call> {
    let begun_ns = system::now_ns();
    let value = table.get(&key_name(round, key)).expect("a read");
    let answer = worker::found(value);
    let last = last_read(begun_ns, answer, system::now_ns());
    calls(notes, batch, round, key, last)
}

/// Whether two operations of processes overlap.
fn overlap(calls: &[Call]) -> bool {
    let workers = || calls.iter().filter(|call| !matches!(call.op, Op::End(_)));
    let end = |call: &Call| call.done.map_or(u64::MAX, |(ns, _)| ns);
    let one = |a: &Call| {
        workers().any(|b| b.caller != a.caller && b.begun_ns < end(a) && a.begun_ns < end(b))
    };
    workers().any(one)
}

#[test]
fn histories_of_processes_are_linearizable() {
    let totals = record(Style::Plain, 400, |_, passed| passed > duration());
    totals.assert_good();
}

#[test]
fn histories_with_processes_that_are_killed_are_linearizable() {
    let totals = record(Style::Deaths, 10, |_, passed| passed > duration());
    totals.assert_good();
    assert!(
        totals.pending > 0,
        "nobody was killed in an operation: {totals:?}"
    );
}

#[test]
fn histories_with_times_to_live_are_linearizable() {
    let totals = record(Style::Leases, 60, |_, passed| passed > duration());
    totals.assert_good();
    assert!(totals.ends > 0, "no time to live has ended: {totals:?}");
}

/// The judge is worth something: workers that take a number in two steps, by a read and a write, are found out.
#[test]
fn a_take_in_two_steps_is_found_out() {
    let enough = |totals: &Totals, passed| !totals.bad.is_empty() || passed > 4 * duration();
    let totals = record(Style::TakeInTwoSteps, 400, enough);
    let first = totals.bad.first().expect("a history without an order");
    println!("found out by {first}");
}

#[test]
fn an_engine_with_a_take_in_two_steps_is_found_out() {
    if env::var_os("QUIPU_HISTORY_MUTANT").is_none() {
        println!(
            "skipped: it builds the workspace again; QUIPU_HISTORY_MUTANT=1 or scripts/history-mutant runs it"
        );
        return;
    }
    let mut script = Command::new(root().join("scripts/history-mutant"));
    let status = script
        .env_remove("QUIPU_HISTORY_MUTANT")
        .status()
        .expect("bash");
    assert!(status.success(), "the mutant passes: {status}");
}

/// A call by hand: at these times.
fn call(caller: u32, op: Op, begun_ns: u64, done: Option<(u64, Answer)>) -> Call {
    Call {
        caller,
        op,
        begun_ns,
        done,
    }
}

#[test]
fn the_judge_knows_right_from_wrong() {
    let found = |number| Answer::Found(Some(Value::Integer(number)));
    let set = call(
        0,
        Op::Set(Value::Integer(7), None),
        10,
        Some((20, Answer::Done)),
    );
    let incr = |caller, sum| call(caller, Op::Incr(1), 30, Some((40, Answer::Sum(sum))));
    let get = |from, answer| call(9, Op::Get, from, Some((from + 5, answer)));
    let dead = call(1, Op::Delete, 12, None);
    let end = call(100, Op::End(5), 1000, Some((2000, Answer::Done)));
    let leased = call(
        0,
        Op::Set(Value::Integer(7), Some(5)),
        10,
        Some((20, Answer::Done)),
    );
    for (calls, expected) in [
        (vec![set, get(25, found(7))], true),
        // A stale read, and a read of the future.
        (vec![set, get(25, Answer::Found(None))], false),
        (vec![set, get(1, found(7))], false),
        (vec![set, get(15, Answer::Found(None))], true),
        // A lost update.
        (vec![set, incr(1, 8), incr(2, 9)], true),
        (vec![set, incr(1, 8), incr(2, 8)], false),
        // Who was killed may have done it, at any time since.
        (vec![set, dead, get(25, Answer::Found(None))], true),
        (
            vec![set, dead, get(25, Answer::Found(None)), get(35, found(7))],
            false,
        ),
        // A time to live ends neither early nor late.
        (
            vec![leased, end, get(500, found(7)), get(1500, found(7))],
            true,
        ),
        (vec![leased, end, get(500, Answer::Found(None))], false),
        (vec![leased, end, get(1500, Answer::Found(None))], true),
        (vec![leased, end, get(2500, found(7))], false),
    ] {
        assert_eq!(is_linearizable(&calls), expected, "{}", story(&calls));
    }
}
