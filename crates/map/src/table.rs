//! The handle: how it comes to be, and what it reads. What it writes is in `store.rs`, `update.rs` and
//! `count.rs`, its upkeep in `maintain.rs`.
use crate::error::OpenError;
use crate::inner::Inner;
use crate::options::{Options, Owner, Pages};
use crate::scan::{Scan, Source};
use crate::stats::{self, Stats};
use crate::value::{Copied, Cursor, Entry, Kind, Ttl, Value};
use crate::{open, registry};
use quipu_core::{CountError, ReadError};
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

/// A table in shared memory. Cloning it costs a counter; all handles of one file in a process share everything.
///
/// # What each operation does
///
/// "-" is not applicable. An entry whose time is over is a missing one, for every operation.
///
/// | operation | on a missing key | time to live | flags | on another type |
/// |---|---|---|---|---|
/// | [`get`](Self::get), [`get_entry`](Self::get_entry), [`get_into`](Self::get_into), [`get_to_slice`](Self::get_to_slice), [`multi_get`](Self::multi_get) | `None` | keeps | keeps | any |
/// | [`get_number`](Self::get_number) | `None` | keeps | - | `WrongType` |
/// | [`exists`](Self::exists) | `false` | keeps | keeps | any |
/// | [`ttl`](Self::ttl) | `None` | keeps | keeps | any |
/// | [`get_and_touch`](Self::get_and_touch) | `None` | sets | keeps | any |
/// | [`set`](Self::set), [`multi_set`](Self::multi_set) | creates | sets | sets | replaces |
/// | [`add`](Self::add) | creates | sets | sets | `false` |
/// | [`replace`](Self::replace) | `false` | sets | sets | replaces |
/// | [`compare_and_set`](Self::compare_and_set) | `Missing` | sets | sets | replaces |
/// | [`compare_and_delete`](Self::compare_and_delete) | `Missing` | - | - | any |
/// | [`get_and_set`](Self::get_and_set) | creates, `None` | sets | sets | replaces |
/// | [`append`](Self::append), [`prepend`](Self::prepend) | `Missing` | keeps | keeps | `WrongType` |
/// | [`delete`](Self::delete) | `false` | - | - | any |
/// | [`get_and_delete`](Self::get_and_delete) | `None` | - | - | any |
/// | [`update`](Self::update) | shows `None` | as asked | as asked | any |
/// | [`touch`](Self::touch), [`persist`](Self::persist) | `false` | sets | keeps | any |
/// | [`incr`](Self::incr), [`decr`](Self::decr), [`multi_incr`](Self::multi_incr) | creates from 0 | keeps; new: never | - | `WrongType` |
/// | [`count`](Self::count) | creates from `initial`, or `Missing` | keeps; new: sets | - | `WrongType` |
/// | [`add_float`](Self::add_float) | creates from 0.0 | keeps; new: never | - | `WrongType` |
/// | [`fetch_max`](Self::fetch_max), [`fetch_min`](Self::fetch_min) | creates | keeps; new: never | - | `WrongType` |
/// | [`take`](Self::take) | `None` | keeps | - | `WrongType` |
/// | [`wait`](Self::wait) | absent is a state | keeps | keeps | any |
///
/// Where the table says "sets", [`Ttl::Keep`] keeps. Every write is one step: it takes effect wholly or not at all,
/// whatever happens to its process, and only the `multi_` operations and [`clear`](Self::clear) are several.
///
/// # Limits
/// Keys have 0 to 65,535 bytes, values 0 to 64 MiB; 1,024 processes and 4,095 threads may write a table at a time.
///
/// # Caveats
/// - A table in /dev/shm ends with the machine; what a file system keeps of a table when the machine loses power is
///   not defined.
/// - After `fork` the child may go on using the handles that it inherited; it attaches to the tables by itself.
/// - A program that closes descriptors which are not its own (`closefrom`) gives up the proof that it lives. It gets
///   a new one within about a second of writing; until then only processes that see its pid know. A table without a
///   name cannot grow any more after that.
/// - A child that may not open the file any more, because it changed its user, goes on without that proof: what it
///   leaves if it is killed stays until somebody opens the table alone.
/// - Whoever may write a table's file can destroy its data, and can cut the file off, which ends its users with
///   SIGBUS, or is an error after [`crate::guard_against_truncation`]. A memory file ([`Self::memfd`]) cannot be cut
///   off.
#[derive(Clone)]
pub struct Table {
    pub(crate) inner: Arc<Inner>,
}

impl Table {
    /// A handle, with the pages that its user asks for.
    fn with(inner: Arc<Inner>, pages: Pages) -> Self {
        let table = Self { inner };
        if pages != Pages::OnDemand {
            table.use_pages(pages);
        }
        table
    }

