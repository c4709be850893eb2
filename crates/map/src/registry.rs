//! What this process is attached to: one [`Inner`] for each file, under the one lock of this library.
//!
//! The lock is held while a table is opened or closed, while a thread joins it, and during recovery; never on the
//! path of an operation. `fork` waits for it, so that a child finds it free and what it guards whole. A raw `clone`
//! does not wait: after one in a process with several threads, the child should `exec`.
//!
//! A child must not use what its parent registered. It notices by a word that reads 0 after any kind of fork: the
//! parent's attachments are abandoned then, and each table is attached to again when it is used.
use crate::attach::Attachment;
use crate::error::OpenError;
use crate::inner::{Inner, Opened, shown};
use crate::mapping::{self, Access};
use crate::sys::{self, ForkHooks};
use quipu_core::{Local, Ordering, Swept, Word};
use std::cell::Cell;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How long a process that found a table full waits before it looks for the dead again.
const RECOVERY_PAUSE: Duration = Duration::from_millis(10);

static STATE: Mutex<State> = Mutex::new(State {
    generation: 0,
    next_id: 0,
    tables: Vec::new(),
});

/// Everything that this process is attached to.
pub(crate) struct State {
    /// One more after each fork.
    generation: u64,
    next_id: u64,
    tables: Vec<Entry>,
}

struct Entry {
    id: u64,
    device: u64,
    inode: u64,
    inner: Weak<Inner>,
    /// `None`: the parent's was abandoned, and ours is still to come.
    attachment: Option<Attachment>,
    last_recovery: Option<Instant>,
}

/// The word that says which process this is: 0 after a fork.
pub(crate) fn generation_word() -> &'static Word {
    static WORD: OnceLock<&'static Word> = OnceLock::new();
    WORD.get_or_init(|| {
        let hooks = ForkHooks {
            before: before_fork,
            in_parent: after_fork,
            in_child: after_fork_in_child,
        };
        sys::at_fork(&hooks);
        // Before Linux 4.14 only the hook tells.
        mapping::word_wiped_on_fork().unwrap_or_else(|| Box::leak(Box::new(Word::new(0))))
    })
}

fn lock_raw() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lock. Nothing may be dropped under it that might be the last handle of a table.
fn lock() -> MutexGuard<'static, State> {
    // Registers the hooks before the lock is taken for the first time.
    generation_word();
    let mut state = lock_raw();
    state.notice_fork();
    state
}

impl State {
    fn notice_fork(&mut self) {
        let word = generation_word();
        // Relaxed: stored by this process under the lock, or zeroed by the kernel.
        if word.load(Ordering::Relaxed) != 0 {
            return;
        }
        for entry in &mut self.tables {
            // The parent goes on using its slot and its participants. This closes our copy of its lock descriptor.
            entry.attachment = None;
        }
        self.generation += 1;
        word.store(self.generation, Ordering::Relaxed);
    }

    /// The table in a file, if we have it.
    fn find(&self, device: u64, inode: u64) -> Option<Arc<Inner>> {
        self.tables
            .iter()
            .filter(|entry| entry.device == device && entry.inode == inode)
            .find_map(|entry| entry.inner.upgrade())
    }

    /// Our attachment to a table, made anew in a child of fork.
    fn attached(&mut self, inner: &Inner) -> Result<&mut Attachment, OpenError> {
        let entry = self.tables.iter_mut().find(|entry| entry.id == inner.id);
        let slot = &mut entry.ok_or(OpenError::Removed)?.attachment;
        match slot {
            Some(attachment) => Ok(attachment),
            None => Ok(slot.insert(Attachment::new(inner)?)),
        }
    }
}

thread_local! {
    static HELD: Cell<Option<MutexGuard<'static, State>>> = const { Cell::new(None) };
}

extern "C" fn before_fork() {
    let state = lock_raw();
    // A thread that is ending has no place for it, and does without.
    let _ = HELD.try_with(|held| held.set(Some(state)));
}

extern "C" fn after_fork() {
    let _ = HELD.try_with(Cell::take);
}

extern "C" fn after_fork_in_child() {
    let _ = HELD.try_with(|held| {
        if let Some(mut state) = held.take() {
            // Relaxed: this thread is the only one. Where the kernel does not wipe the word, this does.
            generation_word().store(0, Ordering::Relaxed);
            state.notice_fork();
        }
    });
}

/// The table in a file: the one that this process has already, or a new one.
pub(crate) fn open(file: File, path: Option<PathBuf>) -> Result<Arc<Inner>, OpenError> {
    let details = file
        .metadata()
        .map_err(|error| OpenError::of(shown(path.as_deref()), error))?;
    let (device, inode) = (details.dev(), details.ino());
    let state = lock();
    if let Some(inner) = state.find(device, inode) {
        return still_there(state, inner, details.len());
    }
    let opened = Opened::new(file, path, Access::Write)?;
    admit(state, opened, device, inode)
}

