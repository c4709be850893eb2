//! The targets, in one table of at most ten rows: met or missed, by ratios within the run.
use super::figures::{Figures, ratio, ratio_to_fastest};
use super::rows::{Bound, Part, Row, part, row, table};
use crate::record::quantile;

/// The section of the document.
pub(crate) fn section(figures: &Figures<'_>) -> String {
    let mut text = "## Targets\n\n\
        Every figure is a ratio of medians within this run. \"The fastest map\" is the fastest of papaya, dashmap and\n\
        scc in any of their forms that takes keys of any length, with the same hash and atomic values, in one process.\n\n"
        .to_owned();
    text += &table(&rows(figures));
    text + "\n"
}

fn rows(figures: &Figures<'_>) -> Vec<Row> {
    let mut rows = in_process(figures);
    rows.extend(several(figures));
    rows
}

/// One process.
fn in_process(figures: &Figures<'_>) -> Vec<Row> {
    use Bound::{AtMost, Below};
    let incr = |keys| figures.compare("incr", keys, 0);
    let get = |keys| figures.compare("get", keys, 0);
    let (million, sixteen) = (figures.core(1_000_000), figures.core(16_000_000));
    let load = "dependent load";
    vec![
        row(
            "`incr`, 1,000 counters, keys of 20 bytes, against the fastest map",
            vec![part("", ratio_to_fastest(incr(1_000), "quipu"), Below(1.0))],
        ),
        row(
            "`get` of the same",
            vec![part("", ratio_to_fastest(get(1_000), "quipu"), AtMost(1.1))],
        ),
        row(
            "the same with 1,000,000 counters",
            vec![
                part(
                    "incr",
                    ratio_to_fastest(incr(1_000_000), "quipu"),
                    AtMost(1.1),
                ),
                part(
                    "get",
                    ratio_to_fastest(get(1_000_000), "quipu"),
                    AtMost(1.1),
                ),
                part(
                    "incr by 16",
                    ratio_to_fastest(incr(1_000_000), "quipu, batch of 16"),
                    AtMost(0.5),
                ),
                part(
                    "get by 16",
                    ratio_to_fastest(get(1_000_000), "quipu, batch of 16"),
                    AtMost(0.5),
                ),
            ],
        ),
        row(
            "`get` against one dependent random load",
            vec![
                part("1 M keys", ratio(million, "get", load), AtMost(1.3)),
                part("16 M keys", ratio(sixteen, "get", load), AtMost(1.3)),
                part(
                    "1 M by 16",
                    ratio(million, "get, batch of 16", load),
                    AtMost(0.35),
                ),
                part(
                    "16 M by 16",
                    ratio(sixteen, "get, batch of 16", load),
                    AtMost(0.35),
                ),
            ],
        ),
        row(
            "`get` of 64 bytes, 1,000,000 keys, against the fastest map that copies them out",
            vec![part(
                "",
                ratio_to_fastest(figures.compare("get of a value", 1_000_000, 64), "quipu"),
                AtMost(1.5),
            )],
        ),
        row(
            "how many times as fast as other stores",
            other_stores(figures),
        ),
    ]
}

fn other_stores(figures: &Figures<'_>) -> Vec<Part> {
    use Bound::AtLeast;
    let files = figures.compare("set against stores in files", 1_000, 0);
    let lock = figures.compare("incr against one lock", 1_000, 0);
    let servers = figures.compare("incr against servers", 1_000, 0);
    vec![
        part("LMDB put", ratio(files, "lmdb", "quipu"), AtLeast(10.0)),
        part(
            "one lock, 1,000 entries",
            ratio(lock, "one lock", "quipu"),
            AtLeast(1000.0),
        ),
        part(
            "memcached incr",
            ratio(servers, "memcached, one at a time", "quipu"),
            AtLeast(100.0),
        ),
    ]
}

/// Several processes, and growth.
fn several(figures: &Figures<'_>) -> Vec<Row> {
    use Bound::{AtLeast, AtMost};
    let scaling = |workload: &str| figures.mix(workload)?.scaling_against_apart();
    let handle = ratio(
        figures.core(1_000),
        "counter handle, one hot key",
        "lock xadd, one line",
    );
    let growth = figures.growth();
    let slow = growth.map(|growth| growth.insert_ns[3] as f64 / growth.insert_ns[0] as f64);
    let stops: Vec<f64> = figures.stops().map(stopped_ratio).collect();
    let stopped = stops.into_iter().min_by(f64::total_cmp);
    vec![
        row(
            "a hot `Counter` handle against `lock xadd`; two processes on one striped counter against private lines",
            vec![
                part("handle", handle, AtMost(2.5)),
                part(
                    "striped",
                    scaling("one hot key, striped incr"),
                    AtLeast(0.9),
                ),
            ],
        ),
        row(
            "two processes: how much more than one, against two on private lines",
            vec![
                part("uniform incr", scaling("uniform, incr only"), AtLeast(0.9)),
                part("95/5", scaling("uniform, 95 % get, 5 % set"), AtLeast(0.9)),
            ],
        ),
        row(
            "growth from one bucket to 10 M keys: time against pre-sized, 99.9 % of the inserts against their median, \
             bytes per counter over the doubling above 1 M keys",
            vec![
                part("time", growth.map(|growth| growth.ratio()), AtMost(1.3)),
                part("99.9 %", slow, AtMost(20.0)),
                part(
                    "bytes",
                    figures.memory().and_then(bytes_per_entry),
                    AtMost(100.0),
                ),
            ],
        ),
        row(
            "others' throughput beside a process stopped inside an operation, against the same process idle",
            vec![part("worst of three workloads", stopped, AtLeast(0.95))],
        ),
    ]
}

/// The throughput beside a stopped process against that beside an idle one: the median of the rounds' ratios, since
/// the machine changes less within a round than between two.
pub(crate) fn stopped_ratio(stop: &crate::record::Stop) -> f64 {
    let pairs = stop.stopped_per_second.iter().zip(&stop.idle_per_second);
    let ratios: Vec<f64> = pairs.map(|(stopped, idle)| stopped / idle).collect();
    quantile(&ratios, 0.5)
}

/// The mean over the steps of the doubling above a million entries.
fn bytes_per_entry(steps: &[crate::record::MemoryStep]) -> Option<f64> {
    let doubling = steps
        .iter()
        .filter(|step| (1_000_000..2_000_000).contains(&step.entries));
    let each: Vec<f64> = doubling
        .map(|step| step.bytes as f64 / step.entries as f64)
        .collect();
    (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
}
