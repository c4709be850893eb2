//! What systemd is told, if it has started the server. Without it, nothing happens.
use sd_notify::NotifyState;
use std::io;
use std::time::Duration;

/// What the server does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It answers; also after a reload.
    Ready,
    /// It reads its configuration again.
    Reloading,
    /// It ends.
    Stopping,
}

/// Tells what the server does. One message to a socket.
///
/// # Errors
/// If systemd cannot be reached. It is no reason to end.
pub fn tell(phase: Phase) -> io::Result<()> {
    match phase {
        Phase::Ready => sd_notify::notify(&[NotifyState::Ready]),
        Phase::Reloading => {
            let now = NotifyState::monotonic_usec_now()?;
            sd_notify::notify(&[NotifyState::Reloading, now])
        }
        Phase::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
    }
}

/// Tells in a line how the server is, for `systemctl status`.
///
/// # Errors
/// As [`tell`].
pub fn tell_status(text: &str) -> io::Result<()> {
    let line = text.lines().next().unwrap_or_default();
    sd_notify::notify(&[NotifyState::Status(line)])
}

/// Asks for time: for a start that is longer than the unit allows, such as a long log.
///
/// # Errors
/// As [`tell`].
pub fn ask_for_time(time: Duration) -> io::Result<()> {
    let microseconds = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
    sd_notify::notify(&[NotifyState::ExtendTimeoutUsec(microseconds)])
}
