//! Where everything is: planned once from a few choices, written to the header, and checked at every open.
//!
//! All offsets follow from [`Choices`], so a header is valid only if its offsets equal those that its choices
//! give: no hostile offset survives [`Geometry::decode`]. Format: docs/format.md 3.
use crate::layout;

/// Bytes of the header page.
pub const HEADER_BYTES: u64 = 4096;
/// Words of the header that never change (format.md 3.1).
pub const IMMUTABLE_WORDS: usize = 32;
/// The first word of every table: `QUIPU-T\n`.
pub const MAGIC: u64 = u64::from_le_bytes(*b"QUIPU-T\n");
/// The version of the format that this library makes tables in.
pub const FORMAT_VERSION: u64 = 3;
/// The oldest version that it can use: without stripe groups, so striped counters stay plain there; before version 3
/// without page bits, so buckets are committed by chunks.
pub(crate) const FORMAT_VERSION_LEAST: u64 = 1;
/// Process slots of a table (format.md 3.3).
pub const PROCESS_SLOTS: u64 = 1024;
/// Participants of a table (format.md 3.4). Number 0 is never used.
pub const PARTICIPANTS: u64 = 4096;
/// Bytes of a process slot.
pub const PROCESS_SLOT_BYTES: u64 = 64;
/// Bytes of a participant record.
pub(crate) const PARTICIPANT_BYTES: u64 = 128;
/// Bytes of a segment descriptor.
pub(crate) const SEGMENT_DESCRIPTOR_BYTES: u64 = 64;
/// Bytes of a bucket.
pub const BUCKET_BYTES: u64 = 2048;
/// Buckets are committed by pages of so many bytes.
pub const PAGE_BYTES: u64 = 4096;
/// Bytes of a segment of the arena.
pub const SEGMENT_BYTES: u64 = 1 << 20;
/// Bytes of a stripe group.
pub(crate) const STRIPE_GROUP_BYTES: u64 = 1024;
/// The smallest maximum size of a table.
pub const BYTES_MAX_LEAST: u64 = 1 << 20;
/// The largest maximum size of a table: what a block reference can address.
pub const BYTES_MAX_MOST: u64 = 1 << 40;

const HINT_BYTES: u64 = 2048;
const CHUNK_SHIFT_LEAST: u32 = 16;
const COMMIT_BITS_MAX: u64 = 1 << 19;
const ENDIAN_MARK: u64 = 0x0102_0304;
const CACHE_LINE: u64 = 64;

/// Which function hashes the keys (format.md 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum HashId {
    /// XXH3, 64 bits, with a secret derived from the seed.
    Xxh3 = 1,
    /// SipHash-1-3 keyed with the seed, for keys that an attacker chooses.
    SipHash13 = 2,
}

/// What a table does when there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum OnFull {
    /// A write that needs room answers `Full`.
    Error = 1,
    /// A write that needs room removes entries that were not used lately (CLOCK).
    Evict = 2,
}

/// What the creator of a table decides; everything else follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choices {
    /// The most bytes of memory the table may take; rounded into 1 MiB to 1 TiB.
    pub bytes_max: u64,
    /// One tick of the expiry clock is `2^tick_shift` milliseconds, 0 to 16.
    pub tick_shift: u8,
    /// The hash function.
    pub hash: HashId,
    /// What happens when there is no room.
    pub on_full: OnFull,
    /// Whether the bytes of a value that goes are made zero before their memory is used again.
    pub wipe: bool,
    /// 128 random bits.
    pub seed: [u64; 2],
    /// 128 random bits, no word of them zero.
    pub key_mask: [u64; 2],
    /// Wall clock at creation, milliseconds since 1970.
    pub created_ms: u64,
}

/// A validated description of a table, in private memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Geometry {
    /// The version of the format it is in.
    pub version: u64,
    /// What the creator chose.
    pub choices: Choices,
    /// The most hash bits that address a bucket.
    pub depth_max: u32,
    /// Memory is committed in chunks of `2^chunk_shift` bytes.
    pub chunk_shift: u32,
    /// Segments of the arena.
    pub segments: u64,
    /// Offset of the commit bitmap.
    pub commits_at: u64,
    /// Offset of the process slots.
    pub process_slots_at: u64,
    /// Offset of the page bits; 0: there are none.
    pub pages_at: u64,
    /// Offset of the participants.
    pub participants_at: u64,
    /// Offset of the segment descriptors.
    pub segments_at: u64,
    /// Offset of the hint bitmaps.
    pub hints_at: u64,
    /// Offset of the stripe groups; 0: there are none.
    pub stripes_at: u64,
    /// Offset of the buckets.
    pub buckets_at: u64,
    /// Offset of the arena.
    pub arena_at: u64,
    /// Length of the file, which is sparse.
    pub file_bytes: u64,
    /// The inverse share of a level that may split early before the level is completed in order.
    pub early_share: u64,
    /// A model has all of its memory from the start.
    pub commits_itself: bool,
}

