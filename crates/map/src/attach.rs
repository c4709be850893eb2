//! How a process becomes a user of a table, and ceases to be one.
//!
//! An opener who finds nobody attached holds the attach byte exclusively for a moment: then whatever any
//! participant left is a dead one's. Steps of taking over a table of another boot of the machine, and what a death
//! leaves:
//! 1. EPOCH from the wall clock (the table is still of another boot: the next opener starts over)
//! 2. recover all participants, free all process slots (as 1)
//! 3. the name of this boot, by two stores (after the first: as 1)
use crate::clock;
use crate::error::OpenError;
use crate::inner::Inner;
use crate::process::{self, Locks, NO_SLOT, NoLocks, Taken, Verdict};
use crate::sys::{self, Lock};
use quipu_core::{Local, Ordering, Registration, Session, Swept, layout::control};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

/// How long an opener waits for one who is alone, and not done yet.
const ATTACH_ATTEMPTS_MAX: u32 = 5_000;
const ATTACH_PAUSE: Duration = Duration::from_millis(1);

/// What makes this process a user of a table.
#[derive(Debug)]
pub(crate) struct Attachment {
    slot: u32,
    /// `None`: recovery is off, because locks do not work here.
    locks: Option<Locks>,
    /// A participant for recovery, and for threads that get none of their own.
    spare: Arc<Mutex<Local>>,
    /// The participants of this process's threads.
    members: Vec<u32>,
}

/// Who else is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Company {
    /// Nobody: we hold the attach byte exclusively.
    Alone,
    /// Nobody, and nobody since the machine was started.
    AloneAfterBoot,
    /// Perhaps others.
    Others,
}

impl Attachment {
    /// Makes this process a user of the table.
    pub(crate) fn new(inner: &Inner) -> Result<Self, OpenError> {
        let opened = &inner.opened;
        if inner.memory().is_removed() {
            return Err(OpenError::Removed);
        }
        let Some(locks) = Locks::open(opened) else {
            return Self::without_slot(inner);
        };
        let Some(got) = wait_for_attach(inner, |lock| locks.try_attach(lock))? else {
            return Self::without_slot(inner);
        };
        let company = company(inner, &locks, got)?;
        match process::take_slot(opened, &locks, company.verdict()) {
            Ok(Some(slot)) => Self::with_slot(inner, locks, slot, company),
            Ok(None) => Err(OpenError::Processes),
            Err(NoLocks) => Self::without_slot(inner),
        }
    }

    fn with_slot(
        inner: &Inner,
        locks: Locks,
        taken: Taken,
        company: Company,
    ) -> Result<Self, OpenError> {
        if company != Company::Others {
            make_room(inner);
        }
        let spare = match register(inner, taken.slot) {
            Ok(spare) => spare,
            Err(error) => {
                process::give_back(&inner.opened, Some(&locks), taken.slot);
                return Err(error);
            }
        };
        let mut attachment = Self {
            slot: taken.slot,
            locks: Some(locks),
            spare: Arc::new(Mutex::new(spare)),
            members: Vec::new(),
        };
        match company {
            Company::Others => attachment.clear_away_the_dead(inner, taken),
            _ => attachment.clear_away_all(inner, company),
        }
        Ok(attachment)
    }

    /// Without locks that work nobody can tell that we are dead: what we leave stays until somebody is alone.
    fn without_slot(inner: &Inner) -> Result<Self, OpenError> {
        if !clock::is_of_this_boot(inner.memory()) {
            return Err(OpenError::OtherBoot {
                path: inner.opened.shown(),
            });
        }
        // The descriptor we were given can still say that we are here.
        let file = inner.opened.file.as_fd();
        wait_for_attach(inner, |lock| match lock {
            Lock::Exclusive => Ok(false),
            _ => sys::try_lock(file, 0, lock),
        })?;
        let spare = Arc::new(Mutex::new(register(inner, NO_SLOT)?));
        Ok(Self {
            slot: NO_SLOT,
            locks: None,
            spare,
            members: Vec::new(),
        })
    }

