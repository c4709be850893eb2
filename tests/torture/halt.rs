//! A process that is stopped inside an operation, against the same process merely idle: what the others get done on
//! the same keys meanwhile.
use quipu::{Options, Table, Ttl};
use quipu_tests::child::Child;
use quipu_tests::content;
use quipu_tests::files::{TableName, mib};
use quipu_tests::random::Random;
use quipu_tests::shared::{Words, add, get, put, wait_for};
use quipu_tests::system::{self, now_ms};
use std::thread;
use std::time::Duration;

const RUNNERS: usize = 5;
const WINDOW_MS: u64 = 80;
/// Stops that hit the process between two operations are taken back; it is inside one nearly always.
const ATTEMPTS_MAX: u32 = 1000;
/// Keys that come and go, so that buckets fill up and split.
const KEYS: u64 = 200_000;
const BIG_BYTES: usize = 1 << 20;

// Words: what the one is told, what it is in, whether all are to end, and what each of the others has done.
const TOLD: usize = 0;
const INSIDE: usize = 1;
const END: usize = 2;
const DONE: usize = 8;
const WORDS: usize = DONE + RUNNERS;

type Run = fn(&Table, &Data, &mut Random);

/// What the one is doing when it is stopped: from 1, as its words say.
const WAYS: [(&str, Run); 7] = [
    ("no operation", nothing),
    ("incr", incr),
    ("set of 1 MiB", set_big),
    ("set", set),
    ("append", append),
    ("insert and delete", come_and_go),
    ("maintain", maintain),
];

/// What is written, made beforehand.
struct Data {
    big: Vec<u8>,
    small: Vec<u8>,
}

impl Data {
    fn new() -> Self {
        Self {
            big: content::make(1, 2, BIG_BYTES),
            small: content::make(3, 4, 600),
        }
    }
}

/// What a stop does to the others if it has nothing to do with the table: the machine's own noise.
fn nothing(_: &Table, _: &Data, _: &mut Random) {
    thread::sleep(Duration::from_micros(100));
}

fn incr(table: &Table, _: &Data, _: &mut Random) {
    table.incr(b"hot", 1).expect("incr");
}

fn set_big(table: &Table, data: &Data, _: &mut Random) {
    table.set(b"big", &data.big, Ttl::Never).expect("set");
}

fn set(table: &Table, data: &Data, _: &mut Random) {
    table.set(b"small", &data.small, Ttl::Never).expect("set");
}

fn append(table: &Table, data: &Data, random: &mut Random) {
    if random.one_in(64) || table.append(b"list", &data.small).is_err() {
        table.set(b"list", &data.small, Ttl::Never).expect("set");
    }
}

fn come_and_go(table: &Table, data: &Data, random: &mut Random) {
    let key = random.below(KEYS).to_le_bytes();
    if random.one_in(2) {
        table.add(&key, &data.small[..50], Ttl::Never).expect("add");
    } else {
        table.delete(&key).expect("delete");
    }
}

fn maintain(table: &Table, _: &Data, _: &mut Random) {
    table.maintain().expect("maintain");
}

/// The role of the others: all of that but upkeep, and reading it.
pub(crate) fn runner(arguments: &[String]) {
    let [name, words, number] = arguments else {
        panic!("a runner has three arguments");
    };
    let (words, number) = (Words::open(words), number.parse().expect("a number"));
    let done = DONE + usize::try_from(number).expect("few");
    let (table, data) = (Table::open(name).expect("the table"), Data::new());
    let mut random = Random::new(number);
    system::be_nice();
    while get(&words[END]) == 0 {
        match random.below(64) {
            0 if random.one_in(8) => set_big(&table, &data, &mut random),
            1 => drop(table.get(b"list").expect("get")),
            2 if random.one_in(8) => drop(table.get(b"big").expect("get")),
            3..20 => come_and_go(&table, &data, &mut random),
            20..24 => append(&table, &data, &mut random),
            24..34 => set(&table, &data, &mut random),
            34..40 => drop(table.get(b"small").expect("get")),
            40..44 => drop(table.exists(b"big").expect("exists")),
            _ => incr(&table, &data, &mut random),
        }
        add(&words[done], 1);
    }
}

/// The role of the one: does what it is told, or nothing.
pub(crate) fn halted(arguments: &[String]) {
    let [name, words] = arguments else {
        panic!("the one has two arguments");
    };
    let words = Words::open(words);
    let (table, data) = (Table::open(name).expect("the table"), Data::new());
    let mut random = Random::new(99);
    incr(&table, &data, &mut random);
    while get(&words[END]) == 0 {
        let told = get(&words[TOLD]);
        let way = usize::try_from(told).expect("few").checked_sub(1);
        let Some((_, run)) = way.and_then(|way| WAYS.get(way)) else {
            put(&words[INSIDE], 0);
            // Not a shorter one: whenever it wakes up it interrupts the others, who get on better for it as they contend
            // less.
            thread::sleep(Duration::from_millis(30));
            continue;
        };
        put(&words[INSIDE], told);
        run(&table, &data, &mut random);
        put(&words[INSIDE], 0);
    }
}

