//! What the processes do that are killed and stopped: every kind of write, with tallies in memory of the test's own,
//! so that whoever looks at the table afterwards knows what has to be in it.
use crate::tally::{Life, Tallies, key_of};
use quipu::{
    Compared, Count, CountError, Entry, Number, OnFull, Table, TableReader, Ttl, Update, Value,
    ValueRef,
};
use quipu_tests::content;
use quipu_tests::random::Random;
use quipu_tests::shared::{Words, add, get, put};
use quipu_tests::system;
use std::time::{Duration, Instant};

/// Longest value of a record in bytes: several chunks.
const RECORD_BYTES_MAX: usize = 200 << 10;
const LIST_BYTES_MAX: usize = 40 << 10;
/// Short times to live, in milliseconds.
const TTL_MS: [u64; 3] = [20, 60, 200];
/// An entry is gone so long after its time, whatever the ticks: rounding up, and a reader's tick.
const GRACE: Duration = Duration::from_millis(100);

/// One process, from its start to its death.
pub(crate) struct Worker {
    table: Table,
    tallies: Tallies,
    life: Life,
    id: u64,
    random: Random,
    unique: u64,
    grown: u64,
    /// A key of ours with a time to live.
    fleeting: Option<Fleeting>,
    /// The largest number that we know to be stored as the peak.
    peak: i64,
    /// Entries may go at any time, so only what is there can be checked.
    evicts: bool,
}

/// The role: arguments are the table, the tallies, the number of this life, and a seed.
pub(crate) fn play(arguments: &[String]) {
    let [table, words, id, seed] = arguments else {
        panic!("a worker has four arguments");
    };
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let (id, seed) = (number(id), number(seed));
    let tallies = Tallies::new(Words::open(words));
    let life = tallies.life(id);
    // The one who kills gets its turn at once.
    system::be_nice();
    life.begin(Job::Open as u64, &tallies);
    let table = Table::open(table).expect("the table is there");
    let mut worker = Worker {
        evicts: table.stats().on_full == OnFull::Evict,
        table,
        life,
        id,
        random: Random::new(seed ^ id),
        unique: 0,
        grown: 0,
        fleeting: None,
        peak: i64::MIN,
        tallies,
    };
    while get(worker.tallies.end()) == 0 {
        worker.step();
    }
    worker.life.end(&worker.tallies);
}

/// What is under way, for whoever finds that it never ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Job {
    /// Opening the table.
    Open = 1,
    /// A counter.
    Count,
    /// A key of our own.
    Unique,
    /// A key that stays.
    Grow,
    /// A record.
    Record,
    /// A list that grows.
    List,
    /// `take`.
    Take,
    /// A float.
    Float,
    /// An extreme.
    Peak,
    /// A time to live.
    Fleeting,
    /// Keys that come and go.
    Churn,
    /// A scan.
    Scan,
    /// Upkeep.
    Maintain,
}

impl Worker {
    fn step(&mut self) {
        let (job, run) = if self.evicts {
            self.pick_for_evicting()
        } else {
            self.pick()
        };
        self.life.begin(job as u64, &self.tallies);
        run(self);
        self.life.done(&self.tallies);
    }

    fn pick(&mut self) -> (Job, fn(&mut Self)) {
        match self.random.below(4000) {
            0..100 => (Job::Grow, Self::grow),
            100..2400 => (Job::Count, Self::count),
            2400..2900 => (Job::Unique, Self::unique),
            2900..3200 => (Job::Record, Self::record),
            3200..3300 => (Job::List, Self::list),
            3300..3700 => (Job::Take, Self::take),
            3700..3850 => (Job::Float, Self::float),
            3850..3950 => (Job::Peak, Self::peak),
            3950..3997 => (Job::Fleeting, Self::fleeting),
            3997..3999 => (Job::Scan, Self::scan),
            _ => (Job::Maintain, Self::maintain),
        }
    }

    fn pick_for_evicting(&mut self) -> (Job, fn(&mut Self)) {
        match self.random.below(4000) {
            0..400 => (Job::Record, Self::record),
            400..500 => (Job::List, Self::list),
            500..3997 => (Job::Churn, Self::churn),
            3997..3999 => (Job::Scan, Self::scan),
            _ => (Job::Maintain, Self::maintain),
        }
    }

