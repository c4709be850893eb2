//! count: lines into a table, exactly, from one process or many.
mod support;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write;
use std::process::Stdio;

use serde_json::json;
use support::{Table, command, temporary, wait_until};

/// Lines that repeat, as words do: some often, many seldom.
fn text(lines: u32, seed: u32) -> String {
    let mut random = seed;
    let mut text = String::new();
    for _ in 0..lines {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let rank = (random >> 8) % 1000;
        writeln!(text, "word-{}", rank * rank / 1000 * ((random >> 20) % 3)).unwrap();
    }
    text
}

/// What `top` has to print for these keys, independently computed.
fn reference<'k>(keys: impl Iterator<Item = &'k str>) -> String {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by(|(key, count), (other_key, other)| other.cmp(count).then(key.cmp(other_key)));
    let mut lines = String::new();
    for (key, count) in counts {
        writeln!(lines, "{count:7} {key}").unwrap();
    }
    lines
}

#[test]
fn counts_are_those_of_a_hash_map() {
    let table = Table::new();
    let text = text(100_000, 1);
    table.run_with("count", text.as_bytes()).prints("");
    table.run("top -n 1000000").prints(&reference(text.lines()));
}

#[test]
fn eight_processes_start_on_a_table_that_does_not_exist_and_lose_nothing() {
    let table = Table::new();
    let pieces: Vec<String> = (0..8).map(|piece| text(20_000, piece)).collect();
    let mut children: Vec<_> = pieces.iter().map(|_| table.start("count")).collect();
    for (child, piece) in children.iter_mut().zip(&pieces) {
        child
            .stdin
            .take()
            .unwrap()
            .write_all(piece.as_bytes())
            .unwrap();
    }
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let all = pieces.concat();
    table.run("top -n 1000000").prints(&reference(all.lines()));
    table.run("check --maintain").prints("");
}

#[test]
fn lines_are_bytes_and_the_last_one_needs_no_end() {
    let table = Table::new();
    table
        .run_with("count", b"a\n\n\xff\x00\na\r\n\na")
        .prints("");
    assert_eq!(table.number(b"a"), Some(2));
    assert_eq!(table.number(b""), Some(2));
    assert_eq!(table.number(b"\xff\x00"), Some(1));
    assert_eq!(table.number(b"a\r"), Some(1));
    table.run_with("count", b"").prints("");
    assert_eq!(table.run("ls").yes().lines().count(), 4);
}

#[test]
fn a_field_is_counted_as_awk_and_cut_would_print_it() {
    let table = Table::new();
    table
        .run_with("count -f 2", b"x a y\n  x\ta\nx\n\n")
        .prints("");
    assert_eq!((table.number(b"a"), table.number(b"")), (Some(2), Some(2)));
    let table = Table::new();
    table
        .run_with("count -f 2 -d ,", b"x,a,y\nx,,a\nx\n")
        .prints("");
    assert_eq!((table.number(b"a"), table.number(b"")), (Some(1), Some(2)));
    let table = Table::new();
    table
        .run_with("count --field 3 --delimiter \\t", b"x\ty\ta b\tz")
        .prints("");
    assert_eq!(table.number(b"a b"), Some(1));
    table.run("count -d ,").fails("--field");
    assert_eq!(table.run("count -f 0").code, Some(2));
}

#[test]
fn files_are_counted_one_after_the_other_and_a_missing_one_is_told_at_the_end() {
    let table = Table::new();
    let (one, two) = (temporary("one"), temporary("two"));
    std::fs::write(&one, "a\nb").unwrap();
    std::fs::write(&two, "a\n").unwrap();
    table.run_also("count", &[&one, &two]).prints("");
    assert_eq!((table.number(b"a"), table.number(b"b")), (Some(2), Some(1)));
    let missing = temporary("missing");
    table
        .run_also("count", &[&missing, &one])
        .fails("No such file");
    assert_eq!((table.number(b"a"), table.number(b"b")), (Some(3), Some(2)));
    assert_eq!(
        table.run_also("count --json", &[&one]).json(),
        [json!({"lines": 2, "lines_not_counted": 0})]
    );
    std::fs::remove_file(one).unwrap();
    std::fs::remove_file(two).unwrap();
}

#[test]
fn a_line_is_visible_while_the_input_stalls() {
    let table = Table::new();
    let mut child = table.start("count");
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(b"first\nsecond\nthe beginning of a")
        .unwrap();
    wait_until("both lines are counted", || {
        table.number(b"first") == Some(1) && table.number(b"second") == Some(1)
    });
    pipe.write_all(b" line\n").unwrap();
    wait_until("the third line is counted", || {
        table.number(b"the beginning of a line") == Some(1)
    });
    assert!(child.try_wait().unwrap().is_none());
    drop(pipe);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(table.run("ls").yes().lines().count(), 3);
}

#[test]
fn a_killed_process_loses_only_what_it_had_not_flushed() {
    let table = Table::new();
    let mut child = table.start("count");
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(&b"flushed\n".repeat(1000)).unwrap();
    wait_until("the lines are counted", || {
        table.number(b"flushed") == Some(1000)
    });
    // How many of these are counted depends on the moment; none of them twice.
    pipe.write_all(&b"late\n".repeat(1000)).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(table.number(b"flushed"), Some(1000));
    assert!(
        table
            .number(b"late")
            .is_none_or(|number| (1..=1000).contains(&number))
    );
    table.run_with("count", b"flushed\n").prints("");
    assert_eq!(table.number(b"flushed"), Some(1001));
    table.run("check --maintain").prints("");
}

#[test]
fn what_cannot_be_counted_is_told_and_all_else_is_counted() {
    let table = Table::new();
    table.run("set text hello").prints("");
    let mut input = b"a\ntext\n".to_vec();
    input.extend([b'x'; 65_536]);
    input.extend(b"\nb\ntext\n");
    let ended = table.run_with("count --json", &input);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.err.contains("1 lines are longer")
            && ended
                .err
                .contains("2 lines were not counted: the key `text`")
    );
    let summary: serde_json::Value = serde_json::from_slice(&ended.out).unwrap();
    assert_eq!(summary, json!({"lines": 2, "lines_not_counted": 3}));
    assert_eq!((table.number(b"a"), table.number(b"b")), (Some(1), Some(1)));
    table.run("get text").prints("hello\n");
}

#[test]
fn a_full_table_ends_the_count_with_words() {
    let table = Table::new();
    table.run("create --max 1mib").prints("");
    let text: String = (0..200_000).map(|number| format!("{number}\n")).collect();
    table
        .run_with("count", text.as_bytes())
        .fails("maximum size");
    table.run("check").prints("");
}

#[test]
fn nothing_is_drawn_where_there_is_no_terminal() {
    let table = Table::new();
    let path = temporary("text");
    std::fs::write(&path, text(200_000, 3)).unwrap();
    let arguments = vec![
        "count".into(),
        table.name.clone(),
        path.clone().into_os_string(),
    ];
    let output = command(arguments).stdin(Stdio::null()).output().unwrap();
    assert_eq!(
        (
            output.status.code(),
            output.stderr.len(),
            output.stdout.len()
        ),
        (Some(0), 0, 0)
    );
    std::fs::remove_file(path).unwrap();
}
