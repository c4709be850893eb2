//! What the benchmarks share: keys, a random order, and medians over alternating rounds.
use std::time::{Duration, Instant};

/// A step of xorshift64: an order that no prefetcher guesses.
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// The next number below `limit`, which is not 0.
    #[inline(always)]
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The high half of the product: no division.
        let product = u128::from(self.0) * limit as u128;
        usize::try_from(product >> 64).unwrap_or_default()
    }
}

/// A key of 20 bytes, as counters of web servers have them.
#[must_use]
pub fn key(number: usize) -> [u8; 20] {
    let mut key = *b"hits:/page/000000000";
    let mut rest = number as u64;
    for byte in key[11..].iter_mut().rev() {
        *byte = b'0' + (rest % 10).to_le_bytes()[0];
        rest /= 10;
    }
    key
}

/// Nanoseconds per operation of one round.
pub fn timed(operations: usize, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    nanoseconds(start.elapsed()) / operations as f64
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

/// The median, which one disturbed round does not move.
///
/// # Panics
/// If there are no figures.
#[must_use]
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
