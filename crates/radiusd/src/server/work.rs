//! The loop of a worker: receive, store, commit, send.
use super::control::Control;
use crate::net::{Incoming, Listener, Outgoing, Waiter};
use crate::worker::{BATCH_MAX, Pressure, Worker};
use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often counters are told to those who read them.
const PUBLISH: Duration = Duration::from_millis(100);
/// How full a socket is, in percent, when Interims are left out; and when they are served again.
const HIGH: u32 = 50;
const LOW: u32 = 25;

/// Nanoseconds since 1970.
fn now_ns() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Serves the listeners of a worker until the server ends.
///
/// # Errors
/// If the log could not be written, or the sockets could not be read. Nobody has been answered since.
pub(super) fn work(
    mut worker: Worker,
    listeners: &[Listener],
    control: &Control,
) -> io::Result<()> {
    let mut waiter = Waiter::new(listeners)?;
    // Before the first look at what it would be woken for.
    control.register(waiter.waker());
    let mut incoming = Incoming::new(BATCH_MAX);
    let mut outgoing = Outgoing::new(BATCH_MAX);
    let mut pressure = vec![Pressure::Normal; listeners.len()];
    let mut drops = vec![0; listeners.len()];
    let mut version = 0;
    // When something was counted that nobody was told.
    let mut counted_since: Option<Instant> = None;
    while !control.is_over() {
        if let Some(clients) = control.newer_clients(&mut version) {
            worker.set_clients(clients);
        }
        let mut is_idle = true;
        for (at, listener) in listeners.iter().enumerate() {
            incoming.clear();
            if incoming.receive(listener)? == 0 {
                continue;
            }
            is_idle = false;
            let begun = Instant::now();
            if incoming.is_full() || pressure[at] == Pressure::High {
                pressure[at] = measure(listener, pressure[at], &mut drops[at], &mut worker);
            }
            worker.take(&incoming, now_ns(), pressure[at], &mut outgoing);
            let committed = worker.commit();
            if committed.is_err() {
                // This worker counts no more.
                worker.publish(now_ns() / 1_000_000);
            }
            committed?;
            outgoing.send(listeners);
            worker.answered(begun.elapsed());
            counted_since.get_or_insert(begun);
        }
        if counted_since.is_some_and(|since| since.elapsed() >= PUBLISH) {
            worker.publish(now_ns() / 1_000_000);
            counted_since = None;
        }
        if is_idle {
            waiter.wait(counted_since.map(|_| PUBLISH))?;
        }
    }
    worker.publish(now_ns() / 1_000_000);
    Ok(())
}

/// Looks how full a socket is, and counts what the kernel had no room for.
fn measure(
    listener: &Listener,
    before: Pressure,
    drops: &mut u32,
    worker: &mut Worker,
) -> Pressure {
    let Ok(queue) = listener.queue() else {
        return Pressure::Normal;
    };
    worker.dropped(queue.drops.wrapping_sub(*drops));
    *drops = queue.drops;
    match before {
        Pressure::Normal if queue.percent() >= HIGH => Pressure::High,
        Pressure::High if queue.percent() < LOW => Pressure::Normal,
        unchanged => unchanged,
    }
}
