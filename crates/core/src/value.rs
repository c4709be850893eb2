//! New values on their way into a cell: numbers and a few bytes in the pair, the rest in the arena.
//!
//! Steps of a chunked value, and what a death leaves:
//! 1. take the index block, noted in our record (recovery frees it)
//! 2. zero its references, and only then give it the role INDEX (recovery looks for chunks only in an index)
//! 3. for each chunk: note its reference in the index, then take it (recovery frees those that are ours)
//! 4. publish
use crate::Host;
use crate::arena::Announce;
use crate::block::Block;
use crate::error::{Limit, WriteError};
use crate::layout::{BLOCK_BYTES_MAX, INLINE_BYTES_MAX, VALUE_BYTES_MAX};
use crate::participant::{Intent, Session};
use crate::read::pack_inline;
use crate::state::{BlockHeader, BlockRef, Kind, Role};
use crate::sync::Ordering;

/// A value to be stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum New<'v> {
    /// A signed 64-bit number.
    Integer(i64),
    /// An IEEE 754 double.
    Float(f64),
    /// Bytes, up to 64 MiB.
    Bytes {
        /// The value.
        bytes: &'v [u8],
        /// The user's flags.
        flags: u32,
    },
}

/// A value as a cell keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) lo: u64,
    pub(crate) kind: Kind,
}

impl Stored {
    pub(crate) const fn integer(value: i64) -> Self {
        Self {
            lo: value.cast_unsigned(),
            kind: Kind::Integer,
        }
    }

    pub(crate) const fn float(value: f64) -> Self {
        Self {
            lo: value.to_bits(),
            kind: Kind::Float,
        }
    }
}

impl<H: Host> Session<'_, H> {
    /// Makes a value ready to be published. What it takes from the arena is noted in our record until
    /// [`Self::published`] or [`Self::discard`].
    pub(crate) fn stage(&mut self, value: New<'_>, hash: u64) -> Result<Stored, WriteError> {
        let (bytes, flags) = match value {
            New::Integer(value) => return Ok(Stored::integer(value)),
            New::Float(value) => return Ok(Stored::float(value)),
            New::Bytes { bytes, flags } => (bytes, flags),
        };
        // Cells are copied when buckets split, and leave copies behind, so a table that wipes keeps no bytes in them.
        let fits = bytes.len() <= INLINE_BYTES_MAX && flags == 0;
        if fits && !self.memory.geometry.choices.wipe {
            return Ok(Stored {
                lo: pack_inline(bytes),
                kind: Kind::Inline,
            });
        }
        if bytes.len() > VALUE_BYTES_MAX {
            return Err(WriteError::ValueTooLong);
        }
        if bytes.len() as u64 > self.memory.geometry.choices.bytes_max {
            return Err(WriteError::Full(Limit::TableBytes));
        }
        if bytes.len() > BLOCK_BYTES_MAX {
            return self.stage_chunked(bytes, hash, flags);
        }
        let announce = Announce::Intent(Intent::New);
        let block = self.allocate_filled(bytes, hash, flags, Role::Value, announce)?;
        Ok(Stored {
            lo: block.0,
            kind: Kind::Block,
        })
    }

    fn stage_chunked(&mut self, bytes: &[u8], hash: u64, flags: u32) -> Result<Stored, WriteError> {
        let chunks = bytes.len().div_ceil(BLOCK_BYTES_MAX);
        let announce = Announce::Intent(Intent::New);
        let reference = self.allocate(chunks * 8, Role::Value, announce)?;
        let stored = Stored {
            lo: reference.0,
            kind: Kind::Chunked,
        };
        let memory = self.memory;
        let Some(index) = memory.block(reference) else {
            return Err(WriteError::Busy);
        };
        index.fill_index(bytes.len(), hash, flags);
        become_index(index);
        for (i, chunk) in bytes.chunks(BLOCK_BYTES_MAX).enumerate() {
            let announce = Announce::Chunk(index, i);
            if let Err(error) = self.allocate_filled(chunk, hash, 0, Role::Chunk, announce) {
                // The reference noted last is not ours.
                index.put_chunk(i, 0);
                self.discard(stored);
                return Err(error);
            }
        }
        Ok(stored)
    }

    /// The staged value is in a cell: it is not ours any more.
    #[inline(always)]
    pub(crate) fn published(&self, stored: Stored) {
        if stored.kind.has_block() {
            self.intend_block(Intent::New, 0);
        }
    }

    /// The staged value is not wanted.
    pub(crate) fn discard(&self, stored: Stored) {
        let by = self.local.number();
        match stored.kind {
            Kind::Block => self.memory.free(BlockRef(stored.lo), by),
            Kind::Chunked => self.memory.free_chunked(BlockRef(stored.lo), by),
            _ => return,
        }
        self.intend_block(Intent::New, 0);
    }
}

/// Gives a block of ours, all of whose references are zero, the role of an index.
fn become_index(block: Block<'_>) {
    let header = block.header_word();
    // Relaxed: it is ours.
    let seen = BlockHeader(header.load(Ordering::Relaxed));
    let index = BlockHeader::allocated(Role::Index, seen.class(), seen.owner(), seen.generation());
    // Release [index]: its references were zeroed before.
    let _ = header.cas(seen.0, index.0, Ordering::AcqRel);
}
