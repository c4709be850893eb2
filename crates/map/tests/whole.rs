//! A table as a whole: scans, clearing, running full.
mod support;

use quipu::{Cursor, Options, Table, Ttl, Value, WriteError};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use support::{mib, pattern, table};

fn long(seconds: u64) -> Ttl {
    Ttl::After(Duration::from_secs(seconds))
}

#[test]
fn a_scan_sees_every_entry_once() {
    let table = table();
    for i in 0..5000 {
        table
            .set(format!("key:{i}").as_bytes(), i, Ttl::Never)
            .expect("room");
    }
    table
        .set(&pattern(300), &pattern(1000), long(60))
        .expect("room");
    let mut seen = BTreeSet::new();
    for item in table.scan() {
        let (key, entry) = item.expect("no error");
        assert_eq!(
            table
                .get_entry(&key)
                .expect("no error")
                .map(|entry| entry.token),
            Some(entry.token)
        );
        assert!(seen.insert(key), "twice");
    }
    assert_eq!(seen.len(), 5001);
    assert_eq!(table.scan_prefix(b"key:49").count(), 111);
    assert_eq!(table.scan_prefix(b"none").count(), 0);
}

#[test]
fn a_scan_goes_on_from_its_cursor() {
    let table = table();
    for i in 0..2000 {
        table
            .set(format!("key:{i}").as_bytes(), i, Ttl::Never)
            .expect("room");
    }
    let (mut cursor, mut seen, mut pages) = (Cursor::START, BTreeSet::new(), 0);
    while cursor != Cursor::END {
        let mut scan = table.scan_from(cursor, b"");
        for item in scan.by_ref().take(50) {
            seen.insert(item.expect("no error").0);
        }
        while !scan.is_between_buckets() {
            seen.insert(scan.next().expect("one more").expect("no error").0);
        }
        assert_ne!(scan.cursor(), cursor, "it moves");
        cursor = scan.cursor().to_string().parse().expect("a cursor");
        pages += 1;
    }
    assert_eq!(seen.len(), 2000);
    assert!(pages > 20);
    // Stopped in the middle of a bucket it sees that bucket again, and loses nothing.
    let mut scan = table.scan();
    let first: BTreeSet<_> = scan
        .by_ref()
        .take(3)
        .map(|item| item.expect("no error").0)
        .collect();
    let rest: BTreeSet<_> = table
        .scan_from(scan.cursor(), b"")
        .map(|item| item.expect("no error").0)
        .collect();
    assert_eq!(first.union(&rest).count(), 2000);
}

#[test]
fn a_scan_of_a_growing_table_loses_nothing_that_was_there() {
    let table = Table::memfd(mib(64)).expect("a memory file");
    for i in 0..1000 {
        table
            .set(format!("old:{i}").as_bytes(), i, Ttl::Never)
            .expect("room");
    }
    let (done, table) = (AtomicBool::new(false), &table);
    thread::scope(|scope| {
        scope.spawn(|| {
            for i in 0..100_000 {
                table
                    .set(format!("new:{i}").as_bytes(), i, Ttl::Never)
                    .expect("room");
            }
            done.store(true, Ordering::Relaxed);
        });
        while !done.load(Ordering::Relaxed) {
            let seen: Vec<_> = table
                .scan_prefix(b"old:")
                .map(|item| item.expect("no error").0)
                .collect();
            let distinct: BTreeSet<_> = seen.iter().collect();
            assert_eq!((seen.len(), distinct.len()), (1000, 1000));
        }
    });
    assert_eq!(table.len(), 101_000);
    assert_eq!(table.check().problems, []);
}

#[test]
fn clear_leaves_nothing() {
    let table = table();
    for i in 0..3000 {
        table
            .set(format!("{i}").as_bytes(), &pattern(i % 100), Ttl::Never)
            .expect("room");
    }
    assert_eq!(table.clear(), Ok(3000));
    assert!(table.is_empty());
    assert_eq!(table.scan().count(), 0);
    assert_eq!(table.check().problems, []);
}

#[test]
fn a_full_table_says_so_and_goes_on() {
    let table = Table::memfd(Options {
        max_bytes: Some(1 << 20),
        ..Options::default()
    })
    .expect("a memory file");
    let mut stored = 0;
    let error = loop {
        match table.set(
            format!("key:{stored}").as_bytes(),
            &pattern(500),
            Ttl::Never,
        ) {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, WriteError::Full(_)), "{error}");
    assert!(stored > 500, "{stored} values of 500 bytes in 1 MiB");
    assert!(table.stats().full > 0);
    assert_eq!(table.get(b"key:0"), Ok(Some(Value::bytes(pattern(500)))));
    for i in 0..stored / 2 {
        assert_eq!(table.delete(format!("key:{i}").as_bytes()), Ok(true));
    }
    for i in 0..stored / 4 {
        table
            .set(format!("again:{i}").as_bytes(), &pattern(500), Ttl::Never)
            .expect("room again");
    }
    assert_eq!(table.check().problems, []);
}

#[test]
fn an_evicting_table_is_never_full() {
    let options = Options {
        max_bytes: Some(2 << 20),
        on_full: quipu::OnFull::Evict,
        ..Options::default()
    };
    let table = Table::memfd(options).expect("a memory file");
    for i in 0..40_000 {
        let length = if i % 10_000 > 8_000 { 20_000 } else { 100 };
        table
            .set(format!("key:{i}").as_bytes(), &pattern(length), Ttl::Never)
            .unwrap_or_else(|error| panic!("{i}: {error}"));
    }
    let stats = table.stats();
    assert!(stats.evicted > 0 && stats.entries > 0, "{stats:?}");
    assert!(
        stats.bytes_committed <= stats.bytes_max + (1 << 20),
        "{stats:?}"
    );
    assert_eq!(table.check().problems, []);
}

#[test]
fn both_hash_functions_hold_a_table() {
    for hash in [quipu::HashId::Xxh3, quipu::HashId::SipHash13] {
        let table = Table::memfd(Options { hash, ..mib(16) }).expect("a memory file");
        for i in 0..2000 {
            table.set(&pattern(i), i as i64, Ttl::Never).expect("room");
        }
        for i in 0..2000 {
            assert_eq!(table.get_number(&pattern(i)), Ok(Some(i as i64)));
        }
        assert_eq!(table.stats().hash, hash);
        assert_eq!(table.check().problems, []);
    }
}
