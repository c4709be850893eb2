//! Whose session it is: a client, a NAS, and a session id, as the key of a table (docs/radius-record.md 2).
use crate::packet::{Attribute, kind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Names a client for good: the CRC-32C of its name in the configuration, so that its place there does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub u32);

impl ClientId {
    /// The id of a client by its name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self(crc32c::crc32c(name.as_bytes()))
    }
}

/// A network access server, by the first of these that its request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Nas<'p> {
    /// NAS-IPv6-Address.
    V6([u8; 16]),
    /// NAS-IP-Address.
    V4([u8; 4]),
    /// NAS-Identifier, 1 to 253 octets.
    Identifier(&'p [u8]),
    /// Where the request came from.
    Source(IpAddr),
}

/// What a request says about its NAS, until all of it is read.
#[derive(Default)]
pub(super) struct Candidates<'p> {
    v6: Option<[u8; 16]>,
    v4: Option<[u8; 4]>,
    identifier: Option<&'p [u8]>,
}

impl<'p> Candidates<'p> {
    pub(super) fn take(&mut self, attribute: &Attribute<'p>) {
        match attribute.kind {
            kind::NAS_IPV6_ADDRESS => self.v6 = attribute.value.try_into().ok(),
            kind::NAS_IP_ADDRESS => self.v4 = attribute.value.try_into().ok(),
            kind::NAS_IDENTIFIER if !attribute.value.is_empty() => {
                self.identifier = Some(attribute.value);
            }
            _ => {}
        }
    }

    pub(super) fn choose(self, source: IpAddr) -> Nas<'p> {
        let v6 = self.v6.map(Nas::V6);
        let v4 = || self.v4.map(Nas::V4);
        let identifier = || self.identifier.map(Nas::Identifier);
        v6.or_else(v4)
            .or_else(identifier)
            .unwrap_or(Nas::Source(source))
    }
}

/// The longest [`Nas::write_key`]: tag, client, kind, length, identifier.
pub const NAS_KEY_OCTETS_MAX: usize = 1 + 4 + 1 + 1 + 253;
/// The longest [`SessionKey`]: that of a NAS, a session id, and the number of an earlier session.
pub const SESSION_KEY_OCTETS_MAX: usize = NAS_KEY_OCTETS_MAX + 253 + 6;

impl<'k> Nas<'k> {
    /// Reads what [`Self::write_key`] has written behind the client; the second part is what follows it.
    fn parse(key: &'k [u8]) -> Option<(Self, &'k [u8])> {
        let (kind, rest) = key.split_first()?;
        Some(match kind {
            b'4' | b'a' => {
                let (address, rest) = rest.split_first_chunk::<4>()?;
                let source = Self::Source(IpAddr::from(*address));
                let nas = if *kind == b'4' {
                    Self::V4(*address)
                } else {
                    source
                };
                (nas, rest)
            }
            b'6' | b'b' => {
                let (address, rest) = rest.split_first_chunk::<16>()?;
                let source = Self::Source(IpAddr::from(*address));
                let nas = if *kind == b'6' {
                    Self::V6(*address)
                } else {
                    source
                };
                (nas, rest)
            }
            b'i' => {
                let (length, rest) = rest.split_first()?;
                let (name, rest) = rest.split_at_checked(usize::from(*length))?;
                (Self::Identifier(name), rest)
            }
            _ => return None,
        })
    }
}

