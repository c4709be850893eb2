//! Segments of the arena: which class of block each is cut into, and how it changes.
//!
//! ```text
//! POOL --assign--> FORMATTING --headers written--> READY --all blocks held--> POOL
//! ```
//! Steps of emptying a segment, and what a death leaves:
//! 1. note the segment in our record (nothing happened)
//! 2. hold its blocks one by one, FREE -> HELD (recovery gives back what is HELD by us)
//! 3. descriptor READY -> POOL by one `cas`, with a floor above every generation it had (done: headers in the pool
//!    mean nothing)
//!
//! Steps of assigning one: 1. note it; 2. POOL -> FORMATTING (recovery puts it back); 3. headers; 4. READY.
//! Format: docs/format.md 6.
use crate::Host;
use crate::error::{Limit, WriteError};
use crate::geometry::{SEGMENT_BYTES, SEGMENT_DESCRIPTOR_BYTES};
use crate::layout::{
    CLASS_GRANULES, EXTENT_GRANULES, GRANULE_WORDS, HINT_WORDS, SEGMENT_GRANULES, control,
};
use crate::memory::{Memory, Region, index};
use crate::participant::Session;
use crate::state::{BlockHeader, BlockState, SegmentState, SegmentWord};
use crate::sync::{Ordering, Word};

impl<H: Host> Session<'_, H> {
    /// Adds a segment to the arena and returns its number.
    pub(crate) fn fresh_segment(&self) -> Result<usize, WriteError> {
        let memory = self.memory;
        let segment = memory.segments_used();
        if segment >= memory.segments.len() as u64 {
            return Err(WriteError::Full(Limit::TableBytes));
        }
        let geometry = &memory.geometry;
        let descriptor = geometry.segments_at + segment * SEGMENT_DESCRIPTOR_BYTES;
        let hints = geometry.hints_at + segment * (HINT_WORDS * 8) as u64;
        let first = geometry.arena_at + segment * SEGMENT_BYTES;
        let step = (EXTENT_GRANULES * GRANULE_WORDS * 8) as u64;
        for (at, bytes) in [
            (descriptor, SEGMENT_DESCRIPTOR_BYTES),
            (hints, (HINT_WORDS * 8) as u64),
            (first, step),
        ] {
            memory.ensure_committed(self.host, Region::Arena, at, bytes)?;
        }
        let used = &memory.control[control::SEGMENTS_USED];
        // Release [segment]: descriptor and hints are there. A failure: somebody else added the same segment.
        let _ = used.cas(segment, segment + 1, Ordering::AcqRel);
        Ok(index(segment))
    }

    /// Cuts a segment of the pool into blocks of a class. `false`: it is not in the pool (any more).
    pub(crate) fn assign_segment(&self, segment: usize, class: usize) -> Result<bool, WriteError> {
        let memory = self.memory;
        let Some(seen) = memory.segment_word(segment) else {
            return Ok(false);
        };
        if seen.state() != SegmentState::Pool {
            return Ok(false);
        }
        self.intend_segment(Some(segment));
        let formatting = seen.to_formatting(class, self.local.number());
        let word = &memory.segments[segment].word;
        // Acquire [segment]: what was stored in the segment before comes before the headers.
        let claimed = word.cas(seen.0, formatting.0, Ordering::AcqRel).is_ok();
        if claimed {
            memory.format_segment(segment, formatting);
            // Release [segment]: the headers were written before it was ready.
            let _ = word.cas(formatting.0, formatting.to_ready().0, Ordering::AcqRel);
        }
        self.intend_segment(None);
        Ok(claimed)
    }

    /// Puts a segment whose blocks are all free back in the pool. `false`: it has no class, or a block in use.
    pub(crate) fn empty_segment(&self, segment: usize) -> Result<bool, WriteError> {
        let memory = self.memory;
        let Some(seen) = memory.segment_word(segment) else {
            return Ok(false);
        };
        if seen.state() != SegmentState::Ready || !memory.looks_empty(segment, seen) {
            return Ok(false);
        }
        self.intend_segment(Some(segment));
        let floor = self.hold_blocks(segment, seen);
        let emptied = floor.is_some_and(|floor| {
            let word = &memory.segments[segment].word;
            // Release [segment]: our holds come before whoever cuts the segment anew. A failure: the segment
            // was extended, so there are blocks that we do not hold.
            word.cas(seen.0, seen.to_pool(floor).0, Ordering::AcqRel)
                .is_ok()
        });
        if !emptied {
            memory.give_back_held(segment, seen, self.local.number());
        }
        self.intend_segment(None);
        Ok(emptied)
    }

    /// Holds every block of a segment; returns a generation above all of theirs, or `None` if one is in use.
    fn hold_blocks(&self, segment: usize, seen: SegmentWord) -> Option<u64> {
        let class = seen.class();
        let mut floor = seen.floor();
        for (_, header) in self.memory.headers(segment, seen) {
            // Acquire [block]: as for an allocation.
            let free = BlockHeader(header.load(Ordering::Acquire));
            if free.state() != BlockState::Free || !self.memory.is_still_cut(segment, seen) {
                return None;
            }
            let held = BlockHeader::held(class, self.local.number(), free.generation());
            // Acquire [block]: what the block's last owner stored comes before the next use of its memory.
            header.cas(free.0, held.0, Ordering::AcqRel).ok()?;
            floor = floor.max(free.generation_after());
        }
        Some(floor)
    }
}

