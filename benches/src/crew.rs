//! The workers of a case, from the side of the one who tells them what to do.
use crate::contest::Failure;
use crate::record::MixPoint;
use crate::worker::{Done, Order, Shift, Work};
use hdrhistogram::Histogram;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The word that makes this program a worker.
pub const ROLE: &str = "worker";

/// A process that obeys; it ends with its owner.
pub struct Worker {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts one.
    ///
    /// # Errors
    /// If there is no room for a process.
    pub fn start() -> Result<Self, Failure> {
        let mut process = Command::new(env::current_exe()?)
            .arg(ROLE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().ok_or("no pipe")?;
        let output = BufReader::new(process.stdout.take().ok_or("no pipe")?);
        Ok(Self {
            process,
            input,
            output,
        })
    }

    /// Tells it to do something, without waiting for the answer.
    ///
    /// # Errors
    /// If it has ended.
    pub fn tell(&mut self, order: &Order) -> Result<(), Failure> {
        writeln!(self.input, "{}", serde_json::to_string(order)?)?;
        Ok(())
    }

    /// Its next answer.
    ///
    /// # Errors
    /// If it has ended.
    pub fn answer(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err("a worker has ended".into());
        }
        Ok(line)
    }

    /// Gets it ready.
    ///
    /// # Errors
    /// If it has ended.
    pub fn prepare(&mut self, work: Work) -> Result<(), Failure> {
        self.tell(&Order::Prepare(work))?;
        self.answer()?;
        Ok(())
    }

    /// What it has done.
    ///
    /// # Errors
    /// If it has ended.
    pub fn done(&mut self) -> Result<Done, Failure> {
        Ok(serde_json::from_str(&self.answer()?)?)
    }

    /// Stops it wherever it is (SIGSTOP), or lets it go on (SIGCONT).
    ///
    /// # Errors
    /// If it has ended.
    pub fn signal(&self, signal: i32) -> Result<(), Failure> {
        Ok(quipu_tests::system::signal(self.process.id(), signal)?)
    }

    /// Waits until it has stopped.
    ///
    /// # Errors
    /// If it has ended.
    pub fn wait_until_stopped(&self) -> Result<(), Failure> {
        loop {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
            let state = stat
                .rsplit_once(") ")
                .map(|(_, rest)| rest.starts_with('T'));
            if state == Some(true) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What some workers did together.
pub struct Round {
    done: Vec<Done>,
    nanoseconds: u64,
}

impl Round {
    /// Operations a second of all together.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        let operations: u64 = self.done.iter().map(|done| done.operations).sum();
        operations as f64 * 1e9 / self.nanoseconds as f64
    }
}

/// Has the first `count` workers work at once.
///
/// # Errors
/// If one has ended.
pub fn run(crew: &mut [Worker], count: usize, time: Duration) -> Result<Round, Failure> {
    let shift = Shift::soon(time);
    let crew = &mut crew[..count];
    for worker in &mut *crew {
        worker.tell(&Order::Run(shift))?;
    }
    let done = crew
        .iter_mut()
        .map(Worker::done)
        .collect::<Result<_, _>>()?;
    Ok(Round {
        done,
        nanoseconds: shift.length(),
    })
}

/// All rounds of a number of processes as figures.
///
/// # Errors
/// If a latency is out of range.
pub fn point(rounds: &[Round]) -> Result<MixPoint, Failure> {
    let mut latencies = Histogram::<u64>::new(3)?;
    let all = rounds.iter().flat_map(|round| &round.done);
    for (value, count) in all.flat_map(|done| &done.latencies) {
        latencies.record_n(*value, *count)?;
    }
    let at = |quantile| latencies.value_at_quantile(quantile);
    Ok(MixPoint {
        processes: rounds.first().map_or(0, |round| round.done.len()) as u64,
        rounds_per_second: rounds.iter().map(Round::per_second).collect(),
        latency_ns: [at(0.5), at(0.99), at(0.999), latencies.max()],
        latency_samples: latencies.len(),
    })
}
