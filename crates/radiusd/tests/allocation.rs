//! The way of a packet through the codec, the counters and the sockets allocates nothing: counted by an allocator of our own.
use quipu_radiusd::event::{ClientId, Event, Nas, Reading, SessionKey};
use quipu_radiusd::net::{Incoming, Outgoing, Waiter, open};
use quipu_radiusd::packet::{
    Composer, PACKET_OCTETS_MAX, Packet, Secret, TypedLengths, kind, write_reply,
};
use quipu_radiusd::store::{Counter, Histogram, Origin, Store, Tally};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: it passes everything on to the system's allocator, and counts in a cell that has no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the rules of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the rules of `dealloc`, and `pointer` came from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How many allocations something makes.
fn allocations<R>(work: impl FnOnce() -> R) -> (u64, R) {
    let before = ALLOCATIONS.with(Cell::get);
    let result = work();
    (ALLOCATIONS.with(Cell::get) - before, result)
}

#[test]
fn a_packet_is_served_without_allocating() {
    let secret = Secret::new(b"secret");
    let mut request = Composer::new(1);
    request.push_number(kind::ACCT_STATUS_TYPE, 3);
    request.push(kind::ACCT_SESSION_ID, b"8A000B2F-00000001");
    request.push(kind::USER_NAME, b"ada@example.org");
    request.push(kind::NAS_IDENTIFIER, b"nas1");
    request.push(kind::CALLING_STATION_ID, b"00-11-22-AA-BB-CC");
    request.push(kind::PROXY_STATE, b"1");
    request.push(kind::PROXY_STATE, b"2");
    request.push_message_authenticator();
    let datagram = request.accounting(&secret).to_vec();
    let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut out = [0; PACKET_OCTETS_MAX];
    let (count, length) = allocations(|| {
        let mut length = 0;
        for _ in 0..100 {
            let packet = Packet::parse(&datagram, TypedLengths::Discard).expect("good");
            secret.verify(&packet).expect("authentic");
            let event = Event::read(&packet, source, &Reading::default()).expect("allowed");
            let id = event.session_id.expect("there is one");
            let key = SessionKey::session(ClientId(1), &event.nas, id);
            length += key.as_bytes().len() + write_reply(&packet, &secret, &mut out).len();
        }
        length
    });
    assert!(length > 0);
    assert_eq!(count, 0, "allocations for 100 packets");
    assert_eq!(allocations(|| vec![0; 10]).0, 1, "the allocator counts");
}

#[test]
fn datagrams_are_received_and_answered_without_allocating() {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let listeners = open(&[address], 1, 1 << 20).expect("opened").remove(0);
    let client = UdpSocket::bind(address).expect("bound");
    let mut incoming = Incoming::new(256);
    let mut outgoing = Outgoing::new(256);
    let mut waiter = Waiter::new(&listeners).expect("waiter");
    let (count, sent) = allocations(|| {
        let mut sent = 0;
        for _ in 0..10 {
            for _ in 0..50 {
                client
                    .send_to(&[1; 200], listeners[0].address)
                    .expect("sent");
            }
            waiter.wait(None).expect("waited");
            for _ in waiter.ready() {
                incoming.receive(&listeners[0]).expect("received");
            }
            for datagram in incoming.datagrams() {
                outgoing.push(datagram.envelope, |_| datagram.bytes.len());
            }
            incoming.clear();
            sent += outgoing.send(&listeners);
        }
        sent
    });
    assert_eq!((count, sent), (0, 500), "allocations for 500 datagrams");
}

#[test]
fn counting_allocates_nothing() {
    let store = Store::in_memory(Some(16 << 20), 3600).expect("a table");
    let mut tally = Tally::new();
    let mut work = || {
        for number in 0..1000u32 {
            let origin = Origin {
                client: Some(ClientId(number % 3)),
                nas: Some(Nas::V4((number % 100).to_be_bytes())),
            };
            let counters = [Counter::Requests, Counter::Interims];
            tally.count(&store, &origin, &counters).expect("room");
            tally.measure(Histogram::AnswerTime, u64::from(number));
            if number % 64 == 0 {
                tally.flush(&store).expect("room");
            }
        }
    };
    // The entries of the table are made.
    work();
    assert_eq!(allocations(work).0, 0);
}
