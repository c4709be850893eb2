//! The file of a table is cut off by another process while it is in use. With the guard every call answers a value that
//! was there or the error that says so; without it the kernel ends the process, and nobody reads zeros as a table.
use quipu::{Coded, Count, Entry, OpenError, Owner, Problem, Table, TableReader, Ttl, Update};
use quipu_tests::child::{self, Child, was_ended_by};
use quipu_tests::content;
use quipu_tests::files::{TableName, mib};
use quipu_tests::random::Random;
use quipu_tests::shared::{Words, add, get, meet, put, wait_for};
use quipu_tests::system::{
    self, call_back_on, exit_now, leave_to_the_system, touch_beyond_the_end,
};
use std::fmt::Display;
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
/// Where the file is cut off: everything, the head, within the head, and within the arena of a table of 16 MiB.
const LENGTHS: [u64; 5] = [0, 4096, 100_000, 0x10_0000, 0x111_0000];
const RACES: u64 = 24;
const THREADS: u64 = 3;
const KEYS: u64 = 40;

fn cut(path: &Path, length: u64) {
    let file = File::options().write(true).open(path);
    let file = file.expect("the table of the child");
    file.set_len(length).expect("it may be cut off");
}

/// As [`meet`], with a child that may have failed: then the wait is over at once.
fn meet_child(child: &mut Child, words: &Words) {
    let all = (add(&words[0], 1) / 2 + 1) * 2;
    wait_for("the child", || {
        get(&words[0]) >= all || {
            assert!(child.try_wait().is_none(), "the child has failed");
            false
        }
    });
}

/// Every operation, each on a table of its own, as the first that meets the cut.
const OPERATIONS: u64 = 24;

#[test]
fn every_operation_on_a_table_that_was_cut_off_says_so() {
    for length in LENGTHS {
        let name = TableName::new();
        let words = Words::create(8);
        let mut child = Child::start("cut user", &[&name.as_str(), &words.path(), &length]);
        for _ in 0..OPERATIONS {
            meet_child(&mut child, &words);
            cut(&name.path(), length);
            meet_child(&mut child, &words);
            meet_child(&mut child, &words);
            let found = fs::metadata(name.path()).expect("the table").len();
            assert_eq!(found, length, "nobody makes it longer again");
            fs::remove_file(name.path()).expect("the table");
            meet_child(&mut child, &words);
        }
        child.finish(LONG);
    }
}

/// Has a table cut off under it, and does one thing after the other.
pub(crate) fn user(arguments: &[String]) {
    let [name, words, length] = arguments else {
        panic!("a user has three arguments");
    };
    let words = Words::open(words);
    let length: u64 = length.parse().expect("a number");
    quipu::guard_against_truncation().expect("a handler");
    for first in 0..OPERATIONS {
        let table = Table::create(name, mib(16)).expect("a table");
        for key in 0..KEYS {
            table
                .set(&key.to_le_bytes(), &long(key), Ttl::Never)
                .expect("room");
        }
        let seen = table
            .get_entry(&0_u64.to_le_bytes())
            .expect("a read")
            .expect("it is there");
        let reader = TableReader::open(name, Owner::CallerOrRoot).expect("the table");
        meet(&words[0], 2);
        meet(&words[0], 2);
        // If the index is there, or a part of it, what needs none of it may not notice at first.
        let may_succeed = length >= 0x10_0000;
        let code = operate(&table, &reader, &seen, first);
        assert!(
            code == "TRUNCATED" || may_succeed && code.is_empty(),
            "operation {first}, cut to {length}: {code}"
        );
        // A look at the length is enough for all the others.
        assert_eq!(table.check().problems, [Problem::Truncated]);
        assert_eq!(reader.check().problems, [Problem::Truncated]);
        for then in 0..OPERATIONS {
            let code = operate(&table, &reader, &seen, then);
            assert_eq!(
                code, "TRUNCATED",
                "operation {then}, after {first}, cut to {length}"
            );
        }
        let error = Table::open(name).expect_err("it is cut off");
        // Not even the magic is left of nothing.
        let is_typed =
            matches!(error, OpenError::Truncated { bytes_found, .. } if bytes_found == length);
        assert!(is_typed, "{error}");
        let _ = (
            table.len(),
            table.stats(),
            reader.stats(),
            reader.processes(),
        );
        drop((table, reader));
        meet(&words[0], 2);
        meet(&words[0], 2);
    }
}

