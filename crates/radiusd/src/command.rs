//! What operators type: each command is a file, with its arguments and what it does.
//!
//! Data goes to the standard output, words to the standard error. Exit code: 0 yes, 1 no, 2 error.
mod check_config;
mod session_json;
mod session_text;
mod snapshot;
mod who;

use std::fmt::Display;
use std::io::{self, Write};

/// Where the configuration is, unless somebody says something else.
pub const CONFIG_PATH: &str = "/etc/quipu-radiusd/quipu-radiusd.toml";

/// A command.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check the configuration, and what it names.
    CheckConfig(check_config::Args),
    /// Make a snapshot of the log, so that the next start is quick.
    Snapshot(snapshot::Args),
    /// Show who is online.
    Who(who::Args),
}

/// The answer of a command that ran: exit code 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// 0.
    Yes,
    /// 1.
    No,
}

/// Why a command did not run to its end.
#[derive(Debug)]
pub enum Failure {
    /// The reader of the standard output went away: success.
    BrokenPipe,
    /// Anything else: exit code 2, with these words.
    Words(String),
}

impl Failure {
    fn new(words: impl Display) -> Self {
        Self::Words(words.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::new(error),
        }
    }
}

impl Command {
    /// Its name, as typed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CheckConfig(_) => "check-config",
            Self::Snapshot(_) => "snapshot",
            Self::Who(_) => "who",
        }
    }

    /// Runs it: data goes to `out`, words to `err`.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: &mut impl Write, err: &mut impl Write) -> Result<Answer, Failure> {
        match self {
            Self::CheckConfig(args) => check_config::run(&args, out, err),
            Self::Snapshot(args) => snapshot::run(&args, out, err),
            Self::Who(args) => who::run(&args, out),
        }
    }
}
