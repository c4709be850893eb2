//! What time closes: it is written down once, totals and indexes follow, and a sign of life takes silence back.
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other test uses the rest of it")]
mod traffic;

use quipu_radiusd::event::{ClientId, Event, Nas, Reading, SessionKey, Status};
use quipu_radiusd::packet::{Composer, Packet as QuipuPacket, Secret, TypedLengths, kind};
use quipu_radiusd::record::{SessionFlags, State};
use quipu_radiusd::store::{Close, CloseLog, NoLog, Sender, Store, SweepError, Sweeper, Swept};
use std::io;
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

/// A whole round of a sweep that writes its closes to a log.
fn round(
    store: &Store,
    log: &mut impl CloseLog,
    now_ms: u64,
    silence_ms_max: Option<u64>,
) -> Swept {
    let mut sweeper = Sweeper::new(silence_ms_max);
    let mut swept = Swept::default();
    loop {
        let step = sweeper.step(store, log, || now_ms).expect("room");
        swept.restarted += step.swept.restarted;
        swept.stale += step.swept.stale;
        if step.is_round_done {
            return swept;
        }
    }
}

fn sweep(store: &Store, now_ms: u64, silence_ms_max: Option<u64>) -> Swept {
    round(store, &mut NoLog, now_ms, silence_ms_max)
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
    let swept = sweep(&store, 300_000, None);
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
    assert_eq!(sweep(&store, 300_000, None), Swept::default());
    // What began after it stays.
    apply(&store, &packet(1, 210_000, b"2", &[ADA]));
    assert_eq!(sweep(&store, 300_000, None), Swept::default());
    assert_eq!(open(&store).0, [1, 1, 1]);
}

#[test]
fn silence_is_given_up_and_taken_back() {
    let (store, key) = begun();
    assert_eq!(sweep(&store, 199_000, Some(100_000)), Swept::default());
    let swept = sweep(&store, 200_001, Some(100_000));
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
    assert_eq!(sweep(&store, u64::MAX, None), Swept::default(), "no limit");
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
    assert_eq!(sweep(&store, 400_000, None).restarted, 1);
    let open = |nas: &Nas<'_>| store.nas_totals(CLIENT, nas).expect("readable").open;
    assert_eq!((open(&Nas::V6([1; 16])), open(&NAS)), (0, 1));
    apply(&store, &status(7, 300_000));
    // The earlier one is over already, and its end is known.
    assert_eq!(sweep(&store, 400_000, None).restarted, 1);
    assert_eq!(open(&NAS), 0);
}

/// A log in memory: what is committed, and the batch.
#[derive(Default)]
struct Log {
    committed: Vec<(ClientId, IpAddr, u64, Vec<u8>)>,
    batch: Vec<(ClientId, IpAddr, u64, Vec<u8>)>,
    commits: u32,
    is_broken: bool,
}

impl CloseLog for Log {
    fn push(&mut self, close: &Close<'_>) {
        let packet = close.packet.to_vec();
        self.batch
            .push((close.client, close.source, close.stop_ms, packet));
    }

