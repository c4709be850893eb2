//! One entry: a packet as it came, where from, and how the server read it (docs/radius-log.md 3).
use crate::event::{ClientId, Event, EventTime, Octets, TimeSource};
use crate::merge::Rules;
use crate::packet::PACKET_OCTETS_MAX;
use crate::record::{Fields, Writer};
use crate::store::Sender;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The octets before the packet, but for wide counters.
pub const ENTRY_HEADER_OCTETS: usize = 64;
/// The octets of wide counters, if an entry has them.
const WIDE_OCTETS: usize = 16;
/// The longest entry.
pub const ENTRY_OCTETS_MAX: usize =
    (ENTRY_HEADER_OCTETS + WIDE_OCTETS + PACKET_OCTETS_MAX).next_multiple_of(8);
/// Where the stream is in an lsn.
const STREAM_SHIFT: u32 = 56;

/// The stream of an lsn, and the number of the entry in it.
#[must_use]
pub fn split_lsn(lsn: u64) -> (u8, u64) {
    let number = lsn & ((1 << STREAM_SHIFT) - 1);
    (u8::try_from(lsn >> STREAM_SHIFT).unwrap_or(0), number)
}

/// The lsn of an entry of a stream. The first of a stream has the number 1.
#[must_use]
pub fn join_lsn(stream: u8, number: u64) -> u64 {
    u64::from(stream) << STREAM_SHIFT | number
}

mod flag {
    pub(super) const IPV4: u16 = 1;
    pub(super) const SYNTHETIC: u16 = 1 << 1;
    pub(super) const DETECTS_WRAPS: u16 = 1 << 2;
    pub(super) const WIDE_INPUT: u16 = 1 << 3;
    pub(super) const WIDE_OUTPUT: u16 = 1 << 4;
    pub(super) const ALL: u16 = IPV4 | SYNTHETIC | DETECTS_WRAPS | WIDE_INPUT | WIDE_OUTPUT;
}

/// Counts of octets that a vendor's attribute gave, by a dictionary that a replay does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wide {
    /// From the user.
    pub input: Option<u64>,
    /// To the user.
    pub output: Option<u64>,
}

/// What is to be kept of a packet: all that a replay needs, so that it depends on no configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewEntry<'b> {
    /// When it came, in nanoseconds since 1970.
    pub arrival_ns: u64,
    /// Who sent it.
    pub source: SocketAddr,
    /// Which of the server's listeners received it.
    pub listener: u16,
    /// Whose it is.
    pub client: ClientId,
    /// When it happened, as the server decided.
    pub time: EventTime,
    /// What the client's NASes are like.
    pub rules: Rules,
    /// Counters of vendors.
    pub wide: Wide,
    /// It was made by the server: a close by the sweep or by an operator.
    pub is_synthetic: bool,
    /// The packet, without padding.
    pub packet: &'b [u8],
}

/// An entry of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'b> {
    /// Its stream and its place in it.
    pub lsn: u64,
    /// What it keeps.
    pub new: NewEntry<'b>,
}

/// How a packet came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// When, in nanoseconds since 1970.
    pub ns: u64,
    /// From whom.
    pub source: SocketAddr,
    /// Which of the server's listeners received it.
    pub listener: u16,
}

impl<'b> NewEntry<'b> {
    /// What is to be kept of an event: a replay makes of it what [`Store::apply`](crate::store::Store::apply) does
    /// with the same sender, time and event. `packet` is what the event was read from, without padding.
    #[must_use]
    pub fn received(
        arrival: &Arrival,
        sender: &Sender<'_>,
        event: &Event<'_>,
        packet: &'b [u8],
    ) -> Self {
        let wide = |octets: Option<Octets>| {
            let octets = octets.filter(|octets| !octets.is_narrow);
            octets.map(|octets| octets.value)
        };
        // Gigawords are in the packet; what a vendor's attribute means, only the dictionary knows.
        let wide = match sender.reading.wide_counters {
            [] => Wide::default(),
            _ => Wide {
                input: wide(event.input_octets),
                output: wide(event.output_octets),
            },
        };
        Self {
            arrival_ns: arrival.ns,
            source: arrival.source,
            listener: arrival.listener,
            client: sender.client,
            time: event.time(arrival.ns / 1_000_000, sender.skew_ms_max),
            rules: sender.rules,
            wide,
            is_synthetic: false,
            packet,
        }
    }

    fn wide_octets(&self) -> usize {
        let has = self.wide != Wide::default();
        usize::from(has) * WIDE_OCTETS
    }

    /// How many octets it takes.
    #[must_use]
    pub fn octets(&self) -> usize {
        (ENTRY_HEADER_OCTETS + self.wide_octets() + self.packet.len()).next_multiple_of(8)
    }

    fn flags(&self) -> u16 {
        let flags = [
            (flag::IPV4, self.source.is_ipv4()),
            (flag::SYNTHETIC, self.is_synthetic),
            (flag::DETECTS_WRAPS, self.rules.detects_wraps),
            (flag::WIDE_INPUT, self.wide.input.is_some()),
            (flag::WIDE_OUTPUT, self.wide.output.is_some()),
        ];
        let set = flags.iter().filter(|(_, is_set)| *is_set);
        set.fold(0, |all, (flag, _)| all | flag)
    }

