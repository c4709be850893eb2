//! Figures for people: what a table holds, who uses it, what happened to it.
use crate::inner::{Opened, View};
use crate::pages;
use crate::process::{self, Identity};
use quipu_core::{HashId, OnFull, ProcessSlot};
use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a table holds, who uses it, and what happened to it since it was made. Exact while nobody writes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Entries, with those whose time is over and that nobody has removed yet.
    pub entries: u64,
    /// Buckets in use; each has room for 31 entries.
    pub buckets: u64,
    /// All buckets below 2 to this power are in use.
    pub level: u32,
    /// The most bits by which a bucket may ever be addressed.
    pub depth_max: u32,
    /// The most bytes of memory the table may take.
    pub bytes_max: u64,
    /// Bytes of memory that it takes now.
    pub bytes_committed: u64,
    /// Of these, what the head of the file, the participants and the buckets take.
    pub bytes_index: u64,
    /// Of these, what values and long keys take.
    pub bytes_arena: u64,
    /// Of these, what is in huge pages, as the kernel maps the table for this process; 0 too if it does not tell. The
    /// huge pages of a file in shared memory are there for all, see [`crate::Pages`].
    pub bytes_huge: u64,
    /// Segments of the arena, 1 MiB each.
    pub segments: u64,
    /// Of these, those that hold nothing.
    pub segments_free: u64,
    /// What happens when there is no room.
    pub on_full: OnFull,
    /// Whether the bytes of what goes are made zero ([`crate::Options::wipe`]).
    pub wipe: bool,
    /// The hash function.
    pub hash: HashId,
    /// Milliseconds of a tick of the expiry clock.
    pub tick_ms: u32,
    /// When the table was made.
    pub created: SystemTime,
    /// Who uses it, or died without closing it.
    pub processes: Vec<Process>,
    /// Participants in use: threads that write, and one for each process.
    pub participants: u64,
    /// Buckets that have split.
    pub splits: u64,
    /// Entries that were removed because their time was over.
    pub expired: u64,
    /// Entries that were removed to make room.
    pub evicted: u64,
    /// Cells and blocks of dead processes that were recovered.
    pub recovered: u64,
    /// Writes that were refused because there was no room.
    pub full: u64,
    /// Whether the table was removed.
    pub removed: bool,
    /// Whether the dead can be told from the living: byte locks work on this file system.
    pub recovery: bool,
}

/// A process that uses a table, or died without closing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Process {
    /// Its process slot, 0 to 1,023.
    pub slot: u32,
    /// Its number in its PID namespace.
    pub pid: u32,
    /// When it started, in the kernel's ticks since boot (mostly hundredths of a second).
    pub started: u64,
    /// The inode of its PID namespace.
    pub namespace: u64,
    /// Whether it lives.
    pub state: ProcessState,
    /// Its participants: threads that write, and one more.
    pub participants: u32,
}

/// Whether a process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessState {
    /// It lives.
    Alive,
    /// It lives and is stopped (SIGSTOP, or a debugger).
    Stopped,
    /// It is dead; the next recovery clears away what it left.
    Dead,
    /// It is of another PID namespace, and the file system has no locks.
    Unknown,
}

/// The figures of a table.
pub(crate) fn stats(view: &View, recovery: bool, own_slot: Option<u32>) -> Stats {
    let memory = view.memory();
    let choices = &memory.geometry.choices;
    // A corrupt table has no such figures; `check` says what is wrong.
    let figures = memory.figures().unwrap_or_default();
    Stats {
        entries: figures.entries,
        buckets: figures.buckets,
        level: figures.level,
        depth_max: memory.geometry.depth_max,
        bytes_max: choices.bytes_max,
        bytes_committed: figures.index_bytes + figures.arena_bytes,
        bytes_index: figures.index_bytes,
        bytes_arena: figures.arena_bytes,
        bytes_huge: pages::bytes_huge(&view.opened.mapping),
        segments: figures.segments,
        segments_free: figures.pool_segments,
        on_full: choices.on_full,
        wipe: choices.wipe,
        hash: choices.hash,
        tick_ms: 1 << choices.tick_shift,
        created: UNIX_EPOCH + Duration::from_millis(choices.created_ms),
        processes: processes(view, own_slot),
        participants: process::participants(memory).count() as u64,
        splits: figures.splits,
        expired: figures.expired,
        evicted: figures.evicted,
        recovered: figures
            .recovered_cells
            .saturating_add(figures.recovered_blocks),
        full: figures.full,
        removed: memory.is_removed(),
        recovery,
    }
}

/// The process slots in use.
pub(crate) fn processes(view: &View, own_slot: Option<u32>) -> Vec<Process> {
    let mut participants: HashMap<u64, u32> = HashMap::new();
    for (_, registration) in process::participants(view.memory()) {
        if let Some(slot) = registration.process_slot() {
            *participants.entry(slot).or_default() += 1;
        }
    }
    let slots = (0..).zip(view.opened.mapping.process_slots());
    slots
        .filter(|(_, record)| process::is_used(record))
        .map(|(slot, record)| {
            let identity = Identity::of(record);
            Process {
                slot,
                pid: u32::try_from(identity.pid).unwrap_or(0),
                started: identity.started,
                namespace: identity.namespace,
                state: if own_slot == Some(slot) {
                    ProcessState::Alive
                } else {
                    state_of(&view.opened, slot, record)
                },
                participants: participants.get(&u64::from(slot)).copied().unwrap_or(0),
            }
        })
        .collect()
}

/// Whether the process in a slot lives: its lock says so, or that it has its pid and start time here.
fn state_of(opened: &Opened, slot: u32, record: &ProcessSlot) -> ProcessState {
    let identity = Identity::of(record);
    let is_local = identity.namespace == process::pid_namespace();
    let life =
        process::life_of(identity.pid).filter(|life| is_local && life.started == identity.started);
    match (
        life.map(|life| life.state),
        process::holds_lock(opened, slot),
    ) {
        (Some('T' | 't'), _) => ProcessState::Stopped,
        (Some(state), _) if !matches!(state, 'Z' | 'X') => ProcessState::Alive,
        (_, Some(true)) => ProcessState::Alive,
        (_, Some(false)) => ProcessState::Dead,
        (_, None) if is_local => ProcessState::Dead,
        (_, None) => ProcessState::Unknown,
    }
}
