//! The first words of a block and of a segment. Format: docs/format.md 6 and 7.
use super::mask;
use crate::layout::{
    CLASS_GRANULES, EXTENT_GRANULES, GENERATION_BITS, GRANULE_BITS, SEGMENT_GRANULES,
};
use core::fmt;

/// A reference to a block: `{granule | generation}`. Never 0, because generations count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockRef(pub(crate) u64);

impl BlockRef {
    pub(crate) const fn new(granule: u64, generation: u64) -> Self {
        Self(granule | generation << GRANULE_BITS)
    }

    pub(crate) const fn granule(self) -> u64 {
        self.0 & mask(GRANULE_BITS)
    }

    pub(crate) const fn generation(self) -> u64 {
        self.0 >> GRANULE_BITS & mask(GENERATION_BITS)
    }
}

/// What a block is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The bytes of a value.
    Value,
    /// References to the chunks of a value; all zero from the moment the block has this role.
    Index,
    /// The bytes of a long key.
    Key,
    /// A part of a long value.
    Chunk,
}

impl Role {
    const fn code(self) -> u64 {
        match self {
            Self::Value => 0,
            Self::Index => 1,
            Self::Key => 2,
            Self::Chunk => 3,
        }
    }
}

/// The state of a block (format.md 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockState {
    /// At rest.
    Free,
    /// It has an owner, or an entry refers to it.
    Allocated,
    /// Held while its segment is given another class.
    Held,
    /// Its last user's no more: its owner makes it zero before it is free.
    Wiping,
}

/// The first word of a block: `{state:2 | role:2 | class:6 | owner:16 | generation:30}`. Zero: free, never used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockHeader(pub(crate) u64);

const ROLE_SHIFT: u32 = 2;
const CLASS_SHIFT: u32 = 4;
const BLOCK_OWNER_SHIFT: u32 = 10;
const GENERATION_SHIFT: u32 = 26;

impl BlockHeader {
    const fn new(state: u64, role: Role, class: usize, owner: u64, generation: u64) -> Self {
        Self(
            state
                | role.code() << ROLE_SHIFT
                | (class as u64) << CLASS_SHIFT
                | (owner & 0xffff) << BLOCK_OWNER_SHIFT
                | generation << GENERATION_SHIFT,
        )
    }

    pub(crate) const fn free(class: usize, generation: u64) -> Self {
        Self::new(0, Role::Value, class, 0, generation)
    }

    pub(crate) const fn allocated(role: Role, class: usize, owner: u64, generation: u64) -> Self {
        Self::new(1, role, class, owner, generation)
    }

    pub(crate) const fn held(class: usize, owner: u64, generation: u64) -> Self {
        Self::new(2, Role::Value, class, owner, generation)
    }

    pub(crate) const fn wiping(class: usize, owner: u64, generation: u64) -> Self {
        Self::new(3, Role::Value, class, owner, generation)
    }

    pub(crate) const fn state(self) -> BlockState {
        match self.0 & 3 {
            0 => BlockState::Free,
            1 => BlockState::Allocated,
            2 => BlockState::Held,
            _ => BlockState::Wiping,
        }
    }

    pub(crate) const fn role(self) -> Role {
        match self.0 >> ROLE_SHIFT & 3 {
            0 => Role::Value,
            1 => Role::Index,
            2 => Role::Key,
            _ => Role::Chunk,
        }
    }

    pub(crate) const fn class(self) -> usize {
        (self.0 >> CLASS_SHIFT & 63) as usize
    }

    pub(crate) const fn owner(self) -> u64 {
        self.0 >> BLOCK_OWNER_SHIFT & 0xffff
    }

    pub(crate) const fn generation(self) -> u64 {
        self.0 >> GENERATION_SHIFT & mask(30)
    }

