//! Events in a table: by one, by many threads, and by many processes, some of which are killed.
#[path = "store/traffic.rs"]
mod traffic;

use quipu::{Table, ValueRef};
use quipu_radiusd::event::{ClientId, Nas, SessionKey};
use quipu_radiusd::packet::kind;
use quipu_radiusd::record::{
    BadRecord, Cold, Hot, RECORD_OCTETS_MAX, RecordKind, SessionFlags, SessionRecord, State,
    Totals, value_flags,
};
use quipu_radiusd::store::{
    Applied, Counter, Reservation, Sender, Store, StoreError, table_options,
};
use quipu_tests::child::{self, Child};
use quipu_tests::random::Random;
use std::net::IpAddr;
use std::time::Duration;
use traffic::{Packet, Traffic};

const CLIENT: ClientId = ClientId(7);
const NAS: Nas<'_> = Nas::V4([192, 0, 2, 1]);

fn fresh() -> Store {
    Store::in_memory(Some(64 << 20), 3600).expect("a table")
}

fn apply(store: &Store, packet: &Packet) -> Applied {
    traffic::replay(store, &Sender::new(CLIENT), packet).expect("room")
}

/// All sessions of a store, newest and earlier ones.
fn sessions(store: &Store) -> Vec<SessionRecord> {
    let found = store.table().scan().map(|item| item.expect("readable"));
    found
        .filter(|(key, _)| matches!(key.first(), Some(b's' | b'e')))
        .map(|(_, entry)| {
            let bytes = entry.value.as_bytes().expect("a record").to_vec();
            SessionRecord::decode(&bytes).expect("a session")
        })
        .collect()
}

/// All totals are the sums over the sessions, and those are what was sent.
fn check(store: &Store, traffic: &Traffic) {
    let found = sessions(store);
    assert_eq!(found.len(), traffic.sessions, "sessions");
    let sum = |records: &mut dyn Iterator<Item = &SessionRecord>| {
        records.fold(Totals::default(), |sum, record| sum.plus(&record.totals()))
    };
    let all = sum(&mut found.iter());
    assert_eq!(all.input_octets, traffic.input_octets, "what was sent");
    assert_eq!((all.stops, all.open), (traffic.stops, traffic.open));
    assert_eq!(store.client_totals(CLIENT).expect("readable"), all);
    assert_eq!(store.nas_totals(CLIENT, &NAS).expect("readable"), all);
    for user in traffic.users() {
        let mut theirs = found
            .iter()
            .filter(|record| record.cold.get(kind::USER_NAME) == Some(&user[..]));
        let totals = store.user_totals(CLIENT, &user).expect("readable");
        assert_eq!(totals, sum(&mut theirs), "user {user:?}");
    }
    let periods = traffic.periods_ms(3_600_000);
    let by_period = periods.iter().fold(Totals::default(), |sum, ms| {
        sum.plus(&store.period_totals(*ms).expect("readable"))
    });
    assert_eq!(by_period, all, "periods");
}

#[test]
fn one_after_the_other() {
    let traffic = Traffic::new(1, 300, 3);
    let store = fresh();
    for packet in &traffic.packets {
        apply(&store, packet);
    }
    check(&store, &traffic);
    // All of it once more: nothing changes.
    for packet in &traffic.packets {
        apply(&store, packet);
    }
    check(&store, &traffic);
}

#[test]
fn many_threads_give_exact_totals() {
    for round in 0..4 {
        let traffic = Traffic::new(20 + round, 100, 3);
        let store = fresh();
        std::thread::scope(|scope| {
            for share in traffic.shares(4) {
                let store = &store;
                scope.spawn(move || {
                    share.iter().for_each(|packet| {
                        apply(store, packet);
                    })
                });
            }
        });
        check(&store, &traffic);
    }
}

fn shared(name: &str) -> (String, Store) {
    let name = format!("quipu-tests-{}-radius-{name}", std::process::id());
    let table = Table::create(&name, table_options(Some(64 << 20))).expect("a table");
    (name, Store::new(table, 3600))
}

/// A process that applies its share of the traffic.
fn worker(arguments: &[String]) {
    let number = |at: usize| arguments[at].parse::<usize>().expect("a number");
    let store = Store::new(Table::open(&arguments[0]).expect("the table"), 3600);
    let traffic = Traffic::new(number(1) as u64, number(2), 3);
    for packet in &traffic.shares(number(4))[number(3)] {
        apply(&store, packet);
    }
}

#[test]
fn child() {
    child::play(&[("worker", worker)]);
}

