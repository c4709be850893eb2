//! The loader against a server that loses, forges, stalls and repeats: what it reports is what happened.
#[path = "loader/server.rs"]
mod server;

use quipu_radius_load::engine::{Engine, Pace, Resend, Settings, Until};
use quipu_radius_load::figures::Figures;
use quipu_radius_load::lane::Reuse;
use quipu_radius_load::life::{Life, Part, Shape};
use quipu_radius_load::source::Kind;
use quipu_radiusd::packet::{Packet, TypedLengths, kind};
use server::{Deed, SECRET, Seen, Server};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

fn settings(to: SocketAddr) -> Settings {
    Settings {
        to,
        secret: SECRET.to_vec(),
        sockets: 2,
        timeout_ns: 200_000_000,
        attempts_max: 50,
        resend: Resend::Same,
        reuse: Reuse::Oldest,
    }
}

fn shape() -> Shape {
    Shape {
        sessions: 7,
        nases: 3,
        part: Part::Whole,
        status_every: 0,
        restart_ns: None,
        run: 1,
    }
}

fn until(requests: u64) -> Until {
    Until {
        requests,
        ns: u64::MAX,
        mark_ns: u64::MAX,
    }
}

fn run(settings: Settings, shape: Shape, pace: Pace, until: Until) -> Figures {
    let mut life = Life::new(shape);
    let engine = Engine::new(settings, &mut life).expect("sockets");
    engine.run(pace, until).expect("a run")
}

fn attribute(seen: &Seen, wanted: u8) -> Option<Vec<u8>> {
    let packet = Packet::parse(&seen.bytes, TypedLengths::Discard).expect("well made");
    let mut attributes = packet.attributes();
    attributes
        .find(|attribute| attribute.kind == wanted)
        .map(|attribute| attribute.value.to_vec())
}

fn number(seen: &Seen, wanted: u8) -> u32 {
    let value = attribute(seen, wanted).expect("the attribute");
    u32::from_be_bytes(value.try_into().expect("four octets"))
}

#[test]
fn a_session_starts_goes_on_eight_times_and_stops() {
    let server = Server::start(|_, _| Deed::Answer);
    let figures = run(
        settings(server.address),
        shape(),
        Pace::Closed(1),
        until(140),
    );
    let mut lives: BTreeMap<Vec<u8>, Vec<u32>> = BTreeMap::new();
    let mut sizes = HashSet::new();
    for seen in server.seen() {
        let id = attribute(&seen, kind::ACCT_SESSION_ID).expect("an id");
        let status = number(&seen, kind::ACCT_STATUS_TYPE);
        lives.entry(id).or_default().push(status);
        sizes.insert((status, seen.bytes.len()));
    }
    assert_eq!(lives.len(), 14, "seven sessions, and the seven after them");
    for life in lives.values() {
        assert_eq!(life[..], [1, 3, 3, 3, 3, 3, 3, 3, 3, 2]);
    }
    assert_eq!(sizes, HashSet::from([(1, 215), (3, 257), (2, 263)]));
    assert_eq!(
        (figures.requests, figures.answered, figures.sent),
        (140, 140, 140)
    );
    assert_eq!((figures.lost, figures.retransmitted), (0, 0));
    let kinds: Vec<_> = figures
        .by_kind
        .iter()
        .map(|of| (of.kind, of.times.count))
        .collect();
    assert_eq!(
        kinds,
        [(Kind::Start, 14), (Kind::Interim, 112), (Kind::Stop, 14)]
    );
}

#[test]
fn what_is_not_answered_is_sent_again_with_the_same_bytes() {
    let mut known = HashSet::new();
    let server = Server::start(move |_, seen| {
        if known.insert(seen.bytes.clone()) {
            Deed::Ignore
        } else {
            Deed::Answer
        }
    });
    let figures = run(
        settings(server.address),
        shape(),
        Pace::Closed(20),
        until(20),
    );
    let seen = server.seen();
    assert_eq!(seen.len(), 40);
    let (first, second) = seen.split_at(20);
    for packet in first {
        assert!(second.contains(packet), "the same bytes from the same port");
    }
    assert_eq!((figures.answered, figures.retransmitted), (20, 20));
    assert_eq!((figures.answered_at_once, figures.lost), (0, 0));
    assert!(
        figures.times.p50_us >= 200_000.0,
        "counted from the first attempt: {figures:?}"
    );
}

