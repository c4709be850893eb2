//! What functions answer with. The numbers are those of the one table of codes, `quipu::CODES`, and never change.
use crate::boundary::{self, Room, guard};
use std::ffi::{CStr, c_char, c_void};

/// What a function answers. QUIPU_OK is 0; 1 to 9 are answers that a program expects (there is no such key); what is
/// larger is an error, and then nothing has changed unless the function says otherwise.
pub type Status = i32;

/// The last answer that is no error.
pub(crate) const ANSWER_MAX: Status = 9;

/// It is done.
pub const QUIPU_OK: Status = 0;
/// There is no such key, or no such thing.
pub const QUIPU_MISSING: Status = 1;
/// There is such a key already; nothing was stored.
pub const QUIPU_EXISTS: Status = 2;
/// The entry is not as the token or the number says; nothing was stored.
pub const QUIPU_CHANGED: Status = 3;
/// Nothing has changed within the time.
pub const QUIPU_TIMEOUT: Status = 4;
/// There is nothing more.
pub const QUIPU_END: Status = 5;
/// The bytes are longer than the buffer. Their length is filled in, what is in the buffer is of no use, and no entry was changed.
pub const QUIPU_BUFFER_TOO_SMALL: Status = 6;
/// The key is longer than 65,535 bytes.
pub const QUIPU_KEY_TOO_LONG: Status = 10;
/// The value is longer than 64 MiB.
pub const QUIPU_VALUE_TOO_LONG: Status = 11;
/// The time to live is longer than half the range of the table's clock.
pub const QUIPU_TTL_TOO_LONG: Status = 12;
/// The value is of another type than the operation works on.
pub const QUIPU_WRONG_TYPE: Status = 13;
/// The result does not fit in a signed 64-bit number.
pub const QUIPU_OVERFLOW: Status = 14;
/// There is no room for it; the table goes on working.
pub const QUIPU_FULL: Status = 20;
/// The same words changed under every one of very many attempts.
pub const QUIPU_BUSY: Status = 21;
/// Shared memory holds what no correct program writes.
pub const QUIPU_CORRUPT: Status = 22;
/// The table was removed.
pub const QUIPU_REMOVED: Status = 23;
/// What was passed makes no sense: a NULL pointer, an unknown number, a struct of no size.
pub const QUIPU_INVALID_ARGUMENT: Status = 30;
/// The table is open for reading only.
pub const QUIPU_READ_ONLY: Status = 31;
/// There is no such table.
pub const QUIPU_TABLE_NOT_FOUND: Status = 40;
/// There is a file of that name already.
pub const QUIPU_TABLE_EXISTS: Status = 41;
/// Not a name of a table.
pub const QUIPU_BAD_NAME: Status = 42;
/// The file is not a table.
pub const QUIPU_NOT_A_TABLE: Status = 43;
/// The table has another version of the format.
pub const QUIPU_FORMAT_VERSION: Status = 44;
/// The table was made on another kind of machine.
pub const QUIPU_ARCHITECTURE: Status = 45;
/// The header of the table is damaged.
pub const QUIPU_DAMAGED: Status = 46;
/// The file of the table was cut off.
pub const QUIPU_TRUNCATED: Status = 47;
/// The table belongs to a user whom the caller did not ask for.
pub const QUIPU_OWNER: Status = 48;
/// Everybody may write the table, and the caller did not ask for that.
pub const QUIPU_MODE: Status = 49;
/// The path is a symbolic link.
pub const QUIPU_SYMLINK: Status = 50;
/// The table was last used before the machine was started, and cannot be taken over.
pub const QUIPU_OTHER_BOOT: Status = 51;
/// The file system has no space left for the start of the table.
pub const QUIPU_NO_SPACE: Status = 52;
/// 1,024 processes use the table, which is the most there may be.
pub const QUIPU_PROCESSES: Status = 53;
/// 4,095 threads write to the table, which is the most there may be.
pub const QUIPU_PARTICIPANTS: Status = 54;
/// The table does not fit in the address space of this process.
pub const QUIPU_ADDRESS_SPACE: Status = 55;
/// This machine, file system or option cannot do it.
pub const QUIPU_UNSUPPORTED: Status = 56;
/// Another failure of the operating system.
pub const QUIPU_IO: Status = 57;
/// A mistake in the library. The table is as if the process had died in the call: nothing is held, and others go on.
pub const QUIPU_PANIC: Status = 98;
/// An error that this version of the library has no name for.
pub const QUIPU_UNKNOWN: Status = 99;

