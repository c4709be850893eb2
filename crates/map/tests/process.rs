//! Processes that share a table and die: recovery, takeover after another boot, and descriptors that are passed on.
mod support;

use quipu::{OpenError, Owner, ProcessState, Table, TableReader, Ttl, Value};
use std::fs::OpenOptions;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{fs, thread};
use support::{Directory, Name, Running, mib, part, rerun, table, until};

/// Offsets of format.md 3.
const BOOT: u64 = 0x140;
const EPOCH: u64 = 0x150;
const WALL: u64 = 0x158;
const COMMITS_AT: u64 = 8 * 8;
const PROCESS_SLOTS_AT: u64 = 9 * 8;
const PARTICIPANTS_AT: u64 = 10 * 8;

/// Parts of this program that run in processes of their own.
#[test]
fn child() {
    let Some((part, name)) = part() else { return };
    let open = || Table::open(&name).expect("a table");
    match part.as_str() {
        // Writes, says so, and stays until it is killed.
        "stay" => {
            let table = open();
            table.incr(b"ready", 1).expect("room");
            thread::scope(|scope| {
                scope.spawn(|| table.incr(b"ready", 1).expect("room"));
            });
            loop {
                thread::sleep(Duration::from_secs(1));
            }
        }
        "write for ever" => {
            let table = open();
            for i in 0.. {
                let key = format!("a long key, for it needs a block of its own: {}", i % 50);
                let value = vec![7; i % 5000];
                table.set(key.as_bytes(), &value, Ttl::Never).expect("room");
                table
                    .delete(
                        format!("a long key, for it needs a block of its own: {}", i % 7)
                            .as_bytes(),
                    )
                    .expect("no error");
                table.incr(b"ready", 1).expect("room");
            }
        }
        "refused" => {
            let error = Table::open(&name).expect_err("another boot's, and in use");
            assert!(matches!(error, OpenError::OtherBoot { .. }), "{error}");
            assert_eq!(
                TableReader::open(&name, Owner::CallerOrRoot)
                    .expect("to read")
                    .get_number(b"ready"),
                Ok(Some(2))
            );
        }
        "no slot" => {
            let error = Table::open(&name).expect_err("no process slot");
            assert!(matches!(error, OpenError::Processes), "{error}");
        }
        "no participant" => {
            let error = Table::open(&name).expect_err("no participant");
            assert!(matches!(error, OpenError::Participants), "{error}");
        }
        "passed" | "passed, and stay" => {
            let descriptor = io::stdin()
                .as_fd()
                .try_clone_to_owned()
                .expect("a descriptor");
            let table = Table::from_fd(descriptor, Owner::CallerOrRoot).expect("a table");
            assert!(table.stats().recovery);
            table.incr(b"ready", 1).expect("room");
            if part == "passed, and stay" {
                thread::sleep(Duration::from_secs(600));
            }
        }
        other => panic!("no part {other}"),
    }
}

fn is_ready(table: &Table, count: i64) -> bool {
    table.get_number(b"ready").expect("a number").unwrap_or(0) >= count
}

fn others(table: &Table) -> Vec<ProcessState> {
    let own = std::process::id();
    let processes = table.stats().processes.into_iter();
    processes
        .filter(|process| process.pid != own)
        .map(|process| process.state)
        .collect()
}

fn words(path: &Path, at: u64, words: &[u64]) {
    let file = OpenOptions::new().write(true).open(path).expect("the file");
    for (i, word) in (0..).zip(words) {
        file.write_all_at(&word.to_le_bytes(), at + 8 * i)
            .expect("written");
    }
}

fn word(path: &Path, at: u64) -> u64 {
    let mut bytes = [0; 8];
    fs::File::open(path)
        .and_then(|file| file.read_exact_at(&mut bytes, at))
        .expect("read");
    u64::from_le_bytes(bytes)
}

