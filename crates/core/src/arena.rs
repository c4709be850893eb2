//! Blocks: who gets one, and how it is given back. The header word is the truth, the hint bit is not.
//!
//! Steps of an allocation, and what a death leaves:
//! 1. note the intent (nothing happened)
//! 2. header FREE -> ALLOCATED by one `cas` (recovery frees it by the intent, if nothing refers to it)
//! 3. hint bit (a hint that is wrong: the next who tries the block sets it)
//!
//! A free is one `cas` guarded by the generation: anybody who knows that a reference is dead may do it, any
//! number of times. In a table that wipes it is two, with zeros in between: `wipe.rs`. Format: docs/format.md 7 and 9.6.
use crate::Host;
use crate::block::Block;
use crate::error::{Limit, WriteError};
use crate::geometry::{SEGMENT_BYTES, SEGMENT_DESCRIPTOR_BYTES};
use crate::layout::{
    BLOCK_HEADER_WORDS, CLASS_GRANULES, EXTENT_GRANULES, GRANULE_WORDS, ROUNDS_MAX,
    SEGMENT_GRANULES, control,
};
use crate::memory::{CellPair, Memory, Region, Segment, index};
use crate::participant::{Intent, Session};
use crate::state::{BlockHeader, BlockRef, BlockState, GroupRef, Kind, Role, SegmentWord};
use crate::sync::{Ordering, Word, fence};

/// Segments that are looked at before the arena grows by one more.
const NEAR_SEGMENTS: usize = 64;

/// Blocks that a participant takes in turn before it comes to those again that were freed meanwhile: few enough to
/// stay in a processor's cache, and so many that a block's generations last for a day at full speed.
const WINDOW: usize = 512;

/// Where the reference of a new block is noted before the block is taken.
#[derive(Clone, Copy)]
pub(crate) enum Announce<'b> {
    /// In an intent of our record.
    Intent(Intent),
    /// In an index block of ours.
    Chunk(Block<'b>, usize),
}

/// One allocation under way.
pub(crate) struct Request<'b> {
    pub(crate) class: usize,
    role: Role,
    announce: Announce<'b>,
    /// Look at every block, whatever its hint says.
    thorough: bool,
    /// Why no more memory could be had.
    pub(crate) full: Option<WriteError>,
}

/// A segment that is cut into blocks, as it was looked at.
struct Cut<'m> {
    segment: usize,
    descriptor: &'m Segment,
    word: SegmentWord,
    hints: &'m [Word],
}

/// The smallest class whose blocks hold so many bytes.
pub(crate) fn class_for(bytes: usize) -> Option<usize> {
    let words = bytes.div_ceil(8) + BLOCK_HEADER_WORDS;
    CLASS_GRANULES
        .iter()
        .position(|granules| granules * GRANULE_WORDS >= words)
}

