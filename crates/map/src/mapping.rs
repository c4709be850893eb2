//! The memory of a table: mapped once at its full size, and cast to the slices of [`Memory`] here alone.
//!
//! It begins at a multiple of 2 MiB, because only then can the kernel map a huge page of the file as one:
//!
//! ```text
//!   reservation (never touched)
//!   |        the table, mapped over a part of it            the rest of the reservation
//!   v        v                                              v
//!   +--------+----------------------------------------------+-----+
//!            | a multiple of 2 MiB                                |
//! ```
//!
//! The length of the file is checked before it is mapped. Whoever cuts a file off afterwards makes its users die
//! of SIGBUS, unless they asked for the guard (`guard.rs`): a memory file (`Table::memfd`) is sealed against that.
use crate::error::OpenError;
use crate::guard::{self, Slot};
use crate::sys;
use memmap2::{MmapOptions, MmapRaw};
use quipu_core::{
    Geometry, HEADER_BYTES, Memory, PARTICIPANTS, PROCESS_SLOTS, ProcessSlot, Word, layout,
};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::path::Path;

/// Bytes of a huge page. Where they are larger (aarch64 with pages of 16 or 64 KiB), none are made.
pub(crate) const HUGE_PAGE_BYTES: usize = 2 << 20;

/// How a table is mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// A store into it ends the process.
    Read,
    /// Reads and writes.
    Write,
}

/// What the kernel is asked for a part of the mapping. None of it changes a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advice {
    /// May be gathered into huge pages, now or later.
    Huge,
    /// Is to be gathered into huge pages now, whatever the settings of the system are (Linux 6.1).
    Collapse,
    /// Is to be mapped for reading now (Linux 5.14).
    PopulateToRead,
    /// Is to be mapped for writing now (Linux 5.14).
    PopulateToWrite,
}

/// The mapping of a table and the views into it. The views end with it.
pub(crate) struct Mapping {
    // The slices in these two point into `pages`: they leave this file only with a lifetime bound to `self`.
    memory: Memory<'static>,
    process_slots: &'static [ProcessSlot],
    // Before the pages: the guard must not know of them when they are gone.
    watched: Option<Watched>,
    pages: Pages,
}

/// Addresses that hold a table: a part of a reservation, which is unmapped as a whole.
struct Pages {
    reservation: MmapRaw,
    /// Bytes of the reservation before the table.
    skipped: usize,
    length: usize,
}

impl Pages {
    /// Maps `length` bytes of a file at a multiple of [`HUGE_PAGE_BYTES`].
    fn map(file: &File, length: usize, access: Access) -> io::Result<Self> {
        let reserved = length.checked_add(HUGE_PAGE_BYTES);
        let reserved = reserved.ok_or_else(|| io::Error::from_raw_os_error(libc::ENOMEM))?;
        // Of the file and read-only, so that it is nobody's memory even where the kernel promises only what it has.
        let reservation = MmapOptions::new()
            .len(reserved)
            .no_reserve_swap()
            .map_raw_read_only(file)?;
        let skipped = reservation.as_ptr().addr().wrapping_neg() % HUGE_PAGE_BYTES;
        let pages = Self {
            reservation,
            skipped,
            length,
        };
        let rights = match access {
            Access::Read => libc::PROT_READ,
            Access::Write => libc::PROT_READ | libc::PROT_WRITE,
        };
        let flags = libc::MAP_SHARED | libc::MAP_NORESERVE | libc::MAP_FIXED;
        let (start, file) = (pages.start().cast(), file.as_raw_fd());
        // SAFETY: the range lies within the reservation, which is longer by a huge page than the table; nothing refers to it
        // yet, and it stays reserved until `pages` is dropped, which unmaps all of it.
        let mapped = unsafe { libc::mmap(start, length, rights, flags, file, 0) };
        if mapped == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(pages)
    }

    fn start(&self) -> *mut u8 {
        self.reservation.as_mut_ptr().wrapping_add(self.skipped)
    }
}

