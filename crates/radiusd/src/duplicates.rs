//! Requests that were seen not long ago, in a table that all workers and processes share.
//!
//! A request is known by its source, its identifier and the listening address that it was sent to, and told from the
//! next one of the same identifier by its authenticator (RFC 2866, section 3; RFC 5080, section 2.2.2). While it is
//! worked on, a repetition is dropped; once it is answered *and its record is committed*, a repetition gets the same
//! answer. An entry says which generation of the server wrote it and which log entry backs it: after a restart, what
//! the log does not back is void.
use crate::log::{Positions, STREAMS, split_lsn};
use crate::packet::PACKET_OCTETS_MAX;
use crate::record::{Fields, RecordKind, Writer, value_flags};
use quipu::{Compared, Copied, CountError, Kind, Table, Token, Ttl, ValueRef, WriteError};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// How long an answer is kept: longer than clients wait between their attempts.
pub const ANSWER_KEPT: Duration = Duration::from_secs(30);
/// How long a request that nobody answered is in the way of its repetitions: longer than any disk takes, and shorter
/// than clients try. It counts only if the worker died, or could not store the record.
pub const CLAIM_KEPT: Duration = Duration::from_secs(5);
/// The key of the newest start of the server; shorter than that of a request.
const GENERATION_KEY: &[u8] = b"G";
const KEY_OCTETS: usize = 16 + 2 + 1 + 18;
const HEADER_OCTETS: usize = 16 + 8 + 8 + 1 + 7;
const ENTRY_OCTETS_MAX: usize = HEADER_OCTETS + PACKET_OCTETS_MAX;

/// What tells requests apart, but for the authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKey([u8; KEY_OCTETS]);

impl RequestKey {
    /// The key of a request. `listening` is the address that it was sent to, whichever socket took it.
    #[must_use]
    pub fn new(source: SocketAddr, identifier: u8, listening: SocketAddr) -> Self {
        let mut key = [0; KEY_OCTETS];
        let mut writer = Writer::new(&mut key);
        for address in [source, listening] {
            let ip = match address.ip() {
                IpAddr::V4(address) => address.to_ipv6_mapped(),
                IpAddr::V6(address) => address,
            };
            writer.bytes(&ip.octets());
            writer.u16(address.port());
        }
        writer.u8(identifier);
        Self(key)
    }
}

/// How far the log is written, as far as answers may be repeated. Cheap to clone: the workers share it.
#[derive(Debug, Clone)]
pub struct Backing {
    /// This start of the server.
    pub generation: u64,
    /// How far each stream is committed, by the workers themselves.
    pub positions: Arc<Positions>,
    /// The newest lsn of each stream that recovery found, and so of the start before; 0: none.
    pub recovered: Arc<[u64; STREAMS]>,
}

impl Backing {
    /// Without a log: there is nothing to wait for.
    #[must_use]
    pub fn without_log(generation: u64) -> Self {
        Self {
            generation,
            positions: Arc::new(Positions::new()),
            recovered: Arc::new([0; STREAMS]),
        }
    }

    fn verdict(&self, generation: u64, lsn: u64) -> Backed {
        let (stream, _) = split_lsn(lsn);
        if generation == self.generation {
            if lsn <= self.positions.committed(stream) {
                Backed::Yes
            } else {
                Backed::NotYet
            }
        } else if generation.checked_add(1) == Some(self.generation)
            && lsn <= self.recovered[usize::from(stream)]
        {
            // Not of an older start: what it has lost has given its numbers to others.
            Backed::Yes
        } else {
            Backed::Never
        }
    }
}

enum Backed {
    Yes,
    NotYet,
    Never,
}

/// What to do with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is new: work on it, and hand the claim to [`Duplicates::answered`].
    New(Claim),
    /// It is being worked on: drop it.
    InProgress,
    /// It was answered: send the first so many octets of the buffer again.
    Answered(usize),
}

/// The right and the duty to answer a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    key: RequestKey,
    authenticator: [u8; 16],
}

/// The requests that were seen not long ago.
#[derive(Debug, Clone)]
pub struct Duplicates {
    table: Table,
}

struct Found {
    authenticator: [u8; 16],
    generation: u64,
    lsn: u64,
    is_answered: bool,
}

impl Duplicates {
    /// Uses a table, which should be made with SipHash, never evict, and be nobody else's.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// A start of the server with a log, which counts the starts.
    ///
    /// # Errors
    /// [`CountError`].
    pub fn begin_generation(&self, generation: u64) -> Result<(), CountError> {
        let generation = i64::try_from(generation).unwrap_or(i64::MAX);
        self.table.fetch_max(GENERATION_KEY, generation).map(drop)
    }

    /// A start of the server without a log: one more than all before that this table knows.
    ///
    /// # Errors
    /// [`CountError`].
    pub fn next_generation(&self) -> Result<u64, CountError> {
        let generation = self.table.incr(GENERATION_KEY, 1)?;
        Ok(generation.unsigned_abs())
    }

