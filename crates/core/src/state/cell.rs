//! The pair of a cell, and the meta word of its key. Format: docs/format.md 5.
use super::{Expiry, mask};
use crate::layout::{KEY_LENGTH_BITS, META_HASH_BITS, OWNER_BITS, VERSION_BITS};
use core::fmt;

/// What a cell is, together with its valid bit in the bucket's control pair.
///
/// | state  | valid bit clear               | valid bit set                         |
/// |--------|-------------------------------|---------------------------------------|
/// | FREE   | at rest                       | impossible: `check` reports it        |
/// | RESV   | being filled by the owner     | impossible: `check` reports it        |
/// | LIVE   | an insert not yet published   | the entry                             |
/// | DEAD   | deleted; reusable             | deleted; anybody may unlink it        |
/// | MOVING | moved by a split; reusable    | frozen by a split; readers may use it |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Free,
    Reserved,
    Live,
    Dead,
    Moving,
    /// No correct program writes it.
    Unknown,
}

/// The type of a value (format.md 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A signed 64-bit number in the pair itself.
    Integer,
    /// Bytes in one block.
    Block,
    /// A few bytes in the pair itself.
    Inline,
    /// Bytes in blocks that an index block names.
    Chunked,
    /// A signed 64-bit number as the sum of the lanes of a stripe group.
    Striped,
    /// An IEEE 754 double in the pair itself.
    Float,
    /// No correct program of this version writes it.
    Unknown,
}

impl Kind {
    const fn code(self) -> u64 {
        match self {
            Self::Integer => 0,
            Self::Block => 1,
            Self::Inline => 2,
            Self::Chunked => 3,
            Self::Striped => 4,
            Self::Float => 5,
            Self::Unknown => 7,
        }
    }

    /// Whether the value is in the arena.
    pub(crate) const fn has_block(self) -> bool {
        matches!(self, Self::Block | Self::Chunked)
    }
}

/// The high half of a cell's pair: `{state:3 | kind:3 | version | expiry}`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellHi(pub(crate) u64);

const KIND_SHIFT: u32 = 3;
const VERSION_SHIFT: u32 = 6;
const EXPIRY_SHIFT: u32 = VERSION_SHIFT + VERSION_BITS;
const STATE_MASK: u64 = 7;

impl CellHi {
    pub(crate) const fn new(state: State, kind: Kind, version: u64, expiry: Expiry) -> Self {
        let state = match state {
            State::Free => 0,
            State::Reserved => 1,
            State::Live => 2,
            State::Dead => 3,
            State::Moving => 4,
            State::Unknown => 7,
        };
        Self(
            state
                | kind.code() << KIND_SHIFT
                | version << VERSION_SHIFT
                | expiry.to_word() << EXPIRY_SHIFT,
        )
    }

    #[inline(always)]
    pub(crate) const fn state(self) -> State {
        match self.0 & STATE_MASK {
            0 => State::Free,
            1 => State::Reserved,
            2 => State::Live,
            3 => State::Dead,
            4 => State::Moving,
            _ => State::Unknown,
        }
    }

    #[inline(always)]
    pub(crate) const fn is_dead(self) -> bool {
        self.0 & STATE_MASK == 3
    }

    /// LIVE or MOVING: what readers may use, if it is published.
    #[inline(always)]
    pub(crate) const fn is_readable(self) -> bool {
        (1 << 2 | 1 << 4) >> (self.0 & STATE_MASK) & 1 == 1
    }

    #[inline(always)]
    pub(crate) const fn kind(self) -> Kind {
        match self.0 >> KIND_SHIFT & 7 {
            0 => Kind::Integer,
            1 => Kind::Block,
            2 => Kind::Inline,
            3 => Kind::Chunked,
            4 => Kind::Striped,
            5 => Kind::Float,
            _ => Kind::Unknown,
        }
    }

    #[inline(always)]
    pub(crate) const fn version(self) -> u64 {
        self.0 >> VERSION_SHIFT & mask(VERSION_BITS)
    }

    #[inline(always)]
    pub(crate) const fn expiry(self) -> Expiry {
        Expiry::from_word(self.0 >> EXPIRY_SHIFT)
    }

    /// The next version. It skips 0, so that the pair of a used cell is never all zero again (format.md 9.3).
    pub(crate) const fn version_after(self) -> u64 {
        let next = (self.version() + 1) & mask(VERSION_BITS);
        if next == 0 { 1 } else { next }
    }

    #[inline(always)]
    pub(crate) const fn with_state(self, state: State) -> Self {
        Self(self.0 & !STATE_MASK | Self::new(state, Kind::Integer, 0, Expiry::NEVER).0)
    }

    #[inline(always)]
    pub(crate) const fn with_expiry(self, expiry: Expiry) -> Self {
        Self(self.0 & mask(EXPIRY_SHIFT) | expiry.to_word() << EXPIRY_SHIFT)
    }

    /// A live integer that never ends.
    #[inline(always)]
    pub(crate) const fn is_plain_integer(self) -> bool {
        const PLAIN: u64 = CellHi::new(State::Live, Kind::Integer, 0, Expiry::NEVER).0;
        self.0 & !(mask(VERSION_BITS) << VERSION_SHIFT) == PLAIN
    }

    /// Equal in everything but the state.
    #[inline(always)]
    pub(crate) const fn same_but_state(self, other: Self) -> bool {
        (self.0 ^ other.0) & !STATE_MASK == 0
    }

    /// Equal in version and kind: the same incarnation of the cell.
    #[inline(always)]
    pub(crate) const fn same_incarnation(self, other: Self) -> bool {
        (self.0 ^ other.0) & mask(EXPIRY_SHIFT) & !STATE_MASK == 0
    }
}

impl fmt::Debug for CellHi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} {:?}, version {}, expiry {:?}",
            self.state(),
            self.kind(),
            self.version(),
            self.expiry()
        )
    }
}

/// A cell's meta word: `{key length | owner | hash}`. Never 0, because participants count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meta(pub(crate) u64);

const META_HASH_SHIFT: u32 = KEY_LENGTH_BITS + OWNER_BITS;

impl Meta {
    pub(crate) const fn new(key_length: usize, owner: u64, hash: u64) -> Self {
        Self(
            key_length as u64
                | (owner & mask(OWNER_BITS)) << KEY_LENGTH_BITS
                | (hash & mask(META_HASH_BITS)) << META_HASH_SHIFT,
        )
    }

    #[expect(clippy::cast_possible_truncation, reason = "16 bits")]
    pub(crate) const fn key_length(self) -> usize {
        (self.0 & mask(KEY_LENGTH_BITS)) as usize
    }

    pub(crate) const fn owner(self) -> u64 {
        self.0 >> KEY_LENGTH_BITS & mask(OWNER_BITS)
    }

    /// The low bits of the hash, as many as are kept.
    pub(crate) const fn hash(self) -> u64 {
        self.0 >> META_HASH_SHIFT
    }

    /// The same key length and hash, whoever inserted it.
    #[inline(always)]
    pub(crate) const fn same_key(self, other: Self) -> bool {
        (self.0 ^ other.0) & !(mask(OWNER_BITS) << KEY_LENGTH_BITS) == 0
    }
}

/// The tag byte of a hash: its top byte, but never 0.
#[inline(always)]
pub(crate) const fn tag(hash: u64) -> u64 {
    let tag = hash >> 56;
    if tag == 0 { 1 } else { tag }
}
