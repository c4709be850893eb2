//! The command line itself: help, and mistakes.
mod support;

use support::{Table, quipu};

#[test]
fn no_arguments_print_the_help() {
    let text = quipu("").yes();
    assert!(text.contains("Usage: quipu") && text.contains("demo"));
    assert_eq!(quipu("help").yes(), quipu("--help").yes());
}

#[test]
fn every_command_has_help_with_an_example() {
    let help = quipu("").yes();
    for command in [
        "create", "get", "set", "add", "replace", "cas", "incr", "decr", "take", "del", "exists",
        "ttl", "touch", "ls", "stat", "check", "dump", "load", "clear", "rm", "tables", "count",
        "top", "demo",
    ] {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command} is not in the help"
        );
        let text = quipu(&format!("{command} --help")).yes();
        assert!(text.contains("Example: "), "{command} has no example");
        assert!(
            text.contains(&format!("quipu {command}")),
            "{command} has an example of something else"
        );
    }
}

#[test]
fn mistakes_are_errors_with_words() {
    quipu("fly").fails("unrecognized subcommand");
    quipu("get").fails("TABLE");
    quipu("create hits --max lots").fails("is not a size");
    quipu("create hits --tick 100ms").fails("power of two");
    quipu("create hits --mode 999").fails("octal");
    quipu("create hits --on-full shrink").fails("invalid value");
    quipu("create hits --group no-such-group").fails("/etc/group");
    quipu("create /no/such/directory/hits").fails("there is no directory");
}

#[test]
fn a_key_that_is_too_long_is_an_error() {
    let table = Table::new();
    let longest = "k".repeat(65_535);
    table.run_also("incr", &[&longest]).prints("1\n");
    table.run_also("get", &[&longest]).prints("1\n");
    table
        .run_also("incr", &[longest + "k"])
        .fails("65,535 bytes");
}

#[test]
fn a_value_that_is_too_long_is_an_error() {
    let table = Table::new();
    table
        .run_with("set k -", &vec![b'v'; (64 << 20) + 1])
        .fails("64 MiB");
    table.run_with("set k -", &vec![b'v'; 64 << 20]).prints("");
    assert_eq!(table.run("get k --raw").out.len(), 64 << 20);
}
