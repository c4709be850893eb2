//! What is done: random operations on a few keys of all lengths, which print themselves in a line.
use crate::model::{Change, Life, Op, Plain};
use crate::step::{Key, Step};
use proptest::prelude::*;

/// Steps of a test.
pub(crate) const STEPS_MAX: usize = 80;

/// Few keys, so that they meet again; of all lengths, so that some are in cells and some in blocks.
fn key() -> impl Strategy<Value = Key> {
    let length = prop_oneof![
        12 => 0..=8_usize,
        6 => prop::sample::select(vec![24_usize, 31, 32, 33, 40, 41, 47, 48]),
        4 => 0..=300_usize,
        1 => prop::sample::select(vec![65_535_usize, 40_000]),
    ];
    let letter = prop::sample::select(vec![b'a', b'b', b'c']);
    (letter, length).prop_map(|(letter, length)| Key(vec![letter; length]))
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![
        8 => 0..=9_usize,
        8 => 0..=300_usize,
        4 => 0..=5000_usize,
        2 => 30_000..=102_400_usize,
        1 => Just(200 * 1024_usize),
    ];
    // Another byte at each place, so that a shift shows.
    (any::<u8>(), length).prop_map(|(first, length)| {
        let byte = |i: usize| first.wrapping_add((i as u64 % 251).to_le_bytes()[0]);
        (0..length).map(byte).collect()
    })
}

fn value() -> impl Strategy<Value = Plain> {
    prop_oneof![
        3 => integer().prop_map(Plain::Integer),
        1 => any::<f64>().prop_map(|float| Plain::Float(float.to_bits())),
        4 => (bytes(), prop_oneof![Just(0), any::<u32>()]).prop_map(|(bytes, flags)| Plain::Bytes(bytes, flags)),
    ]
}

fn integer() -> impl Strategy<Value = i64> {
    prop_oneof![8 => -100..=100_i64, 1 => any::<i64>(), 1 => prop::sample::select(vec![i64::MIN, i64::MAX])]
}

fn life() -> impl Strategy<Value = Life> {
    prop_oneof![4 => Just(Life::Never), 2 => Just(Life::Keep), 2 => Just(Life::Far), 1 => Just(Life::Short)]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Keep),
        (value(), life()).prop_map(|(value, life)| Change::Set(value, life)),
        Just(Change::Delete),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let count = (integer(), any::<Option<i8>>(), any::<Option<i8>>(), life());
    let count = count.prop_map(|(delta, initial, floor, life)| Op::Count {
        delta,
        initial: initial.map(i64::from),
        floor: floor.map(i64::from),
        life,
    });
    let compare = (any::<bool>(), value(), life());
    let compare = compare.prop_map(|(fresh, value, life)| Op::CompareAndSet { fresh, value, life });
    let whole = prop_oneof![
        6 => (value(), life()).prop_map(|(value, life)| Op::Set(value, life)),
        1 => (value(), life()).prop_map(|(value, life)| Op::Add(value, life)),
        1 => (value(), life()).prop_map(|(value, life)| Op::Replace(value, life)),
        2 => compare,
        1 => any::<bool>().prop_map(|fresh| Op::CompareAndDelete { fresh }),
        1 => (value(), life()).prop_map(|(value, life)| Op::GetAndSet(value, life)),
        2 => change().prop_map(Op::Update),
        1 => bytes().prop_map(Op::Append),
        1 => bytes().prop_map(Op::Prepend),
    ];
    let small = prop_oneof![
        Just(Op::Get),
        Just(Op::GetAndDelete),
        life().prop_map(Op::GetAndTouch),
        Just(Op::Delete),
        life().prop_map(Op::Touch),
        Just(Op::Persist),
        integer().prop_map(Op::Incr),
        integer().prop_map(Op::AddStriped),
        integer().prop_map(Op::Decr),
        count,
        any::<f64>().prop_map(Op::AddFloat),
        integer().prop_map(Op::Max),
        integer().prop_map(Op::Min),
        Just(Op::Take),
    ];
    prop_oneof![whole, small]
}

fn numbered() -> impl Strategy<Value = Vec<(Key, i64)>> {
    prop::collection::vec((key(), -9..=9_i64), 0..5)
}

pub(crate) fn steps(count: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        60 => (key(), op(), 0..3_usize).prop_map(|(key, op, handle)| Step::On(key, op, handle)),
        1 => numbered().prop_map(Step::MultiSet),
        1 => numbered().prop_map(Step::MultiIncr),
        1 => prop::collection::vec(key(), 0..5).prop_map(Step::MultiGet),
        1 => Just(Step::Scan),
        1 => prop::sample::select(vec![b'a', b'b']).prop_map(Step::ScanPrefix),
        1 => Just(Step::Maintain),
        1 => Just(Step::Check),
        2 => Just(Step::Reopen),
        1 => Just(Step::Sleep),
        1 => Just(Step::Clear),
    ];
    prop::collection::vec(step, 1..count)
}
