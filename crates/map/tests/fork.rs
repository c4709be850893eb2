//! What a child of fork may do with the handles that it inherits.
mod support;

use quipu::{Table, Ttl, Value};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use support::{Name, Running, mib, part, rerun, table};

/// Runs `part` in a child of `fork`; 0 is the exit status of one that ends well.
fn forked(part: impl FnOnce()) -> i32 {
    // SAFETY: the child runs `part` in its only thread and leaves by `_exit`. The C library keeps malloc usable in
    // a child of a process with several threads; `part` takes no other lock of the test harness.
    run(unsafe { libc::fork() }, part)
}

/// As [`forked`], by the system call, which runs none of the hooks of the C library.
fn cloned(part: impl FnOnce()) -> i32 {
    // SAFETY: as `forked`: without a stack and with SIGCHLD this is a fork.
    let pid = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
    run(i32::try_from(pid).expect("a pid"), part)
}

fn run(pid: i32, part: impl FnOnce()) -> i32 {
    assert!(pid >= 0, "fork");
    if pid == 0 {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(part));
        // SAFETY: ends the child at once, without the parent's exit handlers.
        unsafe { libc::_exit(i32::from(result.is_err())) };
    }
    let mut status = -1;
    // SAFETY: `status` outlives the call.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    status
}

#[test]
fn a_child_goes_on_with_the_handles_of_its_parent() {
    a_child_writes(|part| forked(part));
}

/// What this program does in a process of its own.
#[test]
fn child() {
    if part().is_some() {
        a_child_writes(|part| cloned(part));
    }
}

/// In a process that does nothing else: a raw clone does not wait for the locks of other threads.
#[test]
fn a_child_of_a_raw_clone_does_too() {
    Running::start(rerun("raw clone", "")).finish();
}

