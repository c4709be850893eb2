//! Writes down what time closes, in a thread of its own: in the log first, and then in the table. And forgets what is
//! over for long.
use super::control::Control;
use crate::config::{Clients, Config};
use crate::event::{EventTime, TimeSource};
use crate::log::{LogWriter, NewEntry, Wide};
use crate::merge::Rules;
use crate::store::{
    Close, CloseLog, Counter, Forgetter, Store, SweepError, Sweeper as Round, Tally, rest,
};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a sweep rests after the one before.
const REST: Duration = Duration::from_secs(10);
/// How much of a processor's time a sweep may take, in percent, the waiting for the disk included.
const SHARE_PERCENT: u32 = 10;

/// The server's own stream of the log; `None` at level `memory`.
struct ServerLog(Option<LogWriter>);

impl CloseLog for ServerLog {
    fn push(&mut self, close: &Close<'_>) {
        let Some(writer) = &mut self.0 else {
            return;
        };
        writer.push(&NewEntry {
            arrival_ns: close.arrival_ms.saturating_mul(1_000_000),
            source: SocketAddr::new(close.source, 0),
            listener: 0,
            client: close.client,
            time: EventTime {
                ms: close.stop_ms,
                source: TimeSource::Timestamp,
            },
            rules: Rules::default(),
            wide: Wide::default(),
            is_synthetic: true,
            packet: close.packet,
        });
    }

    fn commit(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Some(writer) => writer.commit().map(drop),
            None => Ok(()),
        }
    }
}

/// Closes what restarts of NASes and silence have ended.
pub(super) struct Sweeper<'s> {
    store: &'s Store,
    log: ServerLog,
    silence_ms_max: Option<u64>,
    keep_ms: Option<u64>,
}

impl<'s> Sweeper<'s> {
    pub(super) fn new(store: &'s Store, log: Option<LogWriter>, config: &Config) -> Self {
        let limit_ms = |limit_s: u64| Some(limit_s.saturating_mul(1000)).filter(|ms| *ms > 0);
        Self {
            store,
            log: ServerLog(log),
            silence_ms_max: limit_ms(config.stale_after_s),
            keep_ms: limit_ms(config.keep_closed_s),
        }
    }

    /// Sweeps again and again until the server ends.
    ///
    /// # Errors
    /// If the log could not be written.
    pub(super) fn run(mut self, control: &Control) -> io::Result<()> {
        while control.rest(REST) {
            if let Err(error) = self.sweep(control).and_then(|()| self.forget(control)) {
                match error {
                    SweepError::Log(error) => return Err(error),
                    SweepError::Store(error) => {
                        tracing::error!(%error, "sessions could not be closed or forgotten");
                    }
                }
            }
        }
        Ok(())
    }

    /// One round, in steps with rests between them.
    fn sweep(&mut self, control: &Control) -> Result<(), SweepError> {
        let mut round = Round::new(self.silence_ms_max);
        let (mut restarted, mut stale) = (0, 0);
        loop {
            let begun = Instant::now();
            let step = round.step(self.store, &mut self.log, now_ms)?;
            restarted += step.swept.restarted;
            stale += step.swept.stale;
            if step.is_round_done || !control.rest(rest(begun.elapsed(), SHARE_PERCENT)) {
                break;
            }
        }
        if restarted + stale > 0 {
            tracing::info!(restarted, stale, "sessions closed");
            let mut tally = Tally::new();
            tally.count_server(Counter::SynthCloses, restarted + stale);
            tally.flush(self.store)?;
        }
        Ok(())
    }

    /// The same for what is over.
    fn forget(&mut self, control: &Control) -> Result<(), SweepError> {
        let Some(keep_ms) = self.keep_ms else {
            return Ok(());
        };
        let mut round = Forgetter::new(keep_ms);
        let mut sessions = 0;
        loop {
            let begun = Instant::now();
            let step = round.step(self.store, &mut self.log, now_ms)?;
            sessions += step.sessions;
            if step.is_round_done || !control.rest(rest(begun.elapsed(), SHARE_PERCENT)) {
                break;
            }
        }
        if sessions > 0 {
            tracing::info!(sessions, "sessions forgotten");
        }
        Ok(())
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

/// Has the table say what the clients are called.
pub(super) fn name_clients(store: &Store, clients: &Clients) {
    for client in clients.all() {
        if let Err(error) = store.name_client(client.id, &client.name) {
            tracing::error!(client = client.name, %error, "its name could not be stored");
        }
    }
}
