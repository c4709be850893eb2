//! Upkeep: on request, and without one. About once a second one process, whichever comes by first, looks for dead
//! processes and sweeps a part of the table.
use crate::inner::Inner;
use crate::table::Table;
use crate::thread::{self, with_session};
use crate::value::Maintenance;
use crate::{process, registry};
use quipu_core::layout::control;
use quipu_core::{BUCKET_BYTES, Ordering, Report, Swept, WriteError};
use std::sync::Arc;

const UPKEEP_EVERY_MS: u64 = 1000;
const BUCKETS_LEAST: u64 = 64;
const BUCKETS_MOST: u64 = 8192;
/// The whole table is swept once in so many times (17 minutes), unless it is so large that `BUCKETS_MOST` is met.
const ROUNDS: u64 = 1024;

/// Does the upkeep if it is due, and nobody else does it.
#[cold]
pub(crate) fn look(inner: &Arc<Inner>) {
    let now_ms = inner.clock.boot_ms().cast_unsigned();
    let word = &inner.memory().control[control::UPKEEP];
    // Relaxed: it decides only who does it.
    let last_ms = word.load(Ordering::Relaxed);
    if now_ms.wrapping_sub(last_ms) < UPKEEP_EVERY_MS
        || word.cas(last_ms, now_ms, Ordering::Relaxed).is_err()
    {
        return;
    }
    inner.opened.look_at_length();
    let mut swept = Swept::default();
    registry::recover(inner, &mut swept);
    let (index_bytes, _) = inner.memory().committed_bytes();
    let buckets = (index_bytes / BUCKET_BYTES / ROUNDS).clamp(BUCKETS_LEAST, BUCKETS_MOST);
    let buckets = u32::try_from(buckets).unwrap_or(u32::MAX);
    // What fails now is tried again in a second.
    let _ = with_session(inner, |session| session.sweep_some(buckets, &mut swept));
}

impl Table {
    /// Looks at every word of the table for what no correct program writes. If nobody else is attached, and no other
    /// thread of this process has written, it reports leaks too.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.incr(b"hits", 1)?;
    /// assert!(table.check().problems.is_empty());
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn check(&self) -> Report {
        self.inner.opened.look_at_length();
        if self.inner.opened.mapping.is_cut() {
            return self.inner.check(false);
        }
        // What is in flight while nobody can be in an operation is a leak; if nobody has come meanwhile.
        let alone = || {
            let has_joined = thread::has_joined(&self.inner);
            registry::with_attachment(&self.inner, |ours| ours.alone(&self.inner, has_joined))?
        };
        if let Some(before) = alone() {
            let report = self.inner.check(true);
            if process::registrations(&self.inner.opened) == before {
                return report;
            }
        }
        self.inner.check(false)
    }

    /// Clears away what has expired, what dead processes left, and what is empty. Writes do a little of this about
    /// once a second anyway; this does all of it at once.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// let done = table.maintain()?;
    /// assert_eq!(done.recovered_processes, 0);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn maintain(&self) -> Result<Maintenance, WriteError> {
        let mut swept = Swept::default();
        self.inner.opened.look_at_length();
        self.inner.whole(Ok::<_, WriteError>(()))?;
        let recovered_processes = registry::recover(&self.inner, &mut swept);
        let result = with_session(&self.inner, |session| session.sweep(&mut swept));
        self.inner.whole(result.flatten())?;
        Ok(Maintenance {
            expired: swept.expired,
            recovered_processes,
            freed_cells: swept.cells,
            freed_blocks: swept.blocks,
            freed_segments: swept.segments,
        })
    }
}
