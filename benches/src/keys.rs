//! Keys as users have them, laid out so that walking through them costs little beside what is measured.
use crate::random::Random;

/// What keys begin with, cut to the length that is wanted.
const PREFIX: &[u8] = b"hits:/page/of/a/site/whose/paths/are/rather/long/and/deep/";
/// The digits at the end of a key: enough for every number used here.
const DIGITS: usize = 8;

/// The fewest keys that are walked before the order repeats: a branch predictor learns a shorter one by heart.
const WALK: usize = 1 << 19;

/// Different keys of one length, in random order in one array: random for any table, in order for the prefetcher.
///
/// They are walked through in another order than they are inserted in. If it were the same, a map that keeps each
/// key in a box of its own would find the boxes one after the other in memory.
#[derive(Debug)]
pub struct Keys {
    /// All of them once, as they are inserted.
    bytes: Vec<u8>,
    /// As they are asked for; empty if that is the same.
    walked: Vec<u8>,
    length: usize,
}

impl Keys {
    /// Keys of the numbers `first .. first + count`, of `length` bytes each, at least 8.
    ///
    /// # Panics
    /// If there are more than 32 bits can count.
    #[must_use]
    pub fn new(first: usize, count: usize, length: usize) -> Self {
        let mut random = Random::new(count as u64);
        let mut order = order(count, &mut random);
        let mut keys = Self::of(order.iter().map(|&number| first + number as usize), length);
        while keys.walked.len() < WALK.max(count) * length {
            shuffle(&mut order, &mut random);
            for &number in &order {
                push(&mut keys.walked, first + number as usize, length);
            }
        }
        keys
    }

    /// Keys of these numbers, inserted and walked through in this order.
    #[must_use]
    pub fn of(numbers: impl Iterator<Item = usize>, length: usize) -> Self {
        let mut bytes = Vec::with_capacity(numbers.size_hint().0 * length);
        for number in numbers {
            push(&mut bytes, number, length);
        }
        Self {
            bytes,
            walked: Vec::new(),
            length,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.bytes.len() / self.length
    }

    /// The bytes of each.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks_exact(self.length)
    }

    /// So many of them from a place that the seed chooses. Each comes as often as any other, but for once.
    #[inline(always)]
    pub fn walk(&self, seed: u64, operations: usize) -> impl Iterator<Item = &[u8]> {
        let bytes = if self.walked.is_empty() {
            &self.bytes
        } else {
            &self.walked
        };
        self.walk_in(bytes, seed, operations)
    }

    /// So many of them from a place that the seed chooses, none twice before all have come.
    pub fn once(&self, seed: u64, operations: usize) -> impl Iterator<Item = &[u8]> {
        self.walk_in(&self.bytes, seed, operations)
    }

    #[inline(always)]
    fn walk_in<'k>(&self, bytes: &'k [u8], seed: u64, operations: usize) -> Walk<'k> {
        Walk {
            bytes,
            length: self.length,
            at: Random::new(seed).below(bytes.len() / self.length) * self.length,
            left: operations,
        }
    }

    /// The same in batches; the last may be short.
    pub fn batches(
        &self,
        seed: u64,
        operations: usize,
        size: usize,
    ) -> impl Iterator<Item = Vec<&[u8]>> {
        let mut walk = self.walk(seed, operations);
        std::iter::from_fn(move || {
            let batch: Vec<&[u8]> = walk.by_ref().take(size).collect();
            (!batch.is_empty()).then_some(batch)
        })
    }
}

/// The numbers below `count` in random order.
fn order(count: usize, random: &mut Random) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(count).expect("few enough")).collect();
    shuffle(&mut order, random);
    order
}

fn shuffle(order: &mut [u32], random: &mut Random) {
    for last in (1..order.len()).rev() {
        order.swap(last, random.below(last + 1));
    }
}

/// A key of this number at the end of `bytes`.
fn push(bytes: &mut Vec<u8>, number: usize, length: usize) {
    let digits = length.min(DIGITS);
    bytes.extend_from_slice(&PREFIX[..length - digits]);
    let start = bytes.len();
    bytes.resize(start + digits, b'0');
    let mut rest = number as u64;
    for byte in bytes[start..].iter_mut().rev() {
        *byte = b'0' + (rest % 10).to_le_bytes()[0];
        rest /= 10;
    }
}

struct Walk<'k> {
    bytes: &'k [u8],
    length: usize,
    at: usize,
    left: usize,
}

impl<'k> Iterator for Walk<'k> {
    type Item = &'k [u8];

    #[inline(always)]
    fn next(&mut self) -> Option<&'k [u8]> {
        self.left = self.left.checked_sub(1)?;
        let end = self.at + self.length;
        let key = &self.bytes[self.at..end];
        self.at = if end == self.bytes.len() { 0 } else { end };
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn an_order_has_every_number_once() {
        let mut order = order(1000, &mut Random::new(1));
        assert!(order.windows(2).any(|pair| pair[0] > pair[1]));
        order.sort_unstable();
        assert!(order.iter().copied().eq(0..1000));
    }

    #[test]
    fn keys_are_different_and_of_one_length() {
        for length in [8, 20, 60] {
            let keys = Keys::new(99_000, 2000, length);
            let all: BTreeSet<&[u8]> = keys.iter().collect();
            assert_eq!((keys.count(), all.len()), (2000, 2000));
            assert!(all.iter().all(|key| key.len() == length));
            assert!(all.last().is_some_and(|key| key.ends_with(b"100999")));
        }
    }

    #[test]
    fn keys_come_once_and_round_again() {
        let keys = Keys::new(0, 100, 20);
        let once: Vec<&[u8]> = keys.once(3, 250).collect();
        assert_eq!(once.len(), 250);
        assert_eq!(once[..100], once[100..200]);
        assert_eq!(once[..100].iter().collect::<BTreeSet<_>>().len(), 100);
    }

    #[test]
    fn a_walk_comes_to_every_key_in_an_order_of_its_own() {
        let keys = Keys::new(0, 100, 20);
        let walked: Vec<&[u8]> = keys.walk(3, 300).collect();
        // Whatever round it begins in, one after it is whole.
        assert_eq!(walked.iter().collect::<BTreeSet<_>>().len(), 100);
        assert_ne!(walked[..100], walked[100..200]);
        let once: Vec<&[u8]> = keys.iter().collect();
        assert!(!walked.windows(100).any(|walked| walked == once));
        let batches: Vec<usize> = keys.batches(3, 40, 16).map(|batch| batch.len()).collect();
        assert_eq!(batches, [16, 16, 8]);
    }
}
