//! A process that works on a table beside others: this same program, run again, which obeys lines of JSON.
use crate::contest::Failure;
use crate::keys::Keys;
use crate::limit::Lines;
use crate::random::{Random, Zipf};
use hdrhistogram::Histogram;
use quipu::{Options, Table, Ttl};
use quipu_tests::system::now_ns;
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// Every how many operations one is timed.
pub const SAMPLED: usize = 64;
/// Keys that a worker goes through, drawn beforehand.
const DRAWN: usize = 1 << 18;
/// Bytes of a key.
pub const KEY_BYTES: usize = 20;
const SKEW: f64 = 0.99;

/// Which keys are used how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Distribution {
    /// All alike.
    Uniform,
    /// By Zipf's law with an exponent of 0.99.
    Zipf,
    /// Only one.
    OneKey,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mix {
    /// So many percent `get` of a number, else `set`.
    Gets(u8),
    /// Only `incr`.
    Incr,
    /// Only additions to striped counters, by a handle for the first key.
    Striped,
    /// `lock xadd` on lines of the worker's own: what the machine gives to processes that share nothing.
    PrivateLines,
}

/// What a worker is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Order {
    /// Get ready for this; the answer is a line.
    Prepare(Work),
    /// Work for this time; the answer is a [`Done`].
    Run(Shift),
}

/// Work to get ready for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Work {
    /// The table; none: one of its own, with the same keys.
    pub table: Option<PathBuf>,
    /// Keys in it.
    pub keys: usize,
    /// Which of them.
    pub distribution: Distribution,
    /// What to do.
    pub mix: Mix,
    /// Bytes of the table, for lines of its own.
    pub bytes: u64,
    /// Another one for each worker.
    pub seed: u64,
}

/// A time to work in, in nanoseconds of the clock that all processes share. A worker that gets no processor at its
/// beginning does less of it, as in life.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Shift {
    /// When it begins.
    pub start_ns: u64,
    /// When it ends.
    pub end_ns: u64,
}

impl Shift {
    /// So long, and soon: when everybody has been told.
    #[must_use]
    pub fn soon(time: Duration) -> Self {
        const NOTICE_NS: u64 = 2_000_000;
        let start_ns = now_ns() + NOTICE_NS;
        let length = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self {
            start_ns,
            end_ns: start_ns.saturating_add(length),
        }
    }

    /// Its length in nanoseconds.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.end_ns - self.start_ns
    }
}

/// What was done.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Done {
    /// Operations.
    pub operations: u64,
    /// Nanoseconds of single operations, and how many took so long.
    pub latencies: Vec<(u64, u64)>,
}

/// Obeys until nobody says anything any more.
///
/// # Errors
/// The first thing that goes wrong.
pub fn obey() -> Result<(), Failure> {
    let mut ready = None;
    for line in stdin().lock().lines() {
        let answer = match serde_json::from_str(&line?)? {
            Order::Prepare(work) => {
                // What was is dropped first: there may be room for only one.
                drop(ready.take());
                ready = Some(Ready::new(&work)?);
                serde_json::to_string("ready")?
            }
            Order::Run(shift) => {
                let ready = ready.as_mut().ok_or("run before prepare")?;
                serde_json::to_string(&ready.run(shift)?)?
            }
        };
        let mut out = stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// A worker that knows what to do.
struct Ready {
    table: Table,
    lines: Option<Lines>,
    keys: Keys,
    mix: Mix,
    random: Random,
}

impl Ready {
    fn new(work: &Work) -> Result<Self, Failure> {
        let mut random = Random::new(work.seed);
        let lines = match work.mix {
            Mix::PrivateLines => Some(Lines::new(work.bytes)?),
            _ => None,
        };
        let table = match &work.table {
            Some(path) => Table::open(path)?,
            None => Table::memfd(Options::default())?,
        };
        if work.table.is_none() && lines.is_none() {
            for key in Keys::new(0, work.keys, KEY_BYTES).iter() {
                table.incr(key, 1)?;
            }
        }
        let keys = drawn(work, &mut random);
        let mix = work.mix;
        Ok(Self {
            table,
            lines,
            keys,
            mix,
            random,
        })
    }

    /// Works for so long.
    fn run(&mut self, shift: Shift) -> Result<Done, Failure> {
        match (self.mix, &self.lines) {
            (_, Some(lines)) => {
                let seed = self.random.bits();
                measure(shift, SAMPLED, |operations| {
                    lines.add(seed, operations);
                    Ok(())
                })
            }
            (Mix::Gets(percent), None) => self.run_gets(percent, shift),
            (Mix::Striped, None) => {
                let key = self.keys.walk(0, 1).next().unwrap_or_default();
                let mut striped = self.table.striped(key)?;
                measure(shift, SAMPLED, |operations| {
                    for _ in 0..operations {
                        striped.add(1)?;
                    }
                    Ok(())
                })
            }
            (_, None) => {
                let seed = self.random.bits();
                let mut keys = self.keys.walk(seed, usize::MAX);
                measure(shift, 1, |_| {
                    let key = keys.next().unwrap_or_default();
                    black_box(self.table.incr(key, 1)?);
                    Ok(())
                })
            }
        }
    }

    fn run_gets(&mut self, percent: u8, shift: Shift) -> Result<Done, Failure> {
        let mut random = self.random.clone();
        let mut keys = self.keys.walk(self.random.bits(), usize::MAX);
        measure(shift, 1, |_| {
            let key = keys.next().unwrap_or_default();
            if random.below(100) < usize::from(percent) {
                black_box(self.table.get_number(key)?);
            } else {
                self.table.set(key, 1, Ttl::Never)?;
            }
            Ok(())
        })
    }
}

/// Keys in the order of their use.
fn drawn(work: &Work, random: &mut Random) -> Keys {
    let law = Zipf::new(work.keys, SKEW);
    // The most frequent numbers must not be neighbours in any sense.
    let scattered = |rank: usize| (rank * 7_919) % work.keys;
    let numbers = (0..DRAWN).map(|_| match work.distribution {
        Distribution::Uniform => random.below(work.keys),
        Distribution::Zipf => scattered(law.next(random)),
        Distribution::OneKey => 0,
    });
    Keys::of(numbers.collect::<Vec<_>>().into_iter(), KEY_BYTES)
}

/// Repeats a step of `step` operations until the shift is over, and times one in 64.
fn measure(
    shift: Shift,
    step: usize,
    mut work: impl FnMut(usize) -> Result<(), Failure>,
) -> Result<Done, Failure> {
    let mut latencies = Histogram::<u64>::new(3)?;
    let mut operations = 0;
    thread::sleep(Duration::from_nanos(
        shift.start_ns.saturating_sub(now_ns()),
    ));
    let end = Instant::now() + Duration::from_nanos(shift.end_ns.saturating_sub(now_ns()));
    loop {
        let before = Instant::now();
        work(step)?;
        let after = Instant::now();
        if after >= end {
            break;
        }
        let each = (after - before).as_nanos() / step as u128;
        latencies.record(u64::try_from(each)?.max(1))?;
        for _ in 1..SAMPLED / step {
            work(step)?;
        }
        operations += SAMPLED.max(step) as u64;
    }
    let counts = latencies.iter_recorded();
    let latencies = counts.map(|step| (step.value_iterated_to(), step.count_at_value()));
    Ok(Done {
        operations,
        latencies: latencies.collect(),
    })
}
