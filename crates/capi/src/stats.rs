//! What a table holds, who uses it, what is wrong with it, and its upkeep.
use crate::boundary::{Growing, bytes, fill, fill_sized, given, guard, outs, room};
use crate::options::{
    QUIPU_HASH_SIPHASH13, QUIPU_HASH_XXH3, QUIPU_ON_FULL_ERROR, QUIPU_ON_FULL_EVICT,
};
use crate::status::{QUIPU_BUFFER_TOO_SMALL, QUIPU_OK, QUIPU_TIMEOUT, Status};
use crate::table::Table;
use crate::value::Token;
use quipu::{HashId, OnFull, ProcessState, Report, Stats};
use std::ffi::{c_char, c_void};
use std::fmt::Write;
use std::mem::MaybeUninit;
use std::time::{Duration, UNIX_EPOCH};

/// What a table holds, who uses it, and what happened to it since it was made. Exact while nobody writes.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct TableStats {
    /// sizeof(quipu_table_stats), to be set before the call.
    pub struct_size: usize,
    /// Entries, with those whose time is over and that nobody has removed yet.
    pub entries: u64,
    /// Buckets in use; each has room for 31 entries.
    pub buckets: u64,
    /// The most bytes of memory the table may take.
    pub bytes_max: u64,
    /// Bytes of memory that it takes now.
    pub bytes_committed: u64,
    /// Of these, what the head of the file, the participants and the buckets take.
    pub bytes_index: u64,
    /// Of these, what values and long keys take.
    pub bytes_arena: u64,
    /// Of these, what is in huge pages, as the kernel maps the table for this process; 0 too if it does not tell.
    pub bytes_huge: u64,
    /// Segments of the arena, 1 MiB each.
    pub segments: u64,
    /// Of these, those that hold nothing.
    pub segments_free: u64,
    /// When the table was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// Processes that use it, or died without closing it (quipu_processes).
    pub processes: u64,
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
    /// QUIPU_ON_FULL_ERROR or QUIPU_ON_FULL_EVICT.
    pub on_full: u32,
    /// QUIPU_HASH_XXH3 or QUIPU_HASH_SIPHASH13.
    pub hash: u32,
    /// Milliseconds of a tick of the expiry clock.
    pub tick_ms: u32,
    /// All buckets below 2 to this power are in use.
    pub level: u32,
    /// The most bits by which a bucket may ever be addressed.
    pub depth_max: u32,
    /// 1 if the table was removed.
    pub is_removed: u32,
    /// 1 if the dead can be told from the living: byte locks work on this file system.
    pub has_recovery: u32,
    /// 1 if the bytes of what goes are made zero (`wipe` of quipu_options).
    pub wipe: u32,
}

const _: () = assert!(size_of::<TableStats>() == 176, "no padding; it only grows");

impl Growing for TableStats {
    const BYTES_LEAST: usize = 176;
    const ZERO: Self = Self {
        struct_size: size_of::<Self>(),
        entries: 0,
        buckets: 0,
        bytes_max: 0,
        bytes_committed: 0,
        bytes_index: 0,
        bytes_arena: 0,
        bytes_huge: 0,
        segments: 0,
        segments_free: 0,
        created_ms: 0,
        processes: 0,
        participants: 0,
        splits: 0,
        expired: 0,
        evicted: 0,
        recovered: 0,
        full: 0,
        on_full: 0,
        hash: 0,
        tick_ms: 0,
        level: 0,
        depth_max: 0,
        is_removed: 0,
        has_recovery: 0,
        wipe: 0,
    };
}