#[test]
fn many_processes_give_exact_totals() {
    let (name, store) = shared("processes");
    let (seed, size, workers) = (40u64, 400usize, 4usize);
    let children: Vec<Child> = (0..workers)
        .map(|share| Child::start("worker", &[&name, &seed, &size, &share, &workers]))
        .collect();
    for mut child in children {
        assert!(child.wait().success());
    }
    check(&store, &Traffic::new(seed, size, 3));
    quipu::remove(&name).expect("it is there");
}

#[test]
fn killed_and_rebuilt_from_the_log() {
    let mut random = Random::new(50);
    let mut differences = 0;
    for round in 0..6u64 {
        let (name, store) = shared(&format!("killed-{round}"));
        let (seed, size, workers) = (60 + round, 2_000usize, 2usize);
        let traffic = Traffic::new(seed, size, 3);
        let children: Vec<Child> = (0..workers)
            .map(|share| Child::start("worker", &[&name, &seed, &size, &share, &workers]))
            .collect();
        // At any instant once it has begun.
        while store.table().is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(random.below(60_000)));
        for mut child in children {
            child.signal(libc::SIGKILL);
            let _ = child.wait();
        }
        // An entry that no log backs, and one that is not what it should be.
        let stray = SessionKey::session(CLIENT, &NAS, b"stray");
        store
            .table()
            .set(stray.as_bytes(), "nonsense", quipu::Ttl::Never)
            .expect("room");
        store.count(Some(CLIENT), Counter::Requests).expect("room");
        let replayed = fresh();
        for packet in &traffic.packets {
            apply(&replayed, packet);
        }
        differences += store.take_over(&replayed).expect("room");
        check(&store, &traffic);
        assert_eq!(
            store.take_over(&replayed).expect("room"),
            0,
            "nothing is left to do"
        );
        let counted = store
            .counted(Some(CLIENT), Counter::Requests)
            .expect("readable");
        assert_eq!(counted, 1, "counters stay");
        quipu::remove(&name).expect("it is there");
    }
    assert!(differences > 6, "they were killed before the end");
}

#[test]
fn an_id_that_many_use_again_at_once() {
    for round in 0..30u64 {
        let store = fresh();
        let lives = traffic::reuse(round, 12);
        std::thread::scope(|scope| {
            for share in traffic::deal(&lives, 4) {
                let store = &store;
                scope.spawn(move || {
                    share.iter().flatten().for_each(|packet| {
                        apply(store, packet);
                    });
                });
            }
        });
        let found = sessions(&store);
        let mut starts: Vec<u64> = found.iter().map(|record| record.hot.start_ms).collect();
        starts.sort_unstable();
        let expected: Vec<u64> = (0..12).map(traffic::begin_ms).collect();
        assert_eq!(starts, expected, "round {round}");
        assert!(found.iter().all(|record| record.hot.state == State::Closed));
        let key = SessionKey::session(CLIENT, &NAS, b"again");
        assert_eq!(
            self::starts(&store, key.as_bytes()).1,
            11,
            "all are counted"
        );
        let totals = store.client_totals(CLIENT).expect("readable");
        let sum = found
            .iter()
            .fold(Totals::default(), |sum, r| sum.plus(&r.totals()));
        assert_eq!(totals, sum, "round {round}");
        assert_eq!((totals.sessions, totals.stops, totals.open), (12, 12, 0));
    }
}

#[test]
fn a_restart_is_one_write_and_closes_all() {
    let store = fresh();
    let traffic = Traffic::open(1000);
    for packet in &traffic.packets {
        apply(&store, packet);
    }
    let entries = store.table().len();
    assert_eq!(
        apply(&store, &traffic::status(7, traffic.end_ms() + 10_000)),
        Applied::Nas(true)
    );
    assert_eq!(store.table().len(), entries + 1);
    let nas = store.nas(&SessionKey::nas(CLIENT, &NAS)).expect("readable");
    let closed = |record: &SessionRecord| record.state_now(nas.as_ref()) == State::ClosedByRestart;
    assert!(sessions(&store).iter().all(closed));
    let repeated = apply(&store, &traffic::status(7, traffic.end_ms() + 11_000));
    assert_eq!(repeated, Applied::Nas(false));
    // Nothing to close is answered as well, and so is what nobody knows.
    assert_eq!(
        apply(&fresh(), &traffic::status(8, 5_000_000)),
        Applied::Nas(true)
    );
    assert_eq!(
        apply(&store, &traffic::status(15, 5_000_000)),
        Applied::Noted
    );
    assert_eq!(
        apply(&store, &traffic::status(1, 5_000_000)),
        Applied::Noted,
        "no session id"
    );
    assert_eq!(sessions(&store).len(), 1000);
}

