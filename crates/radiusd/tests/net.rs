//! Sockets of the server, with real ones on the other side, over the loopback.
use quipu_radiusd::net::{Incoming, Listener, Outgoing, Waiter, adopt, open};
use quipu_radiusd::packet::{Composer, PACKET_OCTETS_MAX, Packet, Secret, TypedLengths};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

const BUFFER: u64 = 1 << 20;
/// For waiting on what must come.
const LONG: Duration = Duration::from_secs(20);

fn at(ip: impl Into<IpAddr>, port: u16) -> SocketAddr {
    SocketAddr::new(ip.into(), port)
}

fn v4(last: u8) -> SocketAddr {
    at(Ipv4Addr::new(127, 0, 0, last), 0)
}

/// The listener of a single worker.
fn listen(address: SocketAddr) -> Vec<Listener> {
    open(&[address], 1, BUFFER).expect("opened").remove(0)
}

fn client(address: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind(address).expect("bound");
    socket.set_read_timeout(Some(LONG)).expect("set");
    socket
}

/// Receives until there are so many.
fn gather(listeners: &[Listener], count: usize) -> Incoming {
    let mut incoming = Incoming::new(256);
    let mut waiter = Waiter::new(listeners).expect("waiter");
    let end = Instant::now() + LONG;
    while incoming.len() < count && Instant::now() < end {
        waiter.wait(Some(LONG)).expect("waited");
        for number in waiter.ready() {
            incoming
                .receive(&listeners[usize::from(number)])
                .expect("received");
        }
    }
    assert_eq!(incoming.len(), count, "all came");
    incoming
}

/// Answers everything with its own octets, reversed.
fn answer(incoming: &Incoming, listeners: &[Listener]) -> usize {
    let mut outgoing = Outgoing::new(256);
    for datagram in incoming.datagrams() {
        let is_taken = outgoing.push(datagram.envelope, |buffer| {
            let length = datagram.bytes.len();
            buffer[..length].copy_from_slice(datagram.bytes);
            buffer[..length].reverse();
            length
        });
        assert!(is_taken);
    }
    outgoing.send(listeners)
}

fn has_ipv6() -> bool {
    let has = UdpSocket::bind(at(Ipv6Addr::LOCALHOST, 0)).is_ok();
    if !has {
        eprintln!("skipped: this host has no IPv6");
    }
    has
}

/// A request to `asked`, and its reply, which must come from there.
fn exchange(listeners: &[Listener], asked: SocketAddr, from: SocketAddr) {
    let client = client(from);
    let here = client.local_addr().expect("bound");
    client.send_to(b"abc", asked).expect("sent");
    let incoming = gather(listeners, 1);
    let datagram = incoming.datagrams().next().expect("one");
    assert_eq!(datagram.bytes, b"abc");
    assert_eq!(datagram.envelope.source, here);
    assert_eq!(datagram.envelope.destination, asked);
    assert_ne!(datagram.envelope.interface, 0);
    assert_eq!(answer(&incoming, listeners), 1);
    let mut buffer = [0; 10];
    let (length, source) = client.recv_from(&mut buffer).expect("a reply");
    assert_eq!((&buffer[..length], source), (&b"cba"[..], asked));
}

#[test]
fn a_reply_comes_from_the_address_that_was_asked() {
    for address in [v4(1), at(Ipv4Addr::UNSPECIFIED, 0)] {
        let listeners = listen(address);
        let port = listeners[0].address.port();
        for last in [1, 2, 9] {
            if address.ip().is_unspecified() || last == 1 {
                exchange(&listeners, at(Ipv4Addr::new(127, 0, 0, last), port), v4(3));
            }
        }
    }
}

#[test]
fn a_reply_comes_from_the_ipv6_address_that_was_asked() {
    if !has_ipv6() {
        return;
    }
    let from = at(Ipv6Addr::LOCALHOST, 0);
    let listeners = listen(from);
    exchange(&listeners, listeners[0].address, from);
}

#[test]
fn one_wildcard_takes_both_families() {
    if !has_ipv6() {
        return;
    }
    let listeners = listen(at(Ipv6Addr::UNSPECIFIED, 0));
    let port = listeners[0].address.port();
    exchange(&listeners, at(Ipv4Addr::new(127, 0, 0, 2), port), v4(3));
    exchange(&listeners, at(Ipv4Addr::LOCALHOST, port), v4(1));
    let local = at(Ipv6Addr::LOCALHOST, port);
    exchange(&listeners, local, at(Ipv6Addr::LOCALHOST, 0));
}

