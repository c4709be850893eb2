//! bench: it measures, leaves a table as it was, and cleans up however it ends.
mod support;

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use support::{Table, command, quipu, wait_until};

/// A benchmark in a process group of its own, which is killed at the end of the test if it has not ended.
struct Bench(Child);

impl Bench {
    fn start(line: &str) -> Self {
        let arguments = line.split_whitespace().map(Into::into).collect();
        Self(command(arguments).process_group(0).spawn().unwrap())
    }

    /// Sends a signal to all processes of the group, as a terminal does.
    fn signal(&self, name: &str) -> bool {
        let line = format!("kill -{name} -{}", self.0.id());
        let kill = Command::new("sh")
            .arg("-c")
            .arg(line)
            .stderr(Stdio::null())
            .status();
        kill.is_ok_and(|status| status.success())
    }

    /// The table that it makes.
    fn table(&self) -> PathBuf {
        PathBuf::from(format!("/dev/shm/quipu-bench-{}", self.0.id()))
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // Most have ended, and then the number may be somebody else's.
        if matches!(self.0.try_wait(), Ok(None)) {
            self.signal("KILL");
            let _ = self.0.wait();
        }
    }
}

#[test]
fn it_measures_on_a_table_of_its_own_and_removes_it() {
    let mut bench = Bench::start("bench --seconds 1 --processes 3 --keys 100 --json");
    let mut text = String::new();
    let out = bench.0.stdout.as_mut().unwrap();
    out.read_to_string(&mut text).unwrap();
    assert_eq!(bench.0.wait().unwrap().code(), Some(0));
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    let number = |name: &str| {
        found[name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name}: {found}"))
    };
    assert_eq!(
        (number("processes"), number("seconds"), number("keys")),
        (3, 1, 100)
    );
    assert_eq!(
        (found["mix"].as_str(), found["distribution"].as_str()),
        (Some("incr"), Some("uniform"))
    );
    // One in 64, and each process may have begun with one more.
    let (operations, samples) = (number("operations"), number("latency_samples"));
    assert!(
        operations >= 3 && (0..=3).contains(&(samples - operations / 64)),
        "{found}"
    );
    assert!(number("operations_per_second") > 0, "{found}");
    let latency = |name: &str| found["latency_ns"][name].as_u64().unwrap();
    let all = ["p50", "p99", "p999", "max"].map(latency);
    assert!(all[0] > 0 && all.is_sorted(), "{found}");
    assert!(!bench.table().exists());
}

#[test]
fn every_process_works_on_the_table() {
    let mut bench =
        Bench::start("bench --seconds 60 --processes 3 --keys 50 --mix 50/50 --value-bytes 100");
    let table = Table {
        name: bench.table().into_os_string(),
    };
    wait_until("three processes and the measuring one have written", || {
        let stat = table.run("stat --json");
        stat.code == Some(0) && {
            let stat = stat.json().remove(0);
            stat["processes"]
                .as_array()
                .is_some_and(|all| all.len() == 4)
                && stat["entries"] == 50
        }
    });
    let key = table.run("ls --limit 1").yes();
    let key = key.lines().next().unwrap().to_owned();
    assert_eq!(table.run_also("get", &[&key]).yes(), "v".repeat(100) + "\n");
    // Not the time to live beside it, which changes by itself.
    let token = |key: &str| table.run_also("get --json", &[key]).json()[0]["token"].clone();
    let before = token(&key);
    wait_until("a set has replaced the value", || token(&key) != before);
    assert!(bench.signal("INT"));
    assert_eq!(bench.0.wait().unwrap().code(), None);
    wait_until("the table is gone", || !bench.table().exists());
}

#[test]
fn a_table_of_somebody_is_as_it_was() {
    let table = Table::new();
    table.run("set greeting hello").prints("");
    table.run("incr home 7").prints("7\n");
    let before = table.run("dump").yes();
    for mix in ["incr", "95/5"] {
        let text = table
            .run(&format!(
                "bench --seconds 1 --keys 500 --distribution zipf --mix {mix}"
            ))
            .yes();
        assert!(
            text.contains("500, zipf") && text.contains("per second"),
            "{text}"
        );
    }
    let sorted = |dump: String| {
        let mut lines: Vec<String> = dump.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(table.run("dump").yes()), sorted(before));
}

#[test]
fn keys_of_a_killed_one_end_by_themselves() {
    let table = Table::new();
    table.run("incr home 7").prints("7\n");
    let mut bench = Bench::start(&format!(
        "bench {} --seconds 60 --keys 20 --mix incr",
        table.name.display()
    ));
    wait_until("its counters grow", || {
        let largest = table.run("top -n 1").yes();
        let number = largest
            .split_whitespace()
            .next()
            .and_then(|number| number.parse::<u64>().ok());
        number > Some(1_000)
    });
    assert!(bench.signal("KILL"));
    bench.0.wait().unwrap();
    let keys = table.run("ls --prefix quipu-bench:").yes();
    assert_eq!(keys.lines().count(), 20);
    for key in keys.lines() {
        let ttl = table.run_also("ttl", &[key]).yes();
        assert!(ttl.trim() != "never", "{key}: {ttl}");
    }
    table.run("ttl home").prints("never\n");
}

#[test]
fn what_could_do_harm_is_refused() {
    let table = Table::new();
    table.run("bench --seconds 1").fails("there is no table");
    table.run("create --max 2mb --on-full evict").prints("");
    table.run("bench --seconds 1").fails("evicts");
    table.run("rm").prints("");
    table.run("create --max 2mb").prints("");
    table
        .run("bench --seconds 1 --keys 1000000")
        .fails("use fewer --keys");
    assert_eq!(table.run("ls").yes(), "");
    quipu("bench --processes 0").fails("1..=64");
    quipu("bench --mix 90/5").fails("make 100");
}