#[test]
fn a_killed_process_is_recovered() {
    let name = Name::new();
    let table = Table::create(&name, mib(4)).expect("a table");
    let mut child = Running::start(rerun("stay", name.as_str()));
    until("the child writes", || is_ready(&table, 2));
    assert_eq!(others(&table), [ProcessState::Alive]);
    assert_eq!(table.maintain().expect("no error").recovered_processes, 0);
    child.kill();
    assert_eq!(others(&table), [ProcessState::Dead]);
    assert_eq!(table.maintain().expect("no error").recovered_processes, 1);
    assert_eq!(others(&table), []);
    assert_eq!(table.stats().participants, 2);
    assert_eq!(table.check().problems, []);
}

#[test]
fn a_process_that_is_killed_at_random_leaves_nothing_wrong() {
    let name = Name::new();
    let table = Table::create(&name, mib(8)).expect("a table");
    for round in 0..20 {
        let ready = table.get_number(b"ready").expect("a number").unwrap_or(0);
        let mut children = [(); 2].map(|()| Running::start(rerun("write for ever", name.as_str())));
        until("the children write", || {
            is_ready(&table, ready + 50 + round)
        });
        children.iter_mut().for_each(Running::kill);
        // One may not have begun, or have been recovered by the other.
        assert!(table.maintain().expect("no error").recovered_processes <= 2);
        assert_eq!(others(&table), []);
        assert_eq!(table.check().problems, [], "round {round}");
    }
}

#[test]
fn whoever_writes_recovers_the_dead_now_and_then() {
    let name = Name::new();
    let table = Table::create(&name, mib(4)).expect("a table");
    let mut child = Running::start(rerun("stay", name.as_str()));
    until("the child writes", || is_ready(&table, 2));
    child.kill();
    until("a write comes by", || {
        (0..2000).for_each(|_| {
            table.incr(b"n", 1).expect("room");
        });
        others(&table).is_empty()
    });
}

#[test]
fn a_stopped_process_is_left_alone() {
    let name = Name::new();
    let table = Table::create(&name, mib(4)).expect("a table");
    let child = Running::start(rerun("stay", name.as_str()));
    until("the child writes", || is_ready(&table, 2));
    child.signal("STOP");
    until("it stops", || others(&table) == [ProcessState::Stopped]);
    assert_eq!(table.maintain().expect("no error").recovered_processes, 0);
    assert_eq!(table.incr(b"ready", 1), Ok(3), "nobody waits for it");
    child.signal("CONT");
    until("it runs", || others(&table) == [ProcessState::Alive]);
}

#[test]
fn whoever_opens_recovers_the_dead() {
    let name = Name::new();
    Table::create(&name, mib(4)).expect("a table");
    // Nobody is attached when it opens, nor when we do.
    let mut child = Running::start(rerun("stay", name.as_str()));
    let reader = TableReader::open(&name, Owner::CallerOrRoot).expect("a table");
    until("the child writes", || {
        reader.get_number(b"ready") == Ok(Some(2))
    });
    child.kill();
    assert_eq!(reader.processes().len(), 1);
    assert_eq!(reader.processes()[0].state, ProcessState::Dead);
    let table = Table::open(&name).expect("a table");
    assert_eq!(others(&table), []);
    assert_eq!(table.stats().participants, 1);
}

#[test]
fn a_process_that_opens_and_closes_often_uses_one_slot() {
    let name = Name::new();
    Table::create(&name, mib(1)).expect("a table");
    for i in 1..=5000 {
        assert_eq!(Table::open(&name).expect("a table").incr(b"n", 1), Ok(i));
    }
    let stats = Table::open(&name).expect("a table").stats();
    assert_eq!(
        (
            stats.processes.len(),
            stats.processes[0].slot,
            stats.participants
        ),
        (1, 0, 1)
    );
}

