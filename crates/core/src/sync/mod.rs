//! The only module that names an atomic, a fence or a pause: `core` in a program, loom in a model.
//!
//! Shared memory holds [`Word`]s, and [`Pair`]s of two adjacent words that change together. Every store and
//! every read-modify-write of either passes through here, and nowhere else: each is one *step* of an operation,
//! before which its process may die. A model can make it die there, see `model::fuse`; so can a test of whole
//! processes, see `steps`.
mod pair;
#[cfg(quipu_steps)]
pub mod steps;

pub use pair::Pair;

#[cfg(not(loom))]
use core::sync::atomic as inner;
#[cfg(loom)]
use loom::sync::atomic as inner;

pub use inner::{Ordering, fence};

#[cfg_attr(
    not(loom),
    expect(clippy::disallowed_types, reason = "the one place that names it")
)]
type Atomic = inner::AtomicU64;

/// One shared 64-bit word. It is always accessed whole.
#[repr(transparent)]
pub struct Word(Atomic);

impl Word {
    /// A word of private memory, for models and tests.
    #[must_use]
    pub fn new(value: u64) -> Self {
        Self(Atomic::new(value))
    }

    /// Loads the word.
    #[inline(always)]
    pub fn load(&self, ordering: Ordering) -> u64 {
        self.0.load(ordering)
    }

    /// Stores the word.
    #[inline(always)]
    pub fn store(&self, value: u64, ordering: Ordering) {
        step();
        self.0.store(value, ordering);
    }

    /// Exchanges `expected` for `new`; on failure returns what was there (with Acquire).
    #[inline(always)]
    pub fn cas(&self, expected: u64, new: u64, ordering: Ordering) -> Result<(), u64> {
        step();
        self.0
            .compare_exchange(expected, new, ordering, Ordering::Acquire)
            .map(|_| ())
    }

    /// Sets the bits of `mask`; returns the word as it was.
    #[inline(always)]
    pub fn set_bits(&self, mask: u64, ordering: Ordering) -> u64 {
        step();
        self.0.fetch_or(mask, ordering)
    }

    /// Clears the bits of `mask`; returns the word as it was.
    #[inline(always)]
    pub fn clear_bits(&self, mask: u64, ordering: Ordering) -> u64 {
        step();
        self.0.fetch_and(!mask, ordering)
    }

    /// Adds `amount`, wrapping; returns the word as it was.
    #[inline(always)]
    pub fn add(&self, amount: u64, ordering: Ordering) -> u64 {
        step();
        self.0.fetch_add(amount, ordering)
    }
}

/// One step of an operation: a place where a process that is modelled or tested may die. Nothing in a program; public
/// for the system calls of the crate `quipu`, which are steps too.
#[doc(hidden)]
#[inline(always)]
pub fn step() {
    #[cfg(all(test, loom))]
    crate::model::fuse::burn();
    #[cfg(quipu_steps)]
    steps::take();
}

/// Gives way while another process makes progress.
#[inline(always)]
pub fn pause() {
    #[cfg(not(loom))]
    core::hint::spin_loop();
    #[cfg(loom)]
    loom::thread::yield_now();
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!(
    "quipu needs a 128-bit compare-and-swap and coherent memory: x86-64 with cmpxchg16b, or aarch64"
);
