//! Sockets that systemd has opened before it started the server.
use super::system;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};

static ARE_TAKEN: AtomicBool = AtomicBool::new(false);

/// The sockets that this process was started with by socket activation, in the order of the socket unit; none if it was
/// started otherwise. For [`adopt`](super::adopt). Only the first call gets them. They are closed when the process
/// executes another program.
///
/// # Errors
/// If `LISTEN_FDS` or `LISTEN_PID` is no number, or tells of descriptors that are not open.
pub fn handed_over() -> io::Result<Vec<OwnedFd>> {
    if ARE_TAKEN.swap(true, Ordering::Relaxed) {
        return Ok(Vec::new());
    }
    // Nothing else of this process can have them: systemd puts them where a program that knows of none of them finds
    // what it opens first, and names this process.
    Ok(sd_notify::listen_fds()?.map(system::own).collect())
}
