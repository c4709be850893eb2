//! A contest: entrants that do the same work take turns within one run.
//!
//! The turns of a round go round from one entrant to the next, and each round begins with another one, so that what
//! else the machine does hits all of them alike, and nobody always follows the same.
use crate::record::{Contest, Shape, Times};
use std::error::Error;
use std::time::{Duration, Instant};

/// Anything that ends a case.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The most operations of a turn.
const OPERATIONS_MAX: usize = 1 << 26;
/// How many times as long as usual a turn may take to come to every key.
const LONGEST_TURN: f64 = 10.0;
const CALIBRATIONS_MAX: u64 = 40;

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How often each entrant has a turn. The median is of so many.
    pub rounds: u32,
    /// About how long a turn takes.
    pub turn: Duration,
    /// Smaller tables, to see whether everything works.
    pub quick: bool,
}

impl Settings {
    /// For figures that are published.
    #[must_use]
    pub fn full() -> Self {
        Self {
            rounds: 5,
            turn: Duration::from_millis(50),
            quick: false,
        }
    }

    /// To see whether everything works.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            rounds: 5,
            turn: Duration::from_millis(8),
            quick: true,
        }
    }
}

/// One turn of an entrant.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// Where to begin: the same for all entrants of a round.
    pub seed: u64,
    /// How many operations.
    pub operations: usize,
}

struct Entrant<'w> {
    name: String,
    operations: usize,
    operations_max: usize,
    work: Box<dyn FnMut(Turn) -> Result<Duration, Failure> + 'w>,
}

/// Entrants, before the contest.
#[derive(Default)]
pub struct Entrants<'w>(Vec<Entrant<'w>>);

impl<'w> Entrants<'w> {
    /// Nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One whose whole turn is measured.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        mut work: impl FnMut(Turn) -> Result<(), Failure> + 'w,
    ) {
        self.add_self_timed(name, usize::MAX, move |turn| {
            let start = Instant::now();
            work(turn)?;
            Ok(start.elapsed())
        });
    }

    /// One that says itself how long what counts took, and does at most so many operations a turn.
    pub fn add_self_timed(
        &mut self,
        name: impl Into<String>,
        operations_max: usize,
        work: impl FnMut(Turn) -> Result<Duration, Failure> + 'w,
    ) {
        let (name, work) = (name.into(), Box::new(work));
        self.0.push(Entrant {
            name,
            operations: 1,
            operations_max: operations_max.min(OPERATIONS_MAX),
            work,
        });
    }

    /// Measures all of them.
    ///
    /// # Errors
    /// The first failure of any of them.
    pub fn run(mut self, shape: Shape, settings: Settings) -> Result<Contest, Failure> {
        let keys = usize::try_from(shape.keys)?;
        for entrant in &mut self.0 {
            entrant.calibrate(settings.turn, keys)?;
        }
        let count = self.0.len();
        let mut nanoseconds = vec![Vec::new(); count];
        for round in 0..settings.rounds {
            for place in 0..count {
                let which = (place + round as usize) % count;
                let seed = 1000 + u64::from(round);
                nanoseconds[which].push(self.0[which].turn(seed)?);
            }
        }
        let entrants = self.0.into_iter().zip(nanoseconds);
        let times = entrants.map(|(entrant, rounds_ns)| Times {
            name: entrant.name,
            rounds_ns,
        });
        Ok(Contest {
            shape,
            times: times.collect(),
        })
    }
}

impl Entrant<'_> {
    /// Nanoseconds an operation of one turn.
    fn turn(&mut self, seed: u64) -> Result<f64, Failure> {
        let operations = self.operations;
        let time = (self.work)(Turn { seed, operations })?;
        Ok(time.as_secs_f64() * 1e9 / operations as f64)
    }

    /// Finds how many operations a turn has, which also warms everything up.
    ///
    /// A turn comes to every key once if that does not take too long: what the caches and page tables hold at its
    /// beginning is what the others left, and a slow entrant must not suffer from it more than a fast one.
    fn calibrate(&mut self, turn: Duration, keys: usize) -> Result<(), Failure> {
        let wanted = turn.as_secs_f64() * 1e9;
        for seed in 0..CALIBRATIONS_MAX {
            let time = self.turn(seed)? * self.operations as f64;
            if time * 2.0 >= wanted || self.operations == self.operations_max {
                let each = (time / self.operations as f64).max(0.1);
                let usual = operations(wanted / each);
                let longest = operations(wanted * LONGEST_TURN / each);
                self.operations = usual.max(longest.min(keys)).min(self.operations_max);
                return Ok(());
            }
            // A short turn says too little: grow step by step.
            let factor = (wanted / time.max(1.0)).clamp(1.0, 8.0);
            let next = operations(self.operations as f64 * factor);
            self.operations = next.max(self.operations + 1).min(self.operations_max);
        }
        Ok(())
    }
}

/// A number of operations, at least one.
fn operations(count: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    let whole = count.ceil() as usize;
    whole.clamp(1, OPERATIONS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn entrants_take_turns_and_each_round_begins_with_another() {
        let log = RefCell::new(Vec::new());
        let mut entrants = Entrants::new();
        for name in ["a", "b"] {
            let log = &log;
            entrants.add_self_timed(name, 4, move |turn| {
                log.borrow_mut().push((name, turn.seed, turn.operations));
                Ok(Duration::from_nanos(turn.operations as u64 * 3))
            });
        }
        let settings = Settings {
            rounds: 3,
            turn: Duration::from_millis(1),
            quick: true,
        };
        let contest = entrants
            .run(Shape::default(), settings)
            .expect("no failure");
        let measured: Vec<_> = log
            .into_inner()
            .into_iter()
            .filter(|entry| entry.1 >= 1000)
            .collect();
        let order: String = measured.iter().map(|entry| entry.0).collect();
        assert_eq!(order, "abbaab");
        assert!(measured.iter().all(|entry| entry.2 == 4));
        assert_eq!(contest.times[1].rounds_ns, [3.0; 3]);
    }

    #[test]
    fn a_failure_ends_the_contest() {
        let mut entrants = Entrants::new();
        entrants.add("broken", |_| Err("broken".into()));
        assert!(entrants.run(Shape::default(), Settings::quick()).is_err());
    }
}
