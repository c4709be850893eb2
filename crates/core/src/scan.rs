//! Scans: one bucket a call, safe while others write.
//!
//! A position is a hash with its bits reversed. In that order the hashes of one bucket, which agree in their low
//! bits, are neighbours, whatever its depth; so a scan advances at each bucket's own depth, and a split changes
//! nothing about what has been seen and what has not. The cursor is one word, valid in any process. A key that is
//! there throughout is returned exactly once. Format: docs/format.md 9.9.
use crate::buffer::Growing;
use crate::error::{Corrupt, ReadError};
use crate::find::Found;
use crate::layout::{CELLS, KEY_BYTES_MAX, KEY_INLINE_BYTES_MAX, ROUNDS_MAX};
use crate::memory::{Cell, Memory};
use crate::read::Record;
use crate::state::{State, Ticks};
use alloc::vec::Vec;

/// An entry as a scan found it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scanned {
    /// The key.
    pub key: Vec<u8>,
    /// Value, expiry and token.
    pub record: Record,
    /// The value's bytes, if it has any.
    pub bytes: Vec<u8>,
}

/// The position after all hashes of a bucket; `None` at the end.
pub(crate) fn position_after(bucket: u64, depth: u32) -> Option<u64> {
    if depth == 0 {
        return None;
    }
    let step = 1_u64 << (64 - depth);
    (bucket.reverse_bits() & step.wrapping_neg()).checked_add(step)
}

impl Memory<'_> {
    /// Appends the entries of the bucket at `cursor` that have not expired; returns the next cursor, `None` at
    /// the end. A scan begins at 0.
    ///
    /// # Errors
    /// [`ReadError`]. One entry that is corrupt makes its bucket unreadable; [`Self::scan_after`] says
    /// where to go on.
    pub fn scan(
        &self,
        cursor: u64,
        now: Ticks,
        page: &mut Vec<Scanned>,
    ) -> Result<Option<u64>, ReadError> {
        let length = page.len();
        for _ in 0..ROUNDS_MAX {
            let (at, control) = self.owner_of(cursor.reverse_bits())?;
            for cell in 0..CELLS {
                if control.valid >> cell & 1 == 1
                    && let Some(scanned) = self.scan_cell(at, control.hi.depth(), cell, now)?
                {
                    page.push(scanned);
                }
            }
            let bucket = self.bucket(at)?;
            // A split of the bucket may have moved an entry before it was looked at.
            if bucket.control_hi().depth() == control.hi.depth() {
                return Ok(position_after(at, control.hi.depth()));
            }
            page.truncate(length);
        }
        Err(ReadError::Busy)
    }

    /// The cursor behind the bucket at `cursor`, for a scan that passes over a corrupt one.
    ///
    /// # Errors
    /// [`ReadError::Corrupt`] if not even that can be told.
    pub fn scan_after(&self, cursor: u64) -> Result<Option<u64>, ReadError> {
        let (at, control) = self.owner_of(cursor.reverse_bits())?;
        Ok(position_after(at, control.hi.depth()))
    }

    /// Reads one cell until what was read belongs together. `None`: it is no entry (any more), or the bucket has
    /// split.
    fn scan_cell(
        &self,
        at: u64,
        depth: u32,
        cell: usize,
        now: Ticks,
    ) -> Result<Option<Scanned>, ReadError> {
        let bucket = self.bucket(at)?;
        let target = &bucket.cells[cell];
        for _ in 0..ROUNDS_MAX {
            let control = bucket.load();
            if control.hi.depth() != depth || control.valid >> cell & 1 == 0 {
                return Ok(None);
            }
            let pair = target.load();
            match pair.hi.state() {
                State::Live | State::Moving => {}
                State::Dead => return Ok(None),
                _ if bucket.unchanged_since(control.hi) => {
                    return Err(Corrupt::Cell { bucket: at, cell }.into());
                }
                _ => continue,
            }
            let (mut key, mut bytes) = (Vec::new(), Vec::new());
            let key_is_whole = self.copy_key(target, &mut key);
            let found = Found {
                bucket: at,
                cell,
                pair,
                control,
            };
            let value = self.value_of(&found, &mut Growing::new(&mut bytes));
            // Before the validation: if it is set now, and the pair is the same after this, then this incarnation was
            // published, and not only on its way, after another one had left the cell.
            let published = bucket.valid() >> cell & 1 == 1;
            if !self.is_unchanged(&found)? || !published {
                continue;
            }
            if !key_is_whole {
                return Err(Corrupt::Cell { bucket: at, cell }.into());
            }
            let Some(value) = value? else { continue };
            if pair.hi.expiry().is_past(now) {
                return Ok(None);
            }
            let record = Record::of(&found, value);
            return Ok(Some(Scanned { key, record, bytes }));
        }
        Err(ReadError::Busy)
    }

    /// Copies a cell's key. Believed only after a validation. `false`: it cannot be whole.
    pub(crate) fn copy_key(&self, cell: &Cell, key: &mut Vec<u8>) -> bool {
        let length = cell.meta().key_length().min(KEY_BYTES_MAX);
        if length > KEY_INLINE_BYTES_MAX {
            let Some(block) = self.block(self.key_reference(cell)) else {
                return false;
            };
            if length > block.payload_bytes() {
                return false;
            }
            key.resize(length, 0);
            block.copy_out(key);
            return block.bytes() == length && block.is_unchanged();
        }
        let mask = self.geometry.choices.key_mask;
        for i in 0..length.div_ceil(8) {
            let word = (cell.key_word(i) ^ mask[i & 1]).to_le_bytes();
            key.extend_from_slice(&word[..(length - 8 * i).min(8)]);
        }
        true
    }

    /// The sum of the valid bits: exact at rest. Reads one line of each bucket.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn entries(&self) -> Result<u64, ReadError> {
        let (mut entries, mut cursor) = (0, Some(0_u64));
        while let Some(at) = cursor {
            let (bucket, control) = self.owner_of(at.reverse_bits())?;
            entries += u64::from(control.valid.count_ones());
            cursor = position_after(bucket, control.hi.depth());
        }
        Ok(entries)
    }
}
