//! A table's file may hold anything: noise, half a table, or a table that an enemy changes while it is in use. Whatever
//! it is, opening it and every operation answer with a value or a typed error: no panic, no crash, no endless loop.
//!
//! Children use the tables, so that a crash is seen and not suffered; a watchdog sees what never ends. Their seeds are
//! fixed, and a failure names the case.
#[path = "hostile/forge.rs"]
mod forge;
#[path = "hostile/user.rs"]
mod user;

use forge::Original;
use quipu::{OnFull, OpenError, Owner, Table, TableReader};
use quipu_tests::child::{self, Child};
use quipu_tests::files::Directory;
use quipu_tests::random::{Random, mix};
use quipu_tests::shared::{Words, get, put};
use quipu_tests::system::now_ms;
use std::env;
use std::path::Path;
use std::thread;
use std::time::Duration;
use user::User;

/// No single operation takes so long, however it is misled: its loops are bounded.
const HANG_MS: u64 = 30_000;

/// `QUIPU_HOSTILE` times as much as usual; less in a program without the optimiser.
fn scaled(usual: u64) -> u64 {
    let factor = env::var("QUIPU_HOSTILE").ok();
    let factor: u64 = factor.map_or(1, |text| text.parse().expect("QUIPU_HOSTILE is a number"));
    let share = if cfg!(debug_assertions) { 5 } else { 1 };
    (usual * factor / share).max(1)
}

const NOISE: u64 = 600;
const LIVES: u64 = 300;
const WORD_CASES: u64 = 1500;
const VANDAL_MS: u64 = 5000;

#[test]
fn child() {
    child::play(&[
        ("noise", noise),
        ("pieces", pieces),
        ("words", words),
        ("flips", flips),
        ("user", honest_user),
        ("vandal", vandal),
    ]);
}

/// Watches a child: it ends well, and none of its operations takes for ever.
fn watch(role: &str, variant: u64) {
    let directory = Directory::in_memory();
    let words = Words::create(user::WORDS);
    let path = directory.path().display();
    let mut child = Child::start(role, &[&path, &words.path(), &variant]);
    let name = format!("{role} {variant}");
    watch_child(&name, &mut child, &words);
    tell(&name, &words);
}

