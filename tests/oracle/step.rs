//! The steps of a test, and the keys that they work on.
use crate::model::Op;
use std::fmt;

/// A key, by what makes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(pub(crate) Vec<u8>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = String::from_utf8_lossy(&self.0[..self.0.len().min(4)]);
        write!(f, "{head:?}[{}]", self.0.len())
    }
}

/// A step of a test.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// An operation on a key, by one of the handles.
    On(Key, Op, usize),
    MultiSet(Vec<(Key, i64)>),
    MultiIncr(Vec<(Key, i64)>),
    MultiGet(Vec<Key>),
    Scan,
    ScanPrefix(u8),
    Clear,
    Maintain,
    Check,
    Reopen,
    /// Longer than a short time to live.
    Sleep,
}
