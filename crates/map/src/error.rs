//! Why a table could not be opened, and the one table of stable codes for every error of the library.
use quipu_core::{Corrupt, CountError, HeaderError, ReadError, WriteError};
use std::path::{Path, PathBuf};
use std::{fmt, io};

/// Why a table could not be created, opened or removed. The text of each says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such table, or no such directory.
    NotFound {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There is a file of that name already.
    Exists {
        /// Its path.
        path: PathBuf,
    },
    /// Not a name: empty, longer than 200 bytes, with a NUL byte, or `.` or `..`.
    BadName {
        /// What was given.
        name: PathBuf,
    },
    /// The file does not start with our magic, or is no regular file.
    NotATable {
        /// Its path.
        path: PathBuf,
    },
    /// Written by another version of the format.
    FormatVersion {
        /// The version this library reads and writes.
        expected: u64,
        /// The version of the file.
        found: u64,
    },
    /// Written on another kind of machine.
    Architecture {
        /// The marks of this machine (format.md 3.1).
        expected: u64,
        /// The marks of the file.
        found: u64,
    },
    /// The checksum of the header, or what follows from it, is wrong.
    Damaged,
    /// The file is shorter than its header says.
    Truncated {
        /// Bytes that the header promises.
        bytes_expected: u64,
        /// Bytes that the file has.
        bytes_found: u64,
    },
    /// The file belongs to a user whom the caller did not ask for, see [`crate::Owner`].
    Owner {
        /// The user number of the owner.
        uid: u32,
    },
    /// Everybody may write the file, and the caller did not ask for that.
    Mode {
        /// Its permission bits.
        mode: u32,
    },
    /// The last part of the path is a symbolic link.
    Symlink {
        /// Its path.
        path: PathBuf,
    },
    /// The table was used before the machine was started again, and somebody is attached to it, or the file
    /// system has no locks, so it cannot be taken over.
    OtherBoot {
        /// Its path.
        path: PathBuf,
    },
    /// The file system has no space left for the start of the table.
    NoSpace {
        /// Bytes that were asked for.
        bytes: u64,
    },
    /// All 1,024 process slots of the table are taken by processes that live.
    Processes,
    /// All 4,095 participants of the table (threads that write) are taken.
    Participants,
    /// The table does not fit in the address space of this process.
    AddressSpace {
        /// Bytes that the mapping needs.
        bytes: u64,
    },
    /// The table was removed, or is about to be.
    Removed,
    /// This machine, file system or option cannot do it.
    Unsupported {
        /// What cannot be done, and what to do.
        what: &'static str,
    },
    /// Any other failure of the operating system.
    Io {
        /// The file it happened with.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl OpenError {
    /// The failure of a system call on a file.
    pub(crate) fn of(path: &Path, error: io::Error) -> Self {
        let path = path.to_path_buf();
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENOTDIR) => Self::NotFound { path },
            Some(libc::EEXIST) => Self::Exists { path },
            Some(libc::ELOOP) => Self::Symlink { path },
            Some(libc::ENXIO | libc::EISDIR | libc::ENODEV) => Self::NotATable { path },
            _ => Self::Io { path, error },
        }
    }
}

