//! Private sums, and how they get into the table: each exactly once, or it is known that it did not.
use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use quipu::{CountError, Table, WriteError};

use crate::bytes::escape;
use crate::failure::Failure;

/// The longest key of a table.
const KEY_BYTES_MAX: usize = 65_535;
/// So many keys are flushed at once, also before their time: a flush is to stay short.
const KEYS_MAX: usize = 1 << 14;
/// So many bytes of keys are flushed at once, for the memory's sake.
const BYTES_MAX: usize = 8 << 20;
/// How often a key that is changed by everybody at once is tried again, a millisecond apart.
const ATTEMPTS_MAX: u32 = 1_000;
/// How much of a key a message shows.
const SHOWN_BYTES_MAX: usize = 60;

/// What was counted and is not yet in the table.
pub(super) struct Tally {
    table: Table,
    sums: HashMap<Vec<u8>, i64>,
    /// Bytes of the keys of `sums`.
    bytes: usize,
    lines_counted: u64,
    /// Lines that are too long to be a key.
    lines_too_long: u64,
    /// Lines whose key holds something that cannot be counted up, and the first of these keys.
    lines_refused: u64,
    first_refusal: Option<String>,
}

impl Tally {
    /// Nothing was counted yet.
    pub(super) fn new(table: Table) -> Self {
        Self {
            table,
            sums: HashMap::new(),
            bytes: 0,
            lines_counted: 0,
            lines_too_long: 0,
            lines_refused: 0,
            first_refusal: None,
        }
    }

    /// One line with this key.
    pub(super) fn add(&mut self, key: &[u8]) {
        if key.len() > KEY_BYTES_MAX {
            return self.refuse_line();
        }
        match self.sums.get_mut(key) {
            Some(sum) => *sum += 1,
            None => {
                self.sums.insert(key.to_vec(), 1);
                self.bytes += key.len();
            }
        }
    }

    /// One line that is too long.
    pub(super) fn refuse_line(&mut self) {
        self.lines_too_long += 1;
    }

    /// Whether there is nothing to flush.
    pub(super) fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// Whether there is so much that a flush should not wait.
    pub(super) fn is_large(&self) -> bool {
        self.sums.len() >= KEYS_MAX || self.bytes >= BYTES_MAX
    }

    /// Lines that are in the table.
    pub(super) fn lines_counted(&self) -> u64 {
        self.lines_counted
    }

    /// Lines that were read and will not be in the table.
    pub(super) fn lines_not_counted(&self) -> u64 {
        self.lines_too_long + self.lines_refused
    }

    /// What to tell about the lines that were not counted.
    pub(super) fn trouble(self) -> Vec<String> {
        let mut trouble = Vec::new();
        if self.lines_too_long > 0 {
            let lines = self.lines_too_long;
            trouble.push(format!(
                "{lines} lines are longer than a key may be (65,535 bytes) and were not counted"
            ));
        }
        if let Some(first) = self.first_refusal {
            trouble.push(format!(
                "{} lines were not counted: {first}",
                self.lines_refused
            ));
        }
        trouble
    }

    /// Adds every sum to the table. An error ends the count: the table takes no more.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        let mut sums = std::mem::take(&mut self.sums);
        self.bytes = 0;
        for (key, sum) in sums.drain() {
            let lines = sum.unsigned_abs();
            match add(&self.table, &key, sum) {
                Ok(()) => self.lines_counted += lines,
                Err(CountError::WrongType | CountError::Overflow | CountError::Missing) => {
                    self.lines_refused += lines;
                    let shown = escape(&key[..key.len().min(SHOWN_BYTES_MAX)]);
                    self.first_refusal.get_or_insert_with(|| {
                        format!("the key `{shown}` holds something else than a number, or one that would overflow")
                    });
                }
                Err(CountError::Write(error)) => {
                    let counted = self.lines_counted;
                    return Err(Failure::new(format!(
                        "stopped after {counted} lines were counted: {error}"
                    )));
                }
                Err(error) => return Err(error.into()),
            }
        }
        // The map keeps its memory for the next round.
        self.sums = sums;
        Ok(())
    }
}

/// Adds one sum, in one atomic step. `Busy` has changed nothing, so it may be tried again.
fn add(table: &Table, key: &[u8], sum: i64) -> Result<(), CountError> {
    for _ in 1..ATTEMPTS_MAX {
        match table.incr(key, sum) {
            Err(CountError::Write(WriteError::Busy)) => thread::sleep(Duration::from_millis(1)),
            result => return result.map(drop),
        }
    }
    table.incr(key, sum).map(drop)
}
