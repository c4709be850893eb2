//! The operations, each with what it makes of a key's content.
use super::case::Content;
use quipu::{Count, Table, Ttl, Update, Value};
use std::fmt::Debug;
use std::time::Duration;

pub(super) const SHORT: &[u8] = b"key";
pub(super) const LONG: &[u8] =
    b"a key that is so long that it has no room in its cell, and so a block of its own";

/// A key that holds a striped counter at first.
pub(super) const STRIPED: &[u8] = b"striped";

const HOUR: Ttl = Ttl::After(Duration::from_secs(3600));
/// Bytes of a value that has a block, and that of an old one. All of one class.
const BLOCK: usize = 70;
const OLD_BLOCK: usize = 60;
/// Bytes of a value of two chunks.
const CHUNKED: usize = 33_000;

/// In which states an operation is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    Everywhere,
    /// It has too many steps, or its steps are the same everywhere.
    Plain,
    /// It changes nothing but in a table that evicts.
    Evicting,
}

#[derive(Clone, Copy)]
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) key: &'static [u8],
    /// What the key holds at first.
    pub(super) old: fn() -> Content,
    pub(super) run: fn(&Table, &[u8]) -> String,
    pub(super) next: fn(Content) -> Content,
    pub(super) place: Where,
}

fn text(result: impl Debug) -> String {
    format!("{result:?}").chars().take(200).collect()
}

pub(super) fn bytes(fill: u8, length: usize) -> Value {
    Value::bytes(vec![fill; length])
}

fn missing() -> Content {
    None
}

fn five() -> Content {
    Some(Value::Integer(5))
}

fn few() -> Content {
    Some(bytes(b'i', 3))
}

fn block() -> Content {
    Some(bytes(b'o', OLD_BLOCK))
}

fn chunked() -> Content {
    Some(bytes(b'c', CHUNKED))
}

fn same(content: Content) -> Content {
    content
}

fn gone(_: Content) -> Content {
    None
}

fn set(table: &Table, key: &[u8], value: &Value) -> String {
    text(table.set(key, value, Ttl::Never))
}

fn plus(content: Content, change: impl FnOnce(i64) -> i64) -> Content {
    match content {
        Some(Value::Integer(value)) => Some(Value::Integer(change(value))),
        None => Some(Value::Integer(change(0))),
        other => other,
    }
}

fn set_block(table: &Table, key: &[u8]) -> String {
    set(table, key, &bytes(b'n', BLOCK))
}

fn to_block(_: Content) -> Content {
    Some(bytes(b'n', BLOCK))
}

fn set_few(table: &Table, key: &[u8]) -> String {
    set(table, key, &bytes(b'f', 7))
}

fn to_few(_: Content) -> Content {
    Some(bytes(b'f', 7))
}

fn set_chunked(table: &Table, key: &[u8]) -> String {
    set(table, key, &bytes(b'd', CHUNKED))
}

fn to_chunked(_: Content) -> Content {
    Some(bytes(b'd', CHUNKED))
}

fn incr(table: &Table, key: &[u8]) -> String {
    text(table.incr(key, 7))
}

fn add_striped(table: &Table, key: &[u8]) -> String {
    text(table.striped(key).map(|mut striped| striped.add(7)))
}

fn plus_seven(content: Content) -> Content {
    plus(content, |value| value + 7)
}

fn take(table: &Table, key: &[u8]) -> String {
    text(table.take(key))
}

fn to_zero(content: Content) -> Content {
    content.and_then(|value| plus(Some(value), |_| 0))
}

fn delete(table: &Table, key: &[u8]) -> String {
    text(table.delete(key))
}

/// Short for an entry of the list that is killed everywhere.
const fn op(
    name: &'static str,
    key: &'static [u8],
    old: fn() -> Content,
    run: fn(&Table, &[u8]) -> String,
    next: fn(Content) -> Content,
) -> Operation {
    Operation {
        name,
        key,
        old,
        run,
        next,
        place: Where::Everywhere,
    }
}

const fn only(place: Where, operation: Operation) -> Operation {
    Operation { place, ..operation }
}

