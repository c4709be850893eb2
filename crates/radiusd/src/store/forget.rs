//! Forgets sessions that are over for long, so that a table with new sessions every day does not fill.
//!
//! ```text
//! 1. the entry of the table is removed, if it is still as it was judged       (death: recovery puts it back)
//! 2. an entry of the log says so, and is synced as the level demands          (death: a replay removes it)
//! ```
//! This is not the order of a close, and has to be the other one: whether a packet came before the removal, only the
//! removal knows. A log that said it before would have a replay remove a session that was heard of in between, and
//! count the packet as a new one. The other way nothing is lost: what the log does not say has not happened.
use super::close::{push_nas, source_of};
use super::{Applied, Close, CloseLog, Store, StoreError, SweepError};
use crate::event::{ClientId, Event, Nas, SessionKey, SessionName, Status};
use crate::packet::{Composer, Discard, Secret, kind};
use crate::record::{SessionRecord, State};
use quipu::{Compared, Cursor, Token};

/// How many sessions a step looks at, but for the rest of a bucket.
const STEP_SESSIONS: usize = 1024;
/// How long a worker may take from receiving a packet to applying it: one that it received before the removal and
/// applied behind it comes behind the removal in a replay as well.
const UNDER_WAY_MS: u64 = 60_000;

/// Which entries of a session id were forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The newest session, which has no earlier ones any more.
    Newest,
    /// All earlier ones that were not heard of.
    Earlier,
}

impl Part {
    /// Acct-Status-Type of the entry of the log: two that nobody has assigned.
    fn status(self) -> u32 {
        match self {
            Self::Newest => 0xffff_ff01,
            Self::Earlier => 0xffff_ff02,
        }
    }

    pub(super) fn of_status(status: Status) -> Option<Self> {
        let all = [Self::Newest, Self::Earlier];
        all.into_iter()
            .find(|part| part.status() == status.number())
    }
}

/// Looks for sessions to forget, round and round, in small steps: the earlier ones of all ids, and then the newest.
#[derive(Debug, Clone)]
pub struct Forgetter {
    cursor: Cursor,
    part: Part,
    keep_ms: u64,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForgetStep {
    /// How many sessions it has forgotten.
    pub sessions: u64,
    /// Whether the round is over: all sessions that were there all the while were looked at.
    pub is_round_done: bool,
}

impl Forgetter {
    /// Forgets what is over and was not heard of for longer than this: more than [`HEARD_MS`](crate::merge::HEARD_MS)
    /// and a few minutes.
    #[must_use]
    pub fn new(keep_ms: u64) -> Self {
        Self {
            cursor: Cursor::START,
            part: Part::Earlier,
            keep_ms,
        }
    }

