//! What a thread beside the workers does for the log, now and then: room for the next segments, the end of those that
//! nobody needs, and at level `process` the disk.
use super::cursor::list_readers;
use super::error::LogError;
use super::file::{Room, SPARES_MAX, make_spare, recycle, spare_path};
use super::folder::{list_streams, stream_folder, sync_folder};
use super::merged::Places;
use super::stream::{Found, find_segments};
use super::writer::LogFacts;
use crate::config::Level;
use crate::snapshot::{SNAPSHOTS_KEPT, SnapshotError, snapshot_places};
use std::fs::{self, File};
use std::path::Path;

/// What a tick has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ticked {
    /// Spares that were made.
    pub made: u64,
    /// Segments that have become spares.
    pub recycled: u64,
    /// Segments that were deleted.
    pub deleted: u64,
    /// Octets of full segments that the newest snapshot has not passed.
    pub behind_octets: u64,
}

/// Looks after the files of a log, for the server that writes it.
#[derive(Debug)]
pub struct Keeper {
    facts: LogFacts,
    room: Room,
    readers: Vec<String>,
}

impl Keeper {
    /// For a log that is being written. `readers` are those that are expected: if one of them has not come yet,
    /// everything is kept for it.
    #[must_use]
    pub fn new(facts: LogFacts, room: Room, readers: Vec<String>) -> Self {
        Self {
            facts,
            room,
            readers,
        }
    }

    /// Does what is to be done: a few listings of folders, and if need be the making of a segment, which takes the
    /// disk's time. Once a second is often enough if two segments last longer than that.
    ///
    /// # Errors
    /// [`SnapshotError`]: something could not be done, and is tried again by the next tick. Segments can be written
    /// as long as there is a spare, or room.
    pub fn tick(&mut self) -> Result<Ticked, SnapshotError> {
        let mut ticked = Ticked::default();
        let (passed, newest) = self.passed()?;
        let log = &self.facts.folder;
        for stream in list_streams(log).map_err(|error| LogError::io(log, error))? {
            let folder = stream_folder(log, stream);
            let is_live = self.facts.positions.synced(stream) > 0;
            let (found, _) = find_segments(&folder)?;
            let lsn = |places: &Places| places.get(&stream).copied().unwrap_or(0);
            self.drop_passed(&folder, &found, (lsn(&passed), is_live), &mut ticked)?;
            ticked.behind_octets += behind(&folder, &found, lsn(&newest))?;
            if is_live {
                self.make_spares(&folder, &mut ticked)?;
                if self.facts.level == Level::Process {
                    self.sync_full(&folder, stream, &found)?;
                }
            }
        }
        Ok(ticked)
    }

    /// What snapshots and readers have passed, and what the newest snapshot has.
    fn passed(&self) -> Result<(Places, Places), SnapshotError> {
        let mut all = snapshot_places(&self.facts.folder)?;
        let newest = all.last().cloned().unwrap_or_default();
        if all.len() < SNAPSHOTS_KEPT {
            // The beginning is what a damaged one falls back to.
            all.push(Places::new());
        }
        let readers = list_readers(&self.facts.folder)?;
        let is_absent = |name: &&String| readers.iter().all(|(found, _)| found != *name);
        if self.readers.iter().any(|name| is_absent(&name)) {
            all.push(Places::new());
        }
        all.extend(readers.into_iter().map(|(_, places)| places));
        let mut passed = newest.clone();
        for (stream, lsn) in &mut passed {
            let least = all
                .iter()
                .map(|places| places.get(stream).copied().unwrap_or(0));
            *lsn = least.min().unwrap_or(0);
        }
        Ok((passed, newest))
    }

    /// Drops the segments all of whose entries are below an lsn, but never the last.
    fn drop_passed(
        &self,
        folder: &Path,
        found: &[Found],
        (lsn, is_live): (u64, bool),
        ticked: &mut Ticked,
    ) -> Result<(), LogError> {
        let before = (ticked.recycled, ticked.deleted);
        for pair in found.windows(2) {
            let [old, next] = pair else {
                continue;
            };
            if next.header.first_lsn > lsn {
                break;
            }
            let path = old.name.path(folder);
            let free = (0..SPARES_MAX).find(|number| !spare_path(folder, *number).exists());
            let dropped = match free.filter(|_| is_live) {
                Some(number) => {
                    ticked.recycled += 1;
                    recycle(
                        folder,
                        old.name,
                        number,
                        self.facts.segment_bytes,
                        self.room,
                    )
                }
                None => {
                    ticked.deleted += 1;
                    fs::remove_file(&path)
                }
            };
            dropped.map_err(|error| LogError::io(&path, error))?;
        }
        if before != (ticked.recycled, ticked.deleted) {
            sync_folder(folder).map_err(|error| LogError::io(folder, error))?;
        }
        Ok(())
    }

    fn make_spares(&self, folder: &Path, ticked: &mut Ticked) -> Result<(), LogError> {
        // One is enough to rotate; the other is made of what is recycled.
        if (0..SPARES_MAX).any(|number| spare_path(folder, number).exists()) {
            return Ok(());
        }
        let made = make_spare(folder, 0, self.facts.segment_bytes, self.room);
        made.map_err(|error| LogError::io(folder, error))?;
        ticked.made += 1;
        Ok(())
    }

    /// Has the segments that are full on the disk, which at level `process` nobody else waits for.
    fn sync_full(&self, folder: &Path, stream: u8, found: &[Found]) -> Result<(), LogError> {
        let synced_lsn = self.facts.positions.synced(stream);
        for pair in found.windows(2) {
            let [full, next] = pair else {
                continue;
            };
            let next_lsn = next.header.first_lsn;
            if next_lsn <= synced_lsn {
                continue;
            }
            let path = full.name.path(folder);
            let synced = File::open(&path).and_then(|file| file.sync_all());
            synced.map_err(|error| LogError::io(&path, error))?;
            // The name of the next one as well: recovery looks there for what is said to be synced.
            sync_folder(folder).map_err(|error| LogError::io(folder, error))?;
            self.facts.positions.sync(stream, next_lsn);
        }
        Ok(())
    }
}

/// Octets of the full segments that hold something from an lsn on.
fn behind(folder: &Path, found: &[Found], lsn: u64) -> Result<u64, LogError> {
    let mut octets = 0;
    for pair in found.windows(2) {
        if let [full, next] = pair
            && next.header.first_lsn > lsn
        {
            let path = full.name.path(folder);
            match fs::metadata(&path) {
                Ok(metadata) => octets += metadata.len(),
                // Dropped a moment ago.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(LogError::io(&path, error)),
            }
        }
    }
    Ok(octets)
}
