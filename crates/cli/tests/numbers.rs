//! incr, decr, take: numbers from the shell.
mod support;

use serde_json::json;
use support::Table;

#[test]
fn incr_prints_the_new_number() {
    let table = Table::new();
    table.run("incr home 2").prints("2\n");
    table.run("incr home").prints("3\n");
    table.run("incr home -10").prints("-7\n");
    table.run("decr home 3").prints("-10\n");
    table.run("decr home -1").prints("-9\n");
    assert_eq!(
        table.run("incr home --json").json(),
        [json!({"key": "home", "type": "integer", "value": -8})]
    );
}

#[test]
fn a_new_number_starts_where_it_is_told() {
    let table = Table::new();
    table.run("incr a 5 --initial 100 --ttl 1h").prints("105\n");
    assert_ne!(table.run("ttl a").yes(), "never\n");
    table.run("incr a 5 --initial 100").prints("110\n");
    assert_ne!(table.run("ttl a").yes(), "never\n");
    table.run("decr b 5 --initial -1").prints("-6\n");
    table.run("incr c --existing").no();
    table.run("incr a --existing").prints("111\n");
}

#[test]
fn a_number_stops_at_its_floor() {
    let table = Table::new();
    table.run("set stock 3 --int").prints("");
    table.run("decr stock 2 --floor 0").prints("1\n");
    table.run("decr stock 2 --floor 0").prints("0\n");
    table.run("incr stock -9 --floor -4").prints("-4\n");
}

#[test]
fn floats_are_added_up() {
    let table = Table::new();
    table.run("incr load 0.5 --float").prints("0.5\n");
    table.run("incr load 1e300 --float").prints("1e300\n");
    table.run("decr load 1e300 --float").prints("0.0\n");
    table.run("incr load inf --float").prints("inf\n");
    assert_eq!(
        table.run("incr load 1 --float --json").json()[0]["value"],
        "inf"
    );
    table.run("incr load 0.5").fails("is not a whole number");
    table
        .run("incr load x --float")
        .fails("is not a floating-point number");
}

#[test]
fn the_larger_and_the_smaller_number_stay() {
    let table = Table::new();
    table.run("incr peak 7 --fetch-max").prints("7\n");
    table.run("incr peak 5 --fetch-max").prints("7\n");
    table.run("incr peak 9 --fetch-max").prints("9\n");
    table.run("incr peak 4 --fetch-min").prints("4\n");
    table
        .run("incr peak 4 --fetch-min --fetch-max")
        .fails("cannot be used with");
}

#[test]
fn take_resets_to_zero() {
    let table = Table::new();
    table.run("incr n 41").prints("41\n");
    table.run("take n").prints("41\n");
    table.run("take n").prints("0\n");
    table.run("incr f 1.5 --float").prints("1.5\n");
    assert_eq!(
        table.run("take f --json").json(),
        [json!({"key": "f", "type": "float", "value": 1.5})]
    );
    table.run("get f").prints("0.0\n");
}

#[test]
fn what_cannot_be_counted_is_an_error_and_changes_nothing() {
    let table = Table::new();
    table.run("set text hello").prints("");
    table.run("set most 9223372036854775807 --int").prints("");
    for line in [
        "incr text",
        "decr text",
        "take text",
        "incr text 1 --float",
        "incr text 1 --fetch-max",
    ] {
        table.run(line).fails("another type");
    }
    table.run("incr most").fails("does not fit");
    table.run("decr most -1").fails("does not fit");
    table
        .run("decr most -9223372036854775808")
        .fails("does not fit");
    table
        .run("incr most 9223372036854775808")
        .fails("is not a whole number");
    table
        .run("get text most")
        .prints("text\thello\nmost\t9223372036854775807\n");
}
