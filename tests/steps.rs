//! Death at every step. A child process does one operation on a prepared table and kills itself (SIGKILL) before
//! step n of it: a step is a store, an exchange or another change of shared memory, or a system call that others can
//! see the effect of. For every operation, every state of the table and every n:
//! - the survivor, which was attached before, finishes an operation on the same key: a watchdog sees that nothing
//!   waits for the dead, and `Busy` is a failure;
//! - what it finds is what the key held before the operation or after it, and after it if the operation had returned;
//! - every other entry is untouched, and `check` finds nothing;
//! - after `maintain` with nobody else attached nothing is leaked, neither by `check` nor after a `clear`.
//!
//! In some states another child was killed first, at each of many steps of its own operation. The steps of each
//! operation and state are printed, and compared with the least numbers in `steps/least.rs`, so that a hook that is
//! lost shows.
//!
//! The steps exist only in a build of its own: `cargo steps`, or `cargo steps -- NAME` for the cases whose names
//! contain NAME.
#![deny(unsafe_code)]

#[cfg(quipu_steps)]
mod steps {
    mod boss;
    mod case;
    mod image;
    mod least;
    mod operation;
    mod player;
    mod state;
    mod survivor;
    mod worker;

    pub(crate) use boss::main;
}

#[cfg(quipu_steps)]
fn main() -> std::process::ExitCode {
    steps::main()
}

#[cfg(not(quipu_steps))]
fn main() {
    println!("steps: skipped, because this build has none of the steps: run `cargo steps`");
}
