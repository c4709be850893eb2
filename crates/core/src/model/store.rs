//! The memory of a model: a few buckets, participants and blocks, each field a loom atomic.
use crate::geometry::{Choices, Geometry, HashId, OnFull};
use crate::key::Key;
use crate::layout::{HINT_WORDS, SEGMENT_WORDS, control};
use crate::memory::{Bucket, Cell, Control, Lane, Memory, Participant, Segment, StripeGroup};
use crate::participant::{Local, Session};
use crate::read::{Mark, RecordValue};
use crate::state::{BlockHeader, BlockState, ControlHi, Expiry, Geom, SegmentWord, State, Ticks};
use crate::sync::{Ordering, Pair, Word};
use crate::update::{Count, Lifetime, When};
use crate::value::New;
use crate::{Host, OutOfSpace, Registration, WriteError};
use std::vec::Vec;

/// A table as a thread of a model uses it.
pub(crate) type Table<'t> = Session<'t, World>;

/// The world of a model: the clock is a word of it, so that time may pass between any two steps.
pub(crate) struct World {
    pub(crate) now: Word,
}

impl Host for World {
    fn now(&self) -> Ticks {
        Ticks::new(self.now.load(Ordering::Relaxed))
    }

    fn commit(&self, _: u64, _: u64) -> Result<(), OutOfSpace> {
        Ok(())
    }

    fn wake(&self, _: usize) {}
}

/// How large a table is.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// Buckets there is room for: a power of two.
    pub(crate) buckets: usize,
    /// Buckets in use, all of one depth: a power of two.
    pub(crate) in_use: usize,
    /// Segments of four blocks.
    pub(crate) segments: usize,
    /// Stripe groups.
    pub(crate) stripes: usize,
    /// What happens when there is no room.
    pub(crate) on_full: OnFull,
    /// Whether the bytes of a value that goes are made zero.
    pub(crate) wipe: bool,
    /// Complete a level in order once one bucket in so many has split; 0: never.
    pub(crate) early_share: u64,
}

impl Size {
    /// One bucket that cannot split, and no arena.
    pub(crate) const BUCKET: Self = Self {
        buckets: 1,
        in_use: 1,
        segments: 0,
        stripes: 0,
        on_full: OnFull::Error,
        wipe: false,
        early_share: 0,
    };
    /// One bucket that cannot split, and four blocks.
    pub(crate) const BLOCKS: Self = Self {
        segments: 1,
        ..Self::BUCKET
    };
    /// One bucket that cannot split, and one stripe group.
    pub(crate) const STRIPES: Self = Self {
        stripes: 1,
        ..Self::BUCKET
    };
    /// One bucket that can split once.
    pub(crate) const SPLIT: Self = Self {
        buckets: 2,
        ..Self::BUCKET
    };
}

/// The memory of a model.
pub(crate) struct Store {
    pub(crate) geometry: Geometry,
    pub(crate) world: World,
    control: Vec<Word>,
    participants: Vec<Participant>,
    segments: Vec<Segment>,
    hints: Vec<Word>,
    stripes: Vec<StripeGroup>,
    buckets: Vec<Bucket>,
    arena: Vec<Word>,
}

fn words(count: usize) -> Vec<Word> {
    (0..count).map(|_| Word::new(0)).collect()
}

fn bucket(hi: u64) -> Bucket {
    Bucket {
        control: Pair::new(0, hi),
        tags: core::array::from_fn(|_| Word::new(0)),
        used: Word::new(0),
        expiry_hint: Word::new(0),
        cells: core::array::from_fn(|_| Cell {
            pair: Pair::new(0, 0),
            key: core::array::from_fn(|_| Pair::new(0, 0)),
        }),
    }
}

fn stripe_group() -> StripeGroup {
    StripeGroup {
        header: Word::new(0),
        hash: Word::new(0),
        reserved: [],
        lanes: core::array::from_fn(|_| Lane {
            pair: Pair::new(0, 0),
            reserved: [],
        }),
    }
}

