//! The ends that no Stop tells: a restart of the NAS, silence, another session with the same id.
//!
//! A sweep writes each end down twice, as an entry of the log and then in the table, and events go on meanwhile. So
//! [`close`] and the merging of events may come in either order, and end the same: what is closed is a function of
//! the times that are in the entry and in the record, not of who came first.
use super::TOLERANCE_MS;
use crate::record::{Hot, NasRecord, SessionFlags, SessionRecord, State};

/// Acct-Terminate-Cause of a session that ended with its NAS (NAS-Reboot).
const NAS_REBOOT: u8 = 11;
/// That of a session that nothing is heard of (Lost-Service).
const LOST_SERVICE: u8 = 3;

/// Why the server closes a session by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Its NAS has started again.
    Restart,
    /// Nothing is heard of it.
    Silence,
}

impl Closing {
    /// Acct-Terminate-Cause.
    #[must_use]
    pub fn cause(self) -> u8 {
        match self {
            Self::Restart => NAS_REBOOT,
            Self::Silence => LOST_SERVICE,
        }
    }

    /// By its Acct-Terminate-Cause.
    #[must_use]
    pub fn of_cause(cause: u32) -> Option<Self> {
        let all = [Self::Restart, Self::Silence];
        all.into_iter().find(|one| u32::from(one.cause()) == cause)
    }
}

/// What a close comes to that is not simply done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overtaken {
    /// There is nothing that it is about: its session is not known, or was closed so before.
    Unknown,
    /// Something was received between the decision and now that ends the session in another way: an event of this
    /// time. What that has booked is to be moved as if the close had come first.
    Ended(u64),
    /// Something was heard of it: the close was taken back. This is the session then.
    Reopened(Box<SessionRecord>),
}

/// Closes the newest session of an id, as of a time that was decided from it before: for `Restart` when the NAS
/// started, for `Silence` the time of the newest event.
///
/// # Errors
/// [`Overtaken`]: it stays as it is, or is only marked.
pub fn close(
    newest: Option<&SessionRecord>,
    nas: Option<&NasRecord>,
    closing: Closing,
    stop_ms: u64,
) -> Result<SessionRecord, Overtaken> {
    let newest = newest.ok_or(Overtaken::Unknown)?;
    let hot = &newest.hot;
    let began_later = match closing {
        Closing::Restart => hot.start_ms >= stop_ms,
        Closing::Silence => hot.start_ms > stop_ms,
    };
    if began_later {
        return Err(Overtaken::Ended(hot.last_event_ms));
    }
    if hot.state == State::Closed {
        return Err(Overtaken::Ended(hot.stop_ms));
    }
    if hot.state != State::Open {
        return Err(Overtaken::Unknown);
    }
    match closing {
        // The log may hold the close and not the restart, if the server was killed: the client will send that again.
        Closing::Restart if newest.state_now(nas) != State::ClosedByRestart => {
            Err(Overtaken::Unknown)
        }
        Closing::Silence if is_sign_of_life(hot.last_event_ms, stop_ms) => {
            let mut record = newest.clone();
            reopen(&mut record.hot);
            Err(Overtaken::Reopened(Box::new(record)))
        }
        _ => Ok(closed(newest, closing, stop_ms)),
    }
}

fn closed(old: &SessionRecord, closing: Closing, stop_ms: u64) -> SessionRecord {
    let mut record = old.clone();
    record.hot.state = match closing {
        Closing::Restart => State::ClosedByRestart,
        Closing::Silence => State::ClosedStale,
    };
    record.hot.stop_ms = stop_ms;
    record.hot.terminate_cause = closing.cause();
    record.hot.flags.insert(SessionFlags::SYNTH_STOP);
    record
}

/// Whether a Start or Interim-Update of this time says that a session goes on that was given up. What is as old as
/// the newest event may be a repetition of it.
pub(super) fn is_sign_of_life(time_ms: u64, stop_ms: u64) -> bool {
    time_ms > stop_ms.saturating_add(TOLERANCE_MS)
}

/// Takes back that a session was given up.
pub(super) fn reopen(hot: &mut Hot) {
    hot.state = State::Open;
    hot.stop_ms = 0;
    hot.terminate_cause = 0;
    hot.flags.remove(SessionFlags::SYNTH_STOP);
    hot.flags.insert(SessionFlags::REOPENED);
}

/// Closes a session whose id another one has now. What its NAS has closed by starting again stays so.
#[must_use]
pub fn supersede(old: &SessionRecord, nas: Option<&NasRecord>) -> SessionRecord {
    let mut record = close_by_restart(old, nas).unwrap_or_else(|| old.clone());
    // One that was given up may have been heard of since, if not enough to open it again.
    if matches!(record.hot.state, State::Open | State::ClosedStale) {
        record = closed(&record, Closing::Silence, record.hot.last_event_ms);
    }
    record.hot.flags.insert(SessionFlags::SUPERSEDED);
    record
}

/// Writes down that a restart of its NAS has closed a session; `None` if it has not, or that was written down.
#[must_use]
pub fn close_by_restart(old: &SessionRecord, nas: Option<&NasRecord>) -> Option<SessionRecord> {
    let is_known = old.hot.state == State::ClosedByRestart;
    if is_known || old.state_now(nas) != State::ClosedByRestart {
        return None;
    }
    Some(closed(
        old,
        Closing::Restart,
        nas.map_or(0, |nas| nas.boot_ms),
    ))
}

/// Gives up an open session that was not heard of for so long; a later sign of life takes that back. `None`: it is
/// not open, or was heard of.
#[must_use]
pub fn close_stale(old: &SessionRecord, now_ms: u64, silence_ms_max: u64) -> Option<SessionRecord> {
    let silence_ms = now_ms.saturating_sub(old.hot.last_arrival_ms);
    if old.hot.state != State::Open || silence_ms <= silence_ms_max {
        return None;
    }
    Some(closed(old, Closing::Silence, old.hot.last_event_ms))
}
