//! Readers of the log, such as exporters: each has a durable place, and what it has not passed is kept.
use super::entry::{Entry, join_lsn};
use super::error::LogError;
use super::folder::{list_streams, make_folder, replace_file, stream_folder, sync_folder};
use super::merged::{MergedReader, Places};
use super::segment::BadSegment;
use super::stream::{Holes, check_log, find_segments};
use crate::record::{Fields, Writer};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const MAGIC: [u8; 8] = *b"QPRADCUR";
const VERSION: u32 = 1;
const HEADER_OCTETS: usize = 32;
const PLACE_OCTETS: usize = 16;
const CHECKSUM_OCTETS: usize = 4;

/// The folder of the readers' places.
fn folder(log: &Path) -> PathBuf {
    log.join("readers")
}

/// Where the place of a reader is.
fn path_of(log: &Path, name: &str) -> Result<PathBuf, LogError> {
    let path = folder(log).join(name);
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_".contains(&octet);
    if name.is_empty() || !name.bytes().all(is_plain) {
        let words = "the name of a reader is made of letters, digits, - and _";
        let error = io::Error::new(io::ErrorKind::InvalidInput, words);
        return Err(LogError::io(&path, error));
    }
    Ok(path)
}

/// The place of a reader in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cursor {
    log_id: [u8; 16],
    places: Places,
}

impl Cursor {
    fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; HEADER_OCTETS + self.places.len() * PLACE_OCTETS];
        let mut writer = Writer::new(&mut out);
        writer.bytes(&MAGIC);
        writer.u32(VERSION);
        writer.u32(0);
        writer.bytes(&self.log_id);
        for (stream, next_lsn) in &self.places {
            writer.u64(u64::from(*stream));
            writer.u64(*next_lsn);
        }
        out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
        out
    }

    /// `None`: the bytes are none.
    fn decode(octets: &[u8]) -> Option<Self> {
        let (content, checksum) = octets.split_last_chunk::<CHECKSUM_OCTETS>()?;
        let (header, places) = content.split_first_chunk::<HEADER_OCTETS>()?;
        let mut fields = Fields::new(header);
        let is_ours = fields.array() == MAGIC && fields.u32() == VERSION && fields.u32() == 0;
        let is_whole = crc32c::crc32c(content) == u32::from_le_bytes(*checksum);
        if !is_ours || !is_whole || places.len() % PLACE_OCTETS != 0 {
            return None;
        }
        let place = |octets: &[u8]| {
            let mut fields = Fields::new(octets);
            Some((u8::try_from(fields.u64()).ok()?, fields.u64()))
        };
        Some(Self {
            log_id: fields.array(),
            places: places
                .chunks(PLACE_OCTETS)
                .map(place)
                .collect::<Option<_>>()?,
        })
    }

    fn read(path: &Path) -> Result<Option<Self>, LogError> {
        match fs::read(path) {
            Ok(octets) => match Self::decode(&octets) {
                Some(cursor) => Ok(Some(cursor)),
                None => Err(LogError::bad(path, BadSegment::Cursor)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LogError::io(path, error)),
        }
    }

    fn write(&self, path: &Path) -> Result<(), LogError> {
        let written = replace_file(path, |file| file.write_all(&self.encode()));
        written.map_err(|error| LogError::io(path, error))
    }
}

/// The beginning of a log: the first entries that are there.
fn beginning(log: &Path) -> Result<Cursor, LogError> {
    let (mut log_id, mut places) = (None, Places::new());
    for stream in list_streams(log).map_err(|error| LogError::io(log, error))? {
        let folder = stream_folder(log, stream);
        let (found, _) = find_segments(&folder)?;
        log_id = check_log(&found, &folder, stream, log_id)?;
        let first_lsn = found.first().map(|first| first.header.first_lsn);
        places.insert(stream, first_lsn.unwrap_or(join_lsn(stream, 1)));
    }
    let log_id = log_id.unwrap_or_default();
    Ok(Cursor { log_id, places })
}

/// Reads a log from where it last was, all streams merged by time of arrival, in any process that may read its files.
/// It sees what is whole; at level `power` that may be a little before it is on the disk, and before it is answered.
#[derive(Debug)]
pub struct LogReader {
    path: PathBuf,
    log_id: [u8; 16],
    merged: MergedReader,
}

impl LogReader {
    /// Opens a reader by its name. One that is new begins with the oldest entry that is there; from then on the log
    /// keeps what it has not passed, until [`forget_reader`].
    ///
    /// # Errors
    /// [`LogError`].
    pub fn open(log: &Path, name: &str) -> Result<Self, LogError> {
        let path = path_of(log, name)?;
        let folder = folder(log);
        make_folder(&folder).map_err(|error| LogError::io(&folder, error))?;
        let begin = beginning(log)?;
        let found = Cursor::read(&path)?;
        let cursor = match found.filter(|cursor| cursor.log_id == begin.log_id) {
            Some(cursor) => cursor,
            // New, or of a log that is no more. The place is there before anything is read: so it is kept.
            None => {
                begin.write(&path)?;
                begin
            }
        };
        Ok(Self {
            path,
            log_id: cursor.log_id,
            merged: MergedReader::open(log, &cursor.places, None, Holes::Skip)?,
        })
    }

    /// The next entry; `None`: there is none yet.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn next_entry(&mut self) -> Result<Option<Entry<'_>>, LogError> {
        self.merged.next_entry()
    }

    /// Remembers for good that everything returned so far needs not be returned again. It is synced before: a place
    /// that is ahead of the disk would pass over the entries that get the lost numbers. Some system calls and two or
    /// more syncs: for batches.
    ///
    /// # Errors
    /// [`LogError`]; then the place is the one before, or this one.
    pub fn advance(&mut self) -> Result<(), LogError> {
        self.merged.sync()?;
        let cursor = Cursor {
            log_id: self.log_id,
            places: self.merged.places(),
        };
        cursor.write(&self.path)
    }

    /// Entries that are lost, and were left out.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.merged.missed()
    }
}

/// The readers of a log, and the next lsn of each stream for each of them.
///
/// # Errors
/// [`LogError`].
pub fn list_readers(log: &Path) -> Result<Vec<(String, Places)>, LogError> {
    let folder = folder(log);
    let mut found = Vec::new();
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(LogError::io(&folder, error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| LogError::io(&folder, error))?;
        let name = entry.file_name();
        // A name that is none, such as that of a file that is being written, is no reader's.
        let Some(path) = name.to_str().and_then(|name| path_of(log, name).ok()) else {
            continue;
        };
        if let Some(cursor) = Cursor::read(&path)? {
            found.push((name.to_string_lossy().into_owned(), cursor.places));
        }
    }
    found.sort();
    Ok(found)
}

/// Forgets a reader: the log keeps nothing for it any more. Says whether there was one.
///
/// # Errors
/// [`LogError`].
pub fn forget_reader(log: &Path, name: &str) -> Result<bool, LogError> {
    let path = path_of(log, name)?;
    match fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(LogError::io(&path, error)),
    }
    let folder = folder(log);
    sync_folder(&folder).map_err(|error| LogError::io(&folder, error))?;
    Ok(true)
}