    /// Looks at the next thousand sessions or so, in step with everybody who writes. `now_ms` is the clock that
    /// packets are received by. Between two steps the caller is to rest: see [`rest`](super::rest).
    ///
    /// # Errors
    /// [`SweepError`]; if it is the log, the table has to be recovered: it lacks what the log has.
    pub fn step(
        &mut self,
        store: &Store,
        log: &mut impl CloseLog,
        now_ms: impl Fn() -> u64,
    ) -> Result<ForgetStep, SweepError> {
        let prefix = match self.part {
            Part::Earlier => b"e",
            Part::Newest => b"s",
        };
        let heard_ms_max = now_ms().saturating_sub(self.keep_ms);
        let mut scan = store.table.scan_from(self.cursor, prefix);
        let (mut seen, mut sessions) = (0, 0);
        let mut failure = None;
        while seen < STEP_SESSIONS || !scan.is_between_buckets() {
            let Some(item) = scan.next() else {
                break;
            };
            seen += 1;
            let forgotten = item
                .map_err(StoreError::from)
                .and_then(|(key, _)| self.look(store, log, &key, heard_ms_max, &now_ms));
            match forgotten {
                Ok(forgotten) => sessions += forgotten,
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        // What was removed is to be in the log whatever else happened.
        if sessions > 0 {
            log.commit().map_err(SweepError::Log)?;
        }
        if let Some(failure) = failure {
            return Err(failure.into());
        }
        let is_part_done = scan.cursor() == Cursor::END;
        self.cursor = if is_part_done {
            Cursor::START
        } else {
            scan.cursor()
        };
        let is_round_done = is_part_done && self.part == Part::Newest;
        if is_part_done {
            self.part = match self.part {
                Part::Earlier => Part::Newest,
                Part::Newest => Part::Earlier,
            };
        }
        Ok(ForgetStep {
            sessions,
            is_round_done,
        })
    }

    /// Forgets a session if it is time, and has it written down.
    fn look(
        &self,
        store: &Store,
        log: &mut impl CloseLog,
        key: &[u8],
        heard_ms_max: u64,
        now_ms: &impl Fn() -> u64,
    ) -> Result<u64, StoreError> {
        let Some(name) = SessionName::parse(key) else {
            return Ok(0);
        };
        // The scan's copy may be old by now.
        let Some((record, token)) = store.session_of(key)? else {
            return Ok(0);
        };
        if !is_over(&record, heard_ms_max) {
            return Ok(0);
        }
        let forgotten = store.forget(&name, self.part, heard_ms_max)?;
        if forgotten == 0 && self.part == Part::Earlier {
            // A copy that nobody counts, of somebody who died or was late: the log does not know it.
            let newest = SessionKey::session(name.client, &name.nas, name.id);
            let newest = store.session_of(newest.as_bytes())?;
            let is_counted =
                newest.is_some_and(|(newest, _)| Some(newest.hot.earlier) > name.number);
            if !is_counted {
                store.table.compare_and_delete(key, token)?;
            }
        }
        if forgotten > 0 {
            let under_way_ms = match self.part {
                Part::Newest => UNDER_WAY_MS,
                // They may have become earlier ones a moment ago, and must not be looked for before that.
                Part::Earlier => 0,
            };
            let mut request = Composer::new(0);
            log.push(&Close {
                client: name.client,
                source: source_of(&name.nas),
                stop_ms: heard_ms_max,
                arrival_ms: now_ms().saturating_sub(under_way_ms),
                packet: write_forgotten(&name, self.part, heard_ms_max, &mut request),
            });
        }
        Ok(forgotten)
    }
}

/// Whether a session is over, and was not heard of since.
fn is_over(record: &SessionRecord, heard_ms_max: u64) -> bool {
    record.hot.state != State::Open && record.hot.last_arrival_ms <= heard_ms_max
}

/// Writes an Accounting-Request that says what was forgotten.
fn write_forgotten<'r>(
    name: &SessionName<'_>,
    part: Part,
    heard_ms_max: u64,
    request: &'r mut Composer,
) -> &'r [u8] {
    request.push_number(kind::ACCT_STATUS_TYPE, part.status());
    let second = u32::try_from(heard_ms_max / 1000).unwrap_or(u32::MAX);
    request.push_number(kind::EVENT_TIMESTAMP, second);
    request.push(kind::ACCT_SESSION_ID, name.id);
    push_nas(&name.nas, request);
    request.accounting(&Secret::new(b""))
}

impl Store {
    /// Forgets what the log says was forgotten.
    pub(super) fn replay_forgotten(
        &self,
        client: ClientId,
        event: &Event<'_>,
        part: Part,
        heard_ms_max: u64,
    ) -> Result<Applied, StoreError> {
        let Some(id) = event.session_id else {
            let what = "something forgotten without a session";
            return Err(StoreError::Discard(Discard::Forbidden(what)));
        };
        let name = SessionName {
            client,
            nas: event.nas,
            id,
            number: None,
        };
        let forgotten = self.forget(&name, part, heard_ms_max)?;
        Ok(Applied::Forgotten(forgotten))
    }

    /// Removes entries of an id that are over and were not heard of since; returns how many. Costs a read for each
    /// session that the id ever had. Whoever changes one of them meanwhile keeps it.
    fn forget(
        &self,
        name: &SessionName<'_>,
        part: Part,
        heard_ms_max: u64,
    ) -> Result<u64, StoreError> {
        let owner = (name.client, &name.nas);
        let key = SessionKey::session(name.client, &name.nas, name.id);
        let key = key.as_bytes();
        // Read before the earlier ones: with one more of them, its token is another.
        let Some((newest, token)) = self.session_of(key)? else {
            return Ok(0);
        };
        if part == Part::Newest && !is_over(&newest, heard_ms_max) {
            return Ok(0);
        }
        let mut forgotten = 0;
        for number in 0..newest.hot.earlier {
            let earlier = SessionKey::earlier(key, number);
            let Some((record, token)) = self.session_of(earlier.as_bytes())? else {
                continue;
            };
            if part == Part::Newest {
                return Ok(0);
            }
            if is_over(&record, heard_ms_max) {
                let is_gone = self.forget_entry(owner, earlier.as_bytes(), &record, token)?;
                forgotten += u64::from(is_gone);
            }
        }
        if part == Part::Newest {
            forgotten += u64::from(self.forget_entry(owner, key, &newest, token)?);
        }
        Ok(forgotten)
    }

    /// Removes one entry with what leads to it; says whether it was still as it was read. Totals are sums over all
    /// sessions that ever were, and stay.
    fn forget_entry(
        &self,
        (client, nas): (ClientId, &Nas<'_>),
        key: &[u8],
        record: &SessionRecord,
        token: Token,
    ) -> Result<bool, StoreError> {
        // Read before: what a new session of this id writes then has another token.
        let leads = self.leads(client, key, record)?;
        if self.table.compare_and_delete(key, token)? != Compared::Done {
            return Ok(false);
        }
        for (lead, token) in leads.into_iter().flatten() {
            self.table.compare_and_delete(lead.as_bytes(), token)?;
        }
        self.forget_link((client, nas), record)?;
        Ok(true)
    }
}
