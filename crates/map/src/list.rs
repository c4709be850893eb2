//! Tables as files: which there are, and how one goes.
use crate::error::OpenError;
use crate::inner::{Opened, read_geometry};
use crate::mapping::Access;
use crate::open::open_file;
use crate::options::{Owner, SHARED_MEMORY, resolve};
use crate::reader::TableReader;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A table in /dev/shm.
#[derive(Debug)]
pub struct TableInfo {
    /// Its name, for [`crate::Table::open`].
    pub name: OsString,
    /// Its path.
    pub path: PathBuf,
    /// Bytes of memory that it takes now.
    pub bytes: u64,
    /// The table, read-only; or why it could not be opened.
    pub result: Result<TableReader, OpenError>,
}

/// Lists the tables in /dev/shm that the caller may read: every file that starts with our magic.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// for table in quipu::tables()? {
///     println!("{}: {} bytes", table.name.display(), table.bytes);
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
/// If the directory cannot be read. What is wrong with one table is in its [`TableInfo::result`].
pub fn tables() -> io::Result<Vec<TableInfo>> {
    let mut tables = Vec::new();
    for file in fs::read_dir(SHARED_MEMORY)? {
        // A file that vanishes meanwhile is none.
        let Ok(file) = file else { continue };
        if let Some(info) = info_of(file.file_name(), file.path()) {
            tables.push(info);
        }
    }
    tables.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(tables)
}

/// `None`: not a table, or not ours to read.
fn info_of(name: OsString, path: PathBuf) -> Option<TableInfo> {
    let flags = libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = File::options()
        .read(true)
        .custom_flags(flags)
        .open(&path)
        .ok()?;
    if let Err(OpenError::NotATable { .. } | OpenError::Io { .. }) = read_geometry(&file, &path) {
        return None;
    }
    // A block of this figure has 512 bytes on every file system.
    let bytes = file.metadata().ok()?.blocks() * 512;
    let result = TableReader::open(&path, Owner::CallerOrRoot);
    Some(TableInfo {
        name,
        path,
        bytes,
        result,
    })
}

/// Removes a table: marks it, so that whoever is attached gets `Removed` from every later write, and takes its name
/// away. The memory is free when the last of them has closed it. A table of another version or machine, or with a
/// damaged header, only loses its name.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use quipu::{Options, Table, Ttl, WriteError};
/// # let name = format!("quipu-doc-remove-{}", std::process::id());
/// # let name = name.as_str();
/// let table = Table::create(name, Options { max_bytes: Some(1 << 20), ..Options::default() })?;
/// quipu::remove(name)?;
/// assert_eq!(table.set(b"key", 1, Ttl::Never), Err(WriteError::Removed));
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`OpenError::NotFound`], [`OpenError::BadName`]; [`OpenError::NotATable`] if the file does not start with our
/// magic: it is left alone; [`OpenError::Io`] if the caller may not write the file or its directory.
pub fn remove(name: impl AsRef<Path>) -> Result<(), OpenError> {
    let path = resolve(name.as_ref())?;
    let file = open_file(&path, Owner::Anyone.into(), Access::Write)?;
    let details = file
        .metadata()
        .map_err(|error| OpenError::of(&path, error))?;
    match Opened::new(file, Some(path.clone()), Access::Write) {
        Ok(opened) => opened.mapping.memory().mark_removed(),
        // We do not know how to mark it.
        Err(
            OpenError::FormatVersion { .. }
            | OpenError::Architecture { .. }
            | OpenError::Truncated { .. }
            | OpenError::Damaged,
        ) => {}
        Err(error) => return Err(error),
    }
    // Somebody else may have removed it meanwhile, and a third made a new one: that one stays.
    match fs::symlink_metadata(&path) {
        Ok(found) if found.dev() == details.dev() && found.ino() == details.ino() => {
            fs::remove_file(&path).map_err(|error| OpenError::of(&path, error))
        }
        _ => Ok(()),
    }
}
