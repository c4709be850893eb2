//! What one process does: keys, operations, and the time of one operation in 64.
use std::fmt::{self, Display, Formatter};
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use hdrhistogram::Histogram;
use quipu::{CountError, Table, Ttl, WriteError};
use serde_json::json;

use super::random::{Random, Zipf};
use super::result::Done;
use crate::failure::Failure;

/// Every how many operations one is timed.
pub(super) const SAMPLED: u64 = 64;
const SKEW: f64 = 0.99;
/// Keys that a worker goes through, again and again.
const DRAWN: usize = 1 << 20;
/// How much longer than the benchmark its keys live if nobody deletes them.
const MARGIN: Duration = Duration::from_secs(600);
/// What a worker says when it is ready, and what it is told then.
pub(super) const READY: &str = "ready";

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mix {
    Incr,
    /// So many of 100 are get, the others set.
    Gets(u8),
}

impl Mix {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == "incr" {
            return Ok(Self::Incr);
        }
        let parts = text.split_once('/');
        let parts = parts.and_then(|(gets, sets)| Some((gets.parse().ok()?, sets.parse().ok()?)));
        match parts {
            Some((gets, sets)) if u8::checked_add(gets, sets) == Some(100) => Ok(Self::Gets(gets)),
            _ => Err("write `incr`, or two numbers that make 100: 100/0, 95/5, 50/50".to_owned()),
        }
    }
}

impl Display for Mix {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incr => f.write_str("incr"),
            Self::Gets(gets) => write!(f, "{gets}/{}", 100 - gets),
        }
    }
}

/// Which keys are used how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Distribution {
    Uniform,
    Zipf,
    One,
}

impl Distribution {
    /// As on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Zipf => "zipf",
            Self::One => "one",
        }
    }
}

/// Keys that no other program has.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    pub(super) prefix: String,
    pub(super) count: u32,
}

/// A beginning of keys that nobody else uses: the process and the time tell it from any other benchmark's.
pub(super) fn new_prefix() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanoseconds = now.map_or(0, |time| time.subsec_nanos());
    format!("quipu-bench:{}:{nanoseconds:08x}:", std::process::id())
}

impl Keys {
    /// A key, in a buffer that begins with the prefix.
    fn write<'b>(&self, number: u32, buffer: &'b mut Vec<u8>) -> &'b [u8] {
        buffer.truncate(self.prefix.len());
        // Eight digits by hand: the formatting of std would show in what is measured.
        let mut digits = [b'0'; 8];
        let mut rest = number;
        for digit in digits.iter_mut().rev() {
            *digit += (rest % 10).to_le_bytes()[0];
            rest /= 10;
        }
        buffer.extend_from_slice(&digits);
        buffer
    }

    fn buffer(&self) -> Vec<u8> {
        self.prefix.clone().into_bytes()
    }

    /// Deletes all of them.
    pub(super) fn delete(&self, table: &Table) -> Result<(), Failure> {
        let mut buffer = self.buffer();
        for number in 0..self.count {
            table.delete(self.write(number, &mut buffer))?;
        }
        Ok(())
    }
}

/// What a worker does.
pub(super) struct Work {
    pub(super) keys: Keys,
    pub(super) mix: Mix,
    pub(super) distribution: Distribution,
    pub(super) value_bytes: u32,
    pub(super) time: Duration,
}

