//! The "random" numbers of the kernel, the same in every run: so the hash function of a table is the same too, and an
//! input that found something finds it again.
use std::ffi::{c_uint, c_void};
use std::sync::Mutex;

static STATE: Mutex<u64> = Mutex::new(0);

/// From now on the same numbers come as from the start of the program.
pub(crate) fn start_over() {
    *STATE.lock().expect("nothing panics here") = 0;
}

/// In the place of the C library's.
///
/// # Safety
/// As there: `buffer` has room for `length` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(buffer: *mut c_void, length: usize, _: c_uint) -> isize {
    let mut state = STATE.lock().expect("nothing panics here");
    // SAFETY: the caller says that there is room, and any byte is a value.
    let bytes = unsafe { std::slice::from_raw_parts_mut(buffer.cast::<u8>(), length) };
    for byte in bytes {
        *state = quipu_tests::random::mix(*state + 1);
        *byte = state.to_le_bytes()[0];
    }
    length.cast_signed()
}
