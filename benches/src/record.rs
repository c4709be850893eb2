//! What a run writes down: raw figures, from which a report can be rendered again and again.
use crate::machine::Machine;
use serde::{Deserialize, Serialize};

/// A whole run. Fields are only ever added.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// Where and when.
    pub machine: Machine,
    /// Whether it was only a trial: small tables, short turns.
    pub quick: bool,
    /// Seconds that it took.
    pub seconds: u64,
    /// What was measured.
    pub results: Vec<Outcome>,
}

/// The result of a case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Entrants that took turns.
    Contest(Contest),
    /// Processes that work at once.
    Mix(Mix),
    /// What others do while one is stopped.
    Stop(Stop),
    /// A table that grows.
    Growth(Growth),
    /// What it takes of memory meanwhile.
    Memory(Vec<MemoryStep>),
    /// Instructions of hot operations.
    Instructions(Vec<Instructions>),
    /// What could not be measured, and why.
    NotMeasured {
        /// What.
        what: String,
        /// Why.
        why: String,
    },
}

/// What a contest is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// `core`, `load`, `value`, `compare`...
    pub section: String,
    /// Keys in the table.
    pub keys: u64,
    /// Bytes of each.
    pub key_bytes: u64,
    /// Bytes of each value; 0: a counter.
    pub value_bytes: u64,
    /// What else tells it from others of the section.
    pub note: String,
}

/// A contest and its figures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contest {
    /// What it was about.
    pub shape: Shape,
    /// Its entrants.
    pub times: Vec<Times>,
}

/// An entrant's figures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Times {
    /// Its name.
    pub name: String,
    /// Nanoseconds an operation, round by round.
    pub rounds_ns: Vec<f64>,
}

/// A table that grows, against one that has its size already.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Growth {
    /// Keys at the end.
    pub keys: u64,
    /// Seconds to insert all of them into a table of one bucket, round by round.
    pub growing_seconds: Vec<f64>,
    /// The same for a table that had so many keys once.
    pub sized_seconds: Vec<f64>,
    /// Nanoseconds of a single insert while it grows: median, 95 %, 99 %, 99.9 %, 99.99 %, the longest.
    pub insert_ns: [u64; 6],
}

/// Instructions of a hot operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Instructions {
    /// Which.
    pub operation: String,
    /// How many, with hashing, as callgrind counts them.
    pub count: u64,
}

/// What a table takes of memory at a size.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct MemoryStep {
    /// Entries.
    pub entries: u64,
    /// Bytes of memory behind the file: all of it, with header and process area.
    pub bytes: u64,
}

/// A workload of several processes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mix {
    /// What they do.
    pub workload: String,
    /// Keys in the table.
    pub keys: u64,
    /// By the number of processes.
    pub points: Vec<MixPoint>,
    /// One and two processes that share nothing, in the same rounds.
    #[serde(default)]
    pub apart: Vec<MixPoint>,
}

/// A workload of so many processes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct MixPoint {
    /// How many work at once.
    pub processes: u64,
    /// Operations a second of all of them together, round by round.
    pub rounds_per_second: Vec<f64>,
    /// Nanoseconds of a single operation: median, 99 %, 99.9 %, the longest; all rounds together.
    pub latency_ns: [u64; 4],
    /// How many operations were timed for that.
    pub latency_samples: u64,
}

/// What others do while one process is stopped, and while it has nothing to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stop {
    /// What they do.
    pub workload: String,
    /// Operations a second of the others while the one is idle, round by round.
    pub idle_per_second: Vec<f64>,
    /// The same while it is stopped in the middle of its work.
    pub stopped_per_second: Vec<f64>,
}

impl MixPoint {
    /// The median of the rounds, in operations a second.
    #[must_use]
    pub fn median(&self) -> f64 {
        quantile(&self.rounds_per_second, 0.5)
    }
}

impl Mix {
    /// How many times as much as one process so many do together.
    #[must_use]
    pub fn scaling(&self, processes: u64) -> Option<f64> {
        scaling(&self.points, processes)
    }

    /// The same for two, against two that share nothing.
    #[must_use]
    pub fn scaling_against_apart(&self) -> Option<f64> {
        Some(scaling(&self.points, 2)? / scaling(&self.apart, 2)?)
    }
}

fn scaling(points: &[MixPoint], processes: u64) -> Option<f64> {
    let at = |processes| points.iter().find(|point| point.processes == processes);
    Some(at(processes)?.median() / at(1)?.median())
}

impl Contest {
    /// The median of an entrant in nanoseconds an operation; `None` if there is no such entrant.
    #[must_use]
    pub fn median(&self, name: &str) -> Option<f64> {
        let times = self.times.iter().find(|times| times.name == name)?;
        Some(times.median())
    }
}

impl Times {
    /// The median of the rounds, in nanoseconds an operation.
    #[must_use]
    pub fn median(&self) -> f64 {
        quantile(&self.rounds_ns, 0.5)
    }

    /// The middle half of the rounds, in nanoseconds an operation.
    #[must_use]
    pub fn quartiles(&self) -> (f64, f64) {
        (
            quantile(&self.rounds_ns, 0.25),
            quantile(&self.rounds_ns, 0.75),
        )
    }
}

/// A quantile of some figures, between two of them if need be; NaN if there are none.
#[must_use]
pub fn quantile(figures: &[f64], quantile: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = quantile * last as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place from 0 to the last"
    )]
    let below = place as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_figures() {
        let figures = [4.0, 1.0, 3.0, 2.0, 5.0];
        assert_eq!(quantile(&figures, 0.5), 3.0);
        assert_eq!(quantile(&figures, 0.25), 2.0);
        assert_eq!(quantile(&figures, 1.0), 5.0);
        assert_eq!(quantile(&figures[..2], 0.5), 2.5);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