/// A value of several blocks.
fn long(key: u64) -> Vec<u8> {
    content::make(key, 1, 40_000)
}

/// The code of the error; empty: there was none.
fn code<T, E: Coded + Display>(result: Result<T, E>) -> &'static str {
    result.err().map_or("", |error| {
        if error.code().name == "TRUNCATED" {
            assert!(
                error.to_string().contains("create it again"),
                "it says what to do: {error}"
            );
        }
        error.code().name
    })
}

fn operate(table: &Table, reader: &TableReader, seen: &Entry, which: u64) -> &'static str {
    let key = &0_u64.to_le_bytes();
    let value = long(0);
    let hour = Ttl::After(Duration::from_secs(3600));
    match which {
        0 => code(table.get(key)),
        1 => code(table.get_entry(key)),
        2 => code(table.get_into(key, &mut Vec::new())),
        3 => code(table.get_number(b"no such key")),
        4 => code(table.exists(key)),
        5 => code(table.ttl(key)),
        6 => code(table.multi_get(&[key, key])),
        7 => code(table.scan().collect::<Result<Vec<_>, _>>()),
        8 => code(table.set(key, &value, hour)),
        9 => code(table.add(b"new", &value, Ttl::Never)),
        10 => code(table.replace(key, &value, Ttl::Keep)),
        11 => code(table.compare_and_set(key, seen.token, &value, hour)),
        12 => code(table.get_and_set(key, &value, hour)),
        13 => code(table.append(key, b"more")),
        14 => code(table.delete(key)),
        15 => code(table.get_and_delete(key)),
        16 => code(table.update(key, |_| (Update::Delete, ()))),
        17 => code(table.touch(key, hour)),
        18 => code(table.get_and_touch(key, hour)),
        19 => code(table.incr(b"number", 1)),
        20 => code(table.count(b"number", Count::default())),
        21 => code(table.take(b"number")),
        22 => code(table.clear()),
        _ => match code(table.maintain()) {
            "TRUNCATED" => code(reader.get(key)),
            other => other,
        },
    }
}

#[test]
fn a_cut_in_the_middle_of_operations_invents_nothing() {
    let mut random = Random::new(3);
    let name = TableName::new();
    let words = Words::create(8);
    let mut child = Child::start("cut racer", &[&name.as_str(), &words.path()]);
    for _ in 0..RACES {
        meet_child(&mut child, &words);
        thread::sleep(Duration::from_micros(random.below(5000)));
        cut(&name.path(), *random.choose(&LENGTHS));
        put(&words[1], 1);
        meet_child(&mut child, &words);
        fs::remove_file(name.path()).expect("the table");
        meet_child(&mut child, &words);
    }
    child.finish(LONG);
    let answers = get(&words[2]);
    println!("{RACES} cuts among {answers} answers");
    assert!(answers > RACES * THREADS, "they were at work");
}

/// Threads that use a table for which they know every answer, until it is cut off.
pub(crate) fn racer(arguments: &[String]) {
    let [name, words] = arguments else {
        panic!("a racer has two arguments");
    };
    let words = Words::open(words);
    quipu::guard_against_truncation().expect("a handler");
    for _ in 0..RACES {
        put(&words[1], 0);
        let table = Table::create(name, mib(16)).expect("a table");
        meet(&words[0], 2);
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (table, words) = (&table, &words);
                scope.spawn(move || race(table, words, thread));
            }
        });
        drop(table);
        meet(&words[0], 2);
        meet(&words[0], 2);
    }
}

