//! ls, stat, check, top, tables, rm, clear: what is there.
mod support;

use std::io::Read;

use serde_json::json;
use support::{Table, quipu};

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn ls_lists_keys_by_prefix_and_up_to_a_limit() {
    let table = Table::new();
    for key in ["home", "help", "about"] {
        table.run(&format!("incr {key}")).prints("1\n");
    }
    assert_eq!(sorted(&table.run("ls").yes()), ["about", "help", "home"]);
    assert_eq!(sorted(&table.run("ls --prefix h").yes()), ["help", "home"]);
    assert_eq!(table.run("ls --limit 2").yes().lines().count(), 2);
    assert_eq!(table.run("ls --limit 0").yes(), "");
    assert_eq!(
        table.run("ls --prefix a --json").json(),
        [json!({"key": "about"})]
    );
    table.run_also("set -e", &["\\xff1", "v"]).prints("");
    table
        .run_also("ls -e --prefix", &["\\xff"])
        .prints("\\xff1\n");
}

#[test]
fn ls_shows_the_whole_entry_on_request() {
    let table = Table::new();
    table.run("set k hello --flags 9 --ttl 1h").prints("");
    let line = table.run("ls -l").yes();
    let fields: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(
        (fields[0], fields[1], fields[3], fields[4]),
        ("bytes", "5", "k", "hello")
    );
    let entry = table.run("ls -l --json").json().remove(0);
    assert_eq!(
        (&entry["type"], &entry["size"], &entry["flags"]),
        (&json!("bytes"), &json!(5), &json!(9))
    );
    assert!(entry["ttl_ms"].is_u64() && entry["token"].is_string());
    table.run_with("set big -", &[b'x'; 100_000]).prints("");
    assert!(table.run("ls -l --prefix big").yes().len() < 200);
    assert_eq!(
        table.run("ls -l --json --prefix big").json()[0]["value"]
            .as_str()
            .unwrap()
            .len(),
        100_000
    );
}

#[test]
fn ls_in_parts_lists_every_key_once() {
    let table = Table::new();
    let lines: String = (0..500).map(|number| format!("{number}\n")).collect();
    table.run_with("count", lines.as_bytes()).prints("");
    let (mut keys, mut cursor, mut parts) = (Vec::new(), "0".to_owned(), 0);
    while cursor != "end" {
        let ended = table.run(&format!("ls --limit 20 --cursor {cursor}"));
        assert_eq!(ended.code, Some(0));
        keys.extend(
            String::from_utf8(ended.out)
                .unwrap()
                .lines()
                .map(str::to_owned),
        );
        cursor = ended.err.trim().to_owned();
        parts += 1;
    }
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 500);
    assert!(parts > 5, "{parts}");
    assert_eq!(table.run("ls --cursor x").code, Some(2));
}

#[test]
fn a_reader_that_goes_away_is_a_success() {
    let table = Table::new();
    let lines: String = (0..50_000)
        .map(|number| format!("a-rather-long-key-{number}\n"))
        .collect();
    table.run_with("count", lines.as_bytes()).prints("");
    for line in ["ls", "dump", "ls -l --json", "top -n 50000"] {
        let mut child = table.start(line);
        let mut first = [0; 16];
        let mut pipe = child.stdout.take().unwrap();
        pipe.read_exact(&mut first).unwrap();
        drop(pipe);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
    }
}

#[test]
fn top_ranks_numbers_and_breaks_ties_by_key() {
    let table = Table::new();
    for (key, number) in [("b", 5), ("a", 5), ("c", 7), ("d", -1)] {
        table.run(&format!("incr {key} {number}")).yes();
    }
    table.run("set text hello").prints("");
    table.run("set float 99 --float").prints("");
    table
        .run("top -n 3")
        .prints("      7 c\n      5 a\n      5 b\n");
    table
        .run("top")
        .prints("      7 c\n      5 a\n      5 b\n     -1 d\n");
    table
        .run("top -n 1 --json")
        .prints("{\"key\":\"c\",\"type\":\"integer\",\"value\":7}\n");
    table.run("top --prefix a").prints("      5 a\n");
    table.run("top -n 0").prints("");
}

#[test]
fn stat_gives_the_figures_in_both_forms() {
    let table = Table::new();
    table.run("create --max 8mib").prints("");
    table.run("incr a").yes();
    let stat = table.run("stat --json").json().remove(0);
    assert_eq!(
        (&stat["entries"], &stat["bytes_max"]),
        (&json!(1), &json!(8 << 20))
    );
    assert_eq!(
        (&stat["on_full"], &stat["hash"], &stat["tick_ms"]),
        (&json!("error"), &json!("xxh3"), &json!(128))
    );
    assert!(stat["created_ms"].as_i64().unwrap() > 1_600_000_000_000);
    assert_eq!(stat["processes"], json!([]));
    let text = table.run("stat").yes();
    assert!(
        text.contains("bytes_max        8388608 (8.0 MiB)\n"),
        "{text}"
    );
    let attached = quipu::Table::open(&table.name).unwrap();
    attached.incr(b"a", 1).unwrap();
    let stat = table.run("stat --json").json().remove(0);
    assert_eq!(stat["processes"][0]["pid"], std::process::id());
    assert_eq!(stat["processes"][0]["state"], "alive");
    assert!(table.run("stat").yes().contains("alive"));
}

