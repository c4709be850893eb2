//! How a table comes to be: whole, or not at all.
//!
//! A new table is a file without a name (O_TMPFILE) until it is complete; then it is linked under its name, which
//! fails if there is one. So nobody ever opens half a table, and a creator that is killed leaves nothing. Where the
//! file system has no such files, it is one with a temporary name in the same directory, and a creator that is
//! killed leaves that.
use crate::clock::Clock;
use crate::error::OpenError;
use crate::file::TableFile;
use crate::inner::{Opened, shown};
use crate::mapping::{Access, Mapping};
use crate::options::{NAME_BYTES_MAX, Options, split};
use crate::{space, sys};
use quipu_core::sync::step;
use quipu_core::{Choices, Geometry, Ordering, PAGE_BYTES};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

const RANDOM_ATTEMPTS_MAX: u32 = 16;

/// Makes a table under a name that is free.
pub(crate) fn create(path: &Path, options: &Options) -> Result<Opened, OpenError> {
    let (directory, _) = split(path);
    match open_unnamed(directory) {
        Ok(file) => {
            let opened = build(file, Some(path), options)?;
            let of = |error| OpenError::of(path, error);
            let file = opened.file.get().map_err(of)?;
            set_owner_and_mode(file, path, options)?;
            sys::link_unnamed(file, path).map_err(of)?;
            Ok(opened)
        }
        // What the kernel and file systems say that have no files without names.
        Err(error)
            if matches!(
                error.raw_os_error(),
                Some(libc::EOPNOTSUPP | libc::EISDIR | libc::EINVAL | libc::ENOENT)
            ) =>
        {
            create_by_name(path, options)
        }
        Err(error) => Err(OpenError::of(directory, error)),
    }
}

/// Makes a table in a memory file.
pub(crate) fn create_memory_file(options: &Options) -> Result<Opened, OpenError> {
    let of = |error| OpenError::of(shown(None), error);
    let file = sys::memory_file().map_err(of)?;
    let opened = build(file, None, options)?;
    sys::seal_length(opened.file.get().map_err(of)?).map_err(of)?;
    Ok(opened)
}

fn open_unnamed(directory: &Path) -> io::Result<File> {
    let flags = libc::O_TMPFILE | libc::O_CLOEXEC;
    OpenOptions::new()
        .read(true)
        .write(true)
        .mode(0o600)
        .custom_flags(flags)
        .open(directory)
}

/// With a temporary name.
fn create_by_name(path: &Path, options: &Options) -> Result<Opened, OpenError> {
    let (file, temporary) = open_temporary(path)?;
    let result = build(file, Some(path), options).and_then(|opened| {
        let file = opened.file.get();
        set_owner_and_mode(
            file.map_err(|error| OpenError::of(path, error))?,
            path,
            options,
        )?;
        give_name(&temporary, path)?;
        Ok(opened)
    });
    // The table keeps its own name; a failure to remove this one harms nobody.
    let _ = fs::remove_file(&temporary);
    result
}

