//! Expiry, eviction, growth in order, long keys, long values and segments that change their class.
use super::store::{NOW, Seen, Size, long_key};
use super::{Bounds, Store, Table, exactly, key, outcomes};
use crate::geometry::OnFull;
use crate::read::Mark;
use crate::sync::Ordering;
use crate::update::{Lifetime, Outcome, When};
use crate::value::New;
use std::vec::Vec;

fn pass_time(t: &Table<'_>) {
    t.host.now.store(110, Ordering::Relaxed);
}

/// A number that ends while the model runs.
fn ending(t: &mut Table<'_>) {
    let expiry = NOW.expiry_in(10).expect("soon");
    let value = New::Integer(5);
    t.store(&key(0), value, Lifetime::Until(expiry), When::Always)
        .expect("room");
}

/// Amendment 12: an entry's time is over while it is counted: the count lands on the old entry or on a new one
/// that begins at zero, and never on both.
#[test]
fn expiry_against_incr() {
    let bounds = Bounds {
        preemptions: (2, 2),
        least: 159_679,
    };
    let seen = outcomes(
        "expiry_against_incr",
        bounds,
        || Store::new(Size::BUCKET, ending),
        [
            |t: &mut Table<'_>| {
                pass_time(t);
                t.incr(&key(0), 1)
            },
            |t| t.incr(&key(0), 1),
        ],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    exactly(
        seen,
        [
            ([1, 6], Seen::Number(1)),
            ([1, 2], Seen::Number(2)),
            ([2, 1], Seen::Number(2)),
        ],
    );
}

/// Amendment 11: what moves in a split does not depend on the clock, so helpers agree although time passes.
#[test]
fn expiry_against_split() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 3_223,
    };
    let seen = outcomes(
        "expiry_against_split",
        bounds,
        || {
            Store::new(Size::SPLIT, |t| {
                t.incr(&key(0), 5);
                t.incr(&key(2), 5);
                let expiry = NOW.expiry_in(10).expect("soon");
                let value = New::Integer(5);
                t.store(&key(1), value, Lifetime::Until(expiry), When::Always)
                    .expect("room");
            })
        },
        [
            |t: &mut Table<'_>| {
                pass_time(t);
                t.incr(&key(3), 1)
            },
            |t| t.incr(&key(4), 1),
        ],
        |t| {
            t.audit();
            [0, 1, 2, 3, 4].map(|number| t.get(&key(number)))
        },
    );
    let n = Seen::Number;
    exactly(seen, [([1, 1], [n(5), Seen::Nothing, n(5), n(1), n(1)])]);
}

/// An entry is evicted while it is counted and read.
#[test]
fn eviction_against_incr_and_get() {
    let bounds = Bounds {
        preemptions: (2, 2),
        least: 183_659,
    };
    let seen = outcomes(
        "eviction_against_incr_and_get",
        bounds,
        || {
            Store::new(
                Size {
                    on_full: OnFull::Evict,
                    ..Size::BUCKET
                },
                |t| {
                    for number in [0, 1, 2] {
                        t.incr(&key(number), 5);
                    }
                    t.memory.buckets[0].used.store(0b101, Ordering::Relaxed);
                },
            )
        },
        [
            |t: &mut Table<'_>| Vec::from([Seen::Number(t.incr(&key(3), 1))]),
            |t| {
                let counted = t
                    .incr_existing(&key(1), 1)
                    .map_or(Seen::Nothing, Seen::Number);
                let found = t
                    .memory
                    .number(&key(1), || NOW, Mark::Nothing)
                    .expect("a number");
                Vec::from([counted, found.map_or(Seen::Nothing, |_| Seen::Number(6))])
            },
        ],
        |t| {
            t.audit();
            (t.get(&key(3)), t.memory.entries().expect("readable"))
        },
    );
    let one = || Vec::from([Seen::Number(1)]);
    let after = || (Seen::Number(1), 3);
    exactly(
        seen,
        [
            (one(), Vec::from([Seen::Nothing, Seen::Nothing])),
            (one(), Vec::from([Seen::Number(6), Seen::Nothing])),
            (one(), Vec::from([Seen::Number(6), Seen::Number(6)])),
        ]
        .map(|(inserted, counted)| ([inserted, counted], after())),
    );
}

/// A level is completed, and the hint advances, while another thread searches from the old one or the new one.
#[test]
fn growth_against_search() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 855,
    };
    let seen = outcomes(
        "growth_against_search",
        bounds,
        || {
            Store::new(
                Size {
                    buckets: 4,
                    in_use: 2,
                    early_share: 16,
                    ..Size::BUCKET
                },
                |t| {
                    for number in [0, 2, 4, 3] {
                        t.incr(&key(number), 5);
                    }
                },
            )
        },
        [
            |t: &mut Table<'_>| {
                t.incr(&key(6), 1);
                Seen::Number(t.incr(&key(8), 1))
            },
            |t| t.get(&key(3)),
        ],
        |t| {
            t.audit();
            let level = t.memory.geom().level();
            let in_use = &t.memory.buckets[..1 << level];
            assert!(
                in_use.iter().all(|b| !b.control_hi().is_uninitialised()),
                "the hint counts a bucket that is not in use"
            );
            level
        },
    );
    exactly(seen, [([Seen::Number(1), Seen::Number(5)], 2)]);
}

