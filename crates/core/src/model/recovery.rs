//! Recovery of a dead participant while others work, and twice at a time.
use super::store::{Seen, Size};
use super::{Bounds, Store, Table, exactly, key, outcomes};
use crate::{Registration, Swept, register};
use std::vec::Vec;

fn recover(t: &mut Table<'_>) -> u64 {
    let mut swept = Swept::default();
    t.recover(5, Registration(0).taken_by(0), &mut swept)
        .expect("recovered");
    swept.cells + swept.blocks
}

/// Participant 5 died with a filled block that nothing refers to.
fn lost_block() -> Store {
    Store::with_death(
        Size::BLOCKS,
        |t| t.set_bytes(&key(0), b"value").expect("room"),
        6,
        |t| t.set_bytes(&key(0), b"dying").expect("room"),
    )
}

/// Amendment 2: two recoverers of one participant. What the dead left is freed once, and neither touches what a
/// new holder of the record has in flight.
#[test]
fn two_recoverers_and_a_new_holder() {
    let bounds = Bounds {
        preemptions: (3, 4),
        least: 7_102,
    };
    let seen = outcomes(
        "two_recoverers_and_a_new_holder",
        bounds,
        lost_block,
        [
            |t: &mut Table<'_>| recover(t),
            |t| {
                let freed = recover(t);
                let taken = register(t.memory, t.host, 0).expect("room");
                if let Some(mut local) = taken {
                    let mut renewed = Table {
                        memory: t.memory,
                        host: t.host,
                        local: &mut local,
                    };
                    renewed.set_bytes(&key(6), b"new").expect("room");
                    crate::release(t.memory, &local);
                }
                freed
            },
        ],
        |t| {
            t.audit();
            (t.get(&key(0)), t.get(&key(6)))
        },
    );
    let bytes = |bytes: &[u8]| Seen::Bytes(Vec::from(bytes), 0);
    let after = || (bytes(b"value"), bytes(b"new"));
    exactly(
        seen,
        [([1, 0], after()), ([0, 1], after()), ([1, 1], after())],
    );
}

/// A block that a dead process left is freed while the entry it was for is overwritten by another process: each
/// block is freed once, and the value is whole.
#[test]
fn recovery_against_overwrite() {
    let bounds = Bounds {
        preemptions: (3, 4),
        least: 261,
    };
    let seen = outcomes(
        "recovery_against_overwrite",
        bounds,
        || {
            // Died between the exchange of the pair and the free of the old block.
            Store::with_death(
                Size::BLOCKS,
                |t| t.set_bytes(&key(0), b"value").expect("room"),
                8,
                |t| t.set_bytes(&key(0), b"dying").expect("room"),
            )
        },
        [
            |t: &mut Table<'_>| recover(t),
            |t| {
                t.set_bytes(&key(0), b"other").expect("room");
                0
            },
        ],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    let other = || Seen::Bytes(Vec::from(*b"other"), 0);
    // The dead one's own value counts too if it is recovered while the other replaces it.
    exactly(seen, [([1, 0], other()), ([2, 0], other())]);
}

/// Amendment 4: a claimed cell is freed by its note, with its exact version, while another insert is looking for
/// a cell in the same bucket.
#[test]
fn recovery_against_insert() {
    let bounds = Bounds {
        preemptions: (3, 4),
        least: 18,
    };
    let seen = outcomes(
        "recovery_against_insert",
        bounds,
        || {
            Store::with_death(
                Size::BUCKET,
                |t| {
                    t.incr(&key(1), 5);
                },
                5,
                |t| {
                    t.incr(&key(0), 1);
                },
            )
        },
        [
            |t: &mut Table<'_>| recover(t),
            |t| {
                t.incr(&key(0), 1);
                0
            },
        ],
        |t| {
            t.audit();
            [0, 1].map(|number| t.get(&key(number)))
        },
    );
    let after = [1, 5].map(Seen::Number);
    exactly(seen, [([1, 0], after)]);
}

/// A dead process had noted the block that it would take, and another was faster to take it: that one keeps it, though
/// it has not published it yet when the note is read.
#[test]
fn recovery_against_a_faster_taker() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 16,
    };
    let seen = outcomes(
        "recovery_against_a_faster_taker",
        bounds,
        || {
            // Died between the note and the exchange of the header.
            Store::with_death(
                Size::BLOCKS,
                |_| {},
                1,
                |t| t.set_bytes(&key(0), b"dying").expect("room"),
            )
        },
        [
            |t: &mut Table<'_>| recover(t),
            |t| {
                t.set_bytes(&key(6), b"faster").expect("room");
                0
            },
        ],
        |t| {
            t.audit();
            (t.get(&key(0)), t.get(&key(6)))
        },
    );
    let faster = Seen::Bytes(Vec::from(*b"faster"), 0);
    exactly(seen, [([0, 0], (Seen::Nothing, faster))]);
}

/// Amendment 4: a process died after it published an entry, with its note of the block still there. Recovery finds the
/// entry although a split carries it to another bucket, and leaves its block alone.
#[test]
fn recovery_against_split() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 975,
    };
    let seen = outcomes(
        "recovery_against_split",
        bounds,
        || {
            Store::with_death(
                Size {
                    segments: 1,
                    ..Size::SPLIT
                },
                |t| {
                    for number in [0, 1, 2] {
                        t.incr(&key(number), 5);
                    }
                },
                // The step that clears the note of the new value.
                8,
                |t| t.set_bytes(&key(1), b"published").expect("room"),
            )
        },
        [
            |t: &mut Table<'_>| recover(t),
            |t| {
                t.incr(&key(3), 1);
                0
            },
        ],
        |t| {
            t.audit();
            (t.get(&key(1)), t.get(&key(3)))
        },
    );
    let published = Seen::Bytes(Vec::from(*b"published"), 0);
    exactly(seen, [([0, 0], (published, Seen::Number(1)))]);
}

/// Create against create, the part that is decided on shared words: two openers want the one participant that is left.
/// One gets it; the other is told so, or has it after the first has ended.
#[test]
fn one_record_for_two() {
    /// In which registration of the record; 0: in none.
    fn open(t: &mut Table<'_>) -> u64 {
        let Some(mut local) = register(t.memory, t.host, 0).expect("memory") else {
            return 0;
        };
        let mut opener = Table {
            memory: t.memory,
            host: t.host,
            local: &mut local,
        };
        opener.set_bytes(&key(0), b"opened").expect("room");
        crate::release(t.memory, &local);
        local.owner().0 >> crate::layout::OWNER_BITS
    }
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 36,
    };
    let seen = outcomes(
        "one_record_for_two",
        bounds,
        || {
            Store::new(Size::BLOCKS, |t| {
                let last = &t.memory.participants[5].registration;
                let held = Registration(last.load(crate::Ordering::Relaxed));
                last.store(held.given_back().0, crate::Ordering::Relaxed);
            })
        },
        [open, open],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    let opened = || Seen::Bytes(Vec::from(*b"opened"), 0);
    exactly(
        seen,
        [[2, 3], [3, 2], [2, 0], [0, 2]].map(|got| (got, opened())),
    );
}
