//! What one key of a table does when operations come one after the other: the specification that a history must
//! have an order for.
use stateright::semantics::SequentialSpec;
use std::collections::BTreeMap;

/// A value. No two writes of a history write the same bytes or set the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    Integer(i64),
    /// Bytes that this number makes, see `plan::bytes_of`.
    Bytes(u32),
}

/// Names a write that gave a time to live.
pub(crate) type Lease = u32;

/// What a process asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Get,
    /// A read whose token this worker keeps for its next `CompareAndSet`.
    Read(u8),
    CompareAndSet(u8, Value),
    Set(Value, Option<Lease>),
    Add(Value),
    Incr(i64),
    Take,
    Delete,
    GetAndSet(Value),
    GetAndDelete,
    Update(Value),
    Expire(Lease),
    Persist,
    /// Not asked for by anybody: a time to live ends. It is invoked at the first instant at which it may, and
    /// returns at the last; in between it takes effect at one instant, as any operation.
    End(Lease),
}

/// What it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Found(Option<Value>),
    Did(bool),
    Sum(i64),
    Taken(Option<i64>),
    WrongType,
    Compared(Compared),
    /// What no operation may answer: an error, or bytes that nobody wrote.
    Bad(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    Done,
    Changed,
    Missing,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    value: Value,
    lease: Option<Lease>,
}

/// One key. It does not exist at first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Key {
    entry: Option<Entry>,
    /// How often the value changed, went or came.
    changes: u32,
    /// What the token of each worker names: a value, and the changes until it was read.
    tokens: BTreeMap<u8, (Value, u32)>,
}

impl Key {
    fn value(&self) -> Option<Value> {
        self.entry.map(|entry| entry.value)
    }

    fn put(&mut self, value: Value, lease: Option<Lease>) {
        self.entry = Some(Entry { value, lease });
        self.changes += 1;
    }

    fn remove(&mut self) -> bool {
        self.changes += u32::from(self.entry.is_some());
        self.entry.take().is_some()
    }

    fn lease(&mut self, lease: Option<Lease>) -> Answer {
        if let Some(entry) = &mut self.entry {
            entry.lease = lease;
        }
        Answer::Did(self.entry.is_some())
    }

    /// The number that is there and its lease; a missing key has `None`.
    fn number(&self) -> Result<Option<(i64, Option<Lease>)>, Answer> {
        match self.entry {
            None => Ok(None),
            Some(Entry {
                value: Value::Integer(number),
                lease,
            }) => Ok(Some((number, lease))),
            Some(_) => Err(Answer::WrongType),
        }
    }

    fn incr(&mut self, delta: i64) -> Result<Answer, Answer> {
        let (from, lease) = self.number()?.unwrap_or((0, None));
        self.put(Value::Integer(from + delta), lease);
        Ok(Answer::Sum(from + delta))
    }

    fn take(&mut self) -> Result<Answer, Answer> {
        let Some((number, lease)) = self.number()? else {
            return Ok(Answer::Taken(None));
        };
        self.put(Value::Integer(0), lease);
        Ok(Answer::Taken(Some(number)))
    }

    /// What compare-and-set may answer here. Both `Done` and `Changed` may be right: the token of a number cannot
    /// tell one that went away and came back, but is not made to confuse them.
    fn compare(&self, worker: u8) -> Vec<Compared> {
        let (Some(there), Some((value, changes))) = (self.value(), self.tokens.get(&worker)) else {
            return vec![Compared::Missing];
        };
        let is_unchanged = *changes == self.changes;
        let is_same = there == *value && (is_unchanged || matches!(there, Value::Integer(_)));
        let mut answers = Vec::new();
        if is_same {
            answers.push(Compared::Done);
        }
        if !is_unchanged {
            answers.push(Compared::Changed);
        }
        answers
    }

    fn compare_and_set(&mut self, worker: u8, value: Value, answer: Compared) -> bool {
        let may = self.compare(worker).contains(&answer);
        if may && answer == Compared::Done {
            self.put(value, None);
        }
        may
    }
}

impl SequentialSpec for Key {
    type Op = Op;
    type Ret = Answer;

    fn invoke(&mut self, op: &Op) -> Answer {
        let found = self.value();
        match *op {
            Op::Get => return Answer::Found(found),
            Op::Read(worker) => {
                match found {
                    Some(value) => self.tokens.insert(worker, (value, self.changes)),
                    None => self.tokens.remove(&worker),
                };
                return Answer::Found(found);
            }
            Op::CompareAndSet(worker, value) => {
                let answer = self.compare(worker)[0];
                self.compare_and_set(worker, value, answer);
                return Answer::Compared(answer);
            }
            Op::Set(value, lease) => self.put(value, lease),
            Op::Add(value) => {
                if found.is_none() {
                    self.put(value, None);
                }
                return Answer::Did(found.is_none());
            }
            Op::Incr(delta) => return self.incr(delta).unwrap_or_else(|answer| answer),
            Op::Take => return self.take().unwrap_or_else(|answer| answer),
            Op::Delete => return Answer::Did(self.remove()),
            Op::GetAndSet(value) | Op::Update(value) => {
                self.put(value, None);
                return Answer::Found(found);
            }
            Op::GetAndDelete => {
                self.remove();
                return Answer::Found(found);
            }
            Op::Expire(lease) => return self.lease(Some(lease)),
            Op::Persist => return self.lease(None),
            Op::End(lease) => {
                if self.entry.is_some_and(|entry| entry.lease == Some(lease)) {
                    self.remove();
                }
            }
        }
        Answer::Done
    }

    fn is_valid_step(&mut self, op: &Op, answer: &Answer) -> bool {
        match (op, answer) {
            (Op::CompareAndSet(worker, value), Answer::Compared(answer)) => {
                self.compare_and_set(*worker, *value, *answer)
            }
            _ => self.invoke(op) == *answer,
        }
    }
}
