//! A segment: a header, and entries one behind the other until the first that is not whole.
use super::entry::Entry;
use crate::record::{Fields, Writer};
use std::fmt;

/// The version of the log's format.
pub const LOG_VERSION: u32 = 1;
/// The octets before the first entry.
pub const SEGMENT_HEADER_OCTETS: usize = 80;
const MAGIC: [u8; 8] = *b"QPRADLOG";
const CHECKSUM_AT: usize = SEGMENT_HEADER_OCTETS - 4;

/// What a segment says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The same in all segments of a log: a random number.
    pub log_id: [u8; 16],
    /// Which stream of the log it belongs to: that of a worker, or 255, the server's own.
    pub stream: u8,
    /// Counts the segments of a stream.
    pub number: u64,
    /// The lsn of its first entry.
    pub first_lsn: u64,
    /// Counts the starts of the server.
    pub generation: u64,
    /// All entries of the stream below this lsn were on the disk when the segment was begun: whoever misses one of
    /// them has a faulty disk, or somebody has removed a file.
    pub synced_lsn: u64,
}

/// Bytes that are no segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadSegment {
    /// They are shorter than a header.
    Short,
    /// They do not start as a segment does.
    Magic,
    /// Of another version.
    Version {
        /// What the header says.
        found: u32,
    },
    /// The header's checksum is wrong.
    Checksum,
    /// Of another log or another stream.
    Other,
    /// Not the place of a reader.
    Cursor,
}

impl fmt::Display for BadSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short => f.write_str("shorter than a segment's header"),
            Self::Magic => {
                f.write_str("not a segment of this log: move it out of the log's folder")
            }
            Self::Version { found } => {
                write!(
                    f,
                    "a segment of version {found}: read it with the server that wrote it"
                )
            }
            Self::Checksum => f.write_str(
                "a segment's header is damaged: bring the file back from a copy, or move the log's folder away to \
                 begin without it",
            ),
            Self::Cursor => f.write_str(
                "the place of a reader is damaged: remove the file, and the reader begins with the oldest entry",
            ),
            Self::Other => f.write_str(
                "a segment of another log or stream: move it out of the log's folder",
            ),
        }
    }
}

impl std::error::Error for BadSegment {}

impl SegmentHeader {
    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; SEGMENT_HEADER_OCTETS] {
        let mut out = [0; SEGMENT_HEADER_OCTETS];
        let mut writer = Writer::new(&mut out);
        writer.bytes(&MAGIC);
        writer.u32(LOG_VERSION);
        writer.u8(self.stream);
        writer.bytes(&[0; 3]);
        writer.bytes(&self.log_id);
        writer.u64(self.number);
        writer.u64(self.first_lsn);
        writer.u64(self.generation);
        writer.u64(self.synced_lsn);
        let checksum = crc32c::crc32c(&out[..CHECKSUM_AT]);
        out[CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
        out
    }

    /// Reads the header at the start of a segment.
    ///
    /// # Errors
    /// [`BadSegment`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BadSegment> {
        let header = bytes
            .get(..SEGMENT_HEADER_OCTETS)
            .ok_or(BadSegment::Short)?;
        let mut fields = Fields::new(header);
        if fields.array() != MAGIC {
            return Err(BadSegment::Magic);
        }
        let found = fields.u32();
        if found != LOG_VERSION {
            return Err(BadSegment::Version { found });
        }
        if Fields::new(&header[CHECKSUM_AT..]).u32() != crc32c::crc32c(&header[..CHECKSUM_AT]) {
            return Err(BadSegment::Checksum);
        }
        let [stream, ..] = fields.array::<4>();
        Ok(Self {
            log_id: fields.array(),
            stream,
            number: fields.u64(),
            first_lsn: fields.u64(),
            generation: fields.u64(),
            synced_lsn: fields.u64(),
        })
    }

    /// What the checksums of its entries begin with.
    #[must_use]
    pub fn seed(&self) -> u32 {
        let log = crc32c::crc32c_append(crc32c::crc32c(&self.log_id), &[self.stream]);
        crc32c::crc32c_append(log, &self.number.to_le_bytes())
    }
}

/// How a segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With the file, or with zeros: nothing was under way.
    Clean,
    /// In the middle of something that is no entry: the server was killed in a write, or the disk is faulty. Whatever
    /// was there was not acknowledged, if the disk keeps its word.
    Torn(Torn),
}

/// Where a segment is torn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Torn {
    /// How many octets of the segment are good.
    pub good_octets: usize,
}

/// Reads the entries of a segment, as far as they are whole and follow each other.
#[derive(Debug, Clone)]
pub struct Reader<'b> {
    /// What the segment says of itself.
    pub header: SegmentHeader,
    bytes: &'b [u8],
    at: usize,
    lsn: u64,
}

impl<'b> Reader<'b> {
    /// Reads a segment from its start.
    ///
    /// # Errors
    /// [`BadSegment`].
    pub fn new(bytes: &'b [u8]) -> Result<Self, BadSegment> {
        let header = SegmentHeader::decode(bytes)?;
        Ok(Self {
            header,
            bytes,
            at: SEGMENT_HEADER_OCTETS,
            lsn: header.first_lsn,
        })
    }

    /// How many octets were good so far.
    #[must_use]
    pub fn octets_read(&self) -> usize {
        self.at
    }

    /// The number that the next entry must have.
    #[must_use]
    pub fn next_lsn(&self) -> u64 {
        self.lsn
    }

    /// How the segment ends, once there is no next entry.
    #[must_use]
    pub fn end(&self) -> End {
        let rest = &self.bytes[self.at..];
        if rest.iter().take(8).all(|octet| *octet == 0) {
            return End::Clean;
        }
        End::Torn(Torn {
            good_octets: self.at,
        })
    }
}

impl<'b> Iterator for Reader<'b> {
    type Item = Entry<'b>;

    fn next(&mut self) -> Option<Entry<'b>> {
        let entry = Entry::decode(self.header.seed(), &self.bytes[self.at..])?;
        if entry.lsn != self.lsn {
            return None;
        }
        self.at += entry.octets();
        self.lsn += 1;
        Some(entry)
    }
}
