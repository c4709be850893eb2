//! Numbers: each operation is one step on a word in its cell, and allocates nothing.
use crate::inner::Inner;
use crate::table::Table;
use crate::thread;
use crate::value::{Count, Ttl};
use crate::write::run;
use quipu_core::{CountError, Expiry, Extreme, Key, Lifetime, Number};

impl Table {
    /// Adds to an integer and returns the result. A missing key counts as 0 and gets no time to live.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// assert_eq!(table.incr(b"hits", 1)?, 1);
    /// assert_eq!(table.incr(b"hits", 41)?, 42);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`CountError::WrongType`], [`CountError::Overflow`], or as for any write; then nothing has changed.
    #[inline]
    pub fn incr(&self, key: &[u8], delta: i64) -> Result<i64, CountError> {
        let key = self.inner.key_to_write(key)?;
        self.incr_key(&key, delta)
    }

    #[inline(always)]
    pub(crate) fn incr_key(&self, key: &Key<'_>, delta: i64) -> Result<i64, CountError> {
        let inner = &self.inner;
        if thread::is_hot(inner)
            && let Some(sum) = inner.memory().add(&**inner, key, delta)
        {
            return inner.whole(Ok(sum));
        }
        self.incr_generally(key, delta)
    }

    #[inline(never)]
    pub(crate) fn incr_generally(&self, key: &Key<'_>, delta: i64) -> Result<i64, CountError> {
        let count = quipu_core::Count {
            delta,
            initial: Some(0),
            expiry: Expiry::NEVER,
            floor: None,
        };
        run(&self.inner, |session| session.count(key, count))
    }

    /// Subtracts from an integer and returns the result. A missing key counts as 0.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// assert_eq!(table.decr(b"credit", 5)?, -5);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As for [`Self::incr`].
    #[inline]
    pub fn decr(&self, key: &[u8], delta: i64) -> Result<i64, CountError> {
        match delta.checked_neg() {
            Some(delta) => self.incr(key, delta),
            // -2^63 has no opposite: in two steps it would not be one operation.
            None => self.incr_by_most(key),
        }
    }

    /// Adds 2^63, which is no `i64`: possible from a negative number only, hence not for a new key.
    #[cold]
    fn incr_by_most(&self, key: &[u8]) -> Result<i64, CountError> {
        crate::write::until_done(|| {
            let Some(entry) = self.get_entry(key)? else {
                return Err(CountError::Overflow);
            };
            let crate::value::Value::Integer(from) = entry.value else {
                return Err(CountError::WrongType);
            };
            let sum = from.checked_sub(i64::MIN).ok_or(CountError::Overflow)?;
            let done = self.compare_and_set(key, entry.token, sum, Ttl::Keep)?;
            Ok((done == crate::value::Compared::Done).then_some(sum))
        })
    }

    /// Adds to an integer and returns the result, with everything said: what a new key starts from and how long it
    /// lives, and what the result is not made smaller than.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// let login = Count { ttl: Ttl::After(std::time::Duration::from_secs(60)), ..Count::default() };
    /// assert_eq!(table.count(b"logins:ada", login)?, 1);
    /// let leave = Count { delta: -3, initial: None, floor: Some(0), ..Count::default() };
    /// assert_eq!(table.count(b"logins:ada", leave)?, 0);
    /// assert_eq!(table.count(b"logins:bob", leave), Err(CountError::Missing));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`CountError`]; then nothing has changed.
    pub fn count(&self, key: &[u8], count: Count) -> Result<i64, CountError> {
        let key = self.inner.key_to_write(key)?;
        let expiry = match self.inner.lifetime(count.ttl)? {
            Lifetime::Until(expiry) => expiry,
            Lifetime::Keep => Expiry::NEVER,
        };
        let Count {
            delta,
            initial,
            floor,
            ..
        } = count;
        let count = quipu_core::Count {
            delta,
            initial,
            expiry,
            floor,
        };
        run(&self.inner, |session| session.count(&key, count))
    }

    /// Adds to a float and returns the result. A missing key counts as 0.0. The result may be infinite or NaN.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// assert_eq!(table.add_float(b"load", 0.5)?, 0.5);
    /// assert_eq!(table.add_float(b"load", 0.25)?, 0.75);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`CountError::WrongType`] for an integer or bytes, or as for any write; then nothing has changed.
    pub fn add_float(&self, key: &[u8], delta: f64) -> Result<f64, CountError> {
        let key = self.inner.key_to_write(key)?;
        run(&self.inner, |session| {
            session.add_float(&key, delta, Expiry::NEVER)
        })
    }

    /// Raises an integer to `value` if it is smaller; returns the one that is stored then. A missing key is created.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// assert_eq!(table.fetch_max(b"peak", 10)?, 10);
    /// assert_eq!(table.fetch_max(b"peak", 7)?, 10);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`CountError::WrongType`], or as for any write; then nothing has changed.
    pub fn fetch_max(&self, key: &[u8], value: i64) -> Result<i64, CountError> {
        self.extreme(key, value, Extreme::Max)
    }

    /// Lowers an integer to `value` if it is larger; returns the one that is stored then. A missing key is created.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// assert_eq!(table.fetch_min(b"best", 10)?, 10);
    /// assert_eq!(table.fetch_min(b"best", 7)?, 7);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As for [`Self::fetch_max`].
    pub fn fetch_min(&self, key: &[u8], value: i64) -> Result<i64, CountError> {
        self.extreme(key, value, Extreme::Min)
    }

    fn extreme(&self, key: &[u8], value: i64, extreme: Extreme) -> Result<i64, CountError> {
        let key = self.inner.key_to_write(key)?;
        run(&self.inner, |session| {
            session.extreme(&key, value, extreme, Expiry::NEVER)
        })
    }

    /// Reads a number and resets it to zero in the same step: of what is added, nothing is lost or counted twice.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.incr(b"bytes", 1500)?;
    /// assert_eq!(table.take(b"bytes")?, Some(Number::Integer(1500)));
    /// assert_eq!(table.take(b"bytes")?, Some(Number::Integer(0)));
    /// assert_eq!(table.take(b"none")?, None);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`CountError::WrongType`] for bytes, or as for any write; then nothing has changed.
    pub fn take(&self, key: &[u8]) -> Result<Option<Number>, CountError> {
        let key = self.inner.key_to_write(key)?;
        if let Some(number) = swap(&self.inner, &key, 0) {
            return self.inner.whole(Ok(Some(Number::Integer(number))));
        }
        run(&self.inner, |session| session.take(&key))
    }
}

/// Replaces an integer the short way and returns what it was; `None`: it takes the long one.
#[inline(always)]
pub(crate) fn swap(inner: &Inner, key: &Key<'_>, number: i64) -> Option<i64> {
    if thread::is_hot(inner) {
        inner.memory().swap(inner, key, number)
    } else {
        None
    }
}