#[test]
fn both_wildcards_can_be_listened_at() {
    if !has_ipv6() {
        return;
    }
    let port = listen(at(Ipv6Addr::UNSPECIFIED, 0))[0].address.port();
    let both = [
        at(Ipv6Addr::UNSPECIFIED, port),
        at(Ipv4Addr::UNSPECIFIED, port),
    ];
    let listeners = open(&both, 1, BUFFER).expect("opened").remove(0);
    exchange(&listeners, at(Ipv4Addr::new(127, 0, 0, 2), port), v4(3));
    let local = at(Ipv6Addr::LOCALHOST, port);
    exchange(&listeners, local, at(Ipv6Addr::LOCALHOST, 0));
}

#[test]
fn workers_share_the_requests_and_nobody_else_does() {
    const CLIENTS: usize = 64;
    let workers = open(&[v4(1)], 3, BUFFER).expect("opened");
    let asked = workers[0][0].address;
    assert!(workers.iter().all(|own| own[0].address == asked));
    let clients: Vec<_> = (0..CLIENTS).map(|_| client(v4(1))).collect();
    for client in &clients {
        client.send_to(b"ab", asked).expect("sent");
    }
    let mut counts = Vec::new();
    for own in &workers {
        let mut incoming = Incoming::new(256);
        counts.push(incoming.receive(&own[0]).expect("received"));
        assert_eq!(answer(&incoming, own), incoming.len());
    }
    assert_eq!(counts.iter().sum::<usize>(), CLIENTS);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    for client in &clients {
        let (length, source) = client.recv_from(&mut [0; 10]).expect("a reply");
        assert_eq!((length, source), (2, asked));
    }
    for workers in [1, 3] {
        let error = open(&[asked], workers, BUFFER).expect_err("somebody has it");
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(error.to_string().contains(&asked.to_string()), "{error}");
        assert!(error.to_string().contains("end it"), "{error}");
    }
}

#[test]
fn an_address_of_somebody_else_is_explained() {
    let foreign = at(Ipv4Addr::new(192, 0, 2, 1), 1813);
    let error = open(&[v4(1), foreign], 1, BUFFER).expect_err("not ours");
    assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
    assert!(error.to_string().contains("192.0.2.1:1813"), "{error}");
}

#[test]
fn padding_of_any_length_is_harmless() {
    let secret = Secret::new(b"secret");
    let packet = Composer::new(1).accounting(&secret).to_vec();
    let listeners = listen(v4(1));
    let client = client(v4(1));
    let lengths = [
        packet.len(),
        PACKET_OCTETS_MAX,
        PACKET_OCTETS_MAX + 1,
        65_507,
    ];
    for length in lengths {
        let mut padded = packet.clone();
        padded.resize(length, 0xff);
        client.send_to(&padded, listeners[0].address).expect("sent");
    }
    let incoming = gather(&listeners, lengths.len());
    for (datagram, length) in incoming.datagrams().zip(lengths) {
        assert_eq!(datagram.length, length);
        assert_eq!(datagram.bytes.len(), length.min(PACKET_OCTETS_MAX));
        assert_eq!(datagram.is_truncated(), length > PACKET_OCTETS_MAX);
        let packet = Packet::parse(datagram.bytes, TypedLengths::Discard).expect("good");
        assert_eq!(secret.verify(&packet), Ok(()));
    }
}

#[test]
fn an_empty_datagram_is_one() {
    let listeners = listen(v4(1));
    let client = client(v4(1));
    client.send_to(b"", listeners[0].address).expect("sent");
    client.send_to(b"a", listeners[0].address).expect("sent");
    let incoming = gather(&listeners, 2);
    let lengths: Vec<_> = incoming.datagrams().map(|one| one.bytes.len()).collect();
    assert_eq!(lengths, [0, 1]);
    assert_eq!(answer(&incoming, &listeners), 2, "also sent");
    assert_eq!(client.recv(&mut [0; 10]).expect("a reply"), 0);
    assert_eq!(client.recv(&mut [0; 10]).expect("a reply"), 1);
}

