//! What a request says: every rule of RFC 2866, section 5 and its successors that a field depends on.
use quipu_radiusd::event::{
    Anomalies, ClientId, Direction, Event, EventTime, Nas, Octets, Policy, Reading, SessionKey,
    Status, TimeSource, WideCounter, mac_address,
};
use quipu_radiusd::packet::{Composer, Discard, Packet, Secret, TypedLengths, VendorFormat, kind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));

/// Sends attributes, and looks at the event that is read from them.
fn read<R>(
    attributes: &[(u8, &[u8])],
    reading: &Reading<'_>,
    look: impl FnOnce(Result<Event<'_>, Discard>) -> R,
) -> R {
    let mut request = Composer::new(1);
    for (kind, value) in attributes {
        assert!(request.push(*kind, value));
    }
    let datagram = request.accounting(&Secret::new(b"secret")).to_vec();
    let packet = Packet::parse(&datagram, TypedLengths::Discard).expect("a good packet");
    look(Event::read(&packet, SOURCE, reading))
}

fn liberally<R>(attributes: &[(u8, &[u8])], look: impl FnOnce(Event<'_>) -> R) -> R {
    read(attributes, &Reading::default(), |event| {
        look(event.expect("liberal"))
    })
}

const STATUS: (u8, &[u8]) = (kind::ACCT_STATUS_TYPE, &[0, 0, 0, 3]);
const SESSION: (u8, &[u8]) = (kind::ACCT_SESSION_ID, b"0001");
const NAS: (u8, &[u8]) = (kind::NAS_IP_ADDRESS, &[192, 0, 2, 1]);

#[test]
fn what_is_absent_is_not_zero() {
    liberally(&[STATUS, SESSION, NAS], |event| {
        assert_eq!((event.input_octets, event.output_octets), (None, None));
        assert_eq!((event.input_packets, event.session_time_s), (None, None));
        assert_eq!(
            (event.delay_s, event.timestamp_s, event.user),
            (None, None, None)
        );
        assert!(event.anomalies.is_empty());
    });
    liberally(
        &[STATUS, SESSION, NAS, (kind::ACCT_INPUT_OCTETS, &[0; 4])],
        |event| {
            let zero = Octets {
                value: 0,
                is_narrow: true,
            };
            assert_eq!(event.input_octets, Some(zero));
        },
    );
}

#[test]
fn gigawords_make_64_bits_in_any_order() {
    let low: (u8, &[u8]) = (kind::ACCT_INPUT_OCTETS, &[0xff, 0xff, 0xff, 0xfe]);
    let high: (u8, &[u8]) = (kind::ACCT_INPUT_GIGAWORDS, &[0, 0, 0, 2]);
    let expected = Some(Octets {
        value: 0x2_ffff_fffe,
        is_narrow: false,
    });
    for attributes in [[low, high], [high, low]] {
        liberally(&attributes, |event| {
            assert_eq!(event.input_octets, expected)
        });
    }
    liberally(&[low], |event| {
        let narrow = Some(Octets {
            value: 0xffff_fffe,
            is_narrow: true,
        });
        assert_eq!((event.input_octets, event.output_octets), (narrow, None));
    });
    let output: (u8, &[u8]) = (kind::ACCT_OUTPUT_GIGAWORDS, &[0, 0, 0, 1]);
    liberally(&[output], |event| {
        let only_high = Some(Octets {
            value: 1 << 32,
            is_narrow: false,
        });
        assert_eq!(event.output_octets, only_high);
    });
}

#[test]
fn counters_of_vendors_have_64_bits() {
    let counters = [WideCounter {
        vendor: 6527,
        format: VendorFormat::default(),
        kind: 19,
        direction: Direction::Output,
    }];
    let reading = Reading {
        wide_counters: &counters,
        ..Reading::default()
    };
    let value = [0, 0, 0x19, 0x7f, 19, 10, 0, 0, 0, 9, 0, 0, 0, 1];
    let low: (u8, &[u8]) = (kind::ACCT_OUTPUT_OCTETS, &[0, 0, 0, 1]);
    read(&[low, (kind::VENDOR_SPECIFIC, &value)], &reading, |event| {
        let octets = event.expect("liberal").output_octets;
        assert_eq!(
            octets,
            Some(Octets {
                value: (9 << 32) | 1,
                is_narrow: false
            })
        );
    });
    let mut other = value;
    other[3] ^= 1;
    read(&[low, (kind::VENDOR_SPECIFIC, &other)], &reading, |event| {
        let octets = event.expect("liberal").output_octets;
        assert_eq!(
            octets,
            Some(Octets {
                value: 1,
                is_narrow: true
            })
        );
    });
}

#[test]
fn every_status_type_has_a_meaning() {
    let rows = [
        (1u32, Status::Start),
        (2, Status::Stop),
        (3, Status::Interim),
        (7, Status::On),
        (8, Status::Off),
        (9, Status::Other(9)),
        (15, Status::Other(15)),
        (4711, Status::Other(4711)),
    ];
    for (number, status) in rows {
        let value = number.to_be_bytes();
        liberally(&[(kind::ACCT_STATUS_TYPE, &value), SESSION, NAS], |event| {
            assert_eq!((event.status, event.status.number()), (status, number));
            let is_unknown = event.anomalies.contains(Anomalies::UNKNOWN_STATUS_TYPE);
            assert_eq!(is_unknown, number == 4711);
        });
    }
}

#[test]
fn the_policy_decides_what_becomes_of_forbidden_requests() {
    let on: (u8, &[u8]) = (kind::ACCT_STATUS_TYPE, &[0, 0, 0, 7]);
    let id: (u8, &[u8]) = (kind::NAS_IDENTIFIER, b"nas1");
    let v6: (u8, &[u8]) = (kind::NAS_IPV6_ADDRESS, &[1; 16]);
    type Row<'r> = (&'r [(u8, &'r [u8])], Option<Anomalies>);
    let rows: &[Row<'_>] = &[
        (&[STATUS, SESSION, NAS], None),
        (&[STATUS, SESSION, id], None),
        (&[STATUS, SESSION, v6], None),
        (&[on, NAS], None),
        (&[STATUS, SESSION], Some(Anomalies::NO_NAS)),
        (&[STATUS, NAS], Some(Anomalies::NO_SESSION_ID)),
        (&[STATUS, NAS, (44, b"")], Some(Anomalies::NO_SESSION_ID)),
        (&[SESSION, NAS], Some(Anomalies::NO_STATUS_TYPE)),
        (
            &[STATUS, STATUS, SESSION, NAS],
            Some(Anomalies::SEVERAL_STATUS_TYPES),
        ),
        (
            &[STATUS, SESSION, SESSION, NAS],
            Some(Anomalies::SEVERAL_SESSION_IDS),
        ),
        (
            &[STATUS, SESSION, NAS, (2, &[1; 16])],
            Some(Anomalies::FORBIDDEN_ATTRIBUTE),
        ),
        (
            &[STATUS, SESSION, NAS, (3, &[1; 17])],
            Some(Anomalies::FORBIDDEN_ATTRIBUTE),
        ),
        (
            &[STATUS, SESSION, NAS, (18, b"x")],
            Some(Anomalies::FORBIDDEN_ATTRIBUTE),
        ),
        (
            &[STATUS, SESSION, NAS, (24, b"x")],
            Some(Anomalies::FORBIDDEN_ATTRIBUTE),
        ),
    ];
    let strictly = Reading {
        policy: Policy::Strict,
        ..Reading::default()
    };
    for (attributes, anomaly) in rows {
        liberally(attributes, |event| match anomaly {
            None => assert!(event.anomalies.is_empty(), "{attributes:?}"),
            Some(anomaly) => assert_eq!(event.anomalies, *anomaly, "{attributes:?}"),
        });
        read(attributes, &strictly, |event| {
            let is_forbidden = matches!(event, Err(Discard::Forbidden(_)));
            assert_eq!(is_forbidden, anomaly.is_some(), "{attributes:?}");
        });
    }
}

#[test]
fn a_nas_is_known_by_the_first_of_four_names() {
    let id: (u8, &[u8]) = (kind::NAS_IDENTIFIER, b"nas1");
    let v6: (u8, &[u8]) = (kind::NAS_IPV6_ADDRESS, &[1; 16]);
    type Row<'r> = (&'r [(u8, &'r [u8])], Nas<'r>);
    let rows: [Row<'_>; 4] = [
        (&[id, NAS, v6], Nas::V6([1; 16])),
        (&[id, NAS], Nas::V4([192, 0, 2, 1])),
        (&[id], Nas::Identifier(b"nas1")),
        (&[], Nas::Source(SOURCE)),
    ];
    let mut keys = Vec::new();
    for (attributes, nas) in rows {
        liberally(attributes, |event| assert_eq!(event.nas, nas));
        keys.push(SessionKey::nas(ClientId(5), &nas).as_bytes().to_vec());
    }
    keys.push(
        SessionKey::nas(ClientId(6), &Nas::V4([192, 0, 2, 1]))
            .as_bytes()
            .to_vec(),
    );
    keys.push(
        SessionKey::nas(ClientId(5), &Nas::Source(IpAddr::V6(Ipv6Addr::LOCALHOST)))
            .as_bytes()
            .to_vec(),
    );
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 6, "no two have one key");
    // The usual key lies in the table's cell, which has room for 40 bytes.
    let usual = SessionKey::session(ClientId(5), &Nas::V4([192, 0, 2, 1]), b"8A000B2F-00000001");
    assert!(usual.as_bytes().len() <= 40);
    let one = SessionKey::session(ClientId(5), &Nas::Identifier(b"ab"), b"c");
    let other = SessionKey::session(ClientId(5), &Nas::Identifier(b"a"), b"bc");
    assert_ne!(one.as_bytes(), other.as_bytes());
}

#[test]
fn the_longest_key_is_whole() {
    let (name, id) = ([b'n'; 253], [b'i'; 253]);
    let key = SessionKey::session(ClientId(1), &Nas::Identifier(&name), &id);
    assert_eq!(key.as_bytes().len(), 1 + 4 + 1 + 1 + 253 + 253);
    let earlier = SessionKey::earlier(key.as_bytes(), 3);
    assert_eq!(earlier.as_bytes().len(), key.as_bytes().len() + 4);
    assert_eq!(earlier.as_bytes()[5..], key.as_bytes()[1..]);
}

#[test]
fn the_time_of_an_event() {
    const ARRIVAL_MS: u64 = 1_700_000_000_000;
    const SKEW_MS_MAX: u64 = 3_600_000;
    let rows = [
        (None, None, ARRIVAL_MS, TimeSource::Arrival),
        (None, Some(30), ARRIVAL_MS - 30_000, TimeSource::Arrival),
        (None, Some(u32::MAX), 0, TimeSource::Arrival),
        (
            Some(1_699_999_900),
            None,
            1_699_999_900_000,
            TimeSource::Timestamp,
        ),
        (
            Some(1_699_999_900),
            Some(100),
            1_699_999_900_000,
            TimeSource::Timestamp,
        ),
        // Sent again and again for a day: the delay explains it.
        (
            Some(1_699_913_600),
            Some(86_400),
            1_699_913_600_000,
            TimeSource::Timestamp,
        ),
        // A NAS that lives in 1970, and one that lives in the future.
        (Some(17), Some(30), ARRIVAL_MS - 30_000, TimeSource::Skewed),
        (Some(u32::MAX), None, ARRIVAL_MS, TimeSource::Skewed),
    ];
    for (timestamp, delay, ms, source) in rows {
        let mut attributes = vec![STATUS, SESSION, NAS];
        let timestamp = timestamp.map(u32::to_be_bytes);
        let delay = delay.map(u32::to_be_bytes);
        attributes.extend(
            timestamp
                .iter()
                .map(|value| (kind::EVENT_TIMESTAMP, &value[..])),
        );
        attributes.extend(
            delay
                .iter()
                .map(|value| (kind::ACCT_DELAY_TIME, &value[..])),
        );
        liberally(&attributes, |event| {
            let time = event.time(ARRIVAL_MS, SKEW_MS_MAX);
            assert_eq!(time, EventTime { ms, source }, "{timestamp:?} {delay:?}");
        });
    }
}

#[test]
fn mac_addresses_in_the_ways_that_are_in_use() {
    let address = Some([0x00, 0x11, 0x22, 0xaa, 0xbb, 0xcc]);
    for text in [
        "00-11-22-AA-BB-CC",
        "00:11:22:aa:bb:cc",
        "0011.22aa.bbcc",
        "001122aabbcc",
        "001122-aabbcc",
        "00 11 22 aa bb cc",
        "00-11-22-AA-BB-CC:a network",
    ] {
        assert_eq!(mac_address(text.as_bytes()), address, "{text}");
    }
    for text in [
        "",
        "00-11-22-AA-BB",
        "00-11-22-AA-BB-C",
        "0-11-22-AA-BB-CCC",
        "00-11-22-AA-BB-CC-DD",
        "+491234567890",
        "1234567890123",
        "user@example.org",
        "-00-11-22-AA-BB-CC",
    ] {
        assert_eq!(mac_address(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn addresses_and_text() {
    let user: (u8, &[u8]) = (kind::USER_NAME, b"ada");
    let ip: (u8, &[u8]) = (kind::FRAMED_IP_ADDRESS, &[10, 0, 0, 1]);
    let v6: (u8, &[u8]) = (kind::FRAMED_IPV6_ADDRESS, &[0x20; 16]);
    let second: (u8, &[u8]) = (kind::FRAMED_IPV6_ADDRESS, &[0x30; 16]);
    let mac: (u8, &[u8]) = (kind::CALLING_STATION_ID, b"00-11-22-AA-BB-CC");
    liberally(&[user, ip, v6, second, mac], |event| {
        assert_eq!(event.user, Some(&b"ada"[..]));
        assert_eq!(event.framed_ip, Some(Ipv4Addr::new(10, 0, 0, 1)));
        assert_eq!(
            event.framed_ipv6,
            Some(Ipv6Addr::from([0x20; 16])),
            "the first"
        );
        assert_eq!(
            event.calling_mac,
            Some([0x00, 0x11, 0x22, 0xaa, 0xbb, 0xcc])
        );
        let both = event
            .attributes()
            .filter(|a| a.kind == kind::FRAMED_IPV6_ADDRESS);
        assert_eq!(both.count(), 2, "all are in the list");
    });
    liberally(&[(kind::USER_NAME, b"")], |event| {
        assert_eq!(event.user, None)
    });
}
