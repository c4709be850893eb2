//! Simultaneous-Use without a race: a place is kept from the authentication to the Start, or for a while.
use super::{ROUNDS_MAX, Store, StoreError};
use crate::event::{ClientId, SessionKey};
use crate::record::{BadRecord, RecordKind};
use quipu::WriteError;

/// The most places that are kept for one user at a time.
const PLACES_MAX: usize = 64;

/// What somebody who wants in gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// A place.
    Kept,
    /// None: all are taken, or kept for others.
    Refused,
}

/// The places that are kept: when each of them is given up, in milliseconds since 1970.
struct Places {
    room: [u8; PLACES_MAX * 8],
    length: usize,
}

impl Places {
    /// Leaves out what is over.
    fn prune(&mut self, now_ms: u64) {
        let mut kept = 0;
        for at in (0..self.length).step_by(8) {
            let place: [u8; 8] = self.room[at..at + 8].try_into().unwrap_or_default();
            if u64::from_le_bytes(place) > now_ms {
                self.room[kept..kept + 8].copy_from_slice(&place);
                kept += 8;
            }
        }
        self.length = kept;
    }
}

fn key_of(client: ClientId, user: &[u8]) -> SessionKey {
    let mut key = SessionKey::tagged(b'r');
    key.push(&client.0.to_le_bytes());
    key.push(user);
    key
}

impl Store {
    /// Keeps a place for a session of a user, if the user has less than so many open sessions and places. The place
    /// is given up after a while, or taken by the next session of the user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reserve(
        &self,
        client: ClientId,
        user: &[u8],
        sessions_max: u32,
        now_ms: u64,
        kept_ms: u64,
    ) -> Result<Reservation, StoreError> {
        let key = key_of(client, user);
        for _ in 0..ROUNDS_MAX {
            let mut places = Places {
                room: [0; PLACES_MAX * 8],
                length: 0,
            };
            let found = self.read(key.as_bytes(), RecordKind::Reserve, &mut places.room)?;
            if let Some((length, _)) = found {
                if length % 8 != 0 {
                    return Err(BadRecord::Length.into());
                }
                places.length = length;
                places.prune(now_ms);
            }
            // Read after the places: a session that has begun since has taken its place, and the exchange fails.
            let open = self.user_totals(client, user)?.open.max(0);
            let kept = i64::try_from(places.length / 8).unwrap_or(i64::MAX);
            let is_full = places.length == places.room.len();
            if is_full || open.saturating_add(kept) >= i64::from(sessions_max) {
                return Ok(Reservation::Refused);
            }
            let until = now_ms.saturating_add(kept_ms).to_le_bytes();
            places.room[places.length..places.length + 8].copy_from_slice(&until);
            let bytes = &places.room[..places.length + 8];
            let token = found.map(|(_, token)| token);
            if self.put(key.as_bytes(), token, bytes, RecordKind::Reserve)? {
                return Ok(Reservation::Kept);
            }
        }
        Err(WriteError::Busy.into())
    }

    /// A session of a user has begun: it takes the place that was kept first, if there is one.
    pub(super) fn use_reservation(
        &self,
        client: ClientId,
        user: Option<&[u8]>,
        now_ms: u64,
    ) -> Result<(), StoreError> {
        let Some(user) = user else {
            return Ok(());
        };
        let key = key_of(client, user);
        for _ in 0..ROUNDS_MAX {
            let mut places = Places {
                room: [0; PLACES_MAX * 8],
                length: 0,
            };
            let found = self.read(key.as_bytes(), RecordKind::Reserve, &mut places.room)?;
            let Some((length, token)) = found else {
                return Ok(());
            };
            places.length = length - length % 8;
            places.prune(now_ms);
            let done = if places.length <= 8 {
                self.table.compare_and_delete(key.as_bytes(), token)? == quipu::Compared::Done
            } else {
                let bytes = &places.room[8..places.length];
                self.put(key.as_bytes(), Some(token), bytes, RecordKind::Reserve)?
            };
            if done {
                return Ok(());
            }
        }
        Err(WriteError::Busy.into())
    }
}
