//! Death before every step of an operation, while another thread works on the same key: the survivor finishes
//! without waiting, the outcome is one that the operation allows, and after recovery and upkeep nothing is lost.
use super::fuse::dies_at;
use super::store::{Seen, Size, after_a_death, long_key};
use super::{Actor, Bounds, Store, Table, explore, key, report};
use crate::Swept;
use std::vec::Vec;

/// What one death at one step is checked with.
#[derive(Clone, Copy)]
pub(super) struct Crash {
    pub(super) name: &'static str,
    pub(super) bounds: Bounds,
    pub(super) make: fn() -> Store,
    pub(super) dying: Actor<()>,
    pub(super) other: Actor<()>,
    /// Shown the table afterwards, and whether the dying operation survived.
    pub(super) check: fn(&mut Table<'_>, bool),
}

/// Runs the situation with a death before step 0, 1, 2 and so on, until the operation outlives its fuse in every
/// interleaving.
pub(super) fn at_every_step(crash: Crash) {
    let mut executions = 0;
    let mut steps = 0;
    for step in 0.. {
        let died = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let witness = died.clone();
        executions += explore(crash.bounds, move || {
            let store = loom::sync::Arc::new((crash.make)());
            let dying = {
                let store = store.clone();
                loom::thread::spawn(move || {
                    store.with(1, |t| dies_at(step, || (crash.dying)(t)).is_some())
                })
            };
            store.with(2, crash.other);
            let survived = dying.join().expect("no panic but death");
            if !survived {
                witness.store(true, std::sync::atomic::Ordering::Relaxed);
                let judged = crate::Registration(0).taken_by(0);
                store
                    .with(9, |t| t.recover(1, judged, &mut Swept::default()))
                    .expect("recovered");
            }
            store.with(9, |t| {
                t.sweep(&mut Swept::default()).expect("swept");
                (crash.check)(t, survived);
                t.audit();
            });
        });
        if !died.load(std::sync::atomic::Ordering::Relaxed) {
            break;
        }
        steps = step + 1;
    }
    std::eprintln!("model {}: a death before each of {steps} steps", crash.name);
    report(crash.name, crash.bounds, executions);
}

#[test]
fn crash_of_an_insert() {
    at_every_step(Crash {
        name: "crash_of_an_insert",
        bounds: Bounds {
            preemptions: (2, 3),
            least: 3_180,
        },
        make: || Store::new(Size::BUCKET, |_| {}),
        dying: |t| {
            t.incr(&key(0), 1);
        },
        other: |t| {
            t.incr(&key(0), 1);
        },
        check: |t, survived| {
            let value = t.get(&key(0));
            let allowed = if survived { 2..=2 } else { 1..=2 };
            assert!(
                allowed.into_iter().any(|n| value == Seen::Number(n)),
                "{value:?}"
            );
        },
    });
}

#[test]
fn crash_of_a_delete() {
    at_every_step(Crash {
        name: "crash_of_a_delete",
        bounds: Bounds {
            preemptions: (2, 3),
            least: 6_328,
        },
        make: || {
            Store::new(Size::BLOCKS, |t| {
                t.set_bytes(&key(0), b"value").expect("room")
            })
        },
        dying: |t| {
            t.remove(&key(0));
        },
        other: |t| {
            t.set_bytes(&key(0), b"other").expect("room");
            t.incr(&key(8), 7);
        },
        check: |t, _| {
            let value = t.get(&key(0));
            let other = Seen::Bytes(Vec::from(b"other"), 0);
            assert!(value == Seen::Nothing || value == other, "{value:?}");
            assert_eq!(t.get(&key(8)), Seen::Number(7));
        },
    });
}

#[test]
fn crash_of_an_overwrite() {
    at_every_step(Crash {
        name: "crash_of_an_overwrite",
        bounds: Bounds {
            preemptions: (2, 3),
            least: 3_826,
        },
        make: || {
            Store::new(Size::BLOCKS, |t| {
                t.set_bytes(&key(0), b"value").expect("room")
            })
        },
        dying: |t| t.set_bytes(&key(0), b"dying").expect("room"),
        other: |t| {
            let value = t.get(&key(0));
            let allowed: [&[u8]; 2] = [b"value", b"dying"];
            assert!(
                allowed
                    .iter()
                    .any(|bytes| value == Seen::Bytes(Vec::from(*bytes), 0)),
                "{value:?}"
            );
            t.set_bytes(&key(0), b"other").expect("room");
        },
        check: |t, _| {
            let value = t.get(&key(0));
            let allowed: [&[u8]; 2] = [b"other", b"dying"];
            assert!(
                allowed
                    .iter()
                    .any(|bytes| value == Seen::Bytes(Vec::from(*bytes), 0)),
                "{value:?}"
            );
        },
    });
}

#[test]
fn crash_of_a_split() {
    at_every_step(Crash {
        name: "crash_of_a_split",
        bounds: Bounds {
            preemptions: (1, 2),
            least: 42_860,
        },
        make: || {
            Store::new(Size::SPLIT, |t| {
                for number in [0, 1, 2] {
                    t.incr(&key(number), 5);
                }
            })
        },
        dying: |t| {
            t.incr(&key(3), 1);
        },
        other: |t| {
            t.incr(&key(1), 1);
            t.incr(&key(4), 1);
        },
        check: |t, survived| {
            let values = [0, 1, 2, 4].map(|number| t.get(&key(number)));
            assert_eq!(values, [5, 6, 5, 1].map(Seen::Number));
            let value = t.get(&key(3));
            assert!(
                value == Seen::Number(1) || !survived && value == Seen::Nothing,
                "{value:?}"
            );
        },
    });
}

/// The block of a long key, and the one of its value.
#[test]
fn crash_of_a_long_key() {
    at_every_step(Crash {
        name: "crash_of_a_long_key",
        bounds: Bounds {
            preemptions: (1, 2),
            least: 2_113,
        },
        make: || Store::new(Size::BLOCKS, |_| {}),
        dying: |t| {
            t.incr(&long_key(0), 1);
        },
        other: |t| {
            t.incr(&long_key(0), 1);
        },
        check: |t, survived| {
            let value = t.get(&long_key(0));
            let allowed = if survived { 2..=2 } else { 1..=2 };
            assert!(
                allowed.into_iter().any(|n| value == Seen::Number(n)),
                "{value:?}"
            );
        },
    });
}

/// The cell of a dead process, whose block is freed before the cell is claimed.
#[test]
fn crash_of_an_insert_into_a_dead_cell() {
    at_every_step(Crash {
        name: "crash_of_an_insert_into_a_dead_cell",
        bounds: Bounds {
            preemptions: (1, 2),
            least: 5_007,
        },
        make: after_a_death,
        dying: |t| {
            let _ = t.try_incr(&key(6));
        },
        other: |t| {
            let _ = t.try_incr(&key(6));
        },
        check: |t, survived| {
            let value = t.get(&key(6));
            assert!(
                matches!(value, Seen::Number(1..=2)) || !survived && value == Seen::Nothing,
                "{value:?}"
            );
            assert_eq!([1, 2].map(|n| t.get(&key(n))), [5, 5].map(Seen::Number));
        },
    });
}

/// Amendment 5: the index and the chunks of a long value that was never published, while another takes blocks for one.
#[test]
fn crash_of_a_chunked_value() {
    at_every_step(Crash {
        name: "crash_of_a_chunked_value",
        bounds: Bounds {
            preemptions: (1, 1),
            least: 135_760,
        },
        make: || {
            Store::new(
                Size {
                    segments: 2,
                    ..Size::BLOCKS
                },
                |_| {},
            )
        },
        dying: |t| {
            t.set_bytes(&key(0), b"the value of the dying")
                .expect("room");
        },
        other: |t| {
            t.set_bytes(&key(6), b"the value of the living")
                .expect("room");
        },
        check: |t, survived| {
            let bytes = |bytes: &[u8]| Seen::Bytes(Vec::from(bytes), 0);
            assert_eq!(t.get(&key(6)), bytes(b"the value of the living"));
            let value = t.get(&key(0));
            let is_there = value == bytes(b"the value of the dying");
            assert!(is_there || !survived && value == Seen::Nothing, "{value:?}");
        },
    });
}

/// A segment that is emptied, and one that is cut.
#[test]
fn crash_of_a_segment_change() {
    at_every_step(Crash {
        name: "crash_of_a_segment_change",
        bounds: Bounds {
            preemptions: (1, 2),
            least: 4_209,
        },
        make: super::store::cut_anew,
        dying: |t| {
            let _ = t.assign_segment(0, 0);
            let _ = t.empty_segment(0);
        },
        other: |t| {
            // A segment in the hands of the dying is nobody's until recovery.
            let _ = t.set_bytes(&key(0), b"bytes");
        },
        check: |t, _| {
            t.set_patiently(&key(6), b"after");
            assert_eq!(t.get(&key(6)), Seen::Bytes(Vec::from(*b"after"), 0));
            t.set_patiently(&key(8), b"all");
            t.set_patiently(&key(6), b"blocks");
            t.set_patiently(&key(8), b"are there");
        },
    });
}

/// Making a counter striped, adding, and making it plain, with a death before each step.
#[test]
fn crash_of_a_striped_addition() {
    at_every_step(Crash {
        name: "crash_of_a_striped_addition",
        bounds: Bounds {
            preemptions: (2, 3),
            least: 1_080,
        },
        make: || {
            Store::new(Size::STRIPES, |t| {
                t.incr(&key(0), 1);
            })
        },
        dying: |t| {
            t.add_striped(&key(0), 2).expect("a number");
        },
        other: |t| {
            t.add_striped(&key(0), 4).expect("a number");
        },
        check: |t, survived| {
            let value = t.get(&key(0));
            let whole = value == Seen::Number(7);
            assert!(whole || !survived && value == Seen::Number(5), "{value:?}");
        },
    });
}

#[test]
fn crash_of_making_a_counter_plain() {
    at_every_step(Crash {
        name: "crash_of_making_a_counter_plain",
        bounds: Bounds {
            preemptions: (3, 4),
            least: 2_503,
        },
        make: || {
            Store::new(Size::STRIPES, |t| {
                t.add_striped(&key(0), 1).expect("a number");
            })
        },
        dying: |t| {
            t.incr(&key(0), 2);
        },
        other: |t| {
            t.add_striped(&key(0), 4).expect("a number");
        },
        check: |t, survived| {
            let value = t.get(&key(0));
            let whole = value == Seen::Number(7);
            assert!(whole || !survived && value == Seen::Number(5), "{value:?}");
        },
    });
}