struct Row {
    status: Status,
    name: &'static CStr,
    text: &'static CStr,
}

const fn row(status: Status, name: &'static CStr, text: &'static CStr) -> Row {
    Row { status, name, text }
}

const ROWS: [Row; 38] = [
    row(QUIPU_OK, c"OK", c"done"),
    row(QUIPU_MISSING, c"MISSING", c"there is no such key: set it first, or go on without it"),
    row(QUIPU_EXISTS, c"EXISTS", c"there is such a key already: use what is there, or quipu_set"),
    row(QUIPU_CHANGED, c"CHANGED", c"the entry has changed: read it again, and try again"),
    row(QUIPU_TIMEOUT, c"TIMEOUT", c"nothing has changed within the time: wait again, or go on without it"),
    row(QUIPU_END, c"END", c"there is nothing more: close what was read from"),
    row(QUIPU_BUFFER_TOO_SMALL, c"BUFFER_TOO_SMALL", c"the bytes are longer than the buffer: call again with as much room as the length says"),
    row(QUIPU_KEY_TOO_LONG, c"KEY_TOO_LONG", c"the key is longer than 65,535 bytes: use a hash of it"),
    row(QUIPU_VALUE_TOO_LONG, c"VALUE_TOO_LONG", c"the value is longer than 64 MiB: split it over several keys"),
    row(QUIPU_TTL_TOO_LONG, c"TTL_TOO_LONG", c"the time to live is longer than half the range of the table's clock: use none, or create the table with longer ticks"),
    row(QUIPU_WRONG_TYPE, c"WRONG_TYPE", c"the value is of another type: delete the key first, or use the operation of its type"),
    row(QUIPU_OVERFLOW, c"OVERFLOW", c"the result does not fit in a signed 64-bit number: take the counter first, or use a float"),
    row(QUIPU_FULL, c"FULL", c"the table or its file system is full: delete keys, free space, or create the table larger or with eviction"),
    row(QUIPU_BUSY, c"BUSY", c"the entry changed under every attempt: try again"),
    row(QUIPU_CORRUPT, c"CORRUPT", c"the table is corrupt: run `quipu check`, save what `quipu dump` can read, and remove the table"),
    row(QUIPU_REMOVED, c"REMOVED", c"the table was removed: close it and open it again to get a new one"),
    row(QUIPU_INVALID_ARGUMENT, c"INVALID_ARGUMENT", c"an argument makes no sense: see quipu_last_error, and the function in quipu.h"),
    row(QUIPU_READ_ONLY, c"READ_ONLY", c"the table is open for reading only: open it with quipu_open"),
    row(QUIPU_TABLE_NOT_FOUND, c"TABLE_NOT_FOUND", c"there is no such table: create it first (`quipu create`, or quipu_open_or_create)"),
    row(QUIPU_TABLE_EXISTS, c"TABLE_EXISTS", c"there is a file of that name already: open it, or remove it first"),
    row(QUIPU_BAD_NAME, c"BAD_NAME", c"this is no name of a table: use 1 to 200 bytes without a slash, or a path with one"),
    row(QUIPU_NOT_A_TABLE, c"NOT_A_TABLE", c"the file is not a table: check the name"),
    row(QUIPU_FORMAT_VERSION, c"FORMAT_VERSION", c"the table has another version of the format: use the library it was made with, or carry the data over with `quipu dump` and `quipu load`"),
    row(QUIPU_ARCHITECTURE, c"ARCHITECTURE", c"the table was made on another kind of machine: dump it there and load it here"),
    row(QUIPU_DAMAGED, c"DAMAGED", c"the header of the table is damaged: remove the file and create it again"),
    row(QUIPU_TRUNCATED, c"TRUNCATED", c"the file of the table was cut off, and its data is lost: remove the table and create it again"),
    row(QUIPU_OWNER, c"OWNER", c"the table belongs to another user: say that this is wanted (`owner` of the options), or remove it"),
    row(QUIPU_MODE, c"MODE", c"everybody may write the table: take that right away (`chmod o-w`), or say that it is wanted (`owner` of the options)"),
    row(QUIPU_SYMLINK, c"SYMLINK", c"the path is a symbolic link: use the path it leads to"),
    row(QUIPU_OTHER_BOOT, c"OTHER_BOOT", c"the table was last used before the machine was started, and it is in use or its file system has no locks: let its other users close it, or dump it and load it into a new table"),
    row(QUIPU_NO_SPACE, c"NO_SPACE", c"the file system has no space left: free space there (Docker gives /dev/shm 64 MB unless --shm-size says more)"),
    row(QUIPU_PROCESSES, c"PROCESSES", c"1,024 processes use the table, which is the most there may be: close some"),
    row(QUIPU_PARTICIPANTS, c"PARTICIPANTS", c"4,095 threads write to the table, which is the most there may be: close some"),
    row(QUIPU_ADDRESS_SPACE, c"ADDRESS_SPACE", c"the table does not fit in the address space of this process: raise the limit (`ulimit -v`), or create it with a smaller maximum size"),
    row(QUIPU_UNSUPPORTED, c"UNSUPPORTED", c"this machine, file system or option cannot do it: see quipu_last_error"),
    row(QUIPU_IO, c"IO", c"the operating system refused: see quipu_last_error"),
    row(QUIPU_PANIC, c"PANIC", c"a mistake in the library: please report it with the text of quipu_last_error"),
    row(QUIPU_UNKNOWN, c"UNKNOWN", c"an error without a name: see quipu_last_error"),
];

