//! Steps that can be counted, and that a process can die at. Only in a build with `--cfg quipu_steps`, of which
//! `tests/steps.rs` is the one user.
extern crate std;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a step calls, and how many there were.
struct Hook {
    call: Option<fn(u64)>,
    taken: u64,
}

static HOOK: Mutex<Hook> = Mutex::new(Hook {
    call: None,
    taken: 0,
});

fn hook() -> MutexGuard<'static, Hook> {
    HOOK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on every step of this process first calls `call` with its number, from 0. `None`: it does not.
pub fn on_step(call: Option<fn(u64)>) {
    *hook() = Hook { call, taken: 0 };
}

/// Steps since the last [`on_step`].
#[must_use]
pub fn taken() -> u64 {
    hook().taken
}

/// One step.
pub(super) fn take() {
    let (call, number) = {
        let mut hook = hook();
        let number = hook.taken;
        hook.taken += 1;
        (hook.call, number)
    };
    if let Some(call) = call {
        call(number);
    }
}
