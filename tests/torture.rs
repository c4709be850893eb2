//! Six processes share one table and are killed and stopped at random: nobody waits, nothing is torn, and the totals
//! balance. `QUIPU_TORTURE_SECONDS` says for how long (60).
#[path = "torture/tally.rs"]
mod tally;
#[path = "torture/worker.rs"]
mod worker;

use quipu::{Entry, OnFull, Options, Problem, Table, Value};
use quipu_tests::child::{self, Child, was_killed};
use quipu_tests::content;
use quipu_tests::files::TableName;
use quipu_tests::random::Random;
use quipu_tests::shared::{get, put, wait_for};
use quipu_tests::system::now_ms;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;
use std::{env, thread};
use tally::{COUNTERS, FLOATS, LIVES, TAKEN, Tallies};

const WORKERS: usize = 6;
/// An operation that takes so long, in a process that is not stopped, will never end.
const HANG_MS: u64 = 30_000;
const CHECK_EVERY_MS: u64 = 3_000;

#[test]
fn child() {
    child::play(&[("worker", worker::play)]);
}

fn seconds() -> u64 {
    let seconds = env::var("QUIPU_TORTURE_SECONDS").ok();
    seconds.map_or(60, |text| {
        text.parse().expect("QUIPU_TORTURE_SECONDS is a number")
    })
}

#[test]
#[ignore = "takes QUIPU_TORTURE_SECONDS (60)"]
fn killed_and_stopped_processes_lose_nothing_and_keep_nobody_waiting() {
    let options = Options {
        max_bytes: Some(1 << 30),
        tick_ms: 16,
        ..Options::default()
    };
    let storm = Storm::rage(options, seconds());
    storm.balance();
    storm.clear_away();
}

#[test]
#[ignore = "takes a quarter of QUIPU_TORTURE_SECONDS"]
fn a_table_that_evicts_under_fire_stays_whole() {
    let options = Options {
        max_bytes: Some(24 << 20),
        tick_ms: 16,
        on_full: OnFull::Evict,
        ..Options::default()
    };
    let storm = Storm::rage(options, seconds().div_ceil(4));
    assert!(storm.table.stats().evicted > 0, "nothing was evicted");
    storm.clear_away();
}

/// A worker that runs, or is dying.
struct Life {
    child: Child,
    id: u64,
    /// When it is to go on.
    stopped_until: Option<u64>,
    /// Operations of all when it was stopped for long.
    operations_then: u64,
}

struct Storm {
    name: TableName,
    table: Table,
    tallies: Tallies,
    random: Random,
    workers: Vec<Life>,
    dying: Vec<Life>,
    next_id: u64,
    kills: u64,
    stops: u64,
    /// Counters whose `take` a death interrupted: what it took may be lost with its process.
    interrupted: HashSet<u64>,
}

impl Storm {
    /// Runs the workers, and kills and stops them, for so long; then lets them end.
    fn rage(options: Options, seconds: u64) -> Self {
        let name = TableName::new();
        let table = Table::create(&name, options).expect("a fresh table");
        assert_eq!(table.stats().buckets, 1, "it starts at one bucket");
        let mut storm = Self {
            name,
            table,
            tallies: Tallies::create(),
            random: Random::new(12345),
            workers: Vec::new(),
            dying: Vec::new(),
            next_id: 1,
            kills: 0,
            stops: 0,
            interrupted: HashSet::new(),
        };
        for _ in 0..WORKERS {
            let life = storm.start();
            storm.workers.push(life);
        }
        let end = now_ms() + 1000 * seconds;
        let mut next_check = 0;
        while now_ms() < end {
            storm.strike();
            storm.reap();
            storm.watch();
            if now_ms() > next_check {
                storm.check_in_use();
                next_check = now_ms() + CHECK_EVERY_MS;
            }
            thread::sleep(Duration::from_micros(300 + storm.random.below(5000)));
        }
        storm.calm();
        storm.tell(seconds);
        storm
    }

    fn start(&mut self) -> Life {
        let id = self.next_id;
        assert!(id < LIVES, "too many lives for the tallies");
        self.next_id += 1;
        let seed = self.random.word();
        let arguments: [&dyn ToString; 4] = [&self.name.as_str(), &self.tallies.path(), &id, &seed];
        Life {
            child: Child::start("worker", &arguments),
            id,
            stopped_until: None,
            operations_then: 0,
        }
    }

