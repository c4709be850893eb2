//! Reads of one key.
use crate::boundary::{self, bytes, fill, given, guard};
use crate::status::{QUIPU_BUFFER_TOO_SMALL, QUIPU_MISSING, QUIPU_OK, Status};
use crate::table::Table;
use crate::value::{QUIPU_BYTES, Value, milliseconds};
use std::ffi::c_void;
use std::mem::MaybeUninit;

/// Reads a value, how long it still lives and its token, in one consistent read. Its bytes are copied to the buffer,
/// and out->bytes leads to them there; a number needs no buffer. Allocates nothing.
///
/// Answers QUIPU_OK; QUIPU_MISSING, and out->kind is QUIPU_NONE; QUIPU_BUFFER_TOO_SMALL if there are more bytes than
/// `capacity`: then all but the bytes is filled in, with out->length, and what is in the buffer is of no use;
/// QUIPU_KEY_TOO_LONG, QUIPU_BUSY, QUIPU_CORRUPT or QUIPU_TRUNCATED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_get(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    buffer: *mut c_void,
    capacity: usize,
    out: Option<&mut MaybeUninit<Value>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        // SAFETY: the caller promises it.
        let room = unsafe { boundary::buffer(buffer, capacity) }?;
        let (table, out) = (given(table)?, given(out)?);
        let Some(found) = table.get_to_slice(key, room)? else {
            out.write(Value::NONE);
            return Ok(QUIPU_MISSING);
        };
        let out = out.write(Value::of(&found));
        if found.length > room.len() {
            return Ok(QUIPU_BUFFER_TOO_SMALL);
        }
        if out.kind == QUIPU_BYTES {
            out.bytes = room.as_ptr().cast();
        }
        Ok(QUIPU_OK)
    })
}

/// Reads an integer. out: may be NULL. Allocates nothing.
///
/// Answers QUIPU_OK; QUIPU_MISSING, and *out is as it was; QUIPU_WRONG_TYPE for a float or bytes; or as quipu_get.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_get_number(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    out: Option<&mut MaybeUninit<i64>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        let Some(number) = given(table)?.get_number(key)? else {
            return Ok(QUIPU_MISSING);
        };
        fill(out, number);
        Ok(QUIPU_OK)
    })
}

/// Whether there is such a key.
///
/// Answers QUIPU_OK; QUIPU_MISSING; or an error of quipu_get.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_exists(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        Ok(yes(given(table)?.exists(key)?))
    })
}

/// The time that an entry has left: *out (may be NULL) is milliseconds, to within a tick, or QUIPU_TTL_NEVER.
///
/// Answers QUIPU_OK; QUIPU_MISSING, and *out is as it was; or an error of quipu_get.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_ttl(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    out: Option<&mut MaybeUninit<i64>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        let Some(ttl) = given(table)?.ttl(key)? else {
            return Ok(QUIPU_MISSING);
        };
        fill(out, milliseconds(ttl));
        Ok(QUIPU_OK)
    })
}

/// The number of entries, with those whose time is over and that nobody has removed yet. Exact while nobody writes. It
/// reads a line of every bucket. out: may be NULL.
///
/// Answers QUIPU_OK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_len(
    table: Option<&Table>,
    out: Option<&mut MaybeUninit<u64>>,
) -> Status {
    guard(|| {
        let length = given(table)?.len();
        fill(out, length);
        Ok(QUIPU_OK)
    })
}

/// The answer to whether there is such a key.
pub(crate) fn yes(is_there: bool) -> Status {
    if is_there { QUIPU_OK } else { QUIPU_MISSING }
}
