//! Golden tables as text, see `format.rs`.
use std::collections::BTreeMap;
use std::fmt::Write;

/// What repeats itself in a file: single words, and the granules of a long value, 8 words each.
const PERIODS: [u64; 2] = [1, 8];

/// How many words from here on are the same as those `period` before them, beginning with those after the first
/// `period`.
fn repeats(words: &BTreeMap<u64, u64>, start: u64, period: u64) -> u64 {
    let word = |index: u64| words.get(&(start + 8 * index)).copied();
    let is_same = |index: &u64| word(*index).is_some() && word(*index) == word(index - period);
    (period..).take_while(is_same).count() as u64 / period
}

pub(crate) fn to_text(length: u64, words: &BTreeMap<u64, u64>) -> String {
    let mut text = "# A table of Quipu; tests/format.rs says how to read this.\n".to_owned();
    let _ = writeln!(text, "length {length}");
    let mut next = 0;
    while let Some((&offset, _)) = words.range(next..).next() {
        let with_repeats = |period| (period, repeats(words, offset, period));
        let (period, count) = PERIODS
            .map(with_repeats)
            .into_iter()
            .max_by_key(|(p, n)| p * n)
            .unwrap_or((1, 0));
        let group = if count == 0 { 1 } else { period };
        let _ = write!(text, "{offset:#x}");
        for index in 0..group {
            let _ = write!(text, " {:#x}", words[&(offset + 8 * index)]);
        }
        if count > 0 {
            let _ = write!(text, " * {}", count + 1);
        }
        text.push('\n');
        next = offset + 8 * group * (count + 1);
    }
    text
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Length and words of a golden table.
pub(crate) fn from_text(text: &str) -> Option<(u64, BTreeMap<u64, u64>)> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let length = number(lines.next()?.strip_prefix("length ")?)?;
    let mut words = BTreeMap::new();
    for line in lines {
        let (line, count) = line.split_once(" * ").unwrap_or((line, "1"));
        let fields: Option<Vec<u64>> = line.split(' ').map(number).collect();
        let (&offset, group) = fields.as_ref()?.split_first()?;
        let all = group
            .iter()
            .cycle()
            .take(group.len() * usize::try_from(number(count)?).ok()?);
        words.extend((offset..).step_by(8).zip(all.copied()));
    }
    Some((length, words))
}
