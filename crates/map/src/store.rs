//! Writes of whole values.
use crate::count::swap;
use crate::table::Table;
use crate::value::{Compared, Token, Ttl, ValueRef};
use crate::write::{delete, run, store, when_is};
use quipu_core::{Expiry, Lifetime, Outcome, When, WriteError};

impl Table {
    /// Stores a value, whatever there is.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"colour", "blue", Ttl::Never)?;
    /// table.set(b"seen", 1_700_000_000, Ttl::After(std::time::Duration::from_secs(60)))?;
    /// table.set(b"page", ValueRef::Bytes { bytes: b"text", flags: 7 }, Ttl::Keep)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    #[inline]
    pub fn set<'v>(
        &self,
        key: &[u8],
        value: impl Into<ValueRef<'v>>,
        ttl: Ttl,
    ) -> Result<(), WriteError> {
        let key = self.inner.key_to_write(key)?;
        let value = value.into();
        if let (ValueRef::Integer(number), Ttl::Never) = (value, ttl)
            && swap(&self.inner, &key, number).is_some()
        {
            return self.inner.whole(Ok(()));
        }
        store(&self.inner, &key, value, ttl, When::Always).map(|_| ())
    }

    /// Stores a value if there is no such key; says whether it did.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// assert!(table.add(b"leader", "me", Ttl::Never)?);
    /// assert!(!table.add(b"leader", "you", Ttl::Never)?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    pub fn add<'v>(
        &self,
        key: &[u8],
        value: impl Into<ValueRef<'v>>,
        ttl: Ttl,
    ) -> Result<bool, WriteError> {
        let key = self.inner.key_to_write(key)?;
        let outcome = store(&self.inner, &key, value.into(), ttl, When::Absent)?;
        Ok(outcome == Outcome::Done)
    }

    /// Stores a value if there is such a key; says whether it did.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// assert!(!table.replace(b"colour", "blue", Ttl::Never)?);
    /// assert!(!table.exists(b"colour")?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    pub fn replace<'v>(
        &self,
        key: &[u8],
        value: impl Into<ValueRef<'v>>,
        ttl: Ttl,
    ) -> Result<bool, WriteError> {
        let key = self.inner.key_to_write(key)?;
        let outcome = store(&self.inner, &key, value.into(), ttl, When::Present)?;
        Ok(outcome == Outcome::Done)
    }

    /// Stores a value if the entry is as a read found it. What a token can tell apart is said at [`Token`].
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"colour", "blue", Ttl::Never)?;
    /// let token = table.get_entry(b"colour")?.expect("it is there").token;
    /// assert_eq!(table.compare_and_set(b"colour", token, "a deep red", Ttl::Never)?, Compared::Done);
    /// assert_eq!(table.compare_and_set(b"colour", token, "green", Ttl::Never)?, Compared::Changed);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    pub fn compare_and_set<'v>(
        &self,
        key: &[u8],
        token: Token,
        value: impl Into<ValueRef<'v>>,
        ttl: Ttl,
    ) -> Result<Compared, WriteError> {
        let key = self.inner.key_to_write(key)?;
        store(&self.inner, &key, value.into(), ttl, when_is(token)).map(compared)
    }

    /// Deletes an entry if it is as a read found it.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"colour", "blue", Ttl::Never)?;
    /// let token = table.get_entry(b"colour")?.expect("it is there").token;
    /// assert_eq!(table.compare_and_delete(b"colour", token)?, Compared::Done);
    /// assert_eq!(table.compare_and_delete(b"colour", token)?, Compared::Missing);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    pub fn compare_and_delete(&self, key: &[u8], token: Token) -> Result<Compared, WriteError> {
        let key = self.inner.key_to_write(key)?;
        delete(&self.inner, &key, when_is(token)).map(compared)
    }

    /// Deletes an entry; says whether there was one.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.incr(b"hits", 1)?;
    /// assert!(table.delete(b"hits")?);
    /// assert!(!table.delete(b"hits")?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    pub fn delete(&self, key: &[u8]) -> Result<bool, WriteError> {
        let key = self.inner.key_to_write(key)?;
        Ok(delete(&self.inner, &key, When::Always)? == Outcome::Done)
    }

    /// Gives an entry another time to live; says whether there is such a key.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// assert!(!table.touch(b"session", Ttl::After(std::time::Duration::from_secs(60)))?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    pub fn touch(&self, key: &[u8], ttl: Ttl) -> Result<bool, WriteError> {
        let key = self.inner.key_to_write(key)?;
        match self.inner.lifetime(ttl)? {
            Lifetime::Keep => Ok(self.inner.exists(key.bytes())?),
            Lifetime::Until(expiry) => {
                let outcome = run(&self.inner, |session| {
                    session.touch(&key, expiry, When::Always)
                })?;
                Ok(outcome == Outcome::Done)
            }
        }
    }

    /// Lets an entry stay until it is deleted; says whether there is such a key.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"session", "x", Ttl::After(std::time::Duration::from_secs(60)))?;
    /// assert!(table.persist(b"session")?);
    /// assert_eq!(table.ttl(b"session")?, Some(Ttl::Never));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    pub fn persist(&self, key: &[u8]) -> Result<bool, WriteError> {
        let key = self.inner.key_to_write(key)?;
        let outcome = run(&self.inner, |session| {
            session.touch(&key, Expiry::NEVER, When::Always)
        })?;
        Ok(outcome == Outcome::Done)
    }

    /// Deletes every key that is there throughout, one after the other; returns how many.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.incr(b"hits", 1)?;
    /// assert_eq!(table.clear()?, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]; then some may be gone.
    pub fn clear(&self) -> Result<u64, WriteError> {
        run(&self.inner, |session| session.clear())
    }
}

fn compared(outcome: Outcome) -> Compared {
    match outcome {
        Outcome::Done => Compared::Done,
        Outcome::Missing => Compared::Missing,
        Outcome::Changed | Outcome::Exists => Compared::Changed,
    }
}
