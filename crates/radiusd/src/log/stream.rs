//! One stream, read from a place on, segment after segment, also while it is written.
use super::entry::{ENTRY_OCTETS_MAX, Entry, join_lsn};
use super::error::LogError;
use super::file::{SegmentName, list_segments};
use super::folder::stream_folder;
use super::segment::{BadSegment, SEGMENT_HEADER_OCTETS, SegmentHeader};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// How much of a segment is read at once.
const WINDOW_OCTETS: usize = 1 << 20;

/// What becomes of entries that should be there, and are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holes {
    /// They are an error, if they were on the disk once.
    Refuse,
    /// They are left out, and counted.
    Skip,
}

/// Reads one stream.
#[derive(Debug)]
pub(crate) struct StreamReader {
    folder: PathBuf,
    holes: Holes,
    segment: Option<Segment>,
    next_lsn: u64,
    /// Entries from here on are not read.
    end_lsn: u64,
    /// Entries that were left out, for they are lost.
    pub(crate) missed: u64,
}

/// A segment that is read.
#[derive(Debug)]
struct Segment {
    file: File,
    header: SegmentHeader,
    /// Where the next entry is in the file.
    at: u64,
    window: Vec<u8>,
    /// Where the window begins in the file.
    window_at: u64,
}

/// A segment by its header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) name: SegmentName,
    pub(crate) header: SegmentHeader,
}

