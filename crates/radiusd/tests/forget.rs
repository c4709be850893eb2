//! What is over for long is forgotten, and nothing else: totals stay, a packet in time keeps its session, and a replay
//! of the log comes to the same table. So a table with new sessions every day does not fill.
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other test uses the rest of it")]
mod traffic;

use quipu::{Ttl, Value, ValueRef};
use quipu_radiusd::event::{ClientId, Nas, SessionKey};
use quipu_radiusd::packet::kind;
use quipu_radiusd::record::{RecordKind, value_flags};
use quipu_radiusd::store::{Close, CloseLog, Forgetter, NoLog, Sender, Store, StoreError, Sweeper};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use traffic::{Packet, packet, status};

const CLIENT: ClientId = ClientId(7);
const NAS: Nas<'_> = Nas::V4([192, 0, 2, 1]);
const ADA: (u8, &[u8]) = (kind::USER_NAME, b"ada");
const ADDRESS: (u8, &[u8]) = (kind::FRAMED_IP_ADDRESS, &[10, 0, 0, 1]);
const BEGIN_MS: u64 = 1_700_000_000_000;
const DAY_MS: u64 = 86_400_000;
const KEEP_MS: u64 = 2 * DAY_MS;
const NOW_MS: u64 = BEGIN_MS + 3 * DAY_MS;

fn octets(number: &'static [u8; 4]) -> (u8, &'static [u8]) {
    (kind::ACCT_INPUT_OCTETS, number)
}

fn fresh() -> Store {
    Store::in_memory(Some(32 << 20), 1 << 30).expect("a table")
}

fn apply(store: &Store, packet: &Packet) {
    traffic::replay(store, &Sender::new(CLIENT), packet).expect("room");
}

/// The server's stream of a log: when, until when it was silent, and the packet.
#[derive(Default)]
struct Log(Vec<(u64, u64, Vec<u8>)>);

impl CloseLog for Log {
    fn push(&mut self, close: &Close<'_>) {
        self.0
            .push((close.arrival_ms, close.stop_ms, close.packet.to_vec()));
    }

