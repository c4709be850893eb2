//! Routing, tags and the validated search that everything else stands on (design of the protocol: docs/format.md 9.1).
//!
//! A search reads and never writes. `Hit`: that incarnation of the cell was published, with this key, during the
//! whole interval between the two loads of the control word. `Miss`: the key was absent at some instant of it.
use crate::error::{Corrupt, ReadError};
use crate::key::Key;
use crate::layout::{CELLS, KEY_WORDS, ROUNDS_MAX, TAG_WORDS};
use crate::memory::{Bucket, Cell, CellPair, Control, Memory};
use crate::state::{CellHi, ControlHi, Geom, Meta, State, tag};
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

/// Where a bucket leads a hash.
enum Route {
    /// The hash belongs here.
    Here,
    /// To another bucket.
    To(u64),
}

impl Memory<'_> {
    /// Searches for a key.
    #[inline(always)]
    pub(crate) fn find(&self, key: &Key<'_>) -> Result<Look, ReadError> {
        self.find_from(self.home(self.geom(), key.hash), key)
    }

    /// Searches for a key, beginning at a bucket that `home` named.
    #[inline(always)]
    pub(crate) fn find_from(&self, mut at: u64, key: &Key<'_>) -> Result<Look, ReadError> {
        for _ in 0..ROUNDS_MAX {
            let bucket = self.bucket(at)?;
            let hi = bucket.control_hi();
            if let Route::To(next) = self.route(at, hi, key.hash)? {
                at = next;
                continue;
            }
            let control = Control {
                valid: bucket.valid(),
                hi,
            };
            let hit = self.search(bucket, control.valid, key);
            if !bucket.unchanged_since(hi) {
                continue;
            }
            let Some((cell, pair)) = hit else {
                return Ok(Look::Miss(Place {
                    bucket: at,
                    control,
                }));
            };
            if !matches!(pair.hi.state(), State::Live | State::Moving) {
                return Err(Corrupt::Cell { bucket: at, cell }.into());
            }
            // Relaxed [reuse]: ordered by the fence of `unchanged_since`.
            if !still(pair.hi, bucket.cells[cell].hi_again()) {
                continue;
            }
            return Ok(Look::Hit(Found {
                bucket: at,
                cell,
                pair,
                control,
            }));
        }
        Err(ReadError::Busy)
    }

    /// The bucket to begin with: a hint, `route` walks on from one that has split since.
    #[inline(always)]
    pub(crate) fn home(&self, geom: Geom, hash: u64) -> u64 {
        let level = geom.level().min(self.geometry.depth_max);
        if self.is_level_committed(level) {
            hash & ((1 << level) - 1)
        } else {
            // The hint is wrong. Every search finds its way from the first bucket.
            0
        }
    }

    /// Where a hash belongs as seen from bucket `at`.
    #[inline(always)]
    fn route(&self, at: u64, hi: ControlHi, hash: u64) -> Result<Route, Corrupt> {
        // The *lowest* differing bit names the split that moved the key. The child has a depth of its own, so
        // jumping to all of the low bits at once would be wrong.
        let differing = (hash ^ at) & ((1 << hi.depth()) - 1);
        if differing == 0 && !hi.is_uninitialised() {
            return Ok(Route::Here);
        }
        self.route_on(at, hi, differing)
    }

    #[cold]
    fn route_on(&self, at: u64, hi: ControlHi, differing: u64) -> Result<Route, Corrupt> {
        let corrupt = Corrupt::Bucket { bucket: at };
        if !hi.is_legal() {
            return Err(corrupt);
        }
        if hi.is_uninitialised() {
            // The hint was ahead of what this processor sees of the bucket: its parent is older.
            let top = at.checked_ilog2().ok_or(corrupt)?;
            return Ok(Route::To(at ^ 1 << top));
        }
        let next = at | 1 << differing.trailing_zeros();
        if next == at || !self.is_bucket_committed(next) {
            return Err(corrupt);
        }
        Ok(Route::To(next))
    }

    /// The bucket that owns a hash, of which at least the low 32 bits are right, and its control pair.
    pub(crate) fn owner_of(&self, hash: u64) -> Result<(u64, Control), ReadError> {
        let mut at = self.home(self.geom(), hash);
        for _ in 0..ROUNDS_MAX {
            let control = self.bucket(at)?.load();
            match self.route(at, control.hi, hash)? {
                Route::Here => return Ok((at, control)),
                Route::To(next) => at = next,
            }
        }
        Err(ReadError::Busy)
    }

    /// The first published cell that holds the key and is not dead. A dead one of the same key may stand before
    /// the live one, so the search never answers from it.
    #[inline(always)]
    fn search(&self, bucket: &Bucket, valid: u64, key: &Key<'_>) -> Option<(usize, CellPair)> {
        let mut candidates = matching_tags(bucket, tag(key.hash)) & valid;
        while candidates != 0 {
            let i = candidates.trailing_zeros() as usize;
            candidates &= candidates - 1;
            let cell = bucket.cells.get(i)?;
            let pair = cell.load();
            if pair.hi.state() != State::Dead && self.holds(cell, key) {
                return Some((i, pair));
            }
        }
        None
    }

    /// Whether the cell's key words are those of the key. Believed only after a validation.
    #[inline(always)]
    fn holds(&self, cell: &Cell, key: &Key<'_>) -> bool {
        if !cell
            .meta()
            .same_key(Meta::new(key.bytes.len(), 0, key.hash))
        {
            return false;
        }
        if key.is_long() {
            return self.holds_long(cell, key);
        }
        let words = key.bytes.len().div_ceil(8);
        // A short key's padding is masked zeros on both sides: the words in use are enough.
        (0..KEY_WORDS.min(words)).all(|i| cell.key_word(i) == key.words[i])
    }

    /// A long key: second hash and prefix, and then the bytes themselves, since no hash decides.
    #[cold]
    fn holds_long(&self, cell: &Cell, key: &Key<'_>) -> bool {
        (1..KEY_WORDS).all(|i| cell.key_word(i) == key.words[i])
            && self.key_block_holds(self.key_reference(cell), key.bytes)
    }
}

