//! Keeps the log in order, in threads of their own: segments ready for use, those that nobody needs any more, and
//! snapshots.
use super::control::Control;
use crate::config::Config;
use crate::log::{Keeper, LogFacts, Room};
use crate::snapshot::{list_snapshots, make, snapshot_path};
use std::fs;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long the keeper rests: a segment lasts longer.
const REST: Duration = Duration::from_millis(200);
/// How long a snapshot is not tried again that could not be made.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// What is to be kept in order.
pub(super) struct Upkeep<'u> {
    facts: &'u LogFacts,
    config: &'u Config,
    /// A snapshot is to be made.
    is_due: AtomicBool,
}

impl<'u> Upkeep<'u> {
    pub(super) fn new(facts: &'u LogFacts, config: &'u Config) -> Self {
        Self {
            facts,
            config,
            is_due: AtomicBool::new(false),
        }
    }

    /// Makes segments ready, and uses old ones again, until the server ends. What cannot be done now is tried again:
    /// the workers notice if it was needed.
    pub(super) fn keep(&self, control: &Control) -> io::Result<()> {
        let readers = self.config.readers.clone();
        let mut keeper = Keeper::new(self.facts.clone(), Room::Filled, readers);
        let mut is_well = true;
        while control.rest(REST) {
            match keeper.tick() {
                Ok(ticked) => {
                    is_well = true;
                    self.is_due
                        .store(self.is_much(ticked.behind_octets), Ordering::Relaxed);
                }
                Err(error) if is_well => {
                    is_well = false;
                    tracing::error!(%error, "the log is not kept in order: it is tried again");
                }
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Whether a snapshot is worth its cost: it reads the one before, so there is to be twice as much log.
    fn is_much(&self, behind_octets: u64) -> bool {
        if behind_octets < self.config.snapshot_bytes {
            return false;
        }
        let log = &self.facts.folder;
        let last = list_snapshots(log).unwrap_or_default().pop();
        let octets = last.and_then(|number| fs::metadata(snapshot_path(log, number)).ok());
        behind_octets >= octets.map_or(0, |octets| octets.len().saturating_mul(2))
    }

    /// Makes snapshots when they are due, until the server ends.
    pub(super) fn snapshots(&self, control: &Control) -> io::Result<()> {
        // Nobody waits for it, and everybody for the workers. In Linux this is about the thread alone.
        if let Err(error) = rustix::process::setpriority_process(None, 19) {
            tracing::warn!(%error, "snapshots are made at the priority of the workers");
        }
        while control.rest(REST) {
            if !self.is_due.swap(false, Ordering::Relaxed) {
                continue;
            }
            let begun = Instant::now();
            let until = self.facts.committed()?;
            let period_s = self.config.period_s;
            match make(&self.facts.folder, period_s, Some(&until), &mut |_| {}) {
                Ok(made) => tracing::info!(
                    number = made.number,
                    octets = made.octets,
                    replayed = made.replayed,
                    ms = begun.elapsed().as_millis(),
                    "snapshot made"
                ),
                Err(error) => {
                    tracing::error!(%error, "no snapshot could be made: the log grows until one can");
                    control.rest(AFTER_FAILURE);
                }
            }
        }
        Ok(())
    }
}
