//! What goes in and out of a table: values, tokens, times to live.
use crate::boundary::{Failure, Room};
use crate::status::{QUIPU_BUFFER_TOO_SMALL, QUIPU_OK, Status};
use quipu::{Copied, Entry, Kind, Number, Ttl};
use std::ffi::c_void;
use std::ptr;
use std::time::Duration;

/// No value: there is no such key.
pub const QUIPU_NONE: u32 = 0;
/// A signed 64-bit number, in `integer`.
pub const QUIPU_INTEGER: u32 = 1;
/// An IEEE 754 double, in `real`.
pub const QUIPU_FLOAT: u32 = 2;
/// Bytes, 0 to 64 MiB of them, with 32 bits of flags.
pub const QUIPU_BYTES: u32 = 3;

/// A time to live that never ends.
pub const QUIPU_TTL_NEVER: i64 = -1;
/// The time to live that an existing entry has; a new entry never ends.
pub const QUIPU_TTL_KEEP: i64 = -2;

/// The flags of a value by which programs in different languages tell each other what its bytes mean
/// (docs/format.md, 5.4). Bytes as they are:
pub const QUIPU_TAG_RAW: u32 = 0;
/// Nothing (null, None, nil); no bytes.
pub const QUIPU_TAG_NULL: u32 = 0x5150_0001;
/// A truth value; one byte, 0 or 1.
pub const QUIPU_TAG_BOOLEAN: u32 = 0x5150_0002;
/// Text in JSON, in UTF-8.
pub const QUIPU_TAG_JSON: u32 = 0x5150_0003;
/// What PHP's serialize() made.
pub const QUIPU_TAG_PHP: u32 = 0x5150_0004;
/// What igbinary made.
pub const QUIPU_TAG_IGBINARY: u32 = 0x5150_0005;
/// MessagePack.
pub const QUIPU_TAG_MSGPACK: u32 = 0x5150_0006;
/// What Python's pickle made. Reading it runs what its writer wrote: only for those who trust every writer.
pub const QUIPU_TAG_PICKLE: u32 = 0x5150_0007;

/// Names one state of an entry, for quipu_compare_and_set: it is another one after the value has changed. That of
/// numbers and of up to 7 bytes contains the value: it cannot tell a value that went away and came back.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// To be compared and passed on, nothing else.
    pub words: [u64; 2],
}

/// A value, to be stored or as it was read. Stored are `kind`, and of `integer`, `real`, and `bytes`, `length` and
/// `flags` what belongs to the kind; the rest is ignored then. quipu_bytes(), quipu_text(), quipu_integer() and
/// quipu_real() make one.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// QUIPU_INTEGER, QUIPU_FLOAT or QUIPU_BYTES; QUIPU_NONE if nothing was read.
    pub kind: u32,
    /// The flags of bytes: a tag (QUIPU_TAG_...), or what they mean to you.
    pub flags: u32,
    /// The number of QUIPU_INTEGER.
    pub integer: i64,
    /// The number of QUIPU_FLOAT.
    pub real: f64,
    /// The bytes of QUIPU_BYTES. After a read: in the caller's buffer, or NULL if they did not fit.
    pub bytes: *const c_void,
    /// How many bytes they are.
    pub length: usize,
    /// After a read: milliseconds that the entry has left, to within a tick, or QUIPU_TTL_NEVER.
    pub ttl_ms: i64,
    /// After a read: names this state of the entry.
    pub token: Token,
}

impl Value {
    /// What is read of a missing key.
    pub(crate) const NONE: Self = Self {
        kind: QUIPU_NONE,
        flags: 0,
        integer: 0,
        real: 0.0,
        bytes: ptr::null(),
        length: 0,
        ttl_ms: QUIPU_TTL_NEVER,
        token: Token { words: [0; 2] },
    };

    /// What was read, but for the place of its bytes.
    #[inline]
    pub(crate) fn of(found: &Copied) -> Self {
        let mut value = Self {
            ttl_ms: milliseconds(found.ttl),
            token: found.token.into(),
            ..Self::NONE
        };
        match found.kind {
            Kind::Integer(integer) => {
                value.kind = QUIPU_INTEGER;
                value.integer = integer;
            }
            Kind::Float(real) => {
                value.kind = QUIPU_FLOAT;
                value.real = real;
            }
            Kind::Bytes { flags } => {
                value.kind = QUIPU_BYTES;
                value.flags = flags;
                value.length = found.length;
            }
        }
        value
    }