    /// Kills one, or stops one for a moment or for long.
    fn strike(&mut self) {
        let at = self.random.index(self.workers.len());
        let now = now_ms();
        match self.random.below(16) {
            0..11 => {
                // A stopped one can be killed, too.
                self.workers[at].child.signal(libc::SIGKILL);
                self.kills += 1;
                let new = self.start();
                let old = std::mem::replace(&mut self.workers[at], new);
                self.dying.push(old);
            }
            strike if self.workers[at].stopped_until.is_none() => {
                let ms = if strike == 15 {
                    300
                } else {
                    self.random.below(6)
                };
                let operations = get(self.tallies.operations());
                let life = &mut self.workers[at];
                life.child.signal(libc::SIGSTOP);
                life.stopped_until = Some(now + ms);
                life.operations_then = if ms == 300 { operations } else { 0 };
                self.stops += 1;
            }
            _ => {}
        }
    }

    /// The dead must have died of our signal; those that were stopped long enough go on.
    fn reap(&mut self) {
        let mut at = 0;
        while at < self.dying.len() {
            let Some(status) = self.dying[at].child.try_wait() else {
                at += 1;
                continue;
            };
            let id = self.dying.swap_remove(at).id;
            assert!(was_killed(status), "worker {id} died by itself: {status}");
            let taking = get(self.tallies.life(id).taking(&self.tallies));
            self.interrupted.extend(taking.checked_sub(1));
        }
        let operations = get(self.tallies.operations());
        let now = now_ms();
        for life in &mut self.workers {
            let is_over = life.stopped_until.is_some_and(|until| now >= until);
            // The others went on meanwhile: nobody waits for one that is stopped.
            if is_over && operations > life.operations_then {
                life.child.signal(libc::SIGCONT);
                life.stopped_until = None;
            }
        }
    }

    /// Nobody died by itself, and nobody hangs.
    fn watch(&mut self) {
        let now = now_ms();
        for life in &mut self.workers {
            let id = life.id;
            if let Some(status) = life.child.try_wait() {
                panic!("worker {id} died by itself: {status}");
            }
            let words = self.tallies.life(id);
            let since = get(words.since(&self.tallies));
            if since != 0 && now > since + HANG_MS {
                let job = get(words.job(&self.tallies));
                panic!("worker {id} hangs: job {job} for {} ms", now - since);
            }
        }
    }

    /// A check of a table in use reports nothing that is merely on its way.
    fn check_in_use(&self) {
        let report = self.table.check();
        assert_eq!(report.problems, [], "in use");
    }

    /// Everybody goes on, and ends.
    fn calm(&mut self) {
        put(self.tallies.end(), 1);
        for life in self.workers.drain(..) {
            life.child.signal(libc::SIGCONT);
            life.child.finish(Duration::from_millis(HANG_MS));
        }
        wait_for("the last death", || {
            self.reap();
            self.dying.is_empty()
        });
    }

    fn tell(&self, seconds: u64) {
        let before = self.table.stats();
        let done = self.table.maintain().expect("maintain");
        let stats = self.table.stats();
        println!(
            "{seconds} s: {} kills, {} stops, {} operations; {} entries, {} buckets, {} splits, {} expired, {} \
             evicted; recovered {} cells and blocks while it ran, {} cells and {} blocks of {} processes now; {} MiB",
            self.kills,
            self.stops,
            get(self.tallies.operations()),
            stats.entries,
            stats.buckets,
            stats.splits,
            stats.expired,
            stats.evicted,
            before.recovered,
            done.freed_cells,
            done.freed_blocks,
            done.recovered_processes,
            stats.bytes_committed >> 20
        );
    }

