//! A sweep that is killed at any instant, while a worker applies events: the table never shows a close that the log
//! does not hold, and what a replay makes of both is what the log says, whatever the order.
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other test uses the rest of it")]
mod traffic;

use quipu::Table;
use quipu_radiusd::event::{ClientId, Event, Nas, Reading};
use quipu_radiusd::packet::{Packet as Request, TypedLengths, kind};
use quipu_radiusd::record::{SessionFlags, SessionRecord, State, Totals};
use quipu_radiusd::store::{Close, CloseLog, Sender, Store, Sweeper, table_options};
use quipu_tests::child::{self, Child};
use quipu_tests::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;
use traffic::{Packet, Traffic, packet};

const CLIENT: ClientId = ClientId(7);
const NAS: Nas<'_> = Nas::V4([192, 0, 2, 1]);
const SESSIONS: usize = 5_000;
const LATER_MS: u64 = 4_000_000;

fn apply(store: &Store, packet: &Packet) {
    traffic::replay(store, &Sender::new(CLIENT), packet).expect("room");
}

/// What a worker receives while the sweep goes on: half of the sessions go on, half of them end.
fn events(traffic: &Traffic) -> Vec<Packet> {
    let ms = traffic.end_ms() + LATER_MS;
    let all = (0..SESSIONS).map(|number| {
        let id = format!("{number:08}");
        let name = format!("user{}", number % 10);
        let status = if number % 2 == 0 { 3 } else { 2 };
        let user: (u8, &[u8]) = (kind::USER_NAME, name.as_bytes());
        let octets: (u8, &[u8]) = (kind::ACCT_INPUT_OCTETS, &[0, 0, 1, 0]);
        packet(status, ms, id.as_bytes(), &[user, octets])
    });
    all.collect()
}

/// A log in a file: time, length, packet.
struct FileLog {
    file: File,
    batch: Vec<u8>,
}

impl CloseLog for FileLog {
    fn push(&mut self, close: &Close<'_>) {
        let octets = u16::try_from(close.packet.len()).expect("a packet");
        self.batch.extend_from_slice(&close.stop_ms.to_le_bytes());
        self.batch.extend_from_slice(&octets.to_le_bytes());
        self.batch.extend_from_slice(close.packet);
    }

    fn commit(&mut self) -> io::Result<()> {
        let written = self.file.write_all(&self.batch);
        self.batch.clear();
        written
    }
}

/// The closes that are whole.
fn read_log(path: &Path) -> Vec<(u64, Vec<u8>)> {
    let bytes = std::fs::read(path).expect("readable");
    let mut rest = &bytes[..];
    let mut closes = Vec::new();
    while let Some((stop_ms, after)) = rest.split_first_chunk::<8>()
        && let Some((octets, after)) = after.split_first_chunk::<2>()
        && let Some((packet, after)) =
            after.split_at_checked(usize::from(u16::from_le_bytes(*octets)))
    {
        closes.push((u64::from_le_bytes(*stop_ms), packet.to_vec()));
        rest = after;
    }
    closes
}

fn open(name: &str) -> Store {
    Store::new(Table::open(name).expect("the table"), 1 << 30)
}

/// A process that sweeps: all sessions have been silent for long.
fn sweeper(arguments: &[String]) {
    let store = open(&arguments[0]);
    let mut log = FileLog {
        file: File::create(&arguments[1]).expect("a file"),
        batch: Vec::new(),
    };
    let mut sweeper = Sweeper::new(Some(1000));
    let now_ms = Traffic::open(SESSIONS).end_ms() + LATER_MS;
    while !sweeper
        .step(&store, &mut log, || now_ms)
        .expect("room")
        .is_round_done
    {}
}

/// A process that applies events.
fn worker(arguments: &[String]) {
    let store = open(&arguments[0]);
    events(&Traffic::open(SESSIONS))
        .iter()
        .for_each(|packet| apply(&store, packet));
}

#[test]
fn child() {
    child::play(&[("sweeper", sweeper), ("worker", worker)]);
}

