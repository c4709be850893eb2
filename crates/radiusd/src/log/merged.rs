//! All streams of a log as one, by time of arrival.
use super::entry::Entry;
use super::error::LogError;
use super::folder::list_streams;
use super::stream::{Holes, StreamReader};
use std::collections::BTreeMap;
use std::path::Path;

/// A place in a log: the next lsn of each stream. A stream that is not named is at its beginning.
pub type Places = BTreeMap<u8, u64>;

/// Reads all streams, merged by the time of arrival. Between two streams that is no more than their clocks say; within
/// a stream it is the order of the log.
#[derive(Debug)]
pub struct MergedReader {
    streams: Vec<(u8, StreamReader)>,
}

impl MergedReader {
    /// Reads a log from a place on, up to another one (the first lsn of each stream that is not read), or as far as
    /// there are whole entries.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn open(
        log: &Path,
        from: &Places,
        to: Option<&Places>,
        holes: Holes,
    ) -> Result<Self, LogError> {
        let mut streams = Vec::new();
        for stream in list_streams(log).map_err(|error| LogError::io(log, error))? {
            let begin = from.get(&stream).copied().unwrap_or(0);
            let end = match to {
                None => u64::MAX,
                Some(to) => to.get(&stream).copied().unwrap_or(0),
            };
            let reader = StreamReader::open(log, stream, (begin, end), holes)?;
            streams.push((stream, reader));
        }
        Ok(Self { streams })
    }

    /// The next entry; `None`: there is none yet.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn next_entry(&mut self) -> Result<Option<Entry<'_>>, LogError> {
        let mut first: Option<(u64, usize)> = None;
        for (at, (_, reader)) in self.streams.iter_mut().enumerate() {
            if let Some(arrival_ns) = reader.peek()?
                && first.is_none_or(|(earliest_ns, _)| arrival_ns < earliest_ns)
            {
                first = Some((arrival_ns, at));
            }
        }
        Ok(first.and_then(|(_, at)| self.streams[at].1.take()))
    }

    /// Where it is: behind the last entry that was returned.
    #[must_use]
    pub fn places(&self) -> Places {
        let place = |(stream, reader): &(u8, StreamReader)| (*stream, reader.next_lsn());
        self.streams.iter().map(place).collect()
    }

    /// Entries that are lost, and were left out.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.streams.iter().map(|(_, reader)| reader.missed).sum()
    }

    /// Puts what was read on the disk.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn sync(&self) -> Result<(), LogError> {
        self.streams
            .iter()
            .try_for_each(|(_, reader)| reader.sync())
    }

    pub(crate) fn streams(&self) -> &[(u8, StreamReader)] {
        &self.streams
    }
}