    /// What was read, with its bytes in the room of the caller. They do not fit: the status says so.
    pub(crate) fn copied(found: &Copied, bytes: &[u8], room: &mut Room<'_>) -> (Self, Status) {
        let mut value = Self::of(found);
        if value.kind != QUIPU_BYTES {
            return (value, QUIPU_OK);
        }
        match room.put(bytes) {
            Some(place) => {
                value.bytes = place;
                (value, QUIPU_OK)
            }
            None => (value, QUIPU_BUFFER_TOO_SMALL),
        }
    }

    /// As [`Self::copied`], of an entry.
    pub(crate) fn copied_entry(entry: &Entry, room: &mut Room<'_>) -> (Self, Status) {
        Self::copied(&found(entry), bytes_of(entry), room)
    }

    pub(crate) fn of_number(number: Number) -> Self {
        match number {
            Number::Integer(integer) => Self {
                kind: QUIPU_INTEGER,
                integer,
                ..Self::NONE
            },
            Number::Float(real) => Self {
                kind: QUIPU_FLOAT,
                real,
                ..Self::NONE
            },
        }
    }
}

/// An entry as a read into a buffer would have found it.
pub(crate) fn found(entry: &Entry) -> Copied {
    Copied {
        kind: match entry.value {
            quipu::Value::Integer(value) => Kind::Integer(value),
            quipu::Value::Float(value) => Kind::Float(value),
            quipu::Value::Bytes { flags, .. } => Kind::Bytes { flags },
        },
        length: bytes_of(entry).len(),
        ttl: entry.ttl,
        token: entry.token,
    }
}

pub(crate) fn bytes_of(entry: &Entry) -> &[u8] {
    entry.value.as_bytes().unwrap_or_default()
}

impl From<quipu::Token> for Token {
    fn from(token: quipu::Token) -> Self {
        Self {
            words: token.words(),
        }
    }
}

impl From<Token> for quipu::Token {
    fn from(token: Token) -> Self {
        Self::from_words(token.words)
    }
}

/// The time to live that a number says.
pub(crate) fn ttl(milliseconds: i64) -> Result<Ttl, Failure> {
    match milliseconds {
        QUIPU_TTL_NEVER => Ok(Ttl::Never),
        QUIPU_TTL_KEEP => Ok(Ttl::Keep),
        _ => match u64::try_from(milliseconds) {
            Ok(milliseconds) => Ok(Ttl::After(Duration::from_millis(milliseconds))),
            Err(_) => Err(Failure::argument(
                "the time to live is negative: use milliseconds, QUIPU_TTL_NEVER or QUIPU_TTL_KEEP",
            )),
        },
    }
}

/// The number that a time to live is.
pub(crate) fn milliseconds(ttl: Ttl) -> i64 {
    match ttl {
        Ttl::After(left) => i64::try_from(left.as_millis()).unwrap_or(i64::MAX),
        Ttl::Never | Ttl::Keep => QUIPU_TTL_NEVER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quipu::tag;

    #[test]
    fn tags_are_those_of_the_library() {
        let ours = [
            QUIPU_TAG_RAW,
            QUIPU_TAG_NULL,
            QUIPU_TAG_BOOLEAN,
            QUIPU_TAG_JSON,
            QUIPU_TAG_PHP,
            QUIPU_TAG_IGBINARY,
            QUIPU_TAG_MSGPACK,
            QUIPU_TAG_PICKLE,
        ];
        let theirs = [
            tag::RAW,
            tag::NULL,
            tag::BOOLEAN,
            tag::JSON,
            tag::PHP,
            tag::IGBINARY,
            tag::MSGPACK,
            tag::PICKLE,
        ];
        assert_eq!(ours, theirs);
    }

    #[test]
    fn times_to_live_are_numbers_and_back() {
        for (number, ttl_of) in [
            (QUIPU_TTL_NEVER, Ttl::Never),
            (0, Ttl::After(Duration::ZERO)),
            (1500, Ttl::After(Duration::from_millis(1500))),
        ] {
            assert_eq!(ttl(number).ok(), Some(ttl_of));
            assert_eq!(milliseconds(ttl_of), number);
        }
        assert_eq!(ttl(QUIPU_TTL_KEEP).ok(), Some(Ttl::Keep));
        assert!(ttl(-3).is_err());
        assert_eq!(milliseconds(Ttl::After(Duration::MAX)), i64::MAX);
    }
}
