//! The table's clock. Format: docs/format.md 9.8.
use super::mask;
use crate::layout::EXPIRY_BITS;

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
        if ahead == 0 || ahead > HALF_RANGE {
            None
        } else {
            Some(ahead)
        }
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

/// Half the range of the clock: further ahead is behind.
const HALF_RANGE: u64 = mask(EXPIRY_BITS - 1);

/// The longest time to live, in ticks: half the range of the clock, less one for the step over 0.
pub const TICKS_AHEAD_MAX: u64 = HALF_RANGE - 1;

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
