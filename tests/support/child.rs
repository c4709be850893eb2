//! Children: this same program, run again in a role.
//!
//! A test program that has roles has one test for them, which does nothing when it runs as a test:
//! ```ignore
//! #[test]
//! fn child() {
//!     child::play(&[("writer", writer)]);
//! }
//! ```
use crate::system;
use std::env;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{self, Command, ExitStatus, Stdio};
use std::time::Duration;
use std::{fs, io};

const ROLE: &str = "QUIPU_TESTS_ROLE";
const SEPARATOR: char = '\u{1f}';

/// What a child does, with the arguments that its test gave it.
pub type Play = fn(&[String]);

/// In a child: plays the role that it was started in, and ends it. In the test itself: nothing.
///
/// # Panics
/// If there is no such role.
pub fn play(roles: &[(&str, Play)]) {
    let Ok(line) = env::var(ROLE) else {
        return;
    };
    system::die_with_parent();
    let mut words = line.split(SEPARATOR).map(str::to_owned);
    let name = words.next().unwrap_or_default();
    let arguments: Vec<String> = words.collect();
    let role = roles.iter().find(|(role, _)| *role == name);
    let (_, play) = role.expect("a role of this program");
    play(&arguments);
}

/// The command that runs this program in a role.
///
/// # Panics
/// If this program cannot be found.
#[must_use]
pub fn command(role: &str, arguments: &[&dyn ToString]) -> Command {
    command_of(&env::current_exe().expect("this program"), role, arguments)
}

/// Replaces this program by itself in a role; returns only if that fails.
#[must_use]
pub fn replace(role: &str, arguments: &[&dyn ToString]) -> io::Error {
    // Not by its path, which another user than the one who built it may not be able to walk.
    command_of(Path::new("/proc/self/exe"), role, arguments).exec()
}

fn command_of(program: &Path, role: &str, arguments: &[&dyn ToString]) -> Command {
    let mut line = role.to_owned();
    for argument in arguments {
        line.push(SEPARATOR);
        line.push_str(&argument.to_string());
    }
    let mut command = Command::new(program);
    command
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(ROLE, line)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// A child that runs, and dies with its test.
#[derive(Debug)]
pub struct Child {
    process: process::Child,
    is_reaped: bool,
}

impl Child {
    /// Starts this program in a role.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(role: &str, arguments: &[&dyn ToString]) -> Self {
        Self::run(&mut command(role, arguments))
    }

    /// Starts any command.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn run(command: &mut Command) -> Self {
        Self {
            process: command.spawn().expect("a child"),
            is_reaped: false,
        }
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Its standard input, if that is a pipe.
    pub fn input(&mut self) -> Option<process::ChildStdin> {
        self.process.stdin.take()
    }

    /// Sends a signal (`libc::SIGKILL` and so on).
    ///
    /// # Panics
    /// If it was waited for.
    pub fn signal(&self, signal: i32) {
        assert!(!self.is_reaped, "the child is gone");
        system::signal(self.pid(), signal).expect("a child that was not waited for");
    }

    /// Whether all of its threads are stopped (SIGSTOP), now.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        let Ok(threads) = fs::read_dir(format!("/proc/{}/task", self.pid())) else {
            return false;
        };
        // The letter of the state follows the name, which is in parentheses and may hold anything.
        let is_stopped = |stat: String| {
            stat.rsplit_once(") ")
                .is_some_and(|(_, rest)| rest.starts_with('T'))
        };
        threads
            .flatten()
            .all(|thread| fs::read_to_string(thread.path().join("stat")).is_ok_and(is_stopped))
    }

    /// Kills it, and waits until it is gone.
    pub fn kill(&mut self) -> ExitStatus {
        self.signal(libc::SIGKILL);
        self.wait()
    }

    /// How it ended; `None`: it runs.
    ///
    /// # Panics
    /// If the system cannot say.
    pub fn try_wait(&mut self) -> Option<ExitStatus> {
        let status = self.process.try_wait().expect("a child of ours");
        self.is_reaped |= status.is_some();
        status
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    /// If the system cannot say.
    pub fn wait(&mut self) -> ExitStatus {
        let status = self.process.wait().expect("a child of ours");
        self.is_reaped = true;
        status
    }

    /// Waits until it has ended well.
    ///
    /// # Panics
    /// If it ends otherwise, or not within so long: then it hangs.
    pub fn finish(mut self, within: Duration) {
        let end = system::now_ms() + u64::try_from(within.as_millis()).unwrap_or(u64::MAX / 2);
        loop {
            if let Some(status) = self.try_wait() {
                assert!(status.success(), "a child ended with {status}");
                return;
            }
            assert!(
                system::now_ms() < end,
                "a child hangs: not done in {within:?}"
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Whether a process was ended by SIGKILL.
#[must_use]
pub fn was_killed(status: ExitStatus) -> bool {
    was_ended_by(status, libc::SIGKILL)
}

/// Whether a process was ended by a signal.
#[must_use]
pub fn was_ended_by(status: ExitStatus, signal: i32) -> bool {
    status.signal() == Some(signal)
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.is_reaped {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}
