//! Coming and going: whatever a process takes when it attaches, it gives back.
use quipu::{Table, Ttl};
use quipu_tests::child::{Child, was_killed};
use quipu_tests::files::{TableName, mib};
use quipu_tests::shared::{Words, meet, wait_for};
use std::time::Duration;
use std::{fs, thread};

const ATTACHMENTS: u64 = 5000;
const PROCESSES: u64 = 60;
/// Mappings that the memory of threads may add; not one for every attachment.
const MAPPINGS_MORE_MAX: usize = 20;

#[test]
fn five_thousand_attachments_leave_nothing() {
    let name = TableName::new();
    let table = Table::create(&name, mib(4)).expect("a table");
    table.incr(b"n", 1).expect("room");
    let before = table.stats();
    let words = Words::create(8);
    let child = Child::start("attacher", &[&name.as_str(), &words.path(), &ATTACHMENTS]);
    meet(&words[0], 2);
    // It lives, and is attached no more.
    let after = table.stats();
    assert_eq!(after.participants, before.participants);
    assert_eq!(after.processes, before.processes);
    meet(&words[0], 2);
    child.finish(Duration::from_secs(60));
    assert!(table.get_number(b"n").expect("get") > Some(ATTACHMENTS.cast_signed()));
    assert_eq!(table.check().problems, []);
}

/// Opens and closes the table so often, some of the time with threads that write; and tables without a name.
pub(crate) fn attacher(arguments: &[String]) {
    let [name, words, count] = arguments else {
        panic!("an attacher has three arguments");
    };
    let words = Words::open(words);
    let count: u64 = count.parse().expect("a number");
    attach(name, 0);
    let before = (descriptors(), mappings());
    for round in 0..count {
        attach(name, round);
        let memory = Table::memfd(mib(1)).expect("a memory file");
        memory.set(b"k", "v", Ttl::Never).expect("room");
    }
    let after = (descriptors(), mappings());
    assert_eq!(before.0, after.0, "descriptors");
    assert!(
        after.1 < before.1 + MAPPINGS_MORE_MAX,
        "mappings: {before:?} {after:?}"
    );
    meet(&words[0], 2);
    meet(&words[0], 2);
}

fn attach(name: &str, round: u64) {
    let table = Table::open(name).expect("the table");
    table.incr(b"n", 1).expect("room");
    if round.is_multiple_of(16) {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| table.incr(b"n", 1).expect("room"));
            }
        });
    }
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("/proc").count()
}

fn mappings() -> usize {
    fs::read_to_string("/proc/self/maps")
        .expect("/proc")
        .lines()
        .count()
}

#[test]
fn processes_that_end_or_are_killed_leave_no_slot_behind() {
    let name = TableName::new();
    let table = Table::create(&name, mib(4)).expect("a table");
    table.incr(b"n", 1).expect("room");
    let before = table.stats();
    for round in 0..PROCESSES {
        let words = Words::create(8);
        let mut child = Child::start("attacher", &[&name.as_str(), &words.path(), &5]);
        if round % 2 == 0 {
            let seen = table.get_number(b"n").expect("get");
            wait_for("the child", || table.get_number(b"n").expect("get") != seen);
            assert!(was_killed(child.kill()));
        } else {
            meet(&words[0], 2);
            meet(&words[0], 2);
            child.finish(Duration::from_secs(60));
        }
    }
    let done = table.maintain().expect("maintain");
    let after = table.stats();
    assert_eq!(after.participants, before.participants, "{done:?}");
    assert_eq!(after.processes, before.processes, "{done:?}");
    assert_eq!(table.check().problems, []);
}
