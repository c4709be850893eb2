//! What an event does to a session: a function of both, without a clock, a table or a log.
//!
//! The rules make replay, disorder and repetition harmless:
//! - counters and session time never go down, and what is absent leaves them alone;
//! - the time of an event orders states: an older one may raise counters, and nothing else;
//! - a Stop closes, and nothing opens again what a Stop has closed;
//! - an id that is used again is another session, which [`relation`] tells;
//! - what is added to totals is the difference of two records, so a repetition adds 0.
mod close;
mod counter;
mod nas;
mod relation;

pub use close::{Closing, Overtaken, close, close_by_restart, close_stale, supersede};
pub use nas::merge_nas;
pub use relation::{Place, Relation, began_ms, place, relation};

use crate::event::{Anomalies, Event, EventTime, Status};
use crate::record::{Cold, Hot, NasRecord, SessionFlags, SessionRecord, State, Totals};

/// How exact the time of an event is: two seconds, and one for rounding.
pub const TOLERANCE_MS: u64 = 3_000;

/// How long a session that is over may be spoken of without a trace in its record.
pub const HEARD_MS: u64 = 3_600_000;

/// When, and as which entry of the log, an event came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion {
    /// When it happened.
    pub time: EventTime,
    /// When it was received, in milliseconds since 1970.
    pub arrival_ms: u64,
    /// Its entry in the log; 0: there is no log.
    pub lsn: u64,
}

/// What a client's NASes are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whether a counter of 32 bits that falls by more than 2^31 has begun again at 0.
    pub detects_wraps: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            detects_wraps: true,
        }
    }
}

/// What was remarkable about an event: for the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notes {
    /// It was older than what was known.
    pub is_late: bool,
    /// A counter was lower than before, in a newer packet.
    pub regressed: bool,
    /// A counter of 32 bits began again.
    pub wrapped: bool,
    /// The session was not known, and this is no Start.
    pub synth_start: bool,
    /// A Stop without any counter.
    pub stop_without_counters: bool,
    /// A session that was given up goes on.
    pub reopened: bool,
}

/// What an event comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The session after it.
    pub record: SessionRecord,
    /// What totals have to be changed by.
    pub delta: Totals,
    /// Whether the event says nothing new: a repetition that no cache has recognised.
    pub is_repetition: bool,
    /// Whether it is a repetition that is to be stored all the same: it says that somebody still speaks of a session
    /// that is over, which must not be forgotten then.
    pub is_heard: bool,
    /// What was remarkable.
    pub notes: Notes,
}

/// Merges an event into the session that it belongs to, or makes a new one. `nas` is what is known about its NAS.
#[must_use]
pub fn merge(
    old: Option<&SessionRecord>,
    event: &Event<'_>,
    occasion: &Occasion,
    nas: Option<&NasRecord>,
    rules: &Rules,
) -> Merged {
    let mut notes = Notes::default();
    let mut record = match old {
        Some(old) => old.clone(),
        None => create(event, occasion, nas, &mut notes),
    };
    let before = old.map_or(0, |old| old.hot.last_event_ms);
    let is_newer = old.is_none() || occasion.time.ms > before;
    notes.is_late = !is_newer && occasion.time.ms.saturating_add(TOLERANCE_MS) < before;
    let time_ms = occasion.time.ms;
    counter::raise(&mut record.hot, event, time_ms, is_newer, rules, &mut notes);
    move_start(&mut record.hot, event, time_ms, old.is_none());
    change_state(
        &mut record.hot,
        event,
        occasion.time.ms,
        is_newer,
        &mut notes,
    );
    describe(&mut record, event, is_newer);
    let is_repetition = old.is_some_and(|old| is_repetition(old, &record, event, occasion));
    let is_heard = is_repetition && old.is_some_and(|old| is_heard(old, occasion));
    remember(&mut record.hot, event, occasion, is_newer && !is_repetition);
    let delta = match old {
        Some(old) => record.totals().minus(&old.totals()),
        None => record.totals(),
    };
    Merged {
        record,
        delta,
        is_repetition,
        is_heard,
        notes,
    }
}

fn create(
    event: &Event<'_>,
    occasion: &Occasion,
    nas: Option<&NasRecord>,
    notes: &mut Notes,
) -> SessionRecord {
    let mut hot = Hot::new(State::Open);
    if event.status != Status::Start {
        notes.synth_start = true;
        hot.flags.insert(SessionFlags::SYNTH_START);
    }
    hot.start_ms = began_ms(event, occasion.time.ms).unwrap_or(occasion.time.ms);
    if let Some(nas) = nas {
        // What began before the NAS started is of an earlier epoch, however late it comes.
        let is_older = hot.start_ms.saturating_add(TOLERANCE_MS) < nas.boot_ms;
        hot.nas_epoch = nas.epoch.saturating_sub(u32::from(is_older));
    }
    SessionRecord {
        hot,
        cold: Cold::new(),
    }
}

