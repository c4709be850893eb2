//! The sockets that requests come in by.
use super::system;
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

const FLAGS: SocketFlags = SocketFlags::CLOEXEC.union(SocketFlags::NONBLOCK);
/// Octets that may be on their way out of a socket. Replies to a machine that is gone wait 3 seconds for the word that it
/// is: up to 212,992 octets for each such machine. By default that is what a socket has for all, so that two of them
/// would keep everybody else from being answered.
const SEND_BUFFER: usize = 4 << 20;
/// Which words of SO_MEMINFO are looked at.
const RECEIVED: usize = 0;
const RECEIVED_MAX: usize = 1;
const DROPS: usize = 8;

/// One socket of one worker.
#[derive(Debug)]
pub struct Listener {
    /// Its place among the addresses of its worker.
    pub number: u16,
    /// Where it receives: as it was asked for, with the port that the kernel chose if that was 0.
    pub address: SocketAddr,
    /// The receive buffer that it got, in octets as [`open`] counts them.
    pub receive_buffer: u64,
    socket: OwnedFd,
    is_ipv6: bool,
}

/// What waits in a socket, and what found no room there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// Memory of the datagrams that wait, and of up to a quarter of the room that was read not long ago: the kernel
    /// gives it back late. A request of 150 to 600 octets takes 1,280 over the
    /// loopback, and often more from a network card.
    pub octets: u32,
    /// The most that it may be.
    pub octets_max: u32,
    /// Datagrams that the kernel has dropped since the socket is open, mostly because there was no room.
    pub drops: u32,
}

impl Queue {
    /// How full the queue is, from 0 to 100; the kernel lets it be a little more than full.
    #[must_use]
    pub fn percent(&self) -> u32 {
        let percent = u64::from(self.octets) * 100 / u64::from(self.octets_max.max(1));
        u32::try_from(percent.min(100)).unwrap_or(100)
    }
}

impl Listener {
    /// Looks at the queue: the cheap sign of overload. One system call.
    ///
    /// # Errors
    /// If the kernel is older than Linux 4.12.
    pub fn queue(&self) -> io::Result<Queue> {
        let words = system::memory(self.socket())?;
        Ok(Queue {
            octets: words[RECEIVED],
            octets_max: words[RECEIVED_MAX],
            drops: words[DROPS],
        })
    }

    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    pub(super) fn is_ipv6(&self) -> bool {
        self.is_ipv6
    }

    /// Makes a listener of a bound socket.
    fn new(socket: OwnedFd, number: u16, receive_buffer: u64, is_ours: bool) -> io::Result<Self> {
        let address = SocketAddr::try_from(rustix::net::getsockname(&socket)?)?;
        let is_ipv6 = address.is_ipv6();
        system::tell_destinations(socket.as_fd(), is_ipv6)?;
        let octets =
            usize::try_from(receive_buffer.min(i32::MAX as u64 / 2)).map_err(io::Error::other)?;
        // A buffer that somebody else has chosen is never made smaller: only administrators could give it back.
        let wanted = is_ours || sockopt::socket_recv_buffer_size(&socket)? / 2 < octets;
        if octets > 0 && wanted {
            // The first is for administrators only; the second stops at net.core.rmem_max.
            let is_forced = sockopt::set_socket_recv_buffer_size_force(&socket, octets).is_ok();
            if !is_forced && is_ours {
                sockopt::set_socket_recv_buffer_size(&socket, octets)?;
            }
        }
        if sockopt::set_socket_send_buffer_size_force(&socket, SEND_BUFFER).is_err() {
            sockopt::set_socket_send_buffer_size(&socket, SEND_BUFFER)?;
        }
        // The kernel doubles what it is asked for, to pay for its own structures.
        let receive_buffer = sockopt::socket_recv_buffer_size(&socket)? as u64 / 2;
        Ok(Self {
            number,
            address,
            receive_buffer,
            socket,
            is_ipv6,
        })
    }

    /// Another listener of the same socket, for another worker.
    fn share(&self) -> io::Result<Self> {
        Ok(Self {
            socket: self.socket.try_clone()?,
            ..*self
        })
    }
}

