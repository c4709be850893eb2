//! A process that removes the table when the demonstration, or a benchmark, is over, however it ended.
//!
//! It waits for the end of its standard input, a pipe whose other end only the demonstration holds: the kernel closes
//! that end also after Ctrl-C, a panic or SIGKILL. It runs in a process group of its own, so that Ctrl-C spares it.
//! This needs no signal handler.
use std::env;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use quipu::OpenError;

use crate::args::open_failure;
use crate::failure::Failure;

/// What the demonstration says when its workers have all ended.
const ORDERLY: &[u8] = b"done";
/// How long workers may go on after the demonstration has died; one that has just started may still create the table.
const WORKERS_END: Duration = Duration::from_millis(500);

/// The helper process.
pub(crate) struct Janitor {
    process: Child,
}

impl Janitor {
    /// Starts the helper for this table.
    pub(crate) fn start(table: &Path) -> Result<Self, Failure> {
        let process = env::current_exe().and_then(|program| {
            Command::new(program)
                .args(["demo", "--clean-up-after"])
                .arg(table)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .process_group(0)
                .spawn()
        });
        let process =
            process.map_err(|error| Failure::new(format!("cannot start a process: {error}")))?;
        Ok(Self { process })
    }

    /// Has the table removed now; the workers have ended.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        if let Some(mut pipe) = self.process.stdin.take() {
            // If the helper is gone, its status says so.
            let _ = pipe.write_all(ORDERLY);
        }
        let status = self.process.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(Failure::new("the table could not be removed"))
        }
    }
}

/// The helper itself: waits for the end, and removes the table.
pub(super) fn wait_and_remove(table: &Path) -> Result<(), Failure> {
    let mut said = Vec::new();
    io::stdin().lock().read_to_end(&mut said)?;
    remove(table)?;
    if said != ORDERLY {
        thread::sleep(WORKERS_END);
        remove(table)?;
    }
    Ok(())
}

fn remove(table: &Path) -> Result<(), Failure> {
    match quipu::remove(table) {
        Ok(()) | Err(OpenError::NotFound { .. }) => Ok(()),
        Err(error) => Err(open_failure(table, &error)),
    }
}
