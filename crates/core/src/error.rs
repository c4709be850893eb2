//! What an operation can answer instead of a result. A missing key is `None`, not an error.
use core::fmt;

/// A limit that was met: what is full, and therefore what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// The table has grown to the maximum size it was created with.
    TableBytes,
    /// The file system that backs the table has no space left.
    FileSystem,
    /// The bucket of this key is full and cannot split any further.
    Depth,
    /// All blocks are in the hands of operations under way.
    Blocks,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TableBytes => {
                "the table has reached its maximum size: delete keys, or dump it and load it into a larger one \
                 (`quipu create --max`), or create it with eviction (`--on-full evict`)"
            }
            Self::FileSystem => {
                "the file system of the table is full: free space there (Docker gives /dev/shm 64 MB unless \
                 --shm-size says more), or delete keys"
            }
            Self::Depth => {
                "the bucket of this key is full and the table may not grow further: create a table with a larger \
                 maximum size"
            }
            Self::Blocks => {
                "every free block is in the hands of an operation under way: try again"
            }
        })
    }
}

/// Words in shared memory that no correct program writes. `quipu check` lists them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Corrupt {
    /// A bucket that cannot be reached, or whose control words contradict each other.
    Bucket {
        /// Its index.
        bucket: u64,
    },
    /// A cell in a state that cannot be.
    Cell {
        /// Its bucket.
        bucket: u64,
        /// Its number in the bucket.
        cell: usize,
    },
    /// A reference to a block that is outside the arena, free, or another's.
    Block {
        /// The reference as it was read.
        reference: u64,
    },
    /// The file of the table was cut off while it was in use.
    Truncated,
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket { bucket } => write!(f, "bucket {bucket} is corrupt"),
            Self::Cell { bucket, cell } => write!(f, "cell {cell} of bucket {bucket} is corrupt"),
            Self::Block { reference } => {
                write!(f, "the block reference {reference:#018x} is corrupt")
            }
            Self::Truncated => {
                return f.write_str(
                    "the file of the table was cut off while it was in use, and its data is lost: remove the table \
                     and create it again",
                );
            }
        }?;
        f.write_str(": run `quipu check`, save what `quipu dump` can read, and remove the table")
    }
}

/// Why a read gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// The key is longer than 65,535 bytes.
    KeyTooLong,
    /// The same words changed under every one of very many attempts.
    Busy,
    /// Shared memory holds what no correct program writes.
    Corrupt(Corrupt),
}

/// Why a write changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// The key is longer than 65,535 bytes.
    KeyTooLong,
    /// The value is longer than 64 MiB.
    ValueTooLong,
    /// The time to live is longer than half the range of the table's clock.
    TtlTooLong,
    /// There is no room; the table goes on working.
    Full(Limit),
    /// The same words changed under every one of very many attempts.
    Busy,
    /// Shared memory holds what no correct program writes.
    Corrupt(Corrupt),
    /// The table was removed (`quipu rm`); open it again to get a new one.
    Removed,
}

/// Why a number did not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CountError {
    /// There is no such key, and no initial value was given.
    Missing,
    /// The value is of another type than the operation works on.
    WrongType,
    /// The result does not fit in 64 bits, signed.
    Overflow,
    /// As for any write.
    Write(WriteError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyTooLong => f.write_str(KEY_TOO_LONG),
            Self::Busy => f.write_str(BUSY),
            Self::Corrupt(corrupt) => corrupt.fmt(f),
        }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyTooLong => f.write_str(KEY_TOO_LONG),
            Self::ValueTooLong => {
                f.write_str("the value is longer than 64 MiB: split it over several keys")
            }
            Self::TtlTooLong => f.write_str(
                "the time to live is longer than half the range of the table's clock: use none, or create the \
                 table with longer ticks",
            ),
            Self::Full(limit) => limit.fmt(f),
            Self::Busy => f.write_str(BUSY),
            Self::Corrupt(corrupt) => corrupt.fmt(f),
            Self::Removed => f.write_str("the table was removed: open it again to get a new one"),
        }
    }
}

impl fmt::Display for CountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such key: give an initial value to create it"),
            Self::WrongType => f.write_str(
                "the value is of another type: delete the key first, or use the operation of its type",
            ),
            Self::Overflow => f.write_str("the result does not fit in a signed 64-bit number"),
            Self::Write(error) => error.fmt(f),
        }
    }
}

const KEY_TOO_LONG: &str = "the key is longer than 65,535 bytes: use a hash of it";
const BUSY: &str = "the entry changed under every attempt: try again";

impl core::error::Error for ReadError {}
impl core::error::Error for WriteError {}
impl core::error::Error for CountError {}

impl From<Corrupt> for ReadError {
    fn from(corrupt: Corrupt) -> Self {
        Self::Corrupt(corrupt)
    }
}

impl From<ReadError> for WriteError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::KeyTooLong => Self::KeyTooLong,
            ReadError::Busy => Self::Busy,
            ReadError::Corrupt(corrupt) => Self::Corrupt(corrupt),
        }
    }
}

impl From<Corrupt> for WriteError {
    fn from(corrupt: Corrupt) -> Self {
        Self::Corrupt(corrupt)
    }
}

impl From<Corrupt> for CountError {
    fn from(corrupt: Corrupt) -> Self {
        Self::Write(corrupt.into())
    }
}

impl From<ReadError> for CountError {
    fn from(error: ReadError) -> Self {
        Self::Write(error.into())
    }
}

impl From<WriteError> for CountError {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}
