//! What a dead participant may leave behind, and putting it right.
//!
//! Only what is found by an intent is touched, and each step is guarded by a version or a generation, so a second
//! recovery, or one that was itself killed half-way, changes nothing that is right. The numbers are those of the
//! steps in `insert.rs`, `update.rs`, `value.rs`, `arena.rs` and `segment.rs`. Everything else that a death can
//! leave (dead cells, splits under way) anybody puts right in passing. Format: docs/format.md 9.10.
use crate::Host;
use crate::error::{Corrupt, ReadError, WriteError};
use crate::expire::Swept;
use crate::layout::{CELLS, ROUNDS_MAX};
use crate::memory::{Event, Participant, index};
use crate::participant::{STRIPES_OLD, Session};
use crate::state::{
    BlockHeader, BlockRef, BlockState, CellIntent, GroupHeader, GroupRef, Owner, Registration,
    Role, SegmentState, State,
};
use crate::sync::{Ordering, Word};

/// A participant whose holder is dead.
struct Dead<'m> {
    number: u64,
    record: &'m Participant,
    registration: Registration,
}

impl Dead<'_> {
    /// Whether the record is still the dead one's: another recoverer may have given it back.
    fn is_current(&self) -> bool {
        // Acquire [participant]: what a later holder stored comes after.
        self.record.registration.load(Ordering::Acquire) == self.registration.0
    }

    /// An intent of the dead. The kernel's word that its holder is dead came after all that it stored.
    fn intent(&self, word: &Word) -> u64 {
        // Relaxed: see above.
        word.load(Ordering::Relaxed)
    }
}

