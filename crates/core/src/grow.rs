//! Growth in order: the hint that tells a search where to begin, and how a level of buckets is completed.
//!
//! Buckets split when they are full, so at first the splits of a level are scattered, and a key that moved costs
//! one more header line. Once a fifth of a level has split early, inserts also split the next buckets in order, until
//! the level is complete and the hint advances: one insert in four, so that this takes about a quarter of the time in
//! which the keys double. Sooner, and buckets would be split long before they are full; later, and more searches
//! would take a line more. With these numbers one in 25 does, and 12 in 100 at worst.
//! Format: docs/format.md 9.4.
use crate::Host;
use crate::find::Place;
use crate::layout::control;
use crate::memory::Memory;
use crate::participant::Session;
use crate::state::Geom;
use crate::sync::Ordering;

/// Steps of such an insert: a bucket is split, or passed because it has split before.
const STEPS: u32 = 2;
/// One insert in so many takes part.
const SHARE: u64 = 4;

impl<H: Host> Session<'_, H> {
    /// After a split at `depth`: counts it, and says when the level is to be completed.
    pub(crate) fn note_split(&self, depth: u32) {
        let memory = self.memory;
        let geom = memory.geom();
        if depth != geom.level() || geom.is_in_order() {
            return;
        }
        // Relaxed: a figure that is only compared with a limit.
        let before = memory.control[control::EARLY_SPLITS].add(1, Ordering::Relaxed);
        let early = before.saturating_add(1);
        if early.saturating_mul(memory.geometry.early_share) >= 1 << depth {
            // A failure: somebody else changed it; the next split tries again.
            memory.change_geom(geom, geom.in_order());
        }
    }

    /// After an insert: passes the next buckets of the level, if it is being completed.
    #[inline(always)]
    pub(crate) fn grow_in_order(&mut self, hash: u64) {
        if (hash >> 32).is_multiple_of(SHARE) && self.memory.geom().is_in_order() {
            self.complete_level();
        }
    }

    #[cold]
    fn complete_level(&mut self) {
        for _ in 0..STEPS {
            let geom = self.memory.geom();
            let level = geom.level();
            if !geom.is_in_order() || level >= self.memory.geometry.depth_max {
                return;
            }
            let at = geom.pointer();
            let Ok(bucket) = self.memory.bucket(at) else {
                return;
            };
            let control = bucket.load();
            if control.hi.depth() <= level {
                self.memory.commit_ahead(self.host, at | 1 << level);
                // Out of memory, or out of luck: the level stays incomplete, and nothing is lost.
                if self
                    .split(Place {
                        bucket: at,
                        control,
                    })
                    .is_err()
                {
                    return;
                }
                continue;
            }
            if geom.pointer() + 1 == 1 << level {
                // Relaxed: a figure that is only compared with a limit.
                self.memory.control[control::EARLY_SPLITS].store(0, Ordering::Relaxed);
            }
            self.memory.change_geom(geom, geom.advanced());
        }
    }
}

impl Memory<'_> {
    fn change_geom(&self, from: Geom, to: Geom) {
        // Release [grown]: the buckets that the hint counts are initialised.
        let _ = self.control[control::GEOM].cas(from.0, to.0, Ordering::AcqRel);
    }
}
