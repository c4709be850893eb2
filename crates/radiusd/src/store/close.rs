//! Closes by the server itself, as entries of the log: made from a session, and applied, by the sweep that made them
//! and by every replay, with one function. Their order among events does not matter: see [`crate::merge::close`].
use super::forget::Part;
use super::totals::nas_key;
use super::{Applied, ROUNDS_MAX, Store, StoreError};
use crate::event::{ClientId, Event, Nas, Reading, SessionKey, SessionName};
use crate::merge::{Closing, Overtaken, close};
use crate::packet::{Composer, Discard, Packet, Secret, TypedLengths, kind};
use crate::record::{SessionRecord, Totals};
use quipu::WriteError;
use std::net::{IpAddr, Ipv4Addr};

/// A close, as the log keeps it: the Stop that the NAS did not send. Whoever reads the log reads it like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close<'p> {
    /// Whose session it is.
    pub client: ClientId,
    /// Where its requests came from, if nothing else names its NAS; else `0.0.0.0`.
    pub source: IpAddr,
    /// When the session ended: the time of the entry.
    pub stop_ms: u64,
    /// When the server decided that.
    pub arrival_ms: u64,
    /// An Accounting-Request of the session with what was last known, signed with an empty secret.
    pub packet: &'p [u8],
}

/// Writes the Stop of a session that the server closes.
pub(super) fn write_stop<'r>(
    name: &SessionName<'_>,
    closed: &SessionRecord,
    closing: Closing,
    request: &'r mut Composer,
) -> &'r [u8] {
    let hot = &closed.hot;
    let low = |number: u64| u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0);
    let second = u32::try_from(hot.stop_ms / 1000).unwrap_or(u32::MAX);
    for (kind, number) in [
        (kind::ACCT_STATUS_TYPE, 2),
        (kind::EVENT_TIMESTAMP, second),
        (kind::ACCT_TERMINATE_CAUSE, u32::from(closing.cause())),
        (kind::ACCT_SESSION_TIME, hot.session_time_s),
        (kind::ACCT_INPUT_OCTETS, low(hot.input_octets)),
        (kind::ACCT_INPUT_GIGAWORDS, low(hot.input_octets >> 32)),
        (kind::ACCT_OUTPUT_OCTETS, low(hot.output_octets)),
        (kind::ACCT_OUTPUT_GIGAWORDS, low(hot.output_octets >> 32)),
        (kind::ACCT_INPUT_PACKETS, low(hot.input_packets)),
        (kind::ACCT_OUTPUT_PACKETS, low(hot.output_packets)),
    ] {
        request.push_number(kind, number);
    }
    // 1,024 octets of attributes at most, so there is room for all.
    request.push(kind::ACCT_SESSION_ID, name.id);
    if !hot.framed_ip.is_unspecified() {
        request.push(kind::FRAMED_IP_ADDRESS, &hot.framed_ip.octets());
    }
    if hot.link_count > 0 {
        request.push_number(kind::ACCT_LINK_COUNT, hot.link_count);
    }
    let nas_kind = push_nas(&name.nas, request);
    let names_nas = |number| {
        let all = [
            kind::NAS_IP_ADDRESS,
            kind::NAS_IPV6_ADDRESS,
            kind::NAS_IDENTIFIER,
        ];
        all.contains(&number)
    };
    for attribute in closed.cold.attributes() {
        // What has no room in a record may be the attribute that its key is made of, and the other way round.
        let is_other = attribute.kind != nas_kind;
        let is_without = matches!(name.nas, Nas::Source(_)) && names_nas(attribute.kind);
        if is_other && !is_without {
            request.push(attribute.kind, attribute.value);
        }
    }
    request.accounting(&Secret::new(b""))
}

/// Appends the attribute that names a NAS; returns its number, or 0 if there is none.
pub(super) fn push_nas(nas: &Nas<'_>, request: &mut Composer) -> u8 {
    let (nas_kind, nas) = match nas {
        Nas::V4(address) => (kind::NAS_IP_ADDRESS, &address[..]),
        Nas::V6(address) => (kind::NAS_IPV6_ADDRESS, &address[..]),
        Nas::Identifier(name) => (kind::NAS_IDENTIFIER, *name),
        Nas::Source(_) => return 0,
    };
    request.push(nas_kind, nas);
    nas_kind
}