/// Why a header was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderError {
    /// It does not start with our magic.
    NotATable,
    /// Written by another version of the format.
    FormatVersion {
        /// The version this library knows.
        expected: u64,
        /// The version of the file.
        found: u64,
    },
    /// Written on another kind of machine.
    Architecture {
        /// The marks of this machine.
        expected: u64,
        /// The marks of the file.
        found: u64,
    },
    /// The checksum or an offset is wrong.
    Damaged,
}

impl Geometry {
    /// Lays out a table.
    #[must_use]
    pub fn plan(choices: Choices) -> Self {
        Self::plan_version(choices, FORMAT_VERSION)
    }

    fn plan_version(choices: Choices, version: u64) -> Self {
        let bytes_max = choices.bytes_max.clamp(BYTES_MAX_LEAST, BYTES_MAX_MOST);
        let choices = Choices {
            bytes_max,
            ..choices
        };
        let segments = bytes_max.div_ceil(SEGMENT_BYTES);
        let depth_max = (bytes_max / BUCKET_BYTES).ilog2().min(layout::DEPTH_MAX);
        let bucket_bytes = BUCKET_BYTES << depth_max;
        let stripe_bytes = if version >= 2 {
            layout::STRIPE_GROUPS as u64 * STRIPE_GROUP_BYTES
        } else {
            0
        };
        let page_bit_bytes = if version >= 3 {
            (bucket_bytes / PAGE_BYTES).div_ceil(64) * 8
        } else {
            0
        };
        let most = bytes_max
            + bucket_bytes
            + stripe_bytes
            + page_bit_bytes
            + segments * (HINT_BYTES + SEGMENT_DESCRIPTOR_BYTES);
        let chunk_shift = (most / COMMIT_BITS_MAX)
            .next_power_of_two()
            .ilog2()
            .max(CHUNK_SHIFT_LEAST);
        let chunk = 1 << chunk_shift;
        let commits_at = HEADER_BYTES;
        // 64 chunks more than `most`, for the tables in front and for rounding.
        let commit_bytes = (most.div_ceil(chunk) + 64).div_ceil(64) * 8;
        let process_slots_at = (commits_at + commit_bytes).next_multiple_of(HEADER_BYTES);
        let pages_at = process_slots_at + PROCESS_SLOTS * PROCESS_SLOT_BYTES;
        let participants_at = (pages_at + page_bit_bytes).next_multiple_of(chunk);
        let segments_at =
            (participants_at + PARTICIPANTS * PARTICIPANT_BYTES).next_multiple_of(chunk);
        let hints_at = (segments_at + segments * SEGMENT_DESCRIPTOR_BYTES).next_multiple_of(chunk);
        let stripes_at = (hints_at + segments * HINT_BYTES).next_multiple_of(chunk);
        let buckets_at = (stripes_at + stripe_bytes).next_multiple_of(chunk);
        let arena_at = (buckets_at + bucket_bytes).next_multiple_of(chunk.max(SEGMENT_BYTES));
        Self {
            version,
            choices,
            depth_max,
            chunk_shift,
            segments,
            commits_at,
            process_slots_at,
            pages_at: if page_bit_bytes > 0 { pages_at } else { 0 },
            participants_at,
            segments_at,
            hints_at,
            stripes_at: if stripe_bytes > 0 { stripes_at } else { 0 },
            buckets_at,
            arena_at,
            file_bytes: (arena_at + segments * SEGMENT_BYTES).next_multiple_of(chunk),
            early_share: 5,
            commits_itself: false,
        }
    }

    /// Bytes at the start of the file that its creator commits: header, commit bitmap, process slots and the first
    /// page bits.
    #[must_use]
    pub fn head_bytes(&self) -> u64 {
        match self.pages_at {
            0 => self.participants_at,
            at => (at + 8).next_multiple_of(1 << self.chunk_shift),
        }
    }

    /// Words of the page bits.
    #[must_use]
    pub fn page_words(&self) -> u64 {
        match self.pages_at {
            0 => 0,
            _ => ((BUCKET_BYTES << self.depth_max) / PAGE_BYTES).div_ceil(64),
        }
    }

    /// Words of the commit bitmap.
    #[must_use]
    pub fn commit_words(&self) -> u64 {
        (self.process_slots_at - self.commits_at) / 8
    }

