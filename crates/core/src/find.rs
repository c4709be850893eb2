//! Routing, tags and the validated search that everything else stands on (design of the protocol: docs/format.md 9.1).
//!
//! A search reads and never writes. `Hit`: that incarnation of the cell was published, with this key, during the
//! whole interval between the two loads of the control word. `Miss`: the key was absent at some instant of it.
use crate::error::{Corrupt, ReadError};
use crate::key::Key;
use crate::layout::{CELLS, KEY_WORDS, ROUNDS_MAX};
use crate::memory::{Bucket, Cell, CellPair, Control, Memory};
use crate::processor::{matching_bytes, prefetch};
use crate::state::{CellHi, ControlHi, Geom, Meta, tag};
use crate::sync::Ordering;

/// A validated hit: where, what, and the control pair it was valid under.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) bucket: u64,
    pub(crate) cell: usize,
    pub(crate) pair: CellPair,
    pub(crate) control: Control,
}

/// A bucket and the control pair under which a key was absent from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) bucket: u64,
    pub(crate) control: Control,
}

/// What a search found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Look {
    Hit(Found),
    Miss(Place),
}

impl Memory<'_> {
    /// Searches for a key.
    #[inline(always)]
    pub(crate) fn find(&self, key: &Key<'_>) -> Result<Look, ReadError> {
        self.find_from(self.home(self.geom(), key.hash), key)
    }

    /// Searches for a key, beginning at a bucket that `home` named. One attempt is enough for nearly every search,
    /// and is laid out in line; the others are a loop.
    #[inline(always)]
    pub(crate) fn find_from(&self, at: u64, key: &Key<'_>) -> Result<Look, ReadError> {
        match self.attempt(at, key)? {
            Some(look) => Ok(look),
            None => self.find_again(at, key),
        }
    }

    #[cold]
    fn find_again(&self, at: u64, key: &Key<'_>) -> Result<Look, ReadError> {
        for _ in 0..ROUNDS_MAX {
            if let Some(look) = self.attempt(at, key)? {
                return Ok(look);
            }
        }
        Err(ReadError::Busy)
    }

    /// Follows the splits from bucket `at` to the one that owns a hash; returns it with its control word.
    #[inline(always)]
    fn owner_from(&self, at: u64, hash: u64) -> Result<(u64, &Bucket, ControlHi), ReadError> {
        let bucket = self.bucket(at)?;
        // The cell where the key most likely is: its line comes together with the header's.
        prefetch(&bucket.cells[preferred_cell(tag(hash))]);
        let hi = bucket.control_hi();
        if hi.owns(hash ^ at) {
            return Ok((at, bucket, hi));
        }
        self.owner_after(at, hash)
    }

    #[cold]
    fn owner_after(&self, mut at: u64, hash: u64) -> Result<(u64, &Bucket, ControlHi), ReadError> {
        for _ in 0..ROUNDS_MAX {
            let bucket = self.bucket(at)?;
            let hi = bucket.control_hi();
            if hi.owns(hash ^ at) {
                return Ok((at, bucket, hi));
            }
            at = self.route(at, hi, hash)?;
        }
        Err(ReadError::Busy)
    }

    /// Searches the bucket that owns the key, once. `None`: something changed meanwhile.
    #[inline(always)]
    pub(crate) fn attempt(&self, at: u64, key: &Key<'_>) -> Result<Option<Look>, ReadError> {
        let (at, bucket, hi) = self.owner_from(at, key.hash)?;
        let control = Control {
            valid: bucket.valid(),
            hi,
        };
        let hit = self.search(bucket, control.valid, key);
        if !bucket.unchanged_since(hi) {
            return Ok(None);
        }
        let Some((cell, pair)) = hit else {
            return Ok(Some(Look::Miss(Place {
                bucket: at,
                control,
            })));
        };
        if !pair.hi.is_readable() {
            return Err(Corrupt::Cell { bucket: at, cell }.into());
        }
        // Relaxed [reuse]: ordered by the fence of `unchanged_since`.
        if !still(pair.hi, bucket.cells[cell].hi_again()) {
            return Ok(None);
        }
        Ok(Some(Look::Hit(Found {
            bucket: at,
            cell,
            pair,
            control,
        })))
    }

    /// The bucket to begin with: a hint, `route` walks on from one that has split since. Buckets below the pointer
    /// of the growth hint have split, so their keys begin one bit further.
    #[inline(always)]
    pub(crate) fn home(&self, geom: Geom, hash: u64) -> u64 {
        // Relaxed: private to this process, and any order will do.
        if geom.0 == self.known_geom.load(Ordering::Relaxed) || self.knows(geom) {
            geom.home(hash)
        } else {
            // The hint is wrong. Every search finds its way from the first bucket.
            0
        }
    }

    /// The next bucket on the way of a hash that bucket `at` does not own.
    fn route(&self, at: u64, hi: ControlHi, hash: u64) -> Result<u64, Corrupt> {
        let corrupt = Corrupt::Bucket { bucket: at };
        if !hi.is_legal() {
            return Err(corrupt);
        }
        if hi.is_uninitialised() {
            // The hint was ahead of what this processor sees of the bucket: its parent is older.
            let top = at.checked_ilog2().ok_or(corrupt)?;
            return Ok(at ^ 1 << top);
        }
        // The *lowest* differing bit names the split that moved the key. The child has a depth of its own, so
        // jumping to all of the low bits at once would be wrong.
        let next = at | 1 << ((hash ^ at) & ((1 << hi.depth()) - 1)).trailing_zeros();
        if next == at || !self.is_bucket_committed(next) {
            return Err(corrupt);
        }
        Ok(next)
    }

    /// The bucket that owns a hash, of which at least the low 32 bits are right, and its control pair.
    pub(crate) fn owner_of(&self, hash: u64) -> Result<(u64, Control), ReadError> {
        let (at, bucket, hi) = self.owner_from(self.home(self.geom(), hash), hash)?;
        let valid = bucket.valid();
        Ok((at, Control { valid, hi }))
    }

    /// The first published cell that holds the key and is not dead. A dead one of the same key may stand before
    /// the live one, so the search never answers from it.
    #[inline(always)]
    fn search(&self, bucket: &Bucket, valid: u64, key: &Key<'_>) -> Option<(usize, CellPair)> {
        let candidates = matching_tags(bucket, tag(key.hash)) & valid;
        if key.is_long() {
            return self.search_long(bucket, candidates, key);
        }
        first_of(bucket, candidates, |cell| holds(cell, key, 0))
    }

    /// A long key: second hash and prefix, and then the bytes themselves, since no hash decides.
    #[cold]
    fn search_long(
        &self,
        bucket: &Bucket,
        candidates: u64,
        key: &Key<'_>,
    ) -> Option<(usize, CellPair)> {
        first_of(bucket, candidates, |cell| {
            holds(cell, key, 1) && self.key_block_holds(self.key_reference(cell), key.bytes)
        })
    }
}