#[test]
fn addresses_lead_to_the_open_session() {
    let store = fresh();
    let by_address = |octets: [u8; 4]| {
        store
            .session_by_address(CLIENT, IpAddr::from(octets))
            .expect("readable")
    };
    let key = |id: &[u8]| Some(SessionKey::session(CLIENT, &NAS, id).as_bytes().to_vec());
    let mac: &[u8] = b"00-11-22-AA-BB-CC";
    let send = |status, second: u64, id: &[u8], address: [u8; 4]| {
        let attributes: [(u8, &[u8]); 2] = [
            (kind::FRAMED_IP_ADDRESS, &address),
            (kind::CALLING_STATION_ID, mac),
        ];
        apply(
            &store,
            &traffic::packet(status, second * 1000, id, &attributes),
        );
    };
    send(1, 100, b"one", [10, 0, 0, 1]);
    assert_eq!(by_address([10, 0, 0, 1]), key(b"one"));
    let by_mac = || {
        store
            .session_by_mac(&[0, 0x11, 0x22, 0xaa, 0xbb, 0xcc])
            .expect("readable")
    };
    assert_eq!(by_mac(), key(b"one"));
    send(3, 160, b"one", [10, 0, 0, 2]);
    assert_eq!(
        (by_address([10, 0, 0, 1]), by_address([10, 0, 0, 2])),
        (None, key(b"one"))
    );
    // The next session has the address before the Stop of the last one comes.
    send(1, 200, b"two", [10, 0, 0, 2]);
    send(2, 190, b"one", [10, 0, 0, 2]);
    assert_eq!(
        (by_address([10, 0, 0, 2]), by_mac()),
        (key(b"two"), key(b"two"))
    );
    send(2, 300, b"two", [10, 0, 0, 2]);
    assert_eq!((by_address([10, 0, 0, 2]), by_mac()), (None, None));
}

#[test]
fn a_user_who_becomes_known_takes_the_session_along() {
    let store = fresh();
    let octets: (u8, &[u8]) = (kind::ACCT_INPUT_OCTETS, &[0, 0, 0, 9]);
    let of = |user: &[u8]| {
        let totals = store.user_totals(CLIENT, user).expect("readable");
        (totals.sessions, totals.input_octets, totals.open)
    };
    apply(&store, &traffic::packet(3, 160_000, b"1", &[octets]));
    apply(
        &store,
        &traffic::packet(3, 220_000, b"1", &[octets, (kind::USER_NAME, b"ada")]),
    );
    assert_eq!(of(b"ada"), (1, 9, 1));
    apply(
        &store,
        &traffic::packet(2, 300_000, b"1", &[octets, (kind::USER_NAME, b"bob")]),
    );
    assert_eq!((of(b"ada"), of(b"bob")), ((0, 0, 0), (1, 9, 0)));
}

#[test]
fn no_more_sessions_than_allowed() {
    let store = fresh();
    let reserve = |max, now_ms| {
        store
            .reserve(CLIENT, b"ada", max, now_ms, 30_000)
            .expect("room")
    };
    let user: (u8, &[u8]) = (kind::USER_NAME, b"ada");
    assert_eq!(reserve(1, 1_000_000), Reservation::Kept);
    assert_eq!(reserve(1, 1_029_999), Reservation::Refused);
    assert_eq!(
        reserve(1, 1_030_000),
        Reservation::Kept,
        "the first was never used"
    );
    apply(&store, &traffic::packet(1, 1_040_000, b"1", &[user]));
    assert_eq!(reserve(1, 1_050_000), Reservation::Refused, "it has begun");
    assert_eq!(
        reserve(2, 1_050_000),
        Reservation::Kept,
        "it has taken its place"
    );
    assert_eq!(reserve(2, 1_050_000), Reservation::Refused);
    apply(&store, &traffic::packet(2, 1_060_000, b"1", &[user]));
    assert_eq!(
        reserve(1, 1_090_000),
        Reservation::Kept,
        "over, and the other place given up"
    );
}

#[test]
fn no_more_places_than_allowed_when_many_ask_at_once() {
    const ROUNDS: u64 = 3_000;
    let store = fresh();
    let together = std::sync::Barrier::new(2);
    let ask = || {
        let mut kept = Vec::new();
        for round in 0..ROUNDS {
            let user = round.to_le_bytes();
            together.wait();
            kept.push(store.reserve(CLIENT, &user, 1, 0, 1000).expect("room") == Reservation::Kept);
        }
        kept
    };
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(ask);
        let other = scope.spawn(ask);
        (
            one.join().expect("no panic"),
            other.join().expect("no panic"),
        )
    });
    let exactly_one = one.iter().zip(&other).filter(|(one, other)| *one != *other);
    assert_eq!(exactly_one.count() as u64, ROUNDS);
}

