//! The proof of the demonstration: every count lies between the exact one without the killed worker and the exact one
//! with it. The exact ones come from a plain HashMap over the same words, which knows nothing of tables.
use std::collections::HashMap;

use quipu::{TableReader, Value};

use super::workers::Fed;
use crate::bytes::escape;
use crate::failure::Failure;

/// What was proved.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Proof {
    /// Different words.
    pub(super) keys: u64,
    /// Of these, those of which a killed worker was given none: their counts are exact.
    pub(super) keys_exact: u64,
    /// Words in the table.
    pub(super) words_counted: u64,
    /// Words that the workers were certainly given: all but what a killed one got.
    pub(super) words_min: u64,
    /// Words that the workers were given at most.
    pub(super) words_max: u64,
}

/// The exact bounds of a count.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    min: u64,
    max: u64,
}

impl Proof {
    /// Proves the counts of `table`, or says which one is wrong.
    pub(super) fn new(
        pieces: &[Vec<&str>],
        fed: &[Fed],
        table: &TableReader,
    ) -> Result<Self, Failure> {
        let mut counts = HashMap::new();
        for item in table.scan() {
            let (key, entry) = item?;
            let Value::Integer(number) = entry.value else {
                return Err(wrong(&key, "it is not a number"));
            };
            counts.insert(key, number);
        }
        prove(&bounds(pieces, fed), &counts)
    }
}

/// The bounds of every word. What a killed worker was given counts in the upper one only.
fn bounds<'w>(pieces: &[Vec<&'w str>], fed: &[Fed]) -> HashMap<&'w str, Bounds> {
    let mut bounds: HashMap<&str, Bounds> = HashMap::new();
    for (piece, fed) in pieces.iter().zip(fed) {
        for word in piece {
            let bounds = bounds.entry(word).or_default();
            bounds.max += fed.begun;
            bounds.min += if fed.killed { 0 } else { fed.whole };
        }
    }
    bounds
}

fn prove(bounds: &HashMap<&str, Bounds>, counts: &HashMap<Vec<u8>, i64>) -> Result<Proof, Failure> {
    let mut proof = Proof {
        keys: counts.len() as u64,
        keys_exact: 0,
        words_counted: 0,
        words_min: 0,
        words_max: 0,
    };
    for (word, bounds) in bounds {
        let counted = counts.get(word.as_bytes()).copied().unwrap_or(0);
        let counted =
            u64::try_from(counted).map_err(|_| wrong(word.as_bytes(), "it is negative"))?;
        if counted < bounds.min || counted > bounds.max {
            let Bounds { min, max } = bounds;
            return Err(wrong(
                word.as_bytes(),
                &format!("it is {counted}, not from {min} to {max}"),
            ));
        }
        proof.keys_exact += u64::from(bounds.min == bounds.max);
        proof.words_counted += counted;
        proof.words_min += bounds.min;
        proof.words_max += bounds.max;
    }
    match counts
        .keys()
        .find(|key| !str::from_utf8(key).is_ok_and(|word| bounds.contains_key(word)))
    {
        Some(key) => Err(wrong(key, "there is no such word")),
        None => Ok(proof),
    }
}

fn wrong(key: &[u8], why: &str) -> Failure {
    Failure::new(format!(
        "the proof FAILED: the count of `{}` is wrong: {why}",
        escape(key)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALIVE: Fed = Fed {
        whole: 10,
        begun: 10,
        killed: false,
    };
    const KILLED: Fed = Fed {
        whole: 4,
        begun: 5,
        killed: true,
    };

    fn proved(counts: &[(&str, i64)]) -> bool {
        let pieces = [vec!["a", "b", "a"], vec!["b", "c"]];
        let counts = counts
            .iter()
            .map(|(key, number)| (key.as_bytes().to_vec(), *number))
            .collect();
        prove(&bounds(&pieces, &[ALIVE, KILLED]), &counts).is_ok()
    }

    #[test]
    fn counts_between_the_bounds_are_right() {
        for (b, c) in [(10, 0), (10, 5), (15, 5), (12, 3)] {
            assert!(proved(&[("a", 20), ("b", b), ("c", c)]));
        }
        assert!(proved(&[("a", 20), ("b", 10)]));
    }

    #[test]
    fn a_lost_or_doubled_increment_is_found() {
        for (a, b, c) in [
            (19, 10, 0),
            (21, 10, 0),
            (20, 9, 0),
            (20, 16, 0),
            (20, 10, 6),
            (20, 10, -1),
        ] {
            assert!(!proved(&[("a", a), ("b", b), ("c", c)]), "{a} {b} {c}");
        }
    }

    #[test]
    fn a_word_that_nobody_wrote_is_found() {
        assert!(!proved(&[("a", 20), ("b", 10), ("d", 1)]));
    }
}
