//! What Accounting-On and Accounting-Off do: one step, however many sessions that closes.
use super::{Occasion, TOLERANCE_MS};
use crate::event::{Event, Status};
use crate::record::NasRecord;

/// Merges an Accounting-On or Accounting-Off into what is known about a NAS; `None` if nothing changes, because the
/// event is another, repeated, or older than what is known.
#[must_use]
pub fn merge_nas(
    old: Option<&NasRecord>,
    event: &Event<'_>,
    occasion: &Occasion,
) -> Option<NasRecord> {
    if !matches!(event.status, Status::On | Status::Off) {
        return None;
    }
    let mut nas = old.copied().unwrap_or_default();
    let status = u8::try_from(event.status.number()).unwrap_or(u8::MAX);
    let is_repetition = nas.epoch > 0
        && status == nas.last_status
        && occasion.time.ms.abs_diff(nas.boot_ms) <= TOLERANCE_MS;
    if is_repetition || occasion.time.ms < nas.boot_ms {
        return None;
    }
    nas.epoch = nas.epoch.saturating_add(1);
    nas.last_status = status;
    nas.boot_ms = occasion.time.ms;
    nas.last_arrival_ms = nas.last_arrival_ms.max(occasion.arrival_ms);
    nas.lsn = nas.lsn.max(occasion.lsn);
    Some(nas)
}
