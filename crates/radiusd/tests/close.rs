//! A close by the server and the events around it end the same in whatever order they come: the sweep may decide one
//! while a worker applies another event, and a replay sees them in the order of their arrival.
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other test uses the rest of it")]
mod traffic;

use quipu_radiusd::event::ClientId;
use quipu_radiusd::packet::kind;
use quipu_radiusd::record::{RECORD_OCTETS_MAX, SessionFlags, SessionRecord, State};
use quipu_radiusd::store::{Close, CloseLog, Sender, Store, Sweeper};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use traffic::{Packet, packet, status};

const CLIENT: ClientId = ClientId(7);
const ADA: (u8, &[u8]) = (kind::USER_NAME, b"ada");
const ADDRESS: (u8, &[u8]) = (kind::FRAMED_IP_ADDRESS, &[10, 0, 0, 1]);
const BEGIN_MS: u64 = 1_000_000;
/// The newest event before the silence.
const LAST_MS: u64 = 1_600_000;
/// The restart of the NAS.
const BOOT_MS: u64 = 1_700_000;

fn octets(number: &'static [u8; 4]) -> (u8, &'static [u8]) {
    (kind::ACCT_INPUT_OCTETS, number)
}

fn apply(store: &Store, packet: &Packet, lsn: u64) {
    let packet = Packet {
        lsn,
        ..packet.clone()
    };
    traffic::replay(store, &Sender::new(CLIENT), &packet).expect("room");
}

/// A session that went on for a while, and perhaps a restart of its NAS.
fn begun(period_s: u64, is_restarted: bool) -> Store {
    let store = Store::in_memory(Some(4 << 20), period_s).expect("a table");
    apply(&store, &packet(1, BEGIN_MS, b"1", &[ADA, ADDRESS]), 1);
    apply(
        &store,
        &packet(3, LAST_MS, b"1", &[ADA, octets(&[0, 0, 1, 0])]),
        2,
    );
    if is_restarted {
        apply(&store, &status(7, BOOT_MS), 3);
    }
    store
}

#[derive(Default)]
struct Log(Vec<(u64, Vec<u8>)>);

impl CloseLog for Log {
    fn push(&mut self, close: &Close<'_>) {
        self.0.push((close.stop_ms, close.packet.to_vec()));
    }

    fn commit(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the sweep decides about that session.
fn decided(is_restarted: bool) -> (u64, Vec<u8>) {
    let mut log = Log::default();
    let store = begun(3600, is_restarted);
    Sweeper::new(Some(1000))
        .step(&store, &mut log, || 3_000_000)
        .expect("room");
    assert_eq!(log.0.len(), 1);
    log.0.remove(0)
}

/// Everything that the log tells, but for one mark: whether a session that is over was given up and heard of before.
fn told(store: &Store) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let all = store.table().scan().map(|item| item.expect("readable"));
    all.map(|(key, entry)| {
        let mut bytes = entry.value.as_bytes().expect("a record").to_vec();
        if matches!(key[0], b's' | b'e') {
            let mut record = SessionRecord::decode(&bytes).expect("a session");
            if record.hot.state != State::Open {
                record.hot.flags.remove(SessionFlags::REOPENED);
            }
            bytes = record.encode(&mut [0; RECORD_OCTETS_MAX]).to_vec();
        }
        (key, bytes)
    })
    .collect()
}

/// What may be received around the close, in this order.
fn candidates() -> Vec<(&'static str, Packet)> {
    let more = octets(&[0, 0, 2, 0]);
    let seconds: (u8, &[u8]) = (kind::ACCT_SESSION_TIME, &[0, 0, 0, 60]);
    vec![
        (
            "repeated Interim",
            packet(3, LAST_MS + 2_000, b"1", &[ADA, octets(&[0, 0, 1, 0])]),
        ),
        ("late Interim", packet(3, LAST_MS - 60_000, b"1", &[ADA])),
        (
            "Interim at the same time",
            packet(3, LAST_MS + 2_000, b"1", &[ADA, more]),
        ),
        ("Interim", packet(3, LAST_MS + 60_000, b"1", &[ADA, more])),
        (
            "Interim an hour later",
            packet(3, LAST_MS + 4_000_000, b"1", &[ADA, more]),
        ),
        ("repeated Start", packet(1, BEGIN_MS, b"1", &[ADA, ADDRESS])),
        ("Stop", packet(2, LAST_MS + 120_000, b"1", &[ADA, more])),
        ("early Stop", packet(2, LAST_MS - 120_000, b"1", &[ADA])),
        (
            "Start of the next",
            packet(1, LAST_MS + 200_000, b"1", &[ADA]),
        ),
        (
            "Start of one much later",
            packet(1, LAST_MS + 5_000_000, b"1", &[ADA]),
        ),
        (
            "Stop of the next",
            packet(2, LAST_MS + 300_000, b"1", &[ADA, seconds]),
        ),
    ]
}

/// The tables after these events, with the close behind so many of them.
fn end(
    (period_s, is_restarted): (u64, bool),
    close: &(u64, Vec<u8>),
    events: &[&(&str, Packet)],
    position: usize,
) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let store = begun(period_s, is_restarted);
    for at in 0..=events.len() {
        if at == position {
            let source = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            let applied = store.replay_close(CLIENT, &close.1, source, close.0);
            applied.expect("room");
        }
        if let Some((_, packet)) = events.get(at) {
            let packet = Packet {
                arrival_ms: 3_000_000 + at as u64,
                ..packet.clone()
            };
            apply(&store, &packet, 10 + at as u64);
        }
    }
    told(&store)
}

