//! The participants of a thread: one for each table it writes to, taken at its first write and given back when it
//! ends.
//!
//! The path of every write: find ours in a short list, compare one cached word (were we forked?), go.
use crate::attach::{lock_spare, with_local};
use crate::error::OpenError;
use crate::inner::Inner;
use crate::{maintain, registry};
use quipu_core::{Limit, Local, Ordering, Session, WriteError};
use std::cell::{Cell, RefCell};
use std::sync::{Arc, Weak};

/// A thread looks at the clock once in so many writes, to see whether upkeep is due.
const OPERATIONS_PER_LOOK: u32 = 1024;

thread_local! {
    /// The table of the last write, as long as its participant is ours: what writes that note nothing in the
    /// participant's record need to know. It has no destructor, so it costs no more than a load.
    static HOT: Cell<Hot> = const { Cell::new(Hot { id: 0, generation: 0, left: 0 }) };
    static THREAD: RefCell<Thread> = const { RefCell::new(Thread { last: 0, joined: Vec::new() }) };
}

/// See [`HOT`].
#[derive(Clone, Copy)]
struct Hot {
    id: u64,
    generation: u64,
    /// So many operations until the thread takes the long way again, which looks at the clock.
    left: u32,
}

/// Whether the calling thread has a participant of this table, and may go on without a look at it.
#[inline(always)]
pub(crate) fn is_hot(inner: &Inner) -> bool {
    let hot = HOT.get();
    // Relaxed: stored by this process, or zeroed by the kernel in a child of fork.
    let generation = inner.generation.load(Ordering::Relaxed);
    if hot.id != inner.id || hot.generation != generation || hot.left == 0 {
        return false;
    }
    HOT.set(Hot {
        left: hot.left - 1,
        ..hot
    });
    true
}

/// What a thread has joined.
struct Thread {
    /// Where the table of the last write is.
    last: usize,
    joined: Vec<Joined>,
}

struct Joined {
    id: u64,
    generation: u64,
    local: Local,
    operations: u32,
    inner: Weak<Inner>,
}

impl Thread {
    /// Our participant of a table, if it is ours and not the parent's.
    #[inline(always)]
    fn find(&mut self, inner: &Inner) -> Option<usize> {
        // Relaxed: stored by this process, or zeroed by the kernel.
        let generation = inner.generation.load(Ordering::Relaxed);
        let is_it = |joined: &Joined| joined.id == inner.id && joined.generation == generation;
        if self.joined.get(self.last).is_some_and(is_it) {
            return Some(self.last);
        }
        self.last = self.joined.iter().position(is_it)?;
        Some(self.last)
    }

    /// Becomes a participant. `Ok(None)`: all are taken.
    #[cold]
    fn join(&mut self, inner: &Arc<Inner>) -> Result<Option<usize>, OpenError> {
        // What is gone, and what was the parent's.
        self.joined
            .retain(|joined| joined.inner.strong_count() > 0 && joined.id != inner.id);
        let Some((local, generation)) = registry::join(inner)? else {
            return Ok(None);
        };
        let (id, inner) = (inner.id, Arc::downgrade(inner));
        self.joined.push(Joined {
            id,
            generation,
            local,
            // The first write looks too: a table may be used by processes that never come to a second one.
            operations: OPERATIONS_PER_LOOK - 1,
            inner,
        });
        self.last = self.joined.len() - 1;
        Ok(Some(self.last))
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        for joined in self.joined.drain(..) {
            if let Some(inner) = joined.inner.upgrade() {
                registry::leave(&inner, &joined.local, joined.generation);
            }
        }
    }
}

/// Whether the calling thread has a participant of its own.
pub(crate) fn has_joined(inner: &Inner) -> bool {
    let found = THREAD.try_with(|thread| {
        let thread = thread.try_borrow_mut();
        thread.is_ok_and(|mut thread| thread.find(inner).is_some())
    });
    found.unwrap_or(false)
}

/// How an operation ran.
enum Ran<R> {
    Done(R),
    /// And it is time to look at the clock.
    AndLook(R),
    /// It did not: this thread has no participant of its own, or is in the middle of something.
    Not,
}

/// Runs a write as a participant of the calling thread.
#[inline(always)]
pub(crate) fn with_session<R>(
    inner: &Arc<Inner>,
    mut run: impl FnMut(&mut Session<'_, Inner>) -> R,
) -> Result<R, WriteError> {
    let ran = THREAD.try_with(|thread| {
        // Borrowed already: an operation inside an operation, in a signal handler perhaps.
        let Ok(mut thread) = thread.try_borrow_mut() else {
            return Ok(Ran::Not);
        };
        let at = match thread.find(inner) {
            Some(at) => at,
            None => match thread.join(inner).map_err(|error| refused(&error))? {
                Some(at) => at,
                None => return Ok(Ran::Not),
            },
        };
        let Some(joined) = thread.joined.get_mut(at) else {
            return Ok(Ran::Not);
        };
        let result = with_local(inner, &mut joined.local, &mut run);
        joined.operations = joined.operations.wrapping_add(1);
        let hot = HOT.get();
        let was_hot = hot.id == joined.id && hot.generation == joined.generation;
        if !was_hot || hot.left == 0 {
            HOT.set(Hot {
                id: joined.id,
                generation: joined.generation,
                left: OPERATIONS_PER_LOOK,
            });
        }
        if joined.operations % OPERATIONS_PER_LOOK == 0 || was_hot && hot.left == 0 {
            return Ok(Ran::AndLook(result));
        }
        Ok(Ran::Done(result))
    });
    match ran {
        Ok(Ok(Ran::Done(result))) => Ok(result),
        Ok(Ok(Ran::AndLook(result))) => {
            maintain::look(inner);
            Ok(result)
        }
        Ok(Err(error)) => Err(error),
        // The thread is ending, and what it had joined is gone.
        Ok(Ok(Ran::Not)) | Err(_) => with_spare(inner, run),
    }
}

/// Runs a write as the participant that such threads share, one after the other.
#[cold]
fn with_spare<R>(
    inner: &Inner,
    run: impl FnMut(&mut Session<'_, Inner>) -> R,
) -> Result<R, WriteError> {
    let spare = registry::spare(inner).map_err(|error| refused(&error))?;
    let mut local = lock_spare(&spare);
    Ok(with_local(inner, &mut local, run))
}

/// A child of fork could not attach to the table again.
fn refused(error: &OpenError) -> WriteError {
    match error {
        OpenError::Removed => WriteError::Removed,
        OpenError::NoSpace { .. } => WriteError::Full(Limit::FileSystem),
        // All process slots or participants are taken, or somebody is taking the table over.
        _ => WriteError::Busy,
    }
}
