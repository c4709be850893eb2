//! What `scripts/bench-php` measured, beside the targets for PHP.
use super::rows::{Bound, Part, Row, part, row, table};
use crate::contest::Failure;
use crate::record::quantile;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// Where the raw figures are, from the folder of the project.
const RAW: &str = "benches/results/php.json";
const TABLE: &str = "Quipu\\Table";
const APCU: &str = "APCu";

/// The raw figures.
#[derive(Debug, Deserialize)]
pub(crate) struct Php {
    machine: String,
    date: String,
    commit: String,
    php: String,
    opcache: bool,
    versions: BTreeMap<String, String>,
    contests: Vec<Contest>,
    modules: Vec<Entrant>,
    kills: u64,
    killed: Killed,
}

#[derive(Debug, Deserialize)]
struct Contest {
    operation: String,
    processes: u64,
    entrants: Vec<Entrant>,
}

#[derive(Debug, Deserialize)]
struct Entrant {
    name: String,
    per_second: Vec<f64>,
}

/// What came of killing workers.
#[derive(Debug, Deserialize)]
struct Killed {
    stalls: u64,
    lost: u64,
    longest_ms: f64,
}

impl Entrant {
    fn median(&self) -> f64 {
        quantile(&self.per_second, 0.5)
    }
}

fn median_of(entrants: &[Entrant], name: &str) -> Option<f64> {
    let entrant = entrants.iter().find(|entrant| entrant.name == name)?;
    Some(entrant.median())
}

impl Php {
    /// The figures of the last run; `None` if there was none.
    pub(crate) fn read(root: &Path) -> Result<Option<Self>, Failure> {
        match fs::read_to_string(root.join(RAW)) {
            Ok(text) => Ok(Some(serde_json::from_str(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn contest(&self, operation: &str, processes: u64) -> Option<&Contest> {
        let is_it =
            |contest: &&Contest| contest.operation == operation && contest.processes == processes;
        self.contests.iter().find(is_it)
    }

    /// How many times as much as the best of the others the table does.
    fn against(&self, operation: &str, processes: u64, others: &[&str]) -> Option<f64> {
        let entrants = &self.contest(operation, processes)?.entrants;
        let best = others
            .iter()
            .filter_map(|name| median_of(entrants, name))
            .max_by(f64::total_cmp)?;
        Some(median_of(entrants, TABLE)? / best)
    }

    /// The whole section.
    pub(crate) fn section(&self) -> String {
        let versions: Vec<String> = self
            .versions
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        let opcache = if self.opcache { "with" } else { "without" };
        let mut text = format!(
            "## From PHP\n\n\
             A run of its own, `scripts/bench-php`: PHP {} {opcache} opcache, {}; {}, {}, commit {}. Plain loops over 1,024\n\
             keys of 20 bytes with values of 32 bytes, in turns that alternate; the loop itself counts for all. Raw figures:\n\
             [{RAW}](../{RAW}).\n\n",
            self.php,
            versions.join(", "),
            self.machine,
            self.date,
            self.commit,
        );
        text += &table(&self.rows());
        text += &self.contests();
        text += &self.module_loop();
        text
    }

    fn rows(&self) -> Vec<Row> {
        use Bound::{Above, AtLeast, AtMost};
        let three = |processes, others: &[&str], bound: fn() -> Bound| -> Vec<Part> {
            ["get", "set", "incr"]
                .into_iter()
                .map(|name| part(name, self.against(name, processes, others), bound()))
                .collect()
        };
        let module = |name| median_of(&self.modules, name);
        let loops = module("Quipu").zip(module("no counters"));
        let files = ["a file per key"];
        vec![
            row(
                "`get`, `set`, `incr`, one process: times APCu's",
                three(1, &[APCU], || Above(1.0)),
            ),
            row(
                "the same, two processes together: times the best of APCu and Yac",
                three(2, &[APCU, "Yac"], || AtLeast(1.5)),
            ),
            row(
                "`incr` against the design of 2009 with 1,000 keys: times",
                vec![part(
                    "",
                    self.against("incr", 1, &["one array, one semaphore"]),
                    AtLeast(800.0),
                )],
            ),
            row(
                "`incr` against memcached by unix socket, one process: times",
                vec![part(
                    "",
                    self.against("incr", 1, &["memcached, unix socket"]),
                    AtLeast(150.0),
                )],
            ),
            row(
                "against one file per key in /dev/shm with flock: times",
                vec![
                    part("get", self.against("get", 1, &files), AtLeast(20.0)),
                    part("set", self.against("set", 1, &files), AtLeast(20.0)),
                ],
            ),
            row(
                "the module loop with three counters, against the loop with none",
                vec![part(
                    "",
                    loops.map(|(quipu, none)| quipu / none),
                    AtLeast(0.8),
                )],
            ),
            row(
                "workers killed by SIGKILL in a loop of writes",
                vec![
                    part("stalls", Some(self.killed.stalls as f64), AtMost(0.0)),
                    part("lost keys", Some(self.killed.lost as f64), AtMost(0.0)),
                ],
            ),
        ]
    }

    fn contests(&self) -> String {
        let mut text = String::from("\nThousands of operations a second, medians:\n\n| |");
        for contest in &self.contests {
            let s = if contest.processes == 1 { "" } else { "es" };
            text += &format!(" {}, {} process{s} |", contest.operation, contest.processes);
        }
        text += "\n|---|";
        text += &"---|".repeat(self.contests.len());
        text.push('\n');
        let names = self
            .contests
            .iter()
            .find(|contest| contest.operation == "get");
        for entrant in names.map_or(&[][..], |contest| &contest.entrants) {
            text += &format!("| {} |", entrant.name);
            for contest in &self.contests {
                match median_of(&contest.entrants, &entrant.name) {
                    Some(rate) => text += &format!(" {} |", thousands(rate)),
                    None => text += " |",
                }
            }
            text.push('\n');
        }
        text + "\n"
    }

    fn module_loop(&self) -> String {
        let mut text = String::from(
            "A module of a RADIUS server behind a pipe, in PHP, that steps three counters a request (the case of 2009):\n\n\
             | counters kept in | requests a second |\n|---|---|\n",
        );
        for module in &self.modules {
            text += &format!("| {} | {:.0} |\n", module.name, module.median());
        }
        text + &format!(
            "\nOf {} workers that were killed in the middle of a loop of writes, {} made the others stall for a second, and\n\
             {} keys were lost; after a kill, 2,048 operations took {} ms at the longest.\n\n",
            self.kills, self.killed.stalls, self.killed.lost, self.killed.longest_ms
        )
    }
}

/// A rate in thousands, with three digits.
fn thousands(rate: f64) -> String {
    let thousands = rate / 1e3;
    match thousands {
        _ if thousands < 10.0 => format!("{thousands:.2}"),
        _ if thousands < 100.0 => format!("{thousands:.1}"),
        _ => format!("{thousands:.0}"),
    }
}
