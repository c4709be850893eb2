//! A session: 128 octets that change with every packet, and the attributes that describe it.
use super::{BadRecord, Cold, Fields, NasRecord, Totals, VERSION, Writer};
use std::net::Ipv4Addr;

/// The hot part (docs/radius-record.md 3.2).
pub const HOT_OCTETS: usize = 128;
/// The longest record of a session.
pub const RECORD_OCTETS_MAX: usize = HOT_OCTETS + super::cold::COLD_OCTETS_MAX;
/// Where the checksum is.
const CHECKSUM_AT: usize = 124;

/// What became of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It goes on, as far as is known.
    Open = 2,
    /// A Stop was received.
    Closed = 3,
    /// Its NAS has started again since.
    ClosedByRestart = 4,
    /// Nothing was heard of it for too long, or another session has its id now.
    ClosedStale = 5,
}

/// What is known about a session besides its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SessionFlags(pub u16);

impl SessionFlags {
    /// A Start was received.
    pub const START_SEEN: Self = Self(1);
    /// A Stop was received.
    pub const STOP_SEEN: Self = Self(1 << 1);
    /// A counter came with 64 bits, so 32 of them never mean that it began again.
    pub const WIDE: Self = Self(1 << 2);
    /// A counter of 32 bits began again at 0, and 2^32 were added.
    pub const WRAPPED: Self = Self(1 << 3);
    /// A newer packet had a lower counter, which was not believed.
    pub const REGRESSED: Self = Self(1 << 4);
    /// The start time was computed from Acct-Session-Time.
    pub const SYNTH_START: Self = Self(1 << 5);
    /// The session was closed without a Stop.
    pub const SYNTH_STOP: Self = Self(1 << 6);
    /// A packet was odd.
    pub const ANOMALY: Self = Self(1 << 7);
    /// The start time is that of the first event; nothing says when the session began.
    pub const START_UNKNOWN: Self = Self(1 << 8);
    /// Another session has its id now.
    pub const SUPERSEDED: Self = Self(1 << 9);
    /// The attributes had no room.
    pub const TRUNCATED: Self = Self(1 << 10);
    /// It was closed as stale, and was heard of again.
    pub const REOPENED: Self = Self(1 << 11);
    const ALL: u16 = (1 << 12) - 1;

    /// Whether all of the others are in it.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Adds the others.
    pub fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Takes the others away.
    pub fn remove(&mut self, other: Self) {
        self.0 &= !other.0;
    }
}

/// The fields that change with every packet. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hot {
    /// What became of the session, but for a restart of its NAS: [`SessionRecord::state_now`].
    pub state: State,
    /// What is known besides.
    pub flags: SessionFlags,
    /// Acct-Status-Type of the newest event; 255 for those above.
    pub last_status: u8,
    /// Acct-Terminate-Cause; 0: none, 255 for those above.
    pub terminate_cause: u8,
    /// Octets from the user.
    pub input_octets: u64,
    /// Octets to the user.
    pub output_octets: u64,
    /// Packets from the user.
    pub input_packets: u64,
    /// Packets to the user.
    pub output_packets: u64,
    /// Acct-Session-Time.
    pub session_time_s: u32,
    /// Interim-Updates that were newer than all before.
    pub interims: u32,
    /// When it began.
    pub start_ms: u64,
    /// The newest event.
    pub last_event_ms: u64,
    /// When a packet of it was last received.
    pub last_arrival_ms: u64,
    /// When it ended; 0 while it is open.
    pub stop_ms: u64,
    /// The newest entry of the log that is in it.
    pub lsn: u64,
    /// The epoch of the NAS that it belongs to.
    pub nas_epoch: u32,
    /// How many sessions had this id before.
    pub earlier: u32,
    /// Framed-IP-Address; 0.0.0.0: none.
    pub framed_ip: Ipv4Addr,
    /// The largest Acct-Link-Count.
    pub link_count: u32,
    /// Acct-Interim-Interval; 0: none.
    pub interim_interval_s: u32,
    /// The newest event that counted octets; 0: none.
    pub counted_ms: u64,
}

impl Hot {
    /// A session that nothing is known of.
    #[must_use]
    pub fn new(state: State) -> Self {
        Self {
            state,
            flags: SessionFlags::default(),
            last_status: 0,
            terminate_cause: 0,
            input_octets: 0,
            output_octets: 0,
            input_packets: 0,
            output_packets: 0,
            session_time_s: 0,
            interims: 0,
            start_ms: 0,
            last_event_ms: 0,
            last_arrival_ms: 0,
            stop_ms: 0,
            lsn: 0,
            nas_epoch: 0,
            earlier: 0,
            framed_ip: Ipv4Addr::UNSPECIFIED,
            link_count: 0,
            interim_interval_s: 0,
            counted_ms: 0,
        }
    }
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// What changes.
    pub hot: Hot,
    /// What describes it.
    pub cold: Cold,
}

