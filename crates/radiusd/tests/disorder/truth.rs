//! What really happened at a NAS, the packets that tell of it in the order in which they arrive, and how somebody
//! would write it down who saw the true order: the plainest model there is.
use proptest::prelude::*;
use quipu_radiusd::packet::{Composer, Secret, kind};
use quipu_radiusd::record::State;

pub(crate) const SECRET: &[u8] = b"secret";
const BEGIN_MS: u64 = 1_700_000_000_000;
/// A packet is under way for less than that.
const LATE_S_MAX: u64 = 66;

/// How a NAS tells the time, and whether its counters have 32 bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) has_timestamp: bool,
    pub(crate) is_narrow: bool,
}

/// What becomes of a packet on its way: lost for good, or received once or more often, after so many milliseconds in
/// the queue of the NAS, and so many in the network.
#[derive(Debug, Clone)]
pub(crate) struct Fate {
    pub(crate) arrivals: Vec<(u64, u64)>,
}

/// Most packets arrive once and at once; some late, some often, and some never if they may be lost.
pub(crate) fn fate(may_be_lost: bool) -> impl Strategy<Value = Fate> {
    let queued = prop_oneof![4 => Just(0u64), 1 => 0u64..58_000];
    let arrival = (queued, 0u64..800);
    let lost = u32::from(may_be_lost);
    prop_oneof![
        7 => prop::collection::vec(arrival.clone(), 1..2),
        2 => prop::collection::vec(arrival, 1..4),
        lost => Just(Vec::new()),
    ]
    .prop_map(|arrivals| Fate { arrivals })
}

#[derive(Debug, Clone)]
pub(crate) struct Interim {
    pub(crate) after_s: u64,
    pub(crate) input: u32,
    pub(crate) output: u32,
    pub(crate) fate: Fate,
}

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) gap_s: u64,
    pub(crate) start: Fate,
    pub(crate) interims: Vec<Interim>,
    pub(crate) last_s: u64,
    pub(crate) stop: Fate,
    pub(crate) stop_has_counters: bool,
    pub(crate) is_stopped: bool,
}

/// One NAS: for each id the sessions that have it, one after the other, and when the NAS starts again.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) style: Style,
    pub(crate) ids: Vec<Vec<Session>>,
    pub(crate) restarts: Vec<(u64, Fate)>,
}

/// A packet as it arrives.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) ms: u64,
    pub(crate) bytes: Vec<u8>,
}

/// A session as it should be recorded.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    pub(crate) id: Vec<u8>,
    pub(crate) user: Vec<u8>,
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) octets: (u64, u64),
    pub(crate) session_time_s: u32,
    pub(crate) state: State,
    pub(crate) has_start: bool,
}

pub(crate) struct Truth {
    pub(crate) packets: Vec<Arrival>,
    pub(crate) sessions: Vec<Expected>,
    style: Style,
    restarts_ms: Vec<u64>,
}

/// What a packet says of a session.
#[derive(Clone, Copy)]
struct Says<'s> {
    status: u32,
    ms: u64,
    session: Option<(&'s [u8], u64)>,
    user: &'s [u8],
    octets: Option<(u64, u64)>,
}

