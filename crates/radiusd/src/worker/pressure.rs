//! What is served first when more comes than can be served.
use crate::packet::{HEADER_OCTETS, kind};

/// How full the socket is that a batch comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressure {
    /// Requests are taken in the order in which they came.
    Normal,
    /// The receive buffer is filling up. Stop, On and Off are served first, then everything else but Interims: those
    /// are left out, for the next one says all that this one says, and who was not answered sends again (RFC 5080,
    /// section 2.2.3).
    High,
}

/// A walk through a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    All,
    Last,
    Other,
}

/// How much a request matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    /// A Stop, On or Off: the last word about something.
    Last,
    Interim,
    Other,
}

/// Reads Acct-Status-Type out of a datagram that nobody has checked: for the order only.
fn rank(datagram: &[u8]) -> Rank {
    let mut rest = datagram.get(HEADER_OCTETS..).unwrap_or_default();
    while let [number, length, ..] = rest {
        let Some(attribute) = rest.get(..usize::from(*length)).filter(|it| it.len() >= 2) else {
            break;
        };
        if *number == kind::ACCT_STATUS_TYPE {
            return match attribute[2..] {
                [0, 0, 0, 2 | 7 | 8] => Rank::Last,
                [0, 0, 0, 3] => Rank::Interim,
                _ => Rank::Other,
            };
        }
        rest = &rest[attribute.len()..];
    }
    Rank::Other
}

impl Pressure {
    /// The walks through a batch.
    pub(super) fn passes(self) -> &'static [Pass] {
        match self {
            Self::Normal => &[Pass::All],
            Self::High => &[Pass::Last, Pass::Other],
        }
    }
}

impl Pass {
    /// Whether this walk serves a datagram.
    pub(super) fn serves(self, datagram: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Last => rank(datagram) == Rank::Last,
            Self::Other => rank(datagram) == Rank::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{Composer, Secret};

    fn request(status: u32) -> Vec<u8> {
        let mut request = Composer::new(1);
        request.push(kind::ACCT_SESSION_ID, b"1");
        request.push_number(kind::ACCT_STATUS_TYPE, status);
        request.accounting(&Secret::new(b"x")).to_vec()
    }

    fn served(pressure: Pressure) -> Vec<u32> {
        let batch = [3, 1, 2, 3, 15, 7, 8];
        let passes = pressure.passes().iter();
        passes
            .flat_map(|pass| {
                batch
                    .iter()
                    .filter(|status| pass.serves(&request(**status)))
            })
            .copied()
            .collect()
    }

    #[test]
    fn what_comes_only_once_is_served_first() {
        assert_eq!(served(Pressure::Normal), [3, 1, 2, 3, 15, 7, 8]);
        assert_eq!(served(Pressure::High), [2, 7, 8, 1, 15]);
    }

    #[test]
    fn what_is_no_packet_is_served_like_any_other() {
        let good = request(3);
        for length in 0..good.len() {
            assert!(Pass::Other.serves(&good[..length]) || length >= HEADER_OCTETS + 2);
        }
        let endless = [&good[..HEADER_OCTETS], &[1, 0, 1, 1]].concat();
        assert!(Pass::Other.serves(&endless));
    }
}
