//! From the log to the tables: what a start does before anybody is answered.
//!
//! The log is replayed into a private store, and the shared table is put right from that, in place if it is whole and
//! of this boot, so that readers keep their mapping. The tables themselves are never believed: who died in the
//! middle of an event has left totals that lack something.
mod replay;
mod tables;
mod tail;

pub use replay::{Replayed, replay};
pub use tables::{NewReason, Origin};

use crate::config::{Config, Level};
use crate::duplicates::{Backing, Duplicates};
use crate::log::{
    Lock, LogError, LogFacts, LogWriter, Places, Positions, SERVER_STREAM, STREAMS, list_streams,
    make_folder, remove_temporary, stream_folder,
};
use crate::snapshot::{Made, SnapshotError, write_replayed};
use crate::store::{Store, StoreError, stored};
use quipu::OpenError;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fmt, fs};

/// How far a long recovery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The snapshot is loaded.
    Loaded {
        /// Entries of its tables.
        entries: u64,
    },
    /// The log is being replayed.
    Replayed {
        /// Entries of the log so far.
        entries: u64,
    },
    /// The shared table is put right.
    TakenOver {
        /// Entries that were not as they should be.
        changed: u64,
    },
}

/// Why a server cannot start.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecoveryError {
    /// Another server uses this log, or recovers from it.
    Locked {
        /// The lock that it holds.
        path: PathBuf,
    },
    /// The file system says no.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
    /// The log or its snapshots cannot be read.
    Log(SnapshotError),
    /// A shared table can neither be opened nor made.
    Table {
        /// Its name.
        name: String,
        /// What is wrong.
        error: OpenError,
    },
    /// A table refused.
    Store(StoreError),
}

impl fmt::Display for RecoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { path } => write!(
                f,
                "{}: another server uses this log: stop it, or give each a log of its own",
                path.display()
            ),
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Log(error) => error.fmt(f),
            Self::Table { name, error } => write!(f, "table '{name}': {error}"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RecoveryError {}

impl From<SnapshotError> for RecoveryError {
    fn from(error: SnapshotError) -> Self {
        Self::Log(error)
    }
}

impl From<LogError> for RecoveryError {
    fn from(error: LogError) -> Self {
        Self::Log(error.into())
    }
}

impl From<StoreError> for RecoveryError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl RecoveryError {
    fn io(path: &Path, error: io::Error) -> Self {
        let path = path.to_path_buf();
        Self::Io { path, error }
    }
}

/// What a recovery found and did: for the log of the server.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The number of the snapshot that was loaded.
    pub snapshot: Option<u64>,
    /// Entries that it held.
    pub loaded: u64,
    /// Snapshots that were newer, and damaged.
    pub damaged: Vec<SnapshotError>,
    /// Entries of the log that were replayed.
    pub replayed: u64,
    /// Entries that could not be applied; there should be none.
    pub refused: u64,
    /// Entries that a loss of power took, at level `process`.
    pub missed: u64,
    /// Streams whose end was torn: a write was cut off.
    pub torn: Vec<PathBuf>,
    /// Where the sessions' table comes from.
    pub table: Origin,
    /// Where the duplicates' table comes from.
    pub duplicates: Origin,
    /// Entries of the sessions' table that were put right.
    pub changed: u64,
    /// A snapshot that was made at once, because entries were missed.
    pub made: Option<Made>,
    /// How long loading and replaying took.
    pub replay_time: Duration,
    /// How long it took to put the table right.
    pub table_time: Duration,
}

/// What a server begins with.
#[derive(Debug)]
pub struct Recovered {
    /// The shared table, as the log tells it.
    pub store: Store,
    /// The duplicates.
    pub duplicates: Duplicates,
    /// What backs their answers.
    pub backing: Backing,
    /// This start of the server: more than all before.
    pub generation: u64,
    /// The log's name; zeros if there is no log.
    pub log_id: [u8; 16],
    /// One for each worker; none at level `memory`.
    pub writers: Vec<LogWriter>,
    /// That of the server's own stream; `None` at level `memory`.
    pub server_writer: Option<LogWriter>,
    /// What writers and keeper know of the log; `None` at level `memory`.
    pub facts: Option<LogFacts>,
    /// Keeps other servers off. To be kept as long as the writers, and given to [`recover_again`] after an error.
    pub lock: Option<Lock>,
    /// What was found and done.
    pub report: Report,
}

/// Brings the tables to where the log is, and begins new segments. Takes the memory of a second table, and on a disk
/// that is quick about a second for each few hundred thousand entries.
///
/// # Errors
/// [`RecoveryError`]; then nothing is lost, and it may be tried again.
pub fn recover(
    config: &Config,
    boot_id: &str,
    progress: &mut dyn FnMut(Progress),
) -> Result<Recovered, RecoveryError> {
    let folder = config.log_folder.as_ref();
    let folder = folder.filter(|_| config.level != Level::Memory);
    let Some(log) = folder else {
        return without_log(config, boot_id);
    };
    make_folder(log).map_err(|error| RecoveryError::io(log, error))?;
    let path = log.join("lock");
    match Lock::take(&path) {
        Ok(Some(lock)) => recover_again(config, boot_id, lock, progress),
        Ok(None) => Err(RecoveryError::Locked { path }),
        Err(error) => Err(RecoveryError::io(&path, error)),
    }
}

