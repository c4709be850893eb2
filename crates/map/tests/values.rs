//! Keys and values of every size and type.
mod support;

use quipu::{CountError, Kind, ReadError, Table, Ttl, Update, Value, ValueRef, WriteError};
use std::time::Duration;
use support::{mib, pattern, table};

/// The longest value that is one block (format.md 8).
const BLOCK: usize = 512 * 64 - 24;

#[test]
fn keys_of_every_length_are_told_apart() {
    let table = table();
    let lengths = || (0..300).chain([1000, 65_534, 65_535]);
    for length in lengths() {
        table
            .set(&pattern(length), length as i64, Ttl::Never)
            .expect("room");
    }
    for length in lengths() {
        assert_eq!(
            table.get(&pattern(length)),
            Ok(Some(Value::Integer(length as i64))),
            "{length}"
        );
        let mut other = pattern(length);
        other.push(0);
        if length < 299 {
            assert_eq!(table.get_number(&other), Ok(None), "{length} and a zero");
        }
    }
    assert_eq!(table.len(), 303);
    for length in lengths() {
        assert_eq!(table.delete(&pattern(length)), Ok(true), "{length}");
        assert_eq!(table.exists(&pattern(length)), Ok(false), "{length}");
    }
    assert!(table.is_empty());
    assert_eq!(table.check().problems, []);
}

#[test]
fn long_keys_that_differ_in_one_byte_are_told_apart() {
    let table = table();
    for at in [0, 15, 16, 17, 39, 40, 41, 100, 199] {
        let mut key = pattern(200);
        key[at] ^= 1;
        table.set(&key, at as i64, Ttl::Never).expect("room");
    }
    for at in [0, 15, 16, 17, 39, 40, 41, 100, 199] {
        let mut key = pattern(200);
        key[at] ^= 1;
        assert_eq!(table.get_number(&key), Ok(Some(at as i64)));
    }
    assert_eq!(table.get_number(&pattern(200)), Ok(None));
}

#[test]
fn a_key_that_is_too_long_is_refused_by_every_operation() {
    let table = table();
    let key = pattern(65_536);
    let key = key.as_slice();
    let (read, write) = (ReadError::KeyTooLong, WriteError::KeyTooLong);
    let count = CountError::Write(write);
    let token = "0".repeat(32).parse().expect("a token");
    assert_eq!(table.get(key), Err(read));
    assert_eq!(table.get_entry(key), Err(read));
    assert_eq!(table.get_into(key, &mut Vec::new()), Err(read));
    assert_eq!(table.exists(key), Err(read));
    assert_eq!(table.ttl(key), Err(read));
    assert_eq!(table.multi_get(&[key]), Err(read));
    assert_eq!(table.get_number(key), Err(count));
    assert_eq!(table.set(key, 1, Ttl::Never), Err(write));
    assert_eq!(table.add(key, 1, Ttl::Never), Err(write));
    assert_eq!(table.replace(key, 1, Ttl::Never), Err(write));
    assert_eq!(table.compare_and_set(key, token, 1, Ttl::Never), Err(write));
    assert_eq!(table.compare_and_delete(key, token), Err(write));
    assert_eq!(table.get_and_set(key, 1, Ttl::Never), Err(write));
    assert_eq!(table.get_and_touch(key, Ttl::Never), Err(write));
    assert_eq!(table.get_and_delete(key), Err(write));
    assert_eq!(table.delete(key), Err(write));
    assert_eq!(table.touch(key, Ttl::Never), Err(write));
    assert_eq!(table.persist(key), Err(write));
    assert_eq!(table.update(key, |_| (Update::Keep, ())), Err(write));
    assert_eq!(table.wait(key, None, Duration::ZERO), Err(write));
    assert_eq!(table.append(key, b""), Err(count));
    assert_eq!(table.prepend(key, b""), Err(count));
    assert_eq!(table.incr(key, 1), Err(count));
    assert_eq!(table.decr(key, 1), Err(count));
    assert_eq!(table.count(key, quipu::Count::default()), Err(count));
    assert_eq!(table.add_float(key, 1.0), Err(count));
    assert_eq!(table.fetch_max(key, 1), Err(count));
    assert_eq!(table.fetch_min(key, 1), Err(count));
    assert_eq!(table.take(key), Err(count));
    assert!(table.is_empty());
}

