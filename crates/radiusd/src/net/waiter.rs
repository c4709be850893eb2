//! Waiting for datagrams.
use super::Listener;
use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

/// What epoll says of the event descriptor; listeners have 16 bits.
const WAKER: u64 = u64::MAX;

/// Waits for the listeners of a worker, or to be woken.
pub struct Waiter {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
    waker: Waker,
}

/// Wakes a [`Waiter`] from another thread or from a signal.
#[derive(Clone)]
pub struct Waker(Arc<OwnedFd>);

impl Waiter {
    /// Watches listeners, which the caller keeps open.
    ///
    /// # Errors
    /// If the kernel has no descriptor left.
    pub fn new(listeners: &[Listener]) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        for listener in listeners {
            let number = epoll::EventData::new_u64(listener.number.into());
            epoll::add(&epoll, listener.socket(), number, epoll::EventFlags::IN)?;
        }
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let number = epoll::EventData::new_u64(WAKER);
        epoll::add(&epoll, &event, number, epoll::EventFlags::IN)?;
        Ok(Self {
            epoll,
            events: Vec::with_capacity(listeners.len() + 1),
            waker: Waker(Arc::new(event)),
        })
    }

    /// What wakes this waiter.
    #[must_use]
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Waits until a listener has something, [`Waker::wake`] is called, a signal comes, or the time is over; `None`:
    /// for ever. Returns whether it was woken. Allocates nothing.
    ///
    /// # Errors
    /// None that a correct program sees.
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<bool> {
        self.events.clear();
        let timeout = timeout.map(|time| Timespec {
            tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: time.subsec_nanos().into(),
        });
        let room = rustix::buffer::spare_capacity(&mut self.events);
        match epoll::wait(&self.epoll, room, timeout.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => self.events.clear(),
            Err(error) => return Err(error.into()),
        }
        let is_woken = self.events.iter().any(|event| event.data.u64() == WAKER);
        if is_woken {
            // Taken back, so that the next wait waits. It cannot fail: there is something to read.
            let _ = rustix::io::read(&*self.waker.0, &mut [0; 8]);
        }
        Ok(is_woken)
    }

    /// The numbers of the listeners that the last [`wait`](Self::wait) found to have something.
    pub fn ready(&self) -> impl Iterator<Item = u16> + '_ {
        let numbers = self.events.iter().map(|event| event.data.u64());
        numbers.filter_map(|number| u16::try_from(number).ok())
    }
}

impl Waker {
    /// Ends the wait of the waiter, or its next one if it does not wait. Safe in a signal handler.
    pub fn wake(&self) {
        // Any number but 0 does. It fails only if many of them wait already, and then the waiter is awake.
        let _ = rustix::io::write(&*self.0, &[1; 8]);
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Waker")
    }
}
