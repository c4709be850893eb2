//! Counters (RFC 4671 and more), for all of the server, for each client and for each NAS; and histograms.
//!
//! The log does not tell them: they go on from where they were when a server starts again, and what a server has in
//! its [`super::Tally`] when it is killed is lost.
use super::{Store, StoreError};
use crate::event::{ClientId, Nas, SessionKey};
use crate::packet::Discard;
use quipu::{CountError, WriteError};

macro_rules! counters {
    ($($variant:ident = $number:literal, $name:literal, $help:literal;)*) => {
        /// What is counted. The number is the last octet of the key (docs/radius-record.md 8).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Counter {
            $(#[doc = $help] $variant = $number),*
        }

        impl Counter {
            /// All of them, in the order of their numbers, which is that of this list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name, in documents and for monitors.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What it counts, in a few words.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help),* }
            }
        }
    };
}

counters! {
    Requests = 0, "requests", "packets received from known clients";
    InvalidRequests = 1, "invalid_requests", "packets received from unknown addresses";
    DupRequests = 2, "dup_requests", "requests recognised as sent again by their bytes";
    Responses = 3, "responses", "answers sent, those to repeated requests included";
    MalformedRequests = 4, "malformed_requests", "packets discarded as no request, or forbidden by a strict policy";
    BadAuthenticators = 5, "bad_authenticators", "requests with a wrong authenticator: mostly a wrong secret";
    BadMessageAuthenticators = 6, "bad_message_authenticators", "requests with a wrong Message-Authenticator";
    PacketsDropped = 7, "packets_dropped", "good requests discarded for another reason: stale, or no room";
    NoRecords = 8, "no_records", "requests answered but not recorded: must stay 0";
    UnknownTypes = 9, "unknown_types", "packets of an unknown code";
    SemanticRepetitions = 10, "semantic_repetitions", "requests that said again what was recorded, in other bytes";
    CounterRegressions = 11, "counter_regressions", "newer requests with a lower counter";
    Wraps = 12, "wraps", "counters of 32 bits that began again at 0";
    IdReuse = 13, "id_reuse", "sessions begun under an id that was in use before";
    LateEvents = 14, "late_events", "requests older than what was known of their session";
    StopWithoutCounters = 15, "stop_without_counters", "Stops without octets";
    WithoutStart = 16, "without_start", "sessions that began with another request than a Start";
    Reopened = 17, "reopened", "sessions given up as stale and heard of again";
    KernelDrops = 18, "kernel_drops", "packets that the kernel dropped because a socket's buffer was full";
    Starts = 19, "starts", "Starts recorded";
    Stops = 20, "stops", "Stops recorded";
    Interims = 21, "interims", "Interim-Updates recorded";
    Ons = 22, "ons", "Accounting-Ons recorded";
    Offs = 23, "offs", "Accounting-Offs recorded";
    Others = 24, "others", "requests of other status types recorded";
    InterimsIgnored = 25, "interims_ignored", "Interim-Updates recorded that were late or said nothing new";
    SynthCloses = 26, "synth_closes", "sessions closed by the server: their NAS restarted, or nothing was heard";
    ClockSkew = 27, "clock_skew", "requests whose Event-Timestamp was too far off to be believed";
    DupsInFlight = 28, "dups_in_flight", "of dup_requests, those whose answer was not sent yet";
    Anomalies = 29, "anomalies", "requests recorded although RFC 2866 does not allow them";
    StatusServers = 30, "status_servers", "Status-Server requests answered";
    Batches = 31, "batches", "batches of packets received together";
    LogOctets = 32, "log_octets", "octets written to the log";
    LogErrors = 33, "log_errors", "failed writes and syncs of the log";
    StoreErrors = 34, "store_errors", "requests not answered because the table refused them";
}

macro_rules! histograms {
    ($($variant:ident = $number:literal, $name:literal, $help:literal;)*) => {
        /// What is measured. The number is in the key (docs/radius-record.md 8).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Histogram {
            $(#[doc = $help] $variant = $number),*
        }

        impl Histogram {
            /// All of them, in the order of their numbers, which is that of this list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name, in documents and for monitors.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What it measures, in a few words.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help),* }
            }
        }
    };
}

histograms! {
    AnswerTime = 0, "answer_us", "microseconds from the receipt of a batch to its answers";
    SyncTime = 1, "sync_us", "microseconds that a sync of the log took";
    BatchSize = 2, "batch_packets", "packets received together";
}

