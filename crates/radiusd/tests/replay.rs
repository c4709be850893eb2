//! A replay comes to what came of a packet when it was received, under every policy, and without a configuration.
#[path = "recovery/site.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod site;
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod traffic;

use quipu_radiusd::event::{Direction, Event, Policy, Reading, WideCounter};
use quipu_radiusd::log::{Arrival, Entry, NewEntry, seal};
use quipu_radiusd::merge::{Occasion, Rules};
use quipu_radiusd::packet::{Composer, Packet, Secret, TypedLengths, VendorFormat, kind};
use quipu_radiusd::store::{Sender, Store};
use quipu_tests::random::Random;
use site::{CLIENT, told};

const ARRIVAL_MS: u64 = 1_700_000_000_000;

/// A packet with attributes of right and wrong sizes, some of which are forbidden, missing, or twice there.
fn packet(random: &mut Random) -> Vec<u8> {
    let mut request = Composer::new(1);
    let status = *random.choose(&[1, 2, 2, 3, 3, 3, 7, 8, 9, 77]);
    request.push_number(kind::ACCT_STATUS_TYPE, status);
    if !random.one_in(9) {
        request.push(kind::NAS_IP_ADDRESS, &[192, 0, 2, 1]);
    }
    if !random.one_in(9) {
        request.push(
            kind::ACCT_SESSION_ID,
            &[b'0' + u8::try_from(random.below(4)).expect("small")],
        );
    }
    if random.one_in(9) {
        request.push(kind::USER_PASSWORD, &[1; 16]);
    }
    if random.one_in(2) {
        let seconds = ARRIVAL_MS / 1000 + random.below(1000) - 500;
        let far = if random.one_in(4) { 10_000_000 } else { 0 };
        let seconds = u32::try_from(seconds + far).expect("before 2106");
        request.push_number(kind::EVENT_TIMESTAMP, seconds);
    }
    request.push(kind::USER_NAME, b"ada");
    for number in [
        kind::ACCT_INPUT_OCTETS,
        kind::ACCT_OUTPUT_OCTETS,
        kind::ACCT_SESSION_TIME,
    ] {
        let octets = if random.one_in(20) { 3 } else { 4 };
        let value = u32::try_from(random.word() >> 32)
            .expect("32 bits")
            .to_be_bytes();
        request.push(number, &value[..octets]);
    }
    if random.one_in(3) {
        // Vendor 9, attribute 1: eight octets.
        let mut value = vec![0, 0, 0, 9, 1, 10];
        value.extend_from_slice(&(random.word() >> 20).to_be_bytes());
        request.push(kind::VENDOR_SPECIFIC, &value);
    }
    request.accounting(&Secret::new(b"x")).to_vec()
}

#[test]
fn what_came_when_it_was_received_comes_again() {
    let wide = [WideCounter {
        vendor: 9,
        format: VendorFormat::default(),
        kind: 1,
        direction: Direction::Input,
    }];
    let mut taken = 0;
    for seed in 0..240 {
        let mut random = Random::new(seed);
        let policy = if seed % 2 == 0 {
            Policy::Strict
        } else {
            Policy::Liberal
        };
        let typed = if seed / 2 % 2 == 0 {
            TypedLengths::Discard
        } else {
            TypedLengths::Skip
        };
        let counters: &[WideCounter] = if seed / 4 % 2 == 0 { &wide } else { &[] };
        let sender = Sender {
            reading: Reading {
                policy,
                wide_counters: counters,
            },
            typed,
            rules: Rules {
                detects_wraps: seed / 8 % 2 == 0,
            },
            skew_ms_max: 3_600_000,
            ..Sender::new(CLIENT)
        };
        let live = Store::in_memory(Some(4 << 20), 3600).expect("a table");
        let replayed = Store::in_memory(Some(4 << 20), 3600).expect("a table");
        for lsn in 1..60 {
            let bytes = packet(&mut random);
            let arrival = Arrival {
                ns: (ARRIVAL_MS + lsn * 60_000) * 1_000_000,
                source: "[2001:db8::7]:1".parse().expect("an address"),
                listener: 0,
            };
            let Ok(parsed) = Packet::parse(&bytes, typed) else {
                continue;
            };
            let Ok(event) = Event::read(&parsed, arrival.source.ip(), &sender.reading) else {
                continue;
            };
            taken += 1;
            let occasion = Occasion {
                time: event.time(arrival.ns / 1_000_000, sender.skew_ms_max),
                arrival_ms: arrival.ns / 1_000_000,
                lsn,
            };
            live.apply(&sender, &event, &occasion).expect("room");
            // Through the bytes of the log.
            let mut log = Vec::new();
            NewEntry::received(&arrival, &sender, &event, &bytes).encode(lsn, &mut log);
            seal(1, &mut log);
            let entry = Entry::decode(1, &log).expect("whole");
            replayed.replay(&entry).expect("room");
            assert_eq!(
                told(live.table()),
                told(replayed.table()),
                "seed {seed}, lsn {lsn}"
            );
        }
    }
    assert!(taken > 7_000, "{taken}");
}
