//! The control word of a bucket, and the growth hint of a table. Format: docs/format.md 4 and 9.4.
use super::mask;
use crate::layout::CONTROL_VERSION_BITS;
use core::fmt;

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

    /// Whether the bucket owns a hash that differs from its number in these bits. One that was never initialised
    /// owns none.
    #[inline(always)]
    pub(crate) const fn owns(self, differing: u64) -> bool {
        !self.is_uninitialised() && differing & ((1 << self.depth()) - 1) == 0
    }

    /// The number of hash bits that the bucket owns.
    #[inline(always)]
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
        let version = ((self.0 >> CONTROL_VERSION_SHIFT) + 1) & mask(CONTROL_VERSION_BITS);
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
        let splitting = if self.is_splitting() {
            "SPLITTING, "
        } else {
            ""
        };
        let version = self.0 >> CONTROL_VERSION_SHIFT;
        write!(f, "{splitting}depth {}, version {version}", self.depth())
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

    /// The bucket where a search for a hash begins.
    #[inline(always)]
    pub(crate) const fn home(self, hash: u64) -> u64 {
        let mask = (1 << (self.level() & 63)) - 1;
        let at = hash & mask;
        if at < self.pointer() {
            hash & (mask << 1 | 1)
        } else {
            at
        }
    }

    /// The buckets that are in use according to the hint, which is right.
    pub(crate) const fn buckets(self) -> u64 {
        (1 << (self.level() & 63)) + self.pointer()
    }

    /// The buckets that are in use according to the hint; `None` if no table has so many.
    pub(crate) const fn buckets_below(self, depth_max: u32) -> Option<u64> {
        let level = self.level();
        if level > depth_max || self.pointer() >= 1 << level {
            return None;
        }
        let buckets = self.buckets();
        if buckets > 1 << depth_max {
            None
        } else {
            Some(buckets)
        }
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
            Self((self.level() as u64 + 1) | removed)
        } else {
            Self(self.0 + (1 << POINTER_SHIFT))
        }
    }
}
