//! System calls that std does not offer, each made safe on its own.
use memmap2::MmapRaw;
use quipu_core::Word;
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::process::parent_id;
use std::path::Path;

fn checked(result: libc::c_int) -> io::Result<()> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// All words of a mapping. The caller drops the slice before the mapping.
pub(crate) fn words(pages: &MmapRaw) -> &'static [Word] {
    let (start, count) = (pages.as_ptr().cast::<Word>(), pages.len() / 8);
    // SAFETY: the mapping is page-aligned and holds so many words, which are atomic, so others may change them; the
    // caller, `Words`, keeps the mapping for as long as it hands the slice out.
    unsafe { std::slice::from_raw_parts(start, count) }
}

/// Sends a signal to a process.
///
/// # Errors
/// If there is no such process.
pub fn signal(pid: u32, signal: i32) -> io::Result<()> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    // SAFETY: the call takes numbers.
    checked(unsafe { libc::kill(pid, signal) })
}

/// Has the kernel kill this process when the one that started it ends.
pub fn die_with_parent() {
    // SAFETY: the command takes a number.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// Lets others go first.
pub fn be_nice() {
    // SAFETY: the call takes a number. A failure changes nothing.
    unsafe { libc::nice(10) };
}

/// Milliseconds of the clock that all processes share.
///
/// # Panics
/// Never: the clock is after its own start.
#[must_use]
pub fn now_ms() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call writes `time`, which outlives it.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    let (seconds, nanoseconds) = (time.tv_sec, time.tv_nsec);
    u64::try_from(seconds * 1000 + nanoseconds / 1_000_000)
        .expect("the clock does not go backwards")
}

/// Whether this process may do everything.
#[must_use]
pub fn is_root() -> bool {
    // SAFETY: the call takes nothing and cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// Gives this process namespaces of its own: `libc::CLONE_NEWNS`, `libc::CLONE_NEWPID` (for its children).
///
/// # Errors
/// If it may not.
pub fn unshare(flags: i32) -> io::Result<()> {
    // SAFETY: the call takes a number; no other thread relies on what it changes.
    checked(unsafe { libc::unshare(flags) })
}

/// Has the children of this thread begin in a PID namespace: this thread's own, or one below it.
///
/// # Errors
/// If it may not.
pub fn enter_for_children(namespace: &File) -> io::Result<()> {
    // SAFETY: the descriptor is open for the length of the call.
    checked(unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWPID) })
}

/// Makes this process one of another user and group, for ever. It still dies with its parent.
///
/// # Errors
/// If it may not.
pub fn become_user(user: u32, group: u32) -> io::Result<()> {
    // SAFETY: a length of 0 means that nothing is read at the pointer.
    checked(unsafe { libc::setgroups(0, std::ptr::null()) })?;
    // SAFETY: the call takes a number.
    checked(unsafe { libc::setgid(group) })?;
    // SAFETY: the call takes a number.
    checked(unsafe { libc::setuid(user) })?;
    // The kernel forgets that when the user changes.
    die_with_parent();
    Ok(())
}

/// Makes this process the parent of its children's children when those die before them, so that it can tell when all
/// are gone.
pub fn adopt_orphans() {
    // SAFETY: the command takes a number.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) };
}

/// Has the kernel take away the children of this process when they have ended.
pub fn forget_children() {
    // SAFETY: the disposition is one of the kernel's; no handler of ours runs.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}

/// A child that has ended and was not waited for. `Some(None)`: all of them run. `None`: there are no children.
#[must_use]
pub fn ended_child() -> Option<Option<u32>> {
    // SAFETY: all zero is a valid value of this plain type.
    let mut found: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the call writes `found`, which outlives it.
    checked(unsafe { libc::waitid(libc::P_ALL, 0, &raw mut found, flags) }).ok()?;
    // SAFETY: the call has filled in the fields of a child, or left them zero.
    let pid = unsafe { found.si_pid() };
    Some(u32::try_from(pid).ok().filter(|pid| *pid > 0))
}

/// Mounts a tmpfs of so many bytes, which nobody outside this process's mount namespace sees.
///
/// # Errors
/// If it may not.
pub fn mount_memory(at: &Path, bytes: u64) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    let nothing = std::ptr::null();
    let private = libc::MS_REC | libc::MS_PRIVATE;
    // SAFETY: the path is a C string of the program; the kernel takes the null pointers as absent.
    checked(unsafe { libc::mount(nothing, c"/".as_ptr(), nothing, private, nothing.cast()) })?;
    let target = CString::new(at.as_os_str().as_bytes()).map_err(io::Error::other)?;
    let data = CString::new(format!("size={bytes}")).map_err(io::Error::other)?;
    let (target, data) = (target.as_ptr(), data.as_ptr().cast());
    let kind = c"tmpfs".as_ptr();
    // SAFETY: all are C strings that outlive the call.
    checked(unsafe { libc::mount(kind, target, kind, 0, data) })
}

/// What `fork` returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forked {
    /// We are the child.
    Child,
    /// We are the parent of this process.
    Parent(u32),
}

/// Doubles this process. For one that has a single thread, or whose child uses only what it may: memory and Quipu.
///
/// # Errors
/// If there is no room for another process.
pub fn fork() -> io::Result<Forked> {
    // SAFETY: the callers have one thread, or their children take no locks but those that fork itself leaves free: the
    // allocator's, and Quipu's.
    let pid = unsafe { libc::fork() };
    checked(pid)?;
    Ok(u32::try_from(pid)
        .ok()
        .filter(|pid| *pid > 0)
        .map_or(Forked::Child, Forked::Parent))
}

