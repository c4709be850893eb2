//! A handle for one counter that remembers where it is.
use crate::maintain;
use crate::table::Table;
use quipu_core::{CountError, Ordering, ReadError, Spot, WriteError};

/// A handle adds so often until it looks whether upkeep is due.
const ADDITIONS_PER_LOOK: u32 = 1024;

/// One counter, for a thread that adds to it often: an addition is one exchange in a cell that is known already, as
/// long as no key comes or goes in its bucket; else the counter is found again by itself. For a key that many
/// processes add to all the time see [`Table::striped`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use quipu::*;
/// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
/// let mut hits = table.counter(b"hits")?;
/// assert_eq!(hits.add(1)?, 1);
/// table.delete(b"hits")?;
/// assert_eq!(hits.add(1)?, 1);
/// # Ok(()) }
/// ```
pub struct Counter {
    table: Table,
    key: Box<[u8]>,
    spot: Option<Spot>,
    /// Of the process that found the spot.
    generation: u64,
    left: u32,
}

impl Table {
    /// A handle for one counter, which need not exist yet.
    ///
    /// # Errors
    /// `KeyTooLong`.
    pub fn counter(&self, key: &[u8]) -> Result<Counter, ReadError> {
        self.inner.key(key)?;
        Ok(Counter {
            table: self.clone(),
            key: key.into(),
            spot: None,
            generation: 0,
            left: 0,
        })
    }
}

impl Counter {
    /// Adds, and returns the result. A missing key counts as 0 and gets no time to live.
    ///
    /// # Errors
    /// As for [`Table::incr`].
    #[inline]
    pub fn add(&mut self, delta: i64) -> Result<i64, CountError> {
        let inner = &self.table.inner;
        // Relaxed: stored by this process, or zeroed by the kernel in a child of fork.
        if let Some(spot) = &self.spot
            && self.left > 0
            && self.generation == inner.generation.load(Ordering::Relaxed)
            && let Some(sum) = inner.memory().add_at(&**inner, spot, delta)
        {
            self.left -= 1;
            return inner.whole(Ok(sum));
        }
        self.add_anew(delta)
    }

    #[cold]
    fn add_anew(&mut self, delta: i64) -> Result<i64, CountError> {
        let inner = &self.table.inner;
        if self.left == 0 {
            maintain::look(inner);
        }
        let key = inner.key(&self.key).map_err(WriteError::from)?;
        let sum = self.table.incr_generally(&key, delta)?;
        self.spot = inner.memory().spot(&key);
        // Relaxed: as above.
        self.generation = inner.generation.load(Ordering::Relaxed);
        self.left = ADDITIONS_PER_LOOK;
        Ok(sum)
    }

    /// Reads the counter. `None`: there is no such key.
    ///
    /// # Errors
    /// As for [`Table::get_number`].
    pub fn get(&self) -> Result<Option<i64>, CountError> {
        self.table.get_number(&self.key)
    }

    /// The counter's key.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }
}
