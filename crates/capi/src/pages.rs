//! Memory that is mapped before it is touched, and huge pages.
use crate::boundary::{fill, given, guard};
use crate::options::pages;
use crate::status::{QUIPU_OK, Status};
use crate::table::Table;
use std::mem::MaybeUninit;

/// What the kernel did about the pages of a table.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PagesReport {
    /// Bytes of the file that are backed by memory.
    pub bytes_committed: u64,
    /// Of these, what the kernel mapped for this process just now; 0 if it was not asked.
    pub bytes_populated: u64,
    /// Of these, what is in huge pages for this process; 0 too if the kernel does not tell.
    pub bytes_huge: u64,
    /// The `errno` of the first thing that the kernel refused, or 0. The table is as good as before.
    pub refused: i32,
    /// Always 0.
    pub reserved: i32,
}

/// Has what the table has taken so far held in pages of a kind: QUIPU_PAGES_ON_DEMAND (asks for nothing),
/// QUIPU_PAGES_POPULATED or QUIPU_PAGES_HUGE. It is of use again when the table has grown. To map takes some tenths of
/// a second for each GiB, to gather it into huge pages some seconds; the table can be used meanwhile. out: may be NULL.
///
/// Answers QUIPU_OK also if the kernel refused, which is in out->refused; QUIPU_READ_ONLY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_use_pages(
    table: Option<&Table>,
    kind: u32,
    out: Option<&mut MaybeUninit<PagesReport>>,
) -> Status {
    guard(|| {
        let report = given(table)?.writable()?.use_pages(pages(kind)?);
        let refused = report.refused.and_then(|error| error.raw_os_error());
        let report = PagesReport {
            bytes_committed: report.bytes_committed,
            bytes_populated: report.bytes_populated,
            bytes_huge: report.bytes_huge,
            refused: refused.unwrap_or(0),
            reserved: 0,
        };
        fill(out, report);
        Ok(QUIPU_OK)
    })
}