/// Where the requests of a session come from, as far as its key needs it.
pub(super) fn source_of(nas: &Nas<'_>) -> IpAddr {
    match nas {
        Nas::Source(address) => *address,
        _ => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    }
}

impl Store {
    /// Applies a close from the log, once, or what was forgotten: `packet` is that of a synthetic entry, `stop_ms` the
    /// entry's time.
    ///
    /// # Errors
    /// [`StoreError`]. [`Discard::Forbidden`]: the packet is not what [`Close`] says.
    pub fn replay_close(
        &self,
        client: ClientId,
        packet: &[u8],
        source: IpAddr,
        stop_ms: u64,
    ) -> Result<Applied, StoreError> {
        let packet = Packet::parse(packet, TypedLengths::Skip).map_err(StoreError::Discard)?;
        let reading = Reading::default();
        let event = Event::read(&packet, source, &reading).map_err(StoreError::Discard)?;
        if let Some(part) = Part::of_status(event.status) {
            return self.replay_forgotten(client, &event, part, stop_ms);
        }
        let closing = event.terminate_cause.and_then(Closing::of_cause);
        let (Some(id), Some(closing)) = (event.session_id, closing) else {
            let what = "a close without a session or a cause";
            return Err(StoreError::Discard(Discard::Forbidden(what)));
        };
        let key = SessionKey::session(client, &event.nas, id);
        for _ in 0..ROUNDS_MAX {
            let nas = self.nas(&SessionKey::nas(client, &event.nas))?;
            let found = self.session_of(key.as_bytes())?;
            let old = found.as_ref().map(|(record, _)| record);
            let token = found.as_ref().map(|(_, token)| *token);
            let outcome = close(old, nas.as_ref(), closing, stop_ms);
            let new = match &outcome {
                Ok(closed) => Some(closed),
                Err(Overtaken::Reopened(reopened)) => Some(&**reopened),
                Err(_) => None,
            };
            if let Some(new) = new
                && !self.put_session(key.as_bytes(), token, new)?
            {
                continue;
            }
            let Some(old) = old else {
                return Ok(Applied::Closed(None));
            };
            return match outcome {
                Ok(closed) => {
                    self.book_close((client, &event.nas), old, &closed)?;
                    self.index(client, key.as_bytes(), Some(old), &closed)?;
                    Ok(Applied::Closed(Some(closing)))
                }
                Err(Overtaken::Unknown) => Ok(Applied::Closed(None)),
                Err(Overtaken::Ended(booked_ms)) => {
                    self.move_close(stop_ms, booked_ms)?;
                    Ok(Applied::Closed(None))
                }
                Err(Overtaken::Reopened(_)) => {
                    self.move_close(stop_ms, old.hot.last_event_ms)?;
                    Ok(Applied::Closed(None))
                }
            };
        }
        Err(WriteError::Busy.into())
    }

    fn book_close(
        &self,
        (client, nas): (ClientId, &Nas<'_>),
        old: &SessionRecord,
        closed: &SessionRecord,
    ) -> Result<(), StoreError> {
        let delta = closed.totals().minus(&old.totals());
        self.add_to_user(client, closed.cold.get(kind::USER_NAME), &delta)?;
        self.add(&nas_key(client, nas), &delta)?;
        self.add_to_client(client, &delta)?;
        self.add_to_period(closed.hot.stop_ms, &delta)
    }

    /// The event that came instead has booked the end, or the close and the new beginning that it would have booked
    /// are 0 together: but in its own period, and not in that of the close.
    fn move_close(&self, from_ms: u64, to_ms: u64) -> Result<(), StoreError> {
        let one = |open| Totals {
            open,
            ..Totals::default()
        };
        if self.is_same_period(from_ms, to_ms) {
            return Ok(());
        }
        self.add_to_period(from_ms, &one(-1))?;
        self.add_to_period(to_ms, &one(1))
    }
}
