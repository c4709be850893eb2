//! Traffic whose end is known whatever its order: sessions with counters of 64 bits, sent more than once.
use quipu_radiusd::event::{Event, Reading};
use quipu_radiusd::log::{Arrival, Entry, NewEntry};
use quipu_radiusd::packet::{Composer, Packet as Parsed, Secret, TypedLengths, kind};
use quipu_radiusd::store::{Applied, Sender, Store, StoreError};
use quipu_tests::random::Random;

const BEGIN_MS: u64 = 1_700_000_000_000;

#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) arrival_ms: u64,
    pub(crate) lsn: u64,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Traffic {
    pub(crate) packets: Vec<Packet>,
    pub(crate) sessions: usize,
    pub(crate) input_octets: i64,
    pub(crate) stops: i64,
    pub(crate) open: i64,
}

/// A request of one NAS, whose time is exact.
pub(crate) fn packet(status: u32, ms: u64, id: &[u8], attributes: &[(u8, &[u8])]) -> Packet {
    let mut request = Composer::new(1);
    request.push_number(kind::ACCT_STATUS_TYPE, status);
    request.push(kind::NAS_IP_ADDRESS, &[192, 0, 2, 1]);
    request.push_number(
        kind::EVENT_TIMESTAMP,
        u32::try_from(ms / 1000).expect("before 2106"),
    );
    if !id.is_empty() {
        request.push(kind::ACCT_SESSION_ID, id);
    }
    for (kind, value) in attributes {
        request.push(*kind, value);
    }
    Packet {
        arrival_ms: ms,
        lsn: 1,
        bytes: request.accounting(&Secret::new(b"x")).to_vec(),
    }
}

/// A request about the NAS itself, or one without a session.
pub(crate) fn status(status: u32, ms: u64) -> Packet {
    packet(status, ms, b"", &[])
}

impl Traffic {
    /// So many sessions of a few users; every packet is there so often, and their order is shuffled within a minute.
    pub(crate) fn new(seed: u64, sessions: usize, copies: usize) -> Self {
        let mut random = Random::new(seed);
        let mut traffic = Self {
            packets: Vec::new(),
            sessions,
            input_octets: 0,
            stops: 0,
            open: 0,
        };
        let mut sent: Vec<(u64, Packet)> = Vec::new();
        for number in 0..sessions {
            let start_ms = BEGIN_MS + random.below(3_000) * 1000;
            let is_stopped = !random.one_in(4);
            let interims = random.below(5);
            let mut octets = 0u64;
            for step in 0..=interims + 1 {
                let ms = start_ms + step * 60_000;
                let status = match step {
                    0 => 1,
                    _ if step <= interims => 3,
                    _ => 2,
                };
                if status == 2 && !is_stopped {
                    break;
                }
                octets += random.below(1 << 33) * u64::from(step > 0);
                let packet = one(number, status, ms, octets, step * 60);
                for _ in 0..=random.below(copies as u64) {
                    sent.push((ms + random.below(60_000), packet.clone()));
                }
            }
            traffic.input_octets += i64::try_from(octets).expect("small");
            traffic.stops += i64::from(is_stopped);
            traffic.open += i64::from(!is_stopped);
        }
        sent.sort_by_key(|(at, _)| *at);
        traffic.packets = sent.into_iter().map(|(_, packet)| packet).collect();
        traffic
    }

    /// So many sessions that have begun, and no more.
    pub(crate) fn open(sessions: usize) -> Self {
        let packets = (0..sessions).map(|number| one(number, 1, BEGIN_MS, 0, 0));
        Self {
            packets: packets.collect(),
            sessions,
            input_octets: 0,
            stops: 0,
            open: i64::try_from(sessions).expect("small"),
        }
    }

    pub(crate) fn users(&self) -> Vec<Vec<u8>> {
        (0..10).map(user).collect()
    }

