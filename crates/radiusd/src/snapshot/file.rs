//! The file of a snapshot: a header, and frames with a checksum each, the last of which says that it is the last.
use super::{SnapshotError, snapshot_path};
use crate::log::Places;
use crate::record::{Fields, Writer};
use crate::store::Store;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

/// The version of the format.
pub const SNAPSHOT_VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"QPRADSNP";
const HEADER_OCTETS: usize = 64;
const HEADER_CHECKSUM_AT: usize = HEADER_OCTETS - 4;
/// Length, kind and checksum.
const FRAME_HEADER_OCTETS: usize = 12;
/// A frame is ended when it is as long.
const FRAME_OCTETS: usize = 256 * 1024;
/// No frame is longer: one more entry than that, with the longest key and value.
const FRAME_OCTETS_MAX: usize = FRAME_OCTETS + (1 << 20);
const PLACE_OCTETS: usize = 16;

mod kind {
    pub(super) const PLACES: u32 = 1;
    pub(super) const ENTRIES: u32 = 2;
    pub(super) const END: u32 = 3;
}

/// What a snapshot says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotHeader {
    /// Of the log that it was made from.
    pub log_id: [u8; 16],
    /// Counts the snapshots of a log.
    pub number: u64,
    /// The newest generation that is in it.
    pub generation: u64,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: u64,
}

impl SnapshotHeader {
    fn encode(&self) -> [u8; HEADER_OCTETS] {
        let mut out = [0; HEADER_OCTETS];
        let mut writer = Writer::new(&mut out);
        writer.bytes(&MAGIC);
        writer.u32(SNAPSHOT_VERSION);
        writer.u32(0);
        writer.bytes(&self.log_id);
        writer.u64(self.number);
        writer.u64(self.generation);
        writer.u64(self.made_ms);
        let checksum = crc32c::crc32c(&out[..HEADER_CHECKSUM_AT]);
        out[HEADER_CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
        out
    }

    fn decode(octets: &[u8; HEADER_OCTETS]) -> Result<Self, &'static str> {
        let mut fields = Fields::new(octets);
        if fields.array() != MAGIC {
            return Err("it does not begin as one");
        }
        if fields.u32() != SNAPSHOT_VERSION {
            return Err("of another version");
        }
        let mut end = Fields::new(&octets[HEADER_CHECKSUM_AT..]);
        if end.u32() != crc32c::crc32c(&octets[..HEADER_CHECKSUM_AT]) {
            return Err("the header's checksum is wrong");
        }
        fields.u32();
        Ok(Self {
            log_id: fields.array(),
            number: fields.u64(),
            generation: fields.u64(),
            made_ms: fields.u64(),
        })
    }

    /// What the checksums of its frames begin with: a frame of another snapshot is none of this one.
    fn seed(&self) -> u32 {
        crc32c::crc32c(&self.encode())
    }
}

/// The checksum of a frame: of its number, and of all that it is but the checksum.
fn checksum(seed: u32, number: u64, length_and_kind: &[u8], payload: &[u8]) -> u32 {
    let number = crc32c::crc32c_append(seed, &number.to_le_bytes());
    let head = crc32c::crc32c_append(number, length_and_kind);
    crc32c::crc32c_append(head, payload)
}

struct FrameWriter<W> {
    out: W,
    seed: u32,
    number: u64,
}

impl<W: Write> FrameWriter<W> {
    fn put(&mut self, kind: u32, payload: &[u8]) -> io::Result<()> {
        let mut head = [0; FRAME_HEADER_OCTETS];
        let mut writer = Writer::new(&mut head);
        writer.u32(u32::try_from(payload.len()).unwrap_or(u32::MAX));
        writer.u32(kind);
        let checksum = checksum(self.seed, self.number, &head[..8], payload);
        head[8..].copy_from_slice(&checksum.to_le_bytes());
        self.number += 1;
        self.out.write_all(&head)?;
        self.out.write_all(payload)
    }
}

