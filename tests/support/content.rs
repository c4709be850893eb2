//! Values that say whether they are whole: what is read must be one that was written, and for this key.
use crate::random::mix;

/// Values of so many bytes have a header of seed, key and length, and a word at least that depends on the seed.
const HEADER_BYTES: usize = 32;

/// The value of so many bytes that a seed gives for a key. Shorter ones than the header depend on key and length
/// alone.
#[must_use]
pub fn make(key: u64, seed: u64, length: usize) -> Vec<u8> {
    let first = if length < HEADER_BYTES {
        mix(key ^ length as u64)
    } else {
        seed
    };
    let head = [seed, mix(key), length as u64];
    let head = head.into_iter().filter(|_| length >= HEADER_BYTES);
    let body = (1..).map(|i: u64| mix(first.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
    let words = head.chain(body).take(length.div_ceil(8));
    let mut bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    bytes.truncate(length);
    bytes
}

/// The flags that belong to such a value.
#[must_use]
pub fn flags(key: u64, bytes: &[u8]) -> u32 {
    let seed = word(bytes, 0).unwrap_or(key);
    let [a, b, c, d, ..] = mix(seed ^ key ^ bytes.len() as u64).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The seed of a value that is long enough to say it.
#[must_use]
pub fn seed(bytes: &[u8]) -> Option<u64> {
    word(bytes, 0).filter(|_| bytes.len() >= HEADER_BYTES)
}

/// Says what is wrong with a value that [`make`] is believed to have made for this key.
///
/// # Errors
/// What is wrong.
pub fn verify(key: u64, bytes: &[u8]) -> Result<(), String> {
    let length = bytes.len();
    let seed = word(bytes, 0).unwrap_or_default();
    if bytes == make(key, seed, length) {
        return Ok(());
    }
    if length >= HEADER_BYTES && word(bytes, 1) != Some(mix(key)) {
        return Err(format!("{length} bytes of another key, or of none"));
    }
    let promised = word(bytes, 2).unwrap_or_default();
    let whole = make(key, seed, length);
    let at = bytes.iter().zip(&whole).position(|(a, b)| a != b);
    Err(format!(
        "{length} bytes (their head says {promised}) are torn at {at:?}"
    ))
}

fn word(bytes: &[u8], index: usize) -> Option<u64> {
    let chunk = bytes.get(8 * index..8 * index + 8)?;
    chunk.try_into().ok().map(u64::from_le_bytes)
}

/// A piece of a list: who appended it, its number, and some bytes.
#[must_use]
pub fn piece(writer: u64, number: u64, length: usize) -> Vec<u8> {
    let body = make(writer ^ number << 32, number, length);
    let mut bytes = Vec::with_capacity(24 + length);
    for word in [writer, number, length as u64] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes.extend_from_slice(&body);
    bytes
}

/// The pieces of a list, as writer and number.
///
/// # Errors
/// Where it is torn.
pub fn pieces(bytes: &[u8]) -> Result<Vec<(u64, u64)>, String> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let head = [0, 1, 2].map(|i| word(rest, i));
        let [Some(writer), Some(number), Some(length)] = head else {
            return Err(format!(
                "the list ends in a piece at {at} of {}",
                bytes.len()
            ));
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let end = length.saturating_add(24);
        let body = rest.get(24..end).unwrap_or_default();
        if body != make(writer ^ number << 32, number, length.min(bytes.len())) {
            return Err(format!("a piece is torn at {at} of {}", bytes.len()));
        }
        found.push((writer, number));
        at += end;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_changed_byte_of_a_value_shows() {
        for length in [0, 1, 7, 8, 23, 24, 25, 100] {
            let bytes = make(5, 6, length);
            assert_eq!(verify(5, &bytes), Ok(()), "{length}");
            for at in 0..length {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                assert!(verify(5, &changed).is_err(), "byte {at} of {length}");
            }
            if length > 0 {
                assert!(verify(6, &bytes).is_err(), "{length}");
            }
        }
    }

    #[test]
    fn a_list_is_its_pieces() {
        let mut list = piece(1, 2, 0);
        list.extend(piece(3, 4, 50));
        assert_eq!(pieces(&list), Ok(vec![(1, 2), (3, 4)]));
        assert!(pieces(&list[..list.len() - 1]).is_err());
        list[40] ^= 1;
        assert!(pieces(&list).is_err());
    }
}
