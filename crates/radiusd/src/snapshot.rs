//! Snapshots: all that the log tells, up to a place in it, in one file (docs/radius-log.md 6).
//!
//! A snapshot is made by replay only, never from the tables that are live: of those nobody can say which entries are
//! in them. Two are kept, and the log back to the older of them, so that one may be damaged.
mod file;
mod make;

pub use file::{SNAPSHOT_VERSION, SnapshotHeader};
pub(crate) use make::write_replayed;
pub use make::{Made, make};

use crate::log::{LogError, Places};
use crate::store::{Store, StoreError};
use quipu::OpenError;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

/// How many are kept.
pub const SNAPSHOTS_KEPT: usize = 2;

/// Why a snapshot could not be read or made.
#[derive(Debug)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The file system says no.
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
    /// The file is damaged, or no snapshot.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The log cannot be read.
    Log(LogError),
    /// The private table refused.
    Store(StoreError),
    /// The private table could not be made.
    Open(OpenError),
    /// Another process is making one.
    Busy {
        /// The lock that it holds.
        path: PathBuf,
    },
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Damaged { path, what } => {
                write!(f, "{}: not a whole snapshot: {what}", path.display())
            }
            Self::Log(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Open(error) => error.fmt(f),
            Self::Busy { path } => {
                let path = path.display();
                write!(f, "{path}: another process makes a snapshot: wait for it")
            }
        }
    }
}

impl std::error::Error for SnapshotError {}

impl From<LogError> for SnapshotError {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<StoreError> for SnapshotError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl SnapshotError {
    fn io(path: &Path, error: io::Error) -> Self {
        let path = path.to_path_buf();
        Self::Io { path, error }
    }
}

/// Where a snapshot is.
#[must_use]
pub fn snapshot_path(log: &Path, number: u64) -> PathBuf {
    log.join(format!("snapshot-{number:016x}.quipu-radius"))
}

fn number_of(name: &str) -> Option<u64> {
    let digits = name
        .strip_prefix("snapshot-")?
        .strip_suffix(".quipu-radius")?;
    let is_name = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u64::from_str_radix(digits, 16).ok();
    number.filter(|_| is_name)
}

/// The numbers of the snapshots of a log, the newest last.
///
/// # Errors
/// If the folder cannot be read.
pub fn list_snapshots(log: &Path) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(log)? {
        found.extend(entry?.file_name().to_str().and_then(number_of));
    }
    found.sort_unstable();
    Ok(found)
}

/// A store as a snapshot tells it, or an empty one.
#[derive(Debug)]
pub struct Base {
    /// What it holds, in private memory.
    pub store: Store,
    /// What the snapshot says of itself; `None`: there was none.
    pub header: Option<SnapshotHeader>,
    /// The place in the log that it stands for.
    pub places: Places,
    /// Entries that it holds.
    pub entries: u64,
    /// Octets of its file.
    pub octets: u64,
    /// Snapshots that were newer, and damaged.
    pub damaged: Vec<SnapshotError>,
}

/// Loads the newest snapshot that is whole. `store` makes an empty private store.
///
/// # Errors
/// [`SnapshotError`] of anything but a damaged snapshot.
pub fn load_newest(
    log: &Path,
    store: &dyn Fn() -> Result<Store, OpenError>,
) -> Result<Base, SnapshotError> {
    let mut damaged = Vec::new();
    let numbers = list_snapshots(log).map_err(|error| SnapshotError::io(log, error))?;
    for number in numbers.into_iter().rev() {
        let empty = store().map_err(SnapshotError::Open)?;
        match file::load(&snapshot_path(log, number), number, &empty) {
            Ok(loaded) => {
                return Ok(Base {
                    store: empty,
                    header: Some(loaded.header),
                    places: loaded.places,
                    entries: loaded.entries,
                    octets: loaded.octets,
                    damaged,
                });
            }
            Err(error @ SnapshotError::Damaged { .. }) => damaged.push(error),
            Err(error) => return Err(error),
        }
    }
    Ok(Base {
        store: store().map_err(SnapshotError::Open)?,
        header: None,
        places: Places::new(),
        entries: 0,
        octets: 0,
        damaged,
    })
}

/// The places of the snapshots that are kept, without what they hold. A damaged one is at the beginning of the log:
/// nothing that it might need goes away.
///
/// # Errors
/// If they cannot be read.
pub fn snapshot_places(log: &Path) -> Result<Vec<Places>, SnapshotError> {
    let numbers = list_snapshots(log).map_err(|error| SnapshotError::io(log, error))?;
    let mut all = Vec::new();
    for number in numbers {
        match file::read_places(&snapshot_path(log, number), number) {
            Ok(places) => all.push(places),
            Err(SnapshotError::Damaged { .. }) => all.push(Places::new()),
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}
