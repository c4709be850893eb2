//! Operations of one process on counters, beside the physical limit.
//!
//! To measure something new, add an entrant to one of the lists below; the report shows it.
use crate::contest::{Entrants, Failure, Settings, Turn};
use crate::keys::Keys;
use crate::limit::Lines;
use crate::plan::Plan;
use crate::record::{Outcome, Shape};
use crate::scratch::Scratch;
use quipu_core::{Ordering, Word};
use std::hint::black_box;
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::xxh3_64_with_secret;

/// As long as the secret of a table.
pub const SECRET: [u8; 192] = [0x5a; 192];
const BATCHES: [usize; 2] = [16, 64];

/// All cases of this section.
pub fn plan(plan: &mut Plan, settings: Settings) {
    let sizes: &[usize] = if settings.quick {
        &[1_000, 64_000]
    } else {
        &[1_000, 64_000, 1_000_000]
    };
    for &keys in sizes {
        for length in [8, 20, 60] {
            plan.add(title(keys, length), move |settings| {
                counters(keys, length, settings)
            });
        }
    }
    if !settings.quick {
        plan.add(title(16_000_000, 20), |settings| {
            counters(16_000_000, 20, settings)
        });
    }
}

fn title(keys: usize, length: usize) -> String {
    format!("core: {keys} counters, keys of {length} bytes")
}

fn counters(keys: usize, length: usize, settings: Settings) -> Result<Vec<Outcome>, Failure> {
    let absent = Keys::new(keys, keys.min(1_000_000), length);
    let keys = Keys::new(0, keys, length);
    let table = Scratch::of_counters(&keys)?;
    let lines = Lines::new(table.bytes_touched())?;
    let one = Word::new(0);
    let mut entrants = Entrants::new();
    add_limits(&mut entrants, &lines, &keys);
    add_hot(&mut entrants, &table, &lines, &keys);
    add_singles(&mut entrants, &table, &keys, &absent);
    add_batches(&mut entrants, &table, &keys);
    add_handles(&mut entrants, &table, &keys, &one)?;
    add_comings_and_goings(&mut entrants, &table, &absent);
    let shape = Shape {
        section: "core".to_owned(),
        keys: keys.count() as u64,
        key_bytes: length as u64,
        note: format!("{:.2} of the cells used", table.cells_used()),
        ..Shape::default()
    };
    Ok(vec![Outcome::Contest(entrants.run(shape, settings)?)])
}

/// What no table can beat.
pub fn add_limits<'w>(entrants: &mut Entrants<'w>, lines: &'w Lines, keys: &'w Keys) {
    entrants.add("lock xadd", |turn| {
        lines.add(turn.seed, turn.operations);
        Ok(())
    });
    entrants.add("dependent load", |turn| {
        lines.load(turn.seed, turn.operations);
        Ok(())
    });
    entrants.add("hash of the key", |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            black_box(xxh3_64_with_secret(key, &SECRET));
        }
        Ok(())
    });
}

/// One key all the time, whose cell stays in the cache.
fn add_hot<'w>(entrants: &mut Entrants<'w>, table: &'w Scratch, lines: &'w Lines, keys: &'w Keys) {
    entrants.add("lock xadd, one line", |turn| {
        lines.add_to_one(turn.operations);
        Ok(())
    });
    entrants.add("incr, one hot key", |turn| {
        let key = keys.iter().next().ok_or("no key")?;
        for _ in 0..turn.operations {
            black_box(table.incr(black_box(key), 1)?);
        }
        Ok(())
    });
}

