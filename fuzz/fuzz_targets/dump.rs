//! Any text as the lines of a dump: each is refused with words, or is a record that comes back the same from the
//! line that a dump writes of it; and what a table holds after it was stored is that record too.
//!
//! The parser is in a program; its sources are compiled in here, as they are.
#![no_main]
#![expect(dead_code, reason = "the program uses the rest of these files")]
#[path = "../../crates/cli/src/bytes.rs"]
mod bytes;
#[path = "../../crates/cli/src/output.rs"]
mod output;
#[path = "../../crates/cli/src/record.rs"]
mod record;
#[path = "../../crates/cli/src/units.rs"]
mod units;

use libfuzzer_sys::fuzz_target;
use quipu::{Entry, Options, Table, Token, Ttl, Value};
use record::{Record, parse_record, write_record};
use std::sync::LazyLock;
use std::time::Duration;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let options = Options {
        max_bytes: Some(16 << 20),
        ..Options::default()
    };
    Table::memfd(options).expect("a memory file")
});

fuzz_target!(|input: &[u8]| {
    // Any bytes can be kept, and come back.
    round_trip(&Record {
        key: input.to_vec(),
        value: Value::bytes(input),
        ttl: Ttl::Never,
    });
    for line in input.split(|byte| *byte == b'\n') {
        match parse_record(line) {
            Ok(record) => {
                round_trip(&record);
                store(&record);
            }
            Err(words) => assert!(!words.is_empty()),
        }
    }
});

/// The line that a dump writes of a record says the same.
fn round_trip(record: &Record) {
    let token: Token = "0".repeat(32).parse().expect("a token");
    let entry = Entry {
        value: record.value.clone(),
        ttl: record.ttl,
        token,
    };
    let mut line = Vec::new();
    write_record(&mut line, &record.key, &entry).expect("memory takes everything");
    assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
    let again = parse_record(&line).expect("a dump can be loaded");
    assert_eq!((&again.key, again.ttl), (&record.key, record.ttl));
    assert!(is_same(&again.value, &record.value), "{again:?} {record:?}");
}

fn store(record: &Record) {
    if TABLE.set(&record.key, &record.value, record.ttl).is_err() {
        // Too long a key or time, or no room: as `quipu load` would say.
        let _ = TABLE.clear();
        return;
    }
    let found = TABLE.get_entry(&record.key).expect("a read");
    let is_short = matches!(record.ttl, Ttl::After(rest) if rest < Duration::from_secs(5));
    match found {
        None => assert!(is_short, "{record:?}"),
        Some(entry) => assert!(is_same(&entry.value, &record.value), "{entry:?} {record:?}"),
    }
}

/// Bit for bit, which `==` of floats is not.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}
