//! Operations on several keys: one after the other, each a step of its own; but the memory of 16 keys is asked for at a
//! time, so that they cost little more than the slowest of its cache misses.
use crate::boundary::{self, Failure, bytes, fill, given, guard, items, outs, room};
use crate::status::{QUIPU_BUFFER_TOO_SMALL, QUIPU_OK, Status};
use crate::table::Table;
use crate::value::{QUIPU_BYTES, Value, ttl};
use quipu::ValueRef;
use std::ffi::c_void;
use std::mem::MaybeUninit;

/// A key among several.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Key {
    /// Its bytes.
    pub bytes: *const c_void,
    /// How many they are.
    pub length: usize,
}

/// Reads several entries, each as quipu_get does. The bytes are copied to the buffer one behind the other, and
/// `out[i].bytes` leads to them there; `out[i].kind` is QUIPU_NONE where there is no such key. *needed (may be NULL): how
/// many bytes all values have.
///
/// Answers QUIPU_OK; QUIPU_BUFFER_TOO_SMALL if not all of them fit: then `out` is filled in, and `out[i].bytes` is NULL
/// for those that did not fit; or an error of quipu_get, and then nothing is filled in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_multi_get(
    table: Option<&Table>,
    keys: *const Key,
    count: usize,
    buffer: *mut c_void,
    capacity: usize,
    out: *mut Value,
    needed: Option<&mut MaybeUninit<usize>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let keys = unsafe { keys_of(keys, count) }?;
        // SAFETY: the caller promises it.
        let mut room = unsafe { room(buffer, capacity) }?;
        // SAFETY: the caller promises it.
        let out = unsafe { outs(out, count) }?;
        let (mut status, mut bytes_needed, mut found) = (QUIPU_OK, 0, Vec::with_capacity(count));
        given(table)?.multi_get_with(&keys, |entry, bytes| {
            let Some(entry) = entry else {
                found.push(Value::NONE);
                return;
            };
            let (value, this) = Value::copied(&entry, bytes, &mut room);
            if this != QUIPU_OK {
                status = QUIPU_BUFFER_TOO_SMALL;
            }
            if value.kind == QUIPU_BYTES {
                bytes_needed += value.length;
            }
            found.push(value);
        })?;
        for (out, value) in out.iter_mut().zip(found) {
            out.write(value);
        }
        fill(needed, bytes_needed);
        Ok(status)
    })
}

/// Reads several integers. `found[i]` is 1 or 0: whether there is such a key; `numbers[i]` is 0 if not.
///
/// Answers QUIPU_OK; QUIPU_WRONG_TYPE if one is a float or bytes, or an error of quipu_get: then nothing is filled in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_multi_get_number(
    table: Option<&Table>,
    keys: *const Key,
    count: usize,
    numbers: *mut i64,
    found: *mut u8,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let keys = unsafe { keys_of(keys, count) }?;
        // SAFETY: the caller promises it.
        let numbers = unsafe { outs(numbers, count) }?;
        // SAFETY: the caller promises it.
        let found = unsafe { outs(found, count) }?;
        let read = given(table)?.multi_get_number(&keys)?;
        for ((number, found), read) in numbers.iter_mut().zip(found).zip(read) {
            number.write(read.unwrap_or(0));
            found.write(u8::from(read.is_some()));
        }
        Ok(QUIPU_OK)
    })
}

/// Adds to several integers, one after the other. `sums[i]`: the results; `sums` may be NULL.
///
/// Answers QUIPU_OK, or an error of quipu_incr for the first that fails: then those before it have changed, and
/// nothing is filled in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_multi_incr(
    table: Option<&Table>,
    keys: *const Key,
    deltas: *const i64,
    count: usize,
    sums: *mut i64,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let keys = unsafe { keys_of(keys, count) }?;
        // SAFETY: the caller promises it.
        let deltas = unsafe { items(deltas, count) }?;
        let sums_wanted = if sums.is_null() { 0 } else { count };
        // SAFETY: the caller promises it.
        let out = unsafe { outs(sums, sums_wanted) }?;
        let deltas: Vec<(&[u8], i64)> = keys.into_iter().zip(deltas.iter().copied()).collect();
        let sums = given(table)?.writable()?.multi_incr(&deltas)?;
        for (out, sum) in out.iter_mut().zip(sums) {
            out.write(sum);
        }
        Ok(QUIPU_OK)
    })
}

/// Stores several values with one time to live, one after the other.
///
/// Answers QUIPU_OK, or an error of quipu_set for the first that fails: then those before it are stored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_multi_set(
    table: Option<&Table>,
    keys: *const Key,
    values: *const Value,
    count: usize,
    ttl_ms: i64,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let keys = unsafe { keys_of(keys, count) }?;
        // SAFETY: the caller promises it.
        let values = unsafe { items(values, count) }?;
        // SAFETY: the caller promises it.
        let values = values
            .iter()
            .map(|value| unsafe { boundary::value(Some(value)) });
        let values: Vec<ValueRef<'_>> = values.collect::<Result<_, _>>()?;
        let entries: Vec<(&[u8], ValueRef<'_>)> = keys.into_iter().zip(values).collect();
        let table = given(table)?.writable()?;
        table.multi_set(&entries, ttl(ttl_ms)?)?;
        Ok(QUIPU_OK)
    })
}

/// # Safety
/// The promise at the head of the crate, for each key too.
unsafe fn keys_of<'a>(keys: *const Key, count: usize) -> Result<Vec<&'a [u8]>, Failure> {
    // SAFETY: the caller promises it.
    let keys = unsafe { items(keys, count) }?;
    keys.iter()
        // SAFETY: the caller promises it.
        .map(|key| unsafe { bytes(key.bytes, key.length) })
        .collect()
}
