//! What is made with the secret that client and server share: authenticators, compared in constant time.
use super::{Code, Discard, HEADER_OCTETS, Packet};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use std::fmt;
use subtle::ConstantTimeEq;

const ZEROS: [u8; 16] = [0; 16];

/// A client's secret, with the part of HMAC-MD5 that depends on it alone done already.
#[derive(Clone)]
pub struct Secret {
    bytes: Box<[u8]>,
    hmac: Hmac<Md5>,
}

impl Secret {
    /// Takes a secret of any length.
    ///
    /// # Panics
    /// Never: HMAC takes a key of any length.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.into(),
            hmac: Hmac::new_from_slice(bytes).expect("a key of any length"),
        }
    }

    /// Whether a packet was made by somebody who knows the secret. An Accounting-Request is signed by its
    /// authenticator, and by its Message-Authenticator if it has one. A Status-Server has a random authenticator, and
    /// must have a Message-Authenticator (RFC 5997, section 3). Allocates nothing; one MD5 of the packet, two with a
    /// Message-Authenticator.
    ///
    /// # Errors
    /// [`Discard::Authenticator`], [`Discard::MessageAuthenticator`].
    pub fn verify(&self, packet: &Packet<'_>) -> Result<(), Discard> {
        if packet.code == Code::AccountingRequest {
            let expected = self.sign(packet.bytes, &ZEROS);
            if !bool::from(expected.ct_eq(packet.authenticator())) {
                return Err(Discard::Authenticator);
            }
        }
        let Some(at) = packet.message_authenticator else {
            return match packet.code {
                Code::AccountingRequest => Ok(()),
                Code::StatusServer => Err(Discard::MessageAuthenticator),
            };
        };
        // RFC 2869, section 5.14, as all implementations read it: what is not random yet counts as zeros.
        let authenticator = match packet.code {
            Code::AccountingRequest => &ZEROS,
            Code::StatusServer => packet.authenticator(),
        };
        let expected = self.message_authenticator(packet.bytes, authenticator, at);
        if bool::from(expected.ct_eq(&packet.bytes[at..at + 16])) {
            Ok(())
        } else {
            Err(Discard::MessageAuthenticator)
        }
    }

    /// MD5 over a packet with another authenticator in its place, and the secret (RFC 2866, section 3).
    pub(super) fn sign(&self, packet: &[u8], authenticator: &[u8; 16]) -> [u8; 16] {
        let mut hash = Md5::new();
        hash.update(&packet[..4]);
        hash.update(authenticator);
        hash.update(&packet[HEADER_OCTETS..]);
        hash.update(&self.bytes);
        hash.finalize().into()
    }

    /// HMAC-MD5 over a packet with another authenticator in its place, and zeros for its own value, which begins `at`
    /// there.
    pub(super) fn message_authenticator(
        &self,
        packet: &[u8],
        authenticator: &[u8; 16],
        at: usize,
    ) -> [u8; 16] {
        let mut mac = self.hmac.clone();
        mac.update(&packet[..4]);
        mac.update(authenticator);
        mac.update(&packet[HEADER_OCTETS..at]);
        mac.update(&ZEROS);
        mac.update(&packet[at + 16..]);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Secret {
    /// Secrets do not belong in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Whether a reply answers a request with this authenticator, and was made with the secret: the client's side, for
/// loaders and tests. The Message-Authenticator is checked if there is one.
#[must_use]
pub fn is_valid_reply(reply: &[u8], request_authenticator: &[u8; 16], secret: &Secret) -> bool {
    let Some((header, list)) = reply.split_first_chunk::<HEADER_OCTETS>() else {
        return false;
    };
    if header[0] != 5 || usize::from(u16::from_be_bytes([header[2], header[3]])) != reply.len() {
        return false;
    }
    let is_signed = secret
        .sign(reply, request_authenticator)
        .ct_eq(&header[4..])
        .into();
    let mut attributes = super::Attributes::legal(list);
    while let Some(attribute) = attributes.next() {
        if attribute.kind == super::kind::MESSAGE_AUTHENTICATOR {
            if attribute.value.len() != 16 {
                return false;
            }
            let at = reply.len() - attributes.octets_left() - 16;
            let expected = secret.message_authenticator(reply, request_authenticator, at);
            if !bool::from(expected.ct_eq(attribute.value)) {
                return false;
            }
        }
    }
    is_signed
}