fn compare(period_s: u64, is_restarted: bool, events: &[&(&str, Packet)]) {
    let close = decided(is_restarted);
    let live = end((period_s, is_restarted), &close, events, 0);
    for position in 1..=events.len() {
        let replayed = end((period_s, is_restarted), &close, events, position);
        let names: Vec<&str> = events.iter().map(|(name, _)| *name).collect();
        let keys = live.keys().chain(replayed.keys());
        let differs = keys
            .filter(|key| replayed.get(*key) != live.get(*key))
            .map(|key| key.escape_ascii().to_string());
        let differs: Vec<String> = differs.collect();
        let show = |all: &BTreeMap<Vec<u8>, Vec<u8>>| {
            let records = all.iter().filter(|(key, _)| matches!(key[0], b's' | b'e'));
            records
                .map(|(_, bytes)| SessionRecord::decode(bytes).expect("a session").hot)
                .collect::<Vec<_>>()
        };
        assert!(
            live == replayed,
            "{:#?} {:#?} restart {is_restarted}, {names:?}, the close at {position}: {differs:?}",
            show(&live),
            show(&replayed)
        );
    }
}

#[test]
fn one_event_and_a_close_end_the_same_with_every_period() {
    for is_restarted in [false, true] {
        for event in &candidates() {
            compare(60, is_restarted, &[event]);
        }
    }
}

#[test]
fn events_and_a_close_end_the_same_wherever_it_comes() {
    let all = candidates();
    for is_restarted in [false, true] {
        for one in &all {
            for other in &all {
                compare(1 << 30, is_restarted, &[one, other]);
                for third in all.iter().step_by(2) {
                    compare(1 << 30, is_restarted, &[one, other, third]);
                }
            }
        }
    }
}

#[test]
fn a_close_is_taken_back_by_what_came_meanwhile() {
    let close = decided(false);
    let all = candidates();
    let interim = all.iter().find(|(name, _)| *name == "Interim");
    let interim = interim.expect("it is there");
    let source = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let store = begun(3600, false);
    apply(&store, &interim.1, 10);
    let before = store.client_totals(CLIENT).expect("readable");
    store
        .replay_close(CLIENT, &close.1, source, close.0)
        .expect("room");
    assert_eq!(store.client_totals(CLIENT).expect("readable"), before);
    assert_eq!(before.open, 1);
    // A close of something that the log does not know, or that says no cause, changes nothing.
    let empty = Store::in_memory(Some(4 << 20), 3600).expect("a table");
    empty
        .replay_close(CLIENT, &close.1, source, close.0)
        .expect("room");
    assert!(told(&empty).is_empty());
    let no_cause = packet(2, LAST_MS, b"1", &[]);
    let refused = empty.replay_close(CLIENT, &no_cause.bytes, source, LAST_MS);
    assert!(refused.is_err());
}