    /// The generation of the next allocation. It skips 0, so that a reference is never 0.
    pub(crate) const fn generation_after(self) -> u64 {
        let next = (self.generation() + 1) & mask(GENERATION_BITS);
        if next == 0 { 1 } else { next }
    }

    /// Whether `reference` is to this incarnation of the block, and the block is in use.
    pub(crate) fn is(self, reference: BlockRef) -> bool {
        self.state() == BlockState::Allocated && self.generation() == reference.generation()
    }
}

impl fmt::Debug for BlockHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} {:?}, class {}, owner {}, generation {}",
            self.state(),
            self.role(),
            self.class(),
            self.owner(),
            self.generation()
        )
    }
}

/// The state of a segment (format.md 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SegmentState {
    /// Without a class; its blocks' headers mean nothing.
    Pool,
    /// An owner is writing the headers of its blocks.
    Formatting,
    /// Cut into blocks of its class.
    Ready,
    /// No correct program writes it.
    Unknown,
}

/// A segment's first word: `{state:2 | class:6 | owner:16 | floor:30 | extent:10}`. Zero: in the pool, never used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentWord(pub(crate) u64);

const FLOOR_SHIFT: u32 = 24;
const EXTENT_SHIFT: u32 = 54;

impl SegmentWord {
    const fn with(self, state: u64, class: usize, owner: u64) -> Self {
        let rest = self.0 & !mask(FLOOR_SHIFT);
        Self(state | (class as u64) << 2 | (owner & 0xffff) << 8 | rest)
    }

    /// Back in the pool; generations of what comes next start at `floor`.
    pub(crate) const fn to_pool(self, floor: u64) -> Self {
        Self(self.with(0, 0, 0).0 & !(mask(30) << FLOOR_SHIFT) | floor << FLOOR_SHIFT)
    }

    pub(crate) const fn to_formatting(self, class: usize, owner: u64) -> Self {
        self.with(1, class, owner)
    }

    pub(crate) const fn to_ready(self) -> Self {
        self.with(2, self.class(), 0)
    }

    /// One step more is committed.
    pub(crate) const fn extended(self) -> Self {
        Self(self.0 + (1 << EXTENT_SHIFT))
    }

    pub(crate) const fn state(self) -> SegmentState {
        match self.0 & 3 {
            0 => SegmentState::Pool,
            1 => SegmentState::Formatting,
            2 => SegmentState::Ready,
            _ => SegmentState::Unknown,
        }
    }

    /// Cut into blocks of this class, and open for allocation.
    pub(crate) fn is_ready_for(self, class: usize) -> bool {
        self.state() == SegmentState::Ready && self.class() == class
    }

    pub(crate) const fn class(self) -> usize {
        (self.0 >> 2 & 63) as usize
    }

    pub(crate) const fn owner(self) -> u64 {
        self.0 >> 8 & 0xffff
    }

    /// Whether a later word says that the segment is still cut as in this one; it may have been extended. The floor
    /// grows whenever a segment goes through the pool, so it was never cut otherwise in between.
    pub(crate) fn is_still_cut(self, later: Self) -> bool {
        let differing = self.0 ^ later.0;
        self.state() == SegmentState::Ready && differing & mask(EXTENT_SHIFT) == 0
    }

    /// Generations of its blocks start here, above all that it had before.
    pub(crate) const fn floor(self) -> u64 {
        self.0 >> FLOOR_SHIFT & mask(30)
    }

    /// Granules that are committed, from its start on.
    pub(crate) const fn granules(self) -> usize {
        let extent = crate::memory::index(self.0 >> EXTENT_SHIFT);
        let granules = extent * EXTENT_GRANULES;
        if granules > SEGMENT_GRANULES {
            SEGMENT_GRANULES
        } else {
            granules
        }
    }

    /// Blocks of its class that are wholly committed.
    pub(crate) fn blocks(self) -> usize {
        CLASS_GRANULES
            .get(self.class())
            .map_or(0, |granules| self.granules() / granules)
    }
}
