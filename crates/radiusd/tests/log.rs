//! The log: cut off at every octet, with every bit flipped, and on a file system; what is read is exactly what was
//! whole before.
use quipu_radiusd::log::{
    BadSegment, End, Entry, EntryFlags, Reader, SEGMENT_HEADER_OCTETS, SegmentFile, SegmentHeader,
    SegmentName, Torn, list_segments, read_segment,
};
use quipu_tests::random::Random;
use std::io::ErrorKind;
use std::path::PathBuf;

const HEADER: SegmentHeader = SegmentHeader {
    log_id: [7; 16],
    number: 3,
    first_lsn: 100,
    generation: 2,
};

/// The packets of entries, and the entries as bytes.
fn entries(header: &SegmentHeader, count: usize, seed: u64) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut random = Random::new(seed);
    let packets: Vec<Vec<u8>> = (0..count)
        .map(|number| {
            let octets = if number == 1 {
                0
            } else {
                20 + random.index(40)
            };
            random.bytes(octets)
        })
        .collect();
    let encoded = packets.iter().zip(header.first_lsn..).map(|(packet, lsn)| {
        let mut bytes = Vec::new();
        let source = if lsn % 2 == 0 {
            "192.0.2.1:1813"
        } else {
            "[2001:db8::1]:9"
        };
        let entry = Entry {
            lsn,
            arrival_ns: 1_700_000_000_000_000_000 + lsn,
            source: source.parse().expect("an address"),
            listener: 2,
            flags: EntryFlags::default(),
            packet,
        };
        entry.encode(header.seed(), &mut bytes);
        assert_eq!(bytes.len(), entry.octets());
        bytes
    });
    let encoded = encoded.collect();
    (packets, encoded)
}

fn packets_of(segment: &[u8]) -> (Vec<Vec<u8>>, End) {
    let mut reader = Reader::new(segment).expect("a header");
    let found = reader.by_ref().map(|entry| entry.packet.to_vec()).collect();
    (found, reader.end())
}

#[test]
fn an_entry_says_what_was_received() {
    let (_, encoded) = entries(&HEADER, 2, 1);
    let first = Entry::decode(HEADER.seed(), &encoded[0]).expect("whole");
    assert_eq!(first.source, "192.0.2.1:1813".parse().expect("an address"));
    assert_eq!((first.lsn, first.listener), (100, 2));
    assert_eq!(first.arrival_ns, 1_700_000_000_000_000_100);
    let second = Entry::decode(HEADER.seed(), &encoded[1]).expect("whole");
    assert_eq!(
        second.source,
        "[2001:db8::1]:9".parse().expect("an address")
    );
}

#[test]
fn cut_off_at_every_octet() {
    let (packets, encoded) = entries(&HEADER, 12, 2);
    let segment = [&HEADER.encode()[..], &encoded.concat()].concat();
    assert_eq!(packets_of(&segment), (packets.clone(), End::Clean));
    for length in 0..=segment.len() {
        let cut = &segment[..length];
        if length < SEGMENT_HEADER_OCTETS {
            assert_eq!(Reader::new(cut).err(), Some(BadSegment::Short));
            continue;
        }
        // As many as are whole: a sum of lengths, without the reader.
        let mut whole = 0;
        let mut good_octets = SEGMENT_HEADER_OCTETS;
        while whole < encoded.len() && good_octets + encoded[whole].len() <= length {
            good_octets += encoded[whole].len();
            whole += 1;
        }
        let (found, end) = packets_of(cut);
        assert_eq!(found, packets[..whole], "{length} octets");
        if length > good_octets {
            assert_eq!(end, End::Torn(Torn { good_octets }), "{length} octets");
        }
        // The same with the room that a file has: zeros, which are no entry either.
        let mut padded = cut.to_vec();
        padded.resize(segment.len() + 4096, 0);
        // If nothing but zeros was cut off of an entry, the file's zeros make it whole again.
        let next = encoded.get(whole).map_or(0, Vec::len);
        let is_whole_again =
            next > 0 && padded[..good_octets + next] == segment[..good_octets + next];
        let expected = whole + usize::from(is_whole_again);
        assert_eq!(
            packets_of(&padded).0,
            packets[..expected],
            "{length} octets and zeros"
        );
    }
}

