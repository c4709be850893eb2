//! Does one operation on key after key: for `scripts/instructions`, which counts the instructions of `measured`.
//!
//!     instructions incr
use quipu::{Options, Table, Ttl};
use quipu_benches::contest::Failure;
use quipu_benches::keys::Keys;
use std::hint::black_box;

/// Enough that the number does not depend on how the random secrets of the tables place the keys.
const TABLES: usize = 32;
const KEYS: usize = 1_000;
const KEY_BYTES: usize = 20;
const OPERATIONS: usize = 4_000;
const VALUE: [u8; 64] = [7; 64];
/// So little that a tool that watches every access can map all of them.
const BYTES_MAX: u64 = 4 << 20;

fn main() -> Result<(), Failure> {
    let operation = std::env::args().nth(1).ok_or("which operation?")?;
    let keys = Keys::new(0, KEYS, KEY_BYTES);
    for _ in 0..TABLES {
        let table = filled(&operation, &keys)?;
        let mut buffer = Vec::with_capacity(VALUE.len());
        match operation.as_str() {
            // What the loop itself takes, which is subtracted.
            "nothing" => measured(&keys, |key| {
                black_box(key);
            }),
            "incr" => measured(&keys, |key| {
                black_box(table.incr(key, 1).is_ok());
            }),
            "get" => measured(&keys, |key| {
                black_box(table.get_number(key).is_ok());
            }),
            "set" => measured(&keys, |key| {
                black_box(table.set(key, 1, Ttl::Never).is_ok());
            }),
            "get of 64 bytes" => measured(&keys, |key| {
                black_box(table.get_into(key, &mut buffer).is_ok());
            }),
            "set of 64 bytes" => measured(&keys, |key| {
                black_box(table.set(key, &VALUE, Ttl::Never).is_ok());
            }),
            _ => return Err("there is no such operation".into()),
        }
    }
    println!("{}", TABLES * OPERATIONS);
    Ok(())
}

/// A table with what the operation needs.
fn filled(operation: &str, keys: &Keys) -> Result<Table, Failure> {
    let table = Table::memfd(Options {
        max_bytes: Some(BYTES_MAX),
        ..Options::default()
    })?;
    for key in keys.iter() {
        if operation.ends_with("of 64 bytes") {
            table.set(key, &VALUE, Ttl::Never)?;
        } else {
            table.incr(key, 1)?;
        }
    }
    Ok(table)
}

/// What is counted: it must keep its name.
#[inline(never)]
fn measured<'k>(keys: &'k Keys, work: impl FnMut(&'k [u8])) {
    keys.walk(0, OPERATIONS).for_each(work);
}
