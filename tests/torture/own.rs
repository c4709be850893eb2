//! Keys that one life uses alone, so that every answer is known.
use crate::key::own_key;
use crate::worker::Worker;
use quipu::{Compared, Count, CountError, Table, Ttl};
use quipu_tests::content;
use quipu_tests::random::Random;
use quipu_tests::shared::put;
use std::time::{Duration, Instant};

/// Short times to live, in milliseconds.
const TTL_MS: [u64; 3] = [20, 60, 200];
/// An entry is gone so long after its time, whatever the ticks: rounding up, and a reader's tick.
const GRACE: Duration = Duration::from_millis(100);

/// A key with a time to live. Its time began between these two, and a process that is stopped may find much between.
pub(crate) struct Fleeting {
    key: Vec<u8>,
    before: Instant,
    after: Instant,
    ttl: Duration,
}

/// One of the short times to live.
pub(crate) fn short(random: &mut Random) -> Duration {
    Duration::from_millis(*random.choose(&TTL_MS))
}

/// A key that nobody else uses, from its first write to its end.
pub(crate) fn unique(worker: &mut Worker) {
    worker.unique += 1;
    put(worker.life.unique(&worker.tallies), worker.unique);
    let length = *worker.random.choose(&[0, 10, 30, 100, 283, 1000, 5000]);
    let mut key = own_key('u', worker.id(), worker.unique);
    key.extend(content::make(worker.id(), 0, length));
    assert_eq!(worker.table().get(&key), Ok(None));
    // A value may find no room in the middle of it, and a number only at its beginning.
    if worker.is_tight || worker.random.one_in(2) {
        if worker.counted(worker.table().incr(&key, 7)) == Some(7) {
            count(worker.table(), &key);
        }
    } else {
        let mut random = Random::new(worker.random.word());
        exchange(worker.table(), &key, &mut random);
    }
    assert_eq!(worker.table().get(&key), Ok(None));
    assert!(!worker.table().delete(&key).expect("delete"));
}

fn count(table: &Table, key: &[u8]) {
    assert!(!table.add(key, "x", Ttl::Never).expect("add"));
    assert_eq!(table.incr(key, -3), Ok(4));
    assert_eq!(table.get_number(key), Ok(Some(4)));
    let missing = Count {
        initial: None,
        ..Count::default()
    };
    assert_eq!(table.count(key, missing), Ok(5));
    assert!(table.delete(key).expect("delete"));
    assert_eq!(table.count(key, missing), Err(CountError::Missing));
}

fn exchange(table: &Table, key: &[u8], random: &mut Random) {
    let size = random.index(9000);
    let value = content::make(1, random.word(), size);
    assert!(table.add(key, &value, Ttl::Never).expect("add"));
    let other = content::make(2, random.word(), random.index(100));
    let entry = table.get_entry(key).expect("get").expect("it is there");
    assert_eq!(entry.value.as_bytes(), Some(&value[..]));
    let done = table.compare_and_set(key, entry.token, &other, Ttl::Never);
    assert_eq!(done, Ok(Compared::Done));
    assert_eq!(table.exists(key), Ok(true));
    let last = table
        .get_and_delete(key)
        .expect("take it")
        .expect("it is there");
    assert_eq!(last.value.as_bytes(), Some(&other[..]));
}

/// Keys that stay, so that the table grows all the time.
pub(crate) fn grow(worker: &mut Worker) {
    let next = worker.grown + 1;
    let key = own_key('g', worker.id(), next);
    let number = i64::try_from(worker.id() ^ next).expect("small");
    let is_new = worker.table().add(&key, number, Ttl::Never);
    assert_eq!(is_new, Ok(true));
    // Those of long ago are there, wherever the splits have moved them.
    let some = 1 + worker.random.below(next);
    let key = own_key('g', worker.id(), some);
    let number = i64::try_from(worker.id() ^ some).expect("small");
    assert_eq!(worker.table().get_number(&key), Ok(Some(number)));
    worker.grown = next;
    put(worker.life.grown(&worker.tallies), next);
}

/// A key of ours with a time to live is there before it is over, and not after.
pub(crate) fn fleeting(worker: &mut Worker) {
    if let Some(fleeting) = worker.fleeting.take() {
        let ttl = fleeting.ttl;
        let is_late = fleeting.after.elapsed() > ttl + GRACE;
        let found = worker.table().exists(&fleeting.key).expect("exists");
        let is_early = fleeting.before.elapsed() < ttl;
        assert!(!found || !is_late, "an entry outlived its {ttl:?}");
        assert!(found || !is_early, "an entry did not live for its {ttl:?}");
        if !is_late {
            worker.fleeting = Some(fleeting);
        }
        return;
    }
    worker.unique += 1;
    let key = own_key('x', worker.id(), worker.unique);
    let (before, ttl) = (Instant::now(), short(&mut worker.random));
    let value = content::make(3, 3, worker.random.index(3000));
    worker
        .table()
        .set(&key, &value, Ttl::After(ttl))
        .expect("set");
    let after = Instant::now();
    worker.fleeting = Some(Fleeting {
        key,
        before,
        after,
        ttl,
    });
}
