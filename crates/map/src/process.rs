//! Process slots: who uses a table, and who is dead.
//!
//! The witness of life is a byte lock that the kernel holds for an open file description (OFD). The descriptor for
//! it is always opened anew: one that came by fork or from another process shares its locks with where it came
//! from. Byte 0 of the file is held shared by every attached process, and exclusively by one that takes the table
//! over; byte `process_slots_at + 64 * slot` is held exclusively by the process that has the slot.
//!
//! Whoever gets the lock of a slot that is in use has proof that its process is gone, or has lost its descriptors
//! (`closefrom`): so the verdict is vetoed while its pid and start time are alive in our PID namespace.
//! Format: docs/format.md 3.3.
use crate::file::TableFile;
use crate::inner::Opened;
use crate::sys::{self, Lock};
use quipu_core::{
    Ordering, PROCESS_SLOT_BYTES, ProcessSlot, Registration, Session, Swept, WriteError,
};
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

/// The slot of a process that has none, beyond all slots: nobody recovers what it leaves but an opener who is alone.
pub(crate) const NO_SLOT: u32 = 0xfffe;

/// Bytes of a participant's record (format.md 3.4).
const PARTICIPANT_BYTES: u64 = size_of::<quipu_core::Participant>() as u64;
/// The byte that every attached process holds.
const ATTACH_BYTE: u64 = 0;

/// The lock descriptor of this process for one table.
#[derive(Debug)]
pub(crate) struct Locks {
    file: TableFile,
    slots_at: u64,
}

impl Locks {
    /// Opens the table's file once more, and tries whether locks exclude here at all. `None`: they do not.
    pub(crate) fn open(opened: &Opened) -> Option<Self> {
        let file = TableFile::new(reopen(opened)?).ok()?;
        let slots_at = opened.mapping.memory().geometry.process_slots_at;
        Some(Self { file, slots_at })
    }

    /// Tries to lock the attach byte; changes the kind of lock if we hold it.
    pub(crate) fn try_attach(&self, lock: Lock) -> io::Result<bool> {
        sys::try_lock(self.file.as_fd(), ATTACH_BYTE, lock)
    }

    fn byte(&self, slot: u32) -> u64 {
        self.slots_at + u64::from(slot) * PROCESS_SLOT_BYTES
    }

    fn try_slot(&self, slot: u32) -> bool {
        sys::try_lock(self.file.as_fd(), self.byte(slot), Lock::Exclusive).unwrap_or(false)
    }

    fn unlock_slot(&self, slot: u32) {
        // It cannot fail for a range that we hold; if it did, the slot would stay ours until we exit.
        let _ = sys::try_lock(self.file.as_fd(), self.byte(slot), Lock::None);
    }

    /// Whether another description is kept out by our lock of a slot (gVisor and some network file systems say yes
    /// to everybody).
    fn excludes(&self, opened: &Opened, slot: u32) -> bool {
        reopen(opened).is_some_and(|other| {
            sys::try_lock(other.as_fd(), self.byte(slot), Lock::Exclusive).is_ok_and(|got| !got)
        })
    }

    /// Whether the descriptor still is ours. If it is not, our locks are gone, and with another file's descriptor
    /// everybody would seem dead.
    pub(crate) fn are_ours(&self) -> bool {
        self.file.get().is_ok()
    }

    /// After our descriptor was closed under us: takes the locks of a slot that is still ours.
    pub(crate) fn take_again(opened: &Opened, slot: u32) -> Option<Self> {
        let locks = Self::open(opened)?;
        let got = locks.try_attach(Lock::Shared).ok()? && locks.try_slot(slot);
        let record = opened.mapping.process_slots().get(slot as usize)?;
        let is_ours = is_used(record) && Identity::of(record) == Identity::own();
        (got && is_ours).then_some(locks)
    }
}

/// Whether anybody at all holds the lock of a slot. `None`: this file system cannot say.
pub(crate) fn holds_lock(opened: &Opened, slot: u32) -> Option<bool> {
    let slots_at = opened.mapping.memory().geometry.process_slots_at;
    let byte = slots_at + u64::from(slot) * PROCESS_SLOT_BYTES;
    sys::is_locked(opened.file.get().ok()?.as_fd(), byte).ok()
}

/// Opens the table's file once more, for locks of their own.
fn reopen(opened: &Opened) -> Option<File> {
    opened.file.reopen(opened.path.as_deref()).ok()
}

/// A process slot that is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) slot: u32,
    /// It was a dead process's, whose participants still name it.
    pub(crate) was_used: bool,
}

