//! The figures of a run, found by what they are about.
use crate::record::{Contest, Growth, MemoryStep, Mix, Outcome, Run, Stop};

/// A run that is asked.
pub(crate) struct Figures<'r>(pub(crate) &'r Run);

impl<'r> Figures<'r> {
    /// All contests of a section.
    pub(crate) fn contests(&self, section: &str) -> impl Iterator<Item = &'r Contest> {
        let all = self.0.results.iter().filter_map(|result| match result {
            Outcome::Contest(contest) => Some(contest),
            _ => None,
        });
        all.filter(move |contest| contest.shape.section == section)
    }

    /// The contest of the section "core" with keys of 20 bytes.
    pub(crate) fn core(&self, keys: u64) -> Option<&'r Contest> {
        self.contests("core")
            .find(|contest| contest.shape.keys == keys && contest.shape.key_bytes == 20)
    }

    /// A contest with rivals.
    pub(crate) fn compare(&self, note: &str, keys: u64, value_bytes: u64) -> Option<&'r Contest> {
        self.contests("compare").find(|contest| {
            let shape = &contest.shape;
            shape.note == note && shape.keys == keys && shape.value_bytes == value_bytes
        })
    }

    /// All workloads of several processes.
    pub(crate) fn mixes(&self) -> impl Iterator<Item = &'r Mix> {
        self.0.results.iter().filter_map(|result| match result {
            Outcome::Mix(mix) => Some(mix),
            _ => None,
        })
    }

    /// One of them.
    pub(crate) fn mix(&self, workload: &str) -> Option<&'r Mix> {
        self.mixes().find(|mix| mix.workload == workload)
    }

    /// What others did while one was stopped.
    pub(crate) fn stops(&self) -> impl Iterator<Item = &'r Stop> {
        self.0.results.iter().filter_map(|result| match result {
            Outcome::Stop(stop) => Some(stop),
            _ => None,
        })
    }

    /// How a table grows.
    pub(crate) fn growth(&self) -> Option<&'r Growth> {
        self.0.results.iter().find_map(|result| match result {
            Outcome::Growth(growth) => Some(growth),
            _ => None,
        })
    }

    /// What it takes of memory.
    pub(crate) fn memory(&self) -> Option<&'r [MemoryStep]> {
        self.0.results.iter().find_map(|result| match result {
            Outcome::Memory(steps) => Some(steps.as_slice()),
            _ => None,
        })
    }
}

/// The ratio of the medians of two entrants.
pub(crate) fn ratio(contest: Option<&Contest>, name: &str, base: &str) -> Option<f64> {
    Some(contest?.median(name)? / contest?.median(base)?)
}

/// Whether an entrant is Quipu.
pub(crate) fn is_quipu(name: &str) -> bool {
    name == "quipu" || name.starts_with("quipu,")
}

/// Whether an entrant takes keys of any length, as Quipu does.
pub(crate) fn takes_any_key(name: &str) -> bool {
    !name.ends_with("inline keys")
}

/// An entrant's median against the fastest rival that takes keys of any length.
pub(crate) fn ratio_to_fastest(contest: Option<&Contest>, name: &str) -> Option<f64> {
    let contest = contest?;
    let rivals = contest
        .times
        .iter()
        .filter(|times| !is_quipu(&times.name) && takes_any_key(&times.name));
    let fastest = rivals.map(|times| times.median()).min_by(f64::total_cmp)?;
    Some(contest.median(name)? / fastest)
}
