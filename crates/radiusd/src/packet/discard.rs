//! Why a packet is not answered, and which counter of RFC 4671 says so.
use std::fmt;

/// Why a packet is silently discarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Discard {
    /// It comes from an address that is no client's: `invalid_requests`.
    UnknownClient,
    /// Its code is not for an accounting port: `unknown_types`.
    UnknownCode(u8),
    /// A length in it is wrong: `malformed`.
    Malformed(Malformed),
    /// Its authenticator was not made with the client's secret: `bad_authenticators`.
    Authenticator,
    /// Its Message-Authenticator is wrong, not 16 octets, there twice, or missing where it must be:
    /// `bad_message_authenticators`, and in the MIB `bad_authenticators`.
    MessageAuthenticator,
    /// The policy is strict, and the request is not what RFC 2866, section 5.13 allows: `malformed`.
    Forbidden(&'static str),
    /// Its Event-Timestamp is too old or too new for the window that the client has: `packets_dropped`.
    NotFresh,
}

/// Which length is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Malformed {
    /// The datagram has less than 20 octets.
    Short,
    /// The packet says that it has less than 20 octets.
    LengthTooSmall,
    /// The packet says that it has more than 4,096 octets.
    LengthTooGreat,
    /// The packet says that it is longer than the datagram.
    LengthBeyondDatagram,
    /// An attribute has a length of 0 or 1, or goes beyond the packet.
    AttributeLength,
    /// An attribute does not have the size of its type.
    TypedLength {
        /// Its number.
        kind: u8,
    },
}

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownClient => f.write_str("no client has this address: add it to the configuration"),
            Self::UnknownCode(code) => write!(
                f,
                "code {code} is not for an accounting port: send Accounting-Request (4) or Status-Server (12)"
            ),
            Self::Malformed(malformed) => write!(f, "malformed packet: {malformed}"),
            Self::Authenticator => {
                f.write_str("wrong authenticator: compare the secrets of client and server")
            }
            Self::MessageAuthenticator => f.write_str(
                "wrong or missing Message-Authenticator: compare the secrets of client and server",
            ),
            Self::Forbidden(what) => write!(f, "forbidden by RFC 2866, and the policy is strict: {what}"),
            Self::NotFresh => f.write_str(
                "Event-Timestamp outside of the window: set the client's clock, or widen max_clock_skew",
            ),
        }
    }
}

impl std::error::Error for Discard {}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short => f.write_str("less than 20 octets"),
            Self::LengthTooSmall => f.write_str("Length is less than 20"),
            Self::LengthTooGreat => f.write_str("Length is more than 4096"),
            Self::LengthBeyondDatagram => f.write_str("Length is more than was received"),
            Self::AttributeLength => {
                f.write_str("an attribute's length is 0, 1 or beyond the packet")
            }
            Self::TypedLength { kind } => {
                write!(f, "attribute {kind} does not have the size of its type")
            }
        }
    }
}
