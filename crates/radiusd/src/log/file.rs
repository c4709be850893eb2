//! Segments as files: named by their number, with room taken beforehand, so that a full disk is met when a segment
//! is made and not when an answer waits.
use super::segment::{BadSegment, SEGMENT_HEADER_OCTETS, SegmentHeader};
use rustix::fs::{FallocateFlags, fallocate};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The name of a segment's file: `radius-` and 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentName(pub u64);

impl SegmentName {
    /// Where the segment is, in the folder of a log.
    #[must_use]
    pub fn path(self, folder: &Path) -> PathBuf {
        folder.join(format!("radius-{:016x}.log", self.0))
    }

    fn parse(name: &str) -> Option<Self> {
        let digits = name.strip_prefix("radius-")?.strip_suffix(".log")?;
        let is_name = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = u64::from_str_radix(digits, 16).ok();
        number.filter(|_| is_name).map(Self)
    }
}

/// The segments in a folder, in order. Other files are none of ours.
///
/// # Errors
/// If the folder cannot be read.
pub fn list_segments(folder: &Path) -> io::Result<Vec<SegmentName>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        found.extend(entry?.file_name().to_str().and_then(SegmentName::parse));
    }
    found.sort();
    Ok(found)
}

/// Reads all of a segment. One that was taken from another number, and not begun yet, is [`BadSegment::Checksum`].
///
/// # Errors
/// If the file cannot be read; what is in it is the inner result.
pub fn read_segment(folder: &Path, name: SegmentName) -> io::Result<Result<Vec<u8>, BadSegment>> {
    let bytes = fs::read(name.path(folder))?;
    Ok(match SegmentHeader::decode(&bytes) {
        Ok(header) if header.number == name.0 => Ok(bytes),
        Ok(_) => Err(BadSegment::Checksum),
        Err(error) => Err(error),
    })
}

/// A segment that is written.
#[derive(Debug)]
pub struct SegmentFile {
    file: File,
    /// What it says of itself.
    pub header: SegmentHeader,
    octets: u64,
    octets_max: u64,
}

impl SegmentFile {
    /// Makes a segment, with its room, its header and its name on the disk.
    ///
    /// # Errors
    /// Whatever the file system says: `StorageFull` if there is no room, `AlreadyExists` if it is there.
    pub fn create(folder: &Path, header: SegmentHeader, octets_max: u64) -> io::Result<Self> {
        let path = SegmentName(header.number).path(folder);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        let made = Self::begin(file, folder, header, octets_max);
        if made.is_err() {
            // Nothing was acknowledged in it.
            let _ = fs::remove_file(&path);
        }
        made
    }

    /// Makes a segment from one that nobody needs any more. Its room stays; what it held is no entry any more.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn recycle(
        folder: &Path,
        old: SegmentName,
        header: SegmentHeader,
        octets_max: u64,
    ) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(old.path(folder))?;
        fs::rename(old.path(folder), SegmentName(header.number).path(folder))?;
        Self::begin(file, folder, header, octets_max)
    }

    fn begin(
        file: File,
        folder: &Path,
        header: SegmentHeader,
        octets_max: u64,
    ) -> io::Result<Self> {
        fallocate(&file, FallocateFlags::empty(), 0, octets_max)?;
        file.write_all_at(&header.encode(), 0)?;
        file.sync_all()?;
        File::open(folder)?.sync_all()?;
        Ok(Self {
            file,
            header,
            octets: SEGMENT_HEADER_OCTETS as u64,
            octets_max,
        })
    }

    /// Whether so many octets still fit.
    #[must_use]
    pub fn has_room(&self, octets: usize) -> bool {
        self.octets + octets as u64 <= self.octets_max
    }

    /// Writes entries behind the last ones, by one system call if the kernel takes them at once: they survive the
    /// process. After an error the segment is not to be written any more: what it holds is unknown.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn append(&mut self, entries: &[u8]) -> io::Result<()> {
        self.file.write_all_at(entries, self.octets)?;
        self.octets += entries.len() as u64;
        Ok(())
    }

    /// Waits until everything is on the disk: it survives the machine. After an error it must not be asked again: the
    /// kernel may have thrown away what it could not write, and would say yes.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}
