//! Who is who after a fork, an exec, and in another PID namespace. The dead are known, and nobody else is taken for
//! dead.
use quipu::{Owner, ProcessState, Table, Ttl};
use quipu_tests::child::{self, Child, was_killed};
use quipu_tests::content;
use quipu_tests::files::{TableName, mib};
use quipu_tests::random::Random;
use quipu_tests::shared::{Words, add, get, meet, put, wait_for};
use quipu_tests::system::{self, Forked, exit_now, fork, is_root, unshare};
use std::os::unix::process::CommandExt;
use std::time::Duration;
use std::{panic, thread};

const INCREMENTS: i64 = 2000;
const FORKS: i64 = 40;
const EXECS: u64 = 1200;
const DEATHS: u64 = 20;
const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_fork_goes_on_as_a_process_of_its_own() {
    let name = TableName::new();
    let table = Table::create(&name, mib(8)).expect("a table");
    let words = Words::create(8);
    let child = Child::start("forker", &[&name.as_str(), &words.path()]);
    meet(&words[0], 2);
    // All of its forks have ended without a word: dead, and not the parent.
    let done = table.maintain().expect("maintain");
    assert!(done.recovered_processes > 0, "{done:?}");
    let stats = table.stats();
    let states: Vec<ProcessState> = stats
        .processes
        .iter()
        .map(|process| process.state)
        .collect();
    assert_eq!(
        states,
        [ProcessState::Alive; 2],
        "the test and the one that forked"
    );
    meet(&words[0], 2);
    child.finish(LONG);
    assert_eq!(table.get_number(b"all"), Ok(Some((FORKS + 4) * INCREMENTS)));
    assert_eq!(table.stats().processes.len(), 1);
    assert_eq!(table.check().problems, []);
}

/// Forks while its threads write. Each child counts on the table it inherited, and ends without cleaning up.
pub(crate) fn forker(arguments: &[String]) {
    let [name, words] = arguments else {
        panic!("a forker has two arguments");
    };
    let words = Words::open(words);
    let table = Table::open(name).expect("the table");
    let memory = Table::memfd(mib(1)).expect("a memory file");
    memory.incr(b"all", 1).expect("room");
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| count(&table));
        }
        for _ in 0..FORKS {
            match fork().expect("room for a process") {
                Forked::Child => {
                    // Nothing of the parent may run in the child, whatever happens.
                    let counted = panic::catch_unwind(|| {
                        count(&table);
                        memory.incr(b"all", 1).expect("room");
                    });
                    exit_now(i32::from(counted.is_err()));
                }
                Forked::Parent(pid) => {
                    assert_eq!(system::wait(pid).expect("our child"), 0, "a fork failed");
                }
            }
        }
        count(&table);
    });
    assert_eq!(
        memory.get_number(b"all"),
        Ok(Some(FORKS + 1)),
        "shared by inheritance"
    );
    memory.maintain().expect("maintain");
    assert_eq!(memory.check().problems, []);
    meet(&words[0], 2);
    meet(&words[0], 2);
}

fn count(table: &Table) {
    for i in 0..INCREMENTS {
        table.incr(b"all", 1).expect("room");
        if i % 100 == 0 {
            let key = i.to_le_bytes();
            table.set(&key, &[7; 500], Ttl::Never).expect("room");
            table.get(&key).expect("get");
        }
    }
}

#[test]
fn a_program_that_replaces_itself_uses_up_no_slots() {
    let name = TableName::new();
    let table = Table::create(&name, mib(8)).expect("a table");
    let words = Words::create(8);
    let child = Child::start("execer", &[&name.as_str(), &words.path(), &EXECS]);
    meet(&words[0], 2);
    assert_eq!(
        table.get_number(b"execs"),
        Ok(Some(EXECS.cast_signed() + 1))
    );
    let stats = table.stats();
    assert!(
        stats.processes.len() <= 3,
        "{} process slots",
        stats.processes.len()
    );
    meet(&words[0], 2);
    child.finish(LONG);
    table.maintain().expect("maintain");
    let stats = table.stats();
    // Our process and this thread of it.
    assert_eq!((stats.processes.len(), stats.participants), (1, 2));
    assert_eq!(table.check().problems, []);
}

/// Uses the table, and runs this program again in its place.
pub(crate) fn execer(arguments: &[String]) {
    let [name, words, left] = arguments else {
        panic!("an execer has three arguments");
    };
    let left: u64 = left.parse().expect("a number");
    let table = Table::open(name).expect("the table");
    table.incr(b"execs", 1).expect("room");
    if left > 0 {
        let error = child::command("execer", &[name, words, &(left - 1)]).exec();
        panic!("exec: {error}");
    }
    let words = Words::open(words);
    meet(&words[0], 2);
    meet(&words[0], 2);
}

#[test]
fn deaths_in_other_pid_namespaces_are_noticed_and_the_living_are_not_dead() {
    if !is_root() {
        println!("skipped: only root may make a PID namespace");
        return;
    }
    let name = TableName::new();
    let table = Table::create(&name, mib(32)).expect("a table");
    // Two namespaces in which the same numbers are different processes.
    let words = [Words::create(8), Words::create(8)];
    let hosts: Vec<Child> = words
        .iter()
        .map(|words| Child::start("namespace host", &[&name.as_str(), &words.path()]))
        .collect();
    for words in &words {
        wait_for("a writer in its namespace", || get(&words[1]) > 0);
    }
    assert_eq!(
        table.maintain().expect("maintain").recovered_processes,
        0,
        "all are alive"
    );
    let stats = table.stats();
    assert_eq!(stats.processes.len(), 3);
    assert!(
        stats
            .processes
            .iter()
            .all(|process| process.state == ProcessState::Alive)
    );
    put(&words[0][2], 1);
    put(&words[1][2], 1);
    for host in hosts {
        host.finish(LONG);
    }
    table.maintain().expect("maintain");
    assert_eq!(table.stats().processes.len(), 1);
    assert_eq!(table.check().problems, []);
}

/// Makes a PID namespace for its children, and kills writers in it.
pub(crate) fn namespace_host(arguments: &[String]) {
    let [name, words_path] = arguments else {
        panic!("a host has two arguments");
    };
    let words = Words::open(words_path);
    unshare(libc::CLONE_NEWPID).expect("root may have a namespace of its own");
    // The first is number 1, and the namespace ends with it.
    let first = Child::start("idler", &[]);
    let mut random = Random::new(9);
    let writer = || Child::start("inserter", &[name, words_path, &4]);
    for _ in 0..DEATHS {
        put(&words[0], 0);
        let mut writer = writer();
        wait_for("an insert", || get(&words[0]) > 0);
        add(&words[1], 1);
        wait_for("the test's turn", || get(&words[2]) > 0);
        thread::sleep(Duration::from_micros(random.below(3000)));
        assert!(was_killed(writer.kill()));
        // Another life with the same number may begin in the other namespace: that is no reason to spare this one.
        let table = Table::open_owned_by(name, Owner::CallerOrRoot).expect("the table");
        table.maintain().expect("maintain");
        table
            .set(b"host", content::make(0, 0, 100).as_slice(), Ttl::Never)
            .expect("room");
    }
    drop(first);
}

/// Does nothing until it is killed.
pub(crate) fn idler(_: &[String]) {
    loop {
        thread::sleep(LONG);
    }
}
