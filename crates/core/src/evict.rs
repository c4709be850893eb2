//! Eviction, for tables made with `OnFull::Evict`: entries that were not used lately make room (CLOCK).
//!
//! A bucket that cannot split loses one of its own entries. A class of blocks that has run dry loses entries of
//! the next segment by the hand: if that has the class, those not used since the hand came by; if not, all of
//! them, and the segment changes its class. Format: docs/format.md 9.7.
use crate::Host;
use crate::arena::Request;
use crate::error::{ReadError, WriteError};
use crate::find::{Found, Place};
use crate::layout::{CELLS, ROUNDS_MAX, control};
use crate::memory::{Cell, CellPair, Event, Memory, index};
use crate::participant::Session;
use crate::state::{
    BlockHeader, BlockRef, BlockState, GroupRef, Kind, Role, SegmentState, SegmentWord, State,
};
use crate::sync::Ordering;

/// Entries that one pass over a segment of the wanted class evicts.
const EVICTED_AT_ONCE: u32 = 32;

/// Which entries of a segment go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spare {
    /// Those used since the hand came by stay, once.
    Used,
    /// None stays.
    None,
}

impl<H: Host> Session<'_, H> {
    /// Removes one entry of a bucket that is full for good.
    pub(crate) fn evict_in_bucket(&mut self, place: Place, hash: u64) -> Result<(), WriteError> {
        let bucket = self.memory.bucket(place.bucket)?;
        let start = index(hash >> 32) % CELLS;
        // Relaxed: a hint.
        let used = bucket.used.load(Ordering::Relaxed);
        let all = (1 << CELLS) - 1;
        if used & place.control.valid == place.control.valid {
            // Everything was used: nothing is, from now on.
            bucket.used.clear_bits(all, Ordering::Relaxed);
        }
        let unused = place.control.valid & !used;
        let victims = if unused == 0 {
            place.control.valid
        } else {
            unused
        };
        for cell in (start..CELLS)
            .chain(0..start)
            .filter(|cell| victims >> cell & 1 == 1)
        {
            let pair = bucket.cells[cell].load();
            if pair.hi.state() != State::Live || !bucket.unchanged_since(place.control.hi) {
                continue;
            }
            let found = Found {
                bucket: place.bucket,
                cell,
                pair,
                control: place.control,
            };
            if self.kill(&found)?.is_ok() {
                self.memory.note(Event::Evicted);
                return Ok(());
            }
        }
        // Others are at work in the bucket: the caller searches again.
        Ok(())
    }

    /// Takes a block after making room for it. `None`: nothing more can be evicted.
    pub(crate) fn allocate_by_eviction(
        &mut self,
        request: &mut Request<'_>,
    ) -> Result<Option<BlockRef>, WriteError> {
        let used = self.memory.segments_used();
        // Twice around: the first time may only clear the marks of use.
        for _ in 0..(2 * used + 2).min(u64::from(ROUNDS_MAX)) {
            let hand = self.memory.control[control::EVICT_HAND].add(1, Ordering::Relaxed);
            let segment = index(hand % used.max(1));
            let Some(word) = self.memory.segment_word(segment) else {
                continue;
            };
            if word.is_ready_for(request.class) {
                self.evict_in_segment(segment, word, Spare::Used, EVICTED_AT_ONCE)?;
            } else if word.state() == SegmentState::Ready {
                self.evict_in_segment(segment, word, Spare::None, u32::MAX)?;
                if self.empty_segment(segment)? {
                    self.assign_segment(segment, request.class)?;
                }
            } else {
                self.assign_segment(segment, request.class)?;
            }
            if let Some(reference) = self.allocate_in(segment, 0, request)? {
                return Ok(Some(reference));
            }
        }
        Ok(None)
    }

    /// Removes entries that have a block in a segment, at most `most`.
    fn evict_in_segment(
        &mut self,
        segment: usize,
        word: SegmentWord,
        spare: Spare,
        most: u32,
    ) -> Result<(), WriteError> {
        let mut evicted = 0;
        let memory = self.memory;
        for (block, header) in memory.headers(segment, word) {
            // Acquire [block]: the hash in the block was written before it was published.
            let header = BlockHeader(header.load(Ordering::Acquire));
            if header.state() != BlockState::Allocated {
                continue;
            }
            let reference = memory.reference_of(segment, word, block, header.generation());
            if self.evict_block(reference, header.role(), spare)? {
                memory.note(Event::Evicted);
                evicted += 1;
                if evicted >= most {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Removes the entry that refers to a block, if there is one and it is not to be spared.
    fn evict_block(
        &mut self,
        reference: BlockRef,
        role: Role,
        spare: Spare,
    ) -> Result<bool, WriteError> {
        let Some(found) = self.memory.entry_of(reference, role)? else {
            return Ok(false);
        };
        if found.pair.hi.state() == State::Moving {
            self.help_split(found.bucket)?;
            return Ok(false);
        }
        let bucket = self.memory.bucket(found.bucket)?;
        let bit = 1 << found.cell;
        // Relaxed: a hint.
        if spare == Spare::Used && bucket.used.load(Ordering::Relaxed) & bit != 0 {
            bucket.used.clear_bits(bit, Ordering::Relaxed);
            return Ok(false);
        }
        Ok(self.kill(&found)?.is_ok())
    }
}

impl Memory<'_> {
    /// The reference to a block, from its number in a segment.
    pub(crate) fn reference_of(
        &self,
        segment: usize,
        word: SegmentWord,
        block: usize,
        generation: u64,
    ) -> BlockRef {
        let granules = crate::layout::CLASS_GRANULES
            .get(word.class())
            .copied()
            .unwrap_or(1);
        let granule = segment * crate::layout::SEGMENT_GRANULES + block * granules;
        BlockRef::new(granule as u64, generation)
    }

    /// The published entry that refers to a block: a validated look at the bucket that the hash in the block
    /// names, so that a split under way cannot hide it.
    pub(crate) fn entry_of(
        &self,
        reference: BlockRef,
        role: Role,
    ) -> Result<Option<Found>, ReadError> {
        for _ in 0..ROUNDS_MAX {
            let Some(block) = self.block(reference) else {
                return Ok(None);
            };
            let hash = block.hash();
            let refers = |target: &Cell, pair: CellPair| match role {
                Role::Value | Role::Index => pair.hi.kind().has_block() && pair.lo == reference.0,
                Role::Key => self.key_block_of(target) == Some(reference),
                Role::Chunk => {
                    pair.hi.kind() == Kind::Chunked
                        && target.meta().hash() == hash
                        && self.chunked_contains(BlockRef(pair.lo), reference)
                }
            };
            if let Some(found) = self.entry_in_bucket_of(hash, refers)? {
                return Ok(found);
            }
        }
        Err(ReadError::Busy)
    }

    /// The published entry that refers to a stripe group, by the hash in the group.
    pub(crate) fn entry_of_group(
        &self,
        reference: GroupRef,
        hash: u64,
    ) -> Result<Option<Found>, ReadError> {
        let refers =
            |_: &Cell, pair: CellPair| pair.hi.kind() == Kind::Striped && pair.lo == reference.0;
        for _ in 0..ROUNDS_MAX {
            if let Some(found) = self.entry_in_bucket_of(hash, refers)? {
                return Ok(found);
            }
        }
        Err(ReadError::Busy)
    }

    /// The published entry for which `refers` holds, in the bucket that a hash belongs to. `Ok(None)`: something
    /// changed meanwhile.
    fn entry_in_bucket_of(
        &self,
        hash: u64,
        refers: impl Fn(&Cell, CellPair) -> bool,
    ) -> Result<Option<Option<Found>>, ReadError> {
        let (at, control) = self.owner_of(hash)?;
        let bucket = self.bucket(at)?;
        let found = (0..CELLS)
            .filter(|cell| control.valid >> cell & 1 == 1)
            .find_map(|cell| {
                let target = &bucket.cells[cell];
                let pair = target.load();
                (pair.hi.is_readable() && refers(target, pair)).then_some(Found {
                    bucket: at,
                    cell,
                    pair,
                    control,
                })
            });
        Ok(bucket.unchanged_since(control.hi).then_some(found))
    }

    /// Whether a chunked value has a chunk.
    fn chunked_contains(&self, index: BlockRef, chunk: BlockRef) -> bool {
        self.block(index)
            .is_some_and(|index| (0..index.chunks()).any(|i| index.chunk(i) == chunk))
    }
}
