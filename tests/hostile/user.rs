//! An honest program on a forged table: whatever it asks, it gets a value or an error, soon.
use crate::forge::{by_ref, entry, striped_key};
use quipu::{
    Count, CountError, Entry, Owner, ReadError, Table, TableReader, Ttl, Update, Value, WriteError,
};
use quipu_tests::random::Random;
use quipu_tests::shared::{Words, add, put};
use quipu_tests::system::now_ms;
use std::path::Path;
use std::time::Duration;

/// More entries than the table can have, whatever it says.
const ENTRIES_MAX: usize = 100_000;

/// Words for whoever watches.
pub(crate) const SINCE: usize = 0;
pub(crate) const OPERATION: usize = 1;
pub(crate) const CASE: usize = 2;
pub(crate) const SLOWEST: usize = 3;
pub(crate) const ANSWERS: usize = 4;
pub(crate) const FAILED: usize = 5;
pub(crate) const CORRUPT: usize = 6;
pub(crate) const BUSY: usize = 7;
pub(crate) const SLOWEST_OPERATION: usize = 8;
pub(crate) const WORDS: usize = 16;

/// Says what it does, and what it was answered.
pub(crate) struct User<'w> {
    pub(crate) words: &'w Words,
    pub(crate) random: Random,
}

/// An answer, as far as it matters here.
enum Answer {
    Value,
    Failed,
    Corrupt,
    Busy,
}

trait Answered {
    fn answer(&self) -> Answer;
}

impl<T> Answered for Result<T, ReadError> {
    fn answer(&self) -> Answer {
        match self {
            Ok(_) => Answer::Value,
            Err(ReadError::Corrupt(_)) => Answer::Corrupt,
            Err(ReadError::Busy) => Answer::Busy,
            Err(_) => Answer::Failed,
        }
    }
}

impl<T> Answered for Result<T, WriteError> {
    fn answer(&self) -> Answer {
        match self {
            Ok(_) => Answer::Value,
            Err(WriteError::Corrupt(_)) => Answer::Corrupt,
            Err(WriteError::Busy) => Answer::Busy,
            Err(_) => Answer::Failed,
        }
    }
}

impl<T> Answered for Result<T, CountError> {
    fn answer(&self) -> Answer {
        match self {
            Ok(_) => Answer::Value,
            Err(CountError::Write(WriteError::Corrupt(_))) => Answer::Corrupt,
            Err(CountError::Write(WriteError::Busy)) => Answer::Busy,
            Err(_) => Answer::Failed,
        }
    }
}

