//! RADIUS accounting without its input and output: what a packet says, what it changes, and how that is stored.
//!
//! No module but `log` and `store` touches a file, and none a socket or a clock: time, bytes and sources
//! come in as arguments. The rule above all others is RFC 2866, section 2: never answer what is not recorded, and
//! never stay silent on what is.
#![forbid(unsafe_code)]

pub mod config;
pub mod dictionary;
pub mod duplicates;
pub mod event;
pub mod log;
pub mod merge;
pub mod packet;
pub mod record;
pub mod store;
