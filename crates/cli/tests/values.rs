//! create, get, set, add, replace, cas, del, exists, ttl, touch: values under keys, from the shell.
mod support;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use serde_json::json;
use support::{Table, quipu, wait_until};

#[test]
fn a_value_is_stored_and_read() {
    let table = Table::new();
    table.run("set greeting hello").prints("");
    table.run("get greeting").prints("hello\n");
    table.run("get greeting --raw").prints("hello");
    table.run("set greeting goodbye").prints("");
    table.run("get greeting").prints("goodbye\n");
}

#[test]
fn a_name_without_a_slash_is_in_shared_memory() {
    let table = Table::in_shared_memory();
    table.run("set greeting hello").prints("");
    let path = std::path::Path::new("/dev/shm").join(&table.name);
    assert_eq!(path.metadata().unwrap().mode() & 0o7777, 0o600);
    table.run("get greeting").prints("hello\n");
}

#[test]
fn a_missing_key_is_a_no_without_data() {
    let table = Table::new();
    table.run("create").prints("");
    for line in [
        "get none",
        "get none --json",
        "exists none",
        "ttl none",
        "del none",
        "del none --get",
        "take none",
    ] {
        assert_eq!(table.run(line).no(), "", "{line}");
    }
    table.run("touch none 5m").no();
    table.run("replace none x").no();
    table.run("set none x --append").no();
    table.run("set none x --prepend").no();
    table.run("incr none --existing").no();
    table.run("get none --touch 5m").no();
    table
        .run("cas none 00000000000000000000000000000000 x")
        .no();
}

#[test]
fn reading_commands_do_not_create_a_table_and_writing_ones_do() {
    for line in [
        "get k",
        "exists k",
        "ttl k",
        "ls",
        "stat",
        "check",
        "dump",
        "top",
        "rm",
        "get k --touch 1m",
    ] {
        let table = Table::new();
        table.run(line).fails("there is no table");
        assert!(!std::path::Path::new(&table.name).exists(), "{line}");
    }
    for line in [
        "set k v",
        "add k v",
        "incr k",
        "decr k",
        "take k",
        "del k",
        "touch k 1m",
        "clear",
        "load",
        "count",
    ] {
        let table = Table::new();
        assert_ne!(table.run(line).code, Some(2), "{line}");
        assert!(std::path::Path::new(&table.name).exists(), "{line}");
    }
}

#[test]
fn a_table_is_created_as_asked() {
    let table = Table::new();
    table
        .run("create --max 64mib --on-full evict --mode 0640 --tick 1ms --hash siphash --wipe")
        .prints("");
    let stat = &table.run("stat --json").json()[0];
    assert_eq!(stat["bytes_max"], 64 << 20);
    assert_eq!(stat["on_full"], "evict");
    assert_eq!(stat["tick_ms"], 1);
    assert_eq!(stat["hash"], "siphash");
    assert_eq!(stat["wipe"], true);
    let text = table.run("stat").yes();
    assert!(text.contains("\nwipe             yes\n"), "{text}");
    let mode = std::fs::metadata(&table.name).unwrap().mode();
    assert_eq!(mode & 0o7777, 0o640);
    table.run("create").fails("exists");
    table.run("create --if-missing --mode 0600").prints("");
}

#[test]
fn options_of_a_table_work_with_every_command_that_writes() {
    let table = Table::new();
    table.run("incr k --max 2mib --on-full evict").prints("1\n");
    let stat = &table.run("stat --json").json()[0];
    assert_eq!(
        (&stat["bytes_max"], &stat["on_full"]),
        (&json!(2 << 20), &json!("evict"))
    );
}

#[test]
fn numbers_and_flags_are_stored_as_such() {
    let table = Table::new();
    table.run("set int -9223372036854775808 --int").prints("");
    table.run("set float 0.1 --float").prints("");
    table.run("set nan nan --float").prints("");
    table.run("set flagged hello --flags 4294967295").prints("");
    table.run("get int").prints("-9223372036854775808\n");
    table.run("get float").prints("0.1\n");
    table.run("get nan").prints("nan\n");
    let entry = |key: &str| table.run(&format!("get {key} --json")).json().remove(0);
    assert_eq!(
        (&entry("int")["type"], &entry("int")["value"]),
        (&json!("integer"), &json!(i64::MIN))
    );
    assert_eq!(
        (&entry("float")["type"], &entry("float")["value"]),
        (&json!("float"), &json!(0.1))
    );
    assert_eq!(entry("nan")["value"], "nan");
    assert_eq!(entry("flagged")["flags"], u32::MAX);
    table
        .run("set k 1.5 --int")
        .fails("`1.5` is not a whole number");
    table
        .run("set k one --float")
        .fails("`one` is not a floating-point number");
    table
        .run("set k 1 --int --flags 1")
        .fails("cannot be used with");
}

