//! Events in disorder against a server that is the real store behind a socket, loses requests at random, and keeps no
//! cache of duplicates: in the end the table is the truth, and an error of one octet in it is found.
use quipu_radius_load::check::check;
use quipu_radius_load::disorder::{Disorder, Order};
use quipu_radius_load::engine::{Engine, Pace, Resend, Settings, Until};
use quipu_radius_load::figures::Figures;
use quipu_radius_load::lane::Reuse;
use quipu_radiusd::event::{ClientId, Event};
use quipu_radiusd::merge::Occasion;
use quipu_radiusd::packet::{PACKET_OCTETS_MAX, Packet, Secret, TypedLengths, write_reply};
use quipu_radiusd::store::{Sender, Store};
use quipu_tests::random::Random;
use std::net::{SocketAddr, UdpSocket};
use std::time::{SystemTime, UNIX_EPOCH};

const SECRET: &[u8] = b"testing123";

/// Which requests the server does not even see.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// It answers, but forgets one of a thousand.
    Forgets,
}

fn serve(store: Store, fault: Fault) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address");
    std::thread::spawn(move || {
        let (secret, mut random) = (Secret::new(SECRET), Random::new(7));
        let sender = Sender::new(ClientId::of("edge"));
        let mut room = [0; 4096];
        for lsn in 1.. {
            let (length, from) = socket.recv_from(&mut room).expect("a request");
            if random.one_in(200) {
                continue;
            }
            let packet = Packet::parse(&room[..length], TypedLengths::Discard).expect("well made");
            secret.verify(&packet).expect("authentic");
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .expect("after 1970");
            let now_ms = u64::try_from(now.as_millis()).expect("in time");
            if fault == Fault::None || !random.one_in(1_000) {
                let event = Event::read(&packet, from.ip(), &sender.reading).expect("allowed");
                let occasion = Occasion {
                    time: event.time(now_ms, sender.skew_ms_max),
                    arrival_ms: now_ms,
                    lsn,
                };
                store.apply(&sender, &event, &occasion).expect("stored");
            }
            let mut out = [0; PACKET_OCTETS_MAX];
            let reply = write_reply(&packet, &secret, &mut out);
            socket.send_to(reply, from).expect("sent");
        }
    });
    address
}

fn run(store: &Store, fault: Fault, resend: Resend) -> (Disorder, Figures) {
    let mut disorder = Disorder::new(Order {
        seed: 3,
        events: 30_000,
        client: "edge".to_owned(),
        run: 0,
        lose_answers: 100,
    });
    let settings = Settings {
        to: serve(store.clone(), fault),
        secret: SECRET.to_vec(),
        sockets: 1,
        timeout_ns: 8_000_000,
        attempts_max: 1_000,
        resend,
        reuse: Reuse::Newest,
    };
    let until = Until {
        requests: u64::MAX,
        ns: u64::MAX,
        mark_ns: u64::MAX,
    };
    let engine = Engine::new(settings, &mut disorder).expect("a socket");
    let figures = engine.run(Pace::Closed(64), until).expect("a run");
    (disorder, figures)
}

fn store() -> Store {
    Store::in_memory(Some(1 << 28), 3600).expect("a store")
}

#[test]
fn in_the_end_the_table_is_the_truth() {
    for resend in [Resend::Same, Resend::New] {
        let store = store();
        let (disorder, figures) = run(&store, Fault::None, resend);
        let (events, packets) = disorder.counts();
        assert!(
            events >= 30_000 && packets > events,
            "{events} events, {packets} packets"
        );
        assert_eq!((figures.answered, figures.lost), (packets as u64, 0));
        assert!(
            figures.retransmitted > 300,
            "answers and requests were lost: {figures:?}"
        );
        assert!(figures.answers_lost_on_purpose > 100, "{figures:?}");
        let verdict = check(&store, disorder.truth()).expect("a table");
        assert_eq!(verdict.differences, 0, "{}", verdict.words.join("\n"));
        assert!(verdict.sessions > 1_000 && verdict.users > 500 && verdict.nases >= 2);
    }
}

#[test]
fn who_answers_what_he_forgets_is_found_out() {
    let store = store();
    let (disorder, figures) = run(&store, Fault::Forgets, Resend::Same);
    assert_eq!(figures.lost, 0);
    let verdict = check(&store, disorder.truth()).expect("a table");
    assert!(verdict.differences > 0);
}

#[test]
fn an_octet_too_many_is_found() {
    let store = store();
    let (mut disorder, _) = run(&store, Fault::None, Resend::Same);
    disorder.truth_mut().sessions[17].octets.0 += 1;
    let verdict = check(&store, disorder.truth()).expect("a table");
    // The session, its user, its NAS, and the client.
    assert_eq!(verdict.differences, 4, "{}", verdict.words.join("\n"));
    disorder.truth_mut().sessions[17].octets.0 -= 1;
    disorder.truth_mut().sessions.swap_remove(17);
    let verdict = check(&store, disorder.truth()).expect("a table");
    assert!(
        verdict
            .words
            .iter()
            .any(|words| words.contains("nobody knows"))
    );
}
