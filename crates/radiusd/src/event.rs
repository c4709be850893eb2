//! What a request says: the attributes that accounting is made of, as borrowed fields.
//!
//! Nothing is judged here but the rules of RFC 2866, section 5.13: what a request must and must not contain. A
//! request that breaks them is recorded with a mark, or discarded, as the policy says; one that would be discarded for
//! ever would be sent for ever.
mod anomaly;
mod identity;
mod mac;
mod time;

pub use anomaly::Anomalies;
pub use identity::{
    ClientId, NAS_KEY_OCTETS_MAX, Nas, SESSION_KEY_OCTETS_MAX, SessionKey, SessionName,
};
pub use mac::mac_address;
pub use time::{EventTime, TimeSource};

use crate::packet::{Attribute, Discard, Packet, VendorAttributes, VendorFormat, kind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What becomes of a request that RFC 2866, section 5.13 does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// It is recorded, answered, and marked.
    #[default]
    Liberal,
    /// It is discarded.
    Strict,
}

/// Acct-Status-Type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// 1.
    Start,
    /// 2.
    Stop,
    /// 3.
    Interim,
    /// 7: the NAS has started; its sessions are no more.
    On,
    /// 8: the NAS is about to stop.
    Off,
    /// Tunnels (9 to 14, RFC 2867), Failed (15), and what nobody knows: recorded and answered, and no more.
    Other(u32),
    /// There is none: as [`Self::Other`].
    Missing,
}

impl From<u32> for Status {
    fn from(number: u32) -> Self {
        match number {
            1 => Self::Start,
            2 => Self::Stop,
            3 => Self::Interim,
            7 => Self::On,
            8 => Self::Off,
            other => Self::Other(other),
        }
    }
}

impl Status {
    /// The number on the wire; 0 if there was none.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Start => 1,
            Self::Stop => 2,
            Self::Interim => 3,
            Self::On => 7,
            Self::Off => 8,
            Self::Other(number) => number,
            Self::Missing => 0,
        }
    }
}

/// A count of octets as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Octets {
    /// All of it, as far as it was sent.
    pub value: u64,
    /// Only 32 bits were sent, so the number begins again at 0 after 4 GiB.
    pub is_narrow: bool,
}

/// An attribute of a vendor that carries a count of octets in 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WideCounter {
    /// The vendor's number.
    pub vendor: u32,
    /// How it writes.
    pub format: VendorFormat,
    /// The attribute's number.
    pub kind: u32,
    /// Which way it counts.
    pub direction: Direction,
}

/// Seen from the NAS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the user.
    Input,
    /// To the user.
    Output,
}

/// What a request says. Absent is not 0: a field that was not sent is `None`.
#[derive(Debug, Clone, Copy)]
pub struct Event<'p> {
    /// What happened.
    pub status: Status,
    /// Who says so.
    pub nas: Nas<'p>,
    /// Acct-Session-Id; never empty.
    pub session_id: Option<&'p [u8]>,
    /// User-Name; never empty.
    pub user: Option<&'p [u8]>,
    /// Acct-Input-Octets with its gigawords.
    pub input_octets: Option<Octets>,
    /// Acct-Output-Octets with its gigawords.
    pub output_octets: Option<Octets>,
    /// Acct-Input-Packets.
    pub input_packets: Option<u64>,
    /// Acct-Output-Packets.
    pub output_packets: Option<u64>,
    /// Acct-Session-Time in seconds.
    pub session_time_s: Option<u32>,
    /// Acct-Delay-Time in seconds.
    pub delay_s: Option<u32>,
    /// Event-Timestamp in seconds since 1970, by the clock of the NAS.
    pub timestamp_s: Option<u32>,
    /// Acct-Terminate-Cause.
    pub terminate_cause: Option<u32>,
    /// Acct-Multi-Session-Id.
    pub multi_session_id: Option<&'p [u8]>,
    /// Acct-Link-Count.
    pub link_count: Option<u32>,
    /// Acct-Interim-Interval in seconds.
    pub interim_interval_s: Option<u32>,
    /// Framed-IP-Address.
    pub framed_ip: Option<Ipv4Addr>,
    /// Framed-IPv6-Address, the first.
    pub framed_ipv6: Option<Ipv6Addr>,
    /// Calling-Station-Id, if it is a MAC address.
    pub calling_mac: Option<[u8; 6]>,
    /// What is odd about the request.
    pub anomalies: Anomalies,
    packet: Packet<'p>,
}

