//! Numbers that many add to: what was acknowledged is in them, and what was never begun is not.
use crate::key::{COUNTER, FLOAT, NUMBER, TAKEN as TAKEN_KEY, key_of};
use crate::tally::{FLOATS, TAKEN};
use crate::worker::Worker;
use quipu::{Entry, Number, Ttl, Update, Value, WriteError};
use quipu_tests::shared::{add, put};

/// Numbers that come and go all the time.
const RUSHED: u64 = 4;

/// Counters only grow: started before, acknowledged after, or refused.
pub(crate) fn count(worker: &mut Worker) {
    match worker.random.below(8) {
        0..5 => count_one(worker),
        5 => count_two(worker),
        6 => {
            let (number, _) = worker.tallies.pick_counter(&mut worker.random);
            let key = key_of(COUNTER, number);
            // One that is there may not get smaller between our two looks.
            let before = worker.table().get_number(&key).expect("get").unwrap_or(0);
            let after = worker.table().get_number(&key).expect("get").unwrap_or(0);
            assert!(before <= after, "a counter went from {before} to {after}");
        }
        _ => {
            let (number, tally) = worker.tallies.pick_counter(&mut worker.random);
            add(tally.started, 5);
            let done = add_by_update(worker, &key_of(COUNTER, number), 5);
            let side = match worker.admitted(done) {
                Some(()) => tally.acknowledged,
                None => tally.refused,
            };
            add(side, 5);
        }
    }
}

fn count_one(worker: &mut Worker) {
    let (number, tally) = worker.tallies.pick_counter(&mut worker.random);
    let key = key_of(COUNTER, number);
    add(tally.started, 1);
    // Half of the counters are striped now and then, as long as nobody wants their exact sum.
    let is_striped = number.is_multiple_of(2) && !worker.random.one_in(8);
    let added = if is_striped {
        let mut striped = worker.table().striped(&key).expect("a short key");
        striped.add(1).map(|()| 1)
    } else {
        worker.table().incr(&key, 1)
    };
    match worker.counted(added) {
        Some(sum) => {
            add(tally.acknowledged, 1);
            assert!(sum >= 1, "an incr made {sum}");
        }
        None => drop(add(tally.refused, 1)),
    }
}

/// Two steps: if there is no room, nobody says for which.
fn count_two(worker: &mut Worker) {
    let (first, first_tally) = worker.tallies.pick_counter(&mut worker.random);
    let (second, second_tally) = worker.tallies.pick_counter(&mut worker.random);
    add(first_tally.started, 2);
    add(second_tally.started, 1);
    let deltas = [(key_of(COUNTER, first), 2), (key_of(COUNTER, second), 1)];
    if worker.counted(worker.table().multi_incr(&deltas)).is_some() {
        add(first_tally.acknowledged, 2);
        add(second_tally.acknowledged, 1);
    }
}

/// An incr by a closure.
fn add_by_update(worker: &Worker, key: &[u8], delta: i64) -> Result<(), WriteError> {
    worker.table().update(key, |entry| (plus(entry, delta), ()))
}

/// A counter with so much added.
pub(crate) fn plus(entry: Option<&Entry>, delta: i64) -> Update {
    let old = match entry.map(|entry| &entry.value) {
        None => 0,
        Some(Value::Integer(old)) => *old,
        Some(other) => panic!("a counter holds {other:?}"),
    };
    Update::Set(Value::Integer(old + delta), Ttl::Keep)
}

/// Counters that are taken: what is in the table and what was taken are what was added.
pub(crate) fn take(worker: &mut Worker) {
    let number = worker.random.below(TAKEN);
    let tally = worker.tallies.taken(number);
    let key = key_of(TAKEN_KEY, number);
    if worker.random.one_in(4) {
        put(worker.life.taking(&worker.tallies), number + 1);
        match worker.table().take(&key).expect("take") {
            Some(Number::Integer(amount)) => {
                add(tally.taken, u64::try_from(amount).expect("only added to"));
            }
            Some(Number::Float(_)) => panic!("a float was taken"),
            None => {}
        }
        put(worker.life.taking(&worker.tallies), 0);
    } else {
        add(tally.started, 3);
        let side = match worker.counted(worker.table().incr(&key, 3)) {
            Some(_) => tally.acknowledged,
            None => tally.refused,
        };
        add(side, 3);
    }
}

/// A few numbers that all put in and take out: most inserts of theirs meet another of the same key.
pub(crate) fn rush(worker: &mut Worker) {
    for _ in 0..8 {
        let key = key_of(NUMBER, worker.random.below(RUSHED));
        let way = worker.random.below(4);
        let table = worker.table();
        match way {
            0 => {
                let sum = worker.counted(table.incr(&key, 1));
                assert!(sum.is_none_or(|sum| sum > 0), "an incr made {sum:?}");
            }
            1 => drop(worker.admitted(table.add(&key, 1, Ttl::Never))),
            _ => drop(table.delete(&key).expect("delete")),
        }
    }
}

/// A float that grows by ones, so that its sums are exact.
pub(crate) fn float(worker: &mut Worker) {
    let number = worker.random.below(FLOATS);
    let tally = worker.tallies.float(number);
    add(tally.started, 1);
    let key = key_of(FLOAT, number);
    let side = match worker.counted(worker.table().add_float(&key, 1.0)) {
        Some(_) => tally.acknowledged,
        None => tally.refused,
    };
    add(side, 1);
}

/// The largest number of all only grows.
pub(crate) fn peak(worker: &mut Worker) {
    let mine = i64::try_from(worker.random.below(1 << 40)).expect("small");
    let stored = worker.table().fetch_max(b"peak", mine).expect("fetch_max");
    assert!(stored >= mine.max(worker.peak), "the peak sank to {stored}");
    worker.peak = stored;
}