/// Opens sockets for all addresses and workers: `[worker][address]`, numbered in the order of the addresses. The kernel
/// spreads what comes over the workers by the source. `receive_buffer` are octets for each socket, of which one
/// request takes about 640 (the kernel doubles the number, and pays for its own structures); 0: what the system gives. Whether they were granted is told by
/// [`Listener::receive_buffer`].
///
/// `[::]` takes IPv4 as well, unless there is also `0.0.0.0` with the same port, and is `0.0.0.0` where the kernel has
/// no IPv6. Port 0 lets the kernel choose one, the same for all workers.
///
/// # Errors
/// What the kernel says, with the address and what to do about it. No other program may have a socket there, not even
/// one that would share it: it would take requests away.
pub fn open(
    addresses: &[SocketAddr],
    workers: u32,
    receive_buffer: u64,
) -> io::Result<Vec<Vec<Listener>>> {
    let mut all: Vec<Vec<Listener>> = (0..workers.max(1)).map(|_| Vec::new()).collect();
    for (number, &address) in addresses.iter().enumerate() {
        let number = u16::try_from(number).map_err(io::Error::other)?;
        let takes_both = !addresses.contains(&(Ipv4Addr::UNSPECIFIED, address.port()).into());
        let mut address = address;
        for (worker, listeners) in all.iter_mut().enumerate() {
            let listener = bind(address, takes_both, worker > 0)
                .and_then(|socket| Listener::new(socket, number, receive_buffer, true))
                .map_err(|error| explain(address, &error))?;
            // Only now, so that the first of them fails if somebody else has the address.
            if workers > 1 && worker == 0 {
                sockopt::set_socket_reuseport(listener.socket(), true)?;
            }
            address = listener.address;
            listeners.push(listener);
        }
    }
    Ok(all)
}

/// Makes listeners of bound UDP sockets that somebody else has opened, such as systemd: `[worker][socket]`. The workers
/// share each socket. A receive buffer that is larger already stays so.
///
/// # Errors
/// If one is no bound UDP socket, or as for [`open`].
pub fn adopt(
    sockets: Vec<OwnedFd>,
    workers: u32,
    receive_buffer: u64,
) -> io::Result<Vec<Vec<Listener>>> {
    let mut first = Vec::new();
    for (number, socket) in sockets.into_iter().enumerate() {
        if sockopt::socket_type(&socket)? != SocketType::DGRAM {
            return Err(io::Error::other(
                "a socket that was handed over is not one for datagrams: say ListenDatagram= in the socket unit",
            ));
        }
        let flags = rustix::fs::fcntl_getfl(&socket)?;
        rustix::fs::fcntl_setfl(&socket, flags | rustix::fs::OFlags::NONBLOCK)?;
        let number = u16::try_from(number).map_err(io::Error::other)?;
        first.push(Listener::new(socket, number, receive_buffer, false)?);
    }
    let mut all = Vec::new();
    for _ in 1..workers.max(1) {
        all.push(
            first
                .iter()
                .map(Listener::share)
                .collect::<io::Result<_>>()?,
        );
    }
    all.insert(0, first);
    Ok(all)
}

fn bind(mut address: SocketAddr, takes_both: bool, is_shared: bool) -> io::Result<OwnedFd> {
    let is_wildcard = address.ip().is_unspecified();
    let created = match address.ip() {
        IpAddr::V4(_) => {
            rustix::net::socket_with(AddressFamily::INET, SocketType::DGRAM, FLAGS, None)
        }
        IpAddr::V6(_) => {
            rustix::net::socket_with(AddressFamily::INET6, SocketType::DGRAM, FLAGS, None)
        }
    };
    let socket = match created {
        Err(rustix::io::Errno::AFNOSUPPORT) if is_wildcard && takes_both => {
            address.set_ip(Ipv4Addr::UNSPECIFIED.into());
            rustix::net::socket_with(AddressFamily::INET, SocketType::DGRAM, FLAGS, None)?
        }
        created => created?,
    };
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, !(is_wildcard && takes_both))?;
    }
    if is_shared {
        sockopt::set_socket_reuseport(&socket, true)?;
    }
    rustix::net::bind(&socket, &address)?;
    Ok(socket)
}

fn explain(address: SocketAddr, error: &io::Error) -> io::Error {
    let advice = match error.kind() {
        ErrorKind::AddrInUse => {
            "another program receives there: end it, or choose another address or port"
        }
        ErrorKind::AddrNotAvailable => {
            "this machine has no such address (yet): correct `listen`, or start after the network is up"
        }
        ErrorKind::PermissionDenied => {
            "ports below 1024 are for root: start as root, or take another port"
        }
        _ => "check `listen`",
    };
    io::Error::new(
        error.kind(),
        format!("cannot receive at {address}: {error}; {advice}"),
    )
}
