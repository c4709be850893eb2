//! An event and its session, or one of those that had the id before.
//!
//! An id that is used again makes several entries change, and anybody may die in between:
//! ```text
//! 1. a copy of the old session, closed, under the next number    (death: a copy that nobody counts; 3 removes it)
//! 2. the new session in the place of the old one, which counts the copy
//! ```
//! and an event of a session that was over before the newest began:
//! ```text
//! 3. its record under the next number, or behind a copy that lies there   (death: whoever finds it does 4)
//! 4. the newest session counts it
//! ```
use super::totals::{client_key, nas_key};
use super::{Applied, Ledger, ROUNDS_MAX, Sender, Store, StoreError};
use crate::event::{Event, SessionKey};
use crate::merge::{Merged, Occasion, Place, merge, place, supersede};
use crate::packet::kind;
use crate::record::{NasRecord, SessionRecord, Totals};
use quipu::{Token, WriteError};

/// An event on its way into the tables.
struct Job<'j> {
    sender: &'j Sender<'j>,
    event: &'j Event<'j>,
    occasion: &'j Occasion,
    nas: Option<NasRecord>,
    key: SessionKey,
    ledger: Option<&'j Ledger>,
}

impl Job<'_> {
    fn merge(&self, old: Option<&SessionRecord>) -> Merged {
        let rules = &self.sender.rules;
        merge(old, self.event, self.occasion, self.nas.as_ref(), rules)
    }
}

impl Store {
    pub(super) fn apply_session(
        &self,
        sender: &Sender<'_>,
        event: &Event<'_>,
        occasion: &Occasion,
        id: &[u8],
        ledger: Option<&Ledger>,
    ) -> Result<Applied, StoreError> {
        let nas_key = SessionKey::nas(sender.client, &event.nas);
        let mut job = Job {
            sender,
            event,
            occasion,
            nas: None,
            key: SessionKey::session(sender.client, &event.nas, id),
            ledger,
        };
        for _ in 0..ROUNDS_MAX {
            job.nas = self.nas(&nas_key)?;
            if let Some(applied) = self.try_session(&job)? {
                return Ok(applied);
            }
        }
        Err(WriteError::Busy.into())
    }

    /// One attempt; `None`: somebody else was faster.
    fn try_session(&self, job: &Job<'_>) -> Result<Option<Applied>, StoreError> {
        let found = self.session_of(job.key.as_bytes())?;
        let newest = found.as_ref().map(|(record, _)| record);
        let mut failure = None;
        let earlier = |number| {
            let key = SessionKey::earlier(job.key.as_bytes(), number);
            self.session(key.as_bytes()).unwrap_or_else(|error| {
                failure = Some(error);
                None
            })
        };
        let place = place(newest, job.event, job.occasion, job.nas.as_ref(), earlier);
        if let Some(failure) = failure {
            return Err(failure);
        }
        match (place, &found) {
            (Place::Earlier(number, _), _) => {
                let key = SessionKey::earlier(job.key.as_bytes(), number);
                let found = self.session_of(key.as_bytes())?;
                self.change(job, key.as_bytes(), found.as_ref())
            }
            (Place::New, Some((old, token))) => self.replace(job, old, *token),
            (Place::NewEarlier(number), Some((newest, _))) => {
                self.insert_earlier(job, newest, number)
            }
            _ => self.change(job, job.key.as_bytes(), found.as_ref()),
        }
    }

    /// Merges the event into one entry.
    fn change(
        &self,
        job: &Job<'_>,
        key: &[u8],
        found: Option<&(SessionRecord, Token)>,
    ) -> Result<Option<Applied>, StoreError> {
        let old = found.map(|(record, _)| record);
        let merged = job.merge(old);
        if !merged.is_repetition || merged.is_heard {
            let token = found.map(|(_, token)| *token);
            if !self.put_session(key, token, &merged.record)? {
                return Ok(None);
            }
            self.book(job, old, Some(&merged.record))?;
            if key == job.key.as_bytes() {
                self.index(job.sender.client, key, old, &merged.record)?;
            }
        }
        Ok(Some(Applied::Session {
            notes: merged.notes,
            is_repetition: merged.is_repetition,
            is_reuse: false,
        }))
    }

