//! Random operations against a plain map, in one thread: what an operation answers and leaves is what the map says.
use crate::error::{CountError, Limit, WriteError};
use crate::geometry::OnFull;
use crate::key::Key;
use crate::participant::register;
use crate::read::{Mark, Number, RecordValue};
use crate::state::{Expiry, Ticks};
use crate::testing::{Size, Store, World};
use crate::update::{Count, Extreme, Lifetime, Outcome, When};
use crate::value::New;
use crate::{Session, Swept};
use std::collections::{BTreeMap, BTreeSet};
use std::vec;
use std::vec::Vec;

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Integer(i64),
    Float(f64),
    Bytes(Vec<u8>, u32),
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// FNV-1a with a finisher: any hash will do here.
pub(crate) fn hash_of(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    }
    (hash ^ hash >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

pub(crate) fn key(bytes: &[u8]) -> Key<'_> {
    let second = || {
        [
            hash_of(bytes).rotate_left(7),
            hash_of(bytes).rotate_left(31),
        ]
    };
    Key::new(bytes, hash_of(bytes), &[0x1111, 0x2222], second).expect("short enough")
}

fn key_bytes(random: &mut Random) -> Vec<u8> {
    let number = random.below(400);
    let length = match number % 7 {
        0 => 0..8,
        1 => 8..40,
        2 => 39..42,
        3 => 41..300,
        4 if number < 20 => 32_700..65_536,
        _ => 4..20,
    };
    let length = length.start + usize::try_from(number).unwrap() % (length.end - length.start);
    let mut bytes = vec![number.to_le_bytes()[0]; length];
    for (to, from) in bytes.iter_mut().zip(number.to_le_bytes()) {
        *to = from;
    }
    bytes
}

fn value(random: &mut Random) -> Value {
    match random.below(8) {
        0..=2 => Value::Integer(i64::try_from(random.below(1000)).unwrap() - 500),
        3 => Value::Float(random.below(1000) as f64 / 7.0),
        n => {
            let most = [10, 200, 5000, 90_000][usize::try_from(n).unwrap() - 4];
            let length = usize::try_from(random.below(most)).unwrap();
            let flags = if random.below(2) == 0 { 0 } else { 77 };
            let start = random.below(256);
            let bytes = (0..length as u64)
                .map(|i| (start + i * 7).to_le_bytes()[0])
                .collect();
            Value::Bytes(bytes, flags)
        }
    }
}

fn new(value: &Value) -> New<'_> {
    match value {
        Value::Integer(value) => New::Integer(*value),
        Value::Float(value) => New::Float(*value),
        Value::Bytes(bytes, flags) => New::Bytes {
            bytes,
            flags: *flags,
        },
    }
}

struct Oracle {
    entries: BTreeMap<Vec<u8>, (Value, Option<u64>)>,
    now: u64,
}

impl Oracle {
    fn get(&mut self, key: &[u8]) -> Option<Value> {
        if self
            .entries
            .get(key)
            .is_some_and(|(_, end)| end.is_some_and(|end| end <= self.now))
        {
            self.entries.remove(key);
        }
        self.entries.get(key).map(|(value, _)| value.clone())
    }
}

type Table<'s> = Session<'s, World>;

fn read(table: &Table<'_>, bytes: &[u8]) -> Option<Value> {
    let mut buffer = Vec::new();
    let now = || Ticks::new(table.host.now.get());
    let record = table
        .memory
        .read(
            &key(bytes),
            now,
            &mut crate::Growing::new(&mut buffer),
            Mark::Used,
        )
        .unwrap()?;
    Some(match record.value {
        RecordValue::Integer(value) => Value::Integer(value),
        RecordValue::Float(value) => Value::Float(value),
        RecordValue::Bytes { flags } => Value::Bytes(buffer, flags),
    })
}

fn expiry(random: &mut Random, now: u64) -> (Expiry, Option<u64>) {
    if random.below(3) != 0 {
        return (Expiry::NEVER, None);
    }
    let ticks = random.below(200) + 1;
    (Ticks::new(now).expiry_in(ticks).unwrap(), Some(now + ticks))
}