impl Work {
    /// Stores every key.
    pub(super) fn fill(&self, table: &Table) -> Result<(), Failure> {
        let (value, mut buffer) = (self.value(), self.keys.buffer());
        let ttl = Ttl::After(self.time + MARGIN);
        let bar = crate::progress::entries(self.keys.count.into());
        for number in 0..self.keys.count {
            let key = self.keys.write(number, &mut buffer);
            let added = match self.mix {
                Mix::Incr => table.add(key, 0, ttl),
                Mix::Gets(_) => table.add(key, &value[..], ttl),
            };
            match added {
                Ok(true) => bar.inc(1),
                Ok(false) => {
                    return Err(Failure::new("another benchmark has these keys: try again"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn value(&self) -> Vec<u8> {
        vec![b'v'; self.value_bytes as usize]
    }

    /// Numbers of keys in the order of their use.
    fn draw(&self, random: &mut Random) -> Vec<u32> {
        let count = self.keys.count as usize;
        let law = Zipf::new(count, SKEW);
        let number = |_| match self.distribution {
            Distribution::Uniform => random.below(count),
            Distribution::Zipf => law.next(random),
            Distribution::One => 0,
        };
        let numbers = (0..DRAWN).map(number);
        numbers
            .map(|number| u32::try_from(number).unwrap_or(0))
            .collect()
    }

    /// Works until the time is over.
    fn work(&self, table: &Table, seed: u64) -> Result<Done, Failure> {
        let mut random = Random::new(seed);
        // Beforehand, so that drawing them does not count.
        let drawn = self.draw(&mut random);
        let mut numbers = drawn.iter().cycle();
        let (value, mut key) = (self.value(), self.keys.buffer());
        let mut read = Vec::with_capacity(value.len());
        let mut latencies = new_histogram()?;
        let (start, mut operations) = (Instant::now(), 0);
        loop {
            let number = numbers.next().copied().unwrap_or(0);
            let key = self.keys.write(number, &mut key);
            let is_sampled = operations % SAMPLED == 0;
            let before = is_sampled.then(Instant::now);
            match self.mix {
                Mix::Incr => {
                    black_box(table.incr(key, 1)?);
                }
                Mix::Gets(gets) if random.below(100) < gets.into() => {
                    black_box(table.get_into(key, &mut read)?);
                }
                Mix::Gets(_) => table.set(key, &value[..], Ttl::Keep)?,
            }
            operations += 1;
            if let Some(before) = before {
                let now = Instant::now();
                let nanoseconds = u64::try_from((now - before).as_nanos()).unwrap_or(u64::MAX);
                latencies.saturating_record(nanoseconds.max(1));
                if now - start >= self.time {
                    return Ok(Done {
                        operations,
                        elapsed: now - start,
                        latencies,
                    });
                }
            }
        }
    }
}

/// Times of operations in nanoseconds, to three digits.
pub(super) fn new_histogram() -> Result<Histogram<u64>, Failure> {
    Histogram::new(3).map_err(Failure::new)
}

/// A worker: says that it is ready, works when it is told to, and prints what it did.
pub(super) fn run(
    table: &Table,
    work: &Work,
    seed: u64,
    out: &mut impl Write,
) -> Result<(), Failure> {
    // The first write makes this process a user of the table, which takes system calls.
    let mut buffer = work.keys.buffer();
    match table.incr(work.keys.write(0, &mut buffer), 0) {
        Ok(_) | Err(CountError::WrongType) => (),
        Err(CountError::Write(error @ WriteError::Removed)) => return Err(error.into()),
        Err(error) => return Err(error.into()),
    }
    writeln!(out, "{READY}")?;
    out.flush()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(Failure::new("the benchmark has ended before its work"));
    }
    let done = work.work(table, seed)?;
    let nanoseconds = u64::try_from(done.elapsed.as_nanos()).unwrap_or(u64::MAX);
    let latencies: Vec<(u64, u64)> = done
        .latencies
        .iter_recorded()
        .map(|step| (step.value_iterated_to(), step.count_at_value()))
        .collect();
    let line = json!({ "operations": done.operations, "nanoseconds": nanoseconds, "latencies": latencies });
    writeln!(out, "{line}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_is_written_as_it_is_read() {
        for text in ["incr", "100/0", "95/5", "0/100"] {
            assert_eq!(
                Mix::parse(text).map(|mix| mix.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in ["", "95", "95/6", "200/56", "-5/105", "get"] {
            assert!(Mix::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn keys_are_different_and_have_the_prefix() {
        let keys = Keys {
            prefix: new_prefix(),
            count: 3,
        };
        let mut buffer = keys.buffer();
        let all: Vec<Vec<u8>> = [0, 7, 99_999_999]
            .map(|number| keys.write(number, &mut buffer).to_vec())
            .into();
        assert!(all.iter().all(|key| key.starts_with(b"quipu-bench:")));
        assert!(all[0].ends_with(b":00000000") && all[1].ends_with(b":00000007"));
        assert!(all[2].ends_with(b":99999999"));
    }
}
