//! A server without its sockets, on a log and tables of its own, and what its tables must hold by its log.
use super::traffic::{Packet, packet};
use quipu::{Table, Value};
use quipu_radiusd::config::{Config, Level};
use quipu_radiusd::event::{ClientId, Event, Reading, Status};
use quipu_radiusd::log::{Arrival, Entry, LogReader, LogWriter, NewEntry};
use quipu_radiusd::merge::Occasion;
use quipu_radiusd::packet::{Packet as Parsed, TypedLengths, kind};
use quipu_radiusd::record::Totals;
use quipu_radiusd::recovery::{Recovered, RecoveryError, recover};
use quipu_radiusd::store::{Sender, Store};
use quipu_tests::files::{Directory, TableName};
use quipu_tests::random::Random;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) const CLIENT: ClientId = ClientId(7);
pub(crate) const BOOT: &str = "b0075";
pub(crate) const PERIOD_S: u64 = 3600;

pub(crate) struct Site {
    directory: Directory,
    pub(crate) table: TableName,
    pub(crate) duplicates: TableName,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self {
            directory: Directory::on_disk(),
            table: TableName::new(),
            duplicates: TableName::new(),
        }
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.directory.file("log")
    }

    pub(crate) fn config(&self, level: Level) -> Config {
        config(
            &self.log(),
            self.table.as_str(),
            self.duplicates.as_str(),
            level,
        )
    }

    pub(crate) fn recover(&self) -> Recovered {
        start(&self.config(Level::Power)).expect("a recovery")
    }
}

/// A configuration with small segments.
pub(crate) fn config(log: &Path, table: &str, duplicates: &str, level: Level) -> Config {
    let text = format!(
        "[log]\nfolder = \"{}\"\n[table]\nname = \"{table}\"\nduplicates = \"{duplicates}\"\nmax_mib = 64\n\
         [[client]]\nname = \"edge\"\naddress = \"192.0.2.1\"\nsecret = \"x\"\n",
        log.display()
    );
    let mut config = Config::parse(&text, |_| Err(io::ErrorKind::NotFound.into())).expect("good");
    config.level = level;
    config.segment_bytes = 64 << 10;
    config.period_s = PERIOD_S;
    config
}

pub(crate) fn start(config: &Config) -> Result<Recovered, RecoveryError> {
    recover(config, BOOT, &mut |_| {})
}

/// A packet as a worker sees it, and what it makes of it.
pub(crate) fn receive<R>(packet: &Packet, then: impl FnOnce(&NewEntry<'_>, &Event<'_>) -> R) -> R {
    let arrival = Arrival {
        ns: packet.arrival_ms * 1_000_000,
        source: "192.0.2.1:1813".parse().expect("an address"),
        listener: 0,
    };
    let parsed = Parsed::parse(&packet.bytes, TypedLengths::Discard).expect("a packet");
    let event = Event::read(&parsed, arrival.source.ip(), &Reading::default()).expect("an event");
    let new = NewEntry::received(&arrival, &Sender::new(CLIENT), &event, &packet.bytes);
    then(&new, &event)
}

pub(crate) fn apply(store: &Store, lsn: u64, new: &NewEntry<'_>, event: &Event<'_>) {
    let occasion = Occasion {
        time: new.time,
        arrival_ms: new.arrival_ns / 1_000_000,
        lsn,
    };
    let applied = store.apply(&Sender::new(CLIENT), event, &occasion);
    applied.expect("room");
}

/// A batch of a worker, up to the answers.
pub(crate) fn serve(store: &Store, writer: &mut LogWriter, packets: &[Packet]) -> io::Result<u64> {
    for packet in packets {
        receive(packet, |new, event| {
            let lsn = writer.push(new);
            apply(store, lsn, new, event);
        });
    }
    writer.commit()?;
    Ok(writer.committed_lsn())
}