/// How many counters there are.
pub(super) const COUNTERS: usize = Counter::ALL.len();
/// How many histograms there are.
pub(super) const HISTOGRAMS: usize = Histogram::ALL.len();
/// How many buckets a histogram has: bucket 0 holds zeros, bucket `n` what is at least 2^(n-1) and below 2^n, the last
/// one everything above.
pub const BUCKETS: usize = 33;
/// The number of the sum, behind those of the buckets.
const SUM: u8 = 255;

impl From<Discard> for Counter {
    fn from(discard: Discard) -> Self {
        match discard {
            Discard::UnknownClient => Self::InvalidRequests,
            Discard::UnknownCode(_) => Self::UnknownTypes,
            Discard::Malformed(_) | Discard::Forbidden(_) => Self::MalformedRequests,
            Discard::Authenticator => Self::BadAuthenticators,
            Discard::MessageAuthenticator => Self::BadMessageAuthenticators,
            Discard::NotFresh => Self::PacketsDropped,
        }
    }
}

/// What the keys of a client's counters have in common; of all of the server's for `None`.
pub(super) fn client_prefix(client: Option<ClientId>) -> SessionKey {
    let mut key = SessionKey::tagged(b'C');
    let ClientId(number) = client.unwrap_or(ClientId(0));
    key.push(&number.to_le_bytes());
    key
}

/// What the keys of a NAS's counters have in common.
pub(super) fn nas_prefix(client: ClientId, nas: &Nas<'_>) -> SessionKey {
    let mut key = SessionKey::tagged(b'D');
    nas.write_key(client, &mut key);
    key
}

/// The bucket of a value.
pub(super) fn bucket(value: u64) -> usize {
    let bits = u64::BITS - value.leading_zeros();
    usize::try_from(bits).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// How many values are in each bucket, as [`BUCKETS`] says.
    pub buckets: [u64; BUCKETS],
    /// The sum of the values.
    pub sum: u64,
}

/// What a counter's error comes to.
pub(crate) fn stored(error: CountError) -> StoreError {
    match error {
        CountError::Write(error) => error.into(),
        // A counter that is full, or no number: as bad as no room.
        _ => WriteError::Busy.into(),
    }
}

impl Store {
    /// Counts something of a client, or of all of the server, at once; see [`super::Tally`] for many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count(&self, client: Option<ClientId>, counter: Counter) -> Result<(), StoreError> {
        self.count_more(&client_prefix(client), counter as u8, 1)
    }

    pub(super) fn count_more(
        &self,
        prefix: &SessionKey,
        number: u8,
        amount: u64,
    ) -> Result<(), StoreError> {
        let mut key = prefix.clone();
        key.push(&[number]);
        let amount = i64::try_from(amount).unwrap_or(i64::MAX);
        self.table.incr(key.as_bytes(), amount).map_err(stored)?;
        Ok(())
    }

    pub(super) fn measure(
        &self,
        histogram: Histogram,
        bucket: Option<usize>,
        amount: u64,
    ) -> Result<(), StoreError> {
        let mut prefix = SessionKey::tagged(b'H');
        prefix.push(&[histogram as u8]);
        let number = bucket.and_then(|bucket| u8::try_from(bucket).ok());
        self.count_more(&prefix, number.unwrap_or(SUM), amount)
    }

    /// What was counted of a client, or of all of the server.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn counted(&self, client: Option<ClientId>, counter: Counter) -> Result<i64, StoreError> {
        self.number(&client_prefix(client), counter as u8)
    }

    /// What was counted of a NAS.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn counted_of_nas(
        &self,
        client: ClientId,
        nas: &Nas<'_>,
        counter: Counter,
    ) -> Result<i64, StoreError> {
        self.number(&nas_prefix(client, nas), counter as u8)
    }

    /// What was measured.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn measured(&self, histogram: Histogram) -> Result<Measured, StoreError> {
        let mut prefix = SessionKey::tagged(b'H');
        prefix.push(&[histogram as u8]);
        let read = |number| {
            let found = self.number(&prefix, number);
            found.map(|found| u64::try_from(found).unwrap_or(0))
        };
        let mut buckets = [0; BUCKETS];
        for (bucket, number) in buckets.iter_mut().zip(0u8..) {
            *bucket = read(number)?;
        }
        let sum = read(SUM)?;
        Ok(Measured { buckets, sum })
    }

    fn number(&self, prefix: &SessionKey, number: u8) -> Result<i64, StoreError> {
        let mut key = prefix.clone();
        key.push(&[number]);
        let number = self.table.get_number(key.as_bytes()).map_err(stored)?;
        Ok(number.unwrap_or(0))
    }
}
