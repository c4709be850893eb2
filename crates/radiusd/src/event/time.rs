//! When something happened: three clocks, none of which is right for sure.

/// Where the time of an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeSource {
    /// Event-Timestamp: the clock of the NAS.
    Timestamp,
    /// The time of arrival, less Acct-Delay-Time.
    Arrival,
    /// The same, for Event-Timestamp is too far from it to be believed.
    Skewed,
}

/// The time of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTime {
    /// Milliseconds since 1970.
    pub ms: u64,
    /// Whose clock that is.
    pub source: TimeSource,
}

pub(super) fn choose(
    timestamp_s: Option<u32>,
    delay_s: Option<u32>,
    arrival_ms: u64,
    skew_ms_max: u64,
) -> EventTime {
    let delay_ms = u64::from(delay_s.unwrap_or(0)) * 1000;
    let by_arrival = arrival_ms.saturating_sub(delay_ms);
    let Some(timestamp_s) = timestamp_s else {
        return EventTime {
            ms: by_arrival,
            source: TimeSource::Arrival,
        };
    };
    let by_nas = u64::from(timestamp_s) * 1000;
    if by_nas.abs_diff(by_arrival) > skew_ms_max {
        return EventTime {
            ms: by_arrival,
            source: TimeSource::Skewed,
        };
    }
    EventTime {
        ms: by_nas,
        source: TimeSource::Timestamp,
    }
}