/// The packets of eight sessions with ids that no other part of the traffic has, among each other.
pub(crate) fn sessions(part: u64) -> Vec<Packet> {
    let mut random = Random::new(part);
    let mut packets: Vec<(u64, Packet)> = Vec::new();
    for number in part * 8..part * 8 + 8 {
        let (id, user) = (format!("{number:x}"), format!("user{}", number % 10));
        let (start_ms, mut octets) = (1_700_000_000_000 + random.below(3000) * 1000, 0);
        let interims = random.below(6);
        for step in 0..=interims + 1 {
            let status = match step {
                0 => 1,
                _ if step <= interims => 3,
                _ if random.one_in(4) => break,
                _ => 2,
            };
            let ms = start_ms + step * 60_000;
            octets += random.below(1 << 33) * u64::from(step > 0);
            let bytes = octets.to_be_bytes();
            let attributes: [(u8, &[u8]); 3] = [
                (kind::USER_NAME, user.as_bytes()),
                (kind::ACCT_INPUT_GIGAWORDS, &bytes[..4]),
                (kind::ACCT_INPUT_OCTETS, &bytes[4..]),
            ];
            packets.push((ms, packet(status, ms, id.as_bytes(), &attributes)));
        }
    }
    packets.sort_by_key(|(ms, _)| *ms);
    packets.into_iter().map(|(_, packet)| packet).collect()
}

/// All that the log tells of a table.
pub(crate) fn told(table: &Table) -> BTreeMap<Vec<u8>, Value> {
    let all = table.scan().map(|item| item.expect("readable"));
    let told = all.filter(|(key, _)| b"senuNcp46m".contains(&key[0]));
    told.map(|(key, entry)| (key, entry.value)).collect()
}

/// What the log says, counted by a map of sessions: whatever order events come in, counters are their largest.
#[derive(Default)]
pub(crate) struct Truth {
    sessions: BTreeMap<Vec<u8>, Session>,
    pub(crate) entries: u64,
}

#[derive(Default)]
struct Session {
    user: Vec<u8>,
    octets: u64,
    seconds: u32,
    is_stopped: bool,
}

impl Truth {
    pub(crate) fn take(&mut self, entry: &Entry<'_>) {
        self.entries += 1;
        let parsed = Parsed::parse(entry.new.packet, TypedLengths::Skip).expect("a packet");
        let source = entry.new.source.ip();
        let event = Event::read(&parsed, source, &Reading::default()).expect("an event");
        let id = event.session_id.expect("a session").to_vec();
        let session = self.sessions.entry(id).or_default();
        session.user = event.user.unwrap_or_default().to_vec();
        let octets = event.input_octets.map_or(0, |octets| octets.value);
        session.octets = session.octets.max(octets);
        session.seconds = session.seconds.max(event.session_time_s.unwrap_or(0));
        session.is_stopped |= event.status == Status::Stop;
    }

    pub(crate) fn read(&mut self, reader: &mut LogReader) {
        while let Some(entry) = reader.next_entry().expect("readable") {
            self.take(&entry);
        }
    }

    fn sum(&self, is_counted: impl Fn(&Session) -> bool) -> Totals {
        let counted = self.sessions.values().filter(|session| is_counted(session));
        counted.fold(Totals::default(), |sum, session| {
            sum.plus(&Totals {
                input_octets: session.octets.cast_signed(),
                session_time_s: i64::from(session.seconds),
                sessions: 1,
                open: i64::from(!session.is_stopped),
                stops: i64::from(session.is_stopped),
                ..Totals::default()
            })
        })
    }

    /// Compares the totals of users, NAS, client and all periods.
    pub(crate) fn check(&self, table: &Table) {
        let mut users: BTreeMap<&[u8], Totals> = BTreeMap::new();
        for session in self.sessions.values() {
            let user = session.user.as_slice();
            users
                .entry(user)
                .or_insert_with(|| self.sum(|other| other.user == user));
        }
        let all = self.sum(|_| true);
        let mut periods = Totals::default();
        let (mut users_found, mut others) = (0, 0);
        for (key, value) in told(table) {
            let totals = || Totals::decode(value.as_bytes().expect("bytes")).expect("totals");
            match key[0] {
                b'u' => {
                    assert_eq!(totals(), users[&key[5..]], "user {}", key.escape_ascii());
                    users_found += 1;
                }
                b'N' | b'c' => {
                    assert_eq!(totals(), all, "{}", key.escape_ascii());
                    others += 1;
                }
                b'p' => periods = periods.plus(&totals()),
                _ => {}
            }
        }
        assert_eq!(periods, all, "the sum of all periods");
        let expected = (users.len(), if self.entries == 0 { 0 } else { 2 });
        assert_eq!((users_found, others), expected, "users; NAS and client");
    }
}
