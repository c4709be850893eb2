//! What the tests of whole processes share: children that are this same program, their deaths, memory to compare
//! notes in, fresh tables, and values that say whether they are whole.
//!
//! Children are started by running the test program again, never by `fork` alone: they share nothing with the test
//! but files, as the users of a table do. They meet at a [`shared::meet`] of our own and not at a barrier of a
//! crate: those are made of pthread locks in shared memory, which a child that is killed holds for ever.
#![deny(unsafe_code)]

pub mod child;
pub mod content;
pub mod descriptor;
pub mod files;
pub mod program;
pub mod random;
pub mod shared;
#[expect(
    unsafe_code,
    reason = "signals, namespaces and mounts, which std does not offer"
)]
pub mod system;
pub mod text;
