//! Values that other languages marked by a tag, as people see them.
mod support;

use quipu::tag;
use support::Table;

/// A table with a value of each tag that the command has a word or a name for.
fn marked() -> Table {
    let table = Table::new();
    let set = |key: &str, flags: u32, bytes: &[u8]| {
        let line = format!("set {key} --stdin --flags {flags}");
        table.run_with(&line, bytes).prints("");
    };
    set("null", tag::NULL, b"");
    set("yes", tag::BOOLEAN, &[1]);
    set("no", tag::BOOLEAN, &[0]);
    set("list", tag::JSON, b"[1,null]");
    set("php", tag::PHP, b"b:1;");
    set("odd", tag::BOOLEAN, b"1");
    table
}

#[test]
fn null_and_truth_values_are_printed_as_words() {
    let table = marked();
    table.run("get null").prints("null\n");
    table.run("get yes").prints("true\n");
    table.run("get no").prints("false\n");
    table.run("get list").prints("[1,null]\n");
    table
        .run("get null no yes")
        .prints("null\tnull\nno\tfalse\nyes\ttrue\n");
}

#[test]
fn raw_and_json_are_exact() {
    let table = marked();
    assert_eq!(table.run("get yes --raw").out, [1]);
    assert!(table.run("get null --raw").out.is_empty());
    let entry = table.run("get no --json").json().remove(0);
    assert_eq!(
        (&entry["type"], &entry["value"]),
        (&"bytes".into(), &"\0".into())
    );
    assert_eq!(entry["flags"], tag::BOOLEAN);
}

#[test]
fn a_mark_that_does_not_fit_is_shown_as_bytes() {
    let table = marked();
    table.run("get odd").prints("1\n");
}

#[test]
fn types_are_named_by_the_mark() {
    let table = marked();
    let listed = table.run("ls -l").yes();
    let mut types: Vec<(&str, &str)> = listed
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (words[3], words[0])
        })
        .collect();
    types.sort_unstable();
    let expected = [
        ("list", "json"),
        ("no", "boolean"),
        ("null", "null"),
        ("odd", "boolean"),
        ("php", "php"),
        ("yes", "boolean"),
    ];
    assert_eq!(types, expected);
    assert!(
        table
            .run("get yes --entry")
            .yes()
            .starts_with("type   boolean\n")
    );
}
