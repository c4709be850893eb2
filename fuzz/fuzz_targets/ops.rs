//! A sequence of operations, read from the input, on a table and on a plain map: the answers agree.
//!
//! The operations and the map are those of `tests/oracle.rs`. The first byte says what kind of table it is; the rest is
//! read by `ops/decode.rs`.
#![no_main]
#[path = "../../tests/oracle/both.rs"]
mod both;
#[path = "ops/decode.rs"]
mod decode;
#[path = "../../tests/oracle/model.rs"]
mod model;
#[path = "common/repeat.rs"]
mod repeat;
#[path = "../../tests/oracle/step.rs"]
mod step;

use both::Both;
use libfuzzer_sys::{Corpus, fuzz_target};
use quipu::{HashId, OnFull};

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((kind, rest)) = input.split_first() else {
        return Corpus::Reject;
    };
    let Ok(steps) = decode::steps(rest) else {
        return Corpus::Reject;
    };
    let hash = match kind & 1 {
        0 => HashId::Xxh3,
        _ => HashId::SipHash13,
    };
    // One that is large enough, one that is full soon, and one that evicts.
    let (on_full, size_mib) = match kind >> 1 & 3 {
        0 | 1 => (OnFull::Error, 64),
        2 => (OnFull::Error, 8),
        _ => (OnFull::Evict, 6),
    };
    repeat::start_over();
    Both::new(hash, on_full, size_mib).run(&steps);
    Corpus::Keep
});