impl<H: Host> Session<'_, H> {
    /// Takes a block for so many bytes.
    pub(crate) fn allocate(
        &mut self,
        bytes: usize,
        role: Role,
        announce: Announce<'_>,
    ) -> Result<BlockRef, WriteError> {
        let class = class_for(bytes).ok_or(WriteError::ValueTooLong)?;
        let mut request = Request {
            class,
            role,
            announce,
            thorough: false,
            full: None,
        };
        if let Some(reference) = self.allocate_near(&mut request)? {
            return Ok(reference);
        }
        if let Some(reference) = self.allocate_fresh(&mut request)? {
            return Ok(reference);
        }
        self.allocate_anywhere(&mut request)
    }

    /// From the segment of the last time, the one where a block was freed last, or one of the next few.
    fn allocate_near(&mut self, request: &mut Request<'_>) -> Result<Option<BlockRef>, WriteError> {
        let (segment, block) = self.local.cursors[request.class];
        // Relaxed: a hint.
        let freed =
            self.memory.control[control::CLASS_HINT + request.class].load(Ordering::Relaxed);
        // Each begins somewhere else, so that they do not take turns on the same lines.
        let apart = index(self.local.number()) * WINDOW;
        for (segment, from) in [(segment, block), (index(freed), apart)] {
            if let Some(reference) = self.allocate_in(segment, from, request)? {
                return Ok(Some(reference));
            }
        }
        self.allocate_among(NEAR_SEGMENTS, request)
    }

    /// From one of the next `most` segments, of its class or of none.
    fn allocate_among(
        &mut self,
        most: usize,
        request: &mut Request<'_>,
    ) -> Result<Option<BlockRef>, WriteError> {
        let used = index(self.memory.segments_used());
        for _ in 0..most.min(used) {
            let segment = self.local.next_segment % used;
            if let Some(reference) = self.allocate_in(segment, 0, request)? {
                return Ok(Some(reference));
            }
            self.local.next_segment = segment + 1;
            if self.assign_segment(segment, request.class)?
                && let Some(reference) = self.allocate_in(segment, 0, request)?
            {
                return Ok(Some(reference));
            }
        }
        Ok(None)
    }

    /// From a segment that nobody had yet.
    fn allocate_fresh(
        &mut self,
        request: &mut Request<'_>,
    ) -> Result<Option<BlockRef>, WriteError> {
        for _ in 0..ROUNDS_MAX {
            let segment = match self.fresh_segment() {
                Ok(segment) => segment,
                Err(error @ WriteError::Full(_)) => {
                    request.full = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            };
            if self.assign_segment(segment, request.class)?
                && let Some(reference) = self.allocate_in(segment, 0, request)?
            {
                return Ok(Some(reference));
            }
            if request.full.is_some() {
                break;
            }
        }
        Ok(None)
    }

    /// The arena is as large as it gets: search all of it, then take segments from other classes, then evict.
    #[cold]
    fn allocate_anywhere(&mut self, request: &mut Request<'_>) -> Result<BlockRef, WriteError> {
        request.thorough = true;
        if let Some(reference) = self.allocate_among(usize::MAX, request)? {
            return Ok(reference);
        }
        let used = index(self.memory.segments_used());
        for segment in 0..used {
            if self.empty_segment(segment)?
                && self.assign_segment(segment, request.class)?
                && let Some(reference) = self.allocate_in(segment, 0, request)?
            {
                return Ok(reference);
            }
        }
        if self.memory.evicts()
            && let Some(reference) = self.allocate_by_eviction(request)?
        {
            return Ok(reference);
        }
        Err(request.full.unwrap_or(WriteError::Full(Limit::Blocks)))
    }

    /// From one segment, if it has the class: beginning at block `from`, so that freed blocks rest for a while.
    pub(crate) fn allocate_in(
        &mut self,
        segment: usize,
        from: usize,
        request: &mut Request<'_>,
    ) -> Result<Option<BlockRef>, WriteError> {
        for _ in 0..ROUNDS_MAX {
            let Some(word) = self.memory.segment_word(segment) else {
                return Ok(None);
            };
            if !word.is_ready_for(request.class) {
                return Ok(None);
            }
            let Some(descriptor) = self.memory.segments.get(segment) else {
                return Ok(None);
            };
            let cut = Cut {
                segment,
                descriptor,
                word,
                hints: self.memory.segment_hints(segment),
            };
            if let Some(reference) = self.allocate_within(&cut, from, request) {
                return Ok(Some(reference));
            }
            if request.full.is_some() || word.granules() >= SEGMENT_GRANULES {
                return Ok(None);
            }
            match self.extend_segment(segment, word) {
                Err(error @ WriteError::Full(_)) => request.full = Some(error),
                other => other?,
            }
        }
        Ok(None)
    }

    /// From the committed blocks of a segment.
    fn allocate_within(
        &mut self,
        cut: &Cut<'_>,
        from: usize,
        request: &Request<'_>,
    ) -> Option<BlockRef> {
        let blocks = cut.word.blocks();
        let words = blocks.div_ceil(64);
        let from = if from < blocks {
            from
        } else {
            from % blocks.max(1)
        };
        let mut at = from / 64;
        // The word of `from` comes twice: first its upper part, at last the rest.
        for n in 0..=words {
            let w = at;
            at = if w + 1 < words { w + 1 } else { 0 };
            // Relaxed: a hint.
            let hinted = cut.hints.get(w)?.load(Ordering::Relaxed);
            let mut free = if request.thorough { u64::MAX } else { !hinted };
            if n == 0 {
                free &= u64::MAX << (from % 64);
            }
            while free != 0 {
                let block = w * 64 + free.trailing_zeros() as usize;
                free &= free - 1;
                if block >= blocks {
                    break;
                }
                if let Some(reference) = self.take_block(cut, block, request) {
                    let next = block + 1;
                    let next = if next.is_multiple_of(WINDOW) {
                        next - WINDOW
                    } else {
                        next
                    };
                    self.local.cursors[request.class] = (cut.segment, next);
                    return Some(reference);
                }
            }
        }
        None
    }

    /// Takes one block, if it is free.
    fn take_block(&self, cut: &Cut<'_>, block: usize, request: &Request<'_>) -> Option<BlockRef> {
        let class = request.class;
        let granule = (cut.segment * SEGMENT_GRANULES + block * CLASS_GRANULES.get(class)?) as u64;
        let header = &self.memory.granules(granule)?[0];
        // Acquire [block]: what its last owner stored comes before what we store.
        let seen = BlockHeader(header.load(Ordering::Acquire));
        // Acquire [segment]: as in `segment_word`.
        let now = SegmentWord(cut.descriptor.word.load(Ordering::Acquire));
        if !cut.word.is_still_cut(now) {
            return None;
        }
        let hint = cut.hints.get(block / 64)?;
        let bit = 1 << (block % 64);
        if seen.state() != BlockState::Free || (seen.0 != 0 && seen.class() != class) {
            // Relaxed: a hint.
            if hint.load(Ordering::Relaxed) & bit == 0 {
                hint.set_bits(bit, Ordering::Relaxed);
            }
            return None;
        }
        let reference = BlockRef::new(granule, seen.generation_after());
        match request.announce {
            Announce::Intent(intent) => self.intend_block(intent, reference.0),
            Announce::Chunk(index, i) => index.put_chunk(i, reference.0),
        }
        let taken = BlockHeader::allocated(
            request.role,
            class,
            self.local.number(),
            reference.generation(),
        );
        // Release [intent]: who finds the block ours finds the intent. Acquire [block]: as the load above.
        header.cas(seen.0, taken.0, Ordering::AcqRel).ok()?;
        // Release [reuse]: the header comes before the payload, for whoever reads one of its words.
        fence(Ordering::Release);
        // Relaxed: a hint.
        hint.set_bits(bit, Ordering::Relaxed);
        Some(reference)
    }

    /// Takes a block for bytes and fills it.
    pub(crate) fn allocate_filled(
        &mut self,
        bytes: &[u8],
        hash: u64,
        flags: u32,
        role: Role,
        announce: Announce<'_>,
    ) -> Result<BlockRef, WriteError> {
        let reference = self.allocate(bytes.len(), role, announce)?;
        if let Some(block) = self.memory.block(reference) {
            block.fill(bytes, hash, flags);
        }
        Ok(reference)
    }

    /// Commits one step more of a segment.
    fn extend_segment(&self, segment: usize, word: SegmentWord) -> Result<(), WriteError> {
        let step = (EXTENT_GRANULES * GRANULE_WORDS * 8) as u64;
        let at = self.memory.geometry.arena_at
            + segment as u64 * SEGMENT_BYTES
            + (word.granules() * GRANULE_WORDS * 8) as u64;
        self.memory
            .ensure_committed(self.host, Region::Arena, at, step)?;
        // Release [segment]: the memory is there before anybody takes a block in it. A failure: somebody else
        // was faster.
        let _ = self.memory.segments[segment]
            .word
            .cas(word.0, word.extended().0, Ordering::AcqRel);
        Ok(())
    }
}

