//! RADIUS accounting: what a packet says, what it changes, how that is stored, and who is told.
//!
//! What decides (packets, events, merge rules, records) touches neither files nor sockets nor clocks: time, bytes and
//! sources come in as arguments. The rule above all others is RFC 2866, section 2: never answer what is not recorded,
//! and never stay silent on what is.
#![deny(unsafe_code)]

pub mod command;
pub mod config;
pub mod dictionary;
pub mod duplicates;
pub mod event;
pub mod live;
pub mod log;
pub mod logging;
pub mod merge;
pub mod net;
pub mod notify;
pub mod packet;
pub mod privileges;
pub mod record;
pub mod recovery;
pub mod server;
pub mod signals;
pub mod snapshot;
pub mod store;
pub mod worker;
