//! The hot path of counters: a change of a plain integer that is there and never ends.
//!
//! It needs no participant: it notes no intent and takes effect at one `cas`, so a death leaves nothing. What it
//! does not know how to do it leaves to [`crate::Session::count`]. Format: docs/format.md 9.4.
use crate::Host;
use crate::find::{Found, Look};
use crate::key::Key;
use crate::layout::ROUNDS_MAX;
use crate::memory::{Bucket, CellPair, Memory};
use crate::read::Mark;
use crate::state::{CellHi, ControlHi};

/// Where a counter was found: good for as long as nothing in its bucket changes but numbers.
#[derive(Debug, Clone, Copy)]
pub struct Spot {
    bucket: u64,
    cell: usize,
    hi: CellHi,
    control: ControlHi,
}

impl Memory<'_> {
    /// Adds to an integer that is there and never ends, and returns the result. `None`: nothing was done, and it
    /// takes a [`crate::Session`] to say why or to do it.
    #[inline(always)]
    pub fn add(&self, host: &impl Host, key: &Key<'_>, delta: i64) -> Option<i64> {
        let step = self.step(host, key, |number| number.checked_add(delta))?;
        Some(step.after)
    }

    /// Replaces an integer that is there and never ends, and returns what it was. `None`: as for [`Self::add`].
    #[inline(always)]
    pub fn swap(&self, host: &impl Host, key: &Key<'_>, number: i64) -> Option<i64> {
        let step = self.step(host, key, |_| Some(number))?;
        Some(step.before)
    }

    #[inline(always)]
    fn step(
        &self,
        host: &impl Host,
        key: &Key<'_>,
        next: impl Fn(i64) -> Option<i64>,
    ) -> Option<Step> {
        let found = self.find_plain(key)?;
        let bucket = self.bucket(found.bucket).ok()?;
        let step = step_at(bucket, found.cell, found.pair, next)?;
        self.changed(host, found.bucket, bucket);
        self.mark_used(&found, Mark::Used);
        Some(step)
    }

    /// Finds the counter, for [`Self::add_at`]. `None`: it is not a plain integer, or not there.
    pub fn spot(&self, key: &Key<'_>) -> Option<Spot> {
        let found = self.find_plain(key)?;
        Some(Spot {
            bucket: found.bucket,
            cell: found.cell,
            hi: found.pair.hi,
            control: found.control.hi,
        })
    }

    /// Adds to the counter in a spot, and returns the result. `None`: nothing was done; something in the bucket has
    /// changed, and the counter must be found again.
    ///
    /// The control word counts as it does for a search: as long as it is the same, the cell is published with the
    /// same key, and the exchange expects its incarnation.
    #[inline(always)]
    pub fn add_at(&self, host: &impl Host, spot: &Spot, delta: i64) -> Option<i64> {
        let bucket = self.bucket(spot.bucket).ok()?;
        if bucket.control_hi() != spot.control || self.geom().is_removed() {
            return None;
        }
        // Acquire [value]: as for a search.
        let pair = bucket.cells.get(spot.cell)?.load();
        if pair.hi != spot.hi {
            return None;
        }
        let step = step_at(bucket, spot.cell, pair, |number| number.checked_add(delta))?;
        self.changed(host, spot.bucket, bucket);
        Some(step.after)
    }

    #[inline(always)]
    fn find_plain(&self, key: &Key<'_>) -> Option<Found> {
        let geom = self.geom();
        if geom.is_removed() {
            return None;
        }
        match self.attempt(self.home(geom, key.hash), key) {
            Ok(Some(Look::Hit(found))) if found.pair.hi.is_plain_integer() => Some(found),
            _ => None,
        }
    }
}

/// A number before and after its change.
struct Step {
    before: i64,
    after: i64,
}

/// Changes a plain integer, as long as it is the same incarnation. `None` too if there is no next number.
#[inline(always)]
fn step_at(
    bucket: &Bucket,
    cell: usize,
    mut seen: CellPair,
    next: impl Fn(i64) -> Option<i64>,
) -> Option<Step> {
    let hi = seen.hi;
    for round in 0..ROUNDS_MAX {
        let before = seen.lo.cast_signed();
        let after = next(before)?;
        let new = CellPair {
            lo: after.cast_unsigned(),
            hi,
        };
        match bucket.cells[cell].cas(seen, new) {
            Ok(()) => return Some(Step { before, after }),
            Err(now) if now.hi == hi => seen = now,
            Err(_) => return None,
        }
        crate::update::back_off(round);
    }
    None
}
