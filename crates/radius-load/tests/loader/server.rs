//! A server that does what a test says: a thread with a socket, which answers real requests with real answers, or
//! does not.
use quipu_radiusd::packet::{PACKET_OCTETS_MAX, Packet, Secret, TypedLengths, write_reply};
use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

pub(crate) const SECRET: &[u8] = b"testing123";

/// What becomes of a request.
pub(crate) enum Deed {
    Answer,
    Ignore,
    /// Answer with another secret.
    Forge,
    AnswerTwice,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) from: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Receiver<Seen>,
}

impl Server {
    /// Starts one; `deed` is asked for each request, with its number. It ends when its test does.
    pub(crate) fn start(mut deed: impl FnMut(usize, &Seen) -> Deed + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        // Room for all that comes while it stalls.
        rustix::net::sockopt::set_socket_recv_buffer_size(&socket, 2 << 20).expect("a buffer");
        let address = socket.local_addr().expect("an address");
        let (sender, seen) = channel();
        std::thread::spawn(move || {
            let mut room = [0; 65_536];
            for number in 0.. {
                let Ok((length, from)) = socket.recv_from(&mut room) else {
                    return;
                };
                let bytes = room[..length].to_vec();
                let packet = Packet::parse(&bytes, TypedLengths::Discard).expect("well made");
                Secret::new(SECRET).verify(&packet).expect("authentic");
                let seen = Seen {
                    from,
                    bytes: bytes.clone(),
                };
                let (secret, count) = match deed(number, &seen) {
                    Deed::Answer => (SECRET, 1),
                    Deed::AnswerTwice => (SECRET, 2),
                    Deed::Forge => (&b"wrong"[..], 1),
                    Deed::Ignore => (SECRET, 0),
                };
                let mut out = [0; PACKET_OCTETS_MAX];
                let reply = write_reply(&packet, &Secret::new(secret), &mut out);
                for _ in 0..count {
                    socket.send_to(reply, from).expect("sent");
                }
                if sender.send(seen).is_err() {
                    return;
                }
            }
        });
        Self { address, seen }
    }

    /// All that came so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let mut all = Vec::new();
        while let Ok(seen) = self.seen.recv_timeout(Duration::from_millis(50)) {
            all.push(seen);
        }
        all
    }
}