/// Writes a snapshot, and has it on the disk under its name when it returns. Returns how many octets it has.
pub(super) fn write(
    log: &Path,
    header: &SnapshotHeader,
    places: &Places,
    store: &Store,
) -> Result<u64, SnapshotError> {
    let path = snapshot_path(log, header.number);
    let mut failure = None;
    let mut octets = 0;
    let written = crate::log::replace_file(&path, |file| {
        let result = write_all(file, header, places, store);
        if let Err(SnapshotError::Io { error, .. }) = result {
            return Err(error);
        }
        failure = result.err();
        octets = file.metadata()?.len();
        match failure {
            None => Ok(()),
            Some(_) => Err(io::ErrorKind::Other.into()),
        }
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    written.map_err(|error| SnapshotError::io(&path, error))?;
    Ok(octets)
}

fn write_all(
    file: &mut File,
    header: &SnapshotHeader,
    places: &Places,
    store: &Store,
) -> Result<(), SnapshotError> {
    let io = |error| SnapshotError::io(Path::new("snapshot"), error);
    let mut out = BufWriter::with_capacity(FRAME_OCTETS, file);
    out.write_all(&header.encode()).map_err(io)?;
    let mut frames = FrameWriter {
        out,
        seed: header.seed(),
        number: 0,
    };
    frames
        .put(kind::PLACES, &encode_places(places))
        .map_err(io)?;
    let mut payload = Vec::with_capacity(FRAME_OCTETS_MAX);
    let mut entries = 0u64;
    for told in store.told() {
        let (key, flags, value) = told?;
        let length = |octets: usize| u32::try_from(octets).unwrap_or(u32::MAX).to_le_bytes();
        payload.extend_from_slice(&length(key.len()));
        payload.extend_from_slice(&length(value.len()));
        payload.extend_from_slice(&flags.to_le_bytes());
        payload.extend_from_slice(&key);
        payload.extend_from_slice(&value);
        entries += 1;
        if payload.len() >= FRAME_OCTETS {
            frames.put(kind::ENTRIES, &payload).map_err(io)?;
            payload.clear();
        }
    }
    if !payload.is_empty() {
        frames.put(kind::ENTRIES, &payload).map_err(io)?;
    }
    frames.put(kind::END, &entries.to_le_bytes()).map_err(io)?;
    frames.out.flush().map_err(io)
}

fn encode_places(places: &Places) -> Vec<u8> {
    let mut out = Vec::new();
    for (stream, next_lsn) in places {
        out.extend_from_slice(&u64::from(*stream).to_le_bytes());
        out.extend_from_slice(&next_lsn.to_le_bytes());
    }
    out
}

/// Reads places; `None`: they are none.
fn decode_places(octets: &[u8]) -> Option<Places> {
    let mut places = Places::new();
    for place in octets.chunks(PLACE_OCTETS) {
        let mut fields = Fields::new(place);
        let stream = u8::try_from(fields.u64()).ok()?;
        places.insert(stream, fields.u64());
    }
    (octets.len() == places.len() * PLACE_OCTETS).then_some(places)
}

/// What a snapshot held.
pub(super) struct Loaded {
    pub(super) header: SnapshotHeader,
    pub(super) places: Places,
    pub(super) entries: u64,
    pub(super) octets: u64,
}

struct FrameReader<'p> {
    path: &'p Path,
    input: BufReader<File>,
    header: SnapshotHeader,
    number: u64,
    payload: Vec<u8>,
    octets: u64,
}

impl<'p> FrameReader<'p> {
    fn open(path: &'p Path, number: u64) -> Result<Self, SnapshotError> {
        let file = File::open(path).map_err(|error| SnapshotError::io(path, error))?;
        let mut input = BufReader::with_capacity(FRAME_OCTETS, file);
        let mut octets = [0; HEADER_OCTETS];
        read_exact(&mut input, &mut octets, path)?;
        let bad = |what| damaged(path, what);
        let header = SnapshotHeader::decode(&octets).map_err(bad)?;
        if header.number != number {
            return Err(bad("its name and its number differ"));
        }
        Ok(Self {
            path,
            input,
            header,
            number: 0,
            payload: Vec::new(),
            octets: HEADER_OCTETS as u64,
        })
    }

    /// Reads a frame; returns its kind.
    fn next(&mut self) -> Result<u32, SnapshotError> {
        let mut head = [0; FRAME_HEADER_OCTETS];
        read_exact(&mut self.input, &mut head, self.path)?;
        let mut fields = Fields::new(&head);
        let (length, kind, expected) = (fields.u32(), fields.u32(), fields.u32());
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > FRAME_OCTETS_MAX {
            return Err(damaged(self.path, "a frame is too long"));
        }
        self.payload.resize(length, 0);
        read_exact(&mut self.input, &mut self.payload, self.path)?;
        let seed = self.header.seed();
        if checksum(seed, self.number, &head[..8], &self.payload) != expected {
            return Err(damaged(self.path, "the checksum of a frame is wrong"));
        }
        self.number += 1;
        self.octets += (FRAME_HEADER_OCTETS + length) as u64;
        Ok(kind)
    }

    fn places(&mut self) -> Result<Places, SnapshotError> {
        let kind = self.next()?;
        let places = decode_places(&self.payload).filter(|_| kind == kind::PLACES);
        places.ok_or_else(|| damaged(self.path, "it has no places"))
    }
}

fn damaged(path: &Path, what: &'static str) -> SnapshotError {
    let path = path.to_path_buf();
    SnapshotError::Damaged { path, what }
}

fn read_exact(input: &mut impl Read, out: &mut [u8], path: &Path) -> Result<(), SnapshotError> {
    input.read_exact(out).map_err(|error| {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            damaged(path, "it ends too early")
        } else {
            SnapshotError::io(path, error)
        }
    })
}

