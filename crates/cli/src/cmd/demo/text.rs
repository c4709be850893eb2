//! The text that the demonstration counts: files of this repository, built in, so that it runs anywhere.

const TEXTS: [&str; 9] = [
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")),
    include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../ARCHITECTURE.md"
    )),
    include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/command.md"
    )),
    include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/dump-format.md"
    )),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format.md")),
    include_str!("../count/mod.rs"),
    include_str!("../count/lines.rs"),
    include_str!("../count/read.rs"),
    include_str!("../count/tally.rs"),
];

/// The words of the text in `count` pieces of about the same length.
pub(super) fn pieces(count: usize) -> Vec<Vec<&'static str>> {
    let words: Vec<&str> = TEXTS
        .iter()
        .flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .collect();
    let place = |piece: usize| words.len() * piece / count;
    (0..count)
        .map(|piece| words[place(piece)..place(piece + 1)].to_vec())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_piece_per_worker() {
        for count in 2..=64 {
            let pieces = pieces(count);
            assert_eq!(pieces.len(), count);
            assert!(pieces.iter().all(|piece| !piece.is_empty()));
        }
    }
}
