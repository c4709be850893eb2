//! What C passes, as slices, references and texts; and what it gets back: a status, and the text of the last error.
//!
//! Here is all of the library that believes a pointer. What it believes is what the caller promised, see the head of
//! the crate.
use crate::status::{self, Status};
use crate::value::{QUIPU_BYTES, QUIPU_FLOAT, QUIPU_INTEGER, Value};
use quipu::{Coded, CountError, OpenError, ReadError, ValueRef, WriteError};
use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CStr, OsStr, c_char, c_void};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::slice;

/// Why a function did not do what it was asked for.
#[derive(Debug)]
pub(crate) struct Failure {
    status: Status,
    /// What happened and what to do; `None` for an answer that is no error.
    text: Option<String>,
}

impl Failure {
    /// What the caller passed makes no sense.
    pub(crate) fn argument(text: &str) -> Self {
        Self {
            status: status::QUIPU_INVALID_ARGUMENT,
            text: Some(text.to_owned()),
        }
    }

    /// The table is open for reading only.
    pub(crate) fn read_only() -> Self {
        Self {
            status: status::QUIPU_READ_ONLY,
            text: Some(status::text_of(status::QUIPU_READ_ONLY).to_owned()),
        }
    }

    /// A check found something wrong.
    pub(crate) fn corrupt(problem: &quipu::Problem) -> Self {
        Self {
            status: status::QUIPU_CORRUPT,
            text: Some(problem.to_string()),
        }
    }

    /// A failure of the system that is about no file.
    pub(crate) fn system(error: &std::io::Error) -> Self {
        Self {
            status: status::QUIPU_IO,
            text: Some(error.to_string()),
        }
    }

    fn of(error: &(impl Coded + ToString)) -> Self {
        let status = error.code().status;
        let text = (status > status::ANSWER_MAX).then(|| error.to_string());
        Self { status, text }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::of(&error)
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::of(&error)
    }
}

impl From<CountError> for Failure {
    fn from(error: CountError) -> Self {
        Self::of(&error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::of(&error)
    }
}

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs what a function does, and makes a status of whatever comes of it.
#[inline]
pub(crate) fn guard(operation: impl FnOnce() -> Result<Status, Failure>) -> Status {
    match catch_unwind(AssertUnwindSafe(operation)) {
        Ok(Ok(status)) => status,
        Ok(Err(failure)) => told(failure),
        Err(panic) => told_panic(panic),
    }
}

/// Closes something, which cannot fail.
pub(crate) fn guard_close(operation: impl FnOnce()) {
    guard(|| {
        operation();
        Ok(status::QUIPU_OK)
    });
}

#[cold]
fn told(failure: Failure) -> Status {
    if let Some(text) = failure.text {
        // A thread that is ending may have lost its text already.
        let _ = LAST_ERROR.try_with(|last| *last.borrow_mut() = text);
    }
    failure.status
}

#[cold]
fn told_panic(panic: Box<dyn Any + Send>) -> Status {
    let what = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic");
    let text = format!("a mistake in the library, please report it: {what}");
    // Its destructor could panic again.
    std::mem::forget(panic);
    told(Failure {
        status: status::QUIPU_PANIC,
        text: Some(text),
    })
}

/// Shows the text of the last error of this thread.
pub(crate) fn with_last_error<R>(show: impl FnOnce(&str) -> R) -> R {
    let text = LAST_ERROR.try_with(RefCell::take).unwrap_or_default();
    let result = show(&text);
    let _ = LAST_ERROR.try_with(|last| last.replace(text));
    result
}

/// What is behind a pointer that must not be NULL.
pub(crate) fn given<T>(pointer: Option<T>) -> Result<T, Failure> {
    pointer.ok_or_else(|| Failure::argument("a pointer is NULL that must not be"))
}

/// Fills in what the caller wants to know; NULL: nothing.
pub(crate) fn fill<T>(out: Option<&mut MaybeUninit<T>>, value: T) {
    if let Some(out) = out {
        out.write(value);
    }
}

/// Bytes, or items, that the caller passed.
///
/// # Safety
/// The promise at the head of the crate.
#[inline]
pub(crate) unsafe fn items<'a, T>(pointer: *const T, count: usize) -> Result<&'a [T], Failure> {
    if count == 0 {
        return Ok(&[]);
    }
    check::<T>(pointer.is_null(), count)?;
    // SAFETY: not NULL, and not too long for a slice; the rest the caller promised.
    Ok(unsafe { slice::from_raw_parts(pointer, count) })
}

/// As [`items`], for bytes.
///
/// # Safety
/// The promise at the head of the crate.
#[inline]
pub(crate) unsafe fn bytes<'a>(pointer: *const c_void, length: usize) -> Result<&'a [u8], Failure> {
    // SAFETY: the caller promises it.
    unsafe { items(pointer.cast(), length) }
}

/// Items that are filled in.
///
/// # Safety
/// The promise at the head of the crate.
#[inline]
pub(crate) unsafe fn outs<'a, T>(
    pointer: *mut T,
    count: usize,
) -> Result<&'a mut [MaybeUninit<T>], Failure> {
    if count == 0 {
        return Ok(&mut []);
    }
    check::<T>(pointer.is_null(), count)?;
    // SAFETY: not NULL, and not too long for a slice; the rest the caller promised.
    Ok(unsafe { slice::from_raw_parts_mut(pointer.cast(), count) })
}