    fn commit(&mut self) -> io::Result<()> {
        self.commits += 1;
        if self.is_broken {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.committed.append(&mut self.batch);
        Ok(())
    }
}

#[test]
fn the_log_holds_the_stop_that_the_nas_did_not_send() {
    let store = Store::in_memory(Some(16 << 20), 3600).expect("a table");
    let wide = (5u64 << 32 | 7).to_be_bytes();
    let (giga, low) = (&wide[..4], &wide[4..]);
    let named: (u8, &[u8]) = (kind::NAS_IDENTIFIER, b"also");
    let class: (u8, &[u8]) = (kind::CLASS, b"\x01");
    let counted = [
        ADA,
        ADDRESS,
        named,
        class,
        (kind::ACCT_OUTPUT_OCTETS, low),
        (kind::ACCT_OUTPUT_GIGAWORDS, giga),
        (kind::ACCT_SESSION_TIME, &[0, 0, 0, 60]),
    ];
    apply(&store, &packet(1, 100_000, b"1", &[ADA]));
    apply(&store, &packet(3, 160_000, b"1", &counted));
    apply(&store, &status(7, 200_000));
    let mut log = Log::default();
    assert_eq!(round(&store, &mut log, 300_000, None).restarted, 1);
    assert_eq!((log.committed.len(), log.commits), (1, 1));
    let (client, source, stop_ms, bytes) = &log.committed[0];
    assert_eq!((*client, *stop_ms), (CLIENT, 200_000));
    let stop = QuipuPacket::parse(bytes, TypedLengths::Discard).expect("a packet");
    assert_eq!(Secret::new(b"").verify(&stop), Ok(()));
    let event = Event::read(&stop, *source, &Reading::default()).expect("allowed");
    assert_eq!((event.status, event.nas), (Status::Stop, NAS));
    assert_eq!(event.session_id, Some(&b"1"[..]));
    assert_eq!(
        (event.user, event.terminate_cause),
        (Some(&b"ada"[..]), Some(11))
    );
    assert_eq!(
        (event.timestamp_s, event.session_time_s),
        (Some(200), Some(60))
    );
    assert_eq!(
        event.output_octets.map(|octets| octets.value),
        Some(5 << 32 | 7)
    );
    assert_eq!(event.framed_ip, Some([10, 0, 0, 1].into()));
    let others = event
        .attributes()
        .filter(|one| one.kind == kind::CLASS || one.kind == kind::NAS_IDENTIFIER);
    assert_eq!(others.count(), 2);
}

#[test]
fn a_session_that_is_given_up_is_not_closed_again() {
    let (store, _) = begun();
    let mut log = Log::default();
    assert_eq!(round(&store, &mut log, 300_000, Some(1000)).stale, 1);
    // Not by more silence, and not by a restart: readers see that by themselves.
    apply(&store, &status(7, 400_000));
    assert_eq!(
        round(&store, &mut log, 500_000, Some(1000)),
        Swept::default()
    );
    assert_eq!(log.committed.len(), 1);
}

#[test]
fn nothing_is_closed_that_the_log_does_not_hold() {
    let (store, _) = begun();
    apply(&store, &status(7, 200_000));
    let mut log = Log {
        is_broken: true,
        ..Log::default()
    };
    let mut sweeper = Sweeper::new(None);
    let failed = sweeper.step(&store, &mut log, || 300_000);
    assert!(matches!(failed, Err(SweepError::Log(_))));
    assert_eq!(open(&store), ([1, 1, 1], true));
    // A new segment works, and the same step is done again.
    let mut log = Log::default();
    assert_eq!(round(&store, &mut log, 300_000, None).restarted, 1);
    assert_eq!(log.committed.len(), 1);
}

#[test]
fn a_round_of_small_steps_closes_everything_once() {
    let store = Store::in_memory(Some(64 << 20), 3600).expect("a table");
    for number in 0..5_000 {
        let id = format!("{number:06}");
        apply(&store, &packet(1, 100_000 + number, id.as_bytes(), &[ADA]));
    }
    apply(&store, &status(7, 200_000));
    let (mut sweeper, mut log) = (Sweeper::new(None), Log::default());
    let (mut steps, mut restarted) = (0, 0);
    loop {
        let step = sweeper.step(&store, &mut log, || 300_000).expect("room");
        // A bucket has less than 64 sessions.
        assert!(step.swept.restarted < 256 + 64, "{step:?}");
        steps += 1;
        restarted += step.swept.restarted;
        if step.is_round_done {
            break;
        }
    }
    assert_eq!((restarted, log.committed.len()), (5_000, 5_000));
    assert!(steps > 15, "{steps}");
    assert_eq!(store.client_totals(CLIENT).expect("readable").open, 0);
    assert_eq!(round(&store, &mut log, 400_000, None), Swept::default());
}

#[test]
fn a_nas_that_nothing_names_is_found_by_its_address() {
    let store = Store::in_memory(Some(16 << 20), 3600).expect("a table");
    let sender = Sender::new(CLIENT);
    for source in ["192.0.2.9:5", "[2001:db8::9]:5"] {
        let mut request = Composer::new(1);
        request.push_number(kind::ACCT_STATUS_TYPE, 1);
        request.push(kind::ACCT_SESSION_ID, b"x");
        let packet = Packet {
            arrival_ms: 100_000,
            lsn: 1,
            bytes: request.accounting(&Secret::new(b"x")).to_vec(),
        };
        traffic::replay_from(source, &store, &sender, &packet).expect("room");
    }
    let swept = sweep(&store, 900_000, Some(1000));
    assert_eq!(swept.stale, 2);
    assert_eq!(store.client_totals(CLIENT).expect("readable").open, 0);
}
