//! The main job: eight `quipu count` processes over pieces of one real text, which together give what `sort | uniq -c`
//! gives, also when one of them is killed.
use quipu::{Owner, TableReader};
use quipu_tests::child::{Child, was_killed};
use quipu_tests::files::{Directory, TableName};
use quipu_tests::program::quipu;
use quipu_tests::shared::wait_for;
use quipu_tests::text;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

const WORDS: u64 = 10_000_000;
const PROCESSES: usize = 8;
/// Nothing here takes so long.
const LONG: Duration = Duration::from_secs(300);
/// A line is visible to others within 100 ms; this says that it is so on a machine that is busy with other things.
const VISIBLE_MAX: Duration = Duration::from_secs(2);

type Counts = HashMap<Vec<u8>, u64>;

#[test]
#[ignore = "takes a minute and 500 MB of disk"]
fn eight_processes_count_exactly_what_sort_and_uniq_count() {
    let directory = Directory::on_disk();
    let file = directory.file("words");
    let start = Instant::now();
    let words = text::collect(&file, WORDS);
    let pieces = text::cut(&file, PROCESSES);
    println!(
        "{words} words of real text, collected in {:.1?}",
        start.elapsed()
    );
    let start = Instant::now();
    let expected = sorted(&file, &directory);
    println!(
        "sort and uniq: {} different ones, in {:.1?}",
        expected.len(),
        start.elapsed()
    );

    let name = TableName::new();
    let start = Instant::now();
    let counters: Vec<Child> = pieces.iter().map(|piece| count(&name, piece)).collect();
    for counter in counters {
        counter.finish(LONG);
    }
    println!(
        "{PROCESSES} processes counted them in {:.1?}",
        start.elapsed()
    );
    let counts = dumped(&name);
    let sum: u64 = counts.values().sum();
    assert_eq!((counts.len(), sum), (expected.len(), words));
    assert!(
        counts == expected,
        "they differ, first in {:?}",
        first_difference(&counts, &expected)
    );
    check(&name);
    drop(name);

    one_is_killed(&pieces, &expected, &sorted(&pieces[0], &directory));
}

/// The process with the first piece is killed in the middle of it. The others finish unharmed, and every count lies
/// between that without the piece and that with it.
fn one_is_killed(pieces: &[PathBuf], all: &Counts, of_first: &Counts) {
    let name = TableName::new();
    let [first, others @ ..] = pieces else {
        panic!("there are pieces");
    };
    let mut victim = count_input(&name);
    let others: Vec<Child> = others.iter().map(|piece| count(&name, piece)).collect();
    // It gets the first half, has counted a part of that, and is at work when it dies.
    let bytes = fs::read(first).expect("the piece");
    let mut input = victim.input().expect("a pipe");
    input
        .write_all(&bytes[..bytes.len() / 2])
        .expect("it reads");
    assert!(was_killed(victim.kill()));
    drop(input);
    for other in others {
        other.finish(LONG);
    }
    let counts = dumped(&name);
    let of = |counts: &Counts, word: &[u8]| counts.get(word).copied().unwrap_or(0);
    for word in all.keys().chain(counts.keys()) {
        let most = of(all, word);
        let (least, found) = (most - of(of_first, word), of(&counts, word));
        let text = String::from_utf8_lossy(word);
        assert!(
            (least..=most).contains(&found),
            "{text}: {found} is not in {least}..={most}"
        );
    }
    let sum = |counts: &Counts| counts.values().sum::<u64>();
    let of_victim = sum(&counts) - (sum(all) - sum(of_first));
    println!(
        "one was killed after {of_victim} of its {} words were in the table",
        sum(of_first)
    );
    assert!(of_victim > 0, "it had begun");
    assert!(of_victim < sum(of_first), "it was not done");
    check(&name);
}

/// A process that counts the lines of a file.
fn count(name: &TableName, file: &Path) -> Child {
    Child::run(
        Command::new(quipu())
            .args(["count", name.as_str()])
            .arg(file),
    )
}

/// A process that counts the lines it is told.
fn count_input(name: &TableName) -> Child {
    let mut command = Command::new(quipu());
    Child::run(command.args(["count", name.as_str()]).stdin(Stdio::piped()))
}

