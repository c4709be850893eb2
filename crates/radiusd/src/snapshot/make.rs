//! Makes a snapshot: the one before, and the log behind it.
use super::{SNAPSHOTS_KEPT, SnapshotError, SnapshotHeader, file, list_snapshots, snapshot_path};
use crate::log::{Lock, Places};
use crate::recovery::{Progress, Replayed, replay};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fs, io};

/// A snapshot that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its number.
    pub number: u64,
    /// Octets of its file.
    pub octets: u64,
    /// Entries of the log that it has beyond the one before.
    pub replayed: u64,
    /// Where it stands.
    pub places: Places,
}

/// Makes a snapshot by replay, up to a place in the log (the first lsn of each stream that is not in it), or as far as
/// there are whole entries. It takes a private table with all that the log tells, and the time of a recovery; the
/// server's own tables are not touched. Then all but the newest two are removed. It may run beside the server, in it
/// or in another process, but only one at a time.
///
/// # Errors
/// [`SnapshotError`]; then the snapshots are what they were.
pub fn make(
    log: &Path,
    period_s: u64,
    until: Option<&Places>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Made, SnapshotError> {
    let path = log.join("snapshot.lock");
    let lock = Lock::take(&path).map_err(|error| SnapshotError::io(&path, error))?;
    let Some(_lock) = lock else {
        return Err(SnapshotError::Busy { path });
    };
    let replayed = replay(log, period_s, until, progress)?;
    // A snapshot that is ahead of the log would have its numbers given to other entries.
    replayed.reader.sync()?;
    write_replayed(log, &replayed)
}

/// Writes what a replay has built as the next snapshot. The caller has what it read on the disk.
pub(crate) fn write_replayed(log: &Path, replayed: &Replayed) -> Result<Made, SnapshotError> {
    let numbers = list_snapshots(log).map_err(|error| SnapshotError::io(log, error))?;
    let Some(log_id) = replayed.log_id else {
        return Err(SnapshotError::io(log, io::ErrorKind::NotFound.into()));
    };
    let header = SnapshotHeader {
        log_id,
        number: numbers.last().map_or(1, |last| last + 1),
        generation: replayed.generation,
        made_ms: now_ms(),
    };
    let octets = file::write(log, &header, &replayed.places, &replayed.store)?;
    // What is damaged helps nobody, and must not stand in the place of one that is whole.
    let damaged = replayed.damaged.iter().filter_map(|error| match error {
        SnapshotError::Damaged { path, .. } => Some(path.clone()),
        _ => None,
    });
    let damaged: Vec<_> = damaged.collect();
    let paths = numbers.iter().map(|number| snapshot_path(log, *number));
    let whole: Vec<_> = paths.filter(|path| !damaged.contains(path)).collect();
    let old = whole.len().saturating_sub(SNAPSHOTS_KEPT - 1);
    for path in damaged.iter().chain(&whole[..old]) {
        fs::remove_file(path).map_err(|error| SnapshotError::io(path, error))?;
    }
    Ok(Made {
        number: header.number,
        octets,
        replayed: replayed.entries,
        places: replayed.places.clone(),
    })
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
