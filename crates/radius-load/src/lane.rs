//! Sockets, each with 256 identifiers, and the requests that are on their way.
use crate::source::Kind;
use quipu_radiusd::packet::{Secret, is_valid_reply};
use rustix::io::Errno;
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// The longest request that is sent.
pub const REQUEST_OCTETS_MAX: usize = 512;
/// The most that one call sends.
const BATCH_MAX: usize = 64;
/// The most sockets: with all their identifiers 262,144 requests on their way.
pub const SOCKETS_MAX: usize = 1024;

/// Which identifier is taken next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// The one that was not used for longest.
    Oldest,
    /// The one that was answered last: what a duplicate cache likes least.
    Newest,
}

/// A request on its way, or what is left of one.
#[derive(Debug, Clone)]
pub struct Slot {
    /// What the source calls it.
    pub request: u64,
    /// What it is.
    pub kind: Kind,
    /// When it should have been sent.
    pub intended_ns: u64,
    /// How often it was sent before.
    pub attempt: u32,
    /// Tells this sending from all others.
    pub sending: u64,
    /// Whether it waits for an answer.
    pub is_waiting: bool,
    bytes: [u8; REQUEST_OCTETS_MAX],
    length: usize,
    before: [u8; 16],
}

impl Slot {
    fn new() -> Self {
        Self {
            request: 0,
            kind: Kind::Start,
            intended_ns: 0,
            attempt: 0,
            sending: 0,
            is_waiting: false,
            bytes: [0; REQUEST_OCTETS_MAX],
            length: 0,
            before: [0; 16],
        }
    }

    fn authenticator(&self) -> [u8; 16] {
        self.bytes[4..20].try_into().unwrap_or_default()
    }

    /// Takes another packet; an answer to the one before is still known for what it is.
    ///
    /// # Panics
    /// If the packet is longer than [`REQUEST_OCTETS_MAX`].
    pub fn write(&mut self, packet: &[u8]) {
        self.before = self.authenticator();
        self.bytes[..packet.len()].copy_from_slice(packet);
        self.length = packet.len();
    }
}

/// What was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// The answer that the request of this identifier waits for.
    Answer(u8),
    /// An answer to a request that waits no more.
    Late,
    /// No answer to anything that was asked here.
    Bad,
    /// Nothing is there any more.
    Nothing,
    /// Nobody is at the other end.
    Refused,
}

/// A socket.
#[derive(Debug)]
pub struct Lane {
    socket: UdpSocket,
    slots: Vec<Slot>,
    free: VecDeque<u8>,
    reuse: Reuse,
    outbox: Vec<u8>,
}

impl Lane {
    /// Connects to a server on this machine.
    ///
    /// # Errors
    /// If the address is not of the loopback interface, or the socket cannot be had.
    pub fn open(to: SocketAddr, reuse: Reuse) -> io::Result<Self> {
        if !to.ip().is_loopback() {
            let words =
                format!("{to} is not on this machine: load is for 127.0.0.0/8 and ::1 only");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        let from: SocketAddr = match to {
            SocketAddr::V4(_) => (Ipv4Addr::LOCALHOST, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::LOCALHOST, 0).into(),
        };
        let socket = UdpSocket::bind(from)?;
        socket.connect(to)?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            slots: vec![Slot::new(); 256],
            free: (0..=u8::MAX).collect(),
            reuse,
            outbox: Vec::with_capacity(256),
        })
    }

    /// To wait for answers.
    #[must_use]
    pub fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// How many more requests may be on their way.
    #[must_use]
    pub fn free_count(&self) -> usize {
        self.free.len()
    }

    /// An identifier for a request, if there is one.
    pub fn take(&mut self) -> Option<u8> {
        match self.reuse {
            Reuse::Oldest => self.free.pop_front(),
            Reuse::Newest => self.free.pop_back(),
        }
    }

    /// What is known under an identifier.
    pub fn slot(&mut self, identifier: u8) -> &mut Slot {
        &mut self.slots[usize::from(identifier)]
    }

    /// The request waits no more; its identifier may be used again.
    pub fn release(&mut self, identifier: u8) {
        self.slot(identifier).is_waiting = false;
        self.free.push_back(identifier);
    }

    /// Has a request sent with the next [`Self::flush`].
    pub fn queue(&mut self, identifier: u8) {
        self.outbox.push(identifier);
    }

    /// Sends what is queued; says whether all of it went. What did not stays queued.
    ///
    /// # Errors
    /// Whatever the system says that is not for a moment only.
    pub fn flush(&mut self) -> io::Result<bool> {
        let mut sent = 0;
        while sent < self.outbox.len() {
            let end = self.outbox.len().min(sent + BATCH_MAX);
            match self.send(&self.outbox[sent..end]) {
                Ok(count) => sent += count,
                Err(Errno::AGAIN | Errno::NOBUFS) => break,
                // The answer to an earlier one: nobody is there. It will be sent again.
                Err(Errno::CONNREFUSED | Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.outbox.drain(..sent);
        Ok(self.outbox.is_empty())
    }

    fn send(&self, identifiers: &[u8]) -> Result<usize, Errno> {
        let packet = |identifier: &u8| {
            let slot = &self.slots[usize::from(*identifier)];
            &slot.bytes[..slot.length]
        };
        if let [only] = identifiers {
            rustix::net::send(&self.socket, packet(only), SendFlags::empty())?;
            return Ok(1);
        }
        let slices: Vec<[IoSlice<'_>; 1]> = identifiers
            .iter()
            .map(|identifier| [IoSlice::new(packet(identifier))])
            .collect();
        let mut controls: Vec<SendAncillaryBuffer<'_, '_, '_>> = identifiers
            .iter()
            .map(|_| SendAncillaryBuffer::default())
            .collect();
        let mut messages: Vec<MMsgHdr<'_>> = slices
            .iter()
            .zip(&mut controls)
            .map(|(slice, control)| MMsgHdr::new(slice, control))
            .collect();
        sendmmsg(&self.socket, &mut messages, SendFlags::empty())
    }

    /// Receives one datagram.
    ///
    /// # Errors
    /// Whatever the system says that is not for a moment only.
    pub fn receive(&mut self, secret: &Secret) -> io::Result<Received> {
        let mut room = [0; 4096];
        let length = match self.socket.recv(&mut room) {
            Ok(length) => length,
            Err(error) => {
                return match error.kind() {
                    io::ErrorKind::WouldBlock => Ok(Received::Nothing),
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionRefused => {
                        Ok(Received::Refused)
                    }
                    _ => Err(error),
                };
            }
        };
        let reply = &room[..length];
        let Some(identifier) = reply.get(1).copied() else {
            return Ok(Received::Bad);
        };
        let slot = &self.slots[usize::from(identifier)];
        if is_valid_reply(reply, &slot.authenticator(), secret) {
            return Ok(if slot.is_waiting {
                Received::Answer(identifier)
            } else {
                Received::Late
            });
        }
        Ok(if is_valid_reply(reply, &slot.before, secret) {
            Received::Late
        } else {
            Received::Bad
        })
    }
}
