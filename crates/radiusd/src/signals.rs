//! What operators ask for by signals. SIGHUP: read the configuration again. SIGTERM and SIGINT: end.
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level::pipe};
use std::io::{self, ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// End well.
    Stop,
    /// Read the configuration again.
    Reload,
}

/// The signals of this process, caught. For one thread, which waits for them.
#[derive(Debug)]
pub struct Signals {
    is_to_stop: Arc<AtomicBool>,
    is_to_reload: Arc<AtomicBool>,
    /// Has an octet for each signal.
    pipe: UnixStream,
}

impl Signals {
    /// Catches the signals from now on, in all threads.
    ///
    /// # Errors
    /// If the kernel has no descriptor left.
    pub fn catch() -> io::Result<Self> {
        let (pipe, end) = UnixStream::pair()?;
        let signals = Self {
            is_to_stop: Arc::default(),
            is_to_reload: Arc::default(),
            pipe,
        };
        let requests = [
            (SIGTERM, &signals.is_to_stop),
            (SIGINT, &signals.is_to_stop),
            (SIGHUP, &signals.is_to_reload),
        ];
        for (signal, is_asked) in requests {
            // In this order: whoever reads the octet sees what it is about.
            flag::register(signal, Arc::clone(is_asked))?;
            pipe::register(signal, end.try_clone()?)?;
        }
        Ok(signals)
    }

    /// Waits for a signal, at most so long (less than years); `None`: none came. Signals that came before are not lost, but several
    /// SIGHUP may become one. Who is to stop is told so each time.
    ///
    /// # Errors
    /// None that a correct program sees.
    pub fn wait(&self, time: Duration) -> io::Result<Option<Request>> {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if let Some(request) = self.take() {
                return Ok(Some(request));
            }
            if left.is_zero() {
                return Ok(None);
            }
            // Perhaps only the octets of signals whose requests were taken already: then it waits again.
            self.pipe.set_read_timeout(Some(left))?;
            match (&self.pipe).read(&mut [0; 64]) {
                Err(error) if !is_of_time(&error) => return Err(error),
                _ => {}
            }
        }
    }

    fn take(&self) -> Option<Request> {
        if self.is_to_stop.load(Ordering::SeqCst) {
            return Some(Request::Stop);
        }
        let is_to_reload = self.is_to_reload.swap(false, Ordering::SeqCst);
        is_to_reload.then_some(Request::Reload)
    }
}

/// Whether an error only says that nothing came yet.
fn is_of_time(error: &io::Error) -> bool {
    use ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}