fn race(table: &Table, words: &Words, thread: u64) {
    let (counter, value_key) = (format!("counter {thread}"), format!("value {thread}"));
    let (mut answers, mut random) = (0, Random::new(thread));
    for round in 1.. {
        // The last round begins after the cut, so it cannot but meet it.
        let is_last = get(&words[1]) == 1;
        let bytes = content::make(thread, round, random.index(6000));
        let result = (|| {
            let sum = table.incr(counter.as_bytes(), 1).map_err(quiet)?;
            assert_eq!(
                sum,
                i64::try_from(round).expect("few"),
                "a number that was never there"
            );
            table
                .set(value_key.as_bytes(), &bytes, Ttl::Never)
                .map_err(quiet)?;
            let found = table.get(value_key.as_bytes()).map_err(quiet)?;
            let found = found.expect("nobody deletes it");
            assert_eq!(
                found.as_bytes(),
                Some(&bytes[..]),
                "a value that was never there"
            );
            table.maintain().map_err(quiet)?;
            Ok::<_, ()>(())
        })();
        answers += 3;
        if result.is_err() {
            break;
        }
        assert!(!is_last, "a table that was cut off works");
    }
    add(&words[2], answers);
}

/// Nothing but that the file was cut off may happen here.
fn quiet<E: Coded + Display>(error: E) {
    assert_eq!(error.code().name, "TRUNCATED", "{error}");
}

#[test]
fn without_the_guard_a_look_says_so_and_a_touch_ends_the_process() {
    for (what, is_fatal) in [("look", false), ("open", false), ("touch", true)] {
        let name = TableName::new();
        let words = Words::create(8);
        let mut child = Child::start("cut without guard", &[&name.as_str(), &words.path(), &what]);
        meet(&words[0], 2);
        cut(&name.path(), 4096);
        put(&words[1], 1);
        if is_fatal {
            assert!(was_ended_by(child.wait(), libc::SIGBUS), "no answer at all");
        } else {
            child.finish(LONG);
        }
    }
}

pub(crate) fn without_guard(arguments: &[String]) {
    let [name, words, what] = arguments else {
        panic!("it has three arguments");
    };
    let words = Words::open(words);
    let table = Table::create(name, mib(16)).expect("a table");
    table.incr(b"n", 1).expect("room");
    meet(&words[0], 2);
    wait_for("the cut", || get(&words[1]) == 1);
    match what.as_str() {
        "look" => {
            assert_eq!(code(table.maintain()), "TRUNCATED");
            assert_eq!(table.check().problems, [Problem::Truncated]);
        }
        "open" => assert_eq!(code(Table::open(name)), "TRUNCATED"),
        _ => panic!("{:?}", table.get_number(b"n")),
    }
    // The ends of the thread and of the handle would touch the table.
    exit_now(0);
}

#[test]
fn bus_errors_that_are_no_tables_end_the_process_or_reach_who_was_there_before() {
    for (what, ends_by) in [
        ("touch", Some(libc::SIGBUS)),
        ("touch, no handler", Some(libc::SIGBUS)),
        ("sent", Some(libc::SIGBUS)),
        ("sent, no handler", Some(libc::SIGBUS)),
        ("handled", None),
    ] {
        let mut command = child::command("bus errors", &[&what]);
        // A crash is what is wanted here: no words about it.
        let mut child = Child::run(command.stderr(Stdio::null()));
        let status = child.wait();
        match ends_by {
            Some(signal) => assert!(was_ended_by(status, signal), "{what}: {status}"),
            None => assert_eq!(status.code(), Some(7), "{what}: {status}"),
        }
    }
}

pub(crate) fn other_bus_errors(arguments: &[String]) {
    let [what] = arguments else {
        panic!("it has one argument");
    };
    if what.ends_with("no handler") {
        leave_to_the_system(libc::SIGBUS);
    }
    if what == "handled" {
        call_back_on(libc::SIGBUS, || exit_now(7));
    }
    quipu::guard_against_truncation().expect("a handler");
    let table = Table::memfd(mib(1)).expect("a memory file");
    table.incr(b"n", 1).expect("room");
    if what.starts_with("sent") {
        // The handler of std, which comes after ours, lets the first go by and leaves the second to the system.
        for _ in 0..if what == "sent" { 100 } else { 1 } {
            system::signal(std::process::id(), libc::SIGBUS).expect("ourselves");
            // Another thread may be the one that takes it.
            thread::sleep(Duration::from_millis(20));
        }
    } else {
        touch_beyond_the_end();
    }
    // A handler that was passed by would come back here for ever, or not at all.
    exit_now(1);
}
