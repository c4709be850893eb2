//! Values with numbers that one writer counts up: nobody who reads them sees the numbers go back, nor one that was
//! replaced before the read began, nor one that was not begun when it ended.
//!
//! The writer is the process in a seat; the next one in the seat comes when the kernel has said that the last one is
//! gone, and goes on after the last number that it may have written.
use crate::key::{self, SEQUENCE, key_of};
use crate::own::short;
use crate::record::{NewRecord, random_length};
use crate::tally::{Event, SEQUENCES, SEQUENCES_PER_SEAT};
use crate::worker::Worker;
use quipu::{Compared, Entry, TableReader, Ttl, Update, Value, ValueRef, WriteError};
use quipu_tests::content;
use quipu_tests::shared::{get, put};
use std::sync::Arc;

/// Shorter values do not say their number.
const BYTES_MIN: usize = 32;

/// Writes one of our own, or reads anybody's.
pub(crate) fn sequence(worker: &mut Worker) {
    if worker.is_first && worker.random.one_in(3) {
        let own = worker.seat * SEQUENCES_PER_SEAT;
        let number = own + worker.random.below(SEQUENCES_PER_SEAT);
        write(worker, number);
        return;
    }
    let number = worker.random.below(SEQUENCES);
    let key = key_of(SEQUENCE, number);
    let before = get(worker.tallies.sequence(number).acknowledged);
    // Opening takes long.
    let ways = if worker.random.one_in(50) { 5 } else { 4 };
    let way = worker.random.below(ways);
    let table = worker.table();
    let found = match way {
        0 => table.get(&key).expect("get"),
        1 => {
            let both = table.multi_get(&[&key, &key]).expect("get");
            let [first, second] = <[_; 2]>::try_from(both).expect("two");
            see(worker, number, before, first.as_ref());
            second
        }
        2 if !may_vanish(worker, number) => {
            let entry = table
                .get_and_touch(&key, Ttl::Never)
                .expect("get and touch");
            entry.map(|entry| entry.value)
        }
        4 => {
            let path = table.path().expect("a name").to_path_buf();
            let reader = TableReader::open(path, quipu::Owner::CallerOrRoot).expect("open");
            reader.get(&key).expect("get")
        }
        _ => table.get_entry(&key).expect("get").map(|entry| entry.value),
    };
    see(worker, number, before, found.as_ref());
}

/// Whether its writer deletes it at times, and lets it run out.
pub(crate) fn is_fleeting(number: u64) -> bool {
    number.is_multiple_of(SEQUENCES_PER_SEAT)
}

/// Whether it may be gone; where entries are evicted, all may go.
fn may_vanish(worker: &Worker, number: u64) -> bool {
    worker.evicts || is_fleeting(number)
}

/// The next number, in one of the ways to write.
fn write(worker: &mut Worker, number: u64) {
    let tallies = Arc::clone(&worker.tallies);
    let tally = tallies.sequence(number);
    let next = get(tally.started) + 1;
    let before = get(tally.acknowledged);
    let key = key_of(SEQUENCE, number);
    put(tally.started, next);
    let value = value_of(worker, number, next);
    let ttl = match worker.random.below(8) {
        0 if is_fleeting(number) => Ttl::After(short(&mut worker.random)),
        _ => Ttl::Never,
    };
    let way = worker.random.below(6);
    let table = worker.table();
    let done = match way {
        0 => table.get_and_set(&key, value.by_ref(), ttl).map(|old| {
            see(worker, number, before, old.map(|old| old.value).as_ref());
            true
        }),
        1 => {
            let entry = table.get_entry(&key).expect("get");
            see(
                worker,
                number,
                before,
                entry.as_ref().map(|entry| &entry.value),
            );
            exchange(worker, &key, entry, &value, ttl)
        }
        2 => {
            let change = |_: Option<&Entry>| (Update::Set(value.to_value(), ttl), true);
            table.update(&key, change)
        }
        3 if is_fleeting(number) => table
            .delete(&key)
            .and_then(|_| table.add(&key, value.by_ref(), ttl)),
        4 => table
            .multi_set(&[(&key, value.by_ref())], ttl)
            .map(|()| true),
        _ => table.set(&key, value.by_ref(), ttl).map(|()| true),
    };
    match worker.admitted(done) {
        Some(true) => put(tally.acknowledged, next),
        Some(false) => panic!("sequence {number}: somebody else writes it"),
        None => {}
    }
}

