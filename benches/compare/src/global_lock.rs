//! The design that Quipu replaces, as programs have it that were in a hurry: one shared segment, one mutex, and the
//! whole map serialised into the segment by every write, and out of it by every operation.
use crate::store::{self, Operation, Quipu, Store};
use quipu_benches::contest::{Failure, Settings};
use quipu_benches::keys::Keys;
use quipu_benches::plan::Plan;
use quipu_benches::record::Outcome;
use raw_sync::locks::{LockGuard, LockImpl, LockInit, Mutex};
use shared_memory::{Shmem, ShmemConf};
use std::collections::HashMap;
use std::slice;

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
const KEY_BYTES: usize = 20;
/// Room for the mutex at the head of the segment.
const HEAD_BYTES: usize = 256;
const LENGTH_BYTES: usize = 8;

/// All cases of this section.
pub(crate) fn plan(plan: &mut Plan) {
    for keys in SIZES {
        plan.add(
            format!("compare: {keys} counters behind one lock"),
            move |settings| behind_lock(keys, settings),
        );
    }
}

fn behind_lock(keys: usize, settings: Settings) -> Result<Vec<Outcome>, Failure> {
    let keys = Keys::new(0, keys, KEY_BYTES);
    let mut stores: Vec<(&str, Box<dyn Store>)> = vec![
        ("quipu", Box::new(Quipu::new(&keys)?)),
        ("one lock", Box::new(GlobalLock::new(&keys)?)),
    ];
    let mut results = Vec::new();
    for operation in Operation::ALL {
        results.push(store::contest(
            &mut stores,
            operation,
            &keys,
            "one lock",
            settings,
        )?);
    }
    Ok(results)
}

type Map = HashMap<String, i64>;

struct GlobalLock {
    // Before the segment, in which it lies.
    mutex: Box<dyn LockImpl>,
    room: usize,
    _segment: Shmem,
}

impl GlobalLock {
    fn new(keys: &Keys) -> Result<Self, Failure> {
        // A length, the bytes of the key, and up to ten of the number.
        let room = LENGTH_BYTES + 16 + keys.count() * (KEY_BYTES + 16);
        let segment = ShmemConf::new().size(HEAD_BYTES + room).create()?;
        let start = segment.as_ptr();
        // SAFETY: the segment is as long as that.
        let data = unsafe { start.add(HEAD_BYTES) };
        // SAFETY: the segment is new and page-aligned, its head has room for a mutex, and it is dropped after it.
        let (mutex, used) =
            unsafe { Mutex::new(start, data) }.map_err(|error| error.to_string())?;
        assert!(used <= HEAD_BYTES, "a mutex is small");
        let lock = Self {
            mutex,
            room,
            _segment: segment,
        };
        let all = keys
            .iter()
            .map(|key| (String::from_utf8_lossy(key).into_owned(), 1));
        lock.change(|map| map.extend(all))?;
        Ok(lock)
    }

    fn locked(&self) -> Result<LockGuard<'_>, Failure> {
        // Its error is not one that may leave the thread.
        Ok(self.mutex.lock().map_err(|error| error.to_string())?)
    }

    /// Does something with the map under the lock, and puts it back.
    fn change<R>(&self, change: impl FnOnce(&mut Map) -> R) -> Result<R, Failure> {
        let guard = self.locked()?;
        // SAFETY: the data lie behind the head of the segment, so long, and the lock is held.
        let data = unsafe { slice::from_raw_parts_mut(*guard, self.room) };
        let mut map = read(data)?;
        let result = change(&mut map);
        let (length, bytes) = data.split_at_mut(LENGTH_BYTES);
        let used = postcard::to_slice(&map, bytes)?.len() as u64;
        length.copy_from_slice(&used.to_le_bytes());
        Ok(result)
    }
}

/// The map in the segment.
fn read(data: &[u8]) -> Result<Map, Failure> {
    let (length, bytes) = data.split_at(LENGTH_BYTES);
    let length = usize::try_from(u64::from_le_bytes(length.try_into()?))?;
    if length == 0 {
        return Ok(Map::new());
    }
    Ok(postcard::from_bytes(&bytes[..length])?)
}

fn text(key: &[u8]) -> Result<&str, Failure> {
    Ok(str::from_utf8(key)?)
}

impl Store for GlobalLock {
    fn incr(&mut self, key: &[u8]) -> Result<i64, Failure> {
        let key = text(key)?;
        self.change(|map| {
            let number = map.entry(key.to_owned()).or_default();
            *number += 1;
            *number
        })
    }

    fn set(&mut self, key: &[u8], number: i64) -> Result<(), Failure> {
        let key = text(key)?;
        self.change(|map| map.insert(key.to_owned(), number))?;
        Ok(())
    }

    fn get(&mut self, key: &[u8]) -> Result<Option<i64>, Failure> {
        let guard = self.locked()?;
        // SAFETY: the data lie behind the head of the segment, so long, and the lock is held.
        let data = unsafe { slice::from_raw_parts(*guard, self.room) };
        Ok(read(data)?.get(text(key)?).copied())
    }
}
