//! Eviction: against the inserts that it makes room for, and under a reader of what goes.
use super::store::{Seen, Size};
use super::{Bounds, Store, Table, exactly, key, outcomes};
use crate::geometry::OnFull;
use std::vec::Vec;

const EVICTING: Size = Size {
    on_full: OnFull::Evict,
    ..Size::BLOCKS
};

/// Two inserts into a bucket that is full for good: neither evicts the other's cell before it is published, so each
/// publishes what it filled.
#[test]
fn eviction_against_insert() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 4_872,
    };
    let seen = outcomes(
        "eviction_against_insert",
        bounds,
        || {
            Store::new(EVICTING, |t| {
                for number in [0, 1, 2] {
                    t.incr(&key(number), 5);
                }
            })
        },
        [
            |t: &mut Table<'_>| t.incr(&key(3), 1),
            |t| t.incr(&key(4), 1),
        ],
        |t| {
            t.audit();
            let entries = t.memory.entries().expect("readable");
            let there = (0..5).filter(|n| t.get(&key(*n)) != Seen::Nothing).count();
            (entries == there as u64, (1..=3).contains(&there))
        },
    );
    exactly(seen, [([1, 1], (true, true))]);
}

/// A value is evicted because its block is wanted, and the block is used again, under a reader.
#[test]
fn eviction_of_bytes_against_get() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 5_169,
    };
    let seen = outcomes(
        "eviction_of_bytes_against_get",
        bounds,
        || {
            Store::new(EVICTING, |t| {
                t.set_bytes(&key(0), b"a value of two chunks")
                    .expect("room");
                t.set_bytes(&key(1), b"goes first").expect("room");
                t.memory.buckets[0].used.store(0, crate::Ordering::Relaxed);
            })
        },
        [
            |t: &mut Table<'_>| {
                t.set_bytes(&key(6), b"newest").expect("room is made");
                Seen::Nothing
            },
            |t| t.get(&key(1)),
        ],
        |t| {
            t.audit();
            t.get(&key(6))
        },
    );
    let bytes = |value: &[u8]| Seen::Bytes(Vec::from(value), 0);
    exactly(
        seen,
        [bytes(b"goes first"), Seen::Nothing].map(|read| ([Seen::Nothing, read], bytes(b"newest"))),
    );
}