/// Bytes that are written over.
///
/// # Safety
/// The promise at the head of the crate.
#[inline]
pub(crate) unsafe fn buffer<'a>(
    pointer: *mut c_void,
    capacity: usize,
) -> Result<&'a mut [u8], Failure> {
    if capacity == 0 {
        return Ok(&mut []);
    }
    check::<u8>(pointer.is_null(), capacity)?;
    // SAFETY: not NULL, and not too long for a slice; the rest the caller promised. To us all of its bytes have some
    // value, for what compiled the caller and what compiled this do not see each other.
    Ok(unsafe { slice::from_raw_parts_mut(pointer.cast(), capacity) })
}

/// As [`buffer`], to be filled from its front.
///
/// # Safety
/// The promise at the head of the crate.
#[inline]
pub(crate) unsafe fn room<'a>(pointer: *mut c_void, capacity: usize) -> Result<Room<'a>, Failure> {
    // SAFETY: the caller promises it.
    let bytes = unsafe { buffer(pointer, capacity) }?;
    Ok(Room { bytes, used: 0 })
}

#[inline]
fn check<T>(is_null: bool, count: usize) -> Result<(), Failure> {
    if is_null {
        return Err(Failure::argument(
            "a pointer is NULL, and its length is not 0",
        ));
    }
    match count.checked_mul(size_of::<T>()) {
        Some(bytes) if isize::try_from(bytes).is_ok() => Ok(()),
        _ => Err(Failure::argument("a length is longer than all memory")),
    }
}

/// Room of the caller for bytes, which is used from its front.
pub(crate) struct Room<'a> {
    bytes: &'a mut [u8],
    used: usize,
}

impl Room<'_> {
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.used
    }

    /// Forgets what was put there.
    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    /// Copies bytes behind what is there, all of them or none; returns where they are.
    #[inline]
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Option<*const c_void> {
        let to = self.bytes[self.used..].get_mut(..bytes.len())?;
        to.copy_from_slice(bytes);
        self.used += bytes.len();
        Some(to.as_ptr().cast())
    }

    /// Copies text and a NUL behind it, as much of it as there is room for.
    pub(crate) fn put_text(&mut self, text: &[u8]) {
        if let Some(most) = self.left().checked_sub(1) {
            self.put(&text[..text.len().min(most)]);
            self.put(b"\0");
        }
    }
}

/// The name or path of a table.
///
/// # Safety
/// The promise at the head of the crate; the bytes end with a NUL.
pub(crate) unsafe fn name<'a>(pointer: *const c_char) -> Result<&'a Path, Failure> {
    if pointer.is_null() {
        return Err(Failure::argument("the name of the table is NULL"));
    }
    // SAFETY: not NULL; the caller promises the rest.
    let text = unsafe { CStr::from_ptr(pointer) };
    Ok(Path::new(OsStr::from_bytes(text.to_bytes())))
}

/// A struct that begins with its size, as `size_t`, because it grows from version to version. It has no padding, and any
/// bits are good.
pub(crate) trait Growing: Copy {
    /// Its size in the first version of the library.
    const BYTES_LEAST: usize;
    const ZERO: Self;
}

/// Copies such a struct from the caller: what an older caller does not know is zero, and what a newer one knows and
/// we do not must be zero.
///
/// # Safety
/// The promise at the head of the crate; so many bytes are there as the struct says.
pub(crate) unsafe fn sized<T: Growing>(pointer: *const T) -> Result<T, Failure> {
    // SAFETY: the caller promises it.
    let size = unsafe { size_at(pointer) }?;
    // SAFETY: the caller promises so many bytes.
    let given = unsafe { bytes(pointer.cast(), size) }?;
    let known = size.min(size_of::<T>());
    if given[known..].iter().any(|byte| *byte != 0) {
        return Err(Failure::argument(
            "the struct says something that this version of the library does not know: use a newer one",
        ));
    }
    let mut copy = T::ZERO;
    // SAFETY: any bits will do, as `Growing` says; both have so many bytes.
    unsafe {
        std::ptr::copy_nonoverlapping(given.as_ptr(), (&raw mut copy).cast(), known);
    }
    Ok(copy)
}

