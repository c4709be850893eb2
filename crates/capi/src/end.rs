//! How entries end: deletes, and times to live.
use crate::boundary::{bytes, fill, given, guard, room};
use crate::read::yes;
use crate::status::{QUIPU_MISSING, QUIPU_OK, Status};
use crate::table::Table;
use crate::value::{Token, Value, ttl};
use crate::write::compared;
use quipu::Update;
use std::ffi::c_void;
use std::mem::MaybeUninit;

/// Deletes an entry.
///
/// Answers QUIPU_OK; QUIPU_MISSING; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_delete(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        Ok(yes(given(table)?.writable()?.delete(key)?))
    })
}

/// Deletes an entry if it is as a read found it: `token` is that of the read.
///
/// Answers QUIPU_OK; QUIPU_CHANGED or QUIPU_MISSING, and nothing is deleted; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_compare_and_delete(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    token: Option<&Token>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        let token = (*given(token)?).into();
        let table = given(table)?.writable()?;
        Ok(compared(table.compare_and_delete(key, token)?))
    })
}

/// Deletes an entry, and reads it as quipu_get does: exactly as it was last, and for one caller only.
///
/// Answers QUIPU_OK; QUIPU_MISSING; QUIPU_BUFFER_TOO_SMALL as quipu_get, and nothing is deleted; or an error of
/// quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_get_and_delete(
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
        let mut room = unsafe { room(buffer, capacity) }?;
        let (table, out) = (given(table)?.writable()?, given(out)?);
        let (old, status) = table.update(key, |entry| {
            room.clear();
            match entry.map(|entry| Value::copied_entry(entry, &mut room)) {
                None => (Update::Keep, (Value::NONE, QUIPU_MISSING)),
                Some(old @ (_, QUIPU_OK)) => (Update::Delete, old),
                Some(too_long) => (Update::Keep, too_long),
            }
        })?;
        out.write(old);
        Ok(status)
    })
}

/// Gives an entry another time to live (Redis calls it EXPIRE).
///
/// Answers QUIPU_OK; QUIPU_MISSING; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_touch(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    ttl_ms: i64,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        let table = given(table)?.writable()?;
        Ok(yes(table.touch(key, ttl(ttl_ms)?)?))
    })
}

/// Lets an entry stay until it is deleted.
///
/// Answers QUIPU_OK; QUIPU_MISSING; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_persist(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        Ok(yes(given(table)?.writable()?.persist(key)?))
    })
}

/// Gives an entry another time to live, and reads it as quipu_get does; out->ttl_ms is the new one.
///
/// Answers QUIPU_OK; QUIPU_MISSING; QUIPU_BUFFER_TOO_SMALL as quipu_get, but the time to live is changed; or an error
/// of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_get_and_touch(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    ttl_ms: i64,
    buffer: *mut c_void,
    capacity: usize,
    out: Option<&mut MaybeUninit<Value>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        // SAFETY: the caller promises it.
        let mut room = unsafe { room(buffer, capacity) }?;
        let (table, out) = (given(table)?.writable()?, given(out)?);
        let entry = table.get_and_touch(key, ttl(ttl_ms)?)?;
        let (value, status) = match entry {
            None => (Value::NONE, QUIPU_MISSING),
            Some(entry) => Value::copied_entry(&entry, &mut room),
        };
        out.write(value);
        Ok(status)
    })
}

/// Deletes every key that is there throughout, one after the other. *count (may be NULL): how many.
///
/// Answers QUIPU_OK, or an error of quipu_set; then some may be gone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_clear(
    table: Option<&Table>,
    count: Option<&mut MaybeUninit<u64>>,
) -> Status {
    guard(|| {
        fill(count, given(table)?.writable()?.clear()?);
        Ok(QUIPU_OK)
    })
}
