//! What is stored: sessions, NASes and totals as bytes of a table's values. docs/radius-record.md is normative; this
//! module is its code, and everything that is read from a table is a claim that is checked here.
mod bundle;
mod cold;
mod nas;
mod session;
mod totals;

pub use bundle::{BUNDLE_OCTETS, Bundle};
pub use cold::{Cold, is_kept};
pub use nas::{NAS_RECORD_OCTETS, NasRecord};
pub use session::{HOT_OCTETS, Hot, RECORD_OCTETS_MAX, SessionFlags, SessionRecord, State};
pub use totals::{TOTALS_OCTETS, Totals};

use std::fmt;

/// The flags of a table's value that hold a record: "QR", the kind, the version (docs/radius-record.md 1).
#[must_use]
pub const fn value_flags(kind: RecordKind) -> u32 {
    0x5152_0000 | (kind as u32) << 8 | VERSION
}

/// The version of all records.
pub const VERSION: u32 = 1;

/// What a value holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// A session.
    Session = 1,
    /// A NAS.
    Nas = 2,
    /// Totals of a user, a NAS, a client or a period.
    Totals = 3,
    /// The key of a session, under an address.
    Index = 4,
    /// A request that was answered not long ago.
    Duplicate = 5,
    /// Places kept for sessions to come.
    Reserve = 6,
    /// The name of a client.
    Name = 7,
    /// A multilink bundle.
    Bundle = 8,
}

/// Bytes that are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadRecord {
    /// The value is not bytes with the flags of such a record.
    Flags,
    /// It is shorter or longer than it says, or than it can be.
    Length,
    /// Its checksum is wrong.
    Checksum,
    /// A field has a value that it cannot have.
    Field(&'static str),
}

impl fmt::Display for BadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flags => f.write_str("not a record of this kind and version"),
            Self::Length => f.write_str("a record of a wrong length"),
            Self::Checksum => f.write_str("a record with a wrong checksum"),
            Self::Field(name) => write!(f, "a record with an impossible {name}"),
        }?;
        f.write_str(": rebuild the tables from the log")
    }
}

impl std::error::Error for BadRecord {}

/// Writes fields one behind the other, little-endian.
pub(crate) struct Writer<'o> {
    out: &'o mut [u8],
    at: usize,
}

impl<'o> Writer<'o> {
    pub(crate) fn new(out: &'o mut [u8]) -> Self {
        Self { out, at: 0 }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.out[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }
}

/// Reads fields one behind the other, little-endian; zeros where there are none, so lengths are checked before.
pub(crate) struct Fields<'b> {
    rest: &'b [u8],
}

impl<'b> Fields<'b> {
    pub(crate) fn new(rest: &'b [u8]) -> Self {
        Self { rest }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            return [0; N];
        };
        self.rest = rest;
        *bytes
    }

    pub(crate) fn u8(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }
}
