//! Which of the shared memory is backed by the file system: a bit per chunk of the file, set before anybody touches
//! it. What is not committed is never read. Format: docs/format.md 3.6.
use crate::Host;
use crate::error::{Limit, WriteError};
use crate::geometry::{BUCKET_BYTES, PARTICIPANT_BYTES, SEGMENT_BYTES};
use crate::layout::control;
use crate::memory::{Memory, Region, index};
use crate::state::Geom;
use crate::sync::Ordering;

/// What is committed ahead is this small a part of the index, as a power of two.
const AHEAD_SHIFT: u32 = 8;
/// Chunks that are committed ahead at most.
const AHEAD_MAX: u64 = 7;

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
            let ahead = self.chunks_ahead(region, chunk);
            if ahead == 0 || self.commit(host, region, chunk, 1 + ahead).is_err() {
                self.commit(host, region, chunk, 1)?;
            }
        }
        Ok(())
    }

    /// How many chunks of buckets to commit together with this one: few beside what there is, but in a large table
    /// enough that hardly an insert has to ask the system.
    fn chunks_ahead(&self, region: Region, chunk: u64) -> u64 {
        let shift = self.geometry.chunk_shift;
        let buckets = self.geometry.buckets_at >> shift..self.geometry.arena_at >> shift;
        if region != Region::Index || !buckets.contains(&chunk) {
            return 0;
        }
        let most = (self.committed_bytes().0 >> AHEAD_SHIFT >> shift).min(AHEAD_MAX);
        (1..=most)
            .take_while(|n| buckets.contains(&(chunk + n)) && !self.is_chunk_committed(chunk + n))
            .count() as u64
    }

    /// Commits chunks and marks them. A death in between leaves chunks that are committed and not marked: committed
    /// again, for nothing, by the next one.
    fn commit(
        &self,
        host: &impl Host,
        region: Region,
        first: u64,
        chunks: u64,
    ) -> Result<(), WriteError> {
        let shift = self.geometry.chunk_shift;
        self.within_size(region, chunks << shift)?;
        host.commit(first << shift, chunks << shift)
            .map_err(|_| WriteError::Full(Limit::FileSystem))?;
        let marked = (first..first + chunks).filter(|chunk| self.mark_chunk(*chunk));
        let bytes = (marked.count() as u64) << shift;
        let counter = match region {
            Region::Index => control::COMMITTED_INDEX,
            Region::Arena => control::COMMITTED_ARENA,
        };
        if bytes > 0 {
            // Relaxed: only compared with a limit.
            self.control[counter].add(bytes, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether so many bytes more fit in the maximum size. An evicting table keeps a share for values, because what
    /// the index has taken never comes back.
    fn within_size(&self, region: Region, more: u64) -> Result<(), WriteError> {
        let bytes_max = self.geometry.choices.bytes_max;
        let (index, arena) = self.committed_bytes();
        let kept = match region {
            Region::Index if self.evicts() => (bytes_max / 16)
                .max(2 * SEGMENT_BYTES.min(bytes_max / 4))
                .saturating_sub(arena),
            _ => 0,
        };
        if index + arena + more + kept > bytes_max {
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
