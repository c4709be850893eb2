//! The read-only handle.
use crate::clock::{self, Clock};
use crate::error::OpenError;
use crate::inner::{Opened, View};
use crate::mapping::Access;
use crate::open::open_file;
use crate::options::{Owner, resolve};
use crate::scan::{Scan, Source};
use crate::stats::{self, Process, Stats};
use crate::value::{Copied, Cursor, Entry, Kind, Ttl, Value};
use quipu_core::{CountError, Mark, ReadError, Report};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A table that is only read: the memory is mapped read-only, nothing is registered or locked, and no user of the
/// table can notice. Any number of these may be open. Cloning it costs a counter.
///
/// The read methods are those of [`crate::Table`]. A table of another boot of the machine can be read too; its times
/// to live go on by the wall clock then.
///
/// # Caveats
/// Reads do not keep an entry from being evicted. Whoever owns the file can cut it off, which ends its readers with
/// SIGBUS (see [`crate::guard_against_truncation`]): that is why a stranger's table is refused unless the caller asks
/// for it.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use quipu::{Options, Owner, Table, TableReader, Ttl};
/// # let name = format!("quipu-doc-reader-{}", std::process::id());
/// # let name = name.as_str();
/// let table = Table::create(name, Options { max_bytes: Some(1 << 20), ..Options::default() })?;
/// let reader = TableReader::open(name, Owner::CallerOrRoot)?;
/// table.incr(b"hits", 3)?;
/// assert_eq!(reader.get_number(b"hits")?, Some(3));
/// # quipu::remove(name)?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TableReader {
    view: Arc<View>,
}

impl TableReader {
    /// Opens a table that exists.
    ///
    /// # Errors
    /// [`OpenError`]: but for those about locks, slots and other boots, all of them.
    pub fn open(name: impl AsRef<Path>, owner: Owner) -> Result<Self, OpenError> {
        let path = resolve(name.as_ref())?;
        let file = open_file(&path, owner.into(), Access::Read)?;
        let opened = Opened::new(file, Some(path), Access::Read)?;
        let memory = opened.mapping.memory();
        let clock = if clock::is_of_this_boot(memory) {
            Clock::new(memory)
        } else {
            Clock::rebased(memory)
        };
        Ok(Self {
            view: Arc::new(View::new(opened, clock, Mark::Nothing)),
        })
    }

    /// Where the table is.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.view.opened.path.as_deref()
    }

    /// As [`crate::Table::get`].
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn get(&self, key: &[u8]) -> Result<Option<Value>, ReadError> {
        self.view.get(key)
    }

    /// As [`crate::Table::get_entry`].
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn get_entry(&self, key: &[u8]) -> Result<Option<Entry>, ReadError> {
        self.view.get_entry(key)
    }

    /// As [`crate::Table::get_into`].
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn get_into(&self, key: &[u8], buffer: &mut Vec<u8>) -> Result<Option<Kind>, ReadError> {
        self.view.get_into(key, buffer)
    }

    /// As [`crate::Table::get_to_slice`].
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn get_to_slice(&self, key: &[u8], room: &mut [u8]) -> Result<Option<Copied>, ReadError> {
        self.view.get_to_slice(key, room)
    }

    /// As [`crate::Table::get_number`].
    ///
    /// # Errors
    /// As there.
    pub fn get_number(&self, key: &[u8]) -> Result<Option<i64>, CountError> {
        self.view.get_number(key)
    }

    /// As [`crate::Table::exists`].
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn exists(&self, key: &[u8]) -> Result<bool, ReadError> {
        self.view.exists(key)
    }

    /// As [`crate::Table::ttl`].
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn ttl(&self, key: &[u8]) -> Result<Option<Ttl>, ReadError> {
        self.view.ttl(key)
    }

    /// As [`crate::Table::multi_get`].
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn multi_get(&self, keys: &[impl AsRef<[u8]>]) -> Result<Vec<Option<Value>>, ReadError> {
        self.view.multi_get(keys)
    }

    /// As [`crate::Table::multi_get_with`].
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn multi_get_with(
        &self,
        keys: &[impl AsRef<[u8]>],
        show: impl FnMut(Option<Copied>, &[u8]),
    ) -> Result<(), ReadError> {
        self.view.multi_get_with(keys, show)
    }

    /// As [`crate::Table::multi_get_number`].
    ///
    /// # Errors
    /// As there.
    pub fn multi_get_number(
        &self,
        keys: &[impl AsRef<[u8]>],
    ) -> Result<Vec<Option<i64>>, CountError> {
        self.view.multi_get_number(keys)
    }

    /// As [`crate::Table::scan`].
    #[must_use]
    pub fn scan(&self) -> Scan {
        self.scan_from(Cursor::START, b"")
    }

    /// As [`crate::Table::scan_prefix`].
    #[must_use]
    pub fn scan_prefix(&self, prefix: &[u8]) -> Scan {
        self.scan_from(Cursor::START, prefix)
    }

    /// As [`crate::Table::scan_from`].
    #[must_use]
    pub fn scan_from(&self, cursor: Cursor, prefix: &[u8]) -> Scan {
        Scan::new(Source::Reader(Arc::clone(&self.view)), cursor, prefix)
    }

    /// As [`crate::Table::len`].
    #[must_use]
    pub fn len(&self) -> u64 {
        self.view.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As [`crate::Table::stats`].
    #[must_use]
    pub fn stats(&self) -> Stats {
        let recovery = crate::process::holds_lock(&self.view.opened, 0).is_some();
        stats::stats(&self.view, recovery, None)
    }

    /// The processes that use the table, or died without closing it. Readers are not among them.
    #[must_use]
    pub fn processes(&self) -> Vec<Process> {
        stats::processes(&self.view, None)
    }

    /// As [`crate::Table::check`], for a table that others may be using: it reports no leaks.
    #[must_use]
    pub fn check(&self) -> Report {
        self.view.check(false)
    }
}

impl fmt::Debug for TableReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableReader")
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}