/// The segments of a stream that were begun, in order, and the files that were not.
///
/// # Errors
/// [`LogError`] if a header is damaged.
pub(crate) fn find_segments(folder: &Path) -> Result<(Vec<Found>, Vec<SegmentName>), LogError> {
    let (mut begun, mut others) = (Vec::new(), Vec::new());
    let names = list_segments(folder).map_err(|error| LogError::io(folder, error))?;
    for name in names {
        let path = name.path(folder);
        match read_header(&path) {
            Ok(Some(header)) if header.number == name.0 => begun.push(Found { name, header }),
            // It has the name already, but not the header: what it held before, or nothing.
            Ok(_) => others.push(name),
            // Recycled since the names were read.
            Err(LogError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok((begun, others))
}

/// The header of a file; `None`: zeros, or less than a header.
fn read_header(path: &Path) -> Result<Option<SegmentHeader>, LogError> {
    let mut octets = [0; SEGMENT_HEADER_OCTETS];
    let file = File::open(path).map_err(|error| LogError::io(path, error))?;
    match file.read_exact_at(&mut octets, 0) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(LogError::io(path, error)),
        Ok(()) => {}
    }
    if octets == [0; SEGMENT_HEADER_OCTETS] {
        return Ok(None);
    }
    let header = SegmentHeader::decode(&octets);
    header.map(Some).map_err(|error| LogError::bad(path, error))
}

impl Segment {
    fn open(folder: &Path, found: &Found) -> Result<Self, LogError> {
        let path = found.name.path(folder);
        let file = File::open(&path).map_err(|error| LogError::io(&path, error))?;
        Ok(Self {
            file,
            header: found.header,
            at: SEGMENT_HEADER_OCTETS as u64,
            window: Vec::new(),
            window_at: 0,
        })
    }

    /// What of the window is not read yet.
    fn rest(&self) -> &[u8] {
        let skipped = usize::try_from(self.at.saturating_sub(self.window_at)).unwrap_or(usize::MAX);
        self.window.get(skipped..).unwrap_or_default()
    }

    /// The next entry, if it is whole and has this lsn.
    fn entry(&self, lsn: u64) -> Option<Entry<'_>> {
        let entry = Entry::decode(self.header.seed(), self.rest());
        entry.filter(|entry| entry.lsn == lsn)
    }

    /// Reads from the next entry on.
    fn refill(&mut self, octets: usize) -> io::Result<()> {
        self.window.resize(octets, 0);
        self.window_at = self.at;
        let mut filled = 0;
        while filled < octets {
            let at = self.at + filled as u64;
            match self.file.read_at(&mut self.window[filled..], at) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.window.truncate(filled);
        Ok(())
    }

    /// Whether the next entry is there, by the file and not by what was read of it before.
    fn look(&mut self, lsn: u64) -> io::Result<bool> {
        if self.entry(lsn).is_some() {
            return Ok(true);
        }
        self.refill(WINDOW_OCTETS.max(ENTRY_OCTETS_MAX))?;
        Ok(self.entry(lsn).is_some())
    }
}

impl StreamReader {
    /// Reads a stream from an lsn on, and up to another one.
    ///
    /// # Errors
    /// [`LogError`].
    pub(crate) fn open(
        log: &Path,
        stream: u8,
        (from_lsn, end_lsn): (u64, u64),
        holes: Holes,
    ) -> Result<Self, LogError> {
        let mut reader = Self {
            folder: stream_folder(log, stream),
            holes,
            segment: None,
            next_lsn: from_lsn.max(join_lsn(stream, 1)),
            end_lsn,
            missed: 0,
        };
        let (segments, _) = find_segments(&reader.folder)?;
        let before = |found: &&Found| found.header.first_lsn <= reader.next_lsn;
        let Some(first) = segments.iter().rev().find(before) else {
            return Ok(reader);
        };
        let mut segment = Segment::open(&reader.folder, first)?;
        let mut lsn = first.header.first_lsn;
        while lsn < reader.next_lsn && reader.look(&mut segment, lsn)? {
            segment.at += segment.entry(lsn).map_or(0, |entry| entry.octets() as u64);
            lsn += 1;
        }
        if lsn == reader.next_lsn {
            reader.segment = Some(segment);
        }
        // Else the segment ends before: what follows is in another one, or nowhere yet.
        Ok(reader)
    }

    fn look(&self, segment: &mut Segment, lsn: u64) -> Result<bool, LogError> {
        let path = || SegmentName(segment.header.number).path(&self.folder);
        let path = path();
        segment
            .look(lsn)
            .map_err(|error| LogError::io(&path, error))
    }

    /// The lsn of the next entry.
    pub(crate) fn next_lsn(&self) -> u64 {
        self.next_lsn
    }

    /// When the next entry came, in nanoseconds since 1970. `None`: there is none yet.
    ///
    /// # Errors
    /// [`LogError`].
    pub(crate) fn peek(&mut self) -> Result<Option<u64>, LogError> {
        loop {
            if self.next_lsn >= self.end_lsn {
                return Ok(None);
            }
            if self.look_here()? {
                break;
            }
            let (segments, _) = find_segments(&self.folder)?;
            let later = |found: &&Found| found.header.first_lsn >= self.next_lsn;
            let current = self.segment.as_ref().map(|segment| segment.header.number);
            let later = |found: &&Found| later(found) && Some(found.header.number) > current;
            let Some(next) = segments.iter().find(later) else {
                return Ok(None);
            };
            // Between our look and the next segment's beginning more may have come; afterwards nothing comes.
            if self.look_here()? {
                break;
            }
            self.cross(next, &segments)?;
        }
        let segment = self.segment.as_ref();
        let entry = segment.and_then(|segment| segment.entry(self.next_lsn));
        Ok(entry.map(|entry| entry.new.arrival_ns))
    }

    fn look_here(&mut self) -> Result<bool, LogError> {
        let Some(mut segment) = self.segment.take() else {
            return Ok(false);
        };
        let found = self.look(&mut segment, self.next_lsn);
        self.segment = Some(segment);
        found
    }

    /// Goes on in the next segment.
    fn cross(&mut self, next: &Found, segments: &[Found]) -> Result<(), LogError> {
        let first_lsn = next.header.first_lsn;
        if first_lsn > self.next_lsn {
            let later = segments
                .iter()
                .filter(|found| found.header.number >= next.header.number);
            let synced_lsn = later.map(|found| found.header.synced_lsn).max();
            if self.holes == Holes::Refuse && synced_lsn > Some(self.next_lsn) {
                return Err(LogError::Missing {
                    before: next.name.path(&self.folder),
                    first_lsn: self.next_lsn,
                    next_lsn: first_lsn,
                });
            }
            self.missed += first_lsn.min(self.end_lsn) - self.next_lsn;
            self.next_lsn = first_lsn;
        }
        // Only the segment that is read last is left to `sync`.
        self.sync()?;
        self.segment = Some(Segment::open(&self.folder, next)?);
        Ok(())
    }

    /// The next entry, after [`Self::peek`] has found it.
    pub(crate) fn take(&mut self) -> Option<Entry<'_>> {
        let lsn = self.next_lsn;
        let segment = self.segment.as_mut()?;
        let octets = segment.entry(lsn)?.octets() as u64;
        self.next_lsn += 1;
        let at = segment.at;
        segment.at += octets;
        let skipped = usize::try_from(at - segment.window_at).ok()?;
        Entry::decode(segment.header.seed(), &segment.window[skipped..])
    }

    /// The segment that is read, and where its next entry is.
    pub(crate) fn place(&self) -> Option<(SegmentName, u64)> {
        let segment = self.segment.as_ref()?;
        Some((SegmentName(segment.header.number), segment.at))
    }

    /// Puts what was read of the newest segment on the disk: what is told to others must not be lost by us.
    pub(crate) fn sync(&self) -> Result<(), LogError> {
        let Some(segment) = &self.segment else {
            return Ok(());
        };
        segment.file.sync_data().map_err(|error| {
            let path = SegmentName(segment.header.number).path(&self.folder);
            LogError::io(&path, error)
        })
    }
}

/// Segments of a log that was begun, and that are of a stream.
pub(crate) fn check_log(
    found: &[Found],
    folder: &Path,
    stream: u8,
    log_id: Option<[u8; 16]>,
) -> Result<Option<[u8; 16]>, LogError> {
    let mut log_id = log_id;
    for Found { name, header } in found {
        if header.stream != stream || log_id.is_some_and(|id| id != header.log_id) {
            return Err(LogError::bad(&name.path(folder), BadSegment::Other));
        }
        log_id = Some(header.log_id);
    }
    Ok(log_id)
}
