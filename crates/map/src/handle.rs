//! What the handles for one counter have in common: its key, and for how long what they remember of it is good.
use crate::inner::Inner;
use crate::maintain;
use crate::table::Table;
use quipu_core::{CountError, Key, Ordering, ReadError, WriteError};
use std::sync::Arc;

/// A handle adds so often until it looks whether upkeep is due.
const ADDITIONS_PER_LOOK: u32 = 1024;

pub(crate) struct Handle {
    pub(crate) table: Table,
    key: Box<[u8]>,
    /// Of the process that found the counter.
    generation: u64,
    left: u32,
}

impl Handle {
    pub(crate) fn new(table: &Table, key: &[u8]) -> Result<Self, ReadError> {
        table.inner.key(key)?;
        Ok(Self {
            table: table.clone(),
            key: key.into(),
            generation: 0,
            left: 0,
        })
    }

    #[inline(always)]
    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.table.inner
    }

    /// Whether what was remembered is this process's, and no look at the clock is due.
    #[inline(always)]
    pub(crate) fn is_good(&self) -> bool {
        // Relaxed: stored by this process, or zeroed by the kernel in a child of fork.
        self.left > 0 && self.generation == self.inner().generation.load(Ordering::Relaxed)
    }

    /// Counts an addition.
    #[inline(always)]
    pub(crate) fn added(&mut self) {
        self.left -= 1;
    }

    /// Before the counter is found again: does the upkeep if it is due. Returns the key.
    pub(crate) fn look(&self) -> Result<Key<'_>, WriteError> {
        if self.left == 0 {
            maintain::look(self.inner());
        }
        self.inner().key(&self.key).map_err(WriteError::from)
    }

    /// What is remembered now was found by this process.
    pub(crate) fn renew(&mut self) {
        // Relaxed: as above.
        self.generation = self.inner().generation.load(Ordering::Relaxed);
        self.left = ADDITIONS_PER_LOOK;
    }

    pub(crate) fn get(&self) -> Result<Option<i64>, CountError> {
        self.table.get_number(&self.key)
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }
}