/// As [`fork`], of a child that is killed when the thread that forks it ends.
///
/// # Errors
/// As [`fork`].
pub fn fork_dependent() -> io::Result<Forked> {
    let parent = std::process::id();
    let forked = fork()?;
    if forked == Forked::Child {
        die_with_parent();
        // It may have died before we said so.
        if parent_id() != parent {
            exit_now(0);
        }
    }
    Ok(forked)
}

/// Waits until a child that was forked has ended; returns its wait status.
///
/// # Errors
/// If it is no child of ours.
pub fn wait(pid: u32) -> io::Result<i32> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    let mut status = 0;
    // SAFETY: the call writes `status`, which outlives it.
    checked(unsafe { libc::waitpid(pid, &raw mut status, 0) })?;
    Ok(status)
}

/// Ends this process at once, without running what is to run at its end.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: the call takes a number and does not return.
    unsafe { libc::_exit(code) }
}

/// Nanoseconds of the clock that all processes share.
#[must_use]
pub fn now_ns() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call writes `time`, which outlives it.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    let passed = time.tv_sec * 1_000_000_000 + time.tv_nsec;
    u64::try_from(passed).unwrap_or(0)
}

/// Has the kernel kill this process in so many nanoseconds, at whatever instruction it is then.
///
/// # Panics
/// If the system gives us no timer.
pub fn die_in_ns(nanoseconds: u32) {
    // SAFETY: all zero is a valid value of this plain type.
    let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
    event.sigev_notify = libc::SIGEV_SIGNAL;
    event.sigev_signo = libc::SIGKILL;
    let mut timer: libc::timer_t = std::ptr::null_mut();
    let clock = libc::CLOCK_MONOTONIC;
    // SAFETY: the call reads `event` and writes `timer`; both outlive it.
    checked(unsafe { libc::timer_create(clock, &raw mut event, &raw mut timer) }).expect("a timer");
    // SAFETY: all zero is a valid value of this plain type: no repetition.
    let mut when: libc::itimerspec = unsafe { std::mem::zeroed() };
    when.it_value.tv_nsec = i64::from(nanoseconds.clamp(1, 999_999_999));
    let nothing = std::ptr::null_mut();
    // SAFETY: the timer was created above; the call reads `when`, and takes the null pointer as absent.
    checked(unsafe { libc::timer_settime(timer, 0, &raw const when, nothing) }).expect("a timer");
}

static CALLED_BACK: std::sync::OnceLock<fn()> = std::sync::OnceLock::new();

extern "C" fn call_back(_: libc::c_int) {
    if let Some(call) = CALLED_BACK.get() {
        call();
    }
}

/// Has a signal call a function, which does only what a signal handler may. Once for a process.
///
/// # Panics
/// If the system refuses.
pub fn call_back_on(signal: i32, call: fn()) {
    assert!(CALLED_BACK.set(call).is_ok(), "once for a process");
    let handler: extern "C" fn(libc::c_int) = call_back;
    // SAFETY: the handler takes a number, as `signal` wants it, and its caller keeps to what a handler may do.
    let before = unsafe { libc::signal(signal, handler as libc::sighandler_t) };
    assert_ne!(before, libc::SIG_ERR, "a handler");
}

/// Has a signal do what it does to a program that says nothing about it.
pub fn leave_to_the_system(signal: i32) {
    // SAFETY: the call takes numbers.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

/// Reads a word of a mapped file behind its end, which is SIGBUS.
///
/// # Panics
/// If there is no memory.
pub fn touch_beyond_the_end() {
    let file = tempfile();
    file.set_len(4096).expect("room");
    let pages = memmap2::MmapOptions::new().len(4096).map_raw(&file);
    let pages = pages.expect("a mapping");
    file.set_len(0).expect("it may be cut off");
    // SAFETY: the pages are mapped. That the file behind them is gone is what the test wants; then this does not return.
    let _ = unsafe { pages.as_ptr().read_volatile() };
}

fn tempfile() -> std::fs::File {
    // SAFETY: the name is a C string that lives as long as the program.
    let descriptor = unsafe { libc::memfd_create(c"tests".as_ptr(), libc::MFD_CLOEXEC) };
    assert!(descriptor >= 0, "a memory file");
    // SAFETY: the call succeeded, so the descriptor is open, and nobody else has it.
    unsafe { std::os::fd::FromRawFd::from_raw_fd(descriptor) }
}

/// Closes every descriptor from this one on, whoever has it.
///
/// # Errors
/// If the system cannot.
pub fn close_all_from(first: u32) -> io::Result<()> {
    // SAFETY: the call takes numbers. That their owners lose them is what the calling test is about.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) };
    checked(libc::c_int::try_from(closed).unwrap_or(-1))
}

/// Whether another open file description holds an exclusive lock on a byte.
///
/// # Errors
/// If the system cannot say.
///
/// # Panics
/// Never: the numbers of the system fit.
pub fn is_locked(file: &std::fs::File, byte: u64) -> io::Result<bool> {
    let number = |kind: i32| libc::c_short::try_from(kind).expect("a small number");
    // SAFETY: the structure is made of numbers.
    let mut range: libc::flock = unsafe { std::mem::zeroed() };
    (range.l_type, range.l_whence) = (number(libc::F_RDLCK), number(libc::SEEK_SET));
    range.l_start = i64::try_from(byte).map_err(io::Error::other)?;
    range.l_len = 1;
    let descriptor = std::os::fd::AsRawFd::as_raw_fd(file);
    // SAFETY: the command reads and writes the structure, which outlives the call.
    checked(unsafe { libc::fcntl(descriptor, libc::F_OFD_GETLK, &raw mut range) })?;
    Ok(range.l_type != number(libc::F_UNLCK))
}
