//! Upkeep: what has expired goes, what is dead is unlinked, splits are finished, empty segments go back.
//!
//! Expiry is lazy, on access; the sweep is for entries that nobody asks for. A word in each bucket's header is a
//! lower bound of its expiries, so that the sweep passes a bucket by reading one line. Format: docs/format.md 9.8.
use crate::Host;
use crate::error::WriteError;
use crate::find::Found;
use crate::layout::{CELLS, ROUNDS_MAX, control};
use crate::memory::{Bucket, CellPair, Control, index};
use crate::participant::Session;
use crate::state::{Expiry, State, Ticks};
use crate::sync::Ordering;

/// The sweep believes the hints but for every so many rounds of the table.
const DISTRUST_EVERY: u64 = 16;

/// What upkeep and recovery did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Buckets that were looked at.
    pub buckets: u64,
    /// Entries whose time was over.
    pub expired: u64,
    /// Cells of dead or finished operations that are free again.
    pub cells: u64,
    /// Blocks of dead processes that are free again.
    pub blocks: u64,
    /// Segments of the arena that went back to the pool.
    pub segments: u64,
}

/// Whether a sweep passes buckets whose hint says that nothing has expired.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Hints,
    Nothing,
}

impl<H: Host> Session<'_, H> {
    /// Sweeps the whole table, and gives empty segments back.
    ///
    /// # Errors
    /// As for a write.
    pub fn sweep(&mut self, swept: &mut Swept) -> Result<(), WriteError> {
        let mut cursor = Some(0);
        let mut rounds = 0;
        while let Some(at) = cursor {
            cursor = self.sweep_at(at, Trust::Nothing, swept)?;
            rounds = rounds_at(rounds, cursor == Some(at))?;
        }
        self.sweep_segments(swept)
    }

    /// Sweeps some buckets more, from where the last such sweep of any process ended.
    ///
    /// # Errors
    /// As for a write.
    pub fn sweep_some(&mut self, buckets: u32, swept: &mut Swept) -> Result<(), WriteError> {
        let hand = &self.memory.control[control::EXPIRE_HAND];
        for _ in 0..buckets {
            // Relaxed: any bucket will do.
            let seen = hand.load(Ordering::Relaxed);
            // The low byte counts rounds; a bucket's cursor has 32 bits, from the top.
            let (at, round) = (seen & !0xff, seen & 0xff);
            let trust = if round % DISTRUST_EVERY == 0 {
                Trust::Nothing
            } else {
                Trust::Hints
            };
            let next = match self.sweep_at(at, trust, swept)? {
                Some(next) => next & !0xff | round,
                None => (round + 1) & 0xff,
            };
            // Relaxed: any bucket will do. A failure: somebody else swept the same bucket.
            let _ = hand.cas(seen, next, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Sweeps the bucket that owns the position `at` of the hash space; returns the next position.
    fn sweep_at(
        &mut self,
        at: u64,
        trust: Trust,
        swept: &mut Swept,
    ) -> Result<Option<u64>, WriteError> {
        let (bucket_index, control) = self.memory.owner_of(at.reverse_bits())?;
        if control.hi.is_splitting() {
            self.help_split(bucket_index)?;
            return Ok(Some(at));
        }
        let bucket = self.memory.bucket(bucket_index)?;
        swept.buckets += 1;
        self.sweep_bucket(bucket_index, bucket, trust, swept)?;
        Ok(crate::scan::position_after(
            bucket_index,
            control.hi.depth(),
        ))
    }

    fn sweep_bucket(
        &mut self,
        at: u64,
        bucket: &Bucket,
        trust: Trust,
        swept: &mut Swept,
    ) -> Result<(), WriteError> {
        // Acquire [expiry]: entries that the hint covers are seen below.
        let hint = bucket.expiry_hint.load(Ordering::Acquire);
        let now = self.host.now();
        if trust == Trust::Hints && !Expiry::from_word(hint).is_past(now) {
            return Ok(());
        }
        let mut earliest = Expiry::NEVER;
        for cell in 0..CELLS {
            self.sweep_cell(at, bucket, cell, now, &mut earliest, swept)?;
        }
        if earliest.to_word() != hint {
            // Release [expiry]: from the value read before the scan, so that what an entry lowered the hint to since
            // then stays. Not so if it lowered the hint before that and is exchanged after our look at its cell: such
            // an entry ends on access, or in the next sweep that distrusts the hints.
            let _ = bucket
                .expiry_hint
                .cas(hint, earliest.to_word(), Ordering::AcqRel);
        }
        Ok(())
    }

    fn sweep_cell(
        &mut self,
        at: u64,
        bucket: &Bucket,
        cell: usize,
        now: Ticks,
        earliest: &mut Expiry,
        swept: &mut Swept,
    ) -> Result<(), WriteError> {
        let control = bucket.load();
        if control.valid >> cell & 1 == 0 {
            swept.cells +=
                u64::from(
                    self.memory
                        .release_unlinked(bucket, cell, control, self.local.number()),
                );
            return Ok(());
        }
        let pair = bucket.cells[cell].load();
        match pair.hi.state() {
            State::Dead if bucket.unlink(cell, pair.hi) => {
                let control = bucket.load();
                swept.cells += u64::from(self.memory.release_unlinked(
                    bucket,
                    cell,
                    control,
                    self.local.number(),
                ));
            }
            State::Live if pair.hi.expiry().is_past(now) => {
                swept.expired += u64::from(self.sweep_expired(at, bucket, cell, control, pair)?);
            }
            State::Live | State::Moving => earliest.lower(pair.hi.expiry()),
            _ => {}
        }
        Ok(())
    }

    /// Kills an expired entry, if what was read belongs together.
    fn sweep_expired(
        &mut self,
        at: u64,
        bucket: &Bucket,
        cell: usize,
        control: Control,
        pair: CellPair,
    ) -> Result<bool, WriteError> {
        if !bucket.unchanged_since(control.hi) {
            return Ok(false);
        }
        let found = Found {
            bucket: at,
            cell,
            pair,
            control,
        };
        let killed = self.kill(&found)?.is_ok();
        if killed {
            self.memory.note(crate::memory::Event::Expired);
        }
        Ok(killed)
    }

    /// Sets the hints of the arena right and gives empty segments back to the pool.
    fn sweep_segments(&mut self, swept: &mut Swept) -> Result<(), WriteError> {
        for segment in 0..index(self.memory.segments_used()) {
            if self.memory.mend_hints(segment) && self.empty_segment(segment)? {
                swept.segments += 1;
            }
        }
        Ok(())
    }

    /// Removes every key that was there throughout; returns how many it removed. Not atomic.
    ///
    /// # Errors
    /// As for a write.
    pub fn clear(&mut self) -> Result<u64, WriteError> {
        let (mut removed, mut cursor) = (0, Some(0_u64));
        let mut rounds = 0;
        while let Some(at) = cursor {
            rounds = rounds_at(rounds, true)?;
            if self.memory.is_removed() {
                return Err(WriteError::Removed);
            }
            let (bucket_index, control) = self.memory.owner_of(at.reverse_bits())?;
            if control.hi.is_splitting() {
                self.help_split(bucket_index)?;
                continue;
            }
            cursor = match self.clear_bucket(bucket_index, control, &mut removed)? {
                true => {
                    rounds = 0;
                    crate::scan::position_after(bucket_index, control.hi.depth())
                }
                false => Some(at),
            };
        }
        Ok(removed)
    }

    /// Kills every entry of a bucket. `false`: the bucket began to split.
    fn clear_bucket(
        &mut self,
        at: u64,
        control: Control,
        removed: &mut u64,
    ) -> Result<bool, WriteError> {
        let bucket = self.memory.bucket(at)?;
        for cell in 0..CELLS {
            for _ in 0..ROUNDS_MAX {
                let now = bucket.load();
                if !now.hi.same_place(control.hi) {
                    return Ok(false);
                }
                let pair = bucket.cells[cell].load();
                if now.valid >> cell & 1 == 0 || pair.hi.state() != State::Live {
                    break;
                }
                if !bucket.unchanged_since(now.hi) {
                    continue;
                }
                let found = Found {
                    bucket: at,
                    cell,
                    pair,
                    control: now,
                };
                if self.kill(&found)?.is_ok() {
                    *removed += 1;
                    break;
                }
            }
        }
        // A split that began after the last look may have carried entries away.
        Ok(bucket.control_hi().same_place(control.hi))
    }
}

/// Counts the rounds that a walk has spent at one position: a peer could keep it there.
fn rounds_at(rounds: u32, is_stuck: bool) -> Result<u32, WriteError> {
    match (is_stuck, rounds) {
        (true, ROUNDS_MAX..) => Err(WriteError::Busy),
        (true, _) => Ok(rounds + 1),
        (false, _) => Ok(0),
    }
}

impl Expiry {
    /// Takes over `other` if it is earlier, or if there was none.
    fn lower(&mut self, other: Self) {
        if !other.is_never() && (self.is_never() || other.is_before(*self)) {
            *self = other;
        }
    }
}
