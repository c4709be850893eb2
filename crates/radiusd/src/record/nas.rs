//! A NAS: how often it has started, and when it last did.
use super::{BadRecord, Fields, VERSION, Writer};

/// The length of its record.
pub const NAS_RECORD_OCTETS: usize = 40;

/// What is known about a NAS. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NasRecord {
    /// Counts the times that it started or stopped.
    pub epoch: u32,
    /// Acct-Status-Type of the newest of them: 7 or 8; 0: none yet.
    pub last_status: u8,
    /// When that was: what began before is over.
    pub boot_ms: u64,
    /// When the packet was received.
    pub last_arrival_ms: u64,
    /// The newest entry of the log that is in it.
    pub lsn: u64,
}

impl NasRecord {
    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; NAS_RECORD_OCTETS] {
        let mut out = [0; NAS_RECORD_OCTETS];
        let mut writer = Writer::new(&mut out);
        writer.u8(VERSION.to_le_bytes()[0]);
        writer.u8(self.last_status);
        writer.u16(0);
        writer.u32(self.epoch);
        writer.u64(self.boot_ms);
        writer.u64(self.last_arrival_ms);
        writer.u64(self.lsn);
        let checksum = crc32c::crc32c(&out[..32]);
        out[32..36].copy_from_slice(&checksum.to_le_bytes());
        out
    }

    /// Reads bytes that anybody may have written.
    ///
    /// # Errors
    /// [`BadRecord`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        if bytes.len() != NAS_RECORD_OCTETS {
            return Err(BadRecord::Length);
        }
        let mut fields = Fields::new(bytes);
        if u32::from(fields.u8()) != VERSION {
            return Err(BadRecord::Field("version"));
        }
        if Fields::new(&bytes[32..]).u32() != crc32c::crc32c(&bytes[..32]) {
            return Err(BadRecord::Checksum);
        }
        let last_status = fields.u8();
        if fields.u16() != 0 || bytes[36..] != [0; 4] {
            return Err(BadRecord::Field("reserved field"));
        }
        Ok(Self {
            last_status,
            epoch: fields.u32(),
            boot_ms: fields.u64(),
            last_arrival_ms: fields.u64(),
            lsn: fields.u64(),
        })
    }
}
