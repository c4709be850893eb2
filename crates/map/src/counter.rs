//! A handle for one counter that remembers where it is.
use crate::handle::Handle;
use crate::table::Table;
use quipu_core::{CountError, ReadError, Spot};

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
    handle: Handle,
    spot: Option<Spot>,
}

impl Table {
    /// A handle for one counter, which need not exist yet.
    ///
    /// # Errors
    /// `KeyTooLong`.
    pub fn counter(&self, key: &[u8]) -> Result<Counter, ReadError> {
        Ok(Counter {
            handle: Handle::new(self, key)?,
            spot: None,
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
        let inner = self.handle.inner();
        if let Some(spot) = &self.spot
            && self.handle.is_good()
            && let Some(sum) = inner.memory().add_at(&**inner, spot, delta)
        {
            let result = inner.whole(Ok(sum));
            self.handle.added();
            return result;
        }
        self.add_anew(delta)
    }

    #[cold]
    fn add_anew(&mut self, delta: i64) -> Result<i64, CountError> {
        let key = self.handle.look()?;
        let sum = self.handle.table.incr_generally(&key, delta)?;
        self.spot = self.handle.inner().memory().spot(&key);
        self.handle.renew();
        Ok(sum)
    }

    /// Reads the counter. `None`: there is no such key.
    ///
    /// # Errors
    /// As for [`Table::get_number`].
    pub fn get(&self) -> Result<Option<i64>, CountError> {
        self.handle.get()
    }

    /// The counter's key.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        self.handle.key()
    }
}