    /// What the dead left. It is worth an attempt at every open, but no reason to refuse the table: `check` tells
    /// what is wrong with it.
    fn clear_away_the_dead(&mut self, inner: &Inner, taken: Taken) {
        let mut swept = Swept::default();
        if taken.was_used {
            let slot = u64::from(taken.slot);
            let _ = self.with_spare(inner, |session| {
                process::recover_participants(session, &mut swept, |of| of == slot)
            });
        }
        let _ = self.recover(inner, &mut swept);
    }

    /// What anybody left, because we are alone. Then others may come.
    fn clear_away_all(&self, inner: &Inner, company: Company) {
        if company == Company::AloneAfterBoot {
            let epoch_ms = inner.clock.epoch_after_boot(inner.memory());
            // Relaxed: `write_boot` releases it.
            inner.memory().control[control::EPOCH]
                .store(epoch_ms.cast_unsigned(), Ordering::Relaxed);
        }
        // As above: no reason to refuse the table.
        let _ = self.with_spare(inner, |session| {
            process::recover_all(self.slot, &inner.opened, session, &mut Swept::default())
        });
        if company == Company::AloneAfterBoot {
            clock::write_boot(inner.memory());
        }
        if let Some(locks) = &self.locks {
            // It cannot fail: nobody else holds the byte.
            let _ = locks.try_attach(Lock::Shared);
        }
    }

    /// Recovers dead processes; returns how many.
    pub(crate) fn recover(
        &mut self,
        inner: &Inner,
        swept: &mut Swept,
    ) -> Result<u64, quipu_core::WriteError> {
        if self.locks.as_ref().is_some_and(|locks| !locks.are_ours()) {
            // Without: those who see our pid know that we live, and we judge nobody.
            self.locks = Locks::take_again(&inner.opened, self.slot);
        }
        let Some(locks) = &self.locks else {
            return Ok(0);
        };
        self.with_spare(inner, |session| {
            process::recover_dead(locks, self.slot, &inner.opened, session, swept)
        })
    }

