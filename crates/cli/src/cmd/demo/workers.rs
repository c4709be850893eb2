//! The processes that count, and the threads that feed them.
use std::env;
use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// How often a worker was given its piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fed {
    /// All of it.
    pub(super) whole: u64,
    /// At least the beginning of it.
    pub(super) begun: u64,
    /// The worker was killed: what it was given it may have counted or not.
    pub(super) killed: bool,
}

struct Worker {
    process: Child,
    feeder: JoinHandle<Fed>,
}

/// All of the workers.
pub(super) struct Workers {
    workers: Vec<Worker>,
    stop: Arc<AtomicBool>,
}

impl Workers {
    /// Starts one worker per piece, all on the same table.
    pub(super) fn start(table: &Path, pieces: &[Vec<&str>]) -> Result<Self, Failure> {
        let mut all = Self {
            workers: Vec::new(),
            stop: Arc::new(AtomicBool::new(false)),
        };
        let program = env::current_exe()?;
        for piece in pieces {
            let mut process = Command::new(&program)
                .arg("count")
                .arg(table)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .spawn()
                .map_err(|error| Failure::new(format!("cannot start a process: {error}")))?;
            let pipe = process.stdin.take();
            let lines: Vec<u8> = piece
                .iter()
                .flat_map(|word| word.bytes().chain([b'\n']))
                .collect();
            let stop = Arc::clone(&all.stop);
            let feeder = thread::spawn(move || feed(pipe, &lines, &stop));
            all.workers.push(Worker { process, feeder });
        }
        Ok(all)
    }

    /// Whether a worker has ended before its time.
    pub(super) fn any_ended(&mut self) -> bool {
        self.workers
            .iter_mut()
            .any(|worker| !matches!(worker.process.try_wait(), Ok(None)))
    }

    /// Ends a worker by SIGKILL. The answer is its process id.
    pub(super) fn kill(&mut self, victim: usize) -> Result<u32, Failure> {
        let process = &mut self.workers[victim].process;
        if !matches!(process.try_wait(), Ok(None)) {
            return Err(Failure::new("the process to be killed has ended by itself"));
        }
        process.kill()?;
        process.wait()?;
        Ok(process.id())
    }

    /// Ends the input, and waits until all workers have counted theirs. The answer is what each was given.
    pub(super) fn finish(mut self, killed: usize, deadline: Instant) -> Result<Vec<Fed>, Failure> {
        // Relaxed: nothing but the flag itself passes between the threads.
        self.stop.store(true, Ordering::Relaxed);
        for (index, worker) in self.workers.iter_mut().enumerate() {
            if index == killed {
                continue;
            }
            let status = loop {
                match worker.process.try_wait()? {
                    Some(status) => break status,
                    None if Instant::now() > deadline => {
                        return Err(Failure::new(format!(
                            "process {} does not end",
                            worker.process.id()
                        )));
                    }
                    None => thread::sleep(Duration::from_millis(5)),
                }
            };
            if !status.success() {
                return Err(Failure::new(format!(
                    "process {} failed: {status}",
                    worker.process.id()
                )));
            }
        }
        let mut fed = Vec::new();
        for (index, worker) in self.workers.drain(..).enumerate() {
            let given = worker
                .feeder
                .join()
                .map_err(|_| Failure::new("a feeding thread has panicked"))?;
            fed.push(Fed {
                killed: index == killed,
                ..given
            });
        }
        Ok(fed)
    }
}

/// Whatever went wrong, no worker is left behind.
impl Drop for Workers {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for worker in &mut self.workers {
            // It may have ended already, which is as good.
            let _ = worker.process.kill();
            let _ = worker.process.wait();
        }
    }
}

/// Gives the worker its lines again and again, whole, until told to stop or until it is dead.
fn feed(pipe: Option<ChildStdin>, lines: &[u8], stop: &AtomicBool) -> Fed {
    let mut fed = Fed {
        whole: 0,
        begun: 0,
        killed: false,
    };
    let Some(mut pipe) = pipe else {
        return fed;
    };
    while !stop.load(Ordering::Relaxed) {
        fed.begun += 1;
        if pipe.write_all(lines).is_err() {
            break;
        }
        fed.whole += 1;
    }
    fed
}
