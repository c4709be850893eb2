//! A process that forgets is killed at any instant, between the removal of sessions and its entries of the log as well,
//! while another one applies events: what the log says is what recovery makes of the table, and nobody's packet is lost.
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other test uses the rest of it")]
mod traffic;

use quipu::{Table, Value};
use quipu_radiusd::event::ClientId;
use quipu_radiusd::packet::kind;
use quipu_radiusd::store::{Close, CloseLog, Forgetter, NoLog, Sender, Store, table_options};
use quipu_tests::child::{self, Child};
use quipu_tests::random::Random;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;
use traffic::{Packet, packet};

const CLIENT: ClientId = ClientId(7);
const SESSIONS: usize = 4_000;
const BEGIN_MS: u64 = 1_700_000_000_000;
const KEEP_MS: u64 = 2 * 86_400_000;
const NOW_MS: u64 = BEGIN_MS + 3 * 86_400_000;
const PERIOD_S: u64 = 1 << 30;

fn apply(store: &Store, packet: &Packet) {
    traffic::replay(store, &Sender::new(CLIENT), packet).expect("room");
}

fn stop(number: usize, ms: u64, octets: u8) -> Packet {
    let id = format!("{number:08}");
    let octets: (u8, &[u8]) = (kind::ACCT_INPUT_OCTETS, &[0, 0, octets, 0]);
    packet(2, ms, id.as_bytes(), &[(kind::USER_NAME, b"ada"), octets])
}

/// Sessions that are over for long.
fn old() -> Vec<Packet> {
    (0..SESSIONS)
        .map(|number| stop(number, BEGIN_MS, 1))
        .collect()
}

/// What a worker receives meanwhile, of each second one of them.
fn late() -> Vec<Packet> {
    (0..SESSIONS / 2)
        .map(|number| stop(number * 2, NOW_MS, 2))
        .collect()
}

/// A log in a file: length, time of silence, packet. The disk is slow, so that many die while it writes.
struct FileLog {
    file: File,
    batch: Vec<u8>,
}

impl CloseLog for FileLog {
    fn push(&mut self, close: &Close<'_>) {
        let octets = u16::try_from(close.packet.len()).expect("a packet");
        self.batch.extend_from_slice(&octets.to_le_bytes());
        self.batch.extend_from_slice(&close.stop_ms.to_le_bytes());
        self.batch.extend_from_slice(close.packet);
    }

    fn commit(&mut self) -> io::Result<()> {
        std::thread::sleep(Duration::from_millis(2));
        let written = self.file.write_all(&self.batch);
        self.batch.clear();
        written
    }
}

/// The entries that are whole.
fn read_log(path: &Path) -> Vec<(u64, Vec<u8>)> {
    let bytes = std::fs::read(path).expect("readable");
    let mut rest = &bytes[..];
    let mut entries = Vec::new();
    while let Some((octets, after)) = rest.split_first_chunk::<2>()
        && let Some((ms, after)) = after.split_first_chunk::<8>()
        && let Some((packet, after)) =
            after.split_at_checked(usize::from(u16::from_le_bytes(*octets)))
    {
        entries.push((u64::from_le_bytes(*ms), packet.to_vec()));
        rest = after;
    }
    entries
}

fn open(name: &str) -> Store {
    Store::new(Table::open(name).expect("the table"), PERIOD_S)
}

fn forgetter(arguments: &[String]) {
    let store = open(&arguments[0]);
    let mut log = FileLog {
        file: File::create(&arguments[1]).expect("a file"),
        batch: Vec::new(),
    };
    let mut forgetter = Forgetter::new(KEEP_MS);
    while !forgetter
        .step(&store, &mut log, || NOW_MS)
        .expect("room")
        .is_round_done
    {}
}

/// A process that applies events, and writes an octet to its log for each one.
fn worker(arguments: &[String]) {
    let store = open(&arguments[0]);
    let mut log = File::create(&arguments[1]).expect("a file");
    for packet in &late() {
        apply(&store, packet);
        log.write_all(b".").expect("written");
    }
}

#[test]
fn child() {
    child::play(&[("forgetter", forgetter), ("worker", worker)]);
}

fn told(store: &Store) -> BTreeMap<Vec<u8>, Value> {
    let all = store.table().scan().map(|item| item.expect("readable"));
    all.map(|(key, entry)| (key, entry.value)).collect()
}

fn sessions(store: &Store) -> usize {
    told(store).keys().filter(|key| key[0] == b's').count()
}

fn replayed(forgotten: &[(u64, Vec<u8>)], late: &[Packet]) -> Store {
    let store = Store::in_memory(Some(64 << 20), PERIOD_S).expect("a table");
    old().iter().for_each(|packet| apply(&store, packet));
    for (ms, packet) in forgotten {
        let source = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let applied = store.replay_close(CLIENT, packet, source, *ms);
        applied.expect("room");
    }
    late.iter().for_each(|packet| apply(&store, packet));
    store
}

#[test]
fn what_the_log_says_is_what_recovery_makes() {
    let mut random = Random::new(71);
    let (mut in_the_middle, mut put_back, mut again) = (0, 0, 0);
    for round in 0..8 {
        let name = format!("quipu-tests-{}-forget-{round}", std::process::id());
        let table = Table::create(&name, table_options(Some(64 << 20))).expect("a table");
        let store = Store::new(table, PERIOD_S);
        old().iter().for_each(|packet| apply(&store, packet));
        let path =
            |what: &str| Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{what}"));
        let (server, work) = (path("server"), path("worker"));
        let mut children = [
            Child::start("forgetter", &[&name, &server.display()]),
            Child::start("worker", &[&name, &work.display()]),
        ];
        while std::fs::metadata(&server).map_or(0, |file| file.len()) == 0 {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(random.below(12_000)));
        for child in &mut children {
            child.signal(libc::SIGKILL);
            let _ = child.wait();
        }
        let forgotten = read_log(&server);
        let answered = std::fs::read(&work).map_or(0, |log| log.len());
        let truth = replayed(&forgotten, &late()[..answered]);
        let live = told(&store);
        in_the_middle += u32::from(forgotten.len() < SESSIONS / 2);
        put_back += told(&truth)
            .keys()
            .filter(|key| !live.contains_key(*key))
            .count();
        store.take_over(&truth).expect("room");
        assert!(told(&store) == told(&truth), "round {round}");
        // Nothing is forgotten that the log does not say, and nothing is counted twice or not at all.
        let counted = store.client_totals(CLIENT).expect("readable");
        let counted = usize::try_from(counted.sessions).expect("small");
        assert_eq!(counted, sessions(&store) + forgotten.len());
        again += counted - SESSIONS;
        // The next round ends what was begun: those alone are left that were heard of.
        let mut forgetter = Forgetter::new(KEEP_MS);
        while !forgetter
            .step(&store, &mut NoLog, || NOW_MS)
            .expect("room")
            .is_round_done
        {}
        assert_eq!(sessions(&store), answered);
        for path in [server, work] {
            let _ = std::fs::remove_file(path);
        }
        quipu::remove(&name).expect("it is there");
    }
    assert!(
        in_the_middle > 0 && put_back > 0 && again > 0,
        "{in_the_middle}, {put_back}, {again}"
    );
}
