//! A sequence of operations, read from the input, on a table and on a plain map: the answers agree.
//!
//! Four bytes an operation: which, which key, and two for the value. `check` finds nothing at the end.
#![no_main]
use libfuzzer_sys::fuzz_target;
use quipu::{CountError, Options, Table, Ttl, Value, ValueRef};
use std::collections::HashMap;

fuzz_target!(|input: &[u8]| {
    let options = Options { max_bytes: Some(16 << 20), ..Options::default() };
    let table = Table::memfd(options).expect("a memory file");
    let mut map = HashMap::new();
    for operation in input.chunks_exact(4) {
        let [which, key, a, b] = operation else { continue };
        run(&table, &mut map, *which, *key, u16::from_le_bytes([*a, *b]));
    }
    for (key, value) in &map {
        assert_eq!(table.get(key).expect("readable").as_ref(), Some(value));
    }
    assert_eq!(table.scan().count(), map.len());
    assert_eq!(table.check().problems, []);
});

/// One operation on both.
fn run(table: &Table, map: &mut HashMap<Vec<u8>, Value>, which: u8, key: u8, number: u16) {
    // Keys of every kind: empty, short, at the border of a cell, long.
    let length = [0, 1, 7, 8, 9, 39, 40, 41, 300, 5000][usize::from(key) % 10];
    let key = vec![key; length];
    let before = map.get(&key).cloned();
    let delta = i64::from(number) - 30_000;
    match which % 8 {
        0 => {
            let value = Value::Integer(delta);
            table.set(&key, &value, Ttl::Never).expect("room");
            map.insert(key, value);
        }
        1 | 2 => {
            let flags = if which > 128 { 7 } else { 0 };
            let bytes = vec![number.to_le_bytes()[0]; usize::from(number) * usize::from(which % 3)];
            let set = ValueRef::Bytes { bytes: &bytes, flags };
            table.set(&key, set, Ttl::Never).expect("room");
            map.insert(key, Value::Bytes { bytes, flags });
        }
        3 => {
            let expected = match before {
                None => Ok(delta),
                Some(Value::Integer(there)) => there.checked_add(delta).ok_or(CountError::Overflow),
                Some(_) => Err(CountError::WrongType),
            };
            assert_eq!(table.incr(&key, delta), expected);
            if let Ok(sum) = expected {
                map.insert(key, Value::Integer(sum));
            }
        }
        4 => assert_eq!(table.delete(&key), Ok(map.remove(&key).is_some())),
        5 => {
            let added = table.add(&key, delta, Ttl::Never).expect("room");
            assert_eq!(added, before.is_none());
            if added {
                map.insert(key, Value::Integer(delta));
            }
        }
        6 => {
            let old = table.get_and_delete(&key).expect("readable");
            assert_eq!(old.map(|entry| entry.value), map.remove(&key));
        }
        _ => assert_eq!(table.get(&key).expect("readable"), before),
    }
}
