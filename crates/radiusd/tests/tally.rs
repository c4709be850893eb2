//! What is counted: nothing is lost on the way into the table, whoever it is for, and every number has its name.
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other test uses the rest of it")]
mod traffic;

use quipu_radiusd::event::{ClientId, Event, Nas, Reading};
use quipu_radiusd::merge::Occasion;
use quipu_radiusd::packet::{Packet, TypedLengths, kind};
use quipu_radiusd::store::{BUCKETS, Counter, Histogram, Origin, Sender, Store, Tally};
use quipu_tests::random::Random;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use traffic::{packet, status};

fn fresh() -> Store {
    Store::in_memory(Some(64 << 20), 3600).expect("a table")
}

/// How often a counter was moved, by its owner (nobody, a client, a NAS of a client) and number.
type Expected = BTreeMap<(Option<(u32, Option<u32>)>, u8), i64>;

/// A worker's life: it counts at random for so many NASes of two clients, and tells the table now and then.
fn work(store: &Store, seed: u64, nases: u64) -> Expected {
    let mut random = Random::new(seed);
    let mut tally = Tally::new();
    let mut expected = BTreeMap::new();
    for _ in 0..20_000 {
        let client = u32::try_from(1 + random.below(2)).expect("small");
        let nas = u32::try_from(random.below(nases)).expect("small");
        let counters = [*random.choose(Counter::ALL), *random.choose(Counter::ALL)];
        let depth = random.below(3);
        let origin = Origin {
            client: (depth > 0).then_some(ClientId(client)),
            nas: (depth > 1).then_some(Nas::V4(nas.to_be_bytes())),
        };
        tally.count(store, &origin, &counters).expect("room");
        for counter in counters {
            let owners = [None, Some((client, None)), Some((client, Some(nas)))];
            for owner in &owners[..=usize::try_from(depth).expect("small")] {
                *expected.entry((*owner, counter as u8)).or_insert(0) += 1;
            }
        }
        if random.one_in(2_000) {
            tally.flush(store).expect("room");
        }
    }
    tally.flush(store).expect("room");
    expected
}

#[test]
fn nothing_is_lost_however_many_are_counted_at_once() {
    let store = fresh();
    let store = &store;
    let found = std::thread::scope(|scope| {
        // Few enough for the places of a worker, and too many.
        let workers =
            [(1, 3), (2, 2_000)].map(|(seed, nases)| scope.spawn(move || work(store, seed, nases)));
        workers.map(|worker| worker.join().expect("no panic"))
    });
    let mut expected = BTreeMap::new();
    for (key, count) in found.into_iter().flatten() {
        *expected.entry(key).or_insert(0) += count;
    }
    assert!(expected.len() > 10_000, "{}", expected.len());
    for ((owner, number), count) in &expected {
        let counter = Counter::ALL[usize::from(*number)];
        let counted = match *owner {
            None => store.counted(None, counter),
            Some((client, None)) => store.counted(Some(ClientId(client)), counter),
            Some((client, Some(nas))) => {
                store.counted_of_nas(ClientId(client), &Nas::V4(nas.to_be_bytes()), counter)
            }
        };
        assert_eq!(
            counted.expect("readable"),
            *count,
            "{owner:?} {}",
            counter.name()
        );
    }
    let entries = store.table().scan().map(|item| item.expect("readable").0);
    let counters = entries.filter(|key| matches!(key[0], b'C' | b'D'));
    assert_eq!(counters.count(), expected.len(), "and nothing else");
}

#[test]
fn values_are_in_the_bucket_that_the_document_says() {
    let store = fresh();
    let mut tally = Tally::new();
    let values = [0, 1, 2, 3, 4, 1000, 1024, u64::from(u32::MAX), 1 << 40];
    for value in values {
        tally.measure(Histogram::AnswerTime, value);
    }
    tally.measure(Histogram::SyncTime, 0);
    for _ in 0..2 {
        // The second time there is nothing to tell.
        tally.flush(&store).expect("room");
        let measured = store.measured(Histogram::AnswerTime).expect("readable");
        let mut expected = [0; BUCKETS];
        for bucket in [0, 1, 2, 2, 3, 10, 11, 32, 32] {
            expected[bucket] += 1;
        }
        assert_eq!(measured.buckets, expected);
        assert_eq!(measured.sum, values.iter().sum::<u64>());
        let zero = store.measured(Histogram::SyncTime).expect("readable");
        assert_eq!((zero.buckets[0], zero.sum), (1, 0));
    }
    let none = store.measured(Histogram::BatchSize).expect("readable");
    assert_eq!((none.buckets, none.sum), ([0; BUCKETS], 0));
}