impl Memory<'_> {
    /// The header words of a segment's blocks, with the number of each.
    pub(crate) fn headers(
        &self,
        segment: usize,
        word: SegmentWord,
    ) -> impl Iterator<Item = (usize, &Word)> {
        let granules = CLASS_GRANULES.get(word.class()).copied().unwrap_or(1);
        (0..word.blocks()).filter_map(move |block| {
            let granule = segment * SEGMENT_GRANULES + block * granules;
            Some((block, &self.granules(granule as u64)?[0]))
        })
    }

    /// Whether a word that was read at the place of a header was one: the segment is still cut as in `word`. If not,
    /// it may be the bytes of a value, and an exchange of it would tear that.
    pub(crate) fn is_still_cut(&self, segment: usize, word: SegmentWord) -> bool {
        self.segment_word(segment)
            .is_some_and(|now| word.is_still_cut(now))
    }

    /// A look before the attempt: whether no block of the segment is in use.
    fn looks_empty(&self, segment: usize, word: SegmentWord) -> bool {
        self.headers(segment, word).all(|(_, header)| {
            // Relaxed: a guess; holding the blocks decides.
            BlockHeader(header.load(Ordering::Relaxed)).state() == BlockState::Free
        })
    }

    /// Writes the headers of a segment's blocks, also of the one that is not wholly committed. For whoever has it
    /// FORMATTING. Memory that was never in use is all zero, which is a free block of any class.
    fn format_segment(&self, segment: usize, word: SegmentWord) {
        if word.floor() == 0 {
            return;
        }
        let Some(granules) = CLASS_GRANULES.get(word.class()) else {
            return;
        };
        let free = BlockHeader::free(word.class(), word.floor());
        for granule in (0..word.granules()).step_by(*granules) {
            if let Some(words) = self.granules((segment * SEGMENT_GRANULES + granule) as u64) {
                // Relaxed: released by the descriptor becoming READY.
                words[0].store(free.0, Ordering::Relaxed);
            }
        }
        for hint in self.segment_hints(segment) {
            // Relaxed: a hint.
            hint.store(0, Ordering::Relaxed);
        }
    }

    /// Gives back the blocks of a segment that `owner` holds. Any number of times.
    pub(crate) fn give_back_held(&self, segment: usize, word: SegmentWord, owner: u64) {
        for (_, header) in self.headers(segment, word) {
            // Acquire [block]: before the look at the descriptor.
            let seen = BlockHeader(header.load(Ordering::Acquire));
            if seen.state() == BlockState::Held
                && seen.owner() == owner
                && self.is_still_cut(segment, word)
            {
                let free = BlockHeader::free(seen.class(), seen.generation());
                // Release [block]: as for a free. A failure: somebody else gave it back.
                let _ = header.cas(seen.0, free.0, Ordering::AcqRel);
            }
        }
    }

    /// Sets right the hints of a segment: a bit for each block in use. Returns whether none is.
    pub(crate) fn mend_hints(&self, segment: usize) -> bool {
        let Some(word) = self.segment_word(segment) else {
            return false;
        };
        if word.state() != SegmentState::Ready {
            return false;
        }
        let mut empty = true;
        for (block, header) in self.headers(segment, word) {
            // Relaxed: for a hint.
            let free = BlockHeader(header.load(Ordering::Relaxed)).state() == BlockState::Free;
            empty &= free;
            if let Some(hint) = self.segment_hints(segment).get(block / 64) {
                let bit = 1 << (block % 64);
                // Relaxed: a hint.
                let hinted_free = hint.load(Ordering::Relaxed) & bit == 0;
                if free && !hinted_free {
                    hint.clear_bits(bit, Ordering::Relaxed);
                }
            }
        }
        empty
    }
}
