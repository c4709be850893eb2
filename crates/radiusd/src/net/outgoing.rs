//! A batch of replies.
use super::address::{Control, Name};
use super::system::{self, Letter};
use super::{Envelope, Listener};
use crate::packet::PACKET_OCTETS_MAX;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::ErrorKind;
use std::os::fd::AsFd;

/// How long a full send buffer is waited for: a local network takes its content in less.
const PATIENCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 10_000_000,
};

struct Reply {
    start: usize,
    end: usize,
    envelope: Envelope,
}

/// Room for the replies to a batch, used again and again.
pub struct Outgoing {
    bytes: Box<[u8]>,
    used: usize,
    replies: Vec<Reply>,
}

impl Outgoing {
    /// Room for `capacity` replies. The only call that allocates; memory that replies do not need is not touched.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            bytes: vec![0; capacity * PACKET_OCTETS_MAX].into_boxed_slice(),
            used: 0,
            replies: Vec::with_capacity(capacity),
        }
    }

    /// Takes a reply to what came in `request`, which `write` puts at the beginning of a buffer of
    /// [`PACKET_OCTETS_MAX`] octets, and whose length it returns. `false`: there is no room, and it was not called.
    pub fn push(
        &mut self,
        request: Envelope,
        write: impl FnOnce(&mut [u8; PACKET_OCTETS_MAX]) -> usize,
    ) -> bool {
        if self.replies.len() == self.replies.capacity() {
            return false;
        }
        let start = self.used;
        let Some(buffer) = self.bytes[start..].first_chunk_mut() else {
            return false;
        };
        let end = start + write(buffer).min(PACKET_OCTETS_MAX);
        self.used = end;
        self.replies.push(Reply {
            start,
            end,
            envelope: request,
        });
        true
    }

    /// How many replies wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.replies.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.replies.is_empty()
    }

    /// Forgets the replies without sending them.
    pub fn clear(&mut self) {
        self.used = 0;
        self.replies.clear();
    }

    /// Sends the replies, each by the listener that took its request and from the address that was asked, and forgets
    /// them; returns how many the kernel took. One that cannot be sent does not stop the others: its client will ask
    /// again. Waits at most 10 ms, for each time that the send buffer of a socket is full. One system call for each 32
    /// replies of a listener in a row.
    pub fn send(&mut self, listeners: &[Listener]) -> usize {
        let runs = self
            .replies
            .chunk_by(|one, next| one.envelope.listener == next.envelope.listener);
        let mut sent = 0;
        for run in runs {
            let number = run[0].envelope.listener;
            if let Some(listener) = listeners.iter().find(|one| one.number == number) {
                sent += send_run(listener, &self.bytes, run);
            }
        }
        self.clear();
        sent
    }
}

fn send_run(listener: &Listener, bytes: &[u8], mut run: &[Reply]) -> usize {
    let mut sent = 0;
    let mut has_waited = false;
    while !run.is_empty() {
        // What cannot be addressed ends the chunk before it, and is skipped when it is the first.
        let letters = run.iter().map_while(|reply| letter(listener, bytes, reply));
        let done = match system::send(listener.socket(), letters) {
            Ok(count) => {
                sent += count;
                count.max(1)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::WouldBlock && !has_waited => {
                wait_for_room(listener);
                has_waited = true;
                continue;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(_) => 1,
        };
        run = &run[done..];
        has_waited = false;
    }
    sent
}

fn letter<'b>(listener: &Listener, bytes: &'b [u8], reply: &Reply) -> Option<Letter<'b>> {
    let Envelope {
        source,
        destination,
        interface,
        ..
    } = reply.envelope;
    let is_ipv6 = listener.is_ipv6();
    // A socket with one address sends from it anyway, and the kernel need not look it up for each reply.
    let is_bound = listener.address.is_ipv4() && !listener.address.ip().is_unspecified();
    let control = || Control::new(destination.ip(), interface, is_ipv6);
    Some(Letter {
        bytes: &bytes[reply.start..reply.end],
        name: Name::new(source, is_ipv6)?,
        control: if is_bound { None } else { control() },
    })
}

fn wait_for_room(listener: &Listener) {
    let socket = listener.socket();
    let mut sockets = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::OUT)];
    // Whatever it says, the next attempt shows.
    let _ = poll(&mut sockets, Some(&PATIENCE));
}
