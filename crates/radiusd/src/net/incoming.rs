//! A batch of received datagrams.
use super::address::{Control, Name};
use super::system::{self, CHUNK};
use super::{Envelope, Listener};
use crate::packet::PACKET_OCTETS_MAX;
use std::io;
use std::net::SocketAddr;

/// Room for one datagram. A packet says its own length, at most 4,096 octets, and what follows is padding: so no
/// more of a datagram is worth keeping, though it may have up to 64 KiB. A packet that claims more than was kept is
/// longer than allowed, and discarded for that.
#[derive(Clone)]
pub(super) struct Slot {
    pub(super) bytes: [u8; PACKET_OCTETS_MAX],
    pub(super) name: Name,
    pub(super) control: Control,
    pub(super) control_length: usize,
    /// The true length, perhaps more than there is room for.
    pub(super) length: usize,
    listener: u16,
    listening: SocketAddr,
}

/// A received datagram.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'b> {
    /// Its octets, at most [`PACKET_OCTETS_MAX`].
    pub bytes: &'b [u8],
    /// How many octets were sent.
    pub length: usize,
    /// Between whom it went.
    pub envelope: Envelope,
}

impl Datagram<'_> {
    /// Whether more was sent than is kept. What is missing can only be padding.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.length > self.bytes.len()
    }
}

/// Room for a batch of datagrams, used again and again.
pub struct Incoming {
    slots: Box<[Slot]>,
    received: usize,
}

impl Incoming {
    /// Room for `capacity` datagrams, about 4.3 KB each. The only call that allocates.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let slot = Slot {
            bytes: [0; PACKET_OCTETS_MAX],
            name: Name::ROOM,
            control: Control::NONE,
            control_length: 0,
            length: 0,
            listener: 0,
            listening: SocketAddr::from(([0; 4], 0)),
        };
        Self {
            slots: vec![slot; capacity].into_boxed_slice(),
            received: 0,
        }
    }

    /// Receives what is there, behind what came before, until nothing is left or no room. Never waits; returns how many
    /// came. One system call for each 32 datagrams.
    ///
    /// # Errors
    /// What the kernel says, but for the fate of earlier replies and signals: these are passed over.
    pub fn receive(&mut self, listener: &Listener) -> io::Result<usize> {
        let before = self.received;
        while !self.is_full() {
            let slots = &mut self.slots[self.received..];
            let asked = slots.len().min(CHUNK);
            let came = match system::receive(listener.socket(), slots) {
                Ok(came) => came,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if is_of_others(&error) => continue,
                Err(_) if self.received > before => break,
                Err(error) => return Err(error),
            };
            for slot in &mut slots[..came] {
                slot.listener = listener.number;
                slot.listening = listener.address;
            }
            self.received += came;
            if came < asked {
                break;
            }
        }
        Ok(self.received - before)
    }

    /// The datagrams in the order in which they were received. Those that do not say where from are left out.
    pub fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        self.slots[..self.received].iter().filter_map(Slot::read)
    }

    /// How many datagrams there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.received
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.received == 0
    }

    /// Whether there is no room for another.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.received == self.slots.len()
    }

    /// Forgets the datagrams.
    pub fn clear(&mut self) {
        self.received = 0;
    }
}

impl Slot {
    fn read(&self) -> Option<Datagram<'_>> {
        let mut destination = self.listening;
        let mut interface = 0;
        if let Some((ip, number)) = self.control.read(self.control_length) {
            destination.set_ip(ip);
            interface = number;
        }
        Some(Datagram {
            bytes: &self.bytes[..self.length.min(PACKET_OCTETS_MAX)],
            length: self.length,
            envelope: Envelope {
                source: self.name.read()?,
                destination,
                interface,
                listener: self.listener,
            },
        })
    }
}

/// Whether an error tells of an earlier reply that did not arrive, or of a signal. The kernel reports each once.
pub(super) fn is_of_others(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, Interrupted, NetworkUnreachable};
    matches!(
        error.kind(),
        ConnectionRefused | HostUnreachable | Interrupted | NetworkUnreachable
    )
}
