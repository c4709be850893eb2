//! Handles for one counter: what they do when the counter goes, changes, or is another process's.
use quipu::{CountError, Number, Options, Table, Ttl};
use std::thread;
use std::time::Duration;

fn table() -> Table {
    let options = Options {
        max_bytes: Some(64 << 20),
        ..Options::default()
    };
    Table::memfd(options).expect("a memory file")
}

#[test]
fn a_counter_is_found_again_wherever_it_went() {
    let table = table();
    let mut hits = table.counter(b"hits").expect("a key");
    assert_eq!(hits.get(), Ok(None));
    assert_eq!(hits.add(2), Ok(2));
    // Its bucket splits, again and again.
    for number in 0..2000_i64 {
        table.incr(&number.to_le_bytes(), 1).expect("room");
        assert_eq!(hits.add(1), Ok(number + 3));
    }
    assert_eq!(table.take(b"hits"), Ok(Some(Number::Integer(2002))));
    assert_eq!(hits.add(1), Ok(1));
    table.delete(b"hits").expect("a table");
    assert_eq!(hits.add(5), Ok(5));
    table.set(b"hits", "text", Ttl::Never).expect("room");
    assert_eq!(hits.add(1), Err(CountError::WrongType));
    table.set(b"hits", i64::MAX, Ttl::Never).expect("room");
    assert_eq!(hits.add(1), Err(CountError::Overflow));
    assert_eq!(hits.add(-1), Ok(i64::MAX - 1));
    assert_eq!(hits.key(), b"hits");
}

#[test]
fn a_counter_that_ends_begins_anew() {
    let table = table();
    let mut hits = table.counter(b"hits").expect("a key");
    let soon = Ttl::After(Duration::from_millis(1));
    table.set(b"hits", 41, soon).expect("room");
    thread::sleep(Duration::from_millis(600));
    assert_eq!(hits.add(1), Ok(1));
    let mut striped = table.striped(b"striped").expect("a key");
    table.set(b"striped", 41, soon).expect("room");
    thread::sleep(Duration::from_millis(600));
    assert_eq!(striped.add(1), Ok(()));
    assert_eq!(striped.get(), Ok(Some(1)));
}

#[test]
fn striped_counters_lose_nothing_that_is_taken_meanwhile() {
    const ADDITIONS: i64 = 50_000;
    let table = table();
    let taken = thread::scope(|scope| {
        let adders: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut striped = table.striped(b"bytes").expect("a key");
                    for _ in 0..ADDITIONS {
                        striped.add(2).expect("room");
                    }
                })
            })
            .collect();
        let mut taken = 0;
        while adders.iter().any(|adder| !adder.is_finished()) {
            if let Some(Number::Integer(amount)) = table.take(b"bytes").expect("a number") {
                assert!(amount >= 0, "{amount}");
                taken += amount;
            }
        }
        taken
    });
    let left = table.get_number(b"bytes").expect("a number").unwrap_or(0);
    assert_eq!(taken + left, 3 * 2 * ADDITIONS);
    assert!(table.check().problems.is_empty());
}

#[test]
fn there_may_be_more_striped_counters_than_groups() {
    let table = table();
    for round in 1..3_i64 {
        for number in 0..1500_u32 {
            let mut striped = table.striped(&number.to_le_bytes()).expect("a key");
            striped.add(1).expect("room");
            striped.add(1).expect("room");
            assert_eq!(striped.get(), Ok(Some(2 * round)));
        }
    }
    // Those that are plain again leave their group to others.
    for number in 0..1500_u32 {
        let sum = table.take(&number.to_le_bytes()).expect("a number");
        assert_eq!(sum, Some(Number::Integer(4)));
    }
    assert!(table.check().problems.is_empty());
    table.clear().expect("a table");
    assert!(table.check().problems.is_empty());
}

#[test]
fn a_striped_counter_is_an_integer_to_everything_else() {
    let table = table();
    let striped = |delta| {
        let mut striped = table.striped(b"n").expect("a key");
        striped.add(delta).expect("room");
    };
    striped(5);
    assert_eq!(table.incr(b"n", 1), Ok(6));
    striped(4);
    let entry = table.get_entry(b"n").expect("a read").expect("it is there");
    assert_eq!(entry.ttl, Ttl::Never);
    let done = table.compare_and_set(b"n", entry.token, 20, Ttl::Never);
    assert_eq!(done.expect("room"), quipu::Compared::Done);
    striped(1);
    let entry = table.get_entry(b"n").expect("a read").expect("it is there");
    striped(1);
    let late = table.compare_and_set(b"n", entry.token, 0, Ttl::Never);
    assert_eq!(late.expect("room"), quipu::Compared::Changed);
    assert_eq!(table.fetch_max(b"n", 7), Ok(22));
    striped(1);
    assert_eq!(table.scan().filter_map(Result::ok).count(), 1);
    let deleted = table.get_and_delete(b"n").expect("a table");
    assert_eq!(
        deleted.map(|entry| entry.value),
        Some(quipu::Value::Integer(23))
    );
    // It wraps around, where a plain one says that it does not fit.
    table.set(b"n", i64::MAX, Ttl::Never).expect("room");
    striped(1);
    assert_eq!(table.get_number(b"n"), Ok(Some(i64::MIN)));
    table.set(b"n", "text", Ttl::Never).expect("room");
    let mut handle = table.striped(b"n").expect("a key");
    assert_eq!(handle.add(1), Err(CountError::WrongType));
}
