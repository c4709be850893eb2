//! The shared memory of a table as words and pairs, and which of it has been committed.
//!
//! Everything here is a view: [`Memory`] borrows what its maker mapped (or, in a model, allocated). Indices into
//! it come from private copies or are checked first. Format: docs/format.md 3 and 4.
use crate::error::Corrupt;
use crate::geometry::{Geometry, OnFull, PAGE_BYTES};
use crate::layout::{
    BLOCK_HEADER_WORDS, CELLS, COUNTERS, GRANULE_WORDS, HINT_WORDS, KEY_PAIRS, LANE_RESERVED,
    LANES, SEGMENT_GRANULES, SEGMENT_RESERVED, SEGMENT_WORDS, TAG_WORDS, control,
};
use crate::state::{CellHi, ControlHi, Geom, Meta};
use crate::sync::{Ordering, Pair, Word, fence};

/// One entry: 64 bytes. The value pair, then the meta word and the key words.
#[repr(C)]
pub(crate) struct Cell {
    pub(crate) pair: Pair,
    /// `(meta, key 0)`, `(key 1, key 2)`, `(key 3, key 4)`.
    pub(crate) key: [Pair; KEY_PAIRS],
}

/// One bucket: 2048 bytes. `control` is its root: insert, unlink and split each take effect by one `cas` on it.
#[repr(C)]
pub struct Bucket {
    /// `lo`: a valid bit per cell. `hi`: [`ControlHi`].
    pub(crate) control: Pair,
    pub(crate) tags: [Word; TAG_WORDS],
    /// A bit per cell that was read since the clock hand came by, and [`WAITED`].
    pub(crate) used: Word,
    /// A lower bound of the expiries in the bucket; 0 if there are none. A hint.
    pub(crate) expiry_hint: Word,
    pub(crate) cells: [Cell; CELLS],
}

/// Bytes of a granule of the arena.
const GRANULE_BYTES: u64 = (GRANULE_WORDS * 8) as u64;

/// The bit of [`Bucket::used`] that says that somebody waits for a change in the bucket.
pub(crate) const WAITED: u64 = 1 << 63;

/// What a process has in flight: 128 bytes, written by its thread alone, read by whoever recovers it.
#[repr(C, align(128))]
pub struct Participant {
    /// Who holds the record, see [`crate::Registration`].
    pub registration: Word,
    pub(crate) intent_cell: Word,
    pub(crate) intent_new: Word,
    pub(crate) intent_old: Word,
    pub(crate) intent_key: Word,
    /// The segment whose class is being changed, plus 1.
    pub(crate) intent_segment: Word,
    /// The stripe group that is being taken or given up.
    pub(crate) intent_stripes: Word,
    /// The block that is being wiped, or was last.
    pub(crate) intent_wipe: Word,
    pub(crate) counters: [Word; COUNTERS],
}

/// A process that uses the table: 64 bytes. Only `registration` decides anything; the rest may veto a verdict.
#[repr(C)]
pub struct ProcessSlot {
    /// Who holds the slot.
    pub registration: Word,
    /// When the process started, in the kernel's ticks since boot.
    pub started: Word,
    /// Its number, in its own PID namespace.
    pub pid: Word,
    /// The inode of that namespace.
    pub namespace: Word,
    reserved: [Word; 4],
}

/// One segment of the arena: its class, or none.
#[repr(C)]
pub struct Segment {
    pub(crate) word: Word,
    pub(crate) reserved: [Word; SEGMENT_RESERVED],
}

/// One lane of a striped counter, in a line of its own.
#[repr(C)]
pub(crate) struct Lane {
    /// `lo`: the part of the number that was added here. `hi`: whether it may be added to.
    pub(crate) pair: Pair,
    pub(crate) reserved: [Word; LANE_RESERVED],
}

/// The lanes of one striped counter: 1024 bytes, used for nothing else.
#[repr(C)]
pub struct StripeGroup {
    /// Whether it is in use, and which use of it this is.
    pub(crate) header: Word,
    /// 32 bits of the hash of the key it belongs to.
    pub(crate) hash: Word,
    pub(crate) reserved: [Word; LANE_RESERVED],
    pub(crate) lanes: [Lane; LANES],
}

#[cfg(not(loom))]
const _: () = {
    assert!(size_of::<StripeGroup>() == 1024, "16 lines");
    assert!(size_of::<Cell>() == 64, "a cell is one cache line");
    assert!(size_of::<Bucket>() == 2048, "a bucket is half a page");
    assert!(
        size_of::<Participant>() == 128,
        "two cache lines of its own"
    );
    assert!(size_of::<ProcessSlot>() == 64, "one cache line");
    assert!(size_of::<Segment>() == 64, "one cache line");
};

