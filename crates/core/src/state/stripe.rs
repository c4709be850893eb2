//! The words of a stripe group. Format: docs/format.md 7.4 and 9.4.4.
use super::mask;
use crate::layout::{OWNER_BITS, STRIPE_GENERATION_BITS, STRIPE_GROUP_BITS};

/// A reference to a stripe group: `{group | generation}`. Never 0, because generations count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupRef(pub(crate) u64);

impl GroupRef {
    pub(crate) const fn new(group: u64, generation: u64) -> Self {
        Self(group | generation << STRIPE_GROUP_BITS)
    }

    pub(crate) const fn group(self) -> u64 {
        self.0 & mask(STRIPE_GROUP_BITS)
    }

    pub(crate) const fn generation(self) -> u64 {
        self.0 >> STRIPE_GROUP_BITS & mask(STRIPE_GENERATION_BITS)
    }
}

/// The first word of a group: `{used:1 | owner | generation}`. The generation grows with every use, and never
/// wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupHeader(pub(crate) u64);

const USED: u64 = 1;
const GENERATION_SHIFT: u32 = 1 + OWNER_BITS;

impl GroupHeader {
    pub(crate) const fn is_used(self) -> bool {
        self.0 & USED != 0
    }

    pub(crate) const fn owner(self) -> u64 {
        self.0 >> 1 & mask(OWNER_BITS)
    }

    pub(crate) const fn generation(self) -> u64 {
        self.0 >> GENERATION_SHIFT & mask(STRIPE_GENERATION_BITS)
    }

    /// The next use, by this participant.
    pub(crate) const fn taken_by(self, owner: u64) -> Self {
        let generation = (self.generation() + 1) & mask(STRIPE_GENERATION_BITS);
        Self(USED | (owner & mask(OWNER_BITS)) << 1 | generation << GENERATION_SHIFT)
    }

    pub(crate) const fn freed(self) -> Self {
        Self(self.generation() << GENERATION_SHIFT)
    }

    /// Whether `reference` is to this use of the group.
    pub(crate) const fn is(self, reference: GroupRef) -> bool {
        self.is_used() && self.generation() == reference.generation()
    }
}

/// The high half of a lane's pair: `{frozen:1 | generation}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LaneTag(pub(crate) u64);

impl LaneTag {
    /// A lane of this use of its group that may be added to.
    #[inline(always)]
    pub(crate) const fn open(reference: GroupRef) -> Self {
        Self(reference.generation() << 1)
    }

    /// The same lane, closed for ever.
    #[inline(always)]
    pub(crate) const fn frozen(self) -> Self {
        Self(self.0 | 1)
    }
}
