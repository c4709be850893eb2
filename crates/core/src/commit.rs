//! Which of the shared memory is backed by the file system: a bit per chunk of the file, and for buckets a bit per
//! page, set before anybody touches it. What is not committed is never read.
//!
//! Buckets split when they are full, here and there: with chunks of 64 KiB, nearly every chunk of a level had to be
//! committed when a third of its buckets were there. Format: docs/format.md 3.6.
use crate::Host;
use crate::error::{Limit, WriteError};
use crate::geometry::{BUCKET_BYTES, PAGE_BYTES, PARTICIPANT_BYTES, SEGMENT_BYTES};
use crate::layout::control;
use crate::memory::{Memory, Region, index};
use crate::state::Geom;
use crate::sync::Ordering;
use core::ops::Range;

/// Buckets of a page.
const PAGE_BUCKETS: u64 = PAGE_BYTES / BUCKET_BYTES;
/// Pages whose bits share a word: as many are committed together at most.
const WORD_PAGES: u64 = 64;
/// What is committed ahead is this small a part of the index, as a power of two.
const AHEAD_SHIFT: u32 = 7;

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
            if !self.is_chunk_committed(chunk) {
                self.commit(host, region, chunk)?;
            }
        }
        Ok(())
    }

    /// Commits a chunk and marks it. A death in between leaves one that is committed and not marked: committed again,
    /// for nothing, by the next one.
    fn commit(&self, host: &impl Host, region: Region, chunk: u64) -> Result<(), WriteError> {
        let shift = self.geometry.chunk_shift;
        self.within_size(region, 1 << shift)?;
        host.commit(chunk << shift, 1 << shift)
            .map_err(|_| WriteError::Full(Limit::FileSystem))?;
        if self.mark_chunk(chunk) {
            self.count_committed(region, 1 << shift);
        }
        Ok(())
    }

    fn count_committed(&self, region: Region, bytes: u64) {
        let counter = match region {
            Region::Index => control::COMMITTED_INDEX,
            Region::Arena => control::COMMITTED_ARENA,
        };
        // Relaxed: only compared with a limit.
        self.control[counter].add(bytes, Ordering::Relaxed);
    }

    /// Makes sure that a bucket may be touched.
    pub(crate) fn ensure_bucket(&self, host: &impl Host, bucket: u64) -> Result<(), WriteError> {
        if self.is_bucket_committed(bucket) {
            return Ok(());
        }
        if self.pages.is_empty() {
            let at = self.geometry.buckets_at + bucket * BUCKET_BYTES;
            return self.ensure_committed(host, Region::Index, at, BUCKET_BYTES);
        }
        let page = bucket / PAGE_BUCKETS;
        let together = (host.commit_bytes() / PAGE_BYTES).clamp(1, WORD_PAGES);
        let first = page / together * together;
        if together > 1 && self.commit_pages(host, first, together).is_ok() {
            return Ok(());
        }
        self.commit_pages(host, page, 1)
    }

    /// Commits the page of a bucket that is next in order together with those that come after it: few beside what there
    /// is, but in a large table so many that hardly an insert has to ask the system. A failure is no matter yet.
    pub(crate) fn commit_ahead(&self, host: &impl Host, bucket: u64) {
        if self.pages.is_empty() || self.is_bucket_committed(bucket) {
            return;
        }
        let share = (self.committed_bytes().0 / PAGE_BYTES) >> AHEAD_SHIFT;
        let together = 1 << share.clamp(1, WORD_PAGES).ilog2();
        let first = bucket / PAGE_BUCKETS / together * together;
        let _ = self.commit_pages(host, first, together);
    }

    /// Commits pages of buckets, whose bits are in one word, and marks them. A death in between leaves what `commit`
    /// does.
    fn commit_pages(&self, host: &impl Host, first: u64, pages: u64) -> Result<(), WriteError> {
        let geometry = &self.geometry;
        let bits_at = geometry.pages_at + first / WORD_PAGES * 8;
        self.ensure_committed(host, Region::Index, bits_at, 8)?;
        let word = self.pages.get(index(first / WORD_PAGES));
        let word = word.ok_or(WriteError::Full(Limit::Depth))?;
        let bits = (u64::MAX >> (WORD_PAGES - pages)) << (first % WORD_PAGES);
        // Relaxed: a page too many does no harm.
        let missing = bits & !word.load(Ordering::Relaxed);
        let missing = u64::from(missing.count_ones()) * PAGE_BYTES;
        self.within_size(Region::Index, missing)?;
        host.commit(geometry.buckets_at + first * PAGE_BYTES, pages * PAGE_BYTES)
            .map_err(|_| WriteError::Full(Limit::FileSystem))?;
        // Release [commit]: whoever sees a bit may touch the memory.
        let before = word.set_bits(bits, Ordering::AcqRel);
        let marked = u64::from((bits & !before).count_ones()) * PAGE_BYTES;
        if marked > 0 {
            self.count_committed(Region::Index, marked);
        }
        for page in first..first + pages {
            if let Some(bucket) = self.buckets.get(index(page * PAGE_BUCKETS)) {
                // Relaxed: changes nothing, but has the kernel map the page at a store, which costs less than at the
                // load that would come first.
                bucket.used.set_bits(0, Ordering::Relaxed);
            }
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
        if bucket >= self.buckets.len() as u64 {
            return false;
        }
        if self.pages.is_empty() {
            return self.is_committed(self.geometry.buckets_at + bucket * BUCKET_BYTES);
        }
        let page = bucket / PAGE_BUCKETS;
        self.page_bits(page) >> (page % WORD_PAGES) & 1 == 1
    }

    /// The bits of a page of buckets and of those that share its word; none of what is not committed itself.
    fn page_bits(&self, page: u64) -> u64 {
        let number = page / WORD_PAGES;
        if !self.is_committed(self.geometry.pages_at + number * 8) {
            return 0;
        }
        let word = self.pages.get(index(number));
        // Acquire [commit]: the memory is there.
        word.map_or(0, |word| word.load(Ordering::Acquire))
    }

    /// Whether the memory of all buckets of a range, which is not empty, is there.
    fn are_buckets_committed(&self, buckets: Range<u64>) -> bool {
        let at = self.geometry.buckets_at;
        if self.pages.is_empty() {
            let bytes = (buckets.end - buckets.start) * BUCKET_BYTES;
            return self.is_range_committed(at + buckets.start * BUCKET_BYTES, bytes);
        }
        let pages = buckets.start / PAGE_BUCKETS..buckets.end.div_ceil(PAGE_BUCKETS);
        (pages.start / WORD_PAGES..pages.end.div_ceil(WORD_PAGES)).all(|number| {
            let from = pages.start.saturating_sub(number * WORD_PAGES);
            let to = (pages.end - number * WORD_PAGES).min(WORD_PAGES);
            let wanted = (u64::MAX << from) & (u64::MAX >> (WORD_PAGES - to));
            self.page_bits(number * WORD_PAGES) & wanted == wanted
        })
    }

    /// Where the part of the file around `offset` ends that is committed throughout, or not at all, as the second says.
    #[must_use]
    pub fn part_around(&self, offset: u64) -> (u64, bool) {
        let (shift, start) = (self.geometry.chunk_shift, self.geometry.buckets_at);
        if self.pages.is_empty() || !(start..self.geometry.arena_at).contains(&offset) {
            let chunk = offset >> shift;
            return ((chunk + 1) << shift, self.is_committed(offset));
        }
        let page = (offset - start) / PAGE_BYTES;
        let bits = self.page_bits(page);
        // Most words of a sparse table are zero: passed at once.
        let end = if bits == 0 {
            (page / WORD_PAGES + 1) * WORD_PAGES
        } else {
            page + 1
        };
        let is_committed = bits >> (page % WORD_PAGES) & 1 == 1;
        (
            (start + end * PAGE_BYTES).min(self.geometry.arena_at),
            is_committed,
        )
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
        let is_right = buckets <= known || self.are_buckets_committed(known..buckets);
        if is_right {
            // Relaxed: as in `home`.
            self.known_geom.store(geom.0, Ordering::Relaxed);
        }
        is_right
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::OutOfSpace;
    use crate::geometry::Geometry;
    use crate::state::Ticks;
    use crate::sync::Word;
    use crate::testing::{choices, empty_bucket, words};
    use core::cell::RefCell;
    use std::vec::Vec;

    /// Remembers what it was asked for.
    #[derive(Default)]
    struct Disk {
        asked: RefCell<Vec<(u64, u64)>>,
        is_full: bool,
        unit: u64,
    }

    impl Host for Disk {
        fn now(&self) -> Ticks {
            Ticks::new(0)
        }

        fn commit(&self, offset: u64, bytes: u64) -> Result<(), OutOfSpace> {
            self.asked.borrow_mut().push((offset, bytes));
            if self.is_full {
                Err(OutOfSpace)
            } else {
                Ok(())
            }
        }

        fn commit_bytes(&self) -> u64 {
            self.unit
        }

        fn wake(&self, _: usize) {}
    }

    /// Runs with a new table, of which 512 buckets are there.
    fn with_table(bytes_max: u64, test: impl FnOnce(&Memory<'_>)) {
        let geometry = Geometry::plan(choices(bytes_max));
        let control = words(control::WORDS);
        let commits = words(index(geometry.commit_words()));
        let pages = words(index(geometry.page_words()));
        let buckets: Vec<_> = (0..512).map(|_| empty_bucket()).collect();
        let memory = Memory {
            control: &control,
            commits: &commits,
            pages: &pages,
            participants: &[],
            segments: &[],
            hints: &[],
            stripes: &[],
            buckets: &buckets,
            arena: &[],
            known_geom: Word::new(0),
            geometry,
        };
        memory.mark_committed(0, memory.geometry.head_bytes());
        memory.initialise();
        test(&memory);
    }

    fn committed(memory: &Memory<'_>) -> Vec<u64> {
        (0..512)
            .filter(|bucket| memory.is_bucket_committed(*bucket))
            .collect()
    }

    #[test]
    fn a_bucket_is_committed_with_the_other_of_its_page() {
        with_table(1 << 20, |memory| {
            let disk = Disk::default();
            assert_eq!(committed(memory), [0, 1], "by the creator");
            for bucket in [1, 300, 301, 300] {
                assert_eq!(memory.ensure_bucket(&disk, bucket), Ok(()));
            }
            assert_eq!(committed(memory), [0, 1, 300, 301]);
            let at = memory.geometry.buckets_at + 300 * BUCKET_BYTES;
            assert_eq!(*disk.asked.borrow(), [(at, PAGE_BYTES)]);
            assert_eq!(memory.committed_bytes(), (2 * PAGE_BYTES, 0));
        });
    }

    #[test]
    fn where_units_are_larger_pages_are_committed_together() {
        with_table(1 << 20, |memory| {
            let unit = 16 * PAGE_BYTES;
            let disk = Disk {
                unit,
                ..Disk::default()
            };
            assert_eq!(memory.ensure_bucket(&disk, 511), Ok(()));
            assert_eq!(committed(memory)[2..], (480..512).collect::<Vec<_>>());
            // The first page has been there; it does not count twice.
            assert_eq!(memory.ensure_bucket(&disk, 2), Ok(()));
            assert_eq!(memory.committed_bytes(), (2 * unit, 0));
        });
    }

    #[test]
    fn a_large_index_grows_ahead_of_the_splits_in_order() {
        with_table(64 << 20, |memory| {
            let disk = Disk::default();
            memory.commit_ahead(&disk, 130);
            assert_eq!(committed(memory)[2..], [130, 131], "little beside little");
            let counted = &memory.control[control::COMMITTED_INDEX];
            counted.store(128 * 16 * PAGE_BYTES, Ordering::Relaxed);
            memory.commit_ahead(&disk, 200);
            memory.commit_ahead(&disk, 223);
            assert_eq!(committed(memory)[4..], (192..224).collect::<Vec<_>>());
            assert_eq!(disk.asked.borrow().len(), 2);
            counted.store(64 << 20, Ordering::Relaxed);
            memory.commit_ahead(&disk, 260);
            let full = Err(WriteError::Full(Limit::TableBytes));
            assert_eq!(memory.ensure_bucket(&disk, 260), full);
            assert_eq!(disk.asked.borrow().len(), 2);
        });
    }

    #[test]
    fn what_the_file_system_refused_is_not_committed() {
        with_table(1 << 20, |memory| {
            let disk = Disk {
                is_full: true,
                unit: 4 * PAGE_BYTES,
                ..Disk::default()
            };
            assert_eq!(
                memory.ensure_bucket(&disk, 9),
                Err(WriteError::Full(Limit::FileSystem))
            );
            memory.commit_ahead(&disk, 9);
            assert_eq!(committed(memory), [0, 1]);
            assert_eq!(memory.committed_bytes(), (PAGE_BYTES, 0));
            // All of the unit, then the page alone, then the page ahead.
            assert_eq!(disk.asked.borrow().len(), 3);
        });
    }

    #[test]
    fn ranges_of_buckets_and_parts_of_the_file_are_those_of_the_bits() {
        with_table(1 << 20, |memory| {
            let disk = Disk::default();
            // Single pages are missing, and all of a word.
            let is_missing = |bucket| matches!(bucket, 40 | 126 | 128..256 | 300 | 510);
            for bucket in (0..512).step_by(2).filter(|bucket| !is_missing(*bucket)) {
                assert_eq!(memory.ensure_bucket(&disk, bucket), Ok(()));
            }
            for from in (0..512).step_by(3) {
                for to in from + 1..=512 {
                    let each = (from..to).all(|bucket| memory.is_bucket_committed(bucket));
                    assert_eq!(
                        memory.are_buckets_committed(from..to),
                        each,
                        "{from} to {to}"
                    );
                }
            }
            let (mut at, mut found) = (0, 0);
            while at < memory.geometry.file_bytes {
                let (end, is_committed) = memory.part_around(at);
                assert!(end > at);
                found += if is_committed { end - at } else { 0 };
                at = end;
            }
            let (bytes, _) = memory.committed_bytes();
            assert_eq!(found, memory.geometry.head_bytes() + bytes);
        });
    }
}