/// Numbers that are made of two attributes, which may come in any order.
#[derive(Default)]
struct Halves {
    low: Option<u32>,
    high: Option<u32>,
    wide: Option<u64>,
}

impl Halves {
    fn octets(&self) -> Option<Octets> {
        if let Some(value) = self.wide {
            let is_narrow = false;
            return Some(Octets { value, is_narrow });
        }
        if self.low.is_none() && self.high.is_none() {
            return None;
        }
        let high = u64::from(self.high.unwrap_or(0)) << 32;
        Some(Octets {
            value: high | u64::from(self.low.unwrap_or(0)),
            is_narrow: self.high.is_none(),
        })
    }
}

/// How requests of a client are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading<'c> {
    /// What becomes of what is not allowed.
    pub policy: Policy,
    /// 64-bit counters of vendors.
    pub wide_counters: &'c [WideCounter],
}

impl<'p> Event<'p> {
    /// Reads a verified Accounting-Request. Allocates nothing; one pass over the attributes.
    ///
    /// # Errors
    /// [`Discard::Forbidden`] if the policy is strict, and the request is not allowed.
    pub fn read(
        packet: &Packet<'p>,
        source: IpAddr,
        reading: &Reading<'_>,
    ) -> Result<Self, Discard> {
        let mut event = Self::empty(*packet, source);
        let mut identity = identity::Candidates::default();
        let (mut input, mut output) = (Halves::default(), Halves::default());
        for attribute in packet.attributes() {
            identity.take(&attribute);
            event.take(&attribute);
            match attribute.kind {
                kind::ACCT_INPUT_OCTETS => input.low = attribute.number(),
                kind::ACCT_INPUT_GIGAWORDS => input.high = attribute.number(),
                kind::ACCT_OUTPUT_OCTETS => output.low = attribute.number(),
                kind::ACCT_OUTPUT_GIGAWORDS => output.high = attribute.number(),
                kind::VENDOR_SPECIFIC if !reading.wide_counters.is_empty() => {
                    wide(
                        attribute.value,
                        reading.wide_counters,
                        &mut input,
                        &mut output,
                    );
                }
                _ => {}
            }
        }
        event.input_octets = input.octets();
        event.output_octets = output.octets();
        event.nas = identity.choose(source);
        event.complete();
        match event.anomalies.forbidden() {
            Some(what) if reading.policy == Policy::Strict => Err(Discard::Forbidden(what)),
            _ => Ok(event),
        }
    }

    fn empty(packet: Packet<'p>, source: IpAddr) -> Self {
        Self {
            status: Status::Missing,
            nas: Nas::Source(source),
            session_id: None,
            user: None,
            input_octets: None,
            output_octets: None,
            input_packets: None,
            output_packets: None,
            session_time_s: None,
            delay_s: None,
            timestamp_s: None,
            terminate_cause: None,
            multi_session_id: None,
            link_count: None,
            interim_interval_s: None,
            framed_ip: None,
            framed_ipv6: None,
            calling_mac: None,
            anomalies: Anomalies::default(),
            packet,
        }
    }

