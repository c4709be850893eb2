//! Wiping: in a table that was made so, a block is made zero before anybody can take it again.
//!
//! Steps of such a free, and what a death leaves:
//! 1. note the block in our record (nothing happened)
//! 2. header ALLOCATED -> WIPING, with our number, by one `cas`: from now on the block is ours alone (recovery takes it
//!    over by the note, and begins the zeros again)
//! 3. zeros (as 2)
//! 4. header WIPING -> FREE (done)
//!
//! Several may know that a block is dead, and a late one may find it in another's use: so nobody stores a zero before
//! step 2, which the generation guards. The note stays: a participant wipes one block at a time, and a note of a block
//! that is not in its hands says nothing. Format: docs/format.md 9.6.
use crate::layout::{CLASS_GRANULES, GRANULE_WORDS};
use crate::memory::{Memory, index};
use crate::state::{BlockHeader, BlockRef};
use crate::sync::{Ordering, Word, fence};

impl Memory<'_> {
    /// Makes a block zero and frees it, if its header is still `seen`: ALLOCATED, or WIPING by a dead participant whose
    /// part `by` takes. Returns whether it did.
    #[inline(never)]
    pub(crate) fn wipe_and_free(&self, reference: BlockRef, seen: BlockHeader, by: u64) -> bool {
        let Some((header, rest)) = self
            .block_words(reference, seen.class())
            .and_then(|words| words.split_first())
        else {
            return false;
        };
        if let Some(record) = self.participants.get(index(by)) {
            // Relaxed: released by the next `cas`; its holder alone stores to it.
            record.intent_wipe.store(reference.0, Ordering::Relaxed);
        }
        let wiping = BlockHeader::wiping(seen.class(), by, seen.generation());
        // Release [intent]: who finds the block ours finds the note. Acquire [block]: what was stored in the block comes
        // before the zeros. A failure: somebody else frees it.
        if header.cas(seen.0, wiping.0, Ordering::AcqRel).is_err() {
            return false;
        }
        // Release [reuse]: what ended the use of the block comes before the zeros, for whoever reads one of them.
        fence(Ordering::Release);
        self.make_zero(rest);
        let free = BlockHeader::free(seen.class(), seen.generation());
        // Release [block]: the zeros come before what the next owner stores.
        if header.cas(wiping.0, free.0, Ordering::AcqRel).is_ok() {
            self.hint_free(reference, seen.class());
        }
        true
    }

    /// The words of a block of a class, all of them committed.
    fn block_words(&self, reference: BlockRef, class: usize) -> Option<&[Word]> {
        let words = CLASS_GRANULES.get(class)? * GRANULE_WORDS;
        let at = self.geometry.arena_at + reference.granule() * (GRANULE_WORDS * 8) as u64;
        if !self.is_range_committed(at, (words * 8) as u64) {
            return None;
        }
        self.granules(reference.granule())?.get(..words)
    }

    /// Makes the words of a block zero that come after its header, for its owner. Where a granule begins, zero is the
    /// mask, as for every value: a plain zero there could be taken for the header of a smaller block.
    fn make_zero(&self, words: &[Word]) {
        for (i, word) in (1..).zip(words) {
            let begins_granule = usize::is_multiple_of(i, GRANULE_WORDS);
            let zero = if begins_granule {
                self.geometry.choices.key_mask[0]
            } else {
                0
            };
            // Relaxed: released by the header becoming FREE.
            word.store(zero, Ordering::Relaxed);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use crate::OnFull;
    use crate::arena::{Announce, class_for};
    use crate::layout::GRANULE_WORDS;
    use crate::participant::{Intent, Session, register};
    use crate::state::{BlockHeader, BlockState, Role};
    use crate::sync::Ordering;
    use crate::testing::{Size, Store, World};

    /// Blocks of a model are one granule, so none has a masked word.
    #[test]
    fn a_wiped_block_is_zero_and_the_mask_where_a_granule_begins() {
        let mut store = Store::new(Size {
            buckets: 1,
            segments: 1,
            participants: 1,
            on_full: OnFull::Error,
        });
        store.geometry.choices.wipe = true;
        let (memory, host) = (store.memory(), World::default());
        let mut local = register(&memory, &host, 0)
            .expect("room")
            .expect("a participant");
        let mut session = Session {
            memory: &memory,
            host: &host,
            local: &mut local,
        };
        let announce = Announce::Intent(Intent::New);
        let reference = session
            .allocate_filled(&[0xff; 1000], 7, 7, Role::Value, announce)
            .expect("room");
        let class = class_for(1000).expect("a class");
        let words = memory.block_words(reference, class).expect("committed");
        memory.free(reference, local.number());
        let header = BlockHeader(words[0].load(Ordering::Relaxed));
        assert_eq!(header.state(), BlockState::Free);
        for (i, word) in words.iter().enumerate().skip(1) {
            let zero = match i % GRANULE_WORDS {
                0 => memory.geometry.choices.key_mask[0],
                _ => 0,
            };
            assert_eq!(word.load(Ordering::Relaxed), zero, "word {i}");
        }
    }
}
