//! RADIUS accounting without its input and output: what a packet says, what it changes, and how that is stored.
//!
//! No module but `log` and `store` touches a file, none but `net` a socket, and none a clock: time, bytes and sources
//! come in as arguments. The rule above all others is RFC 2866, section 2: never answer what is not recorded, and
//! never stay silent on what is.
#![deny(unsafe_code)]

pub mod config;
pub mod dictionary;
pub mod duplicates;
pub mod event;
pub mod log;
pub mod merge;
pub mod net;
pub mod packet;
pub mod record;
pub mod store;
