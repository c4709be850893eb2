//! Events in tables: sessions, NASes, totals and indexes that any process reads live (docs/radius-record.md).
//!
//! Every entry changes by compare-and-set, so any number of threads and processes may apply events to the same
//! tables, and none waits for another. There is no step over several entries: the order is session first, then
//! totals, then indexes. A process that is killed in between leaves totals that lack something; [`Store::take_over`]
//! puts them right from what a replay of the log has built.
mod bundle;
mod close;
mod counters;
mod forget;
mod index;
mod ledger;
mod name;
mod rebuild;
mod reserve;
mod session;
mod sweep;
mod tally;
mod totals;

pub use close::Close;
pub(crate) use counters::stored;
pub use counters::{BUCKETS, Counter, Histogram, Measured};
pub use forget::{ForgetStep, Forgetter};
pub use ledger::Ledger;
pub use name::name_key;
pub use reserve::Reservation;
pub use sweep::{CloseLog, NoLog, Step, SweepError, Sweeper, Swept, rest};
pub use tally::{Origin, Tally};

use crate::event::{ClientId, Event, Octets, Reading, SessionKey, Status};
use crate::log::Entry;
use crate::merge::{Closing, Notes, Occasion, Rules, merge_nas};
use crate::packet::{Discard, Packet, TypedLengths};
use crate::record::{
    BadRecord, NAS_RECORD_OCTETS, NasRecord, RECORD_OCTETS_MAX, RecordKind, SessionRecord,
    value_flags,
};
use quipu::{
    Compared, HashId, Kind, OnFull, OpenError, Options, ReadError, Table, Token, Ttl, ValueRef,
    WriteError,
};
use std::fmt;

/// How often an event may lose its entry to another one before it is given up: more often than there are workers.
const ROUNDS_MAX: u32 = 1 << 20;

/// The tables of a server.
#[derive(Debug, Clone)]
pub struct Store {
    table: Table,
    period_s: u64,
}

/// Who sent an event, as far as storing it is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'c> {
    /// The client.
    pub client: ClientId,
    /// How its requests are read.
    pub reading: Reading<'c>,
    /// What becomes of typed attributes of the wrong size.
    pub typed: TypedLengths,
    /// What its NASes are like.
    pub rules: Rules,
    /// How far its clocks may be off, in milliseconds.
    pub skew_ms_max: u64,
}

impl Sender<'_> {
    /// A client with the default settings.
    #[must_use]
    pub fn new(client: ClientId) -> Self {
        Self {
            client,
            reading: Reading::default(),
            typed: TypedLengths::default(),
            rules: Rules::default(),
            skew_ms_max: 86_400_000,
        }
    }
}

/// What an event came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// A session began, went on or ended.
    Session {
        /// What was remarkable about it.
        notes: Notes,
        /// It said nothing new.
        is_repetition: bool,
        /// The session's id had been in use before.
        is_reuse: bool,
    },
    /// A NAS started or stopped. `false`: that was known.
    Nas(bool),
    /// The server has closed a session, for this reason; `None`: it was over, or was heard of, before.
    Closed(Option<Closing>),
    /// So many sessions that are over for long were forgotten.
    Forgotten(u64),
    /// It changes no session: a tunnel, a failure, an unknown status, or no session id. It is in the log.
    Noted,
}

