//! Pages that are mapped before they are touched, and huge ones. All of it is a favour of the kernel, so nothing here
//! fails: what is refused is told.
//!
//! Nothing is asked for memory that is not committed: on tmpfs that would take it, beyond the table's size. So a huge
//! page is made only of 2 MiB that are committed throughout; and only those are advised to be huge, or the kernel
//! would by itself fill up what is not.
use crate::mapping::{Advice, HUGE_PAGE_BYTES, Mapping};
use crate::options::Pages;
use crate::table::Table;
use std::fs;
use std::io;
use std::ops::Range;

/// What [`Table::use_pages`] found and got.
#[derive(Debug)]
#[non_exhaustive]
pub struct PagesReport {
    /// Bytes of the file that are backed by memory, the head included.
    pub bytes_committed: u64,
    /// Of these, what the kernel mapped for this process just now; 0 if it was not asked.
    pub bytes_populated: u64,
    /// Of these, what is in huge pages for this process; 0 too if the kernel does not tell (without /proc).
    pub bytes_huge: u64,
    /// The first thing that the kernel refused. The table is as good as before.
    pub refused: Option<io::Error>,
}

impl Table {
    /// Has what the table has taken so far held in pages of a kind. See [`Pages`]; it is of use again when the table
    /// has grown. [`Pages::OnDemand`] asks for nothing, and undoes nothing.
    ///
    /// To map takes some tenths of a second for each GiB, to gather it into huge pages some seconds; the table can be
    /// used meanwhile.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// let report = table.use_pages(Pages::Huge);
    /// if report.bytes_huge == 0 {
    ///     println!("no huge pages: {:?}", report.refused);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn use_pages(&self, pages: Pages) -> PagesReport {
        let opened = &self.inner.opened;
        opened.look_at_length();
        let mapping = &opened.mapping;
        let committed = committed(mapping);
        let mut report = PagesReport {
            bytes_committed: committed.iter().map(length).sum(),
            bytes_populated: 0,
            bytes_huge: 0,
            refused: None,
        };
        if pages == Pages::Huge {
            for range in committed.iter().filter_map(whole_huge_pages) {
                report.note(mapping.advise(range.clone(), Advice::Huge));
                report.note(mapping.advise(range, Advice::Collapse));
            }
        }
        if pages != Pages::OnDemand {
            for range in committed {
                let bytes = length(&range);
                if report.note(mapping.advise(range, Advice::PopulateToWrite)) {
                    report.bytes_populated += bytes;
                }
            }
        }
        report.bytes_huge = bytes_huge(mapping);
        report
    }
}

impl PagesReport {
    /// Whether the kernel did it; if not, why not.
    fn note(&mut self, result: io::Result<()>) -> bool {
        let is_done = result.is_ok();
        if let Err(error) = result {
            self.refused.get_or_insert(error);
        }
        is_done
    }
}

fn length(range: &Range<u64>) -> u64 {
    range.end - range.start
}

/// The parts of the file that are committed, each as long as it is. None of one that was cut off.
fn committed(mapping: &Mapping) -> Vec<Range<u64>> {
    let memory = mapping.memory();
    let mut found: Vec<Range<u64>> = Vec::new();
    if mapping.is_cut() {
        return found;
    }
    let mut at = 0;
    while at < memory.geometry.file_bytes {
        let (end, is_committed) = memory.part_around(at);
        match found.last_mut() {
            Some(last) if is_committed && last.end == at => last.end = end,
            _ if is_committed => found.push(at..end),
            _ => {}
        }
        at = end;
    }
    found
}

/// What could be in huge pages of a range; `None`: nothing.
fn whole_huge_pages(range: &Range<u64>) -> Option<Range<u64>> {
    let huge = HUGE_PAGE_BYTES as u64;
    let (start, end) = (range.start.next_multiple_of(huge), range.end / huge * huge);
    (start < end).then_some(start..end)
}

/// Bytes of the table that the kernel maps for this process as huge pages.
pub(crate) fn bytes_huge(mapping: &Mapping) -> u64 {
    // The kernel maps a huge page of the file at the first touch of any of it. What it refuses is not counted.
    for range in committed(mapping).iter().filter_map(whole_huge_pages) {
        for page in range.step_by(HUGE_PAGE_BYTES) {
            let _ = mapping.advise(page..page + 4096, Advice::PopulateToRead);
        }
    }
    let Ok(list) = fs::read_to_string("/proc/self/smaps") else {
        return 0;
    };
    huge_in(&list, &mapping.addresses())
}

/// Bytes that a list of mappings (`/proc/PID/smaps`) says are mapped as huge pages of files within some addresses.
fn huge_in(list: &str, addresses: &Range<usize>) -> u64 {
    let mut is_ours = false;
    let mut kib = 0;
    for line in list.lines() {
        let mut words = line.split_ascii_whitespace();
        let name = words.next().unwrap_or_default();
        if let Some((start, _)) = name.split_once('-') {
            let start = usize::from_str_radix(start, 16);
            is_ours = start.is_ok_and(|start| addresses.contains(&start));
        } else if is_ours && matches!(name, "ShmemPmdMapped:" | "FilePmdMapped:") {
            kib += words.next().and_then(|kib| kib.parse().ok()).unwrap_or(0);
        }
    }
    kib * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_whole_becomes_a_huge_page() {
        let mib = |from: u64, to: u64| from << 20..to << 20;
        assert_eq!(whole_huge_pages(&mib(0, 2)), Some(mib(0, 2)));
        assert_eq!(whole_huge_pages(&mib(1, 8)), Some(mib(2, 8)));
        assert_eq!(whole_huge_pages(&mib(2, 7)), Some(mib(2, 6)));
        assert_eq!(whole_huge_pages(&mib(1, 3)), None);
        assert_eq!(whole_huge_pages(&mib(3, 4)), None);
    }

    #[test]
    fn huge_pages_of_other_mappings_do_not_count() {
        let list = "\
7f0000000000-7f0000200000 rw-s 00000000 00:1b 5  /dev/shm/hits
Rss:                2048 kB
ShmemPmdMapped:     2048 kB
FilePmdMapped:         0 kB
VmFlags: rd wr sh
7f0000200000-7f0000600000 rw-s 00200000 00:1b 5  /dev/shm/hits
ShmemPmdMapped:     4096 kB
FilePmdMapped:      2048 kB
7f0000600000-7f0000800000 rw-s 00000000 00:1b 6  /dev/shm/other
ShmemPmdMapped:     2048 kB
";
        assert_eq!(
            huge_in(list, &(0x7f00_0000_0000..0x7f00_0060_0000)),
            8 << 20
        );
        assert_eq!(
            huge_in(list, &(0x7f00_0020_0000..0x7f00_0060_0000)),
            6 << 20
        );
        assert_eq!(huge_in("nonsense\n", &(0..usize::MAX)), 0);
    }
}
