//! The write-ahead log: what was received, before anybody is answered. docs/radius-log.md is normative.
//!
//! The tables are a cache of it. Entries, segments and their reading are functions of bytes; [`SegmentFile`] is the
//! thin layer that puts them into files.
mod entry;
mod file;
mod segment;

pub use entry::{ENTRY_HEADER_OCTETS, Entry, EntryFlags};
pub use file::{SegmentFile, SegmentName, list_segments, read_segment};
pub use segment::{
    BadSegment, End, LOG_VERSION, Reader, SEGMENT_HEADER_OCTETS, SegmentHeader, Torn,
};
