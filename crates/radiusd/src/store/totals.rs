//! Totals of users, NASes, clients and periods.
use super::{ROUNDS_MAX, Store, StoreError};
use crate::event::{ClientId, Nas, SessionKey};
use crate::record::{RecordKind, TOTALS_OCTETS, Totals};
use quipu::WriteError;

/// The key of a client's totals, or of something of a client.
fn key_of(tag: u8, client: ClientId, rest: &[u8]) -> SessionKey {
    let mut key = SessionKey::tagged(tag);
    key.push(&client.0.to_le_bytes());
    key.push(rest);
    key
}

/// The key of a client's totals.
pub(super) fn client_key(client: ClientId) -> SessionKey {
    key_of(b'c', client, &[])
}

/// The key of a NAS's totals.
pub(super) fn nas_key(client: ClientId, nas: &Nas<'_>) -> SessionKey {
    let mut key = SessionKey::tagged(b'N');
    nas.write_key(client, &mut key);
    key
}

impl Store {
    /// The totals of a user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn user_totals(&self, client: ClientId, user: &[u8]) -> Result<Totals, StoreError> {
        self.totals(&key_of(b'u', client, user))
    }

    /// The totals of a NAS.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn nas_totals(&self, client: ClientId, nas: &Nas<'_>) -> Result<Totals, StoreError> {
        self.totals(&nas_key(client, nas))
    }

    /// The totals of a client.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn client_totals(&self, client: ClientId) -> Result<Totals, StoreError> {
        self.totals(&client_key(client))
    }

    /// What was added while a period lasted. It is named by any time in it, in milliseconds since 1970.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn period_totals(&self, time_ms: u64) -> Result<Totals, StoreError> {
        self.totals(&self.period_key(time_ms))
    }

    pub(super) fn is_same_period(&self, one_ms: u64, other_ms: u64) -> bool {
        self.first_second(one_ms) == self.first_second(other_ms)
    }

    fn first_second(&self, time_ms: u64) -> u64 {
        time_ms / 1000 / self.period_s * self.period_s
    }

    pub(super) fn period_key(&self, time_ms: u64) -> SessionKey {
        let first_s = self.first_second(time_ms);
        let mut key = SessionKey::tagged(b'p');
        key.push(&first_s.to_le_bytes());
        key
    }

    fn totals(&self, key: &SessionKey) -> Result<Totals, StoreError> {
        let mut room = [0; TOTALS_OCTETS];
        match self.read(key.as_bytes(), RecordKind::Totals, &mut room)? {
            None => Ok(Totals::default()),
            Some((length, _)) => Ok(Totals::decode(&room[..length])?),
        }
    }

    pub(super) fn add_to_user(
        &self,
        client: ClientId,
        user: Option<&[u8]>,
        delta: &Totals,
    ) -> Result<(), StoreError> {
        match user {
            Some(user) => self.add(&key_of(b'u', client, user), delta),
            None => Ok(()),
        }
    }

    pub(super) fn add_to_client(&self, client: ClientId, delta: &Totals) -> Result<(), StoreError> {
        self.add(&client_key(client), delta)
    }

    pub(super) fn add_to_period(&self, time_ms: u64, delta: &Totals) -> Result<(), StoreError> {
        self.add(&self.period_key(time_ms), delta)
    }

    pub(super) fn add(&self, key: &SessionKey, delta: &Totals) -> Result<(), StoreError> {
        if delta.is_zero() {
            return Ok(());
        }
        for _ in 0..ROUNDS_MAX {
            let mut room = [0; TOTALS_OCTETS];
            let found = self.read(key.as_bytes(), RecordKind::Totals, &mut room)?;
            let old = match found {
                None => Totals::default(),
                Some((length, _)) => Totals::decode(&room[..length])?,
            };
            let token = found.map(|(_, token)| token);
            let bytes = old.plus(delta).encode();
            if self.put(key.as_bytes(), token, &bytes, RecordKind::Totals)? {
                return Ok(());
            }
        }
        Err(WriteError::Busy.into())
    }
}
