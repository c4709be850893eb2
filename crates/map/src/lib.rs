//! Quipu: a hash table of counters and records in shared memory, for many unrelated processes.
//!
//! No process ever waits for another: any of them may be stopped or killed at any instruction, and the others go on
//! with nothing lost or half-written.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use quipu::{Options, Table, Ttl};
//! use std::time::Duration;
//! # let name = format!("quipu-doc-{}", std::process::id());
//! # let name = name.as_str();
//!
//! // In any number of processes, in any order (name: "hits", say, which is /dev/shm/hits):
//! let options = Options { max_bytes: Some(64 << 20), ..Options::default() };
//! let table = Table::open_or_create(name, options)?;
//!
//! table.incr(b"requests", 1)?;
//! table.set(b"session:42", "ada", Ttl::After(Duration::from_secs(600)))?;
//!
//! assert_eq!(table.get_number(b"requests")?, Some(1));
//! let session = table.get_entry(b"session:42")?.expect("it is there");
//! assert_eq!(session.value.as_bytes(), Some(&b"ada"[..]));
//! # quipu::remove(name)?;
//! # Ok(()) }
//! ```
//!
//! [`Table`] reads and writes, and its documentation has all operations in one table. [`TableReader`] only reads,
//! and leaves no trace. [`tables`] lists what is there, [`remove`] removes it. Every error says what to do in its
//! text, and has a stable code by [`Coded`].
//!
//! The algorithm is in the crate `quipu-core`; this one maps a file, knows the time and the processes, and hashes.
//! Linux on x86-64 (with cmpxchg16b) and aarch64 only.
#![deny(unsafe_code)]

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
compile_error!("quipu needs Linux (OFD locks, fallocate, memfd, futex) on x86-64 or aarch64");

mod attach;
mod batch;
mod clock;
mod count;
mod counter;
mod create;
mod error;
mod file;
mod guard;
mod handle;
mod hash;
mod inner;
mod list;
mod maintain;
#[expect(
    unsafe_code,
    reason = "maps the file, and casts its bytes to slices of words"
)]
mod mapping;
mod open;
mod options;
mod pages;
mod process;
mod reader;
mod registry;
mod scan;
#[expect(unsafe_code, reason = "a signal handler, and how it is installed")]
mod signal;
mod space;
mod stats;
mod store;
mod striped;
#[expect(unsafe_code, reason = "system calls that std does not offer")]
mod sys;
mod table;
pub mod tag;
mod thread;
mod update;
mod value;
mod view;
mod write;

pub use counter::Counter;
pub use error::{CODES, Code, Coded, OpenError};
pub use guard::guard_against_truncation;
pub use list::{TableInfo, remove, tables};
pub use options::{Options, Owner, Pages};
pub use pages::PagesReport;
pub use quipu_core::{
    Corrupt, CountError, HashId, Limit, Number, OnFull, Problem, ReadError, Report, WriteError,
};
pub use reader::TableReader;
pub use scan::Scan;
pub use space::free_bytes;
pub use stats::{Process, ProcessState, Stats};
pub use striped::Striped;
pub use table::Table;
pub use value::{
    Compared, Copied, Count, Cursor, Entry, Kind, Maintenance, ParseTokenError, Token, Ttl, Update,
    Value, ValueRef,
};
