//! Every invariant of docs/format.md, looked for in a whole table; nothing is written.
//!
//! On a table in use each finding is validated like a read, so what is merely on its way is not reported. What
//! only rest can show (a cell or block that nobody will ever free) is reported if the caller says that nobody
//! else is attached.
use crate::block::Block;
use crate::error::{Corrupt, ReadError};
use crate::find::Found;
use crate::geometry::BUCKET_BYTES;
use crate::layout::{BLOCK_BYTES_MAX, CELLS, ROUNDS_MAX};
use crate::memory::{Bucket, Control, Memory, index};
use crate::problem::{Problem, Report};
use crate::scan::position_after;
use crate::state::{
    BlockHeader, BlockRef, BlockState, GroupHeader, GroupRef, Kind, Role, SegmentState,
    SegmentWord, State, tag,
};
use crate::sync::Ordering;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// So many problems are listed.
const PROBLEMS_MAX: usize = 10_000;

/// A check under way.
struct Check<'c> {
    memory: &'c Memory<'c>,
    hash: &'c dyn Fn(&[u8]) -> Option<u64>,
    quiet: bool,
    report: Report,
    /// Buckets that a search can reach.
    reached: BTreeSet<u64>,
    /// Blocks and stripe groups that something refers to.
    referenced: BTreeSet<Referenced>,
}

/// What an entry refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Referenced {
    /// The reference to a block.
    Block(u64),
    /// The reference to a stripe group, generation and all: in a table in use, a group may have been another
    /// entry's a moment ago.
    Group(u64),
}

/// What one look at a bucket found.
#[derive(Default)]
struct Findings {
    problems: Vec<Problem>,
    keys: Vec<Vec<u8>>,
    references: Vec<Referenced>,
}

impl Memory<'_> {
    /// Looks for broken invariants. `hash` is the table's hash function, `None` for a key that it refuses;
    /// `quiet` says that nobody else is attached.
    #[must_use]
    pub fn check(&self, hash: &dyn Fn(&[u8]) -> Option<u64>, quiet: bool) -> Report {
        let mut check = Check {
            memory: self,
            hash,
            quiet,
            report: Report::default(),
            reached: BTreeSet::new(),
            referenced: BTreeSet::new(),
        };
        check.growth();
        check.buckets();
        check.unreachable();
        check.segments();
        check.groups();
        check.report
    }
}

