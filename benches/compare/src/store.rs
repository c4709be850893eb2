//! What a store must do to take part: counters by key, each operation a call of its own.
use quipu::{Options, Table, Ttl};
use quipu_benches::contest::{Entrants, Failure};
use quipu_benches::keys::Keys;
use quipu_benches::record::{Outcome, Shape};
use std::hint::black_box;

/// A store of counters.
pub(crate) trait Store {
    /// Adds one.
    fn incr(&mut self, key: &[u8]) -> Result<i64, Failure>;
    /// Stores a number.
    fn set(&mut self, key: &[u8], number: i64) -> Result<(), Failure>;
    /// Reads.
    fn get(&mut self, key: &[u8]) -> Result<Option<i64>, Failure>;
}

/// An operation of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Incr,
    Set,
    Get,
}

impl Operation {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Incr, Self::Set, Self::Get];

    /// What the report calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Incr => "incr",
            Self::Set => "set",
            Self::Get => "get",
        }
    }
}

/// A contest of stores that hold the same keys.
pub(crate) fn contest(
    stores: &mut [(&str, Box<dyn Store>)],
    operation: Operation,
    keys: &Keys,
    against: &str,
    settings: quipu_benches::contest::Settings,
) -> Result<Outcome, Failure> {
    let mut entrants = Entrants::new();
    for (name, store) in stores {
        entrants.add(*name, move |turn| {
            for key in keys.walk(turn.seed, turn.operations) {
                match operation {
                    Operation::Incr => drop(black_box(store.incr(key)?)),
                    Operation::Set => store.set(key, 1)?,
                    Operation::Get => drop(black_box(store.get(key)?.ok_or("a key is missing")?)),
                }
            }
            Ok(())
        });
    }
    let shape = Shape {
        section: "compare".to_owned(),
        keys: keys.count() as u64,
        key_bytes: keys.length() as u64,
        note: format!("{} against {against}", operation.name()),
        ..Shape::default()
    };
    Ok(Outcome::Contest(entrants.run(shape, settings)?))
}

/// Quipu as one of them.
pub(crate) struct Quipu(Table);

impl Quipu {
    /// A table with these keys.
    pub(crate) fn new(keys: &Keys) -> Result<Self, Failure> {
        let table = Table::memfd(Options::default())?;
        for key in keys.iter() {
            table.incr(key, 1)?;
        }
        Ok(Self(table))
    }
}

impl Store for Quipu {
    fn incr(&mut self, key: &[u8]) -> Result<i64, Failure> {
        Ok(self.0.incr(key, 1)?)
    }

    fn set(&mut self, key: &[u8], number: i64) -> Result<(), Failure> {
        Ok(self.0.set(key, number, Ttl::Never)?)
    }

    fn get(&mut self, key: &[u8]) -> Result<Option<i64>, Failure> {
        Ok(self.0.get_number(key)?)
    }
}