#[test]
fn what_is_sent_anew_says_how_long_it_was_delayed() {
    let server = Server::start(|number, _| {
        if number == 0 {
            Deed::Ignore
        } else {
            Deed::Answer
        }
    });
    let settings = Settings {
        timeout_ns: 1_100_000_000,
        resend: Resend::New,
        ..settings(server.address)
    };
    let figures = run(settings, shape(), Pace::Closed(1), until(1));
    let seen = server.seen();
    assert_eq!((figures.answered, figures.requests, seen.len()), (1, 1, 2));
    assert_ne!(seen[0].bytes[1], seen[1].bytes[1], "another identifier");
    assert_eq!(number(&seen[0], kind::ACCT_DELAY_TIME), 0);
    assert!(number(&seen[1], kind::ACCT_DELAY_TIME) >= 1);
    let id = |seen: &Seen| attribute(seen, kind::ACCT_SESSION_ID);
    assert_eq!(id(&seen[0]), id(&seen[1]));
}

#[test]
fn what_is_never_answered_is_lost() {
    let server = Server::start(|number, _| {
        if number % 2 == 0 {
            Deed::Ignore
        } else {
            Deed::Answer
        }
    });
    let settings = Settings {
        attempts_max: 1,
        ..settings(server.address)
    };
    let figures = run(settings, shape(), Pace::Closed(1), until(10));
    assert_eq!(
        (figures.requests, figures.answered, figures.lost),
        (10, 5, 5)
    );
    assert_eq!(figures.retransmitted, 0);
}

#[test]
fn an_answer_with_a_wrong_authenticator_is_none() {
    let mut known = HashSet::new();
    let server = Server::start(move |_, seen| {
        if known.insert(seen.bytes.clone()) {
            Deed::Forge
        } else {
            Deed::Answer
        }
    });
    let figures = run(settings(server.address), shape(), Pace::Closed(8), until(8));
    assert_eq!((figures.bad_authenticators, figures.answered), (8, 8));
    assert_eq!((figures.retransmitted, figures.answered_at_once), (8, 0));
}

#[test]
fn a_second_answer_is_late_and_not_wrong() {
    let server = Server::start(|_, _| Deed::AnswerTwice);
    let settings = Settings {
        sockets: 1,
        reuse: Reuse::Newest,
        ..settings(server.address)
    };
    let figures = run(settings, shape(), Pace::Closed(1), until(50));
    assert_eq!((figures.answered, figures.bad_authenticators), (50, 0));
    // The last one may come when nobody listens any more.
    assert!(figures.late_answers >= 48, "{figures:?}");
    let identifiers: HashSet<u8> = server.seen().iter().map(|seen| seen.bytes[1]).collect();
    assert_eq!(identifiers.len(), 1, "one identifier for all");
}

/// Not "how fast", but "at least as slow as it was": the server was away for 400 ms, so whoever should have asked in
/// the first 350 waited 50 at least; also those whom the loader could not send, for want of identifiers. Who counts
/// from when they were sent finds 256 slow ones of 1,000.
#[test]
fn a_stall_is_charged_for_all_whom_it_kept_waiting() {
    let server = Server::start(|number, _| {
        if number == 0 {
            std::thread::sleep(Duration::from_millis(400));
        }
        Deed::Answer
    });
    let settings = Settings {
        sockets: 1,
        timeout_ns: 10_000_000_000,
        ..settings(server.address)
    };
    let figures = run(settings, shape(), Pace::Open(2_000), until(1_000));
    assert_eq!(
        (figures.answered, figures.lost, figures.retransmitted),
        (1_000, 0, 0)
    );
    assert!(figures.times.p50_us >= 50_000.0, "{figures:?}");
    assert!(figures.times.max_us >= 350_000.0, "{figures:?}");
}

#[test]
fn no_more_are_on_their_way_than_was_said() {
    let server = Server::start(|number, _| {
        if number % 6 == 5 {
            Deed::Answer
        } else {
            Deed::Ignore
        }
    });
    let settings = Settings {
        timeout_ns: 20_000_000,
        ..settings(server.address)
    };
    let figures = run(settings, shape(), Pace::Closed(5), until(20));
    assert_eq!((figures.answered, figures.lost), (20, 0));
    let (mut open, mut answered, mut most) = (HashSet::new(), HashSet::new(), 0);
    for (number, seen) in server.seen().into_iter().enumerate() {
        if !answered.contains(&seen.bytes) {
            open.insert(seen.bytes.clone());
        }
        most = most.max(open.len());
        if number % 6 == 5 {
            open.remove(&seen.bytes);
            answered.insert(seen.bytes);
        }
    }
    assert_eq!(most, 5);
}

