//! Values that anybody may replace, read, delete or let run out: what is read is whole, and was written for its key by
//! somebody who had begun to.
use crate::key::{self, COUNTER, LIST, NUMBER, RECORD, key_of};
use crate::own::short;
use crate::sequence;
use crate::tally::{LISTS, RECORDS, Tallies};
use crate::worker::Worker;
use quipu::{CountError, Entry, TableReader, Ttl, Value, ValueRef};
use quipu_tests::content;
use quipu_tests::random::Random;
use quipu_tests::shared::{get, put};

/// Longest value in bytes.
pub(crate) const RECORD_BYTES_MAX: usize = 1 << 20;
const LIST_BYTES_MAX: usize = 40 << 10;
/// More keys than there is room for.
const CHURNED: u64 = 300_000;
/// The seed of a value is who wrote it, and the how manieth of its values it is, in so many bits.
const COUNT_BITS: u32 = 32;

/// Bytes with flags.
pub(crate) struct NewRecord {
    pub(crate) bytes: Vec<u8>,
    pub(crate) flags: u32,
}

impl NewRecord {
    pub(crate) fn by_ref(&self) -> ValueRef<'_> {
        ValueRef::Bytes {
            bytes: &self.bytes,
            flags: self.flags,
        }
    }
}

/// Anything that can be done with a value of 0 bytes to 1 MiB.
pub(crate) fn record(worker: &mut Worker) {
    let number = if worker.random.one_in(3) {
        worker.random.below(3)
    } else {
        worker.random.below(RECORDS)
    };
    let key = key_of(RECORD, number);
    let ttl = match worker.random.below(6) {
        0 => Ttl::Never,
        1 => Ttl::After(short(&mut worker.random)),
        _ => Ttl::Keep,
    };
    match worker.random.below(16) {
        0..4 => {
            let value = new_record(worker, number);
            worker.admitted(worker.table().set(&key, value.by_ref(), ttl));
        }
        4..10 => {
            let entry = worker.table().get_entry(&key).expect("get");
            verify(number, entry.as_ref(), &worker.tallies);
        }
        10 => drop(worker.table().delete(&key).expect("delete")),
        11 => {
            let entry = worker.table().get_and_delete(&key).expect("take it");
            verify(number, entry.as_ref(), &worker.tallies);
        }
        12 => {
            let value = new_record(worker, number);
            let old = worker.table().get_and_set(&key, value.by_ref(), ttl);
            if let Some(old) = worker.admitted(old) {
                verify(number, old.as_ref(), &worker.tallies);
            }
        }
        13 => exchange(worker, number, &key, ttl),
        14 => {
            let ttl = Ttl::After(short(&mut worker.random));
            worker.table().touch(&key, ttl).expect("touch");
        }
        _ => drop(worker.table().persist(&key).expect("persist")),
    }
}

fn exchange(worker: &mut Worker, number: u64, key: &[u8], ttl: Ttl) {
    let value = new_record(worker, number);
    let table = worker.table();
    if let Some(entry) = table.get_entry(key).expect("get") {
        verify(number, Some(&entry), &worker.tallies);
        let done = table.compare_and_set(key, entry.token, value.by_ref(), ttl);
        worker.admitted(done);
    } else {
        worker.admitted(table.add(key, value.by_ref(), ttl));
    }
}

/// More keys than there is room for.
pub(crate) fn churn(worker: &mut Worker) {
    let number = worker.random.below(CHURNED);
    let key = key_of(RECORD, number);
    match worker.random.below(8) {
        0..3 => {
            let length = worker.random.index(2000);
            let value = record_of(worker, number, length);
            worker.admitted(worker.table().set(&key, value.by_ref(), Ttl::Never));
        }
        3 => drop(worker.table().delete(&key).expect("delete")),
        4 => {
            let sum = worker.counted(worker.table().incr(&key_of(NUMBER, number), 1));
            assert!(sum.is_none_or(|sum| sum > 0), "an incr made {sum:?}");
        }
        5 if worker.is_tight => drop(
            worker
                .table()
                .delete(&key_of(NUMBER, number))
                .expect("delete"),
        ),
        _ => {
            let entry = worker.table().get_entry(&key).expect("get");
            verify(number, entry.as_ref(), &worker.tallies);
        }
    }
}