impl User<'_> {
    /// Does one thing, for the watchdog to see.
    pub(crate) fn at<R>(&self, operation: u64, run: impl FnOnce() -> R) -> R {
        put(&self.words[OPERATION], operation);
        let start = now_ms();
        put(&self.words[SINCE], start);
        let result = run();
        put(&self.words[SINCE], 0);
        let took = now_ms() - start;
        if took > quipu_tests::shared::get(&self.words[SLOWEST]) {
            put(&self.words[SLOWEST], took);
            put(&self.words[SLOWEST_OPERATION], operation);
        }
        result
    }

    fn ask<A: Answered>(&self, operation: u64, run: impl FnOnce() -> A) {
        let answer = self.at(operation, run).answer();
        add(&self.words[ANSWERS], 1);
        match answer {
            Answer::Value => 0,
            Answer::Failed => add(&self.words[FAILED], 1),
            Answer::Corrupt => add(&self.words[CORRUPT], 1),
            Answer::Busy => add(&self.words[BUSY], 1),
        };
    }

    /// Opens a file that is believed to be a table.
    pub(crate) fn open(&self, path: &Path) -> Option<Table> {
        let table = self.at(100, || Table::open_owned_by(path, Owner::Anyone));
        add(&self.words[ANSWERS], 1);
        if table.is_err() {
            add(&self.words[FAILED], 1);
        }
        table.ok()
    }

    /// Uses a table in several ways.
    pub(crate) fn exercise(&mut self, table: &Table, operations: u64) {
        for _ in 0..operations {
            let number = self.random.below(110);
            let (mut key, value, ttl) = entry(number);
            if self.random.one_in(10) {
                key = striped_key(number);
            }
            let other = entry(self.random.below(100)).1;
            match self.random.below(4) {
                0 => self.read(table, &key),
                1 => self.count(table, &key),
                2 => self.store(table, &key, &value, ttl),
                _ => self.change(table, &key, &other),
            }
        }
    }

    fn read(&mut self, table: &Table, key: &[u8]) {
        match self.random.below(8) {
            0 => self.ask(1, || table.get(key)),
            1 => self.ask(2, || table.get_entry(key)),
            2 => self.ask(3, || table.get_number(key)),
            3 => self.ask(4, || table.exists(key)),
            4 => self.ask(5, || table.ttl(key)),
            5 if self.random.one_in(2) => self.ask(9, || table.multi_get_number(&[key, b"key 1"])),
            5 => self.ask(6, || table.multi_get(&[key, b"key 1"])),
            6 => self.ask(7, || table.get_into(key, &mut Vec::new())),
            _ => self.ask(8, || table.wait(key, None, Duration::from_millis(1))),
        }
    }

    fn count(&mut self, table: &Table, key: &[u8]) {
        let count = Count {
            floor: Some(0),
            ..Count::default()
        };
        match self.random.below(10) {
            0 => self.ask(10, || table.incr(key, 3)),
            1 => self.ask(11, || table.decr(key, 3)),
            2 => self.ask(12, || table.count(key, count)),
            3 => self.ask(13, || table.add_float(key, 0.5)),
            4 => self.ask(14, || table.fetch_max(key, 1 << 40)),
            5 => self.ask(15, || table.fetch_min(key, -5)),
            6 => self.ask(16, || table.take(key)),
            7 => self.ask(18, || {
                let mut striped = table.striped(key).map_err(WriteError::from)?;
                striped.add(1)?;
                striped.add(1)
            }),
            8 => self.ask(19, || {
                let mut counter = table.counter(key).map_err(WriteError::from)?;
                counter.add(1)?;
                counter.add(1)
            }),
            _ => self.ask(17, || table.multi_incr(&[(key, 1)])),
        }
    }

    fn store(&mut self, table: &Table, key: &[u8], value: &Value, ttl: Ttl) {
        match self.random.below(6) {
            0..2 => self.ask(20, || table.set(key, by_ref(value), ttl)),
            2 => self.ask(21, || table.add(key, by_ref(value), ttl)),
            3 => self.ask(22, || table.replace(key, by_ref(value), ttl)),
            4 => self.ask(23, || table.get_and_set(key, by_ref(value), ttl)),
            _ => self.ask(24, || table.multi_set(&[(key, by_ref(value))], ttl)),
        }
    }

    fn change(&mut self, table: &Table, key: &[u8], value: &Value) {
        let long = Ttl::After(Duration::from_secs(50));
        match self.random.below(9) {
            0 => self.ask(30, || table.append(key, b"more")),
            1 => self.ask(31, || table.prepend(key, b"more")),
            2 => self.ask(32, || table.delete(key)),
            3 => self.ask(33, || table.get_and_delete(key)),
            4 => self.ask(34, || table.touch(key, long)),
            5 => self.ask(35, || table.persist(key)),
            6 => self.ask(36, || table.get_and_touch(key, long)),
            7 => {
                let change = |_: Option<&Entry>| (Update::Set(value.clone(), Ttl::Keep), ());
                self.ask(37, || table.update(key, change));
            }
            _ => {
                let Ok(Some(entry)) = self.at(38, || table.get_entry(key)) else {
                    return;
                };
                self.ask(39, || {
                    table.compare_and_set(key, entry.token, by_ref(value), long)
                });
                self.ask(40, || table.compare_and_delete(key, entry.token));
            }
        }
    }

    /// What looks at all of a table.
    pub(crate) fn survey(&mut self, table: &Table) {
        let reader = self.at(50, || {
            TableReader::open(table.path().unwrap_or(Path::new("/")), Owner::Anyone)
        });
        self.at(51, || table.check());
        self.at(52, || table.len());
        self.at(53, || table.stats());
        let seen = self.at(54, || table.scan().take(ENTRIES_MAX).count());
        assert!(seen < ENTRIES_MAX, "a scan without an end");
        if let Ok(reader) = reader {
            self.at(55, || reader.check());
            let seen = self.at(56, || reader.scan_prefix(b"key").take(ENTRIES_MAX).count());
            assert!(seen < ENTRIES_MAX, "a scan without an end");
            self.at(57, || reader.stats());
            self.ask(58, || reader.get(b"key 1"));
        }
        match self.random.below(3) {
            0 => self.ask(59, || table.maintain()),
            1 => self.ask(60, || table.clear()),
            _ => {}
        }
    }
}
