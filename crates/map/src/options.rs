//! What the creator of a table chooses, whom an opener trusts, and what a name means.
use crate::error::OpenError;
use quipu_core::{HashId, OnFull};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where tables with a plain name live.
pub(crate) const SHARED_MEMORY: &str = "/dev/shm";
/// The longest plain name in bytes; it leaves room for what a temporary name adds.
pub(crate) const NAME_BYTES_MAX: usize = 200;

/// Who may own a table that is opened. A table that others own can be changed, cut off or filled with lies by
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Owner {
    /// The user who opens it, or root.
    #[default]
    CallerOrRoot,
    /// This user alone.
    Uid(u32),
    /// Whoever: also a table that everybody may write to.
    Anyone,
}

/// Which pages of memory hold a table, as far as the system allows. It changes nothing about what the table holds or
/// takes: only memory that the table has taken already is ever touched, and whatever the kernel refuses is left as it
/// is.
///
/// What a table takes later, as it grows, is not covered: ask again by [`crate::Table::use_pages`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pages {
    /// Pages of the size that the file system gives, mapped at their first touch. Costs nothing at the start, and a
    /// page fault (mostly below a microsecond) for every 4 to 64 KiB that a process touches for the first time.
    #[default]
    OnDemand,
    /// The same pages, all mapped now and in this process alone (`MADV_POPULATE_WRITE`, Linux 5.14). On a disk the
    /// kernel takes every one of them for changed, and writes it once.
    Populated,
    /// As [`Self::Populated`], and what is whole of each 2 MiB is gathered into a huge page (`MADV_COLLAPSE`, Linux
    /// 6.1, whatever `huge=` the mount has; `MADV_HUGEPAGE` for kernels that do it by themselves). It copies the
    /// memory once. Others that touch those 2 MiB meanwhile wait for the kernel. In shared memory the huge pages are
    /// the file's: they stay for all of its users, also when this process ends. File systems on disks mostly refuse.
    Huge,
}

/// What the creator of a table chooses. All of it but `owner` and `pages` is ignored when a table exists already.
///
/// ```
/// use quipu::{OnFull, Options};
/// let options = Options { max_bytes: Some(64 << 20), on_full: OnFull::Evict, ..Options::default() };
/// assert_eq!(options.mode, 0o600);
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    /// The most bytes of memory the table may take, 1 MiB to 1 TiB; what is outside is rounded in. `None`: half
    /// of what the backing file system has free. Memory is taken only as it is needed.
    pub max_bytes: Option<u64>,
    /// What happens when that is used up: writes fail ([`OnFull::Error`], the default), or old entries go.
    pub on_full: OnFull,
    /// The hash function: [`HashId::Xxh3`] by default, [`HashId::SipHash13`] for keys that an attacker chooses.
    pub hash: HashId,
    /// Milliseconds of a tick of the expiry clock: a power of two, 1 to 65,536; 128 by default. Times to live are
    /// rounded up to ticks, and can be as long as 2^31 of them (8.7 years at 128 ms).
    pub tick_ms: u32,
    /// The permission bits of the file, whatever the umask says; 0o600 by default.
    pub mode: u32,
    /// The group of the file. `None`: as for any new file.
    pub group: Option<u32>,
    /// Whether the bytes of a value, and of a key of more than 40 bytes, are made zero in memory as soon as they are
    /// deleted, replaced, expired or evicted, by whoever does it, and after a death by whoever recovers; `false` by
    /// default. What is not: numbers, and keys of up to 40 bytes, which stay until their place is used again. It costs
    /// a second pass over each value that goes, and a block of 64 bytes for values of up to 7 bytes, which otherwise
    /// take none. What was swapped out or written to a disk is beyond it.
    pub wipe: bool,
    /// Who may own a table that exists already.
    pub owner: Owner,
    /// Which pages this process uses for what the table has taken so far, also if it exists already.
    pub pages: Pages,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_bytes: None,
            on_full: OnFull::Error,
            hash: HashId::Xxh3,
            tick_ms: 128,
            mode: 0o600,
            group: None,
            wipe: false,
            owner: Owner::CallerOrRoot,
            pages: Pages::OnDemand,
        }
    }
}

impl Options {
    /// The tick as a power of two of milliseconds.
    pub(crate) fn tick_shift(&self) -> Result<u8, OpenError> {
        if !self.tick_ms.is_power_of_two() || self.tick_ms > 1 << 16 {
            return Err(OpenError::Unsupported {
                what: "the tick must be a power of two of milliseconds, 1 to 65536: choose such a one",
            });
        }
        Ok(self.tick_ms.trailing_zeros().to_le_bytes()[0])
    }

    /// Whom the caller trusts with a table that exists.
    pub(crate) fn trust(&self) -> Trust {
        Trust {
            owner: self.owner,
            world_writable: self.mode & 0o002 != 0,
        }
    }
}

/// Which files an opener accepts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trust {
    pub(crate) owner: Owner,
    /// The caller asked for a table that everybody may write.
    pub(crate) world_writable: bool,
}

impl From<Owner> for Trust {
    fn from(owner: Owner) -> Self {
        Self {
            owner,
            world_writable: owner == Owner::Anyone,
        }
    }
}

/// The path of a table: a plain name is one in /dev/shm, anything with a slash is a path.
pub(crate) fn resolve(name: &Path) -> Result<PathBuf, OpenError> {
    let bad = || OpenError::BadName {
        name: name.to_path_buf(),
    };
    let bytes = name.as_os_str().as_bytes();
    if bytes.is_empty() || bytes.contains(&0) {
        return Err(bad());
    }
    if !bytes.contains(&b'/') {
        if bytes.len() > NAME_BYTES_MAX || bytes == b"." || bytes == b".." {
            return Err(bad());
        }
        return Ok(Path::new(SHARED_MEMORY).join(name));
    }
    let last = bytes
        .rsplit(|byte| *byte == b'/')
        .next()
        .unwrap_or_default();
    if last.is_empty() || last == b"." || last == b".." {
        return Err(bad());
    }
    // So that a later change of directory changes nothing.
    std::path::absolute(name).map_err(|error| OpenError::of(name, error))
}

/// The directory and the last part of a path that [`resolve`] gave.
pub(crate) fn split(path: &Path) -> (&Path, &OsStr) {
    let directory = path.parent().unwrap_or(Path::new("/"));
    (directory, path.file_name().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of(name: &str) -> Option<String> {
        resolve(Path::new(name))
            .ok()
            .map(|path| path.display().to_string())
    }

    #[test]
    fn a_plain_name_is_in_shared_memory_and_a_slash_makes_a_path() {
        assert_eq!(path_of("hits").as_deref(), Some("/dev/shm/hits"));
        assert_eq!(path_of("/var/hits").as_deref(), Some("/var/hits"));
        let here = std::env::current_dir()
            .expect("a directory")
            .display()
            .to_string();
        assert_eq!(path_of("./hits"), Some(format!("{here}/hits")));
        assert_eq!(
            path_of(&"n".repeat(200)),
            Some(format!("/dev/shm/{}", "n".repeat(200)))
        );
    }

    #[test]
    fn what_names_no_file_is_refused() {
        for name in [
            "",
            ".",
            "..",
            "a\0b",
            "/",
            "/tmp/",
            "/tmp/.",
            "../..",
            &"n".repeat(201),
        ] {
            assert_eq!(path_of(name), None, "{name:?}");
        }
    }
}
