//! The last snapshot, and the entries behind it, in a private store: what a start and a snapshot have in common.
use super::Progress;
use crate::log::{
    Holes, LogError, MergedReader, Places, check_log, find_segments, list_streams, stream_folder,
};
use crate::snapshot::{SnapshotError, load_newest};
use crate::store::{Store, StoreError};
use std::path::Path;

/// How many entries there are between two reports of progress.
const STEP: u64 = 1 << 16;

/// What the log tells.
#[derive(Debug)]
pub struct Replayed {
    /// All of it, in private memory.
    pub store: Store,
    /// The log's name; `None`: there is no log yet.
    pub log_id: Option<[u8; 16]>,
    /// The newest generation; 0: there is none.
    pub generation: u64,
    /// The number of the snapshot that it began with.
    pub snapshot: Option<u64>,
    /// Entries of that snapshot.
    pub loaded: u64,
    /// Snapshots that were newer, and damaged.
    pub damaged: Vec<SnapshotError>,
    /// Entries of the log that were replayed.
    pub entries: u64,
    /// Entries that were not to be applied: packets that are none. There should be none.
    pub refused: u64,
    /// Entries that a loss of power took, at level `process`.
    pub missed: u64,
    /// Where it ends: the next lsn of each stream.
    pub places: Places,
    /// The reader behind the last entry.
    pub reader: MergedReader,
}

/// Replays a log, up to a place in it, or as far as there are whole entries.
///
/// # Errors
/// [`SnapshotError`].
pub fn replay(
    log: &Path,
    period_s: u64,
    until: Option<&Places>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Replayed, SnapshotError> {
    let base = load_newest(log, &|| Store::in_memory(None, period_s))?;
    let (mut log_id, mut generation) = base
        .header
        .map_or((None, 0), |header| (Some(header.log_id), header.generation));
    progress(Progress::Loaded {
        entries: base.entries,
    });
    for stream in list_streams(log).map_err(|error| LogError::io(log, error))? {
        let folder = stream_folder(log, stream);
        let (found, _) = find_segments(&folder)?;
        log_id = check_log(&found, &folder, stream, log_id)?;
        let newest = found.iter().map(|found| found.header.generation).max();
        generation = generation.max(newest.unwrap_or(0));
    }
    let mut reader = MergedReader::open(log, &base.places, until, Holes::Refuse)?;
    let (mut entries, mut refused) = (0, 0);
    while let Some(entry) = reader.next_entry()? {
        match base.store.replay(&entry) {
            Ok(_) => {}
            Err(StoreError::Discard(_)) => refused += 1,
            Err(error) => return Err(error.into()),
        }
        entries += 1;
        if entries % STEP == 0 {
            progress(Progress::Replayed { entries });
        }
    }
    progress(Progress::Replayed { entries });
    // A stream whose folder is gone is where the snapshot says.
    let mut places = base.places;
    places.extend(reader.places());
    Ok(Replayed {
        store: base.store,
        log_id,
        generation,
        snapshot: base.header.map(|header| header.number),
        loaded: base.entries,
        damaged: base.damaged,
        entries,
        refused,
        missed: reader.missed(),
        places,
        reader,
    })
}
