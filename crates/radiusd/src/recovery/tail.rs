//! The ends of the streams, after a death or an error of the disk.
use super::RecoveryError;
use crate::log::{
    MergedReader, SPARES_MAX, SegmentName, find_segments, replace_file, spare_path, stream_folder,
    sync_folder,
};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Puts all that was replayed on the disk, and ends each stream where its last whole entry does. Returns the files
/// whose end was torn.
pub(super) fn settle(log: &Path, reader: &MergedReader) -> Result<Vec<PathBuf>, RecoveryError> {
    let mut torn = Vec::new();
    for (stream, reader) in reader.streams() {
        let folder = stream_folder(log, *stream);
        let (found, unused) = find_segments(&folder)?;
        let last = reader.place();
        for segment in &found {
            let path = segment.name.path(&folder);
            let good = last.filter(|(name, _)| *name == segment.name);
            let settled = match good {
                Some((_, good_octets)) => end_at(&path, good_octets),
                // At level `process` it may not be on the disk yet.
                None => File::open(&path)
                    .and_then(|file| file.sync_data())
                    .map(|()| false),
            };
            if settled.map_err(|error| RecoveryError::io(&path, error))? {
                torn.push(path);
            }
        }
        let tidied = make_spares(&folder, &unused).and_then(|()| sync_folder(&folder));
        tidied.map_err(|error| RecoveryError::io(&folder, error))?;
    }
    Ok(torn)
}

/// Ends a segment behind its last whole entry; says whether it was torn there.
///
/// What is good is written anew, into another file: the kernel may have failed to write some of it before and would
/// not tell us, who open it afterwards, while its cache still shows what we have read.
fn end_at(path: &Path, good_octets: u64) -> io::Result<bool> {
    let file = File::open(path)?;
    if file.metadata()?.len() == good_octets {
        // An earlier recovery has done that.
        return Ok(false);
    }
    let mut behind = [0; 8];
    let read = file.read_at(&mut behind, good_octets)?;
    replace_file(path, |new| {
        let copied = io::copy(&mut file.take(good_octets), new)?;
        if copied == good_octets {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    })?;
    Ok(behind[..read].iter().any(|octet| *octet != 0))
}

/// Files that have the name of a segment and were not begun: their room is used again.
fn make_spares(folder: &Path, unused: &[SegmentName]) -> io::Result<()> {
    let free = (0..SPARES_MAX).map(|number| spare_path(folder, number));
    let mut free = free.filter(|path| !path.exists());
    for name in unused {
        match free.next() {
            Some(spare) => fs::rename(name.path(folder), spare)?,
            None => fs::remove_file(name.path(folder))?,
        }
    }
    Ok(())
}