/// One operation on both; the answers must agree.
fn step(table: &mut Table<'_>, oracle: &mut Oracle, random: &mut Random) {
    let bytes = key_bytes(random);
    let key = key(&bytes);
    let before = oracle.get(&bytes);
    assert_eq!(read(table, &bytes), before, "before, at {}", oracle.now);
    let ends = oracle.entries.get(&bytes).and_then(|(_, end)| *end);
    match random.below(10) {
        0..=2 => store(table, oracle, random, &bytes, before.as_ref(), ends),
        3..=5 => count(table, oracle, random, &bytes, before, ends),
        6 => {
            let outcome = table.delete(&key, When::Always).unwrap();
            let expected = if before.is_some() {
                Outcome::Done
            } else {
                Outcome::Missing
            };
            assert_eq!(outcome, expected);
            oracle.entries.remove(&bytes);
        }
        7 => {
            let (expiry, end) = expiry(random, oracle.now);
            let outcome = table.touch(&key, expiry, When::Always).unwrap();
            assert_eq!(outcome == Outcome::Done, before.is_some());
            if let Some(entry) = oracle.entries.get_mut(&bytes) {
                entry.1 = end;
            }
        }
        8 => take(table, oracle, &bytes, before, ends),
        _ => {
            oracle.now += random.below(20);
            table.host.now.set(oracle.now);
        }
    }
    let after = oracle.get(&bytes);
    assert_eq!(read(table, &bytes), after, "after");
}

fn store(
    table: &mut Table<'_>,
    oracle: &mut Oracle,
    random: &mut Random,
    bytes: &[u8],
    before: Option<&Value>,
    ends: Option<u64>,
) {
    let value = value(random);
    let (expiry, end) = expiry(random, oracle.now);
    let (lifetime, end) = match random.below(2) {
        0 => (Lifetime::Until(expiry), end),
        _ => (Lifetime::Keep, ends),
    };
    let (when, expected) = match (random.below(3), before) {
        (0, None) => (When::Absent, Outcome::Done),
        (0, Some(_)) => (When::Absent, Outcome::Exists),
        (1, None) => (When::Present, Outcome::Missing),
        (1, Some(_)) => (When::Present, Outcome::Done),
        _ => (When::Always, Outcome::Done),
    };
    let outcome = table
        .store(&key(bytes), new(&value), lifetime, when)
        .unwrap();
    assert_eq!(outcome, expected);
    if outcome == Outcome::Done {
        oracle.entries.insert(bytes.to_vec(), (value, end));
    }
}

fn count(
    table: &mut Table<'_>,
    oracle: &mut Oracle,
    random: &mut Random,
    bytes: &[u8],
    before: Option<Value>,
    ends: Option<u64>,
) {
    let number = i64::try_from(random.below(100)).unwrap() - 50;
    let key = key(bytes);
    let answer = match random.below(3) {
        0 => table.extreme(&key, number, Extreme::Max, Expiry::NEVER),
        1 => table.extreme(&key, number, Extreme::Min, Expiry::NEVER),
        _ => {
            let count = Count {
                delta: number,
                initial: Some(7),
                expiry: Expiry::NEVER,
                floor: None,
            };
            let answer = table.count(&key, count);
            let expected = match &before {
                None => Ok(number + 7),
                Some(Value::Integer(there)) => Ok(there + number),
                Some(_) => Err(CountError::WrongType),
            };
            assert_eq!(answer, expected);
            answer
        }
    };
    match (before, answer) {
        (None | Some(Value::Integer(_)), Ok(value)) => {
            oracle
                .entries
                .insert(bytes.to_vec(), (Value::Integer(value), ends));
        }
        (Some(_), answer) => assert_eq!(answer, Err(CountError::WrongType)),
        (None, answer) => panic!("{answer:?}"),
    }
}

fn take(
    table: &mut Table<'_>,
    oracle: &mut Oracle,
    bytes: &[u8],
    before: Option<Value>,
    ends: Option<u64>,
) {
    let (expected, zero) = match before {
        None => (Ok(None), None),
        Some(Value::Integer(value)) => (Ok(Some(Number::Integer(value))), Some(Value::Integer(0))),
        Some(Value::Float(value)) => (Ok(Some(Number::Float(value))), Some(Value::Float(0.0))),
        Some(Value::Bytes(..)) => (Err(CountError::WrongType), None),
    };
    assert_eq!(table.take(&key(bytes)), expected);
    if let Some(zero) = zero {
        oracle.entries.insert(bytes.to_vec(), (zero, ends));
    }
}

fn scanned(table: &Table<'_>) -> BTreeSet<Vec<u8>> {
    let (mut keys, mut cursor) = (BTreeSet::new(), Some(0));
    while let Some(at) = cursor {
        let mut page = Vec::new();
        cursor = table
            .memory
            .scan(at, Ticks::new(table.host.now.get()), &mut page)
            .unwrap();
        for entry in page {
            assert!(keys.insert(entry.key), "a key came twice");
        }
    }
    keys
}

fn sound(table: &Table<'_>) {
    let report = table.memory.check(&|key| Some(hash_of(key)), true);
    assert_eq!(report.problems, vec![]);
}

