//! Random numbers that cost next to nothing, so that they do not show in what is measured. The benchmarks of the
//! project use this file too.

/// xorshift64: an order that no prefetcher guesses.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// A sequence of its own for each seed.
    #[must_use]
    pub(crate) fn new(seed: u64) -> Self {
        // Neighbouring seeds must not give neighbouring sequences, and a state of zero would stay zero.
        let mixed = (seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xff51_afd7_ed55_8ccd);
        Self((mixed ^ (mixed >> 32)).max(1))
    }

    /// 64 random bits.
    #[inline(always)]
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// The next number below `limit`, which is not 0.
    #[inline(always)]
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        // The high half of the product: no division.
        let product = u128::from(self.bits()) * limit as u128;
        usize::try_from(product >> 64).unwrap_or_default()
    }

    /// A number from 0 to below 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        const DIGITS: u32 = f64::MANTISSA_DIGITS;
        (self.bits() >> (u64::BITS - DIGITS)) as f64 / (1_u64 << DIGITS) as f64
    }
}

/// Numbers below a limit by Zipf's law: the k-th most frequent comes in proportion to `1 / k^skew`.
///
/// By rejection from an integral that bounds the law (W. Hormann and G. Derflinger, "Rejection-inversion to generate
/// variates from monotone discrete distributions", 1996), so it needs no table however many numbers there are.
#[derive(Debug, Clone)]
pub(crate) struct Zipf {
    limit: f64,
    skew: f64,
    integral_first: f64,
    integral_last: f64,
}

impl Zipf {
    /// For `limit` numbers; `skew` is above 0 and not 1.
    #[must_use]
    pub(crate) fn new(limit: usize, skew: f64) -> Self {
        let mut law = Self {
            limit: limit as f64,
            skew,
            integral_first: 0.0,
            integral_last: 0.0,
        };
        law.integral_first = law.integral(1.5) - 1.0;
        law.integral_last = law.integral(law.limit + 0.5);
        law
    }

    /// The integral of `x^-skew` up to a constant.
    fn integral(&self, x: f64) -> f64 {
        (x.powf(1.0 - self.skew) - 1.0) / (1.0 - self.skew)
    }

    fn integral_inverse(&self, y: f64) -> f64 {
        (1.0 + y * (1.0 - self.skew)).powf(1.0 / (1.0 - self.skew))
    }

    /// A number; 0 is the most frequent.
    pub(crate) fn next(&self, random: &mut Random) -> usize {
        loop {
            let span = self.integral_first - self.integral_last;
            let height = self.integral_last + random.fraction() * span;
            let x = self.integral_inverse(height);
            let rank = x.round().clamp(1.0, self.limit);
            if height >= self.integral(rank + 0.5) - rank.powf(-self.skew) {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a whole number from 1 to the limit"
                )]
                return rank as usize - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zipf_follows_its_law() {
        const NUMBERS: usize = 1000;
        const DRAWS: usize = 1_000_000;
        let (law, mut random) = (Zipf::new(NUMBERS, 0.99), Random::new(7));
        let mut counts = vec![0_u32; NUMBERS];
        for _ in 0..DRAWS {
            counts[law.next(&mut random)] += 1;
        }
        let total: f64 = (1..=NUMBERS).map(|rank| (rank as f64).powf(-0.99)).sum();
        for rank in [1, 2, 3, 10, 100] {
            let expected = DRAWS as f64 * (rank as f64).powf(-0.99) / total;
            let error = (f64::from(counts[rank - 1]) - expected).abs() / expected.sqrt();
            assert!(
                error < 5.0,
                "rank {rank}: {} of {expected}",
                counts[rank - 1]
            );
        }
    }
}
