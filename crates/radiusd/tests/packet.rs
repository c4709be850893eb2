//! The rules for a packet (RFC 2865, 2866, 2869, 5080, 5997), each as a row: what is sent, and what comes of it.
use quipu_radiusd::packet::{
    Code, Composer, Discard, Malformed, PACKET_OCTETS_MAX, Packet, Secret, TypedLengths,
    VendorAttributes, VendorFormat, is_valid_reply, kind, write_reply,
};

const SECRET: &[u8] = b"xyzzy5461";

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] << 4 | pair[1]).expect("two digits"))
        .collect()
}

/// What the server does with a datagram: the reply, or why there is none.
fn serve(datagram: &[u8]) -> Result<Vec<u8>, Discard> {
    let secret = Secret::new(SECRET);
    let packet = Packet::parse(datagram, TypedLengths::Discard)?;
    secret.verify(&packet)?;
    let mut out = [0xee; PACKET_OCTETS_MAX];
    Ok(write_reply(&packet, &secret, &mut out).to_vec())
}

fn start() -> Composer {
    let mut request = Composer::new(9);
    assert!(request.push_number(kind::ACCT_STATUS_TYPE, 1));
    assert!(request.push(kind::ACCT_SESSION_ID, b"00000001"));
    assert!(request.push(kind::NAS_IP_ADDRESS, &[192, 0, 2, 1]));
    request
}

fn signed(mut request: Composer) -> Vec<u8> {
    request.accounting(&Secret::new(SECRET)).to_vec()
}

/// A valid request with these octets as its attributes, whatever they are.
fn with_list(list: &[u8]) -> Vec<u8> {
    let mut packet = vec![4, 9, 0, 0];
    let length = u16::try_from(20 + list.len()).expect("short");
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    packet.extend_from_slice(&[0; 16]);
    packet.extend_from_slice(list);
    let mut text = packet.clone();
    text.extend_from_slice(SECRET);
    use md5::Digest;
    packet[4..20].copy_from_slice(&md5::Md5::digest(&text));
    packet
}

#[test]
fn the_example_of_rfc_5997_both_ways() {
    let request = hex(
        "0cb30026 925f6b66 dd5fed57 1fcb1db7 ad388260 5012e8d6 eabda910 875cd91f dade2636 7858",
    );
    let response = hex("05b300140f6f92145f107e2f504e860a4860669c");
    assert_eq!(serve(&request), Ok(response.clone()));
    let authenticator: [u8; 16] = request[4..20].try_into().expect("16 octets");
    assert!(is_valid_reply(
        &response,
        &authenticator,
        &Secret::new(SECRET)
    ));
    // The other way: the client's side makes the same request.
    let mut client = Composer::new(0xb3);
    assert!(client.push_message_authenticator());
    let made = client.status_server(&Secret::new(SECRET), authenticator);
    assert_eq!(made, request);
    // With the code that the RFC prints, the authenticator would not be right.
    let mut printed = response;
    printed[0] = 2;
    assert!(!is_valid_reply(
        &printed,
        &authenticator,
        &Secret::new(SECRET)
    ));
}

#[test]
fn only_two_codes_are_for_an_accounting_port() {
    for code in 0..=255 {
        let mut datagram = signed(start());
        datagram[0] = code;
        let expected = match code {
            4 => None,
            // The right code, but without a Message-Authenticator.
            12 => Some(Discard::MessageAuthenticator),
            other => Some(Discard::UnknownCode(other)),
        };
        assert_eq!(serve(&datagram).err(), expected, "code {code}");
    }
}

#[test]
fn the_length_of_the_packet() {
    let whole = signed(start());
    let malformed = |malformed| Err(Discard::Malformed(malformed));
    for length in 0..20 {
        assert_eq!(serve(&whole[..length]), malformed(Malformed::Short));
    }
    for length in 20..whole.len() {
        assert_eq!(
            serve(&whole[..length]),
            malformed(Malformed::LengthBeyondDatagram),
            "{length} octets"
        );
    }
    for length in 0u8..20 {
        let mut lying = whole.clone();
        lying[2..4].copy_from_slice(&[0, length]);
        assert_eq!(serve(&lying), malformed(Malformed::LengthTooSmall));
    }
    let mut long = vec![0; 65_535];
    long[..20].copy_from_slice(&whole[..20]);
    long[2..4].copy_from_slice(&4097u16.to_be_bytes());
    assert_eq!(serve(&long), malformed(Malformed::LengthTooGreat));
    // A packet may be nothing but its header.
    assert_eq!(serve(&with_list(&[])).map(|reply| reply.len()), Ok(20));
}

