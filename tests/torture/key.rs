//! Keys of 1 to 300 bytes that say what they are the key of, to the last byte.
use quipu_tests::content;
use quipu_tests::random::mix;

/// Counters that only grow.
pub(crate) const COUNTER: u8 = b'c';
/// Floats.
pub(crate) const FLOAT: u8 = b'f';
/// Counters that are taken.
pub(crate) const TAKEN: u8 = b't';
/// Values that anybody may replace.
pub(crate) const RECORD: u8 = b'r';
/// Lists that are appended to.
pub(crate) const LIST: u8 = b'l';
/// Values that one writer numbers.
pub(crate) const SEQUENCE: u8 = b's';
/// Counters that come and go.
pub(crate) const NUMBER: u8 = b'n';

const BYTES_MAX: u64 = 300;
/// A kind, six digits, a dot and one byte more: the shortest key that is padded.
const PADDED_BYTES_MIN: u64 = 9;

/// The key of a kind and a number below a million: 1 byte for number 0, up to 300 for a third of the others.
pub(crate) fn key_of(kind: u8, number: u64) -> Vec<u8> {
    let mut key = vec![kind];
    if number > 0 {
        key.extend_from_slice(number.to_string().as_bytes());
    }
    if number % 3 == 2 {
        key.push(b'.');
        let length = PADDED_BYTES_MIN + mix(number) % (BYTES_MAX + 1 - PADDED_BYTES_MIN);
        let missing = length.saturating_sub(key.len() as u64);
        let missing = usize::try_from(missing).expect("short");
        key.extend(content::make(number, u64::from(kind), missing));
    }
    key
}

/// The number in such a key, every byte of which is as it was written.
pub(crate) fn number_of(key: &[u8]) -> u64 {
    let (kind, rest) = key.split_first().expect("a key of the test");
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
    let number = digits.fold(0, |number: u64, digit| {
        number
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    });
    let text = String::from_utf8_lossy(key);
    assert!(
        key == key_of(*kind, number),
        "a key that nobody wrote: {text:?}"
    );
    number
}

/// A key that one life alone uses.
pub(crate) fn own_key(kind: char, id: u64, count: u64) -> Vec<u8> {
    format!("{kind}{id:08}:{count:06}").into_bytes()
}

/// The life and the number in a key of [`own_key`].
pub(crate) fn parse_own_key(key: &[u8]) -> (u64, u64) {
    let text = String::from_utf8_lossy(key);
    let number = |range| -> u64 {
        let digits: Option<&str> = text.get(range);
        let number = digits.and_then(|digits| digits.parse().ok());
        number.unwrap_or_else(|| panic!("a key that nobody wrote: {text:?}"))
    };
    (number(1..9), number(10..16))
}