    /// Puts a new session in the place of one whose id it has.
    fn replace(
        &self,
        job: &Job<'_>,
        old: &SessionRecord,
        token: Token,
    ) -> Result<Option<Applied>, StoreError> {
        let closed = supersede(old, job.nas.as_ref());
        let number = old.hot.earlier;
        let key = SessionKey::earlier(job.key.as_bytes(), number);
        if !self.put_session(key.as_bytes(), None, &closed)? {
            // Somebody has made this copy, and has died or is at it; or it is an earlier session that is not counted.
            let there = self.session_of(key.as_bytes())?;
            let Some((there, there_token)) = there else {
                return Ok(None);
            };
            if there.hot.start_ms != old.hot.start_ms {
                self.count_earlier(job.key.as_bytes(), number)?;
                return Ok(None);
            }
            // As long as the newest session is the old one, nobody has changed the copy by an event.
            let newest = self.session_of(job.key.as_bytes())?;
            if newest.is_none_or(|(_, newest)| newest != token)
                || !self.put_session(key.as_bytes(), Some(there_token), &closed)?
            {
                return Ok(None);
            }
        }
        let merged = job.merge(None);
        let mut record = merged.record;
        record.hot.earlier = number.saturating_add(1);
        if !self.put_session(job.key.as_bytes(), Some(token), &record)? {
            return Ok(None);
        }
        self.book(job, Some(old), Some(&closed))?;
        self.book(job, None, Some(&record))?;
        self.index(job.sender.client, job.key.as_bytes(), Some(old), &record)?;
        Ok(Some(Applied::Session {
            notes: merged.notes,
            is_repetition: false,
            is_reuse: true,
        }))
    }

    /// Makes a record for a session that was over before the newest one began.
    fn insert_earlier(
        &self,
        job: &Job<'_>,
        newest: &SessionRecord,
        number: u32,
    ) -> Result<Option<Applied>, StoreError> {
        let merged = job.merge(None);
        let closed = supersede(&merged.record, job.nas.as_ref());
        let key_of = |number| SessionKey::earlier(job.key.as_bytes(), number);
        let mut copy = None;
        let mut at = number;
        if !self.put_session(key_of(at).as_bytes(), None, &closed)? {
            let there = self.session_of(key_of(at).as_bytes())?;
            copy = there.filter(|(there, _)| there.hot.start_ms == newest.hot.start_ms);
            at = number.saturating_add(1);
            if copy.is_none() || !self.put_session(key_of(at).as_bytes(), None, &closed)? {
                // Not a copy, but a session that is not counted yet: perhaps the event is its.
                self.count_earlier(job.key.as_bytes(), number)?;
                return Ok(None);
            }
        }
        let counted = self.count_earlier(job.key.as_bytes(), at)?;
        if counted.is_none() && self.session_of(job.key.as_bytes())?.is_none() {
            // The newest one was forgotten meanwhile, so nobody finds this one: it comes in its place.
            if let Some((_, token)) = self.session_of(key_of(at).as_bytes())? {
                self.table
                    .compare_and_delete(key_of(at).as_bytes(), token)?;
            }
            return Ok(None);
        }
        self.book(job, None, Some(&closed))?;
        if let Some((_, copy_token)) = copy
            && counted.is_some_and(|counted| counted.hot.start_ms == newest.hot.start_ms)
        {
            // Its maker cannot put a new session in place any more: the newest one has changed.
            let key = key_of(number);
            self.table.compare_and_delete(key.as_bytes(), copy_token)?;
        }
        Ok(Some(Applied::Session {
            notes: merged.notes,
            is_repetition: false,
            is_reuse: true,
        }))
    }

    /// Has the newest session count the earlier ones up to a number; returns it if it did not before.
    fn count_earlier(&self, key: &[u8], number: u32) -> Result<Option<SessionRecord>, StoreError> {
        for _ in 0..ROUNDS_MAX {
            let Some((mut newest, token)) = self.session_of(key)? else {
                return Ok(None);
            };
            if newest.hot.earlier > number {
                return Ok(None);
            }
            newest.hot.earlier = number.saturating_add(1);
            if self.put_session(key, Some(token), &newest)? {
                return Ok(Some(newest));
            }
        }
        Err(WriteError::Busy.into())
    }

    /// Adds the difference of two states of a session to all totals. The user may have become known, or another.
    fn book(
        &self,
        job: &Job<'_>,
        old: Option<&SessionRecord>,
        new: Option<&SessionRecord>,
    ) -> Result<(), StoreError> {
        let client = job.sender.client;
        let totals_of = |record: Option<&SessionRecord>| record.map(SessionRecord::totals);
        let before = totals_of(old).unwrap_or_default();
        let after = totals_of(new).unwrap_or_default();
        let user_before = old.and_then(|record| record.cold.get(kind::USER_NAME));
        let user_after = new.and_then(|record| record.cold.get(kind::USER_NAME));
        if user_before == user_after {
            self.add_to_user(client, user_after, &after.minus(&before))?;
        } else {
            self.add_to_user(client, user_before, &Totals::default().minus(&before))?;
            self.add_to_user(client, user_after, &after)?;
        }
        let delta = after.minus(&before);
        for key in [
            nas_key(client, &job.event.nas),
            client_key(client),
            self.period_key(job.occasion.time.ms),
        ] {
            if !job.ledger.is_some_and(|ledger| ledger.add(&key, &delta)) {
                self.add(&key, &delta)?;
            }
        }
        self.book_bundle((client, &job.event.nas), old, new)?;
        if after.open > before.open {
            self.use_reservation(client, user_after, job.occasion.arrival_ms)?;
        }
        Ok(())
    }
}
