//! demo: it proves what it says, and cleans up however it ends.
mod support;

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use support::{command, quipu, wait_until};

fn table_of(pid: u32) -> PathBuf {
    PathBuf::from(format!("/dev/shm/quipu-demo-{pid}"))
}

#[test]
fn the_demonstration_proves_its_counts_and_removes_its_table() {
    let child = command(vec!["demo".into(), "--seconds".into(), "2".into()])
        .spawn()
        .unwrap();
    let table = table_of(child.id());
    let output = child.wait_with_output().unwrap();
    let (text, words) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert_eq!(
        (output.status.code(), words.as_str()),
        (Some(0), ""),
        "{text}"
    );
    for line in [
        "4 processes",
        "SIGKILL for process",
        "Proved, by a plain HashMap",
        "finds nothing wrong",
    ] {
        assert!(text.contains(line), "`{line}` is not in:\n{text}");
    }
    assert!(!table.exists());
}

#[test]
fn ctrl_c_removes_the_table_too() {
    let mut child = command(vec!["demo".into(), "--seconds".into(), "60".into()])
        .process_group(0)
        .spawn()
        .unwrap();
    let table = table_of(child.id());
    wait_until("the table is there", || table.exists());
    // As the terminal does it: to all processes of the group.
    let kill = Command::new("sh")
        .arg("-c")
        .arg(format!("kill -INT -{}", child.id()))
        .status()
        .unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), None);
    wait_until("the table is gone", || !table.exists());
}

#[test]
fn arguments_out_of_range_are_refused() {
    quipu("demo --workers 1").fails("2..=64");
    quipu("demo --seconds 61").fails("1..=60");
}