    /// The words of the header that never change.
    #[must_use]
    pub fn encode(&self) -> [u64; IMMUTABLE_WORDS] {
        let mut words = [0; IMMUTABLE_WORDS];
        let choices = &self.choices;
        let fields = [
            MAGIC,
            self.version,
            marks(),
            BUCKET_BYTES | (64 << 32),
            u64::from(self.depth_max)
                | u64::from(self.chunk_shift) << 8
                | u64::from(choices.tick_shift) << 16
                | (choices.hash as u64) << 24
                | (choices.on_full as u64) << 32
                | u64::from(choices.wipe) << 40,
            choices.bytes_max,
            self.file_bytes,
            PROCESS_SLOTS | PARTICIPANTS << 32,
            self.commits_at,
            self.process_slots_at,
            self.participants_at,
            self.segments_at,
            self.hints_at,
            self.buckets_at,
            self.arena_at,
            self.segments,
            choices.seed[0],
            choices.seed[1],
            choices.key_mask[0],
            choices.key_mask[1],
            choices.created_ms,
            self.stripes_at,
            self.pages_at,
        ];
        words[..fields.len()].copy_from_slice(&fields);
        words[IMMUTABLE_WORDS - 1] = checksum(&words[..IMMUTABLE_WORDS - 1]);
        words
    }

    /// Checks the words of a header and lays the table out from them.
    ///
    /// # Errors
    /// [`HeaderError`]: not one of our tables, of another version or machine, or damaged.
    pub fn decode(words: &[u64; IMMUTABLE_WORDS]) -> Result<Self, HeaderError> {
        if words[0] != MAGIC {
            return Err(HeaderError::NotATable);
        }
        if !(FORMAT_VERSION_LEAST..=FORMAT_VERSION).contains(&words[1]) {
            return Err(HeaderError::FormatVersion {
                expected: FORMAT_VERSION,
                found: words[1],
            });
        }
        if words[2] != marks() {
            return Err(HeaderError::Architecture {
                expected: marks(),
                found: words[2],
            });
        }
        let hash = match words[4] >> 24 & 0xff {
            1 => HashId::Xxh3,
            2 => HashId::SipHash13,
            _ => return Err(HeaderError::Damaged),
        };
        let on_full = match words[4] >> 32 & 0xff {
            1 => OnFull::Error,
            2 => OnFull::Evict,
            _ => return Err(HeaderError::Damaged),
        };
        let wipe = words[4] >> 40 & 1 == 1;
        let tick_shift = (words[4] >> 16).to_le_bytes()[0];
        if tick_shift > 16 || words[18] == 0 || words[19] == 0 {
            return Err(HeaderError::Damaged);
        }
        let choices = Choices {
            bytes_max: words[5],
            tick_shift,
            hash,
            on_full,
            wipe,
            seed: [words[16], words[17]],
            key_mask: [words[18], words[19]],
            created_ms: words[20],
        };
        let geometry = Self::plan_version(choices, words[1]);
        if geometry.encode() == *words {
            Ok(geometry)
        } else {
            Err(HeaderError::Damaged)
        }
    }
}

/// Byte order, architecture and cache line of this machine (format.md 3.1).
fn marks() -> u64 {
    let architecture = if cfg!(target_arch = "aarch64") { 2 } else { 1 };
    ENDIAN_MARK | architecture << 32 | CACHE_LINE << 48
}

/// CRC-32 (the IEEE polynomial, reflected) of the words as little-endian bytes.
fn checksum(words: &[u64]) -> u64 {
    let mut crc = u32::MAX;
    for byte in words.iter().flat_map(|word| word.to_le_bytes()) {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    u64::from(!crc)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn choices(bytes_max: u64) -> Choices {
        Choices {
            bytes_max,
            tick_shift: 7,
            hash: HashId::Xxh3,
            on_full: OnFull::Error,
            wipe: false,
            seed: [1, 2],
            key_mask: [3, 4],
            created_ms: 5,
        }
    }

    #[test]
    fn a_header_survives_the_round_trip_at_every_size() {
        for shift in 10..45 {
            for extra in [0, 1, 12_345_678] {
                let geometry = Geometry::plan(choices((1 << shift) + extra));
                assert_eq!(Geometry::decode(&geometry.encode()), Ok(geometry.clone()));
                assert!(
                    (geometry.commit_words() * 64) << geometry.chunk_shift >= geometry.file_bytes,
                    "a commit bit for every chunk of {geometry:?}"
                );
                assert!(geometry.arena_at.is_multiple_of(SEGMENT_BYTES));
            }
        }
    }

    #[test]
    fn every_flipped_bit_of_a_header_is_refused() {
        let words = Geometry::plan(choices(1 << 30)).encode();
        for bit in 0..IMMUTABLE_WORDS * 64 {
            let mut flipped = words;
            flipped[bit / 64] ^= 1 << (bit % 64);
            assert!(Geometry::decode(&flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        assert_eq!(checksum(&[u64::from_le_bytes(*b"12345678")]), 0x9ae0_daaf);
    }
}
