//! Multilink bundles: complete exactly with the last Stop, whatever way the packets come.
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other test uses the rest of it")]
mod traffic;

use quipu_radiusd::event::{ClientId, Nas};
use quipu_radiusd::packet::kind;
use quipu_radiusd::record::{BUNDLE_OCTETS, BadRecord, Bundle};
use quipu_radiusd::store::{Sender, Store};
use quipu_tests::random::Random;
use traffic::{Packet, packet};

const CLIENT: ClientId = ClientId(7);
const NAS: Nas<'_> = Nas::V4([192, 0, 2, 1]);
/// The table of RFC 2866, section 5.12: Acct-Session-Id, status, Acct-Link-Count.
const VECTOR: [(&[u8], u32, u8); 8] = [
    (b"10", 1, 1),
    (b"11", 1, 2),
    (b"11", 2, 2),
    (b"12", 1, 3),
    (b"13", 1, 4),
    (b"12", 2, 4),
    (b"13", 2, 4),
    (b"10", 2, 4),
];

fn fresh() -> Store {
    Store::in_memory(Some(16 << 20), 3600).expect("a table")
}

fn apply(store: &Store, packet: &Packet) {
    traffic::replay(store, &Sender::new(CLIENT), packet).expect("room");
}

fn of(id: &[u8], status: u32, ms: u64, multi: &[u8], links: u8) -> Packet {
    let links = [0, 0, 0, links];
    let attributes = [
        (kind::ACCT_MULTI_SESSION_ID, multi),
        (kind::ACCT_LINK_COUNT, &links[..]),
    ];
    packet(status, ms, id, &attributes)
}

fn vector() -> Vec<Packet> {
    let numbered = VECTOR.iter().zip(1u64..);
    numbered
        .map(|((id, status, links), at)| of(id, *status, at * 60_000, b"10", *links))
        .collect()
}

fn bundle(store: &Store) -> Bundle {
    store.bundle(CLIENT, &NAS, b"10").expect("readable")
}

#[test]
fn complete_exactly_at_the_eighth() {
    let store = fresh();
    for (at, packet) in vector().iter().enumerate() {
        assert!(!bundle(&store).is_complete(), "before {at}");
        apply(&store, packet);
        apply(&store, packet);
    }
    let complete = Bundle {
        links: 4,
        links_stopped: 4,
        link_count: 4,
        links_forgotten: 0,
    };
    assert_eq!(bundle(&store), complete);
    assert!(bundle(&store).is_complete());
    let other = store.bundle(CLIENT, &Nas::V4([192, 0, 2, 2]), b"10");
    assert_eq!(
        other.expect("readable"),
        Bundle::default(),
        "of another NAS"
    );
}

#[test]
fn the_end_is_the_same_in_whatever_way_packets_come() {
    let mut random = Random::new(3);
    let expected = Bundle {
        links: 4,
        links_stopped: 4,
        link_count: 4,
        links_forgotten: 0,
    };
    for _ in 0..500 {
        let store = fresh();
        let mut packets: Vec<(u64, Packet)> = Vec::new();
        for packet in vector() {
            for _ in 0..=random.below(2) {
                packets.push((random.word(), packet.clone()));
            }
        }
        packets.sort_by_key(|(order, _)| *order);
        for (_, packet) in &packets {
            apply(&store, packet);
        }
        assert_eq!(bundle(&store), expected);
    }
}

#[test]
fn many_threads_and_a_rebuild_give_the_same() {
    let packets: Vec<Packet> = (0..200u64)
        .flat_map(|link| {
            let id = format!("{link}").into_bytes();
            let links = u8::try_from(link % 100).expect("small");
            let one = |status, ms| of(&id, status, ms, b"10", links);
            [one(1, 100_000 + link), one(2, 900_000 + link)]
        })
        .collect();
    let store = fresh();
    std::thread::scope(|scope| {
        for share in traffic::deal(&packets, 4) {
            let store = &store;
            scope.spawn(move || share.iter().for_each(|packet| apply(store, packet)));
        }
    });
    let expected = Bundle {
        links: 200,
        links_stopped: 200,
        link_count: 99,
        links_forgotten: 0,
    };
    assert_eq!(bundle(&store), expected);
    // What the dead have left is put right, and what the log does not tell is gone.
    let live = fresh();
    apply(&live, &packets[0]);
    apply(&live, &of(b"stray", 1, 1_000, b"stray", 9));
    live.take_over(&store).expect("room");
    assert_eq!(bundle(&live), expected);
    let stray = live.bundle(CLIENT, &NAS, b"stray").expect("readable");
    assert_eq!(stray, Bundle::default());
}

#[test]
fn a_link_that_becomes_known_later_or_changes_its_bundle() {
    let store = fresh();
    apply(&store, &packet(1, 60_000, b"1", &[]));
    assert_eq!(bundle(&store).links, 0);
    // The bundle is told at the time of the Start, in a packet that counts nothing new.
    apply(&store, &of(b"1", 1, 60_000, b"10", 1));
    assert_eq!((bundle(&store).links, bundle(&store).link_count), (1, 1));
    apply(&store, &of(b"1", 1, 60_000, b"10", 2));
    assert_eq!(bundle(&store).link_count, 2, "a repetition but for that");
    apply(&store, &of(b"1", 3, 120_000, b"20", 2));
    assert_eq!(bundle(&store).links, 0);
    let other = store.bundle(CLIENT, &NAS, b"20").expect("readable");
    assert_eq!((other.links, other.link_count), (1, 2));
}

#[test]
fn a_record_comes_back_and_hostile_bytes_are_refused() {
    let one = Bundle {
        links: -1,
        links_stopped: i32::MAX,
        link_count: u32::MAX,
        links_forgotten: i32::MIN,
    };
    let bytes = one.encode();
    assert_eq!(Bundle::decode(&bytes), Ok(one));
    assert_eq!(
        Bundle::decode(&bytes[..BUNDLE_OCTETS - 1]),
        Err(BadRecord::Length)
    );
}
