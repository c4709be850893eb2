//! The tags by which languages tell each other what bytes mean: C writes each, Python reads it as a value of its own and
//! writes it again, and C and Rust find what was there.
mod support;

use quipu::{Options, Table, Value, tag};
use std::process::Command;
use support::{Build, Directory, Name, compile, folder, source, succeed};

#[test]
fn c_and_python_understand_each_other() {
    let directory = Directory::with_library();
    let program = compile(&source("tags.c"), &directory, Build::Shared);
    let name = Name::new();
    let options = Options {
        max_bytes: Some(1 << 20),
        ..Options::default()
    };
    let table = Table::create(name.as_str(), options).expect("a table");
    let run = |what: &str, prefix: &str| {
        succeed(Command::new(&program).args([name.as_str(), what, prefix]));
    };
    run("write", "c:");
    succeed(
        Command::new("python3")
            .arg(folder().join("tests/tags.py"))
            .arg(directory.path().join("libquipu.so.0"))
            .args([name.as_str(), "c:", "python:"]),
    );
    run("read", "python:");

    let of = |key: &str| {
        table
            .get(key.as_bytes())
            .expect("a read")
            .expect("it is there")
    };
    for (key, bytes, flags) in [
        ("python:null", &b""[..], tag::NULL),
        ("python:true", b"\x01", tag::BOOLEAN),
        ("python:false", b"\0", tag::BOOLEAN),
        ("python:pickle", b"\x80\x04K\x07.", tag::PICKLE),
    ] {
        let bytes = bytes.to_vec();
        assert_eq!(of(key), Value::Bytes { bytes, flags }, "{key}");
    }
    assert_eq!(table.len(), 18);
}