impl Truth {
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut truth = Self {
            packets: Vec::new(),
            sessions: Vec::new(),
            style: plan.style,
            restarts_ms: Vec::new(),
        };
        let mut at_ms = BEGIN_MS;
        for (after_s, fate) in &plan.restarts {
            at_ms += after_s * 1000 + 77;
            truth.restarts_ms.push(at_ms);
            truth.send(
                fate,
                Says {
                    status: 7,
                    ms: at_ms,
                    session: None,
                    user: b"",
                    octets: None,
                },
            );
        }
        for (number, sessions) in plan.ids.iter().enumerate() {
            let id = format!("{number:08}").into_bytes();
            let mut at_ms = BEGIN_MS;
            for session in sessions {
                at_ms = truth.run(&id, session, at_ms + session.gap_s * 1000 + 123);
                if !session.is_stopped {
                    // It goes on for ever, or until the NAS starts again.
                    let Some(restart_ms) = truth.restart_after(at_ms) else {
                        break;
                    };
                    at_ms = restart_ms;
                }
            }
        }
        truth.packets.sort_by_key(|packet| packet.ms);
        truth
    }

    fn restart_after(&self, ms: u64) -> Option<u64> {
        let mut restarts = self.restarts_ms.iter();
        restarts
            .find(|restart_ms| **restart_ms + 5_000 > ms)
            .copied()
    }

    /// Sends the packets of a session, and writes down what is received; returns when it was over.
    fn run(&mut self, id: &[u8], session: &Session, start_ms: u64) -> u64 {
        let restart_ms = self.restart_after(start_ms).unwrap_or(u64::MAX);
        if start_ms + 5_000 > restart_ms {
            return restart_ms;
        }
        let user = format!("user{}", start_ms % 7).into_bytes();
        let mut says = Says {
            status: 1,
            ms: start_ms,
            session: Some((id, start_ms)),
            user: &user,
            octets: None,
        };
        let has_start = self.send(&session.start, says);
        let mut expected = Expected {
            id: id.to_vec(),
            user: user.clone(),
            start_ms,
            end_ms: start_ms,
            octets: (0, 0),
            session_time_s: 0,
            state: State::Open,
            has_start,
        };
        let mut is_received = has_start;
        let mut octets = (0u64, 0u64);
        let mut is_cut = false;
        // Before anything but the Start of a session is sent, what is left of the last one with this id has arrived:
        // without its Stop, nothing but a new Start tells two sessions apart.
        let mut least_s = LATE_S_MAX.saturating_sub(session.gap_s);
        for interim in &session.interims {
            says.ms += interim.after_s.max(least_s) * 1000;
            least_s = 0;
            if says.ms + 5_000 > restart_ms {
                is_cut = true;
                break;
            }
            octets = (
                octets.0 + u64::from(interim.input),
                octets.1 + u64::from(interim.output),
            );
            (says.status, says.octets) = (3, Some(octets));
            if self.send(&interim.fate, says) {
                is_received = true;
                expected.octets = octets;
                expected.session_time_s = length_s(start_ms, says.ms);
            }
        }
        if !is_cut && session.is_stopped {
            says.ms += session.last_s.max(least_s) * 1000;
            is_cut = says.ms + 5_000 > restart_ms;
            says.status = 2;
            says.octets = session.stop_has_counters.then_some(octets);
            if !is_cut && self.send(&session.stop, says) {
                is_received = true;
                expected.octets = says.octets.unwrap_or(expected.octets);
                expected.session_time_s = length_s(start_ms, says.ms);
                expected.state = State::Closed;
                expected.end_ms = says.ms;
            }
        }
        if expected.state == State::Open && restart_ms != u64::MAX {
            expected.state = State::ClosedByRestart;
        }
        if is_received {
            self.sessions.push(expected);
        }
        if is_cut { restart_ms } else { says.ms }
    }

    /// Adds the arrivals of a packet; says whether there is one.
    fn send(&mut self, fate: &Fate, says: Says<'_>) -> bool {
        for (queued_ms, travelled_ms) in &fate.arrivals {
            let bytes = self.packet(says, *queued_ms);
            self.packets.push(Arrival {
                ms: says.ms + queued_ms + travelled_ms,
                bytes,
            });
        }
        !fate.arrivals.is_empty()
    }

    fn packet(&self, says: Says<'_>, queued_ms: u64) -> Vec<u8> {
        let mut request = Composer::new(1);
        request.push_number(kind::ACCT_STATUS_TYPE, says.status);
        request.push(kind::NAS_IP_ADDRESS, &[192, 0, 2, 1]);
        if self.style.has_timestamp {
            let seconds = u32::try_from(says.ms / 1000).expect("before 2106");
            request.push_number(kind::EVENT_TIMESTAMP, seconds);
        } else {
            let seconds = u32::try_from(queued_ms / 1000).expect("a minute");
            request.push_number(kind::ACCT_DELAY_TIME, seconds);
        }
        if let Some((id, start_ms)) = says.session {
            request.push(kind::ACCT_SESSION_ID, id);
            request.push(kind::USER_NAME, says.user);
            if says.status != 1 {
                request.push_number(kind::ACCT_SESSION_TIME, length_s(start_ms, says.ms));
            }
        }
        if let Some((input, output)) = says.octets {
            for (value, low, high) in [
                (input, kind::ACCT_INPUT_OCTETS, kind::ACCT_INPUT_GIGAWORDS),
                (
                    output,
                    kind::ACCT_OUTPUT_OCTETS,
                    kind::ACCT_OUTPUT_GIGAWORDS,
                ),
            ] {
                let (low_value, high_value) = (value & 0xffff_ffff, value >> 32);
                request.push_number(low, u32::try_from(low_value).expect("32 bits"));
                if !self.style.is_narrow {
                    request.push_number(high, u32::try_from(high_value).expect("32 bits"));
                }
            }
        }
        request.accounting(&Secret::new(SECRET)).to_vec()
    }
}

fn length_s(start_ms: u64, ms: u64) -> u32 {
    u32::try_from((ms - start_ms) / 1000).expect("hours")
}
