//! Blocks that are made zero before they are free: against those who free the same one late, against readers, and
//! with a death in the middle.
use super::crash::{Crash, at_every_step};
use super::store::{DEAD, Seen, Size};
use super::{Bounds, Store, Table, exactly, key, outcomes};
use crate::arena::Announce;
use crate::layout::GRANULE_WORDS;
use crate::participant::Intent;
use crate::state::{BlockHeader, BlockRef, BlockState, Role};
use crate::sync::Ordering;
use crate::{Registration, Swept, register};
use std::vec::Vec;

/// Four blocks of a table that wipes.
const WIPING: Size = Size {
    wipe: true,
    ..Size::BLOCKS
};

const OLD: &[u8] = b"old, old, old";
const NEW: &[u8] = b"new new new new";

fn bytes(value: &[u8]) -> Seen {
    Seen::Bytes(Vec::from(value), 0)
}

/// The first use of the first block.
const FIRST: BlockRef = BlockRef::new(0, 1);

fn one_value() -> Store {
    Store::new(WIPING, |t| {
        t.set_bytes(&key(0), OLD).expect("room");
        assert!(t.memory.block(FIRST).is_some(), "the first block");
    })
}

/// Nothing of what a free block held is left.
fn audit(t: &mut Table<'_>) {
    t.audit();
    for block in 0..4 {
        let words = t.memory.granules(block).expect("a block");
        let header = BlockHeader(words[0].load(Ordering::Acquire));
        let rest = &words[1..GRANULE_WORDS];
        assert!(
            header.state() != BlockState::Free
                || rest.iter().all(|word| word.load(Ordering::Acquire) == 0),
            "block {block} is free and not zero"
        );
    }
}

/// Takes the first block as soon as it is free.
fn set_in_first(t: &mut Table<'_>, number: u64) {
    t.local.cursors = [(0, 0); 1];
    t.set_bytes(&key(number), NEW).expect("room");
}

/// Two know that a block is dead, and one of them uses it again at once: the other stores no zero in it.
#[test]
fn late_freer_of_a_wiped_block() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 94,
    };
    let seen = outcomes(
        "late_freer_of_a_wiped_block",
        bounds,
        || {
            // Died right after its delete took effect.
            Store::with_death(
                WIPING,
                |t| t.set_bytes(&key(0), OLD).expect("room"),
                1,
                |t| assert!(t.remove(&key(0))),
            )
        },
        [
            |t: &mut Table<'_>| {
                t.memory.free(FIRST, t.local.number());
                set_in_first(t, 6);
            },
            |t| t.memory.free(FIRST, t.local.number()),
        ],
        |t| {
            audit(t);
            t.get(&key(6))
        },
    );
    exactly(seen, [([(), ()], bytes(NEW))]);
}

/// Zeros are no value: whoever reads one finds that the entry has changed.
#[test]
fn zeros_are_never_a_value() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 531,
    };
    let seen = outcomes(
        "zeros_are_never_a_value",
        bounds,
        one_value,
        [
            |t: &mut Table<'_>| {
                t.set_bytes(&key(0), NEW).expect("room");
                Seen::Nothing
            },
            |t| t.get(&key(0)),
        ],
        |t| {
            audit(t);
            t.get(&key(0))
        },
    );
    exactly(
        seen,
        [OLD, NEW].map(|value| ([Seen::Nothing, bytes(value)], bytes(NEW))),
    );
}

/// The same of a value in chunks, whose index becomes zero too.
#[test]
fn zeros_are_never_a_chunked_value() {
    const LONG: &[u8] = b"a value of two chunks";
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 1_620,
    };
    let seen = outcomes(
        "zeros_are_never_a_chunked_value",
        bounds,
        || Store::new(WIPING, |t| t.set_bytes(&key(0), LONG).expect("room")),
        [
            |t: &mut Table<'_>| {
                assert!(t.remove(&key(0)));
                Seen::Nothing
            },
            |t| t.get(&key(0)),
        ],
        |t| {
            audit(t);
            t.get(&key(0))
        },
    );
    exactly(
        seen,
        [
            ([Seen::Nothing, bytes(LONG)], Seen::Nothing),
            ([Seen::Nothing, Seen::Nothing], Seen::Nothing),
        ],
    );
}

