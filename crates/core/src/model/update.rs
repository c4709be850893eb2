//! Updates of one cell: against a delete, a reuse, a change of type.
use super::store::{Seen, Size, tagged};
use super::{Bounds, Store, Table, exactly, key, outcomes};
use crate::read::Number;
use std::vec::Vec;

/// An increment races a delete of its key and the insert of another key, with the same value, in the same cell.
#[test]
fn incr_against_recycled_cell() {
    let bounds = Bounds {
        preemptions: (2, 2),
        least: 126_664,
    };
    let seen = outcomes(
        "incr_against_recycled_cell",
        bounds,
        || {
            Store::new(Size::BUCKET, |t| {
                t.incr(&key(0), 5);
            })
        },
        [
            |t: &mut Table<'_>| t.incr_existing(&key(0), 1),
            |t| {
                let removed = t
                    .take(&key(0))
                    .expect("a number")
                    .map(|number| match number {
                        Number::Integer(value) => value,
                        Number::Float(_) => panic!("no model stores one"),
                    });
                assert!(t.remove(&key(0)));
                t.incr(&key(6), 5);
                removed
            },
        ],
        |t| {
            t.audit();
            (t.get(&key(6)), t.get(&key(0)))
        },
    );
    let after = || (Seen::Number(5), Seen::Nothing);
    exactly(
        seen,
        [
            ([Some(6), Some(6)], after()),
            // Between the take and the delete.
            ([Some(1), Some(5)], after()),
            ([None, Some(5)], after()),
        ],
    );
}

/// Increments against take and delete: what was counted was taken, deleted with the key, or is still there.
#[test]
fn take_loses_nothing() {
    let bounds = Bounds {
        preemptions: (4, 5),
        least: 174,
    };
    let seen = outcomes(
        "take_loses_nothing",
        bounds,
        || {
            Store::new(Size::BUCKET, |t| {
                t.incr(&key(0), 1);
            })
        },
        [
            |t: &mut Table<'_>| {
                t.incr(&key(0), 1);
                t.incr(&key(0), 1)
            },
            |t| match t.take(&key(0)) {
                Ok(Some(Number::Integer(taken))) => taken,
                other => panic!("{other:?}"),
            },
        ],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    exactly(
        seen,
        [
            ([3, 3], Seen::Number(0)),
            ([2, 1], Seen::Number(2)),
            ([1, 2], Seen::Number(1)),
        ],
    );
}

/// A delete returns the number's exact final value: what is added after it begins a new entry.
#[test]
fn delete_is_final() {
    let bounds = Bounds {
        preemptions: (4, 5),
        least: 8_174,
    };
    let seen = outcomes(
        "delete_is_final",
        bounds,
        || {
            Store::new(Size::BUCKET, |t| {
                t.incr(&key(0), 1);
            })
        },
        [
            |t: &mut Table<'_>| Vec::from([t.incr(&key(0), 1), t.incr(&key(0), 1)]),
            |t| Vec::from([i64::from(t.remove(&key(0)))]),
        ],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    exactly(
        seen,
        [
            ([Vec::from([2, 3]), Vec::from([1])], Seen::Nothing),
            ([Vec::from([2, 1]), Vec::from([1])], Seen::Number(1)),
            ([Vec::from([1, 2]), Vec::from([1])], Seen::Number(2)),
        ],
    );
}

/// Two keys with one tag take turns in one cell: a reader of the second never sees the first's value through
/// half-written key words.
#[test]
fn key_words_are_whole() {
    let bounds = Bounds {
        preemptions: (3, 4),
        least: 11_069,
    };
    let seen = outcomes(
        "key_words_are_whole",
        bounds,
        || {
            Store::new(Size::BUCKET, |t| {
                t.incr(&tagged(0, 1), 5);
            })
        },
        [
            |t: &mut Table<'_>| t.get(&tagged(6, 1)),
            |t| {
                assert!(t.remove(&tagged(0, 1)));
                t.incr(&tagged(6, 1), 9);
                Seen::Nothing
            },
        ],
        |t| {
            t.audit();
            t.get(&tagged(6, 1))
        },
    );
    exactly(
        seen,
        [
            ([Seen::Nothing, Seen::Nothing], Seen::Number(9)),
            ([Seen::Number(9), Seen::Nothing], Seen::Number(9)),
        ],
    );
}

/// A number becomes bytes while a reader loads the pair as two halves: type and payload belong together.
#[test]
fn type_and_value_belong_together() {
    let bounds = Bounds {
        preemptions: (4, 5),
        least: 14,
    };
    let seen = outcomes(
        "type_and_value_belong_together",
        bounds,
        || {
            Store::new(Size::BLOCKS, |t| {
                t.incr(&key(0), 77);
            })
        },
        [
            |t: &mut Table<'_>| t.get(&key(0)),
            |t| {
                t.set_bytes(&key(0), b"bytes").expect("room");
                Seen::Nothing
            },
        ],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    let bytes = || Seen::Bytes(Vec::from(b"bytes"), 0);
    exactly(
        seen,
        [
            ([Seen::Number(77), Seen::Nothing], bytes()),
            ([bytes(), Seen::Nothing], bytes()),
        ],
    );
}

/// A counter handle adds in the cell that it remembers, while its key is deleted and the cell becomes another's:
/// the addition is its key's or nobody's.
#[test]
fn addition_at_a_remembered_cell() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 4_140,
    };
    let seen = outcomes(
        "addition_at_a_remembered_cell",
        bounds,
        || {
            Store::new(Size::BUCKET, |t| {
                t.incr(&key(0), 5);
            })
        },
        [
            |t: &mut Table<'_>| {
                let spot = t.memory.spot(&key(0))?;
                t.memory.add_at(t.host, &spot, 1)
            },
            |t| {
                assert!(t.remove(&key(0)));
                Some(t.incr(&key(6), 5))
            },
        ],
        |t| {
            t.audit();
            (t.get(&key(0)), t.get(&key(6)))
        },
    );
    let after = || (Seen::Nothing, Seen::Number(5));
    exactly(
        seen,
        [([Some(6), Some(5)], after()), ([None, Some(5)], after())],
    );
}
