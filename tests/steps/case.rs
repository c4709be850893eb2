//! One operation in one state of the table.
use super::survivor::Entry;
use quipu::{Options, Table, Value};

/// What a key holds; `None`: it is missing.
pub(super) type Content = Option<Value>;

/// What a child does on a table; returns what came of it, as text.
pub(super) type Run = Box<dyn Fn(&Table) -> String>;

/// Fills a table; returns all entries but the key's.
pub(super) type Prepare = Box<dyn Fn(&Table) -> Vec<Entry>>;

/// The part of a table's use in which a child dies.
pub(super) enum Act {
    /// An operation.
    On(Run),
    /// Opening it.
    Open,
    /// Closing it.
    Close,
    /// Making another table, with the name of this one and `.new`.
    Create,
}

/// A child that dies before the one that is tested begins.
pub(super) struct Before {
    pub(super) act: Act,
    /// It dies at every so many-th step.
    pub(super) stride: u64,
}

/// What may have become of all other entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// They are as they were.
    Stay,
    /// They are as they were, or missing: the operation removes them, or the table evicts.
    MayGo,
}

/// An operation in a state.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) options: Options,
    pub(super) prepare: Prepare,
    pub(super) before: Option<Before>,
    pub(super) act: Act,
    /// The key that it is about.
    pub(super) key: Vec<u8>,
    /// What the key may hold when the operation begins.
    pub(super) from: Vec<Content>,
    /// What the operation makes of it.
    pub(super) next: fn(Content) -> Content,
    /// An entry that the child that died before may have made.
    pub(super) may_have: Option<Entry>,
    /// Late in an operation, the child dies at every so many-th step: an eviction may cut a segment into 6,144 blocks.
    pub(super) stride_late: usize,
    pub(super) others: Others,
    /// Whether writes may be refused for want of room.
    pub(super) is_tight: bool,
    /// Whether the survivor leaves a note first that it waits for the key.
    pub(super) is_waited_for: bool,
}

impl Case {
    /// What the key may hold after the operation was killed, or had returned.
    pub(super) fn outcomes(&self, is_done: bool, was_refused: bool) -> Vec<Content> {
        let after = self.from.iter().cloned().map(self.next);
        match (is_done, was_refused) {
            (true, false) => after.collect(),
            (true, true) => self.from.clone(),
            (false, _) => self.from.iter().cloned().chain(after).collect(),
        }
    }
}
