//! What each worker does: the same numbers give the same plan to the worker that follows it and to the judge who
//! reads the notes.
use crate::spec::{Op, Value};
use quipu_tests::random::{Random, mix};

pub(crate) const KEYS_MAX: u64 = 3;
/// Operations of a worker in a round, at most; their numbers fit in four bits.
pub(crate) const OPS_MAX: usize = 12;
/// Less than a tick of the tables here, which is a millisecond.
pub(crate) const PAUSE_US_MAX: u64 = 900;
/// A time to live that ends within a round that has pauses.
pub(crate) const TTL_MS: u64 = 1;

/// What the rounds of a batch have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch {
    pub(crate) seed: u64,
    pub(crate) workers: u64,
    pub(crate) rounds: u64,
    pub(crate) style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// As fast as it goes.
    Plain,
    /// Times to live that end, and pauses in which they do.
    Leases,
    /// All workers but the first are killed, each in a round of its own.
    Deaths,
    /// As `Plain`, but `take` is done in two steps: a mutant, to see that the judge notices.
    TakeInTwoSteps,
}

pub(crate) const STYLES: [Style; 4] = [
    Style::Plain,
    Style::Leases,
    Style::Deaths,
    Style::TakeInTwoSteps,
];

/// A step of a worker: what it does with which key, and how long it waits before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) key: u64,
    pub(crate) op: Op,
    pub(crate) pause_us: u64,
}

impl Batch {
    /// The steps of one worker in one round.
    pub(crate) fn steps(&self, round: u64, worker: u64) -> Vec<Step> {
        let keys = 1 + mix(self.seed ^ round) % KEYS_MAX;
        let mut random = Random::new(mix(self.seed ^ round << 8 ^ worker));
        // With few keys few operations, so that the judge is done in time also where there is no order.
        let count = 3 + random.index(usize::try_from(2 * keys).unwrap_or(2));
        let mut steps = Vec::with_capacity(OPS_MAX);
        while steps.len() < count {
            let key = random.below(keys);
            let number = self.number(round, worker, steps.len());
            let mut push = |op, random: &mut Random| {
                let pause_us = match self.style {
                    Style::Leases if random.one_in(3) => random.below(PAUSE_US_MAX),
                    _ => 0,
                };
                steps.push(Step { key, op, pause_us });
            };
            let op = self.choose(&mut random, number);
            if let Op::CompareAndSet(worker, _) = op {
                push(Op::Read(worker), &mut random);
            }
            push(op, &mut random);
        }
        steps
    }

    /// Another one for each step of the batch.
    fn number(&self, round: u64, worker: u64, index: usize) -> u32 {
        let number = (round << 2 | worker) << 4 | index as u64;
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    fn choose(&self, random: &mut Random, number: u32) -> Op {
        let worker = (number >> 4 & 3).to_le_bytes()[0];
        let value = match random.below(3) {
            // Bytes as often as numbers would make most counts fail.
            0 => Value::Bytes(number),
            _ => Value::Integer(i64::from(number) * 1000),
        };
        let leases = self.style == Style::Leases;
        match random.below(if leases { 22 } else { 17 }) {
            0 | 1 => Op::Get,
            2 => Op::Set(value, None),
            3 => Op::Add(value),
            4..=6 => Op::Incr(1 + i64::from(number & 0x3f)),
            7..=9 => Op::Take,
            10 => Op::Delete,
            11 => Op::GetAndSet(value),
            12 => Op::GetAndDelete,
            13 | 14 => Op::CompareAndSet(worker, value),
            15 | 16 => Op::Update(value),
            17 | 18 => Op::Set(value, Some(number)),
            19 => Op::Expire(number),
            20 => Op::Persist,
            _ => Op::Get,
        }
    }

    /// The round in which a worker is killed; none is round 0.
    pub(crate) fn death(&self, worker: u64) -> u64 {
        if self.style == Style::Deaths && worker > 0 {
            1 + mix(self.seed ^ worker) % self.rounds
        } else {
            0
        }
    }
}

/// The name of a key of a round. Some are stored in the cell, some in a block.
pub(crate) fn key_name(round: u64, key: u64) -> Vec<u8> {
    let length = [4, 30, 60][usize::try_from(key % 3).unwrap_or(0)];
    let mut name = format!("{round}.{key}.").into_bytes();
    name.resize(name.len() + length, b'k');
    name
}

/// The bytes that a number makes, and their flags: a few in the cell, more in a block, a long run in many blocks.
pub(crate) fn bytes_of(number: u32) -> (Vec<u8>, u32) {
    let length = match mix(u64::from(number)) % 16 {
        0..8 => 4,
        8..12 => 60,
        12..15 => 1000,
        _ => 40_000,
    };
    let flags = if length == 4 { 0 } else { number };
    (number.to_le_bytes().repeat(length / 4), flags)
}

/// The number that made these bytes; `None`: no number did.
pub(crate) fn number_of(bytes: &[u8], flags: u32) -> Option<u32> {
    let head = bytes.get(..4)?.try_into().ok()?;
    let number = u32::from_le_bytes(head);
    (bytes_of(number) == (bytes.to_vec(), flags)).then_some(number)
}
