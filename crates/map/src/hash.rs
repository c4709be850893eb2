//! From the bytes of a key to its hash: part of the format, so every word of this is normative (format.md 3.5).
//!
//! Let `S(i)` be SipHash-1-3 of the 8 little-endian bytes of `i`, keyed with the two words of the table's seed.
//!
//! * XXH3: the hash is XXH3-64 with the 192-byte secret `S(0) .. S(23)`, each as 8 little-endian bytes. The second
//!   hash of a long key is XXH3-128 with the secret `S(24) .. S(47)`; its low 64 bits come first.
//! * SipHash-1-3: the hash is SipHash-1-3 keyed with the seed. The second hash is two of SipHash-1-3: one keyed
//!   with the seed whose first word is XORed with 0x5c5c5c5c5c5c5c5c, then one keyed with the seed whose second
//!   word is XORed with 0x3636363636363636.
use quipu_core::{Choices, HashId, Key};
use siphasher::sip::SipHasher13;
use xxhash_rust::xxh3::{xxh3_64_with_secret, xxh3_128_with_secret};

const SECRET_BYTES: usize = 192;
const FIRST_PAD: u64 = 0x5c5c_5c5c_5c5c_5c5c;
const SECOND_PAD: u64 = 0x3636_3636_3636_3636;

/// Hashes the keys of one table.
pub(crate) struct Hasher {
    function: Function,
    key_mask: [u64; 2],
}

enum Function {
    Xxh3 {
        secret: [u8; SECRET_BYTES],
        second: [u8; SECRET_BYTES],
    },
    SipHash13 {
        hash: SipHasher13,
        second: [SipHasher13; 2],
    },
}

impl Hasher {
    pub(crate) fn new(choices: &Choices) -> Self {
        let [first, second] = choices.seed;
        let function = match choices.hash {
            HashId::Xxh3 => Function::Xxh3 {
                secret: secret(choices.seed, 0),
                second: secret(choices.seed, 24),
            },
            HashId::SipHash13 => Function::SipHash13 {
                hash: SipHasher13::new_with_keys(first, second),
                second: [
                    SipHasher13::new_with_keys(first ^ FIRST_PAD, second),
                    SipHasher13::new_with_keys(first, second ^ SECOND_PAD),
                ],
            },
        };
        Self {
            function,
            key_mask: choices.key_mask,
        }
    }

    /// A key that is ready to be looked up; `None` if it is too long.
    #[inline(always)]
    pub(crate) fn key<'k>(&self, bytes: &'k [u8]) -> Option<Key<'k>> {
        self.key_of(bytes, self.hash(bytes))
    }

    /// A key whose hash is known; `None` if it is too long.
    #[inline(always)]
    pub(crate) fn key_of<'k>(&self, bytes: &'k [u8], hash: u64) -> Option<Key<'k>> {
        Key::new(bytes, hash, &self.key_mask, || self.second(bytes))
    }

    /// 64 bits that place a key.
    #[inline(always)]
    pub(crate) fn hash(&self, bytes: &[u8]) -> u64 {
        match &self.function {
            Function::Xxh3 { secret, .. } => xxh3_64_with_secret(bytes, secret),
            Function::SipHash13 { hash, .. } => hash.hash(bytes),
        }
    }

    /// 128 bits more, which tell long keys apart.
    fn second(&self, bytes: &[u8]) -> [u64; 2] {
        match &self.function {
            Function::Xxh3 { second, .. } => {
                let hash = xxh3_128_with_secret(bytes, second);
                [low_half(hash), low_half(hash >> 64)]
            }
            Function::SipHash13 { second, .. } => [second[0].hash(bytes), second[1].hash(bytes)],
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the low 64 bits are what is asked for"
)]
const fn low_half(bits: u128) -> u64 {
    bits as u64
}

/// `S(first)`, `S(first + 1)`, and so on.
fn secret(seed: [u64; 2], first: u64) -> [u8; SECRET_BYTES] {
    let derive = SipHasher13::new_with_keys(seed[0], seed[1]);
    let mut secret = [0; SECRET_BYTES];
    for (word, number) in secret.chunks_exact_mut(8).zip(first..) {
        word.copy_from_slice(&derive.hash(&number.to_le_bytes()).to_le_bytes());
    }
    secret
}

#[cfg(test)]
mod tests {
    use super::*;
    use quipu_core::OnFull;

    fn hasher(hash: HashId) -> Hasher {
        Hasher::new(&Choices {
            bytes_max: 1 << 20,
            tick_shift: 7,
            hash,
            on_full: OnFull::Error,
            wipe: false,
            seed: [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908],
            key_mask: [1, 2],
            created_ms: 0,
        })
    }

    /// The bytes of a file depend on these: a change of any is a new version of the format.
    #[test]
    fn the_hashes_are_those_of_the_format() {
        let long = [7; 300];
        let xxh3 = hasher(HashId::Xxh3);
        let siphash = hasher(HashId::SipHash13);
        assert_eq!(
            siphash.hash(b""),
            0xabac_0158_050f_c4dc,
            "the first published vector"
        );
        let found = [
            xxh3.hash(b""),
            xxh3.hash(b"key"),
            xxh3.hash(&long),
            xxh3.second(&long)[0],
            xxh3.second(&long)[1],
            siphash.hash(b"key"),
            siphash.second(&long)[0],
            siphash.second(&long)[1],
        ];
        assert_eq!(found, GOLDEN, "{found:#018x?}");
    }

    /// As the C implementation of XXH3 (0.8.1) and the SipHash of its paper give them.
    const GOLDEN: [u64; 8] = [
        0x136f_46f4_8461_a077,
        0x29ad_75d8_db99_993a,
        0x65c7_9538_242a_9791,
        0xdaa3_19d2_0449_37d3,
        0x62ce_0135_cf01_ae2e,
        0x3477_d32d_d117_98e1,
        0x1223_7cb9_4371_653e,
        0xba76_4991_0744_707c,
    ];

    #[test]
    fn the_second_hash_is_independent_of_the_first() {
        for hash in [HashId::Xxh3, HashId::SipHash13] {
            let hasher = hasher(hash);
            let [first, second] = hasher.second(b"key");
            assert_ne!(first, second);
            assert_ne!(first, hasher.hash(b"key"));
            assert_ne!(second, hasher.hash(b"key"));
        }
    }
}