#[test]
fn a_burst_ends_when_all_of_it_is_answered() {
    let server = Server::start(|number, _| {
        if number % 3 == 0 {
            Deed::Ignore
        } else {
            Deed::Answer
        }
    });
    let settings = Settings {
        sockets: 4,
        ..settings(server.address)
    };
    let figures = run(settings, shape(), Pace::Burst(1_000), until(u64::MAX));
    assert_eq!(
        (figures.requests, figures.answered, figures.lost),
        (1_000, 1_000, 0)
    );
    assert_eq!(figures.sent, 1_000 + figures.retransmitted);
    let by_kind = figures.by_kind.iter().map(|of| of.times.count);
    assert_eq!(by_kind.sum::<u64>(), 1_000);
    assert!(figures.answered_at_once < 1_000);
    assert!(figures.retransmitted >= 333, "{figures:?}");
}

#[test]
fn a_status_server_is_sent_between_and_a_nas_starts_once() {
    let server = Server::start(|_, _| Deed::Answer);
    let shape = Shape {
        status_every: 10,
        restart_ns: Some(100_000_000),
        ..shape()
    };
    let until = Until {
        mark_ns: 100_000_000,
        ..until(200)
    };
    let figures = run(settings(server.address), shape, Pace::Open(1_000), until);
    assert_eq!((figures.answered, figures.bad_authenticators), (200, 0));
    let count = |wanted| {
        let of = figures.by_kind.iter().find(|of| of.kind == wanted);
        of.map_or(0, |of| of.times.count)
    };
    assert_eq!(count(Kind::On), 1);
    assert_eq!(count(Kind::Status), 20);
    let after = figures.times_after.expect("there are some").count;
    assert_eq!(
        figures.times.count + after,
        199,
        "all but the one of the NAS"
    );
    // How late the loader wakes up decides whether it is one more or less.
    assert!((50..=100).contains(&figures.times.count), "{figures:?}");
    let starts = server
        .seen()
        .into_iter()
        .filter(|seen| seen.bytes[0] == 4 && number(seen, kind::ACCT_STATUS_TYPE) == 7);
    let starts: Vec<Seen> = starts.collect();
    assert_eq!(starts.len(), 1);
    assert_eq!(attribute(&starts[0], kind::ACCT_SESSION_ID), None);
}

#[test]
fn sessions_that_are_open_go_on_at_any_step() {
    let server = Server::start(|_, _| Deed::Answer);
    let shape = Shape {
        sessions: 90,
        ..shape()
    };
    let opening = Shape {
        part: Part::Opening,
        ..shape
    };
    let midlife = Shape {
        part: Part::Midlife,
        ..shape
    };
    let opened = run(
        settings(server.address),
        opening,
        Pace::Closed(64),
        until(u64::MAX),
    );
    assert_eq!(opened.answered, 90, "the Starts, and no more");
    run(
        settings(server.address),
        midlife,
        Pace::Closed(1),
        until(90),
    );
    let seen = server.seen();
    let id = |seen: &Seen| attribute(seen, kind::ACCT_SESSION_ID).expect("an id");
    let open: HashSet<Vec<u8>> = seen[..90].iter().map(id).collect();
    assert_eq!(open.len(), 90);
    let stops = seen[90..]
        .iter()
        .filter(|seen| number(seen, kind::ACCT_STATUS_TYPE) == 2);
    assert_eq!(stops.count(), 10, "one in nine");
    for seen in &seen[90..] {
        assert!(open.contains(&id(seen)), "of a session that is open");
        assert_ne!(number(seen, kind::ACCT_STATUS_TYPE), 1);
    }
    let interims = Shape {
        part: Part::Interims,
        ..shape
    };
    run(
        settings(server.address),
        interims,
        Pace::Closed(1),
        until(2_000),
    );
    let mut octets: HashMap<Vec<u8>, u32> = HashMap::new();
    for seen in server.seen() {
        assert!(open.contains(&id(&seen)), "of a session that is open");
        assert_eq!(number(&seen, kind::ACCT_STATUS_TYPE), 3);
        let now = number(&seen, kind::ACCT_INPUT_OCTETS);
        let before = octets.insert(id(&seen), now);
        assert!(before < Some(now), "more than before");
    }
    assert_eq!(octets.len(), 90);
}

#[test]
fn other_machines_are_left_alone() {
    for address in ["192.0.2.1:1813", "0.0.0.0:1813", "[2001:db8::1]:1813"] {
        let mut life = Life::new(shape());
        let settings = settings(address.parse().expect("an address"));
        let refused = Engine::new(settings, &mut life).err().expect("refused");
        assert!(
            refused.to_string().contains("not on this machine"),
            "{refused}"
        );
    }
}
