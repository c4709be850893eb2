//! What the shared library shows of itself: the functions of the header and nothing else, under its own name.
mod support;

use std::collections::BTreeSet;
use std::process::Command;
use support::{functions, library, succeed};

fn says(command: &mut Command) -> String {
    String::from_utf8(succeed(command).stdout).expect("text")
}

#[test]
fn the_shared_library_exports_what_the_header_declares() {
    let mut nm = Command::new("nm");
    let symbols = says(
        nm.args(["--dynamic", "--defined-only", "--format=posix"])
            .arg(library("so")),
    );
    let exported: BTreeSet<&str> = symbols
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let functions = functions();
    let declared: BTreeSet<&str> = functions.iter().map(String::as_str).collect();
    assert_eq!(exported, declared);
}

#[test]
fn the_shared_library_has_its_name() {
    let dynamic = says(Command::new("readelf").arg("--dynamic").arg(library("so")));
    assert!(dynamic.contains("[libquipu.so.0]"), "{dynamic}");
}
