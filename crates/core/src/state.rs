//! Packed words as newtypes: raw bits do not leave this file. Format: docs/format.md 4 to 7.
use crate::layout::{
    CLASS_GRANULES, CONTROL_VERSION_BITS, EXPIRY_BITS, EXTENT_GRANULES, GENERATION_BITS, GRANULE_BITS,
    KEY_LENGTH_BITS, META_HASH_BITS, OWNER_BITS, REGISTRATION_BITS, SEGMENT_GRANULES, VERSION_BITS,
};
use core::fmt;

/// The low `bits` bits.
const fn mask(bits: u32) -> u64 {
    if bits == 64 { u64::MAX } else { (1 << bits) - 1 }
}

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
                | expiry.0 << EXPIRY_SHIFT,
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
    pub(crate) const fn kind(self) -> Kind {
        match self.0 >> KIND_SHIFT & 7 {
            0 => Kind::Integer,
            1 => Kind::Block,
            2 => Kind::Inline,
            3 => Kind::Chunked,
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
        Expiry(self.0 >> EXPIRY_SHIFT)
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
        Self(self.0 & mask(EXPIRY_SHIFT) | expiry.0 << EXPIRY_SHIFT)
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

/// A tick of the table's clock, which wraps around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticks(u64);

impl Ticks {
    /// The tick number `ticks`, as many bits of it as the format keeps.
    #[must_use]
    pub const fn new(ticks: u64) -> Self {
        Self(ticks & mask(EXPIRY_BITS))
    }

    /// The ticks from `self` until `expiry`; `None` if that is not in the future.
    #[must_use]
    pub const fn until(self, expiry: Expiry) -> Option<u64> {
        let ahead = expiry.0.wrapping_sub(self.0) & mask(EXPIRY_BITS);
        if ahead == 0 || ahead > TICKS_AHEAD_MAX { None } else { Some(ahead) }
    }

    /// The expiry `ticks` from now; `None` if that is beyond half the range of the clock.
    #[must_use]
    pub const fn expiry_in(self, ticks: u64) -> Option<Expiry> {
        if ticks > TICKS_AHEAD_MAX {
            return None;
        }
        let at = (self.0 + ticks) & mask(EXPIRY_BITS);
        // 0 means never: one tick later instead.
        Some(Expiry(if at == 0 { 1 } else { at }))
    }
}

/// The longest time to live, in ticks: half the range of the clock, less a little for the step over 0.
pub const TICKS_AHEAD_MAX: u64 = mask(EXPIRY_BITS - 1) - 1;

/// When an entry ends: a tick of the table's clock, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry(u64);

impl Expiry {
    /// The entry stays until it is deleted.
    pub const NEVER: Self = Self(0);

    /// Whether the entry stays until it is deleted.
    #[inline(always)]
    #[must_use]
    pub const fn is_never(self) -> bool {
        self.0 == 0
    }

    /// Whether the entry has ended at `now`.
    #[inline(always)]
    #[must_use]
    pub const fn is_past(self, now: Ticks) -> bool {
        !self.is_never() && now.until(self).is_none()
    }

    /// Whether this is earlier than `other`, on a clock that wraps around.
    pub(crate) const fn is_before(self, other: Self) -> bool {
        Ticks(self.0).until(other).is_some()
    }

    /// The word that a bucket's hint holds for it.
    pub(crate) const fn to_word(self) -> u64 {
        self.0
    }

    pub(crate) const fn from_word(word: u64) -> Self {
        Self(word & mask(EXPIRY_BITS))
    }
}

/// The high half of a bucket's control pair: `{migration:2 | depth:6 | version}`. All zero: never initialised.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ControlHi(pub(crate) u64);

const SPLITTING: u64 = 1;
const MIGRATION_MASK: u64 = 3;
const DEPTH_SHIFT: u32 = 2;
const CONTROL_VERSION_SHIFT: u32 = 8;

impl ControlHi {
    /// The first control word of a bucket that owns `depth` bits.
    pub(crate) const fn first(depth: u32) -> Self {
        Self((depth as u64) << DEPTH_SHIFT | 1 << CONTROL_VERSION_SHIFT)
    }

    #[inline(always)]
    pub(crate) const fn is_uninitialised(self) -> bool {
        self.0 == 0
    }

    #[inline(always)]
    pub(crate) const fn is_splitting(self) -> bool {
        self.0 & MIGRATION_MASK == SPLITTING
    }

    /// Reserved migration states and an impossible depth.
    pub(crate) const fn is_legal(self) -> bool {
        self.0 & MIGRATION_MASK <= SPLITTING && self.depth() <= crate::layout::DEPTH_MAX
    }

    /// The number of hash bits that the bucket owns.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "six bits")]
    pub(crate) const fn depth(self) -> u32 {
        (self.0 >> DEPTH_SHIFT & 63) as u32
    }

    /// Depth and migration agree: entries did not move in between.
    #[inline(always)]
    pub(crate) const fn same_place(self, other: Self) -> bool {
        (self.0 ^ other.0) & mask(CONTROL_VERSION_SHIFT) == 0
    }

    /// The next version.
    pub(crate) const fn next(self) -> Self {
        let version = (self.0 >> CONTROL_VERSION_SHIFT) + 1 & mask(CONTROL_VERSION_BITS);
        Self(self.0 & mask(CONTROL_VERSION_SHIFT) | version << CONTROL_VERSION_SHIFT)
    }

    pub(crate) const fn to_splitting(self) -> Self {
        Self(self.next().0 & !MIGRATION_MASK | SPLITTING)
    }

    /// The end of a split: one bit more, and normal again.
    pub(crate) const fn to_split(self) -> Self {
        Self((self.next().0 & !MIGRATION_MASK) + (1 << DEPTH_SHIFT))
    }
}

impl fmt::Debug for ControlHi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let splitting = if self.is_splitting() { "SPLITTING, " } else { "" };
        let version = self.0 >> CONTROL_VERSION_SHIFT;
        write!(f, "{splitting}depth {}, version {version}", self.depth())
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

/// Who holds a cell or a record: `{participant | registration}`. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner(pub(crate) u64);

impl Owner {
    pub(crate) const fn new(participant: u64, registration: u64) -> Self {
        Self(participant | registration << OWNER_BITS)
    }
}

/// The first word of a participant record or process slot: `{holder:16 | generation:48}`. The holder is the process
/// slot plus 1, in the same word as the generation, so that nobody is ever judged by the slot of somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registration(pub u64);

const GENERATION_OF_REGISTRATION_SHIFT: u32 = 16;

impl Registration {
    /// Whether somebody holds it.
    #[must_use]
    pub const fn is_used(self) -> bool {
        self.0 & mask(GENERATION_OF_REGISTRATION_SHIFT) != 0
    }

    /// The process slot of its holder; `None` if nobody holds it.
    #[must_use]
    pub const fn process_slot(self) -> Option<u64> {
        (self.0 & mask(GENERATION_OF_REGISTRATION_SHIFT)).checked_sub(1)
    }

    /// How often it was taken.
    #[must_use]
    pub const fn generation(self) -> u64 {
        self.0 >> GENERATION_OF_REGISTRATION_SHIFT & mask(REGISTRATION_BITS)
    }

    /// Taken once more, by the process in `process_slot`.
    #[must_use]
    pub const fn taken_by(self, process_slot: u32) -> Self {
        let generation = (self.generation() + 1) & mask(REGISTRATION_BITS);
        Self(generation << GENERATION_OF_REGISTRATION_SHIFT | process_slot as u64 + 1)
    }

    /// Given back.
    #[must_use]
    pub const fn given_back(self) -> Self {
        Self(self.0 & !mask(GENERATION_OF_REGISTRATION_SHIFT))
    }
}

/// Where an insert under way has its cell: `{bucket:32 | cell:5 | version:26 | 1}`; 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellIntent(pub(crate) u64);

impl CellIntent {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn new(bucket: u64, cell: usize, version: u64) -> Self {
        Self(1 | version << 1 | (cell as u64) << 27 | bucket << 32)
    }

    /// Bucket, cell and version.
    #[expect(clippy::cast_possible_truncation, reason = "5 bits")]
    pub(crate) const fn get(self) -> Option<(u64, usize, u64)> {
        if self.0 & 1 == 0 {
            return None;
        }
        let cell = (self.0 >> 27 & 31) as usize;
        Some((self.0 >> 32, cell, self.0 >> 1 & mask(26)))
    }
}

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
    /// No correct program writes it.
    Unknown,
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

    pub(crate) const fn state(self) -> BlockState {
        match self.0 & 3 {
            0 => BlockState::Free,
            1 => BlockState::Allocated,
            2 => BlockState::Held,
            _ => BlockState::Unknown,
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

    #[expect(clippy::cast_possible_truncation, reason = "6 bits")]
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

    #[expect(clippy::cast_possible_truncation, reason = "6 bits")]
    pub(crate) const fn class(self) -> usize {
        (self.0 >> 2 & 63) as usize
    }

    pub(crate) const fn owner(self) -> u64 {
        self.0 >> 8 & 0xffff
    }

    /// Generations of its blocks start here, above all that it had before.
    pub(crate) const fn floor(self) -> u64 {
        self.0 >> FLOOR_SHIFT & mask(30)
    }

    /// Granules that are committed, from its start on.
    pub(crate) const fn granules(self) -> usize {
        let extent = crate::memory::index(self.0 >> EXTENT_SHIFT);
        let granules = extent * EXTENT_GRANULES;
        if granules > SEGMENT_GRANULES { SEGMENT_GRANULES } else { granules }
    }

    /// Blocks of its class that are wholly committed.
    pub(crate) fn blocks(self) -> usize {
        CLASS_GRANULES
            .get(self.class())
            .map_or(0, |granules| self.granules() / granules)
    }
}

/// The growth hint: `{level:8 | removed:1 | in_order:1 | split pointer:48}` (format.md 9.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geom(pub(crate) u64);

const REMOVED: u64 = 1 << 8;
const IN_ORDER: u64 = 1 << 9;
const POINTER_SHIFT: u32 = 16;

impl Geom {
    pub(crate) const fn at_level(level: u32) -> Self {
        Self(level as u64)
    }

    /// Every bucket below `2^level` is in use.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "8 bits")]
    pub(crate) const fn level(self) -> u32 {
        (self.0 & 0xff) as u32
    }

    #[inline(always)]
    pub(crate) const fn is_removed(self) -> bool {
        self.0 & REMOVED != 0
    }

    /// Inserts complete the level, bucket by bucket.
    #[inline(always)]
    pub(crate) const fn is_in_order(self) -> bool {
        self.0 & IN_ORDER != 0
    }

    /// Every bucket of the level below this one has split.
    pub(crate) const fn pointer(self) -> u64 {
        self.0 >> POINTER_SHIFT
    }

    pub(crate) const fn removed(self) -> Self {
        Self(self.0 | REMOVED)
    }

    pub(crate) const fn in_order(self) -> Self {
        Self(self.0 | IN_ORDER)
    }

    /// One bucket further; after the last of the level, the next level.
    pub(crate) const fn advanced(self) -> Self {
        let removed = self.0 & REMOVED;
        if self.pointer() + 1 >= 1 << self.level() {
            Self(self.level() as u64 + 1 | removed)
        } else {
            Self(self.0 + (1 << POINTER_SHIFT))
        }
    }
}
