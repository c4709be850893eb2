//! Two C processes and a Rust process on one table: nothing is lost, nothing is counted twice.
mod support;

use quipu::{Options, Table, Ttl, Value};
use std::process::Command;
use support::{Build, Directory, Name, compile, source};

const ROUNDS: i64 = 20_000;
/// What comes before the number in the entry that all of them change by compare-and-set.
const TEXT: &str = "a number in many bytes: ";

fn number_in(value: &Value) -> i64 {
    let text = std::str::from_utf8(value.as_bytes().expect("bytes")).expect("text");
    text.strip_prefix(TEXT)
        .expect("its start")
        .parse()
        .expect("a number")
}

/// The same as in writer.c, with the Rust library.
fn count(table: &Table) {
    let mut counter = table.counter(b"counter").expect("a handle");
    let mut striped = table.striped(b"striped").expect("a handle");
    for round in 0..ROUNDS {
        let key = format!("key:{:03}", round % 500);
        table.incr(b"sum", 3).expect("a sum");
        table.incr(key.as_bytes(), 1).expect("a sum");
        counter.add(1).expect("a sum");
        striped.add(2).expect("it is added");
        table
            .update(b"text", |entry| {
                let number = number_in(&entry.expect("it is there").value) + 1;
                let next = Value::bytes(format!("{TEXT}{number}"));
                (quipu::Update::Set(next, Ttl::Keep), ())
            })
            .expect("a change");
    }
}

#[test]
fn two_c_processes_and_a_rust_process_count_together() {
    let directory = Directory::with_library();
    let name = Name::new();
    let options = Options {
        max_bytes: Some(16 << 20),
        ..Options::default()
    };
    let table = Table::create(name.as_str(), options).expect("a table");
    let start = format!("{TEXT}0");
    table
        .set(b"text", &start, Ttl::Never)
        .expect("it is stored");
    let shared = compile(&source("writer.c"), &directory, Build::Shared);
    let alone = Directory::new();
    let linked = compile(&source("writer.c"), &alone, Build::Static);
    let children: Vec<_> = [shared, linked]
        .iter()
        .map(|program| {
            let mut command = Command::new(program);
            command.arg(name.as_str()).arg(ROUNDS.to_string());
            command.spawn().expect("a process")
        })
        .collect();
    count(&table);
    for mut child in children {
        assert!(child.wait().expect("its end").success());
    }

    let number = |key: &str| table.get_number(key.as_bytes()).expect("a number");
    assert_eq!(number("sum"), Some(9 * ROUNDS));
    assert_eq!(number("counter"), Some(3 * ROUNDS));
    assert_eq!(number("striped"), Some(6 * ROUNDS));
    for key in 0..500 {
        assert_eq!(number(&format!("key:{key:03}")), Some(3 * ROUNDS / 500));
    }
    let text = table.get(b"text").expect("a read").expect("it is there");
    assert_eq!(number_in(&text), 3 * ROUNDS);
    let report = table.check();
    assert_eq!((report.problems, report.entries), (Vec::new(), 504));
}
