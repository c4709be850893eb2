//! Where requests come from.
use quipu_radiusd::packet::Composer;
use serde::Serialize;

/// What a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A session begins.
    Start,
    /// A session goes on.
    Interim,
    /// A session has ended.
    Stop,
    /// A NAS has started.
    On,
    /// A NAS will stop.
    Off,
    /// Is the server there?
    Status,
}

impl Kind {
    /// All of them, each at its own number.
    pub const ALL: [Self; 6] = [
        Self::Start,
        Self::Interim,
        Self::Stop,
        Self::On,
        Self::Off,
        Self::Status,
    ];

    /// Acct-Status-Type; none for a Status-Server.
    #[must_use]
    pub fn status(self) -> Option<u32> {
        match self {
            Self::Start => Some(1),
            Self::Stop => Some(2),
            Self::Interim => Some(3),
            Self::On => Some(7),
            Self::Off => Some(8),
            Self::Status => None,
        }
    }
}

/// What a source has to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The request of this number. What its numbers mean only the source knows.
    Request(u64),
    /// Nothing before more is answered.
    Later,
    /// Nothing any more.
    End,
}

/// Makes requests.
pub trait Source {
    /// What is to be sent, so long after the begin.
    fn next(&mut self, since_ns: u64) -> Next;

    /// Writes the attributes of a request. `delay_s` is how long it has waited already, in seconds; a request that is
    /// sent anew is written anew.
    fn compose(&self, request: u64, delay_s: u32, composer: &mut Composer) -> Kind;

    /// Whether an answer, which was right, is lost on its way nevertheless. `attempt` counts from 0.
    fn loses_answer(&mut self, _request: u64, _attempt: u32) -> bool {
        false
    }

    /// A request was answered.
    fn answered(&mut self, _request: u64) {}

    /// A request was given up.
    fn lost(&mut self, _request: u64) {}
}