/// A table that this process has just made; another thread may have opened it since it has a name.
pub(crate) fn open_new(opened: Opened) -> Result<Arc<Inner>, OpenError> {
    let (device, inode) = opened.file.name();
    let state = lock();
    match state.find(device, inode) {
        Some(inner) => {
            let bytes = opened.mapping.memory().geometry.file_bytes;
            still_there(state, inner, bytes)
        }
        None => admit(state, opened, device, inode),
    }
}

/// A table that we have, unless it was removed, or its file is shorter now.
fn still_there(
    state: MutexGuard<'static, State>,
    inner: Arc<Inner>,
    bytes_found: u64,
) -> Result<Arc<Inner>, OpenError> {
    // First the lock: the end of `inner` takes it again.
    drop(state);
    let bytes_expected = inner.memory().geometry.file_bytes;
    if bytes_found < bytes_expected {
        return Err(OpenError::Truncated {
            bytes_expected,
            bytes_found,
        });
    }
    if inner.memory().is_removed() {
        return Err(OpenError::Removed);
    }
    Ok(inner)
}

fn admit(
    mut state: MutexGuard<'static, State>,
    opened: Opened,
    device: u64,
    inode: u64,
) -> Result<Arc<Inner>, OpenError> {
    sys::check_processor()?;
    state.next_id += 1;
    let id = state.next_id;
    let inner = Arc::new(Inner::new(id, opened));
    let attachment = Attachment::new(&inner);
    let result = match attachment {
        Ok(attachment) => {
            let attachment = Some(attachment);
            let known = Arc::downgrade(&inner);
            state.tables.push(Entry {
                id,
                device,
                inode,
                inner: known,
                attachment,
                last_recovery: None,
            });
            Ok(())
        }
        Err(error) => Err(error),
    };
    // First the lock: the end of `inner` takes it again.
    drop(state);
    result.map(|()| inner)
}

/// The last handle of a table is gone.
pub(crate) fn forget(inner: &Inner) {
    let mut state = lock();
    let at = state.tables.iter().position(|entry| entry.id == inner.id);
    if let Some(attachment) = at.and_then(|at| state.tables.swap_remove(at).attachment) {
        attachment.end(inner);
    }
}

/// A participant for the calling thread, and the generation it belongs to. `Ok(None)`: all are taken.
pub(crate) fn join(inner: &Inner) -> Result<Option<(Local, u64)>, OpenError> {
    let mut state = lock();
    let generation = state.generation;
    Ok(state
        .attached(inner)?
        .join(inner)
        .map(|local| (local, generation)))
}

/// The calling thread ends.
pub(crate) fn leave(inner: &Inner, local: &Local, generation: u64) {
    let mut state = lock();
    // Otherwise it is the parent's.
    if state.generation == generation
        && let Ok(attachment) = state.attached(inner)
    {
        attachment.leave(inner, local);
    }
}

/// The participant that threads share which have none of their own.
pub(crate) fn spare(inner: &Inner) -> Result<Arc<Mutex<Local>>, OpenError> {
    Ok(lock().attached(inner)?.spare())
}

/// Recovers dead processes; returns how many.
pub(crate) fn recover(inner: &Inner, swept: &mut Swept) -> u64 {
    lock()
        .attached(inner)
        // What cannot be recovered now stays for the next attempt.
        .map_or(0, |attachment| {
            attachment.recover(inner, swept).unwrap_or(0)
        })
}

/// As [`recover`], unless this was done a moment ago.
pub(crate) fn recover_if_not_lately(inner: &Inner) -> u64 {
    let mut state = lock();
    let entry = state.tables.iter_mut().find(|entry| entry.id == inner.id);
    let Some(entry) = entry else {
        return 0;
    };
    if entry
        .last_recovery
        .is_some_and(|last| last.elapsed() < RECOVERY_PAUSE)
    {
        return 0;
    }
    let recovered = entry.attachment.as_mut().map_or(0, |attachment| {
        attachment
            .recover(inner, &mut Swept::default())
            .unwrap_or(0)
    });
    entry.last_recovery = Some(Instant::now());
    recovered
}

/// Looks at our attachment.
pub(crate) fn with_attachment<R>(inner: &Inner, look: impl FnOnce(&Attachment) -> R) -> Option<R> {
    lock()
        .attached(inner)
        .ok()
        .map(|attachment| look(attachment))
}
