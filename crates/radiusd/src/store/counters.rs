//! Counters of requests (RFC 4671), for each client and for all of the server.
use super::{Store, StoreError};
use crate::event::{ClientId, SessionKey};
use crate::packet::Discard;
use quipu::{CountError, WriteError};

/// What is counted. The number is the last octet of the key (docs/radius-record.md 2).
#[allow(missing_docs, reason = "they are named as RFC 4671 names them")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counter {
    Requests = 0,
    InvalidRequests = 1,
    DupRequests = 2,
    Responses = 3,
    MalformedRequests = 4,
    BadAuthenticators = 5,
    BadMessageAuthenticators = 6,
    PacketsDropped = 7,
    NoRecords = 8,
    UnknownTypes = 9,
    SemanticRepetitions = 10,
    CounterRegressions = 11,
    Wraps = 12,
    IdReuse = 13,
    LateEvents = 14,
    StopWithoutCounters = 15,
    WithoutStart = 16,
    Reopened = 17,
}

impl From<Discard> for Counter {
    fn from(discard: Discard) -> Self {
        match discard {
            Discard::UnknownClient => Self::InvalidRequests,
            Discard::UnknownCode(_) => Self::UnknownTypes,
            Discard::Malformed(_) | Discard::Forbidden(_) => Self::MalformedRequests,
            Discard::Authenticator => Self::BadAuthenticators,
            Discard::MessageAuthenticator => Self::BadMessageAuthenticators,
            Discard::NotFresh => Self::PacketsDropped,
        }
    }
}

fn key_of(client: Option<ClientId>, counter: Counter) -> SessionKey {
    let mut key = SessionKey::tagged(b'C');
    let ClientId(number) = client.unwrap_or(ClientId(0));
    key.push(&number.to_le_bytes());
    key.push(&[counter as u8]);
    key
}

fn stored(error: CountError) -> StoreError {
    match error {
        CountError::Write(error) => error.into(),
        // A counter that is full, or no number: as bad as no room.
        _ => WriteError::Busy.into(),
    }
}

impl Store {
    /// Counts something of a client, or of nobody's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count(&self, client: Option<ClientId>, counter: Counter) -> Result<(), StoreError> {
        let key = key_of(client, counter);
        self.table.incr(key.as_bytes(), 1).map_err(stored)?;
        Ok(())
    }

    /// What was counted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn counted(&self, client: Option<ClientId>, counter: Counter) -> Result<i64, StoreError> {
        let key = key_of(client, counter);
        let number = self.table.get_number(key.as_bytes()).map_err(stored)?;
        Ok(number.unwrap_or(0))
    }
}
