//! Striped counters: a number that many processes add to at the same time, as the sum of lanes in lines of their own.
//!
//! A cell of kind STRIPED refers to a group of lanes. An addition is one `cas` on a lane, which is open for exactly
//! as long as the group is the entry's: whoever wants to change the entry in any other way freezes all lanes first,
//! whose sum is then the number, and makes it a plain integer again. So no addition is lost, none comes too late,
//! and everything but the addition and reads works as it does for plain integers.
//!
//! Steps of making a counter striped, and what a death leaves:
//! 1. take a group, noted in our record (recovery frees it)
//! 2. open its lanes, the number in the first (as 1)
//! 3. pair INTEGER -> STRIPED by one `cas`, or an insert (done)
//!
//! Steps of making it plain: 1. note the group (nothing happened); 2. freeze lane by lane (whoever adds to a frozen
//! lane goes on with these steps); 3. pair STRIPED -> INTEGER by one `cas` (recovery frees the group); 4. free it.
//! A group is never used for anything else, and its generation never repeats: an exchange that was prepared before a
//! lane was frozen fails, however late it comes. Format: docs/format.md 7.4 and 9.4.4.
use crate::Host;
use crate::error::{CountError, WriteError};
use crate::find::{Found, Look};
use crate::geometry::STRIPE_GROUP_BYTES;
use crate::insert::Inserted;
use crate::key::Key;
use crate::layout::{LANES, ROUNDS_MAX};
use crate::memory::{CellPair, Lane, Memory, Region, StripeGroup, index};
use crate::participant::{Session, StripeIntent};
use crate::read::is_current;
use crate::state::{CellHi, Expiry, GroupHeader, GroupRef, Kind, LaneTag, State};
use crate::sync::{Ordering, fence};
use crate::update::{Count, back_off};
use crate::value::Stored;

/// Where a striped counter was found, and which lane is ours: good until the counter is anything but added to.
#[derive(Debug, Clone, Copy)]
pub struct Stripe {
    pub(crate) reference: GroupRef,
    pub(crate) lane: usize,
}

/// What an addition to a lane came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Added {
    Done,
    /// Somebody makes the counter plain, or began to and died.
    Frozen,
    /// The group is another counter's by now.
    Gone,
}

