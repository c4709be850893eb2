//! The one clock: ticks since the table was made, by a clock that runs on while the machine sleeps.
//!
//! Two control words tie it to the world: EPOCH is CLOCK_BOOTTIME at tick 0 in milliseconds (signed: a table may be
//! older than this boot), WALL the wall clock at tick 0. EPOCH holds for one boot of the machine; BOOT says which.
//! After another boot it is computed again from the wall clock (`attach.rs`). CLOCK_BOOTTIME is shifted in a time
//! namespace of its own; the shift is taken off, so that all namespaces agree. Format: docs/format.md 3.2.
use crate::sys;
use crate::value::Ttl;
use quipu_core::{Expiry, Memory, Ordering, Ticks, WriteError, layout::control};
use std::fs;
use std::time::Duration;

/// Reads the clock of one table.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    tick_shift: u8,
    /// Milliseconds that this time namespace is ahead of the machine.
    ahead_ms: i64,
    /// Instead of the table's EPOCH: a reader of another boot's table has its own.
    epoch_ms: Option<i64>,
}

impl Clock {
    pub(crate) fn new(memory: &Memory<'_>) -> Self {
        let tick_shift = memory.geometry.choices.tick_shift;
        Self {
            tick_shift,
            ahead_ms: namespace_ahead_ms(),
            epoch_ms: None,
        }
    }

    /// For a table of another boot that is only read.
    pub(crate) fn rebased(memory: &Memory<'_>) -> Self {
        let clock = Self::new(memory);
        let epoch_ms = Some(clock.epoch_after_boot(memory));
        Self { epoch_ms, ..clock }
    }

    /// The tick it is.
    #[inline]
    pub(crate) fn now(&self, memory: &Memory<'_>) -> Ticks {
        let epoch_ms = self.epoch_ms.unwrap_or_else(|| {
            // Relaxed: it changes only while nobody is attached.
            memory.control[control::EPOCH]
                .load(Ordering::Relaxed)
                .cast_signed()
        });
        let passed = self.boot_ms().wrapping_sub(epoch_ms).max(0);
        Ticks::new(passed.cast_unsigned() >> self.tick_shift)
    }

    /// CLOCK_BOOTTIME of the machine, whatever namespace this is.
    #[inline]
    pub(crate) fn boot_ms(&self) -> i64 {
        sys::boot_ms() - self.ahead_ms
    }

    /// Starts the clock of a new table.
    pub(crate) fn start(&self, memory: &Memory<'_>) {
        let words = [
            (control::EPOCH, self.boot_ms().cast_unsigned()),
            (control::WALL, sys::wall_ms().cast_unsigned()),
        ];
        for (index, value) in words {
            // Relaxed: the table becomes visible by a later step of its creator.
            memory.control[index].store(value, Ordering::Relaxed);
        }
        write_boot(memory);
    }

    /// EPOCH as it has to be in this boot, so that as much time has passed as by the wall clock.
    pub(crate) fn epoch_after_boot(&self, memory: &Memory<'_>) -> i64 {
        // Relaxed: written once, by the creator.
        let wall_ms = memory.control[control::WALL]
            .load(Ordering::Relaxed)
            .cast_signed();
        let passed = sys::wall_ms().saturating_sub(wall_ms).max(0);
        self.boot_ms().saturating_sub(passed)
    }

    /// The expiry for a time to live: rounded up to whole ticks, and one more, because the tick that it is has
    /// begun already. `None`: keep what there is.
    ///
    /// # Errors
    /// `TtlTooLong`: beyond half the range of the clock.
    #[inline]
    pub(crate) fn expiry(
        &self,
        memory: &Memory<'_>,
        ttl: Ttl,
    ) -> Result<Option<Expiry>, WriteError> {
        match ttl {
            Ttl::Keep => Ok(None),
            Ttl::Never => Ok(Some(Expiry::NEVER)),
            Ttl::After(duration) => {
                let tick_ns = 1_000_000_u128 << self.tick_shift;
                let ticks = duration.as_nanos().div_ceil(tick_ns) + 1;
                u64::try_from(ticks)
                    .ok()
                    .and_then(|ticks| self.now(memory).expiry_in(ticks))
                    .map(Some)
                    .ok_or(WriteError::TtlTooLong)
            }
        }
    }

    /// The time that is left, to within a tick; at least a millisecond.
    pub(crate) fn left(&self, memory: &Memory<'_>, expiry: Expiry) -> Ttl {
        if expiry.is_never() {
            return Ttl::Never;
        }
        let ticks = self.now(memory).until(expiry).unwrap_or(0);
        // The first of these ticks has begun.
        let left_ms = ticks.saturating_sub(1) << self.tick_shift;
        Ttl::After(Duration::from_millis(left_ms.max(1)))
    }
}

/// Milliseconds that CLOCK_BOOTTIME is ahead in this time namespace; 0 where there are none.
fn namespace_ahead_ms() -> i64 {
    fs::read_to_string("/proc/self/timens_offsets")
        .ok()
        .and_then(|text| boot_offset_ms(&text))
        .unwrap_or(0)
}

/// The offset in the line `boottime SECONDS NANOSECONDS`.
fn boot_offset_ms(text: &str) -> Option<i64> {
    let line = text.lines().find(|line| line.starts_with("boottime"))?;
    let mut fields = line.split_ascii_whitespace().skip(1);
    let seconds: i64 = fields.next()?.parse().ok()?;
    let nanoseconds: i64 = fields.next()?.parse().ok()?;
    seconds
        .checked_mul(1000)?
        .checked_add(nanoseconds / 1_000_000)
}

/// Which boot of the machine this is; `None` where the kernel does not say.
pub(crate) fn this_boot() -> Option<[u64; 2]> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    parse_boot(&text)
}

fn parse_boot(text: &str) -> Option<[u64; 2]> {
    let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
    let (high, low) = (digits.get(..16)?, digits.get(16..32)?);
    Some([
        u64::from_str_radix(high, 16).ok()?,
        u64::from_str_radix(low, 16).ok()?,
    ])
}

/// Whether the table was last used in this boot. A boot that nobody can name counts as this one.
pub(crate) fn is_of_this_boot(memory: &Memory<'_>) -> bool {
    // Acquire [boot]: if these are of this boot, everything that a takeover changed is seen.
    let found = [0, 1].map(|i| memory.control[control::BOOT + i].load(Ordering::Acquire));
    this_boot().is_none_or(|boot| boot == found || found == [0; 2])
}

/// Says that the table is of this boot.
pub(crate) fn write_boot(memory: &Memory<'_>) {
    for (i, word) in this_boot().unwrap_or_default().into_iter().enumerate() {
        // Release [boot]: what a takeover changed comes first. Two words: a death in between leaves the name of
        // no boot, and the next opener starts over.
        memory.control[control::BOOT + i].store(word, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shift_of_a_time_namespace_is_read() {
        let text = "monotonic      100         0\nboottime       -86400 500000000\n";
        assert_eq!(boot_offset_ms(text), Some(-86_399_500));
        assert_eq!(boot_offset_ms("monotonic 0 0\n"), None);
        assert_eq!(boot_offset_ms("boottime 1\n"), None);
    }

    #[test]
    fn a_boot_is_sixteen_bytes() {
        let text = "7dcd68f2-0fd7-4dea-8ad0-0b7e25b289dc\n";
        assert_eq!(
            parse_boot(text),
            Some([0x7dcd_68f2_0fd7_4dea, 0x8ad0_0b7e_25b2_89dc])
        );
        assert_eq!(parse_boot("7dcd"), None);
        assert_eq!(parse_boot(""), None);
    }
}