/// A bucket's control pair as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) valid: u64,
    pub(crate) hi: ControlHi,
}

/// A cell's pair as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellPair {
    pub(crate) lo: u64,
    pub(crate) hi: CellHi,
}

impl Cell {
    /// Acquire [value]: what the pair refers to was written before it.
    #[inline(always)]
    pub(crate) fn hi(&self) -> CellHi {
        CellHi(self.pair.hi(Ordering::Acquire))
    }

    /// Relaxed: for a validation after a fence.
    #[inline(always)]
    pub(crate) fn hi_again(&self) -> CellHi {
        CellHi(self.pair.hi(Ordering::Relaxed))
    }

    /// `hi` first, then `lo`; the two belong together only after a validation, or if a `cas` expects both.
    #[inline(always)]
    pub(crate) fn load(&self) -> CellPair {
        let hi = self.hi();
        // Acquire [value]: as above; and it keeps the loads in order.
        let lo = self.pair.lo(Ordering::Acquire);
        CellPair { lo, hi }
    }

    /// Release [value]: what the new pair refers to was written before it.
    #[inline(always)]
    pub(crate) fn cas(&self, expected: CellPair, new: CellPair) -> Result<(), CellPair> {
        self.pair
            .cas((expected.lo, expected.hi.0), (new.lo, new.hi.0))
            .map_err(|(lo, hi)| CellPair { lo, hi: CellHi(hi) })
    }

    /// Relaxed: believed only after a validation.
    #[inline(always)]
    pub(crate) fn meta(&self) -> Meta {
        Meta(self.key[0].lo(Ordering::Relaxed))
    }

    /// Key word `i`. Relaxed: believed only after a validation.
    #[inline(always)]
    pub(crate) fn key_word(&self, i: usize) -> u64 {
        let pair = &self.key[i.div_ceil(2)];
        if i.is_multiple_of(2) {
            pair.hi(Ordering::Relaxed)
        } else {
            pair.lo(Ordering::Relaxed)
        }
    }
}

impl Bucket {
    /// Acquire [publish]: the cells that it vouches for were filled before it.
    #[inline(always)]
    pub(crate) fn control_hi(&self) -> ControlHi {
        ControlHi(self.control.hi(Ordering::Acquire))
    }

    /// Relaxed: for a validation after a fence.
    #[inline(always)]
    pub(crate) fn control_again(&self) -> ControlHi {
        ControlHi(self.control.hi(Ordering::Relaxed))
    }

    /// Acquire [publish]: as `control_hi`.
    #[inline(always)]
    pub(crate) fn valid(&self) -> u64 {
        self.control.lo(Ordering::Acquire)
    }

    /// Both halves; they belong together only if a `cas` expects both.
    #[inline(always)]
    pub(crate) fn load(&self) -> Control {
        let hi = self.control_hi();
        let valid = self.valid();
        Control { valid, hi }
    }

    /// Release [publish]: the cells that it vouches for were filled before it.
    #[inline(always)]
    pub(crate) fn cas(&self, expected: Control, new: Control) -> Result<(), Control> {
        self.control
            .cas((expected.valid, expected.hi.0), (new.valid, new.hi.0))
            .map_err(|(valid, hi)| Control {
                valid,
                hi: ControlHi(hi),
            })
    }

    /// The tag byte of a cell.
    pub(crate) fn tag(&self, cell: usize) -> u64 {
        // Relaxed: believed only after a validation.
        self.tags[cell / 8].load(Ordering::Relaxed) >> (cell % 8 * 8) & 0xff
    }

    /// Acquire [reuse]: if a word read before came from a later owner of its cell or block, then the control
    /// word, or the cell's pair, that is read after this fence has changed.
    #[inline(always)]
    pub(crate) fn unchanged_since(&self, hi: ControlHi) -> bool {
        fence(Ordering::Acquire);
        self.control_again() == hi
    }
}

