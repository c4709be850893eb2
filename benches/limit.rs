//! `incr` and `get` of a counter beside the physical limit: one `lock xadd`, and one dependent load, on a random
//! 64-byte line of a mapping of the same size as the table. All in one process and one run, the measures taking
//! turns, medians of the rounds.
//!
//!     cargo bench -p quipu-benches --bench limit
use quipu::{Options, Table};
use quipu_benches::{Random, key, median, timed};
use quipu_core::{Ordering, Word};
use std::error::Error;
use std::hint::black_box;

const ROUNDS: usize = 7;
const OPERATIONS: usize = 1_000_000;
const LINE_WORDS: usize = 8;
const MEASURES: [&str; 4] = ["lock xadd", "dependent load", "incr", "get"];

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "ns per operation, median of {ROUNDS} alternating rounds of {OPERATIONS}; keys of 20 bytes"
    );
    print!("{:>10}", "keys");
    for measure in MEASURES {
        print!("{measure:>16}");
    }
    println!("{:>16}{:>16}", "incr / xadd", "get / load");
    for keys in [1_000, 64_000, 1_000_000] {
        line(keys)?;
    }
    Ok(())
}

/// Measures and prints one size.
fn line(keys: usize) -> Result<(), Box<dyn Error>> {
    let table = Table::memfd(Options::default())?;
    let mut names: Vec<[u8; 20]> = (0..keys).map(key).collect();
    for name in &names {
        table.incr(name, 1)?;
    }
    // Random for the table, in order for the array that they come from.
    let mut random = Random(0x1234_5678_9abc_def1);
    for last in (1..names.len()).rev() {
        names.swap(last, random.below(last + 1));
    }
    let stats = table.stats();
    let lines = usize::try_from(stats.buckets)? * 2048 / 64;
    let mapping = memmap2::MmapOptions::new().len(lines * 64).map_anon()?;
    let words = words_of(&mapping);
    let mut figures = vec![Vec::new(); MEASURES.len()];
    for round in 0..ROUNDS as u64 {
        let mut random = Random(0x9e37_79b9_7f4a_7c15 + round);
        figures[0].push(timed(OPERATIONS, || add_words(words, lines, &mut random)));
        figures[1].push(timed(OPERATIONS, || load_words(words, lines, &mut random)));
        figures[2].push(timed(OPERATIONS, || {
            for name in names.iter().cycle().take(OPERATIONS) {
                black_box(table.incr(name, 1).is_ok());
            }
        }));
        figures[3].push(timed(OPERATIONS, || {
            for name in names.iter().cycle().take(OPERATIONS) {
                black_box(table.get_number(name).is_ok());
            }
        }));
    }
    let medians: Vec<f64> = figures.into_iter().map(median).collect();
    print!("{keys:>10}");
    for figure in &medians {
        print!("{figure:>16.1}");
    }
    println!(
        "{:>16.2}{:>16.2}",
        medians[2] / medians[0],
        medians[3] / medians[1]
    );
    Ok(())
}

/// A shared mapping as words: small pages, as a table in /dev/shm has them.
#[expect(unsafe_code, reason = "the rival is a mapping too")]
fn words_of(mapping: &memmap2::MmapMut) -> &[Word] {
    // SAFETY: the mapping is page-aligned, as long as this, zeroed, lives as long as the slice, and nothing else
    // refers to it; a word may be written through a shared reference.
    unsafe { std::slice::from_raw_parts(mapping.as_ptr().cast(), mapping.len() / 8) }
}

fn add_words(words: &[Word], lines: usize, random: &mut Random) {
    for _ in 0..OPERATIONS {
        let at = random.below(lines) * LINE_WORDS;
        black_box(words[at].add(1, Ordering::AcqRel));
    }
}

/// Each address depends on the word loaded before, so that nothing overlaps.
fn load_words(words: &[Word], lines: usize, random: &mut Random) {
    let mut last = 0;
    for _ in 0..OPERATIONS {
        // The top bit is never set, but the processor has to wait for the word to know.
        let at = (random.below(lines) ^ usize::from(last >> 63 == 1)) * LINE_WORDS;
        last = words[at].load(Ordering::Relaxed);
    }
    black_box(last);
}
