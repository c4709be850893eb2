//! How far each stream is: what workers tell each other, the keeper and the snapshots, without waiting.
#[expect(
    clippy::disallowed_types,
    reason = "between the threads of one process, not in a table"
)]
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// Streams that there can be.
pub const STREAMS: usize = 256;

/// The next lsn of each stream that is not committed, and the first that may not be on the disk yet.
pub struct Positions {
    streams: Box<[Stream]>,
}

/// In a cache line of its own: each has one writer, who writes often.
#[repr(align(64))]
#[expect(
    clippy::disallowed_types,
    reason = "between the threads of one process, not in a table"
)]
#[derive(Default)]
struct Stream {
    committed: AtomicU64,
    synced: AtomicU64,
}

impl Positions {
    /// Nothing is committed.
    #[must_use]
    pub fn new() -> Self {
        Self {
            streams: (0..STREAMS).map(|_| Stream::default()).collect(),
        }
    }

    /// The newest lsn of a stream that is committed; 0: none.
    #[must_use]
    pub fn committed(&self, stream: u8) -> u64 {
        // Acquire [committed]: who sees the lsn finds the entry in the file.
        self.streams[usize::from(stream)]
            .committed
            .load(Ordering::Acquire)
    }

    /// All entries of a stream below this lsn are on the disk.
    #[must_use]
    pub fn synced(&self, stream: u8) -> u64 {
        // Acquire [synced]: the kernel's answer came before.
        self.streams[usize::from(stream)]
            .synced
            .load(Ordering::Acquire)
    }

    /// Says how far a stream is committed: for its writer alone.
    pub fn commit(&self, stream: u8, lsn: u64) {
        // Release [committed]: the write is done.
        self.streams[usize::from(stream)]
            .committed
            .store(lsn, Ordering::Release);
    }

    /// Says what of a stream is on the disk: for its writer, and for who has synced its file.
    pub fn sync(&self, stream: u8, below_lsn: u64) {
        // Release [synced]: the kernel has said yes. The keeper and the worker may both have news: the newest holds.
        self.streams[usize::from(stream)]
            .synced
            .fetch_max(below_lsn, Ordering::Release);
    }
}

impl Default for Positions {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Positions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let used = (0..=u8::MAX).filter(|stream| self.committed(*stream) > 0);
        f.debug_map()
            .entries(used.map(|stream| (stream, self.committed(stream))))
            .finish()
    }
}