    /// Looks a verified request up, and claims it if it is new. An answer is put into `reply`. Allocates nothing; one
    /// search for a repetition, one more and an insertion for a new request.
    ///
    /// # Errors
    /// [`WriteError`]; then the request is best taken for a new one that cannot be stored: dropped.
    pub fn begin(
        &self,
        key: RequestKey,
        authenticator: &[u8; 16],
        backing: &Backing,
        reply: &mut [u8; PACKET_OCTETS_MAX],
    ) -> Result<Verdict, WriteError> {
        let claim = Claim {
            key,
            authenticator: *authenticator,
        };
        let mut room = [0; ENTRY_OCTETS_MAX];
        // Whoever wins ends the race for the losers: each round somebody else has changed the entry.
        loop {
            let Some(copied) = self.table.get_to_slice(&key.0, &mut room)? else {
                if self.claim(&claim, backing, None)? {
                    return Ok(Verdict::New(claim));
                }
                continue;
            };
            if let Some(found) = decode(&copied, &room)
                && found.authenticator == *authenticator
            {
                match backing.verdict(found.generation, found.lsn) {
                    Backed::Yes if found.is_answered => {
                        let answer = &room[HEADER_OCTETS..copied.length];
                        reply[..answer.len()].copy_from_slice(answer);
                        return Ok(Verdict::Answered(answer.len()));
                    }
                    // A claim has no log entry yet: it counts for its own generation.
                    _ if found.generation == backing.generation => return Ok(Verdict::InProgress),
                    Backed::Yes | Backed::NotYet | Backed::Never => {}
                }
            }
            // Another request with this identifier, or one that a server left when it died.
            if self.claim(&claim, backing, Some(copied.token))? {
                return Ok(Verdict::New(claim));
            }
        }
    }

    fn claim(
        &self,
        claim: &Claim,
        backing: &Backing,
        replaced: Option<Token>,
    ) -> Result<bool, WriteError> {
        let mut room = [0; HEADER_OCTETS];
        let value = encode(claim, backing.generation, None, &[], &mut room);
        let ttl = Ttl::After(CLAIM_KEPT);
        match replaced {
            None => self.table.add(&claim.key.0, value, ttl),
            Some(token) => {
                let compared = self
                    .table
                    .compare_and_set(&claim.key.0, token, value, ttl)?;
                Ok(compared == Compared::Done)
            }
        }
    }

    /// Keeps the answer to a claimed request. It may be called before the log is written: nobody sees the answer
    /// until the stream of `lsn` is committed that far (0 where there is no log).
    ///
    /// # Errors
    /// [`WriteError`]; then a repetition is worked on again, which the merge rules make harmless.
    pub fn answered(
        &self,
        claim: &Claim,
        generation: u64,
        lsn: u64,
        reply: &[u8],
    ) -> Result<(), WriteError> {
        let mut room = [0; ENTRY_OCTETS_MAX];
        let value = encode(claim, generation, Some(lsn), reply, &mut room);
        // If another request has taken the identifier meanwhile, its entry is overwritten; then a repetition of that
        // one is worked on twice, which is harmless as well.
        self.table.set(&claim.key.0, value, Ttl::After(ANSWER_KEPT))
    }

    /// Gives a claim up, because the request could not be stored: a repetition is new again.
    ///
    /// # Errors
    /// [`WriteError`]; then it takes [`CLAIM_KEPT`] until it is.
    pub fn abandon(&self, claim: &Claim) -> Result<(), WriteError> {
        let mut room = [0; HEADER_OCTETS];
        let Some(copied) = self.table.get_to_slice(&claim.key.0, &mut room)? else {
            return Ok(());
        };
        let is_ours = decode(&copied, &room)
            .is_some_and(|found| found.authenticator == claim.authenticator && !found.is_answered);
        if is_ours {
            self.table.compare_and_delete(&claim.key.0, copied.token)?;
        }
        Ok(())
    }
}

/// Writes an entry; without a log entry it is a claim.
fn encode<'o>(
    claim: &Claim,
    generation: u64,
    lsn: Option<u64>,
    reply: &[u8],
    room: &'o mut [u8],
) -> ValueRef<'o> {
    let length = HEADER_OCTETS + reply.len();
    let mut writer = Writer::new(room);
    writer.bytes(&claim.authenticator);
    writer.u64(generation);
    writer.u64(lsn.unwrap_or(0));
    writer.u8(u8::from(lsn.is_some()));
    writer.bytes(&[0; 7]);
    writer.bytes(reply);
    ValueRef::Bytes {
        bytes: &room[..length],
        flags: value_flags(RecordKind::Duplicate),
    }
}

/// Reads an entry, which anybody may have written. `None`: it is none.
fn decode(copied: &Copied, room: &[u8]) -> Option<Found> {
    let flags = value_flags(RecordKind::Duplicate);
    if copied.kind != (Kind::Bytes { flags })
        || !(HEADER_OCTETS..=room.len()).contains(&copied.length)
    {
        return None;
    }
    let mut fields = Fields::new(room);
    Some(Found {
        authenticator: fields.array(),
        generation: fields.u64(),
        lsn: fields.u64(),
        is_answered: fields.u8() == 1,
    })
}
