//! What the server says on its standard error: one line for each event, as text or as JSON.
//!
//! What comes from packets is logged with `?`, never with `%`: so it is quoted, and no line of it looks like one of the
//! server.
use crate::config::LogFormat;
use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use tracing::Level;
use tracing_subscriber::util::SubscriberInitExt;

/// Begins to write what `tracing` is told, from a level upwards. As text: time, level, message, `name=value`, but no time
/// if the journal of systemd reads it, which has its own. As JSON: an object with `timestamp`, `level`, `message` and
/// the values. To be called once, early.
///
/// # Errors
/// If it was called before.
pub fn start(format: LogFormat, level: Level) -> io::Result<()> {
    let lines = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(level)
        .with_ansi(false)
        .with_target(false);
    let has_journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let started = match format {
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init(),
        LogFormat::Text if has_journal => lines.without_time().finish().try_init(),
        LogFormat::Text => lines.finish().try_init(),
    };
    started.map_err(io::Error::other)
}

/// How long after a line there is no other one like it, in milliseconds.
pub const QUIET_MS: u64 = 1000;

struct Noted {
    since_ms: u64,
    held_back: u64,
}

/// Lets a line of each kind pass once a second, and counts the others, so that whoever sends bad packets does not
/// write the log. A kind is, for example, what is wrong and the client.
pub struct Throttle<K> {
    noted: HashMap<K, Noted>,
}

impl<K> Default for Throttle<K> {
    fn default() -> Self {
        Self {
            noted: HashMap::new(),
        }
    }
}

impl<K: Copy + Eq + Hash> Throttle<K> {
    /// Whether a line of this kind may be written now, and how many were held back before it. Allocates only for a
    /// kind that was not seen for a while.
    pub fn admit(&mut self, kind: K, now_ms: u64) -> Option<u64> {
        let fresh = Noted {
            since_ms: now_ms,
            held_back: 0,
        };
        let Some(noted) = self.noted.get_mut(&kind) else {
            self.noted.insert(kind, fresh);
            return Some(0);
        };
        if now_ms.saturating_sub(noted.since_ms) < QUIET_MS {
            noted.held_back += 1;
            return None;
        }
        Some(std::mem::replace(noted, fresh).held_back)
    }

    /// Reports what was held back and not followed by a line that said so, and forgets the kinds that are over. To be
    /// called about once a second; the cost is a step for each kind that was noted.
    pub fn overdue(&mut self, now_ms: u64, mut report: impl FnMut(K, u64)) {
        self.noted.retain(|kind, noted| {
            if now_ms.saturating_sub(noted.since_ms) < QUIET_MS {
                return true;
            }
            let held_back = std::mem::take(&mut noted.held_back);
            noted.since_ms = now_ms;
            if held_back > 0 {
                report(*kind, held_back);
            }
            held_back > 0
        });
    }
}
