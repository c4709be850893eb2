//! What was measured, as text and JSON.
use std::io::{self, Write};
use std::time::Duration;

use hdrhistogram::Histogram;
use indicatif::HumanCount;
use serde_json::json;

use super::work::{Mix, SAMPLED};
use crate::output::Object;

/// What was done.
pub(super) struct Done {
    pub(super) operations: u64,
    pub(super) elapsed: Duration,
    /// Nanoseconds of single operations, one in 64.
    pub(super) latencies: Histogram<u64>,
}

/// What was done, and by whom.
pub(super) struct Measured {
    pub(super) processes: u8,
    pub(super) seconds: u16,
    pub(super) keys: u32,
    pub(super) mix: Mix,
    pub(super) distribution: &'static str,
    pub(super) value_bytes: u32,
    pub(super) done: Done,
}

impl Measured {
    fn per_second(&self) -> u64 {
        let nanoseconds = self.done.elapsed.as_nanos().max(1);
        let per_second = u128::from(self.done.operations) * 1_000_000_000 / nanoseconds;
        u64::try_from(per_second).unwrap_or(u64::MAX)
    }

    /// Median, 99 %, 99.9 % and the longest.
    fn latencies(&self) -> [u64; 4] {
        let at = |quantile| self.done.latencies.value_at_quantile(quantile);
        [at(0.5), at(0.99), at(0.999), self.done.latencies.max()]
    }

    /// For people.
    pub(super) fn print_text(&self, out: &mut impl Write) -> io::Result<()> {
        let what = match self.mix {
            Mix::Incr => "incr".to_owned(),
            Mix::Gets(gets) => format!(
                "{gets} get and {} set of 100, {} bytes",
                100 - gets,
                self.value_bytes
            ),
        };
        let (keys, operations) = (
            HumanCount(self.keys.into()),
            HumanCount(self.done.operations),
        );
        writeln!(
            out,
            "processes      {}, for {} s",
            self.processes, self.seconds
        )?;
        writeln!(out, "keys           {keys}, {}", self.distribution)?;
        writeln!(out, "operations     {operations}: {what}")?;
        writeln!(
            out,
            "per second     {}, all processes together",
            HumanCount(self.per_second())
        )?;
        let [half, p99, p999, longest] = self.latencies().map(HumanCount);
        writeln!(
            out,
            "nanoseconds    median {half}, 99 % {p99}, 99.9 % {p999}, longest {longest}"
        )?;
        writeln!(
            out,
            "               (of one operation in {SAMPLED}, with the reading of the clock)"
        )
    }

    /// One line of JSON.
    pub(super) fn print_json(&self, out: &mut impl Write) -> io::Result<()> {
        let [half, p99, p999, longest] = self.latencies();
        let mut object = Object::begin(out)?;
        object.field("processes", self.processes)?;
        object.field("seconds", self.seconds)?;
        object.field("keys", self.keys)?;
        object.text("mix", &self.mix.to_string())?;
        object.text("distribution", self.distribution)?;
        object.field("value_bytes", self.value_bytes)?;
        object.field("operations", self.done.operations)?;
        object.field("operations_per_second", self.per_second())?;
        object.field(
            "latency_ns",
            json!({ "p50": half, "p99": p99, "p999": p999, "max": longest }),
        )?;
        object.field("latency_samples", self.done.latencies.len())?;
        object.end()
    }
}
