//! Opening what is there, with distrust: no link is followed, nothing is created, and the file's owner, mode and
//! header are checked before a byte of it is mapped.
use crate::create;
use crate::error::OpenError;
use crate::inner::{Inner, shown};
use crate::mapping::Access;
use crate::options::{Options, Owner, Trust, resolve};
use crate::{registry, sys};
use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// How often `open_or_create` finds a table gone, and then there again, before it gives up.
const RACES_MAX: u32 = 100;
/// A table that is being removed has lost its name after so long, if its remover lives.
const REMOVAL_PAUSE: Duration = Duration::from_millis(1);

/// Opens the file of a table, if the caller trusts it.
pub(crate) fn open_file(path: &Path, trust: Trust, access: Access) -> Result<File, OpenError> {
    // O_NONBLOCK: a pipe of that name must not keep us waiting. A table does not care.
    let flags = libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .write(access == Access::Write)
        .custom_flags(flags)
        .open(path)
        .map_err(|error| OpenError::of(path, error))?;
    check_trust(&file, path, trust)?;
    Ok(file)
}

/// Refuses a file that others could have made or may change, unless the caller asked for that.
fn check_trust(file: &File, path: &Path, trust: Trust) -> Result<(), OpenError> {
    let details = file
        .metadata()
        .map_err(|error| OpenError::of(path, error))?;
    if !details.is_file() {
        return Err(OpenError::NotATable {
            path: path.to_path_buf(),
        });
    }
    let uid = details.uid();
    let is_trusted = match trust.owner {
        Owner::CallerOrRoot => uid == sys::effective_user() || uid == 0,
        Owner::Uid(wanted) => uid == wanted,
        Owner::Anyone => true,
    };
    if !is_trusted {
        return Err(OpenError::Owner { uid });
    }
    // A file without a name, as a memory file is, can be opened by nobody; its mode means nothing.
    let mode = details.mode() & 0o777;
    if mode & 0o002 != 0 && details.nlink() > 0 && !trust.world_writable {
        return Err(OpenError::Mode { mode });
    }
    Ok(())
}

/// Opens a table that exists.
pub(crate) fn open(name: &Path, trust: Trust) -> Result<Arc<Inner>, OpenError> {
    let path = resolve(name)?;
    let file = open_file(&path, trust, Access::Write)?;
    registry::open(file, Some(path))
}

/// Makes a table that does not exist.
pub(crate) fn create(name: &Path, options: &Options) -> Result<Arc<Inner>, OpenError> {
    let path = resolve(name)?;
    // Saves the work where the answer is known; the link decides.
    if std::fs::symlink_metadata(&path).is_ok() {
        return Err(OpenError::Exists { path });
    }
    registry::open_new(create::create(&path, options)?)
}

/// Opens a table, or makes it.
pub(crate) fn open_or_create(name: &Path, options: &Options) -> Result<Arc<Inner>, OpenError> {
    // Also for a table that exists, so that a mistake shows at the first run.
    options.tick_shift()?;
    let path = resolve(name)?;
    let mut last = OpenError::Removed;
    for _ in 0..RACES_MAX {
        match open(&path, options.trust()) {
            Err(OpenError::NotFound { .. }) => {}
            Err(OpenError::Removed) => {
                last = OpenError::Removed;
                thread::sleep(REMOVAL_PAUSE);
                continue;
            }
            result => return result,
        }
        match create(&path, options) {
            Err(error @ OpenError::Exists { .. }) => last = error,
            result => return result,
        }
    }
    Err(last)
}

/// Opens a table whose file somebody passed to us.
pub(crate) fn from_fd(descriptor: OwnedFd, owner: Owner) -> Result<Arc<Inner>, OpenError> {
    let file = File::from(descriptor);
    check_trust(&file, shown(None), owner.into())?;
    registry::open(file, None)
}

/// Makes a table in a memory file.
pub(crate) fn memfd(options: &Options) -> Result<Arc<Inner>, OpenError> {
    registry::open_new(create::create_memory_file(options)?)
}
