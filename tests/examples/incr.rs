//! The code that scripts/same-code compares: one operation as a program calls it.
use quipu::{CountError, Options, Table};

/// Not inlined, so that it can be found.
#[inline(never)]
fn incr(table: &Table) -> Result<i64, CountError> {
    table.incr(b"hits", 1)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let table = Table::memfd(Options::default())?;
    println!("{}", incr(&table)?);
    Ok(())
}
