//! Any bytes as a RADIUS packet, as a record of a table and as a segment of the log: nothing panics. What is answered
//! has the right authenticator, and the answer is one that a client accepts; what decodes comes back the same.
#![no_main]
use libfuzzer_sys::fuzz_target;
use quipu_radiusd::dictionary::Dictionary;
use quipu_radiusd::event::{ClientId, Event, EventTime, Reading, SessionKey, TimeSource};
use quipu_radiusd::log::{End, Entry, NewEntry, Reader, SegmentHeader, Wide, seal};
use quipu_radiusd::merge::{Occasion, Rules, merge};
use quipu_radiusd::packet::{
    Code, Composer, PACKET_OCTETS_MAX, Packet, Secret, TypedLengths, is_valid_reply, write_reply,
};
use quipu_radiusd::record::{NasRecord, RECORD_OCTETS_MAX, SessionRecord};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

static DICTIONARY: LazyLock<Dictionary> = LazyLock::new(Dictionary::built_in);
const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fuzz_target!(|input: &[u8]| {
    let secret = Secret::new(b"secret");
    for typed in [TypedLengths::Discard, TypedLengths::Skip] {
        serve(input, &secret, typed);
    }
    // The same attributes, signed: what lies behind the authenticator is reached.
    let mut request = Composer::new(1);
    let mut rest = input;
    while let [kind, length, tail @ ..] = rest {
        let taken = usize::from(*length).min(tail.len());
        request.push(*kind, &tail[..taken]);
        rest = &tail[taken..];
    }
    serve(request.accounting(&secret), &secret, TypedLengths::Skip);
    if let Ok(record) = SessionRecord::decode(input) {
        let mut room = [0; RECORD_OCTETS_MAX];
        assert_eq!(record.encode(&mut room), input);
    }
    if let Ok(nas) = NasRecord::decode(input) {
        assert_eq!(nas.encode(), input);
    }
    segment(input);
});

fn serve(datagram: &[u8], secret: &Secret, typed: TypedLengths) {
    let Ok(packet) = Packet::parse(datagram, typed) else {
        return;
    };
    let event = Event::read(&packet, SOURCE, &Reading::default()).expect("liberal");
    let occasion = Occasion {
        time: event.time(1_700_000_000_000, 1000),
        arrival_ms: 1_700_000_000_000,
        lsn: 1,
    };
    let first = merge(None, &event, &occasion, None, &Rules::default());
    let again = merge(
        Some(&first.record),
        &event,
        &occasion,
        None,
        &Rules::default(),
    );
    assert!(again.delta.is_zero(), "a repetition adds nothing");
    let id = event.session_id.unwrap_or_default();
    let key = SessionKey::session(ClientId(1), &event.nas, id);
    assert!(key.as_bytes().ends_with(id));
    assert!(DICTIONARY.print(packet.attributes()).lines().count() >= packet.attributes().count());
    if secret.verify(&packet).is_ok() {
        let mut out = [0; PACKET_OCTETS_MAX];
        let reply = write_reply(&packet, secret, &mut out);
        assert!(is_valid_reply(reply, packet.authenticator(), secret));
        assert!(
            packet.code() == Code::StatusServer || !Secret::new(b"other").verify(&packet).is_ok()
        );
    }
}

/// Entries, and the input behind them: the entries are read.
fn segment(input: &[u8]) {
    if let Ok(reader) = Reader::new(input) {
        assert!(reader.count() <= input.len() / 48);
    }
    let header = SegmentHeader {
        log_id: [1; 16],
        stream: 0,
        number: 1,
        first_lsn: 1,
        generation: 1,
        synced_lsn: 1,
    };
    let new = NewEntry {
        arrival_ns: 1,
        source: (SOURCE, 1).into(),
        listener: 0,
        client: ClientId(1),
        time: EventTime {
            ms: 1,
            source: TimeSource::Arrival,
        },
        rules: Rules::default(),
        wide: Wide::default(),
        is_synthetic: false,
        packet: &input[..input.len().min(PACKET_OCTETS_MAX)],
    };
    let entry = Entry { lsn: 1, new };
    let mut batch = Vec::new();
    new.encode(1, &mut batch);
    seal(header.seed(), &mut batch);
    let mut bytes = [&header.encode()[..], &batch].concat();
    let good_octets = bytes.len();
    bytes.extend_from_slice(input);
    let mut reader = Reader::new(&bytes).expect("a header");
    assert_eq!(reader.next(), Some(entry));
    match reader.end() {
        End::Torn(torn) => assert_eq!(torn.good_octets, good_octets),
        End::Clean => assert!(input.iter().take(8).all(|octet| *octet == 0)),
    }
}
