//! Recovery: the tables become what a replay of the log has built.
use super::{Store, StoreError};
use crate::record::BadRecord;
use quipu::{Entry, Ttl, Value, ValueRef};

/// An entry that the log tells: its key, the flags of its value, and the value.
type Told = (Vec<u8>, u32, Vec<u8>);

/// The tags of what the log tells: all but counters and reservations.
const TOLD: &[u8] = b"senuNcp46mM";

impl Store {
    /// Makes this store hold what another one holds, which was built by a replay: a snapshot, and the log behind it.
    /// What is equal stays untouched, so that readers see no gap; what the log does not tell, counters and
    /// reservations, stays as well. Returns how many entries were put right. Nobody may apply events meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]; then it is to be called again.
    pub fn take_over(&self, replayed: &Self) -> Result<u64, StoreError> {
        let mut changed = 0;
        for item in replayed.table.scan() {
            let (key, entry) = item?;
            // What cannot be read is not equal.
            let ours = self.table.get_entry(&key).unwrap_or_default();
            if is_told(&key) && !is_equal(ours.as_ref(), &entry) {
                self.table.set(&key, &entry.value, Ttl::Never)?;
                changed += 1;
            }
        }
        for item in self.table.scan() {
            let (key, _) = item?;
            if is_told(&key) && !replayed.table.exists(&key)? {
                self.table.delete(&key)?;
                changed += 1;
            }
        }
        Ok(changed)
    }

    /// All entries that the log tells, in no order.
    pub(crate) fn told(&self) -> impl Iterator<Item = Result<Told, StoreError>> {
        self.table.scan().filter_map(|item| match item {
            Ok((key, entry)) if is_told(&key) => match entry.value {
                Value::Bytes { bytes, flags } => Some(Ok((key, flags, bytes))),
                _ => Some(Err(BadRecord::Flags.into())),
            },
            Ok(_) => None,
            Err(error) => Some(Err(error.into())),
        })
    }

    /// Stores an entry of [`Self::told`].
    pub(crate) fn put_told(&self, key: &[u8], flags: u32, bytes: &[u8]) -> Result<(), StoreError> {
        let value = ValueRef::Bytes { bytes, flags };
        Ok(self.table.set(key, value, Ttl::Never)?)
    }
}

fn is_told(key: &[u8]) -> bool {
    key.first().is_some_and(|tag| TOLD.contains(tag))
}

fn is_equal(ours: Option<&Entry>, theirs: &Entry) -> bool {
    ours.is_some_and(|ours| ours.value == theirs.value)
}
