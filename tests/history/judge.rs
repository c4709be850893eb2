//! The notes of all workers, merged into one history per key by their times, before stateright's tester.
//!
//! Keys are judged one by one: a history is linearizable if and only if that of each of its objects is (Herlihy and
//! Wing), and so the search stays short.
use crate::notes::Notes;
use crate::plan::{Batch, KEYS_MAX, TTL_MS};
use crate::spec::{Answer, Key, Op};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester};
use std::fmt::Write;

const MS: u64 = 1_000_000;
/// The caller number of the reads after the last round.
const LAST_READER: u32 = 99;
/// The first caller number of the ends of times to live, each of which is a caller of its own.
const LEASES: u32 = 100;

/// One operation of a history. Times are nanoseconds of the clock that all processes share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) caller: u32,
    pub(crate) op: Op,
    pub(crate) begun_ns: u64,
    /// `None`: its caller was killed before it was answered, or it need not happen at all.
    pub(crate) done: Option<(u64, Answer)>,
}

/// The calls for one key in one round, with the read after it.
pub(crate) fn calls(notes: &Notes, batch: &Batch, round: u64, key: u64, last: Call) -> Vec<Call> {
    let mut calls = vec![last];
    for worker in 0..batch.workers {
        let steps = batch.steps(round, worker);
        for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.key == key) {
            let Some(note) = notes.read(round, worker, index) else {
                continue;
            };
            calls.push(Call {
                caller: u32::try_from(worker).expect("few"),
                op: step.op,
                begun_ns: note.begun_ns,
                done: note.done,
            });
        }
    }
    let ends: Vec<Call> = calls
        .iter()
        .filter_map(|call| end_of(call, &last))
        .collect();
    calls.extend(ends);
    calls
}

/// The read of a key after all rounds.
pub(crate) fn last_read(begun_ns: u64, answer: Answer, done_ns: u64) -> Call {
    Call {
        caller: LAST_READER,
        op: Op::Get,
        begun_ns,
        done: Some((done_ns, answer)),
    }
}

/// The end of the time to live that a call gives, if anybody could see it. It is rounded up to ticks, of a
/// millisecond here, and one more; so it comes no earlier than it after the call began, and no later than it and
/// two ticks after the call was done: one for the rounding, one because the clock counts whole milliseconds.
fn end_of(call: &Call, last: &Call) -> Option<Call> {
    let (Op::Set(_, Some(lease)) | Op::Expire(lease)) = call.op else {
        return None;
    };
    let begun_ns = call.begun_ns + TTL_MS * MS;
    let seen_until = last.done.map_or(0, |(done_ns, _)| done_ns);
    let done = call
        .done
        .map(|(done_ns, _)| (done_ns + (TTL_MS + 2) * MS, Answer::Done));
    (begun_ns <= seen_until).then_some(Call {
        caller: LEASES + lease,
        op: Op::End(lease),
        begun_ns,
        done: done.filter(|(done_ns, _)| *done_ns <= seen_until),
    })
}

/// Whether there is an order of the calls, with what happened before what kept, that a table used by one process
/// at a time could have answered.
pub(crate) fn is_linearizable(calls: &[Call]) -> bool {
    let is_bad = |call: &Call| matches!(call.done, Some((_, Answer::Bad(_))));
    if calls.iter().any(is_bad) {
        return false;
    }
    // At the same time, what begins comes first: the two overlap then, which allows more.
    let begins = calls.iter().map(|call| (call.begun_ns, false, call));
    let ends = calls
        .iter()
        .filter_map(|call| call.done.map(|(done_ns, _)| (done_ns, true, call)));
    let mut events: Vec<_> = begins.chain(ends).collect();
    events.sort_by_key(|(ns, is_end, _)| (*ns, *is_end));
    let mut tester = LinearizabilityTester::new(Key::default());
    for (_, is_end, call) in events {
        let noted = match call.done {
            Some((_, answer)) if is_end => tester.on_return(call.caller, answer),
            _ => tester.on_invoke(call.caller, call.op),
        };
        noted.expect("one call of a caller at a time");
    }
    tester.is_consistent()
}

/// A history for people, in the order of its beginnings.
pub(crate) fn story(calls: &[Call]) -> String {
    let mut calls = calls.to_vec();
    calls.sort_by_key(|call| call.begun_ns);
    let start = calls.first().map_or(0, |call| call.begun_ns);
    let mut text = String::new();
    for call in calls {
        let (op, from) = (call.op, call.begun_ns - start);
        let _ = match call.done {
            Some((ns, answer)) => writeln!(
                text,
                "  caller {}: {from} to {} ns: {op:?} -> {answer:?}",
                call.caller,
                ns - start
            ),
            None => writeln!(
                text,
                "  caller {}: {from} ns: {op:?}, not answered",
                call.caller
            ),
        };
    }
    text
}

/// The keys that a round may have used.
pub(crate) fn keys() -> std::ops::Range<u64> {
    0..KEYS_MAX
}
