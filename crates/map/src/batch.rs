//! Operations on several keys: in batches of 16 they are hashed, their lines asked for, and then executed in order.
//! A batch costs little more than the slowest of its cache misses.
use crate::inner::View;
use crate::table::Table;
use crate::value::{Copied, Ttl, Value, ValueRef};
use crate::view::value_of;
use crate::write::store;
use quipu_core::{CountError, Intention, Key, ReadError, When, WriteError};

/// Lines that a processor fetches at the same time, about.
const BATCH: usize = 16;

impl View {
    /// Executes an operation for each item, in order; ends with the first error.
    #[inline(always)]
    fn in_batches<T, E: From<ReadError>>(
        &self,
        items: &[T],
        key_of: impl Fn(&T) -> &[u8],
        intention: Intention,
        mut operation: impl FnMut(&T, &Key<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let memory = self.memory();
        for batch in items.chunks(BATCH) {
            let mut hashes = [0; BATCH];
            for (hash, item) in hashes.iter_mut().zip(batch) {
                *hash = self.hasher.hash(key_of(item));
                memory.prefetch_bucket(*hash, intention);
            }
            for (hash, _) in hashes.iter().zip(batch) {
                memory.prefetch_entry(*hash, intention);
            }
            for (hash, item) in hashes.iter().zip(batch) {
                let key = self.hasher.key_of(key_of(item), *hash);
                operation(item, &key.ok_or(ReadError::KeyTooLong)?)?;
            }
        }
        Ok(())
    }

    pub(crate) fn multi_get<K: AsRef<[u8]>>(
        &self,
        keys: &[K],
    ) -> Result<Vec<Option<Value>>, ReadError> {
        let mut values = Vec::with_capacity(keys.len());
        self.in_batches(keys, K::as_ref, Intention::Read, |_, key| {
            let mut bytes = Vec::new();
            let record = self.read(key, &mut bytes)?;
            values.push(record.map(|record| value_of(record.value, bytes)));
            Ok::<_, ReadError>(())
        })?;
        Ok(values)
    }

    pub(crate) fn multi_get_with<K: AsRef<[u8]>>(
        &self,
        keys: &[K],
        mut show: impl FnMut(Option<Copied>, &[u8]),
    ) -> Result<(), ReadError> {
        let mut bytes = Vec::new();
        self.in_batches(keys, K::as_ref, Intention::Read, |_, key| {
            let record = self.read(key, &mut bytes)?;
            let copied = record.map(|record| self.copied(&record, bytes.len()));
            let copied = self.whole(Ok::<_, ReadError>(copied))?;
            show(copied, &bytes);
            Ok(())
        })
    }

    pub(crate) fn multi_get_number<K: AsRef<[u8]>>(
        &self,
        keys: &[K],
    ) -> Result<Vec<Option<i64>>, CountError> {
        let mut numbers = Vec::with_capacity(keys.len());
        self.in_batches(keys, K::as_ref, Intention::Read, |_, key| {
            numbers.push(self.number_of(key)?);
            Ok::<_, CountError>(())
        })?;
        Ok(numbers)
    }
}

impl Table {
    /// Reads several values, in the order of their keys. Each is read at a moment of its own.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"a", 1, Ttl::Never)?;
    /// assert_eq!(table.multi_get(&["a", "b"])?, [Some(Value::Integer(1)), None]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ReadError`]: then nothing is returned.
    pub fn multi_get(&self, keys: &[impl AsRef<[u8]>]) -> Result<Vec<Option<Value>>, ReadError> {
        self.inner.multi_get(keys)
    }

    /// Reads several entries, in the order of their keys, and shows each to a function, with the bytes of its value.
    /// Each is read at a moment of its own. Allocates no more than room for the longest of them.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"a", "one", Ttl::Never)?;
    /// let mut found = Vec::new();
    /// table.multi_get_with(&["a", "b"], |entry, bytes| found.push(entry.map(|_| bytes.to_vec())))?;
    /// assert_eq!(found, [Some(b"one".to_vec()), None]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ReadError`] of the first that fails; the function has seen those before it.
    pub fn multi_get_with(
        &self,
        keys: &[impl AsRef<[u8]>],
        show: impl FnMut(Option<Copied>, &[u8]),
    ) -> Result<(), ReadError> {
        self.inner.multi_get_with(keys, show)
    }

    /// Reads several integers, in the order of their keys. Each is read at a moment of its own.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.incr(b"a", 7)?;
    /// assert_eq!(table.multi_get_number(&["a", "b"])?, [Some(7), None]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As for [`Self::get_number`]: then nothing is returned.
    pub fn multi_get_number(
        &self,
        keys: &[impl AsRef<[u8]>],
    ) -> Result<Vec<Option<i64>>, CountError> {
        self.inner.multi_get_number(keys)
    }

    /// Adds to several integers, one after the other, and returns the results.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// assert_eq!(table.multi_incr(&[("a", 1), ("b", 2), ("a", 1)])?, [1, 2, 2]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`CountError`] of the first that fails; then those before it have changed.
    pub fn multi_incr(&self, deltas: &[(impl AsRef<[u8]>, i64)]) -> Result<Vec<i64>, CountError> {
        let mut sums = Vec::with_capacity(deltas.len());
        self.inner.in_batches(
            deltas,
            |(key, _)| key.as_ref(),
            Intention::Write,
            |(_, delta), key| {
                sums.push(self.incr_key(key, *delta)?);
                Ok::<_, CountError>(())
            },
        )?;
        Ok(sums)
    }

    /// Stores several values, one after the other.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.multi_set(&[("a", 1), ("b", 2)], Ttl::Never)?;
    /// assert_eq!(table.len(), 2);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WriteError`] of the first that fails; then those before it are stored.
    pub fn multi_set<'v, K: AsRef<[u8]>, V: Into<ValueRef<'v>> + Copy>(
        &self,
        entries: &[(K, V)],
        ttl: Ttl,
    ) -> Result<(), WriteError> {
        let inner = &self.inner;
        inner.in_batches(
            entries,
            |(key, _)| key.as_ref(),
            Intention::Write,
            |(_, value), key| store(inner, key, (*value).into(), ttl, When::Always).map(|_| ()),
        )
    }
}
