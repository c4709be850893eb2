//! What happens at a NAS, and when packets tell of it. The rules are those of crates/radiusd/tests/disorder/truth.rs.
use super::truth::{End, Expected};
use crate::source::Kind;
use quipu_tests::random::Random;

/// A packet is under way for less than that, with what the run itself may add.
const LATE_S_MAX: u64 = 72;
/// Nothing happens after that: 18 hours.
const END_MS: u64 = 18 * 3600 * 1000;
/// How many sessions a NAS has at a time, and so how many ids.
const IDS: u32 = 80;
/// About as many events for each id.
const EVENTS_OF_ID: usize = 200;

/// How a NAS tells the time, and whether its counters have 32 bits.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// By Event-Timestamp; else by Acct-Delay-Time.
    pub has_timestamp: bool,
    /// Its counters begin again after 2^32.
    pub is_narrow: bool,
}

/// Something that happened. Times are milliseconds after the begin.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// What.
    pub kind: Kind,
    /// When.
    pub ms: u64,
    /// Where.
    pub nas: u32,
    /// To which session.
    pub session: Option<u32>,
    /// Its octets so far, from the user and to the user, if the event tells.
    pub octets: Option<(u64, u64)>,
}

/// A packet that tells of an event.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// When it arrives.
    pub ms: u64,
    /// Which event it tells of.
    pub event: u32,
    /// Its first answer is lost.
    pub answer_is_lost: bool,
}

/// All that happened.
#[derive(Debug)]
pub(super) struct Happened {
    pub(super) events: Vec<Event>,
    pub(super) arrivals: Vec<Arrival>,
    pub(super) sessions: Vec<Expected>,
    lose_answers: u64,
    restarts_ms: Vec<u64>,
}

impl Happened {
    pub(super) fn new(lose_answers: u64) -> Self {
        Self {
            events: Vec::new(),
            arrivals: Vec::new(),
            sessions: Vec::new(),
            lose_answers,
            restarts_ms: Vec::new(),
        }
    }

    /// The life of a NAS.
    pub(super) fn live(&mut self, nas: u32, random: &mut Random) {
        self.restarts_ms.clear();
        let mut at_ms = 0;
        loop {
            at_ms += (1_000 + random.below(9_000)) * 1000 + 77;
            if at_ms > END_MS {
                break;
            }
            self.restarts_ms.push(at_ms);
            let kind = if random.one_in(3) {
                Kind::Off
            } else {
                Kind::On
            };
            self.tell(
                Event {
                    kind,
                    ms: at_ms,
                    nas,
                    session: None,
                    octets: None,
                },
                random,
            );
        }
        for id in 0..IDS {
            let enough = self.events.len() + EVENTS_OF_ID;
            let mut at_ms = 0;
            while self.events.len() < enough && at_ms < END_MS {
                let gap_s = 5 + random.below(195);
                let (end_ms, is_stopped) =
                    self.session(nas, id, (gap_s, at_ms + gap_s * 1000 + 123), random);
                at_ms = end_ms;
                if !is_stopped {
                    // It goes on for ever, or until the NAS starts again.
                    let Some(restart_ms) = self.restart_after(at_ms) else {
                        break;
                    };
                    at_ms = restart_ms;
                }
            }
        }
    }

    fn restart_after(&self, ms: u64) -> Option<u64> {
        let mut restarts = self.restarts_ms.iter();
        restarts
            .find(|restart_ms| **restart_ms + 5_000 > ms)
            .copied()
    }

    /// A session from its Start on; says when it was over, and whether it was stopped or cut off.
    fn session(
        &mut self,
        nas: u32,
        id: u32,
        (gap_s, start_ms): (u64, u64),
        random: &mut Random,
    ) -> (u64, bool) {
        let restart_ms = self.restart_after(start_ms).unwrap_or(u64::MAX);
        if start_ms + 5_000 > restart_ms {
            return (restart_ms, true);
        }
        let number = u32::try_from(self.sessions.len()).unwrap_or(u32::MAX);
        let mut event = Event {
            kind: Kind::Start,
            ms: start_ms,
            nas,
            session: Some(number),
            octets: None,
        };
        self.tell(event, random);
        let user = format!("user{:04}", random.below(5_000));
        let mut session = Expected::new(nas, format!("{id:08}"), user, start_ms);
        // Before anything but the Start of a session is sent, what is left of the last one with this id has arrived:
        // without its Stop, nothing but a new Start tells two sessions apart.
        let mut least_s = LATE_S_MAX.saturating_sub(gap_s);
        let mut octets = (0, 0);
        let interims = random.below(17);
        let is_stopped = !random.one_in(10);
        let mut is_cut = false;
        for number in 0..=interims {
            let is_last = number == interims;
            if is_last && !is_stopped {
                break;
            }
            event.ms += (10 + random.below(140)).max(least_s) * 1000;
            least_s = 0;
            if event.ms + 5_000 > restart_ms {
                is_cut = true;
                break;
            }
            if is_last {
                event.kind = Kind::Stop;
                // Half of the clients do not say it again.
                event.octets = event.octets.filter(|_| random.one_in(2));
                session.end = End::Stopped { ms: event.ms };
            } else {
                octets.0 += random.below(1 << 27);
                octets.1 += random.below(1 << 27);
                (event.kind, event.octets) = (Kind::Interim, Some(octets));
                session.count(octets);
            }
            session.session_time_s = (event.ms - start_ms) / 1000;
            self.tell(event, random);
        }
        if session.end == End::Open && restart_ms != u64::MAX {
            session.end = End::Restarted;
        }
        self.sessions.push(session);
        (
            if is_cut { restart_ms } else { event.ms },
            is_stopped || is_cut,
        )
    }

    /// Sends the packets of an event: most arrive once and at once, some late, some often.
    fn tell(&mut self, event: Event, random: &mut Random) {
        let number = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
        self.events.push(event);
        let count = if random.below(10) < 8 {
            1
        } else {
            1 + random.below(3)
        };
        for _ in 0..count {
            // In the queue of the NAS, or lost and sent again; then in the network.
            let queued_ms = if random.one_in(5) {
                random.below(60_000)
            } else {
                0
            };
            self.arrivals.push(Arrival {
                ms: event.ms + queued_ms + random.below(800),
                event: number,
                answer_is_lost: self.lose_answers > 0 && random.one_in(self.lose_answers),
            });
        }
    }
}