/// What `LC_ALL=C sort | uniq -c` says.
fn sorted(file: &Path, directory: &Directory) -> Counts {
    let mut sort = Command::new("sort")
        .env("LC_ALL", "C")
        .args([
            "--buffer-size=512M",
            "--parallel=2",
            "--temporary-directory",
        ])
        .arg(directory.path())
        .stdin(File::open(file).expect("the words"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command sort");
    let sorted = sort.stdout.take().expect("a pipe");
    let mut uniq = Command::new("uniq")
        .env("LC_ALL", "C")
        .arg("-c")
        .stdin(sorted)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command uniq");
    let lines = BufReader::new(uniq.stdout.take().expect("a pipe")).split(b'\n');
    let counts = lines
        .map(|line| parse_uniq(&line.expect("a line")))
        .collect();
    assert!(sort.wait().expect("sort").success());
    assert!(uniq.wait().expect("uniq").success());
    counts
}

/// A line of uniq: blanks, the count, one blank, the line.
fn parse_uniq(line: &[u8]) -> (Vec<u8>, u64) {
    let line = line.trim_ascii_start();
    let blank = line.iter().position(|byte| *byte == b' ').expect("a count");
    let count = std::str::from_utf8(&line[..blank]).expect("digits");
    (line[blank + 1..].to_vec(), count.parse().expect("a count"))
}

/// What `quipu dump` says.
fn dumped(name: &TableName) -> Counts {
    let mut dump = Command::new(quipu())
        .args(["dump", name.as_str()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("quipu");
    let lines = BufReader::new(dump.stdout.take().expect("a pipe")).lines();
    let mut counts = Counts::new();
    for line in lines {
        let (word, count) = parse_record(&line.expect("UTF-8"));
        assert_eq!(counts.insert(word, count), None, "a key is there once");
    }
    assert!(dump.wait().expect("quipu").success());
    counts
}

fn parse_record(line: &str) -> (Vec<u8>, u64) {
    let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
    let word = match (record["key"].as_str(), record["key_base64"].as_str()) {
        (Some(text), None) => text.as_bytes().to_vec(),
        (None, Some(coded)) => from_base64(coded),
        _ => panic!("no key: {line}"),
    };
    (word, record["value"].as_u64().expect("a count"))
}

fn from_base64(text: &str) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    for group in text.as_bytes().chunks(4) {
        let mut word = 0_usize;
        let mut bits = 0;
        for digit in group.iter().filter(|digit| **digit != b'=') {
            word = word << 6 | digits.iter().position(|d| d == digit).expect("base64");
            bits += 6;
        }
        let word = word << (24 - bits);
        bytes.extend(word.to_be_bytes().iter().skip(5).take(bits / 8));
    }
    bytes
}

fn first_difference<'c>(
    counts: &'c Counts,
    expected: &'c Counts,
) -> Option<(String, u64, Option<&'c u64>)> {
    let differing = expected
        .iter()
        .find(|(word, count)| counts.get(*word) != Some(count));
    differing.map(|(word, count)| {
        (
            String::from_utf8_lossy(word).into_owned(),
            *count,
            counts.get(word),
        )
    })
}

fn check(name: &TableName) {
    let status = Command::new(quipu())
        .args(["check", name.as_str()])
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("quipu").success(), "quipu check");
}

#[test]
fn bytes_of_any_kind_survive_base64() {
    assert_eq!(from_base64(""), b"");
    assert_eq!(from_base64("/w=="), [0xff]);
    assert_eq!(from_base64("/wA="), [0xff, 0]);
    assert_eq!(from_base64("/wAB"), [0xff, 0, 1]);
    assert_eq!(from_base64("/wABAg=="), [0xff, 0, 1, 2]);
}

/// A slow writer's lines are in the table while it waits for the next one.
#[test]
fn each_line_is_visible_to_others_at_once() {
    let name = TableName::new();
    let mut counter = count_input(&name);
    let mut input = counter.input().expect("a pipe");
    let mut slowest = Duration::ZERO;
    say(&mut input, "first\n");
    wait_for("the table", || name.path().exists());
    let table = TableReader::open(&name, Owner::CallerOrRoot).expect("the table");
    for round in 1..=20 {
        // Also while the writer is in the middle of a line.
        let line = format!("line\nhalf a line {round}");
        let start = Instant::now();
        say(&mut input, &line);
        wait_for("the line", || table.get_number(b"line") == Ok(Some(round)));
        slowest = slowest.max(start.elapsed());
        say(&mut input, "\n");
    }
    drop(input);
    counter.finish(LONG);
    println!("a line is visible to others after at most {slowest:.1?}");
    assert!(
        slowest < VISIBLE_MAX,
        "a line took {slowest:?} to be visible"
    );
}

fn say(input: &mut ChildStdin, text: &str) {
    let written = input
        .write_all(text.as_bytes())
        .and_then(|()| input.flush());
    if let Err(error) = written {
        assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
        panic!("the counter has gone");
    }
}
