//! Two adjacent words that change together by one 128-bit compare-and-swap.
//!
//! Halves are read by plain 64-bit loads and nothing ever loads 128 bits: on ARM before LSE2 and on x86 without
//! AVX such a load is itself a read-modify-write. This is the only file of the crate with `unsafe` or assembly.
//! Format: docs/format.md 2.
use super::{Ordering, step};

/// Two 16-aligned words. `lo` is the value, `hi` its state.
#[cfg(not(loom))]
#[repr(C, align(16))]
pub struct Pair {
    lo: super::Word,
    hi: super::Word,
}

#[cfg(not(loom))]
impl Pair {
    /// A pair of private memory, for models and tests.
    #[must_use]
    pub fn new(lo: u64, hi: u64) -> Self {
        Self {
            lo: super::Word::new(lo),
            hi: super::Word::new(hi),
        }
    }

    /// Loads the low half.
    #[inline(always)]
    pub fn lo(&self, ordering: Ordering) -> u64 {
        self.lo.load(ordering)
    }

    /// Loads the high half.
    #[inline(always)]
    pub fn hi(&self, ordering: Ordering) -> u64 {
        self.hi.load(ordering)
    }

    /// Stores both halves, one after the other: only for a pair that nobody else may change or believe.
    #[inline(always)]
    pub fn put(&self, lo: u64, hi: u64) {
        // Relaxed: the exchange that publishes the cell releases these.
        self.lo.store(lo, Ordering::Relaxed);
        self.hi.store(hi, Ordering::Relaxed);
    }

    /// Exchanges `expected` for `new`, both `(lo, hi)`: AcqRel, or Acquire on failure, which returns what was seen.
    #[inline(always)]
    pub fn cas(&self, expected: (u64, u64), new: (u64, u64)) -> Result<(), (u64, u64)> {
        step();
        exchange(self, expected, new)
    }
}

/// Exchanges the pair, or says what it is.
#[cfg(all(not(loom), target_arch = "x86_64"))]
#[inline(always)]
#[expect(unsafe_code, reason = "stable Rust has no 128-bit atomic")]
fn exchange(pair: &Pair, expected: (u64, u64), new: (u64, u64)) -> Result<(), (u64, u64)> {
    let (lo, hi): (u64, u64);
    let done: u64;
    // SAFETY: `pair` is 16-aligned by its type and its words may be written through a shared reference; that the
    // processor has cmpxchg16b is checked when a table is opened. LLVM keeps rbx for itself, so the low word of
    // `new` is swapped into it and out again; the registers are named because `reg` could pick rbx. Every other
    // register written is declared.
    unsafe {
        core::arch::asm!(
            "xchg rsi, rbx",
            "lock cmpxchg16b [rdi]",
            "sete cl",
            "mov rbx, rsi",
            in("rdi") core::ptr::from_ref(pair),
            inout("rsi") new.0 => _,
            inout("rcx") new.1 => done,
            inout("rax") expected.0 => lo,
            inout("rdx") expected.1 => hi,
            options(nostack)
        );
    }
    if done.to_le_bytes()[0] != 0 {
        Ok(())
    } else {
        Err((lo, hi))
    }
}

/// Exchanges the pair, or says what it is.
#[cfg(all(not(loom), target_arch = "aarch64", target_feature = "lse"))]
#[inline(always)]
#[expect(unsafe_code, reason = "stable Rust has no 128-bit atomic")]
fn exchange(pair: &Pair, expected: (u64, u64), new: (u64, u64)) -> Result<(), (u64, u64)> {
    let (lo, hi): (u64, u64);
    // SAFETY: `pair` is 16-aligned by its type and its words may be written through a shared reference; casp
    // takes its operands in consecutive registers, an even one first, all of which are declared.
    unsafe {
        core::arch::asm!(
            "caspal x4, x5, x6, x7, [{pair}]",
            pair = in(reg) core::ptr::from_ref(pair),
            inout("x4") expected.0 => lo,
            inout("x5") expected.1 => hi,
            in("x6") new.0,
            in("x7") new.1,
            options(nostack)
        );
    }
    if (lo, hi) == expected {
        Ok(())
    } else {
        Err((lo, hi))
    }
}

/// Exchanges the pair, or says what it is.
#[cfg(all(not(loom), target_arch = "aarch64", not(target_feature = "lse")))]
#[inline(always)]
#[expect(unsafe_code, reason = "stable Rust has no 128-bit atomic")]
fn exchange(pair: &Pair, expected: (u64, u64), new: (u64, u64)) -> Result<(), (u64, u64)> {
    let (lo, hi): (u64, u64);
    // SAFETY: `pair` is 16-aligned by its type and its words may be written through a shared reference. On a
    // mismatch what was loaded is stored back, because only a completed stlxp makes the two loads one. Every
    // register written is declared.
    unsafe {
        core::arch::asm!(
            "2:",
            "ldaxp {lo}, {hi}, [{pair}]",
            "cmp {lo}, {expected_lo}",
            "ccmp {hi}, {expected_hi}, #0, eq",
            "csel {store_lo}, {new_lo}, {lo}, eq",
            "csel {store_hi}, {new_hi}, {hi}, eq",
            "stlxp {status:w}, {store_lo}, {store_hi}, [{pair}]",
            "cbnz {status:w}, 2b",
            pair = in(reg) core::ptr::from_ref(pair),
            expected_lo = in(reg) expected.0,
            expected_hi = in(reg) expected.1,
            new_lo = in(reg) new.0,
            new_hi = in(reg) new.1,
            lo = out(reg) lo,
            hi = out(reg) hi,
            store_lo = out(reg) _,
            store_hi = out(reg) _,
            status = out(reg) _,
            options(nostack)
        );
    }
    if (lo, hi) == expected {
        Ok(())
    } else {
        Err((lo, hi))
    }
}

/// The model's pair: both halves in one atomic, 32 bits each, so that loom sees one indivisible exchange.
#[cfg(loom)]
pub struct Pair(loom::sync::atomic::AtomicU64);

#[cfg(loom)]
impl Pair {
    /// A pair of private memory.
    #[must_use]
    pub fn new(lo: u64, hi: u64) -> Self {
        Self(loom::sync::atomic::AtomicU64::new(packed((lo, hi))))
    }

    /// Loads the low half.
    pub fn lo(&self, ordering: Ordering) -> u64 {
        self.0.load(ordering) & HALF
    }

    /// Loads the high half.
    pub fn hi(&self, ordering: Ordering) -> u64 {
        self.0.load(ordering) >> 32
    }

    /// Stores both halves: only for a pair that nobody else may change or believe.
    pub fn put(&self, lo: u64, hi: u64) {
        step();
        self.0.store(packed((lo, hi)), Ordering::Relaxed);
    }

    /// Exchanges `expected` for `new`, both `(lo, hi)`: AcqRel, or Acquire on failure, which returns what was seen.
    pub fn cas(&self, expected: (u64, u64), new: (u64, u64)) -> Result<(), (u64, u64)> {
        step();
        self.0
            .compare_exchange(
                packed(expected),
                packed(new),
                Ordering::AcqRel,
                Ordering::Acquire,
            )
            .map(|_| ())
            .map_err(|seen| (seen & HALF, seen >> 32))
    }
}

#[cfg(loom)]
const HALF: u64 = 0xffff_ffff;

#[cfg(loom)]
fn packed((lo, hi): (u64, u64)) -> u64 {
    assert!(lo <= HALF && hi <= HALF, "a model's half has 32 bits");
    lo | hi << 32
}
