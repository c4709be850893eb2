//! What a run came to.
use crate::source::Kind;
use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest time that is told from longer ones: ten minutes.
const LONGEST_NS: u64 = 600_000_000_000;

/// Times of answers.
#[derive(Debug, Clone)]
pub struct Times(Histogram<u64>);

impl Default for Times {
    fn default() -> Self {
        // Three digits, from a nanosecond: the bounds are right, so it cannot fail.
        Self(Histogram::new_with_max(LONGEST_NS, 3).expect("legal bounds"))
    }
}

impl Times {
    /// Adds one, in nanoseconds.
    pub fn add(&mut self, ns: u64) {
        self.0.saturating_record(ns);
    }

    /// In microseconds.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let at = |quantile: f64| micros(self.0.value_at_quantile(quantile));
        Summary {
            count: self.0.len(),
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            p999_us: at(0.999),
            max_us: micros(self.0.max()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "three digits are good")]
fn micros(ns: u64) -> f64 {
    ns as f64 / 1000.0
}

/// Quantiles of times, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// How many.
    pub count: u64,
    /// Half of them took at most this.
    pub p50_us: f64,
    /// Nine of ten.
    pub p90_us: f64,
    /// 99 of 100.
    pub p99_us: f64,
    /// 999 of 1,000.
    pub p999_us: f64,
    /// All of them.
    pub max_us: f64,
}

/// The answers to requests of a kind.
#[derive(Debug, Clone, Serialize)]
pub struct OfKind {
    /// Which.
    pub kind: Kind,
    /// Their times.
    pub times: Summary,
}

/// Counts while a run goes on.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Requests that were sent at least once.
    pub requests: u64,
    /// Datagrams.
    pub sent: u64,
    /// Requests that were answered.
    pub answered: u64,
    /// Requests that were given up.
    pub lost: u64,
    /// Datagrams that were sent because no answer came.
    pub retransmitted: u64,
    /// Requests that were answered after they were sent once.
    pub answered_at_once: u64,
    /// What was received and is no answer.
    pub bad_authenticators: u64,
    /// Answers to what had been answered, or given up, or sent anew.
    pub late_answers: u64,
    /// Answers that were thrown away on purpose.
    pub answers_lost_on_purpose: u64,
    /// How often the system said that nobody listens.
    pub refused: u64,
    /// Times of all answers, before the mark and after it.
    pub times: [Times; 2],
    /// Times by kind.
    pub by_kind: [Times; Kind::ALL.len()],
}

/// What is printed in the end.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Requests that were sent at least once.
    pub requests: u64,
    /// Datagrams.
    pub sent: u64,
    /// Requests that were answered.
    pub answered: u64,
    /// Requests that were given up.
    pub lost: u64,
    /// Datagrams that were sent because no answer came.
    pub retransmitted: u64,
    /// Requests that were answered after they were sent once.
    pub answered_at_once: u64,
    /// What was received and is no answer.
    pub bad_authenticators: u64,
    /// Answers to what had been answered, or given up, or sent anew.
    pub late_answers: u64,
    /// Answers that were thrown away on purpose.
    pub answers_lost_on_purpose: u64,
    /// How often the system said that nobody listens.
    pub refused: u64,
    /// From the first request to the last answer.
    pub seconds: f64,
    /// Answered requests in a second.
    pub per_second: f64,
    /// Microseconds that processors worked for the loader, for each request.
    pub loader_us_per_request: f64,
    /// Times of all answers, or of those before the mark.
    pub times: Summary,
    /// Times of those after the mark, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_after: Option<Summary>,
    /// By kind.
    pub by_kind: Vec<OfKind>,
}

impl Figures {
    /// Counts, with how long it took and how long processors worked for it.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "nobody runs for weeks")]
    pub fn new(counts: &Counts, elapsed_ns: u64, processor_ns: u64) -> Self {
        let seconds = elapsed_ns as f64 / 1e9;
        let of_kind = |(kind, times): (&Kind, &Times)| OfKind {
            kind: *kind,
            times: times.summary(),
        };
        let after = counts.times[1].summary();
        Self {
            requests: counts.requests,
            sent: counts.sent,
            answered: counts.answered,
            lost: counts.lost,
            retransmitted: counts.retransmitted,
            answered_at_once: counts.answered_at_once,
            bad_authenticators: counts.bad_authenticators,
            late_answers: counts.late_answers,
            answers_lost_on_purpose: counts.answers_lost_on_purpose,
            refused: counts.refused,
            seconds,
            per_second: counts.answered as f64 / seconds.max(1e-9),
            loader_us_per_request: processor_ns as f64 / 1000.0 / counts.requests.max(1) as f64,
            times: counts.times[0].summary(),
            times_after: (after.count > 0).then_some(after),
            by_kind: Kind::ALL
                .iter()
                .zip(&counts.by_kind)
                .map(of_kind)
                .filter(|of_kind| of_kind.times.count > 0)
                .collect(),
        }
    }
}
