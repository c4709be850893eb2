//! The witness of life is a lock that the kernel keeps for an open file. What models cannot see of it: that it is not
//! the parent's in a child, not the sender's in a receiver, and may be lost while its process lives.
use quipu::{Owner, ProcessState, Table, Ttl};
use quipu_tests::child::{self, Child, was_killed};
use quipu_tests::content;
use quipu_tests::descriptor::{receive, send};
use quipu_tests::files::{TableName, mib};
use quipu_tests::shared::{Words, add, get, meet, put, wait_for};
use quipu_tests::system::{Forked, close_all_from, exit_now, fork, is_locked};
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Stdio, id};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const THREADS: usize = 4;
const ROUNDS: u64 = 15;
const DEAD: u64 = 3;
/// Words of format.md 3.1 and 3.3.
const PROCESS_SLOTS_AT: u64 = 9 * 8;
const PROCESS_SLOT_BYTES: u64 = 64;

fn recovered(table: &Table) -> u64 {
    table.maintain().expect("maintain").recovered_processes
}

fn states(table: &Table) -> Vec<ProcessState> {
    let processes = table.stats().processes;
    processes.iter().map(|process| process.state).collect()
}

#[test]
fn a_parent_that_was_killed_is_dead_though_its_child_lives() {
    let name = TableName::new();
    let table = Table::create(&name, mib(4)).expect("a table");
    let words = Words::create(8);
    let mut parent = Child::start("forking parent", &[&name.as_str(), &words.path()]);
    wait_for("the fork", || get(&words[0]) == 1);
    assert_eq!(recovered(&table), 0, "both live");
    assert!(was_killed(parent.kill()));
    // The child has what the parent had open, and never touched the table.
    assert_eq!(recovered(&table), 1);
    assert_eq!(table.stats().processes.len(), 1);
    put(&words[1], 1);
    wait_for("the child", || get(&words[0]) == 2);
    assert_eq!(states(&table), [ProcessState::Alive; 2]);
    assert_eq!(table.get_number(b"n"), Ok(Some(2)));
    put(&words[1], 2);
    wait_for("its end", || recovered(&table) == 1);
    assert_eq!(table.check().problems, []);
}

/// Writes, and has a child that waits until it may.
pub(crate) fn forking_parent(arguments: &[String]) {
    let [name, words] = arguments else {
        panic!("a parent has two arguments");
    };
    let words = Words::open(words);
    let table = Table::open(name).expect("the table");
    table.incr(b"n", 1).expect("room");
    if fork().expect("room for a process") != Forked::Child {
        thread::sleep(LONG);
        return;
    }
    put(&words[0], 1);
    wait_for("the end of the parent", || get(&words[1]) == 1);
    if table.incr(b"n", 1) == Ok(2) {
        put(&words[0], 2);
    }
    wait_for("permission to end", || get(&words[1]) == 2);
    exit_now(0);
}

#[test]
fn users_of_a_memory_file_that_was_sent_to_them_judge_each_other_rightly() {
    let table = Table::memfd(mib(8)).expect("a memory file");
    table
        .set(b"ours", &content::make(0, 0, 5000), Ttl::Never)
        .expect("room");
    let words = Words::create(8);
    let mut victim = pass(&table, &words, 0);
    let survivor = pass(&table, &words, 1);
    wait_for("both", || get(&words[0]) == 1 && get(&words[1]) == 1);
    assert_eq!(states(&table), [ProcessState::Alive; 3]);
    assert_eq!(
        recovered(&table),
        0,
        "all descriptors are of one open file, and their locks are not"
    );
    put(&words[2], 1);
    wait_for("the judgement of the survivor", || get(&words[3]) == 1);
    assert!(was_killed(victim.kill()));
    put(&words[2], 2);
    wait_for("the recovery by the survivor", || get(&words[3]) == 2);
    assert_eq!(states(&table), [ProcessState::Alive; 2]);
    // We were not judged: what we hold is as it was, and we go on.
    table.incr(b"n", 1).expect("room");
    assert_eq!(table.get_number(b"n"), Ok(Some(3)));
    let ours = table.get(b"ours").expect("a read").expect("it is there");
    assert_eq!(ours.as_bytes(), Some(&content::make(0, 0, 5000)[..]));
    put(&words[2], 3);
    survivor.finish(LONG);
    assert_eq!(table.stats().processes.len(), 1);
    assert_eq!(table.check().problems, []);
}

/// Starts a receiver and sends it the table.
fn pass(table: &Table, words: &Words, number: u64) -> Child {
    let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
    let mut command = child::command("receiver", &[&words.path(), &number]);
    let child = Child::run(command.stdin(Stdio::from(OwnedFd::from(theirs))));
    send(&ours, table.as_fd()).expect("a descriptor can be sent");
    child
}