impl Memory<'_> {
    /// The descriptor of a segment; `None` if the arena has not come so far.
    pub(crate) fn segment_word(&self, segment: usize) -> Option<SegmentWord> {
        if segment as u64 >= self.segments_used() {
            return None;
        }
        let at = self.geometry.segments_at + segment as u64 * SEGMENT_DESCRIPTOR_BYTES;
        if !self.is_committed(at) {
            return None;
        }
        // Acquire [segment]: the headers of its blocks were written before it was ready.
        let word = self.segments.get(segment)?.word.load(Ordering::Acquire);
        Some(SegmentWord(word))
    }

    /// Frees the value that a pair refers to, if it is in the arena.
    pub(crate) fn free_value(&self, pair: CellPair, by: u64) {
        match pair.hi.kind() {
            Kind::Block => self.free(BlockRef(pair.lo), by),
            Kind::Chunked => self.free_chunked(BlockRef(pair.lo), by),
            Kind::Striped => self.free_group(GroupRef(pair.lo)),
            _ => {}
        }
    }

    /// Frees a block, if it is in use and still that incarnation. `by` is the number of the participant that does it.
    pub(crate) fn free(&self, reference: BlockRef, by: u64) {
        let Some(words) = self.granules(reference.granule()) else {
            return;
        };
        // Acquire [block]: nothing; the `cas` decides.
        let seen = BlockHeader(words[0].load(Ordering::Acquire));
        if !seen.is(reference) {
            return;
        }
        if self.geometry.choices.wipe {
            self.wipe_and_free(reference, seen, by);
            return;
        }
        let free = BlockHeader::free(seen.class(), seen.generation());
        // Release [block]: what we read or stored in the block comes before its next owner.
        if words[0].cas(seen.0, free.0, Ordering::AcqRel).is_ok() {
            self.hint_free(reference, seen.class());
        }
    }

    /// Tells the allocator. A death before this line hides the block until somebody searches thoroughly.
    pub(crate) fn hint_free(&self, reference: BlockRef, class: usize) {
        let segment = index(reference.granule()) / SEGMENT_GRANULES;
        let Some(granules) = CLASS_GRANULES.get(class) else {
            return;
        };
        let block = index(reference.granule()) % SEGMENT_GRANULES / granules;
        if let Some(hint) = self.segment_hints(segment).get(block / 64) {
            // Relaxed: a hint.
            hint.clear_bits(1 << (block % 64), Ordering::Relaxed);
        }
        let freed = &self.control[control::CLASS_HINT + class];
        // Relaxed: a hint, and stored only when it changes.
        if freed.load(Ordering::Relaxed) != segment as u64 {
            freed.store(segment as u64, Ordering::Relaxed);
        }
    }

    /// Frees a chunked value: the chunks first, the index last, so that a death in between loses nothing.
    pub(crate) fn free_chunked(&self, reference: BlockRef, by: u64) {
        let Some(index) = self.block(reference) else {
            return;
        };
        for i in 0..index.chunks() {
            let chunk = index.chunk(i);
            // The reference counts only if the index was still ours to free: it may be another's bytes by now.
            if !index.is_unchanged() {
                return;
            }
            self.free(chunk, by);
        }
        self.free(reference, by);
    }
}
