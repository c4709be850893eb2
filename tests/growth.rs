//! A table that starts at one bucket takes 10 million keys while four processes read: every key is found at every
//! instant after its insert was acknowledged. `QUIPU_GROWTH_KEYS` says how many keys.
//!
//! It takes about a gigabyte of /dev/shm, and says how much.
use quipu::{Owner, Table, TableReader};
use quipu_tests::child::{self, Child};
use quipu_tests::files::{TableName, mib};
use quipu_tests::random::{Random, mix};
use quipu_tests::shared::{Words, add, get, put, wait_for};
use std::env;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

const READERS: u64 = 4;

/// Words that all share.
const ACKNOWLEDGED: usize = 0;
const END: usize = 1;
const READY: usize = 2;
const READS_AT: usize = 8;
const WORDS: usize = 64;

#[test]
fn child() {
    child::play(&[("reader", reader)]);
}

fn keys() -> u64 {
    let keys = env::var("QUIPU_GROWTH_KEYS").ok();
    keys.map_or(10_000_000, |text| {
        text.parse().expect("QUIPU_GROWTH_KEYS is a number")
    })
}

fn key_of(number: u64) -> [u8; 8] {
    mix(number).to_le_bytes()
}

fn value_of(number: u64) -> i64 {
    mix(!number).cast_signed()
}

#[test]
#[ignore = "takes a minute and a gigabyte of /dev/shm"]
fn every_acknowledged_key_is_found_while_the_table_grows() {
    let keys = keys();
    let name = TableName::new();
    let table = Table::create(&name, mib(8192)).expect("a fresh table");
    assert_eq!(table.stats().buckets, 1, "it starts at one bucket");
    let words = Words::create(WORDS);
    let readers: Vec<Child> = (0..READERS)
        .map(|number| {
            let arguments: [&dyn ToString; 3] = [&name.as_str(), &words.path(), &number];
            Child::start("reader", &arguments)
        })
        .collect();
    wait_for("the readers", || get(&words[READY]) == READERS);

    let start = Instant::now();
    for number in 0..keys {
        table
            .set(&key_of(number), value_of(number), quipu::Ttl::Never)
            .expect("set");
        put(&words[ACKNOWLEDGED], number + 1);
    }
    let elapsed = start.elapsed();
    put(&words[END], 1);
    for reader in readers {
        reader.finish(Duration::from_secs(60));
    }
    let reads: Vec<u64> = (0..READERS)
        .map(|number| get(&words[READS_AT..][usize::try_from(number).unwrap_or(0)]))
        .collect();
    assert!(
        reads.iter().all(|reads| *reads > 0),
        "each of the readers read: {reads:?}"
    );

    let stats = table.stats();
    assert_eq!(stats.entries, keys);
    let in_memory = std::fs::metadata(name.path())
        .expect("the table's file")
        .blocks()
        * 512;
    println!(
        "{keys} keys in {:.1} s ({:.0} ns each, beside {READERS} readers on 2 cores that read {} times); {} buckets, \
         level {}; {} MiB of /dev/shm, {:.1} bytes a key",
        elapsed.as_secs_f64(),
        elapsed.as_nanos() as f64 / keys as f64,
        reads.iter().sum::<u64>(),
        stats.buckets,
        stats.level,
        in_memory >> 20,
        in_memory as f64 / keys as f64,
    );
    let start = Instant::now();
    for number in 0..keys {
        assert_eq!(
            table.get_number(&key_of(number)),
            Ok(Some(value_of(number))),
            "key {number}"
        );
    }
    let report = table.check();
    assert_eq!((report.problems, report.entries), (Vec::new(), keys));
    println!("read and checked in {:.1} s", start.elapsed().as_secs_f64());
}

/// Reads keys that were acknowledged, at random and the last ones, as a user of the table or as one who only reads.
fn reader(arguments: &[String]) {
    let [name, words, number] = arguments else {
        panic!("a reader has three arguments");
    };
    let number: usize = number.parse().expect("a number");
    let words = Words::open(words);
    let table = Table::open(name).expect("the table is there");
    let reader = TableReader::open(name, Owner::CallerOrRoot).expect("the table is there");
    let mut random = Random::new(number as u64);
    add(&words[READY], 1);
    let mut reads = 0;
    while get(&words[END]) == 0 {
        for round in 0..64 {
            let end = get(&words[ACKNOWLEDGED]);
            if end == 0 {
                continue;
            }
            let key = match round % 4 {
                0 => end - 1,
                1 => end - 1 - random.below(end.min(1000)),
                _ => random.below(end),
            };
            let found = if number.is_multiple_of(2) {
                table.get_number(&key_of(key))
            } else {
                reader.get_number(&key_of(key))
            };
            assert_eq!(found, Ok(Some(value_of(key))), "key {key} of {end}");
            reads += 1;
        }
        put(&words[READS_AT + number], reads);
    }
}
