//! Every write of an existing entry: one `cas` of its cell's pair, in which it takes effect.
//!
//! [`Session::modify`] is the loop; each operation only decides what the pair becomes. Steps of a replacement of
//! bytes, and what a death leaves:
//! 1. the new value, noted in our record (recovery frees it)
//! 2. note the old block in our record (nothing happened)
//! 3. pair old -> new by one `cas`: here the write takes effect (recovery frees the old block by the note)
//! 4. free the old block, clear the notes (done)
//!
//! Format: docs/format.md 9.4.
use crate::Host;
use crate::error::{CountError, WriteError};
use crate::find::{Found, Look};
use crate::insert::Inserted;
use crate::key::Key;
use crate::layout::ROUNDS_MAX;
use crate::memory::{CellPair, Event};
use crate::participant::Session;
use crate::read::{Mark, Number, Token, is_current, number_of};
use crate::state::{CellHi, Expiry, Kind, State};
use crate::sync::pause;
use crate::value::{New, Stored};

/// What becomes of an entry's time to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// It ends then.
    Until(Expiry),
    /// It stays as it is; a new entry does not end.
    Keep,
}

/// On what condition a write takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// On none.
    Always,
    /// There is no such key.
    Absent,
    /// There is such a key.
    Present,
    /// The entry is still in this state.
    Is(Token),
}

/// What came of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It took effect.
    Done,
    /// There was no such key.
    Missing,
    /// The key was there, but had to be absent.
    Exists,
    /// The entry was in another state.
    Changed,
}

/// A change of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// What is added.
    pub delta: i64,
    /// What it is added to if there is no such key; `None`: that is an error.
    pub initial: Option<i64>,
    /// The time to live of a new key; an existing one keeps its own.
    pub expiry: Expiry,
    /// A decrement stops here; a number that is below it already stays.
    pub floor: Option<i64>,
}

/// Which of two numbers stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extreme {
    /// The larger.
    Max,
    /// The smaller.
    Min,
}

/// What an operation makes of the entry it was shown.
pub(crate) enum Action<R> {
    /// Nothing.
    Leave(R),
    /// This value, ending then.
    Put(Stored, Expiry, R),
    /// The entry goes.
    Delete(R),
}

impl When {
    /// What forbids the write; `None`: it may take effect.
    fn forbids(self, found: Option<&Found>) -> Option<Outcome> {
        match (self, found) {
            (Self::Always, _) | (Self::Absent, None) | (Self::Present, Some(_)) => None,
            (Self::Absent, Some(_)) => Some(Outcome::Exists),
            (Self::Present | Self::Is(_), None) => Some(Outcome::Missing),
            (Self::Is(token), Some(found)) => {
                (token != Token::of(found.pair.lo, found.pair.hi)).then_some(Outcome::Changed)
            }
        }
    }
}

