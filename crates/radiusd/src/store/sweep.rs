//! What time closes: sessions of NASes that have started again, and those that nothing is heard of.
use super::{Store, StoreError};
use crate::event::{ClientId, SessionKey};
use crate::merge::{close_by_restart, close_stale};
use crate::record::SessionRecord;
use quipu::Token;

/// How many sessions a sweep has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Because their NAS has started again. Readers knew it before.
    pub restarted: u64,
    /// Because nothing was heard of them.
    pub stale: u64,
}

/// The client and the NAS in the key of a session (docs/radius-record.md 2), the NAS with its client, as in the keys
/// of its own entries.
fn owner(key: &[u8]) -> Option<(ClientId, &[u8])> {
    let rest = match key.split_first()? {
        (b's', rest) => rest,
        (b'e', rest) => rest.get(4..)?,
        _ => return None,
    };
    let (client, nas) = rest.split_first_chunk::<4>()?;
    let nas_octets = match nas.split_first()? {
        (b'4' | b'a', _) => 1 + 4,
        (b'6' | b'b', _) => 1 + 16,
        (b'i', name) => 2 + usize::from(*name.first()?),
        _ => return None,
    };
    let client = ClientId(u32::from_le_bytes(*client));
    Some((client, rest.get(..4 + nas_octets)?))
}

impl Store {
    /// Writes down what readers work out by themselves: which sessions the restarts of NASes have closed. And gives
    /// up those that were silent for longer than `silence_ms_max`, if there is such a limit. It reads the whole table,
    /// in step with everybody who writes; a session that changes meanwhile is left to the next sweep.
    ///
    /// # Errors
    /// [`StoreError`]; then some are closed.
    pub fn sweep(&self, now_ms: u64, silence_ms_max: Option<u64>) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        for item in self.table.scan() {
            let (key, _) = item?;
            let Some((client, nas)) = owner(&key) else {
                continue;
            };
            let Some((old, token)) = self.session_of(&key)? else {
                continue;
            };
            let nas_record = self
                .nas_of(key_of_nas(b'n', nas).as_bytes())?
                .map(|(nas, _)| nas);
            if let Some(closed) = close_by_restart(&old, nas_record.as_ref()) {
                swept.restarted +=
                    u64::from(self.close(&key, (client, nas), (&old, token), &closed)?);
            } else if let Some(closed) =
                silence_ms_max.and_then(|silence_ms_max| close_stale(&old, now_ms, silence_ms_max))
            {
                swept.stale +=
                    u64::from(self.close(&key, (client, nas), (&old, token), &closed)?);
            }
        }
        Ok(swept)
    }

    /// Stores a closed session, and what that changes; says whether it was still as it was read.
    fn close(
        &self,
        key: &[u8],
        (client, nas): (ClientId, &[u8]),
        (old, token): (&SessionRecord, Token),
        closed: &SessionRecord,
    ) -> Result<bool, StoreError> {
        if !self.put_session(key, Some(token), closed)? {
            return Ok(false);
        }
        let delta = closed.totals().minus(&old.totals());
        self.add_to_user(
            client,
            closed.cold.get(crate::packet::kind::USER_NAME),
            &delta,
        )?;
        self.add_to_client(client, &delta)?;
        self.add(&key_of_nas(b'N', nas), &delta)?;
        self.add_to_period(closed.hot.stop_ms, &delta)?;
        self.index(client, key, Some(old), closed)?;
        Ok(true)
    }
}

fn key_of_nas(tag: u8, nas: &[u8]) -> SessionKey {
    let mut key = SessionKey::tagged(tag);
    key.push(nas);
    key
}
