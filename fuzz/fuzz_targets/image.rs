//! Any bytes as a table: opening it, and every operation on it, answers with a value or an error.
//!
//! The input is laid over a good table: `{offset in words: u32, word: u64}`, twelve bytes each. So it reaches what is
//! behind the checksum of the header too. Offsets count words of the committed parts, which are the first megabyte.
#![no_main]
use libfuzzer_sys::fuzz_target;
use quipu::{Options, Owner, Table, TableReader, Ttl};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::time::Duration;

const BYTES: u64 = 1 << 20;

fuzz_target!(|input: &[u8]| {
    let path = format!("/dev/shm/quipu-fuzz-image-{}", std::process::id());
    let _ = std::fs::remove_file(&path);
    let options = Options { max_bytes: Some(16 << 20), ..Options::default() };
    let table = Table::create(&path, options).expect("a new name");
    fill(&table);
    drop(table);
    let file = OpenOptions::new().write(true).open(&path).expect("the file");
    for patch in input.chunks_exact(12) {
        let (at, word) = patch.split_at(4);
        let at = u32::from_le_bytes(at.try_into().expect("four bytes"));
        let at = u64::from(at) * 8 % BYTES;
        file.write_all_at(word, at).expect("room");
    }
    if let Ok(reader) = TableReader::open(&path, Owner::CallerOrRoot) {
        let _ = (reader.get(b"number"), reader.len(), reader.stats(), reader.check());
        let _ = reader.scan().take(100).count();
    }
    if let Ok(table) = Table::open(&path) {
        work(&table);
    }
    let _ = std::fs::remove_file(&path);
});

fn fill(table: &Table) {
    for number in 0..40_u64 {
        table.incr(&number.to_le_bytes(), 1).expect("room");
    }
    table.set(b"short", "abc", Ttl::Never).expect("room");
    table.set(b"block", "x".repeat(300).as_str(), Ttl::Never).expect("room");
    table.set(b"long", "y".repeat(70_000).as_str(), Ttl::Never).expect("room");
    table.set(&[7; 100], 7, Ttl::After(Duration::from_secs(60))).expect("room");
}

/// Whatever it answers.
fn work(table: &Table) {
    for key in [b"short".as_slice(), b"block", b"long", &[7; 100], &3_u64.to_le_bytes(), b"none"] {
        let _ = (table.get(key), table.get_entry(key), table.exists(key), table.ttl(key));
        let _ = (table.incr(key, 1), table.take(key), table.touch(key, Ttl::Never));
        let _ = table.append(key, b"more");
        let _ = table.set(key, "a value that needs a block of its own", Ttl::Never);
        let _ = table.get_and_delete(key);
    }
    for number in 0..200_u64 {
        let _ = table.incr(&number.to_be_bytes(), 1);
    }
    let _ = (table.maintain(), table.clear(), table.len(), table.stats(), table.check());
}
