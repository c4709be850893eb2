//! The processes that work, from the side of the one who started them.
use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::result::Done;
use super::work::{READY, new_histogram};
use crate::failure::Failure;
use crate::progress;

/// How often the bar moves.
const LOOK: Duration = Duration::from_millis(100);

struct Worker {
    process: Child,
    output: BufReader<ChildStdout>,
}

/// All of them. None outlives it.
pub(super) struct Crew(Vec<Worker>);

impl Crew {
    /// Starts `count` processes, and waits until all of them are ready.
    pub(super) fn start(arguments: &[OsString], count: u8) -> Result<Self, Failure> {
        let mut crew = Self(Vec::new());
        let program = env::current_exe()?;
        for seed in 1..=count {
            let mut process = Command::new(&program)
                .arg("bench")
                .args(arguments)
                .args(["--work", &seed.to_string()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .map_err(|error| Failure::new(format!("cannot start a process: {error}")))?;
            let output = process
                .stdout
                .take()
                .ok_or_else(|| Failure::new("a process has no output"))?;
            crew.0.push(Worker {
                process,
                output: BufReader::new(output),
            });
        }
        for worker in &mut crew.0 {
            if worker.line()? != READY {
                return Err(Failure::new("a process did not get ready: see above"));
            }
        }
        Ok(crew)
    }

    /// Has all of them work at once. The answer is what they did together.
    pub(super) fn work(mut self, time: Duration) -> Result<Done, Failure> {
        for worker in &mut self.0 {
            if let Some(mut input) = worker.process.stdin.take() {
                writeln!(input)?;
            }
        }
        show(time);
        let mut done = Done {
            operations: 0,
            elapsed: Duration::ZERO,
            latencies: new_histogram()?,
        };
        for worker in &mut self.0 {
            let line = worker.line()?;
            add(&mut done, &line)
                .ok_or_else(|| Failure::new("a process did not end its work: see above"))?;
        }
        Ok(done)
    }
}

impl Worker {
    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

/// Whatever went wrong, no worker is left behind.
impl Drop for Crew {
    fn drop(&mut self) {
        for worker in &mut self.0 {
            // It may have ended already, which is as good.
            let _ = worker.process.kill();
            let _ = worker.process.wait();
        }
    }
}

/// Moves a bar until the time is over.
fn show(time: Duration) {
    let (bar, start) = (progress::seconds(time), Instant::now());
    while start.elapsed() < time {
        thread::sleep(LOOK.min(time.saturating_sub(start.elapsed())));
        bar.set_position(u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX));
    }
    bar.finish_and_clear();
}

/// Adds what one worker did.
fn add(done: &mut Done, line: &str) -> Option<()> {
    let json: Json = serde_json::from_str(line).ok()?;
    done.operations += json["operations"].as_u64()?;
    done.elapsed = done
        .elapsed
        .max(Duration::from_nanos(json["nanoseconds"].as_u64()?));
    for step in json["latencies"].as_array()? {
        done.latencies
            .record_n(step[0].as_u64()?, step[1].as_u64()?)
            .ok()?;
    }
    Some(())
}