/// The block of a long key is freed by a delete and taken for another long key under a reader's eyes.
#[test]
fn long_keys_are_whole() {
    let bounds = Bounds {
        preemptions: (2, 2),
        least: 107_436,
    };
    let seen = outcomes(
        "long_keys_are_whole",
        bounds,
        || {
            Store::new(Size::BLOCKS, |t| {
                t.incr(&long_key(0), 5);
            })
        },
        [
            |t: &mut Table<'_>| t.get(&long_key(0)),
            |t| {
                assert!(t.remove(&long_key(0)));
                t.local.cursors = [(0, 0); 1];
                Seen::Number(t.incr(&long_key(1), 9))
            },
        ],
        |t| {
            t.audit();
            (t.get(&long_key(0)), t.get(&long_key(1)))
        },
    );
    let after = || (Seen::Nothing, Seen::Number(9));
    exactly(
        seen,
        [
            ([Seen::Number(5), Seen::Number(9)], after()),
            ([Seen::Nothing, Seen::Number(9)], after()),
        ],
    );
}

/// Amendment 6: an inserter finds the cell of a dead long key, and before it frees what the key refers to, the cell
/// is another long key's.
#[test]
fn burial_of_a_long_key_against_its_successor() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 10_798,
    };
    let seen = outcomes(
        "burial_of_a_long_key_against_its_successor",
        bounds,
        || {
            Store::new(Size::BLOCKS, |t| {
                t.incr(&long_key(0), 5);
            })
        },
        [
            |t: &mut Table<'_>| {
                assert!(t.remove(&long_key(0)));
                t.incr(&long_key(1), 9)
            },
            |t| t.incr(&key(6), 1),
        ],
        |t| {
            t.audit();
            (t.get(&long_key(1)), t.get(&key(6)))
        },
    );
    exactly(seen, [([9, 1], (Seen::Number(9), Seen::Number(1)))]);
}

const LONG: &[u8] = b"a value of two chunks";
const OTHER: &[u8] = b"another one, twice as";

/// A chunked value is overwritten under a reader.
#[test]
fn chunked_values_are_whole() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 88,
    };
    let seen = outcomes(
        "chunked_values_are_whole",
        bounds,
        || {
            Store::new(
                Size {
                    segments: 2,
                    ..Size::BLOCKS
                },
                |t| {
                    t.set_bytes(&key(0), LONG).expect("room");
                },
            )
        },
        [
            |t: &mut Table<'_>| t.get(&key(0)),
            |t| {
                t.set_bytes(&key(0), OTHER).expect("room");
                Seen::Nothing
            },
        ],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    let bytes = |value: &[u8]| Seen::Bytes(Vec::from(value), 0);
    exactly(
        seen,
        [LONG, OTHER].map(|value| ([bytes(value), Seen::Nothing], bytes(OTHER))),
    );
}

/// Amendments 6 and 7: the deleter of a chunked value and an inserter that takes its cell free it at the same
/// time, and the freed blocks are taken again.
#[test]
fn chunked_value_freed_by_two() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 1_236,
    };
    let seen = outcomes(
        "chunked_value_freed_by_two",
        bounds,
        || {
            Store::new(Size::BLOCKS, |t| {
                t.set_bytes(&key(0), LONG).expect("room");
                t.incr(&key(1), 1);
                t.incr(&key(2), 1);
            })
        },
        [
            |t: &mut Table<'_>| {
                assert!(t.remove(&key(0)));
                true
            },
            |t| t.set_bytes(&key(6), b"in its place").is_ok(),
        ],
        |t| {
            t.audit();
            [0, 1, 2].map(|number| t.get(&key(number)))
        },
    );
    let after = [Seen::Nothing, Seen::Number(1), Seen::Number(1)];
    exactly(
        seen,
        [([true, true], after.clone()), ([true, false], after)],
    );
}

/// A segment is emptied and cut anew while another thread takes a block in it: no block is in two hands.
#[test]
fn emptied_segment_against_allocation() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 6_481,
    };
    let seen = outcomes(
        "emptied_segment_against_allocation",
        bounds,
        || Store::new(Size::BLOCKS, |_| {}),
        [
            |t: &mut Table<'_>| t.empty_segment(0).expect("tried"),
            |t| {
                for _ in 0..4 {
                    // The blocks may all be held for a moment.
                    if t.set_bytes(&key(0), b"bytes").is_ok() {
                        return true;
                    }
                    crate::sync::pause();
                }
                false
            },
        ],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    let bytes = || Seen::Bytes(Vec::from(*b"bytes"), 0);
    exactly(seen, [([true, true], bytes()), ([false, true], bytes())]);
}

/// Two writers compare and set what both have read: one of them wins.
#[test]
fn compare_and_set_wins_once() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 1_155,
    };
    let swap = |t: &mut Table<'_>| {
        let mut buffer = Vec::new();
        let entry = t
            .memory
            .read(
                &key(0),
                || NOW,
                &mut crate::Growing::new(&mut buffer),
                Mark::Used,
            )
            .expect("readable");
        let token = entry.expect("there").token;
        let length = buffer.len() + 1;
        let value = New::Bytes {
            bytes: &[7; 16][..length],
            flags: 0,
        };
        let outcome = t
            .store(&key(0), value, Lifetime::Keep, When::Is(token))
            .expect("room");
        outcome == Outcome::Done
    };
    let seen = outcomes(
        "compare_and_set_wins_once",
        bounds,
        || {
            Store::new(Size::BLOCKS, |t| {
                t.set_bytes(&key(0), &[7; 8]).expect("room")
            })
        },
        [swap, swap],
        |t| {
            t.audit();
            match t.get(&key(0)) {
                Seen::Bytes(bytes, _) => bytes.len(),
                other => panic!("{other:?}"),
            }
        },
    );
    exactly(
        seen,
        [([true, true], 10), ([true, false], 9), ([false, true], 9)],
    );
}