impl From<HeaderError> for OpenError {
    fn from(error: HeaderError) -> Self {
        match error {
            HeaderError::NotATable => Self::NotATable {
                path: PathBuf::new(),
            },
            HeaderError::FormatVersion { expected, found } => {
                Self::FormatVersion { expected, found }
            }
            HeaderError::Architecture { expected, found } => Self::Architecture { expected, found },
            _ => Self::Damaged,
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { path } => {
                write!(
                    f,
                    "there is no {}: create it first (`quipu create`)",
                    path.display()
                )
            }
            Self::Exists { path } => {
                write!(f, "{} exists: open it, or remove it first", path.display())
            }
            Self::BadName { name } => write!(
                f,
                "{:?} is no name of a table: use 1 to 200 bytes without a slash, or a path with one",
                name.display()
            ),
            Self::NotATable { path } => {
                write!(f, "{} is not a table: check the name", path.display())
            }
            Self::FormatVersion { expected, found } => write!(
                f,
                "the table has format version {found}, this library knows {expected}: use the library it was made \
                 with, or carry the data over with `quipu dump` of that one and `quipu load` of this one"
            ),
            Self::Architecture { expected, found } => write!(
                f,
                "the table was made on another kind of machine (marks {found:#x}, here {expected:#x}): dump it \
                 there and load it here"
            ),
            Self::Damaged => f.write_str(
                "the header of the table is damaged: remove the file and create it again",
            ),
            Self::Truncated {
                bytes_expected,
                bytes_found,
            } => write!(
                f,
                "the file has {bytes_found} bytes of {bytes_expected}: it was cut off, or copied in part; remove it \
                 and create it again"
            ),
            Self::Owner { uid } => write!(
                f,
                "the table belongs to user {uid}: say that this is wanted (`Owner::Uid({uid})`), or remove it"
            ),
            Self::Mode { mode } => write!(
                f,
                "everybody may write the table (mode {mode:03o}): take that right away (`chmod o-w`), or say that \
                 it is wanted (`Owner::Anyone`)"
            ),
            Self::Symlink { path } => {
                write!(
                    f,
                    "{} is a symbolic link: use the path it leads to",
                    path.display()
                )
            }
            _ => self.fmt_limits(f),
        }
    }
}