    /// Appends it to a buffer as the entry with this lsn, without its checksum, see [`seal`]. Allocates only if the
    /// buffer has to grow.
    ///
    /// # Panics
    /// If the packet is longer than RADIUS allows, which no packet is that was checked.
    pub fn encode(&self, lsn: u64, out: &mut Vec<u8>) {
        assert!(
            self.packet.len() <= PACKET_OCTETS_MAX,
            "a packet that was checked"
        );
        let start = out.len();
        let octets = self.octets();
        out.resize(start + octets, 0);
        let address = match self.source.ip() {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        };
        let entry = &mut out[start..];
        let mut writer = Writer::new(entry);
        writer.u32(u32::try_from(octets).unwrap_or(0));
        writer.u32(0);
        writer.u64(lsn);
        writer.u64(self.arrival_ns);
        writer.bytes(&address.octets());
        writer.u16(self.source.port());
        writer.u16(self.listener);
        writer.u16(self.flags());
        writer.u16(u16::try_from(self.packet.len()).unwrap_or(0));
        writer.u64(self.time.ms);
        writer.u32(self.client.0);
        writer.u8(clock_octet(self.time.source));
        writer.bytes(&[0; 3]);
        if self.wide_octets() > 0 {
            writer.u64(self.wide.input.unwrap_or(0));
            writer.u64(self.wide.output.unwrap_or(0));
        }
        writer.bytes(self.packet);
    }
}

/// Writes the checksums of entries that follow each other, for the segment with this seed. They are sealed when they
/// are written, for it is only then that their segment is known.
///
/// # Panics
/// If they are not what [`NewEntry::encode`] has made.
pub fn seal(seed: u32, mut entries: &mut [u8]) {
    while let Some(length) = entries.first_chunk::<4>() {
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(0);
        let (entry, rest) = entries.split_at_mut(length.max(ENTRY_HEADER_OCTETS));
        let checksum = checksum(seed, entry);
        entry[4..8].copy_from_slice(&checksum.to_le_bytes());
        entries = rest;
    }
}

impl<'b> Entry<'b> {
    /// How many octets it takes.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.new.octets()
    }

    /// Reads the entry at the start of some bytes. `None`: there is none that is whole.
    #[must_use]
    pub fn decode(seed: u32, bytes: &'b [u8]) -> Option<Self> {
        let length = u32::from_le_bytes(*bytes.first_chunk()?);
        let length = usize::try_from(length).ok()?;
        if !(ENTRY_HEADER_OCTETS..=ENTRY_OCTETS_MAX).contains(&length) || length % 8 != 0 {
            return None;
        }
        let entry = bytes.get(..length)?;
        let mut fields = Fields::new(&entry[4..]);
        if fields.u32() != checksum(seed, entry) {
            return None;
        }
        let (lsn, arrival_ns) = (fields.u64(), fields.u64());
        let address = Ipv6Addr::from(fields.array::<16>());
        let (port, listener) = (fields.u16(), fields.u16());
        let flags = fields.u16();
        let packet_octets = usize::from(fields.u16());
        let (ms, client) = (fields.u64(), ClientId(fields.u32()));
        let source = clock(fields.u8())?;
        let is_set = |flag| flags & flag != 0;
        if is_set(!flag::ALL) {
            return None;
        }
        let (mut at, mut wide) = (ENTRY_HEADER_OCTETS, Wide::default());
        if is_set(flag::WIDE_INPUT | flag::WIDE_OUTPUT) {
            let mut fields = Fields::new(&entry[at..]);
            wide.input = Some(fields.u64()).filter(|_| is_set(flag::WIDE_INPUT));
            wide.output = Some(fields.u64()).filter(|_| is_set(flag::WIDE_OUTPUT));
            at += WIDE_OCTETS;
        }
        let ip = match address.to_ipv4_mapped() {
            Some(v4) if is_set(flag::IPV4) => IpAddr::V4(v4),
            _ => IpAddr::V6(address),
        };
        let new = NewEntry {
            arrival_ns,
            source: SocketAddr::new(ip, port),
            listener,
            client,
            time: EventTime { ms, source },
            rules: Rules {
                detects_wraps: is_set(flag::DETECTS_WRAPS),
            },
            wide,
            is_synthetic: is_set(flag::SYNTHETIC),
            packet: entry.get(at..at + packet_octets)?,
        };
        (new.octets() == length).then_some(Self { lsn, new })
    }
}

fn clock_octet(source: TimeSource) -> u8 {
    match source {
        TimeSource::Timestamp => 1,
        TimeSource::Arrival => 2,
        TimeSource::Skewed => 3,
    }
}

fn clock(octet: u8) -> Option<TimeSource> {
    match octet {
        1 => Some(TimeSource::Timestamp),
        2 => Some(TimeSource::Arrival),
        3 => Some(TimeSource::Skewed),
        _ => None,
    }
}

/// CRC-32C of the length and of all that follows the checksum, seeded by the segment: what a file held before it was
/// used again is no entry.
fn checksum(seed: u32, entry: &[u8]) -> u32 {
    let before = crc32c::crc32c_append(seed, &entry[..4]);
    crc32c::crc32c_append(before, &entry[8..])
}
