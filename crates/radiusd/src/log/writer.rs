//! The writer of one stream: a batch of entries, written at once before anybody is answered.
use super::entry::{ENTRY_OCTETS_MAX, NewEntry, join_lsn, seal};
use super::file::{END_OCTETS, SegmentFile, list_segments};
use super::folder::{list_streams, make_folder, stream_folder, sync_folder};
use super::merged::Places;
use super::positions::Positions;
use super::segment::{SEGMENT_HEADER_OCTETS, SegmentHeader};
use crate::config::Level;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// The octets of a batch that have room without growing the buffer.
const BATCH_OCTETS: usize = 256 * 1024;

/// What a writer has to know of its log.
#[derive(Debug, Clone)]
pub struct LogFacts {
    /// The folder of the log.
    pub folder: PathBuf,
    /// The log's name.
    pub log_id: [u8; 16],
    /// This start of the server.
    pub generation: u64,
    /// What a commit waits for: `Process` or `Power`.
    pub level: Level,
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// Where it is told how far the streams are.
    pub positions: Arc<Positions>,
}

impl LogFacts {
    /// How far a snapshot may go now: what is committed of the streams that are written, and all of the others.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn committed(&self) -> io::Result<Places> {
        let place = |stream| match self.positions.committed(stream) {
            0 => (stream, u64::MAX),
            committed => (stream, committed + 1),
        };
        Ok(list_streams(&self.folder)?.into_iter().map(place).collect())
    }
}

/// What a commit came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Commit {
    /// Entries of the batch.
    pub entries: u64,
    /// Their octets.
    pub octets: u64,
    /// How long the disk took, in nanoseconds; 0 if it was not waited for.
    pub sync_ns: u64,
}

/// Writes one stream of a log. Allocates nothing for an entry or a batch, once its buffer has grown to the largest
/// batch.
#[derive(Debug)]
pub struct LogWriter {
    facts: LogFacts,
    folder: PathBuf,
    segment: SegmentFile,
    batch: Vec<u8>,
    entries: u64,
    next_lsn: u64,
    is_dead: bool,
}

impl LogWriter {
    /// Begins a stream behind what it holds, with a new segment on the disk.
    ///
    /// # Errors
    /// Whatever the file system says: `StorageFull` if there is no room for a segment.
    pub fn begin(facts: &LogFacts, stream: u8, next_lsn: u64) -> io::Result<Self> {
        let next_lsn = next_lsn.max(join_lsn(stream, 1));
        let folder = stream_folder(&facts.folder, stream);
        make_folder(&folder)?;
        let last = list_segments(&folder)?.pop();
        let header = SegmentHeader {
            log_id: facts.log_id,
            stream,
            number: last.map_or(1, |last| last.0 + 1),
            first_lsn: next_lsn,
            generation: facts.generation,
            // Recovery has put all that it found on the disk.
            synced_lsn: next_lsn,
        };
        let segment = SegmentFile::begin(&folder, header, facts.segment_bytes)?;
        segment.sync()?;
        sync_folder(&folder)?;
        facts.positions.commit(stream, next_lsn - 1);
        facts.positions.sync(stream, next_lsn);
        Ok(Self {
            facts: facts.clone(),
            folder,
            segment,
            batch: Vec::with_capacity(BATCH_OCTETS),
            entries: 0,
            next_lsn,
            is_dead: false,
        })
    }

    /// The stream that it writes.
    #[must_use]
    pub fn stream(&self) -> u8 {
        self.segment.header.stream
    }

    /// The lsn that the next entry will have.
    #[must_use]
    pub fn next_lsn(&self) -> u64 {
        self.next_lsn + self.entries
    }

    /// The newest lsn that is committed; if there is none, the one before the first.
    #[must_use]
    pub fn committed_lsn(&self) -> u64 {
        self.next_lsn - 1
    }

    /// Puts an entry into the batch. Returns its lsn.
    ///
    /// # Panics
    /// If the packet is longer than RADIUS allows, which no packet is that was checked.
    pub fn push(&mut self, entry: &NewEntry<'_>) -> u64 {
        let lsn = self.next_lsn();
        entry.encode(lsn, &mut self.batch);
        self.entries += 1;
        lsn
    }

    /// Whether the batch has room for one more entry of any size.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let used = SEGMENT_HEADER_OCTETS + self.batch.len() + ENTRY_OCTETS_MAX + END_OCTETS;
        used as u64 <= self.facts.segment_bytes
    }

    /// Throws the batch away; its numbers are given again. Not after a commit has failed: then the log may hold them.
    pub fn discard(&mut self) {
        self.batch.clear();
        self.entries = 0;
    }

    /// Writes the batch, and at level `power` waits until it is on the disk. One system call for each, and a few more
    /// when a segment is full.
    ///
    /// # Errors
    /// Whatever the file system says. Then nobody may be answered for the batch, and the writer is dead: all further
    /// commits fail. Recovery finds out what the log holds.
    pub fn commit(&mut self) -> io::Result<Commit> {
        if self.is_dead {
            return Err(io::Error::other("the log has failed before: recover it"));
        }
        let done = self.write();
        match &done {
            Ok(_) => {
                self.next_lsn += self.entries;
                self.discard();
                self.facts
                    .positions
                    .commit(self.stream(), self.committed_lsn());
            }
            Err(_) => self.is_dead = true,
        }
        done
    }

    fn write(&mut self) -> io::Result<Commit> {
        let mut commit = Commit {
            entries: self.entries,
            octets: self.batch.len() as u64,
            sync_ns: 0,
        };
        if self.entries == 0 {
            return Ok(commit);
        }
        let is_new = !self.segment.has_room(self.batch.len());
        if is_new {
            self.rotate()?;
        }
        seal(self.segment.header.seed(), &mut self.batch);
        self.batch.extend_from_slice(&[0; END_OCTETS]);
        self.segment.append(&self.batch)?;
        if self.facts.level == Level::Power {
            let begun = Instant::now();
            self.segment.sync()?;
            if is_new {
                sync_folder(&self.folder)?;
            }
            commit.sync_ns = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.facts
                .positions
                .sync(self.stream(), self.next_lsn + self.entries);
        }
        Ok(commit)
    }

    /// Goes on in the next segment. The old one is on the disk at level `power`; at `process` the keeper sees to it.
    fn rotate(&mut self) -> io::Result<()> {
        let header = SegmentHeader {
            number: self.segment.header.number + 1,
            first_lsn: self.next_lsn,
            synced_lsn: self.facts.positions.synced(self.stream()),
            ..self.segment.header
        };
        self.segment = SegmentFile::begin(&self.folder, header, self.facts.segment_bytes)?;
        if self.segment.has_room(self.batch.len()) {
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "the batch is longer than a segment: commit more often",
        ))
    }
}
