//! Writes of whole values.
use crate::boundary::{bytes, fill, given, guard, room, value};
use crate::read::yes;
use crate::status::{
    QUIPU_CHANGED, QUIPU_EXISTS, QUIPU_MISSING, QUIPU_OK, QUIPU_WRONG_TYPE, Status,
};
use crate::table::Table;
use crate::value::{Token, Value, ttl};
use quipu::{Compared, CountError, Ttl, Update, ValueRef};
use std::ffi::c_void;
use std::mem::MaybeUninit;

/// Stores a value, whatever there is. ttl_ms: how long it lives, in milliseconds, or QUIPU_TTL_NEVER or QUIPU_TTL_KEEP.
///
/// Answers QUIPU_OK; QUIPU_KEY_TOO_LONG, QUIPU_VALUE_TOO_LONG, QUIPU_TTL_TOO_LONG, QUIPU_FULL, QUIPU_BUSY,
/// QUIPU_CORRUPT, QUIPU_TRUNCATED, QUIPU_REMOVED or QUIPU_READ_ONLY; then nothing has changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_set(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    new_value: Option<&Value>,
    ttl_ms: i64,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        // SAFETY: the caller promises it.
        let value = unsafe { value(new_value) }?;
        given(table)?.writable()?.set(key, value, ttl(ttl_ms)?)?;
        Ok(QUIPU_OK)
    })
}

/// Stores bytes without flags: quipu_set in short.
///
/// Answers as quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_set_bytes(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    new_bytes: *const c_void,
    length: usize,
    ttl_ms: i64,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        // SAFETY: the caller promises it.
        let value = unsafe { bytes(new_bytes, length) }?;
        given(table)?.writable()?.set(key, value, ttl(ttl_ms)?)?;
        Ok(QUIPU_OK)
    })
}

/// Stores an integer: quipu_set in short.
///
/// Answers as quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_set_number(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    number: i64,
    ttl_ms: i64,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        given(table)?.writable()?.set(key, number, ttl(ttl_ms)?)?;
        Ok(QUIPU_OK)
    })
}

/// Stores a value if there is no such key.
///
/// Answers QUIPU_OK; QUIPU_EXISTS, and nothing is stored; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_add(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    new_value: Option<&Value>,
    ttl_ms: i64,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        // SAFETY: the caller promises it.
        let value = unsafe { value(new_value) }?;
        let is_done = given(table)?.writable()?.add(key, value, ttl(ttl_ms)?)?;
        Ok(if is_done { QUIPU_OK } else { QUIPU_EXISTS })
    })
}

/// Stores a value if there is such a key.
///
/// Answers QUIPU_OK; QUIPU_MISSING, and nothing is stored; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_replace(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    new_value: Option<&Value>,
    ttl_ms: i64,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        // SAFETY: the caller promises it.
        let value = unsafe { value(new_value) }?;
        let table = given(table)?.writable()?;
        Ok(yes(table.replace(key, value, ttl(ttl_ms)?)?))
    })
}

/// Stores a value if the entry is as a read found it: `token` is that of the read. With a loop of quipu_get and this
/// a program changes an entry by any function of what is there.
///
/// Answers QUIPU_OK; QUIPU_CHANGED or QUIPU_MISSING, and nothing is stored; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_compare_and_set(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    token: Option<&Token>,
    new_value: Option<&Value>,
    ttl_ms: i64,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        // SAFETY: the caller promises it.
        let value = unsafe { value(new_value) }?;
        let token = (*given(token)?).into();
        let table = given(table)?.writable()?;
        Ok(compared(table.compare_and_set(
            key,
            token,
            value,
            ttl(ttl_ms)?,
        )?))
    })
}

