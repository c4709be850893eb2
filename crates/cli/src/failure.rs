//! How a command ends: a yes, a no, or words that say what went wrong and what to do.
use std::fmt::{self, Display, Formatter};
use std::io;

use quipu::{CountError, ReadError, WriteError};

/// The answer of a command that ran: exit code 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
}

impl Answer {
    /// Yes if `yes`.
    pub(crate) fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// Why a command did not run to its end.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The reader of the standard output went away: success.
    BrokenPipe,
    /// Anything else: exit code 2, with these words.
    Words(String),
}

impl Failure {
    /// A failure with these words.
    pub(crate) fn new(words: impl Display) -> Self {
        Self::Words(words.to_string())
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokenPipe => f.write_str("nobody reads the output"),
            Self::Words(words) => f.write_str(words),
        }
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

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::new(error)
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::new(error)
    }
}

impl From<CountError> for Failure {
    fn from(error: CountError) -> Self {
        Self::new(error)
    }
}
