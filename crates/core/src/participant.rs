//! Participants: who may have something in flight, and the intents by which it can be found again.
//!
//! An intent is noted before the step that it is for and cleared after the operation; a death in between leaves
//! words that [`crate::recover`] reads. Format: docs/format.md 3.4.
use crate::Host;
use crate::error::{ReadError, WriteError};
use crate::find::Look;
use crate::geometry::PARTICIPANTS;
use crate::key::Key;
use crate::layout::{CLASS_GRANULES, control};
use crate::memory::{Bucket, Memory, Participant, WAITED};
use crate::state::{BlockRef, CellIntent, GroupRef, Owner, Registration};
use crate::sync::{Ordering, Word};

/// The private half of a participant: one for each thread that writes.
#[derive(Debug)]
pub struct Local {
    number: u64,
    registration: Registration,
    /// Where the last block of each class came from: segment, and the block after it.
    pub(crate) cursors: [(usize, usize); CLASS_GRANULES.len()],
    /// Where the next search for a segment begins.
    pub(crate) next_segment: usize,
    /// The block of a long key that is not published yet.
    pub(crate) key_block: Option<BlockRef>,
}

/// A table as one participant writes it.
pub struct Session<'s, H: Host> {
    /// The shared memory.
    pub memory: &'s Memory<'s>,
    /// The world around.
    pub host: &'s H,
    /// The participant.
    pub local: &'s mut Local,
}

/// Which intent an allocation is noted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    /// The block of a new value.
    New,
    /// The block of a new key.
    Key,
}

/// What a note about a stripe group means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StripeIntent {
    /// It is being taken.
    New,
    /// It is being given up.
    Old,
}

/// The bit of a stripe intent that says [`StripeIntent::Old`]; a reference does not use it.
pub(crate) const STRIPES_OLD: u64 = 1 << 63;

impl Local {
    /// The number of the participant's record.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn owner(&self) -> Owner {
        Owner::new(self.number, self.registration.generation())
    }
}

/// Takes a free record for a thread of the process in `process_slot`. `Ok(None)`: all are taken.
///
/// # Errors
/// `Full` if there is no memory for the record.
pub fn register(
    memory: &Memory<'_>,
    host: &impl Host,
    process_slot: u32,
) -> Result<Option<Local>, WriteError> {
    let most = (memory.participants.len() as u64).min(PARTICIPANTS);
    for number in 1..most {
        #[expect(clippy::cast_possible_truncation, reason = "at most 4096")]
        memory.ensure_participant(host, number as u32)?;
        let record = &memory.participants[crate::memory::index(number)];
        // Acquire [participant]: the last holder has ended, or what it left has been put right.
        let seen = Registration(record.registration.load(Ordering::Acquire));
        if seen.is_used() {
            continue;
        }
        let taken = seen.taken_by(process_slot);
        // Release [participant]: nothing; Acquire [participant]: as above, against a later holder.
        if record
            .registration
            .cas(seen.0, taken.0, Ordering::AcqRel)
            .is_ok()
        {
            record.clear();
            return Ok(Some(Local::of(number, taken)));
        }
    }
    Ok(None)
}

/// Gives a record back. Nothing of its holder is in flight.
pub fn release(memory: &Memory<'_>, local: &Local) {
    if let Some(record) = memory.participants.get(crate::memory::index(local.number)) {
        let given_back = local.registration.given_back();
        // Release [participant]: our operations come before the next holder's. A failure means that we were
        // declared dead, and somebody else has the record already.
        let _ = record
            .registration
            .cas(local.registration.0, given_back.0, Ordering::AcqRel);
    }
}

impl Local {
    pub(crate) fn of(number: u64, registration: Registration) -> Self {
        Self {
            number,
            registration,
            cursors: [(usize::MAX, 0); CLASS_GRANULES.len()],
            next_segment: 0,
            key_block: None,
        }
    }
}

