//! Tables whose file is cut off while they are in use, by `ftruncate` or a shell's `>`.
//!
//! A touch of a page that is gone is SIGBUS, which ends the process. With the guard, its handler lays zero memory over
//! what is gone, and marks the mapping. Every operation looks at the mark when it is done: so what it found in the
//! zeros is never believed, and it says that the file was cut off, like all that come after it.
//!
//! The mark is made without the guard too, where somebody happens to look at the length of the file: at every upkeep,
//! `maintain` and `check`, and when memory is taken.
//!
//! A slot of the list goes through four states, again and again: free, changing, used, changing.
use crate::{mapping, signal, sys};
use quipu_core::Ordering;
use std::io;
use std::sync::atomic::{AtomicBool, compiler_fence};

#[expect(
    clippy::disallowed_types,
    reason = "addresses in this process alone, in a static; no step of an operation"
)]
type Number = std::sync::atomic::AtomicUsize;

/// Mappings that are watched; those beyond are used without.
const SLOTS: usize = 1024;

const FREE: usize = 0;
const USED: usize = 2;
const STATES: usize = 4;

/// Where a mapping is, and whether its file was cut off.
pub(crate) struct Slot {
    /// Counts the changes of the slot; the rest by [`STATES`] is its state.
    changes: Number,
    start: Number,
    length: Number,
    is_cut: AtomicBool,
}

static LIST: [Slot; SLOTS] = [const { Slot::new() }; SLOTS];

/// Has every table of this process answer with an error when its file was cut off by somebody else, instead of ending
/// the process with SIGBUS. For the whole process, once and for all; tables may be open already.
///
/// Installs a handler of SIGBUS. It passes on what is not about a table to the handler that was there before; a
/// program that installs its own later should pass on to this one. It does not help who touches a table from where
/// SIGBUS is blocked. A memory file ([`crate::Table::memfd`]) cannot be cut off and needs none of this.
///
/// An operation that meets the cut answers `Corrupt(Corrupt::Truncated)`, whose code is `TRUNCATED`. So does every
/// later one on this handle and its clones, also in a process without the guard that has noticed.
///
/// ```
/// quipu::guard_against_truncation()?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// If the system refuses the handler.
pub fn guard_against_truncation() -> io::Result<()> {
    signal::on_bus_error(repair)
}

/// Registers a mapping. `None`: there are too many.
pub(crate) fn watch(start: usize, length: usize) -> Option<&'static Slot> {
    let slot = LIST.iter().find(|slot| slot.claim())?;
    // Release [guard]: after the claim, for whoever reads one of them.
    slot.start.store(start, Ordering::Release);
    slot.length.store(length, Ordering::Release);
    slot.is_cut.store(false, Ordering::Release);
    slot.change();
    Some(slot)
}

/// Forgets a mapping, before it is unmapped.
pub(crate) fn forget(slot: &Slot) {
    slot.change();
    slot.change();
}

impl Slot {
    const fn new() -> Self {
        Self {
            changes: Number::new(FREE),
            start: Number::new(0),
            length: Number::new(0),
            is_cut: AtomicBool::new(false),
        }
    }

    fn claim(&self) -> bool {
        // Relaxed: the exchange decides.
        let seen = self.changes.load(Ordering::Relaxed);
        let (done, failed) = (Ordering::AcqRel, Ordering::Relaxed);
        seen % STATES == FREE
            && self
                .changes
                .compare_exchange(seen, seen.wrapping_add(1), done, failed)
                .is_ok()
    }

    /// Goes on to the next state.
    fn change(&self) {
        // AcqRel [guard]: after what was stored before it, and before what is stored after it.
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// Start and length of the mapping; `None`: there is none.
    fn range(&self) -> Option<(usize, usize)> {
        // Acquire [guard]: each before the next. If one is a later owner's, the changes are seen last.
        let before = self.changes.load(Ordering::Acquire);
        let start = self.start.load(Ordering::Acquire);
        let length = self.length.load(Ordering::Acquire);
        let is_same = self.changes.load(Ordering::Acquire) == before;
        (is_same && before % STATES == USED).then_some((start, length))
    }

    /// Whether the file was cut off.
    #[inline(always)]
    pub(crate) fn is_cut(&self) -> bool {
        // A handler of this thread may have stored it at any load before this; the processor knows, the compiler does
        // not.
        compiler_fence(Ordering::Acquire);
        // Relaxed: stored by this thread, or by another at about this time.
        self.is_cut.load(Ordering::Relaxed)
    }

    pub(crate) fn mark_cut(&self) {
        // Relaxed: as above.
        self.is_cut.store(true, Ordering::Relaxed);
    }
}

/// For the handler: makes the memory at an address usable, if it is a table's. Neither allocates nor locks.
fn repair(address: usize) -> bool {
    for slot in &LIST {
        // The mapping that the thread is using stays registered; other slots may change, and then are not it.
        let Some((start, length)) = slot.range() else {
            continue;
        };
        if (start..start + length).contains(&address) {
            slot.mark_cut();
            let page = address - address % sys::page_bytes();
            return mapping::cover_with_zeros(page..start + length);
        }
    }
    false
}
