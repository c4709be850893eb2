//! SIGBUS: a handler that repairs what it can, and passes on the rest.
use std::sync::{Mutex, OnceLock, PoisonError};
use std::{io, ptr};

/// What makes the memory at an address usable; `false`: it cannot. Runs in a signal handler.
pub(crate) type Repair = fn(usize) -> bool;

type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
type PlainHandler = extern "C" fn(libc::c_int);

/// The page is not there (sigaction(2)); other codes tell of broken hardware, or that somebody sent the signal.
const BUS_ADRERR: libc::c_int = 2;

struct Installed {
    repair: Repair,
    previous: libc::sigaction,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// Has a function repair what a thread may not touch, from now on. Once for a process: later calls change nothing.
pub(crate) fn on_bus_error(repair: Repair) -> io::Result<()> {
    static IS_DONE: Mutex<bool> = Mutex::new(false);
    let mut is_done = IS_DONE.lock().unwrap_or_else(PoisonError::into_inner);
    if *is_done {
        return Ok(());
    }
    // First of all: the handler may run as soon as it is installed.
    let previous = exchange(None)?;
    INSTALLED.get_or_init(|| Installed { repair, previous });
    let mut ours = default_action();
    ours.sa_sigaction = bus_error as Handler as usize;
    // On the other stack, where there is one, as std's handler: it is the one that tells of a full stack.
    ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    exchange(Some(&ours))?;
    *is_done = true;
    Ok(())
}

/// Sets the action of SIGBUS, if there is a new one; returns the one before.
fn exchange(new: Option<&libc::sigaction>) -> io::Result<libc::sigaction> {
    let mut old = default_action();
    let new = new.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: `new` is null or a whole structure whose handler takes what its flags say; the call writes `old`.
    let result = unsafe { libc::sigaction(libc::SIGBUS, new, &raw mut old) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(old)
}

fn default_action() -> libc::sigaction {
    // SAFETY: the structure is made of numbers and a pointer that may be null: SIG_DFL, no flags, an empty mask.
    unsafe { std::mem::zeroed() }
}

/// Calls nothing but system calls, and what says that it neither allocates nor locks.
extern "C" fn bus_error(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // It was set before we were installed.
    let Some(installed) = INSTALLED.get() else {
        return;
    };
    // SAFETY: the calling thread's own word, which always exists.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let saved = unsafe { *errno };
    // SAFETY: the kernel passes a whole structure (SA_SIGINFO).
    let info_there = unsafe { &*info };
    // SAFETY: SIGBUS of the kernel has an address; otherwise these are other numbers, and not looked at.
    let address = unsafe { info_there.si_addr() }.addr();
    let is_repaired = info_there.si_code == BUS_ADRERR && (installed.repair)(address);
    // SAFETY: as above.
    unsafe { *errno = saved };
    if !is_repaired {
        pass_on(&installed.previous, signal, info, context);
    }
}

/// Does what would have been done without us.
fn pass_on(
    previous: &libc::sigaction,
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the kernel passes a whole structure (SA_SIGINFO).
    let was_sent = unsafe { (*info).si_code } <= 0;
    match previous.sa_sigaction {
        libc::SIG_IGN if was_sent => {}
        libc::SIG_DFL | libc::SIG_IGN => {
            // It ends the process when we return: the instruction is tried again, or the signal is delivered that
            // we send now and that is blocked until then.
            let _ = exchange(Some(&default_action()));
            if was_sent {
                // SAFETY: the call takes a number.
                unsafe { libc::raise(signal) };
            }
        }
        handler if previous.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: whoever installed it said by the flag that it is such a function.
            let handler = unsafe { std::mem::transmute::<usize, Handler>(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: whoever installed it said by the flag's absence that it is such a function.
            let handler = unsafe { std::mem::transmute::<usize, PlainHandler>(handler) };
            handler(signal);
        }
    }
}