#[test]
fn a_table_of_another_boot_is_taken_over() {
    let directory = Directory::new();
    let path = directory.file("table");
    let hour = Duration::from_secs(3600);
    {
        let table = Table::create(&path, mib(4)).expect("a table");
        table
            .set(b"long", "a value that has a block", Ttl::After(3 * hour))
            .expect("room");
        table.set(b"short", 1, Ttl::After(hour / 2)).expect("room");
        table.set(b"ever", 2, Ttl::Never).expect("room");
    }
    let (boot, epoch, wall) = (word(&path, BOOT), word(&path, EPOCH), word(&path, WALL));
    // An hour passed by the wall clock, and the machine was started five seconds ago, so to say.
    words(&path, WALL, &[wall - 3_600_000]);
    words(&path, EPOCH, &[5_000]);
    words(&path, BOOT, &[1, 2]);
    // One that died in the other boot: the very pid and start time of a process that lives now.
    let slots_at = word(&path, PROCESS_SLOTS_AT);
    let (started, namespace) = of_init();
    words(
        &path,
        slots_at + 64 * 3,
        &[7 << 16 | 1, started, 1, namespace],
    );

    let reader = TableReader::open(&path, Owner::CallerOrRoot).expect("anybody may read it");
    let left = |ttl| match ttl {
        Ok(Some(Ttl::After(left))) => left,
        other => panic!("{other:?}"),
    };
    let near = |left: Duration, right: Duration| left.abs_diff(right) < Duration::from_secs(30);
    assert!(near(left(reader.ttl(b"long")), 2 * hour));
    assert_eq!(
        (reader.exists(b"short"), reader.get_number(b"ever")),
        (Ok(false), Ok(Some(2)))
    );
    assert_eq!(word(&path, BOOT), 1, "a reader changes nothing");

    let table = Table::open(&path).expect("nobody is attached");
    assert_eq!(word(&path, BOOT), boot);
    assert!(
        word(&path, EPOCH)
            .cast_signed()
            .abs_diff(epoch.cast_signed() - 3_600_000)
            < 10_000
    );
    assert!(near(left(table.ttl(b"long")), 2 * hour));
    assert_eq!(
        (table.exists(b"short"), table.get_number(b"ever")),
        (Ok(false), Ok(Some(2)))
    );
    assert_eq!(
        table.stats().processes.len(),
        1,
        "the dead of the other boot are gone"
    );
    assert_eq!(table.check().problems, []);
}

/// Start time and PID namespace of process 1, which lives as long as the machine.
fn of_init() -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    let stat = fs::read_to_string("/proc/1/stat").expect("a process");
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let started = fields.split_ascii_whitespace().nth(19).expect("22 fields");
    let namespace = fs::metadata("/proc/self/ns/pid")
        .expect("a namespace")
        .ino();
    (started.parse().expect("a number"), namespace)
}

#[test]
fn a_table_of_another_boot_that_is_in_use_is_refused() {
    let directory = Directory::new();
    let path = directory.file("table");
    let table = Table::create(&path, mib(4)).expect("a table");
    table.incr(b"ready", 2).expect("room");
    words(&path, BOOT, &[1, 2]);
    Running::start(rerun("refused", &path.display().to_string())).finish();
    drop(table);
    assert!(Table::open(&path).is_ok());
}

#[test]
fn process_slots_of_the_living_are_not_taken() {
    let name = Name::new();
    let table = Table::create(&name, mib(1)).expect("a table");
    let slots_at = word(&name.path(), PROCESS_SLOTS_AT);
    let (started, namespace) = of_init();
    // Nobody holds their locks, but the process lives: as after `closefrom`.
    for slot in 1..1024 {
        words(
            &name.path(),
            slots_at + 64 * slot,
            &[1 << 16 | 1, started, 1, namespace],
        );
    }
    Running::start(rerun("no slot", name.as_str())).finish();
    assert_eq!(table.maintain().expect("no error").recovered_processes, 0);
    // Of another start time: dead.
    words(
        &name.path(),
        slots_at + 64 * 1000,
        &[1 << 16 | 1, started + 1, 1, namespace],
    );
    assert_eq!(table.maintain().expect("no error").recovered_processes, 1);
    drop(table);
    // Not even by one who is alone, until they are dead.
    let table = Table::open(&name).expect("a table");
    assert_eq!(table.stats().processes.len(), 1023);
    drop(table);
    for slot in 1..1024 {
        words(
            &name.path(),
            slots_at + 64 * slot,
            &[1 << 16 | 1, started + 1, 1, namespace],
        );
    }
    let table = Table::open(&name).expect("a table");
    assert_eq!(table.stats().processes.len(), 1);
}