/// The row of a status, or that of a status without a name.
fn row_of(status: Status) -> &'static Row {
    let last = &ROWS[ROWS.len() - 1];
    ROWS.iter().find(|row| row.status == status).unwrap_or(last)
}

pub(crate) fn text_of(status: Status) -> &'static str {
    row_of(status).text.to_str().unwrap_or_default()
}

/// The name of a status, as "WRONG_TYPE", which ends with a NUL and lives for ever. "UNKNOWN" if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn quipu_status_name(status: Status) -> *const c_char {
    row_of(status).name.as_ptr()
}

/// What a status means and what to do about it, in English; it ends with a NUL and lives for ever. See also
/// quipu_last_error, which says it about the case at hand.
#[unsafe(no_mangle)]
pub extern "C" fn quipu_status_text(status: Status) -> *const c_char {
    row_of(status).text.as_ptr()
}

/// The text of the last error (status above 9) of a call of this thread: what happened, with what path or number, and
/// what to do. Copies as much of it as there is room for, and a NUL behind it; returns the length of the whole text
/// without the NUL. Answers (status 1 to 9) and successes do not change it.
///
/// buffer: may be NULL if capacity is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_last_error(buffer: *mut c_char, capacity: usize) -> usize {
    let mut length = 0;
    guard(|| {
        // SAFETY: the caller promises it.
        let mut room: Room<'_> = unsafe { boundary::room(buffer.cast::<c_void>(), capacity) }?;
        boundary::with_last_error(|text| {
            room.put_text(text.as_bytes());
            length = text.len();
        });
        Ok(QUIPU_OK)
    });
    length
}

/// The version of the library, as "0.1.0"; it ends with a NUL and lives for ever.
#[unsafe(no_mangle)]
pub extern "C" fn quipu_version() -> *const c_char {
    VERSION.as_ptr()
}

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"unknown",
    };

#[cfg(test)]
mod tests {
    use super::*;
    use quipu::CODES;

    #[test]
    fn every_code_of_the_table_has_a_status_and_no_other() {
        let ours: Vec<(i32, &str)> = ROWS[1..]
            .iter()
            .map(|row| (row.status, row.name.to_str().expect("ASCII")))
            .collect();
        let table: Vec<(i32, &str)> = CODES.iter().map(|code| (code.status, code.name)).collect();
        assert_eq!(ours, table);
    }

    #[test]
    fn what_is_no_error_is_a_plain_no_of_the_command() {
        for code in CODES {
            assert_eq!(code.exit == 1, code.status <= ANSWER_MAX, "{}", code.name);
        }
    }
}
