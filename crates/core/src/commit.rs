//! Which of the shared memory is backed by the file system: a bit per chunk of the file, set before anybody touches
//! it. What is not committed is never read. Format: docs/format.md 3.6.
use crate::Host;
use crate::error::{Limit, WriteError};
use crate::geometry::{BUCKET_BYTES, PARTICIPANT_BYTES, SEGMENT_BYTES};
use crate::layout::control;
use crate::memory::{Memory, Region, index};
use crate::state::Geom;
use crate::sync::Ordering;

impl Memory<'_> {
    /// Whether the chunk of the file around `offset` is committed.
    #[must_use]
    pub fn is_committed(&self, offset: u64) -> bool {
        if self.geometry.commits_itself {
            return true;
        }
        self.is_chunk_committed(offset >> self.geometry.chunk_shift)
    }

    /// Whether all of a range is committed. What is not is never read: on tmpfs a read takes memory, and where
    /// there is none left it kills.
    #[inline]
    pub(crate) fn is_range_committed(&self, offset: u64, bytes: u64) -> bool {
        let shift = self.geometry.chunk_shift;
        self.geometry.commits_itself
            || (offset >> shift..=(offset + bytes.max(1) - 1) >> shift)
                .all(|chunk| self.is_chunk_committed(chunk))
    }

    fn is_chunk_committed(&self, chunk: u64) -> bool {
        self.commits
            .get(index(chunk / 64))
            // Acquire [commit]: the memory is there.
            .is_some_and(|word| word.load(Ordering::Acquire) >> (chunk % 64) & 1 == 1)
    }

    /// Notes that the chunks that the range touches are committed.
    pub fn mark_committed(&self, offset: u64, bytes: u64) {
        let shift = self.geometry.chunk_shift;
        for chunk in offset >> shift..(offset + bytes).div_ceil(1 << shift) {
            self.mark_chunk(chunk);
        }
    }

    /// `true` if the chunk was not marked before.
    fn mark_chunk(&self, chunk: u64) -> bool {
        let bit = 1 << (chunk % 64);
        self.commits
            .get(index(chunk / 64))
            // Release [commit]: whoever sees the bit may touch the memory.
            .is_some_and(|word| word.set_bits(bit, Ordering::AcqRel) & bit == 0)
    }

    /// Makes sure that a range may be touched: within the table's size, and backed by memory.
    pub(crate) fn ensure_committed(
        &self,
        host: &impl Host,
        region: Region,
        offset: u64,
        bytes: u64,
    ) -> Result<(), WriteError> {
        if self.geometry.commits_itself {
            return Ok(());
        }
        let shift = self.geometry.chunk_shift;
        for chunk in offset >> shift..(offset + bytes).div_ceil(1 << shift) {
            let at = chunk << shift;
            if self.is_committed(at) {
                continue;
            }
            self.within_size(region)?;
            // A death after this line leaves a chunk that is committed and not marked: committed again, for
            // nothing, by the next one.
            host.commit(at, 1 << shift)
                .map_err(|_| WriteError::Full(Limit::FileSystem))?;
            if self.mark_chunk(chunk) {
                let counter = match region {
                    Region::Index => control::COMMITTED_INDEX,
                    Region::Arena => control::COMMITTED_ARENA,
                };
                // Relaxed: only compared with a limit.
                self.control[counter].add(1 << shift, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Whether one chunk more fits in the maximum size. An evicting table keeps a share for values, because what
    /// the index has taken never comes back.
    fn within_size(&self, region: Region) -> Result<(), WriteError> {
        let bytes_max = self.geometry.choices.bytes_max;
        let chunk = 1 << self.geometry.chunk_shift;
        let (index, arena) = self.committed_bytes();
        let kept = match region {
            Region::Index if self.evicts() => (bytes_max / 16)
                .max(2 * SEGMENT_BYTES.min(bytes_max / 4))
                .saturating_sub(arena),
            _ => 0,
        };
        if index + arena + chunk + kept > bytes_max {
            return Err(WriteError::Full(Limit::TableBytes));
        }
        Ok(())
    }

    /// Bytes committed to the index and to the arena.
    #[must_use]
    pub fn committed_bytes(&self) -> (u64, u64) {
        let bytes = |word: usize| {
            // Relaxed: a figure that is only compared with a limit; whatever it says, there is no more than the file.
            let bytes = self.control[word].load(Ordering::Relaxed);
            bytes.min(self.geometry.file_bytes)
        };
        (
            bytes(control::COMMITTED_INDEX),
            bytes(control::COMMITTED_ARENA),
        )
    }

    /// Makes sure that the record of a participant may be touched.
    ///
    /// # Errors
    /// `Full` if the file system has no space for it.
    pub fn ensure_participant(&self, host: &impl Host, number: u32) -> Result<(), WriteError> {
        let at = self.geometry.participants_at + u64::from(number) * PARTICIPANT_BYTES;
        self.ensure_committed(host, Region::Index, at, PARTICIPANT_BYTES)
    }

    /// Whether a bucket's memory is there.
    pub(crate) fn is_bucket_committed(&self, bucket: u64) -> bool {
        bucket < self.buckets.len() as u64
            && self.is_committed(self.geometry.buckets_at + bucket * BUCKET_BYTES)
    }

    /// Whether all buckets that the growth hint counts are committed. Only those are looked up that the last hint
    /// which was right did not count.
    #[cold]
    pub(crate) fn knows(&self, geom: Geom) -> bool {
        // Relaxed: as in `home`.
        let known = Geom(self.known_geom.load(Ordering::Relaxed)).buckets();
        let Some(buckets) = geom.buckets_below(self.geometry.depth_max) else {
            return false;
        };
        let at = self.geometry.buckets_at;
        let is_right = buckets <= known
            || self.is_range_committed(at + known * BUCKET_BYTES, (buckets - known) * BUCKET_BYTES);
        if is_right {
            // Relaxed: as in `home`.
            self.known_geom.store(geom.0, Ordering::Relaxed);
        }
        is_right
    }
}
