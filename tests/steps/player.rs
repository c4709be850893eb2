//! A child: attaches when it is told to, does its part when it is told to, and dies at a step of it.
use super::case::Act;
use quipu::{Options, Table};
use quipu_core::sync::steps;
use quipu_tests::system::{self, Forked};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A key that nobody ever has.
pub(super) const NOBODY: &[u8] = b"nobody";

/// How a child ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// At its step.
    Killed,
    /// It did not come to that step: it took so many, and this came of it. Then it was killed.
    Done { steps: u64, result: String },
}

/// A child as its parent sees it.
pub(super) struct Player {
    pid: u32,
    stream: UnixStream,
}

impl Player {
    /// Forks a child that will die at step `at`. The caller has no table open, so it inherits none.
    pub(super) fn start(act: &Act, path: &Path, options: &Options, at: u64) -> Self {
        let (stream, theirs) = UnixStream::pair().expect("a pair of sockets");
        match system::fork().expect("room for a process") {
            Forked::Child => {
                drop(stream);
                // What a panic would drop is the parent's.
                let life = || play(act, path, options, at, theirs);
                let _ = panic::catch_unwind(AssertUnwindSafe(life));
                system::exit_now(101)
            }
            Forked::Parent(pid) => Self { pid, stream },
        }
    }

    /// Has it attach to the table, if its part does not begin with that.
    pub(super) fn attach(&mut self) -> Result<(), String> {
        self.stream
            .write_all(b"a")
            .map_err(|error| error.to_string())?;
        let mut ready = [0];
        self.stream
            .read_exact(&mut ready)
            .map_err(|error| format!("a child could not attach: {error}"))
    }

    /// Has it do its part, and waits until it is gone.
    pub(super) fn finish(mut self) -> Result<Ended, String> {
        self.stream
            .write_all(b"g")
            .map_err(|error| error.to_string())?;
        let mut report = Vec::new();
        let read = self.stream.read_to_end(&mut report);
        let status = system::wait(self.pid).map_err(|error| error.to_string())?;
        read.map_err(|error| error.to_string())?;
        if status != libc::SIGKILL {
            return Err(format!("a child ended with wait status {status:#x}"));
        }
        let Some((steps, result)) = report.split_first_chunk() else {
            return Ok(Ended::Killed);
        };
        Ok(Ended::Done {
            steps: u64::from_le_bytes(*steps),
            result: String::from_utf8_lossy(result).into_owned(),
        })
    }
}

/// The step at which this process dies.
static AT: Mutex<u64> = Mutex::new(u64::MAX);

fn step(number: u64) {
    if AT.lock().is_ok_and(|at| *at == number) {
        die();
    }
}

fn die() -> ! {
    let _ = system::signal(std::process::id(), libc::SIGKILL);
    loop {
        std::thread::park();
    }
}

/// The whole life of a child.
fn play(act: &Act, path: &Path, options: &Options, at: u64, mut stream: UnixStream) -> ! {
    system::die_with_parent();
    let mut word = [0];
    stream.read_exact(&mut word).expect("the parent");
    let table = match act {
        Act::On(_) | Act::Close => Some(join(path)),
        Act::Open | Act::Create => None,
    };
    stream.write_all(b"r").expect("the parent");
    stream.read_exact(&mut word).expect("the parent");
    *AT.lock().expect("nothing panics here") = at;
    steps::on_step(Some(step));
    let (result, opened) = match (act, table) {
        (Act::On(run), Some(table)) => (run(&table), Some(table)),
        (Act::Create, _) => {
            let made = Table::create(second(path), options.clone());
            (format!("{:?}", made.as_ref().map(|_| ())), made.ok())
        }
        (Act::Open, _) => {
            let opened = Table::open(path);
            (format!("{:?}", opened.as_ref().map(|_| ())), opened.ok())
        }
        (_, table) => {
            drop(table);
            ("Ok(())".to_owned(), None)
        }
    };
    let taken = steps::taken();
    steps::on_step(None);
    let mut report = taken.to_le_bytes().to_vec();
    report.extend_from_slice(result.as_bytes());
    stream.write_all(&report).expect("the parent");
    std::mem::forget(opened);
    die()
}

/// The name of the table that [`Act::Create`] makes.
pub(super) fn second(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Opens a table and becomes a participant, as whoever has written before.
pub(super) fn join(path: &Path) -> Table {
    let table = Table::open(path).expect("the table that was prepared");
    table.delete(NOBODY).expect("a table that works");
    table
}