impl<H: Host> Session<'_, H> {
    /// Puts right what a holder of a participant record left, and gives the record back. The caller knows that the
    /// holder in `judged` is dead. A record that is free, or another's by now, is left alone.
    ///
    /// # Errors
    /// As for a write; then the record stays for the next attempt.
    pub fn recover(
        &mut self,
        number: u32,
        judged: Registration,
        swept: &mut Swept,
    ) -> Result<(), WriteError> {
        let number = u64::from(number);
        let Some(record) = self.memory.participants.get(index(number)) else {
            return Ok(());
        };
        let dead = Dead {
            number,
            record,
            registration: judged,
        };
        if !judged.is_used() || !dead.is_current() || number == self.local.number() {
            return Ok(());
        }
        if self.recover_cell(&dead)? {
            swept.cells += 1;
            self.memory.note(Event::RecoveredCell);
        }
        for (intent, guard) in [
            (&record.intent_new, Guard::Owner),
            (&record.intent_key, Guard::Owner),
            (&record.intent_old, Guard::Generation),
        ] {
            if self.recover_block(&dead, intent, guard)? {
                swept.blocks += 1;
                self.memory.note(Event::RecoveredBlock);
            }
        }
        if self.recover_stripes(&dead)? {
            swept.blocks += 1;
            self.memory.note(Event::RecoveredBlock);
        }
        if self.recover_wiping(&dead) {
            swept.blocks += 1;
            self.memory.note(Event::RecoveredBlock);
        }
        self.recover_segment(&dead);
        // Release [participant]: what was put right comes before the next holder. The intents stay: its next holder
        // clears them, and until then they are harmless, because each names what is no longer there. A failure:
        // another recoverer gave the record back.
        let _ = record
            .registration
            .cas(judged.0, judged.given_back().0, Ordering::AcqRel);
        Ok(())
    }

    /// Insert, steps 3 to 5: frees the cell that was claimed and not published.
    fn recover_cell(&self, dead: &Dead<'_>) -> Result<bool, Corrupt> {
        let intent = CellIntent(dead.intent(&dead.record.intent_cell));
        let Some((at, cell, version)) = intent.get() else {
            return Ok(false);
        };
        if !self.memory.is_bucket_committed(at) {
            return Ok(false);
        }
        let bucket = self.memory.bucket(at)?;
        if cell >= CELLS || bucket.control_hi().is_uninitialised() {
            return Ok(false);
        }
        let target = &bucket.cells[cell];
        let owner = Owner::new(dead.number, dead.registration.generation());
        for _ in 0..ROUNDS_MAX {
            let pair = target.load();
            let is_its = pair.hi.version() == version
                && match pair.hi.state() {
                    State::Reserved => pair.lo == owner.0,
                    // Not published: a published one has its valid bit, is DEAD, or is MOVING.
                    State::Live => {
                        target.meta().owner() == dead.number && bucket.valid() >> cell & 1 == 0
                    }
                    _ => false,
                };
            if !is_its || !dead.is_current() {
                return Ok(false);
            }
            if target.release(pair) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Frees the block of an intent, if no entry refers to it.
    fn recover_block(
        &mut self,
        dead: &Dead<'_>,
        intent: &Word,
        guard: Guard,
    ) -> Result<bool, WriteError> {
        let reference = BlockRef(dead.intent(intent));
        let Some(header) = self.memory.header_of(reference) else {
            return Ok(false);
        };
        if !header.is(reference)
            || (guard == Guard::Owner && header.owner() != dead.number & 0xffff)
        {
            return Ok(false);
        }
        if self.is_referenced(reference, header.role())? || !dead.is_current() {
            return Ok(false);
        }
        let by = self.local.number();
        match (header.role(), guard) {
            (Role::Index, Guard::Generation) => self.memory.free_chunked(reference, by),
            (Role::Index, Guard::Owner) => self.recover_chunks(dead, reference),
            _ => self.memory.free(reference, by),
        }
        Ok(true)
    }

    /// Whether an entry refers to a block; a split under way is finished first, so that the answer is not that of
    /// a bucket on the move.
    fn is_referenced(&mut self, reference: BlockRef, role: Role) -> Result<bool, WriteError> {
        if let Some(block) = self.memory.block(reference) {
            match self.memory.owner_of(block.hash()) {
                Ok((at, control)) if control.hi.is_splitting() => self.help_split(at)?,
                Ok(_) => {}
                // The block was never filled, and its hash is somebody's bytes.
                Err(ReadError::Corrupt(_)) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.memory.entry_of(reference, role)?.is_some())
    }

    /// Frees an index that was never published, and of its chunks those that are the dead one's: the reference
    /// noted last may be to a block that somebody else was faster to take.
    fn recover_chunks(&self, dead: &Dead<'_>, reference: BlockRef) {
        let Some(index) = self.memory.block(reference) else {
            return;
        };
        for i in 0..index.chunks() {
            let chunk = index.chunk(i);
            let owned = self.memory.header_of(chunk).is_some_and(|header| {
                header.is(chunk)
                    && header.role() == Role::Chunk
                    && header.owner() == dead.number & 0xffff
            });
            if !index.is_unchanged() || !dead.is_current() {
                return;
            }
            if owned {
                self.memory.free(chunk, self.local.number());
            }
        }
        self.memory.free(reference, self.local.number());
    }

    /// Frees the stripe group of an intent, if no entry refers to it.
    fn recover_stripes(&mut self, dead: &Dead<'_>) -> Result<bool, WriteError> {
        let intent = dead.intent(&dead.record.intent_stripes);
        let reference = GroupRef(intent & !STRIPES_OLD);
        let Some(group) = self.memory.group(reference) else {
            return Ok(false);
        };
        // Acquire [intent]: the note of a group came before the group was taken.
        let header = GroupHeader(group.header.load(Ordering::Acquire));
        let is_its = intent & STRIPES_OLD != 0 || header.owner() == dead.number & 0xffff;
        if intent == 0 || !header.is(reference) || !is_its {
            return Ok(false);
        }
        // Relaxed: stored before the group was published; if it never was, no entry anywhere refers to it.
        let hash = group.hash.load(Ordering::Relaxed);
        match self.memory.owner_of(hash) {
            Ok((at, control)) if control.hi.is_splitting() => self.help_split(at)?,
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        if self.memory.entry_of_group(reference, hash)?.is_some() || !dead.is_current() {
            return Ok(false);
        }
        self.memory.free_group(reference);
        Ok(true)
    }

    /// Goes on with the block that the dead was wiping. Last of the blocks: those before may belong to the same value.
    fn recover_wiping(&self, dead: &Dead<'_>) -> bool {
        let reference = BlockRef(dead.intent(&dead.record.intent_wipe));
        let Some(words) = self.memory.granules(reference.granule()) else {
            return false;
        };
        // Acquire [intent]: the note of a block came before the block was taken. And before the look at the record.
        let seen = BlockHeader(words[0].load(Ordering::Acquire));
        if seen.state() != BlockState::Wiping
            || seen.generation() != reference.generation()
            || seen.owner() != dead.number & 0xffff
            || !dead.is_current()
        {
            return false;
        }
        self.memory
            .wipe_and_free(reference, seen, self.local.number())
    }

    /// Segments: gives back held blocks, or puts a segment that was being cut back in the pool.
    fn recover_segment(&self, dead: &Dead<'_>) {
        let Some(segment) = dead.intent(&dead.record.intent_segment).checked_sub(1) else {
            return;
        };
        let segment = index(segment);
        let Some(seen) = self.memory.segment_word(segment) else {
            return;
        };
        match seen.state() {
            SegmentState::Formatting
                if seen.owner() == dead.number & 0xffff && dead.is_current() =>
            {
                let pool = seen.to_pool(seen.floor());
                // Release [segment]: nothing was stored by us. A failure: another recoverer did it.
                let _ = self.memory.segments[segment]
                    .word
                    .cas(seen.0, pool.0, Ordering::AcqRel);
            }
            SegmentState::Ready => self
                .memory
                .give_back_held(segment, seen, dead.number & 0xffff),
            _ => {}
        }
    }
}

/// What proves that a block is the dead one's to free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// It allocated the block: the intent was noted before, so somebody else may have been faster.
    Owner,
    /// It replaced the block: whoever allocated it.
    Generation,
}

impl crate::Memory<'_> {
    /// The header of a block.
    pub(crate) fn header_of(&self, reference: BlockRef) -> Option<BlockHeader> {
        let words = self.granules(reference.granule())?;
        // Acquire [block]: the header came before the payload.
        // Acquire [intent]: the note of a block came before the block was taken.
        // Acquire [index]: the references of an index were zeroed before it got that role.
        let header = BlockHeader(words[0].load(Ordering::Acquire));
        (header.state() == BlockState::Allocated).then_some(header)
    }
}
