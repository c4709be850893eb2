//! How events end for somebody who sees them in their true order: the plainest model there is.
use quipu_radiusd::record::Totals;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// It did not.
    Open,
    /// By a Stop, so many milliseconds after the begin.
    Stopped {
        /// When.
        ms: u64,
    },
    /// Its NAS started again.
    Restarted,
}

/// A session as it has to be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The number of its NAS.
    pub nas: u32,
    /// Acct-Session-Id.
    pub id: String,
    /// User-Name.
    pub user: String,
    /// When it began, in milliseconds after the begin.
    pub start_ms: u64,
    /// Octets from the user and to the user.
    pub octets: (u64, u64),
    /// Seconds.
    pub session_time_s: u64,
    /// How it ended.
    pub end: End,
}

/// How everything ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Truth {
    /// The server's name for the client.
    pub client: String,
    /// The begin, in milliseconds since 1970.
    pub begin_ms: u64,
    /// Every session.
    pub sessions: Vec<Expected>,
}

/// The sums over sessions.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    /// Of all.
    pub client: Totals,
    /// By user.
    pub users: BTreeMap<String, Totals>,
    /// By the number of the NAS.
    pub nases: BTreeMap<u32, Totals>,
}

/// The address of a NAS.
#[must_use]
pub fn nas_octets(nas: u32) -> [u8; 4] {
    (0x0b00_0000 | (nas & 0x00ff_ffff)).to_be_bytes()
}

/// The address of a NAS, to be read.
#[must_use]
pub fn name_of_nas(nas: u32) -> String {
    Ipv4Addr::from(nas_octets(nas)).to_string()
}

/// How many packets octets are.
pub(super) fn packets(octets: u64) -> u64 {
    octets / 500
}

impl Expected {
    pub(super) fn new(nas: u32, id: String, user: String, start_ms: u64) -> Self {
        Self {
            nas,
            id,
            user,
            start_ms,
            octets: (0, 0),
            session_time_s: 0,
            end: End::Open,
        }
    }

    pub(super) fn count(&mut self, octets: (u64, u64)) {
        self.octets = octets;
    }

    /// What it adds to totals.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let is_stopped = matches!(self.end, End::Stopped { .. });
        Totals {
            input_octets: number(self.octets.0),
            output_octets: number(self.octets.1),
            input_packets: number(packets(self.octets.0)),
            output_packets: number(packets(self.octets.1)),
            session_time_s: number(self.session_time_s),
            sessions: 1,
            open: i64::from(self.end == End::Open),
            stops: i64::from(is_stopped),
        }
    }
}

impl Truth {
    /// The sums.
    #[must_use]
    pub fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for session in &self.sessions {
            let totals = session.totals();
            sums.client = sums.client.plus(&totals);
            let user = sums.users.entry(session.user.clone()).or_default();
            *user = user.plus(&totals);
            let nas = sums.nases.entry(session.nas).or_default();
            *nas = nas.plus(&totals);
        }
        sums
    }
}
