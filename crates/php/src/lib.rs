//! The PHP extension `quipu`. PHP sees the C glue in `glue/`, and the glue sees the C library (`quipu.h`), which is
//! linked in here: the glue knows PHP and nothing of tables, and no function of PHP is ever called from Rust, for PHP
//! may leave any of its functions by longjmp.

// Its functions are what the glue calls.
pub use quipu_capi;

#[cfg(feature = "glue")]
#[expect(
    unsafe_code,
    reason = "the entry of the module is made in C, and PHP looks for this function"
)]
mod entry {
    use std::ffi::c_void;

    unsafe extern "C" {
        static mut quipu_module_entry: c_void;
    }

    /// Where PHP finds the extension when it loads it.
    #[unsafe(no_mangle)]
    pub(crate) extern "C" fn get_module() -> *mut c_void {
        &raw mut quipu_module_entry
    }
}
