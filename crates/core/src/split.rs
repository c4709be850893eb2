//! A full bucket splits in two, in place and without a lock: whoever comes by finishes what another began.
//!
//! Bucket `p` of depth `d` hands the entries whose hash has bit `d` to the child `p | 1 << d`.
//!
//! 1. commit the child's memory
//! 2. NORMAL -> SPLITTING by one `cas` on the control pair: from now on no publish can succeed here
//! 3. freeze: every entry that moves, LIVE -> MOVING. The set that results is the same for every helper, because
//!    DEAD never becomes MOVING and MOVING never becomes DEAD; it ignores the clock
//! 4. fill the child, once in the life of the file: every write is an exchange from all-zero, and the places are
//!    a function of the set alone, so a late helper changes nothing
//! 5. switch: one `cas` on the control pair, in which the split takes effect; dead cells are unlinked with it
//! 6. release the cells that moved
//!
//! A death after any of these leaves a bucket that the next writer finishes. No operation reaches the child
//! before 5, so frozen values stay current and readers never wait. Format: docs/format.md 9.4.
use crate::Host;
use crate::error::{Corrupt, Limit, WriteError};
use crate::find::{Place, preferred_cell};
use crate::layout::{CELLS, KEY_PAIRS, ROUNDS_MAX, TAG_WORDS};
use crate::memory::{Bucket, Cell, CellPair, Control, Event};
use crate::participant::Session;
use crate::state::{CellHi, ControlHi, State};
use crate::sync::Ordering;

/// A split under way as one helper sees it.
struct Split<'m> {
    parent: &'m Bucket,
    child: &'m Bucket,
    control: Control,
    depth: u32,
    /// The cells that move, frozen.
    moving: u64,
    /// The cells that are dead and go away with the switch.
    dead: u64,
}

/// The parent's control word has changed: begin again.
struct Changed;

impl<H: Host> Session<'_, H> {
    /// Splits a bucket.
    ///
    /// # Errors
    /// `Full`: it may not split any further, or there is no memory for its child.
    pub(crate) fn split(&mut self, place: Place) -> Result<(), WriteError> {
        let Place {
            bucket: at,
            control,
        } = place;
        let depth = control.hi.depth();
        let child = at | 1 << depth;
        if depth >= self.memory.geometry.depth_max || child >= self.memory.buckets.len() as u64 {
            return Err(WriteError::Full(Limit::Depth));
        }
        self.memory.ensure_bucket(self.host, child)?;
        let splitting = Control {
            hi: control.hi.to_splitting(),
            ..control
        };
        // A failure: the bucket has changed, or somebody else began.
        let _ = self.memory.bucket(at)?.cas(control, splitting);
        self.help_split(at)
    }

    /// Finishes a split that is under way, if there is one.
    pub(crate) fn help_split(&mut self, at: u64) -> Result<(), WriteError> {
        let parent = self.memory.bucket(at)?;
        for _ in 0..ROUNDS_MAX {
            let control = parent.load();
            if !parent.unchanged_since(control.hi) {
                continue;
            }
            if !control.hi.is_splitting() {
                return Ok(());
            }
            let depth = control.hi.depth();
            if depth >= self.memory.geometry.depth_max {
                return Err(Corrupt::Bucket { bucket: at }.into());
            }
            let child = at | 1 << depth;
            self.memory.ensure_bucket(self.host, child)?;
            let child = self.memory.bucket(child)?;
            let (moving, dead) = (0, 0);
            let mut split = Split {
                parent,
                child,
                control,
                depth,
                moving,
                dead,
            };
            if split.freeze().is_err() || split.fill_child().is_err() {
                continue;
            }
            if split.switch() {
                self.memory.note(Event::Split);
                split.release();
                self.note_split(depth);
                return Ok(());
            }
        }
        Err(WriteError::Busy)
    }
}