impl Participant {
    /// Clears the intents of the last holder. A death before or within is harmless: they name what is gone.
    pub(crate) fn clear(&self) {
        for intent in [
            &self.intent_cell,
            &self.intent_new,
            &self.intent_old,
            &self.intent_key,
            &self.intent_segment,
            &self.intent_stripes,
            &self.intent_wipe,
        ] {
            // Relaxed: only the holder stores to them.
            if intent.load(Ordering::Relaxed) != 0 {
                intent.store(0, Ordering::Relaxed);
            }
        }
    }
}

impl<'s, H: Host> Session<'s, H> {
    /// Our record. The number was in range when it was registered.
    pub(crate) fn record(&self) -> &'s Participant {
        &self.memory.participants[crate::memory::index(self.local.number)]
    }

    /// Notes the cell that the next `cas` will claim; that `cas` releases the note.
    pub(crate) fn intend_cell(&self, intent: CellIntent) {
        set(&self.record().intent_cell, intent.0);
    }

    /// Notes the block that the next `cas` will allocate; that `cas` releases the note.
    pub(crate) fn intend_block(&self, intent: Intent, reference: u64) {
        let record = self.record();
        match intent {
            Intent::New => set(&record.intent_new, reference),
            Intent::Key => set(&record.intent_key, reference),
        }
    }

    /// Notes the block that the next `cas` will replace; that `cas` releases the note.
    pub(crate) fn intend_old(&self, reference: u64) {
        set(&self.record().intent_old, reference);
    }

    /// Notes the segment whose class is being changed; the next `cas` releases the note.
    pub(crate) fn intend_segment(&self, segment: Option<usize>) {
        set(
            &self.record().intent_segment,
            segment.map_or(0, |segment| segment as u64 + 1),
        );
    }

    /// Notes the stripe group that the next `cas` will take or give up; that `cas` releases the note.
    pub(crate) fn intend_stripes(&self, intent: Option<(GroupRef, StripeIntent)>) {
        let word = match intent {
            None => 0,
            Some((reference, StripeIntent::New)) => reference.0,
            Some((reference, StripeIntent::Old)) => reference.0 | STRIPES_OLD,
        };
        set(&self.record().intent_stripes, word);
    }

    /// Searches for a key in a table that has not been removed.
    pub(crate) fn look(&self, key: &Key<'_>) -> Result<Look, WriteError> {
        let home = self.home(key)?;
        self.memory
            .find_from(home, key)
            .map_err(|error: ReadError| error.into())
    }

    /// Where a search begins, in a table that has not been removed.
    #[inline(always)]
    pub(crate) fn home(&self, key: &Key<'_>) -> Result<u64, WriteError> {
        let geom = self.memory.geom();
        if geom.is_removed() {
            return Err(WriteError::Removed);
        }
        Ok(self.memory.home(geom, key.hash))
    }

    /// After a change in a bucket: wakes who waits for one.
    #[inline(always)]
    pub(crate) fn changed(&self, at: u64, bucket: &Bucket) {
        self.memory.changed(self.host, at, bucket);
    }
}

impl Memory<'_> {
    /// After a change in a bucket: wakes who waits for one. A waiter looks again every 50 ms anyway, because a
    /// death before this line wakes nobody.
    #[inline(always)]
    pub(crate) fn changed(&self, host: &impl Host, at: u64, bucket: &Bucket) {
        // Relaxed: the line is in cache; a waiter who came too late to be seen looks again by itself.
        if bucket.used.load(Ordering::Relaxed) & WAITED != 0 {
            self.wake(host, at, bucket);
        }
    }

    #[cold]
    fn wake(&self, host: &impl Host, at: u64, bucket: &Bucket) {
        bucket.used.clear_bits(WAITED, Ordering::AcqRel);
        let word = wait_word(at);
        // Release [wait]: whoever sees the new number sees the change.
        self.control[control::WAIT + word].add(1, Ordering::AcqRel);
        host.wake(word);
    }
}

/// Which word those sleep on who wait for a change in a bucket.
pub(crate) fn wait_word(bucket: u64) -> usize {
    crate::memory::index(bucket) % crate::layout::WAIT_WORDS
}

/// Relaxed: an intent is released by the `cas` that follows it, and its holder alone stores to it.
#[inline(always)]
fn set(word: &Word, value: u64) {
    word.store(value, Ordering::Relaxed);
}
