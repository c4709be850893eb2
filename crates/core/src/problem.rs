//! What a check of a whole table can find.
use crate::error::Corrupt;
use alloc::vec::Vec;
use core::fmt;

/// One broken invariant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Problem {
    /// A bucket's control word is impossible, or leads nowhere.
    Bucket {
        /// Its index.
        bucket: u64,
    },
    /// The growth hint counts buckets that are not there.
    Growth {
        /// All buckets below `2^level` should be in use.
        level: u32,
    },
    /// A bucket is in use that no search can reach.
    Unreachable {
        /// Its index.
        bucket: u64,
    },
    /// A cell is in a state that cannot be.
    Cell {
        /// Its bucket.
        bucket: u64,
        /// Its number in the bucket.
        cell: usize,
    },
    /// A key does not belong where it is: its hash or tag is wrong.
    Key {
        /// Its bucket.
        bucket: u64,
        /// Its number in the bucket.
        cell: usize,
    },
    /// A key is there twice.
    Duplicate {
        /// The bucket.
        bucket: u64,
        /// The second of the two cells.
        cell: usize,
    },
    /// An entry refers to a block that is not one, is free, or is another's.
    Reference {
        /// Its bucket.
        bucket: u64,
        /// Its number in the bucket.
        cell: usize,
    },
    /// Two entries refer to one block.
    Shared {
        /// The reference.
        reference: u64,
    },
    /// Two entries refer to one stripe group.
    SharedStripes {
        /// Its number.
        group: u64,
    },
    /// A segment's descriptor is impossible.
    Segment {
        /// Its number.
        segment: u64,
    },
    /// A cell was claimed by an operation that will never end.
    LostCell {
        /// Its bucket.
        bucket: u64,
        /// Its number in the bucket.
        cell: usize,
    },
    /// A block is in use and nothing refers to it.
    LostBlock {
        /// The reference to it.
        reference: u64,
    },
    /// The file of the table was cut off while it was in use.
    Truncated,
    /// A stripe group is in use and nothing refers to it.
    LostStripes {
        /// Its number.
        group: u64,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket { bucket } => write!(f, "bucket {bucket}: impossible control word"),
            Self::Growth { level } => {
                write!(f, "growth hint: not all buckets below 2^{level} are there")
            }
            Self::Unreachable { bucket } => {
                write!(f, "bucket {bucket}: in use, but no search reaches it")
            }
            Self::Cell { bucket, cell } => {
                write!(f, "bucket {bucket}, cell {cell}: impossible state")
            }
            Self::Key { bucket, cell } => {
                write!(
                    f,
                    "bucket {bucket}, cell {cell}: the key does not belong there"
                )
            }
            Self::Duplicate { bucket, cell } => {
                write!(
                    f,
                    "bucket {bucket}, cell {cell}: the key is in the bucket twice"
                )
            }
            Self::Reference { bucket, cell } => {
                write!(
                    f,
                    "bucket {bucket}, cell {cell}: refers to a block that is not its own"
                )
            }
            Self::Shared { reference } => {
                write!(f, "block {reference:#018x}: two entries refer to it")
            }
            Self::Truncated => Corrupt::Truncated.fmt(f),
            Self::SharedStripes { group } => {
                write!(f, "stripe group {group}: two entries refer to it")
            }
            Self::LostStripes { group } => {
                write!(f, "stripe group {group}: in use, but nothing refers to it")
            }
            Self::Segment { segment } => write!(f, "segment {segment}: impossible descriptor"),
            Self::LostCell { bucket, cell } => {
                write!(
                    f,
                    "bucket {bucket}, cell {cell}: claimed by an operation that will never end"
                )
            }
            Self::LostBlock { reference } => {
                write!(
                    f,
                    "block {reference:#018x}: in use, but nothing refers to it"
                )
            }
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The broken invariants.
    pub problems: Vec<Problem>,
    /// Buckets that were looked at.
    pub buckets: u64,
    /// Entries that were looked at.
    pub entries: u64,
    /// Blocks in use that were looked at.
    pub blocks: u64,
    /// Buckets that changed under every attempt, and were passed over.
    pub busy: u64,
    /// There were more problems than are listed.
    pub more: bool,
}