#[test]
fn a_value_may_come_from_the_standard_input_exactly() {
    let table = Table::new();
    let every: Vec<u8> = (0..=255).collect();
    table.run_with("set k -", &every).prints("");
    assert_eq!(table.run("get k --raw").out, every);
    table.run_with("set k --stdin", b"line\n").prints("");
    table.run("get k --raw").prints("line\n");
    table.run_with("set n - --int", b" 12\n").prints("");
    table.run("get n").prints("12\n");
    table.run("set k").fails("VALUE");
}

#[test]
fn keys_and_values_are_any_bytes() {
    let table = Table::new();
    let (key, value) = (
        OsStr::from_bytes(b"\xff key\n"),
        OsStr::from_bytes(b"\x80\xfe"),
    );
    table.run_also("set", &[key, value]).prints("");
    assert_eq!(table.run_also("get", &[key]).out, b"\x80\xfe\n");
    table.run("ls").prints("\\xff key\\n\n");
    assert_eq!(
        table.run_also("get --escaped", &["\\xff key\\n"]).out,
        b"\x80\xfe\n"
    );
    let entry = table.run_also("get --json", &[key]).json().remove(0);
    assert_eq!(entry["key_base64"], "/yBrZXkK");
    assert_eq!(entry["value_base64"], "gP4=");
    assert!(entry.get("key").is_none() && entry.get("value").is_none());
    table.run_also("set", &["", "empty key"]).prints("");
    table.run_also("get", &[""]).prints("empty key\n");
    table.run_also("set -e", &["\\x00", "nul"]).prints("");
    assert_eq!(table.run_also("get -e", &["\\x00"]).yes(), "nul\n");
    table.run_also("get -e", &["\\q"]).fails("is not an escape");
    table.run_also("set --", &["-k", "-v"]).prints("");
    table.run_also("get --", &["-k"]).prints("-v\n");
}

#[test]
fn an_entry_is_shown_with_all_that_belongs_to_it() {
    let table = Table::new();
    table.run("set k hello --flags 7 --ttl 1h").prints("");
    let entry = table.run("get k --json").json().remove(0);
    assert_eq!(
        (&entry["key"], &entry["type"]),
        (&json!("k"), &json!("bytes"))
    );
    assert_eq!(
        (&entry["value"], &entry["flags"]),
        (&json!("hello"), &json!(7))
    );
    let ttl_ms = entry["ttl_ms"].as_u64().unwrap();
    assert!((3_000_000..=3_601_000).contains(&ttl_ms), "{ttl_ms}");
    let token = entry["token"].as_str().unwrap();
    assert_eq!(token.len(), 32);
    let text = table.run("get k --entry").yes();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines[1]), ("type   bytes", "flags  7"));
    assert!(lines[2].starts_with("ttl    "));
    assert_eq!(
        (lines[3], lines[4]),
        (format!("token  {token}").as_str(), "value  hello")
    );
}

#[test]
fn several_keys_are_read_at_once() {
    let table = Table::new();
    table.run("set a 1 --int").prints("");
    table.run_also("set", &["b", "x\ty"]).prints("");
    table.run("get a b").prints("a\t1\nb\tx\\ty\n");
    let ended = table.run("get a none --json");
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        ended.out,
        b"{\"key\":\"a\",\"type\":\"integer\",\"value\":1}\n"
    );
    table.run("get a b --raw").fails("one key");
}

#[test]
fn add_and_replace_ask_whether_the_key_is_there() {
    let table = Table::new();
    table.run("replace k 1").no();
    table.run("add k 2").prints("");
    table.run("add k 3").no();
    table.run("get k").prints("2\n");
    table.run("replace k 4").prints("");
    table.run("get k").prints("4\n");
}

