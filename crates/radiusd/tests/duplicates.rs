//! The duplicate cache: what a repetition gets, at every point of a request's life and of the server's.
use quipu::{HashId, Options, Table};
use quipu_radiusd::duplicates::{Backing, Duplicates, RequestKey, Verdict};
use quipu_radiusd::log::{Positions, STREAMS, join_lsn};
use quipu_radiusd::packet::PACKET_OCTETS_MAX;
use std::sync::Arc;

const FIRST: [u8; 16] = [1; 16];
const SECOND: [u8; 16] = [2; 16];

fn cache() -> Duplicates {
    let options = Options {
        max_bytes: Some(8 << 20),
        hash: HashId::SipHash13,
        ..Options::default()
    };
    Duplicates::new(Table::memfd(options).expect("a table"))
}

fn key(identifier: u8) -> RequestKey {
    let address = |text: &str| text.parse().expect("an address");
    RequestKey::new(
        address("192.0.2.1:50000"),
        identifier,
        address("192.0.2.9:1813"),
    )
}

/// What a repetition gets: the reply, or what else is said.
fn ask(cache: &Duplicates, identifier: u8, authenticator: [u8; 16], backing: &Backing) -> String {
    let mut reply = [0; PACKET_OCTETS_MAX];
    match cache.begin(key(identifier), &authenticator, backing, &mut reply) {
        Ok(Verdict::New(_)) => "new".to_owned(),
        Ok(Verdict::InProgress) => "in progress".to_owned(),
        Ok(Verdict::Answered(length)) => String::from_utf8_lossy(&reply[..length]).into_owned(),
        Err(error) => panic!("{error}"),
    }
}

/// Claims a request, and keeps its answer.
fn answer(
    cache: &Duplicates,
    identifier: u8,
    authenticator: [u8; 16],
    backing: &Backing,
    lsn: u64,
) {
    let mut reply = [0; PACKET_OCTETS_MAX];
    let verdict = cache.begin(key(identifier), &authenticator, backing, &mut reply);
    let Ok(Verdict::New(claim)) = verdict else {
        panic!("{verdict:?}");
    };
    cache
        .answered(&claim, backing.generation, lsn, b"reply")
        .expect("room");
}

/// How far the log is: stream 0 by the arguments, and of stream 1 nothing at all.
fn backing(generation: u64, committed_lsn: u64, recovered_lsn: u64) -> Backing {
    let positions = Positions::new();
    positions.commit(0, committed_lsn);
    let mut recovered = [0; STREAMS];
    recovered[0] = recovered_lsn;
    Backing {
        generation,
        positions: Arc::new(positions),
        recovered: Arc::new(recovered),
    }
}

fn now() -> Backing {
    backing(5, 10, 7)
}

#[test]
fn an_answer_is_repeated_only_when_its_record_is_committed() {
    let cache = cache();
    assert_eq!(ask(&cache, 1, FIRST, &now()), "new");
    assert_eq!(ask(&cache, 1, FIRST, &now()), "in progress");
    answer(&cache, 2, FIRST, &now(), 11);
    assert_eq!(
        ask(&cache, 2, FIRST, &now()),
        "in progress",
        "entry 11 is not committed"
    );
    let later = backing(5, 11, 7);
    assert_eq!(ask(&cache, 2, FIRST, &later), "reply");
    assert_eq!(ask(&cache, 2, FIRST, &later), "reply", "as often as asked");
    // Without a log there is nothing to wait for.
    let memory = backing(5, 0, 7);
    answer(&cache, 3, FIRST, &memory, 0);
    assert_eq!(ask(&cache, 3, FIRST, &memory), "reply");
}

#[test]
fn another_authenticator_is_another_request() {
    let cache = cache();
    answer(&cache, 1, FIRST, &now(), 10);
    assert_eq!(ask(&cache, 1, SECOND, &now()), "new");
    assert_eq!(ask(&cache, 1, SECOND, &now()), "in progress");
    assert_eq!(ask(&cache, 1, FIRST, &now()), "new", "it has been replaced");
    assert_eq!(ask(&cache, 2, FIRST, &now()), "new", "another identifier");
}

#[test]
fn requests_differ_by_source_port_identifier_and_listening_address() {
    let address = |text: &str| text.parse().expect("an address");
    let keys = [
        RequestKey::new(address("192.0.2.1:5"), 1, address("192.0.2.9:1813")),
        RequestKey::new(address("192.0.2.2:5"), 1, address("192.0.2.9:1813")),
        RequestKey::new(address("192.0.2.1:6"), 1, address("192.0.2.9:1813")),
        RequestKey::new(address("192.0.2.1:5"), 2, address("192.0.2.9:1813")),
        RequestKey::new(address("192.0.2.1:5"), 1, address("192.0.2.8:1813")),
        RequestKey::new(address("192.0.2.1:5"), 1, address("192.0.2.9:1646")),
        RequestKey::new(address("[2001:db8::1]:5"), 1, address("[2001:db8::9]:1813")),
    ];
    for (at, one) in keys.iter().enumerate() {
        assert!(keys[at + 1..].iter().all(|other| other != one), "{one:?}");
    }
}