/// By the token of what was there; if it ran out or was evicted since, there is nothing.
fn exchange(
    worker: &Worker,
    key: &[u8],
    entry: Option<Entry>,
    value: &Numbered,
    ttl: Ttl,
) -> Result<bool, WriteError> {
    let table = worker.table();
    if let Some(entry) = entry {
        let done = table.compare_and_set(key, entry.token, value.by_ref(), ttl)?;
        if done != Compared::Missing {
            return Ok(done == Compared::Done);
        }
    }
    table.add(key, value.by_ref(), ttl)
}

/// A number in one of the forms that say it.
enum Numbered {
    Integer(i64),
    Record(NewRecord),
}

impl Numbered {
    fn by_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Record(record) => record.by_ref(),
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Integer(number) => Value::Integer(*number),
            Self::Record(NewRecord { bytes, flags }) => Value::Bytes {
                bytes: bytes.clone(),
                flags: *flags,
            },
        }
    }
}

fn value_of(worker: &mut Worker, number: u64, count: u64) -> Numbered {
    if worker.random.one_in(4) {
        return Numbered::Integer(count.cast_signed());
    }
    let length = random_length(&mut worker.random).max(BYTES_MIN);
    let bytes = content::make(number, count, length);
    let flags = content::flags(number, &bytes);
    Numbered::Record(NewRecord { bytes, flags })
}

/// The number that a value says; the value is whole and was written for this key.
fn count_of(number: u64, value: &Value) -> u64 {
    match value {
        Value::Integer(count) => count.cast_unsigned(),
        Value::Bytes { bytes, flags } => {
            if let Err(words) = content::verify(number, bytes) {
                panic!("sequence {number}: {words}");
            }
            assert_eq!(*flags, content::flags(number, bytes), "flags of another");
            content::seed(bytes).expect("a value that says its number")
        }
        Value::Float(_) => panic!("sequence {number} holds {value:?}"),
    }
}

/// What somebody who began to read after number `before` was acknowledged may see.
fn see(worker: &Worker, number: u64, before: u64, found: Option<&Value>) {
    let tally = worker.tallies.sequence(number);
    let Some(value) = found else {
        let is_explained = before == 0 || may_vanish(worker, number);
        assert!(is_explained, "sequence {number} is gone, after {before}");
        return;
    };
    let count = count_of(number, value);
    let begun = get(tally.started);
    assert!(
        before <= count && count <= begun,
        "sequence {number}: {count} was read, when {before} was written and {begun} begun"
    );
    let mut seen = worker.seen.borrow_mut();
    let last = &mut seen[usize::try_from(number).expect("few")];
    assert!(
        *last <= count,
        "sequence {number} went back from {last} to {count}"
    );
    *last = count;
    worker.event(Event::SequenceRead);
}

/// All sequences, each as far as it was when the scan began, or further. Returns their keys.
pub(crate) fn scan(worker: &Worker) -> Vec<Vec<u8>> {
    let tallies = &worker.tallies;
    let before: Vec<u64> = (0..SEQUENCES)
        .map(|number| get(tallies.sequence(number).acknowledged))
        .collect();
    let mut keys = Vec::new();
    let mut is_found = vec![false; before.len()];
    for item in worker.table().scan_prefix(&[SEQUENCE]) {
        let (key, entry) = item.expect("an entry");
        let number = key::number_of(&key);
        let at = usize::try_from(number).expect("few");
        see(worker, number, before[at], Some(&entry.value));
        is_found[at] = true;
        keys.push(key);
    }
    for (number, is_found) in (0..).zip(is_found) {
        if !is_found {
            let at = usize::try_from(number).expect("few");
            see(worker, number, before[at], None);
        }
    }
    keys
}

/// At rest: the last number that was acknowledged, or one that was begun later. `None`: it is not there.
pub(crate) fn last(number: u64, found: Option<&Value>) -> Option<u64> {
    found.map(|value| count_of(number, value))
}
