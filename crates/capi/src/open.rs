//! How a table is opened, made, passed on, closed and removed.
use crate::boundary::{Failure, close, given, guard, name, opened, room};
use crate::options::{Options, options};
use crate::status::{QUIPU_BUFFER_TOO_SMALL, QUIPU_MISSING, QUIPU_OK, Status};
use crate::table::Table;
use quipu::{Pages, TableReader};
use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;

/// Opens a table that exists, for reading and writing. A plain name is one in /dev/shm; anything with a slash is a
/// path. Of the options (NULL: the defaults) only `owner`, `owner_uid` and `pages` count.
///
/// Answers QUIPU_OK, or an error of opening (QUIPU_TABLE_NOT_FOUND and what follows it); then *out is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_open(
    name_or_path: *const c_char,
    options_or_null: *const Options,
    out: Option<&mut MaybeUninit<*mut Table>>,
) -> Status {
    open_with(out, || {
        // SAFETY: the caller promises it.
        let (name, options) = unsafe { arguments(name_or_path, options_or_null) }?;
        let table = quipu::Table::open_owned_by(name, options.owner)?;
        Ok(with_pages(table, options.pages))
    })
}

/// Makes a table that does not exist. It appears whole, or not at all.
///
/// Answers QUIPU_OK, QUIPU_TABLE_EXISTS if there is any file of that name, or an error of opening; then *out is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_create(
    name_or_path: *const c_char,
    options_or_null: *const Options,
    out: Option<&mut MaybeUninit<*mut Table>>,
) -> Status {
    open_with(out, || {
        // SAFETY: the caller promises it.
        let (name, options) = unsafe { arguments(name_or_path, options_or_null) }?;
        Ok(Table::Full(quipu::Table::create(name, options)?))
    })
}

/// Opens a table, or makes it if there is none: also if several processes do so at the same instant.
///
/// Answers QUIPU_OK, or an error of opening; then *out is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_open_or_create(
    name_or_path: *const c_char,
    options_or_null: *const Options,
    out: Option<&mut MaybeUninit<*mut Table>>,
) -> Status {
    open_with(out, || {
        // SAFETY: the caller promises it.
        let (name, options) = unsafe { arguments(name_or_path, options_or_null) }?;
        Ok(Table::Full(quipu::Table::open_or_create(name, options)?))
    })
}

/// Opens a table that exists for reading only: its memory is mapped read-only, nothing is locked or registered, and no
/// user of the table can notice. Writes answer QUIPU_READ_ONLY. Of the options only `owner` and `owner_uid` count.
///
/// Answers QUIPU_OK, or an error of opening; then *out is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_open_reader(
    name_or_path: *const c_char,
    options_or_null: *const Options,
    out: Option<&mut MaybeUninit<*mut Table>>,
) -> Status {
    open_with(out, || {
        // SAFETY: the caller promises it.
        let (name, options) = unsafe { arguments(name_or_path, options_or_null) }?;
        Ok(Table::Reader(TableReader::open(name, options.owner)?))
    })
}

/// Makes a table without a name, in a memory file whose length is sealed. It is shared by fork, or by passing its
/// descriptor (quipu_descriptor) to another process, and ends with its last user. `mode` and `group` mean nothing.
///
/// Answers QUIPU_OK, or an error of opening; then *out is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_create_memory_file(
    options_or_null: *const Options,
    out: Option<&mut MaybeUninit<*mut Table>>,
) -> Status {
    open_with(out, || {
        // SAFETY: the caller promises it.
        let options = unsafe { options(options_or_null) }?;
        Ok(Table::Full(quipu::Table::memfd(options)?))
    })
}

/// Opens a table whose file was passed to this process, open for reading and writing. The descriptor stays the
/// caller's, who may close it afterwards. Of the options only `owner`, `owner_uid` and `pages` count.
///
/// Answers QUIPU_OK, or an error of opening; then *out is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_open_descriptor(
    descriptor: c_int,
    options_or_null: *const Options,
    out: Option<&mut MaybeUninit<*mut Table>>,
) -> Status {
    open_with(out, || {
        if descriptor < 0 {
            return Err(Failure::argument("the descriptor is negative"));
        }
        // SAFETY: the caller promises it.
        let options = unsafe { options(options_or_null) }?;
        // SAFETY: not negative; one that is not open is an error of the next call.
        let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
        let owned = borrowed
            .try_clone_to_owned()
            .map_err(|error| Failure::system(&error))?;
        let table = quipu::Table::from_fd(owned, options.owner)?;
        Ok(with_pages(table, options.pages))
    })
}

