//! Upkeep against writers: the hint of the sweep, `clear` under a split, removal while the table grows.
use super::store::{NOW, Seen, Size};
use super::{Bounds, Store, Table, exactly, key, outcomes};
use crate::Swept;
use crate::find::Look;
use crate::layout::control;
use crate::sync::Ordering;
use crate::update::When;

/// A hint that says "something ends at 105", though that is gone, and an entry that stays.
fn stale_hint() -> Store {
    Store::new(Size::BUCKET, |t| {
        t.incr(&key(0), 5);
        let hint = NOW.expiry_in(5).expect("soon").to_word();
        t.memory.buckets[0]
            .expiry_hint
            .store(hint, Ordering::Relaxed);
    })
}

/// Lets the time of the entry pass. Then what a sweep removes that believes the hint, and what one removes that does
/// not.
fn sweeps(t: &mut Table<'_>) -> [u64; 2] {
    t.audit();
    t.host.now.store(150, Ordering::Relaxed);
    // The hand of round 1, which believes the hints, and of round 16, which does not.
    [1, 16].map(|round| {
        t.memory.control[control::EXPIRE_HAND].store(round, Ordering::Relaxed);
        let mut swept = Swept::default();
        t.sweep_some(1, &mut swept).expect("swept");
        swept.expired
    })
}

/// Amendment 14: an entry is given an end while a sweep scans its bucket. The sweep may have read the hint after it
/// was lowered, and the entry before it was changed; then it takes the hint away. So the hint may be wrong, and the
/// sweep that ignores it finds the entry always.
#[test]
fn sweep_against_a_new_end() {
    let bounds = Bounds {
        preemptions: (3, 5),
        least: 45,
    };
    let seen = outcomes(
        "sweep_against_a_new_end",
        bounds,
        stale_hint,
        [
            |t: &mut Table<'_>| t.sweep(&mut Swept::default()).is_ok(),
            |t| {
                let expiry = NOW.expiry_in(3).expect("soon");
                t.touch(&key(0), expiry, When::Always) == Ok(crate::Outcome::Done)
            },
        ],
        sweeps,
    );
    exactly(seen, [([true, true], [1, 0]), ([true, true], [0, 1])]);
}

/// Amendment 23: `clear` removes every key that was there throughout, also those that a split carries away.
#[test]
fn clear_against_split() {
    let bounds = Bounds {
        preemptions: (1, 3),
        least: 1_019,
    };
    let seen = outcomes(
        "clear_against_split",
        bounds,
        || {
            Store::new(Size::SPLIT, |t| {
                // The only key is in the last cell, and moves: nothing is looked at after it but the control word.
                for number in [0, 2, 1] {
                    t.incr(&key(number), 5);
                }
                assert!(t.remove(&key(0)) && t.remove(&key(2)));
            })
        },
        [
            |t: &mut Table<'_>| {
                if let Ok(Look::Miss(place)) = t.memory.find(&key(3)) {
                    t.split(place).expect("room");
                }
                true
            },
            |t| t.clear().expect("cleared") == 1,
        ],
        |t| {
            t.audit();
            [0, 1, 2].map(|number| t.get(&key(number)))
        },
    );
    let nothing = [0; 3].map(|_| Seen::Nothing);
    exactly(seen, [([true, true], nothing)]);
}

/// Amendment 24: the mark of a removed table shares its word with the growth hint, and stays.
#[test]
fn removal_against_growth() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 44,
    };
    let seen = outcomes(
        "removal_against_growth",
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
                let _ = t.try_incr(&key(6));
                let _ = t.try_incr(&key(8));
            },
            |t| t.memory.mark_removed(),
        ],
        |t| {
            t.audit();
            (t.memory.is_removed(), t.try_incr(&key(1)), t.get(&key(3)))
        },
    );
    exactly(seen, [([(), ()], (true, false, Seen::Number(5)))]);
}
