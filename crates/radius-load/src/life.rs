//! The usual life of sessions: a Start, eight Interim-Updates, a Stop, and the next session of the same user.
use crate::clock::wall_s;
use crate::source::{Kind, Next, Source};
use quipu_radiusd::packet::{Composer, kind};

/// Start, Interim-Updates, Stop.
const STEPS: u64 = 10;
/// The number of a request that is a NAS's start and not a step of a session.
const RESTART: u64 = 1 << 62;
const STATUS: u64 = 1 << 61;

/// What a run is made of.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Sessions at a time; 1 to 16 million.
    pub sessions: u64,
    /// NASes that they are spread over; 1 to 65,536.
    pub nases: u64,
    /// What is to be sent.
    pub part: Part,
    /// One of so many requests is a Status-Server; 0: none.
    pub status_every: u64,
    /// When the first NAS starts, in nanoseconds after the begin.
    pub restart_ns: Option<u64>,
    /// Names the sessions, so that runs against one server do not repeat each other's.
    pub run: u32,
}

/// Which part of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it, from the first Start.
    Whole,
    /// The first Start of every session, and no more.
    Opening,
    /// All of it, for sessions that are open, each at another step.
    Midlife,
    /// Interim-Updates of sessions that are open, for ever: nothing is added to what a server has to keep.
    Interims,
}

/// Sessions that begin, go on and end.
#[derive(Debug, Clone)]
pub struct Life {
    shape: Shape,
    next: u64,
    has_restarted: bool,
}

impl Life {
    /// Begins with the first request.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        let shape = Shape {
            sessions: shape.sessions.clamp(1, 1 << 24),
            nases: shape.nases.clamp(1, 1 << 16),
            ..shape
        };
        Self {
            shape,
            next: 0,
            has_restarted: false,
        }
    }

    /// Which session a request is of, the how many-eth of its user, and at which step.
    fn place(&self, request: u64) -> (u64, u64, u64) {
        let session = request % self.shape.sessions;
        let round = request / self.shape.sessions;
        let time = match self.shape.part {
            Part::Interims => return (session, 0, round + 1),
            Part::Whole | Part::Opening => round,
            // What was opened goes on at any step but the first.
            Part::Midlife => round + 1 + session % (STEPS - 1),
        };
        (session, time / STEPS, time % STEPS)
    }
}

impl Source for Life {
    fn next(&mut self, since_ns: u64) -> Next {
        if self.shape.restart_ns.is_some_and(|at_ns| since_ns >= at_ns) && !self.has_restarted {
            self.has_restarted = true;
            return Next::Request(RESTART);
        }
        if self.shape.part == Part::Opening && self.next == self.shape.sessions {
            return Next::End;
        }
        let request = self.next;
        self.next += 1;
        if self.shape.status_every > 0 && request.is_multiple_of(self.shape.status_every) {
            return Next::Request(STATUS | request);
        }
        Next::Request(request)
    }

    fn compose(&self, request: u64, delay_s: u32, composer: &mut Composer) -> Kind {
        if request & STATUS != 0 {
            composer.push_message_authenticator();
            return Kind::Status;
        }
        if request == RESTART {
            put_nas(composer, Kind::On, 0);
            composer.push_number(kind::EVENT_TIMESTAMP, wall_s().saturating_sub(delay_s));
            composer.push_number(kind::ACCT_DELAY_TIME, delay_s);
            return Kind::On;
        }
        let (session, turn, step) = self.place(request);
        let what = match step {
            _ if self.shape.part == Part::Interims => Kind::Interim,
            0 => Kind::Start,
            step if step == STEPS - 1 => Kind::Stop,
            _ => Kind::Interim,
        };
        put_nas(composer, what, session % self.shape.nases);
        self.put_session(composer, session, turn);
        let length_s = low(step * 60 + 1);
        composer.push_number(kind::EVENT_TIMESTAMP, wall_s().saturating_sub(delay_s));
        composer.push_number(kind::ACCT_DELAY_TIME, delay_s);
        if what != Kind::Start {
            put_counters(composer, step, session, length_s);
        }
        if what == Kind::Stop {
            composer.push_number(kind::ACCT_TERMINATE_CAUSE, 1);
        }
        what
    }
}

impl Life {
    fn put_session(&self, composer: &mut Composer, session: u64, turn: u64) {
        let text = format!("{:08x}{:06x}{turn:04x}", self.shape.run, session);
        composer.push(kind::ACCT_SESSION_ID, text.as_bytes());
        composer.push(
            kind::USER_NAME,
            format!("user{session:08}@example.net").as_bytes(),
        );
        composer.push_number(kind::NAS_PORT, low(session));
        composer.push(
            kind::NAS_PORT_ID,
            format!("slot 01 port {session:08}").as_bytes(),
        );
        composer.push_number(kind::FRAMED_IP_ADDRESS, 0x0a00_0000 | low(session));
        let octets = low(session).to_be_bytes();
        let mac = format!(
            "02-00-{:02X}-{:02X}-{:02X}-{:02X}",
            octets[0], octets[1], octets[2], octets[3]
        );
        composer.push(kind::CALLING_STATION_ID, mac.as_bytes());
        composer.push(kind::CALLED_STATION_ID, b"00-10-A4-23-19-C0");
        composer.push_number(kind::SERVICE_TYPE, 2);
        composer.push_number(kind::FRAMED_PROTOCOL, 1);
        composer.push_number(kind::ACCT_AUTHENTIC, 1);
        composer.push_number(kind::NAS_PORT_TYPE, 15);
        composer.push(kind::CLASS, b"class-of-service");
    }
}

fn put_nas(composer: &mut Composer, what: Kind, nas: u64) {
    composer.push_number(kind::ACCT_STATUS_TYPE, what.status().unwrap_or(0));
    composer.push_number(kind::NAS_IP_ADDRESS, 0xc612_0000 | low(nas));
    composer.push(kind::NAS_IDENTIFIER, format!("nas{nas:05}").as_bytes());
}

/// More at every step, above 32 bits for some.
fn put_counters(composer: &mut Composer, step: u64, session: u64, length_s: u32) {
    let input = step * (1_000_000 + session % 1000);
    let output = step * (10_000_000 + session % 1_000_000_000);
    composer.push_number(kind::ACCT_SESSION_TIME, length_s);
    composer.push_number(kind::ACCT_INPUT_OCTETS, low(input));
    composer.push_number(kind::ACCT_OUTPUT_OCTETS, low(output));
    composer.push_number(kind::ACCT_INPUT_PACKETS, low(input / 500));
    composer.push_number(kind::ACCT_OUTPUT_PACKETS, low(output / 1000));
    composer.push_number(kind::ACCT_INPUT_GIGAWORDS, low(input >> 32));
    composer.push_number(kind::ACCT_OUTPUT_GIGAWORDS, low(output >> 32));
}

/// The lower half.
fn low(number: u64) -> u32 {
    u32::try_from(number & 0xffff_ffff).unwrap_or(0)
}
