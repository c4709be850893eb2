//! Writes down what time closes, in a thread of its own.
use super::control::Control;
use crate::config::{Clients, Config};
use crate::store::Store;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a sweep rests after the one before.
const REST: Duration = Duration::from_secs(5);

/// Closes what restarts of NASes and silence have ended.
pub(super) struct Sweeper<'s> {
    store: &'s Store,
    silence_ms_max: Option<u64>,
}

impl<'s> Sweeper<'s> {
    pub(super) fn new(store: &'s Store, config: &Config) -> Self {
        let silence_ms = config.stale_after_s.saturating_mul(1000);
        Self {
            store,
            silence_ms_max: Some(silence_ms).filter(|silence_ms| *silence_ms > 0),
        }
    }

    /// Sweeps again and again until the server ends.
    ///
    /// # Errors
    /// If the log could not be written.
    pub(super) fn run(self, control: &Control) -> io::Result<()> {
        while control.rest(REST) {
            let since = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            let now_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
            match self.store.sweep(now_ms, self.silence_ms_max) {
                Ok(swept) if swept.restarted + swept.stale > 0 => {
                    tracing::info!(
                        restarted = swept.restarted,
                        stale = swept.stale,
                        "sessions closed"
                    );
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "sessions could not be closed"),
            }
        }
        Ok(())
    }
}

/// Has the table say what the clients are called.
pub(super) fn name_clients(store: &Store, clients: &Clients) {
    for client in clients.all() {
        if let Err(error) = store.name_client(client.id, &client.name) {
            tracing::error!(client = client.name, %error, "its name could not be stored");
        }
    }
}