#[test]
fn padding_is_ignored_and_not_hashed() {
    let whole = signed(start());
    let reply = serve(&whole).expect("a reply");
    for padding in [1, 2, 17, 4096, 65_000] {
        let mut padded = whole.clone();
        padded.resize(whole.len() + padding, 0xa5);
        assert_eq!(serve(&padded).as_ref(), Ok(&reply), "{padding} octets");
    }
}

#[test]
fn a_packet_of_4096_octets_is_served() {
    let mut request = start();
    while request.push(kind::PROXY_STATE, &[7; 200]) {}
    let mut left = 253;
    while !request.push(kind::PROXY_STATE, &vec![8; left]) {
        left -= 1;
    }
    let datagram = signed(request);
    assert_eq!(datagram.len(), 4096);
    let reply = serve(&datagram).expect("a reply");
    let states = datagram.len() - (20 + 6 + 10 + 6);
    assert_eq!(reply.len(), 20 + states);
}

#[test]
fn lengths_of_attributes() {
    let broken = Err(Discard::Malformed(Malformed::AttributeLength));
    for list in [
        &[1u8][..],
        &[1, 0],
        &[1, 1],
        &[1, 3],
        &[1, 255, 0],
        &[44, 3, b'x', 1],
        &[44, 3, b'x', 1, 0],
    ] {
        assert_eq!(serve(&with_list(list)), broken, "{list:?}");
    }
    let typed = |kind| Err(Discard::Malformed(Malformed::TypedLength { kind }));
    let rows: &[(u8, &[usize])] = &[
        (kind::NAS_IP_ADDRESS, &[4]),
        (kind::NAS_PORT, &[4]),
        (kind::SERVICE_TYPE, &[4]),
        (kind::FRAMED_PROTOCOL, &[4]),
        (kind::FRAMED_IP_ADDRESS, &[4]),
        (kind::ACCT_STATUS_TYPE, &[4]),
        (kind::ACCT_DELAY_TIME, &[4]),
        (kind::ACCT_INPUT_OCTETS, &[4]),
        (kind::ACCT_OUTPUT_OCTETS, &[4]),
        (kind::ACCT_AUTHENTIC, &[4]),
        (kind::ACCT_SESSION_TIME, &[4]),
        (kind::ACCT_INPUT_PACKETS, &[4]),
        (kind::ACCT_OUTPUT_PACKETS, &[4]),
        (kind::ACCT_TERMINATE_CAUSE, &[4]),
        (kind::ACCT_LINK_COUNT, &[4]),
        (kind::ACCT_INPUT_GIGAWORDS, &[4]),
        (kind::ACCT_OUTPUT_GIGAWORDS, &[4]),
        (kind::EVENT_TIMESTAMP, &[4]),
        (kind::NAS_PORT_TYPE, &[4]),
        (kind::ACCT_INTERIM_INTERVAL, &[4]),
        (kind::ACCT_TUNNEL_PACKETS_LOST, &[4]),
        (kind::NAS_IPV6_ADDRESS, &[16]),
        (kind::FRAMED_INTERFACE_ID, &[8]),
        (kind::FRAMED_IPV6_ADDRESS, &[16]),
        (kind::CHAP_PASSWORD, &[17]),
        (kind::VENDOR_SPECIFIC, &[5, 6, 7, 8, 15, 16, 17, 20]),
    ];
    for (number, lengths) in rows {
        for length in [0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 20] {
            let mut list = vec![*number, u8::try_from(2 + length).expect("short")];
            list.resize(2 + length, 1);
            let served = serve(&with_list(&list)).map(|_| ());
            let expected = if lengths.contains(&length) {
                Ok(())
            } else {
                typed(*number)
            };
            assert_eq!(served, expected, "attribute {number} of {length} octets");
        }
    }
}

