//! The write-ahead log: what was received, before anybody is answered. docs/radius-log.md is normative.
//!
//! The tables are a cache of it. Each worker writes a stream of its own, so none waits for another; who reads merges
//! the streams by time of arrival.
mod cursor;
mod entry;
mod error;
mod file;
mod folder;
mod keeper;
mod merged;
mod positions;
mod segment;
mod stream;
mod writer;

pub use cursor::{LogReader, forget_reader, list_readers};
pub use entry::{
    Arrival, ENTRY_HEADER_OCTETS, ENTRY_OCTETS_MAX, Entry, NewEntry, Wide, join_lsn, seal,
    split_lsn,
};
pub use error::LogError;
pub use file::{Room, SPARES_MAX, SegmentName, list_segments, spare_path};
pub use folder::{Lock, SERVER_STREAM, list_streams, stream_folder};
pub(crate) use folder::{make_folder, remove_temporary, replace_file, sync_folder};
pub use keeper::{Keeper, Ticked};
pub use merged::{MergedReader, Places};
pub use positions::{Positions, STREAMS};
pub use segment::{
    BadSegment, End, LOG_VERSION, Reader, SEGMENT_HEADER_OCTETS, SegmentHeader, Torn,
};
pub use stream::Holes;
pub(crate) use stream::{check_log, find_segments};
pub use writer::{Commit, LogFacts, LogWriter};