/// The descriptor of the table's file, for passing it on by a socket or to a child. It belongs to the table: do not
/// close it, and duplicate it if it is to live longer.
///
/// Answers QUIPU_OK, or QUIPU_READ_ONLY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_descriptor(
    table: Option<&Table>,
    out: Option<&mut MaybeUninit<c_int>>,
) -> Status {
    guard(|| {
        let table = given(table)?.writable()?;
        given(out)?.write(table.as_fd().as_raw_fd());
        Ok(QUIPU_OK)
    })
}

/// The path of a table, with a NUL behind it. *length (may be NULL): its bytes without the NUL.
///
/// Answers QUIPU_OK; QUIPU_MISSING if the table has no name; QUIPU_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_path(
    table: Option<&Table>,
    buffer: *mut c_char,
    capacity: usize,
    length: Option<&mut MaybeUninit<usize>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let mut room = unsafe { room(buffer.cast::<c_void>(), capacity) }?;
        let Some(path) = given(table)?.path() else {
            return Ok(QUIPU_MISSING);
        };
        let path = path.as_os_str().as_bytes();
        crate::boundary::fill(length, path.len());
        if path.len() >= room.left() {
            return Ok(QUIPU_BUFFER_TOO_SMALL);
        }
        room.put_text(path);
        Ok(QUIPU_OK)
    })
}

/// Closes a table; NULL is nothing. What was opened from it (scans, counters) may still be used, and keeps it open
/// behind the scenes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_close(table: *mut Table) {
    // SAFETY: the caller promises it.
    unsafe { close(table) };
}

/// Removes a table: whoever has it open gets QUIPU_REMOVED from every later write, and its name goes away. Its memory
/// is free when the last of them has closed it.
///
/// Answers QUIPU_OK; QUIPU_TABLE_NOT_FOUND; QUIPU_NOT_A_TABLE for another file, which is left alone; QUIPU_BAD_NAME;
/// QUIPU_IO if the caller may not write the file or its directory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_remove(name_or_path: *const c_char) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        quipu::remove(unsafe { name(name_or_path) }?)?;
        Ok(QUIPU_OK)
    })
}

/// Bytes that are free on the file system where a table of that name would be, for a process without privileges.
///
/// Answers QUIPU_OK, QUIPU_BAD_NAME, or QUIPU_TABLE_NOT_FOUND if there is no such directory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_free_bytes(
    name_or_path: *const c_char,
    out: Option<&mut MaybeUninit<u64>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let bytes = quipu::free_bytes(unsafe { name(name_or_path) }?)?;
        given(out)?.write(bytes);
        Ok(QUIPU_OK)
    })
}

/// Has every table of this process answer QUIPU_TRUNCATED when its file was cut off by somebody else, instead of
/// ending the process with SIGBUS. Once and for all; tables may be open already. It installs a handler of SIGBUS, which
/// passes on what is not about a table.
///
/// Answers QUIPU_OK, or QUIPU_IO if the system refuses the handler.
#[unsafe(no_mangle)]
pub extern "C" fn quipu_guard_against_truncation() -> Status {
    guard(|| {
        quipu::guard_against_truncation().map_err(|error| Failure::system(&error))?;
        Ok(QUIPU_OK)
    })
}

/// Opens something, and hands out NULL if it cannot.
fn open_with(
    out: Option<&mut MaybeUninit<*mut Table>>,
    open: impl FnOnce() -> Result<Table, Failure>,
) -> Status {
    guard(|| {
        let out = given(out)?;
        out.write(std::ptr::null_mut());
        opened(out, open()?);
        Ok(QUIPU_OK)
    })
}

/// # Safety
/// The promise at the head of the crate.
unsafe fn arguments<'a>(
    name_or_path: *const c_char,
    options_or_null: *const Options,
) -> Result<(&'a std::path::Path, quipu::Options), Failure> {
    // SAFETY: the caller promises it.
    let name = unsafe { name(name_or_path) }?;
    // SAFETY: the caller promises it.
    Ok((name, unsafe { options(options_or_null) }?))
}

fn with_pages(table: quipu::Table, pages: Pages) -> Table {
    if pages != Pages::OnDemand {
        table.use_pages(pages);
    }
    Table::Full(table)
}
