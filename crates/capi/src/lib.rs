//! The C library `libquipu`: every operation of the engine for whoever can call C. `include/quipu.h` is generated from
//! these files, and docs/c.md says how to use it.
//!
//! Every function answers with a status, takes what it works on first and what it fills in last, and takes bytes as
//! pointer and length. Nothing unwinds across: a panic is the status PANIC. Nothing that is returned needs `free`, and
//! what is opened is closed by the function of its name.
//!
//! What all functions ask of their caller: a pointer is NULL, where the function says that it may be, or leads to a
//! live object of its type, or to as many bytes or items as are said beside it; what is filled in overlaps nothing
//! else that is passed; a handle was opened by this library and is not closed before the call ends. Handles of tables
//! may be used by any number of threads at once, other handles by one at a time.
#![expect(
    clippy::missing_safety_doc,
    reason = "all functions ask the same of their caller, which is said above, and in the header and docs/c.md"
)]

mod boundary;

// Apart, so that they stay in this order, which is that of the header.
pub mod status;

pub mod value;

pub mod options;

pub mod table;

pub mod open;

pub mod read;

pub mod write;

pub mod count;

pub mod end;

pub mod batch;

pub mod scan;

pub mod counter;

pub mod stats;

pub mod pages;

pub mod list;
