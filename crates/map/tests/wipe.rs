//! A table that wipes: what goes is not in its file any more, whoever takes it away and however. Each test looks for the
//! bytes first, so that it knows how to find them.
mod support;

use quipu::{OnFull, Options, Owner, Table, TableReader, Ttl, Update, Value};
use std::fs;
use std::thread;
use std::time::Duration;
use support::Name;

/// Two words. A long value has several of them between two words that are masked.
const SECRET: &[u8; 16] = b"SECRET-of-a-key!";
/// As many bytes as would stand in a cell.
const FEW: &[u8; 7] = b"S3cr3t!";
const KEY: &[u8] = b"key";
/// One block, several granules, chunks.
const LENGTHS: [usize; 4] = [16, 40, 1000, 100_000];

/// A table and its file.
struct Wiping {
    table: Table,
    name: Name,
}

impl Wiping {
    fn new(wipe: bool, on_full: OnFull) -> Self {
        let name = Name::new();
        let options = Options {
            max_bytes: Some(6 << 20),
            wipe,
            on_full,
            tick_ms: 1,
            ..Options::default()
        };
        let table = Table::create(&name, options).expect("a table");
        assert_eq!(table.stats().wipe, wipe);
        Self { table, name }
    }

    /// How often bytes are in the file, whose holes are passed over.
    fn count(&self, bytes: &[u8]) -> usize {
        const PAGE: usize = 4096;
        let file = fs::read(self.name.path()).expect("the file");
        let pages = file.chunks(PAGE).filter(|page| **page != [0; PAGE]);
        let file: Vec<u8> = pages.flatten().copied().collect();
        file.windows(bytes.len())
            .filter(|window| *window == bytes)
            .count()
    }
}

fn secret(length: usize) -> Vec<u8> {
    SECRET.iter().copied().cycle().take(length).collect()
}

/// Does something to a value of every length, and says how often the secret is there before and after.
fn counts(wipe: bool, act: fn(&Table)) -> Vec<(usize, usize)> {
    let of_length = |length| {
        let wiping = Wiping::new(wipe, OnFull::Error);
        let value = secret(length);
        wiping.table.set(KEY, &value, Ttl::Never).expect("room");
        let before = wiping.count(SECRET);
        assert!(before > 0, "{length} bytes are in the file");
        act(&wiping.table);
        assert_eq!(wiping.table.check().problems, []);
        (before, wiping.count(SECRET))
    };
    LENGTHS.into_iter().map(of_length).collect()
}

/// An end of a value.
type End = (&'static str, fn(&Table));

const ENDS: [End; 10] = [
    ("delete", |t| assert!(t.delete(KEY).expect("a write"))),
    ("replace by a number", |t| {
        t.set(KEY, 1, Ttl::Never).expect("a write");
    }),
    ("replace by bytes", |t| {
        assert!(t.replace(KEY, b"other", Ttl::Never).expect("a write"));
    }),
    ("get and set", |t| {
        let old = t.get_and_set(KEY, 1, Ttl::Never).expect("a write");
        assert!(old.is_some());
    }),
    ("get and delete", |t| {
        assert!(t.get_and_delete(KEY).expect("a write").is_some());
    }),
    ("compare and set", |t| {
        let entry = t.get_entry(KEY).expect("a read").expect("it is there");
        t.compare_and_set(KEY, entry.token, 1, Ttl::Never)
            .expect("a write");
    }),
    ("update", |t| {
        t.update(KEY, |_| (Update::Set(Value::Integer(1), Ttl::Never), ()))
            .expect("a write");
    }),
    ("append, delete", |t| {
        t.append(KEY, b"tail").expect("bytes");
        assert!(t.delete(KEY).expect("a write"));
    }),
    ("expire, maintain", |t| {
        let soon = Ttl::After(Duration::from_millis(1));
        assert!(t.touch(KEY, soon).expect("a write"));
        thread::sleep(Duration::from_millis(20));
        t.maintain().expect("upkeep");
    }),
    ("clear", |t| {
        t.clear().expect("a write");
    }),
];

#[test]
fn a_value_that_goes_is_not_in_the_file_any_more() {
    for (name, act) in ENDS {
        for (length, (_, after)) in LENGTHS.into_iter().zip(counts(true, act)) {
            assert_eq!(after, 0, "{name}: {length} bytes");
        }
    }
}

/// Without the option the bytes stay: what the tests of this file see is due to it.
#[test]
fn a_table_that_does_not_wipe_keeps_the_bytes() {
    for (before, after) in counts(false, |t| assert!(t.delete(KEY).expect("a write"))) {
        assert_eq!(before, after);
    }
}

/// An append leaves one copy, the new one.
#[test]
fn what_an_append_replaces_is_not_there_twice() {
    let append: fn(&Table) = |t| {
        t.append(KEY, b"tail").expect("bytes");
    };
    for (before, after) in counts(true, append) {
        assert_eq!(before, after);
    }
}

/// Cells are copied when buckets split: what is wiped stands in none.
#[test]
fn a_few_bytes_leave_no_copy_behind() {
    let wiping = Wiping::new(true, OnFull::Error);
    let table = &wiping.table;
    let keys: Vec<String> = (0..200).map(|n| format!("key {n}")).collect();
    for key in &keys {
        table.set(key.as_bytes(), FEW, Ttl::Never).expect("room");
    }
    assert!(table.stats().splits > 0);
    assert_eq!(wiping.count(FEW), keys.len());
    for key in &keys {
        let value = table.get_and_delete(key.as_bytes()).expect("a write");
        assert_eq!(value.map(|entry| entry.value), Some(Value::bytes(*FEW)));
    }
    assert_eq!(wiping.count(FEW), 0);
}

#[test]
fn a_long_key_goes_with_its_entry() {
    let wiping = Wiping::new(true, OnFull::Error);
    let key = secret(100);
    wiping.table.set(&key, 1, Ttl::Never).expect("room");
    assert!(wiping.count(SECRET) > 0);
    assert!(wiping.table.delete(&key).expect("a write"));
    assert_eq!(wiping.count(SECRET), 0);
}

/// By numbers, which take no blocks: no other value comes to stand where it was.
#[test]
fn what_is_evicted_is_not_in_the_file_any_more() {
    for length in LENGTHS {
        let wiping = Wiping::new(true, OnFull::Evict);
        let table = &wiping.table;
        table.set(KEY, &secret(length), Ttl::Never).expect("room");
        assert!(wiping.count(SECRET) > 0, "{length} bytes");
        // Its reads do not count as use.
        let reader = TableReader::open(&wiping.name, Owner::CallerOrRoot).expect("the table");
        let mut n = 0_u64;
        while reader.exists(KEY).expect("a read") {
            for _ in 0..2000 {
                n += 1;
                table
                    .set(&n.to_le_bytes(), 1, Ttl::Never)
                    .expect("room by eviction");
            }
        }
        assert_eq!(wiping.count(SECRET), 0, "{length} bytes");
    }
}