/// A place in the guard's list, given back on drop.
struct Watched(&'static Slot);

impl Drop for Watched {
    fn drop(&mut self) {
        guard::forget(self.0);
    }
}

impl Mapping {
    /// Maps a file at the full size that its header promises.
    pub(crate) fn new(
        file: &File,
        path: &Path,
        geometry: Geometry,
        access: Access,
    ) -> Result<Self, OpenError> {
        let bytes_found = file
            .metadata()
            .map_err(|error| OpenError::of(path, error))?
            .len();
        let bytes_expected = geometry.file_bytes;
        if bytes_found < bytes_expected {
            return Err(OpenError::Truncated {
                bytes_expected,
                bytes_found,
            });
        }
        let too_large = OpenError::AddressSpace {
            bytes: bytes_expected,
        };
        let Ok(length) = usize::try_from(bytes_expected) else {
            return Err(too_large);
        };
        match Pages::map(file, length, access) {
            Ok(pages) => Ok(Self::over(pages, geometry)),
            Err(error) if error.raw_os_error() == Some(libc::ENOMEM) => Err(too_large),
            Err(error) => Err(OpenError::of(path, error)),
        }
    }

    /// Cuts the mapping into the parts of a table.
    fn over(pages: Pages, geometry: Geometry) -> Self {
        let segments = geometry.segments;
        let memory = Memory {
            control: part(&pages, 0, HEADER_BYTES / 8),
            commits: part(&pages, geometry.commits_at, geometry.commit_words()),
            pages: match geometry.pages_at {
                0 => &[],
                at => part(&pages, at, geometry.page_words()),
            },
            participants: part(&pages, geometry.participants_at, PARTICIPANTS),
            segments: part(&pages, geometry.segments_at, segments),
            hints: part(
                &pages,
                geometry.hints_at,
                segments * layout::HINT_WORDS as u64,
            ),
            stripes: match geometry.stripes_at {
                0 => &[],
                at => part(&pages, at, layout::STRIPE_GROUPS as u64),
            },
            buckets: part(&pages, geometry.buckets_at, 1 << geometry.depth_max),
            arena: part(
                &pages,
                geometry.arena_at,
                segments * layout::SEGMENT_WORDS as u64,
            ),
            known_geom: Word::new(0),
            geometry,
        };
        let process_slots = part(&pages, memory.geometry.process_slots_at, PROCESS_SLOTS);
        Self {
            memory,
            process_slots,
            watched: guard::watch(pages.start().expose_provenance(), pages.length).map(Watched),
            pages,
        }
    }

    /// Whether the file is known to have been cut off. What was read before this is not to be believed then.
    #[inline(always)]
    pub(crate) fn is_cut(&self) -> bool {
        self.watched.as_ref().is_some_and(|slot| slot.0.is_cut())
    }

    /// From now on [`Self::is_cut`].
    pub(crate) fn mark_cut(&self) {
        if let Some(slot) = &self.watched {
            slot.0.mark_cut();
        }
    }

    /// The table's words.
    #[inline(always)]
    pub(crate) fn memory(&self) -> &Memory<'_> {
        &self.memory
    }

    /// The addresses of the table.
    pub(crate) fn addresses(&self) -> Range<usize> {
        let start = self.pages.start().addr();
        start..start + self.pages.length
    }

    /// Asks the kernel for something about a range of the file, which lies within committed memory.
    ///
    /// # Errors
    /// What the kernel says; `EINVAL` if it does not know the question. It never is a signal.
    pub(crate) fn advise(&self, range: Range<u64>, advice: Advice) -> io::Result<()> {
        let invalid = || io::Error::from_raw_os_error(libc::EINVAL);
        let from = usize::try_from(range.start).map_err(|_| invalid())?;
        let to = usize::try_from(range.end).map_err(|_| invalid())?;
        if from > to || to > self.pages.length {
            return Err(invalid());
        }
        let start = self.pages.start().wrapping_add(from).cast();
        let advice = match advice {
            Advice::Huge => libc::MADV_HUGEPAGE,
            Advice::Collapse => libc::MADV_COLLAPSE,
            Advice::PopulateToRead => libc::MADV_POPULATE_READ,
            Advice::PopulateToWrite => libc::MADV_POPULATE_WRITE,
        };
        // SAFETY: the range lies within the mapping, as checked; none of these changes what its words hold.
        if unsafe { libc::madvise(start, to - from, advice) } == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// The process slots.
    pub(crate) fn process_slots(&self) -> &[ProcessSlot] {
        self.process_slots
    }
}

/// `count` values of a type made of words, `offset` bytes into the mapping. Empty if they are not all inside it,
/// which the caller's [`Geometry`] rules out.
fn part<T: Words>(pages: &Pages, offset: u64, count: u64) -> &'static [T] {
    let bounds = || {
        let offset = usize::try_from(offset).ok()?;
        let count = usize::try_from(count).ok()?;
        let end = count.checked_mul(size_of::<T>())?.checked_add(offset)?;
        (end <= pages.length && offset.is_multiple_of(align_of::<T>())).then_some((offset, count))
    };
    let Some((offset, count)) = bounds() else {
        return &[];
    };
    let start = pages.start().wrapping_add(offset).cast_const();
    // SAFETY: all `count` values lie inside the mapping and are aligned, as checked above; `T` is made of atomic
    // words (`Words`), for which any bits are a value and which others may change at any time; `Mapping` keeps
    // the pages for as long as it hands the slice out.
    unsafe { std::slice::from_raw_parts(start.cast::<T>(), count) }
}

/// A type that is made of [`Word`]s and pairs of them, and of nothing else.
trait Words {}
impl Words for Word {}
impl Words for ProcessSlot {}
impl Words for quipu_core::Participant {}
impl Words for quipu_core::Segment {}
impl Words for quipu_core::StripeGroup {}
impl Words for quipu_core::Bucket {}

/// A word of this process alone that reads zero in a child, however that was forked. It is never given back.
pub(crate) fn word_wiped_on_fork() -> Option<&'static Word> {
    let length = sys::page_bytes();
    let page = MmapOptions::new().len(length).map_anon().ok()?;
    let start = page.as_ptr().cast_mut();
    std::mem::forget(page);
    // SAFETY: the page is ours alone, and its contents may vanish in a child: it is read as a `Word` only.
    let advised = unsafe { libc::madvise(start.cast(), length, libc::MADV_WIPEONFORK) };
    if advised != 0 {
        return None;
    }
    // SAFETY: the page is aligned, zero, readable and writable, and was forgotten above, so it is never unmapped.
    Some(unsafe { &*start.cast::<Word>() })
}

/// Lays zero memory of this process over a range of addresses; `false`: it cannot. Allocates nothing: a signal handler
/// calls it.
///
/// The range lies in a mapping of this file, which the calling thread is using: so it stays mapped meanwhile, and is
/// unmapped as a whole with the rest.
pub(crate) fn cover_with_zeros(range: Range<usize>) -> bool {
    let start = std::ptr::with_exposed_provenance_mut::<libc::c_void>(range.start);
    let rights = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED;
    // SAFETY: the guard found the range to be within a mapping that `Mapping` holds and a thread is using; its words
    // are atomic and may change at any time, to zero too.
    let covered = unsafe { libc::mmap(start, range.len(), rights, flags, -1, 0) };
    covered != libc::MAP_FAILED
}