/// Mostly short, at times as long as they get.
pub(crate) fn random_length(random: &mut Random) -> usize {
    match random.below(64) {
        0 if random.one_in(4) => RECORD_BYTES_MAX,
        0 => random.index(RECORD_BYTES_MAX + 1),
        1..32 => random.index(64),
        32..56 => random.index(2048),
        _ => random.index(40 << 10),
    }
}

fn new_record(worker: &mut Worker, number: u64) -> NewRecord {
    let length = random_length(&mut worker.random);
    record_of(worker, number, length)
}

/// A value that nobody else ever writes.
fn record_of(worker: &mut Worker, number: u64, length: usize) -> NewRecord {
    worker.written += 1;
    put(worker.life.written(&worker.tallies), worker.written);
    let seed = worker.id() << COUNT_BITS | worker.written;
    let bytes = content::make(number, seed, length);
    let flags = content::flags(number, &bytes);
    NewRecord { bytes, flags }
}

/// A record is whole, its flags are its own, and somebody has begun to write it.
pub(crate) fn verify(number: u64, entry: Option<&Entry>, tallies: &Tallies) {
    let Some(entry) = entry else {
        return;
    };
    let Value::Bytes { bytes, flags } = &entry.value else {
        panic!("a record holds {:?}", entry.value);
    };
    if let Err(words) = content::verify(number, bytes) {
        panic!("record {number}: {words}");
    }
    assert_eq!(
        *flags,
        content::flags(number, bytes),
        "flags of another value"
    );
    if let Some(seed) = content::seed(bytes) {
        let (id, count) = (seed >> COUNT_BITS, seed & ((1 << COUNT_BITS) - 1));
        let begun = get(tallies.life(id).written(tallies));
        assert!(
            id >= 1 && id <= tallies.lives() && count >= 1 && count <= begun,
            "record {number}: value {count} of life {id}, which has begun {begun}"
        );
    }
}

/// Pieces of everybody, at both ends.
pub(crate) fn list(worker: &mut Worker) {
    let number = worker.random.below(LISTS);
    let key = key_of(LIST, number);
    let length = worker.random.index(600);
    worker.unique += 1;
    let piece = content::piece(worker.id(), worker.unique, length);
    let way = worker.random.below(4);
    let table = worker.table();
    let answer = match way {
        0 => {
            let bytes = table.get(&key).expect("get");
            let bytes = bytes.as_ref().and_then(Value::as_bytes).unwrap_or_default();
            let mut pieces = content::pieces(bytes).expect("a whole list");
            let all = pieces.len();
            pieces.sort_unstable();
            pieces.dedup();
            assert_eq!(pieces.len(), all, "an append took effect twice");
            Ok(bytes.len())
        }
        1 => table.prepend(&key, &piece),
        _ => table.append(&key, &piece),
    };
    if answer == Err(CountError::Missing) {
        worker.admitted(table.add(&key, &piece, Ttl::Never));
    } else if worker
        .counted(answer)
        .is_some_and(|length| length > LIST_BYTES_MAX)
    {
        worker.admitted(table.set(&key, &piece, Ttl::Never));
    }
}

/// What a scan returns is whole, and a key that is there is seen once.
pub(crate) fn scan(worker: &mut Worker) {
    let mut keys = Vec::new();
    match worker.random.below(4) {
        0 => {
            // As a reader, who is no participant.
            let path = worker.table().path().expect("a name").to_path_buf();
            let reader = TableReader::open(path, quipu::Owner::CallerOrRoot).expect("open");
            let items = reader.scan_prefix(&[COUNTER]);
            keys.extend(items.map(|item| item.expect("an entry").0));
        }
        1 => keys.extend(sequence::scan(worker)),
        _ => {
            for item in worker.table().scan_prefix(&[RECORD]) {
                let (key, entry) = item.expect("an entry");
                verify(key::number_of(&key), Some(&entry), &worker.tallies);
                keys.push(key);
            }
        }
    }
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all, "a scan saw a key twice");
}