    /// More keys than there is room for.
    fn churn(&mut self) {
        let number = self.random.below(300_000);
        let key = key_of("r", number);
        match self.random.below(8) {
            0..3 => {
                let bytes = content::make(number, self.random.word(), self.random.index(2000));
                let flags = content::flags(number, &bytes);
                let value = NewRecord { bytes, flags };
                self.table
                    .set(&key, value.by_ref(), Ttl::Never)
                    .expect("set");
            }
            3 => drop(self.table.delete(&key).expect("delete")),
            4 => {
                let sum = self.table.incr(&key_of("n", number), 1).expect("incr");
                assert!(sum > 0, "an incr made {sum}");
            }
            _ => verify(number, self.table.get_entry(&key).expect("get").as_ref()),
        }
    }

    /// Counters only grow: started before, acknowledged after.
    fn count(&mut self) {
        let (number, tally) = self.tallies.pick_counter(&mut self.random);
        let key = key_of("c", number);
        match self.random.below(8) {
            0..5 => {
                add(tally.started, 1);
                let sum = self.table.incr(&key, 1).expect("incr");
                add(tally.acknowledged, 1);
                assert!(sum >= 1, "an incr made {sum}");
            }
            5 => {
                let other = self.tallies.pick_counter(&mut self.random);
                add(tally.started, 2);
                add(other.1.started, 1);
                let other_key = key_of("c", other.0);
                let deltas = [(&key, 2), (&other_key, 1)];
                self.table.multi_incr(&deltas).expect("multi_incr");
                add(tally.acknowledged, 2);
                add(other.1.acknowledged, 1);
            }
            6 => {
                // One that is there may not get smaller between our two looks.
                let before = self.table.get_number(&key).expect("get").unwrap_or(0);
                let after = self.table.get_number(&key).expect("get").unwrap_or(0);
                assert!(before <= after, "a counter went from {before} to {after}");
            }
            _ => {
                add(tally.started, 5);
                self.add_by_update(&key, 5);
                add(tally.acknowledged, 5);
            }
        }
    }

    /// An incr by a closure.
    fn add_by_update(&self, key: &[u8], delta: i64) {
        let change = |entry: Option<&Entry>| {
            let old = match entry.map(|entry| &entry.value) {
                None => 0,
                Some(Value::Integer(old)) => *old,
                Some(other) => panic!("a counter holds {other:?}"),
            };
            (Update::Set(Value::Integer(old + delta), Ttl::Keep), old)
        };
        self.table.update(key, change).expect("update");
    }

    /// A key that nobody else uses: every answer is known.
    fn unique(&mut self) {
        self.unique += 1;
        put(self.life.unique(&self.tallies), self.unique);
        let length = *self.random.choose(&[0, 10, 30, 100, 1000, 5000]);
        let mut key = key_of(&format!("u{:08}:", self.id), self.unique);
        key.extend(content::make(self.id, 0, length));
        let (table, random) = (&self.table, &mut self.random);
        if random.one_in(2) {
            assert_eq!(table.get(&key), Ok(None));
            assert_eq!(table.incr(&key, 7), Ok(7));
            assert!(!table.add(&key, "x", Ttl::Never).expect("add"));
            assert_eq!(table.incr(&key, -3), Ok(4));
            assert_eq!(table.get_number(&key), Ok(Some(4)));
            let missing = Count {
                initial: None,
                ..Count::default()
            };
            assert_eq!(table.count(&key, missing), Ok(5));
            assert!(table.delete(&key).expect("delete"));
            assert_eq!(table.count(&key, missing), Err(CountError::Missing));
        } else {
            let size = random.index(9000);
            let value = content::make(1, random.word(), size);
            assert!(table.add(&key, &value, Ttl::Never).expect("add"));
            let other = content::make(2, random.word(), random.index(100));
            let entry = table.get_entry(&key).expect("get").expect("it is there");
            assert_eq!(entry.value.as_bytes(), Some(&value[..]));
            let done = table.compare_and_set(&key, entry.token, &other, Ttl::Never);
            assert_eq!(done, Ok(Compared::Done));
            assert_eq!(table.exists(&key), Ok(true));
            let last = table
                .get_and_delete(&key)
                .expect("take it")
                .expect("it is there");
            assert_eq!(last.value.as_bytes(), Some(&other[..]));
        }
        assert_eq!(table.get(&key), Ok(None));
        assert!(!table.delete(&key).expect("delete"));
    }

