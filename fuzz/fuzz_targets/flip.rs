//! A table in use, some of whose bytes another program turns: each operation answers with a value or an error, and
//! ends.
//!
//! The first byte is the seed of what the user does. Then `{offset in bytes: u24, mask: u8, pause: u8}`, five bytes
//! each: the mask is turned in the byte there, and after the pause (in spins) the next. Offsets with the highest bit
//! count from the start of the arena, others from the start of the file. Another thread does every operation meanwhile.
#![no_main]
#[path = "../../tests/hostile/forge.rs"]
#[expect(dead_code, reason = "the test of hostile bytes uses the rest of it")]
mod forge;
#[path = "common/repeat.rs"]
mod repeat;
#[path = "../../tests/hostile/user.rs"]
#[expect(dead_code, reason = "the test of hostile bytes uses the rest of it")]
mod user;

use libfuzzer_sys::{Corpus, fuzz_target};
use quipu::{OnFull, Options, Table};
use quipu_tests::random::Random;
use quipu_tests::shared::Words;
use std::os::unix::fs::FileExt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, hint, thread};
use user::User;

/// What is before the arena and in use: all but buckets that nobody needs.
const INDEX_BYTES: u64 = 2 << 20;
/// Where the header says where the arena is (format.md 3.1), and what of it is in use.
const ARENA_AT: u64 = 0x70;
const ARENA_BYTES: u64 = 8 << 20;
/// The immutable words: nobody reads them after the table is open.
const HEADER_BYTES: u64 = 0x100;
const OPERATIONS: u64 = 40;

static WORDS: LazyLock<Words> = LazyLock::new(|| Words::create(user::WORDS));

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((seed, turns)) = input.split_first() else {
        return Corpus::Reject;
    };
    repeat::start_over();
    let on_full = match seed % 2 {
        0 => OnFull::Error,
        _ => OnFull::Evict,
    };
    let options = Options {
        max_bytes: Some(16 << 20),
        tick_ms: 1,
        on_full,
        wipe: on_full == OnFull::Evict,
        ..Options::default()
    };
    let table = Table::memfd(options).expect("a memory file");
    for number in 0..100 {
        let (key, value, ttl) = forge::entry(number);
        table.set(&key, &value, ttl).expect("room");
    }
    forge::add_striped(&table);
    let file = fs::File::from(table.as_fd().try_clone_to_owned().expect("a descriptor"));
    let random = Random::new(u64::from(*seed));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let words = &*WORDS;
            let mut user = User { words, random };
            user.exercise(&table, OPERATIONS);
            while !is_over.load(Ordering::Acquire) {
                user.exercise(&table, OPERATIONS);
            }
            user.survey(&table);
        });
        for turn in turns.chunks_exact(5) {
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
    Corpus::Keep
});

/// Changes a byte, and gives back none of the file's memory: holes stay holes.
fn turn_byte(file: &fs::File, at: u64, mask: u8) {
    let at = if at & 1 << 23 == 0 {
        HEADER_BYTES + at % (INDEX_BYTES - HEADER_BYTES)
    } else {
        let mut word = [0; 8];
        let _ = file.read_exact_at(&mut word, ARENA_AT);
        u64::from_le_bytes(word) + at % ARENA_BYTES
    };
    let mut byte = [0];
    if file.read_exact_at(&mut byte, at).is_ok() {
        let _ = file.write_all_at(&[byte[0] ^ mask], at);
    }
}
