//! Upkeep that nobody has to ask for: about once a second one process, whichever comes by first, looks for dead
//! processes and sweeps a part of the table.
use crate::inner::Inner;
use crate::registry;
use crate::thread::with_session;
use quipu_core::{BUCKET_BYTES, Ordering, Swept};
use std::sync::Arc;

/// format.md 3.2: milliseconds of CLOCK_BOOTTIME at the last upkeep of any process.
const UPKEEP: usize = 0x160 / 8;
const UPKEEP_EVERY_MS: u64 = 1000;
const BUCKETS_LEAST: u64 = 64;
const BUCKETS_MOST: u64 = 8192;
/// The whole table is swept once in so many times (17 minutes), unless it is so large that `BUCKETS_MOST` is met.
const ROUNDS: u64 = 1024;

/// Does the upkeep if it is due, and nobody else does it.
#[cold]
pub(crate) fn look(inner: &Arc<Inner>) {
    let now_ms = inner.clock.boot_ms().cast_unsigned();
    let Some(word) = inner.memory().control.get(UPKEEP) else {
        return;
    };
    // Relaxed: it decides only who does it.
    let last_ms = word.load(Ordering::Relaxed);
    if now_ms.wrapping_sub(last_ms) < UPKEEP_EVERY_MS
        || word.cas(last_ms, now_ms, Ordering::Relaxed).is_err()
    {
        return;
    }
    let mut swept = Swept::default();
    registry::recover(inner, &mut swept);
    let (index_bytes, _) = inner.memory().committed_bytes();
    let buckets = (index_bytes / BUCKET_BYTES / ROUNDS).clamp(BUCKETS_LEAST, BUCKETS_MOST);
    let buckets = u32::try_from(buckets).unwrap_or(u32::MAX);
    // What fails now is tried again in a second.
    let _ = with_session(inner, |session| session.sweep_some(buckets, &mut swept));
}