    /// What is in the table is what was added to it.
    fn balance(&self) {
        // The times to live of all that have one are over.
        thread::sleep(Duration::from_millis(500));
        self.table.maintain().expect("maintain");
        let entries = self.entries();
        let number = |key: &[u8]| match entries.get(key).map(|entry| &entry.value) {
            None => 0,
            Some(Value::Integer(number)) => u64::try_from(*number).expect("only added to"),
            Some(Value::Float(number)) => number.to_string().parse().expect("a whole number"),
            Some(other) => panic!("a number is {other:?}"),
        };
        let mut totals = [0; 3];
        let mut weigh = |what: &str, found: u64, tally: &tally::Tally<'_>, may_miss: bool| {
            let (started, acknowledged) = (get(tally.started), get(tally.acknowledged));
            let sum = found + get(tally.taken);
            assert!(
                sum <= started,
                "{what}: {sum} of {started} that were started"
            );
            assert!(
                may_miss || sum >= acknowledged,
                "{what}: {sum} of {acknowledged} that were acknowledged"
            );
            if !may_miss {
                for (total, part) in totals.iter_mut().zip([acknowledged, sum, started]) {
                    *total += part;
                }
            }
        };
        for i in 0..COUNTERS {
            let key = tally::key_of("c", i);
            weigh(
                &format!("counter {i}"),
                number(&key),
                &self.tallies.counter(i),
                false,
            );
        }
        for i in 0..FLOATS {
            let key = tally::key_of("f", i);
            weigh(
                &format!("float {i}"),
                number(&key),
                &self.tallies.float(i),
                false,
            );
        }
        for i in 0..TAKEN {
            let key = tally::key_of("t", i);
            let may_miss = self.interrupted.contains(&i);
            weigh(
                &format!("taken {i}"),
                number(&key),
                &self.tallies.taken(i),
                may_miss,
            );
        }
        let [acknowledged, sum, started] = totals;
        println!(
            "acknowledged {acknowledged} <= sum {sum} <= started {started}; not counted in: {} counters whose take \
             was interrupted",
            self.interrupted.len()
        );
    }

    /// Every entry, whole, and no key twice; of keys that one process used alone, only those that its death left, and
    /// all that were to stay.
    fn entries(&self) -> HashMap<Vec<u8>, Entry> {
        let mut entries = HashMap::new();
        let mut grown = BTreeMap::<u64, BTreeSet<u64>>::new();
        let mut left = 0;
        for item in self.table.scan() {
            let (key, entry) = item.expect("an entry");
            match key.first() {
                Some(b'r') => worker::verify(tally::number_of(&key), Some(&entry)),
                Some(b'l') => {
                    let bytes = entry.value.as_bytes().expect("a list");
                    content::pieces(bytes).expect("a whole list");
                }
                Some(b'x') => panic!("{:?} outlived its time", String::from_utf8_lossy(&key)),
                Some(b'u') => {
                    self.died_with(&key);
                    left += 1;
                }
                Some(b'g') => {
                    let (id, count) = own_key(&key);
                    assert_eq!(entry.value, Value::Integer((id ^ count).cast_signed()));
                    grown.entry(id).or_default().insert(count);
                }
                _ => {}
            }
            let text = String::from_utf8_lossy(&key).into_owned();
            assert!(
                entries.insert(key, entry).is_none(),
                "{text} is there twice"
            );
        }
        assert_eq!(entries.len() as u64, self.table.len());
        for id in 1..self.next_id {
            let acknowledged = get(self.tallies.life(id).grown(&self.tallies));
            let found = grown.remove(&id).unwrap_or_default();
            let is_all = found.iter().copied().eq(1..=found.len() as u64);
            assert!(is_all, "keys of worker {id} are missing");
            let one_more = found.len() as u64 == acknowledged + 1;
            assert!(
                found.len() as u64 == acknowledged || one_more,
                "keys of worker {id}"
            );
        }
        println!(
            "{} entries, {left} of which the dead left half-way",
            entries.len()
        );
        entries
    }

    /// The process whose key this is died while it used it.
    fn died_with(&self, key: &[u8]) {
        let (id, count) = own_key(key);
        let last = get(self.tallies.life(id).unique(&self.tallies));
        assert_eq!(last, count, "worker {id} had deleted a key that is there");
    }

    /// Nobody else is attached: now leaks show. And a table that is cleared holds nothing.
    fn clear_away(&self) {
        self.table.maintain().expect("maintain");
        let stats = self.table.stats();
        assert_eq!(
            stats.processes.len(),
            1,
            "only we are attached: {:?}",
            stats.processes
        );
        assert!(stats.recovery, "the dead can be told from the living here");
        let report = self.table.check();
        let nothing: [Problem; 0] = [];
        assert_eq!(report.problems, nothing, "at rest");
        println!(
            "check: {} buckets, {} entries, {} blocks",
            report.buckets, report.entries, report.blocks
        );
        self.table.clear().expect("clear");
        self.table.maintain().expect("maintain");
        let report = self.table.check();
        assert_eq!(
            (report.problems, report.entries, report.blocks),
            (Vec::new(), 0, 0)
        );
        assert_eq!(self.table.len(), 0);
    }
}

/// The process and the number in a key that one process used alone.
fn own_key(key: &[u8]) -> (u64, u64) {
    let text = String::from_utf8_lossy(key);
    let number = |range| -> u64 {
        let digits: Option<&str> = text.get(range);
        digits
            .and_then(|digits| digits.parse().ok())
            .expect("a key of ours")
    };
    (number(1..9), number(10..16))
}
