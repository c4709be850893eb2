//! One key of a plain map: what each operation answers and leaves.
use std::fmt;
use std::time::{Duration, Instant};

/// A value that can be compared bit for bit.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Plain {
    Integer(i64),
    Float(u64),
    Bytes(Vec<u8>, u32),
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Float(bits) => write!(f, "{:?}", f64::from_bits(*bits)),
            Self::Bytes(bytes, flags) => {
                let head = &bytes[..bytes.len().min(8)];
                write!(f, "{} bytes {head:02x?} flags {flags}", bytes.len())
            }
        }
    }
}

impl From<quipu::Value> for Plain {
    fn from(value: quipu::Value) -> Self {
        match value {
            quipu::Value::Integer(number) => Self::Integer(number),
            quipu::Value::Float(number) => Self::Float(number.to_bits()),
            quipu::Value::Bytes { bytes, flags } => Self::Bytes(bytes, flags),
        }
    }
}

impl From<&Plain> for quipu::Value {
    fn from(value: &Plain) -> Self {
        match value {
            Plain::Integer(number) => Self::Integer(*number),
            Plain::Float(bits) => Self::Float(f64::from_bits(*bits)),
            Plain::Bytes(bytes, flags) => Self::Bytes {
                bytes: bytes.clone(),
                flags: *flags,
            },
        }
    }
}

/// When an entry ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Never,
    /// In an hour: not while the test runs.
    Far,
    /// At some moment before this one.
    Before(Instant),
}

/// The time to live that an operation gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Never,
    Keep,
    Far,
    /// A millisecond.
    Short,
}

/// What [`Life::Far`] is.
pub(crate) const FAR: Duration = Duration::from_secs(3600);
/// What [`Life::Short`] is.
pub(crate) const SHORT: Duration = Duration::from_millis(1);
/// Ticks are of a millisecond; a time to live ends two of them late at most.
pub(crate) const LATE: Duration = Duration::from_millis(3);

impl Life {
    pub(crate) fn ttl(self) -> quipu::Ttl {
        match self {
            Self::Never => quipu::Ttl::Never,
            Self::Keep => quipu::Ttl::Keep,
            Self::Far => quipu::Ttl::After(FAR),
            Self::Short => quipu::Ttl::After(SHORT),
        }
    }

    /// The end of an entry that an operation gave it no later than now.
    fn end(self, before: Option<&Entry>) -> End {
        match self {
            Self::Never => End::Never,
            Self::Keep => before.map_or(End::Never, |entry| entry.end),
            Self::Far => End::Far,
            // The operation itself may take a while yet: `settle` sets the moment after it.
            Self::Short => End::Before(Instant::now() + FAR),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) value: Plain,
    pub(crate) end: End,
}

impl Entry {
    /// When it is gone for certain; `None`: not while the test runs.
    pub(crate) fn ends(&self) -> Option<Instant> {
        match self.end {
            End::Before(end) => Some(end),
            End::Never | End::Far => None,
        }
    }

    /// Sets the moment after which an entry is gone that got a short time to live by now.
    pub(crate) fn settle(&mut self) {
        let latest = Instant::now() + SHORT + LATE;
        if let End::Before(end) = &mut self.end {
            *end = latest.min(*end);
        }
    }
}

/// An operation on one key.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Get,
    Set(Plain, Life),
    Add(Plain, Life),
    Replace(Plain, Life),
    /// With a token that was read just now, or with one from before the value was overwritten by an integer.
    CompareAndSet {
        fresh: bool,
        value: Plain,
        life: Life,
    },
    CompareAndDelete {
        fresh: bool,
    },
    GetAndSet(Plain, Life),
    GetAndDelete,
    GetAndTouch(Life),
    Append(Vec<u8>),
    Prepend(Vec<u8>),
    Delete,
    Update(Change),
    Touch(Life),
    Persist,
    Incr(i64),
    AddStriped(i64),
    Decr(i64),
    Count {
        delta: i64,
        initial: Option<i64>,
        floor: Option<i64>,
        life: Life,
    },
    AddFloat(f64),
    Max(i64),
    Min(i64),
    Take,
}

/// What the closure of an update asks for.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Keep,
    Set(Plain, Life),
    Delete,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Did(bool),
    Number(i64),
    Float(u64),
    Length(usize),
    Found(Option<Plain>),
    Compared(quipu::Compared),
    Failed(Failure),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Missing,
    WrongType,
    Overflow,
    /// There is no room; nothing has changed.
    Full,
}

type Step = Result<(Answer, Option<Entry>), Failure>;

/// What a plain map answers, and what it holds after it.
pub(crate) fn apply(op: &Op, before: Option<Entry>) -> (Answer, Option<Entry>) {
    match step(op, before.clone()) {
        Ok(result) => result,
        Err(failure) => (Answer::Failed(failure), before),
    }
}