/// A Start says when the session began; before one was seen, the earliest that any event tells holds.
fn move_start(hot: &mut Hot, event: &Event<'_>, time_ms: u64, is_new: bool) {
    if event.status == Status::Start {
        hot.start_ms = if hot.flags.contains(SessionFlags::START_SEEN) {
            hot.start_ms.min(time_ms)
        } else {
            time_ms
        };
        hot.flags.insert(SessionFlags::START_SEEN);
        hot.flags.remove(SessionFlags::SYNTH_START);
        hot.flags.remove(SessionFlags::START_UNKNOWN);
        return;
    }
    if hot.flags.contains(SessionFlags::START_SEEN) {
        return;
    }
    let is_unknown = is_new || hot.flags.contains(SessionFlags::START_UNKNOWN);
    match began_ms(event, time_ms) {
        Some(began_ms) if is_unknown => {
            hot.start_ms = began_ms;
            hot.flags.remove(SessionFlags::START_UNKNOWN);
        }
        Some(began_ms) => hot.start_ms = hot.start_ms.min(began_ms),
        None if is_unknown => {
            hot.start_ms = hot.start_ms.min(time_ms);
            hot.flags.insert(SessionFlags::START_UNKNOWN);
        }
        None => {}
    }
}

fn change_state(hot: &mut Hot, event: &Event<'_>, time_ms: u64, is_newer: bool, notes: &mut Notes) {
    match event.status {
        Status::Stop => {
            let is_first = !hot.flags.contains(SessionFlags::STOP_SEEN);
            if is_first {
                hot.stop_ms = time_ms;
            } else if time_ms.abs_diff(hot.stop_ms) <= TOLERANCE_MS {
                hot.stop_ms = hot.stop_ms.min(time_ms);
            } else {
                hot.stop_ms = hot.stop_ms.max(time_ms);
            }
            if let Some(cause) = event.terminate_cause
                && (is_first || is_newer)
            {
                hot.terminate_cause = u8::try_from(cause).unwrap_or(u8::MAX);
            } else if is_first {
                hot.terminate_cause = 0;
            }
            hot.state = State::Closed;
            hot.flags.insert(SessionFlags::STOP_SEEN);
            hot.flags.remove(SessionFlags::SYNTH_STOP);
            notes.stop_without_counters =
                event.input_octets.is_none() && event.output_octets.is_none();
        }
        Status::Start | Status::Interim if hot.state == State::ClosedStale => {
            let is_superseded = hot.flags.contains(SessionFlags::SUPERSEDED);
            if is_superseded && event.status == Status::Interim {
                hot.stop_ms = hot.stop_ms.max(time_ms);
            } else if !is_superseded && close::is_sign_of_life(time_ms, hot.stop_ms) {
                close::reopen(hot);
                notes.reopened = true;
            }
        }
        _ => {}
    }
}

/// Takes over what describes the session.
fn describe(record: &mut SessionRecord, event: &Event<'_>, is_newer: bool) {
    let hot = &mut record.hot;
    if let Some(address) = event.framed_ip
        && (is_newer || hot.framed_ip.is_unspecified())
    {
        hot.framed_ip = address;
    }
    hot.link_count = hot.link_count.max(event.link_count.unwrap_or(0));
    if let Some(interval_s) = event.interim_interval_s
        && (is_newer || hot.interim_interval_s == 0)
    {
        hot.interim_interval_s = interval_s;
    }
    if !event.anomalies.is_empty() && event.anomalies != Anomalies::UNKNOWN_STATUS_TYPE {
        hot.flags.insert(SessionFlags::ANOMALY);
    }
    if !record.cold.merge(event.attributes(), is_newer) {
        hot.flags.insert(SessionFlags::TRUNCATED);
    }
}

/// Whether an event of the same status and time left everything that counts as it was.
fn is_repetition(
    old: &SessionRecord,
    new: &SessionRecord,
    event: &Event<'_>,
    occasion: &Occasion,
) -> bool {
    let is_same_time = occasion.time.ms.abs_diff(old.hot.last_event_ms) <= TOLERANCE_MS;
    let is_same_status = status_octet(event) == old.hot.last_status;
    // An address or a link may come in an Interim-Update that counts nothing new.
    let is_described = new.cold == old.cold
        && new.hot.framed_ip == old.hot.framed_ip
        && new.hot.link_count == old.hot.link_count;
    let is_counted = new.totals() == old.totals() && new.hot.state == old.hot.state;
    is_same_time && is_same_status && is_described && is_counted
}

fn is_heard(old: &SessionRecord, occasion: &Occasion) -> bool {
    let since_ms = occasion.arrival_ms.saturating_sub(old.hot.last_arrival_ms);
    old.hot.state != State::Open && since_ms > HEARD_MS
}

fn remember(hot: &mut Hot, event: &Event<'_>, occasion: &Occasion, is_news: bool) {
    if is_news {
        hot.last_event_ms = occasion.time.ms;
        hot.last_status = status_octet(event);
        if event.status == Status::Interim {
            hot.interims = hot.interims.saturating_add(1);
        }
    }
    // Numbers of several streams have no order, but arrivals have.
    if occasion.arrival_ms >= hot.last_arrival_ms {
        hot.last_arrival_ms = occasion.arrival_ms;
        hot.lsn = occasion.lsn;
    }
}

fn status_octet(event: &Event<'_>) -> u8 {
    u8::try_from(event.status.number()).unwrap_or(u8::MAX)
}
