//! Why a request is not answered.
use crate::config::Client;
use crate::event::ClientId;
use crate::logging::Throttle;
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

/// Whose requests are not answered, and what counts them: one line of each kind is logged in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    client: Option<ClientId>,
    counter: Counter,
}

impl Refused {
    /// Says it, but not too often.
    pub(super) fn report(
        &self,
        client: Option<&Client>,
        datagram: &Datagram<'_>,
        throttle: &mut Throttle<Kind>,
        now_ms: u64,
    ) {
        if matches!(self, Self::Dropped(_)) {
            return;
        }
        let kind = Kind {
            client: client.map(|client| client.id),
            counter: self.counter(),
        };
        let Some(held_back) = throttle.admit(kind, now_ms) else {
            return;
        };
        let name = client.map_or("", |client| &client.name);
        let source = datagram.envelope.source;
        match self {
            Self::Discard(discard) => {
                tracing::warn!(client = name, %source, reason = %discard, held_back, "not answered");
            }
            Self::Dropped(_) => {}
            Self::Store(error) => {
                tracing::error!(client = name, %source, %error, held_back, "not stored, and so not answered");
            }
        }
    }
}

/// Says how many lines of a kind were held back.
pub(super) fn report_rest(kind: Kind, held_back: u64) {
    let counter = kind.counter.name();
    tracing::warn!(counter, held_back, "more requests were not answered");
}