/// One key a call, which is there.
fn add_singles<'w>(
    entrants: &mut Entrants<'w>,
    table: &'w Scratch,
    keys: &'w Keys,
    absent: &'w Keys,
) {
    entrants.add("incr", |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            black_box(table.incr(key, 1)?);
        }
        Ok(())
    });
    entrants.add("get", |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            black_box(table.get_number(key)?);
        }
        Ok(())
    });
    entrants.add("get of a value of any type", |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            black_box(table.get(key)?);
        }
        Ok(())
    });
    entrants.add("set of 8 bytes", |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            table.set(key, 1, quipu::Ttl::Never)?;
        }
        Ok(())
    });
    entrants.add("add of a key that is there", |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            black_box(table.add(key, 1, quipu::Ttl::Never)?);
        }
        Ok(())
    });
    entrants.add("take", |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            black_box(table.take(key)?);
        }
        Ok(())
    });
    entrants.add("get of a missing key", |turn| {
        for key in absent.walk(turn.seed, turn.operations) {
            black_box(table.get_number(key)?);
        }
        Ok(())
    });
}

/// Several keys a call; figures are per key.
fn add_batches<'w>(entrants: &mut Entrants<'w>, table: &'w Scratch, keys: &'w Keys) {
    for size in BATCHES {
        entrants.add(format!("get, batch of {size}"), move |turn| {
            for batch in keys.batches(turn.seed, turn.operations, size) {
                black_box(table.multi_get_number(&batch)?);
            }
            Ok(())
        });
        entrants.add(format!("incr, batch of {size}"), move |turn| {
            let mut deltas = Vec::with_capacity(size);
            for batch in keys.batches(turn.seed, turn.operations, size) {
                deltas.clear();
                deltas.extend(batch.into_iter().map(|key| (key, 1)));
                black_box(table.multi_incr(&deltas)?);
            }
            Ok(())
        });
    }
}

/// Handles for one counter, beside one word.
fn add_handles<'w>(
    entrants: &mut Entrants<'w>,
    table: &'w Scratch,
    keys: &'w Keys,
    one: &'w Word,
) -> Result<(), Failure> {
    entrants.add("lock xadd, one line", |turn| {
        for _ in 0..turn.operations {
            black_box(one.add(1, Ordering::AcqRel));
        }
        Ok(())
    });
    let key = keys.walk(0, 1).next().ok_or("no key")?;
    let mut counter = table.counter(key)?;
    entrants.add("counter handle, one hot key", move |turn| {
        for _ in 0..turn.operations {
            black_box(counter.add(1)?);
        }
        Ok(())
    });
    let mut striped = table.striped(b"a striped counter")?;
    entrants.add("striped handle, one hot key", move |turn| {
        for _ in 0..turn.operations {
            striped.add(1)?;
        }
        Ok(())
    });
    Ok(())
}

/// Keys that come and go, few beside those that stay, so that the table keeps its size.
fn add_comings_and_goings<'w>(entrants: &mut Entrants<'w>, table: &'w Scratch, absent: &'w Keys) {
    let some = (absent.count() / 10).max(1);
    entrants.add("delete and add of one key", move |turn| {
        for key in absent.walk(turn.seed, turn.operations) {
            table.add(key, 1, quipu::Ttl::Never)?;
            black_box(table.delete(key)?);
        }
        Ok(())
    });
    entrants.add_self_timed("add of a new key", some, move |turn| {
        Ok(add_and_delete(table, absent, turn)?.0)
    });
    entrants.add_self_timed("delete", some, move |turn| {
        Ok(add_and_delete(table, absent, turn)?.1)
    });
}

/// How long it takes to add keys, and to delete them again.
fn add_and_delete(
    table: &Scratch,
    absent: &Keys,
    turn: Turn,
) -> Result<(Duration, Duration), Failure> {
    let mut added = 0;
    let start = Instant::now();
    for key in absent.once(turn.seed, turn.operations) {
        added += usize::from(table.add(key, 1, quipu::Ttl::Never)?);
    }
    let middle = Instant::now();
    for key in absent.once(turn.seed, turn.operations) {
        table.delete(key)?;
    }
    if added < turn.operations {
        return Err("a key was there already".into());
    }
    Ok((middle - start, middle.elapsed()))
}