#[test]
fn recorded_events_move_the_counters_that_they_should() {
    let store = fresh();
    let mut tally = Tally::new();
    let sender = Sender::new(ClientId(7));
    let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let octets = |octets: u32| octets.to_be_bytes();
    let (some, few, wrapped) = (octets(4_000_000_000), octets(3_999_999_000), octets(5));
    let input = |octets| [(kind::ACCT_INPUT_OCTETS, octets)];
    let packets = [
        packet(1, 100_000, b"1", &[]),
        packet(1, 100_000, b"1", &[]),
        packet(3, 160_000, b"1", &input(&some[..])),
        packet(3, 110_000, b"1", &input(&octets(9)[..])),
        packet(3, 220_000, b"1", &input(&few[..])),
        packet(3, 280_000, b"1", &input(&wrapped[..])),
        packet(2, 300_000, b"1", &[]),
        packet(1, 400_000, b"1", &[]),
        packet(3, 500_000, b"2", &[]),
        status(7, 600_000),
        status(7, 600_000),
        status(8, 700_000),
        status(15, 700_000),
    ];
    for (at, packet) in packets.iter().enumerate() {
        let parsed = Packet::parse(&packet.bytes, TypedLengths::Discard).expect("good");
        let event = Event::read(&parsed, source, &Reading::default()).expect("allowed");
        // The last one is from a clock that is a day and more behind.
        let arrival_ms = packet.arrival_ms + if at == 12 { 90_000_000 } else { 0 };
        let time = event.time(arrival_ms, sender.skew_ms_max);
        let occasion = Occasion {
            time,
            arrival_ms,
            lsn: 1,
        };
        let applied = store.apply(&sender, &event, &occasion).expect("room");
        tally
            .count_recorded(&store, sender.client, &event, &time, &applied)
            .expect("room");
    }
    tally.flush(&store).expect("room");
    let expected = [
        (Counter::Starts, 3),
        (Counter::Stops, 1),
        (Counter::Interims, 5),
        (Counter::Ons, 2),
        (Counter::Offs, 1),
        (Counter::Others, 1),
        (Counter::SemanticRepetitions, 2),
        (Counter::InterimsIgnored, 1),
        (Counter::LateEvents, 1),
        (Counter::CounterRegressions, 1),
        (Counter::Wraps, 1),
        (Counter::StopWithoutCounters, 1),
        (Counter::IdReuse, 1),
        (Counter::WithoutStart, 1),
        (Counter::ClockSkew, 1),
        (Counter::Anomalies, 1),
    ];
    let nas = Nas::V4([192, 0, 2, 1]);
    for counter in Counter::ALL {
        let expected = expected.iter().find(|(named, _)| named == counter);
        let expected = expected.map_or(0, |(_, count)| *count);
        let of_nas = store.counted_of_nas(sender.client, &nas, *counter);
        assert_eq!(of_nas.expect("readable"), expected, "{}", counter.name());
        let of_client = store.counted(Some(sender.client), *counter);
        assert_eq!(of_client.expect("readable"), expected, "{}", counter.name());
        assert_eq!(store.counted(None, *counter).expect("readable"), expected);
    }
}

#[test]
fn every_number_is_in_the_document() {
    let document = include_str!("../../../docs/radius-record.md");
    let counters = Counter::ALL
        .iter()
        .map(|one| (*one as u8, one.name(), one.help()));
    let histograms = Histogram::ALL
        .iter()
        .map(|one| (*one as u8, one.name(), one.help()));
    for all in [counters.collect::<Vec<_>>(), histograms.collect()] {
        for ((number, name, help), place) in all.iter().zip(0u8..) {
            assert_eq!(*number, place, "{name}");
            let line = format!("| {number} | `{name}` | {help} |");
            assert!(document.contains(&line), "the document lacks: {line}");
        }
    }
}