/// Operations a second of the others, while the one was idle and while it was stopped, for each of the ways.
pub(crate) type Rates = Vec<(Vec<u64>, Vec<u64>)>;

/// One that is stopped and others that are not, for so long.
pub(crate) fn measure(ms: u64, rates: &mut Rates) {
    rates.resize(WAYS.len(), (Vec::new(), Vec::new()));
    let name = TableName::new();
    let table = Table::create(
        &name,
        Options {
            tick_ms: 16,
            ..mib(256)
        },
    )
    .expect("a table");
    let words = Words::create(WORDS);
    let runners: Vec<Child> = (0..RUNNERS)
        .map(|number| Child::start("runner", &[&name.as_str(), &words.path(), &number]))
        .collect();
    let one = Child::start("halted", &[&name.as_str(), &words.path()]);
    let all_run = || (0..RUNNERS).all(|number| get(&words[DONE + number]) > 0);
    wait_for("the first operations", all_run);
    let stage = Stage { words, one };
    let end = now_ms() + ms;
    while now_ms() < end {
        for (way, (idle, stopped)) in (1..).zip(rates.iter_mut()) {
            // Both after the same work, which the others have to make good for.
            stage.work(way);
            stage.rest();
            idle.push(stage.window());
            stage.stop_inside(way);
            stopped.push(stage.window());
            stage.one.signal(libc::SIGCONT);
        }
    }
    put(&stage.words[END], 1);
    for child in runners.into_iter().chain([stage.one]) {
        child.finish(Duration::from_secs(60));
    }
    table.maintain().expect("maintain");
    assert_eq!(table.check().problems, []);
}

struct Stage {
    words: Words,
    one: Child,
}

impl Stage {
    /// Has it do one thing again and again; returns after a random time of that.
    fn work(&self, way: u64) {
        put(&self.words[TOLD], way);
        let nanoseconds = Random::new(system::now_ns()).below(3_000_000);
        thread::sleep(Duration::from_nanos(nanoseconds));
    }

    /// Has it do nothing.
    fn rest(&self) {
        put(&self.words[TOLD], 0);
        wait_for("the rest", || {
            thread::sleep(Duration::from_micros(200));
            get(&self.words[INSIDE]) == 0
        });
    }

    /// Stops it at a random instant of an operation. Its words do not change while it is stopped, so they tell whether
    /// it is inside one.
    fn stop_inside(&self, way: u64) {
        for _ in 0..ATTEMPTS_MAX {
            self.work(way);
            self.one.signal(libc::SIGSTOP);
            wait_for("the stop", || {
                // Not at the cost of the others.
                thread::sleep(Duration::from_micros(200));
                self.one.is_stopped()
            });
            if get(&self.words[INSIDE]) == way {
                return;
            }
            self.one.signal(libc::SIGCONT);
        }
        panic!("it is never inside an operation");
    }

    fn done(&self) -> [u64; RUNNERS] {
        std::array::from_fn(|number| get(&self.words[DONE + number]))
    }

    /// Operations of the others in a second, by what they do in a moment. Each of them goes on: two operations, of
    /// which the second began after this did.
    fn window(&self) -> u64 {
        let (before, start) = (self.done(), system::now_ns());
        thread::sleep(Duration::from_millis(WINDOW_MS));
        let (after, end) = (self.done(), system::now_ns());
        for (number, before) in before.into_iter().enumerate() {
            let done = &self.words[DONE + number];
            wait_for("each of the others to go on", || get(done) >= before + 2);
        }
        let done = after.iter().sum::<u64>() - before.iter().sum::<u64>();
        done * 1_000_000_000 / (end - start).max(1)
    }
}

/// Prints the medians. The first way is not one of using the table.
pub(crate) fn report(rates: &Rates) {
    let mut all = (Vec::new(), Vec::new());
    for ((name, _), (idle, stopped)) in WAYS.iter().zip(rates) {
        println!("stopped inside {name}: {}", compare(idle, stopped));
    }
    for (idle, stopped) in rates.iter().skip(1) {
        all.0.extend_from_slice(idle);
        all.1.extend_from_slice(stopped);
    }
    println!("stopped inside any operation: {}", compare(&all.0, &all.1));
}

fn compare(idle: &[u64], stopped: &[u64]) -> String {
    let (idle_median, stopped_median) = (median(idle), median(stopped));
    format!(
        "the others did {stopped_median} operations a second, {idle_median} while it was idle: {} % ({} stops)",
        100 * stopped_median / idle_median.max(1),
        stopped.len()
    )
}

fn median(rates: &[u64]) -> u64 {
    let mut rates = rates.to_vec();
    rates.sort_unstable();
    rates.get(rates.len() / 2).copied().unwrap_or(0)
}
