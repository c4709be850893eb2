//! How long the disk takes to keep a small write: what every durable figure has to be read beside.
use crate::clock::now_ns;
use crate::figures::{Summary, Times};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// What is written each time.
const OCTETS: usize = 512;

/// Times of a write of 512 octets with its fdatasync.
#[derive(Debug, Clone, Serialize)]
pub struct Synced {
    /// At the end of a file, which grows.
    pub append: Summary,
    /// In a file that had all of its octets before.
    pub overwrite: Summary,
}

/// Measures it with a file of its own in a folder, so often each way.
///
/// # Errors
/// Whatever the system says.
pub fn measure(folder: &Path, count: u32) -> io::Result<Synced> {
    let path = folder.join("quipu-radius-load.sync");
    let result = run(&path, count);
    // The folder may be gone with its file.
    drop(std::fs::remove_file(&path));
    result
}

fn run(path: &Path, count: u32) -> io::Result<Synced> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .open(path)?;
    let block = [0x51; OCTETS];
    let round = || -> io::Result<Summary> {
        let mut times = Times::default();
        for number in 0..u64::from(count) {
            let begin_ns = now_ns();
            file.write_all_at(&block, number * OCTETS as u64)?;
            file.sync_data()?;
            times.add(now_ns() - begin_ns);
        }
        Ok(times.summary())
    };
    let append = round()?;
    let overwrite = round()?;
    Ok(Synced { append, overwrite })
}