impl SessionRecord {
    /// The bytes, in a buffer of the caller.
    pub fn encode<'o>(&self, out: &'o mut [u8; RECORD_OCTETS_MAX]) -> &'o [u8] {
        let cold = self.cold.as_bytes();
        let length = HOT_OCTETS + cold.len();
        out[..HOT_OCTETS].fill(0);
        let hot = &self.hot;
        let mut writer = Writer::new(out);
        writer.u8(VERSION.to_le_bytes()[0]);
        writer.u8(hot.state as u8);
        writer.u16(hot.flags.0);
        writer.u8(hot.last_status);
        writer.u8(hot.terminate_cause);
        writer.u16(u16::try_from(cold.len()).unwrap_or(u16::MAX));
        for number in [
            hot.input_octets,
            hot.output_octets,
            hot.input_packets,
            hot.output_packets,
        ] {
            writer.u64(number);
        }
        writer.u32(hot.session_time_s);
        writer.u32(hot.interims);
        for time in [
            hot.start_ms,
            hot.last_event_ms,
            hot.last_arrival_ms,
            hot.stop_ms,
            hot.lsn,
        ] {
            writer.u64(time);
        }
        writer.u32(hot.nas_epoch);
        writer.u32(hot.earlier);
        writer.bytes(&hot.framed_ip.octets());
        writer.u32(hot.link_count);
        writer.u32(hot.interim_interval_s);
        writer.u64(hot.counted_ms);
        out[HOT_OCTETS..length].copy_from_slice(cold);
        let checksum = checksum(&out[..length]);
        out[CHECKSUM_AT..HOT_OCTETS].copy_from_slice(&checksum.to_le_bytes());
        &out[..length]
    }

    /// Reads bytes that anybody may have written.
    ///
    /// # Errors
    /// [`BadRecord`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        if bytes.len() < HOT_OCTETS || bytes.len() > RECORD_OCTETS_MAX {
            return Err(BadRecord::Length);
        }
        let mut fields = Fields::new(bytes);
        if u32::from(fields.u8()) != VERSION {
            return Err(BadRecord::Field("version"));
        }
        let stored = u32::from_le_bytes(Fields::new(&bytes[CHECKSUM_AT..]).array());
        if stored != checksum(bytes) {
            return Err(BadRecord::Checksum);
        }
        let mut hot = Hot::new(state(fields.u8())?);
        hot.flags = SessionFlags(fields.u16());
        if hot.flags.0 & !SessionFlags::ALL != 0 {
            return Err(BadRecord::Field("flags"));
        }
        hot.last_status = fields.u8();
        hot.terminate_cause = fields.u8();
        if usize::from(fields.u16()) != bytes.len() - HOT_OCTETS {
            return Err(BadRecord::Length);
        }
        hot.input_octets = fields.u64();
        hot.output_octets = fields.u64();
        hot.input_packets = fields.u64();
        hot.output_packets = fields.u64();
        hot.session_time_s = fields.u32();
        hot.interims = fields.u32();
        hot.start_ms = fields.u64();
        hot.last_event_ms = fields.u64();
        hot.last_arrival_ms = fields.u64();
        hot.stop_ms = fields.u64();
        hot.lsn = fields.u64();
        hot.nas_epoch = fields.u32();
        hot.earlier = fields.u32();
        hot.framed_ip = Ipv4Addr::from(fields.array::<4>());
        hot.link_count = fields.u32();
        hot.interim_interval_s = fields.u32();
        hot.counted_ms = fields.u64();
        let cold = Cold::from_bytes(&bytes[HOT_OCTETS..]).ok_or(BadRecord::Field("attribute"))?;
        Ok(Self { hot, cold })
    }

    /// What became of it, as every reader must see it: a session that began before its NAS last started, and belongs
    /// to an earlier epoch, is closed, whether somebody has written that down yet or not.
    #[must_use]
    pub fn state_now(&self, nas: Option<&NasRecord>) -> State {
        let is_open = matches!(self.hot.state, State::Open | State::ClosedStale);
        match nas {
            Some(nas)
                if is_open && self.hot.nas_epoch < nas.epoch && self.hot.start_ms < nas.boot_ms =>
            {
                State::ClosedByRestart
            }
            _ => self.hot.state,
        }
    }

    /// What it adds to the totals of its user, NAS and client.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let hot = &self.hot;
        Totals {
            input_octets: hot.input_octets.cast_signed(),
            output_octets: hot.output_octets.cast_signed(),
            input_packets: hot.input_packets.cast_signed(),
            output_packets: hot.output_packets.cast_signed(),
            session_time_s: i64::from(hot.session_time_s),
            sessions: 1,
            open: i64::from(hot.state == State::Open),
            stops: i64::from(hot.flags.contains(SessionFlags::STOP_SEEN)),
        }
    }
}

fn state(number: u8) -> Result<State, BadRecord> {
    match number {
        2 => Ok(State::Open),
        3 => Ok(State::Closed),
        4 => Ok(State::ClosedByRestart),
        5 => Ok(State::ClosedStale),
        _ => Err(BadRecord::Field("state")),
    }
}

/// CRC-32C of everything but the checksum itself.
fn checksum(bytes: &[u8]) -> u32 {
    let before = crc32c::crc32c(&bytes[..CHECKSUM_AT]);
    crc32c::crc32c_append(before, &bytes[HOT_OCTETS..])
}