    fn with_spare<R>(&self, inner: &Inner, run: impl FnOnce(&mut Session<'_, Inner>) -> R) -> R {
        with_local(inner, &mut lock_spare(&self.spare), run)
    }

    /// The participant that threads share which have none of their own.
    pub(crate) fn spare(&self) -> Arc<Mutex<Local>> {
        Arc::clone(&self.spare)
    }

    /// A participant for a thread; `None`: all are taken.
    pub(crate) fn join(&mut self, inner: &Inner) -> Option<Local> {
        let local = register(inner, self.slot).ok()?;
        self.members.push(number_of(&local));
        Some(local)
    }

    /// Takes the participant of a thread back.
    pub(crate) fn leave(&mut self, inner: &Inner, local: &Local) {
        let number = number_of(local);
        self.members.retain(|member| *member != number);
        quipu_core::release(inner.memory(), local);
    }

    /// Ends the use of the table. Nothing of this process is in flight.
    pub(crate) fn end(self, inner: &Inner) {
        self.with_spare(inner, |session| {
            for (number, registration) in process::participants(session.memory) {
                if self.members.contains(&number) {
                    // A failure leaves the record to whoever recovers our slot.
                    let _ = session.recover(number, registration, &mut Swept::default());
                }
            }
        });
        quipu_core::release(inner.memory(), &lock_spare(&self.spare));
        if self.slot != NO_SLOT {
            process::give_back(&inner.opened, self.locks.as_ref(), self.slot);
        }
    }

    /// Whether dead processes can be told from living ones here.
    pub(crate) fn has_recovery(&self) -> bool {
        self.locks.is_some()
    }

    /// The process slot; `None`: we have none.
    pub(crate) fn slot(&self) -> Option<u32> {
        (self.slot != NO_SLOT).then_some(self.slot)
    }

    /// Who had registered at a moment when nobody else was attached, and none of our threads but the caller's could
    /// be in an operation. `None`: it was not so.
    pub(crate) fn alone(&self, inner: &Inner, caller_has_joined: bool) -> Option<Vec<u64>> {
        let locks = self.locks.as_ref().filter(|locks| locks.are_ours())?;
        let own = usize::from(caller_has_joined);
        if self.members.len() != own || !locks.try_attach(Lock::Exclusive).unwrap_or(false) {
            return None;
        }
        let is_alone = process::participants(inner.memory()).count() == own + 1
            && !process::any_vetoed(&inner.opened, Some(self.slot));
        let registrations = process::registrations(&inner.opened);
        // It cannot fail: nobody else holds the byte.
        let _ = locks.try_attach(Lock::Shared);
        is_alone.then_some(registrations)
    }
}

impl Company {
    fn verdict(self) -> Verdict {
        match self {
            Self::AloneAfterBoot => Verdict::ByLockAlone,
            Self::Alone | Self::Others => Verdict::UnlessAlive,
        }
    }
}

/// What it means that we got the attach byte.
fn company(inner: &Inner, locks: &Locks, got: Lock) -> Result<Company, OpenError> {
    let of_this_boot = clock::is_of_this_boot(inner.memory());
    match got {
        Lock::Exclusive if !of_this_boot => Ok(Company::AloneAfterBoot),
        // Somebody lost its lock, but lives.
        Lock::Exclusive if process::any_vetoed(&inner.opened, None) => {
            // It cannot fail: nobody else holds the byte.
            let _ = locks.try_attach(Lock::Shared);
            Ok(Company::Others)
        }
        Lock::Exclusive => Ok(Company::Alone),
        _ if of_this_boot => Ok(Company::Others),
        _ => Err(OpenError::OtherBoot {
            path: inner.opened.shown(),
        }),
    }
}

/// Takes the attach byte: exclusively if it can be had, otherwise shared. `None`: there are no locks here.
fn wait_for_attach(
    inner: &Inner,
    try_attach: impl Fn(Lock) -> io::Result<bool>,
) -> Result<Option<Lock>, OpenError> {
    for _ in 0..ATTACH_ATTEMPTS_MAX {
        for lock in [Lock::Exclusive, Lock::Shared] {
            match try_attach(lock) {
                Ok(true) => return Ok(Some(lock)),
                Ok(false) => {}
                Err(_) => return Ok(None),
            }
        }
        // Somebody else is alone, and not done yet.
        thread::sleep(ATTACH_PAUSE);
    }
    let error = io::Error::from(io::ErrorKind::TimedOut);
    Err(OpenError::Io {
        path: inner.opened.shown(),
        error,
    })
}

/// A new participant.
fn register(inner: &Inner, slot: u32) -> Result<Local, OpenError> {
    match quipu_core::register(inner.memory(), inner, slot) {
        Ok(Some(local)) => Ok(local),
        Ok(None) => Err(OpenError::Participants),
        Err(_) => Err(OpenError::NoSpace {
            bytes: 1 << inner.memory().geometry.chunk_shift,
        }),
    }
}

/// If the dead hold every participant, one of them has to go without recovery, or nobody could do it for the
/// others: a cell and three blocks are lost at most. For a process that is alone.
fn make_room(inner: &Inner) {
    let memory = inner.memory();
    if process::participants(memory).count() + 1 < memory.participants.len() {
        return;
    }
    let record = process::participants(memory).next();
    if let Some(record) = record.and_then(|(number, _)| memory.participants.get(number as usize)) {
        // Acquire and Release [participant]: as `recover`.
        let seen = Registration(record.registration.load(Ordering::Acquire));
        let _ = record
            .registration
            .cas(seen.0, seen.given_back().0, Ordering::AcqRel);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "participants are numbered up to 4095"
)]
fn number_of(local: &Local) -> u32 {
    local.number() as u32
}

/// A panic in an operation leaves notes that recovery understands, so a poisoned lock is as good as any.
pub(crate) fn lock_spare(spare: &Mutex<Local>) -> MutexGuard<'_, Local> {
    spare.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs an operation as a participant.
#[inline(always)]
pub(crate) fn with_local<R>(
    inner: &Inner,
    local: &mut Local,
    run: impl FnOnce(&mut Session<'_, Inner>) -> R,
) -> R {
    run(&mut Session {
        memory: inner.memory(),
        host: inner,
        local,
    })
}
