//! The names of clients, so that readers need no configuration.
use super::{Store, StoreError};
use crate::event::{ClientId, SessionKey};
use crate::record::{RecordKind, value_flags};
use quipu::{Ttl, ValueRef};

/// The key of a client's name.
#[must_use]
pub fn name_key(client: ClientId) -> SessionKey {
    let mut key = SessionKey::tagged(b'k');
    key.push(&client.0.to_le_bytes());
    key
}

impl Store {
    /// Has readers find the name of a client: at the start, and when the configuration changes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn name_client(&self, client: ClientId, name: &str) -> Result<(), StoreError> {
        let bytes = name.as_bytes();
        let flags = value_flags(RecordKind::Name);
        let value = ValueRef::Bytes { bytes, flags };
        self.table
            .set(name_key(client).as_bytes(), value, Ttl::Never)?;
        Ok(())
    }
}
