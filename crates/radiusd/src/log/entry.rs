//! One entry: a packet as it came, and where from (docs/radius-log.md 3).
use crate::packet::PACKET_OCTETS_MAX;
use crate::record::{Fields, Writer};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The octets before the packet.
pub const ENTRY_HEADER_OCTETS: usize = 48;

/// What an entry says besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EntryFlags(pub u16);

impl EntryFlags {
    /// The source is an IPv4 address.
    pub const IPV4: Self = Self(1);
    /// The packet was made by the server: a close by the sweep or by an operator.
    pub const SYNTHETIC: Self = Self(2);
}

/// A packet that was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'b> {
    /// Its place in the log; the next entry has the next number.
    pub lsn: u64,
    /// When it came, in nanoseconds since 1970.
    pub arrival_ns: u64,
    /// Who sent it.
    pub source: SocketAddr,
    /// Which of the server's listeners received it.
    pub listener: u16,
    /// The flags of the caller; that of the address is set by itself.
    pub flags: EntryFlags,
    /// The packet, without padding.
    pub packet: &'b [u8],
}

impl<'b> Entry<'b> {
    /// How many octets it takes.
    #[must_use]
    pub fn octets(&self) -> usize {
        (ENTRY_HEADER_OCTETS + self.packet.len()).next_multiple_of(8)
    }

    /// Appends it to a buffer, for the segment with this seed. Allocates only if the buffer has to grow.
    ///
    /// # Panics
    /// If the packet is longer than RADIUS allows, which no packet is that was checked.
    pub fn encode(&self, seed: u32, out: &mut Vec<u8>) {
        assert!(
            self.packet.len() <= PACKET_OCTETS_MAX,
            "a packet that was checked"
        );
        let start = out.len();
        let octets = self.octets();
        out.resize(start + octets, 0);
        let (address, is_v4) = match self.source.ip() {
            IpAddr::V4(address) => (address.to_ipv6_mapped(), 1),
            IpAddr::V6(address) => (address, 0),
        };
        let entry = &mut out[start..];
        let mut writer = Writer::new(entry);
        writer.u32(u32::try_from(octets).unwrap_or(0));
        writer.u32(0);
        writer.u64(self.lsn);
        writer.u64(self.arrival_ns);
        writer.bytes(&address.octets());
        writer.u16(self.source.port());
        writer.u16(self.listener);
        writer.u16(self.flags.0 & !1 | is_v4);
        writer.u16(u16::try_from(self.packet.len()).unwrap_or(0));
        writer.bytes(self.packet);
        let checksum = checksum(seed, entry);
        entry[4..8].copy_from_slice(&checksum.to_le_bytes());
    }

    /// Reads the entry at the start of some bytes. `None`: there is none that is whole.
    #[must_use]
    pub fn decode(seed: u32, bytes: &'b [u8]) -> Option<Self> {
        let length = u32::from_le_bytes(*bytes.first_chunk()?);
        let length = usize::try_from(length).ok()?;
        let longest = (ENTRY_HEADER_OCTETS + PACKET_OCTETS_MAX).next_multiple_of(8);
        if !(ENTRY_HEADER_OCTETS..=longest).contains(&length) || length % 8 != 0 {
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
        let flags = EntryFlags(fields.u16());
        let packet_octets = usize::from(fields.u16());
        let packet = entry.get(ENTRY_HEADER_OCTETS..ENTRY_HEADER_OCTETS + packet_octets)?;
        let ip = match address.to_ipv4_mapped() {
            Some(v4) if flags.0 & EntryFlags::IPV4.0 != 0 => IpAddr::V4(v4),
            _ => IpAddr::V6(address),
        };
        let decoded = Self {
            lsn,
            arrival_ns,
            source: SocketAddr::new(ip, port),
            listener,
            flags,
            packet,
        };
        (decoded.octets() == length).then_some(decoded)
    }
}

/// CRC-32C of the length and of all that follows the checksum, seeded by the segment: what a file held before it was
/// used again is no entry.
fn checksum(seed: u32, entry: &[u8]) -> u32 {
    let before = crc32c::crc32c_append(seed, &entry[..4]);
    crc32c::crc32c_append(before, &entry[8..])
}