/// The shared memory of a table.
pub struct Memory<'m> {
    /// Where everything is.
    pub geometry: Geometry,
    /// The header page, from the start of the file.
    pub control: &'m [Word],
    /// A bit per chunk of the file that is committed.
    pub commits: &'m [Word],
    /// A bit per page of the buckets that is committed; empty before version 3.
    pub pages: &'m [Word],
    /// The participants; number 0 is never used.
    pub participants: &'m [Participant],
    /// The segment descriptors.
    pub segments: &'m [Segment],
    /// The hint bitmaps of the segments: a bit per block that is believed to be in use.
    pub hints: &'m [Word],
    /// The stripe groups.
    pub stripes: &'m [StripeGroup],
    /// The buckets.
    pub buckets: &'m [Bucket],
    /// The blocks.
    pub arena: &'m [Word],
    /// Not shared: the last growth hint whose buckets this process has seen committed; 0 to begin with.
    pub known_geom: Word,
}

/// Which share of the table's size a range counts towards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Region {
    Index,
    Arena,
}

/// Rare events that are counted in the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Split,
    Expired,
    Evicted,
    RecoveredCell,
    RecoveredBlock,
    Full,
}

impl Memory<'_> {
    /// Prepares the one bucket of an empty table. For its creator alone, before anybody else can see it; the
    /// head and the first page of buckets are committed and zero.
    pub fn initialise(&self) {
        // Relaxed: as below.
        self.control[control::COMMITTED_INDEX].store(PAGE_BYTES, Ordering::Relaxed);
        if let Some(word) = self.pages.first() {
            // Relaxed: as below.
            word.store(1, Ordering::Relaxed);
        }
        // Relaxed: the table becomes visible by a later step of its creator.
        self.buckets[0].control.put(0, ControlHi::first(0).0);
        self.control[control::GEOM].store(Geom::at_level(0).0, Ordering::Relaxed);
    }

    /// Acquire [grown]: a hint, but the buckets it counts were initialised before it.
    #[inline(always)]
    pub(crate) fn geom(&self) -> Geom {
        Geom(self.control[control::GEOM].load(Ordering::Acquire))
    }

    /// Whether the table was marked as removed.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        self.geom().is_removed()
    }

    /// Marks the table as removed: every later write of every process answers `Removed`.
    pub fn mark_removed(&self) {
        let word = &self.control[control::GEOM];
        // Release [grown]: keeps what the growth hint promises.
        word.set_bits(Geom(0).removed().0, Ordering::AcqRel);
    }

    /// Counts a rare event.
    pub(crate) fn note(&self, event: Event) {
        // Relaxed: a figure for people.
        self.control[control::STATISTICS + event as usize].add(1, Ordering::Relaxed);
    }

    pub(crate) fn noted(&self, event: Event) -> u64 {
        // Relaxed: a figure for people.
        self.control[control::STATISTICS + event as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn evicts(&self) -> bool {
        self.geometry.choices.on_full == OnFull::Evict
    }

    /// The bucket with this index, if the table may have it.
    #[inline(always)]
    pub(crate) fn bucket(&self, bucket: u64) -> Result<&Bucket, Corrupt> {
        self.buckets
            .get(index(bucket))
            .ok_or(Corrupt::Bucket { bucket })
    }

    pub(crate) fn segments_used(&self) -> u64 {
        // Acquire [segment]: the descriptors below it are committed.
        self.control[control::SEGMENTS_USED]
            .load(Ordering::Acquire)
            .min(self.segments.len() as u64)
    }

    /// The words of a granule and of all that follow in its segment; `None` outside the arena.
    #[inline(always)]
    pub(crate) fn granules(&self, granule: u64) -> Option<&[Word]> {
        let at = granule.checked_mul(GRANULE_BYTES)?;
        if at >= self.geometry.file_bytes || !self.is_committed(self.geometry.arena_at + at) {
            return None;
        }
        let granule = index(granule);
        let from = granule.checked_mul(GRANULE_WORDS)?;
        let to = (granule / SEGMENT_GRANULES + 1).checked_mul(SEGMENT_WORDS)?;
        let words = self.arena.get(from..to)?;
        (words.len() >= BLOCK_HEADER_WORDS).then_some(words)
    }

    /// The hint words of a segment.
    pub(crate) fn segment_hints(&self, segment: usize) -> &[Word] {
        let bytes = (HINT_WORDS * 8) as u64;
        if segment >= self.segments.len()
            || !self.is_range_committed(self.geometry.hints_at + segment as u64 * bytes, bytes)
        {
            return &[];
        }
        self.hints
            .get(segment * HINT_WORDS..(segment + 1) * HINT_WORDS)
            .unwrap_or_default()
    }
}

/// A 64-bit index as this machine's, which has 64 bits too.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "usize has 64 bits on every supported target"
)]
pub(crate) const fn index(value: u64) -> usize {
    value as usize
}
