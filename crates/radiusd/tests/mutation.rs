//! A million packets that were cut, flipped, or lie about their lengths: none crashes the codec, and none is answered
//! whose authenticator is not right by another way of computing it.
use md5::{Digest, Md5};
use quipu_radiusd::event::{Event, Reading};
use quipu_radiusd::packet::{
    Code, Composer, PACKET_OCTETS_MAX, Packet, Secret, TypedLengths, is_valid_reply, kind,
    write_reply,
};
use quipu_tests::random::Random;
use std::net::{IpAddr, Ipv4Addr};

const SECRET: &[u8] = b"a secret";
const PACKETS: u32 = 1 << 20;

fn seed(random: &mut Random, secret: &Secret) -> Vec<u8> {
    let mut request = Composer::new(u8::try_from(random.below(256)).expect("an octet"));
    request.push_number(
        kind::ACCT_STATUS_TYPE,
        1 + u32::try_from(random.below(16)).expect("small"),
    );
    request.push(kind::ACCT_SESSION_ID, b"0001");
    for _ in 0..random.below(8) {
        let kind = u8::try_from(random.below(256)).expect("an octet");
        let length = if random.one_in(3) {
            random.index(30)
        } else {
            4
        };
        if kind != kind::MESSAGE_AUTHENTICATOR {
            request.push(kind, &random.bytes(length));
        }
    }
    if random.one_in(3) {
        request.push_message_authenticator();
    }
    if random.one_in(8) {
        let authenticator = random.bytes(16).try_into().expect("16 octets");
        return request.status_server(secret, authenticator).to_vec();
    }
    request.accounting(secret).to_vec()
}

fn mutate(random: &mut Random, packet: &mut Vec<u8>) {
    match random.below(6) {
        0 => packet.truncate(random.index(packet.len() + 1)),
        1 => {
            let padding = random.index(64);
            packet.extend(random.bytes(padding));
        }
        2 if packet.len() > 3 => packet[3] = packet[3].wrapping_add(random.bytes(1)[0]),
        3 if packet.len() > 21 => packet[21] = random.bytes(1)[0],
        4 => {}
        _ => {
            for _ in 0..=random.below(4) {
                let at = random.index(packet.len());
                if let Some(octet) = packet.get_mut(at) {
                    *octet ^= 1 << random.below(8);
                }
            }
        }
    }
}

/// Whether the authenticator of an Accounting-Request is right, computed in the plainest way.
fn is_authentic(packet: &[u8]) -> bool {
    let mut text = packet.to_vec();
    text[4..20].fill(0);
    text.extend_from_slice(SECRET);
    Md5::digest(&text).as_slice() == &packet[4..20]
}

#[test]
fn a_million_mutated_packets() {
    let secret = Secret::new(SECRET);
    let mut random = Random::new(7);
    let (mut answered, mut discarded) = (0u32, 0u32);
    let mut out = [0; PACKET_OCTETS_MAX];
    for _ in 0..PACKETS {
        let mut datagram = seed(&mut random, &secret);
        mutate(&mut random, &mut datagram);
        let typed = [TypedLengths::Discard, TypedLengths::Skip][random.index(2)];
        let packet = match Packet::parse(&datagram, typed) {
            Ok(packet) if secret.verify(&packet).is_ok() => packet,
            _ => {
                discarded += 1;
                continue;
            }
        };
        if packet.code() == Code::AccountingRequest {
            assert!(is_authentic(packet.bytes()), "{datagram:02x?}");
            let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
            let event = Event::read(&packet, source, &Reading::default()).expect("liberal");
            assert!(event.time(0, 0).ms == 0);
        }
        let reply = write_reply(&packet, &secret, &mut out);
        assert!(is_valid_reply(reply, packet.authenticator(), &secret));
        answered += 1;
    }
    println!("{answered} answered, {discarded} discarded");
    assert!(
        answered > PACKETS / 16 && discarded > PACKETS / 4,
        "both happen"
    );
}