#[test]
fn prefixes_have_as_many_octets_as_their_bits_need() {
    let rows: &[(&[u8], bool)] = &[
        (&[], false),
        (&[0], false),
        (&[0, 0], true),
        (&[0, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0], true),
        (&[0, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0], false),
        (
            &[
                0, 129, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
            ],
            false,
        ),
        (
            &[
                0, 128, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
            ],
            true,
        ),
        (
            &[
                0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
            ],
            false,
        ),
    ];
    for number in [kind::FRAMED_IPV6_PREFIX, kind::DELEGATED_IPV6_PREFIX] {
        for (value, is_legal) in rows {
            let mut request = start();
            assert!(request.push(number, value));
            assert_eq!(
                serve(&signed(request)).is_ok(),
                *is_legal,
                "{number} {value:?}"
            );
        }
    }
}

#[test]
fn a_typed_length_may_be_let_through() {
    let mut request = start();
    assert!(request.push(kind::ACCT_DELAY_TIME, &[0, 0, 1]));
    let datagram = signed(request);
    let packet = Packet::parse(&datagram, TypedLengths::Skip).expect("let through");
    assert!(packet.has_wrong_lengths());
    let kinds: Vec<u8> = packet
        .attributes()
        .map(|attribute| attribute.kind)
        .collect();
    assert_eq!(kinds, [40, 44, 4], "it is skipped");
}

#[test]
fn authenticators_that_are_not_right() {
    let good = signed(start());
    let wrong = Err(Discard::Authenticator);
    for bit in 0..128 {
        let mut bad = good.clone();
        bad[4 + bit / 8] ^= 1 << (bit % 8);
        assert_eq!(serve(&bad), wrong, "bit {bit}");
    }
    let mut zeros = good.clone();
    zeros[4..20].fill(0);
    assert_eq!(
        serve(&zeros),
        wrong,
        "no exception for zeros: RFC 5080, 2.3.3"
    );
    let mut other = start();
    assert_eq!(serve(other.accounting(&Secret::new(b"other"))), wrong);
    let mut changed = good.clone();
    *changed.last_mut().expect("not empty") ^= 1;
    assert_eq!(serve(&changed), wrong);
    let mut identifier = good;
    identifier[1] ^= 1;
    assert_eq!(serve(&identifier), wrong);
}

#[test]
fn message_authenticators_of_accounting_requests() {
    let wrong = Err(Discard::MessageAuthenticator);
    let mut request = start();
    assert!(request.push_message_authenticator());
    assert!(request.push(kind::PROXY_STATE, b"behind it"));
    let good = signed(request);
    let reply = serve(&good).expect("a reply");
    let authenticator: [u8; 16] = good[4..20].try_into().expect("16 octets");
    assert_eq!(reply[20..22], [80, 18], "and the reply has one too");
    assert!(is_valid_reply(&reply, &authenticator, &Secret::new(SECRET)));
    let mut forged = reply;
    forged[25] ^= 1;
    assert!(!is_valid_reply(
        &forged,
        &authenticator,
        &Secret::new(SECRET)
    ));
    // A wrong one in a packet whose authenticator is right.
    let list = &good[20..];
    for at in 24..40 {
        let mut bad = list.to_vec();
        bad[at] ^= 0x80;
        assert_eq!(serve(&with_list(&bad)), wrong);
    }
    assert!(serve(&with_list(list)).is_ok());
    let twice = [list, &list[22..40]].concat();
    assert_eq!(serve(&with_list(&twice)), wrong);
    // Two, of which the last is right.
    let mut both = start();
    assert!(both.push_message_authenticator() && both.push_message_authenticator());
    assert_eq!(serve(&signed(both)), wrong);
    for length in [2u8, 3, 17, 19, 34] {
        let mut short = vec![80, length];
        short.resize(usize::from(length), 0);
        assert_eq!(serve(&with_list(&short)), wrong, "{length}");
    }
    assert!(serve(&signed(start())).is_ok(), "it is not required");
}