fn watch_child(name: &str, child: &mut Child, words: &Words) {
    loop {
        let case = get(&words[user::CASE]);
        let operation = get(&words[user::OPERATION]);
        if let Some(status) = child.try_wait() {
            assert!(
                status.success(),
                "{name}, case {case}, operation {operation}: {status}"
            );
            return;
        }
        let since = get(&words[user::SINCE]);
        assert!(
            since == 0 || now_ms() < since + HANG_MS,
            "{name}, case {case}: operation {operation} does not end"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

fn tell(name: &str, words: &Words) {
    let of = |word| get(&words[word]);
    println!(
        "{name}: to case {}, {} answers, of them {} corrupt, {} busy, {} other errors; the slowest took {} ms \
         (operation {})",
        of(user::CASE),
        of(user::ANSWERS),
        of(user::CORRUPT),
        of(user::BUSY),
        of(user::FAILED),
        of(user::SLOWEST),
        of(user::SLOWEST_OPERATION)
    );
}

struct Stage {
    directory: String,
    words: Words,
    variant: u64,
}

impl Stage {
    fn of(arguments: &[String]) -> Self {
        let [directory, words, variant] = arguments else {
            panic!("this role has three arguments");
        };
        Self {
            directory: directory.clone(),
            words: Words::open(words),
            variant: variant.parse().expect("a number"),
        }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        Path::new(&self.directory).join(name)
    }

    fn original(&self) -> Original {
        let on_full = if self.variant.is_multiple_of(2) {
            OnFull::Error
        } else {
            OnFull::Evict
        };
        Original::new(Path::new(&self.directory), on_full)
    }

    fn user(&self, case: u64) -> User<'_> {
        put(&self.words[user::CASE], case);
        User {
            words: &self.words,
            random: Random::new(case << 8 | self.variant),
        }
    }
}

#[test]
fn noise_is_not_a_table() {
    watch("noise", 0);
}

/// Random bytes; also behind a magic, and behind an honest header.
fn noise(arguments: &[String]) {
    let stage = Stage::of(arguments);
    let original = stage.original();
    let path = stage.path("noise");
    for case in 0..scaled(NOISE) {
        let mut user = stage.user(case);
        let length = user.random.index(200_000);
        let mut bytes = user.random.bytes(length);
        if case % 3 == 1 {
            let magic = quipu_core::MAGIC.to_le_bytes();
            let version = quipu_core::FORMAT_VERSION.to_le_bytes();
            bytes.splice(..bytes.len().min(16), magic.into_iter().chain(version));
        }
        if case % 3 < 2 {
            std::fs::write(&path, &bytes).expect("room");
            assert!(user.open(&path).is_none(), "noise is no table");
            assert!(
                user.at(101, || TableReader::open(&path, Owner::Anyone))
                    .is_err()
            );
            continue;
        }
        // All that may change is noise.
        let forgery = original.forge(path.clone());
        for (i, word) in bytes.chunks_exact(8).enumerate() {
            let at = 0x100 + 8 * i as u64;
            let word = word.try_into().map(u64::from_le_bytes).expect("8 bytes");
            forgery.put(at % original.file_bytes(), word);
        }
        let honest = original.places();
        for place in honest.iter().filter(|place| place.name != "header") {
            let at = *user.random.choose(&place.offsets);
            forgery.put(at, user.random.word());
        }
        if let Some(table) = user.open(&path) {
            user.exercise(&table, 8);
            user.survey(&table);
        }
    }
}

#[test]
fn half_a_table_is_refused() {
    watch("pieces", 0);
}

/// Cut off at many lengths; and each word of the header changed in many ways.
fn pieces(arguments: &[String]) {
    let stage = Stage::of(arguments);
    let original = stage.original();
    let path = stage.path("pieces");
    let all = original.file_bytes();
    let lengths = (0..600)
        .map(|i| i * 7)
        .chain((1..300).map(|i| all * i / 300))
        .chain([all - 1]);
    for (case, length) in (0..).zip(lengths) {
        let user = stage.user(case);
        let forgery = original.forge(path.clone());
        let file = std::fs::File::options()
            .write(true)
            .open(&forgery.path)
            .expect("the forgery");
        file.set_len(length).expect("a shorter file");
        let error = user
            .at(100, || Table::open(&path))
            .expect_err("it is cut off");
        let is_typed = matches!(
            error,
            OpenError::Truncated { .. } | OpenError::NotATable { .. }
        );
        assert!(is_typed, "{length} bytes: {error:?}");
        assert!(
            user.at(101, || TableReader::open(&path, Owner::Anyone))
                .is_err()
        );
    }
    for word in 0..quipu_core::IMMUTABLE_WORDS as u64 {
        for change in 0..20 {
            let mut user = stage.user(1000 + 100 * word + change);
            let forgery = original.forge(path.clone());
            let honest = forgery.get(8 * word);
            forgery.damage(8 * word, &mut user.random);
            if forgery.get(8 * word) == honest {
                continue;
            }
            assert!(
                user.open(&path).is_none(),
                "word {word}: {:#x}",
                forgery.get(8 * word)
            );
            assert!(
                user.at(101, || TableReader::open(&path, Owner::Anyone))
                    .is_err()
            );
            user.at(102, || quipu::remove(&path)).ok();
        }
    }
}

#[test]
fn every_kind_of_word_may_be_wrong() {
    watch("words", 0);
}

#[test]
fn every_kind_of_word_may_be_wrong_in_a_table_that_evicts() {
    watch("words", 1);
}

/// Each kind of word: one of them, or all, with each bit changed, or all of them, before and after the table is
/// opened. These are the crafted tables, too: circles of buckets and of chunks, splits that never end, no free slot.
fn words(arguments: &[String]) {
    let stage = Stage::of(arguments);
    let original = stage.original();
    let changes: Vec<u64> = (0..64).map(|bit| 1 << bit).chain([u64::MAX, 0]).collect();
    let mut cases = Vec::new();
    for place in original.places() {
        for change in &changes {
            for all in [false, true] {
                cases.push((place.offsets.clone(), *change, all));
            }
        }
    }
    // In an order of their own, so that any number of them is of every kind.
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by_key(|case| mix(*case as u64 ^ stage.variant << 32));
    let enough = usize::try_from(scaled(WORD_CASES)).unwrap_or(usize::MAX);
    for case in order.into_iter().take(enough) {
        let (offsets, change, all) = &cases[case];
        let mut user = stage.user(case as u64);
        let forgery = original.forge(stage.path(&format!("words{case}")));
        let before = user.random.one_in(2);
        let table = (!before).then(|| user.open(&forgery.path)).flatten();
        let one = user.random.index(offsets.len());
        for (i, at) in offsets.iter().enumerate() {
            if *all || i == one {
                // No bit: the word is taken away.
                let honest = forgery.get(*at);
                forgery.put(*at, if *change == 0 { 0 } else { honest ^ change });
            }
        }
        if let Some(table) = table.or_else(|| user.open(&forgery.path)) {
            user.exercise(&table, 10);
            user.survey(&table);
        }
        user.at(102, || quipu::remove(&forgery.path)).ok();
    }
}

#[test]
fn bits_flip_in_a_table_in_use() {
    watch("flips", 0);
}

#[test]
fn bits_flip_in_a_table_in_use_that_evicts() {
    watch("flips", 1);
}

/// Damage all over a table, more and more of it, while it is used, closed and opened again.
fn flips(arguments: &[String]) {
    let stage = Stage::of(arguments);
    let original = stage.original();
    for case in 0..scaled(LIVES) {
        let mut user = stage.user(case);
        let forgery = original.forge(stage.path(&format!("flips{case}")));
        let mut table = user.open(&forgery.path);
        for round in 0..20 {
            for _ in 0..1 + user.random.below(12) {
                let at = original.anywhere(&mut user.random).max(0x100);
                forgery.damage(at, &mut user.random);
            }
            if let Some(table) = &table {
                user.exercise(table, 6);
            }
            if round % 7 == 6 {
                drop(table.take());
                table = user.open(&forgery.path);
                if let Some(table) = &table {
                    user.survey(table);
                }
            }
        }
    }
}

#[test]
fn an_enemy_who_never_rests_cannot_stop_an_honest_user() {
    let directory = Directory::in_memory();
    let words = Words::create(user::WORDS);
    let path = directory.path().display();
    let mut user = Child::start("user", &[&path, &words.path(), &0]);
    let mut enemy = Child::start("vandal", &[&path, &words.path(), &0]);
    watch_child("user", &mut user, &words);
    assert!(enemy.try_wait().is_none(), "the enemy was there to the end");
    enemy.kill();
    tell("user", &words);
}

/// Uses tables that somebody else destroys meanwhile.
fn honest_user(arguments: &[String]) {
    let stage = Stage::of(arguments);
    let original = stage.original();
    let end = now_ms() + scaled(VANDAL_MS);
    for case in 0.. {
        let mut user = stage.user(case);
        let fresh = original.forge(stage.path("fresh"));
        std::fs::rename(&fresh.path, stage.path("target")).expect("a new target");
        if let Some(table) = user.open(&stage.path("target")) {
            for _ in 0..10 {
                user.exercise(&table, 40);
            }
            user.survey(&table);
        }
        if now_ms() > end {
            return;
        }
    }
}

/// Damages whatever table there is, all the time.
fn vandal(arguments: &[String]) {
    let stage = Stage::of(arguments);
    let mut random = Random::new(1);
    let mut original = None;
    loop {
        let path = stage.path("target");
        let Some(target) = forge::Forgery::at(&path) else {
            thread::sleep(Duration::from_millis(1));
            continue;
        };
        let layout = original.get_or_insert_with(|| target.layout());
        for _ in 0..2000 {
            let at = layout.anywhere(&mut random).max(0x100);
            target.damage(at, &mut random);
        }
    }
}
