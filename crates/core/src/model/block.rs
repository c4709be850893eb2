//! Values in blocks: overwritten, deleted and recycled under a reader's eyes. The reader, the deleter and whoever
//! takes the freed block are three threads: two of them do not show what a state missed in a validation costs.
use super::store::{Seen, Size};
use super::{Bounds, Store, Table, exactly, key, outcomes};
use std::vec::Vec;

fn bytes(value: &[u8]) -> Seen {
    Seen::Bytes(Vec::from(value), 0)
}

const OLD: &[u8] = b"old, old, old";
const NEW: &[u8] = b"new new new new";
const LAST: &[u8] = b"last one here!";

/// Overwritten twice, so that the first block may be in use again, under a reader.
#[test]
fn overwritten_bytes_are_whole() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 9_067,
    };
    let seen = outcomes(
        "overwritten_bytes_are_whole",
        bounds,
        || Store::new(Size::BLOCKS, |t| t.set_bytes(&key(0), OLD).expect("room")),
        [
            |t: &mut Table<'_>| {
                t.set_bytes(&key(0), NEW).expect("room");
                // The allocator hands out blocks in turn: back to the first.
                t.local.cursors = [(0, 0); 1];
                t.set_bytes(&key(0), LAST).expect("room");
                Seen::Nothing
            },
            |t| t.get(&key(0)),
        ],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    exactly(
        seen,
        [OLD, NEW, LAST].map(|value| ([Seen::Nothing, bytes(value)], bytes(LAST))),
    );
}

/// A block is freed by a delete and taken by the same thread for another key, while a reader copies it.
#[test]
fn deleted_bytes_are_whole() {
    let bounds = Bounds {
        preemptions: (2, 2),
        least: 215_273,
    };
    let seen = outcomes(
        "deleted_bytes_are_whole",
        bounds,
        || Store::new(Size::BLOCKS, |t| t.set_bytes(&key(0), OLD).expect("room")),
        [
            |t: &mut Table<'_>| {
                assert!(t.remove(&key(0)));
                t.local.cursors = [(0, 0); 1];
                t.set_bytes(&key(6), NEW).expect("room");
                Seen::Nothing
            },
            |t| t.get(&key(0)),
        ],
        |t| {
            t.audit();
            t.get(&key(6))
        },
    );
    exactly(
        seen,
        [
            ([Seen::Nothing, bytes(OLD)], bytes(NEW)),
            ([Seen::Nothing, Seen::Nothing], bytes(NEW)),
        ],
    );
}

/// As above, but a third thread takes the block before the deleter has unlinked the cell: the DEAD state is then
/// all that tells the reader.
#[test]
fn deleted_bytes_are_whole_among_three() {
    let bounds = Bounds {
        preemptions: (1, 1),
        least: 289_476,
    };
    let seen = outcomes(
        "deleted_bytes_are_whole_among_three",
        bounds,
        || Store::new(Size::BLOCKS, |t| t.set_bytes(&key(0), OLD).expect("room")),
        [
            |t: &mut Table<'_>| {
                assert!(t.remove(&key(0)));
                Seen::Nothing
            },
            |t| {
                t.local.cursors = [(0, 0); 1];
                t.set_bytes(&key(6), NEW).expect("room");
                Seen::Nothing
            },
            |t| t.get(&key(0)),
        ],
        |t| {
            t.audit();
            t.get(&key(6))
        },
    );
    exactly(
        seen,
        [
            ([Seen::Nothing, Seen::Nothing, bytes(OLD)], bytes(NEW)),
            ([Seen::Nothing, Seen::Nothing, Seen::Nothing], bytes(NEW)),
        ],
    );
}
