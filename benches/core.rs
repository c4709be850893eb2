//! The operations of one process, one by one, against the last time: for whoever changes the engine.
//!
//!     cargo bench -p quipu-benches --bench core
//!
//! What is published comes from the report, whose entrants take turns.
use criterion::Criterion;
use quipu::Ttl;
use quipu_benches::keys::Keys;
use quipu_benches::scratch::Scratch;
use std::hint::black_box;
use std::time::Instant;

const KEY_BYTES: usize = 20;

/// Measures an operation on key after key.
fn each(criterion: &mut Criterion, name: &str, keys: &Keys, mut operation: impl FnMut(&[u8])) {
    criterion.bench_function(&format!("{name}, {} keys", keys.count()), |bencher| {
        bencher.iter_custom(|count| {
            let start = Instant::now();
            let count = usize::try_from(count).expect("fewer than memory has bytes");
            keys.walk(1, count).for_each(&mut operation);
            start.elapsed()
        });
    });
}

fn counters(criterion: &mut Criterion) {
    for count in [1_000, 64_000, 1_000_000] {
        let keys = Keys::new(0, count, KEY_BYTES);
        let absent = Keys::new(count, count, KEY_BYTES);
        let table = Scratch::of_counters(&keys).expect("room for a table");
        each(criterion, "incr", &keys, |key| {
            black_box(table.incr(key, 1).expect("a counter"));
        });
        each(criterion, "get", &keys, |key| {
            black_box(table.get_number(key).expect("a counter"));
        });
        each(criterion, "get of a missing key", &absent, |key| {
            black_box(table.get_number(key).expect("no counter"));
        });
        each(criterion, "add and delete", &absent, |key| {
            table.add(key, 1, Ttl::Never).expect("room");
            black_box(table.delete(key).expect("a counter"));
        });
    }
}

fn values(criterion: &mut Criterion) {
    let value = [7; 64];
    for count in [1_000, 64_000, 1_000_000] {
        let keys = Keys::new(0, count, KEY_BYTES);
        let table = Scratch::new().expect("room for a table");
        for key in keys.iter() {
            table.set(key, &value, Ttl::Never).expect("room");
        }
        let mut buffer = Vec::with_capacity(value.len());
        each(criterion, "get of 64 bytes", &keys, |key| {
            black_box(table.get_into(key, &mut buffer).expect("a value"));
        });
        each(criterion, "set of 64 bytes", &keys, |key| {
            table.set(key, &value, Ttl::Never).expect("room");
        });
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    counters(&mut criterion);
    values(&mut criterion);
    criterion.final_summary();
}
