//! What a worker does with a batch: take requests in, store them, commit, and only then let the answers go.
//!
//! A worker has a log of its own and waits for nobody; what it shares with others are tables. It allocates nothing
//! for a packet.
mod pressure;
mod refused;

pub use pressure::Pressure;

use crate::config::{Client, Clients};
use crate::duplicates::{Backing, Duplicates, RequestKey, Verdict};
use crate::event::Event;
use crate::log::{Arrival, LogWriter, NewEntry};
use crate::logging::Throttle;
use crate::merge::Occasion;
use crate::net::{Datagram, Incoming, Outgoing};
use crate::packet::{Code, Discard, PACKET_OCTETS_MAX, Packet, write_reply};
use crate::store::{Counter, Histogram, Ledger, Origin, Store, Tally};
use refused::{Kind, Refused};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How many datagrams a batch has at most: as many of the longest ones fit in the smallest segment of a log.
pub const BATCH_MAX: usize = 128;
/// The most Status-Servers that a worker answers in a second (RFC 5997, section 4.2, asks for a limit).
const STATUS_SERVERS_MAX: u32 = 100;

/// The code of a Status-Server.
const STATUS_SERVER: u8 = 12;

/// One worker, without its sockets.
pub struct Worker {
    store: Store,
    duplicates: Duplicates,
    backing: Backing,
    log: Option<LogWriter>,
    clients: Arc<Clients>,
    tally: Tally,
    ledger: Ledger,
    throttle: Throttle<Kind>,
    reply: Box<[u8; PACKET_OCTETS_MAX]>,
    /// The second, and how many Status-Servers were answered in it.
    status_servers: (u64, u32),
}

impl Worker {
    /// A worker with a log of its own, if there is one.
    #[must_use]
    pub fn new(
        store: Store,
        duplicates: Duplicates,
        backing: Backing,
        log: Option<LogWriter>,
        clients: Arc<Clients>,
    ) -> Self {
        Self {
            store,
            duplicates,
            backing,
            log,
            clients,
            tally: Tally::new(),
            ledger: Ledger::default(),
            throttle: Throttle::default(),
            reply: Box::new([0; PACKET_OCTETS_MAX]),
            status_servers: (0, 0),
        }
    }

    /// Uses other clients from the next batch on.
    pub fn set_clients(&mut self, clients: Arc<Clients>) {
        self.clients = clients;
    }

    /// Takes a batch in, which was received at a time in nanoseconds since 1970. The answers are put into `out`, and
    /// must not be sent before [`Self::commit`] has said that they may be.
    pub fn take(
        &mut self,
        batch: &Incoming,
        arrival_ns: u64,
        pressure: Pressure,
        out: &mut Outgoing,
    ) {
        let clients = Arc::clone(&self.clients);
        let mut served = 0;
        for pass in pressure.passes() {
            let datagrams = batch.datagrams();
            for datagram in datagrams.filter(|datagram| pass.serves(datagram.bytes)) {
                served += 1;
                let client = clients.find(datagram.envelope.source.ip());
                self.take_one(client, &datagram, arrival_ns, out);
            }
        }
        let shed = batch.len().saturating_sub(served) as u64;
        self.tally.count_server(Counter::PacketsDropped, shed);
        self.tally.count_server(Counter::Batches, 1);
        self.tally.measure(Histogram::BatchSize, batch.len() as u64);
    }

    fn take_one(
        &mut self,
        client: Option<&Client>,
        datagram: &Datagram<'_>,
        arrival_ns: u64,
        out: &mut Outgoing,
    ) {
        // RFC 5997, section 4.6: a Status-Server moves no counter of accounting.
        if client.is_some() && datagram.bytes.first() != Some(&STATUS_SERVER) {
            self.count(client, &[Counter::Requests]);
        }
        let served = match client {
            Some(client) => self.serve(client, datagram, arrival_ns, out),
            None => Err(Discard::UnknownClient.into()),
        };
        let Err(refused) = served else {
            return;
        };
        refused.report(client, datagram, &mut self.throttle, arrival_ns / 1_000_000);
        self.count(client, &[refused.counter()]);
    }

    /// Counts for the server and a client. What the table has no room for is not counted: it is no reason to be silent.
    fn count(&mut self, client: Option<&Client>, counters: &[Counter]) {
        let origin = Origin {
            client: client.map(|client| client.id),
            nas: None,
        };
        drop(self.tally.count(&self.store, &origin, counters));
    }

