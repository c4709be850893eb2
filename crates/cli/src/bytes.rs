//! Bytes that are not text: the escapes of `ls` and `--escaped`, and base64 for JSON.
use std::fmt::Write;

/// `bytes` on one line: text as it is, `\\ \n \t \r` and `\xNN` for the backslash, control characters and bytes
/// that are not UTF-8. [`unescape`] gives the bytes back exactly.
pub(crate) fn escape(bytes: &[u8]) -> String {
    let mut line = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => line.push_str("\\\\"),
                '\n' => line.push_str("\\n"),
                '\t' => line.push_str("\\t"),
                '\r' => line.push_str("\\r"),
                _ if character.is_control() => {
                    escape_each(character.encode_utf8(&mut [0; 4]).as_bytes(), &mut line);
                }
                _ => line.push(character),
            }
        }
        escape_each(chunk.invalid(), &mut line);
    }
    line
}

fn escape_each(bytes: &[u8], line: &mut String) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(line, "\\x{byte:02x}");
    }
}

/// The bytes that `line` stands for, as [`escape`] writes them.
pub(crate) fn unescape(line: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'\\' {
            bytes.push(first);
            continue;
        }
        let (byte, used) = match rest {
            [b'\\', ..] => (b'\\', 1),
            [b'n', ..] => (b'\n', 1),
            [b't', ..] => (b'\t', 1),
            [b'r', ..] => (b'\r', 1),
            [b'x', high, low, ..] => match (nibble(*high), nibble(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                _ => return Err(bad_escape(rest)),
            },
            _ => return Err(bad_escape(rest)),
        };
        bytes.push(byte);
        rest = &rest[used..];
    }
    Ok(bytes)
}

fn bad_escape(rest: &[u8]) -> String {
    let shown = String::from_utf8_lossy(&rest[..rest.len().min(3)]);
    format!(
        "`\\{shown}` is not an escape: write \\\\ \\n \\t \\r or \\xNN (two hexadecimal digits)"
    )
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `bytes` in base64: the standard alphabet, padded (RFC 4648, section 4).
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut word = 0_usize;
        for place in 0..3 {
            word = word << 8 | usize::from(group.get(place).copied().unwrap_or(0));
        }
        for place in 0..4 {
            let letter = ALPHABET[word >> (18 - 6 * place) & 63];
            text.push(if place <= group.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}

/// The bytes that `text` stands for; `None` if it is not padded base64 with no bit to spare.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let groups = text.chunks(4);
    let last = groups.len().saturating_sub(1);
    for (index, group) in groups.enumerate() {
        let padding = group
            .iter()
            .rev()
            .take_while(|&&letter| letter == b'=')
            .count();
        if group.len() != 4 || padding > 2 || (padding > 0 && index != last) {
            return None;
        }
        let mut word = 0_u32;
        for &letter in &group[..4 - padding] {
            word = word << 6 | u32::from(sextet(letter)?);
        }
        word <<= 6 * padding;
        let [_, whole @ ..] = word.to_be_bytes();
        let (kept, spare) = whole.split_at(3 - padding);
        // Two texts for the same bytes would make a dump ambiguous.
        if spare.iter().any(|&byte| byte != 0) {
            return None;
        }
        bytes.extend_from_slice(kept);
    }
    Some(bytes)
}

fn sextet(letter: u8) -> Option<u8> {
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let vectors: [(&[u8], &str); 7] = [
            (b"", ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg=="),
            (b"fooba", "Zm9vYmE="),
            (b"foobar", "Zm9vYmFy"),
        ];
        for (bytes, text) in vectors {
            assert_eq!(to_base64(bytes), text);
            assert_eq!(from_base64(text).as_deref(), Some(bytes));
        }
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        for text in [
            "Z", "Zg", "Zg=", "Zh==", "Zm9=", "=Zg=", "Zg==Zg==", "Zm9v\n", "====", "Z m9",
        ] {
            assert_eq!(from_base64(text), None, "{text}");
        }
    }

    #[test]
    fn every_byte_survives_both_forms() {
        let every: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
        for length in 0..every.len() {
            let bytes = &every[length / 2..length];
            assert_eq!(from_base64(&to_base64(bytes)).as_deref(), Some(bytes));
            assert_eq!(unescape(escape(bytes).as_bytes()).as_deref(), Ok(bytes));
        }
    }

    #[test]
    fn escapes_keep_text_readable_and_lines_whole() {
        assert_eq!(
            escape("na\u{ef}ve \\ a\nb".as_bytes()),
            "na\u{ef}ve \\\\ a\\nb"
        );
        assert_eq!(escape(b"\x00\xff\x1b\xc2\x85"), "\\x00\\xff\\x1b\\xc2\\x85");
    }

    #[test]
    fn an_escape_that_does_not_exist_is_refused() {
        for line in ["\\", "\\q", "\\x", "\\x1", "\\xzz", "a\\"] {
            assert!(unescape(line.as_bytes()).is_err(), "{line}");
        }
    }
}
