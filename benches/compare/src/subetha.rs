//! The hash map of subetha-cxc: fixed capacity, keys and values of fixed size, no counters.
use crate::store::Store;
use quipu_benches::contest::Failure;
use quipu_benches::keys::Keys;
use std::path::Path;
use subetha_cxc::shared_hash_map::SharedHashMap;

/// The key, in the only form it takes.
type Key = [u8; 20];

/// A map with room for twice its keys.
pub(crate) struct Subetha(SharedHashMap<Key, i64>);

impl Subetha {
    /// A map with these keys.
    pub(crate) fn new(folder: &Path, keys: &Keys) -> Result<Self, Failure> {
        let capacity = (keys.count() * 2).next_power_of_two();
        let map = Self(SharedHashMap::create(folder.join("subetha"), capacity).map_err(failure)?);
        for key in keys.iter() {
            map.0.insert(key.try_into()?, 1).map_err(failure)?;
        }
        Ok(map)
    }
}

fn failure(error: impl std::fmt::Debug) -> Failure {
    format!("{error:?}").into()
}

impl Store for Subetha {
    /// A read and a write: the map has no atomic addition, so an addition of another process can be lost.
    fn incr(&mut self, key: &[u8]) -> Result<i64, Failure> {
        let key = key.try_into()?;
        let new = self.0.get(&key).unwrap_or(0) + 1;
        self.0.insert(key, new).map_err(failure)?;
        Ok(new)
    }

    fn set(&mut self, key: &[u8], number: i64) -> Result<(), Failure> {
        self.0.insert(key.try_into()?, number).map_err(failure)?;
        Ok(())
    }

    fn get(&mut self, key: &[u8]) -> Result<Option<i64>, Failure> {
        Ok(self.0.get(key.try_into()?))
    }
}
