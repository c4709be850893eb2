//! Batches: the lines that several operations will need are asked for before the first of them begins, so that they
//! arrive together. Hints alone: nothing here is believed.
use crate::find::{matching_tags, preferred_cell};
use crate::memory::{Bucket, Memory};
use crate::processor::{prefetch, prefetch_to_write};
use crate::state::tag;

/// What the operations of a batch will do with their cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intention {
    /// Load.
    Read,
    /// Exchange.
    Write,
}

impl Memory<'_> {
    /// Asks for the header of the bucket where a search for the hash begins, and for the cell where it most likely
    /// ends.
    #[inline(always)]
    pub fn prefetch_bucket(&self, hash: u64, intention: Intention) {
        if let Some(bucket) = self.first_bucket(hash) {
            prefetch(bucket);
            prefetch_cell(bucket, preferred_cell(tag(hash)), intention);
        }
    }

    /// Looks at a header that was asked for, and asks for the cell that it names.
    #[inline(always)]
    pub fn prefetch_entry(&self, hash: u64, intention: Intention) {
        if let Some(bucket) = self.first_bucket(hash) {
            let candidates = matching_tags(bucket, tag(hash)) & bucket.valid();
            if candidates != 0 {
                prefetch_cell(bucket, candidates.trailing_zeros() as usize, intention);
            }
        }
    }

    #[inline(always)]
    fn first_bucket(&self, hash: u64) -> Option<&Bucket> {
        self.bucket(self.home(self.geom(), hash)).ok()
    }
}

#[inline(always)]
fn prefetch_cell(bucket: &Bucket, cell: usize, intention: Intention) {
    if let Some(cell) = bucket.cells.get(cell) {
        match intention {
            Intention::Read => prefetch(cell),
            Intention::Write => prefetch_to_write(cell),
        }
    }
}
