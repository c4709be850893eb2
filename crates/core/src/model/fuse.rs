//! Death in a model: a thread's fuse burns at each of its steps, and when it is out the thread is gone, as a
//! killed process is, before the step.
use std::boxed::Box;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

loom::thread_local! {
    static STEPS_LEFT: Cell<Option<u64>> = Cell::new(None);
}

/// What unwinds a thread that died.
struct Died;

/// Called before every step.
pub(crate) fn burn() {
    let left = STEPS_LEFT.with(|fuse| {
        let left = fuse.get();
        fuse.set(left.map(|left| left.saturating_sub(1)));
        left
    });
    if left == Some(0) {
        resume_unwind(Box::new(Died));
    }
}

/// Runs `work` and dies before its step number `step`, counted from 0. `None`: it died.
pub(crate) fn dies_at<T>(step: u64, work: impl FnOnce() -> T) -> Option<T> {
    STEPS_LEFT.with(|fuse| fuse.set(Some(step)));
    let result = catch_unwind(AssertUnwindSafe(work));
    STEPS_LEFT.with(|fuse| fuse.set(None));
    match result {
        Ok(result) => Some(result),
        Err(panic) if panic.is::<Died>() => None,
        Err(panic) => resume_unwind(panic),
    }
}