    /// Opens a table that exists and belongs to the caller or to root. A plain name is one in /dev/shm; anything
    /// with a slash is a path.
    ///
    /// ```
    /// use quipu::{OpenError, Table};
    /// assert!(matches!(Table::open("no-such-table"), Err(OpenError::NotFound { .. })));
    /// ```
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(name: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_owned_by(name, Owner::CallerOrRoot)
    }

    /// Opens a table that exists and belongs to whom the caller says.
    ///
    /// ```
    /// use quipu::{Owner, Table};
    /// assert!(Table::open_owned_by("no-such-table", Owner::Anyone).is_err());
    /// ```
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_owned_by(name: impl AsRef<Path>, owner: Owner) -> Result<Self, OpenError> {
        open::open(name.as_ref(), owner.into()).map(|inner| Self { inner })
    }

    /// Makes a table that does not exist. It appears whole, or not at all.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::{Options, OpenError, Table};
    /// # let name = format!("quipu-doc-create-{}", std::process::id());
    /// # let name = name.as_str();
    /// let table = Table::create(name, Options { max_bytes: Some(1 << 20), ..Options::default() })?;
    /// assert!(matches!(Table::create(name, Options::default()), Err(OpenError::Exists { .. })));
    /// # quipu::remove(name)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`OpenError::Exists`] if there is any file of that name, and others of [`OpenError`].
    #[expect(
        clippy::needless_pass_by_value,
        reason = "options are written where they are used"
    )]
    pub fn create(name: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        open::create(name.as_ref(), &options).map(|inner| Self::with(inner, options.pages))
    }

    /// Opens a table, or makes it if there is none. Of the options only `owner` and `pages` count for one that exists.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::{Options, Table};
    /// # let name = format!("quipu-doc-open-{}", std::process::id());
    /// # let name = name.as_str();
    /// let options = Options { max_bytes: Some(1 << 20), ..Options::default() };
    /// let table = Table::open_or_create(name, options.clone())?;
    /// let same = Table::open_or_create(name, options)?;
    /// table.incr(b"hits", 1)?;
    /// assert_eq!(same.get_number(b"hits")?, Some(1));
    /// # quipu::remove(name)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`OpenError`].
    #[expect(
        clippy::needless_pass_by_value,
        reason = "options are written where they are used"
    )]
    pub fn open_or_create(name: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        open::open_or_create(name.as_ref(), &options).map(|inner| Self::with(inner, options.pages))
    }

    /// Makes a table without a name, in a memory file whose length is sealed. It is shared by `fork`, or by passing
    /// [`Self::as_fd`] to another process, and ends with its last user. `mode` and `group` of the options mean
    /// nothing for it.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use quipu::{Options, Owner, Table};
    /// let table = Table::memfd(Options { max_bytes: Some(1 << 20), ..Options::default() })?;
    /// // Mostly in another process, which got the descriptor over a socket:
    /// let same = Table::from_fd(table.as_fd().try_clone_to_owned()?, Owner::CallerOrRoot)?;
    /// table.incr(b"hits", 1)?;
    /// assert_eq!(same.get_number(b"hits")?, Some(1));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`OpenError`].
    #[expect(
        clippy::needless_pass_by_value,
        reason = "options are written where they are used"
    )]
    pub fn memfd(options: Options) -> Result<Self, OpenError> {
        open::memfd(&options).map(|inner| Self::with(inner, options.pages))
    }

    /// Opens a table whose file was passed to this process, open for reading and writing. See [`Self::memfd`].
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// let descriptor = table.as_fd().try_clone_to_owned()?;
    /// let same = Table::from_fd(descriptor, Owner::CallerOrRoot)?;
    /// assert_eq!(same.incr(b"hits", 1)?, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn from_fd(descriptor: OwnedFd, owner: Owner) -> Result<Self, OpenError> {
        open::from_fd(descriptor, owner).map(|inner| Self { inner })
    }

    /// The table's file, for passing it on.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// let descriptor: std::os::fd::OwnedFd = table.as_fd().try_clone_to_owned()?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.opened.file.as_fd()
    }

    /// Where the table is; `None` for one without a name.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// assert_eq!(table.path(), None);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.inner.opened.path.as_deref()
    }

    /// Reads a value. `None`: there is no such key.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"colour", "blue", Ttl::Never)?;
    /// assert_eq!(table.get(b"colour")?, Some(Value::bytes(*b"blue")));
    /// assert_eq!(table.get(b"taste")?, None);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn get(&self, key: &[u8]) -> Result<Option<Value>, ReadError> {
        self.inner.get(key)
    }

    /// Reads a value, what time it has left, and its token, in one consistent read.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"colour", "blue", Ttl::Never)?;
    /// let entry = table.get_entry(b"colour")?.expect("it is there");
    /// assert_eq!(entry.ttl, Ttl::Never);
    /// assert_eq!(table.compare_and_set(b"colour", entry.token, "red", Ttl::Never)?, Compared::Done);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn get_entry(&self, key: &[u8]) -> Result<Option<Entry>, ReadError> {
        self.inner.get_entry(key)
    }

    /// Reads a value into a buffer, whose content it replaces. Allocates nothing once the buffer is large enough.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"colour", "blue", Ttl::Never)?;
    /// let mut buffer = Vec::with_capacity(64);
    /// assert_eq!(table.get_into(b"colour", &mut buffer)?, Some(Kind::Bytes { flags: 0 }));
    /// assert_eq!(buffer, b"blue");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ReadError`].
    #[inline]
    pub fn get_into(&self, key: &[u8], buffer: &mut Vec<u8>) -> Result<Option<Kind>, ReadError> {
        self.inner.get_into(key, buffer)
    }

    /// Reads an entry, the bytes of its value into a slice. Allocates nothing. If the value is longer than the
    /// slice, the answer says how long it is, and the slice is of no use.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"colour", "ultramarine", Ttl::Never)?;
    /// let mut room = [0; 16];
    /// let found = table.get_to_slice(b"colour", &mut room)?.expect("it is there");
    /// assert_eq!(&room[..found.length], b"ultramarine");
    /// assert_eq!(table.get_to_slice(b"colour", &mut [])?.map(|found| found.length), Some(11));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ReadError`].
    #[inline]
    pub fn get_to_slice(&self, key: &[u8], room: &mut [u8]) -> Result<Option<Copied>, ReadError> {
        self.inner.get_to_slice(key, room)
    }

    /// Reads an integer. Allocates nothing.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.incr(b"hits", 2)?;
    /// assert_eq!(table.get_number(b"hits")?, Some(2));
    /// table.set(b"colour", "blue", Ttl::Never)?;
    /// assert_eq!(table.get_number(b"colour"), Err(CountError::WrongType));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`CountError::WrongType`] for a float or bytes; [`CountError::Write`] with what a read can say.
    #[inline]
    pub fn get_number(&self, key: &[u8]) -> Result<Option<i64>, CountError> {
        self.inner.get_number(key)
    }

    /// Whether there is such a key.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.incr(b"hits", 1)?;
    /// assert!(table.exists(b"hits")?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ReadError`].
    #[inline]
    pub fn exists(&self, key: &[u8]) -> Result<bool, ReadError> {
        self.inner.exists(key)
    }

    /// The time that an entry has left, to within a tick: [`Ttl::Never`] or [`Ttl::After`]. `None`: no such key.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.incr(b"hits", 1)?;
    /// assert_eq!(table.ttl(b"hits")?, Some(Ttl::Never));
    /// assert_eq!(table.ttl(b"misses")?, None);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn ttl(&self, key: &[u8]) -> Result<Option<Ttl>, ReadError> {
        self.inner.ttl(key)
    }

    /// Iterates over all entries, while others write.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.incr(b"hits", 7)?;
    /// for item in table.scan() {
    ///     let (key, entry) = item?;
    ///     assert_eq!((key.as_slice(), entry.value), (&b"hits"[..], Value::Integer(7)));
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn scan(&self) -> Scan {
        self.scan_from(Cursor::START, b"")
    }

    /// Iterates over the entries whose key begins so. It reads the whole table.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.multi_set(&[("a:1", 1), ("a:2", 2), ("b:1", 3)], Ttl::Never)?;
    /// assert_eq!(table.scan_prefix(b"a:").count(), 2);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn scan_prefix(&self, prefix: &[u8]) -> Scan {
        self.scan_from(Cursor::START, prefix)
    }

    /// Goes on with a scan where another one, of any process, was.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// assert!(table.scan_from(Cursor::END, b"").next().is_none());
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn scan_from(&self, cursor: Cursor, prefix: &[u8]) -> Scan {
        Scan::new(Source::Table(Arc::clone(&self.inner)), cursor, prefix)
    }

    /// The number of entries, with those whose time is over and that nobody has removed yet. Exact while nobody
    /// writes. It reads a line of every bucket.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.incr(b"hits", 1)?;
    /// assert_eq!(table.len(), 1);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn len(&self) -> u64 {
        self.inner.len()
    }

    /// Whether there are no entries.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// assert!(table.is_empty());
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the table holds, who uses it, and what happened to it. It reads a line of every bucket, a page of every
    /// 2 MiB, and the kernel's list of this process's memory.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.incr(b"hits", 1)?;
    /// let stats = table.stats();
    /// assert_eq!((stats.entries, stats.processes.len()), (1, 1));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        let ours = registry::with_attachment(&self.inner, |attachment| {
            (attachment.has_recovery(), attachment.slot())
        });
        let (recovery, slot) = ours.unwrap_or_default();
        stats::stats(&self.inner, recovery, slot)
    }
}

impl AsFd for Table {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.opened.file.as_fd()
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}
