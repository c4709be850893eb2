//! A table in private memory, for the tests of this crate.
use crate::geometry::{Choices, Geometry, HashId, OnFull};
use crate::layout::{HINT_WORDS, SEGMENT_WORDS, control};
use crate::memory::{Bucket, Cell, Lane, Memory, Participant, Segment, StripeGroup};
use crate::state::Ticks;
use crate::sync::{Pair, Word};
use crate::{Host, OutOfSpace};
use std::cell::Cell as StdCell;
use std::vec::Vec;

pub(crate) fn empty_bucket() -> Bucket {
    let word = || Word::new(0);
    Bucket {
        control: Pair::new(0, 0),
        tags: core::array::from_fn(|_| word()),
        used: word(),
        expiry_hint: word(),
        cells: core::array::from_fn(|_| Cell {
            pair: Pair::new(0, 0),
            key: core::array::from_fn(|_| Pair::new(0, 0)),
        }),
    }
}

pub(crate) fn empty_participant() -> Participant {
    let word = || Word::new(0);
    Participant {
        registration: word(),
        intent_cell: word(),
        intent_new: word(),
        intent_old: word(),
        intent_key: word(),
        intent_segment: word(),
        intent_stripes: word(),
        intent_wipe: word(),
        counters: core::array::from_fn(|_| word()),
    }
}

fn empty_stripe_group() -> StripeGroup {
    StripeGroup {
        header: Word::new(0),
        hash: Word::new(0),
        reserved: core::array::from_fn(|_| Word::new(0)),
        lanes: core::array::from_fn(|_| Lane {
            pair: Pair::new(0, 0),
            reserved: core::array::from_fn(|_| Word::new(0)),
        }),
    }
}

pub(crate) fn empty_segment() -> Segment {
    Segment {
        word: Word::new(0),
        reserved: core::array::from_fn(|_| Word::new(0)),
    }
}

pub(crate) fn words(count: usize) -> Vec<Word> {
    (0..count).map(|_| Word::new(0)).collect()
}

/// The memory of a table, with a geometry of its own making.
pub(crate) struct Store {
    pub(crate) geometry: Geometry,
    control: Vec<Word>,
    participants: Vec<Participant>,
    segments: Vec<Segment>,
    hints: Vec<Word>,
    stripes: Vec<StripeGroup>,
    buckets: Vec<Bucket>,
    arena: Vec<Word>,
}

/// The choices of a table that answers `Full`.
pub(crate) fn choices(bytes_max: u64) -> Choices {
    Choices {
        bytes_max,
        tick_shift: 0,
        hash: HashId::Xxh3,
        on_full: OnFull::Error,
        wipe: false,
        seed: [1, 2],
        key_mask: [0x1111, 0x2222],
        created_ms: 0,
    }
}

/// How large a [`Store`] is.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) buckets: usize,
    pub(crate) segments: usize,
    pub(crate) participants: usize,
    pub(crate) on_full: OnFull,
}

impl Store {
    pub(crate) fn new(size: Size) -> Self {
        let mut geometry = Geometry::plan(Choices {
            on_full: size.on_full,
            ..choices(1 << 30)
        });
        geometry.commits_itself = true;
        geometry.depth_max = size.buckets.ilog2();
        let store = Self {
            geometry,
            control: words(control::WORDS),
            participants: (0..=size.participants)
                .map(|_| empty_participant())
                .collect(),
            segments: (0..size.segments).map(|_| empty_segment()).collect(),
            hints: words(size.segments * HINT_WORDS),
            stripes: (0..4).map(|_| empty_stripe_group()).collect(),
            buckets: (0..size.buckets).map(|_| empty_bucket()).collect(),
            arena: words(size.segments * SEGMENT_WORDS),
        };
        store.memory().initialise();
        store
    }

    pub(crate) fn memory(&self) -> Memory<'_> {
        Memory {
            geometry: self.geometry.clone(),
            control: &self.control,
            commits: &[],
            pages: &[],
            participants: &self.participants,
            segments: &self.segments,
            hints: &self.hints,
            stripes: &self.stripes,
            buckets: &self.buckets,
            arena: &self.arena,
            known_geom: Word::new(0),
        }
    }
}

/// A world whose clock is set by hand.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) now: StdCell<u64>,
}

impl Host for World {
    fn now(&self) -> Ticks {
        Ticks::new(self.now.get())
    }

    fn commit(&self, _: u64, _: u64) -> Result<(), OutOfSpace> {
        Ok(())
    }

    fn wake(&self, _: usize) {}
}
