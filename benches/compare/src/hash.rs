//! The hash that Quipu uses, for the maps that let their user choose.
use quipu_benches::core::SECRET;
use std::hash::{BuildHasher, Hasher};
use xxhash_rust::xxh3::xxh3_64_with_secret;

/// XXH3 with a secret, one call a key.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Xxh3;

/// What it has hashed.
#[derive(Debug, Default)]
pub(crate) struct Hashed(u64);

impl BuildHasher for Xxh3 {
    type Hasher = Hashed;

    fn build_hasher(&self) -> Hashed {
        Hashed(0)
    }
}

impl Hasher for Hashed {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_secret(bytes, &SECRET);
    }

    /// The length that goes before the bytes of a slice: XXH3 takes it into account by itself.
    #[inline]
    fn write_usize(&mut self, _length: usize) {}

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
