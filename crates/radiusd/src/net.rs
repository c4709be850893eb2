//! Sockets: datagrams are received and sent in batches, and a reply leaves from the address that was asked.
//!
//! All `unsafe` of this crate is in `net/system.rs`: the two calls that std and `rustix` do not offer in a form that
//! needs no allocation for each packet, and the socket options that they do not know.
mod activation;
mod address;
mod incoming;
mod listener;
mod outgoing;
#[allow(unsafe_code, reason = "recvmmsg, sendmmsg and a few socket options")]
mod system;
mod waiter;

pub use activation::handed_over;
pub use incoming::{Datagram, Incoming};
pub use listener::{Listener, Queue, adopt, open};
pub use outgoing::Outgoing;
pub use waiter::{Waiter, Waker};

use std::net::SocketAddr;

/// Between whom a datagram goes. IPv4 is IPv4 here, also where a socket of IPv6 took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    /// Who sent it.
    pub source: SocketAddr,
    /// The address of this machine that it was sent to; for broadcasts, the one of the interface. It is that of the
    /// listener, perhaps a wildcard, if the kernel did not say.
    pub destination: SocketAddr,
    /// The number of the interface that it came in by; 0 if the kernel did not say.
    pub interface: u32,
    /// The [number](Listener::number) of the listener.
    pub listener: u16,
}
