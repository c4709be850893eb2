//! The answer: Accounting-Response, written into the caller's buffer.
use super::{Code, HEADER_OCTETS, PACKET_OCTETS_MAX, Packet, Secret, kind};

const ACCOUNTING_RESPONSE: u8 = 5;

/// Writes the answer to a request that was verified and recorded, and returns it. Every Proxy-State is echoed as it
/// came, in order (RFC 2866, section 5.13), and there is a Message-Authenticator if the request had one. A
/// Status-Server is answered without attributes (RFC 5997, section 4.2 and its example). Allocates nothing.
pub fn write_reply<'o>(
    request: &Packet<'_>,
    secret: &Secret,
    out: &'o mut [u8; PACKET_OCTETS_MAX],
) -> &'o [u8] {
    let mut length = HEADER_OCTETS;
    let mut message_authenticator = None;
    if request.code() == Code::AccountingRequest {
        // First, so that nobody can choose what the hash begins with. It fits: the request had all of this too.
        if request.has_message_authenticator() {
            out[length] = kind::MESSAGE_AUTHENTICATOR;
            out[length + 1] = 18;
            out[length + 2..length + 18].fill(0);
            message_authenticator = Some(length + 2);
            length += 18;
        }
        for attribute in request.attributes() {
            if attribute.kind == kind::PROXY_STATE {
                let end = length + 2 + attribute.value.len();
                out[length] = kind::PROXY_STATE;
                // At most 255: it was one octet in the request.
                out[length + 1] = u8::try_from(end - length).unwrap_or(u8::MAX);
                out[length + 2..end].copy_from_slice(attribute.value);
                length = end;
            }
        }
    }
    out[0] = ACCOUNTING_RESPONSE;
    out[1] = request.identifier();
    let octets = u16::try_from(length).expect("at most as long as the request");
    out[2..4].copy_from_slice(&octets.to_be_bytes());
    out[4..HEADER_OCTETS].copy_from_slice(request.authenticator());
    if let Some(at) = message_authenticator {
        let value = secret.message_authenticator(&out[..length], request.authenticator(), at);
        out[at..at + 16].copy_from_slice(&value);
    }
    let signature = secret.sign(&out[..length], request.authenticator());
    out[4..HEADER_OCTETS].copy_from_slice(&signature);
    &out[..length]
}