    pub(crate) fn end_ms(&self) -> u64 {
        self.packets
            .iter()
            .map(|packet| packet.arrival_ms)
            .max()
            .unwrap_or(0)
    }

    /// A time in each of the periods of this length that the traffic touches.
    pub(crate) fn periods_ms(&self, length_ms: u64) -> Vec<u64> {
        (BEGIN_MS / length_ms..=self.end_ms() / length_ms)
            .map(|period| period * length_ms)
            .collect()
    }

    /// The packets for so many workers, dealt like cards.
    pub(crate) fn shares(&self, workers: usize) -> Vec<Vec<Packet>> {
        deal(&self.packets, workers)
    }
}

pub(crate) fn deal<T: Clone>(all: &[T], workers: usize) -> Vec<Vec<T>> {
    (0..workers)
        .map(|worker| all.iter().skip(worker).step_by(workers).cloned().collect())
        .collect()
}

fn user(number: usize) -> Vec<u8> {
    format!("user{}", number % 10).into_bytes()
}

fn one(number: usize, status: u32, ms: u64, octets: u64, seconds: u64) -> Packet {
    let bytes = octets.to_be_bytes();
    let seconds = u32::try_from(seconds).expect("small").to_be_bytes();
    let name = user(number);
    let mut attributes: Vec<(u8, &[u8])> = vec![(kind::USER_NAME, &name)];
    if status != 1 {
        attributes.push((kind::ACCT_INPUT_GIGAWORDS, &bytes[..4]));
        attributes.push((kind::ACCT_INPUT_OCTETS, &bytes[4..]));
        attributes.push((kind::ACCT_SESSION_TIME, &seconds));
    }
    packet(status, ms, format!("{number:08}").as_bytes(), &attributes)
}

/// When the sessions of one id begin.
pub(crate) fn begin_ms(number: u64) -> u64 {
    BEGIN_MS + number * 1_000_000
}

/// Sessions of one id, each a Start and a Stop, in any order of sessions.
pub(crate) fn reuse(seed: u64, sessions: u64) -> Vec<Vec<Packet>> {
    let mut random = Random::new(seed);
    let mut lives: Vec<(u64, Vec<Packet>)> = (0..sessions)
        .map(|number| {
            let ms = begin_ms(number);
            let octets = u32::try_from(number + 1).expect("small").to_be_bytes();
            let seconds = 500u32.to_be_bytes();
            let stop: [(u8, &[u8]); 2] = [
                (kind::ACCT_INPUT_OCTETS, &octets),
                (kind::ACCT_SESSION_TIME, &seconds),
            ];
            let life = vec![
                packet(1, ms, b"again", &[]),
                packet(2, ms + 500_000, b"again", &stop),
            ];
            (random.word(), life)
        })
        .collect();
    lives.sort_by_key(|(order, _)| *order);
    lives.into_iter().map(|(_, life)| life).collect()
}

/// Applies a packet as the log would tell it.
pub(crate) fn replay(
    store: &Store,
    sender: &Sender<'_>,
    packet: &Packet,
) -> Result<Applied, StoreError> {
    replay_from("127.0.0.1:1813", store, sender, packet)
}

/// Applies a packet that came from somewhere else.
pub(crate) fn replay_from(
    source: &str,
    store: &Store,
    sender: &Sender<'_>,
    packet: &Packet,
) -> Result<Applied, StoreError> {
    let arrival = Arrival {
        ns: packet.arrival_ms * 1_000_000,
        source: source.parse().expect("an address"),
        listener: 0,
    };
    let parsed = Parsed::parse(&packet.bytes, TypedLengths::Skip).expect("a packet");
    let event = Event::read(&parsed, arrival.source.ip(), &Reading::default()).expect("an event");
    let new = NewEntry::received(&arrival, sender, &event, &packet.bytes);
    let lsn = packet.lsn;
    store.replay(&Entry { lsn, new })
}