/// Stores an integer if the entry is the integer `expected`; its time to live stays.
///
/// *found (may be NULL): the integer that is there now, with QUIPU_OK or QUIPU_CHANGED.
///
/// Answers QUIPU_OK; QUIPU_CHANGED or QUIPU_MISSING, and nothing is stored; QUIPU_WRONG_TYPE; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_compare_and_set_number(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    expected: i64,
    number: i64,
    found: Option<&mut MaybeUninit<i64>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        let table = given(table)?.writable()?;
        let (status, now) = table.update(key, |entry| match entry.map(|entry| &entry.value) {
            None => (Update::Keep, (QUIPU_MISSING, None)),
            Some(quipu::Value::Integer(now)) if *now == expected => {
                let update = Update::Set(quipu::Value::Integer(number), Ttl::Keep);
                (update, (QUIPU_OK, Some(number)))
            }
            Some(quipu::Value::Integer(now)) => (Update::Keep, (QUIPU_CHANGED, Some(*now))),
            Some(_) => (Update::Keep, (QUIPU_WRONG_TYPE, None)),
        })?;
        if status == QUIPU_WRONG_TYPE {
            return Err(CountError::WrongType.into());
        }
        if let Some(now) = now {
            fill(found, now);
        }
        Ok(status)
    })
}

/// Stores a value, and reads the one that it replaced, in one step: as quipu_get does, but for the time to live.
/// If there was none, out->kind is QUIPU_NONE.
///
/// Answers QUIPU_OK; QUIPU_BUFFER_TOO_SMALL as quipu_get, and nothing is stored; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_get_and_set(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    new_value: Option<&Value>,
    ttl_ms: i64,
    buffer: *mut c_void,
    capacity: usize,
    out: Option<&mut MaybeUninit<Value>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        // SAFETY: the caller promises it.
        let value = unsafe { value(new_value) }?;
        // SAFETY: the caller promises it.
        let mut room = unsafe { room(buffer, capacity) }?;
        let (table, out, ttl) = (given(table)?.writable()?, given(out)?, ttl(ttl_ms)?);
        let (old, status) = table.update(key, |entry| {
            room.clear();
            let old = entry.map(|entry| Value::copied_entry(entry, &mut room));
            match old.unwrap_or((Value::NONE, QUIPU_OK)) {
                old @ (_, QUIPU_OK) => (Update::Set(owned(value), ttl), old),
                too_long => (Update::Keep, too_long),
            }
        })?;
        out.write(old);
        Ok(status)
    })
}

fn owned(value: ValueRef<'_>) -> quipu::Value {
    match value {
        ValueRef::Integer(value) => quipu::Value::Integer(value),
        ValueRef::Float(value) => quipu::Value::Float(value),
        ValueRef::Bytes { bytes, flags } => quipu::Value::Bytes {
            bytes: bytes.to_vec(),
            flags,
        },
    }
}

/// Adds bytes behind a value, and keeps its flags and time to live. *length (may be NULL): its new length.
///
/// Answers QUIPU_OK; QUIPU_MISSING; QUIPU_WRONG_TYPE for a number; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_append(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    more: *const c_void,
    more_length: usize,
    length: Option<&mut MaybeUninit<usize>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        // SAFETY: the caller promises it.
        let more = unsafe { bytes(more, more_length) }?;
        fill(length, given(table)?.writable()?.append(key, more)?);
        Ok(QUIPU_OK)
    })
}

/// Adds bytes in front of a value, and keeps its flags and time to live. *length (may be NULL): its new length.
///
/// Answers as quipu_append.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_prepend(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    more: *const c_void,
    more_length: usize,
    length: Option<&mut MaybeUninit<usize>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        // SAFETY: the caller promises it.
        let more = unsafe { bytes(more, more_length) }?;
        fill(length, given(table)?.writable()?.prepend(key, more)?);
        Ok(QUIPU_OK)
    })
}

/// The answer of a conditional write.
pub(crate) fn compared(compared: Compared) -> Status {
    match compared {
        Compared::Done => QUIPU_OK,
        Compared::Changed => QUIPU_CHANGED,
        Compared::Missing => QUIPU_MISSING,
    }
}