/// Takes a process slot and its lock, free ones first. `Ok(None)`: all are taken by the living. `Err`: locks do
/// not exclude here.
pub(crate) fn take_slot(
    opened: &Opened,
    locks: &Locks,
    trust: Verdict,
) -> Result<Option<Taken>, NoLocks> {
    for look_at_used in [false, true] {
        for (slot, record) in (0..).zip(opened.mapping.process_slots()) {
            // Acquire [process]: what its last holder wrote.
            let seen = Registration(record.registration.load(Ordering::Acquire));
            if seen.is_used() != look_at_used || !locks.try_slot(slot) {
                continue;
            }
            if !locks.excludes(opened, slot) {
                locks.unlock_slot(slot);
                return Err(NoLocks);
            }
            // A used one is taken over as it is. What its participants left is cleared away by the caller, or after
            // our death by another: they name the slot and not who had it.
            let is_dead = !seen.is_used() || trust == Verdict::ByLockAlone || !is_vetoed(record);
            if is_dead && claim(record, seen) {
                return Ok(Some(Taken {
                    slot,
                    was_used: look_at_used,
                }));
            }
            locks.unlock_slot(slot);
        }
    }
    Ok(None)
}

/// The locks of this file system keep nobody out.
#[derive(Debug)]
pub(crate) struct NoLocks;

/// What proves that a process is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// That its lock is free: the machine was started again since.
    ByLockAlone,
    /// That its lock is free, and that no process with its pid and start time lives here.
    UnlessAlive,
}

/// Writes ourselves into a slot whose lock we hold.
fn claim(record: &ProcessSlot, seen: Registration) -> bool {
    // AcqRel [process]: after what the last holder wrote; only one claims.
    if record
        .registration
        .cas(seen.0, seen.taken_by(0).0, Ordering::AcqRel)
        .is_err()
    {
        return false;
    }
    let own = Identity::own();
    for (word, value) in [
        (&record.started, own.started),
        (&record.pid, own.pid),
        (&record.namespace, own.namespace),
    ] {
        // Relaxed: read only by who has our lock after our death, and for people.
        word.store(value, Ordering::Relaxed);
    }
    true
}

/// Gives our slot back: the end of a normal life. All of its participants were released.
pub(crate) fn give_back(opened: &Opened, locks: Option<&Locks>, slot: u32) {
    if let Some(record) = opened.mapping.process_slots().get(slot as usize) {
        free(record);
    }
    if let Some(locks) = locks.filter(|locks| locks.are_ours()) {
        locks.unlock_slot(slot);
    }
}

fn free(record: &ProcessSlot) {
    // Acquire [process]: as `take_slot`.
    let seen = Registration(record.registration.load(Ordering::Acquire));
    if seen.is_used() {
        // Release [process]: its participants were cleared before it is free. A failure means that it is free.
        let _ = record
            .registration
            .cas(seen.0, seen.given_back().0, Ordering::AcqRel);
    }
}

/// What names a process: pid and start time, in a PID namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) pid: u64,
    pub(crate) started: u64,
    pub(crate) namespace: u64,
}

impl Identity {
    /// Of this process. What cannot be found out is 0.
    pub(crate) fn own() -> Self {
        let pid = u64::from(std::process::id());
        // Not by the number: /proc may be that of another namespace.
        let started = life_in("/proc/self/stat").map_or(0, |life| life.started);
        Self {
            pid,
            started,
            namespace: pid_namespace(),
        }
    }

    pub(crate) fn of(record: &ProcessSlot) -> Self {
        // Relaxed: only ever a reason to leave a slot alone.
        Self {
            pid: record.pid.load(Ordering::Relaxed),
            started: record.started.load(Ordering::Relaxed),
            namespace: record.namespace.load(Ordering::Relaxed),
        }
    }
}

/// What /proc says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    /// The letter of its state.
    pub(crate) state: char,
    /// When it started, in the kernel's ticks since boot.
    pub(crate) started: u64,
}

/// `None`: there is no such process, or it is not ours to see.
pub(crate) fn life_of(pid: u64) -> Option<Life> {
    life_in(&format!("/proc/{pid}/stat"))
}

fn life_in(path: &str) -> Option<Life> {
    parse_life(&fs::read_to_string(path).ok()?)
}

/// The third and the 22nd field of /proc/PID/stat; the second is a name in parentheses, with anything in it.
fn parse_life(text: &str) -> Option<Life> {
    let (_, after_name) = text.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let started = fields.nth(18)?.parse().ok()?;
    Some(Life { state, started })
}

/// The inode of our PID namespace; 0 if it cannot be found out.
pub(crate) fn pid_namespace() -> u64 {
    fs::metadata("/proc/self/ns/pid").map_or(0, |found| found.ino())
}

