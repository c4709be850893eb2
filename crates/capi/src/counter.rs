//! Handles for one counter: of a thread that adds to it often, and of one that many processes add to.
use crate::boundary::{bytes, close, fill, given, guard, opened};
use crate::status::{QUIPU_MISSING, QUIPU_OK, Status};
use crate::table::Table;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

/// One counter, which remembers where it is. One thread at a time may use it.
pub struct Counter(quipu::Counter);

/// One counter that many processes add to at once. One thread at a time may use the handle.
pub struct Striped(quipu::Striped);

/// A handle for one counter that a thread adds to often: an addition is one step in a place that is known already. The
/// key need not exist yet.
///
/// Answers QUIPU_OK; then *out is to be closed by quipu_counter_close. QUIPU_KEY_TOO_LONG, QUIPU_READ_ONLY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_counter_open(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    out: Option<&mut MaybeUninit<*mut Counter>>,
) -> Status {
    guard(|| {
        let out = given(out)?;
        out.write(ptr::null_mut());
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        opened(out, Counter(given(table)?.writable()?.counter(key)?));
        Ok(QUIPU_OK)
    })
}

/// Adds. *sum (may be NULL): the result. A missing key counts as 0 and gets no time to live.
///
/// Answers as quipu_incr.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_counter_add(
    counter: Option<&mut Counter>,
    delta: i64,
    sum: Option<&mut MaybeUninit<i64>>,
) -> Status {
    guard(|| {
        fill(sum, given(counter)?.0.add(delta)?);
        Ok(QUIPU_OK)
    })
}

/// Reads the counter. out: may be NULL.
///
/// Answers as quipu_get_number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_counter_get(
    counter: Option<&Counter>,
    out: Option<&mut MaybeUninit<i64>>,
) -> Status {
    guard(|| Ok(told(given(counter)?.0.get()?, out)))
}

/// Closes the handle; NULL is nothing. The counter stays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_counter_close(counter: *mut Counter) {
    // SAFETY: the caller promises it.
    unsafe { close(counter) };
}

/// A handle for one counter that many processes add to at the same time without disturbing each other: it is kept as
/// several lanes, each in a cache line of its own. To every other function it is an integer as any other. It counts
/// modulo 2^64. The key need not exist yet.
///
/// Answers QUIPU_OK; then *out is to be closed by quipu_striped_close. QUIPU_KEY_TOO_LONG, QUIPU_READ_ONLY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_striped_open(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    out: Option<&mut MaybeUninit<*mut Striped>>,
) -> Status {
    guard(|| {
        let out = given(out)?;
        out.write(ptr::null_mut());
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        opened(out, Striped(given(table)?.writable()?.striped(key)?));
        Ok(QUIPU_OK)
    })
}

/// Adds, and says nothing about the result. A missing key counts as 0 and gets no time to live.
///
/// Answers QUIPU_OK; QUIPU_WRONG_TYPE for a float or bytes; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_striped_add(striped: Option<&mut Striped>, delta: i64) -> Status {
    guard(|| {
        given(striped)?.0.add(delta)?;
        Ok(QUIPU_OK)
    })
}

/// Reads the counter: the sum of its lanes. What is added meanwhile may or may not be in it; at rest it is exact.
/// out: may be NULL.
///
/// Answers as quipu_get_number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_striped_get(
    striped: Option<&Striped>,
    out: Option<&mut MaybeUninit<i64>>,
) -> Status {
    guard(|| Ok(told(given(striped)?.0.get()?, out)))
}

/// Closes the handle; NULL is nothing. The counter stays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_striped_close(striped: *mut Striped) {
    // SAFETY: the caller promises it.
    unsafe { close(striped) };
}

fn told(number: Option<i64>, out: Option<&mut MaybeUninit<i64>>) -> Status {
    match number {
        None => QUIPU_MISSING,
        Some(number) => {
            fill(out, number);
            QUIPU_OK
        }
    }
}
