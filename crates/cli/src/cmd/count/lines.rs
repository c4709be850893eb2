//! Blocks of bytes into lines, and lines into keys.
use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;

use super::tally::Tally;
use crate::bytes::unescape;
use crate::failure::Failure;

/// A line longer than this is not counted, even if it is only a short field of it that is wanted.
const LINE_BYTES_MAX: usize = 16 << 20;

/// Which part of a line is the key.
#[derive(Debug)]
pub(super) enum Field {
    /// All of it.
    Line,
    /// A run of bytes between white space, counted from 0.
    Blank(usize),
    /// What is between two delimiters, counted from 0.
    Delimited(usize, Vec<u8>),
}

impl Field {
    /// From the command line.
    pub(super) fn new(
        field: Option<NonZeroUsize>,
        delimiter: Option<&OsStr>,
    ) -> Result<Self, String> {
        let Some(field) = field else {
            return Ok(Self::Line);
        };
        let index = field.get() - 1;
        let Some(delimiter) = delimiter else {
            return Ok(Self::Blank(index));
        };
        let delimiter = unescape(delimiter.as_bytes())?;
        if delimiter.is_empty() {
            return Err(
                "an empty delimiter separates nothing: leave it out for white space".to_owned(),
            );
        }
        Ok(Self::Delimited(index, delimiter))
    }

    /// The key of a line; empty if it has no such field.
    fn key<'l>(&self, line: &'l [u8]) -> &'l [u8] {
        match self {
            Self::Line => line,
            Self::Blank(index) => {
                let mut fields = line
                    .split(u8::is_ascii_whitespace)
                    .filter(|field| !field.is_empty());
                fields.nth(*index).unwrap_or_default()
            }
            Self::Delimited(index, delimiter) => {
                if let [byte] = delimiter[..] {
                    return line
                        .split(|&other| other == byte)
                        .nth(*index)
                        .unwrap_or_default();
                }
                delimited(line, delimiter, *index).unwrap_or_default()
            }
        }
    }
}

/// Field `index` of a line whose delimiter is longer than a byte.
fn delimited<'l>(line: &'l [u8], delimiter: &[u8], index: usize) -> Option<&'l [u8]> {
    let find = |rest: &[u8]| {
        rest.windows(delimiter.len())
            .position(|window| window == delimiter)
    };
    let mut rest = line;
    for _ in 0..index {
        rest = &rest[find(rest)? + delimiter.len()..];
    }
    Some(&rest[..find(rest).unwrap_or(rest.len())])
}

/// Cuts blocks into lines and counts the key of each.
pub(super) struct Lines {
    field: Field,
    tally: Tally,
    /// The beginning of a line whose end has not come yet.
    begun: Vec<u8>,
    /// The line that has begun is too long: its bytes are dropped.
    too_long: bool,
}

impl Lines {
    /// Nothing has come yet.
    pub(super) fn new(field: Field, tally: Tally) -> Self {
        Self {
            field,
            tally,
            begun: Vec::new(),
            too_long: false,
        }
    }

    /// The next bytes.
    pub(super) fn feed(&mut self, block: &[u8]) {
        let mut rest = block;
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let line = &rest[..end];
            rest = &rest[end + 1..];
            if self.begun.is_empty() && !self.too_long {
                self.tally.add(self.field.key(line));
            } else {
                self.begin(line);
                self.end_line();
            }
        }
        self.begin(rest);
    }

    /// The file has ended. A last line needs no newline; what follows is another line.
    pub(super) fn end_file(&mut self) {
        if !self.begun.is_empty() || self.too_long {
            self.end_line();
        }
    }

    /// Adds all that was counted to the table.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.tally.flush()
    }

    /// What was counted.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What was counted, at the end.
    pub(super) fn into_tally(self) -> Tally {
        self.tally
    }

    fn begin(&mut self, bytes: &[u8]) {
        if self.begun.len() + bytes.len() > LINE_BYTES_MAX {
            self.too_long = true;
            self.begun = Vec::new();
        }
        if !self.too_long {
            self.begun.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self) {
        if self.too_long {
            self.tally.refuse_line();
        } else {
            self.tally.add(self.field.key(&self.begun));
        }
        self.begun.clear();
        self.too_long = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(field: usize, delimiter: Option<&str>, line: &str) -> String {
        let field = Field::new(NonZeroUsize::new(field), delimiter.map(OsStr::new)).unwrap();
        String::from_utf8(field.key(line.as_bytes()).to_vec()).unwrap()
    }

    #[test]
    fn without_a_field_the_line_is_the_key() {
        assert_eq!(key(0, None, " a  b "), " a  b ");
    }

    #[test]
    fn white_space_separates_as_in_awk() {
        for (field, expected) in [(1, "a"), (2, "b"), (3, "")] {
            assert_eq!(key(field, None, " a \t b\r"), expected);
        }
    }

    #[test]
    fn each_delimiter_separates() {
        for (field, expected) in [(1, ""), (2, "a b"), (3, ""), (4, "c"), (5, "")] {
            assert_eq!(key(field, Some(","), ",a b,,c"), expected);
            assert_eq!(key(field, Some("::"), "::a b::::c"), expected);
            assert_eq!(key(field, Some("\\t"), "\ta b\t\tc"), expected);
        }
        assert!(Field::new(NonZeroUsize::new(1), Some(OsStr::new(""))).is_err());
        assert!(Field::new(NonZeroUsize::new(1), Some(OsStr::new("\\q"))).is_err());
    }
}
