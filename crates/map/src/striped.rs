//! Striped counters: for a key that every process adds to, all the time.
use crate::handle::Handle;
use crate::table::Table;
use crate::write::run;
use quipu_core::{CountError, ReadError, Stripe};

/// One counter that many processes add to at the same time without disturbing each other: it is kept as several
/// lanes, each in a cache line of its own, and is their sum.
///
/// The addition says nothing about the result. To everything else the counter is an integer as any other, and an
/// operation that needs its exact number at one moment (`incr`, `take`, `set`, `delete`, ...) gets it: it makes the
/// counter a plain one in the same step, and the next addition by a handle makes it striped again. That costs about
/// a microsecond: a counter that is read often and taken now and then is right for this, one that is taken as often
/// as it is added to is not.
///
/// - Nothing is lost or counted twice, whoever is killed when: each addition is one exchange, in the counter.
/// - A read sums the lanes one after the other. What is added meanwhile may or may not be in it; at rest it is exact.
/// - It counts modulo 2^64: where [`Table::incr`] answers `Overflow`, this wraps around.
/// - A table has room for 1,024 of them; further ones, and counters with a time to live, stay plain, which is slower
///   under contention and not otherwise different.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use quipu::*;
/// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
/// let mut hits = table.striped(b"hits")?;
/// hits.add(1)?;
/// hits.add(41)?;
/// assert_eq!(table.get_number(b"hits")?, Some(42));
/// assert_eq!(table.take(b"hits")?, Some(Number::Integer(42)));
/// # Ok(()) }
/// ```
pub struct Striped {
    handle: Handle,
    stripe: Option<Stripe>,
}

impl Table {
    /// A handle for one counter that many processes add to, which need not exist yet.
    ///
    /// # Errors
    /// `KeyTooLong`.
    pub fn striped(&self, key: &[u8]) -> Result<Striped, ReadError> {
        Ok(Striped {
            handle: Handle::new(self, key)?,
            stripe: None,
        })
    }
}

impl Striped {
    /// Adds. A missing key counts as 0 and gets no time to live.
    ///
    /// # Errors
    /// [`CountError::WrongType`], or as for any write; then nothing has changed.
    #[inline]
    pub fn add(&mut self, delta: i64) -> Result<(), CountError> {
        let inner = self.handle.inner();
        if let Some(stripe) = &self.stripe
            && self.handle.is_good()
            && inner.memory().add_at_stripe(stripe, delta)
        {
            let result = inner.whole(Ok(()));
            self.handle.added();
            return result;
        }
        self.add_anew(delta)
    }

    #[cold]
    fn add_anew(&mut self, delta: i64) -> Result<(), CountError> {
        let key = self.handle.look()?;
        self.stripe = run(self.handle.inner(), |session| {
            session.add_striped(&key, delta)
        })?;
        self.handle.renew();
        Ok(())
    }

    /// Reads the counter: the sum of its lanes. `None`: there is no such key.
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
