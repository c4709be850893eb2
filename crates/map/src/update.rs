//! Writes that depend on what is there: a consistent read, then a write on condition that nothing has changed; as
//! often as somebody else is faster.
use crate::sys;
use crate::table::Table;
use crate::value::{Entry, Token, Ttl, Update, ValueRef};
use crate::write::{delete, run, store, unchanged, until_done, when_is};
use quipu_core::{
    Armed, CountError, Key, Lifetime, Outcome, RecordValue, When, WriteError, layout::control,
};
use std::time::{Duration, Instant};

/// A waiter looks by itself so often: whoever made a change may have died before it told.
const SLEEP_MAX: Duration = Duration::from_millis(50);

/// Where bytes are added.
#[derive(Clone, Copy)]
enum End {
    Front,
    Back,
}

impl Table {
    /// Changes an entry by a function of what is there. The function is called again whenever somebody else was
    /// faster, so it should have no effect of its own; it may use tables, this one too. What it returns besides the
    /// change is returned for the call that took effect.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// let length = table.update(b"log", |entry| {
    ///     let mut text = entry.and_then(|entry| entry.value.as_bytes()).unwrap_or(b"").to_vec();
    ///     text.extend_from_slice(b"line\n");
    ///     let length = text.len();
    ///     (Update::Set(Value::bytes(text), Ttl::Keep), length)
    /// })?;
    /// assert_eq!(length, 5);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed. `Busy` after 2^20 conflicts.
    pub fn update<R>(
        &self,
        key: &[u8],
        mut change: impl FnMut(Option<&Entry>) -> (Update, R),
    ) -> Result<R, WriteError> {
        let key = self.inner.key_to_write(key)?;
        until_done(|| {
            let entry = self.inner.entry_of(&key)?;
            let (update, result) = change(entry.as_ref());
            let done = match (update, &entry) {
                (Update::Set(value, ttl), entry) => {
                    let when = unchanged(entry.as_ref());
                    store(&self.inner, &key, ValueRef::from(&value), ttl, when)? == Outcome::Done
                }
                (Update::Delete, Some(entry)) => self.delete_if(&key, entry.token)?,
                (Update::Delete, None) | (Update::Keep, _) => true,
            };
            Ok(done.then_some(result))
        })
    }