fn a_child_writes(fork: impl Fn(Box<dyn FnOnce() + '_>) -> i32) {
    let table = table();
    table.incr(b"n", 1).expect("room");
    let status = fork(Box::new(|| {
        assert_eq!(table.incr(b"n", 1), Ok(2));
        table
            .set(b"k", "a value that has a block", Ttl::Never)
            .expect("room");
        let stats = table.stats();
        assert_eq!(
            stats.processes.len(),
            2,
            "its own slot, beside its parent's"
        );
        assert_eq!(stats.participants, 4);
        let own = std::process::id();
        let mine = stats
            .processes
            .iter()
            .find(|process| process.pid == own)
            .expect("its own");
        assert_eq!(mine.participants, 2);
        assert!(stats.recovery);
    }));
    assert_eq!(status, 0);
    assert_eq!(table.incr(b"n", 1), Ok(3));
    assert_eq!(
        table.get(b"k"),
        Ok(Some(Value::bytes(*b"a value that has a block")))
    );
    assert_eq!(
        table.maintain().expect("no error").recovered_processes,
        1,
        "it left by _exit"
    );
    assert_eq!(table.stats().participants, 2);
    assert_eq!(table.check().problems, []);
}

#[test]
fn a_child_that_closes_its_handles_takes_nothing_from_its_parent() {
    let name = Name::new();
    let table = Table::create(&name, mib(4)).expect("a table");
    table.incr(b"n", 1).expect("room");
    let mut handle = Some(table);
    let status = forked(|| {
        // Never used here, only dropped.
        drop(handle.take());
        let table = Table::open(&name).expect("the table");
        assert_eq!(
            table.maintain().expect("no error").recovered_processes,
            0,
            "its parent lives"
        );
        assert_eq!(table.incr(b"n", 1), Ok(2));
        assert_eq!(table.stats().processes.len(), 2);
        drop(table);
    });
    assert_eq!(status, 0);
    let table = handle.expect("the parent's own");
    let stats = table.stats();
    assert_eq!(
        (stats.processes.len(), stats.participants),
        (1, 2),
        "the child closed what was its own"
    );
    assert_eq!(table.incr(b"n", 1), Ok(3));
}

#[test]
fn a_grandchild_is_another_process_again() {
    let table = table();
    table.incr(b"n", 1).expect("room");
    let status = forked(|| {
        table.incr(b"n", 1).expect("room");
        let status = forked(|| {
            table.incr(b"n", 1).expect("room");
            assert_eq!(table.stats().processes.len(), 3);
        });
        assert_eq!(status, 0);
        table.incr(b"n", 1).expect("room");
    });
    assert_eq!(status, 0);
    assert_eq!(table.get_number(b"n"), Ok(Some(4)));
    assert_eq!(table.maintain().expect("no error").recovered_processes, 2);
}

#[test]
fn a_child_that_never_uses_the_table_is_harmless() {
    let table = table();
    table.incr(b"n", 1).expect("room");
    assert_eq!(forked(|| ()), 0);
    assert_eq!(table.maintain().expect("no error").recovered_processes, 0);
    assert_eq!(table.incr(b"n", 1), Ok(2));
    assert_eq!(table.stats().processes.len(), 1);
}

#[test]
fn a_child_of_a_busy_process_can_open_and_write() {
    let (table, done) = (table(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                table.set(b"busy", &[7; 3000], Ttl::Never).expect("room");
            }
        });
        scope.spawn(|| {
            // Holds the lock of the library most of the time.
            while !done.load(Ordering::Relaxed) {
                let table = Table::memfd(mib(1)).expect("a memory file");
                table.incr(b"n", 1).expect("room");
            }
        });
        for round in 0..100 {
            let status = forked(|| {
                table.incr(b"children", 1).expect("room");
                let own = Table::memfd(mib(1)).expect("a memory file");
                assert_eq!(own.incr(b"n", 1), Ok(1));
            });
            assert_eq!(status, 0, "round {round}");
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(table.get_number(b"children"), Ok(Some(100)));
    table.maintain().expect("no error");
    assert_eq!(table.check().problems, []);
}

#[test]
fn a_child_does_not_close_a_descriptor_that_is_not_the_tables_any_more() {
    let name = Name::new();
    let table = Table::create(&name, mib(1)).expect("a table");
    table.incr(b"n", 1).expect("room");
    let status = forked(|| {
        table.incr(b"n", 1).expect("room");
        let replaced = replace_descriptors_of(&name);
        assert!(
            replaced.len() >= 2,
            "the table's own, and its lock's: {replaced:?}"
        );
        let status = forked(|| {
            for descriptor in &replaced {
                let target = std::fs::read_link(format!("/proc/self/fd/{descriptor}"));
                assert!(
                    target.is_ok_and(|target| target.ends_with("null")),
                    "{descriptor} is open"
                );
            }
        });
        assert_eq!(status, 0);
    });
    assert_eq!(status, 0);
}

#[test]
fn a_process_that_loses_its_descriptors_goes_on() {
    let name = Name::new();
    let table = Table::create(&name, mib(8)).expect("a table");
    table.incr(b"n", 1).expect("room");
    let mut handle = Some(table);
    let status = forked(|| {
        let table = handle.take().expect("a handle");
        table.incr(b"n", 1).expect("room");
        let replaced = replace_descriptors_of(&name);
        assert_eq!(replaced.len(), 2, "the table's own, and its lock's");
        // More memory has to be taken for these, by a descriptor that is not the table's any more.
        for i in 0..3000 {
            let key = format!("key:{i}");
            table
                .set(key.as_bytes(), &[1; 1000], Ttl::Never)
                .expect("room");
        }
        assert_eq!(table.stats().processes.len(), 2);
        assert_eq!(
            table.maintain().expect("no error").recovered_processes,
            0,
            "nobody seems dead by the locks of another file"
        );
        let ours = descriptors_of(&name);
        assert_eq!(ours.len(), 1, "a new one for its locks");
        assert!(table.stats().recovery);
        drop(table);
        for descriptor in replaced {
            let target = std::fs::read_link(format!("/proc/self/fd/{descriptor}"));
            assert!(target.is_ok_and(|target| target.ends_with("null")));
        }
    });
    assert_eq!(status, 0);
    let table = handle.expect("the parent's own");
    assert_eq!(table.len(), 3001);
    assert_eq!(
        table.stats().processes.len(),
        1,
        "the child gave its slot back"
    );
    assert_eq!(table.check().problems, []);
}

/// As a program that closes what it does not know, and then opens files of its own.
fn replace_descriptors_of(name: &Name) -> Vec<i32> {
    let null = std::fs::File::open("/dev/null").expect("a device");
    let descriptors = descriptors_of(name);
    for descriptor in &descriptors {
        // SAFETY: the library compares a descriptor with its file before it uses it, which is what is tested here.
        let replacement = unsafe { libc::dup2(null.as_raw_fd(), *descriptor) };
        assert_eq!(replacement, *descriptor);
    }
    descriptors
}

/// The descriptors of this process that are open on a table's file.
fn descriptors_of(name: &Name) -> Vec<i32> {
    let inode = std::fs::metadata(name.path()).expect("the file").ino();
    let is_its = |descriptor: &i32| {
        let target = std::fs::metadata(format!("/proc/self/fd/{descriptor}"));
        target.is_ok_and(|target| target.ino() == inode)
    };
    (3..200).filter(is_its).collect()
}
