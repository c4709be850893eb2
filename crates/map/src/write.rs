//! How a write is run: as a participant of this thread, and once more if it was refused for want of room and the
//! dead gave some back. And writes that depend on what is there, as loops.
use crate::inner::Inner;
use crate::registry;
use crate::thread::with_session;
use crate::value::{Entry, Token, Ttl, ValueRef};
use quipu_core::{
    Corrupt, CountError, Key, Lifetime, New, Outcome, ReadError, Session, When, WriteError,
    layout::ROUNDS_MAX,
};
use std::sync::Arc;
use std::thread;

/// After so many conflicts in a row others are let go first.
const ROUNDS_WITHOUT_YIELD: u32 = 8;

/// An error of a write.
pub(crate) trait Failure: From<WriteError> + From<Corrupt> {
    /// Whether the write was refused for want of room.
    fn is_full(&self) -> bool;
}

impl Failure for WriteError {
    fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }
}

impl Failure for CountError {
    fn is_full(&self) -> bool {
        matches!(self, Self::Write(WriteError::Full(_)))
    }
}

/// Runs a write.
#[inline(always)]
pub(crate) fn run<R, E: Failure>(
    inner: &Arc<Inner>,
    mut operation: impl FnMut(&mut Session<'_, Inner>) -> Result<R, E>,
) -> Result<R, E> {
    let result = match with_session(inner, &mut operation) {
        Ok(Err(error)) if error.is_full() => run_again(inner, error, operation),
        Ok(result) => result,
        Err(error) => Err(error.into()),
    };
    inner.whole(result)
}

/// The dead may hold what is missing.
#[cold]
fn run_again<R, E: Failure>(
    inner: &Arc<Inner>,
    full: E,
    operation: impl FnMut(&mut Session<'_, Inner>) -> Result<R, E>,
) -> Result<R, E> {
    let result = match registry::recover_if_not_lately(inner) {
        0 => Err(full),
        _ => with_session(inner, operation)?,
    };
    if result.as_ref().is_err_and(Failure::is_full) {
        inner.memory().note_full();
    }
    result
}

/// Repeats an attempt until it has no conflict.
pub(crate) fn until_done<R, E: From<WriteError>>(
    mut attempt: impl FnMut() -> Result<Option<R>, E>,
) -> Result<R, E> {
    for round in 0..ROUNDS_MAX {
        if let Some(result) = attempt()? {
            return Ok(result);
        }
        if round >= ROUNDS_WITHOUT_YIELD {
            thread::yield_now();
        }
    }
    Err(WriteError::Busy.into())
}

impl<'v> From<ValueRef<'v>> for New<'v> {
    fn from(value: ValueRef<'v>) -> Self {
        match value {
            ValueRef::Integer(value) => New::Integer(value),
            ValueRef::Float(value) => New::Float(value),
            ValueRef::Bytes { bytes, flags } => New::Bytes { bytes, flags },
        }
    }
}

/// The condition that an entry is as it was read.
pub(crate) fn unchanged(entry: Option<&Entry>) -> When {
    entry.map_or(When::Absent, |entry| when_is(entry.token))
}

/// The condition that an entry is as a token says.
pub(crate) fn when_is(token: Token) -> When {
    When::Is(quipu_core::Token(token.0))
}

impl Inner {
    /// A key for a write.
    #[inline(always)]
    pub(crate) fn key_to_write<'k>(&self, key: &'k [u8]) -> Result<Key<'k>, WriteError> {
        self.key(key).map_err(|error: ReadError| error.into())
    }

    /// What becomes of an entry's time to live.
    #[inline]
    pub(crate) fn lifetime(&self, ttl: Ttl) -> Result<Lifetime, WriteError> {
        let expiry = self.clock.expiry(self.memory(), ttl)?;
        Ok(expiry.map_or(Lifetime::Keep, Lifetime::Until))
    }
}

/// Stores a value under a condition.
#[inline]
pub(crate) fn store(
    inner: &Arc<Inner>,
    key: &Key<'_>,
    value: ValueRef<'_>,
    ttl: Ttl,
    when: When,
) -> Result<Outcome, WriteError> {
    let lifetime = inner.lifetime(ttl)?;
    run(inner, |session| {
        session.store(key, value.into(), lifetime, when)
    })
}

/// Deletes an entry under a condition.
pub(crate) fn delete(inner: &Arc<Inner>, key: &Key<'_>, when: When) -> Result<Outcome, WriteError> {
    run(inner, |session| session.delete(key, when))
}
