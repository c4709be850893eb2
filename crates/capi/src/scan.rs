//! Iteration over a table in use.
use crate::boundary::{bytes, close, fill, given, guard, opened};
use crate::status::{QUIPU_END, QUIPU_OK, Status};
use crate::table::Table;
use crate::value::{QUIPU_BYTES, Value, bytes_of, found};
use quipu::{Cursor, Entry};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

/// The start of a scan.
pub const QUIPU_CURSOR_START: u64 = 0;
/// The end: a scan from here finds nothing.
pub const QUIPU_CURSOR_END: u64 = u64::MAX;

/// A scan under way. One thread at a time may use it.
pub struct Scan {
    scan: quipu::Scan,
    /// What the caller looks at.
    shown: Option<(Vec<u8>, Entry)>,
}

/// A key and its entry, as a scan found them. The bytes of both are the scan's, and stay until it is asked for the next
/// one or closed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Item {
    /// The bytes of the key.
    pub key: *const c_void,
    /// How many they are.
    pub key_length: usize,
    /// The entry, with its bytes in value.bytes.
    pub value: Value,
}

/// Begins to iterate over the entries whose key begins with `prefix` (all of them if it is empty), while others write.
/// A key that is there throughout is seen exactly once; one that comes or goes meanwhile may be seen or not. The order
/// means nothing. It reads the whole table, whatever the prefix is.
///
/// cursor: QUIPU_CURSOR_START, or what quipu_scan_cursor said, in any process.
///
/// Answers QUIPU_OK; then *out is to be closed by quipu_scan_close.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_scan_open(
    table: Option<&Table>,
    prefix: *const c_void,
    prefix_length: usize,
    cursor: u64,
    out: Option<&mut MaybeUninit<*mut Scan>>,
) -> Status {
    guard(|| {
        let out = given(out)?;
        out.write(ptr::null_mut());
        // SAFETY: the caller promises it.
        let prefix = unsafe { bytes(prefix, prefix_length) }?;
        let scan = given(table)?.scan_from(Cursor::from_number(cursor), prefix);
        opened(out, Scan { scan, shown: None });
        Ok(QUIPU_OK)
    })
}

/// The next entry.
///
/// Answers QUIPU_OK; QUIPU_END if there are no more; or an error of quipu_get: the next call goes on behind what could
/// not be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_scan_next(
    scan: Option<&mut Scan>,
    out: Option<&mut MaybeUninit<Item>>,
) -> Status {
    guard(|| {
        let (scan, out) = (given(scan)?, given(out)?);
        scan.shown = None;
        let Some(next) = scan.scan.next() else {
            return Ok(QUIPU_END);
        };
        let (key, entry) = scan.shown.insert(next?);
        let mut value = Value::of(&found(entry));
        if value.kind == QUIPU_BYTES {
            value.bytes = bytes_of(entry).as_ptr().cast();
        }
        out.write(Item {
            key: key.as_ptr().cast(),
            key_length: key.len(),
            value,
        });
        Ok(QUIPU_OK)
    })
}

/// Where a later scan can go on, in any process, for as long as the table exists. Entries come bucket by bucket, up to
/// 31 of them; *cursor is the start of the bucket under way, so a scan that is resumed there sees the entries of that
/// bucket again. To see none twice, stop where *is_between_buckets (may be NULL) is 1.
///
/// Answers QUIPU_OK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_scan_cursor(
    scan: Option<&Scan>,
    cursor: Option<&mut MaybeUninit<u64>>,
    is_between_buckets: Option<&mut MaybeUninit<u8>>,
) -> Status {
    guard(|| {
        let scan = given(scan)?;
        fill(cursor, scan.scan.cursor().number());
        fill(is_between_buckets, u8::from(scan.scan.is_between_buckets()));
        Ok(QUIPU_OK)
    })
}

/// Ends a scan; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_scan_close(scan: *mut Scan) {
    // SAFETY: the caller promises it.
    unsafe { close(scan) };
}