#[test]
fn a_batch_is_in_order_and_no_larger_than_its_room() {
    let listeners = listen(v4(1));
    let client = client(v4(1));
    for number in 0..100_u8 {
        client
            .send_to(&[number], listeners[0].address)
            .expect("sent");
    }
    let mut incoming = Incoming::new(70);
    let mut seen = Vec::new();
    for expected in [70, 30, 0] {
        assert_eq!(incoming.receive(&listeners[0]).expect("received"), expected);
        assert_eq!(incoming.is_full(), expected == 70);
        seen.extend(incoming.datagrams().map(|one| one.bytes[0]));
        assert_eq!(answer(&incoming, &listeners), expected);
        incoming.clear();
        assert!(incoming.is_empty());
    }
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
    for number in 0..100 {
        let mut octet = [0];
        client.recv(&mut octet).expect("a reply");
        assert_eq!(octet, [number]);
    }
}

#[test]
fn a_batch_gathers_several_listeners_and_each_answers_its_own() {
    let listeners = open(&[v4(1), v4(2), v4(1)], 1, BUFFER)
        .expect("opened")
        .remove(0);
    let client = client(v4(1));
    for listener in &listeners {
        client.send_to(&[1, 2], listener.address).expect("sent");
    }
    let incoming = gather(&listeners, 3);
    assert_eq!(answer(&incoming, &listeners), 3);
    let mut sources: Vec<_> = (0..3)
        .map(|_| client.recv_from(&mut [0; 10]).expect("a reply").1)
        .collect();
    sources.sort();
    let mut asked: Vec<_> = listeners.iter().map(|one| one.address).collect();
    asked.sort();
    assert_eq!(sources, asked);
}

#[test]
fn what_finds_no_room_is_counted() {
    const SENT: u32 = 1000;
    let listeners = open(&[v4(1)], 1, 8192).expect("opened").remove(0);
    let before = listeners[0].queue().expect("a queue");
    assert_eq!((before.octets, before.drops, before.percent()), (0, 0, 0));
    let client = client(v4(1));
    for _ in 0..SENT {
        client
            .send_to(&[0; 200], listeners[0].address)
            .expect("sent");
    }
    let queue = listeners[0].queue().expect("a queue");
    assert!(queue.percent() > 90, "{queue:?}");
    let mut incoming = Incoming::new(1000);
    let received = incoming.receive(&listeners[0]).expect("received");
    let drops = listeners[0].queue().expect("a queue").drops;
    assert!(drops > 0 && received > 0, "{drops} of {SENT}");
    assert_eq!(drops as usize + received, SENT as usize);
    assert_eq!(listeners[0].queue().expect("a queue").percent(), 0);
}

#[test]
fn one_reply_that_cannot_be_sent_does_not_stop_the_others() {
    // One that is bound to an address says no other, so this one is not.
    let listeners = listen(at(Ipv4Addr::UNSPECIFIED, 0));
    let living = client(v4(1));
    let dead = client(v4(1));
    let asked = at(Ipv4Addr::LOCALHOST, listeners[0].address.port());
    dead.send_to(b"dead", asked).expect("sent");
    living.send_to(b"one", asked).expect("sent");
    living.send_to(b"two", asked).expect("sent");
    drop(dead);
    let incoming = gather(&listeners, 3);
    let mut outgoing = Outgoing::new(256);
    let envelopes: Vec<_> = incoming.datagrams().map(|one| one.envelope).collect();
    let octet = |value: u8| {
        move |buffer: &mut [u8; PACKET_OCTETS_MAX]| {
            buffer[0] = value;
            1
        }
    };
    // Nobody is there; no port; a family that this socket has not; an address that is not ours.
    let mut no_port = envelopes[1];
    no_port.source.set_port(0);
    let mut other_family = envelopes[1];
    other_family.source = at(Ipv6Addr::LOCALHOST, 9);
    let mut foreign = envelopes[1];
    foreign.destination = at(Ipv4Addr::new(192, 0, 2, 1), 9);
    outgoing.push(envelopes[0], octet(0));
    for (envelope, value) in [(no_port, 0), (envelopes[1], 1), (other_family, 0)] {
        outgoing.push(envelope, octet(value));
    }
    for (envelope, value) in [(foreign, 0), (foreign, 0), (envelopes[2], 2), (no_port, 0)] {
        outgoing.push(envelope, octet(value));
    }
    assert_eq!(outgoing.send(&listeners), 3);
    assert!(outgoing.is_empty());
    for expected in [1, 2] {
        let mut octets = [0; 2];
        let length = living.recv(&mut octets).expect("a reply");
        assert_eq!((length, octets[0]), (1, expected));
    }
    // The word that nobody is there has come back by now, and disturbs neither way.
    exchange(&listeners, asked, v4(1));
}

