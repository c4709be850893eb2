//! Recovery: the tables become what a replay of the log has built.
use super::{Store, StoreError};
use quipu::{Entry, Ttl};

/// The tags of what the log tells: all but counters and reservations.
const TOLD: &[u8] = b"senuNcp46m";

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
}

fn is_told(key: &[u8]) -> bool {
    key.first().is_some_and(|tag| TOLD.contains(tag))
}

fn is_equal(ours: Option<&Entry>, theirs: &Entry) -> bool {
    ours.is_some_and(|ours| ours.value == theirs.value)
}
