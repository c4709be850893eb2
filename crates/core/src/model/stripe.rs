//! Striped counters: additions against everything that makes the counter plain, takes it away, or uses its lanes
//! again.
use super::store::{Seen, Size};
use super::{Bounds, Store, Table, exactly, key, outcomes};
use crate::find::Look;
use crate::read::Number;
use crate::state::GroupRef;
use crate::stripe::Stripe;

/// Adds without looking at the result; -1: the bucket was full of others' cells.
fn add(t: &mut Table<'_>, number: u64, delta: i64) -> i64 {
    t.add_striped(&key(number), delta).expect("a number");
    0
}

fn take(t: &mut Table<'_>, number: u64) -> i64 {
    match t.take(&key(number)) {
        Ok(Some(Number::Integer(taken))) => taken,
        other => panic!("{other:?}"),
    }
}

fn striped() -> Store {
    Store::new(Size::STRIPES, |t| {
        add(t, 0, 1);
    })
}

/// Two participants add while the counter is not there yet: one group, one entry, both additions.
#[test]
fn two_first_additions() {
    let bounds = Bounds {
        preemptions: (3, 5),
        least: 8_294,
    };
    let seen = outcomes(
        "two_first_additions",
        bounds,
        || Store::new(Size::STRIPES, |_| {}),
        [|t: &mut Table<'_>| add(t, 0, 1), |t| add(t, 0, 2)],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    exactly(seen, [([0, 0], Seen::Number(3))]);
}

/// Additions against a take: what was added was taken, or is still there.
#[test]
fn take_of_a_striped_counter_loses_nothing() {
    let bounds = Bounds {
        preemptions: (3, 4),
        least: 6_487,
    };
    let seen = outcomes(
        "take_of_a_striped_counter_loses_nothing",
        bounds,
        striped,
        [
            |t: &mut Table<'_>| {
                add(t, 0, 2);
                add(t, 0, 4)
            },
            |t| take(t, 0),
        ],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    exactly(
        seen,
        [
            ([0, 1], Seen::Number(6)),
            ([0, 3], Seen::Number(4)),
            ([0, 7], Seen::Number(0)),
        ],
    );
}

/// An addition that was found in time but comes late, after the counter was deleted and its lanes belong to another
/// key: it begins the counter anew, and does not touch the other's.
#[test]
fn late_addition_to_reused_lanes() {
    let bounds = Bounds {
        preemptions: (1, 1),
        least: 59_728,
    };
    let seen = outcomes(
        "late_addition_to_reused_lanes",
        bounds,
        striped,
        [
            |t: &mut Table<'_>| add(t, 0, 2),
            |t| {
                assert!(t.remove(&key(0)));
                add(t, 6, 8)
            },
        ],
        |t| {
            t.audit();
            (t.get(&key(0)), t.get(&key(6)))
        },
    );
    exactly(
        seen,
        [
            ([0, 0], (Seen::Nothing, Seen::Number(8))),
            ([0, 0], (Seen::Number(2), Seen::Number(8))),
        ],
    );
}

/// A read sums the lanes while somebody adds to both: every addition before it is in it, none after it.
#[test]
fn sum_against_additions() {
    let bounds = Bounds {
        preemptions: (3, 4),
        least: 1_645,
    };
    let seen = outcomes(
        "sum_against_additions",
        bounds,
        striped,
        [
            |t: &mut Table<'_>| match t.get(&key(0)) {
                Seen::Number(sum) => sum,
                other => panic!("{other:?}"),
            },
            |t| add(t, 0, 2),
            |t| add(t, 0, 4),
        ],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    exactly(seen, [1, 3, 5, 7].map(|sum| ([sum, 0, 0], Seen::Number(7))));
}

/// A read sums the lanes while the counter is made plain and its lanes become another's: never a mixture.
#[test]
fn sum_against_reused_lanes() {
    let bounds = Bounds {
        preemptions: (2, 3),
        least: 28_436,
    };
    let seen = outcomes(
        "sum_against_reused_lanes",
        bounds,
        striped,
        [
            |t: &mut Table<'_>| match t.get(&key(0)) {
                Seen::Number(sum) => sum,
                other => panic!("{other:?}"),
            },
            |t| {
                let sum = t.incr(&key(0), 2);
                add(t, 6, 8);
                sum
            },
        ],
        |t| {
            t.audit();
            (t.get(&key(0)), t.get(&key(6)))
        },
    );
    exactly(
        seen,
        [1, 3].map(|sum| ([sum, 3], (Seen::Number(3), Seen::Number(8)))),
    );
}

/// A handle adds to a lane without looking at the entry, after it saw that the counter is gone (it is killed as
/// eviction does it, without being made plain): the addition begins the counter anew.
#[test]
fn addition_by_a_handle_after_a_delete() {
    let bounds = Bounds {
        preemptions: (1, 2),
        least: 4_022,
    };
    let seen = outcomes(
        "addition_by_a_handle_after_a_delete",
        bounds,
        striped,
        [
            |t: &mut Table<'_>| {
                let before = t.get(&key(0));
                // What the first addition of a model's table gave its handle.
                let stripe = Stripe {
                    reference: GroupRef::new(0, 1),
                    lane: 0,
                };
                if !t.memory.add_at_stripe(&stripe, 4) {
                    add(t, 0, 4);
                }
                before
            },
            |t| match t.memory.find(&key(0)) {
                Ok(Look::Hit(found)) => {
                    let killed = t.kill(&found).expect("a good table");
                    Seen::Number(i64::from(killed.is_ok()))
                }
                other => panic!("{other:?}"),
            },
        ],
        |t| {
            t.audit();
            t.get(&key(0))
        },
    );
    let (one, two) = (Seen::Number(1), Seen::Number(4));
    let outcome = |before, killed, after| ([before, Seen::Number(killed)], after);
    exactly(
        seen,
        [
            outcome(one.clone(), 1, Seen::Nothing),
            outcome(one.clone(), 1, two.clone()),
            outcome(Seen::Nothing, 1, two),
            // The addition met a frozen lane first, and made the counter plain.
            outcome(one, 0, Seen::Number(5)),
        ],
    );
}
