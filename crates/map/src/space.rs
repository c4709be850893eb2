//! Room on the file system: what a new table may take, and memory for a part of it before it is touched.
use crate::error::OpenError;
use crate::options::resolve;
use crate::sys::{self, FileSystem};
use quipu_core::BYTES_MAX_LEAST;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

/// File systems where memory that was allocated can fail later, or where a mapping is not shared by all. The last
/// part of each text says what to do.
const REFUSED: [(u64, &str); 10] = [
    (
        0x9123_683e,
        "btrfs copies on write, so no space can be kept for a table: use /dev/shm, ext4 or xfs",
    ),
    (
        0x2fc1_2fc1,
        "zfs copies on write, so no space can be kept for a table: use /dev/shm, ext4 or xfs",
    ),
    (
        0xca45_1a4e,
        "bcachefs copies on write, so no space can be kept for a table: use /dev/shm, ext4 or xfs",
    ),
    (
        0x6969,
        "NFS does not share memory between machines: use /dev/shm or a local file system",
    ),
    (
        0x517b,
        "SMB does not share memory between machines: use /dev/shm or a local file system",
    ),
    (
        0xff53_4d42,
        "SMB does not share memory between machines: use /dev/shm or a local file system",
    ),
    (
        0xfe53_4d42,
        "SMB does not share memory between machines: use /dev/shm or a local file system",
    ),
    (
        0x0102_1997,
        "9p does not share memory between machines: use /dev/shm or a local file system",
    ),
    (
        0x00c3_6400,
        "Ceph does not share memory between machines: use /dev/shm or a local file system",
    ),
    (
        0x6265_6572,
        "a file system of the kernel's own holds no table: use /dev/shm or a local file system",
    ),
];

const NO_ALLOCATE: &str = "this file system cannot keep space for a file (fallocate), so a table on it could fail at \
                           any time: use /dev/shm, ext4 or xfs";

/// The number of tmpfs, and of memory files.
const TMPFS: u64 = 0x0102_1994;
/// What is committed at a time on a disk.
const DISK_BYTES: u64 = 64 << 10;

/// Attempts after a signal, in ever smaller steps.
const INTERRUPTIONS_MAX: u32 = 100_000;
const STEP_BYTES_LEAST: u64 = 4096;

/// Refuses a file system that cannot keep what a table needs; returns what is known of it.
pub(crate) fn examine(file: &File, path: &Path) -> Result<FileSystem, OpenError> {
    let found = sys::file_system(file.as_fd()).map_err(|error| OpenError::of(path, error))?;
    match REFUSED.into_iter().find(|(magic, _)| *magic == found.magic) {
        Some((_, what)) => Err(OpenError::Unsupported { what }),
        None => Ok(found),
    }
}

/// The maximum size of a table whose creator names none: half of what is free.
pub(crate) fn bytes_max(file_system: &FileSystem) -> u64 {
    // A memory file, or tmpfs without a limit: what tmpfs takes by default.
    let free = if file_system.bytes == 0 {
        sys::memory_bytes()
    } else {
        file_system.bytes_free
    };
    (free / 2).max(BYTES_MAX_LEAST)
}

/// Bytes that are free on the file system where a table of that name would be, for a process without privileges.
///
/// ```
/// assert!(quipu::free_bytes("hits").is_ok());
/// ```
///
/// # Errors
/// [`OpenError::BadName`], or [`OpenError::NotFound`] and others if its directory cannot be opened.
pub fn free_bytes(name: impl AsRef<Path>) -> Result<u64, OpenError> {
    let path = resolve(name.as_ref())?;
    let (directory, _) = crate::options::split(&path);
    let of = |error| OpenError::of(directory, error);
    let directory = File::open(directory).map_err(of)?;
    let found = sys::file_system(directory.as_fd()).map_err(of)?;
    Ok(if found.bytes == 0 {
        sys::memory_bytes()
    } else {
        found.bytes_free
    })
}

/// How much it is best to commit at a time: on tmpfs a page, since all of it is memory; on a disk more, or the file would
/// be in pieces all over it.
pub(crate) fn commit_bytes(file: Option<&File>) -> u64 {
    let is_memory = file
        .and_then(|file| sys::file_system(file.as_fd()).ok())
        .is_some_and(|found| found.magic == TMPFS);
    if is_memory {
        sys::page_bytes() as u64
    } else {
        DISK_BYTES
    }
}

/// Memory or disk for a range of the file, so that touching it cannot fail. Idempotent.
///
/// tmpfs undoes a whole call that a signal interrupts: after one, smaller steps.
pub(crate) fn allocate(file: &File, mut from: u64, bytes: u64) -> io::Result<()> {
    let end = from + bytes;
    let mut step = bytes;
    let mut interruptions = 0;
    while from < end {
        match sys::allocate(file, from, step.min(end - from)) {
            Ok(()) => from += step.min(end - from),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                interruptions += 1;
                if interruptions > INTERRUPTIONS_MAX {
                    return Err(error);
                }
                step = (step / 2).next_multiple_of(STEP_BYTES_LEAST);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// [`allocate`] for a new table, with an error that says what to do.
pub(crate) fn allocate_new(
    file: &File,
    path: &Path,
    from: u64,
    bytes: u64,
) -> Result<(), OpenError> {
    allocate(file, from, bytes).map_err(|error| match error.raw_os_error() {
        Some(libc::ENOSPC | libc::EDQUOT) => OpenError::NoSpace { bytes },
        Some(libc::EOPNOTSUPP | libc::ENOSYS) => OpenError::Unsupported { what: NO_ALLOCATE },
        _ => OpenError::of(path, error),
    })
}
