//! A table that begins with one bucket and grows while it is filled, against one that has its size already; how long
//! single inserts take, and how much memory an entry needs at every size.
use crate::contest::{Failure, Settings};
use crate::keys::Keys;
use crate::plan::Plan;
use crate::record::{Growth, MemoryStep, Outcome, quantile};
use crate::scratch::Scratch;
use crate::worker::KEY_BYTES;
use hdrhistogram::Histogram;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Instant;

/// Memory is looked at so many times while the entries double.
const STEPS_PER_DOUBLING: u32 = 8;
const BLOCK_BYTES: u64 = 512;
const ROUNDS: usize = 5;

/// All cases of this section.
pub fn plan(plan: &mut Plan, settings: Settings) {
    let keys = if settings.quick { 200_000 } else { 10_000_000 };
    plan.add(
        format!("growth: from one bucket to {keys} keys"),
        move |_| grow(keys),
    );
    plan.add(format!("memory: up to {keys} keys"), move |_| memory(keys));
}

/// Fills new tables and pre-sized ones, taking turns.
fn grow(count: usize) -> Result<Vec<Outcome>, Failure> {
    let keys = Keys::new(0, count, KEY_BYTES);
    let mut latencies = Histogram::<u64>::new(3)?;
    let (mut growing, mut sized) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            growing.push(fill(&Scratch::new()?, &keys)?);
            sized.push(fill(&pre_sized(&keys)?, &keys)?);
        } else {
            sized.push(fill(&pre_sized(&keys)?, &keys)?);
            growing.push(fill(&Scratch::new()?, &keys)?);
        }
    }
    // Apart, so that the clock does not count in the totals.
    let table = Scratch::new()?;
    for key in keys.iter() {
        let start = Instant::now();
        table.incr(key, 1)?;
        let time = u64::try_from(start.elapsed().as_nanos())?;
        latencies.record(time.max(1))?;
    }
    let at = |quantile| latencies.value_at_quantile(quantile);
    Ok(vec![Outcome::Growth(Growth {
        keys: count as u64,
        growing_seconds: growing,
        sized_seconds: sized,
        insert_ns: [
            at(0.5),
            at(0.95),
            at(0.99),
            at(0.999),
            at(0.9999),
            latencies.max(),
        ],
    })])
}

/// Seconds to insert all keys.
fn fill(table: &Scratch, keys: &Keys) -> Result<f64, Failure> {
    let start = Instant::now();
    for key in keys.iter() {
        table.incr(key, 1)?;
    }
    Ok(start.elapsed().as_secs_f64())
}

/// A table that had the keys once: it never shrinks, so it has their size.
fn pre_sized(keys: &Keys) -> Result<Scratch, Failure> {
    let table = Scratch::of_counters(keys)?;
    table.clear()?;
    Ok(table)
}

/// What a table takes of memory while it grows: the blocks of its file, header and process area included.
fn memory(count: usize) -> Result<Vec<Outcome>, Failure> {
    let keys = Keys::new(0, count, KEY_BYTES);
    let table = Scratch::new()?;
    let mut steps = Vec::new();
    let mut next = 1000.0_f64;
    for (entries, key) in keys.iter().enumerate() {
        if entries as f64 >= next {
            next *= 2.0_f64.powf(1.0 / f64::from(STEPS_PER_DOUBLING));
            let bytes = file_bytes(table.path())?;
            steps.push(MemoryStep {
                entries: entries as u64,
                bytes,
            });
        }
        table.incr(key, 1)?;
    }
    Ok(vec![Outcome::Memory(steps)])
}

/// Bytes of memory behind a file in /dev/shm.
fn file_bytes(path: &Path) -> Result<u64, Failure> {
    Ok(fs::metadata(path)?.blocks() * BLOCK_BYTES)
}

impl Growth {
    /// How many times as long growing takes: the ratio of the medians.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        quantile(&self.growing_seconds, 0.5) / quantile(&self.sized_seconds, 0.5)
    }
}
