//! Insert: claim a cell, fill it, publish it. Never visible half-done.
//!
//! Steps, and what a death leaves:
//! 1. a long key's block, noted in our record (recovery frees it)
//! 2. note the cell in our record (nothing happened)
//! 3. claim: pair FREE -> RESV by one `cas` (recovery frees the cell by the note)
//! 4. key words and tag (as 3: not published, so no reader sees them)
//! 5. pair RESV -> LIVE (as 3)
//! 6. publish: valid bit set by one `cas` on the control pair: here the insert takes effect (done)
//!
//! The `cas` of step 6 fails if anything in the bucket changed since the key was found absent, so two inserts of
//! one key cannot both succeed. Format: docs/format.md 9.3.
use crate::Host;
use crate::arena::Announce;
use crate::error::WriteError;
use crate::find::{Look, Place, preferred_cell};
use crate::key::Key;
use crate::layout::{CELLS, KEY_PAIRS, KEY_WORDS, ROUNDS_MAX};
use crate::memory::{Bucket, CellPair, Control};
use crate::participant::{Intent, Session};
use crate::split::bits;
use crate::state::{CellHi, CellIntent, Expiry, Kind, Meta, Role, State, tag};
use crate::sync::{Ordering, fence, pause};
use crate::value::Stored;

/// The valid bits of a bucket without a free cell.
const ALL_CELLS: u64 = (1 << CELLS) - 1;
/// How often an inserter gives way to others before it takes their reserved cells for lost.
const YIELDS_MAX: u32 = 3;

/// How an insert ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inserted {
    Done,
    /// Somebody else inserted the key.
    Exists,
}

/// What an attempt to claim a cell came to.
enum Claim {
    /// A cell, and its pair now.
    Cell(usize, CellPair),
    /// The bucket has changed: search again.
    Stale,
    /// No cell is usable.
    None,
}

/// What an attempt to publish a cell came to.
enum Publish {
    Done,
    Exists,
    /// Another bucket by now; the cell was given back.
    Elsewhere(Place),
}

