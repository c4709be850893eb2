//! A list of cases to run, and what is told while they run.
use crate::contest::{Failure, Settings};
use crate::record::Outcome;
use serde::{Deserialize, Serialize};

type Work = Box<dyn FnOnce(Settings) -> Result<Vec<Outcome>, Failure>>;

/// What happens in a run. A run in another process tells it as lines of JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// So many cases will follow.
    Planned(u64),
    /// A case has begun.
    Began(String),
    /// It has ended with these results.
    Ended(Vec<Outcome>),
}

/// Cases.
#[derive(Default)]
pub struct Plan(Vec<(String, Work)>);

impl Plan {
    /// Without any yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a case.
    pub fn add(
        &mut self,
        title: impl Into<String>,
        work: impl FnOnce(Settings) -> Result<Vec<Outcome>, Failure> + 'static,
    ) {
        self.0.push((title.into(), Box::new(work)));
    }

    /// Keeps the cases whose title contains this.
    pub fn only(&mut self, part: &str) {
        self.0.retain(|(title, _)| title.contains(part));
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs them one by one. A case that fails is written down as not measured, and the others go on.
    pub fn run(self, settings: Settings, mut tell: impl FnMut(Event)) {
        for (title, work) in self.0 {
            tell(Event::Began(title.clone()));
            let results = work(settings).unwrap_or_else(|why| {
                let why = why.to_string();
                vec![Outcome::NotMeasured { what: title, why }]
            });
            tell(Event::Ended(results));
        }
    }
}
