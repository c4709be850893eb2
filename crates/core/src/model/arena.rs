//! Blocks and segments: who gets one when two ask, and what a block that is used again may do to its last user.
use super::store::{Seen, Size, after_a_death, cut_anew};
use super::{Bounds, Store, Table, exactly, key, outcomes};
use crate::state::BlockRef;
use std::vec::Vec;

fn bytes(value: &[u8]) -> Seen {
    Seen::Bytes(Vec::from(value), 0)
}

/// Two writers and one free block: one of them gets it.
#[test]
fn one_block_for_two() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 840,
    };
    let seen = outcomes(
        "one_block_for_two",
        bounds,
        || {
            Store::new(Size::BLOCKS, |t| {
                t.set_bytes(&key(0), CHUNKED).expect("three blocks");
            })
        },
        [
            |t: &mut Table<'_>| t.set_bytes(&key(6), b"first").is_ok(),
            |t| t.set_bytes(&key(8), b"second").is_ok(),
        ],
        |t| {
            t.audit();
            [0, 6, 8].map(|number| t.get(&key(number)))
        },
    );
    exactly(
        seen,
        [
            (
                [true, false],
                [bytes(CHUNKED), bytes(b"first"), Seen::Nothing],
            ),
            (
                [false, true],
                [bytes(CHUNKED), Seen::Nothing, bytes(b"second")],
            ),
        ],
    );
}

const CHUNKED: &[u8] = b"a value of two chunks";

/// A segment of the pool whose memory was in use is cut by two at once, and one of them takes a block in it: it is cut
/// once, and open only after its headers are written.
#[test]
fn segment_cut_by_two() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 30,
    };
    let seen = outcomes(
        "segment_cut_by_two",
        bounds,
        cut_anew,
        [
            |t: &mut Table<'_>| t.assign_segment(0, 0).expect("tried"),
            |t| t.set_bytes(&key(6), b"first").is_ok(),
        ],
        |t| {
            t.audit();
            t.get(&key(6))
        },
    );
    exactly(
        seen,
        [
            ([true, true], bytes(b"first")),
            ([false, true], bytes(b"first")),
            // The other has it in hand, and there is no other segment.
            ([true, false], Seen::Nothing),
        ],
    );
}

/// Amendment 7: the deleter of a long value sleeps, an inserter that takes its cell frees the value too, and its index
/// block becomes the bytes of another value, which look like references to a block in use.
#[test]
fn chunk_references_of_a_reused_index() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 347,
    };
    let seen = outcomes(
        "chunk_references_of_a_reused_index",
        bounds,
        || {
            Store::new(Size::BLOCKS, |t| {
                t.set_bytes(&key(1), b"in use").expect("room");
                t.set_bytes(&key(0), CHUNKED).expect("room");
                t.incr(&key(2), 1);
            })
        },
        [
            |t: &mut Table<'_>| {
                assert!(t.remove(&key(0)));
                true
            },
            |t| {
                if !t.try_incr(&key(6)) {
                    return false;
                }
                // The first block was taken first, for the value in use.
                let forged = BlockRef::new(0, 1).0.to_le_bytes();
                t.local.cursors = [(0, 0); 1];
                t.set_bytes(&key(6), &[forged, forged].concat()).is_ok()
            },
        ],
        |t| {
            t.audit();
            t.get(&key(1))
        },
    );
    exactly(
        seen,
        [[true, true], [true, false]].map(|reports| (reports, bytes(b"in use"))),
    );
}

/// The cell of a dead process's delete still has its block: the inserter who takes the cell frees it, while another
/// inserter does the same.
#[test]
fn dead_cell_taken_by_two() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 808,
    };
    let seen = outcomes(
        "dead_cell_taken_by_two",
        bounds,
        after_a_death,
        [
            |t: &mut Table<'_>| t.try_incr(&key(6)),
            |t| t.try_incr(&key(8)),
        ],
        |t| {
            t.audit();
            [0, 1, 2].map(|number| t.get(&key(number)))
        },
    );
    let after = [Seen::Nothing, Seen::Number(5), Seen::Number(5)];
    exactly(
        seen,
        [([true, false], after.clone()), ([false, true], after)],
    );
}
