//! The memory of a table: mapped once at its full size, and cast to the slices of [`Memory`] here alone.
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
use std::ops::Range;
use std::path::Path;

/// How a table is mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// A store into it ends the process.
    Read,
    /// Reads and writes.
    Write,
}

/// The mapping of a table and the views into it. The views end with it.
pub(crate) struct Mapping {
    // The slices in these two point into `_pages`: they leave this file only with a lifetime bound to `self`.
    memory: Memory<'static>,
    process_slots: &'static [ProcessSlot],
    // Before the pages: the guard must not know of them when they are gone.
    watched: Option<Watched>,
    _pages: MmapRaw,
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
        let mut options = MmapOptions::new();
        options.len(length).no_reserve_swap();
        let pages = match access {
            Access::Read => options.map_raw_read_only(file),
            Access::Write => options.map_raw(file),
        };
        match pages {
            Ok(pages) => Ok(Self::over(pages, geometry)),
            Err(error) if error.raw_os_error() == Some(libc::ENOMEM) => Err(too_large),
            Err(error) => Err(OpenError::of(path, error)),
        }
    }

    /// Cuts the mapping into the parts of a table.
    fn over(pages: MmapRaw, geometry: Geometry) -> Self {
        let segments = geometry.segments;
        let memory = Memory {
            control: part(&pages, 0, HEADER_BYTES / 8),
            commits: part(&pages, geometry.commits_at, geometry.commit_words()),
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
            watched: guard::watch(pages.as_ptr().expose_provenance(), pages.len()).map(Watched),
            _pages: pages,
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

    /// The process slots.
    pub(crate) fn process_slots(&self) -> &[ProcessSlot] {
        self.process_slots
    }
}

/// `count` values of a type made of words, `offset` bytes into the mapping. Empty if they are not all inside it,
/// which the caller's [`Geometry`] rules out.
fn part<T: Words>(pages: &MmapRaw, offset: u64, count: u64) -> &'static [T] {
    let bounds = || {
        let offset = usize::try_from(offset).ok()?;
        let count = usize::try_from(count).ok()?;
        let end = count.checked_mul(size_of::<T>())?.checked_add(offset)?;
        (end <= pages.len() && offset.is_multiple_of(align_of::<T>())).then_some((offset, count))
    };
    let Some((offset, count)) = bounds() else {
        return &[];
    };
    // SAFETY: the offset was checked to lie inside the mapping.
    let start = unsafe { pages.as_ptr().add(offset) };
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
