//! Blocks of the arena as they are read and filled. Who gets one is in `arena.rs`. Format: docs/format.md 7.
//!
//! A block is three header words and a payload. The payload word at the start of a granule is kept xor the
//! table's mask: otherwise the bytes of a value could look like the header of a smaller block that was there
//! before, and a process that slept since then could exchange it.
use crate::buffer::Buffer;
use crate::error::Corrupt;
use crate::key::{partial_word, word_of};
use crate::layout::{
    BLOCK_HEADER_WORDS, CHUNKS_MAX, CLASS_GRANULES, GRANULE_WORDS, VALUE_BYTES_MAX,
};
use crate::memory::{Cell, Memory, index};
use crate::state::{BlockHeader, BlockRef};
use crate::sync::{Ordering, Word, fence};

/// The first payload word that stands at the start of a granule.
const MASKED_FIRST: usize = GRANULE_WORDS - BLOCK_HEADER_WORDS;

/// A block in use, as large as its class.
#[derive(Clone, Copy)]
pub(crate) struct Block<'m> {
    words: &'m [Word],
    reference: BlockRef,
    mask: u64,
}

impl Memory<'_> {
    /// The block that a reference names, if it is in use and still that incarnation.
    #[inline(always)]
    pub(crate) fn block(&self, reference: BlockRef) -> Option<Block<'_>> {
        let at = self.geometry.arena_at + reference.granule() * (GRANULE_WORDS * 8) as u64;
        let from = index(reference.granule()) * GRANULE_WORDS;
        let first = self.arena.get(from)?;
        if !self.is_committed(at) {
            return None;
        }
        // Acquire [block]: the header came before the payload.
        let header = BlockHeader(first.load(Ordering::Acquire));
        if !header.is(reference) {
            return None;
        }
        let granules = *CLASS_GRANULES.get(header.class())?;
        let bytes = (granules * GRANULE_WORDS * 8) as u64;
        // The first granule is committed; most blocks end in the chunk where they begin.
        let ends_elsewhere = (at ^ (at + bytes - 1)) >> self.geometry.chunk_shift != 0;
        if ends_elsewhere && !self.is_range_committed(at, bytes) {
            return None;
        }
        Some(Block {
            words: self.arena.get(from..from + granules * GRANULE_WORDS)?,
            reference,
            mask: self.geometry.choices.key_mask[0],
        })
    }

    /// The reference to the block of a long key. Believed only after a validation.
    pub(crate) fn key_reference(&self, cell: &Cell) -> BlockRef {
        BlockRef(cell.key_word(0) ^ self.geometry.choices.key_mask[0])
    }

    /// Whether a block holds exactly these bytes. Believed only after a validation.
    pub(crate) fn key_block_holds(&self, reference: BlockRef, bytes: &[u8]) -> bool {
        let Some(block) = self.block(reference) else {
            return false;
        };
        let mut chunks = bytes.chunks_exact(8);
        let whole = chunks
            .by_ref()
            .enumerate()
            .all(|(i, chunk)| block.word(i) == Some(word_of(chunk)));
        let rest = chunks.remainder();
        whole && (rest.is_empty() || block.word(bytes.len() / 8) == Some(partial_word(rest)))
            // The generation again: bytes of another key may have come in since.
            && block.is_unchanged()
    }

    /// Appends the bytes of a chunked value, chunk by chunk.
    pub(crate) fn copy_chunks(
        &self,
        index: Block<'_>,
        out: &mut impl Buffer,
    ) -> Result<(), Corrupt> {
        let mut left = index.bytes();
        for i in 0..index.chunks() {
            let reference = index.chunk(i);
            let corrupt = Corrupt::Block {
                reference: reference.0,
            };
            let chunk = self.block(reference).ok_or(corrupt)?;
            let bytes = chunk.payload_bytes().min(left);
            chunk.copy_out(out.append(bytes));
            left -= bytes;
        }
        if left == 0 {
            Ok(())
        } else {
            Err(Corrupt::Block {
                reference: index.reference.0,
            })
        }
    }
}

