//! The command: its exit codes, and the names of its figures, which scripts rely on.
use quipu_tests::files::Directory;
use std::net::UdpSocket;
use std::process::{Command, Output};

fn load(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quipu-radius-load"));
    command.args(arguments).output().expect("it runs")
}

#[test]
fn a_server_that_is_silent_costs_the_exit_code() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let to = silent.local_addr().expect("an address").to_string();
    let arguments = [
        "closed",
        "--to",
        &to,
        "--requests",
        "3",
        "--outstanding",
        "2",
        "--timeout-ms",
        "20",
    ];
    let output = load(&[&arguments[..], &["--attempts", "2", "--json"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(figures["requests"], 3);
    assert_eq!(figures["sent"], 6);
    assert_eq!(figures["retransmitted"], 3);
    assert_eq!(figures["lost"], 3);
    assert_eq!(figures["answered"], 0);
    for name in [
        "per_second",
        "loader_us_per_request",
        "bad_authenticators",
        "times",
        "by_kind",
    ] {
        assert!(!figures[name].is_null(), "{name}");
    }
}

#[test]
fn another_machine_is_an_error() {
    let output = load(&["burst", "--to", "192.0.2.1:1813"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not on this machine"));
}

#[test]
fn the_disk_is_measured_both_ways_and_left_as_it_was() {
    let folder = Directory::on_disk();
    let path = folder.path().to_str().expect("text");
    let output = load(&["sync", "--folder", path, "--count", "20", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(figures["append"]["count"], 20);
    assert_eq!(figures["overwrite"]["count"], 20);
    assert_eq!(std::fs::read_dir(path).expect("the folder").count(), 0);
}
