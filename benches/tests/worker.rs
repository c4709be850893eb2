//! The processes of the mixed workloads: what a worker says it did is what it did.
use quipu::{Options, Table};
use quipu_benches::keys::Keys;
use quipu_benches::scratch::Scratch;
use quipu_benches::worker::{Distribution, Done, KEY_BYTES, Mix, Order, SAMPLED, Shift, Work};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const KEYS: usize = 50;

/// The program of the report in the role of a worker, which ends when its input does.
struct Worker(Child);

impl Worker {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_report"));
        command
            .arg("worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        Self(command.spawn().expect("a process"))
    }

    fn tell(&mut self, order: &Order) -> String {
        let line = serde_json::to_string(order).expect("plain data");
        let input = self.0.stdin.as_mut().expect("a pipe");
        writeln!(input, "{line}").expect("it listens");
        let mut answer = String::new();
        let output = self.0.stdout.as_mut().expect("a pipe");
        BufReader::new(output)
            .read_line(&mut answer)
            .expect("it answers");
        answer
    }

    fn work(&mut self, work: Work) -> Done {
        assert_eq!(self.tell(&Order::Prepare(work)).trim(), "\"ready\"");
        let answer = self.tell(&Order::Run(Shift::soon(Duration::from_millis(100))));
        serde_json::from_str(&answer).expect("what it did")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Its input ends with the pipe, and then it does.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn work(table: &Scratch, mix: Mix, distribution: Distribution) -> Work {
    let table = Some(table.path().to_owned());
    Work {
        table,
        keys: KEYS,
        distribution,
        mix,
        bytes: 0,
        seed: 1,
    }
}

fn counts(table: &Table, keys: &Keys) -> Vec<u64> {
    let number = |key| {
        table
            .get_number(key)
            .expect("a counter")
            .expect("it is there")
    };
    keys.iter()
        .map(|key| number(key).unsigned_abs() - 1)
        .collect()
}

#[test]
fn every_addition_that_a_worker_counts_is_in_the_table() {
    let keys = Keys::new(0, KEYS, KEY_BYTES);
    let table = Scratch::of_counters(&keys).expect("room");
    let done = Worker::start().work(work(&table, Mix::Incr, Distribution::Zipf));
    let counts = counts(&table, &keys);
    let all: u64 = counts.iter().sum();
    // The one that ended after the shift does not count.
    assert!(
        (done.operations..=done.operations + 1).contains(&all),
        "{all}, not {}",
        done.operations
    );
    let timed: u64 = done.latencies.iter().map(|(_, count)| count).sum();
    assert!(
        timed > 0 && timed == done.operations / SAMPLED as u64,
        "{timed} of {}",
        done.operations
    );
    assert!(
        counts.iter().all(|count| *count > 0),
        "every key is used: {counts:?}"
    );
    let most = counts.iter().max().expect("keys");
    assert!(
        *most > 5 * all / KEYS as u64,
        "one is used much more often: {counts:?}"
    );
}

#[test]
fn one_hot_key_is_one() {
    let keys = Keys::new(0, KEYS, KEY_BYTES);
    let table = Scratch::of_counters(&keys).expect("room");
    Worker::start().work(work(&table, Mix::Incr, Distribution::OneKey));
    let used = counts(&table, &keys).into_iter().filter(|count| *count > 0);
    assert_eq!(used.count(), 1);
}

#[test]
fn reads_change_nothing_and_sets_do() {
    let keys = Keys::new(0, KEYS, KEY_BYTES);
    let table = Scratch::of_counters(&keys).expect("room");
    for key in keys.iter() {
        table.incr(key, 4).expect("a counter");
    }
    let mut worker = Worker::start();
    let done = worker.work(work(&table, Mix::Gets(100), Distribution::Uniform));
    assert!(done.operations > 0);
    assert_eq!(counts(&table, &keys), [4; KEYS]);
    worker.work(work(&table, Mix::Gets(50), Distribution::Uniform));
    assert_eq!(counts(&table, &keys), [0; KEYS], "each was set to 1");
}

#[test]
fn a_table_of_its_own_is_of_nobody_else() {
    let keys = Keys::new(0, KEYS, KEY_BYTES);
    let table = Scratch::of_counters(&keys).expect("room");
    let own = Work {
        table: None,
        ..work(&table, Mix::Incr, Distribution::Uniform)
    };
    assert!(Worker::start().work(own).operations > 0);
    assert_eq!(counts(&table, &keys), [0; KEYS]);
    let lines = Work {
        mix: Mix::PrivateLines,
        bytes: 1 << 20,
        ..work(&table, Mix::Incr, Distribution::Uniform)
    };
    assert!(Worker::start().work(lines).operations > 0);
    assert_eq!(counts(&table, &keys), [0; KEYS]);
}

#[test]
fn a_scratch_table_is_removed() {
    let path = Scratch::new().expect("room").path().to_owned();
    assert!(!path.exists());
    assert!(
        Table::create(&path, Options::default()).is_ok(),
        "the name is free"
    );
    quipu::remove(&path).expect("it is there");
}