impl Split<'_> {
    /// Step 3.
    fn freeze(&mut self) -> Result<(), Changed> {
        for i in 0..CELLS {
            if self.control.valid >> i & 1 == 1 {
                self.freeze_cell(i)?;
            }
        }
        Ok(())
    }

    fn freeze_cell(&mut self, i: usize) -> Result<(), Changed> {
        let cell = &self.parent.cells[i];
        for _ in 0..ROUNDS_MAX {
            let pair = cell.load();
            let meta = cell.meta();
            self.check()?;
            let moves = meta.hash() >> self.depth & 1 == 1;
            match pair.hi.state() {
                State::Dead => {
                    self.dead |= 1 << i;
                    return Ok(());
                }
                State::Moving if moves => {
                    self.moving |= 1 << i;
                    return Ok(());
                }
                State::Live if moves => {
                    let frozen = CellPair {
                        lo: pair.lo,
                        hi: pair.hi.with_state(State::Moving),
                    };
                    if cell.cas(pair, frozen).is_ok() {
                        self.moving |= 1 << i;
                        return Ok(());
                    }
                }
                // Stays here; or corrupt, which `check` reports and a search refuses.
                _ => return Ok(()),
            }
        }
        Err(Changed)
    }

    /// Whether what was read since the split was first seen is still of this split.
    fn check(&self) -> Result<(), Changed> {
        if self.parent.unchanged_since(self.control.hi) {
            Ok(())
        } else {
            Err(Changed)
        }
    }

    /// Step 4.
    fn fill_child(&self) -> Result<(), Changed> {
        if !self.child.control_hi().is_uninitialised() {
            return Ok(());
        }
        let places = self.places()?;
        let (mut occupied, mut tags) = (0, [0; TAG_WORDS]);
        for i in bits(self.moving) {
            let place = places[i];
            let tag = self.copy_cell(&self.parent.cells[i], &self.child.cells[place], i)?;
            tags[place / 8] |= tag << (place % 8 * 8);
            occupied |= 1 << place;
        }
        for (word, tags) in self.child.tags.iter().zip(tags) {
            if tags != 0 {
                // Release [publish]: part of what the control pair vouches for. A failure: a helper was faster.
                let _ = word.cas(0, tags, Ordering::AcqRel);
            }
        }
        // Relaxed: a hint. The child's entries do not end before the parent's.
        let hint = self.parent.expiry_hint.load(Ordering::Relaxed);
        if hint != 0 {
            // Release [expiry]: before the child can be seen.
            let _ = self.child.expiry_hint.cas(0, hint, Ordering::AcqRel);
        }
        let none = Control {
            valid: 0,
            hi: ControlHi(0),
        };
        let first = Control {
            valid: occupied,
            hi: ControlHi::first(self.depth + 1),
        };
        let _ = self.child.cas(none, first);
        Ok(())
    }

    /// Where each entry goes: its preferred cell if that is free, in index order; the others to the next free one.
    fn places(&self) -> Result<[usize; CELLS], Changed> {
        let mut places = [0; CELLS];
        let (mut occupied, mut rest) = (0_u64, 0_u64);
        for i in bits(self.moving) {
            let preferred = preferred_cell(self.parent.tag(i));
            if occupied >> preferred & 1 == 0 {
                occupied |= 1 << preferred;
                places[i] = preferred;
            } else {
                rest |= 1 << i;
            }
        }
        for i in bits(rest) {
            let preferred = preferred_cell(self.parent.tag(i));
            let free = (preferred..CELLS)
                .chain(0..preferred)
                .find(|place| occupied >> place & 1 == 0)
                .ok_or(Changed)?;
            occupied |= 1 << free;
            places[i] = free;
        }
        // The tags read above were those of the frozen entries, or we begin again.
        self.check()?;
        Ok(places)
    }

    /// Copies a frozen entry, if that was not done yet; returns its tag.
    fn copy_cell(&self, from: &Cell, to: &Cell, i: usize) -> Result<u64, Changed> {
        let pair = from.load();
        let key: [(u64, u64); KEY_PAIRS] = core::array::from_fn(|k| {
            // Relaxed: checked below.
            (
                from.key[k].lo(Ordering::Relaxed),
                from.key[k].hi(Ordering::Relaxed),
            )
        });
        let tag = self.parent.tag(i);
        self.check()?;
        for (to, key) in to.key.iter().zip(key) {
            // A failure: a helper was faster. No chunk of a used cell is ever all zero again.
            let _ = to.cas((0, 0), key);
        }
        let nothing = CellPair {
            lo: 0,
            hi: CellHi(0),
        };
        let live = CellPair {
            lo: pair.lo,
            hi: pair.hi.with_state(State::Live),
        };
        let _ = to.cas(nothing, live);
        Ok(tag)
    }

    /// Step 5.
    fn switch(&self) -> bool {
        let switched = Control {
            valid: self.control.valid & !self.moving & !self.dead,
            hi: self.control.hi.to_split(),
        };
        self.parent.cas(self.control, switched).is_ok()
    }

    /// Step 6. An inserter may also take a cell that is MOVING and unlinked.
    fn release(&self) {
        for i in bits(self.moving) {
            let cell = &self.parent.cells[i];
            let pair = cell.load();
            // Valid would mean that it is frozen by a later split.
            if pair.hi.state() == State::Moving && self.parent.valid() >> i & 1 == 0 {
                cell.release(pair);
            }
        }
    }
}

/// The numbers of the set bits.
pub(crate) fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let bit = set.trailing_zeros() as usize;
        set &= set.wrapping_sub(1);
        (bit < CELLS).then_some(bit)
    })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use crate::key::Key;
    use crate::layout::KEY_PAIRS;
    use crate::state::Meta;

    /// A late helper fills what is all zero. A model has one pair of key words, which its meta word keeps from zero; in
    /// a program the others depend on the mask.
    #[test]
    fn no_chunk_of_a_used_cell_is_all_zero() {
        let zeros = [0; 300];
        for length in 0..zeros.len() {
            let key = Key::new(&zeros[..length], 0, &[1, 1], || [0; 2]).expect("short enough");
            for pair in 1..KEY_PAIRS {
                let chunk = [key.words[2 * pair - 1], key.words[2 * pair]];
                assert_ne!(chunk, [0; 2], "pair {pair} of {length} bytes");
            }
        }
        assert_ne!(Meta::new(0, 1, 0).0, 0);
    }
}