/// Creates `.NAME.tmp.PID.RANDOM` next to the table.
fn open_temporary(path: &Path) -> Result<(File, PathBuf), OpenError> {
    let (directory, name) = split(path);
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for _ in 0..RANDOM_ATTEMPTS_MAX {
        let [random] = sys::random().map_err(|error| OpenError::of(path, error))?;
        let mut file_name = b".".to_vec();
        file_name.extend(name.as_bytes().iter().take(NAME_BYTES_MAX));
        file_name.extend(format!(".tmp.{}.{random:016x}", std::process::id()).bytes());
        let temporary = directory.join(std::ffi::OsString::from_vec(file_name));
        let flags = libc::O_NOFOLLOW | libc::O_CLOEXEC;
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .custom_flags(flags);
        match options.open(&temporary) {
            Ok(file) => return Ok((file, temporary)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(OpenError::of(directory, error)),
        }
    }
    Err(OpenError::of(path, last))
}

/// Gives a file with a temporary name its own, unless that is taken.
fn give_name(temporary: &Path, path: &Path) -> Result<(), OpenError> {
    match fs::hard_link(temporary, path) {
        // A file system without hard links.
        Err(error)
            if matches!(
                error.raw_os_error(),
                Some(libc::EPERM | libc::EOPNOTSUPP | libc::ENOSYS | libc::EMLINK)
            ) =>
        {
            sys::rename_to_free_name(temporary, path)
        }
        result => result,
    }
    .map_err(|error| match error.raw_os_error() {
        Some(libc::EINVAL | libc::ENOSYS) => OpenError::Unsupported {
            what: "this file system can give a file no name safely: use /dev/shm, ext4 or xfs",
        },
        _ => OpenError::of(path, error),
    })
}

/// The owner's group and the permission bits, whatever the umask says.
fn set_owner_and_mode(file: &File, path: &Path, options: &Options) -> Result<(), OpenError> {
    let of = |error| OpenError::of(path, error);
    if options.group.is_some() {
        fchown(file, None, options.group).map_err(of)?;
    }
    // Bits beyond reading and writing mean nothing for a table.
    let mode = Permissions::from_mode(options.mode & 0o666);
    file.set_permissions(mode).map_err(of)
}

/// Makes an empty file a table.
fn build(file: File, path: Option<&Path>, options: &Options) -> Result<Opened, OpenError> {
    let named = shown(path);
    let of = |error| OpenError::of(named, error);
    let file_system = space::examine(&file, named)?;
    let bytes_max = options
        .max_bytes
        .unwrap_or_else(|| space::bytes_max(&file_system));
    let random = sys::random().map_err(of)?;
    let geometry = Geometry::plan(choose(bytes_max, options, random)?);
    if geometry.file_bytes > sys::file_bytes_max() {
        return Err(OpenError::Unsupported {
            what: "the limit on the length of files is below that of the table, most of which takes no space: raise \
                   it (`ulimit -f`), or create the table with a smaller maximum size",
        });
    }
    step();
    file.set_len(geometry.file_bytes).map_err(of)?;
    let head = geometry.head_bytes();
    space::allocate_new(&file, named, 0, head)?;
    space::allocate_new(&file, named, geometry.buckets_at, PAGE_BYTES)?;
    let mapping = Mapping::new(&file, named, geometry, Access::Write)?;
    fill(&mapping, head);
    Ok(Opened {
        file: TableFile::new(file).map_err(of)?,
        path: path.map(Path::to_path_buf),
        mapping,
    })
}

/// The creator's choices.
fn choose(bytes_max: u64, options: &Options, random: [u64; 4]) -> Result<Choices, OpenError> {
    let [first, second, mask @ ..] = random;
    Ok(Choices {
        bytes_max,
        tick_shift: options.tick_shift()?,
        hash: options.hash,
        on_full: options.on_full,
        wipe: options.wipe,
        seed: [first, second],
        // No word may be zero (format.md 3.1).
        key_mask: mask.map(|word| word.max(1)),
        created_ms: u64::try_from(sys::wall_ms()).unwrap_or(0),
    })
}

/// Writes the head of a table into memory that is zero. Nobody else sees it yet.
fn fill(mapping: &Mapping, head_bytes: u64) {
    let memory = mapping.memory();
    memory.mark_committed(0, head_bytes);
    memory.initialise();
    Clock::new(memory).start(memory);
    let words = memory.geometry.encode();
    // The magic comes last. Release: with all before it, for whoever maps the file.
    for (word, value) in memory.control.iter().zip(words).rev() {
        word.store(value, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options {
            max_bytes: Some(1 << 20),
            ..Options::default()
        }
    }

    /// As on a file system that has no files without names.
    #[test]
    fn a_table_can_be_made_under_a_temporary_name() {
        let directory = std::env::temp_dir().join(format!("quipu-create-{}", std::process::id()));
        fs::create_dir(&directory).expect("a fresh directory");
        let path = directory.join("table");
        create_by_name(&path, &options()).expect("a table");
        let second = create_by_name(&path, &options());
        assert!(matches!(second, Err(OpenError::Exists { .. })));
        let wrong = Options {
            tick_ms: 3,
            ..options()
        };
        assert!(create_by_name(&directory.join("other"), &wrong).is_err());
        let long = directory.join("n".repeat(255));
        create_by_name(&long, &options()).expect("a table");
        fs::remove_file(long).expect("it is there");
        let names = fs::read_dir(&directory).expect("it exists");
        assert_eq!(names.count(), 1, "no temporary file is left");
        assert!(crate::Table::open(&path).is_ok());
        fs::remove_dir_all(&directory).expect("ours");
    }
}