fn step(op: &Op, before: Option<Entry>) -> Step {
    let found = || Answer::Found(before.as_ref().map(|entry| entry.value.clone()));
    let is_there = before.is_some();
    let entry = |value: &Plain, life: Life| {
        let end = life.end(before.as_ref());
        let value = value.clone();
        Some(Entry { value, end })
    };
    Ok(match op {
        Op::Get => (found(), before),
        Op::Set(value, life) => (Answer::Done, entry(value, *life)),
        Op::Add(value, life) if !is_there => (Answer::Did(true), entry(value, *life)),
        Op::Replace(value, life) if is_there => (Answer::Did(true), entry(value, *life)),
        Op::Add(..) | Op::Replace(..) => (Answer::Did(false), before),
        Op::CompareAndSet { .. } | Op::CompareAndDelete { .. } => compare(op, before),
        Op::GetAndSet(value, life) => (found(), entry(value, *life)),
        Op::GetAndDelete => (found(), None),
        Op::GetAndTouch(life) => (found(), touched(before, *life)),
        Op::Append(more) => extend(before, |bytes| bytes.extend(more))?,
        Op::Prepend(more) => extend(before, |bytes| {
            drop(bytes.splice(..0, more.iter().copied()))
        })?,
        Op::Delete => (Answer::Did(is_there), None),
        Op::Update(Change::Keep) => (found(), before),
        Op::Update(Change::Set(value, life)) => (found(), entry(value, *life)),
        Op::Update(Change::Delete) => (found(), None),
        Op::Touch(life) => (Answer::Did(is_there), touched(before, *life)),
        Op::Persist => (Answer::Did(is_there), touched(before, Life::Never)),
        _ => number(op, before)?,
    })
}

fn touched(before: Option<Entry>, life: Life) -> Option<Entry> {
    let end = life.end(before.as_ref());
    before.map(|entry| Entry { end, ..entry })
}

fn compare(op: &Op, before: Option<Entry>) -> (Answer, Option<Entry>) {
    let (Op::CompareAndSet { fresh, .. } | Op::CompareAndDelete { fresh }) = op else {
        return (Answer::Done, before);
    };
    let Some(there) = &before else {
        return (Answer::Compared(quipu::Compared::Missing), None);
    };
    let overwritten = Some(Entry {
        value: Plain::Integer(OVERWRITTEN),
        end: End::Never,
    });
    // The token of a number cannot tell it from the same one that was written over it.
    if !fresh && there.value != Plain::Integer(OVERWRITTEN) {
        return (Answer::Compared(quipu::Compared::Changed), overwritten);
    }
    let before = if *fresh { before } else { overwritten };
    let after = match op {
        Op::CompareAndSet { value, life, .. } => Some(Entry {
            value: value.clone(),
            end: life.end(before.as_ref()),
        }),
        _ => None,
    };
    (Answer::Compared(quipu::Compared::Done), after)
}

/// What a value becomes between a token and its use; no operation here writes it.
pub(crate) const OVERWRITTEN: i64 = i64::MIN + 12345;

fn extend(before: Option<Entry>, more: impl FnOnce(&mut Vec<u8>)) -> Step {
    let Entry { value, end } = before.ok_or(Failure::Missing)?;
    let Plain::Bytes(mut bytes, flags) = value else {
        return Err(Failure::WrongType);
    };
    more(&mut bytes);
    let length = bytes.len();
    let value = Plain::Bytes(bytes, flags);
    Ok((Answer::Length(length), Some(Entry { value, end })))
}

fn number(op: &Op, before: Option<Entry>) -> Step {
    let end = before.as_ref().map_or(End::Never, |entry| entry.end);
    let there = before.map(|entry| entry.value);
    let integer = || match &there {
        None => Ok(None),
        Some(Plain::Integer(number)) => Ok(Some(*number)),
        Some(_) => Err(Failure::WrongType),
    };
    let put = |number: i64, end| {
        let value = Plain::Integer(number);
        (Answer::Number(number), Some(Entry { value, end }))
    };
    let sum = |a: i64, b: Option<i64>| b.and_then(|b| a.checked_add(b)).ok_or(Failure::Overflow);
    Ok(match op {
        Op::Incr(delta) => put(sum(integer()?.unwrap_or(0), Some(*delta))?, end),
        Op::AddStriped(delta) => {
            let from = integer()?.unwrap_or(0);
            // What ends is never striped.
            let sum = match end {
                End::Never => from.wrapping_add(*delta),
                _ => sum(from, Some(*delta))?,
            };
            (Answer::Did(true), put(sum, end).1)
        }
        Op::Decr(delta) => {
            let from = integer()?.unwrap_or(0);
            put(from.checked_sub(*delta).ok_or(Failure::Overflow)?, end)
        }
        Op::Count {
            delta,
            initial,
            floor,
            life,
        } => {
            let is_new = integer()?.is_none();
            let from = integer()?.or(*initial).ok_or(Failure::Missing)?;
            let stop = floor.map(|floor| floor.min(from));
            let result = match (from.checked_add(*delta), stop) {
                (Some(result), stop) => stop.map_or(result, |stop| result.max(stop)),
                (None, Some(stop)) if *delta < 0 => stop,
                (None, _) => return Err(Failure::Overflow),
            };
            put(result, if is_new { life.end(None) } else { end })
        }
        Op::Max(value) => put(integer()?.map_or(*value, |there| there.max(*value)), end),
        Op::Min(value) => put(integer()?.map_or(*value, |there| there.min(*value)), end),
        Op::AddFloat(delta) => {
            let from = match &there {
                None => 0.0,
                Some(Plain::Float(bits)) => f64::from_bits(*bits),
                Some(_) => return Err(Failure::WrongType),
            };
            let bits = (from + delta).to_bits();
            let value = Plain::Float(bits);
            (Answer::Float(bits), Some(Entry { value, end }))
        }
        Op::Take => {
            let zero = match &there {
                None => return Ok((Answer::Found(None), None)),
                Some(Plain::Integer(_)) => Plain::Integer(0),
                Some(Plain::Float(_)) => Plain::Float(0),
                Some(Plain::Bytes(..)) => return Err(Failure::WrongType),
            };
            (Answer::Found(there), Some(Entry { value: zero, end }))
        }
        _ => unreachable!("the operations on numbers"),
    })
}