#[test]
fn values_of_every_size_come_back_whole() {
    let table = Table::memfd(mib(300)).expect("a memory file");
    let sizes = [
        0,
        1,
        6,
        7,
        8,
        9,
        39,
        40,
        41,
        104,
        105,
        1000,
        BLOCK - 1,
        BLOCK,
        BLOCK + 1,
        2 * BLOCK,
        1 << 20,
        (64 << 20) - 1,
        64 << 20,
    ];
    for size in sizes {
        let value = pattern(size);
        table
            .set(b"value", &value, Ttl::Never)
            .unwrap_or_else(|error| panic!("{size}: {error}"));
        assert!(
            table.get(b"value") == Ok(Some(Value::bytes(value))),
            "{size} bytes"
        );
    }
    let too_long = vec![0; (64 << 20) + 1];
    assert_eq!(
        table.set(b"value", &too_long, Ttl::Never),
        Err(WriteError::ValueTooLong)
    );
    assert_eq!(
        table.append(b"value", b"x"),
        Err(WriteError::ValueTooLong.into())
    );
    // Down again, through every kind.
    for size in sizes.into_iter().rev() {
        let value = pattern(size);
        table.set(b"value", &value, Ttl::Never).expect("room");
        assert!(
            table.get(b"value") == Ok(Some(Value::bytes(value))),
            "{size} bytes again"
        );
    }
    table.delete(b"value").expect("it is there");
    assert_eq!(table.check().problems, []);
}

#[test]
fn flags_stay_with_the_value() {
    let table = table();
    for bytes in [&b""[..], b"short", b"a value that has a block"] {
        for flags in [0, 1, u32::MAX] {
            table
                .set(b"key", ValueRef::Bytes { bytes, flags }, Ttl::Never)
                .expect("room");
            let expected = Value::Bytes {
                bytes: bytes.to_vec(),
                flags,
            };
            assert_eq!(table.get(b"key"), Ok(Some(expected)));
            table.append(b"key", b"+").expect("room");
            table.prepend(b"key", b"-").expect("room");
            let Ok(Some(Value::Bytes {
                bytes: found,
                flags: kept,
            })) = table.get(b"key")
            else {
                panic!("bytes with flags {flags}");
            };
            assert_eq!((found, kept), ([b"-", bytes, b"+"].concat(), flags));
        }
    }
}

#[test]
fn floats_come_back_bit_by_bit() {
    let table = table();
    let values = [
        0.0,
        -0.0,
        1.5,
        f64::MIN,
        f64::MAX,
        f64::MIN_POSITIVE,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    let nan = f64::from_bits(0x7ff8_0000_dead_beef);
    for value in values.into_iter().chain([nan, -nan]) {
        table.set(b"float", value, Ttl::Never).expect("room");
        let Ok(Some(Value::Float(found))) = table.get(b"float") else {
            panic!("{value} is not there");
        };
        assert_eq!(found.to_bits(), value.to_bits());
    }
    assert_eq!(table.get_number(b"float"), Err(CountError::WrongType));
    assert!(table.add_float(b"float", 1.0).expect("a float").is_nan());
    assert_eq!(table.incr(b"float", 1), Err(CountError::WrongType));
}

#[test]
fn integers_have_their_whole_range() {
    let table = table();
    for value in [0, 1, -1, i64::MIN, i64::MAX] {
        table.set(b"n", value, Ttl::Never).expect("room");
        assert_eq!(table.get_number(b"n"), Ok(Some(value)));
        assert_eq!(table.get(b"n"), Ok(Some(Value::Integer(value))));
    }
}

#[test]
fn a_buffer_that_is_large_enough_stays_where_it_is() {
    let table = table();
    let mut buffer = Vec::with_capacity(100_000);
    let place = buffer.as_ptr();
    for size in [0, 7, 8, 1000, BLOCK, BLOCK + 1, 99_990] {
        table.set(b"key", &pattern(size), Ttl::Never).expect("room");
        assert_eq!(
            table.get_into(b"key", &mut buffer),
            Ok(Some(Kind::Bytes { flags: 0 }))
        );
        assert_eq!((buffer.as_ptr(), &buffer), (place, &pattern(size)));
    }
    table.set(b"key", 5, Ttl::Never).expect("room");
    assert_eq!(
        table.get_into(b"key", &mut buffer),
        Ok(Some(Kind::Integer(5)))
    );
    assert!(buffer.is_empty());
    buffer.push(1);
    assert_eq!(table.get_into(b"none", &mut buffer), Ok(None));
    assert!(buffer.is_empty());
}