#[test]
fn stat_gathers_huge_pages_on_request_and_they_stay() {
    let table = Table::in_shared_memory();
    table.run("create --max 64mib").prints("");
    let lines: String = (0..100_000).map(|number| format!("{number}\n")).collect();
    table.run_with("count", lines.as_bytes()).prints("");
    let before = table.run("stat --json").json().remove(0);
    assert_eq!(before["bytes_huge"], 0);
    let asked = table.run("stat --huge-pages --json");
    let words = asked.err.clone();
    let huge =
        serde_json::from_slice::<serde_json::Value>(&asked.out).unwrap()["bytes_huge"].clone();
    let after = table.run("stat --json").json().remove(0);
    assert_eq!(after["bytes_huge"], huge);
    for figure in ["entries", "bytes_committed", "processes"] {
        assert_eq!(after[figure], before[figure]);
    }
    // Either there are some, or it says why not.
    assert_eq!(huge == 0, words.contains("huge pages: "), "{huge}, {words}");
    let text = table.run("stat").yes();
    assert!(
        text.contains(&format!("bytes_huge       {huge} (")),
        "{text}"
    );
}

#[test]
fn check_is_quiet_about_a_sound_table_and_lists_what_is_broken() {
    let table = Table::new();
    table.run("create --max 4mib").prints("");
    let lines: String = (0..1000).map(|number| format!("{number}\n")).collect();
    table.run_with("count", lines.as_bytes()).prints("");
    table.run("check").prints("");
    table.run("check --maintain --json").prints("");
    damage_everything_behind_the_head(&table);
    let ended = table.run("check");
    assert_eq!((ended.code, ended.err.as_str()), (Some(1), ""));
    let text = String::from_utf8(ended.out).unwrap();
    assert!(text.contains("bucket"), "{text}");
    let ended = table.run("check --json");
    assert_eq!(ended.code, Some(1));
    for line in String::from_utf8(ended.out).unwrap().lines() {
        let problem: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(problem["problem"].is_string());
    }
}

/// Turns every word that is not zero from the buckets on into nonsense.
fn damage_everything_behind_the_head(table: &Table) {
    let mut bytes = std::fs::read(&table.name).unwrap();
    let first = table.run("stat --json").json()[0]["bytes_committed"]
        .as_u64()
        .unwrap();
    assert!(first > 4096);
    for word in bytes[4096..]
        .chunks_exact_mut(8)
        .filter(|word| word.iter().any(|byte| *byte != 0))
    {
        word.fill(0xa5);
    }
    std::fs::write(&table.name, bytes).unwrap();
}

#[test]
fn tables_lists_those_in_shared_memory() {
    let table = Table::in_shared_memory();
    let name = table.name.to_str().unwrap().to_owned();
    table.run("create --mode 0640").prints("");
    table.run("incr a").yes();
    let attached = quipu::Table::open(&table.name).unwrap();
    attached.incr(b"b", 1).unwrap();
    let text = quipu("tables").yes();
    let line = text
        .lines()
        .find(|line| line.starts_with(&name))
        .expect("the table is listed");
    assert!(line.contains("0640"), "{line}");
    assert!(text.starts_with("NAME"), "{text}");
    let row = quipu("tables --json")
        .json()
        .into_iter()
        .find(|row| row["name"] == name.as_str());
    let row = row.expect("the table is listed in JSON");
    assert_eq!(
        (&row["entries"], &row["attached"], &row["mode"]),
        (&json!(2), &json!(1), &json!("0640"))
    );
    assert_eq!(row["path"], format!("/dev/shm/{name}"));
    assert!(row["bytes"].as_u64().unwrap() > 0 && row["uid"].is_u64());
}

#[test]
fn rm_removes_also_under_those_who_are_attached() {
    let (table, other) = (Table::new(), Table::new());
    table.run("create").prints("");
    other.run("create").prints("");
    let attached = quipu::Table::open(&table.name).unwrap();
    table.run_also("rm", &[&other.name]).prints("");
    assert!(
        !std::path::Path::new(&table.name).exists() && !std::path::Path::new(&other.name).exists()
    );
    assert_eq!(
        attached.incr(b"k", 1),
        Err(quipu::CountError::Write(quipu::WriteError::Removed))
    );
    table.run("rm").fails("there is no table");
    table.run("rm --force").prints("");
}

#[test]
fn clear_deletes_every_key() {
    let table = Table::new();
    table.run("clear").prints("0\n");
    table.run_with("count", b"a\nb\nc\n").prints("");
    table.run("clear").prints("3\n");
    table.run("ls").prints("");
    table.run("incr a").yes();
    assert_eq!(table.run("clear --json").json(), [json!({"deleted": 1})]);
}

#[test]
fn rm_takes_the_key_of_a_segment_where_one_table_has_it() {
    // The first byte is of this test, the rest of this process.
    let key = 0x7e00_0000 | std::process::id() & 0x00ff_ffff;
    let named = |kind: &str| Table {
        name: format!("{kind}-0x{key:08x}").into(),
    };
    let (one, two) = (named("shmop"), named("shm"));
    let by_key = Table {
        name: format!("0x{key:x}").into(),
    };
    by_key.run("rm").fails("there is no table");
    by_key.run("rm --force").prints("");
    one.run("create").prints("");
    two.run("create").prints("");
    let refused = by_key.run("rm --force");
    assert!(
        refused.err.contains(two.name.to_str().unwrap())
            && refused.err.contains(one.name.to_str().unwrap())
    );
    refused.fails("several tables have this key");
    assert!(one.run("stat").yes().contains("bytes_max"));
    two.run("rm").prints("");
    // Its digits may be shorter than in the name.
    by_key.run("rm").prints("");
    one.run("stat").fails("there is no table");
    // A table of that very name goes first.
    one.run("create").prints("");
    by_key.run("create").prints("");
    by_key.run("rm").prints("");
    assert!(one.run("stat").yes().contains("bytes_max"));
}