impl<H: Host> Session<'_, H> {
    /// Stores a value.
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    pub fn store(
        &mut self,
        key: &Key<'_>,
        value: New<'_>,
        lifetime: Lifetime,
        when: When,
    ) -> Result<Outcome, WriteError> {
        if let (New::Integer(number), Lifetime::Until(Expiry::NEVER), When::Always) =
            (value, lifetime, when)
            && self.memory.swap(self.host, key, number).is_some()
        {
            return Ok(Outcome::Done);
        }
        let mut staged: Option<Stored> = None;
        let stored = self.modify(key, |this, found| {
            if let Some(outcome) = when.forbids(found) {
                return Ok(Action::Leave(outcome));
            }
            let value = match staged {
                Some(value) => value,
                None => *staged.insert(this.stage(value, key.hash & 0xffff_ffff)?),
            };
            let expiry = match lifetime {
                Lifetime::Until(expiry) => expiry,
                Lifetime::Keep => found.map_or(Expiry::NEVER, |found| found.pair.hi.expiry()),
            };
            Ok(Action::Put(value, expiry, Outcome::Done))
        });
        match (staged, &stored) {
            (Some(value), Ok(Outcome::Done)) => self.published(value),
            (Some(value), _) => self.discard(value),
            (None, _) => {}
        }
        stored
    }

    /// Deletes an entry.
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    pub fn delete(&mut self, key: &Key<'_>, when: When) -> Result<Outcome, WriteError> {
        self.modify(key, |_, found| {
            Ok(match when.forbids(found) {
                Some(outcome) => Action::Leave(outcome),
                None if found.is_none() => Action::Leave(Outcome::Missing),
                None => Action::Delete(Outcome::Done),
            })
        })
    }

    /// Gives an entry another time to live.
    ///
    /// # Errors
    /// [`WriteError`]; then nothing has changed.
    pub fn touch(
        &mut self,
        key: &Key<'_>,
        expiry: Expiry,
        when: When,
    ) -> Result<Outcome, WriteError> {
        self.modify(key, |_, found| {
            Ok(match (when.forbids(found), found) {
                (Some(outcome), _) => Action::Leave(outcome),
                (None, None) => Action::Leave(Outcome::Missing),
                (None, Some(found)) => Action::Put(found.stored(), expiry, Outcome::Done),
            })
        })
    }

    /// Adds to an integer and returns the result.
    ///
    /// # Errors
    /// [`CountError`]; then nothing has changed.
    #[inline]
    pub fn count(&mut self, key: &Key<'_>, count: Count) -> Result<i64, CountError> {
        if count.floor.is_none()
            && let Some(sum) = self.memory.add(self.host, key, count.delta)
        {
            return Ok(sum);
        }
        self.count_generally(key, count)
    }

    #[inline(never)]
    fn count_generally(&mut self, key: &Key<'_>, count: Count) -> Result<i64, CountError> {
        self.modify(key, |_, found| {
            let (from, expiry) = match found {
                Some(found) => (found.integer()?, found.pair.hi.expiry()),
                None => (count.initial.ok_or(CountError::Missing)?, count.expiry),
            };
            let stop = count.floor.map(|floor| floor.min(from));
            let result = match (from.checked_add(count.delta), stop) {
                (Some(sum), Some(stop)) => sum.max(stop),
                (Some(sum), None) => sum,
                // Below the range is below every floor.
                (None, Some(stop)) if count.delta < 0 => stop,
                (None, _) => return Err(CountError::Overflow),
            };
            Ok(Action::Put(Stored::integer(result), expiry, result))
        })
    }

    /// Adds to a float and returns the result; a missing key counts as 0.
    ///
    /// # Errors
    /// [`CountError`]; then nothing has changed.
    pub fn add_float(
        &mut self,
        key: &Key<'_>,
        delta: f64,
        expiry: Expiry,
    ) -> Result<f64, CountError> {
        self.modify(key, |_, found| {
            let (from, expiry) = match found.map(|found| (found.number(), found.pair.hi.expiry())) {
                Some((Some(Number::Float(from)), expiry)) => (from, expiry),
                Some(_) => return Err(CountError::WrongType),
                None => (0.0, expiry),
            };
            let sum = from + delta;
            Ok(Action::Put(Stored::float(sum), expiry, sum))
        })
    }

    /// Replaces an integer by `value` if that is larger, or smaller; returns the one that stays. A missing key is
    /// created.
    ///
    /// # Errors
    /// [`CountError`]; then nothing has changed.
    pub fn extreme(
        &mut self,
        key: &Key<'_>,
        value: i64,
        extreme: Extreme,
        expiry: Expiry,
    ) -> Result<i64, CountError> {
        self.modify(key, |_, found| {
            let Some(found) = found else {
                return Ok(Action::Put(Stored::integer(value), expiry, value));
            };
            let there = found.integer()?;
            let stays = match extreme {
                Extreme::Max => there.max(value),
                Extreme::Min => there.min(value),
            };
            if stays == there {
                return Ok(Action::Leave(there));
            }
            Ok(Action::Put(
                Stored::integer(stays),
                found.pair.hi.expiry(),
                stays,
            ))
        })
    }

    /// Reads a number and resets it to zero, in one step.
    ///
    /// # Errors
    /// [`CountError`]; then nothing has changed.
    pub fn take(&mut self, key: &Key<'_>) -> Result<Option<Number>, CountError> {
        if let Some(number) = self.memory.swap(self.host, key, 0) {
            return Ok(Some(Number::Integer(number)));
        }
        self.modify(key, |_, found| {
            let Some(found) = found else {
                return Ok(Action::Leave(None));
            };
            let number = found.number().ok_or(CountError::WrongType)?;
            let zero = match number {
                Number::Integer(_) => Stored::integer(0),
                Number::Float(_) => Stored::float(0.0),
            };
            Ok(Action::Put(zero, found.pair.hi.expiry(), Some(number)))
        })
    }

    /// Searches, asks `decide` what to do, and does it by one `cas`; as often as somebody else is faster. An
    /// expired entry is killed and shown as missing.
    #[inline(always)]
    pub(crate) fn modify<R, E: From<WriteError>>(
        &mut self,
        key: &Key<'_>,
        mut decide: impl FnMut(&mut Self, Option<&Found>) -> Result<Action<R>, E>,
    ) -> Result<R, E> {
        for _ in 0..ROUNDS_MAX {
            let home = self.home(key)?;
            match self.memory.attempt(home, key).map_err(WriteError::from)? {
                Some(Look::Hit(mut found)) => {
                    if let Some(result) = self.modify_found(&mut found, &mut decide)? {
                        return Ok(result);
                    }
                }
                Some(Look::Miss(place)) => match decide(self, None)? {
                    Action::Leave(result) | Action::Delete(result) => return Ok(result),
                    Action::Put(value, expiry, result) => {
                        if self.insert(key, place, value, expiry)? == Inserted::Done {
                            self.grow_in_order(key.hash);
                            return Ok(result);
                        }
                    }
                },
                None => {}
            }
        }
        Err(WriteError::Busy.into())
    }

    /// As long as the cell is the same incarnation, a failed `cas` is retried with what it returned. `None`:
    /// search again.
    #[inline(always)]
    fn modify_found<R, E: From<WriteError>>(
        &mut self,
        found: &mut Found,
        decide: &mut impl FnMut(&mut Self, Option<&Found>) -> Result<Action<R>, E>,
    ) -> Result<Option<R>, E> {
        for round in 0..ROUNDS_MAX {
            if found.pair.hi.state() == State::Moving {
                self.help_split(found.bucket)?;
                return Ok(None);
            }
            if !is_current(found.pair.hi, &|| self.host.now()) {
                self.expire(found)?;
                return Ok(None);
            }
            if found.pair.hi.kind() == Kind::Striped {
                self.make_plain(found)?;
                return Ok(None);
            }
            let (outcome, result) = match decide(self, Some(found))? {
                Action::Leave(result) => return Ok(Some(result)),
                Action::Put(value, expiry, result) => (self.replace(found, value, expiry)?, result),
                Action::Delete(result) => (self.kill(found).map_err(WriteError::from)?, result),
            };
            let Err(seen) = outcome else {
                return Ok(Some(result));
            };
            if seen.hi.state() != State::Live || !seen.hi.same_incarnation(found.pair.hi) {
                return Ok(None);
            }
            found.pair = seen;
            back_off(round);
        }
        Err(WriteError::Busy.into())
    }

    /// Kills an expired entry.
    pub(crate) fn expire(&self, found: &Found) -> Result<(), WriteError> {
        if self.kill(found)?.is_ok() {
            self.memory.note(Event::Expired);
        }
        Ok(())
    }

    /// Replaces an entry's pair, if it is still as it was found. `Ok(Err(..))`: it is not, but so.
    #[inline(always)]
    pub(crate) fn replace(
        &self,
        found: &Found,
        value: Stored,
        expiry: Expiry,
    ) -> Result<Result<(), CellPair>, WriteError> {
        let bucket = self.memory.bucket(found.bucket)?;
        let old = found.pair;
        let frees = old.hi.kind().has_block() && value.lo != old.lo;
        let version = if frees || value.kind != old.hi.kind() {
            old.hi.version_after()
        } else {
            old.hi.version()
        };
        let new = CellPair {
            lo: value.lo,
            hi: CellHi::new(State::Live, value.kind, version, expiry),
        };
        if expiry != old.hi.expiry() {
            bucket.lower_expiry_hint(expiry);
        }
        if frees {
            self.intend_old(old.lo);
        }
        let outcome = bucket.cells[found.cell].cas(old, new);
        if outcome.is_ok() {
            self.changed(found.bucket, bucket);
            self.memory.mark_used(found, Mark::Used);
        }
        if frees {
            if outcome.is_ok() {
                self.memory.free_value(old, self.local.number());
            }
            self.intend_old(0);
        }
        Ok(outcome)
    }
}

impl Found {
    /// The value as it is.
    fn stored(&self) -> Stored {
        Stored {
            lo: self.pair.lo,
            kind: self.pair.hi.kind(),
        }
    }

    fn number(&self) -> Option<Number> {
        number_of(self.pair.lo, self.pair.hi.kind())
    }

    #[inline(always)]
    pub(crate) fn integer(&self) -> Result<i64, CountError> {
        match self.number() {
            Some(Number::Integer(value)) => Ok(value),
            _ => Err(CountError::WrongType),
        }
    }
}

/// Gives way after a lost race: longer with every one, within bounds.
#[cold]
pub(crate) fn back_off(round: u32) {
    if round >= 3 {
        for _ in 0..1 << (round - 3).min(6) {
            pause();
        }
    }
}