/// Why an event could not be stored; then nobody may be answered for it.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The table refused.
    Write(WriteError),
    /// An entry is not what it should be.
    Bad(BadRecord),
    /// The packet is none, or forbidden.
    Discard(Discard),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(error) => write!(f, "the table refused: {error}"),
            Self::Bad(error) => write!(f, "the table holds {error}"),
            Self::Discard(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<WriteError> for StoreError {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

impl From<ReadError> for StoreError {
    fn from(error: ReadError) -> Self {
        Self::Write(error.into())
    }
}

impl From<BadRecord> for StoreError {
    fn from(error: BadRecord) -> Self {
        Self::Bad(error)
    }
}

/// What the table of a store has to be like: keys are chosen by others, and nothing may be evicted.
#[must_use]
pub fn table_options(max_bytes: Option<u64>) -> Options {
    Options {
        max_bytes,
        on_full: OnFull::Error,
        hash: HashId::SipHash13,
        ..Options::default()
    }
}

impl Store {
    /// Uses a table that was made with [`table_options`]. Periods of totals last so many seconds.
    #[must_use]
    pub fn new(table: Table, period_s: u64) -> Self {
        let period_s = period_s.max(1);
        Self { table, period_s }
    }

    /// A store in memory of its own, for a replay.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn in_memory(max_bytes: Option<u64>, period_s: u64) -> Result<Self, OpenError> {
        Ok(Self::new(Table::memfd(table_options(max_bytes))?, period_s))
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Applies an event. Allocates nothing but for ids that are used again. A session that goes on costs the reading
    /// of two entries, and the changing of four: session, NAS, client and user, or five with the period.
    ///
    /// # Errors
    /// [`StoreError`]; then the event counts for nothing, or for its session alone until totals are rebuilt.
    pub fn apply(
        &self,
        sender: &Sender<'_>,
        event: &Event<'_>,
        occasion: &Occasion,
    ) -> Result<Applied, StoreError> {
        self.apply_any(sender, event, occasion, None)
    }

    /// As [`Self::apply`], but the totals of NASes, clients and periods are changed only when the ledger is
    /// [settled](Self::settle).
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub fn apply_later(
        &self,
        sender: &Sender<'_>,
        event: &Event<'_>,
        occasion: &Occasion,
        ledger: &Ledger,
    ) -> Result<Applied, StoreError> {
        self.apply_any(sender, event, occasion, Some(ledger))
    }

    fn apply_any(
        &self,
        sender: &Sender<'_>,
        event: &Event<'_>,
        occasion: &Occasion,
        ledger: Option<&Ledger>,
    ) -> Result<Applied, StoreError> {
        match (event.status, event.session_id) {
            (Status::On | Status::Off, _) => self.apply_nas(sender, event, occasion),
            (Status::Start | Status::Stop | Status::Interim, Some(id)) => {
                self.apply_session(sender, event, occasion, id, ledger)
            }
            _ => Ok(Applied::Noted),
        }
    }

    /// Applies an entry of the log: the way of recovery. What came when it was received comes again: whatever the
    /// configuration was, the packet was allowed by it, and the rest is in the entry.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn replay(&self, entry: &Entry<'_>) -> Result<Applied, StoreError> {
        let new = &entry.new;
        if new.is_synthetic {
            return self.replay_close(new.client, new.packet, new.source.ip(), new.time.ms);
        }
        let packet = Packet::parse(new.packet, TypedLengths::Skip).map_err(StoreError::Discard)?;
        let reading = Reading::default();
        let mut event =
            Event::read(&packet, new.source.ip(), &reading).map_err(StoreError::Discard)?;
        let wide = |value| Octets {
            value,
            is_narrow: false,
        };
        event.input_octets = new.wide.input.map(wide).or(event.input_octets);
        event.output_octets = new.wide.output.map(wide).or(event.output_octets);
        let sender = Sender {
            rules: new.rules,
            ..Sender::new(new.client)
        };
        let occasion = Occasion {
            time: new.time,
            arrival_ms: new.arrival_ns / 1_000_000,
            lsn: entry.lsn,
        };
        self.apply(&sender, &event, &occasion)
    }

    fn apply_nas(
        &self,
        sender: &Sender<'_>,
        event: &Event<'_>,
        occasion: &Occasion,
    ) -> Result<Applied, StoreError> {
        let key = SessionKey::nas(sender.client, &event.nas);
        for _ in 0..ROUNDS_MAX {
            let found = self.nas_of(key.as_bytes())?;
            let old = found.as_ref().map(|(nas, _)| nas);
            let Some(nas) = merge_nas(old, event, occasion) else {
                return Ok(Applied::Nas(false));
            };
            let token = found.as_ref().map(|(_, token)| *token);
            if self.put(key.as_bytes(), token, &nas.encode(), RecordKind::Nas)? {
                return Ok(Applied::Nas(true));
            }
        }
        Err(WriteError::Busy.into())
    }

    /// What is known about a NAS.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn nas(&self, key: &SessionKey) -> Result<Option<NasRecord>, StoreError> {
        Ok(self.nas_of(key.as_bytes())?.map(|(nas, _)| nas))
    }

    fn nas_of(&self, key: &[u8]) -> Result<Option<(NasRecord, Token)>, StoreError> {
        let mut room = [0; NAS_RECORD_OCTETS];
        let Some((length, token)) = self.read(key, RecordKind::Nas, &mut room)? else {
            return Ok(None);
        };
        Ok(Some((NasRecord::decode(&room[..length])?, token)))
    }

    /// A session by its key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn session(&self, key: &[u8]) -> Result<Option<SessionRecord>, StoreError> {
        Ok(self.session_of(key)?.map(|(record, _)| record))
    }

    fn session_of(&self, key: &[u8]) -> Result<Option<(SessionRecord, Token)>, StoreError> {
        let mut room = [0; RECORD_OCTETS_MAX];
        let Some((length, token)) = self.read(key, RecordKind::Session, &mut room)? else {
            return Ok(None);
        };
        Ok(Some((SessionRecord::decode(&room[..length])?, token)))
    }

    /// Reads a record of a kind: how long it is, and its token.
    fn read(
        &self,
        key: &[u8],
        kind: RecordKind,
        room: &mut [u8],
    ) -> Result<Option<(usize, Token)>, StoreError> {
        let Some(copied) = self.table.get_to_slice(key, room)? else {
            return Ok(None);
        };
        let flags = value_flags(kind);
        if copied.kind != (Kind::Bytes { flags }) {
            return Err(BadRecord::Flags.into());
        }
        if copied.length > room.len() {
            return Err(BadRecord::Length.into());
        }
        Ok(Some((copied.length, copied.token)))
    }

    /// Stores a record if the entry is still as it was read: says whether it was.
    fn put(
        &self,
        key: &[u8],
        token: Option<Token>,
        bytes: &[u8],
        kind: RecordKind,
    ) -> Result<bool, StoreError> {
        let flags = value_flags(kind);
        let value = ValueRef::Bytes { bytes, flags };
        Ok(match token {
            None => self.table.add(key, value, Ttl::Never)?,
            Some(token) => {
                let compared = self.table.compare_and_set(key, token, value, Ttl::Never)?;
                compared == Compared::Done
            }
        })
    }

    fn put_session(
        &self,
        key: &[u8],
        token: Option<Token>,
        record: &SessionRecord,
    ) -> Result<bool, StoreError> {
        let mut room = [0; RECORD_OCTETS_MAX];
        self.put(key, token, record.encode(&mut room), RecordKind::Session)
    }
}
