//! Counters that only go up, whatever their senders do.
use super::{Notes, Rules};
use crate::event::{Event, Octets};
use crate::record::{Hot, SessionFlags};

const HALF: u64 = 1 << 31;
const WHOLE: u64 = 1 << 32;

/// What is known when a counter comes.
struct Context<'n> {
    is_newer: bool,
    /// Only 32 bits were ever sent, and that they begin again is believed.
    may_wrap: bool,
    notes: &'n mut Notes,
}

/// Raises all counters of a session to what an event says.
pub(super) fn raise(
    hot: &mut Hot,
    event: &Event<'_>,
    time_ms: u64,
    is_newer: bool,
    rules: &Rules,
    notes: &mut Notes,
) {
    let octets = [event.input_octets, event.output_octets];
    if octets.iter().flatten().any(|octets| !octets.is_narrow) {
        hot.flags.insert(SessionFlags::WIDE);
    }
    let is_first = hot.counted_ms == 0;
    // What is newer than the newest counters may still be older than the newest event: a Stop without any.
    let counts_newer = is_first || time_ms > hot.counted_ms;
    let mut context = Context {
        is_newer: counts_newer,
        may_wrap: rules.detects_wraps && !is_first && !hot.flags.contains(SessionFlags::WIDE),
        notes,
    };
    hot.input_octets = raised_octets(hot.input_octets, event.input_octets, &mut context);
    hot.output_octets = raised_octets(hot.output_octets, event.output_octets, &mut context);
    if counts_newer && octets.iter().any(Option::is_some) {
        hot.counted_ms = time_ms;
    }
    context.is_newer = is_newer;
    hot.input_packets = raised(hot.input_packets, event.input_packets, &mut context);
    hot.output_packets = raised(hot.output_packets, event.output_packets, &mut context);
    let time_s = event.session_time_s.map(u64::from);
    let time_s = raised(u64::from(hot.session_time_s), time_s, &mut context);
    hot.session_time_s = u32::try_from(time_s).unwrap_or(u32::MAX);
    if context.notes.wrapped {
        hot.flags.insert(SessionFlags::WRAPPED);
    }
    if context.notes.regressed {
        hot.flags.insert(SessionFlags::REGRESSED);
    }
}

fn raised(old: u64, new: Option<u64>, context: &mut Context<'_>) -> u64 {
    let Some(new) = new else {
        return old;
    };
    context.notes.regressed |= new < old && context.is_newer;
    old.max(new)
}

fn raised_octets(old: u64, new: Option<Octets>, context: &mut Context<'_>) -> u64 {
    let Some(new) = new else {
        return old;
    };
    if !new.is_narrow || !context.may_wrap {
        return raised(old, Some(new.value), context);
    }
    let unwrapped = unwrap(old, new.value, context.is_newer);
    context.notes.wrapped |= unwrapped / WHOLE > old / WHOLE;
    raised(old, Some(unwrapped), context)
}

/// The full value of a counter that came with 32 bits. Between two packets it moves by less than 2^31, so of the
/// values that have these 32 bits, the nearest to the last one is meant: above it after a wrap, below it if the packet
/// is late. An old packet that is far above the record was sent before a wrap that the record does not know of: then
/// it is the record that lacks 2^32.
fn unwrap(old: u64, low: u64, is_newer: bool) -> u64 {
    let same = (old / WHOLE * WHOLE) | low;
    if is_newer {
        return if same < old && old - same > HALF {
            same + WHOLE
        } else {
            same
        };
    }
    if same > old && same - old > HALF {
        return if same >= WHOLE { old } else { old + WHOLE };
    }
    same
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_value_is_meant() {
        let gib = 1 << 30;
        let rows = [
            // A newer packet: grows, wraps, wraps again, or falls by too little for a wrap.
            (gib, 2 * gib, true, 2 * gib),
            (4 * gib - 1, 5, true, 4 * gib + 5),
            (8 * gib - 1, 5, true, 8 * gib + 5),
            (gib, 5, true, 5),
            (5 * gib, 2 * gib, true, 6 * gib),
            // A late one: below, from before a wrap that is known, and from before one that is not.
            (2 * gib, gib, false, gib),
            (4 * gib + 5, 4 * gib - 1, false, 4 * gib + 5),
            (5, 4 * gib - 1, false, 4 * gib + 5),
        ];
        for (old, low, is_newer, expected) in rows {
            assert_eq!(
                unwrap(old, low, is_newer),
                expected,
                "{old} {low} {is_newer}"
            );
        }
    }
}