impl From<&Stats> for TableStats {
    fn from(stats: &Stats) -> Self {
        let created = stats.created.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            entries: stats.entries,
            buckets: stats.buckets,
            bytes_max: stats.bytes_max,
            bytes_committed: stats.bytes_committed,
            bytes_index: stats.bytes_index,
            bytes_arena: stats.bytes_arena,
            bytes_huge: stats.bytes_huge,
            segments: stats.segments,
            segments_free: stats.segments_free,
            created_ms: u64::try_from(created.as_millis()).unwrap_or(u64::MAX),
            processes: stats.processes.len() as u64,
            participants: stats.participants,
            splits: stats.splits,
            expired: stats.expired,
            evicted: stats.evicted,
            recovered: stats.recovered,
            full: stats.full,
            on_full: match stats.on_full {
                OnFull::Error => QUIPU_ON_FULL_ERROR,
                OnFull::Evict => QUIPU_ON_FULL_EVICT,
            },
            hash: match stats.hash {
                HashId::Xxh3 => QUIPU_HASH_XXH3,
                HashId::SipHash13 => QUIPU_HASH_SIPHASH13,
            },
            tick_ms: stats.tick_ms,
            level: stats.level,
            depth_max: stats.depth_max,
            is_removed: u32::from(stats.removed),
            has_recovery: u32::from(stats.recovery),
            wipe: u32::from(stats.wipe),
            ..Self::ZERO
        }
    }
}

/// The figures of a table. It reads a line of every bucket, a page of every 2 MiB, and the kernel's list of this
/// process's memory.
///
/// Answers QUIPU_OK; QUIPU_INVALID_ARGUMENT if out->struct_size is not set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_stats(table: Option<&Table>, out: *mut TableStats) -> Status {
    guard(|| {
        let stats = TableStats::from(&given(table)?.stats());
        // SAFETY: the caller promises it.
        unsafe { fill_sized(out, &stats) }?;
        Ok(QUIPU_OK)
    })
}

/// It lives.
pub const QUIPU_PROCESS_ALIVE: u32 = 0;
/// It lives and is stopped (SIGSTOP, or a debugger).
pub const QUIPU_PROCESS_STOPPED: u32 = 1;
/// It is dead; the next recovery clears away what it left.
pub const QUIPU_PROCESS_DEAD: u32 = 2;
/// It is of another PID namespace, and the file system has no locks.
pub const QUIPU_PROCESS_UNKNOWN: u32 = 3;

/// A process that uses a table, or died without closing it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Process {
    /// Its process slot, 0 to 1,023.
    pub slot: u32,
    /// Its number in its PID namespace.
    pub pid: u32,
    /// QUIPU_PROCESS_ALIVE, QUIPU_PROCESS_STOPPED, QUIPU_PROCESS_DEAD or QUIPU_PROCESS_UNKNOWN.
    pub state: u32,
    /// Its participants: threads that write, and one more.
    pub participants: u32,
    /// When it started, in the kernel's ticks since boot (mostly hundredths of a second).
    pub started: u64,
    /// The inode of its PID namespace.
    pub pid_namespace: u64,
}

/// The processes that use a table, or died without closing it. Readers are not among them. At most `capacity` of them
/// are filled in; *count (may be NULL): how many there are, 1,024 at most.
///
/// Answers QUIPU_OK; QUIPU_BUFFER_TOO_SMALL if there are more than `capacity`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_processes(
    table: Option<&Table>,
    out: *mut Process,
    capacity: usize,
    count: Option<&mut MaybeUninit<usize>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let outs = unsafe { outs(out, capacity) }?;
        let processes = given(table)?.processes();
        fill(count, processes.len());
        let is_all = processes.len() <= capacity;
        for (out, process) in outs.iter_mut().zip(processes) {
            out.write(Process {
                slot: process.slot,
                pid: process.pid,
                state: match process.state {
                    ProcessState::Alive => QUIPU_PROCESS_ALIVE,
                    ProcessState::Stopped => QUIPU_PROCESS_STOPPED,
                    ProcessState::Dead => QUIPU_PROCESS_DEAD,
                    ProcessState::Unknown => QUIPU_PROCESS_UNKNOWN,
                },
                participants: process.participants,
                started: process.started,
                pid_namespace: process.namespace,
            });
        }
        Ok(if is_all {
            QUIPU_OK
        } else {
            QUIPU_BUFFER_TOO_SMALL
        })
    })
}

