//! Descriptors that are passed to another process over a socket (SCM_RIGHTS).
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

const SPACE: usize = rustix::cmsg_space!(ScmRights(1));

/// Sends a descriptor.
///
/// # Errors
/// If the system refuses.
pub fn send(socket: &UnixStream, descriptor: BorrowedFd<'_>) -> io::Result<()> {
    let (mut space, descriptors) = ([MaybeUninit::uninit(); SPACE], [descriptor]);
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(Errno::NOBUFS.into());
    }
    // A control message goes with a byte at least.
    let data = [IoSlice::new(&[1])];
    sendmsg(socket, &data, &mut control, SendFlags::empty())?;
    Ok(())
}

/// Receives a descriptor that [`send`] sent.
///
/// # Errors
/// If none comes.
pub fn receive(socket: &UnixStream) -> io::Result<OwnedFd> {
    let (mut space, mut byte) = ([MaybeUninit::uninit(); SPACE], [0]);
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut data = [IoSliceMut::new(&mut byte)];
    recvmsg(socket, &mut data, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let received = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    received.ok_or_else(|| Errno::BADMSG.into())
}