impl<H: Host> Session<'_, H> {
    /// Adds to a counter without looking at the result, modulo 2^64. A plain integer becomes striped, a missing key
    /// counts as 0; one that has an expiry stays plain, and so does one for which there is no group left. Returns
    /// where to add the next time, if it is striped.
    ///
    /// # Errors
    /// [`CountError`]; then nothing has changed.
    pub fn add_striped(&mut self, key: &Key<'_>, delta: i64) -> Result<Option<Stripe>, CountError> {
        let mut staged = None;
        let result = self.add_striped_with(key, delta, &mut staged);
        if let Some(reference) = staged {
            if !matches!(result, Ok(Some(stripe)) if stripe.reference == reference) {
                self.memory.free_group(reference);
            }
            self.intend_stripes(None);
        }
        result
    }

    fn add_striped_with(
        &mut self,
        key: &Key<'_>,
        delta: i64,
        staged: &mut Option<GroupRef>,
    ) -> Result<Option<Stripe>, CountError> {
        for round in 0..ROUNDS_MAX {
            let (from, found) = match self.look(key)? {
                Look::Hit(found) if found.pair.hi.kind() == Kind::Striped => {
                    let stripe = self.stripe(GroupRef(found.pair.lo));
                    match self.memory.add_to_lane(&stripe, delta) {
                        Added::Done => return Ok(Some(stripe)),
                        Added::Frozen => {
                            if let Some(reference) = staged.take() {
                                self.memory.free_group(reference);
                            }
                            self.make_plain(&found)?;
                        }
                        Added::Gone => {}
                    }
                    back_off(round);
                    continue;
                }
                Look::Hit(found) => (found.plain_integer(&|| self.host.now())?, Look::Hit(found)),
                Look::Miss(place) => (Some(0), Look::Miss(place)),
            };
            let Some(from) = from else {
                return self.add_plainly(key, delta);
            };
            if staged.is_none() {
                *staged = self.take_group(key.hash & 0xffff_ffff)?;
            }
            let Some(reference) = *staged else {
                return self.add_plainly(key, delta);
            };
            self.memory.open_lanes(reference, from.wrapping_add(delta));
            if self.publish_stripes(key, found, reference)? {
                return Ok(Some(self.stripe(reference)));
            }
        }
        Err(WriteError::Busy.into())
    }

    /// Makes an entry refer to a group. `false`: the entry has changed meanwhile.
    fn publish_stripes(
        &mut self,
        key: &Key<'_>,
        found: Look,
        reference: GroupRef,
    ) -> Result<bool, WriteError> {
        let stored = Stored {
            lo: reference.0,
            kind: Kind::Striped,
        };
        match found {
            Look::Hit(found) if found.pair.hi.state() == State::Moving => {
                self.help_split(found.bucket)?;
                Ok(false)
            }
            Look::Hit(found) => Ok(self.replace(&found, stored, Expiry::NEVER)?.is_ok()),
            Look::Miss(place) => {
                let done = self.insert(key, place, stored, Expiry::NEVER)? == Inserted::Done;
                if done {
                    self.grow_in_order(key.hash);
                }
                Ok(done)
            }
        }
    }

    fn add_plainly(&mut self, key: &Key<'_>, delta: i64) -> Result<Option<Stripe>, CountError> {
        let count = Count {
            delta,
            initial: Some(0),
            expiry: Expiry::NEVER,
            floor: None,
        };
        self.count(key, count).map(|_| None)
    }

    fn stripe(&self, reference: GroupRef) -> Stripe {
        Stripe {
            reference,
            lane: index(self.local.number()) % LANES,
        }
    }

    /// Takes a group that is free. `None`: there is none, or no memory for it.
    fn take_group(&mut self, hash: u64) -> Result<Option<GroupRef>, WriteError> {
        let memory = self.memory;
        for (number, group) in (0..).zip(memory.stripes) {
            let at = memory.geometry.stripes_at + number * STRIPE_GROUP_BYTES;
            match memory.ensure_committed(self.host, Region::Index, at, STRIPE_GROUP_BYTES) {
                Ok(()) => {}
                Err(WriteError::Full(_)) => return Ok(None),
                Err(error) => return Err(error),
            }
            // Acquire [stripe]: the lanes as the last use left them.
            let seen = GroupHeader(group.header.load(Ordering::Acquire));
            if seen.is_used() {
                continue;
            }
            let taken = seen.taken_by(self.local.number());
            let reference = GroupRef::new(number, taken.generation());
            self.intend_stripes(Some((reference, StripeIntent::New)));
            // Release [intent]: who finds the group ours finds the intent. Acquire [stripe]: as the load above.
            if group.header.cas(seen.0, taken.0, Ordering::AcqRel).is_ok() {
                // Release [reuse]: the header comes before the lanes, for whoever reads one of them.
                fence(Ordering::Release);
                // Relaxed: released by the `cas` that publishes the group.
                group.hash.store(hash, Ordering::Relaxed);
                return Ok(Some(reference));
            }
        }
        self.intend_stripes(None);
        Ok(None)
    }

    /// Makes a striped counter a plain integer, with the exact number at that moment. It may also have changed
    /// otherwise: the caller searches again.
    pub(crate) fn make_plain(&mut self, found: &Found) -> Result<(), WriteError> {
        if found.pair.hi.state() == State::Moving {
            return self.help_split(found.bucket);
        }
        let reference = GroupRef(found.pair.lo);
        self.intend_stripes(Some((reference, StripeIntent::Old)));
        if let Some(sum) = self.memory.freeze(reference) {
            let bucket = self.memory.bucket(found.bucket)?;
            let hi = found.pair.hi;
            let plain = CellPair {
                lo: sum.cast_unsigned(),
                hi: CellHi::new(State::Live, Kind::Integer, hi.version_after(), hi.expiry()),
            };
            if bucket.cells[found.cell].cas(found.pair, plain).is_ok() {
                self.changed(found.bucket, bucket);
                self.memory.free_group(reference);
            }
        }
        self.intend_stripes(None);
        Ok(())
    }
}

