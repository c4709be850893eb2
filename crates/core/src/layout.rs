//! The numbers of docs/format.md, once. Nothing else in the crate asks which world it is in.
//!
//! Two tables, one for a program and one for a model: lengths of arrays inside a bucket, widths of packed
//! fields, and the size of a block. Offsets that only exist in a file are in `geometry.rs`.

/// The lengths and widths of the shipped format.
#[cfg(not(loom))]
mod world {
    /// format.md 4: cells per bucket.
    pub const CELLS: usize = 31;
    /// format.md 4: words of tag bytes per bucket.
    pub const TAG_WORDS: usize = 4;
    /// format.md 5: pairs of a cell that hold its meta word and key words.
    pub const KEY_PAIRS: usize = 3;
    /// format.md 5: bytes of a value that can stand in the pair itself.
    pub const INLINE_BYTES_MAX: usize = 7;
    /// format.md 7: words per granule.
    pub const GRANULE_WORDS: usize = 8;
    /// format.md 7: granules per segment.
    pub const SEGMENT_GRANULES: usize = 1 << 14;
    /// format.md 6: a segment is committed in this many steps.
    pub const SEGMENT_EXTENTS: usize = 16;
    /// format.md 7: granules of a block, by class.
    pub const CLASS_GRANULES: &[usize] = &[
        1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1092,
    ];
    /// format.md 7: granules of the largest block of a value; only the longest keys take a larger one.
    pub const VALUE_GRANULES_MAX: usize = 512;
    /// format.md 8: the longest value.
    pub const VALUE_BYTES_MAX: usize = 64 << 20;
    /// format.md 3: words of a participant that hold its figures.
    pub const COUNTERS: usize = 8;
    /// format.md 6: reserved words of a segment descriptor.
    pub const SEGMENT_RESERVED: usize = 7;
    /// format.md 3: words that waiters sleep on.
    pub const WAIT_WORDS: usize = 256;
    /// format.md 7.4: stripe groups of a table.
    pub const STRIPE_GROUPS: usize = 1024;
    /// format.md 7.4: lanes of a stripe group.
    pub const LANES: usize = 15;
    /// format.md 7.4: reserved words of a lane, and of a group's first line.
    pub const LANE_RESERVED: usize = 6;

    // Widths of packed fields: format.md 4 to 7.
    pub const VERSION_BITS: u32 = 26;
    pub const EXPIRY_BITS: u32 = 32;
    pub const CONTROL_VERSION_BITS: u32 = 56;
    pub const KEY_LENGTH_BITS: u32 = 16;
    pub const OWNER_BITS: u32 = 16;
    pub const META_HASH_BITS: u32 = 32;
    pub const REGISTRATION_BITS: u32 = 48;
    pub const GRANULE_BITS: u32 = 34;
    pub const GENERATION_BITS: u32 = 30;
    pub const STRIPE_GROUP_BITS: u32 = 16;
    pub const STRIPE_GENERATION_BITS: u32 = 47;

    /// format.md 3: indices of the control words, counted from the start of the file.
    pub mod control {
        pub const GEOM: usize = 0x100 / 8;
        pub const BOOT: usize = 0x140 / 8;
        pub const EPOCH: usize = 0x150 / 8;
        pub const WALL: usize = 0x158 / 8;
        pub const UPKEEP: usize = 0x160 / 8;
        pub const EARLY_SPLITS: usize = 0x180 / 8;
        pub const EVICT_HAND: usize = 0x200 / 8;
        pub const EXPIRE_HAND: usize = 0x280 / 8;
        pub const COMMITTED_INDEX: usize = 0x300 / 8;
        pub const COMMITTED_ARENA: usize = 0x308 / 8;
        pub const SEGMENTS_USED: usize = 0x380 / 8;
        pub const CLASS_HINT: usize = 0x400 / 8;
        pub const STATISTICS: usize = 0x600 / 8;
        pub const WAIT: usize = 0x800 / 8;
        pub const WORDS: usize = 0x1000 / 8;
    }
}