/// The first of the candidates that is not dead and holds the key.
#[inline(always)]
fn first_of(
    bucket: &Bucket,
    mut candidates: u64,
    holds: impl Fn(&Cell) -> bool,
) -> Option<(usize, CellPair)> {
    while candidates != 0 {
        let i = candidates.trailing_zeros() as usize;
        candidates &= candidates - 1;
        let cell = bucket.cells.get(i)?;
        let pair = cell.load();
        if !pair.hi.is_dead() && holds(cell) {
            return Some((i, pair));
        }
    }
    None
}

/// Whether the cell's meta word and key words, from number `from` on, are those of the key: all of them whatever
/// the length, since padding is masked zeros on both sides and no branch is cheapest. Believed only after a
/// validation.
#[inline(always)]
fn holds(cell: &Cell, key: &Key<'_>, from: usize) -> bool {
    let differing = |differing, i| differing | (cell.key_word(i) ^ key.words[i]);
    cell.meta()
        .same_key(Meta::new(key.bytes.len(), 0, key.hash))
        && (from..KEY_WORDS).fold(0, differing) == 0
}

/// Whether a pair that was `before` may still be believed now that it is `after`: the same incarnation with the
/// same expiry, and not deleted since.
#[inline(always)]
pub(crate) fn still(before: CellHi, after: CellHi) -> bool {
    before.same_but_state(after) && after.is_readable()
}

/// A bit per cell whose tag byte equals `tag`.
#[inline(always)]
pub(crate) fn matching_tags(bucket: &Bucket, tag: u64) -> u64 {
    // Relaxed: validated with the control word. Not wider than a word: a wider load is not atomic.
    let words = core::array::from_fn(|w| bucket.tags[w].load(Ordering::Relaxed));
    matching_bytes(words, tag) & ((1 << CELLS) - 1)
}

/// The cell that an insert tries first: a function of the tag alone, so that a splitter can compute it too.
#[inline(always)]
pub(crate) fn preferred_cell(tag: u64) -> usize {
    ((tag * CELLS as u64) >> 8) as usize
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_tag_has_a_preferred_cell() {
        assert!((0..256).all(|tag| preferred_cell(tag) < CELLS));
    }
}