#[test]
fn an_entry_that_is_no_record_is_an_error() {
    let store = fresh();
    let key = SessionKey::session(CLIENT, &NAS, b"1");
    let packet = traffic::packet(1, 1_000, b"1", &[]);
    let apply = || traffic::replay(&store, &Sender::new(CLIENT), &packet);
    store
        .table()
        .set(key.as_bytes(), "nonsense", quipu::Ttl::Never)
        .expect("room");
    assert!(matches!(apply(), Err(StoreError::Bad(BadRecord::Flags))));
    // A session, but by its flags it is something else.
    let mut room = [0; RECORD_OCTETS_MAX];
    let bytes = record(1).encode(&mut room);
    let flags = value_flags(RecordKind::Nas);
    let value = ValueRef::Bytes { bytes, flags };
    store
        .table()
        .set(key.as_bytes(), value, quipu::Ttl::Never)
        .expect("room");
    assert!(matches!(apply(), Err(StoreError::Bad(BadRecord::Flags))));
}

/// An open session that began at this second.
fn record(second: u64) -> SessionRecord {
    let mut hot = Hot::new(State::Open);
    hot.flags = SessionFlags::START_SEEN;
    hot.last_status = 1;
    (hot.start_ms, hot.last_event_ms) = (second * 1000, second * 1000);
    let cold = Cold::new();
    SessionRecord { hot, cold }
}

/// A store in which somebody has died: the newest session of an id, which counts none before it, and what lies under
/// number 0.
fn left_behind(newest: u64, earlier: u64) -> (Store, Vec<u8>) {
    let store = fresh();
    let key = SessionKey::session(CLIENT, &NAS, b"1");
    let flags = value_flags(RecordKind::Session);
    let mut room = [0; RECORD_OCTETS_MAX];
    for (key, second) in [
        (key.clone(), newest),
        (SessionKey::earlier(key.as_bytes(), 0), earlier),
    ] {
        let bytes = record(second).encode(&mut room);
        let value = ValueRef::Bytes { bytes, flags };
        store
            .table()
            .set(key.as_bytes(), value, quipu::Ttl::Never)
            .expect("room");
    }
    (store, key.as_bytes().to_vec())
}

/// The starts of all sessions in seconds, and how many earlier ones the newest counts.
fn starts(store: &Store, key: &[u8]) -> (Vec<u64>, u32) {
    let mut starts: Vec<u64> = sessions(store)
        .iter()
        .map(|r| r.hot.start_ms / 1000)
        .collect();
    starts.sort_unstable();
    let newest = store.session(key).expect("readable").expect("it is there");
    (starts, newest.hot.earlier)
}

#[test]
fn what_the_dead_leave_of_an_id_that_is_used_again() {
    let send = |store: &Store, status, second: u64| {
        let length = 10u32.to_be_bytes();
        let attributes: [(u8, &[u8]); 1] = [(kind::ACCT_SESSION_TIME, &length)];
        let attributes = if status == 1 {
            &attributes[..0]
        } else {
            &attributes[..]
        };
        apply(
            store,
            &traffic::packet(status, second * 1000, b"1", attributes),
        );
    };
    // A copy of the newest session that nobody counts: a new session comes, or an old one.
    let (store, key) = left_behind(1000, 1000);
    send(&store, 1, 2000);
    assert_eq!(starts(&store, &key), (vec![1000, 2000], 1));
    let (store, key) = left_behind(1000, 1000);
    send(&store, 1, 500);
    assert_eq!(starts(&store, &key), (vec![500, 1000], 2));
    send(&store, 2, 510);
    send(&store, 1, 2000);
    assert_eq!(starts(&store, &key), (vec![500, 1000, 2000], 3));
    // An earlier session that nobody counts: a new one comes, its own Stop, or another old one.
    let (store, key) = left_behind(1000, 500);
    send(&store, 1, 2000);
    assert_eq!(starts(&store, &key), (vec![500, 1000, 2000], 2));
    let (store, key) = left_behind(1000, 500);
    send(&store, 2, 510);
    assert_eq!(starts(&store, &key), (vec![500, 1000], 1));
    let (store, key) = left_behind(1000, 500);
    send(&store, 1, 700);
    assert_eq!(starts(&store, &key), (vec![500, 700, 1000], 2));
}