    /// Stores a value, and returns the entry that it replaced.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// assert_eq!(table.get_and_set(b"colour", "blue", Ttl::Never)?, None);
    /// let old = table.get_and_set(b"colour", "red", Ttl::Never)?.expect("it is there");
    /// assert_eq!(old.value, Value::bytes(*b"blue"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    pub fn get_and_set<'v>(
        &self,
        key: &[u8],
        value: impl Into<ValueRef<'v>>,
        ttl: Ttl,
    ) -> Result<Option<Entry>, WriteError> {
        let (key, value) = (self.inner.key_to_write(key)?, value.into());
        until_done(|| {
            let entry = self.inner.entry_of(&key)?;
            let outcome = store(&self.inner, &key, value, ttl, unchanged(entry.as_ref()))?;
            Ok((outcome == Outcome::Done).then_some(entry))
        })
    }

    /// Deletes an entry, and returns it: exactly as it was last, and to one caller only.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.incr(b"session", 7)?;
    /// assert_eq!(table.get_and_delete(b"session")?.expect("it is there").value, Value::Integer(7));
    /// assert_eq!(table.get_and_delete(b"session")?, None);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    pub fn get_and_delete(&self, key: &[u8]) -> Result<Option<Entry>, WriteError> {
        let key = self.inner.key_to_write(key)?;
        until_done(|| {
            let Some(entry) = self.inner.entry_of(&key)? else {
                return Ok(Some(None));
            };
            Ok(self.delete_if(&key, entry.token)?.then_some(Some(entry)))
        })
    }

    /// Reads an entry and gives it another time to live, which the entry that is returned has.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"session", "x", Ttl::After(std::time::Duration::from_secs(60)))?;
    /// let entry = table.get_and_touch(b"session", Ttl::Never)?.expect("it is there");
    /// assert_eq!(entry.ttl, Ttl::Never);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    pub fn get_and_touch(&self, key: &[u8], ttl: Ttl) -> Result<Option<Entry>, WriteError> {
        let key = self.inner.key_to_write(key)?;
        let Lifetime::Until(expiry) = self.inner.lifetime(ttl)? else {
            return Ok(self.inner.entry_of(&key)?);
        };
        until_done(|| {
            let Some(mut entry) = self.inner.entry_of(&key)? else {
                return Ok(Some(None));
            };
            let when = when_is(entry.token);
            let outcome = run(&self.inner, |session| session.touch(&key, expiry, when))?;
            entry.ttl = self.inner.clock.left(self.inner.memory(), expiry);
            Ok((outcome == Outcome::Done).then_some(Some(entry)))
        })
    }

    /// Adds bytes behind a value; returns its new length. Keeps its flags and time to live.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"log", "one", Ttl::Never)?;
    /// assert_eq!(table.append(b"log", b",two")?, 7);
    /// assert_eq!(table.append(b"none", b"x"), Err(CountError::Missing));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`CountError::Missing`], [`CountError::WrongType`] for a number, or as for any write; then nothing has
    /// changed.
    pub fn append(&self, key: &[u8], bytes: &[u8]) -> Result<usize, CountError> {
        self.extend(key, bytes, End::Back)
    }

    /// Adds bytes in front of a value; returns its new length. Keeps its flags and time to live.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"log", "two", Ttl::Never)?;
    /// assert_eq!(table.prepend(b"log", b"one,")?, 7);
    /// assert_eq!(table.get(b"log")?, Some(Value::bytes(*b"one,two")));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As for [`Self::append`].
    pub fn prepend(&self, key: &[u8], bytes: &[u8]) -> Result<usize, CountError> {
        self.extend(key, bytes, End::Front)
    }

    fn extend(&self, key: &[u8], more: &[u8], end: End) -> Result<usize, CountError> {
        let key = self.inner.key_to_write(key)?;
        let mut bytes = Vec::new();
        until_done(|| {
            let record = self
                .inner
                .read(&key, &mut bytes)?
                .ok_or(CountError::Missing)?;
            let RecordValue::Bytes { flags } = record.value else {
                return Err(CountError::WrongType);
            };
            match end {
                End::Back => bytes.extend_from_slice(more),
                End::Front => drop(bytes.splice(..0, more.iter().copied())),
            }
            let value = ValueRef::Bytes {
                bytes: &bytes,
                flags,
            };
            let when = When::Is(record.token);
            let outcome = store(&self.inner, &key, value, Ttl::Keep, when)?;
            Ok((outcome == Outcome::Done).then_some(bytes.len()))
        })
    }

    fn delete_if(&self, key: &Key<'_>, token: Token) -> Result<bool, WriteError> {
        Ok(delete(&self.inner, key, when_is(token))? == Outcome::Done)
    }

    /// Waits until an entry is in another state than `seen` (`None`: absent), at most so long. `true`: it is.
    ///
    /// What changed, and how often, is for the caller to read; [`Token`] says which changes cannot be told apart. A
    /// change is noticed at once, and at the latest after 50 ms.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// # let other = table.clone();
    /// # let writer = std::thread::spawn(move || other.incr(b"ready", 1));
    /// // In another thread or process: table.incr(b"ready", 1)?;
    /// assert!(table.wait(b"ready", None, std::time::Duration::from_secs(10))?);
    /// # writer.join().expect("no panic")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]: a waiter leaves a note in the table. `Removed` ends the wait.
    pub fn wait(
        &self,
        key: &[u8],
        seen: Option<Token>,
        timeout: Duration,
    ) -> Result<bool, WriteError> {
        let key = self.inner.key_to_write(key)?;
        let seen = seen.map(|token| quipu_core::Token(token.0));
        // `None`: later than any clock will ever say.
        let end = Instant::now().checked_add(timeout);
        loop {
            let armed = run(&self.inner, |session| session.arm(&key, seen))?;
            let Armed::Sleep { word, value } = armed else {
                return Ok(true);
            };
            let left = end.map_or(SLEEP_MAX, |end| {
                end.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return Ok(false);
            }
            if let Some(word) = self.inner.memory().control.get(control::WAIT + word) {
                sys::futex_wait(word, low_half(value), left.min(SLEEP_MAX));
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a futex compares 32 bits")]
const fn low_half(word: u64) -> u32 {
    word as u32
}
