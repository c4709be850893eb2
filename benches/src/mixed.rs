//! Several processes that work on one table at once, as many as processors and more.
use crate::contest::{Failure, Settings};
use crate::crew::{self, Round, Worker};
use crate::keys::Keys;
use crate::plan::Plan;
use crate::record::{self, Outcome};
use crate::scratch::Scratch;
use crate::worker::{Distribution, KEY_BYTES, Mix, Work};
use std::time::Duration;

const PROCESSES: [usize; 4] = [1, 2, 4, 8];
/// Processes that share nothing, in the same rounds.
const APART: [usize; 2] = [1, 2];

/// Every workload, with the name that the report shows.
const WORKLOADS: [(&str, Distribution, Mix); 11] = [
    ("uniform, get only", Distribution::Uniform, Mix::Gets(100)),
    (
        "uniform, 95 % get, 5 % set",
        Distribution::Uniform,
        Mix::Gets(95),
    ),
    (
        "uniform, 50 % get, 50 % set",
        Distribution::Uniform,
        Mix::Gets(50),
    ),
    ("uniform, incr only", Distribution::Uniform, Mix::Incr),
    ("zipf 0.99, get only", Distribution::Zipf, Mix::Gets(100)),
    (
        "zipf 0.99, 95 % get, 5 % set",
        Distribution::Zipf,
        Mix::Gets(95),
    ),
    (
        "zipf 0.99, 50 % get, 50 % set",
        Distribution::Zipf,
        Mix::Gets(50),
    ),
    ("zipf 0.99, incr only", Distribution::Zipf, Mix::Incr),
    (
        "one hot key, 95 % get, 5 % set",
        Distribution::OneKey,
        Mix::Gets(95),
    ),
    ("one hot key, incr only", Distribution::OneKey, Mix::Incr),
    (
        "one hot key, striped incr",
        Distribution::OneKey,
        Mix::Striped,
    ),
];

/// What the machine gives to processes that share nothing: `lock xadd`, each on its own lines.
pub const PRIVATE_LINES: &str = "private lines, lock xadd";
/// What Quipu gives to processes that share nothing: each has a table of its own.
pub const PRIVATE_TABLES: &str = "private tables, incr only";

/// All cases of this section.
pub fn plan(plan: &mut Plan, settings: Settings) {
    let keys = keys(settings);
    plan.add(
        format!("mixed: processes that share nothing, {keys} keys"),
        private,
    );
    for (name, distribution, mix) in WORKLOADS {
        plan.add(format!("mixed: {name}, {keys} keys"), move |settings| {
            shared(name, distribution, mix, settings)
        });
    }
}

fn keys(settings: Settings) -> usize {
    if settings.quick { 64_000 } else { 1_000_000 }
}

fn private(settings: Settings) -> Result<Vec<Outcome>, Failure> {
    let table = Scratch::of_counters(&Keys::new(0, keys(settings), KEY_BYTES))?;
    let work = Work {
        table: None,
        keys: keys(settings),
        distribution: Distribution::Uniform,
        mix: Mix::PrivateLines,
        bytes: table.bytes_touched(),
        seed: 0,
    };
    drop(table);
    let lines = measure(PRIVATE_LINES, &work, &work, settings)?;
    let tables = Work {
        mix: Mix::Incr,
        ..work.clone()
    };
    let tables = measure(PRIVATE_TABLES, &tables, &work, settings)?;
    Ok(vec![lines, tables])
}

fn shared(
    name: &str,
    distribution: Distribution,
    mix: Mix,
    settings: Settings,
) -> Result<Vec<Outcome>, Failure> {
    let table = Scratch::of_counters(&Keys::new(0, keys(settings), KEY_BYTES))?;
    let work = Work {
        table: Some(table.path().to_owned()),
        keys: keys(settings),
        distribution,
        mix,
        bytes: 0,
        seed: 0,
    };
    let apart = Work {
        table: None,
        mix: Mix::PrivateLines,
        bytes: table.bytes_touched(),
        ..work.clone()
    };
    Ok(vec![measure(name, &work, &apart, settings)?])
}

/// Every number of processes, and one and two that share nothing, taking turns.
fn measure(name: &str, work: &Work, apart: &Work, settings: Settings) -> Result<Outcome, Failure> {
    const TURNS: usize = PROCESSES.len() + APART.len();
    let mut crew = gather(work, PROCESSES[PROCESSES.len() - 1])?;
    let mut others = gather(apart, APART[APART.len() - 1])?;
    let time = time(settings);
    let mut rounds: [Vec<Round>; TURNS] = Default::default();
    // Not measured: the first touch of everything.
    crew::run(&mut crew, PROCESSES[PROCESSES.len() - 1], time)?;
    crew::run(&mut others, APART[APART.len() - 1], time)?;
    for round in 0..settings.rounds as usize {
        for place in 0..TURNS {
            let which = (place + round) % TURNS;
            rounds[which].push(match PROCESSES.get(which) {
                Some(&processes) => crew::run(&mut crew, processes, time)?,
                None => crew::run(&mut others, APART[which - PROCESSES.len()], time)?,
            });
        }
    }
    let (together, alone) = rounds.split_at(PROCESSES.len());
    Ok(Outcome::Mix(record::Mix {
        workload: name.to_owned(),
        keys: work.keys as u64,
        points: points(together)?,
        apart: points(alone)?,
    }))
}

fn points(rounds: &[Vec<Round>]) -> Result<Vec<record::MixPoint>, Failure> {
    rounds.iter().map(|rounds| crew::point(rounds)).collect()
}

/// So many workers that are ready to begin.
fn gather(work: &Work, workers: usize) -> Result<Vec<Worker>, Failure> {
    let mut crew = Vec::new();
    for seed in 1..=workers {
        let mut worker = Worker::start()?;
        worker.prepare(Work {
            seed: seed as u64,
            ..work.clone()
        })?;
        crew.push(worker);
    }
    Ok(crew)
}

/// How long a turn of several processes takes: enough that all of them run at once for most of it.
pub(crate) fn time(settings: Settings) -> Duration {
    settings.turn * 5
}
