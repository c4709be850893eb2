//! A prepared table as it was when all had closed it, to begin from again and again.
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

const PAGE_BYTES: usize = 4096;
/// Where the time of the last upkeep stands (docs/format.md 3.2).
const UPKEEP_AT: u64 = 8 * quipu_core::layout::control::UPKEEP as u64;

/// The pages of a file that are not all zero.
pub(super) struct Image {
    bytes: u64,
    pages: Vec<(u64, Vec<u8>)>,
}

impl Image {
    pub(super) fn take(path: &Path) -> Self {
        let content = fs::read(path).expect("the table that was prepared");
        let pages = (0..)
            .zip(content.chunks(PAGE_BYTES))
            .filter(|(_, page)| page.iter().any(|byte| *byte != 0))
            .map(|(n, page): (u64, _)| (n * PAGE_BYTES as u64, page.to_vec()))
            .collect();
        Self {
            bytes: content.len() as u64,
            pages,
        }
    }

    /// Makes the file anew. Upkeep in passing is not due in it: it would be steps that come and go with the time.
    pub(super) fn restore(&self, path: &Path) {
        let _ = fs::remove_file(path);
        let file = File::create_new(path).expect("a fresh file");
        file.set_len(self.bytes).expect("room in /dev/shm");
        for (at, page) in &self.pages {
            file.write_all_at(page, *at).expect("room in /dev/shm");
        }
        file.write_all_at(&boot_ms().to_le_bytes(), UPKEEP_AT)
            .expect("it is there");
    }
}

/// Milliseconds since boot, to within 10.
fn boot_ms() -> u64 {
    let text = fs::read_to_string("/proc/uptime").expect("/proc");
    let digits: String = text
        .split_ascii_whitespace()
        .next()
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    10 * digits.parse::<u64>().expect("seconds with two decimals")
}
