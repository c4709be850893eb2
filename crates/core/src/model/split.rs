//! Splits: against updates, deletes and helpers.
use super::store::{Seen, Size};
use super::{Bounds, Store, Table, exactly, key, outcomes};
use crate::find::{Look, Place};
use crate::memory::CellPair;
use crate::state::{CellHi, Expiry, Kind, State};
use std::vec::Vec;

/// Three entries fill the bucket; the odd ones move when it splits.
fn full_bucket() -> Store {
    Store::new(Size::SPLIT, |t| {
        for number in [0, 1, 2] {
            t.incr(&key(number), 5);
        }
    })
}

/// A full bucket splits while another thread counts a key that moves, and reads it: it never goes back.
#[test]
fn split_against_incr() {
    let bounds = Bounds {
        preemptions: (2, 2),
        least: 273_316,
    };
    let seen = outcomes(
        "split_against_incr",
        bounds,
        full_bucket,
        [
            |t: &mut Table<'_>| t.incr(&key(3), 1),
            |t| {
                let counted = t.incr(&key(1), 1);
                assert_eq!(t.get(&key(1)), Seen::Number(counted));
                counted
            },
        ],
        |t| {
            t.audit();
            [0, 1, 2, 3].map(|number| t.get(&key(number)))
        },
    );
    exactly(seen, [([1, 6], [5, 6, 5, 1].map(Seen::Number))]);
}

/// Two inserters split one bucket, and one of them deletes a key that moves.
#[test]
fn split_by_two_and_delete() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 11_045,
    };
    let seen = outcomes(
        "split_by_two_and_delete",
        bounds,
        full_bucket,
        [
            |t: &mut Table<'_>| t.incr(&key(4), 1),
            |t| {
                assert!(t.remove(&key(1)));
                assert_eq!(t.get(&key(1)), Seen::Nothing);
                t.incr(&key(3), 1)
            },
        ],
        |t| {
            t.audit();
            [0, 1, 2, 3, 4].map(|number| t.get(&key(number)))
        },
    );
    let n = Seen::Number;
    exactly(seen, [([1, 1], [n(5), Seen::Nothing, n(5), n(1), n(1)])]);
}

/// Amendment 10: whatever is dead when a bucket splits is unlinked with the switch, so that no cell is lost to a
/// key that is never asked for again.
#[test]
fn split_unlinks_the_dead() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 799,
    };
    let seen = outcomes(
        "split_unlinks_the_dead",
        bounds,
        full_bucket,
        [
            |t: &mut Table<'_>| t.incr(&key(3), 1),
            |t| {
                assert!(t.remove(&key(0)));
                0
            },
        ],
        |t| {
            t.audit();
            let linked: u64 = t.memory.entries().expect("readable");
            (linked, [0, 1, 2, 3].map(|number| t.get(&key(number))))
        },
    );
    let n = Seen::Number;
    exactly(seen, [([1, 0], (3, [Seen::Nothing, n(5), n(5), n(1)]))]);
}

/// A scan under a split: every key that is there throughout comes once, with its value.
#[test]
fn split_against_scan() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 9_302,
    };
    let seen = outcomes(
        "split_against_scan",
        bounds,
        full_bucket,
        [
            |t: &mut Table<'_>| {
                t.incr(&key(3), 1);
                Vec::new()
            },
            |t| {
                let (mut keys, mut cursor) = (Vec::new(), Some(0));
                while let Some(at) = cursor {
                    let mut page = Vec::new();
                    cursor = t
                        .memory
                        .scan(at, super::store::NOW, &mut page)
                        .expect("readable");
                    keys.extend(page.into_iter().map(|entry| entry.key[0]));
                }
                keys.sort_unstable();
                keys
            },
        ],
        |t| t.audit(),
    );
    exactly(
        seen,
        [
            ([Vec::new(), Vec::from([0, 1, 2])], ()),
            ([Vec::new(), Vec::from([0, 1, 2, 3])], ()),
        ],
    );
}

/// Amendment 10, after a death: nobody will ever ask for the key that a dead process deleted, so the split itself
/// unlinks it.
#[test]
fn split_unlinks_what_the_dead_left() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 20_391,
    };
    let seen = outcomes(
        "split_unlinks_what_the_dead_left",
        bounds,
        || {
            Store::with_death(
                Size::SPLIT,
                |t| {
                    for number in [0, 1, 2] {
                        t.incr(&key(number), 5);
                    }
                },
                1,
                |t| assert!(t.remove(&key(0))),
            )
        },
        [
            |t: &mut Table<'_>| {
                let control = t.memory.buckets[0].load();
                let (bucket, is_split) = (0, control.hi.depth() == 0);
                is_split && t.split(Place { bucket, control }).is_ok()
            },
            |t| t.incr(&key(1), 1) == 6,
        ],
        |t| {
            t.audit();
            let linked = t.memory.entries().expect("readable");
            (linked, [0, 1, 2].map(|number| t.get(&key(number))))
        },
    );
    let n = Seen::Number;
    exactly(seen, [([true, true], (2, [Seen::Nothing, n(6), n(5)]))]);
}

/// A version that wraps around skips 0, so a cell of the child that was used and freed is not all zero again, and a
/// helper of the split that slept meanwhile does not fill it a second time.
#[test]
fn late_helper_where_a_version_wraps() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 6_060,
    };
    let seen = outcomes(
        "late_helper_where_a_version_wraps",
        bounds,
        || {
            Store::new(Size::SPLIT, |t| {
                for number in [0, 1, 2] {
                    t.incr(&key(number), 5);
                }
                let Ok(Look::Hit(found)) = t.memory.find(&key(1)) else {
                    panic!("it is there");
                };
                let last = (1 << crate::layout::VERSION_BITS) - 1;
                let old = CellPair {
                    lo: found.pair.lo,
                    hi: CellHi::new(State::Live, Kind::Integer, last, Expiry::NEVER),
                };
                let cell = &t.memory.buckets[0].cells[found.cell];
                cell.cas(found.pair, old).expect("nobody else is here");
            })
        },
        [
            |t: &mut Table<'_>| t.incr(&key(4), 1),
            |t| {
                let counted = t.incr(&key(3), 1);
                assert!(t.remove(&key(1)));
                counted
            },
        ],
        |t| {
            t.audit();
            [0, 1, 2, 3, 4].map(|number| t.get(&key(number)))
        },
    );
    let n = Seen::Number;
    exactly(seen, [([1, 1], [n(5), Seen::Nothing, n(5), n(1), n(1)])]);
}
