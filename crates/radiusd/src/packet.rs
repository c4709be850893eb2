//! A packet as it lies in the buffer that it was received in: checked once, copied never.
//!
//! Rules cite RFC 2865, 2866, 2869, 5080 and 5997. Whatever is wrong with a packet is a [`Discard`], and a packet that
//! is discarded is never answered.
mod attribute;
mod compose;
mod discard;
mod reply;
mod secret;
mod vendor;

pub use attribute::{Attribute, Attributes, kind};
pub use compose::Composer;
pub use discard::{Discard, Malformed};
pub use reply::write_reply;
pub use secret::{Secret, is_valid_reply};
pub use vendor::{VendorAttribute, VendorAttributes, VendorFormat};

/// The octets before the attributes: code, identifier, length, authenticator.
pub const HEADER_OCTETS: usize = 20;
/// The longest packet (RFC 2865, section 3).
pub const PACKET_OCTETS_MAX: usize = 4096;
/// The longest datagram that is worth receiving: a packet, and padding behind it.
pub const DATAGRAM_OCTETS_MAX: usize = 65_536;

/// The kinds of packet that an accounting port knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// 4: something to record.
    AccountingRequest,
    /// 12: a question whether the server is alive (RFC 5997).
    StatusServer,
}

/// What a typed attribute of the wrong size does to its packet (RFC 2866, section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TypedLengths {
    /// The packet is discarded, as the RFC demands.
    #[default]
    Discard,
    /// The attribute is skipped, for clients that never learn; [`Packet::has_wrong_lengths`] tells.
    Skip,
}

/// A request whose lengths all hold. Whether it is authentic is another question: [`Secret::verify`].
#[derive(Debug, Clone, Copy)]
pub struct Packet<'d> {
    bytes: &'d [u8],
    code: Code,
    /// Where the value of the Message-Authenticator begins.
    message_authenticator: Option<usize>,
    has_wrong_lengths: bool,
}

impl<'d> Packet<'d> {
    /// Checks a datagram. What follows the packet's own length is padding, and ignored. Allocates nothing; the cost
    /// is one step for each attribute.
    ///
    /// # Errors
    /// [`Discard::UnknownCode`] and [`Discard::Malformed`], or [`Discard::MessageAuthenticator`] if there is more than
    /// one.
    pub fn parse(datagram: &'d [u8], typed: TypedLengths) -> Result<Self, Discard> {
        let Some((header, _)) = datagram.split_first_chunk::<HEADER_OCTETS>() else {
            return Err(Discard::Malformed(Malformed::Short));
        };
        let code = match header[0] {
            4 => Code::AccountingRequest,
            12 => Code::StatusServer,
            other => return Err(Discard::UnknownCode(other)),
        };
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if length < HEADER_OCTETS {
            return Err(Discard::Malformed(Malformed::LengthTooSmall));
        }
        if length > PACKET_OCTETS_MAX {
            return Err(Discard::Malformed(Malformed::LengthTooGreat));
        }
        let Some(bytes) = datagram.get(..length) else {
            return Err(Discard::Malformed(Malformed::LengthBeyondDatagram));
        };
        let mut packet = Self {
            bytes,
            code,
            message_authenticator: None,
            has_wrong_lengths: false,
        };
        packet.check_attributes(typed)?;
        Ok(packet)
    }

    fn check_attributes(&mut self, typed: TypedLengths) -> Result<(), Discard> {
        let mut at = HEADER_OCTETS;
        while at < self.bytes.len() {
            let length = self
                .bytes
                .get(at + 1)
                .map_or(0, |length| usize::from(*length));
            if length < 2 || at + length > self.bytes.len() {
                return Err(Discard::Malformed(Malformed::AttributeLength));
            }
            let kind = self.bytes[at];
            let value = &self.bytes[at + 2..at + length];
            if kind == kind::MESSAGE_AUTHENTICATOR {
                if value.len() != 16 || self.message_authenticator.is_some() {
                    return Err(Discard::MessageAuthenticator);
                }
                self.message_authenticator = Some(at + 2);
            } else if !attribute::has_legal_length(kind, value) {
                if typed == TypedLengths::Discard {
                    return Err(Discard::Malformed(Malformed::TypedLength { kind }));
                }
                self.has_wrong_lengths = true;
            }
            at += length;
        }
        Ok(())
    }

    /// What kind of packet it is.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The identifier, which the answer repeats.
    #[must_use]
    pub fn identifier(&self) -> u8 {
        self.bytes[1]
    }

    /// The 16 octets that tell two requests of one identifier apart.
    ///
    /// # Panics
    /// Never: a packet has a header.
    #[must_use]
    pub fn authenticator(&self) -> &'d [u8; 16] {
        self.bytes[4..HEADER_OCTETS]
            .first_chunk()
            .expect("a packet has a header")
    }

    /// All of the packet, without padding.
    #[must_use]
    pub fn bytes(&self) -> &'d [u8] {
        self.bytes
    }

    /// The attributes in their order. Those of a wrong size, which [`TypedLengths::Skip`] has let through, are left
    /// out.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'d> {
        Attributes::legal(&self.bytes[HEADER_OCTETS..])
    }

    /// Whether it carries a Message-Authenticator.
    #[must_use]
    pub fn has_message_authenticator(&self) -> bool {
        self.message_authenticator.is_some()
    }

    /// Whether attributes were skipped for their size: a mark of [`TypedLengths::Skip`].
    #[must_use]
    pub fn has_wrong_lengths(&self) -> bool {
        self.has_wrong_lengths
    }
}
