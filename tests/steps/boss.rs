//! Deals the cases out to workers, sees that none hangs, and compares the steps with what they have to be.
use super::case::Case;
use super::least::LEAST;
use super::{state, worker};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// In the environment of a worker.
const ROLE: &str = "QUIPU_STEPS_WORKER";
/// A worker that says nothing for so long has met somebody who waits for the dead.
const SILENCE: Duration = Duration::from_secs(30);
const WORKERS: usize = 2;

/// What came of a case.
struct Outcome {
    name: String,
    result: Result<(u64, u64), String>,
}

pub(crate) fn main() -> ExitCode {
    let wanted: Vec<String> = env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let cases = state::all();
    if env::var_os(ROLE).is_some() {
        worker::work(&cases);
        return ExitCode::SUCCESS;
    }
    let is_wanted =
        |case: &Case| wanted.is_empty() || wanted.iter().any(|part| case.name.contains(part));
    let numbers: Vec<usize> = (0..cases.len()).filter(|n| is_wanted(&cases[*n])).collect();
    let names: Vec<String> = cases.into_iter().map(|case| case.name).collect();
    let outcomes = run_all(&numbers, &names);
    let complaints = report(&outcomes, wanted.is_empty());
    for complaint in &complaints {
        eprintln!("FAILED {complaint}");
    }
    if complaints.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Prints the steps; returns what is wrong.
fn report(outcomes: &[Outcome], is_whole: bool) -> Vec<String> {
    let mut complaints = Vec::new();
    let (mut steps_in_all, mut killed_in_all) = (0, 0);
    for Outcome { name, result } in outcomes {
        match result {
            Err(error) => complaints.push(format!("{name}: {error}")),
            Ok((steps, killed)) => {
                println!("steps: {name}: {steps}, {killed} killed");
                steps_in_all += steps;
                killed_in_all += killed;
                match LEAST.iter().find(|(known, _)| known == name) {
                    None => complaints.push(format!("{name}: not in least.rs")),
                    Some((_, least)) if steps < least => {
                        complaints.push(format!("{name}: {steps} steps, but there were {least}"));
                    }
                    Some(_) => {}
                }
            }
        }
    }
    for (known, _) in LEAST.iter().filter(|_| is_whole) {
        if outcomes.iter().all(|outcome| outcome.name != *known) {
            complaints.push(format!("{known}: in least.rs, but no case"));
        }
    }
    println!(
        "{} cases, {steps_in_all} steps, {killed_in_all} children killed at one",
        outcomes.len()
    );
    complaints
}

/// Runs cases, each in some worker.
fn run_all(numbers: &[usize], names: &[String]) -> Vec<Outcome> {
    let next = Mutex::new(numbers.iter());
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let mut worker = Worker::start();
                loop {
                    let Some(number) = next.lock().expect("no panic").next() else {
                        return;
                    };
                    let result = worker.run(*number);
                    if result.is_err() {
                        worker = Worker::start();
                    }
                    let name = names[*number].clone();
                    outcomes
                        .lock()
                        .expect("no panic")
                        .push((*number, Outcome { name, result }));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().expect("no panic");
    outcomes.sort_by_key(|(number, _)| *number);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// A process that runs cases.
struct Worker {
    process: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Worker {
    fn start() -> Self {
        let mut process = Command::new(env::current_exe().expect("this program"))
            .env(ROLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a worker");
        let input = process.stdin.take().expect("a pipe");
        let output = process.stdout.take().expect("a pipe");
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            process,
            input,
            lines,
        }
    }

    /// Steps and kills of a case.
    fn run(&mut self, number: usize) -> Result<(u64, u64), String> {
        writeln!(self.input, "{number}").map_err(|error| error.to_string())?;
        let mut last = String::new();
        loop {
            let line = self
                .lines
                .recv_timeout(SILENCE)
                .map_err(|error| match error {
                    mpsc::RecvTimeoutError::Timeout => format!("{last}: hangs"),
                    mpsc::RecvTimeoutError::Disconnected => format!("{last}: the survivor died"),
                })?;
            let (word, rest) = line.split_once(' ').unwrap_or_default();
            match word {
                "done" => {
                    let mut figures = rest.split(' ').filter_map(|figure| figure.parse().ok());
                    return figures.next().zip(figures.next()).ok_or(line);
                }
                "fail" => return Err(rest.to_owned()),
                _ => last = line,
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