/// Uses the table that is sent to it; number 1 looks for the dead when it is told.
pub(crate) fn receiver(arguments: &[String]) {
    let [words, number] = arguments else {
        panic!("a receiver has two arguments");
    };
    let words = Words::open(words);
    let number: usize = number.parse().expect("a number");
    let input = std::io::stdin().as_fd().try_clone_to_owned();
    let descriptor = receive(&UnixStream::from(input.expect("a socket"))).expect("a descriptor");
    let table = Table::from_fd(descriptor, Owner::CallerOrRoot).expect("the table");
    assert!(table.stats().recovery);
    table.incr(b"n", 1).expect("room");
    put(&words[number], 1);
    if number == 0 {
        thread::sleep(LONG);
    }
    for (turn, dead) in [(1, 0), (2, 1)] {
        wait_for("our turn", || get(&words[2]) == turn);
        assert_eq!(recovered(&table), dead);
        put(&words[3], turn);
    }
    wait_for("the end", || get(&words[2]) == 3);
}

#[test]
fn threads_that_recover_at_once_recover_each_process_once() {
    let name = TableName::new();
    let table = Table::create(&name, mib(64)).expect("a table");
    for round in 0..ROUNDS {
        leave_dead(&name, round);
        let (start, total) = (Barrier::new(THREADS), Words::create(1));
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    add(&total[0], recovered(&table));
                });
            }
        });
        assert_eq!(get(&total[0]), DEAD, "round {round}: each of them once");
        assert_eq!(table.stats().processes.len(), 1, "round {round}");
        assert_eq!(table.check().problems, [], "round {round}");
    }
    table.clear().expect("clear");
    table.maintain().expect("maintain");
    let report = table.check();
    assert_eq!((report.problems, report.blocks), (Vec::new(), 0));
}

/// Processes that were killed at any step of an insert, all at once: so none of them recovered another.
fn leave_dead(name: &TableName, round: u64) {
    let words: Vec<Words> = (0..DEAD).map(|_| Words::create(8)).collect();
    let inserter = |(number, words): (u64, &Words)| {
        let seed = DEAD * round + number;
        Child::start("inserter", &[&name.as_str(), &words.path(), &seed])
    };
    let mut children: Vec<Child> = (0..).zip(&words).map(inserter).collect();
    for words in &words {
        wait_for("an insert", || get(&words[0]) > 0);
    }
    children
        .iter()
        .for_each(|child| child.signal(libc::SIGSTOP));
    for child in &mut children {
        assert!(was_killed(child.kill()));
    }
}

#[test]
fn a_process_that_lost_its_lock_is_not_dead_while_it_lives() {
    let name = TableName::new();
    let table = Table::create(&name, mib(8)).expect("a table");
    let file = File::open(name.path()).expect("the table");
    let words = Words::create(8);
    let mut closer = Child::start("closer", &[&name.as_str(), &words.path()]);
    wait_for("a write", || get(&words[0]) == 1);
    let byte = lock_of(&table, &file, closer.pid());
    assert!(is_locked(&file, byte).expect("locks"), "it has its lock");
    meet(&words[1], 2);
    wait_for("the end of its descriptors", || get(&words[0]) == 2);
    assert!(
        !is_locked(&file, byte).expect("locks"),
        "it has lost its lock"
    );
    assert_eq!(recovered(&table), 0, "but it lives");
    // Another handle, which finds nobody else's lock when it looks.
    drop(table);
    let table = Table::open(&name).expect("the table");
    assert_eq!(recovered(&table), 0);
    assert_eq!(states(&table), [ProcessState::Alive; 2]);
    meet(&words[1], 2);
    wait_for("writes", || get(&words[0]) == 3);
    let byte = lock_of(&table, &file, closer.pid());
    wait_for("its lock again", || is_locked(&file, byte).expect("locks"));
    assert_eq!(recovered(&table), 0);
    assert!(was_killed(closer.kill()));
    assert_eq!(recovered(&table), 1);
    assert_eq!(table.check().problems, []);
}

/// The byte that the process with this pid has locked.
fn lock_of(table: &Table, file: &File, pid: u32) -> u64 {
    assert_ne!(pid, id());
    let processes = table.stats().processes;
    let process = processes.iter().find(|process| process.pid == pid);
    let slot = process.expect("a user of the table").slot;
    let mut word = [0; 8];
    file.read_exact_at(&mut word, PROCESS_SLOTS_AT)
        .expect("the header");
    u64::from_le_bytes(word) + PROCESS_SLOT_BYTES * u64::from(slot)
}

/// Closes every descriptor of its process, as a daemon does, and goes on.
pub(crate) fn closer(arguments: &[String]) {
    let [name, words] = arguments else {
        panic!("a closer has two arguments");
    };
    let words = Words::open(words);
    let table = Table::open(Path::new(name)).expect("the table");
    table.incr(b"n", 1).expect("room");
    put(&words[0], 1);
    meet(&words[1], 2);
    close_all_from(3).expect("close_range");
    put(&words[0], 2);
    // Nothing of the library runs until the test has looked.
    meet(&words[1], 2);
    for i in 0.. {
        table.incr(b"n", 1).expect("room");
        table
            .set(&(i as u64 % 500).to_le_bytes(), &[7; 2000], Ttl::Never)
            .expect("room");
        if i == 1000 {
            put(&words[0], 3);
        }
    }
}