impl OpenError {
    fn fmt_limits(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherBoot { path } => write!(
                f,
                "{} was last used before this machine was started, and it is in use, or its file system has no \
                 locks: let its other users close it, or dump it and load it into a new table",
                path.display()
            ),
            Self::NoSpace { bytes } => write!(
                f,
                "the file system has no {bytes} bytes left: free space there (Docker gives /dev/shm 64 MB unless \
                 --shm-size says more)"
            ),
            Self::Processes => f.write_str(
                "1,024 processes use the table, which is the most there may be: close some",
            ),
            Self::Participants => f.write_str(
                "4,095 threads write to the table, which is the most there may be: close some",
            ),
            Self::AddressSpace { bytes } => write!(
                f,
                "the table needs {bytes} bytes of address space: raise the limit (`ulimit -v`), or create it with \
                 a smaller maximum size"
            ),
            Self::Removed => f.write_str(
                "the table was removed: create it again; if its name is still taken, its remover died, so remove it \
                 once more (`quipu rm`)",
            ),
            Self::Unsupported { what } => f.write_str(what),
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            // The others were written by our caller.
            _ => Ok(()),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// What an error is called outside Rust. These never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The status of the C library.
    pub status: i32,
    /// Its name there, without the prefix.
    pub name: &'static str,
    /// The exit code of the command line: 1 is a plain no, 2 an error.
    pub exit: u8,
}

/// An error that has a stable code.
///
/// ```
/// use quipu::{Coded, CountError};
/// assert_eq!(CountError::Missing.code().name, "MISSING");
/// assert_eq!(CountError::Missing.code().exit, 1);
/// ```
pub trait Coded {
    /// Its code.
    fn code(&self) -> Code;
}

/// Every code there is. Status 0 is success. 2 to 9 are answers, and from 30 to 39 and 98 are errors, of the C library
/// alone: no error of this one has them.
pub const CODES: [Code; 37] = [
    code(1, "MISSING", 1),
    code(2, "EXISTS", 1),
    code(3, "CHANGED", 1),
    code(4, "TIMEOUT", 1),
    code(5, "END", 1),
    code(6, "BUFFER_TOO_SMALL", 1),
    code(10, "KEY_TOO_LONG", 2),
    code(11, "VALUE_TOO_LONG", 2),
    code(12, "TTL_TOO_LONG", 2),
    code(13, "WRONG_TYPE", 2),
    code(14, "OVERFLOW", 2),
    code(20, "FULL", 2),
    code(21, "BUSY", 2),
    code(22, "CORRUPT", 2),
    code(23, "REMOVED", 2),
    code(30, "INVALID_ARGUMENT", 2),
    code(31, "READ_ONLY", 2),
    code(40, "TABLE_NOT_FOUND", 2),
    code(41, "TABLE_EXISTS", 2),
    code(42, "BAD_NAME", 2),
    code(43, "NOT_A_TABLE", 2),
    code(44, "FORMAT_VERSION", 2),
    code(45, "ARCHITECTURE", 2),
    code(46, "DAMAGED", 2),
    code(47, "TRUNCATED", 2),
    code(48, "OWNER", 2),
    code(49, "MODE", 2),
    code(50, "SYMLINK", 2),
    code(51, "OTHER_BOOT", 2),
    code(52, "NO_SPACE", 2),
    code(53, "PROCESSES", 2),
    code(54, "PARTICIPANTS", 2),
    code(55, "ADDRESS_SPACE", 2),
    code(56, "UNSUPPORTED", 2),
    code(57, "IO", 2),
    code(98, "PANIC", 2),
    UNKNOWN,
];

/// An error that this version of the table of codes does not know.
const UNKNOWN: Code = code(99, "UNKNOWN", 2);

const fn code(status: i32, name: &'static str, exit: u8) -> Code {
    Code { status, name, exit }
}

fn named(name: &str) -> Code {
    CODES
        .into_iter()
        .find(|code| code.name == name)
        .unwrap_or(UNKNOWN)
}

impl Coded for ReadError {
    fn code(&self) -> Code {
        named(match self {
            Self::KeyTooLong => "KEY_TOO_LONG",
            Self::Busy => "BUSY",
            Self::Corrupt(Corrupt::Truncated) => "TRUNCATED",
            Self::Corrupt(_) => "CORRUPT",
            _ => "UNKNOWN",
        })
    }
}

impl Coded for WriteError {
    fn code(&self) -> Code {
        named(match self {
            Self::KeyTooLong => "KEY_TOO_LONG",
            Self::ValueTooLong => "VALUE_TOO_LONG",
            Self::TtlTooLong => "TTL_TOO_LONG",
            Self::Full(_) => "FULL",
            Self::Busy => "BUSY",
            Self::Corrupt(Corrupt::Truncated) => "TRUNCATED",
            Self::Corrupt(_) => "CORRUPT",
            Self::Removed => "REMOVED",
            _ => "UNKNOWN",
        })
    }
}

impl Coded for CountError {
    fn code(&self) -> Code {
        match self {
            Self::Missing => named("MISSING"),
            Self::WrongType => named("WRONG_TYPE"),
            Self::Overflow => named("OVERFLOW"),
            Self::Write(error) => error.code(),
            _ => UNKNOWN,
        }
    }
}

impl Coded for OpenError {
    fn code(&self) -> Code {
        named(match self {
            Self::NotFound { .. } => "TABLE_NOT_FOUND",
            Self::Exists { .. } => "TABLE_EXISTS",
            Self::BadName { .. } => "BAD_NAME",
            Self::NotATable { .. } => "NOT_A_TABLE",
            Self::FormatVersion { .. } => "FORMAT_VERSION",
            Self::Architecture { .. } => "ARCHITECTURE",
            Self::Damaged => "DAMAGED",
            Self::Truncated { .. } => "TRUNCATED",
            Self::Owner { .. } => "OWNER",
            Self::Mode { .. } => "MODE",
            Self::Symlink { .. } => "SYMLINK",
            Self::OtherBoot { .. } => "OTHER_BOOT",
            Self::NoSpace { .. } => "NO_SPACE",
            Self::Processes => "PROCESSES",
            Self::Participants => "PARTICIPANTS",
            Self::AddressSpace { .. } => "ADDRESS_SPACE",
            Self::Removed => "REMOVED",
            Self::Unsupported { .. } => "UNSUPPORTED",
            Self::Io { .. } => "IO",
        })
    }
}