/// Whether the process in a slot that is not ours lives, although its lock is free. One with our own name is not it:
/// that was the program which this process ran before `exec`.
fn is_vetoed(record: &ProcessSlot) -> bool {
    let identity = Identity::of(record);
    identity.namespace == pid_namespace()
        && identity != Identity::own()
        && life_of(identity.pid).is_some_and(|life| {
            life.started == identity.started && !matches!(life.state, 'Z' | 'X')
        })
}

/// Whether any process lives that has a slot but no lock.
pub(crate) fn any_vetoed(opened: &Opened, own_slot: Option<u32>) -> bool {
    (0..)
        .zip(opened.mapping.process_slots())
        .any(|(slot, record)| own_slot != Some(slot) && is_used(record) && is_vetoed(record))
}

/// Every registration there is. It is another one after anybody came or went.
pub(crate) fn registrations(opened: &Opened) -> Vec<u64> {
    let processes = opened.mapping.process_slots().iter();
    processes
        // Acquire [process]: as `is_used`.
        .map(|record| record.registration.load(Ordering::Acquire))
        .chain(participants(opened.mapping.memory()).map(|(_, registration)| registration.0))
        .collect()
}

/// Whether somebody has a slot.
pub(crate) fn is_used(record: &ProcessSlot) -> bool {
    // Acquire [process]: what its holder wrote.
    Registration(record.registration.load(Ordering::Acquire)).is_used()
}

/// Recovers the slots of dead processes, all but our own. Returns how many there were.
pub(crate) fn recover_dead(
    locks: &Locks,
    own_slot: u32,
    opened: &Opened,
    session: &mut Session<'_, impl quipu_core::Host>,
    swept: &mut Swept,
) -> Result<u64, WriteError> {
    let mut recovered = 0;
    for (slot, record) in (0..).zip(opened.mapping.process_slots()) {
        if slot == own_slot || !is_used(record) || !locks.try_slot(slot) {
            continue;
        }
        let result = if is_used(record) && !is_vetoed(record) {
            recovered += 1;
            recover_participants(session, swept, |of| of == u64::from(slot)).map(|()| free(record))
        } else {
            Ok(())
        };
        locks.unlock_slot(slot);
        result?;
    }
    Ok(recovered)
}

/// Recovers everything that anybody left. For a process that is alone: it holds the attach byte exclusively.
pub(crate) fn recover_all(
    own_slot: u32,
    opened: &Opened,
    session: &mut Session<'_, impl quipu_core::Host>,
    swept: &mut Swept,
) -> Result<u64, WriteError> {
    recover_participants(session, swept, |_| true)?;
    let mut recovered = 0;
    for (slot, record) in (0..).zip(opened.mapping.process_slots()) {
        if slot != own_slot && is_used(record) {
            free(record);
            recovered += 1;
        }
    }
    Ok(recovered)
}

/// Recovers the participants of some process slots, but for the one of `session` itself.
pub(crate) fn recover_participants(
    session: &mut Session<'_, impl quipu_core::Host>,
    swept: &mut Swept,
    is_dead: impl Fn(u64) -> bool,
) -> Result<(), WriteError> {
    let own = session.local.number();
    for (number, registration) in participants(session.memory) {
        if u64::from(number) != own && registration.process_slot().is_some_and(&is_dead) {
            session.recover(number, registration, swept)?;
        }
    }
    Ok(())
}

/// The participants in use: number and registration, which names the process slot.
pub(crate) fn participants<'m>(
    memory: &'m quipu_core::Memory<'_>,
) -> impl Iterator<Item = (u32, Registration)> + use<'m> {
    let at = |number: u32| memory.geometry.participants_at + u64::from(number) * PARTICIPANT_BYTES;
    (0..)
        .zip(memory.participants)
        // A record that was never committed was never used, and reading it would take memory.
        .filter(move |(number, _)| memory.is_committed(at(*number)))
        .filter_map(|(number, record)| {
            // Acquire [participant]: the slot of whoever holds it.
            let registration = Registration(record.registration.load(Ordering::Acquire));
            registration.is_used().then_some((number, registration))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_have_any_name() {
        let text = "12 (a) b (c) T 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777 20 21\n";
        assert_eq!(
            parse_life(text),
            Some(Life {
                state: 'T',
                started: 777
            })
        );
        assert_eq!(parse_life("12 (a) T 1"), None);
        assert_eq!(parse_life(""), None);
    }

    #[test]
    fn this_process_is_alive() {
        let own = Identity::own();
        let life = life_of(own.pid).expect("this process");
        assert_eq!(life.started, own.started);
        assert_ne!(own.namespace, 0);
    }
}
