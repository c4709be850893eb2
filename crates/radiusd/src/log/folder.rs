//! The folder of a log: a folder for each stream, snapshots, readers, and a lock.
//! ```text
//! LOG/lock                      held by the server, or by whoever recovers
//! LOG/worker-NN/radius-N.log    the segments of a worker's stream; spare-N.log: room for more
//! LOG/server/                   those of the server's own stream
//! LOG/snapshot-N.quipu-radius
//! LOG/readers/NAME              how far a reader is
//! ```
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The stream of what the server itself closes.
pub const SERVER_STREAM: u8 = 255;

/// The folder of a stream.
#[must_use]
pub fn stream_folder(log: &Path, stream: u8) -> PathBuf {
    match stream {
        SERVER_STREAM => log.join("server"),
        worker => log.join(format!("worker-{worker:02}")),
    }
}

fn stream_of(name: &str) -> Option<u8> {
    if name == "server" {
        return Some(SERVER_STREAM);
    }
    let digits = name.strip_prefix("worker-")?;
    let stream = digits.parse().ok()?;
    // One name for each: not worker-007.
    (stream != SERVER_STREAM && digits == format!("{stream:02}")).then_some(stream)
}

/// The streams that have a folder, in order.
///
/// # Errors
/// If the folder cannot be read.
pub fn list_streams(log: &Path) -> io::Result<Vec<u8>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(log)? {
        found.extend(entry?.file_name().to_str().and_then(stream_of));
    }
    found.sort_unstable();
    Ok(found)
}

/// Makes a folder that only its owner may enter, if it is not there.
///
/// # Errors
/// Whatever the file system says.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)?;
    match path.parent() {
        Some(parent) => sync_folder(parent),
        None => Ok(()),
    }
}

/// Puts the names in a folder on the disk.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Replaces a file as a whole: whoever reads it sees the old bytes or the new ones, after a loss of power too.
pub(crate) fn replace_file(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let temporary = temporary_of(path);
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = new_file(&temporary).and_then(|mut file| {
        write(&mut file)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync_folder(folder)
    });
    if written.is_err() {
        // Another error counts; the next start removes it.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    options.mode(0o600).open(path)
}

fn temporary_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

/// Removes what somebody who was killed has begun to write. Only for the holder of the lock over the folder.
pub(crate) fn remove_temporary(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "tmp") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// A lock that ends with its holder, however that ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes a lock, without waiting; makes its file if need be. `None`: somebody else has it.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn take(path: &Path) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let file = options.mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
