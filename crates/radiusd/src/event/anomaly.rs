//! What is odd about a request.

/// A set of oddities. They go with the log and the session, and forbid nothing by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Anomalies(u16);

impl Anomalies {
    /// A typed attribute of the wrong size was skipped.
    pub const WRONG_LENGTH: Self = Self(1);
    /// User-Password, CHAP-Password, Reply-Message or State.
    pub const FORBIDDEN_ATTRIBUTE: Self = Self(2);
    /// No NAS-IP-Address, NAS-IPv6-Address or NAS-Identifier.
    pub const NO_NAS: Self = Self(4);
    /// No Acct-Status-Type.
    pub const NO_STATUS_TYPE: Self = Self(8);
    /// More than one of them.
    pub const SEVERAL_STATUS_TYPES: Self = Self(16);
    /// No Acct-Session-Id, or an empty one, where there must be one.
    pub const NO_SESSION_ID: Self = Self(32);
    /// More than one of them.
    pub const SEVERAL_SESSION_IDS: Self = Self(64);
    /// A status type that no RFC has. Allowed, but it changes no session.
    pub const UNKNOWN_STATUS_TYPE: Self = Self(128);

    pub(super) fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether all of the others are in it.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing is odd.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The first that RFC 2866, section 5.13 forbids, in words.
    #[must_use]
    pub fn forbidden(self) -> Option<&'static str> {
        let rules = [
            (
                Self::WRONG_LENGTH,
                "an attribute does not have the size of its type",
            ),
            (
                Self::FORBIDDEN_ATTRIBUTE,
                "User-Password, CHAP-Password, Reply-Message and State are not for accounting",
            ),
            (
                Self::NO_NAS,
                "neither NAS-IP-Address, NAS-IPv6-Address nor NAS-Identifier",
            ),
            (Self::NO_STATUS_TYPE, "no Acct-Status-Type"),
            (Self::SEVERAL_STATUS_TYPES, "more than one Acct-Status-Type"),
            (Self::NO_SESSION_ID, "no Acct-Session-Id"),
            (Self::SEVERAL_SESSION_IDS, "more than one Acct-Session-Id"),
        ];
        let broken = rules.iter().find(|(rule, _)| self.contains(*rule));
        broken.map(|(_, words)| *words)
    }
}