/// Copies such a struct to the caller, as much of it as the caller knows. Its size stays.
///
/// # Safety
/// As for [`sized`].
pub(crate) unsafe fn fill_sized<T: Growing>(pointer: *mut T, value: &T) -> Result<(), Failure> {
    // SAFETY: the caller promises it.
    let size = unsafe { size_at(pointer) }?;
    // SAFETY: the caller promises so many bytes.
    let room = unsafe { outs(pointer.cast::<u8>(), size) }?;
    let known = size.min(size_of::<T>());
    // SAFETY: both have so many bytes; the caller's are no value of ours.
    unsafe {
        std::ptr::copy_nonoverlapping((&raw const *value).cast(), room.as_mut_ptr(), known);
    }
    for beyond in &mut room[known..] {
        beyond.write(0);
    }
    // SAFETY: the size was read from there.
    unsafe { pointer.cast::<usize>().write(size) };
    Ok(())
}

/// # Safety
/// As for [`sized`].
unsafe fn size_at<T: Growing>(pointer: *const T) -> Result<usize, Failure> {
    if pointer.is_null() {
        return Err(Failure::argument("a pointer is NULL that must not be"));
    }
    // SAFETY: not NULL, and the caller promises that the size is there.
    let size = unsafe { pointer.cast::<usize>().read() };
    if size < T::BYTES_LEAST || isize::try_from(size).is_err() {
        return Err(Failure::argument(
            "set `struct_size` to the size of the struct",
        ));
    }
    Ok(size)
}

/// A handle that is opened for C, which closes it.
pub(crate) fn opened<T>(out: &mut MaybeUninit<*mut T>, handle: T) {
    out.write(Box::into_raw(Box::new(handle)));
}

/// Closes what [`opened`] made; NULL is nothing.
///
/// # Safety
/// The promise at the head of the crate; nobody uses it any more.
pub(crate) unsafe fn close<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: made by `opened`, and given back once, as the caller promises.
        guard_close(|| drop(unsafe { Box::from_raw(handle) }));
    }
}

/// As [`sized`]; NULL is all zeros.
///
/// # Safety
/// As for [`sized`].
pub(crate) unsafe fn sized_or_default<T: Growing>(pointer: *const T) -> Result<T, Failure> {
    if pointer.is_null() {
        return Ok(T::ZERO);
    }
    // SAFETY: the caller promises it.
    unsafe { sized(pointer) }
}

/// A value to be stored.
///
/// # Safety
/// The promise at the head of the crate, for its bytes too.
#[inline]
pub(crate) unsafe fn value<'a>(given: Option<&'a Value>) -> Result<ValueRef<'a>, Failure> {
    let Some(value) = given else {
        return Err(Failure::argument("the value is NULL"));
    };
    match value.kind {
        QUIPU_INTEGER => Ok(ValueRef::Integer(value.integer)),
        QUIPU_FLOAT => Ok(ValueRef::Float(value.real)),
        QUIPU_BYTES => Ok(ValueRef::Bytes {
            // SAFETY: the caller promises it.
            bytes: unsafe { bytes(value.bytes, value.length) }?,
            flags: value.flags,
        }),
        _ => Err(Failure::argument("there is no such kind of value")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{QUIPU_PANIC, QUIPU_WRONG_TYPE};

    #[test]
    fn a_panic_is_a_status() {
        let panics: [(&dyn Fn() -> Status, &str); 3] = [
            (&|| panic!("a plain word"), "a plain word"),
            (&|| panic!("word {}", 2), "word 2"),
            (&|| std::panic::panic_any(7), "a panic"),
        ];
        for (panic, text) in panics {
            let status = guard(|| Ok(panic()));
            assert_eq!(status, QUIPU_PANIC);
            with_last_error(|last| assert!(last.ends_with(text), "{last}"));
        }
    }

    #[test]
    fn an_answer_leaves_the_text_of_the_last_error() {
        assert_eq!(
            guard(|| Err(CountError::WrongType.into())),
            QUIPU_WRONG_TYPE
        );
        let before = with_last_error(str::to_owned);
        assert!(before.contains("another type"), "{before}");
        assert_eq!(
            guard(|| Err(CountError::Missing.into())),
            status::QUIPU_MISSING
        );
        with_last_error(|last| assert_eq!(last, before));
    }

    #[test]
    fn room_is_filled_from_its_front_and_never_beyond_its_end() {
        let mut bytes = [b'-'; 5];
        // SAFETY: the array has so many bytes, and lives.
        let mut room = unsafe { room(bytes.as_mut_ptr().cast(), 4) }.expect("room");
        assert!(room.put(b"abc").is_some());
        assert!(room.put(b"de").is_none());
        assert!(room.put(b"f").is_some());
        assert_eq!(room.left(), 0);
        room.clear();
        room.put_text(b"long text");
        assert_eq!(bytes, *b"lon\0-");
    }
}
