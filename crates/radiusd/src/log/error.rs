//! Why a log cannot be read.
use super::entry::split_lsn;
use super::segment::BadSegment;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a log cannot be read. Each names the file.
#[derive(Debug)]
#[non_exhaustive]
pub enum LogError {
    /// The file system says no.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
    /// A file is no segment of this log.
    Bad {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        error: BadSegment,
    },
    /// Entries are gone that were on the disk.
    Missing {
        /// The first file behind them.
        before: PathBuf,
        /// The first of them.
        first_lsn: u64,
        /// The first that is there again.
        next_lsn: u64,
    },
}

impl LogError {
    pub(crate) fn io(path: &Path, error: io::Error) -> Self {
        let path = path.to_path_buf();
        Self::Io { path, error }
    }

    pub(crate) fn bad(path: &Path, error: BadSegment) -> Self {
        let path = path.to_path_buf();
        Self::Bad { path, error }
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Bad { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Missing {
                before,
                first_lsn,
                next_lsn,
            } => {
                let ((_, first), (_, next)) = (split_lsn(*first_lsn), split_lsn(*next_lsn));
                write!(
                    f,
                    "{}: the entries {first} to {} before it are missing or damaged: bring the segment that held them \
                     back, or move the log's folder away to begin without it",
                    before.display(),
                    next - 1
                )
            }
        }
    }
}

impl std::error::Error for LogError {}
