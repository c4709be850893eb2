//! What happens to whole processes by their own hand: threads, forks in the middle of operations, exec, closing and
//! opening.
use crate::key::{COUNTER, key_of};
use crate::number::plus;
use crate::tally::Event;
use crate::worker::{self, Job, Worker};
use quipu_core::Word;
use quipu_tests::child;
use quipu_tests::random::Random;
use quipu_tests::shared::{add, get, put};
use quipu_tests::system::{self, Forked};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Threads that are in the middle of operations when their process forks, or is replaced.
const THREADS: usize = 2;
const FORKS_MAX: usize = 3;
/// A fork lives for about so long at most, where it does not end by itself.
const FORK_NS_MAX: u64 = 3_000_000;
const ATTACHMENTS_MAX: u64 = 12;

/// While other threads are in the middle of operations: forks some times, or replaces the program.
pub(crate) fn crowd(worker: &mut Worker) {
    let is_over = Arc::new(Word::new(0));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (mut twin, is_over) = (worker.twin(), Arc::clone(&is_over));
            worker.event(Event::Thread);
            thread::spawn(move || {
                while get(&is_over) == 0 {
                    twin.quiet_step();
                }
                twin.life.end(&twin.tallies);
            })
        })
        .collect();
    pause(&mut worker.random);
    if worker.random.one_in(4) {
        replace(worker);
    }
    for _ in 0..=worker.random.index(FORKS_MAX) {
        match system::fork_dependent().expect("room for a process") {
            Forked::Child => live_as_fork(worker),
            Forked::Parent(pid) => {
                worker.event(Event::Fork);
                await_fork(worker, pid);
            }
        }
    }
    worker.begin(Job::Crowd);
    put(&is_over, 1);
    for thread in threads {
        thread.join().expect("a panic ends the process");
    }
}

/// Two processes come out of one operation: it takes effect for each of them.
pub(crate) fn fork_inside(worker: &mut Worker) {
    let tallies = Arc::clone(&worker.tallies);
    let (number, tally) = tallies.pick_counter(&mut worker.random);
    let key = key_of(COUNTER, number);
    add(tally.started, 2);
    let mut forked = None;
    let done = worker.table().update(&key, |entry| {
        // Whoever is slower comes here again.
        forked.get_or_insert_with(|| system::fork_dependent().expect("room for a process"));
        (plus(entry, 1), ())
    });
    let side = match worker.admitted(done) {
        Some(()) => tally.acknowledged,
        None => tally.refused,
    };
    add(side, 1);
    match forked {
        Some(Forked::Child) => live_as_fork(worker),
        Some(Forked::Parent(pid)) => {
            worker.event(Event::Fork);
            await_fork(worker, pid);
        }
        None => panic!("an update without its closure"),
    }
}

/// The whole life of a fork, which uses what it inherited.
fn live_as_fork(worker: &mut Worker) -> ! {
    let mut fork = worker.twin();
    let way = fork.random.below(4);
    if way == 0 {
        let nanoseconds = fork.random.below(FORK_NS_MAX);
        system::die_in_ns(u32::try_from(nanoseconds).expect("short"));
    }
    let steps = if way == 0 {
        u64::MAX
    } else {
        fork.random.below(300)
    };
    for _ in 0..steps {
        if get(fork.tallies.end()) != 0 {
            break;
        }
        fork.quiet_step();
    }
    if way == 1 {
        // As a process that ends well: nobody else uses the handle, in this process.
        fork.detach();
        worker.detach();
    }
    fork.life.end(&fork.tallies);
    system::exit_now(0)
}

/// Works on beside it, may kill it, and sees how it ended.
fn await_fork(worker: &mut Worker, pid: u32) {
    for _ in 0..worker.random.below(100) {
        worker.quiet_step();
    }
    if worker.random.one_in(3) {
        pause(&mut worker.random);
        system::signal(pid, libc::SIGKILL).expect("a child that was not waited for");
    }
    worker.begin(Job::AwaitFork);
    match system::wait(pid).expect("our child") {
        0 => {}
        libc::SIGKILL => worker.event(Event::ForkKilled),
        other => panic!("a fork ended with wait status {other:#x}"),
    }
}

fn pause(random: &mut Random) {
    thread::sleep(Duration::from_micros(random.below(1500)));
}

/// The same program in the same process, which has the table open and perhaps threads in the middle of operations.
/// For the tallies it is another life.
pub(crate) fn replace(worker: &mut Worker) {
    worker.event(Event::Exec);
    let life = worker.tallies.new_life();
    life.begin(Job::Exec as u64, &worker.tallies);
    put(worker.tallies.sitting(worker.seat), life.id);
    worker.life.end(&worker.tallies);
    let mut arguments = worker.arguments.clone();
    arguments[worker::ID] = life.id.to_string();
    let arguments: Vec<&dyn ToString> = arguments
        .iter()
        .map(|argument| argument as &dyn ToString)
        .collect();
    let error = child::replace("worker", &arguments);
    panic!("exec: {error}");
}

/// Closes and opens the table many times, with and without a use of it between.
pub(crate) fn attach_and_detach(worker: &mut Worker) {
    let name = worker.arguments.first().expect("the table").clone();
    for _ in 0..worker.random.below(ATTACHMENTS_MAX) {
        worker.begin(Job::Attach);
        worker.detach();
        worker.event(Event::Detach);
        worker.attach(&name);
        if worker.random.one_in(2) {
            worker.quiet_step();
        }
    }
}
