//! Counters: Quipu beside the maps of one process.
use crate::maps::{Counters, INLINE, KeyForm, Maps, add_one, load};
use quipu_benches::contest::{Entrants, Failure, Settings, Turn};
use quipu_benches::keys::Keys;
use quipu_benches::plan::Plan;
use quipu_benches::record::{Contest, Outcome, Shape};
use quipu_benches::scratch::Scratch;
use std::hint::black_box;

const BATCHES: [usize; 2] = [16, 64];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Incr,
    Get,
}

/// All cases of this section.
pub(crate) fn plan(plan: &mut Plan, settings: Settings) {
    let sizes: &[usize] = if settings.quick {
        &[1_000, 64_000]
    } else {
        &[1_000, 64_000, 1_000_000]
    };
    for &keys in sizes {
        plan.add(
            format!("compare: {keys} counters in maps of one process"),
            move |settings| counters(keys, settings),
        );
    }
}

fn counters(keys: usize, settings: Settings) -> Result<Vec<Outcome>, Failure> {
    let keys = Keys::new(0, keys, INLINE);
    let table = Scratch::of_counters(&keys)?;
    let (boxed, inline) = (
        Maps::<Box<[u8]>>::new(&keys),
        Maps::<[u8; INLINE]>::new(&keys),
    );
    let mut results = Vec::new();
    for operation in [Operation::Incr, Operation::Get] {
        let mut entrants = Entrants::new();
        enter_quipu(&mut entrants, operation, &table, &keys);
        enter_maps(&mut entrants, operation, &boxed, &keys);
        enter_maps(&mut entrants, operation, &inline, &keys);
        results.push(Outcome::Contest(run(entrants, operation, &keys, settings)?));
    }
    Ok(results)
}

fn run(
    entrants: Entrants<'_>,
    operation: Operation,
    keys: &Keys,
    settings: Settings,
) -> Result<Contest, Failure> {
    let note = if operation == Operation::Incr {
        "incr"
    } else {
        "get"
    };
    let shape = Shape {
        section: "compare".to_owned(),
        keys: keys.count() as u64,
        key_bytes: keys.length() as u64,
        note: note.to_owned(),
        ..Shape::default()
    };
    entrants.run(shape, settings)
}

fn enter_quipu<'w>(
    entrants: &mut Entrants<'w>,
    operation: Operation,
    table: &'w Scratch,
    keys: &'w Keys,
) {
    match operation {
        Operation::Incr => {
            entrants.add("quipu", |turn| {
                for key in keys.walk(turn.seed, turn.operations) {
                    black_box(table.incr(key, 1)?);
                }
                Ok(())
            });
            for size in BATCHES {
                entrants.add(format!("quipu, batch of {size}"), move |turn| {
                    incr_batches(table, keys, turn, size)
                });
            }
        }
        Operation::Get => {
            entrants.add("quipu", |turn| {
                for key in keys.walk(turn.seed, turn.operations) {
                    black_box(table.get_number(key)?);
                }
                Ok(())
            });
            for size in BATCHES {
                entrants.add(format!("quipu, batch of {size}"), move |turn| {
                    get_batches(table, keys, turn, size)
                });
            }
        }
    }
}

fn incr_batches(table: &Scratch, keys: &Keys, turn: Turn, size: usize) -> Result<(), Failure> {
    let mut deltas = Vec::with_capacity(size);
    for batch in keys.batches(turn.seed, turn.operations, size) {
        deltas.clear();
        deltas.extend(batch.into_iter().map(|key| (key, 1)));
        black_box(table.multi_incr(&deltas)?);
    }
    Ok(())
}

fn get_batches(table: &Scratch, keys: &Keys, turn: Turn, size: usize) -> Result<(), Failure> {
    for batch in keys.batches(turn.seed, turn.operations, size) {
        black_box(table.multi_get_number(&batch)?);
    }
    Ok(())
}

fn enter_maps<'w, K: KeyForm>(
    entrants: &mut Entrants<'w>,
    operation: Operation,
    maps: &'w Maps<K>,
    keys: &'w Keys,
) {
    let name = |map: &str| format!("{map}{}", K::SUFFIX);
    enter(entrants, operation, name("papaya"), &maps.papaya, keys);
    enter(entrants, operation, name("dashmap"), &maps.dashmap, keys);
    enter(entrants, operation, name("scc"), &maps.scc, keys);
    enter(
        entrants,
        operation,
        name("scc index"),
        &maps.scc_index,
        keys,
    );
    // A guard for many calls is what the authors of papaya advise where a program can do so.
    entrants.add(name("papaya, pinned once"), move |turn| {
        let map = maps.papaya.0.pin();
        for key in keys.walk(turn.seed, turn.operations) {
            let counter = map.get(K::lookup(key)).ok_or("a key is missing")?;
            black_box(match operation {
                Operation::Incr => add_one(counter),
                Operation::Get => load(counter),
            });
        }
        Ok(())
    });
}

/// One map. The operation is looked at once a turn.
fn enter<'w>(
    entrants: &mut Entrants<'w>,
    operation: Operation,
    name: String,
    map: &'w impl Counters,
    keys: &'w Keys,
) {
    entrants.add(name, move |turn| {
        let mut found = 0;
        match operation {
            Operation::Incr => {
                for key in keys.walk(turn.seed, turn.operations) {
                    found += usize::from(black_box(map.incr(key)).is_some());
                }
            }
            Operation::Get => {
                for key in keys.walk(turn.seed, turn.operations) {
                    found += usize::from(black_box(map.get(key)).is_some());
                }
            }
        }
        if found < turn.operations {
            return Err("a key is missing".into());
        }
        Ok(())
    });
}
