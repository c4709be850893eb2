//! What time closes: it is written down once, totals and indexes follow, and a sign of life takes silence back.
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other test uses the rest of it")]
mod traffic;

use quipu_radiusd::event::{ClientId, Nas, SessionKey};
use quipu_radiusd::packet::kind;
use quipu_radiusd::record::{SessionFlags, State};
use quipu_radiusd::store::{Sender, Store, Swept};
use std::net::IpAddr;
use traffic::{Packet, packet, status};

const CLIENT: ClientId = ClientId(7);
const NAS: Nas<'_> = Nas::V4([192, 0, 2, 1]);
const ADA: (u8, &[u8]) = (kind::USER_NAME, b"ada");
const ADDRESS: (u8, &[u8]) = (kind::FRAMED_IP_ADDRESS, &[10, 0, 0, 1]);

fn apply(store: &Store, packet: &Packet) {
    traffic::replay(store, &Sender::new(CLIENT), packet).expect("room");
}

/// Open sessions by the totals of user, NAS and client, and whether the address leads to one.
fn open(store: &Store) -> ([i64; 3], bool) {
    let user = store.user_totals(CLIENT, b"ada").expect("readable").open;
    let nas = store.nas_totals(CLIENT, &NAS).expect("readable").open;
    let client = store.client_totals(CLIENT).expect("readable").open;
    let address = IpAddr::from([10, 0, 0, 1]);
    let session = store.session_by_address(CLIENT, address).expect("readable");
    ([user, nas, client], session.is_some())
}

fn begun() -> (Store, SessionKey) {
    let store = Store::in_memory(Some(16 << 20), 3600).expect("a table");
    apply(&store, &packet(1, 100_000, b"1", &[ADA, ADDRESS]));
    (store, SessionKey::session(CLIENT, &NAS, b"1"))
}

#[test]
fn a_restart_is_written_down_once() {
    let (store, key) = begun();
    apply(&store, &status(7, 200_000));
    assert_eq!(open(&store), ([1, 1, 1], true), "totals wait for the sweep");
    let swept = store.sweep(300_000, None).expect("room");
    assert_eq!(
        swept,
        Swept {
            restarted: 1,
            stale: 0
        }
    );
    assert_eq!(open(&store), ([0, 0, 0], false));
    let hot = store
        .session(key.as_bytes())
        .expect("readable")
        .expect("there")
        .hot;
    assert_eq!(
        (hot.state, hot.stop_ms, hot.terminate_cause),
        (State::ClosedByRestart, 200_000, 11)
    );
    assert_eq!(store.sweep(300_000, None).expect("room"), Swept::default());
    // What began after it stays.
    apply(&store, &packet(1, 210_000, b"2", &[ADA]));
    assert_eq!(store.sweep(300_000, None).expect("room"), Swept::default());
    assert_eq!(open(&store).0, [1, 1, 1]);
}

#[test]
fn silence_is_given_up_and_taken_back() {
    let (store, key) = begun();
    assert_eq!(
        store.sweep(199_000, Some(100_000)).expect("room"),
        Swept::default()
    );
    let swept = store.sweep(200_001, Some(100_000)).expect("room");
    assert_eq!(
        swept,
        Swept {
            restarted: 0,
            stale: 1
        }
    );
    assert_eq!(open(&store), ([0, 0, 0], false));
    apply(&store, &packet(3, 300_000, b"1", &[ADA, ADDRESS]));
    assert_eq!(open(&store), ([1, 1, 1], true));
    let hot = store
        .session(key.as_bytes())
        .expect("readable")
        .expect("there")
        .hot;
    assert!(hot.state == State::Open && hot.flags.contains(SessionFlags::REOPENED));
    assert_eq!(
        store.sweep(u64::MAX, None).expect("room"),
        Swept::default(),
        "no limit"
    );
}

#[test]
fn sessions_of_every_kind_of_nas_are_found() {
    let store = Store::in_memory(Some(16 << 20), 3600).expect("a table");
    let six: (u8, &[u8]) = (kind::NAS_IPV6_ADDRESS, &[1; 16]);
    apply(&store, &packet(1, 100_000, b"1", &[six]));
    apply(&store, &packet(1, 150_000, b"1", &[]));
    // An id that is used again makes an earlier session.
    apply(&store, &packet(1, 200_000, b"1", &[]));
    apply(&store, &packet(7, 300_000, b"", &[six]));
    assert_eq!(store.sweep(400_000, None).expect("room").restarted, 1);
    let open = |nas: &Nas<'_>| store.nas_totals(CLIENT, nas).expect("readable").open;
    assert_eq!((open(&Nas::V6([1; 16])), open(&NAS)), (0, 1));
    apply(&store, &status(7, 300_000));
    assert_eq!(store.sweep(400_000, None).expect("room").restarted, 2);
    assert_eq!(open(&NAS), 0);
}
