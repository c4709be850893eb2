//! The cold part of a session: the attributes that describe it, in the very form that RADIUS gives them.
use crate::packet::{Attribute, Attributes, kind};
use std::fmt;

/// The most octets of attributes that a session keeps.
pub(super) const COLD_OCTETS_MAX: usize = 1024;

/// Whether a session keeps an attribute (docs/radius-record.md 3.3). What counts is in the hot part, and everything
/// is in the log.
#[must_use]
pub fn is_kept(number: u8) -> bool {
    matches!(
        number,
        kind::USER_NAME
            | kind::NAS_IP_ADDRESS
            | kind::NAS_PORT
            | kind::SERVICE_TYPE
            | kind::FRAMED_PROTOCOL
            | kind::CLASS
            | kind::CALLED_STATION_ID
            | kind::CALLING_STATION_ID
            | kind::NAS_IDENTIFIER
            | kind::ACCT_AUTHENTIC
            | kind::ACCT_MULTI_SESSION_ID
            | kind::NAS_PORT_TYPE
            | kind::TUNNEL_CLIENT_ENDPOINT
            | kind::TUNNEL_SERVER_ENDPOINT
            | kind::ACCT_TUNNEL_CONNECTION
            | kind::CONNECT_INFO
            | kind::NAS_PORT_ID
            | kind::NAS_IPV6_ADDRESS
            | kind::FRAMED_INTERFACE_ID
            | kind::FRAMED_IPV6_PREFIX
            | kind::DELEGATED_IPV6_PREFIX
            | kind::FRAMED_IPV6_ADDRESS
    )
}

/// A list of attributes of a session.
#[derive(Clone, PartialEq, Eq)]
pub struct Cold {
    bytes: [u8; COLD_OCTETS_MAX],
    length: usize,
}

/// A set of attribute numbers.
#[derive(Default)]
struct Kinds([u64; 4]);

impl Kinds {
    fn insert(&mut self, kind: u8) {
        self.0[usize::from(kind >> 6)] |= 1 << (kind & 63);
    }

    fn contains(&self, kind: u8) -> bool {
        self.0[usize::from(kind >> 6)] >> (kind & 63) & 1 == 1
    }
}

impl Cold {
    /// No attributes.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: [0; COLD_OCTETS_MAX],
            length: 0,
        }
    }

    /// A list as it was stored. `None` if it is not one, or too long.
    #[must_use]
    pub fn from_bytes(list: &[u8]) -> Option<Self> {
        let octets: usize = Attributes::legal(list)
            .map(|attribute| 2 + attribute.value.len())
            .sum();
        if octets != list.len() || list.len() > COLD_OCTETS_MAX {
            return None;
        }
        let mut cold = Self::new();
        cold.bytes[..list.len()].copy_from_slice(list);
        cold.length = list.len();
        Some(cold)
    }

    /// The list.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The attributes, in no order; several of one kind are in theirs.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::legal(self.as_bytes())
    }

    /// The first attribute of a kind.
    #[must_use]
    pub fn get(&self, kind: u8) -> Option<&[u8]> {
        let found = self.attributes().find(|attribute| attribute.kind == kind);
        found.map(|attribute| attribute.value)
    }

    /// Takes over what another list says. If that is newer, it replaces all attributes of the kinds that it has; if
    /// not, it adds the kinds that are absent here. Says whether there was room for everything.
    #[must_use]
    pub fn merge(&mut self, other: Attributes<'_>, is_newer: bool) -> bool {
        let mut kinds = Kinds::default();
        if is_newer {
            for attribute in other.clone() {
                // An empty one says nothing.
                if !attribute.value.is_empty() {
                    kinds.insert(attribute.kind);
                }
            }
            self.retain(|attribute| !kinds.contains(attribute.kind));
        } else {
            for attribute in self.attributes() {
                kinds.insert(attribute.kind);
            }
        }
        let mut is_whole = true;
        for attribute in other {
            let is_wanted = is_newer || !kinds.contains(attribute.kind);
            if is_wanted && is_kept(attribute.kind) && !attribute.value.is_empty() {
                is_whole &= self.push(&attribute);
            }
        }
        is_whole
    }

    fn push(&mut self, attribute: &Attribute<'_>) -> bool {
        let end = self.length + 2 + attribute.value.len();
        let Some(room) = self.bytes.get_mut(self.length..end) else {
            return false;
        };
        room[0] = attribute.kind;
        // It was one octet in the packet.
        room[1] = u8::try_from(room.len()).unwrap_or(u8::MAX);
        room[2..].copy_from_slice(attribute.value);
        self.length = end;
        true
    }

    fn retain(&mut self, is_kept: impl Fn(&Attribute<'_>) -> bool) {
        if self.attributes().all(|attribute| is_kept(&attribute)) {
            return;
        }
        let old = self.clone();
        self.bytes.fill(0);
        self.length = 0;
        for attribute in old.attributes().filter(is_kept) {
            self.push(&attribute);
        }
    }
}

impl Default for Cold {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Cold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.attributes()).finish()
    }
}
