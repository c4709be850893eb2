//! Who holds what. Format: docs/format.md 3.3, 3.4 and 5.
use super::mask;
use crate::layout::{OWNER_BITS, REGISTRATION_BITS};

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
        Self((generation << GENERATION_OF_REGISTRATION_SHIFT) | (process_slot as u64 + 1))
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
    pub(crate) const fn get(self) -> Option<(u64, usize, u64)> {
        if self.0 & 1 == 0 {
            return None;
        }
        let cell = (self.0 >> 27 & 31) as usize;
        Some((self.0 >> 32, cell, self.0 >> 1 & mask(26)))
    }
}
