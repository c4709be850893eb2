//! From an address to the session that has it.
use super::{Store, StoreError};
use crate::event::{ClientId, SESSION_KEY_OCTETS_MAX, SessionKey, mac_address};
use crate::packet::kind;
use crate::record::{RecordKind, SessionRecord, State, value_flags};
use quipu::{Token, Ttl, ValueRef};
use std::net::IpAddr;

/// The addresses of a session, as keys.
fn keys(client: ClientId, record: &SessionRecord) -> [Option<SessionKey>; 3] {
    let v4 = Some(record.hot.framed_ip).filter(|address| !address.is_unspecified());
    let v6 = record.cold.get(kind::FRAMED_IPV6_ADDRESS);
    let v6 = v6.and_then(|octets| <[u8; 16]>::try_from(octets).ok());
    let mac = record
        .cold
        .get(kind::CALLING_STATION_ID)
        .and_then(mac_address);
    [
        v4.map(|address| address_key(client, address.into())),
        v6.map(|octets| address_key(client, octets.into())),
        mac.map(|octets| mac_key(&octets)),
    ]
}

fn address_key(client: ClientId, address: IpAddr) -> SessionKey {
    let mut key = SessionKey::tagged(if address.is_ipv4() { b'4' } else { b'6' });
    key.push(&client.0.to_le_bytes());
    match address {
        IpAddr::V4(address) => key.push(&address.octets()),
        IpAddr::V6(address) => key.push(&address.octets()),
    }
    key
}

fn mac_key(octets: &[u8; 6]) -> SessionKey {
    let mut key = SessionKey::tagged(b'm');
    key.push(octets);
    key
}

fn is_open(record: &SessionRecord) -> bool {
    record.hot.state == State::Open
}

impl Store {
    /// Has the addresses of an open session lead to it, and those of a closed one nowhere.
    pub(super) fn index(
        &self,
        client: ClientId,
        session: &[u8],
        old: Option<&SessionRecord>,
        new: &SessionRecord,
    ) -> Result<(), StoreError> {
        let was_open = old.is_some_and(is_open);
        let before = old.filter(|_| was_open).map(|record| keys(client, record));
        let after = Some(new)
            .filter(|new| is_open(new))
            .map(|new| keys(client, new));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        for (before, after) in before.iter().zip(&after) {
            if before.as_ref().map(SessionKey::as_bytes) == after.as_ref().map(SessionKey::as_bytes)
            {
                continue;
            }
            if let Some(key) = before {
                self.remove_lead(key.as_bytes(), session)?;
            }
            if let Some(key) = after {
                let flags = value_flags(RecordKind::Index);
                let bytes = session;
                let value = ValueRef::Bytes { bytes, flags };
                self.table.set(key.as_bytes(), value, Ttl::Never)?;
            }
        }
        Ok(())
    }

    /// Removes an index entry, if it still leads to this session.
    fn remove_lead(&self, key: &[u8], session: &[u8]) -> Result<(), StoreError> {
        let mut room = [0; SESSION_KEY_OCTETS_MAX];
        if let Some((length, token)) = self.read(key, RecordKind::Index, &mut room)?
            && room[..length] == *session
        {
            self.table.compare_and_delete(key, token)?;
        }
        Ok(())
    }

    /// The addresses of a session that lead to it although it is over: two workers that began and ended it at once
    /// leave such.
    pub(super) fn leads(
        &self,
        client: ClientId,
        session: &[u8],
        record: &SessionRecord,
    ) -> Result<[Option<(SessionKey, Token)>; 3], StoreError> {
        let mut leads = [None, None, None];
        for (lead, key) in leads.iter_mut().zip(keys(client, record)) {
            let mut room = [0; SESSION_KEY_OCTETS_MAX];
            if let Some(key) = key
                && let Some((length, token)) =
                    self.read(key.as_bytes(), RecordKind::Index, &mut room)?
                && room[..length] == *session
            {
                *lead = Some((key, token));
            }
        }
        Ok(leads)
    }

    /// The key of the session that has an IP address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn session_by_address(
        &self,
        client: ClientId,
        address: IpAddr,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.session_by(&address_key(client, address))
    }

    /// The key of the session that has a MAC address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn session_by_mac(&self, address: &[u8; 6]) -> Result<Option<Vec<u8>>, StoreError> {
        self.session_by(&mac_key(address))
    }

    fn session_by(&self, key: &SessionKey) -> Result<Option<Vec<u8>>, StoreError> {
        let mut room = [0; SESSION_KEY_OCTETS_MAX];
        let found = self.read(key.as_bytes(), RecordKind::Index, &mut room)?;
        Ok(found.map(|(length, _)| room[..length].to_vec()))
    }
}
