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
    #[inline]
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
fn pack_long(bytes: &[u8], second: [u64; 2], words: &mut [u64; KEY_WORDS]) {
    let (hashes, prefix) = words[1..].split_at_mut(KEY_WORDS.min(3) - 1);
    for (word, hash) in hashes.iter_mut().zip(second) {
        *word = hash;
    }
    pack(&bytes[..8 * prefix.len()], prefix);
}

/// Bytes as little-endian words, padded with zeros.
#[inline(always)]
fn pack(bytes: &[u8], words: &mut [u64]) {
    let mut chunks = bytes.chunks_exact(8);
    let mut words = words.iter_mut();
    for (chunk, word) in chunks.by_ref().zip(words.by_ref()) {
        *word = word_of(chunk);
    }
    if let Some(word) = words.next() {
        *word = partial_word(chunks.remainder());
    }
}

/// Eight bytes as a word.
#[inline(always)]
pub(crate) fn word_of(chunk: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(chunk);
    u64::from_le_bytes(bytes)
}

/// Fewer than eight bytes as a word, padded with zeros.
#[inline(always)]
pub(crate) fn partial_word(rest: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(bytes)
}
