//! What time closes: sessions of NASes that have started again, and those that nothing is heard of.
//!
//! Each close is an entry of the log before the table shows it:
//! ```text
//! 1. a batch of closes is decided from the table                     (death: nothing has happened)
//! 2. their entries are written, and synced as the level demands      (death: a replay applies them)
//! 3. each is applied as a replay would do it (`store/close.rs`)      (death: as 2; totals are those of the log)
//! ```
//! Events that come between 1 and 3 are no harm: a close and they end the same in either order.
use super::close::{Close, source_of, write_stop};
use super::{Applied, Store, StoreError};
use crate::event::{ClientId, SessionKey, SessionName};
use crate::merge::{Closing, close_by_restart, close_stale};
use crate::packet::Composer;
use crate::record::{SessionRecord, State};
use quipu::Cursor;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

/// How many sessions a step looks at, and how many it closes at most, but for the rest of a bucket.
const STEP_SESSIONS: usize = 1024;
const STEP_CLOSES: usize = 256;

/// How many sessions a sweep has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Because their NAS has started again. Readers knew it before.
    pub restarted: u64,
    /// Because nothing was heard of them.
    pub stale: u64,
}

/// Where a sweep writes down what it closes: the server's own stream of the log.
pub trait CloseLog {
    /// Puts a close into the batch, as a synthetic entry.
    fn push(&mut self, close: &Close<'_>);

    /// Writes the batch, and syncs it if the level demands that.
    ///
    /// # Errors
    /// Whatever the file system says; then the closes are not applied.
    fn commit(&mut self) -> io::Result<()>;
}

/// Level `memory`: there is no log.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLog;

impl CloseLog for NoLog {
    fn push(&mut self, _: &Close<'_>) {}

    fn commit(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why a sweep stopped. It may go on later.
#[derive(Debug)]
#[non_exhaustive]
pub enum SweepError {
    /// The table refused: what is in the log already, recovery applies.
    Store(StoreError),
    /// The log could not be written.
    Log(io::Error),
}

impl fmt::Display for SweepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Log(error) => write!(f, "the log could not be written: {error}"),
        }
    }
}

impl std::error::Error for SweepError {}

impl<E: Into<StoreError>> From<E> for SweepError {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

/// A close that was decided.
struct Decided {
    client: ClientId,
    source: IpAddr,
    stop_ms: u64,
    packet: Vec<u8>,
}

/// A sweep that goes round and round, in small steps.
#[derive(Debug, Clone)]
pub struct Sweeper {
    cursor: Cursor,
    silence_ms_max: Option<u64>,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What it has closed.
    pub swept: Swept,
    /// Whether the round is over: all sessions that were there all the while were looked at.
    pub is_round_done: bool,
}

impl Sweeper {
    /// A sweep that closes what restarts have closed, and what was silent for longer than a limit, if there is one.
    #[must_use]
    pub fn new(silence_ms_max: Option<u64>) -> Self {
        Self {
            cursor: Cursor::START,
            silence_ms_max,
        }
    }

    /// Looks at the next thousand sessions or so, in step with everybody who writes. `now_ms` is the clock that
    /// packets are received by. Between two steps the caller is to rest: see [`rest`].
    ///
    /// # Errors
    /// [`SweepError`]; the next step begins where this one did.
    pub fn step(
        &mut self,
        store: &Store,
        log: &mut impl CloseLog,
        now_ms: impl Fn() -> u64,
    ) -> Result<Step, SweepError> {
        let mut decided = Vec::new();
        let mut scan = store.table.scan_from(self.cursor, b"s");
        let mut seen = 0;
        while (seen < STEP_SESSIONS && decided.len() < STEP_CLOSES) || !scan.is_between_buckets() {
            let Some(item) = scan.next() else {
                break;
            };
            let (key, _) = item?;
            seen += 1;
            let Some((name, closed, closing)) = self.decide(store, &key, &now_ms)? else {
                continue;
            };
            let mut request = Composer::new(0);
            let packet = write_stop(&name, &closed, closing, &mut request);
            let close = Close {
                client: name.client,
                source: source_of(&name.nas),
                stop_ms: closed.hot.stop_ms,
                // The session was read before: what is in it has come before.
                arrival_ms: now_ms(),
                packet,
            };
            log.push(&close);
            decided.push(Decided {
                client: close.client,
                source: close.source,
                stop_ms: close.stop_ms,
                packet: packet.to_vec(),
            });
        }
        let swept = apply(store, log, &decided)?;
        let is_round_done = scan.cursor() == Cursor::END;
        self.cursor = if is_round_done {
            Cursor::START
        } else {
            scan.cursor()
        };
        Ok(Step {
            swept,
            is_round_done,
        })
    }

    fn decide<'k>(
        &self,
        store: &Store,
        key: &'k [u8],
        now_ms: &impl Fn() -> u64,
    ) -> Result<Option<(SessionName<'k>, SessionRecord, Closing)>, StoreError> {
        let Some(name) = SessionName::parse(key) else {
            return Ok(None);
        };
        // The scan's copy may be old by now.
        let Some(old) = store.session(key)? else {
            return Ok(None);
        };
        if old.hot.state != State::Open {
            return Ok(None);
        }
        let nas = store.nas(&SessionKey::nas(name.client, &name.nas))?;
        if let Some(closed) = close_by_restart(&old, nas.as_ref()) {
            return Ok(Some((name, closed, Closing::Restart)));
        }
        let limit = self.silence_ms_max;
        let closed = limit.and_then(|limit| close_stale(&old, now_ms(), limit));
        Ok(closed.map(|closed| (name, closed, Closing::Silence)))
    }
}

/// Writes the closes down, and then applies them.
fn apply(store: &Store, log: &mut impl CloseLog, decided: &[Decided]) -> Result<Swept, SweepError> {
    let mut swept = Swept::default();
    if decided.is_empty() {
        return Ok(swept);
    }
    log.commit().map_err(SweepError::Log)?;
    for one in decided {
        match store.replay_close(one.client, &one.packet, one.source, one.stop_ms)? {
            Applied::Closed(Some(Closing::Restart)) => swept.restarted += 1,
            Applied::Closed(Some(Closing::Silence)) => swept.stale += 1,
            _ => {}
        }
    }
    Ok(swept)
}

/// How long to rest after so much work, if so many percent of a processor's time may be used (1 to 100).
#[must_use]
pub fn rest(worked: Duration, share_percent: u32) -> Duration {
    let share = share_percent.clamp(1, 100);
    worked.saturating_mul(100 - share) / share
}