#[test]
fn every_bit_flipped() {
    let (packets, encoded) = entries(&HEADER, 10, 3);
    let mut segment = [&HEADER.encode()[..], &encoded.concat()].concat();
    segment.resize(segment.len() + 256, 0);
    for bit in 0..segment.len() * 8 {
        segment[bit / 8] ^= 1 << (bit % 8);
        if bit / 8 < SEGMENT_HEADER_OCTETS {
            assert!(Reader::new(&segment).is_err(), "bit {bit} of the header");
        } else {
            let mut end = SEGMENT_HEADER_OCTETS;
            let before = encoded.iter().take_while(|entry| {
                end += entry.len();
                end <= bit / 8
            });
            let before = before.count();
            assert_eq!(packets_of(&segment).0, packets[..before], "bit {bit}");
        }
        segment[bit / 8] ^= 1 << (bit % 8);
    }
    assert_eq!(
        packets_of(&segment),
        (packets, End::Clean),
        "nothing is left flipped"
    );
}

#[test]
fn what_a_file_held_before_is_no_entry() {
    let old = HEADER;
    let new = SegmentHeader {
        number: 4,
        first_lsn: 100,
        ..HEADER
    };
    let (_, before) = entries(&old, 10, 4);
    let (packets, after) = entries(&new, 3, 4);
    let mut segment = [&new.encode()[..], &before.concat()].concat();
    assert_eq!(packets_of(&segment).0.len(), 0, "entries of another number");
    let written = after.concat();
    segment[64..64 + written.len()].copy_from_slice(&written);
    assert_eq!(packets_of(&segment).0, packets);
    // Nor is one that does not follow.
    let gap = SegmentHeader {
        first_lsn: 99,
        ..new
    };
    let (_, other) = entries(&gap, 1, 4);
    let segment = [&new.encode()[..], &other.concat()].concat();
    assert_eq!(packets_of(&segment).0.len(), 0);
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn segments_are_files_with_their_room() {
    let folder = Folder::new("segments");
    let mut segment = SegmentFile::create(&folder.0, HEADER, 1 << 20).expect("a segment");
    let path = SegmentName(3).path(&folder.0);
    let metadata = std::fs::metadata(&path).expect("it is there");
    use std::os::unix::fs::MetadataExt;
    assert_eq!(metadata.len(), 1 << 20);
    assert!(metadata.blocks() * 512 >= 1 << 20, "it has its room");
    assert_eq!(metadata.mode() & 0o777, 0o600);
    let again = SegmentFile::create(&folder.0, HEADER, 1 << 20).err();
    assert_eq!(
        again.map(|error| error.kind()),
        Some(ErrorKind::AlreadyExists)
    );
    let (packets, encoded) = entries(&HEADER, 6, 5);
    segment.append(&encoded[..4].concat()).expect("room");
    segment.append(&encoded[4..].concat()).expect("room");
    segment.sync().expect("a disk");
    assert!(segment.has_room((1 << 20) - 64 - encoded.concat().len()));
    assert!(!segment.has_room((1 << 20) - 63 - encoded.concat().len()));
    let read = read_segment(&folder.0, SegmentName(3))
        .expect("readable")
        .expect("a segment");
    assert_eq!(packets_of(&read), (packets, End::Clean));

    // Taken for the next number, but killed before the header was written: not a segment.
    std::fs::rename(&path, SegmentName(9).path(&folder.0)).expect("renamed");
    let half = read_segment(&folder.0, SegmentName(9)).expect("readable");
    assert_eq!(half, Err(BadSegment::Checksum));
    std::fs::rename(SegmentName(9).path(&folder.0), &path).expect("renamed");
    let next = SegmentHeader {
        number: 4,
        first_lsn: 106,
        ..HEADER
    };
    let mut segment =
        SegmentFile::recycle(&folder.0, SegmentName(3), next, 1 << 20).expect("recycled");
    let (packets, encoded) = entries(&next, 1, 6);
    segment.append(&encoded.concat()).expect("room");
    std::fs::write(folder.0.join("notes.txt"), "not ours").expect("a file");
    assert_eq!(
        list_segments(&folder.0).expect("readable"),
        [SegmentName(4)]
    );
    let read = read_segment(&folder.0, SegmentName(4))
        .expect("readable")
        .expect("a segment");
    assert_eq!(packets_of(&read).0, packets, "what it held before is gone");
}
