//! What goes in and out of a table: values, times to live, tokens.
use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::time::Duration;

/// How long an entry stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ttl {
    /// Until it is deleted.
    Never,
    /// So long from now, rounded up to the table's ticks plus one.
    After(Duration),
    /// As an existing entry has it; a new entry never ends. An [`Entry`] that was read never says this.
    Keep,
}

/// A value of its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A signed 64-bit number, which `incr` counts.
    Integer(i64),
    /// An IEEE 754 double, NaN and infinities included.
    Float(f64),
    /// Bytes, at most 64 MiB.
    Bytes {
        /// The bytes.
        bytes: Vec<u8>,
        /// 32 bits that mean something to the caller alone.
        flags: u32,
    },
}

impl Value {
    /// Bytes without flags.
    ///
    /// ```
    /// use quipu::Value;
    /// assert_eq!(Value::bytes(*b"ab"), Value::Bytes { bytes: vec![97, 98], flags: 0 });
    /// ```
    #[must_use]
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Bytes {
            bytes: bytes.into(),
            flags: 0,
        }
    }

    /// The bytes, if it is bytes.
    ///
    /// ```
    /// use quipu::Value;
    /// assert_eq!(Value::bytes(*b"ab").as_bytes(), Some(&b"ab"[..]));
    /// assert_eq!(Value::Integer(1).as_bytes(), None);
    /// ```
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes { bytes, .. } => Some(bytes),
            _ => None,
        }
    }
}

/// A value that is borrowed, for a write. Numbers, bytes and text turn into it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueRef<'v> {
    /// A signed 64-bit number.
    Integer(i64),
    /// An IEEE 754 double.
    Float(f64),
    /// Bytes, at most 64 MiB.
    Bytes {
        /// The bytes.
        bytes: &'v [u8],
        /// 32 bits that mean something to the caller alone.
        flags: u32,
    },
}

impl From<i64> for ValueRef<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for ValueRef<'_> {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl<'v> From<&'v [u8]> for ValueRef<'v> {
    fn from(bytes: &'v [u8]) -> Self {
        Self::Bytes { bytes, flags: 0 }
    }
}

impl<'v, const N: usize> From<&'v [u8; N]> for ValueRef<'v> {
    fn from(bytes: &'v [u8; N]) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl<'v> From<&'v Vec<u8>> for ValueRef<'v> {
    fn from(bytes: &'v Vec<u8>) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl<'v> From<&'v str> for ValueRef<'v> {
    fn from(text: &'v str) -> Self {
        Self::from(text.as_bytes())
    }
}

impl<'v> From<&'v String> for ValueRef<'v> {
    fn from(text: &'v String) -> Self {
        Self::from(text.as_bytes())
    }
}

impl<'v> From<&'v Value> for ValueRef<'v> {
    fn from(value: &'v Value) -> Self {
        match value {
            Value::Integer(value) => Self::Integer(*value),
            Value::Float(value) => Self::Float(*value),
            Value::Bytes { bytes, flags } => Self::Bytes {
                bytes,
                flags: *flags,
            },
        }
    }
}

/// What a read into a buffer found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A number; the buffer is empty.
    Integer(i64),
    /// A double; the buffer is empty.
    Float(f64),
    /// Bytes, which are in the buffer.
    Bytes {
        /// The caller's flags.
        flags: u32,
    },
}

/// What a read into a slice found, consistently.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Copied {
    /// The number, or the flags of the bytes.
    pub kind: Kind,
    /// The length of the value in bytes; 0 for a number. If it is more than the slice has room for, what the slice
    /// holds is of no use.
    pub length: usize,
    /// The time the entry has left, to within a tick: [`Ttl::Never`] or [`Ttl::After`].
    pub ttl: Ttl,
    /// Names this state of the entry.
    pub token: Token,
}

/// An entry as one consistent read found it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its value.
    pub value: Value,
    /// The time it has left, to within a tick: [`Ttl::Never`] or [`Ttl::After`].
    pub ttl: Ttl,
    /// Names this state of the entry.
    pub token: Token,
}