#[test]
fn status_server_needs_a_message_authenticator_and_gets_no_attribute() {
    let secret = Secret::new(SECRET);
    let ask = |secret: &Secret| {
        let mut request = Composer::new(1);
        assert!(request.push(kind::NAS_IDENTIFIER, b"nas"));
        assert!(request.push(kind::PROXY_STATE, b"state"));
        assert!(request.push_message_authenticator());
        request.status_server(secret, [0x5a; 16]).to_vec()
    };
    let reply = serve(&ask(&secret)).expect("a reply");
    assert_eq!((reply.len(), reply[0], reply[1]), (20, 5, 1));
    assert!(is_valid_reply(&reply, &[0x5a; 16], &secret));
    let wrong = Err(Discard::MessageAuthenticator);
    assert_eq!(serve(&ask(&Secret::new(b"other"))), wrong);
    let mut without = Composer::new(1);
    assert_eq!(serve(without.status_server(&secret, [1; 16])), wrong);
    // Signed as if it were an Accounting-Request.
    let mut accounting = start();
    let mut disguised = accounting.accounting(&secret).to_vec();
    disguised[0] = 12;
    assert_eq!(serve(&disguised), wrong);
    let mut random = ask(&secret);
    random[10] ^= 1;
    assert_eq!(
        serve(&random),
        wrong,
        "its authenticator is part of what is signed"
    );
}

#[test]
fn proxy_states_come_back_in_order_and_unchanged() {
    let mut request = start();
    let states: [&[u8]; 4] = [b"second", b"", &[0; 253], b"first"];
    for (number, state) in states.iter().enumerate() {
        assert!(request.push(kind::PROXY_STATE, state));
        assert!(request.push(kind::CLASS, &[u8::try_from(number).expect("few")]));
    }
    let datagram = signed(request);
    let reply = serve(&datagram).expect("a reply");
    let mut expected = Vec::new();
    for state in states {
        expected.extend_from_slice(&[33, u8::try_from(2 + state.len()).expect("short")]);
        expected.extend_from_slice(state);
    }
    assert_eq!(reply[20..], expected);
    assert_eq!(reply[..2], [5, 9]);
    let authenticator: [u8; 16] = datagram[4..20].try_into().expect("16 octets");
    assert!(is_valid_reply(&reply, &authenticator, &Secret::new(SECRET)));
}

#[test]
fn attributes_of_vendors_in_every_form() {
    let form = |type_octets, length_octets, has_continuation| VendorFormat {
        type_octets,
        length_octets,
        has_continuation,
    };
    type Parts<'r> = &'r [(Option<u32>, &'r [u8])];
    let rows: &[(VendorFormat, &[u8], Parts<'_>)] = &[
        (
            form(1, 1, false),
            &[1, 4, 8, 9, 2, 2],
            &[(Some(1), &[8, 9]), (Some(2), &[])],
        ),
        (
            form(1, 1, false),
            &[1, 4, 8, 9, 2],
            &[(Some(1), &[8, 9]), (None, &[2])],
        ),
        (form(1, 1, false), &[1, 1, 8], &[(None, &[1, 1, 8])]),
        (form(1, 1, false), &[1, 9, 8], &[(None, &[1, 9, 8])]),
        (form(2, 1, false), &[1, 2, 4, 9], &[(Some(258), &[9])]),
        (form(2, 2, false), &[1, 2, 0, 5, 9], &[(Some(258), &[9])]),
        (
            form(4, 0, false),
            &[0, 0, 1, 2, 9, 9],
            &[(Some(258), &[9, 9])],
        ),
        (
            form(1, 1, true),
            &[1, 4, 0, 9, 2, 3, 0],
            &[(Some(1), &[9]), (Some(2), &[])],
        ),
        (form(1, 0, false), &[1, 4], &[(Some(1), &[4])]),
    ];
    for (format, inside, expected) in rows {
        let value = [&[0, 0, 1, 0x37][..], inside].concat();
        let found = VendorAttributes::new(&value, |vendor| {
            assert_eq!(vendor, 311);
            *format
        });
        let found: Vec<_> = found
            .expect("long enough")
            .map(|a| (a.kind, a.value))
            .collect();
        assert_eq!(found, *expected, "{format:?} {inside:?}");
    }
    assert!(VendorAttributes::new(&[0, 0, 1], |_| VendorFormat::default()).is_none());
}

#[test]
fn what_nobody_knows_is_served() {
    let mut request = start();
    assert!(request.push(250, b"unknown"));
    assert!(request.push(kind::VENDOR_SPECIFIC, &[0xff, 0xff, 0xff, 0xff, 9]));
    let datagram = signed(request);
    assert!(serve(&datagram).is_ok());
    let packet = Packet::parse(&datagram, TypedLengths::Discard).expect("good");
    assert_eq!(packet.code(), Code::AccountingRequest);
    assert_eq!(packet.attributes().count(), 5);
}
