//! The end of an entry: dead, unlinked, free. Each step may be done by anybody, and any number of times.
//!
//! Steps, and what a death leaves:
//! 1. pair LIVE -> DEAD by one `cas`: here the delete takes effect
//! 2. free the value's block and the key's (the next who releases the cell frees them)
//! 3. unlink: valid bit cleared by one `cas` on the control pair (anybody does it, or the next split)
//! 4. pair DEAD -> FREE (the next inserter takes the cell as it is)
//!
//! Format: docs/format.md 9.5.
use crate::Host;
use crate::error::Corrupt;
use crate::find::Found;
use crate::layout::{KEY_INLINE_BYTES_MAX, ROUNDS_MAX};
use crate::memory::{Bucket, Cell, CellPair, Control, Memory};
use crate::participant::Session;
use crate::state::{BlockRef, CellHi, Expiry, GroupRef, Kind, State};
use crate::sync::{Ordering, fence};

impl<H: Host> Session<'_, H> {
    /// Kills the entry that a search found, if it is still as it was. `Ok(Err(..))`: it is not, but so.
    pub(crate) fn kill(&self, found: &Found) -> Result<Result<(), CellPair>, Corrupt> {
        let bucket = self.memory.bucket(found.bucket)?;
        let cell = &bucket.cells[found.cell];
        let key_block = self.memory.key_block_of(cell);
        if found.pair.hi.kind() == Kind::Striped {
            // From here on nobody adds to it: what was added before goes with the entry. If its group is another
            // counter's by now, the exchange below fails.
            let _ = self.memory.freeze(GroupRef(found.pair.lo));
        }
        let dead = CellPair {
            lo: found.pair.lo,
            hi: found.pair.hi.with_state(State::Dead),
        };
        if let Err(seen) = cell.cas(found.pair, dead) {
            return Ok(Err(seen));
        }
        self.changed(found.bucket, bucket);
        let by = self.local.number();
        self.memory.free_value(dead, by);
        if let Some(reference) = key_block {
            self.memory.free(reference, by);
        }
        if bucket.unlink(found.cell, dead.hi) {
            cell.release(dead);
        }
        Ok(Ok(()))
    }
}

impl Memory<'_> {
    /// The block of a cell's key, if the key is long. Belongs to the cell's pair only after a validation.
    pub(crate) fn key_block_of(&self, cell: &Cell) -> Option<BlockRef> {
        (cell.meta().key_length() > KEY_INLINE_BYTES_MAX).then(|| self.key_reference(cell))
    }

    /// Frees the blocks of a DEAD cell. `false`: the cell is no longer what it was.
    pub(crate) fn bury(&self, cell: &Cell, dead: CellPair, by: u64) -> bool {
        let key_block = self.key_block_of(cell);
        // Acquire [reuse]: if the reference above, or the half `lo`, came from a later owner, the pair has changed.
        fence(Ordering::Acquire);
        if cell.hi_again() != dead.hi {
            return false;
        }
        self.free_value(dead, by);
        if let Some(reference) = key_block {
            self.free(reference, by);
        }
        true
    }

    /// Makes an unlinked cell FREE, if it is DEAD or MOVING. Returns whether it did.
    pub(crate) fn release_unlinked(
        &self,
        bucket: &Bucket,
        cell: usize,
        hi: Control,
        by: u64,
    ) -> bool {
        let cell = &bucket.cells[cell];
        let pair = cell.load();
        // The valid bit must be seen clear *after* the pair was seen.
        if !matches!(pair.hi.state(), State::Dead | State::Moving) || !bucket.unchanged_since(hi.hi)
        {
            return false;
        }
        if pair.hi.state() == State::Dead && !self.bury(cell, pair, by) {
            return false;
        }
        cell.release(pair)
    }
}

impl Bucket {
    /// Clears the valid bit of a cell that is DEAD in the incarnation `dead`. Returns whether it is clear.
    pub(crate) fn unlink(&self, cell: usize, dead: CellHi) -> bool {
        for _ in 0..ROUNDS_MAX {
            let control = self.load();
            if control.valid >> cell & 1 == 0 {
                return true;
            }
            let hi = self.cells[cell].hi();
            if hi.state() != State::Dead || !hi.same_incarnation(dead) {
                return false;
            }
            let unlinked = Control {
                valid: control.valid & !(1 << cell),
                hi: control.hi.next(),
            };
            if self.cas(control, unlinked).is_ok() {
                return true;
            }
        }
        false
    }
}

impl Cell {
    /// Makes a cell that nobody refers to FREE, if it is still `seen`.
    pub(crate) fn release(&self, seen: CellPair) -> bool {
        let free = CellHi::new(
            State::Free,
            Kind::Integer,
            seen.hi.version_after(),
            Expiry::NEVER,
        );
        self.cas(seen, CellPair { lo: 0, hi: free }).is_ok()
    }
}