fn sessions(store: &Store) -> BTreeMap<Vec<u8>, SessionRecord> {
    let all = store.table().scan().map(|item| item.expect("readable"));
    all.filter(|(key, _)| key[0] == b's')
        .map(|(key, entry)| {
            let bytes = entry.value.as_bytes().expect("a record").to_vec();
            let mut record = SessionRecord::decode(&bytes).expect("a session");
            if record.hot.state != State::Open {
                record.hot.flags.remove(SessionFlags::REOPENED);
            }
            (key, record)
        })
        .collect()
}

fn check_totals(store: &Store) {
    let records = sessions(store);
    let sum = |user: Option<&[u8]>| {
        records
            .values()
            .filter(|record| user.is_none() || record.cold.get(kind::USER_NAME) == user)
            .fold(Totals::default(), |sum, record| sum.plus(&record.totals()))
    };
    let all = sum(None);
    assert_eq!(store.client_totals(CLIENT).expect("readable"), all);
    assert_eq!(store.nas_totals(CLIENT, &NAS).expect("readable"), all);
    let ms = Traffic::open(1).end_ms();
    assert_eq!(store.period_totals(ms).expect("readable"), all);
    for number in 0..10 {
        let user = format!("user{number}").into_bytes();
        let totals = store.user_totals(CLIENT, &user).expect("readable");
        assert_eq!(totals, sum(Some(&user)), "user {number}");
    }
}

/// What the log tells: the closes before the events, or behind them.
fn replayed(closes: &[(u64, Vec<u8>)], are_first: bool) -> Store {
    let store = Store::in_memory(Some(64 << 20), 1 << 30).expect("a table");
    let traffic = Traffic::open(SESSIONS);
    traffic
        .packets
        .iter()
        .for_each(|packet| apply(&store, packet));
    let close = || {
        for (stop_ms, packet) in closes {
            let source = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            let applied = store.replay_close(CLIENT, packet, source, *stop_ms);
            applied.expect("room");
        }
    };
    if are_first {
        close();
    }
    events(&traffic)
        .iter()
        .for_each(|packet| apply(&store, packet));
    if !are_first {
        close();
    }
    store
}

fn ids(closes: &[(u64, Vec<u8>)]) -> BTreeSet<Vec<u8>> {
    let ids = closes.iter().map(|(_, packet)| {
        let request = Request::parse(packet, TypedLengths::Discard).expect("good");
        let source = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let event = Event::read(&request, source, &Reading::default()).expect("allowed");
        event.session_id.expect("there is one").to_vec()
    });
    ids.collect()
}

#[test]
fn no_close_is_seen_that_the_log_does_not_hold() {
    let mut random = Random::new(70);
    let (mut in_the_middle, mut differences) = (0, 0);
    for round in 0..8 {
        let name = format!("quipu-tests-{}-sweep-{round}", std::process::id());
        let table = Table::create(&name, table_options(Some(64 << 20))).expect("a table");
        let store = Store::new(table, 1 << 30);
        let traffic = Traffic::open(SESSIONS);
        traffic
            .packets
            .iter()
            .for_each(|packet| apply(&store, packet));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name);
        let mut sweep = Child::start("sweeper", &[&name, &path.display()]);
        let mut work = Child::start("worker", &[&name]);
        while std::fs::metadata(&path).map_or(0, |file| file.len()) == 0 {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(random.below(15_000)));
        for child in [&mut sweep, &mut work] {
            child.signal(libc::SIGKILL);
            let _ = child.wait();
        }
        let closes = read_log(&path);
        let logged = ids(&closes);
        in_the_middle += u32::from(closes.len() < SESSIONS / 2);
        for (key, record) in sessions(&store) {
            let is_closed = record.hot.state == State::ClosedStale;
            let id = &key[key.len() - 8..];
            assert!(!is_closed || logged.contains(id), "{record:?}");
        }
        let (one, other) = (replayed(&closes, true), replayed(&closes, false));
        assert!(sessions(&one) == sessions(&other), "round {round}");
        check_totals(&one);
        check_totals(&other);
        differences += store.take_over(&one).expect("room");
        check_totals(&store);
        std::fs::remove_file(&path).expect("it is there");
        quipu::remove(&name).expect("it is there");
    }
    assert!(
        in_the_middle > 0 && differences > 0,
        "{in_the_middle}, {differences}"
    );
}
