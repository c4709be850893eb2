//! The bytes of the log: cut off at every octet, and with every bit flipped; what is read is exactly what was whole
//! before.
use quipu_radiusd::event::{ClientId, EventTime, TimeSource};
use quipu_radiusd::log::{
    BadSegment, End, Entry, NewEntry, Reader, SEGMENT_HEADER_OCTETS, SegmentHeader, Torn, Wide,
    join_lsn, seal, split_lsn,
};
use quipu_radiusd::merge::Rules;
use quipu_tests::random::Random;

const HEADER: SegmentHeader = SegmentHeader {
    log_id: [7; 16],
    stream: 5,
    number: 3,
    first_lsn: 5 << 56 | 100,
    generation: 2,
    synced_lsn: 5 << 56 | 90,
};

fn entry(lsn: u64, packet: &[u8]) -> NewEntry<'_> {
    let is_even = lsn.is_multiple_of(2);
    let source = if is_even {
        "192.0.2.1:1813"
    } else {
        "[2001:db8::1]:9"
    };
    let wide = Wide {
        input: Some(lsn),
        output: None,
    };
    NewEntry {
        arrival_ns: 1_700_000_000_000_000_000 + (lsn & 0xffff),
        source: source.parse().expect("an address"),
        listener: 2,
        client: ClientId(77),
        time: EventTime {
            ms: 1_700_000_000_123,
            source: TimeSource::Skewed,
        },
        rules: Rules {
            detects_wraps: is_even,
        },
        wide: if is_even { wide } else { Wide::default() },
        is_synthetic: !is_even,
        packet,
    }
}

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
        let entry = entry(lsn, packet);
        entry.encode(lsn, &mut bytes);
        seal(header.seed(), &mut bytes);
        assert_eq!(bytes.len(), entry.octets());
        bytes
    });
    let encoded = encoded.collect();
    (packets, encoded)
}

fn packets_of(segment: &[u8]) -> (Vec<Vec<u8>>, End) {
    let mut reader = Reader::new(segment).expect("a header");
    let found = reader
        .by_ref()
        .map(|entry| entry.new.packet.to_vec())
        .collect();
    (found, reader.end())
}

#[test]
fn an_entry_says_what_was_received() {
    let (packets, encoded) = entries(&HEADER, 2, 1);
    for (at, lsn) in [(0, HEADER.first_lsn), (1, HEADER.first_lsn + 1)] {
        let found = Entry::decode(HEADER.seed(), &encoded[at]).expect("whole");
        let new = entry(lsn, &packets[at]);
        assert_eq!(found, Entry { lsn, new });
    }
    assert_eq!(split_lsn(HEADER.first_lsn), (5, 100));
    assert_eq!(join_lsn(255, 1), 0xff00_0000_0000_0001);
}

#[test]
fn entries_are_sealed_together_as_one_by_one() {
    let (packets, encoded) = entries(&HEADER, 9, 8);
    let mut batch = Vec::new();
    for (packet, lsn) in packets.iter().zip(HEADER.first_lsn..) {
        entry(lsn, packet).encode(lsn, &mut batch);
    }
    seal(HEADER.seed(), &mut batch);
    assert_eq!(batch, encoded.concat());
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
        ..HEADER
    };
    let (_, before) = entries(&old, 10, 4);
    let (packets, after) = entries(&new, 3, 4);
    let mut segment = [&new.encode()[..], &before.concat()].concat();
    assert_eq!(packets_of(&segment).0.len(), 0, "entries of another number");
    let written = after.concat();
    segment[SEGMENT_HEADER_OCTETS..][..written.len()].copy_from_slice(&written);
    assert_eq!(packets_of(&segment).0, packets);
    // Nor is one that does not follow.
    let gap = SegmentHeader {
        first_lsn: HEADER.first_lsn - 1,
        ..new
    };
    let (_, other) = entries(&gap, 1, 4);
    let segment = [&new.encode()[..], &other.concat()].concat();
    assert_eq!(packets_of(&segment).0.len(), 0);
}
