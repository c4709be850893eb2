//! Whether an event belongs to a session that has its id: an id may be used again.
use super::{Occasion, TOLERANCE_MS};
use crate::event::{Event, Status, TimeSource};
use crate::record::{NasRecord, SessionFlags, SessionRecord, State};

/// How far the time of a packet may be off that says neither when it was made nor how long it was delayed: a Start
/// that is repeated for so long is one Start.
const GUESSED_TOLERANCE_MS: u64 = 120_000;

/// How many earlier sessions of an id an old event is looked for in.
const EARLIER_MAX: u32 = 16;

/// How an event relates to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// It belongs to it.
    Same,
    /// It belongs to a session that had the id before.
    Earlier,
    /// The id was used again: it belongs to a new session.
    Later,
}

/// When the session of an event began, as the event says it: a Start by its time, others by Acct-Session-Time.
#[must_use]
pub fn began_ms(event: &Event<'_>, time_ms: u64) -> Option<u64> {
    if event.status == Status::Start {
        return Some(time_ms);
    }
    let length_ms = u64::from(event.session_time_s?) * 1000;
    Some(time_ms.saturating_sub(length_ms))
}

/// Tells whether an event belongs to a session. Sessions of one id do not overlap, so what counts is which came first.
/// In doubt it belongs to it: two rows for one session are worse than one for two.
#[must_use]
pub fn relation(
    record: &SessionRecord,
    event: &Event<'_>,
    occasion: &Occasion,
    nas: Option<&NasRecord>,
) -> Relation {
    let hot = &record.hot;
    let time_ms = occasion.time.ms;
    let is_exact = occasion.time.source == TimeSource::Timestamp || event.delay_s.is_some();
    let tolerance_ms = if is_exact {
        TOLERANCE_MS
    } else {
        GUESSED_TOLERANCE_MS
    };
    let is_stop_seen = hot.flags.contains(SessionFlags::STOP_SEEN);
    let ended_ms = if is_stop_seen {
        hot.stop_ms
    } else {
        hot.last_event_ms
    };
    let is_before = time_ms.saturating_add(tolerance_ms) < hot.start_ms;
    if event.status == Status::Start {
        // After a Stop, a later Start is a new session, however its time was guessed.
        let after_ms = if is_stop_seen {
            TOLERANCE_MS
        } else {
            tolerance_ms
        };
        return if time_ms > ended_ms.saturating_add(after_ms) {
            Relation::Later
        } else if is_before && hot.flags.contains(SessionFlags::START_SEEN) {
            Relation::Earlier
        } else {
            Relation::Same
        };
    }
    // A length of 0 says as little as none: some clients send nothing else.
    let began_ms = began_ms(event, time_ms).filter(|_| event.session_time_s > Some(0));
    let is_closed = is_stop_seen
        || hot.flags.contains(SessionFlags::SUPERSEDED)
        || record.state_now(nas) == State::ClosedByRestart;
    if is_closed && began_ms > Some(ended_ms.saturating_add(tolerance_ms)) {
        Relation::Later
    } else if is_before && !hot.flags.contains(SessionFlags::START_UNKNOWN) {
        Relation::Earlier
    } else {
        Relation::Same
    }
}

/// Where an event goes, among the sessions that have or had its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// To the newest session, or to the first if there is none.
    Newest,
    /// To a new session; the newest so far becomes an earlier one.
    New,
    /// To the earlier session of this number.
    Earlier(u32, Box<SessionRecord>),
    /// To an earlier session that is not known yet, and gets this number.
    NewEarlier(u32),
}

/// Finds the place of an event. `earlier` reads an earlier session by its number; it is only asked for an event that
/// is older than the newest session, and then for the last few.
pub fn place(
    newest: Option<&SessionRecord>,
    event: &Event<'_>,
    occasion: &Occasion,
    nas: Option<&NasRecord>,
    mut earlier: impl FnMut(u32) -> Option<SessionRecord>,
) -> Place {
    let Some(newest) = newest else {
        return Place::Newest;
    };
    match relation(newest, event, occasion, nas) {
        Relation::Same => return Place::Newest,
        Relation::Later => return Place::New,
        Relation::Earlier => {}
    }
    let count = newest.hot.earlier;
    let mut best: Option<(u32, SessionRecord)> = None;
    for number in count.saturating_sub(EARLIER_MAX)..count {
        let Some(record) = earlier(number) else {
            continue;
        };
        // The latest of those that it may belong to.
        let is_better = best
            .as_ref()
            .is_none_or(|(_, best)| record.hot.start_ms > best.hot.start_ms);
        if is_better && relation(&record, event, occasion, nas) == Relation::Same {
            best = Some((number, record));
        }
    }
    match best {
        Some((number, record)) => Place::Earlier(number, Box::new(record)),
        None => Place::NewEarlier(count),
    }
}
