//! Segments as files: named by their number, with room taken beforehand, so that a full disk is met when room is made
//! and not when an answer waits.
use super::folder::sync_folder;
use super::segment::{SEGMENT_HEADER_OCTETS, SegmentHeader};
use rustix::fs::{FallocateFlags, fallocate};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Behind the last entry there are so many zeros, if there is room: what a file held before does not look torn.
pub(crate) const END_OCTETS: usize = 8;
/// What kernels and disks read and write at once.
const BLOCK_OCTETS: usize = 4096;
/// How many spares a stream may have.
pub const SPARES_MAX: usize = 2;

/// The name of a segment's file: `radius-` and 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentName(pub u64);

impl SegmentName {
    /// Where the segment is, in the folder of its stream.
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

/// The segments in the folder of a stream, in order. Other files are none of ours.
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

/// Where a spare is: a file that is a segment's room, and nothing yet.
#[must_use]
pub fn spare_path(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("spare-{number}.log"))
}

/// How room on the disk is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// By `fallocate` alone: quick, but each first write of a block changes the file's map of blocks.
    Reserved,
    /// Zeros are written once, so later writes change nothing but data.
    Filled,
}

/// Takes the room of a file, as far as it has none yet.
pub(crate) fn take_room(file: &File, octets: u64, room: Room) -> io::Result<()> {
    const STEP: usize = 1 << 20;
    let before = file.metadata()?.len();
    fallocate(file, FallocateFlags::empty(), 0, octets)?;
    if room == Room::Filled && before < octets {
        let zeros = vec![0; STEP];
        let mut at = before;
        while at < octets {
            let step = usize::try_from(octets - at).unwrap_or(STEP).min(STEP);
            file.write_all_at(&zeros[..step], at)?;
            at += step as u64;
        }
    }
    // A recycled file may be of another size.
    if before > octets {
        file.set_len(octets)?;
    }
    Ok(())
}

/// A segment that is written.
#[derive(Debug)]
pub(crate) struct SegmentFile {
    file: File,
    pub(crate) header: SegmentHeader,
    octets: u64,
    octets_max: u64,
    /// What the last block holds, which is not full.
    block: Vec<u8>,
}

impl SegmentFile {
    /// Begins a segment, in a spare if there is one. Its header is in the file when this returns, and on the disk
    /// after the next [`Self::sync`]; its name by then only if [`sync_folder`] was called.
    pub(crate) fn begin(folder: &Path, header: SegmentHeader, octets_max: u64) -> io::Result<Self> {
        let path = SegmentName(header.number).path(folder);
        let file = match open_spare(folder, &path)? {
            Some(file) => file,
            None => new_segment(&path)?,
        };
        let begun = Self::put_header(file, header, octets_max);
        if begun.is_err() {
            // Nobody was answered for what is in it.
            let _ = fs::remove_file(&path);
        }
        begun
    }

    fn put_header(file: File, header: SegmentHeader, octets_max: u64) -> io::Result<Self> {
        // The keeper has taken the room of a spare: then this changes nothing.
        if file.metadata()?.len() != octets_max {
            take_room(&file, octets_max, Room::Reserved)?;
        }
        let mut octets = [0; SEGMENT_HEADER_OCTETS + END_OCTETS];
        octets[..SEGMENT_HEADER_OCTETS].copy_from_slice(&header.encode());
        file.write_all_at(&octets, 0)?;
        Ok(Self {
            file,
            header,
            octets: SEGMENT_HEADER_OCTETS as u64,
            octets_max,
            block: octets[..SEGMENT_HEADER_OCTETS].to_vec(),
        })
    }

    /// Whether so many octets still fit, with the zeros behind them.
    pub(crate) fn has_room(&self, octets: usize) -> bool {
        self.octets + (octets + END_OCTETS) as u64 <= self.octets_max
    }

    /// Writes entries and the zeros behind them after the last ones, by one system call if the kernel takes them at
    /// once: they survive the process. Whole blocks are written, the last one again with what it held: otherwise the
    /// kernel would have to read a block that is not in its memory before a part of it can be changed. After an error
    /// the segment is not to be written any more: what it holds is unknown.
    pub(crate) fn append(&mut self, entries_and_end: &[u8]) -> io::Result<()> {
        let start = self.octets - self.block.len() as u64;
        self.block.extend_from_slice(entries_and_end);
        let used = self.block.len() - END_OCTETS;
        let room = usize::try_from(self.octets_max - start).unwrap_or(usize::MAX);
        let whole = self.block.len().next_multiple_of(BLOCK_OCTETS).min(room);
        self.block.resize(whole, 0);
        self.file.write_all_at(&self.block, start)?;
        self.octets = start + used as u64;
        let last_block = used - used % BLOCK_OCTETS;
        self.block.copy_within(last_block..used, 0);
        self.block.truncate(used - last_block);
        Ok(())
    }

    /// Waits until everything is on the disk: it survives the machine. After an error it must not be asked again: the
    /// kernel may have thrown away what it could not write, and would say yes.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// Gives a spare the name of a segment.
fn open_spare(folder: &Path, path: &Path) -> io::Result<Option<File>> {
    for number in 0..SPARES_MAX {
        match fs::rename(spare_path(folder, number), path) {
            Ok(()) => {
                return OpenOptions::new()
                    .read(true)
                    .write(true)
                    .open(path)
                    .map(Some);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn new_segment(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    options.mode(0o600).open(path)
}

/// Makes a spare under a number that has none, with its room on the disk.
pub(crate) fn make_spare(folder: &Path, number: usize, octets: u64, room: Room) -> io::Result<()> {
    let temporary = temporary_spare(folder);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    let file = options.mode(0o600).open(&temporary)?;
    finish_spare(&file, folder, number, octets, room)
}

/// Makes a spare of a segment that nobody needs any more: what it holds is no entry of another one.
pub(crate) fn recycle(
    folder: &Path,
    old: SegmentName,
    number: usize,
    octets: u64,
    room: Room,
) -> io::Result<()> {
    let temporary = temporary_spare(folder);
    fs::rename(old.path(folder), &temporary)?;
    let file = OpenOptions::new().read(true).write(true).open(&temporary)?;
    finish_spare(&file, folder, number, octets, room)
}

fn temporary_spare(folder: &Path) -> PathBuf {
    folder.join("spare.tmp")
}

fn finish_spare(
    file: &File,
    folder: &Path,
    number: usize,
    octets: u64,
    room: Room,
) -> io::Result<()> {
    let temporary = temporary_spare(folder);
    let made = take_room(file, octets, room)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, spare_path(folder, number)));
    if made.is_err() {
        // It would take the room that the disk lacks.
        let _ = fs::remove_file(&temporary);
    }
    made?;
    sync_folder(folder)
}
