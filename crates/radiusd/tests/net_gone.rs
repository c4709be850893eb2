//! Machines that are gone while replies to them are on their way: on a network of its own, where nobody answers.
use quipu_radiusd::net::{Envelope, Incoming, Listener, Outgoing, Waiter, open};
use quipu_tests::system::unshare;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::Command;
use std::time::{Duration, Instant};

const BATCH: usize = 256;
const LONG: Duration = Duration::from_secs(20);

/// Gives this thread a network with a cable whose other end is plugged in nowhere. `false`, with a message: it cannot.
fn enter_a_network() -> bool {
    if unshare(libc::CLONE_NEWNET).is_err() {
        eprintln!("skipped: only root can have a network of its own");
        return false;
    }
    let commands = [
        "link set lo up",
        "link add quipu0 type veth peer name quipu1",
        "addr add 10.99.0.1/24 dev quipu0",
        "link set quipu0 up",
        "link set quipu1 up",
    ];
    for command in commands {
        match Command::new("ip").args(command.split(' ')).status() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                eprintln!("skipped: there is no ip (Debian: iproute2)");
                return false;
            }
            status => assert!(status.expect("it runs").success(), "ip {command}"),
        }
    }
    true
}

/// A server, and a client that lives and waits for a reply.
fn server_and_client() -> (Vec<Listener>, UdpSocket, Envelope) {
    let address = SocketAddr::from(([0; 4], 0));
    let listeners = open(&[address], 1, 1 << 20).expect("opened").remove(0);
    let client = UdpSocket::bind("127.0.0.1:0").expect("bound");
    client.set_read_timeout(Some(LONG)).expect("set");
    let asked = (Ipv4Addr::LOCALHOST, listeners[0].address.port());
    client.send_to(b"a", asked).expect("sent");
    let mut waiter = Waiter::new(&listeners).expect("waiter");
    waiter.wait(Some(LONG)).expect("waited");
    let mut incoming = Incoming::new(1);
    incoming.receive(&listeners[0]).expect("received");
    let envelope = incoming.datagrams().next().expect("one").envelope;
    (listeners, client, envelope)
}

/// A batch of the longest replies to a machine that is gone.
fn push_to_the_gone(outgoing: &mut Outgoing, living: Envelope, number: u8, count: usize) {
    let gone = Envelope {
        source: SocketAddr::from(([10, 99, 0, number], 1000)),
        destination: SocketAddr::from(([10, 99, 0, 1], living.destination.port())),
        ..living
    };
    for _ in 0..count {
        assert!(outgoing.push(gone, |buffer| buffer.len()));
    }
}

#[test]
fn machines_that_are_gone_are_in_nobodys_way() {
    if !enter_a_network() {
        return;
    }
    let (listeners, client, living) = server_and_client();
    let mut outgoing = Outgoing::new(BATCH);
    for number in 2..7 {
        push_to_the_gone(&mut outgoing, living, number, BATCH / 5);
    }
    assert!(outgoing.push(living, |_| 1));
    assert_eq!(outgoing.send(&listeners), BATCH / 5 * 5 + 1);
    assert_eq!(client.recv(&mut [0; 10]).expect("a reply"), 1);
}

#[test]
fn a_send_buffer_that_is_full_ends_a_batch_and_empties_itself() {
    if !enter_a_network() {
        return;
    }
    let (listeners, client, living) = server_and_client();
    let mut outgoing = Outgoing::new(BATCH);
    let is_full = (2..250).any(|number| {
        push_to_the_gone(&mut outgoing, living, number, BATCH);
        outgoing.send(&listeners) < BATCH
    });
    assert!(is_full, "so many do not fit");
    // Once the kernel knows that nobody is there, there is room again.
    let end = Instant::now() + LONG;
    loop {
        assert!(outgoing.push(living, |_| 1));
        if outgoing.send(&listeners) == 1 {
            break;
        }
        assert!(Instant::now() < end, "for ever full");
    }
    assert_eq!(client.recv(&mut [0; 10]).expect("a reply"), 1);
}