/// As [`recover`], by the server that has the lock already: after an error of the log. Its writers must be gone, and
/// nobody may apply events meanwhile.
///
/// # Errors
/// [`RecoveryError`]; the lock is given up.
pub fn recover_again(
    config: &Config,
    boot_id: &str,
    lock: Lock,
    progress: &mut dyn FnMut(Progress),
) -> Result<Recovered, RecoveryError> {
    let Some(log) = config.log_folder.as_ref() else {
        return without_log(config, boot_id);
    };
    clear_away(log).map_err(|error| RecoveryError::io(log, error))?;
    let begun = Instant::now();
    let replayed = replay(log, config.period_s, None, progress)?;
    let mut report = Report {
        snapshot: replayed.snapshot,
        loaded: replayed.loaded,
        replayed: replayed.entries,
        refused: replayed.refused,
        missed: replayed.missed,
        torn: tail::settle(log, &replayed.reader)?,
        replay_time: begun.elapsed(),
        ..Report::default()
    };
    if replayed.missed > 0 {
        // Whoever starts next must not meet the hole again.
        report.made = Some(write_replayed(log, &replayed)?);
    }
    let begun = Instant::now();
    let (store, table) = tables::restore(config, boot_id, &replayed.store, progress)?;
    (report.table, report.changed) = table;
    report.table_time = begun.elapsed();
    let is_new = replayed.log_id.is_none();
    let generation = replayed.generation + 1;
    let (duplicates, origin) = tables::duplicates(config, boot_id, is_new)?;
    report.duplicates = origin;
    duplicates.begin_generation(generation).map_err(stored)?;
    let log_id = match replayed.log_id {
        Some(log_id) => log_id,
        None => random_id()?,
    };
    let facts = LogFacts {
        folder: log.clone(),
        log_id,
        generation,
        level: config.level,
        segment_bytes: config.segment_bytes,
        positions: Arc::new(Positions::new()),
    };
    let (writers, server_writer) = begin_streams(&facts, config.workers, &replayed.places)?;
    let mut recovered = [0; STREAMS];
    for (stream, next_lsn) in &replayed.places {
        recovered[usize::from(*stream)] = next_lsn - 1;
    }
    report.damaged = replayed.damaged;
    Ok(Recovered {
        store,
        duplicates,
        backing: Backing {
            generation,
            positions: Arc::clone(&facts.positions),
            recovered: Arc::new(recovered),
        },
        generation,
        log_id,
        writers,
        server_writer: Some(server_writer),
        facts: Some(facts),
        lock: Some(lock),
        report,
    })
}

/// Begins a new segment of each stream: those of the workers, and the server's own.
fn begin_streams(
    facts: &LogFacts,
    workers: u32,
    places: &Places,
) -> Result<(Vec<LogWriter>, LogWriter), RecoveryError> {
    let begin = |stream: u8| {
        let next_lsn = places.get(&stream).copied().unwrap_or(0);
        let begun = LogWriter::begin(facts, stream, next_lsn);
        begun.map_err(|error| RecoveryError::io(&stream_folder(&facts.folder, stream), error))
    };
    let workers = u8::try_from(workers).unwrap_or(SERVER_STREAM);
    let writers = (0..workers).map(begin).collect::<Result<_, _>>()?;
    Ok((writers, begin(SERVER_STREAM)?))
}

/// Level `memory`: the tables are all there is. Totals may lack what a worker that died had not added.
fn without_log(config: &Config, boot_id: &str) -> Result<Recovered, RecoveryError> {
    let (store, table) = tables::keep(config, boot_id)?;
    let (duplicates, origin) = tables::duplicates(config, boot_id, false)?;
    let generation = duplicates.next_generation().map_err(stored)?;
    Ok(Recovered {
        store,
        duplicates,
        backing: Backing::without_log(generation),
        generation,
        log_id: [0; 16],
        writers: Vec::new(),
        server_writer: None,
        facts: None,
        lock: None,
        report: Report {
            table,
            duplicates: origin,
            ..Report::default()
        },
    })
}

/// Removes what those who were killed had begun to write.
fn clear_away(log: &Path) -> io::Result<()> {
    remove_temporary(log)?;
    for stream in list_streams(log)? {
        remove_temporary(&stream_folder(log, stream))?;
    }
    let readers = log.join("readers");
    if fs::exists(&readers)? {
        remove_temporary(&readers)?;
    }
    Ok(())
}

fn random_id() -> Result<[u8; 16], RecoveryError> {
    let path = Path::new("/dev/urandom");
    let mut id = [0; 16];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut id));
    read.map_err(|error| RecoveryError::io(path, error))?;
    Ok(id)
}
