//! Iteration over a table in use.
use crate::inner::{Inner, View};
use crate::value::{Cursor, Entry};
use quipu_core::{Corrupt, ReadError, Scanned};
use std::sync::Arc;
use std::vec;

/// What a scan reads; it keeps the table open.
pub(crate) enum Source {
    Table(Arc<Inner>),
    Reader(Arc<View>),
}

impl Source {
    fn view(&self) -> &View {
        match self {
            Self::Table(inner) => inner,
            Self::Reader(view) => view,
        }
    }
}

/// An iterator over the entries of a table: key and [`Entry`].
///
/// A key that is there throughout is seen exactly once, whatever others write; one that comes or goes meanwhile may
/// be seen or not. The order means nothing. After an error it goes on behind what could not be read.
///
/// Entries come bucket by bucket, up to 31 of them. [`Self::cursor`] is the start of the bucket under way, so a scan
/// that is resumed there sees the entries of that bucket again. To see none twice, stop where
/// [`Self::is_between_buckets`] says so.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use quipu::{Options, Table, Ttl};
/// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
/// table.set(b"colour:sky", "blue", Ttl::Never)?;
/// table.set(b"hits", 7, Ttl::Never)?;
/// let mut colours = table.scan_prefix(b"colour:");
/// let (key, entry) = colours.next().expect("one")?;
/// assert_eq!((key.as_slice(), entry.value.as_bytes()), (&b"colour:sky"[..], Some(&b"blue"[..])));
/// assert!(colours.next().is_none());
/// # Ok(()) }
/// ```
pub struct Scan {
    source: Source,
    prefix: Vec<u8>,
    /// Where the page began.
    page_at: Cursor,
    page: vec::IntoIter<Scanned>,
    /// Where the next page begins.
    next_at: Cursor,
}

impl Scan {
    pub(crate) fn new(source: Source, cursor: Cursor, prefix: &[u8]) -> Self {
        let (prefix, page) = (prefix.to_vec(), Vec::new().into_iter());
        Self {
            source,
            prefix,
            page_at: cursor,
            page,
            next_at: cursor,
        }
    }

    /// Where a later scan can go on, in any process: see [`Self`] for what it sees again.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::{Cursor, Options, Table, Ttl};
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.set(b"a", 1, Ttl::Never)?;
    /// let mut scan = table.scan();
    /// assert_eq!(scan.cursor(), Cursor::START);
    /// while scan.next().is_some() {}
    /// assert_eq!(scan.cursor(), Cursor::END);
    /// assert!(table.scan_from(scan.cursor(), b"").next().is_none());
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        if self.is_between_buckets() {
            self.next_at
        } else {
            self.page_at
        }
    }

    /// Whether every entry of the buckets so far was returned.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use quipu::*;
    /// # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
    /// table.incr(b"hits", 1)?;
    /// let mut scan = table.scan();
    /// scan.next();
    /// // A page ends here, or a few entries later.
    /// while !scan.is_between_buckets() {
    ///     scan.next();
    /// }
    /// let next_page = table.scan_from(scan.cursor(), b"");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn is_between_buckets(&self) -> bool {
        self.page.len() == 0
    }

    /// Reads the next bucket.
    fn turn_page(&mut self) -> Result<(), ReadError> {
        let view = self.source.view();
        let mut page = Vec::new();
        let found = view.memory().scan(self.next_at.0, view.now(), &mut page);
        let found = match view.whole(found) {
            Err(error @ ReadError::Corrupt(Corrupt::Truncated)) => {
                // Nothing is left to go on with.
                self.next_at = Cursor::END;
                return Err(error);
            }
            found => found,
        };
        let (next, result) = match found {
            Ok(next) => (next, Ok(())),
            Err(error) => (
                view.memory().scan_after(self.next_at.0).unwrap_or(None),
                Err(error),
            ),
        };
        page.retain(|scanned| scanned.key.starts_with(&self.prefix));
        self.page_at = self.next_at;
        self.next_at = next.map_or(Cursor::END, Cursor);
        self.page = page.into_iter();
        result
    }
}

impl Iterator for Scan {
    type Item = Result<(Vec<u8>, Entry), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(scanned) = self.page.next() {
                let entry = self.source.view().entry(&scanned.record, scanned.bytes);
                return Some(Ok((scanned.key, entry)));
            }
            if self.next_at == Cursor::END {
                self.page_at = Cursor::END;
                return None;
            }
            if let Err(error) = self.turn_page() {
                return Some(Err(error));
            }
        }
    }
}
