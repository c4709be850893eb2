//! A key, hashed by the caller and packed into words as a cell keeps them. Format: docs/format.md 5.
use crate::layout::{KEY_BYTES_MAX, KEY_INLINE_BYTES_MAX, KEY_WORDS};

/// A key that is ready to be looked up.
#[derive(Clone, Copy)]
pub struct Key<'k> {
    pub(crate) hash: u64,
    /// Masked key words; of a long key the first is the masked reference to its block, here still the mask alone.
    pub(crate) words: [u64; KEY_WORDS],
    pub(crate) bytes: &'k [u8],
}

impl<'k> Key<'k> {
    /// Packs a key. `second` is called only for a key that does not fit in a cell, and gives 128 bits of hash
    /// independent of `hash`. `None`: the key is longer than 65,535 bytes.
    #[inline(always)]
    pub fn new(
        bytes: &'k [u8],
        hash: u64,
        mask: &[u64; 2],
        second: impl FnOnce() -> [u64; 2],
    ) -> Option<Self> {
        let mut words = [0; KEY_WORDS];
        if bytes.len() <= KEY_INLINE_BYTES_MAX {
            pack(bytes, &mut words);
        } else if bytes.len() <= KEY_BYTES_MAX {
            pack_long(bytes, second(), &mut words);
        } else {
            return None;
        }
        for (i, word) in words.iter_mut().enumerate() {
            *word ^= mask[i & 1];
        }
        Some(Self { hash, words, bytes })
    }

    /// The key's bytes.
    #[must_use]
    pub fn bytes(&self) -> &'k [u8] {
        self.bytes
    }

    pub(crate) fn is_long(&self) -> bool {
        self.bytes.len() > KEY_INLINE_BYTES_MAX
    }
}

/// A long key in its cell: the block's reference (filled in later), the second hash, the first bytes.
#[cold]
fn pack_long(bytes: &[u8], second: [u64; 2], words: &mut [u64; KEY_WORDS]) {
    let (hashes, prefix) = words[1..].split_at_mut(KEY_WORDS.min(3) - 1);
    for (word, hash) in hashes.iter_mut().zip(second) {
        *word = hash;
    }
    pack(&bytes[..8 * prefix.len()], prefix);
}

/// Bytes as little-endian words, padded with zeros. No loop over bytes and no copy to memory: what is stored in
/// small parts and loaded whole has to wait for the stores.
#[inline(always)]
fn pack(bytes: &[u8], words: &mut [u64]) {
    let whole = |i: usize| word_of(&bytes[8 * i..8 * i + 8]);
    // Written out, so that the words are values and not places.
    match bytes.len().div_ceil(8) {
        0 => {}
        1 => words[0] = tail(bytes, 0),
        2 => (words[0], words[1]) = (whole(0), tail(bytes, 8)),
        3 => (words[0], words[1], words[2]) = (whole(0), whole(1), tail(bytes, 16)),
        4 => {
            (words[0], words[1]) = (whole(0), whole(1));
            (words[2], words[3]) = (whole(2), tail(bytes, 24));
        }
        _ => {
            (words[0], words[1], words[2]) = (whole(0), whole(1), whole(2));
            (words[3], words[4]) = (whole(3), tail(bytes, 32));
        }
    }
}

/// The last one to eight bytes as a word.
#[inline(always)]
fn tail(bytes: &[u8], from: usize) -> u64 {
    match bytes.last_chunk::<8>() {
        // The whole last word, less what the word before it has already.
        Some(last) => u64::from_le_bytes(*last) >> (8 * (from + 8 - bytes.len())),
        None => partial_word(&bytes[from..]),
    }
}

/// Eight bytes as a word.
#[inline(always)]
pub(crate) fn word_of(chunk: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(chunk);
    u64::from_le_bytes(bytes)
}

/// Fewer than eight bytes as a word, padded with zeros: from both ends, which may overlap.
#[inline(always)]
pub(crate) fn partial_word(rest: &[u8]) -> u64 {
    let shift = |word: u64, bytes: usize| word << (8 * (rest.len() - bytes));
    if let (Some(first), Some(last)) = (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | shift(last.into(), 4);
    }
    if let (Some(first), Some(last)) = (rest.first_chunk::<2>(), rest.last_chunk::<2>()) {
        let (first, last) = (u16::from_le_bytes(*first), u16::from_le_bytes(*last));
        return u64::from(first) | shift(last.into(), 2);
    }
    rest.first().copied().map_or(0, u64::from)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_bytes_and_then_zeros() {
        let bytes: [u8; KEY_INLINE_BYTES_MAX] =
            core::array::from_fn(|i| 0x81 + (i as u64).to_le_bytes()[0]);
        for length in 0..=bytes.len() {
            let key = Key::new(&bytes[..length], 0, &[0, 0], || [0; 2]).expect("short");
            let mut padded = [0; KEY_INLINE_BYTES_MAX];
            padded[..length].copy_from_slice(&bytes[..length]);
            for (i, word) in key.words.iter().enumerate() {
                assert_eq!(
                    *word,
                    word_of(&padded[8 * i..8 * i + 8]),
                    "length {length}, word {i}"
                );
            }
        }
    }
}