#[test]
fn after_a_restart_what_the_log_does_not_back_is_void() {
    let cache = cache();
    answer(&cache, 1, FIRST, &now(), 10);
    answer(&cache, 2, FIRST, &now(), 11);
    assert_eq!(ask(&cache, 3, FIRST, &now()), "new");
    // Killed. Recovery finds the log up to 10; entry 11 was never written, and gets another packet.
    let restarted = backing(6, 10, 10);
    assert_eq!(
        ask(&cache, 1, FIRST, &restarted),
        "reply",
        "killed between log and answer"
    );
    assert_eq!(
        ask(&cache, 2, FIRST, &restarted),
        "new",
        "killed between apply and log"
    );
    assert_eq!(ask(&cache, 3, FIRST, &restarted), "new", "killed at work");
    assert_eq!(ask(&cache, 3, FIRST, &restarted), "in progress");
    let far = backing(6, 99, 10);
    let cache = self::cache();
    answer(&cache, 2, FIRST, &now(), 11);
    assert_eq!(
        ask(&cache, 2, FIRST, &far),
        "new",
        "a committed 11 is another packet"
    );
    // Two restarts later nobody knows any more.
    answer(&cache, 4, FIRST, &now(), 9);
    let twice = backing(7, 99, 10);
    assert_eq!(ask(&cache, 4, FIRST, &twice), "new");
}

#[test]
fn what_could_not_be_stored_is_new_again() {
    let cache = cache();
    let mut reply = [0; PACKET_OCTETS_MAX];
    let Ok(Verdict::New(claim)) = cache.begin(key(1), &FIRST, &now(), &mut reply) else {
        panic!("new");
    };
    cache.abandon(&claim).expect("a table");
    assert_eq!(ask(&cache, 1, FIRST, &now()), "new");
    // But not what somebody else has claimed meanwhile, nor what was answered.
    assert_eq!(ask(&cache, 1, SECOND, &now()), "new");
    cache.abandon(&claim).expect("a table");
    assert_eq!(ask(&cache, 1, SECOND, &now()), "in progress");
    answer(&cache, 1, FIRST, &now(), 3);
    cache.abandon(&claim).expect("a table");
    assert_eq!(ask(&cache, 1, FIRST, &now()), "reply");
}

#[test]
fn one_of_many_workers_gets_a_request() {
    let cache = cache();
    for round in 0..200u8 {
        let winners = std::thread::scope(|scope| {
            let ask = || ask(&cache, round, FIRST, &now()) == "new";
            let workers: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            let won = workers.into_iter().map(|one| one.join().expect("no panic"));
            won.filter(|won| *won).count()
        });
        assert_eq!(winners, 1, "round {round}");
    }
}

#[test]
fn the_longest_answer_is_kept_whole() {
    let cache = cache();
    let mut reply = [0; PACKET_OCTETS_MAX];
    let Ok(Verdict::New(claim)) = cache.begin(key(1), &FIRST, &now(), &mut reply) else {
        panic!("new");
    };
    cache
        .answered(&claim, now().generation, 1, &[9; PACKET_OCTETS_MAX])
        .expect("room");
    let verdict = cache.begin(key(1), &FIRST, &now(), &mut reply);
    assert_eq!(verdict, Ok(Verdict::Answered(PACKET_OCTETS_MAX)));
    assert!(reply.iter().all(|octet| *octet == 9));
}

#[test]
fn each_stream_backs_its_own_answers() {
    let cache = cache();
    let now = now();
    answer(&cache, 1, FIRST, &now, join_lsn(1, 3));
    assert_eq!(ask(&cache, 1, FIRST, &now), "in progress");
    now.positions.commit(1, join_lsn(1, 2));
    assert_eq!(ask(&cache, 1, FIRST, &now), "in progress", "3 is to come");
    now.positions.commit(1, join_lsn(1, 3));
    assert_eq!(ask(&cache, 1, FIRST, &now), "reply");
    // Stream 0 has far more, but that backs nothing of stream 1.
    let restarted = backing(6, 99, 99);
    assert_eq!(ask(&cache, 1, FIRST, &restarted), "new");
}

#[test]
fn starts_are_counted_with_and_without_a_log() {
    let cache = cache();
    assert_eq!(cache.next_generation(), Ok(1));
    cache.begin_generation(7).expect("room");
    cache.begin_generation(3).expect("room");
    assert_eq!(cache.next_generation(), Ok(8));
}
