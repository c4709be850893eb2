//! Any bytes as a table: opening it, and every operation on it, answers with a value or an error.
//!
//! The first byte is a set of flags, the second the seed of what the honest user does. With `RAW` the rest is the start
//! of the file, as it is. Without, the rest changes a good table, so that it reaches what is behind the checksum of the
//! header; twelve bytes a change: `{kind of word: u8, which: u16, how: u8, operand: u64}`.
#![no_main]
#[path = "../../tests/hostile/forge.rs"]
#[expect(dead_code, reason = "the test of hostile bytes uses the rest of it")]
mod forge;
#[path = "common/repeat.rs"]
mod repeat;
#[path = "../../tests/hostile/user.rs"]
#[expect(dead_code, reason = "the test of hostile bytes uses the rest of it")]
mod user;

use forge::{Forgery, Original};
use libfuzzer_sys::{Corpus, fuzz_target};
use quipu::{OnFull, Owner, TableReader};
use quipu_core::IMMUTABLE_WORDS;
use quipu_tests::files::Directory;
use quipu_tests::random::Random;
use quipu_tests::shared::Words;
use std::sync::LazyLock;
use user::User;

/// The table evicts.
const EVICTS: u8 = 1;
/// The checksum of the header is made good after the changes.
const SIGNED: u8 = 2;
/// Every other change is made while the table is open.
const LIVE: u8 = 4;
/// The rest of the input is the file.
const RAW: u8 = 8;

const OPERATIONS: u64 = 40;
const CHANGE_BYTES: usize = 12;

static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    repeat::start_over();
    let directory = Directory::in_memory();
    let originals =
        [OnFull::Error, OnFull::Evict].map(|on_full| Original::new(directory.path(), on_full));
    let words = Words::create(user::WORDS);
    Stage {
        kinds: kinds(&originals[0]),
        originals,
        words,
        directory,
    }
});

struct Stage {
    originals: [Original; 2],
    /// Offsets of the words of each kind.
    kinds: Vec<Vec<u64>>,
    words: Words,
    directory: Directory,
}

/// The words of the header first, then every kind of word that there is.
fn kinds(original: &Original) -> Vec<Vec<u64>> {
    let header = (0..IMMUTABLE_WORDS as u64).map(|word| 8 * word).collect();
    let places = original.places().into_iter().map(|place| place.offsets);
    [header].into_iter().chain(places).collect()
}

fuzz_target!(|input: &[u8]| -> Corpus {
    let [flags, seed, rest @ ..] = input else {
        return Corpus::Reject;
    };
    let stage = &*STAGE;
    repeat::start_over();
    let original = &stage.originals[usize::from(flags & EVICTS)];
    let forgery = original.forge(stage.directory.file("table"));
    let mut later = Vec::new();
    if flags & RAW != 0 {
        lay_over(&forgery, rest);
    } else {
        for (i, change) in rest.chunks_exact(CHANGE_BYTES).enumerate() {
            match flags & LIVE != 0 && i % 2 == 1 {
                true => later.push(change),
                false => apply(stage, &forgery, change),
            }
        }
    }
    if flags & SIGNED != 0 {
        sign(&forgery);
    }
    let mut user = User {
        words: &stage.words,
        random: Random::new(u64::from(*seed)),
    };
    use_it(&mut user, &forgery, || {
        for change in &later {
            apply(stage, &forgery, change);
        }
    });
    Corpus::Keep
});

/// Reads it as a reader, and does everything with it as a user.
fn use_it(user: &mut User<'_>, forgery: &Forgery, change_more: impl Fn()) {
    let reader = TableReader::open(&forgery.path, Owner::Anyone);
    let table = user.open(&forgery.path);
    change_more();
    if let Ok(reader) = reader {
        let keys = [b"key 1".as_slice(), b"key 57", b"no such key"];
        let _ = (reader.multi_get(&keys), reader.len(), reader.processes());
        let _ = keys.map(|key| (reader.get_entry(key), reader.ttl(key), reader.exists(key)));
        let _ = reader.scan().take(1000).count();
    }
    if let Some(table) = table {
        user.exercise(&table, OPERATIONS);
        user.survey(&table);
        user.exercise(&table, OPERATIONS / 4);
        let _ = (table.maintain(), table.check(), table.stats());
    }
}

/// The input as the file, from its start; the file ends where it did.
fn lay_over(forgery: &Forgery, bytes: &[u8]) {
    for (at, word) in (0..).step_by(8).zip(bytes.chunks(8)) {
        let mut whole = [0; 8];
        whole[..word.len()].copy_from_slice(word);
        forgery.put(at, u64::from_le_bytes(whole));
    }
}

/// Makes one change.
fn apply(stage: &Stage, forgery: &Forgery, change: &[u8]) {
    let &[kind, low, high, how, ref operand @ ..] = change else {
        return;
    };
    let kind = &stage.kinds[usize::from(kind) % stage.kinds.len()];
    let Some(at) = kind.get(usize::from(u16::from_le_bytes([low, high])) % kind.len().max(1))
    else {
        return;
    };
    let operand = operand.try_into().map_or(0, u64::from_le_bytes);
    let word = forgery.get(*at);
    let changed = match how % 4 {
        0 => operand,
        1 => word ^ operand,
        2 => word.wrapping_add(operand),
        // Another word of the same kind, as if it were this one.
        _ => forgery.get(kind[usize::try_from(operand).unwrap_or(0) % kind.len()]),
    };
    forgery.put(*at, changed);
}

/// A good checksum for whatever the header says (format.md 3.1).
fn sign(forgery: &Forgery) {
    let last = IMMUTABLE_WORDS as u64 - 1;
    let words = (0..last).flat_map(|word| forgery.get(8 * word).to_le_bytes());
    let bytes: Vec<u8> = words.collect();
    forgery.put(8 * last, u64::from(crc32fast::hash(&bytes)));
}
