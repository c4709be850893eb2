//! All streams of a log as one, by time of arrival.
use super::entry::Entry;
use super::error::LogError;
use super::folder::list_streams;
use super::stream::{Holes, StreamReader};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A place in a log: the next lsn of each stream. A stream that is not named is at its beginning.
pub type Places = BTreeMap<u8, u64>;

/// After so many entries, streams that had none are looked at again. To find that there is none costs a look into the
/// folder and the reading of a window: too much for each entry of another stream.
const LOOK_AGAIN: u32 = 256;

/// Reads all streams, merged by the time of arrival. Between two streams that is no more than their clocks say; within
/// a stream it is the order of the log.
#[derive(Debug)]
pub struct MergedReader {
    log: PathBuf,
    holes: Holes,
    is_bounded: bool,
    streams: Vec<(u8, StreamReader)>,
    /// Which of them had nothing when they were last looked at.
    idle: Vec<bool>,
    /// Entries until all are looked at again.
    until_look: u32,
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
        Ok(Self {
            log: log.to_path_buf(),
            holes,
            is_bounded: to.is_some(),
            idle: vec![false; streams.len()],
            until_look: LOOK_AGAIN,
            streams,
        })
    }

    /// The next entry; `None`: there is none yet. A stream that goes on while others are read may be behind them by
    /// some hundred entries.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn next_entry(&mut self) -> Result<Option<Entry<'_>>, LogError> {
        if self.until_look == 0 {
            self.look_at_all();
        }
        let mut first = self.earliest()?;
        if first.is_none() {
            if !self.is_bounded {
                self.join_streams()?;
            }
            self.look_at_all();
            first = self.earliest()?;
        }
        self.until_look -= 1;
        Ok(first.and_then(|at| self.streams[at].1.take()))
    }

    fn look_at_all(&mut self) {
        self.idle.fill(false);
        self.until_look = LOOK_AGAIN;
    }

    /// Which stream has the entry that came first.
    fn earliest(&mut self) -> Result<Option<usize>, LogError> {
        let mut first: Option<(u64, usize)> = None;
        for (at, (_, reader)) in self.streams.iter_mut().enumerate() {
            if self.idle[at] {
                continue;
            }
            match reader.peek()? {
                None => self.idle[at] = true,
                Some(arrival_ns) if first.is_none_or(|(first_ns, _)| arrival_ns < first_ns) => {
                    first = Some((arrival_ns, at));
                }
                Some(_) => {}
            }
        }
        Ok(first.map(|(_, at)| at))
    }

    /// Takes in the streams of workers that have come since.
    fn join_streams(&mut self) -> Result<(), LogError> {
        for stream in list_streams(&self.log).map_err(|error| LogError::io(&self.log, error))? {
            if self.streams.iter().all(|(known, _)| *known != stream) {
                let reader = StreamReader::open(&self.log, stream, (0, u64::MAX), self.holes)?;
                self.streams.push((stream, reader));
                self.idle.push(false);
            }
        }
        Ok(())
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
