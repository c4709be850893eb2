//! Numbers: each operation is one step, and allocates nothing.
use crate::boundary::{Failure, bytes, fill, given, guard};
use crate::status::{QUIPU_MISSING, QUIPU_OK, Status};
use crate::table::Table;
use crate::value::{Value, ttl};
use std::ffi::c_void;
use std::mem::MaybeUninit;

/// Adds to an integer. *sum (may be NULL): the result. A missing key counts as 0 and gets no time to live.
///
/// Answers QUIPU_OK; QUIPU_WRONG_TYPE for a float or bytes; QUIPU_OVERFLOW; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_incr(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    delta: i64,
    sum: Option<&mut MaybeUninit<i64>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        fill(sum, given(table)?.writable()?.incr(key, delta)?);
        Ok(QUIPU_OK)
    })
}

/// Subtracts from an integer. *sum (may be NULL): the result. A missing key counts as 0 and gets no time to live.
///
/// Answers as quipu_incr.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_decr(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    delta: i64,
    sum: Option<&mut MaybeUninit<i64>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        fill(sum, given(table)?.writable()?.decr(key, delta)?);
        Ok(QUIPU_OK)
    })
}

/// A missing key is QUIPU_MISSING, and is not created.
pub const QUIPU_COUNT_EXISTING: u32 = 1;
/// The result is not made smaller than `floor`.
pub const QUIPU_COUNT_FLOOR: u32 = 2;

/// What quipu_count does.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Counting {
    /// Added to the number.
    pub delta: i64,
    /// What a missing key starts from, before `delta` is added.
    pub initial: i64,
    /// For QUIPU_COUNT_FLOOR.
    pub floor: i64,
    /// The time to live of a new key, in milliseconds, or QUIPU_TTL_NEVER; that of an existing one stays. Mind that 0
    /// is no time at all.
    pub ttl_ms: i64,
    /// QUIPU_COUNT_EXISTING and QUIPU_COUNT_FLOOR, or 0.
    pub flags: u32,
    /// Always 0.
    pub reserved: u32,
}

/// Adds to an integer, with everything said: what a new key starts from and how long it lives, and what the result is
/// not made smaller than. *sum (may be NULL): the result.
///
/// Answers QUIPU_OK; QUIPU_MISSING with QUIPU_COUNT_EXISTING; or as quipu_incr.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_count(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    count: Option<&Counting>,
    sum: Option<&mut MaybeUninit<i64>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        let count = given(count)?.checked()?;
        fill(sum, given(table)?.writable()?.count(key, count)?);
        Ok(QUIPU_OK)
    })
}

impl Counting {
    fn checked(&self) -> Result<quipu::Count, Failure> {
        if self.flags & !(QUIPU_COUNT_EXISTING | QUIPU_COUNT_FLOOR) != 0 || self.reserved != 0 {
            return Err(Failure::argument("there are no such flags of a count"));
        }
        let is = |flag| self.flags & flag != 0;
        Ok(quipu::Count {
            delta: self.delta,
            initial: (!is(QUIPU_COUNT_EXISTING)).then_some(self.initial),
            ttl: ttl(self.ttl_ms)?,
            floor: is(QUIPU_COUNT_FLOOR).then_some(self.floor),
        })
    }
}

/// Adds to a float. *sum (may be NULL): the result, which may be infinite or NaN. A missing key counts as 0.0.
///
/// Answers QUIPU_OK; QUIPU_WRONG_TYPE for an integer or bytes; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_add_float(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    delta: f64,
    sum: Option<&mut MaybeUninit<f64>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        fill(sum, given(table)?.writable()?.add_float(key, delta)?);
        Ok(QUIPU_OK)
    })
}

/// Raises an integer to `number` if it is smaller. *now (may be NULL): the one that is stored then. A missing key is
/// created.
///
/// Answers QUIPU_OK; QUIPU_WRONG_TYPE for a float or bytes; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_fetch_max(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    number: i64,
    now: Option<&mut MaybeUninit<i64>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        fill(now, given(table)?.writable()?.fetch_max(key, number)?);
        Ok(QUIPU_OK)
    })
}

/// Lowers an integer to `number` if it is larger. *now (may be NULL): the one that is stored then. A missing key is
/// created.
///
/// Answers as quipu_fetch_max.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_fetch_min(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    number: i64,
    now: Option<&mut MaybeUninit<i64>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        fill(now, given(table)?.writable()?.fetch_min(key, number)?);
        Ok(QUIPU_OK)
    })
}

/// Reads a number and resets it to zero in the same step: of what is added, nothing is lost or counted twice. Of `out`
/// (may be NULL) `kind` and the number are filled in.
///
/// Answers QUIPU_OK; QUIPU_MISSING, and out->kind is QUIPU_NONE; QUIPU_WRONG_TYPE for bytes; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_take(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    out: Option<&mut MaybeUninit<Value>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        match given(table)?.writable()?.take(key)? {
            None => {
                fill(out, Value::NONE);
                Ok(QUIPU_MISSING)
            }
            Some(number) => {
                fill(out, Value::of_number(number));
                Ok(QUIPU_OK)
            }
        }
    })
}
