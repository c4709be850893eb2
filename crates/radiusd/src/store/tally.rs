//! What a worker has counted since it last told the table: counting is an addition in memory of its own, and the table
//! is touched once for each counter that has changed, however many packets that were.
use super::counters::{BUCKETS, COUNTERS, HISTOGRAMS, bucket, client_prefix, nas_prefix};
use super::{Applied, Counter, Histogram, Store, StoreError};
use crate::event::{ClientId, Event, EventTime, Nas, SessionKey, Status, TimeSource};

/// How many clients and NASes are counted at a time; more are told to the table at once.
const OWNERS: usize = 256;
/// How many places an owner may have.
const PLACES: usize = 8;

/// One set of counters, and which of them are not 0.
#[derive(Clone)]
struct Counts {
    numbers: [u64; COUNTERS],
    used: u64,
}

const _: () = assert!(COUNTERS <= 64, "a bit for each counter");

impl Counts {
    const fn new() -> Self {
        let numbers = [0; COUNTERS];
        Self { numbers, used: 0 }
    }

    fn add(&mut self, counter: Counter, amount: u64) {
        let number = &mut self.numbers[counter as usize];
        *number = number.saturating_add(amount);
        self.used |= u64::from(amount > 0) << counter as u32;
    }

    fn flush(&mut self, store: &Store, prefix: &SessionKey) -> Result<(), StoreError> {
        while self.used != 0 {
            let at = self.used.trailing_zeros();
            let number = &mut self.numbers[at as usize];
            store.count_more(prefix, u8::try_from(at).unwrap_or(u8::MAX), *number)?;
            *number = 0;
            self.used &= self.used - 1;
        }
        Ok(())
    }
}

/// A client or a NAS.
struct Owner {
    prefix: SessionKey,
    counts: Counts,
}

/// Counters of one worker. Takes about 200 KiB, once; nothing is allocated later.
pub struct Tally {
    server: Counts,
    /// By their hash; those without counts are free places.
    owners: Vec<Owner>,
    /// The places of those that have counts.
    used: Vec<usize>,
    histograms: [[u64; BUCKETS]; HISTOGRAMS],
    sums: [u64; HISTOGRAMS],
}

/// Whom something is counted for, besides all of the server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin<'e> {
    /// The client, if it is one.
    pub client: Option<ClientId>,
    /// The NAS, if the request was good enough to say.
    pub nas: Option<Nas<'e>>,
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