/// Whether a pair that was `before` may still be believed now that it is `after`: the same incarnation with the
/// same expiry, and not deleted since.
#[inline(always)]
pub(crate) fn still(before: CellHi, after: CellHi) -> bool {
    before.same_but_state(after) && matches!(after.state(), State::Live | State::Moving)
}

/// A bit per cell whose tag byte equals `tag`: an exact zero-byte test on each word of tags xor `tag`.
#[inline(always)]
pub(crate) fn matching_tags(bucket: &Bucket, tag: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let pattern = tag.wrapping_mul(0x0101_0101_0101_0101);
    let mut matches = 0;
    for w in 0..TAG_WORDS {
        // Relaxed: validated with the control word. Not wider than a word: a wider load is not atomic.
        let word = bucket.tags[w].load(Ordering::Relaxed) ^ pattern;
        let zero = !((word & LOW).wrapping_add(LOW) | word | LOW);
        matches |= ((zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * w);
    }
    matches & ((1 << CELLS) - 1)
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
    fn tags_match_exactly_where_they_are_equal() {
        let bytes: [u8; 32] = core::array::from_fn(|i| {
            if i % 3 == 0 {
                0x80
            } else {
                (i as u64 * 9).to_le_bytes()[0]
            }
        });
        let words = |w: usize| u64::from_le_bytes(bytes[8 * w..8 * w + 8].try_into().unwrap());
        let bucket = crate::testing::empty_bucket();
        for (w, word) in bucket.tags.iter().enumerate() {
            word.store(words(w), Ordering::Relaxed);
        }
        for tag in 0..=255_u8 {
            let expected = (0..CELLS).fold(0, |m, i| m | u64::from(bytes[i] == tag) << i);
            assert_eq!(
                matching_tags(&bucket, u64::from(tag)),
                expected,
                "tag {tag}"
            );
        }
    }

    #[test]
    fn every_tag_has_a_preferred_cell() {
        assert!((0..256).all(|tag| preferred_cell(tag) < CELLS));
    }
}
