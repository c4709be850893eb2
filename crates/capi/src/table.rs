//! The handle of a table, open for reading and writing or for reading only.
use crate::boundary::Failure;
use quipu::{
    Copied, CountError, Cursor, Process, ReadError, Report, Scan, Stats, TableReader, Ttl,
};
use std::path::Path;

/// An open table. Any number of threads may use it at once.
pub enum Table {
    /// For reading and writing.
    Full(quipu::Table),
    /// For reading only.
    Reader(TableReader),
}

/// Calls a method that both kinds have.
macro_rules! either {
    ($table:expr, $method:ident($($argument:expr),*)) => {
        match $table {
            Table::Full(table) => table.$method($($argument),*),
            Table::Reader(reader) => reader.$method($($argument),*),
        }
    };
}

impl Table {
    /// The table, if it may be written.
    #[inline]
    pub(crate) fn writable(&self) -> Result<&quipu::Table, Failure> {
        match self {
            Self::Full(table) => Ok(table),
            Self::Reader(_) => Err(Failure::read_only()),
        }
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        either!(self, path())
    }

    #[inline]
    pub(crate) fn get_to_slice(
        &self,
        key: &[u8],
        room: &mut [u8],
    ) -> Result<Option<Copied>, ReadError> {
        either!(self, get_to_slice(key, room))
    }

    #[inline]
    pub(crate) fn get_number(&self, key: &[u8]) -> Result<Option<i64>, CountError> {
        either!(self, get_number(key))
    }

    #[inline]
    pub(crate) fn exists(&self, key: &[u8]) -> Result<bool, ReadError> {
        either!(self, exists(key))
    }

    pub(crate) fn ttl(&self, key: &[u8]) -> Result<Option<Ttl>, ReadError> {
        either!(self, ttl(key))
    }

    pub(crate) fn multi_get_with(
        &self,
        keys: &[impl AsRef<[u8]>],
        show: impl FnMut(Option<Copied>, &[u8]),
    ) -> Result<(), ReadError> {
        either!(self, multi_get_with(keys, show))
    }

    pub(crate) fn multi_get_number(
        &self,
        keys: &[impl AsRef<[u8]>],
    ) -> Result<Vec<Option<i64>>, CountError> {
        either!(self, multi_get_number(keys))
    }

    pub(crate) fn scan_from(&self, cursor: Cursor, prefix: &[u8]) -> Scan {
        either!(self, scan_from(cursor, prefix))
    }

    pub(crate) fn len(&self) -> u64 {
        either!(self, len())
    }

    pub(crate) fn stats(&self) -> Stats {
        either!(self, stats())
    }

    pub(crate) fn processes(&self) -> Vec<Process> {
        match self {
            Self::Full(table) => table.stats().processes,
            Self::Reader(reader) => reader.processes(),
        }
    }

    pub(crate) fn check(&self) -> Report {
        either!(self, check())
    }
}
