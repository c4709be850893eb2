//! Waiting for a change of a key.
//!
//! A waiter sets a bit in the bucket's header, looks at the entry once more, and sleeps on a word of the header
//! page that the next writer of the bucket steps. A writer may die between its change and that step, and a split
//! may carry the key to a bucket without the bit, so a waiter sleeps 50 ms at most before it looks again.
//! Format: docs/format.md 9.11.
use crate::Host;
use crate::error::WriteError;
use crate::find::Look;
use crate::key::Key;
use crate::layout::{ROUNDS_MAX, control};
use crate::memory::WAITED;
use crate::participant::{Session, wait_word};
use crate::read::{Token, is_current};
use crate::sync::Ordering;

/// What to do after [`Session::arm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Armed {
    /// The entry is not in the given state (any more).
    Changed,
    /// Sleep on the low half of word `WAIT + word` of the header page while it equals that of `value`, 50 ms at
    /// most; then arm again.
    Sleep {
        /// Which of the words.
        word: usize,
        /// What it was before the entry was looked at.
        value: u64,
    },
}

impl<H: Host> Session<'_, H> {
    /// Makes the next change of a key wake us, if the entry is still in the state `seen`; `None`: absent.
    ///
    /// # Errors
    /// As for a write.
    pub fn arm(&mut self, key: &Key<'_>, seen: Option<Token>) -> Result<Armed, WriteError> {
        let (at, state) = self.state_of(key)?;
        if state != seen {
            return Ok(Armed::Changed);
        }
        let word = wait_word(at);
        // Acquire [wait]: if the word has been stepped, the look below sees the change.
        let value = self.memory.control[control::WAIT + word].load(Ordering::Acquire);
        // Release [wait]: a writer that sees the bit steps the word.
        self.memory
            .bucket(at)?
            .used
            .set_bits(WAITED, Ordering::AcqRel);
        let (_, state) = self.state_of(key)?;
        Ok(if state == seen {
            Armed::Sleep { word, value }
        } else {
            Armed::Changed
        })
    }

    /// The bucket of a key, and the token of its entry.
    fn state_of(&self, key: &Key<'_>) -> Result<(u64, Option<Token>), WriteError> {
        for _ in 0..ROUNDS_MAX {
            return Ok(match self.look(key)? {
                Look::Hit(found) if is_current(found.pair.hi, &|| self.host.now()) => {
                    match self.memory.token_of(&found)? {
                        Some(token) => (found.bucket, Some(token)),
                        None => continue,
                    }
                }
                Look::Hit(found) => (found.bucket, None),
                Look::Miss(place) => (place.bucket, None),
            });
        }
        Err(WriteError::Busy)
    }
}