/// What a check found.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct CheckReport {
    /// Broken invariants; 0: the table is sound.
    pub problems: u64,
    /// Buckets that were looked at.
    pub buckets: u64,
    /// Entries that were looked at.
    pub entries: u64,
    /// Blocks in use that were looked at.
    pub blocks: u64,
    /// Buckets that changed under every attempt, and were passed over.
    pub busy: u64,
    /// 1 if there were more problems than are counted.
    pub has_more: u32,
    /// Always 0.
    pub reserved: u32,
}

/// Looks at every word of the table for what no correct program writes. If nobody else has it open, and no other thread
/// of this process has written, it reports leaks too. The problems are written to `text`, one a line, as much of them
/// as there is room for, and a NUL behind them.
///
/// text: may be NULL if capacity is 0. *out (may be NULL): the figures.
///
/// Answers QUIPU_OK if the table is sound; QUIPU_CORRUPT if not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_check(
    table: Option<&Table>,
    text: *mut c_char,
    capacity: usize,
    out: Option<&mut MaybeUninit<CheckReport>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let mut room = unsafe { room(text.cast::<c_void>(), capacity) }?;
        let report = given(table)?.check();
        fill(out, CheckReport::from(&report));
        let mut lines = String::new();
        for problem in &report.problems {
            // Text grows without errors.
            let _ = writeln!(lines, "{problem}");
        }
        room.put_text(lines.as_bytes());
        match report.problems.first() {
            None => Ok(QUIPU_OK),
            Some(problem) => Err(crate::boundary::Failure::corrupt(problem)),
        }
    })
}

impl From<&Report> for CheckReport {
    fn from(report: &Report) -> Self {
        Self {
            problems: report.problems.len() as u64,
            buckets: report.buckets,
            entries: report.entries,
            blocks: report.blocks,
            busy: report.busy,
            has_more: u32::from(report.more),
            reserved: 0,
        }
    }
}

/// What upkeep did.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Maintenance {
    /// Entries whose time was over.
    pub expired: u64,
    /// Dead processes whose leftovers were cleared away.
    pub recovered_processes: u64,
    /// Cells that they had held.
    pub freed_cells: u64,
    /// Blocks that they had held.
    pub freed_blocks: u64,
    /// Empty segments that went back to the pool.
    pub freed_segments: u64,
}

/// Clears away what has expired, what dead processes left, and what is empty. Writes do a little of this about once a
/// second anyway; this does all of it at once. out: may be NULL.
///
/// Answers QUIPU_OK, or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_maintain(
    table: Option<&Table>,
    out: Option<&mut MaybeUninit<Maintenance>>,
) -> Status {
    guard(|| {
        let done = given(table)?.writable()?.maintain()?;
        let done = Maintenance {
            expired: done.expired,
            recovered_processes: done.recovered_processes,
            freed_cells: done.freed_cells,
            freed_blocks: done.freed_blocks,
            freed_segments: done.freed_segments,
        };
        fill(out, done);
        Ok(QUIPU_OK)
    })
}

/// Waits until an entry is in another state than the one that `seen` names (NULL: there is none), at most timeout_ms
/// milliseconds; -1: without end. A change is noticed at once, and at the latest after 50 ms. What changed, and how
/// often, is for the caller to read.
///
/// Answers QUIPU_OK if it is; QUIPU_TIMEOUT; QUIPU_REMOVED if the table was; or an error of quipu_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quipu_wait(
    table: Option<&Table>,
    key: *const c_void,
    key_length: usize,
    seen: Option<&Token>,
    timeout_ms: i64,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises it.
        let key = unsafe { bytes(key, key_length) }?;
        // What is negative is without end.
        let timeout = u64::try_from(timeout_ms).map_or(Duration::MAX, Duration::from_millis);
        let table = given(table)?.writable()?;
        let has_changed = table.wait(key, seen.map(|token| (*token).into()), timeout)?;
        Ok(if has_changed { QUIPU_OK } else { QUIPU_TIMEOUT })
    })
}