impl Nas<'_> {
    /// The attribute that names it; `None`: where its requests come from does.
    #[must_use]
    pub fn attribute(&self) -> Option<&'static str> {
        match self {
            Self::V6(_) => Some("NAS-IPv6-Address"),
            Self::V4(_) => Some("NAS-IP-Address"),
            Self::Identifier(_) => Some("NAS-Identifier"),
            Self::Source(_) => None,
        }
    }

    /// Appends the client, and who the NAS is: what the keys of a NAS and of its sessions have in common.
    pub fn write_key(&self, client: ClientId, key: &mut SessionKey) {
        key.push(&client.0.to_le_bytes());
        match self {
            Self::V6(address) => {
                key.push(b"6");
                key.push(address);
            }
            Self::V4(address) => {
                key.push(b"4");
                key.push(address);
            }
            Self::Identifier(name) => {
                key.push(b"i");
                key.push(&[u8::try_from(name.len()).unwrap_or(u8::MAX)]);
                key.push(name);
            }
            Self::Source(IpAddr::V4(address)) => {
                key.push(b"a");
                key.push(&address.octets());
            }
            Self::Source(IpAddr::V6(address)) => {
                key.push(b"b");
                key.push(&address.octets());
            }
        }
    }
}

/// A session by the parts of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionName<'k> {
    /// Whose it is.
    pub client: ClientId,
    /// Its NAS.
    pub nas: Nas<'k>,
    /// Acct-Session-Id.
    pub id: &'k [u8],
    /// Its number, if another session has its id now.
    pub number: Option<u32>,
}

impl<'k> SessionName<'k> {
    /// Takes the key of a session apart; `None` if it is that of something else.
    #[must_use]
    pub fn parse(key: &'k [u8]) -> Option<Self> {
        let (number, rest) = match key.split_first()? {
            (b's', rest) => (None, rest),
            (b'e', rest) => {
                let (number, rest) = rest.split_first_chunk::<4>()?;
                (Some(u32::from_le_bytes(*number)), rest)
            }
            _ => return None,
        };
        let (client, rest) = rest.split_first_chunk::<4>()?;
        let (nas, id) = Nas::parse(rest)?;
        Some(Self {
            client: ClientId(u32::from_le_bytes(*client)),
            nas,
            id,
            number,
        })
    }
}

/// The key of a table's entry, made without allocating.
#[derive(Clone)]
pub struct SessionKey {
    bytes: [u8; SESSION_KEY_OCTETS_MAX],
    length: usize,
}

impl SessionKey {
    /// A key that is its tag so far.
    #[must_use]
    pub fn tagged(tag: u8) -> Self {
        let mut bytes = [0; SESSION_KEY_OCTETS_MAX];
        bytes[0] = tag;
        Self { bytes, length: 1 }
    }

    /// The key of a session.
    #[must_use]
    pub fn session(client: ClientId, nas: &Nas<'_>, session_id: &[u8]) -> Self {
        let mut key = Self::tagged(b's');
        nas.write_key(client, &mut key);
        key.push(session_id);
        key
    }

    /// The key of a NAS.
    #[must_use]
    pub fn nas(client: ClientId, nas: &Nas<'_>) -> Self {
        let mut key = Self::tagged(b'n');
        nas.write_key(client, &mut key);
        key
    }

    /// The key of an earlier session that had the same id: the number comes first, so that no session id of another
    /// one looks like it.
    #[must_use]
    pub fn earlier(session: &[u8], number: u32) -> Self {
        let mut key = Self::tagged(b'e');
        key.push(&number.to_le_bytes());
        key.push(session.get(1..).unwrap_or_default());
        key
    }

    /// Appends bytes; what has no room is left out, which no attribute is long enough for.
    pub fn push(&mut self, bytes: &[u8]) {
        let taken = bytes.len().min(self.bytes.len() - self.length);
        self.bytes[self.length..self.length + taken].copy_from_slice(&bytes[..taken]);
        self.length += taken;
    }

    /// The key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl std::fmt::Display for Nas<'_> {
    /// An address as usual; an identifier as it is, or escaped if it is no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::V6(address) => Ipv6Addr::from(*address).fmt(f),
            Self::V4(address) => Ipv4Addr::from(*address).fmt(f),
            Self::Identifier(name) => match std::str::from_utf8(name) {
                Ok(name) => f.write_str(name),
                Err(_) => name.escape_ascii().fmt(f),
            },
            Self::Source(address) => address.fmt(f),
        }
    }
}

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}
