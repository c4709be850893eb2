//! What the threads of the server tell each other.
use crate::config::Clients;
use crate::net::Waker;
#[expect(
    clippy::disallowed_types,
    reason = "between the threads of one process, not in a table"
)]
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Shared by the main thread, which writes, and the workers, which look once for each batch.
#[expect(
    clippy::disallowed_types,
    reason = "between the threads of one process, not in a table"
)]
#[derive(Debug)]
pub(super) struct Control {
    is_over: AtomicBool,
    version: AtomicUsize,
    clients: Mutex<Arc<Clients>>,
    wakers: Mutex<Vec<Waker>>,
    end: Condvar,
}

impl Control {
    #[expect(
        clippy::disallowed_types,
        reason = "between the threads of one process, not in a table"
    )]
    pub(super) fn new(clients: Arc<Clients>) -> Self {
        Self {
            is_over: AtomicBool::new(false),
            version: AtomicUsize::new(0),
            clients: Mutex::new(clients),
            wakers: Mutex::new(Vec::new()),
            end: Condvar::new(),
        }
    }

    /// A waker that is used when there is something new.
    pub(super) fn register(&self, waker: Waker) {
        self.wakers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(waker);
    }

    /// Has every worker end after its batch.
    pub(super) fn end(&self) {
        // Release [over]: the worker that sees it sees why.
        self.is_over.store(true, Ordering::Release);
        self.wake();
    }

    pub(super) fn is_over(&self) -> bool {
        // Acquire [over].
        self.is_over.load(Ordering::Acquire)
    }

    /// Rests for a while, or until the server ends; says whether it goes on.
    pub(super) fn rest(&self, time: Duration) -> bool {
        let wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_over() {
            drop(self.end.wait_timeout(wakers, time));
        }
        !self.is_over()
    }

    /// Has every worker use other clients from its next batch on.
    pub(super) fn set_clients(&self, clients: Arc<Clients>) {
        *self.clients.lock().unwrap_or_else(PoisonError::into_inner) = clients;
        // Release [version]: who sees it finds these clients, or newer ones.
        self.version.fetch_add(1, Ordering::Release);
        self.wake();
    }

    /// The clients, if they are others than at the version that a worker knows, which is brought up to date.
    pub(super) fn newer_clients(&self, known: &mut usize) -> Option<Arc<Clients>> {
        // Acquire [version].
        let version = self.version.load(Ordering::Acquire);
        if version == *known {
            return None;
        }
        *known = version;
        Some(self.clients())
    }

    pub(super) fn clients(&self) -> Arc<Clients> {
        Arc::clone(&self.clients.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn wake(&self) {
        let wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        wakers.iter().for_each(Waker::wake);
        // Under the lock, so that nobody goes to rest in between.
        self.end.notify_all();
    }
}
