//! A table in use, some of whose bytes another program turns: each operation answers with a value or an error, and
//! ends.
//!
//! `{offset in bytes: u24, mask: u8, pause: u8}`, five bytes each: the mask is turned in the byte there, and after the
//! pause (in spins) the next. Offsets with the highest bit count from the start of the arena, others from the start of
//! the file. One thread does all operations meanwhile.
#![no_main]
use libfuzzer_sys::fuzz_target;
use quipu::{Options, Table, Ttl};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, hint, thread};

/// What is before the arena and in use: all but buckets that nobody needs.
const INDEX_BYTES: u64 = 1 << 20;
/// Where the arena of a table of 16 MiB is (format.md 3), and what of it is in use.
const ARENA_AT: u64 = 0x0110_0000;
const ARENA_BYTES: u64 = 8 << 20;
/// The immutable words: nobody reads them after the table is open.
const HEADER_BYTES: u64 = 0x100;

fuzz_target!(|input: &[u8]| {
    let options = Options {
        max_bytes: Some(16 << 20),
        tick_ms: 1,
        ..Options::default()
    };
    let table = Table::memfd(options).expect("a memory file");
    fill(&table);
    let file = fs::File::from(table.as_fd().try_clone_to_owned().expect("a descriptor"));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            work(&table);
            while !is_over.load(Ordering::Acquire) {
                work(&table);
            }
        });
        for turn in input.chunks_exact(5) {
            let [a, b, c, mask, pause] = *turn else {
                continue;
            };
            turn_byte(&file, u64::from(u32::from_le_bytes([a, b, c, 0])), mask);
            for _ in 0..u32::from(pause) * 8 {
                hint::spin_loop();
            }
        }
        is_over.store(true, Ordering::Release);
    });
    let _ = (table.maintain(), table.check(), table.stats());
    let _ = table.clear();
});

/// Changes a byte, and gives back none of the file's memory: holes stay holes.
fn turn_byte(file: &fs::File, at: u64, mask: u8) {
    let at = if at & 1 << 23 == 0 {
        HEADER_BYTES + at % (INDEX_BYTES - HEADER_BYTES)
    } else {
        ARENA_AT + at % ARENA_BYTES
    };
    let mut byte = [0];
    if file.read_exact_at(&mut byte, at).is_ok() {
        let _ = file.write_all_at(&[byte[0] ^ mask], at);
    }
}

fn fill(table: &Table) {
    for number in 0..100_u64 {
        table.incr(&number.to_le_bytes(), 1).expect("room");
    }
    table.set(b"short", "abc", Ttl::Never).expect("room");
    table
        .set(b"block", "x".repeat(300).as_str(), Ttl::Never)
        .expect("room");
    table
        .set(b"long", "y".repeat(70_000).as_str(), Ttl::Never)
        .expect("room");
    table
        .set(&[7; 100], 7, Ttl::After(Duration::from_millis(2)))
        .expect("room");
}

/// Whatever it answers.
fn work(table: &Table) {
    for key in [
        b"short".as_slice(),
        b"block",
        b"long",
        &[7; 100],
        &3_u64.to_le_bytes(),
        b"none",
    ] {
        let entry = table.get_entry(key);
        let _ = (
            table.get(key),
            table.ttl(key),
            table.incr(key, 1),
            table.take(key),
        );
        let _ = (
            table.append(key, b"more"),
            table.touch(key, Ttl::After(Duration::from_millis(2))),
        );
        if let Ok(Some(entry)) = entry {
            let _ = table.compare_and_set(key, entry.token, "swapped", Ttl::Never);
        }
        let _ = table.set(key, "z".repeat(40_000).as_str(), Ttl::Never);
        let _ = table.get_and_delete(key);
        let _ = table.set(key, "a value that needs a block of its own", Ttl::Keep);
    }
    for number in 0..100_u64 {
        let _ = table.incr(&number.to_be_bytes(), 1);
        let _ = table.delete(&(number / 2).to_le_bytes());
    }
    let _ = (table.scan().take(300).count(), table.len());
}