/// Reads where a snapshot stands in the log.
pub(super) fn read_places(path: &Path, number: u64) -> Result<Places, SnapshotError> {
    FrameReader::open(path, number)?.places()
}

/// Loads a snapshot into an empty store. After an error the store holds some of it, and is to be thrown away.
pub(super) fn load(path: &Path, number: u64, store: &Store) -> Result<Loaded, SnapshotError> {
    let mut frames = FrameReader::open(path, number)?;
    let places = frames.places()?;
    let mut entries = 0;
    while frames.next()? == kind::ENTRIES {
        entries += put_entries(&frames.payload, store, path)?;
    }
    // Of whatever other kind the last frame was, this is not its length and content.
    if frames.payload != entries.to_le_bytes() {
        return Err(damaged(path, "it has not the entries that it says"));
    }
    if frames
        .input
        .read(&mut [0])
        .map_err(|error| SnapshotError::io(path, error))?
        != 0
    {
        return Err(damaged(path, "something is behind its end"));
    }
    Ok(Loaded {
        header: frames.header,
        places,
        entries,
        octets: frames.octets,
    })
}

fn put_entries(mut rest: &[u8], store: &Store, path: &Path) -> Result<u64, SnapshotError> {
    let mut entries = 0;
    while !rest.is_empty() {
        let mut fields = Fields::new(rest);
        let key_octets = usize::try_from(fields.u32()).unwrap_or(usize::MAX);
        let value_octets = usize::try_from(fields.u32()).unwrap_or(usize::MAX);
        let flags = fields.u32();
        let end = key_octets.saturating_add(value_octets).saturating_add(12);
        let both = rest.get(12..end);
        let both = both.ok_or_else(|| damaged(path, "an entry is longer than its frame"))?;
        let (key, value) = both.split_at(key_octets);
        store.put_told(key, flags, value)?;
        rest = &rest[end..];
        entries += 1;
    }
    Ok(entries)
}