/// The lengths and widths of a model: small enough for every interleaving.
#[cfg(loom)]
mod world {
    pub const CELLS: usize = 3;
    pub const TAG_WORDS: usize = 1;
    pub const KEY_PAIRS: usize = 1;
    pub const INLINE_BYTES_MAX: usize = 3;
    pub const GRANULE_WORDS: usize = 5;
    pub const SEGMENT_GRANULES: usize = 4;
    pub const SEGMENT_EXTENTS: usize = 1;
    pub const CLASS_GRANULES: &[usize] = &[1];
    pub const VALUE_GRANULES_MAX: usize = 1;
    pub const VALUE_BYTES_MAX: usize = 32;
    pub const COUNTERS: usize = 0;
    pub const SEGMENT_RESERVED: usize = 0;
    pub const WAIT_WORDS: usize = 1;
    pub const STRIPE_GROUPS: usize = 1;
    pub const LANES: usize = 2;
    pub const LANE_RESERVED: usize = 0;

    pub const VERSION_BITS: u32 = 14;
    pub const EXPIRY_BITS: u32 = 12;
    pub const CONTROL_VERSION_BITS: u32 = 24;
    pub const KEY_LENGTH_BITS: u32 = 8;
    pub const OWNER_BITS: u32 = 8;
    pub const META_HASH_BITS: u32 = 16;
    pub const REGISTRATION_BITS: u32 = 24;
    pub const GRANULE_BITS: u32 = 12;
    pub const GENERATION_BITS: u32 = 20;
    pub const STRIPE_GROUP_BITS: u32 = 8;
    pub const STRIPE_GENERATION_BITS: u32 = 16;

    pub mod control {
        pub const GEOM: usize = 0;
        pub const BOOT: usize = 1;
        pub const EPOCH: usize = 3;
        pub const WALL: usize = 4;
        pub const EARLY_SPLITS: usize = 5;
        pub const EVICT_HAND: usize = 6;
        pub const EXPIRE_HAND: usize = 7;
        pub const COMMITTED_INDEX: usize = 8;
        pub const COMMITTED_ARENA: usize = 9;
        pub const SEGMENTS_USED: usize = 10;
        pub const CLASS_HINT: usize = 11;
        pub const STATISTICS: usize = 12;
        pub const WAIT: usize = 18;
        pub const UPKEEP: usize = 19;
        pub const WORDS: usize = 20;
    }
}

pub use world::*;

/// Words of a cell that can hold key bytes (format.md 5).
pub const KEY_WORDS: usize = 2 * KEY_PAIRS - 1;
/// The longest key that stands in its cell; longer ones have a block.
pub const KEY_INLINE_BYTES_MAX: usize = 8 * KEY_WORDS;
/// The longest key (format.md 5).
pub const KEY_BYTES_MAX: usize = (1 << KEY_LENGTH_BITS) - 1;
/// Words in front of a block's payload (format.md 7).
pub const BLOCK_HEADER_WORDS: usize = 3;
/// Words of hint bits per segment: a bit for the smallest blocks.
pub const HINT_WORDS: usize = SEGMENT_GRANULES.div_ceil(64);
/// Granules that one step of a segment's commitment adds.
pub const EXTENT_GRANULES: usize = SEGMENT_GRANULES / SEGMENT_EXTENTS;
/// Words per segment.
pub const SEGMENT_WORDS: usize = SEGMENT_GRANULES * GRANULE_WORDS;
/// Payload words of the largest block of a value, which is also that of a chunk.
pub const BLOCK_PAYLOAD_WORDS_MAX: usize = VALUE_GRANULES_MAX * GRANULE_WORDS - BLOCK_HEADER_WORDS;
/// The longest value that is one block; longer ones are chunked (format.md 8).
pub const BLOCK_BYTES_MAX: usize = BLOCK_PAYLOAD_WORDS_MAX * 8;
/// References in the index of the longest value.
pub const CHUNKS_MAX: usize = VALUE_BYTES_MAX.div_ceil(BLOCK_BYTES_MAX);
/// The most bits of a hash that may address a bucket.
pub const DEPTH_MAX: u32 = if META_HASH_BITS < 32 {
    META_HASH_BITS
} else {
    32
};
/// A loop that makes no progress in so many rounds answers `Busy` (format.md 10).
pub const ROUNDS_MAX: u32 = 1 << 20;

const _: () = assert!(
    CHUNKS_MAX <= BLOCK_PAYLOAD_WORDS_MAX,
    "the index of the longest value is one block"
);
#[cfg(not(loom))]
const _: () = assert!(
    8 * (CLASS_GRANULES[CLASS_GRANULES.len() - 1] * GRANULE_WORDS - BLOCK_HEADER_WORDS)
        >= KEY_BYTES_MAX,
    "the longest key is one block"
);
const _: () = assert!(CELLS <= 8 * TAG_WORDS, "a tag byte for every cell");