fn participant(registration: u64) -> Participant {
    let word = || Word::new(0);
    Participant {
        registration: Word::new(registration),
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

/// Participants of a model: the actors 1 to 3, the maker 4, one that died before it began 5.
const PARTICIPANTS: u64 = 6;
/// Who prepares the table and looks at it afterwards.
const MAKER: u64 = 4;
/// Who died before the model began.
pub(crate) const DEAD: u64 = 5;

impl Store {
    /// A table of the given size, with what `fill` puts in it.
    pub(crate) fn new(size: Size, fill: fn(&mut Table<'_>)) -> Self {
        let mut geometry = Geometry::plan(Choices {
            bytes_max: 1 << 20,
            tick_shift: 0,
            hash: HashId::Xxh3,
            on_full: size.on_full,
            wipe: size.wipe,
            seed: [1, 2],
            key_mask: [0x0101_0000, 0x0202_0000],
            created_ms: 0,
        });
        geometry.commits_itself = true;
        geometry.depth_max = size.buckets.ilog2();
        geometry.early_share = size.early_share;
        let depth = size.in_use.ilog2();
        let first = ControlHi::first(depth).0;
        let taken = Registration(0).taken_by(0).0;
        let store = Self {
            geometry,
            world: World {
                now: Word::new(100),
            },
            control: words(control::WORDS),
            participants: (0..PARTICIPANTS).map(|_| participant(taken)).collect(),
            segments: (0..size.segments)
                .map(|_| Segment {
                    word: Word::new(ready()),
                    reserved: [],
                })
                .collect(),
            hints: words(size.segments * HINT_WORDS),
            stripes: (0..size.stripes).map(|_| stripe_group()).collect(),
            buckets: (0..size.buckets)
                .map(|b| bucket(if b < size.in_use { first } else { 0 }))
                .collect(),
            arena: words(size.segments * SEGMENT_WORDS),
        };
        store.control[control::GEOM].store(Geom::at_level(depth).0, Ordering::Relaxed);
        store.control[control::SEGMENTS_USED].store(size.segments as u64, Ordering::Relaxed);
        store.with(9, fill);
        store
    }

    /// A table in which participant 5 died before step `step` of `work`.
    pub(crate) fn with_death(
        size: Size,
        fill: fn(&mut Table<'_>),
        step: u64,
        work: fn(&mut Table<'_>),
    ) -> Self {
        let store = Self::new(size, fill);
        let died = store.with(DEAD, |t| super::fuse::dies_at(step, || work(t)).is_none());
        assert!(died, "the operation has more than {step} steps");
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

    /// Runs `work` as participant `number`; one that has no record is the maker.
    pub(crate) fn with<T>(&self, number: u64, work: impl FnOnce(&mut Table<'_>) -> T) -> T {
        let memory = self.memory();
        let number = if number <= DEAD { number } else { MAKER };
        let mut local = Local::of(number, Registration(0).taken_by(0));
        work(&mut Session {
            memory: &memory,
            host: &self.world,
            local: &mut local,
        })
    }
}

/// A full bucket, in which participant 5 died right after its delete of key 0 took effect: the cell is DEAD and linked,
/// and its block in use.
pub(crate) fn after_a_death() -> Store {
    Store::with_death(
        Size::BLOCKS,
        |t| {
            t.set_bytes(&key(0), b"value").expect("room");
            t.incr(&key(1), 5);
            t.incr(&key(2), 5);
        },
        1,
        |t| assert!(t.remove(&key(0))),
    )
}

/// A segment that was in use and went back to the pool; somebody who cut it again died when all headers were written,
/// and recovery put it back.
pub(crate) fn cut_anew() -> Store {
    Store::new(Size::BLOCKS, |t| {
        t.set_bytes(&key(0), b"was here").expect("room");
        assert!(t.remove(&key(0)));
        assert_eq!(t.empty_segment(0), Ok(true));
        let pool = t.memory.segment_word(0).expect("in use");
        for (_, header) in t.memory.headers(0, pool.to_formatting(0, DEAD)) {
            let free = BlockHeader::free(0, pool.floor());
            header.store(free.0, Ordering::Relaxed);
        }
    })
}

/// The one class of a model, all of the segment committed.
fn ready() -> u64 {
    SegmentWord(0).to_formatting(0, 0).to_ready().extended().0
}

/// A key of one byte, or of nine for a long one; `number` is its hash but for the tag.
pub(crate) fn key(number: u64) -> Key<'static> {
    tagged(number, number + 1)
}

/// A key whose tag is given.
pub(crate) fn tagged(number: u64, tag: u64) -> Key<'static> {
    const BYTES: &[[u8; 1]] = &[
        [0],
        [1],
        [2],
        [3],
        [4],
        [5],
        [6],
        [7],
        [8],
        [9],
        [10],
        [11],
        [12],
    ];
    let bytes = &BYTES[usize::try_from(number).expect("small")];
    Key::new(
        bytes,
        number | tag << 56,
        &[0x0101_0000, 0x0202_0000],
        || [0, 0],
    )
    .expect("short")
}

/// A key that needs a block.
pub(crate) fn long_key(number: u64) -> Key<'static> {
    const BYTES: &[&[u8]] = &[b"long key0", b"long key1", b"long key2", b"long key3"];
    let bytes = BYTES[usize::try_from(number).expect("small")];
    Key::new(
        bytes,
        number | (number + 1) << 56,
        &[0x0101_0000, 0x0202_0000],
        || [0, 0],
    )
    .expect("short enough")
}

/// What one reads: nothing, a number, or bytes with their flags.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Seen {
    Nothing,
    Number(i64),
    Bytes(Vec<u8>, u32),
}

impl Table<'_> {
    /// Adds to a number, which begins at 0.
    pub(crate) fn incr(&mut self, key: &Key<'_>, delta: i64) -> i64 {
        for _ in 0..8 {
            let count = Count {
                delta,
                initial: Some(0),
                expiry: Expiry::NEVER,
                floor: None,
            };
            match self.count(key, count) {
                // Cells in the hands of others can make a bucket look full.
                Err(crate::CountError::Write(WriteError::Full(_))) => crate::sync::pause(),
                result => return result.expect("a number"),
            }
        }
        panic!("full for good");
    }

    /// Adds 1 to a number, unless there is no room.
    pub(crate) fn try_incr(&mut self, key: &Key<'_>) -> bool {
        let count = Count {
            delta: 1,
            initial: Some(0),
            expiry: Expiry::NEVER,
            floor: None,
        };
        self.count(key, count).is_ok()
    }

    /// Stores bytes for which there is room, though others may hold it for a moment.
    pub(crate) fn set_patiently(&mut self, key: &Key<'_>, bytes: &[u8]) {
        for _ in 0..8 {
            match self.set_bytes(key, bytes) {
                Err(WriteError::Full(_)) => crate::sync::pause(),
                result => return result.expect("stored"),
            }
        }
        panic!("full for good");
    }

    /// Adds to a number that is there.
    pub(crate) fn incr_existing(&mut self, key: &Key<'_>, delta: i64) -> Option<i64> {
        let count = Count {
            delta,
            initial: None,
            expiry: Expiry::NEVER,
            floor: None,
        };
        match self.count(key, count) {
            Ok(value) => Some(value),
            Err(crate::CountError::Missing) => None,
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) fn get(&mut self, key: &Key<'_>) -> Seen {
        let mut bytes = Vec::new();
        let record = self.memory.read(
            key,
            || self.host.now(),
            &mut crate::Growing::new(&mut bytes),
            Mark::Used,
        );
        match record.expect("readable").map(|record| record.value) {
            None => Seen::Nothing,
            Some(RecordValue::Integer(value)) => Seen::Number(value),
            Some(RecordValue::Float(_)) => panic!("no model stores one"),
            Some(RecordValue::Bytes { flags }) => Seen::Bytes(bytes, flags),
        }
    }

    pub(crate) fn set_bytes(&mut self, key: &Key<'_>, bytes: &[u8]) -> Result<(), WriteError> {
        let value = New::Bytes { bytes, flags: 0 };
        self.store(key, value, Lifetime::Until(Expiry::NEVER), When::Always)
            .map(drop)
    }

    pub(crate) fn remove(&mut self, key: &Key<'_>) -> bool {
        self.delete(key, When::Always).expect("deletable") == crate::Outcome::Done
    }

    /// At rest: published cells are entries, the others reusable, and every block in use has an entry.
    pub(crate) fn audit(&mut self) {
        let memory = self.memory;
        for bucket in memory.buckets {
            let Control { valid, hi } = bucket.load();
            assert!(
                !hi.is_splitting() || hi.is_uninitialised(),
                "a split was left"
            );
            for (i, cell) in bucket.cells.iter().enumerate() {
                let state = cell.load().hi.state();
                let legal = if valid >> i & 1 == 1 {
                    matches!(state, State::Live | State::Dead)
                } else {
                    matches!(state, State::Free | State::Dead | State::Moving)
                };
                assert!(legal, "cell {i} is {state:?}");
                let pair = cell.load();
                if state == State::Live && pair.hi.kind() == crate::state::Kind::Striped {
                    let reference = crate::state::GroupRef(pair.lo);
                    let group = memory.group(reference).expect("a group");
                    let header = crate::state::GroupHeader(group.header.load(Ordering::Acquire));
                    assert!(header.is(reference), "the group of cell {i} is free");
                }
            }
        }
        for (number, group) in (0..).zip(memory.stripes) {
            let header = crate::state::GroupHeader(group.header.load(Ordering::Acquire));
            if header.is_used() {
                let reference = crate::state::GroupRef::new(number, header.generation());
                let hash = group.hash.load(Ordering::Relaxed);
                let entry = memory.entry_of_group(reference, hash).expect("readable");
                assert!(entry.is_some(), "group {number} is lost: {header:?}");
            }
        }
        for segment in 0..memory.segments.len() {
            let word = memory.segment_word(segment).expect("in use");
            if word.state() == crate::state::SegmentState::Pool {
                continue;
            }
            for (block, header) in memory.headers(segment, word) {
                let header = BlockHeader(header.load(Ordering::Acquire));
                let reference = memory.reference_of(segment, word, block, header.generation());
                match header.state() {
                    BlockState::Free => {}
                    BlockState::Allocated => {
                        let entry = memory.entry_of(reference, header.role()).expect("readable");
                        assert!(entry.is_some(), "block {block} is lost: {header:?}");
                    }
                    other => panic!("block {block} is {other:?}"),
                }
            }
        }
    }
}

/// The tick at which a model begins.
pub(crate) const NOW: Ticks = Ticks::new(100);
