//! Multilink bundles: what a session adds to the one that it belongs to.
use super::{ROUNDS_MAX, Store, StoreError};
use crate::event::{ClientId, Nas, SessionKey};
use crate::packet::kind;
use crate::record::{BUNDLE_OCTETS, Bundle, RecordKind, SessionFlags, SessionRecord};
use quipu::{Compared, WriteError};

fn key_of(client: ClientId, nas: &Nas<'_>, multi_session_id: &[u8]) -> SessionKey {
    let mut key = SessionKey::tagged(b'M');
    nas.write_key(client, &mut key);
    key.push(multi_session_id);
    key
}

fn id_of(record: &SessionRecord) -> Option<&[u8]> {
    record.cold.get(kind::ACCT_MULTI_SESSION_ID)
}

/// What a session is worth in its bundle.
fn worth(record: &SessionRecord) -> Bundle {
    Bundle {
        links: 1,
        links_stopped: i32::from(record.hot.flags.contains(SessionFlags::STOP_SEEN)),
        link_count: record.hot.link_count,
        links_forgotten: 0,
    }
}

impl Store {
    /// What is known about a bundle of a NAS.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn bundle(
        &self,
        client: ClientId,
        nas: &Nas<'_>,
        multi_session_id: &[u8],
    ) -> Result<Bundle, StoreError> {
        let key = key_of(client, nas, multi_session_id);
        let mut room = [0; BUNDLE_OCTETS];
        match self.read(key.as_bytes(), RecordKind::Bundle, &mut room)? {
            None => Ok(Bundle::default()),
            Some((length, _)) => Ok(Bundle::decode(&room[..length])?),
        }
    }

    /// Adds the difference of two states of a session to its bundle, which may have become known, or another. Most
    /// sessions have none, and most events change nothing in it.
    pub(super) fn book_bundle(
        &self,
        (client, nas): (ClientId, &Nas<'_>),
        old: Option<&SessionRecord>,
        new: Option<&SessionRecord>,
    ) -> Result<(), StoreError> {
        let before = old.and_then(|record| Some((id_of(record)?, worth(record))));
        let after = new.and_then(|record| Some((id_of(record)?, worth(record))));
        if before == after {
            return Ok(());
        }
        if let Some((id, worth)) = before {
            let less = Bundle {
                links: -worth.links,
                links_stopped: -worth.links_stopped,
                link_count: 0,
                links_forgotten: 0,
            };
            match after {
                Some((same, after)) if same == id => {
                    let delta = Bundle {
                        links: after.links + less.links,
                        links_stopped: after.links_stopped + less.links_stopped,
                        link_count: after.link_count,
                        links_forgotten: 0,
                    };
                    return self.add_to_bundle(&key_of(client, nas, id), &delta);
                }
                _ => self.add_to_bundle(&key_of(client, nas, id), &less)?,
            }
        }
        match after {
            Some((id, worth)) => self.add_to_bundle(&key_of(client, nas, id), &worth),
            None => Ok(()),
        }
    }

    /// A session was forgotten: so is its bundle with the last of them.
    pub(super) fn forget_link(
        &self,
        (client, nas): (ClientId, &Nas<'_>),
        record: &SessionRecord,
    ) -> Result<(), StoreError> {
        let Some(id) = id_of(record) else {
            return Ok(());
        };
        let key = key_of(client, nas, id);
        let key = key.as_bytes();
        for _ in 0..ROUNDS_MAX {
            let mut room = [0; BUNDLE_OCTETS];
            let Some((length, token)) = self.read(key, RecordKind::Bundle, &mut room)? else {
                return Ok(());
            };
            let mut bundle = Bundle::decode(&room[..length])?;
            bundle.links_forgotten = bundle.links_forgotten.saturating_add(1);
            let is_done = if bundle.links_forgotten >= bundle.links {
                self.table.compare_and_delete(key, token)? == Compared::Done
            } else {
                self.put(key, Some(token), &bundle.encode(), RecordKind::Bundle)?
            };
            if is_done {
                return Ok(());
            }
        }
        Err(WriteError::Busy.into())
    }

    fn add_to_bundle(&self, key: &SessionKey, delta: &Bundle) -> Result<(), StoreError> {
        for _ in 0..ROUNDS_MAX {
            let mut room = [0; BUNDLE_OCTETS];
            let found = self.read(key.as_bytes(), RecordKind::Bundle, &mut room)?;
            let mut bundle = match found {
                None => Bundle::default(),
                Some((length, _)) => Bundle::decode(&room[..length])?,
            };
            bundle.links = bundle.links.saturating_add(delta.links);
            bundle.links_stopped = bundle.links_stopped.saturating_add(delta.links_stopped);
            bundle.link_count = bundle.link_count.max(delta.link_count);
            let token = found.map(|(_, token)| token);
            if self.put(key.as_bytes(), token, &bundle.encode(), RecordKind::Bundle)? {
                return Ok(());
            }
        }
        Err(WriteError::Busy.into())
    }
}