impl Check<'_> {
    fn problem(&mut self, problem: Problem) {
        if self.report.problems.len() > PROBLEMS_MAX {
            self.report.more = true;
        } else {
            self.report.problems.push(problem);
        }
    }

    /// The hint where a search begins.
    fn growth(&mut self) {
        let level = self.memory.geom().level();
        if level > self.memory.geometry.depth_max || !self.memory.knows(self.memory.geom()) {
            self.problem(Problem::Growth { level });
        }
    }

    /// All buckets that a search can reach, in the order of a scan.
    fn buckets(&mut self) {
        let mut cursor = Some(0_u64);
        while let Some(at) = cursor {
            if self.report.problems.len() > PROBLEMS_MAX {
                self.report.more = true;
                return;
            }
            let (bucket, control) = match self.memory.owner_of(at.reverse_bits()) {
                Ok(found) => found,
                Err(ReadError::Corrupt(Corrupt::Bucket { bucket })) => {
                    self.problem(Problem::Bucket { bucket });
                    // The next position that another bucket of the greatest depth may own.
                    cursor =
                        position_after(at.reverse_bits(), self.memory.geometry.depth_max.max(1));
                    continue;
                }
                Err(_) => {
                    self.report.busy += 1;
                    return;
                }
            };
            if !control.hi.is_legal() || control.valid >> CELLS != 0 {
                self.problem(Problem::Bucket { bucket });
            }
            self.reached.insert(bucket);
            if control.hi.is_splitting() {
                self.reached.insert(bucket | 1 << control.hi.depth());
            }
            self.report.buckets += 1;
            self.bucket(bucket);
            cursor = position_after(bucket, control.hi.depth());
        }
    }

    /// One bucket, looked at until it does not change meanwhile.
    fn bucket(&mut self, at: u64) {
        for _ in 0..ROUNDS_MAX >> 8 {
            let Ok(bucket) = self.memory.bucket(at) else {
                return;
            };
            let control = bucket.load();
            let mut findings = Findings::default();
            for cell in 0..CELLS {
                self.cell(at, bucket, control, cell, &mut findings);
            }
            if !bucket.unchanged_since(control.hi) {
                continue;
            }
            self.report.entries += findings.keys.len() as u64;
            self.report.problems.append(&mut findings.problems);
            for reference in findings.references {
                if !self.referenced.insert(reference) {
                    self.problem(match reference {
                        Referenced::Block(reference) => Problem::Shared { reference },
                        Referenced::Group(reference) => Problem::SharedStripes {
                            group: GroupRef(reference).group(),
                        },
                    });
                }
            }
            return;
        }
        self.report.busy += 1;
    }

    fn cell(
        &self,
        at: u64,
        bucket: &Bucket,
        control: Control,
        cell: usize,
        findings: &mut Findings,
    ) {
        let pair = bucket.cells[cell].load();
        let published = control.valid >> cell & 1 == 1;
        let state = pair.hi.state();
        match (published, state) {
            (true, State::Live) => self.entry(at, bucket, control, cell, findings),
            (true, State::Moving) if control.hi.is_splitting() => {
                self.entry(at, bucket, control, cell, findings);
            }
            (true, State::Dead) | (false, State::Free | State::Moving | State::Dead) => {}
            (false, State::Reserved | State::Live) => {
                if self.quiet {
                    findings
                        .problems
                        .push(Problem::LostCell { bucket: at, cell });
                }
            }
            _ => findings.problems.push(Problem::Cell { bucket: at, cell }),
        }
        if state == State::Dead {
            // Its blocks are freed by whoever takes the cell.
            self.references_of(bucket, cell, &mut findings.references);
        }
    }

    /// A published entry: its key, and what it refers to.
    fn entry(
        &self,
        at: u64,
        bucket: &Bucket,
        control: Control,
        cell: usize,
        findings: &mut Findings,
    ) {
        let target = &bucket.cells[cell];
        for _ in 0..ROUNDS_MAX >> 8 {
            let pair = target.load();
            let found = Found {
                bucket: at,
                cell,
                pair,
                control,
            };
            let mut key = Vec::new();
            let key_is_whole = self.memory.copy_key(target, &mut key);
            let mut references = Vec::new();
            let refers_well = self.references_of(bucket, cell, &mut references);
            let belongs = key_is_whole && self.belongs(at, bucket, control, cell, &key);
            if !self.memory.is_unchanged(&found).unwrap_or(true) {
                if !matches!(target.hi().state(), State::Live | State::Moving) {
                    return;
                }
                continue;
            }
            if !refers_well || pair.hi.kind() == Kind::Unknown {
                findings
                    .problems
                    .push(Problem::Reference { bucket: at, cell });
            }
            if !belongs {
                findings.problems.push(Problem::Key { bucket: at, cell });
            } else if findings.keys.contains(&key) {
                findings
                    .problems
                    .push(Problem::Duplicate { bucket: at, cell });
            }
            findings.keys.push(key);
            findings.references.append(&mut references);
            return;
        }
    }

    /// Whether a key hashes to this bucket, with this tag, and is kept as an insert would keep it.
    fn belongs(&self, at: u64, bucket: &Bucket, control: Control, cell: usize, key: &[u8]) -> bool {
        let Some(hash) = (self.hash)(key) else {
            return false;
        };
        let kept = bucket.cells[cell].meta().hash();
        let low = (1 << control.hi.depth()) - 1;
        bucket.tag(cell) == tag(hash)
            && (kept ^ hash) & ((1 << crate::layout::META_HASH_BITS) - 1) == 0
            && (hash ^ at) & low == 0
    }

    /// Collects the blocks that a cell refers to. `false`: one of them is not what it should be.
    fn references_of(
        &self,
        bucket: &Bucket,
        cell: usize,
        references: &mut Vec<Referenced>,
    ) -> bool {
        let target = &bucket.cells[cell];
        let pair = target.load();
        let hash = target.meta().hash();
        let mut well = true;
        let mut note = |reference: BlockRef, role: Role, check: &dyn Fn(Block<'_>) -> bool| {
            let header = self.memory.header_of(reference);
            let block = self.memory.block(reference);
            let is_its = header.is_some_and(|header| header.is(reference) && header.role() == role)
                && block.is_some_and(|block| block.hash() == hash && check(block));
            references.push(Referenced::Block(reference.0));
            well &= is_its;
        };
        if let Some(reference) = self.memory.key_block_of(target) {
            let length = target.meta().key_length();
            note(reference, Role::Key, &|block| block.bytes() == length);
        }
        let value = BlockRef(pair.lo);
        match pair.hi.kind() {
            Kind::Block => note(value, Role::Value, &|block| {
                block.bytes() <= block.payload_bytes()
            }),
            Kind::Chunked => {
                note(value, Role::Index, &|block| block.bytes() > BLOCK_BYTES_MAX);
                if let Some(index) = self.memory.block(value) {
                    for i in 0..index.chunks() {
                        note(index.chunk(i), Role::Chunk, &|block| {
                            block.bytes() <= block.payload_bytes()
                        });
                    }
                }
            }
            Kind::Striped => {
                let reference = GroupRef(pair.lo);
                references.push(Referenced::Group(reference.0));
                well &= self.is_group_of(reference, hash);
            }
            _ => {}
        }
        well
    }

    /// Whether a stripe group is in use for a key with this hash.
    fn is_group_of(&self, reference: GroupRef, hash: u64) -> bool {
        self.memory.group(reference).is_some_and(|group| {
            // Acquire [stripe]: its hash was stored before it was published.
            GroupHeader(group.header.load(Ordering::Acquire)).is(reference)
                // Relaxed: see above.
                && group.hash.load(Ordering::Relaxed) == hash
        })
    }

    /// Stripe groups that nothing refers to.
    fn groups(&mut self) {
        for number in 0..self.memory.stripes.len() as u64 {
            let Some(group) = self.memory.group(GroupRef::new(number, 0)) else {
                continue;
            };
            // Acquire [stripe]: as above.
            let header = GroupHeader(group.header.load(Ordering::Acquire));
            let reference = GroupRef::new(number, header.generation());
            let is_referenced = self.referenced.contains(&Referenced::Group(reference.0));
            if header.is_used() && self.quiet && !is_referenced {
                self.problem(Problem::LostStripes { group: number });
            }
        }
    }

    /// Committed buckets that no search reaches must never have been used.
    fn unreachable(&mut self) {
        let memory = self.memory;
        let start = memory.geometry.buckets_at;
        let mut at = 0;
        while at < memory.buckets.len() as u64 {
            let (end, is_committed) = memory.part_around(start + at * BUCKET_BYTES);
            if !is_committed {
                // Never committed, hence never read: on tmpfs the read would allocate.
                at = (end - start) / BUCKET_BYTES;
                continue;
            }
            let initialised = memory
                .bucket(at)
                .is_ok_and(|bucket| !bucket.control_hi().is_uninitialised());
            if initialised && self.quiet && !self.reached.contains(&at) {
                self.problem(Problem::Unreachable { bucket: at });
            }
            at += 1;
        }
    }

    /// Descriptors, and blocks that nothing refers to.
    fn segments(&mut self) {
        let memory = self.memory;
        for segment in 0..index(memory.segments_used()) {
            let Some(word) = memory.segment_word(segment) else {
                continue;
            };
            let class_exists = word.class() < crate::layout::CLASS_GRANULES.len();
            match word.state() {
                SegmentState::Ready if class_exists => self.blocks(segment, word),
                SegmentState::Pool => {}
                SegmentState::Formatting if class_exists && !self.quiet => {}
                _ => self.problem(Problem::Segment {
                    segment: segment as u64,
                }),
            }
        }
    }

    fn blocks(&mut self, segment: usize, word: SegmentWord) {
        let memory = self.memory;
        for (block, header) in memory.headers(segment, word) {
            // Acquire [block]: as for any look at a block.
            let header = BlockHeader(header.load(Ordering::Acquire));
            let reference = memory.reference_of(segment, word, block, header.generation());
            let lost = match header.state() {
                BlockState::Free => false,
                BlockState::Allocated => {
                    self.report.blocks += 1;
                    self.quiet && !self.referenced.contains(&Referenced::Block(reference.0))
                }
                BlockState::Wiping if !memory.geometry.choices.wipe => true,
                BlockState::Held | BlockState::Wiping => self.quiet,
            };
            if lost {
                self.problem(Problem::LostBlock {
                    reference: reference.0,
                });
            }
        }
    }
}