/// Names one state of an entry, for `compare_and_set`: it is another one after the value has changed.
///
/// The token of bytes longer than 7, or with flags, is unique while they live. Those of numbers and of up to 7
/// bytes contain the value, so they cannot tell a value that went away and came back. A change of the time to live
/// changes no token. As text it is 32 hexadecimal digits.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use quipu::Token;
/// let token: Token = "000000000000002a0000000000000042".parse()?;
/// assert_eq!(token.to_string(), "000000000000002a0000000000000042");
/// assert!("2a".parse::<Token>().is_err());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(pub(crate) [u64; 2]);

impl Token {
    /// A token whose [`Self::words`] were kept elsewhere.
    #[must_use]
    pub const fn from_words(words: [u64; 2]) -> Self {
        Self(words)
    }

    /// The token as two numbers, of which each bit counts.
    #[must_use]
    pub const fn words(self) -> [u64; 2] {
        self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.0[0], self.0[1])
    }
}

impl FromStr for Token {
    type Err = ParseTokenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let half = |at: usize| {
            let digits = text.get(at..at + 16).filter(|_| is_hex)?;
            u64::from_str_radix(digits, 16).ok()
        };
        match (half(0), half(16)) {
            (Some(lo), Some(hi)) => Ok(Self([lo, hi])),
            _ => Err(ParseTokenError),
        }
    }
}

/// The text is not a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseTokenError;

impl fmt::Display for ParseTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token is 32 hexadecimal digits: give one that a read returned")
    }
}

impl std::error::Error for ParseTokenError {}

/// Where a scan is. Valid in any process, and for as long as the table exists. As text it is a number.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use quipu::Cursor;
/// assert_eq!("0".parse::<Cursor>()?, Cursor::START);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor(pub(crate) u64);

impl Cursor {
    /// The start of a scan.
    pub const START: Self = Self(0);
    /// The end: a scan from here finds nothing.
    pub const END: Self = Self(u64::MAX);

    /// A cursor whose [`Self::number`] was kept elsewhere.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The cursor as a number: 0 at the start, 2^64 - 1 at the end.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Cursor {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What [`crate::Table::count`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Added to the number.
    pub delta: i64,
    /// What a key that does not exist starts from, before `delta` is added. `None`: it is an error.
    pub initial: Option<i64>,
    /// The time to live of a new key; that of an existing one stays.
    pub ttl: Ttl,
    /// The result is not made smaller than this.
    pub floor: Option<i64>,
}

impl Default for Count {
    /// Adds 1, and starts from 0.
    fn default() -> Self {
        Self {
            delta: 1,
            initial: Some(0),
            ttl: Ttl::Never,
            floor: None,
        }
    }
}

/// What a conditional write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// The entry was as the token says, and the write took effect.
    Done,
    /// The entry has changed; nothing was written.
    Changed,
    /// There is no such key; nothing was written.
    Missing,
}

/// What the closure of [`crate::Table::update`] wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// Leave the entry as it is.
    Keep,
    /// Write this value.
    Set(Value, Ttl),
    /// Delete the entry, if there is one.
    Delete,
}

/// What [`crate::Table::maintain`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Maintenance {
    /// Entries whose time was over.
    pub expired: u64,
    /// Dead processes whose leftovers were cleared away.
    pub recovered_processes: u64,
    /// Cells that they had held.
    pub freed_cells: u64,
    /// Blocks that they had held.
    pub freed_blocks: u64,
    /// Empty segments that went back to the pool.
    pub freed_segments: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_text() {
        let token = Token([0x1234_5678_9abc_def0, u64::MAX]);
        assert_eq!(token.to_string().parse(), Ok(token));
        for text in [
            "",
            "0",
            &"g".repeat(32),
            &"0".repeat(33),
            "+0000000000000000000000000000000",
        ] {
            assert_eq!(text.parse::<Token>(), Err(ParseTokenError), "{text:?}");
        }
    }
}