#[test]
fn threads_without_a_participant_share_one() {
    let name = Name::new();
    let table = Table::create(&name, mib(4)).expect("a table");
    table.incr(b"n", 1).expect("room");
    let participants_at = word(&name.path(), PARTICIPANTS_AT);
    for number in 3..4096 {
        // Of a process slot that nobody has.
        words(
            &name.path(),
            participants_at + 128 * number,
            &[1 << 16 | 900],
        );
    }
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                (0..1000).for_each(|_| {
                    table.incr(b"n", 1).expect("room");
                });
            });
        }
    });
    assert_eq!(table.get_number(b"n"), Ok(Some(3001)));
    Running::start(rerun("no participant", name.as_str())).finish();
    drop(table);
    // The commit bitmap knows of all records now: whoever is alone clears them away.
    let table = Table::open(&name).expect("a table");
    assert_eq!(table.stats().participants, 1);
    assert_eq!(table.incr(b"n", 1), Ok(3002));
    assert_ne!(word(&name.path(), COMMITS_AT), 0);
}

#[test]
fn a_memory_file_can_be_passed_to_another_process() {
    let table = table();
    table
        .set(b"k", "a value that has a block", Ttl::Never)
        .expect("room");
    let pass = |part: &str| {
        let descriptor = table.as_fd().try_clone_to_owned().expect("a descriptor");
        let mut command = rerun(part, "");
        command.stdin(Stdio::from(descriptor));
        Running::start(command)
    };
    pass("passed").finish();
    assert_eq!(table.get_number(b"ready"), Ok(Some(1)));
    assert_eq!(others(&table), []);
    // Its lock is its own, although the descriptor is not.
    let mut child = pass("passed, and stay");
    until("the child writes", || is_ready(&table, 2));
    assert_eq!(others(&table), [ProcessState::Alive]);
    assert_eq!(table.maintain().expect("no error").recovered_processes, 0);
    child.kill();
    assert_eq!(table.maintain().expect("no error").recovered_processes, 1);
    assert_eq!(
        table.get(b"k"),
        Ok(Some(Value::bytes(*b"a value that has a block")))
    );
    assert_eq!(table.check().problems, []);
}

#[test]
fn nobody_can_change_the_length_of_a_memory_file() {
    let table = table();
    let file = fs::File::from(table.as_fd().try_clone_to_owned().expect("a descriptor"));
    let length = file.metadata().expect("a file").len();
    assert!(file.set_len(4096).is_err());
    assert!(file.set_len(length + 4096).is_err());
    table
        .set(b"k", &[1; 100_000], Ttl::Never)
        .expect("memory is still taken as it is needed");
}

#[test]
fn an_inherited_descriptor_is_closed_by_exec() {
    let name = Name::new();
    drop(Table::create(&name, mib(1)).expect("a table"));
    let _table = Table::open(&name).expect("the table");
    let own = format!("/proc/{}/fd", std::process::id());
    let [ours, its] = [own.as_str(), "/proc/self/fd"].map(|directory| {
        let listed = Command::new("ls")
            .args(["-l", directory])
            .output()
            .expect("the command ls");
        String::from_utf8_lossy(&listed.stdout)
            .matches(name.as_str())
            .count()
    });
    assert_eq!(
        (ours, its),
        (2, 0),
        "the table's descriptor, and its lock's"
    );
}