    /// Serves a request of a client, as far as to the commit.
    fn serve(
        &mut self,
        client: &Client,
        datagram: &Datagram<'_>,
        arrival_ns: u64,
        out: &mut Outgoing,
    ) -> Result<(), Refused> {
        let packet = Packet::parse(datagram.bytes, client.typed)?;
        client.secret.verify(&packet)?;
        if packet.code() == Code::StatusServer {
            self.admit_status_server(arrival_ns)?;
            self.count(Some(client), &[Counter::StatusServers]);
            out.push(datagram.envelope, |room| {
                write_reply(&packet, &client.secret, room).len()
            });
            return Ok(());
        }
        let envelope = &datagram.envelope;
        let key = RequestKey::new(envelope.source, packet.identifier(), envelope.destination);
        let authenticator = packet.authenticator();
        match self
            .duplicates
            .begin(key, authenticator, &self.backing, &mut self.reply)?
        {
            Verdict::InProgress => {
                self.count(Some(client), &[Counter::DupRequests]);
                return Err(Refused::Dropped(Counter::DupsInFlight));
            }
            Verdict::Answered(octets) => {
                self.count(Some(client), &[Counter::DupRequests, Counter::Responses]);
                put(out, datagram, &self.reply[..octets]);
            }
            Verdict::New(claim) => {
                let lsn = match self.store_request(client, datagram, &packet, arrival_ns) {
                    Ok(lsn) => lsn,
                    Err(refused) => {
                        self.duplicates.abandon(&claim)?;
                        return Err(refused);
                    }
                };
                self.count(Some(client), &[Counter::Responses]);
                let reply = write_reply(&packet, &client.secret, &mut self.reply);
                put(out, datagram, reply);
                // If it is not kept, a repetition is stored once more, which changes nothing.
                let generation = self.backing.generation;
                let _ = self.duplicates.answered(&claim, generation, lsn, reply);
            }
        }
        Ok(())
    }

    /// Stores a request in the tables, and puts it into the batch of the log; returns its entry.
    fn store_request(
        &mut self,
        client: &Client,
        datagram: &Datagram<'_>,
        packet: &Packet<'_>,
        arrival_ns: u64,
    ) -> Result<u64, Refused> {
        let sender = client.sender();
        let event = Event::read(packet, datagram.envelope.source.ip(), &sender.reading)?;
        let arrival_ms = arrival_ns / 1_000_000;
        let time = event.time(arrival_ms, client.skew_ms_max);
        client.admits(&time)?;
        let lsn = self.log.as_ref().map_or(0, LogWriter::next_lsn);
        let occasion = Occasion {
            time,
            arrival_ms,
            lsn,
        };
        let (store, ledger) = (&self.store, &self.ledger);
        let applied = store.apply_later(&sender, &event, &occasion, ledger)?;
        let tally = &mut self.tally;
        drop(tally.count_recorded(&self.store, client.id, &event, &time, &applied));
        if let Some(log) = &mut self.log {
            let arrival = Arrival {
                ns: arrival_ns,
                source: datagram.envelope.source,
                listener: datagram.envelope.listener,
            };
            let bytes = packet.bytes();
            log.push(&NewEntry::received(&arrival, &sender, &event, bytes));
        }
        Ok(lsn)
    }

    fn admit_status_server(&mut self, arrival_ns: u64) -> Result<(), Refused> {
        let second = arrival_ns / 1_000_000_000;
        if self.status_servers.0 != second {
            self.status_servers = (second, 0);
        }
        self.status_servers.1 += 1;
        if self.status_servers.1 > STATUS_SERVERS_MAX {
            return Err(Refused::Dropped(Counter::PacketsDropped));
        }
        Ok(())
    }

    /// Makes the batch as safe as the level says; only then may its answers be sent, and repeated.
    ///
    /// # Errors
    /// Whatever the disk says. Then nobody may be answered, and this worker is not to be used any more: what the log
    /// holds is unknown.
    pub fn commit(&mut self) -> io::Result<()> {
        // The sessions are stored, and their log decides: what cannot be added to totals now is added later.
        if self.store.settle(&self.ledger).is_err() {
            self.tally.count_server(Counter::StoreErrors, 1);
        }
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        let commit = log.commit().inspect_err(|_| {
            self.tally.count_server(Counter::LogErrors, 1);
        })?;
        self.tally.count_server(Counter::LogOctets, commit.octets);
        if commit.sync_ns > 0 {
            self.tally
                .measure(Histogram::SyncTime, commit.sync_ns / 1000);
        }
        Ok(())
    }

    /// Says how long the answers to a batch took.
    pub fn answered(&mut self, delay: Duration) {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.tally.measure(Histogram::AnswerTime, micros);
    }

    /// Counts datagrams that the kernel had no room for.
    pub fn dropped(&mut self, datagrams: u32) {
        self.tally
            .count_server(Counter::KernelDrops, datagrams.into());
    }

    /// Adds what was counted to the counters that others read, and logs how much was not logged. What the table has no room for is added the next time.
    pub fn publish(&mut self, now_ms: u64) {
        self.throttle.overdue(now_ms, refused::report_rest);
        drop(self.tally.flush(&self.store));
    }
}

fn put(out: &mut Outgoing, datagram: &Datagram<'_>, reply: &[u8]) {
    out.push(datagram.envelope, |room| {
        room[..reply.len()].copy_from_slice(reply);
        reply.len()
    });
}