    /// Keys that stay, so that the table grows all the time.
    fn grow(&mut self) {
        let next = self.grown + 1;
        let key = key_of(&format!("g{:08}:", self.id), next);
        let number = i64::try_from(self.id ^ next).expect("small");
        assert_eq!(self.table.add(&key, number, Ttl::Never), Ok(true));
        self.grown = next;
        put(self.life.grown(&self.tallies), next);
        // Those of long ago are there, wherever the splits have moved them.
        let some = 1 + self.random.below(next);
        let key = key_of(&format!("g{:08}:", self.id), some);
        let number = i64::try_from(self.id ^ some).expect("small");
        assert_eq!(self.table.get_number(&key), Ok(Some(number)));
    }

    /// Values of 0 to 200 KiB that anybody may replace, read, delete or let run out.
    fn record(&mut self) {
        let (number, key) = self.tallies.pick_record(&mut self.random);
        let ttl = match self.random.below(6) {
            0 => Ttl::Never,
            1 => Ttl::After(self.short()),
            _ => Ttl::Keep,
        };
        match self.random.below(16) {
            0..4 => {
                let value = self.new_record(number);
                self.table.set(&key, value.by_ref(), ttl).expect("set");
            }
            4..10 => {
                let entry = self.table.get_entry(&key).expect("get");
                verify(number, entry.as_ref());
            }
            10 => drop(self.table.delete(&key).expect("delete")),
            11 => verify(
                number,
                self.table.get_and_delete(&key).expect("take it").as_ref(),
            ),
            12 => {
                let value = self.new_record(number);
                let old = self.table.get_and_set(&key, value.by_ref(), ttl);
                verify(number, old.expect("exchange").as_ref());
            }
            13 => {
                let value = self.new_record(number);
                if let Some(entry) = self.table.get_entry(&key).expect("get") {
                    let done = self
                        .table
                        .compare_and_set(&key, entry.token, value.by_ref(), ttl);
                    done.expect("compare and set");
                } else {
                    self.table.add(&key, value.by_ref(), ttl).expect("add");
                }
            }
            14 => {
                let ttl = Ttl::After(self.short());
                self.table.touch(&key, ttl).expect("touch");
            }
            _ => drop(self.table.persist(&key).expect("persist")),
        }
    }

    fn short(&mut self) -> Duration {
        Duration::from_millis(*self.random.choose(&TTL_MS))
    }

    fn new_record(&mut self, number: u64) -> NewRecord {
        let random = &mut self.random;
        let length = match random.below(8) {
            _ if random.one_in(16) => random.index(RECORD_BYTES_MAX + 1),
            0..4 => random.index(64),
            4..7 => random.index(2048),
            _ => random.index(40 << 10),
        };
        let bytes = content::make(number, random.word(), length);
        let flags = content::flags(number, &bytes);
        NewRecord { bytes, flags }
    }

    /// Pieces of everybody, at both ends.
    fn list(&mut self) {
        let number = self.random.below(crate::tally::LISTS);
        let key = key_of("l", number);
        let length = self.random.index(600);
        self.unique += 1;
        let piece = content::piece(self.id, self.unique, length);
        let answer = match self.random.below(4) {
            0 => {
                let bytes = self.table.get(&key).expect("get");
                let bytes = bytes.as_ref().and_then(Value::as_bytes).unwrap_or_default();
                let mut pieces = content::pieces(bytes).expect("a whole list");
                let all = pieces.len();
                pieces.sort_unstable();
                pieces.dedup();
                assert_eq!(pieces.len(), all, "an append took effect twice");
                Ok(bytes.len())
            }
            1 => self.table.prepend(&key, &piece),
            _ => self.table.append(&key, &piece),
        };
        match answer {
            Ok(length) if length > LIST_BYTES_MAX => {
                self.table.set(&key, &piece, Ttl::Never).expect("set");
            }
            Ok(_) => {}
            Err(CountError::Missing) => {
                self.table.add(&key, &piece, Ttl::Never).expect("add");
            }
            Err(error) => panic!("a list: {error}"),
        }
    }