impl Tally {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        let owner = || Owner {
            prefix: SessionKey::tagged(0),
            counts: Counts::new(),
        };
        Self {
            server: Counts::new(),
            owners: std::iter::repeat_with(owner).take(OWNERS).collect(),
            used: Vec::with_capacity(OWNERS),
            histograms: [[0; BUCKETS]; HISTOGRAMS],
            sums: [0; HISTOGRAMS],
        }
    }

    /// Counts something of the server alone.
    pub fn count_server(&mut self, counter: Counter, amount: u64) {
        self.server.add(counter, amount);
    }

    /// Counts one of each for the server, the client and the NAS. Costs a search for each of the two; only if there
    /// are more of them than places is the table touched.
    ///
    /// # Errors
    /// [`StoreError`]; then the server's counters have counted, and perhaps others.
    pub fn count(
        &mut self,
        store: &Store,
        origin: &Origin<'_>,
        counters: &[Counter],
    ) -> Result<(), StoreError> {
        let add = |counts: &mut Counts| counters.iter().for_each(|one| counts.add(*one, 1));
        add(&mut self.server);
        let Some(client) = origin.client.filter(|_| !counters.is_empty()) else {
            return Ok(());
        };
        add(self.owner(store, client_prefix(Some(client)))?);
        if let Some(nas) = &origin.nas {
            add(self.owner(store, nas_prefix(client, nas))?);
        }
        Ok(())
    }

    /// Counts an event that was recorded: what it was, and what it came to. Requests and answers are not in it.
    ///
    /// # Errors
    /// As [`Self::count`].
    pub fn count_recorded(
        &mut self,
        store: &Store,
        client: ClientId,
        event: &Event<'_>,
        time: &EventTime,
        applied: &Applied,
    ) -> Result<(), StoreError> {
        let mut room = [Counter::Others; 12];
        let length = recorded(event, time, applied, &mut room);
        let origin = Origin {
            client: Some(client),
            nas: Some(event.nas),
        };
        self.count(store, &origin, &room[..length])
    }

    /// Measures something: microseconds, or packets.
    pub fn measure(&mut self, histogram: Histogram, value: u64) {
        let at = histogram as usize;
        self.histograms[at][bucket(value)] += 1;
        self.sums[at] = self.sums[at].saturating_add(value);
    }

    /// The counts of an owner.
    fn owner(&mut self, store: &Store, prefix: SessionKey) -> Result<&mut Counts, StoreError> {
        let hash = crc32c::crc32c(prefix.as_bytes()) as usize;
        let places = (hash..hash + PLACES).map(|place| place % OWNERS);
        let is_its = |place: &usize| {
            let owner = &self.owners[*place];
            owner.counts.used != 0 && owner.prefix.as_bytes() == prefix.as_bytes()
        };
        if let Some(place) = places.clone().find(is_its) {
            return Ok(&mut self.owners[place].counts);
        }
        let is_free = |place: &usize| self.owners[*place].counts.used == 0;
        let place = match places.clone().find(is_free) {
            Some(place) => place,
            None => {
                self.flush_owners(store)?;
                hash % OWNERS
            }
        };
        self.used.push(place);
        let owner = &mut self.owners[place];
        owner.prefix = prefix;
        Ok(&mut owner.counts)
    }

    fn flush_owners(&mut self, store: &Store) -> Result<(), StoreError> {
        while let Some(place) = self.used.last() {
            let owner = &mut self.owners[*place];
            owner.counts.flush(store, &owner.prefix)?;
            self.used.pop();
        }
        Ok(())
    }

    /// Adds everything to the table: once in a while, and before the worker waits for long. Costs an increment for
    /// each counter that has changed; nothing if none has.
    ///
    /// # Errors
    /// [`StoreError`]; what was not added yet is kept for the next time.
    pub fn flush(&mut self, store: &Store) -> Result<(), StoreError> {
        self.server.flush(store, &client_prefix(None))?;
        self.flush_owners(store)?;
        for histogram in Histogram::ALL {
            let at = *histogram as usize;
            if self.sums[at] == 0 && self.histograms[at][0] == 0 {
                continue;
            }
            for (number, count) in self.histograms[at].iter_mut().enumerate() {
                if *count > 0 {
                    store.measure(*histogram, Some(number), *count)?;
                    *count = 0;
                }
            }
            store.measure(*histogram, None, self.sums[at])?;
            self.sums[at] = 0;
        }
        Ok(())
    }
}

/// Which counters a recorded event moves; returns how many.
fn recorded(
    event: &Event<'_>,
    time: &EventTime,
    applied: &Applied,
    room: &mut [Counter; 12],
) -> usize {
    let mut length = 0;
    let mut add = |counter: Counter, is_so: bool| {
        if is_so {
            room[length] = counter;
            length += 1;
        }
    };
    let is_interim = event.status == Status::Interim;
    add(
        match event.status {
            Status::Start => Counter::Starts,
            Status::Stop => Counter::Stops,
            Status::Interim => Counter::Interims,
            Status::On => Counter::Ons,
            Status::Off => Counter::Offs,
            Status::Other(_) | Status::Missing => Counter::Others,
        },
        true,
    );
    add(Counter::Anomalies, event.anomalies.forbidden().is_some());
    add(Counter::ClockSkew, time.source == TimeSource::Skewed);
    match applied {
        Applied::Session {
            notes,
            is_repetition,
            is_reuse,
        } => {
            add(Counter::SemanticRepetitions, *is_repetition);
            let is_ignored = is_interim && (*is_repetition || notes.is_late);
            add(Counter::InterimsIgnored, is_ignored);
            add(Counter::IdReuse, *is_reuse);
            add(Counter::LateEvents, notes.is_late);
            add(Counter::CounterRegressions, notes.regressed);
            add(Counter::Wraps, notes.wrapped);
            add(Counter::WithoutStart, notes.synth_start);
            add(Counter::StopWithoutCounters, notes.stop_without_counters);
            add(Counter::Reopened, notes.reopened);
        }
        Applied::Nas(is_news) => add(Counter::SemanticRepetitions, !is_news),
        Applied::Closed(_) | Applied::Forgotten(_) | Applied::Noted => {}
    }
    length
}
