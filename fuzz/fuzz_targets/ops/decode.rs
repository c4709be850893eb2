//! Steps from bytes: a few bytes a step, so that a small change of the input is a small change of the sequence.
use crate::model::{Change, Life, Op, Plain};
use crate::step::{Key, Step};
use libfuzzer_sys::arbitrary::{Result, Unstructured};

const STEPS_MAX: usize = 100;
/// A pause is longer than everything else: one is enough to see entries end.
const SLEEPS_MAX: usize = 1;
/// Keys at each limit: in a word, in a cell, in a block.
const KEY_LENGTHS: [usize; 14] = [0, 1, 7, 8, 9, 31, 32, 33, 40, 41, 48, 300, 5000, 65_535];
const LETTERS: [u8; 3] = [b'a', b'b', b'c'];
/// Values at each limit: in a cell, in one block, in several.
const VALUE_LENGTHS: [usize; 10] = [0, 1, 7, 8, 64, 100, 300, 5000, 32_700, 70_000];

/// All steps that the input holds.
pub(crate) fn steps(input: &[u8]) -> Result<Vec<Step>> {
    let mut bytes = Unstructured::new(input);
    let mut steps = Vec::new();
    let mut sleeps = 0;
    while !bytes.is_empty() && steps.len() < STEPS_MAX {
        let step = step(&mut bytes)?;
        sleeps += usize::from(matches!(step, Step::Sleep));
        if sleeps <= SLEEPS_MAX || !matches!(step, Step::Sleep) {
            steps.push(step);
        }
    }
    Ok(steps)
}

fn step(bytes: &mut Unstructured<'_>) -> Result<Step> {
    Ok(match bytes.arbitrary::<u8>()? {
        0 => Step::MultiSet(numbered(bytes)?),
        1 => Step::MultiIncr(numbered(bytes)?),
        2 => Step::MultiGet(vec![key(bytes)?, key(bytes)?, key(bytes)?]),
        3 => Step::Scan,
        4 => Step::ScanPrefix(*bytes.choose(&LETTERS)?),
        5 => Step::Clear,
        6 => Step::Maintain,
        7 => Step::Check,
        8 | 9 => Step::Reopen,
        10 => Step::Sleep,
        which => {
            let handle = usize::from(which % 3);
            Step::On(key(bytes)?, op(bytes)?, handle)
        }
    })
}

fn key(bytes: &mut Unstructured<'_>) -> Result<Key> {
    let which: u8 = bytes.arbitrary()?;
    let length = KEY_LENGTHS[usize::from(which / 4) % KEY_LENGTHS.len()];
    Ok(Key(vec![LETTERS[usize::from(which % 3)]; length]))
}

fn numbered(bytes: &mut Unstructured<'_>) -> Result<Vec<(Key, i64)>> {
    let count = bytes.int_in_range(0..=4)?;
    let mut numbered = Vec::new();
    for _ in 0..count {
        numbered.push((key(bytes)?, i64::from(bytes.arbitrary::<i8>()?)));
    }
    Ok(numbered)
}

fn op(bytes: &mut Unstructured<'_>) -> Result<Op> {
    Ok(match bytes.int_in_range(0..=22)? {
        0 => Op::Get,
        1 => Op::Add(value(bytes)?, life(bytes)?),
        2 => Op::Replace(value(bytes)?, life(bytes)?),
        3 => Op::CompareAndSet {
            fresh: bytes.arbitrary()?,
            value: value(bytes)?,
            life: life(bytes)?,
        },
        4 => Op::CompareAndDelete {
            fresh: bytes.arbitrary()?,
        },
        5 => Op::GetAndSet(value(bytes)?, life(bytes)?),
        6 => Op::GetAndDelete,
        7 => Op::GetAndTouch(life(bytes)?),
        8 => Op::Append(content(bytes)?),
        9 => Op::Prepend(content(bytes)?),
        10 => Op::Delete,
        11 => Op::Update(change(bytes)?),
        12 => Op::Touch(life(bytes)?),
        13 => Op::Persist,
        14 => Op::Incr(integer(bytes)?),
        15 => Op::Decr(integer(bytes)?),
        16 => Op::Count {
            delta: integer(bytes)?,
            initial: bytes.arbitrary::<Option<i8>>()?.map(i64::from),
            floor: bytes.arbitrary::<Option<i8>>()?.map(i64::from),
            life: life(bytes)?,
        },
        17 => Op::AddFloat(f64::from(bytes.arbitrary::<f32>()?)),
        18 => Op::Max(integer(bytes)?),
        19 => Op::Min(integer(bytes)?),
        20 => Op::Take,
        21 => Op::AddStriped(integer(bytes)?),
        _ => Op::Set(value(bytes)?, life(bytes)?),
    })
}

fn change(bytes: &mut Unstructured<'_>) -> Result<Change> {
    Ok(match bytes.int_in_range(0..=2)? {
        0 => Change::Keep,
        1 => Change::Delete,
        _ => Change::Set(value(bytes)?, life(bytes)?),
    })
}

fn life(bytes: &mut Unstructured<'_>) -> Result<Life> {
    Ok(*bytes.choose(&[Life::Never, Life::Keep, Life::Far, Life::Short])?)
}

fn integer(bytes: &mut Unstructured<'_>) -> Result<i64> {
    Ok(match bytes.arbitrary::<u8>()? {
        0 => i64::MIN,
        1 => i64::MAX,
        2 => bytes.arbitrary()?,
        small => i64::from(small) - 128,
    })
}

fn value(bytes: &mut Unstructured<'_>) -> Result<Plain> {
    Ok(match bytes.arbitrary::<u8>()? % 4 {
        0 => Plain::Integer(integer(bytes)?),
        1 => Plain::Float(bytes.arbitrary()?),
        flags => Plain::Bytes(content(bytes)?, u32::from(flags - 2)),
    })
}

/// Another byte at each place, so that a shift shows.
fn content(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let first: u8 = bytes.arbitrary()?;
    let length = *bytes.choose(&VALUE_LENGTHS)?;
    Ok((0..=250)
        .cycle()
        .take(length)
        .map(|byte: u8| first.wrapping_add(byte))
        .collect())
}
