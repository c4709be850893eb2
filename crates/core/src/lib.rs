//! The algorithm of Quipu: a lock-free hash table over shared words.
//!
//! Everything that processes share is a 64-bit word or a pair of two words that change together; a process may be
//! stopped or killed between any two stores, and nobody else waits or loses anything. The bytes are specified in
//! docs/format.md, the code map is ARCHITECTURE.md. This crate knows no clock, process, hash function or I/O: the
//! world comes in as arguments and as a [`Host`]. Most people want the crate `quipu`, which maps a file.
//!
//! # Guarantees
//! - An operation takes effect at one compare-and-swap, or not at all.
//! - No operation waits for another process. A loop that makes no progress answers `Busy`.
//! - Words read from the memory are claims: whatever they say, nothing outside the memory is touched.
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;
#[cfg(any(test, loom))]
extern crate std;

mod arena;
mod batch;
mod block;
mod buffer;
mod check;
mod commit;
mod error;
mod evict;
mod expire;
mod figures;
mod find;
mod geometry;
mod grow;
mod hot;
mod insert;
mod key;
#[expect(
    missing_docs,
    reason = "widths and offsets are named as in docs/format.md"
)]
pub mod layout;
mod memory;
mod participant;
mod problem;
mod processor;
mod read;
mod recover;
mod scan;
mod segment;
mod split;
mod state;
mod stripe;
pub mod sync;
mod unlink;
mod update;
mod value;
mod wait;
mod wipe;

#[cfg(all(test, loom))]
mod model;
#[cfg(all(test, not(loom)))]
mod oracle;
#[cfg(all(test, not(loom)))]
mod testing;

pub use batch::Intention;
pub use buffer::{Buffer, Fixed, Growing};
pub use error::{Corrupt, CountError, Limit, ReadError, WriteError};
pub use expire::Swept;
pub use figures::Figures;
pub use geometry::{
    BUCKET_BYTES, BYTES_MAX_LEAST, BYTES_MAX_MOST, Choices, FORMAT_VERSION, Geometry, HEADER_BYTES,
    HashId, HeaderError, IMMUTABLE_WORDS, MAGIC, OnFull, PAGE_BYTES, PARTICIPANTS,
    PROCESS_SLOT_BYTES, PROCESS_SLOTS, SEGMENT_BYTES,
};
pub use hot::Spot;
pub use key::Key;
pub use memory::{Bucket, Memory, Participant, ProcessSlot, Segment, StripeGroup};
pub use participant::{Local, Session, register, release};
pub use problem::{Problem, Report};
pub use read::{Mark, Number, Record, RecordValue, Token};
pub use scan::Scanned;
pub use state::{Expiry, Kind, Registration, TICKS_AHEAD_MAX, Ticks};
pub use stripe::Stripe;
pub use sync::{Ordering, Pair, Word};
pub use update::{Count, Extreme, Lifetime, Outcome, When};
pub use value::New;
pub use wait::Armed;

/// The file system has no space for a range of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfSpace;

/// The world around a table: what the algorithm may ask it.
pub trait Host {
    /// The clock, read afresh. Asked only when an entry has an expiry.
    fn now(&self) -> Ticks;

    /// Backs a range of the file with memory. May be asked for the same range any number of times.
    ///
    /// # Errors
    /// [`OutOfSpace`].
    fn commit(&self, offset: u64, bytes: u64) -> Result<(), OutOfSpace>;

    /// How many bytes at least it is best to commit at a time: a power of two.
    fn commit_bytes(&self) -> u64 {
        PAGE_BYTES
    }

    /// Wakes all who sleep on word `WAIT + word` of the header page, which has just been stepped.
    fn wake(&self, word: usize);
}
