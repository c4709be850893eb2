//! Keys as users have them, laid out so that walking through them costs little beside what is measured.
use crate::random::Random;

/// What keys begin with, cut to the length that is wanted.
const PREFIX: &[u8] = b"hits:/page/of/a/site/whose/paths/are/rather/long/and/deep/";
/// The digits at the end of a key: enough for every number used here.
const DIGITS: usize = 8;

/// Different keys of one length, in random order in one array: random for any table, in order for the prefetcher.
#[derive(Debug)]
pub struct Keys {
    bytes: Vec<u8>,
    length: usize,
}

impl Keys {
    /// Keys of the numbers `first .. first + count`, of `length` bytes each, at least 8.
    ///
    /// # Panics
    /// If there are more than 32 bits can count.
    #[must_use]
    pub fn new(first: usize, count: usize, length: usize) -> Self {
        let order = order(count);
        let numbers = order.into_iter().map(|number| first + number as usize);
        Self::of(numbers, length)
    }

    /// Keys of these numbers, in this order.
    #[must_use]
    pub fn of(numbers: impl Iterator<Item = usize>, length: usize) -> Self {
        let mut bytes = Vec::with_capacity(numbers.size_hint().0 * length);
        for number in numbers {
            push(&mut bytes, number, length);
        }
        Self { bytes, length }
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

    /// So many of them from a place that the seed chooses, and from the beginning again after the last.
    #[inline(always)]
    pub fn walk(&self, seed: u64, operations: usize) -> impl Iterator<Item = &[u8]> {
        let start = Random::new(seed).below(self.count()) * self.length;
        Walk {
            bytes: &self.bytes,
            length: self.length,
            at: start,
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
fn order(count: usize) -> Vec<u32> {
    let mut random = Random::new(count as u64);
    let mut order: Vec<u32> = (0..u32::try_from(count).expect("few enough")).collect();
    for last in (1..count).rev() {
        order.swap(last, random.below(last + 1));
    }
    order
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
        let mut order = order(1000);
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
    fn a_walk_comes_to_every_key_and_round_again() {
        let keys = Keys::new(0, 100, 20);
        let walked: Vec<&[u8]> = keys.walk(3, 250).collect();
        assert_eq!(walked.len(), 250);
        assert_eq!(walked[..100], walked[100..200]);
        assert_eq!(walked[..100].iter().collect::<BTreeSet<_>>().len(), 100);
        let batches: Vec<usize> = keys.batches(3, 40, 16).map(|batch| batch.len()).collect();
        assert_eq!(batches, [16, 16, 8]);
    }
}
