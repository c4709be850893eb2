//! Figures for people: what a table holds, how far it has grown, what happened to it.
use crate::error::ReadError;
use crate::layout::DEPTH_MAX;
use crate::memory::{Event, Memory, index};
use crate::scan::position_after;
use crate::state::SegmentState;

/// What a table holds and what has happened to it. Exact at rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Entries, counted by their valid bits.
    pub entries: u64,
    /// Buckets in use.
    pub buckets: u64,
    /// All buckets below `2^level` are in use.
    pub level: u32,
    /// The most bits by which a bucket is addressed now.
    pub deepest: u32,
    /// Bytes of memory taken by buckets, participants and the head of the file.
    pub index_bytes: u64,
    /// Bytes of memory taken by values and long keys.
    pub arena_bytes: u64,
    /// Segments of the arena.
    pub segments: u64,
    /// Of these, those without a class.
    pub pool_segments: u64,
    /// Buckets that have split.
    pub splits: u64,
    /// Entries that were removed because their time was over.
    pub expired: u64,
    /// Entries that were removed to make room.
    pub evicted: u64,
    /// Cells of dead processes that were freed.
    pub recovered_cells: u64,
    /// Blocks of dead processes that were freed.
    pub recovered_blocks: u64,
    /// Writes that were answered `Full`.
    pub full: u64,
}

impl Memory<'_> {
    /// Counts. Reads one line of each bucket.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn figures(&self) -> Result<Figures, ReadError> {
        let (index_bytes, arena_bytes) = self.committed_bytes();
        let mut figures = Figures {
            level: self.geom().level().min(DEPTH_MAX),
            index_bytes: index_bytes + self.geometry.head_bytes(),
            arena_bytes,
            segments: self.segments_used(),
            splits: self.noted(Event::Split),
            expired: self.noted(Event::Expired),
            evicted: self.noted(Event::Evicted),
            recovered_cells: self.noted(Event::RecoveredCell),
            recovered_blocks: self.noted(Event::RecoveredBlock),
            full: self.noted(Event::Full),
            ..Figures::default()
        };
        let mut cursor = Some(0_u64);
        while let Some(at) = cursor {
            let (bucket, control) = self.owner_of(at.reverse_bits())?;
            figures.entries += u64::from(control.valid.count_ones());
            figures.buckets += 1;
            figures.deepest = figures.deepest.max(control.hi.depth());
            cursor = position_after(bucket, control.hi.depth());
        }
        figures.pool_segments = (0..index(figures.segments))
            .filter_map(|segment| self.segment_word(segment))
            .filter(|word| word.state() == SegmentState::Pool)
            .count() as u64;
        Ok(figures)
    }

    /// Counts a write that was answered `Full`.
    pub fn note_full(&self) {
        self.note(Event::Full);
    }
}