impl<H: Host> Session<'_, H> {
    /// Inserts an entry at the place where a search missed it.
    pub(crate) fn insert(
        &mut self,
        key: &Key<'_>,
        place: Place,
        value: Stored,
        expiry: Expiry,
    ) -> Result<Inserted, WriteError> {
        let words = self.key_words(key)?;
        let inserted = self.insert_words(key, &words, place, value, expiry);
        if !matches!(inserted, Ok(Inserted::Done)) {
            self.drop_key_block();
        } else if self.local.key_block.take().is_some() {
            self.intend_block(Intent::Key, 0);
        }
        inserted
    }

    /// The words of a key for its cell; a long key gets its block here.
    fn key_words(&mut self, key: &Key<'_>) -> Result<[u64; KEY_WORDS], WriteError> {
        let mut words = key.words;
        if key.is_long() {
            let announce = Announce::Intent(Intent::Key);
            let block =
                self.allocate_filled(key.bytes, key.hash & 0xffff_ffff, 0, Role::Key, announce)?;
            self.local.key_block = Some(block);
            words[0] ^= block.0;
        }
        Ok(words)
    }

    fn drop_key_block(&mut self) {
        if let Some(block) = self.local.key_block.take() {
            self.memory.free(block, self.local.number());
            self.intend_block(Intent::Key, 0);
        }
    }

    fn insert_words(
        &mut self,
        key: &Key<'_>,
        words: &[u64; KEY_WORDS],
        mut place: Place,
        value: Stored,
        expiry: Expiry,
    ) -> Result<Inserted, WriteError> {
        let mut yields = 0;
        for _ in 0..ROUNDS_MAX {
            if place.control.hi.is_splitting() {
                self.help_split(place.bucket)?;
            } else {
                match self.claim(place, tag(key.hash))? {
                    Claim::Cell(cell, claimed) => {
                        let live = self.fill(place, cell, claimed, key, words, value, expiry)?;
                        match self.publish(key, place, cell, live)? {
                            Publish::Done => return Ok(Inserted::Done),
                            Publish::Exists => return Ok(Inserted::Exists),
                            Publish::Elsewhere(next) => {
                                place = next;
                                continue;
                            }
                        }
                    }
                    Claim::Stale => {}
                    Claim::None => self.make_room(place, &mut yields, key.hash)?,
                }
            }
            match self.memory.find(key)? {
                Look::Hit(_) => return Ok(Inserted::Exists),
                Look::Miss(next) => place = next,
            }
        }
        Err(WriteError::Busy)
    }

    /// Claims a cell that is not in use: the preferred one, or the next.
    fn claim(&self, place: Place, tag: u64) -> Result<Claim, WriteError> {
        let bucket = self.memory.bucket(place.bucket)?;
        let unused = !place.control.valid & ALL_CELLS;
        let from_preferred = ALL_CELLS << preferred_cell(tag);
        for cell in bits(unused & from_preferred).chain(bits(unused & !from_preferred)) {
            let pair = bucket.cells[cell].load();
            match pair.hi.state() {
                State::Free => {}
                // Usable only if it is unlinked: the valid bit must be seen clear *after* the pair was seen.
                State::Dead | State::Moving => {
                    if !bucket.unchanged_since(place.control.hi) {
                        return Ok(Claim::Stale);
                    }
                    // Its blocks are freed before the claim, so that a death in between loses nothing.
                    if pair.hi.state() == State::Dead
                        && !self
                            .memory
                            .bury(&bucket.cells[cell], pair, self.local.number())
                    {
                        continue;
                    }
                }
                _ => continue,
            }
            let version = pair.hi.version_after();
            let claimed = CellPair {
                lo: self.local.owner().0,
                hi: CellHi::new(State::Reserved, Kind::Integer, version, Expiry::NEVER),
            };
            self.intend_cell(CellIntent::new(place.bucket, cell, version));
            if bucket.cells[cell].cas(pair, claimed).is_ok() {
                return Ok(Claim::Cell(cell, claimed));
            }
        }
        Ok(Claim::None)
    }

    /// Fills a claimed cell and makes it LIVE, though nobody can find it yet.
    #[expect(
        clippy::too_many_arguments,
        reason = "all that an entry is, and where it goes"
    )]
    fn fill(
        &self,
        place: Place,
        cell: usize,
        claimed: CellPair,
        key: &Key<'_>,
        words: &[u64; KEY_WORDS],
        value: Stored,
        expiry: Expiry,
    ) -> Result<CellPair, WriteError> {
        let bucket = self.memory.bucket(place.bucket)?;
        let target = &bucket.cells[cell];
        // Release [reuse]: the claim comes before the key words, for whoever reads one of them.
        fence(Ordering::Release);
        let meta = Meta::new(key.bytes.len(), self.local.number(), key.hash);
        target.key[0].put(meta.0, words[0]);
        for i in 1..KEY_PAIRS {
            target.key[i].put(words[2 * i - 1], words[2 * i]);
        }
        bucket.set_tag(cell, tag(key.hash));
        bucket.lower_expiry_hint(expiry);
        let live = CellPair {
            lo: value.lo,
            hi: CellHi::new(State::Live, value.kind, claimed.hi.version(), expiry),
        };
        // Failure: we were stopped for so long, and so wrongly declared dead, that the cell was freed.
        target.cas(claimed, live).map_err(|_| WriteError::Busy)?;
        Ok(live)
    }

    /// Publishes a filled cell, unless the key is there by now.
    fn publish(
        &self,
        key: &Key<'_>,
        mut place: Place,
        cell: usize,
        live: CellPair,
    ) -> Result<Publish, WriteError> {
        let bucket = self.memory.bucket(place.bucket)?;
        for _ in 0..ROUNDS_MAX {
            let published = Control {
                valid: place.control.valid | 1 << cell,
                hi: place.control.hi.next(),
            };
            if bucket.cas(place.control, published).is_ok() {
                self.intend_cell(CellIntent::NONE);
                bucket.forget_used(cell);
                self.changed(place.bucket, bucket);
                return Ok(Publish::Done);
            }
            // Something in the bucket changed: whether the key is absent has to be found out again.
            let outcome = match self.memory.find(key) {
                Ok(Look::Miss(next))
                    if next.bucket == place.bucket
                        && next.control.hi.same_place(place.control.hi)
                        && !next.control.hi.is_splitting() =>
                {
                    place = next;
                    continue;
                }
                Ok(Look::Miss(next)) => Ok(Publish::Elsewhere(next)),
                Ok(Look::Hit(_)) => Ok(Publish::Exists),
                Err(error) => Err(error.into()),
            };
            bucket.cells[cell].release(live);
            self.intend_cell(CellIntent::NONE);
            return outcome;
        }
        bucket.cells[cell].release(live);
        Err(WriteError::Busy)
    }

    /// No cell of the bucket is usable: unlinks what is dead, gives way to inserters on their way, splits.
    #[cold]
    fn make_room(&mut self, place: Place, yields: &mut u32, hash: u64) -> Result<(), WriteError> {
        if self.unlink_dead(place)? {
            return Ok(());
        }
        if place.control.valid != ALL_CELLS && *yields < YIELDS_MAX {
            *yields += 1;
            pause();
            return Ok(());
        }
        match self.split(place) {
            Err(WriteError::Full(_)) if self.memory.evicts() => self.evict_in_bucket(place, hash),
            other => other,
        }
    }

    /// Unlinks every dead cell of a bucket. Returns whether there was one.
    fn unlink_dead(&self, place: Place) -> Result<bool, WriteError> {
        let bucket = self.memory.bucket(place.bucket)?;
        let mut any = false;
        for cell in 0..CELLS {
            if place.control.valid >> cell & 1 == 0 {
                continue;
            }
            let hi = bucket.cells[cell].hi();
            if hi.state() == State::Dead {
                any |= bucket.unlink(cell, hi);
            }
        }
        Ok(any)
    }
}