impl Memory<'_> {
    /// Adds to the lane of a striped counter. `false`: nothing was done; the counter must be found again.
    #[inline(always)]
    pub fn add_at_stripe(&self, stripe: &Stripe, delta: i64) -> bool {
        !self.geom().is_removed() && self.add_to_lane(stripe, delta) == Added::Done
    }

    #[inline(always)]
    fn add_to_lane(&self, stripe: &Stripe, delta: i64) -> Added {
        let Some(lane) = self
            .lanes(stripe.reference)
            .and_then(|lanes| lanes.get(stripe.lane))
        else {
            return Added::Gone;
        };
        let open = LaneTag::open(stripe.reference);
        // Acquire [stripe]: nothing; the `cas` decides.
        let mut seen = (
            lane.pair.lo(Ordering::Acquire),
            lane.pair.hi(Ordering::Acquire),
        );
        for _ in 0..ROUNDS_MAX {
            if seen.1 != open.0 {
                let is_frozen = seen.1 == open.frozen().0;
                return if is_frozen {
                    Added::Frozen
                } else {
                    Added::Gone
                };
            }
            let sum = seen.0.wrapping_add(delta.cast_unsigned());
            match lane.pair.cas(seen, (sum, open.0)) {
                Ok(()) => return Added::Done,
                Err(now) => seen = now,
            }
        }
        Added::Gone
    }

    /// Freezes every lane of a group and returns their sum; believed only if the entry still refers to the group
    /// afterwards. `None`: it does not any more.
    pub(crate) fn freeze(&self, reference: GroupRef) -> Option<i64> {
        let open = LaneTag::open(reference);
        let mut sum = 0_u64;
        for lane in self.lanes(reference)? {
            sum = sum.wrapping_add(freeze_lane(lane, open)?);
        }
        Some(sum.cast_signed())
    }

    /// The sum of a group's lanes, each at a moment of its own; believed only if the entry still refers to the
    /// group afterwards. `None`: it does not any more.
    pub(crate) fn sum(&self, reference: GroupRef) -> Option<i64> {
        let open = LaneTag::open(reference);
        let mut sum = 0_u64;
        for lane in self.lanes(reference)? {
            // Acquire [stripe]: the lane was opened before.
            let hi = lane.pair.hi(Ordering::Acquire);
            if hi != open.0 && hi != open.frozen().0 {
                return None;
            }
            // Acquire [reuse]: keeps the loads before the validation.
            sum = sum.wrapping_add(lane.pair.lo(Ordering::Acquire));
        }
        Some(sum.cast_signed())
    }

    /// Opens the lanes of a group of ours that nobody can find yet, with the number in the first. What is left in
    /// them is frozen, or was never published: nobody else exchanges it.
    fn open_lanes(&self, reference: GroupRef, number: i64) {
        let open = LaneTag::open(reference);
        let mut value = number.cast_unsigned();
        for lane in self.lanes(reference).into_iter().flatten() {
            lane.pair.put(value, open.0);
            value = 0;
        }
    }

    /// Frees a group, if it is in use and still that use of it.
    pub(crate) fn free_group(&self, reference: GroupRef) {
        if let Some(group) = self.group(reference) {
            // Acquire [stripe]: nothing; the `cas` decides.
            let seen = GroupHeader(group.header.load(Ordering::Acquire));
            if seen.is(reference) {
                // Release [stripe]: the lanes were frozen before the next use. A failure: somebody else freed it.
                let _ = group.header.cas(seen.0, seen.freed().0, Ordering::AcqRel);
            }
        }
    }

    /// The group that a reference names, whatever it is used for.
    #[inline(always)]
    pub(crate) fn group(&self, reference: GroupRef) -> Option<&StripeGroup> {
        let group = self.stripes.get(index(reference.group()))?;
        let at = self.geometry.stripes_at + reference.group() * STRIPE_GROUP_BYTES;
        self.is_committed(at).then_some(group)
    }

    #[inline(always)]
    fn lanes(&self, reference: GroupRef) -> Option<&[Lane; LANES]> {
        self.group(reference).map(|group| &group.lanes)
    }
}

/// Freezes one lane; returns what is in it then. `None`: it is not of this use of the group.
fn freeze_lane(lane: &Lane, open: LaneTag) -> Option<u64> {
    // Acquire [stripe]: nothing; the `cas` decides. Of a frozen lane: what was added before.
    let hi = lane.pair.hi(Ordering::Acquire);
    let mut seen = (lane.pair.lo(Ordering::Acquire), hi);
    for _ in 0..ROUNDS_MAX {
        if seen.1 == open.frozen().0 {
            return Some(seen.0);
        }
        if seen.1 != open.0 {
            return None;
        }
        match lane.pair.cas(seen, (seen.0, open.frozen().0)) {
            Ok(()) => return Some(seen.0),
            Err(now) => seen = now,
        }
    }
    None
}

impl Found {
    /// The number of a plain integer without expiry. `Ok(None)`: an integer that has one, or has ended.
    fn plain_integer(&self, now: &impl Fn() -> crate::Ticks) -> Result<Option<i64>, CountError> {
        if !is_current(self.pair.hi, now) {
            return Ok(None);
        }
        let number = self.integer()?;
        Ok(self.pair.hi.expiry().is_never().then_some(number))
    }
}
