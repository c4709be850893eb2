//! Compares the tables of a server with the truth.
use crate::disorder::{End, Expected, Truth, nas_octets};
use quipu_radiusd::event::{ClientId, Nas, SessionKey};
use quipu_radiusd::record::{NasRecord, SessionFlags, SessionRecord, State, Totals};
use quipu_radiusd::store::{Store, StoreError};
use serde::Serialize;
use std::collections::HashMap;

/// How far times may be off: clocks of seconds, and a network.
const TOLERANCE_MS: u64 = 3_000;
/// Differences that are told in words.
const WORDS_MAX: usize = 20;

/// What was compared, and what was different.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Verdict {
    /// Sessions of the truth.
    pub sessions: u64,
    /// Users whose totals were compared.
    pub users: u64,
    /// NASes whose totals were compared.
    pub nases: u64,
    /// What was different.
    pub differences: u64,
    /// The first of them in words.
    pub words: Vec<String>,
}

impl Verdict {
    fn differs(&mut self, words: impl FnOnce() -> String) {
        self.differences += 1;
        if self.words.len() < WORDS_MAX {
            self.words.push(words());
        }
    }
}

type Found = HashMap<(u32, Vec<u8>), Vec<SessionRecord>>;

/// Compares every session with its record, and the totals of users, NASes and the client with their sums. The table
/// must hold nothing else of this client, and nobody may write meanwhile.
///
/// # Errors
/// If the table cannot be read.
pub fn check(store: &Store, truth: &Truth) -> Result<Verdict, StoreError> {
    let client = ClientId::of(&truth.client);
    let mut verdict = Verdict::default();
    let mut found = sessions(store, client)?;
    let mut nases: HashMap<u32, Option<NasRecord>> = HashMap::new();
    for expected in &truth.sessions {
        let nas = match nases.get(&expected.nas) {
            Some(nas) => *nas,
            None => {
                let key = SessionKey::nas(client, &Nas::V4(nas_octets(expected.nas)));
                let nas = store.nas(&key)?;
                nases.insert(expected.nas, nas);
                nas
            }
        };
        verdict.sessions += 1;
        let of_id = found.get_mut(&(expected.nas, expected.id.clone().into_bytes()));
        let begin_ms = truth.begin_ms + expected.start_ms;
        let place = of_id.and_then(|records| {
            let at = records
                .iter()
                .position(|record| record.hot.start_ms.abs_diff(begin_ms) <= TOLERANCE_MS)?;
            Some(records.swap_remove(at))
        });
        match place {
            None => verdict.differs(|| format!("no record of {expected:?}")),
            Some(record) => compare(
                &mut verdict,
                expected,
                &record,
                nas.as_ref(),
                truth.begin_ms,
            ),
        }
    }
    for ((nas, id), records) in &found {
        for record in records {
            verdict.differs(|| {
                format!(
                    "nobody knows session {} of NAS {nas:x}: {:?}",
                    id.escape_ascii(),
                    record.hot
                )
            });
        }
    }
    totals(store, client, truth, &mut verdict)?;
    Ok(verdict)
}

/// All records of sessions of a client, by NAS and id.
fn sessions(store: &Store, client: ClientId) -> Result<Found, StoreError> {
    let mut found = Found::new();
    for tag in [b's', b'e'] {
        for item in store.table().scan_prefix(&[tag]) {
            let (key, _) = item?;
            let rest = if tag == b's' {
                key.get(1..)
            } else {
                key.get(5..)
            };
            let Some((owner, [b'4', a, b, c, d, id @ ..])) =
                rest.and_then(<[u8]>::split_first_chunk::<4>)
            else {
                continue;
            };
            if *owner != client.0.to_le_bytes() {
                continue;
            }
            let Some(record) = store.session(&key)? else {
                continue;
            };
            let nas = u32::from_be_bytes([*a, *b, *c, *d]) & 0x00ff_ffff;
            found.entry((nas, id.to_vec())).or_default().push(record);
        }
    }
    Ok(found)
}

fn compare(
    verdict: &mut Verdict,
    expected: &Expected,
    record: &SessionRecord,
    nas: Option<&NasRecord>,
    begin_ms: u64,
) {
    let hot = &record.hot;
    let (state, stop_ms) = match expected.end {
        End::Open => (State::Open, 0),
        End::Restarted => (State::ClosedByRestart, 0),
        End::Stopped { ms } => (State::Closed, begin_ms + ms),
    };
    let wanted = Totals {
        open: 0,
        ..expected.totals()
    };
    let is_same = wanted
        == Totals {
            open: 0,
            ..record.totals()
        }
        && record.state_now(nas) == state
        && hot.flags.contains(SessionFlags::START_SEEN)
        && record.cold.get(1) == Some(expected.user.as_bytes())
        && (stop_ms == 0 || hot.stop_ms.abs_diff(stop_ms) <= TOLERANCE_MS);
    if !is_same {
        verdict.differs(|| format!("{expected:?} is recorded as {hot:?}"));
    }
}

/// Sums over sessions must be the totals, but for those open: the sweep may have closed what readers know is closed.
fn totals(
    store: &Store,
    client: ClientId,
    truth: &Truth,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let sums = truth.sums();
    let mut compare = |what: &str, name: &str, wanted: &Totals, found: Totals| {
        let open = found.open;
        let found = Totals {
            open: wanted.open,
            ..found
        };
        // Sessions that a restart closed count as open until the sweep.
        if found != *wanted || open < wanted.open || open > wanted.sessions - wanted.stops {
            verdict.differs(|| {
                format!("{what} {name}: {wanted:?} is recorded as {found:?}, {open} open")
            });
        }
    };
    for (user, wanted) in &sums.users {
        compare(
            "user",
            user,
            wanted,
            store.user_totals(client, user.as_bytes())?,
        );
    }
    for (nas, wanted) in &sums.nases {
        let found = store.nas_totals(client, &Nas::V4(nas_octets(*nas)))?;
        compare("NAS", &format!("{nas:x}"), wanted, found);
    }
    compare(
        "client",
        &truth.client,
        &sums.client,
        store.client_totals(client)?,
    );
    verdict.users = sums.users.len() as u64;
    verdict.nases = sums.nases.len() as u64;
    Ok(())
}
