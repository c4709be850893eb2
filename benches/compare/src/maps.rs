//! Maps of one process with byte keys and atomic counters: what a program would use if it were alone.
//!
//! A key is a box of bytes, which like Quipu takes any length, or an array of 20 bytes, which spares the map a
//! pointer to follow and lets the compiler know the length.
use crate::hash::Xxh3;
use quipu_benches::keys::Keys;
use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::atomic::{AtomicI64, Ordering};

/// Bytes of an inline key.
pub(crate) const INLINE: usize = 20;

/// A form in which a map holds keys.
pub(crate) trait KeyForm:
    Borrow<Self::Lookup> + Hash + Eq + Clone + Send + Sync + 'static
{
    /// What is looked up.
    type Lookup: ?Sized + Hash + Eq;
    /// What entrants with such keys are called.
    const SUFFIX: &'static str;

    /// A key to hold.
    fn own(bytes: &[u8]) -> Self;
    /// A key to look up.
    fn lookup(bytes: &[u8]) -> &Self::Lookup;
}

impl KeyForm for Box<[u8]> {
    type Lookup = [u8];
    const SUFFIX: &'static str = "";

    fn own(bytes: &[u8]) -> Self {
        bytes.into()
    }

    #[inline(always)]
    fn lookup(bytes: &[u8]) -> &[u8] {
        bytes
    }
}

impl KeyForm for [u8; INLINE] {
    type Lookup = [u8; INLINE];
    const SUFFIX: &'static str = ", inline keys";

    fn own(bytes: &[u8]) -> Self {
        *Self::lookup(bytes)
    }

    #[inline(always)]
    fn lookup(bytes: &[u8]) -> &[u8; INLINE] {
        bytes.try_into().expect("a key of this length")
    }
}

/// A map of counters that are all there already.
pub(crate) trait Counters {
    /// Adds one.
    fn incr(&self, key: &[u8]) -> Option<i64>;
    /// Reads.
    fn get(&self, key: &[u8]) -> Option<i64>;
}

/// The maps with one form of keys.
pub(crate) struct Maps<K: KeyForm> {
    pub(crate) papaya: Papaya<K>,
    pub(crate) dashmap: Dashmap<K>,
    pub(crate) scc: Scc<K>,
    pub(crate) scc_index: SccIndex<K>,
}

pub(crate) struct Papaya<K>(pub(crate) papaya::HashMap<K, AtomicI64, Xxh3>);
pub(crate) struct Dashmap<K>(dashmap::DashMap<K, AtomicI64, Xxh3>);
pub(crate) struct Scc<K: KeyForm>(scc::HashMap<K, AtomicI64, Xxh3>);
pub(crate) struct SccIndex<K: KeyForm>(scc::HashIndex<K, AtomicI64, Xxh3>);

impl<K: KeyForm> Maps<K> {
    /// Maps with a counter for each key.
    pub(crate) fn new(keys: &Keys) -> Self {
        let maps = Self {
            papaya: Papaya(papaya::HashMap::with_hasher(Xxh3)),
            dashmap: Dashmap(dashmap::DashMap::with_hasher(Xxh3)),
            scc: Scc(scc::HashMap::with_hasher(Xxh3)),
            scc_index: SccIndex(scc::HashIndex::with_hasher(Xxh3)),
        };
        // One after another, as a program fills one map.
        for key in keys.iter() {
            maps.papaya.0.pin().insert(K::own(key), AtomicI64::new(1));
        }
        for key in keys.iter() {
            maps.dashmap.0.insert(K::own(key), AtomicI64::new(1));
        }
        for key in keys.iter() {
            assert!(
                maps.scc
                    .0
                    .insert_sync(K::own(key), AtomicI64::new(1))
                    .is_ok(),
                "a new key"
            );
        }
        for key in keys.iter() {
            assert!(
                maps.scc_index
                    .0
                    .insert_sync(K::own(key), AtomicI64::new(1))
                    .is_ok(),
                "a new key"
            );
        }
        maps
    }
}

/// Adds one.
#[inline(always)]
pub(crate) fn add_one(counter: &AtomicI64) -> i64 {
    // Relaxed: the map orders its own accesses.
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

/// Reads.
#[inline(always)]
pub(crate) fn load(counter: &AtomicI64) -> i64 {
    counter.load(Ordering::Relaxed)
}

impl<K: KeyForm> Counters for Papaya<K> {
    #[inline(always)]
    fn incr(&self, key: &[u8]) -> Option<i64> {
        self.0.pin().get(K::lookup(key)).map(add_one)
    }

    #[inline(always)]
    fn get(&self, key: &[u8]) -> Option<i64> {
        self.0.pin().get(K::lookup(key)).map(load)
    }
}

impl<K: KeyForm> Counters for Dashmap<K> {
    #[inline(always)]
    fn incr(&self, key: &[u8]) -> Option<i64> {
        self.0.get(K::lookup(key)).map(|entry| add_one(&entry))
    }

    #[inline(always)]
    fn get(&self, key: &[u8]) -> Option<i64> {
        self.0.get(K::lookup(key)).map(|entry| load(&entry))
    }
}

impl<K: KeyForm> Counters for Scc<K> {
    #[inline(always)]
    fn incr(&self, key: &[u8]) -> Option<i64> {
        self.0
            .read_sync(K::lookup(key), |_, counter| add_one(counter))
    }

    #[inline(always)]
    fn get(&self, key: &[u8]) -> Option<i64> {
        self.0.read_sync(K::lookup(key), |_, counter| load(counter))
    }
}

impl<K: KeyForm> Counters for SccIndex<K> {
    #[inline(always)]
    fn incr(&self, key: &[u8]) -> Option<i64> {
        self.0
            .peek_with(K::lookup(key), |_, counter| add_one(counter))
    }

    #[inline(always)]
    fn get(&self, key: &[u8]) -> Option<i64> {
        self.0.peek_with(K::lookup(key), |_, counter| load(counter))
    }
}
