//! The calls themselves, each made safe on its own.
use super::address::{Control, Name};
use super::incoming::Slot;
use libc::{c_int, c_void, iovec, mmsghdr, socklen_t};
use std::io;
use std::mem::{size_of, size_of_val, zeroed};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Datagrams of one call: so many that the call is cheap beside them, and so few that what it needs is on the stack.
pub(super) const CHUNK: usize = 32;

const EMPTY: iovec = iovec {
    iov_base: std::ptr::null_mut(),
    iov_len: 0,
};

fn headers() -> [mmsghdr; CHUNK] {
    // SAFETY: integers and raw pointers only, for which 0 is a value.
    unsafe { zeroed() }
}

fn checked(result: c_int) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// Receives what is there, without waiting, into the first slots, at most [`CHUNK`].
pub(super) fn receive(socket: BorrowedFd<'_>, slots: &mut [Slot]) -> io::Result<usize> {
    let count = slots.len().min(CHUNK);
    let slots = &mut slots[..count];
    let mut buffers = [EMPTY; CHUNK];
    let mut headers = headers();
    for ((slot, buffer), header) in slots.iter_mut().zip(&mut buffers).zip(&mut headers) {
        buffer.iov_base = slot.bytes.as_mut_ptr().cast();
        buffer.iov_len = slot.bytes.len();
        let header = &mut header.msg_hdr;
        header.msg_name = (&raw mut slot.name.address).cast();
        header.msg_namelen = Name::ROOM.length;
        header.msg_iov = buffer;
        header.msg_iovlen = 1;
        header.msg_control = (&raw mut slot.control).cast();
        header.msg_controllen = size_of::<Control>();
    }
    // MSG_TRUNC: the true length is returned, also where the buffer is shorter.
    let flags = libc::MSG_DONTWAIT | libc::MSG_TRUNC;
    let vlen = u32::try_from(count).unwrap_or_default();
    // SAFETY: `count` headers are filled, and each points to buffers with their lengths that outlive the call and that
    // nobody else has: slots and `buffers` are borrowed mutably. Whatever octets come are values of those types.
    let result = unsafe {
        libc::recvmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            vlen,
            flags,
            std::ptr::null_mut(),
        )
    };
    let received = checked(result)?;
    for (slot, header) in slots.iter_mut().zip(&headers).take(received) {
        slot.length = header.msg_len as usize;
        slot.control_length = header.msg_hdr.msg_controllen;
    }
    Ok(received)
}

/// A datagram to be sent.
pub(super) struct Letter<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) name: Name,
    pub(super) control: Option<Control>,
}

/// Sends the first letters, at most [`CHUNK`], without waiting; returns how many. An error is that of the first.
pub(super) fn send<'b>(
    socket: BorrowedFd<'_>,
    letters: impl Iterator<Item = Letter<'b>>,
) -> io::Result<usize> {
    let mut buffers = [EMPTY; CHUNK];
    let mut names = [Name::ROOM; CHUNK];
    let mut controls = [Control::NONE; CHUNK];
    let mut headers = headers();
    let mut count = 0;
    let places = names.iter_mut().zip(&mut controls).zip(&mut buffers);
    for ((letter, ((name, control), buffer)), header) in letters.zip(places).zip(&mut headers) {
        *name = letter.name;
        buffer.iov_base = letter.bytes.as_ptr().cast_mut().cast();
        buffer.iov_len = letter.bytes.len();
        let header = &mut header.msg_hdr;
        header.msg_name = (&raw mut name.address).cast();
        header.msg_namelen = name.length;
        header.msg_iov = buffer;
        header.msg_iovlen = 1;
        if let Some(message) = letter.control {
            *control = message;
            header.msg_control = (&raw mut *control).cast();
            header.msg_controllen = control.length();
        }
        count += 1;
    }
    // SAFETY: `count` headers are filled, and each points to buffers with their lengths that outlive the call, which
    // only reads them.
    let result = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            count,
            libc::MSG_DONTWAIT,
        )
    };
    checked(result)
}

/// Has the kernel say, with each datagram, which address it was sent to.
pub(super) fn tell_destinations(socket: BorrowedFd<'_>, is_ipv6: bool) -> io::Result<()> {
    let (level, option) = if is_ipv6 {
        (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO)
    } else {
        (libc::IPPROTO_IP, libc::IP_PKTINFO)
    };
    let on: c_int = 1;
    let length = socklen_t::try_from(size_of_val(&on)).map_err(io::Error::other)?;
    let value = (&raw const on).cast::<c_void>();
    // SAFETY: the call reads `length` octets of `on`, which outlives it.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, value, length) };
    checked(result).map(drop)
}

/// What the kernel counts for a socket: the words of SO_MEMINFO.
pub(super) fn memory(socket: BorrowedFd<'_>) -> io::Result<[u32; MEMORY_WORDS]> {
    let mut words = [0; MEMORY_WORDS];
    let mut length = socklen_t::try_from(size_of_val(&words)).map_err(io::Error::other)?;
    let value = words.as_mut_ptr().cast::<c_void>();
    // SAFETY: the call writes at most `length` octets to `words`, and both outlive it.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MEMINFO,
            value,
            &raw mut length,
        )
    };
    checked(result).map(|_| words)
}

/// The words that Linux 4.12 and later fill.
pub(super) const MEMORY_WORDS: usize = 9;

/// Takes descriptors that the program was started with, which were found to be open.
///
/// The caller is the only one in this process that has them, and calls this once for each.
pub(super) fn own(descriptor: RawFd) -> OwnedFd {
    // SAFETY: it is open and, by what the caller promises, nobody else's.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}