impl Block<'_> {
    /// Acquire [reuse]: if a word read before came from a later owner of the block, its header has changed.
    pub(crate) fn is_unchanged(&self) -> bool {
        fence(Ordering::Acquire);
        // Relaxed [reuse]: ordered by the fence.
        BlockHeader(self.words[0].load(Ordering::Relaxed)).is(self.reference)
    }

    /// The length of the value or key that the block holds; of a chunked value's index, that of the value.
    /// Clamped to what is possible, but believed only after a validation.
    pub(crate) fn bytes(&self) -> usize {
        // Relaxed: validated with the pair that refers to the block.
        let bytes = self.words[1].load(Ordering::Relaxed) & 0xffff_ffff;
        index(bytes).min(VALUE_BYTES_MAX)
    }

    /// 32 bits of the hash of the key it belongs to.
    pub(crate) fn hash(&self) -> u64 {
        // Relaxed: as `bytes`.
        self.words[1].load(Ordering::Relaxed) >> 32
    }

    /// The user's flags.
    #[expect(clippy::cast_possible_truncation, reason = "32 bits are kept")]
    pub(crate) fn flags(&self) -> u32 {
        // Relaxed: as `bytes`.
        self.words[2].load(Ordering::Relaxed) as u32
    }

    /// How many bytes fit.
    pub(crate) fn payload_bytes(&self) -> usize {
        (self.words.len() - BLOCK_HEADER_WORDS) * 8
    }

    /// What payload word `i` is kept xor.
    #[inline(always)]
    fn mask_of(&self, i: usize) -> u64 {
        if (i + BLOCK_HEADER_WORDS).is_multiple_of(GRANULE_WORDS) {
            self.mask
        } else {
            0
        }
    }

    /// Payload word `i`.
    #[inline(always)]
    fn word(&self, i: usize) -> Option<u64> {
        let word = self.words.get(i + BLOCK_HEADER_WORDS)?;
        // Relaxed: validated with the pair that refers to the block.
        Some(word.load(Ordering::Relaxed) ^ self.mask_of(i))
    }

    /// Stores payload word `i`. For the owner of a block that nothing refers to yet.
    fn put(&self, i: usize, value: u64) {
        if let Some(word) = self.words.get(i + BLOCK_HEADER_WORDS) {
            // Relaxed: released by whatever publishes the block.
            word.store(value ^ self.mask_of(i), Ordering::Relaxed);
        }
    }

    /// Copies the first bytes of the payload, as many as there is room for.
    #[inline(always)]
    pub(crate) fn copy_out(&self, out: &mut [u8]) {
        let payload = self.words.get(BLOCK_HEADER_WORDS..).unwrap_or_default();
        let (whole, rest) = out.as_chunks_mut::<8>();
        let last = payload.get(whole.len());
        for (chunk, word) in whole.iter_mut().zip(payload) {
            // Relaxed: validated with the pair that refers to the block.
            *chunk = word.load(Ordering::Relaxed).to_le_bytes();
        }
        // One word of each granule is masked.
        for chunk in whole.iter_mut().skip(MASKED_FIRST).step_by(GRANULE_WORDS) {
            *chunk = (u64::from_le_bytes(*chunk) ^ self.mask).to_le_bytes();
        }
        if let (Some(word), false) = (last, rest.is_empty()) {
            // Relaxed: as above.
            let word = word.load(Ordering::Relaxed) ^ self.mask_of(whole.len());
            rest.copy_from_slice(&word.to_le_bytes()[..rest.len()]);
        }
    }

    /// Fills the block. For its owner, before anything refers to it.
    pub(crate) fn fill(&self, bytes: &[u8], hash: u64, flags: u32) {
        self.describe(bytes.len(), hash, flags);
        let (whole, rest) = bytes.as_chunks::<8>();
        let payload = self.words.get(BLOCK_HEADER_WORDS..).unwrap_or_default();
        let (plain, masked) = payload.split_at(payload.len().min(MASKED_FIRST));
        // Relaxed, both: released by whatever publishes the block.
        for (word, chunk) in plain.iter().zip(whole) {
            word.store(u64::from_le_bytes(*chunk), Ordering::Relaxed);
        }
        let later = whole.get(MASKED_FIRST..).unwrap_or_default();
        for (granule, chunks) in masked
            .chunks(GRANULE_WORDS)
            .zip(later.chunks(GRANULE_WORDS))
        {
            let mut mask = self.mask;
            for (word, chunk) in granule.iter().zip(chunks) {
                word.store(u64::from_le_bytes(*chunk) ^ mask, Ordering::Relaxed);
                mask = 0;
            }
        }
        if !rest.is_empty() {
            self.put(whole.len(), partial_word(rest));
        }
    }

    /// Writes length, hash and flags.
    fn describe(&self, bytes: usize, hash: u64, flags: u32) {
        // Relaxed: released by whatever publishes the block.
        self.words[1].store(bytes as u64 | hash << 32, Ordering::Relaxed);
        self.words[2].store(u64::from(flags), Ordering::Relaxed);
    }

    /// Makes the block an index without chunks. For its owner, before it gets that role.
    pub(crate) fn fill_index(&self, bytes: usize, hash: u64, flags: u32) {
        self.describe(bytes, hash, flags);
        for i in 0..self.chunks() {
            self.put(i, 0);
        }
    }

    /// The number of chunks of the value that the block is the index of.
    pub(crate) fn chunks(&self) -> usize {
        self.bytes()
            .div_ceil(crate::layout::BLOCK_BYTES_MAX)
            .min(CHUNKS_MAX)
            .min(self.payload_bytes() / 8)
    }

    /// The reference to chunk `i`, 0 if there is none. Believed only after a validation.
    pub(crate) fn chunk(&self, i: usize) -> BlockRef {
        BlockRef(self.word(i).unwrap_or_default())
    }

    /// Notes the reference to chunk `i`. For the owner of the index.
    pub(crate) fn put_chunk(&self, i: usize, reference: u64) {
        self.put(i, reference);
    }

    /// The block's first word.
    pub(crate) fn header_word(&self) -> &Word {
        &self.words[0]
    }
}
