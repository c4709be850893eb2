//! Reads: a validated search, and for bytes a copy that is validated again. Nothing here stores to shared
//! memory, but for the clock bit of a table that evicts, and only if the caller asks. Format: docs/format.md 9.2.
use crate::buffer::Buffer;
use crate::error::{Corrupt, CountError, ReadError};
use crate::find::{Found, Look, still};
use crate::key::Key;
use crate::layout::{INLINE_BYTES_MAX, ROUNDS_MAX};
use crate::memory::{CellPair, Memory};
use crate::state::{BlockRef, CellHi, Expiry, GroupRef, Kind, State, Ticks};
use crate::sync::{Ordering, fence};

/// A value without its bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RecordValue {
    /// A signed 64-bit number.
    Integer(i64),
    /// An IEEE 754 double.
    Float(f64),
    /// Bytes, which are in the caller's buffer.
    Bytes {
        /// The user's flags.
        flags: u32,
    },
}

/// An entry as one consistent read found it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// Its value.
    pub value: RecordValue,
    /// When it ends.
    pub expiry: Expiry,
    /// Names this state of the entry, see [`Token`].
    pub token: Token,
}

impl Record {
    /// An entry, from what was found and the value that belongs to it.
    pub(crate) fn of(found: &Found, value: RecordValue) -> Self {
        let CellPair { lo, hi } = found.pair;
        let token = match value {
            RecordValue::Integer(sum) if hi.kind() == Kind::Striped => Token::of_striped(sum, hi),
            _ => Token::of(lo, hi),
        };
        Self {
            value,
            expiry: hi.expiry(),
            token,
        }
    }
}

/// A number in a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A signed 64-bit number.
    Integer(i64),
    /// An IEEE 754 double.
    Float(f64),
}

/// Names one state of an entry, for compare-and-set.
///
/// That of a value in the arena is unique while the value lives. Those of numbers and of a few bytes contain the
/// value itself, so they cannot tell a value that went away and came back. An expiry does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(pub [u64; 2]);

impl Token {
    pub(crate) fn of(lo: u64, hi: CellHi) -> Self {
        let hi = hi.with_state(State::Live).with_expiry(Expiry::NEVER);
        Self([lo, hi.0])
    }

    /// That of a striped counter: the token of the plain one which a write makes of it first.
    fn of_striped(sum: i64, hi: CellHi) -> Self {
        let plain = CellHi::new(State::Live, Kind::Integer, hi.version_after(), hi.expiry());
        Self::of(sum.cast_unsigned(), plain)
    }
}

/// Whether a read leaves a trace for the clock hand of a table that evicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Set the entry's bit if it is clear.
    Used,
    /// Store nothing: for memory that is mapped read-only.
    Nothing,
}

