//! System calls that std does not offer, each made safe on its own: what goes in and out is owned or borrowed,
//! and every failure is an [`io::Error`]. What others can see of a call is a step, as a store is: a test can have
//! the process die before it.
use crate::error::OpenError;
use quipu_core::Word;
use quipu_core::sync::step;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// What a byte of a file is locked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// Held together with others.
    Shared,
    /// Held alone.
    Exclusive,
    /// Given back.
    None,
}

/// What is known of a file system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileSystem {
    /// The magic number of its type.
    pub(crate) magic: u64,
    /// Bytes that a process without privileges may still take.
    pub(crate) bytes_free: u64,
    /// Bytes in all; 0 where there is no limit.
    pub(crate) bytes: u64,
}

fn checked(result: libc::c_int) -> io::Result<()> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

fn c_string(path: &Path) -> io::Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(io::Error::other)
}

fn offset(value: u64) -> io::Result<libc::off_t> {
    libc::off_t::try_from(value).map_err(|_| io::Error::from_raw_os_error(libc::EFBIG))
}

/// `fallocate`: memory or disk for a range, or an error now instead of SIGBUS later. The length of the file stays: to
/// make a file that was cut off longer would have its users take zeros for a table.
pub(crate) fn allocate(file: &File, from: u64, bytes: u64) -> io::Result<()> {
    step();
    let (from, bytes) = (offset(from)?, offset(bytes)?);
    // SAFETY: the call takes numbers only; the descriptor is open while `file` is borrowed.
    checked(unsafe { libc::fallocate(file.as_raw_fd(), libc::FALLOC_FL_KEEP_SIZE, from, bytes) })
}

/// An anonymous file in memory that can be sealed.
pub(crate) fn memory_file() -> io::Result<File> {
    let sealed = libc::MFD_CLOEXEC | libc::MFD_NOEXEC_SEAL;
    match memory_file_with(sealed) {
        // Before Linux 6.3.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            memory_file_with(libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING)
        }
        result => result,
    }
}

fn memory_file_with(flags: libc::c_uint) -> io::Result<File> {
    step();
    // SAFETY: the name is a C string that lives as long as the program.
    let descriptor = unsafe { libc::memfd_create(c"quipu".as_ptr(), flags) };
    checked(descriptor)?;
    // SAFETY: the call succeeded, so the descriptor is open, and nobody else has it.
    Ok(File::from(unsafe { OwnedFd::from_raw_fd(descriptor) }))
}

/// Seals a memory file's length, so that no holder can make the others fault.
pub(crate) fn seal_length(file: &File) -> io::Result<()> {
    step();
    let seals = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;
    // SAFETY: the command takes a number; the descriptor is open while `file` is borrowed.
    checked(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) })
}

/// Gives a file without a name its name. `AlreadyExists` if there is one.
pub(crate) fn link_unnamed(file: &File, path: &Path) -> io::Result<()> {
    let target = c_string(path)?;
    let own = CString::new(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    match link_at(libc::AT_FDCWD, &own, &target, libc::AT_SYMLINK_FOLLOW) {
        // Without /proc: needs CAP_DAC_READ_SEARCH on kernels before 6.10.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            link_at(file.as_raw_fd(), c"", &target, libc::AT_EMPTY_PATH)
        }
        result => result,
    }
}

fn link_at(directory: i32, from: &CStr, to: &CStr, flags: i32) -> io::Result<()> {
    step();
    let from = from.as_ptr();
    // SAFETY: both paths are C strings that outlive the call.
    checked(unsafe { libc::linkat(directory, from, libc::AT_FDCWD, to.as_ptr(), flags) })
}

/// Renames, unless the new name is taken.
pub(crate) fn rename_to_free_name(from: &Path, to: &Path) -> io::Result<()> {
    step();
    let (from, to) = (c_string(from)?, c_string(to)?);
    let (from, to) = (from.as_ptr(), to.as_ptr());
    let (here, flags) = (libc::AT_FDCWD, libc::RENAME_NOREPLACE);
    // SAFETY: both paths are C strings that outlive the call.
    checked(unsafe { libc::renameat2(here, from, here, to, flags) })
}

/// Tries to lock one byte for this open file description; `false`: another description holds it.
pub(crate) fn try_lock(file: BorrowedFd<'_>, byte: u64, lock: Lock) -> io::Result<bool> {
    step();
    let range = byte_range(byte, lock)?;
    // SAFETY: the command reads `range`, which is initialised and outlives the call.
    let result = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const range) };
    match checked(result) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Whether another open file description holds an exclusive lock on the byte. Takes no lock.
pub(crate) fn is_locked(file: BorrowedFd<'_>, byte: u64) -> io::Result<bool> {
    let mut range = byte_range(byte, Lock::Shared)?;
    // SAFETY: the command reads and writes `range`, which is initialised and outlives the call.
    checked(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_GETLK, &raw mut range) })?;
    Ok(i32::from(range.l_type) != libc::F_UNLCK)
}

fn byte_range(byte: u64, lock: Lock) -> io::Result<libc::flock> {
    let kind = match lock {
        Lock::Shared => libc::F_RDLCK,
        Lock::Exclusive => libc::F_WRLCK,
        Lock::None => libc::F_UNLCK,
    };
    // SAFETY: the structure is made of numbers, for all of which zero is a value.
    let mut range: libc::flock = unsafe { std::mem::zeroed() };
    range.l_type = libc::c_short::try_from(kind).map_err(io::Error::other)?;
    range.l_whence = libc::c_short::try_from(libc::SEEK_SET).map_err(io::Error::other)?;
    range.l_start = offset(byte)?;
    range.l_len = 1;
    Ok(range)
}

