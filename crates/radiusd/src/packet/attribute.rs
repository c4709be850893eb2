//! Attributes: their numbers, the sizes that their types allow, and a walk over them.

/// The numbers of the attributes that accounting knows.
#[allow(missing_docs, reason = "they are named as the RFCs name them")]
pub mod kind {
    pub const USER_NAME: u8 = 1;
    pub const USER_PASSWORD: u8 = 2;
    pub const CHAP_PASSWORD: u8 = 3;
    pub const NAS_IP_ADDRESS: u8 = 4;
    pub const NAS_PORT: u8 = 5;
    pub const SERVICE_TYPE: u8 = 6;
    pub const FRAMED_PROTOCOL: u8 = 7;
    pub const FRAMED_IP_ADDRESS: u8 = 8;
    pub const REPLY_MESSAGE: u8 = 18;
    pub const STATE: u8 = 24;
    pub const CLASS: u8 = 25;
    pub const VENDOR_SPECIFIC: u8 = 26;
    pub const CALLED_STATION_ID: u8 = 30;
    pub const CALLING_STATION_ID: u8 = 31;
    pub const NAS_IDENTIFIER: u8 = 32;
    pub const PROXY_STATE: u8 = 33;
    pub const ACCT_STATUS_TYPE: u8 = 40;
    pub const ACCT_DELAY_TIME: u8 = 41;
    pub const ACCT_INPUT_OCTETS: u8 = 42;
    pub const ACCT_OUTPUT_OCTETS: u8 = 43;
    pub const ACCT_SESSION_ID: u8 = 44;
    pub const ACCT_AUTHENTIC: u8 = 45;
    pub const ACCT_SESSION_TIME: u8 = 46;
    pub const ACCT_INPUT_PACKETS: u8 = 47;
    pub const ACCT_OUTPUT_PACKETS: u8 = 48;
    pub const ACCT_TERMINATE_CAUSE: u8 = 49;
    pub const ACCT_MULTI_SESSION_ID: u8 = 50;
    pub const ACCT_LINK_COUNT: u8 = 51;
    pub const ACCT_INPUT_GIGAWORDS: u8 = 52;
    pub const ACCT_OUTPUT_GIGAWORDS: u8 = 53;
    pub const EVENT_TIMESTAMP: u8 = 55;
    pub const NAS_PORT_TYPE: u8 = 61;
    pub const TUNNEL_CLIENT_ENDPOINT: u8 = 66;
    pub const TUNNEL_SERVER_ENDPOINT: u8 = 67;
    pub const ACCT_TUNNEL_CONNECTION: u8 = 68;
    pub const CONNECT_INFO: u8 = 77;
    pub const MESSAGE_AUTHENTICATOR: u8 = 80;
    pub const ACCT_INTERIM_INTERVAL: u8 = 85;
    pub const ACCT_TUNNEL_PACKETS_LOST: u8 = 86;
    pub const NAS_PORT_ID: u8 = 87;
    pub const NAS_IPV6_ADDRESS: u8 = 95;
    pub const FRAMED_INTERFACE_ID: u8 = 96;
    pub const FRAMED_IPV6_PREFIX: u8 = 97;
    pub const DELEGATED_IPV6_PREFIX: u8 = 123;
    pub const FRAMED_IPV6_ADDRESS: u8 = 168;
}

/// Whether a value has a size that the type of its attribute allows. Text and octets may have any: an empty one is
/// a fault of its sender, but says no more than that it is absent.
pub(super) fn has_legal_length(kind: u8, value: &[u8]) -> bool {
    match kind {
        // Numbers, dates and IPv4 addresses of RFC 2865, 2866, 2867, 2868, 2869.
        4..=10 | 12..=16 | 23 | 27..=29 | 37 | 38 | 40..=43 | 45..=49 | 51..=53 | 55 => {
            value.len() == 4
        }
        61 | 62 | 64 | 65 | 76 | 83 | 85 | 86 => value.len() == 4,
        kind::CHAP_PASSWORD => value.len() == 17,
        // A vendor, and at least one octet of its own.
        kind::VENDOR_SPECIFIC => value.len() >= 5,
        // IPv6 addresses of RFC 3162 and 6911.
        95 | 98 | 168 | 169 => value.len() == 16,
        kind::FRAMED_INTERFACE_ID => value.len() == 8,
        // IPv6 prefixes of RFC 3162, 4818 and 6911: a reserved octet, a length in bits, and as many octets as needed.
        97 | 123 | 170 => is_prefix(value),
        _ => true,
    }
}

fn is_prefix(value: &[u8]) -> bool {
    match value {
        [_, bits, address @ ..] => {
            *bits <= 128 && address.len() <= 16 && address.len() * 8 >= usize::from(*bits)
        }
        _ => false,
    }
}

/// One attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'p> {
    /// Its number.
    pub kind: u8,
    /// Its value, 0 to 253 octets, of a size that its type allows.
    pub value: &'p [u8],
}

impl Attribute<'_> {
    /// The value as a number, if it has 4 octets.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        Some(u32::from_be_bytes(self.value.try_into().ok()?))
    }
}

/// The attributes of a packet, or of any list in the same form, in their order. It ends where the list is not one.
#[derive(Debug, Clone)]
pub struct Attributes<'p> {
    rest: &'p [u8],
}

impl<'p> Attributes<'p> {
    /// Walks over a list of attributes, and leaves out those that do not have the size of their type.
    #[must_use]
    pub fn legal(list: &'p [u8]) -> Self {
        Self { rest: list }
    }

    /// How many octets are left to walk over.
    pub(super) fn octets_left(&self) -> usize {
        self.rest.len()
    }
}

impl<'p> Iterator for Attributes<'p> {
    type Item = Attribute<'p>;

    fn next(&mut self) -> Option<Attribute<'p>> {
        loop {
            let [kind, length, ..] = *self.rest else {
                return None;
            };
            let value = self.rest.get(2..usize::from(length))?;
            self.rest = &self.rest[usize::from(length)..];
            if has_legal_length(kind, value) {
                return Some(Attribute { kind, value });
            }
        }
    }
}