impl Bucket {
    /// Sets the tag byte of a claimed cell. Its neighbours in the word belong to others.
    fn set_tag(&self, cell: usize, tag: u64) {
        let word = &self.tags[cell / 8];
        let shift = cell % 8 * 8;
        // Relaxed: the `cas` decides.
        let mut seen = word.load(Ordering::Relaxed);
        for _ in 0..ROUNDS_MAX {
            let tagged = seen & !(0xff << shift) | tag << shift;
            // Release [publish]: part of what the publishing `cas` vouches for.
            match word.cas(seen, tagged, Ordering::AcqRel) {
                Ok(()) => return,
                Err(found) => seen = found,
            }
        }
    }

    /// A new entry starts out unused: what is never read again goes first.
    fn forget_used(&self, cell: usize) {
        // Relaxed: a hint.
        if self.used.load(Ordering::Relaxed) >> cell & 1 == 1 {
            self.used.clear_bits(1 << cell, Ordering::Relaxed);
        }
    }

    /// Makes the sweeper's hint cover an expiry, before an entry with it can be seen.
    #[inline(always)]
    pub(crate) fn lower_expiry_hint(&self, expiry: Expiry) {
        if !expiry.is_never() {
            self.lower_expiry_hint_to(expiry);
        }
    }

    fn lower_expiry_hint_to(&self, expiry: Expiry) {
        for _ in 0..ROUNDS_MAX {
            // Relaxed: the `cas` decides.
            let seen = self.expiry_hint.load(Ordering::Relaxed);
            if seen != 0 && !expiry.is_before(Expiry::from_word(seen)) {
                return;
            }
            // Release [expiry]: the hint covers the entry before the entry can be seen.
            if self
                .expiry_hint
                .cas(seen, expiry.to_word(), Ordering::AcqRel)
                .is_ok()
            {
                return;
            }
        }
    }
}
