//! Why a server cannot start.
use crate::config::LoadError;
use crate::privileges::PrivilegeError;
use crate::recovery::RecoveryError;
use std::fmt;
use std::io;

/// Why a server ends, other than by being told to.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The configuration cannot be put in force.
    Load(LoadError),
    /// A socket, a signal or a file of the system.
    Io(io::Error),
    /// It would have more rights than it should.
    Privileges(PrivilegeError),
    /// The tables cannot be brought to where the log is.
    Recovery(RecoveryError),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::Privileges(error) => error.fmt(f),
            Self::Recovery(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ServeError {}

impl From<LoadError> for ServeError {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl From<io::Error> for ServeError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<PrivilegeError> for ServeError {
    fn from(error: PrivilegeError) -> Self {
        Self::Privileges(error)
    }
}

impl From<RecoveryError> for ServeError {
    fn from(error: RecoveryError) -> Self {
        Self::Recovery(error)
    }
}
