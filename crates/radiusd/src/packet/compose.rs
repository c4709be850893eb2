//! Requests: what a client sends. For loaders, tests, and whoever forwards accounting.
use super::{HEADER_OCTETS, PACKET_OCTETS_MAX, Secret, kind};

/// Builds one request in a buffer of its own.
///
/// ```
/// use quipu_radiusd::packet::{Composer, Packet, Secret, TypedLengths, kind};
/// let secret = Secret::new(b"xyzzy5461");
/// let mut request = Composer::new(7);
/// request.push(kind::ACCT_SESSION_ID, b"1");
/// let bytes = request.accounting(&secret);
/// let packet = Packet::parse(bytes, TypedLengths::Discard).expect("a good packet");
/// assert_eq!((packet.identifier(), secret.verify(&packet)), (7, Ok(())));
/// ```
#[derive(Debug, Clone)]
pub struct Composer {
    bytes: [u8; PACKET_OCTETS_MAX],
    length: usize,
    message_authenticator: Option<usize>,
}

impl Composer {
    /// A request without attributes.
    #[must_use]
    pub fn new(identifier: u8) -> Self {
        let mut bytes = [0; PACKET_OCTETS_MAX];
        bytes[1] = identifier;
        Self {
            bytes,
            length: HEADER_OCTETS,
            message_authenticator: None,
        }
    }

    /// Appends an attribute; says whether it was taken. It is not if its value has more than 253 octets, or the
    /// packet more than 4,096.
    pub fn push(&mut self, kind: u8, value: &[u8]) -> bool {
        let end = self.length + 2 + value.len();
        let Ok(octets) = u8::try_from(value.len() + 2) else {
            return false;
        };
        if end > PACKET_OCTETS_MAX {
            return false;
        }
        self.bytes[self.length] = kind;
        self.bytes[self.length + 1] = octets;
        self.bytes[self.length + 2..end].copy_from_slice(value);
        self.length = end;
        true
    }

    /// Appends a number; says whether it was taken.
    pub fn push_number(&mut self, kind: u8, value: u32) -> bool {
        self.push(kind, &value.to_be_bytes())
    }

    /// Appends a Message-Authenticator, which is filled in at the end; says whether it was taken.
    pub fn push_message_authenticator(&mut self) -> bool {
        let at = self.length + 2;
        let is_taken = self.push(kind::MESSAGE_AUTHENTICATOR, &[0; 16]);
        if is_taken {
            self.message_authenticator = Some(at);
        }
        is_taken
    }

    /// Signs it as an Accounting-Request.
    pub fn accounting(&mut self, secret: &Secret) -> &[u8] {
        self.finish(4, [0; 16], secret);
        let signature = secret.sign(&self.bytes[..self.length], &[0; 16]);
        self.bytes[4..HEADER_OCTETS].copy_from_slice(&signature);
        &self.bytes[..self.length]
    }

    /// Makes it a Status-Server; the authenticator should be random.
    pub fn status_server(&mut self, secret: &Secret, authenticator: [u8; 16]) -> &[u8] {
        self.finish(12, authenticator, secret);
        &self.bytes[..self.length]
    }

    fn finish(&mut self, code: u8, authenticator: [u8; 16], secret: &Secret) {
        self.bytes[0] = code;
        let octets = u16::try_from(self.length).expect("at most 4,096");
        self.bytes[2..4].copy_from_slice(&octets.to_be_bytes());
        self.bytes[4..HEADER_OCTETS].copy_from_slice(&authenticator);
        if let Some(at) = self.message_authenticator {
            let packet = &self.bytes[..self.length];
            let value = secret.message_authenticator(packet, &authenticator, at);
            self.bytes[at..at + 16].copy_from_slice(&value);
        }
    }
}
