//! Inserts against each other and against a delete.
use super::store::Size;
use super::{Bounds, Store, Table, exactly, key, outcomes};
use std::vec::Vec;

/// Two inserts of one key: one creates it, the other adds to it, and it is there once.
#[test]
fn insert_race_of_one_key() {
    let bounds = Bounds {
        preemptions: (3, 5),
        least: 991,
    };
    let seen = outcomes(
        "insert_race_of_one_key",
        bounds,
        || Store::new(Size::BUCKET, |_| {}),
        [|t| t.incr(&key(0), 1), |t| t.incr(&key(0), 1)],
        |t| {
            t.audit();
            (t.get(&key(0)), t.memory.entries().expect("readable"))
        },
    );
    let two = || (super::store::Seen::Number(2), 1);
    exactly(seen, [([1, 2], two()), ([2, 1], two())]);
}

/// An increment never lands on the cell of an insert that was not published and gives up.
#[test]
fn insert_against_insert_and_delete() {
    let bounds = Bounds {
        preemptions: (3, 4),
        least: 20_943,
    };
    let seen = outcomes(
        "insert_against_insert_and_delete",
        bounds,
        || {
            Store::new(Size::BUCKET, |t| {
                t.incr(&key(0), 5);
            })
        },
        [
            |t: &mut Table<'_>| {
                assert!(t.remove(&key(0)));
                t.incr(&key(8), 1)
            },
            |t| t.incr(&key(8), 1),
        ],
        |t| {
            t.audit();
            (t.get(&key(8)), t.get(&key(0)))
        },
    );
    let after = || (super::store::Seen::Number(2), super::store::Seen::Nothing);
    exactly(seen, [([1, 2], after()), ([2, 1], after())]);
}

/// Amendment 9: a dead cell of a key, which nobody has unlinked yet, stands before the live one. A search passes
/// it: what was inserted stays visible, and is inserted once.
#[test]
fn a_dead_cell_hides_nothing() {
    let bounds = Bounds {
        preemptions: (3, 4),
        least: 1_759,
    };
    let seen = outcomes(
        "a_dead_cell_hides_nothing",
        bounds,
        || {
            Store::new(Size::BUCKET, |t| {
                t.incr(&key(0), 5);
            })
        },
        [
            |t: &mut Table<'_>| Vec::from([i64::from(t.remove(&key(0)))]),
            |t| {
                let first = t.incr(&key(0), 1);
                let second = t.incr_existing(&key(0), 1);
                Vec::from([first, second.unwrap_or(-1)])
            },
        ],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    use super::store::Seen::{Nothing, Number};
    exactly(
        seen,
        [
            // Deleted first, then counted from zero.
            ([Vec::from([1]), Vec::from([1, 2])], Number(2)),
            // Counted, deleted, and found missing.
            ([Vec::from([1]), Vec::from([6, -1])], Nothing),
            ([Vec::from([1]), Vec::from([6, 7])], Nothing),
        ],
    );
}

/// A cell that was free when a search looked is filled, published and killed before the searcher claims it: it is
/// taken only once it is unlinked, so no cell is published that its owner has not published.
#[test]
fn claim_against_a_cell_killed_meanwhile() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 4_555,
    };
    let seen = outcomes(
        "claim_against_a_cell_killed_meanwhile",
        bounds,
        || Store::new(Size::BUCKET, |_| {}),
        [
            |t: &mut Table<'_>| t.incr(&key(6), 1),
            |t| {
                let value = t.incr(&key(8), 1);
                assert!(t.remove(&key(8)));
                assert_eq!(t.get(&key(8)), super::store::Seen::Nothing);
                value
            },
        ],
        |t| {
            t.audit();
            (t.get(&key(6)), t.memory.entries().expect("readable"))
        },
    );
    exactly(seen, [([1, 1], (super::store::Seen::Number(1), 1))]);
}