    fn take(&mut self, attribute: &Attribute<'p>) {
        let number = attribute.number();
        let text = Some(attribute.value).filter(|value| !value.is_empty());
        match attribute.kind {
            kind::ACCT_STATUS_TYPE => {
                if self.status != Status::Missing {
                    self.anomalies.insert(Anomalies::SEVERAL_STATUS_TYPES);
                } else if let Some(number) = number {
                    self.status = Status::from(number);
                }
            }
            kind::ACCT_SESSION_ID => {
                if self.session_id.is_some() {
                    self.anomalies.insert(Anomalies::SEVERAL_SESSION_IDS);
                } else {
                    self.session_id = text;
                }
            }
            kind::USER_PASSWORD | kind::CHAP_PASSWORD | kind::REPLY_MESSAGE | kind::STATE => {
                self.anomalies.insert(Anomalies::FORBIDDEN_ATTRIBUTE);
            }
            kind::USER_NAME => self.user = text,
            kind::ACCT_INPUT_PACKETS => self.input_packets = number.map(u64::from),
            kind::ACCT_OUTPUT_PACKETS => self.output_packets = number.map(u64::from),
            kind::ACCT_SESSION_TIME => self.session_time_s = number,
            kind::ACCT_DELAY_TIME => self.delay_s = number,
            kind::EVENT_TIMESTAMP => self.timestamp_s = number,
            kind::ACCT_TERMINATE_CAUSE => self.terminate_cause = number,
            kind::ACCT_MULTI_SESSION_ID => self.multi_session_id = text,
            kind::ACCT_LINK_COUNT => self.link_count = number,
            kind::ACCT_INTERIM_INTERVAL => self.interim_interval_s = number,
            kind::FRAMED_IP_ADDRESS => self.framed_ip = number.map(Ipv4Addr::from_bits),
            kind::FRAMED_IPV6_ADDRESS if self.framed_ipv6.is_none() => {
                let octets = <[u8; 16]>::try_from(attribute.value).ok();
                self.framed_ipv6 = octets.map(Ipv6Addr::from);
            }
            kind::CALLING_STATION_ID => self.calling_mac = mac_address(attribute.value),
            _ => {}
        }
    }

    /// Marks what only the whole request tells.
    fn complete(&mut self) {
        if self.packet.has_wrong_lengths() {
            self.anomalies.insert(Anomalies::WRONG_LENGTH);
        }
        if matches!(self.nas, Nas::Source(_)) {
            self.anomalies.insert(Anomalies::NO_NAS);
        }
        match self.status {
            Status::Missing => self.anomalies.insert(Anomalies::NO_STATUS_TYPE),
            Status::Other(number) if !(9..=15).contains(&number) => {
                self.anomalies.insert(Anomalies::UNKNOWN_STATUS_TYPE);
            }
            _ => {}
        }
        let is_of_nas = matches!(self.status, Status::On | Status::Off);
        if self.session_id.is_none() && !is_of_nas {
            self.anomalies.insert(Anomalies::NO_SESSION_ID);
        }
    }

    /// All attributes of the request, in their order: those that have no field here, such as Class, are found so.
    #[must_use]
    pub fn attributes(&self) -> crate::packet::Attributes<'p> {
        self.packet.attributes()
    }

    /// When it happened, in milliseconds since 1970: Event-Timestamp, unless it is further than `skew_ms_max` from the
    /// time of arrival less Acct-Delay-Time, which is the answer then and without it.
    #[must_use]
    pub fn time(&self, arrival_ms: u64, skew_ms_max: u64) -> EventTime {
        time::choose(self.timestamp_s, self.delay_s, arrival_ms, skew_ms_max)
    }
}

/// Takes the 64-bit counters out of a vendor's attributes.
fn wide(value: &[u8], counters: &[WideCounter], input: &mut Halves, output: &mut Halves) {
    for counter in counters {
        let Some(inside) = VendorAttributes::new(value, |_| counter.format) else {
            continue;
        };
        for attribute in inside {
            if (attribute.vendor, attribute.kind) == (counter.vendor, Some(counter.kind))
                && let Ok(octets) = <[u8; 8]>::try_from(attribute.value)
            {
                let halves = match counter.direction {
                    Direction::Input => &mut *input,
                    Direction::Output => &mut *output,
                };
                halves.wide = Some(u64::from_be_bytes(octets));
            }
        }
    }
}