    /// Counters that are taken: what is in the table and what was taken are what was added.
    fn take(&mut self) {
        let number = self.random.below(crate::tally::TAKEN);
        let tally = self.tallies.taken(number);
        let key = key_of("t", number);
        if self.random.one_in(4) {
            put(self.life.taking(&self.tallies), number + 1);
            match self.table.take(&key).expect("take") {
                Some(Number::Integer(amount)) => {
                    add(tally.taken, u64::try_from(amount).expect("only added to"));
                }
                Some(Number::Float(_)) => panic!("a float was taken"),
                None => {}
            }
            put(self.life.taking(&self.tallies), 0);
        } else {
            add(tally.started, 3);
            self.table.incr(&key, 3).expect("incr");
            add(tally.acknowledged, 3);
        }
    }

    fn float(&mut self) {
        let number = self.random.below(crate::tally::FLOATS);
        let tally = self.tallies.float(number);
        add(tally.started, 1);
        self.table
            .add_float(&key_of("f", number), 1.0)
            .expect("add");
        add(tally.acknowledged, 1);
    }

    /// The largest number of all only grows.
    fn peak(&mut self) {
        let mine = i64::try_from(self.random.below(1 << 40)).expect("small");
        let stored = self.table.fetch_max(b"peak", mine).expect("fetch_max");
        assert!(stored >= mine.max(self.peak), "the peak sank to {stored}");
        self.peak = stored;
    }

    /// A key of ours with a time to live is there before it is over, and not after.
    fn fleeting(&mut self) {
        if let Some(fleeting) = self.fleeting.take() {
            let ttl = fleeting.ttl;
            let is_late = fleeting.after.elapsed() > ttl + GRACE;
            let found = self.table.exists(&fleeting.key).expect("exists");
            let is_early = fleeting.before.elapsed() < ttl;
            assert!(!found || !is_late, "an entry outlived its {ttl:?}");
            assert!(found || !is_early, "an entry did not live for its {ttl:?}");
            if !is_late {
                self.fleeting = Some(fleeting);
            }
            return;
        }
        self.unique += 1;
        let key = key_of(&format!("x{:08}:", self.id), self.unique);
        let (before, ttl) = (Instant::now(), self.short());
        let value = content::make(3, 3, self.random.index(3000));
        self.table.set(&key, &value, Ttl::After(ttl)).expect("set");
        let after = Instant::now();
        self.fleeting = Some(Fleeting {
            key,
            before,
            after,
            ttl,
        });
    }

    /// What a scan returns is whole, and a key that is there is seen once.
    fn scan(&mut self) {
        let mut keys = Vec::new();
        if self.random.one_in(4) {
            // As a reader, who is no participant.
            let path = self.table.path().expect("a name").to_path_buf();
            let reader = TableReader::open(path, quipu::Owner::CallerOrRoot).expect("open");
            keys.extend(
                reader
                    .scan_prefix(b"c")
                    .map(|item| item.expect("an entry").0),
            );
        } else {
            for item in self.table.scan_prefix(b"r") {
                let (key, entry) = item.expect("an entry");
                verify(crate::tally::number_of(&key), Some(&entry));
                keys.push(key);
            }
        }
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all, "a scan saw a key twice");
    }

    fn maintain(&mut self) {
        self.table.maintain().expect("maintain");
    }
}

/// A key with a time to live. Its time began between these two, and a process that is stopped may find much between.
struct Fleeting {
    key: Vec<u8>,
    before: Instant,
    after: Instant,
    ttl: Duration,
}

struct NewRecord {
    bytes: Vec<u8>,
    flags: u32,
}

impl NewRecord {
    fn by_ref(&self) -> ValueRef<'_> {
        ValueRef::Bytes {
            bytes: &self.bytes,
            flags: self.flags,
        }
    }
}

/// A record is whole, and its flags are its own.
pub(crate) fn verify(number: u64, entry: Option<&Entry>) {
    let Some(entry) = entry else {
        return;
    };
    let Value::Bytes { bytes, flags } = &entry.value else {
        panic!("a record holds {:?}", entry.value);
    };
    if let Err(words) = content::verify(number, bytes) {
        panic!("record {number}: {words}");
    }
    assert_eq!(
        *flags,
        content::flags(number, bytes),
        "flags of another value"
    );
}