#[test]
fn every_answer_is_that_of_a_plain_map() {
    for start in [0, u64::from(u32::MAX) - 500] {
        let store = Store::new(Size {
            buckets: 256,
            segments: 64,
            participants: 2,
            on_full: OnFull::Error,
        });
        let memory = store.memory();
        let host = World::default();
        let mut local = register(&memory, &host, 0).unwrap().unwrap();
        let mut table = Session {
            memory: &memory,
            host: &host,
            local: &mut local,
        };
        let mut oracle = Oracle {
            entries: BTreeMap::new(),
            now: start,
        };
        host.now.set(start);
        let mut random = Random(88_172_645_463_325_252);
        for round in 0..60_000 {
            step(&mut table, &mut oracle, &mut random);
            if round % 10_000 == 0 {
                table.sweep(&mut Swept::default()).unwrap();
                sound(&table);
                let now = oracle.now;
                oracle
                    .entries
                    .retain(|_, (_, end)| end.is_none_or(|end| end > now));
                assert_eq!(scanned(&table), oracle.entries.keys().cloned().collect());
                assert_eq!(memory.entries(), Ok(oracle.entries.len() as u64));
            }
        }
        assert!(memory.figures().unwrap().splits > 5, "the table has grown");
        table.clear().unwrap();
        let mut swept = Swept::default();
        table.sweep(&mut swept).unwrap();
        assert_eq!(
            memory.check(&|key| Some(hash_of(key)), true).blocks,
            0,
            "nothing is left behind"
        );
    }
}

#[test]
fn a_full_table_says_so_and_goes_on() {
    let store = Store::new(Size {
        buckets: 2,
        segments: 1,
        participants: 2,
        on_full: OnFull::Error,
    });
    let memory = store.memory();
    let host = World::default();
    let mut local = register(&memory, &host, 0).unwrap().unwrap();
    let mut table = Session {
        memory: &memory,
        host: &host,
        local: &mut local,
    };
    let mut stored = 0;
    let full = loop {
        let bytes = u64::to_le_bytes(stored);
        match table.store(&key(&bytes), New::Integer(1), Lifetime::Keep, When::Always) {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full, WriteError::Full(Limit::Depth));
    assert!(stored >= 31);
    let large = vec![7; 30_000];
    let value = New::Bytes {
        bytes: &large,
        flags: 0,
    };
    let answers: Vec<_> = (0..31_u64)
        .map(|i| table.store(&key(&i.to_le_bytes()), value, Lifetime::Keep, When::Present))
        .collect();
    assert!(
        answers.iter().all(|answer| *answer == Ok(Outcome::Done)),
        "{answers:?}"
    );
    let more = table.store(
        &key(&40_u64.to_le_bytes()),
        value,
        Lifetime::Keep,
        When::Present,
    );
    assert!(matches!(more, Err(WriteError::Full(_)) | Ok(_)));
    sound(&table);
    for i in 0..stored {
        table.delete(&key(&i.to_le_bytes()), When::Always).unwrap();
    }
    assert_eq!(memory.entries(), Ok(0));
    sound(&table);
}

#[test]
fn an_evicting_table_is_never_full() {
    let store = Store::new(Size {
        buckets: 64,
        segments: 4,
        participants: 2,
        on_full: OnFull::Evict,
    });
    let memory = store.memory();
    let host = World::default();
    let mut local = register(&memory, &host, 0).unwrap().unwrap();
    let mut table = Session {
        memory: &memory,
        host: &host,
        local: &mut local,
    };
    let mut number = 0_u64;
    for length in [100, 20_000, 7, 3_000, 60_000, 100] {
        let bytes = vec![1; length];
        for _ in 0..10 * (4 << 20) / length.max(400) {
            number += 1;
            let value = New::Bytes {
                bytes: &bytes,
                flags: 0,
            };
            table
                .store(
                    &key(&number.to_le_bytes()),
                    value,
                    Lifetime::Keep,
                    When::Always,
                )
                .unwrap();
            assert!(read(&table, &number.to_le_bytes()).is_some());
        }
        sound(&table);
    }
}

#[test]
fn a_floor_stops_a_decrement_and_raises_nothing() {
    let store = Store::new(Size {
        buckets: 2,
        segments: 1,
        participants: 2,
        on_full: OnFull::Error,
    });
    let memory = store.memory();
    let host = World::default();
    let mut local = register(&memory, &host, 0).unwrap().unwrap();
    let mut table = Session {
        memory: &memory,
        host: &host,
        local: &mut local,
    };
    let count = |delta, floor| Count {
        delta,
        initial: Some(3),
        expiry: Expiry::NEVER,
        floor,
    };
    assert_eq!(table.count(&key(b"n"), count(-5, Some(0))), Ok(0));
    assert_eq!(table.count(&key(b"n"), count(-1, Some(5))), Ok(0));
    assert_eq!(table.count(&key(b"n"), count(i64::MIN, Some(-2))), Ok(-2));
    assert_eq!(
        table.count(&key(b"n"), count(i64::MIN, None)),
        Err(CountError::Overflow)
    );
    assert_eq!(table.count(&key(b"n"), count(2, None)), Ok(0));
}
