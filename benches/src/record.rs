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
