//! Tables of a run: in /dev/shm, as users have them, and gone when it is over.
use crate::contest::Failure;
use crate::keys::Keys;
use quipu::{OpenError, Options, Table};
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const FOLDER: &str = "/dev/shm";
const PREFIX: &str = "quipu-bench-";

/// A path in /dev/shm that nobody else uses.
#[must_use]
pub fn path() -> PathBuf {
    static NEXT: Mutex<u32> = Mutex::new(0);
    let mut next = NEXT.lock().unwrap_or_else(PoisonError::into_inner);
    *next += 1;
    Path::new(FOLDER).join(format!("{PREFIX}{}-{next}", std::process::id()))
}

/// Removes what runs left that were killed.
pub fn clear_leftovers() {
    for entry in fs::read_dir(FOLDER).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('-').next());
        let is_dead = process.is_some_and(|pid| !Path::new("/proc").join(pid).exists());
        if is_dead {
            // What cannot be removed is somebody else's.
            let _ = fs::remove_file(entry.path()).or_else(|_| fs::remove_dir_all(entry.path()));
        }
    }
}

/// A table that is removed when it is dropped.
#[derive(Debug)]
pub struct Scratch {
    table: Option<Table>,
    path: PathBuf,
}

impl Scratch {
    /// An empty one.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new() -> Result<Self, OpenError> {
        let path = path();
        let table = Some(Table::create(&path, Options::default())?);
        Ok(Self { table, path })
    }

    /// One with a counter for each key.
    ///
    /// # Errors
    /// If there is no room.
    pub fn of_counters(keys: &Keys) -> Result<Self, Failure> {
        let scratch = Self::new()?;
        for key in keys.iter() {
            scratch.incr(key, 1)?;
        }
        Ok(scratch)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that a search may touch: the buckets, and the blocks of values and long keys.
    #[must_use]
    pub fn bytes_touched(&self) -> u64 {
        const BUCKET_BYTES: u64 = 2048;
        let stats = self.stats();
        stats.buckets * BUCKET_BYTES + stats.bytes_arena
    }

    /// The share of the cells that hold an entry.
    #[must_use]
    pub fn cells_used(&self) -> f64 {
        const CELLS: u64 = 31;
        let stats = self.stats();
        stats.entries as f64 / (stats.buckets * CELLS) as f64
    }
}

impl Deref for Scratch {
    type Target = Table;

    fn deref(&self) -> &Table {
        self.table.as_ref().expect("it is there until the drop")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Without the handle first, its last act would be an error.
        self.table = None;
        let _ = quipu::remove(&self.path);
    }
}