#[test]
fn replies_are_no_more_than_there_is_room_for() {
    let listeners = listen(v4(1));
    let client = client(v4(1));
    client.send_to(b"a", listeners[0].address).expect("sent");
    let incoming = gather(&listeners, 1);
    let envelope = incoming.datagrams().next().expect("one").envelope;
    let mut outgoing = Outgoing::new(40);
    for _ in 0..40 {
        assert!(outgoing.push(envelope, |buffer| buffer.len()));
    }
    assert!(!outgoing.push(envelope, |_| unreachable!("no room")));
    assert_eq!((outgoing.len(), outgoing.send(&listeners)), (40, 40));
    assert!(outgoing.push(envelope, |_| 0), "room again");
    outgoing.clear();
    assert_eq!(outgoing.send(&listeners), 0);
}

#[test]
fn the_receive_buffer_says_what_it_got() {
    let text = std::fs::read_to_string("/proc/sys/net/core/rmem_max").expect("a limit");
    let limit: u64 = text.trim().parse().expect("a number");
    let asked = limit * 4;
    let listeners = open(&[v4(1)], 1, asked).expect("opened").remove(0);
    let got = listeners[0].receive_buffer;
    assert!(got == asked || got == limit, "asked {asked}, got {got}");
    let queue = listeners[0].queue().expect("a queue");
    assert_eq!(u64::from(queue.octets_max), got * 2);
    let usual = listen_with(0).receive_buffer;
    assert!(usual > 0 && usual != asked);
}

fn listen_with(receive_buffer: u64) -> Listener {
    let mut all = open(&[v4(1)], 1, receive_buffer).expect("opened");
    all.remove(0).remove(0)
}

#[test]
fn a_waiter_is_woken_once_for_each_wake() {
    let listeners = listen(v4(1));
    let mut waiter = Waiter::new(&listeners).expect("waiter");
    let now = Some(Duration::ZERO);
    assert!(!waiter.wait(now).expect("waited"));
    assert_eq!(waiter.ready().count(), 0);
    let waker = waiter.waker();
    for _ in 0..1000 {
        waker.wake();
    }
    assert!(waiter.wait(now).expect("waited"), "woken before it waits");
    assert!(!waiter.wait(now).expect("waited"), "and once");
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        waker.wake();
    });
    assert!(waiter.wait(None).expect("waited"), "woken while it waits");
    thread.join().expect("ended");
    client(v4(1))
        .send_to(b"a", listeners[0].address)
        .expect("sent");
    assert!(!waiter.wait(None).expect("waited"));
    assert_eq!(waiter.ready().collect::<Vec<_>>(), [0]);
}

#[test]
fn sockets_that_were_handed_over_serve_all_workers() {
    let sockets: Vec<OwnedFd> = vec![
        UdpSocket::bind(v4(1)).expect("bound").into(),
        UdpSocket::bind(v4(2)).expect("bound").into(),
    ];
    let workers = adopt(sockets, 2, BUFFER).expect("adopted");
    assert_eq!(workers.len(), 2);
    for own in &workers {
        assert_eq!(own.len(), 2);
        for listener in own {
            exchange(own, listener.address, v4(3));
        }
    }
    let stream = std::net::TcpListener::bind(v4(1)).expect("bound");
    let error = adopt(vec![stream.into()], 1, BUFFER).expect_err("no datagrams");
    assert!(error.to_string().contains("ListenDatagram"), "{error}");
}

#[test]
fn a_buffer_that_was_handed_over_is_not_made_smaller() {
    let large = UdpSocket::bind(v4(1)).expect("bound");
    let octets = 1 << 17;
    rustix::net::sockopt::set_socket_recv_buffer_size(&large, octets).expect("set");
    let small = UdpSocket::bind(v4(1)).expect("bound");
    rustix::net::sockopt::set_socket_recv_buffer_size(&small, 4096).expect("set");
    let octets = octets as u64;
    let workers = adopt(vec![large.into(), small.into()], 1, octets / 2).expect("adopted");
    assert_eq!(workers[0][0].receive_buffer, octets);
    // Larger only for an administrator.
    let got = workers[0][1].receive_buffer;
    assert!(got == octets / 2 || got == 4096, "{got}");
}