impl Memory<'_> {
    /// Reads an entry. The bytes of a value replace what was in `bytes`. `None`: no such key, or it has expired;
    /// the clock is asked only if the entry has an expiry.
    ///
    /// # Errors
    /// [`ReadError`].
    #[inline(always)]
    pub fn read(
        &self,
        key: &Key<'_>,
        now: impl Fn() -> Ticks,
        bytes: &mut impl Buffer,
        mark: Mark,
    ) -> Result<Option<Record>, ReadError> {
        // The common case in one straight line; whatever else there is begins again.
        match self.attempt(self.home(self.geom(), key.hash), key)? {
            Some(Look::Hit(found)) if is_current(found.pair.hi, &now) => {
                if let Some(value) = self.plain_value(&found, bytes) {
                    self.mark_used(&found, mark);
                    return Ok(Some(Record::of(&found, value)));
                }
            }
            Some(_) => return Ok(None),
            None => {}
        }
        self.read_again(key, now, bytes, mark)
    }

    /// The value of an entry if it is a number, a few bytes or one block, and has not changed meanwhile.
    #[inline(always)]
    fn plain_value(&self, found: &Found, bytes: &mut impl Buffer) -> Option<RecordValue> {
        bytes.clear();
        match found.pair.hi.kind() {
            Kind::Block => {
                let block = self.block(BlockRef(found.pair.lo))?;
                let length = block.bytes();
                if length > block.payload_bytes() {
                    return None;
                }
                block.copy_out(bytes.append(length));
                let flags = block.flags();
                let unchanged = self.is_unchanged(found) == Ok(true);
                unchanged.then_some(RecordValue::Bytes { flags })
            }
            Kind::Integer => Some(RecordValue::Integer(found.pair.lo.cast_signed())),
            Kind::Float => Some(RecordValue::Float(f64::from_bits(found.pair.lo))),
            Kind::Inline => {
                unpack_inline(found.pair.lo, bytes);
                Some(RecordValue::Bytes { flags: 0 })
            }
            _ => None,
        }
    }

    #[cold]
    fn read_again(
        &self,
        key: &Key<'_>,
        now: impl Fn() -> Ticks,
        bytes: &mut impl Buffer,
        mark: Mark,
    ) -> Result<Option<Record>, ReadError> {
        let mut rounds = 0;
        while rounds < ROUNDS_MAX as usize {
            let Some(found) = self.find_current(key, &now)? else {
                return Ok(None);
            };
            self.mark_used(&found, mark);
            if let Some(value) = self.value_of(&found, bytes)? {
                return Ok(Some(Record::of(&found, value)));
            }
            // A page of a value counts as a round, or a peer could keep us at copying a long one.
            rounds += 1 + bytes.length() / 4096;
        }
        Err(ReadError::Busy)
    }

    /// Whether there is such a key.
    ///
    /// # Errors
    /// [`ReadError`].
    #[inline]
    pub fn contains(
        &self,
        key: &Key<'_>,
        now: impl Fn() -> Ticks,
        mark: Mark,
    ) -> Result<bool, ReadError> {
        let found = self.find_current(key, &now)?;
        Ok(found.is_some_and(|found| {
            self.mark_used(&found, mark);
            true
        }))
    }

    /// When an entry ends; `None`: no such key.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn expiry(
        &self,
        key: &Key<'_>,
        now: impl Fn() -> Ticks,
    ) -> Result<Option<Expiry>, ReadError> {
        let found = self.find_current(key, &now)?;
        Ok(found.map(|found| found.pair.hi.expiry()))
    }

    /// Reads a number, and allocates nothing.
    ///
    /// # Errors
    /// [`CountError::WrongType`] for bytes; otherwise as a read.
    #[inline(always)]
    pub fn number(
        &self,
        key: &Key<'_>,
        now: impl Fn() -> Ticks,
        mark: Mark,
    ) -> Result<Option<Number>, CountError> {
        match self.attempt(self.home(self.geom(), key.hash), key)? {
            Some(Look::Hit(found)) if is_current(found.pair.hi, &now) => {
                self.mark_used(&found, mark);
                if let Some(number) = number_of(found.pair.lo, found.pair.hi.kind()) {
                    return Ok(Some(number));
                }
            }
            Some(_) => return Ok(None),
            None => {}
        }
        self.number_elsewhere(key, now)
    }

    /// The number of a striped counter, or of one whose bucket has just changed.
    #[cold]
    fn number_elsewhere(
        &self,
        key: &Key<'_>,
        now: impl Fn() -> Ticks,
    ) -> Result<Option<Number>, CountError> {
        for _ in 0..ROUNDS_MAX {
            let Some(found) = self.find_current(key, &now)? else {
                return Ok(None);
            };
            if found.pair.hi.kind() == Kind::Striped {
                if let Some(sum) = self.striped(&found).map_err(ReadError::from)? {
                    return Ok(Some(Number::Integer(sum)));
                }
            } else {
                return number_of(found.pair.lo, found.pair.hi.kind())
                    .map(Some)
                    .ok_or(CountError::WrongType);
            }
        }
        Err(ReadError::Busy.into())
    }

    /// The sum of the lanes that an entry refers to; `None` if it changed meanwhile.
    fn striped(&self, found: &Found) -> Result<Option<i64>, Corrupt> {
        let sum = self.sum(GroupRef(found.pair.lo));
        Ok(if self.is_unchanged(found)? { sum } else { None })
    }

    /// Searches for a key that has not expired.
    #[inline(always)]
    fn find_current(
        &self,
        key: &Key<'_>,
        now: &impl Fn() -> Ticks,
    ) -> Result<Option<Found>, ReadError> {
        Ok(match self.find(key)? {
            Look::Hit(found) if is_current(found.pair.hi, now) => Some(found),
            _ => None,
        })
    }

    /// The token of an entry; `None` if it changed meanwhile.
    pub(crate) fn token_of(&self, found: &Found) -> Result<Option<Token>, Corrupt> {
        let CellPair { lo, hi } = found.pair;
        if hi.kind() == Kind::Striped {
            let sum = self.striped(found)?;
            return Ok(sum.map(|sum| Token::of_striped(sum, hi)));
        }
        Ok(Some(Token::of(lo, hi)))
    }

    /// Tells the clock hand that the entry is in use. Hot entries have their bit set and are not stored to.
    #[inline(always)]
    pub(crate) fn mark_used(&self, found: &Found, mark: Mark) {
        if mark == Mark::Used && self.evicts() {
            self.mark_cell(found);
        }
    }

    fn mark_cell(&self, found: &Found) {
        if let Ok(bucket) = self.bucket(found.bucket) {
            let bit = 1 << found.cell;
            // Relaxed: a hint.
            if bucket.used.load(Ordering::Relaxed) & bit == 0 {
                bucket.used.set_bits(bit, Ordering::Relaxed);
            }
        }
    }

    /// The value of an entry; `None` if it changed meanwhile.
    #[inline]
    pub(crate) fn value_of(
        &self,
        found: &Found,
        bytes: &mut impl Buffer,
    ) -> Result<Option<RecordValue>, Corrupt> {
        bytes.clear();
        let lo = found.pair.lo;
        match found.pair.hi.kind() {
            Kind::Integer | Kind::Float => {
                Ok(
                    number_of(lo, found.pair.hi.kind()).map(|number| match number {
                        Number::Integer(value) => RecordValue::Integer(value),
                        Number::Float(value) => RecordValue::Float(value),
                    }),
                )
            }
            Kind::Inline => {
                unpack_inline(lo, bytes);
                Ok(Some(RecordValue::Bytes { flags: 0 }))
            }
            Kind::Striped => Ok(self.striped(found)?.map(RecordValue::Integer)),
            Kind::Block | Kind::Chunked => self.bytes_of(found, bytes),
            Kind::Unknown => Err(Corrupt::Cell {
                bucket: found.bucket,
                cell: found.cell,
            }),
        }
    }

    /// Copies a value out of the arena.
    #[inline]
    fn bytes_of(
        &self,
        found: &Found,
        bytes: &mut impl Buffer,
    ) -> Result<Option<RecordValue>, Corrupt> {
        let copied = self.copy_value(found, bytes);
        if !self.is_unchanged(found)? {
            return Ok(None);
        }
        copied.map(|flags| Some(RecordValue::Bytes { flags }))
    }

    /// Copies a value out, torn perhaps; returns its flags.
    #[inline]
    fn copy_value(&self, found: &Found, bytes: &mut impl Buffer) -> Result<u32, Corrupt> {
        let corrupt = Corrupt::Block {
            reference: found.pair.lo,
        };
        let block = self.block(BlockRef(found.pair.lo)).ok_or(corrupt)?;
        if found.pair.hi.kind() == Kind::Chunked {
            self.copy_chunks(block, bytes)?;
            return Ok(block.flags());
        }
        let length = block.bytes();
        if length > block.payload_bytes() {
            return Err(corrupt);
        }
        block.copy_out(bytes.append(length));
        Ok(block.flags())
    }

    /// Whether what was copied since the search belongs to the entry that it found.
    ///
    /// The state counts: a delete keeps version and `lo`, and frees the block before it unlinks the cell, so only
    /// DEAD tells. Depth and migration count: after a split the child's entry can be deleted while the frozen
    /// cell here stays as it was.
    #[inline(always)]
    pub(crate) fn is_unchanged(&self, found: &Found) -> Result<bool, Corrupt> {
        let bucket = self.bucket(found.bucket)?;
        let cell = &bucket.cells[found.cell];
        // Acquire [reuse]: if a word of the copy came from a later owner of the block, one of the three below
        // has changed.
        fence(Ordering::Acquire);
        // Relaxed [reuse]: ordered by the fence.
        Ok(still(found.pair.hi, cell.hi_again())
            && cell.pair.lo(Ordering::Relaxed) == found.pair.lo
            && bucket.control_again().same_place(found.control.hi))
    }
}

/// Whether an entry has not expired. Asks the clock only if it has to.
#[inline(always)]
pub(crate) fn is_current(hi: CellHi, now: &impl Fn() -> Ticks) -> bool {
    hi.expiry().is_never() || !hi.expiry().is_past(now())
}

/// The number in the low half of a pair.
#[inline(always)]
pub(crate) fn number_of(lo: u64, kind: Kind) -> Option<Number> {
    match kind {
        Kind::Integer => Some(Number::Integer(lo.cast_signed())),
        Kind::Float => Some(Number::Float(f64::from_bits(lo))),
        _ => None,
    }
}

/// A few bytes and their number as the low half of a pair.
pub(crate) fn pack_inline(bytes: &[u8]) -> u64 {
    let value = crate::key::partial_word(bytes);
    value << 8 | bytes.len() as u64
}

fn unpack_inline(lo: u64, bytes: &mut impl Buffer) {
    let [length, value @ ..] = lo.to_le_bytes();
    let value = &value[..usize::from(length).min(INLINE_BYTES_MAX)];
    let room = bytes.append(value.len());
    if !room.is_empty() {
        room.copy_from_slice(value);
    }
}