#[test]
fn cas_takes_the_token_of_the_present_entry_only() {
    let table = Table::new();
    table.run("set k some-longer-value").prints("");
    let token = || {
        table.run("get k --json").json()[0]["token"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let first = token();
    table
        .run(&format!("cas k {first} another-longer-value"))
        .prints("");
    assert!(
        table
            .run(&format!("cas k {first} too-late"))
            .no()
            .contains("changed")
    );
    table.run("get k").prints("another-longer-value\n");
    assert!(
        table
            .run(&format!("del k --token {first}"))
            .no()
            .contains("changed")
    );
    table.run(&format!("del k --token {}", token())).prints("");
    assert!(
        table
            .run(&format!("cas k {first} gone"))
            .no()
            .contains("no such key")
    );
    table.run("cas k 12 x").fails("32 hexadecimal digits");
}

#[test]
fn set_gives_back_or_extends_what_was_there() {
    let table = Table::new();
    table.run("set k one --get").prints("");
    table.run("set k two --get").prints("one\n");
    assert_eq!(
        table.run("set k middle --get --json --flags 5").json()[0]["value"],
        "two"
    );
    table
        .run("set k -end --append")
        .fails("unexpected argument");
    table.run_also("set k --append --", &["-end"]).prints("");
    table.run_also("set k --prepend --", &["start-"]).prints("");
    let entry = table.run("get k --json").json().remove(0);
    assert_eq!(
        (&entry["value"], &entry["flags"]),
        (&json!("start-middle-end"), &json!(5))
    );
    table.run("set n 1 --int").prints("");
    table.run("set n x --append").fails("another type");
}

#[test]
fn del_deletes_once_and_gives_back_on_request() {
    let table = Table::new();
    table.run("set k hello --flags 3").prints("");
    assert_eq!(table.run("del k --get --json").json()[0]["flags"], 3);
    table.run("del k").no();
    table.run("set k again").prints("");
    table.run("del k --get").prints("again\n");
    table.run("set k again").prints("");
    table.run("del k").prints("");
    table.run("exists k").no();
}

#[test]
fn times_to_live_are_set_kept_changed_and_run_out() {
    let table = Table::new();
    table.run("create --tick 1ms").prints("");
    let ttl_ms = |key: &str| table.run(&format!("ttl {key} --json")).json()[0]["ttl_ms"].clone();
    table.run("set k v --ttl 1h30m").prints("");
    assert!(ttl_ms("k").as_u64().unwrap() > 5_000_000);
    table.run("set k w --keep-ttl").prints("");
    assert!(ttl_ms("k").as_u64().unwrap() > 5_000_000);
    table.run("touch k never").prints("");
    assert_eq!(ttl_ms("k"), json!(null));
    table.run("ttl k").prints("never\n");
    table.run("get k --touch 1d").prints("w\n");
    assert!(ttl_ms("k").as_u64().unwrap() > 80_000_000);
    table.run("set k x").prints("");
    assert_eq!(ttl_ms("k"), json!(null));
    table.run("set short v --ttl 10ms").prints("");
    wait_until("the key has expired", || {
        table.run("exists short").code == Some(1)
    });
    table.run("set k v --ttl 0").fails("never");
    table.run("set k v --ttl 100000d").fails("time to live");
    table.run("touch k 5x").fails("is not a duration");
}

#[test]
fn exists_answers_by_its_exit_code_and_in_json() {
    let table = Table::new();
    table.run("set k v").prints("");
    table.run("exists k").prints("");
    assert_eq!(
        table.run("exists k --json").json(),
        [json!({"key": "k", "exists": true})]
    );
    let ended = table.run("exists none --json");
    assert_eq!(
        (ended.code, &ended.out[..]),
        (Some(1), &b"{\"key\":\"none\",\"exists\":false}\n"[..])
    );
}

#[test]
fn get_can_wait_for_a_change() {
    let table = Table::new();
    table.run("create").prints("");
    assert!(table.run("get k --wait 20ms").no().contains("no change"));
    // The wait may begin after any of these changes, so they go on until it has seen one.
    let mut waiter = table.start("get k --wait 60s");
    wait_until("the change is seen", || {
        table.run("incr k").yes();
        waiter.try_wait().unwrap().is_some()
    });
    let output = waiter.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .parse::<i64>()
            .unwrap()
            > 0
    );
    table.run("set k 1 --int").prints("");
    let token = table.run("get k --json").json()[0]["token"]
        .as_str()
        .unwrap()
        .to_owned();
    table.run("set k a-longer-value-than-before").prints("");
    table
        .run(&format!("get k --wait 60s --token {token}"))
        .prints("a-longer-value-than-before\n");
}

#[test]
fn another_users_table_needs_a_word() {
    let table = Table::new();
    table.run("create --mode 0666").prints("");
    table.run("get k").fails("--owner any");
    assert_eq!(table.run("get k --owner any").code, Some(1));
    table.run("get k --owner nobody").fails("user id");
    // Only root can give a file away.
    let given = Command::new("chown")
        .arg("12345")
        .arg(&table.name)
        .output()
        .unwrap();
    if given.status.success() {
        Command::new("chmod")
            .arg("0600")
            .arg(&table.name)
            .output()
            .unwrap();
        table.run("get k").fails("--owner 12345");
        assert_eq!(table.run("get k --owner 12345").code, Some(1));
        table.run("set k v --owner 12345").prints("");
        table.run("get k --touch 1h --owner 12345").prints("v\n");
    }
}

#[test]
fn what_is_not_a_table_is_left_alone() {
    let table = Table::new();
    std::fs::write(&table.name, b"my only copy").unwrap();
    for line in ["get k", "set k v", "rm", "check"] {
        table.run(line).fails("is not a table");
    }
    assert_eq!(std::fs::read(&table.name).unwrap(), b"my only copy");
    std::fs::remove_file(&table.name).unwrap();
    quipu("get . k").fails("is no name of a table");
}
