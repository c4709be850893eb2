//! Why a request is not answered.
use crate::config::Client;
use crate::net::Datagram;
use crate::packet::Discard;
use crate::store::{Counter, StoreError};
use quipu::WriteError;

#[derive(Debug)]
pub(super) enum Refused {
    /// It is none that may be answered.
    Discard(Discard),
    /// It is being worked on, or there are too many of its kind.
    Dropped(Counter),
    /// It could not be stored.
    Store(StoreError),
}

impl From<Discard> for Refused {
    fn from(discard: Discard) -> Self {
        Self::Discard(discard)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<WriteError> for Refused {
    fn from(error: WriteError) -> Self {
        Self::Store(error.into())
    }
}

impl Refused {
    /// What counts it.
    pub(super) fn counter(&self) -> Counter {
        match self {
            Self::Discard(discard) => Counter::from(*discard),
            Self::Dropped(counter) => *counter,
            Self::Store(_) => Counter::StoreErrors,
        }
    }
}

impl Refused {
    /// Says it, but not too often.
    pub(super) fn report(&self, client: Option<&Client>, datagram: &Datagram<'_>) {
        let name = client.map_or("", |client| &client.name);
        let source = datagram.envelope.source;
        match self {
            Self::Discard(discard) => {
                tracing::warn!(client = name, %source, %discard, "not answered")
            }
            Self::Dropped(_) => {}
            Self::Store(error) => {
                tracing::error!(client = name, %source, %error, "not stored, and so not answered")
            }
        }
    }
}
