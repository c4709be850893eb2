//! Who may send: clients by address or prefix, of which the longest that fits counts.
use crate::event::{ClientId, EventTime, Policy, Reading, TimeSource, WideCounter};
use crate::merge::Rules;
use crate::packet::{Discard, Secret, TypedLengths};
use crate::store::Sender;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

/// A client.
#[derive(Debug, Clone)]
pub struct Client {
    /// What its records are filed under.
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// Where its requests come from.
    pub prefix: Prefix,
    /// What it signs with.
    pub secret: Secret,
    /// What becomes of requests that are not allowed.
    pub policy: Policy,
    /// What becomes of typed attributes of the wrong size.
    pub typed: TypedLengths,
    /// What its NASes are like.
    pub rules: Rules,
    /// How far its clocks may be off, in milliseconds.
    pub skew_ms_max: u64,
    /// Whether packets whose clock is further off are discarded, against replay.
    pub drops_stale_packets: bool,
    /// 64-bit counters of vendors, the same for all clients.
    pub wide_counters: Arc<[WideCounter]>,
}

impl Client {
    /// How its events are stored.
    #[must_use]
    pub fn sender(&self) -> Sender<'_> {
        Sender {
            client: self.id,
            reading: Reading {
                policy: self.policy,
                wide_counters: &self.wide_counters,
            },
            typed: self.typed,
            rules: self.rules,
            skew_ms_max: self.skew_ms_max,
        }
    }

    /// Whether an event may count, by its time.
    ///
    /// # Errors
    /// [`Discard::NotFresh`] if the client's clock is too far off, and such packets are to be discarded.
    pub fn admits(&self, time: &EventTime) -> Result<(), Discard> {
        if self.drops_stale_packets && time.source == TimeSource::Skewed {
            return Err(Discard::NotFresh);
        }
        Ok(())
    }
}

/// Addresses that begin with the same bits. IPv4 addresses are the IPv6 addresses `::ffff:0:0/96`, as they are for a
/// socket that takes both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix {
    bits: u8,
    address: u128,
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn mask(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let example = "write it as 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32";
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address
            .parse()
            .map_err(|_| format!("'{text}' is no address or prefix: {example}"))?;
        let (offset, most) = if address.is_ipv4() {
            (96, 32)
        } else {
            (0, 128)
        };
        let length = match length {
            None => most,
            Some(length) => length
                .parse::<u8>()
                .ok()
                .filter(|length| *length <= most)
                .ok_or_else(|| format!("'{text}' has a wrong length: choose /0 to /{most}"))?,
        };
        let bits = offset + length;
        let address = number(address);
        if address & !mask(bits) != 0 {
            return Err(format!(
                "'{text}' has bits behind its length: set them to 0, or make it longer"
            ));
        }
        Ok(Self { bits, address })
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv6Addr::from_bits(self.address);
        match address.to_ipv4_mapped() {
            Some(address) if self.bits >= 96 => write!(f, "{address}/{}", self.bits - 96),
            _ => write!(f, "{address}/{}", self.bits),
        }
    }
}

/// The clients of a server.
#[derive(Debug, Clone, Default)]
pub struct Clients {
    /// By prefix, the longest first.
    lengths: Vec<(u8, Vec<(u128, usize)>)>,
    all: Vec<Client>,
}

impl Clients {
    /// Adds a client; returns the name of the one that has the prefix already.
    pub(super) fn insert(&mut self, prefix: Prefix, client: Client) -> Option<String> {
        let at = match self
            .lengths
            .binary_search_by(|(bits, _)| prefix.bits.cmp(bits))
        {
            Ok(at) => at,
            Err(at) => {
                self.lengths.insert(at, (prefix.bits, Vec::new()));
                at
            }
        };
        let of_length = &mut self.lengths[at].1;
        match of_length.binary_search_by_key(&prefix.address, |(address, _)| *address) {
            Ok(there) => Some(self.all[of_length[there].1].name.clone()),
            Err(there) => {
                of_length.insert(there, (prefix.address, self.all.len()));
                self.all.push(client);
                None
            }
        }
    }

    /// The client that an address belongs to. A binary search for each length of prefix that is in use.
    #[must_use]
    pub fn find(&self, address: IpAddr) -> Option<&Client> {
        let number = number(address);
        for (bits, of_length) in &self.lengths {
            let prefix = number & mask(*bits);
            if let Ok(at) = of_length.binary_search_by_key(&prefix, |(address, _)| *address) {
                return self.all.get(of_length[at].1);
            }
        }
        None
    }

    /// Has all of them read 64-bit counters of vendors.
    pub(super) fn read_wide_counters(&mut self, counters: &Arc<[WideCounter]>) {
        for client in &mut self.all {
            client.wide_counters = Arc::clone(counters);
        }
    }

    /// All of them, in the order of the file.
    #[must_use]
    pub fn all(&self) -> &[Client] {
        &self.all
    }
}
