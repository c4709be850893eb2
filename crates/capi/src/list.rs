//! The tables in /dev/shm.
use crate::boundary::{Failure, close, given, guard, opened};
use crate::status::{QUIPU_END, QUIPU_OK, Status};
use quipu::{Coded, TableInfo};
use std::ffi::{CString, OsString, c_char};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStringExt;
use std::{ptr, vec};

/// A list of tables. One thread at a time may use it.
pub struct Tables {
    left: vec::IntoIter<TableInfo>,
    /// What the caller looks at.
    name: CString,
    path: CString,
}

/// A table in /dev/shm. Its texts are the list's, and stay until it is asked for the next one or closed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TableName {
    /// Its name, for quipu_open, with a NUL behind it.
    pub name: *const c_char,
    /// Its path, with a NUL behind it.
    pub path: *const c_char,
    /// Bytes of memory that it takes now.
    pub bytes: u64,
    /// The number of its entries, as quipu_len; 0 if it could not be opened.
    pub entries: u64,
    /// QUIPU_OK, or why it cannot be opened for reading.
    pub status: Status,
    /// Always 0.
    pub reserved: i32,
}

/// Lists the tables in /dev/shm that the caller may read.
///
/// Answers QUIPU_OK; then *out is to be closed by quipu_tables_close. QUIPU_IO if the directory cannot be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_tables_open(out: Option<&mut MaybeUninit<*mut Tables>>) -> Status {
    guard(|| {
        let out = given(out)?;
        out.write(ptr::null_mut());
        let tables = quipu::tables().map_err(|error| Failure::system(&error))?;
        let tables = Tables {
            left: tables.into_iter(),
            name: CString::default(),
            path: CString::default(),
        };
        opened(out, tables);
        Ok(QUIPU_OK)
    })
}

/// The next table, in the order of their names.
///
/// Answers QUIPU_OK; QUIPU_END if there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_tables_next(
    tables: Option<&mut Tables>,
    out: Option<&mut MaybeUninit<TableName>>,
) -> Status {
    guard(|| {
        let (tables, out) = (given(tables)?, given(out)?);
        let Some(info) = tables.left.next() else {
            return Ok(QUIPU_END);
        };
        tables.name = text(info.name);
        tables.path = text(info.path.into_os_string());
        let (status, entries) = match &info.result {
            Ok(reader) => (QUIPU_OK, reader.len()),
            Err(error) => (error.code().status, 0),
        };
        out.write(TableName {
            name: tables.name.as_ptr(),
            path: tables.path.as_ptr(),
            bytes: info.bytes,
            entries,
            status,
            reserved: 0,
        });
        Ok(QUIPU_OK)
    })
}

/// Ends a list; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_tables_close(tables: *mut Tables) {
    // SAFETY: the caller promises it.
    unsafe { close(tables) };
}

/// A name of the system, which has no NUL.
fn text(name: OsString) -> CString {
    CString::new(name.into_vec()).unwrap_or_default()
}
