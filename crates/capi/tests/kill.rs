//! C processes that are killed again and again while they write: nothing that was acknowledged is lost, nobody waits,
//! and what they leave is cleared away.
mod support;

use quipu::{Options, Table};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use support::{Build, Directory, Name, compile, source};

const KILLS: u64 = 60;

fn start(program: &Path, name: &Name) -> Child {
    let mut command = Command::new(program);
    command.arg(name.as_str()).stdout(Stdio::piped());
    command.spawn().expect("a process")
}

/// Kills a process by SIGKILL, and returns how many additions it was told of.
fn kill(mut child: Child) -> u64 {
    child.kill().expect("it lives");
    let mut acknowledged = Vec::new();
    let mut output = child.stdout.take().expect("a pipe");
    output
        .read_to_end(&mut acknowledged)
        .expect("the rest of the pipe");
    let status = child.wait().expect("its end");
    assert_eq!(status.code(), None, "it was not killed: {status}");
    acknowledged.len() as u64
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let directory = Directory::with_library();
    let program = compile(&source("victim.c"), &directory, Build::Shared);
    let name = Name::new();
    let options = Options {
        max_bytes: Some(16 << 20),
        ..Options::default()
    };
    let table = Table::create(name.as_str(), options).expect("a table");
    let mut acknowledged = 0;
    let mut other = start(&program, &name);
    for round in 0..KILLS {
        let victim = start(&program, &name);
        // At other places each time. A pipe that nobody reads is full after 65,536 additions, and that stops them.
        std::thread::sleep(Duration::from_micros(2000 + round * 1733 % 20_000));
        acknowledged += kill(std::mem::replace(&mut other, victim));
        table.incr(b"ours", 1).expect("nobody is in the way");
    }
    acknowledged += kill(other);

    let count = table
        .get_number(b"count")
        .expect("a number")
        .expect("it is there");
    let count = u64::try_from(count).expect("a count");
    // Each may have died between its addition and its word of it.
    assert!(
        (acknowledged..=acknowledged + KILLS + 1).contains(&count),
        "{count} additions, {acknowledged} acknowledged"
    );
    assert!(acknowledged > KILLS, "they did nothing: {acknowledged}");
    assert_eq!(table.get_number(b"ours"), Ok(Some(KILLS.cast_signed())));
    table.maintain().expect("upkeep");
    let report = table.check();
    assert_eq!(report.problems, Vec::new());
    assert_eq!(table.stats().processes.len(), 1, "the dead are gone");
}