/// The file system that a file is on.
pub(crate) fn file_system(file: BorrowedFd<'_>) -> io::Result<FileSystem> {
    let mut room = MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the call writes the structure, which is as large as it expects.
    checked(unsafe { libc::fstatfs(file.as_raw_fd(), room.as_mut_ptr()) })?;
    // SAFETY: the call succeeded, so every field is written.
    let found = unsafe { room.assume_init() };
    let unit = u64::try_from(found.f_bsize).unwrap_or(4096);
    Ok(FileSystem {
        // The magic numbers have 32 bits, some of them the sign; the C libraries disagree on the field's type.
        magic: found.f_type as u64 & 0xffff_ffff,
        bytes_free: found.f_bavail.saturating_mul(unit),
        bytes: found.f_blocks.saturating_mul(unit),
    })
}

/// Refuses a processor without the one instruction that everything rests on.
pub(crate) fn check_processor() -> Result<(), OpenError> {
    #[cfg(target_arch = "x86_64")]
    if !std::arch::is_x86_feature_detected!("cmpxchg16b") {
        return Err(OpenError::Unsupported {
            what: "this processor has no cmpxchg16b, which a table needs: use another machine, or let the virtual \
                   machine show it",
        });
    }
    Ok(())
}

/// Bytes of memory that this machine has.
pub(crate) fn memory_bytes() -> u64 {
    // SAFETY: the call takes and returns numbers.
    let pages = unsafe { libc::sysconf(libc::_SC_PHYS_PAGES) };
    u64::try_from(pages)
        .unwrap_or(0)
        .saturating_mul(page_bytes() as u64)
}

/// Bytes that a file of this process may have (RLIMIT_FSIZE): a longer one would end the process by SIGXFSZ.
pub(crate) fn file_bytes_max() -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: the call writes the structure. If it fails, there is no limit.
    unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    limit.rlim_cur
}

/// Bytes of a page.
pub(crate) fn page_bytes() -> usize {
    // SAFETY: the call takes and returns numbers.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes).unwrap_or(4096)
}

/// The user that permissions are checked for.
pub(crate) fn effective_user() -> u32 {
    // SAFETY: the call takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}

/// Fills words with random bits of the kernel.
pub(crate) fn random<const N: usize>() -> io::Result<[u64; N]> {
    let mut words = [0_u64; N];
    let bytes = size_of_val(&words);
    // SAFETY: the call writes at most `bytes` bytes, which is what `words` has; any bits are a value.
    let written = unsafe { libc::getrandom(words.as_mut_ptr().cast(), bytes, 0) };
    if usize::try_from(written) == Ok(bytes) {
        Ok(words)
    } else if written < 0 {
        Err(io::Error::last_os_error())
    } else {
        Err(io::Error::from(io::ErrorKind::UnexpectedEof))
    }
}

/// Milliseconds of CLOCK_BOOTTIME, as this time namespace sees it.
pub(crate) fn boot_ms() -> i64 {
    clock_ms(libc::CLOCK_BOOTTIME)
}

/// Milliseconds of the wall clock since 1970.
pub(crate) fn wall_ms() -> i64 {
    clock_ms(libc::CLOCK_REALTIME)
}

#[inline]
fn clock_ms(clock: libc::clockid_t) -> i64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call writes `time`. It fails only for clocks that do not exist, and leaves zero then.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

/// The low 32 bits of a word, which a futex compares.
fn low_half(word: &Word) -> *const u32 {
    // Both targets are little-endian: the low half comes first.
    std::ptr::from_ref(word).cast()
}

/// Sleeps while the low half of the word is `seen`, at most so long. Wakes up for no reason, too.
pub(crate) fn futex_wait(word: &Word, seen: u32, timeout: Duration) {
    step();
    let time = libc::timespec {
        tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::from(timeout.subsec_nanos().cast_signed()),
    };
    let (word, time) = (low_half(word), &raw const time);
    // SAFETY: the kernel reads the word, which is mapped while it is borrowed, and `time`, which outlives the
    // call. The result does not matter: the caller looks again.
    unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAIT, seen, time) };
}

/// Wakes all who sleep on the word, in every process.
pub(crate) fn futex_wake(word: &Word) {
    step();
    let word = low_half(word);
    // SAFETY: the kernel uses the address as a name; the word is mapped while it is borrowed.
    unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE, i32::MAX) };
}

/// What `fork` calls: before it, and after it in the child and in the parent.
pub(crate) struct ForkHooks {
    pub(crate) before: extern "C" fn(),
    pub(crate) in_parent: extern "C" fn(),
    pub(crate) in_child: extern "C" fn(),
}

unsafe extern "C" {
    fn pthread_atfork(
        before: Option<extern "C" fn()>,
        in_parent: Option<extern "C" fn()>,
        in_child: Option<extern "C" fn()>,
    ) -> libc::c_int;
}

/// Has `fork` call the hooks from now on; `false` where it cannot.
pub(crate) fn at_fork(hooks: &ForkHooks) -> bool {
    let (before, parent, child) = (hooks.before, hooks.in_parent, hooks.in_child);
    // SAFETY: the hooks are functions of this library, which registers them with its own handle: the C library
    // forgets them when the library is unloaded.
    unsafe { pthread_atfork(Some(before), Some(parent), Some(child)) == 0 }
}

/// Closes a descriptor by number.
pub(crate) fn close(descriptor: i32) {
    step();
    // SAFETY: the caller owns the number, and gives it up.
    drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
}
