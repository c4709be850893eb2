//! What a batch adds to totals that many of its sessions share: added up first, so that the table is touched once for
//! each of them and not once for each packet.
use super::{Store, StoreError};
use crate::event::SessionKey;
use crate::record::Totals;
use std::cell::RefCell;

/// How many totals are added up at a time: a batch comes from few NASes.
const ACCOUNTS: usize = 32;

/// The ledger of a worker: what the table was not told yet. Allocates nothing once it is made.
pub struct Ledger(RefCell<Vec<(SessionKey, Totals)>>);

impl Default for Ledger {
    fn default() -> Self {
        Self(RefCell::new(Vec::with_capacity(ACCOUNTS)))
    }
}

impl Ledger {
    /// Adds up; `false`: there is no room for another one.
    pub(super) fn add(&self, key: &SessionKey, delta: &Totals) -> bool {
        let mut accounts = self.0.borrow_mut();
        let same = |(known, _): &&mut (SessionKey, Totals)| known.as_bytes() == key.as_bytes();
        if let Some((_, sum)) = accounts.iter_mut().find(same) {
            *sum = sum.plus(delta);
            return true;
        }
        let has_room = accounts.len() < ACCOUNTS;
        if has_room {
            accounts.push((key.clone(), *delta));
        }
        has_room
    }
}

impl Store {
    /// Adds what a ledger holds to the tables. To be called for each batch, before it is committed.
    ///
    /// # Errors
    /// [`StoreError`]; what was not added stays in the ledger, for the next time.
    pub fn settle(&self, ledger: &Ledger) -> Result<(), StoreError> {
        let mut accounts = ledger.0.borrow_mut();
        while let Some((key, delta)) = accounts.last() {
            self.add(key, delta)?;
            accounts.pop();
        }
        Ok(())
    }
}