    fn commit(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn forget(store: &Store, log: &mut impl CloseLog, now_ms: impl Fn() -> u64) -> u64 {
    let mut forgetter = Forgetter::new(KEEP_MS);
    let mut sessions = 0;
    loop {
        let step = forgetter.step(store, log, &now_ms).expect("room");
        sessions += step.sessions;
        if step.is_round_done {
            return sessions;
        }
    }
}

/// What the log tells: packets and the server's stream, merged by the time of arrival.
fn replayed(packets: &[Packet], log: &Log) -> Store {
    let store = fresh();
    let mut server = log.0.iter().peekable();
    let source = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let mut packets = packets.to_vec();
    packets.sort_by_key(|packet| packet.arrival_ms);
    for packet in &packets {
        while let Some((_, ms, bytes)) = server.next_if(|(at, ..)| *at < packet.arrival_ms) {
            store
                .replay_close(CLIENT, bytes, source, *ms)
                .expect("room");
        }
        apply(&store, packet);
    }
    for (_, ms, bytes) in server {
        store
            .replay_close(CLIENT, bytes, source, *ms)
            .expect("room");
    }
    store
}

fn told(store: &Store) -> BTreeMap<Vec<u8>, Value> {
    let all = store.table().scan().map(|item| item.expect("readable"));
    all.map(|(key, entry)| (key, entry.value)).collect()
}

/// The totals of everything.
fn totals(store: &Store) -> BTreeMap<Vec<u8>, Value> {
    let all = told(store).into_iter();
    all.filter(|(key, _)| b"uNcp".contains(&key[0])).collect()
}

/// The ids of sessions, with the tags of their keys.
fn ids(store: &Store) -> BTreeSet<(u8, String)> {
    let sessions = told(store)
        .into_keys()
        .filter(|key| b"se".contains(&key[0]));
    sessions
        .map(|key| {
            let id = key.iter().rposition(|octet| *octet == b'/').expect("there");
            let id = String::from_utf8(key[id..].to_vec()).expect("text");
            (key[0], id)
        })
        .collect()
}

/// A session: its Start, and its Stop if it has one.
fn life(id: &str, begin_ms: u64, stop_ms: Option<u64>, more: &[(u8, &[u8])]) -> Vec<Packet> {
    let attributes = [&[ADA], more].concat();
    let mut life = vec![packet(1, begin_ms, id.as_bytes(), &attributes)];
    life.extend(stop_ms.map(|ms| {
        let attributes = [&attributes[..], &[octets(&[0, 0, 1, 0])]].concat();
        packet(2, ms, id.as_bytes(), &attributes)
    }));
    life
}

#[test]
fn exactly_what_is_over_for_long_is_forgotten() {
    let begin = BEGIN_MS;
    let recent = NOW_MS - KEEP_MS;
    let multi = |id: &'static [u8]| (kind::ACCT_MULTI_SESSION_ID, id);
    let count: (u8, &[u8]) = (kind::ACCT_LINK_COUNT, &[0, 0, 0, 2]);
    let packets = [
        life("/old", begin, Some(begin + 1000), &[ADDRESS]),
        life("/open", begin, None, &[]),
        life("/recent", begin, Some(recent + 1000), &[]),
        // An id that is used again: the first two are over, and so is the third.
        life("/again", begin, Some(begin + 10_000), &[]),
        life("/again", begin + 20_000, Some(begin + 30_000), &[]),
        life("/again", begin + 40_000, Some(begin + 50_000), &[]),
        // The same, but the last one goes on.
        life("/on", begin, Some(begin + 10_000), &[]),
        life("/on", begin + 20_000, None, &[]),
        // Bundles: of one all is over.
        life("/a", begin, Some(begin + 1000), &[multi(b"1"), count]),
        life("/b", begin, Some(begin + 1000), &[multi(b"1"), count]),
        life("/c", begin, Some(begin + 1000), &[multi(b"2"), count]),
        life("/d", begin, None, &[multi(b"2"), count]),
    ]
    .concat();
    let store = fresh();
    packets.iter().for_each(|packet| apply(&store, packet));
    // What two workers leave that begin and end a session at once.
    let key = SessionKey::session(CLIENT, &NAS, b"/old");
    let stray = [&b"4"[..], &CLIENT.0.to_le_bytes(), ADDRESS.1].concat();
    let value = ValueRef::Bytes {
        bytes: key.as_bytes(),
        flags: value_flags(RecordKind::Index),
    };
    store.table().set(&stray, value, Ttl::Never).expect("room");
    let before = totals(&store);
    let mut log = Log::default();
    assert_eq!(forget(&store, &mut log, || NOW_MS), 8);
    let left = [b's'; 4]
        .into_iter()
        .zip(["/d", "/on", "/open", "/recent"].map(str::to_owned));
    assert_eq!(ids(&store), left.collect());
    assert!(!store.table().exists(&stray).expect("readable"));
    assert_eq!(
        totals(&store),
        before,
        "totals are sums over all that ever were"
    );
    let bundle = |id: &[u8]| store.bundle(CLIENT, &NAS, id).expect("readable");
    assert_eq!(bundle(b"1").links, 0);
    assert_eq!((bundle(b"2").links, bundle(b"2").links_forgotten), (2, 1));
    assert_eq!(told(&replayed(&packets, &log)), told(&store));
    assert_eq!(forget(&store, &mut log, || NOW_MS), 0);
    // A replay of the same again finds nothing to do.
    let twice = Log([&log.0[..], &log.0[..]].concat());
    assert_eq!(told(&replayed(&packets, &twice)), told(&store));
}

#[test]
fn ends_that_no_stop_tells_are_forgotten_as_well() {
    let packets = [
        life("/silent", BEGIN_MS, None, &[]),
        life("/silent too", BEGIN_MS, None, &[]),
        vec![status(7, BEGIN_MS + 5_000)],
        life("/after", BEGIN_MS + 10_000, None, &[]),
    ]
    .concat();
    let store = fresh();
    packets.iter().for_each(|packet| apply(&store, packet));
    assert_eq!(
        forget(&store, &mut NoLog, || NOW_MS),
        0,
        "nobody has closed them"
    );
    let mut log = Log::default();
    let mut sweeper = Sweeper::new(Some(DAY_MS));
    while !sweeper
        .step(&store, &mut log, || NOW_MS - 1)
        .expect("room")
        .is_round_done
    {}
    let before = totals(&store);
    assert_eq!(forget(&store, &mut log, || NOW_MS), 3);
    assert_eq!((ids(&store).len(), log.0.len()), (0, 6));
    assert_eq!(totals(&store), before);
    assert_eq!(told(&replayed(&packets, &log)), told(&store));
}

#[test]
fn what_is_spoken_of_is_kept() {
    let mut packets = life("/1", BEGIN_MS, Some(BEGIN_MS + 60_000), &[]);
    let store = fresh();
    packets.iter().for_each(|packet| apply(&store, packet));
    // A client that does not hear the answers says the same again a day and a half later, and says nothing new.
    let again = Packet {
        arrival_ms: BEGIN_MS + 3 * DAY_MS / 2,
        ..packets[1].clone()
    };
    let before = totals(&store);
    apply(&store, &again);
    assert_eq!(totals(&store), before);
    packets.push(again.clone());
    let mut log = Log::default();
    assert_eq!(forget(&store, &mut log, || NOW_MS), 0);
    // Another copy comes when it is decided already what is old, and not yet removed.
    let late = Packet {
        arrival_ms: again.arrival_ms + KEEP_MS + 1,
        ..again.clone()
    };
    let first = std::cell::Cell::new(true);
    let sessions = forget(&store, &mut log, || {
        if first.replace(false) {
            apply(&store, &late);
        }
        late.arrival_ms + 1
    });
    packets.push(late.clone());
    assert_eq!((sessions, log.0.len()), (0, 0));
    assert_eq!(told(&replayed(&packets, &log)), told(&store));
    assert_eq!(ids(&store).len(), 1);
    // One that was received before the removal and is applied after it is a new session, also by the log.
    let now_ms = late.arrival_ms + 2 * KEEP_MS;
    let too_late = Packet {
        arrival_ms: now_ms - 500,
        ..late
    };
    assert_eq!(forget(&store, &mut log, || now_ms), 1);
    apply(&store, &too_late);
    packets.push(too_late);
    assert_eq!(told(&replayed(&packets, &log)), told(&store));
    let sessions = store.client_totals(CLIENT).expect("readable").sessions;
    assert_eq!((sessions, ids(&store).len()), (2, 1));
}

#[test]
fn forgetting_and_workers_at_once_end_as_the_log_says() {
    const SESSIONS: usize = 4_000;
    let (mut forgotten_first, mut heard_first) = (0, 0);
    for round in 0..6 {
        let packets: Vec<Packet> = (0..SESSIONS)
            .flat_map(|number| life(&format!("/{number}"), BEGIN_MS, Some(BEGIN_MS + 1000), &[]))
            .collect();
        let late: Vec<Packet> = (0..SESSIONS)
            .map(|number| {
                // In another order than that of the table, each round in a different one.
                let id = format!("/{}", (number * (2 * round + 3)) % SESSIONS);
                packet(2, NOW_MS, id.as_bytes(), &[ADA, octets(&[0, 0, 2, 0])])
            })
            .collect();
        let store = fresh();
        packets.iter().for_each(|packet| apply(&store, packet));
        let mut log = Log::default();
        std::thread::scope(|scope| {
            let worker = || late.iter().for_each(|packet| apply(&store, packet));
            scope.spawn(worker);
            forget(&store, &mut log, || NOW_MS);
        });
        let all = [&packets[..], &late].concat();
        assert!(told(&replayed(&all, &log)) == told(&store), "round {round}");
        let sessions = store.client_totals(CLIENT).expect("readable").sessions;
        let again = usize::try_from(sessions).expect("small") - SESSIONS;
        forgotten_first += again;
        heard_first += SESSIONS - log.0.len();
    }
    assert!(
        forgotten_first > 0 && heard_first > 0,
        "{forgotten_first}, {heard_first}"
    );
}

/// So many days of new sessions of a small table, in simulated time: how many until it refuses.
fn steady(days: u64, forgets: bool) -> Result<u64, (u64, StoreError)> {
    let store = Store::in_memory(Some(4 << 20), 1 << 30).expect("a table");
    let mut sessions = 0;
    for hour in 0..days * 24 {
        let now_ms = BEGIN_MS + hour * 3_600_000;
        for number in 0..40u64 {
            let id = format!("/{hour}-{number}");
            let address = [10, 0, u8::try_from(number).expect("small"), 1];
            let address = [(kind::FRAMED_IP_ADDRESS, &address[..])];
            for packet in life(&id, now_ms, Some(now_ms + 1000), &address) {
                let applied = traffic::replay(&store, &Sender::new(CLIENT), &packet);
                applied.map_err(|error| (sessions, error))?;
            }
            sessions += 1;
        }
        if forgets {
            forget(&store, &mut NoLog, || now_ms);
        }
    }
    let counted = store.client_totals(CLIENT).expect("readable").sessions;
    assert_eq!(u64::try_from(counted), Ok(sessions));
    Ok(sessions)
}

#[test]
fn a_small_table_never_fills() {
    let (filled, error) = steady(60, false).expect_err("it is full one day");
    assert!(matches!(error, StoreError::Write(_)), "{error:?}");
    let sessions = steady(60, true).expect("room for ever");
    assert!(sessions > 3 * filled, "{sessions} beside {filled}");
}