/// Writes of whole values.
const STORES: [Operation; 16] = [
    op("set inline, new", SHORT, missing, set_few, to_few),
    op("set inline over integer", SHORT, five, set_few, to_few),
    op("set inline over block", SHORT, block, set_few, to_few),
    op("set inline over chunked", SHORT, chunked, set_few, to_few),
    op("set block, new", SHORT, missing, set_block, to_block),
    op("set block over inline", SHORT, few, set_block, to_block),
    op("set block over block", SHORT, block, set_block, to_block),
    only(
        Where::Plain,
        op("set chunked, new", SHORT, missing, set_chunked, to_chunked),
    ),
    only(
        Where::Plain,
        op(
            "set chunked over chunked",
            SHORT,
            chunked,
            set_chunked,
            to_chunked,
        ),
    ),
    op("set long key, new", LONG, missing, set_few, to_few),
    op(
        "set long key and block, new",
        LONG,
        missing,
        set_block,
        to_block,
    ),
    op("set long key over block", LONG, block, set_block, to_block),
    op(
        "set with time to live",
        SHORT,
        missing,
        |t, k| text(t.set(k, [b'n'; BLOCK].as_slice(), HOUR)),
        to_block,
    ),
    op(
        "add",
        SHORT,
        missing,
        |t, k| text(t.add(k, [b'n'; BLOCK].as_slice(), Ttl::Never)),
        |content| content.or_else(|| to_block(None)),
    ),
    op(
        "replace",
        SHORT,
        block,
        |t, k| text(t.replace(k, [b'n'; BLOCK].as_slice(), Ttl::Never)),
        |content| content.and_then(|_| to_block(None)),
    ),
    op(
        "get and set",
        SHORT,
        block,
        |t, k| text(t.get_and_set(k, [b'n'; BLOCK].as_slice(), Ttl::Never)),
        to_block,
    ),
];

/// Numbers.
const COUNTS: [Operation; 7] = [
    op("incr, new", SHORT, missing, incr, |content| {
        plus(content, |value| value + 7)
    }),
    op("incr", SHORT, five, incr, |content| {
        plus(content, |value| value + 7)
    }),
    op("incr long key, new", LONG, missing, incr, |content| {
        plus(content, |value| value + 7)
    }),
    op(
        "count with floor",
        SHORT,
        five,
        |t, k| {
            let count = Count {
                delta: -9,
                floor: Some(0),
                ..Count::default()
            };
            text(t.count(k, count))
        },
        |content| plus(content, |value| (value - 9).max(0.min(value))),
    ),
    op(
        "fetch_max",
        SHORT,
        five,
        |t, k| text(t.fetch_max(k, 9)),
        |content| plus(content, |value| value.max(9)),
    ),
    op("take", SHORT, five, take, to_zero),
    op(
        "add_float, new",
        SHORT,
        missing,
        |t, k| text(t.add_float(k, 0.5)),
        |content| match content {
            None => Some(Value::Float(0.5)),
            Some(Value::Float(value)) => Some(Value::Float(value + 0.5)),
            other => other,
        },
    ),
];

/// Counters that are striped, or become so.
const STRIPES: [Operation; 7] = [
    op("striped add, new", SHORT, missing, add_striped, plus_seven),
    op(
        "striped add to integer",
        SHORT,
        five,
        add_striped,
        plus_seven,
    ),
    op("striped add", STRIPED, five, add_striped, plus_seven),
    op("incr of striped", STRIPED, five, incr, plus_seven),
    op("take of striped", STRIPED, five, take, to_zero),
    op("delete striped", STRIPED, five, delete, gone),
    op("set inline over striped", STRIPED, five, set_few, to_few),
];

/// Deletes, and writes that depend on what is there.
const CHANGES: [Operation; 13] = [
    op("delete inline", SHORT, few, delete, gone),
    op("delete block", SHORT, block, delete, gone),
    op("delete chunked", SHORT, chunked, delete, gone),
    op("delete long key and block", LONG, block, delete, gone),
    op(
        "get_and_delete",
        SHORT,
        block,
        |t, k| text(t.get_and_delete(k)),
        gone,
    ),
    op(
        "append",
        SHORT,
        block,
        |t, k| text(t.append(k, b"tail")),
        |content| match content {
            Some(Value::Bytes { mut bytes, flags }) => {
                bytes.extend_from_slice(b"tail");
                Some(Value::Bytes { bytes, flags })
            }
            other => other,
        },
    ),
    op(
        "update",
        SHORT,
        block,
        |t, k| text(t.update(k, |_| (Update::Set(bytes(b'n', BLOCK), Ttl::Never), ()))),
        to_block,
    ),
    op(
        "compare_and_set",
        SHORT,
        block,
        |t, k| match t.get_entry(k) {
            Ok(Some(entry)) => {
                text(t.compare_and_set(k, entry.token, [b'n'; BLOCK].as_slice(), Ttl::Never))
            }
            other => text(other),
        },
        |content| content.and_then(|_| to_block(None)),
    ),
    op("touch", SHORT, block, |t, k| text(t.touch(k, HOUR)), same),
    op("persist", SHORT, block, |t, k| text(t.persist(k)), same),
    only(
        Where::Evicting,
        op("get", SHORT, five, |t, k| text(t.get(k)), same),
    ),
    op(
        "get_and_touch",
        SHORT,
        five,
        |t, k| text(t.get_and_touch(k, HOUR)),
        same,
    ),
    only(
        Where::Plain,
        op("clear", SHORT, block, |t, _| text(t.clear()), gone),
    ),
];

/// All of them.
pub(super) fn all() -> impl Iterator<Item = Operation> {
    STORES
        .into_iter()
        .chain(COUNTS)
        .chain(STRIPES)
        .chain(CHANGES)
}