#[test]
fn crash_of_an_overwrite_that_wipes() {
    at_every_step(Crash {
        name: "crash_of_an_overwrite_that_wipes",
        bounds: Bounds {
            preemptions: (2, 3),
            least: 6_592,
        },
        make: one_value,
        dying: |t| t.set_bytes(&key(0), b"dying").expect("room"),
        other: |t| t.set_patiently(&key(0), NEW),
        check: |t, _| {
            audit(t);
            let value = t.get(&key(0));
            assert!(value == bytes(NEW) || value == bytes(b"dying"), "{value:?}");
        },
    });
}

#[test]
fn crash_of_a_delete_that_wipes() {
    at_every_step(Crash {
        name: "crash_of_a_delete_that_wipes",
        bounds: Bounds {
            preemptions: (2, 3),
            least: 1_124,
        },
        make: one_value,
        dying: |t| {
            t.remove(&key(0));
        },
        other: |t| set_in_first(t, 6),
        check: |t, survived| {
            audit(t);
            assert_eq!(t.get(&key(6)), bytes(NEW));
            let value = t.get(&key(0));
            let is_gone = value == Seen::Nothing;
            assert!(is_gone || !survived && value == bytes(OLD), "{value:?}");
        },
    });
}

/// Participant 5 died with a block half zero; another value is in the next one.
fn half_wiped() -> Store {
    let store = Store::with_death(
        WIPING,
        |t| {
            t.set_bytes(&key(0), OLD).expect("room");
            t.set_bytes(&key(1), OLD).expect("room");
        },
        5,
        |t| assert!(t.remove(&key(0))),
    );
    store.with(9, |t| {
        let header = t.memory.granules(0).expect("a block")[0].load(Ordering::Acquire);
        let header = BlockHeader(header);
        assert_eq!((header.state(), header.owner()), (BlockState::Wiping, DEAD));
    });
    store
}

fn recover(t: &mut Table<'_>) -> u64 {
    let mut swept = Swept::default();
    let judged = Registration(0).taken_by(0);
    t.recover(5, judged, &mut swept).expect("recovered");
    swept.blocks
}

/// Takes the second block if it is free, or the next that is, and fills it.
fn take_block(t: &mut Table<'_>) {
    t.local.cursors = [(0, 1); 1];
    let announce = Announce::Intent(Intent::New);
    t.allocate_filled(NEW, 0, 0, Role::Value, announce)
        .expect("room");
}

/// The bytes of the block that was taken, which is free again afterwards.
fn taken(t: &mut Table<'_>) -> Vec<u8> {
    for granule in 0..4 {
        let words = t.memory.granules(granule).expect("a block");
        let header = BlockHeader(words[0].load(Ordering::Acquire));
        let reference = BlockRef::new(granule, header.generation());
        if let Some(block) = t.memory.block(reference).filter(|_| header.owner() == 1) {
            let mut bytes = std::vec![0; NEW.len()];
            block.copy_out(&mut bytes);
            t.memory.free(reference, t.local.number());
            return bytes;
        }
    }
    Vec::new()
}

/// Two recoverers of one wiper: one of them goes on with its block. The other comes so late that the record is another's,
/// who wipes too: it leaves that block alone, or two would have it, and one of them stores zeros in what a third took.
#[test]
fn two_recoverers_of_a_wiper() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 6_049,
    };
    let seen = outcomes(
        "two_recoverers_of_a_wiper",
        bounds,
        half_wiped,
        [
            |t: &mut Table<'_>| {
                let wiped = recover(t);
                take_block(t);
                wiped
            },
            |t| {
                let wiped = recover(t);
                if let Some(mut local) = register(t.memory, t.host, 0).expect("room") {
                    let mut renewed = Table {
                        memory: t.memory,
                        host: t.host,
                        local: &mut local,
                    };
                    assert!(renewed.remove(&key(1)));
                }
                wiped
            },
        ],
        |t| {
            let bytes = taken(t);
            t.sweep(&mut Swept::default()).expect("swept");
            audit(t);
            bytes
        },
    );
    let whole = || Vec::from(NEW);
    exactly(seen, [([1, 0], whole()), ([0, 1], whole())]);
}
