//! Splits: against updates, deletes and helpers.
use super::store::{Seen, Size};
use super::{Bounds, Store, Table, exactly, key, outcomes};
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
